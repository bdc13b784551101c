"""The sign that a daemon runs: a lock that only the living hold, and a file that says who and since when.

Both live in the folder of all state, so there is one daemon a user and `RECOVERY_HOME`. A lock dies with its
process; a file left behind by a killed daemon means nothing without the lock.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from recovery.values import Value

LOCK = "daemon.lock"
SIGN = "daemon.json"


class Presence(Value):
    """What a running daemon says of itself. Instants are whole milliseconds since 1970 (UTC)."""

    pid: int
    since: int
    notifier: str = ""
    problem: str = ""
    """Why notifications do not reach the desktop; empty when they do."""
    next_wakeup: int | None = None


class Lock:
    """The daemon's lock on a folder. Held until the process ends, however it ends."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / LOCK
        self._descriptor: int | None = None

    def take(self) -> bool:
        """Become the folder's daemon. False where another process is. Raises `OSError`."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        if not _try_lock(descriptor):
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Let another process be the daemon."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def is_running(folder: Path) -> bool:
    """Whether a daemon lives in that folder."""
    try:
        descriptor = os.open(folder / LOCK, os.O_RDWR)
    except OSError:
        return False
    try:
        return not _try_lock(descriptor)
    finally:
        os.close(descriptor)


def read(folder: Path) -> Presence | None:
    """What the running daemon says of itself; None where none runs."""
    if not is_running(folder):
        return None
    try:
        known: Any = json.loads((folder / SIGN).read_text("utf-8"))
        return Presence(**known)
    except (OSError, ValueError, TypeError):
        return Presence(pid=0, since=0)


def write(folder: Path, presence: Presence) -> None:
    """Say it, whole or not at all. Raises `OSError`."""
    draft = folder / f"{SIGN}.{os.getpid()}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(vars(presence), file)
    draft.replace(folder / SIGN)


def erase(folder: Path) -> None:
    """Take the sign away. Raises `OSError`."""
    (folder / SIGN).unlink(missing_ok=True)


if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
