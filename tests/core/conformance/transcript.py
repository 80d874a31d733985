# SPDX-License-Identifier: MIT
"""Prints transcript.h: a handshake with fixed keys as the independent Python peer sees it.

Run from here as ``PYTHONPATH=../../../host/src python3 transcript.py > transcript.h``.
"""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from wg_host import cookie, messages
from wg_host.keys import PresharedKey, PrivateKey, PublicKey
from wg_host.noise import InitiatorHandshake, ResponderHandshake

INITIATOR_INDEX = 0x11223344
RESPONDER_INDEX = 0xA1B2C3D4
STAMP = bytes.fromhex("400000006000000112000000")


def seed(name: str) -> bytes:
    """32 bytes that follow from a name."""
    return hashlib.sha256(name.encode()).digest()


def with_mac1(message: messages.Initiation | messages.Response, receiver: PublicKey) -> bytes:
    """The datagram with its mac1; mac2 is zeros."""
    return messages.with_macs(message, cookie.mac1(message.encode(), receiver)).encode()


def main() -> None:
    initiator, responder = PrivateKey(seed("initiator")), PrivateKey(seed("responder"))
    ephemerals = PrivateKey(seed("ephemeral 1")), PrivateKey(seed("ephemeral 2"))
    psk = PresharedKey(seed("psk"))
    started = InitiatorHandshake(initiator, responder.public, INITIATOR_INDEX, STAMP, ephemerals[0])
    answer = ResponderHandshake(responder, started.initiation)
    response, keys, _ = answer.create_response(RESPONDER_INDEX, psk, ephemerals[1])
    sealed = ChaCha20Poly1305(keys.receive).encrypt(bytes(12), b"", None)
    values = {
        "INITIATOR": seed("initiator"),
        "RESPONDER": seed("responder"),
        "INITIATOR_PUBLIC": initiator.public.raw,
        "RESPONDER_PUBLIC": responder.public.raw,
        "EPHEMERAL_1": seed("ephemeral 1"),
        "EPHEMERAL_2": seed("ephemeral 2"),
        "PSK": seed("psk"),
        "INITIATION": with_mac1(started.initiation, responder.public),
        "RESPONSE": with_mac1(response, initiator.public),
        "KEEPALIVE": messages.Data(RESPONDER_INDEX, 0, sealed).encode(),
    }
    print("/* SPDX-License-Identifier: MIT */\n/* clang-format off */")
    print("/* A handshake with fixed keys; made by transcript.py, do not edit. */")
    for name, value in values.items():
        digits = value.hex()
        print(f"#define TRANSCRIPT_{name} \\")
        lines = [digits[i : i + 80] for i in range(0, len(digits), 80)]
        print(" \\\n".join(f'\t"{line}"' for line in lines))


if __name__ == "__main__":
    main()
