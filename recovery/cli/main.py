"""The entrance: runs a command and turns every error into words and an exit status."""

import gc
import os
import sys
from collections.abc import Callable

from recovery.cli import output
from recovery.cli.output import say
from recovery.cli.quick import COMPLETION, Command, declared
from recovery.errors import BUG, INTERRUPTED, RecoveryError
from recovery.language import _, chosen, use
from recovery.streams import fill_closed


def run() -> None:
    """Run the command line of this process and leave with its exit status: see the README."""
    # A command lives too briefly for its garbage to matter; looking for it costs up to 5 % of its time.
    gc.set_threshold(50_000)
    fill_closed()
    output.take_over()
    use(chosen(os.environ, _wanted_language()))
    sys.exit(status_of(sys.argv[1:]))


def _wanted_language() -> str:
    """Read the language from the settings; "" where there are none. Most people have none, and load no reader."""
    from recovery.paths import home

    try:
        folder = home()
        if not (folder / "settings.toml").exists():
            return ""
    except (OSError, ValueError, RecoveryError):  # no place for state at all: the command tells it
        return ""
    from recovery.settings import wanted_language

    return wanted_language(folder)


def status_of(arguments: list[str]) -> int:
    """The exit status of a command line, with all errors told on standard error."""
    return output.settled(_guarded(lambda: _dispatch(arguments)))


def _dispatch(arguments: list[str]) -> int:
    command: Command | None = declared(arguments[0], Command) if arguments else None
    if command is not None and COMPLETION not in os.environ:
        given = command.read(arguments[1:])
        if given is not None:
            return command.function(**given)
    from recovery.cli.commands import run_with_click

    return run_with_click(arguments)


def _guarded(body: Callable[[], int]) -> int:
    try:
        return body()
    except RecoveryError as error:
        say(error)
        return error.exit_status
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        say(RecoveryError(f"{error.filename or _('the system')}: {error.strerror or error}"))
        return 1
    except Exception as error:
        from recovery.cli import bug

        if (damage := bug.damage()) is not None:
            say(damage)
            return damage.exit_status
        return bug.report(error, BUG)
