# SPDX-License-Identifier: MIT
"""A board that loses its power at any moment is accepted by its peer as soon as it is back.

The peer keeps the greatest timestamp that it has seen (paper section 5.1) and drops everything that
is not greater; the board has no clock but what its flash remembers.
"""

from __future__ import annotations

import contextlib
import random
import shutil
import signal
import termios
import time
from collections.abc import Callable

import pytest
from wg_host.errors import WgHostError

from rig.live_peer import LivePeer
from rig.programs import wait_for
from rig.sim import Provisioned, Sim, provision

Joined = tuple[Sim, LivePeer, Provisioned]


def test_a_restarted_board_can_shake_hands_in_both_roles(joined: Joined) -> None:
    sim, peer, keys = joined
    peer.handshake()
    sim.kill()
    sim.start()
    peer.handshake()
    sim.kill()
    sim.start()
    with sim.open() as console:
        console.command(f"wg handshake {keys.peer.public}")
    peer.wait_called()


def test_killed_at_random_moments_it_is_accepted_at_once(
    joined: Joined, request: pytest.FixtureRequest
) -> None:
    sim, peer, keys = joined
    seed = random.randrange(2**32)
    request.node.add_report_section("call", "seed", str(seed))
    moments = random.Random(seed)
    stamps: list[bytes] = []
    for _ in range(12):
        with sim.open() as console:
            console.command(f"wg handshake {keys.peer.public}")
        # The peer accepts the very first initiation of this life of the board.
        stamps.append(peer.wait_called())
        time.sleep(moments.random() * 0.2)
        sim.kill()
        sim.start()
    assert stamps == sorted(set(stamps))


def test_killed_while_it_starts_a_handshake(joined: Joined, request: pytest.FixtureRequest) -> None:
    sim, peer, keys = joined
    seed = random.randrange(2**32)
    request.node.add_report_section("call", "seed", str(seed))
    moments = random.Random(seed)
    stamps: list[bytes] = []
    for _ in range(20):
        with sim.open() as console:
            console.command(f"wg handshake {keys.peer.public}")
        time.sleep(moments.random() * 0.01)
        sim.kill()
        stamps += stamps_within(peer, 0)
        sim.start()
    assert len(stamps) > 5, "some of them went out before the power failed"
    assert stamps == sorted(set(stamps)), "no stamp is ever used again or gone below"


def test_a_keepalive_makes_it_call_by_itself_after_power_on(
    make_sim: Callable[..., Sim], live_peer: LivePeer
) -> None:
    sim = make_sim().start()
    keys = provision(sim, live_peer.port, keepalive=25)
    live_peer.join(keys.peer, keys.board, keys.psk, sim.address)
    live_peer.wait_called()
    sim.kill()
    sim.start()
    live_peer.wait_called()


def provisioned_flash(sim: Sim, peer: LivePeer) -> Provisioned:
    keys = provision(sim, peer.port)
    peer.join(keys.peer, keys.board, keys.psk, sim.address)
    sim.stop()
    shutil.copy(sim.flash, sim.directory / "saved")
    return keys


def restore(sim: Sim) -> None:
    shutil.copy(sim.directory / "saved", sim.flash)


def died(sim: Sim) -> None:
    """The power has been cut: the program is killed, and no sanitizer had anything to say."""
    assert sim.process is not None
    process = sim.process
    wait_for(lambda: not process.running(), 10, "power cut")
    assert process.stop() == -signal.SIGKILL
    process.assert_clean()


def test_power_cut_at_every_byte_of_a_commit(
    make_sim: Callable[..., Sim], live_peer: LivePeer
) -> None:
    """The settings are then the old ones or the new ones, whole, and the tunnel works."""
    sim = make_sim("--tcp", "0").start()
    keys = provisioned_flash(sim, live_peer)
    sim.start()
    old = sim.talk("wg showconf")
    assert old is not None and "MTU = 1420" in old
    new = old.replace("MTU = 1420", "MTU = 1300")
    sim.stop()
    seen: list[str] = []
    committed = None
    while committed is None:
        restore(sim)
        sim.start("--power-cut", str(len(seen) + 1))
        assert "@zwg OK" in str(sim.talk("wg set mtu 1300"))
        committed = sim.talk("wg commit")
        if committed is None:
            died(sim)
        else:
            sim.stop()
        sim.start()
        seen.append(str(sim.talk("wg showconf")))
        sim.stop()
    assert len(seen) > 150, "every byte of the record was a place to die"
    assert seen == [old] * (len(seen) - 2) + [new] * 2, "the last byte makes it the new one"
    sim.start()
    live_peer.join(keys.peer, keys.board, keys.psk, sim.address)
    live_peer.handshake()


@pytest.mark.parametrize("lives", [1, 2])
def test_power_cut_at_every_byte_of_a_mark(
    make_sim: Callable[..., Sim], live_peer: LivePeer, lives: int
) -> None:
    """Stamps only rise, whichever slot of the flash was being written."""
    sim = make_sim().start()
    keys = provisioned_flash(sim, live_peer)
    for _ in range(lives - 1):
        sim.start()
        call(sim, keys)
        live_peer.wait_called()
        sim.stop()
    shutil.copy(sim.flash, sim.directory / "saved")
    alive = False
    cut = 0
    while not alive:
        cut += 1
        restore(sim)
        sim.start("--power-cut", str(cut))
        call(sim, keys)
        alive = still_alive(sim)
        before = stamps_within(live_peer, 0)
        sim.start()
        call(sim, keys)
        after = stamps_within(live_peer, 5)
        assert after and after[0] > max(before, default=b""), cut
        assert alive or before == [], "nothing is sent before the mark is safe"
        sim.stop()
    assert cut > 30, "every byte of the mark was a place to die"


def still_alive(sim: Sim) -> bool:
    """After a handshake was asked for: the stamp's mark is written at once, or the board dies."""
    assert sim.process is not None
    with contextlib.suppress(AssertionError):
        wait_for(lambda: not sim.process.running(), 3.0, "power cut")  # type: ignore[union-attr]
    if sim.process.running():
        sim.stop()
        return True
    died(sim)
    return False


def call(sim: Sim, keys: Provisioned) -> None:
    """Has the board start a handshake, of which it may die before it answers."""
    with contextlib.suppress(WgHostError, termios.error), sim.open() as console:
        console.command(f"wg handshake {keys.peer.public}")


def stamps_within(peer: LivePeer, seconds: float) -> list[bytes]:
    """Of the initiations that have come; the first is waited for."""
    stamps: list[bytes] = []
    while (datagram := peer.receive(0 if stamps else seconds)) is not None:
        stamp = peer.stamp_of(datagram)
        if stamp is not None:
            stamps.append(stamp)
    return stamps
