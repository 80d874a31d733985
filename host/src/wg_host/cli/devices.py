# SPDX-License-Identifier: MIT
"""``wg-host devices``."""

from __future__ import annotations

from dataclasses import asdict

import click

from wg_host import devices
from wg_host.cli.output import Output, examples, wg_command
from wg_host.errors import BoardNotFound


@wg_command("devices", epilog=examples("wg-host devices", "wg-host devices --all --json"))
@click.option("--all", "every", is_flag=True, help="All serial ports, not boards alone.")
def command(out: Output, every: bool) -> int | None:
    """List the boards that are plugged in, with serial number and port."""
    found = devices.found(every=every)
    out.result(devices=[asdict(d) for d in found])
    for device in found:
        fields = (device.port, device.probe or "-", device.serial_number or "-", device.description)
        out.say("  ".join(fields).rstrip())
    if not found:
        what = "serial port" if every else "board"
        out.note(f"no {what} found" + ("" if every else "; --all lists every serial port"))
        return BoardNotFound.exit_code
    return None
