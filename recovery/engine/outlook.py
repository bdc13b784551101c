"""The view of an episode for its person: where they are, why, and what comes next. Values only.

What comes next is not guessed: the engine itself runs on, on a virtual clock, as if nobody answered meanwhile.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

from recovery.engine import facts as f
from recovery.engine.advice import advice_now
from recovery.engine.cadence import dues
from recovery.engine.episode import PAUSED, Alert, Episode, Session, naming_option, open_signs, titled
from recovery.engine.gates import Need, condition_moments, deadline, gate_needs, healing_range, opens_at
from recovery.engine.limits import earliest_allowed, may_go_on, resting
from recovery.engine.offers import withheld_by
from recovery.engine.questions import Question, still_needed
from recovery.engine.reasons import Remark, Rhythm, Text
from recovery.engine.rehearsal import Rehearsal
from recovery.engine.sides import with_sides_of
from recovery.protocol.model import Activity, Advice, CheckIn, Phase, RedFlag, Timed, Treatment
from recovery.values import Value, replace

HORIZON = timedelta(days=8)
"""The span in which the next cues are looked for: longer than a week, the longest cadence."""


class UpcomingCue(Value):
    """A cue to come. A session's has its length."""

    at: datetime
    kind: str
    activity: str
    title: Text
    length: timedelta | None = None


class HealingOutlook(Value):
    earliest: datetime
    latest: datetime
    day: int


class Outlook(Value):
    """An episode at a moment."""

    episode: Episode
    now: datetime
    day: int
    """Day of the phase, from 1."""
    needs: tuple[Need, ...]
    opens_earliest: datetime | None
    deadline: datetime | None
    healing: HealingOutlook | None
    under_way: Session | None
    coming: tuple[UpcomingCue, ...]
    alerts: tuple[Alert, ...]
    questions: tuple[Question, ...] = ()
    """The open questions that something waits for."""
    is_allowed: bool = True
    """False where the session under way has to end by what was said since it began."""
    advised: tuple[str, ...] = ()
    """The verbs that go with what is on and with an offered phase, and are accepted now."""
    signs: tuple[RedFlag, ...] = ()
    """The signs that have come to be asked since the start, and that nobody has answered."""
    rests: tuple[Text, ...] = ()
    """The reasons why something of the phase rests: nobody answers, or another protocol needs it."""
    advice: tuple[Advice, ...] = ()
    """What of the phase's advice holds, the tip of the day first."""
    which: str = ""
    """The option that names the episode in a command, where the person has several."""


def outlook(
    episode: Episode,
    now: datetime,
    others: Sequence[Episode] = (),
    most: int = 3,
    *,
    is_clock_doubted: bool = False,
) -> Outlook:
    """Describe an episode at `now`, with up to `most` of the next cues."""
    episode = with_sides_of(others, episode)
    on = episode.under_way
    healing = None
    if episode.tailored.healing is not None:
        began = episode.origin(episode.tailored.healing.zero)
        healing = HealingOutlook(*healing_range(episode), _day(episode, began, now))
    levels = {"emergency": 0, "urgent": 1, "routine": 2}
    began = (
        episode.phase_stay.entered_at
        if episode.phase_stay.phase is None
        else episode.origin(episode.phase_stay.phase.zero)
    )
    return Outlook(
        episode,
        now,
        day=_day(episode, began, now),
        needs=() if episode.is_over else gate_needs(episode, now, others),
        opens_earliest=opens_at(episode),
        deadline=deadline(episode),
        healing=healing,
        under_way=on,
        is_allowed=on is None or may_go_on(episode, on, now, others),
        coming=tuple(islice(coming(episode, now, others), most)),
        alerts=tuple(sorted(episode.alerts.values(), key=lambda alert: (levels[alert.level], alert.at))),
        questions=still_needed(episode, now, others),
        signs=open_signs(episode, now, others),
        advised=_advised(episode, now, others, is_clock_doubted=is_clock_doubted),
        rests=() if episode.is_over else (*_silent(episode, others), *resting(episode, now, others)),
        advice=advice_now(episode, now),
        which=naming_option(episode, others),
    )


def _silent(episode: Episode, others: Sequence[Episode]) -> tuple[Remark, ...]:
    """Say that the reminders rest, and what wakes them; nothing where they come."""
    if episode.silence != f.RESTS:
        return ()
    since = max(each.heard_at for each in (episode, *others))
    return (Remark("resting-since", since=since, command=f"recovery resume{naming_option(episode, others)}"),)


