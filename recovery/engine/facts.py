"""The facts of the journal: what happened, never what should happen.

A fact is append-only and says when it happened (`at`, UTC) and when it was written down (`recorded_at`). What happened
is a class of its own for each kind, with its fields in the order in which they are written.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar, Self

from recovery.engine import written as w
from recovery.engine.reasons import Text
from recovery.engine.written import Written
from recovery.protocol.terms import CLEARED_BY, GRADES, LEVELS, MODALITIES, SIDES, TO_CHOOSE
from recovery.values import Value

# Names -------------------------------------------------------------------------------------------
#
# Each is a text as it stands in the journal, so it is compared and kept as fast as one; its parts are read here alone,
# and only when somebody asks for them.


class Occurrence(str):
    """One time that an activity is due: `strain-1/rice/ice/2026-11-23.3`. Empty: none."""

    __slots__ = ()

    @classmethod
    def of(cls, episode: str, phase: str, activity: str, day: date, ordinal: int) -> Self:
        """Name the nth occurrence, from 1, of a waking day."""
        return cls(f"{episode}/{phase}/{activity}/{day.isoformat()}.{ordinal}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a name that no program of ours may have written. Raises `ValueError` where it has not that form."""
        name = cls(text)
        match name.split("/"):
            case [episode, phase, activity, _] if episode and phase and activity and name.ordinal < 1_000_000:
                if name == cls.of(episode, phase, activity, name.day, name.ordinal):
                    return name
        raise ValueError(f"not an occurrence: {text!r}")

    @property
    def episode(self) -> str:
        return self.partition("/")[0]

    @property
    def activity(self) -> str:
        return self.split("/")[2]

    @property
    def owner(self) -> str:
        """Its episode, phase and activity, which it shares with those before and after it."""
        return self.rpartition("/")[0]

    @property
    def series(self) -> str:
        """Its owner and its day: those of one series are numbered."""
        return self.rpartition(".")[0]

    @property
    def day(self) -> date:
        """The waking day that it belongs to. Raises `ValueError` where the name is damaged."""
        return date.fromisoformat(day_of(self.series))

    @property
    def ordinal(self) -> int:
        """Its number in the series, from 1; 0 where the name is damaged."""
        ordinal = self.rpartition(".")[2]
        return int(ordinal) if ordinal.isdecimal() else 0


NO_OCCURRENCE = Occurrence()


class Offer(str):
    """The name of an offer to leave a phase: `strain-1/rice/2026-11-23T12:00:00.000Z`. Empty: none."""

    __slots__ = ()

    @classmethod
    def of(cls, episode: str, phase: str, at: datetime) -> Self:
        """Name the offer that was made at `at`."""
        moment = f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"
        return cls(f"{episode}/{phase}/{moment}")

    @property
    def episode(self) -> str:
        return self.partition("/")[0]


def day_of(series: str) -> str:
    """The day of a series, as it is written; days in this form sort as they follow one another."""
    return series[-10:]


class CueKey(str):
    """The subject of a cue: an occurrence, its end, or something of the episode.

    On the screen a cue takes the place of the one before it with the same key.
    """

    __slots__ = ()

    @classmethod
    def end_of(cls, occurrence: str) -> Self:
        """The key of the cue that a session is over, beside the one that it begins."""
        return cls(occurrence + _END)

    @classmethod
    def about(cls, episode: str, subject: str) -> Self:
        """The key of what concerns the whole episode: `phase`, `step`, `zone`, or an alert by its id."""
        return cls(f"{episode}/{subject}")

    @property
    def occurrence(self) -> Occurrence:
        """The occurrence that begins or ends, where it is about one."""
        return Occurrence(self.removesuffix(_END))

    @property
    def subject(self) -> str:
        """The rest of it, where it concerns the whole episode."""
        return self.partition("/")[2]


_END = "/end"


SILENCES = ASKS, RESTS = "asks", "rests"
"""What a long silence of the person changes: the check-ins ask otherwise; nothing is told any more."""

# Parts of facts ------------------------------------------------------------------------------------

