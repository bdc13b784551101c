"""Whatever people do, wherever they live and however their machine sleeps: the rules of the shipped protocols hold.

The rules are in `checker.py`, which knows nothing of the engine. That it sees every breach is shown at the end, with
protocols whose limits have been taken out.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recovery.engine.acts import (
    Act,
    Advance,
    AnswerCheckIn,
    AnswerScreening,
    Begin,
    End,
    MarkDone,
    Setback,
    Skip,
    Snooze,
)
from recovery.engine.episode import Episode
from recovery.engine.facts import Fact
from recovery.engine.rehearsal import PlannedAct, Rehearsal
from recovery.protocol.model import RecoveryProtocol
from recovery.protocol.terms import parse_duration
from recovery.simulation.events import simulate
from tests.engine.checker import Checker, Person, written
from tests.engine.examples import ABLE, an_act, changed, place, shipped, started

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LENGTHS = {"rice": 5 * DAY, "contrast": 12 * DAY, "strain": 16 * DAY, "trigger-point": 8 * DAY}

# A place, and days near which something happens to its clock.
PLACES = {
    "Europe/Berlin": ((2026, 10, 23), (2027, 3, 26), (2028, 2, 27)),
    "America/New_York": ((2026, 10, 30), (2027, 3, 12)),
    "Australia/Lord_Howe": ((2026, 10, 2), (2027, 4, 2)),
    "Asia/Kathmandu": ((2026, 11, 23),),
    "Pacific/Apia": ((2011, 12, 28), (2026, 11, 23)),
    "America/Santiago": ((2026, 9, 4),),
}
DAYS_OF = [(zone, day) for zone, days in PLACES.items() for day in days]
HOURS = [
    (time(7), time(23)),
    (time(9, 30), time(1, 15)),
    (time(20), time(11)),
    (time(2, 15), time(19)),
    (time(0, 5), time(23, 55)),
    (time(12), time(16)),
]
ACTIVITIES = {
    "rice": ("ice", "elevate", "look"),
    "contrast": ("packs", "tens", "look"),
    "strain": ("ice", "packs", "tens", "elevate", "look", "motion"),
    "trigger-point": ("press", "press", "cool", "loosen", "look", "others"),
}


class Fickle:
    """Somebody who reacts to cues at random: begins late, ends late, skips, puts off, or does nothing."""

    def __init__(self, seed: int, diligence: float) -> None:
        self.seed = seed
        self.random = Random(seed)
        self.diligence = diligence

    def __repr__(self) -> str:
        return f"Fickle({self.seed}, {self.diligence})"

    def reactions(self, _: Episode, fact: Fact) -> Iterator[tuple[datetime, Act]]:
        kind, activity = fact.data.get("cue", {}).get("kind"), fact.data.get("activity")
        if kind not in ("start", "end", "reminder", "check-in") or self.random.random() > self.diligence:
            return
        if kind == "check-in":
            asked = [name for name in fact.data["asks"] if name not in ("rom", "tight")]
            values = {name: str(self.random.randint(0, 3)) for name in asked}
            yield fact.at + self._delay(90), AnswerCheckIn(values)
        elif kind == "start":
            start = self.random.choice([*[Begin] * 6, Skip, Snooze, MarkDone])
            yield fact.at + self._delay(30), start(activity)
        elif kind == "end":
            stop = self.random.choice([End, End, End, MarkDone, Skip, Begin])
            yield fact.at + self._delay(100), stop(activity)
        else:
            yield fact.at + self._delay(60), MarkDone(activity)

    def _delay(self, minutes: int) -> timedelta:
        return timedelta(seconds=self.random.choice([0, 1, self.random.randint(0, 60 * minutes)]))


def run(
    protocol: RecoveryProtocol,
    person: Person,
    start: datetime,
    acts: list[PlannedAct],
    fickle: Fickle | None,
    length: timedelta,
) -> list[str]:
    """The breaches of one simulated life."""
    lives = place(person.zone, f"{person.wake:%H:%M}", f"{person.bedtime:%H:%M}")
    options = {each.id: each.default for each in protocol.options.values()}
    options |= {"tens": "yes"} if "tens" in options else {}
    episode, _ = started(protocol, person.onset, start, grade=person.grade, lives=lives, options=options)
    until = start + length
    events = simulate(Rehearsal(episode, start, until, answers=acts, persona=fickle, asleep=person.asleep))
    return Checker(person, protocol.id).read(events, until)


@st.composite
def people(draw: st.DrawFn, length: timedelta, earliest: timedelta = timedelta(0)) -> tuple[Person, datetime]:
    """A person, and when they start: at the injury or up to five days later."""
    zone, day = draw(st.sampled_from(DAYS_OF))
    wake, bedtime = draw(st.sampled_from(HOURS))
    midnight = datetime(*day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    onset = midnight + draw(st.integers(0, 3 * 24 * 60)) * MINUTE
    late = draw(st.one_of(st.just(0), st.integers(0, 5 * 24 * 60))) * MINUTE
    start = onset + max(late, earliest)
    return Person(
        onset, zone, wake, bedtime, draw(st.sampled_from(("I", "II", "III"))), draw(sleeps(start, length))
    ), start


@st.composite
def sleeps(draw: st.DrawFn, start: datetime, length: timedelta) -> tuple[tuple[datetime, datetime], ...]:
    """Spans, one after the other, in which the machine is suspended."""
    spans, at = [], start
    for _ in range(draw(st.integers(0, 5))):
        begin = at + draw(st.integers(1, int(length / MINUTE))) * MINUTE
        at = begin + draw(st.one_of(st.integers(1, 90), st.integers(1, 3 * 24 * 60))) * MINUTE
        spans.append((begin, at))
    return tuple(spans)


def tells(name: str, at: datetime, **values: object) -> PlannedAct:
    """A check-in with what the protocol asks for, of all that is known."""
    asked = shipped(name).observations
    return PlannedAct(at, AnswerCheckIn({key: str(value) for key, value in values.items() if key in asked}))


@st.composite
def answers(draw: st.DrawFn, name: str, start: datetime, length: timedelta) -> list[PlannedAct]:
    """Check-ins of somebody who gets better, mostly."""
    pain, swelling = draw(st.integers(0, 10)), draw(st.integers(0, 3))
    acts, at = [], start
    for better in draw(st.lists(st.integers(-2, 4), max_size=int(length / (10 * HOUR)))):
        if better < 0:
            acts.append(tells(name, at, pain=pain, tender=pain))
        else:
            rest: dict[str, object] = {"morning": pain, "tight": "yes", **ABLE}
            acts.append(tells(name, at, pain=pain, tender=pain, swelling=swelling, **rest))
        at += draw(st.integers(30, 20 * 60)) * MINUTE
        pain, swelling = min(10, max(0, pain - better)), min(3, max(0, swelling - draw(st.integers(-1, 2))))
    return acts


@st.composite
def deeds(draw: st.DrawFn, name: str, start: datetime, length: timedelta) -> list[PlannedAct]:
    """Anything else that somebody may do, at any time."""
    acts = []
    for minute in draw(st.lists(st.integers(0, int(length / MINUTE)), max_size=25)):
        at = start + minute * MINUTE
        verb = draw(
            st.sampled_from(
                ["begin"] * 6
                + ["end", "end", "done", "skip", "skip", "snooze", "snooze"]
                + ["pause", "resume", "resume", "advance", "force", "step-back"]
                + ["flag", "clear", "clear", "setback", "screen"]
            )
        )
        if verb in ("flag", "clear"):
            flag = draw(st.sampled_from(sorted(written(name).suspends)))
            acts.append(PlannedAct(at, an_act(verb, flag=flag, because="seen")))
        elif verb == "setback":
            acts.append(PlannedAct(at, Setback(grade=draw(st.sampled_from([None, "III"])))))
        elif verb == "screen":
            question = draw(st.sampled_from(sorted(written(name).forbids)))
            acts.append(PlannedAct(at, AnswerScreening({question: draw(st.sampled_from(["yes", "no"]))})))
        elif verb == "force":
            acts.append(PlannedAct(at, Advance(because="I say so")))
        elif verb in ("begin", "end", "done", "skip", "snooze"):
            activity = draw(st.sampled_from(ACTIVITIES[name]))
            length_ = draw(st.sampled_from(["", "5min", "45min", "5h", "1d"])) if verb == "snooze" else ""
            length_of = parse_duration(length_) if length_ else None
            acts.append(PlannedAct(at, an_act(verb, activity=activity, length=length_of)))
        else:
            length_ = draw(st.sampled_from(["", "3h", "2d"])) if verb == "pause" else ""
            acts.append(PlannedAct(at, an_act(verb, length=parse_duration(length_) if length_ else None)))
    return acts


@st.composite
def lives(draw: st.DrawFn, name: str) -> tuple[Person, datetime, list[PlannedAct], Fickle | None]:
    length = LENGTHS[name]
    person, start = draw(people(length))
    if "onset" not in shipped(name).inputs:
        person = replace(person, onset=start)
    acts = draw(answers(name, start, length)) + draw(deeds(name, start, length))
    diligence = draw(st.sampled_from([0.0, 0.5, 0.9, 1.0]))
    fickle = Fickle(draw(st.integers(0, 2**32)), diligence) if diligence else None
    return person, start, acts, fickle


def holds(name: str, data: st.DataObject) -> None:
    person, start, acts, fickle = data.draw(lives(name))
    assert run(shipped(name), person, start, acts, fickle, LENGTHS[name]) == []


@pytest.mark.parametrize("name", LENGTHS)
@given(data=st.data())
def test_the_rules_hold(name: str, data: st.DataObject) -> None:
    holds(name, data)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", LENGTHS)
@settings(settings.get_profile("slow"), suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_the_rules_hold_for_many(name: str, data: st.DataObject) -> None:
    holds(name, data)


# To the end of the way --------------------------------------------------------------------------


def healing(name: str, start: datetime, days: int, every: int) -> list[PlannedAct]:
    """Check-ins of somebody who is well after a few days, and tells it diligently."""
    acts = []
    for number in range(days * 24 // every):
        bad = max(0, 6 - number)
        values: dict[str, object] = {
            "pain": bad,
            "swelling": min(3, bad // 2),
            "morning": bad,
            **ABLE,
        }
        acts.append(tells(name, start + number * every * HOUR, **values))
    return acts


def completes(data: st.DataObject, grades: tuple[str, ...]) -> None:
    person, start = data.draw(people(10 * DAY))
    person = Person(
        person.onset,
        person.zone,
        person.wake,
        person.bedtime,
        data.draw(st.sampled_from(grades)),
        person.asleep,
    )
    days = {"I": 30, "II": 62, "III": 110}[person.grade]
    hurry = [
        PlannedAct(start + number * DAY, Advance(because="in a hurry"))
        for number in range(days)
        if data.draw(st.booleans())
    ]
    acts = healing("strain", start, days, data.draw(st.integers(6, 23))) + hurry
    assert run(shipped("strain"), person, start, acts, None, days * DAY) == []


@settings(max_examples=15)
@given(data=st.data())
def test_nobody_completes_early_however_well_they_are(data: st.DataObject) -> None:
    completes(data, ("I", "II"))


@pytest.mark.slow
@pytest.mark.timeout(3600)
@settings(settings.get_profile("slow"), max_examples=300, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_none_of_many_completes_early(data: st.DataObject) -> None:
    completes(data, ("I", "II", "III"))


# The checker sees ---------------------------------------------------------------------------------


def without(*limits: str) -> Callable[[str], str]:
    """A change of a protocol's text that takes limits out."""

    def change(text: str) -> str:
        for limit in limits:
            text = re.sub(rf"  - id: {limit}\n(?:    .*\n|\n)*", "", text)
        return text

    return change


