"""The one place that reads the clock. Everything else is given `now`."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds on a clock that nobody can set; it may stand still while the machine sleeps."""
    return time.monotonic()


def since_boot() -> float:
    """Seconds since the machine was started, the time asleep included where the system tells it (Linux)."""
    kind = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if kind is None else time.clock_gettime(kind)
