# SPDX-License-Identifier: MIT
"""Noise_IKpsk2 as WireGuard uses it, written from the paper (sections 5.4.2 to 5.4.5).

Names are the paper's: C is the chaining key, H the running hash. X25519, ChaCha20-Poly1305 and
BLAKE2s come from libraries; only the glue between them stands here.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from wg_host.keys import PresharedKey, PrivateKey, PublicKey
from wg_host.messages import Initiation, Response

CONSTRUCTION = b"Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s"
IDENTIFIER = b"WireGuard v1 zx2c4 Jason@zx2c4.com"
_ZERO_NONCE = bytes(12)


class HandshakeError(Exception):
    """A handshake message that does not authenticate."""


def blake2s(*parts: bytes) -> bytes:
    """HASH: BLAKE2s with 32 bytes of output over the parts in a row."""
    return hashlib.blake2s(b"".join(parts)).digest()


def hmac_blake2s(key: bytes, data: bytes) -> bytes:
    """HMAC over BLAKE2s (RFC 2104), as HKDF needs it; not BLAKE2s's own keyed mode."""
    return hmac.new(key, data, hashlib.blake2s).digest()


def kdf(key: bytes, data: bytes, n: int) -> tuple[bytes, ...]:
    """KDFn: n values of 32 bytes (paper section 5.4; RFC 5869 with an empty info)."""
    secret = hmac_blake2s(key, data)
    outputs: list[bytes] = []
    last = b""
    for i in range(1, n + 1):
        last = hmac_blake2s(secret, last + bytes([i]))
        outputs.append(last)
    return tuple(outputs)


def _seal(key: bytes, plaintext: bytes, ad: bytes) -> bytes:
    return ChaCha20Poly1305(key).encrypt(_ZERO_NONCE, plaintext, ad)


def _open(key: bytes, ciphertext: bytes, ad: bytes, what: str) -> bytes:
    try:
        return ChaCha20Poly1305(key).decrypt(_ZERO_NONCE, ciphertext, ad)
    except InvalidTag:
        raise HandshakeError(f"{what} does not authenticate") from None


def _dh(private: PrivateKey, public: PublicKey) -> bytes:
    try:
        return private.exchange(public)
    except ValueError:
        raise HandshakeError("X25519 gives zero: a public key of low order") from None


class _Symmetric:
    """C and H, and the ways in which they take things in."""

    def __init__(self, responder: PublicKey) -> None:
        self.c = blake2s(CONSTRUCTION)
        self.h = blake2s(blake2s(self.c, IDENTIFIER), responder.raw)

    def mix_hash(self, data: bytes) -> None:
        self.h = blake2s(self.h, data)

    def mix_key(self, data: bytes) -> None:
        (self.c,) = kdf(self.c, data, 1)

    def mix_key_for_cipher(self, data: bytes) -> bytes:
        self.c, key = kdf(self.c, data, 2)
        return key

    def mix_psk(self, psk: PresharedKey) -> bytes:
        self.c, tau, key = kdf(self.c, psk.reveal(), 3)
        self.mix_hash(tau)
        return key

    def copy(self) -> _Symmetric:
        twin = object.__new__(_Symmetric)
        twin.c, twin.h = self.c, self.h
        return twin


@dataclass(frozen=True, repr=False)
class TransportKeys:
    """The two keys of a session, from the view of one end."""

    send: bytes
    receive: bytes


class InitiatorHandshake:
    """The end that began. ``index`` is the one it chose for itself (32 bits)."""

    def __init__(
        self,
        local: PrivateKey,
        remote: PublicKey,
        index: int,
        timestamp: bytes,
        ephemeral: PrivateKey | None = None,
    ) -> None:
        self.local, self.remote, self.index = local, remote, index
        self.ephemeral = ephemeral or PrivateKey.generate()
        self._state = _Symmetric(remote)
        self.initiation = self._create(timestamp)

    def _create(self, timestamp: bytes) -> Initiation:
        s = self._state
        e_public = self.ephemeral.public.raw
        s.mix_key(e_public)
        s.mix_hash(e_public)
        key = s.mix_key_for_cipher(_dh(self.ephemeral, self.remote))
        static = _seal(key, self.local.public.raw, s.h)
        s.mix_hash(static)
        key = s.mix_key_for_cipher(_dh(self.local, self.remote))
        stamp = _seal(key, timestamp, s.h)
        s.mix_hash(stamp)
        return Initiation(self.index, e_public, static, stamp)

    def consume_response(self, response: Response, psk: PresharedKey) -> TransportKeys:
        """The session's keys; HandshakeError, and the state is as before, if it does not
        authenticate."""
        s = self._state.copy()
        theirs = PublicKey(response.ephemeral)
        s.mix_key(theirs.raw)
        s.mix_hash(theirs.raw)
        s.mix_key(_dh(self.ephemeral, theirs))
        s.mix_key(_dh(self.local, theirs))
        key = s.mix_psk(psk)
        _open(key, response.encrypted_nothing, s.h, "the response")
        send, receive = kdf(s.c, b"", 2)
        return TransportKeys(send, receive)


class ResponderHandshake:
    """The end that was called: built from an initiation, it can answer more than once."""

    def __init__(self, local: PrivateKey, initiation: Initiation) -> None:
        self.local, self.initiation = local, initiation
        s = self._state = _Symmetric(local.public)
        self._ephemeral = PublicKey(initiation.ephemeral)
        s.mix_key(self._ephemeral.raw)
        s.mix_hash(self._ephemeral.raw)
        key = s.mix_key_for_cipher(_dh(local, self._ephemeral))
        static = _open(key, initiation.encrypted_static, s.h, "the initiator's public key")
        s.mix_hash(initiation.encrypted_static)
        self.remote = PublicKey(static)
        key = s.mix_key_for_cipher(_dh(local, self.remote))
        self.timestamp = _open(key, initiation.encrypted_timestamp, s.h, "the timestamp")
        s.mix_hash(initiation.encrypted_timestamp)

    def create_response(
        self, index: int, psk: PresharedKey, ephemeral: PrivateKey | None = None
    ) -> tuple[Response, TransportKeys, PrivateKey]:
        """A response, the keys that go with it, and the ephemeral key it used (for key logs)."""
        ephemeral = ephemeral or PrivateKey.generate()
        s = self._state.copy()
        e_public = ephemeral.public.raw
        s.mix_key(e_public)
        s.mix_hash(e_public)
        s.mix_key(_dh(ephemeral, self._ephemeral))
        s.mix_key(_dh(ephemeral, self.remote))
        key = s.mix_psk(psk)
        nothing = _seal(key, b"", s.h)
        receive, send = kdf(s.c, b"", 2)
        response = Response(index, self.initiation.sender, e_public, nothing)
        return response, TransportKeys(send, receive), ephemeral
