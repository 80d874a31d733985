# SPDX-License-Identifier: MIT
"""``wg-host doctor``."""

from __future__ import annotations

from dataclasses import asdict

from wg_host import doctor
from wg_host.board import Board, BoardState
from wg_host.cli.options import open_console, optional_console_options
from wg_host.cli.output import Output, examples, wg_command
from wg_host.doctor import Finding
from wg_host.errors import WgHostError


def _tunnel(state: BoardState) -> Finding:
    if not state.up:
        return Finding("tunnel", False, True, "down", "type 'wg up'")
    if state.waits:
        remedy = "without it the tunnel cannot run: see troubleshooting in the documentation"
        return Finding("tunnel", False, True, f"up, but waits {state.waits}", remedy)
    return Finding("tunnel", True, True, "up")


def _examine_board(port: str, baud: int, timeout: float) -> list[Finding]:
    """What the board on a port says of itself."""
    try:
        with open_console(port, baud, timeout) as console:
            state = Board(console).show()
    except WgHostError as e:
        return [Finding("console", False, True, e.message, e.hint)]
    key, peers = state.public_key, len(state.peers)
    test_keys = state.entropy == "test"
    provision = "'wg-host provision' sets it up"
    return [
        Finding("console", True, True, f"{state.board}, zwg {state.version}"),
        _tunnel(state),
        Finding("key", key is not None, True, str(key or "none"), "" if key else provision),
        Finding("peers", peers > 0, True, str(peers), "" if peers else provision),
        Finding(
            "random source",
            not test_keys,
            True,
            state.entropy,
            "keys are worthless: build for hardware with a random source" if test_keys else "",
        ),
        Finding(
            "network",
            bool(state.underlay_addresses),
            False,
            ", ".join(state.underlay_addresses) or "no address outside the tunnel",
            "" if state.underlay_addresses else "check the cable and DHCP",
        ),
    ]


@wg_command("doctor", epilog=examples("wg-host doctor", "wg-host doctor --port /dev/ttyACM0"))
@optional_console_options
def command(out: Output, port: str | None, baud: int, timeout: float) -> int:
    """Look for what this machine, and with --port a board, lacks.

    The exit code is 1 if something that every use needs is missing.
    """
    findings = doctor.examine()
    if port is not None:
        findings += _examine_board(port, baud, timeout)
    for finding in findings:
        mark = "ok  " if finding.ok else "FAIL" if finding.needed else "miss"
        style = None if finding.ok else "red" if finding.needed else "yellow"
        out.say(f"{mark}  {finding.name}: {finding.detail}", style=style)
        if not finding.ok and finding.remedy:
            out.say(f"      try: {finding.remedy}")
    healthy = all(f.ok for f in findings if f.needed)
    out.result(healthy=healthy, findings=[asdict(f) for f in findings])
    return 0 if healthy else 1
