"""One turn of an episode: it collects what is decided, and when to look again. And the verdict on a person's act.

A rule that finds that it is too early says until when, with `look_at` or `truth`. A pass over all rules that changes
nothing thus knows the next instant at which one may find something to do.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from recovery.engine.episode import Alert, Episode, naming_option
from recovery.engine.facts import CueKey, Fact, Occurrence, Offer, What, Word, WrittenCue
from recovery.engine.fold import apply
from recovery.engine.gates import Truth, clearing, condition_moments, emergency_stands, truth
from recovery.engine.reasons import EndItNow, Late, OfWhich, Remark, Sentences, Statement, StillNeeded, Text
from recovery.engine.sides import telling_apart, with_sides_of
from recovery.protocol.terms import Condition, is_name
from recovery.values import Value

LATE_WORDS = timedelta(minutes=2)
"""Cues that come later than this say so."""


class Turned(Value):
    """The outcome of a turn."""

    episode: Episode
    """As it is afterwards."""
    facts: tuple[Fact, ...]
    look_again_at: datetime | None
    """The next instant at which a turn may find something to do; None: only an act of the person can.

    A pause, an open question or a shut gate wakes nobody: what a person does is noticed when they do it. Neither does
    an answer that grows too old.
    """


class Turn:
    """One turn of an episode: collects facts and applies each at once, so that the next step sees it."""

    def __init__(self, episode: Episode, now: datetime, others: Sequence[Episode] = ()) -> None:
        self.episode = with_sides_of(others, episode)
        self.now = now
        self.others = others
        self.facts: list[Fact] = []
        self.look_again_at: datetime | None = None

    def add(self, what: What, by: str = "engine", at: datetime | None = None) -> None:
        self.keep(Fact(self.episode.id, at or self.now, what, by))

    def keep(self, fact: Fact) -> None:
        self.facts.append(fact)
        self.episode = apply(self.episode, fact)

    @property
    def turned(self) -> Turned:
        return Turned(self.episode, tuple(self.facts), self.look_again_at)

    def look_at(self, *instants: datetime | None) -> None:
        """Look again at each of the instants that is still to come."""
        for instant in instants:
            if instant is not None and instant > self.now:
                self.look_again_at = min(instant, self.look_again_at or instant)

    def truth(self, condition: Condition, episode: Episode | None = None) -> Truth:
        """Tell if a condition is true now, and look again when time alone may change that.

        `episode` is the one to ask, where that is not this one as it stands.
        """
        self.look_at(*condition_moments(condition, episode or self.episode))
        return truth(condition, episode or self.episode, self.now)

    def end_now(self, owners: Iterable[Episode]) -> tuple[Statement, ...]:
        """Say that the session under way has to end, in each of these episodes of the person."""
        everyone, endings = (self.episode, *self.others), []
        for owner in owners:
            on = owner.under_way
            if on is not None:
                which = naming_option(owner, [each for each in everyone if each is not owner])
                endings.append(EndItNow(owner.title_of(on), f"recovery end{which}"))
        return tuple(endings)

    def clearing(self, alert: Alert) -> str:
        """The command that says what became of an alert."""
        return clearing(self.episode, alert, self.others)

    def cue(
        self,
        key: CueKey,
        kind: str,
        title: Text,
        body: Text,
        due: datetime,
        *,
        critical: bool = False,
        expires: datetime | None = None,
    ) -> WrittenCue:
        """A cue as it stands in a fact. It says how late it comes, where that is worth telling.

        Where the person has several episodes its title says of which it is.
        """
        which = telling_apart(self.episode, self.others)
        title = OfWhich(title, which) if which else title
        late = self.now - due
        if late >= LATE_WORDS and kind != "end":
            body = Late(body, due)
        return WrittenCue(
            key=key, kind=kind, title=title, body=body, due_at=due, critical=critical, expires_at=expires
        )


# Verdicts ---------------------------------------------------------------------------------------


class Accepted(Value):
    episode: Episode
    """With the facts applied."""
    facts: tuple[Fact, ...]
    message: Text
    needed: tuple[StillNeeded, ...] = ()
    """The questions that a check-in has left open though something waits for them."""


class Refused(Value):
    reason: Text
    earliest: datetime | None = None
    """The first instant at which it would be accepted; None: unknown, or never."""


Verdict = Accepted | Refused


def accepted(turn: Turn, *message: Text) -> Accepted:
    """Accept an act, with the facts that its turn has collected."""
    return Accepted(turn.episode, tuple(turn.facts), Sentences(message))


def or_none(names: Iterable[str]) -> tuple[str, ...] | Remark:
    """Names, or that there are none."""
    return tuple(names) or Remark("none")


def ahead(turn: Turn, at: datetime | None) -> Refused | None:
    """Refuse what is told of the future; None: it is told of now or earlier."""
    return Refused(Remark("in-the-future")) if at is not None and at > turn.now else None


def overtaken(meant: Occurrence | Offer, current: Occurrence | Offer) -> Refused | None:
    """Refuse an act about another occurrence or offer than the one it would change; None: it is that, or none."""
    return None if meant in ("", current) else over()


def in_an_emergency(turn: Turn) -> Refused | None:
    """Refuse to move on or back while an emergency stands in any of the person's episodes; None: none stands."""
    emergency = emergency_stands(turn.episode, turn.others)
    return None if emergency is None else Refused(emergency)


def over() -> Refused:
    """Refuse: the occurrence that is meant is over."""
    return Refused(Remark("overtaken"))


def word_of(turn: Turn, by: str, on: date | None, since: datetime) -> Word | Refused | None:
    """Read a professional's word, of today if no day is given; None: nobody's.

    Refuse one without a name, or of a day before `since` or after today.
    """
    name, local = by.strip(), turn.episode.place.local
    if name and not is_name(name):
        return Refused(Remark("no-name", typed=name))
    if not name:
        return None if on is None else Refused(Remark("word-without-name"))
    first, today = local(since).date(), local(turn.now).date()
    if on is not None and not first <= on <= today:
        is_of_injury = since == turn.episode.onset
        return Refused(Remark("word-on-other-day") if is_of_injury else Remark("word-of-before", first=first))
    return Word(by=name, on=on or today)
