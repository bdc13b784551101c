"""From one desktop to another: the daemon outlives the log-in that it was started in.

A bus is looked at before anything goes there: notes never leave a desktop that shows them for one that does not.
"""

import os
import socket
import stat
import struct
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from recovery import clock
from recovery.language import N_, _
from recovery.notify.disturbing import PATH, SERVER
from recovery.notify.port import (
    Capabilities,
    Closed,
    HandedOver,
    Moved,
    Note,
    Notifier,
    Outcome,
    Shown,
    Source,
    Undelivered,
)
from recovery.notify.session_bus import BUS, session_bus_address
from recovery.notify.surroundings import moved, surroundings
from recovery.values import Value

if TYPE_CHECKING:
    from recovery.notify.arriving import Arrival
    from recovery.notify.dbus import SessionBus

ANSWER_WITHIN = 3.0

LOOKS_AGAIN = (0.05, 0.2, 1.0, 5.0)
"""Seconds until a bus that has just come is looked at again: its socket is there before it listens."""

NO_SERVER_THERE = N_("no notification server is running there")


class Handed(Value):
    """What became of a desktop that was handed over."""

    number: int = 0
    """Its own, as whoever handed it over gave it."""
    problem: str = ""
    """Why notes do not go there; "" where they do."""


class Look(Value):
    """What a look at a bus has found."""

    has_server: bool
    """Whether a notification server answers on it."""
    has_bus: bool
    problem: str = ""
    """Why there is no server."""


class Visit:
    """A look at another bus, which never waits."""

    def __init__(self, address: str, monotonic: float) -> None:
        """Raises `BusLost`."""
        from recovery.notify import dbus

        self._dbus = dbus
        self._bus: SessionBus = dbus.SessionBus(address, monotonic)
        self._asked = self._bus.call(dbus.address(PATH, SERVER), "GetCapabilities")
        self._ends_at = monotonic + ANSWER_WITHIN

    def sources(self) -> tuple[Source, ...]:
        return (self._bus.socket,)

    def deadline(self) -> float:
        due = self._bus.deadline()
        return self._ends_at if due is None else min(due, self._ends_at)

    def look(self, monotonic: float) -> Look | None:
        """What there is; None until that is known."""
        try:
            events = self._bus.advance(monotonic)
        except self._dbus.BusLost as lost:
            return Look(has_server=False, has_bus=False, problem=lost.reason)
        for event in events:
            match event:
                case self._dbus.Reply(serial=serial) if serial == self._asked:
                    return Look(has_server=True, has_bus=True)
                case self._dbus.Failure(serial=serial) if serial == self._asked:
                    return Look(has_server=False, has_bus=True, problem=_(NO_SERVER_THERE))
        if monotonic >= self._ends_at:
            problem = _("the notification server there does not answer")
            return Look(has_server=False, has_bus=True, problem=problem)
        return None

    def close(self) -> None:
        self._bus.close()


def ours(address: str) -> str:
    """The part of an address that leads to local sockets of this user. Raises `BusLost` where none does."""
    from recovery.notify import dbus

    usable, problems = [], []
    for part, path in dbus.unix_sockets(address):
        problem = _why_not_ours(path)
        usable += [] if problem else [part]
        problems += [f"{part}: {problem}"]
    if not usable:
        raise dbus.BusLost(problems[0])
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
        known = Path(os.fsdecode(path)).stat()
        return known.st_uid if stat.S_ISSOCK(known.st_mode) else None
    if sys.platform != "linux":
        return None
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.setblocking(False)
        line.connect(path)
        said = line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return int(struct.unpack("3i", said)[1])


