# SPDX-License-Identifier: MIT
"""wg-quick files: what is read, what is written, and what is said of mistakes."""

from __future__ import annotations

import base64
import ipaddress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wg_host import config
from wg_host.config import Config, Interface, Peer
from wg_host.endpoint import Endpoint
from wg_host.errors import ConfigError, UsageError
from wg_host.keys import PresharedKey, PrivateKey, PublicKey

KEY = base64.b64encode(bytes(range(32))).decode()
KEY2 = base64.b64encode(bytes(range(1, 33))).decode()

GOOD = f"""
# our end
[interface]
privatekey={KEY}   # secret
Address = 10.1.1.200/24, fd00::200/64
ADDRESS = 10.9.9.9
ListenPort = 51820
MTU = 1280
DNS = 10.1.1.1
PostUp = echo a = b

[Peer]
PublicKey = {KEY}
PresharedKey = {KEY2}
AllowedIPs = 10.1.1.50/32
AllowedIPs = fd00::50, 10.2.3.4/16
Endpoint = [2001:db8::1]:51820
PersistentKeepalive = 25

[Peer]
PublicKey = {KEY2}
AllowedIPs =10.3.0.0/16
Endpoint = board.example:1
PersistentKeepalive = off
"""


def test_a_file_with_everything() -> None:
    c = config.parse(GOOD)
    assert c.interface.private_key.reveal_base64() == KEY
    assert [str(a) for a in c.interface.addresses] == [
        "10.1.1.200/24",
        "fd00::200/64",
        "10.9.9.9/32",
    ]
    assert (c.interface.listen_port, c.interface.mtu) == (51820, 1280)
    assert c.interface.passed_on == (("DNS", "10.1.1.1"), ("PostUp", "echo a = b"))
    first, second = c.peers
    assert first.preshared_key == PresharedKey.parse(KEY2)
    assert [str(n) for n in first.allowed_ips] == ["10.1.1.50/32", "fd00::50/128", "10.2.0.0/16"]
    assert first.endpoint == Endpoint("2001:db8::1", 51820)
    assert (first.keepalive, second.keepalive) == (25, 0)
    assert second.endpoint == Endpoint("board.example", 1)


def test_what_is_written_reads_the_same() -> None:
    c = config.parse(GOOD)
    assert config.parse(config.dump(c)) == c


OWN = f"[Interface]\nPrivateKey = {KEY}\n"
PEER = f"{OWN}[Peer]\nPublicKey = {KEY}\n"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 0, "no [Interface]"),
        (f"[Peer]\nPublicKey = {KEY}\n", 0, "no [Interface]"),
        ("[Interface]\n", 1, "expected a PrivateKey"),
        ("PrivateKey = x\n", 1, "expected [Interface] or [Peer] before it"),
        ("[Interfaces]\n", 1, "'[Interfaces]': expected [Interface] or [Peer]"),
        (OWN + "[Interface]\n", 3, "given twice"),
        (OWN + "ListenPort = 65536\n", 3, "'65536': expected a number from 0 to 65535"),
        (OWN + "ListenPort = -1\n", 3, "expected a number"),
        (OWN + "ListenPort = ٣\n", 3, "expected a number"),
        (OWN + "ListenPort = 1\nListenPort = 2\n", 4, "given twice"),
        (OWN + "MTU = 68\n", 3, "'68': expected a number from 576"),
        (OWN + "Address = 10.0.0.0/33\n", 3, "'10.0.0.0/33': expected an address"),
        (OWN + "Address = 10.0.0.1/24,,\n", 3, "expected an address"),
        (OWN + "Adress = 10.0.0.1\n", 3, "Adress: unknown in [Interface]; expected one of"),
        (OWN + "Address\n", 3, "expected 'Name = value'"),
        (OWN + "= 3\n", 3, "expected 'Name = value'"),
        (OWN + "Address =\n", 3, "Address: expected 'Name = value'"),
        (OWN + "FwMark = yes\n", 3, "'yes': expected off, or a number of 32 bits"),
        (OWN + "[Peer]\nEndpoint = 1.2.3.4:5\n", 3, "[Peer]: expected a PublicKey"),
        (PEER + f"[Peer]\nPublicKey = {KEY}\n", 5, "given twice"),
        (PEER + "Endpoint = 1.2.3.4\n", 5, "expected HOST:PORT"),
        (PEER + "Endpoint = 1.2.3.4:0\n", 5, "expected HOST:PORT"),
        (PEER + "Endpoint = 1.2.3.400:1\n", 5, "expected HOST:PORT"),
        (PEER + "Endpoint = 2001:db8::1:1\n", 5, "expected HOST:PORT"),
        (PEER + "Endpoint = [1.2.3.4]:1\n", 5, "expected HOST:PORT"),
        (PEER + "AllowedIPs = 10.0.0.0/8, x\n", 5, "'x': expected a network"),
        (PEER + "PersistentKeepalive = on\n", 5, "expected off, or seconds"),
        (PEER + "PrivateKey = x\n", 5, "unknown in [Peer]"),
        (PEER + "PublicKey = short\n", 5, "expected 32 bytes in base64"),
    ],
)
def test_a_mistake_is_named_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(ConfigError) as e:
        config.parse(text, "wg0.conf")
    assert said in e.value.message
    place = f"wg0.conf:{line}: " if line else "wg0.conf: "
    assert e.value.message.startswith(place)
    assert e.value.exit_code == 2


