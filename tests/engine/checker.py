"""The rules of the shipped protocols once more, checked from the events of a simulation alone.

Nothing here is shared with the engine: not its calendar, not its conditions, not its ledger. What the text of a
protocol file says to a careful reader is written down again, and every breach of it is told in words.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
LONG_FROM_NOW = datetime(2200, 1, 1, tzinfo=UTC)
THERMAL = ("cold", "warm")
EVERYTHING = {"cold", "warm", "tens", "massage", "compression", "elevation", "rest", "exercise", "posture"}
INJURED = ("strain", "rice", "contrast")
"""The protocols that begin with a fresh injury."""
FIRST = ("rice", "contrast", "press")
"""The first phases of the protocols that are checked."""
STILL_SAYS = 12 * HOUR
"""How long after the end cue somebody may still say that a session did not take place."""
EARLIEST = {"I": (0, 14), "II": (0, 28), "III": (3, 0)}
"""Months and days of a strain, from the injury, before which nobody is healed."""
LATEST = {"I": (0, 28), "II": (0, 56), "III": (12, 0)}
"""After so long somebody has to look at it."""
LADDER = ("motion", "isometric", "dynamic", "heavy")
STEP_DAYS = {"I": (2,), "II": (2, 12, 7), "III": (7, 21, 28)}
"""How long each step of it takes at least; grade I has the first one alone."""
STEP_UP = {"pain": 3, "morning": 3, "exercise-pain": 3, "effort": 6}
"""The most that may be told on a step for the next one."""
LOADING_DAYS = {"I": 3, "II": 21, "III": 70}
MOSTLY = {
    "rice": (("72 hours after the injury", "72 hours have passed"), {"I": 3, "II": 3, "III": 3}),
    "contrast": (("After two weeks of packs", "Two weeks of packs"), {"I": 14, "II": 14, "III": 14}),
    "loading": (("This is taking longer", "This has gone on longer"), {"I": 21, "II": 49, "III": 340}),
    "return": (("The return has taken eight weeks",), {"I": 56, "II": 56, "III": 56}),
    "press": (("After six weeks the point", "Six weeks have passed"), {"I": 42, "II": 42, "III": 42}),
}
"""After how many days of a phase somebody has to look at it, and what is said then, by answers or without any."""
AGAIN = {"rice": 7, "contrast": 7, "loading": 14, "return": 28, "press": 14}
"""After how many days that is said again to whoever still answers."""
MOST_A_DAY = 24
"""At how many moments of a waking day something begins or is asked, by the program itself (own)."""
DECIDE = {
    "rice": {"pain": DAY, "swelling": DAY},
    "contrast": {"pain": DAY, "swelling": DAY},
    "loading": {"pain": DAY, "morning": 36 * HOUR, "rom": 8 * DAY},
    "return": {"pain": DAY, "morning": 36 * HOUR, "stance": 8 * DAY, "confidence": 8 * DAY},
    "press": {"tender": 36 * HOUR},
}
"""The answers that decide whether a phase may be left, and how long they count."""
TOO_LATE = "The usual healing time for this grade has passed"
ON_STEP = {
    "motion": "motion",
    "motion-mild": "motion",
    "isometric": "isometric",
    "dynamic": "dynamic",
    "heavy": "heavy",
}


@dataclass(frozen=True)
class Sign:
    """A red flag that the program has to see by itself, in the answers."""

    words: str
    asked: str
    days: int
    is_routine: bool
    fresh: timedelta = timedelta(days=1)
    """How long an answer counts."""
    rises: Mapping[str, int] = field(default_factory=dict)
    """Questions whose answers are higher twice running, and by how much in the end: any of them is the sign."""
    before: timedelta = timedelta(days=9999)
    """Until how long after the injury it is said in these words."""

    def holds(self, values: list[int]) -> bool | None:
        """Whether these answers, from the first on, are such a sign; None: too little is known."""
        if not values:
            return None
        if self.days == 0:
            return values[-1] >= 8
        if self.asked == "tender":
            return None if len(values) < 2 else values[-1] >= values[0]
        if values[-1] <= 1:
            return False
        return None if len(values) < 2 else values[0] - values[-1] < 2


RISES = {"pain": 2, "swelling": 1}
SIGNS = {
    "getting-worse": Sign(
        "It is getting worse in these first days", "pain", 0, False, rises=RISES, before=3 * DAY
    ),
    "worse-later": Sign("It is getting worse instead of better", "pain", 3, False, rises=RISES),
    "no-better-5-days": Sign("No clear improvement five days after", "pain", 5, True),
    "two-weeks-not-better": Sign("Not clearly better two weeks after", "pain", 14, True),
    "severe-pain": Sign("With pain of 8 or more out of 10", "pain", 0, False),
    "not-easier": Sign("It is usually easier after a few treatments", "tender", 3, True, timedelta(hours=36)),
}
SIGNS_OF = {
    "strain": ("getting-worse", "worse-later", "no-better-5-days", "two-weeks-not-better", "severe-pain"),
    "rice": ("getting-worse", "worse-later", "severe-pain"),
    "trigger-point": ("not-easier",),
}


@dataclass(frozen=True)
class Written:
    """What a protocol's text says of red flags that are reported, and of its questions before the start."""

    suspends: Mapping[str, frozenset[str]]
    emergencies: frozenset[str]
    seen: Mapping[str, tuple[str, frozenset[str]]]
    """The urgent ones that the program sees by itself, by the first words of what is said: each id, and what stops."""
    released: frozenset[str]
    """Those that a professional's word ends."""
    forbids: Mapping[str, frozenset[str]]
    """Of a question that refuses the whole protocol: everything."""


