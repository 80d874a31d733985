# SPDX-License-Identifier: MIT
"""The hub's file: whose peers are whose, what stays in it, and what is never written."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.cli import invoke, json_end
from fakes.console import Faults
from fakes.office import HEAD, Office, board, statuses
from wg_host import config, fleetfile
from wg_host.errors import ConfigError
from wg_host.fleethub import Hub
from wg_host.keys import PresharedKey, PrivateKey

LAPTOP = config.Peer(
    PrivateKey.generate().public,
    PresharedKey.generate(),
    (config.parse_network("10.9.0.2/32"), config.parse_network("10.9.0.4/30")),
    None,
    25,
)


def laptop(office: Office, *before: str) -> None:
    """Adds a peer to the hub's file by hand, and settings of wg-quick."""
    path = office.folder / "hub.conf"
    text = path.read_text().replace("\n\n", "\nPostUp = sysctl net.ipv4.ip_forward=1\n\n", 1)
    path.write_text("\n".join([text, *before, config.dump_peer(LAPTOP)]))


def test_boards_are_named_in_the_hubs_file(office: Office) -> None:
    invoke("fleet", office.path)
    text = (office.folder / "hub.conf").read_text()
    assert f"\n# board: kitchen\n[Peer]\nPublicKey = {office.key('kitchen')}\n" in text
    assert f"\n# board: roof\n[Peer]\nPublicKey = {office.key('roof')}\n" in text


def test_what_the_hubs_owner_added_stays(office: Office) -> None:
    """A hub is there for others than boards: a run must not cut them off, or give their addresses
    away. What is only in a network of theirs is free: the longer prefix wins."""
    invoke("fleet", office.path, "--only", "roof")
    laptop(office, "# my laptop")
    end = json_end("fleet", office.path)
    assert statuses(end) == ["provisioned", "unchanged"]
    keys = [p.public_key for p in office.hub.peers]
    assert keys == [office.key("kitchen"), office.key("roof"), LAPTOP.public_key]
    assert office.hub.peers[2] == LAPTOP
    assert office.hub.interface.passed_on == (("PostUp", "sysctl net.ipv4.ip_forward=1"),)
    assert office.held("kitchen") == ["10.9.0.4/29", "fd09::2/64"]


def test_a_hub_that_is_there_already_is_taken_as_it_is(office: Office) -> None:
    private = PrivateKey.generate()
    hub = config.Config(config.Interface(private, mtu=1400), (LAPTOP,))
    (office.folder / "hub.conf").write_text(config.dump(hub))
    assert invoke("fleet", office.path).exit_code == 0
    assert office.hub.interface.private_key == private
    assert office.hub.interface.mtu == 1400
    assert office.hub.peers[2] == LAPTOP
    assert office.consoles["roof"].commands.running.peers[0].public_key == private.public


def test_an_address_of_the_owners_peer_is_refused_to_a_board(office: Office) -> None:
    invoke("fleet", office.path, "--only", "roof")
    laptop(office)
    before = (office.folder / "hub.conf").read_text()
    office.write(["kitchen"], extra='address = "10.9.0.2"\n')
    end = json_end("fleet", office.path)
    assert end["exit_code"] == 2
    assert f"'kitchen' asks for 10.9.0.2, which {office.folder}" in end["error"]["message"]
    assert end["error"]["message"].endswith(str(LAPTOP.public_key))
    assert (office.folder / "hub.conf").read_text() == before


def test_a_lost_record_is_made_again_from_the_hubs_file(office: Office) -> None:
    office.write(["roof", "kitchen"])
    invoke("fleet", office.path)
    before = office.record
    (office.folder / "office.record.json").unlink()
    office.write(["kitchen", "roof"])
    end = json_end("fleet", office.path, "--only", "kitchen")
    assert statuses(end) == ["unchanged"]
    assert office.held("kitchen") == ["10.9.0.3/29", "fd09::3/64"]
    assert [p.public_key for p in office.hub.peers] == [office.key("kitchen"), office.key("roof")]
    assert statuses(json_end("fleet", office.path)) == ["unchanged", "unchanged"]
    assert office.record == before


