"""The ladder of a phase: one step up a day at most, one down when the next morning is worse."""

import pytest

from recovery.engine import facts as f
from recovery.engine.acts import (
    Advance,
    AnswerCheckIn,
    Begin,
    ClearFlag,
    End,
    Pause,
    RaiseFlag,
    Resume,
    Snooze,
    StepBack,
)
from recovery.engine.decide import turn
from recovery.engine.outlook import outlook
from recovery.engine.phases import take_step
from recovery.engine.reasons import OnStep
from recovery.engine.turn import Turn
from recovery.protocol.model import RecoveryProtocol
from recovery.protocol.terms import parse_duration
from tests.engine.examples import ONSET, Life, phase_text, small

MORNING = 'morning: {ask: "Pain this morning?", scale: 0..10, fresh: 36h}'
LOOK = "{id: look, kind: check-in, ask: [pain, morning], at: wake+30min}"
MOVE = "{id: ID, kind: session, of: exercise, duration: 10min, at: wake+2h, start: Go, end: Stop}"
PHASE = """
leave_when: pain <= 1
climb_when: [pain <= 3, morning <= 3]
step_back_when: {any: [morning > 5, morning rise >= 2]}
steps:
"""


def step(id_: str, *activities: str, rest: str = "") -> str:
    do = ", ".join(activities or (MOVE.replace("ID", id_),))
    return f"  - {{id: {id_}, title: {id_.capitalize()}, {rest + ', ' if rest else ''}do: [{do}]}}\n"


THREE = (step("one", rest="min: 2d"), step("two", rest="min: 1d"), step("three"))


def ladder(*steps: str, do: str = LOOK, top: str = "", **more: object) -> RecoveryProtocol:
    """One phase with these steps, and a last one."""
    return small(
        do,
        phase=PHASE + "".join(steps or THREE),
        more=[phase_text("last", LOOK)],
        observe=MORNING,
        top=top,
        **more,  # type: ignore[arg-type]  # what `small` takes
    )


def mornings(life: Life, *answers: tuple[str, int]) -> Life:
    """Live on to each day's 07:30 and tell pain and morning alike."""
    for day, value in answers:
        life.go(f"{day} 07:30").answer(pain=value, morning=value)
    return life


def forced(life: Life) -> None:
    """The next step at once, as a journal from before may hold it."""
    early = Turn(life.episode, life.now)
    take_step(early, early.episode.phase_stay.rung + 1, ("so",), "person")
    life.keep(early.facts)
    life.turn()


def steps(life: Life) -> list[str]:
    """When it went to which step."""
    return [
        f"{when} {fact.data['direction']} {fact.data['step']}"
        for when, fact in zip(life.times(f.Stepped), life.of(f.Stepped), strict=True)
    ]


# Up -----------------------------------------------------------------------------------------------


def test_a_step_has_its_time_and_then_an_answer_takes_the_next_one() -> None:
    life = mornings(Life(ladder()), ("Mon", 2), ("Tue", 2), ("Wed", 2), ("Thu", 2), ("Fri", 2))
    assert steps(life) == ["Wed 07:30 up two", "Thu 07:30 up three"]


def test_the_next_morning_decides_and_not_the_day_of_the_step() -> None:
    quick = ladder(step("one"), step("two"), step("three"))
    life = mornings(Life(quick), ("Mon", 1), ("Tue", 1))
    assert steps(life) == ["Tue 07:30 up two"]
    life.go("Tue 20:00").answer(pain=1, morning=1)
    assert steps(mornings(life, ("Wed", 1))) == ["Tue 07:30 up two", "Wed 07:30 up three"]


def test_at_most_one_step_a_day_however_well_it_goes() -> None:
    quick = ladder(step("one"), step("two"), step("three"), step("four"))
    life = Life(quick)
    for hour in range(8, 22):
        life.go(f"Mon {hour:02}:00").answer(pain=2, morning=2)
    assert steps(life) == []
    for hour in range(8, 22):
        life.go(f"Tue {hour:02}:00").answer(pain=2, morning=2)
    assert len(steps(life)) == 1


def test_a_step_is_taken_by_day_only() -> None:
    life = Life(ladder(step("one"), step("two"))).go("Tue 00:30")
    life.answer(pain=2, morning=2)
    assert steps(life.go("Tue 06:59")) == []
    assert steps(life.go("Tue 07:00")) == ["Tue 07:00 up two"]
    late = Life(ladder(step("one", rest="min: 42h"), step("two"))).go("Tue 22:00")
    late.answer(pain=2, morning=2)
    assert steps(late.go("Wed 09:00")) == [], "yesterday's answer says nothing of today"
    late.answer(pain=2, morning=2)
    assert steps(late) == ["Wed 09:00 up two"]


