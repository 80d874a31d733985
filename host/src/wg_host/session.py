# SPDX-License-Identifier: MIT
"""One session: two keys, a sending counter and a replay window (paper section 5.4.6)."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from wg_host.messages import REJECT_AFTER_MESSAGES, REJECT_AFTER_TIME, Data
from wg_host.noise import TransportKeys
from wg_host.replay import ReplayWindow

DEFAULT_MTU = 1420


class SessionExpired(Exception):
    """The session is past REJECT_AFTER_TIME or REJECT_AFTER_MESSAGES."""


def pad(packet: bytes, mtu: int) -> bytes:
    """The packet with zeros up to a multiple of 16, but never past the MTU."""
    size = max(len(packet), min(-(-len(packet) // 16) * 16, mtu))
    return packet.ljust(size, b"\0")


def nonce(counter: int) -> bytes:
    """Four zero bytes, then the counter."""
    return bytes(4) + counter.to_bytes(8, "little")


@dataclass(frozen=True)
class Opened:
    """A data message whose tag held. ``fresh`` is false for a counter seen before or too old."""

    counter: int
    packet: bytes
    fresh: bool


class Session:
    """A pair of keys in use. ``local_index`` is what the other end writes to reach us."""

    def __init__(
        self,
        keys: TransportKeys,
        local_index: int,
        remote_index: int,
        created: float,
        *,
        initiator: bool,
        mtu: int = DEFAULT_MTU,
    ) -> None:
        self.local_index, self.remote_index = local_index, remote_index
        self.created, self.initiator, self.mtu = created, initiator, mtu
        self.next_counter = 0
        self._send = ChaCha20Poly1305(keys.send)
        self._receive = ChaCha20Poly1305(keys.receive)
        self._window = ReplayWindow()

    def expired(self, now: float) -> bool:
        """True once neither end may use it."""
        return now - self.created >= REJECT_AFTER_TIME

    def seal(self, packet: bytes, now: float) -> bytes:
        """A data message with the next counter; an empty packet is a keepalive."""
        if self.expired(now) or self.next_counter >= REJECT_AFTER_MESSAGES:
            raise SessionExpired
        counter = self.next_counter
        self.next_counter += 1
        return self.seal_as(counter, pad(packet, self.mtu))

    def seal_as(self, counter: int, padded: bytes) -> bytes:
        """A data message with any counter, for tests of the other end's window."""
        encrypted = self._send.encrypt(nonce(counter), padded, None)
        return Data(self.remote_index, counter, encrypted).encode()

    def open(self, message: Data, now: float) -> Opened | None:
        """None if the tag is wrong or the session is over. The window moves only for a good tag."""
        if self.expired(now):
            return None
        try:
            packet = self._receive.decrypt(nonce(message.counter), message.encrypted, None)
        except InvalidTag:
            return None
        return Opened(message.counter, packet, self._window.accept(message.counter))
