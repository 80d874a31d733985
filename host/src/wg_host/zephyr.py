# SPDX-License-Identifier: MIT
"""The Zephyr trees on this machine: where they are and which version each is."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

# CMake's user package registry: one file a tree, written by `west zephyr-export`.
REGISTRY = Path(".cmake/packages/Zephyr")


@dataclass(frozen=True)
class Tree:
    """A Zephyr source tree. ``version`` is for instance ``"3.7.1"``."""

    base: Path
    version: str


def _version(base: Path) -> str | None:
    try:
        lines = (base / "VERSION").read_text("utf-8").splitlines()
    except OSError:
        return None
    fields = {name.strip(): value.strip() for name, _, value in (x.partition("=") for x in lines)}
    parts = [fields.get(name, "") for name in ("VERSION_MAJOR", "VERSION_MINOR", "PATCHLEVEL")]
    return ".".join(parts) if all(parts) else None


def tree(base: Path) -> Tree | None:
    """The tree at ``base``, or None if there is none."""
    version = _version(base)
    return Tree(base, version) if version and (base / "Kconfig.zephyr").is_file() else None


def _registered() -> list[Path]:
    """Each entry names TREE/share/zephyr-package/cmake."""
    entries = sorted((Path.home() / REGISTRY).glob("*"))
    return [Path(entry.read_text("utf-8").strip()).parent.parent.parent for entry in entries]


def trees() -> tuple[Tree, ...]:
    """Those that ZWG_ZEPHYRS names (separated by colons), else ZEPHYR_BASE's, else those in CMake's
    package registry; by version."""
    named = os.environ.get("ZWG_ZEPHYRS") or os.environ.get("ZEPHYR_BASE") or ""
    bases = [Path(name) for name in named.split(os.pathsep) if name] or _registered()
    found = {base.resolve(): tree(base.resolve()) for base in bases}
    return tuple(sorted((t for t in found.values() if t), key=lambda t: t.version))
