# SPDX-License-Identifier: MIT
"""The board's console as a reliable channel (docs/console.rst).

A real serial line echoes, carries log messages in between, colours them, loses a byte now and
then, and its receiver has room for few bytes. So each command carries a sequence number, is written
in small pieces that wait for their echo, and is sent again when no answer with its number comes.
"""

from __future__ import annotations

import json
import random
import re
import time
import zlib
from collections.abc import Callable
from typing import Any

import serial

from wg_host.errors import (
    AnswerGarbled,
    AnswerTimeout,
    CommandRefused,
    NoPrompt,
    PortLost,
    UsageError,
)
from wg_host.serialport import BAUD, open_port

MAX_LINE = 255
# Zephyr's shell receives into 64 bytes by default; a piece must fit beside what it still chews on.
PIECE = 16
# How long to wait for the echo of a piece, in seconds, before going on without it.
ECHO_WAIT = 0.03

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[@-Z\\-_])")
_RESULT = re.compile(r"@zwg (?:(OK) (\d+)|ERR (\d+) (\d+) (.*))\s*$")
_OBJECT = re.compile(r"@zwg (\{.*\}) ([0-9a-f]{8})\s*$")
_SECRET_WORD = re.compile(r"\b((?:private|preshared)-key\s+)(?!none\b)\S+")

Trace = Callable[[str], None]


def plain(text: str) -> str:
    """The text without ANSI escape sequences and other control characters."""
    return "".join(c for c in _ANSI.sub("", text) if c.isprintable() or c == "\t")


def hide_secrets(text: str) -> str:
    """The text with the words after ``private-key`` and ``preshared-key`` hidden."""
    return _SECRET_WORD.sub(r"\1(hidden)", text)


