# SPDX-License-Identifier: MIT
"""``wg-host show``."""

from __future__ import annotations

import click

from wg_host.board import BoardPeer, BoardState, state_from
from wg_host.cli.options import console_options, open_console
from wg_host.cli.output import Output, examples, wg_command


def _ago(seconds: int) -> str:
    parts = []
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {name}{'s' if count > 1 else ''}")
    return ", ".join(parts) + " ago" if parts else "now"


def _size(count: int) -> str:
    value, unit = float(count), "B"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if value < 1024 or unit == "TiB":
            break
        value /= 1024
    return f"{count} B" if unit == "B" else f"{value:.2f} {unit}"


def _peer_lines(peer: BoardPeer) -> list[str]:
    lines = ["", f"peer: {peer.public_key}"]
    if peer.preshared_key:
        lines.append("  preshared key: (hidden)")
    if peer.endpoint or peer.endpoint_host:
        lines.append(f"  endpoint: {peer.endpoint or peer.endpoint_host}")
    allowed = ", ".join(map(str, peer.allowed_ips)) or "(none)"
    lines.append(f"  allowed ips: {allowed}")
    if peer.latest_handshake is not None:
        lines.append(f"  latest handshake: {_ago(peer.latest_handshake)}")
    if peer.rx_bytes or peer.tx_bytes:
        received, sent = _size(peer.rx_bytes or 0), _size(peer.tx_bytes or 0)
        lines.append(f"  transfer: {received} received, {sent} sent")
    if peer.persistent_keepalive:
        lines.append(f"  persistent keepalive: every {peer.persistent_keepalive} seconds")
    return lines


def human(state: BoardState) -> list[str]:
    """The lines that ``wg show`` would print, and what is particular to a board."""
    waits = f" (waits {state.waits})" if state.waits else ""
    lines = [
        f"interface: {state.interface}{waits if state.up else ' (down)'}",
        f"  public key: {state.public_key or '(none)'}",
    ]
    if state.public_key is not None:
        lines.append("  private key: (hidden)")
    lines.append(f"  listening port: {state.listen_port}")
    lines.append(f"  address: {', '.join(map(str, state.addresses)) or '(none)'}")
    lines.append(f"  mtu: {state.mtu}")
    underlay = ", ".join(state.underlay_addresses)
    lines.append(f"  underlay: {state.underlay}{f' ({underlay})' if underlay else ''}")
    lines.append(f"  board: {state.board}, zwg {state.version}")
    if state.chip is not None:
        lines.append(f"  chip: {state.chip}")
    if state.uptime is not None:
        lines.append(f"  started: {_ago(state.uptime)}")
    if state.entropy == "test":
        lines.append("  random source: for tests, keys are worthless")
    if state.pending:
        lines.append("  staged settings wait for 'wg commit'")
    for peer in state.peers:
        lines += _peer_lines(peer)
    return lines


@wg_command(
    "show",
    epilog=examples(
        "wg-host show", "wg-host show --port /dev/ttyACM0 --counters", "wg-host show --json"
    ),
)
@console_options
@click.option("--staged", is_flag=True, help="The staged settings instead of those in force.")
@click.option("--counters", is_flag=True, help="Every counter of the device, too.")
def command(
    out: Output, port: str | None, baud: int, timeout: float, staged: bool, counters: bool
) -> None:
    """Show a board's tunnel, as 'wg show' does."""
    with open_console(port, baud, timeout) as console:
        raw = console.ask(f"wg show {'staged ' if staged else ''}--machine")
        state = state_from(raw)
    for line in human(state):
        out.say(line)
    if counters and state.counters:
        out.say("\ncounters:")
        for name, value in sorted(state.counters.items()):
            out.say(f"  {name}: {value}")
    out.result(state=raw)
