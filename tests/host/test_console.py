# SPDX-License-Identifier: MIT
"""The console against a fake one, well behaved and not, on a socket and on a pseudo-terminal."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest
import serial
from hypothesis import given
from hypothesis import strategies as st

from fakes.console import FakeConsole, Faults
from wg_host.board import Board, PeerSettings, state_from
from wg_host.config import parse_network
from wg_host.console import Console, hide_secrets, plain
from wg_host.errors import (
    AccessDenied,
    AnswerGarbled,
    AnswerTimeout,
    BoardNotFound,
    CommandRefused,
    NoPrompt,
    PortBusy,
    PortLost,
    UsageError,
    WgHostError,
)
from wg_host.keys import PresharedKey, PrivateKey


def opened(fake: FakeConsole, timeout: float = 1.0, **faults: object) -> Console:
    console = Console.open(fake.on_pty(), timeout=timeout)
    for name, value in faults.items():
        setattr(fake.faults, name, value)
    return console


@pytest.mark.parametrize("kind", ["socket", "pty"])
@pytest.mark.parametrize("log_lines", [False, True])
@pytest.mark.parametrize("echo", [False, True])
def test_state_is_read(console: FakeConsole, kind: str, log_lines: bool, echo: bool) -> None:
    console.faults = Faults(log_lines=log_lines, echo=echo)
    url = console.on_socket() if kind == "socket" else console.on_pty()
    with Console.open(url, timeout=2.0) as c:
        state = Board(c).show()
    assert (state.board, state.interface, state.up) == ("fake", "zwg0", True)


def test_an_answer_to_another_number_is_ignored(console: FakeConsole) -> None:
    original = console._answer
    answers = ["@zwg OK 1", "@zwg ERR 2 22 no"]
    console._answer = lambda text: [*answers, *original(text)]  # type: ignore[method-assign]
    with opened(console) as c:
        echo, *lines = c.command("wg version")
    assert "wg version" in echo
    assert lines == ["zwg 0.1.0 on fake"]


def test_a_wrong_checksum_is_asked_again(console: FakeConsole) -> None:
    with opened(console, wrong_crc=2) as c:
        assert Board(c).show().board == "fake"
    assert sum("--machine" in line for line in console.lines) == 3


def test_a_checksum_that_stays_wrong_is_an_error(console: FakeConsole) -> None:
    with opened(console, wrong_crc=99) as c, pytest.raises(AnswerGarbled, match="checksum"):
        Board(c).show()


def test_lost_answers_are_asked_again(console: FakeConsole) -> None:
    with opened(console, timeout=0.3, lost_answers=2) as c:
        assert Board(c).show().board == "fake"


def test_answers_that_stay_lost_are_an_error(console: FakeConsole) -> None:
    with opened(console, timeout=0.3, lost_answers=99) as c, pytest.raises(AnswerTimeout) as e:
        c.command("wg commit")
    assert e.value.exit_code == 4


def test_a_key_made_with_its_answer_lost_is_found(console: FakeConsole) -> None:
    with opened(console, timeout=0.3, lost_answers=1) as c:
        key = Board(c).genkey()
    made = console.commands.staged.private_key
    assert made is not None
    assert made.public == key


def test_a_damaged_line_is_sent_again(console: FakeConsole) -> None:
    with opened(console, damaged_lines=1) as c:
        c.command("wg set mtu 1300")
    assert console.commands.staged.mtu == 1300


def test_a_refusal_carries_errno_and_text(console: FakeConsole) -> None:
    with opened(console) as c, pytest.raises(CommandRefused) as e:
        c.command("wg set mtu 9000")
    assert e.value.errno == 22
    assert "expected 1280 to 1420" in e.value.message


def test_a_small_receive_ring_is_not_overrun(console: FakeConsole) -> None:
    console.faults = Faults(ring=64)
    with opened(console) as c:
        networks = ",".join(f"10.0.{n}.0/24" for n in range(12))
        c.command(f"wg set peer {PrivateKey.generate().public} allowed-ips {networks}")
    assert console.lost == 0
    assert len(console.commands.staged.peers[0].allowed_ips) == 12


def test_a_mute_board(console: FakeConsole) -> None:
    console.faults = Faults(mute=True)
    with pytest.raises(NoPrompt, match="says nothing") as e:
        Console.open(console.on_socket(), timeout=0.5)
    assert e.value.exit_code == 4


def test_a_shell_without_wg(console: FakeConsole) -> None:
    console.faults = Faults(no_wg=True)
    with pytest.raises(NoPrompt, match="does not know 'wg'"):
        Console.open(console.on_socket(), timeout=0.8)


def test_a_wrong_baud_rate(console: FakeConsole) -> None:
    console.faults = Faults(gibberish=True, echo=False)
    with pytest.raises(NoPrompt, match="does not answer"):
        Console.open(console.on_socket(), timeout=0.8)


def test_a_board_that_boots_meanwhile(console: FakeConsole) -> None:
    console.faults = Faults(mute=True)
    url = console.on_socket()
    timer = threading.Timer(0.6, lambda: setattr(console.faults, "mute", False))
    timer.start()
    with Console.open(url, timeout=5.0) as c:
        assert Board(c).show().board == "fake"
    timer.join()


def test_what_someone_left_half_typed_is_not_carried_out(console: FakeConsole) -> None:
    path = console.on_pty()
    fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
    os.write(fd, b"wg reset confirm")
    with Console.open(path, timeout=1.0):
        os.close(fd)
    assert not console.commands.pending
    assert not any("reset" in line for line in console.lines)


def test_a_port_that_goes_away(console: FakeConsole) -> None:
    console.faults = Faults(hang_up_on="commit")
    with Console.open(console.on_socket(), timeout=1.0) as c, pytest.raises(PortLost):
        c.command("wg commit")


def test_no_such_port() -> None:
    with pytest.raises(BoardNotFound, match="no such port") as e:
        Console.open("/dev/no-such-port")
    assert e.value.exit_code == 3


def test_nothing_listens() -> None:
    with pytest.raises(BoardNotFound, match="refused"):
        Console.open("socket://127.0.0.1:1")


def test_not_a_serial_port(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BoardNotFound, match="not a serial port"):
        Console.open(str(tmp_path / "file"))


def test_not_a_url() -> None:
    with pytest.raises(UsageError, match="socket://HOST:PORT"):
        try:
            Console.open("sock://x")
        except UsageError as e:
            raise UsageError(f"{e.message} {e.hint}") from None


@pytest.mark.parametrize(
    "url",
    [
        "socket://board.example",
        "SOCKET://board.example",
        "socket://",
        "socket://:4000",
        "socket:board:4000",
        "socket://127.0.0.1:0",
        "socket://127.0.0.1:65536",
        "socket://127.0.0.1:x",
        "socket://[::1]",
        "socket://[::1:4000",
        "rfc2217://board.example",
    ],
)
def test_a_network_port_that_is_not_complete(url: str) -> None:
    with pytest.raises(UsageError) as e:
        Console.open(url)
    scheme = url.partition(":")[0].lower()
    expected = f"expected {scheme}://HOST:PORT, with a port from 1 to 65535"
    assert e.value.message == f"{url}: {expected}"


def test_a_busy_port(console: FakeConsole) -> None:
    path = console.on_pty()
    with Console.open(path, timeout=1.0), pytest.raises(PortBusy, match="another program") as e:
        Console.open(path)
    assert e.value.exit_code == 4


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open every port")
def test_no_permission_for_real(console: FakeConsole) -> None:
    path = console.on_pty()
    Path(path).chmod(0)
    with pytest.raises(AccessDenied) as e:
        Console.open(path)
    assert e.value.exit_code == 6


def test_no_permission(monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(*args: object, **kwargs: object) -> None:
        raise serial.SerialException(13, "could not open port /dev/ttyX: Permission denied")

    monkeypatch.setattr("serial.serial_for_url", deny)
    with pytest.raises(AccessDenied, match="permission denied") as e:
        Console.open("/dev/ttyX")
    assert "dialout" in e.value.hint
    assert e.value.exit_code == 6


def test_secrets_are_not_traced_nor_in_errors(console: FakeConsole) -> None:
    traced: list[str] = []
    psk, private = PresharedKey.generate(), PrivateKey.generate()
    c = Console.open(console.on_socket(), timeout=0.3, trace=traced.append)
    with c:
        Board(c).set_peer(PeerSettings(private.public, psk))
        c.command(f"wg set private-key {private.reveal_base64()}")
        console.faults.lost_answers = 9
        with pytest.raises(WgHostError) as e:
            Board(c).set_peer(PeerSettings(private.public, psk))
    everything = "\n".join(traced) + repr(e.value) + e.value.hint + repr(e.value.__cause__)
    assert console.commands.staged.peers[0].psk == psk
    assert "(hidden)" in everything
    assert psk.reveal_base64() not in everything
    assert private.reveal_base64() not in everything


def test_long_lists_are_split_into_lines_that_fit(console: FakeConsole) -> None:
    networks = tuple(parse_network(f"2001:db8:{n:x}::/48") for n in range(30))
    key = PrivateKey.generate().public
    with opened(console) as c:
        Board(c).set_peer(PeerSettings(key, allowed_ips=networks, endpoint="[2001:db8::1]:1"))
    assert max(len(line) for line in console.lines) <= 255
    assert console.commands.staged.peers[0].allowed_ips == [str(n) for n in networks]
    assert console.commands.staged.peers[0].endpoint == "[2001:db8::1]:1"


@pytest.mark.parametrize("line", ["wg set " + "x" * 260, "wg\nshow", "wg é"])
def test_lines_that_the_console_cannot_take(console: FakeConsole, line: str) -> None:
    with opened(console) as c, pytest.raises(UsageError):
        c.command(line)


@given(st.text(max_size=60))
def test_plain_text_has_no_control_characters(text: str) -> None:
    assert all(c.isprintable() or c == "\t" for c in plain(text))


def test_plain_removes_colours() -> None:
    assert plain("\x1b[1;32m@zwg OK 7\x1b[0m\x1b[K") == "@zwg OK 7"


def test_none_is_not_hidden() -> None:
    assert hide_secrets("preshared-key none endpoint") == "preshared-key none endpoint"
    assert hide_secrets("preshared-key QUJD endpoint") == "preshared-key (hidden) endpoint"


GOOD = {
    "v": 1,
    "version": "0.1.0",
    "board": "b",
    "interface": "zwg0",
    "staged": False,
    "pending": False,
    "up": True,
    "entropy": "os",
    "public_key": None,
    "listen_port": 1,
    "address": ["10.0.0.1/24"],
    "mtu": 1420,
    "underlay": "auto",
    "peers": [],
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(st.sampled_from(sorted(GOOD)), JSON)
def test_any_object_is_a_state_or_refused(name: str, value: object) -> None:
    try:
        state_from({**GOOD, name: value})
    except AnswerGarbled:
        return


def test_a_chip_is_told_in_hexadecimal_or_not_at_all() -> None:
    assert state_from(GOOD).chip is None
    assert state_from({**GOOD, "chip": "0123ef"}).chip == "0123ef"
    for wrong in ("", "012", "01EF", "0x01", 7):
        with pytest.raises(AnswerGarbled, match="chip"):
            state_from({**GOOD, "chip": wrong})


def test_another_version_of_the_format_is_named() -> None:
    with pytest.raises(AnswerGarbled, match="version 2"):
        state_from({**GOOD, "v": 2})


def test_timing_of_a_prompt_answer(console: FakeConsole) -> None:
    """A command that is answered at once does not wait for its time-out."""
    with opened(console, timeout=5.0) as c:
        before = time.monotonic()
        c.command("wg version")
        assert time.monotonic() - before < 2.5
