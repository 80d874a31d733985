# SPDX-License-Identifier: MIT
"""One test's world: a namespace, a program under test, and scripted peers around it."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from wg_host.keys import PresharedKey, PrivateKey

from live.netns import Namespace
from live.scripted import Scripted
from live.targets import PORT, TARGETS, Config, PeerConfig, Target
from rig.sim import PEER_V4, PEER_V6

ETH_P_ALL = 3


class Bench:
    """Peers are made first, then the program is started with all of them in its settings."""

    def __init__(self, program: str, directory: Path) -> None:
        self.program = program
        self._directory = directory
        self.ns = Namespace()
        self.private = PrivateKey.generate()
        self._scripted: list[Scripted] = []
        self._peers: list[PeerConfig] = []
        self._target: Target | None = None
        self._taps: list[socket.socket] = []

    @property
    def target(self) -> Target:
        assert self._target is not None
        return self._target

    @property
    def config(self) -> PeerConfig:
        """The program's settings for the first peer."""
        return self._peers[0]

    def peer(
        self,
        *,
        host: str = "127.0.0.1",
        psk: bool = True,
        endpoint: bool = True,
        keepalive: int = 0,
        allowed: tuple[str, ...] = (f"{PEER_V4}/32", f"{PEER_V6}/128"),
        mtu: int = 1420,
        remote: str | None = None,
    ) -> Scripted:
        """One more peer, before start()."""
        key = PresharedKey.generate() if psk else None
        at = (remote or host, PORT)
        made = Scripted(self.ns, self.private.public, at, host=host, psk=key, mtu=mtu)
        self._scripted.append(made)
        where = (host, made.port) if endpoint else None
        self._peers.append(PeerConfig(made.public, key, allowed, where, keepalive))
        return made

    def add(self, config: PeerConfig) -> None:
        """A peer that nobody plays."""
        self._peers.append(config)

    def start(self, *, mtu: int = 1420, host: str = "127.0.0.1") -> None:
        """Starts the program."""
        config = Config(self.private, tuple(self._peers), mtu=mtu, host=host)
        self._target = TARGETS[self.program](self.ns, self._directory, config)
        self._target.start()

    def pair(self, *, psk: bool = True, endpoint: bool = True, keepalive: int = 0) -> Scripted:
        """One peer, and the program running."""
        made = self.peer(psk=psk, endpoint=endpoint, keepalive=keepalive)
        self.start()
        return made

    def initiate(self) -> None:
        """Makes the program start a handshake with the first peer."""
        self.target.initiate(self.config)

    def say(self, payload: bytes, to: str = PEER_V4, tos: int = 0) -> None:
        """Makes the program's host send a UDP packet into the tunnel."""
        self.target.say(payload, to, tos)

    def delivered(self) -> socket.socket:
        """A socket that sees every packet on the program's TUN device, from now on."""
        with self.ns.entered():
            tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
            tap.bind((self.target.interface, ETH_P_ALL))
        tap.setblocking(False)
        self._taps.append(tap)
        return tap

    def close(self, *, failed: bool) -> None:
        """Ends everything; after a test that did not fail the program must end well."""
        try:
            if self._target is not None:
                if failed and self._target.process is not None:
                    self._target.kill()
                self._target.stop()
        finally:
            for scripted in self._scripted:
                scripted.close()
            for tap in self._taps:
                tap.close()
            self.ns.close()


def arrivals(tap: socket.socket) -> list[bytes]:
    """The packets that the program wrote to its TUN device and nobody has looked at yet."""
    packets: list[bytes] = []
    while True:
        try:
            data, source = tap.recvfrom(65535)
        except BlockingIOError:
            return packets
        if source[2] != socket.PACKET_OUTGOING:
            packets.append(data)


def raw_of(directory: Path) -> str:
    """What the program logged, for a failed test."""
    logs = [path for path in directory.iterdir() if path.suffix == ".log" or path.name == "stderr"]
    return "\n".join(path.read_text(errors="replace")[-3000:] for path in sorted(logs))


def is_root() -> bool:
    return os.geteuid() == 0
