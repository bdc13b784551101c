"""Lengths and times as people say them, in a language."""

from datetime import date, datetime, timedelta

from recovery.engine.times import DAY, Place
from recovery.language import N_, tr


def spell(length: timedelta) -> str:
    """A length as people say it: `1 h 35 min`, `3 d 4 h`, `40 s`. Rounded down to two units."""
    seconds = max(0, int(length.total_seconds()))
    days, rest = divmod(seconds, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, seconds = divmod(rest, 60)
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    if minutes:
        return f"{minutes} min {seconds} s" if seconds and minutes < 5 else f"{minutes} min"
    return f"{seconds} s"


_WEEKDAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))
_MONTHS = (
    *(N_("Jan"), N_("Feb"), N_("Mar"), N_("Apr"), N_("May"), N_("Jun")),
    *(N_("Jul"), N_("Aug"), N_("Sep"), N_("Oct"), N_("Nov"), N_("Dec")),
)


def spell_date(local: date, language: str = "en") -> str:
    """`Mon 23 Nov`, `Mo 23. Nov`: in a language, whatever the locale."""
    weekday, month = tr(language, _WEEKDAYS[local.weekday()]), tr(language, _MONTHS[local.month - 1])
    return tr(language, "{weekday} {day} {month}", weekday=weekday, day=local.day, month=month)


def spell_when(place: Place, instant: datetime, now: datetime) -> str:
    """`14:20`, `tomorrow 07:00`, `Mon 30 Nov 07:00`, `Mon 3 Jan 2028 07:00`: as short as is clear at `now`.

    In the language of the place.
    """
    local, today = place.local(instant), place.local(now).date()
    clock = f"{local:%H:%M}"
    if local.date() == today:
        return clock
    if local.date() == today + DAY:
        return tr(place.language, "tomorrow {clock}", clock=clock)
    if local.date() == today - DAY:
        return tr(place.language, "yesterday {clock}", clock=clock)
    year = "" if local.year == today.year else f" {local.year}"
    return f"{spell_date(local, place.language)}{year} {clock}"


def doubt_words(place: Place, says: datetime, goes_on_to: datetime) -> str:
    """Say that the clock looks wrong, what follows, and how to end it."""
    return tr(
        place.language,
        "the clock looks wrong: it says {says}, and the record goes on to {known}. Until it is right nothing new is"
        " offered, begun or moved on. If it is right now: recovery resume --clock-is-right",
        says=_dated(place, says),
        known=_dated(place, goes_on_to),
    )


def _dated(place: Place, instant: datetime) -> str:
    local = place.local(instant)
    return f"{spell_date(local, place.language)} {local.year} {local:%H:%M}"
