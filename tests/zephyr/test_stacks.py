# SPDX-License-Identifier: MIT
"""Stacks of the booted firmware after everything that a tunnel is for: each keeps a reserve."""

from __future__ import annotations

import random
import re
import socket

from boards import shell
from test_peer import Pair, machine, net_ping, pair

__all__ = ["machine", "pair"]  # Fixtures.

# Seen used on an emulator; what interrupts, a deeper driver or an error path may add.
RESERVE = 0.25
RESERVE_BYTES = 256


def load(pair: Pair) -> None:
    """Handshakes from both sides, pings of all sizes, echo, and every long command."""
    pair.ping("10.99.0.1", count=1)
    for size in (56, 1392, 4000):
        pair.ping("10.99.0.1", "-s", str(size))
    pair.ping("fd99::1", "-s", "1372")
    pair.ping("fd99::1", "-s", "4000")
    for address in ("10.99.0.2", "fd99::2"):
        net_ping(pair, address, 2)
    for family in (socket.AF_INET, socket.AF_INET6):
        data = random.Random(family).randbytes(20000)
        assert pair.echo(family, socket.SOCK_STREAM, data) == data
        assert pair.echo(family, socket.SOCK_DGRAM, data[:1372]) == data[:1372]
    for line in (
        "wg help",
        "wg show",
        "wg showconf",
        "wg stats",
        "wg bench 1",
        "wg show --machine",
        "net iface",
    ):
        shell(pair.board.console, line, "uart:~$")
    shell(pair.board.console, "net dns query example.invalid A", "uart:~$")
    for line in ("wg genkey replace", "wg set listen-port 51821", "wg commit"):
        shell(pair.board.console, line, "uart:~$")


def stacks(pair: Pair) -> dict[str, tuple[int, int]]:
    """Bytes used at most and bytes there are, by thread."""
    text = shell(pair.board.console, "kernel stacks", "uart:~$")
    found = re.findall(r"^(?:0x\w+ )?(\S.*?)\s+\(real size\s+(\d+)\):.*usage\s+(\d+) ", text, re.M)
    return {name.strip(): (int(used), int(size)) for name, size, used in found}


def test_every_stack_keeps_a_reserve(pair: Pair, tree: object) -> None:
    load(pair)
    found = stacks(pair)
    assert {"zwg_rx", "zwg_handshake", "shell_uart", "main"} <= found.keys()
    for name, (used, size) in sorted(found.items()):
        print(f"{name:20} {used:5} of {size:5} bytes")
    short = {
        name: both
        for name, both in found.items()
        if both[1] - both[0] < min(RESERVE * both[1], RESERVE_BYTES)
    }
    assert not short
