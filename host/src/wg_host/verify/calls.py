# SPDX-License-Identifier: MIT
"""Handshakes that the board starts.

With a console ``wg handshake`` asks for one; the board starts it at once, or when REKEY_TIMEOUT has
passed since its last handshake message. Without a console the protocol itself must be made to want
one (paper section 6.5): the board's last data stays unanswered, and it starts a handshake after
KEEPALIVE_TIMEOUT + REKEY_TIMEOUT, 15 s and jitter. Meanwhile nothing authentic may be sent, for any
such packet would end its wait. Once it has called and is not answered, it calls again every
REKEY_TIMEOUT with jitter (section 6.4), as it does when its persistent keepalive is due.
"""

from __future__ import annotations

from wg_host.peer import Called
from wg_host.verify.lab import Arrival, Lab
from wg_host.verify.model import Failed, Skipped


class NoCall(Failed):
    """The board starts no handshake."""


# How long to wait for the board's first call at the beginning, where waiting is not yet worth much.
_PRELUDE = 1.0


def prelude(lab: Lab) -> None:
    """Asks for the board's first call before we start a handshake of our own, so that the five
    seconds until its second call pass while other checks are made. The call is met with a cookie
    reply by the lab."""
    if lab.ask_for_handshake() is None:
        lab.wait(lambda arrival: isinstance(arrival.event, Called), _PRELUDE)


def next_call(lab: Lab) -> Arrival:
    """The next call of the board that has not been answered, waited for if need be. NoCall if none
    comes, also to whoever asks again; Skipped if waiting would exceed the patience."""
    # A call from before the stray datagrams does not show where the board thinks we are now; left
    # without an answer, it will be repeated.
    while lab.calls and lab.seen.strays_at is not None and lab.calls[0].time < lab.seen.strays_at:
        lab.calls.popleft()
    if lab.calls:
        return lab.calls.popleft()
    if lab.seen.no_call:
        raise NoCall(lab.seen.no_call)
    refusal = lab.ask_for_handshake()
    if lab.console is not None and refusal is not None:
        raise _none(lab, f"the board refuses to start a handshake: {refusal}")
    # Two calls if the first is still owed its cookie reply, and before each the rest of a time-out.
    owed = 1 if lab.seen.cookie is not None else 2
    if lab.console is not None:
        limit = owed * lab.timing.retry + lab.timing.answer
    else:
        limit = lab.timing.silence_noticed + owed * lab.timing.retry + lab.timing.answer
        if lab.patience < limit:
            raise Skipped(
                f"without a console the board may need {limit:.0f} s to start a handshake, "
                f"and patience is {lab.patience:g} s"
            )
    lab.wait(lambda arrival: bool(lab.calls), limit)
    if lab.calls:
        return lab.calls.popleft()
    waited = f"the board started no handshake within {limit:.1f} s"
    if lab.console is not None:
        raise _none(lab, f"{waited} of 'wg handshake'")
    raise _none(lab, f"{waited} after its data stayed unanswered")


def _none(lab: Lab, reason: str) -> NoCall:
    lab.seen.no_call = reason
    return NoCall(reason)
