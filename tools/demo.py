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


def wg_host(*args: str | Path) -> None:
    """Shows a wg-host command and runs it."""
    words = [str(arg) for arg in args]
    print(f"\n$ wg-host {shlex.join(words)}", flush=True)
    done = subprocess.run([str(WG_HOST), *words], stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise DemoError(f"wg-host {words[0]} ended with {done.returncode}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sim", type=Path, default=ROOT / "build/linux/zwg-sim")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="zwg-demo-") as name:
        directory = Path(name)
        conf = directory / "board.conf"
        try:
            with simulated(args.sim, directory) as board:
                wg_host(
                    *("provision", "--port", board.console, "--output", conf),
                    *("--address", BOARD_ADDRESS, "--peer-address", OUR_ADDRESS),
                    *board.network,
                )
                wg_host("verify", "--config", conf, "--port", board.console)
        except DemoError as error:
            print(f"demo: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
