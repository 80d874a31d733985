# SPDX-License-Identifier: MIT
"""The shell command `wg bench` on the booted firmware."""

from __future__ import annotations

import re
from collections.abc import Callable

import firmware
from boards import free_udp_port, shell

Boot = Callable[..., firmware.Emulator]
OPERATIONS = [
    "x25519",
    *(f"{way} {size}" for size in (64, 256, 1420) for way in ("seal", "open")),
    "blake2s 64",
]
PROMPT = "uart:~$"
INSTRUCTIONS_PER_SECOND = 125_000_000  # firmware.ICOUNT


def test_every_operation_is_timed(boot: Boot) -> None:
    """By a clock that instructions drive: what a busy machine takes for them is no cycle."""
    board = boot(firmware.user_network(free_udp_port()), icount=firmware.ICOUNT)
    text = shell(board.console, "wg bench 3", PROMPT)
    clock = re.search(r"clock: .*, (\d+) Hz, least of 3 runs", text)
    assert clock, text
    rows = re.findall(r"^(\S+(?: \d+)?) +(\d+) cycles +(\d+) us\s*$", text, re.MULTILINE)
    assert [name for name, _, _ in rows] == OPERATIONS, text
    cycle = INSTRUCTIONS_PER_SECOND / int(clock[1])
    took = {name: int(count) * cycle for name, count, _ in rows}
    assert 1.6e6 < took["x25519"] < 2.4e6
    for way in ("seal", "open"):
        a_byte = (took[f"{way} 1420"] - took[f"{way} 256"]) / (1420 - 256)
        assert 20 < a_byte < 30
        assert took[f"{way} 64"] < took[f"{way} 256"]
    assert 0 < took["blake2s 64"] < took["seal 64"]
    assert [int(us) for _, _, us in rows] == [
        int(count) * 1_000_000 // int(clock[1]) for _, count, _ in rows
    ]


def test_an_emulator_without_a_cycle_counter_says_so(boot: Boot) -> None:
    board = boot(firmware.user_network(free_udp_port()))
    assert "clock: system timer" in shell(board.console, "wg bench 1", PROMPT)


def test_a_wrong_number_of_runs_is_an_error_that_names_it(boot: Boot) -> None:
    board = boot(firmware.user_network(free_udp_port()))
    for word in ("0", "1001", "ten", "-1"):
        text = shell(board.console, f"wg bench {word}", PROMPT)
        assert f"error: bench: '{word}': expected a number of runs from 1 to 1000" in text, text
        assert "cycles" not in text
