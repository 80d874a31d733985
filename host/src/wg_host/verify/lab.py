# SPDX-License-Identifier: MIT
"""The bench on which checks are made: sockets, the peer, the console, and all that was received.

Every datagram that arrives passes here and is judged for its form. Handshake messages are taken
even when their MACs are wrong, so that a wrong MAC fails the check of MACs and not every check that
needs a handshake.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from wg_host import cookie, messages, packets
from wg_host.board import Board, BoardState
from wg_host.capture import Capture
from wg_host.errors import CommandRefused
from wg_host.peer import Called, Event, Packet, Peer
from wg_host.session import Session
from wg_host.sockets import Datagram, Sockets
from wg_host.verify.form import FormJudge
from wg_host.verify.model import Failed
from wg_host.verify.target import Target

MAIN, SECOND, STRAY = "main", "second", "stray"

Trace = Callable[[str], None]


@dataclass(frozen=True)
class Timing:
    """Seconds. The first two are the protocol's (paper section 6.1) and the board's; a test that
    acts the board shortens them for both. ``answer`` is how long to wait for one; ``early`` is by
    how much a delay of ours in reading may shorten a time-out of the board."""

    rekey_timeout: float = messages.REKEY_TIMEOUT
    keepalive_timeout: float = messages.KEEPALIVE_TIMEOUT
    jitter: float = 0.4
    early: float = 0.3
    answer: float = 1.0
    least_quiet: float = 0.1

    @property
    def retry(self) -> float:
        """Until an end that got no answer must have tried again."""
        return self.rekey_timeout + self.jitter

    @property
    def silence_noticed(self) -> float:
        """Until an end whose data stays unanswered must have started a handshake."""
        return self.keepalive_timeout + self.retry


@dataclass(frozen=True)
class Arrival:
    """A datagram, where it came, and what became of it. ``event`` None for an ICMP error."""

    at: str
    time: float
    data: bytes
    event: Event | None


@dataclass
class Seen:
    """What checks leave for later checks."""

    own_session: Session | None = None
    own_early: bool = False
    board_session: Session | None = None
    board_confirmed: bool = False
    no_call: str = ""
    cookie: bytes | None = None
    cookie_given_at: float = 0.0
    after_cookie: Arrival | None = None
    initiation: bytes = b""
    last_data: bytes = b""
    handshake_seconds: float = 0.0
    slowest_ping: float = 0.0
    strays_at: float | None = None
    stray_arrivals: list[Arrival] = field(default_factory=list)
    endpoint_after_strays: str | None = None
    open_call: Arrival | None = None
    called_at: Arrival | None = None


class Lab:
    """One run. Use as a context manager."""

    def __init__(
        self,
        target: Target,
        *,
        console: Board | None = None,
        capture: Capture | None = None,
        timing: Timing | None = None,
        patience: float = 30.0,
        pings: int = 3,
        trace: Trace | None = None,
    ) -> None:
        self.target, self.console, self.capture = target, console, capture
        self.timing, self.patience, self.pings = timing or Timing(), patience, pings
        self.seen = Seen()
        self.calls: deque[Arrival] = deque()
        self.form = FormJudge(target.private.public, target.mtu)
        # By our index of the session: the counter of the first packet that came on it.
        self.first_counters: dict[int, int] = {}
        self._trace = trace
        self.peer = Peer(
            target.private,
            target.board,
            target.psk,
            mtu=target.mtu,
            check_macs=False,
            on_ephemeral=capture.ephemeral if capture else None,
        )
        # Of the inner packet in bytes: the smaller of both ends', where the board's is known.
        self.mtu = target.mtu
        self.sockets = Sockets(target.endpoint.family)
        self.own_outer_address = ""

    def __enter__(self) -> Lab:
        self.sockets.open(MAIN, self.target.listen_port)
        self.sockets.open(SECOND)
        self.sockets.open(STRAY)
        return self

    def __exit__(self, *unused: object) -> None:
        self.sockets.close()

    # Sending and receiving

    def now(self) -> float:
        """The clock of everything here, in seconds."""
        return time.monotonic()

    def send(self, datagram: bytes, via: str = MAIN) -> None:
        """Sends a datagram to the board."""
        to = self.target.endpoint
        self.sockets.send(via, to, datagram)
        if self.capture is not None:
            self.capture.datagram(self._own(via), (to.host, to.port), datagram)
        self._show("->", datagram, None)

    def wait(self, wanted: Callable[[Arrival], bool], seconds: float) -> Arrival | None:
        """Receives until something wanted arrives; None after @p seconds."""
        deadline = self.now() + seconds
        while True:
            datagram = self.sockets.receive(deadline)
            if datagram is None:
                return None
            arrival = self._take(datagram)
            if wanted(arrival):
                return arrival

    def collect(self, seconds: float) -> list[Arrival]:
        """Everything that arrives in @p seconds."""
        got: list[Arrival] = []
        deadline = self.now() + seconds
        while (datagram := self.sockets.receive(deadline)) is not None:
            got.append(self._take(datagram))
        return got

    def _take(self, datagram: Datagram) -> Arrival:
        if datagram.data is None:
            return Arrival(datagram.at, datagram.time, b"", None)
        if self.capture is not None:
            self.capture.datagram(datagram.source, self._own(datagram.at), datagram.data)
        readable = self.form.judge(datagram.data, self.seen.cookie)
        event = self.peer.receive(readable, datagram.time)
        self.form.judge_event(event)
        self._show("<-", datagram.data, event)
        arrival = Arrival(datagram.at, datagram.time, datagram.data, event)
        if isinstance(event, Called):
            self._called(arrival, event)
        if isinstance(event, Packet):
            self.first_counters.setdefault(event.session.local_index, event.counter)
        if datagram.at == STRAY:
            self.seen.stray_arrivals.append(arrival)
        return arrival

    def _called(self, arrival: Arrival, called: Called) -> None:
        """The first call of the board is met with a cookie reply, at once, because the board takes
        it only for the last MAC1 it sent. Later calls wait for the check that answers them."""
        if self.seen.cookie is not None:
            self.seen.after_cookie = self.seen.after_cookie or arrival
            self.calls.append(arrival)
            return
        self.seen.cookie = os.urandom(16)
        self.seen.cookie_given_at = arrival.time
        sender = called.handshake.initiation.sender
        own = self.target.private.public
        reply = cookie.make_reply(called.datagram, sender, own, self.seen.cookie)
        self.send(reply, arrival.at)

    def _own(self, name: str) -> tuple[str, int]:
        unspecified = "::" if ":" in self.target.endpoint.host else "0.0.0.0"
        return self.own_outer_address or unspecified, self.sockets.port(name)

    def _show(self, direction: str, datagram: bytes, event: Event | None) -> None:
        if self._trace is None:
            return
        text = f"{direction} {self.form.describe(datagram)}"
        if isinstance(event, Packet):
            text += f": {packets.summary(event.packet)}"
        elif event is not None:
            reason = getattr(event, "reason", "")
            text += f": {type(event).__name__.lower()}{f' ({reason})' if reason else ''}"
        self._trace(text)

    # The console

    def state(self) -> BoardState | None:
        """The board's state, if there is a console."""
        return self.console.show() if self.console is not None else None

    def drops(self, reason: str) -> int | None:
        """How many datagrams the board has dropped for a reason, if there is a console."""
        state = self.state()
        return None if state is None else state.counters.get(f"drop_{reason}", 0)

    def ask_for_handshake(self) -> str | None:
        """Has the board call us, over the console; None if it will, else why not."""
        if self.console is None:
            return "no console"
        try:
            self.console.handshake(self.target.private.public)
        except CommandRefused as e:
            return e.text
        return None

    # What takes how long

    def quiet_time(self, *, handshake: bool) -> float:
        """How long to listen before silence counts: a multiple of what an answer took."""
        took = self.seen.handshake_seconds if handshake else self.seen.slowest_ping
        return max(self.timing.least_quiet, 3 * took)


def require(condition: bool, otherwise: str) -> None:
    """Fails the check unless the condition holds."""
    if not condition:
        raise Failed(otherwise)
