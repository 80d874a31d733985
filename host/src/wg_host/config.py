# SPDX-License-Identifier: MIT
"""wg-quick(8) files: read with errors by line, and written so that ``wg-quick`` takes them.

A file has one ``[Interface]`` and any number of ``[Peer]``, which rules out configparser. Names are
not case-sensitive; ``Address`` and ``AllowedIPs`` may be repeated. What follows ``#`` is a comment.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from wg_host.endpoint import Endpoint
from wg_host.errors import AccessDenied, ConfigError, UsageError
from wg_host.keys import PresharedKey, PrivateKey, PublicKey

Address = ipaddress.IPv4Interface | ipaddress.IPv6Interface
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
T = TypeVar("T")

# wg-quick's own settings, which the tunnel itself does not need. Kept as they are.
PASSED_ON = {
    "dns": "DNS",
    "fwmark": "FwMark",
    "table": "Table",
    "preup": "PreUp",
    "postup": "PostUp",
    "predown": "PreDown",
    "postdown": "PostDown",
    "saveconfig": "SaveConfig",
}


@dataclass(frozen=True)
class Interface:
    """Our end. ``mtu`` in bytes of the inner packet; ``listen_port`` None: the system chooses."""

    private_key: PrivateKey
    addresses: tuple[Address, ...] = ()
    listen_port: int | None = None
    mtu: int | None = None
    passed_on: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Peer:
    """The other end. ``keepalive`` in seconds, 0 is off."""

    public_key: PublicKey
    preshared_key: PresharedKey | None = None
    allowed_ips: tuple[Network, ...] = ()
    endpoint: Endpoint | None = None
    keepalive: int = 0


@dataclass(frozen=True)
class Config:
    """A wg-quick file."""

    interface: Interface
    peers: tuple[Peer, ...] = ()


def parse_address(text: str) -> Address:
    """``10.1.1.50/24``; without a length, a host. ValueError says what was expected."""
    try:
        return ipaddress.ip_interface(text)
    except ValueError:
        raise ValueError(f"'{text}': expected an address such as 10.1.1.50/24") from None


def parse_network(text: str) -> Network:
    """``10.1.1.0/24``, host bits cleared as ``wg`` does. ValueError says what was expected."""
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ValueError(f"'{text}': expected a network such as 10.1.1.0/24") from None


def parse_number(text: str, low: int, high: int) -> int:
    """A decimal number. ValueError says what was expected."""
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and low <= int(text) <= high):
        raise ValueError(f"'{text}': expected a number from {low} to {high}")
    return int(text)


def parse_keepalive(text: str) -> int:
    """Seconds, or ``off``. ValueError says what was expected."""
    if text == "off":
        return 0
    try:
        return parse_number(text, 0, 65535)
    except ValueError:
        raise ValueError(f"'{text}': expected off, or seconds from 0 to 65535") from None


def _parse_mark(text: str) -> str:
    try:
        if text != "off" and not 0 <= int(text, 0) <= 0xFFFFFFFF:
            raise ValueError
    except ValueError:
        raise ValueError(f"'{text}': expected off, or a number of 32 bits") from None
    return text


def split_list(text: str, parse: Callable[[str], T]) -> tuple[T, ...]:
    """The parsed elements of a list with commas; an empty list is empty."""
    return tuple(parse(part.strip()) for part in text.split(",")) if text.strip() else ()


@dataclass
class _Section:
    name: str
    line: int
    values: dict[str, object] = field(default_factory=dict)

    def once(self, name: str, value: object) -> None:
        if name in self.values:
            raise ValueError("given twice in one section")
        self.values[name] = value

    def extend(self, name: str, value: tuple[object, ...]) -> None:
        seen = self.values.get(name, ())
        assert isinstance(seen, tuple)
        self.values[name] = seen + value


def _interface_value(section: _Section, key: str, value: str) -> None:
    match key:
        case "privatekey":
            section.once("private_key", PrivateKey.parse(value))
        case "listenport":
            section.once("listen_port", parse_number(value, 0, 65535) or None)
        case "mtu":
            section.once("mtu", parse_number(value, 576, 65535))
        case "address":
            section.extend("addresses", split_list(value, parse_address))
        case "fwmark":
            section.extend("passed_on", (("FwMark", _parse_mark(value)),))
        case _ if key in PASSED_ON:
            section.extend("passed_on", ((PASSED_ON[key], value),))
        case _:
            known = "PrivateKey, ListenPort, Address, MTU, " + ", ".join(PASSED_ON.values())
            raise ValueError(f"unknown in [Interface]; expected one of {known}")


def _peer_value(section: _Section, key: str, value: str) -> None:
    match key:
        case "publickey":
            section.once("public_key", PublicKey.parse(value))
        case "presharedkey":
            section.once("preshared_key", PresharedKey.parse(value))
        case "allowedips":
            section.extend("allowed_ips", split_list(value, parse_network))
        case "endpoint":
            section.once("endpoint", Endpoint.parse(value))
        case "persistentkeepalive":
            section.once("keepalive", parse_keepalive(value))
        case _:
            known = "PublicKey, PresharedKey, AllowedIPs, Endpoint, PersistentKeepalive"
            raise ValueError(f"unknown in [Peer]; expected one of {known}")


def parse(text: str, source: str = "config") -> Config:
    """Reads a wg-quick file. ConfigError with ``source:line:`` and what was expected."""
    sections: list[_Section] = []
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.split("#", 1)[0].strip()
        if not line:
            continue
        if line.startswith("["):
            name = line.lower()
            if name not in ("[interface]", "[peer]"):
                raise ConfigError(source, number, f"'{line}': expected [Interface] or [Peer]")
            if name == "[interface]" and any(s.name == name for s in sections):
                raise ConfigError(source, number, "[Interface]: given twice; expected it once")
            sections.append(_Section(name, number))
            continue
        key, equals, value = (part.strip() for part in line.partition("="))
        if not equals or not key or not value:
            shown = key if equals else "this line"
            raise ConfigError(source, number, f"{shown}: expected 'Name = value'")
        if not sections:
            raise ConfigError(source, number, f"{key}: expected [Interface] or [Peer] before it")
        take = _interface_value if sections[-1].name == "[interface]" else _peer_value
        try:
            take(sections[-1], key.lower(), value)
        except ValueError as e:
            raise ConfigError(source, number, f"{key}: {e}") from None
        except UsageError as e:
            raise ConfigError(source, number, f"{key}: {e.message}", e.hint) from None
    return _assemble(sections, source)


def _assemble(sections: list[_Section], source: str) -> Config:
    interfaces = [s for s in sections if s.name == "[interface]"]
    if not interfaces:
        raise ConfigError(source, 0, "no [Interface]; expected one")
    if "private_key" not in interfaces[0].values:
        raise ConfigError(source, interfaces[0].line, "[Interface]: expected a PrivateKey in it")
    peers: list[Peer] = []
    for section in sections:
        if section.name != "[peer]":
            continue
        if "public_key" not in section.values:
            raise ConfigError(source, section.line, "[Peer]: expected a PublicKey in it")
        peer = Peer(**section.values)  # type: ignore[arg-type]
        if any(peer.public_key == other.public_key for other in peers):
            raise ConfigError(source, section.line, "[Peer]: its PublicKey is given twice")
        peers.append(peer)
    return Config(Interface(**interfaces[0].values), tuple(peers))  # type: ignore[arg-type]


def load(path: Path) -> Config:
    """Reads a file; UsageError, AccessDenied or ConfigError."""
    try:
        return parse(path.read_text("utf-8"), str(path))
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file") from None
    except PermissionError:
        raise AccessDenied(f"{path}: permission denied") from None
    except UnicodeDecodeError:
        raise ConfigError(str(path), 0, "not a text file; expected UTF-8") from None
    except OSError as e:
        raise UsageError(f"{path}: {e.strerror}") from None


def _comma(items: tuple[object, ...]) -> str:
    return ", ".join(str(item) for item in items)


def dump_peer(peer: Peer) -> str:
    """One ``[Peer]`` section, with its secrets."""
    lines = ["[Peer]", f"PublicKey = {peer.public_key}"]
    if peer.preshared_key is not None:
        lines.append(f"PresharedKey = {peer.preshared_key.reveal_base64()}")
    if peer.allowed_ips:
        lines.append(f"AllowedIPs = {_comma(peer.allowed_ips)}")
    if peer.endpoint is not None:
        lines.append(f"Endpoint = {peer.endpoint}")
    if peer.keepalive:
        lines.append(f"PersistentKeepalive = {peer.keepalive}")
    return "\n".join(lines) + "\n"


def dump(config: Config) -> str:
    """The text of a wg-quick file, with its secrets: for files of mode 0600."""
    own = config.interface
    lines = ["[Interface]", f"PrivateKey = {own.private_key.reveal_base64()}"]
    if own.addresses:
        lines.append(f"Address = {_comma(own.addresses)}")
    if own.listen_port is not None:
        lines.append(f"ListenPort = {own.listen_port}")
    if own.mtu is not None:
        lines.append(f"MTU = {own.mtu}")
    lines += [f"{name} = {value}" for name, value in own.passed_on]
    return "\n".join(["\n".join(lines) + "\n", *(dump_peer(peer) for peer in config.peers)])
