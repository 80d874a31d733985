# SPDX-License-Identifier: MIT
"""Endpoints that move, source addresses that stick, and the marks on outer packets."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rig.netns import Machine, ping
from rig.programs import wait_for
from rig.tunnels import MakeTunnel, start_zwg, wg_quick, wg_show

SECOND = {4: "192.0.2.9", 6: "2001:db8::9"}
FIRST_A = {4: "192.0.2.1", 6: "2001:db8::1"}
FIRST_B = {4: "192.0.2.2", 6: "2001:db8::2"}
BITS = {4: "24", 6: "64"}


def add_address(machine: Machine, version: int, address: str) -> None:
    words = ["addr", "add", f"{address}/{BITS[version]}", "dev", "wire"]
    machine.ip(*words, *(["nodad"] if version == 6 else []))


def remove_address(machine: Machine, version: int, address: str) -> None:
    machine.ip("addr", "del", f"{address}/{BITS[version]}", "dev", "wire")


def move(machine: Machine, version: int, first: str) -> None:
    """The only address of a family goes, another comes."""
    remove_address(machine, version, first)
    add_address(machine, version, SECOND[version])


# wireguard-go 0.0.20220316 sends nothing over IPv4 any more when the address that it sent from has
# gone, so it does not move there.
@pytest.mark.parametrize(
    ("other", "outer"), [("zwg-linux", 4), ("zwg-linux", 6), ("wireguard-go", 6)]
)
def test_it_follows_a_peer_that_moves(make_tunnel: MakeTunnel, other: str, outer: int) -> None:
    tunnel = make_tunnel(other, outer)
    assert ping(tunnel.zwg.machine, tunnel.other.v4).lost == 0
    move(tunnel.other.machine, outer, FIRST_B[outer])
    assert ping(tunnel.other.machine, tunnel.zwg.v4).lost == 0
    assert ping(tunnel.zwg.machine, tunnel.other.v4).lost == 0
    assert tunnel.zwg.process is not None
    moved = f"moved to {SECOND[outer]}:" if outer == 4 else f"moved to [{SECOND[outer]}]:"
    assert moved in tunnel.zwg.process.errors()


@pytest.mark.parametrize("outer", [4, 6])
def test_it_moves_and_its_peer_follows(make_tunnel: MakeTunnel, outer: int) -> None:
    tunnel = make_tunnel("wireguard-go", outer)
    ours, theirs = tunnel.zwg, tunnel.other
    assert ping(ours.machine, theirs.v4).lost == 0
    move(ours.machine, outer, FIRST_A[outer])
    assert ping(ours.machine, theirs.v4).lost == 0
    second = SECOND[outer] if outer == 4 else f"[{SECOND[outer]}]"
    assert wg_show(theirs, "endpoints") == f"{second}:{ours.port}"
    assert ping(theirs.machine, ours.v4).lost == 0


@pytest.mark.parametrize("outer", [4, 6])
def test_a_new_port_of_the_peer_is_followed(make_tunnel: MakeTunnel, outer: int) -> None:
    tunnel = make_tunnel("wireguard-go", outer)
    assert ping(tunnel.zwg.machine, tunnel.other.v4).lost == 0
    tunnel.other.machine.run("wg", "set", tunnel.other.interface, "listen-port", "52222")
    assert ping(tunnel.other.machine, tunnel.zwg.v4).lost == 0
    assert ping(tunnel.zwg.machine, tunnel.other.v4).lost == 0
    assert tunnel.zwg.process is not None
    assert re.search(r"moved to \S+:52222\n", tunnel.zwg.process.errors())


@pytest.mark.parametrize("outer", [4, 6])
def test_it_answers_from_the_address_that_was_called(make_tunnel: MakeTunnel, outer: int) -> None:
    """The second address of a machine answers for itself, until it is taken away."""
    tunnel = make_tunnel("wireguard-go", outer, calls="other")
    ours, theirs = tunnel.zwg, tunnel.other
    add_address(ours.machine, outer, SECOND[outer])
    second = f"{SECOND[outer]}:{ours.port}" if outer == 4 else f"[{SECOND[outer]}]:{ours.port}"
    theirs.machine.run(
        "wg", "set", theirs.interface, "peer", str(ours.key.public), "endpoint", second
    )
    assert ping(theirs.machine, ours.v4).lost == 0
    assert ping(ours.machine, theirs.v4).lost == 0
    assert wg_show(theirs, "endpoints") == second, "wireguard-go would have followed another source"
    remove_address(ours.machine, outer, SECOND[outer])
    assert ping(ours.machine, theirs.v4).lost == 0
    assert wg_show(theirs, "endpoints") == ours.endpoint(outer)


@pytest.mark.parametrize("outer", [4, 6])
def test_it_answers_from_an_address_of_another_interface(
    make_tunnel: MakeTunnel, outer: int
) -> None:
    """The caller's route leads to an address that is not on the wire by which it comes."""
    tunnel = make_tunnel("wireguard-go", outer, calls="other")
    ours, theirs = tunnel.zwg, tunnel.other
    address, bits = ("10.50.0.1", "/32") if outer == 4 else ("fd50::1", "/128")
    ours.machine.ip("addr", "add", address + bits, "dev", "lo")
    theirs.machine.ip("route", "add", address + bits, "via", ours.machine.outer(outer))
    called = f"{address}:{ours.port}" if outer == 4 else f"[{address}]:{ours.port}"
    theirs.machine.run(
        "wg", "set", theirs.interface, "peer", str(ours.key.public), "endpoint", called
    )
    assert ping(theirs.machine, ours.v4).lost == 0
    assert ping(ours.machine, theirs.v4).lost == 0
    assert wg_show(theirs, "endpoints") == called


