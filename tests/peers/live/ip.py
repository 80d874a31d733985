# SPDX-License-Identifier: MIT
"""Inner packets, right and wrong ones: RFC 791, 792, 768, 8200, 4443."""

from __future__ import annotations

import struct
from ipaddress import ip_address

from rig.sim import INSIDE_V4, INSIDE_V6, PEER_V4, PEER_V6

ICMP, UDP, ICMPV6 = 1, 17, 58
ECHO_REQUEST, ECHO_REPLY = 8, 0
ECHO_REQUEST_V6, ECHO_REPLY_V6 = 128, 129
IPV4_HEADER, IPV6_HEADER = 20, 40


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    data += b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(
    protocol: int,
    payload: bytes,
    *,
    source: str = PEER_V4,
    destination: str = INSIDE_V4,
    tos: int = 0,
    total: int | None = None,
) -> bytes:
    """An IPv4 packet; @p total is what its header claims, the truth by default."""
    length = IPV4_HEADER + len(payload) if total is None else total
    header = struct.pack(">BBHHHBBH", 0x45, tos, length, 0, 0x4000, 64, protocol, 0)
    header += ip_address(source).packed + ip_address(destination).packed
    return header[:10] + checksum(header).to_bytes(2, "big") + header[12:] + payload


def ipv6(
    protocol: int,
    payload: bytes,
    *,
    source: str = PEER_V6,
    destination: str = INSIDE_V6,
    tos: int = 0,
    claimed: int | None = None,
) -> bytes:
    """An IPv6 packet; @p claimed is the payload length in its header."""
    length = len(payload) if claimed is None else claimed
    header = struct.pack(">IHBB", 6 << 28 | tos << 20, length & 0xFFFF, protocol, 64)
    return header + ip_address(source).packed + ip_address(destination).packed + payload


def _icmp(kind: int, number: int, data: bytes) -> bytes:
    body = struct.pack(">BBHHH", kind, 0, 0, 0x7A77, number) + data
    return body[:2] + checksum(body).to_bytes(2, "big") + body[4:]


def echo(
    number: int, data: bytes = b"", *, source: str = PEER_V4, tos: int = 0, kind: int = ECHO_REQUEST
) -> bytes:
    """An ICMP echo request of the peer's."""
    return ipv4(ICMP, _icmp(kind, number, data), source=source, tos=tos)


def echo_v6(number: int, data: bytes = b"", *, source: str = PEER_V6, tos: int = 0) -> bytes:
    """An ICMPv6 echo request of the peer's."""
    body = struct.pack(">BBHHH", ECHO_REQUEST_V6, 0, 0, 0x7A77, number) + data
    pseudo = ip_address(source).packed + ip_address(INSIDE_V6).packed
    pseudo += struct.pack(">II", len(body), ICMPV6)
    body = body[:2] + checksum(pseudo + body).to_bytes(2, "big") + body[4:]
    return ipv6(ICMPV6, body, source=source, tos=tos)


def unanswered(number: int = 0) -> bytes:
    """An inner packet which no host answers: an echo reply that nobody asked for."""
    return echo(number, bytes(20), kind=ECHO_REPLY)


def echo_reply(packet: bytes) -> int | None:
    """The number of the echo request that this packet answers, if it does; padding allowed."""
    if len(packet) >= 28 and packet[0] == 0x45 and packet[9] == ICMP and packet[20] == ECHO_REPLY:
        return int.from_bytes(packet[26:28], "big")
    if (
        len(packet) >= 48
        and packet[0] >> 4 == 6
        and packet[6] == ICMPV6
        and packet[40] == ECHO_REPLY_V6
    ):
        return int.from_bytes(packet[46:48], "big")
    return None


def udp_payload(packet: bytes) -> bytes | None:
    """What a UDP packet over IPv4 carries, padding taken off; None if it is none."""
    if len(packet) < 28 or packet[0] != 0x45 or packet[9] != UDP:
        return None
    return packet[28 : 20 + int.from_bytes(packet[24:26], "big")]
