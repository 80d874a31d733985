# SPDX-License-Identifier: MIT
"""A kernel that lacks something: runs a program whose system calls are refused as it would.

    python3 refuse.py RULE... -- PROGRAM ARGUMENT...

A rule is CALL:ERRNO:NUMBER=VALUE,...: the call fails with that error if each of its arguments of
these numbers, from 0 on, has that value in its low 32 bits (seccomp(2)).
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys
from collections.abc import Sequence

CALLS = {
    "x86_64": {"ioctl": 16, "setsockopt": 54},
    "aarch64": {"ioctl": 29, "setsockopt": 208},
}
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, REFUSE = 0x7FFF0000, 0x00050000

TUNGETFEATURES, TUNSETOFFLOAD = 0x800454CF, 0x400454D0
ALL_OFFLOADS = 0x67
NO_VNET_HDR = f"ioctl:EINVAL:1={TUNGETFEATURES}"
NO_OFFLOAD = f"ioctl:EINVAL:1={TUNSETOFFLOAD}"
NO_USO = f"ioctl:EINVAL:1={TUNSETOFFLOAD},2={ALL_OFFLOADS}"
NO_SEGMENT = "setsockopt:ENOPROTOOPT:1=17,2=103"
NO_GRO = "setsockopt:ENOPROTOOPT:1=17,2=104"


def command(rules: Sequence[str]) -> list[str]:
    """What to put before a program's name."""
    return [sys.executable, __file__, *rules, "--"] if rules else []


def _instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, value)


def _rule(text: str) -> bytes:
    call, error, conditions = text.split(":")
    tests = [(0, CALLS[os.uname().machine][call])]
    for condition in conditions.split(","):
        number, _, value = condition.partition("=")
        tests.append((16 + 8 * int(number), int(value)))
    code = b""
    for place, (offset, value) in enumerate(tests):
        # Where a test fails the next rule begins: past the rest of this one.
        rest = 2 * (len(tests) - 1 - place) + 1
        code += _instruction(LOAD, offset) + _instruction(JUMP_IF_EQUAL, value, 0, rest)
    return code + _instruction(RETURN, REFUSE | int(getattr(errno, error)))


class _Program(ctypes.Structure):
    _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


def main() -> None:
    end = sys.argv.index("--")
    code = b"".join(map(_rule, sys.argv[1:end])) + _instruction(RETURN, ALLOW)
    libc = ctypes.CDLL(None, use_errno=True)
    program = _Program(len(code) // 8, code)
    for arguments in ((PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
                      (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program))):  # fmt: skip
        if libc.prctl(*arguments) != 0:
            sys.exit(f"prctl: {os.strerror(ctypes.get_errno())}")
    os.execv(sys.argv[end + 1], sys.argv[end + 1 :])


if __name__ == "__main__":
    main()
