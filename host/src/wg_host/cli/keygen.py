# SPDX-License-Identifier: MIT
"""``wg-host keygen``."""

from __future__ import annotations

from pathlib import Path

import click

from wg_host.cli.options import FILE
from wg_host.cli.output import Output, examples, wg_command
from wg_host.errors import UsageError
from wg_host.keys import PresharedKey, PrivateKey, write_secret


@wg_command(
    "keygen",
    epilog=examples(
        "wg-host keygen laptop.key               a private key to a file of mode 0600",
        "wg-host keygen --psk office.psk         a preshared key",
        "wg-host keygen --stdout | wg pubkey     the private key to a pipe",
    ),
)
@click.argument("file", type=FILE, required=False)
@click.option("--psk", is_flag=True, help="Make a preshared key instead.")
@click.option("--stdout", "to_stdout", is_flag=True, help="Print the secret instead of a file.")
@click.option("--force", is_flag=True, help="Overwrite the file if it exists.")
def command(out: Output, file: Path | None, psk: bool, to_stdout: bool, force: bool) -> None:
    """Make a private key in FILE and print its public key."""
    if to_stdout == (file is not None):
        raise UsageError("expected FILE or --stdout, and not both", "wg-host keygen laptop.key")
    secret = PresharedKey.generate() if psk else PrivateKey.generate()
    if file is not None:
        write_secret(file, secret.reveal_base64() + "\n", overwrite=force)
        out.note(f"{secret.what} written to {file}")
        out.result(file=str(file))
    else:
        out.say(secret.reveal_base64())
        out.result(secret=secret.reveal_base64())
    out.result(kind=secret.what)
    if isinstance(secret, PrivateKey):
        out.result(public_key=str(secret.public))
        if file is not None:
            out.say(str(secret.public))
