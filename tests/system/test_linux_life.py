# SPDX-License-Identifier: MIT
"""zwg-linux from start to stop: interface, routes, background, errors, and what is left behind."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
from wg_host.keys import PresharedKey

from rig.memory import secrets_at_exit, secrets_in
from rig.netns import Machine, Wire, ping
from rig.programs import find_daemon, program, wait_for
from rig.tunnels import (
    End,
    MakeTunnel,
    ends,
    start_zwg,
    wg_quick,
    write_private,
)


def addresses(machine: Machine, interface: str) -> set[str]:
    links = json.loads(machine.ip("-j", "addr", "show", "dev", interface))
    return {
        f"{a['local']}/{a['prefixlen']}"
        for a in links[0]["addr_info"]
        if not a["local"].startswith("fe80:")
    }


def routes(machine: Machine, family: str, *words: str) -> set[str]:
    return {r["dst"] for r in json.loads(machine.ip("-j", family, "route", "show", *words))}


def start(wire: Wire, directory: Path, extra: str = "", peers: str = "") -> tuple[End, End]:
    ours, theirs = ends(wire)
    conf = wg_quick(ours, theirs, psk=None, endpoint=theirs.endpoint(4), extra=extra)
    start_zwg(ours, directory, conf + peers)
    return ours, theirs


def test_the_interface_is_as_the_file_says(wire: Wire, tmp_path: Path) -> None:
    ours, _ = start(
        wire, tmp_path, "MTU = 1337", "AllowedIPs = 10.99.0.0/24, 172.31.0.0/16, fd01::/32"
    )
    link = json.loads(ours.machine.ip("-j", "link", "show", "dev", ours.interface))[0]
    assert link["mtu"] == 1337 and "UP" in link["flags"]
    assert addresses(ours.machine, ours.interface) == {"10.99.0.1/24", "fd99::1/64"}
    assert {"10.99.0.2", "10.99.0.0/24", "172.31.0.0/16"} <= routes(
        ours.machine, "-4", "dev", ours.interface
    )
    assert {"fd99::2", "fd01::/32"} <= routes(ours.machine, "-6", "dev", ours.interface)
    assert ours.process is not None and ours.process.stop() == 0
    ours.process.assert_clean()
    assert not ours.machine.has_interface(ours.interface)


def test_table_off_adds_no_route(wire: Wire, tmp_path: Path) -> None:
    ours, _ = start(wire, tmp_path, "Table = off")
    assert routes(ours.machine, "-4", "dev", ours.interface) == {"10.99.0.0/24"}
    assert "fd99::2" not in routes(ours.machine, "-6", "dev", ours.interface)
    assert ours.process is not None and ours.process.stop() == 0


def test_table_number(wire: Wire, tmp_path: Path) -> None:
    ours, _ = start(wire, tmp_path, "Table = 1234", "AllowedIPs = 0.0.0.0/0")
    assert routes(ours.machine, "-4", "table", "1234") == {"default", "10.99.0.2"}
    assert ours.process is not None and ours.process.stop() == 0


def test_default_routes_go_by_policy_and_do_not_loop(make_tunnel: MakeTunnel) -> None:
    """The whole of both families goes through the tunnel, but for the tunnel's own packets."""
    tunnel = make_tunnel("wireguard-go")
    ours, theirs = tunnel.zwg, tunnel.other
    assert ours.process is not None
    ours.process.stop()
    before = ours.machine.ip("rule"), ours.machine.ip("-6", "rule")
    conf = wg_quick(ours, theirs, psk=tunnel.psk, endpoint=theirs.endpoint(4))
    start_zwg(ours, ours.process.log.parent, conf + "AllowedIPs = 0.0.0.0/0, ::/0\n")
    theirs.machine.ip("addr", "add", "198.51.100.7/32", "dev", "lo")
    theirs.machine.ip("addr", "add", "2001:db8:7::7/128", "dev", "lo", "nodad")
    for address in ("198.51.100.7", "2001:db8:7::7"):
        result = ping(ours.machine, address)
        assert result.lost == 0, result.output
    assert "suppress_prefixlength 0" in ours.machine.ip("rule")
    assert ours.process.stop() == 0
    assert (ours.machine.ip("rule"), ours.machine.ip("-6", "rule")) == before


