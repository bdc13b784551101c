"""Moments and lengths as people say them, in English and German: `an hour ago`, `gestern Abend`, `monday 8 am`.

A table of words, and a strict grammar: each word must have its place, in any order. What has one meaning is taken;
where something is missing for that, the refusal asks for it. Nothing is guessed but the hour of a part of a day, and
that is said.
"""

import re
from calendar import isleap
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches

from recovery.engine.times import DAY, Place
from recovery.errors import UsageError
from recovery.language import N_, _
from recovery.protocol.terms import LONGEST_LENGTH, Duration, NoLength, parse_duration
from recovery.values import Value
from recovery.words import time_words as w
from recovery.words.phrases import (
    ANY_DAY,
    CLOCK_FORM,
    DATE_FORM,
    DATED_FORM,
    Phrase,
    Unclear,
    day_words,
    morning_or_evening,
    simplified,
    tokens,
)

FORMS = N_(
    'write for instance "2 hours ago", "yesterday 18:00", "monday 8 am", "23.11. 18:00", "in 20min" '
    "or 2026-11-23T18:00"
)

YEARS = range(1900, 2200)
"""The years that a moment may lie in: a slip of the keyboard must not reach the ends of the calendar."""


class SaidMoment(Value):
    """A moment as a person said it."""

    at: datetime
    is_assumed: bool = False
    """True where the words left the hour or the day a little open: which was taken has to be told."""


# Times of day and dates --------------------------------------------------------------------------


def parse_clock(text: str) -> time:
    """A time of day, `7:05` or `23:00`. Raises `ValueError`."""
    match = re.fullmatch(CLOCK_FORM, text.strip())
    if not match:
        raise Unclear(_("{text!r} is not a time of day; write it as 07:30 or 22:00", text=text))
    return time(int(match[1]), int(match[2]))


def parse_day(text: str) -> date:
    """A date, `2026-11-23`. Raises `ValueError`."""
    if not re.fullmatch(DATE_FORM, text.strip()):
        raise Unclear(_("{text!r} is not a date; write it as 2026-11-23", text=text))
    return date.fromisoformat(text.strip())


def clock_said(text: str) -> time:
    """A time of day as people say it: also `7 am`, `23 Uhr`. Raises `ValueError`."""
    phrase = Phrase(tokens(simplified(text)), ANY_DAY, is_ahead=False)
    if not phrase.is_read() or phrase.has_day or phrase.length is not None or phrase.clock is None:
        return parse_clock(text)
    hours = phrase.hours()
    if len(hours) > 1:
        raise morning_or_evening(text, "", hours)
    return hours[0]


def length_said(text: str) -> Duration:
    """A length as people say it: `20min`, also `20 minutes`, `anderthalb Stunden`. Raises `ValueError`."""
    try:
        return parse_duration(text)
    except NoLength:
        phrase = Phrase(tokens(simplified(text)), ANY_DAY, is_ahead=True)
        length = phrase.length if phrase.is_read() and phrase.is_length_alone else None
        if length is None or length.about_seconds > LONGEST_LENGTH.about_seconds:
            raise
        return length


# Moments -----------------------------------------------------------------------------------------


def read_moment(flag: str, text: str, now: datetime, place: Place) -> datetime:
    """The instant that an option means, as `parse_moment` reads it. Raises `UsageError` that names the option."""
    try:
        return parse_moment(text, now, place)
    except ValueError as error:
        raise UsageError(f"{flag}: {error}") from None


def parse_moment(text: str, now: datetime, place: Place) -> datetime:
    """The instant that a person means, in UTC. Raises `ValueError`."""
    return said(text, now, place).at


