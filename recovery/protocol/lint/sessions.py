"""Rules of activities: no session can break a limit, and what is planned fits into a day."""

import re
from collections.abc import Iterator
from itertools import pairwise

from recovery.language import _
from recovery.protocol.floor import time_since_injury
from recovery.protocol.lint.rules import (
    BEDTIME,
    DAY_SECONDS,
    HOUR_SECONDS,
    WAKE,
    WAKING,
    Finding,
    Walk,
    cadence_key,
    round_length,
    rule,
    seconds_of_day,
    step_path,
    times_a_day,
)
from recovery.protocol.model import (
    AnyActivity,
    Exercise,
    Hold,
    Limit,
    Phase,
    Reminder,
    Step,
    Treatment,
    modalities,
)
from recovery.protocol.problems import KeyPath
from recovery.protocol.terms import ON_THE_SKIN, Anchor, At, Every, LocalMoment, PerDay, PerWeek

WORK, OFFICE = 9 * HOUR_SECONDS, 8 * HOUR_SECONDS
"""When a working day usually begins, and how long it is."""


# Limits ---------------------------------------------------------------------------------------------


def _limited(walk: Walk) -> Iterator[tuple[KeyPath, Phase, Treatment, Limit]]:
    """Every planned session with each limit of its phase."""
    for path, phase, activity in walk.treatments:
        for limit in walk.limits(phase):
            yield path, phase, activity, limit


def _limited_steps(walk: Walk) -> Iterator[tuple[KeyPath, Step, Limit]]:
    """Every planned treatment with each limit of it, and the path of its keys."""
    for path, _phase, activity, limit in _limited(walk):
        for index, step in enumerate(activity.steps):
            if step.modality in limit.of:
                yield step_path(path, activity.steps, index), step, limit


def _limited_others(walk: Walk) -> Iterator[tuple[KeyPath, Reminder | Hold, list[Limit]]]:
    """Everything else with a modality, with the limits of it."""
    for path, phase, activity in walk.activities:
        if isinstance(activity, Reminder | Hold):
            yield path, activity, [limit for limit in walk.limits(phase) if activity.modality in limit.of]


@rule("session-forbidden", "nothing of what a limit forbids in that phase, of whatever kind")
def session_forbidden(walk: Walk) -> Iterator[Finding]:
    planned = [(path, step.modality, limit) for path, step, limit in _limited_steps(walk)]
    planned += [
        (path, activity.modality, limit)
        for path, activity, limits in _limited_others(walk)
        for limit in limits
    ]
    for path, modality, limit in planned:
        if limit.never:
            message = _(
                "the limit {limit!r} forbids {modality} here: it can never begin",
                limit=limit.id,
                modality=modality,
            )
            yield Finding((*path, "of"), message)


@rule(
    "yields-to-itself",
    "no protocol rests for what its own phase tells of: two of it would wait for each other",
)
def yields_to_itself(walk: Walk) -> Iterator[Finding]:
    for phase in walk.protocol.phases:
        for limit in walk.limits(phase):
            mine = phase.modalities & {*limit.yields_to} if phase.modalities & {*limit.of} else set()
            for modality in sorted(mine):
                message = _("{phase} tells of {modality} itself", phase=phase.id, modality=modality)
                expected = _("what another protocol tells of, and this one does not")
                yield Finding(("limits", limit.id, "yields_to"), message, expected, modality)


@rule("only-as-session", "what goes on the skin, or has a limit that only a session can keep, is a session")
def only_as_session(walk: Walk) -> Iterator[Finding]:
    """A limit binds what is no session as well: what it could not measure or count has to be a session."""
    for path, activity, limits in _limited_others(walk):
        modality = activity.modality
        measured = next((limit for limit in limits if _measures(limit, activity)), None)
        if modality in ON_THE_SKIN:
            message = _(
                "{modality} goes on the skin, and this kind has no end and is counted nowhere",
                modality=modality,
            )
        elif measured is not None:
            message = _(
                "the limit {limit!r} of {modality} cannot bind what has no end and is counted nowhere",
                limit=measured.id,
                modality=modality,
            )
        else:
            continue
        yield Finding((*path, "kind"), message, _("kind: session, with duration, start and end"))


