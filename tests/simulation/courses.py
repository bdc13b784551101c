"""The table of whole courses in `protocols/README.md`: `python -m tests.simulation.courses` prints and writes it.

Made-up people live through each protocol until the way is gone to its end, or for as long as is looked at. A day is
24 hours since the injury, or since the start of what has none; what is told at the same moment counts once.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from itertools import groupby
from typing import Any

from recovery.engine.acts import AnswerCheckIn
from recovery.engine.episode import Episode
from recovery.engine.rehearsal import PlannedAct, Rehearsal
from recovery.protocol.model import CheckIn
from recovery.protocol.terms import BOTH
from recovery.simulation.events import simulate
from recovery.simulation.people import PERSONAS, Persona, imagined
from recovery.values import Value
from tests.engine.examples import ONSET, of_kind, place, shipped
from tests.simulation.cue_load import TOLD, rewrite

DAY = timedelta(days=1)
LATE = timedelta(days=7)
"""How long after the injury the late starter starts."""
STEADY, LATE_STARTER, BOTH_SIDES = "steady", "late starter", "both sides"
"""The last two heal as the first one does."""
HEAD = "| course | who | the day each phase is entered | the end | moments | alerts |\n|---|---|---|---|---|---|\n"


class Course(Value):
    """A way through a protocol."""

    name: str
    protocol: str
    days: int
    """For how many days it is looked at."""
    people: tuple[str, ...]
    grade: str | None = None


_INJURED = (*PERSONAS, LATE_STARTER, BOTH_SIDES)
COURSES = {
    each.name: each
    for each in (
        Course("strain I", "strain", 70, _INJURED, "I"),
        Course("strain II", "strain", 120, _INJURED, "II"),
        Course("strain III", "strain", 420, _INJURED, "III"),
        Course("overuse", "overuse", 150, (*PERSONAS, BOTH_SIDES)),
        Course("trigger-point", "trigger-point", 70, (*PERSONAS, BOTH_SIDES)),
        Course("rice", "rice", 28, (STEADY, "stuck")),
        Course("contrast", "contrast", 28, (STEADY, "stuck")),
        Course("peace-and-love", "peace-and-love", 28, (STEADY, "stuck")),
        Course("cold-10-10-10", "cold-10-10-10", 28, (STEADY, "stuck")),
        Course("sitting", "sitting", 28, (STEADY,)),
        Course("prevention", "prevention", 28, (STEADY,)),
    )
}


@cache
def lived(course: str, who: str) -> list[dict[str, Any]]:
    """The events of a course as somebody lives it."""
    about = COURSES[course]
    protocol = shipped(about.protocol)
    start = ONSET + LATE if who == LATE_STARTER else ONSET
    persona = Persona.named(STEADY if who in (LATE_STARTER, BOTH_SIDES) else who)
    side = BOTH if who == BOTH_SIDES else None
    episode = imagined(protocol, start, ONSET, place(), about.grade, side, confirms=False)
    told = _course_so_far(persona, episode) if who == LATE_STARTER else ()
    end = ONSET + about.days * DAY
    return [*simulate(Rehearsal(episode, start, end, persona=persona, answers=told))]


def _course_so_far(persona: Persona, episode: Episode) -> Iterator[PlannedAct]:
    """What a start so late asks for: how it was at its worst, and how it is now."""
    checks = [each for each in episode.phase.activities if isinstance(each, CheckIn)]
    asks = [*dict.fromkeys(name for check in checks for name in check.asks)]
    start, onset = episode.started_at, episode.onset
    for at, counts_for in ((onset, onset), (start, None)):
        so_it_was = persona.checkin(episode, at, asks)
        assert isinstance(so_it_was, AnswerCheckIn)
        yield PlannedAct(start, AnswerCheckIn(so_it_was.answers, counts_for))


def phases(events: list[dict[str, Any]]) -> list[tuple[str, int]]:
    """Each phase with the day on which it is entered, in order; again for each time that it is."""
    entered = [event for event in of_kind(events, "phase") if event["state"] == "entered"]
    return [(event["phase"], _day(event)) for event in entered]


def completed(events: list[dict[str, Any]]) -> int | None:
    """The day on which the way is gone to its end."""
    return next((_day(event) for event in of_kind(events, "completed")), None)


def _day(event: dict[str, Any]) -> int:
    return (datetime.fromisoformat(event["at"]) - ONSET) // DAY


def row(course: str, who: str) -> str:
    """A course of somebody as a line of the table."""
    events = lived(course, who)
    way = ", ".join(f"{phase} {_days(days)}" for phase, days in _entered(events)) or "none"
    end = completed(events)
    moments = len({event["at"] for event in of_kind(events, *TOLD)})
    alerts = len(of_kind(events, "alert"))
    ends = f"day {end}" if end is not None else f"not in {COURSES[course].days} days"
    return f"| {course} | {who} | {way} | {ends} | {moments} | {alerts} |\n"


def _entered(events: list[dict[str, Any]]) -> Iterator[tuple[str, list[int]]]:
    """Each phase once, in order of its first day, with all its days."""
    first = [*dict.fromkeys(phase for phase, _ in phases(events))]
    by_phase = sorted(phases(events), key=lambda entered: first.index(entered[0]))
    for phase, group in groupby(by_phase, key=lambda entered: entered[0]):
        yield phase, [day for _, day in group]


def _days(days: list[int]) -> str:
    return str(days[0]) if len(days) == 1 else f"{days[0]} (and {len(days) - 1} times again)"


def table() -> str:
    """The table as it stands on the page."""
    rows = (row(course.name, who) for course in COURSES.values() for who in course.people)
    return HEAD + "".join(rows)


if __name__ == "__main__":
    rewrite(HEAD, table())
