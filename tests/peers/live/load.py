# SPDX-License-Identifier: MIT
"""Handshake messages that cost the receiver work, and the state of load that they bring."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from live.scripted import Scripted

# Twice what any of the programs lets wait before it asks for cookies: 4, 128 and 128.
BURST = 400


def paid_for(peer: Scripted) -> bytes:
    """An initiation with the right MAC1 and nothing right behind it: it costs one X25519."""
    return peer.signed(b"\x01\0\0\0" + os.urandom(144))


@contextmanager
def under_load(peer: Scripted) -> Iterator[None]:
    """Bursts of initiations from a socket of nobody's keep the target under load. What is answered
    by a cookie does not wait, so the load ends after its second and the next burst brings it back:
    for a tenth of a second or less it is not there."""
    burst = [paid_for(peer) for _ in range(BURST)]
    sock = peer.ns.udp(peer.host)
    sock.setblocking(False)
    stop = threading.Event()

    def flood() -> None:
        while not stop.is_set():
            for datagram in burst:
                sock.sendto(datagram, peer.remote)
            while True:
                try:
                    sock.recv(2048)
                except BlockingIOError:
                    break
            stop.wait(0.1)

    thread = threading.Thread(target=flood, daemon=True)
    thread.start()
    try:
        time.sleep(0.5)
        yield
    finally:
        stop.set()
        thread.join()
        sock.close()
