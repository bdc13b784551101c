"""The times at which an activity is due: its cadence laid over the person's waking days.

Two families. A *grid* has its times whatever the person does: it starts at waking, on the first day at the
phase's entry. A *chain* (a session with `every`) counts from the real end of the last session.
The nth time of a grid is its start plus n intervals, never the one before plus one.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

from recovery.engine.episode import MOMENT, Episode, Track, took_place
from recovery.engine.facts import LOOKBACK
from recovery.engine.times import DAY, Place
from recovery.protocol.model import CheckIn, Reminder, Timed, Treatment
from recovery.protocol.terms import (
    After,
    At,
    Cadence,
    Every,
    Once,
    PerDay,
    PerWeek,
)
from recovery.values import Value

_MINUTE = timedelta(minutes=1)
BY_THE_CLOCK = (At, PerDay, PerWeek)
"""The cadences whose times belong to a date of the calendar: after a journey they are those of the place."""

LONGEST_SPACING = timedelta(days=8)
"""Longer than any grid's times are apart: how far back to look for the latest time of a withheld activity."""

STEP_GRACE = timedelta(hours=1)
"""The longest delay of a step of an alternation before its round is given up."""


FOLLOW_UP_GRACE = timedelta(hours=1)
"""The longest delay at which a follow-up of a treatment is still suggested."""


HoursOfDay = Callable[[date], tuple[datetime, datetime] | None]
"""The hours of a day in which something may come; None: none."""


class Due(Value):
    """A time at which an activity is due, and until when it is still right to offer it."""

    at: datetime
    expires_at: datetime


def floor(episode: Episode, activity: Timed) -> datetime:
    """The earliest instant at which occurrences of an activity count."""
    instants = [episode.since(activity.id)]
    if episode.resumed_at is not None:
        instants.append(episode.resumed_at)
    if activity.begins is not None:
        instants.append(episode.opens(activity.begins))
    return max(instants)


def is_forgotten(episode: Episode, activity: Timed, now: datetime) -> bool:
    """Tell if the last that happened with an activity is so long ago that its facts are not read any more."""
    track = episode.track(activity.id)
    instants = (floor(episode, activity), track.last_due, track.counts_from, track.withheld_at)
    return all(instant is None or instant <= now - LOOKBACK for instant in instants)


def looks_back_to(episode: Episode, activity: Timed, now: datetime) -> datetime | None:
    """The instant from which on to look at the times of an activity; None: from the last that had its fate."""
    if episode.track(activity.id).withheld or is_forgotten(episode, activity, now):
        return now - LONGEST_SPACING
    return None


def has_come_today(episode: Episode, activity: Timed, now: datetime) -> bool:
    """Tell if a time of an activity has come since waking: one before its phase began counts, whatever its fate."""
    if activity.begins is not None and episode.instant(activity.begins) > now:
        return False
    place = episode.place_of(activity)
    begin, _ = place.window(place.waking_day(now))
    times = _times(episode, activity, begin, None, episode.since(activity.id), None)
    first = next((at for at in times if at >= begin), None)
    return first is not None and first <= now


def dues(episode: Episode, activity: Timed, since: datetime | None = None) -> Iterator[Due]:
    """The times still without a fate, in order, without end (save for `once`); none while its session is on.

    `since` leaves out those before it, for an activity that has been withheld for long.
    """
    track = episode.track(activity.id)
    cadence = activity.cadence
    if any(t.activity == activity.id and t.ended_at is None for t in episode.ledger):
        return
    if isinstance(cadence, After):
        yield from _follow_up(episode, activity, cadence, track)
    elif isinstance(activity, Treatment) and track.step > 0 and track.counts_from is not None:
        yield from _step(episode, activity, track)
    elif isinstance(activity, Treatment) and isinstance(cadence, Every):
        yield from _chain(episode, activity, cadence, track, since)
    else:
        yield from _grid(episode, activity, cadence, track, since)


