# SPDX-License-Identifier: MIT
"""A wg-quick file as a QR code, which the WireGuard app of a phone reads.

Whoever sees the code has the private key in it.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wg_host import config
from wg_host.config import Config
from wg_host.errors import UsageError
from wg_host.keys import write_secret

if TYPE_CHECKING:
    from segno import QRCode


def _make(c: Config) -> QRCode:
    import segno

    try:
        return segno.make(config.dump(c), error="l", micro=False)
    except segno.DataOverflowError:
        raise UsageError("the file does not fit into a QR code, which holds 2953 bytes") from None


def drawn(c: Config, *, border: int = 4) -> str:
    """The QR code of the wg-quick text, drawn with half blocks for a terminal."""
    text = io.StringIO()
    _make(c).terminal(text, compact=True, border=border)
    return text.getvalue()


def as_dict(c: Config) -> dict[str, Any]:
    """What the code says and how it looks, for programs: the schema of 'qr' describes it."""
    rows = ["".join("1" if dark else "0" for dark in row) for row in _make(c).matrix]
    return {"text": config.dump(c), "modules": rows}


def write(c: Config, path: Path, *, overwrite: bool) -> None:
    """Writes the QR code as SVG, with mode 0600."""
    if path.suffix.lower() != ".svg":
        raise UsageError(f"{path}: expected a name that ends in .svg")
    write_secret(path, _make(c).svg_inline(scale=4) + "\n", overwrite=overwrite)
