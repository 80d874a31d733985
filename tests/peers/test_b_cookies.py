# SPDX-License-Identifier: MIT
"""Group B of the conformance list: MAC1, MAC2 and cookies (paper sections 5.3, 5.4.4 and 5.4.7)."""

from __future__ import annotations

import os
import socket
import time

from wg_host import cookie
from wg_host.messages import (
    COOKIE_REPLY,
    INITIATION,
    NO_MAC,
    RESPONSE,
    CookieReply,
    Initiation,
    decode,
)
from wg_host.peer import Established

from live.bench import Bench
from live.load import under_load
from live.marks import deviates, long, on_hosts, on_ours
from live.scripted import Heard, Scripted


def test_B1_every_flipped_bit_of_mac1_is_silent(bench: Bench) -> None:
    peer = bench.pair()
    before = bench.target.x25519()
    whole = peer.initiation()
    for bit in range(128):
        flipped = bytearray(whole)
        flipped[116 + bit // 8] ^= 1 << bit % 8
        peer.send(bytes(flipped))
    peer.silent()
    assert bench.target.x25519() == before
    peer.shake()


def test_B2_mac2_is_ignored_when_there_is_no_load(bench: Bench) -> None:
    peer = bench.pair()
    whole = peer.initiation()
    peer.send(whole[:-16] + os.urandom(16))
    event = peer.peer.receive(peer.expect(RESPONSE).data, time.monotonic())
    assert isinstance(event, Established)


def test_B3_under_load_an_initiation_gets_a_cookie_reply(bench: Bench) -> None:
    peer = bench.pair()
    with under_load(peer):
        peer.send(peer.initiation())
        heard = peer.expect(COOKIE_REPLY)
        assert len(heard.data) == 64
        peer.silent(0.3)


def test_B3_under_load_a_response_gets_a_cookie_reply(bench: Bench) -> None:
    peer = bench.pair()
    bench.initiate()
    called = peer.call(peer.expect(INITIATION))
    with under_load(peer):
        response, _ = peer.peer.craft_answer(called, time.monotonic(), peer.psk)
        peer.send(response)
        reply = decode(peer.expect(COOKIE_REPLY).data)
        assert isinstance(reply, CookieReply)
        assert reply.receiver == int.from_bytes(response[4:8], "little")


def test_B4_a_cookie_holds_for_one_port_only(bench: Bench) -> None:
    peer = bench.pair()
    other = peer.place()
    with under_load(peer):
        peer.send(peer.initiation())
        peer.take_cookie(peer.expect(COOKIE_REPLY))
        peer.send(peer.initiation(), via=other)
        peer.expect(COOKIE_REPLY)
        peer.send(peer.initiation())
        assert peer.expect(RESPONSE).to is peer.main


def test_B4_a_cookie_holds_for_one_address_only(bench: Bench) -> None:
    peer = bench.pair()
    other = peer.ns.udp("127.0.0.9", peer.port)
    peer.ear.add(other)
    with under_load(peer):
        peer.send(peer.initiation())
        peer.take_cookie(peer.expect(COOKIE_REPLY))
        peer.send(peer.initiation(), via=other)
        peer.expect(COOKIE_REPLY)


@long
def test_B4_the_secret_changes_after_two_minutes(bench: Bench) -> None:
    peer = bench.pair()
    with under_load(peer) as load:
        peer.send(peer.initiation())
        peer.take_cookie(peer.expect(COOKIE_REPLY))
        first = peer.peer.cookies._cookie
        assert first is not None
        begin = time.monotonic()
        while time.monotonic() - begin < 122:
            time.sleep(1)
        load.begun()
        peer.peer.cookies._cookie = type(first)(first.value, time.monotonic())
        peer.send(peer.initiation())
        peer.expect(COOKIE_REPLY)


def test_B5_the_reply_opens_with_our_mac1_and_only_with_it(bench: Bench) -> None:
    peer = bench.pair()
    with under_load(peer):
        nonces = set()
        for _ in range(3):
            whole = peer.initiation()
            peer.send(whole)
            reply = decode(peer.expect(COOKIE_REPLY).data)
            assert isinstance(reply, CookieReply)
            nonces.add(reply.nonce)
            key = cookie._label(b"cookie--", bench.private.public)
            mac1 = whole[116:132]
            sealed = reply.encrypted_cookie
            assert cookie.xchacha_open(key, reply.nonce, sealed, mac1) is not None
            assert cookie.xchacha_open(key, reply.nonce, sealed, bytes(16)) is None
        assert len(nonces) == 3


def give_cookie(bench: Bench, peer: Scripted, heard: Heard, value: bytes) -> bytes:
    """A cookie reply to an initiation of the target's, as if we were under load."""
    message = decode(heard.data)
    assert isinstance(message, Initiation)
    return cookie.make_reply(heard.data, message.sender, peer.public, value)


@on_hosts
def test_B6_a_cookie_is_stored_and_nothing_else_is_done(bench: Bench) -> None:
    peer = bench.pair()
    stranger = peer.place()
    bench.initiate()
    first = peer.expect(INITIATION)
    assert first.data[132:] == NO_MAC
    value = os.urandom(16)
    peer.send(give_cookie(bench, peer, first, value), via=stranger)
    second = peer.expect(INITIATION, 6)
    assert second.to is peer.main
    assert 4.6 < second.at - first.at < 5.8
    assert cookie.mac2_valid(second.data, value)
    peer.answer(peer.call(second))
    assert peer.packet().confirmed


@deviates("wireguard-go", "it takes every cookie that is encrypted for its last MAC1")
@on_hosts
def test_B6_one_cookie_for_each_mac1(bench: Bench) -> None:
    peer = bench.pair()
    bench.initiate()
    first = peer.expect(INITIATION)
    value = os.urandom(16)
    peer.send(give_cookie(bench, peer, first, value))
    peer.send(give_cookie(bench, peer, first, os.urandom(16)))
    assert cookie.mac2_valid(peer.expect(INITIATION, 6).data, value)


@on_hosts
def test_B6_a_cookie_for_another_mac1_or_index_is_ignored(bench: Bench) -> None:
    peer = bench.pair()
    bench.initiate()
    first = peer.expect(INITIATION)
    message = decode(first.data)
    assert isinstance(message, Initiation)
    other = first.data[:116] + os.urandom(16) + first.data[132:]
    peer.send(cookie.make_reply(other, message.sender, peer.public, os.urandom(16)))
    wrong = message.sender ^ 1
    peer.send(cookie.make_reply(first.data, wrong, peer.public, os.urandom(16)))
    assert peer.expect(INITIATION, 6).data[132:] == NO_MAC


@on_hosts
def test_B6_a_cookie_for_a_response_is_used_too(bench: Bench) -> None:
    peer = bench.pair()
    peer.send(peer.initiation())
    heard = peer.expect(RESPONSE)
    index = int.from_bytes(heard.data[4:8], "little")
    value = os.urandom(16)
    peer.send(cookie.make_reply(heard.data, index, peer.public, value))
    peer.silent(0.3)
    peer.send(peer.initiation())
    assert cookie.mac2_valid(peer.expect(RESPONSE).data, value)


@long
@on_hosts
def test_B7_a_cookie_is_used_for_less_than_two_minutes(bench: Bench) -> None:
    peer = bench.pair()
    bench.initiate()
    first = peer.expect(INITIATION)
    value = os.urandom(16)
    given = peer.send(give_cookie(bench, peer, first, value))
    used: list[float] = []
    unused: list[float] = []
    deadline = given + 135
    bench.say(b"x")
    while time.monotonic() < deadline:
        heard = peer.hear(6)
        if heard is None:
            bench.say(b"again")  # it had given up
            continue
        valid = cookie.mac2_valid(heard.data, value)
        (used if valid else unused).append(heard.at - given)
        assert valid or heard.data[132:] == NO_MAC
    assert len(used) > 15 and len(unused) >= 1
    # K takes 5 s off, so that a cookie does not expire on its way.
    assert 109 < max(used) < 120.1 and min(unused) < 126


# Of 80 initiations in 2 s the bucket lets 5 and then 20 a second pass; more pass in the moments
# without load, fewer when the queue is full.
FEWEST, MOST = 20, 58


def answered_of_80(peer: Scripted, sockets: list[socket.socket]) -> int:
    """How many of 80 initiations in 2 s are answered that come from these sockets in turn, with a
    cookie for each."""
    jars: dict[socket.socket, cookie._Held | None] = {}
    for sock in sockets:
        peer.send(peer.initiation(), via=sock)
        peer.take_cookie(peer.expect(COOKIE_REPLY))
        jars[sock] = peer.peer.cookies._cookie
    answered = 0
    begin = time.monotonic()
    for number in range(80):
        sock = sockets[number % len(sockets)]
        peer.peer.cookies._cookie = jars[sock]
        peer.send(peer.initiation(), via=sock)
        while (heard := peer.ear.next(begin + (number + 1) / 40)) is not None:
            answered += heard.kind == RESPONSE
    return answered


def test_B8_after_mac2_an_address_gets_twenty_a_second(bench: Bench) -> None:
    peer = bench.pair()
    with under_load(peer):
        answered = answered_of_80(peer, [peer.main])
    assert FEWEST <= answered <= MOST


@deviates("wireguard-go", "its limiter counts each IPv6 address, not each /64")
@on_hosts
def test_B8_the_addresses_of_one_64_share_a_limit(bench: Bench) -> None:
    networks = [f"fd99:0:0:1::{n:x}" for n in range(1, 9)]
    for address in [*networks, "fd99:0:0:2::1"]:
        bench.ns.ip("address", "add", f"{address}/128", "dev", "lo", "nodad")
    peer = bench.peer(host="fd99:0:0:2::1", remote="::1")
    bench.start()
    members = [bench.ns.udp(address) for address in networks]
    for sock in members:
        peer.ear.add(sock)
    with under_load(peer):
        answered = answered_of_80(peer, members)
    assert FEWEST <= answered <= MOST


def test_B9_load_sticks_for_a_second_and_then_ends(bench: Bench) -> None:
    peer = bench.pair()
    with under_load(peer):
        peer.send(peer.initiation())
        peer.expect(COOKIE_REPLY)
    time.sleep(2.2)
    peer.send(peer.initiation())
    assert isinstance(peer.peer.receive(peer.expect(RESPONSE).data, time.monotonic()), Established)


def test_B9_load_still_holds_when_the_queue_is_empty(bench: Bench) -> None:
    peer = bench.pair()
    with under_load(peer):
        pass
    time.sleep(0.1)
    peer.send(peer.initiation())
    peer.expect(COOKIE_REPLY)


@on_ours
def test_B3_data_flows_under_load(bench: Bench) -> None:
    """The other's socket overflows in the flood."""
    peer = bench.pair()
    session = peer.shake()
    with under_load(peer):
        for _ in range(20):
            peer.ping(session)
            time.sleep(0.02)
