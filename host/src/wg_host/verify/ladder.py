# SPDX-License-Identifier: MIT
"""The ladder: how far up it holds, and what to try at the rung that is broken."""

from __future__ import annotations

from dataclasses import dataclass

from wg_host.verify.model import Result, Rung, Status, broken_rung

ADVICE = {
    Rung.LINK: "check the cable and the addresses outside the tunnel; with --port also the board's "
    "keys and that it is up ('wg-host show')",
    Rung.UDP: "is the Endpoint right, is the board powered, does a firewall drop UDP? WireGuard is "
    "silent to wrong keys too: --port lets the board say why",
    Rung.HANDSHAKE: "keys, preshared key and the clock's stamps must fit: run 'wg-host provision' "
    "again, and 'wg-host show --counters' for why the board drops",
    Rung.DATA: "AllowedIPs and Address of both ends must fit, and the MTU; --pcap FILE shows the "
    "packets to Wireshark",
    Rung.REKEY: "the tunnel works but may not outlast two minutes; please report it with --pcap",
}


@dataclass(frozen=True)
class Step:
    """One rung: ``holds``, ``broken``, ``not reached`` or ``not checked``."""

    rung: Rung
    state: str
    passed: int
    failed: int
    skipped: int


def ladder(results: list[Result]) -> list[Step]:
    """All rungs from the bottom."""
    steps: list[Step] = []
    reached = True
    for rung in Rung:
        here = [r.status for r in results if r.check.rung is rung]
        passed, failed = here.count(Status.PASS), here.count(Status.FAIL)
        if failed:
            state = "broken"
        elif passed:
            state = "holds"
        else:
            state = "not checked" if reached else "not reached"
        reached = reached and not failed
        steps.append(Step(rung, state, passed, failed, here.count(Status.SKIP)))
    return steps


def advice(results: list[Result]) -> str | None:
    """What to try, for the lowest broken rung."""
    broken = broken_rung(results)
    return ADVICE[broken] if broken is not None else None