def _measures(limit: Limit, activity: Reminder | Hold) -> bool:
    """Tell if a limit asks for a length or a number that only a session has."""
    is_kept = (
        isinstance(activity, Hold) and limit.longest is not None and limit.longest.about_seconds < DAY_SECONDS
    )
    return is_kept or limit.most_per_day is not None


@rule("not-shorter", "what is done where the whole would not end before bedtime is shorter than the whole")
def not_shorter(walk: Walk) -> Iterator[Finding]:
    for path, _phase, activity in walk.treatments:
        for index, step in enumerate(activity.steps):
            whole = step.duration.least
            if step.short is not None and step.short.about_seconds >= whole.about_seconds:
                where = (*step_path(path, activity.steps, index), "short")
                message = _("it is not shorter than the whole")
                yield Finding(where, message, _("less than {length}", length=whole), str(step.short))


@rule("session-too-long", "no session is longer than its limits allow")
def session_too_long(walk: Walk) -> Iterator[Finding]:
    for path, step, limit in _limited_steps(walk):
        if limit.longest is not None and step.duration.most.about_seconds > limit.longest.about_seconds:
            message = _("longer than the limit {limit!r} allows", limit=limit.id)
            expected = _("at most {length}", length=limit.longest)
            yield Finding((*path, "duration"), message, expected, str(step.duration))


@rule("wait-too-short", "the waits of an alternation are as long as the limits ask")
def wait_too_short(walk: Walk) -> Iterator[Finding]:
    for path, _phase, activity, limit in _limited(walk):
        for index, (step, following) in enumerate(pairwise(activity.steps)):
            if limit.gap is None or step.modality not in limit.of or following.modality not in limit.to:
                continue
            if step.wait.about_seconds < limit.gap.about_seconds:
                has_wait = step.wait.seconds > 0
                where = step_path(path, activity.steps, index, is_wait=has_wait)
                message = _(
                    "the wait before the next treatment is shorter than the limit {limit!r} allows",
                    limit=limit.id,
                )
                expected = _("wait: {length} or more", length=limit.gap)
                yield Finding((*where, "wait") if has_wait else where, message, expected, str(step.wait))


def _gaps_of_rounds(walk: Walk) -> Iterator[tuple[KeyPath, Treatment, Limit]]:
    """Every planned session with each limit on the gap from the end of one round to the next."""
    for path, _phase, activity, limit in _limited(walk):
        last, first = activity.steps[-1], activity.steps[0]
        if limit.gap is not None and last.modality in limit.of and first.modality in limit.to:
            yield path, activity, limit


@rule("every-too-short", "a session does not come again sooner than its limits allow")
def every_too_short(walk: Walk) -> Iterator[Finding]:
    for path, activity, limit in _gaps_of_rounds(walk):
        assert limit.gap is not None
        every = activity.cadence
        if isinstance(every, Every) and every.interval.least.about_seconds < limit.gap.about_seconds:
            message = _("it comes again sooner than the limit {limit!r} allows", limit=limit.id)
            expected = _("{length} or more", length=limit.gap)
            yield Finding((*path, "every"), message, expected, str(every.interval))


@rule("too-many-a-day", "no more sessions a day than the limits allow")
def too_many_a_day(walk: Walk) -> Iterator[Finding]:
    for path, phase, activity, limit in _limited(walk):
        if limit.most_per_day is None:
            continue
        each = sum(1 for step in activity.steps if step.modality in limit.of)
        times = times_a_day(activity, phase)
        if each * times > limit.most_per_day:
            message = _("more sessions a day than the limit {limit!r} allows", limit=limit.id)
            expected = _("at most {count}", count=limit.most_per_day)
            yield Finding((*path, cadence_key(activity.cadence)), message, expected, str(each * times))


