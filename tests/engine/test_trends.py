"""Trends: what an answer is measured against, and the way back to an earlier phase that hangs on them."""

import pytest

from recovery.engine import facts as f
from recovery.engine.acts import Advance, Pause, Resume, Setback, StepBack
from recovery.engine.gates import Truth, truth
from recovery.engine.outlook import outlook
from tests.engine.examples import ASK, Life, condition, phase_text, small

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def answered(*pain: int, phase_after: int = 0) -> Life:
    """A life in which pain is told each day at 08:00; the second phase begins after so many answers."""
    gate = "min: 0h\nleave_when: pain <= 10" if phase_after == 1 else "min: 0h\nleave_when: pain >= 10"
    life = Life(small(ASK, phase=gate, more=[phase_text("later", ASK)]))
    for number, (day, value) in enumerate(zip(DAYS, pain, strict=False), 1):
        life.go(f"{day} 08:00").answer(pain=value)
        if number == phase_after and life.episode.phase.id == "only":
            life.accepted(Advance(because="so"))
    return life


def holds(life: Life, text: str) -> Truth:
    return truth(condition(text), life.episode, life.now)


@pytest.mark.parametrize(
    ("pain", "text", "state"),
    [
        ((6, 8, 5), "pain falling", Truth.YES),
        ((6, 8, 6), "pain falling", Truth.NO),
        ((6, 8, 7), "pain falling since worst", Truth.YES),
        ((6, 8, 8), "pain falling since worst", Truth.NO),
        ((6, 8, 9), "pain falling since worst", Truth.NO),
        ((6, 8, 7), "pain falling since last", Truth.YES),
        ((6, 4, 5), "pain falling since last", Truth.NO),
        ((6, 4, 5), "pain rising", Truth.YES),
        ((6, 4, 4), "pain rising", Truth.NO),
        ((6, 4, 5), "pain rising since first", Truth.NO),
        ((6, 4, 7), "pain rising since first", Truth.YES),
        ((6, 4, 7), "pain rising since worst", Truth.YES),
        ((6, 9, 7), "pain rising since worst", Truth.NO),
        ((6, 9, 7), "pain drop >= 2 since worst", Truth.YES),
        ((6, 9, 7), "pain drop >= 2", Truth.NO),
        ((6, 3, 5), "pain rise >= 2", Truth.YES),
        ((6, 3, 5), "pain rise >= 3", Truth.NO),
        ((6, 3, 8), "pain rise >= 2 since first", Truth.YES),
        ((4, 5, 6), "pain rise >= 2 since second-last", Truth.YES),
        ((4, 7, 6), "pain rise >= 2 since second-last", Truth.YES),
        ((4, 4, 6), "pain rise >= 2 since second-last", Truth.NO),
        ((4, 7, 5), "pain rise >= 2 since second-last", Truth.NO),
        ((4, 5, 5), "pain rising since second-last", Truth.YES),
        ((4, 5, 4), "pain rising since second-last", Truth.NO),
        ((4, 3, 2), "pain falling since second-last", Truth.YES),
        ((4, 4, 2), "pain drop >= 2 since second-last", Truth.NO),
        ((4, 6), "pain rise >= 2 since second-last", Truth.UNKNOWN),
    ],
)
def test_a_trend_is_measured_against_what_it_says(pain: tuple[int, ...], text: str, state: Truth) -> None:
    assert holds(answered(*pain), text) is state


@pytest.mark.parametrize(
    "text", ["pain falling", "pain rising", "pain drop >= 1 since worst", "pain rise >= 1"]
)
def test_a_single_answer_is_no_trend(text: str) -> None:
    assert holds(answered(5), text) is Truth.UNKNOWN
    assert holds(answered(), text) is Truth.UNKNOWN


@pytest.mark.parametrize("text", ["pain falling", "pain falling since worst", "pain rising since phase"])
def test_a_trend_whose_last_answer_is_stale_is_unknown(text: str) -> None:
    life = answered(8, 6, phase_after=1)
    assert holds(life, text) is not Truth.UNKNOWN
    assert holds(life.go("Wed 08:00"), text) is Truth.UNKNOWN


def test_since_phase_is_the_answer_known_at_its_beginning() -> None:
    life = answered(8, 4, 5, phase_after=2)
    assert holds(life, "pain rising since phase") is Truth.YES
    assert holds(life, "pain falling since phase") is Truth.NO
    assert holds(life, "pain falling since first") is Truth.YES
    assert holds(answered(8, 4, 3, phase_after=2), "pain drop >= 1 since phase") is Truth.YES
    assert holds(answered(8, 4, 3, phase_after=2), "pain drop >= 2 since phase") is Truth.NO


def test_without_an_answer_at_the_beginning_the_first_in_the_phase_counts() -> None:
    life = Life(small(ASK)).go("Mon 09:00")
    life.answer(pain=7)
    assert holds(life, "pain rising since phase") is Truth.UNKNOWN
    life.go("Mon 12:00").answer(pain=9)
    assert holds(life, "pain rising since phase") is Truth.YES


def test_what_is_told_later_for_an_earlier_time_takes_its_place() -> None:
    life = answered(5, 4)
    life.answer(at=life.at("Mon 20:00"), pain=9)
    assert holds(life, "pain drop >= 5 since worst") is Truth.YES
    assert holds(life, "pain falling since last") is Truth.YES


def test_where_higher_is_better_words_keep_their_meaning() -> None:
    life = Life(small(ASK))
    for day, strength in (("Mon", 50), ("Tue", 30), ("Wed", 60)):
        life.go(f"{day} 08:00").answer(strength=strength)
    assert holds(life, "strength rising since worst") is Truth.YES
    assert holds(life, "strength rise >= 30 since worst") is Truth.YES
    assert holds(life, "strength falling since first") is Truth.NO


