# SPDX-License-Identifier: MIT
"""A board that is stopped leaves no secret in its memory (CONFORMANCE H)."""

from __future__ import annotations

import pytest
from wg_host.keys import PresharedKey, PrivateKey
from wg_host.messages import Response
from wg_host.noise import InitiatorHandshake, TransportKeys

from rig.live_peer import LivePeer
from rig.memory import secrets_at_exit, secrets_in
from rig.sim import Sim, provision


@pytest.fixture
def transport_keys(monkeypatch: pytest.MonkeyPatch) -> list[TransportKeys]:
    """Those of every session that the Python peer makes as initiator."""
    made: list[TransportKeys] = []
    consume = InitiatorHandshake.consume_response

    def note(self: InitiatorHandshake, message: Response, psk: PresharedKey) -> TransportKeys:
        made.append(consume(self, message, psk))
        return made[-1]

    monkeypatch.setattr(InitiatorHandshake, "consume_response", note)
    return made


def test_stopping_wipes_every_key(
    sim: Sim, live_peer: LivePeer, transport_keys: list[TransportKeys]
) -> None:
    # LeakSanitizer cannot look at a process that we trace; its own run comes with the other tests.
    sim.stop()
    sim.start(env={"ASAN_OPTIONS": "detect_leaks=0"})
    private = PrivateKey.generate()
    keys = provision(sim, live_peer.port, private_key=private)
    live_peer.join(keys.peer, keys.board, keys.psk, sim.address)
    live_peer.handshake()
    secrets = {
        "private key": private.reveal(),
        "preshared key": keys.psk.reveal(),
        "key of the peer to the board": transport_keys[0].send,
        "key of the board to the peer": transport_keys[0].receive,
    }
    text = {
        "private key in base64": private.reveal_base64().encode(),
        "preshared key in base64": keys.psk.reveal_base64().encode(),
    }
    assert sim.process is not None
    with sim.open() as console:
        console.command("wg show")
    assert secrets_in(sim.process.pid, secrets) == set(secrets), "they are looked for rightly"
    assert secrets_in(sim.process.pid, text) == set(), "the console forgets what was typed"
    assert secrets_at_exit(sim.process.pid, secrets | text) == set()
