# SPDX-License-Identifier: MIT
"""``wg-host schema``."""

from __future__ import annotations

import json

import click

from wg_host import schemas
from wg_host.cli.output import Output, examples, wg_command


@wg_command("schema", epilog=examples("wg-host schema verify"))
@click.argument("name", metavar="COMMAND", type=click.Choice(sorted(schemas.RESULTS)))
def command(out: Output, name: str) -> None:
    """Print the JSON Schema of the lines that COMMAND prints with --json."""
    made = schemas.schema(name)
    out.say(json.dumps(made, indent=2))
    out.result(schema=made)
