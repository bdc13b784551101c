"""`recovery simulate`: the machine interface, and the preview for people."""

import io
import json
import sys
from typing import Any

import pytest

from tests.cli.conftest import ZONE, Person

RICE = ("simulate", "rice", "--onset", "2026-11-23T18:00+01:00", "--timezone", ZONE)


def test_each_line_is_an_event_in_order_of_time(person: Person) -> None:
    events = person.lines(*RICE, "--for", "3d")

    assert {event["v"] for event in events} == {1}
    assert [event["at"] for event in events] == sorted(event["at"] for event in events)
    assert events[0] == {
        "v": 1,
        "at": "2026-11-23T18:00:00+01:00",
        "event": "phase",
        "phase": "rice",
        "state": "entered",
        "reasons": [],
    }
    begins = [event for event in events if event["event"] == "session_start"]
    ends = [event for event in events if event["event"] == "session_end"]
    assert len(begins) == len(ends) > 5
    assert set(begins[0]) == {"v", "at", "event", "phase", "activity", "modality", "occurrence", "seconds"}
    assert set(ends[0]) == {*begins[0], "overrun_seconds"}
    assert not (person.home).exists(), "nothing is kept"


def test_for_says_how_long(person: Person) -> None:
    assert person.lines(*RICE, "--for", "6h")[-1]["at"] < "2026-11-24T00:00:00+01:00"


def test_a_quiet_time_is_kept(person: Person) -> None:
    often = (*RICE, "--choose", "ice=2h", "--for", "2d")
    plain = person.lines(*often)
    quiet = person.lines(*often, "--quiet", "11:00-13:30")
    silent = [at for at in (event["at"] for event in quiet) if "2026-11-24T11:00" <= at < "2026-11-24T13:30"]
    begun = [event["at"] for event in plain if event["event"] == "session_start"]
    assert any("2026-11-24T11:00" <= at < "2026-11-24T13:30" for at in begun), "without it something comes"
    assert [event for event in quiet if event["at"] in silent and event["event"] != "session_end"] == []


def test_working_hours_are_the_persons(person: Person) -> None:
    sitting = ("simulate", "sitting", "--onset", "2026-11-23T05:00", "--timezone", ZONE, "--for", "1d")
    events = [event["at"][11:16] for event in person.lines(*sitting, "--work", "10:00-12:00")
            if event["event"] == "reminder"]  # fmt: skip
    assert events
    assert all("10:00" <= clock < "12:00" for clock in events), events
    assert person.lines(*sitting, "--workdays", "sat") != person.lines(*sitting)


def test_answers_come_from_a_file(person: Person) -> None:
    path = person.file(
        '{"at": "2026-11-23T18:05", "do": "checkin", "pain": 6, "swelling": 2}\n'
        "\n"
        '{"at": "2026-11-23T18:30", "do": "begin", "activity": "ice"}\n',
        "answers.jsonl",
    )
    answers = [
        event for event in person.lines(*RICE, "--for", "1d", "--answers", path) if event["event"] == "answer"
    ]

    assert answers[0] == {
        "v": 1,
        "at": "2026-11-23T18:05:00+01:00",
        "event": "answer",
        "do": "checkin",
        "pain": 6,
        "swelling": 2,
    }
    assert answers[1]["refused"] is True
    assert answers[1]["reason"]
    assert answers[1]["earliest"] == "2026-11-23T19:20:00+01:00"


def test_answers_come_from_standard_input(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    line = {"at": "2026-11-23T18:05", "do": "stop"}
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(line)))
    events = person.lines(*RICE, "--answers", "-")

    assert any(event.get("do") == "stop" for event in events)
    assert events[-1]["at"] < "2026-11-23T18:30"


