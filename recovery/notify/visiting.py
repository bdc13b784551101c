"""Looking at another bus before anything goes there: whose it is, and whether a notification server answers on it."""

import os
import socket
import stat
import struct
import sys
from pathlib import Path

from recovery.language import N_, _
from recovery.notify.dbus import BusLost, Failure, Reply, SessionBus, address, unix_sockets
from recovery.notify.do_not_disturb import PATH, SERVER
from recovery.notify.port import Source
from recovery.values import Value

ANSWER_WITHIN = 3.0

NO_SERVER_THERE = N_("no notification server is running there")


class Look(Value):
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
        self._ends_at = monotonic + ANSWER_WITHIN

    def sources(self) -> tuple[Source, ...]:
        return (self._bus.socket,)

    def deadline(self) -> float:
        due = self._bus.deadline()
        return self._ends_at if due is None else min(due, self._ends_at)

    def look(self, monotonic: float) -> Look | None:
        """Look on; None until it is clear what there is."""
        try:
            events = self._bus.advance(monotonic)
        except BusLost as lost:
            return Look(has_server=False, has_bus=False, problem=lost.reason)
        for event in events:
            match event:
                case Reply(serial=serial) if serial == self._asked:
                    return Look(has_server=True, has_bus=True)
                case Failure(serial=serial) if serial == self._asked:
                    return Look(has_server=False, has_bus=True, problem=_(NO_SERVER_THERE))
        if monotonic >= self._ends_at:
            problem = _("the notification server there does not answer")
            return Look(has_server=False, has_bus=True, problem=problem)
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
