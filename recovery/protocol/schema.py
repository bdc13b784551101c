"""The shape of a protocol file: strict pydantic models. Their texts are the contract, `reading` uses them."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from recovery.language import N_, _
from recovery.protocol import scalars as s
from recovery.protocol.activities import AnyActivityEntry
from recovery.protocol.entries import (
    SAY,
    SOURCE,
    TITLE,
    ConditionEntry,
    Entry,
    Escalation,
    KeyConflict,
    OneOrMore,
    Sources,
    exactly_one,
    shape,
    together,
)

FORMAT = "1"
SINGULAR = {
    "sources": N_("source"),
    "observe": N_("observation"),
    "limits": N_("limit"),
    "options": N_("option"),
    "screen": N_("screening question"),
    "excludes": N_("exclusion"),
    "tables": N_("table"),
    "red_flags": N_("red flag"),
    "phases": N_("phase"),
}


class UseEntry(Entry):
    """All phases of another protocol, with its observations, limits, tables, red flags and sources."""

    use: s.Id = Field(description=N_("The id of the protocol."))


class RungEntry(Entry):
    """One step of a phase's ladder."""

    id: s.Id = Field(description=N_("A short name, unique in the phase."))
    title: s.Title | None = TITLE
    min: s.PhaseLength | None = Field(None, description="It lasts at least so long.")
    only_if: ConditionEntry | None = Field(None, description="Only for whom this can be true: grade != I.")
    source: Sources | None = SOURCE
    do: tuple[AnyActivityEntry, ...] = Field(description=N_("The activities of the step."), min_length=1)


class BackToEntry(Entry):
    """An earlier phase that fits better while a condition is true. It is offered."""

    phase: s.Id = Field(description=N_("A phase of the protocol, else the id of a protocol."))
    when: ConditionEntry = Field(description=N_("It is offered while this is known to be true."))
    say: s.Cue = SAY
    source: Sources | None = SOURCE


class PhaseEntry(Entry):
    """An ordered part with a goal, activities and a gate."""

    id: s.Id = Field(description=N_("A short name, unique in the protocol."))
    title: s.Title | None = TITLE
    goal: s.Cue | None = Field(None, description="What it is for.")
    zero: s.Origin = Field(
        "phase", description="What its time counts from: phase (its entry), injury or start."
    )
    min: s.PhaseLength | None = Field(None, description="It lasts at least so long.")
    max: s.PhaseLength | None = Field(
        None, description="After so long `at_max` is told; nobody is pushed on."
    )
    enter_when: ConditionEntry | None = Field(None, description="It may be entered only while this is true.")
    leave_when: ConditionEntry | None = Field(None, description="It may be left only while this is true.")
    at_max: Escalation | None = Field(None, description="What to tell when `max` is reached.")
    confirm: s.YesNo = Field(False, description="Whether the person has to confirm that it ends.")
    may_pass: Literal["reason", "professional", "nobody"] = Field(
        "reason",
        description="Whose word may stand in for a condition of its gate: the person's, a professional's, nobody's.",
    )
    ends: Literal["never"] | None = Field(None, description="never: it goes on until it is stopped.")
    back_to: BackToEntry | None = Field(None, description="An earlier phase that may fit better.")
    climb_when: ConditionEntry | None = Field(
        None, description="One step up while this is true, at most one a day."
    )
    step_back_when: ConditionEntry | None = Field(None, description="One step down when this becomes true.")
    source: Sources | None = SOURCE
    do: tuple[AnyActivityEntry, ...] = Field((), description="The activities; with steps, those of all.")
    steps: tuple[RungEntry, ...] = Field((), description="The steps of a ladder, the easiest first.")

    @classmethod
    def slips(cls, data: Mapping[str, Any]) -> Iterator[KeyConflict]:
        yield from together(data, "climb_when", "steps")
        yield from together(data, "step_back_when", "steps")
        yield from together(data, "steps", "climb_when")
        if "ends" in data:
            for key in ("min", "max", "leave_when", "at_max"):
                if key in data:
                    message = _("a phase that never ends has no {key!r}", key=key)
                    yield KeyConflict(message, _("one of the two"), _("both"), key)


def _phase_or_use(value: Any) -> str:
    return "<use>" if isinstance(value, dict) and "use" in value and "id" not in value else "<phase>"


AnyPhaseEntry = Annotated[
    Annotated[PhaseEntry, Tag("<phase>")] | Annotated[UseEntry, Tag("<use>")], Discriminator(_phase_or_use)
]


class SourceEntry(Entry):
    """Where numbers come from."""

    title: s.Title = Field(description=N_("The title of the page, paper or leaflet."))
    where: s.Prose | None = Field(
        None, description="Where to find it, and what the places in references mean."
    )
    says: dict[
        s.Place,
        Annotated[
            Annotated[s.Said, Tag("<text>")] | Annotated[tuple[s.Said, ...], Tag("<list>")],
            Discriminator(shape),
        ],
    ] = Field({}, description="The numbers that it gives, by place, or under all.")


