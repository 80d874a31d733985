# SPDX-License-Identifier: MIT
"""What the echo service carries through the tunnel, in bits a second of the board's clock."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass

from pair import Pair

from boards import shell

UDP_SIZE, UDP_WINDOW, UDP_COUNT = 1372, 3, 2000
TCP_BYTES = 1_000_000

CLIENT = """
import socket, sys, threading
kind, count, size, window = sys.argv[1], *map(int, sys.argv[2:])
data = bytes(size)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM)
s.settimeout(30)
s.connect(("10.99.0.1", 4242))
if kind == "udp":
    for n in range(count + window):
        if n >= window:
            assert s.recv(2048) == data
        if n < count:
            s.send(data)
else:
    def send():
        for _ in range(count):
            s.sendall(data)
    threading.Thread(target=send).start()
    got = 0
    while got < count * size:
        more = s.recv(65536)
        assert more, got
        got += len(more)
"""


@dataclass(frozen=True)
class Carried:
    """Payload that went in and came back."""

    bytes_each_way: int
    seconds: float  # Of the board's clock.

    @property
    def mbit_per_s(self) -> float:
        """Each way, both at once."""
        return self.bytes_each_way * 8 / self.seconds / 1e6


def uptime(pair: Pair) -> float:
    """The board's clock, in seconds."""
    text = shell(pair.board.console, "kernel uptime", " ms")
    found = re.search(r"Uptime: (\d+) ms", text)
    assert found, text
    return int(found[1]) / 1000


def carry(pair: Pair, kind: str, count: int, size: int) -> Carried:
    """Sends `count` pieces of `size` bytes to the echo service, and takes them back."""
    words = ("python3", "-c", CLIENT, kind, str(count), str(size), str(UDP_WINDOW))
    before = uptime(pair)
    subprocess.run(list(map(str, pair.machine.command(*words))), check=True, timeout=300)
    return Carried(count * size, uptime(pair) - before)


def measure(pair: Pair) -> dict[str, Carried]:
    """UDP and TCP."""
    return {
        "UDP": carry(pair, "udp", UDP_COUNT, UDP_SIZE),
        "TCP": carry(pair, "tcp", TCP_BYTES // 1000, 1000),
    }
