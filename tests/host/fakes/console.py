# SPDX-License-Identifier: MIT
"""A serial console in Python, behind ``socket://`` or a pseudo-terminal, with faults on request."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import threading
import time
import tty
from collections.abc import Callable
from dataclasses import dataclass, field

from fakes.settings import Commands, Refused

LOG = b"\x1b[1;32m[00:00:01.234] <inf> net: something else\x1b[0m\r\n"


@dataclass
class Faults:
    """What goes wrong. Counts are used up one by one."""

    mute: bool = False
    no_wg: bool = False
    gibberish: bool = False
    echo: bool = True
    log_lines: bool = False
    wrong_crc: int = 0
    lost_answers: int = 0
    damaged_lines: int = 0
    hang_up_on: str = ""
    refuse: dict[str, tuple[int, str]] = field(default_factory=dict)
    # Bytes that the receiver holds; it takes one a millisecond and loses what does not fit.
    ring: int = 0


class FakeConsole:
    """Serves one client at a time until closed. ``lines`` are the commands as they arrived."""

    def __init__(self, commands: Commands | None = None, faults: Faults | None = None) -> None:
        self.commands = commands or Commands()
        self.faults = faults or Faults()
        self.lines: list[str] = []
        self.lost = 0
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._closers: list[Callable[[], None]] = []

    def on_socket(self) -> str:
        """Starts on a loopback port; its URL."""
        server = socket.create_server(("127.0.0.1", 0))
        server.settimeout(0.05)
        self._start(lambda: self._accept(server))
        self._closers.append(server.close)
        return f"socket://127.0.0.1:{server.getsockname()[1]}"

    def on_pty(self) -> str:
        """Starts on a pseudo-terminal; its path."""
        ours, theirs = os.openpty()
        tty.setraw(theirs)
        self._start(lambda: self._serve(ours))
        self._closers += [lambda: os.close(theirs), lambda: os.close(ours)]
        return os.ttyname(theirs)

    def close(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(5)
        for closer in self._closers:
            closer()

    def __enter__(self) -> FakeConsole:
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()

    def _start(self, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, server: socket.socket) -> None:
        while not self._stop.is_set():
            with contextlib.suppress(TimeoutError):
                client, _ = server.accept()
                with client:
                    self._serve(client.fileno())

    def _serve(self, fd: int) -> None:
        line = bytearray()
        while not self._stop.is_set():
            if not select.select([fd], [], [], 0.02)[0]:
                continue
            try:
                data = os.read(fd, 4096)
            except OSError:
                return
            if not data:
                return
            if self.faults.ring:
                self.lost += max(0, len(data) - self.faults.ring)
                data = data[: self.faults.ring]
                time.sleep(len(data) / 1000)
            for value in data:
                if self.faults.echo and not self.faults.mute:
                    self._say(fd, bytes([value]) if value != 13 else b"\r\n")
                if value == 3:
                    line = bytearray()
                    continue
                if value not in (10, 13):
                    line.append(value)
                    continue
                text, line = line.decode("latin-1"), bytearray()
                if not self._execute(fd, text):
                    return

    def _say(self, fd: int, data: bytes) -> None:
        with contextlib.suppress(OSError):
            os.write(fd, data)

    def _execute(self, fd: int, text: str) -> bool:
        faults = self.faults
        if text.strip():
            self.lines.append(text)
        if faults.mute:
            return True
        if faults.gibberish:
            self._say(fd, b"\xfe\x03\x80\x1c~~\x90\r\n")
            return True
        if faults.hang_up_on and faults.hang_up_on in text:
            return False
        if faults.log_lines:
            self._say(fd, LOG)
        if faults.damaged_lines and "wg set" in text:
            faults.damaged_lines -= 1
            text = text.replace("s", "#", 1).replace("set", "s#t")
        for out in self._answer(text):
            if faults.log_lines:
                self._say(fd, LOG + b"\x1b[mlog: ")
            self._say(fd, out.encode("latin-1") + b"\r\n")
        self._say(fd, b"\x1b[1;34mfake:~$ \x1b[m")
        return True

    def _answer(self, text: str) -> list[str]:
        words = text.split()
        seq = words.pop()[1:] if words and words[-1].startswith("@") else None
        if not words:
            return []
        if self.faults.no_wg:
            return [f"{words[0]}: command not found"]
        if self.faults.lost_answers and words[1] != "version":
            self.faults.lost_answers -= 1
            with contextlib.suppress(Refused):
                self.commands.run(words)
            return []
        try:
            for prefix, refusal in self.faults.refuse.items():
                if " ".join(words).startswith(prefix):
                    raise Refused(*refusal)
            lines = self.commands.run(words)
        except Refused as e:
            end = [f"@zwg ERR {seq} {e.errno} {e.text}"] if seq else []
            return [f"error: {e.text}", *end]
        if self.faults.wrong_crc and "--machine" in words:
            self.faults.wrong_crc -= 1
            lines = [line.replace("fake", "fbke") for line in lines]
        return lines + ([f"@zwg OK {seq}"] if seq else [])
