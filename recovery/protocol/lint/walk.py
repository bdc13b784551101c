"""One walk through a protocol: its items, and what stands under each key of them, each with its place in the file."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

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
from recovery.protocol.problems import Places
from recovery.protocol.terms import (
    GRADES,
    All,
    AnyOf,
    Cadence,
    Cites,
    Comparison,
    Condition,
    Duration,
    Length,
    Not,
    PerWeek,
    TableRef,
)
from recovery.values import Value

Path = tuple[str, ...]
"""Keys of the file, with ids for list positions: `("phases", "rice", "do", "ice", "every")`."""

_KEYS = {
    "activities": "do",
    "asks": "ask",
    "assessment": "assess",
    "at_most": "at_max",
    "during": "in",
    "forbids": "forbid",
    "ladder": "steps",
    "least": "min",
    "modality": "of",
    "most": "max",
    "observations": "observe",
    "refuses": "refuse",
    "suspends": "suspend",
}
"""The key of the file for a field that is not called the same."""
_TEXTS = ("ask", "say", "goal", "on", "off", "start", "end", "stop_if")
"""Keys of texts for a person, in which braces may stand."""


class Part(Value):
    """An item of a protocol, and where it stands."""

    path: Path
    value: Any
    phase: Phase | None = None
    """The phase that it is, or that it stands in."""
    rung: Rung | None = None
    """The step of a ladder that it is, or that it stands in."""


class Written(Value):
    """A value that stands under a key of an item."""

    part: Part
    """The item whose sources stand behind it."""
    key: str
    """What the item's `source` calls it."""
    path: Path
    value: Any

    @property
    def sources(self) -> tuple[str, ...]:
        """The references to sources for this key."""
        cites: Cites = self.part.value.cites
        return cites.get(self.key, cites.get("", ()))

    @property
    def is_text(self) -> bool:
        """True if it is a text for a person, in which braces may stand."""
        names = (*_TEXTS, "title") if isinstance(self.part.value, Activity) else _TEXTS
        return isinstance(self.value, str) and self.path[-1] in names


class Gate(Value):
    """A condition of a protocol, where it stands, and the phases in which it has to be decided."""

    path: Path
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
    def written(self) -> tuple[Written, ...]:
        """The values under the keys of all items that can name sources, defaults among them."""
        return tuple(each for part in self.parts if hasattr(part.value, "cites") for each in _written(part))

    @cached_property
    def activities(self) -> tuple[tuple[Path, Phase, AnyActivity], ...]:
        """Every activity with its path and its phase."""
        return tuple(
            (part.path, part.phase, part.value)
            for part in self.parts
            if isinstance(part.value, AnyActivity) and part.phase is not None
        )

    @cached_property
    def treatments(self) -> tuple[tuple[Path, Phase, Treatment], ...]:
        """Every session that is planned, with its path and its phase."""
        return tuple(
            (path, phase, each) for path, phase, each in self.activities if isinstance(each, Treatment)
        )

    @cached_property
    def treated(self) -> Mapping[str, Path]:
        """The modalities of sessions, each with the first session that has it."""
        firsts: dict[str, Path] = {}
        for path, _phase, activity in self.treatments:
            for modality in modalities(activity):
                firsts.setdefault(modality, path)
        return firsts

    @cached_property
    def gates(self) -> tuple[Gate, ...]:
        """Every condition of the protocol."""
        return tuple(self._gate(each) for each in self.written if isinstance(each.value, Condition))

    def _gate(self, written: Written) -> Gate:
        """A phase's `enter_when` is decided while the phase before it lasts, that of the first phase in itself."""
        part, phases = written.part, self.protocol.phases
        match part.value:
            case RedFlag():
                return Gate(written.path, written.value, phases, is_once_enough=True)
            case Limit() as limit:
                phases = tuple(p for p in phases if binds(limit, p) and {*limit.of} & p.modalities)
            case Phase() as phase if written.key == "enter_when":
                phases = (phases[max(0, phases.index(phase) - 1)],)
            case _:
                phases = (part.phase,) if part.phase is not None else ()
        rung = part.rung if isinstance(part.value, Activity) else None
        return Gate(written.path, written.value, phases, rung=rung)

    @cached_property
    def compared(self) -> tuple[tuple[Gate, Comparison, Path], ...]:
        """Every comparison with its condition and the path at which it is written."""
        return tuple(
            (gate, comparison, path)
            for gate in self.gates
            for comparison, _is_negated, path in self.with_polarity(gate.condition, gate.path)
        )

    def with_polarity(
        self, condition: Condition, path: Path, *, is_negated: bool = False
    ) -> Iterator[tuple[Comparison, bool, Path]]:
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
                name: Observation(name, each.ask, choices=each.choices)
                for name, each in protocol.options.items()
            },
            **{each.id: Observation(each.id, each.ask, choices=("yes", "no")) for each in protocol.screen},
            **protocol.observations,
        }

    @cached_property
    def tables(self) -> tuple[tuple[Written, str], ...]:
        """Every reference to a table, with the name of the table."""
        return tuple(
            (each, each.value.table if isinstance(each.value, TableRef) else each.value)
            for each in self.written
            if isinstance(each.value, TableRef) or each.path == ("healing", "table")
        )

    @cached_property
    def other_protocols(self) -> tuple[tuple[Path, str, Mapping[str, str]], ...]:
        """The other protocols that it names, where, and the options with which they are started."""
        others: list[tuple[Path, str, Mapping[str, str]]] = []
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


