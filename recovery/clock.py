"""The one place that reads the clock, and the machine's time zone. Everything else is given `now`."""

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from recovery.zones import Named, Zone, named

if TYPE_CHECKING:
    from recovery.zone_search import Whereabouts

LOCALTIME, TIMEZONE = "/etc/localtime", "/etc/timezone"


def now() -> datetime:
    """The present instant, aware, in UTC, in whole milliseconds as the record keeps them."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def on_the_wall(instant: datetime) -> datetime:
    """The instant as the clocks of this machine show it; in UTC where they are a day or more away from that.

    `TZ=CET-24` is as POSIX has it, and no `datetime` goes so far.
    """
    try:
        return instant.astimezone()
    except ValueError:
        return instant.astimezone(UTC)


def monotonic() -> float:
    """Seconds on a clock that nobody can set; it may stand still while the machine sleeps."""
    return time.monotonic()


def since_boot() -> float:
    """Seconds since the machine was started, the time asleep included where the system tells it (Linux)."""
    kind = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if kind is None else time.clock_gettime(kind)


_BOOT_ID = "/proc/sys/kernel/random/boot_id"


def steady() -> tuple[str, int]:
    """Read the boot id of the machine, and the milliseconds since that start, the time asleep included.

    Two of the same start tell how much time lies between them, whatever was done to the clock. ("", 0) where the system
    has no such clock (all but Linux).
    """
    kind = getattr(time, "CLOCK_BOOTTIME", None)
    try:
        boot = Path(_BOOT_ID).read_text("utf-8").strip() if kind is not None else ""
    except (OSError, ValueError):
        boot = ""
    return (boot.partition("-")[0], time.clock_gettime_ns(kind) // 1_000_000) if kind and boot else ("", 0)


_seen: tuple[object, str] = (None, "")
"""How the machine's files were when its zone was last looked up, and what it was."""


def machine_zone(environ: Mapping[str, str] = os.environ, usual: str = "") -> str:
    """The name of the zone in which the machine is now; "" where it cannot be told.

    Cheap: it is looked up anew only when the machine's files have changed. Where TZ names a zone, that is the
    process's own, which says nothing of the machine's; where it names a file, that file stands for `LOCALTIME`.
    Where the file alone tells the zone and several are alike, it is the `usual` one.
    """
    global _seen  # noqa: PLW0603  # one process, one machine
    variable = environ.get("TZ")
    path = LOCALTIME if variable is None else variable.removeprefix(":")
    if not path.startswith("/"):
        return ""
    # A zone that no name is found for is called by its hour, which changes while the file does not.
    hour = time.localtime().tm_gmtoff
    sign = (path, os.path.realpath(path), _changed_at(path), _changed_at(TIMEZONE), hour)
    if sign != _seen[0]:
        if _seen[0] is not None:
            _read_anew()
        _seen = sign, _zone_of(path, usual)
    return _seen[1]


def _read_anew() -> None:
    """Have the C library read the zone once more: the log's times and local days are those of the place."""
    if not hasattr(time, "tzset"):
        return
    named = os.environ.get("TZ")
    if named is not None:  # it takes the same words for the same zone, though the file is another one
        os.environ["TZ"] = "UTC"
        time.tzset()
        os.environ["TZ"] = named
    time.tzset()


def _changed_at(path: str) -> int:
    try:
        return Path(path).stat().st_mtime_ns
    except OSError:
        return 0


def _zone_of(path: str, usual: str) -> str:
    from recovery import zone_search

    return zone_search.linked(path) or zone_search.of_file(path, now(), usual)


def local_zone(environ: Mapping[str, str] = os.environ) -> "Whereabouts":
    """The zone that this process goes by, TZ counted, and why that may be the wrong one. Dearer than the above."""
    from recovery import zone_search

    return zone_search.of_process(environ, now())


def stand_in(name: str) -> Zone:
    """The zone of this process, for one whose name is not known here."""
    return Named(name, named(local_zone().name), is_lost=True)
