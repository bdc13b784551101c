"""Conditions in three values, and when a phase may be left."""

from datetime import datetime, timedelta
from itertools import product

import pytest

from recovery.engine.acts import Begin, StepBack
from recovery.engine.episode import Answer, Episode
from recovery.engine.gates import (
    Held,
    Passed,
    Truth,
    deadline,
    gate,
    gate_needs,
    healing_range,
    latest,
    opens_at,
    truth,
)
from recovery.protocol.terms import (
    All,
    AnyOf,
    Comparison,
    Not,
)
from recovery.values import replace
from tests.engine.examples import ASK, ICE, ONSET, Life, condition, local, phase_text, shipped, small, started

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
YES, NO, UNKNOWN = Truth.YES, Truth.NO, Truth.UNKNOWN
PARTS = {
    YES: Comparison("grade", "==", "II"),
    NO: Comparison("grade", "==", "III"),
    UNKNOWN: Comparison("pain", "<=", 3.0),
}
AT_MAX = "at_max: {level: routine, say: Too long}"


def answered(*answers: tuple[str, object], **options: object) -> Episode:
    """An episode in whose first phase these were answered: `("Mon 08:00", {"pain": 4})`."""
    life = Life(small(ASK), **options)  # type: ignore[arg-type]
    for at, values in answers:
        life.go(at)
        life.answer(**values)  # type: ignore[arg-type]
    return life.episode


# Three values ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("this", "other"), [*product(Truth, repeat=2)])
def test_all_and_any_follow_the_table_of_three_values(this: Truth, other: Truth) -> None:
    episode, _ = started(small(ASK))
    parts = (PARTS[this], PARTS[other])
    both = {this, other}
    expected_all = NO if NO in both else UNKNOWN if UNKNOWN in both else YES
    expected_any = YES if YES in both else UNKNOWN if UNKNOWN in both else NO
    assert truth(All(parts), episode, ONSET) is expected_all
    assert truth(AnyOf(parts), episode, ONSET) is expected_any


def test_not_leaves_the_unknown_unknown() -> None:
    episode, _ = started(small(ASK))
    assert [truth(Not(PARTS[value]), episode, ONSET) for value in (YES, NO, UNKNOWN)] == [NO, YES, UNKNOWN]


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("pain <= 3", 3, YES),
        ("pain <= 3", 4, NO),
        ("pain < 3", 3, NO),
        ("pain > 3", 3, NO),
        ("pain >= 3", 3, YES),
        ("pain == 3", 3, YES),
        ("pain != 3", 3, NO),
    ],
)
def test_numbers_are_compared(text: str, value: int, expected: Truth) -> None:
    assert (
        truth(condition(text), answered(("Mon 08:00", {"pain": value})), local("2026-11-23 09:00"))
        is expected
    )


def test_words_and_names_of_numbers_are_compared() -> None:
    episode = answered(("Mon 08:00", {"rom": "full", "swelling": "slight"}))
    now = local("2026-11-23 09:00")
    assert truth(condition("rom == full"), episode, now) is YES
    assert truth(condition("rom != full"), episode, now) is NO
    assert truth(condition("swelling <= slight"), episode, now) is YES
    assert truth(condition("swelling == none"), episode, now) is NO


def test_what_was_never_told_at_the_start_is_unknown() -> None:
    episode, _ = started(small(ASK), side=None, grade=None)
    assert truth(condition("side == left"), episode, ONSET) is UNKNOWN
    assert truth(condition("grade != III"), episode, ONSET) is UNKNOWN


def test_time_since_an_origin_is_reached_to_the_second() -> None:
    episode, _ = started(small(ASK), ONSET, ONSET + HOUR)
    for origin, zero in (("injury", ONSET), ("start", ONSET + HOUR)):
        waited = condition(f"{origin} >= 48h")
        assert truth(waited, episode, zero + 48 * HOUR - timedelta(seconds=1)) is NO
        assert truth(waited, episode, zero + 48 * HOUR) is YES


# Freshness --------------------------------------------------------------------------------------


