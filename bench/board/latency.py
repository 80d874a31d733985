# SPDX-License-Identifier: MIT
"""How long a ping through the tunnel waits for its answer on the board, in instructions: while the
board has nothing else to do, and while it computes handshakes, which must wait for data."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pair import BOARD, PORT, Pair
from rig.netns import ping

from wg_host.keys import PublicKey

from .trace import INTERRUPT_END, INTERRUPTS, SLEEP, Step, Symbols, recording

PINGS = 5
ARRIVES, OPENS = "net_recv_data", "zwg_input"
ANSWERS, SENDS = "icmpv4_handle_echo_request", "eth_tx"
HANDSHAKE = "zwg_x25519"
LADDER = ("zwg_fe_mul", "zwg_fe_sq")
"""Where X25519 spends its time. While the processor is there, no packet waits."""


@dataclass(frozen=True)
class Waited:
    """An answered ping."""

    instructions: int  # From its arrival to its answer's departure.
    interrupted: bool  # A handshake was being computed when it came.


def waits(steps: Iterable[Step]) -> list[Waited]:
    """The pings of a record. Frames are opened in the order in which they came; those that are not
    the tunnel's stay in the line until the processor has nothing to do but handshakes, so that a
    ping behind one is taken to have come earlier than it did, never later."""
    found = []
    depth = now = 0
    line: deque[int] = deque()
    since: int | None = None
    computing = echo = False
    for step in steps:
        depth += step.called and step.name in INTERRUPTS
        if step.called and step.name == ARRIVES:
            line.append(now)
        if not depth:
            if step.name in LADDER or step.name == SLEEP:
                computing, since, echo = step.name != SLEEP, None, False
                line.clear()
            if step.called and step.name == OPENS and line:
                since = line.popleft()
            echo = echo or (step.called and step.name == ANSWERS)
            if step.called and step.name == SENDS and echo and since is not None:
                found.append(Waited(now - since, computing))
                echo = False
        now += step.count
        depth -= step.called and step.name == INTERRUPT_END
    return found


def initiation(board: PublicKey) -> bytes:
    """A handshake initiation with a valid mac1 and nothing else (WireGuard paper, 5.4.2 and 5.4.4):
    it costs the board an X25519 to find that out."""
    start = bytes([1, 0, 0, 0]) + os.urandom(112)
    key = hashlib.blake2s(b"mac1----" + board.raw).digest()
    return start + hashlib.blake2s(start, key=key, digest_size=16).digest() + bytes(16)


@contextmanager
def flood(pair: Pair, board: PublicKey) -> Iterator[None]:
    """Sends initiations from inside the namespace, two a second: each costs nearly two million
    instructions, and a recorded board executes about a million in a second."""
    program = (
        "import socket,sys,time\n"
        "s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)\n"
        "data=sys.stdin.buffer.read()\n"
        "while True:\n"
        "  for n in range(0,len(data),148):\n"
        f"    s.sendto(data[n:n+148],({BOARD!r},{PORT}));time.sleep(0.5)\n"
    )
    command = [str(word) for word in pair.machine.command("python3", "-c", program)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(b"".join(initiation(board) for _ in range(200)))
        process.stdin.close()
        try:
            yield
        finally:
            process.terminate()


def measure(pair: Pair, symbols: Symbols, pipe: Path) -> tuple[list[Waited], int]:
    """Pings the board; how long each waited, and how many X25519 were begun meanwhile."""
    with recording(pair.board, pipe, symbols) as recorded:
        done = ping(pair.machine, "10.99.0.1", "-i", "1", count=PINGS)
    assert done.lost == 0, done.output
    begun = sum(step.called and step.name == HANDSHAKE for step in recorded.steps)
    return waits(recorded.steps), begun
