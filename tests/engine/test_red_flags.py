"""Red flags: reported or seen, what they stop and where, and how they come to an end."""

from datetime import datetime, timedelta

import pytest

from recovery.engine import facts as f
from recovery.engine.acts import (
    Advance,
    Begin,
    ClearFlag,
    Correct,
    Pause,
    RaiseFlag,
    Release,
    ReportHarm,
    Setback,
    Snooze,
    StepBack,
    Stop,
)
from recovery.engine.fold import fold
from recovery.engine.outlook import explain_each, outlook
from recovery.engine.rehearsal import Rehearsal
from recovery.protocol.terms import parse_duration
from recovery.simulation.events import simulate
from recovery.simulation.people import Persona
from tests.engine.examples import ASK, GAP, ICE, ONSET, Life, phase_text, shipped, small, started

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NUMB = "{id: numb, ask: 'Numb?', level: urgent, say: See a doctor., suspend: [cold, compression]}"
SADDLE = "{id: saddle, ask: 'Numb there?', level: emergency, say: Call., suspend: all}"
LIMP = "{id: limp, ask: 'Limping?', level: urgent, say: Have it seen.}"
OUT = "{id: out, ask: 'Out of joint?', level: emergency, say: Call.}"
HIGH = "{id: high, when: pain >= 8, level: urgent, say: Go today}"
SWOLLEN = "{id: swollen, when: swelling >= 2, level: routine, say: Leave the packs, suspend: [cold]}"
WRAP = "{id: wrap, kind: hold, of: compression, on: 'On', off: 'Off'}"
RAISE = "{id: raise, kind: reminder, of: elevation, every: 2h, say: Up}"
MOVE = "{id: move, kind: session, of: exercise, duration: 10min, every: 2h, start: Go, end: Stop}"
ALL = [NUMB, SADDLE, LIMP, HIGH, SWOLLEN]


def life_of(*activities: str, **more: object) -> Life:
    return Life(small(*(activities or (ICE, WRAP, RAISE, ASK)), flags=ALL, **more))  # type: ignore[arg-type]


# Asked later ----------------------------------------------------------------------------------------

LUMP = "{id: lump, ask: 'A lump?', begins: injury+10d, level: routine, say: Have it seen.}"


def notes_of_check_ins(life: Life) -> list[tuple[datetime, str]]:
    cues = [(fact.at, fact.data.get("cue") or {}) for fact in life.facts]
    return [(at, cue["body"]) for at, cue in cues if cue.get("kind") == "check-in"]


def signs(life: Life) -> list[str]:
    return [flag.id for flag in outlook(life.episode, life.now).signs]


def test_what_cannot_be_yet_is_asked_from_its_day_on_until_it_is_answered() -> None:
    life = Life(small(ASK, flags=[LIMP, LUMP])).go(ONSET + 10 * DAY - HOUR)
    assert signs(life) == []
    assert "lump" not in life.answer(pain=2)
    life.go(ONSET + 10 * DAY)
    assert signs(life) == ["lump"]
    asked = 'A lump? If so, type: recovery flag lump. If not: recovery flag clear lump --because "…"'
    assert life.answer(pain=2) == f"Noted: pain 2. {asked}"
    assert life.accepted(ClearFlag("lump", because="there is none")) == "lump: answered, and kept in the log."
    assert signs(life) == []
    assert life.answer(pain=2) == "Noted: pain 2."
    life.accepted(RaiseFlag("lump"))
    assert [*life.episode.alerts] == ["flag/lump"], "it may still come"


def test_the_note_of_a_check_in_asks_about_it_as_well() -> None:
    life = Life(small(ASK, flags=[LIMP, LUMP])).go(ONSET + 12 * DAY)
    notes = [said for due, said in notes_of_check_ins(life) if due >= ONSET + 10 * DAY]
    assert notes
    assert all("A lump? If so, type: recovery flag lump." in said for said in notes)
    assert not any("A lump?" in said for due, said in notes_of_check_ins(life) if due < ONSET + 10 * DAY)
    life.accepted(ClearFlag("lump", because="there is none"))
    answered_at = life.now
    life.go(life.now + 2 * DAY)
    assert not any("A lump?" in said for due, said in notes_of_check_ins(life) if due > answered_at)