class MovingNotifier:
    """The notifier of one desktop at a time, made anew for each. What stands is lost with the move, and said to be."""

    def __init__(
        self,
        make: Callable[[Mapping[str, str]], Notifier],
        environ: Mapping[str, str],
        monotonic: Callable[[], float] = clock.monotonic,
    ) -> None:
        self._make = make
        self._environ = {**environ}
        self._monotonic = monotonic
        self._inner = make(self._environ)
        self._visit: Visit | None = None
        self._bound_for: Mapping[str, str] = {}
        """The surroundings of the desktop that is looked at."""
        self._is_arriving = False
        """True after a move until it is known how things are there."""
        self._number = 0
        self._under_way: dict[int, Note] = {}
        """By tag, the notes that have no outcome yet."""
        self._standing: set[str] = set()
        """The keys of the notes that a server has, as far as it has said."""
        self._ready: list[Outcome] = []
        self._arrival: Arrival | None = None
        """Set while there is no bus."""
        self._looks_again: list[float] = []
        """The monotonic times at which to look at the person's own bus, which has come."""
        self.handed = Handed()
        """The last desktop that was handed over, once it is known what there is."""

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment of the desktop in use."""
        return self._environ

    def move(self, to: Mapping[str, str], number: int = 0) -> None:
        """Go to the desktop with those surroundings if that is no loss: `handed` tells in the end."""
        self._leave_off()
        self._number = number
        if self._inner.bus() is None:
            self._settle(_("notifications do not go over a session bus"))
            return
        from recovery.notify import dbus

        try:
            address = ours(to.get(BUS, ""))
        except dbus.BusLost as lost:
            self._settle(lost.reason)
            return
        self._bound_for = {**to, BUS: address}
        if self._is_here(address) and not self._inner.problem():
            self._stay()
            self._settle("")
        else:
            self._look_at(address)

    def capabilities(self) -> Capabilities | None:
        return self._inner.capabilities()

    def problem(self) -> str:
        return self._inner.problem()

    def bus(self) -> str | None:
        return self._inner.bus()

    def probe(self) -> None:
        self._inner.probe()
        self._await_bus()

    def show(self, note: Note) -> None:
        self._under_way[note.tag] = note
        self._inner.show(note)
        self._await_bus()

    def withdraw(self, key: str) -> None:
        self._inner.withdraw(key)

    def adopt(self, note: Note, token: str) -> None:
        self._standing.add(note.key)
        self._inner.adopt(note, token)

    def sources(self) -> tuple[Source, ...]:
        others = (self._visit.sources() if self._visit else (), (self._arrival,) if self._arrival else ())
        return (*self._inner.sources(), *others[0], *others[1])

    def deadline(self) -> float | None:
        if self._ready:
            return 0.0
        limits = [self._inner.deadline(), self._visit.deadline() if self._visit else None]
        if self._visit is None:
            limits += self._looks_again[:1]
        return min((limit for limit in limits if limit is not None), default=None)

    def collect(self, monotonic: float) -> list[Outcome]:
        self._ready += self._noted(self._inner.collect(monotonic))
        look = self._visit.look(monotonic) if self._visit else None
        if look is not None:
            self._decide(look)
        self._await_bus()
        self._look_for_own(monotonic)
        if self._is_arriving and (self.problem() or self.capabilities() is not None):
            self._is_arriving = False
            self._settle("")
        outcomes, self._ready = self._ready, []
        return outcomes

    def close(self) -> None:
        self._leave_off()
        self._hear_no_more()
        self._inner.close()

    def _await_bus(self) -> None:
        """While there is no bus, have the kernel tell when the person's own comes."""
        if self._inner.bus() != "":
            self._hear_no_more()
        elif self._arrival is None:
            from recovery.notify.arriving import Arrival

            self._arrival = Arrival.of(self._environ)

    def _hear_no_more(self) -> None:
        self._looks_again.clear()
        if self._arrival is not None:
            self._arrival.close()
            self._arrival = None

    def _look_for_own(self, monotonic: float) -> None:
        """Look at the person's own bus when it has come."""
        if self._arrival is not None and self._arrival.has_come_anew():
            self._looks_again = [monotonic + wait for wait in (0.0, *LOOKS_AGAIN)]
        if self._visit is None and self._looks_again and monotonic >= self._looks_again[0]:
            del self._looks_again[0]
            address = session_bus_address(self._environ)
            if address:
                self._number, self._bound_for = 0, {**surroundings(self._environ), BUS: address}
                self._look_at(address)

    def _look_at(self, address: str) -> None:
        from recovery.notify import dbus

        try:
            self._visit = Visit(address, self._monotonic())
        except dbus.BusLost as lost:
            self._settle(lost.reason)

    def _leave_off(self) -> None:
        if self._visit is not None:
            self._visit.close()
            self._visit = None

    def _is_here(self, address: str) -> bool:
        """Whether that is the bus in use, by whatever name."""
        from recovery.notify import dbus

        try:
            here = {path for _part, path in dbus.unix_sockets(self._inner.bus() or "")}
        except dbus.BusLost:
            return False
        return any(path in here for _part, path in dbus.unix_sockets(address))

    def _decide(self, look: Look) -> None:
        """Go there, unless that would take notes from where they are seen to where they are not."""
        self._leave_off()
        is_here = self._is_here(self._bound_for[BUS])
        if look.has_server or (look.has_bus and self._inner.problem() and not is_here):
            self._go()
            return
        if is_here:
            self._stay()
        self._settle(look.problem)

    def _stay(self) -> None:
        """The bus is the same one; what its notifier starts is started with the surroundings of now."""
        environ = moved(self._environ, self._bound_for)
        self._environ.clear()
        self._environ.update(environ)

    def _go(self) -> None:
        self._ready += self._noted(self._inner.collect(self._monotonic()))
        for key in sorted(self._standing):
            self._inner.withdraw(key)
        self._inner.collect(self._monotonic())  # so that it goes out
        self._inner.close()
        self._ready += [Closed(key, "lost") for key in sorted(self._standing)]
        self._standing.clear()
        self._environ = moved(self._environ, self._bound_for)
        self._inner = self._make(self._environ)
        self._inner.probe()
        for note in self._under_way.values():
            self._inner.show(note)
        self._ready.append(Moved())
        self._is_arriving = True

    def _settle(self, problem: str) -> None:
        if self._number:
            self.handed = Handed(self._number, problem)

    def _noted(self, outcomes: list[Outcome]) -> list[Outcome]:
        """The outcomes as they are; what stands and what is under way is known from them."""
        for outcome in outcomes:
            match outcome:
                case Shown(tag=tag, token=token):
                    note = self._under_way.pop(tag, None)
                    if note is not None and token:
                        self._standing.add(note.key)
                case HandedOver(tag=tag) | Undelivered(tag=tag):
                    self._under_way.pop(tag, None)
                case Closed(key=key, reason=reason) if reason != "expired":
                    self._standing.discard(key)
        return outcomes
