# SPDX-License-Identifier: MIT
"""Reads the console's lines for machines as docs/console.rst describes them: framing, CRC-32, and
JSON with exactly the members that are listed there. Usage: console_json.py PROGRAM"""

from __future__ import annotations

import json
import subprocess
import sys
import unittest
import zlib
from typing import Any

PEER1 = "CQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
PEER2 = "AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
STAGED_MEMBERS = [
    "v", "version", "board", "interface", "staged", "pending", "up", "entropy", "public_key",
    "listen_port", "address", "mtu", "underlay", "peers",
]  # fmt: skip
MEMBERS = [*STAGED_MEMBERS, "waits", "uptime", "underlay_address", "counters"]
STAGED_PEER_MEMBERS = [
    "public_key", "preshared_key", "allowed_ips", "endpoint_host", "persistent_keepalive",
]  # fmt: skip
PEER_MEMBERS = [*STAGED_PEER_MEMBERS, "endpoint", "latest_handshake", "rx_bytes", "tx_bytes"]

LINES: list[bytes] = []


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names are all different."""
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise ValueError(f"a name twice in {names}")
    return dict(pairs)


def read(line: bytes) -> dict[str, Any]:
    """The object of a line, with its CRC checked."""
    tag, body, crc = line[:5], line[5:-9], line[-9:]
    if tag != b"@zwg " or crc != b" %08x" % zlib.crc32(body):
        raise ValueError(f"not a line for machines: {line!r}")
    value = json.loads(body.decode("ascii"), object_pairs_hook=unique)
    assert isinstance(value, dict)
    return value


class MachineLines(unittest.TestCase):
    """What the program printed, line by line."""

    def test_lines(self) -> None:
        self.assertEqual(
            [line for line in LINES if not line.startswith(b"@zwg {")],
            [b"@zwg OK 1", b"@zwg OK 2", b"committed", b"@zwg OK 3", b"@zwg OK 4", b"@zwg OK 5"],
        )
        self.assertEqual([LINES[i][:6] for i in (0, 2, 6, 8)], [b"@zwg {"] * 4)

    def test_empty_board(self) -> None:
        shown = read(LINES[0])
        self.assertEqual(sorted(shown), sorted(MEMBERS))
        self.assertEqual(
            shown,
            {
                "v": 1, "version": "0.1.0", "board": "sim", "interface": "zwg0", "staged": False,
                "pending": False, "up": True, "waits": None, "entropy": "os",
                "uptime": 123, "public_key": None, "listen_port": 0, "address": [],
                "mtu": 1420, "underlay": "auto",
                "underlay_address": [], "peers": [], "counters": {},
            },
        )  # fmt: skip

    def test_staged(self) -> None:
        shown = read(LINES[2])
        self.assertEqual(sorted(shown), sorted(STAGED_MEMBERS))
        self.assertTrue(shown["staged"] and shown["pending"])
        self.assertEqual(shown["board"], 'quote"back\\slash\ttab\u00ff')
        self.assertEqual(shown["address"], ["10.1.1.50/24", "fd00::2/64"])
        self.assertEqual(shown["underlay"], "eth0")
        self.assertEqual([sorted(p) for p in shown["peers"]], [sorted(STAGED_PEER_MEMBERS)] * 2)

    def test_in_force(self) -> None:
        shown = read(LINES[6])
        self.assertEqual(sorted(shown), sorted([*MEMBERS, "chip"]))
        self.assertEqual(shown["interface"], "zwg1")
        self.assertEqual(shown["chip"], "009fa0")
        self.assertTrue(shown["up"])
        self.assertEqual(shown["waits"], "for an address")
        self.assertFalse(shown["staged"])
        self.assertTrue(shown["pending"])
        self.assertEqual(shown["mtu"], 1380)
        self.assertEqual(shown["listen_port"], 51820)
        self.assertEqual(len(shown["public_key"]), 44)
        self.assertEqual(shown["underlay_address"], ["192.168.1.50", "fe80::1"])
        self.assertEqual(shown["counters"], {"x25519": 3, "drop_mac1": 2**64 - 1})
        self.assertEqual([sorted(p) for p in shown["peers"]], [sorted(PEER_MEMBERS)] * 2)
        self.assertEqual(
            shown["peers"],
            [
                {
                    "public_key": PEER1, "preshared_key": True,
                    "allowed_ips": ["10.1.1.0/24", "fd00::/64"],
                    "endpoint_host": "[2001:db8::1]:51820", "endpoint": "[2001:db8::1]:51820",
                    "persistent_keepalive": 25, "latest_handshake": 61,
                    "rx_bytes": 2**64 - 1, "tx_bytes": 148,
                },
                {
                    "public_key": PEER2, "preshared_key": False, "allowed_ips": [],
                    "endpoint_host": "vpn.example:9", "endpoint": None,
                    "persistent_keepalive": 0, "latest_handshake": None,
                    "rx_bytes": 0, "tx_bytes": 0,
                },
            ],
        )  # fmt: skip

    def test_what_is_stopped_waits_for_nothing(self) -> None:
        shown = read(LINES[8])
        self.assertFalse(shown["up"])
        self.assertIsNone(shown["waits"])

    def test_crc_finds_every_changed_bit(self) -> None:
        line = LINES[6]
        for bit in range(8 * 5, 8 * len(line)):
            changed = bytearray(line)
            changed[bit // 8] ^= 1 << bit % 8
            with self.assertRaises(ValueError):
                read(bytes(changed))


if __name__ == "__main__":
    run = subprocess.run([sys.argv.pop(1)], stdout=subprocess.PIPE, check=True, timeout=50)
    LINES.extend(run.stdout.splitlines())
    unittest.main()
