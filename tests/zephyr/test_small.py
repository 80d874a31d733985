# SPDX-License-Identifier: MIT
"""The small profile, prj_small.conf: it has no console, and runs what the board was provisioned
with under the other firmware. No privileges: QEMU's user network."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import serial
from wg_host.zephyr import Tree

import firmware
from boards import free_udp_port, wg_host
from conftest import Build

OPTION = "-DFILE_SUFFIX=small"
PROOFS = "link,handshake-ours,ping,replayed-data,wrong-key"


def said(path: str, until: str, seconds: float = 30.0) -> str:
    """What a board without a shell prints, until a text comes."""
    with serial.Serial(path, timeout=0.1) as port:
        deadline = time.monotonic() + seconds
        text = ""
        while until not in text:
            assert time.monotonic() < deadline, f"no {until!r} in {text!r}"
            text += port.read(4096).decode(errors="replace")
        return text


@contextmanager
def running(
    image: firmware.Image, log: Path, port: int, flash: Path | None = None
) -> Iterator[firmware.Emulator]:
    """A board while it runs."""
    if reason := firmware.missing("qemu-system-arm"):
        pytest.skip(reason)
    board = firmware.Emulator(image.elf, log, firmware.user_network(port), flash=flash)
    try:
        yield board
    finally:
        board.stop()


def provision(image: firmware.Image, directory: Path, ports: tuple[int, int]) -> tuple[Path, Path]:
    """The flash of a board that was provisioned with the usual firmware, and our end's file."""
    conf, flash = directory / "board.conf", directory / "flash.bin"
    with running(image, directory / "full.log", ports[0]) as board:
        done = wg_host(
            *("provision", "--port", board.console, "--timeout", "60", "--output", conf),
            *("--address", "10.1.1.50/24", "--peer-address", "10.1.1.200/24"),
            *("--listen-port", str(firmware.LISTEN_PORT)),
            *("--board-endpoint", f"127.0.0.1:{ports[0]}"),
            *("--peer-endpoint", f"{firmware.EMULATED_HOST}:{ports[1]}"),
        )
        assert done.returncode == 0, done.stderr
        board.save_flash(flash)
    return conf, flash


def test_a_provisioned_board_carries_pings_with_the_small_firmware(
    tree: Tree, build: Build, tmp_path: Path
) -> None:
    ports = free_udp_port(), free_udp_port()
    conf, flash = provision(build(tree, firmware.EMULATED), tmp_path, ports)
    image = build(tree, firmware.EMULATED, OPTION, name="mps2_an385_small")
    with running(image, tmp_path / "small.log", ports[0], flash) as board:
        said(board.console, "zwg0: attached")
        done = wg_host("verify", "--config", conf, "--only", PROOFS)
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_empty_board_says_that_it_is_not_provisioned(
    tree: Tree, build: Build, tmp_path: Path
) -> None:
    image = build(tree, firmware.EMULATED, OPTION, name="mps2_an385_small")
    with running(image, tmp_path / "small.log", free_udp_port()) as board:
        board.reset()
        said(board.console, "zwg0: not provisioned")
