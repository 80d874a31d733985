# SPDX-License-Identifier: MIT
"""Ends of a tunnel: zwg-linux, and wireguard-go as the peer that others wrote."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from wg_host.keys import PresharedKey, PrivateKey

from rig.netns import Machine, Wire
from rig.programs import Process, program, wait_for


@dataclass
class End:
    """One end: its keys, and its addresses inside."""

    machine: Machine
    interface: str
    port: int
    v4: str
    v6: str
    key: PrivateKey = field(default_factory=PrivateKey.generate)
    process: Process | None = None

    def inner(self, version: int) -> str:
        """The address inside the tunnel."""
        return self.v4 if version == 4 else self.v6

    def endpoint(self, version: int) -> str:
        host = self.machine.outer(version)
        return f"{host}:{self.port}" if version == 4 else f"[{host}]:{self.port}"


def ends(wire: Wire) -> tuple[End, End]:
    """The two ends of a tunnel along @p wire."""
    return (
        End(wire.a, f"{wire.tag}A", 51001, "10.99.0.1", "fd99::1"),
        End(wire.b, f"{wire.tag}B", 51002, "10.99.0.2", "fd99::2"),
    )


def wg_quick(
    own: End, other: End, *, psk: PresharedKey | None, endpoint: str | None, extra: str = ""
) -> str:
    """The file for one end; @p extra goes to the end of [Interface]."""
    lines = [
        "[Interface]",
        f"PrivateKey = {own.key.reveal_base64()}",
        f"ListenPort = {own.port}",
        f"Address = {own.v4}/24, {own.v6}/64",
        extra,
        "[Peer]",
        f"PublicKey = {other.key.public}",
        f"AllowedIPs = {other.v4}/32, {other.v6}/128",
    ]
    if psk is not None:
        lines.append(f"PresharedKey = {psk.reveal_base64()}")
    if endpoint is not None:
        lines.append(f"Endpoint = {endpoint}")
    return "\n".join(lines) + "\n"


def write_private(path: Path, text: str) -> Path:
    """A file of mode 0600."""
    path.touch(mode=0o600)
    path.write_text(text)
    return path


def start_zwg(end: End, directory: Path, conf: str, **env: str) -> Process:
    """Starts zwg-linux and waits until its interface is up."""
    file = write_private(directory / f"{end.interface}.conf", conf)
    log = directory / f"{end.interface}.log"
    log.unlink(missing_ok=True)
    process = end.process = Process(
        end.machine.command(program("zwg-linux"), "-c", file), log, **env
    )
    wait_for(lambda: "UDP port" in process.errors() or not process.running(), 20, "zwg-linux is up")
    assert process.running(), process.errors()
    return process


def start_wireguard_go(
    end: End,
    directory: Path,
    other: End,
    *,
    psk: PresharedKey | None,
    endpoint: str | None,
) -> Process:
    """Starts wireguard-go and configures it with wg."""
    machine = end.machine
    end.process = Process(
        machine.command("wireguard-go", "-f", end.interface),
        directory / f"{end.interface}.log",
        LOG_LEVEL="verbose",
    )
    socket = Path("/var/run/wireguard") / f"{end.interface}.sock"
    wait_for(socket.exists, 20, "wireguard-go is up")
    words = ["wg", "set", end.interface, "listen-port", str(end.port)]
    words += ["private-key", str(write_private(directory / "key", end.key.reveal_base64()))]
    words += ["peer", str(other.key.public), "allowed-ips", f"{other.v4}/32,{other.v6}/128"]
    if psk is not None:
        file = write_private(directory / "psk", psk.reveal_base64())
        words += ["preshared-key", str(file)]
    if endpoint is not None:
        words += ["endpoint", endpoint]
    machine.run(*words)
    machine.ip("addr", "add", f"{end.v4}/24", "dev", end.interface)
    machine.ip("addr", "add", f"{end.v6}/64", "dev", end.interface, "nodad")
    machine.ip("link", "set", end.interface, "mtu", "1420", "up")
    return end.process


def wg_show(end: End, what: str) -> str:
    """What wg says of wireguard-go's only peer."""
    return end.machine.run("wg", "show", end.interface, what).split("\t")[-1].strip()


@dataclass(frozen=True)
class Tunnel:
    """zwg-linux at one end, something else at the other."""

    wire: Wire
    zwg: End
    other: End
    psk: PresharedKey | None


MakeTunnel = Callable[..., Tunnel]


def build_tunnel(
    wire: Wire,
    directory: Path,
    other: str = "wireguard-go",
    outer: int = 4,
    psk: bool = True,
    calls: str = "both",
    extra: str = "",
) -> Tunnel:
    """The tunnel; @p calls says who knows the other's endpoint: zwg, other, or both."""
    ours, theirs = ends(wire)
    key = PresharedKey.generate() if psk else None
    our_endpoint = theirs.endpoint(outer) if calls != "other" else None
    their_endpoint = ours.endpoint(outer) if calls != "zwg" else None
    conf = wg_quick(ours, theirs, psk=key, endpoint=our_endpoint, extra=extra)
    start_zwg(ours, directory, conf)
    if other == "zwg-linux":
        start_zwg(theirs, directory, wg_quick(theirs, ours, psk=key, endpoint=their_endpoint))
    else:
        start_wireguard_go(theirs, directory, ours, psk=key, endpoint=their_endpoint)
    return Tunnel(wire, ours, theirs, key)


def take_down(tunnel: Tunnel) -> None:
    """Stops both ends; zwg-linux with exit status 0."""
    for end in (tunnel.zwg, tunnel.other):
        assert end.process is not None
        status = end.process.stop()
        end.process.assert_clean()
        if "zwg-linux" in " ".join(end.process.command):
            assert status == 0, end.process.errors()
            assert not end.machine.has_interface(end.interface)
