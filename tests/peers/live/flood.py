# SPDX-License-Identifier: MIT
"""A flood of handshake messages and garbage at a port of this machine, from a process of its own.

    python3 flood.py PUBLIC-KEY PORT

The key, in base64, is that of the program at 127.0.0.1 and PORT. When it has said "ready" it waits
for a line; then it sends, and at the end writes what came of it, as JSON.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType

from wg_host import cookie
from wg_host.keys import PublicKey
from wg_host.messages import COOKIE_REPLY, NO_MAC

INITIATIONS = 20_000
GARBAGE = 100_000
ADDRESSES = 2_000
ROUNDS = 25
TEMPLATES = 500
# Datagrams that may wait at once, and bytes that such a one takes at most of the socket's 4 MiB.
WAITING, EACH = 2_000, 1_280
# So many are sent from one look at the socket to the next.
CHUNK = 800


@dataclass(frozen=True)
class Fired:
    """What came of it: seconds, cookie replies, datagrams that the kernel dropped because the
    program's socket was full, looks at that socket, and how many of them found something in it."""

    took: float
    cookies: int
    overflowed: int
    looks: int
    busy: int


class Flood:
    """The process, from the side of the test."""

    def __init__(self, key: PublicKey, port: int) -> None:
        """Starts in the namespace of the calling thread, and returns when all is prepared."""
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(key), str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert self._line() == "ready\n"

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def fire(self) -> Fired:
        """Sends all of it."""
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        return Fired(**json.loads(self._line()))

    def __enter__(self) -> Flood:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()


def loopback_addresses(count: int) -> list[str]:
    """Addresses of 127.0.0.0/8 other than 127.0.0.1."""
    return [f"127.{1 + n // 65024}.{n // 254 % 256}.{1 + n % 254}" for n in range(count)]


def paid_for(key: PublicKey) -> bytes:
    """An initiation with the right MAC1 and nothing right behind it: it costs one X25519."""
    message = b"\x01\0\0\0" + os.urandom(144)
    return message[:-32] + cookie.mac1(message, key) + NO_MAC


def datagrams(key: PublicKey) -> Iterator[bytes]:
    """All of the flood: rounds of initiations and then of garbage, of which half has the form of a
    handshake message."""
    paid = [paid_for(key) for _ in range(TEMPLATES)]
    junk = [b"\x01\0\0\0" + os.urandom(144) for _ in range(TEMPLATES)]
    junk += [b"\x02\0\0\0" + os.urandom(88) for _ in range(TEMPLATES)]
    junk += [os.urandom(1 + n % 256) for n in range(TEMPLATES)]
    junk += [b"\x04\0\0\0" + os.urandom(28 + n % 200) for n in range(TEMPLATES)]
    for _ in range(ROUNDS):
        for n in range(INITIATIONS // ROUNDS):
            yield paid[n % len(paid)]
        for n in range(GARBAGE // ROUNDS):
            yield junk[n % len(junk)]


def waiting(port: int) -> tuple[int, int]:
    """Bytes that wait at the port's socket, and datagrams that it could not take (proc_net_udp)."""
    for line in Path("/proc/self/net/udp").read_text().splitlines():
        fields = line.split()
        if fields[1].endswith(f":{port:04X}"):
            return int(fields[4].split(":")[1], 16), int(fields[12])
    raise AssertionError(f"nobody is bound to port {port}")


def fire(sockets: list[socket.socket], flood: list[bytes], port: int) -> Fired:
    """Sends it, each datagram from the next socket."""
    begin = time.monotonic()
    looks = busy = 0
    for count, datagram in enumerate(flood, 1):
        sockets[count % len(sockets)].sendto(datagram, ("127.0.0.1", port))
        if count % CHUNK == 0:
            bytes_there = waiting(port)[0]
            looks, busy = looks + 1, busy + (bytes_there > 0)
            while bytes_there > (WAITING - CHUNK) * EACH:
                time.sleep(0.0005)
                bytes_there = waiting(port)[0]
    took = time.monotonic() - begin
    while waiting(port)[0] > 0:
        time.sleep(0.001)
    time.sleep(1)
    return Fired(took, sum(map(replies, sockets)), waiting(port)[1], looks, busy)


def replies(sock: socket.socket) -> int:
    """Takes what waits at a socket, which may be nothing but cookie replies."""
    count = 0
    while True:
        try:
            data = sock.recv(2048, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return count
        assert len(data) == 64 and data[0] == COOKIE_REPLY
        count += 1


def main() -> None:
    key, port = PublicKey.parse(sys.argv[1]), int(sys.argv[2])
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    sockets = []
    for address in loopback_addresses(ADDRESSES):
        sockets.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        sockets[-1].bind((address, 0))
    flood = list(datagrams(key))
    print("ready", flush=True)
    sys.stdin.readline()
    print(json.dumps(asdict(fire(sockets, flood, port))), flush=True)


if __name__ == "__main__":
    main()
