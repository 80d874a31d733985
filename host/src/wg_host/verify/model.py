# SPDX-License-Identifier: MIT
"""What a check is, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wg_host.verify.lab import Lab


class Rung(Enum):
    """The ladder from the cable to a tunnel that lasts. Each stands on the one before."""

    LINK = "link"
    UDP = "udp"
    HANDSHAKE = "handshake"
    DATA = "data"
    REKEY = "rekey"


class Status(Enum):
    """What came of a check."""

    PASS = "pass"
    FAIL = "fail"
    SKIP = "skip"


class Failed(Exception):
    """The board does not do what is checked; the text says what it did instead."""


class Skipped(Exception):
    """The check could not be made; the text says why."""


@dataclass(frozen=True)
class Proof:
    """What a check that passed has seen: for a person, and as data."""

    detail: str
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Check:
    """One named check. An ``essential`` one must have run for the whole to pass. If a ``bearing``
    one fails, the checks above it have nothing to stand on and are not made."""

    name: str
    title: str
    rung: Rung
    run: Callable[[Lab], Proof]
    essential: bool = True
    bearing: bool = False


@dataclass(frozen=True)
class Result:
    """What came of one check; ``reason`` for a failure or a skip."""

    check: Check
    status: Status
    detail: str
    seconds: float
    data: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "check": self.check.name,
            "title": self.check.title,
            "rung": self.check.rung.value,
            "essential": self.check.essential,
            "status": self.status.value,
            "detail": self.detail,
            "seconds": round(self.seconds, 4),
            "data": self.data,
        }


def proved(results: list[Result]) -> bool:
    """True if every check that ran passed, and every essential one among them ran."""
    return bool(results) and all(
        r.status is Status.PASS or (r.status is Status.SKIP and not r.check.essential)
        for r in results
    )


def broken_rung(results: list[Result]) -> Rung | None:
    """The lowest rung on which a check failed."""
    failed = {r.check.rung for r in results if r.status is Status.FAIL}
    return next((rung for rung in Rung if rung in failed), None)
