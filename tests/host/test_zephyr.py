# SPDX-License-Identifier: MIT
"""Where wg_host.zephyr finds Zephyr trees."""

from __future__ import annotations

from pathlib import Path

import pytest

from wg_host import zephyr


def make_tree(base: Path, version: str) -> Path:
    base.mkdir(parents=True)
    major, minor, patch = version.split(".")
    text = f"VERSION_MAJOR = {major}\nVERSION_MINOR = {minor}\nPATCHLEVEL = {patch}\n"
    (base / "VERSION").write_text(text)
    (base / "Kconfig.zephyr").write_text("")
    return base


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("ZWG_ZEPHYRS", raising=False)
    monkeypatch.delenv("ZEPHYR_BASE", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def test_a_machine_without_zephyr_has_no_trees() -> None:
    assert zephyr.trees() == ()


def test_several_are_named_with_colons_and_come_by_version(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    new = make_tree(tmp_path / "new", "4.1.99")
    old = make_tree(tmp_path / "old", "3.7.1")
    monkeypatch.setenv("ZWG_ZEPHYRS", f"{new}:{old}")
    monkeypatch.setenv("ZEPHYR_BASE", str(make_tree(tmp_path / "other", "4.0.0")))
    assert [(t.base, t.version) for t in zephyr.trees()] == [(old, "3.7.1"), (new, "4.1.99")]


def test_the_environment_comes_before_the_registry(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    registered = make_tree(tmp_path / "registered", "3.7.0")
    entry = tmp_path / "home" / zephyr.REGISTRY / "0123"
    entry.parent.mkdir(parents=True)
    entry.write_text(f"{registered}/share/zephyr-package/cmake\n")
    assert [t.base for t in zephyr.trees()] == [registered]
    base = make_tree(tmp_path / "base", "4.1.0")
    monkeypatch.setenv("ZEPHYR_BASE", str(base))
    assert [t.base for t in zephyr.trees()] == [base]


def test_a_directory_that_is_no_tree_is_left_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "VERSION").write_text("VERSION_MAJOR = 3\n")
    monkeypatch.setenv("ZEPHYR_BASE", str(tmp_path))
    assert zephyr.trees() == ()
