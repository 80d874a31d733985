# SPDX-License-Identifier: MIT
"""Verify against a board in Python: all is proved of a good one, and of each bad one exactly the
check fails that is there for what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from fakes.board import FAST, FakeBoard, Tunnel
from fakes.console import FakeConsole
from fakes.tunnels import free_port
from wg_host.board import Board
from wg_host.console import Console
from wg_host.errors import NetworkError, UsageError
from wg_host.verify import runner
from wg_host.verify.checks import ALL
from wg_host.verify.lab import Lab
from wg_host.verify.ladder import advice, ladder
from wg_host.verify.model import Check, Result, Status, proved
from wg_host.verify.target import target_from

EVERYTHING = runner.select([], [])


class Recorder:
    """A reporter that keeps what it is told."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.ended: list[str] = []

    def begin(self, check: Check) -> None:
        self.begun.append(check.name)

    def result(self, result: Result) -> None:
        self.ended.append(result.check.name)


@contextmanager
def bench(
    fault: str = "",
    *,
    console: bool = True,
    tunnel: Tunnel | None = None,
    knows_endpoint: bool = True,
    patience: float = 30.0,
    board_mtu: int = 1420,
) -> Iterator[tuple[Lab, FakeBoard]]:
    """A lab and a board that know each other, on loopback."""
    with ExitStack() as stack:
        port = free_port()
        board = stack.enter_context(
            FakeBoard(
                tunnel or Tunnel.new(),
                fault=fault,
                our_port=port,
                knows_endpoint=knows_endpoint,
                mtu=board_mtu,
            )
        )
        held = None
        if console:
            fake = stack.enter_context(FakeConsole(board.commands))
            held = Board(stack.enter_context(Console.open(fake.on_pty(), timeout=2.0)))
        target = target_from(board.config(port))
        lab = Lab(target, console=held, timing=FAST, pings=1, patience=patience)
        yield stack.enter_context(lab), board


def made(lab: Lab, chosen: frozenset[str] = EVERYTHING) -> dict[str, Result]:
    return {r.check.name: r for r in runner.run(lab, chosen, Recorder())}


def failed(results: dict[str, Result]) -> dict[str, str]:
    return {n: r.detail for n, r in results.items() if r.status is Status.FAIL}


def skipped(results: dict[str, Result]) -> dict[str, str]:
    return {n: r.detail for n, r in results.items() if r.status is Status.SKIP}


def test_all_is_proved_of_a_good_board() -> None:
    with bench() as (lab, _):
        results = made(lab)
    assert failed(results) == {}
    assert skipped(results) == {}
    assert set(results) == {c.name for c in ALL}
    assert proved(list(results.values()))
    assert [s.state for s in ladder(list(results.values()))] == ["holds"] * 5


def test_a_good_board_without_a_console() -> None:
    with bench(console=False) as (lab, _):
        results = made(lab)
    assert failed(results) == {}
    assert set(skipped(results)) == {"wrong-source"}
    assert proved(list(results.values()))


def test_a_board_that_does_not_know_where_we_are() -> None:
    with bench(knows_endpoint=False) as (lab, _):
        results = made(lab)
    assert failed(results) == {}
    assert skipped(results) == {}


def test_without_a_preshared_key_and_without_ipv6() -> None:
    tunnel = Tunnel.new(
        psk=None, our_addresses=("10.1.1.200/24",), board_addresses=("10.1.1.50/24",)
    )
    with bench(tunnel=tunnel) as (lab, _):
        results = made(lab)
    assert failed(results) == {}
    assert skipped(results) == {"ping6": "the tunnel has no IPv6 addresses"}
    assert proved(list(results.values()))


def test_ipv6_alone_inside() -> None:
    tunnel = Tunnel.new(our_addresses=("fd00::200/64",), board_addresses=("fd00::50/64",))
    with bench(tunnel=tunnel) as (lab, _):
        results = made(lab)
    assert failed(results) == {}
    assert set(skipped(results)) == {"ping"}


def test_a_smaller_mtu_of_the_board_is_respected() -> None:
    with bench(board_mtu=1300) as (lab, _):
        results = made(lab)
    assert failed(results) == {}
    assert results["ping"].data["sizes"][-1] == 1300 - 28


def test_without_patience_nothing_is_claimed() -> None:
    with bench(console=False, patience=0.0) as (lab, _):
        results = made(lab)
    assert failed(results) == {}
    assert {"cookie", "psk", "handshake-board"} <= set(skipped(results))
    assert "patience is 0 s" in results["handshake-board"].detail
    assert not proved(list(results.values()))


