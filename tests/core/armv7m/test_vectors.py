# SPDX-License-Identifier: MIT
"""The vector programs of tests/core/vectors on a whole emulated Cortex-M3 (QEMU's mps2-an385)."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from m3_tools import ROOT, require_picolibc, require_tools

require_tools("arm-none-eabi-gcc", "qemu-system-arm")
require_picolibc()

from m3 import build  # noqa: E402

VECTORS = ROOT / "tests" / "core" / "vectors"
GENERATED = ("blake2s", "poly1305")
PROGRAMS = ("aead", "blake2s", "chain", "poly1305", "rfc8439", "x25519", "xchacha")
ALGORITHMS = ("x25519", "chacha20-poly1305", "xchacha20-poly1305")
MEMORY = ("__flash=0", "__flash_size=4M", "__ram=0x20000000", "__ram_size=4M", "__stack_size=64K")
SECONDS = 300


class Board:
    """Builds the programs for one back end and runs them."""

    def __init__(self, back_end: str, directory: Path) -> None:
        self._directory = directory
        self._flags = [
            "--specs=picolibc.specs", *build.TARGET, "-O2", "-std=c11", "-Wall", "-Wextra",
            "-Werror", "-ffunction-sections", "-fdata-sections",
            f"-I{ROOT / 'core'}", f"-I{ROOT / 'core' / 'include'}",
            f"-I{ROOT / 'tests' / 'core' / 'testlib'}", f"-I{directory}",
        ]  # fmt: skip
        for name in GENERATED:
            answers = directory / f"{name}_answers.inc"
            build.run([sys.executable, str(VECTORS / f"gen_{name}.py"), str(answers)])
        sources = [*build.crypto_sources(back_end), Path(__file__).resolve().parent / "main.c"]
        self._objects = [self._compile(source) for source in sources]

    def _compile(self, source: Path, *flags: str) -> Path:
        out = self._directory / (str(source.relative_to(ROOT)).replace("/", "_") + ".o")
        build.run(["arm-none-eabi-gcc", *self._flags, *flags, "-c", str(source), "-o", str(out)])
        return out

    def image(self, name: str) -> Path:
        """The image of a vector program."""
        program = self._compile(
            VECTORS / f"{name}.c", "-Dmain=zwg_test_main", "-Dstdin=zwg_test_stdin"
        )
        out = self._directory / f"{name}.elf"
        build.run([
            "arm-none-eabi-gcc", *self._flags, "--crt0=hosted", "--oslib=semihost",
            "-Wl,--gc-sections", *(f"-Wl,--defsym={place}" for place in MEMORY),
            *map(str, [program, *self._objects]), "-o", str(out),
        ])  # fmt: skip
        return out

    def run(self, image: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs an image to its end; the exit status and the output are the program's."""
        words = ",".join(f"arg={word}" for word in (image.name, *arguments))
        return subprocess.run(
            [
                "qemu-system-arm", "-M", "mps2-an385", "-nographic", "-monitor", "none",
                "-serial", "none", "-kernel", str(image),
                "-semihosting-config", f"enable=on,target=native,{words}",
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=SECONDS, check=False,
        )  # fmt: skip


@pytest.fixture(scope="module", params=["armv7m", "portable"])
def board(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Board:
    return Board(request.param, tmp_path_factory.mktemp(f"vectors-{request.param}"))


def check(done: subprocess.CompletedProcess[str]) -> None:
    """The program's own verdict: its status, and the numbers in its last line."""
    counts = re.search(r"^(\d+) passed, (\d+) failed$", done.stdout, re.MULTILINE)
    assert done.returncode == 0 and counts is not None, done.stdout
    assert int(counts[1]) > 0 and int(counts[2]) == 0, done.stdout


@pytest.mark.parametrize("name", PROGRAMS)
def test_vectors(board: Board, name: str) -> None:
    check(board.run(board.image(name)))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_wycheproof(board: Board, algorithm: str, tmp_path: Path) -> None:
    printed = subprocess.run(
        [sys.executable, str(VECTORS / "wycheproof.py"), "--print", algorithm],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if printed.returncode == 77:
        pytest.skip(printed.stdout.strip() or printed.stderr.strip())
    assert printed.returncode == 0, printed.stderr
    cases = tmp_path / "cases"
    cases.write_text(printed.stdout)
    check(board.run(board.image("wycheproof"), algorithm, f"<{cases}"))


def test_a_program_that_fails_is_seen(board: Board) -> None:
    """Without its input Wycheproof's program has fewer cases than it asserts."""
    done = board.run(board.image("wycheproof"), "x25519", "</dev/null")
    assert done.returncode != 0
