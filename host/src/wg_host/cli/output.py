# SPDX-License-Identifier: MIT
"""What a command says: to a person, or as JSON with one object a line.

The last JSON object of a command always has ``"event": "end"`` with the exit code and either a
``result`` or an ``error``. For a person, results go to standard output and remarks to standard
error, so that a pipe gets the results alone.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console

from wg_host.errors import Interrupted, UsageError, WgHostError


def _console(*, stderr: bool) -> Console:
    # By itself rich takes NO_COLOR to mean colours alone, and goes on with bold.
    plain = bool(os.environ.get("NO_COLOR"))
    return Console(
        stderr=stderr,
        color_system=None if plain else "auto",
        highlight=False,
        soft_wrap=True,
        markup=False,
    )


class Output:
    """One command's output."""

    def __init__(self, command: str, as_json: bool) -> None:
        self.command, self.as_json = command, as_json
        self.console, self.remarks = _console(stderr=False), _console(stderr=True)
        self._result: dict[str, Any] = {}

    def event(self, kind: str, **fields: Any) -> None:
        """A JSON object on its way; nothing for a person."""
        if self.as_json:
            print(json.dumps({"event": kind, **fields}), flush=True)

    def result(self, **fields: Any) -> None:
        """Fields of the ``result`` in the last JSON object; nothing for a person."""
        self._result |= fields

    def say(self, text: str, style: str | None = None) -> None:
        """A line of the result, for a person."""
        if not self.as_json:
            self.console.print(text, style=style)

    def note(self, text: str) -> None:
        """A remark."""
        self.event("note", text=text)
        if not self.as_json:
            self.remarks.print(text)

    def warn(self, text: str) -> None:
        """A remark that should not be missed."""
        self.event("warning", text=text)
        if not self.as_json:
            self.remarks.print(f"warning: {text}", style="yellow")

    def end(self, code: int) -> None:
        """The last JSON object of a command that ran."""
        self.event("end", command=self.command, exit_code=code, result=self._result)

    def failed(self, error: WgHostError) -> None:
        """The last JSON object, or lines, of a command that could not."""
        told = {"kind": type(error).__name__, "message": error.message, "hint": error.hint}
        self.event("end", command=self.command, exit_code=error.exit_code, error=told)
        if not self.as_json:
            self.remarks.print(f"error: {error.message}", style="red")
            if error.hint:
                self.remarks.print(f"hint: {error.hint}")


@contextmanager
def usage_errors(command: str, args: Sequence[str]) -> Iterator[None]:
    """Tells click's usage errors as JSON if ``--json`` is among the arguments, read or not yet."""
    options = args[: args.index("--")] if "--" in args else args
    as_json = "--json" in options
    try:
        yield
    except click.UsageError as e:
        if not as_json:
            raise
        path = e.ctx.command_path if e.ctx is not None else "wg-host"
        told = UsageError(e.format_message(), f"'{path} --help' says what it takes")
        Output(command, as_json).failed(told)
        sys.exit(told.exit_code)


class _Command(click.Command):
    def make_context(
        self, info_name: str | None, args: list[str], *more: Any, **extra: Any
    ) -> click.Context:
        with usage_errors(info_name or "", args):
            return super().make_context(info_name, args, *more, **extra)


Body = Callable[..., int | None]


def examples(*lines: str) -> str:
    """An epilog of examples that click leaves unwrapped."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def wg_command(name: str, **attributes: Any) -> Callable[[Body], click.Command]:
    """Makes a command of a function that takes an Output and its parameters, and returns its exit
    code, or None for 0. Adds ``--json``; the errors of the tree become messages and exit codes."""

    def decorate(body: Body) -> click.Command:
        def invoke(as_json: bool, **parameters: Any) -> None:
            out = Output(name, as_json)
            try:
                code = body(out, **parameters) or 0
            except WgHostError as e:
                out.failed(e)
                sys.exit(e.exit_code)
            except KeyboardInterrupt:
                out.failed(Interrupted("interrupted"))
                sys.exit(Interrupted.exit_code)
            except BrokenPipeError:
                # The reader of the pipe has seen enough; there is no one left to tell.
                sys.stderr.close()
                sys.exit(1)
            out.end(code)
            sys.exit(code)

        parameters = list(reversed(getattr(body, "__click_params__", [])))
        flag = click.Option(
            ["--json", "as_json"], is_flag=True, help="Print JSON, one object a line."
        )
        return _Command(
            name, callback=invoke, params=[*parameters, flag], help=body.__doc__, **attributes
        )

    return decorate
