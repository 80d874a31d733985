#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures which lines and branches of core/ the C tests reach, with gcc --coverage and gcov.

Builds tests/core with coverage, runs every test in it (units, vectors, board, conformance, the
simulator and the fuzz corpus), and adds up what each program saw of a line or branch. `--uncovered`
prints what no test reached. docs/coverage.rst explains each of these; the exit status is 1 if one
is not explained there, or less than 95 % of the lines are reached.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GOAL = 95.0


@dataclass
class Line:
    """What was seen of a line: how often it ran, and how often each of its branches went.

    Built with other sizes a line may have another number of branches, as the compiler folds
    conditions; each number is counted by itself.
    """

    count: int = 0
    shapes: dict[int, list[int]] = field(default_factory=dict)

    def add(self, count: int, branches: list[int]) -> None:
        """Adds what one program saw."""
        self.count += count
        sums = self.shapes.setdefault(len(branches), [0] * len(branches))
        for number, taken in enumerate(branches):
            sums[number] += taken

    @property
    def branches(self) -> list[int]:
        """How often each branch went, where the compiler left most of them."""
        return self.shapes[max(self.shapes)] if self.shapes else []


Coverage = dict[Path, dict[int, Line]]


def build_and_run(build: Path, jobs: int) -> None:
    """Builds everything with coverage and runs it; a failing test is reported, not fatal."""
    for old in build.rglob("*.gcda"):
        old.unlink()
    configure = [
        "cmake", "-S", ROOT / "tests/core", "-B", build, "-DCMAKE_BUILD_TYPE=None",
        "-DCMAKE_C_FLAGS=-O0 -g --coverage -fprofile-update=atomic -fno-inline",
    ]  # fmt: skip
    subprocess.run([str(word) for word in configure], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(
        ["cmake", "--build", build, "-j", str(jobs)], check=True, stdout=subprocess.DEVNULL
    )
    # Constant time runs in valgrind, which coverage confuses. Thousands of seeds of the simulator
    # take long without the optimiser; a few reach as much.
    skip = r"constant_time|^sim\.fast"
    subprocess.run(["ctest", "--test-dir", build, "-j", str(jobs), "-E", skip, "-Q"], check=False)
    simulator = build / "sim" / "sim"
    if simulator.exists():
        subprocess.run([simulator, "--seeds", "100"], check=False, stdout=subprocess.DEVNULL)


def gcov(build: Path, note: Path, where: Path) -> list[dict]:
    """What one object file saw, as gcov's JSON."""
    done = subprocess.run(
        ["gcov", "--json-format", "--stdout", "--branch-probabilities", str(note)],
        cwd=build, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [
        file
        for document in done.stdout.splitlines()
        if document.startswith("{")
        for file in json.loads(document)["files"]
        if Path(file["file"]).resolve().is_relative_to(where)
    ]


def collect(build: Path, where: Path) -> Coverage:
    """The sum over every object file of the build."""
    coverage: Coverage = defaultdict(lambda: defaultdict(Line))
    for note in sorted(build.rglob("*.gcno")):
        if not note.with_suffix(".gcda").exists():
            continue
        for file in gcov(build, note, where):
            path = Path(file["file"]).resolve().relative_to(ROOT)
            for seen in file["lines"]:
                branches = [branch["count"] for branch in seen["branches"]]
                coverage[path][seen["line_number"]].add(seen["count"], branches)
    return coverage


@dataclass(frozen=True)
class Sum:
    """Reached and all."""

    reached: int
    total: int

    def __str__(self) -> str:
        percent = 100.0 * self.reached / self.total if self.total else 100.0
        return f"{percent:6.1f} % ({self.reached} of {self.total})"


def summarise(lines: dict[int, Line]) -> tuple[Sum, Sum]:
    """Lines, and branches."""
    branches = [count for line in lines.values() for count in line.branches]
    return (
        Sum(sum(line.count > 0 for line in lines.values()), len(lines)),
        Sum(sum(count > 0 for count in branches), len(branches)),
    )


def uncovered(coverage: Coverage) -> list[tuple[str, str]]:
    """Lines never reached, and lines that never went one of their ways: what, and the source."""
    found = []
    for path, lines in sorted(coverage.items()):
        source = (ROOT / path).read_text().splitlines()
        for number, line in sorted(lines.items()):
            text = source[number - 1].strip()
            missed = sum(count == 0 for count in line.branches)
            if line.count == 0:
                found.append((f"{path}:{number}: line", text))
            elif missed:
                found.append((f"{path}:{number}: {missed} of {len(line.branches)} ways", text))
    return found


def explained() -> set[tuple[str, str]]:
    """What docs/coverage.rst explains: file and the text of the line, so that numbers may move."""
    page = (ROOT / "docs/coverage.rst").read_text()
    return set(re.findall(r"^``(core/\S+): (.+)``$", page, re.MULTILINE))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "coverage")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--of", type=Path, default=ROOT / "core", help="the directory measured")
    parser.add_argument("--uncovered", action="store_true", help="print what was not reached")
    parser.add_argument("--no-run", action="store_true", help="only add up what is there")
    args = parser.parse_args()
    for tool in ("gcc", "gcov", "cmake"):
        if not shutil.which(tool):
            print(f"coverage needs {tool}", file=sys.stderr)
            return 2
    if not args.no_run:
        build_and_run(args.build.resolve(), args.jobs)
    coverage = collect(args.build.resolve(), args.of.resolve())
    everything: dict[int, Line] = {}
    for path, lines in sorted(coverage.items()):
        of_lines, of_branches = summarise(lines)
        print(f"{path!s:36} lines {of_lines!s:24} branches {of_branches}")
        everything.update({len(everything) + i: line for i, line in enumerate(lines.values())})
    of_lines, of_branches = summarise(everything)
    print(f"{'all':36} lines {of_lines!s:24} branches {of_branches}")
    reasons = explained()
    missing = uncovered(coverage)
    unexplained = [
        (where, text) for where, text in missing if (where.split(":")[0], text) not in reasons
    ]
    for where, text in missing if args.uncovered else unexplained:
        print(f"{where}: {text}")
    print(f"{len(missing)} not reached, {len(unexplained)} of them not explained")
    enough = of_lines.total > 0 and 100.0 * of_lines.reached / of_lines.total >= GOAL
    return 0 if enough and not unexplained else 1


if __name__ == "__main__":
    sys.exit(main())
