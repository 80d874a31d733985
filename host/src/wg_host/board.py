# SPDX-License-Identifier: MIT
"""A board, as its console shows it: typed state, and one method a command (docs/console.rst)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from wg_host.config import Address, Network, parse_address, parse_network
from wg_host.console import MAX_LINE, Console
from wg_host.errors import AnswerGarbled, CommandRefused, UsageError, WgHostError
from wg_host.keys import PresharedKey, PublicKey

T = TypeVar("T")

FORMAT = 1
# Seconds for a commit: erasing a large flash sector stalls some boards for up to 4 s.
COMMIT_TIMEOUT = 15.0
# Room for the sequence number that the console appends.
_ROOM = MAX_LINE - len(" @4294967295")


@dataclass(frozen=True)
class BoardPeer:
    """A peer of the board. The members of the running tunnel are None in a staged state."""

    public_key: PublicKey
    preshared_key: bool
    allowed_ips: tuple[Network, ...]
    endpoint_host: str | None
    persistent_keepalive: int
    endpoint: str | None = None
    latest_handshake: int | None = None
    rx_bytes: int | None = None
    tx_bytes: int | None = None


@dataclass(frozen=True)
class BoardState:
    """What ``wg show --machine`` says. ``uptime`` in seconds; ``chip`` is the chip's own id, which
    no setting changes, in lower-case hexadecimal, or None where it has none; ``waits`` is what a
    tunnel that is up waits for ("for an address of its underlay"), or None."""

    version: str
    board: str
    interface: str
    staged: bool
    pending: bool
    up: bool
    entropy: str
    public_key: PublicKey | None
    listen_port: int
    addresses: tuple[Address, ...]
    mtu: int
    underlay: str
    peers: tuple[BoardPeer, ...]
    chip: str | None = None
    waits: str | None = None
    uptime: int | None = None
    underlay_addresses: tuple[str, ...] = ()
    counters: dict[str, int] = field(default_factory=dict)

    def peer(self, key: PublicKey) -> BoardPeer | None:
        """The peer with this public key."""
        return next((p for p in self.peers if p.public_key == key), None)


class _Members:
    """A JSON object whose members must be there and have the right type; TypeError or KeyError."""

    def __init__(self, raw: object) -> None:
        if not isinstance(raw, dict):
            raise TypeError(f"{raw!r} is not an object")
        self._raw: dict[str, Any] = raw

    def __contains__(self, name: str) -> bool:
        return name in self._raw

    def get(self, name: str, kind: type[T]) -> T:
        value = self._raw[name]
        if type(value) is not kind:
            raise TypeError(f"{name} is {value!r}, not {kind.__name__}")
        return value

    def optional(self, name: str, kind: type[T]) -> T | None:
        return None if self._raw.get(name) is None else self.get(name, kind)

    def strings(self, name: str) -> tuple[str, ...]:
        values = self.get(name, list)
        if not all(isinstance(value, str) for value in values):
            raise TypeError(f"{name} is not a list of strings")
        return tuple(values)


def _peer_from(raw: object) -> BoardPeer:
    m = _Members(raw)
    return BoardPeer(
        public_key=PublicKey.parse(m.get("public_key", str)),
        preshared_key=m.get("preshared_key", bool),
        allowed_ips=tuple(parse_network(text) for text in m.strings("allowed_ips")),
        endpoint_host=m.optional("endpoint_host", str),
        persistent_keepalive=m.get("persistent_keepalive", int),
        endpoint=m.optional("endpoint", str),
        latest_handshake=m.optional("latest_handshake", int),
        rx_bytes=m.optional("rx_bytes", int),
        tx_bytes=m.optional("tx_bytes", int),
    )


def parse_chip(text: str) -> str:
    """A chip's id. ValueError says what was expected."""
    if not re.fullmatch(r"(?:[0-9a-f]{2})+", text):
        raise ValueError(f"{text!r}: expected a chip's id, in lower-case hexadecimal")
    return text


def _state_from(m: _Members) -> BoardState:
    key = m.optional("public_key", str)
    chip = m.optional("chip", str)
    counters = m.get("counters", dict) if "counters" in m else {}
    return BoardState(
        version=m.get("version", str),
        board=m.get("board", str),
        interface=m.get("interface", str),
        staged=m.get("staged", bool),
        pending=m.get("pending", bool),
        up=m.get("up", bool),
        entropy=m.get("entropy", str),
        public_key=None if key is None else PublicKey.parse(key),
        listen_port=m.get("listen_port", int),
        addresses=tuple(parse_address(text) for text in m.strings("address")),
        mtu=m.get("mtu", int),
        underlay=m.get("underlay", str),
        peers=tuple(_peer_from(peer) for peer in m.get("peers", list)),
        chip=None if chip is None else parse_chip(chip),
        waits=m.optional("waits", str),
        uptime=m.optional("uptime", int),
        underlay_addresses=m.strings("underlay_address") if "underlay_address" in m else (),
        counters={name: _Members(counters).get(name, int) for name in counters},
    )


