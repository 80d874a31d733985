# SPDX-License-Identifier: MIT
"""zwg-linux with the rights that its systemd unit leaves it, and with the fewest that will do."""

from __future__ import annotations

import configparser
import os
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from rig.netns import Wire
from rig.programs import ROOT, Process, find_daemon, program, wait_for
from rig.tunnels import End, ends, wg_quick, write_private

UNIT = ROOT / "linux-app" / "systemd" / "zwg-linux@.service.in"
INSTALLED = "@CMAKE_INSTALL_FULL_BINDIR@/zwg-linux"
# For this one CAP_NET_BIND_SERVICE is needed.
LOW_PORT = 512
# What the program says of itself without CAP_NET_BROADCAST.
DEAF = "no CAP_NET_BROADCAST"


def service() -> dict[str, str]:
    """The part [Service] of the unit in the repository."""
    unit = configparser.ConfigParser(interpolation=None, delimiters=("=",))
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(UNIT)
    return dict(unit["Service"])


NAMES = service()["CapabilityBoundingSet"].split()


def limited(capabilities: Sequence[str]) -> list[str]:
    """What is put before a command that is to have these capabilities and can get no others."""
    wanted = ",".join("+" + name.removeprefix("CAP_").lower() for name in capabilities)
    return ["setpriv", "--no-new-privs", "--inh-caps", "-all", "--bounding-set", f"-all,{wanted}"]


def capabilities_of(pid: int) -> int:
    """The effective ones, as the kernel counts them (proc(5))."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("CapEff:")), 16)


def listens(end: End) -> bool:
    return f":{end.port} " in end.machine.run("ss", "-Hlun")


def wait_until_it_listens(end: End) -> None:
    wait_for(lambda: listens(end), 5, "its sockets are open")


def wait_until_it_does_not(end: End) -> None:
    wait_for(lambda: not listens(end), 5, "its sockets are closed")


@pytest.fixture
def end(wire: Wire, tmp_path: Path) -> End:
    """One end of a tunnel, its file in the test's directory, on a port below 1024."""
    ours, theirs = ends(wire)
    ours = replace(ours, port=LOW_PORT)
    conf = wg_quick(ours, theirs, psk=None, endpoint=theirs.endpoint(4))
    write_private(tmp_path / f"{ours.interface}.conf", conf)
    return ours


def test_it_starts_with_what_the_unit_leaves_it(end: End, wire: Wire, tmp_path: Path) -> None:
    """The unit's own command and capabilities; the interface is then moved and comes up there."""
    command = service()["ExecStart"].replace("%i", end.interface)
    command = command.replace(INSTALLED, str(program("zwg-linux")))
    command = command.replace("/etc/wireguard", str(tmp_path))
    done = subprocess.run(
        [str(w) for w in end.machine.command(*limited(NAMES), *command.split())],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    pid = find_daemon(end.interface)
    assert pid is not None
    try:
        assert done.stderr.count("\n") == 1 and f"UDP port {LOW_PORT}" in done.stderr
        assert capabilities_of(pid).bit_count() == len(NAMES)
        wait_until_it_listens(end)
        end.machine.ip("link", "set", end.interface, "netns", wire.b.name)
        wait_until_it_does_not(end)
        wire.b.ip("link", "set", end.interface, "up")
        wait_until_it_listens(end)
    finally:
        os.kill(pid, signal.SIGTERM)
    wait_for(lambda: find_daemon(end.interface) is None, 10, "the daemon has ended")
    assert not wire.b.has_interface(end.interface)


@pytest.mark.parametrize("lacking", [n for n in NAMES if n != "CAP_NET_BROADCAST"])
def test_it_does_not_start_with_less(end: End, tmp_path: Path, lacking: str) -> None:
    names = [name for name in NAMES if name != lacking]
    file = tmp_path / f"{end.interface}.conf"
    done = subprocess.run(
        [
            str(word)
            for word in end.machine.command(*limited(names), program("zwg-linux"), "-c", file)
        ],
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
    )
    assert done.returncode == 6, done.stderr


def test_cap_net_admin_is_enough_where_it_is(end: End, wire: Wire, tmp_path: Path) -> None:
    """It says what it cannot do, follows its interface in its own namespace, does not see it come
    up in another, and has it again when it is back."""
    end.machine.run("sysctl", "-qw", f"net.ipv4.ip_unprivileged_port_start={LOW_PORT}")
    file = tmp_path / f"{end.interface}.conf"
    process = Process(
        end.machine.command(*limited(["CAP_NET_ADMIN"]), program("zwg-linux"), "-c", file),
        tmp_path / "log",
    )
    try:
        wait_until_it_listens(end)
        wait_for(lambda: DEAF in process.errors(), 5, "it says what it cannot do")
        assert capabilities_of(process.pid).bit_count() == 1
        end.machine.ip("link", "set", end.interface, "down")
        wait_until_it_does_not(end)
        end.machine.ip("link", "set", end.interface, "up")
        wait_until_it_listens(end)
        end.machine.ip("link", "set", end.interface, "netns", wire.b.name)
        wait_until_it_does_not(end)
        wire.b.ip("link", "set", end.interface, "up")
        with pytest.raises(AssertionError, match="not within"):
            wait_for(lambda: listens(end), 1, "its sockets are open")
        wire.b.ip("link", "set", end.interface, "netns", end.machine.name)
        end.machine.ip("link", "set", end.interface, "up")
        wait_until_it_listens(end)
    finally:
        status = process.stop()
    process.assert_clean()
    assert status == 0, process.errors()
    assert not end.machine.has_interface(end.interface)
