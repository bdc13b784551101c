"""Times, grades and answers as people type them: `yesterday 18:00`, `2h ago`, ISO 8601, `raynaud=yes,skin=no`.

Strict: all else is an error.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from recovery.engine.questions import UNSURE, read_answer
from recovery.engine.reasons import Remark
from recovery.engine.times import DAY, Place
from recovery.errors import UsageError
from recovery.language import N_, _, current
from recovery.protocol.model import Observation
from recovery.protocol.terms import AGREED, BOTH, GRADES, SCREENING_ANSWERS, NoLength, parse_duration
from recovery.words.reasons import timeless
from recovery.words.terms import NO_SUCH_ZONE, expected_answer
from recovery.zones import is_known

FORMS = N_(
    'write "now", "2h ago", "in 20min", "14:30", "yesterday 18:00", "tomorrow 08:00", "2026-11-23 18:00" '
    "or ISO 8601"
)

YEARS = range(1900, 2200)
"""The years that a moment may lie in: a slip of the keyboard must not reach the ends of the calendar."""

_CLOCK = r"([01]?[0-9]|2[0-3]):([0-5][0-9])"
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_DATED = rf"({_DATE})[ t](.+)"
_DAYS = {
    "yesterday": -DAY, "today": timedelta(0), "tomorrow": DAY,
    "gestern": -DAY, "heute": timedelta(0), "morgen": DAY,
}  # fmt: skip


class _NotKnown(ValueError):
    """Words that say already how it is written."""


def parse_clock(text: str) -> time:
    """A time of day, `7:05` or `23:00`. Raises `ValueError`."""
    match = re.fullmatch(_CLOCK, text.strip())
    if not match:
        raise _NotKnown(_("{text!r} is not a time of day; write it as 07:30 or 22:00", text=text))
    return time(int(match[1]), int(match[2]))


def parse_day(text: str) -> date:
    """A date, `2026-11-23`. Raises `ValueError`."""
    if not re.fullmatch(_DATE, text.strip()):
        raise _NotKnown(_("{text!r} is not a date; write it as 2026-11-23", text=text))
    return date.fromisoformat(text.strip())


def read_moment(
    flag: str, text: str, now: datetime, place: Place, *, is_day_enough: bool = False
) -> datetime:
    """The instant that an option means, as `parse_moment` reads it. Raises `UsageError` that names the option."""
    try:
        return parse_moment(text, now, place, is_day_enough=is_day_enough)
    except ValueError as error:
        raise UsageError(f"{flag}: {error}") from None


def read_moment_if_given(flag: str, text: str | None, now: datetime, place: Place) -> datetime | None:
    """The same, where the option is given; None where it is not."""
    return None if text is None else read_moment(flag, text, now, place)


def parse_moment(text: str, now: datetime, place: Place, *, is_day_enough: bool = False) -> datetime:
    """The instant that a person means, in UTC. A bare `HH:MM` is on today's date.

    With `is_day_enough` a bare day (`tomorrow`, `2026-12-01`) is its waking time.

    Local times are resolved in the place's zone. Raises `ValueError` that shows the accepted forms.
    """
    words = " ".join(text.lower().split())
    try:
        instant = (_waking(words, now, place) if is_day_enough else None) or _parse(words, now, place)
        if instant.year not in YEARS:
            raise OverflowError
        return instant
    except OverflowError:
        raise ValueError(_("{text!r} is too far away", text=text)) from None
    except (_NotKnown, NoLength):
        raise
    except ValueError as error:
        words = _(
            "{text!r} is not a time that I know ({reason}); {forms}", text=text, reason=error, forms=_(FORMS)
        )
        raise ValueError(words) from None


def _parse(words: str, now: datetime, place: Place) -> datetime:
    today = place.local(now).date()
    if words == "now":
        return now
    if words.endswith(" ago"):
        return _before(now, words.removesuffix(" ago"), place)
    if words.startswith("in "):
        return place.after(now, parse_duration(words.removeprefix("in ")))
    first, _space, rest = words.partition(" ")
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
    raise _NotKnown(_("{text!r} is not a time that I know; {forms}", text=words, forms=_(FORMS)))


def _waking(words: str, now: datetime, place: Place) -> datetime | None:
    """The waking time of a bare day; None: it is not one."""
    if words in _DAYS:
        return place.window(place.local(now).date() + _DAYS[words])[0]
    return place.window(date.fromisoformat(words))[0] if re.fullmatch(_DATE, words) else None


def _before(now: datetime, length: str, place: Place) -> datetime:
    duration = parse_duration(length)
    if duration.months:
        raise _NotKnown(_("{text!r} ago is not exact; {forms}", text=length, forms=_(FORMS)))
    day = place.local(now)
    if duration.days:
        now = place.resolve(day.date() - duration.days * DAY, day.time())
    return now - timedelta(seconds=duration.seconds)


def read_grade(text: str) -> str:
    """I, II or III, also as 1, 2, 3; or `UNSURE`. Raises `ValueError`."""
    word = text.strip().upper()
    if word == "UNSURE":
        return UNSURE
    if word in ("1", "2", "3"):
        return GRADES[int(word) - 1]
    if word not in GRADES:
        raise ValueError(
            _("{text!r} is not a grade; write 1, 2 or 3 (I mild, II moderate, III severe)", text=text)
        )
    return word


def parse_zone(text: str) -> str:
    """The name of a time zone. Raises `ValueError`."""
    if not is_known(text):
        raise ValueError(_(NO_SUCH_ZONE, name=text))
    return text


# Answers ----------------------------------------------------------------------------------------


NONE = "none"
"""All that is not named is answered no."""

LATER = "later"

_SAME = {
    "y": "yes", "j": "yes", "ja": "yes", "n": "no", "nein": "no", "unsicher": "unsure", "?": "unsure",
    "abgesprochen": AGREED,
    "keine": NONE, "keins": NONE, "keines": NONE, "nichts": NONE, "später": LATER, "links": "left", "rechts": "right",
    "beide": BOTH, "beides": BOTH, "beidseits": BOTH,
}  # fmt: skip


def canonical(word: str) -> str:
    """A word that people type for an answer as the program knows it: y, j, ja and YES are yes."""
    plain = word.strip().lower()
    return _SAME.get(plain, plain)


def split_words(words: Iterable[str]) -> list[str]:
    """Single words: several may stand in one, with commas. `none` in small letters however it is written."""
    single = [each for word in words for each in word.replace(",", " ").split()]
    return [NONE if canonical(each) == NONE else each for each in single]


def read_pairs(words: Iterable[str], option: str, values: Sequence[str]) -> dict[str, str]:
    """`ID=VALUE` words as answers; several may stand in one word, with commas. Raises `UsageError`."""
    given: dict[str, str] = {}
    for word in split_words(words):
        name, equals, typed = word.partition("=")
        value = canonical(typed)
        if not name or value not in values:
            from difflib import get_close_matches

            if not equals and get_close_matches(name.lower(), [NONE]):
                raise UsageError(
                    _("{option}: {word!r} is not an answer", option=option, word=word),
                    _("did you mean none?"),
                )
            expected = _(" or ").join(f"{name or 'ID'}={each}" for each in values)
            raise UsageError(
                _("{option}: {word!r} is not an answer", option=option, word=word),
                _("write {expected}", expected=expected),
            )
        if given.get(name, value) != value:
            raise UsageError(_("{option}: {name} is answered twice", option=option, name=name))
        given[name] = value
    return given


def read_screening(words: Iterable[str], option: str) -> dict[str, str]:
    """`ID=yes`, `ID=no` or `ID=agreed` words as answers. Raises `UsageError`."""
    return read_pairs(words, option, SCREENING_ANSWERS)


def refuse_unknown(given: Iterable[str], names: Iterable[str], option: str) -> None:
    """Raises `UsageError` for a name that nothing has."""
    from difflib import get_close_matches

    there = [*names]
    for name in given:
        if name not in there:
            near = get_close_matches(name, there, 1)
            hint = (
                _("did you mean {name!r}?", name=near[0])
                if near
                else _("there are: {listed}", listed=", ".join(there) or _("none"))
            )
            raise UsageError(_("{option}: nothing is called {name!r}", option=option, name=name), hint)


def observation_id(named: str, observations: Mapping[str, Observation]) -> str:
    """The id of an observation that people name by its id or its title; the name where none is called so."""
    name = named.strip().lower()
    return next((id_ for id_, each in observations.items() if name in (id_, each.title.lower())), name)


def expected_instead(typed: str, observation: Observation) -> str:
    """Describe the answer that an observation takes where `typed` is none; "" where it is one."""
    return "" if read_answer(typed, observation) is not None else expected_answer(observation, current())


def wrong_answer(typed: str, observation: Observation) -> str:
    """Say that an answer as typed is none that an observation takes; "" where it is one."""
    if read_answer(typed, observation) is not None:
        return ""
    return timeless(Remark("no-answer", name=observation.title, expected=observation, typed=typed), current())
