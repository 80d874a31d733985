# SPDX-License-Identifier: MIT
"""The programs under test, each driven in its own way: a file, a socket, a console."""

from __future__ import annotations

import os
import random
import re
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from itertools import count
from pathlib import Path

from wg_host.board import Board, BoardState
from wg_host.console import Console
from wg_host.errors import PortBusy
from wg_host.keys import PresharedKey, PrivateKey, PublicKey

from live.netns import Namespace
from live.programs import guarded, program, start
from rig.programs import Process, wait_for
from rig.sim import INSIDE_V4, INSIDE_V6, PEER_V4, PEER_V6, Sim

PORT = 51820
UAPI = Path("/var/run/wireguard")
_numbers = count()


def interface_name() -> str:
    """One that no other test on this machine has; at most 15 characters."""
    return f"zp{os.getpid()}x{next(_numbers)}"


@dataclass(frozen=True)
class PeerConfig:
    """A peer of the program under test."""

    public: PublicKey
    psk: PresharedKey | None = None
    allowed: tuple[str, ...] = (f"{PEER_V4}/32", f"{PEER_V6}/128")
    endpoint: tuple[str, int] | None = None
    keepalive: int = 0

    @property
    def endpoint_text(self) -> str:
        assert self.endpoint is not None
        host, port = self.endpoint
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


@dataclass(frozen=True)
class Config:
    """What a program is told."""

    private: PrivateKey
    peers: tuple[PeerConfig, ...] = ()
    mtu: int = 1420
    addresses: tuple[str, ...] = (f"{INSIDE_V4}/24", f"{INSIDE_V6}/64")
    # Where the simulated board is; the others listen on all addresses.
    host: str = "127.0.0.1"
    port: int = PORT

    def wgquick(self, *, addresses: bool = True) -> str:
        """The file that wg-quick(8) reads; without addresses the one for wg(8)."""
        lines = ["[Interface]", f"PrivateKey = {self.private.reveal_base64()}"]
        lines.append(f"ListenPort = {self.port}")
        if addresses:
            lines += [f"Address = {', '.join(self.addresses)}", f"MTU = {self.mtu}"]
        for peer in self.peers:
            lines += ["[Peer]", f"PublicKey = {peer.public}"]
            if peer.psk is not None:
                lines.append(f"PresharedKey = {peer.psk.reveal_base64()}")
            lines.append(f"AllowedIPs = {', '.join(peer.allowed)}")
            if peer.endpoint is not None:
                lines.append(f"Endpoint = {peer.endpoint_text}")
            if peer.keepalive:
                lines.append(f"PersistentKeepalive = {peer.keepalive}")
        return "\n".join(lines) + "\n"


@dataclass
class Target:
    """A program in a namespace; it can be stopped, killed and started again."""

    ns: Namespace
    directory: Path
    config: Config
    interface: str = field(default_factory=interface_name, init=False)
    process: Process | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.prepare()

    def prepare(self) -> None:
        """What a program needs once, before its first start."""

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self) -> None:
        raise NotImplementedError

    def kill(self) -> None:
        """As a power failure."""
        assert self.process is not None
        self.process.kill()

    def stop(self) -> None:
        """Ends it; a program of ours must end well, whatever it was through."""
        raise NotImplementedError

    def initiate(self, peer: PeerConfig) -> None:
        """Makes it start a handshake: it has an inner packet to send."""
        self.say(b"hello")

    def say(self, payload: bytes, to: str = PEER_V4, tos: int = 0) -> None:
        """It sends a UDP packet to port 9 inside the tunnel."""
        family = socket.AF_INET6 if ":" in to else socket.AF_INET
        with self.ns.open(family, socket.SOCK_DGRAM) as sock:
            if tos and family == socket.AF_INET:
                sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, tos)
            sock.sendto(payload, (to, 9))

    def change(self, config: Config) -> None:
        """Other settings, without a restart."""
        raise NotImplementedError

    def forget_key(self) -> None:
        """Takes the private key away."""
        raise NotImplementedError

    def x25519(self) -> int | None:
        """Scalar multiplications so far, where the program counts them."""
        return None


