# SPDX-License-Identifier: MIT
"""The command as a whole: help, completion, schemas, colours, interruption, a closed pipe."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest

from fakes.cli import WG_HOST, checked_lines, in_pipe, invoke, json_end, on_terminal
from fakes.console import FakeConsole, Faults
from wg_host import __version__, schemas
from wg_host.cli import COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples(command: str) -> None:
    result = invoke(command, "--help")
    assert result.exit_code == 0
    assert f"wg-host {command}" in result.stdout
    assert "Examples:" in result.stdout
    assert "--json" in result.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_valid_schema(command: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schemas.schema(command))
    assert json_end("schema", command)["result"]["schema"] == schemas.schema(command)


def test_help_lists_every_command() -> None:
    done = in_pipe("--help")
    assert done.returncode == 0
    assert all(f"\n  {command}" in done.stdout for command in COMMANDS)
    assert "130 interrupted" in " ".join(done.stdout.split())


def test_the_version_is_the_repositorys() -> None:
    text = (Path(__file__).resolve().parents[2] / "VERSION").read_text()
    fields = dict(line.split(" = ") for line in text.splitlines() if " = " in line)
    names = ("VERSION_MAJOR", "VERSION_MINOR", "PATCHLEVEL")
    assert __version__ == ".".join(fields[name].strip() for name in names)


def test_version() -> None:
    assert in_pipe("--version").stdout == f"wg-host, version {__version__}\n"


@pytest.mark.parametrize("args", [("nonsense",), ("keygen", "--nonsense"), ("qr",)])
def test_usage_errors_end_with_2(args: tuple[str, ...]) -> None:
    done = in_pipe(*args)
    assert done.returncode == 2
    assert "Error" in done.stderr


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("config",), "Missing option '--config' / '-c'"),
        (("verify", "--bogus"), "--bogus"),
        (("qr",), "Missing argument 'FILE'"),
        (("keygen", "one", "two"), "two"),
        (("completion", "csh"), "'csh' is not one of 'bash', 'zsh', 'fish'"),
        (("bench", "-c", "x", "--window", "0"), "0 is not in the range"),
        (("provision", "--address", "nonsense"), "expected an address such as"),
        (("nonsense",), "No such command 'nonsense'"),
        (("--bogus", "show"), "--bogus"),
    ],
)
def test_usage_errors_are_told_in_json_if_asked(args: tuple[str, ...], said: str) -> None:
    done = in_pipe(*args, "--json")
    assert done.returncode == 2
    assert done.stderr == ""
    if args[0] in COMMANDS:
        (end,) = checked_lines(args[0], done.stdout, done.returncode)
    else:
        end = json.loads(done.stdout)
        assert (end["event"], end["command"], end["exit_code"]) == ("end", "wg-host", 2)
    assert end["error"]["kind"] == "UsageError"
    assert said in end["error"]["message"]
    known = f"wg-host {args[0]}" if args[0] in COMMANDS else "wg-host"
    assert end["error"]["hint"] == f"'{known} --help' says what it takes"
    assert in_pipe(*args).stdout == ""


def test_json_that_is_no_option_is_not_heeded() -> None:
    done = in_pipe("qr", "one", "--", "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Error: Got unexpected extra argument (--json)" in done.stderr


def test_no_command_shows_help() -> None:
    done = in_pipe()
    assert "Usage: wg-host" in done.stdout + done.stderr


def test_errors_are_red_on_a_terminal_unless_told_otherwise() -> None:
    code, shown = on_terminal("show", "--port", "/dev/no-such-port")
    assert code == 3
    assert "\x1b[31merror: /dev/no-such-port: no such port" in shown
    code, shown = on_terminal("show", "--port", "/dev/no-such-port", NO_COLOR="1")
    assert code == 3
    assert "\x1b" not in shown
    assert "hint: 'wg-host devices'" in shown


def test_an_interrupt_ends_with_130(console: FakeConsole) -> None:
    console.faults = Faults(mute=True)
    args = [WG_HOST, "show", "--port", console.on_pty(), "--timeout", "30", "--json"]

    def heed() -> None:
        """A shell that runs the tests in the background has its children ignore the signal."""
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    with subprocess.Popen(args, stdout=subprocess.PIPE, text=True, preexec_fn=heed) as process:
        deadline = time.monotonic() + 10
        while not console.lines and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        shown, _ = process.communicate(timeout=10)
    assert process.returncode == 130
    assert '"kind": "Interrupted"' in shown


def test_a_reader_that_leaves_early_breaks_nothing() -> None:
    script = f"{WG_HOST} schema verify | head -1"
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=30)
    assert done.stdout == "{\n"
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(shell: str) -> None:
    done = in_pipe("completion", shell)
    assert done.returncode == 0
    assert "_WG_HOST_COMPLETE" in done.stdout
    assert json_end("completion", shell)["result"]["script"] == done.stdout.rstrip("\n")


@pytest.mark.parametrize(
    ("shell", "option"), [("bash", "-n"), ("zsh", "-n"), ("fish", "--no-execute")]
)
def test_the_shell_parses_its_script(shell: str, option: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed: its completion script was not parsed")
    script = invoke("completion", shell).stdout

    def parsed(text: str) -> bool:
        done = subprocess.run(
            [shell, option], input=text, text=True, capture_output=True, timeout=10
        )
        return done.returncode == 0

    assert parsed(script)
    assert not parsed(script + "\nif ( (\n")


def test_completion_knows_commands_and_options(tmp_path: Path) -> None:
    def completed(words: str, at: int) -> list[str]:
        environment = {
            **os.environ,
            "_WG_HOST_COMPLETE": "bash_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": str(at),
        }
        done = subprocess.run(
            [WG_HOST], env=environment, capture_output=True, text=True, timeout=30
        )
        return [line.partition(",")[2] for line in done.stdout.split()]

    assert completed("wg-host pro", 1) == ["provision"]
    assert "--patience" in completed("wg-host verify --pa", 2)


def test_an_unknown_shell() -> None:
    assert invoke("completion", "csh").exit_code == 2


def test_the_module_runs_as_a_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "wg_host", "--version"], capture_output=True, text=True, timeout=30
    )
    assert done.stdout == f"wg-host, version {__version__}\n"