_GRADE, _SIDE = w.perhaps(w.one_of(*GRADES)), w.perhaps(w.one_of(*SIDES))
_OCCURRENCE, _CUE_KEY = w.Kind("occurrence", read=Occurrence), w.Kind("name", read=CueKey)
_MODALITY, _MODALITY_OR_NONE = w.one_of(*MODALITIES), w.one_of("", *MODALITIES)


class WrittenCue(Written):
    """A message to the person, as the fact that carries it has it."""

    key: CueKey = w.field(_CUE_KEY)
    kind: str = w.field(
        w.one_of(
            "start",
            "suggestion",
            "end",
            "reminder",
            "check-in",
            "on",
            "off",
            "phase",
            "offer",
            "way-back",
            "alert",
        )
    )
    title: Text = w.field(w.TEXT)
    body: Text = w.field(w.TEXT)
    due_at: datetime = w.field(w.INSTANT, "due")
    critical: bool = w.field(w.FLAG, default=False)
    expires_at: datetime | None = w.field(w.INSTANT, "expires", default=None)


class Word(Written):
    """A professional's word: whose it is, and of which local day."""

    by: str = w.field(w.TEXT)
    on: date = w.field(w.DATE)


class GradingAnswers(Written):
    """The answers that found a grade."""

    answers: Mapping[str, str] = w.field(w.by_name(w.one_of("yes", "no", "unsure")))
    grade: str = w.field(w.one_of(*GRADES))
    reasons: Sequence[Text] = w.field(w.each(w.TEXT))


class Choice(Written):
    """Something chosen of an activity, as it is typed."""

    activity: str = w.field(w.ACTIVITY)
    key: str = w.field(w.one_of(*TO_CHOOSE))
    value: str = w.field(w.TEXT)


_CUE, _WORD, _REASONS = w.part(WrittenCue), w.part(Word), w.each(w.TEXT)
_AGREED = w.by_name(_WORD, "questions")


class What(Written):
    """The base of all kinds of facts."""

    kind: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if isinstance(cls.__dict__.get("kind"), str):
            FACT_KINDS[cls.kind] = cls


FACT_KINDS: dict[str, type[What]] = {}
"""All kinds of facts, by the name that the journal has for them."""


class OfALaterVersion(What):
    """A kind that this program does not know."""

    __slots__ = ("kind",)


class OfOccurrence(What):
    """The kinds that are about one occurrence of an activity."""

    phase: str = w.field(w.PHASE)
    activity: str = w.field(w.ACTIVITY)
    occurrence: Occurrence = w.field(_OCCURRENCE)


# The course of an episode --------------------------------------------------------------------------


class Started(What):
    kind = "started"
    protocol: str = w.field(w.NAME, default="")
    version: str = w.field(w.NAME, default="")
    hash: str = w.field(w.PINNED, default="")
    onset: datetime = w.field(w.INSTANT)
    grade: str | None = w.field(_GRADE, default=None, always=True)
    side: str | None = w.field(_SIDE, default=None, always=True)
    options: Mapping[str, str] = w.field(w.OPTIONS, default={}, always=True)
    screened: Mapping[str, bool] = w.field(w.by_name(w.FLAG, "questions"), "screen", default={}, always=True)
    agreed: Mapping[str, Word] | None = w.field(_AGREED, default=None)
    zone: str = w.field(w.ZONE)
    wake: time = w.field(w.CLOCK)
    bedtime: time = w.field(w.CLOCK)
    work: tuple[time, time] = w.field(w.pair(w.CLOCK), default=(time(9), time(17)))
    workdays: Sequence[int] = w.field(w.each(w.count(0, 6), 7), default=(0, 1, 2, 3, 4))
    language: str = w.field(w.LANGUAGE, default="en", always=True)
    quiet: tuple[tuple[time, time], ...] = w.field(w.each(w.pair(w.CLOCK), 24), default=())
    assessment: GradingAnswers | None = w.field(w.part(GradingAnswers), default=None)
    confirms: bool = w.field(w.FLAG, default=False, always=True)
    is_discreet: bool = w.field(w.FLAG, "discreet", default=False)
    travels: bool = w.field(w.FLAG, default=False)
    choices: Sequence[Choice] = w.field(w.each(w.part(Choice)), default=())


