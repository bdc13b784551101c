"""The system's word of sleep: logind's `PrepareForSleep` on the system bus, under a delay lock.

The lock makes the machine wait with its sleep until the journal is on the disk, for as long as logind lets it (five
seconds by default). Nothing depends on it: where there is no system bus, or nobody answers on it, nobody is told.
No bus is asked twice and none is waited for, so an idle daemon is never woken by it.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from recovery import clock
from recovery.notify.port import Readable

if TYPE_CHECKING:
    from recovery.notify.dbus import BusEvent, SessionBus

USUAL_SOCKET = "/run/dbus/system_bus_socket"

_SERVICE, _PATH = "org.freedesktop.login1", "/org/freedesktop/login1"
_MANAGER = "org.freedesktop.login1.Manager"
_BUS = "org.freedesktop.DBus"
_SLEEP, _OWNER = "PrepareForSleep", "NameOwnerChanged"
_RULES = (
    f"type='signal',sender='{_SERVICE}',path='{_PATH}',interface='{_MANAGER}',member='{_SLEEP}'",
    f"type='signal',sender='{_BUS}',interface='{_BUS}',member='{_OWNER}',arg0='{_SERVICE}'",
)


def system_bus_address(environ: Mapping[str, str]) -> str:
    """`DBUS_SYSTEM_BUS_ADDRESS`, or the usual socket where that is one, or ""."""
    named = environ.get("DBUS_SYSTEM_BUS_ADDRESS", "")
    if named:
        return named
    try:
        return f"unix:path={USUAL_SOCKET}" if Path(USUAL_SOCKET).is_socket() else ""
    except OSError:
        return ""


class Logind:
    """Calls `before` when the machine is about to sleep, and `after` when it is back. No method waits.

    `reason` is what `systemd-inhibit --list` shows.
    """

    def __init__(
        self,
        before: Callable[[], None],
        after: Callable[[], None],
        reason: str,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._before, self._after, self._reason = before, after, reason
        self._bus: SessionBus | None = None
        self._lock: int | None = None
        self._asked: int | None = None
        """The serial of the call for a lock."""
        self._is_asleep = False
        address = system_bus_address(environ)
        if address:
            self._connect(address)

    @property
    def has_lock(self) -> bool:
        """True if sleep waits for us."""
        return self._lock is not None

    def sources(self) -> tuple[Readable, ...]:
        """The objects to watch for reading; they change with every call."""
        return (self._bus.socket,) if self._bus is not None else ()

    def deadline(self) -> float | None:
        """The monotonic time at which `advance` has to be called at the latest; None once all is said."""
        return self._bus.deadline() if self._bus is not None else None

    def advance(self, monotonic: float) -> None:
        """Hear what there is to hear."""
        if self._bus is None:
            return
        from recovery.notify.dbus import BusLost

        try:
            for event in self._bus.advance(monotonic):
                self._take(event)
        except BusLost:
            self.close()

    def close(self) -> None:
        """Hear no more; sleep need not wait for us."""
        self._let_go()
        if self._bus is not None:
            self._bus.close()
            self._bus = None

    def _connect(self, address: str) -> None:
        try:
            from recovery.notify.dbus import BusLost, SessionBus  # jeepney may be missing
        except ImportError:
            return
        try:
            self._bus = SessionBus(address, clock.monotonic(), takes_files=True)
        except BusLost:
            return
        for rule in _RULES:
            self._bus.match(rule)
        self._ask()

    def _ask(self) -> None:
        """For a lock, which comes as a descriptor: who closes it, or ends, gives it back."""
        from recovery.notify import dbus

        assert self._bus is not None
        to = dbus.address(_PATH, _SERVICE, _MANAGER)
        words = ("sleep", "recovery", self._reason, "delay")
        self._asked = self._bus.call(to, "Inhibit", "ssss", words)

    def _take(self, event: "BusEvent") -> None:
        from recovery.notify.dbus import Reply, Signal

        match event:
            case Reply(serial, (int(lock),)):
                self._let_go()
                self._lock = lock
                if self._is_asleep or serial != self._asked:  # too late: of this sleep, or of another logind
                    self._let_go()
                else:
                    self._asked = None
            case Signal(member, (bool(is_about_to),)) if member == _SLEEP:
                self._sleep() if is_about_to else self._resume()
            case Signal(member, (str(name), _, str(owner))) if member == _OWNER and name == _SERVICE:
                # Begun anew it knows of no lock; one that is gone tells of no end of sleep.
                self._let_go()
                self._is_asleep = False
                if owner:
                    self._ask()
            case _:
                return

    def _sleep(self) -> None:
        self._is_asleep = True
        try:
            self._before()
        finally:
            self._let_go()

    def _resume(self) -> None:
        self._is_asleep = False
        self._ask()
        self._after()

    def _let_go(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
