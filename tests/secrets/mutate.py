#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Takes each wipe out of core/ in turn, and says which test notices.

Works in a copy of the tree. A wipe that no test misses is printed as SURVIVED; docs/secrets.rst
says why for those that are known. The exit status is 1 if another one survived.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
WIPE = re.compile(r"^\s*zwg_wipe(?:_stack)?\((?P<what>.*)\);$")
# Without the stack wiped too, which hides what a function forgot; with these flags Clang 14 leaves
# nothing there by itself that the tests know of.
BUILDS = {
    "bare": ("clang", "-O2 -DZWG_STACK_WIPE=1"),
    "O2": ("gcc", "-O2"),
    "O0": ("gcc", "-O0"),
}
TESTS = r"^(edges|secrets\.wiping|conformance\.h_wiping|vectors\.(blake2s|aead)\.wide)$"
TARGETS = (
    "edges",
    "secrets_wiping",
    "conformance_h_wiping",
    "vectors_blake2s_wide",
    "vectors_aead_wide",
)


@dataclass(frozen=True)
class Wipe:
    """A statement that wipes: its file, relative to the root, line (from 1) and text."""

    file: Path
    line: int
    text: str


def wipes(files: list[Path]) -> list[Wipe]:
    """Every wiping statement of these files."""
    found = []
    for file in files:
        for number, line in enumerate(file.read_text().splitlines(), 1):
            if WIPE.match(line):
                found.append(Wipe(file.relative_to(ROOT), number, line.strip()))
    return found


def shell(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs a command; its output is captured."""
    words = [str(word) for word in command]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=900)


def configure(tree: Path, jobs: int) -> None:
    """Builds the tests of the copy in every way, and sees that all pass."""
    for name, (compiler, flags) in BUILDS.items():
        shell(
            "cmake", "-S", tree / "tests/core", "-B", tree / name, "-DCMAKE_BUILD_TYPE=None",
            f"-DCMAKE_C_FLAGS={flags}", f"-DCMAKE_C_COMPILER={compiler}",
        )  # fmt: skip
        noticed = run(tree, name, jobs)
        if noticed:
            sys.exit(f"without a mutation, {name}: {noticed}")


def run(tree: Path, name: str, jobs: int) -> str:
    """Builds and runs the tests of one build; which of them fail, or nothing."""
    done = shell("cmake", "--build", tree / name, "-j", str(jobs), "--target", *TARGETS)
    if done.returncode:
        return "does not compile" if "error:" in done.stdout + done.stderr else done.stderr
    done = shell("ctest", "--test-dir", tree / name, "-R", TESTS)
    failed = re.findall(r"- (\S+) \(\w+\)", done.stdout)
    return ", ".join(f"{test} {name}" for test in failed)


def mutate(tree: Path, wipe: Wipe, jobs: int) -> str:
    """Takes one wipe out of the copy; what notices it. Puts it back."""
    path = tree / wipe.file
    original = path.read_text()
    lines = original.splitlines(keepends=True)
    lines[wipe.line - 1] = "\t(void)0;\n"
    path.write_text("".join(lines))
    try:
        for name in BUILDS:
            noticed = run(tree, name, jobs)
            if noticed:
                return noticed
        return ""
    finally:
        path.write_text(original)


def known() -> set[str]:
    """The survivors that docs/secrets.rst explains, as FILE: TEXT."""
    page = (ROOT / "docs/secrets.rst").read_text()
    return set(re.findall(r"^``(core/\S+: .*)``$", page, re.MULTILINE))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("files", nargs="*", type=Path, help="of core/; all by default")
    args = parser.parse_args()
    files = [file.resolve() for file in args.files] or sorted(
        [
            *ROOT.glob("core/*.c"),
            *ROOT.glob("core/crypto/*.c"),
            *ROOT.glob("core/crypto/portable/*"),
        ]
    )
    survivors = set()
    with tempfile.TemporaryDirectory() as directory:
        tree = Path(directory)
        for part in ("core", "board", "linux-app", "tests"):
            shutil.copytree(ROOT / part, tree / part)
        configure(tree, args.jobs)
        for wipe in wipes(files):
            noticed = mutate(tree, wipe, args.jobs)
            print(f"{wipe.file}:{wipe.line}: {wipe.text}\n    {noticed or 'SURVIVED'}", flush=True)
            if not noticed:
                survivors.add(f"{wipe.file}: {wipe.text}")
    unexplained = survivors - known()
    print(f"{len(survivors)} survived, {len(unexplained)} of them not explained")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
