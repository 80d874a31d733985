# SPDX-License-Identifier: MIT
"""Two Python peers against each other: slots, confirmation, replays, limits."""

from __future__ import annotations

import pytest

from wg_host import cookie, messages
from wg_host.keys import PresharedKey, PrivateKey
from wg_host.messages import Data
from wg_host.peer import Called, CookieStored, Dropped, Established, Packet, Peer
from wg_host.session import Session, SessionExpired, pad

PSK = PresharedKey(bytes(range(32)))


def pair(psk_a: PresharedKey | None = PSK, psk_b: PresharedKey | None = PSK) -> tuple[Peer, Peer]:
    a, b = PrivateKey.generate(), PrivateKey.generate()
    return Peer(a, b.public, psk_a), Peer(b, a.public, psk_b)


def call(b: Peer, datagram: bytes, now: float = 0.0) -> Called:
    event = b.receive(datagram, now)
    assert isinstance(event, Called), event
    return event


def shake(a: Peer, b: Peer, now: float = 0.0) -> tuple[Session, Session]:
    response, theirs = b.answer(call(b, a.initiate(now), now), now)
    event = a.receive(response, now)
    assert isinstance(event, Established), event
    return event.session, theirs


def carry(a: Peer, b: Peer, text: bytes, now: float = 0.0) -> Packet:
    datagram = a.seal(text, now)
    assert datagram is not None
    event = b.receive(datagram, now)
    assert isinstance(event, Packet), event
    assert event.packet.rstrip(b"\0") == text
    return event


def dropped(peer: Peer, datagram: bytes, now: float = 0.0) -> str:
    event = peer.receive(datagram, now)
    assert isinstance(event, Dropped), event
    return event.reason


def test_data_flows_both_ways() -> None:
    a, b = pair()
    shake(a, b)
    assert carry(a, b, b"one").confirmed
    assert not carry(a, b, b"two").confirmed
    assert carry(b, a, b"three").counter == 0
    assert carry(b, a, b"four").counter == 1


def test_the_responder_does_not_send_before_it_is_confirmed() -> None:
    a, b = pair()
    shake(a, b)
    assert b.seal(b"early", 0.0) is None
    carry(a, b, b"")
    carry(b, a, b"now")


def test_the_old_key_serves_before_and_after_confirmation() -> None:
    a, b = pair()
    old, _ = shake(a, b)
    carry(a, b, b"")
    new, _ = shake(a, b, 1.0)
    before = b.seal(b"old", 1.0)
    assert before is not None
    event = a.receive(before, 1.0)
    assert isinstance(event, Packet)
    assert event.session is old
    assert carry(a, b, b"new", 1.0).confirmed
    late = b.receive(old.seal(b"late", 1.0), 1.0)
    assert isinstance(late, Packet)
    assert carry(b, a, b"x", 1.0).session is new


def test_a_further_responder_handshake_drops_the_previous_key() -> None:
    a, b = pair()
    first, _ = shake(a, b)
    carry(a, b, b"")
    shake(a, b, 1.0)
    carry(a, b, b"", 1.0)
    b.answer(call(b, a.initiate(2.0)), 2.0)
    assert "not in use" in dropped(b, first.seal(b"late", 2.0))


def test_a_replayed_packet_is_dropped() -> None:
    a, b = pair()
    shake(a, b)
    datagram = a.seal(b"x", 0.0)
    assert datagram is not None
    b.receive(datagram, 0.0)
    assert "already seen" in dropped(b, datagram)


def test_a_late_packet_is_taken_once() -> None:
    a, b = pair()
    shake(a, b)
    datagrams = [a.seal(bytes([n]), 0.0) for n in range(1, 4)]
    for datagram in reversed(datagrams):
        assert datagram is not None
        assert isinstance(b.receive(datagram, 0.0), Packet)


def test_a_forged_counter_does_not_move_the_window() -> None:
    a, b = pair()
    ours, _ = shake(a, b)
    forged = bytearray(ours.seal_as(100_000, pad(b"x", 1420)))
    forged[-1] ^= 1
    assert "authenticate" in dropped(b, bytes(forged))
    carry(a, b, b"normal")


def test_replayed_and_older_initiations_are_dropped() -> None:
    a, b = pair()
    older, newer = a.initiate(0.0), a.initiate(0.0)
    call(b, newer)
    assert "timestamp" in dropped(b, newer)
    assert "timestamp" in dropped(b, older)


def test_a_forged_initiation_does_not_burn_the_timestamp() -> None:
    a, b = pair()
    good = a.initiate(0.0)
    forged = bytearray(good)
    forged[100] ^= 1
    body = bytes(forged[:-32])
    mac1 = cookie.mac1(body + bytes(32), b.local.public)
    assert "timestamp does not authenticate" in dropped(b, body + mac1 + bytes(16))
    call(b, good)


def test_mac1_is_checked_first_unless_told_otherwise() -> None:
    a, b = pair()
    broken = bytearray(a.initiate(0.0))
    broken[120] ^= 1
    assert dropped(b, bytes(broken)) == "wrong mac1"
    b.check_macs = False
    call(b, bytes(broken))


