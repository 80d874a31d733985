# SPDX-License-Identifier: MIT
"""zwg-linux with wireguard-go and with itself: not one packet lost, over every kind of wire."""

from __future__ import annotations

import threading

import pytest

from rig.needs import missing
from rig.netns import iperf3, ping
from rig.tunnels import MakeTunnel, wg_show


@pytest.mark.parametrize("outer", [4, 6], ids=["outer4", "outer6"])
@pytest.mark.parametrize("psk", [True, False], ids=["psk", "nopsk"])
@pytest.mark.parametrize("calls", ["zwg", "other"])
@pytest.mark.parametrize("first", [4, 6], ids=["inner4", "inner6"])
def test_the_ping_that_starts_the_handshake_is_not_lost(
    make_tunnel: MakeTunnel, outer: int, psk: bool, calls: str, first: int
) -> None:
    tunnel = make_tunnel("wireguard-go", outer, psk, calls)
    caller, called = tunnel.zwg, tunnel.other
    if calls == "other":
        caller, called = called, caller
    for version in (first, 10 - first):
        result = ping(caller.machine, called.inner(version))
        assert result.lost == 0, result.output
        result = ping(called.machine, caller.inner(version))
        assert result.lost == 0, result.output
    assert wg_show(tunnel.other, "endpoints") == tunnel.zwg.endpoint(outer)
    assert wg_show(tunnel.other, "latest-handshakes") != "0"


@pytest.mark.parametrize("outer", [4, 6], ids=["outer4", "outer6"])
@pytest.mark.parametrize("other", ["wireguard-go", "zwg-linux"])
def test_traffic_of_every_kind(make_tunnel: MakeTunnel, other: str, outer: int) -> None:
    if reason := missing("iperf3"):
        pytest.skip(reason)
    tunnel = make_tunnel(other, outer)
    for version in (4, 6):
        assert ping(tunnel.zwg.machine, tunnel.other.inner(version)).lost == 0
        for direction in ([], ["-R"]):
            to = tunnel.other.inner(version)
            tcp = iperf3(tunnel.other.machine, tunnel.zwg.machine, to, *direction)
            assert tcp["end"]["sum_received"]["bytes"] > 1_000_000
            # 1392 bytes: with all headers a full inner packet of 1420, padding included, over IPv4.
            udp = iperf3(
                tunnel.other.machine, tunnel.zwg.machine, to, "-u", "-b", "4M", "-l",
                "1392" if version == 4 else "1372", *direction,
            )  # fmt: skip
            assert udp["end"]["sum"]["packets"] > 200
            # UDP promises nothing: on a busy machine a receiver may sleep through a burst.
            assert udp["end"]["sum"]["lost_percent"] < 1


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 1391, 1392])
def test_every_size_up_to_the_mtu(make_tunnel: MakeTunnel, size: int) -> None:
    tunnel = make_tunnel("wireguard-go")
    result = ping(tunnel.zwg.machine, tunnel.other.v4, "-M", "do", "-s", str(size), count=2)
    assert result.lost == 0, result.output


def test_what_is_longer_than_the_mtu_is_fragmented_inside(make_tunnel: MakeTunnel) -> None:
    tunnel = make_tunnel("wireguard-go")
    for version in (4, 6):
        result = ping(tunnel.zwg.machine, tunnel.other.inner(version), "-s", "9000")
        assert result.lost == 0, result.output


def test_a_wrong_preshared_key_carries_nothing(make_tunnel: MakeTunnel) -> None:
    tunnel = make_tunnel("wireguard-go")
    peer = str(tunnel.zwg.key.public)
    tunnel.other.machine.run(
        "wg", "set", tunnel.other.interface, "peer", peer, "preshared-key", "/dev/stdin",
        stdin="AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    )  # fmt: skip
    result = ping(tunnel.zwg.machine, tunnel.other.v4, "-W", "1", count=2)
    assert result.received == 0
    assert wg_show(tunnel.other, "latest-handshakes") == "0"


def test_both_call_at_once(make_tunnel: MakeTunnel) -> None:
    """Crossing initiations converge (CONFORMANCE section 0.1)."""
    tunnel = make_tunnel("wireguard-go")
    results = []
    threads = [
        threading.Thread(target=lambda a=a, b=b: results.append(ping(a.machine, b.v4, count=40)))
        for a, b in ((tunnel.zwg, tunnel.other), (tunnel.other, tunnel.zwg))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [result.lost for result in results] == [0, 0], [r.output for r in results]
