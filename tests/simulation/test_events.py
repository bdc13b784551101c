"""The machine interface of a simulation, as the README tells it, and the people that are made up for it."""

import json
import re
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from time import process_time
from typing import Any

import pytest

from recovery.engine.acts import (
    Act,
    Advance,
    AnswerCheckIn,
    AnswerScreening,
    Begin,
    ClearFlag,
    Pause,
    RaiseFlag,
    Resume,
    Setback,
    Skip,
    Snooze,
    StepBack,
    Stop,
)
from recovery.engine.rehearsal import PlannedAct
from recovery.protocol.model import CheckIn
from recovery.protocol.terms import MODALITIES, parse_duration
from recovery.simulation.events import usual_end
from recovery.simulation.people import PERSONAS
from recovery.simulation.script import as_line, parse_answers
from tests.engine.checker import Checker, Person
from tests.engine.examples import (
    ABLE,
    ASK,
    BERLIN,
    ICE,
    ONSET,
    PACKS,
    events,
    local,
    of_kind,
    phase_text,
    place,
    shipped,
    small,
    started,
)

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
Events = list[dict[str, Any]]

BASE = {"v", "at", "event"}
FIELDS = {
    "phase": {"phase", "state", "reasons"},
    "step": {"phase", "step", "direction", "reasons"},
    "session_start": {"phase", "activity", "modality", "occurrence", "seconds"},
    "session_end": {"phase", "activity", "modality", "occurrence", "seconds", "overrun_seconds"},
    "reminder": {"phase", "activity", "modality", "occurrence", "text"},
    "check_in": {"phase", "activity", "asks"},
    "withheld": {"activity", "modality", "reason", "until"},
    "missed": {"activity", "occurrence", "reason"},
    "alert": {"level", "reason", "source"},
    "completed": {"reasons"},
}
RFC_3339 = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"


def everything() -> Events:
    """A life in which every kind of event happens."""
    night = (ONSET + 16 * DAY, ONSET + 17 * DAY)
    answers = [
        PlannedAct(ONSET + 5 * MINUTE, Begin("ice")),
        PlannedAct(ONSET + 6 * MINUTE, Begin("ice")),
        PlannedAct(ONSET + 30 * MINUTE, Snooze("elevate", length=parse_duration("20min"))),
    ]
    for half_days in range(120):
        bad = 8 if half_days == 0 else max(0, 10 - half_days)  # it gets worse first
        at = ONSET + half_days * 12 * HOUR
        numbers = {"pain": bad, "swelling": min(3, bad), "morning": bad}
        answers_given = {name: str(answer) for name, answer in (numbers | ABLE).items()}
        answers.append(PlannedAct(at + MINUTE, AnswerCheckIn(answers_given)))
    return events(shipped("strain"), ONSET + 60 * DAY, answers=answers, asleep=(night,), grade="II")


def test_every_kind_of_event_has_exactly_its_fields() -> None:
    story = everything()
    assert {event["event"] for event in story} == {*FIELDS, "answer"}
    for event in story:
        if event["event"] != "answer":
            cards = {"exercises"} & {*event}  # of a session that is made of exercises
            assert {*event} == BASE | FIELDS[event["event"]] | cards, event
            assert not cards or event["modality"] == "exercise"


def test_an_answer_is_its_line_as_applied_or_refused_with_reason() -> None:
    for event in of_kind(everything(), "answer"):
        assert {"v", "at", "event", "do"} <= {*event}
        refused = {"refused", "reason", "earliest"} & {*event}
        assert refused in (set(), {"refused", "reason", "earliest"})
        if refused:
            assert event["refused"] is True
            assert event["reason"]
            assert event["earliest"] is None or re.fullmatch(RFC_3339, event["earliest"])
    (_, refused_one) = [event for event in of_kind(everything(), "answer") if event["do"] == "begin"]
    assert refused_one["activity"] == "ice"
    assert refused_one["reason"] == "Ice is on already, until 07:25"