def _advised(
    episode: Episode, now: datetime, others: Sequence[Episode], *, is_clock_doubted: bool
) -> tuple[str, ...]:
    """List the verbs that go with what is on, and with a phase that is offered, and that are accepted at `now`.

    The acts themselves are asked. Of a session that the person said to be on there is nothing to say while it may
    go on.
    """
    on = episode.under_way
    is_assumed = on is not None and on.is_assumed
    must_end = on is not None and not is_assumed and not may_go_on(episode, on, now, others)
    if not (is_assumed or must_end or episode.phase_stay.offered):
        return ()
    # Who has nothing on and nothing offered needs none of it.
    from recovery.engine.acts import Act, Advance, Begin, End, Skip
    from recovery.engine.judging import judge
    from recovery.engine.turn import Accepted

    acts: list[Act] = [Begin(), End(), Skip()] if is_assumed else [End()] if must_end else []
    acts += [Advance()] if episode.phase_stay.offered else []
    return tuple(
        act.verb
        for act in acts
        if not (is_clock_doubted and act.needs_right_clock)
        and isinstance(judge(episode, now, act, others), Accepted)
    )


def _day(episode: Episode, began: datetime, now: datetime) -> int:
    """The day of a span that began at `began`, from 1, by the calendar of the place."""
    days = (episode.place.local(now).date() - episode.place.local(began).date()).days
    return max(0, days) + 1  # by a clock that was set back it may not have begun yet


def coming(
    episode: Episode, now: datetime, others: Sequence[Episode] = (), until: datetime | None = None
) -> Iterator[UpcomingCue]:
    """The cues after `now` and before `until`, in order, if nobody answers meanwhile; ends are left out."""
    if episode.is_over or (episode.state == PAUSED and episode.paused_until is None):
        return
    for cue, _phase in _planned(episode, now, others, until or now + HORIZON):
        yield cue


def _planned(
    episode: Episode, now: datetime, others: Sequence[Episode], until: datetime
) -> Iterator[tuple[UpcomingCue, str]]:
    """The plan that all which names times to come reads: each cue, with the phase that it belongs to.

    The person's other episodes go on beside it, each in its turn as in the record: a session of one waits for another.
    """
    beside = [each for each in others if not (each.is_over or each.is_unreadable)]
    running = sorted((episode, *beside), key=lambda each: each.started_at)
    rest = [each for each in others if each.is_over or each.is_unreadable]
    run = Rehearsal(running[0], now, until, beside=running[1:], others=rest, confirms=False)
    for happening in run.happenings():
        fact = happening.fact
        if fact is None or fact.at <= now or fact.cue is None or isinstance(fact.what, f.Ended):
            continue
        if fact.episode != episode.id:
            continue
        cue, offered = fact.cue, fact.what if isinstance(fact.what, f.Offered) else None
        activity = offered.activity if offered else ""
        subject = happening.episode.activity(activity)
        title = (
            subject.title if subject is not None and cue.kind != "off" else cue.body if subject else cue.title
        )
        if isinstance(subject, Treatment) and offered is not None:
            title = titled(subject, offered.modality or "")
        length = offered.length if offered else None
        yield UpcomingCue(fact.at, cue.kind, activity, title, length), offered.phase if offered else ""


class PhaseRange(Value):
    """The earliest begin and end of a phase, and the time by which it usually has ended (None: open)."""

    phase: Phase
    begins_earliest: datetime
    ends_earliest: datetime
    ends_usually: datetime | None


def phase_ranges(episode: Episode) -> tuple[PhaseRange, ...]:
    """The phases of an episode laid on the calendar from its start, as ranges: gates decide, not dates."""
    ranges: list[PhaseRange] = []
    begins, latest = episode.started_at, episode.started_at
    following = [*episode.tailored.phases[1:], None]
    for phase, after in zip(episode.tailored.phases, following, strict=True):
        begins = max([begins, *condition_moments(phase.enter_when, episode)])
        latest = max(latest, begins)
        zeros = {
            "injury": (episode.onset,) * 2,
            "start": (episode.started_at,) * 2,
            "phase": (begins, latest),
        }
        first, last = zeros[phase.zero]
        ends = max(begins, episode.place.after(first, episode.tailored.length(phase.least, episode.grade)))
        if after is not None:
            ends = max([ends, *condition_moments(after.enter_when, episode)])
        usually = None
        if phase.most is not None:
            usually = max(ends, episode.place.after(last, episode.tailored.length(phase.most, episode.grade)))
        ranges.append(PhaseRange(phase, begins, ends, usually))
        begins, latest = ends, usually or ends
    return tuple(ranges)


# Why --------------------------------------------------------------------------------------------


class Explained(Value):
    """The reasons for the time of an activity, or for its absence."""

    activity: str
    title: str
    at: datetime | None
    """The next time if nobody does anything; None: nothing but an act or a new phase brings it."""
    reasons: tuple[Text, ...]
    sources: tuple[str, ...]


