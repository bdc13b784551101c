"""The acts on sessions, and on whatever else a cue asks for."""

from datetime import datetime, timedelta
from typing import Any

from recovery.engine import facts as f
from recovery.engine.acts import Act, Desk, Outcome, Refused
from recovery.engine.cadence import LONGEST_SPACING, dues
from recovery.engine.episode import PAUSED, Episode, Session, only_assumed, which
from recovery.engine.facts import Fact, to_ms
from recovery.engine.limits import (
    LONGEST_ON,
    Block,
    assuming_planned_ends,
    blocked_by,
    earliest_allowed,
    is_same_place,
    longest,
)
from recovery.engine.occurrences import NONE, Occurrence
from recovery.engine.offers import about_occurrence, out_of_time, withheld_by
from recovery.protocol.model import (
    Activity,
    CheckIn,
    Checklist,
    Every,
    Hold,
    Reminder,
    Step,
    Timed,
    Treatment,
    modalities,
)
from recovery.protocol.terms import Duration
from recovery.values import replace
from recovery.words.terms import modality_words
from recovery.words.times import spell

SNOOZE = Duration(seconds=600)


class Sessions(Desk):
    """Sessions begun and ended; and what is due done, skipped or put off."""

    def begin(self, wish: Act) -> Outcome:
        activity = self.named(wish.activity, (Treatment,), is_session_of_any_phase=True)
        if isinstance(activity, Refused):
            return activity
        assert isinstance(activity, Treatment)
        if self.episode.state == PAUSED:
            return self.refuse("the episode is paused; recovery resume ends the pause")
        if self.episode.stay.phase is None:
            return self.refuse("phase {phase} has not begun", phase=self.episode.phase.id)
        track = self.episode.track(activity.id)
        current = self.session(activity.id, is_over=False)
        if over := self.not_meant(wish, current.occurrence if current else self._offered(activity)):
            return over
        if current is not None and current.is_said:
            ends = self.when(current.ends_at)
            return self.refuse("{title} is on already, until {when}", title=activity.title, when=ends)
        if current is not None:
            activity = self.episode.treatment_of(
                current
            )  # its own, not a namesake in the phase that came after
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
        for question in self.episode.whole.screen:  # of one that is assumed to be on as well
            if step.modality in question.forbids and self.episode.screened.get(question.id):
                return self.left_out(activity.title, question)
        occurrence = current.occurrence if current else self._offered(activity)
        if current is not None and not self._is_current(current):
            blocked = self._blocked_in_both(activity, current, step)
        else:
            blocked = withheld_by(self.episode, activity, self.now, self.others, occurrence)
        if blocked is not None:
            earliest = None
            if blocked.until is not None:
                earliest = earliest_allowed(
                    self.episode, step, self.now, self.others, occurrence, max(blocked.until, self.now)
                )
            return self._refuse(activity, blocked.reason, earliest)
        if current is None:
            self._offer_early(activity, occurrence)
            current = self.session(activity.id, is_over=False)
            assert current is not None
        self.tell(f.BEGUN, self.about(current) | {"seconds": int(current.planned.total_seconds())})
        return self.agree(
            "{text}. {length}, until {when}.",
            text=self.episode.text(step.start).rstrip("."),
            length=spell(current.planned),
            when=self.when(self.now + current.planned),
        )

    def _offered(self, activity: Treatment) -> Occurrence:
        """The occurrence that waits to be begun, put off or suggested; none where a session would be one of its own."""
        track = self.episode.track(activity.id)
        has_been = any(t.occurrence == track.occurrence for t in self.episode.ledger)
        is_suggested = activity.is_optional and track.is_open and not has_been
        return track.occurrence if track.snoozed_until or is_suggested else NONE

    def _blocked_in_both(self, activity: Treatment, current: Session, step: Step) -> Block | None:
        """Find what forbids a session of an earlier phase to begin now: the limits of both phases bind it."""
        earlier = replace(self.episode.stay, phase=self.episode.protocol.phase(current.phase))
        in_both = (self.episode, replace(self.episode, stay=earlier))
        blocks = (blocked_by(e, step, self.now, self.others, current.occurrence) for e in in_both)
        limited = longest(blocked for blocked in blocks if blocked is not None)
        if activity.until is not None and self.now + current.planned > self.episode.instant(activity.until):
            return out_of_time(self.episode, activity.until, limited)
        return limited

    def _refuse(self, activity: Treatment, reason: str, earliest: datetime | None) -> Refused:
        own = self.session(activity.id, is_over=True)
        last = (self.episode, own) if own is not None else self._of_an_ended_episode(activity)
        if last is not None and only_assumed(last[1]):

            def left(episode: Episode) -> Episode:
                return replace(episode, ledger=tuple(t for t in episode.ledger if t is not last[1]))

            others = [left(other) for other in self.others]
            if withheld_by(left(self.episode), activity, self.now, others) is None:
                reason = self.say(
                    "{reason}. The last one is only assumed: if it did not happen, say so first: {command}",
                    reason=reason.rstrip("."),
                    command=f"recovery skip {activity.id}{which(self.episode, self.others)}",
                )
        return Refused(reason, earliest)

    def _of_an_ended_episode(self, activity: Activity) -> tuple[Episode, Session] | None:
        """Today's session that is only assumed, of an episode that is over, and that limits those of an activity.

        It is the last one of its modality that anybody knows of.
        """
        everyone, wanted = (self.episode, *self.others), modalities(activity)
        known = [(e, t) for e in everyone for t in e.ledger if t.modality in wanted and not t.is_disowned]
        if not known:
            return None
        owner, last = max(known, key=lambda one: one[1].began_at)
        is_near = owner.is_over and is_same_place(owner.protocol.region, owner.side, self.episode)
        day = self.episode.place.waking_day
        return (
            (owner, last) if is_near and only_assumed(last) and day(last.began_at) == day(self.now) else None
        )

    def _disown(self, owner: Episode, session: Session, because: str) -> Outcome:
        """Skip a session of an episode that is over, which goes into the record of that."""
        day = owner.place.waking_day(session.began_at)
        data = {
            "phase": session.phase,
            "activity": session.activity,
            "occurrence": session.occurrence,
            "due": to_ms(session.began_at),
            "day": day.isoformat(),
            "step": session.step,
            "reason": because,
        }
        self.facts.append(Fact(owner.id, self.now, f.SKIPPED, data, "person"))
        return self.agree(
            "{title} of {episode}, {when}: skipped; it does not count.",
            title=owner.title_of(session),
            episode=owner.id,
            when=self.when(session.began_at),
        )

    def _offer_early(self, activity: Treatment, occurrence: Occurrence) -> None:
        """The occurrence of a session that the person begins before any cue: no cue is needed."""
        track = self.episode.track(activity.id)
        step = activity.steps[track.step]
        day = self.episode.place.waking_day(self.now)
        name = occurrence or self.episode.next_occurrence(activity.id, day)
        data = about_occurrence(self, activity.id, name, self._due_of_early(activity), day)
        self.tell(
            f.OFFERED,
            data | {"modality": step.modality, "seconds": step.duration.least.seconds, "step": track.step},
        )

    def _due_of_early(self, activity: Treatment) -> datetime:
        """Compute the due time of a session that begins now: the next time if it is nearer than the last, else now."""
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
        activity = self.named(wish.activity, (Treatment,), is_session_of_any_phase=True)
        if isinstance(activity, Refused):
            return activity
        current = self.session(activity.id, is_over=False) or self.session(activity.id, is_over=True)
        if over := self.not_meant(wish, current.occurrence if current else NONE):
            return over
        if current is None:
            return self.refuse("{title} is not on", title=activity.title)
        if current.is_confirmed:
            return self.refuse("{title} has ended already", title=activity.title)
        is_known = at >= current.began_at
        if wish.at is not None and not is_known:
            return self.refuse("it began only {when}", when=self.when(current.began_at))
        took = max(timedelta(0), at - current.began_at)
        late = max(timedelta(0), took - current.planned)
        data = self.about(current) | {"seconds": int(current.planned.total_seconds())}
        data["overrun"] = int(late.total_seconds())
        # Said to be on it may have been on as long as planned: no later word makes a gap begin earlier.
        counts_from = max(at, min(self.now, current.ends_at)) if current.is_said else at
        if counts_from != at:
            data["counts_from"] = to_ms(counts_from)
        self.tell(f.ENDED, data, at)
        said = self.say("{title} ended after {length}.", title=activity.title, length=spell(took))
        if not is_known or current.is_lost or late > LONGEST_ON:
            said = self.say(
                "{title} ended. How long it was on is not known: the clock was set, or the machine was off.",
                title=activity.title,
            )
        elif late >= timedelta(minutes=1):
            said = self.say(
                "{title} ended after {length}, {over} too long.",
                title=activity.title,
                length=spell(took),
                over=spell(late),
            )
        if counts_from - at >= timedelta(minutes=1):
            counts = self.say("For the limits it counts until {when}.", when=self.when(counts_from))
            said = f"{said} {counts}"
        return self.accept(said)

    def done(self, wish: Act) -> Outcome:
        activity = self.named(
            wish.activity, (Treatment, Reminder, Hold, Checklist), is_session_of_any_phase=True
        )
        if isinstance(activity, Refused):
            return activity
        track = self.episode.track(activity.id)
        data = self._current(activity.id, track.occurrence)
        current = self.session(activity.id, is_over=False)
        if current is not None:
            ended = self.end(Act("end", activity.id, at=wish.at, occurrence=wish.occurrence))
            if isinstance(ended, Refused):
                return ended
        else:
            current = self.session(activity.id, is_over=True)
        is_of_session = current is not None and not current.is_confirmed
        meant = current if is_of_session and current is not None else track
        if over := self.not_meant(wish, meant.occurrence):
            return over
        if is_of_session and current is not None:
            data = {key: data_of for key, data_of in self.about(current).items() if key != "modality"}
        elif not track.is_open:
            return self.refuse("{title}: nothing is waiting to be done", title=activity.title)
        self.tell(f.DONE, data)
        return self.agree("{title}: done.", title=activity.title)

    def _current(self, activity: str, occurrence: Occurrence) -> dict[str, Any]:
        return {"phase": self.episode.phase.id, "activity": activity, "occurrence": occurrence}

    def skip(self, wish: Act) -> Outcome:
        activity = self.named(
            wish.activity, (Treatment, Reminder, CheckIn, Checklist), is_session_of_any_phase=True
        )
        if isinstance(activity, Refused):
            return activity
        assert not isinstance(activity, Hold)
        track = self.episode.track(activity.id)
        current = self.session(activity.id, is_over=False) or self.session(activity.id, is_over=True)
        day = self.episode.place.waking_day(self.now)
        took_place = current is not None and current.occurrence == track.occurrence
        meant = track.occurrence if track.is_open and not took_place else NONE
        if current is not None and (current.ended_at is None or not current.is_said):
            meant = current.occurrence
        if over := self.not_meant(wish, meant):
            return over
        if current is not None and current.ended_at is None and current.is_said:
            return self._refuse_on(activity)
        if current is not None and not current.is_said:
            data = about_occurrence(self, activity.id, current.occurrence, current.began_at, day) | {
                "phase": current.phase,
                "step": current.step,
            }
            self.tell(f.SKIPPED, data | {"reason": wish.because})
            return self.agree("{title}: skipped; it does not count.", title=activity.title)
        elsewhere = None if track.is_open or wish.occurrence else self._of_an_ended_episode(activity)
        if elsewhere is not None:
            return self._disown(*elsewhere, wish.because)
        if track.is_open and track.last_due is not None and not took_place:
            occurrence, due = track.occurrence, track.last_due
        else:
            coming = self.now if track.withheld else self._coming(activity)
            if coming is None or activity not in self.episode.phase.activities:
                return self.refuse("{title}: nothing to skip", title=activity.title)
            due, day = coming, self.episode.place.waking_day(coming)
            occurrence = self.episode.next_occurrence(activity.id, day)
        data = about_occurrence(self, activity.id, occurrence, due, day) | {
            "step": track.step,
            "reason": wish.because,
        }
        self.tell(f.SKIPPED, data)
        return self.agree("{title}, {when}: skipped.", title=activity.title, when=self.when(due))

    def _refuse_on(self, activity: Activity) -> Refused:
        return self.refuse(
            "{title} is on; recovery end {activity} ends it", title=activity.title, activity=activity.id
        )

    def snooze(self, wish: Act) -> Outcome:
        activity = self.named(wish.activity, (Treatment, Reminder, CheckIn, Checklist))
        if isinstance(activity, Refused):
            return activity
        track = self.episode.track(activity.id)
        current = self.session(activity.id, is_over=False)
        if over := self.not_meant(wish, track.occurrence):
            return over
        if current is not None and current.is_said:
            return self._refuse_on(activity)
        if current is not None and not self._is_current(current):
            return self.refuse(
                "{title} is on from an earlier phase; recovery skip {activity} ends it",
                title=activity.title,
                activity=activity.id,
            )
        is_treatment = isinstance(activity, Treatment) and not activity.is_optional
        if not track.is_open or (is_treatment and current is None):
            return self.refuse("{title}: nothing is waiting that could be put off", title=activity.title)
        until = wish.until or self.episode.place.after(self.now, wish.length or SNOOZE)
        if until <= self.now:
            return self.refuse("that is not later than now")
        if is_treatment:
            assert current is not None
            assert isinstance(activity, Treatment)
            # Whatever is on now, in this episode or another one, is over by then if all goes as planned.
            then = assuming_planned_ends(self.episode, self.now)
            others = [assuming_planned_ends(other, self.now) for other in self.others]
            blocked = withheld_by(then, activity, until, others, current.occurrence)
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
