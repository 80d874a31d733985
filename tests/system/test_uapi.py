# SPDX-License-Identifier: MIT
"""The cross-platform interface, byte by byte: keys, errors, and clients that do not behave."""

from __future__ import annotations

import errno
import hashlib
import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from wg_host.keys import PresharedKey, PrivateKey

from rig.memory import secrets_at_exit, secrets_in
from rig.netns import Wire
from rig.programs import Process, program, wait_for
from rig.uapi import DIRECTORY, Connection, Device, fields, hex_key, request, socket_path

A, B, C = (f"{n:064x}" for n in (0xA1, 0xB2, 0xC3))
OK = "errno=0\n\n"


@pytest.fixture
def make_device(wire: Wire, tmp_path: Path) -> Iterator[Callable[..., Device]]:
    """Makes interfaces that are down and empty; at the end they must stop cleanly."""
    made: list[Device] = []

    def make(**env: str) -> Device:
        made.append(Device(wire.a, f"{wire.tag}u{len(made)}", tmp_path, **env))
        return made[-1]

    yield make
    for device in made:
        device.stop()


@pytest.fixture
def device(make_device: Callable[..., Device]) -> Device:
    return make_device()


def public_keys(count: int) -> list[str]:
    """Lines that name so many peers."""
    return [
        f"public_key={hashlib.sha256(bytes(str(n), 'ascii')).hexdigest()}" for n in range(count)
    ]


def configured(device: Device) -> str:
    """Two peers and everything that an interface can have; the answer to get."""
    key, psk = PrivateKey.generate(), PresharedKey.generate()
    assert device.set(
        f"private_key={hex_key(key)}", "listen_port=51820", "fwmark=4660",
        f"public_key={A}", f"preshared_key={hex_key(psk)}", "endpoint=192.0.2.9:1234",
        "persistent_keepalive_interval=65535", "replace_allowed_ips=true",
        "allowed_ip=10.0.0.0/8", "allowed_ip=fd00::/16", "protocol_version=1",
        f"public_key={B}", "endpoint=[2001:db8::1]:65535", "allowed_ip=0.0.0.0/0",
    ) == OK  # fmt: skip
    return device.get()


def test_a_new_interface(device: Device) -> None:
    assert device.get() == "listen_port=0\nfwmark=0\n" + OK
    assert stat.S_IMODE(socket_path(device.interface).stat().st_mode) == 0o700
    assert stat.S_IMODE(DIRECTORY.stat().st_mode) & ~0o755 == 0
    link = device.machine.ip("link", "show", "dev", device.interface)
    assert "mtu 1420" in link and "DOWN" in link


def test_get_says_what_was_set(device: Device) -> None:
    answer = configured(device)
    lines = answer.splitlines()
    assert lines[0].startswith("private_key=") and lines[1:4] == [
        "listen_port=51820", "fwmark=4660", f"public_key={A}",
    ]  # fmt: skip
    assert fields(answer, "public_key") == [A, B]
    assert fields(answer, "endpoint") == ["192.0.2.9:1234", "[2001:db8::1]:65535"]
    assert fields(answer, "persistent_keepalive_interval") == ["65535", "0"]
    assert set(fields(answer, "allowed_ip")) == {"10.0.0.0/8", "fd00::/16", "0.0.0.0/0"}
    assert fields(answer, "protocol_version") == ["1", "1"]
    assert fields(answer, "preshared_key")[1] == "0" * 64
    for key in ("last_handshake_time_sec", "last_handshake_time_nsec", "rx_bytes", "tx_bytes"):
        assert fields(answer, key) == ["0", "0"], key
    assert answer.endswith("\n" + OK)


def test_keys_are_taken_away_by_zeros(device: Device) -> None:
    configured(device)
    assert device.set(f"private_key={'0' * 64}", "fwmark=", f"public_key={A}",
                      f"preshared_key={'0' * 64}") == OK  # fmt: skip
    answer = device.get()
    assert fields(answer, "private_key") == [] and fields(answer, "fwmark") == ["0"]
    assert fields(answer, "preshared_key") == ["0" * 64] * 2


def prefixes(device: Device) -> dict[str, set[str]]:
    """What each peer has."""
    found: dict[str, set[str]] = {}
    for line in device.get().splitlines():
        key, _, value = line.partition("=")
        if key == "public_key":
            peer = found[value] = set()
        elif key == "allowed_ip":
            peer.add(value)
    return found


