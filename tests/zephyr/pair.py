# SPDX-License-Identifier: MIT
"""The booted firmware and wireguard-go, with a tunnel between them, in a namespace of the test.

one namespace: tap 198.51.100.1/24 -- board's eth0 198.51.100.2/24
               wireguard-go 10.99.0.2, fd99::2 == tunnel == board's zwg0 10.99.0.1, fd99::1
"""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

from wg_host.board import PeerSettings
from wg_host.config import parse_network
from wg_host.keys import PresharedKey

import firmware
from boards import PROMPT, console, shell
from rig.netns import Machine, Wire, ping
from rig.tunnels import End, start_wireguard_go, wg_show

GATEWAY, BOARD = "198.51.100.1", "198.51.100.2"
PORT = 51820
PEER_PORT = 51002


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

    def net_ping(self, address: str, count: int, size: int = 4) -> None:
        """Zephyr's own ping, from the board, with `size` bytes of data: every echo is answered."""
        reply = f"bytes from {address} "
        shell(self.board.console, f"net ping -c {count} -s {size} {address}", reply, times=count)

    def handshake(self) -> int:
        """When the last handshake was, as wg tells it: seconds since 1970, 0 if never."""
        return int(wg_show(self.end, "latest-handshakes"))

    def echo(
        self, family: int, kind: int, data: bytes, address: str = "", timeout: float = 20
    ) -> bytes:
        """What the board's echo service sends back, asked from inside the namespace, through the
        tunnel unless another address is given. CalledProcessError: nothing."""
        program = (
            "import socket,sys\n"
            f"s=socket.socket({int(family)},{int(kind)});s.settimeout({timeout})\n"
            f"s.connect(({address or self.address(family)!r},4242))\n"
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


@contextmanager
def network() -> Iterator[Machine]:
    """A namespace with a TAP device, which QEMU can take."""
    wire = Wire()
    try:
        wire.a.ip("tuntap", "add", "tap", "mode", "tap")
        wire.a.ip("addr", "add", f"{GATEWAY}/24", "dev", "tap")
        wire.a.ip("link", "set", "tap", "up")
        yield wire.a
    finally:
        wire.remove()


@contextmanager
def heartbeat(machine: Machine) -> Iterator[None]:
    """Something for the board's Ethernet controller every 100 ms, beside the tunnel. Zephyr's
    driver of the LAN9220 finds its FIFO empty and acknowledges the interrupt later: a frame that
    arrives between the two stays in the FIFO, unseen, until the next one comes."""
    command = [str(word) for word in machine.command("ping", "-q", "-i", "0.1", BOARD)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as pinging:
        try:
            yield
        finally:
            pinging.terminate()


@contextmanager
def tunnel(
    start: Callable[[str, tuple[str, ...]], firmware.Emulator],
    machine: Machine,
    directory: Path,
    endpoint: str | None = f"{GATEWAY}:{PEER_PORT}",
    called: bool = True,
    has_address: bool = False,
    beating: bool = True,
) -> Iterator[Pair]:
    """A provisioned board, and wireguard-go. `start` switches a board on, with QEMU's -nic and what
    it is run in; `endpoint` is where the board thinks that its peer is; wireguard-go knows where
    the board is if it is to call; the board is given its address unless it has it."""
    prefix = ("ip", "netns", "exec", machine.name)
    board = start("tap,model=lan9118,ifname=tap,script=no,downscript=no", prefix)
    if not has_address:
        shell(board.console, f"net ipv4 add 1 {BOARD} 255.255.255.0", PROMPT)
    end = End(machine, f"{machine.name}g", PEER_PORT, "10.99.0.2", "fd99::2")
    psk = PresharedKey.generate()
    allowed = (parse_network("10.99.0.2/32"), parse_network("fd99::2/128"))
    with console(board.console, timeout=60) as commands:
        public = commands.genkey()
        commands.set_interface(address="10.99.0.1/24,fd99::1/64", listen_port=str(PORT))
        commands.set_peer(PeerSettings(end.key.public, psk, allowed, endpoint, 0))
        # The board calls when it commits: the other end must be there.
        other = SimpleNamespace(key=SimpleNamespace(public=public), v4="10.99.0.1", v6="fd99::1")
        process = start_wireguard_go(
            end, directory, other, psk=psk, endpoint=f"{BOARD}:{PORT}" if called else None
        )
        commands.run(["wg commit"])
    try:
        with heartbeat(machine) if beating else nullcontext():
            yield Pair(board, machine, end)
    finally:
        process.stop()
