"""Reasons as values: why a session may not begin, what a gate waits for, why nothing came.

Each class is one reason, with its facts. `recovery.words.reasons` has a sentence for it in every language: a field
stands in the sentence by its name, worded by its type. Reasons are compared as values, never by a sentence.
"""

from collections.abc import Mapping
from datetime import datetime, time, timedelta

from recovery.protocol.model import Exercise, Timed
from recovery.protocol.terms import Anchor, Condition, Duration
from recovery.values import Value


class Statement(Value):
    """Something to be told, as a value: its facts. Its sentence comes later, by its name."""

    @property
    def key(self) -> str:
        """The name and the facts in one line, to be kept and compared: `GapNotOver(2h, 2026-11-23T06:20:00+00:00)`."""
        return f"{type(self).__name__}({', '.join(key_of(self.__dict__[name]) for name in self._fields)})"


class Remark(Statement):
    """One sentence by its name, with the facts that stand in it: `Remark("not-on", title="Ice")`.

    It is told once and decides nothing, so it needs no class of its own. `recovery.words.remarks` has the sentences.
    """

    name: str
    facts: Mapping[str, object]

    def __init__(self, name: str, /, **facts: object) -> None:
        super().__init__(name, facts)


Text = Statement | Condition | str
"""What is told: a statement, a condition of a protocol, or words that stand as they are in a file or in the record."""


def key_of(value: object) -> str:
    """A text, or a fact of one, in one line, to be kept and compared; a condition is as the file writes it."""
    if isinstance(value, Statement):
        return value.key
    return value.isoformat() if isinstance(value, datetime) else str(value)


def as_written(text: Text) -> Statement | str:
    """A condition as the file writes it; any other text as it is."""
    return text if isinstance(text, Statement | str) else str(text)


class OfFile(Statement):
    """A text of the protocol with placeholders, for the side and the options of an episode."""

    text: str
    side: str | None
    options: Mapping[str, str]


class Sentences(Statement):
    """Texts that follow one another."""

    texts: tuple[Text, ...]


class Cards(Statement):
    """The exercises of a session, each with its dose."""

    exercises: tuple[Exercise, ...]


class SessionTitle(Statement):
    """The title of a session of an alternation, with which of its steps it is."""

    title: str
    modality: str


class OfWhich(Statement):
    """A title, with which of the person's episodes it is of."""

    title: Text
    which: tuple[str, ...]


# Limits ---------------------------------------------------------------------------------------------


class OfEpisode(Statement):
    """A reason that comes from another episode of the person."""

    reason: Text
    episode: str


class ByLimit(Statement):
    """A limit's own word beside the reason."""

    reason: Statement
    because: Text

    @property
    def key(self) -> str:
        return self.reason.key


class FloorOfTheLanguage(Statement):
    source: str


class NotWithinWakingHours(Statement):
    wake: time
    bedtime: time


class OnlyAsSession(Statement):
    modality: str


class SessionUnderWay(Statement):
    title: Text
    until: datetime


class EndItNow(Statement):
    """The session under way must end."""

    title: Text
    command: str


class FlagStands(Statement):
    reason: Text
    command: str
    """Says what became of the flag."""


class WaitsForRelease(FlagStands):
    """A professional's word alone ends the flag."""


class ScreeningOpen(Statement):
    question: Text
    command: str
    """Answers it."""


class Never(Statement):
    modality: str


class NotInThisPhase(Statement):
    modality: str


class GivesWay(Statement):
    """Another protocol tells of something that does not go with it."""

    modality: str
    title: Text


class NotBefore(Statement):
    modality: str
    instant: Anchor


class NotLaterThan(Statement):
    modality: str
    instant: Anchor


class OnlyWhen(Statement):
    """The condition is false."""

    condition: Condition


class NotKnownWhether(Statement):
    condition: Condition


class GapNotOver(Statement):
    length: Duration
    ended_at: datetime


class LongerThan(Statement):
    length: Duration
    longest: Duration


