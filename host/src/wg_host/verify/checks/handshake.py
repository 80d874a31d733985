# SPDX-License-Identifier: MIT
"""The handshake that we start, and the form of all handshake messages."""

from __future__ import annotations

from wg_host.messages import DATA
from wg_host.verify.form import is_type
from wg_host.verify.lab import Lab, require
from wg_host.verify.model import Check, Failed, Proof, Rung
from wg_host.verify.traffic import ping


def ours(lab: Lab) -> Proof:
    """The response to our initiation authenticates."""
    session = lab.seen.own_session
    if session is None:
        raise Failed(
            "the board gave no response that authenticates: do the keys (and the preshared key) "
            "of both ends match?"
        )
    early = lab.collect(lab.timing.least_quiet)
    lab.seen.own_early = any(
        is_type(a.data, DATA) and a.data[4:8] == session.local_index.to_bytes(4, "little")
        for a in early
    )
    ping(lab, session=session)
    took = lab.seen.handshake_seconds
    return Proof(f"in {took * 1e3:.1f} ms", {"seconds": took})


def macs(lab: Lab) -> Proof:
    """Every handshake message of the run: size, reserved bytes, MAC1, and MAC2 zero unless it
    belongs to a cookie that we gave (paper sections 5.4.2 to 5.4.4)."""
    lab.collect(0.0)
    problems = lab.form.handshake_problems
    require(not problems, "; ".join(dict.fromkeys(problems)))
    require(lab.form.handshakes > 0, "no handshake message came to be judged")
    return Proof(
        f"{lab.form.handshakes} handshake messages with the right sizes and MACs",
        {"messages": lab.form.handshakes},
    )


def first_packet(lab: Lab) -> Proof:
    """Who may send first on a new session (paper section 5.4.5): the initiator at once, with
    counter 0; the responder only after the initiator's first packet."""
    seen, session = lab.seen, lab.seen.own_session
    assert session is not None
    first = lab.first_counters.get(session.local_index)
    require(
        not seen.own_early,
        "as responder the board sent data before our first packet had confirmed the session",
    )
    require(
        first is not None,
        "the first packet over the session that we started was not answered on it",
    )
    require(
        first == 0,
        f"as responder the board began at counter {first}, not 0",
    )
    if seen.board_session is None:
        return Proof("the first packet was answered; the board started no session to judge")
    require(
        seen.board_confirmed,
        "as initiator the board sent nothing at once to confirm the session that it started",
    )
    first = lab.first_counters.get(seen.board_session.local_index)
    require(first == 0, f"as initiator the board began at counter {first}, not 0")
    return Proof("answered as responder, and sent at once as initiator, both with counter 0")


OURS = Check("handshake-ours", "Handshake started by us", Rung.HANDSHAKE, ours, bearing=True)
MACS = Check("macs", "Sizes and MACs of handshake messages", Rung.HANDSHAKE, macs)
FIRST = Check("first-packet", "First packet after a handshake", Rung.HANDSHAKE, first_packet)
