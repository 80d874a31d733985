# SPDX-License-Identifier: MIT
"""The scripted peer: the independent Python implementation on real sockets, told what to do.

It does nothing by itself: no answer, no timer. Times are of time.monotonic(); a received datagram
has the kernel's time of its arrival, so that a busy test process does not look like a late peer.
"""

from __future__ import annotations

import select
import socket
import struct
import time
from collections import deque
from dataclasses import dataclass, replace

from wg_host import cookie
from wg_host.keys import PresharedKey, PrivateKey, PublicKey
from wg_host.messages import (
    COOKIE_REPLY,
    DATA,
    INITIATION,
    NO_MAC,
    RESPONSE,
    Data,
    Initiation,
    decode,
)
from wg_host.noise import InitiatorHandshake, ResponderHandshake
from wg_host.peer import Called, CookieStored, Established, Packet, Peer
from wg_host.session import Session, pad

from live import ip
from live.netns import Namespace

TIMESTAMPNS = 35  # SO_TIMESTAMPNS, asm-generic/socket.h
NAMES = {INITIATION: "initiation", RESPONSE: "response", COOKIE_REPLY: "cookie reply", DATA: "data"}


def name_of(datagram: bytes) -> str:
    """What kind of message this is, for a person."""
    return f"{NAMES.get(datagram[0], '?')} of {len(datagram)} bytes" if datagram else "nothing"


@dataclass(frozen=True)
class Heard:
    """A datagram: when it came, from where, to which of our sockets, and its outer TOS."""

    at: float
    data: bytes
    source: tuple[str, int]
    to: socket.socket
    tos: int

    @property
    def kind(self) -> int:
        return self.data[0]


class Ear:
    """Any number of UDP sockets, listened to together."""

    def __init__(self) -> None:
        self._sockets: list[socket.socket] = []
        self._waiting: deque[Heard] = deque()

    def add(self, sock: socket.socket) -> None:
        sock.setsockopt(socket.SOL_SOCKET, TIMESTAMPNS, 1)
        if sock.family == socket.AF_INET:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1)
        else:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVTCLASS, 1)
        sock.setblocking(False)
        self._sockets.append(sock)

    def _take(self, sock: socket.socket) -> None:
        data, ancillary, _, source = sock.recvmsg(65535, 256)
        tos, at = 0, time.monotonic()
        for level, kind, value in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, TIMESTAMPNS):
                seconds, nanoseconds = struct.unpack("qq", value)
                at -= max(0.0, time.time() - seconds - nanoseconds / 1e9)
            elif level in (socket.IPPROTO_IP, socket.IPPROTO_IPV6):
                tos = value[0]
        self._waiting.append(Heard(at, data, (source[0], source[1]), sock, tos))

    def next(self, deadline: float) -> Heard | None:
        """The next datagram that arrives until the deadline."""
        while not self._waiting:
            left = deadline - time.monotonic()
            ready, _, _ = select.select(self._sockets, [], [], max(0.0, left))
            for sock in ready:
                self._take(sock)
            if not ready and left <= 0:
                return None
        return self._waiting.popleft()

    def close(self) -> None:
        for sock in self._sockets:
            sock.close()


