# SPDX-License-Identifier: MIT
"""Group A of the conformance list: handshake messages (paper section 5.4)."""

from __future__ import annotations

import time
from dataclasses import replace

from wg_host import tai64n
from wg_host.keys import PresharedKey, PrivateKey, PublicKey
from wg_host.messages import DATA, INITIATION, RESPONSE, Data, Initiation, Response, decode
from wg_host.noise import InitiatorHandshake
from wg_host.peer import Dropped

from live.bench import Bench
from live.marks import long, on_hosts
from live.scripted import Scripted
from live.targets import PeerConfig

# Every point of order 1, 2, 4 and 8, and their non-canonical forms (RFC 7748 section 7; the list of
# https://cr.yp.to/ecdh.html).
LOW_ORDER = tuple(
    bytes.fromhex(text)
    for text in (
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    )
)


def wrong_forms(datagram: bytes) -> list[bytes]:
    """The message a byte shorter and longer, and with each reserved bit set."""
    forms = [datagram[:-1], datagram + b"\0"]
    for bit in range(8, 32):
        flipped = bytearray(datagram)
        flipped[bit // 8] ^= 1 << bit % 8
        forms.append(bytes(flipped))
    return forms


def test_A1_initiation_of_another_size_or_with_reserved_bits_is_silent(bench: Bench) -> None:
    peer = bench.pair()
    for form in wrong_forms(peer.initiation()):
        peer.send(peer.signed(form) if len(form) >= 148 else form)
    peer.silent()
    peer.shake()


@on_hosts
def test_A1_response_of_another_size_or_with_reserved_bits_is_silent(bench: Bench) -> None:
    peer = bench.pair()
    bench.initiate()
    response, session = peer.peer.answer(peer.call(peer.expect(INITIATION)), time.monotonic())
    for form in wrong_forms(response):
        peer.send(peer.signed(form) if len(form) >= 92 else form)
    peer.silent()
    peer.send(response)
    assert peer.packet().session is session


def test_A1_data_of_another_size_or_with_reserved_bits_is_silent(bench: Bench) -> None:
    peer = bench.pair()
    peer.shake()
    datagram = peer.seal(peer.next_echo())
    for form in [*wrong_forms(datagram), datagram[:31], datagram[:16], datagram[:4]]:
        peer.send(form)
    peer.silent()
    assert peer.accepted(datagram)


def test_A2_the_independent_peer_initiates(bench: Bench) -> None:
    peer = bench.pair()
    peer.shake()
    peer.ping()


def test_A2_the_independent_peer_answers(bench: Bench) -> None:
    peer = bench.pair()
    bench.initiate()
    peer.answer(peer.call(peer.expect(INITIATION)))
    assert peer.packet().confirmed
    peer.ping()


def test_A2_without_a_preshared_key(bench: Bench) -> None:
    peer = bench.pair(psk=False)
    peer.shake()
    peer.ping()


def test_A3_low_order_ephemeral_is_silent(bench: Bench) -> None:
    peer = bench.pair()
    for point in LOW_ORDER:
        message = decode(peer.initiation())
        assert isinstance(message, Initiation)
        peer.send(peer.signed(replace(message, ephemeral=point).encode()))
        peer.silent(0.1)
    peer.shake()


@on_hosts
def test_A3_low_order_ephemeral_in_a_response_is_silent(bench: Bench) -> None:
    peer = bench.pair()
    bench.initiate()
    response, session = peer.peer.answer(peer.call(peer.expect(INITIATION)), time.monotonic())
    for point in LOW_ORDER:
        peer.send(peer.signed(response[:12] + point + response[44:]))
    peer.silent()
    peer.send(response)
    assert peer.packet().session is session


@on_hosts
def test_A3_peer_with_a_low_order_key_is_never_sent_anything(bench: Bench) -> None:
    peer = bench.peer()
    for number, point in enumerate(LOW_ORDER):
        allowed = (f"10.77.0.{10 + number}/32",)
        bench.add(PeerConfig(PublicKey(point), None, allowed, (peer.host, peer.port)))
    bench.start()
    for number in range(len(LOW_ORDER)):
        bench.say(b"x", to=f"10.77.0.{10 + number}")
    peer.silent(1.0)
    bench.say(b"x")
    peer.expect(INITIATION)


def crafted(peer: Scripted, local: PrivateKey, responder: PublicKey) -> bytes:
    """An initiation whose MAC1 is the target's, whatever its inside is."""
    handshake = InitiatorHandshake(local, responder, 77, tai64n.Clock()())
    return peer.signed(handshake.initiation.encode())


def test_A4_unknown_static_wrong_own_key_bad_timestamp_tag_are_silent(bench: Bench) -> None:
    peer = bench.pair()
    peer.send(crafted(peer, PrivateKey.generate(), bench.private.public))
    peer.silent(0.3)
    peer.send(crafted(peer, peer.private, PrivateKey.generate().public))
    peer.silent(0.3)
    whole = peer.initiation()
    for place in (40, 87, 88, 115):  # first and last byte of static and of timestamp
        broken = bytearray(whole)
        broken[place] ^= 1
        peer.send(peer.signed(bytes(broken)))
        peer.silent(0.3)
    peer.shake()


def test_A5_wrong_preshared_key_of_the_initiator_shows_in_the_response(bench: Bench) -> None:
    peer = bench.pair()
    peer.peer.psk = PresharedKey.generate()
    peer.send(peer.initiation())
    event = peer.peer.receive(peer.expect(RESPONSE).data, time.monotonic())
    assert isinstance(event, Dropped)


def test_A5_wrong_preshared_key_of_the_responder_is_rejected(bench: Bench) -> None:
    peer = bench.pair()
    bench.initiate()
    called = peer.call(peer.expect(INITIATION))
    for psk in (PresharedKey.generate(), PresharedKey.none()):
        response, _ = peer.peer.craft_answer(called, time.monotonic(), psk)
        peer.send(response)
    peer.silent()
    peer.answer(called)
    assert peer.packet().confirmed


def expect_fresh_tries(peer: Scripted, count: int) -> None:
    ephemerals, indices = set(), set()
    for _ in range(count):
        message = decode(peer.expect(INITIATION, 6).data)
        assert isinstance(message, Initiation)
        ephemerals.add(message.ephemeral)
        indices.add(message.sender)
    assert len(ephemerals) == len(indices) == count


@on_hosts
def test_A6_fresh_ephemeral_and_index_each_try(bench: Bench) -> None:
    peer = bench.pair()
    bench.initiate()
    expect_fresh_tries(peer, 3)


@long
def test_A6_twenty_tries_have_twenty_ephemerals_and_indices(bench: Bench) -> None:
    peer = bench.pair()
    bench.initiate()
    expect_fresh_tries(peer, 20)


def test_A6_indices_of_sessions_differ(bench: Bench) -> None:
    peer = bench.pair()
    indices = set()
    for _ in range(8):
        indices.add(peer.shake().remote_index)
        time.sleep(0.05)
    assert len(indices) == 8


def test_A7_response_with_a_bad_tag_leaves_the_handshake_as_it_is(bench: Bench) -> None:
    peer = bench.pair()
    bench.initiate()
    response, session = peer.peer.answer(peer.call(peer.expect(INITIATION)), time.monotonic())
    for place in (12, 43, 44, 59):  # ephemeral and empty
        broken = bytearray(response)
        broken[place] ^= 1
        peer.send(peer.signed(bytes(broken)))
    peer.silent()
    peer.send(response)
    assert peer.packet().session is session


def test_A7_response_to_another_index_or_replayed_is_ignored(bench: Bench) -> None:
    peer = bench.pair()
    bench.initiate()
    called = peer.call(peer.expect(INITIATION))
    response, session = peer.peer.answer(called, time.monotonic())
    message = decode(response)
    assert isinstance(message, Response)
    peer.send(peer.signed(replace(message, receiver=message.receiver ^ 1).encode()))
    peer.silent()
    peer.send(response)
    assert peer.packet().session is session
    peer.send(response)
    second, _ = peer.peer.craft_answer(called, time.monotonic(), peer.psk)
    peer.send(second)
    peer.silent()
    peer.ping(session)


@on_hosts
def test_A7_response_to_a_try_that_a_later_one_replaced_is_ignored(bench: Bench) -> None:
    peer = bench.pair()
    bench.initiate()
    first = peer.call(peer.expect(INITIATION))
    second = peer.call(peer.expect(INITIATION, 6))
    late, _ = peer.peer.craft_answer(first, time.monotonic(), peer.psk)
    peer.send(late)
    peer.silent()
    peer.answer(second)
    assert peer.packet().confirmed


@on_hosts
def test_A8_staged_data_is_sent_at_once_with_counter_0(bench: Bench) -> None:
    peer = bench.pair()
    bench.say(b"staged")
    peer.answer(peer.call(peer.expect(INITIATION)))
    heard = peer.expect(DATA)
    message = decode(heard.data)
    assert isinstance(message, Data) and message.counter == 0
    assert b"staged" in peer.read(heard).packet
    peer.silent()


def test_A8_keepalive_if_there_is_no_data(bench: Bench) -> None:
    if bench.program == "zwg-sim":
        peer = bench.pair()
        bench.initiate()
    else:
        peer = bench.pair(keepalive=60)
    peer.answer(peer.call(peer.expect(INITIATION)))
    heard = peer.expect(DATA)
    assert len(heard.data) == 32
    packet = peer.read(heard)
    assert packet.packet == b"" and packet.counter == 0 and packet.confirmed
    peer.silent()


def test_A9_without_a_private_key_all_handshakes_are_dropped(bench: Bench) -> None:
    """It is taken from a running program: none is started without one."""
    peer = bench.pair()
    peer.shake()
    peer.ping()
    bench.target.forget_key()
    peer.silent(0.3)
    for _ in range(3):
        peer.send(peer.initiation())
    zero = PublicKey(bytes(32))
    handshake = InitiatorHandshake(peer.private, bench.private.public, 1, tai64n.Clock()())
    message = handshake.initiation.encode()
    peer.peer.remote = zero
    peer.send(peer.signed(message))
    peer.silent()
