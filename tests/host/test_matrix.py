# SPDX-License-Identifier: MIT
"""Every command as a person would run it: help, success and its failures, as a program in a pipe,
on a terminal, and on a terminal with NO_COLOR. The board is zwg-sim."""

from __future__ import annotations

import os
import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pytest

from fakes.cli import (
    WG_HOST,
    checked_lines,
    clean_environment,
    invoke,
    on_two_terminals,
)
from fakes.sim import simulated
from fakes.tunnels import free_port
from wg_host import config
from wg_host.cli import main
from wg_host.endpoint import Endpoint
from wg_host.keys import PrivateKey, write_secret

HOWS = ("pipe", "terminal", "terminal without colour")
PLUGGED = Path(__file__).with_name("fakes") / "plugged"
NO_PORT = "/dev/no-such-port"
ESCAPE, COLOUR = re.compile("\x1b"), re.compile(r"\x1b\[[0-9;]*m")
RUNNERS = "runners:\n- openocd\n\nflash-runner: openocd\n"


@dataclass(frozen=True)
class Run:
    """A command line and what it gives: the exit code, and regular expressions that are found in
    what it prints. ``plugged`` are the ports of the boards that USB shows."""

    args: tuple[str | Path, ...]
    code: int = 0
    out: str = ""
    err: str = ""
    plugged: str = ""
    environment: dict[str, str] = field(default_factory=dict)


class World:
    """What command lines name: files, and boards that are made when they are named."""

    def __init__(self, folder: Path, lasting: Lasting, stack: ExitStack) -> None:
        self.folder, self._lasting, self._stack = folder, lasting, stack

    @property
    def board(self) -> str:
        """The console of a board that is provisioned; conf() is the file for our end."""
        return self._lasting.board[0]

    def conf(self, endpoint: str | None = None) -> Path:
        """The file of our end, with the board's endpoint, or another."""
        text = self._lasting.board[1]
        if endpoint is not None:
            text = re.sub(r"(?m)^Endpoint = .*$", f"Endpoint = {endpoint}", text)
        return self.secret("board.conf", text)

    @property
    def new_board(self) -> str:
        """The console of a board without settings."""
        return self._stack.enter_context(simulated())[0]

    @property
    def busy_board(self) -> str:
        """The console of a board at which someone else types."""
        port, stop = self.new_board, threading.Event()
        fd = os.open(port, os.O_WRONLY | os.O_NOCTTY)

        def again() -> None:
            while not stop.wait(0.1):
                os.write(fd, b"wg version\r")

        thread = threading.Thread(target=again)
        thread.start()
        for call in (lambda: os.close(fd), thread.join, stop.set):
            self._stack.callback(call)
        return port

    @property
    def mute_port(self) -> str:
        """A port where nothing answers."""
        ours, theirs = os.openpty()
        self._stack.callback(os.close, ours)
        self._stack.callback(os.close, theirs)
        return os.ttyname(theirs)

    def secret(self, name: str, text: str) -> Path:
        write_secret(self.folder / name, text, overwrite=True)
        return self.folder / name

    def plain(self) -> Path:
        """A wg-quick file that no board is needed for."""
        own, other = PrivateKey.generate(), PrivateKey.generate().public
        c = config.Config(config.Interface(own), (config.Peer(other),))
        return self.secret("plain.conf", config.dump(c))

    def fleet(self, port: str) -> Path:
        path = self.folder / "office.toml"
        path.write_text(
            '[fleet]\npool = ["10.9.0.0/24"]\n[hub]\nendpoint = "127.0.0.1:4000"\n'
            f'[[board]]\nname = "kitchen"\nport = "{port}"\n'
        )
        return path

    def build(self) -> Path:
        path = self.folder / "build"
        (path / "zephyr").mkdir(parents=True, exist_ok=True)
        (path / "zephyr/runners.yaml").write_text(RUNNERS)
        return path

    def tools(self, west: str) -> dict[str, str]:
        """A search path with openocd and this west."""
        folder = self.folder / "bin"
        folder.mkdir(exist_ok=True)
        for name, script in (("west", west), ("openocd", "exit 0")):
            (folder / name).write_text(f"#!/bin/sh\n{script}\n")
            (folder / name).chmod(0o755)
        return {"PATH": f"{folder}:/usr/bin:/bin"}


