# SPDX-License-Identifier: MIT
"""Through a rekey in real time: a ping every 200 ms for 130 s, and not one lost.

REKEY_AFTER_TIME is 120 s (paper section 6.1), and nobody shortens it. The runs begin with the
session, in the background (see conftest.py), and are judged here.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from rig.long_run import LongRun


@pytest.mark.long
@pytest.mark.parametrize("caller", ["zwg", "other"])
def test_no_ping_is_lost_through_a_rekey(
    long_runs: Mapping[str, LongRun | str], caller: str
) -> None:
    run = long_runs[caller]
    if isinstance(run, str):
        pytest.skip(run)
    result = run.wait()
    assert result.sent > 600, result.output
    assert result.lost == 0, result.output
    assert run.handshakes() == 2, "one at the beginning, one after 120 s"
