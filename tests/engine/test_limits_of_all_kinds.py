"""Limits bind every kind of activity: what is no session too, in files that nobody has checked."""

from datetime import timedelta

import pytest

from recovery.engine.acts import AnswerCheckIn, Begin
from recovery.protocol.terms import ON_THE_SKIN
from tests.engine.examples import ASK, GAP, ICE, Life, changed, small

EXERCISE = "{id: go, kind: reminder, of: exercise, every: 1h, say: Walk}"
BANDAGE = "{id: wrap, kind: hold, of: compression, on: Bandage on, off: Bandage off}"
LATER = BANDAGE.replace("on:", "begins: start+105min, on:")
RUN = '{id: run, kind: session, of: exercise, duration: 10min, at: "08:30", start: Run, end: Enough}'


def times_of(life: Life, activity: str) -> list[str]:
    """When it was told, as local times."""
    offered = [each for each in life.facts if each.kind == "offered" and each.data["activity"] == activity]
    return [f"{life.episode.place.local(each.at):%a %H:%M}" for each in offered]


def reasons(life: Life, activity: str) -> str:
    """What `explain` says of it."""
    return life.explained(activity)[-1]


@pytest.mark.parametrize("modality", ON_THE_SKIN)
@pytest.mark.parametrize(
    "kind",
    [
        "{{id: x, kind: reminder, of: {}, every: 5min, say: On}}",
        "{{id: x, kind: hold, of: {}, on: On, off: Off}}",
    ],
)
def test_what_goes_on_the_skin_is_told_as_a_session_or_not_at_all(kind: str, modality: str) -> None:
    life = Life(small(kind.format(modality), ASK)).go("Wed 12:00")
    assert times_of(life, "x") == []
    assert times_of(life, "ask") != []


def test_warmth_of_another_kind_is_not_told_beside_a_shipped_limit() -> None:
    added = """
      - {id: nudge, kind: reminder, of: warm, every: 5min, say: Bottle on}
      - {id: keep, kind: hold, of: warm, on: Bottle on, off: Bottle off}
"""
    life = Life(changed("rice", lambda text: text.replace("\nthen: contrast", f"{added}\nthen: contrast")))
    life.go("Mon 19:00")
    assert times_of(life, "ice") != []
    assert times_of(life, "nudge") == times_of(life, "keep") == []
    assert "no warm in this phase" in reasons(life, "nudge")


def test_an_ordinary_session_goes_on_beside_one_that_is_not_told() -> None:
    life = Life(small(ICE, "{id: x, kind: hold, of: cold, on: On, off: Off}", limits=[GAP])).go("Mon 12:00")
    assert times_of(life, "ice") == ["Mon 07:00", "Mon 09:20", "Mon 11:40"]


@pytest.mark.parametrize(
    ("limit", "when"),
    [
        ("{id: x, of: exercise, never: true}", []),
        ("{id: x, of: exercise, not_before: start+150min}", ["Mon 10:00", "Mon 11:00"]),
        ("{id: x, of: exercise, not_after: start+90min}", ["Mon 08:00"]),
        ("{id: x, of: exercise, needs: pain <= 3}", []),
        ("{id: x, of: exercise, longest: 10min}", ["Mon 08:00", "Mon 09:00", "Mon 10:00", "Mon 11:00"]),
        ("{id: x, of: exercise, most_per_day: 1}", []),
        ("{id: x, of: [cold, warm], gap: 1h, to: exercise}", ["Mon 08:20", "Mon 09:00", "Mon 11:00"]),
        ("{id: x, of: warm, never: true}", ["Mon 08:00", "Mon 09:00", "Mon 10:00", "Mon 11:00"]),
    ],
)
def test_each_kind_of_limit_binds_a_reminder(limit: str, when: list[str]) -> None:
    life = Life(small(EXERCISE, ICE, ASK, limits=[limit])).go("Mon 11:30")
    assert [each for each in times_of(life, "go") if each > "Mon 07:30"] == when


@pytest.mark.parametrize(
    ("limit", "when"),
    [
        ("{id: x, of: compression, never: true}", []),
        ("{id: x, of: compression, not_before: start+150min}", ["Mon 09:30"]),
        ("{id: x, of: compression, not_after: start+90min}", ["Mon 07:00", "Mon 08:30"]),
        ("{id: x, of: compression, needs: pain <= 3}", []),
        ("{id: x, of: compression, longest: 8h}", []),
        ("{id: x, of: warm, never: true}", ["Mon 07:00"]),
    ],
)
def test_each_kind_of_limit_binds_a_hold(limit: str, when: list[str]) -> None:
    """It comes off when a limit begins to forbid it."""
    assert times_of(Life(small(BANDAGE, ASK, limits=[limit])).go("Mon 12:00"), "wrap") == when


def test_a_hold_waits_until_the_gap_after_a_session_is_over() -> None:
    limit = "{id: x, of: exercise, gap: 1h, to: compression}"
    life = Life(small(RUN, LATER, ASK, limits=[limit]))
    life.go("Mon 08:30").accepted(Begin("run"))
    life.go("Mon 12:00")
    assert times_of(life, "wrap") == ["Mon 09:40"]


def test_a_limit_of_another_episode_binds_a_reminder_too() -> None:
    other = Life(small(ASK, limits=["{id: x, of: exercise, never: true}"], id_="other"))
    life = Life(small(EXERCISE, ASK), others=(other.episode,)).go("Mon 12:00")
    assert times_of(life, "go") == []


def test_a_condition_that_comes_true_lets_it_through() -> None:
    life = Life(small(EXERCISE, ASK, limits=["{id: x, of: exercise, needs: pain <= 3}"]))
    life.go("Mon 09:30").accepted(AnswerCheckIn({"pain": "2", "swelling": "0"}))
    life.go("Mon 09:30").go(life.now + timedelta(hours=2))
    assert times_of(life, "go") == ["Mon 10:00", "Mon 11:00"]
