"""What a person says they do, and what they are told when it cannot be."""

import pytest

from tests.cli.conftest import Person
from tests.profile import ICE, protocol


def accepted(person: Person, *arguments: str) -> str:
    answer = person.json(*arguments)
    assert answer == {"v": 1, "episode": "strain-1", "accepted": True, "message": answer["message"]}
    message: str = answer["message"]
    return message


def test_a_check_in_is_noted_and_counts(patient: Person) -> None:
    ran = patient.types("checkin", "pain=4", "swelling=slight")
    assert ran.out == "Noted: pain 4, swelling 1.\n"
    assert ran.err == "No daemon is running, so no reminders come: recovery daemon start\n"

    needs = patient.json("status")["episodes"][0]["phase"]["gate"]["needs"]
    assert any(need["value"].startswith("swelling 1") for need in needs)


def test_a_check_in_can_be_back_dated(patient: Person) -> None:
    out = patient.types("checkin", "pain=6", "--at", "yesterday 20:00").out
    assert out == "Noted: pain 6, yesterday 20:00.\n"
    (fact,) = [fact for fact in patient.lines("log", "--all") if fact["kind"] == "answered"]
    assert fact["at"] == "2026-11-22T19:00:00.000+00:00"
    assert fact["recorded_at"] == "2026-11-23T15:40:00.000+00:00"


@pytest.mark.parametrize(
    ("arguments", "says", "status"),
    [
        (["pain=11"], "Error: pain is a whole number from 0 to 10, not '11'", 2),
        (["mood=1"], "Error: strain does not ask for 'mood'\n  strain asks for pain, swelling", 2),
        (["pian=1"], "Error: strain does not ask for 'pian'\n  did you mean 'pain'?", 2),
        (
            ["limp=1"],
            "Error: strain does not ask for 'limp'\n  a sign is reported by recovery flag limping",
            2,
        ),
        (["pain=1", "pain=2"], "Error: one thing is answered twice", 2),
        (["pain"], "Error: 'pain' is not an answer\n  write NAME=VALUE, such as pain=4", 2),
        (["=4"], "Error: '=4' is not an answer", 2),
        ([], "Error: no answers given\n  write for instance: recovery checkin pain=… swelling=…", 2),
        (["pain=1", "--at", "soon"], "Error: --at: 'soon' is not a time that I know; write", 2),
        (["pain=1", "--at", "in 1h"], "Error: that is in the future", 1),
        (["pain=1", "--at", "48h ago"], "Error: not now: that is before the injury", 1),
    ],
)
def test_a_wrong_check_in_says_what_is_right(
    patient: Person, arguments: list[str], says: str, status: int
) -> None:
    assert patient.types("checkin", *arguments, status=status).err.startswith(says)
    assert "answered" not in {fact["kind"] for fact in patient.lines("log", "--all")}


def test_a_check_in_tells_the_alert_that_it_raises(patient: Person) -> None:
    out = patient.types("checkin", "pain=9").out
    assert out.startswith("Noted: pain 9.\nSee somebody today: ")


def test_begin_and_end_set_what_really_happened(patient: Person) -> None:
    patient.waits(minutes=5)
    assert accepted(patient, "begin").endswith("20 min, until 17:05.")
    on = patient.json("status")["episodes"][0]["now"]
    assert (on["assumed"], on["ends_at"]) == (False, "2026-11-23T17:05:00+01:00")

    patient.waits(minutes=18)
    assert accepted(patient, "end") == "Ice ended after 18 min."
    assert patient.json("status")["episodes"][0]["now"] is None
    assert patient.json("next")["next"][0]["at"] == "2026-11-23T19:03:00+01:00", "counted from the real end"


def test_an_end_told_later_counts_from_when_it_was(patient: Person) -> None:
    patient.waits(hours=1)
    assert accepted(patient, "end", "ice", "--at", "16:55") == "Ice ended after 15 min."
    assert "Ice has ended already" in patient.types("end", "ice", status=1).err
    assert patient.json("next")["next"][0]["at"] == "2026-11-23T18:55:00+01:00"