def test_allowed_ips_are_added_replaced_and_removed(device: Device) -> None:
    a = f"public_key={A}"
    ten, eleven = "10.0.0.0/8", "11.0.0.0/8"
    assert device.set(a, f"allowed_ip={ten}") == OK
    assert device.set(a, f"allowed_ip={eleven}") == OK
    assert prefixes(device) == {A: {ten, eleven}}
    assert device.set(a, f"allowed_ip=-{ten}", "allowed_ip=-12.0.0.0/8") == OK
    assert prefixes(device) == {A: {eleven}}
    assert device.set(a, "replace_allowed_ips=true", f"allowed_ip={ten}") == OK
    assert prefixes(device) == {A: {ten}}
    # Host bits do not count, and a prefix has one owner.
    assert device.set(f"public_key={B}", "allowed_ip=10.9.8.7/8") == OK
    assert prefixes(device) == {A: set(), B: {ten}}
    assert device.set(a, f"allowed_ip=-{ten}") == OK
    assert prefixes(device) == {A: set(), B: {ten}}, "only its owner can give it up"


def test_peers_are_updated_removed_and_replaced(device: Device) -> None:
    a, b, c = (f"public_key={key}" for key in (A, B, C))
    assert device.set(a, "persistent_keepalive_interval=5", b, c, "update_only=true") == OK
    assert set(prefixes(device)) == {A, B}
    assert device.set(a, "update_only=true", "persistent_keepalive_interval=6", c, "remove=true",
                      b, "remove=true", "update_only=true") == OK  # fmt: skip
    assert set(prefixes(device)) == {A}
    assert fields(device.get(), "persistent_keepalive_interval") == ["6"]
    assert device.set("replace_peers=true", c) == OK
    assert set(prefixes(device)) == {C}
    assert device.set(a, "remove=true", a, "allowed_ip=10.0.0.0/8", c, "remove=true", c) == OK
    assert prefixes(device) == {A: {"10.0.0.0/8"}, C: set()}


@pytest.mark.parametrize(
    ("given", "kept"),
    [("0" * 62 + "ff", "0" * 62 + "7f"), ("ff" * 32, "f8" + "ff" * 30 + "7f")],
)
def test_the_private_key_is_clamped(device: Device, given: str, kept: str) -> None:
    """RFC 7748 section 5; netns.sh."""
    assert device.set(f"private_key={given}") == OK
    assert fields(device.get(), "private_key")[0][2:62] == kept[2:62]
    scalar = bytes.fromhex(fields(device.get(), "private_key")[0])
    assert scalar[0] & 7 == 0 and scalar[31] & 0xC0 == 0x40