def test_only_answers_given_on_the_step_take_the_next_one() -> None:
    life = mornings(Life(ladder(step("one"), step("two"), step("three"))), ("Tue", 2))
    assert steps(life.go("Thu 07:00")) == ["Tue 07:30 up two"]
    life.answer(pain=2, morning=2)
    assert steps(life) == ["Tue 07:30 up two", "Thu 07:00 up three"]


def test_the_least_time_of_a_step_is_looked_up_for_the_grade() -> None:
    timed = step("one", rest="min: on-one.min")
    top = "tables:\n  on-one: {I: 1d..2d, II: 2d..3d, III: 3d..4d}"
    for grade, day in (("I", "Tue"), ("II", "Wed"), ("III", "Thu")):
        life = Life(ladder(timed, step("two"), top=top), grade=grade)
        mornings(life, *((d, 2) for d in ("Mon", "Tue", "Wed", "Thu", "Fri")))
        assert [when[:3] for when in steps(life)] == [day]


def test_a_high_answer_keeps_the_step() -> None:
    life = mornings(Life(ladder()), ("Mon", 4), ("Tue", 4), ("Wed", 4), ("Thu", 4))
    assert steps(life) == []


# Down -----------------------------------------------------------------------------------------------


def test_a_worse_next_morning_takes_one_step_back() -> None:
    life = mornings(Life(ladder()), ("Mon", 1), ("Tue", 1), ("Wed", 1), ("Thu", 3))
    assert steps(life) == ["Wed 07:30 up two", "Thu 07:30 down one"]


def test_the_answer_that_led_up_does_not_lead_down_the_same_day() -> None:
    life = mornings(Life(ladder()), ("Mon", 1), ("Tue", 1), ("Wed", 1))
    life.go("Wed 20:00").answer(pain=9, morning=9)
    assert steps(life) == ["Wed 07:30 up two"]
    assert steps(life.go("Thu 09:00")) == ["Wed 07:30 up two", "Thu 07:00 down one"]


def test_one_bad_morning_takes_one_step_and_not_all() -> None:
    life = Life(ladder())
    mornings(life, ("Mon", 2), ("Tue", 2), ("Wed", 2), ("Thu", 2), ("Fri", 7))
    assert steps(life)[-1] == "Fri 07:30 down two"
    assert len(steps(life.go("2026-12-02 09:00"))) == 3


def test_there_is_no_step_below_the_first() -> None:
    life = mornings(Life(ladder()), ("Mon", 1), ("Tue", 9), ("Wed", 9))
    assert steps(life) == []


def test_a_step_back_begins_the_steps_time_anew() -> None:
    life = mornings(Life(ladder()), ("Mon", 1), ("Tue", 1), ("Wed", 1), ("Thu", 7))
    life.go("Thu 12:00").answer(pain=1, morning=1)
    mornings(life, ("Fri", 1), ("Sat", 1), ("Sun", 1))
    assert steps(life)[1:] == ["Thu 07:30 down one", "Sat 07:30 up two", "Sun 07:30 up three"]


# The gate -------------------------------------------------------------------------------------------


def test_the_phase_is_left_on_the_last_step_only() -> None:
    life = mornings(Life(ladder()), ("Mon", 1), ("Tue", 1))
    assert ("the last step, Three", "on step 1 of 3, One") in life.needs()
    assert life.episode.phase.id == "only"
    mornings(life, ("Wed", 1), ("Thu", 1))
    assert (steps(life)[-1], life.episode.phase.id) == ("Thu 07:30 up three", "only")
    assert ("a day on the last step", "in 23 h 30 min, tomorrow 07:00") in life.needs()
    life.go("Fri 07:00")
    assert life.episode.phase.id == "last"


def test_a_step_for_another_grade_is_left_out() -> None:
    protocol = ladder(step("one"), step("two", rest="only_if: grade != I"), step("three"))
    for grade, rungs in (("I", ["one", "three"]), ("II", ["one", "two", "three"])):
        life = Life(protocol, grade=grade)
        assert [rung.id for rung in life.episode.phase.ladder] == rungs
    life = mornings(Life(protocol, grade="I"), ("Mon", 1), ("Tue", 1))
    assert steps(life) == ["Tue 07:30 up three"]


# By hand --------------------------------------------------------------------------------------------


