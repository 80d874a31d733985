# SPDX-License-Identifier: MIT
"""``wg-host qr``."""

from __future__ import annotations

from pathlib import Path

import click

from wg_host import qrcode
from wg_host.cli.options import FILE, load_config
from wg_host.cli.output import Output, examples, wg_command


@wg_command("qr", epilog=examples("wg-host qr phone.conf", "wg-host qr phone.conf -o phone.svg"))
@click.argument("file", type=FILE)
@click.option("--output", "-o", type=FILE, help="An .svg file instead of the terminal.")
@click.option("--force", is_flag=True, help="Overwrite the file if it exists.")
def command(out: Output, file: Path, output: Path | None, force: bool) -> None:
    """Show a wg-quick file as a QR code, for the WireGuard app of a phone.

    Whoever sees the code has the private key in it; so has who reads what --json prints without
    --output.
    """
    c = load_config(out, file)
    out.result(public_key=str(c.interface.private_key.public))
    if output is None:
        out.say(qrcode.drawn(c))
        out.result(code=qrcode.as_dict(c))
        return
    qrcode.write(c, output, overwrite=force)
    out.say(str(output))
    out.result(files=[str(output)])
