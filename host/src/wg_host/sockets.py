# SPDX-License-Identifier: MIT
"""UDP sockets of the peer: several at a time, because a verifier roams from port to port."""

from __future__ import annotations

import errno
import select
import socket
import sys
import time
from dataclasses import dataclass

from wg_host.endpoint import Endpoint
from wg_host.errors import AccessDenied, NetworkError

MAX_DATAGRAM = 65535
# linux/in.h and linux/in6.h: report ICMP errors on sockets that are not connected.
_IP_RECVERR, _IPV6_RECVERR = 11, 25


@dataclass(frozen=True)
class Datagram:
    """A received datagram; ``data`` None if instead the system reported that the other end's port
    is closed or its host unreachable."""

    at: str
    source: tuple[str, int]
    data: bytes | None
    time: float


def _report_taken(sock: socket.socket) -> bool:
    """Takes the system's report of an ICMP error, if there is one. It waits in a queue of its own,
    also after a failed call has told of it, and would wake select() again and again."""
    if sys.platform != "linux":
        return False
    try:
        sock.recvmsg(1, 1024, socket.MSG_ERRQUEUE)
    except OSError:
        return False
    return True


class Sockets:
    """Named UDP sockets of one address family."""

    def __init__(self, family: socket.AddressFamily) -> None:
        self._family = family
        self._sockets: dict[str, socket.socket] = {}

    def open(self, name: str, port: int = 0) -> None:
        """Opens a socket under a name; port 0 lets the system choose. NetworkError if the port is
        taken."""
        opened = socket.socket(self._family, socket.SOCK_DGRAM)
        try:
            if sys.platform == "linux":
                if self._family == socket.AF_INET:
                    opened.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)
                else:
                    opened.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVERR, 1)
            opened.setblocking(False)
            opened.bind(("", port))
        except OSError as e:
            opened.close()
            if e.errno == errno.EADDRINUSE:
                raise NetworkError(
                    f"UDP port {port} is in use",
                    "is the tunnel up on this machine? 'wg-quick down' it first",
                ) from None
            if e.errno in (errno.EACCES, errno.EPERM):
                raise AccessDenied(f"UDP port {port}: permission denied") from None
            raise NetworkError(f"UDP port {port}: {e.strerror}") from None
        self._sockets[name] = opened

    def port(self, name: str) -> int:
        """The port that a socket is bound to."""
        return int(self._sockets[name].getsockname()[1])

    def send(self, name: str, to: Endpoint, data: bytes) -> None:
        """Sends a datagram. NetworkError without a route; an earlier ICMP error does not count."""
        for attempt in (1, 2):
            try:
                self._sockets[name].sendto(data, (to.host, to.port))
                return
            except OSError as e:
                # The error of an earlier datagram is reported once, in place of this sending.
                if attempt == 2 or e.errno not in (errno.ECONNREFUSED, errno.EHOSTUNREACH):
                    raise NetworkError(f"{to}: {e.strerror}") from None

    def receive(self, deadline: float) -> Datagram | None:
        """The next datagram on any socket; None at the deadline (of time.monotonic())."""
        names = {sock: name for name, sock in self._sockets.items()}
        while True:
            left = max(0.0, deadline - time.monotonic())
            ready, _, _ = select.select(list(names), [], [], left)
            now = time.monotonic()
            for sock in ready:
                try:
                    data, source = sock.recvfrom(MAX_DATAGRAM)
                except OSError as e:
                    if _report_taken(sock) or not isinstance(e, BlockingIOError):
                        return Datagram(names[sock], ("", 0), None, now)
                    continue
                return Datagram(names[sock], (source[0], source[1]), data, now)
            if now >= deadline:
                return None

    def close(self) -> None:
        """Closes all."""
        for sock in self._sockets.values():
            sock.close()
        self._sockets.clear()
