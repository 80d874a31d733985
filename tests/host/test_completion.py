# SPDX-License-Identifier: MIT
"""What the shell is offered as values of options."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.shell_completion import BashComplete

from fakes.office import HEAD, board
from fakes.usb import PLAIN, point_to, st_link
from wg_host.cli import main


def offered(*words: str | Path) -> list[str]:
    """The completions of the last word."""
    shell = BashComplete(main, {}, "wg-host", "_WG_HOST_COMPLETE")
    *before, incomplete = map(str, words)
    return [
        f"<{item.type}>" if item.type != "plain" else item.value
        for item in shell.get_completions(before, incomplete)
    ]


@pytest.mark.parametrize("command", ["provision", "show", "verify", "monitor", "doctor"])
def test_ports_are_those_of_the_boards_found(monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    point_to(monkeypatch, PLAIN, st_link("/dev/ttyACM0", "A1"), st_link("/dev/ttyACM1", "B2"))
    assert offered(command, "--port", "") == ["/dev/ttyACM0", "/dev/ttyACM1"]
    assert offered(command, "--port", "/dev/ttyACM1") == ["/dev/ttyACM1"]


def test_a_port_of_another_board_is_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    point_to(monkeypatch, st_link("/dev/ttyACM0"))
    assert offered("show", "--port", "/dev/ttyU") == ["<file>"]


@pytest.mark.parametrize("option", ["--only", "--replaced"])
def test_boards_of_a_fleet_are_those_of_its_file(tmp_path: Path, option: str) -> None:
    path = tmp_path / "office.toml"
    path.write_text(HEAD + board("kitchen", port="p") + board("roof", port="q"))
    assert offered("fleet", path, option, "") == ["kitchen", "roof"]
    assert offered("fleet", path, option, "r") == ["roof"]
    assert offered("fleet", option, "") == []
    assert offered("fleet", tmp_path / "none.toml", option, "") == []
    path.write_text("[fleet")
    assert offered("fleet", path, option, "") == []


def test_checks_are_offered_one_after_another() -> None:
    assert "ping" in offered("verify", "--only", "")
    assert offered("verify", "--skip", "ping,udp-e") == ["ping,udp-echo"]
