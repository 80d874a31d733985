# SPDX-License-Identifier: MIT
"""A new session takes over from one in use, without a gap (paper section 6.3)."""

from __future__ import annotations

from wg_host.peer import Established, Packet
from wg_host.verify.lab import Lab, require
from wg_host.verify.model import Check, Failed, Proof, Rung
from wg_host.verify.traffic import Reply, ping


def _reply_on(reply: Reply | None, what: str) -> Packet:
    if reply is None:
        raise Failed(f"{what} was not answered")
    return reply.packet


def rekey(lab: Lab) -> Proof:
    """A second handshake by us: until it is confirmed the board uses the old session, afterwards
    the new one, and packets still under way on the old one are taken."""
    old = lab.peer.current
    if old is None:
        raise Failed("there is no session to take over from")
    lab.send(lab.peer.initiate(lab.now()))
    arrival = lab.wait(lambda a: isinstance(a.event, Established), lab.timing.rekey_timeout)
    if arrival is None:
        raise Failed("a second handshake was not answered while a session was in use")
    assert isinstance(arrival.event, Established)
    new = arrival.event.session
    before = _reply_on(ping(lab, session=old), "a ping on the old session, before the new is used,")
    require(before.session is old, "the board used the new session before our first packet on it")
    first = _reply_on(ping(lab, session=new), "the first ping on the new session")
    require(first.session is new, "the board answered on the old session after the new was used")
    late = _reply_on(ping(lab, session=old), "a ping under way on the old session")
    require(late.session is new, "the board went back to the old session")
    return Proof("the new session took over, and the old one's last packets were taken")


CHECKS = (Check("rekey", "A new session takes over", Rung.REKEY, rekey),)
