#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that no secret shows in the time that a Cortex-M3 takes.

Without arguments: links the core into an image and disassembles what handles secrets, then runs
every primitive with different secrets in an emulator and compares all addresses of code and data.
With images (ELF files for ARMv7-M, such as zephyr.elf): disassembles the functions of the core that
handle secrets, and all that they call, in each. bench/m3/secrets.py says what is looked for.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

try:
    from m3 import build, secrets
    from m3.cases import CORE
    from m3.machine import MachineError
except ModuleNotFoundError as error:
    requirements = Path(__file__).resolve().parent / "requirements.txt"
    sys.exit(f"zwg: no Python module {error.name}; pip install -r {requirements}")

RUNS = 8
"""Sets of secrets that every primitive is run with."""


def check_image(image: Path, core: secrets.Core) -> bool:
    """Prints what was found in one image; True if nothing was."""
    try:
        count, found = secrets.find_variable(image, core)
    except ValueError as error:
        print(f"FAILED  {error}")
        return False
    for line in found:
        print(f"FAILED  {image}: {line}")
    if not found:
        print(f"ok      {image}: {count} functions, no instruction of variable time")
    return not found


def check_traces(image: Path) -> bool:
    """Prints what the traces of every primitive show; True if secrets do not show in any."""
    good = True
    for primitive in secrets.PRIMITIVES:
        different = set(secrets.traces(image, primitive, RUNS))
        good &= len(different) == 1
        print(
            f"{'ok    ' if len(different) == 1 else 'FAILED'}  {primitive.name}: "
            f"{RUNS} sets of secrets, {len(different)} different traces"
        )
    return good


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status is 1 if a secret shows, 2 if the check could not run."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("images", nargs="*", type=Path, metavar="IMAGE")
    parser.add_argument("--back-end", choices=build.BACK_ENDS, default="armv7m")
    args = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory(prefix="zwg-ctcheck-") as name:
            directory = Path(name)
            core, crypto = secrets.compile_core(args.back_end, directory)
            if args.images:
                good = [check_image(image, core) for image in args.images].count(False) == 0
            else:
                objects = build.compile_all(build.core_sources(args.back_end), directory)
                whole = build.link(objects, CORE, directory / "core.elf")
                primitives = build.link(crypto, secrets.ROOTS, directory / "primitives.elf")
                good = check_image(whole, core)
                good &= check_traces(primitives)
    except (build.BuildError, MachineError) as error:
        print(f"zwg: {error}", file=sys.stderr)
        return 2
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