# Exercises ------------------------------------------------------------------------------------------


@rule("exercises-of-exercise", "only a session of exercise is made of exercises")
def exercises_of_exercise(walk: Walk) -> Iterator[Finding]:
    for path, _phase, activity in walk.treatments:
        if activity.exercises and modalities(activity) != {"exercise"}:
            message = _("only a session of exercise is made of exercises")
            yield Finding((*path, "exercises"), message, "exercise", activity.steps[0].modality)


@rule("not-an-address", "the picture and the page of an exercise are addresses that begin with https://")
def not_an_address(walk: Walk) -> Iterator[Finding]:
    for part in walk.parts:
        for key in ("picture", "link") if isinstance(part.value, Exercise) else ():
            address = getattr(part.value, key)
            if address and not re.fullmatch(r"https://[^\s/]+(/\S*)?", address):
                message = _("{name!r} is no address of a page", name=address)
                yield Finding(
                    (*part.path, key), message, _("an address that begins with {start}", start="https://")
                )


# Windows --------------------------------------------------------------------------------------------


def earliest_entries(walk: Walk) -> dict[str, float]:
    """For each phase, the seconds since the injury before which it cannot be entered."""
    so_far, entries = 0.0, {}
    for phase in walk.protocol.phases:
        so_far = max(so_far, time_since_injury(phase.enter_when))
        entries[phase.id] = so_far
        least = min((length.about_seconds for length in walk.lengths(phase.least).values()), default=0.0)
        so_far = so_far + least if phase.zero == "phase" else max(so_far, least)
        so_far = max(so_far, time_since_injury(phase.leave_when))
    return entries


@rule("never-in-time", "an activity has some time between its begin and its end, limits included")
def never_in_time(walk: Walk) -> Iterator[Finding]:
    earliest = earliest_entries(walk)
    for path, phase, activity in walk.activities:
        limits = [limit for limit in walk.limits(phase) if modalities(activity) & {*limit.of}]
        begins = [activity.begins, *(limit.not_before for limit in limits)]
        ends = [("", activity.until), *((limit.id, limit.not_after) for limit in limits)]
        for limit_id, end in ends:
            if end is None or _has_time(activity, [each for each in begins if each], end, earliest[phase.id]):
                continue
            if limit_id:
                message = _(
                    "there is never a time for it because of the limit {limit!r}: "
                    "it would have to be over by {end} before it can begin",
                    limit=limit_id,
                    end=end,
                )
                yield Finding(path, message)
            else:
                message = _(
                    "there is never a time for it: it would have to be over by {end} before it can begin",
                    end=end,
                )
                yield Finding((*path, "until"), message)


def _has_time(activity: AnyActivity, begins: list[Anchor], end: Anchor, entered: float) -> bool:
    """Tell if an activity can begin so that it is over by an end; its phase begins at `entered` at the soonest."""
    needed = 0.0
    if isinstance(activity, Treatment):
        needed = min((step.duration.least.about_seconds for step in activity.steps), default=0.0)
    start = max((_comparable(begin, end.origin, entered) for begin in begins), default=0.0)
    if end.origin == "injury":
        start = max(start, entered)
    return start + needed <= end.offset.about_seconds


def _comparable(begin: Anchor, origin: str, entered: float) -> float:
    """The least seconds after an origin that an instant can be; 0 where nothing is known."""
    seconds = begin.offset.about_seconds
    if begin.origin == origin:
        return seconds
    if origin == "injury":
        return seconds + (entered if begin.origin == "phase" else 0.0)
    return 0.0


# Cadences -------------------------------------------------------------------------------------------


