# SPDX-License-Identifier: MIT
"""The settings of a fake board and the ``wg`` commands that change them (docs/console.rst)."""

from __future__ import annotations

import ipaddress
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from wg_host.keys import PresharedKey, PrivateKey, PublicKey

EINVAL, ENOENT, EEXIST = 22, 2, 17


class Refused(Exception):
    """An error answer: errno and text."""

    def __init__(self, errno: int, text: str) -> None:
        super().__init__(text)
        self.errno, self.text = errno, text


@dataclass
class FakePeer:
    """A peer as set."""

    public_key: PublicKey
    psk: PresharedKey | None = None
    endpoint: str | None = None
    keepalive: int = 0
    allowed_ips: list[str] = field(default_factory=list)


@dataclass
class Settings:
    """The interface as set."""

    private_key: PrivateKey | None = None
    listen_port: int = 51820
    address: list[str] = field(default_factory=list)
    mtu: int = 1420
    underlay: str = "auto"
    peers: list[FakePeer] = field(default_factory=list)

    def peer(self, key: PublicKey) -> FakePeer | None:
        return next((p for p in self.peers if p.public_key == key), None)


def _number(word: str, text: str, low: int, high: int) -> int:
    if not text.isdigit() or not low <= int(text) <= high:
        raise Refused(EINVAL, f"{word}: '{text}': expected {low} to {high}")
    return int(text)


def _networks(text: str) -> list[str]:
    if text == "none":
        return []
    try:
        return [str(ipaddress.ip_network(t, strict=False)) for t in text.split(",")]
    except ValueError:
        raise Refused(EINVAL, f"allowed-ips: '{text}': prefix length must be 0 to 32") from None


