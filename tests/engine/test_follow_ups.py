"""`after` and `optional`: what follows a treatment, and what is only suggested."""

import pytest

from recovery.engine import facts as f
from recovery.engine.acts import Begin, End, MarkDone, Pause, Resume, Skip, Snooze, StepBack
from recovery.engine.fold import fold
from recovery.engine.outlook import explain_each
from recovery.protocol.terms import parse_duration
from tests.engine.examples import ASK, Life, phase_text, small

PRESS = "{id: press, kind: session, of: massage, duration: 2min, every: 3h, start: Press, end: Enough}"
COOL = (
    "{id: cool, kind: session, of: cold, duration: 10min, after: press, optional: true, start: On, end: Off}"
)
WALK = "{id: walk, kind: reminder, of: exercise, after: press, say: Walk a little}"
LOOSEN = (
    "{id: loosen, kind: session, of: warm, duration: 20min, at: ['12:00'], optional: true, start: W, end: W}"
)
GAP = "{id: gap, of: [cold, warm], gap: 1h, to: [cold, warm]}"


def pressed(*activities: str, **more: object) -> Life:
    return Life(small(PRESS, *(activities or (COOL,)), **more))  # type: ignore[arg-type]


def press(life: Life, at: str) -> None:
    """Begin a treatment and let it end by itself."""
    life.go(at).accepted(Begin("press"))
    life.go(life.now.replace(minute=(life.now.minute + 2) % 60))


# After ----------------------------------------------------------------------------------------------


def test_what_follows_comes_at_the_end_of_a_treatment_that_was_begun() -> None:
    life = pressed(WALK)
    press(life, "Mon 07:01")
    assert life.times(f.Offered, "walk") == ["Mon 07:03"]
    life.go("Mon 10:00")
    assert life.times(f.Offered, "walk") == ["Mon 07:03"], "once a treatment"


def test_nothing_follows_a_treatment_that_is_only_assumed() -> None:
    life = pressed(WALK).go("Mon 20:00")
    assert len(life.of(f.Ended, "press")) == 5
    assert life.of(f.Offered, "walk") == []


def test_it_follows_an_assumed_one_once_somebody_says_that_it_took_place() -> None:
    life = pressed(WALK).go("Mon 07:30")
    life.accepted(MarkDone("press"))
    assert life.times(f.Offered, "walk") == ["Mon 07:30"]


def test_an_hour_later_it_is_too_late() -> None:
    life = pressed(WALK).go("Mon 08:30")
    life.accepted(MarkDone("press"))
    assert life.of(f.Offered, "walk") == []
    assert life.times(f.Missed, "walk") == ["Mon 08:30"]
    press(life, "Mon 10:05")
    assert life.times(f.Offered, "walk") == ["Mon 10:07"]


def test_nothing_follows_a_skipped_one() -> None:
    life = pressed(WALK).go("Mon 07:01")
    life.accepted(Skip("press"))
    life.go("Mon 09:00")
    assert life.of(f.Offered, "walk") == []


def test_nothing_follows_one_that_turns_out_not_to_have_been() -> None:
    life = pressed(WALK).go("Mon 07:30")
    life.accepted(Skip("press"))
    assert life.of(f.Offered, "walk") == []


def test_each_treatment_has_its_own() -> None:
    life = pressed(WALK)
    for at in ("Mon 07:01", "Mon 10:05", "Mon 13:10"):
        press(life, at)
    assert life.times(f.Offered, "walk") == ["Mon 07:03", "Mon 10:07", "Mon 13:12"]


def test_a_treatment_ended_early_is_one() -> None:
    life = pressed(WALK).go("Mon 07:01")
    life.accepted(Begin("press"))
    life.now += (life.at("Mon 07:02") - life.now) / 2
    life.accepted(End("press"))
    assert life.times(f.Offered, "walk") == ["Mon 07:01"]


