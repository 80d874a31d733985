# SPDX-License-Identifier: MIT
"""Fixtures that several tests share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from fakes.console import FakeConsole
from fakes.office import Office


@pytest.fixture
def console() -> Iterator[FakeConsole]:
    """A fake console, not yet started."""
    with FakeConsole() as fake:
        yield fake


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with ExitStack() as stack:
        yield Office(tmp_path, ["kitchen", "roof"], stack)
