# SPDX-License-Identifier: MIT
"""Children that cannot outlive the thread that started them, whatever becomes of the test."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from live.netns import Namespace
from rig.programs import Process, program

__all__ = ["guarded", "missing", "program", "start"]


def guarded(command: Sequence[str | Path]) -> list[str | Path]:
    """The same command, killed when the starting thread ends (prctl(2), PR_SET_PDEATHSIG)."""
    return ["setpriv", "--pdeathsig", "KILL", *command]


def start(ns: Namespace, command: Sequence[str | Path], log: Path, **env: str) -> Process:
    """Starts a program in a namespace."""
    with ns.entered():
        return Process(guarded(command), log, **env)


def missing(*names: str) -> list[str]:
    """Those of these programs that the machine does not have."""
    return [name for name in names if shutil.which(name) is None]
