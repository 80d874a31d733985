# SPDX-License-Identifier: MIT
"""``wg-host config``."""

from __future__ import annotations

import re
from pathlib import Path

import click

from wg_host import config, networkd, qrcode
from wg_host.cli.options import FILE, Parsed, load_config
from wg_host.cli.output import Output, examples, wg_command
from wg_host.errors import UsageError
from wg_host.keys import write_secret


def interface_name(text: str) -> str:
    """A name that Linux takes for an interface."""
    if not re.fullmatch(r"[A-Za-z0-9_=+.-]{1,15}", text) or text in (".", ".."):
        raise ValueError(f"'{text}': expected 1 to 15 letters, digits or _=+.-")
    return text


@wg_command(
    "config",
    epilog=examples(
        "wg-host config -c board.conf                                check the file",
        "wg-host config -c board.conf --format networkd -o /etc/systemd/network --name wg0",
        "wg-host config -c board.conf --format wg-quick -o wg0.conf  in its plain form",
        "wg-host config -c phone.conf --format qr                    for a phone's camera",
    ),
)
@click.option("--config", "-c", "path", type=FILE, required=True, help="A wg-quick file.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["wg-quick", "networkd", "qr"]),
    help="What to make of it. Default: only check it.",
)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    help="The file to write; a folder for networkd, made if need be; an .svg for qr.",
)
@click.option(
    "--name", type=Parsed("name", interface_name), help="Interface. Default: the file's name."
)
@click.option("--force", is_flag=True, help="Overwrite files that exist.")
def command(
    out: Output, path: Path, form: str | None, output: Path | None, name: str | None, force: bool
) -> None:
    """Check a wg-quick file, or turn it into another form.

    Secrets go to files of mode 0600, for networkd to one that its group may read (mode 0640). What
    networkd cannot do of what wg-quick does is named. A QR code goes to the terminal if no file is
    named.
    """
    c = load_config(out, path)
    out.result(
        public_key=str(c.interface.private_key.public),
        peers=[str(p.public_key) for p in c.peers],
    )
    if form is None:
        out.say(f"{path}: correct, {len(c.peers)} peer(s), our public key is")
        out.say(str(c.interface.private_key.public))
        return
    if form == "qr" and output is None:
        out.say(qrcode.drawn(c))
        out.result(code=qrcode.as_dict(c))
        return
    if output is None:
        raise UsageError("expected --output", "secrets are not printed")
    written, remarks = [output], list[str]()
    if form == "qr":
        qrcode.write(c, output, overwrite=force)
    elif form == "wg-quick":
        write_secret(output, config.dump(c), overwrite=force)
    else:
        name = name or interface_name(path.stem)
        written, remarks = networkd.write(c, name, output, overwrite=force)
    for remark in remarks:
        out.warn(remark)
    for file in written:
        out.say(str(file))
    out.result(files=[str(file) for file in written])
