# SPDX-License-Identifier: MIT
"""The window of counters already seen (paper section 5.4.6; RFC 6479 shows the idea)."""

from __future__ import annotations

from wg_host.messages import REJECT_AFTER_MESSAGES

WINDOW = 8128


class ReplayWindow:
    """Takes each counter once, up to ``size`` behind the greatest one seen."""

    def __init__(self, size: int = WINDOW) -> None:
        self._size = size
        self._greatest = -1
        # Bit n stands for the counter that is n below the greatest.
        self._seen = 0

    def accept(self, counter: int) -> bool:
        """True, and remembered, if the counter is new and not too old. Call after the tag held."""
        if counter >= REJECT_AFTER_MESSAGES:
            return False
        ahead = counter - self._greatest
        if ahead > 0:
            kept = self._seen << ahead if ahead <= self._size else 0
            self._seen = (kept | 1) & ((1 << (self._size + 1)) - 1)
            self._greatest = counter
            return True
        if -ahead > self._size or self._seen >> -ahead & 1:
            return False
        self._seen |= 1 << -ahead
        return True
