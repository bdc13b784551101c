"""What a person does, checked against the plan and the limits: `act` accepts it as facts, or refuses it.

A refusal says why, and from when on it would be allowed where that is known. The facts of an accepted act are
the person's; the turn that follows is the engine's.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from recovery.engine import facts as f
from recovery.engine.cadence import LONGEST_SPACING, dues
from recovery.engine.decide import Turn
from recovery.engine.episode import ACTIVE, PAUSED, Episode, Treatment
from recovery.engine.facts import Fact, to_ms
from recovery.engine.gates import Held, Passed, gate
from recovery.engine.limits import Block, block, foreseen, longest, permit
from recovery.engine.times import spell, spell_when
from recovery.protocol.durations import Duration
from recovery.protocol.model import CheckIn, Every, Hold, Observation, Reminder, Session, Step
from recovery.values import Value, field, replace

SNOOZE = Duration(seconds=600)
RECENT = timedelta(hours=12)
"""How long after a session's end cue the person can still say how it really ended."""


class Act(Value):
    """One thing that a person says they do or did."""

    verb: str
    """One of `VERBS`."""
    activity: str | None = None
    """An activity's id, or a modality; None: the one that is meant when there is only one."""
    values: Mapping[str, str] = field(default_factory=dict)
    """The answers of a check-in, as typed."""
    length: Duration | None = None
    """How long to snooze or pause."""
    until: datetime | None = None
    because: str = ""
    at: datetime | None = None
    """When it was true, for a check-in or an end told later; None: now."""


class Accepted(Value):
    episode: Episode
    facts: tuple[Fact, ...]
    message: str


class Refused(Value):
    reason: str
    earliest: datetime | None = None


Outcome = Accepted | Refused


def act(episode: Episode, now: datetime, wish: Act, others: Sequence[Episode] = ()) -> Outcome:
    """What comes of a person's act at `now`. The episode must have had its turn for `now` already."""
    if episode.is_over:
        return Refused(f"{episode.id} is {episode.state}")
    if wish.at is not None and wish.at > now:
        return Refused("that is in the future", wish.at)
    verb = _VERBS.get(wish.verb)
    if verb is None:
        return Refused(f"nothing known as {wish.verb!r}; known are {', '.join(VERBS)}")
    return verb(_Desk(episode, now, others), wish)


