# SPDX-License-Identifier: MIT
"""``wg-host provision``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from wg_host import config, provision
from wg_host.board import Board, BoardState, PeerSettings
from wg_host.cli.options import (
    ADDRESSES,
    ENDPOINT,
    ENDPOINT_OR_NONE,
    FILE,
    NETWORKS,
    PUBLIC_KEY,
    console_options,
    open_console,
)
from wg_host.cli.output import Output, examples, wg_command
from wg_host.config import Address, Network
from wg_host.endpoint import Endpoint
from wg_host.errors import CommandRefused, UsageError
from wg_host.keys import PresharedKey, PrivateKey, PublicKey, write_secret

LISTEN_PORT = 51820


@dataclass(frozen=True)
class _Ours:
    """The keys of our end; ``private`` is None if only the public key is known. ``is_made``: it was
    made for this run. ``former`` is the public key that it replaces in OUTPUT."""

    public: PublicKey
    private: PrivateKey | None
    psk: PresharedKey | None
    is_made: bool = False
    former: PublicKey | None = None


def _our_keys(out: Output, given: dict[str, Any], output: Path) -> _Ours:
    """Keys from the options, else those of the file that an earlier run wrote, else new ones."""
    private: PrivateKey | None = None
    psk: PresharedKey | None = None
    former: PublicKey | None = None
    if output.exists() and given["peer_public_key"] is None:
        earlier = config.load(output)
        former = earlier.interface.private_key.public
        if not given["new_keys"]:
            private = earlier.interface.private_key
            psk = earlier.peers[0].preshared_key if len(earlier.peers) == 1 else None
            out.note(f"our end keeps its keys from {output}")
    if given["private_key_file"] is not None:
        private = PrivateKey.from_file(given["private_key_file"])
    if given["psk_file"] is not None:
        psk = PresharedKey.from_file(given["psk_file"])
    elif given["no_psk"]:
        psk = None
    elif psk is None:
        psk = PresharedKey.generate()
    if given["peer_public_key"] is not None:
        return _Ours(given["peer_public_key"], None, psk)
    is_made = private is None
    private = private or PrivateKey.generate()
    return _Ours(
        private.public, private, psk, is_made, None if former == private.public else former
    )


def _peer_endpoint(given: dict[str, Any], state: BoardState) -> str | None:
    """Where the board finds our end: as given, else this machine's address towards the board."""
    if given["peer_endpoint"] == "none":
        return None
    if given["peer_endpoint"] is not None:
        return str(given["peer_endpoint"])
    underlay = provision.usable_underlay(state)
    own = provision.own_address_towards(underlay) if underlay else None
    return str(Endpoint(own, given["peer_port"])) if own else None


def _board_endpoint(given: dict[str, Any], state: BoardState, peer: str | None) -> Endpoint | None:
    """Where our end finds the board: as given, else the address that it says it has."""
    if given["board_endpoint"] is not None:
        endpoint: Endpoint = given["board_endpoint"]
        return endpoint
    like = Endpoint.parse(peer).host if peer else None
    address = provision.usable_underlay(state, like)
    return Endpoint(address, state.listen_port) if address else None


def _plan(given: dict[str, Any], ours: _Ours, endpoint: str | None) -> provision.Plan:
    allowed: tuple[Network, ...] = given["allowed_ips"] or provision.hosts(given["peer_address"])
    peer = PeerSettings(ours.public, ours.psk, allowed, endpoint, given["keepalive"])
    return provision.Plan(
        given["address"],
        given["listen_port"],
        peer,
        mtu=given["mtu"],
        underlay=given["underlay"],
        reset=given["reset"],
        replace_key=given["replace_key"],
        former=ours.former,
    )


def _our_file(
    given: dict[str, Any], ours: _Ours, state: BoardState, endpoint: Endpoint | None
) -> str:
    """The text for OUTPUT: a wg-quick file, or one [Peer] if our private key is not known."""
    routed: tuple[Network, ...] = given["routed"] or ()
    if ours.private is None:
        return config.dump_peer(provision.matching_peer(state, ours.psk, endpoint, routed))
    addresses: tuple[Address, ...] = given["peer_address"]
    peer_endpoint = given["peer_endpoint"]
    port = peer_endpoint.port if isinstance(peer_endpoint, Endpoint) else given["peer_port"]
    return config.dump(
        provision.matching_config(ours.private, addresses, port, state, ours.psk, endpoint, routed)
    )


class _OurFile:
    """OUTPUT, written beside its place before the commit and moved there after it.

    Between the two the board may have committed while the answer was lost; then the keys that it
    holds are in neither place but this one, so the file stays.
    """

    def __init__(self, out: Output, path: Path) -> None:
        self._out, self._path = out, path
        self._beside = path.with_name(path.name + ".new")
        self._written = False

    def write(self, text: str) -> None:
        write_secret(self._beside, text, overwrite=True)
        self._written = True

    def __enter__(self) -> _OurFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, *unused: object
    ) -> None:
        if not self._written:
            return
        if kind is None:
            self._beside.replace(self._path)
        elif isinstance(error, CommandRefused) and error.command == provision.COMMIT:
            self._beside.unlink()
        else:
            self._out.warn(f"the board may have committed; its keys are in {self._beside}")


def _check_output(given: dict[str, Any]) -> None:
    """Finds out before the board is changed that the file could not be written."""
    output: Path = given["output"]
    if not output.parent.is_dir():
        raise UsageError(f"{output}: no such directory")
    if output.exists() and not output.is_file():
        raise UsageError(f"{output}: not a file")
    if given["psk_file"] is not None and given["no_psk"]:
        raise UsageError("expected --psk-file or --no-psk, and not both")
    if given["private_key_file"] is not None and given["peer_public_key"] is not None:
        raise UsageError("expected --private-key-file or --peer-public-key, and not both")


