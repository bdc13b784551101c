"""The commands that a command advises are accepted, and what has to end now is said by the command that makes it so."""

import pytest

from tests.cli.conftest import Person

RICE = ("rice", "--side", "left", "--screen", "none", "--signs", "none")
CONTRAST = ("contrast", "--side", "right", "--screen", "none", "--signs", "none")


def row(person: Person, label: str) -> str:
    """The first row of that label in `status`."""
    lines = person.types("status").out.splitlines()
    return next((line.removeprefix(label).strip() for line in lines if line.startswith(label)), "")


@pytest.fixture
def iced(person: Person) -> Person:
    """Somebody hurt an hour ago whose ice is assumed to be on, until 17:00."""
    person.starts("start", *RICE, "--onset", "1h ago")
    assert row(person, "Now") == (
        "Ice: 20 min left, until 17:00 (assumed on since 16:40: recovery begin, or skip)"
    )
    return person


def loading(person: Person) -> Person:
    """Somebody who came to the loading phase by a check-in at 08:40 of Wednesday, past the time of its own check-in."""
    person.starts(
        "start", "strain", "--grade", "2", "--onset", "47h ago", "--side", "left", "--screen", "none",
        "--signs", "none",
    )  # fmt: skip
    person.types("checkin", "pain=4", "swelling=1")
    person.waits(hours=16)
    person.types("checkin", "pain=1", "swelling=0")
    person.waits(hours=24)
    return person


def test_of_a_session_whose_word_was_taken_back_only_its_end_is_advised(iced: Person) -> None:
    iced.types("begin", "ice")
    iced.waits(minutes=5)
    iced.types("undo")

    assert row(iced, "Now") == "Ice: 15 min left, until 17:00 (assumed on since 16:40: recovery end)"
    iced.types("begin", status=1)
    iced.types("end")


def test_what_a_correction_forbids_is_not_advised(iced: Person) -> None:
    words = iced.types("correct", "onset=2026-11-20 10:00").out

    assert words.endswith("What was done stays. Ice is on: end it now, recovery end.\n")
    assert row(iced, "Now").endswith("(assumed on since 16:40; not to be: recovery end, or skip)")
    refused = iced.types("begin", status=1).err
    assert "No ice later than 48 hours after the injury" in refused
    assert "injury+" not in refused
    iced.types("skip")


def test_a_check_in_that_forbids_what_is_on_says_so(person: Person) -> None:
    loading(person).types("checkin", "pain=1", "swelling=0", "morning=2")
    person.waits(minutes=20)
    person.types("status")  # the cold pack of the phase before has ended
    assert row(person, "Now").startswith("Easy movement: 5 min left")

    words = person.types("checkin", "morning=9", "pain=9").out

    assert words.startswith("Noted: morning pain 9, pain 9. Easy movement is on: end it now, recovery end.\n")
    assert "; not to be: recovery end, or skip)" in row(person, "Now")
    person.types("begin", status=1)
    assert "Easy movement is on" not in person.types("checkin", "morning=9").out, "it is said once"
    person.types("end")


def test_the_end_of_a_begun_session_is_advised_only_where_it_has_to_be(iced: Person) -> None:
    iced.types("begin")
    assert row(iced, "Now") == "Ice: 20 min left, until 17:00"

    iced.types("correct", "onset=2026-11-20 10:00")

    assert row(iced, "Now") == "Ice: 20 min left, until 17:00 (not to be: recovery end)"
    iced.types("end")


def test_of_several_episodes_the_advice_says_which(iced: Person) -> None:
    iced.starts("start", *CONTRAST, "--onset", "3d ago")
    iced.types("flag", "numb-below", "-e", "rice-1")

    out = iced.types("status").out

    assert "not to be: recovery end -e rice-1, or skip -e rice-1)" in out
    assert "Type: recovery checkin -e rice-1 pain=… swelling=…" in out
    assert "Type: recovery checkin -e contrast-1 pain=… swelling=…" in out
    assert 'recovery flag clear numb-below --because "…" -e rice-1' in out
    iced.types("skip", "-e", "rice-1")
    iced.types("flag", "clear", "numb-below", "--because", "seen", "-e", "rice-1")


def test_an_offered_phase_is_advised_only_while_it_may_be_entered(person: Person) -> None:
    person.home.mkdir(mode=0o700, exist_ok=True)
    (person.home / "settings.toml").write_text("auto_advance = false\n", "utf-8")
    person.starts("start", *RICE, "--onset", "47h ago")
    person.types("checkin", "pain=5", "swelling=2")
    person.waits(hours=16)
    person.types("checkin", "pain=1", "swelling=0")
    assert "ready; recovery advance confirms it" in person.types("status").out

    person.types("advance")


