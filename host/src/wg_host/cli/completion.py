# SPDX-License-Identifier: MIT
"""``wg-host completion``."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from wg_host.cli.output import Output, examples, wg_command


@wg_command(
    "completion",
    epilog=examples(
        'eval "$(wg-host completion bash)"                           in ~/.bashrc',
        'eval "$(wg-host completion zsh)"                            in ~/.zshrc',
        "wg-host completion fish > ~/.config/fish/completions/wg-host.fish",
    ),
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(out: Output, shell: str) -> None:
    """Print the script that completes wg-host's commands and options in a shell."""
    from wg_host.cli import main

    completion = get_completion_class(shell)
    assert completion is not None
    script = completion(main, {}, "wg-host", "_WG_HOST_COMPLETE").source().rstrip("\n")
    out.say(script)
    out.result(shell=shell, script=script)
