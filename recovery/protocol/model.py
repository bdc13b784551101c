"""A protocol as plain frozen values: all that the engine and the store ever see.

Reading a file (`recovery.protocol.reading`) makes these; nothing here needs pydantic or YAML.
"""

from collections.abc import Iterator, Mapping

from recovery.protocol.terms import (
    MAY_PASS,
    Anchor,
    Cites,
    Condition,
    Duration,
    Length,
    LocalMoment,
    Range,
)
from recovery.values import Value, field


class Source(Value):
    """The origin of a number. The id `own` means: the project's own default, no source."""

    id: str
    title: str
    where: str = ""
    says: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The numbers that it gives, by place (`all`: anywhere in it); empty where nobody wrote them down."""


# Cadences -----------------------------------------------------------------------------------


class Every(Value):
    """Again and again within the waking hours.

    A session comes again `interval.least` after the real end of the last one; anything else comes on a
    grid that starts each day at waking. `interval.most` is what the person can expect at the latest.
    """

    interval: Range


class PerDay(Value):
    """So many times a day, spread evenly over the waking hours from waking on.

    `most` times are planned; `least` is what counts as a full day.
    """

    least: int
    most: int


class At(Value):
    """At fixed local times, every day."""

    times: tuple[LocalMoment, ...]


class PerWeek(Value):
    """So many times a week, the days spread evenly from the first day of the phase, at one local time."""

    count: int
    at: LocalMoment


class Once(Value):
    """One time, from an instant on."""

    after: Anchor


class After(Value):
    """Once after each treatment of another session of the phase that really took place."""

    activity: str


Cadence = Every | PerDay | At | PerWeek | Once | After


# Activities ---------------------------------------------------------------------------------


class Step(Value):
    """One timed treatment of a session: how long, what to say at its start and end, what to wait after it."""

    modality: str
    duration: Range
    """The end cue comes after `duration.least`; nobody should go on past `duration.most`."""
    start: str
    end: str
    stop_if: str = ""
    wait: Duration = Duration()
    """At least so long from the real end of this step to the start of the next."""


class Activity(Value, kw_only=True):
    """Something to do in a phase. `begins` and `until` bound it in time, `only_if` by condition."""

    id: str
    title: str
    begins: Anchor | None = None
    until: Anchor | None = None
    only_if: Condition | None = None
    cites: Cites = field(default_factory=dict)


class Timed(Activity, kw_only=True):
    """An activity that comes again and again, or once."""

    cadence: Cadence
    follows_body: bool = False
    """True if its times, after a journey, stay those of the zone in which the phase began; else the place's."""


class Treatment(Timed, kw_only=True):
    """A planned treatment, with a start and an end cue; with several steps an alternation. See `episode.Session`."""

    steps: tuple[Step, ...]
    is_optional: bool = False
    """True if it is only suggested: then it counts if the person begins it, and is never assumed to have begun."""
    offers_missed: bool = False
    """True if one that the machine slept through is still offered later on its day."""


class Reminder(Timed, kw_only=True):
    modality: str
    say: str
    at_work: bool = False
    """True if it comes in the person's working hours only."""


class Hold(Activity, kw_only=True):
    """Something kept on from waking to bedtime."""

    modality: str
    on: str
    off: str


class CheckIn(Timed, kw_only=True):
    asks: tuple[str, ...]


class Advice(Activity, kw_only=True):
    say: str


class Item(Value):
    """One thing of a checklist; where it is so, an episode of its own may be started."""

    id: str
    title: str
    start: str = ""
    """The protocol to start."""
    options: Mapping[str, str] = field(default_factory=dict)
    """With these options."""


class Checklist(Timed, kw_only=True):
    """Things to look at, each answered yes or no."""

    say: str
    items: tuple[Item, ...]


AnyActivity = Treatment | Reminder | Hold | CheckIn | Advice | Checklist


def modalities(activity: Activity) -> set[str]:
    """Collect the modalities of an activity."""
    match activity:
        case Treatment(steps=steps):
            return {step.modality for step in steps}
        case Reminder(modality=modality) | Hold(modality=modality):
            return {modality}
        case _:
            return set()


