"""The sign that a daemon runs: a lock that only the living hold, and a file that says who and since when.

Both live in the folder of all state, so there is one daemon a user and `RECOVERY_HOME`. A lock dies with its
process; a file left behind by a killed daemon means nothing without the lock.
"""

import errno
import json
import os
import struct
import sys
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from recovery import clock
from recovery.engine.written import from_ms
from recovery.errors import RecoveryError
from recovery.language import _
from recovery.values import Value

LOCK = "daemon.lock"
SOCKET = "daemon.sock"
ADDRESS = "daemon.address"
"""The files by which the daemon is called: a local socket, or where it listens instead. See `control`."""

SIGN = "daemon.json"

_LOOKS, _LOOK_SECONDS = 20, 0.01
"""How often a lock is tried for, and the wait between: others hold it for an instant, to look who is there."""

READY_WITHIN = 8.0
"""Seconds that a daemon gets to say that it is there."""


class Presence(Value):
    """The report of a running daemon on itself. Instants are whole milliseconds since 1970 (UTC)."""

    pid: int
    since: int
    notifier: str = ""
    problem: str = ""
    """The reason why notifications do not reach the desktop; empty when they do."""
    next_wakeup: int | None = None
    version: str = ""
    """Of the program that runs."""
    since_boot: int = 0
    """`since` on the clock that nobody sets: milliseconds since the machine was started."""
    lock: int = 0
    """The inode of its lock: a copy of the folder, made for a look or as a backup, has another."""
    bus: str | None = None
    """The address of the session bus that it speaks to; empty while there is none, None where it needs none."""
    screen: str = ""
    """The names of the screens that it has been told of."""
    handed: int = 0
    """The number of the last desktop that was handed over to it and looked at: see `handing`."""
    not_taken: str = ""
    """The reason why it does not speak to that desktop; empty where it does."""
    damage: str = ""
    """The damage that keeps the journal from its daily copy; empty where it is whole, as far as it was looked over."""

    @property
    def since_at(self) -> datetime:
        return from_ms(self.since)

    @property
    def wakes_at(self) -> datetime | None:
        """The next instant at which it looks; None: nothing is planned."""
        return None if self.next_wakeup is None else from_ms(self.next_wakeup)


class Lock:
    """The daemon's lock on a folder. Held until the process ends, however it ends."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / LOCK
        self._descriptor: int | None = None

    def take(self) -> bool:
        """Become the folder's daemon. False where another process is.

        Raises `RecoveryError` where the lock's file cannot be made, or its disk has no locks.
        """
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            reason = error.strerror
            raise RecoveryError(
                _("{path}: the daemon's lock cannot be made: {reason}", path=self._path, reason=reason)
            ) from None
        try:
            for look in range(_LOOKS):
                if look:
                    time.sleep(_LOOK_SECONDS)
                if _try_lock(descriptor):
                    self._descriptor = descriptor
                    return True
        except OSError as error:
            raise RecoveryError(
                _(
                    "{path}: its disk has no file locks ({reason}): two daemons could not tell of each other",
                    path=self._path,
                    reason=error.strerror,
                ),
                _("set RECOVERY_HOME to a folder on a disk of this machine"),
            ) from None
        finally:
            if self._descriptor != descriptor:
                os.close(descriptor)
        return False

    def is_in_place(self) -> bool:
        """Tell if the lock held is still the folder's: not once the folder was removed or made anew."""
        assert self._descriptor is not None, "not taken"
        try:
            return os.path.samestat(self._path.stat(), os.fstat(self._descriptor))
        except OSError:
            return False

    def inode(self) -> int:
        """The number of the lock's file. It must be held."""
        assert self._descriptor is not None, "not taken"
        return os.fstat(self._descriptor).st_ino

    def is_gone(self) -> bool:
        """Tell if there is no lock in that folder, or no such folder: removed, or on a disk that is not there now."""
        try:
            self._path.stat()
        except OSError:
            return True
        return False

    def take_again(self) -> bool:
        """Hold the lock that is in the folder now, if nobody else does: its disk may have come back as another."""
        try:
            descriptor = os.open(self._path, os.O_RDWR)
        except OSError:
            return False
        try:
            is_ours = _try_lock(descriptor)
        except OSError:  # another disk, without locks
            is_ours = False
        if not is_ours:
            os.close(descriptor)
            return False
        self.release()
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Let another process be the daemon."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def is_running(folder: Path) -> bool:
    """Tell if a daemon lives in that folder."""
    try:
        descriptor = os.open(folder / LOCK, os.O_RDONLY)  # its disk may be read-only by now
    except OSError:
        return False
    try:
        return not _try_lock(descriptor, is_shared=True)
    except OSError:  # no locks on this disk: no daemon can hold one
        return False
    finally:
        os.close(descriptor)