class UapiTarget(Target):
    """A program that is told of changes at a socket, in the configuration protocol
    (https://www.wireguard.com/xplatform/)."""

    @property
    def uapi(self) -> Path:
        return UAPI / f"{self.interface}.sock"

    def _peer(self, peer: PeerConfig) -> list[str]:
        lines = [f"public_key={peer.public.raw.hex()}"]
        if peer.psk is not None:
            lines.append(f"preshared_key={peer.psk.reveal().hex()}")
        if peer.endpoint is not None:
            lines.append(f"endpoint={peer.endpoint_text}")
        lines.append("replace_allowed_ips=true")
        lines += [f"allowed_ip={allowed}" for allowed in peer.allowed]
        lines.append(f"persistent_keepalive_interval={peer.keepalive}")
        return lines

    def _ask(self, question: str) -> str:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.connect(str(self.uapi))
            sock.sendall(question.encode())
            answer = b""
            while not answer.endswith(b"\n\n"):
                more = sock.recv(65536)
                assert more, answer
                answer += more
        assert b"errno=0" in answer, answer
        return answer.decode()

    def set(self, *lines: str) -> None:
        """One set operation."""
        self._ask("\n".join(("set=1", *lines)) + "\n\n")

    def get(self) -> str:
        """All it says of itself."""
        return self._ask("get=1\n\n")

    def _listening(self) -> bool:
        try:
            self.get()
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        return True

    def change(self, config: Config) -> None:
        if config.private != self.config.private:
            self.set(f"private_key={config.private.reveal().hex()}")
        if config.peers != self.config.peers:
            self.set(*(line for peer in config.peers for line in self._peer(peer)))
        self.config = config

    def forget_key(self) -> None:
        self.set("private_key=" + "00" * 32)


class ZwgLinux(UapiTarget):
    """Ours: it starts with a wg-quick file, and is told of changes at its socket."""

    def start(self) -> None:
        path = self.directory / f"{self.interface}.conf"
        path.touch(mode=0o600)
        path.write_text(self.config.wgquick())
        log = self.directory / "zwg-linux.log"
        self.process = start(self.ns, [program("zwg-linux"), "-c", path], log)
        wait_for(self._up, 20, "zwg-linux is up")

    def _up(self) -> bool:
        assert self.process is not None
        assert self.process.running(), self.process.errors()
        said = self.process.errors().rpartition("stopped")[2]
        return "UDP port" in said and self._listening()

    def kill(self) -> None:
        super().kill()
        with (self.directory / "zwg-linux.log").open("a") as log:
            log.write("stopped by SIGKILL\n")

    def stop(self) -> None:
        if self.process is None or not self.process.running():
            return
        status = self.process.stop()
        self.process.assert_clean()
        assert status == 0, self.process.errors()


class WireguardGo(UapiTarget):
    """The reference in user space, driven by its socket alone.

    It has one processor: with two, its two handshake workers can take a response and an initiation
    of the same peer at once, and mix them up in a session that hears nothing for 15 s.
    """

    def start(self) -> None:
        log = self.directory / "wireguard-go.log"
        one = random.choice(sorted(os.sched_getaffinity(0)))
        command = ["taskset", "--cpu-list", str(one), "wireguard-go", "-f", self.interface]
        self.process = start(self.ns, command, log, LOG_LEVEL="silent")
        wait_for(self._listening, 20, "wireguard-go is up")
        self.set(
            f"private_key={self.config.private.reveal().hex()}", f"listen_port={self.config.port}"
        )
        self.set(*(line for peer in self.config.peers for line in self._peer(peer)))
        for address in self.config.addresses:
            nodad = ["nodad"] if ":" in address else []
            self.ns.ip("address", "add", address, "dev", self.interface, *nodad)
        self.ns.ip("link", "set", self.interface, "up", "mtu", str(self.config.mtu))
        for peer in self.config.peers:
            for allowed in peer.allowed:
                network = str(ip_network(allowed, strict=False))
                self.ns.ip("route", "replace", network, "dev", self.interface)
        # It goes up when it hears from the kernel that the interface did; until then, packets are
        # dropped.
        wait_for(lambda: self.ns.bound(self.config.port), 20, "wireguard-go has its socket")
        self.get()

    def kill(self) -> None:
        super().kill()
        self.uapi.unlink(missing_ok=True)

    def stop(self) -> None:
        if self.process is not None and self.process.running():
            self.process.stop()
        self.uapi.unlink(missing_ok=True)


