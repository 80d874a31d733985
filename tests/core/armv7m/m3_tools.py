# SPDX-License-Identifier: MIT
"""What the tests of the Cortex-M3 code need beside pytest; without it they say so and skip."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = {
    "arm-none-eabi-gcc": "gcc-arm-none-eabi",
    "arm-none-eabi-objdump": "binutils-arm-none-eabi",
    "qemu-system-arm": "qemu-system-arm",
}
sys.path.insert(0, str(ROOT / "bench"))


def require_tools(*tools: str) -> None:
    """Skips the whole file if a command-line tool is missing."""
    for tool in tools:
        if shutil.which(tool) is None:
            package = PACKAGES[tool]
            pytest.skip(f"no {tool} (Debian: apt install {package})", allow_module_level=True)


def require_modules() -> None:
    """Skips the whole file if a Python module that the bench needs is missing."""
    for module, package in (
        ("capstone", "capstone"), ("elftools", "pyelftools"), ("unicorn", "unicorn"),
    ):  # fmt: skip
        if find_spec(module) is None:
            reason = f"no Python module {module} (pip install {package})"
            pytest.skip(reason, allow_module_level=True)


def require_picolibc() -> None:
    """Skips the whole file if there is no C library for programs on the emulated board."""
    command = ["arm-none-eabi-gcc", "-print-file-name=picolibc.specs"]
    specs = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    if not Path(specs).is_file():
        package = "picolibc-arm-none-eabi"
        pytest.skip(f"no picolibc (Debian: apt install {package})", allow_module_level=True)
