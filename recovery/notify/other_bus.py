"""Another session bus than the one in use: looking at it before anything goes there, and hearing that one has come.

Looking finds whose bus it is, and if a notification server answers on it. The kernel tells of new files, so that
nobody looks again and again: through ctypes, for Python has no inotify of its own, and on Linux only.
"""

import ctypes
import os
import socket
import stat
import struct
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from recovery.language import N_, _
from recovery.notify.dbus import BusLost, Failure, Reply, SessionBus, address, unix_sockets
from recovery.notify.desktop_session import (
    ANSWER_SECONDS,
    BUS_VARIABLE,
    OWN_PLACES,
    is_own_folder,
    is_own_socket,
    own_buses,
)
from recovery.notify.do_not_disturb import PATH, SERVER
from recovery.notify.port import Readable
from recovery.values import Value

NO_SERVER_THERE = N_("no notification server is running there")


class BusState(Value):
    """The answer of a bus that was looked at."""

    has_server: bool
    """A notification server answers on it."""
    has_bus: bool
    problem: str = ""
    """Why there is no server."""


class Visit:
    """A look at another bus, which never waits."""

    def __init__(self, place: str, monotonic: float) -> None:
        """Raises `BusLost`."""
        self._bus = SessionBus(place, monotonic)
        self._asked = self._bus.call(address(PATH, SERVER), "GetCapabilities")
        self._ends_at = monotonic + ANSWER_SECONDS

    def sources(self) -> tuple[Readable, ...]:
        return (self._bus.socket,)

    def deadline(self) -> float:
        due = self._bus.deadline()
        return self._ends_at if due is None else min(due, self._ends_at)

    def look(self, monotonic: float) -> BusState | None:
        """BusState on; None until it is clear what there is."""
        try:
            events = self._bus.advance(monotonic)
        except BusLost as lost:
            return BusState(has_server=False, has_bus=False, problem=lost.reason)
        for event in events:
            match event:
                case Reply(serial=serial) if serial == self._asked:
                    return BusState(has_server=True, has_bus=True)
                case Failure(serial=serial) if serial == self._asked:
                    return BusState(has_server=False, has_bus=True, problem=_(NO_SERVER_THERE))
        if monotonic >= self._ends_at:
            problem = _("the notification server there does not answer")
            return BusState(has_server=False, has_bus=True, problem=problem)
        return None

    def close(self) -> None:
        self._bus.close()


def ours(place: str) -> str:
    """The part of an address that leads to local sockets of this user. Raises `BusLost` where none does."""
    usable, problems = [], []
    for part, path in unix_sockets(place):
        problem = _why_not_ours(path)
        usable += [] if problem else [part]
        problems += [f"{part}: {problem}"]
    if not usable:
        raise BusLost(problems[0])
    return ";".join(usable)


def _why_not_ours(path: str | bytes) -> str:
    try:
        owner = _owner(path)
    except OSError as error:
        return error.strerror or str(error)
    except ValueError as error:
        return str(error)
    if owner is None:
        return _("it is no socket")
    if owner != os.geteuid():
        return _("it belongs to another user (number {owner})", owner=owner)
    return ""


def _owner(path: str | bytes) -> int | None:
    """The user whose socket that is; None where it is none. Raises `OSError`, `ValueError`."""
    if path[:1] not in (b"\0", "\0"):
        status = Path(os.fsdecode(path)).stat()
        return status.st_uid if stat.S_ISSOCK(status.st_mode) else None
    if sys.platform != "linux":
        return None
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.setblocking(False)
        line.connect(path)
        said = line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return int(struct.unpack("3i", said)[1])


def is_same(bus: str | None, other: str) -> bool:
    """True when an address leads to that bus, by whatever name. Raises `BusLost` where it leads to none."""
    sockets = {path for _part, path in unix_sockets(other)}
    return bool(bus) and any(path in sockets for _part, path in unix_sockets(bus or ""))


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
        paths = [*own_buses(environ), *_named(environ)]
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
        return any(is_own_socket(str(path)) for path in self._paths)

    def close(self) -> None:
        os.close(self._descriptor)

    def watch(self) -> None:
        """Watch the folder of each bus, or what there is of the way to it."""
        for path in self._paths:
            folder = next((place for place in path.parents if place.is_dir()), None)
            # Others' folders are full of others' files: /tmp would wake us all the time.
            if folder is None or not (folder == Path(OWN_PLACES) or _is_quiet(folder)):
                continue
            # Each time: a folder that went and came again is another one, and so is what was mounted on it.
            mask = _ATTRIB | _MOVED_TO | _CREATE | _ONLYDIR
            self._libc.inotify_add_watch(self._descriptor, os.fsencode(folder), mask)


def _named(environ: Mapping[str, str]) -> list[str]:
    """The paths of the bus that the environment names."""
    try:
        listed = [path for _part, path in unix_sockets(environ.get(BUS_VARIABLE, ""))]
    except BusLost:
        return []
    return [os.fsdecode(path) for path in listed if path[:1] not in (b"\0", "\0")]


def _is_quiet(folder: Path) -> bool:
    """True for a folder that is ours alone to write to."""
    try:
        return is_own_folder(str(folder)) and not folder.stat().st_mode & 0o002
    except OSError:
        return False
