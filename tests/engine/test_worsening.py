"""Getting worse: told at once, exercise and massage stop, and the way back that fits the phase is offered."""

from collections.abc import Mapping
from datetime import date, timedelta

import pytest

from recovery.engine.acts import Advance, Begin, ClearFlag, StepBack
from tests.engine.examples import Life, local, shipped

ONSET = local("2026-11-23 18:00")


def told(id_: str, *answers: tuple[str, Mapping[str, int]], grade: str = "I") -> Life:
    """A life in which so much was answered at these times."""
    life = Life(shipped(id_), ONSET, grade=grade)
    for when, values in answers:
        life.go(when).answer(**values)
    return life


def states(life: Life) -> dict[str, str]:
    """The alerts of red flags that stand, each with its level."""
    ids = [id_ for id_ in life.episode.alerts if id_.startswith("flag/") and id_ != "flag/grade-ii"]
    return {id_: life.episode.alerts[id_].level for id_ in ids}


def exercises(life: Life) -> list[str]:
    return [fact.data["activity"] for fact in life.of("offered") if fact.data.get("modality") == "exercise"]


FIRST_DAYS = (
    ("Mon 18:05", {"pain": 4, "swelling": 1}),
    ("Tue 07:05", {"pain": 5, "swelling": 1}),
    ("Tue 19:05", {"pain": 6, "swelling": 1}),
)


@pytest.mark.parametrize("id_", ["strain", "rice", "cold-10-10-10", "peace-and-love"])
def test_getting_worse_in_the_first_days_is_urgent_at_once(id_: str) -> None:
    asked = shipped(id_).observations
    answers = [(when, {n: v for n, v in values.items() if n in asked}) for when, values in FIRST_DAYS]
    assert states(told(id_, *answers[:2])) == {}
    life = told(id_, *answers)
    assert states(life) == {"flag/getting-worse": "urgent"}
    alert = life.episode.alerts["flag/getting-worse"]
    assert alert.at == life.now
    assert {"exercise", "massage"} <= {*alert.suspends}
    assert "in these first days" in life.words(alert.reason)


def test_swelling_that_rises_in_two_answers_running_is_urgent_as_well() -> None:
    life = told(
        "strain",
        ("Mon 18:05", {"pain": 4, "swelling": 1}),
        ("Tue 07:05", {"pain": 4, "swelling": 2}),
        ("Tue 19:05", {"pain": 4, "swelling": 3}),
    )
    assert states(life) == {"flag/getting-worse": "urgent"}


@pytest.mark.parametrize("id_", ["rice", "cold-10-10-10", "contrast", "peace-and-love"])
def test_getting_worse_after_the_first_days_is_urgent_as_well(id_: str) -> None:
    asked = shipped(id_).observations
    days = (("Thu 19:05", 4), ("Fri 07:05", 5), ("Fri 19:05", 6))
    answers = [
        (when, {n: v for n, v in {"pain": pain, "swelling": 1}.items() if n in asked}) for when, pain in days
    ]
    life = told(id_, ("Mon 18:05", dict.fromkeys(("pain",), 6)), *answers)
    assert states(life)["flag/worse-later"] == "urgent"
    assert {"exercise", "massage"} <= {*life.episode.alerts["flag/worse-later"].suspends}


def test_one_bad_answer_is_no_worsening() -> None:
    life = told(
        "strain",
        ("Mon 18:05", {"pain": 4, "swelling": 1}),
        ("Tue 07:05", {"pain": 6, "swelling": 2}),
        ("Tue 19:05", {"pain": 4, "swelling": 1}),
    )
    assert states(life) == {}


# Later ----------------------------------------------------------------------------------------------


def loading() -> Life:
    """In gradual loading, from Friday on, with no pain to speak of."""
    life = told(
        "strain",
        ("Mon 18:05", {"pain": 6, "swelling": 2}),
        ("Tue 19:05", {"pain": 4, "swelling": 1}),
        ("Wed 19:05", {"pain": 3, "swelling": 0}),
        ("Thu 19:05", {"pain": 2, "swelling": 0}),
        grade="II",
    )
    assert life.episode.phase.id == "loading"
    return life


