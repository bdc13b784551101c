"""A phrase of time, read into its parts: the grammar of what people say, over the tables of `time_words`.

Each word must have its place, in any order. What instant it means is found by `moments`.
"""

import re
from collections.abc import Callable
from datetime import date, time, timedelta

from recovery.language import _
from recovery.protocol.terms import Duration
from recovery.words import time_words as w


class Unclear(ValueError):
    """Words that are no moment, or not one alone. Says what is missing, or how it is written."""


CLOCK_FORM = r"([01]?[0-9]|2[0-3]):([0-5][0-9])"
DATE_FORM = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
DATED_FORM = rf"({DATE_FORM})[ t](.+)"
_TOKEN = (
    rf"{DATE_FORM}|[0-9]{{1,2}}/[0-9]{{1,2}}(?:/[0-9]{{4}})?|[0-9]{{1,2}}\.[0-9]{{1,2}}\.(?:[0-9]{{4}}|[0-9]{{2}})?"
    r"|[0-9]{1,2}:[0-9]{2}|[0-9]+[.,][0-9]+|[0-9]{1,2}\.(?![0-9])|[0-9]+|[a-z']+\.?|,|\S"
)


ANY_DAY = date(2000, 1, 1)


def simplified(text: str) -> str:
    words = " ".join(text.lower().split())
    for letter, written in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), ("\u2019", "'")):
        words = words.replace(letter, written)
    return words


def tokens(words: str) -> list[str]:
    padded = f" {words} "
    for phrase, word in w.PHRASES:
        padded = re.sub(rf"(?<=[\s\d]){re.escape(phrase)}(?=\s)", word, padded)
    return [
        each if each[0].isdigit() else each.rstrip(".")
        for each in re.findall(_TOKEN, padded)
        if each not in ".,"
    ]


def day_words(text: str) -> str:
    """The words of a text that name its day."""
    days = [word for word in text.split() if simplified(word) in {*w.DAYS_WORDS, *w.WEEKDAYS, *w.WHICH}]
    return " ".join(days) if any(simplified(word) not in w.WHICH for word in days) else ""


def morning_or_evening(text: str, day: str, hours: list[time]) -> Unclear:
    early, late = (f"{day}{each:%H:%M}" for each in hours)
    return Unclear(
        _(
            '{text!r}: in the morning or in the evening? write "{early}" or "{late}"',
            text=text,
            early=early,
            late=late,
        )
    )


