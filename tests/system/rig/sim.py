# SPDX-License-Identifier: MIT
"""The simulated board as a test sees it: start, console, power off, start again."""

from __future__ import annotations

import re
import select
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wg_host.board import Board, BoardState
from wg_host.console import Console
from wg_host.keys import PresharedKey, PrivateKey, PublicKey

from rig.programs import Process, program

READY = re.compile(r"ready: udp (?:([0-9.]+)|\[([0-9a-f:]+)\]):(\d+) console (\S+)\n")
INSIDE_V4 = "10.77.0.2"
INSIDE_V6 = "fd77::2"
PEER_V4 = "10.77.0.1"
PEER_V6 = "fd77::1"


class Sim:
    """A board whose flash is a file of @p directory; it can be started again and again."""

    def __init__(self, directory: Path, *options: str, udp: str = "127.0.0.1:0") -> None:
        self.directory, self.options, self.udp = directory, options, udp
        self.flash = directory / "flash"
        self.link = directory / "console"
        self.process: Process | None = None
        self.address = ("", 0)
        self.console_name = ""

    def command(self, *more: str) -> list[str | Path]:
        return [
            program("zwg-sim"),
            "--udp",
            self.udp,
            "--flash",
            self.flash,
            *self.options,
            *more,
        ]

    def start(self, *more: str, env: Mapping[str, str] | None = None) -> Sim:
        """Powers the board on and waits until it is ready."""
        console = [] if "--tcp" in self.options else ["--pty-link", str(self.link)]
        command = self.command(*console, *more)
        self.process = Process(command, self.directory / "stderr", **(env or {}))
        assert self.process.popen.stdout is not None
        readable, _, _ = select.select([self.process.popen.stdout], [], [], 20)
        assert readable, "zwg-sim did not become ready"
        line = self.process.popen.stdout.readline()
        found = READY.fullmatch(line)
        assert found, f"{line!r}: {self.process.errors()}"
        self.address = (found[1] or found[2], int(found[3]))
        self.console_name = found[4]
        return self

    def open(self) -> Console:
        """The console."""
        return Console.open(self.console_name, timeout=10)

    def talk(self, line: str) -> str | None:
        """One command over TCP, in no time; all that it was answered, or None if the board died."""
        host, _, port = self.console_name.removeprefix("socket://").rpartition(":")
        heard = b""
        with socket.create_connection((host, int(port)), timeout=10) as wire:
            wire.sendall(f"{line} @7\r".encode())
            while not re.search(rb"@zwg (OK|ERR) 7[^\n]*\n", heard):
                try:
                    more = wire.recv(4096)
                except ConnectionResetError:
                    more = b""
                if not more:
                    return None
                heard += more
        return heard.decode()

    def state(self) -> BoardState:
        """What the board says of itself."""
        with self.open() as console:
            return Board(console).show()

    def kill(self) -> None:
        """The power fails."""
        assert self.process is not None
        self.process.kill()

    def stop(self) -> None:
        """A clean end: exit status 0, nothing from the sanitizers."""
        if self.process is None:
            return
        status = self.process.stop()
        self.process.assert_clean()
        assert status == 0, self.process.errors()


@dataclass(frozen=True)
class Provisioned:
    """What the peer of a board needs to know."""

    board: PublicKey
    peer: PrivateKey
    psk: PresharedKey


def provision(
    sim: Sim,
    peer_port: int,
    *,
    keepalive: int = 0,
    extra: Sequence[str] = (),
    private_key: PrivateKey | None = None,
) -> Provisioned:
    """Gives the board a key, addresses and one peer on loopback at @p peer_port."""
    peer, psk = PrivateKey.generate(), PresharedKey.generate()
    host = f"[{sim.address[0]}]" if ":" in sim.address[0] else sim.address[0]
    with sim.open() as console:
        if private_key is None:
            console.command("wg genkey")
        else:
            console.command(f"wg set private-key {private_key.reveal_base64()}")
        console.command(
            f"wg set listen-port {sim.address[1]} address {INSIDE_V4}/24,{INSIDE_V6}/64"
        )
        console.command(
            f"wg set peer {peer.public} preshared-key {psk.reveal_base64()} "
            f"endpoint {host}:{peer_port}"
        )
        console.command(
            f"wg set peer {peer.public} allowed-ips {PEER_V4}/32,{PEER_V6}/128 "
            f"persistent-keepalive {keepalive or 'off'}"
        )
        for line in extra:
            console.command(line)
        console.command("wg commit")
        key = Board(console).show().public_key
    assert key is not None
    return Provisioned(key, peer, psk)
