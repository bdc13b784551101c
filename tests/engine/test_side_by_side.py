"""Several episodes of one person at the same time: whose limits bind whom."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from recovery.engine import facts as f
from recovery.engine.acts import AnswerCheckIn, Begin, Pause, RaiseFlag, Setback, Stop
from recovery.engine.addressing import addressed
from recovery.engine.decide import end_sessions, turn
from recovery.engine.limits import excluded
from recovery.engine.outlook import coming, outlook
from recovery.words.reasons import file_text, sentence
from tests.engine.examples import ASK, GAP, ICE, ONSET, Life, phase_text, shipped, small

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
WARM = "{id: warm, kind: session, of: warm, duration: 20min, every: 3h, start: On, end: Off}"
PRESS = "{id: press, kind: session, of: massage, duration: 2min, every: 1h, start: P, end: P}"
TENS = "{id: tens, kind: session, of: tens, duration: 30min, every: 4h, start: On, end: Off}"
STAND = "{id: stand, kind: reminder, of: posture, every: 30min, say: Stand up.}"
RAISED = "{id: raised, kind: reminder, of: elevation, every: 3h, say: Lie down.}"
YIELDS = "{id: lying, of: posture, yields_to: elevation, say: Lie down.}"
MOVE = "{id: move, kind: session, of: exercise, duration: 30min, every: 2h, start: Go, end: Stop}"


def beside(this: Life, *activities: str, at: str = "Mon 07:00", **more: object) -> Life:
    """Another episode of the same person, in which the first one stands still as it is now."""
    options = {key: more.pop(key) for key in ("side",) if key in more}
    protocol = small(*activities, id_="other", **more)  # type: ignore[arg-type]
    return Life(protocol, this.at(at), others=(this.episode,), **options)  # type: ignore[arg-type]


# Limits of the other one ----------------------------------------------------------------------------


def test_never_in_its_phase_binds_while_it_is_in_that_phase() -> None:
    never = "{id: no-warmth, of: warm, in: only, never: true, say: Not yet.}"
    this = Life(small(ASK, limits=[never], phase="min: 1d", more=[phase_text("next", ASK)]))
    refused = beside(this, WARM).refused(Begin("warm"))
    assert refused.reason == "no warm in this phase: Not yet. (small-1)"
    this.go("Tue 08:00")
    assert this.episode.phase.id == "next"
    assert beside(this, WARM, at="Tue 08:00").times() == ["Tue 08:00"]


def test_never_anywhere_binds_in_every_phase() -> None:
    this = Life(small(ASK, limits=["{id: none, of: massage, never: true}"]))
    assert beside(this, PRESS).of(f.Offered) == []


def test_not_before_counts_from_the_others_injury() -> None:
    this = Life(small(ASK, limits=["{id: late, of: warm, not_before: injury+48h}"]))
    other = beside(this, WARM, at="Tue 07:00")
    assert other.refused(Begin("warm")).earliest == ONSET + 48 * HOUR
    other.go("Wed 08:00")
    assert other.times() == ["Wed 07:00"]


def test_not_after_counts_from_the_others_injury() -> None:
    this = Life(small(ASK, limits=["{id: early, of: cold, not_after: injury+48h}"]))
    assert beside(this, ICE, at="Wed 06:00").go("Wed 12:00").of(f.Offered) == []
    assert beside(this, ICE, at="Tue 07:00").times() == ["Tue 07:00"]


def test_needs_are_those_of_the_other_ones_answers() -> None:
    this = Life(small(ASK, limits=["{id: calm, of: warm, needs: pain <= 3}"]))
    assert (
        "it is not known whether this is so: pain at most 3 (small-1)"
        in beside(this, WARM).refused(Begin("warm")).reason
    )
    this.go("Mon 08:00").answer(pain=7)
    assert (
        "only when this is so: pain at most 3"
        in beside(this, WARM, at="Mon 08:00").refused(Begin("warm")).reason
    )
    this.answer(pain=2)
    assert beside(this, WARM, at="Mon 08:00").times() == ["Mon 08:00"]


def test_what_an_answer_forbids_in_another_episode_is_to_be_ended_at_once() -> None:
    this = Life(small(ASK, limits=["{id: calm, of: massage, needs: pain <= 3}"]))
    this.answer(pain=2)
    other = beside(this, PRESS)
    assert other.episode.under_way is not None
    this.others = (other.episode,)
    this.go("Mon 07:01")
    assert this.answer(pain=7) == "Noted: pain 7. Press is on: end it now, recovery end -e other-1."
    assert this.answer(pain=8) == "Noted: pain 8."


def test_most_per_day_counts_both() -> None:
    limit = "{id: twice, of: cold, most_per_day: 2}"
    this = Life(small(ICE, limits=[limit])).go("Mon 09:45")
    other = beside(this, ICE, at="Mon 12:00")
    assert other.refused(Begin("ice")).earliest == other.at("Tue 07:00")


def test_a_longest_length_binds_both() -> None:
    this = Life(small(ASK, limits=["{id: short, of: cold, longest: 10min}"]))
    assert "20 min is longer than 10 min" in beside(this, ICE).refused(Begin("ice")).reason


@pytest.mark.parametrize(("end", "binds"), [(Stop(), False), (Pause(), True), (None, True)])
def test_an_episode_that_is_over_binds_by_gaps_only(end: Stop | Pause | None, binds: bool) -> None:
    this = Life(small(ICE, limits=["{id: none, of: massage, never: true}", GAP])).go("Mon 07:30")
    if end:
        this.accepted(end)
    assert bool(beside(this, PRESS, at="Mon 07:30").of(f.Offered)) is not binds
    assert beside(this, WARM, at="Mon 07:30").refused(Begin("warm")).earliest == this.at("Mon 08:20")


def test_another_side_and_another_part_of_the_body_are_free() -> None:
    rules = ["{id: none, of: massage, never: true}", "{id: late, of: warm, not_before: injury+48h}", GAP]
    this = Life(small(ICE, limits=rules)).go("Mon 07:30")
    for more in ({"side": "right"}, {"region": "knee"}):
        other = beside(this, WARM, PRESS, at="Mon 07:30", **more)
        assert other.of(f.Offered), more
    assert beside(this, WARM, PRESS, at="Mon 07:30", side=None).of(f.Offered) == []


@pytest.mark.parametrize("sides", [("both", "left"), ("right", "both"), ("both", "both")])
def test_both_sides_are_the_same_place_as_either(sides: tuple[str, str]) -> None:
    this = Life(small(ICE, limits=["{id: twice, of: cold, most_per_day: 2}"]), side=sides[0]).go("Mon 09:45")
    other = beside(this, ICE, at="Mon 12:00", side=sides[1])
    assert other.refused(Begin("ice")).earliest == other.at("Tue 07:00")
    assert excluded(this.episode.pinned, sides[1], {}, [this.episode]) is not None


def test_the_gap_of_either_binds_both_ways() -> None:
    this = Life(small(ICE)).go("Mon 07:30")
    assert beside(this, WARM, at="Mon 07:30", limits=[GAP]).refused(Begin("warm")).earliest == this.at(
        "Mon 08:20"
    )
    two = Life(small(ICE, limits=[GAP])).go("Mon 07:30")
    assert beside(two, WARM, at="Mon 07:30").refused(Begin("warm")).earliest == two.at("Mon 08:20")


def test_a_setback_of_the_other_begins_its_clocks_anew() -> None:
    this = Life(small(ASK, limits=["{id: late, of: warm, not_before: injury+48h}"])).go("Wed 12:00")
    this.accepted(Setback())
    assert beside(this, WARM, at="Wed 12:00").refused(Begin("warm")).earliest == this.at("Fri 12:00")


# One session at a time ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mine", "theirs"), [(ICE, ICE), (WARM, TENS), (TENS, WARM), (PRESS, ICE), (ICE, MOVE), (MOVE, PRESS)]
)
@pytest.mark.parametrize("place", [{"side": "right"}, {"side": None}, {"region": "knee"}, {}])
def test_a_person_has_one_session_at_a_time_wherever_it_is(
    mine: str, theirs: str, place: dict[str, str | None]
) -> None:
    this = Life(small(theirs))
    on = this.episode.under_way
    assert on is not None
    other = beside(this, mine, at="Mon 07:00", **place)
    assert other.of(f.Offered) == []
    assert "is on until" in other.of(f.Withheld)[0].data["reason"]
    name = mine[5:].partition(",")[0]
    assert other.refused(Begin(name)).earliest == on.ends_at
    this.go(on.ends_at)
    other.others = (this.episode,)
    other.go(on.ends_at)
    assert len(other.of(f.Offered)) == 1


def test_what_is_kept_on_and_what_is_only_told_goes_with_a_session() -> None:
    hold = '{id: wrap, kind: hold, of: compression, on: "On", off: "Off"}'
    raised = "{id: raised, kind: reminder, of: elevation, every: 30min, say: Hip raised.}"
    other = beside(Life(small(ICE)), hold, raised, at="Mon 07:05", side="right")
    other.go("Mon 07:40")
    assert other.of(f.Offered, "wrap")
    assert other.of(f.Offered, "raised")


def test_nobody_is_told_to_stand_up_with_a_pack_on() -> None:
    this = Life(small(ICE)).go("Mon 07:05")
    on = this.episode.under_way
    assert on is not None
    hourly = STAND.replace("30min", "1h")
    other = beside(this, hourly, at="Mon 07:05", side="right").go("Mon 07:15")
    assert other.of(f.Offered) == []
    assert "is on until" in other.of(f.Withheld)[0].data["reason"]
    this.go(on.ends_at)
    other.others = (this.episode,)
    assert other.go("Mon 07:30").times()[0] == "Mon 07:20", "it waits for the end of the pack"


def test_what_is_too_late_after_a_session_falls_away() -> None:
    this = Life(small(ICE.replace("20min", "55min"))).go("Mon 07:05")
    other = beside(this, STAND, at="Mon 07:05")
    this.go("Mon 07:55")
    other.others = (this.episode,)
    other.go("Mon 08:10")
    assert other.of(f.Missed)
    assert other.times() == ["Mon 08:05"]


# What gives way to another one ----------------------------------------------------------------------


def test_it_rests_while_the_other_one_tells_of_what_it_yields_to() -> None:
    lying = small(RAISED, phase="min: 1d", more=[phase_text("next", ASK)])
    this = Life(lying)
    other = beside(this, STAND, limits=[YIELDS], side="right").go("Mon 12:00")
    assert other.of(f.Offered) == []
    reason = 'no posture beside "Raised": Lie down. (small-1)'
    assert other.of(f.Withheld)[0].data["reason"] == reason
    rests = outlook(other.episode, other.now, other.others).rests
    assert [sentence(why, other.episode.place, other.now) for why in rests] == [reason]
    this.go("Tue 08:00")
    assert this.episode.phase.id == "next"
    other.others = (this.episode,)
    assert other.go("Tue 09:00").times() != []
    assert outlook(other.episode, other.now, other.others).rests == ()


def test_what_it_yields_to_counts_only_in_its_time_and_for_the_same_region() -> None:
    for activity, region in ((RAISED.replace("every", "until: phase+1s, every"), "hip"), (RAISED, "wrist")):
        this = Life(small(activity, region=region))
        assert beside(this, STAND, limits=[YIELDS]).go("Mon 12:00").of(f.Offered)


def test_it_does_not_rest_for_what_it_says_itself() -> None:
    assert Life(small(STAND, RAISED, limits=[YIELDS])).go("Mon 12:00").of(f.Offered, "stand")


# The files that come with the program ---------------------------------------------------------------


def test_a_trigger_point_waits_for_the_packs_of_a_strain() -> None:
    strain = Life(shipped("strain"))
    point = Life(shipped("trigger-point"), others=(strain.episode,))
    for name, modality in (("press", "massage"), ("loosen", "warm"), ("cool", "cold")):
        assert point.refused(Begin(name)).reason, modality
    assert point.of(f.Offered, "press") == []


def test_sitting_says_why_it_is_withheld_by_a_sign_of_the_strain() -> None:
    strain = Life(shipped("contrast"), grade="II").go("Wed 08:00")
    strain.accepted(RaiseFlag("swollen-leg"))
    held = Life(shipped("sitting"), strain.now, others=(strain.episode,)).go("Wed 12:00")
    assert [offered for offered in held.of(f.Offered) if offered.data.get("modality")] == []
    assert "a warning sign stands" in held.of(f.Withheld)[0].data["reason"]


def test_sitting_is_silent_while_an_emergency_of_the_strain_stands() -> None:
    strain = Life(shipped("contrast"), grade="II").go("Wed 08:00")
    sitting = Life(shipped("sitting"), strain.now, others=(strain.episode,)).go("Wed 12:00")
    assert len(sitting.of(f.Offered)) > 3
    strain.accepted(RaiseFlag("saddle"))
    silent = Life(shipped("sitting"), strain.now, others=(strain.episode,)).go("Wed 12:00")
    assert silent.of(f.Offered) == []
    assert silent.of(f.Withheld) == [], "an emergency ends the dialogue, also what would be said of it"


# What is told of which one --------------------------------------------------------------------------


def test_a_title_says_of_which_side_it_is_once_two_run() -> None:
    left = Life(small(ASK), side="left")
    right = Life(small(ASK), left.at("Mon 09:00"), side="right", others=(left.episode,), language="de")
    assert [title for _when, title in left.cues("check-in")] == ["How is it going?"]
    assert [title for _when, title in right.cues("check-in")] == ["Wie geht es Ihnen? (rechts)"]


def test_a_title_says_of_which_protocol_it_is_beside_another_one() -> None:
    other = beside(Life(small(ASK)), STAND, at="Mon 07:05")
    assert [title for _when, title in other.cues("reminder")] == ["Stand (Small)"]


def test_the_plan_of_two_is_what_they_do() -> None:
    tens = TENS.replace("every: 4h", 'at: ["11:10"]')
    this = Life(small(ICE, limits=["{id: gap, of: cold, gap: 1h, to: tens}"]))
    other = beside(this, tens, PRESS, at="Mon 07:00", side="right")
    planned = [(each.at, each.activity) for each in coming(other.episode, other.now, other.others)]
    happened = together(this, other, until="Mon 23:00")
    assert [each for each in planned if each[0] < this.at("Mon 23:00")] == happened


def together(this: Life, other: Life, until: str) -> list[tuple[datetime, str]]:
    """Let both live on as the program has them do: what the other one is told, and when."""
    first, end = len(other.facts), other.at(until)
    while True:
        this.others, other.others = (other.episode,), (this.episode,)
        wakings = [each.look_again_at for each in (this, other)]
        now = min((at for at in wakings if at is not None), default=end)
        if now >= end:
            break
        for decide in (end_sessions, turn):
            for life in (this, other):
                this.others, other.others = (other.episode,), (this.episode,)
                life.now = now
                life.keep(decide(life.episode, now, life.others).facts)
    offers = [fact for fact in other.facts[first:] if isinstance(fact.what, f.Offered)]
    return [(fact.at, fact.data["activity"]) for fact in offers]


# Both sides, each in an episode of its own ----------------------------------------------------------


def both_hips() -> tuple[Life, Life]:
    """Two strains of one person, lived side by side until the second morning."""
    left = Life(shipped("strain"), grade="II", side="left")
    right = Life(shipped("strain"), grade="II", side="right", others=(left.episode,))
    for at in (ONSET + each * 5 * MINUTE for each in range(12 * 26)):
        for life, other in ((left, right), (right, left)):
            life.others = (other.episode,)
            life.go(max(at, life.now))
    return left, right


def test_who_has_hurt_both_sides_in_two_episodes_lies_on_the_back_and_has_one_thing_at_a_time() -> None:
    left, right = both_hips()
    lying = [fact.data["cue"] for life in (left, right) for fact in life.of(f.Offered, "elevate")[1:]]
    assert {cue["body"] for cue in lying} == {"Lie on your back, with a pillow under the knees."}
    assert {cue["title"] for cue in lying} == {"Lie down, hip raised (left)", "Lie down, hip raised (right)"}
    cold = sorted(
        (session.began_at, session.ended_at or left.now)
        for life in (left, right)
        for session in life.episode.ledger[1:]
    )
    assert len(cold) > 8
    assert all(end <= begins for (_, end), (begins, _) in pairwise(cold))


def test_one_answer_is_for_both_sides() -> None:
    left, right = both_hips()
    offered = tuple((life.episode, AnswerCheckIn({"pain": 3, "swelling": 1})) for life in (left, right))
    parts = addressed(offered, left.now)
    assert isinstance(parts, tuple)
    assert [episode.side for episode, _ in parts] == ["left", "right"]


def test_a_text_about_its_own_side_stays_so_and_so_does_all_once_the_other_one_is_over() -> None:
    left, right = both_hips()
    here = outlook(left.episode, left.now, (right.episode,)).episode
    assert file_text("{the {side} leg|both legs}", here) == "the left leg"
    assert file_text("On {your {other side}|your back}", here) == "On your back"
    right.accepted(Stop())
    here = outlook(left.episode, left.now, (right.episode,)).episode
    assert file_text("On {your {other side}|your back}", here) == "On your right"
