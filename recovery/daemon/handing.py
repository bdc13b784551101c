"""Handing the desktop of the log-in in which a command is typed to a daemon that speaks to another one, or to none.

Looking costs a command the comparison of two texts; only where they differ anything is loaded and sent. The daemon
decides: see `notify.moving`.
"""

import os
import time
from collections.abc import Mapping
from pathlib import Path

from recovery import clock
from recovery.daemon import presence
from recovery.daemon.presence import Presence
from recovery.engine.witness import Steady

SETTLED_WITHIN = 5.0
LOOK_SECONDS = 0.01


def hand_over(folder: Path, there: Presence | None, environ: Mapping[str, str] = os.environ) -> int:
    """Hand the desktop over if the daemon may do better with it; the number of the call, 0 where none was sent.

    A log-in that names no bus has the person's own to offer, to a daemon that reaches no desktop. Never waits.
    """
    if there is None or not there.pid or there.bus is None:
        return 0
    named = address = environ.get("DBUS_SESSION_BUS_ADDRESS", "")
    if there.problem:
        from recovery.notify.desktop_session import session_bus_address

        address = session_bus_address(environ)  # the named one, and then their own
    if not address or (is_in(there.bus, named or address) and knows_screen(there, environ)):
        return 0
    from recovery.daemon import control
    from recovery.notify.desktop_session import BUS_VARIABLE, surroundings

    number = time.monotonic_ns() % 2**31 or 1
    call = packed({**surroundings(environ), BUS_VARIABLE: address}, number)
    return number if control.call(folder, call) else 0


def asked_daemon(folder: Path) -> Presence | None:
    """Read the daemon's report on itself; None where none runs. Hand it this desktop where it may do better with it.

    For every command that has to do with the record or the daemon. Never waits.
    """
    there = presence.read(folder)
    hand_over(folder, there)
    return there


def read_steady(folder: Path) -> Steady:
    """Read the clock that nobody can set, with since when the daemon of a folder has watched both. Asks it."""
    there = asked_daemon(folder)
    watched = (there.since_at, there.since_boot) if there is not None and there.since_boot else None
    return Steady(*clock.steady(), watched)


def wake(folder: Path) -> Presence | None:
    """Have the daemon look at the record; what it says of itself, None where none runs."""
    if not any((folder / name).exists() for name in (presence.SOCKET, presence.ADDRESS)):
        return None
    from recovery.daemon import control  # sockets cost a millisecond

    return presence.read(folder) if control.call(folder, control.WAKE) else None


def is_in(bus: str, address: str) -> bool:
    """True for a bus that is among those of an address."""
    return address == bus or bus in (part.partition(",guid=")[0] for part in address.split(";"))


def knows_screen(there: Presence, environ: Mapping[str, str]) -> bool:
    """True when the daemon has been told of the screens of this session, or there are none."""
    theirs = there.screen.split()
    named = [environ[name] for name in ("DISPLAY", "WAYLAND_DISPLAY") if environ.get(name)]
    if all(name in theirs for name in named):
        return True
    from recovery.notify.desktop_session import screens

    return all(name in theirs for name in screens(environ).split())


def hand_over_and_wait(
    folder: Path, there: Presence, environ: Mapping[str, str] = os.environ
) -> tuple[Presence, bool]:
    """Do the same; what the daemon says of itself once it has looked there, and whether anything was handed over."""
    number = hand_over(folder, there, environ)
    before, limit = there.handed, clock.monotonic() + SETTLED_WITHIN
    # Any other number will do: where two hand over at once, the later one counts for both.
    while number and there.handed == before and clock.monotonic() < limit:
        time.sleep(LOOK_SECONDS)
        there = presence.read(folder) or there
    return there, bool(number)


def packed(desktop: Mapping[str, str], number: int) -> bytes:
    """A call that hands over a desktop."""
    import json

    from recovery.daemon.control import DESKTOP

    return DESKTOP + json.dumps([number, desktop]).encode()


def unpacked(call: bytes) -> tuple[int, dict[str, str]]:
    """The number and the surroundings of such a call; nothing that is not on the list. Raises `ValueError`."""
    import json

    from recovery.daemon.control import DESKTOP
    from recovery.notify.desktop_session import surroundings

    try:
        number, desktop = json.loads(call.removeprefix(DESKTOP))
        texts = {name: value for name, value in desktop.items() if isinstance(value, str)}
    except (TypeError, AttributeError, RecursionError) as error:
        raise ValueError(str(error)) from None
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < 2**31:
        raise ValueError("number")
    return number, surroundings(texts)
