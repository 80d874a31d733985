# SPDX-License-Identifier: MIT
"""Fixtures of the firmware tests: each Zephyr at hand, the firmware built with it, and a board."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from wg_host import zephyr

import firmware

TREES = zephyr.trees()
BUILD = firmware.ROOT / "build" / "zephyr"


@pytest.fixture(scope="session", params=TREES or [None], ids=[t.version for t in TREES] or ["none"])
def tree(request: pytest.FixtureRequest) -> zephyr.Tree:
    """One Zephyr after the other; skipped by name where there is none, or nothing to build with."""
    if request.param is None:
        pytest.skip("no Zephyr at hand (ZWG_ZEPHYRS, ZEPHYR_BASE, CMake's package registry)")
    if reason := firmware.missing():
        pytest.skip(reason)
    found: zephyr.Tree = request.param
    return found


def pytest_runtest_setup(item: pytest.Item) -> None:
    """What is not settled runs when it is asked for, and says so otherwise."""
    mark = item.get_closest_marker("unsettled")
    if mark is not None and os.environ.get("ZWG_FIRMWARE") != "all":
        pytest.skip(f"{mark.args[0]}; ZWG_FIRMWARE=all runs it")


Build = Callable[..., firmware.Image]


@pytest.fixture(scope="session")
def build() -> Build:
    """Builds for a tree and a board, each once a session. A warning of ours is an error: one that
    is only printed would be seen once, and not by a later run, which compiles nothing again."""

    @functools.cache
    def once(
        tree: zephyr.Tree, board: str, *options: str, source: Path = firmware.ROOT, name: str = ""
    ) -> firmware.Image:
        jobs = os.cpu_count() or 2
        directory = BUILD / tree.version / (name or board.replace("/", "_"))
        return firmware.build(
            tree, board, directory, "-DZWG_WERROR=ON", *options, source=source, jobs=jobs
        )

    return once


@pytest.fixture
def boot(
    tree: zephyr.Tree, build: Build, tmp_path: Path
) -> Iterator[Callable[..., firmware.Emulator]]:
    """Switches emulated boards on, on a network (and with a clock) that the caller gives."""
    if reason := firmware.missing("qemu-system-arm"):
        pytest.skip(reason)
    boards: list[firmware.Emulator] = []

    def start(nic: str, prefix: tuple[str, ...] = (), icount: str = "") -> firmware.Emulator:
        image = build(tree, firmware.EMULATED)
        log = tmp_path / "qemu.log"
        boards.append(firmware.Emulator(image.elf, log, nic, prefix, icount=icount))
        return boards[-1]

    yield start
    for board in boards:
        board.stop()
