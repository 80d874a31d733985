# SPDX-License-Identifier: MIT
"""What the documentation names is there: commands, options, files, make targets, functions."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import click
import pytest
from wg_host.cli import main

import commands
import kconfig
import pages
from pages import PAGES, ROOT, Found

# Folders of the repository; a literal that begins with one is a path.
FOLDERS = sorted(p.name for p in ROOT.iterdir() if p.is_dir() and not p.name.startswith("."))


def complain(wrong: list[Found]) -> None:
    assert not wrong, "\n".join(map(str, wrong))


def ids(path: object) -> str:
    return str(path.relative_to(ROOT)) if isinstance(path, Path) else str(path)


each_page = pytest.mark.parametrize("page", PAGES, ids=ids)


@each_page
def test_make_targets_exist(page: Path) -> None:
    wrong = [
        found
        for found in pages.everything(page)
        for target in re.findall(r"(?:^|\$ |&& )make +([a-z][a-z0-9_-]*)(?![\w=])", found.text)
        if target not in pages.make_targets()
    ]
    complain(wrong)


@each_page
def test_paths_exist(page: Path) -> None:
    folders = "|".join(map(re.escape, FOLDERS))
    wrong = []
    for found in pages.literals(page):
        name = found.text.rstrip("/")
        # NAME is for the reader to fill in; what is built is not in the repository.
        if re.search(r"\bNAME\b", name) or name.startswith("build/"):
            continue
        is_path = re.fullmatch(rf"(?:{folders})/[\w./*-]+", name)
        is_page = re.fullmatch(r"[A-Z]+\.rst", name)
        if (is_path or is_page) and not list(ROOT.glob(name)):
            wrong.append(found)
    complain(wrong)


def own_options() -> set[str]:
    sources = [ROOT / "zephyr/Kconfig", ROOT / "zephyr-app/src/Kconfig"]
    return {
        f"CONFIG_{option.name}"
        for source in sources
        for option in kconfig.options(source.read_text())
    }


@cache
def zephyr_options(tree: Path) -> frozenset[str]:
    """Every symbol that a tree's Kconfig files define."""
    found: set[str] = set()
    for file in tree.rglob("Kconfig*"):
        if file.is_file():
            text = file.read_text(errors="replace")
            found |= {
                f"CONFIG_{name}" for name in re.findall(r"^\s*(?:menu)?config (\w+)", text, re.M)
            }
    return frozenset(found)


def named_options(page: Path) -> list[tuple[Found, str]]:
    text = page.read_text()
    return [
        (Found(name, page, text.count("\n", 0, match.start()) + 1), name)
        for match in re.finditer(r"\bCONFIG_[A-Z0-9_]+\b(?!\*)", text)
        for name in [match.group()]
    ]


@each_page
def test_own_options_exist(page: Path) -> None:
    known = own_options()
    complain(
        [
            found
            for found, name in named_options(page)
            if name.startswith("CONFIG_ZWG") and name not in known
        ]
    )


@each_page
def test_zephyr_options_exist(page: Path) -> None:
    """In one of the lines at least: some options have changed their names between them."""
    named = [(f, n) for f, n in named_options(page) if not n.startswith("CONFIG_ZWG")]
    if not named:
        return
    trees = pages.zephyr_trees()
    if not trees:
        pytest.skip("no Zephyr at hand (ZEPHYR_BASE, ZWG_ZEPHYRS)")
    known = frozenset[str]().union(*map(zephyr_options, trees))
    complain([found for found, name in named if name not in known])


def parse(words: list[str]) -> None:
    """Parses a wg-host command line without running it; a click exception if it is wrong."""
    group: click.Command = main
    info = "wg-host"
    while isinstance(group, click.Group):
        if not words:
            return
        if words[0] in ("--help", "-h", "--version", "..."):
            return
        name, words = words[0], words[1:]
        if name.isupper():
            return
        found = group.get_command(click.Context(group, info_name=info), name)
        if found is None:
            raise click.UsageError(f"no such command: {name}")
        group, info = found, f"{info} {name}"
    if {"--help", "-h"} & set(words):
        return
    group.make_context(info, list(words))


@each_page
def test_wg_host_commands_parse(page: Path) -> None:
    wrong = []
    for found, words in pages.wg_host_calls(page):
        from_block = found in pages.commands(page)
        try:
            if from_block:
                parse(words)
            else:
                _parse_mention(words)
        except click.ClickException as e:
            wrong.append(Found(f"{found.text}: {e.format_message()}", found.page, found.line))
    complain(wrong)


def _parse_mention(words: list[str]) -> None:
    """A command in running text may lack arguments, or stand for many with a word in capitals: its
    name and its options must exist."""
    try:
        parse(words)
    except (click.MissingParameter, click.BadArgumentUsage, click.BadOptionUsage):
        return
    except click.BadParameter:
        if not any(word.isupper() for word in words):
            raise


