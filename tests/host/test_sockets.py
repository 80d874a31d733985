# SPDX-License-Identifier: MIT
"""UDP sockets: several at a time, closed ports, and ports that are taken."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from fakes.tunnels import free_port
from wg_host.endpoint import Endpoint
from wg_host.errors import NetworkError
from wg_host.sockets import Sockets


@pytest.fixture(params=[socket.AF_INET, socket.AF_INET6])
def sockets(request: pytest.FixtureRequest) -> Iterator[Sockets]:
    made = Sockets(request.param)
    made.open("a")
    made.open("b")
    yield made
    made.close()


def own(sockets: Sockets, name: str) -> Endpoint:
    loopback = "127.0.0.1" if sockets._family == socket.AF_INET else "::1"
    return Endpoint(loopback, sockets.port(name))


def test_a_datagram_comes_with_its_source_and_the_name_of_its_socket(sockets: Sockets) -> None:
    sockets.send("a", own(sockets, "b"), b"text")
    got = sockets.receive(time.monotonic() + 1)
    assert got is not None
    assert (got.at, got.data, got.source[1]) == ("b", b"text", sockets.port("a"))


def test_the_largest_datagram_is_whole(sockets: Sockets) -> None:
    sockets.send("a", own(sockets, "b"), bytes(65507))
    got = sockets.receive(time.monotonic() + 1)
    assert got is not None
    assert got.data == bytes(65507)


def test_nothing_comes_until_the_deadline(sockets: Sockets) -> None:
    began = time.monotonic()
    assert sockets.receive(began + 0.1) is None
    assert 0.1 <= time.monotonic() - began < 1


def closed(sockets: Sockets) -> Endpoint:
    own_address = own(sockets, "a").host
    return Endpoint(own_address, free_port())


def test_a_closed_port_is_reported_once_and_costs_no_time(sockets: Sockets) -> None:
    sockets.send("a", closed(sockets), b"x")
    got = sockets.receive(time.monotonic() + 1)
    assert got is not None
    assert (got.at, got.data) == ("a", None)
    before = time.process_time()
    assert sockets.receive(time.monotonic() + 0.5) is None
    assert time.process_time() - before < 0.2


def test_sending_to_a_closed_port_again_is_no_error(sockets: Sockets) -> None:
    to = closed(sockets)
    for _ in range(4):
        sockets.send("a", to, b"x")
        time.sleep(0.02)
    sockets.send("a", own(sockets, "b"), b"still works")
    got = [sockets.receive(time.monotonic() + 0.2) for _ in range(8)]
    assert b"still works" in [g.data for g in got if g is not None]
    before = time.process_time()
    assert sockets.receive(time.monotonic() + 0.5) is None
    assert time.process_time() - before < 0.2


def test_a_taken_port_is_named(sockets: Sockets) -> None:
    with pytest.raises(NetworkError, match=f"UDP port {sockets.port('a')} is in use"):
        sockets.open("c", sockets.port("a"))


def test_a_datagram_too_large_to_send_is_an_error(sockets: Sockets) -> None:
    with pytest.raises(NetworkError, match="too long"):
        sockets.send("a", own(sockets, "b"), bytes(65536))
