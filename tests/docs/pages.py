# SPDX-License-Identifier: MIT
"""What the documentation says, in pieces that can be checked."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

PAGES = sorted(
    path
    for path in [*ROOT.glob("*.rst"), ROOT / "host/README.rst", *(ROOT / "docs").rglob("*.rst")]
    if path.is_file()
)


@dataclass(frozen=True)
class Found:
    """A piece of text and where it stands."""

    text: str
    page: Path
    line: int

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}: {self.text}"


def _blocks(page: Path) -> Iterator[tuple[bool, int, str]]:
    """Each line with its number, and whether it belongs to a literal block."""
    block: int | None = None
    announced = False
    for number, line in enumerate(page.read_text().split("\n"), 1):
        indent = len(line) - len(line.lstrip())
        if block is not None and line.strip() and indent <= block:
            block = None
        literal = block is not None and bool(line.strip())
        option = announced and line.strip().startswith(":")
        yield literal and not option, number, line
        if line.strip():
            announced = announced and option
        if block is None and re.match(r"\s*\.\. (code-block|code)::", line):
            block, announced = indent, True
        elif block is None and line.rstrip().endswith("::") and not line.lstrip().startswith(".. "):
            block = indent


def code_lines(page: Path) -> list[Found]:
    """The lines of all literal blocks, without their indentation; continued lines joined."""
    lines: list[Found] = []
    for literal, number, line in _blocks(page):
        if not literal:
            continue
        text = line.strip()
        if lines and lines[-1].text.endswith("\\") and lines[-1].page == page:
            last = lines.pop()
            lines.append(Found(last.text[:-1].rstrip() + " " + text, page, last.line))
        else:
            lines.append(Found(text, page, number))
    return lines


def literals(page: Path) -> list[Found]:
    """The texts between double backquotes."""
    text = "\n".join("" if literal else line for literal, _, line in _blocks(page))
    return [
        Found(" ".join(match.group(1).split()), page, text.count("\n", 0, match.start()) + 1)
        for match in re.finditer(r"``([^`]+?)``", text)
    ]


def everything(page: Path) -> list[Found]:
    """Literals and the lines of literal blocks."""
    return [*literals(page), *code_lines(page)]


def commands(page: Path) -> list[Found]:
    """What a reader would type at a shell: lines of blocks, without prompt and comment."""
    found = []
    for line in code_lines(page):
        text = re.sub(r"^\$ ", "", line.text)
        found.append(Found(re.sub(r"\s{2,}#.*| # .*", "", text), line.page, line.line))
    return found


def wg_host_calls(page: Path) -> list[tuple[Found, list[str]]]:
    """Every wg-host command of a page with its words, one for each part of a pipe."""
    calls = []
    for line in [*commands(page), *literals(page)]:
        for part in re.split(r"[|&;]|\$\(", line.text):
            words = shlex.split(part.strip().rstrip(')"'), comments=True) if _balanced(part) else []
            if words[:1] == ["wg-host"]:
                cut = next((i for i, w in enumerate(words) if w in (">", ">>")), len(words))
                calls.append((line, words[1:cut]))
    return calls


def _balanced(text: str) -> bool:
    try:
        shlex.split(text.strip().rstrip(')"'), comments=True)
    except ValueError:
        return False
    return True


def make_targets() -> set[str]:
    """The targets of the Makefile that are not files."""
    makefile = (ROOT / "Makefile").read_text()
    return {
        name for names in re.findall(r"^\.PHONY: *(.*)", makefile, re.M) for name in names.split()
    }


def zephyr_trees() -> list[Path]:
    """The Zephyrs at hand: those that ZWG_ZEPHYRS names, else ZEPHYR_BASE."""
    named = re.split(r"[:,\s]+", os.environ.get("ZWG_ZEPHYRS", os.environ.get("ZEPHYR_BASE", "")))
    return [Path(name) for name in named if name and (Path(name) / "Kconfig.zephyr").is_file()]