def test_a_refused_act_says_why_and_the_earliest(patient: Person) -> None:
    patient.types("end")
    ran = patient.types("begin", "ice", status=1)
    assert ran.out == ""
    assert ran.err.startswith("Error: not now: 1 h after the last session, which ended 16:40: ")
    assert ran.err.endswith("\n  earliest 17:40\n")

    refused = patient.json("begin", "ice", status=1)
    assert refused == {
        "v": 1,
        "episode": "strain-1",
        "accepted": False,
        "reason": refused["reason"],
        "earliest": "2026-11-23T17:40:00+01:00",
    }
    assert refused["reason"].startswith("1 h after the last session")


def test_stopping_and_starting_anew_gets_round_no_limit(patient: Person) -> None:
    patient.types("end")
    patient.types("stop")
    patient.starts(
        "start", "rice", "--onset", "2h ago", "--side", "left", "--screen", "none", "--signs", "none"
    )

    assert patient.json("status")["episodes"][0]["now"] is None
    assert "earliest 17:40" in patient.types("begin", "ice", status=1).err


def test_done_skip_and_snooze(patient: Person) -> None:
    assert accepted(patient, "done", "elevate").endswith("done.")
    assert "nothing is waiting" in patient.types("done", "elevate", status=1).err
    assert accepted(patient, "snooze", "ice", "--for", "20min") == "Ice: again 17:00."
    assert accepted(patient, "skip", "ice", "--because", "in a meeting") == "Ice, 16:40: skipped."
    skipped = [fact for fact in patient.lines("log") if fact["kind"] == "skipped"]
    assert skipped[0]["data"]["reason"] == "in a meeting"


def test_a_snooze_out_of_the_limits_is_refused(patient: Person) -> None:
    err = patient.types("snooze", "ice", "--for", "2d", status=1).err
    assert err.startswith("Error: it cannot be put off until Wed 25 Nov 16:40")


def test_an_unknown_activity_is_told_those_there_are(patient: Person) -> None:
    err = patient.types("begin", "yoga", status=1).err
    assert err == "Error: no activity 'yoga' of that kind in phase rice; there are: ice\n"


def test_pause_and_resume(patient: Person) -> None:
    assert accepted(patient, "pause", "--for", "2h").startswith("Paused until 18:40.")
    assert "Paused   until 18:40; no reminders come" in patient.types("status").out
    episode = patient.json("status")["episodes"][0]
    assert (episode["state"], episode["paused_until"]) == ("paused", "2026-11-23T18:40:00+01:00")
    assert accepted(patient, "resume") == "Reminders are on again."
    assert patient.types("resume", status=1).err == "Error: strain-1 is not paused\n"
    assert accepted(patient, "pause", "--until", "tomorrow 08:00").startswith("Paused until tomorrow 08:00.")


def test_a_pause_has_one_end(patient: Person) -> None:
    err = patient.types("pause", "--for", "1h", "--until", "20:00", status=2).err
    assert err.startswith("Error: --for and --until do not go together")
    assert patient.types("pause", "--until", "noonish", status=2).err.startswith("Error: --until: ")


def test_advance_needs_its_time_what_is_known_and_a_word(patient: Person) -> None:
    for _ in range(3):
        err = patient.types("advance", "--because", "x", status=1).err
        assert "No word passes that" in err
        assert "earliest tomorrow 18:00" in err
    patient.types("checkin", "pain=6", "swelling=2")
    patient.waits(hours=49)
    patient.types("checkin", "pain=6", "swelling=2")
    assert '--because "your reason"' in patient.types("advance", status=1).err
    assert "needs a name" in patient.types("advance", "--by", " ", "--on", "2026-11-25", status=1).err
    words = accepted(patient, "advance", "--by", "Dr. Meyer")
    assert ": whole, " in patient.types("store", "check").out
    assert "Cold and warm in turn" in words
    assert "on the word of Dr. Meyer" in patient.types("status").out
    phase = patient.json("status")["episodes"][0]["phase"]
    assert (phase["id"], phase["word"]["by"]) == ("contrast", "Dr. Meyer")
    assert accepted(patient, "step-back", "--because", "worse").startswith("Back in: Rest, ice")
    assert patient.types("step-back", status=1).err == "Error: this is the first phase\n"


