# SPDX-License-Identifier: MIT
"""A fake board with a console and the wg-quick file of our end."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fakes.board import FakeBoard, Tunnel
from fakes.console import FakeConsole
from wg_host.config import dump
from wg_host.keys import write_secret
from wg_host.verify.lab import Timing

# As verify expects of a real board.
REAL = Timing()


def free_port() -> int:
    """A UDP port that nobody uses at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


@dataclass
class Running:
    """A board that runs: our file, its console, the keys of both ends."""

    config: Path
    port: str
    tunnel: Tunnel


@contextmanager
def running(tmp_path: Path, fault: str = "", *, again: bool = False) -> Iterator[Running]:
    """A board with the protocol's own times."""
    tunnel, port = Tunnel.new(), free_port()
    with FakeBoard(tunnel, fault=fault, timing=REAL, our_port=port) as board:
        path = tmp_path / "board.conf"
        write_secret(path, dump(board.config(port)), overwrite=again)
        with FakeConsole(board.commands) as console:
            yield Running(path, console.on_pty(), tunnel)
