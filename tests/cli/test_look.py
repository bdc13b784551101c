"""`status`, `next`, `agenda`, `explain`: text for people, JSON for programs."""

import pytest

from recovery.cli.render_text import status_page as _  # noqa: F401  # what is tested here, by its effect
from tests.cli.conftest import STRAIN, Person

COMMANDS = (
    "status",
    "next",
    "agenda",
    "explain",
    "checkin",
    "begin",
    "end",
    "done",
    "skip",
    "snooze",
    "pause",
)

SCREEN = (
    "raynaud", "skin", "circulation", "diabetes", "heart", "blood-pressure", "bleeding", "clot", "fever", "cancer",
    "heat-reaction", "pregnant", "implant", "injection", "hip-replacement", "unclear",
)  # fmt: skip


def test_status_json_field_by_field(patient: Person) -> None:
    answer = patient.json("status")
    (episode,) = answer.pop("episodes")

    assert answer == {
        "v": 1,
        "now": "2026-11-23T16:40:00+01:00",
        "daemon": {
            "running": False,
            "pid": None,
            "since": None,
            "notifier": None,
            "problem": None,
            "next_wakeup": None,
        },
    }
    phase, healing, on = episode.pop("phase"), episode.pop("healing"), episode.pop("now")
    coming, alerts, questions = episode.pop("next"), episode.pop("alerts"), episode.pop("questions")
    advice = episode.pop("advice")
    assert episode == {
        "id": "strain-1",
        "protocol": "strain",
        "version": "1.3.0",
        "grade": "II",
        "side": "left",
        "options": {"tens": "no"},
        "screen": dict.fromkeys(SCREEN, "no"),
        "onset": "2026-11-22T18:00:00+01:00",
        "state": "active",
        "paused_until": None,
        "released": {},
        "waits_for_release": [],
    }
    assert [question["id"] for question in questions] == ["pain", "swelling"]
    assert [each["id"] for each in advice] == ["rest", "naps", "pain-relief", "harm"]
    assert set(advice[0]) == {"id", "title", "text"}
    assert "the weight on the left leg" in advice[0]["text"]
    gate = phase.pop("gate")
    assert phase == {
        "id": "rice",
        "title": "Rest, ice, compression, elevation",
        "entered_at": "2026-11-23T16:40:00+01:00",
        "day": 2,
        "step": None,
        "way_back": None,
    }
    needs = gate.pop("needs")
    assert gate == {
        "opens_earliest": "2026-11-23T18:00:00+01:00",
        "deadline": "2026-11-25T18:00:00+01:00",
        "offered": False,
    }
    assert needs[0] == {
        "condition": "24 h since the injury",
        "value": "in 1 h 20 min, 18:00",
        "state": "not met",
    }
    assert {need["state"] for need in needs} == {"not met", "unknown"}
    assert healing == {
        "earliest": "2026-12-20T18:00:00+01:00",
        "latest": "2027-01-17T18:00:00+01:00",
        "day": 2,
    }
    assert on == {
        "activity": "ice",
        "modality": "cold",
        "began_at": "2026-11-23T16:40:00+01:00",
        "ends_at": "2026-11-23T17:00:00+01:00",
        "assumed": True,
    }
    assert coming[0] == {
        "at": "2026-11-23T19:00:00+01:00",
        "activity": "ice",
        "kind": "start",
        "title": "Ice",
        "seconds": 1200,
    }
    assert len(coming) == 3
    (alert,) = alerts
    assert alert["id"] == "flag/grade-ii" or alert["id"].startswith("flag/")
    assert (alert["level"], alert["at"]) == ("routine", "2026-11-23T16:40:00+01:00")
    assert alert["reason"]
    assert alert["suspends"] == []
    assert alert["source"]


def test_status_says_where_one_is_and_what_comes(patient: Person) -> None:
    lines = patient.types("status").out.splitlines()

    assert lines[0] == "Rest, ice, compression, elevation, day 2  (strain-1, grade II, left)"
    assert any(line.startswith("Then     Next phase Cold and warm in turn begins when:") for line in lines)
    assert "         ✗ 24 h since the injury (in 1 h 20 min, 18:00)" in lines
    assert any(
        line.startswith("Now      Ice: 20 min left, until 17:00 (assumed on since 16:40") for line in lines
    )
    assert "Next     19:00  Ice, 20 min" in lines
    assert any("usually healed between Sun 20 Dec 2026 and Sun 17 Jan 2027" in line for line in lines)
    assert lines[-1] == "Daemon   not running, so no reminders come: recovery daemon start"


