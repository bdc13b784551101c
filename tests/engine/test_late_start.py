"""Late starters: the phase that fits begins at once, and nobody three weeks on is held in rest and ice."""

from datetime import datetime

import pytest

from recovery.engine import facts as f
from recovery.engine.acts import Setback
from tests.engine.examples import Life, local, shipped

START = local("2026-12-14 18:00")


def late(
    id_: str, onset: str, worst: dict[str, int] | None = None, now: dict[str, int] | None = None
) -> Life:
    """Somebody who starts that late, and tells how it was at its worst and is."""
    began: datetime = local(onset)
    life = Life(shipped(id_), began, START, grade="I")
    if worst:
        life.answer(at=began, **worst)
    if now:
        life.answer(**now)
    return life


def test_three_weeks_on_the_packs_begin_at_once_and_loading_a_day_later() -> None:
    life = late("strain", "2026-11-23 18:00", {"pain": 7, "swelling": 2}, {"pain": 3, "swelling": 0})
    assert life.episode.phase.id == "contrast"
    (entered,) = [fact for fact in life.of(f.PhaseChanged) if fact.data["state"] == "entered"]
    assert "You are past Rest, ice, compression, elevation" in entered.data["cue"]["body"]
    life.go("2026-12-15 07:05").answer(pain=3, swelling=0)
    life.go("2026-12-15 18:05").answer(pain=3, swelling=0)
    assert life.episode.phase.id == "loading"


def test_nobody_three_weeks_on_lies_down_or_hears_what_is_not_so() -> None:
    life = late("strain", "2026-11-23 18:00").go("2026-12-16 12:00")
    assert life.of(f.Offered, "elevate") == []
    assert life.of(f.Offered, "compress") == []
    assert life.episode.phase.id == "contrast"
    assert life.episode.phase_stay.phase is None  # it waits for answers
    assert life.of(f.Offered, "look") != []
    assert not any("not begun" in fact.data["reason"] for fact in life.of(f.Alerted))


def test_who_is_within_the_first_days_begins_with_rest_and_ice() -> None:
    assert late("strain", "2026-12-12 18:00").episode.phase.id == "rice"
    assert late("strain", "2026-12-11 18:00").episode.phase.id == "contrast"
    assert late("peace-and-love", "2026-11-23 18:00").episode.phase.id == "love"


def test_a_new_injury_begins_with_rest_and_ice_again() -> None:
    life = late("strain", "2026-11-23 18:00", {"pain": 7, "swelling": 2}, {"pain": 3, "swelling": 0})
    life.accepted(Setback())
    assert life.episode.phase.id == "rice"


@pytest.mark.parametrize("id_", ["strain", "peace-and-love"])
def test_the_journal_of_a_late_start_is_folded_to_the_same(id_: str) -> None:
    from recovery.engine.fold import fold

    life = late(id_, "2026-11-23 18:00", {"pain": 7}, {"pain": 2})
    assert fold(life.episode.pinned, life.facts) == life.episode
