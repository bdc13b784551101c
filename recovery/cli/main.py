"""The entrance: runs a command and turns every error into words and an exit status."""

import gc
import os
import sys
from collections.abc import Callable

from recovery.cli.short import SHORT, parse
from recovery.cli.style import tell
from recovery.errors import RecoveryError

INTERRUPTED = 130
BUG = 70

COMPLETION = "_RECOVERY_COMPLETE"
"""The variable in which a shell asks for completions."""


def run() -> None:
    """Run the command line of this process and leave with its exit status: see the README."""
    # A command lives too briefly for its garbage to matter; looking for it costs up to 5 % of its time.
    gc.set_threshold(50_000)
    # A terminal without these characters gets question marks, not a traceback.
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the caller: `recovery status >&-`
            nowhere = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(nowhere, "r" if name == "stdin" else "w", encoding="utf-8"))
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    sys.exit(status_of(sys.argv[1:]))


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
        where = "standard output" if _is_output_lost() else error.filename or "the system"
        say(RecoveryError(f"{where}: {error.strerror or error}"))
        return 1
    except Exception as error:
        from recovery.cli.bug import report

        return report(error, BUG)
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
    tell(f"Error: {error.message}")
    if error.hint:
        tell(f"  {error.hint}")