def test_all_bad_lines_are_told_with_file_and_line(person: Person) -> None:
    path = person.file(
        '{"at": "x", "do": "stop"}\nnonsense\n{"do": "fly"}\n{"at": "18:00", "do": "end"}\n', "a.jsonl"
    )
    err = person.types(*RICE, "--answers", path, status=2).err

    assert err.startswith(f"Error: {path}:1: 'x' is not a time that I know")
    assert f"\n{path}:2: not a JSON object\n" in err
    assert f"\n{path}:3: 'do' is 'fly'; it can be checkin," in err
    assert f"{path}:4" not in err


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--answers", "nowhere.jsonl"], "nowhere.jsonl: No such file or directory"),
        (["--answers", "-", "--persona", "steady"], "--answers and --persona do not go together"),
        (["--asleep", "tonight"], "--asleep: 'tonight' is not a span"),
        (["--asleep", "2026-11-24T07:00..2026-11-23T23:00"], "ends before it begins"),
        (["--start", "2026-11-22T18:00"], "--start is before --onset"),
        (["--for", "long"], "'long' is not a length of time"),
        (
            ["--persona", "hero"],
            "'hero' is not one of 'steady', 'slow', 'stuck', 'sloppy', 'silent', 'worse'",
        ),
    ],
)
def test_wrong_words_are_told(person: Person, options: list[str], says: str) -> None:
    status = 1 if "nowhere" in says else 2
    assert says in person.types(*RICE, *options, status=status).err


def test_a_machine_asleep_misses_and_says_so(person: Person) -> None:
    def events(*options: str) -> list[Any]:
        return person.lines(*RICE, "--for", "1d", *options)

    span = ("2026-11-24T08:00", "2026-11-24T13:00")
    asleep = events("--asleep", "..".join(span))
    assert not [event for event in asleep if span[0] < event["at"][:16] < span[1]]
    assert [event for event in asleep if event["event"] == "missed"]
    assert not [event for event in events() if event["event"] == "missed"]


def test_a_steady_person_completes(person: Person) -> None:
    events = person.lines(
        "simulate", "strain", "--onset", "2026-11-23T18:00", "--grade", "1", "--persona", "steady"
    )
    entered = [e["phase"] for e in events if e["event"] == "phase" and e["state"] == "entered"]

    assert entered == ["rice", "contrast", "loading", "return"]
    assert events[-1]["event"] == "completed"


def test_without_json_it_is_a_page_a_day(person: Person) -> None:
    lines = person.types(*RICE, "--for", "1d").out.splitlines()

    assert lines[:3] == [
        "Mon 23 Nov 2026",
        "  18:00  Phase rice begins",
        "  18:00  ice (cold): on for 20 min",
    ]
    assert "Tue 24 Nov 2026" in lines


JOURNEY = """
{"at": "2026-11-23T18:05", "do": "checkin", "pain": 6, "swelling": 2}
{"at": "2026-11-23T20:00", "do": "flag", "flag": "numb-below"}
{"at": "2026-11-23T20:01", "do": "flag", "flag": "numb-below"}
{"at": "2026-11-23T20:02", "do": "begin", "activity": "ice"}
{"at": "2026-11-24T08:00", "do": "clear", "flag": "numb-below"}
{"at": "2026-11-24T08:01", "do": "clear", "flag": "numb-below", "because": "a doctor has looked"}
{"at": "2026-11-24T11:00", "do": "screen", "raynaud": "yes"}
{"at": "2026-11-24T12:01", "do": "screen", "raynaud": "maybe"}
{"at": "2026-11-24T12:02", "do": "screen", "nope": "yes"}
{"at": "2026-11-25T12:00", "do": "screen", "raynaud": "no"}
{"at": "2026-11-26T09:00", "do": "checkin", "pain": 3, "swelling": 1}
{"at": "2026-11-27T09:00", "do": "setback", "onset": "2026-11-27T08:00", "grade": "III", "because": "slipped"}
{"at": "2026-11-27T10:00", "do": "checkin", "pain": 7, "swelling": 3}
{"at": "2026-11-28T10:00", "do": "tick", "psoas": "yes"}
{"at": "2026-11-28T11:00", "do": "flag", "flag": "nope"}
{"at": "2026-11-30T10:00", "do": "stop", "because": "enough"}
"""


