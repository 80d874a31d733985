# SPDX-License-Identifier: MIT
"""Network namespaces without names: they end with the last descriptor and process in them.

setns(2) moves one thread, so one test process has sockets in any number of namespaces, and a child
begins in the namespace of the thread that started it.
"""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

CLONE_NEWNET = 0x40000000
SO_RCVBUFFORCE = 33  # asm-generic/socket.h
_libc = ctypes.CDLL(None, use_errno=True)


def _call(name: str, *args: int) -> None:
    if getattr(_libc, name)(*args) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")


def _own() -> int:
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


class Namespace:
    """A namespace with loopback up, in which IPv6 interfaces make no addresses of their own."""

    def __init__(self) -> None:
        failure: list[OSError] = []
        thread = threading.Thread(target=self._make, args=(failure,))
        thread.start()
        thread.join()
        if failure:
            raise failure[0]

    def _make(self, failure: list[OSError]) -> None:
        try:
            _call("unshare", CLONE_NEWNET)
            self._fd = _own()
            # 1: none (Documentation/networking/ip-sysctl.rst, addr_gen_mode).
            Path("/proc/sys/net/ipv6/conf/default/addr_gen_mode").write_text("1")
            subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        except OSError as e:
            failure.append(e)

    @contextmanager
    def entered(self) -> Iterator[None]:
        """The calling thread is in the namespace."""
        home = _own()
        try:
            _call("setns", self._fd, CLONE_NEWNET)
            yield
        finally:
            _call("setns", home, CLONE_NEWNET)
            os.close(home)

    def ip(self, *words: str) -> str:
        """ip(8); what it printed."""
        with self.entered():
            done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"ip {' '.join(words)}: {done.stderr}"
        return done.stdout

    def open(self, family: int, kind: int, protocol: int = 0) -> socket.socket:
        """socket(2) in the namespace."""
        with self.entered():
            return socket.socket(family, kind, protocol)

    def udp(self, host: str, port: int = 0) -> socket.socket:
        """A bound UDP socket."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        made = self.open(family, socket.SOCK_DGRAM)
        made.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
        made.bind((host, port))
        return made

    def bound(self, port: int) -> list[str] | None:
        """The fields of a UDP socket's line in /proc/net/udp (proc_net_udp); None if no socket over
        IPv4 is bound to the port."""
        with self.entered():
            lines = Path("/proc/thread-self/net/udp").read_text().splitlines()
        return next((f for f in map(str.split, lines) if f[1].endswith(f":{port:04X}")), None)

    def close(self) -> None:
        with suppress(OSError):
            os.close(self._fd)
