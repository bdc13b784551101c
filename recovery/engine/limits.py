"""The ledger of limits: what no phase, snooze, catch-up or command gets round.

Limits span all episodes of a person on the same part of the body. `block` answers for one moment, `permit`
for the earliest moment at which a session may begin.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from recovery.engine.episode import Episode, Treatment
from recovery.engine.gates import Truth, truth
from recovery.engine.times import DAY, spell, spell_when
from recovery.protocol.model import Limit, Step
from recovery.values import Value, replace


class Block(Value):
    """Why a session may not begin, and until when (None: until something other than time changes it)."""

    reason: str
    until: datetime | None
    limit: str = ""
    """The limit's id; empty where a session under way or the night is in the way."""


def foreseen(episode: Episode, now: datetime) -> Episode:
    """The episode as it will be if the sessions under way end when planned: for asking about later moments."""
    ledger = tuple(
        replace(t, ended_at=max(t.ends_at, now)) if t.ended_at is None else t for t in episode.ledger
    )
    return replace(episode, ledger=ledger)


def block(
    episode: Episode, step: Step, now: datetime, others: Sequence[Episode] = (), ignoring: str = ""
) -> Block | None:
    """What forbids a session of `step` to begin at `now`; of several the one that lasts longest.

    `others` are the person's other episodes. `ignoring` is an occurrence that does not count, because it is
    the one to begin (again).
    """
    return longest(_blocks(episode, step, now, others, ignoring))


def longest(blocks: Iterable[Block]) -> Block | None:
    """The one that lasts longest; without an end before all that have one."""
    found = [*blocks]
    forever = [blocked for blocked in found if blocked.until is None]
    return forever[0] if forever else max(found, key=_until, default=None)


def _until(blocked: Block) -> datetime:
    assert blocked.until is not None
    return blocked.until


def permit(
    episode: Episode,
    step: Step,
    now: datetime,
    others: Sequence[Episode] = (),
    ignoring: str = "",
    start: datetime | None = None,
) -> datetime | None:
    """The earliest time from `now` on at which a session may begin, as far as is known; None: not known.

    `start` is when to begin looking, where it is known to be blocked until then for other reasons.
    """
    moment = start or now
    episode, others = foreseen(episode, now), [foreseen(other, now) for other in others]
    for _ in range(32):
        blocked = block(episode, step, moment, others, ignoring)
        if blocked is None:
            return moment
        if blocked.until is None:
            return None
        moment = blocked.until
    return None


def _blocks(
    episode: Episode, step: Step, now: datetime, others: Sequence[Episode], ignoring: str
) -> Iterator[Block]:
    planned = timedelta(seconds=step.duration.least.seconds)
    region = [e for e in (episode, *others) if e is episode or _same_place(e, episode)]
    entries = [(e, t) for e in region for t in e.ledger if t.occurrence != ignoring]
    ledger = [treatment for _, treatment in entries]
    for known, treatment in entries:
        if treatment.ended_at is None or treatment.ended_at > now:
            until = max(treatment.ended_at or treatment.ends_at, now + timedelta(seconds=1))
            when = spell_when(episode.place, until, now)
            yield Block(f"{known.title_of(treatment)} is on until {when}", until)
    for limit in episode.protocol.limits:
        binds = step.modality in limit.of or (limit.gap is not None and step.modality in limit.to)
        if binds and (not limit.during or episode.phase.id in limit.during):
            yield from _own(episode, limit, step, now, planned, ledger)
    for other in region:
        if other is not episode:
            for limit in other.protocol.limits:
                if not limit.during and limit not in episode.protocol.limits:
                    yield from _shared(episode, limit, step, now, ledger)
    fits = episode.place.fit(now, planned)
    if fits > now:
        yield Block(f"it would not end within the waking hours ({_hours(episode)})", fits)


def _same_place(one: Episode, other: Episode) -> bool:
    """Whether two episodes are about the same part of the body. An unknown side is every side."""
    return one.protocol.region == other.protocol.region and (
        one.side is None or other.side is None or one.side == other.side
    )


def _hours(episode: Episode) -> str:
    return f"{episode.place.wake:%H:%M} to {episode.place.bedtime:%H:%M}"


def _own(
    episode: Episode, limit: Limit, step: Step, now: datetime, planned: timedelta, ledger: Sequence[Treatment]
) -> Iterator[Block]:
    """What a limit of the episode's own protocol says."""
    yield from _shared(episode, limit, step, now, ledger)
    if step.modality not in limit.of:
        return
    why = f": {limit.say}" if limit.say else ""
    if limit.never:
        where = " in this phase" if limit.during else ""
        yield Block(f"no {step.modality}{where}{why}", None, limit.id)
    if limit.not_before is not None:
        opens = episode.instant(limit.not_before)
        if now < opens:
            yield Block(f"no {step.modality} before {limit.not_before}{why}", opens, limit.id)
    if limit.not_after is not None and now + planned > episode.instant(limit.not_after):
        yield Block(f"no {step.modality} after {limit.not_after}{why}", None, limit.id)
    if limit.needs is not None:
        known = truth(limit.needs, episode, now)
        if known is not Truth.YES:
            words = "it is not known whether" if known is Truth.UNKNOWN else "only when"
            yield Block(f"{words} {limit.needs}{why}", None, limit.id)


def _shared(
    episode: Episode, limit: Limit, step: Step, now: datetime, ledger: Sequence[Treatment]
) -> Iterator[Block]:
    """What a limit says wherever it comes from: lengths, gaps and daily counts span all episodes."""
    why = f": {limit.say}" if limit.say else ""
    if limit.gap is not None and step.modality in limit.to:
        ends = [t.ended_at for t in ledger if t.modality in limit.of and t.ended_at is not None]
        if ends:
            opens = max(ends) + timedelta(seconds=limit.gap.seconds)
            if now < opens:
                last = spell_when(episode.place, max(ends), now)
                yield Block(f"{limit.gap} after the last session, which ended {last}{why}", opens, limit.id)
    if step.modality not in limit.of:
        return
    if limit.longest is not None and step.duration.least.seconds > limit.longest.seconds:
        yield Block(f"{step.duration.least} is longer than {limit.longest}{why}", None, limit.id)
    if limit.most_per_day is not None:
        day = episode.place.waking_day(now)
        begin, _ = episode.place.window(day)
        today = [t for t in ledger if t.modality in limit.of and t.began_at >= begin]
        if len(today) >= limit.most_per_day:
            opens = episode.place.window(next(iter(episode.place.days_from(day + DAY))))[0]
            times = f"{limit.most_per_day} {'time' if limit.most_per_day == 1 else 'times'} a day"
            yield Block(f"{step.modality} at most {times}{why}", opens, limit.id)


def overrun(treatment: Treatment, now: datetime) -> timedelta:
    """By how much a session has outlasted its planned length at `now`; never negative."""
    return max(timedelta(0), now - treatment.ends_at)


def overrun_words(treatment: Treatment, length: timedelta) -> str:
    """The overrun as it is told, empty where nobody would notice (under a minute).

    Of a session that nobody said was begun, nobody can say that it has been on.
    """
    if length < timedelta(minutes=1):
        return ""
    if treatment.is_assumed:
        return f" If it is on: that is {spell(length)} too long."
    return f" It has been on for {spell(length)} too long."
