#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The demonstration: starts a board, sets it up and proves its tunnel with the commands that its
owner would use, and shows them. Ends with 0 only if everything that was tried held.
"""

from __future__ import annotations

import argparse
import contextlib
import shlex
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import firmware

from wg_host import zephyr

ROOT = Path(__file__).resolve().parent.parent
WG_HOST = Path(sys.executable).parent / "wg-host"

BOARD_ADDRESS = "10.1.1.50/24,fd10:1:1::50/64"
OUR_ADDRESS = "10.1.1.200/24,fd10:1:1::200/64"


class DemoError(Exception):
    """The demonstration cannot go on; the text says why and what would help."""


@dataclass(frozen=True)
class Board:
    """A running board: its console, and what `wg-host provision` must know of its network."""

    console: str
    network: tuple[str, ...]


def free_udp_port() -> int:
    """A UDP port of the loopback address that nobody uses at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def simulated(sim: Path, directory: Path) -> Iterator[Board]:
    """The simulated board, a Linux program."""
    if not sim.exists():
        raise DemoError(f"{sim}: not built; run 'make demo'")
    console = directory / "console"
    command = [sim, "--flash", directory / "flash", "--pty-link", console, "--udp", "127.0.0.1:0"]
    process = subprocess.Popen(
        list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        if not process.stdout.readline().startswith("ready:"):
            raise DemoError("the simulated board did not start")
        network = ("--listen-port", str(free_udp_port()))
        yield Board(str(console), (*network, "--peer-endpoint", f"127.0.0.1:{free_udp_port()}"))
    finally:
        process.terminate()
        process.wait(timeout=10)


@contextlib.contextmanager
def emulated(build: Path, directory: Path) -> Iterator[Board]:
    """The firmware, built with the newest Zephyr at hand, on an emulated Cortex-M3."""
    trees = zephyr.trees()
    reason = firmware.missing("qemu-system-arm")
    if not trees:
        reason = "no Zephyr at hand; set ZEPHYR_BASE, or run 'west zephyr-export' in a workspace"
    if reason:
        raise DemoError(reason)
    tree = trees[-1]
    print(f"building the firmware with Zephyr {tree.version}, which takes a minute", flush=True)
    image = firmware.build(tree, firmware.EMULATED, build / f"demo-{tree.version}")
    ports = free_udp_port(), free_udp_port()
    board = firmware.Emulator(image.elf, directory / "qemu.log", firmware.user_network(ports[0]))
    try:
        yield Board(
            board.console,
            (
                *("--listen-port", str(firmware.LISTEN_PORT)),
                *("--board-endpoint", f"127.0.0.1:{ports[0]}"),
                *("--peer-endpoint", f"{firmware.EMULATED_HOST}:{ports[1]}"),
                *("--timeout", "30"),
            ),
        )
    finally:
        board.stop()


def wg_host(*args: str | Path) -> None:
    """Shows a wg-host command and runs it."""
    words = [str(arg) for arg in args]
    print(f"\n$ wg-host {shlex.join(words)}", flush=True)
    done = subprocess.run([str(WG_HOST), *words], stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise DemoError(f"wg-host {words[0]} ended with {done.returncode}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--board", choices=("sim", "mps2_an385"), default="sim")
    parser.add_argument("--build", type=Path, default=ROOT / "build")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="zwg-demo-") as name:
        directory = Path(name)
        conf = directory / "board.conf"
        try:
            if args.board == "sim":
                started = simulated(args.build / "linux/zwg-sim", directory)
            else:
                started = emulated(args.build.resolve(), directory)
            with started as board:
                wg_host(
                    *("provision", "--port", board.console, "--output", conf),
                    *("--address", BOARD_ADDRESS, "--peer-address", OUR_ADDRESS),
                    *board.network,
                )
                wg_host("verify", "--config", conf, "--port", board.console, "--timeout", "30")
        except (DemoError, firmware.FirmwareError) as error:
            print(f"demo: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
