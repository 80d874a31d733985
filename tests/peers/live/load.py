# SPDX-License-Identifier: MIT
"""Handshake messages that cost the receiver work, and the state of load that they bring."""

from __future__ import annotations

import select
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from wg_host.messages import COOKIE_REPLY

from live.flood import paid_for
from live.scripted import Scripted

# More than any of the programs lets wait before it asks for cookies (4, 128 and 128), and fewer
# than the smallest of their sockets holds (wireguard-go's, of 212,992 bytes: 277).
BURST = 200
# Load lasts for a second; in its first part there is time for a test.
FRESH = 0.4


class Load:
    """Keeps the peer's target under load from a socket of nobody's.

    Under load an initiation is answered by a cookie and does not wait, so that load ends after its
    second. A probe each few milliseconds sees that, and a burst brings it back.
    """

    def __init__(self, peer: Scripted) -> None:
        self._peer = peer
        self._burst = [paid_for(peer.peer.remote) for _ in range(BURST)]
        self._began: float | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def begun(self) -> None:
        """Returns when a second of load has just begun."""
        deadline = time.monotonic() + 10
        while self._began is None or time.monotonic() - self._began > FRESH:
            assert time.monotonic() < deadline, "it is never under load"
            time.sleep(0.002)

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        with self._peer.ns.udp(self._peer.host) as sock:
            sock.setblocking(False)
            while not self._stop.wait(0.005):
                sock.sendto(self._burst[0], self._peer.remote)
                if select.select([sock], [], [], 0.05)[0]:
                    while select.select([sock], [], [], 0)[0]:
                        assert sock.recv(2048)[0] == COOKIE_REPLY
                    self._began = self._began or time.monotonic()
                    continue
                self._began = None
                for datagram in self._burst:
                    sock.sendto(datagram, self._peer.remote)


@contextmanager
def under_load(peer: Scripted) -> Iterator[Load]:
    """The target is under load, but for a twentieth of a second in each."""
    load = Load(peer)
    try:
        load.begun()
        yield load
    finally:
        load.stop()