def test_a_reason_passes_a_steps_condition_but_neither_time_nor_day() -> None:
    life = Life(ladder()).go("Mon 12:00")
    refused = life.refused(Advance(because="it goes well"))
    assert "not yet: 2 days on this step, and one step a day" in refused.reason
    assert refused.earliest == life.at("Wed 07:00")
    life.go("Wed 12:00")
    assert "Answer first" in life.refused(Advance(because="it goes well")).reason
    life.answer(pain=4, morning=3)
    assert '--because "your reason"' in life.refused(Advance()).reason
    assert life.accepted(Advance(because="it goes well")) == "Now on step 2: Two."
    assert life.of(f.Stepped)[0].by == "person"
    assert life.of(f.Stepped)[0].data["reasons"] == ["the person: it goes well"]
    assert life.refused(Advance(because="very well")).earliest == life.at("Thu 12:00")
    life.accepted(StepBack())
    assert life.refused(Advance(because="very well")).earliest == life.at("Fri 12:00")


def test_the_person_steps_back_one_step_and_from_the_first_one_phase() -> None:
    before = small(
        LOOK,
        phase="min: 0h\nleave_when: pain <= 9",
        more=[phase_text("climb", LOOK, body=PHASE + "".join(THREE))],
        observe=MORNING,
    )
    life = Life(before).go("Mon 08:00")
    life.answer(pain=2, morning=2)
    forced(life.go("Mon 08:01"))
    assert life.accepted(StepBack()) == "Back on step 1: One."
    life.accepted(StepBack())
    assert life.episode.phase.id == "only"


def test_after_the_last_step_advance_is_about_the_phase() -> None:
    life = Life(ladder()).go("Mon 12:00")
    for _ in range(2):
        forced(life)
    life.go("Tue 12:00")
    assert "not known" in life.refused(Advance(because="so")).reason
    life.answer(pain=4, morning=1)
    assert life.accepted(Advance(because="so")) == "Now in: Last. The limits still hold."


# Activities -----------------------------------------------------------------------------------------


def test_each_step_has_its_own_activities_beside_those_of_the_phase() -> None:
    life = mornings(Life(ladder()), *((day, 2) for day in ("Mon", "Tue", "Wed", "Thu", "Fri")))
    life.go("Sat 00:00")
    assert life.times(f.Offered, "one") == ["Mon 09:00", "Tue 09:00"]
    assert life.times(f.Offered, "two") == ["Wed 09:00"]
    assert life.times(f.Offered, "three") == ["Thu 09:00", "Fri 09:00"]
    assert life.times(f.Offered, "look") == [f"{day} 07:30" for day in ("Mon", "Tue", "Wed", "Thu", "Fri")]


def test_a_session_of_the_step_before_still_ends_and_its_end_can_be_told() -> None:
    life = Life(ladder()).go("Mon 09:05")
    life.accepted(Begin("one"))
    forced(life)
    life.go("Mon 09:30")
    assert life.times(f.Ended, "one") == ["Mon 09:15"]
    assert life.accepted(End("one")) == "One ended after 25 min, 15 min too long."
    assert life.refused(Begin("one")).reason.startswith("no activity 'one' of that kind in phase only")


def test_a_session_on_keeps_the_next_steps_from_starting() -> None:
    life = Life(ladder()).go("Mon 09:05")
    life.accepted(Begin("one"))
    forced(life)
    assert life.refused(Begin("two")).earliest == life.at("Mon 09:15")


def test_a_weekly_cadence_counts_from_the_day_of_the_step() -> None:
    weekly = (
        "{id: two, kind: session, of: exercise, duration: 10min, per_week: 3, at: '17:00', start: G, end: S}"
    )
    life = Life(ladder(step("one"), step("two", weekly)), start=ONSET)
    mornings(life, ("Mon", 2), ("Tue", 2))
    life.go("2026-12-02 00:00")
    assert [fact[:3] for fact in life.times(f.Offered, "two")] == ["Tue", "Thu", "Sat", "Tue"]


def test_an_hourly_cadence_counts_from_the_moment_of_the_step() -> None:
    hourly = "{id: two, kind: reminder, of: posture, every: 3h, say: Up}"
    life = Life(ladder(step("one"), step("two", hourly))).go("Mon 08:20")
    forced(life)
    life.go("Mon 16:00")
    assert life.times(f.Offered, "two") == ["Mon 08:20", "Mon 11:20", "Mon 14:20"]


def test_a_hold_of_a_step_comes_off_with_it() -> None:
    hold = "{id: wrap, kind: hold, of: compression, on: 'On', off: 'Off'}"
    life = Life(ladder(step("one", hold), step("two"))).go("Mon 12:00")
    assert life.cues("on") == [("Mon 07:00", "Wrap")]
    forced(life)
    assert life.cues("off") == [("Mon 12:00", "Wrap")]


