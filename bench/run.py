#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts what zwg costs on an emulated Cortex-M3, and prints a table.

Compiles the core for the processor with arm-none-eabi-gcc -O2, runs it in an emulator that counts,
and writes build/bench.json. Cycles are estimates: bench/m3/model.py is the model. Needs
arm-none-eabi-gcc (Debian: gcc-arm-none-eabi, libnewlib-arm-none-eabi) and bench/requirements.txt.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
COMMITTED = HERE / "figures.json"
DOCUMENT = ROOT / "docs" / "guide" / "figures-m3.inc"
LIMIT = 1.02
"""What a figure may grow to, times the committed one, before --check fails."""

try:
    from m3 import build, memory
    from m3.cases import SUFFIX, CaseError, Figure, measure
    from m3.machine import MachineError
except ModuleNotFoundError as error:
    sys.exit(f"zwg: no Python module {error.name}; pip install -r {HERE / 'requirements.txt'}")

MEASURED = ("instructions", "cycles_estimated", "code_bytes", "stack_bytes")
HEADINGS = ("", "instructions", "est. cycles", "code bytes", "stack bytes")


def table(figures: Sequence[Figure]) -> list[tuple[str, ...]]:
    """Rows of text, the first with the headings."""
    rows: list[tuple[str, ...]] = [HEADINGS]
    for figure in figures:
        values = figure.as_dict()
        name = figure.name.removesuffix(SUFFIX[figure.back_end])
        rows.append((name, *(f"{values[key]:,}" for key in MEASURED)))
    return rows


def memory_table(found: Sequence[memory.Memory]) -> list[tuple[str, ...]]:
    """Rows of text, the first with the headings."""
    rows: list[tuple[str, ...]] = [("peers", "device bytes", "of them a peer", "handshake job")]
    return rows + [(f"{m.peers}", f"{m.device:,}", f"{m.peer:,}", f"{m.job:,}") for m in found]


def text_table(rows: Sequence[Sequence[str]]) -> str:
    """The rows in aligned columns."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def rst_table(rows: Sequence[Sequence[str]]) -> str:
    """The rows as a reStructuredText list-table."""
    lines = [".. list-table::", "   :header-rows: 1", "   :align: left", ""]
    for row in rows:
        for i, cell in enumerate(row):
            lines.append(f"   {'* -' if i == 0 else '  -'} {cell}".rstrip())
    return "\n".join(lines)


TITLES = {
    "armv7m": "With the ARMv7-M kernels",
    "portable": "With the portable C",
}


MEMORY_TITLE = "Static RAM of the core"
MEMORY_NOTE = """\
A replay window of 2,048 packets, four allowed-IP prefixes a peer. There is no heap and there are no
globals: the device is all that the core keeps, and a job what the thread that computes handshakes
has beside it.
"""

NOTES = """\
``x25519-base`` makes a public key of a private one. The text is in one piece and aligned:
otherwise a Cortex-M3 takes one cycle more for each of its words, two at odd addresses, and reads or
writes twelve words for sixteen bytes.

That no secret shows in the time is checked by ``python3 bench/ctcheck.py``, and in the final image
of a firmware by ``python3 bench/ctcheck.py build/zephyr/zephyr.elf``. The portable C does not pass
on a Cortex-M3, whose UMULL and UMLAL take longer for some operands.
"""


def document(figures: dict[str, list[Figure]], found: Sequence[memory.Memory]) -> str:
    """The part of the documentation that holds the figures."""
    parts = [
        ".. Written by bench/run.py --update; not by hand.",
        "",
        "::",
        "",
        "   python3 bench/run.py",
        "",
    ]
    for back_end, title in TITLES.items():
        parts += [title, "." * len(title), "", rst_table(table(figures[back_end])), ""]
    parts += [NOTES, MEMORY_TITLE, "." * len(MEMORY_TITLE), "", rst_table(memory_table(found)), ""]
    return "\n".join([*parts, MEMORY_NOTE])


def growth(figures: Sequence[Figure], committed: Sequence[dict[str, str | int]]) -> list[str]:
    """What is wrong with ``figures``, compared with the committed ones."""
    before = {old["name"]: old for old in committed}
    wrong = []
    for figure in figures:
        new = figure.as_dict()
        old = before.pop(figure.name, None)
        if old is None:
            wrong.append(f"{figure.name}: there is no committed figure")
            continue
        for key in MEASURED:
            was, now = int(old[key]), int(new[key])
            if now > was * LIMIT:
                wrong.append(
                    f"{figure.name}: {key} grew from {was:,} to {now:,} "
                    f"({100 * (now / was - 1):+.1f} %)"
                )
    wrong += [f"{name}: no longer measured" for name in before]
    return wrong


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--json", type=Path, default=ROOT / "build" / "bench.json", metavar="FILE",
        help="where to write the figures (build/bench.json)",
    )  # fmt: skip
    parser.add_argument("--back-end", choices=build.BACK_ENDS, help="measure this one only (both)")
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--check", action="store_true",
        help="fail if a figure is more than 2 %% above the committed one (bench/figures.json)",
    )  # fmt: skip
    what.add_argument(
        "--update", action="store_true",
        help="make these the committed figures, and write the table in docs/",
    )  # fmt: skip
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the bench; the exit status is 1 for a figure that grew, 2 if it could not run."""
    args = parse(arguments)
    if args.back_end and (args.check or args.update):
        print("zwg: --check and --update need both back ends", file=sys.stderr)
        return 2
    figures: dict[str, list[Figure]] = {}
    try:
        for back_end in TITLES if args.back_end is None else (args.back_end,):
            with tempfile.TemporaryDirectory(prefix="zwg-bench-") as directory:
                figures[back_end] = measure(back_end, Path(directory))
            print(f"{TITLES[back_end]}:\n\n{text_table(table(figures[back_end]))}\n", flush=True)
        with tempfile.TemporaryDirectory(prefix="zwg-bench-") as directory:
            found = memory.measure(Path(directory))
        print(f"{MEMORY_TITLE}:\n\n{text_table(memory_table(found))}\n", flush=True)
    except (build.BuildError, CaseError, MachineError) as error:
        print(f"zwg: {error}", file=sys.stderr)
        return 2
    everything = [figure for group in figures.values() for figure in group]
    listed = json.dumps([figure.as_dict() for figure in everything], indent=1) + "\n"
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(listed, encoding="utf-8")
    if args.update:
        COMMITTED.write_text(listed, encoding="utf-8")
        DOCUMENT.write_text(document(figures, found), encoding="utf-8")
    if args.check:
        wrong = growth(everything, json.loads(COMMITTED.read_text(encoding="utf-8")))
        print("\n".join(wrong) or "No figure is more than 2 % above the committed one.")
        return 1 if wrong else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
