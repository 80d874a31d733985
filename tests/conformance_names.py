# SPDX-License-Identifier: MIT
"""The tests that the sources hold, by the names under which a run of all of them reports them.

Not among them: what such a run leaves out, vectors.constant_time, which goes without sanitizers.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from conformance_table import ROOT

C_TESTS = {
    "conformance": "core/conformance",
    "unit": "core/units",
    "vectors": "core/vectors",
    "board": "core/board",
    "fuzz": "fuzz",
    "linux": "linux",
    "sim": "sim",
}
PYTHON_TESTS = ("peers", "system", "host")
TABLE = re.compile(r"^static const struct test tests\[\] = \{\n(.*?)^\};", re.MULTILINE | re.DOTALL)
ENTRY = re.compile(r'\{\s*"((?:[^"\\]|\\.)+)",\s*\w+\s*\}')
# Programs of their own names, and those that are named for what they are given.
LITERAL = re.compile(r"\badd_test\(NAME ([\w.]+)\s")
ALGORITHMS = re.compile(r"foreach\(algorithm (.+)\)")


def _of_c(prefix: str, directory: Path) -> Iterator[str]:
    tables = set()
    for path in directory.glob("*.c"):
        text = path.read_text()
        table = TABLE.search(text)
        if table:
            tables.add(f"{prefix}.{path.stem}")
        if table and path.stem != "constant_time":
            yield from (f"{prefix}.{path.stem}: {name}" for name in ENTRY.findall(table[1]))
        elif "LLVMFuzzerTestOneInput" in text:
            yield f"{prefix}.{path.stem}: all"
    recipe = (directory / "CMakeLists.txt").read_text()
    yield from (f"{name}: all" for name in LITERAL.findall(recipe) if name not in tables)
    for algorithms in ALGORITHMS.findall(recipe):
        yield from (f"{prefix}.wycheproof.{name}: {name}" for name in algorithms.split())


def c_names() -> list[str]:
    """Every test in C."""
    return [
        name
        for prefix, directory in C_TESTS.items()
        for name in _of_c(prefix, ROOT / "tests" / directory)
    ]


def python_names(directory: str) -> list[str]:
    """Every test of a directory."""
    return [
        f"{path.stem}: {node.name}"
        for path in (ROOT / "tests" / directory).glob("test_*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]


def names() -> list[str]:
    """All of them."""
    return [*c_names(), *(name for directory in PYTHON_TESTS for name in python_names(directory))]
