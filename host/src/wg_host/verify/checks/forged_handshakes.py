# SPDX-License-Identifier: MIT
"""Handshake messages that must be met with silence (paper sections 5.1, 5.3 and 5.4)."""

from __future__ import annotations

from wg_host.keys import PrivateKey
from wg_host.messages import MAC_SIZE
from wg_host.peer import Peer
from wg_host.verify.lab import Lab
from wg_host.verify.model import Check, Proof, Rung
from wg_host.verify.traffic import expect_silence


def replayed_initiation(lab: Lab) -> Proof:
    """The initiation of the session in use, byte for byte: its timestamp is not greater than the
    last."""
    return Proof(
        expect_silence(
            lab, "a replayed initiation", lab.seen.initiation, drop="timestamp", handshake=True
        )
    )


def wrong_mac1(lab: Lab) -> Proof:
    """A fresh initiation with one bit of MAC1 flipped."""
    forged = bytearray(_fresh_peer(lab).initiate(lab.now()))
    forged[-2 * MAC_SIZE] ^= 1
    text = expect_silence(
        lab, "an initiation with a wrong mac1", bytes(forged), drop="mac1", handshake=True
    )
    return Proof(text)


def wrong_key(lab: Lab) -> Proof:
    """A perfect initiation from a public key that the board does not know."""
    stranger = Peer(PrivateKey.generate(), lab.target.board, lab.target.psk)
    lab.form.identities.append(stranger.local.public)
    text = expect_silence(
        lab,
        "an initiation from an unknown key",
        stranger.initiate(lab.now()),
        drop="unknown_peer",
        handshake=True,
    )
    return Proof(text)


def _fresh_peer(lab: Lab) -> Peer:
    """Our identity in another peer, so that the lab's own handshake state stays as it is."""
    return Peer(lab.target.private, lab.target.board, lab.target.psk)


CHECKS = (
    Check(
        "replayed-initiation",
        "Replayed initiation is met with silence",
        Rung.HANDSHAKE,
        replayed_initiation,
    ),
    Check("wrong-mac1", "Wrong MAC1 is met with silence", Rung.HANDSHAKE, wrong_mac1),
    Check("wrong-key", "Unknown key is met with silence", Rung.HANDSHAKE, wrong_key),
)