def test_without_a_record_boards_that_changed_places_are_refused(office: Office) -> None:
    invoke("fleet", office.path)
    (office.folder / "office.record.json").unlink()
    office.ports["kitchen"] = office.ports["roof"]
    office.write(["kitchen"])
    text = office.path.read_text() + board("roof", port="/dev/no-such-port")
    office.path.write_text(text)
    result = invoke("fleet", office.path, "--only", "kitchen")
    assert result.exit_code == 3
    assert "found the board on record as 'roof'" in result.stderr


def test_comments_that_wg_quick_did_not_save_are_made_again(office: Office) -> None:
    """wg-quick's SaveConfig writes the file anew, without comments."""
    invoke("fleet", office.path)
    before = (office.folder / "hub.conf").read_text()
    (office.folder / "hub.conf").write_text(config.dump(office.hub))
    assert statuses(json_end("fleet", office.path)) == ["unchanged", "unchanged"]
    assert (office.folder / "hub.conf").read_text() == before


def test_boards_that_neither_comments_nor_the_record_name_stay_single(office: Office) -> None:
    invoke("fleet", office.path)
    psks = {p.public_key: p.preshared_key for p in office.hub.peers}
    (office.folder / "hub.conf").write_text(config.dump(office.hub))
    (office.folder / "office.record.json").unlink()
    assert invoke("fleet", office.path, "--only", "roof").exit_code == 0
    assert [p.public_key for p in office.hub.peers] == [office.key("roof"), office.key("kitchen")]
    assert {p.public_key: p.preshared_key for p in office.hub.peers} == psks
    assert list(office.record) == ["roof"]


def test_a_board_that_was_interrupted_keeps_its_place_while_others_run(office: Office) -> None:
    """The board has committed, and its answer was lost: only the hub's file knows its key."""
    roof = office.consoles["roof"]
    refused = Faults(refuse={"wg show": (12, "show: no memory")})
    roof.commands.on_commit = lambda settings: setattr(roof, "faults", refused)
    assert invoke("fleet", office.path, "--only", "roof").exit_code == 4
    assert not (office.folder / "office.record.json").exists()
    assert invoke("fleet", office.path, "--only", "kitchen").exit_code == 0
    assert list(office.record) == ["kitchen"]
    roof.faults = Faults()
    assert statuses(json_end("fleet", office.path)) == ["unchanged", "unchanged"]


def test_a_renamed_board_keeps_its_preshared_key(office: Office) -> None:
    invoke("fleet", office.path)
    psk = office.hub.peers[1].preshared_key
    office.path.write_text(office.path.read_text().replace('"roof"', '"attic"'))
    for args in (("--dry-run",), ("--only", "attic"), ()):
        end = json_end("fleet", office.path, *args)
        assert set(statuses(end)) == {"unchanged"}
    assert list(office.record) == ["kitchen", "attic"]
    assert office.hub.peers[1].preshared_key == psk


def hub_of(folder: Path) -> Hub:
    return Hub(fleetfile.parse(HEAD + board("a", port="p"), "f", folder), {})


def test_no_public_key_is_written_twice(tmp_path: Path) -> None:
    hub = hub_of(tmp_path)
    hub.write({"a": LAPTOP})
    before = (tmp_path / "hub.conf").read_text()
    with pytest.raises(ConfigError, match="'a' and 'b' have one key"):
        hub.write({"a": LAPTOP, "b": LAPTOP})
    assert (tmp_path / "hub.conf").read_text() == before
    assert list(hub.boards) == ["a"]


def test_a_board_with_two_sections_is_an_error(tmp_path: Path) -> None:
    hub_of(tmp_path).write({"a": LAPTOP})
    path = tmp_path / "hub.conf"
    key = PrivateKey.generate().public
    path.write_text(path.read_text() + f"\n# board: a\n[peer] # again\nPublicKey = {key}\n")
    with pytest.raises(ConfigError, match=r"the board 'a' has two \[Peer\] sections"):
        hub_of(tmp_path)
