"""All that a person can do, as values: each act says what is done, and to what. `judging` accepts it, or refuses it."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import ClassVar, Self, get_args

from recovery.engine.facts import NO_OCCURRENCE, Occurrence, Offer
from recovery.protocol.terms import AGREED, Duration
from recovery.values import Value, field, replace


class PersonAct(Value):
    """One thing that a person says they do or did."""

    verb: ClassVar[str]
    """The word by which people, files and programs name it."""
    needs_right_clock: ClassVar[bool] = False
    """True if nothing but the clock could allow it: refused while that is doubted."""


# Sessions ----------------------------------------------------------------------------------------


SNOOZE = Duration(seconds=600)
"""The length of a snooze for which the person names none."""


class OfActivity(PersonAct):
    activity: str | None = None
    """An activity's id or a modality; None: the one that is meant when there is only one."""
    about: Occurrence = NO_OCCURRENCE
    """The one that is meant and no other, as a button tells it (`Cue.about`); none: whichever it is now."""


class Begin(OfActivity):
    """Begin a session, or say that the one that was told to begin is on."""

    verb = "begin"
    needs_right_clock = True


class End(OfActivity):
    """End the session that is on, or say when the one that was on really ended."""

    verb = "end"
    at: datetime | None = None
    """The time at which it ended; None: now."""


class MarkDone(OfActivity):
    """Say that what a cue asked for is done. A session that is on ends with it."""

    verb = "done"


class Skip(OfActivity):
    """Leave out what is due or comes next, or say that a session which is only assumed did not happen."""

    verb = "skip"
    because: str = ""


class Snooze(OfActivity):
    """Put off what a cue asked for."""

    verb = "snooze"
    needs_right_clock = True
    length: Duration | None = None
    """None: `SNOOZE`."""


# The course of an episode ------------------------------------------------------------------------


class Pause(PersonAct):
    """Pause the reminders. Healing, gaps and limits go on counting."""

    verb = "pause"
    length: Duration | None = None
    """Stands above `until`; without either the pause lasts until it is ended."""
    until: datetime | None = None
    because: str = ""


class Resume(PersonAct):
    """End a pause."""

    verb = "resume"
    needs_right_clock = True


class Move(PersonAct):
    """Go by the times of day of another zone from now on."""

    verb = "move"
    zone: str
    """The name of a time zone."""
    follows: bool = False
    """True if the episode goes with the machine's zone from then on."""


class StayUp(PersonAct):
    """Put off the bedtime of this evening, once."""

    verb = "up-until"
    needs_right_clock = True
    until: time | None = None
    """The time of day, local; without one it is refused."""


class OfOffer(PersonAct):
    because: str = ""
    """The person's own reason."""
    about: Offer = Offer()
    """The one that is meant and no other, as a button tells it (`Cue.about`); none: whichever stands now."""


class Advance(OfOffer):
    """Go on to the next step or phase."""

    verb = "advance"
    needs_right_clock = True
    by: str = ""
    """The professional on whose word it is done."""
    on: date | None = None
    """The local date of that word; None: today."""


class StepBack(OfOffer):
    """Go back by a step or a phase, or to the phase that is offered."""

    verb = "step-back"


class Choose(PersonAct):
    """Choose how often, how far apart, how long or when something comes, within the range of the protocol."""

    verb = "choose"
    activity: str = ""
    value: str = ""
    """As typed: `4`, `90s`, or `08:00, wake+2h`."""


class Stop(PersonAct):
    """End the episode before it is completed."""

    verb = "stop"
    because: str = ""


# Reports -----------------------------------------------------------------------------------------


class OfQuestions(PersonAct):
    answers: Mapping[str, str] = field(default_factory=dict)
    """The answers as typed, by the name of the question."""

    def to(self, names: Iterable[str]) -> Self:
        """The act with the answers to these questions alone."""
        wanted = {*names}
        answers = {name: answer for name, answer in self.answers.items() if name in wanted}
        return self if answers == self.answers else replace(self, answers=answers)


class AnswerCheckIn(OfQuestions):
    """Answer questions of a check-in, by observation."""

    verb = "checkin"
    at: datetime | None = None
    """The time at which they were true; None: now."""


class AnswerScreening(OfQuestions):
    """Answer screening questions, each with one of `SCREENING_ANSWERS`.

    What a yes forbids leaves the plan, what a no frees comes back.
    """

    verb = "screen"
    by: str = ""
    """The professional who agreed."""
    on: date | None = None
    """The local date of that word; None: today."""

    def to(self, names: Iterable[str]) -> Self:
        """Leave out the professional where what they agreed to is not among these questions."""
        part = super().to(names)
        is_theirs = AGREED in part.answers.values() or AGREED not in self.answers.values()
        return part if is_theirs else replace(part, by="", on=None)


class TickItems(OfQuestions):
    """Say what was found of the things on a checklist, yes or no by item."""

    verb = "tick"


class RaiseFlag(PersonAct):
    """Report a red flag."""

    verb = "flag"
    flag: str
    """The flag's id."""


class ClearFlag(PersonAct):
    """Say that a standing alert is dealt with: somebody has looked, or it is over."""

    verb = "clear"
    flag: str
    """The last part of the alert's id, which for a red flag is the flag's."""
    because: str = ""


class ReportHarm(PersonAct):
    """Report what a treatment has done: its session ends, and the red flag stands."""

    verb = "harm"
    what: str = ""
    """The flag's id; empty: the first of what is on, or of what was on last."""
    about: Occurrence = NO_OCCURRENCE
    """The session that did it, as a button tells it; none: the one that is on."""


class Release(PersonAct):
    """Record a professional's word that releases what a standing alert stops."""

    verb = "release"
    what: str = ""
    """The last part of the alert's id, which for a red flag is the flag's."""
    by: str = ""
    """The professional."""
    on: date | None = None
    """The local date of that word; None: today."""


class Setback(PersonAct):
    """Report a new injury of the same place: the protocol begins anew with it; what was is kept."""

    verb = "setback"
    needs_right_clock = True
    onset: datetime | None = None
    """None: now."""
    grade: str | None = None
    because: str = ""


class Correct(PersonAct):
    """Put right what was said at the start. It is no new injury: what was done stays, and is looked at anew."""

    verb = "correct"
    onset: datetime | None = None
    """None: as it was said."""
    values: Mapping[str, str] = field(default_factory=dict)
    """The grade, the side and the options that were wrong, by their names."""
    because: str = ""


# All of them -------------------------------------------------------------------------------------


Act = (
    AnswerCheckIn
    | Begin
    | End
    | MarkDone
    | Skip
    | Snooze
    | Pause
    | Resume
    | Move
    | StayUp
    | Choose
    | Advance
    | StepBack
    | Setback
    | Correct
    | RaiseFlag
    | ClearFlag
    | Release
    | ReportHarm
    | AnswerScreening
    | TickItems
    | Stop
)

ACTS: dict[str, type[Act]] = {kind.verb: kind for kind in get_args(Act)}
"""The kinds of acts, by their verbs."""
