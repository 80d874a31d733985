# SPDX-License-Identifier: MIT
"""The back end on PSA Crypto, built with psa.conf, on Zephyr; the tests of the core hold it to the
vectors. On native_sim, because the emulated boards have no random source for Mbed TLS."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from wg_host.zephyr import Tree

from boards import shell
from conftest import Build

PROMPT = "uart:~$"


@pytest.fixture
def console(tree: Tree, build: Build, tmp_path: Path) -> Iterator[str]:
    """The pseudo-terminal of the running program."""
    if not (tree.base.parent / "modules" / "crypto" / "mbedtls").is_dir():
        pytest.skip(f"Zephyr {tree.version} stands there without its module mbedtls")
    image = build(tree, "native_sim", "-DEXTRA_CONF_FILE=psa.conf", name="native_sim_psa")
    assert "CONFIG_ZWG_CRYPTO_PSA=y" in (image.elf.parent / ".config").read_text()
    # Its TAP device stays in a namespace of its own.
    alone = ["unshare", "--net"] if os.geteuid() == 0 else []
    log = tmp_path / "native_sim.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*alone, str(image.elf.with_name("zephyr.exe"))],
            cwd=tmp_path,  # Its flash is a file there.
            stdout=output,
            stderr=output,
        )
    try:
        deadline = time.monotonic() + 20
        while not (found := re.search(r"pseudotty: (\S+)", log.read_text(errors="replace"))):
            assert time.monotonic() < deadline, log.read_text(errors="replace")
            time.sleep(0.05)
        yield found[1]
    finally:
        process.terminate()
        process.wait(10)


def test_the_ciphers_of_psa_give_what_they_must(console: str) -> None:
    """X25519 is compared with RFC 7748, and what was sealed must open; the clock stands still."""
    text = shell(console, "wg bench 2", PROMPT)
    rows = re.findall(r"^(\S+(?: \d+)?) +\d+ cycles", text, re.MULTILINE)
    assert "error:" not in text
    assert len(rows) == 8, text


def test_a_key_is_made_with_psa(console: str) -> None:
    assert re.search(r"public key: \S{43}=", shell(console, "wg genkey", PROMPT))
