# SPDX-License-Identifier: MIT
"""Runs a test program on Wycheproof's vectors, translated from JSON to lines of words.

Usage: wycheproof.py PROGRAM ALGORITHM, or wycheproof.py --print ALGORITHM to see the lines.

The vectors (C2SP/wycheproof, testvectors_v1) are looked for in the directory that the environment
variable ZWG_WYCHEPROOF names, else in ../shared/vectors beside the checkout. Exit status 77 says
that they are not there. The program reads one case a line from its standard input, with "-" for
no bytes, and is told the algorithm as its argument:

    x25519: ID RESULT FLAGS PRIVATE PUBLIC SHARED
    others: ID RESULT FLAGS KEY NONCE AD PLAINTEXT CIPHERTEXT TAG
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FILES = {
    "x25519": "x25519_test.json",
    "chacha20-poly1305": "chacha20_poly1305_test.json",
    "xchacha20-poly1305": "xchacha20_poly1305_test.json",
}
DH_FIELDS = ("private", "public", "shared")
AEAD_FIELDS = ("key", "iv", "aad", "msg", "ct", "tag")
SKIPPED = 77


def directory() -> Path:
    """The directory that should hold the vectors."""
    named = os.environ.get("ZWG_WYCHEPROOF")
    if named:
        return Path(named)
    return Path(__file__).resolve().parents[3].parent / "shared" / "vectors"


def lines(algorithm: str, document: dict[str, Any]) -> Iterator[str]:
    """Yields one line a case."""
    fields = DH_FIELDS if algorithm == "x25519" else AEAD_FIELDS
    for group in document["testGroups"]:
        for case in group["tests"]:
            words = [str(case["tcId"]), case["result"], ",".join(case["flags"])]
            words += [case[field] for field in fields]
            yield " ".join(word or "-" for word in words)


def main() -> int:
    """Runs what the command line asks for; returns the program's exit status."""
    if len(sys.argv) != 3 or sys.argv[2] not in FILES:
        print(f"usage: wycheproof.py PROGRAM|--print {'|'.join(FILES)}", file=sys.stderr)
        return 2
    program, algorithm = sys.argv[1:]
    path = directory() / FILES[algorithm]
    if not path.is_file():
        print(f"1..0 # SKIP no {path}; set ZWG_WYCHEPROOF to the directory of the vectors")
        return SKIPPED
    document = json.loads(path.read_text(encoding="utf-8"))
    text = "".join(line + "\n" for line in lines(algorithm, document))
    if program == "--print":
        print(text, end="")
        return 0
    return subprocess.run([program, algorithm], input=text.encode(), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
