# SPDX-License-Identifier: MIT
"""The firmware builds, without a warning of ours, and fits."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from wg_host.zephyr import Tree

import firmware
from conftest import Build

# Bytes; with shell, logging, IPv4, IPv6, echo service and four peers.
FLASH_LIMIT = 256 * 1024
RAM_LIMIT = 96 * 1024
# The same without what they do not name: the commands "net ..." and endpoints that are names.
PLAIN = ("-DCONFIG_NET_SHELL=n", "-DCONFIG_DNS_RESOLVER=n")
PLAIN_FLASH_LIMIT = 224 * 1024
PLAIN_RAM_LIMIT = 72 * 1024
# With prj_small.conf: no shell, IPv4, one peer.
SMALL_FLASH_LIMIT = 112 * 1024
SMALL_RAM_LIMIT = 40 * 1024


def test_nucleo_f207zg_fits_and_has_no_warning_of_ours(tree: Tree, build: Build) -> None:
    image = build(tree, "nucleo_f207zg")
    assert image.warnings == []
    print(f"{tree.version}: FLASH {image.used['FLASH']} B, RAM {image.used['RAM']} B")
    assert 0 < image.used["FLASH"] <= FLASH_LIMIT
    assert 0 < image.used["RAM"] <= RAM_LIMIT


def test_without_net_commands_and_names_it_takes_less(tree: Tree, build: Build) -> None:
    image = build(tree, "nucleo_f207zg", *PLAIN, name="nucleo_f207zg_plain")
    assert image.warnings == []
    print(f"{tree.version}, plain: FLASH {image.used['FLASH']} B, RAM {image.used['RAM']} B")
    assert 0 < image.used["FLASH"] < PLAIN_FLASH_LIMIT
    assert 0 < image.used["RAM"] < PLAIN_RAM_LIMIT
    config = (image.elf.parent / ".config").read_text()
    for part in ("SHELL", "LOG", "NET_IPV4", "NET_IPV6", "NET_TCP", "ZWG_SHELL", "ZWG_APP_ECHO"):
        assert f"CONFIG_{part}=y" in config
    assert "CONFIG_ZWG_MAX_PEERS=4" in config


def test_the_small_profile_fits_and_has_no_warning_of_ours(tree: Tree, build: Build) -> None:
    image = build(tree, "nucleo_f207zg", "-DFILE_SUFFIX=small", name="nucleo_f207zg_small")
    assert image.warnings == []
    print(f"{tree.version}, small: FLASH {image.used['FLASH']} B, RAM {image.used['RAM']} B")
    assert 0 < image.used["FLASH"] < SMALL_FLASH_LIMIT
    assert 0 < image.used["RAM"] < SMALL_RAM_LIMIT
    config = (image.elf.parent / ".config").read_text()
    assert "CONFIG_SHELL=y" not in config
    # The flash is laid out as that of the other firmware, whose settings it reads.
    assert "CONFIG_USE_DT_CODE_PARTITION=y" in config
    assert "CONFIG_SETTINGS_FCB_NUM_AREAS=2" in config


def test_nucleo_f207zg_has_no_random_source_for_tests(tree: Tree, build: Build) -> None:
    """Its keys come from the hardware: the test generator is not linked."""
    elf = build(tree, "nucleo_f207zg").elf
    symbols = subprocess.run(
        ["arm-none-eabi-nm", elf], capture_output=True, text=True, check=True
    ).stdout
    assert not re.search(r"\bentropy_native|z_impl_sys_rand_get_test\b", symbols)
    config = (elf.parent / ".config").read_text()
    assert "CONFIG_ENTROPY_HAS_DRIVER=y" in config
    assert "CONFIG_TEST_RANDOM_GENERATOR=y" not in config


def test_nucleo_f207zg_leaves_checksums_to_its_controller(tree: Tree, build: Build) -> None:
    """What test_path.py does not count, because it costs that board no instructions."""
    image = build(tree, "nucleo_f207zg")
    assert "CONFIG_ETH_STM32_HW_CHECKSUM=y" in (image.elf.parent / ".config").read_text()


def test_a_build_for_hardware_without_a_random_source_fails(tree: Tree, build: Build) -> None:
    with pytest.raises(firmware.FirmwareError, match=r"(?i)random|entropy"):
        build(
            tree,
            "nucleo_f207zg",
            "-DCONFIG_ENTROPY_GENERATOR=n",
            "-DCONFIG_TEST_RANDOM_GENERATOR=y",
            name="nucleo_without_entropy",
        )


def test_a_warning_of_ours_is_an_error(tree: Tree, build: Build) -> None:
    directory = build(tree, "nucleo_f207zg").elf.parents[1]
    commands = json.loads((directory / "compile_commands.json").read_text())
    generated = firmware.ROOT / "build"
    files = {Path(c["file"]): c["command"] for c in commands}
    ours = {
        file: command
        for file, command in files.items()
        if file.is_relative_to(firmware.ROOT) and not file.is_relative_to(generated)
    }
    assert len(ours) > 50
    assert [f for f, command in ours.items() if " -Werror " not in f"{command} "] == []


def test_without_a_provider_of_psa_crypto_the_build_stops(tree: Tree, build: Build) -> None:
    with pytest.raises(firmware.FirmwareError, match="nothing provides PSA Crypto"):
        build(tree, "nucleo_f207zg", "-DCONFIG_ZWG_CRYPTO_PSA=y", name="nucleo_without_psa")


def test_another_application_gets_the_interface_as_a_module(tree: Tree, build: Build) -> None:
    image = build(
        tree,
        firmware.EMULATED,
        f"-DEXTRA_ZEPHYR_MODULES={firmware.ROOT}",
        source=firmware.ROOT / "samples" / "module",
        name="sample_module",
    )
    assert image.warnings == []
    assert image.elf.exists()
