# SPDX-License-Identifier: MIT
"""A board in Python: the peer under test of ``verify``, with its timers, an inner host that answers
echoes, a console, and on request one thing wrong (``fault``)."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import random
import socket
import threading
import time
from dataclasses import dataclass, replace
from typing import Any

from fakes.settings import Commands, FakePeer, Settings
from wg_host import cookie, messages, packets
from wg_host.config import Config, Interface
from wg_host.config import Peer as PeerConfig
from wg_host.cookie import CookieJar
from wg_host.endpoint import Endpoint
from wg_host.keys import PresharedKey, PrivateKey, PublicKey
from wg_host.messages import Data, Initiation, Response
from wg_host.noise import HandshakeError, InitiatorHandshake, ResponderHandshake, TransportKeys
from wg_host.packets import Inner
from wg_host.peer import Called, CookieStored, Dropped, Established, Event, Packet, Peer
from wg_host.session import Session
from wg_host.verify.lab import Timing

FAST = Timing(rekey_timeout=0.5, keepalive_timeout=0.6, jitter=0.15, answer=2.0, least_quiet=0.06)

_REASONS = (
    ("wrong mac1", "mac1"),
    ("another public key", "unknown_peer"),
    ("timestamp not greater", "timestamp"),
    ("index not in use", "unknown_index"),
    ("data that does not authenticate", "tag"),
    ("already seen", "replay"),
    ("cookie reply", "cookie"),
    ("are too few", "length"),
    ("not the size", "length"),
    ("reserved", "type"),
    ("does not exist", "type"),
)


@dataclass(frozen=True)
class Tunnel:
    """Both ends' keys and addresses."""

    ours: PrivateKey
    boards: PrivateKey
    psk: PresharedKey | None
    our_addresses: tuple[str, ...] = ("10.1.1.200/24", "fd00::200/64")
    board_addresses: tuple[str, ...] = ("10.1.1.50/24", "fd00::50/64")

    @classmethod
    def new(cls, **changes: Any) -> Tunnel:
        made = cls(PrivateKey.generate(), PrivateKey.generate(), PresharedKey.generate())
        return replace(made, **changes)


class _Handshake(InitiatorHandshake):
    """An initiator that, with a fault, does not look at the tag of the response."""

    careless = False

    def consume_response(self, response: Response, psk: PresharedKey) -> TransportKeys:
        try:
            return super().consume_response(response, psk)
        except HandshakeError:
            if not self.careless:
                raise
            return TransportKeys(os.urandom(32), os.urandom(32))


class _WrongMac1Jar(CookieJar):
    """Makes MAC1 wrongly, and believes in it."""

    def macs_for(self, datagram: bytes, now: float) -> tuple[bytes, bytes]:
        _, mac2 = super().macs_for(datagram, now)
        mac1 = self._last_mac1 = os.urandom(16)
        if any(mac2):
            assert self._cookie is not None
            mac2 = cookie.keyed_mac(self._cookie.value, datagram[:-32] + mac1)
        return mac1, mac2


class _ForgetfulJar(CookieJar):
    """Takes cookies and does not use them."""

    def macs_for(self, datagram: bytes, now: float) -> tuple[bytes, bytes]:
        return super().macs_for(datagram, now)[0], bytes(16)


