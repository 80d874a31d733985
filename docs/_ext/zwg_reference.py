# SPDX-License-Identifier: MIT
"""Directives that put reference material into a page from the sources that it describes.

=====================  ==========================================================================
``zwg-c-api``          a header's declarations; the argument is its path
``zwg-kconfig``        a Kconfig file's options; the argument is its path
``zwg-console``        the commands of the console and the Zephyr shell
``zwg-drops``          the drop counters
``zwg-help``           what a program prints for --help; the argument is its main file
``zwg-cli``            every command of wg-host
``zwg-uapi``           the keys of the cross-platform interface
=====================  ==========================================================================
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import c_api
import commands
import kconfig
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.parsing import nested_parse_to_nodes

ROOT = Path(__file__).resolve().parent.parent.parent


class Generated(SphinxDirective):
    """A directive whose content comes from files of the repository."""

    optional_arguments = 1

    def read(self, path: str) -> str:
        """A file of the repository, on which the page then depends."""
        file = ROOT / path
        if not file.is_file():
            raise self.error(f"{path}: not in the repository")
        self.env.note_dependency(str(file))
        return file.read_text()

    def lines(self) -> list[str]:
        raise NotImplementedError

    def run(self) -> list[nodes.Node]:
        source = f"<generated from {self.arguments[0] if self.arguments else 'the sources'}>"
        content = StringList(self.lines(), source)
        return list(nested_parse_to_nodes(self.state, content, allow_section_headings=True))


class FromFile(Generated):
    required_arguments = 1
    optional_arguments = 0


class CApi(FromFile):
    def lines(self) -> list[str]:
        return c_api.document(self.read(self.arguments[0]))


class Kconfig(FromFile):
    def lines(self) -> list[str]:
        return kconfig.document(self.read(self.arguments[0]))


class Help(FromFile):
    def lines(self) -> list[str]:
        text = commands.program_help(self.read(self.arguments[0]))
        return ["::", "", *(f"   {line}" for line in text.split("\n")), ""]


class ShellCommands(Generated):
    def lines(self) -> list[str]:
        return commands.console(
            self.read("board/console.c"), self.read("zephyr-app/wireguard/shell.c")
        )


class Drops(Generated):
    def lines(self) -> list[str]:
        reasons = c_api.drop_reasons(self.read("core/include/zwg/counters.h"))
        rows = [(f"``drop_{name}``", commands.escape(text)) for name, text in reasons]
        width = max(len(name) for name, _ in rows)
        bar = f"{'=' * width}  {'=' * 80}"
        return [bar, *(f"{name:{width}}  {text}" for name, text in rows), bar, ""]


class Uapi(Generated):
    def lines(self) -> list[str]:
        return commands.uapi(
            self.read("linux-app/daemon/uapi_set.c"), self.read("linux-app/daemon/uapi_get.c")
        )


class Cli(Generated):
    def lines(self) -> list[str]:
        try:
            from wg_host.cli import main
        except ImportError as e:
            raise self.error(f"{e}; the reference needs the package: pip install -e host") from e
        for file in sorted((ROOT / "host/src/wg_host/cli").glob("*.py")):
            self.env.note_dependency(str(file))
        return commands.cli(main)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("zwg-c-api", CApi)
    app.add_directive("zwg-kconfig", Kconfig)
    app.add_directive("zwg-console", ShellCommands)
    app.add_directive("zwg-drops", Drops)
    app.add_directive("zwg-help", Help)
    app.add_directive("zwg-cli", Cli)
    app.add_directive("zwg-uapi", Uapi)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
