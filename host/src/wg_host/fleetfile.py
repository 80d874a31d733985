# SPDX-License-Identifier: MIT
"""The fleet file: many boards around one hub, in TOML. ``docs/guide/fleet.rst`` describes it."""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from wg_host.config import Address, Network, parse_address, parse_network
from wg_host.endpoint import Endpoint
from wg_host.errors import AccessDenied, ConfigError, UsageError
from wg_host.packets import IPAddress

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

T = TypeVar("T")


@dataclass(frozen=True)
class BoardEntry:
    """One board. ``addresses`` are those asked for by name; the rest comes from the pools."""

    name: str
    port: str | None = None
    serial: str | None = None
    addresses: tuple[IPAddress, ...] = ()
    endpoint: Endpoint | None = None
    listen_port: int | None = None


@dataclass(frozen=True)
class Fleet:
    """A fleet file, read and checked."""

    source: str
    pools: tuple[Network, ...]
    hub_addresses: tuple[Address, ...]
    hub_endpoint: Endpoint
    hub_config: Path
    boards: tuple[BoardEntry, ...]
    listen_port: int = 51820
    keepalive: int = 25
    mtu: int | None = None


class _Table:
    """A TOML table whose members are taken one by one; what is left over is unknown."""

    def __init__(self, source: str, name: str, raw: object) -> None:
        self.source, self.name = source, name
        if not isinstance(raw, dict):
            raise ConfigError(source, 0, f"[{name}]: expected a table")
        self._left: dict[str, Any] = dict(raw)

    def error(self, key: str, message: str) -> ConfigError:
        return ConfigError(self.source, 0, f"[{self.name}] {key}: {message}")

    def text(self, key: str, parse: Callable[[str], T]) -> T | None:
        value = self._left.pop(key, None)
        if value is None:
            return None
        if not isinstance(value, str):
            raise self.error(key, f"{value!r}: expected a string")
        try:
            return parse(value)
        except ValueError as e:
            raise self.error(key, str(e)) from None

    def texts(self, key: str, parse: Callable[[str], T]) -> tuple[T, ...]:
        value = self._left.pop(key, [])
        values = value if isinstance(value, list) else [value]
        parsed: list[T] = []
        for item in values:
            self._left[key] = item
            one = self.text(key, parse)
            assert one is not None
            parsed.append(one)
        return tuple(parsed)

    def number(self, key: str, low: int, high: int, default: T) -> int | T:
        value = self._left.pop(key, None)
        if value is None:
            return default
        if type(value) is not int or not low <= value <= high:
            raise self.error(key, f"{value!r}: expected a number from {low} to {high}")
        return value

    def end(self) -> None:
        for key in self._left:
            raise self.error(key, "unknown")


def _address(text: str) -> IPAddress:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        raise ValueError(f"'{text}': expected an address such as 10.9.0.40") from None


def _place(text: str) -> str:
    if not text.strip():
        raise ValueError("expected a port such as /dev/ttyACM0, or the end of a serial number")
    return text


def _name(text: str) -> str:
    if not text or not text.isprintable() or text != text.strip():
        raise ValueError(f"{text!r}: expected a name")
    return text


def load(path: Path) -> Fleet:
    """Reads a fleet file; UsageError, AccessDenied or ConfigError."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file") from None
    except PermissionError:
        raise AccessDenied(f"{path}: permission denied") from None
    except (OSError, UnicodeDecodeError) as e:
        raise UsageError(f"{path}: {e}") from None
    return parse(text, str(path), path.parent)


def parse(text: str, source: str, folder: Path) -> Fleet:
    """Reads the text of a fleet file; file names in it are relative to @p folder."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as e:
        raise ConfigError(source, 0, f"not TOML: {e}") from None
    top = sorted(set(raw) - {"fleet", "hub", "board"})
    if top:
        raise ConfigError(source, 0, f"{top[0]}: unknown; expected [fleet], [hub], [[board]]")
    own = _Table(source, "fleet", raw.get("fleet", {}))
    hub = _Table(source, "hub", raw.get("hub", {}))
    pools = own.texts("pool", parse_network)
    if not pools:
        raise own.error("pool", "missing; expected a network such as 10.9.0.0/24")
    if len({p.version for p in pools}) != len(pools):
        raise own.error("pool", "expected at most one network of each family")
    endpoint = hub.text("endpoint", Endpoint.parse)
    if endpoint is None:
        raise hub.error("endpoint", "missing; expected HOST:PORT")
    addresses = hub.texts("address", parse_address) or tuple(_first(own, pool) for pool in pools)
    for address in addresses:
        _inside(hub, pools, address.ip)
    config_path = hub.text("config", Path) or Path("hub.conf")
    fleet = Fleet(
        source,
        pools,
        addresses,
        endpoint,
        folder / config_path,
        _boards(source, raw.get("board", []), pools, [a.ip for a in addresses]),
        own.number("listen_port", 1, 65535, 51820),
        own.number("keepalive", 0, 65535, 25),
        own.number("mtu", 1280, 1420, None),
    )
    own.end()
    hub.end()
    return fleet


def _first(table: _Table, pool: Network) -> Address:
    host = next(iter(pool.hosts()), None)
    if host is None or pool.num_addresses < 4:
        raise table.error("pool", f"{pool} has no room for a hub and a board")
    return parse_address(f"{host}/{pool.prefixlen}")


def _inside(table: _Table, pools: Sequence[Network], address: IPAddress) -> None:
    if not any(address in pool for pool in pools):
        listed = ", ".join(map(str, pools))
        raise table.error("address", f"{address} is not in the pool {listed}")


def _boards(
    source: str, raw: object, pools: tuple[Network, ...], taken: list[IPAddress]
) -> tuple[BoardEntry, ...]:
    if not isinstance(raw, list):
        raise ConfigError(source, 0, "board: expected [[board]] tables")
    boards: list[BoardEntry] = []
    for number, item in enumerate(raw, 1):
        table = _Table(source, f"board {number}", item)
        name = table.text("name", _name)
        if name is None:
            raise table.error("name", "missing")
        if any(name == board.name for board in boards):
            raise table.error("name", f"'{name}' is given twice")
        entry = BoardEntry(
            name,
            table.text("port", _place),
            table.text("serial", _place),
            table.texts("address", _address),
            table.text("endpoint", Endpoint.parse),
            table.number("listen_port", 1, 65535, None),
        )
        if (entry.port is None) == (entry.serial is None):
            raise table.error("port", "expected port or serial, and not both")
        _place_of_its_own(table, entry, boards)
        for address in entry.addresses:
            _inside(table, pools, address)
            if address in taken:
                raise table.error("address", f"{address} is given twice")
            taken.append(address)
        if len({address.version for address in entry.addresses}) != len(entry.addresses):
            raise table.error("address", "expected one at most in each pool")
        table.end()
        boards.append(entry)
    return tuple(boards)


def _place_of_its_own(table: _Table, entry: BoardEntry, others: Sequence[BoardEntry]) -> None:
    """Refuses a second name for one board: the same port, or serial numbers of which one is the
    end of the other."""
    for other in others:
        if entry.port is not None and entry.port == other.port:
            raise table.error("port", f"'{entry.port}' is already that of '{other.name}'")
        if entry.serial is not None and other.serial is not None:
            ends = entry.serial.lower(), other.serial.lower()
            if ends[0].endswith(ends[1]) or ends[1].endswith(ends[0]):
                raise table.error(
                    "serial",
                    f"'{entry.serial}' may be the board '{other.name}', whose serial is "
                    f"'{other.serial}'",
                )