class _Sim(Sim):
    def command(self, *more: str) -> list[str | Path]:
        return guarded(super().command(*more))


class ZwgSim(Target):
    """Ours, as a simulated board with its console. Behind it is a host that answers echo requests
    and sends nothing of its own accord."""

    def prepare(self) -> None:
        host = f"[{self.config.host}]" if ":" in self.config.host else self.config.host
        self.sim = _Sim(self.directory, udp=f"{host}:{self.config.port}")
        self._told = False

    def start(self) -> None:
        with self.ns.entered():
            self.sim.start()
        self.process = self.sim.process
        if not self._told:
            self._told = True
            self._console(*self._commands(self.config), "wg commit")

    def _open(self) -> Console:
        # A child of another thread holds the lock of our last opening until it execs.
        deadline = time.monotonic() + 2
        while True:
            try:
                return self.sim.open()
            except PortBusy:
                if time.monotonic() > deadline:
                    raise
                settle(0.05)

    def _console(self, *lines: str) -> list[str]:
        with self._open() as console:
            return [line for command in lines for line in console.command(command)]

    def _state(self) -> BoardState:
        with self._open() as console:
            return Board(console).show()

    def _commands(self, config: Config) -> list[str]:
        lines = [f"wg set private-key {config.private.reveal_base64()}"]
        addresses = ",".join(config.addresses)
        lines.append(f"wg set listen-port {config.port} address {addresses} mtu {config.mtu}")
        for peer in config.peers:
            psk = peer.psk.reveal_base64() if peer.psk is not None else "none"
            endpoint = peer.endpoint_text if peer.endpoint is not None else "none"
            lines.append(f"wg set peer {peer.public} preshared-key {psk} endpoint {endpoint}")
            lines.append(
                f"wg set peer {peer.public} allowed-ips {','.join(peer.allowed)} "
                f"persistent-keepalive {peer.keepalive or 'off'}"
            )
        return lines

    def change(self, config: Config) -> None:
        self._console(*self._commands(config), "wg commit")
        self.config = config

    def initiate(self, peer: PeerConfig) -> None:
        self._console(f"wg handshake {peer.public}")

    def say(self, payload: bytes, to: str = PEER_V4, tos: int = 0) -> None:
        raise NotImplementedError("the simulated board only answers")

    def revert(self) -> None:
        """Forgets settings that were refused."""
        self._console("wg revert")

    def forget_key(self) -> None:
        self._console("wg reset confirm", "wg commit")

    def x25519(self) -> int | None:
        return self._state().counters.get("x25519", 0)

    def counters(self) -> dict[str, int]:
        """Every counter that is not 0."""
        return dict(self._state().counters)

    def stop(self) -> None:
        if self.process is not None and self.process.running():
            self.sim.stop()


TARGETS: dict[str, type[Target]] = {
    "wireguard-go": WireguardGo,
    "zwg-linux": ZwgLinux,
    "zwg-sim": ZwgSim,
}


def memory(pid: int, what: str) -> int:
    """VmRSS, VmData or another figure of a process, in KiB (proc(5))."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(rf"^{what}:\s+(\d+) kB", status, re.MULTILINE)
    assert found
    return int(found[1])


def with_peer(config: Config, number: int, **changes: object) -> Config:
    """The same settings with other ones of a peer."""
    peers: Sequence[PeerConfig] = config.peers
    changed = replace(peers[number], **changes)  # type: ignore[arg-type]
    return replace(config, peers=(*peers[:number], changed, *peers[number + 1 :]))


def settle(seconds: float) -> None:
    """Real time must pass."""
    time.sleep(seconds)
