"""Rules of phases and conditions: every gate can be decided and opened, every phase ends somehow."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, pairwise, product
from math import inf
from typing import Any

from recovery.language import _
from recovery.protocol.lint.rules import (
    DAY_SECONDS,
    HOUR_SECONDS,
    WAKING,
    WHOLE,
    Finding,
    Gate,
    Walk,
    rule,
    seconds_of_day,
)
from recovery.protocol.model import (
    AnyActivity,
    CheckIn,
    Observation,
    Phase,
    RecoveryProtocol,
    Rung,
    Treatment,
)
from recovery.protocol.problems import name_list
from recovery.protocol.terms import (
    BUSY_MODALITIES,
    GRADES,
    ORIGINS,
    SIDES,
    TESTS,
    After,
    All,
    Anchor,
    AnyOf,
    At,
    Cadence,
    Comparison,
    Condition,
    Duration,
    Every,
    Not,
    Once,
    PerDay,
    PerWeek,
    comparisons,
    may_apply,
)


@rule(
    "gate-undecidable",
    "what a condition needs is asked there, at least as often as the answers stay fresh",
    needs=WHOLE,
)
def gate_undecidable(walk: Walk) -> Iterator[Finding]:
    for gate in walk.gates:
        yield from _undecidable(walk, gate)


def _undecidable(walk: Walk, gate: Gate) -> Iterator[Finding]:
    compared = walk.with_polarity(gate.condition, gate.path)
    needed = _needed_until(gate.condition)
    for index, ((comparison, _is_negated, path), until) in enumerate(zip(compared, needed, strict=True)):
        asked = walk.protocol.observations.get(comparison.subject)
        if asked is None:
            continue
        if gate.name == "leave_when":
            faults = [
                fault for each in gate.phases if (fault := _fault_of_leaving(each, gate, index, asked, until))
            ]
        else:
            faults = [fault for phase in gate.phases if (fault := _fault(phase, gate.rung, asked, until))]
        if not faults or (gate.is_once_enough and len(faults) < len(gate.phases)):
            continue
        message = _("{name!r} cannot be decided: {fault}", name=gate.name, fault=faults[0])
        expected = _(
            "a check-in for {name!r} at least every {fresh}, for as long as the phase lasts",
            name=asked.id,
            fresh=asked.fresh,
        )
        yield Finding(path, message, expected)


def _needed_until(condition: Condition, until: Duration | None = None) -> Iterator[Duration | None]:
    """Tell for how long in its phase each comparison of a condition has to be known; None: always.

    What stands beside `phase >= 2w` under `any`, or beside `phase < 2w` under `all`, decides nothing from then on.
    """
    match condition:
        case Comparison():
            yield until
        case All(parts) | AnyOf(parts):
            decides = ("<", "<=") if isinstance(condition, All) else (">=", ">")
            for part in parts:
                if isinstance(part, Comparison) and part.subject == "phase" and part.test in decides:
                    until = part.value if isinstance(part.value, Duration) else until
            for part in parts:
                yield from _needed_until(part, until)
        case Not(part):
            yield from _needed_until(part)


def _fault_of_leaving(
    phase: Phase, gate: Gate, index: int, asked: Observation, until: Duration | None
) -> str:
    """Say why a phase cannot know an observation where it may be left: on the last step that somebody's grade has.

    `index` is the place of its comparison in the condition: what decides nothing for a grade is not needed for it.
    """
    grades = GRADES if phase.ladder else (None,)
    faults = [
        _fault_on(_last_rung(phase, grade), phase, asked, until)
        for grade in grades
        if [*_matters(gate.condition, {"grade": grade})][index]
    ]
    return max(faults, default="")


def _last_rung(phase: Phase, grade: str | None) -> Rung | None:
    rungs = [rung for rung in phase.ladder if may_apply(rung.only_if, {"grade": grade})]
    return rungs[-1] if rungs else None


def _matters(
    condition: Condition, given: Mapping[str, str | None], *, is_decided: bool = False
) -> Iterator[bool]:
    """Tell of each comparison of a condition if it decides anything of somebody of whom this is known."""
    match condition:
        case Comparison():
            yield not is_decided
        case AnyOf(parts):
            is_true = any(_is_given(part, given) for part in parts)
            for part in parts:
                yield from _matters(part, given, is_decided=is_decided or is_true)
        case All(parts):
            for part in parts:
                yield from _matters(part, given, is_decided=is_decided)
        case Not(part):
            yield from _matters(part, given, is_decided=is_decided)


def _is_given(condition: Condition, given: Mapping[str, str | None]) -> bool:
    """Tell if a comparison is true by what is known."""
    if not isinstance(condition, Comparison) or given.get(condition.subject) is None:
        return False
    return condition.test in ("==", "!=") and may_apply(condition, given)


def _fault(phase: Phase, rung: Rung | None, asked: Observation, until: Duration | None) -> str:
    """Say why a phase, or one step of its ladder, cannot know an observation `until` then; empty where it can.

    A ladder has to ask for it on every step, or the phase asks on all of them.
    """
    rungs = (rung,) if rung is not None else phase.ladder or (None,)
    return max(_fault_on(each, phase, asked, until) for each in rungs)


def _fault_on(rung: Rung | None, phase: Phase, asked: Observation, until: Duration | None) -> str:
    observation, fresh = asked.id, asked.fresh
    there = (*phase.activities, *(rung.activities if rung else ()))
    asking = [
        activity
        for activity in there
        if isinstance(activity, CheckIn)
        and observation in activity.asks
        and (activity.until is None or _lasts(activity.until, until))
        and activity.only_if is None
    ]
    if not asking:
        return _("{name!r} is not asked throughout phase {phase!r}", name=observation, phase=phase.id)
    longest = min(_longest_wait(check_in.cadence, there) for check_in in asking)
    if longest <= fresh.about_seconds:
        return ""
    if longest == inf:
        return _("{name!r} is asked only once in phase {phase!r}", name=observation, phase=phase.id)
    return _(
        "{name!r} is asked every {length} in phase {phase!r} (nights counted), but stays fresh for {fresh}",
        name=observation,
        length=_("{hours} hours", hours=f"{longest / HOUR_SECONDS:.3g}")
        if longest < 3 * DAY_SECONDS
        else _("{days} days", days=f"{longest / DAY_SECONDS:.3g}"),
        phase=phase.id,
        fresh=fresh,
    )


def _lasts(ends: Anchor, until: Duration | None) -> bool:
    """Tell if something that ends so is asked for as long as it has to be."""
    is_of_phase = ends.origin == "phase"
    return until is not None and is_of_phase and ends.offset.about_seconds >= until.about_seconds


def _longest_wait(cadence: Cadence, there: Sequence[AnyActivity]) -> float:
    """Seconds between two times of a cadence at the longest, nights counted, awake from 07:00 to 23:00.

    What follows sessions comes as often as those of them that are `there`.
    """
    match cadence:
        case Every(interval):
            step = max(interval.least.about_seconds, 1.0)
            last = (WAKING - 1) // step * step
            return max(step if last else 0.0, DAY_SECONDS - last)
        case PerDay(most=most):
            return max(WAKING / most, DAY_SECONDS - (most - 1) * WAKING / most)
        case At(times):
            at = sorted({seconds_of_day(moment) for moment in times})
            return max(
                later - sooner for sooner, later in zip(at, [*at[1:], at[0] + DAY_SECONDS], strict=True)
            )
        case PerWeek(count):
            return -(-7 // count) * DAY_SECONDS
        case After(followed):
            sessions = (each for each in there if isinstance(each, Treatment) and each.id in followed)
            waits = (_longest_wait(each.cadence, ()) for each in sessions)
            return min(waits, default=inf)
        case Once():
            return inf


@rule("gate-contradictory", "every condition can become true")
def gate_contradictory(walk: Walk) -> Iterator[Finding]:
    for gate in walk.gates:
        if is_contradictory(gate.condition, walk.answers):
            message = _("{name!r} can never be true", name=gate.name)
            yield Finding(gate.path, message, found=_in_words(gate.condition)[:200])
    # A phase is left when it may be left and the next may be entered: both at once has to be possible.
    phases = walk.protocol.phases
    for before, phase in pairwise(phases):
        if before.leave_when is None or phase.enter_when is None:
            continue
        both = (before.leave_when, phase.enter_when)
        is_possible_alone = not any(is_contradictory(condition, walk.answers) for condition in both)
        if is_possible_alone and is_contradictory(All(both), walk.answers):
            message = _(
                "never true together with 'leave_when' of {before!r}: {phase!r} is never reached",
                before=before.id,
                phase=phase.id,
            )
            yield Finding(("phases", phase.id, "enter_when"), message)


def _in_words(condition: Condition) -> str:
    """A condition as it is written, its parts joined by words."""
    match condition:
        case All(parts) | AnyOf(parts):
            joint, in_brackets = (_(" and "), AnyOf) if isinstance(condition, All) else (_(" or "), All)
            each = ((_in_words(part), isinstance(part, in_brackets)) for part in parts)
            return joint.join(f"({words})" if is_in_brackets else words for words, is_in_brackets in each)
        case Not(part):
            return _("not ({condition})", condition=_in_words(part))
        case Comparison():
            return str(condition)


# Which way a condition goes ------------------------------------------------------------------------

_LETS_ON = ("enter_when", "leave_when", "climb_when", "needs")
_TURNS_BACK = ("step_back_when", "back_to", "red_flags")


@rule("gate-wrong-way", "what lets on gets true as answers get better, what stops as they get worse")
def gate_wrong_way(walk: Walk) -> Iterator[Finding]:
    """Exercise and massage let on, too."""
    busy = {
        (*path, "only_if")
        for path, _phase, activity in walk.treatments
        if any(step.modality in BUSY_MODALITIES for step in activity.steps)
    }
    for gate in walk.gates:
        is_stop = any(name in gate.path for name in _TURNS_BACK)
        if is_stop or gate.name in _LETS_ON or gate.path in busy:
            yield from _against(walk, gate, is_stop=is_stop)


def _against(walk: Walk, gate: Gate, *, is_stop: bool) -> Iterator[Finding]:
    """The comparisons of a gate that go the other way."""
    compared = [*walk.with_polarity(gate.condition, gate.path)]
    is_absence = "red_flags" in gate.path and any(
        is_negated and each.subject in walk.protocol.observations for each, is_negated, _path in compared
    )
    for comparison, is_negated, path in compared:
        ways = _directions(comparison, walk.protocol)
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
            yield Finding(path, message, _("the other way round"), shown)


def _directions(comparison: Comparison, protocol: RecoveryProtocol) -> set[str]:
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


# Phases ---------------------------------------------------------------------------------------------


@rule("max-without-at-max", "a phase with a longest time says what happens then", misses=("at_max",))
def max_without_at_max(walk: Walk) -> Iterator[Finding]:
    for phase in walk.protocol.phases:
        if phase.most is not None and phase.at_most is None:
            message = _("the phase has a 'max' but does not say what happens then")
            yield Finding(("phases", phase.id, "max"), message, "at_max: {level: ..., say: ...}")


@rule(
    "at-max-without-max",
    "what happens at the longest time is told only for a phase that has one",
    misses=("max",),
)
def at_max_without_max(walk: Walk) -> Iterator[Finding]:
    for phase in walk.protocol.phases:
        if phase.most is None and phase.at_most is not None:
            yield Finding(
                ("phases", phase.id, "at_max"), _("'at_max' is never told without a 'max'"), "max: ..."
            )


@rule(
    "phase-ends-at-once",
    "a phase has a shortest time or a condition for its end",
    misses=("min", "leave_when"),
)
def phase_ends_at_once(walk: Walk) -> Iterator[Finding]:
    for phase in walk.protocol.phases:
        path = ("phases", phase.id)
        if phase.leave_when is None and (*path, "min") not in walk.places and not phase.is_endless:
            message = _("the phase ends the moment it begins: it has neither 'min' nor 'leave_when'")
            yield Finding(path, message, _("min, leave_when, or both"))


@rule("endless-not-last", "only the last phase goes on without an end")
def endless_not_last(walk: Walk) -> Iterator[Finding]:
    for phase in walk.protocol.phases[:-1]:
        if phase.is_endless:
            yield Finding(("phases", phase.id, "ends"), _("no phase after one that never ends is reached"))


@rule("phase-is-empty", "a phase has something to do", severity="warning", needs=WHOLE)
def phase_is_empty(walk: Walk) -> Iterator[Finding]:
    for phase in walk.protocol.phases:
        if not any(phase.everything()):
            yield Finding(("phases", phase.id), _("the phase has nothing to do"), "do: ...")


@rule("min-over-max", "no phase has a shortest time that is longer than its longest, for any grade")
def min_over_max(walk: Walk) -> Iterator[Finding]:
    for phase in walk.protocol.phases:
        if phase.most is None:
            continue
        least, most = walk.lengths(phase.least), walk.lengths(phase.most)
        wrong = [
            grade
            for grade in least
            if grade in most and least[grade].about_seconds > most[grade].about_seconds
        ]
        if wrong:
            message = (
                _("'max' is shorter than 'min'")
                if len(wrong) == len(least)
                else _("'max' is shorter than 'min' for grade {grades}", grades=", ".join(wrong))
            )
            expected = _("at least {length}", length=least[wrong[0]])
            yield Finding(("phases", phase.id, "max"), message, expected, str(most[wrong[0]]))


@rule("step-undecidable", "a step is left out only by what is known from the start: grade, side, options")
def step_undecidable(walk: Walk) -> Iterator[Finding]:
    given = {"grade", "side", *walk.protocol.options}
    for part in walk.parts:
        for comparison in comparisons(part.value.only_if) if isinstance(part.value, Rung) else ():
            if comparison.subject not in given:
                message = _(
                    "whether there is a step cannot depend on {subject!r}", subject=comparison.subject
                )
                expected = _("one of {names}", names=name_list(sorted(given)))
                yield Finding((*part.path, "only_if"), message, expected)


@rule("ladder-too-long", "the steps of a ladder fit into its phase, for every grade", needs=WHOLE)
def ladder_too_long(walk: Walk) -> Iterator[Finding]:
    """The last step can be reached before the phase is over its time; of grades that cannot, the first is told."""
    for phase in walk.protocol.phases:
        most = {} if phase.most is None else walk.lengths(phase.most)
        for grade, length in most.items():
            climbed = [
                walk.lengths(rung.least).get(grade)
                for rung in phase.ladder
                if may_apply(rung.only_if, {"grade": grade})
            ][:-1]
            needed = sum(each.about_seconds for each in climbed if each is not None)
            if needed > length.about_seconds:
                days = _("{days} days before the last step", days=f"{needed / DAY_SECONDS:.3g}")
                message = _("the steps take longer than the phase's max, for grade {grade}", grade=grade)
                expected = _("at most {length}", length=length)
                yield Finding(("phases", phase.id, "steps"), message, expected, days)
                break


# Contradictions -------------------------------------------------------------------------------------

_MOST_WAYS = 256

_OPPOSITE = {"<=": ">", "<": ">=", ">=": "<", ">": "<=", "==": "!=", "!=": "=="}

_Literal = tuple[Comparison, bool]
"""A comparison, and whether it has to be true."""


def is_contradictory(condition: Condition, observations: Mapping[str, Observation]) -> bool:
    """Tell if it can never be true. In doubt (a condition of very many ways) it is said to be possible."""
    ways = list(islice(_ways(condition, True), _MOST_WAYS + 1))
    return len(ways) <= _MOST_WAYS and not any(_is_possible(way, observations) for way in ways)


def is_always_true(comparison: Comparison, observations: Mapping[str, Observation]) -> bool:
    """Tell if every answer makes it true. Of trends that is never said."""
    return comparison.test in TESTS and is_contradictory(Not(comparison), observations)


def _ways(condition: Condition, wanted: bool) -> Iterator[tuple[_Literal, ...]]:
    """The sets of comparisons that would make a condition true (or false), one after the other."""
    match condition:
        case Comparison():
            yield ((condition, wanted),)
        case Not(part):
            yield from _ways(part, not wanted)
        case All(parts) | AnyOf(parts):
            if isinstance(condition, All) == wanted:
                limited = [list(islice(_ways(part, wanted), _MOST_WAYS + 1)) for part in parts]
                for combination in product(*limited):
                    yield tuple(literal for way in combination for literal in way)
            else:
                for part in parts:
                    yield from _ways(part, wanted)


def _is_possible(way: tuple[_Literal, ...], observations: Mapping[str, Observation]) -> bool:
    by_subject: dict[str, list[_Literal]] = {}
    for literal in way:
        by_subject.setdefault(literal[0].subject, []).append(literal)
    return all(_can_hold(subject, literals, observations) for subject, literals in by_subject.items())


def _can_hold(subject: str, literals: list[_Literal], observations: Mapping[str, Observation]) -> bool:
    trends = {
        (literal.test, literal.value, literal.reference, wanted)
        for literal, wanted in literals
        if literal.test not in TESTS
    }
    if any((*trend, not wanted) in trends for *trend, wanted in trends):
        return False
    tests = [(x.test if wanted else _OPPOSITE[x.test], x.value) for x, wanted in literals if x.test in TESTS]
    if subject in ORIGINS:
        return _times_can_hold(tests)
    values = _values(subject, observations)
    return values is None or any(all(_holds(test, value, limit) for test, limit in tests) for value in values)


def _values(subject: str, observations: Mapping[str, Observation]) -> tuple[str, ...] | range | None:
    if subject == "grade":
        return GRADES
    if subject == "side":
        return SIDES
    asked = observations.get(subject)
    if asked is None:
        return None
    return asked.choices or range(asked.least, asked.most + 1)


def _holds(test: str, value: Any, limit: Any) -> bool:
    """Values that cannot be compared are another rule's business."""
    if isinstance(value, str) != isinstance(limit, str):
        return True
    return bool(TESTS[test](value, limit))


def _times_can_hold(tests: list[tuple[str, Any]]) -> bool:
    seconds = [(test, value.about_seconds) for test, value in tests if isinstance(value, Duration)]
    least = max((value for test, value in seconds if test in (">=", ">")), default=0.0)
    most = min((value for test, value in seconds if test in ("<=", "<")), default=float("inf"))
    return least < most or (
        least == most and all(test in (">=", "<=") for test, value in seconds if value == least)
    )
