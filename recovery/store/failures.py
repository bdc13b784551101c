"""What can go wrong with the file of the journal, in plain words."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from recovery.errors import StoreError

BUSY_SECONDS = 5.0
"""How long to wait for another process's transaction."""

OTHER_FOLDER = "check the folder and its permissions, or set RECOVERY_HOME to a folder that you can write to"


@contextmanager
def in_plain_words(path: Path) -> Iterator[None]:
    """Turn what goes wrong with the file at `path` into a `StoreError`; let wrong use of SQLite pass."""
    try:
        yield
    except sqlite3.Error as error:
        if hasattr(error, "sqlite_errorcode"):
            raise _in_words(path, error) from error
        if isinstance(error, sqlite3.OperationalError):  # from Python's module: a text that is not UTF-8
            raise damaged(path, error) from error
        raise
    except (FileExistsError, NotADirectoryError) as error:
        raise StoreError(
            f"{path.parent}: is a file, or lies in one, but must be a folder", OTHER_FOLDER
        ) from error
    except OSError as error:
        raise StoreError(f"{path}: cannot be used: {error.strerror}", OTHER_FOLDER) from error


def damaged(path: Path, error: Exception) -> StoreError:
    """What to say when the content of the file at `path` makes no sense."""
    backups = sorted(file.name for file in path.parent.glob("journal-before-*.db"))
    kept = f"put back a copy ({' or '.join(backups)})" if backups else "put back a copy of yours"
    return StoreError(
        f"{path}: is damaged ({error})",
        f"move it and its -wal and -shm files aside, then {kept} in its place, or begin anew without it",
    )


def _in_words(path: Path, error: sqlite3.Error) -> StoreError:
    code = error.sqlite_errorcode & 0xFF  # the rest of the number is a detail
    if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and _is_full(path)):
        return StoreError(
            f"{path}: the disk is full; nothing was recorded",
            "make room on that disk, then run the command again",
        )
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreError(
            f"{path}: another program has kept it locked for more than {BUSY_SECONDS:g} seconds",
            "run the command again; if it stays so, close the program that has that file open",
        )
    if code == sqlite3.SQLITE_READONLY:
        return StoreError(f"{path}: cannot be written: it, its folder or its disk is read-only", OTHER_FOLDER)
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return damaged(path, error)
    message, hint = f"SQLite refuses: {error}", "this is likely a bug; please report it"
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH):
        message, hint = "cannot be opened: no permission, or not a file", OTHER_FOLDER
    elif code == sqlite3.SQLITE_IOERR:
        message = "the disk failed to read or write it; nothing was recorded"
        hint = "check the disk and how large a file may grow there, then run the command again"
    return StoreError(f"{path}: {message}", hint)


def _is_full(path: Path) -> bool:
    try:
        return os.name == "posix" and os.statvfs(path.parent).f_bavail == 0
    except OSError:
        return False
