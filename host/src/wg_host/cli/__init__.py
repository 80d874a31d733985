# SPDX-License-Identifier: MIT
"""The command ``wg-host``: one file a command, loaded when it is used."""

from __future__ import annotations

import importlib
from typing import Any

import click

from wg_host import __version__
from wg_host.cli.output import usage_errors

PROGRAM = "wg-host"

COMMANDS = (
    "bench",
    "completion",
    "config",
    "devices",
    "doctor",
    "flash",
    "fleet",
    "keygen",
    "monitor",
    "provision",
    "qr",
    "schema",
    "show",
    "verify",
)


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"wg_host.cli.{cmd_name}")
        command = module.command
        assert isinstance(command, click.Command)
        return command

    def make_context(
        self, info_name: str | None, args: list[str], *more: Any, **extra: Any
    ) -> click.Context:
        with usage_errors(PROGRAM, args):
            return super().make_context(info_name, args, *more, **extra)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        with usage_errors(PROGRAM, args):
            return super().resolve_command(ctx, args)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 all well, 1 a check failed, 2 usage or configuration, 3 no board or more "
    "than one, 4 serial or protocol, 5 flashing, 6 permission, 130 interrupted.",
)
@click.version_option(__version__, prog_name=PROGRAM)
def main() -> None:
    """Put a zwg board on a WireGuard network, and prove that it works.

    A first run: 'wg-host provision' sets the board up over its serial console, 'wg-host verify'
    proves the tunnel.
    """


def run() -> None:
    """The entry point."""
    main(prog_name=PROGRAM)
