"""Where state lives: one private folder, `RECOVERY_HOME`."""

import os
import stat
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from recovery.errors import RecoveryError
from recovery.language import _


def home() -> Path:
    """The folder of all state. `RECOVERY_HOME` names it; otherwise the platform's place for data.

    Raises `RecoveryError` where that is in the home folder of somebody who has none.
    """
    named = os.environ.get("RECOVERY_HOME")
    if named:
        return _expanded(named).absolute()
    return default_home()


def default_home() -> Path:
    """The platform's place for data, whatever `RECOVERY_HOME` says. Raises as `home` does."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    elif sys.platform == "darwin":
        base = "~/Library/Application Support"
    else:
        base = os.environ.get("XDG_DATA_HOME", "")
        if not Path(base).is_absolute():  # the specification says to ignore a relative one
            base = "~/.local/share"
    return _expanded(base) / "recovery"


def typed(path: str) -> Path:
    """A path that a person has typed; one in the home folder of nobody (`~nobody/x`) is taken as it is."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def _expanded(path: str) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise RecoveryError(
            _("{path}: this user has no home folder on this machine", path=path),
            _("set RECOVERY_HOME to a folder of your own"),
        ) from None


def make_home() -> Path:
    """`home()`, created if need be and closed to other users, with all that is in it: see `keep_private`.

    Raises `RecoveryError` where the folder cannot be made, is not a folder, or cannot be kept private.
    """
    folder = home()
    try:
        _make(folder)
        if os.name == "posix":
            keep_private(folder)
    except OSError as error:
        raise RecoveryError(
            _(
                "{path}: cannot be used as the folder for recovery's data: {reason}",
                path=folder,
                reason=error.strerror,
            ),
            _("set RECOVERY_HOME to a folder that you can write to"),
        ) from None
    return folder


def _make(folder: Path) -> None:
    # Not by `parents=True`: that leaves the modes of the parents to the umask, and who can write there can
    # put another folder in the place of this one.
    missing = []
    place = folder
    while not place.exists():
        missing.append(place)
        place = place.parent
    for place in (*reversed(missing), folder):
        place.mkdir(mode=0o700, exist_ok=True)


# Keeping others out ------------------------------------------------------------------------------

_INNER = ("backups", "protocols")
"""The folders in it whose files are looked at, too."""


def keep_private(folder: Path) -> None:
    """Close a folder of state to other users: itself 0700, what is in it 0600, folders in it 0700.

    For every start of the daemon and of an episode; dear for a command that is typed in passing. Links in it that
    the user made are followed by nobody here, and left as they are. Raises `OSError`; `RecoveryError` for what
    cannot be put right: another owner, a way to it that others can change, a folder that everybody shares.
    """
    if folder.is_symlink():
        _refuse_open_way(folder)
    known = folder.stat()
    _refuse_other_owner(folder, known)
    if known.st_mode & stat.S_ISVTX or folder.resolve() == Path(folder.anchor):
        raise RecoveryError(
            _("{path}: is shared with other users, and no place for recovery's data", path=folder),
            _("set RECOVERY_HOME to a folder of your own in it"),
        )
    place = _open_to_others((*folder.absolute().parents, *folder.resolve().parents))
    if place is not None:
        raise RecoveryError(
            _(
                "{path}: others can put another folder in its place: they can write to {place}",
                path=folder,
                place=place,
            ),
            _(
                "close {place} to others: chmod go-w; or set RECOVERY_HOME to a folder of your own",
                place=place,
            ),
        )
    _close(folder, known)
    if folder.stat().st_mode & 0o077:
        raise RecoveryError(
            _("{path}: cannot be closed to other users; its disk keeps no permissions", path=folder),
            _("set RECOVERY_HOME to a folder on another disk"),
        )
    for place in (folder, *(folder / name for name in _INNER)):
        if place == folder or (place.is_dir() and not place.is_symlink()):
            for entry in sorted(place.iterdir()):
                with suppress(FileNotFoundError):  # SQLite's files come and go
                    _look_at(entry)


def _look_at(entry: Path) -> None:
    known = entry.lstat()
    if known.st_uid != 0:  # what root put there is in nobody else's hands
        _refuse_other_owner(entry, known)
    if stat.S_ISLNK(known.st_mode):
        _refuse_open_way(entry)
    elif known.st_uid == os.geteuid():
        _close(entry, known)


def _close(place: Path, known: os.stat_result) -> None:
    # By name: a journal must not be opened for it, because closing it would drop SQLite's own locks.
    if known.st_mode & 0o077:
        place.chmod(0o700 if stat.S_ISDIR(known.st_mode) else 0o600)


def _refuse_other_owner(place: Path, known: os.stat_result) -> None:
    if known.st_uid != os.geteuid():
        raise RecoveryError(
            _(
                "{path}: belongs to another user (number {owner}), who could read and change it",
                path=place,
                owner=known.st_uid,
            ),
            _(
                "make it your own: sudo chown -R {user} {path}; or set RECOVERY_HOME to a folder of your own",
                user=os.geteuid(),
                path=place,
            ),
        )


def _refuse_open_way(link: Path) -> None:
    """Raises `RecoveryError` for a link that another user made, or that leads to where others can write."""
    target = link.resolve()
    _refuse_other_owner(link, link.lstat())
    place = _open_to_others((target, *target.parents))
    if place is not None:
        raise RecoveryError(
            _("{path}: is a link to where others can write: {place}", path=link, place=place),
            _("put a folder of your own there, or close {place} to others: chmod go-w", place=place),
        )


def _open_to_others(places: Iterable[Path]) -> Path | None:
    """The first of these places that other users can write to."""
    for place in places:
        with suppress(FileNotFoundError):
            if _others_can_write(place.stat()):
                return place
    return None


def _others_can_write(known: os.stat_result) -> bool:
    if known.st_uid not in (os.geteuid(), 0):
        return True
    is_sticky = stat.S_ISDIR(known.st_mode) and known.st_mode & stat.S_ISVTX
    # The group of a user is mostly theirs alone: a umask of 002 is made for that.
    by_group = known.st_mode & stat.S_IWGRP and known.st_gid not in (os.getegid(), 0)
    return bool(known.st_mode & stat.S_IWOTH or by_group) and not is_sticky
