# SPDX-License-Identifier: MIT
"""Makes the checks, in order, and stops where the ladder breaks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from wg_host.errors import UsageError, WgHostError
from wg_host.packets import warm_up
from wg_host.session import SessionExpired
from wg_host.verify.checks import ALL, FOUNDATION, ORDER, Step
from wg_host.verify.lab import Lab
from wg_host.verify.model import Check, Failed, Result, Skipped, Status


class Reporter(Protocol):
    """Is told how a run goes."""

    def begin(self, check: Check) -> None:
        """A check begins."""

    def result(self, result: Result) -> None:
        """A check has ended."""


def select(only: Sequence[str], skip: Sequence[str]) -> frozenset[str]:
    """The names of the checks to make. UsageError for a name that does not exist."""
    names = [check.name for check in ALL]
    for name in (*only, *skip):
        if name not in names:
            raise UsageError(f"no check named '{name}'", f"there are: {', '.join(names)}")
    for name in skip:
        if name in FOUNDATION:
            raise UsageError(f"'{name}' cannot be skipped: all other checks need it")
    chosen = {*only, *FOUNDATION} if only else set(names)
    return frozenset(chosen - set(skip))


def _make(check: Check, lab: Lab) -> Result:
    began = lab.now()
    try:
        proof = check.run(lab)
        status, detail, data = Status.PASS, proof.detail, proof.data
    except Failed as e:
        status, detail, data = Status.FAIL, str(e), {}
    except Skipped as e:
        status, detail, data = Status.SKIP, str(e), {}
    except SessionExpired:
        status, detail, data = Status.FAIL, "the session ended while the check was made", {}
    except WgHostError as e:
        status, detail, data = Status.FAIL, e.message, {}
    return Result(check, status, detail, lab.now() - began, data)


def run(lab: Lab, chosen: frozenset[str], reporter: Reporter) -> list[Result]:
    """Makes the chosen checks. Once a bearing check has failed the rest are skipped, with it as the
    reason."""
    warm_up()
    results: list[Result] = []
    broken: Check | None = None
    for entry in ORDER:
        if isinstance(entry, Step):
            if broken is None and entry.needed_by & chosen:
                entry.run(lab)
            continue
        if entry.name not in chosen:
            continue
        if broken is not None:
            reason = f"not made: '{broken.name}' failed, and this stands on it"
            result = Result(entry, Status.SKIP, reason, 0.0)
        else:
            reporter.begin(entry)
            result = _make(entry, lab)
        if entry.bearing and result.status is Status.FAIL and broken is None:
            broken = entry
        results.append(result)
        reporter.result(result)
    return results
