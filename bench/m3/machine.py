# SPDX-License-Identifier: MIT
"""A Cortex-M3 in unicorn: memory as on an STM32F207, calls of functions by name, and counting.

Counting hooks basic blocks, not instructions: every block's cost is computed once, every passage
from one block to the next is a count. So a handshake of ten million instructions takes seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import unicorn
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection
from unicorn import arm_const

from . import model

# The package has no types.
ENGINE: Any = unicorn
FLASH = 0x08000000
FLASH_SIZE = 1 << 20
RAM = 0x20000000
RAM_SIZE = 1 << 18
EXIT = 0x1FFF0000
STACK_TOP = RAM + RAM_SIZE
STACK_ROOM = 32 << 10
PAINT = b"\xa5"
ARGUMENT_REGISTERS = (
    arm_const.UC_ARM_REG_R0,
    arm_const.UC_ARM_REG_R1,
    arm_const.UC_ARM_REG_R2,
    arm_const.UC_ARM_REG_R3,
)
CALLEE_SAVED = tuple(arm_const.UC_ARM_REG_R4 + i for i in range(8))


class MachineError(Exception):
    """The emulated program did what it must not: a bad access, a lost register."""


@dataclass(frozen=True)
class Cost:
    """What one call took. ``stack_bytes`` is what the callee used below the caller's stack."""

    instructions: int
    cycles: int
    stack_bytes: int

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.instructions + other.instructions,
            self.cycles + other.cycles,
            max(self.stack_bytes, other.stack_bytes),
        )


