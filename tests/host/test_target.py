# SPDX-License-Identifier: MIT
"""What verify makes of a wg-quick file."""

from __future__ import annotations

import ipaddress

import pytest

from wg_host import config
from wg_host.endpoint import Endpoint
from wg_host.errors import NetworkError, UsageError
from wg_host.keys import PrivateKey
from wg_host.verify.target import target_from

OURS, BOARD, OTHER = (PrivateKey.generate() for _ in range(3))


def text(
    allowed: str = "10.1.1.50/32", endpoint: str = "127.0.0.1:5", address: str = "10.1.1.200/24"
) -> str:
    lines = [
        "[Interface]",
        f"PrivateKey = {OURS.reveal_base64()}",
        f"Address = {address}",
        "[Peer]",
        f"PublicKey = {BOARD.public}",
        f"AllowedIPs = {allowed}",
        f"Endpoint = {endpoint}" if endpoint else "",
    ]
    return "\n".join(lines)


def test_the_boards_address_is_the_host_among_its_allowed_ips() -> None:
    target = target_from(config.parse(text("10.1.0.0/16, 10.1.1.50/32, fd00::/8")))
    assert str(target.pair.board) == "10.1.1.50"
    assert str(target.pair.ours) == "10.1.1.200"
    assert target.v6 is None


def test_an_address_that_is_given_wins() -> None:
    target = target_from(
        config.parse(text("10.1.0.0/16", address="10.1.1.200/24, fd00::1/64")),
        board_addresses=(ipaddress.ip_address("10.1.1.51"), ipaddress.ip_address("fd00::2")),
    )
    assert target.v4 is not None
    assert target.v6 is not None
    assert (str(target.v4.board), str(target.v6.board)) == ("10.1.1.51", "fd00::2")


@pytest.mark.parametrize("allowed", ["10.1.0.0/16", "fd00::50/128"])
def test_no_common_family_is_an_error(allowed: str) -> None:
    with pytest.raises(UsageError, match="no inner addresses") as e:
        target_from(config.parse(text(allowed)))
    assert "--board-address" in e.value.hint


def test_no_endpoint_is_an_error_unless_given() -> None:
    parsed = config.parse(text(endpoint=""))
    with pytest.raises(UsageError, match="no Endpoint"):
        target_from(parsed)
    assert target_from(parsed, endpoint=Endpoint("127.0.0.1", 9)).endpoint.port == 9


def test_one_of_several_peers_must_be_named() -> None:
    parsed = config.parse(text() + f"\n[Peer]\nPublicKey = {OTHER.public}\n")
    with pytest.raises(UsageError, match="2 peers, of which 2") as e:
        target_from(parsed)
    assert "--peer" in e.value.hint
    assert target_from(parsed, peer=BOARD.public).board == BOARD.public
    with pytest.raises(UsageError, match="of which 0"):
        target_from(parsed, peer=OURS.public)


def test_an_endpoint_that_does_not_resolve() -> None:
    with pytest.raises(NetworkError, match=r"no-such-host\.invalid"):
        target_from(config.parse(text(endpoint="no-such-host.invalid:1")))
