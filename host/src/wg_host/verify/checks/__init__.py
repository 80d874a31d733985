# SPDX-License-Identifier: MIT
"""All checks, in the order in which they are made.

The order saves time: the board may start a handshake only every five seconds, and two of them are
needed (the first meets a cookie reply). The first is asked for before anything else; what needs no
call of the board comes in between.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wg_host.verify import calls
from wg_host.verify.checks import (
    board_calls,
    forged_data,
    forged_handshakes,
    handshake,
    link,
    pings,
    rekey,
    roaming,
)
from wg_host.verify.lab import Lab
from wg_host.verify.model import Check


@dataclass(frozen=True)
class Step:
    """Prepares what the named checks will judge; has no result of its own."""

    run: Callable[[Lab], None]
    needed_by: frozenset[str]


_OF_BOARD_CALLS = frozenset({"cookie", "psk", "handshake-board", "endpoint-steady"})

ORDER: tuple[Check | Step, ...] = (
    link.CHECKS[0],
    Step(calls.prelude, _OF_BOARD_CALLS),
    link.CHECKS[1],
    handshake.OURS,
    pings.PING,
    pings.PING6,
    pings.UDP_ECHO,
    *forged_data.CHECKS,
    *forged_handshakes.CHECKS,
    roaming.FOLLOWS,
    Step(roaming.send_strays, frozenset({"endpoint-steady"})),
    board_calls.COOKIE,
    roaming.STEADY,
    board_calls.PSK,
    board_calls.THEIRS,
    handshake.FIRST,
    *rekey.CHECKS,
    pings.FORM,
    handshake.MACS,
)

ALL: tuple[Check, ...] = tuple(entry for entry in ORDER if isinstance(entry, Check))

# Without these no other check has anything to work with.
FOUNDATION = ("link", "udp", "handshake-ours")