def test_a_journey_with_a_red_flag_a_new_answer_and_a_setback(person: Person) -> None:
    path = person.file(JOURNEY, "journey.jsonl")
    arguments = ("--onset", "2026-11-23T18:00", "--grade", "2", "--timezone", ZONE, "--answers", path)
    events = person.lines("simulate", "strain", *arguments, "--choose", "ice=2h", "--for", "10d")
    refused = [(e["do"], e["reason"][:24]) for e in events if e.get("refused")]
    assert refused == [
        ("flag", "numb-below stands already"[:24]),
        ("begin", "a warning sign stands: Take off packs"[:24]),
        ("clear", 'say why: --because "a doctor'[:24]),
        ("screen", "raynaud is yes, no or agreed, not"[:24]),
        ("screen", "no screening question 'nope'"[:24]),
        ("tick", "nothing called 'psoas' on"[:24]),
        ("flag", "no warning sign 'nope' to report"[:24]),
    ]
    cold = [e["at"][:16] for e in events if e["event"] == "session_start" and e["modality"] == "cold"]
    assert cold[:4] == ["2026-11-23T18:00", "2026-11-24T08:01", "2026-11-24T10:21", "2026-11-25T12:00"], (
        "none while the flag stands or cold is forbidden"
    )
    assert "2026-11-27T09:55" in cold, "48 hours of ice begin anew with the setback, an hour after the pack"
    assert max(cold) < "2026-11-29T08:00"
    entered = [
        (e["at"][:16], e["phase"]) for e in events if e["event"] == "phase" and e["state"] == "entered"
    ]
    assert entered == [
        ("2026-11-23T18:00", "rice"),
        ("2026-11-26T09:00", "contrast"),
        ("2026-11-27T09:00", "rice"),
    ]
    alerts = [(e["at"][:16], e["level"]) for e in events if e["event"] == "alert"]
    assert ("2026-11-23T20:00", "urgent") in alerts
    assert ("2026-11-27T09:00", "urgent") in alerts, "grade III"
    assert events[-1]["at"] <= "2026-11-30T10:01"
    assert {event["v"] for event in events} == {1}

    page = person.types("simulate", "strain", *arguments, "--for", "10d").out
    assert "  20:00  See somebody today: Take off packs and bandages." in page
    assert "you: do=setback onset=2026-11-27T08:00 grade=III because=slipped" in page


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"at": "18:00", "do": "flag", "flag": 7}', "'flag' has to be text"),
        ('{"at": "18:00", "do": "flag", "id": "saddle"}', "'id' does not go with 'flag', which takes flag"),
        ('{"at": "18:00", "do": "screen", "raynaud": true}', "'raynaud' is True; an answer is"),
        ('{"at": "18:00", "do": "setback", "onset": "lately"}', "'lately' is not a time that I know"),
        ('{"at": "18:00", "do": "setback", "grade": 3}', "'grade' has to be text"),
    ],
)
def test_wrong_lines_about_signs_are_told(person: Person, line: str, says: str) -> None:
    path = person.file(line, "a.jsonl")
    err = person.types(*RICE, "--answers", path, status=2).err
    assert err.startswith(f"Error: {path}:1: {says}")


def test_a_ladder_is_climbed_step_by_step(person: Person) -> None:
    events = person.lines(
        "simulate", "strain", "--onset", "2026-11-23T18:00", "--grade", "unsure", "--persona", "steady"
    )
    steps = [event["step"] for event in events if event["event"] == "step"]
    assert steps == ["isometric", "dynamic", "heavy"]
    assert {event["direction"] for event in events if event["event"] == "step"} == {"up"}
    assert events[-1]["event"] == "completed"


# Several together -----------------------------------------------------------------------------------

TWO = ("simulate", "strain", "sitting", "--onset", "2026-11-23T08:00", "--timezone", ZONE)


def test_protocols_played_together_are_one_persons_day(person: Person) -> None:
    events = person.lines(*TWO, "--for", "2d", "--persona", "steady")

    assert {event["protocol"] for event in events} == {"strain", "sitting"}
    assert [event["at"] for event in events] == sorted(event["at"] for event in events)
    entered = [(e["protocol"], e["phase"]) for e in events if e["event"] == "phase"]
    assert entered[:2] == [("strain", "rice"), ("sitting", "habit")]


