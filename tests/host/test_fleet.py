# SPDX-License-Identifier: MIT
"""The fleet file: addresses, the hub's file, the record; repeated, interrupted and failing runs."""

from __future__ import annotations

import json
import stat
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.cli import invoke, json_end
from fakes.console import Faults
from fakes.office import HEAD, Office, board, statuses
from fakes.usb import point_to, st_link
from wg_host import fleet, fleetfile, fleetrecord
from wg_host.errors import ConfigError, WgHostError
from wg_host.packets import IPAddress


def test_boards_and_hub_match(office: Office) -> None:
    end = json_end("fleet", office.path)
    assert end["exit_code"] == 0, end
    assert statuses(end) == ["provisioned", "provisioned"]
    assert office.held("kitchen") == ["10.9.0.2/29", "fd09::2/64"]
    assert office.held("roof") == ["10.9.0.3/29", "fd09::3/64"]
    hub = office.hub
    assert [str(a) for a in hub.interface.addresses] == ["10.9.0.1/29", "fd09::1/64"]
    assert hub.interface.listen_port == 4000
    for peer, name in zip(hub.peers, ("kitchen", "roof"), strict=True):
        (on_board,) = office.consoles[name].commands.running.peers
        assert peer.public_key == office.key(name)
        assert peer.preshared_key == on_board.psk
        assert on_board.public_key == hub.interface.private_key.public
        assert on_board.endpoint == "vpn.example.org:4000"
        assert on_board.allowed_ips == ["10.9.0.0/29", "fd09::/64"]
        assert on_board.keepalive == 25
    assert [str(n) for n in hub.peers[1].allowed_ips] == ["10.9.0.3/32", "fd09::3/128"]
    assert len({p.preshared_key.reveal() for p in hub.peers if p.preshared_key}) == 2


def test_the_record_holds_no_secret(office: Office) -> None:
    result = invoke("fleet", office.path)
    text = (office.folder / "office.record.json").read_text() + result.output
    secrets = [office.hub.interface.private_key.reveal_base64()]
    secrets += [p.preshared_key.reveal_base64() for p in office.hub.peers if p.preshared_key]
    assert not any(secret in text for secret in secrets)
    assert office.record["roof"]["public_key"] == str(office.key("roof"))
    assert stat.S_IMODE((office.folder / "hub.conf").stat().st_mode) == 0o600


def test_a_second_run_changes_nothing(office: Office) -> None:
    invoke("fleet", office.path)
    before = {p.name: p.read_text() for p in office.folder.iterdir()}
    for fake in office.consoles.values():
        fake.lines.clear()
    end = json_end("fleet", office.path)
    assert statuses(end) == ["unchanged", "unchanged"]
    assert {p.name: p.read_text() for p in office.folder.iterdir()} == before
    for fake in office.consoles.values():
        assert not any("wg set" in line or "commit" in line for line in fake.lines)


def test_a_board_that_fails_does_not_stop_the_others(office: Office) -> None:
    office.consoles["kitchen"].faults = Faults(refuse={"wg commit": (28, "flash: full")})
    result = invoke("fleet", office.path)
    assert result.exit_code == 4
    assert "kitchen: the board refused 'wg commit'" in result.stderr
    assert [p.public_key for p in office.hub.peers] == [office.key("roof")]
    assert list(office.record) == ["roof"]
    office.consoles["kitchen"].faults = Faults()
    end = json_end("fleet", office.path)
    assert statuses(end) == ["provisioned", "unchanged"]
    assert office.held("kitchen") == ["10.9.0.2/29", "fd09::2/64"]
    assert [p.public_key for p in office.hub.peers] == [office.key("kitchen"), office.key("roof")]


def test_the_hub_forgets_a_board_that_refused_to_commit(office: Office) -> None:
    office.consoles["roof"].faults = Faults(refuse={"wg commit": (98, "port in use")})
    assert invoke("fleet", office.path).exit_code == 4
    assert [p.public_key for p in office.hub.peers] == [office.key("kitchen")]


def test_a_board_may_have_a_port_of_its_own(office: Office) -> None:
    office.write(["roof"], extra="listen_port = 7000\n")
    assert invoke("fleet", office.path).exit_code == 0
    assert office.consoles["roof"].commands.running.listen_port == 7000