@cache
def written(protocol: str) -> Written:
    """Read as plain YAML, with the files that it uses; whatever a test has changed, this is what is shipped."""
    folder = Path(__file__).parents[2] / "protocols"
    text = yaml.safe_load((folder / f"{protocol}.yaml").read_text(encoding="utf-8"))
    suspends: dict[str, frozenset[str]] = {}
    emergencies: set[str] = set()
    seen: dict[str, tuple[str, frozenset[str]]] = {}
    released: set[str] = set()
    forbids: dict[str, frozenset[str]] = {}
    for used in [phase["use"] for phase in text["phases"] if "use" in phase]:
        suspends |= written(used).suspends
        emergencies |= written(used).emergencies
        seen |= written(used).seen
        released |= written(used).released
        forbids |= written(used).forbids
    for flag in text.get("red_flags", ()):
        if "ask" in flag:
            suspends[flag["id"]] = _modalities(flag.get("suspend", ()))
        elif flag["level"] != "routine":
            seen[_begins(flag["say"])] = flag["id"], _modalities(flag.get("suspend", ()))
        if flag["level"] == "emergency":
            emergencies.add(flag["id"])
        if flag.get("cleared_by") == "professional":
            released.add(flag["id"])
    for question in text.get("screen", ()):
        asks_for_care = question.get("level") == "care"
        forbids[question["id"]] = frozenset() if asks_for_care else _modalities(question.get("forbid", "all"))
    return Written(suspends, frozenset(emergencies), seen, frozenset(released), forbids)


def _begins(text: str) -> str:
    """The first words of a text, by which it is known again."""
    return " ".join(text.split())[:30]


def _modalities(listed: str | Iterable[str]) -> frozenset[str]:
    if listed == "all":
        return frozenset(EVERYTHING)
    return frozenset([listed] if isinstance(listed, str) else listed)


