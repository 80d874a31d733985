# SPDX-License-Identifier: MIT
"""The memory of a running process, and of one at the very moment of its end.

A process traced with PTRACE_O_TRACEEXIT (ptrace(2)) stops when it ends, its memory still in place.
"""

from __future__ import annotations

import ctypes
import os
import re
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path

from rig.programs import wait_for

PTRACE_CONT = 7
PTRACE_SEIZE = 0x4206
PTRACE_O_TRACEEXIT = 0x40
PTRACE_EVENT_EXIT = 6
PAGE = os.sysconf("SC_PAGE_SIZE")
# The sanitizers' shadow is larger than any memory that a program has, and holds no data.
LARGEST_MAPPING = 1 << 32

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


def _ptrace(request: int, pid: int, data: int) -> None:
    if _libc.ptrace(request, pid, None, data) == -1:
        error = ctypes.get_errno()
        raise OSError(error, f"ptrace: {os.strerror(error)}")


def _resident(pid: int) -> Iterator[bytes]:
    """The writable memory that is there, in runs of pages."""
    maps = Path(f"/proc/{pid}/maps").read_text()
    with (
        Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory,
        Path(f"/proc/{pid}/pagemap").open("rb", buffering=0) as pagemap,
    ):
        for low, high in re.findall(r"^([0-9a-f]+)-([0-9a-f]+) rw", maps, re.MULTILINE):
            start, end = int(low, 16), int(high, 16)
            if end - start > LARGEST_MAPPING:
                continue
            flags = os.pread(pagemap.fileno(), (end - start) // PAGE * 8, start // PAGE * 8)
            # Bit 63: present, bit 62: swapped out (Documentation/admin-guide/mm/pagemap.rst).
            present = [flags[i + 7] & 0xC0 for i in range(0, len(flags), 8)]
            first = 0
            while first < len(present):
                last = first
                while last < len(present) and present[last]:
                    last += 1
                if last > first:
                    yield os.pread(memory.fileno(), (last - first) * PAGE, start + first * PAGE)
                first = last + 1


def secrets_in(pid: int, secrets: Mapping[str, bytes]) -> set[str]:
    """The names of those of @p secrets that lie somewhere in the process's memory."""
    found: set[str] = set()
    for run in _resident(pid):
        found |= {name for name, value in secrets.items() if value in run}
    return found


def secrets_at_exit(pid: int, secrets: Mapping[str, bytes]) -> set[str]:
    """Ends a child of this process with SIGTERM, and looks into the memory that it leaves."""
    _ptrace(PTRACE_SEIZE, pid, PTRACE_O_TRACEEXIT)
    os.kill(pid, signal.SIGTERM)
    exiting = signal.SIGTRAP | PTRACE_EVENT_EXIT << 8
    while True:
        stopped, status = os.waitpid(pid, 0)
        assert stopped == pid and os.WIFSTOPPED(status), status
        if status >> 8 == exiting:
            break
        _ptrace(PTRACE_CONT, pid, os.WSTOPSIG(status))
    found = secrets_in(pid, secrets)
    _ptrace(PTRACE_CONT, pid, 0)
    wait_for(lambda: os.waitpid(pid, os.WNOHANG)[0] == pid, 10, "the process has ended")
    return found
