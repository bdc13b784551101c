"""The base of a person's acts, and the verdict on one: accepted, with what follows from it, or refused, with why."""

from datetime import datetime
from typing import ClassVar

from recovery.engine.episode import Episode
from recovery.engine.facts import Fact, Occurrence, Offer
from recovery.engine.reasons import Remark, Sentences, StillNeeded, Text
from recovery.engine.turn import Turn
from recovery.values import Value


class PersonAct(Value):
    """One thing that a person says they do or did."""

    verb: ClassVar[str]
    """The word by which people, files and programs name it."""
    needs_right_clock: ClassVar[bool] = False
    """True if nothing but the clock could allow it: refused while that is doubted."""


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


def ahead(turn: Turn, at: datetime | None) -> Refused | None:
    """Refuse what is told of the future; None: it is told of now or earlier."""
    return Refused(Remark("in-the-future")) if at is not None and at > turn.now else None


def overtaken(meant: Occurrence | Offer, current: Occurrence | Offer) -> Refused | None:
    """Refuse an act about another occurrence or offer than the one it would change; None: it is that, or none."""
    return None if meant in ("", current) else over()


def over() -> Refused:
    """Refuse: the occurrence that is meant is over."""
    return Refused(Remark("overtaken"))
