"""`recovery correct`: what was said at the start, put right."""

from typing import Any

import pytest

from tests.cli.conftest import STRAIN, Person


def episode_of(person: Person) -> Any:
    (episode,) = person.json("status")["episodes"]
    return episode


def test_the_grade_is_put_right_with_all_that_follows_from_it(patient: Person) -> None:
    before = episode_of(patient)
    out = patient.types("correct", "grade=1").out

    assert out.startswith("Corrected: grade I instead of II. What was done stays.")
    after = episode_of(patient)
    assert (after["id"], after["grade"], after["onset"]) == ("strain-1", "I", before["onset"])
    assert after["healing"]["latest"] < before["healing"]["latest"]
    assert after["now"] == before["now"], "the pack that is on stays on"
    assert "corrected" in patient.types("log").out
    assert "setback" not in {fact["kind"] for fact in patient.lines("log", "--all")}
    assert patient.types("store", "check").out


def test_the_limits_count_from_the_corrected_injury(patient: Person) -> None:
    patient.types("end")
    patient.waits(hours=1, minutes=5)
    assert patient.types("explain", "ice").out.startswith("Ice: 18:40\n")
    out = patient.types("correct", "onset=2026-11-21 12:00", "--because", "it was the day before").out

    assert "injury Sat 21 Nov 12:00 instead of yesterday 18:00" in out
    assert episode_of(patient)["onset"] == "2026-11-21T12:00:00+01:00"
    assert "No ice later than 48 hours after the injury" in patient.types("begin", "ice", status=1).err


def test_a_pack_that_is_on_and_would_be_forbidden_is_to_be_taken_off(patient: Person) -> None:
    patient.types("begin")
    out = patient.types("correct", "onset=2026-11-20 12:00").out
    assert "Ice is on: end it now, recovery end." in out
    assert patient.types("end").out


def test_a_phase_that_was_entered_too_early_is_left_again(person: Person) -> None:
    person.starts(*STRAIN, "--onset", "3d ago")
    for answers in (["pain=7", "swelling=3"], ["pain=4", "swelling=1"]):
        person.waits(minutes=1)
        person.types("checkin", *answers)
    assert episode_of(person)["phase"]["id"] == "contrast"
    person.waits(minutes=1)
    out = person.types("correct", "onset=5h ago", "side=right").out

    assert "side right instead of left" in out
    assert "Back in: Rest, ice, compression, elevation." in out
    after = episode_of(person)
    assert (after["phase"]["id"], after["side"]) == ("rice", "right")
    assert after["phase"]["gate"]["opens_earliest"] > "2026-11-24"
    assert "warm" in person.types("begin", "warm", status=1).err

    assert person.json("undo")["kind"] == "corrected"
    after = episode_of(person)
    assert (after["phase"]["id"], after["side"]) == ("contrast", "left")


def test_what_waits_for_a_release_is_ended_by_no_correction_but_with_what_was_mistyped(
    person: Person,
) -> None:
    person.starts(*STRAIN, "--grade", "2")
    person.waits(minutes=1)
    person.types("correct", "grade=3")
    assert [alert["id"] for alert in episode_of(person)["alerts"]] == ["flag/grade-iii"]
    person.waits(minutes=1)
    person.types("correct", "grade=2")
    assert "flag/grade-iii" in [alert["id"] for alert in episode_of(person)["alerts"]]
    person.types("undo")
    person.types("undo")
    after = episode_of(person)
    assert after["grade"] == "II"
    assert [alert["id"] for alert in after["alerts"]] == ["flag/grade-ii"]


def test_an_option_is_put_right(person: Person) -> None:
    person.starts("start", "trigger-point", "--side", "left", "--screen", "none", "--signs", "none")
    assert "muscle piriformis instead of gluteus-medius" in person.types("correct", "muscle=piriformis").out
    assert episode_of(person)["options"]["muscle"] == "piriformis"


@pytest.mark.parametrize(
    ("words", "says", "status"),
    [
        ([], "say what is to be put right: ", 1),
        (["grade=4"], "--grade: '4' is not a grade", 2),
        (["grade=unsure"], "grade is one of I, II, III, not 'unsure'", 1),
        (["grade"], "'grade' is not a correction", 2),
        (["grade=1", "grade=2"], "recovery correct: grade is answered twice", 2),
        (["gradd=1"], "recovery correct: nothing is called 'gradd'", 2),
        (["side=up"], "side is one of left, right, both, not 'up'", 1),
        (["onset=lately"], "onset: 'lately' is not a time that I know", 2),
        (["onset=in 2h"], "that is in the future", 1),
        (["onset=10min ago"], "that is after the start; recovery setback tells of a new injury", 1),
        (["grade=2"], "that is what it says already; nothing changes", 1),
        (["muscle=piriformis"], "recovery correct: nothing is called 'muscle'", 2),
    ],
)
def test_what_is_no_correction_is_told_and_changes_nothing(
    patient: Person, words: list[str], says: str, status: int
) -> None:
    patient.waits(hours=1)
    before = episode_of(patient)
    err = patient.types("correct", *words, status=status).err

    assert err.startswith(f"Error: {says}")
    after = episode_of(patient)
    assert [after[key] for key in ("grade", "side", "onset", "phase")] == [
        before[key] for key in ("grade", "side", "onset", "phase")
    ]


def test_a_side_on_which_the_same_runs_already_is_refused(patient: Person) -> None:
    patient.starts(*STRAIN[:-1], "right")
    err = patient.types("correct", "side=right", "-e", "strain-1", status=1).err
    assert err == "Error: strain-2 is active, and would be about the same injury\n"


def test_a_simulated_person_corrects_too(person: Person) -> None:
    answers = person.file(
        '{"at": "2026-11-23T18:00+01:00", "do": "correct", "grade": "I"}\n', "answers.jsonl"
    )
    events = person.lines(
        "simulate", "strain", "--grade", "2", "--side", "left", "--onset", "2026-11-23T16:00+01:00",
        "--timezone", "Europe/Berlin", "--for", "2d", "--answers", answers,
    )  # fmt: skip
    (answer,) = (event for event in events if event["event"] == "answer")
    assert "refused" not in answer
