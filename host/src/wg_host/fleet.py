# SPDX-License-Identifier: MIT
"""Provisions a fleet: boards around one hub, idempotent and resumable.

Two files are kept beside the fleet file. The hub's wg-quick file holds all secrets (mode 0600) and
is written before a board commits, so that no board ever holds a preshared key that the hub has not.
The record (``NAME.record.json``) holds none: names, addresses, public keys and serial numbers.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wg_host import config, devices, provision
from wg_host.board import Board, BoardState, PeerSettings
from wg_host.config import Address, Config, Interface, Peer, parse_address
from wg_host.console import Console
from wg_host.errors import CommandRefused, ConfigError, UsageError, WgHostError
from wg_host.fleetfile import BoardEntry, Fleet
from wg_host.keys import PresharedKey, PrivateKey, PublicKey, write_secret
from wg_host.packets import IPAddress
from wg_host.provision import Note

RECORD_VERSION = 1
HUB_DEFAULT_PORT = 51820


@dataclass(frozen=True)
class Recorded:
    """What is known of a board that was provisioned."""

    name: str
    addresses: tuple[Address, ...]
    public_key: PublicKey
    serial_number: str
    board: str

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "address": [str(a) for a in self.addresses],
            "public_key": str(self.public_key),
            "serial_number": self.serial_number,
            "board": self.board,
        }


class Record:
    """The record file, in order of the boards' first provisioning."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.boards: dict[str, Recorded] = {}
        if path.exists():
            self._load()

    def _load(self) -> None:
        try:
            raw = json.loads(self.path.read_text("utf-8"))
            if raw["v"] != RECORD_VERSION:
                raise ConfigError(str(self.path), 0, f"version {raw['v']!r}, expected 1")
            for name, held in raw["boards"].items():
                self.boards[name] = Recorded(
                    name,
                    tuple(parse_address(a) for a in held["address"]),
                    PublicKey.parse(held["public_key"]),
                    str(held["serial_number"]),
                    str(held["board"]),
                )
        except ConfigError:
            raise
        except (ValueError, KeyError, TypeError, AttributeError, WgHostError) as e:
            raise ConfigError(str(self.path), 0, f"not a record of a fleet: {e!r}") from None

    def save(self) -> None:
        """Writes it, whole or not at all."""
        boards = {name: held.as_dict() for name, held in self.boards.items()}
        text = json.dumps({"v": RECORD_VERSION, "boards": boards}, indent=2)
        write_secret(self.path, text + "\n", overwrite=True)


def record_path(fleet_file: Path) -> Path:
    """Of a fleet file."""
    return fleet_file.with_suffix(".record.json")


def assign(fleet: Fleet, record: Record) -> dict[str, tuple[Address, ...]]:
    """Addresses for every board: those that it asks for, else those that it had, else the next free
    ones of each pool. ConfigError when a pool is full."""
    taken: set[IPAddress] = {a.ip for a in fleet.hub_addresses}
    taken |= {address for board in fleet.boards for address in board.addresses}
    chosen: dict[str, dict[int, IPAddress]] = {}
    for board in fleet.boards:
        asked: dict[int, IPAddress] = {a.version: a for a in board.addresses}
        held = record.boards.get(board.name)
        for had in held.addresses if held is not None else ():
            in_pool = any(had.ip in pool for pool in fleet.pools)
            if had.version not in asked and in_pool and had.ip not in taken:
                asked[had.version] = had.ip
                taken.add(had.ip)
        chosen[board.name] = asked
    assigned: dict[str, tuple[Address, ...]] = {}
    for board in fleet.boards:
        addresses: list[Address] = []
        for pool in fleet.pools:
            address = chosen[board.name].get(pool.version)
            if address is None:
                address = _next_free(fleet, pool.hosts(), taken, board.name)
                taken.add(address)
            addresses.append(ipaddress.ip_interface(f"{address}/{pool.prefixlen}"))
        assigned[board.name] = tuple(addresses)
    return assigned


def _next_free(
    fleet: Fleet, hosts: Iterable[IPAddress], taken: set[IPAddress], name: str
) -> IPAddress:
    free = next((host for host in hosts if host not in taken), None)
    if free is None:
        raise ConfigError(fleet.source, 0, f"the pool is full: no address left for '{name}'")
    return free