def test_a_bad_secret_is_not_quoted() -> None:
    with pytest.raises(ConfigError) as e:
        config.parse(f"[Interface]\nPrivateKey = {KEY[:-2]}\n")
    assert KEY[:20] not in e.value.message


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        config.load(tmp_path / "none")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\0")
    with pytest.raises(ConfigError, match="not a text file"):
        config.load(tmp_path / "binary")
    with pytest.raises(UsageError, match="directory"):
        config.load(tmp_path)


@given(st.text(max_size=300))
def test_any_text_gives_a_config_or_a_config_error(text: str) -> None:
    with pytest.raises(ConfigError):
        config.parse("[Interface]\n" + text)


LINES = st.lists(
    st.one_of(
        st.sampled_from(GOOD.splitlines()),
        st.sampled_from(["Endpoint = ", "AllowedIPs = /", "[", "]", "=", "Address = ::/0"]),
        st.text(max_size=30),
    ),
    max_size=12,
)


@given(LINES)
def test_mixed_lines_give_a_config_or_a_config_error(lines: list[str]) -> None:
    try:
        c = config.parse("\n".join(lines))
    except ConfigError:
        return
    assert config.parse(config.dump(c)) == c


RAW = st.binary(min_size=32, max_size=32)
ADDRESSES = st.tuples(st.ip_addresses(), st.integers(0, 32)).map(
    lambda t: ipaddress.ip_interface(f"{t[0]}/{t[1]}")
)
ENDPOINTS = st.builds(
    Endpoint,
    st.one_of(st.ip_addresses().map(str), st.sampled_from(["board", "b-1.example.org"])),
    st.integers(1, 65535),
)
PEERS = st.builds(
    Peer,
    RAW.map(PublicKey),
    st.none() | RAW.map(PresharedKey),
    st.lists(ADDRESSES.map(lambda a: a.network), max_size=3).map(tuple),
    st.none() | ENDPOINTS,
    st.integers(0, 65535),
)
CONFIGS = st.builds(
    Config,
    st.builds(
        Interface,
        RAW.map(PrivateKey),
        st.lists(ADDRESSES, max_size=3).map(tuple),
        st.none() | st.integers(1, 65535),
        st.none() | st.integers(576, 65535),
    ),
    st.lists(PEERS, max_size=3, unique_by=lambda p: p.public_key).map(tuple),
)


@given(CONFIGS)
def test_every_config_survives_writing_and_reading(c: Config) -> None:
    assert config.parse(config.dump(c)) == c


@given(st.text(max_size=80))
def test_an_endpoint_is_read_back_as_written_or_refused(text: str) -> None:
    try:
        endpoint = Endpoint.parse(text)
    except ValueError as e:
        assert "expected HOST:PORT" in str(e)
        return
    assert Endpoint.parse(str(endpoint)) == endpoint
