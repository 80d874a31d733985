# SPDX-License-Identifier: MIT
"""Runs wg-host as a person would: in this process, as a program in a pipe, or on a terminal."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import jsonschema
from click.testing import CliRunner, Result

from wg_host import schemas
from wg_host.cli import main

WG_HOST = str(Path(sys.executable).with_name("wg-host"))


def invoke(*args: str | Path) -> Result:
    """In this process, output caught."""
    return CliRunner().invoke(main, [str(a) for a in args])


def checked_lines(command: str, stdout: str, exit_code: int) -> list[dict[str, Any]]:
    """The JSON lines of a command, each held against its schema, the last an ``end``."""
    validator = jsonschema.Draft202012Validator(schemas.schema(command))
    lines = [json.loads(line) for line in stdout.splitlines()]
    for line in lines:
        validator.validate(line)
    assert lines[-1]["event"] == "end"
    assert lines[-1]["exit_code"] == exit_code
    assert all(line["event"] != "end" for line in lines[:-1])
    return lines


def json_lines(*args: str | Path) -> list[dict[str, Any]]:
    """In this process with ``--json``; the checked lines."""
    result = invoke(*args, "--json")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return checked_lines(str(args[0]), result.stdout, result.exit_code)


def json_end(*args: str | Path) -> dict[str, Any]:
    """The last of json_lines()."""
    return json_lines(*args)[-1]


def in_pipe(*args: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """As a program whose output goes to a pipe."""
    return subprocess.run(
        [WG_HOST, *map(str, args)],
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )


def on_terminal(
    *args: str | Path, keys: bytes = b"", until: bytes = b"", **environment: str
) -> tuple[int, str]:
    """As a program on a pseudo-terminal: exit code and all that it showed. @p keys are typed once
    @p until has been shown."""
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update({"TERM": "xterm-256color", "COLUMNS": "120", **environment})
        os.execv(WG_HOST, [WG_HOST, *map(str, args)])
    shown, deadline, typed = b"", time.monotonic() + 60, not keys
    while time.monotonic() < deadline:
        if not select.select([fd], [], [], 0.1)[0]:
            continue
        try:
            got = os.read(fd, 65536)
        except OSError:
            break
        if not got:
            break
        shown += got
        if not typed and until in shown:
            os.write(fd, keys)
            typed = True
    else:
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    os.close(fd)
    return os.waitstatus_to_exitcode(status), shown.decode("utf-8", "replace")


# What tells a program whether to use colours, and which board to use.
HEEDED = ("NO_COLOR", "FORCE_COLOR", "COLORTERM", "TERM", "WG_HOST_PORT", "WG_HOST_BAUD")


def clean_environment(**more: str) -> dict[str, str]:
    """This environment without what wg-host heeds, and with @p more."""
    return {**{n: v for n, v in os.environ.items() if n not in HEEDED}, **more}


def on_two_terminals(args: list[str], env: dict[str, str]) -> tuple[int, str, str]:
    """As a program whose standard output and standard error are terminals, each its own: exit code
    and what each of them showed."""
    outs, errs = pty.openpty(), pty.openpty()
    with subprocess.Popen(
        [WG_HOST, *args],
        stdin=outs[1],
        stdout=outs[1],
        stderr=errs[1],
        env={"TERM": "xterm-256color", "COLUMNS": "120", **env},
        start_new_session=True,
    ) as process:
        os.close(outs[1])
        os.close(errs[1])
        shown = {outs[0]: b"", errs[0]: b""}
        open_ends, deadline = set(shown), time.monotonic() + 60
        while open_ends and time.monotonic() < deadline:
            for fd in select.select(list(open_ends), [], [], 0.2)[0]:
                try:
                    got = os.read(fd, 65536)
                except OSError:
                    got = b""
                shown[fd] += got
                if not got:
                    open_ends.discard(fd)
        if open_ends:
            process.kill()
    for fd in shown:
        os.close(fd)
    out, err = (text.decode("utf-8", "replace").replace("\r\n", "\n") for text in shown.values())
    return process.returncode, out, err
