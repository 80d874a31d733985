# SPDX-License-Identifier: MIT
"""Reads conformance.list: what WireGuard must show, row by row, and which tests show it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

LIST = Path(__file__).with_name("conformance.list")
HEADING = "== "
NO_TEST = "no test: "
LEFT_OUT = "left out: "


@dataclass(frozen=True)
class Row:
    """A behaviour. ``reason`` says why there is no test, if there is none, and ``left_out`` what of
    the behaviour the tests do not show, and why."""

    name: str
    what: str
    tests: tuple[str, ...] = ()
    reason: str = ""
    left_out: tuple[str, ...] = ()

    @property
    def patterns(self) -> tuple[str, ...]:
        """What its tests match: regular expressions over ``program: test``."""
        return self.tests or (rf"^conformance\.\w+: {self.name} ", rf": test_{self.name}_")


@dataclass(frozen=True)
class Chapter:
    """Rows that belong together."""

    title: str
    rows: tuple[Row, ...]


def _said(lines: list[str], word: str) -> list[str]:
    return [line.removeprefix(word) for line in lines if line.startswith(word)]


def _row(lines: list[str]) -> Row:
    name, _, what = lines[0].partition("  ")
    below = [line.strip() for line in lines[1:]]
    tests = tuple(line for line in below if not line.startswith((NO_TEST, LEFT_OUT)))
    return Row(name, what, tests, "".join(_said(below, NO_TEST)), tuple(_said(below, LEFT_OUT)))


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
