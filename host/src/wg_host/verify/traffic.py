# SPDX-License-Identifier: MIT
"""Inner traffic for checks: echoes through the tunnel, and what counts as silence."""

from __future__ import annotations

import os
from dataclasses import dataclass

from wg_host import packets
from wg_host.messages import COOKIE_REPLY, DATA, RESPONSE
from wg_host.packets import Inner
from wg_host.peer import Dropped, Packet
from wg_host.session import Session
from wg_host.verify.form import is_type
from wg_host.verify.lab import MAIN, Arrival, Lab
from wg_host.verify.model import Failed
from wg_host.verify.target import Pair

ECHO_PORT = 4242
OUR_PORT = 49152


@dataclass(frozen=True)
class Reply:
    """An answered echo: round trip in seconds, and how it came back."""

    seconds: float
    arrival: Arrival
    packet: Packet


class Echo:
    """An echo request that knows its reply."""

    _ident = int.from_bytes(os.urandom(2), "big")
    _seq = 0

    def __init__(self, pair: Pair, size: int) -> None:
        Echo._seq = (Echo._seq + 1) % 65536
        self.pair, self.seq = pair, Echo._seq
        self.payload = os.urandom(size)
        self.packet = packets.echo_request(
            pair.ours, pair.board, self._ident, self.seq, self.payload
        )

    def answered_by(self, inner: Inner | None) -> bool:
        """True for the reply to this request, whole and unchanged."""
        return (
            inner is not None
            and inner.kind == "echo-reply"
            and inner.numbers == (self._ident, self.seq)
            and inner.payload == self.payload
        )


class Datagrams:
    """A UDP datagram to the echo service that knows its reply."""

    def __init__(self, pair: Pair, size: int) -> None:
        self.payload = os.urandom(size)
        ports = (OUR_PORT, ECHO_PORT)
        self.packet = packets.udp(pair.ours, pair.board, ports, self.payload)

    def answered_by(self, inner: Inner | None) -> bool:
        """True for the reply to this datagram, whole and unchanged."""
        return (
            inner is not None
            and inner.kind == "udp"
            and inner.numbers == (ECHO_PORT, OUR_PORT)
            and inner.payload == self.payload
        )


def seal(lab: Lab, packet: bytes, session: Session | None = None) -> bytes:
    """A data message on a session, the current one if none is given."""
    chosen = session or lab.peer.current
    if chosen is None:
        raise Failed("there is no session to send on")
    return chosen.seal(packet, lab.now())


def exchange(
    lab: Lab, request: Echo | Datagrams, *, session: Session | None = None, via: str = MAIN
) -> Reply | None:
    """Sends a request through the tunnel; None if no reply comes."""
    datagram = seal(lab, request.packet, session)
    lab.seen.last_data = datagram
    return await_reply(lab, request, datagram, via=via)


def await_reply(
    lab: Lab, request: Echo | Datagrams, datagram: bytes, *, via: str = MAIN
) -> Reply | None:
    """Sends a data message that holds a request; None if no reply comes."""
    began = lab.now()
    lab.send(datagram, via)

    def is_reply(arrival: Arrival) -> bool:
        event = arrival.event
        return isinstance(event, Packet) and request.answered_by(packets.read(event.packet))

    arrival = lab.wait(is_reply, lab.timing.answer)
    if arrival is None:
        return None
    assert isinstance(arrival.event, Packet)
    seconds = arrival.time - began
    lab.seen.slowest_ping = max(lab.seen.slowest_ping, seconds)
    return Reply(seconds, arrival, arrival.event)


def ping(
    lab: Lab, *, session: Session | None = None, via: str = MAIN, size: int = 32
) -> Reply | None:
    """One echo through the tunnel."""
    return exchange(lab, Echo(lab.target.pair, size), session=session, via=via)


def answers(lab: Lab, arrivals: list[Arrival]) -> list[str]:
    """Those arrivals that answer something, in words.

    An initiation, a keepalive and multicast come from the board's own timers and count for nothing.
    """
    ours = {p.ours for p in (lab.target.v4, lab.target.v6) if p is not None}
    found: list[str] = []
    for arrival in arrivals:
        if is_type(arrival.data, RESPONSE, COOKIE_REPLY):
            found.append(lab.form.describe(arrival.data))
        elif isinstance(arrival.event, Packet) and arrival.event.packet:
            inner = packets.read(arrival.event.packet)
            if inner is None or inner.destination in ours or not inner.destination.is_multicast:
                found.append(packets.summary(arrival.event.packet))
        elif is_type(arrival.data, DATA) and isinstance(arrival.event, Dropped):
            found.append(f"{lab.form.describe(arrival.data)} ({arrival.event.reason})")
    return found


def expect_silence(
    lab: Lab,
    what: str,
    *datagrams: bytes,
    drop: str = "",
    handshake: bool = False,
    via: str = MAIN,
) -> str:
    """Sends datagrams that must not be answered, and then a ping that must; what was seen.

    With a console the board must also have counted each under @p drop: without that, silence could
    mean that the datagram was lost on the way.
    """
    lab.collect(0.0)
    before = lab.drops(drop) if drop else None
    for datagram in datagrams:
        lab.send(datagram, via)
    found = answers(lab, lab.collect(lab.quiet_time(handshake=handshake)))
    if found:
        raise Failed(f"{what} was answered: {found[0]}")
    if ping(lab) is None:
        raise Failed(f"after {what} the tunnel no longer answers")
    if before is None:
        return "silence, and the tunnel still works"
    counted = (lab.drops(drop) or 0) - before
    if counted < len(datagrams):
        raise Failed(
            f"{what} was met with silence, but the board's counter 'drop_{drop}' rose by "
            f"{counted}, not {len(datagrams)}: was it lost on the way?"
        )
    return f"silence, counted as '{drop}', and the tunnel still works"
