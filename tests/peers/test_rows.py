# SPDX-License-Identifier: MIT
"""The table of the conformance list is whole: no row without a test or a written reason."""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path

import pytest
from conformance_rows import ROWS, Row
from conformance_table import PAGE, ROOT, Shown, of, read_ctest, read_junit, render, verdict

C_TESTS = {
    "conformance": "core/conformance",
    "unit": "core/units",
    "vectors": "core/vectors",
    "board": "core/board",
    "fuzz": "fuzz",
    "linux": "linux",
    "sim": "sim",
}
# The list itself, where it is at hand: it is kept beside the repository.
LIST = Path(os.environ.get("ZWG_CONFORMANCE", ROOT.parent / "shared" / "CONFORMANCE.md"))
BY_LETTER = re.compile(r"([A-G]\d*|H|S5|layer4)[ _]")


def c_names() -> list[str]:
    """The names of all tests in C, as ctest would print them."""
    names = []
    for prefix, directory in C_TESTS.items():
        for path in (ROOT / "tests" / directory).glob("*.c"):
            names.append(f"{prefix}.{path.stem}: all")
            found = re.findall(r'^\t\{"([^"]+)",', path.read_text(), re.MULTILINE)
            names += [f"{prefix}.{path.stem}: {name}" for name in found]
    return names


def python_names(directory: str) -> list[str]:
    """The names of all tests of a directory."""
    return [
        f"{path.stem}: {node.name}"
        for path in (ROOT / "tests" / directory).glob("test_*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]


def names() -> list[str]:
    return [*c_names(), *python_names("peers"), *python_names("system"), *python_names("host")]


def test_every_row_has_a_test_or_a_reason() -> None:
    known = names()
    assert {row.name for row in ROWS if not row.reason and not of(row, known)} == set()
    assert {row.name for row in ROWS if row.reason and row.tests} == set()
    assert len({row.name for row in ROWS}) == len(ROWS)


def test_every_pattern_finds_something() -> None:
    known = names()
    patterns = {p for row in ROWS for p in row.tests}
    assert {p for p in patterns if not any(re.search(p, name) for name in known)} == set()


def test_every_conformance_test_belongs_to_a_row() -> None:
    # Beside the rows, the directory holds what the device's header promises.
    groups = [n for n in c_names() if re.match(r"conformance\.\w+: (?!all$|API )", n)]
    groups += [name for name in python_names("peers") if not name.startswith("test_rows: ")]
    shown = {name for row in ROWS for name in of(row, groups)}
    assert {name for name in groups if name not in shown} == set()
    words = [name.partition(": ")[2].removeprefix("test_") for name in groups]
    assert [word for word in words if not BY_LETTER.match(word)] == []


def test_the_page_says_that_nothing_failed() -> None:
    assert not re.search(r"^     (- |  \* )(FAILED|not run)", PAGE.read_text(), re.MULTILINE)


def test_the_page_names_every_row_and_test() -> None:
    page = PAGE.read_text()
    for row in ROWS:
        assert re.search(rf"^   \* - {re.escape(row.name)}$", page, re.MULTILINE), row.name
    live = [name for name in python_names("peers") if not name.startswith("test_rows: ")]
    for name in live:
        program, _, test = name.partition(": ")
        words = test.removeprefix("test_").replace("_", " ")
        assert f"``{program}``: {words}" in page, f"{name}: make conformance"


def test_the_rows_are_those_of_the_list() -> None:
    if not LIST.exists():
        pytest.skip(f"no {LIST.name} beside the repository, and ZWG_CONFORMANCE names none")
    wanted = set(re.findall(r"^\|([A-H]\d+)\|", LIST.read_text(), re.MULTILINE))
    assert wanted == {row.name for row in ROWS if re.fullmatch(r"[A-F]\d+", row.name)}


def test_a_failure_and_a_missing_result_show_in_the_table(directory: Path) -> None:
    log, junit = directory / "ctest", directory / "junit"
    log.write_text(
        "1/1 Testing: conformance.a.2048\nok 1 - A1 x (3 checks)\nnot ok 2 - A2 y (1 of)\n"
    )
    junit.write_text(
        '<testsuites><testsuite><testcase classname="test_a" name="test_A3_z[wireguard-go]">'
        '<skipped type="pytest.xfail" message="why"/></testcase>'
        '<testcase classname="test_a" name="test_A3_z[zwg-linux]"/></testsuite></testsuites>'
    )
    tests: dict[str, Shown] = {}
    read_ctest(log, tests)
    read_junit(junit, tests)
    rows = {name: Row(name, "") for name in ("A1", "A2", "A3", "A4")}
    found = {
        name: verdict(row, [tests[test] for test in of(row, tests)]) for name, row in rows.items()
    }
    assert found["A1"] == ("passed", [])
    assert found["A2"][0] == "FAILED"
    assert found["A3"] == ("passed", ["wireguard-go differs: why"])
    assert found["A4"][0] == "not run"
    assert {"A2: FAILED", "A4: not run"} <= set(render(tests)[1])
