# SPDX-License-Identifier: MIT
"""``python -m wg_host``."""

from wg_host.cli import run

run()
