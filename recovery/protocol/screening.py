"""Constructs of the language: all that a person is asked, and the signs that refer to a professional.

They are named in `model` with the others. `declared` says how to read a declaration.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from recovery.language import N_
from recovery.protocol.terms import (
    BY_RELEASE,
    CLEARED_BY,
    Anchor,
    Cites,
    Condition,
    Duration,
    Titled,
    comparisons,
)
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


class Source(Value):
    """A place where numbers come from.

    The id `own` means: the project's own default, no source.
    """

    noun = N_("source")
    id: str
    title: Annotated[str, s.Printed, N_("The title of the page, paper or leaflet.")]
    where: Annotated[str, s.PrintedProse, "Where to find it, and what the places in references mean."] = ""
    says: Annotated[
        Mapping[str, tuple[str, ...]],
        dict[s.SourcePlace, s.OneOrList[s.Said]],
        "The numbers that it gives, by place, or under all.",
    ] = field(default_factory=dict)
    """Empty where nobody wrote them down."""


class Topic(Value):
    """Something to know about the injury: nothing to do, and no condition."""

    noun = N_("topic")
    id: Annotated[str, s.Id, UNIQUE]
    title: Annotated[str, s.Title, N_("What it is about, in a few words.")]
    say: Annotated[str, s.Prose, N_("What there is to know.")]
    cites: Annotated[Cites, Key("source"), s.Sources, SOURCE] = field(default_factory=dict)


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
    begins: Annotated[
        Anchor | None,
        s.Instant,
        if_more,
        "It is asked from this instant on, such as injury+2w, and not at a start before it.",
    ] = None
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
    title: Annotated[str, s.Title, "What a yes tells of, in a few words: `because of {title}`."] = ""
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

    @property
    def because(self) -> str:
        """Name for people what a yes tells of: the title, or the id where the file gives none."""
        return self.title or self.id


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
    unsure: Annotated[str, s.Grade, N_("What an unsure speaks for.")]
    otherwise: Annotated[
        str, s.Grade | None, "The grade where all is answered no; without it that is no grade at all."
    ] = ""
    cites: Annotated[Cites, Key("source"), s.Sources, SOURCE] = field(default_factory=dict)


# The front door -----------------------------------------------------------------------------------

MOST_QUESTIONS = 8
"""More than these nobody answers before they know what it is for."""


class DoorQuestion(Value):
    """A question of the front door, answered yes, no or unsure."""

    noun = N_("question")
    id: Annotated[str, s.Id, UNIQUE]
    ask: Annotated[str, s.Cue, N_("The question.")]
    cites: Annotated[Cites, Key("source"), s.Sources, SOURCE] = field(default_factory=dict)


class DoorOutcome(Value):
    """A thing that the answers may speak for, and the protocol for it."""

    noun = N_("outcome")
    id: Annotated[str, s.Id, UNIQUE]
    title: Annotated[str, s.Title, N_("What it is, in a few words.")]
    when: Annotated[Condition, N_("The answers that speak for it: sudden == yes.")]
    start: Annotated[str, s.Id, N_("The protocol that fits.")]
    say: Annotated[str, s.Cue, SAY]
    cites: Annotated[Cites, Key("source"), s.Sources, SOURCE] = field(default_factory=dict)


class FrontDoor(Value, kw_only=True):
    """The questions of `recovery assess` for a part of the body."""

    format: ClassVar[Annotated[str, Literal["1"], N_("The format of the file: 1.")]]
    id: Annotated[str, Key("door"), s.Id, N_("The part of the body, which is also the file's name.")]
    version: Annotated[str, s.Version, N_("The version of this file, such as 1.0.0.")]
    title: Annotated[str, s.Title, N_("What it is, in a few words.")]
    sources: Annotated[Mapping[str, Source], "Where it comes from, by id. own is built in."] = field(
        default_factory=dict
    )
    signs: Annotated[
        tuple[RedFlag, ...], AtLeast(1), N_("The signs of an emergency. They are asked first, at once.")
    ]
    questions: Annotated[tuple[DoorQuestion, ...], AtLeast(1), N_("The questions, at most eight.")]
    outcomes: Annotated[
        tuple[DoorOutcome, ...], AtLeast(1), N_("What it may be; the first whose answers were given counts.")
    ]
    otherwise: Annotated[Escalation, N_("What to tell where the answers speak for none of them.")]
    translations: ClassVar[
        Annotated[
            Mapping[str, Mapping[str, str]],
            dict[s.Language, dict[s.TextPath, s.Translation]],
            "Its texts in other languages, by their paths.",
        ]
    ] = {}


# Check-ins ----------------------------------------------------------------------------------


class GuidedTest(Value):
    """A test of what each side can do, in percent of the other side; where both are injured, of its end."""

    how: Annotated[str, s.Cue, N_("How it is done, and when to stop.")]
    held: Annotated[Duration | None, s.ExactDuration, "It is held, and ends after so long."] = None
    repetitions: Annotated[int | None, s.Count, "It is repeated, and ends after so many."] = None
    cites: Annotated[Cites, Key("source"), s.Sources, SOURCE] = field(default_factory=dict)

    @property
    def most(self) -> int:
        """The seconds, or the repetitions, with which it ends."""
        return self.repetitions or (self.held.seconds if self.held else 0)


class Observation(Value):
    """Something that a check-in asks: a scale of whole numbers, a choice of words, or the result of a test."""

    noun = N_("observation")
    id: str
    title: Annotated[
        str, s.Title | None, "Its name for people, within a sentence; without it the id is shown."
    ]
    ask: Annotated[str, s.Cue, N_("The question.")]
    least: int = 0
    most: int = 0
    scale: ClassVar[Annotated[None, s.Scale, "The least and the most, such as 0..10."]] = None
    labels: Annotated[
        tuple[str, ...], tuple[s.Label, ...] | None, "A name for each number of the scale, from the least."
    ] = ()
    choices: Annotated[
        tuple[str, ...], tuple[s.Label, ...] | None, AtLeast(2), "The words, from worst to best."
    ] = ()
    test: Annotated[GuidedTest | None, "How it is measured: `recovery test` guides through it."] = None
    words: tuple[str, ...] = ()
    """Its labels or its choices, as people call them in their language."""
    better: Annotated[str, s.Better | None, "Which way is healing; choices go from worst to best anyway."] = (
        "lower"
    )
    fresh: Annotated[
        Duration, s.PositiveDuration | None, if_more, "How long an answer counts; 24h without it."
    ] = Duration(seconds=86400)
    cites: Annotated[Cites, Key("source"), s.Sources, SOURCE] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Its id, with its title for people."""
        return Titled(self.id, self.title)

    def answer(self, given: int | str) -> str:
        """An answer as text, a choice with its word for people."""
        if given in self.choices:
            return Titled(str(given), self.words[self.choices.index(str(given))])
        return f"{given} %" if self.test is not None else str(given)
