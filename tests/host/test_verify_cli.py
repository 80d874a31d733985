# SPDX-License-Identifier: MIT
"""``wg-host verify`` as a person runs it, and the files that it writes."""

from __future__ import annotations

import shutil
import stat
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from fakes.cli import in_pipe, invoke, json_end, json_lines, on_terminal
from fakes.tunnels import running
from wg_host.verify.checks import ALL

QUICK = ("--only", "ping,replayed-data,wrong-mac1", "--pings", "1")


def test_a_whole_run_with_the_protocols_own_times(tmp_path: Path) -> None:
    with running(tmp_path) as r:
        end = json_end("verify", "-c", r.config, "--port", r.port, "--pings", "1")
    assert end["exit_code"] == 0, end
    assert end["result"]["proved"] is True
    assert end["result"]["counts"] == {"pass": len(ALL), "fail": 0, "skip": 0}


def test_a_pipe_gets_plain_lines(tmp_path: Path) -> None:
    with running(tmp_path) as r:
        done = in_pipe("verify", "-c", r.config, *QUICK)
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    assert done.stderr == ""
    assert "PASS  Ping of several sizes: " in done.stdout
    assert done.stdout.splitlines()[-1].startswith("proved: 6 passed, 0 failed")


def test_a_terminal_gets_colours_and_a_bar_unless_told_otherwise(tmp_path: Path) -> None:
    with running(tmp_path) as r:
        code, shown = on_terminal("verify", "-c", r.config, *QUICK)
        assert code == 0
        assert "\x1b[32mPASS" in shown
        assert "Ping of several sizes" in shown
    with running(tmp_path, again=True) as r:
        code, shown = on_terminal("verify", "-c", r.config, *QUICK, NO_COLOR="1")
        assert code == 0
        assert "\x1b[32m" not in shown


def test_a_failure_ends_with_1_and_advice(tmp_path: Path) -> None:
    with running(tmp_path, "echoes-replays") as r:
        done = in_pipe("verify", "-c", r.config, *QUICK)
    assert done.returncode == 1
    assert "FAIL  Replayed data is met with silence: a replayed data message" in done.stdout
    assert "data      broken (1 of 2 passed)" in done.stdout
    assert "not proved: 5 passed, 1 failed, 0 skipped" in done.stdout
    assert "try: AllowedIPs" in done.stdout


def test_json_tells_each_check_as_it_comes(tmp_path: Path) -> None:
    with running(tmp_path) as r:
        lines = json_lines("verify", "-c", r.config, *QUICK)
    names = ["link", "udp", "handshake-ours", "ping", "replayed-data", "wrong-mac1"]
    assert [line["check"] for line in lines if line["event"] == "check"] == names
    assert [line["check"] for line in lines if line["event"] == "begin"] == names


def test_junit(tmp_path: Path) -> None:
    with running(tmp_path, "echoes-replays") as r:
        invoke("verify", "-c", r.config, *QUICK, "--junit", tmp_path / "j.xml")
    suite = ElementTree.parse(tmp_path / "j.xml").getroot().find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("6", "1", "0")
    cases = {c.get("name"): c for c in suite.findall("testcase")}
    failure = cases["replayed-data"].find("failure")
    assert failure is not None
    assert "echo-reply" in str(failure.get("message"))
    assert cases["ping"].find("system-out") is not None
    assert cases["ping"].get("classname") == "verify.data"


def test_an_unwritable_junit_file_ends_the_run_before_it_begins(tmp_path: Path) -> None:
    with running(tmp_path) as r:
        lines = json_lines("verify", "-c", r.config, *QUICK, "--junit", tmp_path / "no" / "j.xml")
    assert [line["event"] for line in lines] == ["end"]
    assert lines[0]["exit_code"] == 2
    assert lines[0]["error"]["message"].endswith("j.xml: No such file or directory")


