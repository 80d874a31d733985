# SPDX-License-Identifier: MIT
"""Group H under load: a flood while a tunnel carries traffic.

20,000 initiations whose MAC1 is right, from 2,000 addresses, and 100,000 datagrams of garbage. The
flood is as fast as a process of its own sends it, but for this: it waits while the program's socket
holds 2,000 datagrams, since what the kernel drops before the program sees it says nothing about the
program.

What it proves: of a steady stream of echo requests, a hundred a second, none is lost, whatever the
flood costs; whoever shows the cookie gets a handshake; memory does not grow with the flood. On the
board, which counts: each datagram of the flood is accounted for, and no X25519 was computed but for
the initiations that had to be tried and the handshakes that were answered. It proves nothing of a
flood that fills the socket, where the kernel drops as it comes; see live/flood.py.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from wg_host.messages import COOKIE_REPLY, RESPONSE

from live import ip
from live.bench import Bench
from live.flood import GARBAGE, INITIATIONS, Flood
from live.marks import alone, on_ours
from live.scripted import Scripted
from live.targets import PORT, ZwgSim, memory

# Seconds between two echo requests, and how long one may be on its way.
INTERVAL, PATIENCE = 0.01, 5.0
# Scalar multiplications for an initiation that fails at its first tag, for one that is answered
# (four, and the ephemeral key), and for one that is authentic and yet dropped (paper section 5.4).
FAILED, ANSWERED, REFUSED = 1, 5, 2
# KiB: the tables for queue, rates and indices become resident as they are used. Nine bytes for each
# datagram of the flood would be more.
GROWTH = 1024


@dataclass
class Stream:
    """An echo request at each interval, however many answers are due."""

    peer: Scripted
    took: float = 0.0
    sent: int = 0
    slowest: float = 0.0
    due: dict[int, float] = field(default_factory=dict)

    def run(self, stop: threading.Event) -> None:
        began = tick = time.monotonic()
        while not stop.is_set():
            datagram = self.peer.seal(self.peer.next_echo())
            self.due[self.peer.number] = self.peer.send(datagram)
            self.sent += 1
            tick += INTERVAL
            self._hear(tick)
        self.took = time.monotonic() - began
        self._hear(time.monotonic() + PATIENCE)

    def _hear(self, deadline: float) -> None:
        """Takes what comes until then, or until a stream that has ended is answered whole."""
        while not (self.took and not self.due):
            heard = self.peer.ear.next(deadline)
            if heard is None:
                return
            number = ip.echo_reply(self.peer.read(heard).packet)
            if number is not None:
                self.slowest = max(self.slowest, heard.at - self.due.pop(number))


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
    late = [heard.kind for heard in peer.collect(1.0)]
    return cookies + late.count(COOKIE_REPLY), responses + late.count(RESPONSE)


def account(counters: Counter[str], flood_cookies: int, cookies: int, responses: int) -> None:
    """Every datagram of the flood has gone one way, and X25519 was computed for no other."""
    # The first half of the junk has the form of a handshake message.
    assert counters["drop_mac1"] == GARBAGE // 2
    assert counters["cookies_sent"] == flood_cookies + cookies
    assert counters["responses_sent"] == responses
    computed = INITIATIONS - flood_cookies - counters["drop_queue"]
    assert counters["drop_handshake"] == computed
    refused = counters["drop_flood"] + counters["drop_timestamp"]
    assert counters["x25519"] == FAILED * computed + ANSWERED * responses + REFUSED * refused


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
    stream, stop = Stream(carrying), threading.Event()
    answers: list[tuple[int, int]] = []
    threads = [
        threading.Thread(target=stream.run, args=(stop,), daemon=True),
        threading.Thread(target=lambda: answers.append(knock(knocking, stop)), daemon=True),
    ]
    with bench.ns.entered():
        flood = Flood(bench.private.public, PORT)
    with flood:
        for thread in threads:
            thread.start()
        fired = flood.fire()
        stop.set()
        for thread in threads:
            thread.join()
    cookies, responses = answers[0]
    report = (
        f"{INITIATIONS + GARBAGE} datagrams in {fired.took:.1f} s, {fired.overflowed} too many, "
        f"the socket busy at {fired.busy} of {fired.looks} looks: {stream.sent} pings in "
        f"{stream.took:.1f} s, {len(stream.due)} lost, slowest {stream.slowest * 1000:.0f} ms; "
        f"{fired.cookies} cookie replies; to one that shows them {cookies}, and {responses} "
        f"responses; VmRSS {before} to {memory(bench.target.pid, 'VmRSS')} KiB"
    )
    assert fired.overflowed == 0, report
    assert stream.due == {} and stream.took >= fired.took, report
    assert stream.sent >= 0.9 * stream.took / INTERVAL, report
    assert fired.cookies > 100, report
    assert cookies > 0 and responses > 0, report
    assert memory(bench.target.pid, "VmRSS") - before < GROWTH, report
    if isinstance(bench.target, ZwgSim):
        # Two of the handshakes were before.
        counters = Counter(bench.target.counters())
        account(counters, fired.cookies, cookies, responses + 2)
    carrying.ping()
    print(report)
