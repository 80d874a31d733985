# SPDX-License-Identifier: MIT
"""A wg-quick file in other forms: systemd-networkd's two files, and a QR code for phones."""

from __future__ import annotations

import io
from pathlib import Path

from wg_host import config
from wg_host.config import Config
from wg_host.errors import UsageError
from wg_host.keys import write_secret


def networkd(c: Config, name: str) -> tuple[str, str]:
    """The texts of ``NAME.netdev``, which holds the secrets, and ``NAME.network``
    (systemd.netdev(5), systemd.network(5))."""
    own = c.interface
    netdev = ["[NetDev]", f"Name={name}", "Kind=wireguard"]
    if own.mtu is not None:
        netdev.append(f"MTUBytes={own.mtu}")
    netdev += ["", "[WireGuard]", f"PrivateKey={own.private_key.reveal_base64()}"]
    if own.listen_port is not None:
        netdev.append(f"ListenPort={own.listen_port}")
    # networkd adds no routes for AllowedIPs unless told to.
    netdev.append("RouteTable=main")
    for peer in c.peers:
        netdev += ["", "[WireGuardPeer]", f"PublicKey={peer.public_key}"]
        if peer.preshared_key is not None:
            netdev.append(f"PresharedKey={peer.preshared_key.reveal_base64()}")
        netdev += [f"AllowedIPs={network}" for network in peer.allowed_ips]
        if peer.endpoint is not None:
            netdev.append(f"Endpoint={peer.endpoint}")
        if peer.keepalive:
            netdev.append(f"PersistentKeepalive={peer.keepalive}")
    network = ["[Match]", f"Name={name}", "", "[Network]"]
    network += [f"Address={address}" for address in own.addresses]
    return "\n".join(netdev) + "\n", "\n".join(network) + "\n"


def write_networkd(c: Config, name: str, folder: Path, *, overwrite: bool) -> list[Path]:
    """Writes both files; the one with the secrets has mode 0600."""
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such directory")
    paths = [folder / f"{name}.netdev", folder / f"{name}.network"]
    for path, text in zip(paths, networkd(c, name), strict=True):
        write_secret(path, text, overwrite=overwrite)
    # networkd reads this one without privileges, and it holds no secret.
    paths[1].chmod(0o644)
    return paths


def qr_text(c: Config, *, border: int = 4) -> str:
    """The QR code of the wg-quick text, drawn with half blocks for a terminal."""
    import segno

    drawn = io.StringIO()
    segno.make(config.dump(c), error="l", micro=False).terminal(drawn, compact=True, border=border)
    return drawn.getvalue()


def write_qr(c: Config, path: Path, *, overwrite: bool) -> None:
    """Writes the QR code as SVG, with mode 0600: whoever reads it has the private key."""
    import segno

    if path.suffix.lower() != ".svg":
        raise UsageError(f"{path}: expected a name that ends in .svg")
    code = segno.make(config.dump(c), error="l", micro=False)
    write_secret(path, code.svg_inline(scale=4) + "\n", overwrite=overwrite)
