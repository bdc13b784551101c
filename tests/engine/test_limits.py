"""The ledger of limits: each kind, across episodes, and what a refused act tells."""

from datetime import timedelta

import pytest

from recovery.engine.acts import Advance, Begin, End, Skip, StepBack
from recovery.engine.limits import blocked_by, earliest_allowed
from recovery.engine.phases import leave
from recovery.engine.turn import Turn
from recovery.protocol.model import RecoveryProtocol, Step, Treatment
from tests.engine.examples import ASK, GAP, ICE, ONSET, Life, local, place, shipped, small

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
WARM = "{id: heat, kind: session, of: warm, duration: 20min, every: 2h, start: Warm on, end: Warm off}"
TENS = "{id: tens, kind: session, of: tens, duration: 30min, at: wake+6h, start: TENS on, end: TENS off}"
QUIET_ICE = '{id: ice, kind: session, of: cold, duration: 20min, at: "22:00", start: On, end: Off}'
QUIET_WARM = '{id: heat, kind: session, of: warm, duration: 20min, at: "21:00", start: On, end: Off}'


def steps(life: Life) -> dict[str, Step]:
    return {a.id: a.steps[0] for a in life.episode.phase.activities if isinstance(a, Treatment)}


def quiet(*limits: str, activity: str = QUIET_ICE, **options: object) -> Life:
    """Somebody who can begin ice, or warmth, whenever a limit allows it: its cue comes only at night."""
    return Life(small(activity, QUIET_WARM, limits=limits, **options))  # type: ignore[arg-type]


# Each kind ------------------------------------------------------------------------------------


def test_a_gap_counts_from_the_real_end_of_the_last_session() -> None:
    life = quiet(GAP)
    life.accepted(Begin("ice"))
    life.go("Mon 07:35").accepted(End("ice"))
    refused = life.refused(Begin("heat"))
    assert refused.reason == "1 h after the last session, which ended 07:35"
    assert refused.earliest == life.at("Mon 08:35")
    life.go("Mon 08:34")
    life.refused(Begin("heat"))
    life.go("Mon 08:35").accepted(Begin("heat"))


def test_a_session_that_was_ended_early_begins_its_gap_early() -> None:
    life = quiet(GAP)
    life.accepted(Begin("ice"))
    life.go("Mon 07:05").accepted(End("ice"))
    life.go("Mon 08:05").accepted(Begin("heat"))


def test_an_assumed_session_counts_like_a_real_one() -> None:
    life = Life(small(ICE, QUIET_WARM, limits=[GAP]))
    life.go("Mon 08:19").refused(Begin("heat"))
    life.go("Mon 08:20").accepted(Begin("heat"))


def test_an_overslept_end_is_when_the_gap_begins() -> None:
    life = quiet(GAP)
    life.accepted(Begin("ice"))
    life.sleep("Mon 12:00")
    assert life.refused(Begin("ice")).earliest == life.at("Mon 13:00")


def test_a_gap_binds_only_from_its_modalities_to_its_modalities() -> None:
    life = Life(small(QUIET_ICE, QUIET_WARM, TENS, limits=["{id: gap, of: cold, gap: 1h, to: warm}"]))
    life.accepted(Begin("ice"))
    life.go("Mon 07:20").refused(Begin("heat"))
    life.accepted(Begin("tens"))
    life.go("Mon 07:50").accepted(End("tens"))
    life.go("Mon 08:20").accepted(Begin("heat"))
    life.go("Mon 08:40").accepted(Begin("ice"))


def test_one_session_at_a_time_with_when_the_next_may_begin() -> None:
    life = Life(small(QUIET_ICE, TENS, limits=[GAP]))
    life.accepted(Begin("ice"))
    refused = life.refused(Begin("tens"))
    assert refused.reason == "Ice is on until 07:20"
    assert refused.earliest == life.at("Mon 07:20")


def test_while_a_session_is_on_its_own_gap_is_foreseen() -> None:
    life = quiet(GAP)
    life.accepted(Begin("ice"))
    assert life.refused(Begin("heat")).earliest == life.at("Mon 08:20")


def test_what_is_longer_than_its_limit_never_begins() -> None:
    life = quiet("{id: short, of: cold, longest: 10min, say: Ten minutes}")
    refused = life.refused(Begin("ice"))
    assert refused.reason == "20 min is longer than 10 min: Ten minutes"
    assert refused.earliest is None


def test_not_before_opens_on_the_second() -> None:
    life = quiet("{id: late, of: cold, not_before: injury+3h}")
    refused = life.refused(Begin("ice"))
    assert refused.reason == "no cold before 3 h after the injury"
    assert refused.earliest == ONSET + 3 * HOUR
    life.go(ONSET + 3 * HOUR - timedelta(seconds=1)).refused(Begin("ice"))
    life.go(ONSET + 3 * HOUR).accepted(Begin("ice"))


