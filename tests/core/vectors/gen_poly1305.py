# SPDX-License-Identifier: MIT
"""Writes known answers for Poly1305 as a C table, computed with Python's integers.

Usage: gen_poly1305.py OUTPUT. Keys and messages are made of the words that let carries run through
a whole accumulator, which random ones hardly ever do: all ones, zeros, single bits, and what brings
the sum close to a multiple of 2^128 or of 2^130 - 5 (RFC 8439 section 2.5).
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path

P = 2**130 - 5
CLAMP = 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
ONES = 2**128 - 1
CASES = 2000


def tag(key: bytes, text: bytes) -> bytes:
    """The authenticator of a message, as RFC 8439 section 2.5.1 writes it down."""
    r = int.from_bytes(key[:16], "little") & CLAMP
    s = int.from_bytes(key[16:], "little")
    h = 0
    for at in range(0, len(text), 16):
        h = (h + int.from_bytes(text[at : at + 16] + b"\1", "little")) * r % P
    return ((h + s) & ONES).to_bytes(16, "little")


def word(rng: random.Random) -> int:
    """128 bits of the kinds that carry."""
    kind = rng.randrange(7)
    if kind < 3:
        return (ONES, 0, 1 << rng.randrange(128))[kind]
    if kind == 3:
        return ONES - (1 << rng.randrange(128))
    if kind == 4:
        return sum(rng.choice((0, 0xFFFFFFFF)) << at for at in (0, 32, 64, 96))
    if kind == 5:
        return ONES - rng.randrange(16)
    return rng.getrandbits(128)


def cases() -> Iterator[tuple[bytes, bytes]]:
    """Yields pairs of key (32 bytes) and message (0 to 192 bytes)."""
    # With r = 1 the accumulator is the sum of the blocks; here it reaches 2^130 above 128 ones.
    yield (1).to_bytes(32, "little"), b"\xff" * 16 + bytes(96)
    rng = random.Random(1305)
    for _ in range(CASES):
        r = rng.choice((1, 2, 4 << 32, CLAMP, word(rng), word(rng)))
        key = r.to_bytes(16, "little") + word(rng).to_bytes(16, "little")
        text = b"".join(word(rng).to_bytes(16, "little") for _ in range(rng.randrange(1, 13)))
        yield key, text[: len(text) - rng.choice((0, 0, 0, rng.randrange(16)))]


def row(key: bytes, text: bytes) -> str:
    """One line of the C table."""
    return f'\t{{"{key.hex()}", "{text.hex()}", "{tag(key, text).hex()}"}},\n'


def main() -> int:
    """Writes the table to the file named by the one argument."""
    if len(sys.argv) != 2:
        print("usage: gen_poly1305.py OUTPUT", file=sys.stderr)
        return 2
    with Path(sys.argv[1]).open("w", encoding="ascii") as table:
        table.write("/* Written by gen_poly1305.py. */\n")
        table.writelines(row(*case) for case in cases())
    return 0


if __name__ == "__main__":
    sys.exit(main())
