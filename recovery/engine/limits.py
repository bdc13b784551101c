"""The ledger of limits: what no phase, snooze, catch-up or command gets round.

A person has one session at a time, on whatever part of the body. All other limits span the episodes on the same
part of it. `blocked_by` answers for one moment, `earliest_allowed` for the earliest moment at which a session may
begin, `block_without_end` for what is no session; `excluded` says which protocol must not run beside which.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from operator import attrgetter

from recovery.engine.episode import MOMENT, Episode, Session, naming_option
from recovery.engine.facts import LONGEST_ON
from recovery.engine.gates import Truth, condition_moments, emergency_stands, flag_stands, truth
from recovery.engine.questions import forbidden, open_questions
from recovery.engine.reasons import (
    ByLimit,
    FloorOfTheLanguage,
    GapNotOver,
    GivesWay,
    LongerInAll,
    LongerThan,
    Never,
    NotBefore,
    NotInThisPhase,
    NotKnownWhether,
    NotLaterThan,
    NotWithinWakingHours,
    OfEpisode,
    OnlyAsSession,
    OnlyWhen,
    Remark,
    ScreeningOpen,
    SessionUnderWay,
    Statement,
    Text,
    TooManyToday,
)
from recovery.engine.sides import is_same_place
from recovery.protocol.model import (
    Hold,
    Limit,
    RecoveryProtocol,
    Reminder,
    Step,
    modalities,
)
from recovery.protocol.terms import NOT_MEANWHILE, ON_THE_SKIN, Condition, Duration, Range
from recovery.values import Value, replace

_NO_TIME = Range(Duration(), Duration())
"""The length of a reminder."""
_ALL_DAY = Range(Duration(), Duration(seconds=24 * 3600))
"""The length of a hold: until it has to come off."""


WORTH_COUNTING = timedelta(hours=1)
"""Of what was on for longer than this past its end only the instant is told at which it should have been off."""


class Block(Value):
    """The reason that keeps a session from beginning, and its end (None: something other than time ends it)."""

    reason: Statement
    until: datetime | None
    limit: str = ""
    """The limit's id; empty where a session under way or the night is in the way."""


class Excluded(Value):
    """The episode that keeps a protocol from beginning, and the reason."""

    by: Episode
    reason: str
    """In the words of a protocol file; empty where the two have a part in common."""


def assuming_planned_ends(episode: Episode, now: datetime) -> Episode:
    """The episode as it will be if the sessions under way end when planned: for asking about later moments."""
    ledger = tuple(
        replace(t, ended_at=max(t.ends_at, now)) if t.ended_at is None else t for t in episode.ledger
    )
    return replace(episode, ledger=ledger)


def blocked_by(
    episode: Episode, step: Step, now: datetime, others: Sequence[Episode] = (), ignoring: str = ""
) -> Block | None:
    """Find what forbids a session of `step` to begin at `now`; of several the block that lasts longest.

    `others` are the person's other episodes. `ignoring` is an occurrence that does not count, because it is
    the one to begin (again).
    """
    return longest(_blocks(episode, step, now, others, ignoring))


def blocked_test(episode: Episode, now: datetime, others: Sequence[Episode] = ()) -> Block | None:
    """Find what forbids at `now` to test what each side can do: limits bind it as they bind exercises."""
    return blocked_by(episode, Step("exercise", _NO_TIME, "", ""), now, others)


def longest(blocks: Iterable[Block]) -> Block | None:
    """The one that lasts longest; without an end before all that have one."""
    in_the_way = [*blocks]
    forever = [blocked for blocked in in_the_way if blocked.until is None]
    return forever[0] if forever else max(in_the_way, key=attrgetter("until"), default=None)


