# SPDX-License-Identifier: MIT
"""What a test does with a running board: its console, its settings, and a peer beside it."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import serial
from wg_host.board import Board
from wg_host.console import Console

PROMPT = "uart:~$"
WG_HOST = Path(sys.executable).parent / "wg-host"


def free_udp_port() -> int:
    """A UDP port of the loopback address that nobody uses at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wg_host(*args: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs a wg-host command as a person would."""
    return subprocess.run(
        [str(WG_HOST), *map(str, args)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@contextmanager
def console(path: str, timeout: float = 30.0) -> Iterator[Board]:
    """The board's commands."""
    with Console.open(path, timeout=timeout) as opened:
        yield Board(opened)


def shell(path: str, line: str, until: str, seconds: float = 60.0, times: int = 1) -> str:
    """Types a line into Zephyr's shell and reads until a text has come so often; what came. What is
    typed while the board still boots would be lost: its prompt is awaited first."""
    with serial.Serial(path, timeout=0.3) as port:
        deadline = time.monotonic() + seconds
        text = ""
        while PROMPT not in text:
            assert time.monotonic() < deadline, f"no prompt within {seconds:g} s in {text!r}"
            port.write(b"\r")
            text = ""
            while more := port.read(4096):  # Until it is silent.
                text += more.decode(errors="replace")
        port.write(f"{line}\r".encode())
        text = ""
        while text.replace(line, "", 1).count(until) < times:
            assert time.monotonic() < deadline, f"no {until!r} within {seconds:g} s in {text!r}"
            text += port.read(4096).decode(errors="replace")
        return text
