# SPDX-License-Identifier: MIT
"""Provisions a fleet: boards around one hub, idempotent and resumable.

Two files are kept beside the fleet file. The hub's wg-quick file holds all secrets (mode 0600) and
is written before a board commits, so that no board ever holds a preshared key that the hub has not.
The record (``NAME.record.json``) holds none; by it a board is known again.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from wg_host import devices, provision
from wg_host.board import Board, BoardState, PeerSettings
from wg_host.config import Address, Peer
from wg_host.console import Console
from wg_host.errors import (
    BoardAmbiguous,
    BoardNotFound,
    CommandRefused,
    ConfigError,
    UsageError,
    WgHostError,
    WrongBoard,
)
from wg_host.fleetfile import BoardEntry, Fleet
from wg_host.fleethub import Hub
from wg_host.fleetrecord import Record, Recorded
from wg_host.keys import PresharedKey, PublicKey
from wg_host.packets import IPAddress
from wg_host.provision import Note


def assign(
    fleet: Fleet,
    had: Mapping[str, Iterable[IPAddress]],
    elsewhere: Collection[IPAddress] = (),
) -> dict[str, tuple[Address, ...]]:
    """Addresses for every board: those that it asks for, else those that it had, else the next free
    ones of each pool, but none that is in use @p elsewhere. ConfigError when a pool is full."""
    taken: set[IPAddress] = {a.ip for a in fleet.hub_addresses} | set(elsewhere)
    taken |= {address for board in fleet.boards for address in board.addresses}
    chosen: dict[str, dict[int, IPAddress]] = {}
    for board in fleet.boards:
        asked: dict[int, IPAddress] = {a.version: a for a in board.addresses}
        for address in had.get(board.name, ()):
            in_pool = any(address in pool for pool in fleet.pools)
            if address.version not in asked and in_pool and address not in taken:
                asked[address.version] = address
                taken.add(address)
        chosen[board.name] = asked
    assigned: dict[str, tuple[Address, ...]] = {}
    for board in fleet.boards:
        addresses: list[Address] = []
        for pool in fleet.pools:
            own = chosen[board.name].get(pool.version)
            if own is None:
                own = _next_free(fleet, pool.hosts(), taken, board.name)
                taken.add(own)
            addresses.append(ipaddress.ip_interface(f"{own}/{pool.prefixlen}"))
        assigned[board.name] = tuple(addresses)
    return assigned


def _next_free(
    fleet: Fleet, hosts: Iterable[IPAddress], taken: set[IPAddress], name: str
) -> IPAddress:
    free = next((host for host in hosts if host not in taken), None)
    if free is None:
        raise ConfigError(fleet.source, 0, f"the pool is full: no address left for '{name}'")
    return free


@dataclass(frozen=True)
class Outcome:
    """What came of one board: ``provisioned``, ``unchanged``, ``planned`` or ``failed``."""

    name: str
    status: str
    addresses: tuple[Address, ...]
    public_key: PublicKey | None = None
    error: WgHostError | None = None


@dataclass(frozen=True)
class Orders:
    """What a run may do. ``replaced`` names boards in whose place another one may be found."""

    dry_run: bool = False
    reset: bool = False
    discard_staged: bool = False
    replaced: tuple[str, ...] = ()


class Run:
    """One run over a fleet."""

    def __init__(
        self,
        fleet: Fleet,
        record: Record,
        orders: Orders,
        *,
        open_console: Callable[[str], Console],
        note: Note,
    ) -> None:
        self._fleet, self._record, self._orders = fleet, record, orders
        self._open, self._note = open_console, note
        chosen(fleet, orders.replaced)
        self._hub = Hub(fleet, {held.public_key: name for name, held in record.boards.items()})
        self._ports: dict[str, str] = {}
        if self._hub.is_new and record.boards:
            note(f"{fleet.hub_config} is not there: the hub gets a new key")
        self._addresses = assign(fleet, self._addresses_had(), self._addresses_elsewhere())
        self._forget_strangers()

    def _addresses_had(self) -> dict[str, list[IPAddress]]:
        """By the record, or by the hub's file if the record was lost."""
        had = {n: [a.network_address for a in p.allowed_ips] for n, p in self._hub.boards.items()}
        return had | {n: [a.ip for a in held.addresses] for n, held in self._record.boards.items()}

    def _addresses_elsewhere(self) -> Collection[IPAddress]:
        """Those of the hub's peers that are no boards; ConfigError if a board asks for one."""
        elsewhere = self._hub.other_addresses()
        for board in self._fleet.boards:
            for address in board.addresses:
                if address in elsewhere:
                    raise ConfigError(
                        self._fleet.source,
                        0,
                        f"'{board.name}' asks for {address}, which {self._hub.path} gives to the "
                        f"peer {elsewhere[address]}",
                        "give the board another address, or take the peer out of that file",
                    )
        return elsewhere

    def _forget_strangers(self) -> None:
        """Boards that the file no longer names lose their place at the hub."""
        for name in dict.fromkeys([*self._record.boards, *self._hub.boards]):
            if name not in self._addresses:
                self._note(f"{name} is no longer in the fleet file: the hub forgets it")
                if not self._orders.dry_run:
                    self._record.boards.pop(name, None)

    def board(self, entry: BoardEntry) -> Outcome:
        """Provisions one board, unless it is as it should be. An error becomes the outcome."""
        addresses = self._addresses[entry.name]
        try:
            return self._board(entry, addresses)
        except WgHostError as e:
            return Outcome(entry.name, "failed", addresses, error=e)

    def _board(self, entry: BoardEntry, addresses: tuple[Address, ...]) -> Outcome:
        port, serial_number = self._find(entry)
        with self._open(port) as console:
            board = Board(console)
            before = board.show()
            ousted = self._recognize(entry, port, before)
            psk = self._hub.psk(before.public_key)
            plan = self._plan(entry, addresses, psk or PresharedKey.generate())
            as_it_should_be = psk is not None and not provision.differences(plan, before)
            if self._orders.dry_run:
                return self._preview(entry, plan, before, as_it_should_be)
            after = before if as_it_should_be else self._apply(entry, board, plan, ousted)
            self._keep(entry, after, plan, serial_number, ousted)
            status = "unchanged" if as_it_should_be else "provisioned"
            return Outcome(entry.name, status, addresses, after.public_key)

    def _preview(
        self, entry: BoardEntry, plan: provision.Plan, before: BoardState, as_it_should_be: bool
    ) -> Outcome:
        if as_it_should_be:
            return Outcome(entry.name, "unchanged", plan.addresses, before.public_key)
        provision.check_before(plan, before, self._orders.discard_staged)
        for line in provision.preview(plan, before, key_is_made=self._hub.is_new):
            self._note(f"{entry.name}: {line}")
        return Outcome(entry.name, "planned", plan.addresses, before.public_key)

    def _apply(
        self, entry: BoardEntry, board: Board, plan: provision.Plan, ousted: Collection[str]
    ) -> BoardState:
        held = self._hub.boards
        try:
            return provision.apply(
                board,
                plan,
                discard_staged=self._orders.discard_staged,
                note=lambda text: self._note(f"{entry.name}: {text}"),
                before_commit=lambda staged: self._write_hub(entry, staged, plan, ousted),
            )
        except CommandRefused as e:
            if e.command == provision.COMMIT:
                # The board has certainly not committed, so the hub need not keep its key.
                self._hub.write(self._in_order(held))
            raise

    def _find(self, entry: BoardEntry) -> tuple[str, str]:
        """The board's port, which no other board of this run had, and its serial number."""
        if entry.port is not None:
            known = {d.port: d.serial_number for d in devices.found()}
            port, serial_number = entry.port, known.get(entry.port, "")
        else:
            device = self._device(entry)
            port, serial_number = device.port, device.serial_number
        where = port if "://" in port else os.path.realpath(port)
        other = self._ports.setdefault(where, entry.name)
        if other != entry.name:
            raise UsageError(
                f"{port} is the port of '{other}' as well",
                f"one board can have only one name in {self._fleet.source}",
            )
        return port, serial_number

    def _device(self, entry: BoardEntry) -> devices.Device:
        try:
            return devices.only_one(entry.serial)
        except BoardAmbiguous as e:
            hint = f"give more of its serial number in {self._fleet.source}"
            raise BoardAmbiguous(e.message, hint) from None
        except BoardNotFound as e:
            raise BoardNotFound(e.message, "'wg-host devices' lists the boards found") from None

    def _recognize(self, entry: BoardEntry, port: str, state: BoardState) -> tuple[str, ...]:
        """Compares the board found with those on record. WrongBoard if it is another one of them,
        or is not the one that was here, unless that was ordered; then the names that it had."""
        others = {
            held.name: what
            for held in self._record.boards.values()
            if held.name != entry.name and (what := held.common_with(state))
        }
        for name, peer in self._hub.boards.items():
            if name != entry.name and peer.public_key == state.public_key:
                others.setdefault(name, f"public key {peer.public_key}")
        others = {name: what for name, what in others.items() if name in self._addresses}
        held = self._record.boards.get(entry.name)
        accepted = entry.name in self._orders.replaced
        for name, what in others.items():
            if not accepted:
                raise WrongBoard(
                    f"expected '{entry.name}' at {port}, found the board on record as '{name}' "
                    f"({what}); it was left as it is",
                    f"correct the port or serial of both in {self._fleet.source}; or, if this "
                    f"board shall be '{entry.name}' from now on: --replaced {entry.name}",
                )
            self._note(f"{entry.name}: the board that was '{name}' takes its place")
        if held is not None and held.chip and state.chip and held.chip != state.chip:
            if not accepted:
                raise WrongBoard(
                    f"expected '{entry.name}' at {port}, whose chip on record is {held.chip}, "
                    f"found chip {state.chip}; it was left as it is",
                    f"if '{entry.name}' was replaced by this board: --replaced {entry.name}",
                )
            self._note(f"{entry.name}: chip {state.chip} takes the place of {held.chip}")
        if held is not None and state.public_key not in (None, held.public_key):
            self._note(f"{entry.name}: its public key on record was {held.public_key}")
        return tuple(others)

    def _plan(
        self, entry: BoardEntry, addresses: tuple[Address, ...], psk: PresharedKey
    ) -> provision.Plan:
        fleet = self._fleet
        peer = PeerSettings(
            self._hub.private.public, psk, fleet.pools, str(fleet.hub_endpoint), fleet.keepalive
        )
        port = entry.listen_port or fleet.listen_port
        return provision.Plan(addresses, port, peer, mtu=fleet.mtu, reset=self._orders.reset)

    def _in_order(self, peers: dict[str, Peer]) -> dict[str, Peer]:
        """The boards' peers in the order of the fleet file, and with its endpoints."""
        return {
            entry.name: replace(peers[entry.name], endpoint=entry.endpoint)
            for entry in self._fleet.boards
            if entry.name in peers
        }

    def _write_hub(
        self,
        entry: BoardEntry,
        state: BoardState,
        plan: provision.Plan,
        ousted: Collection[str],
    ) -> None:
        peers = {name: p for name, p in self._hub.boards.items() if name not in ousted}
        peers[entry.name] = provision.matching_peer(state, plan.peer.preshared_key, entry.endpoint)
        self._hub.write(self._in_order(peers))

    def _keep(
        self,
        entry: BoardEntry,
        state: BoardState,
        plan: provision.Plan,
        serial_number: str,
        ousted: Collection[str],
    ) -> None:
        """Puts the board on record and into the hub's file."""
        assert state.public_key is not None
        held = self._record.boards.get(entry.name)
        chip = state.chip
        if chip is None and held is not None and held.public_key == state.public_key:
            chip = held.chip
        for name in ousted:
            self._record.boards.pop(name, None)
        self._record.boards[entry.name] = Recorded(
            entry.name, plan.addresses, state.public_key, serial_number, state.board, chip
        )
        self._write_hub(entry, state, plan, ousted)
        self._record.save()


def chosen(fleet: Fleet, names: tuple[str, ...]) -> list[BoardEntry]:
    """The boards with these names, or all; UsageError for a name that is not in the file."""
    known = {board.name for board in fleet.boards}
    for name in names:
        if name not in known:
            raise UsageError(f"no board named '{name}' in {fleet.source}")
    return [board for board in fleet.boards if not names or board.name in names]
