# SPDX-License-Identifier: MIT
"""bench against a board in Python: figures that add up, and its failures."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.cli import invoke, json_end
from fakes.tunnels import running
from wg_host import bench


def test_figures_add_up(tmp_path: Path) -> None:
    with running(tmp_path) as r:
        args = ("--pings", "10", "--seconds", "0.5", "--size", "512", "--window", "2")
        end = json_end("bench", "-c", r.config, *args)
    assert end["exit_code"] == 0, end
    latency, flow = end["result"]["latency"], end["result"]["throughput"]
    assert (latency["count"], latency["lost"]) == (10, 0)
    order = [latency[name] for name in ("minimum", "median", "p90", "p99", "maximum")]
    assert order == sorted(order)
    assert 0 < order[0] < 1
    assert flow["echoed"] > 10
    assert flow["lost"] == 0
    assert flow["bits_per_second"] == pytest.approx(flow["echoed"] * 512 * 8 / flow["seconds"])
    assert flow["own_limit"] > 0


def test_a_person_sees_three_lines(tmp_path: Path) -> None:
    with running(tmp_path) as r:
        result = invoke("bench", "-c", r.config, "--pings", "3", "--seconds", "0.2")
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["latency", "throughput", "peer"]
    assert "echoes/s of 1420 bytes, 0 lost" in lines[1]


def test_an_exposed_file_is_warned_of(tmp_path: Path) -> None:
    with running(tmp_path) as r:
        r.config.chmod(0o644)
        result = invoke("bench", "-c", r.config, "--size", "1")
    assert f"warning: {r.config} holds a private key" in result.stderr


def test_losses_are_counted(tmp_path: Path) -> None:
    with running(tmp_path, "loses-large") as r:
        args = ("--pings", "2", "--seconds", "0.7", "--size", "1300", "--window", "4")
        end = json_end("bench", "-c", r.config, *args)
    flow = end["result"]["throughput"]
    assert flow["echoed"] == 0
    assert flow["lost"] >= 4


def test_no_handshake_is_a_failed_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "ATTEMPTS", 1)
    with running(tmp_path, "other-psk") as r:
        end = json_end("bench", "-c", r.config)
    assert end["exit_code"] == 1
    assert "no handshake" in end["error"]["message"]


@pytest.mark.parametrize("size", ["27", "1421"])
def test_a_size_that_does_not_fit(tmp_path: Path, size: str) -> None:
    with running(tmp_path) as r:
        end = json_end("bench", "-c", r.config, "--size", size)
    assert end["exit_code"] == 2
    assert "expected 28 to the MTU of 1420" in end["error"]["message"]
