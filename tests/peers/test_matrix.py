# SPDX-License-Identifier: MIT
"""Layer 4: zwg-linux with real peers, through rekeys and reboots of either side.

The lossy wire loses a tenth of all datagrams each way, sends a tenth twice and lets a quarter be
overtaken. On the clean one not a single ping may be lost, whatever is renewed meanwhile.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest
from wg_host.messages import INITIATION, RESPONSE

from live import guest
from live.icmp import Pinger
from live.marks import long, needs
from live.programs import missing
from live.tunnel import Tunnel
from live.wire import CLEAN, LOSSY, Faults
from rig.programs import wait_for

OURS, THEIRS = 0, 1
# Two rekeys after 120 s each, and their jitter.
TWO_REKEYS = 265.0
# One way, so that what both send is under way at the same time.
CROSSING = 0.3


@dataclass(frozen=True)
class Cell:
    """A combination of the matrix."""

    number: int
    peer: str
    starts: str
    version: int
    psk: bool
    lossy: bool

    def __str__(self) -> str:
        psk = "psk" if self.psk else "nopsk"
        return f"{self.peer}-{self.starts}-v{self.version}-{psk}-{self.wire}"

    @property
    def wire(self) -> str:
        return "lossy" if self.lossy else "clean"

    @property
    def faults(self) -> Faults:
        base = LOSSY if self.lossy else CLEAN
        delay = CROSSING if self.starts == "both" else 0.0
        return Faults(base.loss, base.duplicate, base.reorder, delay)


CELLS = [
    Cell(number, *combination)
    for number, combination in enumerate(
        itertools.product(
            ("wireguard-go", "kernel"), ("we", "they", "both"), (4, 6), (True, False), (False, True)
        ),
        start=1,
    )
]
SHORT = [
    Cell(101, "wireguard-go", "they", 6, True, True),
    Cell(102, "kernel", "both", 4, True, False),
]


def of(peer: str, cells: list[Cell]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("cell", [c for c in cells if c.peer == peer], ids=str)


def go_lacks() -> Iterable[str]:
    return missing("wireguard-go")


def begin(tunnel: Tunnel, cell: Cell) -> Pinger:
    """The first handshake, begun by whom the cell says; then our pings."""
    for target in tunnel.targets:
        target.start()
    wire = tunnel.wire
    first = OURS if cell.starts == "we" else THEIRS
    tunnel.initiate(first)
    wait_for(lambda: wire.first(first, INITIATION), 20, "the first initiation")
    if cell.starts == "both":
        tunnel.initiate(OURS)
    wait_for(lambda: wire.first(OURS, RESPONSE) or wire.first(THEIRS, RESPONSE), 60, "a response")
    before = [one for one in wire.passed() if one.kind in (INITIATION, RESPONSE)]
    if cell.starts == "both":
        if not cell.lossy:
            assert [one.kind for one in before][:2] == [INITIATION, INITIATION]
            assert {one.end for one in before[:2]} == {OURS, THEIRS}
    else:
        assert {one.end for one in before if one.kind == INITIATION} == {first}
    return Pinger(tunnel.namespaces[OURS], tunnel.inner[THEIRS])


def reboot(tunnel: Tunnel, end: int, pinger: Pinger, seconds: float) -> None:
    """A program dies and starts again; pings must be answered within that time."""
    tunnel.targets[end].kill()
    time.sleep(1)
    tunnel.targets[end].start()
    pinger.wait(time.monotonic(), seconds)


def through_reboots(tunnel: Tunnel, cell: Cell, pinger: Pinger) -> None:
    # With nothing but our pings to notice it by, the peer's reboot is noticed after 15 s; each try
    # that the wire swallows costs 5 s more.
    reboot(tunnel, OURS, pinger, 35 if cell.lossy else 4)
    time.sleep(3)
    reboot(tunnel, THEIRS, pinger, 55 if cell.lossy else 20)
    time.sleep(3)
    pinger.wait(time.monotonic(), 5)
    assert pinger.doubled() == 0


def whole(cell: Cell, directory: Path) -> None:
    programs = ("zwg-linux", cell.peer)
    with Tunnel(
        programs,
        directory,
        number=cell.number,
        version=cell.version,
        psk=cell.psk,
        faults=cell.faults,
    ) as tunnel:
        pinger = begin(tunnel, cell)
        try:
            pinger.wait(time.monotonic(), 35 if cell.lossy else 6)
            start = time.monotonic()
            time.sleep(TWO_REKEYS)
            end = time.monotonic() - 3
            assert len(tunnel.wire.sessions()) >= 3, tunnel.wire.sessions()
            if cell.lossy:
                assert pinger.longest_gap(start, end) < 6
            else:
                assert pinger.lost(start, end) == []
            assert pinger.doubled() == 0
            through_reboots(tunnel, cell, pinger)
        finally:
            pinger.close()


@long
@needs(go_lacks)
@of("wireguard-go", CELLS)
def test_layer4_wireguard_go(cell: Cell, directory: Path) -> None:
    whole(cell, directory)


@long
@needs(guest.lacks)
@of("kernel", CELLS)
def test_layer4_linux(cell: Cell, directory: Path) -> None:
    whole(cell, directory)


def short(cell: Cell, directory: Path) -> None:
    programs = ("zwg-linux", cell.peer)
    with Tunnel(
        programs,
        directory,
        number=cell.number,
        version=cell.version,
        psk=cell.psk,
        faults=cell.faults,
    ) as tunnel:
        pinger = begin(tunnel, cell)
        try:
            pinger.wait(time.monotonic(), 35 if cell.lossy else 6)
            start = time.monotonic()
            time.sleep(5)
            if not cell.lossy:
                assert pinger.lost(start, time.monotonic() - 3) == []
            reboot(tunnel, OURS, pinger, 35 if cell.lossy else 4)
            assert pinger.doubled() == 0
        finally:
            pinger.close()


@needs(go_lacks)
@of("wireguard-go", SHORT)
def test_layer4_wireguard_go_in_short(cell: Cell, directory: Path) -> None:
    short(cell, directory)


@needs(guest.lacks)
@of("kernel", SHORT)
def test_layer4_linux_in_short(cell: Cell, directory: Path) -> None:
    short(cell, directory)
