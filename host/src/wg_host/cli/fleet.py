# SPDX-License-Identifier: MIT
"""``wg-host fleet``."""

from __future__ import annotations

from pathlib import Path

import click

from wg_host import fleet, fleetfile
from wg_host.cli.options import FILE
from wg_host.cli.output import Output, examples, wg_command
from wg_host.console import Console
from wg_host.errors import WgHostError
from wg_host.fleetrecord import Record, record_path
from wg_host.serialport import BAUD

_STYLE = {"provisioned": "green", "unchanged": "default", "planned": "yellow", "failed": "red"}


def _say_record(out: Output, record: Record) -> None:
    for held in record.boards.values():
        addresses = ",".join(map(str, held.addresses))
        place = f"{held.serial_number or '-'}  {held.chip or '-'}"
        out.say(f"{held.name}  {addresses}  {held.public_key}  {place}")
    out.result(boards={name: held.as_dict() for name, held in record.boards.items()})


def _complete_name(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The names of the boards in FILE, if it was typed already and can be read."""
    # The option without its value ends the parsing before the arguments have got their names.
    words = [ctx.params.get("file"), *ctx.args]
    file = next((Path(word) for word in words if word is not None), None)
    try:
        boards = fleetfile.load(file).boards if file is not None else ()
    except WgHostError:
        return []
    return [board.name for board in boards if board.name.startswith(incomplete)]


@wg_command(
    "fleet",
    epilog=examples(
        "wg-host fleet office.toml                 provision what is not yet as it should be",
        "wg-host fleet office.toml --only kitchen",
        "wg-host fleet office.toml --dry-run",
        "wg-host fleet office.toml --status        what is on record",
        "wg-host fleet office.toml --only kitchen --replaced kitchen",
    ),
)
@click.argument("file", type=FILE)
@click.option(
    "--only",
    multiple=True,
    metavar="NAME",
    shell_complete=_complete_name,
    help="This board only; may be repeated.",
)
@click.option("--baud", type=int, default=BAUD, show_default=True)
@click.option("--timeout", type=click.FloatRange(0.1, 600), default=5.0, show_default=True)
@click.option("--reset", is_flag=True, help="Begin with empty boards: no key, no other peers.")
@click.option("--discard-staged", is_flag=True, help="Forget what someone left staged on a board.")
@click.option(
    "--replaced",
    multiple=True,
    metavar="NAME",
    shell_complete=_complete_name,
    help="Another board than the one on record is in this place: take it. May be repeated.",
)
@click.option("--dry-run", is_flag=True, help="Ask the boards, change nothing.")
@click.option("--status", is_flag=True, help="Show what is on record and end.")
def command(
    out: Output,
    file: Path,
    only: tuple[str, ...],
    baud: int,
    timeout: float,
    reset: bool,
    discard_staged: bool,
    replaced: tuple[str, ...],
    dry_run: bool,
    status: bool,
) -> int:
    """Provision many boards around one hub, from a TOML file.

    Addresses are given out from a pool. A board that is as it should be is left alone, so that a
    run that was interrupted is simply repeated. The hub's wg-quick file is written with mode 0600;
    the record beside FILE holds public keys and chip ids, and no secret. A board that the record
    knows under another name is refused. If boards fail the others are still provisioned, and the
    exit code is that of the first failure.

    docs/guide/fleet.rst describes every key of FILE. The least that it may say:

    \b
    [fleet]
    pool = ["10.9.0.0/24"]
    [hub]
    endpoint = "vpn.example.org:51820"
    [[board]]
    name = "kitchen"
    port = "/dev/ttyACM0"
    """
    parsed = fleetfile.load(file)
    record = Record(record_path(file))
    if status:
        _say_record(out, record)
        return 0
    run = fleet.Run(
        parsed,
        record,
        fleet.Orders(dry_run, reset, discard_staged, replaced),
        open_console=lambda port: Console.open(port, baud, timeout=timeout),
        note=out.note,
    )
    code = 0
    outcomes = []
    for entry in fleet.chosen(parsed, only):
        out.event("begin", board=entry.name)
        outcome = run.board(entry)
        told = {
            "board": outcome.name,
            "status": outcome.status,
            "address": [str(a) for a in outcome.addresses],
            "public_key": str(outcome.public_key) if outcome.public_key else None,
            "error": outcome.error.message if outcome.error else None,
            "hint": outcome.error.hint if outcome.error else None,
        }
        outcomes.append(told)
        out.event("board_end", **told)
        addresses = ",".join(map(str, outcome.addresses))
        shown = f"{outcome.status:11} {outcome.name}  {addresses}  {outcome.public_key or '-'}"
        out.say(shown, style=_STYLE[outcome.status])
        if outcome.error is not None:
            out.warn(f"{outcome.name}: {outcome.error.message}")
            if outcome.error.hint:
                out.note(f"hint: {outcome.error.hint}")
            code = code or outcome.error.exit_code
    out.result(hub_config=str(parsed.hub_config), boards=outcomes)
    return code
