"""A protocol as plain frozen values, each construct of the language declared once: its fields, how they are written
in a file, and what they mean.

Reading a file (`recovery.protocol.reading`) makes these; nothing here needs pydantic or YAML. `declared` says how to
read a declaration. The first paragraph of a construct, and the meanings of its keys, are what an editor shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from recovery.language import N_
from recovery.protocol.screening import (
    PROTOCOL,
    SAY,
    SOURCE,
    UNIQUE,
    Assessment,
    DoorOutcome,  # noqa: F401
    DoorQuestion,  # noqa: F401
    Escalation,
    Exclusion,
    FrontDoor,  # noqa: F401
    GradeQuestion,  # noqa: F401  # a construct like the others: they are all named here
    GuidedTest,  # noqa: F401
    Observation,
    Option,
    RedFlag,
    ScreenQuestion,
    Source,
    Topic,
    Waiting,
)
from recovery.protocol.terms import (
    MAY_PASS,
    Anchor,
    Cadence,
    Cites,
    Condition,
    Duration,
    Length,
    Range,
)
from recovery.values import Value, field

if TYPE_CHECKING:  # named by the declarations only
    from recovery.protocol import scalars as s
    from recovery.protocol.declared import (
        IN_PLACE,
        AtLeast,
        Key,
        if_fewer,
        if_gone,
        if_in_more_hands,
        if_less,
        if_more,
        if_narrower,
        if_new,
        if_sooner,
    )

TITLE = "A short title; without one the id is shown."
AT_LEAST = "It lasts at least so long."
WITH = "Told together with this activity of the phase, while that one is to come."


# Activities ---------------------------------------------------------------------------------


class Step(Value):
    """One treatment of an alternation."""

    noun = N_("step")
    modality: Annotated[str, Key("of"), s.Modality, N_("What is done: cold, warm, ...")]
    duration: Annotated[Range, s.ExactRange, if_more, N_("How long; of a range the least is planned.")]
    """The end cue comes after `duration.least`; nobody should go on past `duration.most`."""
    start: Annotated[str, s.Cue, N_("What the person is told at the start.")]
    end: Annotated[str, s.Cue, N_("What the person is told at the end.")]
    stop_if: Annotated[str, s.Cue, if_gone, "When to stop at once."] = ""
    wait: Annotated[Duration, if_less] = Duration()
    """At least so long from the real end of this step to the start of the next."""
    short: Annotated[
        Duration | None, s.ExactDuration, "So long where the whole would not end before bedtime."
    ] = None

    @property
    def shortest(self) -> Duration:
        """The least time that there has to be before bedtime."""
        return self.duration.least if self.short is None else self.short


class Wait(Value):
    """A wait after the step before it."""

    wait: Annotated[Duration, s.ExactDuration, N_("At least so long, from the real end of the step before.")]


class Activity(Value, kw_only=True):
    """Something to do in a phase. `begins` and `until` bound it in time, `only_if` by condition."""

    noun = N_("activity")
    id: Annotated[str, s.Id, N_("A short name, unique within the phase.")]
    title: Annotated[str, s.CueTitle | None, TITLE]
    begins: Annotated[Anchor | None, s.Instant, "Not before this instant, such as phase+1w."] = None
    until: Annotated[Anchor | None, s.Instant, "Over by this instant, such as injury+48h."] = None
    only_if: Annotated[Condition | None, if_gone, "Only while this is known to be true."] = None
    cites: Annotated[Cites, Key("source"), s.Sources, SOURCE] = field(default_factory=dict)


class Timed(Activity, kw_only=True):
    """An activity that comes again and again, or once: exactly one of the keys of `CADENCES` says how often."""

    cadence: Cadence
    every: ClassVar[
        Annotated[None, s.ExactRange, "Again after so long, within the waking hours: 2h..3h."]
    ] = None
    per_day: ClassVar[Annotated[None, s.Counts, "So many times, spread over the waking hours: 1..3."]] = None
    at: ClassVar[
        Annotated[
            None,
            s.OneOrMore[s.Moment],
            'At these times of day: ["08:00", wake+30min]; with per_week: its time.',
        ]
    ] = None
    per_week: ClassVar[Annotated[None, s.Count, "On so many days a week, from 1 to 7; needs `at`."]] = None
    once: ClassVar[Annotated[None, s.Instant, "One time, from this instant on, such as phase+3d."]] = None
    after: ClassVar[
        Annotated[
            None, s.OneOrMore[s.Id], "Once after each treatment of these sessions that really took place."
        ]
    ] = None
    choose: Annotated[
        tuple[str, ...],
        s.OneOrMore[s.ToChoose],
        "What the person may choose, within the range that stands there: per_day, every, duration, or at.",
    ] = ()
    follows_body: Annotated[
        bool,
        Key("follows"),
        s.words(place=False, body=True) | None,
        "On a journey: the hours of the place (the usual), or those of where the phase began.",
    ] = False
    """True if its times, after a journey, stay those of the zone in which the phase began; else the place's."""


