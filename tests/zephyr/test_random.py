# SPDX-License-Identifier: MIT
"""Keys of a board without a random source are worth nothing: it does not build unless it is said to
be a test."""

from __future__ import annotations

from pathlib import Path

import pytest
from wg_host.zephyr import Tree

import firmware
from conftest import Build
from test_ztest import missing

SAMPLE = firmware.ROOT / "samples" / "module"
NO_SOURCE = "zwg: this build has no cryptographic random source"


def test_a_build_for_native_sim_fails_unless_it_says_that_it_is_a_test(
    tree: Tree, build: Build, tmp_path: Path
) -> None:
    """Its entropy driver is a generator with a fixed seed."""
    if reason := missing(tmp_path):
        pytest.skip(reason)
    name = "sample_native_sim"
    image = build(tree, "native_sim", source=SAMPLE, name=name)
    assert image.warnings == []
    config = (image.elf.parent / ".config").read_text()
    assert "CONFIG_CSPRNG_ENABLED=y" in config
    assert "CONFIG_ZWG_TEST_RANDOM=y" in config
    with pytest.raises(firmware.FirmwareError, match=NO_SOURCE):
        build(tree, "native_sim", "-DCONFIG_ZWG_TEST_RANDOM=n", source=SAMPLE, name=f"{name}_quiet")