class Console:
    """Commands to a board and their answers.

    ``timeout`` is in seconds and for one answer; ``attempts`` is how often a command is sent before
    that counts as final. ``trace`` is told each line sent and received, secrets hidden.
    """

    def __init__(
        self,
        port: serial.Serial,
        *,
        timeout: float = 3.0,
        attempts: int = 3,
        trace: Trace | None = None,
    ) -> None:
        self._port, self._timeout, self._attempts = port, timeout, attempts
        self._trace = trace or (lambda line: None)
        self._buffer = b""
        self._seq = random.randrange(1, 2**31)

    @classmethod
    def open(
        cls, port: str, baud: int = BAUD, *, timeout: float = 3.0, trace: Trace | None = None
    ) -> Console:
        """Opens the port and waits until the board answers; the errors of the tree."""
        console = cls(open_port(port, baud), timeout=timeout, trace=trace)
        try:
            console.sync()
        except BaseException:
            console.close()
            raise
        return console

    def close(self) -> None:
        """Closes the port; commands are no longer possible."""
        self._port.close()

    def __enter__(self) -> Console:
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()

    @property
    def name(self) -> str:
        """The port's name."""
        return str(self._port.name)

    def sync(self) -> None:
        """Waits for a board that answers ``wg version``; NoPrompt says what came instead."""
        heard = ""
        deadline = time.monotonic() + self._timeout
        while time.monotonic() < deadline:
            # Ctrl-C first: what someone left half typed must not be carried out.
            self._write(b"\x03\r")
            heard += self._drain(0.03)
            left = deadline - time.monotonic()
            try:
                self._once("wg version", max(0.3, min(1.0, left)))
                return
            except AnswerTimeout as e:
                heard += str(e.__cause__ or "")
            except CommandRefused:
                return
        raise self._silence(heard)

    def _silence(self, heard: str) -> NoPrompt:
        waited = f"no prompt on {self.name} within {self._timeout:g} s"
        if not heard.strip():
            return NoPrompt(
                f"{waited}: the board says nothing",
                "is it powered, and is this its console? press its reset button and try again",
            )
        if "not found" in heard:
            return NoPrompt(
                f"{waited}: its shell does not know 'wg'", "flash the zwg firmware first"
            )
        return NoPrompt(
            f"{waited}: something speaks there, but does not answer 'wg version'",
            "is the baud rate right? 'wg-host monitor' shows what it says",
        )

    def command(self, line: str, timeout: float | None = None) -> list[str]:
        """Sends a command and returns the lines before its ``@zwg OK``, log lines included.

        @p timeout in seconds, if not the console's. CommandRefused if the board answers with an
        error twice, since a line that arrives damaged is refused too; AnswerTimeout when no attempt
        is answered.
        """
        refused: CommandRefused | None = None
        silent: AnswerTimeout | None = None
        for _ in range(self._attempts):
            try:
                return self._once(line, timeout or self._timeout)
            except CommandRefused as e:
                if refused is not None:
                    raise
                refused = e
            except AnswerTimeout as e:
                silent = e
        raise refused or silent or AssertionError

    def ask(self, line: str) -> dict[str, Any]:
        """Sends a command whose answer is ``@zwg {json} CRC`` and returns the object; asks again
        when the CRC is wrong, and gives up with AnswerGarbled."""
        fault = "no object in its answer"
        for _ in range(self._attempts):
            for text in self.command(line):
                found = _OBJECT.search(text)
                if found is None:
                    continue
                if f"{zlib.crc32(found.group(1).encode('latin-1')):08x}" != found.group(2):
                    fault = "its checksum is wrong"
                    continue
                try:
                    answer = json.loads(found.group(1))
                except ValueError:
                    fault = "it is not JSON"
                    continue
                if isinstance(answer, dict):
                    return answer
        raise AnswerGarbled(
            f"'{line}' was answered {self._attempts} times, but {fault}",
            "is the line noisy, or the firmware of another version?",
        )

    def _once(self, line: str, timeout: float) -> list[str]:
        self._seq = (self._seq + 1) % 2**32
        text = f"{line} @{self._seq}"
        if len(text) > MAX_LINE or not text.isascii() or not text.isprintable():
            raise UsageError(f"not a command line of at most {MAX_LINE} ASCII characters")
        self._trace("> " + hide_secrets(text))
        self._write(text.encode("ascii") + b"\r")
        lines: list[str] = []
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            for got in self._lines():
                self._trace("< " + hide_secrets(got))
                found = _RESULT.search(got)
                if found is None:
                    lines.append(got)
                elif found.group(2) is not None:
                    if int(found.group(2)) == self._seq:
                        return lines
                elif int(found.group(3)) == self._seq:
                    shown = hide_secrets(line)
                    raise CommandRefused(shown, int(found.group(4)), hide_secrets(found.group(5)))
            self._read()
        rest = hide_secrets(" ".join([*lines, plain(self._buffer.decode("latin-1"))]))
        raise AnswerTimeout(
            f"no answer to '{hide_secrets(line)}' within {timeout:g} s",
            "is the board busy, or has it restarted?",
        ) from (Exception(rest) if rest.strip() else None)

    def _write(self, data: bytes) -> None:
        for start in range(0, len(data), PIECE):
            piece = data[start : start + PIECE]
            try:
                self._port.write(piece)
                self._port.flush()
            except OSError as e:
                raise self._lost() from e
            wanted = len(self._buffer) + len(piece)
            deadline = time.monotonic() + ECHO_WAIT
            while len(self._buffer) < wanted and time.monotonic() < deadline:
                self._read()

    def _read(self) -> None:
        try:
            self._buffer += self._port.read(max(1, self._port.in_waiting))
        except OSError as e:
            raise self._lost() from e

    def _lost(self) -> PortLost:
        return PortLost(f"{self.name}: the port went away", "was the board unplugged?")

    def _drain(self, seconds: float) -> str:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self._read()
        text, self._buffer = self._buffer.decode("latin-1"), b""
        return plain(text)

    def _lines(self) -> list[str]:
        *whole, self._buffer = re.split(rb"[\r\n]", self._buffer)
        return [text for text in (plain(line.decode("latin-1")) for line in whole) if text.strip()]
