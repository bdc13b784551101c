"""Lengths of time as people write them: `20min`, `1h30m`, `2w`, and ranges `24h..72h`."""

import re
from collections.abc import Callable

from recovery.language import N_, _
from recovery.protocol.terms import Duration, Range

FORMS = N_("write a number and a unit, such as 20min, 1h30m, 48h, 2d, 4w or 3mo")
RANGE_FORMS = N_("write one length or two, such as 20min or 24h..72h")

_EXACT = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600}
_DAYS = {"d": 1, "w": 7}
# Compiled when first needed: the short commands read no lengths.
_PART = r"(\d{1,6})\s*(s|sec|min|mo|m|h|d|w)(?![a-z])|(.)"
_ISO = r"P(?:(\d{1,6})M)?(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?"


LONGEST = Duration(months=1200)
"""A hundred years: longer lengths are slips of the keyboard, and would leave the calendar."""


class NoLength(ValueError):
    """Words that are no length of time. Says how it is written."""


def parse_duration(text: str) -> Duration:
    """Read `20min`, `1h 30m`, `2w`, `PT20M`. Raises `ValueError` that shows the accepted forms.

    A bare number is refused: nobody knows its unit. At most six digits a part.
    """
    stripped = text.strip()
    iso = re.fullmatch(_ISO, stripped)
    if iso and any(iso.groups()):
        months, weeks, days, hours, minutes, seconds = (int(g or 0) for g in iso.groups())
        return _bounded(text, Duration(months, weeks * 7 + days, hours * 3600 + minutes * 60 + seconds))
    months = days = seconds = 0
    seen = False
    for match in re.finditer(_PART, stripped.replace(" ", ""), re.ASCII):
        number, unit, other = match.groups()
        if other is not None:
            raise NoLength(_no_length(text, _near(text, parse_duration), FORMS))
        seen = True
        if unit == "mo":
            months += int(number)
        elif unit in _DAYS:
            days += int(number) * _DAYS[unit]
        else:
            seconds += int(number) * _EXACT[unit]
    if not seen:
        raise NoLength(_no_length(text, "", FORMS))
    return _bounded(text, Duration(months, days, seconds))


def _bounded(text: str, duration: Duration) -> Duration:
    if duration.about_seconds > LONGEST.about_seconds:
        raise ValueError(_("{text!r} is longer than a hundred years; {forms}", text=text, forms=_(FORMS)))
    return duration


def reason(error: ValueError, *forms: str) -> str:
    """Say why a text is no length, or does not fit other forms, without listing the forms."""
    words = str(error)
    for shown in (FORMS, RANGE_FORMS, *forms):
        words = words.partition(f"; {_(shown)}")[0]
    return words


def parse_range(text: str) -> Range:
    """Read `24h..72h`, or one length, which is a range of itself. Raises `ValueError`."""
    least, dots, most = text.partition("..")
    try:
        low = parse_duration(least)
        high = parse_duration(most) if dots else low
    except ValueError as error:
        if near := _near(text, parse_range):
            raise ValueError(_no_length(text, near, RANGE_FORMS)) from None
        raise ValueError(f"{error}; {_(RANGE_FORMS)}" if dots else str(error)) from None
    if low.about_seconds > high.about_seconds:
        raise ValueError(_("{text!r} goes from longer to shorter; {forms}", text=text, forms=_(RANGE_FORMS)))
    return Range(low, high)


# What somebody may have meant --------------------------------------------------------------------

_NAMED = (("mon", "mo"), ("mo", "mo"), ("min", "min"), ("sec", "s"), ("h", "h"), ("d", "d"), ("w", "w"))


def _no_length(text: str, near: str, forms: str) -> str:
    if near:
        return _(
            "{text!r} is not a length of time (did you mean {near}?); {forms}",
            text=text,
            near=near,
            forms=_(forms),
        )
    return _("{text!r} is not a length of time; {forms}", text=text, forms=_(forms))


def _near(text: str, read: Callable[[str], object]) -> str:
    """`15min` for `15 minutes`; empty where it cannot be told."""
    guess = _tidied(text)
    if guess == text:
        return ""
    try:
        read(guess)
    except ValueError:
        return ""
    return guess


def _tidied(text: str) -> str:
    """A length with its words as units and its dash as two dots: `2-3 hours` is `2h..3h`."""
    words = text.lower().replace(" to ", "..")
    dotted = re.sub(r"\s*(?:\.{2,}|[-\u2010-\u2015\u2026])\s*", "..", words)
    short = re.sub(r"(\d)\s*([a-z]+)\s*", lambda part: part[1] + _unit(part[2]), dotted).strip()
    return re.sub(r"^(\d+)\.\.(\d+)([a-z]+)$", r"\1\3..\2\3", short)


def _unit(word: str) -> str:
    return next((unit for named, unit in _NAMED if len(word) > 2 and word.startswith(named)), word)