def test_who_reports_it_is_not_asked_nor_who_starts_so_late_that_the_start_asks() -> None:
    life = Life(small(ASK, flags=[LUMP])).go(ONSET + 11 * DAY)
    assert life.refused(ClearFlag("lump", because="")).reason.startswith("say why")
    life.accepted(RaiseFlag("lump"))
    assert signs(life) == []
    late = Life(small(ASK, flags=[LUMP]), ONSET, ONSET + 11 * DAY).go(ONSET + 12 * DAY)
    assert signs(late) == []


def test_after_a_new_injury_it_is_asked_anew_in_its_time() -> None:
    life = Life(small(ASK, flags=[LUMP])).go(ONSET + 11 * DAY)
    life.accepted(ClearFlag("lump", because="none"))
    life.accepted(Setback())
    assert signs(life) == []
    life.go(life.now + 10 * DAY)
    assert signs(life) == ["lump"]


def test_in_a_pause_or_an_emergency_nothing_is_asked() -> None:
    life = Life(small(ASK, flags=[LUMP, SADDLE])).go(ONSET + 11 * DAY)
    life.accepted(RaiseFlag("saddle"))
    assert signs(life) == []
    life.do(ClearFlag("saddle", because="seen"))
    assert signs(life) == ["lump"]
    life.accepted(Pause())
    assert signs(life) == []


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
        == "no warning sign 'high' to report; there are: numb, saddle, limp"
    )
    assert "no warning sign ''" in life.refused(RaiseFlag("")).reason


def test_a_flag_that_stands_is_not_reported_again() -> None:
    life = life_of().go("Mon 12:00")
    life.accepted(RaiseFlag("limp"))
    assert life.refused(RaiseFlag("limp")).reason == (
        'limp stands already; when it is dealt with: recovery flag clear limp --because "…"'
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
    assert life.times(f.Offered, "ask") == ["Mon 07:00"], "an emergency ends the dialogue"


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
        'a warning sign stands: See a doctor. When it is dealt with: recovery flag clear numb --because "…"'
    )
    assert refused.earliest is None
    (ice,) = [each for each in explain_each(life.episode, life.now) if each.activity == "ice"]
    assert ice.at is None
    assert "a warning sign stands" in life.explained("ice")[-1]
    assert life.of(f.Withheld, "ice") == []
    life.go("Mon 10:00")
    assert "a warning sign stands" in life.of(f.Withheld, "ice")[0].data["reason"]


def test_a_session_that_is_on_still_gets_its_end() -> None:
    life = life_of().go("Mon 07:05")
    life.accepted(RaiseFlag("numb"))
    life.go("Mon 08:00")
    assert life.times(f.Ended) == ["Mon 07:20"]


def test_what_an_emergency_stops_is_taken_off_though_it_names_nothing() -> None:
    life = Life(small(ICE, flags=[OUT])).go("Mon 07:05")
    assert life.accepted(RaiseFlag("out")) == "Noted. Ice is on: end it now, recovery end."


@pytest.mark.parametrize(
    ("flag", "place", "stops"),
    [
        ("numb", {}, True),
        ("numb", {"side": "right"}, False),
        ("numb", {"region": "knee"}, False),
        ("limp", {}, False),
        ("out", {}, True),
        ("out", {"side": "right"}, True),
        ("out", {"region": "knee"}, True),
    ],
)
def test_what_it_stops_in_another_episode_is_taken_off_as_well(
    flag: str, place: dict[str, str], stops: bool
) -> None:
    side = {"side": place["side"]} if "side" in place else {}
    region = {"region": place["region"]} if "region" in place else {}
    packs = Life(small(ICE, id_="packs", **region), **side).go("Mon 07:05")  # type: ignore[arg-type]  # what they take
    assert packs.episode.under_way is not None
    flagged = Life(small(ASK, flags=[*ALL, OUT]), others=(packs.episode,)).go("Mon 07:05")
    end = " Ice is on: end it now, recovery end -e packs-1." * stops
    assert flagged.accepted(RaiseFlag(flag)) == f"Noted.{end}"
    assert flagged.of(f.Alerted)[-1].data["cue"]["body"].endswith(end)
    packs.others = (flagged.episode,)
    assert (packs.go("Mon 12:00").times(f.Offered) == ["Mon 07:00"]) is stops


