# SPDX-License-Identifier: MIT
"""Data that must be met with silence, and data that is late but good (paper section 5.4.6)."""

from __future__ import annotations

import ipaddress
import os

from wg_host import packets
from wg_host.messages import Data
from wg_host.session import Session, pad
from wg_host.verify.lab import Lab, require
from wg_host.verify.model import Check, Failed, Proof, Rung, Skipped
from wg_host.verify.target import Pair
from wg_host.verify.traffic import Echo, await_reply, exchange, expect_silence, seal

# Further ahead than any window is wide.
AHEAD = 100_000


def _session(lab: Lab) -> Session:
    session = lab.peer.current
    if session is None:
        raise Failed("there is no session to send on")
    return session


def replayed_data(lab: Lab) -> Proof:
    """A data message that was answered, byte for byte again."""
    require(exchange(lab, Echo(lab.target.pair, 32)) is not None, "the original was not answered")
    return Proof(expect_silence(lab, "a replayed data message", lab.seen.last_data, drop="replay"))


def reordered_data(lab: Lab) -> Proof:
    """A message that was overtaken by two others is late, not replayed."""
    late = Echo(lab.target.pair, 32)
    datagram = seal(lab, late.packet)
    for _ in range(2):
        require(exchange(lab, Echo(lab.target.pair, 32)) is not None, "a ping was not answered")
    require(
        await_reply(lab, late, datagram) is not None,
        "a data message that two others had overtaken was not answered",
    )
    return Proof("a message overtaken by two others was answered")


def wrong_tag(lab: Lab) -> Proof:
    """Data with one bit of the tag flipped, once with the next counter and once with a counter far
    ahead: neither may be answered, nor move the window past what comes next."""
    session = _session(lab)
    ahead = session.next_counter + AHEAD
    forged = []
    for counter in (session.next_counter, ahead):
        padded = pad(Echo(lab.target.pair, 32).packet, session.mtu)
        message = bytearray(session.seal_as(counter, padded))
        message[-1] ^= 1
        forged.append(bytes(message))
    return Proof(expect_silence(lab, "data with a wrong tag", *forged, drop="tag"))


def unknown_index(lab: Lab) -> Proof:
    """Data for a session that does not exist."""
    session = _session(lab)
    index = int.from_bytes(os.urandom(4), "little")
    while index in {s.remote_index for s in lab.peer.sessions()}:
        index = int.from_bytes(os.urandom(4), "little")
    good = Data.decode(session.seal(Echo(lab.target.pair, 32).packet, lab.now()))
    message = Data(index, good.counter, good.encrypted).encode()
    return Proof(expect_silence(lab, "data for an unknown index", message, drop="unknown_index"))


# Documentation and benchmarking prefixes: nobody's addresses (RFC 5737, 2544, 3849).
_NOBODYS = ("192.0.2.77", "198.51.100.77", "203.0.113.77", "198.18.0.77")
_NOBODYS6 = ("2001:db8:77::77", "fd77:7777::77")


def _stranger(lab: Lab, pair: Pair) -> packets.IPAddress:
    """An address that the board does not route to us."""
    state = lab.state()
    peer = state.peer(lab.target.private.public) if state is not None else None
    allowed = peer.allowed_ips if peer is not None else (ipaddress.ip_network(pair.ours),)
    for text in _NOBODYS if pair.ours.version == 4 else _NOBODYS6:
        address = ipaddress.ip_address(text)
        if not any(address in network for network in allowed):
            return address
    raise Skipped("the board allows us every source address")


def wrong_source(lab: Lab) -> Proof:
    """An authentic packet whose inner source is not among our allowed IPs. A board that took it
    might have no route for the reply, so silence alone proves nothing: it takes the board's
    counter, and so a console, to pass."""
    pair = lab.target.pair
    source = _stranger(lab, pair)
    spoofed = Echo(Pair(source, pair.board), 32)
    text = expect_silence(lab, f"a packet from {source}", seal(lab, spoofed.packet), drop="source")
    if lab.console is None:
        raise Skipped(
            "silence, but without a console it cannot be told from a reply that found no way back"
        )
    return Proof(text, {"source": str(source)})


CHECKS = (
    Check("replayed-data", "Replayed data is met with silence", Rung.DATA, replayed_data),
    Check("reordered-data", "Late data is taken", Rung.DATA, reordered_data),
    Check("wrong-tag", "Wrong tag is met with silence", Rung.DATA, wrong_tag),
    Check("unknown-index", "Unknown index is met with silence", Rung.DATA, unknown_index),
    Check(
        "wrong-source",
        "Inner source outside the allowed IPs is dropped",
        Rung.DATA,
        wrong_source,
        essential=False,
    ),
)
