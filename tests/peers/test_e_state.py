# SPDX-License-Identifier: MIT
"""Group E of the conformance list, what does not take long: sessions, slots, queues, keepalives."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import pairwise

import pytest
from wg_host.errors import CommandRefused
from wg_host.keys import PrivateKey
from wg_host.messages import DATA, INITIATION, RESPONSE, Initiation, decode
from wg_host.messages import Data as DataMessage
from wg_host.noise import ResponderHandshake
from wg_host.peer import Established

from live import ip
from live.bench import Bench
from live.marks import deviates, on_hosts
from live.targets import UapiTarget, ZwgSim, with_peer

# The retry is after 5 s and up to 333 ms; the rest is the machine's.
RETRY = (4.9, 5.8)


@on_hosts
def test_E1_the_retry_comes_after_five_seconds_and_jitter(bench: Bench) -> None:
    peer = bench.pair()
    bench.initiate()
    times = [peer.expect(INITIATION, 6).at for _ in range(3)]
    gaps = [b - a for a, b in pairwise(times)]
    assert all(RETRY[0] < gap < RETRY[1] for gap in gaps), gaps


def test_E1_the_jitter_differs(bench: Bench) -> None:
    peer = bench.pair()
    bench.initiate()
    times = [peer.expect(INITIATION, 6).at for _ in range(4)]
    gaps = [b - a for a, b in pairwise(times)]
    assert max(gaps) - min(gaps) > 0.001


@on_hosts
def test_E3_at_most_one_initiation_in_five_seconds(bench: Bench) -> None:
    peer = bench.pair()
    begin = time.monotonic()
    heard = []
    while time.monotonic() - begin < 4.5:
        bench.say(b"x")
        heard += peer.collect(0.1)
    assert [one.kind for one in heard] == [INITIATION]


@deviates("wireguard-go", "a response sent swallows the initiation, and no timer is left")
@on_hosts
def test_E3_a_response_sent_defers_an_initiation_and_does_not_swallow_it(bench: Bench) -> None:
    peer = bench.pair()
    peer.send(peer.initiation())
    response = peer.expect(RESPONSE)
    time.sleep(1)
    bench.say(b"there is no session to send this with")
    heard = peer.expect(INITIATION, 6)
    assert RETRY[0] < heard.at - response.at < RETRY[1]
    peer.answer(peer.call(heard))
    assert b"no session" in peer.packet().packet


def test_E4_a_keepalive_ten_seconds_after_data(bench: Bench) -> None:
    peer = bench.pair()
    peer.shake()
    sent = peer.send(peer.seal(ip.unanswered()))
    heard = peer.expect(DATA, 11)
    assert len(heard.data) == 32
    assert 9.8 < heard.at - sent < 10.4
    peer.silent(0.3)


def test_E4_no_keepalive_after_a_keepalive(bench: Bench) -> None:
    peer = bench.pair()
    peer.shake()
    peer.keepalive()
    peer.silent(11)


def test_E4_no_keepalive_if_something_was_sent_meanwhile(bench: Bench) -> None:
    peer = bench.pair()
    peer.shake()
    peer.send(peer.seal(ip.unanswered()))
    peer.ping()
    peer.silent(11)


@on_hosts
def test_E5_a_handshake_fifteen_seconds_after_unanswered_data(bench: Bench) -> None:
    peer = bench.pair()
    peer.shake()
    bench.say(b"first")
    first = peer.expect(DATA)
    time.sleep(3)
    bench.say(b"second")
    peer.expect(DATA)
    heard = peer.expect(INITIATION, 14)
    assert 14.8 < heard.at - first.at < 15.8


@on_hosts
def test_E5_any_authenticated_packet_cancels_it(bench: Bench) -> None:
    peer = bench.pair()
    peer.shake()
    bench.say(b"x")
    peer.expect(DATA)
    peer.keepalive()
    peer.silent(16)


def test_E10_persistent_keepalive_at_once_and_every_three_seconds(bench: Bench) -> None:
    peer = bench.pair(keepalive=3)
    peer.answer(peer.call(peer.expect(INITIATION)))
    assert peer.packet().packet == b""
    times = []
    for _ in range(4):
        heard = peer.expect(DATA, 4)
        assert peer.read(heard).packet == b""
        times.append(heard.at)
    gaps = [b - a for a, b in pairwise(times)]
    assert all(2.9 < gap < 3.4 for gap in gaps), gaps


def test_E10_any_authenticated_packet_puts_it_off(bench: Bench) -> None:
    peer = bench.pair(keepalive=3)
    peer.answer(peer.call(peer.expect(INITIATION)))
    peer.packet()
    for _ in range(8):
        peer.silent(0.9)
        peer.keepalive()
    last = time.monotonic()
    assert 2.8 < peer.expect(DATA, 4).at - last < 3.4


def test_E10_one_at_once_when_it_is_switched_on(bench: Bench) -> None:
    peer = bench.pair()
    peer.shake()
    peer.silent(0.3)
    bench.target.change(with_peer(bench.target.config, 0, keepalive=60))
    assert peer.packet(0.5).packet == b""


def test_E10_one_at_once_when_the_interface_comes_up(bench: Bench) -> None:
    peer = bench.pair(keepalive=60)
    peer.expect(INITIATION, 0.5)


@on_hosts
def test_E11_the_responder_waits_for_the_first_packet(bench: Bench) -> None:
    peer = bench.pair(endpoint=False)
    session = peer.shake(confirm=False)
    bench.say(b"staged")
    peer.silent(1)
    peer.keepalive()
    packet = peer.packet()
    assert packet.session is session and b"staged" in packet.packet


@on_hosts
def test_E11_the_old_key_is_used_until_the_new_one_is_confirmed(bench: Bench) -> None:
    peer = bench.pair()
    old = peer.shake()
    time.sleep(0.05)
    new = peer.shake(confirm=False)
    bench.say(b"x")
    assert peer.packet().session is old
    peer.keepalive()
    time.sleep(0.1)
    bench.say(b"x")
    assert peer.packet().session is new


def test_E12_the_previous_key_is_accepted_until_a_further_handshake(bench: Bench) -> None:
    peer = bench.pair()
    first = peer.shake()
    peer.ping(first)
    time.sleep(0.05)
    second = peer.shake(confirm=False)
    peer.ping(first)
    peer.send(peer.seal(b"", second))
    peer.ping(second)
    assert peer.accepted(peer.seal(peer.next_echo(), first))
    time.sleep(0.05)
    peer.shake(confirm=False)
    peer.unanswered_ping(first)
    peer.send(peer.seal(peer.next_echo(), second))
    heard = peer.expect(DATA)
    message = decode(heard.data)
    assert isinstance(message, DataMessage)
    assert ip.echo_reply(peer.open_as(second, heard.data)) == peer.number


def test_E12_as_initiator_the_current_key_becomes_the_previous(bench: Bench) -> None:
    peer = bench.pair()
    first = peer.shake()
    peer.ping(first)
    if bench.program == "zwg-sim":
        time.sleep(5.1)  # not within five seconds of the response
        bench.initiate()
    else:
        bench.say(b"unanswered data brings the next handshake")
        peer.expect(DATA)
    second = peer.answer(peer.call(peer.expect(INITIATION, 17)))
    packet = peer.packet()
    assert packet.session is second and packet.confirmed
    assert peer.accepted(peer.seal(peer.next_echo(), first))
    peer.ping(second)


@deviates("wireguard-go", "its answer to us overwrites its own attempt, so it ignores our answer")
def test_E13_crossing_initiations_both_succeed(bench: Bench) -> None:
    peer = bench.pair()
    bench.initiate()
    heard = peer.expect(INITIATION)
    # Ours arrives while theirs is on its way to us.
    peer.send(peer.initiation())
    event = peer.peer.receive(peer.expect(RESPONSE).data, time.monotonic())
    assert isinstance(event, Established)
    theirs = peer.answer(peer.call(heard))
    packet = peer.packet()
    assert packet.session is theirs
    peer.ping(theirs)
    assert peer.accepted(peer.seal(peer.next_echo(), event.session))


@on_hosts
def test_E14_of_many_staged_packets_the_newest_are_sent(bench: Bench) -> None:
    peer = bench.pair()
    bench.say(b"000")
    heard = peer.expect(INITIATION)
    for number in range(1, 301):
        bench.say(f"{number:03}".encode())
        if number % 16 == 0:
            time.sleep(0.01)
    time.sleep(0.2)
    peer.answer(peer.call(heard))
    said = []
    for one in peer.collect(0.7):
        packet = peer.read(one).packet
        said.append(int(ip.udp_payload(packet) or b"-1"))
    assert said == list(range(301 - 128, 301))


def test_E15_a_new_own_key_ends_sessions_and_starts_a_handshake(bench: Bench) -> None:
    peer = bench.pair()
    session = peer.shake()
    peer.ping()
    fresh = PrivateKey.generate()
    bench.target.change(replace(bench.target.config, private=fresh))
    peer.silent(0.3)
    # Its reply may not go out on this session, and the response of a moment ago is no hindrance.
    asked = peer.send(peer.seal(peer.next_echo(), session))
    heard = peer.expect(INITIATION)
    assert heard.at - asked < 0.5
    message = decode(heard.data)
    assert isinstance(message, Initiation)
    assert ResponderHandshake(peer.private, message).remote == fresh.public
    peer.silent(0.3)


def test_E15_a_peer_with_our_own_key_is_never_called(bench: Bench) -> None:
    """The board refuses such a key; the others remove the peer."""
    peer = bench.pair()
    own = replace(bench.target.config, private=peer.private)
    if isinstance(bench.target, ZwgSim):
        with pytest.raises(CommandRefused):
            bench.target.change(own)
        bench.target.revert()
        peer.shake()
        peer.ping()
    else:
        assert isinstance(bench.target, UapiTarget)
        bench.target.change(own)
        assert peer.public.raw.hex() not in bench.target.get()
        bench.say(b"x")
        peer.silent()