KINDS: dict[str, Callable[[Any], bool]] = {
    "v": lambda v: v == 1,
    "at": lambda v: re.fullmatch(RFC_3339, v) is not None,
    "phase": lambda v: v in ("rice", "contrast", "loading", "return"),
    "state": lambda v: v in ("entered", "held", "left"),
    "direction": lambda v: v in ("up", "down"),
    "reasons": lambda v: isinstance(v, list) and all(isinstance(reason, str) for reason in v),
    "modality": lambda v: v in MODALITIES,
    "seconds": lambda v: type(v) is int and v > 0,
    "overrun_seconds": lambda v: type(v) is int and v >= 0,
    "asks": lambda v: v and set(v) <= {*shipped("strain").observations},
    "level": lambda v: v in ("routine", "urgent", "emergency"),
    "until": lambda v: v is None or re.fullmatch(RFC_3339, v) is not None,
    "occurrence": lambda v: re.fullmatch(r"strain-1/[a-z]+/[a-z-]+/\d{4}-\d\d-\d\d\.\d+", v) is not None,
    "text": lambda v: isinstance(v, str) and v != "",
    "reason": lambda v: isinstance(v, str) and v != "",
    "source": lambda v: isinstance(v, str) and v != "",
    "activity": lambda v: isinstance(v, str) and v != "",
}  # fmt: skip


def test_every_field_is_of_its_kind_and_survives_json() -> None:
    story = everything()
    assert json.loads(json.dumps(story)) == story
    every = (activity for phase in shipped("strain").phases for activity in phase.everything())
    questions = {activity.id for activity in every if isinstance(activity, CheckIn)}  # of no modality
    for event in story:
        for key, value in event.items():
            if key in KINDS and not (key == "modality" and event["activity"] in questions):
                assert KINDS[key](value), (key, value)


def test_events_are_in_order_of_time_with_the_offset_of_the_place() -> None:
    story = everything()
    instants = [datetime.fromisoformat(event["at"]) for event in story]
    assert instants == sorted(instants)
    assert {event["at"][-6:] for event in story} == {"+01:00"}
    spring = events(shipped("rice"), local("2027-03-30 07:00"), onset=local("2027-03-27 07:00"))
    assert [event["at"][-6:] for event in spring][0 :: len(spring) - 1] == ["+01:00", "+02:00"]


def test_starts_and_ends_come_in_pairs() -> None:
    story = of_kind(everything(), "session_start", "session_end")
    ends = [event["occurrence"] for event in story if event["event"] == "session_end"]
    starts = {event["occurrence"] for event in story if event["event"] == "session_start"}
    assert len(ends) == len(set(ends))
    assert set(ends) == starts


def test_begin_late_tells_the_start_again_and_moves_the_end() -> None:
    story = events(small(ICE), ONSET + HOUR, answers=[PlannedAct(ONSET + 5 * MINUTE, Begin("ice"))])
    assert [(e["event"], e["at"][11:16]) for e in of_kind(story, "session_start", "session_end")] == [
        ("session_start", "07:00"), ("session_start", "07:05"), ("session_end", "07:25"),
    ]  # fmt: skip


def test_begin_before_any_cue_tells_one_start() -> None:
    quiet = ICE.replace("every: 2h..3h", 'at: "20:00"')
    story = events(small(quiet), ONSET + HOUR, answers=[PlannedAct(ONSET + 5 * MINUTE, Begin("ice"))])
    assert [e["at"][11:16] for e in of_kind(story, "session_start")] == ["07:05"]


def test_a_session_that_was_skipped_has_no_end() -> None:
    story = events(small(ICE), ONSET + HOUR, answers=[PlannedAct(ONSET + 5 * MINUTE, Skip("ice"))])
    assert of_kind(story, "session_end") == []


# Suspended --------------------------------------------------------------------------------------


def test_a_suspended_machine_tells_nothing_and_the_end_first_when_it_wakes() -> None:
    asleep = ((ONSET + 10 * MINUTE, ONSET + 5 * HOUR),)
    story = events(
        shipped("rice"),
        ONSET + 12 * HOUR,
        asleep=asleep,
        answers=[PlannedAct(ONSET + HOUR, AnswerCheckIn({"pain": "3"}))],
    )
    within = [event for event in story if asleep[0][0] < datetime.fromisoformat(event["at"]) < asleep[0][1]]
    assert [event["event"] for event in within] == ["answer"]
    assert within[0]["reason"] == "the machine is asleep"
    assert datetime.fromisoformat(within[0]["earliest"]) == asleep[0][1]
    after = [event for event in story if datetime.fromisoformat(event["at"]) >= asleep[0][1]]
    assert after[0]["event"] == "session_end"
    assert after[0]["overrun_seconds"] == 280 * 60
    assert (
        len([event for event in after if event["at"] == after[0]["at"] and event["event"] == "reminder"]) <= 2
    )


def test_who_starts_while_the_machine_sleeps_starts_when_it_wakes() -> None:
    story = events(shipped("rice"), ONSET + 12 * HOUR, asleep=((ONSET - HOUR, ONSET + HOUR),))
    assert story[0]["at"] == "2026-11-23T08:00:00+01:00"


