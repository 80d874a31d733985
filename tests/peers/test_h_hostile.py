# SPDX-License-Identifier: MIT
"""Group H of the conformance list, and the published weaknesses of its section 5: hostile input."""

from __future__ import annotations

import os
import random
import time

import pytest
from wg_host.messages import DATA

from live.bench import Bench
from live.marks import on, on_ours
from live.targets import memory

LENGTHS = (*range(201), 511, 512, 1419, 1420, 1452, 1500, 2047, 2048, 2049, 4095, 4096, 4097)
LONG = (8192, 16384, 32768, 65506, 65507)


@pytest.mark.parametrize("kind", [0, 1, 2, 3, 4, 5, 255])
def test_H_every_length_of_every_type_is_silent(bench: Bench, kind: int) -> None:
    """GotaTun PR145 and Zephyr #111082: one long datagram overran a buffer."""
    peer = bench.pair()
    peer.shake()
    stranger = peer.place("127.0.0.3")
    noise = random.Random(kind)
    for length in (*LENGTHS, *LONG):
        datagram = bytes([kind, 0, 0, 0]) + noise.randbytes(max(0, length - 4))
        peer.send(datagram[:length], via=stranger)
        if length % 8 == 0:
            time.sleep(0.002)
    peer.silent(0.3)
    peer.ping()


def test_H_truncated_and_flipped_data_is_silent(bench: Bench) -> None:
    peer = bench.pair()
    peer.shake()
    whole = peer.seal(peer.next_echo())
    for length in range(len(whole)):
        peer.send(whole[:length])
    for bit in range(8 * 16, 8 * len(whole), 3):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        peer.send(bytes(flipped))
        if bit % 10 == 0:
            time.sleep(0.001)
    peer.silent(0.3)
    assert peer.accepted(whole)


@on("zwg-sim")
def test_H_junk_with_a_bad_mac1_costs_no_x25519(bench: Bench) -> None:
    """The board counts its scalar multiplications; the core is the same in zwg-linux."""
    peer = bench.pair()
    peer.shake()
    before = bench.target.x25519()
    assert before is not None and before > 0
    for number in range(5000):
        size = 148 if number % 2 else 92
        peer.send(bytes([1 + (size == 92), 0, 0, 0]) + os.urandom(size - 4))
        if number % 20 == 0:
            time.sleep(0.002)
    peer.silent(0.3)
    assert bench.target.x25519() == before
    peer.ping()


def test_H_a_zero_length_datagram_changes_nothing(bench: Bench) -> None:
    peer = bench.pair()
    peer.shake()
    for _ in range(100):
        peer.send(b"")
    peer.silent(0.2)
    peer.ping()


@on_ours
def test_H_memory_does_not_grow_with_handshakes(bench: Bench) -> None:
    """The large table of indices of zwg-linux becomes resident a page at a time, as indices are
    random; so what counts there is what it has asked for."""
    what = "VmData" if bench.program == "zwg-linux" else "VmRSS"
    peer = bench.pair()
    for number in range(180):
        if number == 30:
            before = memory(bench.target.pid, what)
        peer.shake()
        peer.ping()
        time.sleep(0.025)
    # A page a handshake would be 600 KiB.
    assert memory(bench.target.pid, what) - before < 256


def test_S5_sixteen_bytes_of_body_are_no_keepalive_before_they_are_opened(
    bench: Bench,
) -> None:
    """Zephyr PR 111043."""
    peer = bench.pair()
    session = peer.shake(confirm=False)
    header = b"\x04\0\0\0" + session.remote_index.to_bytes(4, "little")
    peer.send(header + bytes(8) + os.urandom(16))
    peer.silent(0.2)
    if bench.program != "zwg-sim":
        bench.say(b"not before it is confirmed")
        peer.silent(0.3)
    peer.send(peer.seal(peer.next_echo()))
    assert peer.expect(DATA)