def explain_each(episode: Episode, now: datetime, others: Sequence[Episode] = ()) -> tuple[Explained, ...]:
    """For each timed activity of the phase: when it is next, by which rules, or what withholds it."""
    until = now + HORIZON
    timed = [activity for activity in episode.phase.activities if isinstance(activity, Timed)]
    planned = _first_of_each(episode, {activity.id for activity in timed}, now, others, until)

    def by_plan(explained: Explained) -> Explained:
        # What lies beyond the plan is nowhere else named: there the rules alone say when.
        beyond = explained.at if explained.at is not None and explained.at >= until else None
        return replace(explained, at=planned.get(explained.activity, beyond))

    explanations = [by_plan(_explain(episode, activity, now, others)) for activity in timed]
    never = datetime.max.replace(tzinfo=now.tzinfo)
    return tuple(sorted(explanations, key=lambda each: each.at or never))


def _first_of_each(
    episode: Episode, activities: set[str], now: datetime, others: Sequence[Episode], until: datetime
) -> dict[str, datetime]:
    """Find the first time of each activity of the current phase by the plan, which is played no further than that."""
    planned: dict[str, datetime] = {}
    if episode.is_over or (episode.state == PAUSED and episode.paused_until is None):
        return planned
    for cue, phase in _planned(episode, now, others, until):
        if phase == episode.phase.id and cue.activity in activities:
            planned.setdefault(cue.activity, cue.at)
            if len(planned) == len(activities):
                break
    return planned


def _explain(episode: Episode, activity: Timed, now: datetime, others: Sequence[Episode]) -> Explained:
    place, track = episode.place, episode.track(activity.id)
    reasons: list[Text] = [Rhythm(activity)]
    if episode.state == PAUSED:
        until = episode.paused_until
        paused = Remark("why-paused") if until is None else Remark("why-paused-until", until=until)
        return _explained(activity, None, [*reasons, paused])
    if silent := _silent(episode, others):
        return _explained(activity, None, [*reasons, *silent])
    if episode.phase_stay.phase is None and not isinstance(activity, CheckIn):
        return _explained(activity, None, [*reasons, Remark("why-not-begun")])
    on = next((t for t in episode.ledger if t.activity == activity.id and t.ended_at is None), None)
    if on is not None:
        is_on = (
            Remark("why-on-assumed", until=on.ends_at)
            if on.is_assumed
            else Remark("why-on", until=on.ends_at)
        )
        return _explained(activity, None, [*reasons, is_on])
    if track.snoozed_until is not None:
        return _explained(
            activity, track.snoozed_until, [*reasons, Remark("why-put-off", until=track.snoozed_until)]
        )
    if isinstance(activity, Treatment) and track.counts_from is not None:
        ends = [t.ended_at for t in episode.ledger if t.activity == activity.id]
        if track.step > 0:
            reasons = [Remark("why-next-of-round")]
        is_end = track.counts_from in ends
        since = track.counts_from
        reasons.append(
            Remark("why-counted-from-end", ended_at=since)
            if is_end
            else Remark("why-counted-from", instant=since)
        )
    blocked = withheld_by(episode, activity, now, others)
    due = next((due.at for due in dues(episode, activity, now - timedelta(days=1)) if due.at > now), None)
    if blocked is None and track.withheld_until is not None and track.withheld_until > now:
        # Nothing forbids it, but the person is not to be told now.
        return _explained(
            activity, track.withheld_until, [*reasons, Remark("why-not-now", reason=track.withheld)]
        )
    if blocked is None:
        reasons.append(Remark("why-waking-hours", wake=place.wake, bedtime=place.bedtime))
        if place.quiet:
            times = tuple(Remark("why-quiet-time", begins=begins, ends=ends) for begins, ends in place.quiet)
            reasons.append(Remark("why-quiet-times", times=times))
        if activity.until is not None:
            reasons.append(Remark("why-until", until=episode.instant(activity.until), instant=activity.until))
        return _explained(activity, due, reasons)
    why = blocked.reason
    free = None
    if blocked.until is not None and isinstance(activity, Treatment):
        free = earliest_allowed(episode, activity.steps[track.step], now, others)
    if free is None:
        return _explained(activity, None, [*reasons, Remark("why-not-now", reason=why)])
    reasons.append(Remark("why-not-before", until=free, reason=why))
    return _explained(activity, free if due is None else max(due, free), reasons)


def _explained(activity: Activity, at: datetime | None, reasons: Sequence[Text]) -> Explained:
    refs = tuple(dict.fromkeys(ref for cited in activity.cites.values() for ref in cited))
    return Explained(activity.id, activity.title, at, tuple(reasons), refs)
