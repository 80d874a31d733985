# SPDX-License-Identifier: MIT
"""MACs, cookies, and XChaCha20-Poly1305 against the draft and Wycheproof."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wg_host import cookie
from wg_host.cookie import CookieJar
from wg_host.keys import PrivateKey
from wg_host.messages import CookieReply

OURS, THEIRS = PrivateKey(bytes(range(32))), PrivateKey(bytes(range(50, 82)))
HERE = Path(__file__).resolve()
VECTORS = Path(os.environ.get("ZWG_WYCHEPROOF", HERE.parents[3] / "shared" / "vectors"))


def test_hchacha20_is_the_drafts() -> None:
    """draft-irtf-cfrg-xchacha section 2.2.1."""
    nonce = bytes.fromhex("000000090000004a0000000031415927")
    assert cookie.hchacha20(bytes(range(32)), nonce).hex() == (
        "82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc"
    )


def test_xchacha20_poly1305_agrees_with_wycheproof() -> None:
    path = VECTORS / "xchacha20_poly1305_test.json"
    if not path.is_file():
        pytest.skip(f"no Wycheproof vectors at {path}; ZWG_WYCHEPROOF names their folder")
    groups: list[dict[str, Any]] = json.loads(path.read_text())["testGroups"]
    tested = 0
    for group in groups:
        if group["ivSize"] != 192:
            continue
        for case in group["tests"]:
            key, iv, aad, msg, ct, tag = (
                bytes.fromhex(case[name]) for name in ("key", "iv", "aad", "msg", "ct", "tag")
            )
            expected = msg if case["result"] == "valid" else None
            assert cookie.xchacha_open(key, iv, ct + tag, aad) == expected, case["tcId"]
            if expected is not None:
                assert cookie.xchacha_seal(key, iv, msg, aad) == ct + tag, case["tcId"]
            tested += 1
    assert tested == 306


# The sizes of wireguard-go's TestCookieMAC1, with room for the two MACs.
@pytest.mark.parametrize("size", [32, 64, 128, 148])
def test_mac1_holds_for_its_receiver_alone(size: int) -> None:
    body = os.urandom(size - 32)
    datagram = body + bytes(32)
    mac1 = cookie.mac1(datagram, THEIRS.public)
    message = body + mac1 + bytes(16)
    assert cookie.mac1_valid(message, THEIRS.public)
    assert not cookie.mac1_valid(message, OURS.public)
    for place in range(size - 16):
        broken = bytearray(message)
        broken[place] ^= 1
        assert not cookie.mac1_valid(bytes(broken), THEIRS.public)


def exchange(now: float = 0.0) -> tuple[CookieJar, bytes, bytes]:
    """A jar that sent one message and got a cookie for it."""
    jar = CookieJar(THEIRS.public)
    body = os.urandom(116)
    mac1, mac2 = jar.macs_for(body + bytes(32), now)
    assert mac2 == bytes(16)
    value = os.urandom(16)
    reply = cookie.make_reply(body + mac1 + mac2, 7, THEIRS.public, value)
    assert len(reply) == 64
    assert jar.consume(CookieReply.decode(reply), now)
    return jar, value, reply


def finish(jar: CookieJar, now: float) -> bytes:
    body = os.urandom(116)
    return body + b"".join(jar.macs_for(body + bytes(32), now))


def test_the_next_message_carries_a_valid_mac2() -> None:
    jar, value, _ = exchange()
    message = finish(jar, 119.9)
    assert cookie.mac1_valid(message, THEIRS.public)
    assert cookie.mac2_valid(message, value)
    assert not cookie.mac2_valid(message, bytes(16))
    broken = bytearray(message)
    broken[100] ^= 1
    assert not cookie.mac2_valid(bytes(broken), value)


def test_a_cookie_is_not_used_after_120_s() -> None:
    jar, _, _ = exchange(now=1000.0)
    assert finish(jar, 1120.0)[-16:] == bytes(16)


def test_one_cookie_for_one_mac1() -> None:
    jar, value, reply = exchange()
    assert not jar.consume(CookieReply.decode(reply), 1.0)
    assert cookie.mac2_valid(finish(jar, 2.0), value)
    assert not jar.consume(CookieReply.decode(reply), 3.0)


def test_no_cookie_before_a_mac1() -> None:
    _, _, reply = exchange()
    assert not CookieJar(THEIRS.public).consume(CookieReply.decode(reply), 0.0)


@settings(max_examples=50)
@given(st.integers(8, 63), st.integers(0, 7))
def test_every_bit_of_a_reply_counts(place: int, bit: int) -> None:
    jar = CookieJar(THEIRS.public)
    body = bytes(116)
    mac1, mac2 = jar.macs_for(body + bytes(32), 0.0)
    raw = bytearray(cookie.make_reply(body + mac1 + mac2, 7, THEIRS.public, bytes(16)))
    raw[place] ^= 1 << bit
    assert not jar.consume(CookieReply.decode(bytes(raw)), 0.0)
    assert finish(jar, 0.0)[-16:] == bytes(16)
