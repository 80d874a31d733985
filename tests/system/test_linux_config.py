# SPDX-License-Identifier: MIT
"""zwg-linux's command line and its file: every mistake is named by its line, and nothing starts."""

from __future__ import annotations

import random
import re
import subprocess
from pathlib import Path

import pytest
from wg_host.keys import PresharedKey, PrivateKey

from rig.programs import SANITIZER, program
from rig.tunnels import write_private

OWN = PrivateKey.generate()
KEY = OWN.reveal_base64()
PEER = str(PrivateKey.generate().public)
PSK = PresharedKey.generate().reveal_base64()
INTERFACE = f"[Interface]\nPrivateKey = {KEY}\n"
BOTH = f"{INTERFACE}[Peer]\nPublicKey = {PEER}\n"


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program("zwg-linux"), *arguments], capture_output=True, text=True, timeout=60, check=False
    )


# Name: the file, the line of the mistake, and what the message must say.
MISTAKES: dict[str, tuple[str, int, str]] = {
    "no interface": ("", 1, "an [Interface]"),
    "only a peer": (f"[Peer]\nPublicKey = {PEER}\n", 3, "an [Interface]"),
    "two interfaces": (f"{INTERFACE}\n[Interface]\n", 4, "is given twice"),
    "another section": ("[Interfaces]\n", 1, "expected [Interface] or [Peer]"),
    "a setting before any section": (f"PrivateKey = {KEY}\n", 1, "[Interface] or [Peer] before it"),
    "no private key": ("# comment\n\n[Interface]\nListenPort = 1\n", 3, "a PrivateKey in it"),
    "private key cut short": (f"[Interface]\nPrivateKey = {KEY[:43]}\n", 2, "44 characters"),
    "private key with a wrong character": (
        f"[Interface]\nPrivateKey = !{KEY[1:]}\n",
        2,
        "32 bytes in base64",
    ),
    "private key twice": (f"{INTERFACE}PrivateKey = {KEY}\n", 3, "is given twice"),
    "private key empty": ("[Interface]\nPrivateKey =\n", 2, "expected a value"),
    "no equals sign": (f"{INTERFACE}ListenPort 51820\n", 3, "expected KEY = VALUE"),
    "unknown key": (f"{INTERFACE}ListenPorts = 1\n", 3, "is not a key of [Interface]"),
    "unknown key of a peer": (f"{BOTH}Nonsense = 1\n", 5, "is not a key of [Peer]"),
    "peer's key in the interface": (f"{INTERFACE}AllowedIPs = ::/0\n", 3, "belongs in [Peer]"),
    "interface's key in a peer": (f"{BOTH}MTU = 1400\n", 5, "belongs in [Interface]"),
    **{
        f"{key} of wg-quick": (f"{INTERFACE}{key} = x\n", 3, "is done by wg-quick")
        for key in ("DNS", "PreUp", "PostUp", "PreDown", "PostDown", "SaveConfig")
    },
    "port too large": (f"{INTERFACE}ListenPort = 65536\n", 3, "from 0 to 65535, not '65536'"),
    "port negative": (f"{INTERFACE}ListenPort = -1\n", 3, "from 0 to 65535"),
    "mtu too small": (f"{INTERFACE}MTU = 67\n", 3, "from 68 to 65475"),
    "mtu too large": (f"{INTERFACE}MTU = 65476\n", 3, "from 68 to 65475"),
    "mtu too small for IPv6": (f"{INTERFACE}MTU = 1279\nAddress = fd00::1/64\n", 1, "1280"),
    "address that is none": (f"{INTERFACE}Address = 10.0.0/24\n", 3, "not '10.0.0/24'"),
    "address in a list": (f"{INTERFACE}Address = 10.0.0.1/24, x\n", 3, "not 'x'"),
    "prefix too long": (f"{INTERFACE}Address = 10.0.0.1/33\n", 3, "a prefix length from 0 to 32"),
    "multicast address": (f"{INTERFACE}Address = 224.0.0.1\n", 3, "addresses of this machine"),
    "mark": (f"{INTERFACE}FwMark = 0x100000000\n", 3, "0xffffffff"),
    "mark that is a word": (f"{INTERFACE}FwMark = on\n", 3, "off, or a mark"),
    "table": (f"{INTERFACE}Table = main\n", 3, "auto, off, or the number"),
    "peer without a key": (f"{INTERFACE}[Peer]\nAllowedIPs = ::/0\n", 3, "a PublicKey in it"),
    "peer twice": (f"{BOTH}[Peer]\nPublicKey = {PEER}\n", 5, "that no other peer has"),
    "peer is oneself": (
        f"{INTERFACE}[Peer]\nPublicKey = {OWN.public}\n",
        3,
        "of another, not of this interface",
    ),
    "public key wrong": (f"{INTERFACE}[Peer]\nPublicKey = {PEER[:-1]}A\n", 4, "in base64"),
    "preshared key wrong": (f"{BOTH}PresharedKey = {PSK[:-2]}==\n", 5, "in base64"),
    "preshared key twice": (f"{BOTH}PresharedKey = {PSK}\nPresharedKey = {PSK}\n", 6, "twice"),
    "allowed ips": (f"{BOTH}AllowedIPs = 10.0.0.0/8,,::/0\n", 5, "separated by commas"),
    "allowed ips too long": (f"{BOTH}AllowedIPs = ::/129\n", 5, "128"),
    "endpoint without a port": (f"{BOTH}Endpoint = 192.0.2.1\n", 5, "HOST:PORT"),
    "endpoint with port 0": (f"{BOTH}Endpoint = 192.0.2.1:0\n", 5, "from 1 to 65535"),
    "endpoint without brackets": (f"{BOTH}Endpoint = 2001:db8::1:51820\n", 5, "[IPv6 address]"),
    "endpoint twice": (f"{BOTH}Endpoint = 192.0.2.1:1\nEndpoint = 192.0.2.1:1\n", 6, "twice"),
    "endpoint that has no address": (f"{BOTH}Endpoint = 256.1.1.1.:1\n", 5, "can be resolved"),
    "keepalive": (f"{BOTH}PersistentKeepalive = 65536\n", 5, "seconds from 0 to 65535"),
    "a zero byte": (f"{INTERFACE}MTU\0 = 1400\n", 3, "a zero byte"),
    "a line without end": (f"{INTERFACE}Address = {'1' * 70000}\n", 3, "65535 characters"),
    "not text": ("[Interface]\n\x1b[31m\x9b = 1\n", 2, "?[31m??: is not"),
    "binary": ("\x01\x02\x03\n", 1, "expected KEY = VALUE"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named_by_its_line(tmp_path: Path, name: str) -> None:
    text, line, expected = MISTAKES[name]
    file = write_private(tmp_path / "zwgtest.conf", text)
    done = run("-c", file)
    assert done.returncode == 2, done.stderr
    first, *rest = done.stderr.splitlines()
    assert rest == [], "one mistake, one line"
    assert first.startswith(f"zwg-linux: error: {file}:{line}: ")
    assert expected in first
    assert not any(secret[:40] in done.stderr for secret in (KEY, PSK))


def test_a_good_file_is_not_the_mistake(tmp_path: Path) -> None:
    """What the mistakes are made of is right: comments, case, blanks and lists as wg reads them."""
    text = f"""
    # zwg
    [interface]
    PRIVATEKEY={KEY}   # ours
    ListenPort = 0
    address = 10.0.0.1/24,fd00::1
    Address = 10.0.1.1
    MTU = 1280
    FwMark = 0xca6c
    Table = off
    [PEER]
    publickey = {PEER}
    PresharedKey = {PSK}
    AllowedIPs = 10.0.0.0/8 , ::/0
    AllowedIPs =
    Endpoint = [::1]:1
    PersistentKeepalive = off
    """
    file = write_private(tmp_path / "wrong name.conf", text)
    done = run("-c", file)
    assert (done.returncode, ".conf:" in done.stderr) == (2, False)
    file = write_private(tmp_path / "good", text + "Nonsense = 1\n")
    assert run("-c", file).stderr.startswith(f"zwg-linux: error: {file}:18: Nonsense")


def test_random_files_never_crash_it(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    seed = random.randrange(2**32)
    request.node.add_report_section("call", "seed", str(seed))
    noise = random.Random(seed)
    good = f"{BOTH}PresharedKey = {PSK}\nAllowedIPs = 10.0.0.0/8, fd00::/8\nEndpoint = [::1]:9\n"
    for _ in range(60):
        raw = bytearray(good.encode())
        for _ in range(noise.randrange(1, 6)):
            at = noise.randrange(len(raw))
            choice = noise.random()
            if choice < 0.4:
                raw[at] = noise.randrange(256)
            elif choice < 0.7:
                del raw[at : at + noise.randrange(1, 40)]
            else:
                raw[at:at] = noise.choice([b"[Peer]\n", b"=", b"\n", b"#", b"/", b"::", b","])
        # Whatever is left of it, it must not start: the last line is wrong.
        file = tmp_path / "zwgtest.conf"
        file.write_bytes(bytes(raw) + b"\nwrong\n")
        file.chmod(0o600)
        done = run("-c", file)
        assert done.returncode == 2, (raw, done.stderr)
        assert re.match(rf"zwg-linux: error: {re.escape(str(file))}:\d+: ", done.stderr), raw
        assert not any(word in done.stderr for word in SANITIZER)


def test_a_file_that_everyone_may_read_is_warned_of(tmp_path: Path) -> None:
    file = tmp_path / "zwgtest.conf"
    file.write_text("wrong\n")
    file.chmod(0o604)
    assert "warning" in run("-c", file).stderr
    file.chmod(0o600)
    assert "warning" not in run("-c", file).stderr


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "expected an interface name or -c FILE"),
        (["-c", "/nonexistent/zwg.conf"], "No such file"),
        (["-c", "x", "-i", "much-too-long-name"], "1 to 15"),
        (["-c", "x", "-i", "a/b"], "an interface name"),
        (["-c", "x", "-i", ""], "an interface name"),
        (["-c", "/etc/a b.conf"], "give one with -i"),
        (["-c", "x", "y"], "options only"),
        (["-x"], "--help"),
    ],
)
def test_a_wrong_command_line(arguments: list[str], expected: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2 and expected in done.stderr and done.stdout == ""


def test_help_and_version() -> None:
    assert run("--help").returncode == 0 and "PrivateKey" in run("-h").stdout
    assert re.fullmatch(r"zwg-linux \d+\.\d+\.\d+\n", run("-V").stdout)
