# SPDX-License-Identifier: MIT
"""The static RAM of the core: one struct zwg_device, which holds all that it ever keeps."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from . import build

PEERS = (1, 4, 16)
PREFIXES_PER_PEER = 4
"""Allowed-IP prefixes that there is room for, as in the configuration by default."""

_SOURCE = """\
#include <zwg/device.h>
struct zwg_device device;
struct zwg_peer peer;
struct zwg_job job;
"""


@dataclass(frozen=True)
class Memory:
    """Bytes for a number of peers: the device with all of them, one peer in it, and what a
    handshake that is computed needs beside it."""

    peers: int
    device: int
    peer: int
    job: int


def measure(directory: Path) -> list[Memory]:
    """Compiles the structures for each number of peers and reads their sizes."""
    source = directory / "memory.c"
    source.write_text(_SOURCE, encoding="utf-8")
    found = []
    for peers in PEERS:
        out = directory / f"memory{peers}.o"
        build.run([
            build.COMPILER, *build.FLAGS, f"-DZWG_MAX_PEERS={peers}",
            f"-DZWG_MAX_ALLOWED_IPS={PREFIXES_PER_PEER * peers}", "-c", str(source), "-o", str(out),
        ])  # fmt: skip
        with out.open("rb") as stream:
            sizes = {
                symbol.name: int(symbol["st_size"])
                for section in ELFFile(stream).iter_sections()
                if isinstance(section, SymbolTableSection)
                for symbol in section.iter_symbols()
            }
        found.append(Memory(peers, sizes["device"], sizes["peer"], sizes["job"]))
    return found
