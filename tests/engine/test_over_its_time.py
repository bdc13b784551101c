"""What is over its time: told again and again, rising; without answers nothing is claimed of the body."""

import pytest

from recovery.engine import facts as f
from recovery.engine.acts import ClearFlag
from tests.engine.examples import ASK, Life, events, local, of_kind, shipped, small

GATE = """
min: 1h
max: 2d
leave_when: pain <= 1
at_max: {level: routine, say: Still painful, again: 1w, rises: urgent, unanswered: Nothing heard}
"""
ONSET = local("2026-11-23 18:00")


def told(life: Life) -> list[str]:
    """When which alert was told, and how."""
    return [
        f"{life.episode.place.local(fact.at):%d %H:%M} {fact.data['id']} {fact.data.get('level', 'cleared')}"
        for fact in life.of(f.Alerted)
    ]


def answers_daily(life: Life, first: int, last: int, pain: int = 5) -> Life:
    """Someone who answers every morning of these days of November and December, counted on."""
    for day in range(first, last + 1):
        date = f"2026-11-{day}" if day <= 30 else f"2026-12-{day - 30:02}"
        life.go(f"{date} 07:05").answer(pain=pain)
    return life


def test_it_is_told_again_every_week_and_rises() -> None:
    life = answers_daily(Life(small(ASK, phase=GATE)), 23, 40)
    assert told(life) == [
        "25 07:00 phase/only routine",
        "02 07:00 phase/only urgent",
        "09 07:00 phase/only urgent",
    ]
    assert [title for _, title in life.cues("alert")][:2] == ["Worth a visit", "See somebody today"]


def test_what_the_person_has_answered_is_told_no_more() -> None:
    life = answers_daily(Life(small(ASK, phase=GATE)), 23, 26)
    life.accepted(ClearFlag("only", because="a doctor has looked at it"))
    assert len(life.cues("alert")) == 1
    assert len(answers_daily(life, 27, 40).cues("alert")) == 1


def test_without_answers_nothing_is_claimed_of_the_body() -> None:
    life = Life(small(ASK, phase=GATE)).go("2026-12-03 12:00")
    assert told(life) == ["25 07:00 unheard/only routine", "02 07:00 unheard/only routine"]
    assert {fact.data["reason"] for fact in life.of(f.Alerted)} == {"Nothing heard"}


def test_an_answer_after_silence_is_told_as_it_is() -> None:
    life = Life(small(ASK, phase=GATE)).go("2026-11-26 12:00")
    life.answer(pain=6)
    assert told(life)[1:] == ["26 12:00 unheard/only cleared", "26 12:00 phase/only routine"]
    assert life.of(f.Alerted)[-1].data["reason"] == "Still painful"


def test_answers_a_little_later_than_the_day_before_are_no_silence() -> None:
    life = Life(small(ASK, phase=GATE)).go("Mon 08:00")
    life.answer(pain=5)
    life.go("Tue 06:55").answer(pain=5)
    life.go("Wed 09:10")  # the answer is too old by now, and the phase is over its time
    assert told(life) == []
    life.answer(pain=5)
    assert told(life) == ["25 09:10 phase/only routine"]


def test_a_file_without_words_for_it_claims_nothing_either() -> None:
    phase = "min: 1h\nmax: 2d\nleave_when: pain <= 1\nat_max: {level: routine, say: Still painful}"
    life = Life(small(ASK, phase=phase)).go("2026-12-20 12:00")
    (alerted,) = life.of(f.Alerted)
    assert "nobody has answered how it is" in alerted.data["reason"]


def test_the_first_phase_that_cannot_begin_says_so() -> None:
    phase = """
enter_when: pain <= 3
min: 1d
waits: {after: 3d, level: routine, say: It waits, again: 1w, rises: urgent, unanswered: Nothing heard}
"""
    life = answers_daily(Life(small(ASK, phase=phase)), 23, 34)
    assert told(life) == ["26 07:00 wait/only routine", "03 07:00 wait/only urgent"]
    life.answer(pain=2)
    assert told(life)[2:] == ["04 07:05 wait/only cleared"]
    assert life.episode.phase_stay.phase is not None
    silent = Life(small(ASK, phase=phase)).go("2026-11-27 12:00")
    assert told(silent) == ["26 07:00 unheard/only routine"]


# The shipped protocols ------------------------------------------------------------------------------


@pytest.mark.parametrize("id_", ["rice", "cold-10-10-10", "peace-and-love"])
def test_nobody_lies_down_all_day_for_months(id_: str) -> None:
    happened = events(shipped(id_), local("2027-01-23 18:00"), persona="stuck", onset=ONSET)
    told_of = [event["activity"] for event in of_kind(happened, "reminder")]
    assert told_of.count("elevate") <= 18
    assert told_of.count("elevate-evening") <= 12
    assert told_of.count("compress") <= 8  # on and off
    assert told_of.count("move") > 50
    alerts = [event for event in of_kind(happened, "alert") if "by your answers" in event["reason"]]
    assert [alert["level"] for alert in alerts] == ["routine", "urgent"], "then they have had it seen"


def test_packs_that_wait_for_ever_do_not_wait_in_silence() -> None:
    happened = events(shipped("contrast"), local("2027-01-23 18:00"), persona="stuck", onset=ONSET)
    assert of_kind(happened, "session_start") == []
    assert [alert["level"] for alert in of_kind(happened, "alert")][:2] == ["routine", "urgent"]


def test_a_point_is_pressed_for_six_weeks_at_the_most() -> None:
    happened = events(shipped("trigger-point"), local("2027-02-10 18:00"), persona="stuck", onset=ONSET)
    presses = [event["at"] for event in of_kind(happened, "session_start") if event["activity"] == "press"]
    assert presses[-1] < "2027-01-05"
    alerts = [event["at"][:10] for event in of_kind(happened, "alert") if "six weeks" in event["reason"]]
    assert alerts == ["2027-01-04", "2027-01-18", "2027-02-01"]