def test_a_commit_whose_answer_was_lost_is_resumed(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The board has committed, the hub's file holds its preshared key, the record does not know."""
    kept = fleet.Run._keep
    monkeypatch.setattr(fleet.Run, "_keep", lambda *a: (_ for _ in ()).throw(WgHostError("cut")))
    assert invoke("fleet", office.path, "--only", "roof").exit_code == 1
    assert not (office.folder / "office.record.json").exists()
    psk = office.consoles["roof"].commands.running.peers[0].psk
    assert [p.preshared_key for p in office.hub.peers] == [psk]
    monkeypatch.setattr(fleet.Run, "_keep", kept)
    end = json_end("fleet", office.path, "--only", "roof")
    assert statuses(end) == ["unchanged"]
    assert list(office.record) == ["roof"]
    assert [p.preshared_key for p in office.hub.peers] == [psk]


def test_addresses_stay_with_their_boards(office: Office) -> None:
    invoke("fleet", office.path, "--only", "roof")
    assert office.held("roof") == ["10.9.0.3/29", "fd09::3/64"]
    office.write(["roof", "kitchen"])
    invoke("fleet", office.path)
    assert office.held("roof") == ["10.9.0.3/29", "fd09::3/64"]
    assert office.held("kitchen") == ["10.9.0.2/29", "fd09::2/64"]


def test_an_address_that_another_board_now_asks_for_is_given_up(tmp_path: Path) -> None:
    had: dict[str, list[IPAddress]] = {"a": [ip_address("10.9.0.2"), ip_address("fd09::2")]}
    text = '[[board]]\nname = "a"\nport = "p"\n[[board]]\nname = "b"\nport = "q"\n'
    parsed = fleetfile.parse(HEAD + text + 'address = "10.9.0.2"\n', "f", tmp_path)
    given = fleet.assign(parsed, had)
    assert [str(a) for a in given["a"]] == ["10.9.0.3/29", "fd09::2/64"]
    assert [str(a) for a in given["b"]] == ["10.9.0.2/29", "fd09::3/64"]


def test_a_board_that_was_reset_is_provisioned_again(office: Office) -> None:
    invoke("fleet", office.path)
    roof = office.consoles["roof"].commands
    roof.run(["wg", "reset", "confirm"])
    roof.run(["wg", "commit"])
    end = json_end("fleet", office.path)
    assert statuses(end) == ["unchanged", "provisioned"]
    assert [p.public_key for p in office.hub.peers] == [office.key("kitchen"), office.key("roof")]


def test_a_board_that_is_no_longer_named_leaves_the_hub(office: Office) -> None:
    invoke("fleet", office.path)
    office.write(["roof"])
    result = invoke("fleet", office.path)
    assert "kitchen is no longer in the fleet file" in result.stderr
    assert [p.public_key for p in office.hub.peers] == [office.key("roof")]
    assert list(office.record) == ["roof"]


def test_dry_run_changes_nothing(office: Office) -> None:
    result = invoke("fleet", office.path, "--dry-run")
    assert result.exit_code == 0
    assert "planned     kitchen  10.9.0.2/29,fd09::2/64" in result.stdout
    assert "roof: wg commit" in result.stderr
    assert office.held("roof") == []
    assert [p.name for p in office.folder.iterdir()] == ["office.toml"]


def test_status_shows_the_record_and_asks_no_board(office: Office) -> None:
    invoke("fleet", office.path)
    for fake in office.consoles.values():
        fake.lines.clear()
    result = invoke("fleet", office.path, "--status")
    assert result.stdout.splitlines()[1] == (
        f"roof  10.9.0.3/29,fd09::3/64  {office.key('roof')}  -  -"
    )
    assert json_end("fleet", office.path, "--status")["exit_code"] == 0
    assert not any(fake.lines for fake in office.consoles.values())


def test_a_board_by_its_serial_number(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    point_to(monkeypatch, st_link("/dev/ttyACM9", "XX"), st_link(office.ports["roof"], "0666AB"))
    office.path.write_text(HEAD + '[[board]]\nname = "roof"\nserial = "6ab"\n')
    assert json_end("fleet", office.path)["exit_code"] == 0
    assert office.record["roof"]["serial_number"] == "0666AB"


def test_without_the_hubs_file_each_board_is_told_what_to_do(office: Office) -> None:
    invoke("fleet", office.path)
    hub = office.hub.interface.private_key.public
    (office.folder / "hub.conf").unlink()
    result = invoke("fleet", office.path)
    assert result.exit_code == 2
    assert "hub.conf is not there: the hub gets a new key" in result.stderr
    assert f"among the allowed-ips of another peer, {hub}" in result.stderr
    assert result.stderr.count("hint: ") == 2
    assert "--reset" in result.stderr
    assert not (office.folder / "hub.conf").exists()
    office.write(["roof", "kitchen"])
    end = json_end("fleet", office.path, "--reset")
    assert (end["exit_code"], statuses(end)) == (0, ["provisioned", "provisioned"])
    assert [p.public_key for p in office.hub.peers] == [office.key("roof"), office.key("kitchen")]
    assert office.held("roof") == ["10.9.0.3/29", "fd09::3/64"]
    # What is as it should be is not reset again, so that an interrupted run can be repeated.
    end = json_end("fleet", office.path, "--reset")
    assert statuses(end) == ["unchanged", "unchanged"]


def test_what_someone_left_staged(office: Office) -> None:
    office.consoles["roof"].commands.run(["wg", "set", "mtu", "1281"])
    args = ("fleet", office.path, "--only", "roof")
    for extra in ((), ("--dry-run",)):
        result = invoke(*args, *extra)
        assert result.exit_code == 2
        assert "hint: look with 'wg show staged'; --discard-staged forgets them" in result.stderr
    assert office.consoles["roof"].commands.staged.mtu == 1281
    assert invoke(*args, "--discard-staged").exit_code == 0
    assert office.consoles["roof"].commands.running.mtu == 1420


def test_a_dry_run_shows_no_key_of_the_hub_that_the_real_run_does_not_use(office: Office) -> None:
    shown = invoke("fleet", office.path, "--dry-run").stderr
    assert "kitchen: wg set peer (new) preshared-key (hidden)" in shown
    invoke("fleet", office.path, "--only", "roof")
    shown = invoke("fleet", office.path, "--dry-run").stderr
    hub = office.hub.interface.private_key.public
    assert f"kitchen: wg set peer {hub} preshared-key (hidden)" in shown


def test_replaced_wants_a_name_of_the_file(office: Office) -> None:
    end = json_end("fleet", office.path, "--replaced", "attic")
    assert end["exit_code"] == 2
    assert "no board named 'attic'" in end["error"]["message"]


def test_only_a_board_that_is_named() -> None:
    parsed = fleetfile.parse(HEAD, "f", Path())
    with pytest.raises(WgHostError, match="no board named 'attic'"):
        fleet.chosen(parsed, ("attic",))


BOARD = board("a", port="p")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[fleet", "not TOML"),
        ("x = 1", "x: unknown; expected [fleet], [hub], [[board]]"),
        ("", "[fleet] pool: missing"),
        ('[fleet]\npool = ["10.9.0.0/33"]', "expected a network"),
        ("[fleet]\npool = [7]", "[fleet] pool: 7: expected a string"),
        ('[fleet]\npool = ["10.9.0.0/24", "10.8.0.0/24"]', "at most one network of each family"),
        ('[fleet]\npool = "10.9.0.0/31"\n[hub]\nendpoint = "a:1"', "no room for a hub"),
        ('[fleet]\npool = "10.9.0.0/24"', "[hub] endpoint: missing"),
        ('[fleet]\npool = "10.9.0.0/24"\n[hub]\nendpoint = "a"', "expected HOST:PORT"),
        (HEAD + 'address = "10.8.0.1/24"', "10.8.0.1 is not in the pool"),
        (HEAD + "colour = 1", "[hub] colour: unknown"),
        ("[fleet]\nmtu = 100\n" + HEAD[8:], "[fleet] mtu: 100: expected a number from 1280"),
        ("[fleet]\nkeepalive = true\n" + HEAD[8:], "expected a number from 0 to 65535"),
        (HEAD + "[board]\nname = 1", "expected [[board]] tables"),
        (HEAD + '[[board]]\nport = "p"', "[board 1] name: missing"),
        (HEAD + '[[board]]\nname = "a"', "expected port or serial"),
        (HEAD + BOARD + 'serial = "s"', "expected port or serial"),
        (HEAD + BOARD + BOARD, "[board 2] name: 'a' is given twice"),
        (HEAD + BOARD + board("b", port="p"), "[board 2] port: 'p' is already that of 'a'"),
        (HEAD + board("a", serial="66AB") + board("b", serial="66ab"), "may be the board 'a'"),
        (HEAD + board("a", serial="066AB") + board("b", serial="66ab"), "may be the board 'a'"),
        (HEAD + board("a", serial="6ab") + board("b", serial="066AB"), "whose serial is '6ab'"),
        (HEAD + board("a", serial=" "), "[board 1] serial: expected a port such as"),
        (HEAD + board("a", port=""), "[board 1] port: expected a port such as"),
        (HEAD + BOARD + 'address = "10.8.0.1"', "10.8.0.1 is not in the pool"),
        (HEAD + BOARD + 'address = "10.9.0.1"', "10.9.0.1 is given twice"),
        (HEAD + BOARD + 'address = "10.9.0.x"', "expected an address"),
        (HEAD + BOARD + 'address = ["10.9.0.2", "10.9.0.3"]', "expected one at most in each pool"),
    ],
)
def test_mistakes_are_named(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as e:
        fleetfile.parse(text, "office.toml", Path())
    assert e.value.message.startswith("office.toml: ")
    assert said in e.value.message


@given(st.text(max_size=80))
def test_any_text_is_a_fleet_or_a_config_error(text: str) -> None:
    with pytest.raises(ConfigError):
        fleetfile.parse(text, "f", Path())


def test_a_full_pool_is_an_error(tmp_path: Path) -> None:
    boards = "".join(board(str(n), port=f"p{n}") for n in range(6))
    parsed = fleetfile.parse(HEAD + boards, "office.toml", tmp_path)
    with pytest.raises(ConfigError, match="no address left for '5'"):
        fleet.assign(parsed, {})


def test_addresses_asked_for_come_first(tmp_path: Path) -> None:
    boards = '[[board]]\nname = "a"\nport = "p"\n[[board]]\nname = "b"\nport = "q"\n'
    text = HEAD + boards + 'address = ["10.9.0.2", "fd09::7"]\n'
    given = fleet.assign(fleetfile.parse(text, "f", tmp_path), {})
    assert [str(a) for a in given["a"]] == ["10.9.0.3/29", "fd09::2/64"]
    assert [str(a) for a in given["b"]] == ["10.9.0.2/29", "fd09::7/64"]


def recorded(**boards: dict[str, object]) -> str:
    """A record in which every board has one key unless told otherwise."""
    same = {"address": [], "public_key": "A" * 43 + "=", "serial_number": "", "board": "fake"}
    return json.dumps({"v": 1, "boards": {name: same | held for name, held in boards.items()}})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"v": 2, "boards": {}}',
        '{"v": 1}',
        '{"v": 1, "boards": {"a": {}}}',
        recorded(a={"chip": "XY"}),
        recorded(a={"chip": 7}),
    ],
)
def test_a_damaged_record_is_an_error(office: Office, text: str) -> None:
    (office.folder / "office.record.json").write_text(text)
    end = json_end("fleet", office.path)
    assert end["exit_code"] == 2
    assert (office.folder / "office.record.json").read_text() == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (recorded(a={}, b={}), "'a' and 'b' have one key"),
        (
            recorded(a={"chip": "1f"}, b={"chip": "1f", "public_key": "B" * 42 + "A="}),
            "'a' and 'b' have one chip",
        ),
    ],
)
def test_a_record_of_one_board_under_two_names_is_an_error(
    tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "r").write_text(text)
    with pytest.raises(ConfigError, match=said):
        fleetrecord.Record(tmp_path / "r")
