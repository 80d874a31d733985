# SPDX-License-Identifier: MIT
"""What the tunnel costs a packet on the booted firmware, and that handshakes do not hold one up.
Instructions, counted one by one in QEMU's log; bench/qemu.py prints them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from board import latency, path
from board.trace import Symbols
from wg_host.zephyr import Tree

import firmware
from boards import console
from conftest import Build
from pair import Pair, network, tunnel
from rig.needs import missing

Boot = Callable[..., firmware.Emulator]

ADDED = 6_000
"""The tunnel's own instructions for a packet each way, beside the AEAD's."""
HELD_UP = 120_000_000 * 2 // 1000 / 1.5
"""2 ms at 120 MHz, with a cycle and a half an instruction, which is more than the model of
bench/m3/model.py finds anywhere."""


@pytest.fixture
def quiet(boot: Boot, tmp_path: Path) -> Iterator[Pair]:
    """Nothing goes to the board but what the test sends."""
    if reason := missing("wireguard-go", "wg"):
        pytest.skip(reason)
    with network() as machine, tunnel(boot, machine, tmp_path, beating=False) as both:
        yield both


@pytest.fixture
def counted(boot: Boot, tmp_path: Path) -> Iterator[Pair]:
    """The same on a board whose clock instructions drive."""
    if reason := missing("wireguard-go", "wg"):
        pytest.skip(reason)
    by_instructions = partial(boot, icount=firmware.ICOUNT)
    with network() as machine, tunnel(by_instructions, machine, tmp_path, beating=False) as both:
        yield both


@pytest.fixture
def elf(tree: Tree, build: Build) -> Path:
    return build(tree, firmware.EMULATED).elf


def test_the_tunnel_adds_little_beside_its_cipher(counted: Pair, elf: Path, tmp_path: Path) -> None:
    """Without the outer checksum, which the Nucleo's controller computes and QEMU's does not."""
    for cost in path.measure_all(counted, elf, tmp_path / "instructions"):
        print(cost)
        assert cost.tunnel.aead > cost.size * 20, "the AEAD's functions were not found"
        assert 0 < cost.each_way - cost.checksum <= ADDED


def test_handshakes_do_not_hold_up_data(quiet: Pair, elf: Path, tmp_path: Path) -> None:
    """Pings while initiations come faster than the board can compute them."""
    symbols, pipe = Symbols(elf), tmp_path / "instructions"
    quiet.ping("10.99.0.1")
    alone, _ = latency.measure(quiet, symbols, pipe)
    with console(quiet.board.console, timeout=60) as commands:
        key = commands.show().public_key
    assert key is not None
    with latency.flood(quiet, key):
        flooded, begun = latency.measure(quiet, symbols, pipe)
    print(alone, flooded, begun)
    assert len(alone) > latency.PINGS // 2
    assert begun > 0
    assert sum(waited.interrupted for waited in flooded) > latency.PINGS // 2
    most = max(waited.instructions for waited in flooded)
    assert most - min(waited.instructions for waited in alone) < HELD_UP
