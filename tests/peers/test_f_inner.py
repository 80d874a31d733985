# SPDX-License-Identifier: MIT
"""Group F of the conformance list: cryptokey routing and inner headers (paper section 2)."""

from __future__ import annotations

import errno
import socket
import struct
import time

import pytest
from wg_host.messages import DATA, INITIATION, RESPONSE

from live import ip
from live.bench import Bench, arrivals
from live.marks import deviates, on_hosts, on_ours
from live.scripted import Scripted
from rig.sim import PEER_V4

NO_ECN = "it neither reads nor writes the outer TOS"
IP_RECVERR = 11  # linux/in.h
CE, ECT0, ECT1 = 3, 2, 1


def inject(peer: Scripted, packet: bytes) -> None:
    """An inner packet as it is, without padding."""
    session = peer.session
    counter, session.next_counter = session.next_counter, session.next_counter + 1
    peer.send(session.seal_as(counter, packet))


@on_hosts
def test_F1_the_longest_prefix_wins(bench: Bench) -> None:
    wide = bench.peer(allowed=("10.77.0.1/24",))  # host bits are masked
    narrow = bench.peer(allowed=("10.77.0.128/25",))
    host = bench.peer(allowed=("10.77.0.200/32",))
    bench.start()
    for peer in (wide, narrow, host):
        peer.shake()
    for last, owner in ((1, wide), (127, wide), (128, narrow), (199, narrow), (200, host)):
        bench.say(b"x", to=f"10.77.0.{last}")
        owner.packet()
    for peer in (wide, narrow, host):
        peer.silent(0.1)


@on_hosts
def test_F1_everything_else_goes_to_slash_0(bench: Bench) -> None:
    rest = bench.peer(allowed=("10.77.0.0/24", "0.0.0.0/0"))
    one = bench.peer(allowed=("10.77.0.7/32",))
    bench.start()
    rest.shake()
    one.shake()
    bench.say(b"x", to="10.77.0.6")
    rest.packet()
    bench.say(b"x", to="10.77.0.7")
    one.packet()
    rest.silent(0.1)


def test_F2_the_source_must_belong_to_this_peer_among_all(bench: Bench) -> None:
    wide = bench.peer(allowed=(f"{PEER_V4}/24",))
    narrow = bench.peer(allowed=(f"{PEER_V4}/32",))
    bench.start()
    wide.shake()
    narrow.shake()
    number = 7
    wide.send(wide.seal(ip.echo(number)))
    wide.silent(0.3)
    narrow.silent(0.1)
    narrow.send(narrow.seal(ip.echo(number)))
    assert ip.echo_reply(narrow.packet().packet) == number
    wide.send(wide.seal(ip.echo(number, source="10.77.0.9")))
    assert ip.echo_reply(wide.packet().packet) == number
    wide.send(wide.seal(ip.echo(number, source="192.0.2.1")))
    wide.send(wide.seal(ip.echo_v6(number)))
    wide.silent(0.3)


