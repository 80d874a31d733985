# SPDX-License-Identifier: MIT
"""``wg-host monitor``."""

from __future__ import annotations

import os
import select
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click
import serial

from wg_host.cli.options import console_options
from wg_host.cli.output import Output, examples, wg_command
from wg_host.console import hide_secrets, plain
from wg_host.devices import port_or_only
from wg_host.errors import PortLost
from wg_host.serialport import open_port

LEAVE = b"\x1d"


@contextmanager
def _raw_terminal(fd: int) -> Iterator[None]:
    """Keys as they are pressed, without echo, as a serial console wants them."""
    import termios
    import tty

    before = termios.tcgetattr(fd)
    # Not TCSAFLUSH: what was typed a moment too early is meant for the board as well.
    tty.setraw(fd, termios.TCSADRAIN)
    try:
        yield
    finally:
        termios.tcsetattr(fd, termios.TCSADRAIN, before)


def _read(port: serial.Serial) -> bytes:
    try:
        return bytes(port.read(max(1, port.in_waiting)))
    except OSError:
        raise PortLost(f"{port.name}: the port went away", "was the board unplugged?") from None


def _interactive(port: serial.Serial, deadline: float) -> None:
    """Keyboard to board and board to screen, byte by byte, until Ctrl-]."""
    keys = sys.stdin.fileno()
    with _raw_terminal(keys):
        while time.monotonic() < deadline:
            ready, _, _ = select.select([keys, port.fileno()], [], [], 0.2)
            if keys in ready:
                pressed = os.read(keys, 1024)
                if LEAVE in pressed or not pressed:
                    return
                port.write(pressed)
            if port.fileno() in ready:
                os.write(sys.stdout.fileno(), _read(port))


def _lines(out: Output, port: serial.Serial, deadline: float, timestamps: bool) -> None:
    """Whole lines of the board, without colours and secrets, for a pipe or a file."""
    began, rest = time.monotonic(), b""
    while time.monotonic() < deadline:
        *whole, rest = (rest + _read(port)).replace(b"\r", b"\n").split(b"\n")
        for line in whole:
            text = hide_secrets(plain(line.decode("utf-8", "replace")))
            if not text.strip():
                continue
            seconds = time.monotonic() - began
            out.event("line", seconds=round(seconds, 3), text=text)
            out.say(f"{seconds:10.3f}  {text}" if timestamps else text)


@wg_command(
    "monitor",
    epilog=examples(
        "wg-host monitor                                  type commands, leave with Ctrl-]",
        "wg-host monitor --timestamps | tee board.log",
        "wg-host monitor --seconds 10 --json",
    ),
)
@console_options
@click.option("--seconds", type=click.FloatRange(0), help="End after so long.")
@click.option("--timestamps", is_flag=True, help="Seconds before each line; lines only.")
def command(
    out: Output,
    port: str | None,
    baud: int,
    timeout: float,
    seconds: float | None,
    timestamps: bool,
) -> None:
    """Show what a board says on its console, and type to it. Ctrl-] leaves.

    Into a pipe or a file it writes whole lines without colours, with secrets hidden.
    """
    deadline = time.monotonic() + seconds if seconds is not None else float("inf")
    with open_port(port_or_only(port), baud) as opened:
        if sys.stdin.isatty() and sys.stdout.isatty() and not out.as_json and not timestamps:
            out.note(f"{opened.name}: Ctrl-] leaves")
            _interactive(opened, deadline)
        else:
            _lines(out, opened, deadline, timestamps)
