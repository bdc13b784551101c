"""The failures of the journal's file, in plain words."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from recovery.errors import StoreError
from recovery.language import N_, _

BUSY_SECONDS = 5.0
"""How long to wait for another process's transaction."""

OTHER_FOLDER = N_(
    "check the folder and its permissions, or set RECOVERY_HOME to a folder that you can write to"
)
OTHER_DISK = N_("set RECOVERY_HOME to a folder on a disk of this machine")

_LOCKING = (
    *(sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PROTOCOL),
    *(sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_AUTH),
)
"""What SQLite says, among other things, of a disk without locks."""

_DAMAGE = (
    *(sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FORMAT),
    # Of a schema that is not as it was made: a table, a column, a rule of it is missing or another.
    *(sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_SCHEMA),
)

BACKUPS = "backups"
"""The folder of copies, beside the journal."""


NONSENSE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""Raised by a rule that trips over a damaged fact, or over one that we have not written."""


class Damaged(StoreError):
    """The content of the file makes no sense."""


class Nonsense(Damaged):
    """Something in the file makes no sense; what it lies in is whole, and the rest may be read."""


@contextmanager
def in_plain_words(path: Path, patience: float | None = None) -> Iterator[None]:
    """Turn what goes wrong with the file at `path` into a `StoreError`; let wrong use of SQLite pass.

    `patience` is how long other processes were waited for, in seconds (default: `BUSY_SECONDS`).
    """
    try:
        yield
    except sqlite3.Error as error:
        if hasattr(error, "sqlite_errorcode"):
            raise _in_words(path, error, patience) from error
        if isinstance(error, sqlite3.OperationalError):  # from Python's module: a text that is not UTF-8
            raise nonsense(path, error) from error
        raise
    except UnicodeDecodeError as error:  # of a name in the schema, in a message of SQLite's
        raise damaged(path, error) from error
    except (FileExistsError, NotADirectoryError) as error:
        message = _("{path}: is a file, or lies in one, but must be a folder", path=path.parent)
        raise StoreError(message, _(OTHER_FOLDER)) from error
    except OSError as error:
        message = _("{path}: cannot be used: {reason}", path=path, reason=error.strerror)
        raise StoreError(message, _(OTHER_FOLDER)) from error


def damaged(path: Path, error: Exception) -> Damaged:
    """The error when the content of the file at `path` makes no sense."""
    return Damaged(_("{path}: is damaged ({reason})", path=path, reason=error), remedy(path))


def nonsense(path: Path, error: Exception) -> Nonsense:
    """The same for a part of it."""
    return Nonsense(_("{path}: is damaged ({reason})", path=path, reason=error), remedy(path))


def remedy(path: Path) -> str:
    """Say what to do about a damaged journal at `path`: restore the newest copy, where there is one."""
    copies = sorted(
        (file for file in (path.parent / BACKUPS).glob("*.db") if "damaged" not in file.name),
        key=_age,
    )
    if copies:
        return _(
            "recovery store restore {copy} puts back the newest copy, and keeps the damaged file",
            copy=copies[-1],
        )
    backups = sorted(file.name for file in path.parent.glob("journal-before-*.db"))
    hint = _(
        "move it and its -wal and -shm files aside, then put back a copy of yours in its place,"
        " or begin anew without it"
    )
    if backups:
        hint = _(
            "move it and its -wal and -shm files aside, then put back a copy ({copies}) in its place,"
            " or begin anew without it",
            copies=_(" or ").join(backups),
        )
    return hint


def _age(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0


def locked(path: Path, patience: float | None = None) -> StoreError:
    """The error when another program does not let go of the file at `path`."""
    message = _(
        "{path}: another program has kept it locked for more than {seconds:g} seconds",
        path=path,
        seconds=BUSY_SECONDS if patience is None else patience,
    )
    if by := _holder(path):
        message += ": " + _("process {pid} ({name})", pid=by[0], name=by[1])
    return StoreError(
        message, _("run the command again; if it stays so, close the program that has that file open")
    )


def is_busy(error: BaseException) -> bool:
    """Tell if SQLite failed because another process has the file locked."""
    return _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def is_about_writing(error: BaseException) -> bool:
    """Tell if SQLite failed because something cannot be written there, which reading alone can do without."""
    return _code(error) in (
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
    )


def _code(error: BaseException) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest of the number is a detail


def _in_words(path: Path, error: sqlite3.Error, patience: float | None) -> StoreError:
    code = _code(error)
    if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and _is_full(path)):
        return StoreError(
            _("{path}: the disk is full; nothing was recorded", path=path),
            _("make room on that disk, then run the command again"),
        )
    if code in _LOCKING and (reason := _lack_of_locks(path.parent)):
        return StoreError(
            _(
                "{path}: its disk has no file locks ({reason}); nothing was recorded",
                path=path,
                reason=reason,
            ),
            _(OTHER_DISK),
        )
    if is_busy(error):
        return locked(path, patience)
    if code == sqlite3.SQLITE_READONLY:
        message = _("{path}: cannot be written: it, its folder or its disk is read-only", path=path)
        return StoreError(message, _(OTHER_FOLDER))
    if code in _DAMAGE:
        return damaged(path, error)
    message = _("{path}: SQLite refuses: {reason}", path=path, reason=error)
    hint = _("this is likely a bug; please report it")
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH):
        message = _("{path}: cannot be opened: no permission, or not a file", path=path)
        hint = _(OTHER_FOLDER)
    elif code == sqlite3.SQLITE_IOERR and error.sqlite_errorcode == sqlite3.SQLITE_IOERR_SHMMAP:
        message = _("{path}: its disk shares no memory between programs; nothing was recorded", path=path)
        hint = _(OTHER_DISK)
    elif code == sqlite3.SQLITE_IOERR:
        message = _("{path}: the disk failed to read or write it; nothing was recorded", path=path)
        hint = _("check the disk and how large a file may grow there, then run the command again")
    return StoreError(message, hint)


def _is_full(path: Path) -> bool:
    try:
        return os.name == "posix" and os.statvfs(path.parent).f_bavail == 0
    except OSError:
        return False


def _lack_of_locks(folder: Path) -> str:
    """Say why no file in a folder can be locked as SQLite does it; "" where it can, or nobody can tell."""
    if os.name != "posix":
        return ""
    import fcntl

    probe = folder / f".lock-probe-{os.getpid()}"
    try:
        descriptor = os.open(probe, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError:
        return ""
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.strerror or str(error)
    finally:
        os.close(descriptor)
        with suppress(OSError):
            probe.unlink()
    return ""


_WRITING = {"": (0x4000_0000, 0x4000_0001), "-shm": (120, 120)}
"""The bytes that SQLite locks for writing: of the database itself, and of the memory that is shared about it."""

_LONGEST = 60
"""Characters of a command line that are told."""


def _holder(path: Path) -> tuple[int, str] | None:
    """The other process that has the database at `path` locked for writing: its number and its command line."""
    wanted: dict[int, tuple[int, int]] = {}
    for end, bytes_ in _WRITING.items():
        with suppress(OSError):
            wanted[path.with_name(path.name + end).stat().st_ino] = bytes_
    try:
        lines = Path("/proc/locks").read_text("ascii").splitlines()
    except (OSError, ValueError):
        return None
    for line in lines:
        # 5: POSIX  ADVISORY  WRITE 3462 08:01:2621447 120 120
        words = line.split()
        with suppress(IndexError, ValueError):
            span = wanted.get(int(words[5].rpartition(":")[2]))
            first, last = int(words[6]), float("inf") if words[7] == "EOF" else int(words[7])
            pid = int(words[4])
            is_held = words[3] == "WRITE" and span is not None and first <= span[1] and span[0] <= last
            if is_held and pid > 0 and pid != os.getpid():
                return pid, _command_line(pid)
    return None


def _command_line(pid: int) -> str:
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return "?"
    words = " ".join(raw.replace(b"\0", b" ").decode("utf-8", "replace").split())
    return words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"
