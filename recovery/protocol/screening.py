"""Constructs of the language: the questions before a plan and besides it, and the signs that refer to a professional.

They are named in `model` with the others. `declared` says how to read a declaration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from recovery.language import N_
from recovery.protocol.terms import BY_RELEASE, CLEARED_BY, Cites, Condition, Duration, comparisons
from recovery.values import Value, field

if TYPE_CHECKING:  # named by the declarations only
    from recovery.protocol import scalars as s
    from recovery.protocol.declared import (
        AtLeast,
        Key,
        if_fewer,
        if_gone,
        if_in_more_hands,
        if_lower,
        if_more,
    )

SOURCE = "Where its numbers come from: for all of them, or field by field (other: the rest)."
SAY = N_("What the person is told.")
PROTOCOL = N_("The id of the protocol.")
UNIQUE = N_("A short name, unique in the protocol.")
LEVEL = N_("How much it matters: routine, urgent or emergency.")


class Escalation(Value):
    """The words to tell when something is over its time; told again and again until somebody has answered them."""

    level: Annotated[str, s.Level, if_lower, LEVEL]
    say: Annotated[str, s.Cue, SAY]
    again: Annotated[
        Duration | None, s.PositiveDuration | None, if_more, "It is told again after so long, and so on."
    ] = None
    rises: Annotated[str, s.Level | None, if_lower, "How much it matters when it is told again."] = ""
    unanswered: Annotated[
        str, s.Cue, "What is told instead while nobody has answered how it is; nothing is claimed then."
    ] = ""


class Waiting(Escalation, kw_only=True):
    """The words to tell when the first phase still cannot begin."""

    after: Annotated[Duration, s.PositiveDuration, if_more, N_("So long after the start.")]


class RedFlag(Value, kw_only=True):
    """A sign that refers to a professional: by a condition, or by a question.

    It is raised when its condition becomes true, or reported by the person, and stands until the person has
    answered it; a routine one with a condition also until that is false.
    """

    noun = N_("red flag")
    id: Annotated[str, s.Id, UNIQUE]
    when: Annotated[Condition | None, "It is raised when this becomes true."] = None
    ask: Annotated[str, s.Cue, "The question by which a person reports it."] = ""
    level: Annotated[str, s.Level, if_lower, LEVEL]
    say: Annotated[str, s.Cue, SAY]
    suspends: Annotated[
        tuple[str, ...],
        Key("suspend"),
        s.AllOrSome,
        if_fewer,
        "The modalities that stop while it stands, or all.",
    ] = ()
    """While it stands with any, no phase ends either. An emergency stops all, whatever it names."""
    cleared_by: Annotated[
        str,
        Literal["person", "professional"],
        if_in_more_hands,
        "Whose word ends it: the person's, or a professional's alone, by a release.",
    ] = CLEARED_BY[-1]
    harm: Annotated[
        tuple[str, ...],
        s.OneOrMore[s.Modality],
        if_fewer,
        "The treatments that do it: it is asked of them, not at the start, and its report ends a session of them.",
    ] = ()
    cites: Annotated[Cites, Key("source"), s.Sources, SOURCE] = field(default_factory=dict)

    @property
    def waits_for_release(self) -> bool:
        """True if a professional's word alone ends it."""
        return self.cleared_by == BY_RELEASE

    @property
    def is_of_the_start(self) -> bool:
        """True if it looks at what the person says of the injury at the start: the grade, the side."""
        return any(each.subject in ("grade", "side") for each in comparisons(self.when))


class ScreenQuestion(Value, kw_only=True):
    """A question before the start. A yes forbids modalities, refuses the protocol, or asks for care."""

    noun = N_("screening question")
    id: Annotated[str, s.Id, UNIQUE]
    ask: Annotated[str, s.Cue, N_("The question, to be answered yes or no.")]
    forbids: Annotated[
        tuple[str, ...],
        Key("forbid"),
        s.OneOrMore[s.Modality],
        if_fewer,
        "The modalities that a yes forbids.",
    ] = ()
    refuses: Annotated[
        bool, Key("refuse"), s.YesNo | None, if_gone, "true: a yes refuses the whole protocol."
    ] = False
    level: Annotated[
        str,
        Literal["never", "ask", "care"] | None,
        if_lower,
        "never: nobody's word lifts it; ask: until a professional agrees; care: it forbids nothing; ask without it.",
    ] = "ask"
    say: Annotated[str, s.Cue, SAY]
    cites: Annotated[Cites, Key("source"), s.Sources, SOURCE] = field(default_factory=dict)


class Option(Value):
    """A further input: a choice of words."""

    noun = N_("option")
    id: str
    ask: Annotated[str, s.Cue, N_("The question.")]
    choices: Annotated[tuple[str, ...], tuple[s.Label, ...], AtLeast(2), N_("The words.")]
    default: Annotated[str, s.Label, "The word that is taken where none is given."] = ""
    cites: Annotated[Cites, Key("source"), s.Sources, SOURCE] = field(default_factory=dict)


class Exclusion(Value):
    """A protocol that must not run for the same injury."""

    noun = N_("exclusion")
    id: Annotated[str, s.Id, PROTOCOL]
    say: Annotated[str, s.Cue, SAY]
    cites: Annotated[Cites, Key("source"), s.Sources, SOURCE] = field(default_factory=dict)


class GradeQuestion(Value):
    """A question of a self-grading, answered yes, no or unsure."""

    noun = N_("question")
    id: Annotated[str, s.Id, N_("A short name, unique among the questions.")]
    ask: Annotated[str, s.Cue, N_("The question.")]
    grade: Annotated[str, s.Grade, N_("A yes speaks for at least this grade.")]
    raises: Annotated[str, s.Id, "The red flag that a yes reports."] = ""
    cites: Annotated[Cites, Key("source"), s.Sources, SOURCE] = field(default_factory=dict)


class Assessment(Value):
    """The way a person finds their grade: the highest that an answer speaks for."""

    questions: Annotated[tuple[GradeQuestion, ...], AtLeast(1), N_("The questions.")]
    otherwise: Annotated[str, s.Grade, N_("The grade where all is answered no.")]
    unsure: Annotated[str, s.Grade, N_("What an unsure speaks for.")]
    cites: Annotated[Cites, Key("source"), s.Sources, SOURCE] = field(default_factory=dict)