@wg_command(
    "provision",
    epilog=examples(
        "wg-host provision --port /dev/ttyACM0 --output board.conf",
        "wg-host provision --address 10.9.0.2/24,fd09::2/64 --peer-address 10.9.0.1/24 \\",
        "    --peer-endpoint vpn.example.org:51820 --keepalive 25 --output board.conf",
        "wg-host provision --port socket://127.0.0.1:4000 --reset --dry-run",
    ),
)
@console_options
@click.option(
    "--address",
    type=ADDRESSES,
    default="10.1.1.50/24",
    show_default=True,
    help="The board's addresses inside the tunnel.",
)
@click.option(
    "--listen-port",
    type=click.IntRange(1, 65535),
    default=LISTEN_PORT,
    show_default=True,
    help="The board's UDP port.",
)
@click.option("--mtu", type=click.IntRange(1280, 1420), help="Of the board's tunnel, in bytes.")
@click.option("--underlay", metavar="NAME|auto", help="The board's interface to send through.")
@click.option(
    "--peer-address",
    type=ADDRESSES,
    default="10.1.1.200/24",
    show_default=True,
    help="Our addresses inside the tunnel.",
)
@click.option(
    "--peer-endpoint",
    type=ENDPOINT_OR_NONE,
    help="Where the board finds our end. Default: this machine, as seen from the board.",
)
@click.option(
    "--peer-port",
    type=click.IntRange(1, 65535),
    default=LISTEN_PORT,
    show_default=True,
    help="Our UDP port, if --peer-endpoint does not say.",
)
@click.option(
    "--allowed-ips",
    type=NETWORKS,
    help="What the board may send to and take from our end. Default: our addresses.",
)
@click.option(
    "--routed", type=NETWORKS, help="AllowedIPs in our file. Default: the board's addresses."
)
@click.option(
    "--board-endpoint", type=ENDPOINT, help="Where our end finds the board. Default: as it says."
)
@click.option(
    "--keepalive",
    type=click.IntRange(0, 65535),
    default=0,
    show_default=True,
    help="Seconds between the board's keepalives; 0 is off. 25 keeps a NAT open.",
)
@click.option(
    "--private-key-file", type=FILE, help="Our private key. Default: kept from OUTPUT, or new."
)
@click.option(
    "--peer-public-key", type=PUBLIC_KEY, help="Our public key alone; OUTPUT is then one [Peer]."
)
@click.option("--psk-file", type=FILE, help="The preshared key. Default: kept from OUTPUT, or new.")
@click.option("--no-psk", is_flag=True, help="No preshared key.")
@click.option("--new-keys", is_flag=True, help="Replace our keys in OUTPUT.")
@click.option("--replace-key", is_flag=True, help="Have the board make a new key.")
@click.option("--reset", is_flag=True, help="Begin with an empty board: no key, no other peers.")
@click.option("--discard-staged", is_flag=True, help="Forget what someone left staged.")
@click.option(
    "--output",
    "-o",
    type=FILE,
    default="board.conf",
    show_default=True,
    help="The wg-quick file of our end, written with mode 0600.",
)
@click.option("--dry-run", is_flag=True, help="Show the commands, change nothing.")
@click.option("-v", "--verbose", is_flag=True, help="Show what is said on the console.")
def command(
    out: Output,
    port: str | None,
    baud: int,
    timeout: float,
    dry_run: bool,
    discard_staged: bool,
    verbose: bool,
    **given: Any,
) -> None:
    """Set a board up over its console, and write the matching file for our end.

    The board makes its own private key unless it has one; the key never leaves it. Settings are
    staged, read back and compared before they are committed, and read back again afterwards.
    """
    _check_output(given)
    trace = out.note if verbose else None
    with open_console(port, baud, timeout, trace) as console:
        board = Board(console)
        before = board.show()
        ours = _our_keys(out, given, given["output"])
        peer_endpoint = _peer_endpoint(given, before)
        plan = _plan(given, ours, peer_endpoint)
        if dry_run:
            provision.check_before(plan, before, discard_staged)
            commands = provision.preview(plan, before, key_is_made=ours.is_made)
            for line in commands:
                out.say(line)
            out.result(dry_run=True, commands=commands)
            return
        if before.entropy == "test":
            out.warn("the board's random source is for tests: its keys are worthless")
        # The staged state does not know where the board is; where it listens, it does.
        located = replace(before, listen_port=plan.listen_port)
        endpoint = _board_endpoint(given, located, peer_endpoint)
        with _OurFile(out, given["output"]) as ours_file:
            after = provision.apply(
                board,
                plan,
                discard_staged=discard_staged,
                note=out.note,
                before_commit=lambda staged: ours_file.write(
                    _our_file(given, ours, staged, endpoint)
                ),
            )
    what = "[Peer] section for" if ours.private is None else "wg-quick file of"
    out.note(f"the {what} our end is in {given['output']}")
    if endpoint is None:
        out.note("it has no Endpoint: the board must start the handshake")
    others = [str(p.public_key) for p in after.peers if p.public_key != ours.public]
    if others:
        out.note(f"the board keeps {len(others)} other peer(s); --reset would remove them")
    out.say(str(after.public_key))
    out.result(
        dry_run=False,
        board=after.board,
        public_key=str(after.public_key),
        address=[str(a) for a in after.addresses],
        listen_port=after.listen_port,
        peer_public_key=str(ours.public),
        peer_endpoint=peer_endpoint,
        board_endpoint=str(endpoint) if endpoint else None,
        other_peers=others,
        output=str(given["output"]),
    )
