"""Disks on which a file cannot be shared as memory: network disks, some shared folders of virtual machines.

SQLite's WAL needs that for its `-shm` file. Without it a journal keeps the older way, a `-journal` file for each
transaction: as safe, only that who reads and who writes wait for each other.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from recovery.store import failures

_CODES = frozenset(
    (
        sqlite3.SQLITE_IOERR_SHMOPEN,
        sqlite3.SQLITE_IOERR_SHMSIZE,
        sqlite3.SQLITE_IOERR_SHMLOCK,
        sqlite3.SQLITE_IOERR_SHMMAP,
    )
)


def is_missing(error: sqlite3.Error) -> bool:
    """Tell if SQLite failed because the disk shares no memory."""
    return getattr(error, "sqlite_errorcode", 0) in _CODES


def do_without(path: Path) -> None:
    """Take the database at `path` out of WAL, for good: every later connection finds it so. Raises `sqlite3.Error`."""
    with closing(sqlite3.connect(path, timeout=failures.BUSY_SECONDS, isolation_level=None)) as alone:
        # One that has the file for itself needs no memory to share, so it can read what is still in the WAL.
        alone.execute("PRAGMA locking_mode = EXCLUSIVE")
        alone.execute("PRAGMA synchronous = FULL")
        alone.execute("PRAGMA journal_mode = DELETE")
