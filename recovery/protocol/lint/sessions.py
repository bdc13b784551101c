"""Lint rules of activities: no session can break a limit, and what is planned fits into a day."""

from collections.abc import Iterator
from itertools import pairwise

from recovery.language import _
from recovery.protocol.lint.gates import BEDTIME, DAY, HOUR, WAKE, WAKING, seconds_of_day
from recovery.protocol.lint.walk import Finding, Path, activities, binds, lengths
from recovery.protocol.model import (
    After,
    AnyActivity,
    At,
    Every,
    Hold,
    Limit,
    PerDay,
    PerWeek,
    Phase,
    RecoveryProtocol,
    Reminder,
    Timed,
    Treatment,
    modalities,
)
from recovery.protocol.problems import Places
from recovery.protocol.terms import (
    ON_THE_SKIN,
    All,
    Anchor,
    Comparison,
    Condition,
    Duration,
    LocalMoment,
)

WORK, OFFICE = 9 * HOUR, 8 * HOUR
"""When a working day usually begins, and how long it is."""


def check_limits(protocol: RecoveryProtocol, places: Places) -> Iterator[Finding]:
    del places
    earliest = dict(zip((p.id for p in protocol.phases), earliest_entries(protocol), strict=True))
    for path, phase, activity in activities(protocol):
        limits = [limit for limit in protocol.limits if binds(limit, phase)]
        yield from _never_in_time(path, activity, limits, earliest[phase.id])
        if isinstance(activity, Reminder | Hold):
            yield from _without_end(path, activity, limits)
        if not isinstance(activity, Treatment):
            continue
        for limit in limits:
            yield from _steps_against(path, activity, limit)
            yield from _rounds_against(path, activity, limit, phase)


def _without_end(path: Path, activity: Reminder | Hold, limits: list[Limit]) -> Iterator[Finding]:
    """A limit binds what is no session as well: what it could not measure or count has to be a session."""
    modality = activity.modality
    own = [limit for limit in limits if modality in limit.of]
    for limit in own:
        if limit.never:
            yield _forbidden((*path, "of"), limit, modality)
    measured = next((each for each in own if _measures(each, activity)), None)
    if modality not in ON_THE_SKIN and measured is None:
        return
    message = (
        _(
            "{modality} goes on the skin, and this kind has no end and is counted nowhere",
            modality=modality,
        )
        if modality in ON_THE_SKIN or measured is None
        else _(
            "the limit {limit!r} of {modality} cannot bind what has no end and is counted nowhere",
            limit=measured.id,
            modality=modality,
        )
    )
    expected = _("kind: session, with duration, start and end")
    yield Finding("only-as-session", (*path, "kind"), message, expected)


def _measures(limit: Limit, activity: Reminder | Hold) -> bool:
    """Tell if a limit asks for a length or a number that only a session has."""
    is_kept = isinstance(activity, Hold) and limit.longest is not None and limit.longest.about_seconds < DAY
    return is_kept or limit.most_per_day is not None


def _forbidden(where: Path, limit: Limit, modality: str) -> Finding:
    message = _(
        "the limit {limit!r} forbids {modality} here: it can never begin", limit=limit.id, modality=modality
    )
    return Finding("session-forbidden", where, message)


def _duration_path(path: Path, activity: Treatment, index: int) -> Path:
    """Find the path of a step's length. Waits are entries of their own, so steps are counted with them."""
    if len(activity.steps) == 1:
        return (*path, "duration")
    return (*path, "steps", str(_position(activity, index)), "duration")


def _position(activity: Treatment, index: int) -> int:
    return index + sum(1 for step in activity.steps[:index] if step.wait.seconds)


def _steps_against(path: Path, activity: Treatment, limit: Limit) -> Iterator[Finding]:
    for index, step in enumerate(activity.steps):
        if step.modality not in limit.of:
            continue
        where = _duration_path(path, activity, index)
        if limit.never:
            yield _forbidden((*where[:-1], "of"), limit, step.modality)
        if limit.longest is not None and step.duration.most.about_seconds > limit.longest.about_seconds:
            message = _("longer than the limit {limit!r} allows", limit=limit.id)
            expected = _("at most {length}", length=limit.longest)
            yield Finding("session-too-long", where, message, expected, str(step.duration))
        following = activity.steps[index + 1] if index + 1 < len(activity.steps) else None
        if following is None or limit.gap is None or following.modality not in limit.to:
            continue
        if step.wait.about_seconds < limit.gap.about_seconds:
            has_wait = step.wait.seconds > 0
            place = (
                *path,
                "steps",
                str(_position(activity, index) + has_wait),
                *(("wait",) if has_wait else ()),
            )
            message = _(
                "the wait before the next treatment is shorter than the limit {limit!r} allows",
                limit=limit.id,
            )
            expected = _("wait: {length} or more", length=limit.gap)
            yield Finding("wait-too-short", place, message, expected, str(step.wait))


