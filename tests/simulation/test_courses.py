"""Whole courses, from the injury to the end of the way: each protocol with each made-up person.

A few live in every run, the others with `tests/run -m people`.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from recovery.simulation.people import PERSONAS
from tests.engine.examples import ONSET, events, of_kind, shipped

DAY = timedelta(days=1)
COURSES = {
    "I": ("strain", "I", 70),
    "II": ("strain", "II", 120),
    "III": ("strain", "III", 420),
    "overuse": ("overuse", None, 150),
    "trigger-point": ("trigger-point", None, 70),
}
"""Each with its protocol, the grade, and for how many days it is looked at."""
GETTING_WELL = ("steady", "slow", "sloppy")
IN_EVERY_RUN = {("I", "steady"), ("I", "worse"), ("II", "silent"), ("trigger-point", "stuck")}
LATE = timedelta(days=3)


def courses() -> Iterator[Any]:
    for course in COURSES:
        for persona in PERSONAS:
            marks = () if (course, persona) in IN_EVERY_RUN else (pytest.mark.people,)
            yield pytest.param(course, persona, marks=marks)


def lived(course: str, persona: str, start: datetime = ONSET) -> list[dict[str, Any]]:
    protocol, grade, days = COURSES[course]
    return events(shipped(protocol), start + days * DAY, persona=persona, grade=grade, start=start)


@pytest.mark.parametrize(("course", "persona"), [*courses()])
def test_a_whole_course_comes_to_its_end_or_somebody_is_told(course: str, persona: str) -> None:
    story = lived(course, persona)
    assert bool(of_kind(story, "completed")) is (persona in GETTING_WELL)
    assert of_kind(story, "alert") or persona in GETTING_WELL
    if course == "III":
        assert_is_released_before_it_is_loaded(story)


def assert_is_released_before_it_is_loaded(story: list[dict[str, Any]]) -> None:
    loaded = [e["at"] for e in story if e.get("phase") == "loading" and e.get("state") == "entered"]
    released = [e["at"] for e in of_kind(story, "answer") if e["do"] == "release" and not e.get("refused")]
    assert not loaded or min(released) < min(loaded)


@pytest.mark.people
@pytest.mark.parametrize("course", ["I", "II", "III"])
def test_a_late_starter_comes_to_the_end_as_well(course: str) -> None:
    assert of_kind(lived(course, "steady", ONSET + LATE), "completed")
