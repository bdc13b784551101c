"""What a protocol says, as plain frozen values: all that the engine and the store ever see.

Reading a file (`recovery.protocol.reading`) makes these; nothing here needs pydantic or YAML.
Times are local times of the person's place, lengths are `Duration`s, grades are I, II, III.
"""

from collections.abc import Iterator, Mapping
from datetime import time

from recovery.protocol.durations import Duration, Range
from recovery.values import Value, field

GRADES = ("I", "II", "III")
SIDES = ("left", "right")
ORIGINS = ("injury", "start", "phase")
MODALITIES = ("cold", "warm", "tens", "massage", "compression", "elevation", "rest", "exercise", "posture")
LEVELS = ("routine", "urgent", "emergency")

Cites = Mapping[str, tuple[str, ...]]
"""Which sources stand behind which field: `{"duration": ("seed:183",), "": ("own",)}`; "" is the rest."""


class Source(Value):
    """Where a number comes from. The id `own` means: the project's own default, no source."""

    id: str
    title: str
    where: str = ""


class Anchor(Value):
    """An instant told by a file: `injury+48h`. Origins: injury, start (of the episode), phase (its entry)."""

    origin: str
    offset: Duration = Duration()

    def __str__(self) -> str:
        return f"{self.origin}+{self.offset}" if self.offset != Duration() else self.origin


# Conditions ---------------------------------------------------------------------------------


class Comparison(Value):
    """One comparison: `pain <= 3`, `swelling falling`, `pain drop >= 2`, `grade == III`, `injury >= 48h`.

    `subject` is an observation, `grade`, `side` or an origin (then: the time passed since).
    `test` is one of `<= < >= > == != drop falling rising`; `drop` means: lessened by at least `value`.
    """

    subject: str
    test: str
    value: float | str | Duration | None = None

    def __str__(self) -> str:
        value = self.value
        if isinstance(value, float):
            value = int(value) if value.is_integer() else value
        if self.test == "drop":
            return f"{self.subject} drop >= {value}"
        return f"{self.subject} {self.test}" if value is None else f"{self.subject} {self.test} {value}"


class All(Value):
    parts: tuple["Condition", ...]

    def __str__(self) -> str:
        return " and ".join(f"({p})" if isinstance(p, AnyOf) else str(p) for p in self.parts)


class AnyOf(Value):
    parts: tuple["Condition", ...]

    def __str__(self) -> str:
        return " or ".join(f"({p})" if isinstance(p, All) else str(p) for p in self.parts)


class Not(Value):
    part: "Condition"

    def __str__(self) -> str:
        return f"not ({self.part})"


Condition = Comparison | All | AnyOf | Not


def comparisons(condition: Condition | None) -> Iterator[Comparison]:
    """Every single comparison in a condition, from left to right."""
    match condition:
        case Comparison():
            yield condition
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from comparisons(part)
        case Not(part):
            yield from comparisons(part)
        case None:
            return


# Cadences -----------------------------------------------------------------------------------


class LocalMoment(Value):
    """A time of day: a clock time, or so long after waking (`wake+30min`) or before bedtime (`bedtime-1h`)."""

    base: str = "clock"
    """`clock`, `wake` or `bedtime`."""
    at: time = time(0)
    minutes: int = 0
    """Minutes after `wake` (never negative) or before `bedtime` (never positive)."""

    def __str__(self) -> str:
        if self.base == "clock":
            return f"{self.at:%H:%M}"
        return f"{self.base}{self.minutes:+}min" if self.minutes else self.base


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


Cadence = Every | PerDay | At | PerWeek | Once


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
    """What to do in a phase. `begins` and `until` bound it in time, `only_if` by condition."""

    id: str
    title: str
    begins: Anchor | None = None
    until: Anchor | None = None
    only_if: Condition | None = None
    cites: Cites = field(default_factory=dict)


class Session(Activity, kw_only=True):
    """A timed treatment with a start and an end cue; with several steps an alternation."""

    steps: tuple[Step, ...]
    cadence: Cadence


class Reminder(Activity, kw_only=True):
    modality: str
    say: str
    cadence: Cadence


class Hold(Activity, kw_only=True):
    """Something kept on from waking to bedtime."""

    modality: str
    on: str
    off: str


class CheckIn(Activity, kw_only=True):
    asks: tuple[str, ...]
    cadence: Cadence


class Advice(Activity, kw_only=True):
    say: str


AnyActivity = Session | Reminder | Hold | CheckIn | Advice


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


LONGEST_GAP = Duration(seconds=72 * 3600)
"""No gap is longer: the ledger of sessions looks back so far and no further."""


class Limit(Value):
    """What nothing may break: no phase, snooze, catch-up or command."""

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
    cites: Cites = field(default_factory=dict)


class Table(Value):
    """A range for each grade."""

    id: str
    rows: Mapping[str, Range]
    cites: Cites = field(default_factory=dict)


class TableRef(Value):
    """One end of the row of a table for the episode's grade: `loading.min`."""

    table: str
    end: str
    """`min` or `max`."""

    def __str__(self) -> str:
        return f"{self.table}.{self.end}"


Length = Duration | TableRef


class Escalation(Value):
    """What to tell when something is over its time."""

    level: str
    say: str


class RedFlag(Value):
    """A sign that refers to a professional, raised while its condition is true."""

    id: str
    when: Condition
    level: str
    say: str
    cites: Cites = field(default_factory=dict)


class Healing(Value):
    """The usual healing time since `zero`, by the grade. Nothing completes before its least."""

    zero: str
    table: str
    late: Escalation
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
    """Whether the person has to confirm that the phase ends, whatever their settings."""
    activities: tuple[AnyActivity, ...] = ()
    cites: Cites = field(default_factory=dict)


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
    sources: Mapping[str, Source]
    observations: Mapping[str, Observation]
    limits: tuple[Limit, ...]
    tables: Mapping[str, Table]
    healing: Healing | None
    red_flags: tuple[RedFlag, ...]
    phases: tuple[Phase, ...]
    then: str = ""
    """The protocol that usually follows, if any."""
    notes: tuple[str, ...] = ()
    """What a reader should know besides: the state of the evidence, what the file does not cover."""

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
