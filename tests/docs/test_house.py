# SPDX-License-Identifier: MIT
"""Files that a repository is expected to have agree with each other and with the Makefile."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import wg_host

import pages
from pages import ROOT

yaml = pytest.importorskip("yaml", reason="no PyYAML (pip install -r docs/requirements.txt)")


def version() -> str:
    text = (ROOT / "VERSION").read_text()
    return ".".join(re.findall(r"^(?:VERSION_M\w+|PATCHLEVEL) *= *(\d+)", text, re.M))


def test_version_is_the_same_everywhere() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", version())
    assert wg_host.__version__ == version()
    newest = re.search(r"^(\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.rst").read_text(), re.M)
    assert newest is not None
    assert newest.group(1) == version()


def workflow() -> str:
    return (ROOT / ".github/workflows/ci.yml").read_text()


def test_public_workflow_runs_make_targets_that_exist() -> None:
    steps = [
        step["run"]
        for job in yaml.safe_load(workflow())["jobs"].values()
        for step in job["steps"]
        if "run" in step
    ]
    used = {t for run in steps for t in re.findall(r"^\s*(?:sudo \S+ )?make ([a-z]+)", run, re.M)}
    assert {"test", "demo", "docs", "lint"} <= used
    assert used <= pages.make_targets()


def test_public_workflow_builds_on_the_lts_and_on_a_4() -> None:
    matrix = yaml.safe_load(workflow())["jobs"]["zephyr"]["strategy"]["matrix"]["include"]
    lines = [entry["zephyr"] for entry in matrix]
    assert any(line.startswith("v3.7.") for line in lines)
    assert any(line.startswith("v4.") for line in lines)
    assert all(entry["image"].startswith("ghcr.io/zephyrproject-rtos/ci:") for entry in matrix)


@pytest.mark.parametrize(
    "file",
    [
        ".pre-commit-config.yaml",
        *sorted(str(p.relative_to(ROOT)) for p in (ROOT / ".github").rglob("*.yml")),
    ],
)
def test_yaml_files_parse(file: str) -> None:
    assert yaml.safe_load((ROOT / file).read_text())


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name]


# Paths that exist on one machine only. /home/user and ~ are how documentation speaks of others.
MACHINE = re.compile(r"(?<![\w.$}/])/(?:home/(?!user\b)\w+|root|opt|work|Users)/[\w.-]+")


@pytest.mark.parametrize("file", pages.PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_pages_name_no_path_of_one_machine(file: Path) -> None:
    assert MACHINE.findall(file.read_text()) == []


def test_no_file_names_a_path_of_one_machine() -> None:
    found = []
    for file in tracked():
        # This one names them to look for them.
        if file == Path(__file__).resolve() or not file.is_file():
            continue
        try:
            text = file.read_text()
        except UnicodeDecodeError:
            continue
        found += [f"{file.relative_to(ROOT)}: {path}" for path in MACHINE.findall(text)]
    assert found == []


def test_no_page_has_a_mark_of_unfinished_work() -> None:
    # Written so that whoever looks for the marks does not find this line.
    marks = re.compile(r"\b(?:TO[D]O|FIX[M]E|X[X]X|TB[D]|lorem)\b")
    wrong = [str(page) for page in pages.PAGES if marks.search(page.read_text())]
    assert wrong == []