def test_a_stranger_is_refused() -> None:
    a, b = pair()
    stranger = Peer(PrivateKey.generate(), b.local.public, PSK)
    assert "another public key" in dropped(b, stranger.initiate(0.0))
    assert a.current is None


def test_a_response_counts_once_and_only_to_its_initiation() -> None:
    a, b = pair()
    first = a.initiate(0.0)
    stale, _ = b.answer(call(b, first), 0.0)
    fresh, _ = b.answer(call(b, a.initiate(0.0)), 0.0)
    assert "no initiation" in dropped(a, stale)
    assert isinstance(a.receive(fresh, 0.0), Established)
    assert "no initiation" in dropped(a, fresh)


def test_psk_mismatch_is_refused_and_the_handshake_goes_on() -> None:
    a, b = pair()
    called = call(b, a.initiate(0.0))
    wrong, _ = b.craft_answer(called, 0.0, PresharedKey.generate())
    assert "authenticate" in dropped(a, wrong)
    right, _ = b.answer(called, 0.0)
    assert isinstance(a.receive(right, 0.0), Established)


def test_no_psk_is_32_zeros() -> None:
    a, b = pair(None, PresharedKey(bytes(32)))
    shake(a, b)
    carry(a, b, b"x")


def test_a_cookie_goes_into_the_next_initiation() -> None:
    a, b = pair()
    first = a.initiate(0.0)
    value = bytes(range(16))
    sender = messages.Initiation.decode(first).sender
    reply = cookie.make_reply(first, sender, b.local.public, value)
    assert isinstance(a.receive(reply, 0.0), CookieStored)
    assert "does not authenticate" in dropped(a, reply)
    assert cookie.mac2_valid(a.initiate(5.0), value)


def test_a_cookie_answers_a_response_too() -> None:
    a, b = pair()
    response, session = b.answer(call(b, a.initiate(0.0)), 0.0)
    value = bytes(range(16))
    reply = cookie.make_reply(response, session.local_index, a.local.public, value)
    assert isinstance(b.receive(reply, 0.0), CookieStored)
    assert cookie.mac2_valid(b.initiate(5.0), value)


def test_a_cookie_for_another_index_is_dropped() -> None:
    a, b = pair()
    first = a.initiate(0.0)
    sender = messages.Initiation.decode(first).sender
    reply = cookie.make_reply(first, sender ^ 1, b.local.public, bytes(16))
    assert "no message of ours" in dropped(a, reply)


def test_a_session_ends_after_180_s() -> None:
    a, b = pair()
    ours, theirs = shake(a, b)
    datagram = ours.seal(b"x", 179.9)
    assert isinstance(b.receive(datagram, 179.9), Packet)
    assert "authenticate" in dropped(b, ours.seal(b"y", 179.9), 180.0)
    with pytest.raises(SessionExpired):
        ours.seal(b"x", 180.0)
    assert a.seal(b"x", 180.0) is None
    assert theirs.expired(180.0)


def test_counters_end_at_the_limit() -> None:
    a, b = pair()
    ours, _ = shake(a, b)
    ours.next_counter = messages.REJECT_AFTER_MESSAGES - 1
    assert isinstance(b.receive(ours.seal(b"x", 0.0), 0.0), Packet)
    with pytest.raises(SessionExpired):
        ours.seal(b"x", 0.0)
    past = ours.seal_as(messages.REJECT_AFTER_MESSAGES, b"")
    assert "too old" in dropped(b, past)


def test_counters_are_64_bits() -> None:
    a, b = pair()
    ours, _ = shake(a, b)
    ours.next_counter = 2**32 - 1
    for expected in (2**32 - 1, 2**32):
        datagram = ours.seal(b"x", 0.0)
        message = messages.decode(datagram)
        assert isinstance(message, Data)
        assert message.counter == expected
        assert isinstance(b.receive(datagram, 0.0), Packet)


def test_fresh_index_and_ephemeral_each_time() -> None:
    a, _ = pair()
    tries = [messages.Initiation.decode(a.initiate(0.0)) for _ in range(20)]
    assert len({t.sender for t in tries}) == 20
    assert len({t.ephemeral for t in tries}) == 20


def test_an_index_in_use_is_not_given_again() -> None:
    a, b = pair()
    session, _ = shake(a, b)
    taken = session.local_index.to_bytes(4, "little")
    offered = iter([taken, taken, b"\1\2\3\4"])
    a._random = lambda n: next(offered)
    assert a.new_index() == 0x04030201


@pytest.mark.parametrize(
    ("size", "padded"), [(0, 0), (1, 16), (16, 16), (17, 32), (1409, 1420), (1420, 1420)]
)
def test_padding_to_16_but_never_past_the_mtu(size: int, padded: int) -> None:
    assert len(pad(b"x" * size, 1420)) == padded


def test_ephemerals_are_told_for_the_key_log() -> None:
    noted: list[PrivateKey] = []
    a, b = pair()
    a._on_ephemeral = lambda key, psk: noted.append(key)
    initiation = messages.Initiation.decode(a.initiate(0.0))
    assert [k.public.raw for k in noted] == [initiation.ephemeral]
    assert b.current is None