class PhaseChanged(What):
    """A phase was entered or left; or why it goes on, that its end or a way back is offered, or is no more."""

    kind = "phase"
    phase: str = w.field(w.PHASE)
    to: str = w.field(w.NAME, default="")
    state: str = w.field(w.one_of("entered", "left", "held", "offered", "way back", "no way back"))
    reasons: Sequence[Text] = w.field(_REASONS)
    unmet: Sequence[Text] | None = w.field(_REASONS, default=None)
    keys: Sequence[str] | None = w.field(_REASONS, default=None)
    """The keys of what is unmet, to tell whether that has changed."""
    anew: bool = w.field(w.FLAG, default=False)
    word: Word | None = w.field(_WORD, default=None)
    cue: WrittenCue | None = w.field(_CUE, default=None)


class Stepped(What):
    """The step of the phase's ladder has changed."""

    kind = "stepped"
    phase: str = w.field(w.PHASE)
    step: str = w.field(w.RUNG)
    direction: str = w.field(w.one_of("up", "down"))
    reasons: Sequence[Text] = w.field(_REASONS)
    cue: WrittenCue | None = w.field(_CUE, default=None)
    word: Word | None = w.field(_WORD, default=None)


class Completed(What):
    kind = "completed"
    reasons: Sequence[Text] = w.field(_REASONS)
    cue: WrittenCue | None = w.field(_CUE, default=None)


class Paused(What):
    kind = "paused"
    until: datetime | None = w.field(w.perhaps(w.INSTANT), default=None, always=True)
    because: str = w.field(w.TEXT, default="", always=True)


class Resumed(What):
    kind = "resumed"
    because: Text = w.field(w.TEXT, default="")
    cue: WrittenCue | None = w.field(_CUE, default=None)


class Unheard(What):
    """Nothing is heard of the person for so long that it is asked otherwise, or that all rests; or it is over."""

    kind = "unheard"
    state: str = w.field(w.one_of(*SILENCES, "over"))
    reason: Text = w.field(w.TEXT)
    cue: WrittenCue | None = w.field(_CUE, default=None)


class Stopped(What):
    kind = "stopped"
    because: Text = w.field(w.TEXT, default="", always=True)
    binds_until: datetime | None = w.field(w.INSTANT, default=None)
    """Until when it stops beside others what waits for a professional's release; None: nothing does."""


class SetBack(What):
    """A new injury of the same place."""

    kind = "setback"
    onset: datetime = w.field(w.INSTANT)
    grade: str | None = w.field(_GRADE, default=None, always=True)
    because: str = w.field(w.TEXT, default="", always=True)


class Corrected(What):
    """Something said at the start was wrong."""

    kind = "corrected"
    onset: datetime | None = w.field(w.INSTANT, default=None)
    grade: str | None = w.field(_GRADE, default=None)
    side: str | None = w.field(_SIDE, default=None)
    options: Mapping[str, str] = w.field(w.OPTIONS, default={})
    because: str = w.field(w.TEXT, default="", always=True)


class Chosen(Choice, What):
    """Something of an activity was chosen."""

    kind = "chosen"


class Upgraded(What):
    """The episode goes on under another text of its protocol."""

    kind = "upgraded"
    protocol: str = w.field(w.NAME)
    version: str = w.field(w.NAME)
    hash: str = w.field(w.PINNED)
    from_version: str = w.field(w.NAME)
    from_hash: str = w.field(w.PINNED)


class TakenBack(What):
    """A fact was taken back."""

    kind = "undone"
    seq: int = w.field(w.PLACE)


# What a person says --------------------------------------------------------------------------------


class Answered(What):
    kind = "answered"
    values: Mapping[str, int | str] = w.field(w.ANSWERS)
    measured: Mapping[str, Sequence[int]] | None = w.field(
        w.perhaps(w.by_name(w.pair(w.count(0, 9999)))), default=None
    )
    """Of those that are tests: what the left and the right side did, in seconds or repetitions."""


