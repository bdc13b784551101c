"""Whole courses, from the injury to the end of the way: each protocol with each made-up person.

A few live in every run, the others with `tests/run -m people`.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.engine.examples import of_kind
from tests.simulation.courses import (
    BOTH_SIDES,
    COURSES,
    LATE_STARTER,
    STEADY,
    completed,
    lived,
    phases,
    row,
    table,
)
from tests.simulation.cue_load import PAGE

GETTING_WELL = (STEADY, "slow", "sloppy", LATE_STARTER, BOTH_SIDES)
WITHOUT_END = ("sitting", "prevention")
"""Habits that somebody keeps."""
IN_EVERY_RUN = {
    ("strain I", STEADY),
    ("strain I", "worse"),
    ("strain I", LATE_STARTER),
    ("strain II", "silent"),
    ("trigger-point", "stuck"),
}


def courses(*people: str) -> Iterator[Any]:
    for course in COURSES.values():
        for who in course.people:
            marks = () if (course.name, who) in IN_EVERY_RUN else (pytest.mark.people,)
            if not people or who in people:
                yield pytest.param(course.name, who, marks=marks)


@pytest.mark.parametrize(("course", "who"), [*courses()])
def test_a_whole_course_comes_to_its_end_or_somebody_is_told(course: str, who: str) -> None:
    story = lived(course, who)
    gets_well = who in GETTING_WELL
    assert (completed(story) is not None) is (gets_well and course not in WITHOUT_END)
    assert of_kind(story, "alert") or gets_well
    if course == "strain III":
        assert_is_released_before_it_is_loaded(story)


def assert_is_released_before_it_is_loaded(story: list[dict[str, Any]]) -> None:
    loaded = [e["at"] for e in story if e.get("phase") == "loading" and e.get("state") == "entered"]
    released = [e["at"] for e in of_kind(story, "answer") if e["do"] == "release" and not e.get("refused")]
    assert not loaded or min(released) < min(loaded)


@pytest.mark.parametrize(("course", "who"), [*courses(LATE_STARTER)])
def test_nobody_who_starts_late_is_sent_back_to_the_first_days(course: str, who: str) -> None:
    assert phases(lived(course, who))[0][0] == "contrast"


@pytest.mark.people
@pytest.mark.parametrize(
    "course", [course.name for course in COURSES.values() if BOTH_SIDES in course.people]
)
def test_two_sides_are_one_schedule(course: str) -> None:
    assert row(course, BOTH_SIDES).replace(BOTH_SIDES, STEADY) == row(course, STEADY)


@pytest.mark.people
@pytest.mark.timeout(600)
def test_the_page_says_how_a_course_goes() -> None:
    """Run `python -m tests.simulation.courses` whenever this fails."""
    assert table() in PAGE.read_text(encoding="utf-8")
