"""A clock that was far ahead has been put right.

What was written down by it lies in the future: told then it is not told again, but it must not keep the person waiting
until that future comes either. From the moment of this fact on all of it counts as having happened then.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from recovery.engine import facts as f
from recovery.engine.episode import Episode, Track
from recovery.engine.facts import Fact
from recovery.values import replace

AHEAD = timedelta(hours=27)
"""A clock that was further ahead than this was wrong: farther apart no two places on earth are by theirs."""


def correct(episode: Episode, now: datetime, known: Sequence[Fact], by: str = "engine") -> Fact:
    """The fact that the clock was ahead until now: for who knows that, or it would move the true past.

    `known` are the episode's facts of the last days and all later ones.
    """
    ahead = max(timedelta(0), max(_instants(episode)) - now)
    # The names of these days, which are long past for a clock that is ahead: none is given twice.
    taken: dict[str, int] = {}
    for fact in known:
        if isinstance(fact.what, f.OfOccurrence) and fact.at <= now:
            occurrence = fact.what.occurrence
            taken[occurrence.series] = max(occurrence.ordinal, taken.get(occurrence.series, 0))
    return Fact(episode.id, now, f.ClockRighted(ahead=ahead, names=taken), by)


def _instants(episode: Episode) -> Iterator[datetime]:
    """List the instants at which things have happened in an episode."""
    yield episode.stay.entered_at
    for track in episode.tracks.values():
        for instant in (track.last_due, track.counts_from, track.withheld_at):
            if instant is not None:
                yield instant
    for session in episode.ledger:
        yield session.ended_at or session.began_at
    for given in episode.answers.values():
        yield given[-1].at


def corrected(episode: Episode, fact: Fact, righted: f.ClockRighted) -> Episode:
    """The episode after such a fact."""
    at = fact.at
    stay = replace(
        episode.stay,
        entered_at=min(episode.stay.entered_at, at),
        stepped_at=_by(episode.stay.stepped_at, at),
    )
    ledger = tuple(
        replace(one, began_at=min(one.began_at, at), ended_at=_by(one.ended_at, at)) for one in episode.ledger
    )
    answers = {
        name: tuple(replace(one, at=min(one.at, at), said_at=_by(one.said_at, at)) for one in given)
        for name, given in episode.answers.items()
    }
    return replace(
        episode,
        onset=min(episode.onset, at),
        started_at=min(episode.started_at, at),
        stay=stay,
        ledger=ledger,
        answers=answers,
        # What was raised by the clock alone is raised anew, should it be true.
        alerts={
            name: replace(alert, at=min(alert.at, at))
            for name, alert in episode.alerts.items()
            if alert.at <= at or alert.is_said
        },
        names={**episode.names, **righted.names},
        resumed_at=_by(episode.resumed_at, at),
        tracks={name: _track(track, at) for name, track in episode.tracks.items()},
    )


def _track(track: Track, at: datetime) -> Track:
    is_far_off = track.snoozed_until is not None and track.snoozed_until > at + AHEAD
    return replace(
        track,
        last_due=_by(track.last_due, at),
        counts_from=_by(track.counts_from, at),
        withheld_at=_by(track.withheld_at, at),
        withheld_until=None,
        snoozed_until=None if is_far_off else track.snoozed_until,
        day=track.day if track.day is None else min(track.day, at.date()),
    )


def _by(instant: datetime | None, at: datetime) -> datetime | None:
    return None if instant is None else min(instant, at)
