"""The decisions at a moment: `turn` brings an episode up to `now`, `wakeup.next_wakeup` says when to look again.

Both are functions of (episode, now) and of the person's other episodes, whose sessions the limits count.
`turn` may be called at any time and as often as one likes: what has its fact does not happen again.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from recovery.engine import facts as f
from recovery.engine.cadence import Due, dues, floor, is_forgotten, looks_back_to
from recovery.engine.episode import ACTIVE, MOMENT, PAUSED, Alert, Episode, titled, which
from recovery.engine.facts import LOOKBACK, Fact, to_ms
from recovery.engine.fold import apply
from recovery.engine.gates import (
    PATIENCE,
    Held,
    Passed,
    Truth,
    climbs_at,
    deadline,
    gate,
    gate_unmet,
    healing_range,
    is_held_by_time,
    on_the_step,
    opens_at,
    standing,
    truth,
    way_back_ends,
)
from recovery.engine.limits import (
    Block,
    block_without_end,
    blocked_by,
    longest,
    only_when,
    overrun,
    overrun_words,
    stopped_by,
)
from recovery.engine.times import DAY
from recovery.language import N_
from recovery.protocol.model import (
    CheckIn,
    Checklist,
    Every,
    Hold,
    RedFlag,
    Reminder,
    Step,
    Timed,
    Treatment,
)
from recovery.protocol.terms import Anchor, Cites, Condition
from recovery.words.terms import anchor_words, condition_words
from recovery.words.times import spell, spell_when

HOLD_NOT_WORTH = timedelta(hours=1)
"""A hold that could be on for less than this before bedtime is left out for the day, and an end of it that
comes later than this after bedtime is not told any more."""

ASLEEP = N_("the machine was off or asleep")
MOVED = N_("the time zone changed")
CLOCK_SET = N_("the clock was set forward")
TOO_LATE = N_("too late to be right: the next one is nearer")


ASTRAY = timedelta(seconds=2)
"""By how much the moments of two processes may be the wrong way round without that a clock was set."""

LATE_WORDS = timedelta(minutes=2)
"""Cues that come later than this say so."""


def turn(
    episode: Episode, now: datetime, others: Sequence[Episode] = (), *, is_clock_doubted: bool = False
) -> tuple[Episode, list[Fact]]:
    """Everything that has become due by `now`, as facts, and the episode with them applied.

    The end of a session under way comes first, whatever else is the matter. By a clock that is doubted nothing opens,
    moves or is offered; what presses is told all the same.
    """
    desk = Turn(episode, now, others)
    desk.end_sessions()
    if is_clock_doubted:
        if not desk.episode.is_over:
            desk.raise_alerts()
        return desk.episode, desk.facts
    if not desk.episode.is_over:
        desk.end_holds_of_the_day()
    pause_ends = desk.episode.paused_until
    if desk.episode.state == PAUSED and pause_ends is not None and pause_ends <= now:
        title, body = episode.say("Reminders are on again"), episode.say("The pause is over.")
        cue = desk.cue("resumed", "phase", title, body, now)
        desk.add(f.RESUMED, {"cue": cue})
    if not desk.episode.is_over:
        desk.raise_alerts()
    if desk.episode.state == ACTIVE:
        desk.change_phase()
    if desk.episode.state == ACTIVE:
        desk.offer_way_back()
        desk.change_step()
        desk.offer_what_is_due()
    return desk.episode, desk.facts


def end_sessions(
    episode: Episode, now: datetime, others: Sequence[Episode] = ()
) -> tuple[Episode, list[Fact]]:
    """The first part of a turn. Where several episodes have theirs, this part of all of them comes first.

    For the limits of one count the sessions of the others, from their real end.
    """
    desk = Turn(episode, now, others)
    desk.end_sessions()
    return desk.episode, desk.facts


_ALERTS = {
    "routine": N_("Worth a visit"),
    "urgent": N_("See a professional today"),
    "emergency": N_("Emergency: get help now"),
}
"""The titles of alerts, by their level."""


class Turn:
    """One turn of an episode: collects facts and applies each at once, so that the next step sees it."""

    def __init__(self, episode: Episode, now: datetime, others: Sequence[Episode] = ()) -> None:
        self.episode = episode
        self.now = now
        self.others = others
        self.facts: list[Fact] = []

    def add(self, kind: str, data: dict[str, Any], by: str = "engine", at: datetime | None = None) -> None:
        self.keep(Fact(self.episode.id, at or self.now, kind, data, by))

    def keep(self, fact: Fact) -> None:
        self.facts.append(fact)
        self.episode = apply(self.episode, fact)

    def say(self, message: str, /, **values: object) -> str:
        """A message in the language of the episode."""
        return self.episode.say(message, **values)

    def words(self, condition: Condition) -> str:
        """A condition as people say it."""
        return condition_words(condition, self.episode.place.language)

    def cue(
        self,
        key: str,
        kind: str,
        title: str,
        body: str,
        due: datetime,
        *,
        critical: bool = False,
        expires: datetime | None = None,
    ) -> dict[str, Any]:
        """A cue as it stands in a fact. It says how late it comes, where that is worth telling."""
        late = self.now - due
        if late >= LATE_WORDS and kind != "end":
            when = spell_when(self.episode.place, due, self.now)
            body = self.say("{text} (Due {when}.)", text=body, when=when).strip()
        cue: dict[str, Any] = {"key": key, "kind": kind, "title": title, "body": body, "due": to_ms(due)}
        if critical:
            cue["critical"] = True
        if expires is not None:
            cue["expires"] = to_ms(expires)
        return cue

    # Sessions under way --------------------------------------------------------------------------

    def end_sessions(self) -> None:
        """The end cue of every session whose time is up, with by how much it was overslept."""
        for session in self.episode.ledger:
            # One that began later than now was begun under a clock that was set back: how long it has been on nobody
            # knows, so it ends at once.
            is_due = session.ends_at <= self.now or session.began_at > self.now + ASTRAY
            if session.ended_at is None and is_due:
                late = overrun(session, self.now)
                activity = self.episode.treatment_of(session)
                title = self.episode.title_of(session)
                language = self.episode.place.language
                words = self.episode.text(activity.steps[session.step].end)
                cue = self.cue(
                    session.occurrence + f.END_KEY,
                    "end",
                    self.say("{title}: stop", title=title),
                    f"{words}{overrun_words(session, late, language)}",
                    min(self.now, session.began_at + session.planned),
                    critical=True,
                )
                data = {
                    "phase": session.phase,
                    "activity": session.activity,
                    "modality": session.modality,
                    "occurrence": session.occurrence,
                    "seconds": int(session.planned.total_seconds()),
                    "overrun": int(late.total_seconds()),
                    "cue": cue,
                }
                self.add(f.ENDED, data)

    # Alerts --------------------------------------------------------------------------------------

    def raise_alerts(self) -> None:
        """Red flags whose condition has become true, and what is over its time; in a pause only what presses.

        A routine one is over when its condition is false; the others stand until the person has answered them.
        """
        episode = self.episode
        for flag in episode.protocol.red_flags:
            if flag.when is None or (episode.state == PAUSED and flag.level == "routine"):
                continue
            raised = f"flag/{flag.id}"
            state = truth(flag.when, episode, self.now)
            stands = episode.alerts.get(raised)
            # One from before a setback is of another injury: of this one it is told anew.
            is_known = raised in episode.answered or (stands is not None and stands.at >= episode.started_at)
            if state is Truth.YES and not is_known:
                self.raise_flag(flag)
            elif state is Truth.NO and (
                raised in episode.answered or (raised in episode.alerts and flag.level == "routine")
            ):
                self.add(f.ALERTED, {"id": raised, "cleared": True})
        healing = episode.protocol.healing
        if healing is None or episode.state == PAUSED:
            return
        if "healing/late" in episode.alerts or "healing/late" in episode.answered:
            return
        if healing_range(episode)[1] <= self.now:
            self.alert("healing/late", healing.late.level, episode.text(healing.late.say), healing.cites)

    def raise_flag(self, flag: RedFlag, by: str = "engine") -> None:
        """A red flag stands from now on."""
        says = self.episode.text(flag.say)
        self.alert(f"flag/{flag.id}", flag.level, says, flag.cites, flag.suspends, by)

    def alert(
        self,
        id_: str,
        level: str,
        reason: str,
        cites: Cites,
        suspends: Sequence[str] = (),
        by: str = "engine",
    ) -> None:
        refs = ", ".join(dict.fromkeys(ref for cited in cites.values() for ref in cited))
        title, body = self.say(_ALERTS[level]), f"{reason} {self.take_off(suspends)}".strip()
        cue = self.cue(
            f"{self.episode.id}/{id_}", "alert", title, body, self.now, critical=level != "routine"
        )
        data: dict[str, Any] = {"id": id_, "level": level, "reason": reason, "source": refs or "own"}
        if suspends:
            data["suspends"] = [*suspends]
        self.add(f.ALERTED, data | {"cue": cue}, by)

    def take_off(self, modalities: Iterable[str]) -> str:
        """Say that the session under way has to end, if it is of these modalities; empty otherwise."""
        on = self.episode.under_way
        if on is None or on.modality not in modalities:
            return ""
        command = f"recovery end{which(self.episode, self.others)}"
        title = self.episode.title_of(on)
        return self.say("{title} is on: end it now, {command}.", title=title, command=command)

    def _deadline_alert(self, held: Held) -> None:
        """Raise the alert of a phase that is over its time; unanswered questions get `PATIENCE` first."""
        phase, late = self.episode.stay.phase, deadline(self.episode)
        if phase is None or phase.at_most is None or late is None or late > self.now:
            return
        id_ = f"phase/{phase.id}"
        known: Alert | None = self.episode.alerts.get(id_)
        if id_ in self.episode.answered or (known is not None and known.at >= self.episode.stay.entered_at):
            return
        if held.is_decided or self.episode.stay.entered_at + PATIENCE <= self.now:
            self.alert(id_, phase.at_most.level, self.episode.text(phase.at_most.say), phase.cites)

    # Phases --------------------------------------------------------------------------------------

    def change_phase(self) -> None:
        """Move on as far as the gates are open; say why not where one is shut."""
        for _ in range(len(self.episode.protocol.phases) + 1):
            if self.episode.stay.phase is not None and self.episode.stay.phase.is_endless:
                return
            if is_held_by_time(self.episode, self.now):
                return
            match gate(self.episode, self.now):
                case Passed(reasons):
                    phase = self.episode.stay.phase
                    if self.episode.next_phase is None and self.episode.under_way is not None:
                        return  # nothing completes over a session whose end is still to be told
                    if phase is not None and (phase.confirm or self.episode.confirms):
                        self._offer_change(reasons)
                        return
                    self.leave(reasons)
                    if self.episode.state != ACTIVE:
                        return
                case Held() as held:
                    self._tell_held(held)
                    self._deadline_alert(held)
                    return

    def _tell_held(self, held: Held) -> None:
        """Record what holds the phase past its least, once for each change of it."""
        opens = opens_at(self.episode)
        if opens is not None and opens > self.now:
            return
        unmet = gate_unmet(self.episode, self.now)
        if unmet != self.episode.stay.held:
            data = {"phase": self.episode.phase.id, "state": "held", "reasons": [*held.reasons]}
            self.add(f.PHASE, data | {"unmet": unmet})

    def _offer_change(self, reasons: tuple[str, ...]) -> None:
        if self.episode.stay.offered:
            return
        following = self.episode.next_phase
        what = (
            self.say("You can move on to: {phase}", phase=following.title)
            if following
            else self.say("You can finish")
        )
        body = self.say("Type: recovery advance")
        cue = self.cue(f"{self.episode.id}/phase", "offer", what, body, self.now)
        data = {"phase": self.episode.phase.id, "state": "offered", "reasons": [*reasons], "cue": cue}
        self.add(f.PHASE, data)

    def clear_deadline(self) -> None:
        """Clear the alert of a phase that was over its time, as the phase is left."""
        id_ = f"phase/{self.episode.phase.id}"
        if id_ in self.episode.alerts or id_ in self.episode.answered:
            self.add(f.ALERTED, {"id": id_, "cleared": True})

    def leave(
        self, reasons: tuple[str, ...], by: str = "engine", word: Mapping[str, str] | None = None
    ) -> None:
        """End the current phase: enter the next one, or complete the episode; `word` is a professional's."""
        if self.episode.stay.phase is not None:
            self._end_holds()
            self.clear_deadline()
            self.add(f.PHASE, {"phase": self.episode.phase.id, "state": "left", "reasons": [*reasons]}, by)
        following = self.episode.next_phase
        if following is None:
            then = self.episode.protocol.then
            body = (
                self.say("What usually follows: recovery start {protocol}", protocol=then)
                if then
                else self.say("Well done.")
            )
            title = self.say("{title}: completed", title=self.episode.protocol.title)
            cue = self.cue(f"{self.episode.id}/phase", "phase", title, body, self.now)
            self.add(f.COMPLETED, {"reasons": [*reasons], "cue": cue}, by)
            return
        self.enter(self.episode.stay.index + 1, reasons, by, word=word)

    def enter(
        self,
        index: int,
        reasons: tuple[str, ...],
        by: str = "engine",
        *,
        anew: bool = False,
        word: Mapping[str, str] | None = None,
    ) -> None:
        """Begin the phase at that place of the protocol; `anew` after a step back."""
        phase = self.episode.protocol.phases[index]
        data: dict[str, Any] = {"phase": phase.id, "state": "entered", "reasons": [*reasons]}
        if anew:
            data["anew"] = True
        if word is not None:
            data["word"] = word
        if self.episode.stay.phase is not None:
            body = self.episode.text(phase.goal) or self.say("recovery status shows what comes next.")
            title = self.say("New phase: {phase}", phase=phase.title)
            data["cue"] = self.cue(f"{self.episode.id}/phase", "phase", title, body, self.now)
        self.add(f.PHASE, data, by)

    # Steps of a ladder, and the way back -----------------------------------------------------------

    def change_step(self) -> None:
        """One step of the ladder up or down, where its rule holds: by day, and at most one a day.

        Only answers given on the step count: those before it brought the person here. Up lead only those of the
        day itself, after the step's first one: the next morning decides. While a red flag stops something nobody
        goes up.
        """
        episode, phase = self.episode, self.episode.phase
        seen = on_the_step(episode, self.now)
        if seen is None or not episode.place.is_awake(self.now):
            return
        here, today = seen
        at = episode.stay.rung
        down, up = phase.step_back_when, phase.climb_when
        if at > 0 and down is not None and truth(down, here, self.now) is Truth.YES:
            self.step(at - 1, (self.words(down),))
        elif (
            at + 1 < len(phase.ladder)
            and up is not None
            and not standing(episode)
            and climbs_at(episode) <= self.now
            and truth(up, today, self.now) is Truth.YES
        ):
            self.step(at + 1, (self.words(up),))

    def step(
        self, index: int, reasons: tuple[str, ...], by: str = "engine", word: Mapping[str, str] | None = None
    ) -> None:
        """Go to a step of the phase's ladder."""
        phase, now_on = self.episode.phase, self.episode.stay.rung
        rung = phase.ladder[index]
        for activity in phase.ladder[now_on].activities:
            if isinstance(activity, Hold) and self.episode.track(activity.id).is_on:
                self._tell_hold(activity, self.now, on=False)
        is_up = index > now_on
        title = (
            self.say("Next step: {title}", title=rung.title)
            if is_up
            else self.say("One step back: {title}", title=rung.title)
        )
        steps, why = len(phase.ladder), "; ".join(reasons)
        body = self.say("Step {step} of {steps}. {reasons}", step=index + 1, steps=steps, reasons=why)
        data: dict[str, Any] = {
            "phase": phase.id,
            "step": rung.id,
            "direction": "up" if is_up else "down",
            "reasons": [*reasons],
            "cue": self.cue(f"{self.episode.id}/step", "phase", title, body, self.now),
        }
        if word is not None:
            data["word"] = word
        self.add(f.STEPPED, data, by)

    def offer_way_back(self) -> None:
        """Offer an earlier phase while its condition is true, if there is still time for it."""
        back = self.episode.phase.back_to
        if back is None or self.episode.stay.phase is None:
            return
        state, is_offered = truth(back.when, self.episode, self.now), self.episode.stay.way_back
        data: dict[str, Any] = {"phase": self.episode.phase.id, "to": back.phase}
        has_time = self._has_time_for(back.phase)
        if state is Truth.YES and not is_offered and has_time:
            says = self.episode.text(back.say)
            is_here = any(phase.id == back.phase for phase in self.episode.protocol.phases)
            how = "recovery step-back" if is_here else f"recovery start {back.phase}"
            cue = self.cue(
                f"{self.episode.id}/phase",
                "way-back",
                self.say("A step back fits better now"),
                self.say("{text} Type: {command}", text=says, command=how),
                self.now,
            )
            self.add(f.PHASE, data | {"state": "way back", "reasons": [self.words(back.when)], "cue": cue})
        elif is_offered and (state is Truth.NO or not has_time):
            why = (
                self.say("no longer: {condition}", condition=self.words(back.when))
                if has_time
                else self.say("{phase} is over its time", phase=back.phase)
            )
            self.add(f.PHASE, data | {"state": "no way back", "reasons": [why]})

    def _has_time_for(self, phase_id: str) -> bool:
        """Tell if a phase to go back to is not over its time already, as one that counts from the injury may be."""
        ends = way_back_ends(self.episode, phase_id)
        return ends is None or self.now < ends

    def _end_holds(self) -> None:
        for activity in self.episode.phase.activities:
            if isinstance(activity, Hold) and self.episode.track(activity.id).is_on:
                self._tell_hold(activity, self.now, on=False)

    # Activities ----------------------------------------------------------------------------------

    def offer_what_is_due(self) -> None:
        """Offer each activity of the phase that is due and allowed; record what is missed or withheld.

        Before the first phase is entered only its check-ins are asked: they decide whether it may be.
        """
        for activity in self.episode.phase.activities:
            if self.episode.stay.phase is None and not isinstance(activity, CheckIn):
                continue
            match activity:
                case Treatment() | Reminder() | CheckIn() | Checklist():
                    self._offer(activity)
                case Hold():
                    self._hold(activity)

    def end_holds_of_the_day(self) -> None:
        """Take off at bedtime what was put on, in a pause as well; long after bedtime, record that as missed."""
        place = self.episode.place
        day = place.waking_day(self.now)
        for activity in self.episode.phase.activities:
            track = self.episode.track(activity.id)
            if isinstance(activity, Hold) and track.is_on and track.day is not None and track.day < day:
                bedtime = place.window(track.day)[1]
                if self.now - bedtime < HOLD_NOT_WORTH:
                    self._tell_hold(activity, bedtime, on=False)
                else:
                    about = self._about(activity.id, track.occurrence, bedtime, track.day)
                    self.add(f.MISSED, about | {"reason": self._why_missed(bedtime)})

    def _hold(self, activity: Hold) -> None:
        place, track = self.episode.place, self.episode.track(activity.id)
        day = place.waking_day(self.now)
        begin, end = place.window(day)
        over = activity.until is not None and self.episode.instant(activity.until) <= self.now
        early = activity.begins is not None and self.episode.opens(activity.begins) > self.now
        unfit = (
            activity.only_if is not None and truth(activity.only_if, self.episode, self.now) is not Truth.YES
        ) or block_without_end(self.episode, activity, self.now, self.others) is not None
        due = max(begin, self.episode.since(activity.id))
        if track.is_on:
            if over or unfit:
                self._tell_hold(activity, self.now, on=False)
        elif (
            track.day != day
            and not (over or early or unfit)
            and due <= self.now < end - HOLD_NOT_WORTH
            and place.may_tell(self.now)
        ):
            self._tell_hold(activity, due, on=True)

    def _tell_hold(self, activity: Hold, due: datetime, *, on: bool) -> None:
        track = self.episode.track(activity.id)
        day = self.episode.place.waking_day(self.now) if on else track.day
        assert day is not None
        occurrence = self._name(activity.id, day) if on else track.occurrence
        words = self.episode.text(activity.on if on else activity.off)
        place = self.episode.place
        told = place.fit_told(self.now, timedelta(0)) if place.is_quiet(self.now) else self.now
        expires = place.window(day)[1] if on else told + HOLD_NOT_WORTH
        cue = self.cue(occurrence, "on" if on else "off", activity.title, words, due, expires=expires)
        data = self._about(activity.id, occurrence, due, day) | {
            "modality": activity.modality,
            "on": on,
            "cue": cue,
        }
        self.add(f.OFFERED, data)

    def _name(self, activity: str, day: date) -> str:
        """A readable name for the next occurrence: `strain-1/rice/ice/2026-11-23.3`."""
        series = f"{self.episode.id}/{self.episode.phase.id}/{activity}/{day.isoformat()}"
        return f"{series}.{self.episode.names.get(series, 0) + 1}"

    def _about(self, activity: str, occurrence: str, due: datetime, day: date) -> dict[str, Any]:
        return {
            "phase": self.episode.phase.id,
            "activity": activity,
            "occurrence": occurrence,
            "due": to_ms(due),
            "day": day.isoformat(),
        }

    def _offer(self, activity: Timed) -> None:
        track = self.episode.track(activity.id)
        if floor(self.episode, activity) > self.now:
            return
        if track.snoozed_until is not None:
            if track.snoozed_until <= self.now:
                self._offer_one(
                    activity, Due(track.snoozed_until, self.now + timedelta(seconds=1)), again=True
                )
            return
        is_withheld = bool(track.withheld) or (
            is_forgotten(self.episode, activity, self.now) and self.blocked(activity) is not None
        )
        overdue: list[Due] = []
        for due in dues(self.episode, activity, looks_back_to(self.episode, activity, self.now)):
            if due.at > self.now:
                break
            overdue.append(due)
            if is_withheld and isinstance(activity, Treatment):
                break
        if not overdue:
            return
        if not is_withheld:
            for due in overdue[:-1]:
                self._miss(activity, due, self._why_missed(due.at))
        day = self.episode.place.waking_day(overdue[-1].at)
        if track.step > 0 and track.withheld and day < self.episode.place.waking_day(self.now):
            # To the end of the day: the rounds that would have followed never became due.
            bedtime = self.episode.place.window(day)[1]
            over = self.say("the day of its round is over")
            self._miss(activity, Due(bedtime - MOMENT, bedtime), over)
        else:
            self._offer_one(activity, overdue[-1])
        if track.step > 0 and self.episode.track(activity.id).step == 0:
            self._offer(activity)  # the round was given up: perhaps the next one is due already

    def _why_missed(self, due: datetime) -> str:
        """Say why nothing came at a time that has passed."""
        moved_at, clock = self.episode.moved_at, self.episode.clock
        if moved_at is not None and due <= moved_at:
            return self.say(MOVED)
        if clock is not None and clock.at - clock.set_by <= due <= clock.at:
            return self.say(CLOCK_SET)
        return self.say(ASLEEP)

    def _offer_one(self, activity: Timed, due: Due, *, again: bool = False) -> None:
        track = self.episode.track(activity.id)
        blocked = self.blocked(activity, ignoring=track.occurrence if again else "")
        if blocked is not None:
            is_new = not track.withheld and not is_forgotten(self.episode, activity, self.now)
            if is_new and due.expires_at <= self.now:
                # Nobody withheld it when it was right: what is too late for now is no debt for tomorrow either.
                self._miss(activity, due, self.say(TOO_LATE))
                return
            self._withhold(activity, due, blocked)
            return
        if track.withheld and isinstance(activity, Treatment):
            due = Due(self.now, self.now + timedelta(seconds=1))
        if due.expires_at <= self.now:
            self._miss(activity, due, self.say(TOO_LATE))
            return
        place = self.episode.place
        waking = place.fit_told(self.now, self._least(activity))
        if waking > self.now:
            words = self.say("outside the waking hours")
            if place.is_awake(self.now):
                words = self.say("it would be in a quiet time")
            self._withhold(activity, due, Block(words, waking))
            return
        if isinstance(activity, CheckIn) and self._is_answered(activity, due):
            self._fate(activity, due, f.DONE)
            return
        self._tell(activity, due, again=again)

    def blocked(self, activity: Timed, ignoring: str = "") -> Block | None:
        """Find what keeps an activity from being offered now."""
        episode = self.episode
        length = self._least(activity)
        if isinstance(activity, Treatment):
            step = self._step(activity)
        if activity.until is not None and self.now + length > episode.instant(activity.until):
            is_treatment = isinstance(activity, Treatment)
            limited = blocked_by(episode, step, self.now, self.others, ignoring) if is_treatment else None
            return self.out_of_time(activity.until, limited)
        if activity.only_if is not None:
            known = truth(activity.only_if, episode, self.now)
            if known is not Truth.YES:
                return Block(only_when(activity.only_if, known, episode), None)
        if isinstance(activity, Treatment):
            in_the_way = (
                self._waiting(activity, ignoring),
                blocked_by(episode, step, self.now, self.others, ignoring),
            )
            return longest(blocked for blocked in in_the_way if blocked is not None)
        if isinstance(activity, Reminder):
            return block_without_end(episode, activity, self.now, self.others)
        return stopped_by(episode, (), self.others)

    def _least(self, activity: Timed) -> timedelta:
        """Compute the least length of the session whose turn it is; anything but a treatment takes no time."""
        seconds = self._step(activity).duration.least.seconds if isinstance(activity, Treatment) else 0
        return timedelta(seconds=seconds)

    def out_of_time(self, until: Anchor, limited: Block | None) -> Block:
        """Say that something is over from an instant on; by the limit that forbids it for good, where one does."""
        if limited is not None and limited.limit and limited.until is None:
            return limited
        instant = anchor_words(until, self.episode.place.language)
        return Block(self.say("only until {instant}", instant=instant), None)

    def _waiting(self, activity: Treatment, ignoring: str) -> Block | None:
        """The wait of an alternation after its last treatment that took place."""
        place, phase = self.episode.place, self.episode.phase.id
        for session in reversed(self.episode.ledger):
            if session.ended_at is None or session.occurrence == ignoring:
                continue
            if (session.phase, session.activity) == (phase, activity.id):
                wait = activity.steps[session.step].wait
                opens = session.ended_at + timedelta(seconds=wait.seconds)
                last = spell_when(place, session.ended_at, self.now)
                reason = self.say(
                    "{length} after the last treatment, which ended {when}", length=wait, when=last
                )
                return Block(reason, opens) if opens > self.now else None
        return None

    def _withhold(self, activity: Timed, due: Due, blocked: Block) -> None:
        track = self.episode.track(activity.id)
        is_told = track.withheld == blocked.reason and track.withheld_until == blocked.until
        # Before the fact that says so is forgotten, it is written down once more.
        if is_told and track.withheld_at is not None and track.withheld_at > self.now - LOOKBACK + DAY:
            return
        modality = self._step(activity).modality if isinstance(activity, Treatment) else _modality(activity)
        data: dict[str, Any] = {
            "phase": self.episode.phase.id,
            "activity": activity.id,
            "modality": modality,
            "reason": blocked.reason,
            "until": None if blocked.until is None else to_ms(blocked.until),
        }
        self.add(f.WITHHELD, data)

    def _step(self, activity: Treatment) -> Step:
        return activity.steps[self.episode.track(activity.id).step]

    def _is_answered(self, activity: CheckIn, due: Due) -> bool:
        """Tell if everything it asks was told so shortly before that asking again would be a nuisance."""
        recently = due.at - (due.expires_at - due.at) / 2
        given = (self.episode.answers.get(name, ()) for name in activity.asks)
        return all(
            any(recently <= answer.seen_at(self.now) <= self.now for answer in answers) for answers in given
        )

    def _miss(self, activity: Timed, due: Due, reason: str) -> None:
        self._fate(activity, due, f.MISSED, reason)

    def _fate(self, activity: Timed, due: Due, kind: str, reason: str = "") -> None:
        """A fate for an occurrence that nobody is told of: missed, or done before it was due."""
        day = self.episode.place.waking_day(due.at)
        occurrence = self._name(activity.id, day)
        data = self._about(activity.id, occurrence, due.at, day)
        if reason:
            data["reason"] = reason
        if isinstance(activity, Treatment) and isinstance(activity.cadence, Every) and kind == f.MISSED:
            length = timedelta(seconds=self._step(activity).duration.least.seconds)
            data["counts_from"] = to_ms(due.at + length)
        self.add(kind, data)

    def _tell(self, activity: Timed, due: Due, *, again: bool) -> None:
        track = self.episode.track(activity.id)
        day = self.episode.place.waking_day(self.now)
        occurrence = track.occurrence if again else self._name(activity.id, day)
        data = self._about(activity.id, occurrence, due.at, day)
        match activity:
            case Treatment(is_optional=True):
                step = self._step(activity)
                data["modality"] = step.modality
                words, expires = "suggestion", due.expires_at
                title = self.say("{title}, if you like", title=activity.title)
                command = f"recovery begin {activity.id}"
                body = self.say("{text} Type: {command}", text=self.episode.text(step.start), command=command)
            case Treatment():
                step = self._step(activity)
                seconds = step.duration.least.seconds
                ends = self.now + timedelta(seconds=seconds)
                data |= {"modality": step.modality, "seconds": seconds, "step": track.step}
                until = self.episode.place.local(ends)
                words, expires = "start", ends
                title = self.say(
                    "{title}: start, {length}, until {clock}",
                    title=titled(activity, step.modality, self.episode.place.language),
                    length=spell(ends - self.now),
                    clock=f"{until:%H:%M}",
                )
                body = self.episode.text(f"{step.start} {step.stop_if}".strip())
            case Reminder():
                data["modality"] = activity.modality
                words, title, body = "reminder", activity.title, self.episode.text(activity.say)
                expires = due.expires_at
            case Checklist():
                data["modality"] = ""
                items = ", ".join(item.title for item in activity.items)
                said = f"{self.episode.text(activity.say)} {items}."
                words, title, expires = "reminder", activity.title, due.expires_at
                body = self.say("{text} Type: {command}", text=said, command="recovery checklist")
            case CheckIn():
                data["asks"] = [*activity.asks]
                words, title, expires = "check-in", self.say("How is it going?"), due.expires_at
                asked = self._questions(activity)
                body = self.say("{text} Type: {command}", text=asked, command="recovery checkin")
        data["cue"] = self.cue(occurrence, words, title, body, due.at, expires=expires)
        self.add(f.OFFERED, data)

    def _questions(self, activity: CheckIn) -> str:
        asked = [self.episode.protocol.observations[name].ask for name in activity.asks]
        return " ".join(self.episode.text(question) for question in asked)


def _modality(activity: Timed) -> str:
    return activity.modality if isinstance(activity, Reminder) else ""
