# SPDX-License-Identifier: MIT
"""Flashing through west: the runner whose tool is installed, and the right one of several boards.

``runners.yaml`` in the build says which runners the board's Zephyr knows and which it prefers;
openocd on one Zephyr, stm32cubeprogrammer on another.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from wg_host import devices
from wg_host.errors import AccessDenied, FlashError, UsageError

# The program that each runner starts.
TOOLS = {
    "openocd": "openocd",
    "stm32cubeprogrammer": "STM32_Programmer_CLI",
    "pyocd": "pyocd",
    "jlink": "JLinkExe",
    "stlink_gdbserver": "ST-LINK_gdbserver",
    "probe-rs": "probe-rs",
}
_DENIED = re.compile(r"LIBUSB_ERROR_ACCESS|Permission denied|Access denied", re.IGNORECASE)
_UDEV = "install the debug probe's udev rules, or the tool's package that brings them"


@dataclass(frozen=True)
class Runners:
    """Those of a build; ``preferred`` first choice."""

    preferred: str
    known: tuple[str, ...]


def read_runners(build: Path) -> Runners:
    """From ``zephyr/runners.yaml`` of a build folder; UsageError if there is no build."""
    path = build / "zephyr" / "runners.yaml"
    try:
        text = path.read_text("utf-8")
    except OSError:
        raise UsageError(
            f"{build}: no Zephyr build in it", "'west build -b nucleo_f207zg' makes one"
        ) from None
    preferred = re.search(r"^flash-runner:\s*(\S+)", text, re.MULTILINE)
    listed = re.search(r"^runners:\s*\n((?:\s*-\s*\S+\s*\n)+)", text, re.MULTILINE)
    known = tuple(re.findall(r"-\s*(\S+)", listed.group(1))) if listed else ()
    if preferred is None:
        raise FlashError(f"{path}: the board has no runner to flash with")
    return Runners(preferred.group(1), known or (preferred.group(1),))


def choose_runner(runners: Runners, wanted: str | None = None) -> str:
    """The wanted runner; else the preferred one if its tool is installed; else another that is."""
    if wanted is not None:
        if wanted not in runners.known:
            raise UsageError(
                f"runner '{wanted}' does not fit the build",
                f"it knows {', '.join(runners.known)}",
            )
        return wanted
    for name in (runners.preferred, *runners.known):
        tool = TOOLS.get(name)
        if tool is not None and shutil.which(tool):
            return name
    tools = sorted({TOOLS[name] for name in runners.known if name in TOOLS})
    raise FlashError(
        "no flashing tool found", f"install one of: {', '.join(tools) or ', '.join(runners.known)}"
    )


def probe_arguments(runner: str, serial_number: str) -> list[str]:
    """The arguments that make a runner use the probe with this serial number."""
    if runner == "openocd":
        # The runner's own --serial does nothing on boards whose openocd.cfg ignores it.
        return ["--cmd-pre-init", f"adapter serial {serial_number}"]
    if runner == "stm32cubeprogrammer":
        return [f"--tool-opt=sn={serial_number}"]
    return ["--dev-id", serial_number]


def west_command(build: Path, runner: str, serial_number: str | None) -> list[str]:
    """What to run."""
    west = shutil.which("west")
    if west is None:
        raise FlashError("west is not installed", "pip install 'wg-host[west]'")
    command = [west, "flash", "--build-dir", str(build), "--runner", runner]
    return command + (probe_arguments(runner, serial_number) if serial_number else [])


def run(command: list[str], line: Callable[[str], None]) -> None:
    """Runs west and passes its lines on. FlashError if it fails, AccessDenied if the probe may not
    be used."""
    output: list[str] = []
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None
        for text in process.stdout:
            output.append(text)
            line(text.rstrip("\n"))
    if process.returncode == 0:
        return
    if any(_DENIED.search(text) for text in output):
        raise AccessDenied("the debug probe may not be used", _UDEV)
    raise FlashError(f"west ended with {process.returncode}", "its last lines say why")


def serial_number_for(wanted: str | None) -> str:
    """The serial number of the one board there is, or of the one wanted."""
    return devices.only_one(wanted).serial_number
