# SPDX-License-Identifier: MIT
"""The page about fleets: its files are read, and its tables have every key and no other."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from wg_host import fleetfile
from wg_host.cli.fleet import command

from pages import ROOT

PAGE = (ROOT / "docs/guide/fleet.rst").read_text()
TABLES = ("fleet", "hub", "board")


def examples() -> list[str]:
    blocks = re.findall(r"\.\. code-block:: toml\n\n((?:   .*\n|\n)+)", PAGE)
    return [re.sub(r"^   ", "", block, flags=re.M) for block in blocks]


def rows(table: str) -> dict[str, list[str]]:
    """The type and the default of each key that the table describes."""
    (body,) = re.findall(rf"^\.\. list-table:: ``\[+{table}\]+``.*\n((?:   .*\n|\n)+)", PAGE, re.M)
    cells = [
        " ".join(cell.split()) for cell in re.findall(r"^   [* ] - (.*(?:\n {7}\S.*)*)", body, re.M)
    ]
    assert cells[:4] == ["Key", "Type", "Default", "Meaning"]
    assert len(cells) % 4 == 0
    return {cells[i].strip("`"): cells[i + 1 : i + 3] for i in range(4, len(cells), 4)}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, tuple[Any, ...]]]:
    """What the reader of fleet files asks for while it reads the first example: by table and key
    the limits and the default of a number, and nothing for a text."""
    found: dict[str, dict[str, tuple[Any, ...]]] = {}

    def spy(name: str) -> None:
        method: Callable[..., Any] = getattr(fleetfile._Table, name)

        def asks(self: Any, key: str, *how: Any) -> Any:
            limits = how if name == "number" else ()
            found.setdefault(self.name.split()[0], {}).setdefault(key, limits)
            return method(self, key, *how)

        monkeypatch.setattr(fleetfile._Table, name, asks)

    for name in ("text", "texts", "number"):
        spy(name)
    fleetfile.parse(examples()[0], "example", Path())
    return found


def test_examples_are_fleet_files() -> None:
    full, least = (fleetfile.parse(text, "example", Path()) for text in examples())
    assert [board.name for board in full.boards] == ["kitchen", "roof"]
    assert [board.name for board in least.boards] == ["kitchen"]


def test_the_example_of_the_help_is_a_fleet_file() -> None:
    text = inspect.cleandoc(command.help or "").split("\b\n")[1]
    assert [board.name for board in fleetfile.parse(text, "example", Path()).boards] == ["kitchen"]


def test_the_first_example_has_every_key(asked: dict[str, dict[str, tuple[Any, ...]]]) -> None:
    raw = fleetfile.tomllib.loads(examples()[0])
    boards = {key for board in raw["board"] for key in board}
    assert {"fleet": set(raw["fleet"]), "hub": set(raw["hub"]), "board": boards} == {
        table: set(keys) for table, keys in asked.items()
    }


@pytest.mark.parametrize("table", TABLES)
def test_every_key_is_described(table: str, asked: dict[str, dict[str, tuple[Any, ...]]]) -> None:
    described = rows(table)
    assert set(described) == set(asked[table])
    for key, limits in asked[table].items():
        if limits:
            low, high, default = limits
            kind, said = described[key]
            assert kind == f"{low} to {high}"
            assert said == str(default) or (default is None and not said.isdigit())


def test_defaults_of_texts_are_as_described() -> None:
    least = fleetfile.parse(examples()[1], "example", Path("folder"))
    assert rows("hub")["config"][1] == f"``{least.hub_config.name}``"
    assert least.hub_config.parent == Path("folder")
    assert [str(a) for a in least.hub_addresses] == ["10.9.0.1/24"]
    assert rows("hub")["address"][1] == "the first of each pool"


@pytest.mark.parametrize("table", TABLES)
def test_keys_that_are_needed_are_so(table: str) -> None:
    """Each line of the least example is needed, and no key without one."""
    lines = examples()[1].split("\n")
    for number, line in enumerate(lines):
        if "=" not in line:
            continue
        text = "\n".join(lines[:number] + lines[number + 1 :])
        with pytest.raises(fleetfile.ConfigError):
            fleetfile.parse(text, "example", Path())
    needed = {key for key, (_, default) in rows(table).items() if default.startswith("none")}
    raw = fleetfile.tomllib.loads(examples()[1])
    given = raw[table] if isinstance(raw[table], dict) else raw[table][0]
    assert set(given) <= needed
