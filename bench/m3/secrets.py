# SPDX-License-Identifier: MIT
"""Proof that secrets do not show in the time that a Cortex-M3 takes.

Static: no function that touches secrets, nor any that it calls, holds an instruction whose own time
depends on its operands (Cortex-M3 Technical Reference Manual, section 3.3.1).

Dynamic: a primitive, or a step of a handshake, given different secrets executes the same blocks in
the same order and reads and writes the same addresses. With the first, that is the same time.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from . import build
from .cases import chain
from .machine import Machine

SECRET_SOURCES = ("noise.c", "handshake.c", "cookie.c")
"""Sources of the core, beside the primitives, whose functions handle keys."""

INDIRECT = ("memset",)
"""Functions that those reach through a pointer, where no call shows it."""

_CONDITION = r"(eq|ne|cs|cc|hs|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)"
VARIABLE = re.compile(
    r"((umull|umlal|smull|smlal\w*|umaal|smmul\w*|smml[as]\w*|smla\w*|smlsl\w*|udiv|sdiv)s?"
    rf"{_CONDITION}?|ml[as]{_CONDITION})(\.[nw])?"
)
"""Multiplications into 64 bits, divisions, what only cores with a faster multiplier have, and a
multiplication that takes a cycle less where an IT block leaves it out."""

_INSTRUCTION = re.compile(r"^\s+([0-9a-f]+):\t(\S+)(?:\t([^@;]*))?")
_TARGET = re.compile(r"\b([0-9a-f]+) <")
_CLONE = re.compile(r"\.(part|isra|constprop|cold|lto_priv)(\.\d+)*")


Name = tuple[str, str]
"""A function as the source has it: its name, and its file if it is static, else nothing."""


@dataclass
class Function:
    """A function of an image: its name, what is not allowed in it, the addresses it calls."""

    name: Name
    variable: list[str] = field(default_factory=list)
    calls: set[int] = field(default_factory=set)


def symbols(file: Path) -> dict[tuple[int, int], Name]:
    """The functions in the symbol table, by section and offset in it (objects) or address."""
    found: dict[tuple[int, int], Name] = {}
    with file.open("rb") as stream:
        elf = ELFFile(stream)
        relocatable = elf["e_type"] == "ET_REL"
        source = ""
        for section in elf.iter_sections():
            if not isinstance(section, SymbolTableSection):
                continue
            for symbol in section.iter_symbols():
                kind, binding = symbol["st_info"]["type"], symbol["st_info"]["bind"]
                if kind == "STT_FILE":
                    source = Path(symbol.name).name
                elif kind == "STT_FUNC":
                    index = symbol["st_shndx"] if relocatable else 0
                    # A function that the compiler split or specialised is the one in the source.
                    name = _CLONE.sub("", symbol.name)
                    place = (index, symbol["st_value"] & ~1)
                    if place not in found or binding != "STB_LOCAL":
                        found[place] = (name, source if binding == "STB_LOCAL" else "")
    return found


def disassemble(image: Path) -> dict[int, Function]:
    """The functions of a linked image, by address."""
    functions = {at: Function(name) for (_, at), name in symbols(image).items()}
    current: Function | None = None
    listing = build.run(["arm-none-eabi-objdump", "-d", "--no-show-raw-insn", str(image)])
    for line in listing.splitlines():
        instruction = _INSTRUCTION.match(line)
        if instruction is None:
            continue
        at, mnemonic, operands = int(instruction[1], 16), instruction[2], instruction[3] or ""
        current = functions.get(at, current)
        if current is None:
            continue
        if VARIABLE.fullmatch(mnemonic):
            current.variable.append(mnemonic)
        if mnemonic[0] in "bc" and (target := _TARGET.search(operands)):
            current.calls.add(int(target[1], 16))
    return functions


def names(objects: Iterable[Path]) -> set[Name]:
    """All functions that ``objects`` define."""
    return {name for file in objects for name in symbols(file).values()}


@dataclass(frozen=True)
class Core:
    """The functions of the core: those that handle secrets, and the others."""

    secret: frozenset[Name]
    public: frozenset[Name]


def compile_core(back_end: str, directory: Path) -> tuple[Core, list[Path]]:
    """Compiles the core; returns what its functions are, and the objects of the primitives."""
    secret_sources = {build.CORE / name for name in SECRET_SOURCES}
    crypto = build.compile_all(build.crypto_sources(back_end), directory)
    secret = build.compile_all(sorted(secret_sources), directory)
    others = [file for file in build.sources("ZWG_CORE_SOURCES")
              if file not in secret_sources and file.name != "chain.c"]  # fmt: skip
    public = build.compile_all(others, directory)
    secret_names = names([*crypto, *secret]) | {(name, "") for name in INDIRECT}
    return Core(frozenset(secret_names), frozenset(names(public) - secret_names)), crypto


def find_variable(image: Path, core: Core) -> tuple[int, list[str]]:
    """How many functions of ``image`` handle secrets, and what is not allowed in them.

    Those are ``core.secret``, and all that they call but the core's other functions, to which they
    give no secrets. ValueError if there are none: then nothing was proved.
    """
    functions = disassemble(image)
    pending = {at for at, function in functions.items() if function.name in core.secret}
    if not pending:
        raise ValueError(f"{image} has no function that handles secrets")
    checked: set[int] = set()
    while pending:
        at = pending.pop()
        checked.add(at)
        pending |= {
            call
            for call in functions[at].calls
            if call in functions and functions[call].name not in core.public
        } - checked
    found = []
    for at in sorted(checked):
        counts = Counter(functions[at].variable)
        if counts:
            what = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
            found.append(f"{functions[at].name[0]} at {at:#x}: {what}")
    return len(checked), found


@dataclass(frozen=True)
class Primitive:
    """A function to trace: ``arguments`` places one set of random secrets and says how to call."""

    name: str
    function: str

    def arguments(self, machine: Machine, random: Random) -> tuple[int, ...]:
        """Places the same sizes in the same order whatever the secrets are."""
        raise NotImplementedError


@dataclass(frozen=True)
class X25519(Primitive):
    def arguments(self, machine: Machine, random: Random) -> tuple[int, ...]:
        scalar, point = random.randbytes(32), random.randbytes(32)
        return machine.place(bytes(32)), machine.place(scalar), machine.place(point)


@dataclass(frozen=True)
class X25519Base(Primitive):
    def arguments(self, machine: Machine, random: Random) -> tuple[int, ...]:
        return machine.place(bytes(32)), machine.place(random.randbytes(32))


@dataclass(frozen=True)
class Blake2s(Primitive):
    length: int

    def arguments(self, machine: Machine, random: Random) -> tuple[int, ...]:
        key = machine.place(random.randbytes(32))
        data = machine.place(random.randbytes(self.length))
        return machine.place(bytes(32)), 32, key, 32, data, self.length


@dataclass(frozen=True)
class Seal(Primitive):
    length: int
    nonce_length: int = 12

    def arguments(self, machine: Machine, random: Random) -> tuple[int, ...]:
        key = machine.place(random.randbytes(32))
        nonce = machine.place(random.randbytes(self.nonce_length))
        ad = machine.place(random.randbytes(20))
        texts, _ = chain(machine, random.randbytes(self.length))
        return key, nonce, ad, 20, texts, machine.place(bytes(16))


@dataclass(frozen=True)
class Open(Seal):
    """Whether a text is genuine is no secret: ``forged`` are compared with forged ones."""

    forged: bool = False

    def arguments(self, machine: Machine, random: Random) -> tuple[int, ...]:
        call = super().arguments(machine, random)
        if machine.call(self.function.replace("open", "seal"), *call) != 0:
            raise ValueError("sealing failed")
        if self.forged:
            tag = bytearray(machine.read(call[5], 16))
            tag[random.randrange(16)] ^= 1 << random.randrange(8)
            machine.write(call[5], bytes(tag))
        return call


PRIMITIVES: tuple[Primitive, ...] = (
    X25519("x25519", "zwg_x25519"),
    X25519Base("x25519 base", "zwg_x25519_base"),
    Blake2s("blake2s 32", "zwg_blake2s", 32),
    Blake2s("blake2s 200", "zwg_blake2s", 200),
    Seal("seal 0", "zwg_aead_seal", 0),
    Seal("seal 300", "zwg_aead_seal", 300),
    Open("open 300", "zwg_aead_open", 300),
    Open("open 300, forged", "zwg_aead_open", 300, 12, True),
    Seal("xseal 32", "zwg_xaead_seal", 32, 24),
    Open("xopen 32", "zwg_xaead_open", 32, 24),
)
ROOTS = sorted({p.function for p in PRIMITIVES})

HANDSHAKE = (
    "trace_initiate", "trace_add_macs", "trace_open_initiation", "trace_open_timestamp",
    "trace_respond", "trace_open_response", "trace_cookie_reply", "trace_check_mac2",
)  # fmt: skip
"""The steps of bench/image/handshake_steps.c, each after those before it."""


@dataclass(frozen=True)
class Step(Primitive):
    """A step of a handshake between two that have random keys."""

    def arguments(self, machine: Machine, random: Random) -> tuple[int, ...]:
        keys = machine.place(random.randbytes(6 * 32))
        before = HANDSHAKE[: HANDSHAKE.index(self.function)]
        if machine.call("trace_prepare", keys) or any(machine.call(step) for step in before):
            raise ValueError("a step before did not succeed")
        return ()


STEPS = tuple(Step(name.removeprefix("trace_").replace("_", " "), name) for name in HANDSHAKE)


def handshake_image(back_end: str, directory: Path) -> Path:
    """The whole core with the steps of a handshake."""
    harness = build.ROOT / "bench" / "image" / "handshake_steps.c"
    objects = build.compile_all([*build.core_sources(back_end), harness], directory)
    return build.link(objects, ["trace_prepare", *HANDSHAKE], directory / "handshake_steps.elf")


def traces(image: Path, primitive: Primitive, runs: int) -> Iterator[tuple[int, bytes]]:
    """Result and trace of a primitive for ``runs`` different sets of secrets."""
    for seed in range(runs):
        machine = Machine(image)
        arguments = primitive.arguments(machine, Random(seed))
        yield machine.trace(primitive.function, *arguments)
