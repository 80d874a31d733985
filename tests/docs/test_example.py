# SPDX-License-Identifier: MIT
"""The worked example of the porting guide compiles without a warning and carries packets."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent


def test_example_carries_packets(tmp_path: Path) -> None:
    if not shutil.which("cmake"):
        pytest.skip("no cmake (Debian: apt install cmake)")
    configured = subprocess.run(
        ["cmake", "-S", HERE, "-B", tmp_path], capture_output=True, text=True, check=False
    )
    assert configured.returncode == 0, configured.stderr
    built = subprocess.run(
        ["cmake", "--build", tmp_path, "--parallel", "2"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    assert "warning:" not in built.stdout + built.stderr
    run = subprocess.run(
        [tmp_path / "example"], capture_output=True, text=True, check=False, timeout=60
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout == "the example carries packets\n"