class Hub:
    """The hub's file: its own key, and the preshared key of every board."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self.private = PrivateKey.generate()
        self._psks: dict[PublicKey, PresharedKey] = {}
        if fleet.hub_config.exists():
            held = config.load(fleet.hub_config)
            self.private = held.interface.private_key
            self._psks = {p.public_key: p.preshared_key for p in held.peers if p.preshared_key}

    def psk(self, key: PublicKey | None) -> PresharedKey | None:
        """The preshared key shared with a board."""
        return self._psks.get(key) if key is not None else None

    def write(self, peers: dict[str, Peer]) -> None:
        """Writes the file with these boards."""
        fleet = self._fleet
        port = fleet.hub_endpoint.port or HUB_DEFAULT_PORT
        interface = Interface(self.private, fleet.hub_addresses, port, fleet.mtu)
        text = config.dump(Config(interface, tuple(peers.values())))
        write_secret(fleet.hub_config, text, overwrite=True)
        self._psks |= {p.public_key: p.preshared_key for p in peers.values() if p.preshared_key}


@dataclass(frozen=True)
class Outcome:
    """What came of one board: ``provisioned``, ``unchanged``, ``planned`` or ``failed``."""

    name: str
    status: str
    addresses: tuple[Address, ...]
    public_key: PublicKey | None = None
    error: WgHostError | None = None


class Run:
    """One run over a fleet."""

    def __init__(
        self,
        fleet: Fleet,
        record: Record,
        *,
        open_console: Callable[[str], Console],
        note: Note,
        dry_run: bool = False,
    ) -> None:
        self._fleet, self._record, self._note = fleet, record, note
        self._open, self._dry_run = open_console, dry_run
        self._hub = Hub(fleet)
        self._addresses = assign(fleet, record)
        self._forget_strangers()

    def _forget_strangers(self) -> None:
        """Boards that the file no longer names lose their place at the hub."""
        names = {board.name for board in self._fleet.boards}
        for name in [n for n in self._record.boards if n not in names]:
            self._note(f"{name} is no longer in the fleet file: the hub forgets it")
            if not self._dry_run:
                del self._record.boards[name]

    def board(self, entry: BoardEntry) -> Outcome:
        """Provisions one board, unless it is as it should be. An error becomes the outcome."""
        addresses = self._addresses[entry.name]
        try:
            return self._board(entry, addresses)
        except WgHostError as e:
            if isinstance(e, CommandRefused) and not self._dry_run:
                # The board has certainly not committed, so the hub need not keep its key.
                self._hub.write(self._peers())
            return Outcome(entry.name, "failed", addresses, error=e)

    def _board(self, entry: BoardEntry, addresses: tuple[Address, ...]) -> Outcome:
        port, serial_number = self._find(entry)
        with self._open(port) as console:
            board = Board(console)
            before = board.show()
            psk = self._hub.psk(before.public_key)
            plan = self._plan(entry, addresses, psk or PresharedKey.generate())
            if psk is not None and not provision.differences(plan, before):
                if not self._dry_run:
                    self._keep(entry, before, plan, serial_number)
                return Outcome(entry.name, "unchanged", addresses, before.public_key)
            if self._dry_run:
                for line in provision.preview(plan, before):
                    self._note(f"{entry.name}: {line}")
                return Outcome(entry.name, "planned", addresses, before.public_key)
            after = provision.apply(
                board,
                plan,
                note=lambda text: self._note(f"{entry.name}: {text}"),
                before_commit=lambda staged: self._hub.write(
                    self._peers() | {entry.name: self._peer(entry, staged, plan)}
                ),
            )
            self._keep(entry, after, plan, serial_number)
            return Outcome(entry.name, "provisioned", addresses, after.public_key)

    def _find(self, entry: BoardEntry) -> tuple[str, str]:
        if entry.port is not None:
            known = {d.port: d.serial_number for d in devices.found()}
            return entry.port, known.get(entry.port, "")
        device = devices.only_one(entry.serial)
        return device.port, device.serial_number

    def _plan(
        self, entry: BoardEntry, addresses: tuple[Address, ...], psk: PresharedKey
    ) -> provision.Plan:
        fleet = self._fleet
        peer = PeerSettings(
            self._hub.private.public, psk, fleet.pools, str(fleet.hub_endpoint), fleet.keepalive
        )
        port = entry.listen_port or fleet.listen_port
        return provision.Plan(addresses, port, peer, mtu=fleet.mtu)

    def _peer(self, entry: BoardEntry, state: BoardState, plan: provision.Plan) -> Peer:
        return provision.matching_peer(state, plan.peer.preshared_key, entry.endpoint)

    def _peers(self) -> dict[str, Peer]:
        """The hub's peers of the boards on record, in the file's order."""
        peers: dict[str, Peer] = {}
        for entry in self._fleet.boards:
            held = self._record.boards.get(entry.name)
            if held is not None:
                peers[entry.name] = Peer(
                    held.public_key,
                    self._hub.psk(held.public_key),
                    provision.hosts(held.addresses),
                    entry.endpoint,
                )
        return peers

    def _keep(
        self, entry: BoardEntry, state: BoardState, plan: provision.Plan, serial_number: str
    ) -> None:
        """Puts the board on record and into the hub's file."""
        assert state.public_key is not None
        self._record.boards[entry.name] = Recorded(
            entry.name, plan.addresses, state.public_key, serial_number, state.board
        )
        self._hub.write(self._peers() | {entry.name: self._peer(entry, state, plan)})
        self._record.save()


def chosen(fleet: Fleet, names: tuple[str, ...]) -> list[BoardEntry]:
    """The boards with these names, or all; UsageError for a name that is not in the file."""
    known = {board.name for board in fleet.boards}
    for name in names:
        if name not in known:
            raise UsageError(f"no board named '{name}' in {fleet.source}")
    return [board for board in fleet.boards if not names or board.name in names]
