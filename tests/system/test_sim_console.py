# SPDX-License-Identifier: MIT
"""The simulated board's console, over a pseudo-terminal and over TCP, and its command line."""

from __future__ import annotations

import os
import random
import re
import select
import socket
import stat
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from wg_host.board import BoardState
from wg_host.errors import CommandRefused
from wg_host.keys import PrivateKey

from rig.live_peer import LivePeer
from rig.programs import program, wait_for
from rig.sim import Provisioned, Sim, provision

Joined = tuple[Sim, LivePeer, Provisioned]
MakeSim = Callable[..., Sim]


def lasting(state: BoardState) -> tuple[object, ...]:
    """The part of a state that only a command may change."""
    peers = [(p.public_key, p.allowed_ips, p.endpoint_host) for p in state.peers]
    settings = (state.public_key, state.listen_port, state.addresses, state.mtu)
    return (*settings, state.pending, state.up, peers)


@pytest.fixture
def terminal(sim: Sim) -> Iterator[int]:
    """The pseudo-terminal as a file descriptor; the board has made it raw."""
    fd = os.open(sim.console_name, os.O_RDWR | os.O_NOCTTY)
    yield fd
    os.close(fd)


def read_until(fd: int, end: bytes, seconds: float = 10.0) -> bytes:
    """What the board says, up to @p end."""
    heard = b""
    while not heard.endswith(end):
        readable, _, _ = select.select([fd], [], [], seconds)
        assert readable, f"{heard!r} does not end with {end!r}"
        heard += os.read(fd, 4096)
    return heard


PROMPT = b"zwg:~$ "


def test_it_prompts_and_echoes(terminal: int) -> None:
    read_until(terminal, PROMPT)
    os.write(terminal, b"wg version\r")
    assert re.fullmatch(
        rb"wg version\r\nzwg \d+\.\d+\.\d+, board sim\r\nzwg:~\$ ",
        read_until(terminal, PROMPT),
    )
    os.write(terminal, b"\r")
    assert read_until(terminal, PROMPT) == b"\r\n" + PROMPT


def test_an_error_names_the_word_and_what_was_expected(sim: Sim) -> None:
    key = PrivateKey.generate().public
    with sim.open() as console, pytest.raises(CommandRefused) as refused:
        console.command(f"wg set peer {key} allowed-ips 10.0.0.0/33")
    assert "10.0.0.0/33" in str(refused.value)
    assert "0 to 32" in str(refused.value)


def test_settings_outlive_a_restart(joined: Joined) -> None:
    sim, _, _ = joined
    before = lasting(sim.state())
    sim.stop()
    sim.start()
    assert lasting(sim.state()) == before


def test_without_a_flash_file_settings_are_gone(tmp_path: Path) -> None:
    sim = Sim(tmp_path)
    sim.command = lambda *more: [program("zwg-sim"), *more]  # type: ignore[method-assign]
    sim.start()
    with sim.open() as console:
        console.command("wg genkey")
        console.command("wg set listen-port 40000")
        console.command("wg revert")
    sim.stop()
    sim.start()
    assert sim.state().public_key is None
    sim.stop()


def test_two_boards_never_make_the_same_key(make_sim: MakeSim) -> None:
    keys = set()
    for _ in range(2):
        with make_sim().start().open() as console:
            keys.add(console.command("wg genkey")[-1])
    assert len(keys) == 2


def test_a_listen_port_in_use_is_refused_and_nothing_changes(joined: Joined) -> None:
    sim, peer, _ = joined
    before = lasting(sim.state())
    with sim.open() as console:
        console.command(f"wg set listen-port {peer.port} mtu 1300")
        with pytest.raises(CommandRefused) as refused:
            console.command("wg commit")
        assert "listen-port" in str(refused.value)
        console.command("wg revert")
    assert lasting(sim.state()) == before
    sim.stop()
    sim.start()
    assert lasting(sim.state()) == before, "nor was it saved"
    peer.handshake()


def test_a_new_listen_port_is_in_force_at_once(joined: Joined) -> None:
    sim, peer, _ = joined
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    with sim.open() as console:
        console.command(f"wg set listen-port {port}")
        console.command("wg commit")
    peer.remote = ("127.0.0.1", port)
    peer.handshake()
    sim.kill()
    sim.start()
    assert sim.address == ("127.0.0.1", port)


def test_no_secret_is_ever_printed(joined: Joined) -> None:
    sim, peer, keys = joined
    peer.handshake()
    secrets = [keys.psk.reveal_base64(), keys.peer.reveal_base64()]
    with sim.open() as console:
        for command in (
            "show",
            "show --machine",
            "showconf",
            "stats",
            "showconf staged",
            "help",
        ):
            said = "\n".join(console.command(f"wg {command}"))
            assert not any(secret in said for secret in secrets), command
    assert not any(secret in sim.process.errors() for secret in secrets)  # type: ignore[union-attr]


