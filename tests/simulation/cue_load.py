"""The table of what a day tells in `protocols/README.md`: `python -m tests.simulation.cue_load` prints and writes it.

A made-up person who heals steadily lives through each protocol. Counted are the distinct moments of a whole day at
which something is told: a session's start or end, a reminder, a question. What is told at the same moment counts once.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from recovery.engine.episode import Episode
from recovery.engine.rehearsal import Happening, Rehearsal
from recovery.protocol.library import installed_folder
from recovery.simulation.events import Events
from recovery.simulation.people import Persona, imagined
from tests.engine.examples import local, place, shipped

PAGE = installed_folder() / "README.md"
HEAD = "| protocol | phase | moments a whole day, at most | bound |\n|---|---|---|---|\n"
ONSET = local("2026-11-23 18:00")
"""A Monday evening: the days after it are whole, and working days."""
LENGTH = timedelta(days=11)
TOLD = ("session_start", "session_end", "reminder", "check_in")
BOUNDS = {
    ("strain", "rice"): 14,
    ("strain", "contrast"): 10,
    ("strain", "loading"): 3,
    ("contrast", "contrast"): 10,
    ("trigger-point", "press"): 10,
    ("sitting", "habit"): 10,
    ("strain and sitting", "rice"): 16,
    ("strain and sitting", "contrast"): 16,
    ("strain and sitting", "loading"): 16,
    ("cold-10-10-10", "ice-in-tens"): 22,
}
"""The most moments of any whole day, by protocol and by the phase in which the day begins."""

Told = tuple[datetime, str]
"""A local time at which something is told, and the phase."""


def moments(name: str, beside: str = "") -> Iterator[Told]:
    """List the times at which somebody is told something by a protocol, and by one that runs beside it."""
    together = [_imagined(other) for other in (beside,) if other]
    run = Rehearsal(_imagined(name), ONSET, ONSET + LENGTH, persona=Persona.named("steady"), beside=together)
    events = Events()
    for happening in run.happenings():
        yield from _told(events, happening, run.episode.phase.id)


def _imagined(name: str) -> Episode:
    return imagined(shipped(name), ONSET, ONSET, place(), None, None, confirms=False)


def _told(events: Events, happening: Happening, phase: str) -> Iterator[Told]:
    for event in events.of(happening):
        if event["event"] in TOLD:
            yield datetime.fromisoformat(event["at"]), phase


def most_a_day(told: Iterable[Told]) -> dict[str, int]:
    """The most distinct moments of a whole day, by the phase of its first one."""
    days: dict[date, dict[datetime, str]] = {}
    for at, phase in sorted(told):
        days.setdefault(at.date(), {}).setdefault(at, phase)
    most: dict[str, int] = {}
    for day in [each for each in days if ONSET.date() < each < (ONSET + LENGTH).date()]:
        phase = next(iter(days[day].values()))
        most[phase] = max(len(days[day]), most.get(phase, 0))
    return most


def cue_load() -> dict[tuple[str, str], int]:
    """The most moments of a whole day, by protocol and phase."""
    load: dict[tuple[str, str], int] = {}
    for name in dict.fromkeys(name for name, _ in BOUNDS):
        first, _, beside = name.partition(" and ")
        most = most_a_day(moments(first, beside))
        load |= {(name, phase): count for phase, count in most.items() if (name, phase) in BOUNDS}
    return load


def table(load: dict[tuple[str, str], int]) -> str:
    """The table as it stands on the page."""
    rows = (
        f"| {name} | {phase} | {load[name, phase]} | {bound} |\n" for (name, phase), bound in BOUNDS.items()
    )
    return HEAD + "".join(rows)


def rewrite(head: str, written: str) -> None:
    """Put a table that begins with `head` onto the page, in the place of the one that is there, and print it."""
    before, _head, after = PAGE.read_text("utf-8").partition(head)
    _rows, _end, rest = after.partition("\n\n")
    PAGE.write_text(f"{before}{written}\n{rest}", encoding="utf-8")
    print(written, end="")


if __name__ == "__main__":
    rewrite(HEAD, table(cue_load()))