def test_what_was_put_off_is_over_when_its_step_is() -> None:
    life = Life(ladder()).go("Mon 09:05")
    life.accepted(Snooze("one", length=parse_duration("2h")))
    forced(life)
    life.go("Wed 12:00")
    life.accepted(StepBack())
    assert life.times(f.Offered, "one") == ["Mon 09:00"]
    life.go("Thu 12:00")
    assert life.times(f.Offered, "one") == ["Mon 09:00", "Thu 09:00"]


def test_coming_back_to_a_step_makes_no_storm() -> None:
    hourly = "{id: one, kind: reminder, of: posture, every: 1h, say: Up}"
    life = Life(ladder(step("one", hourly), step("two"))).go("Mon 08:00")
    forced(life)
    life.go("Thu 12:00")
    before = len(life.facts)
    life.accepted(StepBack())
    cues = [fact for fact in life.facts[before:] if fact.data.get("activity") == "one"]
    assert [(fact.kind, fact.at) for fact in cues] == [("offered", life.now)]


# Other things that happen ---------------------------------------------------------------------------


def test_a_pause_keeps_the_step() -> None:
    life = mornings(Life(ladder()), ("Mon", 1))
    life.accepted(Pause())
    mornings(life, ("Wed", 1), ("Thu", 1))
    assert steps(life) == []
    life.accepted(Resume())
    assert steps(life) == ["Thu 07:30 up two"]


def test_a_flag_that_stops_something_keeps_the_step() -> None:
    flag = "{id: limp, ask: 'Limping?', level: urgent, say: Go, suspend: [exercise]}"
    life = Life(ladder(flags=[flag])).go("Mon 12:00")
    life.accepted(RaiseFlag("limp"))
    mornings(life, ("Tue", 1), ("Wed", 1), ("Thu", 1))
    assert steps(life) == []
    life.accepted(ClearFlag("limp", because="seen"))
    assert steps(life) == ["Thu 07:30 up two"]


def test_a_flag_does_not_keep_from_stepping_back() -> None:
    flag = "{id: limp, ask: 'Limping?', level: urgent, say: Go, suspend: [exercise]}"
    life = mornings(Life(ladder(flags=[flag])), ("Mon", 1), ("Tue", 1), ("Wed", 1))
    life.accepted(RaiseFlag("limp"))
    assert steps(mornings(life, ("Thu", 8)))[1:] == ["Thu 07:30 down one"]


def test_undoing_the_answer_and_the_step_leads_back() -> None:
    life = mornings(Life(ladder()), ("Mon", 1), ("Tue", 1), ("Wed", 1), ("Thu", 8))
    answer, step_ = life.of(f.Answered)[-1], life.of(f.Stepped)[-1]
    life.undo(answer.seq, step_.seq)
    assert life.episode.rung is not None
    assert life.episode.rung.id == "two"


def test_a_clock_set_back_takes_no_step_twice() -> None:
    life = mornings(Life(ladder()), ("Mon", 1), ("Tue", 1), ("Wed", 1))
    for back in ("Wed 07:00", "Tue 22:00", "Tue 12:00"):
        life.now = life.at(back)
        life.turn()
        life.do(AnswerCheckIn({"pain": "9", "morning": "9"}))
    assert steps(life) == ["Wed 07:30 up two"]


@pytest.mark.parametrize("answers", [(1, 1, 1, 1, 1), (1, 1, 1, 8, 1), (2, 4, 1, 2, 6), (1, 9, 9, 1, 1)])
def test_waking_up_when_told_finds_all_that_looking_every_minute_does(answers: tuple[int, ...]) -> None:
    """No step is missed: a second life looks much more often and sees nothing earlier."""
    lives = [Life(ladder(step("one", rest="min: 30h"), step("two"), step("three"))) for _ in range(2)]
    for day, value in zip(("Mon", "Tue", "Wed", "Thu", "Fri"), answers, strict=True):
        for life in lives:
            end = life.at(f"{day} 20:00")
            if life is lives[1]:
                from datetime import timedelta

                while life.now + timedelta(minutes=10) < end:
                    life.now += timedelta(minutes=10)
                    life.turn()
                life.now = end
                life.turn()
            life.go(end).answer(pain=value, morning=value)
    for life in lives:
        life.go("2026-11-29 12:00")
    assert steps(lives[0]) == steps(lives[1])
    waking = lives[0].look_again_at
    assert waking is not None
    assert waking > lives[0].now
    assert turn(lives[0].episode, lives[0].now).facts == ()


def test_the_outlook_tells_the_step() -> None:
    life = Life(ladder()).go("Mon 08:00")
    assert OnStep(1, 3, "One") in [need.value for need in outlook(life.episode, ONSET).needs]
