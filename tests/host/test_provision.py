# SPDX-License-Identifier: MIT
"""Provisioning a fake board: what is set, what is written, and each way in which it can fail."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from fakes.cli import checked_lines
from fakes.console import FakeConsole, Faults
from fakes.settings import Settings
from wg_host import config, provision
from wg_host.board import PeerSettings, state_from
from wg_host.cli import main
from wg_host.keys import PresharedKey, PrivateKey, PublicKey
from wg_host.serialport import open_port


def run(fake: FakeConsole, tmp_path: Path, *args: str, port: str | None = None) -> Result:
    url = port or fake.on_pty()
    fixed = ["provision", "--port", url, "--timeout", "1", "-o", str(tmp_path / "board.conf")]
    return CliRunner().invoke(main, [*fixed, *args])


def ended(result: Result) -> dict[str, Any]:
    return checked_lines("provision", result.stdout, result.exit_code)[-1]


@pytest.mark.parametrize("log_lines", [False, True])
def test_the_board_and_the_file_match(
    console: FakeConsole, tmp_path: Path, log_lines: bool
) -> None:
    console.faults = Faults(log_lines=log_lines)
    result = run(
        console,
        tmp_path,
        "--address=10.9.0.2/24,fd09::2/64",
        "--peer-address=10.9.0.1/24,fd09::1/64",
        "--listen-port=4000",
        "--peer-endpoint=127.0.0.1:4001",
        "--keepalive=25",
        "--mtu=1300",
    )
    assert result.exit_code == 0, result.output
    held = console.commands.running
    assert held.private_key is not None
    assert result.stdout.strip() == str(held.private_key.public)
    assert (held.listen_port, held.mtu) == (4000, 1300)
    assert held.address == ["10.9.0.2/24", "fd09::2/64"]
    ours = config.load(tmp_path / "board.conf")
    (on_board,), (on_file,) = held.peers, ours.peers
    assert on_board.public_key == ours.interface.private_key.public
    assert on_board.psk == on_file.preshared_key != PresharedKey.none()
    assert on_board.allowed_ips == ["10.9.0.1/32", "fd09::1/128"]
    assert (on_board.endpoint, on_board.keepalive) == ("127.0.0.1:4001", 25)
    assert on_file.public_key == held.private_key.public
    assert [str(n) for n in on_file.allowed_ips] == ["10.9.0.2/32", "fd09::2/128"]
    assert str(on_file.endpoint) == "127.0.0.1:4000"
    assert ours.interface.listen_port == 4001
    assert ours.interface.mtu == 1300
    assert stat.S_IMODE((tmp_path / "board.conf").stat().st_mode) == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["board.conf"]


def test_defaults_make_a_matching_pair(console: FakeConsole, tmp_path: Path) -> None:
    result = run(console, tmp_path)
    assert result.exit_code == 0, result.output
    assert console.commands.running.address == ["10.1.1.50/24"]
    peer = console.commands.running.peers[0]
    assert (peer.endpoint, peer.allowed_ips) == ("127.0.0.1:51820", ["10.1.1.200/32"])


def test_no_secret_is_shown(console: FakeConsole, tmp_path: Path) -> None:
    result = run(console, tmp_path, "-v")
    ours = config.load(tmp_path / "board.conf")
    psk = ours.peers[0].preshared_key
    assert psk is not None
    assert "preshared-key (hidden)" in result.output
    assert psk.reveal_base64() not in result.output
    assert ours.interface.private_key.reveal_base64() not in result.output
    assert any(psk.reveal_base64() in line for line in console.lines)


def test_a_second_run_keeps_all_keys(console: FakeConsole, tmp_path: Path) -> None:
    url = console.on_pty()
    assert run(console, tmp_path, port=url).exit_code == 0
    first, file = console.commands.running, (tmp_path / "board.conf").read_text()
    assert run(console, tmp_path, port=url).exit_code == 0
    second = console.commands.running
    assert second.private_key == first.private_key
    assert (tmp_path / "board.conf").read_text() == file
    assert len(second.peers) == 1


def test_new_keys_replace_key_and_reset(console: FakeConsole, tmp_path: Path) -> None:
    url = console.on_pty()
    run(console, tmp_path, port=url)
    first = console.commands.running
    run(console, tmp_path, "--new-keys", "--replace-key", port=url)
    second = console.commands.running
    assert second.private_key != first.private_key
    assert [p.public_key for p in second.peers] != [p.public_key for p in first.peers]
    assert [p.public_key for p in second.peers] == [ours_in(tmp_path)]
    result = run(console, tmp_path, "--reset", port=url)
    assert result.exit_code == 0, result.output
    third = console.commands.running
    assert third.private_key != second.private_key
    assert [p.public_key for p in third.peers] == [second.peers[0].public_key]


def test_a_key_that_is_not_in_our_file_replaces_the_one_that_is(
    console: FakeConsole, tmp_path: Path
) -> None:
    url = console.on_pty()
    run(console, tmp_path, port=url)
    former, private = ours_in(tmp_path), PrivateKey.generate()
    (tmp_path / "k").write_text(private.reveal_base64())
    args = ["--private-key-file", str(tmp_path / "k")]
    shown = run(console, tmp_path, *args, "--dry-run", port=url).stdout
    assert f"wg set peer {former} remove\n" in shown
    assert str(private.public) in shown
    assert run(console, tmp_path, *args, port=url).exit_code == 0
    assert [p.public_key for p in console.commands.running.peers] == [private.public]
    assert ours_in(tmp_path) == private.public


def ours_in(tmp_path: Path) -> PublicKey:
    return config.load(tmp_path / "board.conf").interface.private_key.public


def test_a_reset_alone_forgets_our_former_key(console: FakeConsole, tmp_path: Path) -> None:
    url = console.on_pty()
    run(console, tmp_path, port=url)
    shown = run(console, tmp_path, "--new-keys", "--reset", "--dry-run", port=url).stdout
    assert "remove" not in shown


def test_our_former_key_that_stays_is_a_difference(console: FakeConsole, tmp_path: Path) -> None:
    url = console.on_pty()
    run(console, tmp_path, port=url)
    before, former = console.commands.running, console.commands._state(False)["peers"]

    def falsify(state: dict[str, Any]) -> None:
        if state["staged"]:
            state["peers"] += former

    console.commands.falsify = falsify
    result = run(console, tmp_path, "--new-keys", port=url)
    assert result.exit_code == 4
    assert f"peer {before.peers[0].public_key}: removed, reads back still there" in result.stderr
    assert console.commands.running == before


@pytest.mark.parametrize("dry_run", [False, True])
def test_lost_keys_of_our_end_are_named_with_what_to_do(
    console: FakeConsole, tmp_path: Path, dry_run: bool
) -> None:
    url = console.on_pty()
    run(console, tmp_path, port=url)
    before, lost = console.commands.running, ours_in(tmp_path)
    (tmp_path / "board.conf").unlink()
    console.lines.clear()
    args = ["--dry-run"] if dry_run else []
    end = ended(run(console, tmp_path, "--json", *args, port=url))
    assert end["exit_code"] == 2
    assert end["error"]["message"] == (
        f"the board has 10.1.1.200/32 among the allowed-ips of another peer, {lost}"
    )
    assert "--reset" in end["error"]["hint"]
    assert f"'wg set peer {lost} remove'" in end["error"]["hint"]
    assert console.commands.running == before
    assert not any("wg set" in line for line in console.lines)
    assert list(tmp_path.iterdir()) == []
    # Both of the hint's ways lead out.
    assert run(console, tmp_path, "--reset", port=url).exit_code == 0
    (tmp_path / "board.conf").unlink()
    key = console.commands.running.peers[0].public_key
    for line in (f"wg set peer {key} remove", "wg commit"):
        console.commands.run(line.split())
    assert run(console, tmp_path, port=url).exit_code == 0


def test_a_dry_run_shows_no_key_that_the_real_run_does_not_use(
    console: FakeConsole, tmp_path: Path
) -> None:
    url = console.on_pty()
    shown = run(console, tmp_path, "--dry-run", port=url).stdout
    assert "wg set peer (new) preshared-key (hidden)" in shown
    assert "wg set peer (new) allowed-ips 10.1.1.200/32" in shown
    run(console, tmp_path, port=url)
    shown = run(console, tmp_path, "--dry-run", port=url).stdout
    assert f"wg set peer {ours_in(tmp_path)} preshared-key (hidden)" in shown
    assert (
        "wg set peer (new) " in run(console, tmp_path, "--dry-run", "--new-keys", port=url).stdout
    )


def test_a_dry_run_tells_of_what_someone_left_staged(console: FakeConsole, tmp_path: Path) -> None:
    console.commands.run(["wg", "set", "mtu", "1281"])
    result = run(console, tmp_path, "--dry-run")
    assert result.exit_code == 2
    assert "never committed" in result.stderr


def test_other_peers_are_named(console: FakeConsole, tmp_path: Path) -> None:
    other = PrivateKey.generate().public
    for line in (f"wg set peer {other} allowed-ips 10.2.0.0/24", "wg commit"):
        console.commands.run(line.split())
    result = run(console, tmp_path, "--json")
    assert ended(result)["result"]["other_peers"] == [str(other)]


def test_dry_run_shows_and_changes_nothing(console: FakeConsole, tmp_path: Path) -> None:
    result = run(console, tmp_path, "--dry-run", "--reset")
    assert result.exit_code == 0
    shown = result.stdout.splitlines()
    assert shown[0] == "wg reset confirm"
    assert shown[1] == "wg genkey"
    assert "preshared-key (hidden)" in shown[3]
    assert shown[-1] == "wg commit"
    assert console.commands.running == console.commands.staged == Settings()
    assert list(tmp_path.iterdir()) == []


def test_our_public_key_alone_gives_a_peer_section(console: FakeConsole, tmp_path: Path) -> None:
    hub = PrivateKey.generate().public
    result = run(console, tmp_path, "--peer-public-key", str(hub), "--peer-endpoint=none")
    assert result.exit_code == 0, result.output
    text = (tmp_path / "board.conf").read_text()
    assert text.startswith("[Peer]\n")
    assert "PrivateKey" not in text
    assert console.commands.running.peers[0].public_key == hub
    assert console.commands.running.peers[0].endpoint is None


def test_keys_from_files(console: FakeConsole, tmp_path: Path) -> None:
    private, psk = PrivateKey.generate(), PresharedKey.generate()
    (tmp_path / "k").write_text(private.reveal_base64())
    (tmp_path / "p").write_text(psk.reveal_base64())
    args = ["--private-key-file", str(tmp_path / "k"), "--psk-file", str(tmp_path / "p")]
    assert run(console, tmp_path, *args).exit_code == 0
    assert console.commands.running.peers[0].psk == psk
    assert config.load(tmp_path / "board.conf").interface.private_key == private


def test_no_psk(console: FakeConsole, tmp_path: Path) -> None:
    assert run(console, tmp_path, "--no-psk").exit_code == 0
    assert console.commands.running.peers[0].psk is None
    assert config.load(tmp_path / "board.conf").peers[0].preshared_key is None


def test_a_board_that_does_not_know_where_it_is(console: FakeConsole, tmp_path: Path) -> None:
    console.commands.underlay = []
    result = run(console, tmp_path)
    assert result.exit_code == 0
    assert "the board must start the handshake" in result.stderr
    assert config.load(tmp_path / "board.conf").peers[0].endpoint is None
    assert console.commands.running.peers[0].endpoint is None


def test_a_test_random_source_is_warned_of(console: FakeConsole, tmp_path: Path) -> None:
    console.commands.falsify = lambda state: state.update(entropy="test")
    assert "worthless" in run(console, tmp_path).stderr


def unchanged(console: FakeConsole, tmp_path: Path) -> None:
    """Nothing in force, nothing staged, no file."""
    assert console.commands.running == Settings()
    assert not console.commands.pending
    assert list(tmp_path.iterdir()) == []


def test_no_such_port(console: FakeConsole, tmp_path: Path) -> None:
    result = run(console, tmp_path, "--json", port="/dev/no-such-port")
    assert result.exit_code == 3
    assert ended(result)["error"]["kind"] == "BoardNotFound"


def test_a_busy_port(console: FakeConsole, tmp_path: Path) -> None:
    path = console.on_pty()
    with open_port(path):
        result = run(console, tmp_path, port=path)
    assert result.exit_code == 4
    assert "busy" in result.stderr


def test_no_permission(
    console: FakeConsole, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deny(*args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("serial.serial_for_url", deny)
    result = run(console, tmp_path)
    assert result.exit_code == 6
    assert "dialout" in result.stderr


def test_no_prompt(console: FakeConsole, tmp_path: Path) -> None:
    console.faults = Faults(mute=True)
    result = run(console, tmp_path)
    assert result.exit_code == 4
    assert "no prompt" in result.stderr
    unchanged(console, tmp_path)


def test_a_refused_command(console: FakeConsole, tmp_path: Path) -> None:
    console.faults = Faults(refuse={"wg set peer": (28, "peer: no room for another")})
    result = run(console, tmp_path, "--json")
    assert result.exit_code == 4
    error = ended(result)["error"]
    assert error["kind"] == "CommandRefused"
    assert "no room for another (errno 28)" in error["message"]
    unchanged(console, tmp_path)


def test_our_file_exists_before_the_board_commits(console: FakeConsole, tmp_path: Path) -> None:
    """Power may fail right after the commit: the keys must be somewhere by then."""
    seen: list[list[str]] = []
    console.commands.on_commit = lambda settings: seen.append(
        [path.name for path in tmp_path.iterdir()]
    )
    assert run(console, tmp_path).exit_code == 0
    assert seen == [["board.conf.new"]]


def test_a_refused_commit_leaves_no_file(console: FakeConsole, tmp_path: Path) -> None:
    console.faults = Faults(refuse={"wg commit": (28, "flash: full")})
    result = run(console, tmp_path)
    assert result.exit_code == 4
    unchanged(console, tmp_path)


def test_a_refusal_after_the_commit_keeps_our_keys(console: FakeConsole, tmp_path: Path) -> None:
    """The board has committed: its keys must be somewhere."""

    def refuse(settings: Settings) -> None:
        console.faults = Faults(refuse={"wg show": (12, "show: no memory")})

    console.commands.on_commit = refuse
    result = run(console, tmp_path)
    assert result.exit_code == 4
    assert "board.conf.new" in result.stderr
    kept = config.load(tmp_path / "board.conf.new")
    assert kept.peers[0].preshared_key == console.commands.running.peers[0].psk


def lie(staged: bool, **members: Any) -> Any:
    def falsify(state: dict[str, Any]) -> None:
        if state["staged"] is staged:
            state.update(members)

    return falsify


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"listen_port": 5182}, "listen-port: set 51820, reads back 5182"),
        ({"address": ["10.1.1.5/24"]}, "address: set 10.1.1.50/24, reads back 10.1.1.5/24"),
        ({"peers": []}, "set, reads back none"),
        ({"public_key": None}, "private key: made, reads back none"),
        ({"public_key": "A" * 43 + "="}, "public key: made"),
        ({"mtu": 1280}, "mtu: set 1300, reads back 1280"),
        ({"underlay": "eth1"}, "underlay: set eth0, reads back eth1"),
    ],
)
def test_a_staged_read_back_that_differs_is_not_committed(
    console: FakeConsole, tmp_path: Path, members: dict[str, Any], said: str
) -> None:
    console.commands.falsify = lie(True, **members)
    result = run(console, tmp_path, "--mtu=1300", "--underlay=eth0")
    assert result.exit_code == 4
    assert said in result.stderr
    unchanged(console, tmp_path)


@pytest.mark.parametrize(
    ("member", "value", "said"),
    [
        ("preshared_key", False, "preshared key: set yes, reads back no"),
        ("allowed_ips", ["10.1.1.0/24"], "allowed-ips: set 10.1.1.200/32, reads back 10.1.1.0"),
        ("endpoint_host", None, "endpoint: set 127.0.0.1:51820, reads back none"),
        ("persistent_keepalive", 2, "persistent-keepalive: set 25, reads back 2"),
    ],
)
def test_a_staged_peer_that_differs_is_not_committed(
    console: FakeConsole, tmp_path: Path, member: str, value: object, said: str
) -> None:
    def falsify(state: dict[str, Any]) -> None:
        if state["staged"]:
            state["peers"][0][member] = value

    console.commands.falsify = falsify
    result = run(console, tmp_path, "--keepalive=25")
    assert result.exit_code == 4
    assert said in result.stderr
    unchanged(console, tmp_path)


def test_a_committed_read_back_that_differs(console: FakeConsole, tmp_path: Path) -> None:
    def falsify(state: dict[str, Any]) -> None:
        if not state["staged"] and state["peers"]:
            state["listen_port"] = 7

    console.commands.falsify = falsify
    result = run(console, tmp_path)
    assert result.exit_code == 4
    assert "after the commit" in result.stderr
    assert "board.conf.new" in result.stderr
    kept = config.load(tmp_path / "board.conf.new")
    psk = kept.peers[0].preshared_key
    assert psk == console.commands.running.peers[0].psk


def test_other_peers_after_a_reset_differ(console: FakeConsole, tmp_path: Path) -> None:
    run(console, tmp_path)
    state = state_from(console.commands._state(False))
    plan = provision.Plan(
        state.addresses,
        51820,
        PeerSettings(PrivateKey.generate().public),
        reset=True,
    )
    assert any("peer" in d for d in provision.differences(plan, state))


def test_staged_settings_of_someone_else_are_kept(console: FakeConsole, tmp_path: Path) -> None:
    console.commands.run(["wg", "set", "mtu", "1281"])
    url = console.on_pty()
    result = run(console, tmp_path, port=url)
    assert result.exit_code == 2
    assert "never committed" in result.stderr
    assert console.commands.staged.mtu == 1281
    assert run(console, tmp_path, "--discard-staged", port=url).exit_code == 0
    assert console.commands.running.mtu == 1420


def test_an_interrupt_reverts(
    console: FakeConsole, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("wg_host.provision._check", interrupt)
    result = run(console, tmp_path, "--json")
    assert result.exit_code == 130
    assert ended(result)["error"]["kind"] == "Interrupted"
    unchanged(console, tmp_path)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--address=10.0.0.1/33"], "expected an address"),
        (["--listen-port=0"], "1<=x<=65535"),
        (["--mtu=1500"], "1280<=x<=1420"),
        (["--peer-endpoint=here"], "expected HOST:PORT"),
        (["--allowed-ips=x"], "expected a network"),
        (["--peer-public-key=x"], "expected 32 bytes"),
        (["--psk-file=x", "--no-psk"], "not both"),
        (["--output=/no/such/dir/x"], "no such directory"),
        (["--address=" + ",".join(["10.0.0.1"] * 5)], "at most 4 addresses"),
    ],
)
def test_bad_usage_changes_nothing(
    console: FakeConsole, tmp_path: Path, args: list[str], said: str
) -> None:
    result = run(console, tmp_path, *args)
    assert result.exit_code == 2
    assert said in result.output
    unchanged(console, tmp_path)


@pytest.mark.parametrize(
    ("underlay", "like", "expected"),
    [
        (["192.168.1.5"], None, "192.168.1.5"),
        (["fe80::1", "2001:db8::5/64", "192.168.1.5/24"], None, "192.168.1.5"),
        (["2001:db8::5/64", "192.168.1.5/24"], "2001:db8::1", "2001:db8::5"),
        (["192.168.1.5"], "2001:db8::1", None),
        (["192.168.1.5"], "name.example", "192.168.1.5"),
        (["fe80::1", "0.0.0.0", "nonsense"], None, None),
    ],
)
def test_the_boards_address_that_our_end_uses(
    console: FakeConsole, underlay: list[str], like: str | None, expected: str | None
) -> None:
    console.commands.underlay = underlay
    state = state_from(console.commands._state(False))
    assert provision.usable_underlay(state, like) == expected
