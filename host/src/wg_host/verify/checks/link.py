# SPDX-License-Identifier: MIT
"""The two lowest rungs: is there a way to the board, and does a datagram come back?"""

from __future__ import annotations

from wg_host.messages import REKEY_TIMEOUT
from wg_host.peer import Established
from wg_host.provision import own_address_towards
from wg_host.verify.form import is_type
from wg_host.verify.lab import Arrival, Lab, require
from wg_host.verify.model import Check, Failed, Proof, Rung

ATTEMPTS = 3


def link(lab: Lab) -> Proof:
    """A route to the endpoint; with a console also that the board is up and set for this file."""
    endpoint = lab.target.endpoint
    own = own_address_towards(endpoint.host)
    if own is None:
        raise Failed(f"this machine has no route to {endpoint.host}")
    lab.own_outer_address = own
    state = lab.state()
    if state is None:
        return Proof(f"{own} reaches {endpoint}", {"address": own})
    require(state.up, "the board's tunnel is down; 'wg up' on its console starts it")
    require(
        state.public_key == lab.target.board,
        f"the board's public key is {state.public_key}, the file names {lab.target.board}",
    )
    ours = lab.target.private.public
    peer = state.peer(ours)
    require(peer is not None, f"the board has no peer with our public key {ours}")
    assert peer is not None
    has_psk = lab.target.psk is not None
    require(
        peer.preshared_key == has_psk,
        "a preshared key is set on one end only: " + ("in the file" if has_psk else "on the board"),
    )
    lab.mtu = min(lab.target.mtu, state.mtu)
    lab.form.mtu = state.mtu
    worthless = ", with keys from a random source for tests" if state.entropy == "test" else ""
    return Proof(
        f"{own} reaches {endpoint}; {state.board}, zwg {state.version}, knows us{worthless}",
        {"address": own, "board": state.board, "version": state.version, "entropy": state.entropy},
    )


def udp(lab: Lab) -> Proof:
    """Sends our initiation, and takes any message from the board as a sign. What the response is
    worth is the next check's business."""
    heard = bool(lab.seen.cookie)
    before = lab.state()
    for attempt in range(1, ATTEMPTS + 1):
        began = lab.now()
        lab.seen.initiation = lab.peer.initiate(began)
        lab.send(lab.seen.initiation)

        def is_response(arrival: Arrival) -> bool:
            return is_type(arrival.data, 2) or arrival.event is None

        arrival = lab.wait(is_response, min(REKEY_TIMEOUT, lab.timing.rekey_timeout))
        if arrival is not None and arrival.event is None:
            raise Failed(f"{lab.target.endpoint} answers that its port is closed, or unreachable")
        if arrival is not None:
            lab.seen.handshake_seconds = arrival.time - began
            if isinstance(arrival.event, Established):
                lab.seen.own_session = arrival.event.session
            return Proof(
                f"a response came back in {lab.seen.handshake_seconds * 1e3:.1f} ms"
                + (f", to attempt {attempt}" if attempt > 1 else ""),
                {"seconds": lab.seen.handshake_seconds, "attempts": attempt},
            )
    after = lab.state()
    if before is not None and after is not None:
        rose = {n: v - before.counters.get(n, 0) for n, v in after.counters.items()}
        reasons = {n: v for n, v in rose.items() if v > 0 and n.startswith("drop_")}
        if reasons:
            counted = ", ".join(f"{n.removeprefix('drop_')} {v}" for n, v in reasons.items())
            return Proof(f"the board received our datagrams and dropped them: {counted}")
    if heard:
        return Proof("the board's datagrams reach us, though ours may not reach it")
    raise Failed(f"nothing came back from {lab.target.endpoint} to {ATTEMPTS} initiations")


CHECKS = (
    Check("link", "A way to the board", Rung.LINK, link, bearing=True),
    Check("udp", "Datagrams come back", Rung.UDP, udp, bearing=True),
)
