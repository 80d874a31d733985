#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs every test that this machine can run, and says what it could not run and why.

A stage is a set of commands that together prove one thing. Stages that compute run one after the
other in one lane; those that mostly wait for a protocol's timers run beside them in another. What a
stage prints is kept in BUILD/logs and shown when it ends. The last line counts the stages; the exit
status is 0 only if none failed and something passed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
TOOLS = Path(sys.executable).parent
CLANG_FORMAT = "14.0.6"  # As .github/workflows/ci.yml installs it.
C_ROOMS = (
    "bench",
    "board",
    "boards",
    "core",
    "docs",
    "linux-app",
    "samples",
    "tests",
    "zephyr-app",
)
SANITIZE = ("-DZWG_SANITIZE=ON", "-DCMAKE_BUILD_TYPE=RelWithDebInfo")


class Failed(Exception):
    """A command of a stage ended with an error."""


class Skipped(Exception):
    """A stage cannot run here; the text says why."""


@dataclass(frozen=True)
class Context:
    """What a stage works with: where to build, how many jobs to run at once, where to print."""

    name: str
    build: Path
    jobs: int

    @property
    def log(self) -> Path:
        return self.build / "logs" / f"{self.name}.log"

    def run(self, *command: str | Path, quiet: bool = False, **env: str) -> None:
        """Runs a command in the repository's root; with `quiet` its output is kept if it fails."""
        words = [str(word) for word in command]
        with self.log.open("a", encoding="utf-8") as log, tempfile.TemporaryFile("w+") as aside:
            done = subprocess.run(
                words,
                cwd=ROOT,
                env={**os.environ, **env},
                stdin=subprocess.DEVNULL,
                stdout=aside if quiet else log,
                stderr=subprocess.STDOUT,
                check=False,
            )
            if done.returncode and quiet:
                aside.seek(0)
                shutil.copyfileobj(aside, log)
        if done.returncode:
            command = shorten(" ".join(words), 300, placeholder=" ...")
            raise Failed(f"{command}: exit status {done.returncode}")

    def pytest(self, *args: str | Path, **env: str) -> None:
        """Runs pytest. If every test skips itself the stage is skipped, for the first's reason."""
        report = self.log.with_suffix(".xml")
        report.unlink(missing_ok=True)
        flags = ("-q", "-ra", "-p", "no:cacheprovider", f"--junitxml={report}")
        self.run(sys.executable, "-m", "pytest", *flags, *args, **env)
        cases = ElementTree.parse(report).getroot().findall(".//testcase")
        skips = [case.find("skipped") for case in cases]
        if cases and all(skip is not None for skip in skips):
            reasons = {skip.get("message", "") for skip in skips if skip is not None}
            raise Skipped("; ".join(sorted(reasons)))

    def cmake(self, source: str, name: str, *options: str) -> Path:
        """Configures and builds a CMake project below the build directory."""
        build = self.build / name
        self.run("cmake", "-S", source, "-B", build, *options, quiet=True)
        self.run("cmake", "--build", build, "--parallel", str(self.jobs), quiet=True)
        return build

    def ctest(self, name: str, *options: str) -> None:
        """Builds the C tests under the sanitizers and runs them."""
        build = self.cmake("tests/core", name, *SANITIZE, *options)
        parallel = ("--parallel", str(self.jobs))
        self.run("ctest", "--test-dir", build, "--output-on-failure", *parallel)


def core(context: Context) -> None:
    context.ctest("tests")


def core_32(context: Context) -> None:
    with tempfile.TemporaryDirectory() as directory:
        source = Path(directory) / "probe.c"
        source.write_text("#include <stdlib.h>\nint main(void) { return 0; }\n")
        compiler = os.environ.get("CC", "cc")
        command = [compiler, "-m32", "-fsanitize=address", source, "-o", source.with_suffix("")]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            raise Skipped(f"{compiler} cannot build for 32 bits (Debian: apt install gcc-multilib)")
    context.ctest("tests-32", "-DCMAKE_C_FLAGS=-m32")


def cortex_m(context: Context) -> None:
    for tool in ("arm-none-eabi-gcc", "arm-none-eabi-objdump"):
        if not shutil.which(tool):
            raise Skipped(f"no {tool} (Debian: apt install gcc-arm-none-eabi)")
    context.pytest("tests/core/armv7m")
    context.run(sys.executable, "bench/run.py", "--check")


def firmware(context: Context) -> None:
    context.pytest("tests/zephyr")


def secrets(context: Context) -> None:
    build = context.cmake("tests/core", "tests-plain", "-DCMAKE_BUILD_TYPE=RelWithDebInfo")
    if not shutil.which("valgrind"):
        print("constant time is not tested: no valgrind (Debian: apt install valgrind)")
    context.run("ctest", "--test-dir", build, "--output-on-failure", "-R", "^secrets|constant_time")


