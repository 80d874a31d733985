# SPDX-License-Identifier: MIT
"""Data that must come back: ICMP, ICMPv6 and UDP echoes of several sizes."""

from __future__ import annotations

import statistics
from collections.abc import Callable

from wg_host import packets
from wg_host.verify.lab import Lab, require
from wg_host.verify.model import Check, Failed, Proof, Rung, Skipped
from wg_host.verify.target import Pair
from wg_host.verify.traffic import ECHO_PORT, Datagrams, Echo, exchange

# Around the padding's edges, and a common size; the largest that the MTU takes is added.
SIZES = (0, 1, 15, 16, 17, 56, 512)


def _many(
    lab: Lab, pair: Pair, make: Callable[[Pair, int], Echo | Datagrams], largest: int, what: str
) -> Proof:
    """Echoes of every size, each several times; all must come back."""
    times: list[float] = []
    lost: dict[int, int] = {}
    sizes = [size for size in SIZES if size < largest] + [largest]
    for size in sizes:
        for _ in range(lab.pings):
            reply = exchange(lab, make(pair, size))
            if reply is None:
                lost[size] = lost.get(size, 0) + 1
                break
            times.append(reply.seconds)
        if len(lost) > 1 and not times:
            break
    if not times:
        raise Failed(f"no {what} came back from {pair.board}")
    if lost:
        hint = "; is the MTU of both ends the same?" if list(lost) == [largest] else ""
        listed = ", ".join(f"{size} bytes" for size in lost)
        raise Failed(f"{what}: {listed} did not come back, {len(times)} did{hint}")
    low, mean, high = min(times), statistics.fmean(times), max(times)
    deviation = statistics.pstdev(times)
    figures = {"min": low, "avg": mean, "max": high, "mdev": deviation}
    shown = "/".join(f"{value * 1e3:.2f}" for value in figures.values())
    return Proof(
        f"{len(times)} of {sizes[0]} to {largest} bytes, round trip min/avg/max/mdev {shown} ms",
        {"count": len(times), "sizes": sizes, "seconds": figures},
    )


def ping(lab: Lab) -> Proof:
    """ICMP echo through the tunnel."""
    if lab.target.v4 is None:
        raise Skipped("the tunnel has no IPv4 addresses")
    largest = lab.mtu - packets.IPV4_HEADER - packets.ECHO_HEADER
    return _many(lab, lab.target.v4, Echo, largest, "ping")


def ping6(lab: Lab) -> Proof:
    """ICMPv6 echo through the tunnel."""
    if lab.target.v6 is None:
        raise Skipped("the tunnel has no IPv6 addresses")
    largest = lab.mtu - packets.IPV6_HEADER - packets.ECHO_HEADER
    return _many(lab, lab.target.v6, Echo, largest, "ping")


def udp_echo(lab: Lab) -> Proof:
    """UDP echo on port 4242 through the tunnel, over each family there is."""
    proofs: list[Proof] = []
    for pair in (lab.target.v4, lab.target.v6):
        if pair is not None:
            largest = lab.mtu - packets.header_size(pair.board) - packets.ECHO_HEADER
            proofs.append(_many(lab, pair, Datagrams, largest, f"echo from UDP port {ECHO_PORT}"))
    return Proof(proofs[0].detail, {"families": [p.data for p in proofs]})


def data_form(lab: Lab) -> Proof:
    """Every data message of the run: reserved bytes, padding to 16 but not past the MTU, counters
    never used twice, inner lengths and checksums (paper section 5.4.6)."""
    lab.collect(0.0)
    problems = lab.form.data_problems
    require(not problems, "; ".join(dict.fromkeys(problems)))
    require(lab.form.data > 0, "no data message came to be judged")
    return Proof(f"{lab.form.data} data messages in form", {"messages": lab.form.data})


PING = Check("ping", "Ping of several sizes", Rung.DATA, ping, bearing=True)
PING6 = Check("ping6", "ICMPv6 ping", Rung.DATA, ping6, essential=False)
UDP_ECHO = Check("udp-echo", "UDP echo on port 4242", Rung.DATA, udp_echo)
FORM = Check("data-form", "Padding, counters and checksums of data", Rung.DATA, data_form)
