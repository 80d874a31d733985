# SPDX-License-Identifier: MIT
"""Group C of the conformance list: replayed initiations and TAI64N stamps (paper section 5.1)."""

from __future__ import annotations

import time

from wg_host import tai64n
from wg_host.messages import INITIATION, RESPONSE

from live.bench import Bench
from live.marks import long, on_hosts
from live.scripted import Scripted

DAY = 86400 * 10**9


def answered(peer: Scripted, datagram: bytes) -> bool:
    """True if the target answers with a response; otherwise it must be silent."""
    peer.send(datagram)
    heard = peer.hear(0.3)
    assert heard is None or heard.kind == RESPONSE
    return heard is not None


def test_C1_stamp_must_be_greater(bench: Bench) -> None:
    peer = bench.pair()
    now = time.time_ns()
    first = peer.initiation(tai64n.encode(now))
    assert answered(peer, first)
    assert not answered(peer, first)
    assert not answered(peer, peer.initiation(tai64n.encode(now)))
    assert not answered(peer, peer.initiation(tai64n.encode(now - 1)))
    assert not answered(peer, peer.initiation(tai64n.encode(now - DAY)))
    assert answered(peer, peer.initiation(tai64n.encode(now + 1)))


def test_C1_stamps_are_kept_for_each_peer(bench: Bench) -> None:
    first = bench.peer()
    second = bench.peer(allowed=("10.77.0.9/32",))
    bench.start()
    now = time.time_ns()
    assert answered(first, first.initiation(tai64n.encode(now + DAY)))
    assert answered(second, second.initiation(tai64n.encode(now)))
    assert not answered(first, first.initiation(tai64n.encode(now)))


def test_C2_stamp_counts_only_once_authenticated(bench: Bench) -> None:
    peer = bench.pair()
    now = time.time_ns()
    for place in (40, 88, 115):
        future = bytearray(peer.initiation(tai64n.encode(now + DAY)))
        future[place] ^= 1
        assert not answered(peer, peer.signed(bytes(future)))
    assert answered(peer, peer.initiation(tai64n.encode(now)))


@long
def test_C3_stamp_survives_the_wiping_of_keys(bench: Bench) -> None:
    peer = bench.pair()
    first = peer.initiation(tai64n.encode(time.time_ns()))
    assert answered(peer, first)
    deadline = time.monotonic() + 546
    while time.monotonic() < deadline:
        time.sleep(1)
    peer.collect(0.1)
    assert not answered(peer, first)
    peer.shake()


@on_hosts
def test_C3_stamp_survives_interface_down_and_up(bench: Bench) -> None:
    peer = bench.pair()
    first = peer.initiation(tai64n.encode(time.time_ns()))
    assert answered(peer, first)
    bench.ns.ip("link", "set", bench.target.interface, "down")
    peer.collect(0.3)
    bench.ns.ip("link", "set", bench.target.interface, "up")
    peer.collect(0.3)
    assert not answered(peer, first)
    peer.shake()


def test_C4_at_most_fifty_a_second(bench: Bench) -> None:
    peer = bench.pair()
    now = time.time_ns()
    back_to_back = [peer.initiation(tai64n.encode(now + n)) for n in range(4)]
    for datagram in back_to_back:
        peer.send(datagram)
    assert [heard.kind for heard in peer.collect(0.5)] == [RESPONSE]
    assert answered(peer, peer.initiation(tai64n.encode(now + 4)))


@on_hosts
def test_C5_stamps_are_whitened_and_labelled(bench: Bench) -> None:
    peer = bench.pair()
    bench.initiate()
    stamp = peer.stamp_of(peer.expect(INITIATION).data)
    seconds = int.from_bytes(stamp[:8], "big") - 0x400000000000000A
    nanoseconds = int.from_bytes(stamp[8:], "big")
    assert abs(seconds - time.time()) < 3
    assert nanoseconds % 2**24 == 0 and nanoseconds < 10**9


def test_C5_low_bits_are_zero(bench: Bench) -> None:
    peer = bench.pair()
    bench.initiate()
    stamp = peer.stamp_of(peer.expect(INITIATION).data)
    assert int.from_bytes(stamp[8:], "big") % 2**24 == 0


def test_C6_stamps_rise_over_power_failures(bench: Bench) -> None:
    peer = bench.pair()
    stamps = []
    for _ in range(4):
        bench.initiate()
        stamps.append(peer.stamp_of(peer.expect(INITIATION).data))
        bench.target.kill()
        bench.target.start()
    assert stamps == sorted(set(stamps))


def test_C6_the_first_initiation_after_a_restart_is_answered(bench: Bench) -> None:
    peer = bench.pair()
    for _ in range(2):
        bench.initiate()
        peer.answer(peer.call(peer.expect(INITIATION)))
        assert peer.packet().confirmed
        peer.collect(0.2)
        bench.target.kill()
        bench.target.start()
