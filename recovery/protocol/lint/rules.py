"""The rules of the linter: their registry, and the protocol as they look at it."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, cached_property
from typing import Any, get_args

from recovery.language import _
from recovery.protocol.declared import fields
from recovery.protocol.model import (
    Activity,
    AnyActivity,
    BackTo,
    Escalation,
    Exclusion,
    Item,
    Limit,
    Observation,
    Phase,
    RecoveryProtocol,
    RedFlag,
    Rung,
    Step,
    Treatment,
    modalities,
)
from recovery.protocol.problems import KeyPath, Location, Places, Problem, did_you_mean, name_list, place_at
from recovery.protocol.scalars import Cue, CueTitle
from recovery.protocol.terms import (
    GRADES,
    SCREENING_ANSWERS,
    After,
    All,
    AnyOf,
    At,
    Cadence,
    Cites,
    Comparison,
    Condition,
    Duration,
    Every,
    Length,
    LocalMoment,
    Not,
    PerDay,
    PerWeek,
    TableRef,
)
from recovery.values import Value

# The protocol ----------------------------------------------------------------------------------------


class Part(Value):
    """An item of a protocol, and where it stands."""

    path: KeyPath
    value: Any
    phase: Phase | None = None
    """The phase that it is, or that it stands in."""
    rung: Rung | None = None
    """The step of a ladder that it is, or that it stands in."""


class Keyed(Value):
    """A value that stands under a key of an item."""

    part: Part
    """The item whose sources stand behind it."""
    key: str
    """Its name in the item's `source`."""
    path: KeyPath
    value: Any
    is_text: bool = False
    """True if it is a text for a person, in which braces may stand."""

    @property
    def sources(self) -> tuple[str, ...]:
        """The references to sources for this key."""
        cites: Cites = self.part.value.cites
        return cites.get(self.key, cites.get("", ()))


class Gate(Value):
    """A condition of a protocol, where it stands, and the phases in which it has to be decided."""

    path: KeyPath
    condition: Condition
    phases: tuple[Phase, ...]
    is_once_enough: bool = False
    """True if it is enough that one of the phases can decide it."""
    rung: Rung | None = None
    """The step of the phase's ladder that it belongs to, if to one."""

    @property
    def name(self) -> str:
        return self.path[-1]


