# SPDX-License-Identifier: MIT
"""Group E of the conformance list, in real time: what takes minutes (paper section 6)."""

from __future__ import annotations

import time
from itertools import pairwise

from wg_host.messages import DATA, INITIATION, RESPONSE, Response, decode
from wg_host.noise import TransportKeys
from wg_host.peer import Packet

from live import ip
from live.bench import Bench
from live.marks import long, on_hosts, on_ours
from live.scripted import Scripted
from rig.memory import secrets_in

pytestmark = long


def called(bench: Bench, peer: Scripted) -> float:
    """A session which the target began, and of which nothing is unanswered; when it was made."""
    bench.initiate()
    heard = peer.expect(INITIATION)
    peer.answer(peer.call(heard))
    made = peer.expect(DATA)
    assert peer.read(made).confirmed
    peer.keepalive()
    return made.at


def silent_until(peer: Scripted, when: float) -> None:
    peer.silent(max(0.0, when - time.monotonic()))


@on_hosts
def test_E1_twenty_initiations_and_then_silence(bench: Bench) -> None:
    peer = bench.pair()
    bench.say(b"dropped at the end")
    times = [peer.expect(INITIATION, 6).at]
    while (heard := peer.hear(12)) is not None:
        assert heard.kind == INITIATION
        times.append(heard.at)
    assert len(times) == 20
    assert all(4.9 < b - a < 5.8 for a, b in pairwise(times))
    assert 95 < times[-1] - times[0] < 19 * 5.8
    session = peer.shake(confirm=False)
    peer.keepalive()
    assert not peer.collect(1), "what was staged is gone"
    peer.ping(session)


@on_hosts
def test_E2_a_new_packet_begins_a_new_attempt(bench: Bench) -> None:
    peer = bench.pair()
    bench.say(b"x")
    count = 0
    while peer.hear(12) is not None:
        count += 1
    assert count == 20
    bench.say(b"x")
    first = peer.expect(INITIATION)
    second = peer.expect(INITIATION, 6)
    assert 4.9 < second.at - first.at < 5.8


@on_hosts
def test_E2_a_packet_during_the_attempt_prolongs_it(bench: Bench) -> None:
    peer = bench.pair()
    bench.say(b"x")
    begin = peer.expect(INITIATION).at
    for _ in range(9):
        peer.expect(INITIATION, 6)
    bench.say(b"y")
    last = begin
    count = 10
    while (heard := peer.hear(12)) is not None:
        assert heard.kind == INITIATION
        last, count = heard.at, count + 1
    assert 28 <= count <= 30 and last - begin > 130


@on_hosts
def test_E6_the_initiator_renews_a_session_of_two_minutes_when_it_sends(bench: Bench) -> None:
    peer = bench.pair()
    made = called(bench, peer)
    silent_until(peer, made + 119)
    bench.say(b"before")
    assert b"before" in peer.packet().packet
    peer.keepalive()
    silent_until(peer, made + 120.6)
    bench.say(b"after")
    heard = peer.collect(1)
    assert sorted(one.kind for one in heard) == [INITIATION, DATA]
    data = next(one for one in heard if one.kind == DATA)
    assert b"after" in peer.read(data).packet


@on_hosts
def test_E6_the_responder_does_not(bench: Bench) -> None:
    peer = bench.pair()
    peer.shake()
    made = time.monotonic()
    silent_until(peer, made + 122)
    bench.say(b"x")
    peer.expect(DATA)
    peer.keepalive()
    peer.silent(3)


@on_hosts
def test_E7_the_initiator_renews_once_when_it_receives_after_165_seconds(bench: Bench) -> None:
    peer = bench.pair()
    made = called(bench, peer)
    for after in (60, 121, 140, 164):
        silent_until(peer, made + after)
        peer.keepalive()
    silent_until(peer, made + 165.5)
    peer.keepalive()
    first = peer.expect(INITIATION, 1)
    peer.keepalive()
    second = peer.expect(INITIATION, 6)
    assert 4.9 < second.at - first.at < 5.8


def test_E7_the_responder_does_not(bench: Bench) -> None:
    peer = bench.pair()
    peer.shake()
    silent_until(peer, time.monotonic() + 167)
    peer.keepalive()
    peer.silent(3)


def test_E8_a_key_is_received_for_three_minutes(bench: Bench) -> None:
    peer = bench.pair()
    peer.send(peer.initiation())
    response = peer.expect(RESPONSE)
    peer.peer.receive(response.data, time.monotonic())
    peer.keepalive()
    silent_until(peer, response.at + 179.2)
    peer.ping()
    silent_until(peer, response.at + 180.45)
    peer.unanswered_ping(peer.session, 2)


@on_hosts
def test_E8_a_key_is_not_sent_with_after_three_minutes(bench: Bench) -> None:
    peer = bench.pair()
    peer.send(peer.initiation())
    response = peer.expect(RESPONSE)
    peer.peer.receive(response.data, time.monotonic())
    peer.keepalive()
    silent_until(peer, response.at + 179.2)
    bench.say(b"still")
    assert b"still" in peer.packet().packet
    peer.keepalive()
    silent_until(peer, response.at + 180.45)
    bench.say(b"staged")
    peer.answer(peer.call(peer.expect(INITIATION)))
    packet = peer.packet()
    assert isinstance(packet, Packet) and packet.confirmed
    assert ip.udp_payload(packet.packet) == b"staged"


@on_ours
def test_E9_session_keys_are_wiped_after_nine_minutes(bench: Bench) -> None:
    """Nothing shows of it after 180 s but in memory. Not in the other's: its keys are left to a
    garbage collector, which overwrites them when it happens to need the room."""
    peer = bench.pair()
    made = time.monotonic()
    both = shake_for_keys(peer)
    secrets = {"for receiving": both.send, "for sending": both.receive}
    assert secrets_in(bench.target.pid, secrets) == set(secrets)
    # To look through the memory takes its time too.
    silent_until(peer, made + 535)
    assert secrets_in(bench.target.pid, secrets) == set(secrets)
    silent_until(peer, made + 541)
    assert secrets_in(bench.target.pid, secrets) == set()
    peer.shake()


def shake_for_keys(peer: Scripted) -> TransportKeys:
    """A handshake; its two keys, from our view."""
    peer.send(peer.initiation())
    heard = peer.expect(RESPONSE)
    message, handshake = decode(heard.data), peer.peer._outstanding
    assert isinstance(message, Response) and handshake is not None
    keys = handshake.consume_response(message, peer.psk)
    peer.peer.receive(heard.data, time.monotonic())
    peer.keepalive()
    peer.silent(0.3)
    return keys