class Screened(What):
    kind = "screened"
    answers: Mapping[str, bool] = w.field(w.by_name(w.FLAG, "questions"))
    agreed: Mapping[str, Word] | None = w.field(_AGREED, default=None)
    """Of those that are yes: the word that it may be all the same."""


class Ticked(What):
    kind = "ticked"
    phase: str = w.field(w.PHASE)
    activity: str = w.field(w.ACTIVITY)
    items: Mapping[str, bool] = w.field(w.by_name(w.FLAG, "items"))


class Alerted(What):
    """An alert stands from now on, or is cleared."""

    kind = "alerted"
    id: str = w.field(w.NAME)
    cleared: bool = w.field(w.FLAG, default=False)
    because: str = w.field(w.TEXT, default="")
    level: str = w.field(w.one_of(*LEVELS), default="")
    reason: Text = w.field(w.TEXT, default="")
    source: str = w.field(w.TEXT, default="")
    suspends: Sequence[str] = w.field(w.each(_MODALITY), default=())
    cleared_by: str = w.field(w.one_of(*CLEARED_BY), default=CLEARED_BY[-1])
    word: Word | None = w.field(_WORD, default=None)
    """The release that cleared it."""
    cue: WrittenCue | None = w.field(_CUE, default=None)


# Occurrences and their sessions --------------------------------------------------------------------


class Offered(OfOccurrence):
    """An occurrence is due, and the person is told; a session is assumed to begin with it."""

    kind = "offered"
    due_at: datetime = w.field(w.INSTANT, "due")
    day: date = w.field(w.DATE)
    modality: str | None = w.field(_MODALITY_OR_NONE, default=None)
    length: timedelta | None = w.field(w.LENGTH, "seconds", default=None)
    """None: it is not about a session."""
    step: int | None = w.field(w.count(0, 1000), default=None)
    asks: Sequence[str] | None = w.field(w.each(w.OBSERVATION), default=None)
    is_on: bool | None = w.field(w.FLAG, "on", default=None)
    tip: str | None = w.field(w.ACTIVITY, default=None)
    """The advice that is told with it."""
    cue: WrittenCue | None = w.field(_CUE, default=None)


class Begun(OfOccurrence):
    kind = "begun"
    modality: str = w.field(_MODALITY, default="")
    occurrence: Occurrence = w.field(_OCCURRENCE)
    length: timedelta | None = w.field(w.LENGTH, "seconds", default=None)


class Ended(OfOccurrence):
    kind = "ended"
    modality: str = w.field(_MODALITY, default="")
    occurrence: Occurrence = w.field(_OCCURRENCE)
    length: timedelta | None = w.field(w.LENGTH, "seconds", default=None)
    overrun: timedelta = w.field(w.OVERRUN)
    counts_from: datetime | None = w.field(w.INSTANT, default=None)
    cue: WrittenCue | None = w.field(_CUE, default=None)


class Done(OfOccurrence):
    kind = "done"
    due_at: datetime | None = w.field(w.INSTANT, "due", default=None)
    day: date | None = w.field(w.DATE, default=None)


class Skipped(OfOccurrence):
    kind = "skipped"
    due_at: datetime = w.field(w.INSTANT, "due")
    day: date = w.field(w.DATE)
    step: int = w.field(w.count(0, 1000), default=0, always=True)
    reason: str = w.field(w.TEXT, default="", always=True)


class Snoozed(OfOccurrence):
    kind = "snoozed"
    until: datetime = w.field(w.INSTANT)


class Missed(OfOccurrence):
    kind = "missed"
    due_at: datetime = w.field(w.INSTANT, "due")
    day: date = w.field(w.DATE)
    reason: Text = w.field(w.TEXT)
    counts_from: datetime | None = w.field(w.INSTANT, default=None)