class Walk:
    """A protocol as the rules look at it: its parts, and the places of what is written in its files."""

    def __init__(self, protocol: RecoveryProtocol, places: Places) -> None:
        self.protocol = protocol
        self.places = places
        """Without what is only a default."""
        self.parts = tuple(_parts(Part((), protocol)))

    @cached_property
    def values(self) -> tuple[Keyed, ...]:
        """The values under the keys of all items that can name sources, defaults among them."""
        return tuple(each for part in self.parts if hasattr(part.value, "cites") for each in _keyed(part))

    @cached_property
    def activities(self) -> tuple[tuple[KeyPath, Phase, AnyActivity], ...]:
        """Every activity with its path and its phase."""
        return tuple(
            (part.path, part.phase, part.value)
            for part in self.parts
            if isinstance(part.value, AnyActivity) and part.phase is not None
        )

    @cached_property
    def treatments(self) -> tuple[tuple[KeyPath, Phase, Treatment], ...]:
        """Every session that is planned, with its path and its phase."""
        return tuple(
            (path, phase, each) for path, phase, each in self.activities if isinstance(each, Treatment)
        )

    @cached_property
    def treated(self) -> Mapping[str, KeyPath]:
        """The modalities of sessions, each with the first session that has it."""
        firsts: dict[str, KeyPath] = {}
        for path, _phase, activity in self.treatments:
            for modality in modalities(activity):
                firsts.setdefault(modality, path)
        return firsts

    @cached_property
    def gates(self) -> tuple[Gate, ...]:
        """Every condition of the protocol."""
        return tuple(self._gate(each) for each in self.values if isinstance(each.value, Condition))

    def _gate(self, keyed: Keyed) -> Gate:
        """A phase's `enter_when` is decided while the phase before it lasts, that of the first phase in itself."""
        part, phases = keyed.part, self.protocol.phases
        match part.value:
            case RedFlag():
                return Gate(keyed.path, keyed.value, phases, is_once_enough=True)
            case Limit() as limit:
                phases = tuple(p for p in phases if _binds(limit, p) and {*limit.of} & p.modalities)
            case Phase() as phase if keyed.key == "enter_when":
                phases = (phases[max(0, phases.index(phase) - 1)],)
            case _:
                phases = (part.phase,) if part.phase is not None else ()
        rung = part.rung if isinstance(part.value, Activity) else None
        return Gate(keyed.path, keyed.value, phases, rung=rung)

    @cached_property
    def compared(self) -> tuple[tuple[Gate, Comparison, KeyPath], ...]:
        """Every comparison with its condition and the path at which it is written."""
        return tuple(
            (gate, comparison, path)
            for gate in self.gates
            for comparison, _is_negated, path in self.with_polarity(gate.condition, gate.path)
        )

    def with_polarity(
        self, condition: Condition, path: KeyPath, *, is_negated: bool = False
    ) -> Iterator[tuple[Comparison, bool, KeyPath]]:
        """Every comparison of a condition, whether it has to be false, and the path at which it is written."""
        match condition:
            case Comparison():
                yield condition, is_negated, path
            case All(parts) | AnyOf(parts):
                key = "all" if isinstance(condition, All) else "any"
                base = (*path, key) if (*path, key) in self.places else path
                for index, part in enumerate(parts):
                    yield from self.with_polarity(part, (*base, str(index)), is_negated=is_negated)
            case Not(part):
                yield from self.with_polarity(part, (*path, "not"), is_negated=not is_negated)

    @cached_property
    def answers(self) -> Mapping[str, Observation]:
        """The subjects of conditions besides grade, side and time. Options and screening questions are choices."""
        protocol = self.protocol
        return {
            **{
                name: Observation(name, name, each.ask, choices=each.choices)
                for name, each in protocol.options.items()
            },
            **{
                each.id: Observation(each.id, each.id, each.ask, choices=SCREENING_ANSWERS)
                for each in protocol.screen
            },
            **protocol.observations,
        }

    @cached_property
    def tables(self) -> tuple[tuple[Keyed, str], ...]:
        """Every reference to a table, with the name of the table."""
        return tuple(
            (each, each.value.table if isinstance(each.value, TableRef) else each.value)
            for each in self.values
            if isinstance(each.value, TableRef) or each.path == ("healing", "table")
        )

    @cached_property
    def other_protocols(self) -> tuple[tuple[KeyPath, str, Mapping[str, str]], ...]:
        """The other protocols that it names, where, and the options with which they are started."""
        others: list[tuple[KeyPath, str, Mapping[str, str]]] = []
        if self.protocol.then:
            others.append((("then",), self.protocol.then, {}))
        phases = {phase.id for phase in self.protocol.phases}
        for part in self.parts:
            match part.value:
                case Exclusion(name):
                    others.append((part.path, name, {}))
                case BackTo(name) if name not in phases:
                    others.append(((*part.path, "phase"), name, {}))
                case Item(start=name, options=options) if name:
                    others.append(((*part.path, "start"), name, options))
        return tuple(others)

    def limits(self, phase: Phase) -> list[Limit]:
        """The limits that hold in a phase."""
        return [limit for limit in self.protocol.limits if _binds(limit, phase)]

    def lengths(self, length: Length) -> dict[str, Duration]:
        """A length for each grade; empty where its table is not there."""
        if isinstance(length, TableRef) and length.table not in self.protocol.tables:
            return {}
        return {grade: self.protocol.length(length, grade) for grade in GRADES}


def _parts(part: Part) -> Iterator[Part]:
    """Walk through an item and all that stands in it."""
    yield part
    for name in part.value._fields:
        if name == "floor":  # of the language, and no part of the file
            continue
        path, content = (*part.path, _key(part.value, name)), getattr(part.value, name)
        if isinstance(content, Mapping | tuple):
            many = content.values() if isinstance(content, Mapping) else content
            inside = [((*path, each.id), each) for each in many if hasattr(each, "id")]
        else:
            inside = [(path, content)] if hasattr(content, "cites") else []
        for where, value in inside:
            phase = value if isinstance(value, Phase) else part.phase
            yield from _parts(Part(where, value, phase, value if isinstance(value, Rung) else part.rung))


def _keyed(part: Part) -> Iterator[Keyed]:
    """Walk through the keys of an item, the treatments of a session before how often it comes."""
    item = part.value
    form: Any = type(item)
    for name in sorted(item._fields, key=lambda field: field == "cadence"):
        key, content = _key(item, name), getattr(item, name)
        path = (*part.path, key)
        if isinstance(content, Cadence):
            key = cadence_key(content)
            yield Keyed(part, key, (*part.path, key), content)
            if isinstance(content, PerWeek):
                yield Keyed(part, "at", (*part.path, "at"), content.at)
        elif isinstance(content, Escalation):
            for told in ("say", "unanswered"):
                yield Keyed(part, key, (*path, told), getattr(content, told), is_text=True)
            for length in ("again", "after"):
                if isinstance(getattr(content, length, None), Duration):
                    yield Keyed(part, key, (*path, length), getattr(content, length))
        elif name == "rows":
            yield from (Keyed(part, grade, (*part.path, grade), row) for grade, row in content.items())
        elif isinstance(item, Treatment) and name == "steps":
            yield from _keyed_steps(part, content)
        elif content is not None and not (key == "scale" and (item.choices or item.test)):
            yield Keyed(part, key, path, content, isinstance(content, str) and name in _texts_of(form))


