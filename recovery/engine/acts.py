"""What a person does, checked against the plan and the limits: `act` accepts it as facts, or refuses it.

A refusal says why, and from when on it would be allowed where that is known. The facts of an accepted act are
the person's; the turn that follows is the engine's.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from recovery.engine import facts as f
from recovery.engine.cadence import LONGEST_SPACING, dues
from recovery.engine.decide import Turn
from recovery.engine.episode import ACTIVE, OVER, PAUSED, Episode, Treatment
from recovery.engine.facts import Fact, to_ms
from recovery.engine.gates import Held, Passed, gate, healing_range, standing
from recovery.engine.limits import Block, block, flag_stands, foreseen, longest, permit
from recovery.engine.screening import left_out_now
from recovery.engine.times import spell, spell_date, spell_when
from recovery.engine.words import modality_words
from recovery.language import tr
from recovery.protocol.durations import Duration
from recovery.protocol.model import (
    GRADES,
    Activity,
    CheckIn,
    Checklist,
    Every,
    Hold,
    Observation,
    Reminder,
    Session,
    Step,
    Timed,
    modalities,
)
from recovery.values import Value, field, replace

SNOOZE = Duration(seconds=600)
RECENT = timedelta(hours=12)
"""How long after a session's end cue the person can still say how it really ended."""


class Act(Value):
    """One thing that a person says they do or did."""

    verb: str
    """One of `VERBS`."""
    activity: str | None = None
    """An activity's id or a modality, or a red flag's id; None: the one that is meant when there is only one."""
    values: Mapping[str, str] = field(default_factory=dict)
    """The answers of a check-in, a screening or a checklist, as typed; the grade of a setback."""
    length: Duration | None = None
    """How long to snooze or pause."""
    until: datetime | None = None
    because: str = ""
    at: datetime | None = None
    """When it was true, for a check-in, an end or a setback told later; None: now."""


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
        state = episode.say(OVER[episode.state])
        return Refused(episode.say("{episode} is {state}", episode=episode.id, state=state))
    if wish.at is not None and wish.at > now:
        return Refused(episode.say("that is in the future"))
    verb = _VERBS.get(wish.verb)
    if verb is None:
        known = ", ".join(VERBS)
        return Refused(
            episode.say("nothing known as {name!r}; known are {known}", name=wish.verb, known=known)
        )
    return verb(_Desk(episode, now, others), wish)


