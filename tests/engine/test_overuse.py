"""Pain that crept up: less load, then loading in steps, without ice; and what keeps a healed hip well, seldom."""

from collections import Counter
from datetime import timedelta

import pytest

from recovery.engine import facts as f
from recovery.engine.acts import Begin, ClearFlag, MarkDone, RaiseFlag, StepBack
from recovery.protocol.library import installed_folder
from tests.engine.examples import ONSET, Life, events, local, of_kind, shipped

LONG = ONSET + timedelta(days=150)


def course(persona: str) -> list[dict[str, object]]:
    return events(shipped("overuse"), LONG, persona=persona, grade=None, side="left")


@pytest.mark.parametrize("persona", ["steady", "slow", "sloppy"])
def test_who_gets_better_goes_through_all_of_it_in_weeks(persona: str) -> None:
    happened = course(persona)
    entered = [e["phase"] for e in of_kind(happened, "phase") if e["state"] == "entered"]
    assert entered == ["ease", "loading", "return"]
    (end,) = of_kind(happened, "completed")
    assert "2026-12-28" < str(end["at"]) < "2027-02-15"


@pytest.mark.parametrize("persona", ["steady", "stuck"])
def test_nothing_is_cooled_or_warmed_and_a_day_has_four_moments_at_the_most(persona: str) -> None:
    happened = course(persona)
    told = of_kind(happened, "session_start", "session_end", "reminder", "check_in")
    assert {e["modality"] for e in told if "modality" in e} <= {"exercise"}
    assert max(Counter(at[:10] for at in {str(e["at"]) for e in told}).values()) <= 4


def test_who_does_not_get_better_is_not_exercised_and_sent_to_be_seen_again_and_again() -> None:
    happened = course("stuck")
    assert of_kind(happened, "session_start") == []
    alerts = of_kind(happened, "alert")
    said = [str(e["at"])[:10] for e in alerts if str(e["reason"]).startswith("Two weeks with less load")]
    assert said[:4] == ["2026-12-07", "2026-12-21", "2027-01-04", "2027-01-18"]
    others = [str(e["at"])[:10] for e in alerts if "less load, and" not in str(e["reason"])]
    assert others == ["2026-12-07", "2027-01-18"]
    assert {e["level"] for e in alerts} == {"routine"}


def test_pain_in_the_groin_stops_the_exercises_until_it_was_seen() -> None:
    life = Life(shipped("overuse"), grade=None, side="left").go("Mon 08:00")
    for day in range(12):
        life.go(ONSET + timedelta(days=day, hours=1))
        life.answer(pain=1, morning=1)
    assert life.episode.phase.id == "loading"
    begun = len(life.of(f.Offered, "isometric"))
    assert begun > 3

    life.accepted(RaiseFlag("stress-fracture"))
    for day in range(12, 16):
        life.go(ONSET + timedelta(days=day, hours=1))
        life.answer(pain=1, morning=1)
    assert len(life.of(f.Offered, "isometric")) + len(life.of(f.Offered, "dynamic")) <= begun + 1

    life.accepted(ClearFlag("stress-fracture", "a doctor has looked at it"))
    life.go(ONSET + timedelta(days=19))
    assert len(life.of(f.Offered, "isometric")) + len(life.of(f.Offered, "dynamic")) > begun + 1


def test_who_gets_worse_while_loading_is_told_at_once_and_offered_less_load() -> None:
    life = Life(shipped("overuse"), grade=None, side="left").go("Mon 08:00")
    for day, pain in enumerate([1] * 10 + [2, 4]):
        life.go(ONSET + timedelta(days=day, hours=1))
        assert life.episode.alerts == {}
        life.answer(pain=pain, morning=1)
    assert life.episode.phase.id == "loading"
    assert life.episode.alerts["flag/worse-later"].level == "urgent"
    assert life.episode.phase_stay.way_back
    begun = len(life.of(f.Offered, "isometric"))
    life.go(life.now + timedelta(hours=12))
    assert len(life.of(f.Offered, "isometric")) == begun
    life.accepted(StepBack())
    assert life.episode.phase.id == "ease"


def test_exercises_are_asked_about_and_lead_a_step_up_and_back() -> None:
    life = Life(shipped("overuse"), grade=None, side="left").go("Mon 08:00")
    for day in range(11):
        life.go(ONSET + timedelta(days=day, hours=1))
        life.answer(pain=1, morning=1)
    assert life.of(f.Stepped) == [], "nobody has said how the exercises went"
    life.accepted(Begin("isometric"))
    life.go(life.now + timedelta(minutes=10))
    assert life.of(f.Offered, "after-exercise")
    life.answer(**{"exercise-pain": 2, "effort": 4})
    life.go(life.now + timedelta(days=1, hours=9)).accepted(MarkDone("dynamic"))
    life.answer(**{"exercise-pain": 6, "effort": 5})
    assert [fact.data["step"] for fact in life.of(f.Stepped)] == ["dynamic", "isometric"]


def test_prevention_tells_little_and_asks_once_a_week() -> None:
    end = local("2026-12-21 07:00")
    for sport, moments in (("no", 2), ("running", 3), ("other", 3)):
        happened = events(shipped("prevention"), end, grade=None, side="left", options={"sport": sport})
        told = of_kind(happened, "reminder", "check_in")
        assert max(Counter(str(e["at"])[:10] for e in told).values()) <= moments
        assert len(of_kind(happened, "check_in")) == 4
        before = [e for e in told if str(e.get("activity")).startswith("before")]
        assert len(before) == (0 if sport == "no" else 8)


def test_pain_that_comes_back_is_told() -> None:
    life = Life(shipped("prevention"), grade=None, side="left").go("2026-11-30 10:00")
    life.answer(week=5)
    assert [alert.level for alert in life.episode.alerts.values()] == ["routine"]


def test_signs_and_questions_are_those_of_the_other_files_word_for_word() -> None:
    """A person with two episodes is not asked the same thing in two ways."""
    new = ("overuse", "prevention")
    others = [path.stem for path in installed_folder().glob("*.yaml") if path.stem not in new]
    for name in new:
        for flag in shipped(name).red_flags:
            for theirs in (each for other in others for each in shipped(other).red_flags):
                if flag.id == theirs.id and flag.ask:
                    assert (flag.ask, flag.say, flag.level) == (theirs.ask, theirs.say, theirs.level)
