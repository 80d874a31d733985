#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs every test that this machine can run, and says what it could not run and why.

A stage is a set of commands that together prove one thing. The last line counts the stages; the
exit status is 0 only if none failed and something passed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class Failed(Exception):
    """A command of a stage ended with an error."""


class Skipped(Exception):
    """A stage cannot run here; the text says why."""


@dataclass(frozen=True)
class Context:
    """Where to build and how many jobs to run at once."""

    build: Path
    jobs: int

    def run(self, *command: str | Path, quiet: bool = False, **env: str) -> None:
        """Runs a command in the repository's root; with `quiet` its output is shown on failure."""
        words = [str(word) for word in command]
        done = subprocess.run(
            words,
            cwd=ROOT,
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if quiet else None,
            stderr=subprocess.STDOUT if quiet else None,
            text=True,
            check=False,
        )
        if done.returncode:
            if quiet:
                print(done.stdout)
            raise Failed(f"{' '.join(words)}: exit status {done.returncode}")

    def pytest(self, *args: str | Path, **env: str) -> None:
        """Runs pytest; a directory whose tests all skip themselves is skipped, not passed."""
        command = [sys.executable, "-m", "pytest", "-q", "-ra", "-p", "no:cacheprovider", *args]
        self.run(*command, **env)

    def cmake(self, source: str, name: str, *options: str) -> Path:
        """Configures and builds a CMake project below the build directory."""
        build = self.build / name
        self.run("cmake", "-S", source, "-B", build, *options, quiet=True)
        self.run("cmake", "--build", build, "--parallel", str(self.jobs), quiet=True)
        return build


SANITIZE = ("-DZWG_SANITIZE=ON", "-DCMAKE_BUILD_TYPE=RelWithDebInfo")


def ctest(context: Context, name: str, *options: str) -> None:
    """Builds the C tests under the sanitizers and runs them."""
    build = context.cmake("tests/core", name, *SANITIZE, *options)
    context.run(
        "ctest", "--test-dir", build, "--output-on-failure", "--parallel", str(context.jobs)
    )


def core(context: Context) -> None:
    ctest(context, "tests")


def core_32(context: Context) -> None:
    with tempfile.TemporaryDirectory() as directory:
        source = Path(directory) / "probe.c"
        source.write_text("#include <stdlib.h>\nint main(void) { return 0; }\n")
        probe = subprocess.run(
            [
                os.environ.get("CC", "cc"),
                "-m32",
                "-fsanitize=address",
                source,
                "-o",
                source.with_suffix(""),
            ],
            capture_output=True,
            check=False,
        )
    if probe.returncode:
        raise Skipped("the compiler cannot build for 32 bits (Debian: apt install gcc-multilib)")
    ctest(context, "tests-32", "-DCMAKE_C_FLAGS=-m32")


def host(context: Context) -> None:
    context.pytest("tests/host")


def system(context: Context) -> None:
    build = context.cmake("linux-app", "linux-asan", *SANITIZE)
    context.pytest("tests/system", ZWG_BUILD=str(build))


def firmware(context: Context) -> None:
    if not (ROOT / "tests/zephyr").is_dir():
        raise Skipped("there is no firmware yet")
    context.pytest("tests/zephyr")


def cortex_m(context: Context) -> None:
    for tool in ("arm-none-eabi-gcc", "arm-none-eabi-objdump"):
        if not shutil.which(tool):
            raise Skipped(f"no {tool} (Debian: apt install gcc-arm-none-eabi)")
    context.pytest("tests/core/armv7m")
    context.run(sys.executable, "bench/run.py", "--check")


def docs(context: Context) -> None:
    context.pytest("tests/docs")


def lint(context: Context) -> None:
    ruff = Path(sys.executable).parent / "ruff"
    mypy = Path(sys.executable).parent / "mypy"
    context.run(ruff, "check", "--quiet", "docs", "host", "tests", "tools", "bench")
    context.run(mypy, "--config-file", "host/pyproject.toml", "host/src")


STAGES: dict[str, tuple[str, Callable[[Context], None]]] = {
    "core": ("core and board in C, ASan and UBSan", core),
    "core-32": ("the same, built for 32 bits", core_32),
    "host": ("wg-host", host),
    "system": ("zwg-sim and zwg-linux with real peers, ASan and UBSan", system),
    "cortex-m": ("crypto on an emulated Cortex-M3", cortex_m),
    "firmware": ("the firmware on Zephyr", firmware),
    "docs": ("the documentation, and all that it names", docs),
    "lint": ("style and types of the Python code", lint),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=ROOT / "build")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    parser.add_argument(
        "--only", action="append", choices=STAGES, help="run this stage; may be repeated"
    )
    args = parser.parse_args()
    context = Context(args.build.resolve(), args.jobs)
    results: list[tuple[str, str, float, str]] = []
    for name in args.only or STAGES:
        title, stage = STAGES[name]
        print(f"\n== {name}: {title}", flush=True)
        begin = time.monotonic()
        try:
            stage(context)
            outcome, why = "passed", ""
        except Skipped as skipped:
            outcome, why = "skipped", str(skipped)
        except Failed as failed:
            outcome, why = "FAILED", str(failed)
        results.append((name, outcome, time.monotonic() - begin, why))
    print()
    for name, outcome, seconds, why in results:
        print(f"{outcome:8} {name:10} {seconds:6.1f} s  {why}".rstrip())
    count = [outcome for _, outcome, _, _ in results].count
    print(f"{count('passed')} passed, {count('FAILED')} failed, {count('skipped')} skipped")
    return 0 if count("passed") and not count("FAILED") else 1


if __name__ == "__main__":
    sys.exit(main())
