# SPDX-License-Identifier: MIT
"""Handshakes that the board starts: cookie, preshared key, and the session that comes of it."""

from __future__ import annotations

from wg_host import cookie
from wg_host.keys import PresharedKey
from wg_host.messages import DATA, NO_MAC
from wg_host.peer import Called, Packet
from wg_host.session import Session
from wg_host.verify import calls
from wg_host.verify.form import is_type
from wg_host.verify.lab import Arrival, Lab, require
from wg_host.verify.model import Check, Failed, Proof, Rung, Skipped
from wg_host.verify.traffic import ping

# A slow answer may cross the board's next call; as often is more than bad luck.
_CALLS_ANSWERED = 3


def _open_call(lab: Lab) -> Arrival:
    """The board's call that no check has answered yet. Skipped if it makes none: that is for the
    check of handshake-board to fail."""
    try:
        return _call(lab)
    except calls.NoCall as e:
        raise Skipped(str(e)) from None


def _call(lab: Lab) -> Arrival:
    if lab.seen.open_call is None:
        lab.seen.open_call = lab.seen.called_at = calls.next_call(lab)
    return lab.seen.open_call


def cookie_consumed(lab: Lab) -> Proof:
    """The board's first call was met with a cookie reply; its next must carry the MAC2 of that
    cookie, and not come before REKEY_TIMEOUT (paper sections 5.3 and 6.6)."""
    _open_call(lab)
    call, given = lab.seen.after_cookie, lab.seen.cookie
    assert call is not None
    assert given is not None
    mac2 = call.data[-len(NO_MAC) :]
    require(mac2 != NO_MAC, "the initiation after our cookie reply carries no mac2")
    require(
        cookie.mac2_valid(call.data, given),
        "the initiation after our cookie reply carries a mac2 of another cookie",
    )
    waited = call.time - lab.seen.cookie_given_at
    require(
        waited >= lab.timing.rekey_timeout - lab.timing.early,
        f"the initiation after our cookie reply came after {waited:.2f} s already, "
        f"not after {lab.timing.rekey_timeout:g} s",
    )
    return Proof(f"the next initiation, after {waited:.2f} s, carries its mac2")


def psk_mismatch(lab: Lab) -> Proof:
    """A response under another preshared key must be refused, and must not spoil the handshake: the
    right response is still taken (paper section 5.4.3)."""
    call = _open_call(lab)
    assert isinstance(call.event, Called)
    wrong, session = lab.peer.craft_answer(call.event, lab.now(), PresharedKey.generate())
    lab.send(wrong, call.at)
    index = session.local_index.to_bytes(4, "little")
    got = lab.collect(lab.quiet_time(handshake=True))
    accepted = any(is_type(a.data, DATA) and a.data[4:8] == index for a in got)
    if accepted:
        lab.seen.open_call = None
        raise Failed("the board took a response under another preshared key, and sends data on it")
    if _answer(lab) is None:
        raise Failed("after a response under another preshared key the right one is not taken")
    return Proof("the wrong response was refused, and the right one then taken")


def _answer(lab: Lab) -> Session | None:
    """Answers the open call; the session if the board uses it. Notes for other checks whether the
    board's own first packet came at once.

    A board that has called again meanwhile takes an answer to its newest call only.
    """
    newest = _call(lab)
    lab.seen.open_call = None
    for _ in range(_CALLS_ANSWERED):
        while lab.calls:
            newest = lab.calls.popleft()
        assert isinstance(newest.event, Called)
        response, session = lab.peer.answer(newest.event, lab.now())
        lab.send(response, newest.at)

        def ends_wait(arrival: Arrival, session: Session = session) -> bool:
            return _is_on(arrival, session) or bool(lab.calls)

        limit = lab.quiet_time(handshake=True) + lab.timing.answer / 2
        first = lab.wait(ends_wait, limit)
        if first is not None and not _is_on(first, session):
            continue
        if ping(lab, session=session) is not None:
            lab.seen.board_session = session
            lab.seen.board_confirmed = first is not None
            return session
        if not lab.calls:
            break
    return None


def _is_on(arrival: Arrival, session: Session) -> bool:
    return isinstance(arrival.event, Packet) and arrival.event.session is session


def theirs(lab: Lab) -> Proof:
    """The board's initiation authenticates, and the session of our response carries a ping."""
    if lab.seen.board_session is None and _answer(lab) is None:
        raise Failed("the board does not use the session that it started")
    return Proof("its initiation authenticates, and a ping passes over the session")


COOKIE = Check("cookie", "Cookie reply is consumed", Rung.HANDSHAKE, cookie_consumed)
PSK = Check("psk", "Preshared key mismatch is refused", Rung.HANDSHAKE, psk_mismatch)
THEIRS = Check("handshake-board", "Handshake started by the board", Rung.HANDSHAKE, theirs)
