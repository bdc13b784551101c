"""The file of the journal as SQLite has it: its settings, the rights on it, transactions, disks without shared memory.

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
from types import TracebackType
from typing import Any, Self

from recovery import clock
from recovery.errors import StoreError
from recovery.store import failures
from recovery.store.failures import Nonsense, in_plain_words


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
def closed_on_failure(connection: sqlite3.Connection) -> Iterator[None]:
    """Close a connection where what is begun with it fails."""
    try:
        yield
    except BaseException:
        connection.close()
        raise


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
    with closed_on_failure(connection):
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
        if os.name == "posix":
            _close_to_others(path)
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


class Database:
    """An open file of SQLite. What it cannot do becomes a `StoreError` in plain words, and undoes the transaction."""

    def __init__(self, connection: sqlite3.Connection, path: Path, patience: float | None = None) -> None:
        self._connection = connection
        self._patience = patience
        self.path = path

    def close(self) -> None:
        """Close the file; an open transaction is undone."""
        with in_plain_words(self.path):
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def transaction_if_free(self) -> Iterator[None]:
        """A `transaction` that waits for nobody: raises `StoreError` at once where it cannot be had."""
        with without_waiting(self._connection), self.transaction():
            yield

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written inside is kept together, or nothing when an error leaves the block.

        Holds the write lock from its beginning, so what is read inside is still true when it ends.
        Raises `StoreError`; `RuntimeError` inside another one, or if a failure was swallowed inside.
        """
        if self._connection.in_transaction:
            raise RuntimeError("a transaction is open already")
        try:
            with self._words():
                self._connection.execute("BEGIN IMMEDIATE")
            yield
            self._in_transaction()
            with self._words():
                self._connection.execute("COMMIT")
        except BaseException:
            self._roll_back()
            raise

    def settle(self) -> None:
        """Bring what is written into the one file, and that to the disk, as far as nobody else reads or writes it."""
        self._rows("PRAGMA wal_checkpoint(PASSIVE)")

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """All that is read inside is of one moment, whatever other processes write. Raises `StoreError`."""
        with self._words():
            self._connection.execute("BEGIN")
            self._connection.execute("SELECT 1 FROM fact LIMIT 1").fetchone()  # it begins with the first look
        try:
            yield
        finally:
            self._roll_back()

    def _rows(self, statement: str, *values: Any) -> list[Any]:
        with self._words():
            return self._connection.execute(statement, values).fetchall()

    def _each(self, statement: str, *values: Any) -> Iterator[Any]:
        with self._words():
            yield from self._connection.execute(statement, values)

    def _in_transaction(self) -> None:
        if not self._connection.in_transaction:
            raise RuntimeError("no transaction is open: never begun, or undone by an error inside")

    @contextmanager
    def _words(self) -> Iterator[None]:
        try:
            with in_plain_words(self.path, self._patience):
                yield
        except Nonsense:
            raise  # read, not written: what else was done stays done
        except StoreError:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            with suppress(sqlite3.Error):  # on a broken disk; SQLite undoes it at the next opening
                self._connection.execute("ROLLBACK")
