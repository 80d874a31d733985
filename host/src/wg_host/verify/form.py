# SPDX-License-Identifier: MIT
"""Judges the form of every datagram that the board sends: sizes, reserved bytes, MACs, padding."""

from __future__ import annotations

from wg_host import cookie, messages
from wg_host.keys import PublicKey
from wg_host.messages import (
    COOKIE_REPLY,
    DATA,
    INITIATION,
    INITIATION_SIZE,
    KEEPALIVE_SIZE,
    MAC_SIZE,
    NO_MAC,
    RESPONSE,
    RESPONSE_SIZE,
)
from wg_host.peer import Dropped, Event, Packet

_NAMES = {
    INITIATION: "handshake initiation",
    RESPONSE: "handshake response",
    COOKIE_REPLY: "cookie reply",
    DATA: "transport data",
}


def is_type(datagram: bytes, *kinds: int) -> bool:
    """True if the first byte says that it is one of these messages."""
    return datagram[:1] != b"" and datagram[0] in kinds


class FormJudge:
    """Collects what is wrong with handshake messages and with data, each for its own check."""

    def __init__(self, own: PublicKey, mtu: int) -> None:
        # Whose MAC1 is right: ours, and that of those we pretend to be.
        self.identities = [own]
        self.mtu = mtu
        self.handshake_problems: list[str] = []
        self.data_problems: list[str] = []
        self.handshakes = self.data = 0

    def judge(self, datagram: bytes, given_cookie: bytes | None) -> bytes:
        """Notes what is wrong, and returns the datagram with its reserved bytes cleared, for the
        handshake does not depend on them."""
        if is_type(datagram, INITIATION, RESPONSE):
            self.handshakes += 1
            problems = self._handshake(datagram, given_cookie)
            self.handshake_problems += [f"{self.describe(datagram)}: {p}" for p in problems]
        elif is_type(datagram, DATA):
            self.data += 1
            problems = self._data(datagram)
            self.data_problems += [f"{self.describe(datagram)}: {p}" for p in problems]
        elif not is_type(datagram, COOKIE_REPLY):
            self.handshake_problems.append(f"{self.describe(datagram)}: no message of WireGuard")
        return datagram[:1] + bytes(len(datagram[1:4])) + datagram[4:]

    def _handshake(self, datagram: bytes, given_cookie: bytes | None) -> list[str]:
        expected = INITIATION_SIZE if datagram[0] == INITIATION else RESPONSE_SIZE
        if len(datagram) != expected:
            return [f"is not {expected} bytes"]
        problems = self._reserved(datagram)
        if not any(cookie.mac1_valid(datagram, key) for key in self.identities):
            problems.append("mac1 is wrong")
        mac2_free = given_cookie is not None and cookie.mac2_valid(datagram, given_cookie)
        if datagram[-MAC_SIZE:] != NO_MAC and not mac2_free:
            problems.append("mac2 is not zero, and of no cookie that was given")
        return problems

    def _data(self, datagram: bytes) -> list[str]:
        problems = self._reserved(datagram)
        padded = len(datagram) - KEEPALIVE_SIZE
        if padded < 0:
            problems.append("is shorter than a keepalive")
        elif padded > self.mtu:
            problems.append(f"carries {padded} bytes, more than the MTU of {self.mtu}")
        elif padded % 16 and padded != self.mtu:
            problems.append(f"carries {padded} bytes, neither a multiple of 16 nor the MTU")
        return problems

    @staticmethod
    def _reserved(datagram: bytes) -> list[str]:
        reserved = datagram[1:4]
        return [] if not any(reserved) else [f"reserved bytes are {reserved.hex()}, not zero"]

    def judge_event(self, event: Event) -> None:
        """Notes counters that came twice, and inner packets with wrong lengths or checksums."""
        from wg_host import packets

        if isinstance(event, Dropped) and "already seen" in event.reason:
            self.data_problems.append("transport data came with a counter used before")
        if isinstance(event, Packet) and event.packet:
            inner = packets.read(event.packet)
            if inner is None:
                self.data_problems.append("an inner packet is not a whole IP packet")
            else:
                self.data_problems += [f"an inner packet: {p}" for p in inner.problems]

    @staticmethod
    def describe(datagram: bytes) -> str:
        """One line for a person."""
        name = _NAMES.get(datagram[0], f"type {datagram[0]}") if datagram else "nothing"
        text = f"{name}, {len(datagram)} bytes"
        if is_type(datagram, DATA) and len(datagram) >= messages.DATA_HEADER_SIZE:
            text += f", counter {messages.Data.decode(datagram).counter}"
        return text