class ObservationEntry(Entry):
    """Something that a check-in asks: a scale of whole numbers, or a choice of words."""

    ask: s.Cue = Field(description=N_("The question."))
    scale: s.Scale | None = Field(None, description="The least and the most, such as 0..10.")
    labels: tuple[s.Label, ...] | None = Field(
        None, description="A name for each number of the scale, from the least."
    )
    choices: tuple[s.Label, ...] | None = Field(
        None, description="The words, from worst to best.", min_length=2
    )
    better: s.Better | None = Field(
        None, description="Which way is healing; choices go from worst to best anyway."
    )
    fresh: s.PositiveDuration | None = Field(None, description="How long an answer counts; 24h without it.")
    source: Sources | None = SOURCE

    @classmethod
    def slips(cls, data: Mapping[str, Any]) -> Iterator[KeyConflict]:
        yield from exactly_one(data, ("scale", "choices"), _("what can be answered"))
        yield from together(data, "labels", "scale")
        if "choices" in data and "better" in data:
            message = _("choices go from worst to best")
            yield KeyConflict(message, _("no 'better' beside choices"), _("both"), "better")


class LimitEntry(Entry):
    """What nothing may break: no phase, snooze, catch-up or command."""

    id: s.Id = Field(description=N_("A short name, unique in the protocol."))
    of: OneOrMore[s.Modality] = Field(description=N_("The modalities that it binds: cold, or [cold, warm]."))
    in_: OneOrMore[s.Id] | None = Field(
        None, alias="in", description="The phases in which it binds; without it: always."
    )
    longest: s.ExactDuration | None = Field(None, description="No session is longer.")
    gap: s.Gap | None = Field(None, description="So long from the real end of one to the start of `to`.")
    to: OneOrMore[s.Modality] | None = Field(None, description="With `gap`: what has to wait.")
    not_before: s.Instant | None = Field(None, description="Not before this instant, such as injury+48h.")
    not_after: s.Instant | None = Field(None, description="Over by this instant, such as injury+48h.")
    most_per_day: s.Count | None = Field(None, description="At most so many sessions a day.")
    never: s.YesNo | None = Field(None, description="true: not at all.")
    needs: ConditionEntry | None = Field(None, description="Only while this is known to be true.")
    say: s.Cue | None = Field(None, description="Why, in words for the person.")
    source: Sources | None = SOURCE

    @classmethod
    def slips(cls, data: Mapping[str, Any]) -> Iterator[KeyConflict]:
        kinds = ("longest", "gap", "not_before", "not_after", "most_per_day", "never", "needs")
        if not any(key in data for key in kinds):
            expected = _("at least one of {names}", names=", ".join(kinds))
            yield KeyConflict(_("the limit limits nothing"), expected, _("none of them"))
        yield from together(data, "gap", "to")
        yield from together(data, "to", "gap")
        if data.get("never") == "false":
            message = _("'never: false' says nothing")
            yield KeyConflict(message, _("true, or no such key"), "'false'", "never")


class TableEntry(Entry):
    """A range for each grade."""

    I: s.DurationRange = Field(description=N_("For grade I, such as I: 2w..4w."))  # noqa: E741  # the grade's name
    II: s.DurationRange = Field(description=N_("For grade II, such as II: 4w..8w."))
    III: s.DurationRange = Field(description=N_("For grade III, such as III: 3mo..12mo."))
    source: Sources | None = SOURCE


class HealingEntry(Entry):
    """The usual healing time. Nothing completes before its least."""

    from_: s.Origin = Field(alias="from", description=N_("What it counts from: injury, start or phase."))
    table: s.Id = Field(description=N_("The table with a range for each grade."))
    late: Escalation = Field(description=N_("What to tell when the latest usual time has passed."))
    source: Sources | None = SOURCE

    @classmethod
    def slips(cls, data: Mapping[str, Any]) -> Iterator[KeyConflict]:
        if data.get("from") == "phase":
            message = _("healing is not counted from a phase")
            yield KeyConflict(message, _("injury or start"), "'phase'", "from")


class RedFlagEntry(Entry):
    """A sign that refers to a professional: by a condition, or by a question."""

    id: s.Id = Field(description=N_("A short name, unique in the protocol."))
    when: ConditionEntry | None = Field(None, description="It is raised when this becomes true.")
    ask: s.Cue | None = Field(None, description="The question by which a person reports it.")
    level: s.Level = Field(description=N_("How much it matters: routine, urgent or emergency."))
    say: s.Cue = SAY
    suspend: (
        Annotated[
            Annotated[s.Suspended, Tag("<text>")]
            | Annotated[tuple[s.Modality, ...], Field(min_length=1), Tag("<list>")],
            Discriminator(shape),
        ]
        | None
    ) = Field(None, description="The modalities that stop while it stands, or all.")
    source: Sources | None = SOURCE

    @classmethod
    def slips(cls, data: Mapping[str, Any]) -> Iterator[KeyConflict]:
        yield from exactly_one(data, ("when", "ask"), _("how it is noticed"))