def replaced(*pairs: tuple[str, str]) -> Callable[[str], str]:
    def change(text: str) -> str:
        for old, new in pairs:
            text = text.replace(old, new)
        return text

    return change


BAD = {
    "starts 0:30:00 after": (
        "contrast",
        replaced(("wait: 1h", "wait: 30min"), ("gap: 1h\n", "gap: 30min\n")),
    ),
    "after rice": (
        "rice",
        lambda text: re.sub(r"every: 2h\.\.3h\n +choose: every", "every: 20min..3h", without("thermal-gap")(text)),
    ),
    "longer than 20 min": (
        "rice",
        replaced(("duration: 20min", "duration: 30min"), ("longest: 20min", "longest: 30min")),
    ),
    "ice after 48 h": (
        "rice",
        lambda text: without("ice-48h")(text).replace("until: injury+48h", "until: injury+90h"),
    ),
    "warmth before 48 h": (
        "contrast",
        lambda text: without("warm-48h")(text).replace("- injury >= 48h", "- injury >= 1h"),
    ),
    "has not lessened": (
        "contrast",
        lambda text: re.sub(
            r"    enter_when:\n(?:      .*\n)+", "    enter_when: pain <= 10\n", without("warm-when-lessened")(text)
        ),
    ),
    "unknown or stale": (
        "contrast",
        lambda text: re.sub(
            r"    enter_when:\n(?:      .*\n)+", "    enter_when: injury >= 48h\n", without("warm-when-lessened")(text)
        ),
    ),
    "contrast is entered before 48 h": ("contrast", replaced(("- injury >= 48h", "- injury >= 1h"))),
    "before the earliest healing time": (
        "strain",
        replaced(("I: 2w..4w", "I: 1w..4w"), ("I: 1w..3w", "I: 1d..3w"), ("min: 1w\n", "min: 1d\n")),
    ),
}  # fmt: skip


