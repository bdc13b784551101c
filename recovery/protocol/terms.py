"""The terms of the language: its words, and the small values that a file writes as one text.

Seconds, minutes and hours are exact: `48h` is 48 elapsed hours. Days, weeks and months are calendar lengths: adding
`2w` keeps the time of day across a change of summer time. Times are local times of the person's place.
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import time
from typing import Any

from recovery.language import N_, _
from recovery.values import Value

GRADES = ("I", "II", "III")
BOTH = "both"
SIDES = ("left", "right", BOTH)
ORIGINS = ("injury", "start", "phase")
REFERENCES = ("first", "last", "second-last", "phase", "worst")
"""What a trend is measured against: the first answer since the injury, the answer before, the one before that (and the
answer between goes the same way), the one that was known when the phase began, the worst so far."""
MODALITIES = ("cold", "warm", "tens", "massage", "compression", "elevation", "rest", "exercise", "posture")
ON_THE_SKIN = ("cold", "warm", "tens", "massage")
"""Modalities that harm the skin, or the tissue below it, when too long or too frequent."""
NOT_MEANWHILE = ("posture",)
"""Modalities that disturb a session: a reminder of one waits while somebody has a session on."""
MAY_PASS = ("nobody", "professional", "reason")
"""Whose word may stand in for a condition of a gate, the strictest first. None stands in for a least time."""
BUSY_MODALITIES = ("massage", "exercise")
"""What loads or presses the injured part: a condition for it has to get true as answers get better."""
CLEARED_BY = ("professional", "person")
"""Whose word ends a red flag, the strictest first."""
BY_RELEASE = CLEARED_BY[0]
LEVELS = ("routine", "urgent", "emergency")
SCREENING_LEVELS = ("care", "ask", "never")
"""What a yes to a screening question means: go on with care, not before a professional agreed, not at all."""
AGREED = "agreed"
"""The answer to a screening question that is yes, where a professional said that it may be all the same."""
SCREENING_ANSWERS = ("yes", "no", AGREED)

Cites = Mapping[str, tuple[str, ...]]
"""Which sources stand behind which field: `{"duration": ("seed:183",), "": ("own",)}`; "" is the rest."""


class Text(str):
    """A text of a file for a person, in the file's language, with what it is in others."""

    __slots__ = ("others",)
    others: Mapping[str, str]
    """By language: two small letters."""

    def __new__(cls, text: str, others: Mapping[str, str]) -> "Text":
        made = super().__new__(cls, text)
        made.others = others
        return made


_BY_SIDE = r"\{([^{}|]*(?:\{[^{}|]*\}[^{}|]*)*)\|([^{}|]*(?:\{[^{}|]*\}[^{}|]*)*)\}"
"""What a text says of one side, and what of both: `{the {side} leg|both legs}`."""


def by_side(text: str, side: str | None) -> str:
    """A text with what it says of one side, or of both."""
    return re.sub(_BY_SIDE, r"\2" if side == BOTH else r"\1", text) if "|" in text else text


def placeholders(text: str) -> set[str]:
    """List what a text leaves to be filled in: `side` for `{side}`, `{Side}` and the stem `{side-}`."""
    named = re.findall(r"\{([^{}|]*)\}", text)
    return {re.sub("^((?:other )?side)-$", r"\1", name[:1].lower() + name[1:]) for name in named}


class Titled(str):
    """A name or a word of a file, with its words for people. It equals the name, whatever those are."""

    __slots__ = ("called",)
    called: str

    def __new__(cls, name: str, called: str) -> "Titled":
        made = super().__new__(cls, name)
        made.called = called
        return made


def called(name: str) -> str:
    """The words of people for a name of a file; the name where nobody gave any."""
    return name.called if isinstance(name, Titled) else name


TO_CHOOSE = ("per_day", "every", "duration", "at")
"""What a file may leave to the person: how often a day, how far apart, how long, at what times of day."""

