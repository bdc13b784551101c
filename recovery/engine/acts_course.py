"""What a person does about the course of an episode: pauses, steps and phases, a setback, the end."""

from recovery.engine import facts as f
from recovery.engine.acts import Act, Desk, Outcome, Refused
from recovery.engine.episode import ACTIVE, PAUSED
from recovery.engine.facts import to_ms
from recovery.engine.gates import Held, Passed, gate, healing_range, standing
from recovery.engine.limits import flag_stands
from recovery.engine.times import spell_date
from recovery.protocol.model import GRADES


class Course(Desk):
    """Reminders paused and resumed, the ways on and back, a new injury, and the end of it all."""

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

    def stop(self, wish: Act) -> Outcome:
        self.tell(f.STOPPED, {"because": wish.because})
        told = self.say("{episode} is stopped. Its record is kept: recovery log.", episode=self.episode.id)
        return self.accept(" ".join([told, *self._still_told()]))
