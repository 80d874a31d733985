# SPDX-License-Identifier: MIT
"""flash: which runner, which board, and what becomes of west's failures. West is a script here."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.cli import invoke, json_end, json_lines
from fakes.usb import PLAIN, point_to, st_link
from wg_host import flash
from wg_host.errors import FlashError

RUNNERS = """# Available runners configured by board.cmake.
runners:
- stm32cubeprogrammer
- openocd
- jlink

# Default flash runner if --runner is not given.
flash-runner: stm32cubeprogrammer

debug-runner: openocd
config:
  elf_file: zephyr.elf
args:
  openocd:
    - --cmd-load
"""


@pytest.fixture
def build(tmp_path: Path) -> Path:
    (tmp_path / "build" / "zephyr").mkdir(parents=True)
    (tmp_path / "build" / "zephyr" / "runners.yaml").write_text(RUNNERS)
    return tmp_path / "build"


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder of the search path, and one board plugged in."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    point_to(monkeypatch, PLAIN, st_link("/dev/ttyACM0", "0666AA"))
    return folder


def tool(folder: Path, name: str, script: str = "exit 0") -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def test_the_preferred_runner_if_its_tool_is_there(build: Path, tools: Path) -> None:
    for name in ("west", "openocd", "STM32_Programmer_CLI"):
        tool(tools, name)
    end = json_end("flash", "-d", build, "--dry-run")
    assert end["result"]["runner"] == "stm32cubeprogrammer"
    assert end["result"]["command"][1:] == [
        *("flash", "--build-dir", str(build), "--runner", "stm32cubeprogrammer"),
        "--tool-opt=sn=0666AA",
    ]


def test_another_runner_if_only_its_tool_is_there(build: Path, tools: Path) -> None:
    tool(tools, "west")
    tool(tools, "openocd")
    end = json_end("flash", "-d", build, "--dry-run")
    assert end["result"]["command"][-2:] == ["--cmd-pre-init", "adapter serial 0666AA"]


def test_a_runner_that_is_wanted(build: Path, tools: Path) -> None:
    tool(tools, "west")
    end = json_end("flash", "-d", build, "--runner", "jlink", "--dry-run")
    assert end["result"]["command"][-2:] == ["--dev-id", "0666AA"]
    wrong = json_end("flash", "-d", build, "--runner", "nrfjprog")
    assert wrong["exit_code"] == 2
    assert "stm32cubeprogrammer, openocd, jlink" in wrong["error"]["hint"]


def test_one_of_several_boards(build: Path, tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool(tools, "west")
    tool(tools, "openocd")
    point_to(monkeypatch, st_link("/dev/ttyACM0", "0666AA"), st_link("/dev/ttyACM1", "0667BB"))
    ambiguous = json_end("flash", "-d", build)
    assert (ambiguous["exit_code"], ambiguous["error"]["kind"]) == (3, "BoardAmbiguous")
    end = json_end("flash", "-d", build, "--serial", "7bb", "--dry-run")
    assert end["result"]["serial_number"] == "0667BB"
    assert json_end("flash", "-d", build, "--serial", "CC")["exit_code"] == 3


def test_no_board(build: Path, tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool(tools, "west")
    tool(tools, "openocd")
    point_to(monkeypatch, PLAIN)
    assert json_end("flash", "-d", build)["exit_code"] == 3


def test_no_build(tmp_path: Path, tools: Path) -> None:
    end = json_end("flash", "-d", tmp_path / "none")
    assert end["exit_code"] == 2
    assert "west build" in end["error"]["hint"]


def test_no_tool_and_no_west(build: Path, tools: Path) -> None:
    end = json_end("flash", "-d", build)
    assert end["exit_code"] == 5
    assert "STM32_Programmer_CLI" in end["error"]["hint"]
    tool(tools, "openocd")
    end = json_end("flash", "-d", build)
    assert (end["exit_code"], end["error"]["message"]) == (5, "west is not installed")


def test_wests_lines_are_passed_on(build: Path, tools: Path) -> None:
    tool(tools, "openocd")
    tool(tools, "west", 'echo "writing $5"; echo done >&2')
    lines = json_lines("flash", "-d", build)
    assert [x["text"] for x in lines if x["event"] == "line"] == ["writing openocd", "done"]
    result = invoke("flash", "-d", build)
    assert result.exit_code == 0
    assert "writing openocd\ndone\n" in result.stdout
    assert "provision" in result.stderr


@pytest.mark.parametrize(
    ("script", "code", "said"),
    [
        ("echo boom; exit 3", 5, "west ended with 3"),
        ("echo 'libusb_open() failed with LIBUSB_ERROR_ACCESS'; exit 1", 6, "debug probe"),
    ],
)
def test_wests_failures(build: Path, tools: Path, script: str, code: int, said: str) -> None:
    tool(tools, "openocd")
    tool(tools, "west", script)
    end = json_end("flash", "-d", build)
    assert end["exit_code"] == code
    assert said in end["error"]["message"]


def test_a_board_without_a_runner_to_flash_with(build: Path) -> None:
    (build / "zephyr" / "runners.yaml").write_text("runners: []\n")
    with pytest.raises(FlashError, match="no runner"):
        flash.read_runners(build)
