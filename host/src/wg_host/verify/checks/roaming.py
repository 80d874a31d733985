# SPDX-License-Identifier: MIT
"""The board's idea of where we are: it follows authentic packets, and nothing else (paper
section 2.1)."""

from __future__ import annotations

import os

from wg_host.endpoint import Endpoint
from wg_host.messages import CookieReply, Data
from wg_host.peer import Called
from wg_host.verify.lab import MAIN, SECOND, STRAY, Lab, require
from wg_host.verify.model import Check, Failed, Proof, Rung, Skipped
from wg_host.verify.traffic import Echo, exchange, ping


def follows(lab: Lab) -> Proof:
    """A ping from another port is answered there, and then one from the first port here again."""
    for name in (SECOND, MAIN):
        reply = ping(lab, via=name)
        if reply is None:
            raise Failed(f"a ping from UDP port {lab.sockets.port(name)} was not answered")
        if reply.arrival.at != name:
            there, here = lab.sockets.port(reply.arrival.at), lab.sockets.port(name)
            raise Failed(f"a ping from UDP port {here} was answered to port {there}")
    return Proof(f"to port {lab.sockets.port(SECOND)} and back to {lab.sockets.port(MAIN)}")


def send_strays(lab: Lab) -> None:
    """From a third port, what must not move the endpoint: a replay, a forged tag, a replayed
    initiation, an unknown index, a cookie reply to nothing. Whatever the board sends next of its
    own accord shows where it thinks we are, so nothing authentic may be sent in between."""
    session = lab.peer.current
    if session is None or exchange(lab, Echo(lab.target.pair, 32)) is None:
        return
    forged = bytearray(session.seal(b"", lab.now()))
    forged[-1] ^= 1
    unknown = Data(session.remote_index ^ 0x5A5A5A5A, 0, os.urandom(32))
    cookie_reply = CookieReply(session.remote_index, os.urandom(24), os.urandom(32))
    lab.seen.strays_at = lab.now()
    for datagram in (
        lab.seen.last_data,
        bytes(forged),
        lab.seen.initiation,
        unknown.encode(),
        cookie_reply.encode(),
    ):
        lab.send(datagram, STRAY)
    lab.collect(lab.quiet_time(handshake=True))
    state = lab.state()
    peer = state.peer(lab.target.private.public) if state is not None else None
    lab.seen.endpoint_after_strays = peer.endpoint if peer is not None else None


def steady(lab: Lab) -> Proof:
    """After the stray datagrams the board still sends to us where we are."""
    if lab.seen.strays_at is None:
        raise Failed("the tunnel did not answer before the stray datagrams could be sent")
    if any(isinstance(a.event, Called) for a in lab.seen.stray_arrivals):
        raise Failed("its endpoint moved: it called us at the port of replays and forgeries")
    evidence: list[str] = []
    if lab.seen.endpoint_after_strays is not None:
        held = Endpoint.parse(lab.seen.endpoint_after_strays)
        require(
            held.port != lab.sockets.port(STRAY),
            f"replayed and forged datagrams moved the board's endpoint for us to {held}",
        )
        evidence.append(f"its endpoint for us is still {held}")
    called_at = lab.seen.called_at
    if called_at is not None and called_at.time > lab.seen.strays_at:
        evidence.append("its own call came to the right port")
    if not evidence:
        raise Skipped("without a console or a call of the board's own nothing shows its endpoint")
    return Proof("; ".join(evidence))


FOLLOWS = Check("endpoint-follows", "Endpoint follows us to another port", Rung.DATA, follows)
STEADY = Check(
    "endpoint-steady", "Endpoint does not follow replays and forgeries", Rung.DATA, steady
)
