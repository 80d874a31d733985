# SPDX-License-Identifier: MIT
"""Reads conformance.list: what WireGuard must show, row by row, and which tests show it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

LIST = Path(__file__).with_name("conformance.list")
HEADING = "== "
NO_TEST = "no test: "


@dataclass(frozen=True)
class Row:
    """A behaviour. ``reason`` says why there is no test, if there is none."""

    name: str
    what: str
    tests: tuple[str, ...] = ()
    reason: str = ""

    @property
    def patterns(self) -> tuple[str, ...]:
        """What its tests match: regular expressions over ``program: test``."""
        return self.tests or (rf"^conformance\.\w+: {self.name} ", rf": test_{self.name}_")


@dataclass(frozen=True)
class Chapter:
    """Rows that belong together."""

    title: str
    rows: tuple[Row, ...]


def _row(lines: list[str]) -> Row:
    name, _, what = lines[0].partition("  ")
    below = [line.strip() for line in lines[1:]]
    reasons = [line.removeprefix(NO_TEST) for line in below if line.startswith(NO_TEST)]
    return Row(name, what, tuple(b for b in below if not b.startswith(NO_TEST)), *reasons)


def _chapter(text: str) -> Chapter:
    title, *lines = [line for line in text.splitlines() if line]
    rows: list[list[str]] = []
    for line in lines:
        if line.startswith(" "):
            rows[-1].append(line)
        else:
            rows.append([line])
    return Chapter(title, tuple(map(_row, rows)))


CHAPTERS = tuple(map(_chapter, LIST.read_text().split(f"\n{HEADING}")[1:]))
ROWS = tuple(row for chapter in CHAPTERS for row in chapter.rows)