def _written(part: Part) -> Iterator[Written]:
    """Walk through the keys of an item, the treatments of a session before how often it comes."""
    for name in sorted(part.value._fields, key=lambda field: field == "cadence"):
        key, content = _key(part.value, name), getattr(part.value, name)
        if isinstance(content, Cadence):
            key = _key_of_cadence(content)
            yield Written(part, key, (*part.path, key), content)
            if isinstance(content, PerWeek):
                yield Written(part, "at", (*part.path, "at"), content.at)
        elif isinstance(content, Escalation):
            yield Written(part, key, (*part.path, key, "say"), content.say)
        elif name == "rows":
            yield from (Written(part, grade, (*part.path, grade), row) for grade, row in content.items())
        elif isinstance(part.value, Treatment) and name == "steps":
            yield from _written_steps(part, content)
        elif content is not None and not (key == "scale" and part.value.choices):
            yield Written(part, key, (*part.path, key), content)


def _written_steps(part: Part, steps: tuple[Step, ...]) -> Iterator[Written]:
    """Waits are entries of their own in the file's list, so treatments are counted with them."""
    for index, step in enumerate(steps):
        path = step_path(part.path, steps, index)
        yield Written(part, "duration", (*path, "duration"), step.duration)
        for name in ("start", "end", "stop_if"):  # a problem of one of several is shown at the activity
            yield Written(part, name if len(steps) == 1 else "steps", (*part.path, name), getattr(step, name))
        if step.wait.seconds:
            path = step_path(part.path, steps, index, is_wait=True)
            yield Written(part, "wait", (*path, "wait"), step.wait)


def step_path(path: Path, steps: tuple[Step, ...], index: int, *, is_wait: bool = False) -> Path:
    """Find the path of a treatment of a session, or of the wait after it. Only treatments that alternate have one."""
    if len(steps) == 1:
        return path
    waits = sum(1 for step in steps[:index] if step.wait.seconds)
    return (*path, "steps", str(index + waits + is_wait))


def _key(value: Value, name: str) -> str:
    if isinstance(value, Observation):
        return "scale" if name in ("least", "most") else name
    return _KEYS.get(name, name)


def _key_of_cadence(cadence: Cadence) -> str:
    """`per_day` for `PerDay`."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in type(cadence).__name__)[
        1:
    ]


def binds(limit: Limit, phase: Phase) -> bool:
    """Tell if a limit holds in a phase."""
    return not limit.during or phase.id in limit.during
