# SPDX-License-Identifier: MIT
"""Reads the options of a Kconfig file, as far as this project uses the language: config,
menuconfig, choice, prompts, defaults, ranges, dependencies and help. Nothing is evaluated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

LOG_LEVELS = ("OFF", "ERR", "WRN", "INF", "DBG", "DEFAULT")


@dataclass
class Option:
    """A symbol, in the words of the file; without the prefix CONFIG_."""

    name: str
    type: str = ""
    prompt: str = ""
    defaults: list[str] = field(default_factory=list)
    range: str = ""
    depends: list[str] = field(default_factory=list)
    selects: list[str] = field(default_factory=list)
    help: str = ""
    choice: str = ""
    menu: str = ""


def _indentation(line: str) -> int:
    return len(line.expandtabs(8)) - len(line.expandtabs(8).lstrip())


def _help(lines: list[str], at: int) -> tuple[str, int]:
    """The help text that begins at `at`, and the line behind it."""
    while at < len(lines) and not lines[at].strip():
        at += 1
    width = _indentation(lines[at])
    end = at
    while end < len(lines) and (not lines[end].strip() or _indentation(lines[end]) >= width):
        end += 1
    return "\n".join(line.strip() for line in lines[at:end]).strip(), end


def _unquoted(text: str) -> str:
    found = re.match(r'"((?:[^"\\]|\\.)*)"', text.strip())
    return found.group(1).replace('\\"', '"') if found else text.strip()


def _property(option: Option, line: str) -> None:
    word, _, rest = line.partition(" ")
    rest = rest.strip()
    if word in ("bool", "int", "string", "hex", "tristate"):
        option.type = word
        option.prompt = _unquoted(rest) or option.prompt
    elif word == "prompt":
        option.prompt = _unquoted(rest)
    elif word == "default":
        option.defaults.append(rest)
    elif word == "range":
        option.range = rest
    elif word == "depends":
        option.depends.append(rest.removeprefix("on "))
    elif word in ("select", "imply"):
        option.selects.append(rest)


def _log_level(module: str, prompt: str, depends: str) -> Option:
    """What Zephyr's template for log levels adds for a module."""
    names = [f"CONFIG_{module}_LOG_LEVEL_{level}" for level in LOG_LEVELS]
    text = f"How much the module {prompt} logs: one of {', '.join(names)}."
    return Option(
        f"{module}_LOG_LEVEL", "choice", "Log level", ["default"], depends=[depends], help=text
    )


def options(source: str) -> list[Option]:
    """The options of a file in their order; those of Zephyr's log template among them."""
    lines = re.sub(r"\\\n\s*", " ", source).split("\n")
    found: list[Option] = []
    current: Option | None = None
    menus: list[str] = []
    choice = module = prompt = ""
    at = 0
    while at < len(lines):
        line = lines[at].split("#", 1)[0].strip()
        at += 1
        word, _, rest = line.partition(" ")
        if word in ("config", "menuconfig"):
            current = Option(rest, choice=choice, menu=menus[-1] if menus else "")
            found.append(current)
        elif word == "choice":
            choice = rest or "choice"
            current = Option(rest, "choice", menu=menus[-1] if menus else "")
            if rest:
                found.append(current)
        elif word == "endchoice":
            choice, current = "", None
        elif word in ("menu", "mainmenu"):
            menus.append(_unquoted(rest))
            current = None
        elif word == "endmenu":
            menus.pop()
        elif word in ("if", "endif", "comment"):
            current = None
        elif word == "module":
            module = rest.removeprefix("= ")
        elif word == "module-str":
            prompt = rest.removeprefix("= ")
        elif word in ("source", "rsource") and "template.log_config" in rest:
            found.append(_log_level(module, prompt, "LOG"))
        elif word == "help" and current:
            current.help, at = _help(lines, at)
        elif current and line:
            _property(current, line)
    return found


def _text(text: str) -> str:
    """Words of a help text as reStructuredText: names of options become literals."""
    text = re.sub(r"\s*\n\s*", " ", text)
    text = re.sub(r"([\\*`|])", r"\\\1", text)
    return re.sub(r"\b((?:CONFIG_)?(?:ZWG|NET|QEMU)_[A-Z0-9_]+)\b", r"``\1``", text)


def document(source: str) -> list[str]:
    """The options of a file as reStructuredText."""
    lines: list[str] = []
    menu = ""
    for option in options(source):
        if option.menu and option.menu != menu:
            lines += [f".. rubric:: {option.menu}", ""]
        menu = option.menu
        kind = "yes or no" if option.type in ("bool", "tristate") else option.type
        if option.choice:
            kind += f", one of CONFIG_{option.choice}"
        lines += [f".. confval:: CONFIG_{option.name}", f"   :type: {kind}"]
        if option.defaults:
            default = "; ".join(option.defaults)
            lines.append(f"   :default: ``{default}``")
        lines += ["", f"   {_text(option.prompt)}", ""] if option.prompt else [""]
        if option.help:
            lines += [f"   {_text(option.help)}", ""]
        if option.range:
            low, high = option.range.split()
            lines += [f"   From {low} to {high}.", ""]
        if option.depends:
            parts = [f"({d})" if "||" in d and option.depends[1:] else d for d in option.depends]
            lines += ["   Depends on ``" + " && ".join(parts) + "``.", ""]
        if option.selects:
            lines += ["   Selects " + ", ".join(f"``{s}``" for s in option.selects) + ".", ""]
    return lines