# Line behind those that are good: what is wrong with it, and the errno.
BAD = {
    "no equals sign": ("listen_port", errno.EPROTO),
    "unknown key": ("nonsense=1", errno.EINVAL),
    "empty key": ("=1", errno.EINVAL),
    "key in capitals": ("LISTEN_PORT=1", errno.EINVAL),
    "blank before the value": ("listen_port= 1", errno.EINVAL),
    "carriage return": ("listen_port=1\r", errno.EINVAL),
    "zero byte": ("listen_port=1\0", errno.EINVAL),
    "private key short": ("private_key=" + "a" * 63, errno.EINVAL),
    "private key long": ("private_key=" + "a" * 65, errno.EINVAL),
    "private key not hex": ("private_key=" + "g" * 64, errno.EINVAL),
    "private key empty": ("private_key=", errno.EINVAL),
    "port too large": ("listen_port=65536", errno.EINVAL),
    "port negative": ("listen_port=-1", errno.EINVAL),
    "port not a number": ("listen_port=one", errno.EINVAL),
    "port empty": ("listen_port=", errno.EINVAL),
    "mark too large": ("fwmark=4294967296", errno.EINVAL),
    "mark in hex": ("fwmark=0x1", errno.EINVAL),
    "replace_peers false": ("replace_peers=false", errno.EINVAL),
    "key of a peer before any": ("allowed_ip=10.0.0.0/8", errno.EINVAL),
    "line too long": ("nonsense=" + "x" * 100000, errno.EINVAL),
    "public key short": (f"public_key={A[:-1]}", errno.EINVAL),
    "public key not hex": (f"public_key={A[:-1]}x", errno.EINVAL),
    "key of the interface in a peer": (f"public_key={C}\nlisten_port=1", errno.EINVAL),
    "preshared key short": (f"public_key={C}\npreshared_key=00", errno.EINVAL),
    "remove false": (f"public_key={A}\nremove=false", errno.EINVAL),
    "update_only 1": (f"public_key={A}\nupdate_only=1", errno.EINVAL),
    "replace_allowed_ips empty": (f"public_key={A}\nreplace_allowed_ips=", errno.EINVAL),
    "endpoint without port": (f"public_key={A}\nendpoint=192.0.2.1", errno.EINVAL),
    "endpoint port 0": (f"public_key={A}\nendpoint=192.0.2.1:0", errno.EINVAL),
    "endpoint port too large": (f"public_key={A}\nendpoint=192.0.2.1:65536", errno.EINVAL),
    "endpoint a name": (f"public_key={A}\nendpoint=example.org:1", errno.EINVAL),
    "endpoint IPv6 bare": (f"public_key={A}\nendpoint=2001:db8::1:1", errno.EINVAL),
    "endpoint zone unknown": (f"public_key={A}\nendpoint=[fe80::1%nowhere]:1", errno.EINVAL),
    "endpoint zone empty": (f"public_key={A}\nendpoint=[fe80::1%]:1", errno.EINVAL),
    "endpoint empty": (f"public_key={A}\nendpoint=", errno.EINVAL),
    "keepalive too large": (f"public_key={A}\npersistent_keepalive_interval=65536", errno.EINVAL),
    "keepalive off": (f"public_key={A}\npersistent_keepalive_interval=off", errno.EINVAL),
    "prefix without length": (f"public_key={A}\nallowed_ip=10.0.0.0", errno.EINVAL),
    "prefix too long": (f"public_key={A}\nallowed_ip=10.0.0.0/33", errno.EINVAL),
    "prefix too long, IPv6": (f"public_key={A}\nallowed_ip=fd00::/129", errno.EINVAL),
    "prefix not an address": (f"public_key={A}\nallowed_ip=10.0.0/8", errno.EINVAL),
    "prefix empty": (f"public_key={A}\nallowed_ip=", errno.EINVAL),
    "prefix only a minus": (f"public_key={A}\nallowed_ip=-", errno.EINVAL),
    "protocol version": (f"public_key={A}\nprotocol_version=2", errno.EINVAL),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_line_is_answered_and_nothing_changes(device: Device, name: str) -> None:
    """The good lines before it and behind it are not carried out, and the connection goes on."""
    before = configured(device)
    line, code = BAD[name]
    connection = Connection(device.interface)
    bad = f"set=1\nlisten_port=7\nfwmark=7\nreplace_peers=true\n{line}\npublic_key={C}\n\n"
    assert connection.ask(bad) == f"errno=-{code}\n\n"
    assert connection.ask("get=1\n\n") == before
    assert connection.ask("set=1\nfwmark=9\n\n") == OK
    assert fields(device.get(), "fwmark") == ["9"]
    connection.close()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("put=1\n\n", errno.EINVAL),
        ("get=2\n\n", errno.EINVAL),
        ("set=0\nlisten_port=7\n\n", errno.EINVAL),
        ("get\n\n", errno.EPROTO),
        ("get=1\nlisten_port=1\n\n", errno.EINVAL),
        ("x" * 100000 + "\n\n", errno.EINVAL),
    ],
)
def test_an_unknown_operation(device: Device, text: str, code: int) -> None:
    before = configured(device)
    connection = Connection(device.interface)
    assert connection.ask(text) == f"errno=-{code}\n\n"
    assert connection.ask("get=1\n\n") == before
    connection.close()


def test_a_port_that_is_taken_changes_nothing(device: Device) -> None:
    before = configured(device)
    device.machine.ip("link", "set", device.interface, "up")
    holder = Process(
        device.machine.command(
            "python3", "-c",
            "import socket, time; s = socket.socket(type=socket.SOCK_DGRAM); "
            "s.bind(('', 7777)); print(flush=True); time.sleep(100)",
        ),
        device.process.log.parent / "holder",
    )  # fmt: skip
    assert holder.popen.stdout is not None and holder.popen.stdout.readline()
    try:
        assert device.set("fwmark=1", "listen_port=7777", f"public_key={C}") == (
            f"errno=-{errno.EADDRINUSE}\n\n"
        )
        after = device.get()
        for key in ("fwmark", "listen_port", "public_key"):
            assert fields(after, key) == fields(before, key)
    finally:
        holder.kill()


