# SPDX-License-Identifier: MIT
"""``wg-host bench``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from wg_host import bench
from wg_host.cli.options import ENDPOINT, FILE, PUBLIC_KEY, load_config
from wg_host.cli.output import Output, examples, wg_command
from wg_host.endpoint import Endpoint
from wg_host.errors import UsageError
from wg_host.keys import PublicKey
from wg_host.packets import ECHO_HEADER, header_size
from wg_host.verify.lab import Lab
from wg_host.verify.target import target_from


@wg_command(
    "bench",
    epilog=examples(
        "wg-host bench -c board.conf",
        "wg-host bench -c board.conf --seconds 20 --size 1420 --window 8 --json",
    ),
)
@click.option("--config", "-c", "path", type=FILE, required=True, help="The file of our end.")
@click.option("--peer", type=PUBLIC_KEY, help="The board's key, if the file has several peers.")
@click.option("--endpoint", type=ENDPOINT, help="Where the board is, instead of the file's word.")
@click.option("--pings", type=click.IntRange(1, 10000), default=100, show_default=True)
@click.option(
    "--seconds",
    type=click.FloatRange(0.1, 100),
    default=5.0,
    show_default=True,
    help="Of the measurement of throughput.",
)
@click.option("--size", type=int, help="Of the inner packets in bytes. Default: the MTU.")
@click.option(
    "--window",
    type=click.IntRange(1, bench.DISTINCT // 2),
    default=8,
    show_default=True,
    help="Echoes under way at a time.",
)
def command(
    out: Output,
    path: Path,
    peer: PublicKey | None,
    endpoint: Endpoint | None,
    pings: int,
    seconds: float,
    size: int | None,
    window: int,
) -> None:
    """Measure a board's latency and throughput through the tunnel.

    Echoes go to the board and back, encrypted both ways. The peer here is written in Python; what
    it could do alone is measured too, and a result near it says nothing about the board.
    """
    target = target_from(load_config(out, path), peer=peer, endpoint=endpoint)
    least = header_size(target.pair.board) + ECHO_HEADER
    size = size or target.mtu
    if not least <= size <= target.mtu:
        raise UsageError(f"--size {size}: expected {least} to the MTU of {target.mtu}")
    with Lab(target) as lab:
        session = bench.connect(lab)
        latency = bench.latency(lab, pings)
        out.event("latency", **asdict(latency))
        shown = (latency.minimum, latency.median, latency.p90, latency.p99, latency.maximum)
        figures = "/".join(f"{value * 1e3:.2f}" for value in shown)
        out.say(f"latency     min/median/p90/p99/max {figures} ms, {latency.lost} lost")
        flow = bench.throughput(lab, session, seconds, size, window)
    rate, limit = flow.bits_per_second / 1e6, flow.own_limit / 1e6
    out.say(
        f"throughput  {rate:.2f} Mbit/s each way, {flow.echoed / flow.seconds:.0f} echoes/s "
        f"of {size} bytes, {flow.lost} lost"
    )
    out.say(f"peer alone  {limit:.2f} Mbit/s: the board's figure is {rate / limit:.1%} of it")
    out.result(latency=asdict(latency), throughput=asdict(flow))
