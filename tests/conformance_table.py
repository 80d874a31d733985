# SPDX-License-Identifier: MIT
"""Writes docs/conformance.rst from the results of a test run.

    tests/conformance_table.py --ctest build/tests/Testing/Temporary/LastTest.log \\
        --junit build/peers.xml --junit build/system.xml --junit build/host.xml

The first is what ctest leaves behind, the others what pytest writes with --junit-xml. Exit status
1 if a row failed, or was not run, or has neither a test nor a reason.
"""

from __future__ import annotations

import argparse
import re
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from conformance_rows import CHAPTERS, Row

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "conformance.rst"
# Sizes and back ends of the same test program.
VARIANT = re.compile(r"(\.(\d+|default|wide|narrow|simd|psa))+$")
TAP = re.compile(r"(ok|not ok) \d+ - (.*?)(?: # SKIP (.*)| \([^()]*checks?[^()]*\))?$")
NOTHING = re.compile(r"1\.\.0 # SKIP (.*)")
PASSED, FAILED, SKIPPED, DIFFERS = "passed", "FAILED", "not run", "differs"

HEAD = """\
.. Written by tests/conformance_table.py; "make conformance" writes it anew.

Conformance
===========

What a WireGuard implementation must show, the tests that show it here, and what came out. A test in
C runs the core on a simulated clock; the others are real programs over real UDP. In groups A to H a
test on ``wireguard-go`` shows that the script is right; where wireguard-go 0.0.20220316 is known to
differ, the test must fail on it.

"""


@dataclass
class Shown:
    """A test and what came of its runs, by what it ran on (nothing, for a test in C)."""

    name: str
    results: dict[str, set[tuple[str, str]]] = field(default_factory=dict)

    def add(self, on: str, result: str, reason: str = "") -> None:
        """One more run."""
        self.results.setdefault(on, set()).add((result, reason))

    def all(self) -> set[tuple[str, str]]:
        """Results with their reasons."""
        return {one for results in self.results.values() for one in results}


Tests = dict[str, Shown]


def _add(tests: Tests, name: str, on: str, result: str, reason: str = "") -> None:
    tests.setdefault(name, Shown(name)).add(on, result, reason)


def read_ctest(path: Path, tests: Tests) -> None:
    """The log of a ctest run. A program without a line for each test is one test."""
    program, lines = "", 0
    for line in path.read_text(errors="replace").splitlines():
        if begin := re.match(r"\d+/\d+ Testing: (\S+)", line):
            program, lines = VARIANT.sub("", begin[1]), 0
        elif tap := TAP.match(line):
            lines += 1
            result = FAILED if tap[1] == "not ok" else SKIPPED if tap[3] else PASSED
            _add(tests, f"{program}: {tap[2]}", "", result, tap[3] or "")
        elif nothing := NOTHING.match(line):
            lines += 1
            _add(tests, f"{program}: all", "", SKIPPED, nothing[1])
        elif line.startswith("Test ") and line.rstrip(".") in ("Test Passed", "Test Failed"):
            failed = line.startswith("Test Failed")
            if failed or lines == 0:
                _add(tests, f"{program}: all", "", FAILED if failed else PASSED)


def read_junit(path: Path, tests: Tests) -> None:
    """The results of pytest."""
    for case in ET.parse(path).iter("testcase"):
        module = case.get("classname", "").rpartition(".")[2]
        name, _, parameters = case.get("name", "").partition("[")
        # Tests of other suites may have such a parameter for the other end of their tunnel.
        live = case.find("properties/property[@name='row']") is not None
        target = re.match(r"wireguard-go|zwg-linux|zwg-sim", parameters) if live else None
        on = target[0] if target and not name.startswith("test_layer4") else ""
        result, reason = PASSED, ""
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            result = FAILED
        elif skipped is not None:
            expected = skipped.get("type") == "pytest.xfail"
            result, reason = DIFFERS if expected else SKIPPED, skipped.get("message", "")
        _add(tests, f"{module}: {name}", on, result, reason)


def of(row: Row, tests: Iterable[str]) -> list[str]:
    """The names of the tests that show a row."""
    return sorted(name for name in tests if any(re.search(p, name) for p in row.patterns))


def verdict(row: Row, shown: list[Shown]) -> tuple[str, list[str]]:
    """One word, and what there is to say beside it."""
    if row.reason:
        return "no test", [row.reason]
    everything = {one for test in shown for one in test.all()}
    said = sorted(
        f"{on} differs: {reason}"
        for on, reason in {
            (on, reason)
            for test in shown
            for on, results in test.results.items()
            for result, reason in results
            if result == DIFFERS
        }
    )
    said += [f"left out: {what}" for what in row.left_out]
    said += sorted(f"skipped: {reason}" for result, reason in everything if result == SKIPPED)
    results = {result for result, _ in everything}
    if FAILED in results:
        return FAILED, said
    return (PASSED if PASSED in results else SKIPPED), said


def _literal(name: str) -> str:
    program, _, test = name.partition(": ")
    return f"``{program}``: {escaped(test)}" if test != "all" else f"``{program}``"


def escaped(text: str) -> str:
    """Text as reStructuredText takes it."""
    return re.sub(r"([*`|\\]|_\b)", r"\\\1", text)


def _line(row: Row, test: Shown) -> str:
    name = test.name
    program, _, words = name.partition(": ")
    if words.startswith("test_"):
        words = words.removeprefix("test_").replace("_", " ")
        on = ", ".join(target for target in sorted(test.results) if target)
        return f"``{program}``: {escaped(words)}" + (f" ({on})" if on else "")
    return _literal(name)


def render(tests: Tests) -> tuple[str, list[str]]:
    """The page, and the rows that are not as they should be."""
    out, wrong = [HEAD], []
    for chapter in CHAPTERS:
        out += [chapter.title, "-" * len(chapter.title), ""]
        out += [".. list-table::", "   :header-rows: 1", "   :widths: 10 25 50 15", ""]
        out += ["   * - Row", "     - Behaviour", "     - Tests", "     - Result"]
        for row in chapter.rows:
            shown = [tests[name] for name in of(row, tests)]
            result, said = verdict(row, shown)
            if result in (FAILED, SKIPPED):
                wrong.append(f"{row.name}: {result}")
            out += [f"   * - {escaped(row.name)}", f"     - {escaped(row.what)}"]
            out += _cell([_line(row, test) for test in shown])
            out += _cell([result, *map(escaped, said)])
        out.append("")
    return "\n".join(out), wrong


def _cell(lines: list[str]) -> list[str]:
    if len(lines) == 1:
        return [f"     - {lines[0]}"]
    return ["     -", *(f"       * {line}" for line in lines)] if lines else ["     -"]


def main() -> int:
    parser = argparse.ArgumentParser(description="Writes docs/conformance.rst.")
    parser.add_argument("--ctest", type=Path, action="append", default=[])
    parser.add_argument("--junit", type=Path, action="append", default=[])
    args = parser.parse_args()
    tests: Tests = {}
    for path in args.ctest:
        read_ctest(path, tests)
    for path in args.junit:
        read_junit(path, tests)
    page, wrong = render(tests)
    PAGE.write_text(page)
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