# The protocol -------------------------------------------------------------------------------


class Observation(Value):
    """Something a check-in asks: a scale of whole numbers, or a choice of words."""

    id: str
    ask: str
    least: int = 0
    most: int = 0
    labels: tuple[str, ...] = ()
    """Names of the scale's numbers from `least` up, where it has them."""
    choices: tuple[str, ...] = ()
    """For a choice: the words, from worst to best."""
    better: str = "lower"
    """Which way is healing: `lower` or `higher`."""
    fresh: Duration = Duration(days=1)
    """How long an answer counts; older ones are unknown."""
    cites: Cites = field(default_factory=dict)


class Limit(Value):
    """A bound that nothing may break: no phase, snooze, catch-up or command."""

    id: str
    of: tuple[str, ...]
    """The modalities that it binds."""
    during: tuple[str, ...] = ()
    """The phases in which it binds; empty: always."""
    longest: Duration | None = None
    gap: Duration | None = None
    to: tuple[str, ...] = ()
    """With `gap`: so long from the real end of a session `of` to the start of one of `to`."""
    not_before: Anchor | None = None
    not_after: Anchor | None = None
    """A session has to be over by then."""
    most_per_day: int | None = None
    never: bool = False
    needs: Condition | None = None
    """Only while this is known to be true."""
    say: str = ""
    together: Duration | None = None
    """Sessions with shorter waits between them count as one: `longest` is of them all. Of the floor only."""
    floor: str = ""
    """Of the floor of the language: the source of the number, a message."""
    cites: Cites = field(default_factory=dict)


class Table(Value):
    """A range for each grade."""

    id: str
    rows: Mapping[str, Range]
    cites: Cites = field(default_factory=dict)


class Escalation(Value):
    """A message for when something is over its time, and its level."""

    level: str
    say: str


class RedFlag(Value):
    """A sign that refers to a professional: raised when its condition becomes true, or reported by the person.

    It stands until the person has answered it; a routine one with a condition also until that is false.
    """

    id: str
    level: str
    say: str
    when: Condition | None = None
    ask: str = ""
    """The question, of a sign that is reported; it has no condition."""
    suspends: tuple[str, ...] = ()
    """The modalities that stop while it stands; then no phase ends either."""
    cites: Cites = field(default_factory=dict)


class ScreenQuestion(Value):
    """A question before the start. A yes forbids modalities, or refuses the protocol."""

    id: str
    ask: str
    say: str
    forbids: tuple[str, ...] = ()
    refuses: bool = False
    cites: Cites = field(default_factory=dict)


class Option(Value):
    """A further input: a choice of words."""

    id: str
    ask: str
    choices: tuple[str, ...]
    default: str = ""
    cites: Cites = field(default_factory=dict)


class Exclusion(Value):
    """A protocol that must not run for the same injury, and why."""

    id: str
    say: str
    cites: Cites = field(default_factory=dict)


class GradeQuestion(Value):
    """A question of a self-grading: a yes speaks for at least this grade."""

    id: str
    ask: str
    grade: str
    raises: str = ""
    """The red flag that a yes reports."""
    cites: Cites = field(default_factory=dict)


class Assessment(Value):
    """The questions by which a person finds their grade: the highest that an answer speaks for."""

    questions: tuple[GradeQuestion, ...]
    otherwise: str
    """The grade where all is answered no."""
    unsure: str
    """What an "unsure" speaks for."""
    cites: Cites = field(default_factory=dict)


class Healing(Value):
    """The usual healing time since `zero`, by the grade. Nothing completes before its least."""

    zero: str
    table: str
    late: Escalation
    cites: Cites = field(default_factory=dict)


class Rung(Value):
    """One step of a ladder: activities of its own, and how long to stay on it at least."""

    id: str
    title: str
    least: Length = Duration()
    only_if: Condition | None = None
    """Only for whom this can be true: a grade, a side, an option."""
    activities: tuple[AnyActivity, ...] = ()
    cites: Cites = field(default_factory=dict)


class BackTo(Value):
    """An earlier phase that fits better while a condition is true; it is offered, never forced."""

    phase: str
    """A phase of the protocol, else the id of a protocol to start."""
    when: Condition
    say: str
    cites: Cites = field(default_factory=dict)


