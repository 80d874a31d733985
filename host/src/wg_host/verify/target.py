# SPDX-License-Identifier: MIT
"""What is verified: one tunnel of a wg-quick file, from our end."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from wg_host.config import Config
from wg_host.endpoint import Endpoint
from wg_host.errors import UsageError
from wg_host.keys import PresharedKey, PrivateKey, PublicKey
from wg_host.packets import IPAddress
from wg_host.session import DEFAULT_MTU


@dataclass(frozen=True)
class Pair:
    """Our address and the board's, of one family, inside the tunnel."""

    ours: IPAddress
    board: IPAddress


@dataclass(frozen=True)
class Target:
    """The tunnel. ``mtu`` is in bytes of the inner packet; ``v4`` and ``v6`` are None if the tunnel
    has no addresses of that family."""

    private: PrivateKey
    board: PublicKey
    psk: PresharedKey | None
    listen_port: int
    endpoint: Endpoint
    mtu: int
    v4: Pair | None
    v6: Pair | None

    @property
    def pair(self) -> Pair:
        """Of the family to use where either does."""
        pair = self.v4 or self.v6
        assert pair is not None
        return pair


def _pair(config: Config, hosts: list[IPAddress], version: int) -> Pair | None:
    ours = [a.ip for a in config.interface.addresses if a.version == version]
    theirs = [h for h in hosts if h.version == version]
    return Pair(ours[0], theirs[0]) if ours and theirs else None


def target_from(
    config: Config,
    *,
    peer: PublicKey | None = None,
    board_addresses: tuple[IPAddress, ...] = (),
    endpoint: Endpoint | None = None,
) -> Target:
    """The tunnel of a file to its only peer, or to the one named. The board's inner addresses are
    the hosts (/32, /128) among its AllowedIPs, unless given. UsageError says what is missing."""
    peers = [p for p in config.peers if peer is None or p.public_key == peer]
    if len(peers) != 1:
        raise UsageError(
            f"the file has {len(config.peers)} peers, of which {len(peers)} could be meant",
            "name the board's public key with --peer",
        )
    (chosen,) = peers
    endpoint = endpoint or chosen.endpoint
    if endpoint is None:
        raise UsageError(
            "the file has no Endpoint for the board", "name one with --endpoint HOST:PORT"
        )
    hosts = list(board_addresses) or [
        ipaddress.ip_address(n.network_address)
        for n in chosen.allowed_ips
        if n.prefixlen == n.max_prefixlen
    ]
    v4, v6 = _pair(config, hosts, 4), _pair(config, hosts, 6)
    if v4 is None and v6 is None:
        raise UsageError(
            "no inner addresses of one family for both ends",
            "the file needs Address, and AllowedIPs with the board's address (/32 or /128); "
            "or name it with --board-address",
        )
    return Target(
        private=config.interface.private_key,
        board=chosen.public_key,
        psk=chosen.preshared_key,
        listen_port=config.interface.listen_port or 0,
        endpoint=endpoint.resolve(),
        mtu=config.interface.mtu or DEFAULT_MTU,
        v4=v4,
        v6=v6,
    )