def said(text: str, now: datetime, place: Place, *, is_ahead: bool = False) -> SaidMoment:
    """Read the moment that a person means, in UTC. A bare `HH:MM` is on today's date.

    Of two Mondays, and of two years, the last one is meant; where it `is_ahead` the coming one, and a bare day is its
    waking time. Local times are resolved in the place's zone. Raises `ValueError` that asks for what is missing, or
    shows what is accepted.
    """
    try:
        moment = _said(text, now, place, is_ahead=is_ahead)
        if moment.at.year not in YEARS:
            raise OverflowError
        return moment
    except OverflowError:
        raise Unclear(_("{text!r} is too far away", text=text)) from None
    except (Unclear, NoLength):
        raise
    except ValueError as error:
        raise Unclear(
            _(
                "{text!r} is not a time that I know ({reason}); {forms}",
                text=text,
                reason=error,
                forms=_(FORMS),
            )
        ) from None


def _said(text: str, now: datetime, place: Place, *, is_ahead: bool) -> SaidMoment:
    words = simplified(text)
    if words in w.NOW:
        return SaidMoment(now)
    dated = re.fullmatch(DATED_FORM, words)
    if dated and re.match(r"[0-9]{2}:[0-9]{2}(:|\+|-|z|$)", dated[2]):
        instant = datetime.fromisoformat(words.upper())
        if instant.tzinfo is None:
            return SaidMoment(place.resolve(instant.date(), instant.time()))
        return SaidMoment(instant.astimezone(UTC))
    phrase = Phrase(tokens(words), place.local(now).date(), is_ahead=is_ahead)
    if not phrase.is_read():
        raise _unknown(text, phrase.rest)
    return _Meaning(text, phrase, now, place, is_ahead=is_ahead).moment()


def _unknown(text: str, rest: list[str]) -> Unclear:
    for word in rest[:1]:
        if len(word) > 3 and (near := get_close_matches(word, w.ALL, 1, 0.8)) and word not in w.ALL:
            meant = re.sub(re.escape(word), near[0], simplified(text), count=1)
            return Unclear(
                _('{text!r} is not a time that I know; did you mean "{near}"?', text=text, near=meant)
            )
    return Unclear(_("{text!r} is not a time that I know; {forms}", text=text, forms=_(FORMS)))


