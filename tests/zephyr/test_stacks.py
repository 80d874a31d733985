# SPDX-License-Identifier: MIT
"""Stacks of the booted firmware after everything that a tunnel is for: each keeps a reserve."""

from __future__ import annotations

import random
import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import firmware
from boards import PROMPT, shell
from pair import Pair, network, tunnel
from rig.needs import missing

Boot = Callable[..., firmware.Emulator]

# Seen used on an emulator; what interrupts, a deeper driver or an error path may add.
RESERVE = 0.25
RESERVE_BYTES = 256


@pytest.fixture
def pair(boot: Boot, tmp_path: Path) -> Iterator[Pair]:
    if reason := missing("wireguard-go", "wg"):
        pytest.skip(reason)
    with network() as machine, tunnel(boot, machine, tmp_path) as both:
        yield both


def load(pair: Pair) -> None:
    """Handshakes from both sides, pings of all sizes, echo, and every long command."""
    pair.ping("10.99.0.1", count=1)
    for size in (56, 1392, 4000):
        pair.ping("10.99.0.1", "-s", str(size))
    pair.ping("fd99::1", "-s", "1372")
    pair.ping("fd99::1", "-s", "4000")
    for address in ("10.99.0.2", "fd99::2"):
        pair.net_ping(address, 2)
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
        shell(pair.board.console, line, PROMPT)
    shell(pair.board.console, "net dns query example.invalid A", PROMPT)
    for line in ("wg genkey replace", "wg set listen-port 51821", "wg commit"):
        shell(pair.board.console, line, PROMPT)


def stacks(pair: Pair) -> dict[str, tuple[int, int]]:
    """Bytes used at most and bytes there are, by thread."""
    # The name in 3.7 and that in 4.x.
    text = "".join(
        shell(pair.board.console, command, PROMPT)
        for command in ("kernel stacks", "kernel thread stacks")
    )
    found = re.findall(r"^(?:0x\w+ )?(\S.*?)\s+\(real size\s+(\d+)\):.*usage\s+(\d+) ", text, re.M)
    return {name.strip(): (int(used), int(size)) for name, size, used in found}


def test_every_stack_keeps_a_reserve(pair: Pair) -> None:
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
