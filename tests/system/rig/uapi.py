# SPDX-License-Identifier: MIT
"""zwg-linux driven from outside: its Unix socket, spoken to directly or by wg(8)."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from wg_host.keys import PresharedKey, PrivateKey

from rig import refuse
from rig.netns import Machine, run
from rig.programs import Process, program, wait_for

DIRECTORY = Path("/var/run/wireguard")


def socket_path(interface: str) -> Path:
    return DIRECTORY / f"{interface}.sock"


def served(interface: str) -> bool:
    """Does somebody answer at the interface's socket?"""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        return probe.connect_ex(str(socket_path(interface))) == 0


def hex_key(key: PrivateKey | PresharedKey) -> str:
    """A secret as the interface writes it."""
    return key.reveal().hex()


class Connection:
    """One connection to an interface."""

    def __init__(self, interface: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(str(socket_path(interface)))
        self.socket.settimeout(60)
        self._rest = b""

    def send(self, text: str | bytes) -> None:
        self.socket.sendall(text.encode() if isinstance(text, str) else text)

    def answer(self) -> str:
        """The next answer, with its empty line; the empty text if the other end has closed."""
        while b"\n\n" not in self._rest:
            more = self.socket.recv(1 << 20)
            if not more:
                assert not self._rest, self._rest
                return ""
            self._rest += more
        answer, _, self._rest = self._rest.partition(b"\n\n")
        return answer.decode() + "\n\n"

    def ask(self, text: str | bytes) -> str:
        self.send(text)
        return self.answer()

    def close(self) -> None:
        self.socket.close()


class Device:
    """A zwg-linux that was given nothing but the name of its interface."""

    def __init__(
        self,
        machine: Machine,
        interface: str,
        directory: Path,
        lacking: Sequence[str] = (),
        daemon: Path | None = None,
        **env: str,
    ) -> None:
        """@p lacking: what its kernel has not got, by the rules of rig.refuse; @p daemon: another
        build of the program."""
        self.machine, self.interface = machine, interface
        self.key = PrivateKey.generate()
        self.process = Process(
            machine.command(
                *refuse.command(lacking), daemon or program("zwg-linux"), "-f", interface
            ),
            directory / f"{interface}.log",
            **env,
        )
        wait_for(
            lambda: served(interface) or not self.process.running(),
            20,
            "zwg-linux serves its socket",
        )
        assert self.process.running(), self.process.errors()

    def ask(self, text: str | bytes) -> str:
        """One request on a connection of its own."""
        connection = Connection(self.interface)
        try:
            return connection.ask(text)
        finally:
            connection.close()

    def get(self) -> str:
        return self.ask("get=1\n\n")

    def set(self, *lines: str) -> str:
        """The errno of a request of these lines."""
        return self.ask("set=1\n" + "".join(f"{line}\n" for line in lines) + "\n")

    def wg(
        self, verb: str, *words: str | Path, check: bool = True, stdin: str | None = None
    ) -> str:
        """wg VERB INTERFACE WORD..."""
        return run("wg", verb, self.interface, *words, check=check, stdin=stdin)

    def show(self, what: str) -> str:
        return self.wg("show", what).strip()

    def wg_set(self, *words: str | PrivateKey | PresharedKey) -> None:
        """wg set; keys go by a file, as wg wants it."""
        with tempfile.TemporaryDirectory() as directory:
            plain: list[str | Path] = []
            for word in words:
                if isinstance(word, str):
                    plain.append(word)
                else:
                    file = Path(directory) / f"key{len(plain)}"
                    file.write_text(word.reveal_base64())
                    plain.append(file)
            self.wg("set", *plain)

    def stop(self) -> None:
        """It ends well, if it still runs, and leaves nothing."""
        if self.process.running():
            assert self.process.stop() == 0, self.process.errors()
        self.process.assert_clean()
        assert not socket_path(self.interface).exists()


def fields(answer: str, key: str) -> list[str]:
    """The values of a key in an answer, in order."""
    prefix = f"{key}="
    return [line[len(prefix) :] for line in answer.splitlines() if line.startswith(prefix)]


def request(lines: Iterable[str]) -> bytes:
    """A "set" request of many lines."""
    return ("set=1\n" + "\n".join(lines) + "\n\n").encode()
