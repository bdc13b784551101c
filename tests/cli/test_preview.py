"""`protocols preview` and `protocols diff`."""

import json

import pytest

from recovery.simulation.people import PERSONAS
from tests.cli.conftest import ZONE, Person
from tests.profile import ICE, LONG, protocol

GOOD = protocol(LONG.format(length="20min"))
HERE = ("--timezone", ZONE)


def test_a_day_is_a_short_block(person: Person) -> None:
    out = person.types(
        "protocols", "preview", "rice", "--for", "1d", "--choose", "ice=2h", *HERE
    ).out.splitlines()

    assert out[0] == "Mon 23 Nov, day 1: Rest, ice, compression, elevation"
    assert "  Ice 20 min: 07:00 09:20 11:40 14:00 16:20 18:40 21:00" in out
    assert "  Lie down, hip raised: 07:00 11:40 14:00 16:20 21:00" in out
    assert "  Compression: on 07:00 off 23:00" in out
    assert "  How is it? (pain, swelling): 07:00 19:15" in out
    assert not any("day 2" in line for line in out)


def test_days_that_look_the_same_are_told_once(person: Person) -> None:
    path = person.file(GOOD)
    out = person.types(
        "protocols", "preview", path, "--persona", "stuck", "--for", "4d", *HERE
    ).out.splitlines()

    assert out[:4] == [
        "Mon 23 Nov, day 1: Only phase",
        "  Ice 20 min: 07:00",
        "  How is it? (pain): 22:30",
        "  … to Thu 26 Nov, day 4, the same",
    ]
    assert out[4].startswith("Not completed within 4d")


def test_changes_of_phase_alerts_and_completion_are_told(person: Person) -> None:
    out = person.types("protocols", "preview", "strain", "--grade", "1", "--for", "8w", *HERE).out

    assert "day 3: Rest, ice, compression, elevation, then Cold and warm in turn" in out
    assert "Cold and warm in turn begins: 24 h since the injury; " in out
    assert "  Cold and warm, cold 20 min: " in out
    assert "Completed: " in out
    assert "Not completed" not in out

    words = person.types("protocols", "preview", "strain", "--grade", "3", "--persona", "stuck", *HERE).out
    assert "07:00  See somebody today: A grade III tear needs a doctor's care" in words
    assert words.count("Ice withheld: no cold later than 48 h after the injury") == 1


@pytest.mark.parametrize("persona", PERSONAS)
def test_every_day_has_its_place(person: Person, persona: str) -> None:
    days = person.lines("protocols", "preview", "strain", "--persona", persona, "--for", "20d", *HERE)

    assert [day["day"] for day in days] == list(range(1, 21))
    assert (days[0]["date"], days[-1]["date"]) == ("2026-11-23", "2026-12-12")
    assert set(days[0]) == {"v", "date", "day", "phases", "times", "notes"}
    assert set(days[0]["times"][0]) == {"activity", "title", "seconds", "at"}
    for day in days:
        for row in day["times"]:
            assert row["at"] == sorted(row["at"]) or row["activity"] == "compress"


def test_the_injury_may_be_told(person: Person) -> None:
    day, *_ = person.lines(
        "protocols", "preview", "rice", "--onset", "yesterday 18:00", "--side", "right", *HERE
    )
    assert day["date"] == "2026-11-22"
    assert day["times"][0]["at"][0] == "18:00"


def test_a_session_left_out_is_not_on_paper(person: Person) -> None:
    """Somebody sloppy skips some: what is told adds up to what they did."""
    days = person.lines("protocols", "preview", "rice", "--persona", "sloppy", "--for", "2d", *HERE)
    on_paper = sum(len(row["at"]) for day in days for row in day["times"] if row["activity"] == "ice")
    events = person.lines(
        "simulate", "rice", "--onset", "2026-11-23 07:00", "--persona", "sloppy", "--for", "41h", *HERE
    )
    started = {event["occurrence"] for event in events if event["event"] == "session_start"}
    skipped = sum(event.get("do") == "skip" and "refused" not in event for event in events)
    assert on_paper == len(started) - skipped


def test_a_file_with_errors_is_told_as_by_validate(person: Person) -> None:
    path = person.file(protocol(ICE.format(length="20 parsecs")).replace("title: Ice", "tilte: Ice"))
    ran = person.types("protocols", "preview", path, status=1)
    assert ran.out == person.types("validate", path, status=1).out
    assert person.lines("protocols", "preview", path, status=1) == person.lines("validate", path, status=1)


def test_what_is_not_there_is_status_3(person: Person) -> None:
    assert "did you mean 'rice'?" in person.types("protocols", "preview", "ricee", status=3).err


def test_a_preview_keeps_nothing(person: Person) -> None:
    person.types("protocols", "preview", "rice", "--for", "2d", *HERE)
    assert not person.home.exists()


def test_differences_are_told_in_words(person: Person) -> None:
    old = person.file(GOOD, "old.yaml")
    new = person.file(GOOD.replace("duration: 20min", "duration: 25min"), "new.yaml")

    out = person.types("protocols", "diff", old, new).out
    assert out == "- phase only, activity ice: duration 20min becomes 25min  [less strict]\n"
    (comparison,) = person.lines("protocols", "diff", old, new)
    assert comparison == {
        "v": 1,
        "change": "changed",
        "section": "phases",
        "where": ["phase only", "activity ice"],
        "field": "duration",
        "from": "20min",
        "to": "25min",
        "less_strict": True,
    }


def test_no_differences_are_told_as_such(person: Person) -> None:
    assert person.types("protocols", "diff", "rice", "rice").out == "no differences\n"
    assert person.types("protocols", "diff", "rice", "rice", "--json").out == ""


def test_long_differences_are_wrapped(person: Person) -> None:
    out = person.types("protocols", "diff", "rice", "contrast").out
    assert max(map(len, out.splitlines())) <= 100
    assert json.loads(person.types("protocols", "diff", "rice", "contrast", "--json").out.splitlines()[0])
