"""Red flags: reported or seen, what they stop and where, and how they come to an end."""

from datetime import timedelta

import pytest

from recovery.engine import facts as f
from recovery.engine.acts import Advance, Begin, ClearFlag, Pause, RaiseFlag, Snooze, StepBack, Stop
from recovery.engine.fold import fold
from recovery.engine.outlook import explain_each, outlook
from recovery.protocol.terms import parse_duration
from tests.engine.examples import ASK, GAP, ICE, Life, phase_text, small

HOUR = timedelta(hours=1)
NUMB = "{id: numb, ask: 'Numb?', level: urgent, say: See a doctor., suspend: [cold, compression]}"
SADDLE = "{id: saddle, ask: 'Numb there?', level: emergency, say: Call., suspend: all}"
LIMP = "{id: limp, ask: 'Limping?', level: urgent, say: Have it seen.}"
HIGH = "{id: high, when: pain >= 8, level: urgent, say: Go today}"
SWOLLEN = "{id: swollen, when: swelling >= 2, level: routine, say: Leave the packs, suspend: [cold]}"
WRAP = "{id: wrap, kind: hold, of: compression, on: 'On', off: 'Off'}"
RAISE = "{id: raise, kind: reminder, of: elevation, every: 2h, say: Up}"
MOVE = "{id: move, kind: session, of: exercise, duration: 10min, every: 2h, start: Go, end: Stop}"
ALL = [NUMB, SADDLE, LIMP, HIGH, SWOLLEN]


def life_of(*activities: str, **more: object) -> Life:
    return Life(small(*(activities or (ICE, WRAP, RAISE, ASK)), flags=ALL, **more))  # type: ignore[arg-type]


# Reported -------------------------------------------------------------------------------------------


def test_a_reported_flag_is_told_with_what_to_do() -> None:
    life = life_of().go("Mon 12:00")
    assert life.accepted(RaiseFlag("saddle")) == "Noted."
    assert life.cues("alert") == [("Mon 12:00", "Emergency: get help now")]
    (fact,) = life.of(f.Alerted)
    assert (fact.by, fact.data["level"], fact.data["reason"]) == ("person", "emergency", "Call.")
    assert fact.data["cue"]["critical"] is True


def test_only_flags_that_are_asked_for_can_be_reported() -> None:
    life = life_of()
    assert (
        life.refused(RaiseFlag("high")).reason
        == "no red flag 'high' to report; there are: numb, saddle, limp"
    )
    assert "no red flag ''" in life.refused(RaiseFlag("")).reason


def test_a_flag_that_stands_is_not_reported_again() -> None:
    life = life_of().go("Mon 12:00")
    life.accepted(RaiseFlag("limp"))
    assert life.refused(RaiseFlag("limp")).reason == (
        "limp stands already; when it is dealt with: recovery flag clear limp"
    )


def test_a_flag_that_was_cleared_can_be_reported_again() -> None:
    life = life_of().go("Mon 12:00")
    for _ in range(2):
        life.accepted(RaiseFlag("limp"))
        life.accepted(ClearFlag("limp", because="seen"))
    assert len(life.cues("alert")) == 2


def test_in_a_pause_a_flag_can_be_reported() -> None:
    life = life_of().go("Mon 12:00")
    life.accepted(Pause())
    life.accepted(RaiseFlag("saddle"))
    assert life.cues("alert") == [("Mon 12:00", "Emergency: get help now")]


# What it stops --------------------------------------------------------------------------------------


def test_sessions_and_reminders_and_what_is_on_stop_while_it_stands() -> None:
    life = life_of(ICE, WRAP, RAISE, ASK).go("Mon 08:00")
    life.accepted(RaiseFlag("saddle"))
    assert life.cues("off") == [("Mon 08:00", "Wrap")]
    life.go("Tue 22:00")
    assert [when for when in life.times(f.Offered, "ice") if when > "Mon 08:00"] == []
    assert life.times(f.Offered, "raise") == ["Mon 07:00"]
    assert life.cues("on") == [("Mon 07:00", "Wrap")]
    assert len(life.of(f.Offered, "ask")) > 1, "questions go on"


def test_what_it_does_not_name_goes_on() -> None:
    life = life_of().go("Mon 08:00")
    life.accepted(RaiseFlag("numb"))
    life.go("Mon 22:00")
    assert life.times(f.Offered, "ice") == ["Mon 07:00"]
    assert len(life.of(f.Offered, "raise")) > 5


def test_a_flag_without_suspend_stops_nothing() -> None:
    life = life_of(ICE).go("Mon 08:00")
    life.accepted(RaiseFlag("limp"))
    life.go("Mon 12:00")
    assert len(life.of(f.Offered, "ice")) == 3