class Exercise(Value, kw_only=True):
    """One exercise of a session, as a card: how it is done, and its dose."""

    noun = N_("exercise")
    id: Annotated[str, s.Id, N_("A short name, unique in the session.")]
    title: Annotated[str, s.Title | None, TITLE]
    how: Annotated[str, s.Cue, N_("How it is done.")]
    picture: Annotated[str, s.Printed, "The address of a picture of it: https://..."] = ""
    link: Annotated[str, s.Printed, "The address of a page that shows it: https://..."] = ""
    sets: Annotated[int | None, s.Count, if_more, "How many rounds of it."] = None
    repetitions: Annotated[
        tuple[int, int] | None, s.Counts, "How often in a round: 10, or from few to many, such as 8..12."
    ] = None
    hold: Annotated[Duration | None, s.ExactDuration, if_more, "How long it is held each time."] = None
    load: Annotated[str, s.Title, "How hard it is: your own weight, a light band."] = ""
    cites: Annotated[Cites, Key("source"), s.Sources, SOURCE] = field(default_factory=dict)


class Treatment(Timed, kw_only=True):
    """A planned treatment, with a start and an end cue; with several steps an alternation. See `episode.Session`."""

    steps: tuple[Step, ...]
    is_optional: bool = False
    """True if it is only suggested: then it counts if the person begins it, and is never assumed to have begun."""
    exercises: tuple[Exercise, ...] = ()
    """The exercises that it is made of."""
    offers_missed: Annotated[
        bool,
        Key("if_missed"),
        s.words(leave=False, offer=True),
        "When the machine slept through it: leave it, or offer it once, later on its day.",
    ] = False
    """True if one that the machine slept through is still offered later on its day."""


class SingleTreatment(Treatment, kw_only=True):
    """A timed treatment with a cue at its start and one at its end."""

    kind = "session"
    step: ClassVar[Annotated[Step, IN_PLACE]]
    modality: ClassVar[
        Annotated[str, Key("of"), s.Modality, N_("What is done: cold, warm, tens, massage, exercise, ...")]
    ]
    is_optional: Annotated[
        bool, Key("optional"), s.YesNo, "true: only suggested; it counts if the person begins it."
    ] = False
    exercises: Annotated[tuple[Exercise, ...], "What to do in it, each as a card; of exercise only."] = ()


class Alternation(Treatment, kw_only=True):
    """Several timed treatments, one after the other, with waits between."""

    kind = "alternation"
    cited_parts = ("duration", "wait")
    """Keys of its steps that `source` may name as well."""
    turns: ClassVar[
        Annotated[
            tuple[Step | Wait, ...], Key("steps"), N_("The treatments and the waits after them, in order.")
        ]
    ]


class Reminder(Timed, kw_only=True):
    """A plain reminder."""

    kind = "reminder"
    modality: Annotated[str, Key("of"), s.Modality, N_("What it is about: elevation, posture, ...")]
    say: Annotated[str, s.Cue, SAY]
    at_work: Annotated[
        bool, Key("during"), s.Hours, "work: in the person's working hours only; else waking."
    ] = False
    comes_with: Annotated[str, Key("with"), s.Id, WITH] = ""


class CheckIn(Timed, kw_only=True):
    """Questions to the person."""

    kind = "check-in"
    asks: Annotated[
        tuple[str, ...],
        Key("ask"),
        tuple[s.Id, ...],
        AtLeast(1),
        N_("The observations that it asks for: [pain, swelling]."),
    ]
    apart: Annotated[
        Duration | None,
        s.Gap,
        "Not asked under a session, nor so soon after one; and none is told to begin so soon after it.",
    ] = None


class Hold(Activity, kw_only=True):
    """Something kept on from waking to bedtime."""

    kind = "hold"
    modality: Annotated[str, Key("of"), s.Modality, N_("What is kept on, such as compression.")]
    on: Annotated[str, s.Cue, N_("What the person is told when it goes on.")]
    off: Annotated[str, s.Cue, N_("What the person is told when it comes off.")]
    comes_with: Annotated[str, Key("with"), s.Id, WITH] = ""


