# SPDX-License-Identifier: MIT
"""How these tests run: each in a thread of its own, most of their time waiting for a timer.

A test's argument ``bench`` is made for it from the names of the programs that it is ``on``; other
tests take no argument of a fixture but ``directory``. Tests are started when all are collected: the
long ones at once, the others a few at a time; pytest then waits for each in turn. What is marked
``alone`` starts when all others have ended.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from live.bench import Bench, is_root, raw_of
from live.programs import missing, program

ALL = ("wireguard-go", "zwg-linux", "zwg-sim")
TOGETHER = 16


class Job(threading.Thread):
    """A test under way."""

    def __init__(self, item: pytest.Function, directory: Path, slots: threading.Semaphore) -> None:
        super().__init__(name=item.name, daemon=True)
        self.item, self.directory, self.slots = item, directory, slots
        self.failure: BaseException | None = None

    def run(self) -> None:
        with self.slots:
            try:
                self._run()
            except BaseException as e:
                self.failure = e

    def _run(self) -> None:
        params: dict[str, Any] = dict(self.item.callspec.params) if self._parametrized() else {}
        if "directory" in self.item.fixturenames:
            params["directory"] = self.directory
        name = params.pop("bench", None)
        if name is None:
            self.item.obj(**params)
            return
        with opened(name, self.directory) as bench:
            self.item.obj(bench=bench, **params)

    def _parametrized(self) -> bool:
        return hasattr(self.item, "callspec")


@contextmanager
def opened(name: str, directory: Path) -> Iterator[Bench]:
    """A bench; what the program logged is added to a failure."""
    bench = Bench(name, directory)
    try:
        yield bench
    except Exception as e:
        with suppress(Exception):
            bench.close(failed=True)
        if hasattr(e, "add_note"):
            e.add_note(raw_of(directory))
        raise
    bench.close(failed=False)


class Jobs:
    """All tests of a session."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.jobs: dict[str, Job] = {}

    def start(self, items: list[pytest.Function], root: Path) -> None:
        few, unlimited = threading.Semaphore(TOGETHER), threading.Semaphore(10**6)
        for number, item in enumerate(items):
            directory = root / f"{number:03}"
            directory.mkdir()
            slots = unlimited if item.get_closest_marker("long") else few
            self.jobs[item.nodeid] = job = Job(item, directory, slots)
            if not item.get_closest_marker("alone"):
                job.start()

    def finish(self, item: pytest.Function) -> None:
        job = self.jobs[item.nodeid]
        if item.get_closest_marker("alone"):
            for other in self.jobs.values():
                if other.ident is not None:
                    other.join()
            job.start()
        job.join()
        if job.failure is not None:
            raise job.failure


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="also what takes minutes of real time")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[JOBS] = Jobs(config)
    # A dynamic linker that binds late saves the registers on the stack, and session keys with them.
    # Programs are linked to bind at once, but for those with sanitizers.
    os.environ["LD_BIND_NOW"] = "1"


JOBS = pytest.StashKey[Jobs]()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "bench" in metafunc.fixturenames:
        metafunc.parametrize("bench", getattr(metafunc.function, "on", ALL))


@pytest.fixture
def directory() -> None:
    """Stands for the directory that the test's own thread gets."""


def _why_not(item: pytest.Function) -> str | None:
    if item.get_closest_marker("long") and not item.config.getoption("--long"):
        return "takes minutes: make test-peers"
    needs = getattr(item.obj, "needs", None)
    if needs is None and "bench" not in item.fixturenames:
        return None
    if not is_root():
        return "makes network namespaces and TUN devices: needs root"
    if not Path("/dev/net/tun").exists():
        return "no /dev/net/tun"
    wanted = list(needs() if needs is not None else ())
    if "bench" in item.fixturenames and item.callspec.params["bench"] == "wireguard-go":
        wanted += missing("wireguard-go")
    return f"not on this machine: {', '.join(wanted)}" if wanted else None


def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("alone") is not None)
    for item in items:
        reason = _why_not(item)
        if reason is not None:
            item.add_marker(pytest.mark.skip(reason=reason))
        name = item.callspec.params.get("bench") if hasattr(item, "callspec") else None
        for mark in item.iter_markers("deviates"):
            if mark.args[0] == name:
                item.add_marker(
                    pytest.mark.xfail(reason=mark.args[1], raises=AssertionError, strict=True)
                )


def pytest_sessionstart(session: pytest.Session) -> None:
    for name in ("zwg-sim", "zwg-linux"):
        if not program(name).exists():
            raise pytest.UsageError(
                f"{program(name)} is not there: cmake -S linux-app -B build/linux && "
                "cmake --build build/linux, or set ZWG_BUILD"
            )


def pytest_collection_finish(session: pytest.Session) -> None:
    if session.config.option.collectonly:
        return
    factory: pytest.TempPathFactory = session.config._tmp_path_factory  # type: ignore[attr-defined]
    items = [item for item in session.items if isinstance(item, pytest.Function)]
    ready = [item for item in items if not item.get_closest_marker("skip")]
    root = factory.mktemp("peers")
    session.config.stash[JOBS].start(ready, root)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Callable[[], None] | bool | None:
    pyfuncitem.config.stash[JOBS].finish(pyfuncitem)
    return True


def pytest_runtest_setup(item: pytest.Item) -> None:
    row = item.name.removeprefix("test_").split("_", 1)[0]
    item.user_properties.append(("row", row))