def test_what_is_stopped_is_refused_and_told_why() -> None:
    life = life_of().go("Mon 09:00")
    life.accepted(RaiseFlag("numb"))
    refused = life.refused(Begin("ice"))
    assert refused.reason == (
        'a red flag stands: See a doctor. When it is dealt with: recovery flag clear numb --because "…"'
    )
    assert refused.earliest is None
    (ice,) = [each for each in explain_each(life.episode, life.now) if each.activity == "ice"]
    assert ice.at is None
    assert "a red flag stands" in life.explained("ice")[-1]
    assert life.of(f.Withheld, "ice") == []
    life.go("Mon 10:00")
    assert "a red flag stands" in life.of(f.Withheld, "ice")[0].data["reason"]


def test_a_session_that_is_on_still_gets_its_end() -> None:
    life = life_of().go("Mon 07:05")
    life.accepted(RaiseFlag("numb"))
    life.go("Mon 08:00")
    assert life.times(f.Ended) == ["Mon 07:20"]


def test_a_session_cannot_be_put_off_into_it() -> None:
    life = life_of().go("Mon 07:05")
    life.accepted(RaiseFlag("numb"))
    assert "a red flag stands" in life.refused(Snooze("ice", length=parse_duration("10min"))).reason


def test_it_stops_in_every_episode_of_the_same_place() -> None:
    flagged = life_of(ASK).go("Mon 09:00")
    flagged.accepted(RaiseFlag("numb"))
    same = Life(small(ICE, id_="same"), others=(flagged.episode,)).go("Mon 12:00")
    other_side = Life(small(ICE, id_="side"), side="right", others=(flagged.episode,)).go("Mon 12:00")
    elsewhere = Life(small(ICE, id_="far", region="knee"), others=(flagged.episode,)).go("Mon 12:00")
    assert same.of(f.Offered) == []
    assert len(other_side.of(f.Offered)) == len(elsewhere.of(f.Offered)) == 3
    flagged.accepted(Stop())
    over = Life(small(ICE, id_="over"), others=(flagged.episode,)).go("Mon 12:00")
    assert len(over.of(f.Offered)) == 3


# The gate -------------------------------------------------------------------------------------------


def gated(flag: str = NUMB, phase: str = "min: 1h") -> Life:
    return Life(small(ASK, flags=[flag], phase=phase, more=[phase_text("next", ASK)]))


def test_no_phase_ends_while_a_flag_stops_something() -> None:
    life = gated().go("Mon 07:30")
    life.accepted(RaiseFlag("numb"))
    life.go("Mon 12:00")
    assert life.episode.phase.id == "only"
    assert life.needs()[0] == (
        "no red flag stands that stops something",
        'See a doctor. recovery flag clear numb --because "…"',
    )
    assert outlook(life.episode, life.now).alerts[0].id == "flag/numb"
    life.accepted(ClearFlag("numb", because="a doctor has looked at it"))
    assert life.episode.phase.id == "next"


def test_no_reason_gets_past_a_flag_that_stops_something() -> None:
    life = gated(phase="min: 1h\nleave_when: pain <= 3").go("Mon 12:00")
    life.answer(pain=5)
    life.accepted(RaiseFlag("numb"))
    assert life.refused(Advance(because="I say so")).reason == (
        'a red flag stands: See a doctor. When it is dealt with: recovery flag clear numb --because "…"'
    )
    life.accepted(ClearFlag("numb", because="seen"))
    life.accepted(Advance(because="I say so"))
    assert life.episode.phase.id == "next"


def test_a_change_that_was_offered_is_taken_back() -> None:
    life = gated(phase="min: 1h\nconfirm: true").go("Mon 09:00")
    assert life.episode.phase_stay.offered
    life.accepted(RaiseFlag("numb"))
    assert not life.episode.phase_stay.offered
    life.accepted(ClearFlag("numb", because="seen"))
    assert life.episode.phase_stay.offered


@pytest.mark.parametrize("flag", [LIMP, SWOLLEN])
def test_flags_that_stop_nothing_or_only_for_a_while_keep_no_phase(flag: str) -> None:
    life = gated(flag).go("Mon 07:30")
    life.answer(pain=1, swelling=2)
    life.do(RaiseFlag("limp"))
    assert life.episode.alerts
    life.go("Mon 08:00")
    assert life.episode.phase.id == "next"


def test_stepping_back_is_always_open() -> None:
    life = gated().go("Mon 09:00")
    assert life.episode.phase.id == "next"
    life.accepted(RaiseFlag("numb"))
    life.go("Mon 09:10").accepted(StepBack())
    assert life.episode.phase.id == "only"


