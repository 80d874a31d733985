# SPDX-License-Identifier: MIT
"""Two machines with a router between them, as in the second half of the kernel's netns.sh.

one                            outer                          two
NAME1 10.98.0.1, fd98::1                                      NAME2 10.98.0.2, fd98::2
wire1 192.168.1.100 ---------- 192.168.1.1   10.0.0.1 ------- wire2 10.0.0.100, port 2

The router forwards; it translates the source addresses of "one" if nat() is called. The sockets of
a tunnel are where its interface is.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from wg_host.keys import PresharedKey

from rig.netns import Machine, Wire, run
from rig.uapi import Device


class Routed:
    """Both tunnels configured and up; only "one" knows where the other is."""

    def __init__(self, wire: Wire, directory: Path) -> None:
        self.outer = wire.a
        self.directory = directory
        self.tag = wire.tag
        self.machines = tuple(Machine(f"{wire.tag}{n}", "", "") for n in (1, 2))
        self.psk = PresharedKey.generate()
        near, far = ("192.168.1.1", "10.0.0.1"), ("192.168.1.100", "10.0.0.100")
        for n, machine in enumerate(self.machines):
            name = f"wire{n + 1}"
            run("ip", "netns", "add", machine.name)
            machine.ip("link", "set", "lo", "up")
            self.outer.ip("link", "add", name, "type", "veth",
                          "peer", "name", name, "netns", machine.name)  # fmt: skip
            for end, address in ((self.outer, near[n]), (machine, far[n])):
                end.ip("addr", "add", f"{address}/24", "dev", name)
                end.ip("link", "set", name, "up")
        self.outer.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
        for n, machine in enumerate(self.machines):
            machine.ip("route", "add", "default", "via", near[n])
        self.devices: list[Device] = []
        self.one, self.two = (self.device(n) for n in (0, 1))
        for n, (device, peer) in enumerate(((self.one, self.two), (self.two, self.one))):
            device.wg_set(
                "private-key", device.key, "listen-port", str(n + 1),
                "peer", str(peer.key.public), "preshared-key", self.psk,
                "allowed-ips", f"10.98.0.{2 - n}/32,fd98::{2 - n}/128",
            )  # fmt: skip
            self.up(n, device, f"10.98.0.{n + 1}/24", f"fd98::{n + 1}/64")
        self.one.wg_set("peer", str(self.two.key.public), "endpoint", "10.0.0.100:2")

    def device(self, machine: int) -> Device:
        """Another daemon on a machine, which stops with the rest."""
        name = f"{self.tag}w{len(self.devices)}"
        self.devices.append(Device(self.machines[machine], name, self.directory))
        return self.devices[-1]

    def up(self, machine: int, device: Device, *addresses: str, mtu: int = 1420) -> None:
        """Gives the interface its addresses, and switches it on."""
        on = self.machines[machine]
        for address in addresses:
            words = ["nodad"] if ":" in address else []
            on.ip("addr", "add", address, "dev", device.interface, *words)
        on.ip("link", "set", device.interface, "mtu", str(mtu), "up")

    def nft(self, machine: Machine, *rules: str) -> None:
        """Sets rules of nft(8); skips where there is none, or the kernel lacks what they need."""
        try:
            machine.run("nft", "-f", "-", stdin="".join(f"{rule}\n" for rule in rules))
        except (AssertionError, FileNotFoundError) as error:
            pytest.skip(f"no such rules with nft here: {str(error).splitlines()[0][:120]}")

    def nat(self) -> None:
        """The router hides "one" behind its own address."""
        self.nft(self.outer, "add table ip nat",
                 "add chain ip nat out { type nat hook postrouting priority 100; }",
                 "add rule ip nat out ip saddr 192.168.1.0/24 snat to 10.0.0.1")  # fmt: skip

    def remove(self) -> None:
        for device in self.devices:
            device.stop()
        for machine in self.machines:
            run("ip", "netns", "del", machine.name, check=False)
