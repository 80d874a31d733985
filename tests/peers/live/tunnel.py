# SPDX-License-Identifier: MIT
"""Two programs, a namespace each, and a wire between them."""

from __future__ import annotations

import random
import socket
from pathlib import Path
from types import TracebackType

from wg_host.keys import PresharedKey, PrivateKey

from live.guest import HOST_V4, HOST_V6, Guest
from live.kernel_peer import KernelPeer
from live.netns import Namespace
from live.targets import PORT, TARGETS, Config, PeerConfig, Target
from live.wire import Faults, Wire

LOOPBACK = {4: "127.0.0.1", 6: "::1"}
FIRST_GUEST_PORT = 40000


class Tunnel:
    """Program 0 is at 10.77.@p number.1 inside, program 1 at 10.77.@p number.2. They are not
    started."""

    def __init__(
        self,
        programs: tuple[str, str],
        directory: Path,
        *,
        number: int = 0,
        version: int = 4,
        psk: bool = True,
        faults: Faults,
    ) -> None:
        self.directory = directory
        self.number, self.version = number, version
        self.namespaces: list[Namespace] = []
        self.inner = (f"10.77.{number}.1", f"10.77.{number}.2")
        at = [self._place(program) for program in programs]
        seed = random.randrange(2**32)
        self.wire = Wire((at[0][0], at[1][0]), (at[0][1], at[1][1]), faults, seed)
        keys = (PrivateKey.generate(), PrivateKey.generate())
        shared = PresharedKey.generate() if psk else None
        self.targets: list[Target] = []
        for end, program in enumerate(programs):
            name = self.wire.ends[end].getsockname()
            allowed = (f"{self.inner[1 - end]}/32",)
            peer = PeerConfig(keys[1 - end].public, shared, allowed, (name[0], name[1]))
            config = Config(
                keys[end],
                (peer,),
                addresses=(f"{self.inner[end]}/24",),
                port=self.wire.programs[end][1],
            )
            place = directory / str(end)
            place.mkdir()
            kind = KernelPeer if program == "kernel" else TARGETS[program]
            self.targets.append(kind(self.namespaces[end], place, config))

    def _place(self, program: str) -> tuple[socket.socket, tuple[str, int]]:
        """The wire's socket beside a program, and where the program will be."""
        if program == "kernel":
            ns = Guest.get(self.directory).ns
            self.namespaces.append(ns)
            host = HOST_V4 if self.version == 4 else HOST_V6
            at = (KernelPeer.address(self.version), FIRST_GUEST_PORT + self.number)
            return ns.udp(host), at
        ns = Namespace()
        self.namespaces.append(ns)
        return ns.udp(LOOPBACK[self.version]), (LOOPBACK[self.version], PORT)

    def initiate(self, end: int) -> None:
        """Makes a program start a handshake."""
        target = self.targets[end]
        if isinstance(target, KernelPeer):
            target.initiate(target.config.peers[0])
        else:
            target.say(b"hello", to=self.inner[1 - end])

    def __enter__(self) -> Tunnel:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for target in self.targets:
            if error is not None and target.process is not None:
                target.process.kill()
            target.stop()
        self.wire.close()
        if error is not None and hasattr(error, "add_note"):
            logs = sorted(self.directory.glob("*/*.log"))
            text = [path.read_text(errors="replace")[-1500:] for path in logs]
            error.add_note(f"faults of seed {self.wire.seed}\n" + "\n".join(text))