def test_after_a_pause_nothing_follows_what_was_before_it() -> None:
    life = pressed(WALK).go("Mon 07:01")
    life.accepted(Begin("press"))
    life.accepted(Pause())
    life.go("Mon 07:20").accepted(Resume())
    assert life.of(f.Offered, "walk") == []


def test_after_a_step_back_nothing_follows_a_second_time() -> None:
    protocol = small(PRESS, WALK, ASK, phase="min: 1h", more=[phase_text("next", ASK)])
    life = Life(protocol)
    press(life, "Mon 07:50")
    assert life.times(f.Offered, "walk") == ["Mon 07:52"]
    life.go("Mon 08:05")
    assert life.episode.phase.id == "next"
    life.accepted(StepBack())
    life.go("Mon 08:30")
    assert life.times(f.Offered, "walk") == ["Mon 07:52"]


def test_the_limits_hold_for_what_follows() -> None:
    warm = "{id: warm, kind: session, of: warm, duration: 20min, at: ['07:00'], start: W, end: W}"
    life = pressed(COOL, warm, limits=[GAP])
    life.go("Mon 07:25")
    press(life, "Mon 07:26")
    assert life.of(f.Offered, "cool") == []
    assert "1 h after the last session" in life.of(f.Withheld, "cool")[0].data["reason"]


# Optional -------------------------------------------------------------------------------------------


def test_what_is_optional_is_suggested_and_never_assumed() -> None:
    life = pressed(LOOSEN).go("Mon 20:00")
    assert life.cues("suggestion") == [("Mon 12:00", "Loosen, if you like")]
    assert life.of(f.Ended, "loosen") == []
    assert [t.activity for t in life.episode.ledger if t.activity == "loosen"] == []


def test_begun_it_counts_and_ends() -> None:
    life = pressed(LOOSEN, limits=[GAP]).go("Mon 12:10")
    (suggested,) = life.of(f.Offered, "loosen")
    assert life.accepted(Begin("loosen")) == "W. 20 min, until 12:30."
    life.go("Mon 13:00")
    assert life.times(f.Ended, "loosen") == ["Mon 12:30"]
    (session,) = [t for t in life.episode.ledger if t.activity == "loosen"]
    assert session.occurrence == suggested.data["occurrence"]
    assert not session.is_assumed


def test_begun_again_it_is_another_one_and_its_gap_holds() -> None:
    life = pressed(LOOSEN, limits=[GAP]).go("Mon 12:10")
    life.accepted(Begin("loosen"))
    life.go("Mon 12:40")
    assert life.refused(Begin("loosen")).earliest == life.at("Mon 13:30")
    life.go("Mon 13:30").accepted(Begin("loosen"))
    life.go("Mon 14:00")
    assert life.times(f.Ended, "loosen") == ["Mon 12:30", "Mon 13:50"]
    names = {fact.data["occurrence"] for fact in life.of(f.Begun, "loosen")}
    assert len(names) == 2


def test_its_gap_holds_for_others_as_well() -> None:
    life = pressed(COOL, LOOSEN, limits=[GAP]).go("Mon 11:50")
    press(life, "Mon 11:55")
    life.accepted(Begin("cool"))
    life.go("Mon 13:00")
    assert life.times(f.Withheld, "loosen")[0] == "Mon 12:00"
    assert life.refused(Begin("loosen")).earliest == life.at("Mon 13:07")


def test_suggested_and_not_begun_it_keeps_nothing_from_starting() -> None:
    ice = "{id: ice, kind: session, of: cold, duration: 20min, at: ['12:10'], start: On, end: Off}"
    life = pressed(LOOSEN, ice, limits=[GAP]).go("Mon 13:00")
    assert life.times(f.Offered, "ice") == ["Mon 12:10"]


