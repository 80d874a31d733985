# SPDX-License-Identifier: MIT
"""A wire between two programs in two namespaces, with faults of its own: UDP in, UDP out.

Each program has, as its peer's endpoint, the wire's socket in its own namespace.
"""

from __future__ import annotations

import heapq
import random
import select
import socket
import threading
import time
from dataclasses import dataclass

from wg_host.messages import DATA, INITIATION, RESPONSE

HANDSHAKES = (INITIATION, RESPONSE)


@dataclass(frozen=True)
class Faults:
    """Probabilities of a datagram, and delays in seconds one way."""

    loss: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    delay: float = 0.0


CLEAN = Faults()
LOSSY = Faults(loss=0.1, duplicate=0.1, reorder=0.25)
# What is overtaken waits so long, seconds.
OVERTAKEN = 0.03


@dataclass(frozen=True)
class Passed:
    """A datagram that came to the wire, whether or not it came out of it."""

    at: float
    end: int
    kind: int
    # The index that it is for, or in a handshake initiation the sender's.
    index: int


class Wire:
    """Ends 0 and 1: each a socket and the address of the program there."""

    def __init__(
        self,
        ends: tuple[socket.socket, socket.socket],
        programs: tuple[tuple[str, int], tuple[str, int]],
        faults: Faults,
        seed: int,
    ) -> None:
        self.ends, self.programs, self.faults = ends, programs, faults
        self.seed = seed
        self._random = random.Random(seed)
        self._passed: list[Passed] = []
        self._lock = threading.Lock()
        self._stop = threading.Event()
        for end in ends:
            end.setblocking(False)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def passed(self) -> list[Passed]:
        """All that came in so far."""
        with self._lock:
            return list(self._passed)

    def first(self, end: int, kind: int) -> Passed | None:
        """The first message of a kind that a program sent."""
        return next((one for one in self.passed() if (one.end, one.kind) == (end, kind)), None)

    def sessions(self) -> list[float]:
        """When each session was first used for data towards program 0."""
        seen: dict[int, float] = {}
        for one in self.passed():
            if one.end == 1 and one.kind == DATA:
                seen.setdefault(one.index, one.at)
        return sorted(seen.values())

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        for end in self.ends:
            end.close()

    def _run(self) -> None:
        waiting: list[tuple[float, int, int, bytes]] = []
        number = 0
        while not self._stop.is_set():
            left = waiting[0][0] - time.monotonic() if waiting else 0.1
            ready, _, _ = select.select(self.ends, [], [], min(0.1, max(0.0, left)))
            for sock in ready:
                try:
                    data = sock.recv(65535)
                except OSError:
                    continue  # the program is away, and the system says so
                end = self.ends.index(sock)
                self._note(end, data)
                for at in self._times():
                    number += 1
                    heapq.heappush(waiting, (at, number, 1 - end, data))
            while waiting and waiting[0][0] <= time.monotonic():
                _, _, to, data = heapq.heappop(waiting)
                self._send(to, data)

    def _send(self, to: int, data: bytes) -> None:
        for _ in range(2):
            try:
                self.ends[to].sendto(data, self.programs[to])
                return
            except OSError:
                # The report of an earlier datagram's failure comes in the place of this one.
                continue

    def _note(self, end: int, data: bytes) -> None:
        kind = data[0] if data else 0
        place = 8 if kind == RESPONSE else 4
        index = int.from_bytes(data[place : place + 4], "little")
        with self._lock:
            self._passed.append(Passed(time.monotonic(), end, kind, index))

    def _times(self) -> list[float]:
        """When the datagram comes out, once, twice or not at all."""
        now, faults = time.monotonic() + self.faults.delay, self.faults
        if self._random.random() < faults.loss:
            return []
        if self._random.random() < faults.reorder:
            now += self._random.uniform(0, OVERTAKEN)
        if self._random.random() < faults.duplicate:
            return [now, now + self._random.uniform(0, OVERTAKEN)]
        return [now]
