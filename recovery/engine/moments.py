"""Times as people say them: `yesterday 18:00`, `2h ago`, ISO 8601. Strict: what it does not know is an error."""

import re
from datetime import UTC, date, datetime, time, timedelta

from recovery.engine.times import DAY, Place
from recovery.protocol.durations import parse_duration

FORMS = (
    'write "now", "2h ago", "in 20min", "14:30", "yesterday 18:00", "tomorrow 08:00", "2026-11-23 18:00" '
    "or ISO 8601"
)

YEARS = range(1900, 2200)
"""The years that a moment may lie in: a slip of the keyboard must not reach the ends of the calendar."""

_CLOCK = r"([01]?[0-9]|2[0-3]):([0-5][0-9])"
_DATED = r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ t](.+)"
_DAYS = {"yesterday": -DAY, "today": timedelta(0), "tomorrow": DAY}


def parse_clock(text: str) -> time:
    """A time of day, `7:05` or `23:00`. Raises `ValueError`."""
    match = re.fullmatch(_CLOCK, text.strip())
    if not match:
        raise ValueError(f"{text!r} is not a time of day; write it as 07:30 or 22:00")
    return time(int(match[1]), int(match[2]))


def parse_moment(text: str, now: datetime, place: Place) -> datetime:
    """The instant that a person means, in UTC. A bare `HH:MM` is on today's date.

    Local times are resolved in the place's zone. Raises `ValueError` that shows the accepted forms.
    """
    words = " ".join(text.lower().split())
    try:
        instant = _parse(words, now, place)
        if instant.year not in YEARS:
            raise OverflowError
        return instant
    except OverflowError:
        raise ValueError(f"{text!r} is too far away") from None
    except ValueError as error:
        reason = str(error)
        if FORMS in reason or "time of day" in reason or "length of time" in reason:
            raise
        raise ValueError(f"{text!r} is not a time that I know ({reason}); {FORMS}") from None


def _parse(words: str, now: datetime, place: Place) -> datetime:
    today = place.local(now).date()
    if words == "now":
        return now
    if words.endswith(" ago"):
        return _before(now, words.removesuffix(" ago"), place)
    if words.startswith("in "):
        return place.after(now, parse_duration(words.removeprefix("in ")))
    first, _, rest = words.partition(" ")
    if first in _DAYS and rest:
        return place.resolve(today + _DAYS[first], parse_clock(rest))
    if re.fullmatch(_CLOCK, words):
        return place.resolve(today, parse_clock(words))
    dated = re.fullmatch(_DATED, words)
    if dated and re.fullmatch(_CLOCK, dated[2]):
        return place.resolve(date.fromisoformat(dated[1]), parse_clock(dated[2]))
    if dated:
        instant = datetime.fromisoformat(words.upper())
        if instant.tzinfo is None:
            return place.resolve(instant.date(), instant.time())
        return instant.astimezone(UTC)
    raise ValueError(f"{words!r} is not a time that I know; {FORMS}")


def _before(now: datetime, length: str, place: Place) -> datetime:
    duration = parse_duration(length)
    if duration.months:
        raise ValueError(f"{length!r} ago is not exact; {FORMS}")
    day = place.local(now)
    if duration.days:
        now = place.resolve(day.date() - duration.days * DAY, day.time())
    return now - timedelta(seconds=duration.seconds)