def test_sleep_that_follows_sleep_is_one_sleep() -> None:
    asleep = ((ONSET + HOUR, ONSET + 2 * HOUR), (ONSET + 2 * HOUR, ONSET + 9 * HOUR))
    story = events(shipped("rice"), ONSET + 12 * HOUR, asleep=asleep)
    at = [datetime.fromisoformat(event["at"]) for event in story]
    assert not [instant for instant in at if ONSET + HOUR <= instant < ONSET + 9 * HOUR]


# Confirming -------------------------------------------------------------------------------------


def gated() -> Any:
    return small(ASK, phase="min: 1d\nconfirm: true", more=[phase_text("next", ASK)])


def test_offered_changes_are_confirmed_at_once_unless_they_are_not_to_be() -> None:
    story = events(gated(), ONSET + 3 * DAY)
    at_once = [
        e for e in story if e["at"].startswith("2026-11-24T07:00") and e["event"] in ("phase", "answer")
    ]
    assert [(e["event"], e.get("state", e.get("do"))) for e in at_once] == [
        ("phase", "held"), ("answer", "advance"), ("phase", "left"), ("phase", "entered"),
    ]  # fmt: skip
    assert at_once[0]["reasons"][0] == "waits for confirmation: recovery advance"


def test_finishing_is_confirmed_when_the_session_that_is_on_is_over() -> None:
    story = events(small(ICE, phase="min: 10min\nconfirm: true"), ONSET + DAY)
    assert [e["at"][11:16] for e in of_kind(story, "answer", "session_end", "completed")] == ["07:20"] * 3


def test_without_confirming_a_change_waits_for_the_answer() -> None:
    answers = [PlannedAct(ONSET + 50 * HOUR, Advance())]
    story = events(gated(), ONSET + 3 * DAY, confirms=False, answers=answers)
    entered = [e["at"] for e in of_kind(story, "phase") if e["state"] == "entered"]
    assert entered == ["2026-11-23T07:00:00+01:00", "2026-11-25T09:00:00+01:00"]


def test_a_gate_that_shuts_again_does_not_keep_confirming() -> None:
    protocol = small(ASK, phase="min: 1d\nleave_when: pain <= 3", more=[phase_text("next", ASK)])
    answers = [
        PlannedAct(ONSET + hour * HOUR, AnswerCheckIn({"pain": str(pain)}))
        for hour, pain in ((25, 2), (26, 6), (27, 6), (30, 2))
    ]
    story = events(protocol, ONSET + 3 * DAY, confirms=False, answers=answers)
    held = [e["reasons"][0] for e in of_kind(story, "phase") if e["state"] == "held"]
    assert held == [
        "not known: pain at most 3", "waits for confirmation: recovery advance", "not yet: pain at most 3",
        "waits for confirmation: recovery advance", "not known: pain at most 3",
    ]  # fmt: skip


# How long -----------------------------------------------------------------------------------------


def test_a_simulation_runs_past_the_latest_healing_or_a_month() -> None:
    assert usual_end(started(shipped("strain"), grade="I")[0]) == local("2027-01-20 07:00")
    assert usual_end(started(shipped("rice"))[0]) == local("2026-12-23 07:00")
    assert usual_end(started(shipped("strain"), ONSET, ONSET + 90 * DAY, grade="I")[0]) == ONSET + 120 * DAY


def test_a_simulation_ends_before_its_end() -> None:
    story = events(small(ICE), ONSET + 20 * MINUTE)
    assert of_kind(story, "session_end") == []
    assert of_kind(events(small(ICE), ONSET + 21 * MINUTE), "session_end")


def test_after_stop_the_end_of_the_session_is_told_and_acts_are_refused() -> None:
    answers = [
        PlannedAct(ONSET + 5 * MINUTE, Stop()),
        PlannedAct(ONSET + 6 * MINUTE, Resume()),
        PlannedAct(ONSET + DAY, Begin("ice")),
    ]
    story = events(shipped("rice"), ONSET + 3 * DAY, answers=answers)
    late = [e for e in story if datetime.fromisoformat(e["at"]) > ONSET + 5 * MINUTE]
    assert [e["event"] for e in late] == ["session_end", "answer", "answer"]
    assert all(e["refused"] and e["reason"] == "rice-1 is stopped" for e in late[1:])