def test_a_session_cannot_be_put_off_into_it() -> None:
    life = life_of().go("Mon 07:05")
    life.accepted(RaiseFlag("numb"))
    assert "a warning sign stands" in life.refused(Snooze("ice", length=parse_duration("10min"))).reason


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
        "no warning sign stands that stops something",
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
        'a warning sign stands: See a doctor. When it is dealt with: recovery flag clear numb --because "…"'
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
        "no warning sign 'saddle' stands; standing: numb"
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
    assert life.cues("alert")[1:] == [("Tue 22:00", "See somebody today")]


def test_what_a_phase_over_its_time_says_can_be_answered() -> None:
    phase = "min: 1h\nmax: 2d\nleave_when: pain <= 1\nat_max: {level: routine, say: Long}"
    life = Life(small(ASK, phase=phase, more=[phase_text("next", ASK)])).go("Tue 20:00")
    life.answer(pain=5)
    life.go("Wed 07:00")
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


# A professional's release ---------------------------------------------------------------------------

TORN = (
    "{id: torn, when: grade == II, level: urgent, say: See a doctor., suspend: [exercise],"
    " cleared_by: professional}"
)
TWO_PHASES = [phase_text("next", ASK, body="min: 90d")]


def torn(**more: object) -> Life:
    return Life(small(MOVE, ASK, flags=[TORN, LIMP], phase="min: 2d", more=TWO_PHASES), **more)  # type: ignore[arg-type]


def test_what_waits_for_a_release_is_held_back_and_says_by_which_command() -> None:
    life = torn().go("Mon 12:00")
    assert life.of(f.Offered, "move") == []
    assert life.refused(Begin("move")).reason == (
        "it waits for a professional: See a doctor. When one has released it: "
        'recovery release torn --by "…" --on DATE'
    )
    assert 'recovery release torn --by "…" --on DATE' in life.explained("move")[-1]
    (alert,) = life.of(f.Alerted)
    assert alert.data["cue"]["body"] == (
        "See a doctor. Until a professional has released it, it waits. Then type: "
        'recovery release torn --by "…" --on DATE'
    )
    life.go("Thu 12:00")
    assert life.episode.phase.id == "only", "no phase ends meanwhile"


def test_the_person_cannot_clear_it() -> None:
    life = torn().go("Mon 12:00")
    assert life.refused(ClearFlag("torn", because="it feels fine")).reason == (
        'torn is ended by a professional\'s release alone: recovery release torn --by "…" --on DATE'
    )
    assert "it waits for a professional" in life.refused(Advance(because="I say so")).reason
    assert "it waits for a professional" in life.refused(Advance(by="Dr. Meyer")).reason


def test_a_release_needs_a_name_and_a_day_of_the_injury_or_later() -> None:
    life = torn().go("Tue 12:00")
    assert "--by" in life.refused(Release("torn")).reason
    assert "is not a name" in life.refused(Release("torn", by="12")).reason
    too_early = life.at("Mon 12:00").date() - timedelta(days=1)
    assert (
        "between the injury and today" in life.refused(Release("torn", by="Dr. Meyer", on=too_early)).reason
    )
    assert (
        life.refused(Release("limp", by="Dr. Meyer")).reason
        == "no warning sign 'limp' stands; standing: torn"
    )
    assert life.refused(Release(by="Dr. Meyer")).reason == "no warning sign '' stands; standing: torn"


def test_a_release_is_kept_with_who_and_when_and_lets_it_go_on() -> None:
    life = torn().go("Tue 12:00")
    day = life.at("Mon 12:00").date()
    assert life.accepted(Release("torn", by="Dr. Meyer", on=day)).startswith("torn: released by Dr. Meyer, ")
    assert life.of(f.Alerted)[-1].data["word"] == {"by": "Dr. Meyer", "on": day.isoformat()}
    assert life.episode.alerts == {}
    assert life.episode.released["flag/torn"].by == "Dr. Meyer"
    life.go("Wed 12:00")
    assert life.of(f.Offered, "move")
    assert [*life.episode.alerts] == [], "it is not raised again"