# Its end --------------------------------------------------------------------------------------------


def test_it_is_cleared_with_a_reason_which_is_kept() -> None:
    life = life_of().go("Mon 12:00")
    life.accepted(RaiseFlag("numb"))
    assert "say why" in life.refused(ClearFlag("numb")).reason
    assert life.refused(ClearFlag("saddle", because="x")).reason == (
        "no red flag 'saddle' stands; standing: numb"
    )
    assert life.accepted(ClearFlag("numb", because="seen")) == "numb: answered, and kept in the log."
    assert life.of(f.Alerted)[-1].data["because"] == "seen"
    assert life.episode.alerts == {}


def test_what_was_stopped_comes_back_when_cleared_and_is_not_caught_up() -> None:
    life = life_of(ICE).go("Mon 08:00")
    life.accepted(RaiseFlag("numb"))
    life.go("Mon 15:00")
    life.accepted(ClearFlag("numb", because="seen"))
    assert life.times(f.Offered, "ice") == ["Mon 07:00", "Mon 15:00"]
    life.go("Mon 18:00")
    assert life.times(f.Offered, "ice") == ["Mon 07:00", "Mon 15:00", "Mon 17:20"]


def test_gaps_hold_after_it() -> None:
    life = Life(small(ICE, flags=[NUMB], limits=[GAP])).go("Mon 07:15")
    life.accepted(RaiseFlag("numb"))
    life.go("Mon 07:30").accepted(ClearFlag("numb", because="seen"))
    assert life.refused(Begin("ice")).earliest == life.at("Mon 08:20")


def test_a_pressing_one_stands_until_it_is_answered_whatever_is_told() -> None:
    life = life_of(ASK).go("Mon 08:00")
    life.answer(pain=8)
    life.go("Mon 09:00").answer(pain=1)
    assert [*life.episode.alerts] == ["flag/high"]
    life.accepted(ClearFlag("high", because="seen"))
    assert life.episode.alerts == {}


def test_a_routine_one_goes_with_its_condition_and_what_it_stopped_is_back() -> None:
    life = life_of(ICE, ASK).go("Mon 08:00")
    life.answer(swelling=2)
    life.go("Mon 12:00")
    assert life.times(f.Offered, "ice") == ["Mon 07:00"]
    life.answer(swelling=1)
    assert life.episode.alerts == {}
    assert life.times(f.Offered, "ice") == ["Mon 07:00", "Mon 12:00"]


def test_it_is_raised_again_only_after_its_condition_was_false() -> None:
    life = life_of(ASK).go("Mon 08:00")
    life.answer(pain=8)
    life.accepted(ClearFlag("high", because="seen"))
    life.go("Mon 09:00").answer(pain=9)
    life.go("Tue 20:00")  # unknown by now, which is not false
    life.answer(pain=9)
    assert len(life.cues("alert")) == 1
    life.go("Tue 21:00").answer(pain=2)
    life.go("Tue 22:00").answer(pain=8)
    assert life.cues("alert")[1:] == [("Tue 22:00", "See a professional today")]


def test_what_a_phase_over_its_time_says_can_be_answered() -> None:
    phase = "min: 1h\nmax: 2d\nleave_when: pain <= 1\nat_max: {level: routine, say: Long}"
    life = Life(small(ASK, phase=phase, more=[phase_text("next", ASK)])).go("Wed 07:00")
    life.answer(pain=5)
    assert [*life.episode.alerts] == ["phase/only"]
    life.accepted(ClearFlag("only", because="known"))
    life.go("Fri 07:00")
    assert (life.episode.alerts, len(life.cues("alert"))) == ({}, 1)


def test_a_flag_can_be_taken_back() -> None:
    life = life_of().go("Mon 09:00")
    life.accepted(RaiseFlag("saddle"))
    life.undo(life.of(f.Alerted)[0].seq)
    assert life.episode.alerts == {}
    life.go("Mon 12:00")
    assert len(life.of(f.Offered, "ice")) == 3


def test_folding_the_journal_gives_the_same_episode() -> None:
    life = life_of().go("Mon 08:00")
    life.answer(pain=9, swelling=3)
    life.accepted(RaiseFlag("numb"))
    life.go("Mon 20:00").accepted(ClearFlag("numb", because="seen"))
    life.go("Wed 12:00")
    assert fold(life.episode.pinned, life.facts) == life.episode


def test_placeholders_in_what_a_flag_says() -> None:
    life = Life(
        small(ASK, flags=["{id: a, ask: 'A?', level: urgent, say: 'Off the {side} leg.'}"]), side="right"
    )
    life.accepted(RaiseFlag("a"))
    assert life.of(f.Alerted)[0].data["reason"] == "Off the right leg."
