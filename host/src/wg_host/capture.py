# SPDX-License-Identifier: MIT
"""A capture for Wireshark, and the key log with which it decrypts it.

Wireshark: Preferences, Protocols, WireGuard, Key log filename; tshark: ``-o wg.keylog_file:FILE``.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from wg_host import packets
from wg_host.errors import AccessDenied, UsageError
from wg_host.keys import PresharedKey, PrivateKey, PublicKey

LINKTYPE_RAW = 101


def _open(path: Path) -> int:
    """A new or emptied file that only its owner can read."""
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.fchmod(fd, 0o600)
    except PermissionError:
        raise AccessDenied(f"{path}: permission denied") from None
    except OSError as e:
        raise UsageError(f"{path}: {e.strerror}") from None
    return fd


class Capture:
    """Writes datagrams to @p path and keys to the same name with ``.keys`` behind it, as they come,
    so that both are of use when the run is interrupted."""

    def __init__(self, path: Path, local: PrivateKey, remote: PublicKey) -> None:
        from scapy.utils import RawPcapWriter

        self.path, self.keys_path = path, path.with_name(path.name + ".keys")
        self._pcap: Any = RawPcapWriter(
            os.fdopen(_open(path), "wb"), linktype=LINKTYPE_RAW, sync=True
        )
        self._pcap.write_header(None)
        self._keys = os.fdopen(_open(self.keys_path), "w", encoding="ascii")
        self._log("LOCAL_STATIC_PRIVATE_KEY", local.reveal_base64())
        self._log("REMOTE_STATIC_PUBLIC_KEY", str(remote))

    def ephemeral(self, key: PrivateKey, psk: PresharedKey) -> None:
        """Notes the ephemeral key of a handshake, and the preshared key that goes with it."""
        self._log("LOCAL_EPHEMERAL_PRIVATE_KEY", key.reveal_base64())
        self._log("PRESHARED_KEY", psk.reveal_base64())

    def datagram(
        self, source: tuple[str, int], destination: tuple[str, int], datagram: bytes
    ) -> None:
        """Notes a datagram that was sent or received now."""
        seconds, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
        raw = packets.outer(source, destination, datagram)
        self._pcap.write_packet(raw, sec=seconds, usec=nanoseconds // 1000)

    def _log(self, name: str, value: str) -> None:
        self._keys.write(f"{name} = {value}\n")
        self._keys.flush()

    def close(self) -> None:
        """Ends both files."""
        self._pcap.close()
        self._keys.close()

    def __enter__(self) -> Capture:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