def test_nobody_is_told_to_stretch_with_much_pain_or_swelling_now() -> None:
    for values in ({"pain": 7, "swelling": 0}, {"pain": 2, "swelling": 3}):
        life = loading()
        life.go("Fri 07:35").answer(morning=1, **values)
        life.go("Fri 22:00")
        assert exercises(life) == []
    life = loading()
    life.go("Fri 07:35").answer(morning=1, pain=2, swelling=0)
    life.go("Fri 22:00")
    assert len(exercises(life)) == 1


def test_nobody_in_much_pain_is_reminded_to_load() -> None:
    life = told("peace-and-love", ("Mon 18:05", {"pain": 6}), ("Tue 19:05", {"pain": 5}))
    assert life.episode.phase.id == "love"
    life.go("Wed 07:35").answer(pain=8, morning=8)
    life.go("Thu 07:35")
    assert exercises(life) == []
    life.answer(pain=3, morning=3)
    life.go("Thu 12:00")
    assert exercises(life)[0] == "load"


def test_nor_may_they_begin_by_hand() -> None:
    life = loading()
    life.go("Fri 07:35").answer(morning=1, pain=4, swelling=1)
    assert "the swelling slight at most" in life.refused(Begin("motion")).reason


def test_swelling_is_asked_each_morning_of_the_first_two_weeks_of_loading() -> None:
    life = loading()
    for day in range(24):  # who is never heard is asked less
        life.go(f"{date(2026, 11, 27) + timedelta(days=day)} 12:00").answer(pain=2)
    asked = {
        fact.at.date().isoformat(): fact.data["asks"]
        for fact in life.of("offered")
        if "morning" in (fact.data.get("asks") or ())
    }
    days = sorted(asked)
    assert days[0] == "2026-11-27"
    assert all("swelling" in asked[day] for day in days[:14])
    assert not any("swelling" in asked[day] for day in days[14:])
    assert len(days) > 20


def test_worse_in_loading_is_urgent_and_packs_are_offered_again() -> None:
    life = loading()
    for day, pain in (("Fri", 3), ("Sat", 5)):
        life.go(f"{day} 07:35").answer(morning=1, pain=pain, swelling=0)
    assert states(life) == {"flag/worse-later": "urgent"}
    assert life.episode.phase_stay.way_back
    life.accepted(StepBack())
    assert life.episode.phase.id == "contrast"


def test_getting_worse_is_told_again_after_it_was_seen_and_got_better() -> None:
    life = told("strain", *FIRST_DAYS, grade="II")
    life.do(ClearFlag("getting-worse", because="a doctor has looked"))
    days = [
        f"2026-{month}-{day:02} 19:00"
        for month, last in (("11", 30), ("12", 31))
        for day in range(25, last + 1)
    ]
    for number, day in enumerate(days):
        both = {"pain": max(1, 6 - number), "swelling": 0}
        # When loading has gone on for a while, nobody asks for the swelling any more.
        life.go(day).answer(**(both if life.episode.phase.id != "loading" else {"pain": 1}))
        if life.episode.phase_stay.offered:
            life.do(Advance())
    assert life.episode.phase.id == "loading"
    for day, pain in (("01 19:00", 3), ("02 19:00", 5)):
        life.go(f"2027-01-{day}").answer(pain=pain)
    assert "flag/worse-later" in states(life)
    life.do(ClearFlag("worse-later", because="a doctor has looked"))
    for day, pain in (("03 19:00", 2), ("04 19:00", 2), ("05 19:00", 4)):
        life.go(f"2027-01-{day}").answer(pain=pain)
        assert "flag/worse-later" not in states(life)
    life.go("2027-01-06 19:00").answer(pain=5)
    assert states(life)["flag/worse-later"] == "urgent"
