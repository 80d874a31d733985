# SPDX-License-Identifier: MIT
"""TAI64N stamps of 12 bytes, big-endian so that they compare as bytes (paper section 5.1)."""

from __future__ import annotations

import time

# The label of the second 1970-01-01 00:00:00 TAI, ten seconds before the Unix epoch.
_EPOCH = 0x400000000000000A


def encode(nanoseconds: int) -> bytes:
    """The stamp of a time in nanoseconds since the Unix epoch."""
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    return (_EPOCH + seconds).to_bytes(8, "big") + rest.to_bytes(4, "big")


class Clock:
    """Gives stamps that strictly increase, also when asked twice in one tick."""

    def __init__(self) -> None:
        self._last = 0

    def __call__(self) -> bytes:
        self._last = max(time.time_ns(), self._last + 1)
        return encode(self._last)