def earliest_allowed(
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
    episode, others = (
        assuming_planned_ends(episode, now),
        [assuming_planned_ends(other, now) for other in others],
    )
    for _ in range(32):
        blocked = blocked_by(episode, step, moment, others, ignoring)
        if blocked is None:
            return moment
        if blocked.until is None:
            return None
        moment = blocked.until
    return None


def may_go_on(episode: Episode, on: Session, now: datetime, others: Sequence[Episode] = ()) -> bool:
    """Tell if a session that is on may stay on at `now`, by what was said since it began.

    What is not known any more takes nothing off, and neither do the limits of a phase that has begun since.
    """
    activity = episode.treatment_of(on)
    if on.phase != episode.phase.id:
        episode = replace(
            episode, phase_stay=replace(episode.phase_stay, phase=episode.pinned.phase(on.phase))
        )
    if on.modality in forbidden(episode) or stopped_by(episode, (on.modality,), others) is not None:
        return False
    if activity.only_if is not None and truth(activity.only_if, episode, now) is Truth.NO:
        return False
    if activity.until is not None and on.began_at + on.planned > episode.instant(activity.until):
        return False
    step = activity.steps[on.step]
    return not any(_limited(episode, step, on.began_at, others, on.occurrence, goes_on_at=now))


def _blocks(
    episode: Episode, step: Step, now: datetime, others: Sequence[Episode], ignoring: str
) -> Iterator[Block]:
    stopped = stopped_by(episode, (step.modality,), others)
    if stopped is not None:
        yield stopped
    yield from _on_now(episode, now, others, ignoring)
    yield from _limited(episode, step, now, others, ignoring)
    fits = episode.place.fit(now, timedelta(seconds=step.shortest.seconds))
    if fits > now:
        bedtime = episode.place.local(episode.place.window(episode.place.evening(now))[1]).time()
        yield Block(NotWithinWakingHours(episode.place.wake, bedtime), fits)


def _limited(
    episode: Episode,
    step: Step,
    now: datetime,
    others: Sequence[Episode],
    ignoring: str,
    goes_on_at: datetime | None = None,
) -> Iterator[Block]:
    """Ask the limits: the episode's own, and those of the others on the same part of the body.

    `goes_on_at` is for a session that began at `now` and is on then.
    """
    planned = timedelta(seconds=step.duration.least.seconds)
    region = [
        e for e in (episode, *others) if e is episode or is_same_place(e.tailored.region, e.side, episode)
    ]
    ledger = [t for e in region for t in e.ledger if t.occurrence != ignoring and not t.is_disowned]
    for limit in episode.tailored.all_limits:
        binds = step.modality in limit.of or (limit.gap is not None and step.modality in limit.to)
        if binds and (not limit.during or episode.phase.id in limit.during):
            yield from _own(episode, limit, step, now, planned, ledger, goes_on_at)
            if limit.yields_to and step.modality in limit.of:
                yield from _yielding(episode, limit, step.modality, now, others)
    for other in region:
        if other is episode:
            continue
        for limit in other.tailored.all_limits:
            if limit.during and (other.is_over or other.phase.id not in limit.during):
                continue
            if other.is_over:
                yield from _shared(episode, limit, step, now, ledger)
            else:
                for block in _own(other, limit, step, now, planned, ledger, goes_on_at):
                    yield replace(block, reason=OfEpisode(block.reason, other.id))


def block_without_end(
    episode: Episode, activity: Reminder | Hold, now: datetime, others: Sequence[Episode] = ()
) -> Block | None:
    """Find what forbids a reminder or a hold at `now`.

    The limits bind it as they bind a session. It is over at nobody's word and counted nowhere, so what goes on the
    skin, is kept on for longer than a limit allows, or has a number a day, is told as a session or not at all.
    """
    return longest(_without_end(episode, activity, now, others))


def _without_end(
    episode: Episode, activity: Reminder | Hold, now: datetime, others: Sequence[Episode]
) -> Iterator[Block]:
    modality, length = activity.modality, _ALL_DAY if isinstance(activity, Hold) else _NO_TIME
    stopped = stopped_by(episode, (modality,), others)
    if stopped is not None:
        yield stopped
    if isinstance(activity, Reminder) and modality in NOT_MEANWHILE:
        yield from _on_now(episode, now, others, "")
    yield from _limited(episode, Step(modality, length, "", ""), now, others, "")
    if modality in ON_THE_SKIN:
        yield Block(OnlyAsSession(modality), None)


def _on_now(episode: Episode, now: datetime, others: Sequence[Episode], ignoring: str) -> Iterator[Block]:
    """The sessions under way, on whatever part of the body and on either side: a person has one at a time."""
    for owner in (episode, *others):
        for session in owner.ledger:
            is_over = session.ended_at is not None and session.ended_at <= now
            if is_over or session.is_disowned or session.occurrence == ignoring:
                continue
            until = max(session.ended_at or session.ends_at, now + timedelta(seconds=1))
            yield Block(SessionUnderWay(owner.title_of(session), until), until)


def stopped_by(episode: Episode, of: Iterable[str], others: Sequence[Episode] = ()) -> Block | None:
    """Find what stops any of these modalities, sessions or not: a red flag that stands, an open screening question.

    A red flag stops them in every episode about the same part of the body, and one that waits for a release does so
    past the end of its own. An emergency stops all that there is to tell or ask, in all of them.
    """
    wanted = {*of}
    if emergency := emergency_stands(episode, others):
        return Block(emergency, None)
    for owner in (episode, *others):
        is_near = owner is episode or is_same_place(owner.tailored.region, owner.side, episode)
        is_over = owner is not episode and owner.is_over
        for alert in owner.waiting if is_over else owner.alerts.values():
            if wanted & {*alert.suspends} and is_near:
                besides = [e for e in (episode, *others) if e is not owner]
                return Block(flag_stands(owner, alert, besides), None)
    for question in open_questions(episode):
        # Before it is known whether the protocol is for this person, they are asked and told nothing of it.
        if question.refuses or wanted & {*question.forbids}:
            command = f"recovery screen{naming_option(episode, others)}"
            return Block(ScreeningOpen(episode.text(question.ask), command), None)
    return None


def excluded(
    protocol: RecoveryProtocol, side: str | None, options: Mapping[str, str], running: Sequence[Episode]
) -> Excluded | None:
    """Find what is in the way of beginning a protocol beside the episodes that run; None: nothing.

    There is one acute protocol an injury.
    """
    mine = {protocol.id, *protocol.uses}
    for episode in running:
        other = episode.pinned
        theirs = {other.id, *other.uses}
        if episode.is_over or not is_same_place(protocol.region, side, episode):
            continue
        if other.id == protocol.id and _places(protocol, options) != _places(protocol, episode.options):
            continue  # another muscle, for instance
        reasons = [each.say for each in protocol.excludes if each.id in theirs]
        reasons += [each.say for each in other.excludes if each.id in mine]
        if mine & theirs or reasons:
            return Excluded(episode, next(iter(reasons), ""))
    return None


def _places(protocol: RecoveryProtocol, options: Mapping[str, str]) -> dict[str, str]:
    """The options that tell a place from another one; what is yes or no tells of the person."""
    plain = {option.id for option in protocol.options.values() if {*option.choices} == {"yes", "no"}}
    return {name: word for name, word in options.items() if name not in plain}


def _own(
    episode: Episode,
    limit: Limit,
    step: Step,
    now: datetime,
    planned: timedelta,
    ledger: Sequence[Session],
    goes_on_at: datetime | None,
) -> Iterator[Block]:
    """Find the blocks that a limit of the episode's own protocol sets."""
    yield from _shared(episode, limit, step, now, ledger)
    if step.modality not in limit.of:
        return
    if limit.never:
        never = NotInThisPhase(step.modality) if limit.during else Never(step.modality)
        yield _by(limit, never, None)
    if limit.not_before is not None:
        opens = episode.opens(limit.not_before)
        if now < opens:
            yield _by(limit, NotBefore(step.modality, limit.not_before), opens)
    if limit.not_after is not None and now + (planned or MOMENT) > episode.instant(limit.not_after):
        yield _by(limit, NotLaterThan(step.modality, limit.not_after), None)
    if limit.needs is not None:
        state = truth(limit.needs, episode, goes_on_at or now)
        if state is Truth.NO or (state is Truth.UNKNOWN and goes_on_at is None):
            yield _by(limit, only_when(limit.needs, state), None)


def _yielding(
    episode: Episode, limit: Limit, modality: str, now: datetime, others: Sequence[Episode]
) -> Iterator[Block]:
    """Find what another protocol tells of and this one gives way to.

    The side does not count: nobody lies down with one side only.
    """
    for other in others:
        if other.is_over or other.tailored.region != episode.tailored.region:
            continue
        for activity in other.phase.activities:
            is_over = activity.until is not None and other.instant(activity.until) <= now
            if not is_over and modalities(activity) & {*limit.yields_to}:
                gives_way = _by(limit, GivesWay(modality, activity.title), None)
                yield replace(gives_way, reason=OfEpisode(gives_way.reason, other.id))


def resting(episode: Episode, now: datetime, others: Sequence[Episode]) -> tuple[Text, ...]:
    """Give the reasons why something of the phase rests for another protocol's sake, each once."""
    reasons: dict[Text, None] = {}
    for limit in episode.tailored.limits:
        if limit.yields_to and (not limit.during or episode.phase.id in limit.during):
            for modality in sorted(episode.phase.modalities & {*limit.of}):
                blocks = _yielding(episode, limit, modality, now, others)
                reasons |= {blocked.reason: None for blocked in blocks}
    return tuple(reasons)


def moments_of_limits(episode: Episode, modality: str, others: Sequence[Episode] = ()) -> Iterator[datetime]:
    """The instants at which time alone may change what the limits forbid, but for the ends of blocks that have one."""
    for owner in (episode, *(other for other in others if not other.is_over)):
        for limit in owner.tailored.all_limits:
            if modality in limit.of:
                yield from condition_moments(limit.needs, owner)
                if limit.not_after is not None:
                    yield owner.instant(limit.not_after)
                if limit.yields_to and owner is episode:
                    ends = ((each, a.until) for each in others for a in each.phase.activities)
                    yield from (each.instant(until) for each, until in ends if until is not None)


def only_when(condition: Condition, truth: Truth) -> OnlyWhen | NotKnownWhether:
    """Give the reason why a condition that is false, or of unknown truth, is in the way."""
    return NotKnownWhether(condition) if truth is Truth.UNKNOWN else OnlyWhen(condition)


def _by(limit: Limit, reason: Statement, until: datetime | None) -> Block:
    """Build the block that a limit sets, with the limit's own word or source."""
    because = FloorOfTheLanguage(limit.floor) if limit.floor else limit.say
    return Block(ByLimit(reason, because) if because else reason, until, limit.id)


def _shared(
    episode: Episode, limit: Limit, step: Step, now: datetime, ledger: Sequence[Session]
) -> Iterator[Block]:
    """Find the blocks that a limit sets wherever it comes from: lengths, gaps and daily counts span all episodes."""
    if limit.gap is not None and step.modality in limit.to:
        ends = [t.ended_at for t in ledger if t.modality in limit.of and t.ended_at is not None]
        if ends:
            opens = max(ends) + timedelta(seconds=limit.gap.seconds)
            if now < opens:
                yield _by(limit, GapNotOver(limit.gap, max(ends)), opens)
    if step.modality not in limit.of:
        return
    has_no_end = not step.duration.least.seconds
    is_kept_longer = limit.longest is not None and step.duration.most.seconds > limit.longest.seconds
    if has_no_end and (is_kept_longer or limit.most_per_day is not None):
        yield _by(limit, OnlyAsSession(step.modality), None)
    if limit.longest is not None and step.duration.least.seconds > limit.longest.seconds:
        yield _by(limit, LongerThan(step.duration.least, limit.longest), None)
    yield from _counted(episode, limit, step, now, ledger)


class _Run(Value):
    """Sessions that count as one: each alone, or those `together` that follow one another so soon."""

    began_at: datetime
    ended_at: datetime
    length: timedelta
    """Without the waits. A minute too long is as planned: nobody takes a pack off to the second."""


def _runs(limit: Limit, ledger: Iterable[Session]) -> list[_Run]:
    """The sessions that a limit counts, the earliest first."""
    runs: list[_Run] = []
    for each in sorted((t for t in ledger if t.modality in limit.of), key=lambda t: t.began_at):
        ended_at = each.ended_at or each.ends_at
        length = ended_at - each.began_at
        if length <= each.planned + timedelta(minutes=1):
            length = min(length, each.planned)
        if runs and _joins(limit, runs[-1], each.began_at):
            length += runs[-1].length
            runs[-1] = _Run(runs[-1].began_at, max(ended_at, runs[-1].ended_at), length)
        else:
            runs.append(_Run(each.began_at, ended_at, length))
    return runs


def _joins(limit: Limit, run: _Run, begins_at: datetime) -> bool:
    """Tell if what begins at an instant counts as one with a run."""
    return limit.together is not None and begins_at < run.ended_at + timedelta(seconds=limit.together.seconds)


def _counted(
    episode: Episode, limit: Limit, step: Step, now: datetime, ledger: Sequence[Session]
) -> Iterator[Block]:
    """Find the blocks that a limit sets by past sessions: their length in all, and their number on a day."""
    if limit.most_per_day is None and limit.together is None:
        return
    runs = _runs(limit, ledger)
    if runs and _joins(limit, runs[-1], now):
        assert limit.together is not None
        length = runs[-1].length + timedelta(seconds=step.duration.least.seconds)
        if limit.longest is not None and length > timedelta(seconds=limit.longest.seconds):
            opens = runs[-1].ended_at + timedelta(seconds=limit.together.seconds)
            yield _by(limit, LongerInAll(length, limit.together, limit.longest), opens)
        return
    if limit.most_per_day is None:
        return
    day = episode.place.waking_day(now)
    begin, _ = episode.place.window(day)
    if sum(run.began_at >= begin for run in runs) >= limit.most_per_day:
        opens = episode.place.window(episode.place.day_after(day))[0]
        yield _by(limit, TooManyToday(step.modality, limit.most_per_day), opens)


def overrun(session: Session, now: datetime) -> timedelta:
    """By how much a session has outlasted its planned length at `now` for certain; never negative."""
    return max(timedelta(0), now - session.began_at - session.planned)


def overrun_remarks(session: Session, length: timedelta) -> tuple[Remark, ...]:
    """Tell the overrun; nothing where nobody would notice (under a minute).

    Of a session that nobody said was begun, nobody can say that it has been on.
    """
    if length < timedelta(minutes=1):
        return ()
    if length > LONGEST_ON:
        return (Remark("on-unknown"),)
    if length > WORTH_COUNTING:
        off = session.ends_at
        return (
            Remark("perhaps-off-since", when=off) if session.is_assumed else Remark("off-since", when=off),
        )
    return (
        Remark("on-perhaps", length=length) if session.is_assumed else Remark("on-too-long", length=length),
    )