def test_a_release_can_be_taken_back() -> None:
    life = torn().go("Tue 12:00")
    life.accepted(Release("torn", by="Dr. Meyer"))
    life.undo(life.of(f.Alerted)[-1].seq)
    assert [*life.episode.alerts] == ["flag/torn"]
    assert life.episode.released == {}


def test_a_new_injury_needs_a_release_of_its_own() -> None:
    life = torn().go("Tue 12:00")
    life.accepted(Release("torn", by="Dr. Meyer"))
    life.go("Tue 15:00").accepted(Setback())
    life.go("Tue 16:00")
    assert [*life.episode.alerts] == ["flag/torn"]


def test_a_release_of_a_reported_sign_is_not_older_than_the_report() -> None:
    life = torn().go("Wed 12:00")
    life.accepted(RaiseFlag("limp"))
    before = life.at("Tue 12:00").date()
    assert "the day of the sign, to today" in life.refused(Release("limp", by="Dr. Meyer", on=before)).reason
    life.accepted(Release("limp", by="Dr. Meyer"))
    assert [*life.episode.alerts] == ["flag/torn"]


def test_another_protocol_on_the_same_place_waits_as_well() -> None:
    one = Life(small(ASK, flags=[TORN])).go("Mon 12:00")
    beside = Life(small(MOVE, id_="beside"), others=(one.episode,)).go("Mon 18:00")
    assert beside.of(f.Offered) == []
    one.accepted(Release("torn", by="Dr. Meyer"))
    beside = Life(small(MOVE, id_="beside"), others=(one.episode,)).go("Mon 18:00")
    assert beside.of(f.Offered)


@pytest.mark.parametrize("persona", ["steady", "slow"])
def test_a_grade_iii_tear_is_not_loaded_before_it_is_released(persona: str) -> None:
    episode, opening = started(shipped("strain"), grade="III")
    until = opening.at + timedelta(days=40)
    events = [*simulate(Rehearsal(episode, opening.at, until, persona=Persona.named(persona)))]
    released = next(
        event["at"] for event in events if event["event"] == "answer" and event["do"] == "release"
    )
    loads = [
        event["at"]
        for event in events
        if event["event"] == "session_start" and event["modality"] in ("exercise", "massage", "warm", "tens")
    ]
    assert loads
    assert min(loads) > released


@pytest.mark.parametrize(
    ("flag", "stands"), [(TORN, True), (HIGH.replace("pain >= 8", "grade == II"), False)]
)
def test_a_correction_ends_what_was_never_so_but_for_what_waits_for_a_release(
    flag: str, stands: bool
) -> None:
    life = Life(small(MOVE, ASK, flags=[flag])).go("Mon 12:00")
    assert len(life.episode.alerts) == 1
    life.accepted(Correct(values={"grade": "I"}))
    life.go("Tue 12:00")
    assert bool(life.episode.alerts) is stands
    if stands:
        life.accepted(Release("torn", by="Dr. Meyer"))
        assert life.episode.alerts == {}


# Emergencies ------------------------------------------------------------------------------------------


def test_an_emergency_silences_every_episode_wherever_it_is() -> None:
    one = life_of(ASK).go("Mon 09:00")
    one.accepted(RaiseFlag("saddle"))
    for more in ({"region": "knee"}, {}):
        other = Life(small(ICE, ASK, RAISE, id_="far", **more), side="right", others=(one.episode,))
        other.go("Tue 12:00")
        assert other.of(f.Offered) == []
        assert other.cues("check-in") == []
    one.accepted(ClearFlag("saddle", because="seen"))
    one.go("Mon 20:00")
    assert one.times(f.Offered, "ask")[-1] > "Mon 09:00"


def test_in_an_emergency_nothing_moves_on_and_nothing_is_asked_for() -> None:
    life = Life(small(ASK, flags=ALL, phase="min: 1h", more=TWO_PHASES)).go("Mon 07:10")
    life.accepted(RaiseFlag("saddle"))
    life.go("Wed 12:00")
    assert life.episode.phase.id == "only"
    assert outlook(life.episode, life.now).questions == ()
    assert outlook(life.episode, life.now).coming == ()


