# SPDX-License-Identifier: MIT
"""Sends datagrams of garbage to a board's port: ADDRESS PORT COUNT. Prints what was sent, as JSON.

Three at a time, then an ICMP echo, whose answer is awaited: the board goes through its buffers in
this order, so that none of them runs out. QEMU's LAN9118 would not survive that: for each frame
that Zephyr's driver must discard it forgets a piece of its FIFO, until it receives no more. What
the port does without buffers is tested where they can be taken away, in ztest.
"""

from __future__ import annotations

import json
import random
import socket
import struct
import sys

BURST = 3
SIZES = (0, 1, 27, 28, 60, 88, 144, 500, 1400)  # Beside the first four bytes.


def checksum(data: bytes) -> int:
    """RFC 1071, for an even number of bytes."""
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def echo(raw: socket.socket, address: str, sequence: int) -> None:
    """An echo and its answer; TimeoutError if none comes."""
    head = struct.pack("!BBHHH", 8, 0, 0, 0x7A77, sequence)
    request = head[:2] + struct.pack("!H", checksum(head)) + head[4:]
    raw.sendto(request, (address, 0))
    while True:
        answer = raw.recv(2048)[20:]
        if answer[0] == 0 and answer[4:8] == request[4:8]:
            return


def main() -> None:
    address, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    source = random.Random(7)
    sent: dict[int, int] = {}
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
        socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as raw,
    ):
        raw.settimeout(10)
        for n in range(count):
            kind = source.randrange(6)
            data = bytes([kind, 0, 0, 0]) + source.randbytes(source.choice(SIZES))
            udp.sendto(data, (address, port))
            sent[kind] = sent.get(kind, 0) + 1
            if n % BURST == BURST - 1:
                echo(raw, address, n // BURST & 0xFFFF)
        echo(raw, address, 0xFFFF)
    print(json.dumps(sent))


if __name__ == "__main__":
    main()
