# SPDX-License-Identifier: MIT
"""Zephyr's own tests of the port, in ztest/: built for native_sim and run on this machine."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from wg_host.zephyr import Tree

from conftest import Build

ZTEST = Path(__file__).parent / "ztest"
SECONDS = 180  # Longer than any takes on a loaded machine.

# What is built: the application, and the options of its scenario in testcase.yaml.
SCENARIOS = {
    "port": (),
    "names": (),
    "application": (),
    "store": (),
    "shell": (),
    "unreadable.storage": ("-DCONFIG_TEST_UNREADABLE_STORAGE=y",),
    "unreadable.values": ("-DCONFIG_TEST_UNREADABLE_VALUES=y",),
}


def missing(directory: Path) -> str | None:
    """Why native_sim, a program of 32 bits, cannot be built; None if it can."""
    source = directory / "probe.c"
    source.write_text('#include <stdio.h>\nint main(void) { return puts("") < 0; }\n')
    compiler = shutil.which("gcc")
    if compiler is None:
        return "no gcc (Debian: apt install gcc)"
    command = [compiler, "-m32", str(source), "-o", str(directory / "probe")]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        return "gcc cannot build for 32 bits (Debian: apt install gcc-multilib)"
    return None


def failures(output: str) -> Iterator[str]:
    """What each ztest that failed said; skipped ones do not fail."""
    said = dict(re.findall(r"^START - (\w+)\n(.*?)^ (?:FAIL|PASS|SKIP) - \1 ", output, re.M | re.S))
    for suite, name in re.findall(r"^ - FAIL - \[(\w+)\.(\w+)\]", output, re.M):
        yield f"{suite}.{name}:\n{said.get(name, '').strip()}"


def run(program: Path, directory: Path) -> str:
    """The output of the tests, also of those that had to be stopped. Their flash is a file in the
    directory."""
    with subprocess.Popen(
        [program],
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        try:
            return process.communicate(timeout=SECONDS)[0]
        except subprocess.TimeoutExpired:
            process.kill()
            return f"{process.communicate()[0]}\nstopped after {SECONDS} s"


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_ztest(scenario: str, tree: Tree, build: Build, tmp_path: Path) -> None:
    if reason := missing(tmp_path):
        pytest.skip(reason)
    source = ZTEST / scenario.partition(".")[0]
    image = build(tree, "native_sim", *SCENARIOS[scenario], source=source, name=f"ztest.{scenario}")
    assert image.warnings == []
    output = run(image.elf.with_suffix(".exe"), tmp_path)
    failed = list(failures(output))
    assert not failed, "\n\n".join(failed)
    assert "PROJECT EXECUTION SUCCESSFUL" in output, output[-3000:]
    # Suites say what they ran; a test that skips itself says why above.
    ran = [int(n) for n in re.findall(r"^SUITE PASS .* pass = (\d+)", output, re.M)]
    assert sum(ran) > 0
    print(f"{scenario}: {sum(ran)} tests of {len(ran)} suites passed")