def _rounds_against(path: Path, activity: Treatment, limit: Limit, phase: Phase) -> Iterator[Finding]:
    """From the end of one round to the next, and how many a day."""
    last, first = activity.steps[-1], activity.steps[0]
    cadence = activity.cadence
    if limit.gap is not None and last.modality in limit.of and first.modality in limit.to:
        gap = limit.gap.about_seconds
        if isinstance(cadence, Every) and cadence.interval.least.about_seconds < gap:
            message = _("it comes again sooner than the limit {limit!r} allows", limit=limit.id)
            expected = _("{length} or more", length=limit.gap)
            yield Finding("every-too-short", (*path, "every"), message, expected, str(cadence.interval))
        if isinstance(cadence, PerDay) and cadence.most > 1:
            between = WAKING / cadence.most - _length(activity, with_last_wait=False)
            if between < gap:
                message = _(
                    "so often leaves less between them than the {length} of the limit {limit!r}",
                    length=limit.gap,
                    limit=limit.id,
                )
                yield Finding(
                    "cadence-does-not-fit",
                    (*path, "per_day"),
                    message,
                    _("fewer times a day"),
                    str(cadence.most),
                )
    if limit.most_per_day is not None:
        each = sum(1 for step in activity.steps if step.modality in limit.of)
        times, key = _times_a_day(activity, phase)
        if each * times > limit.most_per_day:
            message = _("more sessions a day than the limit {limit!r} allows", limit=limit.id)
            expected = _("at most {count}", count=limit.most_per_day)
            yield Finding("too-many-a-day", (*path, key), message, expected, str(each * times))


def _times_a_day(activity: Treatment, phase: Phase) -> tuple[int, str]:
    """Count how often a day a treatment comes by its cadence (0: it does not say), and name the key that says so.

    What is only suggested does not come by itself.
    """
    if activity.is_optional:
        return 0, "at"
    match activity.cadence:
        case PerDay(most=most):
            return most, "per_day"
        case At(times):
            return len(times), "at"
        case After(followed):
            before = next((each for each in phase.everything() if each.id == followed), None)
            if isinstance(before, Treatment) and not isinstance(before.cadence, After):
                return _times_a_day(before, phase)[0] * len(before.steps), "after"
    return 0, "at"


# Windows ------------------------------------------------------------------------------------------


def earliest_entries(protocol: RecoveryProtocol) -> Iterator[float]:
    """For each phase, the seconds since the injury before which it cannot be entered."""
    so_far = 0.0
    for phase in protocol.phases:
        so_far = max(so_far, time_since_injury(phase.enter_when))
        yield so_far
        least = min((x.about_seconds for x in lengths(protocol, phase.least).values()), default=0.0)
        so_far = (
            max(so_far, least, time_since_injury(phase.leave_when))
            if phase.zero != "phase"
            else so_far + least
        )
        so_far = max(so_far, time_since_injury(phase.leave_when))


def time_since_injury(condition: Condition | None) -> float:
    """The time since the injury that a condition asks for, where it does so plainly."""
    parts = condition.parts if isinstance(condition, All) else (condition,)
    return max(
        (
            part.value.about_seconds
            for part in parts
            if isinstance(part, Comparison)
            and part.subject == "injury"
            and part.test in (">=", ">")
            and isinstance(part.value, Duration)
        ),
        default=0.0,
    )


def _never_in_time(
    path: Path, activity: AnyActivity, limits: list[Limit], entered: float
) -> Iterator[Finding]:
    """Its bounds and those of its limits leave it some time."""
    own = [limit for limit in limits if modalities(activity) & set(limit.of)]
    begins = [(activity.begins, (*path, "begins"))] + [
        (limit.not_before, ("limits", limit.id)) for limit in own
    ]
    ends = [(activity.until, (*path, "until"))] + [(limit.not_after, ("limits", limit.id)) for limit in own]
    needed = (
        min((s.duration.least.about_seconds for s in activity.steps), default=0.0)
        if isinstance(activity, Treatment)
        else 0.0
    )
    for end, where in ends:
        if end is None:
            continue
        start = max(
            (_comparable(begin, end.origin, entered) for begin, _where in begins if begin), default=0.0
        )
        if end.origin == "injury":
            start = max(start, entered)
        if start + needed > end.offset.about_seconds:
            place = where if where[0] == "phases" else path
            message = (
                _(
                    "there is never a time for it: it would have to be over by {end} before it can begin",
                    end=end,
                )
                if where[0] == "phases"
                else _(
                    "there is never a time for it because of the limit {limit!r}: "
                    "it would have to be over by {end} before it can begin",
                    limit=where[1],
                    end=end,
                )
            )
            yield Finding("never-in-time", place, message)