def big_endian(context: Context) -> None:
    for triplet, emulator in (("powerpc-linux-gnu", "qemu-ppc"), ("s390x-linux-gnu", "qemu-s390x")):
        compiler = shutil.which(f"{triplet}-gcc") or shutil.which(f"{triplet}-gcc-12")
        if compiler and shutil.which(emulator):
            break
    else:
        raise Skipped(
            "no compiler and emulator for a big-endian machine (Debian: apt install qemu-user"
            " gcc-powerpc-linux-gnu libc6-dev-powerpc-cross; excludes gcc-multilib)"
        )
    build = context.cmake(
        "tests/core",
        f"tests-{triplet}",
        "-DCMAKE_SYSTEM_NAME=Linux",
        f"-DCMAKE_C_COMPILER={compiler}",
        "-DCMAKE_C_FLAGS=-static",
        f"-DCMAKE_CROSSCOMPILING_EMULATOR={emulator}",
        "-DCMAKE_BUILD_TYPE=RelWithDebInfo",
    )
    # Thousands of seeds of the simulator take an hour there; what Python starts is not emulated.
    context.run(
        "ctest", "--test-dir", build, "--output-on-failure", "--parallel", str(context.jobs),
        "-E", r"^sim\.fast|wycheproof|json",
    )  # fmt: skip
    context.run(emulator, build / "sim" / "sim", "--seeds", "20")


def host(context: Context) -> None:
    build = context.cmake("linux-app", "linux-asan", *SANITIZE)
    context.pytest("tests/host", ZWG_BUILD=str(build))


def system(context: Context) -> None:
    build = context.cmake("linux-app", "linux-asan", *SANITIZE)
    context.pytest("tests/system", ZWG_BUILD=str(build))


def peers(context: Context) -> None:
    build = context.cmake("linux-app", "linux-asan", *SANITIZE)
    # What must run alone cannot beside the other lane; `make test-peers` runs it.
    context.pytest("tests/peers", "-m", "not alone", ZWG_BUILD=str(build))


def docs(context: Context) -> None:
    context.pytest("tests/docs")


def lint(context: Context) -> None:
    rooms = ["docs", "host", "tests", "tools", "bench"]
    context.run(TOOLS / "ruff", "check", "--quiet", *rooms)
    context.run(TOOLS / "ruff", "format", "--check", "--quiet", *rooms)
    context.run(TOOLS / "mypy", "--config-file", "host/pyproject.toml", "host/src")


def layout(context: Context) -> None:
    tool = shutil.which("clang-format")
    said = tool and subprocess.run([tool, "--version"], capture_output=True, text=True, check=False)
    if not said or f"version {CLANG_FORMAT}" not in said.stdout:
        raise Skipped(f"no clang-format {CLANG_FORMAT} (others lay out differently)")
    files = [f for room in C_ROOMS for f in sorted((ROOT / room).rglob("*.[ch]"))]
    context.run(tool, "--dry-run", "--Werror", *files)


@dataclass(frozen=True)
class Stage:
    title: str
    run: Callable[[Context], None]
    waits: bool = False


STAGES = {
    "lint": Stage("style and types of the Python code", lint),
    "layout": Stage("layout of the C code", layout),
    "core": Stage("core and board in C, ASan and UBSan", core),
    "core-32": Stage("the same, built for 32 bits", core_32),
    "secrets": Stage("what is left of secrets, and whether time depends on them", secrets),
    "big-endian": Stage("core and board on an emulated big-endian machine", big_endian),
    "cortex-m": Stage("crypto on an emulated Cortex-M3", cortex_m),
    "docs": Stage("the documentation, and all that it names", docs),
    "firmware": Stage("the firmware on Zephyr", firmware),
    "host": Stage("wg-host", host, waits=True),
    "system": Stage("zwg-sim and zwg-linux, ASan and UBSan", system, waits=True),
    "peers": Stage("the protocol's rules, held against real peers", peers, waits=True),
}


@dataclass(frozen=True)
class Result:
    name: str
    outcome: str
    seconds: float
    why: str

    def __str__(self) -> str:
        return f"{self.outcome:8} {self.name:10} {self.seconds:6.1f} s  {self.why}".rstrip()


printing = threading.Lock()


def run_stage(context: Context) -> Result:
    stage = STAGES[context.name]
    context.log.parent.mkdir(parents=True, exist_ok=True)
    context.log.write_text("")
    begin = time.monotonic()
    try:
        stage.run(context)
        outcome, why = "passed", ""
    except Skipped as skipped:
        outcome, why = "skipped", str(skipped)
    except Failed as failed:
        outcome, why = "FAILED", str(failed)
    result = Result(context.name, outcome, time.monotonic() - begin, why)
    with printing:
        print(f"== {context.name}: {stage.title}")
        print(context.log.read_text(encoding="utf-8", errors="replace"))
        print(result, flush=True)
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=ROOT / "build")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    parser.add_argument(
        "--only", action="append", choices=STAGES, help="run this stage; may be repeated"
    )
    args = parser.parse_args()
    contexts = [Context(name, args.build.resolve(), args.jobs) for name in args.only or STAGES]
    lanes = [[c for c in contexts if STAGES[c.name].waits == waits] for waits in (False, True)]
    with ThreadPoolExecutor(len(lanes)) as pool:
        done = pool.map(lambda lane: [run_stage(context) for context in lane], lanes)
        results = [result for lane in done for result in lane]
    print()
    for result in results:
        print(result)
    count = [result.outcome for result in results].count
    print(f"{count('passed')} passed, {count('FAILED')} failed, {count('skipped')} skipped")
    return 0 if count("passed") and not count("FAILED") else 1


if __name__ == "__main__":
    sys.exit(main())
