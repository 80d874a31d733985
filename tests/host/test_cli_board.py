# SPDX-License-Identifier: MIT
"""show, monitor, devices, doctor: what they say of boards, in a pipe and on a terminal."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fakes.cli import in_pipe, invoke, json_end, json_lines, on_terminal
from fakes.console import FakeConsole, Faults
from fakes.settings import FakePeer
from fakes.usb import PLAIN, point_to, st_link
from wg_host.keys import PresharedKey, PrivateKey

KEY = PrivateKey(bytes(range(32))).public
SECRET = PresharedKey(bytes(range(9, 41))).reveal_base64()


@pytest.fixture
def url(console: FakeConsole) -> str:
    commands = console.commands
    commands.running.private_key = PrivateKey(bytes(range(1, 33)))
    commands.running.address = ["10.1.1.50/24"]
    psk = PresharedKey(bytes(range(7, 39)))
    commands.running.peers = [FakePeer(KEY, psk, "192.0.2.1:51820", 25, ["10.1.1.200/32"])]
    commands.status = lambda key: {
        "endpoint": "192.0.2.1:7",
        "latest_handshake": 3725,
        "rx_bytes": 500,
        "tx_bytes": 3 * 2**20,
    }
    commands.counters = lambda: {"drop_mac1": 3}
    return console.on_pty()


# show


def test_show_speaks_as_wg_show_does(url: str) -> None:
    done = in_pipe("show", "--port", url, "--counters")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "interface: zwg0",
        f"  public key: {PrivateKey(bytes(range(1, 33))).public}",
        "  private key: (hidden)",
        "  listening port: 51820",
        "  address: 10.1.1.50/24",
        "  mtu: 1420",
        "  underlay: auto (127.0.0.1)",
        "  board: fake, zwg 0.1.0",
        "  started: 12 seconds ago",
        "",
        f"peer: {KEY}",
        "  preshared key: (hidden)",
        "  endpoint: 192.0.2.1:7",
        "  allowed ips: 10.1.1.200/32",
        "  latest handshake: 1 hour, 2 minutes, 5 seconds ago",
        "  transfer: 500 B received, 3.00 MiB sent",
        "  persistent keepalive: every 25 seconds",
        "",
        "counters:",
        "  drop_mac1: 3",
    ]


def test_show_json_is_the_boards_own_object(url: str) -> None:
    state = json_end("show", "--port", url)["result"]["state"]
    assert state["counters"] == {"drop_mac1": 3}
    assert state["peers"][0]["latest_handshake"] == 3725


def test_show_staged_and_down(console: FakeConsole, url: str) -> None:
    console.commands.run(["wg", "set", "listen-port", "7"])
    console.commands.run(["wg", "down"])
    in_force = invoke("show", "--port", url).stdout
    assert "interface: zwg0 (down)" in in_force
    assert "staged settings wait for 'wg commit'" in in_force
    assert "listening port: 51820" in in_force
    assert "listening port: 7" in invoke("show", "--port", url, "--staged").stdout


def test_show_says_what_the_tunnel_waits_for(console: FakeConsole, url: str) -> None:
    console.commands.falsify = lambda state: state.update(waits="for its UDP port")
    assert "interface: zwg0 (waits for its UDP port)\n" in invoke("show", "--port", url).stdout


def test_show_names_the_chip_if_it_has_an_id(console: FakeConsole, url: str) -> None:
    assert "chip" not in invoke("show", "--port", url).stdout
    console.commands.chip = "3200210000"
    assert "board: fake, zwg 0.1.0\n  chip: 3200210000\n" in invoke("show", "--port", url).stdout


def test_show_without_a_board() -> None:
    end = json_end("show", "--port", "/dev/no-such-port")
    assert (end["exit_code"], end["error"]["kind"]) == (3, "BoardNotFound")


def test_the_port_may_come_from_the_environment(url: str) -> None:
    assert in_pipe("show", WG_HOST_PORT=url).returncode == 0


def test_the_only_board_needs_no_port(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    point_to(monkeypatch, PLAIN, st_link(url))
    assert invoke("show").exit_code == 0


@pytest.mark.parametrize("command", ["monitor", "provision", "show"])
def test_help_says_that_the_only_board_needs_no_port(command: str) -> None:
    assert "Default: the only board found." in " ".join(invoke(command, "--help").stdout.split())


@pytest.mark.parametrize("command", ["doctor", "verify"])
def test_help_says_who_leaves_the_console_alone(command: str) -> None:
    shown = " ".join(invoke(command, "--help").stdout.split())
    assert "Default: none, no console is opened." in shown
    assert "the only board found" not in shown


def test_doctor_without_a_port_leaves_the_console_alone(
    console: FakeConsole, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    point_to(monkeypatch, st_link(url))
    names = [f["name"] for f in json_end("doctor")["result"]["findings"]]
    assert f"port {url}" in names
    assert "console" not in names
    assert console.lines == []


def test_two_boards_need_a_port(monkeypatch: pytest.MonkeyPatch) -> None:
    point_to(monkeypatch, st_link("/dev/ttyACM0", "A1"), st_link("/dev/ttyACM1", "B2"))
    end = json_end("show")
    assert end["exit_code"] == 3
    assert end["error"]["kind"] == "BoardAmbiguous"
    assert "/dev/ttyACM0 (A1), /dev/ttyACM1 (B2)" in end["error"]["message"]


# devices


def test_devices_lists_boards_alone_unless_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    point_to(monkeypatch, PLAIN, st_link("/dev/ttyACM0"))
    result = invoke("devices")
    assert result.exit_code == 0
    assert result.stdout == "/dev/ttyACM0  ST-Link  066DFF1234  STM32 STLink\n"
    every = json_end("devices", "--all")["result"]["devices"]
    assert [d["port"] for d in every] == ["/dev/ttyACM0", "/dev/ttyUSB0"]
    assert [d["usb_id"] for d in every] == ["0483:374b", "0403:6001"]


@pytest.mark.parametrize("pid", [0x374A, 0x374E, 0x3753, 0x3757])
def test_every_st_link_counts(monkeypatch: pytest.MonkeyPatch, pid: int) -> None:
    point_to(monkeypatch, st_link("/dev/ttyACM0", pid=pid))
    assert invoke("devices").exit_code == 0


def test_no_device_is_exit_code_3(monkeypatch: pytest.MonkeyPatch) -> None:
    point_to(monkeypatch, PLAIN)
    result = invoke("devices")
    assert result.exit_code == 3
    assert "no board found" in result.stderr


# monitor


@contextmanager
def typing(url: str, line: str) -> Iterator[None]:
    """Someone else types a command at the board, again and again."""
    fd, stop = os.open(url, os.O_RDWR | os.O_NOCTTY), threading.Event()

    def again() -> None:
        while not stop.wait(0.1):
            os.write(fd, line.encode() + b"\r")

    thread = threading.Thread(target=again)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        os.close(fd)


def test_monitor_writes_plain_lines_into_a_pipe(console: FakeConsole, url: str) -> None:
    console.faults = Faults(log_lines=True)
    with typing(url, f"wg set peer {KEY} preshared-key {SECRET}"):
        done = in_pipe("monitor", "--port", url, "--seconds", "1")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert "[00:00:01.234] <inf> net: something else" in done.stdout
    assert "preshared-key (hidden)" in done.stdout
    assert SECRET not in done.stdout


def test_monitor_json(console: FakeConsole, url: str) -> None:
    with typing(url, "wg version"):
        lines = json_lines("monitor", "--port", url, "--seconds", "0.5")
    assert "zwg 0.1.0 on fake" in [line.get("text") for line in lines]


def test_monitor_on_a_terminal_passes_keys_on(url: str) -> None:
    code, shown = on_terminal(
        "monitor", "--port", url, "--seconds", "3", keys=b"wg version\r", until=b"leaves"
    )
    assert code == 0
    assert "zwg 0.1.0 on fake" in shown


def test_monitor_on_a_terminal_leaves_at_the_key(url: str) -> None:
    code, _ = on_terminal("monitor", "--port", url, keys=b"\x1d", until=b"leaves")
    assert code == 0


def test_monitor_without_a_port() -> None:
    assert invoke("monitor", "--port", "/dev/no-such-port").exit_code == 3


# doctor


def test_doctor_examines_a_board(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    point_to(monkeypatch)
    end = json_end("doctor", "--port", url)
    found = {f["name"]: f for f in end["result"]["findings"]}
    assert end["exit_code"] == 0
    assert found["console"]["detail"] == "fake, zwg 0.1.0"
    assert found["random source"]["ok"]
    assert not found["boards"]["ok"]


@pytest.mark.parametrize(
    ("member", "value", "name"),
    [
        ("up", False, "tunnel"),
        ("waits", "for an address of its underlay", "tunnel"),
        ("public_key", None, "key"),
        ("peers", [], "peers"),
        ("entropy", "test", "random source"),
    ],
)
def test_doctor_names_what_a_board_lacks(
    console: FakeConsole, url: str, member: str, value: object, name: str
) -> None:
    console.commands.falsify = lambda state: state.update({member: value})
    end = json_end("doctor", "--port", url)
    assert end["exit_code"] == 1
    bad = [f for f in end["result"]["findings"] if f["needed"] and not f["ok"]]
    assert [f["name"] for f in bad] == [name]
    assert bad[0]["remedy"]


def test_doctor_of_a_board_that_does_not_answer() -> None:
    result = invoke("doctor", "--port", "/dev/no-such-port")
    assert result.exit_code == 1
    assert "FAIL  console: /dev/no-such-port: no such port" in result.stdout


def test_doctor_finds_a_port_without_permission(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    point_to(monkeypatch, st_link("/dev/ttyACM9"))
    monkeypatch.setattr("os.access", lambda *args: False)
    result = invoke("doctor")
    assert result.exit_code == 1
    assert "try: sudo adduser $USER dialout, and log in again" in result.stdout


def test_doctor_names_the_group_that_may_use_a_port(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    port = tmp_path / "ttyACM9"
    port.touch()
    point_to(monkeypatch, st_link(str(port)))
    monkeypatch.setattr("os.access", lambda *args: False)
    group = port.group()
    assert f"try: sudo adduser $USER {group}, and" in invoke("doctor").stdout


def test_doctor_names_missing_tools_and_their_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda *args, **kwargs: None)
    monkeypatch.delenv("ZEPHYR_BASE", raising=False)
    monkeypatch.delenv("ZEPHYR_SDK_INSTALL_DIR", raising=False)
    result = invoke("doctor")
    assert result.exit_code == 0
    assert "miss  west: missing; to build and flash firmware\n      try: pip" in result.stdout
    assert "miss  flash tool: none" in result.stdout
    for tool, command in (
        ("dtc", "apt install device-tree-compiler"),
        ("ninja", "apt install ninja-build"),
        ("cmake", "apt install cmake"),
    ):
        assert f"miss  {tool}: missing; to build" in result.stdout
        assert f"try: {command}\n" in result.stdout


def test_doctor_knows_zephyr_trees(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = "VERSION_MAJOR = 3\nVERSION_MINOR = 7\nPATCHLEVEL = 1\n"
    (tmp_path / "VERSION").write_text(text)
    (tmp_path / "Kconfig.zephyr").touch()
    monkeypatch.delenv("ZWG_ZEPHYRS", raising=False)
    monkeypatch.setenv("ZEPHYR_BASE", str(tmp_path))
    assert f"ok    zephyr: 3.7.1 in {tmp_path}" in invoke("doctor").stdout
    monkeypatch.setenv("ZEPHYR_BASE", str(tmp_path / "none"))
    assert "miss  zephyr: no tree found" in invoke("doctor").stdout