def _keyed_steps(part: Part, steps: tuple[Step, ...]) -> Iterator[Keyed]:
    """Waits are entries of their own in the file's list, so treatments are counted with them."""
    for index, step in enumerate(steps):
        path = step_path(part.path, steps, index)
        yield Keyed(part, "duration", (*path, "duration"), step.duration)
        for name in ("start", "end", "stop_if"):  # a problem of one of several is shown at the activity
            key, text = name if len(steps) == 1 else "steps", getattr(step, name)
            yield Keyed(part, key, (*part.path, name), text, is_text=True)
        if step.wait.seconds:
            path = step_path(part.path, steps, index, is_wait=True)
            yield Keyed(part, "wait", (*path, "wait"), step.wait)


def step_path(path: KeyPath, steps: tuple[Step, ...], index: int, *, is_wait: bool = False) -> KeyPath:
    """Find the path of a treatment of a session, or of the wait after it. Only treatments that alternate have one."""
    if len(steps) == 1:
        return path
    waits = sum(1 for step in steps[:index] if step.wait.seconds)
    return (*path, "steps", str(index + waits + is_wait))


def _key(item: Any, name: str) -> str:
    if isinstance(item, Observation) and name in ("least", "most"):
        return "scale"
    form: Any = type(item)
    declared = fields(form).get(name)
    return name if declared is None else declared.key


@cache
def _texts_of(form: Any) -> frozenset[str]:
    """The fields of a form that are texts for a person, in which braces may stand."""
    return frozenset(
        each.field
        for each in fields(form).values()
        if any(kind in (Cue, CueTitle) for kind in (each.written, *get_args(each.written)))
    )


def _binds(limit: Limit, phase: Phase) -> bool:
    return not limit.during or phase.id in limit.during


# The day, and words ----------------------------------------------------------------------------------

HOUR_SECONDS = 3600.0
WAKE, BEDTIME = 7 * HOUR_SECONDS, 23 * HOUR_SECONDS
WAKING = BEDTIME - WAKE
DAY_SECONDS = 24 * HOUR_SECONDS


def seconds_of_day(moment: LocalMoment) -> float:
    """Convert a time of day to seconds since midnight, for somebody awake from 07:00 to 23:00."""
    base = {"wake": WAKE, "bedtime": BEDTIME}.get(moment.base)
    if base is None:
        return moment.at.hour * HOUR_SECONDS + moment.at.minute * 60
    return base + moment.minutes * 60


def round_length(activity: AnyActivity) -> float:
    """The seconds of one round, without the wait after its last treatment; 0 for what is no session."""
    if not isinstance(activity, Treatment):
        return 0.0
    total = sum(step.duration.least.about_seconds + step.wait.about_seconds for step in activity.steps)
    return total - activity.steps[-1].wait.about_seconds