class Advice(Activity, kw_only=True):
    """Advice for the phase: the tip of a day, in turn."""

    kind = "advice"
    say: Annotated[str, s.Cue, SAY]


class Item(Value):
    """One thing of a checklist."""

    noun = N_("item")
    id: Annotated[str, s.Id, N_("A short name, unique in the checklist.")]
    title: Annotated[str, s.Title | None, TITLE]
    start: Annotated[str, s.Id, "The protocol that a yes may start."] = ""
    options: Annotated[
        Mapping[str, str], Key("set"), dict[s.Id, s.Label], "The options to start it with."
    ] = field(default_factory=dict)


class Checklist(Timed, kw_only=True):
    """Things to look at, each answered yes or no."""

    kind = "checklist"
    say: Annotated[str, s.Cue, SAY]
    items: Annotated[tuple[Item, ...], AtLeast(1), N_("What to look at.")]


AnyActivity = Treatment | Reminder | Hold | CheckIn | Advice | Checklist
KINDS: Mapping[str, type[Activity]] = {
    form.kind: form for form in (SingleTreatment, Alternation, Reminder, Hold, CheckIn, Advice, Checklist)
}
"""How an activity is written, by its `kind`."""


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


class Limit(Value):
    """A rule that nothing may break: no phase, snooze, catch-up or command."""

    noun = N_("limit")
    id: Annotated[str, s.Id, UNIQUE]
    of: Annotated[
        tuple[str, ...],
        s.OneOrMore[s.Modality],
        if_fewer,
        N_("The modalities that it binds: cold, or [cold, warm]."),
    ]
    during: Annotated[
        tuple[str, ...],
        Key("in"),
        s.OneOrMore[s.Id],
        if_narrower,
        "The phases in which it binds; without it: always.",
    ] = ()
    longest: Annotated[Duration | None, s.ExactDuration, if_more, "No session is longer."] = None
    gap: Annotated[
        Duration | None, s.Gap, if_less, "So long from the real end of one to the start of `to`."
    ] = None
    to: Annotated[tuple[str, ...], s.OneOrMore[s.Modality], if_fewer, "With `gap`: what has to wait."] = ()
    not_before: Annotated[
        Anchor | None, s.Instant, if_less, "Not before this instant, such as injury+48h."
    ] = None
    not_after: Annotated[Anchor | None, s.Instant, if_more, "Over by this instant, such as injury+48h."] = (
        None
    )
    most_per_day: Annotated[int | None, s.Count, if_more, "At most so many sessions a day."] = None
    yields_to: Annotated[
        tuple[str, ...],
        s.OneOrMore[s.Modality],
        if_fewer,
        "Not while another protocol for the same region, on either side, tells of one of these in its phase.",
    ] = ()
    never: Annotated[bool, s.YesNo | None, if_gone, "true: not at all."] = False
    needs: Annotated[Condition | None, if_gone, "Only while this is known to be true."] = None
    say: Annotated[str, s.Cue, "Why, in words for the person."] = ""
    together: Duration | None = None
    """Sessions with shorter waits between them count as one: `longest` is of them all. Of the floor only."""
    floor: str = ""
    """Of the floor of the language: the source of the number, a message."""
    cites: Annotated[Cites, Key("source"), s.Sources, SOURCE] = field(default_factory=dict)


class Table(Value):
    """A range for each grade."""

    noun = N_("table")
    id: str
    rows: Annotated[Mapping[str, Range], if_sooner]
    I: ClassVar[Annotated[Range, s.DurationRange, N_("For grade I, such as I: 2w..4w.")]]  # noqa: E741  # the grade's name
    II: ClassVar[Annotated[Range, s.DurationRange, N_("For grade II, such as II: 4w..8w.")]]
    III: ClassVar[Annotated[Range, s.DurationRange, N_("For grade III, such as III: 3mo..12mo.")]]
    cites: Annotated[Cites, Key("source"), s.Sources, SOURCE] = field(default_factory=dict)


class Healing(Value):
    """The usual healing time. Nothing completes before its least."""

    zero: Annotated[str, Key("from"), s.Origin, N_("What it counts from: injury, start or phase.")]
    table: Annotated[str, s.Id, N_("The table with a range for each grade.")]
    late: Annotated[Escalation, N_("What to tell when the latest usual time has passed.")]
    cites: Annotated[Cites, Key("source"), s.Sources, SOURCE] = field(default_factory=dict)


