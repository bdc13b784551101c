"""The entrance: runs a command and turns every error into words and an exit status."""

# ruff: noqa: E402  # the first lines below are for all others
import gc

# A command lives too briefly for its garbage to matter; looking for it costs up to 5 % of its time.
gc.set_threshold(50_000)

import os
import sys
from collections.abc import Callable
from pathlib import Path

from recovery import __version__, paths
from recovery.cli import output
from recovery.cli.output import say
from recovery.cli.quick import COMPLETION, Command, declared
from recovery.errors import BUG, INTERRUPTED, RecoveryError, StoreError
from recovery.language import _, chosen, use
from recovery.streams import fill_closed


def run() -> None:
    """Run the command line of this process and leave with its exit status: see the README."""
    fill_closed()
    output.take_over()
    use(chosen(os.environ, _wanted_language()))
    status = status_of(sys.argv[1:])
    gc.freeze()  # Python looks for garbage as it leaves, which costs a fifth of a short command and frees nothing
    sys.exit(status)


def _wanted_language() -> str:
    """Read the language from the settings; "" where there are none. Most people have none, and load no reader."""
    try:
        folder = paths.home()
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
        return _what_went_wrong(error)


def _what_went_wrong(error: Exception) -> int:
    """Tell of a bug, or of the damage of the journal that looks like one. Return the exit status."""
    damage = damage_of_journal()
    if damage is None:
        return report_bug(error)
    say(damage)
    return damage.exit_status


def report_bug(error: Exception) -> int:
    """Write the traceback down and say where. Return the exit status."""
    import traceback

    words = f"recovery {__version__}, Python {sys.version}\n{' '.join(sys.argv)}\n" + "".join(
        traceback.format_exception(error)
    )
    where = _write(words)
    print(_("Error: this is a bug in recovery: {kind}", kind=type(error).__name__), file=sys.stderr)
    print(f"  {_('Please report it with this file: {path}', path=where)}", file=sys.stderr)
    return BUG


def damage_of_journal() -> StoreError | None:
    """The damage of the journal, if it has some: then what looks like a bug is nonsense that was read from there."""
    try:
        from recovery import clock
        from recovery.store import failures
        from recovery.store.checking import check
        from recovery.store.journal import JOURNAL_FILE

        path = paths.home() / JOURNAL_FILE
        if not path.exists():
            return None
        faults = check(path, now=clock.now()).faults
        remedy = failures.remedy(path)
    except Exception:  # it is one after all, or nobody can tell
        return None
    return (
        StoreError(_("{path}: is not whole: {fault}", path=path, fault=faults[0]), remedy) if faults else None
    )


def _write(words: str) -> Path:
    try:
        path = paths.make_home() / "bug.log"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(words)
    except Exception:  # the folder of state may be the very thing that is broken
        import tempfile

        number, name = tempfile.mkstemp(prefix="recovery-bug-", suffix=".log")  # is 0600
        with os.fdopen(number, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(words)
        return Path(name)
    path.chmod(0o600)
    return path
