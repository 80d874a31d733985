# SPDX-License-Identifier: MIT
"""Which board is which: boards that changed places, that were replaced, and that have two names."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.cli import invoke, json_end
from fakes.console import Faults
from fakes.office import HEAD, Office, board, statuses
from fakes.usb import point_to, st_link


def swap(office: Office) -> None:
    """As ttyACM numbers do when boards are plugged in in another order."""
    ports = office.ports
    ports["kitchen"], ports["roof"] = ports["roof"], ports["kitchen"]
    office.write(["kitchen", "roof"])


def files(office: Office) -> dict[str, str]:
    return {p.name: p.read_text() for p in office.folder.iterdir() if p.name != "office.toml"}


@pytest.mark.parametrize("args", [(), ("--only", "kitchen"), ("--dry-run",), ("--reset",)])
def test_boards_that_changed_places_are_refused(office: Office, args: tuple[str, ...]) -> None:
    invoke("fleet", office.path)
    before, key = files(office), office.key("roof")
    held = {name: fake.commands.running for name, fake in office.consoles.items()}
    swap(office)
    end = json_end("fleet", office.path, *args)
    assert end["exit_code"] == 3
    assert set(statuses(end)) == {"failed"}
    told = end["result"]["boards"][0]
    assert told["error"] == (
        f"expected 'kitchen' at {office.ports['kitchen']}, found the board on record as 'roof' "
        f"(public key {key}); it was left as it is"
    )
    assert "--replaced kitchen" in told["hint"]
    assert files(office) == before
    for name, fake in office.consoles.items():
        assert fake.commands.running is held[name]
        assert not fake.commands.pending
    swap(office)
    assert statuses(json_end("fleet", office.path)) == ["unchanged", "unchanged"]


def chips(office: Office, **ids: str | None) -> None:
    for name, chip in ids.items():
        office.consoles[name].commands.chip = chip


def test_a_board_without_its_key_is_known_by_its_chip(office: Office) -> None:
    chips(office, kitchen="0a1b", roof="77ff")
    invoke("fleet", office.path)
    assert [held["chip"] for held in office.record.values()] == ["0a1b", "77ff"]
    before = files(office)
    for line in ("wg reset confirm", "wg commit"):
        office.consoles["roof"].commands.run(line.split())
    swap(office)
    result = invoke("fleet", office.path, "--only", "kitchen")
    assert result.exit_code == 3
    assert "found the board on record as 'roof' (chip 77ff)" in result.stderr
    assert "hint: correct the port or serial of both" in result.stderr
    assert files(office) == before
    assert office.held("roof") == []


def test_another_board_in_a_known_place_is_accepted_only_by_name(office: Office) -> None:
    chips(office, kitchen="0a1b", roof="77ff")
    invoke("fleet", office.path)
    before, gone = files(office), office.key("kitchen")
    fake = office.consoles["kitchen"].commands
    fake.run(["wg", "reset", "confirm"])
    fake.run(["wg", "commit"])
    fake.chip = "5555"
    end = json_end("fleet", office.path, "--replaced", "roof")
    assert (end["exit_code"], statuses(end)) == (3, ["failed", "unchanged"])
    told = end["result"]["boards"][0]
    assert "whose chip on record is 0a1b, found chip 5555" in told["error"]
    assert "--replaced kitchen" in told["hint"]
    assert files(office) == before
    result = invoke("fleet", office.path, "--replaced", "kitchen")
    assert result.exit_code == 0, result.output
    assert "kitchen: chip 5555 takes the place of 0a1b" in result.stderr
    assert office.record["kitchen"]["chip"] == "5555"
    assert office.held("kitchen") == ["10.9.0.2/29", "fd09::2/64"]
    assert [p.public_key for p in office.hub.peers] == [office.key("kitchen"), office.key("roof")]
    assert gone not in [p.public_key for p in office.hub.peers]
    assert statuses(json_end("fleet", office.path)) == ["unchanged", "unchanged"]


def test_a_board_may_take_the_place_of_another_by_order(office: Office) -> None:
    invoke("fleet", office.path)
    mover, left = office.key("roof"), office.key("kitchen")
    swap(office)
    args = ("--only", "kitchen", "--replaced", "kitchen")
    result = invoke("fleet", office.path, *args)
    assert result.exit_code == 0, result.output
    assert "the board that was 'roof' takes its place" in result.stderr
    assert list(office.record) == ["kitchen"]
    assert office.record["kitchen"]["public_key"] == str(mover)
    assert [p.public_key for p in office.hub.peers] == [mover]
    # The one that it has driven out is no one's now, and may become the other.
    assert invoke("fleet", office.path).exit_code == 0
    assert [p.public_key for p in office.hub.peers] == [mover, left]
    assert statuses(json_end("fleet", office.path)) == ["unchanged", "unchanged"]


@pytest.mark.parametrize("refusal", [{"wg commit": (28, "flash: full")}, {"wg show": (12, "no")}])
def test_a_move_that_fails_writes_no_key_twice(
    office: Office, refusal: dict[str, tuple[int, str]]
) -> None:
    invoke("fleet", office.path)
    swap(office)
    moved = office.consoles["roof"]
    if "wg commit" in refusal:
        moved.faults = Faults(refuse=refusal)
    else:
        # The board commits, and then its answers are lost: it is not known whether it did.
        moved.commands.on_commit = lambda settings: setattr(moved, "faults", Faults(refuse=refusal))
    before = files(office)["hub.conf"]
    args = ("--replaced", "kitchen", "--replaced", "roof")
    assert invoke("fleet", office.path, "--only", "kitchen", *args).exit_code == 4
    keys = [p.public_key for p in office.hub.peers]
    assert len(set(keys)) == len(keys)
    assert (files(office)["hub.conf"] == before) is ("wg commit" in refusal)
    moved.faults = Faults()
    moved.commands.on_commit = lambda settings: None
    assert invoke("fleet", office.path, *args).exit_code == 0
    assert [p.public_key for p in office.hub.peers] == [office.key("roof"), office.key("kitchen")]


def test_a_chip_that_is_not_told_any_more_stays_on_record(office: Office) -> None:
    invoke("fleet", office.path)
    assert "chip" not in office.record["roof"]
    for chip in ("77ff", None):
        chips(office, roof=chip)
        assert invoke("fleet", office.path).exit_code == 0
        assert office.record["roof"]["chip"] == "77ff"
    assert invoke("fleet", office.path, "--status").stdout.splitlines()[1].endswith("  -  77ff")
    assert json_end("fleet", office.path, "--status")["result"]["boards"]["roof"]["chip"] == "77ff"


def test_a_key_that_is_not_the_one_on_record_is_noted(office: Office) -> None:
    invoke("fleet", office.path)
    former = office.key("roof")
    for line in ("wg genkey replace", "wg commit"):
        office.consoles["roof"].commands.run(line.split())
    result = invoke("fleet", office.path)
    assert result.exit_code == 0
    assert f"roof: its public key on record was {former}" in result.stderr
    assert [p.public_key for p in office.hub.peers] == [office.key("kitchen"), office.key("roof")]


def test_two_names_for_one_port_by_different_ways(
    office: Office, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """By a link, and by the serial number: the file alone does not show that they are one."""
    port = office.ports["roof"]
    (tmp_path / "link").symlink_to(port)
    point_to(monkeypatch, st_link(port, "0666AB"))
    entries = board("roof", serial="66AB") + board("twin", port=str(tmp_path / "link"))
    office.path.write_text(HEAD + entries)
    for args in (("--dry-run",), ()):
        end = json_end("fleet", office.path, *args)
        assert end["exit_code"] == 2
        assert end["result"]["boards"][1]["error"].endswith("is the port of 'roof' as well")
    assert list(office.record) == ["roof"]


def test_a_serial_number_that_fits_no_board_or_two(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    point_to(monkeypatch, st_link("/dev/ttyACM8", "01AB"), st_link("/dev/ttyACM9", "02AB"))
    office.path.write_text(HEAD + board("roof", serial="AB") + board("attic", serial="77"))
    end = json_end("fleet", office.path)
    assert end["exit_code"] == 3
    hints = [told["hint"] for told in end["result"]["boards"]]
    assert hints[0] == f"give more of its serial number in {office.path}"
    assert hints[1] == "'wg-host devices' lists the boards found"
