"""Made-up people under the shipped protocols, from the start to the end of the way or of the horizon.

One number makes one person: where and how they live, when they began, how they heal, what happens to them and how
they react to what they are told. The same number is the same person on every machine.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from recovery.engine.acts import (
    Act,
    Advance,
    AnswerCheckIn,
    AnswerScreening,
    Begin,
    ClearFlag,
    End,
    MarkDone,
    Pause,
    RaiseFlag,
    Release,
    Setback,
    Skip,
    Snooze,
    StepBack,
    Stop,
)
from recovery.engine.episode import ACTIVE, PAUSED, Episode
from recovery.engine.facts import Fact
from recovery.engine.gates import Truth
from recovery.engine.outlook import outlook
from recovery.engine.rehearsal import PlannedAct, Rehearsal, Span
from recovery.protocol.model import RecoveryProtocol
from recovery.protocol.terms import parse_duration
from recovery.simulation.events import simulate
from tests.engine.checker import Checker, Person, written
from tests.engine.examples import place, shipped, started

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ZONES = (
    "Europe/Berlin", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu",
    "Pacific/Apia", "America/Santiago", "Pacific/Chatham",
)  # fmt: skip
HOURS = [
    (time(7), time(23)),
    (time(7), time(23)),
    (time(6), time(21, 30)),
    (time(9, 30), time(1, 15)),
    (time(20), time(11)),
    (time(0, 5), time(23, 55)),
]
RANGES = {"I": (14, 28), "II": (28, 56), "III": (91, 365)}
WORST = {"I": 5, "II": 7, "III": 9}


@dataclass
class Patient:
    """How one person heals, and what they do about what they are told."""

    random: Random
    grade: str
    diligence: float
    """How often they react at all."""
    healing: float
    """Where in the range of their grade they are healed: 0 the earliest, 1 the latest; 9 never."""
    relapses: list[tuple[datetime, timedelta, int]] = field(default_factory=list)
    """Spans in which the pain is worse, and by how much."""

    def reactions(self, episode: Episode, fact: Fact) -> Iterator[tuple[datetime, Act]]:
        cue = fact.data.get("cue", {})
        kind, activity = cue.get("kind"), fact.data.get("activity")
        if kind == "alert":
            yield from self._alarmed(fact)
        if self.random.random() > self.diligence:
            return
        match kind:
            case "check-in":
                at = fact.at + self._delay(60)
                values = {name: self.state(episode, name, at) for name in fact.data["asks"]}
                yield at, AnswerCheckIn({name: value for name, value in values.items() if value})
            case "start":
                kind = self.random.choice([*[Begin] * 8, Skip, Snooze, MarkDone])
                yield fact.at + self._delay(20), kind(activity)
            case "suggestion":
                if self.random.random() < 0.5:
                    yield fact.at + self._delay(30), Begin(activity)
            case "end":
                yield (
                    fact.at + self._delay(40),
                    self.random.choice([End, End, MarkDone, Skip])(activity),
                )
            case "reminder":
                yield fact.at + self._delay(60), MarkDone(activity)
            case "offer":
                yield fact.at + self._delay(600), Advance()

    def _alarmed(self, fact: Fact) -> Iterator[tuple[datetime, Act]]:
        """Somebody looks at it within days, mostly."""
        if self.random.random() < 0.9:
            at = fact.at + timedelta(minutes=self.random.randint(60, 5 * 24 * 60))
            name = fact.data["id"].rpartition("/")[2]
            if fact.data.get("cleared_by") == "professional":
                yield at, Release(name, by="Dr. Meyer")
            else:
                yield at, ClearFlag(name, because="somebody has looked at it")

    def _delay(self, minutes: int) -> timedelta:
        return timedelta(seconds=self.random.choice([1, 30, self.random.randint(1, 60 * minutes)]))

    # How they are ------------------------------------------------------------------------------------

    def state(self, episode: Episode, asked: str, at: datetime) -> str:
        """What they would answer, more or less."""
        since = max(0.0, (at - episode.onset) / DAY)
        earliest, latest = RANGES[episode.grade or "II"]
        healed = 0.0 if self.healing > 5 else since / (earliest + self.healing * (latest - earliest))
        acute = 0.5 ** (since / 2)
        worst = WORST[episode.grade or "II"]
        level = worst * (0.5 * acute + 0.5 * max(0.0, 1 - healed)) + self.random.choice([-1, 0, 0, 0, 1])
        level += sum(worse for begin, length, worse in self.relapses if begin <= at < begin + length)
        pain = min(10, max(0 if healed >= 1 else 1, round(level)))
        match asked:
            case "pain" | "tender":
                return str(0 if healed > 1.05 and level < 1.5 else pain)
            case "morning":
                return str(min(10, max(0, pain + self.random.choice([-1, 0, 0, 1]))))
            case "exercise-pain":
                return str(min(10, max(0, pain + self.random.choice([-1, 0, 0, 1]))))
            case "effort":
                return str(min(10, max(1, pain + self.random.choice([0, 1, 2, 3]))))
            case "swelling":
                bump = 1 if any(begin <= at < begin + length for begin, length, _ in self.relapses) else 0
                return str(min(3, round(3 * acute) + bump))
            case "rom":
                return "full" if healed > 0.5 else "limited"
            case "stance" | "abduction" | "squat" | "step-down":
                return str(min(100, 50 + round(50 * healed)))
            case "pressing":
                return str(0 if healed > 1 else pain)
            case "confidence":
                return str(min(10, 4 + round(6 * healed)))
            case "tight":
                return "yes" if pain > 3 else "no"
            case _:
                return ""


@dataclass(frozen=True)
class Made:
    """One person, and all that will happen to them."""

    protocol: str
    person: Person
    start: datetime
    until: datetime
    patient: Patient
    acts: list[PlannedAct]
    screened: dict[str, bool]
    confirms: bool
    options: dict[str, str]


def make(number: int) -> Made:
    """The person of that number."""
    random = Random(f"person {number}")
    name = random.choice(["strain"] * 4 + ["trigger-point"])
    zone = random.choice(ZONES)
    grade = random.choice(["I", "I", "II", "II", "III"])
    wake, bedtime = random.choice(HOURS)
    day = datetime(2026, 1, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC) + random.randint(0, 500) * DAY
    onset = day + random.randint(0, 24 * 60) * MINUTE
    start = (
        onset + random.choice([0, 0, random.randint(0, 24 * 60), random.randint(0, 12 * 24 * 60)]) * MINUTE
    )
    if name == "trigger-point":
        onset = start  # it counts from no injury
    patient = Patient(
        Random(f"reactions {number}"),
        grade,
        random.choice([0.4, 0.8, 0.95, 1.0, 1.0]),
        random.choice([0.1, 0.3, 0.5, 0.5, 0.7, 1.0, 1.3, 9]),
    )
    horizon = {"I": 60, "II": 90, "III": 400}[grade] if name == "strain" else 50
    horizon_end = start + horizon * DAY
    for _ in range(random.choice([0, 0, 1, 2])):
        begin = onset + random.randint(1, horizon * 24) * HOUR
        patient.relapses.append((begin, random.randint(1, 6) * DAY, random.randint(1, 4)))
    questions = written(name).forbids
    screened = {q: random.random() < 0.04 and q != "fresh" for q in questions}
    acts = _what_happens(random, name, start, horizon)
    if random.random() < 0.15:  # later, or never
        late = random.sample(sorted(questions), random.randint(1, 3))
        for question in late:
            del screened[question]
            if random.random() < 0.8:
                at = start + random.randint(1, 10 * 24 * 60) * MINUTE
                yes = "yes" if random.random() < 0.2 else "no"
                acts.append(PlannedAct(at, AnswerScreening({question: yes})))
    asleep = _nights(random, start, horizon)
    person = Person(onset, zone, wake, bedtime, grade, asleep)
    confirms, device = random.random() < 0.4, random.choice(["no", "yes"])
    options = {each.id: each.default for each in shipped(name).options.values()} | {"tens": device}
    return Made(name, person, start, horizon_end, patient, sorted(acts, key=lambda act: act.at), screened,
                confirms, options)  # fmt: skip


def _what_happens(random: Random, name: str, start: datetime, horizon: int) -> list[PlannedAct]:
    """Whatever does not come from a cue: signs that are reported, setbacks, pauses, impatience."""

    def some_time(days: int = horizon) -> datetime:
        return start + random.randint(1, days * 24 * 60) * MINUTE

    acts: list[PlannedAct] = []
    flags = sorted(written(name).suspends)
    acts += [
        PlannedAct(some_time(), RaiseFlag(random.choice(flags)))
        for _ in range(random.choice([0, 0, 0, 1, 2]))
    ]
    if name == "strain" and random.random() < 0.2:
        at = some_time()
        grade = random.choice([None, None, "I", "II", "III"])
        ago = timedelta(hours=random.choice([0, 0, 3, 20]))
        acts.append(PlannedAct(at, Setback(grade=grade, onset=max(start, at - ago))))
    for _ in range(random.choice([0, 0, 1, 2])):
        at = some_time()
        acts.append(PlannedAct(at, Pause(length=parse_duration(random.choice(["3h", "2d"])))))
    if random.random() < 0.25:
        hurry = Advance(because="in a hurry")
        acts += [PlannedAct(some_time(), hurry) for _ in range(random.randint(1, 6))]
    if random.random() < 0.2:
        acts += [PlannedAct(some_time(), StepBack()) for _ in range(random.randint(1, 3))]
    for _ in range(random.randint(0, 6)):
        activity = random.choice(
            ["ice", "packs", "tens", "press", "cool", "motion", "dynamic", "heavy", None]
        )
        acts.append(PlannedAct(some_time(), random.choice([Begin, Begin, Skip, Snooze])(activity)))
    if random.random() < 0.03:
        acts.append(PlannedAct(some_time(), Stop()))
    return acts


def _nights(random: Random, start: datetime, horizon: int) -> tuple[Span, ...]:
    """When the machine is off: never, each night, or at any time."""
    kind = random.choice(["never", "nights", "any"])
    spans: list[Span] = []
    if kind == "nights":
        for day in range(horizon):
            begin = start + day * DAY + random.randint(10 * 60, 16 * 60) * MINUTE
            spans.append((begin, begin + random.randint(2 * 60, 7 * 60) * MINUTE))
    if kind == "any":
        at = start
        for _ in range(random.randint(1, 12)):
            at += random.randint(1, horizon * 24 * 6) * MINUTE * 10
            length = random.choice([random.randint(1, 90), random.randint(60, 3 * 24 * 60)])
            spans.append((at, at + length * MINUTE))
            at += length * MINUTE
    return tuple(spans)


def live(number: int, protocol: RecoveryProtocol | None = None, wanted: str = "") -> list[str]:
    """The breaches of the rules in the life of one person; each begins with the person's number.

    `protocol` is another one than the person's, for a checker that has to complain; of `wanted` words, once is enough.
    """
    made = make(number)
    person, asleep = made.person, made.person.asleep
    lives = place(person.zone, f"{person.wake:%H:%M}", f"{person.bedtime:%H:%M}")
    episode, _ = started(
        protocol or shipped(made.protocol), person.onset, made.start, grade=person.grade, lives=lives,
        screen=made.screened, confirms=made.confirms, options=made.options,
    )  # fmt: skip
    run = Rehearsal(
        episode, made.start, made.until, answers=made.acts, persona=made.patient, asleep=asleep,
        confirms=not made.confirms,
    )  # fmt: skip
    checker = Checker(person, made.protocol, screened=made.screened)
    breaches = checker.read(simulate(run), made.until, wanted)
    breaches += untold(run.episode, made.until)
    return [f"person {number}: {words}" for words in breaches]


def untold(episode: Episode, now: datetime) -> Iterator[str]:
    """Whoever has not come to the end knows why."""
    if episode.state not in (ACTIVE, PAUSED):
        return
    seen = outlook(episode, now)
    is_told = (
        any(need.state is not Truth.YES for need in seen.needs) or seen.alerts or episode.phase_stay.offered
    )
    if not is_told and episode.state != PAUSED:
        yield f"{episode.id} is stuck in {episode.phase.id} and is not told why"