@pytest.mark.parametrize("breach", BAD)
def test_the_checker_sees_a_protocol_that_breaks_the_rule(breach: str) -> None:
    name, change = BAD[breach]
    onset = datetime(2026, 11, 23, 7, tzinfo=UTC)
    person = Person(onset, "Europe/Berlin", time(7), time(23), "I")
    acts: list[PlannedAct]
    if "lessened" in breach or "ice after" in breach:
        acts = [
            PlannedAct(onset + n * 6 * HOUR, AnswerCheckIn({"pain": "5", "swelling": "2"})) for n in range(40)
        ]
    elif "unknown" in breach:
        acts = []
    else:
        acts = healing(name, onset, 30, 6)
    good = run(shipped(name), person, onset, acts, None, 30 * DAY)
    bad = run(changed(name, change), person, onset, acts, None, 30 * DAY)
    assert good == []
    assert [words for words in bad if breach in words], bad[:5]


START = datetime(2026, 11, 23, 8, tzinfo=UTC)
ABOUT = {"v": 1, "phase": "rice", "activity": "ice", "modality": "cold", "seconds": 1200}


def event(kind: str, minute: float, **values: Any) -> dict[str, Any]:
    return {**ABOUT, "event": kind, "at": (START + minute * MINUTE).isoformat(), **values}


