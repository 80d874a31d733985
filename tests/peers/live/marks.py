# SPDX-License-Identifier: MIT
"""What a test says about itself: where it runs, and who is known to differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import pytest

F = TypeVar("F", bound=Callable[..., None])

long = pytest.mark.long
alone = pytest.mark.alone


def on(*programs: str) -> Callable[[F], F]:
    """The programs that the test runs on; without it, on all."""

    def mark(function: F) -> F:
        function.on = programs  # type: ignore[attr-defined]
        return function

    return mark


# The simulated board sends nothing of its own accord, so these tests need a real host behind it.
on_hosts = on("wireguard-go", "zwg-linux")
on_ours = on("zwg-linux", "zwg-sim")


def deviates(program: str, reason: str) -> pytest.MarkDecorator:
    """The program is known not to behave so, and the test must fail on it: this is how the test
    proves that it can."""
    return pytest.mark.deviates(program, reason)


def needs(missing: Callable[[], Iterable[str]]) -> Callable[[F], F]:
    """Skips the test where something that the function names is missing."""

    def mark(function: F) -> F:
        function.needs = missing  # type: ignore[attr-defined]
        return function

    return mark
