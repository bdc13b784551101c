"""Hearing that the person's own bus has come: the kernel tells of new files, so that nobody looks again and again.

Through ctypes: Python has no inotify of its own. Linux only.
"""

import ctypes
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from recovery.notify import session_bus
from recovery.notify.dbus import BusLost, unix_sockets

_NONBLOCK, _CLOEXEC = 0o4000, 0o2000000
_ATTRIB, _MOVED_TO, _CREATE, _ONLYDIR = 0x4, 0x80, 0x100, 0x1000000
"""Of what a folder tells; a bus changes the mode of its socket when it has begun to listen."""

_READ_BYTES = 1 << 16


class Arrival:
    """Readable when something has come to where the named bus or the person's own may be."""

    def __init__(self, descriptor: int, libc: ctypes.CDLL, paths: tuple[Path, ...]) -> None:
        self._descriptor = descriptor
        self._libc = libc
        self._paths = paths
        self.watch()

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "Arrival | None":
        """For the buses that an environment tells of; None where the system does not tell of files."""
        if not sys.platform.startswith("linux"):
            return None
        try:
            libc = ctypes.CDLL(None, use_errno=True)
            descriptor = libc.inotify_init1(_NONBLOCK | _CLOEXEC)
        except (OSError, AttributeError):
            return None
        if descriptor < 0:
            return None
        paths = [*session_bus.own_buses(environ), *_named(environ)]
        return cls(descriptor, libc, tuple(Path(path) for path in paths))

    def fileno(self) -> int:
        return self._descriptor

    def has_news(self) -> bool:
        """Take note of what has happened, if anything has."""
        has_happened = False
        with suppress(BlockingIOError):
            while os.read(self._descriptor, _READ_BYTES):
                has_happened = True
        return has_happened

    def is_there(self) -> bool:
        """True where a bus is, or what a bus has left behind."""
        return any(session_bus.is_own_socket(str(path)) for path in self._paths)

    def close(self) -> None:
        os.close(self._descriptor)

    def watch(self) -> None:
        """Watch the folder of each bus, or what there is of the way to it."""
        for path in self._paths:
            folder = next((place for place in path.parents if place.is_dir()), None)
            # Others' folders are full of others' files: /tmp would wake us all the time.
            if folder is None or not (folder == Path(session_bus.OWN_PLACES) or _is_quiet(folder)):
                continue
            # Each time: a folder that went and came again is another one, and so is what was mounted on it.
            mask = _ATTRIB | _MOVED_TO | _CREATE | _ONLYDIR
            self._libc.inotify_add_watch(self._descriptor, os.fsencode(folder), mask)


def _named(environ: Mapping[str, str]) -> list[str]:
    """The paths of the bus that the environment names."""
    try:
        listed = [path for _part, path in unix_sockets(environ.get(session_bus.BUS, ""))]
    except BusLost:
        return []
    return [os.fsdecode(path) for path in listed if path[:1] not in (b"\0", "\0")]


def _is_quiet(folder: Path) -> bool:
    """True for a folder that is ours alone to write to."""
    try:
        return session_bus.is_own_folder(str(folder)) and not folder.stat().st_mode & 0o002
    except OSError:
        return False
