"""The place of all state: one private folder, `RECOVERY_HOME`."""

import errno
import os
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping
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


def cache() -> Path | None:
    """The folder of what can be made again, in the platform's place for it; None for somebody without a home."""
    try:
        if sys.platform == "win32":
            return default_home() / "cache"
        if sys.platform == "darwin":
            return _expanded("~/Library/Caches/recovery")
        base = os.environ.get("XDG_CACHE_HOME", "")
        return _expanded(base if Path(base).is_absolute() else "~/.cache") / "recovery"
    except RecoveryError:
        return None


def typed(path: str) -> Path:
    """A path that a person has typed; one in the home folder of nobody (`~nobody/x`) is taken as it is."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def _expanded(path: str) -> Path:
    """The path, from the root of the disk where it begins in a home folder. Raises `RecoveryError`."""
    whose, *below = Path(path).parts
    if not whose.startswith("~"):
        return Path(path)
    folder = home_folder(whose)
    if folder is None:
        raise RecoveryError(
            _("{path}: this user has no home folder on this machine", path=path),
            _("set RECOVERY_HOME to a folder of your own"),
        )
    return folder.joinpath(*below)


def home_folder(whose: str = "~", environ: Mapping[str, str] = os.environ) -> Path | None:
    """The home folder of this user, or of `~name`; None where there is none.

    What `HOME` says is taken if it says where; what the machine's list of users says if it is there.
    """
    is_own = whose == "~" and os.name == "posix"
    variable = environ.get("HOME", os.environ.get("HOME")) if is_own else None
    try:
        folder = Path(whose).expanduser() if variable is None else Path(variable)
    except RuntimeError:
        return None
    is_there = folder.is_absolute() and (variable is not None or folder.is_dir())
    return folder if is_there else None


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
    cannot be put right: see `refuse_open_folder` and `refuse_open_entries`.
    """
    refuse_open_folder(folder)
    _close(folder, folder.stat())
    if folder.stat().st_mode & 0o077:
        raise RecoveryError(
            _("{path}: cannot be closed to other users; its disk keeps no permissions", path=folder),
            _("set RECOVERY_HOME to a folder on another disk"),
        )
    for entry in _within(folder):
        with suppress(FileNotFoundError):  # SQLite's files come and go
            status = entry.lstat()
            _refuse_open_entry(entry, status)
            if status.st_uid == os.geteuid() and not stat.S_ISLNK(status.st_mode):
                _close(entry, status)


def refuse_open_entries(folder: Path) -> None:
    """Raise `RecoveryError` for a file or folder in it that is another user's, or that leads to where others can write.

    Raises `OSError`. Changes nothing.
    """
    for entry in _within(folder):
        with suppress(FileNotFoundError):
            _refuse_open_entry(entry, entry.lstat())


def _within(folder: Path) -> Iterator[Path]:
    """All in it that is looked at."""
    for place in (folder, *(folder / name for name in _INNER)):
        if place.is_dir() and (place == folder or not place.is_symlink()):
            yield from sorted(place.iterdir())


def refuse_open_folder(folder: Path) -> None:
    """Raise `RecoveryError` for a folder of state that is another user's, that everybody shares, or whose way is open.

    Of one that is not there yet the way counts alone. Raises `OSError`. Changes nothing.
    """
    if folder.is_symlink():
        _refuse_open_way(folder)
    if folder.exists():
        status = folder.stat()
        _refuse_other_owner(folder, status)
        if status.st_mode & stat.S_ISVTX or folder.resolve() == Path(folder.anchor):
            raise RecoveryError(
                _("{path}: is shared with other users, and no place for recovery's data", path=folder),
                _("set RECOVERY_HOME to a folder of your own in it"),
            )
    *way, _itself = _way_to(folder)
    place = _open_to_others(way)
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


