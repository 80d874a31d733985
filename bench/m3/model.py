# SPDX-License-Identifier: MIT
"""The cycle model: what an instruction is taken to cost on a Cortex-M3.

It follows the table of the Cortex-M3 Technical Reference Manual (r2p1, section 3.3.1) with one
number where the manual gives a range; section 3.3.2 says what is pipelined. It knows nothing of
wait states of the flash, of the bus, of unaligned accesses, and of the cycle that an address costs
which the instruction before computed. So its results are estimates, good for comparing code with
code. In cycles:

    data processing, MUL, IT, NOP        1, whether or not an IT block lets it act
    MLA, MLS                             2
    UMULL, SMULL                         5 (the core: 3 to 5, depending on the operands)
    UMLAL, SMLAL                         7 (the core: 4 to 7, depending on the operands)
    UDIV, SDIV                          12 (the core: 2 to 12, depending on the operands)
    LDR, LDRB, LDRH, LDRSB, LDRSH        2; 1 directly after another of them, unless that wrote back
                                         its base or loaded what the address is made of
    STR, STRB, STRH                      1; 2 with a register as offset, 1 directly after an LDR
    LDRD, STRD                           3
    LDM, STM, PUSH, POP of n registers   1 + n
    taken branch, call or return         3 (2 on top of a load that writes the program counter)
    branch not taken                     1
"""

from __future__ import annotations

from dataclasses import dataclass

import capstone
from capstone import arm

_MULTIPLY = {
    "mla": 2,
    "mls": 2,
    "umull": 5,
    "smull": 5,
    "umlal": 7,
    "smlal": 7,
    "umaal": 7,
    "udiv": 12,
    "sdiv": 12,
}
_LOADS = {"ldr", "ldrb", "ldrh", "ldrsb", "ldrsh"}
_STORES = {"str", "strb", "strh"}
_PAIRS = {"ldrd", "strd"}
_MULTIPLE = {"ldm", "ldmdb", "stm", "stmdb", "push", "pop"}
_CONDITIONS = {
    "eq", "ne", "hs", "lo", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le", "cs", "cc",
}  # fmt: skip

TAKEN = 2
"""What a taken branch costs on top of one that is not."""

_decoder = capstone.Cs(capstone.CS_ARCH_ARM, capstone.CS_MODE_THUMB | capstone.CS_MODE_MCLASS)
_decoder.detail = True


@dataclass(frozen=True)
class Block:
    """The static cost of a run of instructions without a branch inside it.

    ``opens_with_load`` and ``pipelines`` say whether one cycle less is due when the block follows
    another without a branch: the other ends in a load, this begins with one.
    """

    instructions: int
    cycles: int
    opens_with_load: bool
    pipelines: bool


def _base(mnemonic: str) -> str:
    """The mnemonic without width, condition and flag suffixes, as far as the tables need it."""
    name = mnemonic.split(".")[0]
    known = _MULTIPLY.keys() | _LOADS | _STORES | _PAIRS | _MULTIPLE
    if name not in known and name[-2:] in _CONDITIONS and name[:-2] in known:
        return name[:-2]
    return {"ldmia": "ldm", "stmia": "stm"}.get(name, name)


def cost(code: bytes, address: int) -> Block:
    """The cost of the block of Thumb-2 instructions ``code`` at ``address``."""
    cycles = 0
    count = 0
    decoded = 0
    # What the load directly before loaded; nothing if that was no load, or wrote its base back.
    loaded: set[int] = set()
    opens_with_load = False
    for ins in _decoder.disasm(code, address):
        name = _base(ins.mnemonic)
        now_loaded: set[int] = set()
        if name in _LOADS:
            memory = next(op.mem for op in ins.operands if op.type == arm.ARM_OP_MEM)
            depends = bool(loaded & {memory.base, memory.index})
            cycles += 1 if loaded and not depends else 2
            now_loaded = set() if ins.writeback else {ins.operands[0].reg}
            opens_with_load |= count == 0
        elif name in _STORES:
            memory = next(op.mem for op in ins.operands if op.type == arm.ARM_OP_MEM)
            cycles += 2 if memory.index != 0 and not loaded else 1
        elif name in _PAIRS:
            cycles += 3
        elif name in _MULTIPLE:
            registers = len(ins.operands) - (0 if name in {"push", "pop"} else 1)
            cycles += 1 + registers
        else:
            cycles += _MULTIPLY.get(name, 1)
        loaded = now_loaded
        count += 1
        decoded += ins.size
    if decoded != len(code):
        raise ValueError(f"not all of the block at {address:#x} is Thumb-2: {code.hex()}")
    return Block(count, cycles, opens_with_load, bool(loaded))