def _step(episode: Episode, activity: Treatment, track: Track) -> Iterator[Due]:
    """The next step of a round: after its wait, when it fits into the day."""
    assert track.counts_from is not None
    previous, step = activity.steps[track.step - 1], activity.steps[track.step]
    due = track.counts_from + timedelta(seconds=previous.wait.seconds)
    due = episode.place.fit_told(due, timedelta(seconds=step.shortest.seconds))
    yield Due(due, due + STEP_GRACE)


def _follow_up(episode: Episode, activity: Timed, cadence: After, track: Track) -> Iterator[Due]:
    """The end of the last session of those that it follows, if somebody said that it took place.

    What is asked about a session can be asked for the rest of the day.
    """
    start = floor(episode, activity)
    for session in reversed(episode.ledger):
        if session.activity in cadence.activities and session.phase == episode.phase.id:
            ended = session.ended_at
            is_new = track.last_due is None or track.last_due < session.began_at
            if ended is not None and ended >= start and took_place(session) and is_new:
                bedtime = episode.place.window(episode.place.waking_day(ended))[1]
                is_question = isinstance(activity, CheckIn)
                yield Due(
                    ended, max(bedtime, ended + FOLLOW_UP_GRACE) if is_question else ended + FOLLOW_UP_GRACE
                )
            return


def _chain(
    episode: Episode, activity: Treatment, cadence: Every, track: Track, since: datetime | None
) -> Iterator[Due]:
    """The times from the real end of the last session on; after the first as if each were taken when due."""
    least = timedelta(seconds=cadence.interval.least.seconds)
    planned = timedelta(seconds=activity.steps[0].duration.least.seconds)
    shortest = timedelta(seconds=activity.steps[0].shortest.seconds)
    due = floor(episode, activity)
    if track.counts_from is not None:
        due = max(due, track.counts_from + least)
    if activity.is_optional and track.last_due is not None and track.last_due >= due:
        due = track.last_due + planned + least  # suggested already, and not taken up
    if since is not None:
        due = max(due, since)
    while True:
        due = episode.place.fit_told(due, shortest)
        following = episode.place.fit_told(due + planned + least, shortest)
        right = due + (following - due) / 2
        room = _room(episode, activity, due, following) if activity.offers_missed else right
        yield Due(due, max(right, room))
        due = following


def _grid(
    episode: Episode, activity: Timed, cadence: Cadence, track: Track, since: datetime | None
) -> Iterator[Due]:
    start = floor(episode, activity)
    if isinstance(cadence, Once):
        # Not from the end of a pause on: what was told before it is not told again.
        due = max(episode.since(activity.id), episode.opens(cadence.after))
        if activity.begins is not None:
            due = max(due, episode.opens(activity.begins))
        if track.last_due is None and (since is None or due >= since):
            due = episode.place.fit_told(due, timedelta(0))
            yield Due(due, due + DAY)
        return
    after, entered_at = track.last_due, episode.since(activity.id)
    if episode.earlier_places and isinstance(cadence, BY_THE_CLOCK) and not activity.follows_body:
        # A time that the journey left out is before its beginning by the steady clock, and has to have its fate.
        start, entered_at = min(start, episode.by_the_clock(start)), episode.by_the_clock(entered_at)
    if since is not None:
        start = max(start, since)
    previous: datetime | None = None
    hours = episode.place.at_work if isinstance(activity, Reminder) and activity.at_work else None
    for due in _times(episode, activity, start, after, entered_at, hours):
        if due < start or (after is not None and due <= after):
            continue
        if previous is not None:
            yield Due(previous, _expiry(episode, activity, previous, due, hours))
        previous = due


def _expiry(
    episode: Episode, activity: Timed, due: datetime, following: datetime, hours: HoursOfDay | None
) -> datetime:
    """The end of an offer of a grid: while its time is right, or until what may be made up for has no room left."""
    right = _half_way(episode, due, following, hours)
    if isinstance(activity, Treatment) and activity.offers_missed:
        return max(right, _room(episode, activity, due, following))
    return right


