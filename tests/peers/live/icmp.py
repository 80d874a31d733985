# SPDX-License-Identifier: MIT
"""Pings from within a namespace, each counted for itself."""

from __future__ import annotations

import select
import socket
import struct
import threading
import time
from itertools import pairwise

from live.ip import ECHO_REPLY, checksum
from live.netns import Namespace

IDENT = 0x7A77


class Pinger:
    """Sends an echo request every @p interval seconds until it is stopped, and keeps the times of
    all replies to each."""

    def __init__(self, ns: Namespace, to: str, interval: float = 0.5) -> None:
        self.to, self.interval = to, interval
        self._socket = ns.open(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._sent: dict[int, float] = {}
        self._replies: dict[int, list[float]] = {}
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        number, due = 0, time.monotonic()
        while not self._stop.is_set():
            if time.monotonic() >= due:
                number, due = number + 1, due + self.interval
                self._ask(number)
            left = max(0.0, min(0.1, due - time.monotonic()))
            if select.select([self._socket], [], [], left)[0]:
                self._hear(self._socket.recv(2048))

    def _ask(self, number: int) -> None:
        body = struct.pack(">BBHHH", 8, 0, 0, IDENT, number) + bytes(32)
        body = body[:2] + checksum(body).to_bytes(2, "big") + body[4:]
        with self._lock:
            self._sent[number] = time.monotonic()
        try:
            self._socket.sendto(body, (self.to, 0))
        except OSError:
            return  # the interface is away; there will be no reply

    def _hear(self, packet: bytes) -> None:
        kind, ident, number = packet[20], *struct.unpack(">HH", packet[24:28])
        if kind == ECHO_REPLY and ident == IDENT:
            with self._lock:
                self._replies.setdefault(number, []).append(time.monotonic())

    def replies(self, since: float = 0.0) -> list[float]:
        """When replies came, all of them."""
        with self._lock:
            return sorted(at for times in self._replies.values() for at in times if at >= since)

    def lost(self, begin: float, end: float) -> list[float]:
        """When those were sent that had no reply."""
        with self._lock:
            sent = self._sent.items()
            return [at for n, at in sent if begin <= at < end and n not in self._replies]

    def doubled(self) -> int:
        """Requests with more than one reply."""
        with self._lock:
            return sum(len(times) > 1 for times in self._replies.values())

    def longest_gap(self, begin: float, end: float) -> float:
        """The longest time without a reply, seconds."""
        times = [begin, *(at for at in self.replies(begin) if at <= end), end]
        return max(b - a for a, b in pairwise(times))

    def wait(self, since: float, seconds: float) -> float:
        """Waits for a reply that comes after @p since; how long after it came."""
        deadline = since + seconds
        while time.monotonic() < deadline:
            found = self.replies(since)
            if found:
                return found[0] - since
            time.sleep(0.02)
        raise AssertionError(f"no reply within {seconds:g} s")

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self._socket.close()