@rule("cadence-does-not-fit", "what is planned for a day fits into 16 waking hours, gaps included")
def cadence_does_not_fit(walk: Walk) -> Iterator[Finding]:
    for path, _phase, activity in walk.activities:
        match getattr(activity, "cadence", None):
            case PerDay(most=most):
                yield from _per_day(path, activity, most)
            case Every(interval) if _is_at_work(activity) and interval.least.about_seconds > OFFICE:
                message = _("what comes in the working hours comes at least once in a working day")
                yield Finding((*path, "every"), message, _("{length} or less", length="8h"), str(interval))
            case Every(interval) if (
                not isinstance(activity, Treatment) and interval.least.about_seconds > DAY_SECONDS
            ):
                message = _("what comes by the clock comes at least once a day; for less often use per_week")
                yield Finding((*path, "every"), message, _("{length} or less", length="24h"), str(interval))
        if round_length(activity) > WAKING:
            message = _("one round is longer than the waking hours")
            yield Finding(path, message, _("at most 16 hours"))
    for path, activity, limit in _gaps_of_rounds(walk):
        assert limit.gap is not None
        match activity.cadence:
            case PerDay(most=most) if most > 1 and (
                WAKING / most - round_length(activity) < limit.gap.about_seconds
            ):
                message = _(
                    "so often leaves less between them than the {length} of the limit {limit!r}",
                    length=limit.gap,
                    limit=limit.id,
                )
                yield Finding((*path, "per_day"), message, _("fewer times a day"), str(most))


def _per_day(path: KeyPath, activity: AnyActivity, most: int) -> Iterator[Finding]:
    length = round_length(activity)
    if isinstance(activity, Treatment):
        length += activity.steps[-1].wait.about_seconds
    if most * length > WAKING:
        planned = _("{count} times {hours} hours", count=most, hours=f"{length / HOUR_SECONDS:.3g}")
        message = _("so many times a day do not fit into the waking hours")
        yield Finding((*path, "per_day"), message, _("at most 16 hours in all"), planned)


def _is_at_work(activity: AnyActivity) -> bool:
    return isinstance(activity, Reminder) and activity.at_work


def _timed(walk: Walk) -> Iterator[tuple[KeyPath, AnyActivity, list[LocalMoment]]]:
    """Every activity with times of day, and these in their order."""
    for path, _phase, activity in walk.activities:
        match getattr(activity, "cadence", None):
            case At(times):
                yield path, activity, sorted(times, key=seconds_of_day)
            case PerWeek(at=moment):
                yield path, activity, [moment]


@rule("outside-waking-hours", "times of day lie between 07:00 and 23:00, sessions with their whole length")
def outside_waking_hours(walk: Walk) -> Iterator[Finding]:
    """A clock time may be meant, and is a warning; so are times out of the working hours."""
    for path, activity, times in _timed(walk):
        length, where = round_length(activity), (*path, "at")
        for moment in times:
            begins = seconds_of_day(moment)
            if _is_at_work(activity) and not WORK <= begins < WORK + OFFICE:
                message = _("{moment} lies outside the usual working hours", moment=moment)
                expected = _("{least} to {most}", least="09:00", most="17:00")
                yield Finding(where, message, expected, str(moment), severity="warning")
            elif begins < WAKE or begins + length > BEDTIME:
                message = (
                    _("{moment} lies outside the usual waking hours", moment=moment)
                    if length == 0
                    else _("begun at {moment} it lies outside the usual waking hours", moment=moment)
                )
                expected = _("{least} to {most}", least="07:00", most="23:00")
                severity = "warning" if moment.base == "clock" else "error"
                yield Finding(where, message, expected, str(moment), severity=severity)


@rule("times-overlap", "times of one activity on a day do not overlap")
def times_overlap(walk: Walk) -> Iterator[Finding]:
    for path, activity, times in _timed(walk):
        for sooner, later in pairwise(times):
            if seconds_of_day(later) - seconds_of_day(sooner) < max(round_length(activity), 1):
                message = _("{one} and {other} overlap", one=sooner, other=later)
                yield Finding((*path, "at"), message, _("times further apart"))
