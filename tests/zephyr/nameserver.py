# SPDX-License-Identifier: MIT
"""A name server for one test: ADDRESS NAME ANSWER [ANSWER ...]. Answers each query for the name's
IPv4 address with the next of the answers, and the last of them ever after; there are no IPv6
addresses. Prints every answer."""

from __future__ import annotations

import socket
import struct
import sys

A, IN, TTL = 1, 1, 0
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
    address, name, *answers = sys.argv[1:]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind((address, 53))
        while True:
            query, sender = udp.recvfrom(2048)
            asked, kind, text = question(query)
            known = asked == name
            found = known and kind == A
            flags = ANSWER if known else NO_SUCH_NAME
            reply = query[:2] + struct.pack("!5H", flags, 1, found, 0, 0) + text
            if found:
                answer = answers.pop(0) if len(answers) > 1 else answers[0]
                reply += struct.pack("!HHHIH", 0xC00C, A, IN, TTL, 4) + socket.inet_aton(answer)
                print(answer, flush=True)
            udp.sendto(reply, sender)


if __name__ == "__main__":
    main()