def test_an_answer_is_known_until_it_is_stale() -> None:
    episode = answered(("Mon 08:00", {"pain": 2}))
    at = local("2026-11-23 08:00")
    assert truth(condition("pain <= 3"), episode, at) is YES
    assert truth(condition("pain <= 3"), episode, at + DAY - timedelta(seconds=1)) is YES
    assert truth(condition("pain <= 3"), episode, at + DAY) is UNKNOWN
    assert truth(condition("not: pain <= 3"), episode, at + DAY) is UNKNOWN


def test_an_answer_about_a_later_moment_is_not_known_yet() -> None:
    episode = answered(("Mon 08:00", {"pain": 2}))
    assert latest(episode, "pain", local("2026-11-23 07:59")) is None
    assert latest(episode, "pain", local("2026-11-23 08:00")) == Answer(local("2026-11-23 08:00"), 2)


def test_each_observation_has_its_own_freshness() -> None:
    episode = answered(("Mon 08:00", {"pain": 2, "strength": 95}))
    later = local("2026-11-26 08:00")
    assert truth(condition("pain <= 3"), episode, later) is UNKNOWN
    assert truth(condition("strength >= 90"), episode, later) is YES


# Trends -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "falling", "rising", "drop"),
    [
        ([6], UNKNOWN, UNKNOWN, UNKNOWN),
        ([6, 6], NO, NO, NO),
        ([6, 5], YES, NO, NO),
        ([6, 4], YES, NO, YES),
        ([6, 7], NO, YES, NO),
        ([6, 3, 4], YES, YES, YES),
        ([6, 3, 3], YES, NO, YES),
        ([6, 3, 7], NO, YES, NO),
        ([2, 8, 3], NO, NO, NO),
    ],
)
def test_falling_and_drop_look_at_the_first_answer_rising_at_the_last(
    given: list[int], falling: Truth, rising: Truth, drop: Truth
) -> None:
    episode = answered(*((f"Mon {8 + n:02}:00", {"pain": pain}) for n, pain in enumerate(given)))
    now = local("2026-11-23 20:00")
    tests = [condition(text) for text in ("pain falling", "pain rising", "pain drop >= 2")]
    assert [truth(test, episode, now) for test in tests] == [falling, rising, drop]


def test_a_trend_of_stale_answers_is_unknown() -> None:
    episode = answered(("Mon 08:00", {"pain": 6}), ("Mon 09:00", {"pain": 2}))
    assert truth(condition("pain falling"), episode, local("2026-11-24 09:00")) is UNKNOWN


def test_a_trend_needs_a_fresh_answer_but_not_a_fresh_first_one() -> None:
    episode = answered(("Mon 08:00", {"pain": 6}), ("Thu 09:00", {"pain": 2}))
    assert truth(condition("pain falling"), episode, local("2026-11-26 10:00")) is YES


def test_an_answer_told_late_counts_from_when_it_was_true() -> None:
    life = Life(small(ASK)).go("Tue 08:00")
    life.answer(pain=3)
    assert truth(condition("pain falling"), life.episode, life.now) is UNKNOWN
    life.answer(at=life.at("Mon 09:00"), pain=6)
    assert truth(condition("pain falling"), life.episode, life.now) is YES
    assert latest(life.episode, "pain", life.now) == Answer(life.at("Tue 08:00"), 3)


# Leaving a phase --------------------------------------------------------------------------------

GATED = "min: 24h\nmax: 72h\nzero: injury\nleave_when: pain <= 3\n" + AT_MAX


def two_phases(body: str = GATED, enter: str = "") -> Life:
    return Life(small(ASK, phase=body, more=[phase_text("next", ASK, body=f"min: 90d\n{enter}")]))


def test_time_alone_does_not_open_a_gate() -> None:
    life = two_phases().go("Tue 12:00")
    assert life.episode.phase.id == "only"
    assert life.held() == ["not known: pain at most 3"]
    assert not gate(life.episode, life.now).is_decided  # type: ignore[union-attr]


def test_a_condition_alone_does_not_open_a_gate() -> None:
    life = two_phases()
    life.answer(pain=1)
    assert life.held() == ["not yet: 24 h since the injury"]
    assert gate(life.episode, life.now).is_decided  # type: ignore[union-attr]
    life.go("Tue 06:59")
    assert life.episode.phase.id == "only"