USES = {
    "a session": ("duration", "longest"),
    "between": ("gap", "wait", "every"),
    "a day": ("per_day", "most_per_day"),
    "a week": ("per_week",),
}
"""What a number of a source may be for, as it is written after the number, and the fields that it fits."""


def number_and_use(said: str) -> tuple[str, tuple[str, ...]]:
    """The number of what a source says and the fields that it is for; none: for any."""
    for words, fields in USES.items():
        if said.endswith(f" {words}"):
            return said.removesuffix(words).strip(), fields
    return said, ()


# Lengths and times -------------------------------------------------------------------------


class Duration(Value):
    """A length: calendar months and days, and exact seconds. Never negative."""

    months: int = 0
    days: int = 0
    seconds: int = 0

    def __str__(self) -> str:
        parts = [f"{self.months}mo"] if self.months else []
        weeks, days = divmod(self.days, 7)
        if weeks and not days:
            parts.append(f"{weeks}w")
        elif self.days:
            parts.append(f"{self.days}d")
        hours, rest = divmod(self.seconds, 3600)
        minutes, seconds = divmod(rest, 60)
        for count, unit in ((hours, "h"), (minutes, "min"), (seconds, "s")):
            if count:
                parts.append(f"{count}{unit}")
        return "".join(parts) or "0s"

    @property
    def is_exact(self) -> bool:
        """True if it is a number of elapsed seconds and nothing else."""
        return not (self.months or self.days)

    @property
    def about_seconds(self) -> float:
        """For comparing lengths, not for arithmetic: a month counts as 30.4375 days."""
        return (self.months * 30.4375 + self.days) * 86400 + self.seconds


class Range(Value):
    """Two lengths, `least` not longer than `most`."""

    least: Duration
    most: Duration

    def __str__(self) -> str:
        return str(self.least) if self.least == self.most else f"{self.least}..{self.most}"


LONGEST_GAP = Duration(seconds=72 * 3600)
"""No gap is longer: the ledger of sessions looks back so far and no further."""


class Anchor(Value):
    """An instant told by a file: `injury+48h`. Origins: injury, start (of the episode), phase (its entry)."""

    origin: str
    offset: Duration = Duration()

    def __str__(self) -> str:
        return f"{self.origin}+{self.offset}" if self.offset != Duration() else self.origin


class LocalMoment(Value):
    """A time of day: a clock time, or so long after waking (`wake+30min`) or before bedtime (`bedtime-1h`)."""

    base: str = "clock"
    """`clock`, `wake` or `bedtime`."""
    at: time = time(0)
    minutes: int = 0
    """Minutes after `wake` (never negative) or before `bedtime` (never positive)."""

    def __str__(self) -> str:
        if self.base == "clock":
            return f"{self.at:%H:%M}"
        return f"{self.base}{self.minutes:+}min" if self.minutes else self.base


class TableRef(Value):
    """One end of the row of a table for the episode's grade: `loading.min`."""

    table: str
    end: str
    """`min` or `max`."""

    def __str__(self) -> str:
        return f"{self.table}.{self.end}"


Length = Duration | TableRef


# Cadences -----------------------------------------------------------------------------------


class Every(Value):
    """Again and again within the waking hours.

    A session comes again `interval.least` after the real end of the last one; anything else comes on a
    grid that starts each day at waking. `interval.most` is what the person can expect at the latest.
    """

    interval: Range


class PerDay(Value):
    """So many times a day, spread evenly over the waking hours from waking on.

    `most` times are planned; `least` is what counts as a full day.
    """

    least: int
    most: int


class At(Value):
    """At fixed local times, every day."""

    times: tuple[LocalMoment, ...]


class PerWeek(Value):
    """So many times a week, the days spread evenly from the first day of the phase, at one local time."""

    count: int
    at: LocalMoment


class Once(Value):
    """One time, from an instant on."""

    after: Anchor


