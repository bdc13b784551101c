"""The two clocks as the daemon sees them: the one that can be set, and the steady one that nobody can set."""

from collections.abc import Callable
from datetime import datetime, timedelta

from recovery.engine.witness import Steady


class WatchedClocks:
    """The readings of both clocks at the first look and at the last one."""

    def __init__(self, read_steady: Callable[[], tuple[str, int]]) -> None:
        """`read_steady` reads the steady clock, as `clock.steady` does."""
        self._read_steady = read_steady
        self._first: tuple[datetime, int] | None = None
        self._last: tuple[datetime, Steady] | None = None

    def watch(self, now: datetime) -> None:
        """Take both readings for the first look, unless there was one."""
        if self._first is None:
            self._first = now, self.steady().ms

    def steady(self) -> Steady:
        """Read the steady clock."""
        return Steady(*self._read_steady(), self._first)

    def unset(self, steady: Steady) -> datetime | None:
        """Compute the time as if nobody had set the clock since the last look; None where that is not known."""
        if self._last is None or not steady.boot or steady.boot != self._last[1].boot:
            return None
        return self._last[0] + timedelta(milliseconds=steady.ms - self._last[1].ms)

    def look(self, now: datetime) -> timedelta:
        """Take both readings for this look; by how much the clock was set since the last one, as far as is known."""
        steady = self.steady()
        unset = self.unset(steady)
        self._last = now, steady
        return timedelta(0) if unset is None else now - unset
