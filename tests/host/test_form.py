# SPDX-License-Identifier: MIT
"""The judge of form: each deviation of a datagram, and nothing said of good ones."""

from __future__ import annotations

import pytest

from wg_host import cookie
from wg_host.keys import PrivateKey
from wg_host.messages import Data, Initiation, Response
from wg_host.noise import TransportKeys
from wg_host.peer import Dropped, Packet
from wg_host.session import Session
from wg_host.verify.form import FormJudge

OURS = PrivateKey.generate()
COOKIE = bytes(range(16))
MTU = 1300


def judge() -> FormJudge:
    return FormJudge(OURS.public, MTU)


def initiation(mac2: bool = False) -> bytes:
    raw = Initiation(7, bytes(32), bytes(48), bytes(28)).encode()
    raw = raw[:-32] + cookie.mac1(raw, OURS.public) + bytes(16)
    return raw[:-16] + cookie.mac2(raw, COOKIE) if mac2 else raw


def data(size: int) -> bytes:
    return Data(1, 2, bytes(size + 16)).encode()


@pytest.mark.parametrize("size", [0, 16, 32, 1296, MTU])
def test_good_data(size: int) -> None:
    j = judge()
    assert j.judge(data(size), None) == data(size)
    assert (j.data, j.data_problems, j.handshake_problems) == (1, [], [])


@pytest.mark.parametrize(
    ("datagram", "said"),
    [
        (data(1), "neither a multiple of 16 nor the MTU"),
        (data(MTU - 1), "neither a multiple of 16 nor the MTU"),
        (data(1312), "more than the MTU"),
        (data(0)[:-1], "shorter than a keepalive"),
        (b"\4\0\1\0" + data(0)[4:], "reserved bytes are 000100"),
    ],
)
def test_bad_data(datagram: bytes, said: str) -> None:
    j = judge()
    j.judge(datagram, None)
    assert said in j.data_problems[0]


def test_good_handshakes() -> None:
    j = judge()
    j.judge(initiation(), None)
    j.judge(initiation(), COOKIE)
    j.judge(initiation(mac2=True), COOKIE)
    assert (j.handshakes, j.handshake_problems) == (3, [])


@pytest.mark.parametrize(
    ("datagram", "given", "said"),
    [
        (initiation()[:-1], None, "is not 148 bytes"),
        (Response(1, 2, bytes(32), bytes(16)).encode() + b"x", None, "is not 92 bytes"),
        (initiation()[:-32] + bytes(32), None, "mac1 is wrong"),
        (initiation(mac2=True), None, "mac2 is not zero"),
        (initiation(mac2=True), bytes(16), "mac2 is not zero"),
        (b"\1\0\0\7" + initiation()[4:], None, "reserved bytes are 000007"),
        (b"\5" + bytes(40), None, "no message of WireGuard"),
        (b"", None, "no message of WireGuard"),
    ],
)
def test_bad_handshakes(datagram: bytes, given: bytes | None, said: str) -> None:
    j = judge()
    j.judge(datagram, given)
    assert any(said in problem for problem in j.handshake_problems)


def test_mac1_for_whom_we_pretend_to_be_is_right() -> None:
    j, other = judge(), PrivateKey.generate()
    raw = Response(1, 2, bytes(32), bytes(16)).encode()
    raw = raw[:-32] + cookie.mac1(raw, other.public) + bytes(16)
    j.identities.append(other.public)
    j.judge(raw, None)
    assert j.handshake_problems == []


def test_reserved_bytes_are_cleared_for_the_peer() -> None:
    assert judge().judge(b"\4\1\2\3" + data(0)[4:], None) == data(0)


@pytest.mark.parametrize(
    ("packet", "said"),
    [(b"\x45" + bytes(15), "not a whole IP packet"), (b"\x45" + bytes(31), "not a whole")],
)
def test_bad_inner_packets(packet: bytes, said: str) -> None:
    j = judge()
    session = Session(TransportKeys(bytes(32), bytes(32)), 1, 2, 0.0, initiator=True)
    j.judge_event(Packet(session, 0, packet, False))
    assert said in j.data_problems[0]


def test_a_counter_used_twice() -> None:
    j = judge()
    j.judge_event(Dropped("data with a counter already seen or too old"))
    assert "used before" in j.data_problems[0]