class Phase(Value):
    """An ordered part with a goal, activities and a gate.

    It may be left when `least` has passed since `zero` and `leave_when` is true, and the next phase may
    be entered when its `enter_when` is true as well. At `most` it holds and says so; nobody is pushed on.
    """

    id: str
    title: str
    goal: str = ""
    zero: str = "phase"
    """What its time counts from: `phase` (its entry), `injury` or `start`."""
    least: Length = Duration()
    most: Length | None = None
    enter_when: Condition | None = None
    leave_when: Condition | None = None
    at_most: Escalation | None = None
    confirm: bool = False
    """True if the person has to confirm that the phase ends, whatever their settings."""
    may_pass: str = MAY_PASS[-1]
    """One of `MAY_PASS`, for the conditions of the way out and of the steps of its ladder."""
    is_endless: bool = False
    """True if it goes on until it is stopped."""
    back_to: BackTo | None = None
    activities: tuple[AnyActivity, ...] = ()
    """Those of the phase itself, on every step of its ladder."""
    climb_when: Condition | None = None
    """One step up, at most one a day, while this is true and the step has had its time."""
    step_back_when: Condition | None = None
    """One step down, on an answer given on the step."""
    ladder: tuple[Rung, ...] = ()
    cites: Cites = field(default_factory=dict)

    def everything(self) -> Iterator[AnyActivity]:
        """The activities of the phase and of all steps of its ladder."""
        yield from self.activities
        for rung in self.ladder:
            yield from rung.activities


class Responsible(Value):
    """A professional who answers for a protocol that is less strict than the floor of the language."""

    name: str
    role: str
    on: str
    """The day of their word: a local date, ISO 8601."""
    because: str
    registration: str = ""
    """Of their profession: the register and the number."""

    def __str__(self) -> str:
        return f"{self.who}, {self.on}: {self.because}"

    @property
    def who(self) -> str:
        """The person with profession and registration."""
        return ", ".join(part for part in (self.name, self.role, self.registration) if part)

    def as_data(self) -> dict[str, str]:
        """The fields by name, those that are given."""
        return {name: str(value) for name in self._fields if (value := getattr(self, name))}


class RecoveryProtocol(Value):
    """A versioned template of care."""

    id: str
    version: str
    title: str
    summary: str
    region: str
    """The part of the body that limits are counted for, such as `hip`."""
    inputs: tuple[str, ...]
    """What a start has to give: `onset`, `grade`, `side`."""
    options: Mapping[str, Option]
    """What a start has to give besides."""
    screen: tuple[ScreenQuestion, ...]
    assessment: Assessment | None
    excludes: tuple[Exclusion, ...]
    uses: tuple[str, ...]
    """The protocols whose phases it has taken over, near and far."""
    sources: Mapping[str, Source]
    observations: Mapping[str, Observation]
    limits: tuple[Limit, ...]
    tables: Mapping[str, Table]
    healing: Healing | None
    red_flags: tuple[RedFlag, ...]
    phases: tuple[Phase, ...]
    then: str = ""
    """The protocol that usually follows, if any."""
    responsible: Responsible | None = None
    notes: tuple[str, ...] = ()
    """What a reader should know besides: the state of the evidence, what the file does not cover."""
    floor: tuple[Limit, ...] = ()
    """Limits of the floor of the language, where no limit of the file is as strict."""

    @property
    def all_limits(self) -> tuple[Limit, ...]:
        """All that binds: the limits of the file, and those of the floor."""
        return (*self.limits, *self.floor)

    def phase(self, phase_id: str) -> Phase:
        """The phase of that id. Raises `KeyError`."""
        for phase in self.phases:
            if phase.id == phase_id:
                return phase
        raise KeyError(phase_id)

    def length(self, length: Length, grade: str | None) -> Duration:
        """A length with its table looked up. Raises `KeyError` where the table has no such grade."""
        if isinstance(length, Duration):
            return length
        row = self.tables[length.table].rows[grade or ""]
        return row.least if length.end == "min" else row.most
