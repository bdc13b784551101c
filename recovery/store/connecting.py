"""Connections to the file of the journal: SQLite's settings, the rights on it, and disks without shared memory.

Network disks and some shared folders of virtual machines let no file be shared as memory. SQLite's WAL needs that for
its `-shm` file. Without it a journal keeps the older way, a `-journal` file for each transaction: as safe, only that
who reads and who writes wait for each other.
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from recovery import clock
from recovery.store import failures


def connect(path: Path, patience: float | None = None) -> sqlite3.Connection:
    """A connection that waits `patience` seconds for other processes (default: `BUSY_SECONDS`).

    Raises `sqlite3.Error`, `OSError`.
    """
    try:
        return _connected(path, patience)
    except sqlite3.OperationalError as error:
        if not lacks_shared_memory(error):
            raise
    do_without_shared_memory(path)  # it was made on another disk
    return _connected(path, patience)


@contextmanager
def without_waiting(connection: sqlite3.Connection) -> Iterator[None]:
    """While no other process is waited for. Raises `sqlite3.Error`."""
    ((before,),) = connection.execute("PRAGMA busy_timeout").fetchall()
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        yield
    finally:
        connection.execute(f"PRAGMA busy_timeout = {before}")


def _connected(path: Path, patience: float | None) -> sqlite3.Connection:
    wait = failures.BUSY_SECONDS if patience is None else patience
    connection = sqlite3.connect(path, timeout=wait, isolation_level=None)
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
        if os.name == "posix":
            _close_to_others(path)
    except BaseException:
        connection.close()
        raise
    return connection


def _close_to_others(path: Path) -> None:
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        file = path.with_name(name)
        with suppress(FileNotFoundError):
            if file.stat().st_mode & 0o077:
                file.chmod(0o600)


def use_wal(connection: sqlite3.Connection) -> bool:
    """Let readers and a writer work side by side.

    False where the disk cannot have it, and the file has to be connected to once more.
    """
    deadline = clock.monotonic() + failures.BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(
                "SELECT 1 FROM sqlite_master LIMIT 1"
            ).fetchone()  # only this needs what WAL needs
            return True
        except sqlite3.OperationalError as error:
            if lacks_shared_memory(error):
                return False
            # When two processes make a fresh file at once, SQLite may refuse one of them without waiting.
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or clock.monotonic() > deadline:
                raise
            time.sleep(0.005)


_CODES = frozenset(
    (
        sqlite3.SQLITE_IOERR_SHMOPEN,
        sqlite3.SQLITE_IOERR_SHMSIZE,
        sqlite3.SQLITE_IOERR_SHMLOCK,
        sqlite3.SQLITE_IOERR_SHMMAP,
    )
)


def lacks_shared_memory(error: sqlite3.Error) -> bool:
    """Tell if SQLite failed because the disk shares no memory."""
    return getattr(error, "sqlite_errorcode", 0) in _CODES


def do_without_shared_memory(path: Path) -> None:
    """Take the database at `path` out of WAL, for good: every later connection finds it so. Raises `sqlite3.Error`."""
    with closing(sqlite3.connect(path, timeout=failures.BUSY_SECONDS, isolation_level=None)) as alone:
        # One that has the file for itself needs no memory to share, so it can read what is still in the WAL.
        alone.execute("PRAGMA locking_mode = EXCLUSIVE")
        alone.execute("PRAGMA synchronous = FULL")
        alone.execute("PRAGMA journal_mode = DELETE")
