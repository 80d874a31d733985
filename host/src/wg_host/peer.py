# SPDX-License-Identifier: MIT
"""One end of one tunnel, with no clock, socket or timer of its own.

It is told the time and given datagrams; it returns datagrams and says what happened. It initiates
and responds, keeps the three keypair slots (previous, current, next; paper section 6.3), and lets
the caller decide when to answer, because a verifier wants to answer wrongly, late or not at all.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from wg_host import cookie, tai64n
from wg_host.keys import PresharedKey, PrivateKey, PublicKey
from wg_host.messages import (
    CookieReply,
    Data,
    Handshake,
    Initiation,
    MessageError,
    Response,
    decode,
    with_macs,
)
from wg_host.noise import HandshakeError, InitiatorHandshake, ResponderHandshake
from wg_host.session import DEFAULT_MTU, Session


@dataclass(frozen=True)
class Called:
    """The peer wants a handshake; ``answer`` it, or not."""

    handshake: ResponderHandshake
    datagram: bytes


@dataclass(frozen=True)
class Established:
    """The peer answered our initiation; the session may be used at once."""

    session: Session


@dataclass(frozen=True)
class Packet:
    """An inner packet, padding included; empty for a keepalive. ``confirmed`` if it was the first
    on a session that the peer began."""

    session: Session
    counter: int
    packet: bytes
    confirmed: bool


@dataclass(frozen=True)
class CookieStored:
    """The peer is under load and gave us a cookie."""


@dataclass(frozen=True)
class Dropped:
    """Not accepted, and nothing has changed."""

    reason: str


Event = Called | Established | Packet | CookieStored | Dropped

KeyObserver = Callable[[PrivateKey, PresharedKey], None]


class Peer:
    """Our end of a tunnel to @p remote.

    ``check_macs`` false takes handshake messages whatever their MAC1 says, so that a verifier can
    judge MACs apart from handshakes. ``on_ephemeral`` is told each of our ephemeral keys.
    """

    def __init__(
        self,
        local: PrivateKey,
        remote: PublicKey,
        psk: PresharedKey | None = None,
        *,
        mtu: int = DEFAULT_MTU,
        check_macs: bool = True,
        random: cookie.Random = os.urandom,
        clock: Callable[[], bytes] | None = None,
        on_ephemeral: KeyObserver | None = None,
    ) -> None:
        self.local, self.remote = local, remote
        self.psk = psk or PresharedKey.none()
        self.mtu, self.check_macs = mtu, check_macs
        self.current: Session | None = None
        self.previous: Session | None = None
        self.next: Session | None = None
        self.cookies = cookie.CookieJar(remote)
        self._random = random
        self._clock = clock or tai64n.Clock()
        self._on_ephemeral = on_ephemeral
        self._outstanding: InitiatorHandshake | None = None
        self._greatest_timestamp = bytes(12)

    # Sending

    def new_index(self) -> int:
        """A random index that no session or handshake of ours uses."""
        taken = {s.local_index for s in self.sessions()}
        if self._outstanding is not None:
            taken.add(self._outstanding.index)
        while True:
            index = int.from_bytes(self._random(4), "little")
            if index not in taken:
                return index

    def sessions(self) -> list[Session]:
        """Those in the three slots."""
        return [s for s in (self.current, self.previous, self.next) if s is not None]

    def initiate(self, now: float) -> bytes:
        """A new initiation; an older one of ours is forgotten."""
        handshake = InitiatorHandshake(self.local, self.remote, self.new_index(), self._clock())
        self._outstanding = handshake
        self._note(handshake.ephemeral, self.psk)
        return self._finish(handshake.initiation, now)

    def answer(self, called: Called, now: float) -> tuple[bytes, Session]:
        """The response to an initiation, and the session that the peer's first packet confirms."""
        datagram, session = self.craft_answer(called, now, self.psk)
        self.next, self.previous = session, None
        return datagram, session

    def craft_answer(self, called: Called, now: float, psk: PresharedKey) -> tuple[bytes, Session]:
        """As answer(), with any preshared key and without keeping the session."""
        index = self.new_index()
        response, keys, ephemeral = called.handshake.create_response(index, psk)
        self._note(ephemeral, psk)
        theirs = called.handshake.initiation.sender
        session = Session(keys, index, theirs, now, initiator=False, mtu=self.mtu)
        return self._finish(response, now), session

    def seal(self, packet: bytes, now: float) -> bytes | None:
        """A data message on the current session, or None if there is none to use."""
        if self.current is None or self.current.expired(now):
            return None
        return self.current.seal(packet, now)

    def _note(self, ephemeral: PrivateKey, psk: PresharedKey) -> None:
        if self._on_ephemeral is not None:
            self._on_ephemeral(ephemeral, psk)

    def _finish(self, message: Handshake, now: float) -> bytes:
        mac1, mac2 = self.cookies.macs_for(message.encode(), now)
        return with_macs(message, mac1, mac2).encode()

    # Receiving

    def receive(self, datagram: bytes, now: float) -> Event:
        """Takes one datagram. Nothing changes before it has authenticated."""
        try:
            message = decode(datagram)
        except MessageError as e:
            return Dropped(str(e))
        if isinstance(message, Data):
            return self._data(message, now)
        if isinstance(message, CookieReply):
            return self._cookie(message, now)
        if self.check_macs and not cookie.mac1_valid(datagram, self.local.public):
            return Dropped("wrong mac1")
        if isinstance(message, Initiation):
            return self._initiation(message, datagram)
        return self._response(message, now)

    def _initiation(self, message: Initiation, datagram: bytes) -> Event:
        try:
            handshake = ResponderHandshake(self.local, message)
        except HandshakeError as e:
            return Dropped(str(e))
        if handshake.remote != self.remote:
            return Dropped("an initiation from another public key")
        if handshake.timestamp <= self._greatest_timestamp:
            return Dropped("a timestamp not greater than the last")
        self._greatest_timestamp = handshake.timestamp
        return Called(handshake, datagram)

    def _response(self, message: Response, now: float) -> Event:
        handshake = self._outstanding
        if handshake is None or message.receiver != handshake.index:
            return Dropped("a response to no initiation of ours")
        try:
            keys = handshake.consume_response(message, self.psk)
        except HandshakeError as e:
            return Dropped(str(e))
        session = Session(keys, handshake.index, message.sender, now, initiator=True, mtu=self.mtu)
        self._outstanding = None
        if self.next is not None:
            self.previous, self.next = self.next, None
        else:
            self.previous = self.current
        self.current = session
        return Established(session)

    def _cookie(self, message: CookieReply, now: float) -> Event:
        ours = {s.local_index for s in self.sessions()}
        if self._outstanding is not None:
            ours.add(self._outstanding.index)
        if message.receiver not in ours:
            return Dropped("a cookie reply to no message of ours")
        if not self.cookies.consume(message, now):
            return Dropped("a cookie reply that does not authenticate")
        return CookieStored()

    def _data(self, message: Data, now: float) -> Event:
        session = next((s for s in self.sessions() if s.local_index == message.receiver), None)
        if session is None:
            return Dropped("data for an index not in use")
        opened = session.open(message, now)
        if opened is None:
            return Dropped("data that does not authenticate")
        if not opened.fresh:
            return Dropped("data with a counter already seen or too old")
        confirmed = session is self.next
        if confirmed:
            self.previous, self.current, self.next = self.current, session, None
        return Packet(session, opened.counter, opened.packet, confirmed)