class _Desk(Turn):
    """A turn in which the person acts."""

    def accept(self, message: str) -> Accepted:
        return Accepted(self.episode, tuple(self.facts), message)

    def tell(self, kind: str, data: dict[str, Any], at: datetime | None = None) -> None:
        self.add(kind, data, "person", at)

    def refuse(self, message: str, /, **values: object) -> Refused:
        """A refusal in the language of the episode, without a time from which on it would be allowed."""
        return Refused(self.say(message, **values))

    def agree(self, message: str, /, **values: object) -> Accepted:
        """What is told of an accepted act, in the language of the episode."""
        return self.accept(self.say(message, **values))

    def because(self, reason: str) -> str:
        """The person's own reason for a change."""
        return self.say("the person: {reason}", reason=reason)

    def when(self, instant: datetime) -> str:
        return spell_when(self.episode.place, instant, self.now)

    # Which activity is meant -----------------------------------------------------------------------

    def named(
        self, name: str | None, kinds: tuple[type, ...], *, is_session_of_any_phase: bool = False
    ) -> Session | Reminder | Hold | CheckIn | Checklist | Refused:
        """The activity that a name means: an id, a modality, or without a name the one that is open.

        What is said about a session that is on, or just was, may be about one of an earlier phase.
        """
        here = [a for a in self.episode.phase.activities if isinstance(a, kinds)]
        assert all(isinstance(a, Session | Reminder | Hold | CheckIn | Checklist) for a in here)
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
        """Why something of the phase is not for this person, if that is why it is not there."""
        for gone in left_out_now(self.episode):
            for activity in gone.activities:
                if name == activity.id or name in modalities(activity):
                    return self.refuse(
                        "{title} is left out, because of {question}: {reason}"
                        " If that is no longer so: recovery screen {question}=no",
                        title=activity.title,
                        question=gone.question.id,
                        reason=self.episode.text(gone.question.say),
                    )
        return None

    def _of_earlier_phases(self) -> list[Session]:
        """The activities of the sessions that are on, or whose end is not told yet, from other phases."""
        found = [
            self.episode.session(t)
            for t in reversed(self.episode.ledger)
            if not self._is_current(t)
            and (t.ended_at is None or (not t.is_confirmed and self.now - t.ended_at < RECENT))
        ]
        return list({activity.id: activity for activity in found}.values())

    def _is_current(self, treatment: Treatment) -> bool:
        """Whether a session is of an activity that is in force now: of this phase, on this step."""
        here = any(a.id == treatment.activity for a in self.episode.phase.activities)
        return here and treatment.phase == self.episode.phase.id

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
            return Refused(self.say("that is before the injury"), self.episode.onset)
        known = self.episode.protocol.observations
        values: dict[str, int | str] = {}
        for name, typed in wish.values.items():
            observation = known.get(name)
            if observation is None:
                return self.refuse(
                    "nothing known as {name!r}; this protocol asks for {known}",
                    name=name,
                    known=", ".join(known),
                )
            value = read_answer(typed, observation)
            if value is None:
                expected = expected_answer(observation, self.episode.place.language)
                return self.refuse(
                    "{name} is {expected}, not {typed!r}", name=name, expected=expected, typed=typed
                )
            values[name] = value
        if not values:
            return self.refuse("nothing was told; this protocol asks for {known}", known=", ".join(known))
        self.tell(f.ANSWERED, {"values": values}, at)
        told = ", ".join(f"{name} {value}" for name, value in values.items())
        if wish.at:
            return self.agree("Noted: {answers}, {when}.", answers=told, when=self.when(at))
        return self.agree("Noted: {answers}.", answers=told)

    def begin(self, wish: Act) -> Outcome:
        activity = self.named(wish.activity, (Session,), is_session_of_any_phase=True)
        if isinstance(activity, Refused):
            return activity
        assert isinstance(activity, Session)
        if self.episode.state == PAUSED:
            return self.refuse("the episode is paused; recovery resume ends the pause")
        if self.episode.stay.phase is None:
            return self.refuse("phase {phase} has not begun", phase=self.episode.phase.id)
        track = self.episode.track(activity.id)
        current = self.treatment(activity.id, is_over=False)
        if current is not None and not current.is_assumed:
            ends = self.when(current.ends_at)
            return self.refuse("{title} is on already, until {when}", title=activity.title, when=ends)
        if current is not None:
            activity = self.episode.session(current)  # its own, not a namesake in the phase that came after
        elif activity not in self.episode.phase.activities:
            return self.refuse("{title} is of an earlier phase", title=activity.title)
        step = activity.steps[current.step if current else track.step]
        if wish.activity not in (None, activity.id, step.modality):
            return self.refuse(
                "{title}: {modality} comes next, not {other}",
                title=activity.title,
                modality=modality_words(step.modality, self.episode.place.language),
                other=wish.activity,
            )
        has_been = any(t.occurrence == track.occurrence for t in self.episode.ledger)
        is_suggested = activity.is_optional and track.is_open and not has_been
        offered = track.occurrence if track.snoozed_until or is_suggested else ""
        occurrence = current.occurrence if current else offered
        if current is not None and not self._is_current(current):
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
        return self.agree(
            "{text}. {length}, until {when}.",
            text=self.episode.text(step.start).rstrip("."),
            length=spell(current.planned),
            when=self.when(self.now + current.planned),
        )

    def _blocked_in_both(self, activity: Session, current: Treatment, step: Step) -> Block | None:
        """What forbids a session of an earlier phase to begin now: what binds there binds it still."""
        if activity.until is not None and self.now + current.planned > self.episode.instant(activity.until):
            return Block(self.only_until(activity.until), None)
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
                reason = self.say(
                    "{reason}. The last one is only assumed: if it did not happen, say so first: {command}",
                    reason=reason,
                    command=f"recovery skip {activity.id}",
                )
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

    def _coming(self, activity: Timed) -> datetime | None:
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
            return self.refuse("{title} is not on", title=activity.title)
        if current.is_confirmed:
            return self.refuse("{title} has ended already", title=activity.title)
        if at < current.began_at:
            return self.refuse("it began only {when}", when=self.when(current.began_at))
        took = at - current.began_at
        late = max(timedelta(0), took - current.planned)
        data = self.about(current) | {"seconds": int(current.planned.total_seconds())}
        self.tell(f.ENDED, data | {"overrun": int(late.total_seconds())}, at)
        if late >= timedelta(minutes=1):
            return self.agree(
                "{title} ended after {length}, {over} too long.",
                title=activity.title,
                length=spell(took),
                over=spell(late),
            )
        return self.agree("{title} ended after {length}.", title=activity.title, length=spell(took))

    def done(self, wish: Act) -> Outcome:
        activity = self.named(
            wish.activity, (Session, Reminder, Hold, Checklist), is_session_of_any_phase=True
        )
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
            return self.refuse("{title}: nothing is waiting to be done", title=activity.title)
        self.tell(f.DONE, data)
        return self.agree("{title}: done.", title=activity.title)

    def _current(self, activity: str, occurrence: str) -> dict[str, Any]:
        return {"phase": self.episode.phase.id, "activity": activity, "occurrence": occurrence}

    def skip(self, wish: Act) -> Outcome:
        activity = self.named(
            wish.activity, (Session, Reminder, CheckIn, Checklist), is_session_of_any_phase=True
        )
        if isinstance(activity, Refused):
            return activity
        assert not isinstance(activity, Hold)
        track = self.episode.track(activity.id)
        current = self.treatment(activity.id, is_over=False) or self.treatment(activity.id, is_over=True)
        day = self.episode.place.waking_day(self.now)
        if current is not None and current.ended_at is None and not current.is_assumed:
            return self._refuse_on(activity)
        if current is not None and current.is_assumed and not current.is_confirmed:
            data = self._about(activity.id, current.occurrence, current.began_at, day) | {
                "phase": current.phase,
                "step": current.step,
            }
            self.tell(f.SKIPPED, data | {"reason": wish.because})
            return self.agree("{title}: skipped; it does not count.", title=activity.title)
        took_place = current is not None and current.occurrence == track.occurrence
        if track.is_open and track.last_due is not None and not took_place:
            occurrence, due = track.occurrence, track.last_due
        else:
            coming = self.now if track.withheld else self._coming(activity)
            if coming is None or activity not in self.episode.phase.activities:
                return self.refuse("{title}: nothing to skip", title=activity.title)
            due, day = coming, self.episode.place.waking_day(coming)
            occurrence = self._name(activity.id, day)
        data = self._about(activity.id, occurrence, due, day) | {"step": track.step, "reason": wish.because}
        self.tell(f.SKIPPED, data)
        return self.agree("{title}, {when}: skipped.", title=activity.title, when=self.when(due))

    def _refuse_on(self, activity: Activity) -> Refused:
        return self.refuse(
            "{title} is on; recovery end {activity} ends it", title=activity.title, activity=activity.id
        )

    def snooze(self, wish: Act) -> Outcome:
        activity = self.named(wish.activity, (Session, Reminder, CheckIn, Checklist))
        if isinstance(activity, Refused):
            return activity
        track = self.episode.track(activity.id)
        current = self.treatment(activity.id, is_over=False)
        if current is not None and not current.is_assumed:
            return self._refuse_on(activity)
        if current is not None and not self._is_current(current):
            return self.refuse(
                "{title} is on from an earlier phase; recovery skip {activity} ends it",
                title=activity.title,
                activity=activity.id,
            )
        is_session = isinstance(activity, Session) and not activity.is_optional
        if not track.is_open or (is_session and current is None):
            return self.refuse("{title}: nothing is waiting that could be put off", title=activity.title)
        until = wish.until or self.episode.place.after(self.now, wish.length or SNOOZE)
        if until <= self.now:
            return self.refuse("that is not later than now")
        if is_session:
            assert current is not None
            assert isinstance(activity, Session)
            # Whatever is on now, in this episode or another one, is over by then if all goes as planned.
            then = _Desk(
                foreseen(self.episode, self.now), until, [foreseen(other, self.now) for other in self.others]
            )
            blocked = then.blocked(activity, current.occurrence)
            if blocked is not None:
                reason = self.say(
                    "it cannot be put off until {when}: {reason}",
                    when=self.when(until),
                    reason=blocked.reason,
                )
                return Refused(reason, blocked.until)
        elif not self.episode.place.is_awake(until):
            return self.refuse("{when} is outside the waking hours", when=self.when(until))
        data = self._current(activity.id, track.occurrence)
        self.tell(f.SNOOZED, data | {"until": to_ms(until)})
        return self.agree("{title}: again {when}.", title=activity.title, when=self.when(until))

    def pause(self, wish: Act) -> Outcome:
        until = wish.until
        if wish.length is not None:
            until = self.episode.place.after(self.now, wish.length)
        if until is not None and until <= self.now:
            return self.refuse("that is not later than now")
        self.tell(f.PAUSED, {"until": None if until is None else to_ms(until), "because": wish.because})
        told = [
            self.say("Paused until {when}.", when=self.when(until) if until else "recovery resume"),
            self.say("Healing, gaps and limits go on counting; no phase ends and nothing is caught up."),
        ]
        return self.accept(" ".join([*told, *self._still_told()]))

    def _still_told(self) -> list[str]:
        """That the end of what is on comes all the same."""
        on = self.episode.under_way
        return [self.say("The end of the session under way is still told.")] if on else []

    def resume(self, _: Act) -> Outcome:
        if self.episode.state != PAUSED:
            return self.refuse("{episode} is not paused", episode=self.episode.id)
        self.tell(f.RESUMED, {})
        return self.agree("Reminders are on again.")

    def advance(self, wish: Act) -> Outcome:
        """To the next phase: confirmed where the gate is open, with a reason where it is shut.

        What is not known cannot be waved through, and nothing completes before its earliest healing time.
        """
        if self.episode.state != ACTIVE:
            return self.refuse("the episode is paused; recovery resume ends the pause")
        flags = standing(self.episode)
        if flags:
            return Refused(flag_stands(self.episode, flags[0]))
        verdict = gate(self.episode, self.now)
        rung, phase = self.episode.rung, self.episode.phase
        if rung is not None and self.episode.stay.rung + 1 < len(phase.ladder):
            if not wish.because:
                return self.refuse(
                    "the next step comes by itself when {condition}, one a day at most."
                    ' To take it now all the same: --because "your reason"',
                    condition=phase.climb_when or self.say("its time"),
                )
            self.step(self.episode.stay.rung + 1, (self.because(wish.because),), "person")
            return self.agree("Now on step {step}: {title}.", **self._where())
        reasons: tuple[str, ...]
        match verdict:
            case Passed(reasons):
                pass
            case Held(reasons, is_decided):
                shut = "; ".join(reasons)
                if not is_decided:
                    return self.refuse(
                        "the gate is shut: {reasons}. Answer first: recovery checkin", reasons=shut
                    )
                if self.episode.next_phase is None:
                    return self.refuse(
                        "it is too early to finish: {reasons}. recovery stop ends the episode", reasons=shut
                    )
                if not wish.because:
                    return self.refuse(
                        'the gate is shut: {reasons}. To go on all the same: --because "your reason"',
                        reasons=shut,
                    )
        on = self.episode.under_way
        if self.episode.next_phase is None and on is not None:
            return Refused(self.say("a session is on; it has to end first"), on.ends_at)
        why = self.because(wish.because) if wish.because else self.say("confirmed by the person")
        self.leave((*reasons, why), "person")
        if self.episode.is_over:
            return self.agree("{title}: completed.", title=self.episode.protocol.title)
        return self.agree("Now in: {phase}. The limits still hold.", phase=self.episode.phase.title)

    def _where(self) -> dict[str, object]:
        """The step of the ladder that the person is on."""
        at = self.episode.stay.rung
        return {"step": at + 1, "title": self.episode.phase.ladder[at].title}

    def step_back(self, wish: Act) -> Outcome:
        if self.episode.state != ACTIVE:
            return self.refuse("the episode is paused; recovery resume ends the pause")
        back = self.episode.phase.back_to
        why = self.because(wish.because) if wish.because else self.say("stepped back by the person")
        index = self.episode.stay.index - 1
        if self.episode.stay.way_back and back is not None:
            ids = [phase.id for phase in self.episode.protocol.phases]
            if back.phase not in ids:
                return self.refuse(
                    "that is a protocol of its own: recovery stop, then recovery start {protocol}",
                    protocol=back.phase,
                )
            index = ids.index(back.phase)
        elif self.episode.rung is not None and self.episode.stay.rung > 0:
            self.step(self.episode.stay.rung - 1, (why,), "person")
            return self.agree("Back on step {step}: {title}.", **self._where())
        if index < 0:
            return self.refuse("this is the first phase")
        self._end_holds()
        self.clear_deadline()
        reasons = (why,)
        left = {"phase": self.episode.phase.id, "state": "left", "reasons": [*reasons]}
        self.tell(f.PHASE, left)
        self.enter(index, reasons, "person", anew=True)
        return self.agree("Back in: {phase}. The limits still hold.", phase=self.episode.phase.title)

    def screen(self, wish: Act) -> Outcome:
        """Answers to screening questions: what a yes forbids leaves the plan, what a no frees comes back."""
        known = {question.id: question for question in self.episode.whole.screen}
        answers: dict[str, bool] = {}
        for name, typed in wish.values.items():
            if name not in known:
                return self.refuse(
                    "no screening question {name!r}; this protocol asks for {known}",
                    name=name,
                    known=", ".join(known) or self.say("nothing"),
                )
            if typed not in ("yes", "no"):
                return self.refuse("{name} is yes or no, not {typed!r}", name=name, typed=typed)
            answers[name] = typed == "yes"
        if not answers:
            return self.refuse("nothing was answered")
        refusing = [known[name] for name, is_yes in answers.items() if is_yes and known[name].refuses]
        forbidden = {m for name, is_yes in answers.items() if is_yes for m in known[name].forbids}
        for activity in self.episode.phase.activities:
            is_on = isinstance(activity, Hold) and self.episode.track(activity.id).is_on
            if is_on and (refusing or forbidden & modalities(activity)):
                assert isinstance(activity, Hold)
                self._tell_hold(activity, self.now, on=False)
        self.tell(f.SCREENED, {"answers": answers})
        if refusing:
            says = self.episode.text(refusing[0].say)
            self.tell(f.STOPPED, {"because": says})
            return self.agree("{episode} is stopped: {reason}", episode=self.episode.id, reason=says)
        says = " ".join(self.episode.text(known[name].say) for name, is_yes in answers.items() if is_yes)
        told = ", ".join(f"{name} {self.yes_or_no(is_yes)}" for name, is_yes in answers.items())
        noted = self.say("Noted: {answers}.", answers=told)
        return self.accept(" ".join(part for part in (noted, says, self.take_off(forbidden)) if part))

    def yes_or_no(self, is_yes: object) -> str:
        return self.say("yes") if is_yes else self.say("no")

    def flag(self, wish: Act) -> Outcome:
        """A red flag that the person reports."""
        known = {flag.id: flag for flag in self.episode.whole.red_flags if flag.ask}
        flag = known.get(wish.activity or "")
        if flag is None:
            return self.refuse(
                "no red flag {name!r} to report; there are: {known}",
                name=wish.activity,
                known=self.listed(known),
            )
        if f"flag/{flag.id}" in self.episode.alerts:
            return self.refuse(
                "{name} stands already; when it is dealt with: recovery flag clear {name}", name=flag.id
            )
        self.raise_flag(flag, "person")
        return self.accept(f"{self.say('Noted.')} {self.take_off(flag.suspends)}".strip())

    def clear(self, wish: Act) -> Outcome:
        """A standing alert is answered: somebody has looked, or it is over."""
        found = [
            alert for alert in self.episode.alerts.values() if alert.id.rpartition("/")[2] == wish.activity
        ]
        if not found:
            standing = self.listed(alert.id.rpartition("/")[2] for alert in self.episode.alerts.values())
            return self.refuse(
                "no red flag {name!r} stands; standing: {known}", name=wish.activity, known=standing
            )
        if not wish.because:
            return self.refuse('say why: --because "a doctor has looked at it"')
        for alert in found:
            self.tell(f.ALERTED, {"id": alert.id, "cleared": True, "because": wish.because})
        return self.agree("{name}: answered, and kept in the log.", name=wish.activity)

    def setback(self, wish: Act) -> Outcome:
        """A new injury of the same place: the protocol begins anew with it; what was is kept."""
        episode = self.episode
        if "onset" not in episode.protocol.inputs:
            return self.refuse(
                "{protocol} does not count from an injury; recovery step-back goes back",
                protocol=episode.protocol.id,
            )
        onset = wish.at or self.now
        if onset < episode.onset:
            reason = self.say("that is before the injury that this episode is about")
            return Refused(reason, episode.onset)
        grade = wish.values.get("grade")
        if grade is not None and grade not in GRADES:
            grades = ", ".join(GRADES)
            return self.refuse("a grade is one of {known}, not {typed!r}", known=grades, typed=grade)
        self._end_holds()
        for alert in list(episode.alerts.values()):
            if alert.level == "routine":
                self.add(f.ALERTED, {"id": alert.id, "cleared": True})
        self.tell(f.SETBACK, {"onset": to_ms(onset), "grade": grade, "because": wish.because})
        message = self.say(
            "Noted as a new injury, {when}. All clocks begin anew; the limits and the log go on.",
            when=self.when(onset),
        )
        if self.episode.protocol.healing is not None:
            place = episode.place
            earliest, latest = (
                f"{spell_date(place.local(end), place.language)} {place.local(end).year}"
                for end in healing_range(self.episode)
            )
            usually = self.say("Usually healed between {first} and {last}.", first=earliest, last=latest)
            message = f"{message} {usually}"
        return self.accept(f"{message} {self.say('A mistake? recovery undo takes it back.')}")

    def tick(self, wish: Act) -> Outcome:
        """What was found of the things on a checklist."""
        lists = {
            a.id: a for p in self.episode.protocol.phases for a in p.everything() if isinstance(a, Checklist)
        }
        owner = {item.id: name for name, each in lists.items() for item in each.items}
        found: dict[str, dict[str, bool]] = {}
        for name, typed in wish.values.items():
            if name not in owner:
                return self.refuse(
                    "nothing called {name!r} on a checklist; there are: {known}",
                    name=name,
                    known=self.listed(owner),
                )
            if typed not in ("yes", "no"):
                return self.refuse("{name} is yes or no, not {typed!r}", name=name, typed=typed)
            found.setdefault(owner[name], {})[name] = typed == "yes"
        if not found:
            return self.refuse("nothing was told")
        for name, items in found.items():
            self.tell(f.TICKED, {"phase": self.episode.phase.id, "activity": name, "items": items})
        told = ", ".join(f"{name} {self.yes_or_no(value == 'yes')}" for name, value in wish.values.items())
        return self.agree("Noted: {answers}.", answers=told)

    def stop(self, wish: Act) -> Outcome:
        self.tell(f.STOPPED, {"because": wish.because})
        told = self.say("{episode} is stopped. Its record is kept: recovery log.", episode=self.episode.id)
        return self.accept(" ".join([told, *self._still_told()]))


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
    "setback": _Desk.setback,
    "flag": _Desk.flag,
    "clear": _Desk.clear,
    "screen": _Desk.screen,
    "tick": _Desk.tick,
    "stop": _Desk.stop,
}
VERBS = tuple(_VERBS)
"""All that a person can say."""


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


def expected_answer(observation: Observation, language: str = "en") -> str:
    """What an observation takes, in words."""
    if observation.choices:
        return tr(language, " or ").join(observation.choices)
    if observation.labels:
        named = ", ".join(f"{observation.least + n} {label}" for n, label in enumerate(observation.labels))
        return tr(language, "one of {names}", names=named)
    least, most = observation.least, observation.most
    return tr(language, "a whole number from {least} to {most}", least=least, most=most)
