"""Lint rules of phases and conditions: every gate can be decided and opened, every phase ends somehow."""

from collections.abc import Iterator
from math import inf

from recovery.language import _
from recovery.protocol.lint.contradictions import is_contradictory
from recovery.protocol.lint.walk import (
    Finding,
    Gate,
    activities,
    check_ins,
    compared,
    gates,
    in_words,
    lengths,
    subjects,
    with_polarity,
)
from recovery.protocol.model import (
    After,
    At,
    Cadence,
    CheckIn,
    Every,
    Once,
    PerDay,
    PerWeek,
    Phase,
    RecoveryProtocol,
    Rung,
    Treatment,
)
from recovery.protocol.problems import Places, name_list
from recovery.protocol.terms import (
    BUSY_MODALITIES,
    ORIGINS,
    All,
    Comparison,
    Duration,
    LocalMoment,
    comparisons,
    may_apply,
)

HOUR = 3600.0
WAKE, BEDTIME = 7 * HOUR, 23 * HOUR
WAKING = BEDTIME - WAKE
DAY = 24 * HOUR


def check_gates(protocol: RecoveryProtocol, places: Places) -> Iterator[Finding]:
    known = subjects(protocol)
    for gate in gates(protocol):
        yield from _undecidable(gate, protocol, places)
        if is_contradictory(gate.condition, known):
            yield Finding(
                "gate-contradictory",
                gate.path,
                _("{name!r} can never be true", name=gate.name),
                found=in_words(gate.condition)[:200],
            )
    yield from _shut_together(protocol)
    yield from _wrong_way(protocol, places)


def _undecidable(gate: Gate, protocol: RecoveryProtocol, places: Places) -> Iterator[Finding]:
    """Each observation of a gate is asked where it is needed, at least as often as its answers stay fresh."""
    for comparison, path in compared(gate.condition, gate.path, places):
        asked = protocol.observations.get(comparison.subject)
        if asked is None:
            continue
        faults = [
            fault for phase in gate.phases if (fault := _fault(phase, gate.rung, asked.id, asked.fresh))
        ]
        if not faults or (gate.is_once_enough and len(faults) < len(gate.phases)):
            continue
        message = _("{name!r} cannot be decided: {fault}", name=gate.name, fault=faults[0])
        expected = _(
            "a check-in for {name!r} at least every {fresh}, for as long as the phase lasts",
            name=asked.id,
            fresh=asked.fresh,
        )
        yield Finding("gate-undecidable", path, message, expected)


def _fault(phase: Phase, rung: Rung | None, observation: str, fresh: Duration) -> str:
    """Say why a phase, or one step of its ladder, cannot know an observation at all times; empty where it can.

    A ladder has to ask for it on every step, or the phase asks on all of them.
    """
    rungs = (rung,) if rung is not None else phase.ladder
    faults = [
        _fault_of(check_ins(phase, observation, one), phase, observation, fresh) for one in rungs or (None,)
    ]
    return max(faults)


def _fault_of(asking: tuple[CheckIn, ...], phase: Phase, observation: str, fresh: Duration) -> str:
    if not asking:
        return _("{name!r} is not asked throughout phase {phase!r}", name=observation, phase=phase.id)
    longest = min(longest_wait(check_in.cadence) for check_in in asking)
    if longest <= fresh.about_seconds:
        return ""
    if longest == inf:
        return _("{name!r} is asked only once in phase {phase!r}", name=observation, phase=phase.id)
    return _(
        "{name!r} is asked every {length} in phase {phase!r} (nights counted), but stays fresh for {fresh}",
        name=observation,
        length=_("{hours} hours", hours=f"{longest / HOUR:.3g}")
        if longest < 3 * DAY
        else _("{days} days", days=f"{longest / DAY:.3g}"),
        phase=phase.id,
        fresh=fresh,
    )


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
        case Once() | After():
            return inf


def seconds_of_day(moment: LocalMoment) -> float:
    """Convert a time of day to seconds since midnight, for somebody awake from 07:00 to 23:00."""
    base = {"wake": WAKE, "bedtime": BEDTIME}.get(moment.base)
    if base is None:
        return moment.at.hour * HOUR + moment.at.minute * 60
    return base + moment.minutes * 60


def _shut_together(protocol: RecoveryProtocol) -> Iterator[Finding]:
    """A phase is left when it may be left and the next may be entered: both at once has to be possible."""
    known = subjects(protocol)
    for before, phase in zip(protocol.phases, protocol.phases[1:], strict=False):
        if before.leave_when is None or phase.enter_when is None:
            continue
        alone = (before.leave_when, phase.enter_when)
        if any(is_contradictory(condition, known) for condition in alone):
            continue
        if is_contradictory(All(alone), known):
            yield Finding(
                "gate-contradictory",
                ("phases", phase.id, "enter_when"),
                _(
                    "never true together with 'leave_when' of {before!r}: {phase!r} is never reached",
                    before=before.id,
                    phase=phase.id,
                ),
            )


# Which way a condition goes ------------------------------------------------------------------------

_LETS_ON = ("enter_when", "leave_when", "climb_when", "needs")
_TURNS_BACK = ("step_back_when", "back_to", "red_flags")


