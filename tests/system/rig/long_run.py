# SPDX-License-Identifier: MIT
"""A tunnel in the background that is pinged for longer than a session lives."""

from __future__ import annotations

import subprocess
from pathlib import Path

from rig.netns import Ping, Wire
from rig.tunnels import build_tunnel, take_down

SECONDS = 130


class LongRun:
    """@p caller begins: "zwg" or "other", which is wireguard-go."""

    def __init__(self, directory: Path, caller: str) -> None:
        directory.mkdir()
        self._wire = Wire()
        self.tunnel = build_tunnel(self._wire, directory, calls=caller)
        begins, answers = self.tunnel.zwg, self.tunnel.other
        if caller == "other":
            begins, answers = answers, begins
        words = ["ping", "-n", "-i", "0.2", "-c", str(SECONDS * 5), "-W", "8", answers.v4]
        self._ping = subprocess.Popen(
            [str(word) for word in begins.machine.command(*words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def wait(self) -> Ping:
        """The result, when it is there."""
        output, _ = self._ping.communicate(timeout=SECONDS + 60)
        return Ping(output)

    def handshakes(self) -> int:
        """Those that zwg-linux has seen completed."""
        assert self.tunnel.zwg.process is not None
        return self.tunnel.zwg.process.errors().count("handshake complete")

    def end(self) -> None:
        self._ping.kill()
        self._ping.communicate()
        take_down(self.tunnel)
        self._wire.remove()
