#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures the booted firmware on the Cortex-M3 that QEMU emulates, beside wireguard-go.

What an echo request and its answer cost with and without the tunnel, and how long one waits while
the board computes handshakes, in instructions, counted one by one in QEMU's log; then what the echo
service carries through the tunnel, by the board's clock, with 8 ns for an instruction. Needs root,
a Zephyr workspace (ZWG_ZEPHYRS, ZEPHYR_BASE), QEMU, wireguard-go, wireguard-tools and iproute2.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
DOCUMENT = ROOT / "docs" / "guide" / "figures-firmware.inc"
for room in ("tests/zephyr", "tests/system", "tools"):
    sys.path.insert(0, str(ROOT / room))

import firmware  # noqa: E402
from board.trace import Symbols  # noqa: E402
from pair import network, tunnel  # noqa: E402

from board import latency, path, throughput  # noqa: E402
from boards import console  # noqa: E402
from wg_host import zephyr  # noqa: E402

Rows = list[tuple[str, ...]]


def path_rows(costs: list[path.Cost]) -> Rows:
    """Instructions for an answered ping."""
    rows: Rows = [
        (
            "IP packet, bytes",
            "outside",
            "through the tunnel",
            "ChaCha20-Poly1305",
            "added each way",
            "of it the outer checksum",
        )
    ]
    for cost in costs:
        figures = (
            cost.outside.threads,
            cost.tunnel.threads,
            cost.tunnel.aead,
            cost.each_way,
            cost.checksum,
        )
        rows.append((str(cost.size), *(f"{figure:,.0f}" for figure in figures)))
    return rows


def latency_rows(quiet: list[latency.Waited], busy: list[latency.Waited]) -> Rows:
    """Instructions until the answer leaves."""
    rows: Rows = [("the board computes", "least", "most")]
    for what, found in (("nothing else", quiet), ("handshakes", busy)):
        counts = [waited.instructions for waited in found]
        rows.append((what, f"{min(counts):,}", f"{max(counts):,}"))
    return rows


def throughput_rows(carried: dict[str, throughput.Carried]) -> Rows:
    """Of the echo service."""
    rows: Rows = [("", "Mbit/s each way")]
    return rows + [(kind, f"{found.mbit_per_s:.1f}") for kind, found in carried.items()]


def text(rows: Rows) -> str:
    """Aligned columns."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )


def rst(rows: Rows) -> str:
    """A reStructuredText list-table."""
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for row in rows:
        lines += [f"   {'*' if i == 0 else ' '} - {cell}".rstrip() for i, cell in enumerate(row)]
    return "\n".join(lines)


def measure(tree: zephyr.Tree, directory: Path) -> tuple[Rows, Rows, Rows]:
    """Builds the firmware, boots it three times and measures."""
    name = f"{tree.version}/{firmware.EMULATED.replace('/', '_')}"
    image = firmware.build(tree, firmware.EMULATED, ROOT / "build" / "zephyr" / name)
    symbols, pipe = Symbols(image.elf), directory / "instructions"

    def start(icount: str):
        return lambda nic, prefix: firmware.Emulator(
            image.elf, directory / "qemu.log", nic, prefix, icount=icount
        )

    by_instructions = start(firmware.ICOUNT)
    with network() as machine, tunnel(by_instructions, machine, directory, beating=False) as pair:
        costs = path.measure_all(pair, image.elf, pipe)
        pair.board.stop()
    with network() as machine, tunnel(start(""), machine, directory, beating=False) as pair:
        pair.ping("10.99.0.1")
        quiet, _ = latency.measure(pair, symbols, pipe)
        with console(pair.board.console, timeout=60) as commands:
            key = commands.show().public_key
        assert key is not None
        with latency.flood(pair, key):
            busy, _ = latency.measure(pair, symbols, pipe)
        pair.board.stop()
    with network() as machine, tunnel(by_instructions, machine, directory) as pair:
        carried = throughput.measure(pair)
        pair.board.stop()
    return path_rows(costs), latency_rows(quiet, busy), throughput_rows(carried)


def main() -> int:
    """Prints the tables; 2 if something that is needed is missing."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--update", action="store_true", help="write the tables into docs/")
    parser.add_argument(
        "--if-possible", action="store_true", help="end with 0 where something is missing"
    )
    args = parser.parse_args()
    trees = zephyr.trees()
    missing = firmware.missing("qemu-system-arm", "wireguard-go", "wg", "ip")
    if not missing and os.geteuid() != 0:
        missing = "namespaces need root"
    if missing or not trees:
        print(f"zwg: no figures of the firmware: {missing or 'no Zephyr at hand'}", file=sys.stderr)
        return 0 if args.if_possible else 2
    with tempfile.TemporaryDirectory(prefix="zwg-bench-") as directory:
        tables = measure(trees[0], Path(directory))
    titles = (
        "Instructions for an answered ping",
        "Instructions from a ping's arrival to its answer",
        "The echo service through the tunnel",
    )
    for title, rows in zip(titles, tables, strict=True):
        print(f"{title}:\n\n{text(rows)}\n")
    if args.update:
        parts = [".. Written by bench/qemu.py --update; not by hand.", ""]
        parts += ["::", "", "   python3 bench/qemu.py", ""]
        for title, rows in zip(titles, tables, strict=True):
            parts += [title, "." * len(title), "", rst(rows), ""]
        DOCUMENT.write_text("\n".join(parts), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
