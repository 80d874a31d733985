# SPDX-License-Identifier: MIT
"""The record of a fleet (``NAME.record.json`` beside the fleet file): which board is which.

It holds no secret: names, addresses, public keys, the chips' ids and the serial numbers of the
debug probes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wg_host.board import BoardState, parse_chip
from wg_host.config import Address, parse_address
from wg_host.errors import ConfigError, WgHostError
from wg_host.keys import PublicKey, write_secret

VERSION = 1


@dataclass(frozen=True)
class Recorded:
    """What is known of a board that was provisioned. ``chip`` is None where the chip has no id, or
    the firmware does not tell it; ``serial_number`` is the debug probe's, or empty."""

    name: str
    addresses: tuple[Address, ...]
    public_key: PublicKey
    serial_number: str
    board: str
    chip: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        told: dict[str, Any] = {
            "address": [str(a) for a in self.addresses],
            "public_key": str(self.public_key),
            "serial_number": self.serial_number,
            "board": self.board,
        }
        return told if self.chip is None else told | {"chip": self.chip}

    def common_with(self, state: BoardState) -> str:
        """What shows that the board in this state is this one, in words; empty if nothing does."""
        if self.chip is not None and self.chip == state.chip:
            return f"chip {self.chip}"
        return f"public key {self.public_key}" if self.public_key == state.public_key else ""


class Record:
    """The record file, in order of the boards' first provisioning. No two boards in it have one
    public key, or one chip."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.boards: dict[str, Recorded] = {}
        if path.exists():
            self._load()

    def _load(self) -> None:
        try:
            raw = json.loads(self.path.read_text("utf-8"))
            if raw["v"] != VERSION:
                raise ConfigError(str(self.path), 0, f"version {raw['v']!r}, expected {VERSION}")
            for name, held in raw["boards"].items():
                self._add(
                    Recorded(
                        name,
                        tuple(parse_address(a) for a in held["address"]),
                        PublicKey.parse(held["public_key"]),
                        str(held["serial_number"]),
                        str(held["board"]),
                        parse_chip(held["chip"]) if "chip" in held else None,
                    )
                )
        except ConfigError:
            raise
        except (ValueError, KeyError, TypeError, AttributeError, WgHostError) as e:
            raise ConfigError(str(self.path), 0, f"not a record of a fleet: {e!r}") from None

    def _add(self, board: Recorded) -> None:
        for other in self.boards.values():
            same_chip = board.chip is not None and board.chip == other.chip
            if same_chip or board.public_key == other.public_key:
                raise ConfigError(
                    str(self.path),
                    0,
                    f"'{other.name}' and '{board.name}' have one {'chip' if same_chip else 'key'}",
                    "take the wrong one of them out of the file",
                )
        self.boards[board.name] = board

    def save(self) -> None:
        """Writes it, whole or not at all."""
        boards = {name: held.as_dict() for name, held in self.boards.items()}
        text = json.dumps({"v": VERSION, "boards": boards}, indent=2)
        write_secret(self.path, text + "\n", overwrite=True)


def record_path(fleet_file: Path) -> Path:
    """Of a fleet file."""
    return fleet_file.with_suffix(".record.json")
