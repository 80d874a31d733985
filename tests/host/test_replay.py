# SPDX-License-Identifier: MIT
"""The replay window, by the scenarios of the kernel's counter self-test."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wg_host.messages import REJECT_AFTER_MESSAGES as R
from wg_host.replay import WINDOW as W
from wg_host.replay import ReplayWindow

L = W + 1

ONE_LIFE = [
    (0, True),
    (1, True),
    (1, False),
    (9, True),
    (8, True),
    (7, True),
    (7, False),
    (L, True),
    (L - 1, True),
    (L - 1, False),
    (L - 2, True),
    (2, True),
    (2, False),
    (L + 16, True),
    (3, False),
    (L + 16, False),
    (4 * L, True),
    (4 * L - (L - 1), True),
    (10, False),
    (4 * L - L, False),
    (4 * L - (L + 1), False),
    (4 * L - (L - 2), True),
    (4 * L + 1 - L, False),
    (0, False),
    (R, False),
    (R - 1, True),
    (R, False),
    (R - 1, False),
    (R - 2, True),
    (R + 1, False),
    (R + 2, False),
    (R - 2, False),
    (R - 3, True),
    (0, False),
]


def test_one_life() -> None:
    window = ReplayWindow()
    for step, (counter, expected) in enumerate(ONE_LIFE):
        assert window.accept(counter) is expected, f"step {step}: {counter}"


@pytest.mark.parametrize(
    ("accepted", "after"),
    [
        (range(1, W + 1), [(0, True), (0, False)]),
        (range(2, W + 2), [(1, True), (0, False)]),
        (range(W, -1, -1), []),
        (range(W + 1, 0, -1), [(0, False)]),
        (range(W, 0, -1), [(W + 1, True), (0, False)]),
        (range(W, 0, -1), [(0, True), (W + 1, True)]),
    ],
)
def test_from_the_beginning(accepted: range, after: list[tuple[int, bool]]) -> None:
    window = ReplayWindow()
    assert all(window.accept(counter) for counter in accepted)
    for counter, expected in after:
        assert window.accept(counter) is expected, counter


@given(st.lists(st.integers(0, 300), max_size=200))
def test_agrees_with_a_set(counters: list[int]) -> None:
    window, seen, greatest = ReplayWindow(64), set[int](), -1
    for counter in counters:
        expected = counter not in seen and counter >= greatest - 64
        assert window.accept(counter) is expected
        if expected:
            seen.add(counter)
            greatest = max(greatest, counter)
