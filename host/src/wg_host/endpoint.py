# SPDX-License-Identifier: MIT
"""Where a peer is reached: host and UDP port, as ``wg`` writes them."""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass

from wg_host.errors import NetworkError

_HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9_-]{1,63}(?<!-))*\.?")


def _valid_host(host: str, bracketed: bool) -> bool:
    try:
        return (ipaddress.ip_address(host).version == 6) == bracketed
    except ValueError:
        pass
    # A name of digits and dots only is a mistyped address.
    named = bool(_HOST_NAME.fullmatch(host)) and not re.fullmatch(r"[0-9.]+", host)
    return not bracketed and named and len(host) <= 253


@dataclass(frozen=True)
class Endpoint:
    """A host (IPv4, IPv6 or a name) and a port from 1 to 65535."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Endpoint:
        """``192.0.2.1:51820``, ``[2001:db8::1]:51820`` or ``name:51820``. ValueError says what was
        expected."""
        host, _, port = text.rpartition(":")
        bracketed = host.startswith("[") and host.endswith("]")
        host = host[1:-1] if bracketed else host
        good_port = port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) < 65536
        if not good_port or not _valid_host(host, bracketed):
            raise ValueError(
                f"'{text}': expected HOST:PORT, as 192.0.2.1:51820 or [2001:db8::1]:51820"
            )
        return cls(host, int(port))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def resolve(self) -> Endpoint:
        """The same with the host as an address. NetworkError if it has none."""
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_DGRAM)
        except OSError as e:
            raise NetworkError(f"{self.host}: {e.strerror or 'does not resolve'}") from None
        return Endpoint(str(found[0][4][0]), self.port)

    @property
    def family(self) -> socket.AddressFamily:
        """AF_INET or AF_INET6; of an address only, not of a name."""
        return socket.AF_INET6 if ":" in self.host else socket.AF_INET
