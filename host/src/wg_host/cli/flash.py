# SPDX-License-Identifier: MIT
"""``wg-host flash``."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from wg_host import flash
from wg_host.cli.output import Output, examples, wg_command


@wg_command(
    "flash",
    epilog=examples(
        "wg-host flash",
        "wg-host flash --build-dir build/f207 --serial 066DFF",
        "wg-host flash --dry-run",
    ),
)
@click.option(
    "--build-dir",
    "-d",
    type=click.Path(file_okay=False, path_type=Path),
    default="build",
    show_default=True,
    help="The folder that 'west build' made.",
)
@click.option("--serial", metavar="NUMBER", help="Serial number of the board, or its end.")
@click.option("--runner", help="Flash with this runner. Default: one whose tool is installed.")
@click.option("--dry-run", is_flag=True, help="Show the command, do not run it.")
def command(
    out: Output, build_dir: Path, serial: str | None, runner: str | None, dry_run: bool
) -> None:
    """Write the built firmware to the board, through west."""
    chosen = flash.choose_runner(flash.read_runners(build_dir), runner)
    number = flash.serial_number_for(serial)
    west = flash.west_command(build_dir, chosen, number or None)
    out.result(command=west, runner=chosen, serial_number=number)
    if dry_run:
        out.say(shlex.join(west))
        return

    def line(text: str) -> None:
        out.event("line", text=text)
        out.say(text)

    out.event("begin", task="flash")
    flash.run(west, line)
    out.note("flashed; 'wg-host provision' sets the board up")