class Silence(Value, kw_only=True):
    """Fewer questions, then rest, while a person neither answers nor acts; the first word of theirs ends it."""

    asks_after: Annotated[
        Duration | None, Key("after"), s.PositiveDuration, if_more, "After so long check-ins ask `ask`."
    ] = None
    ask: Annotated[str, s.Cue, "What a check-in asks then instead, once a day."] = ""
    rests_after: Annotated[
        Duration, Key("rest"), s.PositiveDuration, N_("After so long nothing is told any more.")
    ]
    say: Annotated[str, s.Cue, N_("What the person is told then, once.")]
    cites: Annotated[Cites, Key("source"), s.Sources, SOURCE] = field(default_factory=dict)


class Rung(Value, kw_only=True):
    """One step of a phase's ladder."""

    noun = N_("step")
    id: Annotated[str, s.Id, N_("A short name, unique in the phase.")]
    title: Annotated[str, s.Title | None, TITLE]
    least: Annotated[Length, Key("min"), s.PhaseLength, if_less, AT_LEAST] = Duration()
    only_if: Annotated[Condition | None, "Only for whom this can be true: grade != I."] = None
    cites: Annotated[Cites, Key("source"), s.Sources, SOURCE] = field(default_factory=dict)
    activities: Annotated[tuple[AnyActivity, ...], Key("do"), AtLeast(1), N_("The activities of the step.")]


class BackTo(Value):
    """An earlier phase that fits better while a condition is true. It is offered."""

    phase: Annotated[str, s.Id, N_("A phase of the protocol, else the id of a protocol.")]
    when: Annotated[Condition, N_("It is offered while this is known to be true.")]
    say: Annotated[str, s.Cue, SAY]
    cites: Annotated[Cites, Key("source"), s.Sources, SOURCE] = field(default_factory=dict)


class Phase(Value):
    """An ordered part with a goal, activities and a gate.

    It may be left when `least` has passed since `zero` and `leave_when` is true, and the next phase may
    be entered when its `enter_when` is true as well. At `most` it holds and says so; nobody is pushed on. On a ladder
    it goes up when the step has had its time, and down on an answer given on the step.
    """

    noun = N_("phase")
    id: Annotated[str, s.Id, UNIQUE]
    title: Annotated[str, s.Title | None, TITLE]
    goal: Annotated[str, s.Cue, "What it is for."] = ""
    zero: Annotated[str, s.Origin, "What its time counts from: phase (its entry), injury or start."] = "phase"
    least: Annotated[Length, Key("min"), s.PhaseLength, if_less, AT_LEAST] = Duration()
    most: Annotated[
        Length | None,
        Key("max"),
        s.PhaseLength,
        if_more,
        "After so long `at_max` is told; nobody is pushed on.",
    ] = None
    enter_when: Annotated[Condition | None, if_gone, "It may be entered only while this is true."] = None
    leave_when: Annotated[Condition | None, if_gone, "It may be left only while this is true."] = None
    at_most: Annotated[Escalation | None, Key("at_max"), if_gone, "What to tell when `max` is reached."] = (
        None
    )
    waits: Annotated[
        Waiting | None, if_gone, "Of the first phase: what to tell when it still cannot begin."
    ] = None
    confirm: Annotated[bool, s.YesNo, if_gone, "Whether the person has to confirm that it ends."] = False
    may_pass: Annotated[
        str,
        Literal["reason", "professional", "nobody"],
        if_in_more_hands,
        "Whose word may stand in for a condition of its gate: the person's, a professional's, nobody's.",
    ] = MAY_PASS[-1]
    is_endless: Annotated[
        bool, Key("ends"), s.words(never=True) | None, "never: it goes on until it is stopped."
    ] = False
    back_to: Annotated[BackTo | None, if_gone, "An earlier phase that may fit better."] = None
    climb_when: Annotated[Condition | None, "One step up while this is true, at most one a day."] = None
    step_back_when: Annotated[Condition | None, "One step down when this becomes true."] = None
    cites: Annotated[Cites, Key("source"), s.Sources, SOURCE] = field(default_factory=dict)
    activities: Annotated[
        tuple[AnyActivity, ...], Key("do"), "The activities; with steps, those of all."
    ] = ()
    ladder: Annotated[tuple[Rung, ...], Key("steps"), "The steps of a ladder, the easiest first."] = ()

    def everything(self) -> Iterator[AnyActivity]:
        """The activities of the phase and of all steps of its ladder."""
        yield from self.activities
        for rung in self.ladder:
            yield from rung.activities

    @property
    def modalities(self) -> set[str]:
        """The modalities of all its activities."""
        return {modality for activity in self.everything() for modality in modalities(activity)}