def state_from(raw: dict[str, Any]) -> BoardState:
    """From the object of ``wg show --machine``; AnswerGarbled if it is not one."""
    if raw.get("v") != FORMAT:
        raise AnswerGarbled(
            f"the board speaks version {raw.get('v')!r} of the console's format, expected {FORMAT}",
            "use the wg-host and the firmware of one release",
        )
    try:
        return _state_from(_Members(raw))
    except (KeyError, TypeError, ValueError, WgHostError) as e:
        raise AnswerGarbled(f"the board's state cannot be read: {e!r}") from None


@dataclass(frozen=True)
class PeerSettings:
    """A peer to be set on the board. ``allowed_ips`` replaces the board's list."""

    public_key: PublicKey
    preshared_key: PresharedKey | None = None
    allowed_ips: tuple[Network, ...] = ()
    endpoint: str | None = None
    keepalive: int = 0

    def commands(self) -> list[str]:
        """The lines that set it, in order, each short enough for the console. Holds the preshared
        key: for the console alone."""
        psk = "none" if self.preshared_key is None else self.preshared_key.reveal_base64()
        keepalive = self.keepalive or "off"
        head = f"wg set peer {self.public_key}"
        first = (
            f"{head} preshared-key {psk} endpoint {self.endpoint or 'none'} "
            f"persistent-keepalive {keepalive}"
        )
        return [first, *_lists(f"{head} allowed-ips ", self.allowed_ips)]


def _lists(head: str, networks: Sequence[Network]) -> list[str]:
    """Commands that set a list: the first replaces, the following add."""
    if not networks:
        return [head + "none"]
    lines = [head + str(networks[0])]
    for network in networks[1:]:
        sign = "+" if len(lines) > 1 else ""
        longer = f"{lines[-1]},{sign}{network}"
        if len(longer) <= _ROOM:
            lines[-1] = longer
        else:
            lines.append(f"{head}+{network}")
    return lines


class Board:
    """The console's commands. Each raises the errors of Console."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def show(self, *, staged: bool = False) -> BoardState:
        """The state in force, or the staged one."""
        word = "staged " if staged else ""
        return state_from(self.console.ask(f"wg show {word}--machine"))

    def genkey(self, *, replace: bool = False) -> PublicKey:
        """Has the board make a private key, staged; its public key."""
        try:
            self.console.command("wg genkey replace" if replace else "wg genkey")
        except CommandRefused:
            # If the answer to the first attempt was lost, the second finds a key and is refused.
            if replace or self.show(staged=True).public_key is None:
                raise
        return self.pubkey(staged=True)

    def pubkey(self, *, staged: bool = False) -> PublicKey:
        """The public key in force, or the staged one."""
        lines = self.console.command("wg pubkey staged" if staged else "wg pubkey")
        for line in reversed(lines):
            found = re.search(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{43}=", line)
            if found:
                return PublicKey.parse(found.group())
        raise AnswerGarbled("'wg pubkey' was answered without a key")

    def set_interface(self, **settings: str) -> None:
        """``wg set`` with the given words, ``listen_port`` for ``listen-port``."""
        words = " ".join(f"{name.replace('_', '-')} {value}" for name, value in settings.items())
        self.run([f"wg set {words}"])

    def set_peer(self, peer: PeerSettings) -> None:
        """Stages a peer."""
        self.run(peer.commands())

    def remove_peer(self, key: PublicKey) -> None:
        """Stages the removal of a peer."""
        self.run([f"wg set peer {key} remove"])

    def run(self, lines: Sequence[str]) -> None:
        """Sends commands that print nothing of interest."""
        for line in lines:
            if len(line) > _ROOM:
                raise UsageError("a setting is too long for the console")
            self.console.command(line)

    def commit(self) -> None:
        """Puts what is staged in force and saves it."""
        self.console.command("wg commit", COMMIT_TIMEOUT)

    def revert(self) -> None:
        """Forgets what is staged."""
        self.console.command("wg revert")

    def reset(self) -> None:
        """Stages the empty configuration."""
        self.console.command("wg reset confirm")

    def handshake(self, key: PublicKey) -> None:
        """Has the board start a handshake."""
        self.console.command(f"wg handshake {key}")
