# SPDX-License-Identifier: MIT
"""Gives a board its settings: stage, read back, compare, commit, read back again, compare.

Nothing is in force before the board holds what was meant, and an error on the way leaves the board
as it was.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from wg_host.board import Board, BoardState, PeerSettings
from wg_host.config import Address, Config, Interface, Network, Peer
from wg_host.console import hide_secrets
from wg_host.endpoint import Endpoint
from wg_host.errors import ReadBackDiffers, UsageError, WgHostError
from wg_host.keys import PresharedKey, PrivateKey, PublicKey

Note = Callable[[str], None]

MAX_ADDRESSES = 4
COMMIT = "wg commit"


@dataclass(frozen=True)
class Plan:
    """What the board shall be. ``mtu`` and ``underlay`` None leave the board's own. ``former`` is
    the key that the peer had before: the board forgets it."""

    addresses: tuple[Address, ...]
    listen_port: int
    peer: PeerSettings
    mtu: int | None = None
    underlay: str | None = None
    reset: bool = False
    replace_key: bool = False
    former: PublicKey | None = None

    def __post_init__(self) -> None:
        if len(self.addresses) > MAX_ADDRESSES:
            raise UsageError(f"a board takes at most {MAX_ADDRESSES} addresses")
        if self.mtu is not None and not 1280 <= self.mtu <= 1420:
            raise UsageError(f"mtu {self.mtu}: expected 1280 to 1420")

    def interface_command(self) -> str:
        """The line that sets the interface."""
        words = [f"listen-port {self.listen_port}"]
        words.append("address " + (",".join(map(str, self.addresses)) or "none"))
        if self.mtu is not None:
            words.append(f"mtu {self.mtu}")
        if self.underlay is not None:
            words.append(f"underlay {self.underlay}")
        return "wg set " + " ".join(words)


def new_key_wanted(plan: Plan, state: BoardState) -> bool:
    """True if the board shall make a key: it has none, or another one is wanted."""
    return plan.reset or plan.replace_key or state.public_key is None


def forgets(plan: Plan, state: BoardState) -> bool:
    """True if the board has the peer's former key, and a reset does not remove it anyway."""
    return not plan.reset and plan.former is not None and state.peer(plan.former) is not None


def preview(plan: Plan, state: BoardState, *, key_is_made: bool = False) -> list[str]:
    """The commands that apply() would send, secrets hidden. With @p key_is_made the plan's peer has
    a key that was made for the occasion and will be another one next time, so it is not shown."""
    lines = ["wg reset confirm"] if plan.reset else []
    if new_key_wanted(plan, state):
        replace = state.public_key is not None and not plan.reset
        lines.append("wg genkey replace" if replace else "wg genkey")
    if forgets(plan, state):
        lines.append(f"wg set peer {plan.former} remove")
    lines += [plan.interface_command(), *plan.peer.commands(), COMMIT]
    if key_is_made:
        lines = [line.replace(str(plan.peer.public_key), "(new)") for line in lines]
    return [hide_secrets(line) for line in lines]


def check_before(plan: Plan, state: BoardState, discard_staged: bool) -> None:
    """UsageError for what stands against the plan on a board that nothing has been done to yet.

    That is what someone else has staged, and another peer with an address that the plan gives to
    its own: the board would refuse to commit (``wg`` on Linux moves it, which cuts that peer off).
    """
    if state.pending and not discard_staged:
        raise UsageError(
            "the board has staged settings that were never committed",
            "look with 'wg show staged'; --discard-staged forgets them",
        )
    for other in state.peers if not plan.reset else ():
        shared = [n for n in plan.peer.allowed_ips if n in other.allowed_ips]
        if other.public_key not in (plan.peer.public_key, plan.former) and shared:
            listed = ", ".join(map(str, shared))
            raise UsageError(
                f"the board has {listed} among the allowed-ips of another peer, {other.public_key}",
                "if that is this end with keys that were lost: --reset begins with an empty board; "
                f"or, to keep the board's key, 'wg set peer {other.public_key} remove' and "
                "'wg commit' on its console",
            )


def differences(plan: Plan, state: BoardState) -> list[str]:
    """What the board holds that is not as planned, one line each."""
    found: list[str] = []

    def compare(name: str, wanted: object, held: object) -> None:
        if wanted != held:
            found.append(f"{name}: set {_text(wanted)}, reads back {_text(held)}")

    compare("address", set(plan.addresses), set(state.addresses))
    compare("listen-port", plan.listen_port, state.listen_port)
    if plan.mtu is not None:
        compare("mtu", plan.mtu, state.mtu)
    if plan.underlay is not None:
        compare("underlay", plan.underlay, state.underlay)
    if state.public_key is None:
        found.append("private key: made, reads back none")
    if plan.former is not None and state.peer(plan.former) is not None:
        found.append(f"peer {plan.former}: removed, reads back still there")
    held = state.peer(plan.peer.public_key)
    if held is None:
        found.append(f"peer {plan.peer.public_key}: set, reads back none")
        return found
    compare("preshared key", plan.peer.preshared_key is not None, held.preshared_key)
    compare("allowed-ips", set(plan.peer.allowed_ips), set(held.allowed_ips))
    compare("endpoint", _canonical(plan.peer.endpoint), _canonical(held.endpoint_host))
    compare("persistent-keepalive", plan.peer.keepalive, held.persistent_keepalive)
    if plan.reset:
        extra = [str(p.public_key) for p in state.peers if p.public_key != plan.peer.public_key]
        compare("other peers", [], extra)
    return found