def test_what_nobody_carries_is_unreachable(wire: Wire, tmp_path: Path) -> None:
    """ICMP says so at once (CONFORMANCE F3): without a peer, and without an endpoint."""
    ours, theirs = ends(wire)
    nowhere = End(wire.b, "none", 1, "10.99.1.2", "fd99:1::2")
    conf = wg_quick(ours, theirs, psk=None, endpoint=None)
    conf += f"[Peer]\nPublicKey = {nowhere.key.public}\n"
    start_zwg(ours, tmp_path, conf)
    no_peer = ("10.99.0.77", "fd99::77")
    no_endpoint = (theirs.v4, theirs.v6)
    for address in (*no_peer, *no_endpoint):
        result = ping(ours.machine, address, "-W", "1", count=1)
        assert result.received == 0
        assert f"From {address}" in result.output and "nreachable" in result.output
    assert ours.process is not None and ours.process.stop() == 0
    ours.process.assert_clean()


def test_a_peer_that_does_not_answer_is_not_unreachable_at_once(wire: Wire, tmp_path: Path) -> None:
    ours, theirs = start(wire, tmp_path)
    assert "nreachable" not in ping(ours.machine, theirs.v4, "-W", "1", count=1).output
    assert ours.process is not None and ours.process.stop() == 0


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_it_cleanly(wire: Wire, tmp_path: Path, how: signal.Signals) -> None:
    ours, _ = start(wire, tmp_path)
    assert ours.process is not None
    ours.process.popen.send_signal(how)
    assert ours.process.popen.wait(10) == 0
    assert "stopped" in ours.process.errors()
    assert not ours.machine.has_interface(ours.interface)


def test_removing_the_interface_ends_it(wire: Wire, tmp_path: Path) -> None:
    ours, _ = start(wire, tmp_path)
    assert ours.process is not None
    ours.machine.ip("link", "del", ours.interface)
    assert ours.process.popen.wait(10) == 0
    assert "was removed" in ours.process.errors()


def run_in_background(machine: Machine, config: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(w) for w in machine.command(program("zwg-linux"), "-c", config, "-d")],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_background(make_tunnel: MakeTunnel, tmp_path: Path) -> None:
    """With -d it returns when the tunnel is up, and leaves the terminal and its directory."""
    tunnel = make_tunnel("wireguard-go")
    ours, theirs = tunnel.zwg, tunnel.other
    assert ours.process is not None
    ours.process.stop()
    directory = tmp_path / "d"
    directory.mkdir()
    config = write_private(
        directory / f"{ours.interface}.conf",
        wg_quick(ours, theirs, psk=tunnel.psk, endpoint=theirs.endpoint(4)),
    )
    done = run_in_background(ours.machine, config)
    assert done.returncode == 0, done.stderr
    assert ours.machine.has_interface(ours.interface)
    assert ping(ours.machine, theirs.v4).lost == 0
    pid = find_daemon(config)
    assert pid is not None
    assert os.getsid(pid) == pid and Path(f"/proc/{pid}/cwd").readlink() == Path("/")
    assert all(Path(f"/proc/{pid}/fd/{fd}").readlink() == Path("/dev/null") for fd in range(3))
    os.kill(pid, signal.SIGTERM)
    wait_for(lambda: find_daemon(config) is None, 10, "the daemon has ended")
    assert not ours.machine.has_interface(ours.interface)


def test_background_says_why_it_does_not_start(wire: Wire, tmp_path: Path) -> None:
    ours, theirs = start(wire, tmp_path)
    assert ours.process is not None
    conf = wg_quick(ours, theirs, psk=None, endpoint=None)
    other = write_private(tmp_path / f"{wire.tag}C.conf", conf)
    done = run_in_background(ours.machine, other)
    assert done.returncode == 1 and f"UDP port {ours.port}" in done.stderr
    assert not ours.machine.has_interface(f"{wire.tag}C"), "nothing is left of it"
    assert find_daemon(other) is None
    same = tmp_path / f"{ours.interface}.conf"
    done = run_in_background(ours.machine, same)
    assert done.returncode == 1 and "there is an interface of this name" in done.stderr
    assert ours.process.stop() == 0


