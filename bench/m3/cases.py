# SPDX-License-Identifier: MIT
"""What is measured: each case calls functions of an image and checks what they did."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from hashlib import blake2s
from pathlib import Path

from . import build
from .machine import Cost, Machine

SIZES = (64, 256, 1420)
PACKETS = (64, 1400)
"""Bytes of the inner packets that are received and answered."""

# RFC 7748 section 5.2, the first vector.
SCALAR = bytes.fromhex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4")
POINT = bytes.fromhex("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c")
PRODUCT = bytes.fromhex("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552")

# RFC 7748 section 6.1, Alice.
PRIVATE = bytes.fromhex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
PUBLIC = bytes.fromhex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")

PRIMITIVES = {
    "x25519": "zwg_x25519",
    "x25519-base": "zwg_x25519_base",
    "seal": "zwg_aead_seal",
    "open": "zwg_aead_open",
    "blake2s": "zwg_blake2s",
}
CORE = (
    "zwg_device_init", "zwg_set_private_key", "zwg_device_up", "zwg_device_down", "zwg_output",
    "zwg_input", "zwg_tick", "zwg_run_jobs", "zwg_peer_add", "zwg_peer_remove",
    "zwg_peer_set_endpoint", "zwg_peer_handshake", "zwg_allowed_ip_add",
)  # fmt: skip
"""What a port with a fixed configuration calls: its flash is the core's."""


class CaseError(Exception):
    """A case did not do what it is there for, so its figures would mean nothing."""


SUFFIX = {"armv7m": "", "portable": " (portable C)"}
"""What a back end adds to the name of a figure, so that every name is there once."""


@dataclass(frozen=True)
class Figure:
    """One line of the table; cycles are estimates of the model."""

    name: str
    back_end: str
    instructions: int
    cycles_estimated: int
    code_bytes: int
    stack_bytes: int

    def as_dict(self) -> dict[str, str | int]:
        """The figure as bench.json has it."""
        return asdict(self)


def require(condition: bool, what: str) -> None:
    """Stops the bench if ``condition`` does not hold."""
    if not condition:
        raise CaseError(what)


def chain(machine: Machine, data: bytes) -> tuple[int, int]:
    """Places one contiguous text; returns the address of its struct zwg_chain and of the text."""
    text = machine.place(data)
    segment = machine.place(struct.pack("<II", text, len(data)))
    return machine.place(struct.pack("<IIII", segment, 1, 0, len(data))), text


def _x25519(machine: Machine) -> Iterator[tuple[str, Cost]]:
    out = machine.place(bytes(32))
    result, cost = machine.measure(
        PRIMITIVES["x25519"], out, machine.place(SCALAR), machine.place(POINT)
    )
    require(result == 0 and machine.read(out, 32) == PRODUCT, "x25519: RFC 7748 5.2 not met")
    yield "x25519", cost
    result, cost = machine.measure(PRIMITIVES["x25519-base"], out, machine.place(PRIVATE))
    require(result == 0 and machine.read(out, 32) == PUBLIC, "x25519-base: RFC 7748 6.1 not met")
    yield "x25519-base", cost


def _aead(machine: Machine) -> Iterator[tuple[str, Cost]]:
    key = machine.place(bytes(range(32)))
    nonce = machine.place(bytes(range(12)))
    tag = machine.place(bytes(16))
    for size in SIZES:
        plain = bytes(i * 7 % 251 for i in range(size))
        texts, text = chain(machine, plain)
        result, cost = machine.measure(PRIMITIVES["seal"], key, nonce, 0, 0, texts, tag)
        require(result == 0 and machine.read(text, size) != plain, f"seal {size}")
        yield f"seal {size}", cost
        result, cost = machine.measure(PRIMITIVES["open"], key, nonce, 0, 0, texts, tag)
        require(result == 0 and machine.read(text, size) == plain, f"open {size}")
        yield f"open {size}", cost


def _blake2s(machine: Machine) -> Iterator[tuple[str, Cost]]:
    data = bytes(range(64))
    out = machine.place(bytes(32))
    result, cost = machine.measure(
        PRIMITIVES["blake2s"], out, 32, 0, 0, machine.place(data), len(data)
    )
    require(result == 0 and machine.read(out, 32) == blake2s(data).digest(), "blake2s 64")
    yield "blake2s 64", cost


def _devices(machine: Machine) -> Iterator[tuple[str, Cost]]:
    def step(function: str, *arguments: int) -> Cost:
        line, cost = machine.measure(function, *arguments)
        require(line == 0, f"{function}: line {line} of two_devices.c")
        return cost

    step("bench_start")
    initiate = step("bench_initiate")
    respond = step("bench_respond")
    yield "handshake initiator", initiate + step("bench_conclude")
    yield "handshake responder", respond
    step("bench_confirm")
    for size in PACKETS:
        step("bench_send", size)
        yield f"answer {size}", step("bench_answer", size)
        step("bench_receive", size)


def measure(back_end: str, directory: Path) -> list[Figure]:
    """Builds the images of a back end below ``directory`` and measures every case."""
    objects = build.compile_all(build.core_sources(back_end), directory / "objects")
    harness = build.compile_all(
        [build.ROOT / "bench" / "image" / "two_devices.c"], directory / "objects"
    )

    def figures(
        image: Path,
        run: Callable[[Machine], Iterator[tuple[str, Cost]]],
        code: Callable[[str], int],
    ) -> list[Figure]:
        return [
            Figure(
                name + SUFFIX[back_end],
                back_end,
                cost.instructions,
                cost.cycles,
                code(name),
                cost.stack_bytes,
            )
            for name, cost in run(Machine(image))
        ]

    sizes = {
        case: build.code_bytes(build.link(objects, [root], directory / f"{case}.elf"))
        for case, root in PRIMITIVES.items()
    }
    primitives = build.link(objects, list(PRIMITIVES.values()), directory / "primitives.elf")
    core_size = build.code_bytes(build.link(objects, CORE, directory / "core.elf"))
    steps = [f"bench_{s}" for s in ("start", "initiate", "respond", "conclude", "confirm", "send",
                                    "answer", "receive")]  # fmt: skip
    devices = build.link([*objects, *harness], steps, directory / "two_devices.elf")
    return [
        figure
        for run in (_x25519, _aead, _blake2s)
        for figure in figures(primitives, run, lambda name: sizes[name.split()[0]])
    ] + figures(devices, _devices, lambda _name: core_size)
