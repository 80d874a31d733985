# SPDX-License-Identifier: MIT
"""What of the machine a test needs, and the reason to skip it where it is not there."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from pathlib import Path

PACKAGES = {"wireguard-go": "wireguard-go", "wg": "wireguard-tools", "iperf3": "iperf3",
            "ping": "iputils-ping", "ip": "iproute2"}  # fmt: skip


@functools.cache
def missing(*programs: str) -> str | None:
    """Why network namespaces with these programs cannot be had; None if they can."""
    if os.geteuid() != 0:
        return "not root: no network namespaces"
    for name in ("ip", "ping", *programs):
        if shutil.which(name) is None:
            return f"no {name} (Debian: apt install {PACKAGES[name]})"
    if not Path("/dev/net/tun").exists():
        return "no /dev/net/tun"
    probe = subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False)
    return None if probe.returncode == 0 else "the kernel does not allow network namespaces"