class After(Value):
    """Once after each treatment of other sessions of the phase that really took place."""

    activities: tuple[str, ...]


Cadence = Every | PerDay | At | PerWeek | Once | After


# Conditions ---------------------------------------------------------------------------------


TESTS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<=": operator.le,
    "<": operator.lt,
    ">=": operator.ge,
    ">": operator.gt,
    "==": operator.eq,
    "!=": operator.ne,
}
"""The tests of single values; those of trends are not among them."""


class Comparison(Value):
    """One comparison: `pain <= 3`, `swelling falling`, `pain drop >= 2`, `grade == III`, `injury >= 48h`.

    `subject` is an observation, `grade`, `side`, an option, a screening question or an origin (then: the time
    passed since). `test` is one of `<= < >= > == != drop rise falling rising`; `drop` and `rise` mean: by at least
    `value`. Of a trend (the last four) `since` is one of `REFERENCES`, or empty for the usual one.
    """

    subject: str
    test: str
    value: float | str | Duration | None = None
    since: str = ""

    def __str__(self) -> str:
        value = self.value
        if isinstance(value, float):
            value = int(value) if value.is_integer() else value
        since = f" since {self.since}" if self.since else ""
        if self.test in ("drop", "rise"):
            return f"{self.subject} {self.test} >= {value}{since}"
        words = f"{self.subject} {self.test}" if value is None else f"{self.subject} {self.test} {value}"
        return words + since

    @property
    def reference(self) -> str:
        """The answer that a trend is measured against: the `since` of the condition, or the usual answer."""
        return self.since or {"rising": "last", "rise": "last"}.get(self.test, "first")

    @property
    def awaited(self) -> Duration | None:
        """The time since its subject that it waits for: `injury >= 48h`."""
        return self.value if isinstance(self.value, Duration) and self.test in (">=", ">") else None


class All(Value):
    parts: tuple["Condition", ...]

    def __str__(self) -> str:
        return " and ".join(f"({p})" if isinstance(p, AnyOf) else str(p) for p in self.parts)


class AnyOf(Value):
    parts: tuple["Condition", ...]

    def __str__(self) -> str:
        return " or ".join(f"({p})" if isinstance(p, All) else str(p) for p in self.parts)


class Not(Value):
    part: "Condition"

    def __str__(self) -> str:
        return f"not ({self.part})"


Condition = Comparison | All | AnyOf | Not


def parts_of(condition: Condition | None) -> tuple[Condition, ...]:
    """The conditions that all have to be true: several of one with `all`, none of none."""
    if condition is None:
        return ()
    return condition.parts if isinstance(condition, All) else (condition,)


def comparisons(condition: Condition | None) -> Iterator[Comparison]:
    """Every single comparison in a condition, from left to right."""
    ahead = [] if condition is None else [condition]
    while ahead:
        each = ahead.pop()
        if isinstance(each, Comparison):
            yield each
        else:
            ahead += (each.part,) if isinstance(each, Not) else reversed(each.parts)


def may_apply(condition: Condition | None, given: Mapping[str, str | None]) -> bool:
    """Tell if a condition may ever be true of somebody of whom this is known: grade, side, options, screening."""
    match condition:
        case Comparison(subject, test, value) if given.get(subject) is not None and test in ("==", "!="):
            return (given[subject] == value) is (test == "==")
        case All(parts):
            return all(may_apply(part, given) for part in parts)
        case AnyOf(parts):
            return any(may_apply(part, given) for part in parts)
        case _:
            return True


# Lengths as people write them -------------------------------------------------------------------

LENGTH_FORMS = N_("write a number and a unit, such as 20min, 1h30m, 48h, 2d, 4w or 3mo")
RANGE_FORMS = N_("write one length or two, such as 20min or 24h..72h")

