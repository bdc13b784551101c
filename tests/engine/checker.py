"""The rules of the shipped protocols once more, checked from the events of a simulation alone.

Nothing here is shared with the engine: not its calendar, not its conditions, not its ledger. What the text of a
protocol file says to a careful reader is written down again, and every breach of it is told in words.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
THERMAL = ("cold", "warm")
STILL_SAYS = 12 * HOUR
"""How long after the end cue somebody may still say that a session did not take place."""
EARLIEST = {"I": (0, 14), "II": (0, 28), "III": (3, 0)}
"""Months and days of a strain, from the injury, before which nobody is healed."""


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

    def healed_at_the_earliest(self) -> datetime:
        months, days = EARLIEST[self.grade]
        local = self.onset.astimezone(ZoneInfo(self.zone))
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

    def breach(self, words: str) -> None:
        self.breaches.append(f"{self.at:%Y-%m-%d %H:%M:%S}Z {words}")

    def read(self, events: Iterable[Mapping[str, Any]], until: datetime) -> list[str]:
        for event in events:
            at = datetime.fromisoformat(event["at"])
            if at.utcoffset() is None:
                self.breach("a time without an offset")
            if at < self.at:
                self.breach(f"time goes back to {at}")
            self.at = at.astimezone(UTC)
            if self.is_over and event["event"] not in ("answer", "session_end"):
                self.breach(f"{event['event']} after it was completed")
            getattr(self, f"_{event['event']}", lambda _: None)(event)
        self.at = until
        for session in self.sessions.values():
            if session.end is None and self.person.when_awake(session.planned_end) < until:
                self.breach(f"{session.occurrence} has no end")
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
        known = self.sessions.get(name)
        if known is not None and known.end is not None:
            self.breach(f"{name} starts again after its end")
        if known is not None and known.is_begun:
            self.breach(f"{name} is begun twice")
        others = [other for other in self.sessions.values() if other.occurrence != name]
        session.is_begun = self._does(("begin",), session.activity)
        self.sessions[name] = session
        for other in others:
            if other.end is None:
                self.breach(f"{name} starts while {other.occurrence} is on")
        self._within_waking_hours(session)
        if session.modality in THERMAL:
            self._thermal(session, others)

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
        since = self.at - self.person.onset
        if session.modality == "cold" and session.phase != "contrast" and since + session.length > 48 * HOUR:
            self.breach(f"{name}: ice after 48 h")
        if session.modality == "warm":
            if since < 48 * HOUR:
                self.breach(f"{name}: warmth before 48 h")
            self._lessened(name)

    def _lessened(self, what: str) -> None:
        """Pain and swelling are known, freshly, and less than at first or gone."""
        for observation, known in self._known(what):
            first, now = known[0], known[-1]
            less = first - now
            enough = less >= 2 or (less > 0 and now <= 1) if observation == "pain" else less > 0
            if not enough and now != 0:
                self.breach(f"{what}: {observation} has not lessened, {first} to {now}")

    def _known(self, what: str) -> Iterator[tuple[str, list[int]]]:
        """The answers to both questions, if they are fresh."""
        for observation in ("pain", "swelling"):
            known = self.told.get(observation, [])
            if not known or self.at - known[-1][0] >= DAY:
                self.breach(f"{what}: {observation} is unknown or stale")
            else:
                yield observation, [value for _, value in known]

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
            case "checkin":
                for name, value in event.items():
                    if isinstance(value, int) and name not in ("v",):
                        self.told.setdefault(name, []).append((self.at, value))
            case "end" | "done":
                session = self._latest(event["activity"])
                if session is not None:
                    if event["do"] == "end" and session.end is not None and not session.is_told:
                        session.end = max(session.end, self.at)
                    session.is_told = True
            case "skip" | "snooze":
                session = self._latest(event["activity"])
                is_sure = session is None or session.is_begun or session.is_told
                if session is not None and not is_sure and self.at - (session.end or self.at) < STILL_SAYS:
                    del self.sessions[session.occurrence]

    def _latest(self, activity: str) -> Session | None:
        found = [session for session in self.sessions.values() if session.activity == activity]
        return max(found, key=lambda session: session.start, default=None)

    # The rest ------------------------------------------------------------------------------------

    def _phase(self, event: Mapping[str, Any]) -> None:
        if event["state"] != "entered":
            return
        before, self.phase = self.phase, event["phase"]
        if event["phase"] == "contrast" and not self._does(("step-back",)):
            since = self.at - self.person.onset
            if self._does(("advance",)) and self.act.get("because"):
                deque(self._known("contrast is entered"))
                return
            self._lessened("contrast is entered")
            if since < 48 * HOUR:
                self.breach("contrast is entered before 48 h")
            if before == "rice" and since < 24 * HOUR:
                self.breach("rice is left before 24 h")

    def _does(self, verbs: tuple[str, ...], activity: str | None = None) -> bool:
        """Whether the person does one of these at this very moment."""
        return self.acted_at == self.at and self.act["do"] in verbs and self.act.get("activity") == activity

    def _reminder(self, event: Mapping[str, Any]) -> None:
        if event["activity"] == "compress" and event["occurrence"] in self.holds:
            hours = self.person.waking(self.holds[event["occurrence"]])
            if hours is not None and self.at > self.person.when_awake(hours[1]):
                self.breach(f"{event['occurrence']} comes off after bedtime")
            return
        self.holds[event["occurrence"]] = self.at
        if self.person.waking(self.at) is None:
            self.breach(f"{event['occurrence']} is told in the night")

    def _check_in(self, event: Mapping[str, Any]) -> None:
        if self.person.waking(self.at) is None:
            self.breach(f"{event['activity']} is asked in the night")

    def _completed(self, _: Mapping[str, Any]) -> None:
        self.is_over = True
        if self.protocol == "strain" and self.at < self.person.healed_at_the_earliest():
            self.breach("completed before the earliest healing time")