def breaches(*happened: dict[str, Any], asleep: tuple[tuple[int, int], ...] = ()) -> str:
    spans = tuple((START + begin * MINUTE, START + end * MINUTE) for begin, end in asleep)
    person = Person(START, "Europe/Berlin", time(7), time(23), asleep=spans)
    return "; ".join(Checker(person, "rice").read(happened, START + DAY))


def started_at(minute: float, name: str = "1", **values: Any) -> dict[str, Any]:
    return event("session_start", minute, occurrence=name, **values)


def ended_at(minute: float, name: str = "1", over: int = 0, **values: Any) -> dict[str, Any]:
    return event("session_end", minute, occurrence=name, overrun_seconds=over, **values)


def act(minute: float, verb: str, **values: Any) -> dict[str, Any]:
    return {
        "v": 1,
        "event": "answer",
        "at": (START + minute * MINUTE).isoformat(),
        "do": verb,
        "activity": "ice",
        **values,
    }


@pytest.mark.parametrize(
    "happened",
    [
        [started_at(0), ended_at(20), started_at(140, "2"), ended_at(160, "2")],
        [started_at(0), act(5, "begin"), started_at(5), ended_at(25), act(30, "end")],
        [started_at(0), ended_at(20), act(30, "end"), started_at(90, "2"), ended_at(110, "2")],
        [started_at(0), ended_at(20), act(25, "skip"), started_at(30, "2"), ended_at(50, "2")],
        [started_at(0), act(5, "snooze"), started_at(30), ended_at(50)],
        [started_at(0), act(5, "end"), ended_at(5)],
    ],
)
def test_the_checker_finds_nothing_wrong_with_a_good_day(happened: list[dict[str, Any]]) -> None:
    assert breaches(*happened) == ""


def test_the_checker_knows_that_a_sleeping_machine_tells_nothing() -> None:
    assert breaches(started_at(0), ended_at(45, over=1500), asleep=((10, 45),)) == ""


