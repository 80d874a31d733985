# SPDX-License-Identifier: MIT
"""A wg-quick file as systemd-networkd's two files (systemd.netdev(5), systemd.network(5)).

What wg-quick(8) does with routes, marks and DNS is said in networkd's words; what networkd has no
words for is named, so that nothing is lost in silence.
"""

from __future__ import annotations

import grp
import ipaddress
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from wg_host.config import Config, Interface, Network, Peer
from wg_host.errors import AccessDenied, FileExists, UsageError
from wg_host.keys import write_secret

GROUP = "systemd-network"
# The mark and the table that wg-quick takes for a default route if FwMark names none.
DEFAULT_MARK = 51820
# The tables default, main and local (rtnetlink(7)), which cannot be the tunnel's own.
_SYSTEM_TABLES = {"default": 253, "main": 254, "local": 255}
# Where the kernel puts the two rules of wg-quick, before its own rule for main, 32766.
_PRIORITY_MAIN, _PRIORITY_TUNNEL = 32764, 32765
_HOOKS = ("PreUp", "PostUp", "PreDown", "PostDown")


@dataclass(frozen=True)
class Files:
    """The texts of ``NAME.netdev``, which holds the secrets, and ``NAME.network``; ``remarks``
    says what of the wg-quick file is in neither."""

    netdev: str = field(repr=False)
    network: str
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class _Routing:
    """``table`` of the allowed IPs; ``mark`` of the outer packets, 0 for none; ``defaults`` are the
    IP versions whose default route is in ``own_table``, with rules that lead to it."""

    table: str
    mark: int
    own_table: int = 0
    defaults: tuple[int, ...] = ()


def _values(own: Interface, name: str) -> list[str]:
    return [value for key, value in own.passed_on if key == name]


def _table(text: str) -> str:
    """As ``RouteTable=`` takes it: a number in decimal, or a name."""
    try:
        number = int(text, 0)
    except ValueError:
        return text
    if not 1 <= number <= 0xFFFFFFFF:
        raise UsageError(f"Table = {text}: expected auto, off, a name, or 1 to 4294967295")
    return str(number)


def _is_default(network: Network) -> bool:
    return network.prefixlen == 0


def _routing(c: Config) -> _Routing:
    marks = _values(c.interface, "FwMark")
    mark = int(marks[-1], 0) if marks and marks[-1] != "off" else 0
    table = (_values(c.interface, "Table") or ["auto"])[-1]
    if table != "auto":
        return _Routing(_table(table), mark)
    networks = [network for peer in c.peers for network in peer.allowed_ips]
    defaults = tuple(sorted({n.version for n in networks if _is_default(n)}))
    if not defaults:
        return _Routing("main", mark)
    mark = mark or DEFAULT_MARK
    own_table = DEFAULT_MARK if mark in _SYSTEM_TABLES.values() else mark
    return _Routing("main", mark, own_table, defaults)


def _netdev(c: Config, name: str, routing: _Routing) -> list[str]:
    own = c.interface
    lines = ["[NetDev]", f"Name={name}", "Kind=wireguard"]
    if own.mtu is not None:
        lines.append(f"MTUBytes={own.mtu}")
    lines += ["", "[WireGuard]", f"PrivateKey={own.private_key.reveal_base64()}"]
    if own.listen_port is not None:
        lines.append(f"ListenPort={own.listen_port}")
    if routing.mark:
        lines.append(f"FirewallMark={routing.mark}")
    # networkd adds no routes for AllowedIPs unless told to.
    lines.append(f"RouteTable={routing.table}")
    for peer in c.peers:
        lines += ["", *_peer(peer, routing)]
    return lines


def _leads_out(peer: Peer, routing: _Routing) -> bool:
    """Whether the peer's allowed IPs are in the tunnel's own table."""
    return bool(routing.defaults) and any(map(_is_default, peer.allowed_ips))


def _peer(peer: Peer, routing: _Routing) -> list[str]:
    lines = ["[WireGuardPeer]", f"PublicKey={peer.public_key}"]
    if peer.preshared_key is not None:
        lines.append(f"PresharedKey={peer.preshared_key.reveal_base64()}")
    lines += [f"AllowedIPs={network}" for network in peer.allowed_ips]
    if _leads_out(peer, routing):
        lines.append(f"RouteTable={routing.own_table}")
    if peer.endpoint is not None:
        lines.append(f"Endpoint={peer.endpoint}")
    if peer.keepalive:
        lines.append(f"PersistentKeepalive={peer.keepalive}")
    return lines


