"""A setback: a new injury of the same place, in the same episode. Clocks begin anew; what was is kept."""

from datetime import timedelta

import pytest

from recovery.engine import facts as f
from recovery.engine.acts import Begin, ClearFlag, Pause, RaiseFlag, Setback
from recovery.engine.episode import ACTIVE
from recovery.engine.fold import fold
from recovery.engine.gates import healing_range
from tests.engine.examples import ASK, GAP, ICE, ONSET, Life, local, phase_text, shipped, small

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FIRST = "zero: injury\nmin: 24h\nmax: 72h\nleave_when: pain <= 3"
FRESH_ICE = ICE.replace("every: 2h..3h", "every: 2h..3h, until: injury+48h")
LIMITS = ["{id: early, of: cold, not_after: injury+48h}", "{id: late, of: warm, not_before: injury+48h}", GAP]


def injured(**more: object) -> Life:
    """In the second phase since Wednesday 07:00."""
    protocol = small(
        FRESH_ICE,
        ASK,
        phase=FIRST,
        limits=LIMITS,
        more=[phase_text("second", ASK)],
        healing=True,
        **more,  # type: ignore[arg-type]  # what `small` takes
    )
    life = Life(protocol)
    life.go("Mon 08:00").answer(pain=7, swelling=2)
    life.go("Wed 07:00").answer(pain=2, swelling=1)
    assert life.episode.phase.id == "second"
    return life


def test_all_clocks_begin_anew_in_the_first_phase() -> None:
    life = injured().go("Thu 12:00")
    message = life.accepted(Setback(because="slipped"))
    assert message.startswith("Noted as a new injury, 12:00.")
    assert "Usually healed between Thu 24 Dec 2026 and Thu 21 Jan 2027." in message
    assert (life.episode.onset, life.episode.phase.id) == (life.now, "only")
    assert healing_range(life.episode)[0] == local("2026-12-24 12:00")
    ice = life.times(f.Offered, "ice")
    life.go("2026-11-29 00:00")
    later = life.times(f.Offered, "ice")[len(ice) - 1 :]
    assert (later[0], later[-1][:3]) == ("Thu 12:00", "Sat")
    assert all(
        fact.at + timedelta(minutes=20) <= life.episode.onset + 48 * HOUR
        for fact in life.of(f.Offered, "ice")
    )


def test_the_injury_may_have_been_earlier() -> None:
    life = injured().go("Thu 12:00")
    life.accepted(Setback(onset=life.at("Wed 20:00")))
    assert life.episode.onset == life.at("Wed 20:00")
    assert life.episode.started_at == life.at("Thu 12:00")


def test_neither_in_the_future_nor_before_the_injury_that_is_known() -> None:
    life = injured()
    assert life.refused(Setback(onset=life.now + HOUR)).reason == "that is in the future"
    assert life.refused(Setback(onset=ONSET - HOUR)).earliest == ONSET


def test_answers_and_sessions_are_kept() -> None:
    life = injured().go("Thu 12:00")
    answers, ledger = life.episode.answers, life.episode.ledger
    life.accepted(Setback())
    assert life.episode.answers == answers
    assert life.episode.ledger[: len(ledger)] == ledger


def test_gaps_still_hold() -> None:
    life = Life(small(FRESH_ICE, limits=LIMITS)).go("Mon 07:30")
    life.accepted(Setback())
    assert life.refused(Begin("ice")).earliest == life.at("Mon 08:20")
    life.go("Mon 08:20")
    assert life.times(f.Offered, "ice") == ["Mon 07:00", "Mon 08:20"]


def test_a_session_that_is_on_goes_on_to_its_end() -> None:
    life = Life(small(FRESH_ICE, limits=LIMITS)).go("Mon 07:05")
    life.accepted(Setback())
    life.go("Mon 07:30")
    assert life.times(f.Ended) == ["Mon 07:20"]


def test_no_occurrence_has_the_name_of_an_earlier_one() -> None:
    life = Life(small(FRESH_ICE, limits=LIMITS)).go("Mon 12:00")
    life.accepted(Setback())
    life.go("Mon 23:00")
    names = [fact.data["occurrence"] for fact in life.of(f.Offered)]
    assert len(names) == len({*names})


def test_a_new_grade_changes_lengths_and_activities() -> None:
    graded = "{id: third, kind: reminder, of: rest, every: 3h, say: Rest, only_if: grade == III}"
    life = Life(small(ASK, graded, healing=True), grade="I").go("Mon 12:00")
    assert life.times(f.Offered, "third") == []
    assert life.refused(Setback(grade="IV")).reason == "a grade is one of I, II, III, not 'IV'"
    life.accepted(Setback(grade="III"))
    assert life.episode.grade == "III"
    assert healing_range(life.episode)[0] == local("2027-02-23 12:00")
    assert life.times(f.Offered, "third") == ["Mon 12:00"]


def test_without_a_grade_the_old_one_stays() -> None:
    life = injured(id_="graded")
    life.accepted(Setback())
    assert life.episode.grade == "II"


def test_answers_of_the_earlier_injury_open_no_gate() -> None:
    life = injured().go("Wed 20:00")
    life.accepted(Setback())
    life.go("Thu 20:00")
    assert life.episode.phase.id == "only"
    life.answer(pain=2)
    assert life.episode.phase.id == "second"


