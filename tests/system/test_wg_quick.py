# SPDX-License-Identifier: MIT
"""wg-quick(8) with zwg-linux in the place of wireguard-go, as it is on a system without module."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from rig.needs import missing
from rig.netns import Wire, ping
from rig.programs import find_daemon, program, wait_for
from rig.tunnels import (
    End,
    MakeTunnel,
    Tunnel,
    ends,
    wg_quick,
    write_private,
)
from rig.uapi import served, socket_path


class Quick:
    """One file and the calls of wg-quick with it, in the namespace of @p end."""

    def __init__(self, end: End, directory: Path) -> None:
        self.end = end
        directory.mkdir()
        self.file = directory / f"{end.interface}.conf"

    def call(self, verb: str, *, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [str(w) for w in self.end.machine.command("wg-quick", verb, self.file)],
            env={**os.environ, "WG_QUICK_USERSPACE_IMPLEMENTATION": str(program("zwg-linux"))},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert not check or done.returncode == 0, done.stderr
        if verb == "up" and done.returncode == 0:
            self.is_ours(done.stderr)
        return done

    def is_ours(self, said: str) -> None:
        """wg-quick called zwg-linux, and that is what serves the interface: a TUN device."""
        name, ours = self.end.interface, program("zwg-linux")
        assert f"[#] {ours} {name}\n" in said, said
        assert served(name)
        pid = find_daemon(name)
        assert pid is not None and Path(f"/proc/{pid}/exe").readlink() == ours.resolve()
        assert " tun " in self.end.machine.ip("-d", "link", "show", "dev", name)

    def gone(self) -> None:
        """Nothing is left of it."""
        assert not self.end.machine.has_interface(self.end.interface)
        wait_for(lambda: find_daemon(self.end.interface) is None, 10, "the daemon has ended")
        wait_for(lambda: not socket_path(self.end.interface).exists(), 10, "its socket has gone")


@pytest.fixture(autouse=True)
def needs(wire: Wire) -> None:
    """Skipped where the kernel has WireGuard, loaded or not: wg-quick would take that."""
    if shutil.which("wg-quick") is None:
        pytest.skip("no wg-quick (Debian: apt install wireguard-tools)")
    words = wire.b.command("ip", "link", "add", "probe", "type", "wireguard")
    probe = subprocess.run([str(w) for w in words], capture_output=True, timeout=60, check=False)
    if probe.returncode == 0 or Path("/sys/module/wireguard").exists():
        pytest.skip("the kernel has WireGuard: wg-quick does not call a daemon")


@pytest.fixture
def quick(wire: Wire, tmp_path: Path) -> Iterator[tuple[Quick, End]]:
    """A file to be written, and the peer that it is to name."""
    if reason := missing("wg"):
        pytest.skip(reason)
    ours, theirs = ends(wire)
    quick = Quick(ours, tmp_path / "quick")
    yield quick, theirs
    if ours.machine.has_interface(ours.interface):
        quick.call("down")
    quick.gone()


def write(quick: Quick, other: End, extra: str = "", endpoint: bool = True, more: str = "") -> None:
    write_private(
        quick.file,
        wg_quick(quick.end, other, psk=None, extra=extra,
                 endpoint=other.endpoint(4) if endpoint else None) + more,
    )  # fmt: skip


def instead(make_tunnel: MakeTunnel, directory: Path) -> tuple[Quick, Tunnel]:
    """A tunnel whose zwg-linux end has made room for one under wg-quick."""
    tunnel = make_tunnel("wireguard-go", psk=False)
    assert tunnel.zwg.process is not None
    tunnel.zwg.process.stop()
    return Quick(tunnel.zwg, directory / "quick"), tunnel


def test_up_and_down(make_tunnel: MakeTunnel, tmp_path: Path) -> None:
    """Both families, and twice: nothing is in the way of the second time."""
    quick, tunnel = instead(make_tunnel, tmp_path)
    write(quick, tunnel.other)
    for _ in range(2):
        quick.call("up")
        link = quick.end.machine.ip("addr", "show", "dev", quick.end.interface)
        assert "10.99.0.1/24" in link and "fd99::1/64" in link and "mtu 1420" in link
        for address in (tunnel.other.v4, tunnel.other.v6):
            assert ping(quick.end.machine, address).lost == 0
        quick.call("down")
        quick.gone()


def test_the_default_route_by_policy(make_tunnel: MakeTunnel, tmp_path: Path) -> None:
    """0.0.0.0/0 and ::/0: all but the tunnel's own packets goes through it, and all is put back."""
    if shutil.which("nft") is None and shutil.which("iptables") is None:
        pytest.skip("no nft and no iptables (Debian: apt install nftables)")
    quick, tunnel = instead(make_tunnel, tmp_path)
    ours, theirs = tunnel.zwg.machine, tunnel.other.machine
    before = ours.ip("rule"), ours.ip("-6", "rule")
    write(quick, tunnel.other, more="AllowedIPs = 0.0.0.0/0, ::/0\n")
    done = quick.call("up", check=False)
    if done.returncode != 0 and "nft" in done.stderr:
        pytest.skip(f"the kernel lacks what wg-quick asks of nft: {done.stderr[-200:]}")
    assert done.returncode == 0, done.stderr
    theirs.ip("addr", "add", "198.51.100.7/32", "dev", "lo")
    theirs.ip("addr", "add", "2001:db8:7::7/128", "dev", "lo", "nodad")
    for address in ("198.51.100.7", "2001:db8:7::7"):
        result = ping(ours, address)
        assert result.lost == 0, result.output
    assert ours.run("wg", "show", tunnel.zwg.interface, "fwmark").strip() == "0xca6c"
    quick.call("down")
    assert (ours.ip("rule"), ours.ip("-6", "rule")) == before
    quick.gone()


