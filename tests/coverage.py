#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures which lines and branches of core/ the C tests reach, with gcc --coverage and gcov.

Builds tests/core with coverage, runs every test in it (units, vectors, board, conformance, the
simulator and the fuzz corpus), and adds up what each program saw of a line or branch. `--uncovered`
prints what no test reached. docs/coverage.rst explains each of these by its file, function and
text, and names each source that no test here is built of; the exit status is 1 if a test fails, if
something is not explained there, or less than 95 % of the lines are reached. CC names another GCC.
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
CC = os.environ.get("CC", "gcc")
GCOV = CC.replace("gcc", "gcov")


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


def build_and_run(build: Path, jobs: int) -> bool:
    """Builds everything with coverage and runs it. False, and it is printed, if a test fails."""
    for old in build.rglob("*.gcda"):
        old.unlink()
    configure = [
        "cmake", "-S", ROOT / "tests/core", "-B", build, "-DCMAKE_BUILD_TYPE=None",
        "-DCMAKE_C_FLAGS=-O0 -g --coverage -fprofile-update=atomic -fno-inline",
        f"-DCMAKE_C_COMPILER={CC}",
    ]  # fmt: skip
    subprocess.run([str(word) for word in configure], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(
        ["cmake", "--build", build, "-j", str(jobs)], check=True, stdout=subprocess.DEVNULL
    )
    # Constant time runs in valgrind, which coverage confuses. Thousands of seeds of the simulator
    # take long without the optimiser; a few reach as much.
    skip = r"constant_time|^sim\.fast"
    tests = ["ctest", "--test-dir", build, "-j", str(jobs), "-E", skip, "--output-on-failure"]
    simulator = [build / "sim" / "sim", "--seeds", "100"]
    good = True
    for command in (tests, simulator):
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        if done.returncode:
            print(f"{done.stdout}{command[0]}: exit status {done.returncode}")
            good = False
    return good


def gcov(build: Path, note: Path, where: Path) -> list[dict]:
    """What one object file saw, as gcov's JSON."""
    done = subprocess.run(
        [GCOV, "--json-format", "--stdout", "--branch-probabilities", str(note)],
        cwd=build, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [
        file
        for document in done.stdout.splitlines()
        if document.startswith("{")
        for file in json.loads(document)["files"]
        if Path(file["file"]).resolve().is_relative_to(where)
    ]


def fold(branches: list[int], clones: int) -> list[int]:
    """One function's branches. One inlined into `clones` of target_clones, of which the processor
    runs one, has those of each after the other's."""
    if clones < 2 or len(branches) % clones:
        return branches
    each = len(branches) // clones
    return [sum(branches[i::each]) for i in range(each)]


def collect(build: Path, where: Path) -> Coverage:
    """The sum over every object file of the build."""
    coverage: Coverage = defaultdict(lambda: defaultdict(Line))
    for note in sorted(build.rglob("*.gcno")):
        if not note.with_suffix(".gcda").exists():
            continue
        for file in gcov(build, note, where):
            path = Path(file["file"]).resolve().relative_to(ROOT)
            # Clones are called NAME.PROCESSOR; what is theirs is told by function, what was
            # inlined into them is not.
            clones = sum("." in function["name"] for function in file["functions"])
            for seen in file["lines"]:
                branches = [branch["count"] for branch in seen["branches"]]
                if "function_name" not in seen:
                    branches = fold(branches, clones)
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


@dataclass(frozen=True)
class Missed:
    """Something that no test reached, known by `file`, `function` and `text`: lines may move."""

    file: str
    function: str
    text: str

    def __str__(self) -> str:
        return f"{self.file} {self.function}(): {self.text}"


def functions(source: list[str]) -> list[str]:
    """To which function each line belongs. A function's name and body begin in the first column."""
    found, name, here = [], "", ""
    for line in source:
        if (word := re.match(r"[A-Za-z_].*?\b(\w+)\(", line)) and not line.endswith(";"):
            name = word[1]
        if line == "{":
            here = name
        found.append(here)
        if line == "}":
            here = ""
    return found


def uncovered(coverage: Coverage) -> list[tuple[str, Missed]]:
    """Lines never reached, and lines that never went one of their ways: where and what."""
    found = []
    for path, lines in sorted(coverage.items()):
        source = (ROOT / path).read_text().splitlines()
        owners = functions(source)
        for number, line in sorted(lines.items()):
            what = Missed(str(path), owners[number - 1], source[number - 1].strip())
            missed = sum(count == 0 for count in line.branches)
            if line.count == 0:
                found.append((f"line {number}", what))
            elif missed:
                found.append((f"line {number}, {missed} of {len(line.branches)} ways", what))
    return found


def not_measured(coverage: Coverage, where: Path) -> list[str]:
    """The sources that are in no test which ran, or that gcov cannot measure."""
    sources = sorted(path for kind in ("*.c", "*.S") for path in where.rglob(kind))
    return [
        str(path.relative_to(ROOT)) for path in sources if path.relative_to(ROOT) not in coverage
    ]


def explained() -> tuple[set[Missed], set[str]]:
    """What docs/coverage.rst explains: what is not reached, and which files are not measured."""
    page = (ROOT / "docs/coverage.rst").read_text()
    missed = re.findall(r"^``(core/\S+) (\w+)\(\): (.+)``$", page, re.MULTILINE)
    files = re.findall(r"``(core/[\w./]+\.[cS])``", page)
    return {Missed(*words) for words in missed}, set(files)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "coverage")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--of", type=Path, default=ROOT / "core", help="the directory measured")
    parser.add_argument("--uncovered", action="store_true", help="print what was not reached")
    parser.add_argument("--no-run", action="store_true", help="only add up what is there")
    args = parser.parse_args()
    if "gcc" not in CC:
        print(f"coverage needs GCC, not {CC} (CC)", file=sys.stderr)
        return 2
    for tool in (CC, GCOV, "cmake"):
        if not shutil.which(tool):
            print(f"coverage needs {tool}", file=sys.stderr)
            return 2
    good = args.no_run or build_and_run(args.build.resolve(), args.jobs)
    coverage = collect(args.build.resolve(), args.of.resolve())
    everything: dict[int, Line] = {}
    for path, lines in sorted(coverage.items()):
        of_lines, of_branches = summarise(lines)
        print(f"{path!s:36} lines {of_lines!s:24} branches {of_branches}")
        everything.update({len(everything) + i: line for i, line in enumerate(lines.values())})
    of_lines, of_branches = summarise(everything)
    print(f"{'all':36} lines {of_lines!s:24} branches {of_branches}")
    reasons, without = explained()
    missing = uncovered(coverage)
    unexplained = [(where, what) for where, what in missing if what not in reasons]
    for where, what in missing if args.uncovered else unexplained:
        print(f"{what}  [{where}]")
    print(f"{len(missing)} not reached, {len(unexplained)} of them not explained")
    unmeasured = [path for path in not_measured(coverage, args.of.resolve()) if path not in without]
    for path in unmeasured:
        print(f"{path}: not measured, and docs/coverage.rst does not say why")
    enough = of_lines.total > 0 and 100.0 * of_lines.reached / of_lines.total >= GOAL
    return 0 if good and enough and not unexplained and not unmeasured else 1


if __name__ == "__main__":
    sys.exit(main())
