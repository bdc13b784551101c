"""Lint rules of phases and conditions: every gate can be decided and opened, every phase ends somehow."""

from collections.abc import Iterator
from math import inf

from recovery.protocol.contradictions import is_contradictory
from recovery.protocol.durations import Duration
from recovery.protocol.findings import Finding, Gate, check_ins, compared, gates, lengths
from recovery.protocol.model import (
    All,
    At,
    Cadence,
    Every,
    LocalMoment,
    Once,
    PerDay,
    PerWeek,
    Phase,
    RecoveryProtocol,
)
from recovery.protocol.problems import Places

HOUR = 3600.0
WAKE, BEDTIME = 7 * HOUR, 23 * HOUR
WAKING = BEDTIME - WAKE
DAY = 24 * HOUR


def check_gates(protocol: RecoveryProtocol, places: Places) -> Iterator[Finding]:
    for gate in gates(protocol):
        yield from _undecidable(gate, protocol, places)
        if is_contradictory(gate.condition, protocol.observations):
            yield Finding(
                "gate-contradictory",
                gate.path,
                f"{gate.name!r} can never be true",
                found=str(gate.condition)[:200],
            )
    yield from _shut_together(protocol)


def _undecidable(gate: Gate, protocol: RecoveryProtocol, places: Places) -> Iterator[Finding]:
    """Each observation of a gate is asked where it is needed, at least as often as its answers stay fresh."""
    for comparison, path in compared(gate.condition, gate.path, places):
        asked = protocol.observations.get(comparison.subject)
        if asked is None:
            continue
        faults = [fault for phase in gate.phases if (fault := _fault(phase, asked.id, asked.fresh))]
        if not faults or (gate.is_once_enough and len(faults) < len(gate.phases)):
            continue
        message = f"{gate.name!r} cannot be decided: {faults[0]}"
        expected = f"a check-in for {asked.id!r} at least every {asked.fresh}, for as long as the phase lasts"
        yield Finding("gate-undecidable", path, message, expected)


def _fault(phase: Phase, observation: str, fresh: Duration) -> str:
    """Why a phase cannot know an observation at all times; empty where it can."""
    asking = check_ins(phase, observation)
    if not asking:
        return f"{observation!r} is not asked throughout phase {phase.id!r}"
    longest = min(longest_wait(check_in.cadence) for check_in in asking)
    if longest <= fresh.about_seconds:
        return ""
    if longest == inf:
        return f"{observation!r} is asked only once in phase {phase.id!r}"
    hours = f"{longest / HOUR:.3g} hours" if longest < 3 * DAY else f"{longest / DAY:.3g} days"
    asked = f"{observation!r} is asked every {hours} in phase {phase.id!r} (nights counted)"
    return f"{asked}, but stays fresh for {fresh}"


def longest_wait(cadence: Cadence) -> float:
    """Seconds between two times of a cadence at the longest, nights counted, awake from 07:00 to 23:00."""
    match cadence:
        case Every(interval):
            step = max(interval.least.about_seconds, 1.0)
            last = (WAKING - 1) // step * step
            return max(step if last else 0.0, DAY - last)
        case PerDay(most=most):
            return max(WAKING / most, DAY - (most - 1) * WAKING / most)
        case At(times):
            at = sorted({seconds_of_day(moment) for moment in times})
            return max(later - one for one, later in zip(at, [*at[1:], at[0] + DAY], strict=True))
        case PerWeek(count):
            return -(-7 // count) * DAY
        case Once():
            return inf


def seconds_of_day(moment: LocalMoment) -> float:
    """When a time of day is, for somebody awake from 07:00 to 23:00."""
    base = {"wake": WAKE, "bedtime": BEDTIME}.get(moment.base)
    if base is None:
        return moment.at.hour * HOUR + moment.at.minute * 60
    return base + moment.minutes * 60


def _shut_together(protocol: RecoveryProtocol) -> Iterator[Finding]:
    """A phase is left when it may be left and the next may be entered: both at once has to be possible."""
    for before, phase in zip(protocol.phases, protocol.phases[1:], strict=False):
        if before.leave_when is None or phase.enter_when is None:
            continue
        alone = (before.leave_when, phase.enter_when)
        if any(is_contradictory(condition, protocol.observations) for condition in alone):
            continue
        if is_contradictory(All(alone), protocol.observations):
            yield Finding(
                "gate-contradictory",
                ("phases", phase.id, "enter_when"),
                f"never true together with 'leave_when' of {before.id!r}: {phase.id!r} is never reached",
            )


def check_phases(protocol: RecoveryProtocol, places: Places) -> Iterator[Finding]:
    for phase in protocol.phases:
        path = ("phases", phase.id)
        if phase.most is not None and phase.at_most is None:
            message = "the phase has a 'max' but does not say what happens then"
            yield Finding("max-without-at-max", (*path, "max"), message, "at_max: {level: ..., say: ...}")
        if phase.most is None and phase.at_most is not None:
            yield Finding(
                "at-max-without-max", (*path, "at_max"), "'at_max' is never told without a 'max'", "max: ..."
            )
        if phase.leave_when is None and (*path, "min") not in places:
            message = "the phase ends the moment it begins: it has neither 'min' nor 'leave_when'"
            yield Finding("phase-ends-at-once", path, message, "min, leave_when, or both")
        if not phase.activities:
            yield Finding(
                "phase-is-empty", path, "the phase has nothing to do", "do: ...", severity="warning"
            )
        yield from _min_over_max(protocol, phase)


def _min_over_max(protocol: RecoveryProtocol, phase: Phase) -> Iterator[Finding]:
    if phase.most is None:
        return
    least, most = lengths(protocol, phase.least), lengths(protocol, phase.most)
    wrong = [
        grade for grade in least if grade in most and least[grade].about_seconds > most[grade].about_seconds
    ]
    if wrong:
        grade = wrong[0]
        yield Finding(
            "min-over-max",
            ("phases", phase.id, "max"),
            "'max' is shorter than 'min'"
            + ("" if len(wrong) == len(least) else f" for grade {', '.join(wrong)}"),
            f"at least {least[grade]}",
            str(most[grade]),
        )