class ScreenEntry(Entry):
    """A question before the start. A yes forbids modalities, or refuses the protocol."""

    id: s.Id = Field(description=N_("A short name, unique in the protocol."))
    ask: s.Cue = Field(description=N_("The question, to be answered yes or no."))
    forbid: OneOrMore[s.Modality] | None = Field(None, description="The modalities that a yes forbids.")
    refuse: s.YesNo | None = Field(None, description="true: a yes refuses the whole protocol.")
    say: s.Cue = SAY
    source: Sources | None = SOURCE

    @classmethod
    def slips(cls, data: Mapping[str, Any]) -> Iterator[KeyConflict]:
        yield from exactly_one(data, ("forbid", "refuse"), _("what a yes means"))
        if data.get("refuse") == "false":
            message = _("'refuse: false' says nothing")
            yield KeyConflict(message, _("true, or no such key"), "'false'", "refuse")


class OptionEntry(Entry):
    """A further input: a choice of words."""

    ask: s.Cue = Field(description=N_("The question."))
    choices: tuple[s.Label, ...] = Field(description=N_("The words."), min_length=2)
    default: s.Label | None = Field(None, description="The word that is taken where none is given.")
    source: Sources | None = SOURCE


class ExclusionEntry(Entry):
    """A protocol that must not run for the same injury."""

    id: s.Id = Field(description=N_("The id of the protocol."))
    say: s.Cue = SAY
    source: Sources | None = SOURCE


class GradeQuestionEntry(Entry):
    """A question of a self-grading, answered yes, no or unsure."""

    id: s.Id = Field(description=N_("A short name, unique among the questions."))
    ask: s.Cue = Field(description=N_("The question."))
    grade: s.Grade = Field(description=N_("A yes speaks for at least this grade."))
    raises: s.Id | None = Field(None, description="The red flag that a yes reports.")
    source: Sources | None = SOURCE


class AssessEntry(Entry):
    """How a person finds their grade: the highest that an answer speaks for."""

    questions: tuple[GradeQuestionEntry, ...] = Field(description=N_("The questions."), min_length=1)
    otherwise: s.Grade = Field(description=N_("The grade where all is answered no."))
    unsure: s.Grade = Field(description=N_("What an unsure speaks for."))
    source: Sources | None = SOURCE


class ResponsibleEntry(Entry):
    """The professional who answers for a file that is less strict than the floor of the language."""

    name: s.PersonName = Field(description=N_("Who answers for it."))
    role: s.Profession = Field(description=N_("Their profession, such as physiotherapist."))
    registration: s.Title | None = Field(None, description="Their registration: the register and the number.")
    on: s.Day = Field(description=N_("The day on which they said so: 2026-12-01."))
    because: s.Cue = Field(description=N_("Why less strict is right here."))


class ProtocolFile(Entry):
    """A protocol of the recovery program, format 1."""

    format: Literal["1"] = Field(
        description=N_("The format of the file: 1."), json_schema_extra={"enum": [1, "1"]}
    )
    id: s.Id = Field(description=N_("The protocol's short name, which is also the file's name."))
    version: s.Version = Field(description=N_("The version of this file, such as 1.0.0."))
    title: s.Title = Field(description=N_("What it is, in a few words."))
    summary: s.Prose = Field(description=N_("What it is, in a sentence or two."))
    region: s.Id = Field(description=N_("The part of the body that limits are counted for, such as hip."))
    inputs: tuple[s.Input, ...] = Field(
        description=N_("What a start has to give: of onset, grade, side."), min_length=1
    )
    responsible: ResponsibleEntry | None = Field(
        None, description="Who answers for it where it is less strict than the floor of the language."
    )
    options: dict[s.Id, OptionEntry] = Field({}, description="Further inputs, by id: choices of words.")
    excludes: tuple[ExclusionEntry, ...] = Field(
        (), description="Protocols that must not run for the same injury."
    )
    screen: tuple[ScreenEntry, ...] = Field((), description="Questions before the start.")
    assess: AssessEntry | None = Field(None, description="How a person finds their grade.")
    notes: tuple[s.Prose, ...] = Field((), description="What a reader should know besides.")
    sources: dict[s.Id, SourceEntry] = Field(
        {}, description="Where its numbers come from, by id. own is built in."
    )
    observe: dict[s.Id, ObservationEntry] = Field({}, description="What check-ins ask, by id.")
    limits: tuple[LimitEntry, ...] = Field((), description="What nothing may break.")
    tables: dict[s.Id, TableEntry] = Field({}, description="Ranges by grade, by id.")
    healing: HealingEntry | None = Field(None, description="The usual healing time.")
    red_flags: tuple[RedFlagEntry, ...] = Field((), description="Signs that refer to a professional.")
    phases: tuple[AnyPhaseEntry, ...] = Field(description=N_("The phases, in order."), min_length=1)
    then: s.Id | None = Field(None, description="The protocol that usually follows.")
    translations: dict[s.Language, dict[s.TextPath, s.Translation]] = Field(
        {}, description="Its texts in other languages, by their paths."
    )


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a protocol file, for editors."""
    schema = ProtocolFile.model_json_schema(by_alias=True)
    schema["properties"]["format"] = {"description": "The format of the file: 1.", "enum": [1, "1"]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "Recovery protocol"}
