# SPDX-License-Identifier: MIT
"""Datagrams from people who do not have a key: silence, and nothing changes (CONFORMANCE A1, H)."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Iterable
from dataclasses import replace

import pytest
from scapy.layers.inet import ICMP, IP
from wg_host import cookie
from wg_host.board import Board, BoardState
from wg_host.messages import Data

from rig.live_peer import LivePeer
from rig.sim import INSIDE_V4, PEER_V4, Provisioned, Sim

Joined = tuple[Sim, LivePeer, Provisioned]
LONGEST = 65507
BATCH = 16
DROP = "drop_"


def drops(state: BoardState) -> dict[str, int]:
    """How many datagrams were dropped, by reason."""
    return {name[len(DROP) :]: n for name, n in state.counters.items() if name.startswith(DROP)}


def unmoved(state: BoardState) -> BoardState:
    """The state without what time and drops change."""
    peers = tuple(replace(peer, latest_handshake=None) for peer in state.peers)
    counters = {name: n for name, n in state.counters.items() if not name.startswith(DROP)}
    return replace(state, uptime=None, counters=counters, peers=peers)


class Attacker:
    """Sends from a socket of its own, in batches that the board's socket can hold, and counts what
    the board has made of them."""

    def __init__(self, sim: Sim) -> None:
        self.sim = sim
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.console = sim.open()
        self.before = self.show()

    def show(self) -> BoardState:
        return Board(self.console).show()

    def fire(self, datagrams: Iterable[bytes]) -> dict[str, int]:
        """The drops, by reason, that these datagrams caused; every one must have caused one, and
        nothing else."""
        waiting = 0
        sent = 0
        for datagram in datagrams:
            self.socket.sendto(datagram, self.sim.address)
            sent += 1
            waiting += 1 + len(datagram) // 8192
            if waiting > BATCH:
                self._until(sent)
                waiting = 0
        after = self._until(sent)
        assert unmoved(after) == unmoved(self.before)
        self.socket.setblocking(False)
        with pytest.raises(BlockingIOError):
            self.socket.recv(65535)
        assert not self.sim.process or self.sim.process.running()
        was = drops(self.before)
        return {
            name: n - was.get(name, 0) for name, n in drops(after).items() if n != was.get(name)
        }

    def _until(self, sent: int) -> BoardState:
        wanted = sum(drops(self.before).values()) + sent
        deadline = time.monotonic() + 10
        while True:
            state = self.show()
            judged = sum(drops(state).values())
            if judged >= wanted:
                assert judged == wanted
                return state
            assert time.monotonic() < deadline, f"{wanted - judged} of {sent} were not counted"

    def close(self) -> None:
        self.socket.close()
        self.console.close()


@pytest.fixture
def attacker(joined: Joined) -> Iterable[Attacker]:
    _, peer, _ = joined
    peer.handshake()
    time.sleep(0.2)
    attacker = Attacker(joined[0])
    yield attacker
    attacker.close()
    peer.handshake()


@pytest.fixture
def noise(request: pytest.FixtureRequest) -> random.Random:
    seed = random.randrange(2**32)
    request.node.add_report_section("setup", "seed", str(seed))
    return random.Random(seed)


def test_random_datagrams_of_every_class_of_length(
    attacker: Attacker, noise: random.Random
) -> None:
    lengths = [*range(300), 1280, 1419, 1420, 1421, 1452, 1472, 1500, 2047, 2048, 2049, 4096]
    lengths += [8191, 16384, 32767, 32768, 65498, 65506, LONGEST]
    lengths += [noise.randrange(LONGEST + 1) for _ in range(300)]
    counted = attacker.fire(noise.randbytes(n) for n in lengths)
    assert counted.get("length", 0) + counted.get("type", 0) > 300


@pytest.mark.parametrize("kind", [1, 2, 3, 4])
def test_messages_of_a_true_type_with_random_content(
    attacker: Attacker, noise: random.Random, kind: int
) -> None:
    exact = {1: 148, 2: 92, 3: 64, 4: 96}[kind]
    lengths = [
        *range(4, 200),
        exact,
        exact,
        exact,
        *(noise.randrange(4, LONGEST) for _ in range(99)),
    ]
    counted = attacker.fire(bytes([kind, 0, 0, 0]) + noise.randbytes(n - 4) for n in lengths)
    judged = {1: "mac1", 2: "mac1", 3: "unknown_index", 4: "unknown_index"}
    assert set(counted) <= {"length", judged[kind], "cookie"}
    assert counted["length"] > 0


def test_every_truncation_and_every_flip_of_an_initiation(
    attacker: Attacker, joined: Joined
) -> None:
    """Without its mac1 it costs the board not one X25519 (paper section 5.4.4)."""
    _, peer, _ = joined
    whole = peer.peer.initiate(time.monotonic())
    variants = [whole[:n] for n in range(len(whole))] + [whole + b"\0"]
    for bit in range(132 * 8):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        variants.append(bytes(flipped))
    counted = attacker.fire(variants)
    assert set(counted) == {"length", "type", "mac1"}
    assert counted["length"] >= 149 and counted["mac1"] >= 116 * 8


def test_every_truncation_and_every_flip_of_data(attacker: Attacker, joined: Joined) -> None:
    _, peer, _ = joined
    datagram = peer.peer.seal(bytes(48), time.monotonic())
    assert datagram is not None
    variants = [datagram[:n] for n in range(len(datagram))]
    for bit in range(len(datagram) * 8):
        flipped = bytearray(datagram)
        flipped[bit // 8] ^= 1 << bit % 8
        variants.append(bytes(flipped))
    counted = attacker.fire(variants)
    assert counted["tag"] > 64 * 8 - 32 and counted["unknown_index"] == 32
    assert set(counted) <= {"length", "type", "tag", "unknown_index", "expired", "replay"}


def test_forged_counters_do_not_move_the_window(attacker: Attacker, joined: Joined) -> None:
    _, peer, _ = joined
    session = peer.peer.current
    assert session is not None
    forged = [
        Data(session.remote_index, counter, bytes(32)).encode()
        for counter in (2**20, 2**32, 2**60, 2**64 - 2**13 - 2)
    ]
    assert attacker.fire(forged) == {"tag": len(forged)}
    peer.send_inner(b"")


def test_a_replayed_initiation_gets_silence(attacker: Attacker, joined: Joined) -> None:
    sim, peer, _ = joined
    whole = peer.peer.initiate(time.monotonic())
    peer.send(whole)
    while peer.event(0.5) is not None:
        pass
    attacker.before = attacker.show()
    attacker.socket.sendto(whole, sim.address)
    deadline = time.monotonic() + 5
    while (after := drops(attacker.show())) == drops(attacker.before):
        assert time.monotonic() < deadline
    assert after["timestamp"] == drops(attacker.before).get("timestamp", 0) + 1
    assert peer.receive(0.2) is None


def test_junk_without_a_handshake_key_computes_nothing(
    attacker: Attacker, noise: random.Random
) -> None:
    flood = (b"\x01\0\0\0" + noise.randbytes(144) for _ in range(2000))
    assert attacker.fire(flood) == {"mac1": 2000}
    assert attacker.show().counters["x25519"] == attacker.before.counters["x25519"]


def test_data_flows_while_handshakes_flood(joined: Joined, noise: random.Random) -> None:
    """Initiations with a true mac1 load the board; pings of a session that stands are answered."""
    sim, peer, keys = joined
    peer.handshake()
    ping = bytes(IP(src=PEER_V4, dst=INSIDE_V4) / ICMP())
    flood = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    flood.bind(("127.0.0.1", 0))
    answered = 0
    for _ in range(50):
        for _ in range(20):
            junk = b"\x01\0\0\0" + noise.randbytes(144)
            flood.sendto(junk[:-32] + cookie.mac1(junk, keys.board) + bytes(16), sim.address)
        answered += peer.ask(ping, 2) is not None
    flood.close()
    assert answered == 50
    assert sim.state().counters["cookies_sent"] > 0, "it was under load"
