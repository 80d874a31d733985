# SPDX-License-Identifier: MIT
"""Fixtures that several tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fakes.console import FakeConsole


@pytest.fixture
def console() -> Iterator[FakeConsole]:
    """A fake console, not yet started."""
    with FakeConsole() as fake:
        yield fake