def read(folder: Path) -> Presence | None:
    """Read the running daemon's report on itself, with `pid` 0 while it is starting; None where none runs."""
    if not is_running(folder):
        return None
    try:
        return _sign(folder)
    except (OSError, ValueError):
        return Presence(pid=0, since=0)


def its_log(folder: Path) -> str:
    """Name the log of the daemon, as a hint."""
    from recovery.daemon.logs import LOG  # loads logging, and `status` needs none

    return _("its log: {path}", path=folder / LOG)


def heard_of(folder: Path) -> Presence | None:
    """Wait `READY_WITHIN` seconds at most for the daemon's report on itself. Return it; None where none runs.

    Raises `RecoveryError` where somebody holds its lock and says nothing: another program, or a daemon that hangs.
    """
    there = await_presence(folder)
    if there is not None and not there.pid:
        raise nobody_there(folder)
    return there


def nobody_there(folder: Path) -> RecoveryError:
    return RecoveryError(
        _("{path}: its lock is held, but no daemon says that it lives there", path=folder), its_log(folder)
    )


def await_presence(folder: Path) -> Presence | None:
    """Read the daemon's report on itself. A daemon that has only just started gets time to write it."""
    limit = clock.monotonic() + READY_WITHIN
    there = read(folder)
    while there is not None and not there.pid and clock.monotonic() < limit:
        time.sleep(_LOOK_SECONDS)
        there = read(folder)
    return there


def _sign(folder: Path) -> Presence:
    """The sign in a folder. Raises `OSError`; `ValueError` for one that no daemon has written.

    Its numbers are used: a process below 1 would be a whole group of them, or all.
    """
    try:
        fields: Any = json.loads((folder / SIGN).read_text("utf-8"))
        sign = Presence(**fields)
    except (TypeError, RecursionError) as error:
        raise ValueError(str(error)) from None
    for name, value in vars(sign).items():
        bounds = _POSSIBLE.get(name)
        is_right = type(value) is int and bounds[0] <= value <= bounds[1] if bounds else type(value) is str
        if not is_right and not (value is None and name in ("next_wakeup", "bus")):
            raise ValueError(name)
    return sign


_LATEST = 253_402_214_400_000
"""The last day of the calendar, in milliseconds since 1970."""

_POSSIBLE = {
    "pid": (1, 2**31 - 1),
    "since": (0, _LATEST),
    "next_wakeup": (0, _LATEST),
    "since_boot": (0, _LATEST),
    "lock": (0, 2**64),
    "handed": (0, 2**31 - 1),
}


def left_behind(folder: Path) -> Presence | None:
    """Read the last daemon's report on itself, if it ended in this folder without being told to; else None.

    Told to by `stop` or a signal it takes its sign away; killed, crashed or out of power it cannot.
    """
    try:
        sign = _sign(folder)
        is_of_here = sign.lock == (folder / LOCK).stat().st_ino
    except (OSError, ValueError):
        return None
    return sign if sign.lock and is_of_here and not is_running(folder) else None


def announce(folder: Path, presence: Presence) -> None:
    """Say it, whole or not at all. Raises `OSError`."""
    from recovery import files  # only a daemon says it, and every command loads this module

    files.write_whole(folder / SIGN, [json.dumps(vars(presence))])


def erase(folder: Path) -> None:
    """Take the sign away. Raises `OSError`."""
    (folder / SIGN).unlink(missing_ok=True)


def forget(folder: Path) -> None:
    """Take away the sign of a daemon that died: none is wanted in its place."""
    if not is_running(folder):
        with suppress(OSError):
            erase(folder)


_HELD = frozenset((errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES))
"""What a system says of a lock that somebody else holds; anything else says that there are none."""

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int, *, is_shared: bool = False) -> bool:  # noqa: ARG001  # there are none
        """Tell if the lock is ours now; False where another process holds it. Raises `OSError`: no locks there."""
        # So two that look at the same instant may take each other for the daemon.
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            if error.errno in _HELD or error.errno == errno.EDEADLK:
                return False
            raise
        return True

else:
    import fcntl

    def _try_lock(descriptor: int, *, is_shared: bool = False) -> bool:
        """Tell if the lock is ours now; False where another process holds it. Raises `OSError`: no locks there."""
        kind = fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in _HELD:
                return False
            return _try_record_lock(descriptor, is_shared=is_shared)
        return True

    def _try_record_lock(descriptor: int, *, is_shared: bool) -> bool:
        """The same by the other kind of locks, for disks that have only those."""
        kind = fcntl.F_RDLCK if is_shared else fcntl.F_WRLCK
        by_descriptor = getattr(fcntl, "F_OFD_SETLK", None)
        try:
            if by_descriptor is None:
                fcntl.lockf(descriptor, (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
            else:  # one that does not go when the process closes another descriptor of the file
                fcntl.fcntl(descriptor, by_descriptor, struct.pack("hhqqi", kind, os.SEEK_SET, 0, 0, 0))
        except OSError as error:
            if error.errno in _HELD:
                return False
            raise
        return True