def test_the_gate_opens_with_both_on_the_second() -> None:
    life = two_phases()
    life.answer(pain=1)
    life.go("Mon 20:00").answer(pain=1)
    life.go("Tue 07:00")
    assert life.episode.phase.id == "next"
    entered = life.of("phase")[-1]
    assert (entered.at, entered.data["state"]) == (ONSET + DAY, "entered")
    assert entered.data["reasons"] == ["24 h since the injury", "pain at most 3: pain 1"]


def test_the_next_phase_has_its_say() -> None:
    life = two_phases(enter="enter_when: [swelling == none, injury >= 30h]")
    life.go("Tue 07:30").answer(pain=1, swelling=1)
    assert life.held() == ["not yet: swelling is 0", "not yet: 30 h since the injury"]
    life.answer(swelling=0)
    life.go("Tue 12:59")
    assert life.episode.phase.id == "only"
    life.go("Tue 13:00")
    assert life.episode.phase.id == "next"


def test_a_stale_answer_shuts_a_gate_again() -> None:
    life = two_phases(enter="enter_when: injury >= 40h").go("Mon 22:00")
    life.answer(pain=1)
    assert isinstance(gate(life.episode, life.at("Tue 22:00")), Held)
    life.go("Wed 12:00")
    assert life.episode.phase.id == "only"
    assert not gate(life.episode, life.now).is_decided  # type: ignore[union-attr]


def test_the_longest_time_holds_and_escalates_once() -> None:
    life = two_phases().go("Thu 06:30")
    life.answer(pain=8)
    assert life.of("alerted") == []
    life.go("2026-12-20 12:00")
    assert life.episode.phase.id == "only"
    assert [(fact.at, fact.data["reason"]) for fact in life.of("alerted")] == [(ONSET + 3 * DAY, "Too long")]


def test_open_questions_at_the_longest_time_get_a_day_after_the_entry() -> None:
    started_late = Life(small(ASK, phase=GATED), ONSET, ONSET + 70 * HOUR)
    started_late.go(ONSET + 94 * HOUR - timedelta(seconds=1))
    assert started_late.of("alerted") == []
    started_late.go(ONSET + 94 * HOUR)
    assert len(started_late.of("alerted")) == 1


def test_a_late_starter_gets_the_hours_that_are_left() -> None:
    life = Life(small(ASK, phase=GATED, more=[phase_text("next", ASK)]), ONSET, ONSET + 30 * HOUR)
    assert opens_at(life.episode) == ONSET + DAY
    assert deadline(life.episode) == ONSET + 3 * DAY
    life.answer(pain=2)
    assert life.episode.phase.id == "next"


def test_a_late_starter_after_the_whole_phase_still_needs_the_answers() -> None:
    life = Life(shipped("strain"), ONSET, ONSET + 10 * DAY)
    assert (life.episode.phase.id, life.episode.phase_stay.phase) == ("contrast", None)
    life.answer(pain=0, swelling=0)
    assert life.episode.phase_stay.phase == life.episode.phase
    assert life.episode.phase.id == "contrast"


def test_the_first_phase_waits_for_its_own_condition_and_asks_meanwhile() -> None:
    protocol = small(ASK, ICE, phase="enter_when: pain <= 3\nmin: 1d")
    life = Life(protocol)
    assert life.episode.phase_stay.phase is None
    assert [fact.data["activity"] for fact in life.of("offered")] == ["ask"]
    assert life.refused(Begin("ice")).reason == "phase only has not begun"
    life.go("Mon 10:00").answer(pain=2)
    assert life.episode.phase_stay.phase is not None
    assert life.times(activity="ice") == ["Mon 10:00"]


# Asking anew ------------------------------------------------------------------------------------


def test_after_a_step_back_only_new_answers_count() -> None:
    life = two_phases().go("Tue 08:00")
    life.answer(pain=2)
    assert life.episode.phase.id == "next"
    life.go("Tue 09:00").accepted(StepBack())
    assert life.episode.phase.id == "only"
    assert life.held() == ["not known: pain at most 3"]
    life.answer(at=life.at("Tue 08:30"), pain=1)
    assert life.episode.phase.id == "only", "what was true before the step back counts no more"
    life.go("Tue 10:00").answer(pain=2)
    assert life.episode.phase.id == "next"
    assert not life.episode.phase_stay.asks_anew