def test_a_setback_ends_a_pause_and_what_waits_for_a_word() -> None:
    life = injured()
    life.accepted(Pause())
    life.accepted(Setback())
    assert life.episode.state == ACTIVE
    gated = Life(small(ASK, phase="min: 1h\nconfirm: true", more=[phase_text("second", ASK)])).go("Mon 09:00")
    assert gated.episode.phase_stay.offered
    gated.accepted(Setback())
    assert not gated.episode.phase_stay.offered


def test_routine_alerts_are_over_and_pressing_ones_stay() -> None:
    flags = [
        "{id: high, when: pain >= 7, level: routine, say: High}",
        "{id: gap, ask: 'A gap?', level: urgent, say: Go, suspend: [massage]}",
    ]
    life = Life(small(ASK, flags=flags)).go("Mon 08:00")
    life.answer(pain=8)
    life.accepted(RaiseFlag("gap"))
    assert {*life.episode.alerts} == {"flag/high", "flag/gap"}
    life.go("Mon 09:00").accepted(Setback())
    assert {*life.episode.alerts} == {"flag/gap"}


def test_what_was_over_its_time_is_told_of_the_old_injury_alone_however_much_it_pressed() -> None:
    late = (
        "min: 1h\nmax: 2d\nleave_when: pain <= 1\n"
        "at_max: {level: routine, say: Long, again: 1d, rises: urgent}"
    )
    second = phase_text("second", ASK, body=late)
    life = Life(small(ASK, phase="min: 1h", more=[second])).go("Wed 06:00")
    for morning in ("Wed 08:05", "Thu 08:05", "Fri 08:05"):
        life.go(morning).answer(pain=5)
    assert life.episode.alerts["phase/second"].level == "urgent"
    life.accepted(Setback())
    assert life.episode.alerts == {}


def test_a_routine_flag_that_waits_for_a_release_stays() -> None:
    waits = (
        "{id: seen, ask: 'Seen?', level: routine, say: Have it seen, suspend: [exercise],"
        " cleared_by: professional}"
    )
    life = Life(small(ASK, flags=[waits])).go("Mon 08:00")
    life.accepted(RaiseFlag("seen"))
    life.accepted(Setback())
    assert {*life.episode.alerts} == {"flag/seen"}


def test_what_was_answered_is_raised_again_after_a_setback() -> None:
    life = Life(small(ASK, flags=["{id: three, when: grade == III, level: urgent, say: Go}"]), grade="III")
    life.accepted(ClearFlag("three", because="seen"))
    life.go("Wed 12:00")
    assert len(life.cues("alert")) == 1
    life.accepted(Setback())
    assert len(life.cues("alert")) == 2


def test_being_late_is_told_again_of_the_new_injury() -> None:
    life = Life(small(ASK, healing=True), grade="I").go("2026-12-22 12:00")
    assert [*life.episode.alerts] == ["healing/late"]
    life.accepted(ClearFlag("late", because="seen"))
    life.go("2026-12-23 12:00").accepted(Setback())
    life.go("2027-01-21 12:00")
    assert [*life.episode.alerts] == ["healing/late"]


def test_what_is_put_on_comes_off_and_is_put_on_again() -> None:
    life = Life(small("{id: wrap, kind: hold, of: compression, on: 'On', off: 'Off'}", ASK)).go("Mon 12:00")
    life.accepted(Setback())
    assert life.cues("off") == [("Mon 12:00", "Wrap")]
    assert life.cues("on") == [("Mon 07:00", "Wrap"), ("Mon 12:00", "Wrap")]


def test_a_protocol_that_counts_from_no_injury_knows_no_setback() -> None:
    life = Life(shipped("sitting"))
    assert "does not count from an injury" in life.refused(Setback()).reason


def test_a_setback_can_be_taken_back() -> None:
    life = injured().go("Thu 12:00")
    before = life.episode
    count = len(life.facts)
    life.accepted(Setback(grade="III"))
    life.undo(
        *(
            fact.seq
            for fact in life.facts[count:]
            if isinstance(fact.what, f.SetBack | f.PhaseChanged | f.Alerted)
        )
    )
    assert (life.episode.onset, life.episode.grade, life.episode.phase) == (before.onset, "II", before.phase)


def test_folding_the_journal_gives_the_same_episode() -> None:
    life = injured().go("Thu 12:00")
    life.accepted(Setback(grade="I"))
    life.go("2026-11-29 12:00")
    assert fold(life.episode.pinned, life.facts) == life.episode


@pytest.mark.parametrize("times", [2, 3])
def test_more_than_one_setback(times: int) -> None:
    life = injured()
    for number in range(times):
        life.go(life.now + 30 * HOUR).accepted(Setback())
        assert life.episode.onset == life.now, number
    assert life.look_again_at is not None


def test_an_urgent_flag_that_still_stands_is_told_again_of_the_new_injury() -> None:
    life = Life(small(ASK, flags=["{id: bad, when: pain >= 8, level: urgent, say: Go today}"]))
    life.answer(pain=9)
    life.go("Tue 09:00").answer(pain=1)
    life.accepted(Setback())
    assert len(life.cues("alert")) == 1
    life.go("Tue 10:00").answer(pain=9)
    life.go("Tue 11:00").answer(pain=9)
    assert [when for when, _ in life.cues("alert")] == ["Mon 07:00", "Tue 10:00"]
    assert [*life.episode.alerts] == ["flag/bad"]