def test_it_opens_a_port_given_after_one_that_was_taken(device: Device) -> None:
    """An interface that could not come up does as soon as it has a port."""
    ours, other = device, Process(
        device.machine.command(
            "python3", "-c",
            "import socket, time; s = socket.socket(type=socket.SOCK_DGRAM); "
            "s.bind(('', 51820)); print(flush=True); time.sleep(100)",
        ),
        device.process.log.parent / "holder",
    )  # fmt: skip
    assert other.popen.stdout is not None and other.popen.stdout.readline()
    try:
        configured(ours)
        ours.machine.ip("link", "set", ours.interface, "up")
        wait_for(lambda: "cannot be opened" in ours.process.errors(), 5, "it says so")
        assert ours.set("listen_port=51821") == OK
        assert ":51821 " in ours.machine.run("ss", "-lun")
    finally:
        other.kill()


def test_more_peers_than_there_is_room_for(device: Device) -> None:
    """65,536 are taken; one more is refused with the whole of its request, until one has gone."""
    lines = public_keys(65536)
    assert device.ask(request(lines)) == OK
    assert device.set("fwmark=5", f"public_key={A}") == f"errno=-{errno.ENOSPC}\n\n"
    answer = device.get()
    assert len(fields(answer, "public_key")) == 65536 and fields(answer, "fwmark") == ["0"]
    assert device.set(lines[7], "remove=true", f"public_key={A}") == OK
    assert A in fields(device.get(), "public_key")
    assert device.ask(request(["replace_peers=true", *lines])) == OK
    assert A not in fields(device.get(), "public_key")


def test_more_prefixes_than_there_is_room_for(device: Device) -> None:
    peers = ([f"public_key={p + 1:064x}"]
             + [f"allowed_ip=10.{p}.{n >> 8}.{n & 255}/32" for n in range(65536)]
             for p in range(4))  # fmt: skip
    lines = [line for peer in peers for line in peer]
    assert device.ask(request(lines)) == OK
    more = [f"public_key={A}", "allowed_ip=11.0.0.0/8"]
    assert device.set("fwmark=5", *more) == f"errno=-{errno.ENOSPC}\n\n"
    assert fields(device.get(), "fwmark") == ["0"]
    assert device.set(lines[0], "replace_allowed_ips=true", *more) == OK
    assert len(fields(device.get(), "allowed_ip")) == 3 * 65536 + 1


def test_several_requests_on_one_connection_in_one_write(device: Device) -> None:
    connection = Connection(device.interface)
    connection.send("set=1\nfwmark=1\n\n\nget=1\n\nset=1\nnonsense=1\n\nget=1\n\n")
    assert connection.answer() == OK
    assert connection.answer() == "listen_port=0\nfwmark=1\n" + OK
    assert connection.answer() == f"errno=-{errno.EINVAL}\n\n"
    assert connection.answer() == "listen_port=0\nfwmark=1\n" + OK
    connection.close()


def test_a_request_byte_by_byte(device: Device) -> None:
    connection = Connection(device.interface)
    for byte in b"set=1\nfwmark=77\n\n":
        connection.send(bytes([byte]))
    assert connection.answer() == OK
    connection.close()


def test_a_client_that_ends_its_half(device: Device) -> None:
    """As `nc -N` does: the answer still comes, then the end."""
    connection = Connection(device.interface)
    connection.send("get=1\n\n")
    connection.socket.shutdown(socket.SHUT_WR)
    assert connection.answer() == "listen_port=0\nfwmark=0\n" + OK
    assert connection.answer() == ""
    connection.close()


@pytest.mark.parametrize("text", ["set=1\nfwmark=1\n", "set=1\nfwmark=1", "set=1", "get=1\n"])
def test_a_request_that_is_cut_off_is_not_carried_out(device: Device, text: str) -> None:
    connection = Connection(device.interface)
    connection.send(text)
    connection.socket.shutdown(socket.SHUT_WR)
    assert connection.answer() == f"errno=-{errno.EPROTO}\n\n"
    assert connection.answer() == ""
    connection.close()
    assert fields(device.get(), "fwmark") == ["0"]


