"""The findings of lint rules, and the ways through a protocol that the rules share."""

from collections.abc import Iterator
from dataclasses import dataclass

from recovery.language import _
from recovery.protocol.floor import Bound
from recovery.protocol.model import (
    AnyActivity,
    CheckIn,
    Limit,
    Observation,
    Phase,
    RecoveryProtocol,
    Rung,
)
from recovery.protocol.problems import Places
from recovery.protocol.terms import (
    GRADES,
    All,
    AnyOf,
    Comparison,
    Condition,
    Duration,
    Length,
    Not,
    TableRef,
)

Path = tuple[str, ...]
"""Keys of the file, with ids for list positions: `("phases", "rice", "do", "ice", "every")`."""


@dataclass(frozen=True)
class Finding:
    """A rule that is broken, and where."""

    rule: str
    path: Path
    message: str
    expected: str = ""
    found: str = ""
    severity: str = "error"
    about: str = ""
    """The name of what the rule looked for: an observation, a source, a table, a phase."""
    bound: Bound | None = None
    """The number of the floor that something is less strict than."""


@dataclass(frozen=True)
class Gate:
    """A condition of a protocol, where it stands, and the phases in which it has to be decided."""

    path: Path
    condition: Condition
    name: str
    phases: tuple[Phase, ...]
    is_once_enough: bool = False
    """True if it is enough that one of the phases can decide it."""
    rung: Rung | None = None
    """The step of the phase's ladder that it belongs to, if to one."""


def activities(protocol: RecoveryProtocol) -> Iterator[tuple[Path, Phase, AnyActivity]]:
    """Every activity with its path and its phase."""
    for phase in protocol.phases:
        for activity in phase.activities:
            yield ("phases", phase.id, "do", activity.id), phase, activity
        for rung in phase.ladder:
            for activity in rung.activities:
                yield ("phases", phase.id, "steps", rung.id, "do", activity.id), phase, activity


def subjects(protocol: RecoveryProtocol) -> dict[str, Observation]:
    """List the subjects of conditions besides grade, side and time. Options and screening questions are choices."""
    known = {
        name: Observation(name, each.ask, choices=each.choices) for name, each in protocol.options.items()
    }
    known |= {each.id: Observation(each.id, each.ask, choices=("yes", "no")) for each in protocol.screen}
    return known | dict(protocol.observations)


def gates(protocol: RecoveryProtocol) -> Iterator[Gate]:
    """Every condition of a protocol.

    A phase's `enter_when` is decided while the phase before it lasts, that of the first phase in itself.
    """
    for index, phase in enumerate(protocol.phases):
        path: Path = ("phases", phase.id)
        if phase.enter_when is not None:
            before = protocol.phases[max(0, index - 1)]
            yield Gate((*path, "enter_when"), phase.enter_when, "enter_when", (before,))
        inside = (
            ("leave_when", phase.leave_when),
            ("climb_when", phase.climb_when),
            ("step_back_when", phase.step_back_when),
        )
        for name, condition in inside:
            if condition is not None:
                yield Gate((*path, name), condition, name, (phase,))
        if phase.back_to is not None:
            yield Gate((*path, "back_to", "when"), phase.back_to.when, "when", (phase,))
        for rung in phase.ladder:
            if rung.only_if is not None:
                yield Gate((*path, "steps", rung.id, "only_if"), rung.only_if, "only_if", (phase,))
    for path, phase, activity in activities(protocol):
        if activity.only_if is not None:
            own = next((each for each in phase.ladder if activity in each.activities), None)
            yield Gate((*path, "only_if"), activity.only_if, "only_if", (phase,), rung=own)
    for limit in protocol.limits:
        if limit.needs is not None:
            where = tuple(p for p in protocol.phases if binds(limit, p) and set(limit.of) & modalities(p))
            yield Gate(("limits", limit.id, "needs"), limit.needs, "needs", where)
    for flag in protocol.red_flags:
        if flag.when is None:
            continue
        yield Gate(("red_flags", flag.id, "when"), flag.when, "when", protocol.phases, is_once_enough=True)


def binds(limit: Limit, phase: Phase) -> bool:
    """Tell if a limit holds in a phase."""
    return not limit.during or phase.id in limit.during


def modalities(phase: Phase) -> set[str]:
    """Collect the modalities of all activities of a phase."""
    found: set[str] = set()
    for activity in phase.everything():
        found.update(step.modality for step in getattr(activity, "steps", ()))
        if modality := getattr(activity, "modality", ""):
            found.add(modality)
    return found


def check_ins(phase: Phase, observation: str, rung: Rung | None = None) -> tuple[CheckIn, ...]:
    """The check-ins of a phase (and one step of its ladder) that ask for an observation as long as it lasts."""
    return tuple(
        activity
        for activity in (*phase.activities, *(rung.activities if rung else ()))
        if isinstance(activity, CheckIn)
        and observation in activity.asks
        and activity.until is None
        and activity.only_if is None
    )


def in_words(condition: Condition) -> str:
    """A condition as it is written, its parts joined by words."""
    match condition:
        case All(parts):
            return _(" and ").join(
                f"({in_words(part)})" if isinstance(part, AnyOf) else in_words(part) for part in parts
            )
        case AnyOf(parts):
            return _(" or ").join(
                f"({in_words(part)})" if isinstance(part, All) else in_words(part) for part in parts
            )
        case Not(part):
            return _("not ({condition})", condition=in_words(part))
        case Comparison():
            return str(condition)


def compared(condition: Condition, path: Path, places: Places) -> Iterator[tuple[Comparison, Path]]:
    """Every comparison of a condition, with the path at which it is written."""
    for comparison, _is_negated, where in with_polarity(condition, path, places):
        yield comparison, where


def with_polarity(
    condition: Condition, path: Path, places: Places, *, is_negated: bool = False
) -> Iterator[tuple[Comparison, bool, Path]]:
    """Every comparison of a condition, whether it has to be false, and the path at which it is written."""
    match condition:
        case Comparison():
            yield condition, is_negated, path
        case All(parts) | AnyOf(parts):
            key = "all" if isinstance(condition, All) else "any"
            base = (*path, key) if (*path, key) in places else path
            for index, part in enumerate(parts):
                yield from with_polarity(part, (*base, str(index)), places, is_negated=is_negated)
        case Not(part):
            yield from with_polarity(part, (*path, "not"), places, is_negated=not is_negated)


def lengths(protocol: RecoveryProtocol, length: Length) -> dict[str, Duration]:
    """A length for each grade; empty where its table is not there."""
    if isinstance(length, TableRef) and length.table not in protocol.tables:
        return {}
    return {grade: protocol.length(length, grade) for grade in GRADES}
