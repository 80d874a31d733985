# SPDX-License-Identifier: MIT
"""A root file system of a few programs and kernel modules, as a cpio archive
(Documentation/driver-api/early-userspace/buffer-format.rst, format newc)."""

from __future__ import annotations

import lzma
import re
import stat
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

TRAILER = "TRAILER!!!"
COMPRESSED = ".xz"


@dataclass
class Archive:
    """Files by path, without a leading slash; directories are made as they are needed."""

    files: dict[str, tuple[int, bytes]] = field(default_factory=dict)

    def add(self, path: str, content: bytes, mode: int = 0o755) -> None:
        """A regular file."""
        for parent in reversed(Path(path).parents):
            if str(parent) != ".":
                self.files.setdefault(str(parent), (stat.S_IFDIR | 0o755, b""))
        self.files[path] = (stat.S_IFREG | mode, content)

    def link(self, path: str, to: str) -> None:
        """A symbolic link."""
        self.files[path] = (stat.S_IFLNK | 0o777, to.encode())

    def program(self, at: Path, path: str) -> None:
        """A program and the shared libraries that it needs."""
        self.add(path, at.read_bytes())
        listed = subprocess.run(["ldd", at], capture_output=True, text=True, check=False)
        for library in re.findall(r"(/\S+) \(0x", listed.stdout):
            self.add(library.lstrip("/"), Path(library).read_bytes())

    def write(self, to: Path) -> None:
        """The archive as the kernel reads it."""
        with to.open("wb") as out:
            for number, (path, (mode, content)) in enumerate(self.files.items()):
                out.write(_entry(number + 1, path, mode, content))
            out.write(_entry(0, TRAILER, 0, b""))


def _entry(number: int, path: str, mode: int, content: bytes) -> bytes:
    name = path.encode() + b"\0"
    fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name), 0)
    head = b"070701" + b"".join(b"%08X" % value for value in fields) + name
    return head.ljust(-(-len(head) // 4) * 4, b"\0") + content + bytes(-len(content) % 4)


def add_modules(archive: Archive, modules: Path, names: tuple[str, ...]) -> list[str]:
    """Adds these modules and what they depend on, unpacked; the order in which to load them. What
    is built into the kernel is left out."""
    needs: dict[str, list[str]] = {}
    for line in (modules / "modules.dep").read_text().splitlines():
        path, _, after = line.partition(":")
        needs[path] = after.split()
    order: list[str] = []

    def visit(path: str) -> None:
        for needed in reversed(needs[path]):
            visit(needed)
        if path not in order:
            order.append(path)

    for path in needs:
        if Path(path).name.split(".")[0] in names:
            visit(path)
    loaded = []
    for path in order:
        content = (modules / path).read_bytes()
        name = Path(path).name
        if name.endswith(COMPRESSED):
            name, content = name.removesuffix(COMPRESSED), lzma.decompress(content)
        archive.add(f"modules/{name}", content)
        loaded.append(name)
    return loaded