class Phrase:
    """The words of a moment or a length, each in its place. What is not read is the `rest`."""

    def __init__(self, words: list[str], today: date, *, is_ahead: bool) -> None:
        self.rest = words
        self.today = today
        self.is_ahead = is_ahead
        self.day: date | None = None
        self.yearless: tuple[int, int] | None = None
        """A day and a month."""
        self.weekday: int | None = None
        self.which: int | None = None
        self.clock: tuple[int, int] | None = None
        self.is_clock_open = False
        """True where morning and evening are not told apart."""
        self.is_clock_bare = False
        """True for an hour alone, as in `18`."""
        self.is_midnight = False
        self.is_at = False
        self.half = ""
        self.part: int | None = None
        self.length: Duration | None = None
        self.direction = 0

    @property
    def has_day(self) -> bool:
        return self.day is not None or self.yearless is not None or self.weekday is not None

    @property
    def is_length_alone(self) -> bool:
        return not (self.has_day or self.clock or self.part is not None or self.direction or self.is_at)

    def is_read(self) -> bool:
        """Read all words. False where one has no place."""
        steps: tuple[Callable[[], bool], ...] = (
            self._small_word, self._length, self._date, self._clock, self._part_or_day,
        )  # fmt: skip
        there = bool(self.rest)
        while self.rest:
            if not any(step() for step in steps):
                return False
        return there

    def _takes(self, *words: str) -> bool:
        if self.rest[:1] and self.rest[0] in words:
            self.rest = self.rest[1:]
            return True
        return False

    def _small_word(self) -> bool:
        word = self.rest[0]
        if word in w.AGO:
            self.direction = self.direction or -1
        elif word == "in":
            self.direction = 1
        elif word in w.AT:
            self.is_at = True
        elif word in w.WHICH and self.which is None:
            self.which = w.WHICH[word]
        elif word not in w.FILLERS and word != "am":
            return False
        self.rest = self.rest[1:]
        return True

    # Lengths

    def _length(self) -> bool:
        before = self.rest
        is_open = any(word in w.SOME for word in before[:2])
        if is_open and self.direction | (before[-1] in w.AGO):
            raise Unclear(_('{text!r}: how many? write for instance "3 hours ago"', text=" ".join(before)))
        number = self._number()
        if number is not None and self.rest[:1] and self.rest[0] in w.UNITS_WORDS:
            unit = self.rest[0]
            self.rest = self.rest[1:]
            if unit in ("h", "hour", "stunde") and self.rest[:3] == ["and", "a", "half"]:
                number, self.rest = number + 0.5, self.rest[3:]
            part = _of_unit(number, unit)
            if part is not None:
                old = self.length or Duration()
                self.length = Duration(
                    old.months + part.months, old.days + part.days, old.seconds + part.seconds
                )
                while self._takes("and", "und"):
                    pass
                return True
        self.rest = before
        return False

    def _number(self) -> float | None:
        """A number before a unit: digits, a word, a half of it."""
        if self._takes("half", "halbe", "halben"):
            self._takes("a", "an")
            return 0.5
        if self.rest[:1] and self.rest[0] in ("viertelstunde", "dreiviertelstunde"):
            return 1
        word = self.rest[0] if self.rest else ""
        number: float
        if word in w.NUMBERS_WORDS:
            number = w.NUMBERS_WORDS[word]
        elif re.fullmatch(r"[0-9]{1,6}([.,][0-9])?", word):
            number = float(word.replace(",", "."))
        else:
            return None
        self.rest = self.rest[1:]
        if self.rest[:3] == ["and", "a", "half"]:
            self.rest = self.rest[3:]
            return number + 0.5
        if number == 1 and self._takes("half", "halbe", "halben"):
            return 0.5
        return number

    # Dates

    def _date(self) -> bool:
        word, *after = self.rest
        if self.has_day:
            return False
        if re.fullmatch(DATE_FORM, word):
            self.day = date.fromisoformat(word)
        elif "/" in word:
            self._slashed(word)
        elif match := re.fullmatch(r"([0-9]{1,2})\.([0-9]{1,2})\.?([0-9]{2,4})?", word):
            if int(match[2]) > 12 or (after[:1] and after[0] in ("uhr", "am", "pm")):
                return False
            self._dated(int(match[1]), int(match[2]), match[3])
        elif after and after[0] in w.MONTHS_WORDS and (number := re.fullmatch(r"([0-9]{1,2})\.?", word)):
            self._dated(int(number[1]), w.MONTHS_WORDS[after[0]], self._year(after[1:]))
            self.rest = self.rest[1:]
        elif word in w.MONTHS_WORDS and after and (number := re.fullmatch(r"([0-9]{1,2})\.?", after[0])):
            self._dated(int(number[1]), w.MONTHS_WORDS[word], self._year(after[1:]))
            self.rest = self.rest[1:]
        else:
            return False
        self.rest = self.rest[1:]
        return True

    def _year(self, after: list[str]) -> str | None:
        if after and re.fullmatch(r"[0-9]{4}", after[0]):
            self.rest = self.rest[1:]
            return after[0]
        return None

    def _slashed(self, word: str) -> None:
        first, second, *years = (int(part) for part in word.split("/"))
        year = years[0] if years else self.today.year
        if first <= 12 and second <= 12 and first != second:
            days = [f"{year:04d}-{month:02d}-{day:02d}" for month, day in ((first, second), (second, first))]
            raise Unclear(
                _(
                    "{text!r}: which is the month? write {one} or {other}",
                    text=word,
                    one=days[0],
                    other=days[1],
                )
            )
        day, month = (first, second) if second <= 12 else (second, first)
        self._dated(day, month, str(years[0]) if years else None)

    def _dated(self, day: int, month: int, year: str | None) -> None:
        if year is None:
            date(2000, month, day)  # raises for what no year has
            self.yearless = (day, month)
        else:
            self.day = date(int(year) + (2000 if len(year) == 2 else 0), month, day)

    # Times of day

    def _clock(self) -> bool:
        word = self.rest[0]
        if self.clock is not None:
            return False
        if word in w.MIDNIGHT:
            self.is_midnight = True
            self.clock = 0, 0
            self.rest = self.rest[1:]
            return True
        if word in ("halfpast", "quarterpast", "quarterto", "halb"):
            return self._fraction(word)
        if (match := re.fullmatch(CLOCK_FORM, word)) or (
            (match := re.fullmatch(r"([0-9]{1,2})\.([0-9]{2})", word)) and int(match[2]) < 60
        ):
            self.clock = int(match[1]), int(match[2])
        elif re.fullmatch(r"[0-9]{1,2}", word) or (
            word in w.NUMBERS_WORDS and isinstance(w.NUMBERS_WORDS[word], int)
        ):
            self.clock = int(w.NUMBERS_WORDS.get(word, 0) or word), 0
            self.is_clock_open = 1 <= self.clock[0] <= 12
        else:
            return False
        if self.clock[0] > 23:
            return False
        self.is_clock_bare = is_hour_alone(word)
        self.rest = self.rest[1:]
        if self._takes("uhr"):
            self.is_clock_open = self.is_clock_bare = False
            if is_hour_alone(word) and self.rest[:1] and re.fullmatch(r"[0-5]?[0-9]", self.rest[0]):
                self.clock = self.clock[0], int(self.rest[0])
                self.rest = self.rest[1:]
        self._meridian()
        return True

    def _meridian(self) -> None:
        """Read am and pm; the German "am" before a day is none."""
        if self.rest[:1] == ["am"] and self.rest[1:2] and self.rest[1] in w.GERMAN_WEEKDAYS:
            return
        if self.rest[:1] and self.rest[0] in ("am", "pm"):
            self.half = self.rest[0]
            self.is_clock_open = self.is_clock_bare = False
            self.rest = self.rest[1:]

    def _fraction(self, word: str) -> bool:
        """Read `half past 8`, `viertel vor 9`, `halb 9`."""
        hour = self.rest[1] if len(self.rest) > 1 else ""
        number = w.NUMBERS_WORDS.get(hour) or (int(hour) if re.fullmatch("[0-9]{1,2}", hour) else 0)
        if not isinstance(number, int) or not 1 <= number <= 12:
            return False
        minutes = number * 60 + {"halfpast": 30, "quarterpast": 15, "quarterto": -15, "halb": -30}[word]
        self.clock = minutes // 60 or 12, minutes % 60
        self.is_clock_open = True
        self.rest = self.rest[2:]
        self._meridian()
        return True

    def hours(self) -> list[time]:
        """List the times of day that the words can mean: one, or one of the morning and one of the evening."""
        assert self.clock is not None
        hour, minute = self.clock
        if self.half:
            if not 1 <= hour <= 12:
                raise Unclear(
                    _("{clock} takes no am or pm; write it alone", clock=f"{hour:02d}:{minute:02d}")
                )
            return [time(hour % 12 + (12 if self.half == "pm" else 0), minute)]
        if self.part is not None:
            return [time(_in_part(hour, self.part), minute)]
        if self.is_clock_open:
            return [time(hour % 12, minute), time(hour % 12 + 12, minute)]
        return [time(hour, minute)]

    # Parts of a day, and days

    def _part_or_day(self) -> bool:
        word = self.rest[0]
        if word == "morgen" and self.has_day:
            word = "morgens"
        if word in w.PARTS_WORDS and self.part is None:
            self.part = w.PARTS_WORDS[word]
            if word == "tonight" and not self.has_day:
                self.day = self.today
        elif word in w.DAYS_WORDS and not self.has_day:
            self.day = self.today + timedelta(days=w.DAYS_WORDS[word])
        elif word in w.WEEKDAYS and not self.has_day:
            self.weekday = w.WEEKDAYS[word]
        else:
            return False
        self.rest = self.rest[1:]
        return True