class Scripted:
    """A peer of the program under test, at @p remote."""

    def __init__(
        self,
        ns: Namespace,
        remote_key: PublicKey,
        remote: tuple[str, int],
        *,
        host: str = "127.0.0.1",
        psk: PresharedKey | None = None,
        mtu: int = 1420,
    ) -> None:
        self.ns, self.remote, self.host = ns, remote, host
        self.private = PrivateKey.generate()
        self.psk = psk or PresharedKey.none()
        self.peer = Peer(self.private, remote_key, self.psk, mtu=mtu)
        self.ear = Ear()
        self.main = self.place()
        self.number = 0

    @property
    def public(self) -> PublicKey:
        return self.private.public

    @property
    def port(self) -> int:
        return int(self.main.getsockname()[1])

    @property
    def session(self) -> Session:
        """The current one."""
        assert self.peer.current is not None
        return self.peer.current

    def place(self, host: str | None = None) -> socket.socket:
        """One more socket of this peer; what it hears is heard with all else."""
        made = self.ns.udp(host or self.host)
        self.ear.add(made)
        return made

    def close(self) -> None:
        self.ear.close()

    # Sending and hearing

    def send(self, datagram: bytes, via: socket.socket | None = None) -> float:
        """Sends as it is; the time of sending."""
        (via or self.main).sendto(datagram, self.remote)
        return time.monotonic()

    def hear(self, seconds: float) -> Heard | None:
        """The next datagram within that time."""
        return self.ear.next(time.monotonic() + seconds)

    def expect(self, kind: int, seconds: float = 2.0) -> Heard:
        """The next datagram, which must be of this type and come within that time."""
        heard = self.hear(seconds)
        assert heard is not None, f"no {NAMES[kind]} within {seconds:g} s"
        assert heard.kind == kind, f"{name_of(heard.data)} instead of a {NAMES[kind]}"
        return heard

    def silent(self, seconds: float = 0.5) -> None:
        """Nothing may come for so long."""
        heard = self.hear(seconds)
        assert heard is None, f"{name_of(heard.data)} where silence was expected"

    def collect(self, seconds: float) -> list[Heard]:
        """All that comes in that time."""
        deadline = time.monotonic() + seconds
        heard = []
        while (one := self.ear.next(deadline)) is not None:
            heard.append(one)
        return heard

    # Handshakes

    def initiation(self, stamp: bytes | None = None) -> bytes:
        """A fresh initiation; with @p stamp it is not ours to complete."""
        now = time.monotonic()
        if stamp is None:
            return self.peer.initiate(now)
        handshake = InitiatorHandshake(self.private, self.peer.remote, self.peer.new_index(), stamp)
        return self.signed(handshake.initiation.encode())

    def signed(self, message: bytes, mac2: bytes = NO_MAC) -> bytes:
        """A handshake message with the right MAC1, whatever else is in it."""
        return message[:-32] + cookie.mac1(message, self.peer.remote) + mac2

    def shake(self, seconds: float = 2.0, *, confirm: bool = True) -> Session:
        """We initiate; the target answers; a keepalive confirms."""
        self.send(self.initiation())
        heard = self.expect(RESPONSE, seconds)
        event = self.peer.receive(heard.data, time.monotonic())
        assert isinstance(event, Established), event
        if confirm:
            self.keepalive()
        return event.session

    def call(self, heard: Heard) -> Called:
        """Reads an initiation of the target's, which must be right in all."""
        event = self.peer.receive(heard.data, time.monotonic())
        assert isinstance(event, Called), event
        return event

    def answer(self, called: Called, via: socket.socket | None = None) -> Session:
        """Answers it."""
        response, session = self.peer.answer(called, time.monotonic())
        self.send(response, via)
        return session

    def stamp_of(self, datagram: bytes) -> bytes:
        """The TAI64N stamp in an initiation of the target's."""
        message = decode(datagram)
        assert isinstance(message, Initiation)
        return ResponderHandshake(self.private, message).timestamp

    # Data

    def seal(self, packet: bytes, session: Session | None = None) -> bytes:
        """The next data message of a session, however old it is; b"" is a keepalive."""
        session = session or self.session
        counter, session.next_counter = session.next_counter, session.next_counter + 1
        return session.seal_as(counter, pad(packet, session.mtu))

    def keepalive(self, via: socket.socket | None = None) -> None:
        self.send(self.seal(b""), via)

    def read(self, heard: Heard) -> Packet:
        """Opens a data message, which must be fresh."""
        event = self.peer.receive(heard.data, time.monotonic())
        assert isinstance(event, Packet), event
        return event

    def packet(self, seconds: float = 2.0) -> Packet:
        """The next datagram, which must be data that opens."""
        return self.read(self.expect(DATA, seconds))

    def next_echo(self) -> bytes:
        """An inner echo request with a number of its own."""
        self.number = self.number % 0xFFFF + 1
        return ip.echo(self.number, bytes(16))

    def accepted(
        self,
        datagram: bytes,
        number: int | None = None,
        via: socket.socket | None = None,
        seconds: float = 2.0,
    ) -> bool:
        """True if the target answers the echo request in this data message; it must answer that, or
        be silent. Keepalives that come in between are passed over."""
        self.send(datagram, via)
        deadline = time.monotonic() + seconds
        while (heard := self.ear.next(deadline)) is not None:
            packet = self.read(heard).packet if heard.kind == DATA else None
            assert packet is not None, f"{name_of(heard.data)} instead of an echo reply"
            if packet:
                assert ip.echo_reply(packet) == (self.number if number is None else number)
                return True
        return False

    def ping(self, session: Session | None = None, via: socket.socket | None = None) -> None:
        """An echo request must be answered."""
        assert self.accepted(self.seal(self.next_echo(), session), via=via), "no echo reply"

    def unanswered_ping(self, session: Session, seconds: float = 0.5) -> None:
        """An echo request on this session must be met with silence."""
        self.send(self.seal(self.next_echo(), session))
        self.silent(seconds)

    def open_as(self, session: Session, datagram: bytes) -> bytes:
        """What is in a data message of a session that may be over."""
        message = decode(datagram)
        assert isinstance(message, Data) and message.receiver == session.local_index
        opened = session.open(message, session.created)
        assert opened is not None, "data that does not authenticate"
        return opened.packet

    # Cookies

    def take_cookie(self, heard: Heard) -> None:
        """Reads a cookie reply to our last message."""
        event = self.peer.receive(heard.data, time.monotonic())
        assert isinstance(event, CookieStored), event


def reindexed(datagram: bytes, receiver: int) -> bytes:
    """A data message for another index."""
    message = decode(datagram)
    assert isinstance(message, Data)
    return replace(message, receiver=receiver).encode()