def test_a_check_in_that_opens_the_gate_says_where_one_is_now(person: Person) -> None:
    text = protocol(ICE.format(length="20min")).replace("min: 1d", "min: 0d")
    second = text[text.index("  - id: only") :].replace("only", "second").replace("Only phase", "Second")
    second = second.replace("min: 0d", "min: 1d")
    person.starts("start", person.file(text + second), "--onset", "1h ago")
    person.types("end")

    assert person.types("checkin", "pain=2").out == "Noted: pain 2.\nYou are now in: Second.\n"


def test_stop_ends_for_good_and_keeps_the_record(patient: Person) -> None:
    assert accepted(patient, "stop", "--because", "healed").startswith("strain-1 is stopped.")
    assert patient.types("resume", status=3)
    assert patient.types("stop", "-e", "strain-1", status=3).err.startswith(
        "Error: no active episode 'strain-1'"
    )
    assert "stopped" in patient.types("log").out


@pytest.mark.usefixtures("german")
@pytest.mark.parametrize("words", [("Schmerz=4", "schwellung=leicht"), ("pain=4", "swelling=slight")])
def test_answers_are_given_and_shown_in_the_words_of_the_person(
    patient: Person, words: tuple[str, str]
) -> None:
    assert patient.types("checkin", *words).out == "Notiert: Schmerz 4, Schwellung 1.\n"
    assert "Schmerz 4, Schwellung 1" in patient.types("log").out
    assert "Schwellung gleich 0 (Schwellung 1" in patient.types("status").out
    assert "Schmerz ist eine ganze Zahl von 0 bis 10" in patient.tries("checkin", "schmerz=x")


# An evening ------------------------------------------------------------------------------------------

EVENING = ("start", "rice", "--onset", "5min ago", "--side", "left", "--screen", "none", "--signs", "none")


def test_who_is_up_late_puts_off_the_bedtime(person: Person) -> None:
    person.waits(hours=6, minutes=15)
    person.starts(*EVENING)
    (episode,) = person.json("status")["episodes"]
    assert episode["now"] is None
    person.starts("start", "sitting", "--side", "left", "--screen", "none", "--signs", "none")
    out = person.types("up-until", "00:30").out
    assert "You are up until tomorrow 00:30; nothing goes on after that." in out
    assert person.json("status")["episodes"][0]["now"]["ends_at"] == "2026-11-23T23:15:00+01:00"
    assert "put off already" in person.types("up-until", "00:45", status=1).err
    assert person.types("up-until", status=2).err
    assert "until tomorrow 00:30" in person.types("log").out


def test_a_start_may_say_until_when_one_is_up(person: Person) -> None:
    person.waits(hours=6, minutes=15)
    refused = person.types(*EVENING, "--no-daemon", "--up-until", "12:00", status=1)
    assert "bedtime is 23:00" in refused.err
    assert person.json("status", status=3)["episodes"] == []
    person.starts(*EVENING, "--up-until", "00:30")
    assert person.json("status")["episodes"][0]["now"]["activity"] == "ice"


def test_a_simulated_person_is_up_late(person: Person) -> None:
    line = '{"at": "2026-11-23T22:56+01:00", "do": "up-until", "until": "00:30"}'
    script = person.file(f"{line}\n", "late.jsonl")
    when = ("--onset", "2026-11-23T22:55", "--timezone", "Europe/Berlin", "--for", "1d")
    events = person.lines("simulate", "rice", *when, "--answers", script)
    sessions = [each["at"][11:16] for each in events if each["event"] == "session_start"]
    assert sessions[0] == "22:56"
    assert "07:00" <= sessions[1] < "07:30"