def test_not_after_means_over_by_then() -> None:
    life = quiet("{id: early, of: cold, not_after: injury+3h}")
    life.go(ONSET + 3 * HOUR - 20 * MINUTE + timedelta(seconds=1))
    refused = life.refused(Begin("ice"))
    assert refused.reason == "no cold later than 3 h after the injury"
    assert refused.earliest is None
    on_time = quiet("{id: early, of: cold, not_after: injury+3h}")
    on_time.go(ONSET + 3 * HOUR - 20 * MINUTE).accepted(Begin("ice"))


def test_until_of_an_activity_means_over_by_then_too() -> None:
    life = Life(small(ICE.replace("}", ", until: injury+5h}")))
    life.go("Tue 12:00")
    assert life.times(activity="ice") == ["Mon 07:00", "Mon 09:20", "Mon 11:40"]
    late = Life(small(ICE.replace("}", ", until: injury+10min}")))
    assert late.times(activity="ice") == []
    assert late.refused(Begin("ice")).earliest is None


def test_a_session_begun_late_has_to_be_over_by_then_all_the_same() -> None:
    life = Life(small(ICE.replace("}", ", until: injury+25min}")))
    life.go("Mon 07:05").accepted(Begin("ice"))
    late = Life(small(ICE.replace("}", ", until: injury+25min}"))).go("Mon 07:06")
    assert late.refused(Begin("ice")).reason == "only until 25 min after the injury"


def test_never_is_never_in_the_phases_that_it_names() -> None:
    assert quiet("{id: no, of: cold, never: true}").refused(Begin("ice")).reason == "no cold"
    named = quiet("{id: no, of: cold, in: only, never: true, say: Not yet}").refused(Begin("ice"))
    assert named.reason == "no cold in this phase: Not yet"
    quiet("{id: no, of: warm, never: true}").accepted(Begin("ice"))


def test_a_limit_of_another_phase_does_not_bind() -> None:
    from tests.engine.examples import phase_text

    protocol = small(
        QUIET_ICE,
        limits=["{id: no, of: cold, in: other, never: true}"],
        phase="min: 5h\nconfirm: true",
        more=[phase_text("other", QUIET_ICE)],
    )
    life = Life(protocol)
    life.accepted(Begin("ice"))
    life.go("Mon 12:00").accepted(Advance())
    assert life.refused(Begin("ice")).reason == "no cold in this phase"


def test_what_a_limit_needs_has_to_be_known_and_true() -> None:
    life = quiet("{id: calm, of: cold, needs: pain <= 3, say: Only when calm}")
    assert (
        life.refused(Begin("ice")).reason
        == "it is not known whether this is so: pain at most 3: Only when calm"
    )
    life.answer(pain=5)
    refused = life.refused(Begin("ice"))
    assert refused.reason == "only when this is so: pain at most 3: Only when calm"
    assert refused.earliest is None
    life.answer(pain=3)
    life.accepted(Begin("ice"))
    life.go("Tue 07:00")
    assert life.refused(Begin("ice")).reason.startswith("it is not known")


def test_most_per_day_counts_by_the_waking_day() -> None:
    owl = place(wake="10:00", bedtime="04:00")
    life = Life(small(QUIET_ICE, limits=["{id: two, of: cold, most_per_day: 2}"]), lives=owl)
    life.go("Mon 12:00").accepted(Begin("ice"))
    life.go("Tue 02:00")  # the cue at 22:00 was the second one
    refused = life.refused(Begin("ice"))
    assert refused.reason.startswith("cold at most 2 times a day. The last one is only assumed")
    assert refused.earliest == life.at("Tue 10:00")
    life.go("Tue 10:00").accepted(Begin("ice"))


def test_most_per_day_still_counts_after_the_phase_is_entered_again() -> None:
    from tests.engine.examples import phase_text

    protocol = small(
        QUIET_ICE,
        limits=["{id: two, of: cold, most_per_day: 2}"],
        phase="min: 1h\nconfirm: true",
        more=[phase_text("other", ASK)],
    )
    life = Life(protocol)
    for at in ("Mon 08:00", "Mon 10:00"):
        life.go(at).accepted(Begin("ice"))
        life.go(life.now + HOUR).accepted(Advance())
        life.accepted(StepBack())
    assert life.go("Mon 12:00").refused(Begin("ice")).reason == "cold at most 2 times a day"


def test_nothing_begins_that_would_end_after_bedtime() -> None:
    life = quiet().go("Mon 22:41")
    refused = life.refused(Begin("heat"))
    assert refused.reason == "it would not end within the waking hours (07:00 to 23:00)"
    assert refused.earliest == life.at("Tue 07:00")
    life.go("Tue 06:59").refused(Begin("heat"))
    life.go("Tue 07:00").accepted(Begin("heat"))


def test_the_last_minute_before_bedtime_can_be_used() -> None:
    quiet().go("Mon 22:40").accepted(Begin("heat"))


