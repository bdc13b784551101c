"""The acts on the course of an episode: pauses, steps and phases, a setback, the end."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from recovery.engine import facts as f
from recovery.engine.acts import Act, Desk, Outcome, Refused
from recovery.engine.episode import ACTIVE, PAUSED, only_assumed
from recovery.engine.facts import to_ms
from recovery.engine.gates import (
    Need,
    Truth,
    gate_needs,
    healing_range,
    need_words,
    open_reasons,
    pressing,
    standing,
    step_needs,
)
from recovery.engine.limits import flag_stands
from recovery.engine.occurrences import Offer
from recovery.engine.offers import end_holds
from recovery.engine.phases import go_back, leave, take_step
from recovery.language import N_
from recovery.protocol.persons import is_name
from recovery.protocol.terms import GRADES
from recovery.values import replace
from recovery.words.terms import word_words
from recovery.words.times import spell_date
from recovery.zones import is_known, is_lost

UNKNOWN = N_(
    "{name!r} is not a time zone that I know; write one such as Europe/Berlin"
    " (older names come with the package tzdata-legacy, or Python's: pip install tzdata)"
)


class Course(Desk):
    """Reminders paused and resumed, the ways on and back, a new injury, and the end of it all."""

    def move(self, wish: Act) -> Outcome:
        """The times of day are those of another zone from now on."""
        zone, before = wish.zone, self.episode.place.zone
        if not is_known(zone):
            return self.refuse(UNKNOWN, name=zone)
        if (zone, wish.follows) == (before.key, self.episode.travels) and not is_lost(before):
            return self.refuse("{episode} is in {zone} already", episode=self.episode.id, zone=zone)
        self.tell(f.MOVED, {"zone": zone, "from": before.key, "follows": wish.follows})
        return self.agree(
            "The times of {episode} are those of {zone} now. Gaps and limits stay elapsed time.",
            episode=self.episode.id,
            zone=zone,
        )

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
        """Say that the end cue of the session under way comes all the same."""
        on = self.episode.under_way
        return [self.say("The end of the session under way is still told.")] if on else []

    def resume(self, _: Act) -> Outcome:
        if self.episode.state != PAUSED:
            return self.refuse("{episode} is not paused", episode=self.episode.id)
        self.tell(f.RESUMED, {})
        return self.agree("Reminders are on again.")

    def advance(self, wish: Act) -> Outcome:
        """To the next phase or step: confirmed where its gate is open, on somebody's word where that may be.

        A word stands in for conditions only, and for those that the protocol lets it pass. Nobody's word
        stands in for a least time, nor while an urgent red flag stands.
        """
        episode, phase = self.episode, self.episode.phase
        wish = replace(wish, by=wish.by.strip())
        if episode.state != ACTIVE:
            return self.refuse("the episode is paused; recovery resume ends the pause")
        if over := self.not_meant(wish, self._offer_of(self.episode.stay.offered_at)):
            return over
        flags = standing(episode)
        if flags:
            return Refused(flag_stands(episode, flags[0], self.others))
        if refused := self._no_word(wish):
            return refused
        is_step = episode.rung is not None and episode.stay.rung + 1 < len(phase.ladder)
        needs = step_needs(episode, self.now) if is_step else gate_needs(episode, self.now)
        unmet = [need for need in needs if need.state is not Truth.YES]
        if unmet and (refused := self._not_passed(wish, unmet, is_step=is_step)):
            return refused
        word = {"by": wish.by, "on": (wish.on or self._today()).isoformat()} if wish.by else None
        why = self._why(wish, word)
        if is_step:
            take_step(self, episode.stay.rung + 1, (why,), "person", word)
            return self.agree("Now on step {step}: {title}.", **self._where())
        on = episode.under_way
        if episode.next_phase is None and on is not None:
            return Refused(self.say("a session is on; it has to end first"), on.ends_at)
        reasons = [need_words(need, episode) for need in unmet] or open_reasons(needs)
        leave(self, (*reasons, why), "person", word)
        if self.episode.is_over:
            return self.agree("{title}: completed.", title=self.episode.protocol.title)
        return self.agree("Now in: {phase}. The limits still hold.", phase=self.episode.phase.title)

    def _today(self) -> date:
        return self.episode.place.local(self.now).date()

    def _why(self, wish: Act, word: Mapping[str, str] | None) -> str:
        """Name the reason for leaving a phase or a step, for the record."""
        told = [word_words(word, self.episode.place.language)] if word else []
        told += [self.because(wish.because)] if wish.because else []
        return "; ".join(told) or self.say("confirmed by the person")

    def _no_word(self, wish: Act) -> Refused | None:
        """Refuse a professional's word without a name, or of a day outside the injury to today."""
        if wish.by and not is_name(wish.by):
            return self.refuse(
                '{typed!r} is not a name; a word is that of a professional, such as --by "Dr. Meyer"',
                typed=wish.by,
            )
        if wish.on is None:
            return None
        if not wish.by:
            return self.refuse("a word needs a name: --by")
        if not self.episode.place.local(self.episode.onset).date() <= wish.on <= self._today():
            return self.refuse("a word is given on a day between the injury and today")
        return None

    def _not_passed(self, wish: Act, unmet: Sequence[Need], *, is_step: bool) -> Refused | None:
        """Refuse where nothing that was said passes a shut gate; None where it does."""
        shut = "; ".join(need_words(need, self.episode) for need in unmet)
        binding = [need for need in unmet if not need.is_passable]
        if binding:
            times = [need.met_at for need in binding if need.met_at is not None]
            earliest = max(times) if len(times) == len(binding) else None
            if self.episode.next_phase is None and not is_step:
                too_early = self.say(
                    "it is too early to finish: {reasons}. recovery stop ends the episode", reasons=shut
                )
                return Refused(too_early, earliest)
            return Refused(
                self.say("the gate is shut: {reasons}. No word passes that", reasons=shut), earliest
            )
        urgent, whose = pressing(self.episode), self.episode.phase.may_pass
        if urgent:
            return Refused(flag_stands(self.episode, urgent[0], self.others))
        if whose == "nobody":
            return self.refuse("the gate is shut: {reasons}. The protocol lets nobody pass it", reasons=shut)
        if wish.by and whose == "professional":
            return None
        if any(need.state is Truth.UNKNOWN for need in unmet):
            return self.refuse("the gate is shut: {reasons}. Answer first: recovery checkin", reasons=shut)
        if wish.by:
            return None
        if whose == "professional":
            return self.refuse(
                'the gate is shut: {reasons}. A professional may pass it: --by "a name" --on DATE',
                reasons=shut,
            )
        if not wish.because:
            return self.refuse(
                'the gate is shut: {reasons}. To go on all the same: --because "your reason"', reasons=shut
            )
        return None

    def _offer_of(self, at: datetime | None) -> Offer:
        """The offer that stands since `at`."""
        return Offer() if at is None else Offer.of(self.episode.id, self.episode.phase.id, at)

    def _where(self) -> dict[str, object]:
        """The step of the ladder that the person is on."""
        at = self.episode.stay.rung
        return {"step": at + 1, "title": self.episode.phase.ladder[at].title}

    def step_back(self, wish: Act) -> Outcome:
        if self.episode.state != ACTIVE:
            return self.refuse("the episode is paused; recovery resume ends the pause")
        if over := self.not_meant(wish, self._offer_of(self.episode.stay.way_back_at)):
            return over
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
            take_step(self, self.episode.stay.rung - 1, (why,), "person")
            return self.agree("Back on step {step}: {title}.", **self._where())
        if index < 0:
            return self.refuse("this is the first phase")
        go_back(self, index, why, "person", anew=True)
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
        end_holds(self)
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
        told = [self.say("{episode} is stopped. Its record is kept: recovery log.", episode=self.episode.id)]
        return self.accept(" ".join([*told, *self._still_counts(), *self._still_told()]))

    def _still_counts(self) -> list[str]:
        """Say that the last session of today, which is only assumed, binds, and how the person takes that away."""
        episode, day = self.episode, self.episode.place.waking_day
        last = max(episode.ledger, key=lambda session: session.began_at, default=None)
        if last is None or not only_assumed(last) or day(last.began_at) != day(self.now):
            return []
        told = self.say(
            "{title}, {when}, is only assumed, and counts for the limits."
            " If it did not happen, say so after the next start: {command}",
            title=episode.title_of(last),
            when=self.when(last.began_at),
            command=f"recovery skip {last.activity}",
        )
        return [told]
