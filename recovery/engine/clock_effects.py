"""The effects of facts about the clock: that it was set, and that one far ahead has been put right. See `witness`.

They are apart because hardly any journal has such a fact, and `recovery status` may not cost more for them.

A clock that was set takes with it what began under it: that stands on the clock as it now is. What one far ahead wrote
lies in the future: it is not told again, and must not keep the person waiting until that future comes. From the fact
on that it is right again, all of it counts as having happened then.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from recovery.engine import facts as f
from recovery.engine.episode import ClockSeen, Episode, Session, Track
from recovery.engine.facts import ClockRead, Fact, Occurrence
from recovery.engine.witness import JUMP
from recovery.values import Value, replace

_JUMPS = 31
"""So many of the latest jumps are kept: more than one sees in a day, and what is older has long passed."""


def clock_seen(episode: Episode, fact: Fact, read: ClockRead) -> Episode:
    """The episode after a fact that says where the clocks stood, and by how much one was set."""
    before, set_by, since = episode.clock, read.set_by, read.since
    is_same = before is not None and before.boot == read.boot
    ahead, jumps = (before.ahead, before.jumps) if is_same and before is not None else (timedelta(0), ())
    behind, behind_since = _behind(before, fact.at, read)
    is_put_right = is_same and before is not None and before.behind is not None
    if not since and not is_put_right and (is_same or not _was_behind(episode, fact.at - set_by)):
        ahead += set_by
        # What began while it was further ahead is moved back with it.
        jumps = tuple(jump for jump in jumps[-_JUMPS:] if jump[1] <= ahead)
        jumps += ((fact.at, ahead),) if set_by > timedelta(0) else ()
    doubted_since, is_ahead, is_off = None, False, read.is_off
    if read.says is not None:
        doubted_since = (before.doubted_since if before is not None else None) or fact.at
        is_ahead = read.says > fact.at
    seen = ClockSeen(
        read.boot,
        read.steady,
        fact.at,
        set_by=set_by,
        ahead=ahead,
        jumps=jumps,
        behind=behind,
        behind_since=behind_since,
        doubted_since=doubted_since,
        is_ahead=is_ahead,
        is_off=is_off,
        seq=fact.seq,
    )
    episode = replace(episode, clock=seen)
    if is_off or is_ahead:
        # By one of the clocks it is over, or nobody knows for how long the machine was off: what was on ends now.
        ledger = tuple(t if t.ended_at else _over(t, fact.at, is_off=is_off) for t in episode.ledger)
        return replace(episode, ledger=ledger)
    if not set_by:
        return episode
    if is_put_right and before is not None and set_by > timedelta(0):
        since = before.behind_since
    until = fact.at if since else fact.at - set_by + JUMP
    then = _Frame(fact.at, set_by, since or _start_of_the_machine(fact.at, read), until)
    over = [
        at for at, ahead in (before.jumps if is_same and before is not None else ()) if ahead > seen.ahead
    ]
    if over:
        episode = _no_longer_ahead(episode, then, min(over))
    ledger = tuple(_session_seen(t, then) for t in episode.ledger)
    ends = {t.occurrence: t.off_at for t in ledger}
    return replace(
        episode,
        ledger=ledger,
        tracks={name: _track_seen(track, then, ends) for name, track in episode.tracks.items()},
        shown_cues={
            name: replace(shown, at=then.moved(shown.at)) for name, shown in episode.shown_cues.items()
        },
    )


def _behind(
    before: ClockSeen | None, at: datetime, read: ClockRead
) -> tuple[datetime | None, datetime | None]:
    """Up to when the record goes that the clock is behind, and since when it is."""
    already = before.behind_since if before is not None and before.behind is not None else None
    since = min(already, at) if already is not None else at
    if read.behind is not None:
        return read.behind, since
    if before is not None and before.behind is not None and at < before.behind:
        return before.behind, since
    return None, None


def _was_behind(episode: Episode, was: datetime) -> bool:
    """Tell if a clock of which nothing was seen yet was behind what is written: then it was put right."""
    return episode.written_at is not None and was < episode.written_at - JUMP


def _start_of_the_machine(at: datetime, read: ClockRead) -> datetime | None:
    """Compute the start of the machine by the clock before it was set back; None where it was set forward.

    What was written before that start was written by a clock that nobody can compare: it never moves back.
    """
    if read.set_by > timedelta(0):
        return None
    return at - read.set_by - timedelta(milliseconds=read.steady)


class _Frame(Value):
    """The clock after it was set: instants from `since` to `until` are moved with it, never past the moment itself."""

    at: datetime
    set_by: timedelta
    since: datetime | None
    until: datetime

    def moved(self, instant: datetime) -> datetime:
        if (self.since is not None and instant < self.since) or instant > self.until:
            return instant
        return min(instant + self.set_by, max(self.at, instant))


def _session_seen(session: Session, then: _Frame) -> Session:
    """A session on the clock as it stands now: as long ago as the steady clock tells, or longer."""
    began_at = then.moved(session.began_at)
    if session.ended_at is None:
        is_moved = began_at != session.began_at
        set_by = session.set_by + then.set_by if is_moved else session.set_by
        return replace(session, began_at=began_at, set_by=set_by)
    off_at = session.off_at and then.moved(session.off_at)
    # Said to be off under a clock that was behind it has an end that is only assumed: the real one counts now.
    ended_at = max(began_at, then.moved(session.ended_at), off_at or began_at)
    return replace(session, began_at=began_at, ended_at=ended_at, off_at=off_at)


def _track_seen(track: Track, then: _Frame, ends: Mapping[Occurrence, datetime | None]) -> Track:
    if track.counts_from is None:
        return track
    counts_from = then.moved(track.counts_from)
    return replace(track, counts_from=max(counts_from, ends.get(track.occurrence) or counts_from))


def _over(session: Session, at: datetime, *, is_off: bool) -> Session:
    left = session.began_at + session.planned - at
    is_lost = session.is_lost or is_off
    return replace(session, set_by=max(session.set_by, left), is_lost=is_lost)


def _no_longer_ahead(episode: Episode, then: _Frame, since: datetime) -> Episode:
    """The episode with what began while the clock was ahead, and lies in the future now, when it really began."""

    def moved(instant: datetime) -> datetime:
        return instant + then.set_by if instant >= since and instant > then.at else instant

    stay = episode.phase_stay
    stepped_at = stay.stepped_at and moved(stay.stepped_at)
    return replace(
        episode,
        onset=moved(episode.onset),
        started_at=moved(episode.started_at),
        resumed_at=episode.resumed_at and moved(episode.resumed_at),
        phase_stay=replace(stay, entered_at=moved(stay.entered_at), stepped_at=stepped_at),
    )


# Put right -----------------------------------------------------------------------------------------

AHEAD = timedelta(hours=27)
"""A clock that was further ahead than this was wrong: farther apart no two places on earth are by theirs."""


def correct(episode: Episode, now: datetime, recent: Sequence[Fact], by: str = "engine") -> Fact:
    """The fact that the clock was ahead until now: for who knows that, or it would move the true past.

    `recent` are the episode's facts of the last days and all later ones.
    """
    ahead = max(timedelta(0), max(_instants(episode)) - now)
    # The names of these days, which are long past for a clock that is ahead: none is given twice.
    taken: dict[str, int] = {}
    for fact in recent:
        if isinstance(fact.what, f.OfOccurrence) and fact.at <= now:
            occurrence = fact.what.occurrence
            taken[occurrence.series] = max(occurrence.ordinal, taken.get(occurrence.series, 0))
    return Fact(episode.id, now, f.ClockRighted(ahead=ahead, names=taken), by)


def _instants(episode: Episode) -> Iterator[datetime]:
    """List the instants at which things have happened in an episode."""
    yield episode.phase_stay.entered_at
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
        episode.phase_stay,
        entered_at=min(episode.phase_stay.entered_at, at),
        stepped_at=_by(episode.phase_stay.stepped_at, at),
    )
    ledger = tuple(
        replace(session, began_at=min(session.began_at, at), ended_at=_by(session.ended_at, at))
        for session in episode.ledger
    )
    answers = {
        name: tuple(
            replace(answer, at=min(answer.at, at), said_at=_by(answer.said_at, at)) for answer in given
        )
        for name, given in episode.answers.items()
    }
    return replace(
        episode,
        onset=min(episode.onset, at),
        started_at=min(episode.started_at, at),
        phase_stay=stay,
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
