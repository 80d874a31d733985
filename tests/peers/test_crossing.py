# SPDX-License-Identifier: MIT
"""Row E13 between real programs: both begin at the same moment, any distance apart."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Iterable
from pathlib import Path

import pytest
from wg_host.messages import INITIATION, RESPONSE

from live.marks import needs
from live.programs import missing
from live.tunnel import Tunnel
from live.wire import Faults

# REKEY_TIMEOUT and its jitter, and what a busy machine adds.
ONE_RETRY = 5.0 + 0.333 + 0.4


def go_lacks() -> Iterable[str]:
    return missing("wireguard-go")


def received(sockets: list[socket.socket], seconds: float) -> int:
    """At how many of the sockets something arrived within that time."""
    deadline = time.monotonic() + seconds
    waiting = list(sockets)
    while waiting and (left := deadline - time.monotonic()) > 0:
        for sock in select.select(waiting, [], [], left)[0]:
            sock.recv(2048)
            waiting.remove(sock)
    return len(sockets) - len(waiting)


def cross(programs: tuple[str, str], delay: float, directory: Path) -> int:
    """Each sends one packet, at the same moment; how many arrived within one retry."""
    with Tunnel(programs, directory, faults=Faults(delay=delay)) as tunnel:
        for target in tunnel.targets:
            target.start()
        sinks = []
        for end in (0, 1):
            sink = tunnel.namespaces[end].open(socket.AF_INET, socket.SOCK_DGRAM)
            sink.bind((tunnel.inner[end], 9))
            sinks.append(sink)
        for end in (0, 1):
            tunnel.initiate(end)
        # After the retry there is a round trip, and the packet itself.
        arrived = received(sinks, ONE_RETRY + 3 * delay)
        if delay >= 0.05:
            handshakes = [o for o in tunnel.wire.passed() if o.kind in (INITIATION, RESPONSE)]
            assert [one.kind for one in handshakes[:2]] == [INITIATION, INITIATION]
            assert {one.end for one in handshakes[:2]} == {0, 1}
        for sink in sinks:
            sink.close()
    return arrived


@pytest.mark.parametrize("delay", [0.0, 0.05, 0.4, 1.0])
def test_E13_two_of_ours_cross(delay: float, directory: Path) -> None:
    assert cross(("zwg-linux", "zwg-linux"), delay, directory) == 2


@needs(go_lacks)
@pytest.mark.parametrize("delay", [0.0, 0.05, 0.4, 1.0])
def test_E13_ours_and_wireguard_go_cross(delay: float, directory: Path) -> None:
    assert cross(("zwg-linux", "wireguard-go"), delay, directory) == 2


@needs(go_lacks)
def test_E13_two_wireguard_go_stall(directory: Path) -> None:
    """Both answer, both discard the answers, and the retry is swallowed: the crossing is real."""
    assert cross(("wireguard-go", "wireguard-go"), 1.0, directory) == 0
