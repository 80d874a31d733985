# SPDX-License-Identifier: MIT
"""The table of the conformance list is whole: no row without a test or a written reason."""

from __future__ import annotations

import importlib
import inspect
import os
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from conformance_names import c_names, names, python_names
from conformance_rows import ROWS, Row
from conformance_table import (
    PAGE,
    PASSED,
    ROOT,
    Shown,
    Tests,
    escaped,
    of,
    read_ctest,
    read_junit,
    render,
    verdict,
)

from conftest import ALL

# The list itself, where it is at hand: it is kept beside the repository.
LIST = Path(os.environ.get("ZWG_CONFORMANCE", ROOT.parent / "shared" / "CONFORMANCE.md"))
BY_LETTER = re.compile(r"([A-G]\d*|H|S5|layer4)[ _]")


def runs_on(name: str) -> Sequence[str]:
    """The programs that a test of this directory runs on; nothing for one without a bench."""
    module, _, test = name.partition(": ")
    function = getattr(importlib.import_module(module), test)
    on: Sequence[str] = getattr(function, "on", ALL)
    return on if "bench" in inspect.signature(function).parameters else ("",)


def expected() -> Tests:
    """What a run of all tests is to give."""
    tests: Tests = {}
    live = set(python_names("peers"))
    for name in names():
        for on in runs_on(name) if name in live else ("",):
            tests.setdefault(name, Shown(name)).add(on, PASSED)
    return tests


def rows_of(page: str) -> dict[str, tuple[str, str]]:
    """What a page says of each row: all but the result, and the result."""
    blocks = re.split(r"^   \* - ", page, flags=re.MULTILINE)[1:]
    rows = [re.split(r"^     -", block.split("\n\n")[0], flags=re.MULTILINE) for block in blocks]
    return {row[0].strip(): ("".join(row[1:-1]), row[-1]) for row in rows if row[0] != "Row\n"}


def test_every_row_has_a_test_or_a_reason() -> None:
    known = names()
    assert {row.name for row in ROWS if not row.reason and not of(row, known)} == set()
    assert {row.name for row in ROWS if row.reason and (row.tests or row.left_out)} == set()
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


def test_the_page_is_that_of_the_tests_there_are() -> None:
    """Row by row: behaviour, tests in C and in Python, and the programs that they ran on."""
    there, wanted = rows_of(PAGE.read_text()), rows_of(render(expected())[0])
    assert list(there) == list(wanted)
    for row in ROWS:
        stale, name = f"{row.name}: make conformance", escaped(row.name)
        assert there[name][0] == wanted[name][0], stale
        if row.reason:
            assert there[name][1] == wanted[name][1], stale
        for what in row.left_out:
            assert f" left out: {escaped(what)}\n" in there[name][1], stale


def test_the_rows_are_those_of_the_list() -> None:
    if not LIST.exists():
        pytest.skip(f"no {LIST.name} beside the repository, and ZWG_CONFORMANCE names none")
    wanted = set(re.findall(r"^\|([A-H]\d+)\|", LIST.read_text(), re.MULTILINE))
    assert wanted == {row.name for row in ROWS if re.fullmatch(r"[A-F]\d+", row.name)}


def test_a_failure_and_a_missing_result_show_in_the_table(directory: Path) -> None:
    log, junit = directory / "ctest", directory / "junit"
    log.write_text(
        "1/1 Testing: conformance.a.2048\nok 1 - A1 x (3 checks)\nnot ok 2 - A2 y (1 of)\n"
        "2/2 Testing: vectors.v.wide\n1..0 # SKIP no vectors\nTest Passed.\n"
    )
    row = '<properties><property name="row" value="A3"/></properties>'
    junit.write_text(
        '<testsuites><testsuite><testcase classname="test_a" name="test_A3_z[wireguard-go]">'
        f'{row}<skipped type="pytest.xfail" message="why"/></testcase>'
        '<testcase classname="test_a" name="test_A3_z[zwg-linux]"/></testsuite></testsuites>'
    )
    tests: dict[str, Shown] = {}
    read_ctest(log, tests)
    read_junit(junit, tests)
    rows = {name: Row(name, "") for name in ("A1", "A2", "A3", "A4")}
    found = {
        name: verdict(row, [tests[test] for test in of(row, tests)]) for name, row in rows.items()
    }
    vectors = Row("v", "", (r"^vectors\.v",))
    shown = [tests[test] for test in of(vectors, tests)]
    assert verdict(vectors, shown) == ("not run", ["skipped: no vectors"])
    assert found["A1"] == ("passed", [])
    assert found["A2"][0] == "FAILED"
    assert found["A3"] == ("passed", ["wireguard-go differs: why"])
    assert found["A4"][0] == "not run"
    assert {"A2: FAILED", "A4: not run"} <= set(render(tests)[1])