def _dns(own: Interface) -> list[str]:
    """Servers and search domains, told apart as wg-quick does. All queries go to the servers."""
    servers: list[str] = []
    domains: list[str] = []
    words = re.split(r"[,\s]+", ",".join(_values(own, "DNS")))
    for word in filter(None, words):
        try:
            ipaddress.ip_address(word)
        except ValueError:
            if ":" in word or re.fullmatch(r"[0-9.]+", word):
                raise UsageError(f"DNS: '{word}': expected an address or a domain") from None
            domains.append(word)
        else:
            servers.append(word)
    if servers and "~." not in domains:
        domains.append("~.")
    lines = [f"DNS={server}" for server in servers]
    return [*lines, f"Domains={' '.join(domains)}"] if domains else lines


def _network(c: Config, name: str, routing: _Routing) -> list[str]:
    lines = ["[Match]", f"Name={name}", "", "[Network]"]
    lines += [f"Address={address}" for address in c.interface.addresses]
    lines += _dns(c.interface)
    for peer in c.peers:
        # The table of a peer holds for all its allowed IPs; but these wg-quick has in main.
        narrow = [n for n in peer.allowed_ips if not _is_default(n)]
        for network in narrow if _leads_out(peer, routing) else []:
            lines += ["", "[Route]", f"Destination={network}"]
    if routing.defaults:
        family = "both" if len(routing.defaults) == 2 else f"ipv{routing.defaults[0]}"
        lines += ["", "[RoutingPolicyRule]", f"Family={family}", f"Priority={_PRIORITY_MAIN}"]
        lines += ["Table=main", "SuppressPrefixLength=0"]
        lines += ["", "[RoutingPolicyRule]", f"Family={family}", f"Priority={_PRIORITY_TUNNEL}"]
        lines += [f"FirewallMark={routing.mark}", "InvertRule=yes", f"Table={routing.own_table}"]
    return lines


def _remarks(own: Interface, routing: _Routing) -> list[str]:
    said = []
    hooks = [name for name in _HOOKS if _values(own, name)]
    if hooks:
        said.append(f"left out: {', '.join(hooks)}; networkd runs no commands")
    if _values(own, "SaveConfig")[-1:] == ["true"]:
        said.append("left out: SaveConfig; networkd does not write its files")
    if not (routing.table in {"off", *_SYSTEM_TABLES} or routing.table.isdigit()):
        said.append(
            f"Table = {routing.table}: networkd knows names only from RouteTable= in "
            "networkd.conf(5)"
        )
    if 4 in routing.defaults:
        said.append(
            "left out: for 0.0.0.0/0 wg-quick also sets net.ipv4.conf.all.src_valid_mark=1, which "
            "a strict rp_filter needs; sysctl.d(5) can"
        )
    if routing.defaults:
        said.append(
            "left out: for a default route wg-quick also makes a firewall that drops what comes "
            "to the tunnel's addresses from elsewhere"
        )
    return said


def convert(c: Config, name: str) -> Files:
    """Both files for the interface @p name; UsageError if a value of the wg-quick file is wrong."""
    routing = _routing(c)
    return Files(
        "\n".join(_netdev(c, name, routing)) + "\n",
        "\n".join(_network(c, name, routing)) + "\n",
        tuple(_remarks(c.interface, routing)),
    )


def _give_to_networkd(path: Path) -> str | None:
    """Has networkd's group read the file, mode 0640; or says what is left to do for that."""
    try:
        os.chown(path, -1, grp.getgrnam(GROUP).gr_gid)
        path.chmod(0o640)
    except (KeyError, OSError):
        return (
            f"{path}: networkd, which runs as the user {GROUP}, cannot read it yet; as root, where "
            f"it is used: chown root:{GROUP} {path} && chmod 640 {path}"
        )
    return None


def write(c: Config, name: str, folder: Path, *, overwrite: bool) -> tuple[list[Path], list[str]]:
    """Writes both files, into a folder that is made if its parent is there; their paths, and
    remarks. The one with the secrets is for root and networkd's group alone, or has mode 0600 if
    it cannot be given to that group."""
    files = convert(c, name)
    try:
        folder.mkdir(exist_ok=True)
    except FileExistsError:
        raise UsageError(f"{folder}: not a directory") from None
    except FileNotFoundError:
        raise UsageError(f"{folder}: no such directory") from None
    except PermissionError:
        raise AccessDenied(f"{folder}: permission denied") from None
    paths = [folder / f"{name}.netdev", folder / f"{name}.network"]
    for path in paths:
        if path.exists() and not overwrite:
            raise FileExists(f"{path}: exists already", "--force overwrites it")
    for path, text in zip(paths, (files.netdev, files.network), strict=True):
        write_secret(path, text, overwrite=overwrite)
    # networkd reads this one without privileges, and it holds no secret.
    paths[1].chmod(0o644)
    left = _give_to_networkd(paths[0])
    return paths, [*files.remarks, *([left] if left else [])]
