# SPDX-License-Identifier: MIT
"""Keys: their text, their files, and that secrets do not show."""

from __future__ import annotations

import os
import pickle
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wg_host import keys
from wg_host.errors import FileExists, KeyFormatError, UsageError
from wg_host.keys import PresharedKey, PrivateKey, PublicKey

THIRTY_TWO = st.binary(min_size=32, max_size=32)


def test_x25519_agrees_with_rfc_7748_section_6_1() -> None:
    alice = PrivateKey(
        bytes.fromhex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
    )
    bob = PublicKey(
        bytes.fromhex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")
    )
    shared = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"
    assert alice.exchange(bob).hex() == shared
    assert alice.public.raw.hex() == (
        "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"
    )


@pytest.mark.skipif(shutil.which("wg") is None, reason="wg of wireguard-tools is not installed")
def test_wg_derives_the_same_public_key() -> None:
    private = PrivateKey.generate()
    answer = subprocess.run(
        ["wg", "pubkey"],
        input=private.reveal_base64(),
        capture_output=True,
        text=True,
        check=True,
        timeout=10,
    )
    assert answer.stdout.strip() == str(private.public)


@given(THIRTY_TWO)
def test_text_and_back(raw: bytes) -> None:
    assert PublicKey.parse(str(PublicKey(raw))) == PublicKey(raw)
    assert PrivateKey.parse(PrivateKey(raw).reveal_base64()).reveal() == raw


@given(THIRTY_TWO)
def test_secrets_do_not_show(raw: bytes) -> None:
    for secret in (PrivateKey(raw), PresharedKey(raw)):
        text = secret.reveal_base64()
        shown = f"{secret} {secret!r} {secret!s} {[secret]} {secret:>40}"
        assert text not in shown
        assert raw.hex() not in shown


def test_a_secret_is_not_pickled() -> None:
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(PrivateKey.generate())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A" * 43,
        "A" * 44,
        "A" * 42 + "B=",
        "A" * 43 + "=A",
        "é" * 44,
        "A" * 40 + "=",
        "A" * 43 + " =",
    ],
)
def test_a_malformed_key_is_refused_and_not_quoted(text: str) -> None:
    with pytest.raises(KeyFormatError) as e:
        PrivateKey.parse(text)
    assert "expected 32 bytes in base64" in e.value.message
    assert not text or text not in e.value.message


def test_generated_private_keys_are_clamped_and_differ() -> None:
    made = [PrivateKey.generate().reveal() for _ in range(20)]
    assert all(k[0] & 7 == 0 and k[31] & 0xC0 == 0x40 for k in made)
    assert len(set(made)) == 20


def test_secrets_compare_by_value() -> None:
    raw = os.urandom(32)
    assert PrivateKey(raw) == PrivateKey(raw)
    assert PrivateKey(raw) != PrivateKey(os.urandom(32))
    assert PrivateKey(raw) != PresharedKey(raw)


def test_points_of_low_order_are_refused() -> None:
    for low in (bytes(32), b"\1" + bytes(31)):
        with pytest.raises(ValueError, match="shared key"):
            PrivateKey.generate().exchange(PublicKey(low))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_secret_file_has_mode_0600_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        keys.write_secret(tmp_path / "k", "text\n")
    finally:
        os.umask(before)
    assert mode(tmp_path / "k") == 0o600
    assert not keys.exposed(tmp_path / "k")


def test_secret_file_is_not_overwritten_unless_asked(tmp_path: Path) -> None:
    path = tmp_path / "k"
    keys.write_secret(path, "one")
    with pytest.raises(FileExists):
        keys.write_secret(path, "two")
    assert path.read_text() == "one"
    path.chmod(0o644)
    assert keys.exposed(path)
    keys.write_secret(path, "three", overwrite=True)
    assert path.read_text() == "three"
    assert mode(path) == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["k"]


def test_secret_file_in_no_directory(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such directory"):
        keys.write_secret(tmp_path / "none" / "k", "text")


def test_key_from_file(tmp_path: Path) -> None:
    private = PrivateKey.generate()
    (tmp_path / "k").write_text(private.reveal_base64() + "\n")
    assert PrivateKey.from_file(tmp_path / "k") == private
    with pytest.raises(UsageError, match="no such file"):
        PrivateKey.from_file(tmp_path / "other")
    with pytest.raises(UsageError, match="directory"):
        PrivateKey.from_file(tmp_path)
    (tmp_path / "k").write_bytes(b"\xff\xfe")
    with pytest.raises(KeyFormatError):
        PrivateKey.from_file(tmp_path / "k")
