# SPDX-License-Identifier: MIT
"""A fleet of fake boards around a hub."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path

from fakes.console import FakeConsole
from wg_host import config
from wg_host.keys import PublicKey

HEAD = """[fleet]
pool = ["10.9.0.0/29", "fd09::/64"]
[hub]
endpoint = "vpn.example.org:4000"
"""


class Office:
    """A fleet file with boards that are fakes."""

    def __init__(self, folder: Path, names: list[str], stack: ExitStack) -> None:
        self.folder, self.path = folder, folder / "office.toml"
        self.consoles = {name: stack.enter_context(FakeConsole()) for name in names}
        self.ports = {name: fake.on_pty() for name, fake in self.consoles.items()}
        self.write(names)

    def write(self, names: list[str], extra: str = "", head: str = HEAD) -> None:
        boards = [f'[[board]]\nname = "{n}"\nport = "{self.ports[n]}"\n{extra}' for n in names]
        self.path.write_text(head + "".join(boards))

    def held(self, name: str) -> list[str]:
        return self.consoles[name].commands.running.address

    def key(self, name: str) -> PublicKey:
        private = self.consoles[name].commands.running.private_key
        assert private is not None
        return private.public

    @property
    def hub(self) -> config.Config:
        return config.load(self.folder / "hub.conf")

    @property
    def record(self) -> dict[str, dict[str, object]]:
        raw = json.loads((self.folder / "office.record.json").read_text())
        return dict(raw["boards"])


def board(name: str, **members: str) -> str:
    lines = [f'{key} = "{value}"\n' for key, value in members.items()]
    return "".join([f'[[board]]\nname = "{name}"\n', *lines])


def statuses(end: dict[str, object]) -> list[str]:
    result = end["result"]
    assert isinstance(result, dict)
    return [board["status"] for board in result["boards"]]
