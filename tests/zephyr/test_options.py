# SPDX-License-Identifier: MIT
"""What the firmware does otherwise when it is built with other options: static addresses, name
servers, and the echo service for everybody."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from wg_host.zephyr import Tree

import firmware
from conftest import Build
from pair import BOARD, GATEWAY, PEER_PORT, Pair, network, tunnel
from rig.needs import missing
from rig.netns import Machine
from rig.programs import wait_for

Boot = Callable[..., firmware.Emulator]
HERE = Path(__file__).resolve().parent
NAME = "peer.example"
NOBODY = "198.51.100.9"
GATEWAY6, BOARD6 = "fd98::1", "fd98::2"
OPTIONS = (
    "-DCONFIG_DNS_SERVER_IP_ADDRESSES=y",
    f'-DCONFIG_DNS_SERVER1="{GATEWAY}"',
    "-DCONFIG_ZWG_APP_IPV4_STATIC=y",
    f'-DCONFIG_ZWG_APP_IPV4_ADDRESS="{BOARD}"',
    f'-DCONFIG_ZWG_APP_IPV6_ADDRESS="{BOARD6}"',
    "-DCONFIG_ZWG_APP_ECHO_OUTSIDE=y",
)
REKEY_ATTEMPT_TIME = 90  # Seconds, after which a peer that does not answer is given up.


@contextmanager
def nameserver(machine: Machine, log: Path, *answers: str) -> Iterator[None]:
    """Answers in the namespace, and writes what it answered to the log."""
    command = machine.command("python3", HERE / "nameserver.py", GATEWAY, NAME, *answers)
    with (
        log.open("w") as out,
        subprocess.Popen([str(word) for word in command], stdout=out) as process,
    ):
        try:
            yield
        finally:
            process.terminate()


@pytest.fixture
def named(
    tree: Tree, build: Build, tmp_path: Path
) -> Iterator[Callable[..., contextmanager[Pair]]]:
    """A board that asks the gateway for names, and a peer that does not call it."""
    if reason := missing("wireguard-go", "wg") or firmware.missing("qemu-system-arm"):
        pytest.skip(reason)
    elf = build(tree, firmware.EMULATED, *OPTIONS, name="options").elf
    boards: list[firmware.Emulator] = []

    def start(nic: str, prefix: tuple[str, ...]) -> firmware.Emulator:
        boards.append(firmware.Emulator(elf, tmp_path / "qemu.log", nic, prefix))
        return boards[-1]

    @contextmanager
    def with_answers(*answers: str) -> Iterator[Pair]:
        endpoint = f"{NAME}:{PEER_PORT}"
        with network() as machine, nameserver(machine, tmp_path / "answers", *answers):
            machine.ip("addr", "add", f"{GATEWAY6}/64", "dev", "tap", "nodad")
            with tunnel(
                start, machine, tmp_path, endpoint=endpoint, called=False, has_address=True
            ) as both:
                yield both

    yield with_answers
    for board in boards:
        board.stop()


def test_a_static_address_a_name_and_an_echo_for_everybody(
    named: Callable[..., contextmanager[Pair]],
) -> None:
    with named(GATEWAY) as pair:
        pair.net_ping("10.99.0.2", 2)
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            assert pair.echo(socket.AF_INET, kind, b"outside", BOARD) == b"outside"
            assert pair.echo(socket.AF_INET, kind, b"inside") == b"inside"


def test_a_quiet_peers_name_is_asked_for_again(
    named: Callable[..., contextmanager[Pair]], tmp_path: Path
) -> None:
    """The first answer is where nobody is. After REKEY_ATTEMPT_TIME the name is asked for again."""
    answers = tmp_path / "answers"
    with named(NOBODY, GATEWAY) as pair:
        wait_for(lambda: answers.read_text() == f"{NOBODY}\n", 20, "the first answer")
        wait_for(lambda: pair.handshake() > 0, REKEY_ATTEMPT_TIME + 30, "a handshake")
        assert answers.read_text() == f"{NOBODY}\n{GATEWAY}\n"
        pair.ping("10.99.0.1")


def test_a_name_that_has_an_ipv6_address_alone_leads_there(
    named: Callable[..., contextmanager[Pair]],
) -> None:
    with named(GATEWAY6) as pair:
        wait_for(lambda: pair.handshake() > 0, 30, "a handshake")
        assert f"endpoint: [{BOARD6}]:" in pair.machine.run("wg", "show", pair.end.interface)
        pair.ping("10.99.0.1")