@deviates("wireguard-go", "it drops such packets without a word")
@on_hosts
@pytest.mark.parametrize("to", ["10.77.0.99", "10.77.0.50"])
def test_F3_no_peer_or_no_endpoint_is_unreachable(bench: Bench, to: str) -> None:
    peer = bench.peer()
    bench.peer(allowed=("10.77.0.50/32",), endpoint=False)
    bench.start()
    with bench.ns.open(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
        sock.connect((to, 9))
        sock.settimeout(2)
        sock.send(b"x")
        with pytest.raises(OSError) as caught:
            sock.recv(100)
    assert caught.value.errno == errno.EHOSTUNREACH
    peer.silent(0.1)


# With 40 added in 16 bits these seem to fit. The reference panics at the first of them.
WRAPPING = (0xFFD8, 0xFFE0, 0xFFFF)


def malformed(ipv6_wraps: bool) -> list[bytes]:
    """Inner packets whose headers and lengths do not go together."""
    udp = struct.pack(">HHHH", 9, 9, 8 + 12, 0) + bytes(12)
    packets = [ip.ipv4(ip.UDP, udp, total=total) for total in (0, 1, 19, 41, 1420, 65535)]
    packets += [ip.ipv4(ip.UDP, udp)[:size] for size in (1, 4, 16, 19)]
    packets += [ip.ipv6(ip.UDP, udp, claimed=claimed) for claimed in (21, 1420, 32768)]
    packets += [ip.ipv6(ip.UDP, udp)[:size] for size in (1, 16, 32, 39)]
    if ipv6_wraps:
        packets += [ip.ipv6(ip.UDP, udp, claimed=claimed) for claimed in WRAPPING]
    return packets


@on_hosts
def test_F4_lengths_that_do_not_fit_are_not_delivered(bench: Bench) -> None:
    peer = bench.pair()
    peer.shake()
    time.sleep(0.1)
    tap = bench.delivered()
    for packet in malformed(ipv6_wraps=bench.program != "wireguard-go"):
        inject(peer, packet)
    peer.silent(0.3)
    assert arrivals(tap) == []
    peer.ping()


def test_F4_lengths_that_do_not_fit_are_not_answered(bench: Bench) -> None:
    peer = bench.pair()
    peer.shake()
    for packet in malformed(ipv6_wraps=bench.program != "wireguard-go"):
        inject(peer, packet)
    peer.silent(0.3)
    peer.ping()


@on_hosts
def test_F4_what_is_delivered_ends_where_its_header_says(bench: Bench) -> None:
    peer = bench.pair()
    peer.shake()
    time.sleep(0.1)
    tap = bench.delivered()
    wanted = [ip.unanswered(1), ip.ipv6(59, bytes(7)), ip.ipv4(ip.UDP, b""), ip.ipv6(59, b"")]
    for packet in wanted:
        inject(peer, packet + b"\xa5" * 30)
    time.sleep(0.3)
    assert arrivals(tap) == wanted


@on_hosts
@pytest.mark.parametrize("version", [0, 5, 15])
def test_F5_another_version_is_dropped_but_authentic(bench: Bench, version: int) -> None:
    peer = bench.pair()
    other = peer.place()
    peer.shake()
    time.sleep(0.1)
    tap = bench.delivered()
    packet = bytearray(ip.unanswered())
    packet[0] = version << 4 | 5
    peer.send(peer.seal(bytes(packet)), via=other)
    time.sleep(0.3)
    assert arrivals(tap) == []
    bench.say(b"x")
    assert peer.expect(DATA).to is other


def test_F5_a_header_longer_than_the_packet_does_no_harm(bench: Bench) -> None:
    peer = bench.pair()
    peer.shake()
    packet = bytearray(ip.ipv4(ip.ICMP, bytes(12)))
    packet[0] = 0x4F
    inject(peer, bytes(packet))
    peer.silent(0.3)
    peer.ping()


@deviates("wireguard-go", NO_ECN)
@on_hosts
@pytest.mark.parametrize(
    ("inner", "outer"), [(0, 0), (ECT0, ECT0), (ECT1, ECT1), (CE, ECT0), (0xB8 | ECT0, ECT0)]
)
def test_F6_the_outer_header_carries_ecn_and_nothing_else(
    bench: Bench, inner: int, outer: int
) -> None:
    peer = bench.pair()
    peer.shake()
    # That all is 0 is true of one that writes nothing; with a mark it is not.
    for tos, wanted in ((inner, outer), (ECT0, ECT0)):
        bench.say(b"x", tos=tos)
        heard = peer.expect(DATA)
        assert heard.tos == wanted
        assert peer.read(heard).packet[1] == tos


@deviates("wireguard-go", NO_ECN)
@on_hosts
@pytest.mark.parametrize(
    ("outer", "inner", "delivered"),
    [(CE, ECT0, CE), (CE, ECT1, CE), (CE, CE, CE), (ECT0, 0, 0), (ECT0, ECT0, ECT0), (CE, 0, None)],
)
def test_F6_an_outer_mark_reaches_the_inner_header(
    bench: Bench, outer: int, inner: int, delivered: int | None
) -> None:
    """RFC 6040 section 4.2; a mark on what cannot carry it drops the packet."""
    peer = bench.pair()
    peer.shake()
    time.sleep(0.1)
    tap = bench.delivered()
    # That a packet without a mark is as it was is true of one that does nothing too.
    for outer_tos, inner_tos, wanted in ((outer, inner, delivered), (CE, ECT0, CE)):
        peer.main.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, outer_tos)
        peer.send(peer.seal(ip.echo(5, tos=inner_tos, kind=ip.ECHO_REPLY)))
        time.sleep(0.2)
        got = arrivals(tap)
        assert [packet[1] for packet in got] == ([] if wanted is None else [wanted])
        assert all(ip.checksum(packet[:20]) == 0 for packet in got)


@on_ours
def test_F6_marks_go_through_and_come_back(bench: Bench) -> None:
    peer = bench.pair()
    peer.shake()
    peer.main.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, CE)
    peer.send(peer.seal(ip.echo(5, tos=ECT0)))
    heard = peer.expect(DATA)
    assert heard.tos == ECT0
    assert peer.read(heard).packet[1] == CE


@deviates("wireguard-go", NO_ECN)
def test_F6_handshakes_have_tos_88(bench: Bench) -> None:
    peer = bench.pair()
    peer.send(peer.initiation())
    assert peer.expect(RESPONSE).tos == 0x88
    time.sleep(5.1)
    bench.initiate()
    assert peer.expect(INITIATION, 6).tos == 0x88


@pytest.mark.parametrize("outer", ["127.0.0.1", "::1"])
def test_F7_the_largest_packet_passes_both_ways(bench: Bench, outer: str) -> None:
    peer = bench.peer(host=outer)
    bench.start(host=outer)
    session = peer.shake()
    for size in (1420, 1419, 1280):
        peer.number += 1
        echo = ip.echo(peer.number, b"\xa5" * (size - 28))
        assert len(echo) == size
        assert peer.accepted(peer.seal(echo, session))


@on_hosts
@pytest.mark.parametrize("outer", ["127.0.0.1", "::1"])
def test_F7_the_interface_has_mtu_1420_and_fills_it(bench: Bench, outer: str) -> None:
    peer = bench.peer(host=outer)
    bench.start(host=outer)
    peer.shake()
    assert "mtu 1420" in bench.ns.ip("link", "show", bench.target.interface)
    bench.say(b"\xa5" * (1420 - 28))
    heard = peer.expect(DATA)
    assert len(heard.data) == 1420 + 32
    assert len(peer.read(heard).packet) == 1420
