# SPDX-License-Identifier: MIT
"""The booted firmware and wireguard-go: everything a tunnel is for."""

from __future__ import annotations

import json
import random
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import firmware
from boards import PROMPT, console, shell
from pair import BOARD, PORT, Pair, network, tunnel
from rig.needs import missing
from rig.netns import Machine, ping

Boot = Callable[..., firmware.Emulator]
HERE = Path(__file__).resolve().parent
GARBAGE = 100_000


@pytest.fixture
def machine() -> Iterator[Machine]:
    if reason := missing("wireguard-go", "wg"):
        pytest.skip(reason)
    with network() as machine:
        yield machine


@pytest.fixture
def pair(boot: Boot, machine: Machine, tmp_path: Path) -> Iterator[Pair]:
    """The board calls."""
    with tunnel(boot, machine, tmp_path) as both:
        yield both


@pytest.fixture
def called(boot: Boot, machine: Machine, tmp_path: Path) -> Iterator[Pair]:
    """The board does not know where its peer is: it is called."""
    with tunnel(boot, machine, tmp_path, endpoint=None) as both:
        yield both


def test_pings_of_every_size_pass_both_ways(pair: Pair) -> None:
    """The first starts the handshake. 4,000 bytes come in fragments."""
    pair.ping("10.99.0.1", count=1)
    for size in (56, 57, 500, 1392, 4000):
        pair.ping("10.99.0.1", "-s", str(size))
    for size in (56, 1372, 4000):
        pair.ping("fd99::1", "-s", str(size))
    for size in (56, 500, 1392, 1393, 4000):
        pair.net_ping("10.99.0.2", 2, size)
    for size in (56, 1372, 1373, 4000):
        pair.net_ping("fd99::2", 2, size)


def test_the_board_calls_and_its_first_packet_arrives(pair: Pair) -> None:
    """wireguard-go sends nothing of its own: the handshake is the board's, from its listen port."""
    pair.net_ping("10.99.0.2", 2)
    assert pair.handshake() > 0
    assert f"endpoint: {BOARD}:{PORT}" in pair.machine.run("wg", "show", pair.end.interface)


def test_the_board_answers_and_the_first_packet_arrives(called: Pair) -> None:
    """The first ping of wireguard-go waits for the handshake; then the board knows its endpoint."""
    called.ping("10.99.0.1", count=1)
    called.net_ping("10.99.0.2", 2)
    with console(called.board.console, timeout=60) as commands:
        counters = commands.show().counters
    assert counters["responses_sent"] == 1
    assert "initiations_sent" not in counters


def test_echo_over_udp_and_tcp(pair: Pair) -> None:
    for family in (socket.AF_INET, socket.AF_INET6):
        for size in (1, 129, 1000, 1372):
            data = random.Random(size).randbytes(size)
            assert pair.echo(family, socket.SOCK_DGRAM, data) == data
        data = random.Random(family).randbytes(20000)
        assert pair.echo(family, socket.SOCK_STREAM, data) == data


def test_only_the_tunnel_leads_to_the_echo_service(pair: Pair) -> None:
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with pytest.raises(subprocess.CalledProcessError):
            pair.echo(socket.AF_INET, kind, b"outside", BOARD, timeout=2)
        assert pair.echo(socket.AF_INET, kind, b"inside") == b"inside"


def test_a_reboot_is_accepted_at_once(pair: Pair) -> None:
    """The time stamps of the board go on where its flash says: its first initiation is answered,
    though wireguard-go remembers the stamps of the life before."""
    pair.ping("10.99.0.1")
    before = pair.handshake()
    time.sleep(1.1)  # wg tells whole seconds.
    pair.board.reset()
    with console(pair.board.console, timeout=60) as commands:
        commands.show()
    shell(pair.board.console, f"net ipv4 add 1 {BOARD} 255.255.255.0", PROMPT)
    pair.net_ping("10.99.0.2", 1)
    assert pair.handshake() > before
    with console(pair.board.console, timeout=60) as commands:
        counters = commands.show().counters
    assert counters["initiations_sent"] == 1, counters


def free_buffers(pair: Pair) -> dict[str, int]:
    """How many packets and buffers of each pool are free, by `net mem`."""
    text = shell(pair.board.console, "net mem", "TX DATA")
    rows = re.findall(r"\t(\d+)\t(\d+)(?:\t\S+)?\t([RT]X(?: DATA)?)", text)
    free = {name: int(available) for _total, available, name in rows}
    assert len(free) == 4, text
    return free


def test_garbage_leaves_tunnel_and_memory_as_they_were(pair: Pair) -> None:
    pair.ping("10.99.0.1")
    time.sleep(1)
    free = free_buffers(pair)
    with console(pair.board.console, timeout=60) as commands:
        before = commands.show().counters
    sent = pair.machine.run("python3", HERE / "garbage.py", BOARD, str(PORT), str(GARBAGE))
    assert sum(json.loads(sent).values()) == GARBAGE
    pair.ping("10.99.0.1", "-s", "1392")
    time.sleep(1)
    assert free_buffers(pair) == free
    with console(pair.board.console, timeout=60) as commands:
        after = commands.show().counters
    dropped = sum(after[name] - before.get(name, 0) for name in after if name.startswith("drop_"))
    assert dropped == GARBAGE, after
    assert after["x25519"] == before["x25519"], "garbage without a valid MAC1 cost an X25519"


def test_no_ping_is_lost_across_a_rekey(pair: Pair) -> None:
    """150 s, a ping every 0.2 s: over the initiator's REKEY_AFTER_TIME of 120 s."""
    pair.ping("10.99.0.1")
    first = pair.handshake()
    result = ping(pair.machine, "10.99.0.1", "-i", "0.2", count=750)
    assert result.lost == 0, result.output
    assert pair.handshake() > first