class LongerInAll(Statement):
    """Sessions that count as one, with the one to begin, would be too long."""

    length: timedelta
    wait: Duration
    longest: Duration


class TooManyToday(Statement):
    modality: str
    count: int
    """So many a day there may be."""


# Gates ----------------------------------------------------------------------------------------------


class NotYet(Statement):
    condition: Text


class NotKnown(Statement):
    condition: Text


class Met(Statement):
    condition: Text
    value: Text


class NoFlagStands(Statement):
    """Nothing stops anything."""


class FlagToClear(Statement):
    reason: Text
    command: str


class SomebodyStops(Statement):
    """The end of an endless phase."""


class GoesOnUntilStopped(Statement):
    """An endless phase goes on."""


class TimeSince(Statement):
    """So much time since the injury, the start, or since the phase began."""

    origin: str
    length: Duration


class UsuallyHealed(Statement):
    """The earliest usual healing time of a grade."""

    grade: str | None


class DayOnStep(Statement):
    """One step a day."""


class TimeOnStep(Statement):
    length: Duration


class OnStep(Statement):
    step: int
    steps: int
    title: str


class LastStep(Statement):
    title: str


class DayOnLastStep(Statement):
    """A day at least on the last step of a ladder."""


class TimeOnLastStep(Statement):
    length: Duration


class TimeLeft(Statement):
    length: timedelta
    until: datetime


class Answers(Statement):
    """The answers to what a condition asks."""

    answers: tuple[Statement, ...]


class AnswerTo(Statement):
    observation: str
    answer: Text


class NotToldYet(Statement):
    """No answer was ever given."""


class LastTold(Statement):
    """The last answer is too old to count."""

    length: timedelta


class ToldOnce(Statement):
    """There is nothing to compare the answer with."""

    value: str


class Measured(Statement):
    """An answer beside the one that it is compared with."""

    value: str
    against: str
    """One of the references of a comparison: `first`, `last`, `second-last`, `phase`, `worst`."""
    reference: str


# Cues -----------------------------------------------------------------------------------------------


class Late(Statement):
    """A text that comes later than it was due."""

    text: Text
    due_at: datetime


# A turn ---------------------------------------------------------------------------------------------


class OutsideWakingHours(Statement):
    """Nothing is told at night."""


class InQuietTime(Statement):
    """The session would be in a time in which nothing is told."""


class OnlyUntil(Statement):
    instant: Anchor


class WaitNotOver(Statement):
    """The wait between the treatments of an alternation."""

    length: Duration
    ended_at: datetime


class AskedToday(Statement):
    """A person who has been silent for days is asked one question a day."""


class QuestionFirst(Statement):
    """A session waits for the answer to a question, for a short time."""

    title: Text


class MachineAsleep(Statement):
    """The machine was off or asleep when it was time."""


class ZoneChange(Statement):
    """A change of the time zone left it out."""


class ClockSetForward(Statement):
    """The clock jumped over it."""


class TooLate(Statement):
    """It is nearer to the next one than to its own time."""


class RoundOver(Statement):
    """The day of a round ended before the round did."""


class NoLonger(Statement):
    condition: Condition


class PhaseOverItsTime(Statement):
    phase: str


# Open questions -------------------------------------------------------------------------------------


class StillNeeded(Statement):
    """Questions of a check-in for which something waits."""

    what: tuple[Text, ...]
    """The things that wait."""
    questions: Text
    command: str
    """Answers them."""


class SignToAnswer(Statement):
    """A sign that has come to be asked, with the commands that answer it."""

    ask: Text
    if_so: str
    if_not: str


class TodaysExercises(Statement):
    """Everything of today that is an exercise."""


class NextStep(Statement):
    """The next step of a ladder."""


class EndOfPhase(Statement):
    """The end of the last phase."""


# A grade --------------------------------------------------------------------------------------------


class QuestionAnswered(Statement):
    """A question of a self-grading, with its answer."""

    answer: str
    question: Text


class Unsure(Statement):
    """The person does not know their grade."""


class Rhythm(Statement):
    """The cadence of an activity."""

    activity: Timed
