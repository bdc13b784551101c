"""A journal of an older version goes on: its episode was started before there were questions and red flags to report.

The sample was written by the program as of 23 November 2026 (strain 1.0.0, journal schema 1, compiled format 1):
injured on Sunday at 18:00, grade II, left; ice at 19:05; pain 6, then 9; looked at again on Monday at 15:25.
"""

import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import STRAIN, Person

SAMPLE = Path(__file__).with_name("samples") / "strain-1.0.0.db"


@pytest.fixture
def veteran(person: Person) -> Person:
    person.home.mkdir(mode=0o700)
    shutil.copy(SAMPLE, person.home / "journal.db")
    return person


def test_the_episode_goes_on(veteran: Person) -> None:
    (episode,) = veteran.json("status")["episodes"]

    assert (episode["id"], episode["version"], episode["state"]) == ("strain-1", "1.0.0", "active")
    assert (episode["options"], episode["screen"]) == ({}, {})
    assert [alert["id"] for alert in episode["alerts"]] == ["flag/severe-pain", "flag/grade-ii"]
    assert (episode["phase"]["id"], episode["phase"]["step"]) == ("rice", None)
    assert episode["now"]["activity"] == "ice", "as it was due at 16:20"
    assert "Open" not in veteran.types("status").out


@pytest.mark.parametrize(
    "command", ["status", "next", "agenda", "explain", "log", "flag", "screen", "checklist"]
)
def test_it_can_be_looked_at_in_every_way(veteran: Person, command: str) -> None:
    veteran.types(command)
    assert {each["v"] for each in veteran.lines(command)} == {1}


def test_it_has_no_questions(veteran: Person) -> None:
    assert veteran.types("screen").out == "This protocol asks no screening questions.\n"
    assert "there are: none" in veteran.types("screen", "raynaud=yes", status=2).err
    assert "nothing is open any more" in veteran.types("screen", "none", status=2).err
    assert "there are: none" in veteran.types("flag", "saddle", status=1).err


def test_what_a_person_says_is_taken(veteran: Person) -> None:
    veteran.types("status")
    veteran.types("end")
    veteran.types("checkin", "pain=3", "swelling=1")
    veteran.types("flag", "clear", "severe-pain", "--because", "a doctor has looked")
    for command in (["pause", "--until", "tomorrow"], ["resume"], ["undo"]):
        veteran.waits(minutes=1)
        veteran.types(*command)
    assert veteran.json("status")["episodes"][0]["paused_until"] == "2026-11-24T07:00:00+01:00"
    veteran.types("resume")
    veteran.types("setback", "--onset", "10min ago")
    veteran.types("stop", "--because", "for the test")


def test_it_reaches_the_next_phase(veteran: Person) -> None:
    veteran.types("flag", "clear", "severe-pain", "--because", "a doctor has looked")
    veteran.types("end")
    veteran.waits(days=1, hours=2)
    veteran.types("checkin", "pain=3", "swelling=1")
    assert veteran.json("status")["episodes"][0]["phase"]["id"] == "contrast"


def test_a_protocol_of_today_can_run_beside_it(veteran: Person) -> None:
    assert "strain-1 is active" in veteran.types(*STRAIN, "--no-daemon", status=1).err
    veteran.starts(*STRAIN[:-1], "right")
    assert [e["version"] for e in veteran.json("status")["episodes"]] == ["1.0.0", "1.3.0"]


def test_its_protocol_can_be_brought_up_to_date(veteran: Person) -> None:
    veteran.types("status")
    veteran.types("end")
    veteran.waits(minutes=1)
    veteran.types("upgrade", "--yes")
    (episode,) = veteran.json("status")["episodes"]

    assert episode["version"] == "1.3.0"
    assert set(episode["screen"].values()) == {None}, "nobody has asked yet"
    assert "recovery screen" in veteran.types("status").out
    veteran.types("screen", "none")
    veteran.types("flag", "saddle")