def times_a_day(activity: Treatment, phase: Phase, *, at_most: bool = False) -> int:
    """Count how often a day it comes by itself, where its cadence says so (0: it does not).

    `at_most`: if every one takes place, suggestions and those of a chain included.
    """
    if activity.is_optional and not at_most:
        return 0
    match activity.cadence:
        case PerDay(most=most):
            return most
        case At(times):
            return len(times)
        case Every(interval) if at_most:
            length = round_length(activity)
            return 1 + max(0, int((WAKING - length) // (length + interval.least.about_seconds)))
        case After(followed):
            before = [
                each
                for each in phase.everything()
                if each.id in followed and isinstance(each, Treatment) and not isinstance(each.cadence, After)
            ]
            if before:
                return sum(times_a_day(each, phase, at_most=at_most) * len(each.steps) for each in before)
    return int(at_most)


def cadence_key(cadence: Cadence) -> str:
    """The key that says how often something comes: `per_day` for `PerDay`."""
    return re.sub("(?<=[a-z])(?=[A-Z])", "_", type(cadence).__name__).lower()


def listed_names(names: Iterable[str]) -> str:
    """`one of a, b`, in the order of the alphabet."""
    words = sorted(names)
    return _("one of {names}", names=name_list(words)) if words else _("none is defined")


# Rules -----------------------------------------------------------------------------------------------

WHOLE = "whole"
"""The need of a rule that speaks only of a file without errors."""


class Finding(Value):
    """A place where a rule is broken."""

    path: KeyPath
    message: str
    expected: str = ""
    found: str = ""
    about: str = ""
    """The name of what the rule looked for: an observation, a source, a table, a phase."""
    severity: str = ""
    """Where it is not that of the rule."""


def not_there(path: KeyPath, message: str, name: str, names: Iterable[str]) -> Finding:
    """A name of nothing that is there, with those that are; `message` has `{name!r}`, and `N_` marks it."""
    there = sorted(names)
    words = _(message, name=name) + did_you_mean(name, there)
    return Finding(path, words, listed_names(there), about=name)


class Gaps(Value):
    """The parts of a file with errors that could not be used."""

    left_out: frozenset[KeyPath]
    is_whole: bool
    """True if all protocols that it uses are there."""


class Rule(Value):
    """One rule, by its id."""

    id: str
    meaning: str
    check: Callable[[Walk], Iterator[Finding]] | None = None
    """None of a rule that the compiler or the reader of files keeps."""
    severity: str = "error"
    """`error` or `warning`."""
    warns_where: Callable[[RecoveryProtocol], bool] | None = None
    """The protocols in which an error is a warning."""
    needs: str = ""
    """The section of the file in which it looks names up, or `WHOLE`: without that it says nothing."""
    misses: tuple[str, ...] = ()
    """The keys whose absence it tells."""

    def problems(self, walk: Walk, gaps: Gaps | None = None) -> Iterator[Problem]:
        """List the places where it is broken; with `gaps` only where it is broken whatever stood in them."""
        for finding in self.check(walk) if self.check is not None else ():
            if gaps is None or self._is_sure(finding, gaps):
                is_mild = self.warns_where is not None and self.warns_where(walk.protocol)
                yield self.problem(
                    place_at(walk.places, *finding.path),
                    finding.message,
                    expected=finding.expected,
                    found=finding.found,
                    severity="warning" if is_mild else finding.severity,
                )

    def problem(
        self, place: Location, message: str, *, expected: str = "", found: str = "", severity: str = ""
    ) -> Problem:
        """A breach of it at a place."""
        severity = severity or self.severity
        return place.problem(message, expected=expected, found=found, severity=severity, rule=self.id)

    def _is_sure(self, finding: Finding, gaps: Gaps) -> bool:
        needed = ((self.needs,), (self.needs, finding.about))
        if self.needs == WHOLE or (self.needs and not gaps.is_whole):
            return False
        if self.needs and any(path[:2] in needed for path in gaps.left_out):
            return False
        return not any(self._is_of(finding, path) for path in gaps.left_out)

    def _is_of(self, finding: Finding, left_out: KeyPath) -> bool:
        """Tell if a finding is about what was left out, or misses just that."""
        if finding.path[: len(left_out)] == left_out:
            return True
        key = next((key for key in self.misses if key in left_out), None)
        if key is None:
            return False
        item = left_out[: left_out.index(key)]
        return finding.path[: len(item)] == item


RULES: dict[str, Rule] = {}
"""Every rule by its id."""


def rule(
    id_: str,
    meaning: str,
    *,
    severity: str = "error",
    warns_where: Callable[[RecoveryProtocol], bool] | None = None,
    needs: str = "",
    misses: tuple[str, ...] = (),
) -> Callable[[Callable[[Walk], Iterator[Finding]]], Rule]:
    """Make a check a rule of the registry."""

    def registered(check: Callable[[Walk], Iterator[Finding]]) -> Rule:
        RULES[id_] = Rule(id_, meaning, check, severity, warns_where, needs, misses)
        return RULES[id_]

    return registered


def _kept_elsewhere(id_: str, meaning: str, severity: str = "error") -> Rule:
    RULES[id_] = Rule(id_, meaning, severity=severity)
    return RULES[id_]


DUPLICATE_ID = _kept_elsewhere("duplicate-id", "everything of one kind has an id of its own")
UNKNOWN_PROTOCOL = _kept_elsewhere("unknown-protocol", "other protocols that are named are there")
UNKNOWN_TRANSLATION = _kept_elsewhere(
    "unknown-translation", "translations are of texts that are there, with the same braces"
)
UNTRANSLATED = _kept_elsewhere(
    "untranslated", "a language that a file has, it has for all its texts", severity="warning"
)


# Where an error is a warning -------------------------------------------------------------------------


def is_first_draft(protocol: RecoveryProtocol) -> bool:
    """Tell if no source of it says which numbers it gives."""
    return not any(source.says for source in protocol.sources.values())


def is_answered_for(protocol: RecoveryProtocol) -> bool:
    """Tell if a professional answers for it."""
    return protocol.responsible is not None


def is_unbound(protocol: RecoveryProtocol) -> bool:
    """Tell if it may leave out parts of the floor: it names no source, or a professional answers for it."""
    return is_answered_for(protocol) or not protocol.sources
