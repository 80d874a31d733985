# SPDX-License-Identifier: MIT
"""One WireGuard interface of the guest's, driven as the other programs are."""

from __future__ import annotations

from ipaddress import ip_interface

from live.guest import GUEST_V4, GUEST_V6, Guest
from live.targets import PeerConfig, Target


class KernelPeer(Target):
    """To stop it is to remove the interface: the kernel then forgets all of it."""

    guest: Guest

    def prepare(self) -> None:
        self.guest = Guest.get(self.directory.parent)

    def start(self) -> None:
        name, file = self.interface, f"/{self.interface}.conf"
        lines = self.config.wgquick(addresses=False).splitlines()
        written = " ".join(f"'{line}'" for line in lines)
        self.guest.run(
            f"printf '%s\\n' {written} > {file}\n"
            f"ip link add {name} type wireguard && wg setconf {name} {file} && rm {file}"
        )
        for address in self.config.addresses:
            self.guest.run(f"ip address add {address} dev {name}")
        self.guest.run(f"ip link set {name} up mtu {self.config.mtu}")

    def kill(self) -> None:
        self.guest.run(f"ip link del {self.interface}")

    def stop(self) -> None:
        self.guest.run(f"ip link del {self.interface} 2>/dev/null || true")

    def initiate(self, peer: PeerConfig) -> None:
        host = ip_interface(peer.allowed[0]).ip
        self.guest.run(f"ping -c 1 -W 1 {host} >/dev/null 2>&1 &")

    @staticmethod
    def address(version: int) -> str:
        """The guest's outer address."""
        return GUEST_V4 if version == 4 else GUEST_V6
