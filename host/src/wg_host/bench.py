# SPDX-License-Identifier: MIT
"""Latency and throughput of a board, through the tunnel, by ICMP echoes.

The Python peer must encrypt and decrypt every packet itself. What it could do alone is measured in
the same run, so that a figure near that limit is known to be the peer's and not the board's.
"""

from __future__ import annotations

import os
import socket
import time
from dataclasses import dataclass

from wg_host import packets
from wg_host.endpoint import Endpoint
from wg_host.errors import CheckFailed
from wg_host.messages import Data
from wg_host.noise import TransportKeys
from wg_host.peer import Established, Packet
from wg_host.session import Session
from wg_host.sockets import Sockets
from wg_host.verify.lab import MAIN, Lab
from wg_host.verify.traffic import ping

# Distinct packets that are sent round and round; more than any window of unanswered ones.
DISTINCT = 512
# Seconds without any reply after which all unanswered echoes count as lost.
LOST_AFTER = 0.5
ATTEMPTS = 3


@dataclass(frozen=True)
class Latency:
    """Round trips in seconds."""

    count: int
    lost: int
    minimum: float
    median: float
    p90: float
    p99: float
    maximum: float


@dataclass(frozen=True)
class Throughput:
    """Echoes that came back. ``bits_per_second`` counts inner packets, one way; the other way
    carries the same. ``own_limit`` is what the Python peer can do alone, in the same unit."""

    seconds: float
    size: int
    window: int
    echoed: int
    lost: int
    bits_per_second: float
    own_limit: float


def connect(lab: Lab) -> Session:
    """A session that we start; CheckFailed if the board does not answer."""
    packets.warm_up()
    for _ in range(ATTEMPTS):
        lab.send(lab.peer.initiate(lab.now()))
        arrival = lab.wait(lambda a: isinstance(a.event, Established), lab.timing.rekey_timeout)
        if arrival is not None:
            assert isinstance(arrival.event, Established)
            return arrival.event.session
    raise CheckFailed(f"no handshake with {lab.target.endpoint}", "'wg-host verify' finds out why")


def latency(lab: Lab, count: int) -> Latency:
    """One echo of 56 bytes at a time, as ping sends them."""
    times: list[float] = []
    for _ in range(count):
        reply = ping(lab, size=56)
        if reply is not None:
            times.append(reply.seconds)
    if not times:
        raise CheckFailed("no ping came back through the tunnel", "'wg-host verify' finds out why")
    times.sort()

    def share(part: float) -> float:
        return times[min(len(times) - 1, int(part * len(times)))]

    lost = count - len(times)
    return Latency(len(times), lost, times[0], share(0.5), share(0.9), share(0.99), times[-1])


def throughput(lab: Lab, session: Session, seconds: float, size: int, window: int) -> Throughput:
    """Keeps @p window echoes of @p size bytes (the inner packet) under way for @p seconds."""
    pair = lab.target.pair
    header = packets.header_size(pair.board)
    payload = os.urandom(size - header - packets.ECHO_HEADER)
    ident = int.from_bytes(os.urandom(2), "big")
    requests = [
        packets.echo_request(pair.ours, pair.board, ident, seq, payload) for seq in range(DISTINCT)
    ]
    at_seq = header + 6
    under_way: set[int] = set()
    sent = echoed = lost = 0
    began = heard = time.monotonic()
    while (now := time.monotonic()) - began < seconds:
        while len(under_way) < window:
            seq = sent % DISTINCT
            under_way.add(seq)
            lab.sockets.send(MAIN, lab.target.endpoint, session.seal(requests[seq], now))
            sent += 1
        datagram = lab.sockets.receive(now + LOST_AFTER)
        if datagram is not None and datagram.data is not None:
            event = lab.peer.receive(datagram.data, datagram.time)
            if isinstance(event, Packet) and len(event.packet) >= size:
                seq = int.from_bytes(event.packet[at_seq : at_seq + 2], "big")
                if seq in under_way:
                    under_way.discard(seq)
                    echoed += 1
                    heard = datagram.time
        if time.monotonic() - heard > LOST_AFTER:
            lost += len(under_way)
            under_way.clear()
            heard = time.monotonic()
    took = time.monotonic() - began
    return Throughput(took, size, window, echoed, lost, echoed * size * 8 / took, own_limit(size))


def own_limit(size: int, seconds: float = 0.3) -> float:
    """Bits per second that this peer encrypts, sends, receives and decrypts over loopback when no
    board takes part: for each packet the work that throughput() has with an echo."""
    keys = TransportKeys(os.urandom(32), os.urandom(32))
    back = TransportKeys(keys.receive, keys.send)
    packet, count = os.urandom(size), 0
    sockets = Sockets(socket.AF_INET)
    try:
        sockets.open("ours")
        sockets.open("theirs")
        to = Endpoint("127.0.0.1", sockets.port("theirs"))
        began = time.monotonic()
        ours = Session(keys, 1, 2, began, initiator=True)
        theirs = Session(back, 2, 1, began, initiator=False)
        while (now := time.monotonic()) - began < seconds:
            sockets.send("ours", to, ours.seal(packet, now))
            got = sockets.receive(now + LOST_AFTER)
            if got is not None and got.data is not None:
                count += theirs.open(Data.decode(got.data), now) is not None
        return count * size * 8 / (time.monotonic() - began)
    finally:
        sockets.close()
