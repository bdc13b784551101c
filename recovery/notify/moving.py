"""From one desktop to another: the daemon outlives the log-in that it was started in.

A bus is looked at before anything goes there: notes never leave a desktop that shows them for one that does not.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from recovery import clock
from recovery.language import _
from recovery.notify.desktop_session import BUS_VARIABLE, moved, session_bus_address, surroundings
from recovery.notify.port import (
    Capabilities,
    Closed,
    HandedOver,
    Moved,
    Note,
    Notifier,
    Outcome,
    Readable,
    Shown,
    Undelivered,
)
from recovery.values import Value

if TYPE_CHECKING:
    from recovery.notify.other_bus import Arrival, BusState, Visit

LOOKS = (0.0, 0.05, 0.2, 1.0, 5.0)
"""Seconds after which to look for a bus when something has come: its folder is there before a disk is mounted on it,
and its socket before it listens."""


class Handed(Value):
    """The end of a hand-over."""

    number: int = 0
    """Its own, as whoever handed it over gave it."""
    problem: str = ""
    """Why notes do not go there; "" where they do."""


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
        try:
            from recovery.notify import other_bus  # jeepney may be missing
            from recovery.notify.dbus import BusLost
        except ImportError as error:
            self._settle(_("the Python package {name} is not installed", name=error.name))
            return
        try:
            address = other_bus.ours(to.get(BUS_VARIABLE, ""))
        except BusLost as lost:
            self._settle(lost.reason)
            return
        self._bound_for = {**to, BUS_VARIABLE: address}
        if other_bus.is_same(self._inner.bus(), address) and not self._inner.problem():
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

    def sources(self) -> tuple[Readable, ...]:
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
        if self._inner.bus() != "" or not self._inner.problem():
            self._hear_no_more()
        elif self._arrival is None:
            try:
                from recovery.notify.other_bus import Arrival  # jeepney may be missing
            except ImportError:
                return
            self._arrival = Arrival.of(self._environ)
            if self._arrival is not None and self._arrival.is_there():  # since it was lost
                self._look_soon()

    def _hear_no_more(self) -> None:
        self._looks_again.clear()
        if self._arrival is not None:
            self._arrival.close()
            self._arrival = None

    def _look_for_own(self, monotonic: float) -> None:
        """Look at the person's own bus, or at the one that was named, when it has come."""
        if self._arrival is None:
            return
        if self._arrival.has_news():
            self._look_soon()
        if self._visit is None and self._looks_again and monotonic >= self._looks_again[0]:
            del self._looks_again[0]
            self._arrival.watch()
            address = session_bus_address(self._environ)
            if address and self._arrival.is_there():
                self._number, self._bound_for = 0, {**surroundings(self._environ), BUS_VARIABLE: address}
                self._look_at(address)

    def _look_soon(self) -> None:
        self._looks_again = [self._monotonic() + wait for wait in LOOKS]

    def _look_at(self, address: str) -> None:
        from recovery.notify.dbus import BusLost
        from recovery.notify.other_bus import Visit

        try:
            self._visit = Visit(address, self._monotonic())
        except BusLost as lost:
            self._settle(lost.reason)

    def _leave_off(self) -> None:
        if self._visit is not None:
            self._visit.close()
            self._visit = None

    def _decide(self, look: "BusState") -> None:
        """Go there, unless that would take notes from where they are seen to where they are not."""
        from recovery.notify.other_bus import is_same

        self._leave_off()
        is_here = is_same(self._inner.bus(), self._bound_for[BUS_VARIABLE])
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
