# SPDX-License-Identifier: MIT
"""Three machines, as in the kernel's netns.sh: two that have nothing but a tunnel, and one between.

+--------------------+   +------------------------------+   +--------------------+
| one                |   | outer                        |   | two                |
| NAME1 10.98.0.1    |===| lo, sockets of both daemons  |===| NAME2 10.98.0.2    |
|       fd98::1      |   | 127.0.0.1, ::1, ports 1 and 2|   |       fd98::2      |
+--------------------+   +------------------------------+   +--------------------+

The interfaces are made in the middle and moved out; their UDP sockets stay there.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from wg_host.keys import PresharedKey

from rig.netns import Machine, Wire, run
from rig.uapi import Device

LOOPBACK = {4: "127.0.0.1", 6: "[::1]"}


class Trio:
    """Both tunnels configured and up; @p wire lends its names and its first machine.

    @p lacking: what the first daemon's kernel has not got, by the rules of rig.refuse.
    @p daemon: another build of the program, for both.
    """

    def __init__(
        self,
        wire: Wire,
        directory: Path,
        lacking: Sequence[str] = (),
        daemon: Path | None = None,
    ) -> None:
        self.outer = wire.a
        self.machines = tuple(Machine(f"{wire.tag}{n}", "", "") for n in (1, 2))
        self.psk = PresharedKey.generate()
        for machine in self.machines:
            run("ip", "netns", "add", machine.name)
            machine.ip("link", "set", "lo", "up")
        self.one = Device(self.outer, f"{wire.tag}w1", directory, lacking, daemon)
        self.two = Device(self.outer, f"{wire.tag}w2", directory, daemon=daemon)
        for n, device in enumerate((self.one, self.two)):
            machine = self.machines[n]
            self.outer.ip("link", "set", device.interface, "netns", machine.name)
            machine.ip("addr", "add", f"10.98.0.{n + 1}/24", "dev", device.interface)
            machine.ip("addr", "add", f"fd98::{n + 1}/64", "dev", device.interface, "nodad")
        self.configure()
        for machine, device in zip(self.machines, (self.one, self.two), strict=True):
            machine.ip("link", "set", device.interface, "up")

    def configure(self) -> None:
        """Keys, ports 1 and 2, and each other as peers, without an endpoint."""
        self.one.wg_set(
            "private-key", self.one.key, "listen-port", "1",
            "peer", str(self.two.key.public), "preshared-key", self.psk,
            "allowed-ips", "10.98.0.2/32,fd98::2/128",
        )  # fmt: skip
        self.two.wg_set(
            "private-key", self.two.key, "listen-port", "2",
            "peer", str(self.one.key.public), "preshared-key", self.psk,
            "allowed-ips", "10.98.0.1/32,fd98::1/128",
        )  # fmt: skip

    def meet(self, version: int = 4) -> None:
        """Each learns where the other is."""
        host = LOOPBACK[version]
        self.one.wg_set("peer", str(self.two.key.public), "endpoint", f"{host}:2")
        self.two.wg_set("peer", str(self.one.key.public), "endpoint", f"{host}:1")

    def remove(self) -> None:
        """All of it, also if a daemon does not end well."""
        with ExitStack() as stack:
            for machine in self.machines:
                stack.callback(run, "ip", "netns", "del", machine.name, check=False)
            for device in (self.two, self.one):
                stack.callback(device.stop)
