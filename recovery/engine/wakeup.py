"""The instants at which to look again: `decide.turn` finds something to do at these and at no others.

Each rule there that waits for a time has its instant here; `tests/engine` runs both against each other.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from recovery.engine.cadence import dues, looks_back_to
from recovery.engine.episode import PAUSED, Episode
from recovery.engine.gates import condition_moments, gate_moments, healing_range
from recovery.protocol.model import CheckIn, Every, Hold, Reminder, Timed, Treatment


def next_wakeup(episode: Episode, now: datetime) -> datetime | None:
    """The next instant after `now` at which a turn may find something to do; None: only a command can.

    A pause, an open question or a shut gate wakes nobody: what a person does is noticed when they do it.
    """
    return min((instant for instant in _moments(episode, now) if instant > now), default=None)


def _moments(episode: Episode, now: datetime) -> Iterator[datetime]:
    for session in episode.ledger:
        if session.ended_at is None:
            yield session.ends_at
    if episode.is_over:
        return
    for flag in episode.protocol.red_flags:
        yield from condition_moments(flag.when, episode)
    if episode.state == PAUSED:
        if episode.paused_until is not None:
            yield episode.paused_until
        for activity in episode.phase.activities:
            if isinstance(activity, Hold) and episode.track(activity.id).is_on:
                yield from _hold_moments(episode, activity, now)
        return
    yield from gate_moments(episode, episode.stay.phase)
    if episode.rung is not None:
        yield _next_waking(episode, now)  # steps are taken by day
    if episode.protocol.healing is not None:
        yield healing_range(episode)[1]
    for activity in episode.phase.activities:
        if episode.stay.phase is None and not isinstance(activity, CheckIn):
            continue
        if isinstance(activity, Hold):
            yield from _hold_moments(episode, activity, now)
        elif isinstance(activity, Timed):
            yield from _activity_moments(episode, activity, now)


def _activity_moments(episode: Episode, activity: Timed, now: datetime) -> Iterator[datetime]:
    track = episode.track(activity.id)
    yield from condition_moments(activity.only_if, episode)
    if track.withheld_until is not None:
        yield track.withheld_until
    if track.snoozed_until is not None:
        yield track.snoozed_until
        return
    if track.withheld and track.step > 0:
        yield _next_waking(episode, now)
    if isinstance(activity, Treatment | Reminder):
        for limit in episode.protocol.limits:
            yield from condition_moments(limit.needs, episode)
    if track.withheld and isinstance(activity, Treatment) and isinstance(activity.cadence, Every):
        return
    for due in dues(episode, activity, looks_back_to(episode, activity, now)):
        if due.at > now:
            yield due.at
            return


def _next_waking(episode: Episode, now: datetime) -> datetime:
    place = episode.place
    return next(
        begin for begin, _ in map(place.window, place.days_from(place.waking_day(now))) if begin > now
    )


def _hold_moments(episode: Episode, activity: Hold, now: datetime) -> Iterator[datetime]:
    place = episode.place
    day = place.waking_day(now)
    begin, end = place.window(day)
    yield begin
    yield end
    for first, _ in place.open_times(day):
        yield first
    bounds = [activity.begins, activity.until]
    for limit in episode.protocol.all_limits:
        if activity.modality in limit.of:
            bounds += [limit.not_before, limit.not_after]
            yield from condition_moments(limit.needs, episode)
        if limit.gap is not None and activity.modality in limit.to:
            ends = [t.ended_at for t in episode.ledger if t.ended_at is not None and t.modality in limit.of]
            yield from (each + timedelta(seconds=limit.gap.seconds) for each in ends)
    for anchor in bounds:
        if anchor is not None:
            yield episode.instant(anchor)
            yield episode.opens(anchor)