@dataclass(frozen=True)
class Person:
    onset: datetime
    zone: str
    wake: time
    bedtime: time
    grade: str = "II"
    asleep: tuple[tuple[datetime, datetime], ...] = ()
    """When their machine is suspended."""

    def waking(self, instant: datetime) -> tuple[datetime, datetime] | None:
        """The waking hours that hold an instant, if any."""
        today = instant.astimezone(ZoneInfo(self.zone)).date()
        for back in range(3):
            day = today - back * DAY
            begin = self._clock(day, self.wake)
            if begin.astimezone(ZoneInfo(self.zone)).date() != day:
                continue  # there is no such date here
            end = self._clock(day if self.bedtime > self.wake else day + DAY, self.bedtime)
            if begin <= instant < end:
                return begin, end
        return None

    def _clock(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, ZoneInfo(self.zone)).astimezone(UTC)

    def when_awake(self, instant: datetime) -> datetime:
        """When the machine can tell at the earliest what is due at an instant."""
        for begin, end in sorted(self.asleep):
            if begin <= instant < end:
                instant = end
        return instant

    def after(self, instant: datetime, length: tuple[int, int]) -> datetime:
        """So many months and days later, by the calendar."""
        months, days = length
        local = instant.astimezone(ZoneInfo(self.zone))
        month = local.month - 1 + months
        year, month = local.year + month // 12, month % 12 + 1
        last = (date(year + month // 12, month % 12 + 1, 1) - DAY).day
        return self._clock(date(year, month, min(local.day, last)) + days * DAY, local.time())


@dataclass
class Session:
    occurrence: str
    phase: str
    activity: str
    modality: str
    start: datetime
    length: timedelta
    is_begun: bool = False
    is_told: bool = False
    """Whether the person said how it ended."""
    end: datetime | None = None

    @property
    def planned_end(self) -> datetime:
        return self.start + self.length


@dataclass
class Checker:
    """Reads events in order; `breaches` are in words."""

    person: Person
    protocol: str
    breaches: list[str] = field(default_factory=list)
    sessions: dict[str, Session] = field(default_factory=dict)
    """Those that took place, or are assumed to have."""
    told: dict[str, list[tuple[datetime, int]]] = field(default_factory=dict)
    holds: dict[str, datetime] = field(default_factory=dict)
    act: Mapping[str, Any] = field(default_factory=dict)
    """The last thing that the person did, and when."""
    acted_at: datetime = LONG_AGO
    at: datetime = LONG_AGO
    is_over: bool = False
    phase: str = ""
    screened: Mapping[str, bool] | None = None
    """The questions that are answered, True is yes; None: all of them, with no."""
    onset: datetime = LONG_AGO
    grade: str = ""
    entered_at: datetime = LONG_AGO
    step: str = ""
    stepped_at: datetime = LONG_AGO
    standing: dict[str, frozenset[str]] = field(default_factory=dict)
    """The red flags that were reported and not answered, with what they stop."""
    alerts: list[tuple[datetime, str]] = field(default_factory=list)
    """Those since the injury."""
    known: set[str] = field(default_factory=set)
    """The signs that are raised or answered: not to be raised again."""
    answered: set[str] = field(default_factory=set)
    released: set[str] = field(default_factory=set)
    """What a professional's word has released since the injury."""
    awaited: dict[str, datetime] = field(default_factory=dict)
    """Signs that have to be raised at once."""
    pauses: list[tuple[datetime, datetime]] = field(default_factory=list)
    silences: dict[str, list[list[datetime]]] = field(default_factory=dict)
    """From the report of each emergency to its clearing: nothing is told meanwhile."""
    offers: list[list[datetime]] = field(default_factory=list)
    """From when until when the change of a phase was offered, in this one."""
    repeated_at: datetime | None = None
    """When the advice on a phase that takes too long has to be said again."""
    moments: dict[datetime, set[datetime]] = field(default_factory=dict)
    """The moments of a day, by its waking, at which something was told."""
    stopped_at: datetime | None = None

    def __post_init__(self) -> None:
        self.onset, self.grade = self.person.onset, self.person.grade
        questions = written(self.protocol).forbids
        self.screened = dict.fromkeys(questions, False) if self.screened is None else dict(self.screened)

    def breach(self, words: str) -> None:
        self.breaches.append(f"{self.at:%Y-%m-%d %H:%M:%S}Z {words}")

    def read(self, events: Iterable[Mapping[str, Any]], until: datetime, wanted: str = "") -> list[str]:
        """The breaches of a life; with `wanted` up to the first that has these words."""
        for event in events:
            if wanted and any(wanted in breach for breach in self.breaches):
                return self.breaches
            at = datetime.fromisoformat(event["at"])
            if at.utcoffset() is None:
                self.breach("a time without an offset")
            if at < self.at:
                self.breach(f"time goes back to {at}")
            self.at = at.astimezone(UTC)
            if self.is_over and event["event"] not in ("answer", "session_end"):
                self.breach(f"{event['event']} after it was completed")
            is_stopped = self.stopped_at is not None and self.stopped_at < self.at
            if is_stopped and event["event"] not in ("answer", "session_end"):
                self.breach(f"{event['event']} after it was stopped")
            self._is_raised()
            getattr(self, f"_{event['event']}", lambda _: None)(event)
        self.at = until
        for session in self.sessions.values():
            if session.end is None and self.person.when_awake(session.planned_end) < until:
                self.breach(f"{session.occurrence} has no end")
        if not self.is_over and self.stopped_at is None:
            self._is_raised()
            self._somebody_is_told(until)
        return self.breaches

    # Sessions ----------------------------------------------------------------------------------

    def _session_start(self, event: Mapping[str, Any]) -> None:
        name = event["occurrence"]
        session = Session(
            name,
            event["phase"],
            event["activity"],
            event["modality"],
            self.at,
            timedelta(seconds=event["seconds"]),
        )
        before = self.sessions.get(name)
        if before is not None and before.end is not None:
            self.breach(f"{name} starts again after its end")
        if before is not None and before.is_begun:
            self.breach(f"{name} is begun twice")
        others = [other for other in self.sessions.values() if other.occurrence != name]
        session.is_begun = self._does(("begin",), session.activity)
        self.sessions[name] = session
        if not session.is_begun:
            self._is_told(name)
        for other in others:
            if other.end is None:
                self.breach(f"{name} starts while {other.occurrence} is on")
        self._within_waking_hours(session)
        self._is_allowed(session.modality, name)
        self._gaps(session, others)
        if session.modality == "exercise":
            self._exercise(session, is_new=before is None)
        if session.modality in THERMAL:
            self._thermal(session, others)

    def _is_told(self, what: str) -> None:
        """Nothing is told in an emergency, nor too much on any day."""
        for flag, spans in self.silences.items():
            if any(begin < self.at < end for begin, end in spans):
                self.breach(f"{what} is told in the emergency {flag}")
        hours = self.person.waking(self.at)
        today = self.moments.setdefault(hours[0] if hours else self.at, set())
        today.add(self.at)
        if len(today) == MOST_A_DAY + 1:
            self.breach(f"{what} is told at the moment {len(today)} of a day")

    def _within_waking_hours(self, session: Session) -> None:
        hours = self.person.waking(self.at)
        if hours is None:
            self.breach(f"{session.occurrence} starts in the night")
        elif session.planned_end > hours[1]:
            self.breach(f"{session.occurrence} ends after bedtime")

    def _thermal(self, session: Session, others: Iterable[Session]) -> None:
        name = session.occurrence
        if session.length > 20 * MINUTE:
            self.breach(f"{name} is longer than 20 min")
        for other in others:
            if other.modality in THERMAL and other.end is not None and self.at - other.end < HOUR:
                self.breach(f"{name} starts {self.at - other.end} after {other.occurrence}")
        if self.protocol not in INJURED:
            return
        since = self.at - self.onset
        if session.modality == "cold" and session.phase != "contrast" and since + session.length > 48 * HOUR:
            self.breach(f"{name}: ice after 48 h")
        if session.modality == "warm":
            if since < 48 * HOUR:
                self.breach(f"{name}: warmth before 48 h")
            self._lessened(name)

    def _lessened(self, what: str) -> None:
        """Pain and swelling are known, freshly, and less than at first or gone; swelling does not rise."""
        for observation, values in self._known(what):
            *before, now = values[-1:] + values if len(values) == 1 else values
            first = before[0]
            less = first - now
            is_little = now > 1 and less < 2 if observation == "pain" else now > before[-1]
            if now != 0 and (less <= 0 or is_little):
                self.breach(f"{what}: {observation} has not lessened, {first} to {now}")

    def _known(self, what: str) -> Iterator[tuple[str, list[int]]]:
        """The answers to both questions, if they are fresh."""
        for observation in ("pain", "swelling"):
            values = self._fresh(observation, DAY)
            if values:
                yield observation, values
            else:
                self.breach(f"{what}: {observation} is unknown or stale")

    def _fresh(self, observation: str, long: timedelta) -> list[int]:
        """The answers since the injury, if the last one is not older than so long."""
        answers = [(at, value) for at, value in self.told.get(observation, []) if at >= self.onset]
        return [value for _, value in answers] if answers and self.at - answers[-1][0] < long else []

    def _is_allowed(self, modality: str, what: str) -> None:
        """Neither a red flag that stands nor the questions before the start speak against it."""
        assert self.screened is not None
        for flag, stopped in self.standing.items():
            if modality in stopped:
                self.breach(f"{what} starts while the red flag {flag} stands")
        for question, forbidden in written(self.protocol).forbids.items():
            if modality in forbidden and self.screened.get(question, True):
                how = "forbidden by" if question in self.screened else "not cleared by"
                self.breach(f"{what} starts, {how} {question}")

    def _gaps(self, session: Session, others: Iterable[Session]) -> None:
        """Between packs, pressing, TENS and exercise, and how long and often each may be."""
        rules = {
            "tens": (THERMAL, HOUR),
            "massage": (("cold", "massage"), 30 * MINUTE),
            "exercise": (("cold",), 30 * MINUTE),
        }
        before, gap = rules.get(session.modality, ((), HOUR))
        for other in others:
            if other.modality in before and other.end is not None and self.at - other.end < gap:
                self.breach(f"{session.occurrence} starts {self.at - other.end} after {other.occurrence}")
        longest = {"massage": 2 * MINUTE, "tens": HOUR}.get(session.modality)
        if longest is not None and session.length > longest:
            self.breach(f"{session.occurrence} is longer than {longest}")
        hours = self.person.waking(self.at)
        if session.modality == "warm" and hours is not None:
            today = [o for o in others if o.modality == "warm" and o.start >= hours[0]]
            if len(today) >= 3:
                self.breach(f"{session.occurrence} is the fourth warm pack of the day")

    def _exercise(self, session: Session, *, is_new: bool) -> None:
        name = session.occurrence
        if session.phase in ("rice", "contrast"):
            self.breach(f"{name}: exercise too early")
        self._bears_load(name)
        swelling = self._fresh("swelling", DAY)
        is_early = session.phase == "loading" and self.at - self.entered_at < 14 * DAY - 2 * HOUR
        if is_early and (not swelling or swelling[-1] > 1):
            self.breach(f"{name}: the swelling of now is unknown or more than slight")
        most = 5 if session.activity in ("dynamic", "heavy") else 3
        morning = self._fresh("morning", 36 * HOUR)
        if is_new and (not morning or morning[-1] > most):
            self.breach(f"{name}: the morning is unknown or above {most}")
        if is_new and session.phase == "loading" and ON_STEP[session.activity] != self.step:
            self.breach(f"{name} is not of the step {self.step}")

    def _bears_load(self, what: str) -> None:
        pain = self._fresh("pain", DAY)
        if not pain or pain[-1] > 3:
            self.breach(f"{what}: the pain of now is unknown or above 3")

    def _session_end(self, event: Mapping[str, Any]) -> None:
        session = self.sessions.get(event["occurrence"])
        if session is None:
            self.breach(f"{event['occurrence']} ends without a start")
            return
        if session.end is not None:
            self.breach(f"{session.occurrence} ends twice")
        by_person = self._does(("end", "done"), session.activity)
        expected = self.person.when_awake(session.planned_end)
        if self.at > expected:
            self.breach(f"{session.occurrence}: the end cue comes {self.at - expected} late")
        if self.at < expected and not by_person:
            self.breach(f"{session.occurrence}: the end cue comes {expected - self.at} early")
        over = max(0, int((self.at - session.planned_end).total_seconds()))
        if event["overrun_seconds"] != over:
            self.breach(f"{session.occurrence}: overrun {event['overrun_seconds']} s, not {over} s")
        session.end = self.at

    # What the person does ------------------------------------------------------------------------

    def _answer(self, event: Mapping[str, Any]) -> None:
        if event.get("refused"):
            return
        self.act, self.acted_at = event, self.at
        match event["do"]:
            case "flag":
                self.standing[event["flag"]] = written(self.protocol).suspends[event["flag"]]
                if event["flag"] in written(self.protocol).emergencies:
                    self.silences.setdefault(event["flag"], []).append([self.at, LONG_FROM_NOW])
            case "release":
                self.standing.pop(event["what"], None)
                self._dealt_with(event["what"])
                self.released.add(event["what"])
            case "clear":
                self.standing.pop(event["flag"], None)
                self._dealt_with(event["flag"])
                if event["flag"] in written(self.protocol).released:
                    self.breach(f"{event['flag']} is cleared without a release")
                self.answered.add(event["flag"])
                sign = SIGNS.get(event["flag"])
                before = self.told.get(sign.asked, []) if sign is not None else []
                values = [value for at, value in before if at >= self.onset]
                if sign is not None and (self._rises(sign) if sign.rises else sign.holds(values)) is False:
                    # It is over by now, so it may come again.
                    self.known.discard(event["flag"])
                    self.answered.discard(event["flag"])
            case "screen":
                answers = {name: word == "yes" for name, word in event.items() if word in ("yes", "no")}
                self.screened = {**(self.screened or {}), **answers}
                refusing = [name for name, yes in answers.items() if yes and name == "fresh"]
                self.stopped_at = self.at if refusing else None
            case "setback":
                self._somebody_is_told(self.at)
                self.onset = datetime.fromisoformat(event["onset"]) if "onset" in event else self.at
                self.grade = event.get("grade", self.grade)
                self.phase, self.alerts, self.known, self.answered = "", [], set(), set()
                self.released = set()
                self._resumed()
            case "pause":
                length = {"3h": 3 * HOUR, "2d": 2 * DAY}.get(event.get("for", ""), 9999 * DAY)
                self._resumed()
                self.pauses.append((self.at, self.at + length))
            case "resume":
                self._resumed()
            case "stop":
                self.stopped_at = self.at
            case "checkin":
                for name, value in event.items():
                    if isinstance(value, int) and name not in ("v",):
                        self.told.setdefault(name, []).append((self.at, value))
                self._look_for_signs()
                self._look_for_advice()
            case "end" | "done":
                session = self._latest(event.get("activity"))
                if session is not None:
                    if event["do"] == "end" and session.end is not None and not session.is_told:
                        session.end = max(session.end, self.at)
                    session.is_told = True
            case "skip" | "snooze":
                session = self._latest(event.get("activity"))
                is_sure = session is None or session.is_begun or session.is_told
                if session is not None and not is_sure and self.at - (session.end or self.at) < STILL_SAYS:
                    del self.sessions[session.occurrence]

    def _silence(self, event: Mapping[str, Any]) -> None:
        """After a week without a word the reminders rest, until the person is heard."""
        if event["state"] == "rests":
            if self.at - self.acted_at < 6 * DAY - HOUR:  # Apia has left a day out of its calendar
                self.breach("the reminders rest within the week after the last word")
            self.pauses.append((self.at, LONG_FROM_NOW))
        elif event["state"] == "over":
            self._resumed()

    def _dealt_with(self, flag: str) -> None:
        """An emergency is over as soon as it is dealt with."""
        for span in self.silences.get(flag, ())[-1:]:
            span[1] = self.at

    def _look_for_advice(self) -> None:
        """Whoever still answers hears again that a phase takes too long, until they say that they have heard it."""
        if self.phase not in MOSTLY or self.phase in self.answered or self._is_paused(self.at, self.at):
            return
        words, _ = MOSTLY[self.phase]
        said = [at for at, reason in self.alerts if reason.startswith(words) and at >= self.entered_at]
        if said and self.at - said[-1] > AGAIN[self.phase] * DAY + 2 * HOUR:
            decide = DECIDE[self.phase]
            if all(self._fresh(name, long) for name, long in decide.items()):
                self.repeated_at = self.at

    def _resumed(self) -> None:
        self.pauses = [(begin, min(end, self.at)) for begin, end in self.pauses]

    def _is_paused(self, begin: datetime, end: datetime) -> bool:
        silences = (span for spans in self.silences.values() for span in spans)
        return any(start <= end and begin <= over for start, over in (*self.pauses, *silences))

    def _look_for_signs(self) -> None:
        for name in SIGNS_OF.get(self.protocol, ()):
            sign = SIGNS[name]
            since = self.at - self.onset
            is_time = sign.days * DAY + 25 * HOUR * bool(sign.days) <= since < sign.before
            is_silent = sign.is_routine and self._is_paused(self.at, self.at)
            match self._rises(sign) if sign.rises else self._holds(sign):
                case True if is_time and name not in self.known and not is_silent:
                    self.awaited[name] = self.at
                case False if not is_silent and (sign.is_routine or name in self.answered):
                    self.known.discard(name)
                    self.answered.discard(name)

    def _holds(self, sign: Sign) -> bool | None:
        """Whether a sign is seen now; None: how it is now is not known."""
        return sign.holds(self._fresh(sign.asked, sign.fresh))

    def _rises(self, sign: Sign) -> bool | None:
        states = []
        for asked, by in sign.rises.items():
            if asked == "swelling" and sign.days and self.at - self.entered_at >= 14 * DAY:
                continue  # it is asked no longer in most phases
            *_, first, between, last = [None, None, None, *self._fresh(asked, sign.fresh)]
            states.append(None if first is None else between > first and last - first >= by)
        return True if True in states else False if False in states else None

    def _is_raised(self) -> None:
        for name, at in [*self.awaited.items()]:
            if at < self.at:
                self.breach(f"{name} is not raised")
                del self.awaited[name]
        if self.repeated_at is not None and self.repeated_at < self.at:
            if not self._is_offered(self.repeated_at):
                self.breach(f"the advice on {self.phase} is not repeated")
            self.repeated_at = None

    def _is_offered(self, at: datetime) -> bool:
        return any(begin <= at < end for begin, end in self.offers)

    def _alert(self, event: Mapping[str, Any]) -> None:
        if event["reason"].startswith(MOSTLY[self.phase][0] if self.phase in MOSTLY else ()):
            self.repeated_at = None
        self.alerts.append((self.at, event["reason"]))
        if (flag := written(self.protocol).seen.get(_begins(event["reason"]))) is not None:
            self.standing[flag[0]] = flag[1]
        for name, sign in SIGNS.items():
            if event["reason"].startswith(sign.words):
                if name in self.known:
                    self.breach(f"{name} is raised again")
                self.known.add(name)
                self.awaited.pop(name, None)

    def _somebody_is_told(self, until: datetime) -> None:
        """What is over its time by then has been said: the healing, and the phase."""
        if self.protocol == "strain":
            self._is_said(TOO_LATE, self.person.after(self.onset, LATEST[self.grade]), until)
        if self.phase in MOSTLY and self.protocol not in ("rice", "contrast"):
            words, days = MOSTLY[self.phase]
            zero = self.onset if self.phase == "rice" else self.entered_at
            due = max(zero + days[self.grade] * DAY, self.entered_at + DAY)
            self._is_said(words, self._known_by(due), until)

    def _known_by(self, due: datetime) -> datetime:
        """The first time from `due` on at which it is known that the phase goes on, or that nobody answers any more."""
        decide = DECIDE[self.phase]
        told = {name: [at for at, _ in self.told.get(name, ()) if at >= self.onset] for name in decide}
        if not all(told.values()):
            return due
        for now in sorted({due, *(at for given in told.values() for at in given if at > due)}):
            is_known = all(any(now - long < at <= now for at in told[name]) for name, long in decide.items())
            if is_known and not self._is_offered(now):
                return now
        return max(due, min(given[-1] for given in told.values()) + 2 * DAY)

    def _is_said(self, words: str | tuple[str, ...], due: datetime, until: datetime) -> None:
        due = self.person.when_awake(due + 3 * HOUR)
        is_said = any(reason.startswith(words) for _, reason in self.alerts)
        if due < until and not is_said and not self._is_paused(due - 4 * HOUR, until):
            self.breach(f"nobody is told: {words if isinstance(words, str) else words[0]}")

    def _latest(self, activity: str | None) -> Session | None:
        """The last session of an activity; without a name the last of all, which is what is meant then."""
        sessions = [session for session in self.sessions.values() if activity in (None, session.activity)]
        return max(sessions, key=lambda session: session.start, default=None)

    # The rest ------------------------------------------------------------------------------------

    def _phase(self, event: Mapping[str, Any]) -> None:
        is_back = self._does(("step-back",))
        # Rest and what else is not stopped begin whatever stands; going on does not.
        is_first = event["state"] == "entered" and event["phase"] in FIRST
        if event["phase"] == "contrast" and self.protocol == "strain":
            is_first = False
        if event["state"] in ("left", "entered") and not is_back and not is_first:
            for flag in [flag for flag, stopped in self.standing.items() if stopped]:
                self.breach(f"{event['phase']} is {event['state']} while the red flag {flag} stands")
        if event["state"] == "held":
            is_offer = event["reasons"][0].startswith("waits for confirmation")
            if not is_offer and "would fit" not in event["reasons"][0]:
                self._is_offered_no_longer()
            elif is_offer and not self._is_offered(self.at):
                self.offers.append([self.at, LONG_FROM_NOW])
        if event["state"] == "left":
            self._somebody_is_told(self.at)
            self.repeated_at = None
            is_forced = is_back or (self._does(("advance",)) and self.act.get("because"))
            if event["phase"] == "loading" and not is_back:
                self._has_loaded(is_forced=bool(is_forced))
        if event["state"] != "entered":
            return
        before, self.phase = self.phase, event["phase"]
        self.entered_at = self.stepped_at = self.at
        self.offers, self.repeated_at = [], None
        self.step = LADDER[0] if self.phase == "loading" else ""
        if self.phase == "loading" and self.grade == "III" and "grade-iii" not in self.released:
            self.breach("a grade III tear is loaded without a release")
        if event["phase"] == "contrast" and not self._does(("step-back",)):
            since = self.at - self.onset
            if self._does(("advance",)) and self.act.get("because"):
                deque(self._known("contrast is entered"))
                return
            self._lessened("contrast is entered")
            if since < 48 * HOUR:
                self.breach("contrast is entered before 48 h")
            if before == "rice" and since < 24 * HOUR:
                self.breach("rice is left before 24 h")

    def _is_offered_no_longer(self) -> None:
        for span in self.offers[-1:]:
            span[1] = min(span[1], self.at)

    def _has_loaded(self, *, is_forced: bool) -> None:
        if self.step != self._steps()[-1]:
            self.breach(f"loading is left on the step {self.step}")
        if not is_forced and self.at - self.entered_at < LOADING_DAYS[self.grade] * DAY - 2 * HOUR:
            self.breach("loading is left too early")

    def _steps(self) -> tuple[str, ...]:
        return LADDER[:1] if self.grade == "I" else LADDER

    def _step(self, event: Mapping[str, Any]) -> None:
        """One step at a time, and by itself one a day, in the daytime, for a reason known on the step."""
        steps, before, since = self._steps(), self.step, self.stepped_at
        self.step, self.stepped_at = event["step"], self.at
        move = 1 if event["direction"] == "up" else -1
        if event["step"] not in steps or steps.index(event["step"]) != steps.index(before) + move:
            self.breach(f"from the step {before} to {event['step']}")
            return
        if self._does(("advance",) if move > 0 else ("step-back",)):
            if move > 0 and any(self.standing.values()):
                self.breach("a step up while a red flag stands")
            return
        today, then = self.person.waking(self.at), self.person.waking(since)
        if today is None:
            self.breach("a step in the night")
        elif today == then:
            self.breach("two steps in a day")
        answers = {name: [value for at, value in self.told.get(name, []) if at > since] for name in STEP_UP}
        if move > 0:
            days = STEP_DAYS[self.grade][steps.index(before)]
            if self.at - since < days * DAY - 12 * HOUR:
                self.breach(f"a step up after {self.at - since}")
            if any(self.standing.values()):
                self.breach("a step up while a red flag stands")
            if not all(values and values[-1] <= STEP_UP[name] for name, values in answers.items()):
                self.breach(f"a step up although the answers are {answers}")
        else:
            mornings = [value for at, value in self.told.get("morning", []) if at >= self.onset]
            rises = len(mornings) > 1 and mornings[-1] - mornings[-2] >= 2
            hurts = bool(answers["exercise-pain"]) and answers["exercise-pain"][-1] > 5
            if not hurts and (not answers["morning"] or not (mornings[-1] > 5 or rises)):
                self.breach(f"a step back although the mornings are {mornings[-2:]}")

    def _does(self, verbs: tuple[str, ...], activity: str | None = None) -> bool:
        """Whether the person does one of these at this very moment."""
        named = self.act.get("activity")
        return self.acted_at == self.at and self.act["do"] in verbs and named in (None, activity)

    def _reminder(self, event: Mapping[str, Any]) -> None:
        if event["activity"] == "compress" and event["occurrence"] in self.holds:
            hours = self.person.waking(self.holds[event["occurrence"]])
            if hours is not None and self.at > self.person.when_awake(hours[1]):
                self.breach(f"{event['occurrence']} comes off after bedtime")
            return
        self.holds[event["occurrence"]] = self.at
        self._is_told(event["occurrence"])
        self._is_allowed(event["modality"], event["occurrence"])
        if event["modality"] == "exercise":
            self._bears_load(event["occurrence"])
        if self.person.waking(self.at) is None:
            self.breach(f"{event['occurrence']} is told in the night")

    def _check_in(self, event: Mapping[str, Any]) -> None:
        self._is_told(event["activity"])
        if self.person.waking(self.at) is None:
            self.breach(f"{event['activity']} is asked in the night")

    def _completed(self, _: Mapping[str, Any]) -> None:
        self.is_over = True
        if self.protocol == "strain" and self.at < self.person.after(self.onset, EARLIEST[self.grade]):
            self.breach("completed before the earliest healing time")