class FakeBoard:
    """Runs in a thread of its own until closed."""

    def __init__(
        self,
        tunnel: Tunnel,
        *,
        fault: str = "",
        timing: Timing = FAST,
        knows_endpoint: bool = True,
        our_port: int = 0,
        mtu: int = 1420,
    ) -> None:
        self.tunnel, self.fault, self.timing, self.mtu = tunnel, fault, timing, mtu
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        psk = PresharedKey.generate() if fault == "other-psk" else tunnel.psk
        self.peer = Peer(tunnel.boards, tunnel.ours.public, psk, mtu=mtu)
        self.peer.check_macs = fault != "ignores-mac1"
        if fault == "bad-mac1":
            self.peer.cookies = _WrongMac1Jar(tunnel.ours.public)
        if fault == "forgets-cookies":
            self.peer.cookies = _ForgetfulJar(tunnel.ours.public)
        self.counters: dict[str, int] = {}
        self.endpoint = ("127.0.0.1", our_port) if knows_endpoint and our_port else None
        self.lock = threading.Lock()
        self._handshake_at: float | None = None
        self._retry_at: float | None = None
        self._unanswered_at: float | None = None
        self._last_handshake = -1e9
        self._greatest: dict[int, int] = {}
        self._last_reply = b""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.commands = self._console()

    def config(self, our_port: int) -> Config:
        """The wg-quick file of our end."""
        parse = ipaddress.ip_interface
        hosts = tuple(ipaddress.ip_network(parse(a).ip) for a in self.tunnel.board_addresses)
        addresses = tuple(parse(a) for a in self.tunnel.our_addresses)
        peer = PeerConfig(
            self.tunnel.boards.public, self.tunnel.psk, hosts, Endpoint("127.0.0.1", self.port)
        )
        return Config(Interface(self.tunnel.ours, addresses, our_port), (peer,))

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(5)
        self._socket.close()

    def __enter__(self) -> FakeBoard:
        self.start()
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()

    def _console(self) -> Commands:
        commands = Commands()
        ours = self.tunnel.ours.public
        hosts = [str(ipaddress.ip_network(ipaddress.ip_interface(a).ip)) for a in self.allowed]
        endpoint = f"127.0.0.1:{self.endpoint[1]}" if self.endpoint else None
        commands.running = Settings(
            private_key=self.tunnel.boards,
            listen_port=self.port,
            address=list(self.tunnel.board_addresses),
            mtu=self.mtu,
            peers=[FakePeer(ours, self.tunnel.psk, endpoint, 0, hosts)],
        )
        commands.staged = commands.running
        commands.up = self.fault != "down"
        commands.on_handshake = lambda key: self.call()
        commands.counters = lambda: dict(self.counters)
        commands.status = self._status
        return commands

    @property
    def allowed(self) -> tuple[str, ...]:
        return self.tunnel.our_addresses

    def _status(self, key: PublicKey) -> dict[str, Any]:
        return {"endpoint": f"127.0.0.1:{self.endpoint[1]}" if self.endpoint else None}

    # Timers

    def call(self) -> None:
        """Starts a handshake now, or when REKEY_TIMEOUT has passed since the last message."""
        if self.fault != "never-calls":
            with self.lock:
                earliest = self._last_handshake + self.timing.rekey_timeout
                self._handshake_at = max(time.monotonic(), earliest)

    def _run(self) -> None:
        self._socket.settimeout(0.005)
        while not self._stop.is_set():
            with self.lock:
                self._timers(time.monotonic())
            try:
                datagram, source = self._socket.recvfrom(65535)
            except (TimeoutError, ConnectionError):
                continue
            if self.fault != "deaf":
                with self.lock:
                    self._receive(datagram, source)

    def _timers(self, now: float) -> None:
        due = [t for t in (self._handshake_at, self._retry_at, self._unanswered_at) if t]
        if not due or min(due) > now or self.endpoint is None:
            return
        if self.fault in ("never-calls", "deaf"):
            return
        self._handshake_at = self._unanswered_at = None
        self._retry_at = now + self.timing.rekey_timeout + random.uniform(0, 0.06)
        self._initiate(now)

    def _initiate(self, now: float) -> None:
        self._last_handshake = now
        datagram = self.peer.initiate(now)
        if self.fault == "takes-any-psk":
            assert self.peer._outstanding is not None
            self.peer._outstanding.__class__ = _Handshake
            _Handshake.careless = True
        self._send(self._spoil(datagram))

    def _spoil(self, datagram: bytes) -> bytes:
        raw = bytearray(datagram)
        if self.fault == "bad-response-mac1" and raw[0] == 2:
            raw[-32] ^= 1
        if self.fault == "garbage-mac2" and not any(raw[-16:]):
            raw[-16:] = os.urandom(16)
        if self.fault == "reserved" and raw[0] == 2:
            raw[2] = 7
        return bytes(raw)

    def _send(self, datagram: bytes) -> None:
        if self.endpoint is not None:
            with contextlib.suppress(OSError):
                self._socket.sendto(datagram, self.endpoint)

    def _count(self, name: str) -> None:
        self.counters[f"drop_{name}"] = self.counters.get(f"drop_{name}", 0) + 1

    # Datagrams

    def _receive(self, datagram: bytes, source: tuple[str, int]) -> None:
        now = time.monotonic()
        event: Event = self.peer.receive(datagram, now)
        if isinstance(event, Dropped):
            self._dropped(event, datagram, source, now)
            return
        if isinstance(event, CookieStored):
            if self.fault == "hurries-after-cookie":
                self._initiate(now)
            return
        if self.fault != "never-roams" or isinstance(event, Called | Established):
            self.endpoint = source
        self._unanswered_at = None
        if isinstance(event, Called):
            self._called(event, now)
        elif isinstance(event, Established):
            self._retry_at = self._handshake_at = None
            if self.fault != "no-confirm":
                self._send(event.session.seal(b"", now))
        elif isinstance(event, Packet):
            self._packet(event, now)

    def _called(self, event: Called, now: float) -> None:
        response, session = self.peer.answer(event, now)
        self._last_handshake = now
        self._send(self._spoil(response))
        if self.fault == "early-data":
            self._send(session.seal(b"", now))
        if self.fault == "early-switch" and self.peer.current is not None:
            self.peer.previous, self.peer.current = self.peer.current, session

    def _dropped(
        self, event: Dropped, datagram: bytes, source: tuple[str, int], now: float
    ) -> None:
        name = next((name for text, name in _REASONS if text in event.reason), "handshake")
        if self.fault != "counts-nothing":
            self._count(name)
        if self.fault == f"roams-on-{name}":
            self.endpoint = source
        if self.fault == f"answers-{name}" and self._last_reply:
            session = self.peer.current
            assert session is not None
            self._socket.sendto(session.seal(self._last_reply, now), source)
        if self.fault == "echoes-replays" and name == "replay":
            message = Data.decode(datagram)
            sessions = self.peer.sessions()
            session = next(s for s in sessions if s.local_index == message.receiver)
            opened = session.open(message, now)
            assert opened is not None
            self._packet(Packet(session, opened.counter, opened.packet, False), now)
        if self.fault == f"responds-to-{name}":
            handshake = ResponderHandshake(self.tunnel.boards, Initiation.decode(datagram))
            response, _, _ = handshake.create_response(77, self.peer.psk)
            mac1 = cookie.mac1(response.encode(), handshake.remote)
            self._socket.sendto(messages.with_macs(response, mac1).encode(), source)
        if self.fault == "psk-spoils" and datagram[0] == messages.RESPONSE:
            self.peer._outstanding = None
            self._retry_at = None

    # The inner host

    def _packet(self, event: Packet, now: float) -> None:
        if event.confirmed:
            self._retry_at = None
            if self.fault == "drops-old-key":
                self.peer.previous = None
        index = event.session.local_index
        late = event.counter < self._greatest.get(index, -1)
        self._greatest[index] = max(event.counter, self._greatest.get(index, -1))
        if late and self.fault == "strict-order":
            self._count("replay")
            return
        inner = packets.read(event.packet) if event.packet else None
        if inner is None:
            return
        allowed = [ipaddress.ip_interface(a).ip for a in self.allowed]
        if inner.source not in allowed and self.fault != "takes-any-source":
            self._count("ecn" if self.fault == "miscounts-source" else "source")
            return
        reply = self._reply(inner)
        session = self.peer.current
        if reply is not None and session is not None:
            self._last_reply = reply
            self._transmit(session, reply, now)

    def _transmit(self, session: Session, reply: bytes, now: float) -> None:
        if self.fault == "unpadded":
            counter = session.next_counter
            session.next_counter += 1
            self._send(session.seal_as(counter, reply + b"\0"))
        else:
            self._send(session.seal(reply, now))
        if self._unanswered_at is None:
            wait = self.timing.keepalive_timeout + self.timing.rekey_timeout
            self._unanswered_at = now + wait + random.uniform(0, 0.06)

    def _reply(self, inner: Inner) -> bytes | None:
        s = packets._scapy()
        payload = inner.payload
        if self.fault == "loses-large" and len(payload) > 1000:
            return None
        if self.fault == "changes-payload" and payload:
            payload = payload[:-1] + bytes([payload[-1] ^ 1])
        if inner.kind == "echo-request":
            ident, seq = inner.numbers
            if inner.source.version == 4:
                back = s.IP(src=str(inner.destination), dst=str(inner.source))
                return bytes(back / s.ICMP(type=0, id=ident, seq=seq) / payload)
            if self.fault == "no-ping6":
                return None
            back = s.IPv6(src=str(inner.destination), dst=str(inner.source))
            return bytes(back / s.EchoReply(id=ident, seq=seq, data=payload))
        if inner.kind == "udp" and inner.numbers[1] == 4242 and self.fault != "no-udp-echo":
            ports = (4242, inner.numbers[0])
            made = packets.udp(inner.destination, inner.source, ports, payload)
            if self.fault == "bad-checksum" and payload:
                header = 20 if inner.source.version == 4 else 40
                wrong = bytes([made[header + 6] ^ 0x55])
                made = made[: header + 6] + wrong + made[header + 7 :]
            return made
        return None
