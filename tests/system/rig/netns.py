# SPDX-License-Identifier: MIT
"""Two machines and a wire: network namespaces of one test, with names that no other test has.

A                                    B
wire 192.0.2.1/24, 2001:db8::1/64 -- wire 192.0.2.2/24, 2001:db8::2/64
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
from pathlib import Path
from typing import Any

_count = itertools.count()


def run(*command: str | Path, check: bool = True, stdin: str | None = None) -> str:
    """Runs a command and returns its output; an error shows what it said."""
    done = subprocess.run(
        [str(word) for word in command],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert not check or done.returncode == 0, f"{command}: {done.stderr}{done.stdout}"
    return done.stdout


class Machine:
    """One namespace."""

    def __init__(self, name: str, v4: str, v6: str) -> None:
        self.name, self.v4, self.v6 = name, v4, v6

    def command(self, *command: str | Path) -> list[str | Path]:
        """The command as it is run in here."""
        return ["ip", "netns", "exec", self.name, *command]

    def run(self, *command: str | Path, check: bool = True, stdin: str | None = None) -> str:
        return run(*self.command(*command), check=check, stdin=stdin)

    def ip(self, *words: str) -> str:
        return run("ip", "-n", self.name, *words)

    def has_interface(self, name: str) -> bool:
        return any(link["ifname"] == name for link in json.loads(self.ip("-j", "link")))

    def outer(self, version: int) -> str:
        """The address on the wire."""
        return self.v4 if version == 4 else self.v6


class Wire:
    """Two machines and the wire between them."""

    def __init__(self) -> None:
        # Interface names of user-space peers share one directory of sockets: unique as well.
        self.tag = f"z{os.getpid() % 100000}x{next(_count)}"
        self.a = Machine(f"{self.tag}a", "192.0.2.1", "2001:db8::1")
        self.b = Machine(f"{self.tag}b", "192.0.2.2", "2001:db8::2")
        for machine in (self.a, self.b):
            run("ip", "netns", "add", machine.name)
        run("ip", "link", "add", "wire", "netns", self.a.name,
            "type", "veth", "peer", "name", "wire", "netns", self.b.name)  # fmt: skip
        for machine in (self.a, self.b):
            machine.ip("addr", "add", f"{machine.v4}/24", "dev", "wire")
            machine.ip("addr", "add", f"{machine.v6}/64", "dev", "wire", "nodad")
            machine.ip("link", "set", "lo", "up")
            machine.ip("link", "set", "wire", "up")

    def remove(self) -> None:
        for machine in (self.a, self.b):
            run("ip", "netns", "del", machine.name, check=False)


class Ping:
    """The figures of ping(8)."""

    def __init__(self, output: str) -> None:
        self.output = output
        line = next(text for text in output.splitlines() if "packets transmitted" in text)
        words = line.replace(",", "").split()
        self.sent, self.received = int(words[0]), int(words[3])

    @property
    def lost(self) -> int:
        return self.sent - self.received


def ping(machine: Machine, address: str, *options: str, count: int = 5) -> Ping:
    """Pings; the first packet may have to start a handshake."""
    words = ["ping", "-n", "-c", str(count), "-i", "0.25", "-W", "8", *options, address]
    return Ping(machine.run(*words, check=False))


def iperf3(server: Machine, client: Machine, address: str, *options: str) -> dict[str, Any]:
    """One second of traffic; iperf3's own account of it."""
    listening = subprocess.Popen(
        [str(w) for w in server.command("iperf3", "-s", "-1", "--forceflush", "-p", "5201")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert listening.stdout is not None
        for line in listening.stdout:
            if "Server listening" in line:
                break
        output = client.run("iperf3", "-c", address, "-t", "1", "-J", *options, check=False)
        result: dict[str, Any] = json.loads(output)
        assert "error" not in result, result["error"]
        return result
    finally:
        listening.kill()
        listening.communicate()