def test_hooks_mtu_table_and_mark(quick: tuple[Quick, End]) -> None:
    ours, other = quick
    mark = ours.file.parent / "mark"
    write(ours, other, f"MTU = 1300\nTable = 1234\nFwMark = 0x42\n"
          f"PostUp = echo %i > {mark}\nPreDown = rm {mark}\n")  # fmt: skip
    ours.call("up")
    machine, name = ours.end.machine, ours.end.interface
    assert mark.read_text() == f"{name}\n"
    assert "mtu 1300" in machine.ip("link", "show", "dev", name)
    assert "10.99.0.2" in machine.ip("route", "show", "table", "1234")
    assert machine.run("wg", "show", name, "fwmark").strip() == "0x42"
    ours.call("down")
    assert not mark.exists()


def test_save(quick: tuple[Quick, End]) -> None:
    """What wg has changed is in the file afterwards; SaveConfig does it on the way down."""
    ours, other = quick
    write(ours, other, "SaveConfig = true")
    ours.call("up")
    machine, name = ours.end.machine, ours.end.interface
    machine.run("wg", "set", name, "listen-port", "51999")
    ours.call("save")
    saved = ours.file.read_text()
    assert "ListenPort = 51999" in saved and f"PublicKey = {other.key.public}" in saved
    assert f"PrivateKey = {ours.end.key.reveal_base64()}" in saved
    machine.run("wg", "set", name, "listen-port", "51998")
    ours.call("down")
    assert "ListenPort = 51998" in ours.file.read_text()
    ours.call("up")
    assert machine.run("wg", "show", name, "listen-port") == "51998\n"


def test_strip(quick: tuple[Quick, End]) -> None:
    """What is left is what wg takes, by which a running interface is synchronised."""
    ours, other = quick
    write(ours, other, "MTU = 1300")
    ours.call("up")
    stripped = ours.call("strip").stdout
    assert "MTU" not in stripped and "Address" not in stripped
    machine, name = ours.end.machine, ours.end.interface
    before = machine.run("wg", "showconf", name)
    machine.run("wg", "syncconf", name, "/dev/stdin", stdin=stripped)
    assert machine.run("wg", "showconf", name) == before


def test_a_mistake_leaves_nothing(quick: tuple[Quick, End]) -> None:
    ours, other = quick
    write(ours, other, more="AllowedIPs = 10.0.0.0/33\n")
    done = ours.call("up", check=False)
    assert done.returncode != 0
    assert f"{program('zwg-linux')} {ours.end.interface}" in done.stderr
    assert "10.0.0.0/33" in done.stderr
    ours.gone()


def test_up_twice_is_refused(quick: tuple[Quick, End]) -> None:
    ours, other = quick
    write(ours, other)
    ours.call("up")
    assert "already exists" in ours.call("up", check=False).stderr
    assert ours.end.machine.has_interface(ours.end.interface)
