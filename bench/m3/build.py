# SPDX-License-Identifier: MIT
"""Compiles the core for a Cortex-M3 and links the images that the bench runs."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "core"
COMPILER = "arm-none-eabi-gcc"
TARGET = ("-mcpu=cortex-m3", "-mthumb")
FLAGS = (
    *TARGET, "-O2", "-std=c11", "-ffunction-sections", "-fdata-sections",
    "-Wall", "-Wextra", "-Werror",
    f"-I{CORE / 'include'}", f"-I{CORE}",
)  # fmt: skip
BACK_ENDS = ("portable", "armv7m")


class BuildError(Exception):
    """A tool is missing or did not succeed."""


def missing_tools() -> list[str]:
    """The names of the command-line tools that the bench needs and that are not there."""
    return [tool for tool in (COMPILER, "arm-none-eabi-objdump") if shutil.which(tool) is None]


def run(command: Sequence[str]) -> str:
    """Runs a command; returns its output."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise BuildError(f"{command[0]} is not installed") from error
    if done.returncode != 0:
        raise BuildError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def sources(variable: str) -> list[Path]:
    """The files of a list in core/sources.cmake, which every build of the core reads."""
    text = (CORE / "sources.cmake").read_text(encoding="utf-8")
    found = re.search(rf"set\({variable}\s(.*?)\)", text, re.DOTALL)
    if found is None:
        raise BuildError(f"core/sources.cmake does not set {variable}")
    names = re.findall(r"\$\{CMAKE_CURRENT_LIST_DIR\}/(\S+)", found[1])
    return [CORE / name for name in names]


def crypto_sources(back_end: str) -> list[Path]:
    """The sources of the primitives."""
    own = sources(f"ZWG_CRYPTO_{back_end.upper()}_SOURCES")
    return [*own, *sources("ZWG_CRYPTO_SHARED_SOURCES"), CORE / "chain.c"]


def core_sources(back_end: str) -> list[Path]:
    """The sources of the whole core with its primitives."""
    return list(dict.fromkeys([*crypto_sources(back_end), *sources("ZWG_CORE_SOURCES")]))


def compile_all(files: Sequence[Path], directory: Path) -> list[Path]:
    """Compiles each file into ``directory``; returns the objects."""
    directory.mkdir(parents=True, exist_ok=True)

    def compile_one(file: Path) -> Path:
        out = directory / (str(file.relative_to(ROOT)).replace("/", "_") + ".o")
        run([COMPILER, *FLAGS, "-c", str(file), "-o", str(out)])
        return out

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(compile_one, files))


def link(objects: Sequence[Path], roots: Sequence[str], out: Path) -> Path:
    """Links what ``roots`` need, and nothing else, into an image."""
    script = ROOT / "bench" / "image" / "stm32f207.ld"
    wanted = [f"-Wl,--undefined={root},--require-defined={root}" for root in roots]
    run([
        COMPILER, *TARGET, "-nostartfiles", f"-T{script}", "-Wl,--gc-sections", "-Wl,-e0", *wanted,
        *map(str, objects), "-lc", "-lgcc", "-o", str(out),
    ])  # fmt: skip
    return out


def code_bytes(image: Path) -> int:
    """Bytes of code and constants in an image: what it takes of the flash."""
    lines = run(["arm-none-eabi-size", "-A", str(image)]).splitlines()
    table = [words for words in map(str.split, lines) if len(words) == 3 and words[1].isdigit()]
    sizes = {name: int(size) for name, size, _address in table}
    return sizes[".text"] + sizes.get(".ARM.exidx", 0) + sizes.get(".data", 0)
