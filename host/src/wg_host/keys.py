# SPDX-License-Identifier: MIT
"""Keys: 32 bytes each, written in base64 as ``wg`` does. Secrets hide themselves when printed."""

from __future__ import annotations

import base64
import binascii
import hmac
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from wg_host.errors import AccessDenied, FileExists, KeyFormatError, UsageError

KEY_LENGTH = 32

S = TypeVar("S", bound="_Secret")


def decode_key(text: str, what: str) -> bytes:
    """The 32 bytes of a key in base64 (44 characters). The error never quotes the text."""
    try:
        raw = base64.b64decode(text.strip().encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raw = b""
    if len(raw) != KEY_LENGTH or base64.b64encode(raw).decode() != text.strip():
        raise KeyFormatError(f"{what}: expected 32 bytes in base64, 44 characters ending in '='")
    return raw


@dataclass(frozen=True)
class PublicKey:
    """A Curve25519 public key."""

    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != KEY_LENGTH:
            raise KeyFormatError("public key: expected 32 bytes")

    @classmethod
    def parse(cls, text: str) -> PublicKey:
        """From base64; KeyFormatError."""
        return cls(decode_key(text, "public key"))

    def __str__(self) -> str:
        return base64.b64encode(self.raw).decode()

    def __repr__(self) -> str:
        return f"PublicKey({self})"


class _Secret:
    """32 bytes that no ``repr``, ``str`` or ``format`` shows."""

    what = "secret"

    def __init__(self, raw: bytes) -> None:
        if len(raw) != KEY_LENGTH:
            raise KeyFormatError(f"{self.what}: expected 32 bytes")
        self._raw = bytes(raw)

    @classmethod
    def parse(cls: type[S], text: str) -> S:
        """From base64; KeyFormatError."""
        return cls(decode_key(text, cls.what))

    @classmethod
    def from_file(cls: type[S], path: Path) -> S:
        """From the first line of a file."""
        return cls.parse(_first_line(path))

    def reveal(self) -> bytes:
        """The bytes."""
        return self._raw

    def reveal_base64(self) -> str:
        """The bytes as ``wg`` writes them, for files of mode 0600 and the console only."""
        return base64.b64encode(self._raw).decode()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, type(self)):
            return NotImplemented
        return hmac.compare_digest(self._raw, other._raw)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}(hidden)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __reduce__(self) -> str:
        raise TypeError(f"a {self.what} is not pickled")


class PrivateKey(_Secret):
    """A Curve25519 private key (RFC 7748 section 5; clamped where it is used)."""

    what = "private key"

    @classmethod
    def generate(cls) -> PrivateKey:
        """A new one from the operating system's random source, clamped as ``wg genkey`` does."""
        raw = bytearray(os.urandom(KEY_LENGTH))
        raw[0] &= 248
        raw[31] = raw[31] & 127 | 64
        return cls(bytes(raw))

    @cached_property
    def _key(self) -> X25519PrivateKey:
        return X25519PrivateKey.from_private_bytes(self._raw)

    @cached_property
    def public(self) -> PublicKey:
        """The public key that belongs to it."""
        return PublicKey(self._key.public_key().public_bytes_raw())

    def exchange(self, remote: PublicKey) -> bytes:
        """X25519 with a public key: 32 bytes. ValueError if the result is all zeros, as it is for
        points of low order (RFC 7748 section 6.1)."""
        return self._key.exchange(X25519PublicKey.from_public_bytes(remote.raw))


class PresharedKey(_Secret):
    """A symmetric key mixed into the handshake (paper section 5.2); 32 zeros stand for none."""

    what = "preshared key"

    @classmethod
    def generate(cls) -> PresharedKey:
        """A new one from the operating system's random source."""
        return cls(os.urandom(KEY_LENGTH))

    @classmethod
    def none(cls) -> PresharedKey:
        """The one that stands for none."""
        return cls(bytes(KEY_LENGTH))


def _first_line(path: Path) -> str:
    try:
        lines = path.read_text("ascii", "replace").splitlines()
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file") from None
    except PermissionError:
        raise AccessDenied(f"{path}: permission denied") from None
    except OSError as e:
        raise UsageError(f"{path}: {e.strerror}") from None
    return lines[0] if lines else ""


def write_secret(path: Path, text: str, *, overwrite: bool = False) -> None:
    """Writes a file that only its owner can read (mode 0600), whole or not at all.

    The text goes to a new file beside @p path which then takes its name, so an existing file keeps
    its contents when anything fails, and a file with a wider mode does not pass it on.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        try:
            with os.fdopen(fd, "w", encoding="utf-8") as f:
                os.fchmod(f.fileno(), 0o600)
                f.write(text)
                f.flush()
                os.fsync(f.fileno())
            if overwrite:
                temporary.replace(path)
            else:
                os.link(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    except FileExistsError:
        raise FileExists(f"{path}: exists already", "--force overwrites it") from None
    except FileNotFoundError:
        raise UsageError(f"{path}: no such directory") from None
    except PermissionError:
        raise AccessDenied(f"{path}: permission denied") from None
    except OSError as e:
        raise UsageError(f"{path}: {e.strerror}") from None


def exposed(path: Path) -> bool:
    """True if others than the owner can read the file."""
    try:
        return bool(path.stat().st_mode & 0o077)
    except OSError:
        return False
