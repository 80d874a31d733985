# SPDX-License-Identifier: MIT
"""Which boards are plugged in, and which serial port a command shall use."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from wg_host.errors import BoardAmbiguous, BoardNotFound

ST_LINK_VID = 0x0483
ST_LINK_PIDS = frozenset((0x374A, 0x374B, 0x374E, 0x374F, 0x3752, 0x3753, 0x3754, 0x3755, 0x3757))


@dataclass(frozen=True)
class Device:
    """A serial port. ``probe`` names the debug probe that it belongs to, or is empty."""

    port: str
    description: str
    probe: str = ""
    serial_number: str = ""
    usb_id: str = ""


def _ports() -> Iterable[object]:
    from serial.tools import list_ports

    return list_ports.comports()


def found(*, every: bool = False) -> list[Device]:
    """The boards' serial ports, sorted; with @p every, all serial ports that USB or the system
    names."""
    devices: list[Device] = []
    for info in _ports():
        vid, pid = getattr(info, "vid", None), getattr(info, "pid", None)
        is_st_link = vid == ST_LINK_VID and pid in ST_LINK_PIDS
        if not is_st_link and not every:
            continue
        devices.append(
            Device(
                port=str(getattr(info, "device", "")),
                description=str(getattr(info, "description", "") or ""),
                probe="ST-Link" if is_st_link else "",
                serial_number=str(getattr(info, "serial_number", "") or ""),
                usb_id=f"{vid:04x}:{pid:04x}" if vid is not None and pid is not None else "",
            )
        )
    return sorted(devices, key=lambda d: d.port)


def only_one(serial_number: str | None = None) -> Device:
    """The one board there is, or the one with this serial number (or the end of it).

    BoardNotFound if there is none, BoardAmbiguous if there are several.
    """
    devices = found()
    if serial_number is not None:
        devices = [d for d in devices if d.serial_number.lower().endswith(serial_number.lower())]
    if len({d.serial_number or d.port for d in devices}) > 1:
        listed = ", ".join(f"{d.port} ({d.serial_number})" for d in devices)
        raise BoardAmbiguous(
            f"{len(devices)} boards found: {listed}", "name one with --port or --serial"
        )
    if not devices:
        which = f" with serial number {serial_number}" if serial_number else ""
        raise BoardNotFound(
            f"no board{which} found",
            "plug it in, or name its port with --port; 'wg-host devices --all' lists all ports",
        )
    return devices[0]


def port_or_only(port: str | None) -> str:
    """The port that was named, or that of the only board."""
    return port if port is not None else only_one().port