def test_garbage_on_the_line_changes_nothing(
    joined: Joined, request: pytest.FixtureRequest
) -> None:
    sim, peer, _ = joined
    before = lasting(sim.state())
    seed = random.randrange(2**32)
    request.node.add_report_section("call", "seed", str(seed))
    noise = random.Random(seed)
    words = b"wg set peer commit @99 allowed-ips private-key \x1b[A \x03 \x15 \x7f \r \n".split(
        b" "
    )
    words += [b" ", b"=" * 44, b"\xff" * 8]
    fd = os.open(sim.console_name, os.O_RDWR | os.O_NOCTTY)
    os.set_blocking(fd, False)
    garbage = b"".join(
        noise.randbytes(noise.randrange(1, 300)) if noise.random() < 0.5 else noise.choice(words)
        for _ in range(1500)
    ).replace(b"reset", b"")
    sent = 0
    while sent < len(garbage):
        readable, writable, _ = select.select([fd], [fd], [], 10)
        assert readable or writable, "the console no longer takes or gives a byte"
        if readable:
            os.read(fd, 65536)
        if writable:
            sent += os.write(fd, garbage[sent : sent + 256])
    while select.select([fd], [], [], 0.3)[0]:
        os.read(fd, 65536)
    os.write(fd, b"\x03\r")
    os.close(fd)
    with sim.open() as console:
        console.command("wg revert")
    assert lasting(sim.state()) == before
    peer.handshake()


def test_a_slow_reader_loses_nothing(terminal: int) -> None:
    count = 400
    lines = b"".join(b"wg help @%d\r" % n for n in range(count))

    def write_all() -> None:
        at = 0
        while at < len(lines):
            at += os.write(terminal, lines[at : at + 512])

    writer = threading.Thread(target=write_all, daemon=True)
    writer.start()
    writer.join(0.5)
    heard = read_until(terminal, b"@zwg OK %d\r\n" % (count - 1) + PROMPT, 20)
    writer.join(5)
    assert re.findall(rb"@zwg OK (\d+)\r\n", heard) == [b"%d" % n for n in range(count)]


def test_socket_url(make_sim: MakeSim) -> None:
    sim = make_sim("--tcp", "0").start()
    assert sim.console_name.startswith("socket://127.0.0.1:")
    for _ in range(2):
        assert sim.state().board == "sim"


def test_the_second_connection_waits_for_the_first_to_end(make_sim: MakeSim) -> None:
    sim = make_sim("--tcp", "0").start()
    at = ("127.0.0.1", int(sim.console_name.rsplit(":", 1)[1]))
    first = socket.create_connection(at, timeout=10)
    assert first.recv(64) == PROMPT
    with socket.create_connection(at, timeout=0.3) as second:
        with pytest.raises(TimeoutError):
            second.recv(64)
        first.close()
        second.settimeout(10)
        assert second.recv(64) == PROMPT


def test_the_link_is_renewed_and_removed(sim: Sim) -> None:
    assert sim.link.is_symlink() and sim.link.readlink().parts[1:3] == ("dev", "pts")
    sim.kill()
    assert sim.link.is_symlink(), "a board without power cannot tidy up"
    sim.start()
    assert sim.state().board == "sim"
    sim.stop()
    assert not sim.link.is_symlink()


def test_the_link_replaces_nothing_but_a_link(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("data")
    done = run("--pty-link", precious)
    assert done.returncode == 1 and "precious" in done.stderr
    assert precious.read_text() == "data"


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program("zwg-sim"), *arguments],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


def test_the_flash_file_is_private_and_has_one_user(sim: Sim) -> None:
    assert stat.S_IMODE(sim.flash.stat().st_mode) == 0o600
    done = run("--flash", sim.flash)
    assert done.returncode == 1 and "another program is using it" in done.stderr


def test_a_file_that_is_no_flash_is_left_alone(tmp_path: Path) -> None:
    text = tmp_path / "letter"
    text.write_text("dear flash")
    done = run("--flash", text)
    assert done.returncode == 1 and "not a flash file" in done.stderr
    assert text.read_text() == "dear flash"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--udp", "127.0.0.1"], "127.0.0.1:51820"),
        (["--udp", "::1:51820"], "[::1]:51820"),
        (["--udp", "[127.0.0.1]:1"], "[::1]:51820"),
        (["--udp", "127.0.0.1:65536"], "127.0.0.1:51820"),
        (["--udp", "localhost:1"], "127.0.0.1:51820"),
        (["--tcp", "-1"], "0 to 65535"),
        (["--tcp", "1", "--pty-link", "x"], "not --tcp"),
        (["--power-cut", "0"], "from 1"),
        (["--nonsense"], "--help"),
        (["word"], "options only"),
    ],
)
def test_a_wrong_option_is_refused(arguments: list[str], expected: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2 and expected in done.stderr and done.stdout == ""


def test_help_and_version() -> None:
    assert run("--help").returncode == 0
    assert "--flash FILE" in run("--help").stdout
    assert re.fullmatch(r"zwg-sim \d+\.\d+\.\d+\n", run("--version").stdout)


def test_an_address_that_is_not_here_is_an_error() -> None:
    done = run("--udp", "192.0.2.1:0")
    assert done.returncode == 1 and "cannot be opened" in done.stderr


def test_ipv6_underlay(make_sim: MakeSim) -> None:
    sim = make_sim(udp="[::1]:0").start()
    peer = LivePeer("::1")
    keys = provision(sim, peer.port)
    peer.join(keys.peer, keys.board, keys.psk, sim.address).handshake()
    assert sim.state().underlay_addresses == ("::1",)
    wait_for(lambda: sim.state().peers[0].rx_bytes, 5, "the keepalive arrives")
    assert sim.state().peers[0].endpoint == f"[::1]:{peer.port}"
    peer.close()
