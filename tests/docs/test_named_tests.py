# SPDX-License-Identifier: MIT
"""The tests that docs/earlier-ports.rst names are there."""

from __future__ import annotations

import re
from functools import cache

import pages
from pages import ROOT

PAGE = ROOT / "docs" / "earlier-ports.rst"
FOLDERS = {"conformance": "conformance", "unit": "units", "board": "board"}


@cache
def text_of(pattern: str) -> str:
    return "\n".join(path.read_text() for path in sorted((ROOT / "tests").rglob(pattern)))


def exists(name: str) -> bool:
    """A ztest (suite.test_NAME), a C test (folder.file), or a function of pytest."""
    if found := re.fullmatch(r"(\w+)\.(test_\w+)", name):
        return f"({found[1]}, {found[2]})" in text_of("ztest/**/*.c")
    if found := re.fullmatch(r"(conformance|unit|board)\.(\w+)(?:\.\d+)?", name):
        return (ROOT / "tests/core" / FOLDERS[found[1]] / f"{found[2]}.c").is_file()
    return f"def {name}(" in text_of("test_*.py")


def test_every_named_test_exists() -> None:
    named = [
        found
        for found in pages.literals(PAGE)
        if re.match(r"test_\w+$|\w+\.test_\w+$|(?:conformance|unit|board)\.\w", found.text)
    ]
    assert len(named) > 20
    assert [str(found) for found in named if not exists(found.text)] == []
