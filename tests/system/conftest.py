# SPDX-License-Identifier: MIT
"""Fixtures of the system tests: boards, peers, and what of the machine they need."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rig.live_peer import LivePeer
from rig.programs import program
from rig.sim import Provisioned, Sim, provision


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
