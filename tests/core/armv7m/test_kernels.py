# SPDX-License-Identifier: MIT
"""The ARMv7-M kernels in the emulator: against integers in Python, and against the portable C.

Seeds are fixed; ZWG_SEED gives another, ZWG_LONG=1 a hundred times as many cases.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from m3_tools import require_modules, require_tools

require_tools("arm-none-eabi-gcc", "arm-none-eabi-objdump")
require_modules()

from m3 import secrets  # noqa: E402
from m3.machine import Machine  # noqa: E402

SEED = int(os.environ.get("ZWG_SEED", "1"), 0)
MANY = 100 if os.environ.get("ZWG_LONG") == "1" else 1
P25519 = 2**255 - 19
P1305 = 2**130 - 5
EBADMSG = 77
"""As newlib's errno.h has it, with which the images are built."""
CLAMP = 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
# Words whose halves, carries and borrows are extreme.
EXTREME = (0, 1, 0xFFFF, 0xFFFF0000, 0x3FFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)


@pytest.fixture
def machine(images: dict[str, Path]) -> Machine:
    return Machine(images["armv7m"])


def number(random: Random, words: int) -> int:
    """A number of so many words, each extreme or random."""
    return sum(
        (random.choice(EXTREME) if random.random() < 0.5 else random.getrandbits(32)) << 32 * i
        for i in range(words)
    )


def element(random: Random) -> int:
    """A field element in any form, often at an edge."""
    edges = (2**256 - 1, 2 * P25519, P25519, 0)
    if random.random() < 0.3:
        return max(0, min(2**256 - 1, random.choice(edges) + random.randint(-40, 40)))
    return number(random, 8)


