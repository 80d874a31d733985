# SPDX-License-Identifier: MIT
"""Opens a serial port, a pseudo-terminal or ``socket://HOST:PORT``, and says why it could not."""

from __future__ import annotations

import errno
import re
from urllib.parse import urlsplit

import serial

from wg_host.errors import AccessDenied, BoardNotFound, PortBusy, UsageError, WgHostError

BAUD = 115200
# How long one read waits, in seconds: the grain of every time-out above it.
POLL = 0.01


def _reason(port: str, error: OSError) -> WgHostError:
    text = str(error)
    found = re.search(r"\[Errno (\d+)\]|\((\d+), '", text)
    number = error.errno or (int(found.group(1) or found.group(2)) if found else 0)
    if number in (errno.EBUSY, errno.EAGAIN):
        return PortBusy(
            f"{port}: busy: another program uses it",
            "close the terminal or monitor that has it open",
        )
    if number in (errno.EACCES, errno.EPERM):
        return AccessDenied(
            f"{port}: permission denied",
            "add yourself to the port's group (usually dialout) and log in again",
        )
    if number in (errno.ENOENT, errno.ENODEV, errno.ENXIO):
        return BoardNotFound(f"{port}: no such port", "'wg-host devices' lists the boards found")
    if number == errno.ECONNREFUSED:
        return BoardNotFound(f"{port}: connection refused: nothing listens there")
    if number == errno.ENOTTY:
        return BoardNotFound(f"{port}: not a serial port")
    return BoardNotFound(f"{port}: cannot be opened: {text}")


def _check_network(url: str) -> None:
    """UsageError unless a URL whose scheme goes over the network has both a host and a port."""
    scheme = url.partition(":")[0].lower()
    if scheme not in ("socket", "rfc2217"):
        return
    try:
        parts = urlsplit(url)
        complete = bool(parts.hostname and parts.port)
    except ValueError:
        complete = False
    if not complete:
        raise UsageError(f"{url}: expected {scheme}://HOST:PORT, with a port from 1 to 65535")


def open_port(port: str, baud: int = BAUD) -> serial.Serial:
    """The open port, which no other program may have open. The errors of the tree for: no such
    port, port busy, no permission."""
    _check_network(port)
    try:
        return serial.serial_for_url(port, baudrate=baud, timeout=POLL, exclusive=True)
    except ValueError as e:
        raise UsageError(f"{port}: {e}", "expected a device path, or socket://HOST:PORT") from None
    except OSError as e:
        raise _reason(port, e) from None