class Lasting:
    """What all tests share: one board that is provisioned."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder, self._stack = folder, stack

    @cached_property
    def board(self) -> tuple[str, str]:
        """Its console, and the text of the file for our end."""
        port, udp = self._stack.enter_context(simulated())
        path = self._folder / "board.conf"
        ours = Endpoint("127.0.0.1", free_port())
        result = invoke(
            *("provision", "--port", port, "--output", path),
            *("--listen-port", str(udp), "--peer-endpoint", str(ours)),
        )
        assert result.exit_code == 0, result.output
        return port, path.read_text()


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lasting]:
    with ExitStack() as stack:
        yield Lasting(tmp_path_factory.mktemp("board"), stack)


@pytest.fixture
def world(tmp_path: Path, lasting: Lasting) -> Iterator[World]:
    with ExitStack() as stack:
        yield World(tmp_path, lasting, stack)


# One success each.

SUCCESSES: dict[str, Callable[[World], Run]] = {
    "bench": lambda w: Run(
        ("-c", w.conf(), "--pings", "3", "--seconds", "0.1"), out="latency .* ms, 0 lost"
    ),
    "completion": lambda w: Run(("bash",), out="_WG_HOST_COMPLETE=bash_complete"),
    "config": lambda w: Run(("-c", w.plain()), out=r"correct, 1 peer\(s\)"),
    "devices": lambda w: Run((), out="^/dev/ttyACM9  ST-Link  0666AA", plugged="/dev/ttyACM9"),
    "doctor": lambda w: Run(("--port", w.board), out="ok    console: sim, zwg"),
    "flash": lambda w: Run(
        ("-d", w.build()),
        out="^written to 0666AA$",
        err="^flashed; 'wg-host provision'",
        plugged="/dev/ttyACM9",
        environment=w.tools('echo "written to ${7##* }"'),
    ),
    "fleet": lambda w: Run((w.fleet(w.new_board),), out="provisioned kitchen  10.9.0"),
    "keygen": lambda w: Run((w.folder / "k",), out="^[A-Za-z0-9+/]{43}=$", err="written to"),
    "monitor": lambda w: Run(("--port", w.busy_board, "--seconds", "1"), out="wg version"),
    "provision": lambda w: Run(
        ("--port", w.new_board, "-o", w.folder / "o"), out="^[A-Za-z0-9+/]{43}=$", err="is in"
    ),
    "qr": lambda w: Run((w.plain(),), out="[█▀▄]{20}"),
    "schema": lambda w: Run(("show",), out="A line of 'wg-host show --json'"),
    "show": lambda w: Run(("--port", w.board), out="interface: zwg0"),
    "verify": lambda w: Run(
        ("-c", w.conf(), "--only", "ping", "--pings", "1"), out="proved: 4 passed, 0 failed"
    ),
}

# Failures, at least one each, and among them every exit code but that of an interrupt.


def refused_probe(w: World) -> Run:
    return Run(
        ("-d", w.build()),
        6,
        err="error: the debug probe may not be used",
        plugged="/dev/ttyACM9",
        environment=w.tools("echo LIBUSB_ERROR_ACCESS; exit 1"),
    )


def failing_west(w: World) -> Run:
    return Run(
        ("-d", w.build()),
        5,
        out="^boom$",
        err="error: west ended with 3",
        plugged="/dev/ttyACM9",
        environment=w.tools("echo boom; exit 3"),
    )


FAILURES: dict[tuple[str, str], Callable[[World], Run]] = {
    ("bench", "size"): lambda w: Run(
        ("-c", w.conf(), "--size", "9"), 2, err="error: --size 9: expected 28 to the MTU"
    ),
    ("bench", "no option"): lambda w: Run((), 2, err="Missing option '--config'"),
    ("completion", "shell"): lambda w: Run(("csh",), 2, err="'csh' is not one of"),
    ("config", "mistake"): lambda w: Run(
        ("-c", w.secret("x.conf", "[Interface]\nAdress = 1\n")), 2, err="x.conf:2: Adress: unknown"
    ),
    ("config", "no output"): lambda w: Run(
        ("-c", w.plain(), "--format", "networkd"), 2, err="error: expected --output\nhint: secrets"
    ),
    ("devices", "none"): lambda w: Run((), 3, err="^no board found; --all lists"),
    ("doctor", "no board"): lambda w: Run(
        ("--port", NO_PORT), 1, out=f"FAIL  console: {NO_PORT}: no such port"
    ),
    ("flash", "no build"): lambda w: Run(
        ("-d", w.folder / "none"), 2, err="error: .*: no Zephyr build in it\nhint: 'west build"
    ),
    ("flash", "no board"): lambda w: Run(
        ("-d", w.build()), 3, err="error: no board found", environment=w.tools("exit 0")
    ),
    ("flash", "two boards"): lambda w: Run(
        ("-d", w.build(), "--serial", "7"),
        3,
        err="error: no board with serial number 7 found",
        plugged="/dev/ttyACM8:/dev/ttyACM9",
        environment=w.tools("exit 0"),
    ),
    ("flash", "west"): failing_west,
    ("flash", "probe"): refused_probe,
    ("fleet", "no file"): lambda w: Run((w.folder / "none.toml",), 2, err="error: .*no such file"),
    ("fleet", "no board"): lambda w: Run(
        (w.fleet(NO_PORT),), 3, out="failed +kitchen", err=f"warning: kitchen: {NO_PORT}: no such"
    ),
    ("keygen", "exists"): lambda w: Run((w.plain(),), 2, err="exists already\nhint: --force"),
    ("keygen", "nothing"): lambda w: Run((), 2, err="error: expected FILE or --stdout"),
    ("monitor", "no port"): lambda w: Run(("--port", NO_PORT), 3, err="error: .*: no such port"),
    ("provision", "no port"): lambda w: Run(
        ("--port", NO_PORT, "-o", w.folder / "o"), 3, err=f"error: {NO_PORT}: no such port"
    ),
    ("provision", "mute"): lambda w: Run(
        ("--port", w.mute_port, "--timeout", "0.3", "-o", w.folder / "o"),
        4,
        err="error: no prompt on /dev/pts",
    ),
    ("provision", "address"): lambda w: Run(
        ("--address", "nonsense"), 2, err="expected an address such as 10.1.1.50/24"
    ),
    ("qr", "no file"): lambda w: Run((w.folder / "none",), 2, err="error: .*none: no such file"),
    ("qr", "name"): lambda w: Run((w.plain(), "-o", w.folder / "q.png"), 2, err="ends in .svg"),
    ("schema", "command"): lambda w: Run(("nonsense",), 2, err="'nonsense' is not one of"),
    ("show", "no board"): lambda w: Run((), 3, err="error: no board found\nhint: plug it in"),
    ("show", "mute"): lambda w: Run(
        ("--port", w.mute_port, "--timeout", "0.3"), 4, err="error: no prompt on /dev/pts"
    ),
    ("verify", "no file"): lambda w: Run(("-c", w.folder / "none"), 2, err="none: no such file"),
    ("verify", "nobody"): lambda w: Run(
        ("-c", w.conf(endpoint=f"127.0.0.1:{free_port()}"), "--only", "udp"),
        1,
        out="FAIL  .*\n(.*\n)*not proved",
    ),
}


def environment(run: Run) -> dict[str, str]:
    path = os.pathsep.join(filter(None, (str(PLUGGED), os.environ.get("PYTHONPATH", ""))))
    return clean_environment(PYTHONPATH=path, ZWG_TEST_PLUGGED=run.plugged, **run.environment)


def ran(command: str, run: Run, how: str, *more: str) -> tuple[str, str]:
    """Runs it; what it printed on standard output and standard error, with what holds of every
    command line checked."""
    args = [command, *map(str, run.args), *more]
    env = environment(run)
    if how == "pipe":
        done = subprocess.run(
            [WG_HOST, *args],
            capture_output=True,
            text=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
            env=env,
        )
        code, out, err = done.returncode, done.stdout, done.stderr
        assert not ESCAPE.search(out + err)
    else:
        without = {"NO_COLOR": "1"} if how == "terminal without colour" else {}
        code, out, err = on_two_terminals(args, {**env, **without})
        if without:
            # The bar of verify moves the cursor, which is no colour.
            assert not (COLOUR if command == "verify" else ESCAPE).search(out + err), out + err
    assert code == run.code, (out, err)
    assert "Traceback" not in out + err
    assert "error: " not in out
    if how == "terminal":
        red = [line for line in err.splitlines() if "error: " in line and "Error: " not in line]
        assert all(line.startswith("\x1b[31merror: ") for line in red), err
    return COLOUR.sub("", out), COLOUR.sub("", err)


def test_every_command_is_in_the_matrix() -> None:
    commands = set(main.commands) | set(main.list_commands(None))  # type: ignore[arg-type]
    assert set(SUCCESSES) == commands
    assert {command for command, _ in FAILURES} == commands


@pytest.mark.parametrize("how", HOWS[:2])
@pytest.mark.parametrize("command", SUCCESSES)
def test_help(command: str, how: str) -> None:
    out, err = ran(command, Run(("--help",)), how)
    assert out.startswith(f"Usage: wg-host {command} ")
    assert "Examples:" in out
    assert err == ""


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("command", SUCCESSES)
def test_success(command: str, how: str, world: World) -> None:
    run = SUCCESSES[command](world)
    out, err = ran(command, run, how)
    assert re.search(run.out, out, re.M), out
    assert re.search(run.err, err, re.M), err
    assert not re.search("error|warning", err), err


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize(("command", "what"), FAILURES)
def test_failure(command: str, what: str, how: str, world: World) -> None:
    run = FAILURES[command, what](world)
    out, err = ran(command, run, how)
    assert re.search(run.out, out, re.M), out
    assert re.search(run.err, err, re.M), err
    assert run.err or run.out


def test_every_exit_code_but_that_of_an_interrupt_is_among_the_failures(world: World) -> None:
    assert {make(world).code for make in FAILURES.values()} == {1, 2, 3, 4, 5, 6}


@pytest.mark.parametrize("command", SUCCESSES)
def test_json(command: str, world: World) -> None:
    run = SUCCESSES[command](world)
    out, err = ran(command, run, "pipe", "--json")
    assert "result" in checked_lines(command, out, run.code)[-1]
    assert err == ""
