"""The command line in full, by click: help, errors, completion, and all commands that are not quick."""

import os
from collections.abc import Iterator
from copy import copy
from difflib import get_close_matches
from inspect import cleandoc
from pathlib import Path
from typing import Any

import click
from click.shell_completion import BashComplete, FishComplete, ZshComplete, shell_complete

from recovery import __version__
from recovery.cli.context import EMERGENCY
from recovery.cli.output import say
from recovery.cli.params import settings_of
from recovery.cli.quick import COMPLETION, HOMES, Command, Parameter, declared
from recovery.errors import INTERRUPTED, RecoveryError, UsageError
from recovery.language import LANGUAGES, _, current


class LazyGroup(click.Group):
    """A group whose commands are imported one at a time."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*HOMES]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        command = declared(cmd_name, Command, click.Command)
        return command and translated(as_click(command) if isinstance(command, Command) else command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in HOMES and not args[0].startswith("-"):
            close = get_close_matches(args[0], HOMES, 1)
            message = _("No such command {name!r}.", name=args[0])
            if close:
                message += " " + _("Did you mean {name!r}?", name=close[0])
            ctx.fail(message)
        return super().resolve_command(ctx, args)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_paragraph()
        formatter.write_text(_(EMERGENCY).replace("\n", " "))


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="recovery")
def cli() -> None:
    """Reminders and phases for the recovery from a strain.

    \b
    recovery start strain --grade 2 --onset "yesterday 18:00" --side left
    recovery status
    recovery checkin pain=4 swelling=1

    Not medical advice.
    """


_SHELLS = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}


@click.command()
@click.argument("shell", type=click.Choice(list(_SHELLS)))
def completion(shell: str) -> int:
    """Print the completion script of a shell.

    \b
    recovery completion bash > ~/.local/share/bash-completion/completions/recovery
    recovery completion fish > ~/.config/fish/completions/recovery.fish
    """
    click.echo(_SHELLS[shell](cli, {}, "recovery", COMPLETION).source())
    return 0


def run_with_click(arguments: list[str]) -> int:
    """The exit status of a command line read by click, with click's own errors told.

    Not by way of click's `main`, which takes a reader who went away for a failure.
    """
    _teach_click()
    whole = translated(cli)
    asked = os.environ.get(COMPLETION)
    if asked:
        return shell_complete(whole, {}, "recovery", COMPLETION, asked)
    try:
        with whole.make_context("recovery", [*arguments]) as context:
            result: Any = whole.invoke(context)
    except click.exceptions.Exit as left:
        return left.exit_code
    except click.exceptions.Abort:
        return INTERRUPTED
    except click.UsageError as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # click 8.1 does not know it
            error.show()
            return error.exit_code
        where = error.ctx.command_path if error.ctx else "recovery"
        hint = _("{command} --help shows what it takes", command=where)
        say(UsageError(error.format_message(), hint))
        return UsageError.exit_status
    except click.ClickException as error:
        say(RecoveryError(error.format_message()))
        return error.exit_code
    return result if isinstance(result, int) else 0


def as_click(command: Command) -> click.Command:
    """A command that is read without click, for click."""
    return click.Command(
        command.name,
        callback=command.function,
        params=[_as_click(each) for each in command.parameters],
        help=cleandoc(command.function.__doc__ or ""),
    )


def _as_click(parameter: Parameter) -> click.Parameter:
    if not parameter.flags:
        return click.Argument(
            [parameter.key], required=False, nargs=parameter.nargs, metavar=parameter.metavar
        )
    return click.Option([parameter.key, *parameter.flags], **settings_of(parameter))


# Languages ---------------------------------------------------------------------------------------


def _teach_click() -> None:
    """Let click take its own words from our catalogue, too. It asks Python's gettext, which asks the environment."""
    if current() == LANGUAGES[0]:
        return
    import gettext

    os.environ["LANGUAGE"] = current()
    gettext.bindtextdomain("recovery", str(Path(__file__).parents[1] / "locale"))
    gettext.textdomain("recovery")


def translated(command: click.Command) -> click.Command:
    """A command with its help in the language of the process: itself in English, otherwise a copy."""
    if current() == LANGUAGES[0]:
        return command
    command = copy(command)
    command.help = _translated_help(cleandoc(command.help or ""))
    command.params = [copy(param) for param in command.params]
    for param in command.params:
        if isinstance(param, click.Option):
            param.help = _(param.help or "")
    if isinstance(command, click.Group):
        command.commands = {name: translated(inner) for name, inner in command.commands.items()}
    return command


def _translated_help(text: str) -> str:
    return "".join(_(piece) if is_message else piece for piece, is_message in help_pieces(text))


def help_pieces(text: str) -> Iterator[tuple[str, bool]]:
    """A help text in pieces, and whether each is a message to translate.

    Those are its paragraphs, on one line each. Of examples, which begin with a backspace, only the comments are.
    """
    for number, paragraph in enumerate(text.split("\n\n")):
        if number:
            yield "\n\n", False
        if not paragraph.startswith("\b"):
            yield " ".join(paragraph.split()), True
            continue
        for line in paragraph.splitlines(keepends=True):
            code, mark, comment = line.partition("# ")
            yield f"{code}{mark}", False
            yield comment.rstrip("\n"), bool(mark)
            yield "\n" if comment.endswith("\n") else "", False