def test_a_client_that_leaves_without_its_answer(device: Device) -> None:
    connection = Connection(device.interface)
    connection.send("set=1\nfwmark=3\n\nget=1\n\n")
    connection.close()
    wait_for(lambda: fields(device.get(), "fwmark") == ["3"], 5, "it was carried out")


def test_a_client_that_does_not_read_holds_nobody_up(device: Device) -> None:
    lines = public_keys(20000)
    assert device.ask(request(lines)) == OK
    slow = Connection(device.interface)
    slow.send("get=1\n\n" * 50)
    for mark in range(1, 5):
        assert device.set(f"fwmark={mark}") == OK
    # The first answer is of one moment, whatever was set while it was sent.
    first = slow.answer()
    assert len(fields(first, "public_key")) == 20000 and first.endswith(OK)
    slow.close()
    assert device.set("fwmark=9") == OK


def test_silent_connections_give_way(device: Device) -> None:
    """However many are left open, another is served."""
    idle = [Connection(device.interface) for _ in range(64)]
    assert device.set("fwmark=9") == OK
    assert idle[0].socket.recv(1) == b"", "the oldest was closed"
    for connection in idle:
        connection.close()


def test_removing_the_socket_ends_it(device: Device) -> None:
    socket_path(device.interface).unlink()
    assert device.process.popen.wait(10) == 0
    assert not device.machine.has_interface(device.interface)


def test_removing_the_interface_ends_it(device: Device) -> None:
    device.machine.ip("link", "del", device.interface)
    assert device.process.popen.wait(10) == 0
    assert not socket_path(device.interface).exists()


def test_a_socket_left_behind_is_replaced(make_device: Callable[..., Device]) -> None:
    device = make_device()
    device.process.kill()
    wait_for(lambda: not device.machine.has_interface(device.interface), 5, "its interface went")
    assert socket_path(device.interface).exists()
    again = Device(device.machine, device.interface, device.process.log.parent)
    assert again.get() == "listen_port=0\nfwmark=0\n" + OK
    again.stop()


def test_a_name_that_is_served_is_refused(device: Device, wire: Wire, tmp_path: Path) -> None:
    """Also from another namespace: the directory is one."""
    second = Process(
        wire.b.command(program("zwg-linux"), "-f", device.interface), tmp_path / "second"
    )
    assert second.popen.wait(10) == 1
    assert f"{device.interface}.sock: Address already in use" in second.errors()
    assert not wire.b.has_interface(device.interface)
    assert device.get().endswith(OK), "the first is not disturbed"


def test_into_the_background(wire: Wire) -> None:
    """As wg-quick calls it: when it returns, the interface and its socket are there."""
    name = f"{wire.tag}u"
    wire.a.run(program("zwg-linux"), name)
    try:
        assert socket_path(name).exists() and wire.a.has_interface(name)
    finally:
        wire.a.ip("link", "del", name)
    wait_for(lambda: not socket_path(name).exists(), 10, "it has ended")


def test_stopping_wipes_the_keys_that_came_and_went(wire: Wire, tmp_path: Path) -> None:
    """Set, asked for, and refused: nothing of them is left, in bytes or in hex."""
    device = Device(wire.a, f"{wire.tag}u", tmp_path, ASAN_OPTIONS="detect_leaks=0")
    keys = {name: PrivateKey.generate() for name in ("set", "replaced", "refused", "shared")}
    assert device.set(f"private_key={hex_key(keys['replaced'])}") == OK
    assert device.set(f"private_key={hex_key(keys['refused'])}", "nonsense=1") != OK
    assert device.set(f"private_key={hex_key(keys['set'])}", f"public_key={A}",
                      f"preshared_key={hex_key(keys['shared'])}") == OK  # fmt: skip
    raw = {name: key.reveal()[1:31] for name, key in keys.items()}
    text = {f"{name} in hex": hex_key(key)[2:62].encode() for name, key in keys.items()}
    assert hex_key(keys["shared"]) in device.get()
    pid = device.process.pid
    assert secrets_in(pid, raw) == {"set", "shared"}, "they are looked for rightly"
    assert secrets_in(pid, text) == set(), "requests and answers are forgotten at once"
    assert secrets_at_exit(pid, raw | text) == set()


@pytest.mark.parametrize(("level", "says"), [("verbose", True), ("error", False)])
def test_log_level(make_device: Callable[..., Device], level: str, says: bool) -> None:
    device = make_device(LOG_LEVEL=level)
    device.stop()
    assert ("stopped" in device.process.errors()) is says