class Use(Value):
    """All phases of another protocol, with its observations, limits, tables, red flags and sources."""

    use: Annotated[str, s.Id, PROTOCOL]


class Responsible(Value, kw_only=True):
    """The professional who answers for a file that is less strict than the floor of the language."""

    name: Annotated[str, s.PersonName, N_("Who answers for it.")]
    role: Annotated[str, s.Profession, N_("Their profession, such as physiotherapist.")]
    registration: Annotated[str, s.Printed, "Their registration: the register and the number."] = ""
    on: Annotated[str, s.Day, N_("The day on which they said so: 2026-12-01.")]
    """A local date, ISO 8601."""
    because: Annotated[str, s.Cue, N_("Why less strict is right here.")]

    def __str__(self) -> str:
        return f"{self.who}, {self.on}: {self.because}"

    @property
    def who(self) -> str:
        """The person with profession and registration."""
        return ", ".join(part for part in (self.name, self.role, self.registration) if part)

    def as_data(self) -> dict[str, str]:
        """The fields by name, those that are given."""
        return {name: str(value) for name in self._fields if (value := getattr(self, name))}


class RecoveryProtocol(Value, kw_only=True):
    """A protocol of the recovery program, format 1."""

    format: ClassVar[Annotated[str, Literal["1"], N_("The format of the file: 1.")]]
    id: Annotated[str, s.Id, N_("The protocol's short name, which is also the file's name.")]
    version: Annotated[str, s.Version, N_("The version of this file, such as 1.0.0.")]
    title: Annotated[str, s.Title, N_("What it is, in a few words.")]
    summary: Annotated[str, s.Prose, N_("What it is, in a sentence or two.")]
    region: Annotated[str, s.Id, N_("The part of the body that limits are counted for, such as hip.")]
    inputs: Annotated[
        tuple[str, ...],
        tuple[s.Input, ...],
        AtLeast(1),
        N_("What a start has to give: of onset, grade, side."),
    ]
    responsible: Annotated[
        Responsible | None,
        if_new,
        "Who answers for it where it is less strict than the floor of the language.",
    ] = None
    options: Annotated[Mapping[str, Option], "Further inputs, by id: choices of words."] = field(
        default_factory=dict
    )
    excludes: Annotated[tuple[Exclusion, ...], "Protocols that must not run for the same injury."] = ()
    screen: Annotated[tuple[ScreenQuestion, ...], "Questions before the start."] = ()
    assessment: Annotated[Assessment | None, Key("assess"), "How a person finds their grade."] = None
    uses: tuple[str, ...] = ()
    """The protocols whose phases it has taken over, near and far."""
    about: Annotated[tuple[Topic, ...], "What there is to know about it, for its page."] = ()
    notes: Annotated[tuple[str, ...], tuple[s.Prose, ...], "What a reader should know besides."] = ()
    """The state of the evidence, what the file does not cover."""
    sources: Annotated[Mapping[str, Source], "Where its numbers come from, by id. own is built in."] = field(
        default_factory=dict
    )
    observations: Annotated[Mapping[str, Observation], Key("observe"), "What check-ins ask, by id."] = field(
        default_factory=dict
    )
    limits: Annotated[tuple[Limit, ...], "What nothing may break."] = ()
    tables: Annotated[Mapping[str, Table], "Ranges by grade, by id."] = field(default_factory=dict)
    healing: Annotated[Healing | None, "The usual healing time."] = None
    silence: Annotated[Silence | None, "What changes while nothing is heard of the person."] = None
    red_flags: Annotated[tuple[RedFlag, ...], "Signs that refer to a professional."] = ()
    phases: Annotated[tuple[Phase, ...], tuple[Phase | Use, ...], AtLeast(1), N_("The phases, in order.")]
    then: Annotated[str, s.Id, "The protocol that usually follows."] = ""
    floor: tuple[Limit, ...] = ()
    """Limits of the floor of the language, where no limit of the file is as strict."""
    translations: ClassVar[
        Annotated[
            Mapping[str, Mapping[str, str]],
            dict[s.Language, dict[s.TextPath, s.Translation]],
            "Its texts in other languages, by their paths.",
        ]
    ] = {}

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
