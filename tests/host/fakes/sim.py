# SPDX-License-Identifier: MIT
"""The simulated board of linux-app/sim as a program, on a pseudo-terminal."""

from __future__ import annotations

import os
import re
import select
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
READY = re.compile(r"ready: udp 127\.0\.0\.1:(\d+) console (\S+)\n")


def program() -> Path:
    """zwg-sim in $ZWG_BUILD, or in build/linux of the repository; else the test is skipped."""
    path = Path(os.environ.get("ZWG_BUILD", ROOT / "build/linux")) / "zwg-sim"
    if not path.exists():
        pytest.skip(f"{path} is not built: make linux, or set ZWG_BUILD")
    return path


@contextmanager
def simulated() -> Iterator[tuple[str, int]]:
    """A new board that runs: its console's path and its UDP port. At the end it stops cleanly."""
    with subprocess.Popen(
        [program()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            assert select.select([process.stdout], [], [], 20)[0], "zwg-sim did not become ready"
            ready = READY.fullmatch(process.stdout.readline())
            assert ready is not None
            yield ready[2], int(ready[1])
        finally:
            process.terminate()
            said = process.communicate(timeout=20)[1]
        assert process.returncode == 0, said
        assert "Sanitizer" not in said and "runtime error" not in said, said
