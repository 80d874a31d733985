# SPDX-License-Identifier: MIT
"""Group G of the conformance list: where the peer is (paper section 2.1).

The simulated board sends nothing of its own accord; its endpoint is read from its console in the
tests of the console.
"""

from __future__ import annotations

import os
import time

from wg_host import cookie
from wg_host.messages import DATA, INITIATION, RESPONSE, Data, decode

from live import ip
from live.bench import Bench
from live.marks import on_hosts
from live.scripted import Scripted, reindexed


def where(bench: Bench, peer: Scripted) -> object:
    """The socket to which the target sends."""
    bench.say(b"where are you?")
    return peer.expect(DATA).to


@on_hosts
def test_G_an_initiation_moves_the_endpoint(bench: Bench) -> None:
    peer = bench.pair()
    other = peer.place("127.0.0.3")
    peer.shake()
    assert where(bench, peer) is peer.main
    time.sleep(0.05)
    peer.send(peer.initiation(), via=other)
    heard = peer.expect(RESPONSE)
    assert heard.to is other
    assert where(bench, peer) is other


@on_hosts
def test_G_a_response_moves_the_endpoint(bench: Bench) -> None:
    peer = bench.pair()
    other = peer.place("127.0.0.3")
    bench.say(b"x")
    peer.answer(peer.call(peer.expect(INITIATION)), via=other)
    assert peer.expect(DATA).to is other
    assert where(bench, peer) is other


@on_hosts
def test_G_data_moves_the_endpoint_even_if_its_inner_source_is_refused(bench: Bench) -> None:
    peer = bench.pair()
    second, third = peer.place("127.0.0.3"), peer.place()
    peer.shake()
    peer.send(peer.seal(ip.unanswered()), via=second)
    time.sleep(0.2)
    assert where(bench, peer) is second
    peer.send(peer.seal(ip.echo(1, source="192.0.2.1")), via=third)
    time.sleep(0.2)
    assert where(bench, peer) is third


@on_hosts
def test_G_what_is_not_authentic_or_not_fresh_does_not_move_it(bench: Bench) -> None:
    peer = bench.pair()
    stranger = peer.place("127.0.0.3")
    first = peer.initiation()
    peer.send(first)
    peer.peer.receive(peer.expect(RESPONSE).data, time.monotonic())
    session = peer.session
    replayed = peer.seal(ip.unanswered())
    peer.send(replayed)
    time.sleep(0.1)
    forged = bytearray(peer.seal(ip.unanswered()))
    forged[-1] ^= 1
    response = decode(replayed)
    assert isinstance(response, Data)
    for datagram in (
        replayed,
        bytes(forged),
        reindexed(peer.seal(ip.unanswered()), session.remote_index ^ 1),
        first,
        peer.signed(b"\x01\0\0\0" + os.urandom(144)),
        peer.signed(b"\x02\0\0\0" + os.urandom(88)),
        cookie.make_reply(first, session.remote_index, peer.public, os.urandom(16)),
        b"\x03\0\0\0" + os.urandom(60),
    ):
        peer.send(datagram, via=stranger)
        peer.silent(0.15)
        assert where(bench, peer) is peer.main, datagram[:1]


@on_hosts
def test_G_a_packet_of_the_previous_session_moves_it_too(bench: Bench) -> None:
    peer = bench.pair()
    other = peer.place()
    old = peer.shake()
    time.sleep(0.05)
    peer.shake()
    peer.send(peer.seal(ip.unanswered(), old), via=other)
    time.sleep(0.2)
    assert where(bench, peer) is other


@on_hosts
def test_G_replies_leave_from_the_address_that_was_written_to(bench: Bench) -> None:
    peer = bench.pair()
    peer.remote = ("127.0.0.5", peer.remote[1])
    peer.send(peer.initiation())
    heard = peer.expect(RESPONSE)
    assert heard.source == peer.remote
    peer.peer.receive(heard.data, time.monotonic())
    peer.keepalive()
    time.sleep(0.1)
    bench.say(b"x")
    assert peer.expect(DATA).source == peer.remote
    peer.remote = ("127.0.0.6", peer.remote[1])
    peer.keepalive()
    time.sleep(0.1)
    bench.say(b"x")
    assert peer.expect(DATA).source == peer.remote


@on_hosts
def test_G_a_retry_forgets_the_address_that_was_written_to(bench: Bench) -> None:
    peer = bench.pair()
    peer.remote = ("127.0.0.5", peer.remote[1])
    peer.shake()
    time.sleep(0.1)
    bench.say(b"unanswered")
    assert peer.expect(DATA).source[0] == "127.0.0.5"
    assert peer.expect(INITIATION, 16).source[0] == "127.0.0.1"


def test_G_a_session_goes_on_from_place_to_place(bench: Bench) -> None:
    peer = bench.pair()
    peer.shake()
    for host in ("127.0.0.3", "127.0.0.4", "127.0.0.3"):
        there = peer.place(host)
        peer.send(peer.seal(peer.next_echo()), via=there)
        heard = peer.expect(DATA)
        assert heard.to is there
        assert ip.echo_reply(peer.read(heard).packet) == peer.number