# What it tells ----------------------------------------------------------------------------------


def test_what_a_gate_needs_is_told_with_what_is_known() -> None:
    protocol = small(
        ASK, phase="min: 2d\nleave_when:\n  all:\n    - pain <= 3\n    - swelling falling\n    - rom == full"
    )
    life = Life(protocol)
    life.answer(pain=6, swelling=2)
    life.go("Mon 09:00").answer(swelling=1)
    assert life.needs() == [
        ("2 days since the phase began", "in 1 d 22 h, Wed 25 Nov 07:00"),
        ("pain <= 3", "pain 6"),
        ("swelling falling", "swelling 1, first 2"),
        ("rom == full", "rom not told yet"),
    ]
    assert [need.state for need in gate_needs(life.episode, life.now)] == [NO, NO, YES, UNKNOWN]
    assert life.needs(life.at("Tue 10:00"))[1] == ("pain <= 3", "pain last told 1 d 3 h ago")


def test_a_phase_that_asks_for_nothing_is_passed_with_what_it_waited_for() -> None:
    life = Life(small(ASK, phase="min: 2h", more=[phase_text("next", ASK)]))
    passed = gate(life.episode, life.at("Mon 09:00"))
    assert isinstance(passed, Passed)
    assert [life.words(reason) for reason in passed.reasons] == ["2 h since the phase began"]


@pytest.mark.parametrize(
    ("grade", "earliest", "latest_"),
    [
        ("I", "2026-12-07 07:00", "2026-12-21 07:00"),
        ("II", "2026-12-21 07:00", "2027-01-18 07:00"),
        ("III", "2027-02-23 07:00", "2027-11-23 07:00"),
    ],
)
def test_healing_is_a_range_by_the_calendar_of_the_place(grade: str, earliest: str, latest_: str) -> None:
    episode, _ = started(shipped("strain"), grade=grade)
    assert healing_range(episode) == (local(earliest), local(latest_))


def test_a_protocol_without_a_healing_time_says_so() -> None:
    with pytest.raises(ValueError, match="tells no healing time"):
        healing_range(started(shipped("rice"))[0])


def test_nothing_completes_before_the_earliest_healing_time() -> None:
    life = Life(small(ASK, phase="min: 1d", healing=True), grade="I")
    life.go("2026-12-07 06:59")
    assert life.of("completed") == []
    life.go("2026-12-07 07:00")
    assert [fact.at for fact in life.of("completed")] == [local("2026-12-07 07:00")]


def test_a_phase_that_passed_while_the_machine_slept_is_left_when_it_wakes() -> None:
    life = Life(small(ASK, phase="min: 2h", more=[phase_text("next", ASK)])).sleep("Tue 03:00")
    assert life.episode.phase.id == "next"
    assert life.episode.phase_stay.entered_at == life.at("Tue 03:00")


def test_an_offered_change_is_offered_again_after_the_gate_was_shut() -> None:
    body = "min: 1h\nconfirm: true\nleave_when: pain <= 3"
    life = Life(small(ASK, phase=body, more=[phase_text("next", ASK)])).go("Mon 09:00")
    life.answer(pain=5)
    life.go("Mon 10:00").answer(pain=2)
    assert life.episode.phase_stay.offered
    life.go("Mon 11:00").answer(pain=5)
    assert not life.episode.phase_stay.offered
    life.go("Mon 12:00").answer(pain=2)
    assert [at for at, _ in life.cues("offer")] == ["Mon 10:00", "Mon 12:00"]


def test_any_gate_is_the_same_for_the_same_facts() -> None:
    episode = answered(("Mon 08:00", {"pain": 2}))
    now: datetime = local("2026-11-23 09:00")
    assert gate(episode, now) == gate(replace(episode), now)


def test_what_was_said_of_a_phase_over_its_time_goes_with_the_phase() -> None:
    life = two_phases().go("2026-12-20 12:00")
    assert list(life.episode.alerts) == ["unheard/only"]
    life.answer(pain=2)
    assert life.episode.phase.id == "next"
    assert not life.episode.alerts