class Commands:
    """Executes the commands; hooks let a running board take part."""

    def __init__(self) -> None:
        self.running, self.staged = Settings(), Settings()
        self.pending, self.up = False, True
        self.on_commit: Callable[[Settings], None] = lambda settings: None
        self.on_handshake: Callable[[PublicKey], None] = lambda key: None
        self.on_up: Callable[[bool], None] = lambda up: None
        self.status: Callable[[PublicKey], dict[str, Any]] = lambda key: {}
        self.counters: Callable[[], dict[str, int]] = dict
        self.underlay = ["127.0.0.1"]
        # The chip's id; None for a chip that has none.
        self.chip: str | None = None
        # Changes what the board says of itself, to act a board that holds something else.
        self.falsify: Callable[[dict[str, Any]], None] = lambda state: None

    def run(self, words: list[str]) -> list[str]:
        """The lines of the answer; Refused."""
        if not words or words[0] != "wg":
            raise Refused(ENOENT, f"{words[0] if words else ''}: command not found")
        name = words[1] if len(words) > 1 else "help"
        handler = getattr(self, f"_{name}", None)
        if handler is None:
            raise Refused(EINVAL, f"'{name}': no such command")
        return list(handler(words[2:]))

    def _version(self, words: list[str]) -> list[str]:
        return ["zwg 0.1.0 on fake"]

    def _genkey(self, words: list[str]) -> list[str]:
        if self.staged.private_key is not None and words != ["replace"]:
            raise Refused(EEXIST, "genkey: there is a key already, expected 'replace'")
        key = PrivateKey.generate()
        self.staged, self.pending = replace(self.staged, private_key=key), True
        return [f"public key: {key.public}"]

    def _pubkey(self, words: list[str]) -> list[str]:
        key = (self.staged if words == ["staged"] else self.running).private_key
        if key is None:
            raise Refused(ENOENT, "pubkey: there is no private key")
        return [str(key.public)]

    def _set(self, words: list[str]) -> list[str]:
        trial = replace(
            self.staged,
            peers=[replace(p, allowed_ips=list(p.allowed_ips)) for p in self.staged.peers],
        )
        rest = list(words)
        peer: FakePeer | None = None
        while rest:
            word = rest.pop(0)
            if word == "remove" and peer is not None:
                trial.peers.remove(peer)
                continue
            if not rest:
                raise Refused(EINVAL, f"{word}: expected a value")
            value = rest.pop(0)
            if word == "peer":
                key = PublicKey.parse(value)
                peer = trial.peer(key)
                if peer is None:
                    peer = FakePeer(key)
                    trial.peers.append(peer)
            elif peer is None:
                self._set_own(trial, word, value)
            else:
                self._set_peer(peer, word, value)
        self.staged, self.pending = trial, True
        return []

    def _set_own(self, trial: Settings, word: str, value: str) -> None:
        if word == "listen-port":
            trial.listen_port = _number(word, value, 1, 65535)
        elif word == "mtu":
            trial.mtu = _number(word, value, 1280, 1420)
        elif word == "underlay":
            trial.underlay = value
        elif word == "private-key":
            trial.private_key = PrivateKey.parse(value)
        elif word == "address":
            trial.address = [] if value == "none" else value.split(",")
        else:
            raise Refused(EINVAL, f"'{word}': no such setting")

    def _set_peer(self, peer: FakePeer, word: str, value: str) -> None:
        if word == "preshared-key":
            peer.psk = None if value == "none" else PresharedKey.parse(value)
        elif word == "endpoint":
            peer.endpoint = None if value == "none" else value
        elif word == "persistent-keepalive":
            peer.keepalive = 0 if value == "off" else _number(word, value, 1, 65535)
        elif word == "allowed-ips":
            if value[0] not in "+-":
                peer.allowed_ips = _networks(value)
                return
            for item in value.split(","):
                change = peer.allowed_ips.append if item[0] == "+" else peer.allowed_ips.remove
                change(_networks(item[1:])[0])
        else:
            raise Refused(EINVAL, f"'{word}': no such setting of a peer")

    def _commit(self, words: list[str]) -> list[str]:
        if not self.pending:
            return ["nothing to commit"]
        owners: dict[str, FakePeer] = {}
        for peer in self.staged.peers:
            for prefix in peer.allowed_ips:
                if owners.setdefault(prefix, peer) is not peer:
                    text = f"allowed-ips: '{prefix}': must belong to one peer, not to two"
                    raise Refused(EEXIST, text)
        self.running, self.pending = self.staged, False
        self.on_commit(self.running)
        return ["committed"]

    def _revert(self, words: list[str]) -> list[str]:
        self.staged, self.pending = self.running, False
        return []

    def _reset(self, words: list[str]) -> list[str]:
        if words != ["confirm"]:
            raise Refused(EINVAL, "reset: expected 'confirm'")
        self.staged, self.pending = Settings(), True
        return []

    def _handshake(self, words: list[str]) -> list[str]:
        key = PublicKey.parse(words[0])
        peer = self.running.peer(key)
        if peer is None:
            raise Refused(ENOENT, "handshake: no such peer")
        self.on_handshake(key)
        return []

    def _up(self, words: list[str]) -> list[str]:
        self.up = True
        self.on_up(True)
        return []

    def _down(self, words: list[str]) -> list[str]:
        self.up = False
        self.on_up(False)
        return []

    def _stats(self, words: list[str]) -> list[str]:
        return [f"{name} {value}" for name, value in self.counters().items()]

    def _show(self, words: list[str]) -> list[str]:
        staged = "staged" in words
        if "--machine" not in words:
            return ["interface: zwg0"]
        text = json.dumps(self._state(staged), separators=(",", ":"))
        return [f"@zwg {text} {zlib.crc32(text.encode()):08x}"]

    def _state(self, staged: bool) -> dict[str, Any]:
        own = self.staged if staged else self.running
        state: dict[str, Any] = {
            "v": 1,
            "version": "0.1.0",
            "board": "fake",
            **({} if self.chip is None else {"chip": self.chip}),
            "interface": "zwg0",
            "staged": staged,
            "pending": self.pending,
            "up": self.up,
            "entropy": "os",
            "public_key": str(own.private_key.public) if own.private_key else None,
            "listen_port": own.listen_port,
            "address": own.address,
            "mtu": own.mtu,
            "underlay": own.underlay,
            "peers": [
                {
                    "public_key": str(p.public_key),
                    "preshared_key": p.psk is not None,
                    "allowed_ips": p.allowed_ips,
                    "endpoint_host": p.endpoint,
                    "persistent_keepalive": p.keepalive,
                }
                for p in own.peers
            ],
        }
        if not staged:
            state |= {
                "uptime": 12,
                "underlay_address": self.underlay,
                "counters": self.counters(),
            }
            for shown in state["peers"]:
                shown |= {
                    "endpoint": shown["endpoint_host"],
                    "latest_handshake": None,
                    "rx_bytes": 0,
                    "tx_bytes": 0,
                } | self.status(PublicKey.parse(shown["public_key"]))
        self.falsify(state)
        return state