def test_a_question_of_a_day_on_which_its_phase_has_only_begun_is_open(person: Person) -> None:
    needed = "Still needed for today's exercises, Return to activity: Pain on getting up this morning"
    words = loading(person).types("checkin", "pain=1", "swelling=0").out.splitlines()

    assert words[1] == "You are now in: Gradual loading."
    assert words[2].startswith(needed)
    assert words[2].endswith("Type: recovery checkin morning=…")
    person.waits(minutes=30)
    assert needed in person.types("checkin", "pain=1").out
    assert row(person, "Open").startswith(needed)
    assert person.json("checkin", "pain=1")["needed"][0].startswith(needed)

    assert needed not in person.types("checkin", "morning=2").out
    assert "getting up" not in person.types("status").out
    assert person.types("explain", "motion").out.startswith(
        "Easy movement: not now\n  every day 2 h after getting up\n  it is on until 09:15"
    )


def completing(person: Person) -> str:
    """What a check-in at 05:40, before anybody is awake, says that completes the ice of the days before."""
    person.starts("start", *RICE, "--onset", "47h ago")
    person.types("checkin", "pain=5", "swelling=2")
    person.waits(hours=13)
    return person.types("checkin", "pain=1", "swelling=0").out


def test_a_check_in_says_what_it_completes_and_what_follows(person: Person) -> None:
    assert completing(person) == (
        "Noted: pain 1, swelling 0.\n"
        "Rest, ice, compression and elevation: completed. What usually follows: recovery start contrast\n"
    )
    shown = [fact for fact in person.lines("log", "--all") if fact["kind"] == "delivered"]
    (completed,) = [fact for fact in person.lines("log", "--all") if fact["kind"] == "completed"]
    assert completed["seq"] in [fact["data"]["seq"] for fact in shown]
    person.waits(hours=3)
    assert "completed" not in person.types("status", status=3).err, "it is told once"


def test_undo_says_which_correction_it_takes_back(person: Person) -> None:
    person.starts()
    for word in ("side=right", "grade=1", 'onset="2026-11-21 10:00"'):
        person.types("correct", word.replace('"', ""))

    words = [person.types("undo").out.splitlines()[0] for _ in range(3)]

    assert words == [
        "Taken back in strain-1: corrected injured Sat 21 Nov 10:00, 16:40.",
        "Taken back in strain-1: corrected grade I, 16:40.",
        "Taken back in strain-1: corrected side right, 16:40.",
    ]


def test_conditions_are_told_in_words(person: Person) -> None:
    person.starts("start", *CONTRAST, "--onset", "5d ago", "--set", "tens=yes")
    person.types("checkin", "pain=5", "swelling=2")
    pages = [
        person.types("begin", "tens", status=1).err,
        person.types("begin", "warm", status=1).err,
        person.types("advance", status=1).err,
        person.types("status").out,
        person.types("log", "--all").out,
    ]

    for page in pages:
        assert "<=" not in page
        assert "==" not in page
        assert "injury+" not in page
    needs = person.json("status")["episodes"][0]["phase"]["gate"]["needs"]
    assert any("==" in need["condition"] or "<=" in need["condition"] for need in needs)


def test_a_pack_that_was_only_assumed_is_disowned_after_the_next_start(person: Person) -> None:
    person.starts("start", *RICE, "--onset", "1h ago")
    person.waits(minutes=21)
    assert "say so after the next start: recovery skip ice" in person.types("stop").out
    person.starts("start", *RICE, "--onset", "1h ago")
    refused = person.types("begin", "ice", status=1).err
    assert "if it did not happen, say so first: recovery skip ice\n" in refused

    assert person.types("skip", "ice").out == "Ice of rice-1, 16:40: skipped; it does not count.\n"

    (skipped,) = [fact for fact in person.lines("log", "--all") if fact["kind"] == "skipped"]
    assert (skipped["episode"], skipped["by"]) == ("rice-1", "person")
    assert row(person, "Now").startswith("Ice: 20 min left, until 17:21")
    assert ": whole, " in person.types("store", "check").out


def test_what_was_said_to_be_on_is_not_disowned_after_a_stop(person: Person) -> None:
    person.starts("start", *RICE, "--onset", "1h ago")
    person.types("begin", "ice")
    person.waits(minutes=21)
    assert "only assumed" not in person.types("stop").out
    person.starts("start", *RICE, "--onset", "1h ago")

    assert "rice-1" not in person.types("skip", "ice").out

    assert person.types("begin", "ice", status=1).err.startswith("Error: not now: 1 h after the last session")


def test_an_assumed_pack_is_disowned_only_while_it_is_the_last(person: Person) -> None:
    person.starts("start", *RICE, "--onset", "1h ago")
    person.waits(minutes=21)
    person.types("stop")
    person.starts("start", *RICE, "--onset", "1h ago")
    person.waits(hours=1, minutes=5)
    person.types("begin", "ice")
    person.waits(minutes=20)
    person.types("end", "ice")

    assert "rice-1" not in person.types("skip", "ice").out
