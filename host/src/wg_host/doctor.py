# SPDX-License-Identifier: MIT
"""What this machine has and lacks for each thing one may want to do with a board."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

from wg_host import devices, zephyr
from wg_host.flash import TOOLS

PACKAGES = ("click", "cryptography", "pyserial", "rich", "scapy", "segno")


@dataclass(frozen=True)
class Finding:
    """``needed`` things that are missing make the doctor's exit code 1."""

    name: str
    ok: bool
    needed: bool
    detail: str
    remedy: str = ""


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("python", sys.version_info >= (3, 10), True, version, "install Python 3.10")


def _package(name: str) -> Finding:
    try:
        return Finding(f"package {name}", True, True, importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return Finding(f"package {name}", False, True, "missing", f"pip install {name}")


def _udp() -> Finding:
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind(("127.0.0.1", 0))
        return Finding("udp", True, True, "sockets can be opened")
    except OSError as e:
        return Finding("udp", False, True, str(e), "verify needs UDP sockets")


def _boards() -> Finding:
    found = devices.found()
    listed = ", ".join(d.port for d in found)
    remedy = "" if found else "plug one in; a simulated board needs none"
    return Finding("boards", bool(found), False, listed or "none found", remedy)


def _group(path: str) -> str:
    """The group that may use a port; dialout where it has no name."""
    try:
        return Path(path).group()
    except (OSError, KeyError):
        return "dialout"


def _port(device: devices.Device) -> Finding:
    ok = os.access(device.port, os.R_OK | os.W_OK)
    remedy = "" if ok else f"sudo adduser $USER {_group(device.port)}, and log in again"
    return Finding(f"port {device.port}", ok, True, "may be used" if ok else "no access", remedy)


def _tool(name: str, purpose: str, remedy: str) -> Finding:
    path = shutil.which(name)
    detail = path or f"missing; {purpose}"
    return Finding(name, path is not None, False, detail, "" if path else remedy)


def _flash_tool() -> Finding:
    found = sorted(tool for tool in set(TOOLS.values()) if shutil.which(tool))
    detail = ", ".join(found) or "none; for flash"
    return Finding("flash tool", bool(found), False, detail, "" if found else "apt install openocd")


def _toolchain() -> Finding:
    sdk = os.environ.get("ZEPHYR_SDK_INSTALL_DIR")
    gcc = shutil.which("arm-none-eabi-gcc")
    detail = sdk or gcc or "none found; to build firmware"
    remedy = "apt install gcc-arm-none-eabi libnewlib-arm-none-eabi && export"
    remedy += " ZEPHYR_TOOLCHAIN_VARIANT=gnuarmemb GNUARMEMB_TOOLCHAIN_PATH=/usr, or the SDK"
    return Finding("arm toolchain", bool(sdk or gcc), False, detail, "" if sdk or gcc else remedy)


def _zephyr() -> Finding:
    found = [f"{tree.version} in {tree.base}" for tree in zephyr.trees()]
    detail = ", ".join(found) or "no tree found; to build firmware"
    remedy = "in the checkout: west init -l . && west update (or ZEPHYR_BASE names a tree)"
    return Finding("zephyr", bool(found), False, detail, "" if found else remedy)


def examine() -> list[Finding]:
    """Everything, the needed first."""
    findings = [_python(), *map(_package, PACKAGES)]
    findings += [_udp(), _boards(), *(_port(d) for d in devices.found())]
    findings += [
        _tool("west", "to build and flash firmware", "pip install 'wg-host[west]'"),
        _zephyr(),
        _toolchain(),
        _flash_tool(),
        _tool("cmake", "to build", "apt install cmake"),
        _tool("ninja", "to build firmware", "apt install ninja-build"),
        _tool("dtc", "to build firmware", "apt install device-tree-compiler"),
        _tool("wg", "to use the tunnel on Linux", "apt install wireguard-tools"),
        _tool("wg-quick", "to use the tunnel on Linux", "apt install wireguard-tools"),
        _tool("qemu-system-arm", "to run firmware without a board", "apt install qemu-system-arm"),
        _tool("tshark", "to read what verify --pcap writes", "apt install tshark"),
    ]
    return findings