def test_a_run_that_ends_early_leaves_the_junit_file_as_it_was(tmp_path: Path) -> None:
    with running(tmp_path) as r:
        args = ("verify", "-c", r.config, "--pcap", tmp_path / "no" / "x", "--junit")
        assert invoke(*args, tmp_path / "new.xml").exit_code == 2
        assert not (tmp_path / "new.xml").exists()
        (tmp_path / "old.xml").write_text("<testsuites/>")
        assert invoke(*args, tmp_path / "old.xml").exit_code == 2
        assert (tmp_path / "old.xml").read_text() == "<testsuites/>"


def test_verbose_shows_packets_decoded_and_no_secret(tmp_path: Path) -> None:
    with running(tmp_path) as r:
        result = invoke("verify", "-c", r.config, *QUICK, "-v")
    assert "-> handshake initiation, 148 bytes" in result.stderr
    assert "<- handshake response, 92 bytes: established" in result.stderr
    assert "IP / ICMP 10.1.1.50 > 10.1.1.200 echo-reply" in result.stderr
    assert r.tunnel.ours.reveal_base64() not in result.output
    assert r.tunnel.psk is not None
    assert r.tunnel.psk.reveal_base64() not in result.output


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_wireshark_decrypts_the_capture_of_both_roles(tmp_path: Path) -> None:
    pcap = tmp_path / "run.pcap"
    with running(tmp_path) as r:
        args = ("--only", "ping,ping6,handshake-board", "--pings", "1", "--pcap", pcap)
        result = invoke("verify", "-c", r.config, "--port", r.port, *args)
    assert result.exit_code == 0, result.output
    keys = tmp_path / "run.pcap.keys"
    assert stat.S_IMODE(keys.stat().st_mode) == stat.S_IMODE(pcap.stat().st_mode) == 0o600

    def shown(filter_: str, field: str) -> list[str]:
        done = subprocess.run(
            [
                *("tshark", "-r", str(pcap), "-o", f"wg.keylog_file:{keys}"),
                *("-Y", filter_, "-T", "fields", "-e", field),
            ],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return done.stdout.split()

    assert len(shown("wg.type == 1", "frame.number")) >= 3
    assert len(shown("wg.type == 3", "frame.number")) == 1
    assert set(shown("wg.type == 2 && wg.handshake_ok", "wg.handshake_ok")) <= {"1", "True"}
    requests, replies = (len(shown(f"icmp.type == {t}", "icmp.seq")) for t in (8, 0))
    assert requests == replies >= 8
    assert len(shown("icmpv6.type == 129", "icmpv6.echo.sequence_number")) >= 8
    encrypted = shown("wg.type == 4", "frame.number")
    opened = shown("wg.type == 4 && (ip.proto == 1 || ipv6.nxt == 58 || wg.keepalive)", "frame.len")
    assert len(opened) == len(encrypted)


def test_an_exposed_file_is_warned_of(tmp_path: Path) -> None:
    with running(tmp_path) as r:
        r.config.chmod(0o644)
        result = invoke("verify", "-c", r.config, "--only", "link")
    assert "chmod 600" in result.stderr


def test_list_names_every_check() -> None:
    result = invoke("verify", "--list")
    assert result.exit_code == 0
    assert [line.split()[1] for line in result.stdout.splitlines()] == [c.name for c in ALL]
    assert len(json_end("verify", "--list")["result"]["checks"]) == len(ALL)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((), "expected --config"),
        (("-c", "/no/such/file"), "no such file"),
        (("-c", "/no/such/file", "--only", "pong"), "no check named 'pong'"),
        (("-c", "/no/such/file", "--skip", "link"), "cannot be skipped"),
        (("-c", "/no/such/file", "--pings", "0"), "1<=x<=1000"),
    ],
)
def test_bad_usage(args: tuple[str, ...], said: str) -> None:
    result = invoke("verify", *args)
    assert result.exit_code == 2
    assert said in result.output


def test_an_unwritable_capture(tmp_path: Path) -> None:
    with running(tmp_path) as r:
        end = json_end("verify", "-c", r.config, "--pcap", tmp_path / "no" / "x.pcap")
    assert end["exit_code"] == 2
    assert "No such file or directory" in end["error"]["message"]
