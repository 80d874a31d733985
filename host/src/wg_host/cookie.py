# SPDX-License-Identifier: MIT
"""MAC1, MAC2 and cookie replies (paper sections 5.3, 5.4.4 and 5.4.7).

XChaCha20-Poly1305 is HChaCha20, by hand from draft-irtf-cfrg-xchacha section 2.2, before the
library's ChaCha20-Poly1305. HChaCha20 is slow here and need not be fast: one call a cookie.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import struct
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from wg_host.keys import PublicKey
from wg_host.messages import COOKIE_LIFETIME, MAC_SIZE, NO_MAC, CookieReply

Random = Callable[[int], bytes]

_SIGMA = struct.unpack("<4I", b"expand 32-byte k")
_ROUNDS = (
    (0, 4, 8, 12),
    (1, 5, 9, 13),
    (2, 6, 10, 14),
    (3, 7, 11, 15),
    (0, 5, 10, 15),
    (1, 6, 11, 12),
    (2, 7, 8, 13),
    (3, 4, 9, 14),
)


def _rotated(value: int, bits: int) -> int:
    value &= 0xFFFFFFFF
    return (value << bits | value >> (32 - bits)) & 0xFFFFFFFF


def hchacha20(key: bytes, nonce: bytes) -> bytes:
    """32 bytes from a key of 32 and a nonce of 16 (draft-irtf-cfrg-xchacha section 2.2)."""
    x = [*_SIGMA, *struct.unpack("<8I", key), *struct.unpack("<4I", nonce)]
    for _ in range(10):
        for a, b, c, d in _ROUNDS:
            x[a] = (x[a] + x[b]) & 0xFFFFFFFF
            x[d] = _rotated(x[d] ^ x[a], 16)
            x[c] = (x[c] + x[d]) & 0xFFFFFFFF
            x[b] = _rotated(x[b] ^ x[c], 12)
            x[a] = (x[a] + x[b]) & 0xFFFFFFFF
            x[d] = _rotated(x[d] ^ x[a], 8)
            x[c] = (x[c] + x[d]) & 0xFFFFFFFF
            x[b] = _rotated(x[b] ^ x[c], 7)
    return struct.pack("<8I", *x[:4], *x[12:])


def _xaead(key: bytes, nonce: bytes) -> tuple[ChaCha20Poly1305, bytes]:
    return ChaCha20Poly1305(hchacha20(key, nonce[:16])), bytes(4) + nonce[16:]


def xchacha_seal(key: bytes, nonce: bytes, plaintext: bytes, ad: bytes) -> bytes:
    """XChaCha20-Poly1305 with a nonce of 24 bytes."""
    cipher, inner = _xaead(key, nonce)
    return cipher.encrypt(inner, plaintext, ad)


def xchacha_open(key: bytes, nonce: bytes, ciphertext: bytes, ad: bytes) -> bytes | None:
    """The plaintext, or None if the tag is wrong."""
    cipher, inner = _xaead(key, nonce)
    try:
        return cipher.decrypt(inner, ciphertext, ad)
    except InvalidTag:
        return None


def keyed_mac(key: bytes, data: bytes) -> bytes:
    """MAC: BLAKE2s in keyed mode with 16 bytes of output."""
    return hashlib.blake2s(data, key=key, digest_size=MAC_SIZE).digest()


def _label(label: bytes, key: PublicKey) -> bytes:
    return hashlib.blake2s(label + key.raw).digest()


def _body(datagram: bytes) -> bytes:
    return datagram[: -2 * MAC_SIZE]


def mac1(datagram: bytes, receiver: PublicKey) -> bytes:
    """MAC1 of a handshake message, whose last 32 bytes are the place of its two MACs."""
    return keyed_mac(_label(b"mac1----", receiver), _body(datagram))


def mac2(datagram: bytes, cookie: bytes) -> bytes:
    """MAC2 of a handshake message whose MAC1 is in place."""
    return keyed_mac(cookie, datagram[:-MAC_SIZE])


def mac1_valid(datagram: bytes, receiver: PublicKey) -> bool:
    """True if the MAC1 of a handshake message is the one that its receiver expects."""
    held = datagram[-2 * MAC_SIZE : -MAC_SIZE]
    return hmac.compare_digest(held, mac1(datagram, receiver))


def mac2_valid(datagram: bytes, cookie: bytes) -> bool:
    """True if the MAC2 of a handshake message was made with this cookie."""
    return hmac.compare_digest(datagram[-MAC_SIZE:], mac2(datagram, cookie))


def make_reply(
    datagram: bytes, sender: int, local: PublicKey, cookie: bytes, random: Random = os.urandom
) -> bytes:
    """A cookie reply to a handshake message from the peer whose index is @p sender.

    @p local is our own public key, which keys the encryption; the offending MAC1 is its
    associated data.
    """
    nonce = random(24)
    offending = datagram[-2 * MAC_SIZE : -MAC_SIZE]
    sealed = xchacha_seal(_label(b"cookie--", local), nonce, cookie, offending)
    return CookieReply(sender, nonce, sealed).encode()


@dataclass(frozen=True)
class _Held:
    value: bytes
    since: float


class CookieJar:
    """What an end remembers to answer a peer under load: its last MAC1 and the cookie it got."""

    def __init__(self, remote: PublicKey) -> None:
        self._remote = remote
        self._last_mac1: bytes | None = None
        self._cookie: _Held | None = None

    def macs_for(self, datagram: bytes, now: float) -> tuple[bytes, bytes]:
        """MAC1 and MAC2 for a handshake message about to be sent; MAC2 is zero without a cookie
        younger than 120 s."""
        first = self._last_mac1 = mac1(datagram, self._remote)
        if self._cookie is None or now - self._cookie.since >= COOKIE_LIFETIME:
            return first, NO_MAC
        return first, mac2(_body(datagram) + first + NO_MAC, self._cookie.value)

    def consume(self, reply: CookieReply, now: float) -> bool:
        """Stores the cookie of a reply to the last MAC1 sent; once a MAC1."""
        if self._last_mac1 is None:
            return False
        key = _label(b"cookie--", self._remote)
        cookie = xchacha_open(key, reply.nonce, reply.encrypted_cookie, self._last_mac1)
        if cookie is None:
            return False
        self._last_mac1 = None
        self._cookie = _Held(cookie, now)
        return True