def test_choices_are_ranked_as_they_stand() -> None:
    life = Life(small(ASK)).go("Mon 08:00")
    life.answer(rom="limited")
    life.go("Mon 12:00").answer(rom="full")
    assert holds(life, "rom rising") is Truth.YES


def test_after_a_setback_only_answers_since_the_new_injury_count() -> None:
    life = answered(9, 3)
    life.go("Tue 12:00").accepted(Setback())
    assert holds(life, "pain <= 3") is Truth.UNKNOWN
    life.go("Tue 13:00").answer(pain=5)
    assert holds(life, "pain falling since worst") is Truth.UNKNOWN
    life.go("Tue 14:00").answer(pain=4)
    assert holds(life, "pain falling since worst") is Truth.YES
    assert holds(life, "pain drop >= 2 since worst") is Truth.NO
    assert holds(life, "pain falling since first") is Truth.YES


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("pain falling since worst", "pain 6, at worst 8"),
        ("pain falling", "pain 6, first 5"),
        ("pain rise >= 9", "pain 6, before 8"),
        ("pain rise >= 9 since phase", "pain 6, at the beginning 5"),
    ],
)
def test_a_need_tells_what_a_trend_is_measured_against(text: str, value: str) -> None:
    gate = f"min: 0h\nleave_when: {{all: [{text}, pain > 9]}}"
    life = Life(small(ASK, phase=gate))
    for hour, pain in ((8, 5), (9, 8), (10, 6)):
        life.go(f"Mon {hour:02}:00").answer(pain=pain)
    assert value in [shown for _condition, shown in life.needs()]


# The way back ---------------------------------------------------------------------------------------

BACK = """
min: 90d
enter_when: pain <= 5
back_to:
  phase: only
  when: [swelling rising since phase, swelling >= 2]
  say: Rest fits better now.
"""


def second(first: str = "min: 1d\nmax: 72h\nzero: injury", back: str = BACK) -> Life:
    """In the second phase, from Tuesday on; the first one counts from the injury."""
    other = phase_text("other", ASK, body=first)
    life = Life(small(ASK, phase=first, more=[phase_text("second", ASK, body=back), other]))
    life.go("Mon 08:00").answer(pain=5, swelling=1)
    life.go("Tue 07:00")
    assert life.episode.phase.id == "second"
    return life


def offers(life: Life) -> list[str]:
    return [
        f"{when} {fact.data['state']}"
        for when, fact in zip(life.times(f.PhaseChanged), life.of(f.PhaseChanged), strict=True)
        if "way back" in fact.data["state"]
    ]


def test_a_way_back_is_offered_once_and_withdrawn_when_its_reason_is_over() -> None:
    life = second()
    life.go("Tue 08:00").answer(pain=5, swelling=2)
    life.go("Tue 12:00").answer(pain=5, swelling=3)
    assert offers(life) == ["Tue 08:00 way back"]
    (cue,) = [fact.data["cue"] for fact in life.of(f.PhaseChanged) if fact.data["state"] == "way back"]
    assert (cue["title"], cue["body"]) == (
        "Going back fits better now",
        "Rest fits better now. Type: recovery step-back",
    )
    assert life.episode.phase.id == "second"
    life.go("Tue 20:00").answer(pain=5, swelling=1)
    assert offers(life)[1:] == ["Tue 20:00 no way back"]
    life.go("Wed 08:00").answer(pain=5, swelling=2)
    assert offers(life)[2:] == ["Wed 08:00 way back"]


def test_what_is_not_known_withdraws_nothing() -> None:
    life = second("min: 1d\nmax: 72h")
    life.go("Tue 08:00").answer(pain=5, swelling=2)
    assert offers(life.go("Thu 12:00")) == ["Tue 08:00 way back"]


def test_step_back_takes_the_way_that_is_offered() -> None:
    life = second()
    life.go("Tue 08:00").answer(pain=5, swelling=2)
    assert life.go("Tue 08:10").accepted(StepBack()) == "Back in: Only. The limits still hold."
    assert not life.episode.phase_stay.way_back
    assert outlook(life.episode, life.now).needs


def test_no_way_back_to_a_phase_whose_time_since_the_injury_is_over() -> None:
    life = second().go("Thu 07:00")
    life.answer(pain=5, swelling=2)
    assert offers(life) == []


def test_a_phase_that_counts_from_its_entry_is_never_over() -> None:
    life = second("min: 1d\nmax: 72h").go("Sat 07:00")
    life.answer(pain=5, swelling=2)
    assert offers(life) == ["Sat 07:00 way back"]


def test_an_offer_lapses_when_the_earlier_phase_is_over_its_time() -> None:
    life = second()
    life.go("Wed 20:00").answer(pain=5, swelling=2)
    assert offers(life.go("Thu 06:59")) == ["Wed 20:00 way back"]
    assert offers(life.go("Thu 07:00")) == ["Wed 20:00 way back", "Thu 07:00 no way back"]


def test_in_a_pause_no_way_back_is_offered() -> None:
    life = second()
    life.accepted(Pause())
    life.go("Tue 08:00").answer(pain=5, swelling=2)
    assert offers(life) == []
    life.go("Tue 09:00").accepted(Resume())
    assert offers(life) == ["Tue 09:00 way back"]


def test_a_way_back_to_another_protocol_names_it() -> None:
    life = second(back=BACK.replace("phase: only", "phase: elsewhere"))
    life.go("Tue 08:00").answer(pain=5, swelling=2)
    (fact,) = [fact for fact in life.of(f.PhaseChanged) if fact.data["state"] == "way back"]
    assert fact.data["cue"]["body"].endswith("Type: recovery start elsewhere")
    assert "recovery start elsewhere" in life.refused(StepBack()).reason
