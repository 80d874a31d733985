# SPDX-License-Identifier: MIT
"""The bench: its model against hand-counted code, the same figures twice, growth that fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from m3_tools import require_modules, require_tools

require_tools("arm-none-eabi-gcc", "arm-none-eabi-objdump")
require_modules()

import run as bench  # noqa: E402
from m3 import build, memory, model  # noqa: E402
from m3.cases import Figure, measure  # noqa: E402
from m3.machine import Machine, MachineError  # noqa: E402


def assemble(text: str, directory: Path) -> Path:
    """An image of one function, ``probe``."""
    source = directory / "probe.S"
    source.write_text(
        '.syntax unified\n.thumb\n.section .text.probe,"ax"\n.global probe\n'
        f".type probe,%function\n.thumb_func\nprobe:\n{text}\n.size probe, . - probe\n"
    )
    out = directory / "probe.o"
    build.run([build.COMPILER, *build.TARGET, "-c", str(source), "-o", str(out)])
    return build.link([out], ["probe"], directory / "probe.elf")


@pytest.mark.parametrize(
    ("text", "instructions", "cycles"),
    [
        ("bx lr", 1, 3),
        ("nop\n bx lr", 2, 4),
        ("mul r0, r0, r1\n mla r0, r1, r2, r3\n mls r0, r1, r2, r3\n bx lr", 4, 1 + 2 + 2 + 3),
        ("umull r0, r1, r2, r3\n umlal r0, r1, r2, r3\n bx lr", 3, 5 + 7 + 3),
        ("movs r1, #3\n udiv r0, r0, r1\n bx lr", 3, 1 + 12 + 3),
        ("ldr r0, [sp]\n bx lr", 2, 2 + 3),
        ("ldr r0, [sp]\n ldr r1, [sp]\n ldrb r2, [sp]\n bx lr", 4, 2 + 1 + 1 + 3),
        ("ldr r0, [sp]\n nop\n ldr r1, [sp]\n bx lr", 4, 2 + 1 + 2 + 3),
        ("mov r0, sp\n str r0, [r0]\n ldr r0, [r0]\n ldr r1, [r0]\n bx lr", 5, 1 + 1 + 2 + 2 + 3),
        ("mov r0, sp\n ldr r1, [r0], #4\n ldr r2, [sp]\n bx lr", 4, 1 + 2 + 2 + 3),
        ("str r0, [sp]\n ldr r0, [sp]\n bx lr", 3, 1 + 2 + 3),
        ("movs r1, #0\n mov r2, sp\n ldr r0, [sp]\n str r0, [r2, r1]\n bx lr", 5, 5 + 3),
        ("movs r1, #0\n mov r2, sp\n str r0, [r2, r1]\n bx lr", 4, 1 + 1 + 2 + 3),
        ("ldrd r0, r1, [sp]\n strd r0, r1, [sp]\n bx lr", 3, 3 + 3 + 3),
        ("push {r4-r6, lr}\n pop {r4-r6, pc}", 2, 5 + 5 + 2),
        ("mov r0, sp\n ldm r0, {r0-r3}\n bx lr", 3, 1 + 5 + 3),
        # A branch that is taken twice and not taken once.
        ("movs r0, #3\n1: subs r0, #1\n bne 1b\n bx lr", 8, 1 + 3 + 2 * 3 + 1 + 3),
        ("cmp r0, r0\n ite eq\n moveq r0, #1\n movne r0, #2\n bx lr", 5, 4 + 3),
        # A load after a branch is not pipelined; one that a fall-through reaches is.
        ("ldr r0, [sp]\n b 1f\n nop\n1: ldr r1, [sp]\n bx lr", 4, 2 + 3 + 2 + 3),
    ],
)
def test_the_model_counts_as_by_hand(
    tmp_path: Path, text: str, instructions: int, cycles: int
) -> None:
    _, cost = Machine(assemble(text, tmp_path)).measure("probe")
    assert (cost.instructions, cost.cycles) == (instructions, cycles)


def test_the_stack_is_what_was_written_below_the_caller(tmp_path: Path) -> None:
    image = assemble("push {r4, lr}\n sub sp, #96\n str r0, [sp]\n add sp, #96\n pop {r4, pc}",
                     tmp_path)  # fmt: skip
    assert Machine(image).measure("probe")[1].stack_bytes == 104


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("movs r4, #0\n bx lr", "r4"), ("sub sp, #8\n bx lr", "sp"), ("udf #0", "probe")],
)
def test_what_breaks_the_procedure_call_standard_is_refused(
    tmp_path: Path, text: str, complaint: str
) -> None:
    with pytest.raises(MachineError, match=complaint):
        Machine(assemble(text, tmp_path)).call("probe")


def test_what_is_no_code_is_refused() -> None:
    with pytest.raises(ValueError, match="Thumb"):
        model.cost(b"\xff\xff\xff\xff", 0)


def test_the_figures_are_the_same_twice(tmp_path: Path) -> None:
    first, second = (measure("armv7m", tmp_path / name) for name in ("first", "second"))
    assert first == second
    assert {figure.name for figure in first} >= {"x25519", "seal 1420", "open 1420",
                                                 "handshake initiator", "answer 64"}  # fmt: skip


FIGURE = Figure("x25519", "armv7m", 1000, 1000, 1000, 1000)
SAME = [FIGURE.as_dict()]


@pytest.mark.parametrize("key", bench.MEASURED)
def test_growth_beyond_2_percent_is_told(key: str) -> None:
    assert bench.growth([FIGURE], SAME) == []
    assert bench.growth([FIGURE], [{**SAME[0], key: 981}]) == []
    told = bench.growth([FIGURE], [{**SAME[0], key: 980}])
    assert len(told) == 1 and key in told[0]


def test_a_figure_that_comes_or_goes_is_told() -> None:
    assert "no committed figure" in bench.growth([FIGURE], [])[0]
    assert "no longer" in bench.growth([], SAME)[0]


def test_the_table_in_the_documentation_is_that_of_the_committed_figures(tmp_path: Path) -> None:
    committed = [Figure(**entry) for entry in json.loads(bench.COMMITTED.read_text())]
    groups = {b: [f for f in committed if f.back_end == b] for b in bench.TITLES}
    assert bench.DOCUMENT.read_text() == bench.document(groups, memory.measure(tmp_path))
