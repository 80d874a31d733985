# SPDX-License-Identifier: MIT
"""Inner packets: what is built reads back, and what is damaged is noticed."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wg_host import packets

packets.warm_up()

V4 = (ipaddress.ip_address("10.1.1.200"), ipaddress.ip_address("10.1.1.50"))
V6 = (ipaddress.ip_address("fd00::200"), ipaddress.ip_address("fd00::50"))
FAMILY = st.sampled_from([V4, V6])
PAYLOAD = st.binary(max_size=99)
U16 = st.integers(0, 65535)


@given(FAMILY, U16, U16, PAYLOAD, st.integers(0, 15))
def test_an_echo_request_reads_back(
    pair: tuple[packets.IPAddress, packets.IPAddress],
    ident: int,
    seq: int,
    payload: bytes,
    padding: int,
) -> None:
    made = packets.echo_request(*pair, ident, seq, payload)
    inner = packets.read(made + bytes(padding))
    assert inner == packets.Inner(*pair, "echo-request", (ident, seq), payload)


@given(FAMILY, U16, U16, PAYLOAD)
def test_a_udp_packet_reads_back(
    pair: tuple[packets.IPAddress, packets.IPAddress], source: int, to: int, payload: bytes
) -> None:
    made = packets.udp(*pair, (source, to), payload)
    assert packets.read(made) == packets.Inner(*pair, "udp", (source, to), payload)


@pytest.mark.parametrize("pair", [V4, V6])
def test_a_flipped_bit_is_a_problem(
    pair: tuple[packets.IPAddress, packets.IPAddress],
) -> None:
    made = packets.echo_request(*pair, 1, 2, b"payload")
    broken = made[:-1] + bytes([made[-1] ^ 4])
    inner = packets.read(broken)
    assert inner is not None
    assert inner.problems == ("its checksum is wrong",)


def test_a_damaged_ipv4_header_is_a_problem() -> None:
    made = bytearray(packets.echo_request(*V4, 1, 2, b"x"))
    made[8] ^= 1
    inner = packets.read(bytes(made))
    assert inner is not None
    assert inner.problems == ("its IPv4 header checksum is wrong",)


def test_udp_without_a_checksum_is_no_problem_over_ipv4_alone() -> None:
    for pair, problems in ((V4, ()), (V6, ("its checksum is wrong",))):
        made = bytearray(packets.udp(*pair, (1, 2), b"x"))
        place = packets.header_size(pair[0]) + 6
        made[place : place + 2] = b"\0\0"
        inner = packets.read(bytes(made))
        assert inner is not None
        assert inner.problems == problems


@given(st.binary(max_size=120))
def test_any_bytes_are_a_packet_or_none(data: bytes) -> None:
    packets.read(data)
    packets.summary(data)


@given(FAMILY, st.binary(max_size=60), st.integers(0, 59))
def test_any_truncation_is_a_packet_or_none(
    pair: tuple[packets.IPAddress, packets.IPAddress], payload: bytes, keep: int
) -> None:
    made = packets.echo_request(*pair, 1, 2, payload)
    if keep < len(made):
        assert packets.read(made[:keep]) is None


def test_the_checksum_is_rfc_1071s() -> None:
    """The example of RFC 1071 section 3."""
    assert packets.checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0xFFFF - 0xDDF2


def test_summaries() -> None:
    assert packets.summary(b"") == "keepalive"
    assert "echo-request" in packets.summary(packets.echo_request(*V4, 1, 2, b""))
    assert "no IP packet" in packets.summary(b"\x50")
