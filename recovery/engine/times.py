"""Exact time and wall-clock time, and the way between them.

Exact time is an aware `datetime` in UTC. Wall-clock time is a local date and a time of day in the episode's
zone; it is turned into an instant late, by `Place.resolve`: a time that a change of the clock leaves out
moves forward by the gap, a time that comes twice is the first of the two.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from recovery.protocol.terms import Duration, LocalMoment
from recovery.values import Value
from recovery.zones import Zone

DAY = timedelta(days=1)
LATEST_BEDTIME = timedelta(hours=4)
"""The most by which a bedtime is put off: who is up for longer has another bedtime. Own."""
_NOON = time(12)


class Place(Value):
    """The place and the hours of a person's life: their zone and waking hours.

    A *waking day* is `[wake, bedtime)`, named by the date on which it begins; a bedtime earlier than `wake`
    is on the next date.
    """

    zone: Zone
    wake: time = time(7)
    bedtime: time = time(23)
    work: tuple[time, time] = (time(9), time(17))
    """The working hours, half-open; an end that is not later than the beginning is on the next date."""
    workdays: tuple[int, ...] = (0, 1, 2, 3, 4)
    """On which days of the week work begins; Monday is 0."""
    language: str = "en"
    """The language of the person: one of `recovery.language.LANGUAGES`."""
    quiet: tuple[tuple[time, time], ...] = ()
    """Times of every day, half-open, in which nothing is told but the end of a session and urgent alerts.

    An end that is not later than the beginning is on the next date.
    """

    late: tuple[date, datetime] | None = None
    """The waking day whose bedtime the person has put off, and until when: that evening only."""

    def as_fields(self) -> dict[str, Any]:
        """As it stands in the fact that opens an episode."""
        fields = {name: value for name, value in self.__dict__.items() if name != "late"}
        return {**fields, "zone": self.zone.key}

    def local(self, instant: datetime) -> datetime:
        """The wall clock at an instant."""
        return instant.astimezone(self.zone)

    def resolve(self, day: date, at: time) -> datetime:
        """The instant of a local time: moved forward in a gap, the first of a repeated hour."""
        return _resolve(self.zone, day, at)

    def exists(self, day: date) -> bool:
        """Tell if the date is in this zone's calendar (Pacific/Apia has no 2011-12-30)."""
        return _exists(self.zone, day)

    def window(self, day: date) -> tuple[datetime, datetime]:
        """The waking hours that begin on that date, half-open."""
        begin, bedtime = self.usual(day)
        return begin, (self.late[1] if self.late is not None and self.late[0] == day else bedtime)

    def usual(self, day: date) -> tuple[datetime, datetime]:
        """The same, as if the person went to bed when they always do."""
        return _window(self.zone, self.wake, self.bedtime, day)

    def latest_bedtime(self, day: date) -> datetime:
        """The instant until which the bedtime of a waking day can be put off."""
        return self.usual(day)[1] + LATEST_BEDTIME

    def put_off(self, day: date, until: time) -> datetime | None:
        """The instant of a time of day to which the bedtime of a waking day can be put off; None for others."""
        bedtime, latest = self.usual(day)[1], self.latest_bedtime(day)
        today = self.local(bedtime).date()
        times = (self.resolve(on, until) for on in (today, today + DAY))
        return next((at for at in times if bedtime < at <= latest), None)

    def evening(self, instant: datetime) -> date:
        """The waking day that holds the instant, or else the one that was over last."""
        day = self.waking_day(instant)
        if self.window(day)[0] <= instant:
            return day
        return day - DAY if self.exists(day - DAY) else day - 2 * DAY

    def at_work(self, day: date) -> tuple[datetime, datetime] | None:
        """The working hours that begin on that date, as far as they lie in its waking hours; None: a day off."""
        if day.weekday() not in self.workdays:
            return None
        begins, ends = self.work
        begin, end = self.resolve(day, begins), self.resolve(day if ends > begins else day + DAY, ends)
        waking = self.window(day)
        begin, end = max(begin, waking[0]), min(end, waking[1])
        return (begin, end) if begin < end else None

    def waking_day(self, instant: datetime) -> date:
        """The waking day that holds the instant, or else the next one to come."""
        return _waking_day(self.zone, self.wake, self.bedtime, self.late, instant)

    def is_awake(self, instant: datetime) -> bool:
        """Tell if the instant is within the waking hours."""
        return self.window(self.waking_day(instant))[0] <= instant

    def days_from(self, day: date) -> Iterator[date]:
        """The dates that exist, from `day` on."""
        while True:
            if self.exists(day):
                yield day
            day += DAY

    def day_after(self, day: date) -> date:
        """The first date that exists after `day`."""
        return next(self.days_from(day + DAY))

    def next_waking(self, instant: datetime) -> datetime:
        """The first beginning of waking hours after the instant."""
        days = map(self.window, self.days_from(self.waking_day(instant)))
        return next(begin for begin, _ in days if begin > instant)

    def fit(self, instant: datetime, length: timedelta) -> datetime:
        """The earliest instant from `instant` on at which something so long fits into the waking hours.

        What fits into no waking day at all starts at waking.
        """
        for day in self.days_from(self.waking_day(instant)):
            begin, end = self.window(day)
            start = max(begin, instant)
            if start + length <= end or (start + length > end and begin > instant):
                return start
        raise AssertionError("days never end")

    def open_times(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        """The parts of the waking hours that begin on that date in which the person may be told anything, in order.

        Quiet times that leave nothing of a day do not count on it: something has to be told some time.
        """
        return _open_times(self.zone, self.window(day), self.quiet, day)

    def may_tell(self, instant: datetime) -> bool:
        """Tell if the instant is within the waking hours and in no quiet time."""
        return any(begin <= instant < end for begin, end in self.open_times(self.waking_day(instant)))

    def is_quiet(self, instant: datetime) -> bool:
        """Tell if the instant is in a quiet time of the waking hours."""
        return bool(self.quiet) and self.is_awake(instant) and not self.may_tell(instant)

    def fit_told(self, instant: datetime, length: timedelta) -> datetime:
        """As `fit`, and outside quiet times; what fits between no two of them may run into one, but begins in none."""
        if not self.quiet:
            return self.fit(instant, length)
        for day in self.days_from(self.waking_day(instant)):
            begin, bedtime = self.window(day)
            spans = [(max(first, instant), last) for first, last in self.open_times(day) if last > instant]
            for first, last in spans:
                if first + length <= last:
                    return first
            is_too_long = all(last - first < length for first, last in self.open_times(day))
            for first, _ in spans:
                if (is_too_long and first + length <= bedtime) or begin > instant:
                    return first
        raise AssertionError("days never end")

    def moment(self, day: date, moment: LocalMoment) -> datetime:
        """The instant of a protocol's time of day on a waking day; a bedtime that was put off moves none."""
        begin, end = self.usual(day)
        if moment.base == "wake":
            return begin + timedelta(minutes=moment.minutes)
        if moment.base == "bedtime":
            return end + timedelta(minutes=moment.minutes)
        instant = self.resolve(day, moment.at)
        if instant < begin and moment.at < self.bedtime <= self.wake:
            return self.resolve(day + DAY, moment.at)
        return instant

    def after(self, instant: datetime, length: Duration) -> datetime:
        """`length` after an instant: days, weeks and months by the calendar, the rest by elapsed time."""
        return _after(self.zone, instant, length.months, length.days, length.seconds)


def _days_in(year: int, month: int) -> int:
    following = date(year + month // 12, month % 12 + 1, 1)
    return (following - DAY).day


# A simulated year asks for the same few days again and again.
@lru_cache(maxsize=512)
def _resolve(zone: Zone, day: date, at: time) -> datetime:
    return datetime.combine(day, at.replace(fold=0), tzinfo=zone).astimezone(UTC)


@lru_cache(maxsize=512)
def _exists(zone: Zone, day: date) -> bool:
    return _resolve(zone, day, _NOON).astimezone(zone).date() == day


@lru_cache(maxsize=128)
def _window(zone: Zone, wake: time, bedtime: time, day: date) -> tuple[datetime, datetime]:
    last = day if bedtime > wake else day + DAY
    return _resolve(zone, day, wake), _resolve(zone, last, bedtime)


@lru_cache(maxsize=128)
def _open_times(
    zone: Zone, window: tuple[datetime, datetime], quiet: tuple[tuple[time, time], ...], day: date
) -> tuple[tuple[datetime, datetime], ...]:
    spans = [window]
    for begins, ends in quiet:
        for on in (day - DAY, day, day + DAY):  # one of the night before or after may reach into the day
            first = _resolve(zone, on, begins)
            last = _resolve(zone, on if ends > begins else on + DAY, ends)
            spans = [
                part
                for begin, end in spans
                for part in ((begin, min(end, first)), (max(begin, last), end))
                if part[0] < part[1]
            ]
    return tuple(spans) or (window,)


@lru_cache(maxsize=512)
def _after(zone: Zone, instant: datetime, months: int, days: int, seconds: int) -> datetime:
    if months or days:
        local = instant.astimezone(zone)
        year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
        day = min(local.day, _days_in(year, month + 1))
        instant = _resolve(zone, date(year, month + 1, day) + timedelta(days=days), local.time())
    return instant + timedelta(seconds=seconds)


@lru_cache(maxsize=128)
def _waking_day(
    zone: Zone, wake: time, bedtime: time, late: tuple[date, datetime] | None, instant: datetime
) -> date:
    place = Place(zone, wake, bedtime, late=late)
    day = place.local(instant).date()
    before = day - DAY if place.exists(day - DAY) else day - 2 * DAY
    if (bedtime <= wake or late is not None) and instant < place.window(before)[1]:
        return before
    for candidate in place.days_from(day):
        if instant < place.window(candidate)[1]:
            return candidate
    raise AssertionError("days never end")
