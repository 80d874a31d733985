# SPDX-License-Identifier: MIT
"""The simulated board's host inside the tunnel: what it answers, and what it must not answer."""

from __future__ import annotations

import pytest
from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.inet6 import ICMPv6EchoReply, ICMPv6EchoRequest, IPv6
from scapy.packet import Packet as Scapy
from scapy.packet import Raw

from rig.live_peer import LivePeer
from rig.sim import INSIDE_V4, INSIDE_V6, PEER_V4, PEER_V6, Provisioned, Sim, provision

Joined = tuple[Sim, LivePeer, Provisioned]

V4 = IP(src=PEER_V4, dst=INSIDE_V4)
V6 = IPv6(src=PEER_V6, dst=INSIDE_V6)
SILENCE = 0.3


def checksums_hold(packet: Scapy) -> bool:
    """Taken out and computed again by scapy, every checksum is the same."""
    again = packet.copy()
    for layer in (IP, UDP, ICMP, ICMPv6EchoReply):
        if layer in again:
            for field in ("chksum", "cksum"):
                if field in again[layer].fields:
                    delattr(again[layer], field)
    return bytes(again) == bytes(packet)


@pytest.mark.parametrize("size", [0, 1, 55, 56, 1371, 1372])
def test_ipv4_echo(joined: Joined, size: int) -> None:
    _, peer, _ = joined
    peer.handshake()
    data = bytes(i % 251 for i in range(size))
    answer = peer.ask(bytes(V4 / ICMP(id=7, seq=9) / Raw(data)))
    assert answer is not None
    reply = IP(answer[: IP(answer).len])
    assert (reply.src, reply.dst) == (INSIDE_V4, PEER_V4)
    assert (reply[ICMP].type, reply[ICMP].code) == (0, 0)
    assert (reply[ICMP].id, reply[ICMP].seq) == (7, 9)
    assert bytes(reply[ICMP].payload) == data
    assert checksums_hold(reply)


@pytest.mark.parametrize("size", [0, 1, 56, 1352])
def test_ipv6_echo(joined: Joined, size: int) -> None:
    _, peer, _ = joined
    peer.handshake()
    data = bytes(i % 251 for i in range(size))
    answer = peer.ask(bytes(V6 / ICMPv6EchoRequest(id=7, seq=9, data=data)))
    assert answer is not None
    reply = IPv6(answer[: 40 + IPv6(answer).plen])
    assert (reply.src, reply.dst) == (INSIDE_V6, PEER_V6)
    assert (reply[ICMPv6EchoReply].id, reply[ICMPv6EchoReply].seq) == (7, 9)
    assert reply[ICMPv6EchoReply].data == data
    assert checksums_hold(reply)


@pytest.mark.parametrize("outer", [V4, V6], ids=["ipv4", "ipv6"])
@pytest.mark.parametrize("size", [0, 1, 1000])
def test_udp_echo(joined: Joined, outer: Scapy, size: int) -> None:
    _, peer, _ = joined
    peer.handshake()
    data = bytes(i % 251 for i in range(size))
    answer = peer.ask(bytes(outer / UDP(sport=999, dport=4242) / Raw(data)))
    assert answer is not None
    reply = IP(answer) if outer is V4 else IPv6(answer)
    assert (reply[UDP].sport, reply[UDP].dport, reply[UDP].len) == (4242, 999, 8 + size)
    length = reply.len if outer is V4 else 40 + reply.plen
    exact = IP(answer[:length]) if outer is V4 else IPv6(answer[:length])
    assert bytes(exact[UDP].payload) == data
    assert checksums_hold(exact)


ECHO4 = V4 / ICMP(id=1, seq=1) / Raw(b"x" * 16)
ECHO6 = V6 / ICMPv6EchoRequest(id=1, seq=1, data=b"x" * 16)
UDP4 = V4 / UDP(sport=9, dport=4242) / Raw(b"x" * 16)
UDP6 = V6 / UDP(sport=9, dport=4242) / Raw(b"x" * 16)


def changed(packet: Scapy, offset: int, value: int) -> bytes:
    raw = bytearray(bytes(packet))
    assert raw[offset] != value
    raw[offset] = value
    return bytes(raw)


WRONG = {
    "ipv4 header checksum": changed(ECHO4, 8, 63),
    "icmp checksum": changed(ECHO4, 30, 0x79),
    "icmpv6 checksum": changed(ECHO6, 50, 0x79),
    "udp checksum, ipv4": changed(UDP4, 30, 0x79),
    "udp checksum, ipv6": changed(UDP6, 50, 0x79),
    "no udp checksum, ipv6": bytes(UDP6)[:46] + bytes(2) + bytes(UDP6)[48:],
    "another address, ipv4": bytes(IP(src=PEER_V4, dst="10.77.0.3") / ICMP()),
    "another address, ipv6": bytes(IPv6(src=PEER_V6, dst="fd77::3") / ICMPv6EchoRequest()),
    "first fragment": bytes(IP(src=PEER_V4, dst=INSIDE_V4, flags="MF") / ICMP() / Raw(b"x" * 8)),
    "later fragment": bytes(IP(src=PEER_V4, dst=INSIDE_V4, frag=1) / ICMP() / Raw(b"x" * 8)),
    "another udp port": bytes(V4 / UDP(sport=9, dport=4243)),
    "udp source port 0": bytes(V4 / UDP(sport=0, dport=4242)),
    "udp length too long": bytes(V4 / UDP(sport=9, dport=4242, len=99, chksum=0)),
    "an echo reply": bytes(V4 / ICMP(type=0)),
    "a header of 16 bytes": bytes(IP(src=PEER_V4, dst=INSIDE_V4, ihl=4) / ICMP()),
    "options past the end": bytes(IP(src=PEER_V4, dst=INSIDE_V4, ihl=15) / b""),
    "icmp of 4 bytes": bytes(IP(src=PEER_V4, dst=INSIDE_V4, proto=1) / Raw(b"\x08\0\xf7\xff")),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_gets_no_answer(joined: Joined, name: str) -> None:
    _, peer, _ = joined
    peer.handshake()
    assert peer.ask(WRONG[name], SILENCE) is None
    assert peer.ask(bytes(ECHO4)) is not None, "and a right one is answered after it"


def test_a_udp_datagram_without_checksum_is_answered_on_ipv4_only(
    joined: Joined,
) -> None:
    _, peer, _ = joined
    peer.handshake()
    assert peer.ask(bytes(V4 / UDP(sport=9, dport=4242, chksum=0) / Raw(b"x"))) is not None


def test_options_are_left_out_of_the_answer(joined: Joined) -> None:
    _, peer, _ = joined
    peer.handshake()
    request = IP(src=PEER_V4, dst=INSIDE_V4, options=[b"\x01\x01\x01\x01"]) / ICMP() / Raw(b"abc")
    answer = peer.ask(bytes(request))
    assert answer is not None
    reply = IP(answer[: IP(answer).len])
    assert reply.ihl == 5 and bytes(reply[ICMP].payload) == b"abc"
    assert checksums_hold(reply)


def test_no_answer_is_longer_than_the_mtu(sim: Sim, live_peer: LivePeer) -> None:
    keys = provision(sim, live_peer.port, extra=["wg set mtu 1280"])
    live_peer.join(keys.peer, keys.board, keys.psk, sim.address).handshake()
    fits = V4 / ICMP() / Raw(b"x" * (1280 - 28))
    too_long = V4 / ICMP() / Raw(b"x" * (1281 - 28))
    assert live_peer.ask(bytes(too_long), SILENCE) is None
    assert live_peer.ask(bytes(fits)) is not None
