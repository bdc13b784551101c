"""The acts of a person, checked against the plan and the limits: accepted as facts, or refused.

A refusal says why, and from when on it would be allowed where that is known. The facts of an accepted act are
the person's; the turn that follows is the engine's.

`verbs.act` is the way in. The verbs are in families, each a class on top of `Desk` in a module of its own.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from recovery.engine.episode import Episode, Session
from recovery.engine.facts import Fact
from recovery.engine.occurrences import NONE, Occurrence, Offer
from recovery.engine.screening import left_out_now
from recovery.engine.turn import Turn
from recovery.protocol.model import CheckIn, Checklist, Hold, Reminder, ScreenQuestion, Treatment, modalities
from recovery.protocol.terms import Duration
from recovery.values import Value, field
from recovery.words.times import spell_when

RECENT = timedelta(hours=12)
"""The time after a session's end cue in which the person can still say how it really ended."""


class Act(Value):
    """One thing that a person says they do or did."""

    verb: str
    """One of `verbs.VERBS`."""
    activity: str | None = None
    """An activity's id or a modality, or a red flag's id; None: the one that is meant when there is only one."""
    values: Mapping[str, str] = field(default_factory=dict)
    """The answers of a check-in, a screening or a checklist, as typed; the grade of a setback."""
    length: Duration | None = None
    """The length of a snooze or a pause."""
    until: datetime | None = None
    because: str = ""
    by: str = ""
    """The professional on whose word it is done."""
    on: date | None = None
    """The local date of that word; None: today."""
    zone: str = ""
    """The name of a time zone, for a move."""
    follows: bool = False
    """True if the episode goes with the machine's zone after a move."""
    at: datetime | None = None
    """The time at which it was true, for a check-in, an end or a setback told later; None: now."""
    occurrence: Occurrence | Offer = NONE
    """The one that is meant and no other, as a button tells it (`Cue.about`); empty: whichever it is now."""


class Accepted(Value):
    episode: Episode
    facts: tuple[Fact, ...]
    message: str
    needed: tuple[str, ...] = ()
    """The questions that a check-in has left open though something waits for them, in words."""


class Refused(Value):
    reason: str
    earliest: datetime | None = None


Outcome = Accepted | Refused


class Desk(Turn):
    """A turn in which the person acts."""

    def accept(self, message: str) -> Accepted:
        return Accepted(self.episode, tuple(self.facts), message)

    def tell(self, kind: str, data: dict[str, Any], at: datetime | None = None) -> None:
        self.add(kind, data, "person", at)

    def refuse(self, message: str, /, **values: object) -> Refused:
        """A refusal in the language of the episode, without a time from which on it would be allowed."""
        return Refused(self.say(message, **values))

    def agree(self, message: str, /, **values: object) -> Accepted:
        """Accept the act, and say so in the language of the episode."""
        return self.accept(self.say(message, **values))

    def because(self, reason: str) -> str:
        """The person's own reason for a change."""
        return self.say("the person: {reason}", reason=reason)

    def when(self, instant: datetime) -> str:
        return spell_when(self.episode.place, instant, self.now)

    def not_meant(self, wish: Act, occurrence: Occurrence | Offer) -> Refused | None:
        """Refuse a wish about an occurrence other than `occurrence`, the one that the act would change."""
        return None if wish.occurrence in ("", occurrence) else self.over()

    def over(self) -> Refused:
        """Refuse: the occurrence that is meant is over."""
        return self.refuse("that one is over; recovery next shows what comes")

    def is_gone(self, wish: Act) -> bool:
        """True when the wish is about an occurrence of an activity that is in force no more."""
        here = (*self.episode.phase.activities, *self._of_earlier_phases())
        return bool(wish.occurrence and wish.activity) and all(a.id != wish.activity for a in here)

    # Which activity is meant -----------------------------------------------------------------------

    def named(
        self, name: str | None, kinds: tuple[type, ...], *, is_session_of_any_phase: bool = False
    ) -> Treatment | Reminder | Hold | CheckIn | Checklist | Refused:
        """The activity that a name means: an id, a modality, or without a name the one that is open.

        What is said about a session that is on, or just was, may be about one of an earlier phase.
        """
        here = [a for a in self.episode.phase.activities if isinstance(a, kinds)]
        assert all(isinstance(a, Treatment | Reminder | Hold | CheckIn | Checklist) for a in here)
        earlier = self._of_earlier_phases() if is_session_of_any_phase else []
        if name is not None:
            for found in [*here, *earlier]:
                if found.id == name or name in modalities(found):
                    return found  # type: ignore[return-value]  # the assertion above says so
            if barred := self._barred(name):
                return barred
            return self.refuse(
                "no activity {name!r} of that kind in phase {phase}; there are: {known}",
                name=name,
                phase=self.episode.phase.id,
                known=self.listed(a.id for a in here),
            )
        under_way = self.episode.under_way
        if under_way is not None:
            here = [a for a in [*here, *earlier] if a.id == under_way.activity] or here
        elif len(here) > 1:
            here = [a for a in here if self.episode.track(a.id).is_open] or here
        if len(here) == 1:
            return here[0]  # type: ignore[return-value]  # the assertion above says so
        if not here:
            return self.refuse("phase {phase} has nothing of that kind", phase=self.episode.phase.id)
        return self.refuse("which one? Name it: {names}", names=", ".join(a.id for a in here))

    def listed(self, names: Iterable[str]) -> str:
        """Names, or that there are none."""
        return ", ".join(names) or self.say("none")

    def _barred(self, name: str) -> Refused | None:
        """Refuse a name that the phase leaves out for this person; None where it leaves out no such thing."""
        for gone in left_out_now(self.episode):
            for activity in gone.activities:
                if name == activity.id or name in modalities(activity):
                    return self.left_out(activity.title, gone.question)
        return None

    def left_out(self, title: str, question: ScreenQuestion) -> Refused:
        """Refuse what a yes to a question keeps from this person."""
        return self.refuse(
            "{title} is left out, because of {question}: {reason}"
            " If that is no longer so: recovery screen {question}=no",
            title=title,
            question=question.id,
            reason=self.episode.text(question.say),
        )

    def _of_earlier_phases(self) -> list[Treatment]:
        """The activities of the sessions that are on, or whose end is not told yet, from other phases."""
        found = [
            self.episode.treatment_of(t)
            for t in reversed(self.episode.ledger)
            if not self._is_current(t)
            and (t.ended_at is None or (not t.is_confirmed and self.now - t.ended_at < RECENT))
        ]
        return list({activity.id: activity for activity in found}.values())

    def _is_current(self, session: Session) -> bool:
        """Tell if a session is of an activity that is in force now: of this phase, on this step."""
        here = any(a.id == session.activity for a in self.episode.phase.activities)
        return here and session.phase == self.episode.phase.id

    def session(self, activity: str, *, is_over: bool) -> Session | None:
        """The session of an activity that is on, or the one that was over a short time ago."""
        for session in reversed(self.episode.ledger):
            if session.activity == activity:
                if session.ended_at is None:
                    return None if is_over else session
                if is_over and self.now - session.ended_at < RECENT:
                    return session
                return None
        return None

    def about(self, session: Session) -> dict[str, Any]:
        return {
            "phase": session.phase,
            "activity": session.activity,
            "modality": session.modality,
            "occurrence": session.occurrence,
        }