def _comparable(begin: Anchor, origin: str, entered: float) -> float:
    """The least seconds after an origin that an instant can be; 0 where nothing is known."""
    seconds = begin.offset.about_seconds
    if begin.origin == origin:
        return seconds
    if origin == "injury":
        return seconds + (entered if begin.origin == "phase" else 0.0)
    return 0.0


# Cadences -----------------------------------------------------------------------------------------


def round_length(activity: Treatment) -> float:
    """The seconds of one round, without the wait after its last treatment."""
    return _length(activity, with_last_wait=False)


def _length(activity: AnyActivity, *, with_last_wait: bool = True) -> float:
    """The seconds of one round, waits included."""
    if not isinstance(activity, Treatment):
        return 0.0
    total = sum(step.duration.least.about_seconds + step.wait.about_seconds for step in activity.steps)
    return total if with_last_wait else total - activity.steps[-1].wait.about_seconds


def check_cadences(protocol: RecoveryProtocol, places: Places) -> Iterator[Finding]:
    del places
    for path, _phase, activity in activities(protocol):
        if not isinstance(activity, Timed):
            continue
        length = _length(activity)
        match activity.cadence:
            case PerDay(most=most) if most * length > WAKING:
                found = _("{count} times {hours} hours", count=most, hours=f"{length / HOUR:.3g}")
                message = _("so many times a day do not fit into the waking hours")
                expected = _("at most 16 hours in all")
                yield Finding("cadence-does-not-fit", (*path, "per_day"), message, expected, found)
            case Every(interval) if _is_at_work(activity) and interval.least.about_seconds > OFFICE:
                message = _("what comes in the working hours comes at least once in a working day")
                expected = _("{length} or less", length="8h")
                yield Finding("cadence-does-not-fit", (*path, "every"), message, expected, str(interval))
            case Every(interval) if (
                not isinstance(activity, Treatment) and interval.least.about_seconds > DAY
            ):
                message = _("what comes by the clock comes at least once a day; for less often use per_week")
                expected = _("{length} or less", length="24h")
                yield Finding("cadence-does-not-fit", (*path, "every"), message, expected, str(interval))
            case At(times):
                yield from _times(path, activity, times)
            case PerWeek(at=moment):
                yield from _times(path, activity, (moment,))
        if isinstance(activity, Treatment) and _length(activity, with_last_wait=False) > WAKING:
            message = _("one round is longer than the waking hours")
            yield Finding("cadence-does-not-fit", path, message, _("at most 16 hours"))


def _is_at_work(activity: AnyActivity) -> bool:
    return isinstance(activity, Reminder) and activity.at_work


def _times(path: Path, activity: AnyActivity, times: tuple[LocalMoment, ...]) -> Iterator[Finding]:
    length = _length(activity, with_last_wait=False)
    at = sorted(times, key=seconds_of_day)
    where = (*path, "at")
    for moment in at:
        begins = seconds_of_day(moment)
        if _is_at_work(activity) and not WORK <= begins < WORK + OFFICE:
            message = _("{moment} lies outside the usual working hours", moment=moment)
            expected = _("{least} to {most}", least="09:00", most="17:00")
            yield Finding("outside-waking-hours", where, message, expected, str(moment), "warning")
            continue
        if begins < WAKE or begins + length > BEDTIME:
            message = (
                _("{moment} lies outside the usual waking hours", moment=moment)
                if length == 0
                else _("begun at {moment} it lies outside the usual waking hours", moment=moment)
            )
            expected = _("{least} to {most}", least="07:00", most="23:00")
            severity = "warning" if moment.base == "clock" else "error"
            yield Finding("outside-waking-hours", where, message, expected, str(moment), severity)
    for one, other in pairwise(at):
        if seconds_of_day(other) - seconds_of_day(one) < max(length, 1):
            message = _("{one} and {other} overlap", one=one, other=other)
            yield Finding("times-overlap", where, message, _("times further apart"))
