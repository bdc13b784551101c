"""Copies of a journal by SQLite's own means, so that they are whole while other processes write."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from recovery import clock, files
from recovery.errors import StoreError
from recovery.language import _
from recovery.store import database, failures, migrations
from recovery.store.chain import Chain
from recovery.store.failures import damaged, in_plain_words, locked


def to_memory(path: Path) -> sqlite3.Connection:
    """A copy of the database at `path` that lives in memory; the file is only read. Raises `StoreError`."""
    with in_plain_words(path):
        try:
            files.refuse_other(path)
        except FileNotFoundError:
            raise StoreError(_("{path}: there is no such file", path=path)) from None
        except (files.CannotRead, IsADirectoryError) as error:
            raise StoreError(f"{path}: {error.strerror}") from None
        copy = sqlite3.connect(":memory:", isolation_level=None)
        with database.closed_on_failure(copy), closing(_readable(path)) as source:
            source.backup(copy, progress=_patience(path))
    return copy


def to_file(source: Path, target: Path, *, sums: bool = True) -> None:
    """Copy the database at `source` to a new file, whole or not at all, for its owner alone.

    What was written is read again and looked over before it gets its name, with `sums` the checksums of the facts,
    too. Raises `StoreError`, `Damaged` for a source that is.
    """
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    with in_plain_words(target):
        part.unlink(missing_ok=True)  # of a process that was killed, and had this number
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        with in_plain_words(source), closing(_readable(source)) as old:
            old.execute("BEGIN")
            facts = _count_of_facts(old, source)
            with in_plain_words(target), closing(sqlite3.connect(part)) as new:
                _copied(old, new, source)
        with in_plain_words(target), closing(_frozen(part)) as new:
            faults = [row[0] for row in new.execute("PRAGMA integrity_check(1)")]
            if faults != ["ok"]:
                raise damaged(source, sqlite3.DatabaseError(faults[0]))
            if _count_of_facts(new, target) != facts:
                raise StoreError(_("{path}: was not written as it should be", path=target))
            is_chained = migrations.schema_of(new, target) >= migrations.CHAINED
            misfit = next(Chain(new).misfits(), None) if sums and is_chained else None
            if misfit is not None:
                raise damaged(source, LookupError(_("fact {seq}: its checksum does not fit", seq=misfit)))
            part.replace(target)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def copy_over(source: Path, target: Path) -> None:
    """Put the content of `source` in the place of that of the database `target`, in one transaction of it.

    Other processes see the one or the other. Raises `StoreError`.
    """
    with (
        in_plain_words(target),
        closing(_frozen(source)) as new,
        closing(sqlite3.connect(target, timeout=failures.BUSY_SECONDS)) as old,
    ):
        old.execute("PRAGMA synchronous = FULL")
        new.backup(old, progress=_patience(target))


def _copied(old: sqlite3.Connection, new: sqlite3.Connection, source: Path) -> None:
    try:
        old.backup(new, progress=_patience(source))
    except sqlite3.DatabaseError as error:
        # SQLite says it of the copy; it is the source that makes no sense.
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise damaged(source, error) from error
        raise


def _count_of_facts(connection: sqlite3.Connection, path: Path) -> int:
    if migrations.schema_of(connection, path) == 0:
        raise StoreError(_("{path}: holds nothing", path=path))
    return int(connection.execute("SELECT count(*) FROM fact").fetchone()[0])


def _readable(path: Path) -> sqlite3.Connection:
    """The database at `path`, also where nothing can be written, not even the files that SQLite shares.

    What was left beside it there, by a program that was killed, is read with it.
    """
    address = f"{path.absolute().as_uri()}?mode=rw"
    connection = sqlite3.connect(address, uri=True, timeout=failures.BUSY_SECONDS, isolation_level=None)
    try:
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    except sqlite3.OperationalError as error:
        connection.close()
        code = error.sqlite_errorcode & 0xFF
        is_alone = not any(path.with_name(path.name + end).exists() for end in _BESIDE)
        is_unshared = code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
        if is_alone and (is_unshared or database.lacks_shared_memory(error)):
            return _frozen(path)
        if not is_unshared or os.access(path.parent, os.W_OK):
            raise
        return _read_elsewhere(path)
    except BaseException:
        connection.close()
        raise
    return connection


_BESIDE = ("-wal", "-journal")
"""The files that SQLite reads with a database."""


def _read_elsewhere(path: Path) -> sqlite3.Connection:
    """The database at `path`, in memory, where its folder takes not even what SQLite needs for reading it."""
    import shutil  # hardly ever needed
    import tempfile

    with tempfile.TemporaryDirectory(prefix="recovery-") as folder:  # for its owner alone
        copy = Path(folder) / path.name
        shutil.copyfile(path, copy)
        for end in _BESIDE:
            with suppress(FileNotFoundError):
                shutil.copyfile(path.with_name(path.name + end), copy.with_name(copy.name + end))
        memory = sqlite3.connect(":memory:", isolation_level=None)
        with (
            database.closed_on_failure(memory),
            closing(sqlite3.connect(copy, isolation_level=None)) as source,
        ):
            source.backup(memory)
    return memory


def _frozen(path: Path) -> sqlite3.Connection:
    """The database at `path`, which nobody writes to: SQLite puts no files beside it."""
    address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    return sqlite3.connect(address, uri=True, isolation_level=None)


def _patience(path: Path) -> Callable[[int, int, int], None]:
    """Left alone, Python waits for a locked database for ever."""
    give_up_at = clock.monotonic() + failures.BUSY_SECONDS

    def look(status: int, _remaining: int, _total: int) -> None:
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and clock.monotonic() > give_up_at:
            raise locked(path)

    return look