def _room(episode: Episode, activity: Treatment, due: datetime, following: datetime) -> datetime:
    """The latest instant at which a session could begin that is over by bedtime and before the next one."""
    length = timedelta(seconds=activity.steps[0].shortest.seconds)
    return min(following, episode.place.window(episode.place.waking_day(due))[1]) - length + MOMENT


def _half_way(episode: Episode, due: datetime, following: datetime, hours: HoursOfDay | None) -> datetime:
    """A due time is still right while it is nearer than the next one, and before bedtime or the end of work."""
    day = episode.place.waking_day(due)
    window = (hours(day) if hours else None) or episode.place.window(day)
    return min(due + (following - due) / 2, window[1])


def _times(
    episode: Episode,
    activity: Timed,
    start: datetime,
    after: datetime | None,
    since: datetime,
    hours: HoursOfDay | None,
) -> Iterator[datetime]:
    """The times of `_all_times`, in order: those in a quiet time come at its end, several of them as one.

    So do those that follow the body into the night of the place. Where a quiet time lasts until bedtime, times of the
    clock come before it, as for who goes to bed early.
    """
    cadence, last, has_moved = activity.cadence, None, activity.follows_body and bool(episode.earlier_places)
    for instant in _all_times(episode.place_of(activity), cadence, start, after, since, hours):
        # What follows the body was due by the place where the person was then, and stays so.
        place, at = episode.place_at(instant) if has_moved else episode.place, instant
        if place.quiet and place.is_awake(instant):
            day = place.waking_day(instant)
            at = place.fit_told(instant, timedelta(0))
            if place.waking_day(at) != day:
                if not isinstance(cadence, At | PerWeek):
                    continue
                begin, end = place.open_times(day)[-1]
                at = max(begin, end - timedelta(minutes=30))
        if has_moved:
            at = episode.fit_told(at)
        if last is None or at > last:
            last = at
            yield at


def _all_times(
    place: Place,
    cadence: Cadence,
    start: datetime,
    after: datetime | None,
    since: datetime,
    hours: HoursOfDay | None,
) -> Iterator[datetime]:
    """All times of a grid from the day of `after` (or else `start`) on, in order; without `hours` while awake.

    They end where none comes within `LONGEST_SPACING`: for who has no working hours while awake.
    """
    entered = place.waking_day(since)
    latest = place.waking_day(max(start, after or start))
    for day in place.days_from(latest):
        if day - latest > LONGEST_SPACING:
            return
        window = hours(day) if hours else place.window(day)
        if window is None:
            continue
        begin, end = window
        # On the day of entry the grid starts at the entry, not at a waking time that has passed.
        first = max(begin, since) if day == entered else begin
        if hours and isinstance(cadence, Every):
            first += timedelta(
                seconds=cadence.interval.least.about_seconds
            )  # nobody has sat for long by then
        match cadence:
            case Every(interval):
                step = timedelta(seconds=interval.least.about_seconds)
                count = 0
                while first + count * step < end:
                    latest = day
                    yield first + count * step
                    count += 1
            case PerDay(most=most):
                end = min(end, place.usual(day)[1])  # a later bedtime moves none of the times of the day
                # In whole minutes: a journal keeps milliseconds, and people look at the clock.
                spread = (first + count * (end - begin) // most // _MINUTE * _MINUTE for count in range(most))
                latest = day
                yield from (instant for instant in spread if instant < end)
            case At(times):
                # A person who goes to bed early may have two of them moved to the same instant.
                latest = day
                yield from sorted({_within(place.moment(day, moment), begin, end) for moment in times})
            case PerWeek(count=week, at=moment):
                # Days 0, 2, 4 of a week for three times, counted from the day of entry.
                passed = (day - entered).days % 7
                if any(passed == (n * 7) // week for n in range(week)):
                    latest = day
                    yield _within(place.moment(day, moment), begin, end)
            case Once() | After():
                return


def _within(instant: datetime, begin: datetime, end: datetime) -> datetime:
    """A protocol's clock time moved into the waking hours of a person who keeps others."""
    return max(begin, min(instant, end - timedelta(minutes=30)))