def test_limits_span_the_protocols_that_are_played_together(person: Person) -> None:
    events = person.lines(*(*TWO[:2], "trigger-point", *TWO[2:]), "--for", "2d")

    assert not [
        event for event in events if event["event"] == "session_start" and event["modality"] == "massage"
    ]
    (withheld, *_) = [event for event in events if event["event"] == "withheld"]
    assert (withheld["protocol"], withheld["activity"]) == ("trigger-point", "press")
    assert withheld["reason"].endswith("(strain-1)")


def test_no_two_sessions_are_on_at_once(person: Person) -> None:
    point = ("simulate", "trigger-point", "sitting", *TWO[3:], "--for", "20d", "--persona", "sloppy")
    on = ""
    for event in person.lines(*point):
        activity = on.split("/")[2] if on else None
        skips = event["event"] == "answer" and event["do"] == "skip" and not event.get("refused")
        if event["event"] == "session_end" or (skips and event.get("activity") in (None, activity)):
            on = ""
        if event["event"] == "session_start":
            assert on in ("", event["occurrence"])
            on = event["occurrence"]


def test_one_protocol_names_none(person: Person) -> None:
    assert not any("protocol" in event for event in person.lines(*RICE, "--for", "1d"))


def test_what_is_typed_goes_to_the_protocols_that_ask_for_it(person: Person) -> None:
    protocols = ("simulate", "strain", "trigger-point", *TWO[3:], "--for", "3h")
    typed = ("--grade", "3", "--screen", "raynaud=yes,implant=yes", "--set", "muscle=piriformis")
    events = person.lines(*protocols, *typed)

    assert not [event for event in events if event["event"] == "session_start"], "no cold for either"
    assert [e["level"] for e in events if e["event"] == "alert" and e["protocol"] == "strain"] == ["urgent"]
    said = person.types(*protocols, "--screen", "nobody=yes", status=2).err
    assert said.startswith("Error: --screen: nothing is called 'nobody'")
    said = person.types(*protocols, "--set", "nothing=yes", status=2).err
    assert said.startswith("Error: --set: nothing is called 'nothing'")


TOGETHER = """
{"at": "2026-11-23T08:05", "do": "checkin", "pain": 6, "swelling": 2}
{"at": "2026-11-23T08:10", "do": "stop"}
{"at": "2026-11-23T08:11", "do": "end", "activity": "ice"}
{"at": "2026-11-23T08:12", "do": "pause", "protocol": "sitting", "for": "2h"}
{"at": "2026-11-23T08:13", "do": "flag", "flag": "saddle"}
"""


def test_a_line_may_name_the_protocol_where_two_could_be_meant(person: Person) -> None:
    path = person.file(TOGETHER.strip(), "together.jsonl")
    events = person.lines(*TWO, "--for", "4h", "--answers", path)
    answers = [e for e in events if e["event"] == "answer"]

    assert [(e["protocol"], e["do"], e.get("reason")) for e in answers[:4]] == [
        ("strain", "checkin", None),
        ("strain", "stop", "several could be meant, strain-1, sitting-1: name the protocol"),
        ("strain", "end", None),
        ("sitting", "pause", None),
    ]
    assert "protocol" in answers[3]
    page = person.types(*TWO, "--for", "4h", "--answers", path).out
    assert "  08:12  sitting: you: do=pause for=2h" in page
    assert page.splitlines()[-1].startswith("Not completed by then: ")

    said = person.types(*RICE, "--answers", path, status=2).err
    assert said.startswith(f"Error: {path}:4: 'protocol' is 'sitting'; it can be rice")


def test_what_excludes_each_other_is_not_played_together(person: Person) -> None:
    said = person.types("simulate", "strain", "rice", *TWO[3:], status=2).err
    assert said.startswith("Error: strain and rice do not run together: ")
    assert "simulate each by itself" in said
    said = person.types("simulate", "strain", "strain", *TWO[3:], status=2).err
    assert said.startswith("Error: strain and strain do not run together: they are about the same injury")
