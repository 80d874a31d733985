# SPDX-License-Identifier: MIT
"""Group D of the conformance list: transport data (paper section 5.4.6)."""

from __future__ import annotations

import os
import time

from wg_host.messages import DATA, INITIATION, REJECT_AFTER_MESSAGES, Data, decode
from wg_host.session import Session, pad

from live import ip
from live.bench import Bench
from live.marks import on_hosts
from live.scripted import Scripted, reindexed

# Counters that may be behind the highest: core/include/zwg/config.h, linux-app/zwg_config_linux.h,
# and G replay.go (8192 bits less one word of 64).
WINDOW = {"wireguard-go": 8128, "zwg-linux": 8128, "zwg-sim": 2048}


def taken(peer: Scripted, session: Session, counter: int) -> bool:
    """True if an echo request with this counter is answered."""
    return peer.accepted(session.seal_as(counter, pad(peer.next_echo(), 1420)), seconds=0.4)


@on_hosts
def test_D1_counters_rise_by_one_from_zero(bench: Bench) -> None:
    peer = bench.pair()
    peer.shake()
    for number in range(20):
        bench.say(b"x")
        packet = peer.packet()
        assert packet.counter == number
    peer.silent(0.2)


def test_D1_replies_rise_by_one_from_zero(bench: Bench) -> None:
    peer = bench.pair()
    peer.shake()
    for number in range(20):
        peer.send(peer.seal(peer.next_echo()))
        message = decode(peer.expect(DATA).data)
        assert isinstance(message, Data) and message.counter == number


def test_D1_counters_over_32_bits_are_received(bench: Bench) -> None:
    peer = bench.pair()
    session = peer.shake()
    for counter in (2**32 - 1, 2**32, 2**32 + 1, 2**48):
        assert taken(peer, session, counter)
    assert not taken(peer, session, 2**32)


def test_D2_as_far_behind_as_the_window_and_no_farther(bench: Bench) -> None:
    peer = bench.pair()
    session = peer.shake()
    top, window = 100000, WINDOW[bench.program]
    assert taken(peer, session, top)
    assert taken(peer, session, top - window + 1)
    assert taken(peer, session, top - window)
    assert not taken(peer, session, top - window - 1)
    assert not taken(peer, session, top - window)
    assert not taken(peer, session, top)
    assert taken(peer, session, top - 1)


def test_D2_a_replayed_packet_is_silent(bench: Bench) -> None:
    peer = bench.pair()
    peer.shake()
    datagram = peer.seal(peer.next_echo())
    assert peer.accepted(datagram)
    for _ in range(3):
        peer.send(datagram)
    peer.silent()


def test_D3_a_failed_tag_never_moves_the_window(bench: Bench) -> None:
    peer = bench.pair()
    session = peer.shake()
    for counter in (50, 10**6, 2**40, REJECT_AFTER_MESSAGES - 1):
        forged = bytearray(session.seal_as(counter, bytes(48)))
        forged[-1] ^= 1
        peer.send(bytes(forged))
        truly = session.seal_as(2, bytes(48))
        peer.send(truly[:8] + counter.to_bytes(8, "little") + truly[16:])
    peer.silent(0.3)
    for counter in (1, 2, 3):
        assert taken(peer, session, counter)


def test_D4_the_limit_of_a_key_when_receiving(bench: Bench) -> None:
    peer = bench.pair()
    session = peer.shake()
    assert not taken(peer, session, REJECT_AFTER_MESSAGES)
    assert not taken(peer, session, REJECT_AFTER_MESSAGES + 1)
    assert not taken(peer, session, 2**64 - 1)
    assert taken(peer, session, REJECT_AFTER_MESSAGES - 1)


@on_hosts
def test_D6_packets_are_padded_with_zeros_to_16_but_not_past_the_mtu(bench: Bench) -> None:
    peer = bench.pair()
    peer.shake()
    for size in (1, 4, 5, 20, 21, 1380, 1381, 1388, 1392):  # 28 bytes of headers
        bench.say(b"x" * size)
        packet = peer.packet().packet
        length = size + 28
        assert len(packet) == min(-(-length // 16) * 16, 1420)
        assert packet[length:] == bytes(len(packet) - length)


def test_D6_a_keepalive_is_32_bytes(bench: Bench) -> None:
    peer = bench.pair(keepalive=1)
    peer.answer(peer.call(peer.expect(INITIATION)))
    peer.packet()
    heard = peer.expect(DATA)
    assert len(heard.data) == 32 and peer.read(heard).packet == b""


def test_D7_any_padding_is_accepted_and_trimmed(bench: Bench) -> None:
    peer = bench.pair()
    session = peer.shake()
    for padding in (b"", b"\0", bytes(4), bytes(500), os.urandom(20), b"\xff" * 300):
        packet = peer.next_echo() + padding
        counter, session.next_counter = session.next_counter, session.next_counter + 1
        peer.send(session.seal_as(counter, packet))
        reply = peer.packet().packet
        assert ip.echo_reply(reply) == peer.number
        assert len(reply) == 48 and int.from_bytes(reply[2:4], "big") == 44


def test_D8_an_unknown_index_is_silent(bench: Bench) -> None:
    peer = bench.pair()
    session = peer.shake()
    stranger = peer.place()
    for index in (0, 0xFFFFFFFF, session.remote_index ^ 1, session.remote_index ^ 0x80000000):
        peer.send(reindexed(peer.seal(peer.next_echo()), index), via=stranger)
    peer.silent()
    peer.ping()


def test_D8_previous_and_current_sessions_are_both_found(bench: Bench) -> None:
    peer = bench.pair()
    old = peer.shake()
    peer.ping(old)
    time.sleep(0.05)
    new = peer.shake()
    peer.ping(new)
    assert peer.accepted(peer.seal(peer.next_echo(), old))
    peer.ping(new)


@on_hosts
def test_D9_a_keepalive_counts_a_replayed_one_does_not(bench: Bench) -> None:
    peer = bench.pair()
    other = peer.place()
    peer.shake()
    keepalive = peer.seal(b"")
    peer.send(keepalive)
    time.sleep(0.1)
    peer.send(keepalive, via=other)
    forged = bytearray(peer.seal(b""))
    forged[20] ^= 1
    peer.send(bytes(forged), via=other)
    time.sleep(0.2)
    bench.say(b"to the old place")
    assert peer.expect(DATA).to is peer.main
    peer.keepalive(via=other)
    time.sleep(0.2)
    bench.say(b"to the new place")
    assert peer.expect(DATA).to is other


def test_D9_a_keepalive_confirms_a_session(bench: Bench) -> None:
    peer = bench.pair()
    old = peer.shake()
    peer.ping(old)
    time.sleep(0.05)
    new = peer.shake(confirm=False)
    peer.send(peer.seal(peer.next_echo(), old))
    assert peer.packet().session is old
    peer.send(peer.seal(b"", new))
    peer.send(peer.seal(peer.next_echo(), old))
    assert peer.packet().session is new
