# SPDX-License-Identifier: MIT
"""The Python peer on a real socket and a real clock: enough to shake hands and to ping."""

from __future__ import annotations

import select
import socket
import time

from wg_host.keys import PresharedKey, PrivateKey, PublicKey
from wg_host.messages import Initiation, decode
from wg_host.noise import ResponderHandshake
from wg_host.peer import Called, Established, Event, Packet, Peer
from wg_host.session import Session


class LivePeer:
    """One end of a tunnel to a program at @p remote, which may be set later."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.bind((host, port))
        self.port: int = self.socket.getsockname()[1]
        self.remote: tuple[str, int] = ("", 0)
        self.local: PrivateKey | None = None
        self._peer: Peer | None = None

    def join(
        self,
        local: PrivateKey,
        board: PublicKey,
        psk: PresharedKey,
        remote: tuple[str, int],
    ) -> LivePeer:
        """Becomes the peer whose private key is @p local."""
        self.local, self.remote = local, remote
        self._peer = Peer(local, board, psk)
        return self

    @property
    def peer(self) -> Peer:
        assert self._peer is not None
        return self._peer

    def close(self) -> None:
        self.socket.close()

    def send(self, datagram: bytes) -> None:
        self.socket.sendto(datagram, self.remote)

    def receive(self, seconds: float) -> bytes | None:
        """The next datagram, or None if none comes in that time."""
        readable, _, _ = select.select([self.socket], [], [], max(0.0, seconds))
        return self.socket.recv(65535) if readable else None

    def event(self, seconds: float) -> Event | None:
        """The next datagram, taken by the peer. Handshakes are answered."""
        datagram = self.receive(seconds)
        if datagram is None:
            return None
        event = self.peer.receive(datagram, time.monotonic())
        if isinstance(event, Called):
            response, _ = self.peer.answer(event, time.monotonic())
            self.send(response)
        return event

    def handshake(self, seconds: float = 5.0) -> Session:
        """Initiates; the session is confirmed to the board by a keepalive."""
        self.send(self.peer.initiate(time.monotonic()))
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            event = self.event(deadline - time.monotonic())
            if isinstance(event, Established):
                self.send_inner(b"")
                return event.session
        raise AssertionError(f"no response within {seconds:g} s")

    def wait_called(self, seconds: float = 5.0) -> bytes:
        """Waits for an initiation of the board's that is accepted, and for the packet that confirms
        it; the stamp of the initiation."""
        deadline = time.monotonic() + seconds
        stamp: bytes | None = None
        while time.monotonic() < deadline:
            event = self.event(deadline - time.monotonic())
            if isinstance(event, Called):
                stamp = event.handshake.timestamp
            if isinstance(event, Packet) and event.confirmed:
                assert stamp is not None
                return stamp
        raise AssertionError(f"no handshake from the board within {seconds:g} s")

    def stamp_of(self, datagram: bytes) -> bytes | None:
        """The TAI64N stamp in an initiation for us, whether it would be accepted or not."""
        assert self.local is not None
        if len(datagram) != 148:
            return None
        message = decode(datagram)
        assert isinstance(message, Initiation)
        return ResponderHandshake(self.local, message).timestamp

    def send_inner(self, packet: bytes) -> None:
        """Sends an inner packet on the current session; b"" is a keepalive."""
        datagram = self.peer.seal(packet, time.monotonic())
        assert datagram is not None, "no session"
        self.send(datagram)

    def receive_inner(self, seconds: float) -> bytes | None:
        """The next inner packet that is not a keepalive, with its padding."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            event = self.event(deadline - time.monotonic())
            if isinstance(event, Packet) and event.packet:
                return event.packet
        return None

    def ask(self, packet: bytes, seconds: float = 5.0) -> bytes | None:
        """Sends an inner packet and returns the answer to it."""
        self.send_inner(packet)
        return self.receive_inner(seconds)
