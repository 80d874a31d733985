# SPDX-License-Identifier: MIT
"""A name server for one test: ADDRESS NAME ANSWER [ANSWER ...]. Answers each query for the name's
IPv4 address with the next of the answers that are such, and the last of them ever after; and those
for its IPv6 address likewise (RFC 3596). Prints every answer."""

from __future__ import annotations

import ipaddress
import socket
import struct
import sys

A, AAAA, IN, TTL = 1, 28, 1, 0
ANSWER, NO_SUCH_NAME = 0x8180, 0x8183


def question(query: bytes) -> tuple[str, int, bytes]:
    """Name and type of the first question, and its bytes (RFC 1035, 4.1.2)."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode())
        at += 1 + query[at]
    (kind,) = struct.unpack_from("!H", query, at + 1)
    return ".".join(labels), kind, query[12 : at + 5]


def main() -> None:
    address, name, *texts = sys.argv[1:]
    answers: dict[int, list[str]] = {A: [], AAAA: []}
    for text in texts:
        answers[A if ipaddress.ip_address(text).version == 4 else AAAA].append(text)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind((address, 53))
        while True:
            query, sender = udp.recvfrom(2048)
            asked, kind, question_bytes = question(query)
            known = asked == name
            left = answers.get(kind, []) if known else []
            flags = ANSWER if known else NO_SUCH_NAME
            reply = query[:2] + struct.pack("!5H", flags, 1, bool(left), 0, 0) + question_bytes
            if left:
                answer = left.pop(0) if len(left) > 1 else left[0]
                packed = ipaddress.ip_address(answer).packed
                reply += struct.pack("!HHHIH", 0xC00C, kind, IN, TTL, len(packed)) + packed
                print(answer, flush=True)
            udp.sendto(reply, sender)


if __name__ == "__main__":
    main()