def test_untold_cues_are_told_once_and_not_among_the_output(person: Person) -> None:
    person.starts()
    first = person.types("next")
    assert "Not shown on the desktop:\n  16:40  " in first.err
    assert "Cold pack on" in first.err
    assert "Cold pack" not in first.out
    assert person.types("next").err == "No daemon is running, so no reminders come: recovery daemon start\n"

    person.waits(minutes=21)
    assert "17:00  Ice: stop" in person.types("status").err


def test_json_is_not_spoilt_by_untold_cues_and_leaves_them_for_a_person(person: Person) -> None:
    person.starts()
    assert person.types("status", "--json").err == ""
    assert "Cold pack on" in person.types("status").err


def test_what_an_episode_had_to_tell_at_its_end_is_told_after_it(patient: Person) -> None:
    patient.types("stop")
    patient.waits(minutes=21)
    ended = patient.types("status", status=3)

    assert "Ice: stop" in ended.err
    assert "no episode is active" in ended.err


def test_next_gives_as_many_as_are_asked_for(patient: Person) -> None:
    answer = patient.json("next", "-n", "7")

    assert (answer["v"], answer["episode"], len(answer["next"])) == (1, "strain-1", 7)
    assert [cue["at"] for cue in answer["next"]] == sorted(cue["at"] for cue in answer["next"])
    assert len(patient.types("next").out.splitlines()) == 3


def test_agenda_is_today_and_tomorrow(patient: Person) -> None:
    days = {cue["at"][:10] for cue in patient.json("agenda")["agenda"]}
    assert days == {"2026-11-23", "2026-11-24"}

    out = patient.types("agenda").out
    assert "Mon 23 Nov" in out
    assert "today" in out
    assert "  19:00     to 19:20  Ice" in out
    assert out.index("tomorrow") > out.index("today")


def test_explain_says_why(patient: Person) -> None:
    patient.types("end", "ice")
    out = patient.types("explain", "ice").out

    assert "Ice: 18:40" in out
    assert "2 h after the last one ended" in out
    assert "counted from 16:40" in out
    assert "sources: " in out
    (answer,) = patient.json("explain", "ice")["explained"]
    assert answer["activity"] == "ice"
    assert answer["at"] == "2026-11-23T18:40:00+01:00"
    assert set(answer) == {"activity", "title", "at", "reasons", "sources"}


def test_the_tip_of_the_day_is_in_the_status_and_all_advice_in_what_is_explained(patient: Person) -> None:
    first, *others = patient.json("status")["episodes"][0]["advice"]
    status, explained = patient.types("status").out, patient.types("explain").out

    assert f"Tip      {first['text']} (1 of 4: recovery explain)" in status
    assert not [each for each in others if each["text"] in status]
    assert f"  Rest: {first['text']}  [seed:176]" in explained
    assert all(f"  {each['title']}: {each['text']}" in explained for each in others)
    assert patient.json("explain")["advice"] == [first, *others]
    assert "advice" not in patient.json("explain", "ice")


def test_explain_says_what_is_withheld(patient: Person) -> None:
    patient.waits(days=2)
    (answer,) = patient.json("explain", "ice")["explained"]

    assert answer["at"] is None
    assert any("48 h after the injury" in reason for reason in answer["reasons"])


def test_explaining_what_is_not_there_is_status_3(patient: Person) -> None:
    err = patient.types("explain", "yoga", status=3).err
    assert err.startswith("Error: no timed activity 'yoga' in phase rice")


def test_explaining_what_the_screening_left_out_says_why(patient: Person) -> None:
    patient.types("screen", "raynaud=yes")
    err = patient.types("explain", "ice", status=3).err
    assert err.startswith("Error: ice is left out: ")
    assert "because of a bad reaction to cold; if that is no longer so: recovery screen raynaud=no" in err


