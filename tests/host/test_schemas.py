# SPDX-License-Identifier: MIT
"""The JSON Schemas: every member is described, with its unit, and a board's state is what
docs/console.rst says it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from fakes.cli import json_end
from fakes.console import FakeConsole
from fakes.settings import FakePeer
from wg_host import schemas
from wg_host.cli import COMMANDS
from wg_host.keys import PresharedKey, PrivateKey

CONSOLE = Path(__file__).resolve().parents[2] / "docs/console.rst"
UNIT = re.compile(
    r"\bseconds\b|\bbytes\b|\bbits per second\b|^Number of |\bport\b|\bexit code\b", re.I
)


def members(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every member of every object in a schema, with its path."""
    if isinstance(schema, list):
        for part in schema:
            yield from members(part, path)
    elif isinstance(schema, dict):
        for name, member in schema.get("properties", {}).items():
            yield f"{path}.{name}", member
            yield from members(member, f"{path}.{name}")
        for word in ("oneOf", "anyOf", "items", "additionalProperties"):
            yield from members(schema.get(word), path)


def test_every_command_has_a_schema_and_no_other() -> None:
    assert sorted(schemas.RESULTS) == sorted(COMMANDS)
    assert set(schemas.EVENTS) <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_member_is_described_and_every_number_has_a_unit(command: str) -> None:
    seen = list(members(schemas.schema(command)))
    assert len(seen) > 8
    for path, member in seen:
        description = member.get("description", "")
        assert description.endswith("."), f"{path}: {member}"
        kinds = [member.get("type"), *(form.get("type") for form in member.get("anyOf", []))]
        if (
            "number" in kinds
            or "integer" in kinds
            or member.get("additionalProperties") == {"type": "integer"}
        ):
            assert UNIT.search(description), f"{path}: {description}"


def test_times_of_bench_are_in_seconds() -> None:
    told = dict(members(schemas.schema("bench")))
    for name in ("minimum", "median", "p90", "p99", "maximum"):
        assert told[f".result.latency.{name}"]["description"].endswith(", in seconds.")


def state_schema() -> dict[str, Any]:
    state: dict[str, Any] = schemas.RESULTS["show"]["properties"]["state"]
    return state


def test_a_boards_state_has_the_members_that_the_console_documents() -> None:
    table = CONSOLE.read_text().split("The object has these members:")[1]
    rows = re.split(r"^=+  =+$", table, flags=re.M)[1]
    documented = re.findall(r"^``(\w+)``", rows, re.M)
    of_a_peer = re.findall(r"^ +``public_key``.*?(?=\n``)", rows, re.M | re.S)
    assert sorted(state_schema()["properties"]) == sorted(documented)
    words = set(re.findall(r"``(\w+)``", of_a_peer[0]))
    assert set(state_schema()["properties"]["peers"]["items"]["properties"]) == words


def test_a_boards_state_is_held_against_its_schema(console: FakeConsole) -> None:
    commands = console.commands
    commands.running.private_key = PrivateKey(bytes(range(1, 33)))
    commands.running.address = ["10.1.1.50/24"]
    key = PrivateKey(bytes(range(32))).public
    psk = PresharedKey(bytes(range(7, 39)))
    commands.running.peers = [FakePeer(key, psk, "192.0.2.1:51820", 25, ["10.1.1.200/32"])]
    state = json_end("show", "--port", console.on_pty())["result"]["state"]
    validator = jsonschema.Draft202012Validator(state_schema())
    validator.validate(state)
    validator.validate({**state, "chip": "1a2b", "waits": None, "new": 1})
    assert set(state) <= set(state_schema()["properties"])
    wrong: list[tuple[str, Any]] = [
        ("mtu", "1420"),
        ("public_key", "short"),
        ("chip", "XYZ"),
        ("counters", {"drop_mac1": "3"}),
        ("entropy", "dice"),
        ("peers", [{**state["peers"][0], "rx_bytes": None}]),
    ]
    for name, value in wrong:
        with pytest.raises(jsonschema.ValidationError):
            validator.validate({**state, name: value})
    for name in ("v", "up", "peers"):
        with pytest.raises(jsonschema.ValidationError):
            validator.validate({n: value for n, value in state.items() if n != name})
