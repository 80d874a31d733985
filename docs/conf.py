# SPDX-License-Identifier: MIT
"""Sphinx: `make docs` makes build/docs/index.html. What repeats the source is generated from it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "docs/_ext"))

project = "zwg"
author = "the zwg authors"
project_copyright = "the zwg authors, MIT licence"
release = ".".join(
    re.findall(r"^(?:VERSION_M\w+|PATCHLEVEL) *= *(\d+)", (ROOT / "VERSION").read_text(), re.M)
)
version = release

extensions = ["zwg_reference"]
exclude_patterns = ["_ext", "examples"]
highlight_language = "none"
primary_domain = "c"
# Options are written with two hyphens and keys with straight quotes.
smartquotes = False

html_theme = "alabaster"
html_title = f"zwg {release}"
html_show_sourcelink = False
html_theme_options = {
    "description": "WireGuard for Zephyr",
    "fixed_sidebar": True,
    "page_width": "1100px",
    "sidebar_width": "240px",
}