def test_an_answer_from_before_the_start_is_refused() -> None:
    answers = [PlannedAct(ONSET - DAY, AnswerCheckIn())]
    first = events(shipped("rice"), ONSET + DAY, answers=answers)[0]
    assert (first["event"], first["refused"], first["reason"]) == ("answer", True, "that is before the start")


def test_the_same_run_is_the_same_every_time() -> None:
    for persona in PERSONAS:
        first, other = (events(shipped("strain"), ONSET + 20 * DAY, persona=persona) for _ in range(2))
        assert first == other


# People -------------------------------------------------------------------------------------------

RANGES = {
    "I": ("2026-12-07", "2026-12-21"),
    "II": ("2026-12-21", "2027-01-18"),
    "III": ("2027-02-23", "2027-11-23"),
}


def whole_way(persona: str, grade: str) -> Events:
    often = [
        {"activity": "ice", "key": "every", "value": "2h"},
        {"activity": "packs", "key": "per_day", "value": "3"},
    ]
    episode, _ = started(shipped("strain"), grade=grade)
    story = events(shipped("strain"), usual_end(episode), persona=persona, grade=grade, choices=often)
    person = Person(ONSET, BERLIN, place().wake, place().bedtime, grade)
    assert Checker(person, "strain").read(story, usual_end(episode)) == []
    return story


@pytest.mark.parametrize("grade", RANGES)
def test_who_heals_steadily_completes_within_the_range_of_the_grade(grade: str) -> None:
    story = whole_way("steady", grade)
    (completed,) = of_kind(story, "completed")
    earliest, latest = RANGES[grade]
    assert earliest <= completed["at"][:10] <= latest
    assert [e["phase"] for e in of_kind(story, "phase") if e["state"] == "entered"] == [
        "rice",
        "contrast",
        "loading",
        "return",
    ]
    assert not [e for e in of_kind(story, "alert") if "healing time" in e["reason"]]


@pytest.mark.parametrize("grade", ["I", "II", pytest.param("III", marks=pytest.mark.people)])
def test_who_heals_slowly_completes_late_and_is_told_to_be_seen(grade: str) -> None:
    story = whole_way("slow", grade)
    (completed,) = of_kind(story, "completed")
    assert completed["at"][:10] > RANGES[grade][1]
    assert [e["at"][:10] for e in of_kind(story, "alert") if "usual healing time" in e["reason"]] == [
        RANGES[grade][1]
    ]


@pytest.mark.parametrize("grade", ["I", "II", pytest.param("III", marks=pytest.mark.people)])
def test_who_does_not_heal_never_completes_and_is_sent_to_somebody(grade: str) -> None:
    story = whole_way("stuck", grade)
    assert of_kind(story, "completed") == []
    assert {e["phase"] for e in of_kind(story, "phase") if e["state"] == "entered"} == {"rice"}
    reasons = [e["reason"] for e in of_kind(story, "alert")]
    assert any("72 hours" in reason for reason in reasons)
    assert any("usual healing time" in reason for reason in reasons)
    ice = [
        datetime.fromisoformat(e["at"]) for e in of_kind(story, "session_start") if e["modality"] == "cold"
    ]
    assert max(ice) < ONSET + 48 * HOUR


@pytest.mark.parametrize("grade", RANGES)
def test_who_is_sloppy_is_refused_now_and_then_and_completes_all_the_same(grade: str) -> None:
    story = whole_way("sloppy", grade)
    assert [e for e in of_kind(story, "answer") if e.get("refused") and e["do"] == "begin"]
    assert [e for e in of_kind(story, "answer") if e["do"] == "skip" and not e.get("refused")]
    assert of_kind(story, "completed")


def test_who_reacts_to_nothing_never_leaves_the_first_phase() -> None:
    story = events(shipped("strain"), ONSET + 60 * DAY)
    assert [e["phase"] for e in of_kind(story, "phase") if e["state"] == "entered"] == ["rice"]
    assert of_kind(story, "session_start")


def test_who_is_silent_is_told_what_nobody_in_particular_is_told() -> None:
    protocol, until = shipped("strain"), ONSET + 10 * DAY
    assert events(protocol, until, persona="silent") == events(protocol, until)


