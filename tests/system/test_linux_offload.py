# SPDX-License-Identifier: MIT
"""Large packets between kernel and daemon: every byte arrives, with offloads and without.

What a kernel may lack is taken from the first daemon one by one, and all together; the other has
all that this kernel has. Traffic goes both ways.
"""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rig.netns import Machine, ping
from rig.refuse import NO_GRO, NO_OFFLOAD, NO_SEGMENT, NO_USO, NO_VNET_HDR
from rig.trio import Trio

ADDRESSES = (("10.98.0.1", "10.98.0.2"), ("fd98::1", "fd98::2"))
LACKING = {
    "nothing": (),
    "virtio header": (NO_VNET_HDR,),
    "TUN offload": (NO_OFFLOAD,),
    "TUN UDP offload": (NO_USO,),
    "UDP_SEGMENT": (NO_SEGMENT,),
    "UDP_GRO": (NO_GRO,),
    "all": (NO_VNET_HDR, NO_SEGMENT, NO_GRO),
}
SIZE = 8 << 20

RECEIVE = """
import hashlib, socket, sys
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
server = socket.create_server((sys.argv[1], 4000), family=family)
print("listening", flush=True)
connection, _ = server.accept()
digest = hashlib.sha256()
while data := connection.recv(1 << 20):
    digest.update(data)
print(digest.hexdigest())
"""
SEND = """
import socket, sys
with socket.create_connection((sys.argv[1], 4000)) as connection:
    connection.sendall(open(sys.argv[2], "rb").read())
"""
RECEIVE_UDP = """
import socket, sys
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
server = socket.socket(family, socket.SOCK_DGRAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
server.bind((sys.argv[1], 4000))
server.settimeout(5)
print("listening", flush=True)
try:
    for n in range(1000):
        if n == 142:
            server.settimeout(0.2)
        data = server.recv(65535)
        print(len(data), data[0], data == data[:1] * len(data))
except TimeoutError:
    pass
"""
# 12 messages of 11 datagrams, the last of each shorter; then some that are alone.
SEND_UDP = """
import socket, sys, time
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
client = socket.socket(family, socket.SOCK_DGRAM)
client.connect((sys.argv[1], 4000))
for message in range(12):
    client.setsockopt(17, 103, 1200)
    client.send(b"".join(bytes([message * 11 + n]) * (1200 if n < 10 else 77) for n in range(11)))
    time.sleep(0.01)
client.setsockopt(17, 103, 0)
for n in range(132, 142):
    client.send(bytes([n]) * n)
"""


def start(machine: Machine, code: str, *arguments: str | Path) -> subprocess.Popen[str]:
    words = [str(w) for w in machine.command(sys.executable, "-c", code, *arguments)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "listening\n"
    return process


def assert_transferred(sender: Machine, receiver: Machine, address: str, file: Path) -> None:
    server = start(receiver, RECEIVE, address)
    try:
        sender.run(sys.executable, "-c", SEND, address, file)
        output, _ = server.communicate(timeout=60)
        assert output.strip() == hashlib.sha256(file.read_bytes()).hexdigest()
    finally:
        server.kill()


def assert_datagrams(sender: Machine, receiver: Machine, address: str) -> None:
    """All of them, in order, each as it was sent."""
    server = start(receiver, RECEIVE_UDP, address)
    try:
        sender.run(sys.executable, "-c", SEND_UDP, address)
        output, _ = server.communicate(timeout=60)
    finally:
        server.kill()
    sizes = [1200 if n % 11 < 10 else 77 for n in range(132)] + list(range(132, 142))
    expected = [f"{size} {n} True" for n, size in enumerate(sizes)]
    assert output.splitlines() == expected


def average_packet(machine: Machine, interface: str, way: str) -> float:
    """Bytes of a packet that the kernel has sent to the interface ("tx"), or got from it ("rx")."""
    links = json.loads(machine.ip("-s", "-j", "link", "show", "dev", interface))
    counters = links[0]["stats64"][way]
    return float(counters["bytes"] / counters["packets"])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "bytes"
    path.write_bytes(random.Random(1).randbytes(SIZE))
    return path


# The TUN device knows nothing of the outer family.
CASES = {f"{what}, IPv4": (rules, 4) for what, rules in LACKING.items()} | {
    f"{what}, IPv6": (LACKING[what], 6) for what in ("nothing", "UDP_SEGMENT", "UDP_GRO")
}


@pytest.mark.parametrize(
    ("lacking_trio", "outer"), CASES.values(), ids=CASES.keys(), indirect=["lacking_trio"]
)
def test_every_byte_arrives(lacking_trio: Trio, outer: int, file: Path) -> None:
    trio = lacking_trio
    trio.meet(outer)
    one, two = trio.machines
    assert ping(one, ADDRESSES[0][1], count=1).lost == 0
    for addresses in ADDRESSES:
        assert_transferred(one, two, addresses[1], file)
        assert_transferred(two, one, addresses[0], file)
        assert_datagrams(one, two, addresses[1])
        assert_datagrams(two, one, addresses[0])


@pytest.mark.parametrize(
    ("lacking_trio", "large"), [((), True), ((NO_OFFLOAD,), False)], indirect=["lacking_trio"],
    ids=["large", "not large"],
)  # fmt: skip
def test_packets_are_large_where_the_kernel_can(
    lacking_trio: Trio, large: bool, file: Path
) -> None:
    """On both ways, between kernel and daemon; where not, none is larger than the MTU."""
    trio = lacking_trio
    trio.meet()
    one, two = trio.machines
    assert ping(one, ADDRESSES[0][1], count=1).lost == 0
    assert_transferred(one, two, ADDRESSES[0][1], file)
    sent = average_packet(one, trio.one.interface, "tx")
    if not large:
        assert 1200 < sent <= 1420
        return
    received = average_packet(two, trio.two.interface, "rx")
    if sent <= 1420:
        pytest.skip("the kernel's TUN device has no offload")
    assert sent > 4000 and received > 4000


@pytest.mark.parametrize("outer", [4, 6])
def test_datagrams_larger_than_the_outer_mtu_are_fragmented(
    trio: Trio, outer: int, file: Path
) -> None:
    """The kernel cuts no message into datagrams that do not fit: they go one by one."""
    trio.meet(outer)
    trio.outer.ip("link", "set", "lo", "mtu", "1400")
    one, two = trio.machines
    assert ping(one, ADDRESSES[0][1], count=1).lost == 0
    for addresses in ADDRESSES:
        assert_transferred(one, two, addresses[1], file)
        assert_transferred(two, one, addresses[0], file)


def test_what_waited_for_a_handshake_leaves_by_itself(trio: Trio) -> None:
    """One packet that starts it, and nothing else on any side that could push it along."""
    for machine in trio.machines:
        machine.run("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1")
    trio.meet()
    # The kernel tells of the links' new state up to a second later.
    time.sleep(2)
    assert ping(trio.machines[0], ADDRESSES[0][1], "-W", "3", count=1).lost == 0
