# SPDX-License-Identifier: MIT
"""The hub's wg-quick file: its key, the boards, and whatever else its owner has put there.

A board's ``[Peer]`` stands below a comment with its name, ``# board: NAME``. Peers without it, and
wg-quick's own settings in ``[Interface]``, belong to the file's owner and stay.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from wg_host import config
from wg_host.config import Config, Interface, Peer
from wg_host.errors import ConfigError
from wg_host.fleetfile import Fleet
from wg_host.keys import PresharedKey, PrivateKey, PublicKey, write_secret
from wg_host.packets import IPAddress

_MARK = "# board: "


def _marks(text: str) -> list[str | None]:
    """For each ``[Peer]`` the name in the comment right above it."""
    names: list[str | None] = []
    mark: str | None = None
    for line in filter(None, map(str.strip, text.splitlines())):
        if re.match(r"\[peer\]", line, re.I):
            names.append(mark)
        mark = line.removeprefix(_MARK) if line.startswith(_MARK) else None
    return names


class Hub:
    """The file as it is, and as it shall be. ``is_new``: there is none yet, and ``private`` was
    made for it."""

    def __init__(self, fleet: Fleet, recorded: Mapping[PublicKey, str]) -> None:
        """@p recorded names boards by their keys, for peers that have lost their comment."""
        self.path = fleet.hub_config
        self.is_new = not self.path.exists()
        self.boards: dict[str, Peer] = {}
        self.others: tuple[Peer, ...] = ()
        self._psks: dict[PublicKey, PresharedKey] = {}
        held = Interface(PrivateKey.generate())
        if not self.is_new:
            held = self._load(recorded)
        self.private = held.private_key
        self._interface = replace(
            held,
            addresses=fleet.hub_addresses,
            listen_port=fleet.hub_endpoint.port,
            mtu=fleet.mtu or held.mtu,
        )

    def _load(self, recorded: Mapping[PublicKey, str]) -> Interface:
        held = config.load(self.path)
        others: list[Peer] = []
        for peer, mark in zip(held.peers, _marks(self.path.read_text("utf-8")), strict=True):
            name = mark or recorded.get(peer.public_key)
            if name is None:
                others.append(peer)
            elif name in self.boards:
                raise ConfigError(str(self.path), 0, f"the board '{name}' has two [Peer] sections")
            else:
                self.boards[name] = peer
        self.others = tuple(others)
        self._psks = {p.public_key: p.preshared_key for p in held.peers if p.preshared_key}
        return held.interface

    def psk(self, key: PublicKey | None) -> PresharedKey | None:
        """The preshared key that the file had for a board, whatever its name there was."""
        return self._psks.get(key) if key is not None else None

    def other_addresses(self) -> dict[IPAddress, PublicKey]:
        """Hosts that peers other than boards have, so that no board may have them."""
        return {
            network.network_address: peer.public_key
            for peer in self.others
            for network in peer.allowed_ips
            if network.num_addresses == 1
        }

    def write(self, boards: Mapping[str, Peer]) -> None:
        """Writes the file with these boards, in their order, and the peers that are none. No public
        key ever stands in it twice: ConfigError, and the file stays as it was."""
        names: dict[PublicKey, str] = {}
        for name, peer in boards.items():
            if peer.public_key in names:
                raise ConfigError(
                    str(self.path), 0, f"'{names[peer.public_key]}' and '{name}' have one key"
                )
            names[peer.public_key] = name
        parts = [config.dump(Config(self._interface))]
        parts += [f"{_MARK}{name}\n{config.dump_peer(peer)}" for name, peer in boards.items()]
        parts += [config.dump_peer(p) for p in self.others if p.public_key not in names]
        write_secret(self.path, "\n".join(parts), overwrite=True)
        self.boards = dict(boards)