class _Desk(Turn):
    """A turn in which the person acts."""

    def accept(self, message: str) -> Accepted:
        return Accepted(self.episode, tuple(self.facts), message)

    def tell(self, kind: str, data: dict[str, Any], at: datetime | None = None) -> None:
        self.add(kind, data, "person", at)

    def when(self, instant: datetime) -> str:
        return spell_when(self.episode.place, instant, self.now)

    # Which activity is meant -----------------------------------------------------------------------

    def named(
        self, name: str | None, kinds: tuple[type, ...], *, is_session_of_any_phase: bool = False
    ) -> Session | Reminder | Hold | CheckIn | Refused:
        """The activity that a name means: an id, a modality, or without a name the one that is open.

        What is said about a session that is on, or just was, may be about one of an earlier phase.
        """
        here = [a for a in self.episode.phase.activities if isinstance(a, kinds)]
        assert all(isinstance(a, Session | Reminder | Hold | CheckIn) for a in here)
        earlier = self._of_earlier_phases() if is_session_of_any_phase else []
        if name is not None:
            for found in [*here, *earlier]:
                if found.id == name or name in _modalities(found):
                    return found  # type: ignore[return-value]  # the assertion above says so
            known = ", ".join(a.id for a in here) or "none"
            return Refused(
                f"no activity {name!r} of that kind in phase {self.episode.phase.id}; there are: {known}"
            )
        under_way = self.episode.under_way
        if under_way is not None:
            here = [a for a in [*here, *earlier] if a.id == under_way.activity] or here
        elif len(here) > 1:
            here = [a for a in here if self.episode.track(a.id).is_open] or here
        if len(here) == 1:
            return here[0]  # type: ignore[return-value]  # the assertion above says so
        if not here:
            return Refused(f"phase {self.episode.phase.id} has nothing of that kind")
        return Refused(f"which one? Name it: {', '.join(a.id for a in here)}")

    def _of_earlier_phases(self) -> list[Session]:
        """The activities of the sessions that are on, or whose end is not told yet, from other phases."""
        found = [
            self.episode.session(t)
            for t in reversed(self.episode.ledger)
            if t.phase != self.episode.phase.id
            and (t.ended_at is None or (not t.is_confirmed and self.now - t.ended_at < RECENT))
        ]
        return list({activity.id: activity for activity in found}.values())

    def treatment(self, activity: str, *, is_over: bool) -> Treatment | None:
        """The session of an activity that is on, or the one that was over a short time ago."""
        for treatment in reversed(self.episode.ledger):
            if treatment.activity == activity:
                if treatment.ended_at is None:
                    return None if is_over else treatment
                if is_over and self.now - treatment.ended_at < RECENT:
                    return treatment
                return None
        return None

    def about(self, treatment: Treatment) -> dict[str, Any]:
        return {
            "phase": treatment.phase,
            "activity": treatment.activity,
            "modality": treatment.modality,
            "occurrence": treatment.occurrence,
        }

    # The verbs -------------------------------------------------------------------------------------

    def check_in(self, wish: Act) -> Outcome:
        at = wish.at or self.now
        if at < self.episode.onset:
            return Refused("that is before the injury", self.episode.onset)
        known = self.episode.protocol.observations
        values: dict[str, int | str] = {}
        for name, typed in wish.values.items():
            observation = known.get(name)
            if observation is None:
                return Refused(f"nothing known as {name!r}; this protocol asks for {', '.join(known)}")
            value = read_answer(typed, observation)
            if value is None:
                return Refused(f"{name} is {expected_answer(observation)}, not {typed!r}")
            values[name] = value
        if not values:
            return Refused(f"nothing was told; this protocol asks for {', '.join(known)}")
        self.tell(f.ANSWERED, {"values": values}, at)
        told = ", ".join(f"{name} {value}" for name, value in values.items())
        return self.accept(f"Noted: {told}" + (f", {self.when(at)}." if wish.at else "."))

    def begin(self, wish: Act) -> Outcome:
        activity = self.named(wish.activity, (Session,), is_session_of_any_phase=True)
        if isinstance(activity, Refused):
            return activity
        assert isinstance(activity, Session)
        if self.episode.state == PAUSED:
            return Refused("the episode is paused; recovery resume ends the pause")
        if self.episode.stay.phase is None:
            return Refused(f"phase {self.episode.phase.id} has not begun")
        track = self.episode.track(activity.id)
        current = self.treatment(activity.id, is_over=False)
        if current is not None and not current.is_assumed:
            return Refused(f"{activity.title} is on already, until {self.when(current.ends_at)}")
        if current is not None:
            activity = self.episode.session(current)  # its own, not a namesake in the phase that came after
        elif activity not in self.episode.phase.activities:
            return Refused(f"{activity.title} is of an earlier phase")
        step = activity.steps[current.step if current else track.step]
        if wish.activity not in (None, activity.id, step.modality):
            return Refused(f"{activity.title}: {step.modality} comes next, not {wish.activity}")
        occurrence = current.occurrence if current else (track.occurrence if track.snoozed_until else "")
        if current is not None and current.phase != self.episode.phase.id:
            blocked = self._blocked_in_both(activity, current, step)
        else:
            blocked = self.blocked(activity, occurrence)
        if blocked is not None:
            earliest = None
            if blocked.until is not None:
                earliest = permit(
                    self.episode, step, self.now, self.others, occurrence, max(blocked.until, self.now)
                )
            return self._refuse(activity, blocked.reason, earliest)
        if current is None:
            self._offer_early(activity, occurrence)
            current = self.treatment(activity.id, is_over=False)
            assert current is not None
        self.tell(f.BEGUN, self.about(current) | {"seconds": int(current.planned.total_seconds())})
        ends = self.now + current.planned
        return self.accept(
            f"{self.episode.text(step.start).rstrip('.')}. {spell(current.planned)}, until {self.when(ends)}."
        )

    def _blocked_in_both(self, activity: Session, current: Treatment, step: Step) -> Block | None:
        """What forbids a session of an earlier phase to begin now: what binds there binds it still."""
        if activity.until is not None and self.now + current.planned > self.episode.instant(activity.until):
            return Block(f"only until {activity.until}", None)
        earlier = replace(self.episode.stay, phase=self.episode.protocol.phase(current.phase))
        in_both = (self.episode, replace(self.episode, stay=earlier))
        blocks = (block(e, step, self.now, self.others, current.occurrence) for e in in_both)
        return longest(blocked for blocked in blocks if blocked is not None)

    def _refuse(self, activity: Session, reason: str, earliest: datetime | None) -> Refused:
        assumed = self.treatment(activity.id, is_over=True)
        if assumed is not None and assumed.is_assumed and not assumed.is_confirmed:
            ledger = tuple(t for t in self.episode.ledger if t is not assumed)
            without = Turn(replace(self.episode, ledger=ledger), self.now, self.others)
            if without.blocked(activity) is None:
                reason += ". The last one is only assumed: if it did not happen, say so first: "
                reason += f"recovery skip {activity.id}"
        return Refused(reason, earliest)

    def _offer_early(self, activity: Session, occurrence: str) -> None:
        """The occurrence of a session that the person begins before any cue: no cue is needed."""
        track = self.episode.track(activity.id)
        step = activity.steps[track.step]
        day = self.episode.place.waking_day(self.now)
        name = occurrence or self._name(activity.id, day)
        data = self._about(activity.id, name, self._due_of_early(activity), day)
        self.tell(
            f.OFFERED,
            data | {"modality": step.modality, "seconds": step.duration.least.seconds, "step": track.step},
        )

    def _due_of_early(self, activity: Session) -> datetime:
        """When a session that is begun now was due: the next time, where that is nearer than the last one."""
        track = self.episode.track(activity.id)
        if track.step > 0 or isinstance(activity.cadence, Every):
            return self.now
        coming = self._coming(activity)
        last = max(track.last_due or self.episode.stay.entered_at, self.episode.stay.entered_at)
        return coming if coming is not None and coming - self.now < self.now - last else self.now

    def _coming(self, activity: Session | Reminder | CheckIn) -> datetime | None:
        """The next time of an activity after now."""
        times = (due.at for due in dues(self.episode, activity, self.now - LONGEST_SPACING))
        return next((at for at in times if at > self.now), None)

    def end(self, wish: Act) -> Outcome:
        at = wish.at or self.now
        activity = self.named(wish.activity, (Session,), is_session_of_any_phase=True)
        if isinstance(activity, Refused):
            return activity
        current = self.treatment(activity.id, is_over=False) or self.treatment(activity.id, is_over=True)
        if current is None:
            return Refused(f"{activity.title} is not on")
        if current.is_confirmed:
            return Refused(f"{activity.title} has ended already")
        if at < current.began_at:
            return Refused(f"it began only {self.when(current.began_at)}")
        took = at - current.began_at
        late = max(timedelta(0), took - current.planned)
        data = self.about(current) | {"seconds": int(current.planned.total_seconds())}
        self.tell(f.ENDED, data | {"overrun": int(late.total_seconds())}, at)
        over = f", {spell(late)} too long" if late >= timedelta(minutes=1) else ""
        return self.accept(f"{activity.title} ended after {spell(took)}{over}.")

    def done(self, wish: Act) -> Outcome:
        activity = self.named(wish.activity, (Session, Reminder, Hold), is_session_of_any_phase=True)
        if isinstance(activity, Refused):
            return activity
        track = self.episode.track(activity.id)
        data = self._current(activity.id, track.occurrence)
        current = self.treatment(activity.id, is_over=False)
        if current is not None:
            ended = self.end(Act("end", activity.id, at=wish.at))
            if isinstance(ended, Refused):
                return ended
        else:
            current = self.treatment(activity.id, is_over=True)
        if current is not None and not current.is_confirmed:
            data = {key: data_of for key, data_of in self.about(current).items() if key != "modality"}
        elif not track.is_open:
            return Refused(f"{activity.title}: nothing is waiting to be done")
        self.tell(f.DONE, data)
        return self.accept(f"{activity.title}: done.")

    def _current(self, activity: str, occurrence: str) -> dict[str, Any]:
        return {"phase": self.episode.phase.id, "activity": activity, "occurrence": occurrence}

    def skip(self, wish: Act) -> Outcome:
        activity = self.named(wish.activity, (Session, Reminder, CheckIn), is_session_of_any_phase=True)
        if isinstance(activity, Refused):
            return activity
        assert not isinstance(activity, Hold)
        track = self.episode.track(activity.id)
        current = self.treatment(activity.id, is_over=False) or self.treatment(activity.id, is_over=True)
        day = self.episode.place.waking_day(self.now)
        if current is not None and current.ended_at is None and not current.is_assumed:
            return Refused(f"{activity.title} is on; recovery end {activity.id} ends it")
        if current is not None and current.is_assumed and not current.is_confirmed:
            data = self._about(activity.id, current.occurrence, current.began_at, day) | {
                "phase": current.phase,
                "step": current.step,
            }
            self.tell(f.SKIPPED, data | {"reason": wish.because})
            return self.accept(f"{activity.title}: skipped; it does not count.")
        took_place = current is not None and current.occurrence == track.occurrence
        if track.is_open and track.last_due is not None and not took_place:
            occurrence, due = track.occurrence, track.last_due
        else:
            coming = self.now if track.withheld else self._coming(activity)
            if coming is None or activity not in self.episode.phase.activities:
                return Refused(f"{activity.title}: nothing to skip")
            due, day = coming, self.episode.place.waking_day(coming)
            occurrence = self._name(activity.id, day)
        data = self._about(activity.id, occurrence, due, day) | {"step": track.step, "reason": wish.because}
        self.tell(f.SKIPPED, data)
        return self.accept(f"{activity.title}, {self.when(due)}: skipped.")

    def snooze(self, wish: Act) -> Outcome:
        activity = self.named(wish.activity, (Session, Reminder, CheckIn))
        if isinstance(activity, Refused):
            return activity
        track = self.episode.track(activity.id)
        current = self.treatment(activity.id, is_over=False)
        if current is not None and not current.is_assumed:
            return Refused(f"{activity.title} is on; recovery end {activity.id} ends it")
        if current is not None and current.phase != self.episode.phase.id:
            return Refused(
                f"{activity.title} is on from an earlier phase; recovery skip {activity.id} ends it"
            )
        if not track.is_open or (isinstance(activity, Session) and current is None):
            return Refused(f"{activity.title}: nothing is waiting that could be put off")
        until = wish.until or self.episode.place.after(self.now, wish.length or SNOOZE)
        if until <= self.now:
            return Refused("that is not later than now")
        if isinstance(activity, Session):
            assert current is not None
            # Whatever is on now, in this episode or another one, is over by then if all goes as planned.
            then = _Desk(
                foreseen(self.episode, self.now), until, [foreseen(other, self.now) for other in self.others]
            )
            blocked = then.blocked(activity, current.occurrence)
            if blocked is not None and blocked.until is None:
                return Refused(f"it cannot be put off until {self.when(until)}: {blocked.reason}")
            if blocked is not None:
                return Refused(
                    f"it cannot be put off until {self.when(until)}: {blocked.reason}", blocked.until
                )
        elif not self.episode.place.is_awake(until):
            return Refused(f"{self.when(until)} is outside the waking hours")
        data = self._current(activity.id, track.occurrence)
        self.tell(f.SNOOZED, data | {"until": to_ms(until)})
        return self.accept(f"{activity.title}: again {self.when(until)}.")

    def pause(self, wish: Act) -> Outcome:
        until = wish.until
        if wish.length is not None:
            until = self.episode.place.after(self.now, wish.length)
        if until is not None and until <= self.now:
            return Refused("that is not later than now")
        self.tell(f.PAUSED, {"until": None if until is None else to_ms(until), "because": wish.because})
        ends = f"until {self.when(until)}" if until else "until recovery resume"
        on = self.episode.under_way
        still = " The end of the session under way is still told." if on else ""
        return self.accept(f"Paused {ends}. Healing and the limits go on counting.{still}")

    def resume(self, _: Act) -> Outcome:
        if self.episode.state != PAUSED:
            return Refused(f"{self.episode.id} is not paused")
        self.tell(f.RESUMED, {})
        return self.accept("Reminders are on again.")

    def advance(self, wish: Act) -> Outcome:
        """To the next phase: confirmed where the gate is open, with a reason where it is shut.

        What is not known cannot be waved through, and nothing completes before its earliest healing time.
        """
        if self.episode.state != ACTIVE:
            return Refused("the episode is paused; recovery resume ends the pause")
        verdict = gate(self.episode, self.now)
        reasons: tuple[str, ...]
        match verdict:
            case Passed(reasons):
                pass
            case Held(reasons, is_decided):
                shut = "; ".join(reasons)
                if not is_decided:
                    return Refused(f"the gate is shut: {shut}. Answer first: recovery checkin")
                if self.episode.next_phase is None:
                    return Refused(f"it is too early to finish: {shut}. recovery stop ends the episode")
                if not wish.because:
                    return Refused(
                        f'the gate is shut: {shut}. To go on all the same: --because "your reason"'
                    )
        on = self.episode.under_way
        if self.episode.next_phase is None and on is not None:
            return Refused("a session is on; it has to end first", on.ends_at)
        told = (
            (*reasons, f"the person: {wish.because}")
            if wish.because
            else (*reasons, "confirmed by the person")
        )
        self.leave(told, "person")
        if self.episode.is_over:
            return self.accept(f"{self.episode.protocol.title}: completed.")
        return self.accept(f"Now in: {self.episode.phase.title}. The limits still hold.")

    def step_back(self, wish: Act) -> Outcome:
        if self.episode.state != ACTIVE:
            return Refused("the episode is paused; recovery resume ends the pause")
        index = self.episode.stay.index - 1
        if index < 0:
            return Refused("this is the first phase")
        self._end_holds()
        self.clear_deadline()
        reasons = (f"the person: {wish.because}" if wish.because else "stepped back by the person",)
        left = {"phase": self.episode.phase.id, "state": "left", "reasons": [*reasons]}
        self.tell(f.PHASE, left)
        self.enter(index, reasons, "person", anew=True)
        return self.accept(f"Back in: {self.episode.phase.title}. The limits still hold.")

    def stop(self, wish: Act) -> Outcome:
        self.tell(f.STOPPED, {"because": wish.because})
        still = " The end of the session under way is still told." if self.episode.under_way else ""
        return self.accept(f"{self.episode.id} is stopped. Its record is kept: recovery log.{still}")


