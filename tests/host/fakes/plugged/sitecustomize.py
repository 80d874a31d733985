# SPDX-License-Identifier: MIT
"""Plugs boards into a wg-host that runs as a program: Python reads this first if its folder is in
PYTHONPATH. The ports of ZWG_TEST_PLUGGED, divided by colons, are all there is."""

import os
from types import SimpleNamespace

from serial.tools import list_ports

PLUGGED = [
    SimpleNamespace(
        device=port, description="STM32 STLink", vid=0x0483, pid=0x374B, serial_number="0666AA"
    )
    for port in filter(None, os.environ.get("ZWG_TEST_PLUGGED", "").split(":"))
]

list_ports.comports = lambda include_links=False: PLUGGED
