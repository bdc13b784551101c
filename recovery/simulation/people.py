"""Made-up people for simulations: how they heal, and how they react to what they are told.

`steady` heals in the middle of its grade's range, `slow` past its latest, `stuck` never improves, `sloppy` heals
like `steady` but reacts late, skips and forgets, `silent` answers nothing and does nothing, `worse` heals like
`steady` for some days and then gets worse. Whoever is told to be seen goes, and says two days later what came of it;
only `silent` does not. The same persona does the same thing in every run.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random

from recovery.engine import facts as f
from recovery.engine.acts import Act, AnswerCheckIn, Begin, ClearFlag, End, Release, Skip
from recovery.engine.episode import Episode
from recovery.engine.facts import Fact
from recovery.engine.fold import begin
from recovery.engine.gates import healing_range
from recovery.engine.questions import UNSURE, screened
from recovery.engine.times import Place
from recovery.protocol.model import Observation, RecoveryProtocol, Treatment
from recovery.values import Value

PERSONAS = ("steady", "slow", "stuck", "sloppy", "silent", "worse")

_FIRST_PAIN = {"I": 5, "II": 6, "III": 8}
_ACUTE = timedelta(days=2)
"""The half-life of swelling and of the acute part of pain, of somebody who heals steadily."""
_BETTER_FOR = timedelta(days=5)
"""The time after the injury for which somebody heals who then gets worse."""
_TO_BE_SEEN = timedelta(days=2)
"""The time until a professional has looked, to whom somebody was sent."""


class Persona(Value):
    """A person who reacts. Reactions come after the cue, never before it."""

    name: str
    random: Random

    @classmethod
    def named(cls, name: str) -> "Persona":
        return cls(name, Random(f"recovery persona {name}"))  # noqa: S311  # made-up people keep no secrets

    def reactions(self, episode: Episode, fact: Fact) -> Iterator[tuple[datetime, Act]]:
        """List the person's acts after a fact, each with its time."""
        if self.name == "silent":
            return
        match fact.what, fact.cue and fact.cue.kind:
            case f.Offered() as offered, "start":
                yield from self._start(fact.at, offered.activity)
            case f.Offered(asks=list(asks)), "check-in":
                if not (self.name == "sloppy" and self.random.random() < 0.3):
                    at = fact.at + self._delay()
                    yield at, self.checkin(episode, at, asks)
            case f.Alerted() as alerted, "alert" if alerted.cleared_by == "professional":
                yield fact.at + _TO_BE_SEEN, Release(alerted.id.rpartition("/")[2], by="Dr. Meyer")
            case f.Alerted(level="urgent" | "emergency") as alerted, "alert":
                flag = alerted.id.rpartition("/")[2]
                yield fact.at + _TO_BE_SEEN, ClearFlag(flag, because="a professional has looked at it")
            case f.Ended() as ended, "end":
                at = fact.at + timedelta(minutes=self.random.randint(0, 6) if self.name == "sloppy" else 0)
                activity = episode.activity(ended.activity)
                if isinstance(activity, Treatment):
                    yield at, End(activity.id)

    def _start(self, at: datetime, activity: str) -> Iterator[tuple[datetime, Act]]:
        if self.name == "sloppy":
            at += self._delay()
            chance = self.random.random()
            if chance < 0.1:
                yield at, Skip(activity)
                return
            if chance < 0.3:
                return
        yield at, Begin(activity)

    def _delay(self) -> timedelta:
        return timedelta(
            minutes=self.random.randint(0, 40) if self.name == "sloppy" else self.random.randint(1, 4)
        )

    # How they are ----------------------------------------------------------------------------------

    def checkin(self, episode: Episode, at: datetime, asks: list[str]) -> Act:
        """A check-in that tells the truth about how the person is at that time."""
        observations = episode.tailored.observations
        return AnswerCheckIn({name: self.state(episode, observations[name], at) for name in asks})

    def state(self, episode: Episode, asked: Observation, at: datetime) -> str:
        """Compute the person's answer: worst at the injury, best when healed."""
        since, worse = max(timedelta(0), at - episode.onset), 0.0
        if self.name == "worse" and since > _BETTER_FOR:
            since, worse = _BETTER_FOR, (since - _BETTER_FOR) / timedelta(days=1)
        healed = since / self._healing(episode)
        slowness = 2 if self.name == "slow" else 1
        acute = 0.5 ** (since / (_ACUTE * slowness))
        if self.name == "stuck":
            healed, acute = 0.0, 1.0
        if asked.choices:
            return asked.choices[min(len(asked.choices) - 1, int(healed / 0.6 * (len(asked.choices) - 1)))]
        if asked.test is not None:
            whole, able = asked.test.most, min(1.0, 0.4 + healed)
            return (
                f"{round(whole * able)}/{whole}"
                if episode.side != "right"
                else f"{whole}/{round(whole * able)}"
            )
        span = asked.most - asked.least
        if asked.better == "higher":
            return str(asked.least + round(span * min(1.0, 0.4 + healed)))
        if asked.labels:
            worst = span if episode.grade != "I" else max(1, span - 1)
            return str(asked.least + min(span, round(worst * acute + worse)))
        worst = round(span * _FIRST_PAIN[episode.grade or "II"] / 10)
        left = round(worst * (0.6 * acute + 0.4 * max(0.0, 1.0 - healed)))
        left = min(span, round(left + 2 * worse))
        return str(asked.least + (max(1, left) if healed < 1.0 else left))

    def _healing(self, episode: Episode) -> timedelta:
        if episode.tailored.healing is None:
            return timedelta(days=21 if self.name != "slow" else 42)
        earliest, latest = healing_range(episode)
        end = latest + (latest - earliest) / 12 if self.name == "slow" else earliest + (latest - earliest) / 2
        return end - episode.onset


_PROFESSIONAL = "A. Professional"
"""Who agreed, where an answer says so."""


def imagined(
    protocol: RecoveryProtocol,
    start: datetime,
    injury: datetime,
    place: Place,
    grade: str | None,
    side: str | None,
    *,
    confirms: bool,
    screen: Mapping[str, str] | None = None,
    options: Mapping[str, str] | None = None,
    choices: Sequence[f.Choice] = (),
) -> Episode:
    """The episode of somebody made up: grade II and the left side where the protocol asks and nobody says.

    They answer the screening questions no and take the usual options, but for what is given.
    """
    answers = {question.id: "no" for question in protocol.screen} | dict(screen or {})
    said = screened(answers, _PROFESSIONAL, place.local(start).date())
    usual = {name: option.default or option.choices[0] for name, option in protocol.options.items()}
    started = f.Started(
        onset=injury,
        grade=("II" if grade in (None, UNSURE) else grade) if "grade" in protocol.inputs else None,
        side=(side or "left") if "side" in protocol.inputs else None,
        options=usual | dict(options or {}),
        screened=said.answers,
        agreed=said.agreed,
        confirms=confirms,
        choices=choices,
        **place.as_fields(),
    )
    return begin(protocol, Fact(f"{protocol.id}-1", start, started, "person"))
