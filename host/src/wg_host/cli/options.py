# SPDX-License-Identifier: MIT
"""Options and parameter types that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem

from wg_host import config, devices
from wg_host.cli.output import Output
from wg_host.config import Config, parse_address, parse_network, split_list
from wg_host.console import Console, Trace
from wg_host.endpoint import Endpoint
from wg_host.errors import WgHostError
from wg_host.keys import PublicKey, exposed
from wg_host.serialport import BAUD

F = TypeVar("F", bound=Callable[..., Any])

if TYPE_CHECKING:
    _ParamType = click.ParamType[Any]
else:
    _ParamType = click.ParamType

FILE = click.Path(dir_okay=False, path_type=Path)


class Parsed(_ParamType):
    """A parameter read by a function that raises ValueError or an error of the tree."""

    def __init__(self, name: str, parse: Callable[[str], Any]) -> None:
        self.name = name
        self._parse = parse

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return self._parse(value)
        except ValueError as e:
            self.fail(str(e), param, ctx)
        except WgHostError as e:
            self.fail(e.message, param, ctx)


ADDRESSES = Parsed("address[,address...]", lambda text: split_list(text, parse_address))
NETWORKS = Parsed("network[,network...]", lambda text: split_list(text, parse_network))
ENDPOINT = Parsed("host:port", Endpoint.parse)
ENDPOINT_OR_NONE = Parsed("host:port|none", lambda t: t if t == "none" else Endpoint.parse(t))
PUBLIC_KEY = Parsed("key", PublicKey.parse)


def _console_options(f: F, without_port: str) -> F:
    f = click.option(
        "--timeout",
        type=click.FloatRange(0.1, 600),
        default=5.0,
        show_default=True,
        help="Seconds to wait for the board's prompt, and for each answer.",
    )(f)
    f = click.option(
        "--baud", type=int, default=BAUD, show_default=True, envvar="WG_HOST_BAUD", show_envvar=True
    )(f)
    return click.option(
        "--port",
        metavar="PATH_OR_URL",
        shell_complete=complete_port,
        envvar="WG_HOST_PORT",
        show_envvar=True,
        help="Serial port of the board: a device, a pseudo-terminal, or socket://HOST:PORT. "
        + without_port,
    )(f)


def complete_port(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The ports of the boards found, with their serial numbers; files if none fits."""
    fitting = [
        CompletionItem(found.port, help=f"{found.probe} {found.serial_number}".strip())
        for found in devices.found()
        if found.port.startswith(incomplete)
    ]
    return fitting or [CompletionItem(incomplete, type="file")]


def console_options(f: F) -> F:
    """``--port``, ``--baud`` and ``--timeout``, for open_console()."""
    return _console_options(f, "Default: the only board found.")


def optional_console_options(f: F) -> F:
    """The same, for a command that without ``--port`` leaves the console alone."""
    return _console_options(f, "Default: none, no console is opened.")


def open_console(
    port: str | None, baud: int, timeout: float, trace: Trace | None = None
) -> Console:
    """The console of the board that was named, or of the only one."""
    return Console.open(devices.port_or_only(port), baud, timeout=timeout, trace=trace)


def load_config(out: Output, path: Path) -> Config:
    """Reads a wg-quick file; warns, as ``wg-quick`` does, if others may read its secrets."""
    if exposed(path):
        out.warn(f"{path} holds a private key and can be read by others; chmod 600 {path}")
    return config.load(path)