_EXACT = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600}
_DAYS = {"d": 1, "w": 7}
# Compiled when first needed: the short commands read no lengths.
_PART = r"(\d{1,6})\s*(s|sec|min|mo|m|h|d|w)(?![a-z])|(.)"
_ISO = r"P(?:(\d{1,6})M)?(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?"


LONGEST_LENGTH = Duration(months=1200)
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
            raise NoLength(_no_length(text, _near(text, parse_duration), LENGTH_FORMS))
        seen = True
        if unit == "mo":
            months += int(number)
        elif unit in _DAYS:
            days += int(number) * _DAYS[unit]
        else:
            seconds += int(number) * _EXACT[unit]
    if not seen:
        raise NoLength(_no_length(text, "", LENGTH_FORMS))
    return _bounded(text, Duration(months, days, seconds))


def _bounded(text: str, duration: Duration) -> Duration:
    if duration.about_seconds > LONGEST_LENGTH.about_seconds:
        raise ValueError(
            _("{text!r} is longer than a hundred years; {forms}", text=text, forms=_(LENGTH_FORMS))
        )
    return duration


def without_forms(error: ValueError, *forms: str) -> str:
    """Say why a text is no length, or does not fit other forms, without listing the forms."""
    words = str(error)
    for shown in (LENGTH_FORMS, RANGE_FORMS, *forms):
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


# Times of day as people write them ----------------------------------------------------------------

TIME_OF_DAY_FORM = r"([01]?[0-9]|2[0-3]):[0-5][0-9]"


def parse_time_of_day(text: str) -> LocalMoment:
    """Read `08:00`, `wake`, `wake+30min` or `bedtime-1h`. Raises `ValueError`."""
    if re.fullmatch(TIME_OF_DAY_FORM, text, re.ASCII):
        hour, minute = text.split(":")
        return LocalMoment(at=time(int(hour), int(minute)))
    match = re.fullmatch(r"(wake|bedtime)(?:\s*([+-])\s*(\S.*))?", text, re.ASCII)
    if match is None:
        raise ValueError(_("not a time of day"))
    base, sign, length = match.groups()
    if not length:
        return LocalMoment(base)
    if sign != {"wake": "+", "bedtime": "-"}[base]:
        raise ValueError(_("only after waking or before bedtime"))
    duration = parse_duration(length)
    if not duration.is_exact:
        raise ValueError(_("days, weeks and months are not exact lengths"))
    if duration == Duration():
        raise ValueError(_("a length of nothing"))
    if duration.seconds % 60 or duration.seconds >= 86400:
        raise ValueError(_("whole minutes, less than a day, are wanted"))
    return LocalMoment(base, minutes=int(f"{sign}{duration.seconds // 60}"))


# Names of people ----------------------------------------------------------------------------------

_TITLES = frozenset(("dr", "prof", "med", "mr", "mrs", "ms", "miss", "herr", "frau", "doctor", "doktor"))
_NOBODY = frozenset(
    (
        *("me", "myself", "i", "self", "you", "us", "we", "nobody", "no one", "noone", "none", "null", "nil"),
        *("na", "n a", "nn", "n n", "tbd", "todo", "unknown", "anonymous", "somebody", "someone", "anybody"),
        *("name", "a name", "test", "foo", "bar", "no", "yes", "nothing"),
        *("ich", "selbst", "ich selbst", "niemand", "keiner", "jemand", "unbekannt", "anonym"),
        *("nichts", "kein"),
    )
)
_LEAST_LETTERS = 2


def is_name(text: str) -> bool:
    """Tell if a text may name a person: no word that means nobody or oneself, nor a letter alone or again and again."""
    words = re.sub(r"[\W_]+", " ", text.casefold()).split()
    while words and words[0] in _TITLES:
        del words[0]
    letters = [letter for word in words for letter in word if letter.isalpha()]
    is_one_letter = len(letters) < _LEAST_LETTERS or (len({*letters}) == 1 and letters[0].isascii())
    return not is_one_letter and " ".join(words) not in _NOBODY