def test_a_suggestion_can_be_put_off_or_skipped() -> None:
    life = pressed(LOOSEN).go("Mon 12:05")
    assert life.accepted(Snooze("loosen", length=parse_duration("30min"))) == "Loosen: again 12:35."
    life.go("Mon 12:40")
    assert life.cues("suggestion") == [
        ("Mon 12:00", "Loosen, if you like"),
        ("Mon 12:35", "Loosen, if you like"),
    ]
    life.accepted(Skip("loosen"))
    life.go("Tue 12:30")
    assert len(life.cues("suggestion")) == 3


def test_one_that_took_place_cannot_be_put_off_any_more() -> None:
    life = pressed(COOL)
    press(life, "Mon 07:01")
    life.accepted(Begin("cool"))
    life.go("Mon 07:30")
    assert len(life.of(f.Ended, "cool")) == 1
    assert "nothing is waiting" in life.refused(Snooze("cool")).reason


def test_it_may_be_begun_unasked() -> None:
    life = pressed(LOOSEN).go("Mon 09:30")
    life.accepted(Begin("loosen"))
    life.go("Mon 10:00")
    assert life.times(f.Ended, "loosen") == ["Mon 09:50"]


def test_a_condition_that_is_not_met_withholds_the_suggestion() -> None:
    tight = LOOSEN.replace("optional: true", "optional: true, only_if: rom == limited")
    life = pressed(tight, ASK).go("Mon 12:30")
    assert life.of(f.Offered, "loosen") == []
    assert (
        life.of(f.Withheld, "loosen")[0].data["reason"]
        == "it is not known whether this is so: rom is limited"
    )
    life.answer(rom="limited")
    assert life.times(f.Offered, "loosen") == ["Mon 12:30"]


def test_what_follows_and_is_optional_is_suggested_once_a_treatment() -> None:
    life = pressed(COOL)
    press(life, "Mon 07:01")
    life.go("Mon 07:20").accepted(Begin("cool"))
    life.go("Mon 09:30")
    assert life.times(f.Offered, "cool") == ["Mon 07:03", "Mon 07:20"], "suggested, and begun"
    assert life.times(f.Ended, "cool") == ["Mon 07:30"]
    press(life, "Mon 10:05")
    assert life.times(f.Offered, "cool")[2:] == ["Mon 10:07"]


def test_the_end_cue_suggests_what_is_optional_and_nothing_else_does() -> None:
    life = pressed(COOL, WALK)
    press(life, "Mon 07:01")
    (end,) = [fact.cue for fact in life.of(f.Ended, "press")]
    assert end is not None
    assert end.body == "Enough On Type: recovery begin cool"
    assert life.cues("suggestion") == []


def test_what_ended_early_suggests_it_in_a_cue_of_its_own() -> None:
    life = pressed(COOL).go("Mon 07:01")
    life.accepted(Begin("press"))
    life.accepted(End("press"))
    life.turn()
    assert life.cues("suggestion") == [("Mon 07:01", "Cool, if you like")]


def test_when_it_comes_is_explained() -> None:
    life = pressed(COOL).go("Mon 07:30")
    (cool,) = [each for each in explain_each(life.episode, life.now) if each.activity == "cool"]
    assert cool.at is None
    assert life.explained("cool")[0] == "each time after: Press"


@pytest.mark.parametrize("at", ["Mon 07:03", "Mon 12:30", "Tue 09:00"])
def test_folding_the_journal_gives_the_same_episode(at: str) -> None:
    life = pressed(COOL, WALK, LOOSEN, limits=[GAP])
    press(life, "Mon 07:01")
    life.go(at)
    assert fold(life.episode.pinned, life.facts) == life.episode


def test_a_suggestion_nobody_takes_up_comes_again_at_its_next_time_only() -> None:
    stretch = "{id: walk, kind: session, of: exercise, duration: 20min, every: 5h, start: A, end: B, optional: true}"
    life = Life(small(stretch)).go("Mon 13:00")
    life.turn()
    assert life.times(activity="walk") == ["Mon 07:00", "Mon 12:20"]
    assert life.of("missed") == []