@pytest.mark.parametrize(
    ("happened", "words"),
    [
        ([started_at(0)], "1 has no end"),
        ([started_at(0), ended_at(20), ended_at(20)], "1 ends twice"),
        ([ended_at(20)], "1 ends without a start"),
        ([started_at(0), ended_at(25, over=300)], "the end cue comes 0:05:00 late"),
        ([started_at(0), ended_at(10)], "the end cue comes 0:10:00 early"),
        ([started_at(0), ended_at(20, over=9)], "overrun 9 s, not 0 s"),
        ([started_at(0), started_at(10, "2")], "2 starts while 1 is on"),
        ([started_at(0), ended_at(20), started_at(79, "2")], "2 starts 0:59:00 after 1"),
        ([started_at(0), ended_at(20), act(40, "end"), started_at(90, "2")], "2 starts 0:50:00 after 1"),
        ([started_at(0), ended_at(20), started_at(200)], "1 starts again after its end"),
        ([act(0, "begin"), started_at(0), started_at(5)], "1 is begun twice"),
        ([act(0, "begin"), started_at(0), ended_at(20), act(25, "skip"), started_at(30, "2")], "2 starts 0:10:00"),
        ([started_at(0, seconds=1201)], "longer than 20 min"),
        ([started_at(13 * 60 + 50)], "ends after bedtime"),
        ([started_at(15 * 60)], "starts in the night"),
        ([event("reminder", 15 * 60, occurrence="e", activity="elevate")], "e is told in the night"),
        ([event("check_in", 15 * 60)], "is asked in the night"),
        ([started_at(10), ended_at(5)], "time goes back"),
        ([event("completed", 1), started_at(5)], "session_start after it was completed"),
        ([started_at(0, modality="warm")], "warmth before 48 h"),
    ],
)  # fmt: skip
def test_the_checker_sees_each_breach(happened: list[dict[str, Any]], words: str) -> None:
    assert words in breaches(*happened)


def phase(minute: float, state: str, name: str = "loading") -> dict[str, Any]:
    return {**event("phase", minute), "phase": name, "state": state, "reasons": ["so"]}


def step(minute: float, name: str, direction: str = "up") -> dict[str, Any]:
    return {**event("step", minute), "step": name, "direction": direction, "reasons": ["so"]}


def exercise(minute: float, activity: str) -> dict[str, Any]:
    about = {"phase": "loading", "activity": activity, "modality": "exercise", "seconds": 600}
    return started_at(minute, **about)


DAY_LATER = 24 * 60


@pytest.mark.parametrize(
    ("happened", "words"),
    [
        ([act(0, "flag", flag="saddle"), started_at(5)], "1 starts while the red flag saddle stands"),
        ([act(0, "screen", raynaud="yes"), started_at(5)], "1 starts, forbidden by raynaud"),
        (
            [act(0, "flag", flag="no-weight"), phase(5, "entered")],
            "entered while the red flag no-weight stands",
        ),
        (
            [act(0, "flag", flag="saddle"), event("reminder", 5, occurrence="e")],
            "e starts while the red flag",
        ),
        ([phase(0, "entered"), step(DAY_LATER, "heavy")], "from the step motion to heavy"),
        ([phase(0, "entered"), step(600, "isometric")], "two steps in a day"),
        ([phase(0, "entered"), step(10 * 60, "isometric")], "a step up after 10:00:00"),
        ([phase(0, "entered"), step(3 * DAY_LATER, "isometric")], "a step up although the answers are"),
        ([phase(0, "entered"), step(DAY_LATER - 9 * 60, "isometric")], "a step in the night"),
        ([phase(0, "entered"), phase(60, "left")], "loading is left on the step motion"),
        ([phase(0, "entered"), exercise(60, "motion")], "the morning is unknown or above 3"),
        (
            [phase(0, "entered"), act(1, "checkin", morning=2), exercise(60, "heavy")],
            "1 is not of the step motion",
        ),
        ([started_at(0, modality="exercise")], "exercise too early"),
        (
            [act(0, "checkin", pain=4), event("reminder", 5, occurrence="load", modality="exercise")],
            "load: the pain of now is unknown or above 3",
        ),
        ([act(0, "checkin", pain=9), started_at(5)], "severe-pain is not raised"),
        ([act(0, "stop"), started_at(5)], "session_start after it was stopped"),
        ([phase(0, "entered", "rice")], "nobody is told: 72 hours after the injury"),
        ([phase(0, "entered", "rice")], "nobody is told: The usual healing time for this grade has passed"),
    ],
)
def test_the_checker_sees_each_breach_of_the_rules_of_a_strain(
    happened: list[dict[str, Any]], words: str
) -> None:
    person = Person(START, "Europe/Berlin", time(7), time(23))
    complaints = Checker(person, "strain").read(happened, START + 100 * DAY)
    assert [breach for breach in complaints if words in breach], complaints


def test_lengths_in_acts_are_what_they_say() -> None:
    assert PlannedAct(START, Snooze("ice", length=parse_duration("5min"))).act.length == parse_duration(
        "5min"
    )
