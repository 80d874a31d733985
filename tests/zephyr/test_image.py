# SPDX-License-Identifier: MIT
"""The final image for the board: secrets do not show in the time that its Cortex-M3 takes.

What bench/ctcheck.py proves of an image of its own, proved of the firmware that is flashed: its
functions disassembled, and its primitives run in an emulator with different secrets.
"""

from __future__ import annotations

import json
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from random import Random

import pytest
from wg_host.zephyr import Tree

import firmware
from conftest import Build

sys.path.insert(0, str(firmware.ROOT / "bench"))
for module in ("capstone", "elftools", "unicorn"):
    if find_spec(module) is None:
        pytest.skip(f"no Python module {module}, see bench/requirements.txt", True)

from m3 import build as bench  # noqa: E402
from m3 import secrets  # noqa: E402
from m3.machine import Machine  # noqa: E402

BOARD = "nucleo_f207zg"
RUNS = 4
"""Sets of secrets that every primitive is run with; bench/ctcheck.py takes more."""

BOARD_SECRETS = [firmware.ROOT / "board" / name for name in ("text_key.c", "record.c", "crc32.c")]
"""Beside the core: keys in base64, which come and go over the console, and the records in flash."""

NOT_LINKED = dict.fromkeys(
    ("zwg_record_encode", "zwg_record_decode", "to_memory", "from_memory"),
    "a record in one piece, as the simulated board has it",
)
"""Functions of the sources below that need not be in the image, each with its reason."""


def objects(image: firmware.Image, sources: list[Path]) -> list[Path]:
    """What this very build made of sources of ours."""
    directory = image.elf.parents[1] / "modules" / "zwg" / "CMakeFiles" / "zwg.dir" / "__"
    return [directory / f"{source.relative_to(firmware.ROOT)}.obj" for source in sources]


def secret_sources() -> list[Path]:
    """The primitives, and what in the core and on the console handles keys."""
    core = [bench.CORE / name for name in secrets.SECRET_SOURCES]
    return [*bench.crypto_sources("armv7m"), *core, *BOARD_SECRETS]


def core_of(image: firmware.Image) -> secrets.Core:
    """The functions of the build: those that handle secrets, and the others of core and board."""
    secret = secret_sources()
    board = sorted((firmware.ROOT / "board").glob("*.c"))
    others = [file for file in (*bench.sources("ZWG_CORE_SOURCES"), *board) if file not in secret]
    names = secrets.names(objects(image, secret))
    indirect = {(name, "") for name in secrets.INDIRECT}
    built = [file for file in objects(image, others) if file.exists()]
    public = secrets.names(built) - names
    return secrets.Core(frozenset(names | indirect), frozenset(public))


def missing(elf: Path, core: secrets.Core) -> list[str]:
    """Functions that handle secrets and are not in an image, so that nothing is proved of them.

    One that the compiler put into its callers is not in the objects either: it is looked at there.
    """
    linked = set(secrets.symbols(elf).values())
    return sorted(name for name, file in core.secret - linked if name not in NOT_LINKED)


def patched(image: firmware.Image, function: str, code: bytes, copy: Path) -> Path:
    """A copy of the image in which a function begins with other instructions."""
    from elftools.elf.elffile import ELFFile

    shutil.copy(image.elf, copy)
    with image.elf.open("rb") as stream:
        elf = ELFFile(stream)
        address = elf.get_section_by_name(".symtab").get_symbol_by_name(function)[0]["st_value"]
        offset = next(elf.address_offsets(address & ~1))
    with copy.open("r+b") as stream:
        stream.seek(offset)
        stream.write(code)
    return copy


@pytest.fixture
def image(tree: Tree, build: Build) -> firmware.Image:
    return build(tree, BOARD)


def test_the_kernels_of_the_processor_are_the_default(image: firmware.Image) -> None:
    config = (image.elf.parent / ".config").read_text()
    assert "CONFIG_ZWG_CRYPTO_ARMV7M=y" in config
    linked = {name for name, _ in secrets.symbols(image.elf).values()}
    assembled = {path for path in secret_sources() if path.suffix == ".S"}
    for source in assembled:
        functions = {name for name, _ in secrets.names(objects(image, [source]))}
        assert functions and functions <= linked, source


def test_the_ciphers_are_compiled_for_speed(image: firmware.Image) -> None:
    """Zephyr compiles for size: the last -O of a command is the one that counts."""
    commands = json.loads((image.elf.parents[1] / "compile_commands.json").read_text())
    level = {
        Path(entry["file"]).resolve(): [w for w in entry["command"].split() if w[:2] == "-O"][-1:]
        for entry in commands
    }
    shared, own = (bench.sources(f"ZWG_CRYPTO_{of}_SOURCES") for of in ("SHARED", "ARMV7M"))
    for source in [file for file in (*shared, *own) if file.suffix == ".c"]:
        assert level[source.resolve()] == ["-O2"], source


def test_no_instruction_of_variable_time_touches_a_secret(image: firmware.Image) -> None:
    core = core_of(image)
    assert missing(image.elf, core) == []
    count, found = secrets.find_variable(image.elf, core)
    print(f"{count} functions of the image, all {len(core.secret)} of the sources among them")
    assert count >= len(core.secret)
    assert found == []


def test_a_function_that_is_not_in_the_image_is_noticed(image: firmware.Image) -> None:
    core = core_of(image)
    more = secrets.Core(core.secret | {("zwg_fe_invert_fast", "")}, core.public)
    assert missing(image.elf, more) == ["zwg_fe_invert_fast"]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("umull", bytes.fromhex("a2fb0301")),
        ("smlal", bytes.fromhex("c2fb0301")),
        ("udiv", bytes.fromhex("b1fbf2f0")),
    ],
)
def test_an_instruction_of_variable_time_is_noticed(
    image: firmware.Image, name: str, code: bytes, tmp_path: Path
) -> None:
    copy = patched(image, "zwg_fe_mul", code, tmp_path / "patched.elf")
    _, found = secrets.find_variable(copy, core_of(image))
    assert any(line.startswith("zwg_fe_mul at ") and f"1 {name}" in line for line in found), found


@pytest.mark.parametrize("primitive", secrets.PRIMITIVES, ids=lambda p: p.name)
def test_no_branch_or_address_depends_on_a_secret(
    image: firmware.Image, primitive: secrets.Primitive
) -> None:
    assert len(set(secrets.traces(image.elf, primitive, RUNS))) == 1


class Crc32(secrets.Primitive):
    """Of a record, which has keys in it."""

    def arguments(self, machine: Machine, random: Random) -> tuple[int, ...]:
        return 0, machine.place(random.randbytes(200)), 200


def test_the_checksum_of_a_record_looks_nothing_up(image: firmware.Image) -> None:
    traces = [trace for _, trace in secrets.traces(image.elf, Crc32("crc32", "zwg_crc32"), RUNS)]
    assert len(traces) == RUNS
    assert len(set(traces)) == 1


class Compare(secrets.Primitive):
    """The C library's comparison, which ends at the first difference."""

    def arguments(self, machine: Machine, random: Random) -> tuple[int, ...]:
        data = bytearray(random.randbytes(32))
        left = machine.place(bytes(data))
        data[random.randrange(32)] ^= 1
        return left, machine.place(bytes(data)), 32


def test_a_branch_that_depends_on_a_secret_is_noticed(image: firmware.Image) -> None:
    assert len(set(secrets.traces(image.elf, Compare("compare", "memcmp"), RUNS))) > 1
