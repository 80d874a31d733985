# SPDX-License-Identifier: MIT
"""What is made of QEMU's log, without QEMU."""

from __future__ import annotations

from board.latency import LADDER, Waited, waits
from board.trace import INTERRUPT_END, INTERRUPTS, SLEEP, Fold, Step, Symbols


class TwoFunctions(Symbols):
    """first() at 0x100 and second() at 0x200."""

    def __init__(self) -> None:
        pass

    def at(self, address: int) -> tuple[str, bool]:
        return ("second", address == 0x200) if address >= 0x200 else ("first", address == 0x100)


def executed(address: int) -> bytes:
    return b"Trace 0: 0x7fd89076b8c0 [00110301/%08x/00000000/ff020200] name" % address


def stopped(address: int) -> bytes:
    return b"Stopped execution of TB chain before 0x7fd89076b8c0 [%08x] name" % address


def steps(*lines: bytes) -> list[Step]:
    fold = Fold(TwoFunctions())
    for line in (*lines, executed(0x100), executed(0x100), executed(0x100)):
        fold.add(line)
    return fold.steps[1:-1]


def test_steps_are_functions_with_their_instructions() -> None:
    lines = [executed(address) for address in (0x100, 0x102, 0x200, 0x104)]
    assert steps(*lines) == [
        Step("first", True, 2),
        Step("second", True, 1),
        Step("first", False, 1),
    ]


def test_what_was_not_executed_after_all_counts_once() -> None:
    lines = [executed(0x100), executed(0x200), stopped(0x200), executed(0x200), executed(0x202)]
    assert steps(*lines) == [Step("first", True, 1), Step("second", True, 2)]


FRAME = [
    Step(INTERRUPTS[0], True, 1),
    Step("net_recv_data", True, 10),
    Step(INTERRUPT_END, True, 1),
]


def test_a_ping_waits_from_its_own_arrival() -> None:
    record = [
        *FRAME,
        *FRAME,
        Step("zwg_input", True, 100),
        Step("eth_tx", True, 100),
        Step("zwg_input", True, 7),
        Step("icmpv4_handle_echo_request", True, 3),
        Step("eth_tx", True, 1000),
    ]
    expected = 10 + 1 + 200 + 10
    assert waits([Step(SLEEP, True, 5), *record]) == [Waited(expected, False)]
    assert waits([Step(LADDER[0], True, 5), *record]) == [Waited(expected, True)]