def test_a_route_that_is_there_already_is_an_error(wire: Wire, tmp_path: Path) -> None:
    ours, theirs = ends(wire)
    wire.a.ip("route", "add", "172.31.0.0/16", "dev", "wire")
    conf = wg_quick(ours, theirs, psk=None, endpoint=None) + "AllowedIPs = 172.31.0.0/16\n"
    file = write_private(tmp_path / f"{ours.interface}.conf", conf)
    done = subprocess.run(
        [str(w) for w in wire.a.command(program("zwg-linux"), "-c", file)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1 and "route to 172.31.0.0/16: File exists" in done.stderr
    assert not wire.a.has_interface(ours.interface)


def test_without_permission(tmp_path: Path, wire: Wire) -> None:
    ours, theirs = ends(wire)
    file = write_private(
        tmp_path / f"{ours.interface}.conf", wg_quick(ours, theirs, psk=None, endpoint=None)
    )
    done = subprocess.run(
        [
            "setpriv",
            "--bounding-set",
            "-all",
            "--inh-caps",
            "-all",
            program("zwg-linux"),
            "-c",
            file,
        ],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 6 and "CAP_NET_ADMIN" in done.stderr


def test_stopping_wipes_every_key(wire: Wire, tmp_path: Path) -> None:
    ours, theirs = ends(wire)
    psk = PresharedKey.generate()
    conf = wg_quick(ours, theirs, psk=psk, endpoint=theirs.endpoint(4))
    process = start_zwg(ours, tmp_path, conf, ASAN_OPTIONS="detect_leaks=0")
    secrets = {"private key": ours.key.reveal(), "preshared key": psk.reveal()}
    text = {
        "private key in base64": ours.key.reveal_base64().encode(),
        "preshared key in base64": psk.reveal_base64().encode(),
    }
    ping(ours.machine, theirs.v4, "-W", "1", count=1)
    assert secrets_in(process.pid, secrets) == set(secrets), "they are looked for rightly"
    assert secrets_in(process.pid, text) == set(), "the file's text is forgotten at once"
    assert secrets_at_exit(process.pid, secrets | text) == set()


def test_many_peers_cost_memory_only_when_they_are_there(wire: Wire, tmp_path: Path) -> None:
    """5,000 peers with two prefixes each; resident memory follows the peers, not the tables."""
    ours, _ = start(wire, tmp_path)
    assert ours.process is not None
    small = resident_tables(ours.process.pid)
    assert ours.process.stop() == 0
    peers = "".join(
        f"[Peer]\nPublicKey = {key}\nAllowedIPs = 10.{100 + i // 256}.{i % 256}.0/24, "
        f"fd02:{i:x}::/32\n"
        for i, key in enumerate(many_public_keys(5000))
    )
    ours, _ = start(wire, tmp_path, "Table = off", peers)
    assert ours.process is not None
    large = resident_tables(ours.process.pid)
    assert ours.process.stop() == 0
    # A peer is about 4 KiB; three windows of 8,128 packets are 3 KiB of it.
    assert small < 1 << 20 and 3072 < (large - small) / 5000 < 8192, (small, large)


def resident_tables(pid: int) -> int:
    """Bytes in RAM of the program's static memory: the mapping behind the last one of its file."""
    program_file = str(Path(f"/proc/{pid}/exe").readlink())
    end = ""
    resident = -1
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        if found := re.match(r"([0-9a-f]+)-([0-9a-f]+) rw\S+ \S+ \S+ \S+\s*(.*)", line):
            if found[3] == program_file:
                end = found[2]
            elif found[1] == end:
                resident = 0
            elif resident > 0:
                break
        elif line.startswith("Rss:") and resident == 0:
            resident = int(line.split()[1]) * 1024
    return resident


def many_public_keys(count: int) -> list[str]:
    """Different keys; nobody has their private halves."""

    return [
        base64.b64encode(i.to_bytes(4, "big") + bytes(28)).decode() for i in range(1, count + 1)
    ]


def test_ipv4_works_where_ipv6_is_switched_off(wire: Wire, tmp_path: Path) -> None:
    wire.a.run("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1")
    ours, theirs = ends(wire)
    conf = wg_quick(ours, theirs, psk=None, endpoint=theirs.endpoint(4))
    conf = conf.replace(", fd99::1/64", "").replace(", fd99::2/128", "")
    start_zwg(ours, tmp_path, conf)
    assert ours.process is not None and ours.process.stop() == 0
