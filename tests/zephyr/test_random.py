# SPDX-License-Identifier: MIT
"""Keys of a board without a random source are worth nothing: it says so at every start, and what
does not say so does not build."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import serial
from wg_host.zephyr import Tree

import firmware
from boards import free_udp_port
from conftest import Build
from test_ztest import missing

Boot = Callable[..., firmware.Emulator]
SAMPLE = firmware.ROOT / "samples" / "module"
NO_SOURCE = "zwg: this build has no cryptographic random source"
# Errors, so that no level of the log hides them.
LOUD = r"<err> zwg: \*{40,}\r?\n.*<err> zwg: .*PREDICTABLE and WORTHLESS.*\r?\n.*<err> zwg: \*{40,}"


def start_text(board: firmware.Emulator, until: str, seconds: float = 60) -> str:
    """What the board says after a reset, up to a text."""
    with serial.Serial(board.console, timeout=0.3) as port:
        board.reset()
        deadline = time.monotonic() + seconds
        text = ""
        while until not in text:
            assert time.monotonic() < deadline, f"no {until!r} within {seconds:g} s in {text!r}"
            text += port.read(4096).decode(errors="replace")
        return text


def test_every_start_of_an_emulated_board_says_that_its_keys_are_worthless(boot: Boot) -> None:
    board = boot(firmware.user_network(free_udp_port()))
    for _ in range(2):
        text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", start_text(board, "zwg0: not provisioned"))
        assert re.search(LOUD, text), text


def test_a_build_for_native_sim_fails_unless_it_says_that_it_is_a_test(
    tree: Tree, build: Build, tmp_path: Path
) -> None:
    """Its entropy driver is a generator with a fixed seed."""
    if reason := missing(tmp_path):
        pytest.skip(reason)
    name = "sample_native_sim"
    image = build(tree, "native_sim", source=SAMPLE, name=name)
    assert image.warnings == []
    config = (image.elf.parent / ".config").read_text()
    assert "CONFIG_CSPRNG_ENABLED=y" in config
    assert "CONFIG_ZWG_TEST_RANDOM=y" in config
    with pytest.raises(firmware.FirmwareError, match=NO_SOURCE):
        build(tree, "native_sim", "-DCONFIG_ZWG_TEST_RANDOM=n", source=SAMPLE, name=f"{name}_quiet")
