# SPDX-License-Identifier: MIT
"""The four messages: sizes, types, reserved bytes, and reading back what was written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wg_host import messages
from wg_host.messages import CookieReply, Data, Initiation, Message, MessageError, Response

U32 = st.integers(0, 2**32 - 1)


def raw(size: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=size, max_size=size)


INITIATIONS = st.builds(Initiation, U32, raw(32), raw(48), raw(28), raw(16), raw(16))
RESPONSES = st.builds(Response, U32, U32, raw(32), raw(16), raw(16), raw(16))
COOKIES = st.builds(CookieReply, U32, raw(24), raw(32))
DATA = st.builds(Data, U32, st.integers(0, 2**64 - 1), st.binary(min_size=16, max_size=99))


@given(st.one_of(INITIATIONS, RESPONSES, COOKIES, DATA))
def test_bytes_and_back(message: Message) -> None:
    assert messages.decode(message.encode()) == message


def test_sizes() -> None:
    assert len(Initiation(1, bytes(32), bytes(48), bytes(28)).encode()) == 148
    assert len(Response(1, 2, bytes(32), bytes(16)).encode()) == 92
    assert len(CookieReply(1, bytes(24), bytes(32)).encode()) == 64
    assert len(Data(1, 2, bytes(16)).encode()) == 32


def test_integers_are_little_endian() -> None:
    assert Data(0x01020304, 5, bytes(16)).encode()[:16].hex() == "04000000040302010500000000000000"


@pytest.mark.parametrize(("kind", "size"), [(1, 148), (2, 92), (3, 64)])
def test_a_byte_more_or_less_is_refused(kind: int, size: int) -> None:
    whole = bytes([kind]) + bytes(size - 1)
    messages.decode(whole)
    for wrong in (whole[:-1], whole + b"\0"):
        with pytest.raises(MessageError, match="not the size"):
            messages.decode(wrong)


def test_data_shorter_than_a_keepalive_is_refused() -> None:
    messages.decode(b"\4" + bytes(31))
    with pytest.raises(MessageError, match="not the size"):
        messages.decode(b"\4" + bytes(30))


@pytest.mark.parametrize("bit", range(8, 32))
def test_a_reserved_bit_is_refused(bit: int) -> None:
    datagram = bytearray(b"\4" + bytes(31))
    datagram[bit // 8] |= 1 << bit % 8
    with pytest.raises(MessageError, match="reserved"):
        messages.decode(bytes(datagram))


@given(st.binary(max_size=300))
def test_any_bytes_are_a_message_or_refused(datagram: bytes) -> None:
    try:
        message = messages.decode(datagram)
    except MessageError:
        return
    assert message.encode() == datagram