def _canonical(endpoint: str | None) -> str | None:
    """The endpoint with an IPv6 address in its shortest form."""
    if endpoint is None:
        return None
    try:
        parsed = Endpoint.parse(endpoint)
        return str(Endpoint(str(ipaddress.ip_address(parsed.host)), parsed.port))
    except ValueError:
        return endpoint


def _text(value: object) -> str:
    if isinstance(value, set):
        return ",".join(sorted(map(str, value))) or "none"
    return {None: "none", True: "yes", False: "no"}.get(value, str(value))  # type: ignore[call-overload,no-any-return]


def _check(plan: Plan, state: BoardState, when: str, key: PublicKey) -> None:
    found = differences(plan, state)
    if state.public_key is not None and state.public_key != key:
        found.append(f"public key: made {key}, reads back {state.public_key}")
    if found:
        raise ReadBackDiffers(
            f"{when}, the board does not hold what was set: {'; '.join(found)}",
            "the serial line may be noisy; try again",
        )


def apply(
    board: Board,
    plan: Plan,
    *,
    discard_staged: bool = False,
    note: Note,
    before_commit: Callable[[BoardState], None],
) -> BoardState:
    """Provisions the board and returns the state that it reads back in the end.

    @p before_commit is given the staged state, to keep what must not be lost once the board has
    committed. On any error up to the commit, what was staged is forgotten again.
    """
    before = board.show()
    check_before(plan, before, discard_staged)
    if before.pending:
        board.revert()
        note("forgot settings that were staged and never committed")
    try:
        if plan.reset:
            board.reset()
        if new_key_wanted(plan, before):
            key = board.genkey(replace=before.public_key is not None and not plan.reset)
            note(f"the board made its key: {key}")
        else:
            assert before.public_key is not None
            key = before.public_key
            note(f"the board keeps its key: {key}")
        if plan.former is not None and forgets(plan, before):
            board.remove_peer(plan.former)
            note(f"the board forgets our end's former key {plan.former}")
        board.run([plan.interface_command()])
        board.set_peer(plan.peer)
        staged = board.show(staged=True)
        _check(plan, staged, "staged", key)
        note("staged settings read back as set")
        before_commit(staged)
        board.commit()
    except BaseException:
        # The error that is on its way says more than one about the clean-up would.
        with suppress(WgHostError):
            board.revert()
        raise
    after = board.show()
    _check(plan, after, "after the commit", key)
    note("committed, saved, and read back as set")
    return after


def hosts(addresses: Sequence[Address]) -> tuple[Network, ...]:
    """Each address as a network of one host."""
    return tuple(ipaddress.ip_network(a.ip) for a in addresses)


def usable_underlay(state: BoardState, like: str | None = None) -> str | None:
    """An address of the board outside the tunnel, of the family of @p like if there is one."""
    found: list[ipaddress.IPv4Address | ipaddress.IPv6Address] = []
    for text in state.underlay_addresses:
        with suppress(ValueError):
            found.append(ipaddress.ip_interface(text).ip)
    usable = [a for a in found if not a.is_link_local and not a.is_unspecified]
    if like is not None:
        with suppress(ValueError):
            version = ipaddress.ip_address(like).version
            usable = [a for a in usable if a.version == version]
    usable.sort(key=lambda a: a.version)
    return str(usable[0]) if usable else None


def own_address_towards(address: str) -> str | None:
    """The address from which this machine would speak to @p address; None without a route."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((address, 9))
        except OSError:
            return None
        return str(probe.getsockname()[0])


def matching_config(
    private: PrivateKey,
    addresses: tuple[Address, ...],
    listen_port: int,
    board: BoardState,
    psk: PresharedKey | None,
    board_endpoint: Endpoint | None,
    routed: tuple[Network, ...] = (),
) -> Config:
    """The wg-quick file of the other end. @p routed defaults to the board's own addresses."""
    peer = matching_peer(board, psk, board_endpoint, routed)
    return Config(Interface(private, addresses, listen_port, board.mtu), (peer,))


def matching_peer(
    board: BoardState,
    psk: PresharedKey | None,
    board_endpoint: Endpoint | None,
    routed: tuple[Network, ...] = (),
) -> Peer:
    """The ``[Peer]`` section that stands for the board."""
    assert board.public_key is not None
    return Peer(board.public_key, psk, routed or hosts(board.addresses), board_endpoint)
