# SPDX-License-Identifier: MIT
"""What the tests of the Cortex-M3 code share."""

from __future__ import annotations

from pathlib import Path

import pytest

FIELD = (
    "mul",
    "sq",
    "sq_selected",
    "sum_difference",
    "sub",
    "add_121665",
    "mul_9",
    "to_bytes",
)


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """An image of every primitive, for each back end."""
    from m3 import build, secrets

    directory = tmp_path_factory.mktemp("images")
    built = {}
    for back_end in build.BACK_ENDS:
        objects = build.compile_all(build.crypto_sources(back_end), directory / back_end)
        roots = [
            *secrets.ROOTS,
            "zwg_chacha20_blocks",
            "zwg_poly1305_blocks",
            "zwg_blake2s_compress",
        ]
        if back_end == "armv7m":
            roots += [f"zwg_fe_{name}" for name in FIELD]
        built[back_end] = build.link(objects, roots, directory / f"{back_end}.elf")
    return built
