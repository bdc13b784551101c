"""`recovery completion`: the shell's own completion, by click."""

import click
from click.shell_completion import BashComplete, FishComplete, ZshComplete

from recovery.cli.commands import cli
from recovery.cli.short import COMPLETION

_CLASSES = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}


@click.command()
@click.argument("shell", type=click.Choice(list(_CLASSES)))
def completion(shell: str) -> int:
    """Print the completion script of a shell.

    \b
    recovery completion bash > ~/.local/share/bash-completion/completions/recovery
    recovery completion fish > ~/.config/fish/completions/recovery.fish
    """
    click.echo(_CLASSES[shell](cli, {}, "recovery", COMPLETION).source())
    return 0
