"""The reports of a person: answers, red flags, checklists. The module also reads answers."""

from datetime import datetime

from recovery.engine import facts as f
from recovery.engine.acts import Act, Desk, Outcome, Refused
from recovery.engine.alerts import raise_flag
from recovery.engine.facts import Fact
from recovery.engine.limits import may_go_on
from recovery.engine.offers import tell_hold
from recovery.engine.questions import left_open
from recovery.language import tr
from recovery.protocol.model import Checklist, Hold, Observation, modalities
from recovery.values import replace


class Reports(Desk):
    """Check-ins and screenings answered, red flags raised and cleared, checklists ticked."""

    def check_in(self, wish: Act) -> Outcome:
        at = wish.at or self.now
        # Now is never before it, whatever a clock says that was set back.
        if wish.at is not None and at < self.episode.onset:
            return Refused(self.say("that is before the injury"), self.episode.onset)
        known = self.episode.protocol.observations
        values: dict[str, int | str] = {}
        for name, typed in wish.values.items():
            observation = known.get(name)
            if observation is None:
                return self.refuse(
                    "{protocol} does not ask for {name!r}; it asks for {known}",
                    protocol=self.episode.protocol.id,
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
        on = self.episode.under_way
        was_allowed = on is not None and may_go_on(self.episode, on, self.now, self.others)
        self.answer(values, at)
        told = ", ".join(f"{name} {value}" for name, value in values.items())
        noted = self.say("Noted: {answers}.", answers=told)
        if wish.at:
            noted = self.say("Noted: {answers}, {when}.", answers=told, when=self.when(at))
        if on is not None and was_allowed and not may_go_on(self.episode, on, self.now, self.others):
            noted = f"{noted} {self.take_off((on.modality,))}"
        return replace(self.accept(noted), needed=left_open(self.episode, at, self.now, self.others))

    def answer(self, values: dict[str, int | str], at: datetime) -> None:
        """Write down answers that were true at `at`, by a clock that may be behind what was written before."""
        behind = self.episode.in_order(self.now) - self.now
        written_at = self.now if behind else None
        self.keep(Fact(self.episode.id, at + behind, f.ANSWERED, {"values": values}, "person", written_at))

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
                tell_hold(self, activity, self.now, on=False)
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
        raise_flag(self, flag, "person")
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

    def tick(self, wish: Act) -> Outcome:
        """Record a yes or no for items of the checklists."""
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
    """Describe the answer that an observation takes."""
    if observation.choices:
        return tr(language, " or ").join(observation.choices)
    if observation.labels:
        named = ", ".join(f"{observation.least + n} {label}" for n, label in enumerate(observation.labels))
        return tr(language, "one of {names}", names=named)
    least, most = observation.least, observation.most
    return tr(language, "a whole number from {least} to {most}", least=least, most=most)