@pytest.mark.parametrize("grade", RANGES)
def test_who_gets_worse_is_sent_to_somebody_at_once_and_exercises_no_more(grade: str) -> None:
    story = events(shipped("strain"), ONSET + 30 * DAY, persona="worse", grade=grade)
    (sent, *_) = [e for e in of_kind(story, "alert") if e["reason"].startswith("It is getting worse")]
    assert sent["level"] == "urgent"
    assert ONSET + 5 * DAY < datetime.fromisoformat(sent["at"]) < ONSET + 8 * DAY
    after = [e for e in of_kind(story, "session_start") if e["at"] > sent["at"]]
    assert not [e for e in after if e["modality"] in ("exercise", "massage", "warm")]
    assert not of_kind(story, "completed")


def test_who_is_sent_to_a_professional_goes_and_says_so_two_days_later() -> None:
    story = events(shipped("strain"), ONSET + 5 * DAY, persona="steady", grade="III")
    sent = [datetime.fromisoformat(e["at"]) for e in of_kind(story, "alert") if e["level"] == "urgent"]
    came = [e for e in of_kind(story, "answer") if e["do"] in ("clear", "release")]
    assert [datetime.fromisoformat(e["at"]) for e in came] == [
        at + 2 * DAY for at in sent if at < ONSET + 3 * DAY
    ]
    assert came
    assert not any("refused" in e for e in came)


def test_who_does_not_heal_is_sent_to_somebody_and_again_later() -> None:
    story = whole_way("stuck", "I")
    days = [(e["at"][:10], e["reason"].partition(",")[0].partition(".")[0]) for e in of_kind(story, "alert")]
    assert ("2026-11-28", "No clear improvement five days after the injury") in days
    assert ("2026-12-07", "Not clearly better two weeks after the injury") in days
    held = [e["reasons"] for e in of_kind(story, "phase") if e["state"] == "held"]
    assert held[-1]


@pytest.mark.parametrize(
    ("persona", "days", "alerts"),
    [
        ("steady", (19, 22), []),
        ("sloppy", (19, 23), []),
        ("slow", (42, 44), ["After six weeks the point is still there"]),
        (
            "stuck",
            None,
            ["It is usually easier after a few treatments", *["After six weeks the point is still"] * 2],
        ),
    ],
)
def test_a_trigger_point_is_pressed_until_it_is_gone(
    persona: str, days: tuple[int, int] | None, alerts: list[str]
) -> None:
    story = events(shipped("trigger-point"), ONSET + 60 * DAY, persona=persona)
    ended = [datetime.fromisoformat(e["at"]) - ONSET for e in of_kind(story, "completed")]
    assert (days is None and not ended) or (days and days[0] * DAY <= ended[0] <= days[1] * DAY)
    for e, words in zip(of_kind(story, "alert"), alerts, strict=True):
        assert e["reason"].startswith(words)
    assert {e["modality"] for e in of_kind(story, "session_start")} == {"massage"}
    person = Person(ONSET, BERLIN, place().wake, place().bedtime)
    assert Checker(person, "trigger-point").read(story, ONSET + 60 * DAY) == []


def test_the_steps_of_loading_are_climbed_one_by_one() -> None:
    for grade, steps in (("I", 0), ("II", 3), ("III", 3)):
        story = of_kind(whole_way("steady", grade), "step")
        assert [e["step"] for e in story] == ["isometric", "dynamic", "heavy"][:steps]
        assert {e["direction"] for e in story} <= {"up"}


ACTS = [
    RaiseFlag("saddle"),
    ClearFlag("saddle", because="seen"),
    Setback(grade="III", onset=ONSET + HOUR, because="fell"),
    Snooze("ice", length=parse_duration("1h30m")),
    Pause(length=parse_duration("2d"), because="away"),
    AnswerCheckIn({"pain": "3", "rom": "full"}),
    AnswerScreening({"raynaud": "yes"}),
    StepBack(because="too much"),
]


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.verb)
def test_an_act_is_told_as_a_line_that_says_the_same(act: Act) -> None:
    line = {"at": (ONSET + 2 * HOUR).isoformat(), **as_line(act)}
    (again,) = parse_answers(json.dumps(line), "answers", ONSET, place())
    assert again.act == act


def test_packs_are_cold_and_warm_in_turn() -> None:
    story = of_kind(events(small(PACKS), ONSET + 3 * DAY, persona="steady"), "session_start")
    occurrences = {e["occurrence"]: e["modality"] for e in story}
    assert [*occurrences.values()] == ["cold", "warm"] * 9


def test_a_year_of_grade_three_takes_seconds() -> None:
    begin = process_time()
    story = events(shipped("strain"), ONSET + 365 * DAY, persona="slow", grade="III")
    assert process_time() - begin < (5 if sys.gettrace() is None else 30)  # coverage takes its time
    assert len(story) > 2000
