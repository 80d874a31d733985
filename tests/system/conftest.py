# SPDX-License-Identifier: MIT
"""Fixtures of the system tests: boards, peers, and what of the machine they need."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from rig.live_peer import LivePeer
from rig.long_run import LongRun
from rig.needs import missing
from rig.netns import Wire
from rig.programs import program, thread_sanitized
from rig.sim import Provisioned, Sim, provision
from rig.trio import Trio
from rig.tunnels import MakeTunnel, Tunnel, build_tunnel, take_down


def pytest_sessionstart(session: pytest.Session) -> None:
    for name in ("zwg-sim", "zwg-linux"):
        if not program(name).exists():
            raise pytest.UsageError(
                f"{program(name)} is not there: cmake -S linux-app -B build/linux && "
                "cmake --build build/linux, or set ZWG_BUILD"
            )


@pytest.fixture
def make_sim(tmp_path: Path) -> Iterator[Callable[..., Sim]]:
    """Makes boards, each in a directory of its own; at the end they must stop cleanly."""
    sims: list[Sim] = []

    def make(*options: str, udp: str = "127.0.0.1:0") -> Sim:
        directory = tmp_path / f"board{len(sims)}"
        directory.mkdir()
        sims.append(Sim(directory, *options, udp=udp))
        return sims[-1]

    yield make
    for sim in sims:
        if sim.process is not None and sim.process.running():
            sim.stop()
        if sim.process is not None:
            sim.process.assert_clean()


@pytest.fixture
def sim(make_sim: Callable[..., Sim]) -> Sim:
    """A new board, switched on."""
    return make_sim().start()


@pytest.fixture
def live_peer() -> Iterator[LivePeer]:
    """The Python peer, not yet joined to a board."""
    peer = LivePeer()
    yield peer
    peer.close()


@pytest.fixture
def joined(sim: Sim, live_peer: LivePeer) -> tuple[Sim, LivePeer, Provisioned]:
    """A provisioned board and its peer."""
    keys = provision(sim, live_peer.port)
    live_peer.join(keys.peer, keys.board, keys.psk, sim.address)
    return sim, live_peer, keys


@pytest.fixture
def wire() -> Iterator[Wire]:
    """Two machines and a wire; skipped where the machine cannot have them."""
    if reason := missing():
        pytest.skip(reason)
    wire = Wire()
    yield wire
    wire.remove()


@pytest.fixture
def make_tunnel(wire: Wire, tmp_path: Path) -> Iterator[MakeTunnel]:
    """Makes the tunnel of the test; at its end both must stop cleanly."""
    made: list[Tunnel] = []

    def make(
        other: str = "wireguard-go",
        outer: int = 4,
        psk: bool = True,
        calls: str = "both",
        extra: str = "",
    ) -> Tunnel:
        if other == "wireguard-go" and (reason := missing("wireguard-go", "wg")):
            pytest.skip(reason)
        tunnel = build_tunnel(wire, tmp_path, other, outer, psk, calls, extra)
        made.append(tunnel)
        return tunnel

    yield make
    for tunnel in made:
        take_down(tunnel)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests are judged last: what they wait for goes on beside all the others."""
    items.sort(key=lambda item: item.get_closest_marker("long") is not None)


@pytest.fixture(scope="session", autouse=True)
def long_runs(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, LongRun | str]]:
    """The runs of test_linux_rekey.py by who calls, if it is to run; or the reason why not."""
    runs: dict[str, LongRun | str] = {}
    if any(item.get_closest_marker("long") for item in request.session.items):
        reason = missing("wireguard-go", "wg")
        directory = tmp_path_factory.mktemp("long")
        for caller in ("zwg", "other"):
            runs[caller] = reason or LongRun(directory / caller, caller)
    yield runs
    for run in runs.values():
        if isinstance(run, LongRun):
            run.end()


@pytest.fixture
def trio(wire: Wire, tmp_path: Path) -> Iterator[Trio]:
    """The kernel's netns.sh with two zwg-linux; at the end both must stop cleanly."""
    yield from make_trio(wire, tmp_path)


@pytest.fixture
def lacking_trio(wire: Wire, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Trio]:
    """The same; the first daemon's kernel lacks what the parameter says (see rig.refuse)."""
    yield from make_trio(wire, tmp_path, request.param)


@pytest.fixture
def watched_trio(wire: Wire, tmp_path: Path) -> Iterator[Trio]:
    """The same; both daemons watch their threads for races (ThreadSanitizer)."""
    daemon = thread_sanitized(tmp_path)
    if isinstance(daemon, str):
        pytest.skip(daemon)
    yield from make_trio(wire, tmp_path, daemon=daemon)


def make_trio(
    wire: Wire, directory: Path, lacking: Sequence[str] = (), daemon: Path | None = None
) -> Iterator[Trio]:
    if reason := missing("wg"):
        pytest.skip(reason)
    trio = Trio(wire, directory, lacking, daemon)
    yield trio
    trio.remove()