class _Meaning:
    """Find the instant of a phrase that is read."""

    def __init__(self, text: str, phrase: Phrase, now: datetime, place: Place, *, is_ahead: bool) -> None:
        self.text, self.phrase, self.now, self.place, self.is_ahead = text, phrase, now, place, is_ahead
        self.today = place.local(now).date()

    def moment(self) -> SaidMoment:
        phrase = self.phrase
        if phrase.length is not None:
            return self._at_a_distance(phrase.length)
        if phrase.direction and not phrase.has_day:
            raise _unknown(self.text, [])
        if phrase.which is not None and phrase.weekday is None:
            raise self._last_night_or_unknown()
        if phrase.clock is None and phrase.part is None:
            if not phrase.has_day:
                raise _unknown(self.text, [])
            if self.is_ahead:
                return SaidMoment(self._on_its_day(lambda day: self.place.window(day)[0]))
            raise self._no_hour()
        return self._by_the_clock()

    def _no_hour(self) -> Unclear:
        part, named = self.phrase.part, self.text.strip()
        if part is not None:
            named = day_words(named)
        example = f"{named} {time(18 if part is None else part):%H:%M}".strip()
        return Unclear(
            _('{text!r}: at what hour? write for instance "{example}"', text=self.text, example=example)
        )

    def _last_night_or_unknown(self) -> Unclear:
        if self.phrase.part == w.NIGHT and self.phrase.which == -1:
            return Unclear(
                _(
                    '{text!r}: before or after midnight? write "yesterday 22:00" or "today 02:00"',
                    text=self.text,
                )
            )
        return _unknown(self.text, [])

    def _by_the_clock(self) -> SaidMoment:
        phrase = self.phrase
        if phrase.clock is None:
            assert phrase.part is not None
            if phrase.part == w.NIGHT:
                return self._night()
            at = self._at(time(phrase.part))
            is_today = self.place.local(at).date() == self.today
            if is_today and (at > self.now) is not self.is_ahead:
                raise self._no_hour()
            return SaidMoment(at, is_assumed=phrase.part != w.NOON or self._is_day_open)
        if phrase.is_midnight and phrase.has_day:
            raise Unclear(
                _(
                    "{text!r}: the midnight before that day, or after it? write 00:00 with the day",
                    text=self.text,
                )
            )
        hours = phrase.hours()
        if phrase.is_clock_bare and len(hours) == 1 and not (phrase.is_at or phrase.has_day or phrase.part):
            raise Unclear(
                _('{text!r}: a time of day? write "{clock}"', text=self.text, clock=f"{hours[0]:%H:%M}")
            )
        moments = [self._at(each) for each in hours]
        fitting = [at for at in moments if (at > self.now) is self.is_ahead]
        if len(hours) > 1 and (len(fitting) != 1 or not (phrase.is_at or phrase.has_day)):
            raise morning_or_evening(self.text, f"{day_words(self.text)} ".lstrip(), hours)
        if len(hours) > 1:
            return SaidMoment(fitting[0], is_assumed=True)
        return SaidMoment(moments[0], is_assumed=self._is_day_open)

    def _night(self) -> SaidMoment:
        raise self._last_night_or_unknown() if self.phrase.which == -1 else self._no_hour()

    def _at(self, clock: time) -> datetime:
        return self._on_its_day(lambda day: self.place.resolve(day, clock))

    @property
    def _is_day_open(self) -> bool:
        """True where the words fit two days, and one of them was taken."""
        if self.phrase.yearless is not None:
            return self._on_its_day(lambda day: self.place.resolve(day, time(12))).year != self.now.year
        return self.phrase.weekday is not None and (
            self.phrase.weekday == self.today.weekday() or self.phrase.which not in (None, 0)
        )

    def _on_its_day(self, resolve: Callable[[date], datetime]) -> datetime:
        """The instant on the day that was said, or on the nearest one of that name in the wanted direction."""
        phrase, today = self.phrase, self.today
        if phrase.day is not None:
            return resolve(phrase.day)
        is_ahead = self.is_ahead if phrase.which in (None, 0) else phrase.which == 1
        if phrase.weekday is not None:
            days = (
                (phrase.weekday - today.weekday()) % 7
                if is_ahead
                else -((today.weekday() - phrase.weekday) % 7)
            )
            at = resolve(today + days * DAY)
            is_other = phrase.which in (-1, 1) or (at > self.now) is not is_ahead
            return resolve(today + (7 if is_ahead else -7) * DAY) if days == 0 and is_other else at
        if phrase.yearless is not None:
            day, month = phrase.yearless
            if (today.day, today.month) == (day, month):
                return resolve(today)
            there = [resolve(date(year, month, day)) for year in _years(today.year, month, day)]
            return next(at for at in (there if is_ahead else reversed(there)) if (at > self.now) is is_ahead)
        return resolve(today)

    def _at_a_distance(self, length: Duration) -> SaidMoment:
        phrase = self.phrase
        if not phrase.direction:
            raise Unclear(
                _('{text!r}: ago, or from now on? write "{text} ago" or "in {text}"', text=self.text.strip())
            )
        if phrase.has_day or phrase.which is not None:
            raise _unknown(self.text, [])
        if phrase.direction > 0 and not (phrase.clock or phrase.part):
            return SaidMoment(self.place.after(self.now, length))
        if length.months:
            raise Unclear(
                _("{text!r} is not exact: on which day? write it as 2026-10-23 18:00", text=self.text)
            )
        local = self.place.local(self.now)
        if phrase.clock or phrase.part:
            if length.seconds:
                raise _unknown(self.text, [])
            phrase.day = local.date() + phrase.direction * length.days * DAY
            return self._by_the_clock()
        at = self.place.resolve(local.date() - length.days * DAY, local.time()) if length.days else self.now
        return SaidMoment(at - timedelta(seconds=length.seconds), is_assumed=bool(length.days))


def _years(year: int, month: int, day: int) -> list[int]:
    """The years around one that have that day, in order."""
    return [each for each in range(year - 8, year + 9) if (month, day) != (2, 29) or isleap(each)]