class Field:
    """The functions of field.h on integers."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._places = [machine.place(bytes(32)) for _ in range(4)]

    def call(self, function: str, x: int, y: int, *extra: int, outputs: int = 1) -> list[int]:
        """What ``function`` makes of two elements."""
        a, b, *out = self._places
        self._machine.write(a, x.to_bytes(32, "little"))
        self._machine.write(b, y.to_bytes(32, "little"))
        self._machine.call(f"zwg_fe_{function}", *out[:outputs], a, b, *extra)
        return [int.from_bytes(self._machine.read(o, 32), "little") for o in out[:outputs]]


def test_products_are_those_of_integers(machine: Machine) -> None:
    random, field = Random(SEED), Field(machine)
    for _ in range(1500 * MANY):
        x, y = element(random), element(random)
        assert field.call("mul", x, y)[0] % P25519 == x * y % P25519, (x, y)
        assert field.call("sq", x, 0)[0] % P25519 == x * x % P25519, x
        swap = random.randint(0, 1)
        want = (y if swap else x) ** 2 % P25519
        assert field.call("sq_selected", x, y, -swap)[0] % P25519 == want, (x, y, swap)


def test_sums_are_those_of_integers(machine: Machine) -> None:
    random, field = Random(SEED), Field(machine)
    for _ in range(1500 * MANY):
        x, y = element(random), element(random)
        total, difference = field.call("sum_difference", x, y, outputs=2)
        assert total % P25519 == (x + y) % P25519, (x, y)
        assert difference % P25519 == (x - y) % P25519, (x, y)
        assert field.call("sub", x, y)[0] % P25519 == (x - y) % P25519, (x, y)
        assert field.call("mul_9", x, 0)[0] % P25519 == 9 * x % P25519, x
        assert field.call("add_121665", x, y)[0] % P25519 == (x + 121665 * y) % P25519, (x, y)


def test_nine_times_an_element_carries_out_of_the_highest_word(machine: Machine) -> None:
    """Where 9 times word 7 is just below a multiple of 2^32, what comes from word 6 carries."""
    field = Field(machine)
    for short in range(1, 9):
        word = -short * pow(9, -1, 2**32) % 2**32
        x = word << 224 | 2**224 - 1
        assert field.call("mul_9", x, 0)[0] % P25519 == 9 * x % P25519, x


def test_bytes_are_the_least_representative(machine: Machine) -> None:
    random = Random(SEED)
    place, out = machine.place(bytes(32)), machine.place(bytes(32))
    edges = [e + d for e in (P25519, 2 * P25519, 2**255) for d in range(-40, 38)]
    for x in [*edges, *(element(random) for _ in range(300 * MANY))]:
        machine.write(place, x.to_bytes(32, "little"))
        machine.call("zwg_fe_to_bytes", out, place)
        assert int.from_bytes(machine.read(out, 32), "little") == x % P25519, x


def test_poly1305_blocks_are_those_of_integers(machine: Machine) -> None:
    random = Random(SEED)
    state, data = machine.place(bytes(80)), machine.place(bytes(80))
    for _ in range(1500 * MANY):
        h = random.choice((number(random, 4), 2**128 - 1)) + (random.randint(0, 3) << 128)
        h = 4 << 128 if random.random() < 0.1 else h
        r = CLAMP if random.random() < 0.3 else number(random, 4) & CLAMP
        count = random.randint(1, 4)
        blocks = [random.choice((number(random, 4), 2**128 - 1)) for _ in range(count)]
        top = random.randint(0, 1) if count == 1 else 1
        skew = random.randint(0, 3)
        machine.write(state, h.to_bytes(20, "little") + r.to_bytes(16, "little"))
        machine.write(data + skew, b"".join(block.to_bytes(16, "little") for block in blocks))
        machine.call("zwg_poly1305_blocks", state, data + skew, count, top)
        got = int.from_bytes(machine.read(state, 20), "little")
        want = h
        for block in blocks:
            want = (want + block + (top << 128)) * r % P1305
        assert got % P1305 == want, (h, r, blocks, top)
        assert got >> 128 <= 4, (h, r, blocks, top)


def test_poly1305_carries_where_a_row_of_products_is_more_than_a_word(machine: Machine) -> None:
    """With the greatest r and h + block = 2^128 - 1 the sum of row 0 is 77824 * 65535 > 2^32."""
    state = machine.place(bytes(80))
    for r in (CLAMP, CLAMP - 1, CLAMP & ~0x3FFF):
        for h in (0, 1, 2**128 - 1, 2**127):
            machine.write(state, h.to_bytes(20, "little") + r.to_bytes(16, "little"))
            block = (2**128 - 1 - h).to_bytes(16, "little")
            machine.call("zwg_poly1305_blocks", state, machine.place(block), 1, 1)
            got = int.from_bytes(machine.read(state, 20), "little")
            assert got % P1305 == (2**129 - 1) * r % P1305, (h, r)


def test_chacha20_counts_blocks_in_one_word(images: dict[str, Path]) -> None:
    """The counter wraps within its word, whatever the count, as in the portable C."""
    after = []
    for image in images.values():
        machine = Machine(image)
        words = [*range(1, 13), 0xFFFFFFFE, 13, 14, 15]
        state, text = machine.place(struct.pack("<16I", *words)), machine.place(bytes(256))
        machine.call("zwg_chacha20_blocks", state, text, 4)
        after.append((machine.read(state, 64), machine.read(text, 256)))
    assert after[0] == after[1]
    assert struct.unpack("<16I", after[0][0])[12] == 2


def test_blake2s_counts_bytes_in_two_words(images: dict[str, Path]) -> None:
    after = []
    for image in images.values():
        machine = Machine(image)
        state = machine.place(struct.pack("<10I", *range(1, 9), 0xFFFFFFA0, 6) + bytes(72))
        block = machine.place(bytes(range(192)))
        machine.call("zwg_blake2s_compress", state, block, 3, 64, 0)
        after.append(machine.read(state, 40))
    assert after[0] == after[1]
    assert struct.unpack("<10I", after[0])[8:] == (0x60, 7)


class Both:
    """The same calls to both back ends, whose results and memory must be the same."""

    def __init__(self, images: dict[str, Path]) -> None:
        self._machines = [Machine(image) for image in images.values()]

    def place(self, data: bytes, skew: int = 0) -> int:
        places = {machine.place(data, 8, skew) for machine in self._machines}
        assert len(places) == 1
        return places.pop()

    def call(self, function: str, *arguments: int) -> int:
        results = {machine.call(function, *arguments) for machine in self._machines}
        assert len(results) == 1, (function, results)
        return results.pop()

    def read(self, address: int, length: int) -> bytes:
        contents = {machine.read(address, length) for machine in self._machines}
        assert len(contents) == 1, (hex(address), contents)
        return contents.pop()

    def chain(self, random: Random, data: bytes) -> tuple[int, list[tuple[int, int]]]:
        """Scatters ``data`` over fragments of any length and alignment, with a byte of guard on
        both sides of each; returns the address of the chain, and the fragments."""
        cuts = sorted(random.randint(0, len(data)) for _ in range(random.randint(0, 6)))
        fragments = []
        for begin, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
            place = self.place(b"\xa5" + data[begin:end] + b"\xa5", random.randint(0, 7))
            fragments.append((place + 1, end - begin))
        table = self.place(b"".join(struct.pack("<II", *f) for f in fragments))
        return self.place(struct.pack("<IIII", table, len(fragments), 0, len(data))), fragments

    def text(self, fragments: list[tuple[int, int]]) -> bytes:
        """The bytes of the fragments, which have left their guards alone."""
        text = b""
        for place, length in fragments:
            piece = self.read(place - 1, length + 2)
            assert piece[:1] + piece[-1:] == b"\xa5\xa5"
            text += piece[1:-1]
        return text


def lengths(random: Random) -> Iterator[int]:
    """Lengths around the blocks of all primitives, and any."""
    for base in (0, 16, 64, 128, 1408):
        yield from (max(0, base + d) for d in (-1, 0, 1))
    for _ in range(60 * MANY):
        yield random.randint(0, 1500)


def test_seal_and_open_as_the_portable_c_at_any_split_and_alignment(
    images: dict[str, Path],
) -> None:
    random = Random(SEED)
    for length in lengths(random):
        both = Both(images)
        extended = random.random() < 0.3
        name, nonce_length = ("zwg_xaead", 24) if extended else ("zwg_aead", 12)
        key = both.place(random.randbytes(32), random.randint(0, 3))
        nonce = both.place(random.randbytes(nonce_length), random.randint(0, 3))
        ad_length = random.choice((0, 0, 12, 16, random.randint(1, 100)))
        ad = both.place(random.randbytes(ad_length), random.randint(0, 3))
        plain = random.choice((random.randbytes(length), b"\xff" * length))
        chain, fragments = both.chain(random, plain)
        tag = both.place(bytes(16), random.randint(0, 3))
        arguments = (key, nonce, ad, ad_length, chain, tag)
        assert both.call(f"{name}_seal", *arguments) == 0
        both.read(tag, 16)
        assert length < 16 or both.text(fragments) != plain
        assert both.call(f"{name}_open", *arguments) == 0
        assert both.text(fragments) == plain
        assert both.call(f"{name}_seal", *arguments) == 0
        spoilt = both.place(bytes([both.read(tag, 1)[0] ^ 1]) + both.read(tag + 1, 15))
        assert both.call(f"{name}_open", *arguments[:-1], spoilt) == -EBADMSG
        assert both.text(fragments) == bytes(length)


def test_blake2s_as_the_portable_c_at_any_length_and_alignment(images: dict[str, Path]) -> None:
    random = Random(SEED)
    both = Both(images)
    for length in range(260):
        key_length, out_length = random.randint(0, 32), random.randint(1, 32)
        if length % 40 == 0:
            both = Both(images)
        key = both.place(random.randbytes(key_length), random.randint(0, 3))
        data = both.place(random.randbytes(length), random.randint(0, 3))
        out = both.place(bytes(32), random.randint(0, 3))
        arguments = (out, out_length, key, key_length, data, length)
        assert both.call("zwg_blake2s", *arguments) == 0
        both.read(out, 32)


def test_x25519_as_the_portable_c(images: dict[str, Path]) -> None:
    random = Random(SEED)
    both = Both(images)
    for i in range(40 * MANY):
        if i % 40 == 0:
            both = Both(images)
        scalar = both.place(number(random, 8).to_bytes(32, "little"), random.randint(0, 3))
        point = both.place(element(random).to_bytes(32, "little"), random.randint(0, 3))
        out = both.place(bytes(32), random.randint(0, 3))
        both.call("zwg_x25519", out, scalar, point)
        both.read(out, 32)
        both.call("zwg_x25519_base", out, scalar)
        both.read(out, 32)


def left_of_secrets(image: Path, primitive: secrets.Primitive) -> list[bytes]:
    """What a call leaves on the stack that depends on its secrets: runs of words."""
    stacks = []
    public = b""
    for seed in range(2):
        machine = Machine(image)
        arguments = primitive.arguments(machine, Random(SEED + seed))
        if isinstance(primitive, secrets.Seal):
            public = machine.read(arguments[1], primitive.nonce_length)
        before = machine.stack()
        machine.call(primitive.function, *arguments)
        stacks.append(machine.stack())
        assert stacks[-1] != before, "the call used no stack: nothing was seen"
    words = [[s[i : i + 4] for i in range(0, len(s), 4)] for s in stacks]
    runs = [b""]
    for first, second in zip(*words, strict=True):
        if first == second or second in public:
            runs.append(b"")
        else:
            runs[-1] += second
    return [run for run in runs if run]


@pytest.mark.parametrize("primitive", secrets.PRIMITIVES, ids=lambda p: p.name)
def test_no_secret_is_left_on_the_stack(
    images: dict[str, Path], primitive: secrets.Primitive
) -> None:
    """What a compiler saves of one register is allowed: a word, of which no two are neighbours."""
    left = left_of_secrets(images["armv7m"], primitive)
    assert all(len(run) == 4 for run in left) and len(left) <= 2, left