def is_hour_alone(word: str) -> bool:
    """Tell if a clock was given by its hour alone, so that minutes may follow."""
    return ":" not in word and "." not in word


def _of_unit(number: float, unit: str) -> Duration | None:
    """A length of a unit; None for a half of a day, a week or a month, which is no exact time."""
    if unit in w.SECONDS_WORDS:
        return Duration(0, 0, round(number * w.SECONDS_WORDS[unit]))
    if number != int(number):
        return None
    if unit in w.UNITS_OF_MONTHS:
        return Duration(int(number), 0, 0)
    return Duration(0, int(number) * w.UNITS_OF_DAYS[unit], 0)


def _in_part(hour: int, part: int) -> int:
    """The hour of a clock of twelve in a part of the day. Raises `Unclear` where it has none so."""
    later = hour + 12 if 1 <= hour <= 11 else hour
    fits = {
        w.MORNING: (hour, range(12)), w.FORENOON: (hour, range(5, 12)),
        w.NOON: (hour if hour > 9 else later, range(11, 15)),
        w.AFTERNOON: (later, range(12, 19)), w.EVENING: (later, range(16, 24)),
        w.NIGHT: (hour if hour < 6 else later, (*range(6), *range(20, 24))),
    }[part]  # fmt: skip
    if fits[0] not in fits[1]:
        raise Unclear(_("{hour} is no hour of that part of the day; write for instance 18:00", hour=hour))
    return fits[0]