# Across episodes --------------------------------------------------------------------------------


def with_other(
    this: RecoveryProtocol,
    other: RecoveryProtocol,
    side: str | None = "left",
    other_side: str | None = "left",
) -> tuple[Life, Life]:
    """Two episodes of one person: the second knows of the first, in which ice has just been begun."""
    first = Life(this, side=side, number=1)
    first.accepted(Begin("ice"))
    second = Life(other, others=(first.episode,), side=other_side, number=2)
    return first, second


@pytest.mark.parametrize(("side", "other_side"), [("left", "left"), (None, "left"), ("left", None)])
def test_the_ledger_spans_all_episodes_of_the_same_place(side: str | None, other_side: str | None) -> None:
    protocol = small(QUIET_ICE, limits=[GAP])
    first, second = with_other(protocol, small(QUIET_WARM, limits=[GAP], id_="other"), side, other_side)
    assert second.refused(Begin("heat")).earliest == second.at("Mon 08:20")
    first.go("Mon 07:20")
    second.others = (first.episode,)
    second.go("Mon 08:19").refused(Begin("heat"))
    second.go("Mon 08:20").accepted(Begin("heat"))


def test_gaps_bind_no_other_side_or_part_of_the_body_but_a_session_on_does() -> None:
    protocol = small(QUIET_ICE, limits=[GAP])
    for first, second in (
        with_other(protocol, small(QUIET_WARM, limits=[GAP], id_="other"), "left", "right"),
        with_other(protocol, small(QUIET_WARM, limits=[GAP], id_="other", region="calf")),
    ):
        assert second.refused(Begin("heat")).earliest == second.at("Mon 07:20")
        first.go("Mon 07:20")
        second.others = (first.episode,)
        second.go("Mon 07:20").accepted(Begin("heat"))


def test_a_limit_of_the_other_episode_binds_as_well() -> None:
    first, second = with_other(small(QUIET_ICE, limits=[GAP]), small(QUIET_WARM, id_="other"))
    first.go("Mon 07:20")
    second.others = (first.episode,)
    second.go("Mon 08:00")
    assert second.refused(Begin("heat")).earliest == second.at("Mon 08:20")


def test_a_daily_count_spans_episodes() -> None:
    most = "{id: once, of: cold, most_per_day: 1}"
    first, second = with_other(small(QUIET_ICE, limits=[most]), small(QUIET_ICE, limits=[most], id_="other"))
    first.go("Mon 07:20")
    second.others = (first.episode,)
    assert second.go("Mon 12:00").refused(Begin("ice")).reason == "cold at most 1 time a day"


def test_what_is_only_true_in_the_phase_of_the_other_episode_does_not_bind() -> None:
    first = small(
        QUIET_ICE,
        limits=["{id: no, of: warm, in: only, never: true}", "{id: late, of: warm, not_before: injury+9d}"],
    )
    _, second = with_other(first, small(QUIET_WARM, id_="other"))
    second.go("Mon 07:20")
    second.others = ()
    second.accepted(Begin("heat"))


def test_asking_for_later_beside_another_session_comes_to_an_end() -> None:
    protocol = small(QUIET_ICE, limits=[GAP])
    _, second = with_other(protocol, small(QUIET_WARM, limits=[GAP], id_="other"))
    step = steps(second)["heat"]
    assert earliest_allowed(second.episode, step, second.now, second.others) == second.at("Mon 08:20")
    blocked = blocked_by(second.episode, step, second.now, second.others)
    assert blocked is not None
    assert blocked.until == second.at("Mon 07:20")


# The shipped limits -----------------------------------------------------------------------------


def test_no_ice_at_all_when_the_protocol_is_started_after_two_days() -> None:
    life = Life(shipped("rice"), ONSET, ONSET + 48 * HOUR).go(ONSET + 72 * HOUR)
    assert life.times(activity="ice") == []
    (withheld,) = life.of("withheld")
    assert withheld.data["reason"] == (
        "no cold later than 48 h after the injury: "
        "No ice later than 48 hours after the injury; it can damage soft tissue."
    )


def test_warmth_waits_for_48_hours_whatever_the_person_says() -> None:
    life = Life(shipped("strain"), local("2026-11-23 18:00"))
    life.answer(pain=6, swelling=3)
    life.go("Tue 12:00").answer(pain=2, swelling=1)
    life.refused(Advance(because="it feels fine"))
    early = Turn(life.episode, life.now)
    leave(early, ("as a journal from before may hold it",), "person")
    life.keep(early.facts)
    life.turn()
    assert life.episode.phase.id == "contrast"
    life.accepted(Skip("packs"))
    refused = life.refused(Begin("warm"))
    assert refused.reason.startswith("no warm before 48 h after the injury")
    assert refused.earliest is None, "by then nobody knows whether pain and swelling have lessened"
