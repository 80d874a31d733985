# SPDX-License-Identifier: MIT
"""Commands as reStructuredText: wg-host's from click, the console's and the programs' help from
the C sources.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

import click

STRING = r'"(?:[^"\\]|\\.)*"'


def _c_string(code: str) -> str:
    """The value of adjacent C string literals; the escapes used are also Python's."""
    return "".join(ast.literal_eval(literal) for literal in re.findall(STRING, code))


def console_commands(console_c: str) -> list[tuple[str, str, str]]:
    """Name, words and meaning of each command of the console, from its table in board/console.c."""
    table = console_c.split("commands[] = {", 1)[1].split("\n};", 1)[0]
    commands = []
    for name, rest in re.findall(rf'\{{"(\w+)",\s*((?:{STRING}\s*)+),', table):
        words, _, meaning = _c_string(rest).rpartition(": ")
        commands.append((name, words.strip(), meaning))
    return commands


def shell_commands(shell_c: str) -> list[tuple[str, str]]:
    """Name and help of each subcommand that the Zephyr shell registers."""
    start = r"SHELL_(?:COND_CMD\(\w+, |CMD\()"
    found = re.findall(rf"{start}(\w+), \w+,[\s\\]*((?:{STRING}\s*)+),", shell_c)
    return [(name, _c_string(text)) for name, text in found]


def program_help(main_c: str) -> str:
    """The text that a program of linux-app/ prints for --help."""
    return _c_string(main_c.split("char help[] =", 1)[1].split(";\n", 1)[0])


# The words for what a function of uapi_set.c takes.
VALUES = {
    "parse_key": "64 hexadecimal digits",
    "parse_true": "``true``",
    "parse_port": "0 to 65535",
    "parse_number": "a number",
    "parse_endpoint": "``ADDRESS:PORT``, ``[ADDRESS]:PORT``",
    "add_prefix": "``ADDRESS/LENGTH``; with ``-`` before it, taken away",
    "begin_peer": "64 hexadecimal digits; the lines that follow are about this peer",
}


@dataclass(frozen=True)
class UapiKey:
    """A key of the cross-platform interface."""

    name: str
    value: str
    of_peer: bool
    settable: bool
    shown: bool


def uapi_keys(uapi_set_c: str, uapi_get_c: str) -> list[UapiKey]:
    """The keys that zwg-linux takes and shows, and what it takes as their values."""
    shown = re.findall(r'\bput\w*\(out, "(\w+)"', uapi_get_c)
    taken = {}
    for function in re.split(r"\n(?=(?:static )?int \w+_line\()", uapi_set_c)[1:]:
        of_peer = function.startswith("static int peer_line")
        for name, rest in re.findall(
            r'is\(&?key, "(\w+)"\)(.*?)(?=is\(&?key|\n\}|$)', function, re.S
        ):
            parser = re.search(r"\b(parse_\w+|add_prefix|begin_peer)\(", rest)
            value = VALUES[parser.group(1)] if parser else ""
            taken[name] = UapiKey(name, value, of_peer or name == "public_key", True, name in shown)
    rest = [UapiKey(name, "", True, False, True) for name in shown if name not in taken]
    return [*taken.values(), *rest]


def uapi(uapi_set_c: str, uapi_get_c: str) -> list[str]:
    """The keys as two tables: of the interface, and of a peer."""
    lines = []
    keys = uapi_keys(uapi_set_c, uapi_get_c)
    for of_peer, title in ((False, "Of the interface"), (True, "Of a peer")):
        lines += [f".. list-table:: {title}", "   :header-rows: 1", ""]
        lines += ["   * - Key", "     - set", "     - get", "     - Value"]
        # A peer's lines begin with its key.
        chosen = sorted(
            (k for k in keys if k.of_peer == of_peer), key=lambda k: k.name != "public_key"
        )
        for key in chosen:
            lines += [f"   * - ``{key.name}``", f"     - {'yes' if key.settable else ''}"]
            lines += [f"     - {'yes' if key.shown else ''}", f"     - {key.value}"]
        lines.append("")
    return lines


def escape(text: str) -> str:
    """Text in which nothing is taken for markup."""
    return re.sub(r"([\\*`|])", r"\\\1", re.sub(r"_(?=\W|$)", r"\\_", text))


def console(console_c: str, shell_c: str) -> list[str]:
    """The console's commands, and those that only the Zephyr shell has."""
    lines = []
    for name, words, meaning in console_commands(console_c):
        lines += [f"``wg {name}{' ' + words if words else ''}``", f"   {escape(meaning)}.", ""]
    known = {name for name, _, _ in console_commands(console_c)}
    for name, text in shell_commands(shell_c):
        if name not in known:
            lines += [f"``wg {name}``", f"   {escape(text)} (Zephyr shell only).", ""]
    return lines


# wg-host


def click_commands(main: click.Group) -> Iterator[tuple[str, click.Command]]:
    """Every command of a group, in the order of its help."""
    context = click.Context(main, info_name="wg-host")
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        if command is None:
            raise LookupError(f"wg-host {name}: listed and not there")
        yield name, command


def _paragraphs(text: str) -> list[str]:
    """A docstring for click; its blocks that begin with a backspace stay as they are."""
    lines: list[str] = []
    for block in re.split(r"\n\s*\n", text.strip()):
        rows = [row.strip() for row in block.split("\n")]
        if rows[0] == "\b":
            lines += ["::", "", *(f"   {row}" for row in rows[1:]), ""]
        else:
            lines += [escape(" ".join(rows)), ""]
    return lines


def _examples(epilog: str) -> list[str]:
    rows = epilog.replace("\b", "").strip("\n").split("\n")
    if not rows or rows[0].strip() != "Examples:":
        return _paragraphs(epilog)
    return ["Examples::", "", *(f"   {row.strip()}" for row in rows[1:]), ""]


def cli_command(name: str, command: click.Command, level: str) -> list[str]:
    """A command's usage, text, options and examples, under a heading."""
    path = f"wg-host {name}"
    context = click.Context(command, info_name=path)
    title = f"``{path}``"
    usage = command.get_usage(context).removeprefix("Usage: ")
    lines = [f".. _{path.replace(' ', '-')}:", "", title, level * len(title), ""]
    lines += ["::", "", *(f"   {row}" for row in usage.split("\n")), ""]
    lines += _paragraphs(command.help or "")
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if isinstance(parameter, click.Option) and record and "--help" not in parameter.opts:
            # Where there is no help, a definition of nothing.
            lines += [f"``{record[0]}``", f"   {escape(record[1]) or chr(92)}", ""]
    lines += _examples(command.epilog or "")
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            sub = command.get_command(context, below)
            assert sub is not None
            lines += cli_command(f"{name} {below}", sub, "^")
    return lines


def cli(main: click.Group) -> list[str]:
    """Every command of wg-host."""
    lines: list[str] = []
    for name, command in click_commands(main):
        lines += cli_command(name, command, "-")
    return lines
