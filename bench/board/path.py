# SPDX-License-Identifier: MIT
"""Instructions that the booted firmware executes to answer a ping, with and without the tunnel."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from pair import BOARD, Pair
from rig.netns import ping

from .trace import Run, Symbols, recording, runs

AEAD = frozenset({"zwg_aead_seal", "zwg_aead_open"})
CHECKSUM = frozenset({"net_calc_chksum"})
ECHO = "icmpv4_handle_echo_request"
PINGS, PINGS_MAX = 9, 27
PAUSE = 0.2
"""Seconds, in which the board goes to sleep."""
SIZES = (64, 1400)
"""Of the IP packet with the echo, in bytes."""
HEADERS = 20 + 8


@dataclass(frozen=True)
class Answer:
    """The least that it took to receive an echo request and to answer it: whatever else the board
    had to do meanwhile only adds."""

    threads: int  # Instructions in threads,
    interrupts: int  # in interrupts: the controller's driver, and now and then the clock;
    aead: int  # of those in threads: ChaCha20-Poly1305's,
    checksums: int  # and the checksums' of UDP and ICMP.


@dataclass(frozen=True)
class Cost:
    """A size of packets, and what an answer costs."""

    size: int
    outside: Answer
    tunnel: Answer

    @property
    def each_way(self) -> float:
        """What the tunnel adds to a packet, beside the AEAD and the driver's interrupts."""
        added = self.tunnel.threads - self.outside.threads - self.tunnel.aead
        return added / 2

    @property
    def checksum(self) -> float:
        """The part of each_way that the outer UDP header's checksum is, which the Ethernet
        controller of the STM32F207 computes itself."""
        return (self.tunnel.checksums - self.outside.checksums) / 2


def answer_of(found: list[Run]) -> Answer:
    """The least of some runs of the processor."""
    return Answer(
        threads=min(run.total - run.interrupts for run in found),
        interrupts=min(run.interrupts for run in found),
        aead=min(run.within(AEAD) for run in found),
        checksums=min(run.within(CHECKSUM) for run in found),
    )


def measure(pair: Pair, symbols: Symbols, address: str, size: int, pipe: Path) -> Answer:
    """Pings the board, one ping after the other, and looks at what it did. Its clock must be one of
    instructions (firmware.ICOUNT): by this machine's a recorded answer takes so long that what the
    application does ten times a second falls into each. A frame that the driver
    did not see (tests/zephyr/pair.py) is answered together with the next, and tells nothing of what
    one costs: there are pings until enough were answered alone."""
    found: list[Run] = []
    with recording(pair.board, pipe, symbols) as recorded:
        for _ in range(PINGS_MAX):
            ping(pair.machine, address, "-s", str(size - HEADERS), "-W", "5", count=1)
            time.sleep(PAUSE)
            found = [run for run in runs(recorded.steps) if run.calls(ECHO) == 1]
            if len(found) >= PINGS:
                return answer_of(found)
    raise AssertionError(f"of {PINGS_MAX} pings {len(found)} were answered alone")


def measure_all(pair: Pair, elf: Path, pipe: Path) -> list[Cost]:
    """For every size."""
    symbols = Symbols(elf)
    pair.ping("10.99.0.1")
    return [
        Cost(
            size,
            measure(pair, symbols, BOARD, size, pipe),
            measure(pair, symbols, "10.99.0.1", size, pipe),
        )
        for size in SIZES
    ]