CAPTURE = """
import socket, sys, time
wire = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons({ethertype}))
wire.bind(("wire", {ethertype}))
print("listening", flush=True)
wire.settimeout(0.2)
end = time.monotonic() + {seconds}
while time.monotonic() < end:
    try:
        packet, source = wire.recvfrom(65535)
    except TimeoutError:
        continue
    if source[2] != socket.PACKET_OUTGOING:
        print(packet.hex(), flush=True)
"""


def incoming(machine: Machine, version: int, seconds: float) -> subprocess.Popen[str]:
    """Prints the packets that come to the machine on the wire, in hex."""
    code = CAPTURE.format(ethertype=0x0800 if version == 4 else 0x86DD, seconds=seconds)
    words = [str(w) for w in machine.command(sys.executable, "-c", code)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "listening\n"
    return process


def class_and_type(packet: bytes, version: int) -> tuple[int, int]:
    """The traffic class of an outer packet, and the type of the WireGuard message in it."""
    if version == 4:
        return packet[1], packet[(packet[0] & 15) * 4 + 8]
    return (packet[0] << 4 | packet[1] >> 4) & 0xFF, packet[48]


@pytest.mark.parametrize("outer", [4, 6])
@pytest.mark.parametrize(("inner", "expected"), [(0, 0), (1, 1), (2, 2), (3, 2), (0xB8, 0)])
def test_congestion_marks_go_outside_and_the_rest_stays_inside(
    make_tunnel: MakeTunnel, outer: int, inner: int, expected: int
) -> None:
    """RFC 6040: ECN is copied out, CE as ECT(0); DSCP is not; handshakes bear 0x88 (F6)."""
    tunnel = make_tunnel("wireguard-go", outer, psk=False)
    capture = incoming(tunnel.other.machine, outer, 1.5)
    result = ping(tunnel.zwg.machine, tunnel.other.v4, "-Q", str(inner), count=3)
    assert result.lost == 0, result.output
    output, _ = capture.communicate(timeout=10)
    seen = [bytes.fromhex(line) for line in output.split()]
    seen = [packet for packet in seen if len(packet) > 60]
    marks = [class_and_type(packet, outer) for packet in seen]
    assert {mark for mark, kind in marks if kind == 1} == {0x88}
    data = [mark for mark, kind in marks if kind == 4]
    # A message of several datagrams crosses this wire before it is cut: a ping is 128 bytes of it.
    headers = 28 if outer == 4 else 48
    pings = sum(
        (len(packet) - headers) // 128
        for packet in seen
        if class_and_type(packet, outer) == (expected, 4)
    )
    assert pings >= 3 and set(data) <= {expected, 0}


def test_fwmark_is_on_outgoing_packets(make_tunnel: MakeTunnel) -> None:
    """Shown by a routing rule that knows nothing but the mark."""
    tunnel = make_tunnel("wireguard-go", calls="zwg", extra="FwMark = 0x2a")
    machine = tunnel.zwg.machine
    machine.ip("rule", "add", "fwmark", "0x2a", "blackhole", "priority", "10")
    assert ping(machine, tunnel.other.v4, "-W", "1", count=1).received == 0
    machine.ip("rule", "del", "priority", "10")
    wait_for(lambda: ping(machine, tunnel.other.v4, "-W", "6", count=1).received, 20, "a ping")


@pytest.mark.parametrize("outer", [4, 6])
def test_an_endpoint_that_is_a_name(make_tunnel: MakeTunnel, outer: int) -> None:
    """It is looked up at the start, here in a hosts file that ip netns puts in its place."""
    tunnel = make_tunnel("wireguard-go", outer, calls="zwg")
    ours, theirs = tunnel.zwg, tunnel.other
    assert ours.process is not None
    ours.process.stop()
    own_etc = Path("/etc/netns") / ours.machine.name
    own_etc.mkdir(parents=True)
    try:
        (own_etc / "hosts").write_text(f"{theirs.machine.outer(outer)} hub.example\n")
        conf = wg_quick(ours, theirs, psk=tunnel.psk, endpoint=f"hub.example:{theirs.port}")
        start_zwg(ours, ours.process.log.parent, conf)
        assert ping(ours.machine, theirs.v4).lost == 0
    finally:
        shutil.rmtree(own_etc)
        with contextlib.suppress(OSError):
            own_etc.parent.rmdir()
