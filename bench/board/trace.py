# SPDX-License-Identifier: MIT
"""Every instruction that an emulated board executes, by function, as QEMU's log tells them."""

from __future__ import annotations

import bisect
import os
import re
import subprocess
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import firmware

EXECUTED = re.compile(rb"^Trace \d+: \S+ \[\w+/([0-9a-f]+)/")
STOPPED = b"Stopped execution "
"""How the line begins that takes back the one before: something else came first, an interrupt for
instance, and the instruction is told of again when it is its turn."""
# QEMU 7 and QEMU 8.1 name it differently; the other name is not known to either.
SINGLE = ("singlestep {}", "one-insn-per-tb {}")
INTERRUPTS = ("_isr_wrapper", "sys_clock_isr")
INTERRUPT_END = "z_arm_int_exit"
SLEEP = "arch_cpu_idle"
SILENCE = 1.0
"""Seconds. A board that is logged says something more often: its application looks at the LEDs."""


class Symbols:
    """The functions of an ELF file."""

    def __init__(self, elf: Path) -> None:
        listed = subprocess.run(
            ["arm-none-eabi-nm", "--numeric-sort", elf], capture_output=True, text=True, check=True
        ).stdout
        rows = (line.split() for line in listed.splitlines())
        code = [row for row in rows if len(row) == 3 and row[1] in "tTwW" and row[2][0] != "$"]
        self._starts = [int(row[0], 16) & ~1 for row in code]
        self._names = [row[2] for row in code]
        self._known: dict[int, tuple[str, bool]] = {}

    def at(self, address: int) -> tuple[str, bool]:
        """The function that an address is in, and whether it is its first."""
        if (known := self._known.get(address)) is None:
            index = bisect.bisect_right(self._starts, address) - 1
            known = self._names[index], self._starts[index] == address
            self._known[address] = known
        return known


@dataclass(frozen=True)
class Step:
    """A function has the processor for some instructions: called, or returned to."""

    name: str
    called: bool
    count: int


@dataclass(frozen=True)
class Run:
    """What the processor did from one sleep to the next."""

    steps: tuple[Step, ...]

    def calls(self, function: str) -> int:
        """How often a function was called."""
        return sum(step.called and step.name == function for step in self.steps)

    @property
    def total(self) -> int:
        """Instructions."""
        return sum(step.count for step in self.steps)

    @property
    def interrupts(self) -> int:
        """Instructions in interrupts, which may interrupt each other."""
        depth, sum_ = 0, 0
        for step in self.steps:
            depth += step.called and step.name in INTERRUPTS
            sum_ += step.count if depth else 0
            depth -= step.called and step.name == INTERRUPT_END
        return sum_

    def within(self, functions: frozenset[str]) -> int:
        """Instructions in these functions and in what they call, but not in interrupts."""
        caller, sum_, before, depth = None, 0, "", 0
        for step in self.steps:
            depth += step.called and step.name in INTERRUPTS
            if not depth:
                if caller is None and step.called and step.name in functions:
                    caller = before
                elif step.name == caller:
                    caller = None
                sum_ += step.count if caller is not None else 0
                before = step.name
            depth -= step.called and step.name == INTERRUPT_END
        return sum_


class Fold:
    """Makes steps of instructions, as they come."""

    def __init__(self, symbols: Symbols) -> None:
        self.steps: list[Step] = []
        self._symbols = symbols
        self._now, self._called, self._count = "", False, 0
        self._next: int | None = None

    def add(self, line: bytes) -> None:
        """A line of the log; what is no instruction is left out."""
        if found := EXECUTED.match(line):
            self._execute()
            self._next = int(found[1], 16)
        elif line.startswith(STOPPED):
            self._next = None

    def _execute(self) -> None:
        if self._next is None:
            return
        name, first = self._symbols.at(self._next)
        if name == self._now and not first:
            self._count += 1
            return
        self.steps.append(Step(self._now, self._called, self._count))
        self._now, self._called, self._count = name, first, 1


class Recording:
    """A named pipe that QEMU writes its log to, and the thread that reads it."""

    def __init__(self, path: Path, symbols: Symbols) -> None:
        os.mkfifo(path)
        self._pipe = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        self._fold = Fold(symbols)
        self._last = time.monotonic()
        self._ended = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def steps(self) -> list[Step]:
        """What has come so far."""
        return self._fold.steps

    def _read(self) -> None:
        rest = b""
        while not self._ended or time.monotonic() - self._last < SILENCE:
            try:
                more = os.read(self._pipe, 1 << 20)
            except BlockingIOError:
                time.sleep(0.005)
                continue
            self._last = time.monotonic()
            *lines, rest = (rest + more).split(b"\n")
            for line in lines:
                self._fold.add(line)
        os.close(self._pipe)

    def wait(self) -> None:
        """Until nothing comes any more."""
        self._last, self._ended = time.monotonic(), True
        self._thread.join()


@contextmanager
def recording(board: firmware.Emulator, path: Path, symbols: Symbols) -> Iterator[Recording]:
    """While inside, every instruction is recorded; the emulator is a hundred times slower."""
    path.unlink(missing_ok=True)
    recorded = Recording(path, symbols)
    for command in SINGLE:
        board.monitor(command.format("on"))
    board.monitor(f"logfile {path}")
    board.monitor("log exec,nochain")
    deadline = time.monotonic() + 20
    while not recorded.steps:
        assert time.monotonic() < deadline, "QEMU's log says nothing of instructions"
        time.sleep(0.05)
    try:
        yield recorded
    finally:
        board.monitor("log none")
        for command in SINGLE:
            board.monitor(command.format("off"))
        recorded.wait()
        path.unlink()


def runs(steps: Iterable[Step]) -> Iterator[Run]:
    """Cuts a record where the processor goes to sleep; what comes before the first is left out."""
    since: list[Step] | None = None
    for step in steps:
        if step.name == SLEEP and step.called:
            if since is not None:
                yield Run(tuple(since))
            since = []
        if since is not None:
            since.append(step)