@pytest.mark.parametrize("command", COMMANDS)
def test_without_an_episode_every_command_says_how_to_begin_one(person: Person, command: str) -> None:
    arguments = [command, "pain=1"] if command == "checkin" else [command]
    ran = person.types(*arguments, status=3)

    assert ran.err.startswith("Error: no episode is active\n  recovery start strain ")
    assert not person.home.exists(), "looking creates nothing"


def test_without_an_episode_status_json_is_whole_all_the_same(person: Person) -> None:
    answer = person.json("status", status=3)
    assert (answer["v"], answer["episodes"], answer["daemon"]["running"]) == (1, [], False)


def test_several_episodes_have_to_be_told_apart(patient: Person) -> None:
    patient.starts(*STRAIN[:-1], "right")
    err = patient.types("pause", status=2).err

    assert err == "Error: several episodes are active: strain-1, strain-2\n  say which: --episode ID\n"
    assert "'strain-9'" in patient.types("pause", "--episode", "strain-9", status=3).err


@pytest.mark.parametrize("command", ["begin", "end", "done"])
def test_of_several_episodes_the_only_one_that_can_be_meant_is(patient: Person, command: str) -> None:
    patient.starts(*STRAIN[:-1], "right")
    assert patient.types(command).out.startswith("strain-1: "), "its ice is on"


@pytest.mark.parametrize("command", ["skip", "snooze"])
def test_the_ice_of_the_left_and_lying_down_on_the_right_may_both_be_meant(
    patient: Person, command: str
) -> None:
    patient.starts(*STRAIN[:-1], "right")
    assert "say which: --episode ID" in patient.types(command, status=2).err
    assert patient.types(command, "-e", "strain-1").out


def test_a_checkin_is_for_the_only_one_that_asks(patient: Person) -> None:
    patient.starts("start", "sitting", "--side", "right", "--screen", "none", "--signs", "none")
    assert patient.types("checkin", "pain=4").out.startswith("strain-1: ")
    assert patient.types("pause", "--for", "1h", status=2)


def test_several_episodes_are_all_looked_at(patient: Person) -> None:
    patient.starts(*STRAIN[:-1], "right")
    out = patient.types("status").out
    assert "(strain-1, grade II, left)" in out
    assert "(strain-2, grade II, right)" in out
    assert [each["episode"] for each in patient.lines("next")] == ["strain-1", "strain-2"]
    assert "strain-2" not in patient.types("status", "-e", "strain-1").out


def test_an_episode_that_is_over_can_still_be_looked_at(person: Person) -> None:
    person.starts()
    person.types("stop")
    assert person.json("status", "--episode", "strain-1")["episodes"][0]["state"] == "stopped"
    assert "Recovery from a muscle strain: stopped" in person.types("status", "-e", "strain-1").out


# Questions of the day ----------------------------------------------------------------------------------


def test_status_shows_an_open_question_and_what_waits_for_it(patient: Person) -> None:
    assert [question["id"] for question in patient.json("status")["episodes"][0]["questions"]] == [
        "pain",
        "swelling",
    ]

    words = patient.types("checkin", "pain=4").out

    (question,) = patient.json("status")["episodes"][0]["questions"]
    assert (question["id"], question["activity"]) == ("swelling", "look")
    assert question["needed_for"]
    what = ", ".join(question["needed_for"])
    needed = f"Still needed for {what}: {question['ask']} Type: recovery checkin swelling=…"
    assert words == f"Noted: pain 4.\n{needed}\n"
    assert needed in patient.types("status").out

    assert patient.types("checkin", "swelling=1").out == "Noted: swelling 1.\n"
    assert patient.json("status")["episodes"][0]["questions"] == []
    assert "Still needed" not in patient.types("status").out


def test_a_habit_rests_beside_a_fresh_injury_and_says_so(patient: Person) -> None:
    patient.starts("start", "sitting", "--side", "right", "--screen", "none", "--signs", "none")
    strain, sitting = patient.json("status")["episodes"]
    assert "rests" not in strain
    assert sitting["rests"] == [
        (
            'no posture beside "Lie down, hip raised": '
            "While you rest a fresh injury, you are not told to stand up. (strain-1)"
        )
    ]
    assert 'Rests    no posture beside "Lie down, hip raised"' in patient.types("status").out
    assert patient.json("agenda", "-e", "sitting-1")["agenda"] == []
    assert "no posture beside" in patient.types("explain", "stand", "-e", "sitting-1").out.replace("\n", " ")