class Machine:
    """One core with an ELF image in its memory. Everything is deterministic."""

    def __init__(self, image: Path) -> None:
        self._uc = ENGINE.Uc(ENGINE.UC_ARCH_ARM, ENGINE.UC_MODE_THUMB | ENGINE.UC_MODE_MCLASS)
        self._uc.ctl_set_cpu_model(arm_const.UC_CPU_ARM_CORTEX_M3)
        self._uc.mem_map(FLASH, FLASH_SIZE)
        self._uc.mem_map(RAM, RAM_SIZE)
        self._uc.mem_map(EXIT, 0x1000)
        self.symbols: dict[str, int] = {}
        self._costs: dict[int, model.Block] = {}
        self._free = RAM
        self._load(image)

    def _load(self, image: Path) -> None:
        with image.open("rb") as file:
            elf = ELFFile(file)
            for segment in elf.iter_segments():
                if segment["p_type"] == "PT_LOAD" and segment["p_memsz"] > 0:
                    self._uc.mem_write(segment["p_vaddr"], segment.data())
                    end = segment["p_vaddr"] + segment["p_memsz"]
                    if RAM <= end < RAM + RAM_SIZE:
                        self._free = max(self._free, end)
            for section in elf.iter_sections():
                if isinstance(section, SymbolTableSection):
                    for symbol in section.iter_symbols():
                        if symbol.name:
                            self.symbols[symbol.name] = symbol["st_value"]

    def place(self, data: bytes, align: int = 8, skew: int = 0) -> int:
        """Puts bytes into free memory, ``skew`` bytes past a multiple of ``align``."""
        address = -(-self._free // align) * align + skew
        self._free = address + len(data)
        if self._free > STACK_TOP - STACK_ROOM:
            raise MachineError("the image and its data do not fit")
        self._uc.mem_write(address, data)
        return address

    def read(self, address: int, length: int) -> bytes:
        """Bytes of memory."""
        return bytes(self._uc.mem_read(address, length))

    def write(self, address: int, data: bytes) -> None:
        """Changes memory."""
        self._uc.mem_write(address, data)

    def call(self, function: str, *arguments: int) -> int:
        """Calls a function of up to eight words; returns what it returns, as a signed integer."""
        uc = self._uc
        extra = arguments[4:]
        sp = STACK_TOP - 64 - (len(extra) + 1) // 2 * 8
        for i, word in enumerate(extra):
            uc.mem_write(sp + 4 * i, (word & 0xFFFFFFFF).to_bytes(4, "little"))
        for register, word in zip(ARGUMENT_REGISTERS, arguments, strict=False):
            uc.reg_write(register, word & 0xFFFFFFFF)
        for i, register in enumerate(CALLEE_SAVED):
            uc.reg_write(register, 0xC0DE0000 + i)
        uc.reg_write(arm_const.UC_ARM_REG_SP, sp)
        uc.reg_write(arm_const.UC_ARM_REG_LR, EXIT | 1)
        try:
            uc.emu_start(self.symbols[function] | 1, EXIT)
        except ENGINE.UcError as error:
            at = uc.reg_read(arm_const.UC_ARM_REG_PC)
            raise MachineError(f"{function}: {error} at {at:#010x}") from error
        for i, register in enumerate(CALLEE_SAVED):
            if uc.reg_read(register) != 0xC0DE0000 + i:
                raise MachineError(f"{function} does not preserve r{4 + i}")
        if uc.reg_read(arm_const.UC_ARM_REG_SP) != sp:
            raise MachineError(f"{function} does not preserve sp")
        result = int(uc.reg_read(arm_const.UC_ARM_REG_R0))
        return result - (1 << 32) if result >> 31 else result

    def stack(self) -> bytes:
        """What lies in the memory of the stack; calls leave it as it is."""
        return self.read(STACK_TOP - STACK_ROOM, STACK_ROOM)

    def _block(self, address: int, size: int) -> model.Block:
        key = address << 16 | size
        if key not in self._costs:
            self._costs[key] = model.cost(self.read(address, size), address)
        return self._costs[key]

    @contextmanager
    def _hook(self, kind: int, callback: object) -> Iterator[None]:
        # Code that was translated before a hook came would run without it.
        self._uc.ctl_flush_tb()
        handle = self._uc.hook_add(kind, callback)
        try:
            yield
        finally:
            self._uc.hook_del(handle)
            self._uc.ctl_flush_tb()

    def measure(self, function: str, *arguments: int) -> tuple[int, Cost]:
        """Calls a function; returns its result and what it took, the return included."""
        bottom = STACK_TOP - STACK_ROOM
        sp = STACK_TOP - 64 - (max(0, len(arguments) - 4) + 1) // 2 * 8
        self._uc.mem_write(bottom, PAINT * (sp - bottom))
        passages: dict[tuple[int, int], int] = {}
        previous = 0

        def enter(_uc: object, address: int, size: int, _data: object) -> None:
            nonlocal previous
            key = address << 16 | size
            passage = (previous, key)
            passages[passage] = passages.get(passage, 0) + 1
            previous = key

        with self._hook(ENGINE.UC_HOOK_BLOCK, enter):
            result = self.call(function, *arguments)
        instructions = cycles = 0
        for (before, key), count in passages.items():
            address, size = key >> 16, key & 0xFFFF
            block = self._block(address, size)
            each = block.cycles
            if before:
                origin, origin_size = before >> 16, before & 0xFFFF
                if origin + origin_size != address:
                    each += model.TAKEN
                elif block.opens_with_load and self._block(origin, origin_size).pipelines:
                    each -= 1
            instructions += block.instructions * count
            cycles += each * count
        cycles += model.TAKEN
        used = self.read(bottom, sp - bottom)
        untouched = len(used) - len(used.lstrip(PAINT))
        return result, Cost(instructions, cycles, len(used) - untouched)

    def trace(self, function: str, *arguments: int) -> tuple[int, bytes]:
        """Calls a function; returns its result and a digest of all that an observer of the buses
        sees but the data: the address of every block executed and of every byte read or written,
        in order.
        """
        digest = sha256()
        pending: list[int] = []

        def flush() -> None:
            digest.update(b"".join(word.to_bytes(8, "little") for word in pending))
            pending.clear()

        def enter(_uc: object, address: int, size: int, _data: object) -> None:
            pending.append(address << 16 | size)
            if len(pending) > 1 << 16:
                flush()

        def access(
            _uc: object, kind: int, address: int, size: int, _value: int, _data: object
        ) -> None:
            pending.append(kind << 56 | address << 16 | size)

        memory = ENGINE.UC_HOOK_MEM_READ | ENGINE.UC_HOOK_MEM_WRITE
        with self._hook(ENGINE.UC_HOOK_BLOCK, enter), self._hook(memory, access):
            result = self.call(function, *arguments)
        flush()
        return result, digest.digest()
