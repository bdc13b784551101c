"""Advice: what of it holds, and one tip a day, with something that is told anyway."""

from datetime import timedelta
from itertools import pairwise

import pytest

from recovery.engine import facts as f
from recovery.engine.acts import Begin, Snooze
from recovery.engine.fold import fold
from recovery.engine.outlook import outlook
from recovery.protocol.model import Advice
from recovery.values import replace
from tests.engine.examples import ASK, ICE, ONSET, Life, phase_text, shipped, small, started

TIPS = (
    "{id: rest, kind: advice, say: Rest.}",
    "{id: sleep, kind: advice, say: Sleep.}",
    "{id: walk, kind: advice, say: Walk.}",
)


def tips(life: Life) -> list[tuple[str, str]]:
    """When a tip was told, and which."""
    told = ((fact.at, fact.data.get("tip")) for fact in life.of(f.Offered))
    return [(f"{life.episode.place.local(at):%a %H:%M}", tip) for at, tip in told if tip is not None]


def names(life: Life) -> list[str]:
    return [tip for _when, tip in tips(life)]


def holds(life: Life) -> list[str]:
    """What of the advice holds, the tip of the day first."""
    return [each.id for each in outlook(life.episode, life.now).advice]


def test_one_a_day_in_turn_with_the_last_question_of_the_day() -> None:
    life = Life(small(ASK, *TIPS), ONSET).go("2026-11-30 06:00")
    assert tips(life) == [
        ("Tue 19:00", "sleep"),
        ("Wed 19:00", "walk"),
        ("Thu 19:00", "rest"),
        ("Fri 19:00", "sleep"),
        ("Sat 19:00", "walk"),
        ("Sun 19:00", "rest"),
    ]
    asked = [fact.data["cue"]["body"] for fact in life.of(f.Offered, "ask")]
    assert asked[:4] == ["Pain? Swelling? Type: recovery checkin"] * 3 + [
        "Pain? Swelling? Type: recovery checkin Tip: Sleep."
    ]


def test_a_tip_adds_no_moment_of_its_own() -> None:
    plain, advised = (Life(small(ASK, ICE, *more), ONSET).go("2026-12-10 00:00") for more in ((), TIPS))
    assert plain.times() == advised.times()
    assert names(advised)


def test_a_day_on_which_nothing_else_is_told_has_no_tip() -> None:
    weekly = '{id: ask, kind: check-in, ask: [pain], per_week: 1, at: "18:00"}'
    life = Life(small(weekly, *TIPS), ONSET).go("2026-12-24 00:00")
    days = len(life.of(f.Offered))
    assert len(tips(life)) == days - 1, "the first day is that of the start, which shows the plan"
    assert all(before != after for before, after in pairwise(names(life)))
    assert set(names(life)) == {"rest", "sleep", "walk"}


def test_not_beside_a_session() -> None:
    lie = "{id: lie, kind: reminder, of: elevation, every: 3h, with: ice, say: Lie down}"
    life = Life(small(ICE, lie, *TIPS), ONSET).go("Fri 00:00")
    assert life.of(f.Offered, "lie")
    assert tips(life) == []
    elsewhere, _opening = started(small(ICE, id_="other"), ONSET)
    on = Life(small(ASK, *TIPS), ONSET, others=(elsewhere,)).go("Tue 18:59")
    other = Life(small(ICE, id_="other"), ONSET).go("Tue 19:00")
    other.do(Begin("ice"))
    assert other.episode.under_way is not None
    on.others = (other.episode,)
    assert tips(on.go("Tue 19:30")) == []


