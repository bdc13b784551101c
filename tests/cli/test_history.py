"""`log` and `undo`."""

import pytest

from tests.cli.conftest import STRAIN, Person


def test_the_log_tells_what_happened_oldest_first(patient: Person) -> None:
    patient.types("checkin", "pain=4")
    lines = patient.types("log").out.splitlines()

    assert lines[0].split() == ["when", "episode", "what"]
    assert "started" in lines[1]
    assert lines[1].startswith("Mon 23 Nov 16:40:00  strain-1  started")
    assert lines[-1].split()[-2:] == ["pain", "4"]


def test_the_log_as_json_has_a_fact_a_line(patient: Person) -> None:
    facts = patient.lines("log", "--all")

    assert [fact["seq"] for fact in facts] == list(range(1, len(facts) + 1))
    assert set(facts[0]) == {"v", "seq", "episode", "at", "recorded_at", "kind", "by", "data"}
    assert (facts[0]["kind"], facts[0]["by"], facts[0]["at"]) == (
        "started",
        "person",
        "2026-11-23T15:40:00.000+00:00",
    )


def test_the_log_can_be_cut_to_the_newest(patient: Person) -> None:
    everything = patient.lines("log", "--all")
    assert patient.lines("log", "-n", "2") == everything[-2:]
    assert patient.lines("log", "--episode", "strain-1", "--all") == everything


def test_the_log_of_nobody(person: Person) -> None:
    assert person.types("log", status=3).err.startswith("Error: no episode is active")
    assert person.types("undo", status=3).err.startswith("Error: no episode is active")


def test_the_log_of_an_unknown_episode(patient: Person) -> None:
    assert patient.types("log", "-e", "rice-1", status=3).err == (
        "Error: no episode 'rice-1'\n  known: strain-1\n"
    )


def test_undo_takes_back_the_last_thing_entered(patient: Person) -> None:
    patient.waits(seconds=1)
    patient.types("checkin", "pain=4")
    patient.waits(seconds=1)
    patient.types("checkin", "swelling=1")
    assert patient.types("undo").out.startswith("Taken back in strain-1: answered swelling 1, 16:40.\n")
    values = {need["value"] for need in patient.json("status")["episodes"][0]["phase"]["gate"]["needs"]}
    assert "swelling not told yet" in values
    assert any(value.startswith("pain 4") for value in values)


def test_a_pack_whose_begin_is_taken_back_still_binds(patient: Person) -> None:
    patient.types("begin", "ice")
    patient.waits(minutes=21)
    out = patient.types("undo").out
    assert "The session still counts for the limits" in out
    assert "1 h after the last session" in patient.types("begin", "ice", status=1).err
    patient.types("store", "check")


def test_undo_takes_one_command_back_at_a_time(patient: Person) -> None:
    """Two about the same moment, the second to correct the first, are two."""
    patient.types("checkin", "pain=4", "--at", "yesterday 20:00")
    patient.waits(minutes=1)
    patient.types("checkin", "pain=5", "--at", "yesterday 20:00")
    patient.types("undo")

    undone = {fact["data"]["seq"] for fact in patient.lines("log") if fact["kind"] == "undone"}
    answers = {
        fact["seq"]: fact["data"]["values"]["pain"]
        for fact in patient.lines("log")
        if fact["kind"] == "answered"
    }
    assert [answers[seq] for seq in undone] == [5]


def test_undo_takes_a_whole_command_back(patient: Person) -> None:
    patient.types("done", "ice")
    on = patient.json("status")["episodes"][0]["now"]
    assert on is None
    patient.waits(seconds=5)
    answer = patient.json("undo")
    assert (answer["v"], answer["episode"], answer["kind"]) == (1, "strain-1", "done")
    assert patient.json("status")["episodes"][0]["now"]["activity"] == "ice"


def test_a_start_can_be_taken_back_straight_after_it(patient: Person) -> None:
    words = patient.types("undo").out
    assert words == "Taken back: the start of strain-1, 16:40. Nothing reminds of it any more.\n"
    assert patient.types("status", status=3).err.startswith("Error: no episode is active")
    assert patient.types("undo", status=1).err == "Error: there is nothing to take back\n"
    assert "taken back" in patient.types("log").out

    patient.waits(minutes=1)
    patient.starts(*STRAIN, "--grade", "1")
    (episode,) = patient.json("status")["episodes"]
    assert (episode["id"], episode["grade"]) == ("strain-2", "I")
    assert episode["now"]["activity"] == "ice", "the pack of the mistaken start was never on"


def test_an_old_start_is_stopped_and_not_taken_back(patient: Person) -> None:
    patient.waits(hours=13)
    err = patient.types("undo", status=1).err
    assert err.startswith("Error: only the start of strain-1 is left, which can be taken back for 12 h only")
    assert "recovery stop --episode strain-1" in err
    assert patient.json("status")["episodes"][0]["state"] == "active"


@pytest.mark.parametrize("said", ["begin", "end", "done"])
def test_a_start_stands_once_a_pack_was_said_to_be_on(patient: Person, said: str) -> None:
    patient.waits(minutes=1)
    patient.types(said, "ice")
    patient.waits(minutes=1)
    patient.types("undo")
    err = patient.types("undo", status=1).err
    assert err.startswith("Error: only the start of strain-1 is left, and what was on the skin counts")
    assert "recovery stop --episode strain-1" in err
    assert patient.json("status")["episodes"][0]["id"] == "strain-1"


def test_what_was_entered_after_the_start_is_taken_back_first(patient: Person) -> None:
    patient.waits(minutes=1)
    patient.types("checkin", "pain=5")
    assert patient.json("undo")["kind"] == "answered"
    assert patient.json("undo")["kind"] == "started"


def test_undo_takes_back_the_phase_that_an_answer_opened(person: Person) -> None:
    person.starts(*STRAIN, "--onset", "60h ago")
    for answers in (["pain=7", "swelling=3"], ["pain=4", "swelling=1"]):
        person.waits(minutes=1)
        person.types("checkin", *answers)
    assert person.json("status")["episodes"][0]["phase"]["id"] == "contrast"

    assert "You are in: Rest" in person.types("undo").out
    assert person.json("status")["episodes"][0]["phase"]["id"] == "rice"


def test_a_stop_can_be_taken_back(patient: Person) -> None:
    patient.types("stop")
    patient.types("undo")
    assert patient.json("status")["episodes"][0]["state"] == "active"


def test_what_was_taken_back_stays_in_the_log(patient: Person) -> None:
    patient.types("checkin", "pain=4")
    patient.types("undo")
    kinds = [fact["kind"] for fact in patient.lines("log")]

    assert kinds[-2:] == ["answered", "undone"]
