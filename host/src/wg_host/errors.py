# SPDX-License-Identifier: MIT
"""Everything that can go wrong, as one tree. Each class carries the exit code of the command.

A message says what happened and to what; a hint says what to try next. Neither ever holds a secret.
"""

from __future__ import annotations

from typing import ClassVar


class WgHostError(Exception):
    """Base of all errors that a user can do something about."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class CheckFailed(WgHostError):
    """A check was made and its answer is no. Exit code 1."""


class UsageError(WgHostError):
    """The command line or a file is wrong. Exit code 2."""

    exit_code = 2


class KeyFormatError(UsageError):
    """A key is not 32 bytes in base64."""


class ConfigError(UsageError):
    """A configuration file is wrong; the message begins with ``file:line:``."""

    def __init__(self, source: str, line: int, message: str, hint: str = "") -> None:
        super().__init__(f"{source}:{line}: {message}" if line else f"{source}: {message}", hint)
        self.source = source
        self.line = line


class FileExists(UsageError):
    """A file would be overwritten."""


class NetworkError(UsageError):
    """An address cannot be used: it does not resolve, has no route, or is taken."""


class BoardNotFound(WgHostError):
    """No such serial port, or no board. Exit code 3."""

    exit_code = 3


class BoardAmbiguous(BoardNotFound):
    """More than one board, and none was named."""


class WrongBoard(BoardNotFound):
    """A board answers where another one was expected."""


class ConsoleError(WgHostError):
    """The serial line, or what is said on it. Exit code 4."""

    exit_code = 4


class PortBusy(ConsoleError):
    """Another program holds the serial port."""


class PortLost(ConsoleError):
    """The serial port went away while in use."""


class NoPrompt(ConsoleError):
    """Nothing that understands the ``wg`` commands answered in time."""


class AnswerTimeout(ConsoleError):
    """A command was not answered in time."""


class AnswerGarbled(ConsoleError):
    """An answer came, but never with the right checksum or format."""


class CommandRefused(ConsoleError):
    """The board answered a command with an error."""

    def __init__(self, command: str, errno: int, text: str, hint: str = "") -> None:
        super().__init__(f"the board refused '{command}': {text} (errno {errno})", hint)
        self.command = command
        self.errno = errno
        self.text = text


class ReadBackDiffers(ConsoleError):
    """What the board reads back is not what was set."""


class FlashError(WgHostError):
    """The firmware could not be written. Exit code 5."""

    exit_code = 5


class AccessDenied(WgHostError):
    """The operating system forbids it. Exit code 6."""

    exit_code = 6


class Interrupted(WgHostError):
    """The user pressed Ctrl-C. Exit code 130."""

    exit_code = 130
