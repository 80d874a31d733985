# SPDX-License-Identifier: MIT
"""``wg-host verify``."""

from __future__ import annotations

import ipaddress
from contextlib import ExitStack
from pathlib import Path

import click

from wg_host.board import Board
from wg_host.capture import Capture
from wg_host.cli.options import (
    ENDPOINT,
    FILE,
    PUBLIC_KEY,
    Parsed,
    load_config,
    open_console,
    optional_console_options,
)
from wg_host.cli.output import Output, examples, wg_command
from wg_host.endpoint import Endpoint
from wg_host.errors import UsageError
from wg_host.keys import PublicKey
from wg_host.packets import IPAddress
from wg_host.verify import reports, runner
from wg_host.verify.checks import ALL
from wg_host.verify.lab import Lab
from wg_host.verify.model import proved
from wg_host.verify.target import target_from


def _addresses(text: str) -> tuple[IPAddress, ...]:
    return tuple(ipaddress.ip_address(part.strip()) for part in text.split(","))


def _list_checks(out: Output) -> None:
    width = max(len(check.name) for check in ALL)
    for check in ALL:
        out.say(f"{check.rung.value:10} {check.name:{width}}  {check.title}")
    out.result(
        checks=[
            {
                "check": check.name,
                "title": check.title,
                "rung": check.rung.value,
                "essential": check.essential,
            }
            for check in ALL
        ]
    )


def _names(values: tuple[str, ...]) -> list[str]:
    return [name for value in values for name in value.split(",") if name]


def _complete_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The names of the checks, after the last comma."""
    before, comma, begun = incomplete.rpartition(",")
    return [before + comma + check.name for check in ALL if check.name.startswith(begun)]


@wg_command(
    "verify",
    epilog=examples(
        "wg-host verify --config board.conf --port /dev/ttyACM0",
        "wg-host verify --config board.conf --only ping,udp-echo -v",
        "wg-host verify --config board.conf --json --junit verify.xml --pcap verify.pcap",
        "tshark -r verify.pcap -o wg.keylog_file:verify.pcap.keys",
    ),
)
@click.option("--config", "-c", "path", type=FILE, help="The wg-quick file of our end.")
@optional_console_options
@click.option("--peer", type=PUBLIC_KEY, help="The board's key, if the file has several peers.")
@click.option("--endpoint", type=ENDPOINT, help="Where the board is, instead of the file's word.")
@click.option(
    "--board-address",
    type=Parsed("address[,address]", _addresses),
    help="The board's inner addresses. Default: the hosts among its AllowedIPs.",
)
@click.option(
    "--only",
    multiple=True,
    metavar="NAME[,NAME]",
    shell_complete=_complete_names,
    help="Make these checks only.",
)
@click.option(
    "--skip",
    multiple=True,
    metavar="NAME[,NAME]",
    shell_complete=_complete_names,
    help="Leave these checks out.",
)
@click.option("--list", "list_checks", is_flag=True, help="List the checks and end.")
@click.option(
    "--pings",
    type=click.IntRange(1, 1000),
    default=3,
    show_default=True,
    help="Echoes of each size.",
)
@click.option(
    "--patience",
    type=click.FloatRange(0),
    default=30.0,
    show_default=True,
    help="Without --port: seconds to wait for the board to start a handshake.",
)
@click.option("--junit", type=FILE, help="Write JUnit XML.")
@click.option(
    "--pcap", type=FILE, help="Write a capture, and its keys to the same name with .keys behind."
)
@click.option("-v", "--verbose", is_flag=True, help="Show every packet, decoded.")
def command(
    out: Output,
    path: Path | None,
    port: str | None,
    baud: int,
    timeout: float,
    peer: PublicKey | None,
    endpoint: Endpoint | None,
    board_address: tuple[IPAddress, ...] | None,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    list_checks: bool,
    pings: int,
    patience: float,
    junit: Path | None,
    pcap: Path | None,
    verbose: bool,
) -> int | None:
    """Prove a board's tunnel, as an independent WireGuard peer.

    The peer is written in Python from the WireGuard paper and shares nothing with the firmware.
    It takes the place of this machine's tunnel, which must be down. With --port the board is asked
    over its console to start handshakes, and its counters testify to what it dropped; without, the
    run waits until the protocol makes the board start one, about 25 seconds longer.

    The exit code is 0 only if every check that ran passed, and every essential one ran.
    """
    if list_checks:
        _list_checks(out)
        return None
    if path is None:
        raise UsageError("expected --config FILE", "'wg-host provision' writes one")
    chosen = runner.select(_names(only), _names(skip))
    target = target_from(
        load_config(out, path), peer=peer, board_addresses=board_address or (), endpoint=endpoint
    )
    if junit is not None:
        reports.check_writable(junit)
    with ExitStack() as stack:
        console = None
        if port is not None:
            console = Board(stack.enter_context(open_console(port, baud, timeout)))
        capture = None
        if pcap is not None:
            capture = stack.enter_context(Capture(pcap, target.private, target.board))
        lab = Lab(
            target,
            console=console,
            capture=capture,
            patience=patience,
            pings=pings,
            trace=out.note if verbose else None,
        )
        stack.enter_context(lab)
        reporter: reports.HumanReport | reports.SilentReport
        if out.as_json:
            reporter = reports.SilentReport(out.event)
        else:
            reporter = reports.HumanReport(out.console, len(chosen))
        with reporter:
            results = runner.run(lab, chosen, reporter)
    if junit is not None:
        reports.write_junit(junit, results)
    if not out.as_json:
        reports.print_ladder(out.console, results)
    out.result(**reports.as_result(results))
    return 0 if proved(results) else 1