class Withheld(What):
    kind = "withheld"
    phase: str = w.field(w.PHASE)
    activity: str = w.field(w.ACTIVITY)
    modality: str = w.field(_MODALITY_OR_NONE, default="", always=True)
    reason: Text = w.field(w.TEXT)
    key: str = w.field(w.TEXT, default="")
    """The key of the reason, to tell whether that has changed."""
    until: datetime | None = w.field(w.perhaps(w.INSTANT), default=None, always=True)


# Clocks and places ---------------------------------------------------------------------------------


class StaysUp(What):
    """The bedtime of one waking day was put off."""

    kind = "up-until"
    day: date = w.field(w.DATE)
    until: datetime = w.field(w.INSTANT)


class ZoneChanged(What):
    kind = "moved"
    zone: str = w.field(w.ZONE)
    before: str = w.field(w.ZONE, "from")
    follows: bool | None = w.field(w.FLAG, default=None)
    cue: WrittenCue | None = w.field(_CUE, default=None)


class ClockRead(What):
    """The stand of the two clocks, and by how much the one that can be set was set."""

    kind = "clock"
    boot: str = w.field(w.TEXT)
    steady: int = w.field(w.STEADY)
    """Milliseconds."""
    set_by: timedelta = w.field(w.SET_BY, "seconds")
    says: datetime | None = w.field(w.INSTANT, default=None)
    since: datetime | None = w.field(w.INSTANT, default=None)
    behind: datetime | None = w.field(w.INSTANT, default=None)
    is_off: bool = w.field(w.FLAG, "off", default=False)


class ClockRighted(What):
    """A clock that was far ahead is right again."""

    kind = "righted"
    ahead: timedelta = w.field(w.OVERRUN, "seconds")
    names: Mapping[str, int] = w.field(w.by_name(w.count(0)))


# Telling -------------------------------------------------------------------------------------------


class Delivered(What):
    """A cue was shown."""

    kind = "delivered"
    seq: int = w.field(w.PLACE)
    via: str = w.field(w.TEXT)
    late: timedelta = w.field(w.LATENESS)
    repeat: int | None = w.field(w.count(1), default=None)


class NotDelivered(What):
    """A cue could not be shown."""

    kind = "undelivered"
    seq: int = w.field(w.PLACE)
    via: str = w.field(w.TEXT)
    reason: str = w.field(w.TEXT)


LONGEST_ON = timedelta(days=1)
"""Nobody has had a session on for longer than this past its end: the machine was off, or its clock was set."""

SHORT_LIVED = (Offered, Begun, Ended, Done, Skipped, Snoozed, Missed, Withheld, Delivered, NotDelivered)
"""The kinds that decisions need for `LOOKBACK` only; the others count for ever."""

LOOKBACK = timedelta(days=10)
"""The reach of the fleeting facts into decisions: further than the times of any cadence are apart."""


UNWRITTEN = 0
"""The place of a fact that is not in the journal yet."""


class Fact(Value):
    """One thing that happened in one episode."""

    episode: str
    at: datetime
    what: What
    by: str = "engine"
    """`person`, `engine` or `daemon`."""
    recorded_at: datetime | None = None
    seq: int = UNWRITTEN
    """Its place in the journal, from 1."""

    @property
    def kind(self) -> str:
        """The name of its kind, as the journal has it."""
        return self.what.kind

    @property
    def data(self) -> dict[str, Any]:
        """The same as JSON."""
        return self.what.json

    @property
    def cue(self) -> WrittenCue | None:
        """The cue that it carries."""
        return getattr(self.what, "cue", None)


def read_fact(
    episode: str,
    at: datetime,
    kind: str,
    data: dict[str, Any],
    by: str = "engine",
    recorded_at: datetime | None = None,
    seq: int = 0,
) -> Fact:
    """Read a fact as the journal has it."""
    what = FACT_KINDS.get(kind, OfALaterVersion).of(data)
    if kind not in FACT_KINDS:
        object.__setattr__(what, "kind", kind)
    fact = Fact.__new__(Fact)  # at half the cost of `Fact(…)`: a journal has a hundred thousand of them
    parts = {"episode": episode, "at": at, "what": what, "by": by, "recorded_at": recorded_at, "seq": seq}
    object.__setattr__(fact, "__dict__", parts)
    return fact
