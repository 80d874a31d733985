# SPDX-License-Identifier: MIT
"""Inner and outer IP packets, built and read with scapy.

scapy is large and talkative when loaded, so it is imported where it is used.
"""

from __future__ import annotations

import ipaddress
import logging
from dataclasses import dataclass
from functools import cache
from typing import Any

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

ICMP, UDP, ICMPV6 = 1, 17, 58
ECHO_HEADER = 8
IPV4_HEADER, IPV6_HEADER = 20, 40


@cache
def _scapy() -> Any:
    logging.getLogger("scapy").setLevel(logging.CRITICAL)
    from scapy.layers import inet, inet6

    class Layers:
        IP, IPv6, ICMP, UDP = inet.IP, inet6.IPv6, inet.ICMP, inet.UDP
        EchoRequest, EchoReply = inet6.ICMPv6EchoRequest, inet6.ICMPv6EchoReply

    return Layers


def warm_up() -> None:
    """Loads scapy now, so that its half second does not count as a round trip."""
    _scapy()


def header_size(address: IPAddress) -> int:
    """Of an IP packet to this address, without options."""
    return IPV4_HEADER if address.version == 4 else IPV6_HEADER


def _ip(source: IPAddress, destination: IPAddress) -> Any:
    s = _scapy()
    layer = s.IP if source.version == 4 else s.IPv6
    return layer(src=str(source), dst=str(destination))


def echo_request(
    source: IPAddress, destination: IPAddress, ident: int, seq: int, payload: bytes
) -> bytes:
    """An ICMP or ICMPv6 echo request (RFC 792, RFC 4443)."""
    s = _scapy()
    ip = _ip(source, destination)
    if source.version == 4:
        return bytes(ip / s.ICMP(type=8, id=ident, seq=seq) / payload)
    return bytes(ip / s.EchoRequest(id=ident, seq=seq, data=payload))


def udp(source: IPAddress, destination: IPAddress, ports: tuple[int, int], payload: bytes) -> bytes:
    """A UDP packet (RFC 768); @p ports are source and destination."""
    s = _scapy()
    return bytes(_ip(source, destination) / s.UDP(sport=ports[0], dport=ports[1]) / payload)


@dataclass(frozen=True)
class Inner:
    """An inner packet as read. ``kind`` is ``echo-request``, ``echo-reply``, ``udp``,
    ``unreachable`` or ``other``; ``numbers`` are ident and seq, or the two ports. ``problems`` says
    what is wrong with its lengths and checksums."""

    source: IPAddress
    destination: IPAddress
    kind: str
    numbers: tuple[int, int] = (0, 0)
    payload: bytes = b""
    problems: tuple[str, ...] = ()


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071); 0 over data that contains its own right checksum."""
    data += b"\0" * (len(data) % 2)
    total = sum(int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


_KINDS = {
    (ICMP, 8): "echo-request",
    (ICMP, 0): "echo-reply",
    (ICMP, 3): "unreachable",
    (ICMPV6, 128): "echo-request",
    (ICMPV6, 129): "echo-reply",
    (ICMPV6, 1): "unreachable",
}


def read(packet: bytes) -> Inner | None:
    """Reads a decrypted packet, padding allowed; None if it is not an IP packet of whole length."""
    version = packet[0] >> 4 if packet else 0
    if version == 4 and len(packet) >= IPV4_HEADER:
        return _read_ipv4(packet)
    if version == 6 and len(packet) >= IPV6_HEADER:
        return _read_ipv6(packet)
    return None


def _dissect(packet: bytes) -> Any | None:
    """The packet in scapy's layers, or None if scapy cannot make sense of it."""
    layer = _scapy().IP if packet[0] >> 4 == 4 else _scapy().IPv6
    try:
        return layer(packet)
    except Exception:
        # A dissector of scapy may raise anything on bytes that a hostile board has chosen.
        return None


def _read_ipv4(packet: bytes) -> Inner | None:
    ip = _dissect(packet)
    if ip is None:
        return None
    header = ip.ihl * 4
    if not IPV4_HEADER <= header <= ip.len <= len(packet):
        return None
    problems = () if checksum(packet[:header]) == 0 else ("its IPv4 header checksum is wrong",)
    source, destination = ipaddress.ip_address(ip.src), ipaddress.ip_address(ip.dst)
    return _upper(source, destination, ip.proto, packet[header : ip.len], problems)


def _read_ipv6(packet: bytes) -> Inner | None:
    ip = _dissect(packet)
    if ip is None or IPV6_HEADER + ip.plen > len(packet):
        return None
    source, destination = ipaddress.ip_address(ip.src), ipaddress.ip_address(ip.dst)
    body = packet[IPV6_HEADER : IPV6_HEADER + ip.plen]
    return _upper(source, destination, ip.nh, body, ())


def _pseudo_header(source: IPAddress, destination: IPAddress, protocol: int, size: int) -> bytes:
    if source.version == 4:
        end = bytes([0, protocol]) + size.to_bytes(2, "big")
    else:
        end = size.to_bytes(4, "big") + bytes([0, 0, 0, protocol])
    return source.packed + destination.packed + end


def _upper(
    source: IPAddress,
    destination: IPAddress,
    protocol: int,
    body: bytes,
    problems: tuple[str, ...],
) -> Inner:
    if protocol not in (ICMP, UDP, ICMPV6) or len(body) < ECHO_HEADER:
        return Inner(source, destination, "other", problems=problems)
    covered = body
    if protocol != ICMP:
        covered = _pseudo_header(source, destination, protocol, len(body)) + body
    unchecked = protocol == UDP and source.version == 4 and body[6:8] == b"\0\0"
    if not unchecked and checksum(covered) != 0:
        problems += ("its checksum is wrong",)
    if protocol == UDP:
        ports = int.from_bytes(body[:2], "big"), int.from_bytes(body[2:4], "big")
        if int.from_bytes(body[4:6], "big") != len(body):
            problems += ("its UDP length is wrong",)
        return Inner(source, destination, "udp", ports, body[ECHO_HEADER:], problems)
    kind = _KINDS.get((protocol, body[0]), "other")
    numbers = int.from_bytes(body[4:6], "big"), int.from_bytes(body[6:8], "big")
    return Inner(source, destination, kind, numbers, body[ECHO_HEADER:], problems)


def summary(packet: bytes) -> str:
    """One line for a person."""
    if not packet:
        return "keepalive"
    layers = _dissect(packet) if packet[0] >> 4 in (4, 6) else None
    if layers is None:
        return f"{len(packet)} bytes that are no IP packet"
    return str(layers.summary())


def outer(source: tuple[str, int], destination: tuple[str, int], datagram: bytes) -> bytes:
    """The IP packet that carried a datagram, for a capture."""
    addresses = ipaddress.ip_address(source[0]), ipaddress.ip_address(destination[0])
    return udp(addresses[0], addresses[1], (source[1], destination[1]), datagram)
