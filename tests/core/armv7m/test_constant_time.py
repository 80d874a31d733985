# SPDX-License-Identifier: MIT
"""No secret shows in the time that a Cortex-M3 takes; and a secret that does show is found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest
from m3_tools import require_modules, require_tools

require_tools("arm-none-eabi-gcc", "arm-none-eabi-objdump")
require_modules()

from m3 import build, secrets  # noqa: E402
from m3.cases import CORE  # noqa: E402
from m3.machine import Machine  # noqa: E402

RUNS = 8
SLOW_RUNS = 3
"""Of steps that compute X25519."""
LEAKY = ("leaky_branch", "leaky_address", "leaky_multiply", "leaky_divide", "leaky_helper",
         "not_leaky")  # fmt: skip


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[secrets.Core, Path]]:
    """What the functions of the core are, and a final image of all of it."""
    directory = tmp_path_factory.mktemp("core")
    names, _ = secrets.compile_core("armv7m", directory)
    objects = build.compile_all(build.core_sources("armv7m"), directory)
    yield names, build.link(objects, CORE, directory / "core.elf")


@pytest.fixture(scope="module")
def leaky(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("leaky")
    objects = build.compile_all([Path(__file__).resolve().parent / "leaky.c"], directory)
    return build.link(objects, LEAKY, directory / "leaky.elf")


def test_no_instruction_of_variable_time_in_the_final_image(
    core: tuple[secrets.Core, Path],
) -> None:
    names, image = core
    count, found = secrets.find_variable(image, names)
    assert found == []
    # All primitives, the handshake and the cookies are there, and what they call.
    assert count > 50
    seen = {function.name[0] for function in secrets.disassemble(image).values()}
    assert {"zwg_fe_mul", "zwg_poly1305_blocks", "zwg_noise_mix_dh", "memset"} <= seen
    assert {("zwg_fe_mul", ""), ("zwg_noise_mix_dh", ""), ("memset", "")} <= names.secret


@pytest.mark.parametrize(
    ("function", "mnemonics"),
    [
        ("leaky_multiply", ["umull"]),
        ("leaky_divide", ["udiv"]),
        ("leaky_helper", ["udiv", "mls"]),
        ("not_leaky", []),
    ],
)
def test_an_instruction_of_variable_time_is_found(
    leaky: Path, function: str, mnemonics: list[str]
) -> None:
    core = secrets.Core(frozenset({(function, "")}), frozenset())
    _, found = secrets.find_variable(leaky, core)
    assert bool(found) == bool(mnemonics), found
    assert mnemonics == [] or mnemonics[0] in found[0]


def test_what_is_public_is_not_followed(leaky: Path) -> None:
    core = secrets.Core(frozenset({("leaky_helper", "")}), frozenset({("remainder_of", "leaky.c")}))
    assert secrets.find_variable(leaky, core) == (1, [])


def test_an_image_without_secrets_proves_nothing(leaky: Path) -> None:
    with pytest.raises(ValueError, match="no function"):
        secrets.find_variable(leaky, secrets.Core(frozenset({("zwg_x25519", "")}), frozenset()))


@dataclass(frozen=True)
class Words(secrets.Primitive):
    def arguments(self, machine: Machine, random: Random) -> tuple[int, ...]:
        return (machine.place(random.randbytes(16)),)


@pytest.mark.parametrize(
    ("function", "shows"),
    [("leaky_branch", True), ("leaky_address", True), ("not_leaky", False)],
)
def test_a_branch_or_an_address_that_depends_on_a_secret_is_found(
    leaky: Path, function: str, shows: bool
) -> None:
    digests = {trace for _, trace in secrets.traces(leaky, Words(function, function), RUNS)}
    assert (len(digests) > 1) == shows


@pytest.mark.parametrize("primitive", secrets.PRIMITIVES, ids=lambda p: p.name)
def test_secrets_do_not_show_in_branches_or_addresses(
    images: dict[str, Path], primitive: secrets.Primitive
) -> None:
    seen = list(secrets.traces(images["armv7m"], primitive, RUNS))
    assert {result for result, _ in seen} <= {0, -77}
    assert len({trace for _, trace in seen}) == 1


@pytest.fixture(scope="module")
def handshake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return secrets.handshake_image("armv7m", tmp_path_factory.mktemp("handshake"))


@pytest.mark.parametrize("step", secrets.STEPS, ids=lambda s: s.name)
def test_keys_do_not_show_in_a_step_of_a_handshake(handshake: Path, step: secrets.Step) -> None:
    fast = step.function in ("trace_add_macs", "trace_cookie_reply", "trace_check_mac2")
    seen = list(secrets.traces(handshake, step, RUNS if fast else SLOW_RUNS))
    assert {result for result, _ in seen} == {0}
    assert len({trace for _, trace in seen}) == 1
