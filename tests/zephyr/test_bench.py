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


def test_every_operation_is_timed(boot: Boot) -> None:
    board = boot(firmware.user_network(free_udp_port()))
    text = shell(board.console, "wg bench 3", PROMPT)
    assert re.search(r"clock: .*, \d+ Hz, least of 3 runs", text), text
    rows = re.findall(r"^(\S+(?: \d+)?) +(\d+) cycles +(\d+) us\s*$", text, re.MULTILINE)
    assert [name for name, _, _ in rows] == OPERATIONS, text
    cycles = {name: int(count) for name, count, _ in rows}
    assert min(cycles.values()) > 0
    # What takes fifty times the instructions takes longer, whatever the clock.
    assert cycles["x25519"] > cycles["seal 1420"] > cycles["seal 64"]


def test_an_emulator_without_a_cycle_counter_says_so(boot: Boot) -> None:
    board = boot(firmware.user_network(free_udp_port()))
    assert "clock: system timer" in shell(board.console, "wg bench 1", PROMPT)


def test_a_wrong_number_of_runs_is_an_error_that_names_it(boot: Boot) -> None:
    board = boot(firmware.user_network(free_udp_port()))
    for word in ("0", "1001", "ten", "-1"):
        text = shell(board.console, f"wg bench {word}", PROMPT)
        assert f"error: bench: '{word}': expected a number of runs from 1 to 1000" in text, text
        assert "cycles" not in text