def test_a_person_with_two_episodes_has_one_a_day_by_turns() -> None:
    evening = '{id: ask, kind: check-in, ask: [pain], at: "20:00"}'
    lives = Life(small(ASK, *TIPS), ONSET), Life(small(evening, *TIPS, id_="other"), ONSET)
    for at in (ONSET + hour * timedelta(hours=1) for hour in range(24 * 7)):
        for life, other in (lives, lives[::-1]):
            life.others = (other.episode,)
            life.go(at)
    assert tips(lives[0]) == [("Tue 19:00", "sleep"), ("Thu 19:00", "walk"), ("Sat 19:00", "rest")]
    assert tips(lives[1]) == [("Wed 20:00", "sleep"), ("Fri 20:00", "walk"), ("Sun 20:00", "rest")]


def test_told_again_after_a_snooze_it_is_still_one_a_day() -> None:
    stand = '{id: stand, kind: reminder, of: posture, at: "18:00", say: Stand}'
    life = Life(small(stand, *TIPS), ONSET).go("Tue 18:00")
    life.accepted(Snooze("stand"))
    life.go("Tue 23:00")
    assert life.times(f.Offered, "stand") == ["Mon 18:00", "Tue 18:00", "Tue 18:10"]
    assert tips(life) == [("Tue 18:00", "sleep")]


def test_a_new_phase_begins_with_the_first_in_its_note() -> None:
    after = phase_text("after", ASK, *TIPS, body="goal: Get well.\nmin: 30d")
    life = Life(small(ASK, phase="min: 1d", more=[after]), ONSET).go("Thu 23:00")
    (note,) = (fact.data["cue"] for fact in life.of(f.PhaseChanged) if "cue" in fact.data)
    assert note["body"] == "Get well. Tip: Rest."
    assert tips(life) == [("Wed 19:00", "sleep"), ("Thu 19:00", "walk")]


def test_only_what_holds_is_told() -> None:
    late = "{id: walk, kind: advice, say: Walk., begins: phase+4d}"
    early = "{id: rest, kind: advice, say: Rest., until: phase+2d}"
    low = "{id: sleep, kind: advice, say: Sleep., only_if: pain <= 3}"
    life = Life(small(ASK, early, low, late), ONSET).go("Tue 08:00")
    assert holds(life) == ["rest"], "nobody knows the pain"
    life.answer(pain=2, swelling=0)
    assert holds(life) == ["sleep", "rest"]
    assert tips(life.go("Sun 20:00")) == [
        ("Tue 19:00", "sleep"),
        ("Fri 19:00", "walk"),
        ("Sat 19:00", "walk"),
        ("Sun 19:00", "walk"),
    ]


def test_what_was_told_today_stays_the_tip_of_the_day() -> None:
    life = Life(small(ASK, *TIPS), ONSET)
    assert holds(life) == ["rest", "sleep", "walk"]
    assert holds(life.go("Tue 08:00")) == holds(life.go("Tue 22:00")) == ["sleep", "walk", "rest"]
    assert holds(life.go("Wed 08:00")) == ["walk", "rest", "sleep"]


def test_what_is_read_of_a_long_record_tells_the_same_tips() -> None:
    life = Life(small(ASK, *TIPS), ONSET).go("2026-12-12 12:00")
    recent = [fact for fact in life.facts[:2] if fact.kind != "offered"]
    recent += [fact for fact in life.facts[len(recent) :] if fact.at > life.now - f.LOOKBACK]
    read = fold(life.episode.pinned, recent)
    assert outlook(replace(read, pending={}), life.now).advice == outlook(life.episode, life.now).advice


@pytest.mark.parametrize("name", ["strain", "trigger-point", "sitting", "overuse", "prevention"])
def test_each_tip_of_a_shipped_phase_is_seen_before_one_comes_again(name: str) -> None:
    life = Life(shipped(name), ONSET, grade="II").go("2026-12-12 12:00")
    stay = life.episode.phase
    order = [each.id for each in stay.activities if isinstance(each, Advice)]
    here = [
        fact.data["tip"]
        for fact in life.of(f.Offered)
        if "tip" in fact.data and fact.data["phase"] == stay.id
    ]
    assert len(here) >= len(order), f"{here} of {order}"
    rounds = [*order[1:], *(order * len(here))]
    assert here == rounds[: len(here)]