def _refuse_open_entry(entry: Path, status: os.stat_result) -> None:
    if status.st_uid != 0:  # what root put there is in nobody else's hands
        _refuse_other_owner(entry, status)
    if stat.S_ISLNK(status.st_mode):
        _refuse_open_way(entry)


def _close(place: Path, status: os.stat_result) -> None:
    # By name: a journal must not be opened for it, because closing it would drop SQLite's own locks.
    if status.st_mode & 0o077:
        place.chmod(0o700 if stat.S_ISDIR(status.st_mode) else 0o600)


def _refuse_other_owner(place: Path, status: os.stat_result) -> None:
    if status.st_uid != os.geteuid():
        raise RecoveryError(
            _(
                "{path}: belongs to another user (number {owner}), who could read and change it",
                path=place,
                owner=status.st_uid,
            ),
            _(
                "make it your own: sudo chown -R {user} {path}; or set RECOVERY_HOME to a folder of your own",
                user=os.geteuid(),
                path=place,
            ),
        )


def _refuse_open_way(link: Path) -> None:
    """Raises `RecoveryError` for a link that another user made, or that leads to or by where others can write."""
    _refuse_other_owner(link, link.lstat())
    place = _open_to_others(_way_to(link))
    if place is not None:
        raise RecoveryError(
            _("{path}: is a link to where others can write: {place}", path=link, place=place),
            _("put a folder of your own there, or close {place} to others: chmod go-w", place=place),
        )


_MOST_LINKS = 40
"""As many as Linux follows on one way."""


def _way_to(path: Path) -> Iterator[Path]:
    """All that the system goes by to a path, from the root to itself: folders, and links one by one."""
    path = path.absolute()
    place, links = Path(path.anchor), 0
    below = [*reversed(path.parts[1:])]
    yield place
    while below:
        name = below.pop()
        if name == "..":
            place = place.parent  # no link is in it any more
        elif (place / name).is_symlink():
            yield place / name
            links += 1
            if links > _MOST_LINKS:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
            target = (place / name).readlink()
            place = Path(target.anchor) if target.is_absolute() else place
            below += reversed(target.parts[1:] if target.is_absolute() else target.parts)
        else:
            place /= name
            yield place


def _open_to_others(places: Iterable[Path]) -> Path | None:
    """The first of these places that other users can write to, or a link that is theirs."""
    for place in places:
        with suppress(FileNotFoundError):
            if _others_can_write(place, place.lstat()):
                return place
    return None


def _others_can_write(place: Path, status: os.stat_result) -> bool:
    if status.st_uid not in (os.geteuid(), 0):
        return True
    is_sticky = stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX
    if is_sticky or stat.S_ISLNK(status.st_mode):
        return False
    if status.st_mode & stat.S_IWOTH:
        return True
    return bool(status.st_mode & stat.S_IWGRP) and (_has_list(place) or not _is_private(status.st_gid))


def _has_list(place: Path) -> bool:
    """Tell if a list of its own says who may do what there; what looks like the group's part is then its sum."""
    try:
        return hasattr(os, "getxattr") and bool(os.getxattr(place, "system.posix_acl_access"))
    except OSError:
        return False


def _is_private(group: int) -> bool:
    """Tell if a group is this user's alone, or root's: it bears their name, and nobody else is in it.

    A umask of 002 is made for such groups. One that many share, such as `users`, is the first group of some, too.
    """
    import grp  # nobody needs them but here, and Windows has neither
    import pwd

    ours = {0, os.geteuid()}
    users = pwd.getpwall()
    names = {user.pw_name for user in users if user.pw_uid in ours} | {str(number) for number in ours}
    try:
        entry = grp.getgrgid(group)
        name, members = entry.gr_name, entry.gr_mem
    except KeyError:  # neither has a name in a container
        name, members = str(group), []
    others = any(user.pw_gid == group and user.pw_uid not in ours for user in users)
    return (group == 0 or name in names) and names.issuperset(members) and not others
