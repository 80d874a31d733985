# SPDX-License-Identifier: MIT
"""wg(8) on zwg-linux: every field it shows, and every way it has to configure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from wg_host.keys import PresharedKey, PrivateKey

from rig.needs import missing
from rig.netns import Wire, run
from rig.uapi import Device

P, Q, R = (str(PrivateKey.generate().public) for _ in range(3))


@pytest.fixture
def device(wire: Wire, tmp_path: Path) -> Iterator[Device]:
    """An interface that is down and empty."""
    if reason := missing("wg"):
        pytest.skip(reason)
    device = Device(wire.a, f"{wire.tag}u0", tmp_path)
    yield device
    device.stop()


def conf(*parts: str) -> str:
    return "\n".join(parts) + "\n"


def peer(key: str, allowed: str, *more: str) -> str:
    return conf("[Peer]", f"PublicKey = {key}", f"AllowedIPs = {allowed}", *more)


def setconf(device: Device, verb: str, text: str) -> None:
    device.wg(verb, "/dev/stdin", stdin=text)


def prefixes(device: Device) -> dict[str, set[str]]:
    """What each peer has."""
    lines = (line.split() for line in device.show("allowed-ips").splitlines())
    return {key: set(rest) - {"(none)"} for key, *rest in lines}


def test_every_field(device: Device) -> None:
    psk = PresharedKey.generate()
    device.wg_set(
        "private-key", device.key, "listen-port", "51820", "fwmark", "0xca6c",
        "peer", P, "preshared-key", psk, "endpoint", "[2001:db8::1]:7",
        "persistent-keepalive", "25", "allowed-ips", "10.0.0.0/8,fd00::/16",
        "peer", Q,
    )  # fmt: skip
    assert device.show("public-key") == str(device.key.public)
    assert device.show("private-key") == device.key.reveal_base64()
    assert device.show("listen-port") == "51820"
    assert device.show("fwmark") == "0xca6c"
    assert set(device.show("peers").split()) == {P, Q}
    expected = {
        "preshared-keys": (psk.reveal_base64(), "(none)"),
        "endpoints": ("[2001:db8::1]:7", "(none)"),
        "persistent-keepalive": ("25", "off"),
        "latest-handshakes": ("0", "0"),
        "transfer": ("0\t0", "0\t0"),
    }
    for what, values in expected.items():
        shown = dict(line.split("\t", 1) for line in device.show(what).splitlines())
        assert (shown[P], shown[Q]) == values, what
    assert prefixes(device) == {P: {"10.0.0.0/8", "fd00::/16"}, Q: set()}
    dump = [line.split("\t") for line in device.show("dump").splitlines()]
    assert dump[0] == [device.key.reveal_base64(), str(device.key.public), "51820", "0xca6c"]
    assert sorted(map(len, dump)) == [4, 8, 8]
    assert device.interface in run("wg", "show", "interfaces").split()


def test_the_private_key_is_clamped_and_taken_away(device: Device) -> None:
    """The two of netns.sh."""
    device.wg("set", "private-key", "/dev/stdin", stdin="/" * 42 + "8=\n")
    assert device.show("private-key") == "+P" + "/" * 39 + "38="
    device.wg("set", "private-key", "/dev/stdin", stdin="A" * 43 + "=\n")
    assert device.show("private-key") == "(none)"


def test_a_peer_stays_as_it_was_when_another_changes(device: Device) -> None:
    device.wg_set("peer", P, "allowed-ips", "10.0.0.0/8", "persistent-keepalive", "9")
    before = device.show("dump").splitlines()[1]
    device.wg_set("peer", Q, "allowed-ips", "11.0.0.0/8")
    device.wg_set("peer", Q, "remove")
    assert device.show("dump").splitlines()[1:] == [before]


def test_setconf_replaces_all(device: Device) -> None:
    setconf(device, "setconf", conf("[Interface]", "ListenPort = 1") + peer(P, "10.0.0.0/8"))
    setconf(device, "setconf", conf("[Interface]", "ListenPort = 2") + peer(Q, "11.0.0.0/8"))
    assert prefixes(device) == {Q: {"11.0.0.0/8"}} and device.show("listen-port") == "2"


def test_addconf_adds(device: Device) -> None:
    setconf(device, "setconf", conf("[Interface]", "ListenPort = 1") + peer(P, "10.0.0.0/8"))
    setconf(device, "addconf", peer(Q, "11.0.0.0/8") + peer(P, "12.0.0.0/8"))
    assert prefixes(device)[Q] == {"11.0.0.0/8"} and "12.0.0.0/8" in prefixes(device)[P]
    assert device.show("listen-port") == "1"


def test_syncconf_leaves_alone_what_stays(device: Device) -> None:
    setconf(
        device, "setconf",
        peer(P, "10.0.0.0/8", "Endpoint = 192.0.2.9:5") + peer(Q, "11.0.0.0/8"),
    )  # fmt: skip
    setconf(device, "syncconf", peer(P, "10.0.0.0/8, 13.0.0.0/8") + peer(R, "11.0.0.0/8"))
    assert prefixes(device) == {P: {"10.0.0.0/8", "13.0.0.0/8"}, R: {"11.0.0.0/8"}}
    assert "192.0.2.9:5" in device.show("endpoints"), "it was not told anew"


def test_showconf_is_what_setconf_takes(device: Device) -> None:
    device.wg_set(
        "private-key", device.key, "listen-port", "51820", "fwmark", "7",
        "peer", P, "preshared-key", PresharedKey.generate(), "endpoint", "192.0.2.1:7",
        "persistent-keepalive", "25", "allowed-ips", "10.0.0.0/8,fd00::/16",
    )  # fmt: skip
    shown = device.wg("showconf")
    setconf(device, "setconf", conf("[Interface]", "ListenPort = 1"))
    assert device.wg("showconf") != shown
    setconf(device, "setconf", shown)
    assert device.wg("showconf") == shown


def test_an_error_reaches_the_user(device: Device) -> None:
    """wg sends no such thing by itself; the port it can ask for in vain."""
    device.machine.ip("link", "set", device.interface, "up")
    other = device.machine.run(
        "python3", "-c",
        "import socket, subprocess, sys\n"
        "s = socket.socket(type=socket.SOCK_DGRAM); s.bind(('', 7777))\n"
        f"r = subprocess.run(['wg', 'set', '{device.interface}', 'listen-port', '7777'],"
        " capture_output=True, text=True); print(r.returncode, r.stderr)",
    )  # fmt: skip
    assert other.startswith("1 ") and "Address already in use" in other


def test_thousands_of_peers_by_syncconf(device: Device) -> None:
    """5,000 that stay, 500 that go, 500 that come."""
    keys = [str(PrivateKey.generate().public) for _ in range(5500)]
    line = [peer(key, f"10.{n >> 8}.{n & 255}.0/24") for n, key in enumerate(keys)]
    setconf(device, "setconf", "".join(line[:5000]))
    setconf(device, "syncconf", "".join(line[500:]))
    assert set(device.show("peers").split()) == set(keys[500:])
    assert prefixes(device)[keys[5499]] == {"10.21.123.0/24"}
