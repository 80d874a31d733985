# SPDX-License-Identifier: MIT
"""What is plugged in, as ``serial.tools.list_ports`` would say."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

PLAIN = SimpleNamespace(
    device="/dev/ttyUSB0", description="FT232", vid=0x0403, pid=0x6001, serial_number=None
)


def st_link(port: str, serial: str = "066DFF1234", pid: int = 0x374B) -> Any:
    """The port of a Nucleo."""
    return SimpleNamespace(
        device=port, description="STM32 STLink", vid=0x0483, pid=pid, serial_number=serial
    )


def point_to(monkeypatch: pytest.MonkeyPatch, *ports: Any) -> None:
    """Plugs these in, and nothing else."""
    monkeypatch.setattr("wg_host.devices._ports", lambda: list(ports))