def test_an_emergency_in_one_episode_lets_no_other_move_on_or_back() -> None:
    one = life_of(ASK).go("Mon 09:00")
    gate = "min: 1h\nleave_when: pain <= 3"
    other = Life(small(ASK, id_="far", phase=gate, more=TWO_PHASES), side="right").go("Mon 09:00")
    one.accepted(RaiseFlag("saddle"))
    other.others, one.others = (one.episode,), (other.episode,)
    other.answer(pain=1)
    says = 'a warning sign stands: Call. When it is dealt with: recovery flag clear saddle --because "…" -e small-1'
    for act in (Advance(because="I say so"), StepBack(), Setback()):
        assert other.refused(act).reason == says
        assert one.refused(act).reason == says
    one.accepted(ClearFlag("saddle", because="seen"))
    other.others = (one.episode,)
    other.accepted(Advance(because="I say so"))
    assert other.episode.phase.id == "next"


# Harm by a treatment ----------------------------------------------------------------------------------

SKIN = "{id: skin, ask: 'White?', level: urgent, say: Do not rub., harm: [cold], suspend: [cold]}"
BURNT = "{id: burnt, ask: 'Burnt?', level: urgent, say: Cool it., harm: [warm], suspend: [warm]}"


def harmed(**more: object) -> Life:
    return Life(small(ICE, ASK, flags=[SKIN, BURNT]), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("act", [ReportHarm("skin"), ReportHarm()])
def test_harm_ends_the_session_stops_the_treatment_and_tells_first_aid(act: ReportHarm) -> None:
    life = harmed().go("Mon 07:05")
    assert life.accepted(act) == "Noted. Ice ended after 5 min."
    assert life.times(f.Ended) == ["Mon 07:05"]
    assert life.of(f.Ended)[0].by == "person"
    assert life.of(f.Alerted)[-1].data["reason"] == "Do not rub."
    life.go("Mon 20:00")
    assert life.times(f.Offered, "ice") == ["Mon 07:00"]
    assert life.cues("end") == []


def test_harm_is_told_after_the_session_as_well() -> None:
    life = harmed().go("Mon 08:00")
    assert life.accepted(ReportHarm()) == "Noted."
    assert [*life.episode.alerts] == ["flag/skin"]
    assert "stands already" in life.refused(ReportHarm("skin")).reason


def test_only_harm_that_the_protocol_asks_for_is_reported() -> None:
    life = harmed().go("Mon 07:05")
    said = "say what it is; harm by a treatment that can be reported: skin, burnt"
    assert life.refused(ReportHarm("limp")).reason == said
    assert Life(small(ASK, flags=[SKIN])).refused(ReportHarm()).reason.endswith(": skin")
    life.accepted(ReportHarm("burnt"))
    assert life.episode.under_way is not None, "the cold did not do that"


def test_harm_is_not_put_on_another_treatment_while_a_session_of_another_episode_is_on() -> None:
    press = "{id: press, kind: session, of: massage, duration: 20min, every: 3h, start: P, end: P}"
    pressed = Life(small(press, id_="pressed")).go("Mon 07:05")
    assert pressed.episode.under_way is not None
    life = harmed().go("Mon 07:25")  # the ice was the last session
    life.others = (pressed.episode,)
    assert life.refused(ReportHarm()).reason == "which one? Name it: skin, burnt"
    assert life.episode.alerts == {}
    assert life.accepted(ReportHarm("skin")) == "Noted."
    assert [*life.episode.alerts] == ["flag/skin"]


def test_harm_says_to_take_off_what_another_episode_has_on() -> None:
    packs = Life(small(ICE, id_="packs")).go("Mon 07:05")
    life = Life(small(ASK, flags=[SKIN]), others=(packs.episode,)).go("Mon 07:05")
    assert life.accepted(ReportHarm("skin")) == "Noted. Ice is on: end it now, recovery end -e packs-1."


def test_a_button_speaks_of_the_session_of_its_note() -> None:
    life = harmed().go("Mon 07:05")
    assert life.episode.under_way is not None
    life.accepted(ReportHarm(about=life.episode.under_way.occurrence))
    assert [*life.episode.alerts] == ["flag/skin"]
