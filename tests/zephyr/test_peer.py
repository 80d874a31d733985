# SPDX-License-Identifier: MIT
"""The booted firmware and wireguard-go: everything a tunnel is for, in a namespace of the test.

one namespace: tap 198.51.100.1/24 -- board's eth0 198.51.100.2/24
               wireguard-go 10.99.0.2, fd99::2 == tunnel == board's zwg0 10.99.0.1, fd99::1
"""

from __future__ import annotations

import json
import random
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
from wg_host.board import PeerSettings
from wg_host.config import parse_network
from wg_host.keys import PresharedKey

import firmware
from boards import PROMPT, console, shell
from rig.needs import missing
from rig.netns import Machine, Wire, ping
from rig.tunnels import End, start_wireguard_go, wg_show

Boot = Callable[..., firmware.Emulator]
HERE = Path(__file__).resolve().parent
GARBAGE = 100_000
GATEWAY, BOARD = "198.51.100.1", "198.51.100.2"
PORT = 51820


@dataclass
class Pair:
    """A board and wireguard-go, with a tunnel between them."""

    board: firmware.Emulator
    machine: Machine
    end: End

    def ping(self, address: str, *options: str, count: int = 3) -> None:
        """Not one echo may be lost."""
        result = ping(self.machine, address, *options, count=count)
        assert result.lost == 0, result.output

    def handshake(self) -> int:
        """When the last handshake was, as wg tells it: seconds since 1970, 0 if never."""
        return int(wg_show(self.end, "latest-handshakes"))

    def echo(self, family: int, kind: int, data: bytes) -> bytes:
        """What the board's echo service sends back, asked from inside the namespace."""
        program = (
            "import socket,sys\n"
            f"s=socket.socket({int(family)},{int(kind)});s.settimeout(20)\n"
            f"s.connect(({self.address(family)!r},4242))\n"
            "data=sys.stdin.buffer.read();s.send(data);got=b''\n"
            "while len(got)<len(data):\n"
            "  more=s.recv(65536)\n"
            "  if not more: break\n"
            "  got+=more\n"
            "sys.stdout.buffer.write(got)\n"
        )
        command = [str(word) for word in self.machine.command("python3", "-c", program)]
        return subprocess.run(
            command, input=data, capture_output=True, timeout=60, check=True
        ).stdout

    @staticmethod
    def address(family: int) -> str:
        return "10.99.0.1" if family == socket.AF_INET else "fd99::1"


def net_ping(pair: Pair, address: str, count: int) -> None:
    """Zephyr's own ping, from the board: every echo is answered."""
    reply = f"bytes from {address} "
    shell(pair.board.console, f"net ping -c {count} {address}", reply, times=count)


@pytest.fixture
def machine() -> Iterator[Machine]:
    if reason := missing("wireguard-go", "wg"):
        pytest.skip(reason)
    wire = Wire()
    wire.a.ip("tuntap", "add", "tap", "mode", "tap")
    wire.a.ip("addr", "add", f"{GATEWAY}/24", "dev", "tap")
    wire.a.ip("link", "set", "tap", "up")
    yield wire.a
    wire.remove()


@contextmanager
def heartbeat(machine: Machine) -> Iterator[None]:
    """Something for the board's Ethernet controller every 100 ms, beside the tunnel. Zephyr's
    driver of the LAN9220 finds its FIFO empty and acknowledges the interrupt later: a frame that
    arrives between the two stays in the FIFO, unseen, until the next one comes."""
    command = [str(word) for word in machine.command("ping", "-q", "-i", "0.1", BOARD)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as pinging:
        yield
        pinging.terminate()


@contextmanager
def tunnel(
    boot: Boot, machine: Machine, tmp_path: Path, board_knows_endpoint: bool
) -> Iterator[Pair]:
    """A provisioned board, and wireguard-go, which knows where the board is."""
    prefix = ("ip", "netns", "exec", machine.name)
    board = boot("tap,model=lan9118,ifname=tap,script=no,downscript=no", prefix)
    shell(board.console, f"net ipv4 add 1 {BOARD} 255.255.255.0", PROMPT)
    end = End(machine, f"{machine.name}g", 51002, "10.99.0.2", "fd99::2")
    psk = PresharedKey.generate()
    allowed = (parse_network("10.99.0.2/32"), parse_network("fd99::2/128"))
    endpoint = f"{GATEWAY}:{end.port}" if board_knows_endpoint else None
    with console(board.console, timeout=60) as commands:
        public = commands.genkey()
        commands.set_interface(address="10.99.0.1/24,fd99::1/64", listen_port=str(PORT))
        commands.set_peer(PeerSettings(end.key.public, psk, allowed, endpoint, 0))
        # The board calls when it commits: the other end must be there.
        other = SimpleNamespace(key=SimpleNamespace(public=public), v4="10.99.0.1", v6="fd99::1")
        process = start_wireguard_go(end, tmp_path, other, psk=psk, endpoint=f"{BOARD}:{PORT}")
        commands.run(["wg commit"])
    with heartbeat(machine):
        yield Pair(board, machine, end)
    process.stop()


@pytest.fixture
def pair(boot: Boot, machine: Machine, tmp_path: Path) -> Iterator[Pair]:
    """The board calls."""
    with tunnel(boot, machine, tmp_path, board_knows_endpoint=True) as both:
        yield both


@pytest.fixture
def called(boot: Boot, machine: Machine, tmp_path: Path) -> Iterator[Pair]:
    """The board does not know where its peer is: it is called."""
    with tunnel(boot, machine, tmp_path, board_knows_endpoint=False) as both:
        yield both


def test_pings_of_every_size_pass_both_ways(pair: Pair) -> None:
    """The first starts the handshake. 4,000 bytes come in fragments."""
    pair.ping("10.99.0.1", count=1)
    for size in (56, 57, 500, 1392, 4000):
        pair.ping("10.99.0.1", "-s", str(size))
    for size in (56, 1372, 4000):
        pair.ping("fd99::1", "-s", str(size))
    for address in ("10.99.0.2", "fd99::2"):
        net_ping(pair, address, 3)


def test_the_board_calls_and_its_first_packet_arrives(pair: Pair) -> None:
    """wireguard-go sends nothing of its own: the handshake is the board's, from its listen port."""
    net_ping(pair, "10.99.0.2", 2)
    assert pair.handshake() > 0
    assert f"endpoint: {BOARD}:{PORT}" in pair.machine.run("wg", "show", pair.end.interface)


def test_the_board_answers_and_the_first_packet_arrives(called: Pair) -> None:
    """The first ping of wireguard-go waits for the handshake; then the board knows its endpoint."""
    called.ping("10.99.0.1", count=1)
    net_ping(called, "10.99.0.2", 2)
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
    net_ping(pair, "10.99.0.2", 1)
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
