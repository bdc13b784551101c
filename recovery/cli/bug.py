"""A short notice of a bug, with the file that holds the traceback."""

import os
import sys
import tempfile
import traceback
from pathlib import Path

from recovery import __version__, paths
from recovery.errors import StoreError
from recovery.language import _


def report(error: Exception, status: int) -> int:
    """Write the traceback down and say where; the exit status for it."""
    words = f"recovery {__version__}, Python {sys.version}\n{' '.join(sys.argv)}\n" + "".join(
        traceback.format_exception(error)
    )
    where = _write(words)
    print(_("Error: this is a bug in recovery: {kind}", kind=type(error).__name__), file=sys.stderr)
    print(f"  {_('Please report it with this file: {path}', path=where)}", file=sys.stderr)
    return status


def damage() -> StoreError | None:
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
        number, name = tempfile.mkstemp(prefix="recovery-bug-", suffix=".log")  # is 0600
        with os.fdopen(number, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(words)
        return Path(name)
    path.chmod(0o600)
    return path
