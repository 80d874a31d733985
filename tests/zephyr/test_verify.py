# SPDX-License-Identifier: MIT
"""wg-host on the booted firmware: provisioned over its console, and its tunnel proved from outside.
No privileges: QEMU's user network."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import firmware
from boards import console, free_udp_port, wg_host

Boot = Callable[..., firmware.Emulator]
ADDRESSES = ("--address", "10.1.1.50/24,fd10:1:1::50/64")
OURS = ("--peer-address", "10.1.1.200/24,fd10:1:1::200/64")


@pytest.fixture
def provisioned(boot: Boot, tmp_path: Path) -> tuple[firmware.Emulator, Path]:
    """A board that `wg-host provision` has set up, and the file of our end."""
    ports = free_udp_port(), free_udp_port()
    board = boot(firmware.user_network(ports[0]))
    conf = tmp_path / "board.conf"
    done = wg_host(
        *("provision", "--port", board.console, "--timeout", "60", "--output", conf),
        *(*ADDRESSES, *OURS, "--listen-port", str(firmware.LISTEN_PORT)),
        *("--board-endpoint", f"127.0.0.1:{ports[0]}"),
        *("--peer-endpoint", f"{firmware.EMULATED_HOST}:{ports[1]}"),
    )
    assert done.returncode == 0, done.stderr
    return board, conf


def verify(board: firmware.Emulator, conf: Path) -> None:
    done = wg_host("verify", "--config", conf, "--port", board.console, "--timeout", "60", "--json")
    end = json.loads(done.stdout.splitlines()[-1])
    failed = [row for row in end.get("checks", []) if row.get("outcome") == "fail"]
    assert done.returncode == 0, failed or done.stderr


def test_provision_and_verify_prove_the_tunnel(
    provisioned: tuple[firmware.Emulator, Path],
) -> None:
    board, conf = provisioned
    verify(board, conf)


def test_an_emulated_board_says_that_its_keys_are_worthless(
    provisioned: tuple[firmware.Emulator, Path],
) -> None:
    board, _ = provisioned
    with console(board.console) as commands:
        assert commands.console.ask("wg show --machine")["entropy"] == "test"


def test_a_reboot_keeps_settings_and_is_accepted_at_once(
    provisioned: tuple[firmware.Emulator, Path],
) -> None:
    """The same key and peers; and verify's peer takes the first initiation after the reset, whose
    stamp must be greater than those before it."""
    board, conf = provisioned
    verify(board, conf)
    with console(board.console) as commands:
        before = commands.show()
    board.reset()
    with console(board.console, timeout=60) as commands:
        after = commands.show()
    assert after.public_key == before.public_key
    assert [p.public_key for p in after.peers] == [p.public_key for p in before.peers]
    assert after.addresses == before.addresses
    verify(board, conf)