def _wrong_way(protocol: RecoveryProtocol, places: Places) -> Iterator[Finding]:
    """Find gates that let on without better answers or stop without worse ones. Exercise and massage let on, too."""
    exercise = {
        (*path, "only_if")
        for path, _phase, activity in activities(protocol)
        if isinstance(activity, Treatment)
        and any(step.modality in BUSY_MODALITIES for step in activity.steps)
    }
    for gate in gates(protocol):
        is_stop = any(name in gate.path for name in _TURNS_BACK)
        if not is_stop and gate.name not in _LETS_ON and gate.path not in exercise:
            continue
        compared_here = [*with_polarity(gate.condition, gate.path, places)]
        is_absence = "red_flags" in gate.path and any(
            is_negated and each.subject in protocol.observations for each, is_negated, _path in compared_here
        )
        for comparison, is_negated, path in compared_here:
            ways = _ways(comparison, protocol)
            if is_absence and comparison.subject in ORIGINS and comparison.test in ("<=", "<"):
                ways = {"better"}  # what has not come yet may still come
            wanted = "worse" if is_stop != is_negated else "better"
            if ways and wanted not in ways:
                message = (
                    _("{name!r} has to become true as it gets worse, and this does not", name=gate.name)
                    if is_stop
                    else _("{name!r} has to become true as it gets better, and this does not", name=gate.name)
                )
                shown = f"not: {comparison}" if is_negated else str(comparison)
                yield Finding("gate-wrong-way", path, message, _("the other way round"), shown)


def _ways(comparison: Comparison, protocol: RecoveryProtocol) -> set[str]:
    """Tell which answers make a comparison true: better, worse, neither (inside a scale). Empty: it has no direction.

    That time passes may let on, and may stop; that it has not passed yet may only stop.
    """
    if comparison.subject in ORIGINS:
        return {"better", "worse"} if comparison.test in (">=", ">") else {"worse"}
    if comparison.subject == "grade":
        return {"better"} if (comparison.test, comparison.value) == ("!=", "III") else set()
    asked = protocol.observations.get(comparison.subject)
    if asked is None:
        return set()
    match comparison.test, comparison.value:
        case (("<=" | "<" | "falling" | "drop"), _):
            return {"better" if asked.better == "lower" else "worse"}
        case ((">=" | ">" | "rising" | "rise"), _):
            return {"worse" if asked.better == "lower" else "better"}
        case "==" | "!=", value:
            ends: dict[object, str] = {asked.least: "lower", asked.most: "higher"}
            if asked.choices:
                ends = {asked.choices[0]: "lower", asked.choices[-1]: "higher"}
            elif value not in ends:
                return {"neither"}
            if value not in ends:
                return set()
            is_better = (ends[value] == asked.better) is (comparison.test == "==")
            return {"better" if is_better else "worse"}
    return set()


def check_phases(protocol: RecoveryProtocol, places: Places) -> Iterator[Finding]:
    for phase in protocol.phases:
        path = ("phases", phase.id)
        if phase.most is not None and phase.at_most is None:
            message = _("the phase has a 'max' but does not say what happens then")
            yield Finding("max-without-at-max", (*path, "max"), message, "at_max: {level: ..., say: ...}")
        if phase.most is None and phase.at_most is not None:
            message = _("'at_max' is never told without a 'max'")
            yield Finding("at-max-without-max", (*path, "at_max"), message, "max: ...")
        if phase.leave_when is None and (*path, "min") not in places and not phase.is_endless:
            message = _("the phase ends the moment it begins: it has neither 'min' nor 'leave_when'")
            yield Finding("phase-ends-at-once", path, message, _("min, leave_when, or both"))
        if phase.is_endless and phase is not protocol.phases[-1]:
            yield Finding(
                "endless-not-last", (*path, "ends"), _("no phase after one that never ends is reached")
            )
        if not any(phase.everything()):
            yield Finding(
                "phase-is-empty", path, _("the phase has nothing to do"), "do: ...", severity="warning"
            )
        yield from _min_over_max(protocol, phase)
        yield from _ladder(protocol, phase)


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
            _("'max' is shorter than 'min'")
            if len(wrong) == len(least)
            else _("'max' is shorter than 'min' for grade {grades}", grades=", ".join(wrong)),
            _("at least {length}", length=least[grade]),
            str(most[grade]),
        )


def _ladder(protocol: RecoveryProtocol, phase: Phase) -> Iterator[Finding]:
    """The last step can be reached before the phase is over its time, by everybody; a step is for a kind of person."""
    path = ("phases", phase.id)
    given = {"grade", "side", *protocol.options}
    for rung in phase.ladder:
        for comparison in comparisons(rung.only_if):
            if comparison.subject not in given:
                message = _(
                    "whether there is a step cannot depend on {subject!r}", subject=comparison.subject
                )
                expected = _("one of {names}", names=name_list(sorted(given)))
                yield Finding("step-undecidable", (*path, "steps", rung.id, "only_if"), message, expected)
    if phase.most is None or not phase.ladder:
        return
    for grade, most in lengths(protocol, phase.most).items():
        climbed = [
            lengths(protocol, rung.least).get(grade)
            for rung in phase.ladder
            if may_apply(rung.only_if, {"grade": grade})
        ][:-1]
        needed = sum(length.about_seconds for length in climbed if length is not None)
        if needed > most.about_seconds:
            days = _("{days} days before the last step", days=f"{needed / DAY:.3g}")
            message = _("the steps take longer than the phase's max, for grade {grade}", grade=grade)
            expected = _("at most {length}", length=most)
            yield Finding("ladder-too-long", (*path, "steps"), message, expected, days)
            return