# One fault of a board, the one check that must fail, and a word of its reason.
MUTANTS = [
    ("down", "link", "is down"),
    ("deaf", "udp", "nothing came back"),
    ("other-psk", "handshake-ours", "do the keys"),
    ("never-calls", "handshake-board", "started no handshake"),
    ("bad-mac1", "macs", "mac1 is wrong"),
    ("bad-response-mac1", "macs", "mac1 is wrong"),
    ("garbage-mac2", "macs", "mac2 is not zero"),
    ("reserved", "macs", "reserved bytes"),
    ("no-confirm", "first-packet", "sent nothing at once"),
    ("early-data", "first-packet", "before our first packet"),
    ("forgets-cookies", "cookie", "no mac2"),
    ("hurries-after-cookie", "cookie", "already"),
    ("takes-any-psk", "psk", "another preshared key"),
    ("psk-spoils", "psk", "is not taken"),
    ("loses-large", "ping", "1392 bytes did not"),
    ("changes-payload", "ping", "did not come back"),
    ("no-ping6", "ping6", "no ping came back"),
    ("no-udp-echo", "udp-echo", "port 4242"),
    ("echoes-replays", "replayed-data", "echo-reply"),
    ("strict-order", "reordered-data", "overtaken"),
    ("answers-tag", "wrong-tag", "was answered"),
    ("answers-unknown_index", "unknown-index", "was answered"),
    ("responds-to-timestamp", "replayed-initiation", "handshake response"),
    ("ignores-mac1", "wrong-mac1", "handshake response"),
    ("responds-to-unknown_peer", "wrong-key", "handshake response"),
    ("takes-any-source", "wrong-source", "was answered"),
    ("miscounts-source", "wrong-source", "rose by 0"),
    ("never-roams", "endpoint-follows", "was answered to port"),
    ("roams-on-replay", "endpoint-steady", "endpoint"),
    ("roams-on-tag", "endpoint-steady", "endpoint"),
    ("roams-on-timestamp", "endpoint-steady", "endpoint"),
    ("roams-on-unknown_index", "endpoint-steady", "endpoint"),
    ("roams-on-cookie", "endpoint-steady", "endpoint"),
    ("early-switch", "rekey", "before our first packet"),
    ("drops-old-key", "rekey", "under way"),
    ("unpadded", "data-form", "neither a multiple of 16"),
    ("bad-checksum", "data-form", "checksum is wrong"),
]


@pytest.mark.parametrize(("fault", "check", "word"), MUTANTS)
def test_exactly_the_right_check_fails(fault: str, check: str, word: str) -> None:
    with bench(fault) as (lab, _):
        results = made(lab)
    assert set(failed(results)) == {check}, failed(results)
    assert word in results[check].detail
    assert not proved(list(results.values()))
    assert advice(list(results.values()))


def test_a_board_that_never_calls_is_waited_for_once() -> None:
    with bench("never-calls") as (lab, _):
        results = made(lab)
    assert results["cookie"].seconds > FAST.retry
    assert results["psk"].seconds < FAST.retry / 2
    assert results["handshake-board"].seconds < FAST.retry / 2
    assert results["psk"].detail == results["handshake-board"].detail


def test_every_check_has_a_board_that_fails_it() -> None:
    assert {check for _, check, _ in MUTANTS} == {check.name for check in ALL}


@pytest.mark.parametrize("fault", ["roams-on-replay", "roams-on-tag"])
def test_a_straying_endpoint_shows_without_a_console(fault: str) -> None:
    with bench(fault, console=False) as (lab, _):
        results = made(lab)
    assert "endpoint-steady" in failed(results)


def test_a_board_that_counts_nothing_does_not_pass_by_silence() -> None:
    with bench("counts-nothing") as (lab, _):
        results = made(lab)
    silent = {
        "replayed-data",
        "wrong-tag",
        "unknown-index",
        "replayed-initiation",
        "wrong-mac1",
        "wrong-key",
    }
    assert set(failed(results)) == silent
    assert all("rose by 0" in results[name].detail for name in silent)


def test_the_ladder_stops_at_the_broken_rung() -> None:
    with bench("other-psk") as (lab, _):
        results = made(lab)
    states = [s.state for s in ladder(list(results.values()))]
    assert states == ["holds", "holds", "broken", "not reached", "not reached"]
    assert "'handshake-ours' failed" in results["ping"].detail


def test_a_closed_port_is_told_at_once() -> None:
    with bench() as (lab, board):
        board.close()
        results = made(lab, runner.select(["udp"], []))
    assert "closed" in results["udp"].detail
    assert results["udp"].seconds < 1


def test_the_console_says_why_a_handshake_is_dropped() -> None:
    tunnel = Tunnel.new()
    with bench(tunnel=tunnel) as (lab, board):
        board.peer.remote = Tunnel.new().ours.public
        results = made(lab, runner.select(["udp"], []))
    assert "unknown_peer 3" in results["udp"].detail
    assert results["handshake-ours"].status is Status.FAIL


@pytest.mark.parametrize(
    ("member", "value", "said"),
    [
        ("public_key", "A" * 43 + "=", "the file names"),
        ("peers", [], "no peer with our public key"),
    ],
)
def test_the_link_check_finds_settings_that_differ(member: str, value: object, said: str) -> None:
    with bench() as (lab, board):
        board.commands.falsify = lambda state: state.update({member: value})
        results = made(lab, runner.select(["link"], []))
    assert said in results["link"].detail


def test_a_preshared_key_on_one_end_only_is_found() -> None:
    with bench() as (lab, board):
        board.commands.running.peers[0].psk = None
        results = made(lab, runner.select(["link"], []))
    assert "on one end only: in the file" in results["link"].detail


def test_only_some_checks() -> None:
    recorder = Recorder()
    with bench() as (lab, _):
        results = runner.run(lab, runner.select(["replayed-data"], []), recorder)
    assert recorder.begun == ["link", "udp", "handshake-ours", "replayed-data"]
    assert recorder.ended == recorder.begun
    assert proved(results)


def test_names_of_checks_that_do_not_exist() -> None:
    with pytest.raises(UsageError, match="no check named 'pong'"):
        runner.select(["pong"], [])
    with pytest.raises(UsageError, match="cannot be skipped"):
        runner.select([], ["udp"])


def test_a_port_in_use_is_named() -> None:
    with bench() as (lab, _), pytest.raises(NetworkError, match="is in use") as e, lab:
        pass
    assert "wg-quick down" in e.value.hint
