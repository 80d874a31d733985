# SPDX-License-Identifier: MIT
"""The four messages, byte for byte (paper section 5.4), and the limits of section 6.1.

All integers are little-endian. The first byte is the type and the next three are reserved, zero.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

INITIATION, RESPONSE, COOKIE_REPLY, DATA = 1, 2, 3, 4

INITIATION_SIZE = 148
RESPONSE_SIZE = 92
COOKIE_REPLY_SIZE = 64
DATA_HEADER_SIZE = 16
KEEPALIVE_SIZE = 32
TAG_SIZE = 16
MAC_SIZE = 16

REKEY_AFTER_TIME = 120.0
REJECT_AFTER_TIME = 180.0
REKEY_TIMEOUT = 5.0
KEEPALIVE_TIMEOUT = 10.0
COOKIE_LIFETIME = 120.0
REKEY_AFTER_MESSAGES = 2**60
REJECT_AFTER_MESSAGES = 2**64 - 2**13 - 1

NO_MAC = bytes(MAC_SIZE)


class MessageError(ValueError):
    """A datagram that is none of the four messages; the text says why."""


@dataclass(frozen=True)
class Initiation:
    """Handshake initiation, type 1, 148 bytes."""

    sender: int
    ephemeral: bytes
    encrypted_static: bytes
    encrypted_timestamp: bytes
    mac1: bytes = NO_MAC
    mac2: bytes = NO_MAC

    LAYOUT = struct.Struct("<B3xI32s48s28s16s16s")

    def encode(self) -> bytes:
        """The 148 bytes."""
        return self.LAYOUT.pack(
            INITIATION,
            self.sender,
            self.ephemeral,
            self.encrypted_static,
            self.encrypted_timestamp,
            self.mac1,
            self.mac2,
        )

    @classmethod
    def decode(cls, datagram: bytes) -> Initiation:
        """From exactly 148 bytes."""
        return cls(*cls.LAYOUT.unpack(datagram)[1:])


@dataclass(frozen=True)
class Response:
    """Handshake response, type 2, 92 bytes."""

    sender: int
    receiver: int
    ephemeral: bytes
    encrypted_nothing: bytes
    mac1: bytes = NO_MAC
    mac2: bytes = NO_MAC

    LAYOUT = struct.Struct("<B3xII32s16s16s16s")

    def encode(self) -> bytes:
        """The 92 bytes."""
        return self.LAYOUT.pack(
            RESPONSE,
            self.sender,
            self.receiver,
            self.ephemeral,
            self.encrypted_nothing,
            self.mac1,
            self.mac2,
        )

    @classmethod
    def decode(cls, datagram: bytes) -> Response:
        """From exactly 92 bytes."""
        return cls(*cls.LAYOUT.unpack(datagram)[1:])


@dataclass(frozen=True)
class CookieReply:
    """Cookie reply, type 3, 64 bytes."""

    receiver: int
    nonce: bytes
    encrypted_cookie: bytes

    LAYOUT = struct.Struct("<B3xI24s32s")

    def encode(self) -> bytes:
        """The 64 bytes."""
        return self.LAYOUT.pack(COOKIE_REPLY, self.receiver, self.nonce, self.encrypted_cookie)

    @classmethod
    def decode(cls, datagram: bytes) -> CookieReply:
        """From exactly 64 bytes."""
        return cls(*cls.LAYOUT.unpack(datagram)[1:])


@dataclass(frozen=True)
class Data:
    """Transport data, type 4: 16 bytes of header, then the encrypted packet with its tag."""

    receiver: int
    counter: int
    encrypted: bytes

    LAYOUT = struct.Struct("<B3xIQ")

    def encode(self) -> bytes:
        """The whole datagram."""
        return self.LAYOUT.pack(DATA, self.receiver, self.counter) + self.encrypted

    @classmethod
    def decode(cls, datagram: bytes) -> Data:
        """From at least 32 bytes."""
        _, receiver, counter = cls.LAYOUT.unpack_from(datagram)
        return cls(receiver, counter, datagram[DATA_HEADER_SIZE:])


Handshake = Initiation | Response
Message = Initiation | Response | CookieReply | Data


def decode(datagram: bytes) -> Message:
    """Reads a datagram by its type and size. MessageError for anything but the four messages."""
    if len(datagram) < 4:
        raise MessageError(f"{len(datagram)} bytes are too few")
    kind, size = datagram[0], len(datagram)
    if datagram[1:4] != b"\0\0\0":
        raise MessageError(f"reserved bytes are {datagram[1:4].hex()}, not zero")
    if kind == INITIATION and size == INITIATION_SIZE:
        return Initiation.decode(datagram)
    if kind == RESPONSE and size == RESPONSE_SIZE:
        return Response.decode(datagram)
    if kind == COOKIE_REPLY and size == COOKIE_REPLY_SIZE:
        return CookieReply.decode(datagram)
    if kind == DATA and size >= DATA_HEADER_SIZE + TAG_SIZE:
        return Data.decode(datagram)
    if kind in (INITIATION, RESPONSE, COOKIE_REPLY, DATA):
        raise MessageError(f"{size} bytes are not the size of a message of type {kind}")
    raise MessageError(f"type {kind} does not exist")


def with_macs(message: Handshake, mac1: bytes, mac2: bytes = NO_MAC) -> Handshake:
    """The same message with its two MACs in place."""
    return replace(message, mac1=mac1, mac2=mac2)
