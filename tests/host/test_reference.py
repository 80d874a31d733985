# SPDX-License-Identifier: MIT
"""Verify against wireguard-go: what is asked of boards is first shown to hold of a reference.

::

    netns N: wg-host verify --- lo --- wireguard-go (UDP)
                                         |
    netns M:  kernel's ICMP, echo on 4242 --- TUN
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from fakes.board import Tunnel
from wg_host.config import Config, Interface, Peer, dump, parse_address, parse_network
from wg_host.endpoint import Endpoint
from wg_host.keys import write_secret

WG_HOST = Path(sys.executable).with_name("wg-host")
TOOLS = ("ip", "wg", "wireguard-go")
ECHO = """
import socket
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind(("::", 4242))
while True:
    data, source = s.recvfrom(65535)
    s.sendto(data, source)
"""


def why_not() -> str:
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        return f"not installed: {', '.join(missing)}"
    if os.geteuid() != 0:
        return "needs root for network namespaces"
    if not Path("/dev/net/tun").exists():
        return "no /dev/net/tun"
    return ""


pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not() or "available")


def run(*words: str) -> None:
    subprocess.run(words, check=True, timeout=20, capture_output=True)


@contextmanager
def namespaces(*names: str) -> Iterator[None]:
    with ExitStack() as stack:
        for name in names:
            run("ip", "netns", "add", name)
            stack.callback(run, "ip", "netns", "del", name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        yield


@contextmanager
def process(*words: str) -> Iterator[None]:
    started = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        started.terminate()
        started.wait(10)


@contextmanager
def reference(tunnel: Tunnel, directory: Path) -> Iterator[str]:
    """A running wireguard-go for the board's end; the namespace from which it is reached."""
    name = f"zh{os.getpid() % 100000}"
    outside, inside = f"{name}n", f"{name}m"
    write_secret(directory / "key", tunnel.boards.reveal_base64())
    assert tunnel.psk is not None
    write_secret(directory / "psk", tunnel.psk.reveal_base64())
    with ExitStack() as stack:
        stack.enter_context(namespaces(outside, inside))
        stack.enter_context(process("ip", "netns", "exec", outside, "wireguard-go", "-f", name))
        socket_path = Path(f"/var/run/wireguard/{name}.sock")
        stack.callback(socket_path.unlink, missing_ok=True)
        for _ in range(100):
            if socket_path.exists():
                break
            time.sleep(0.05)
        run("ip", "-n", outside, "link", "set", name, "netns", inside)
        run(
            *("wg", "set", name, "listen-port", "51820"),
            *("private-key", str(directory / "key"), "peer", str(tunnel.ours.public)),
            *("preshared-key", str(directory / "psk")),
            *("allowed-ips", "10.1.1.200/32,fd00::200/128", "endpoint", "127.0.0.1:51821"),
        )
        for address in tunnel.board_addresses:
            run("ip", "-n", inside, "address", "add", address, "dev", name, "nodad")
        run("ip", "-n", inside, "link", "set", name, "mtu", "1420", "up")
        stack.enter_context(process("ip", "netns", "exec", inside, sys.executable, "-c", ECHO))
        yield outside


def test_a_reference_passes_every_check_that_needs_no_console(tmp_path: Path) -> None:
    tunnel = Tunnel.new()
    peer = Peer(
        tunnel.boards.public,
        tunnel.psk,
        (parse_network("10.1.1.50/32"), parse_network("fd00::50/128")),
        Endpoint("127.0.0.1", 51820),
    )
    addresses = tuple(parse_address(a) for a in tunnel.our_addresses)
    config = Config(Interface(tunnel.ours, addresses, 51821), (peer,))
    write_secret(tmp_path / "board.conf", dump(config))
    with reference(tunnel, tmp_path) as namespace:
        done = subprocess.run(
            [
                *("ip", "netns", "exec", namespace, str(WG_HOST), "verify"),
                *("--config", str(tmp_path / "board.conf"), "--json"),
            ],
            capture_output=True,
            text=True,
            timeout=90,
        )
    end = json.loads(done.stdout.splitlines()[-1])
    status = {c["check"]: (c["status"], c["detail"]) for c in end["result"]["checks"]}
    not_passed = {name: s for name, s in status.items() if s[0] != "pass"}
    assert set(not_passed) == {"wrong-source"}, not_passed
    assert "without a console" in not_passed["wrong-source"][1]
    assert done.returncode == 0