@each_page
def test_mentioned_options_exist(page: Path) -> None:
    """An option in running text is one of wg-host's or of a program of ours."""
    known = {"--help", "--version", "--runner", "--flash"}
    for _, command in commands.click_commands(main):
        known |= {opt for p in command.params for opt in [*p.opts, *p.secondary_opts]}
    for name in ("daemon", "sim"):
        source = (ROOT / f"linux-app/{name}/main.c").read_text()
        known |= set(re.findall(r"--[\w-]+", commands.program_help(source)))
    wrong = [
        found
        for found in pages.literals(page)
        if (option := re.match(r"(--[a-z][\w-]*)", found.text)) and option.group(1) not in known
    ]
    complain(wrong)


@each_page
def test_console_commands_exist(page: Path) -> None:
    """`wg X` at the board's prompt, or in running text, is a command of the board or of wg(8)."""
    console = (ROOT / "board/console.c").read_text()
    shell = (ROOT / "zephyr-app/wireguard/shell.c").read_text()
    board = {name for name, _, _ in commands.console_commands(console)}
    board |= {name for name, _ in commands.shell_commands(shell)}
    wrong = [
        found
        for found in pages.everything(page)
        for prompt, name in re.findall(r"^(uart:~\$ |zwg:~\$ |)wg ([a-z]+)\b", found.text)
        if name not in (board if prompt else board | {"setconf", "addconf", "syncconf", "genpsk"})
    ]
    complain(wrong)


@cache
def sources(folder: Path, *patterns: str) -> str:
    """The text of all sources below a folder."""
    texts = []
    for pattern in patterns:
        texts += [f.read_text(errors="replace") for f in sorted(folder.rglob(pattern))]
    return "\n".join(texts)


@cache
def own_functions() -> frozenset[str]:
    text = "".join(
        sources(ROOT / folder, "*.c", "*.h")
        for folder in ("core", "board", "zephyr-app", "linux-app", "docs/examples")
    )
    return frozenset(re.findall(r"\b(\w+)\)?\(", text))


@cache
def zephyr_functions(tree: Path) -> frozenset[str]:
    folders = ("subsys/net", "include/zephyr/net", "drivers/ethernet")
    text = "".join(sources(tree / folder, "*.c", "*.h") for folder in folders)
    return frozenset(re.findall(r"\b(\w+)\(", text))


def named_functions(page: Path) -> list[tuple[Found, str]]:
    return [
        (found, match.group(1))
        for found in pages.literals(page)
        if (match := re.fullmatch(r"(\w+)\(\)", found.text))
    ]


@each_page
def test_functions_exist(page: Path) -> None:
    """A function that is named is ours, or in one of the Zephyrs at hand."""
    foreign = [(f, n) for f, n in named_functions(page) if n not in own_functions()]
    if not foreign:
        return
    trees = pages.zephyr_trees()
    if not trees:
        pytest.skip("no Zephyr at hand (ZEPHYR_BASE, ZWG_ZEPHYRS)")
    known = frozenset[str]().union(*map(zephyr_functions, trees))
    complain([found for found, name in foreign if name not in known])


# Those that the page on the way of a packet gives two names for, one for each line.
RENAMED = {
    "net_try_send_data",
    "net_if_try_send_data",
    "net_if_try_queue_tx",
    "net_if_queue_tx",
}


@pytest.mark.parametrize("tree", pages.zephyr_trees() or [None], ids=str)
def test_the_way_of_a_packet_is_that_of_every_line(tree: Path | None) -> None:
    """Its functions are in each Zephyr at hand, but for those that it says were renamed."""
    if tree is None:
        pytest.skip("no Zephyr at hand (ZEPHYR_BASE, ZWG_ZEPHYRS)")
    page = ROOT / "docs/guide/packet.rst"
    names = named_functions(page)
    assert len(names) > 30
    complain(
        [
            found
            for found, name in names
            if name not in own_functions() | zephyr_functions(tree) | RENAMED
        ]
    )


@cache
def own_text() -> str:
    """All sources as one line: texts that are split between literals are joined."""
    text = "".join(
        sources(ROOT / folder, "*.c", "*.h", "*.py")
        for folder in ("core", "board", "zephyr-app", "linux-app", "host/src")
    )
    text = re.sub(r'"\s*\\?\n\s*f?"', "", text)
    return re.sub(r"\\\n|\s+", " ", text)


def test_quoted_messages_are_those_of_the_sources() -> None:
    """A symptom of the troubleshooting page that quotes a message quotes it as it is printed."""
    page = ROOT / "docs/guide/troubleshooting.rst"
    quoted = [
        found
        for found in pages.literals(page)
        if len(found.text.split()) >= 3
        and not found.text.startswith(("sudo ", "wg ", "wg-host ", "west "))
        and "=" not in found.text
    ]
    assert len(quoted) >= 5
    complain([found for found in quoted if found.text not in own_text()])


def test_counters_that_are_named_exist() -> None:
    text = own_text()
    wrong = []
    for page in PAGES:
        for found in pages.literals(page):
            name = re.fullmatch(r"drop_(\w+)", found.text)
            if name and f'"{name.group(1)}"' not in text:
                wrong.append(found)
    complain(wrong)
