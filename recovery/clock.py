"""The one place that reads the clock. Everything else is given `now`."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds on a clock that nobody can set; it may stand still while the machine sleeps."""
    return time.monotonic()
