# SPDX-License-Identifier: MIT
"""Writes known answers for BLAKE2s as a C table, with Python's hashlib as the oracle.

Usage: gen_blake2s.py OUTPUT. Inputs are the bytes 0, 1, 2, ... (RFC 7693 has no table of this
kind): all lengths from 0 to 255 bytes with and without a 32-byte key, then every pair of digest
length (1 to 32 bytes) and key length (0 to 32 bytes).
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path


def cases() -> Iterator[tuple[int, int, int]]:
    """Yields (digest length, key length, input length), each in bytes."""
    for key_len in (0, 32):
        for length in range(256):
            yield 32, key_len, length
    for out_len in range(1, 33):
        for key_len in range(33):
            yield out_len, key_len, (out_len * 33 + key_len) % 200


def row(out_len: int, key_len: int, length: int) -> str:
    """One line of the C table."""
    digest = hashlib.blake2s(
        bytes(range(length)), digest_size=out_len, key=bytes(range(key_len))
    ).hexdigest()
    return f'\t{{{out_len}, {key_len}, {length}, "{digest}"}},\n'


def main() -> int:
    """Writes the table to the file named by the one argument."""
    if len(sys.argv) != 2:
        print("usage: gen_blake2s.py OUTPUT", file=sys.stderr)
        return 2
    with Path(sys.argv[1]).open("w", encoding="ascii") as table:
        table.write("/* Written by gen_blake2s.py. */\n")
        table.writelines(row(*case) for case in cases())
    return 0


if __name__ == "__main__":
    sys.exit(main())
