"""The entrance: runs a command and turns every error into words and an exit status."""

import gc
import os
import sys
from collections.abc import Callable

from recovery.cli.short import SHORT, parse
from recovery.cli.style import guarded, tell
from recovery.errors import RecoveryError
from recovery.language import _, chosen, use

INTERRUPTED = 130
BUG = 70

COMPLETION = "_RECOVERY_COMPLETE"
"""The variable in which a shell asks for completions."""


def run() -> None:
    """Run the command line of this process and leave with its exit status: see the README."""
    # A command lives too briefly for its garbage to matter; looking for it costs up to 5 % of its time.
    gc.set_threshold(50_000)
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the caller: `recovery status >&-`
            nowhere = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(nowhere, "r" if name == "stdin" else "w", encoding="utf-8"))
    sys.stdout, sys.stderr = guarded(sys.stdout), guarded(sys.stderr)
    use(chosen(os.environ, _wanted_language()))
    sys.exit(status_of(sys.argv[1:]))


def _wanted_language() -> str:
    """What the settings say, where there are any: most people have none, and need not load a reader of them."""
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
    return _guarded(lambda: _dispatch(arguments))


def _dispatch(arguments: list[str]) -> int:
    command = SHORT.get(arguments[0]) if arguments else None
    if command is not None and COMPLETION not in os.environ:
        given = parse(command, arguments[1:])
        if given is not None:
            return command.run(given)
    from recovery.cli.clicked import run_with_click

    return run_with_click(arguments)


def _guarded(body: Callable[[], int]) -> int:
    try:
        status = body()
        sys.stdout.flush()
    except RecoveryError as error:
        say(error)
        return error.exit_status
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _is_output_lost()  # the reader went away: `recovery log | head`
        return 0
    except OSError as error:
        where = _("standard output") if _is_output_lost() else error.filename or _("the system")
        say(RecoveryError(f"{where}: {error.strerror or error}"))
        return 1
    except Exception as error:
        from recovery.cli import bug

        if (damage := bug.damage()) is not None:
            say(damage)
            return damage.exit_status
        return bug.report(error, BUG)
    return status


def _is_output_lost() -> bool:
    """Whether standard output takes no more; then it leads nowhere, so that Python's own last flush is quiet."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return True
    return False


def say(error: RecoveryError) -> None:
    """An error in words: what is wrong, then what to do."""
    tell(_("Error: {message}", message=error.message))
    if error.hint:
        tell(f"  {error.hint}")