_VERBS: dict[str, Callable[[_Desk, Act], Outcome]] = {
    "checkin": _Desk.check_in,
    "begin": _Desk.begin,
    "end": _Desk.end,
    "done": _Desk.done,
    "skip": _Desk.skip,
    "snooze": _Desk.snooze,
    "pause": _Desk.pause,
    "resume": _Desk.resume,
    "advance": _Desk.advance,
    "step-back": _Desk.step_back,
    "stop": _Desk.stop,
}
VERBS = tuple(_VERBS)
"""All that a person can say."""


def _modalities(activity: object) -> set[str]:
    match activity:
        case Session(steps=steps):
            return {step.modality for step in steps}
        case Reminder(modality=modality) | Hold(modality=modality):
            return {modality}
        case _:
            return set()


def read_answer(typed: str, observation: Observation) -> int | str | None:
    """An answer as typed: a whole number of the scale, the name of one, or a choice. None: not an answer."""
    word = typed.strip().lower()
    if observation.choices:
        return word if word in observation.choices else None
    if word in observation.labels:
        return observation.least + observation.labels.index(word)
    if (
        word.isascii()
        and word.isdigit()
        and len(word) < 6
        and observation.least <= int(word) <= observation.most
    ):
        return int(word)
    return None


def expected_answer(observation: Observation) -> str:
    """What an observation takes, in words."""
    if observation.choices:
        return " or ".join(observation.choices)
    if observation.labels:
        named = ", ".join(f"{observation.least + n} {label}" for n, label in enumerate(observation.labels))
        return f"one of {named}"
    return f"a whole number from {observation.least} to {observation.most}"
