# SPDX-License-Identifier: MIT
"""Group H under load: a flood while a tunnel carries traffic.

20,000 initiations whose MAC1 is right, from 2,000 addresses, and 100,000 datagrams of garbage. The
flood is as fast as one process sends it, but never more at a time than the socket of the program
holds: what the kernel drops before the program sees it says nothing about the program.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from wg_host.messages import COOKIE_REPLY, RESPONSE

from live import ip
from live.bench import Bench, loopback_addresses
from live.load import paid_for
from live.marks import alone, on_ours
from live.scripted import Scripted
from live.targets import PORT, ZwgSim, memory

INITIATIONS = 20_000
GARBAGE = 100_000
ADDRESSES = 2_000
TEMPLATES = 500
# Datagrams that may wait at once: a small one takes at most 1,280 bytes of the socket's 4 MiB.
WAITING = 2_000
# KiB: the tables for queue, rates and indices become resident as they are used. Nine bytes for each
# datagram of the flood would be more.
GROWTH = 1024


@dataclass
class Traffic:
    """Echo requests all the time, each of which must be answered."""

    peer: Scripted
    sent: int = 0
    lost: list[int] = field(default_factory=list)
    slowest: float = 0.0

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            begin = time.monotonic()
            self.peer.send(self.peer.seal(self.peer.next_echo()))
            self.sent += 1
            heard = self.peer.hear(3)
            if heard is None or ip.echo_reply(self.peer.read(heard).packet) != self.peer.number:
                self.lost.append(self.sent)
            self.slowest = max(self.slowest, time.monotonic() - begin)
            stop.wait(0.005)


def flood(peer: Scripted) -> Iterator[tuple[int, bytes]]:
    """All datagrams of the flood, each with the number of the address that it comes from."""
    paid = [paid_for(peer) for _ in range(TEMPLATES)]
    junk = [b"\x01\0\0\0" + os.urandom(144) for _ in range(TEMPLATES)]
    junk += [b"\x02\0\0\0" + os.urandom(88) for _ in range(TEMPLATES)]
    junk += [os.urandom(1 + n % 256) for n in range(TEMPLATES)]
    junk += [b"\x04\0\0\0" + os.urandom(28 + n % 200) for n in range(TEMPLATES)]
    each = GARBAGE // INITIATIONS
    for number in range(INITIATIONS):
        yield number % ADDRESSES, paid[number % TEMPLATES]
        for extra in range(each):
            yield (number + extra) % ADDRESSES, junk[(number * each + extra) % len(junk)]


def queued(bench: Bench) -> int:
    """Bytes that wait at the program's socket."""
    fields = bench.ns.bound(PORT)
    assert fields is not None
    return int(fields[4].split(":")[1], 16)


def overflowed(bench: Bench) -> int:
    """Datagrams that the kernel dropped because the program's socket was full."""
    fields = bench.ns.bound(PORT)
    assert fields is not None
    return int(fields[12])


def fire(bench: Bench, peer: Scripted) -> int:
    """Sends the flood; how many cookie replies came back."""
    sockets = [bench.ns.udp(address) for address in loopback_addresses(ADDRESSES)]
    cookies = 0
    try:
        for count, (number, datagram) in enumerate(flood(peer)):
            sockets[number].sendto(datagram, peer.remote)
            if count % WAITING == WAITING - 1:
                while queued(bench) > 0:
                    time.sleep(0.0005)
        time.sleep(0.5)
        for sock in sockets:
            cookies += replies(sock)
    finally:
        for sock in sockets:
            sock.close()
    return cookies


def replies(sock: socket.socket) -> int:
    """Takes what waits at a socket, which may be nothing but cookie replies."""
    sock.setblocking(False)
    count = 0
    while True:
        try:
            data = sock.recv(2048)
        except BlockingIOError:
            return count
        assert len(data) == 64 and data[0] == COOKIE_REPLY
        count += 1


def knock(peer: Scripted, stop: threading.Event) -> tuple[int, int]:
    """Asks for a handshake again and again, with the last cookie; how many cookie replies and
    responses there were."""
    cookies = responses = 0
    while not stop.is_set():
        peer.send(peer.initiation())
        heard = peer.hear(0.5)
        if heard is not None and heard.kind == COOKIE_REPLY:
            peer.peer.receive(heard.data, time.monotonic())
            cookies += 1
        elif heard is not None and heard.kind == RESPONSE:
            responses += 1
        stop.wait(0.3)
    return cookies, responses


@alone
@on_ours
def test_H_a_flood_takes_nothing_from_the_tunnel(bench: Bench) -> None:
    carrying = bench.peer()
    knocking = bench.peer(host="127.0.0.2", remote="127.0.0.1", allowed=("10.77.0.9/32",))
    bench.start()
    carrying.shake()
    carrying.ping()
    knocking.shake()
    before = memory(bench.target.pid, "VmRSS")
    traffic, stop = Traffic(carrying), threading.Event()
    answers: list[tuple[int, int]] = []
    threads = [
        threading.Thread(target=traffic.run, args=(stop,), daemon=True),
        threading.Thread(target=lambda: answers.append(knock(knocking, stop)), daemon=True),
    ]
    for thread in threads:
        thread.start()
    begin = time.monotonic()
    cookies = fire(bench, carrying)
    took = time.monotonic() - begin
    stop.set()
    for thread in threads:
        thread.join()
    report = (
        f"{INITIATIONS + GARBAGE} datagrams in {took:.1f} s: {traffic.sent} pings, "
        f"{len(traffic.lost)} lost, slowest {traffic.slowest * 1000:.0f} ms; {cookies} cookie "
        f"replies; (cookies, responses) to one that shows them: {answers[0]}; "
        f"VmRSS {before} to {memory(bench.target.pid, 'VmRSS')} KiB"
    )
    assert overflowed(bench) == 0, report
    assert traffic.lost == [] and traffic.sent > 50, report
    assert cookies > 100, report
    assert answers[0][0] > 0 and answers[0][1] > 0, report
    assert memory(bench.target.pid, "VmRSS") - before < GROWTH, report
    if isinstance(bench.target, ZwgSim):
        counters = bench.target.counters()
        assert counters["drop_mac1"] >= GARBAGE // 2, report
        # One for each initiation of the flood that got no cookie reply, five for each that was
        # answered, the two at the beginning among them; for the garbage none.
        # Two more may be under way at the end.
        answered = answers[0][1] + 4
        assert counters["x25519"] <= INITIATIONS - cookies + 5 * answered, report
    carrying.ping()
