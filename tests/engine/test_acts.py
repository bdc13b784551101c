"""What a person does: accepted with its consequences, or refused with the reason."""

from datetime import timedelta

import pytest

from recovery.engine import facts as f
from recovery.engine.acts import (
    ACTS,
    Advance,
    AnswerCheckIn,
    Begin,
    End,
    MarkDone,
    Pause,
    Resume,
    Setback,
    Skip,
    Snooze,
    StepBack,
    Stop,
)
from recovery.engine.facts import Word
from recovery.engine.phases import leave
from recovery.engine.questions import read_answer
from recovery.engine.turn import Refused, Turn
from recovery.protocol.terms import Duration, parse_duration
from recovery.words.typed import expected_answer
from tests.engine.examples import ASK, GAP, ICE, ONSET, PACKS, Life, an_act, local, phase_text, shipped, small

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
RAISE = "{id: raise, kind: reminder, of: elevation, every: 3h, say: Legs up}"
BAND = '{id: band, kind: hold, of: compression, on: Bandage on, "off": Bandage off}'
DAILY = '{id: train, kind: session, of: exercise, duration: 20min, at: "17:00", start: Go, end: Enough}'
GATED = "min: 1d\nleave_when: pain <= 3"


# Check-ins --------------------------------------------------------------------------------------


def test_answers_are_noted_with_when_they_were_true() -> None:
    life = Life(small(ASK)).go("Mon 12:00")
    assert life.answer(pain=4, swelling=1) == "Noted: pain 4, swelling 1."
    assert life.answer(at=life.at("Mon 09:00"), pain=6) == "Noted: pain 6, 09:00."
    assert [answer.value for answer in life.episode.answers["pain"]] == [6, 4]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"pane": 3}, "small does not ask for 'pane'; it asks for pain, swelling, strength, rom"),
        ({"pain": 11}, "pain is a whole number from 0 to 10, not '11'"),
        ({"pain": "bad"}, "pain is a whole number from 0 to 10, not 'bad'"),
        ({"swelling": 4}, "swelling is one of 0 none, 1 slight, 2 moderate, 3 marked, not '4'"),
        ({"rom": "half"}, "rom is limited or full, not 'half'"),
        ({"pain": 3, "rom": "half"}, "rom is limited or full, not 'half'"),
        ({}, "nothing was told; this protocol asks for pain, swelling, strength, rom"),
    ],
)
def test_what_is_no_answer_is_refused_as_a_whole(values: dict[str, object], reason: str) -> None:
    life = Life(small(ASK))
    assert life.refused(AnswerCheckIn({name: str(value) for name, value in values.items()})).reason == reason
    assert life.episode.answers == {}


def test_an_answer_before_the_injury_or_in_the_future_is_refused() -> None:
    life = Life(small(ASK)).go("Mon 12:00")
    early = life.refused(AnswerCheckIn({"pain": "3"}, at=ONSET - MINUTE))
    assert early == Refused("that is before the injury", ONSET)
    late = life.refused(AnswerCheckIn({"pain": "3"}, at=life.now + MINUTE))
    assert late == Refused("that is in the future")


@pytest.mark.parametrize(
    ("typed", "name", "read"),
    [
        ("3", "pain", 3),
        (" 10 ", "pain", 10),
        ("-1", "pain", None),
        ("3.0", "pain", None),
        ("٣", "pain", None),
        ("³", "pain", None),
        ("9" * 5000, "pain", None),
        ("", "pain", None),
        ("Slight", "swelling", 1),
        ("3", "swelling", 3),
        ("marke", "swelling", None),
        ("FULL", "rom", "full"),
        ("1", "rom", None),
    ],
)
def test_answers_are_read_as_typed(typed: str, name: str, read: object) -> None:
    observation = small(ASK).observations[name]
    assert read_answer(typed, observation) == read
    assert expected_answer(observation, "en")


# Begin ------------------------------------------------------------------------------------------


def test_begin_late_moves_the_end() -> None:
    life = Life(small(ICE)).go("Mon 07:12")
    assert life.accepted(Begin("ice")) == "On. 20 min, until 07:32."
    assert life.episode.under_way is not None
    assert life.episode.under_way.ends_at == life.at("Mon 07:32")
    assert life.go("Mon 08:00").cues("end") == [("Mon 07:32", "Ice: stop")]


def test_begin_early_needs_no_cue() -> None:
    life = Life(small(ICE, limits=[GAP])).go("Mon 08:30")
    life.accepted(Begin("ice"))
    assert life.cues("start") == [("Mon 07:00", "Ice: start, 20 min, until 07:20")]
    assert life.go("Mon 11:00").times(activity="ice") == ["Mon 07:00", "Mon 08:30", "Mon 10:50"]


def test_begin_by_modality_or_without_a_name_means_the_only_one() -> None:
    for name in ("ice", "cold", None):
        Life(small(ICE, ASK)).accepted(Begin(name))
    two = Life(small(ICE, DAILY)).go("Mon 07:30")
    two.accepted(End("ice"))
    assert two.refused(Begin()).reason == "which one? Name it: ice, train"
    assert (
        two.refused(Begin("raise")).reason
        == "no activity 'raise' of that kind in phase only; there are: ice, train"
    )
    assert Life(small(RAISE)).refused(Begin()).reason == "phase only has nothing of that kind"


def test_an_id_means_its_own_activity_though_it_is_a_modality_of_another_one() -> None:
    own = '{id: exercise, kind: session, of: exercise, duration: 15min, at: "10:00", start: Go, end: Enough}'
    life = Life(small(DAILY, own)).go("Mon 10:05")
    assert life.accepted(Begin("exercise"))
    life.go("Mon 10:10")
    assert life.accepted(End("exercise")) == "Exercise ended after 5 min."
    assert [fact.data["activity"] for fact in life.of(f.Ended)] == ["exercise"]


def test_begin_twice_is_refused_with_when_it_ends() -> None:
    life = Life(small(ICE))
    life.accepted(Begin("ice"))
    assert life.refused(Begin("ice")).reason == "Ice is on already, until 07:20"


def test_a_refusal_for_an_assumed_session_says_how_to_take_it_back() -> None:
    life = Life(small(ICE, limits=[GAP])).go("Mon 07:40")
    refused = life.refused(Begin("ice"))
    assert refused.reason.endswith(
        "The last one is only assumed: if it did not happen, say so first: recovery skip ice"
    )
    life.accepted(Skip("ice"))
    life.accepted(Begin("ice"))


def test_a_refusal_does_not_suggest_what_would_not_help() -> None:
    life = Life(small(DAILY.replace("17:00", "22:30"))).go("Mon 22:55")
    assert life.refused(Begin("train")).reason == "it would not end within the waking hours (07:00 to 23:00)"


def test_begin_of_an_alternation_begins_the_step_that_comes_next() -> None:
    life = Life(small(PACKS)).go("Mon 07:20")
    refused = life.refused(Begin("packs"))
    assert refused.reason.startswith("1 h after the last treatment, which ended 07:20")
    assert refused.earliest == life.at("Mon 08:20")
    life.go("Mon 08:20")
    assert life.accepted(Begin("warm")).startswith("Warm on.")
    life.go("Mon 08:40")
    assert life.refused(Begin("cold")).earliest == life.at("Mon 09:40"), "the wait after the last step"
    life.go("Mon 09:40")
    assert life.refused(Begin("warm")).reason == "Packs: cold comes next, not warm"
    life.accepted(Begin("cold"))


def test_a_session_begun_early_stands_for_the_time_that_is_near() -> None:
    life = Life(small(DAILY)).go("Mon 16:45")
    life.accepted(Begin("train"))
    assert life.go("Tue 18:00").times() == ["Mon 16:45", "Tue 17:00"]
    far = Life(small(DAILY)).go("Mon 20:00")
    far.accepted(Begin("train"))
    assert far.go("Tue 18:00").times() == ["Mon 17:00", "Mon 20:00", "Tue 17:00"]


# End --------------------------------------------------------------------------------------------


def test_end_early_ends_it_there_and_needs_no_cue() -> None:
    life = Life(small(ICE)).go("Mon 07:05")
    life.accepted(Begin("ice"))
    life.go("Mon 07:15")
    assert life.accepted(End("ice")) == "Ice ended after 10 min."
    assert life.go("Mon 10:00").cues("end")[:1] == [("Mon 09:35", "Ice: stop")]
    assert life.times(activity="ice") == ["Mon 07:00", "Mon 09:15"]


def test_end_late_tells_by_how_much_and_moves_the_next_one() -> None:
    life = Life(small(ICE)).go("Mon 07:50")
    assert life.accepted(End("ice")) == "Ice ended after 50 min, 30 min too long."
    assert life.of("ended")[-1].data["overrun"] == 1800
    assert life.go("Mon 10:00").times(activity="ice") == ["Mon 07:00", "Mon 09:50"]


def test_end_can_be_told_later() -> None:
    life = Life(small(ICE)).go("Mon 08:00")
    life.accepted(End("ice", at=life.at("Mon 07:25")))
    assert life.go("Mon 10:00").times(activity="ice") == ["Mon 07:00", "Mon 09:25"]


def test_end_is_refused_where_there_is_nothing_to_end() -> None:
    life = Life(small(ICE))
    life.accepted(Begin("ice"))
    life.go("Mon 07:10")
    assert life.refused(End("ice", at=ONSET - MINUTE)).reason == "it began only 07:00"
    life.accepted(End("ice"))
    assert life.refused(End("ice")).reason == "Ice has ended already"
    assert Life(small(DAILY)).refused(End("train")).reason == "Train is not on"


def test_half_a_day_later_nobody_knows_how_a_session_ended() -> None:
    life = Life(small(DAILY.replace("17:00", "08:00"))).go("Mon 20:19")
    life.accepted(End("train"))
    late = Life(small(DAILY.replace("17:00", "08:00"))).go("Mon 20:20")
    assert late.refused(End("train")).reason == "Train is not on"


def test_an_end_told_after_the_next_step_was_skipped_brings_nothing_back() -> None:
    life = Life(small(PACKS)).go("Mon 07:00")
    life.accepted(Begin("packs"))
    life.go("Mon 07:30").accepted(Skip("packs"))
    life.go("Mon 07:40").accepted(End("packs"))
    assert life.episode.track("packs").step == 0
    life.go("Mon 13:00")
    assert [fact.data["modality"] for fact in life.of("offered")] == ["cold", "cold"]


def test_a_session_of_the_phase_before_can_still_be_ended_and_taken_back() -> None:
    def changed_phase() -> Life:
        life = Life(small(ICE, phase="min: 5min", limits=[GAP], more=[phase_text("next", PACKS, DAILY)]))
        return life.go("Mon 07:10")

    life = changed_phase()
    assert life.episode.phase.id == "next"
    assert life.accepted(End("ice")) == "Ice ended after 10 min."
    assert life.go("Mon 08:10").times(activity="packs") == ["Mon 08:10"]
    for name in ("ice", None):
        assert changed_phase().accepted(End(name)) == "Ice ended after 10 min."
        assert changed_phase().accepted(MarkDone(name)) == "Ice: done."
    taken_back = changed_phase()
    assert taken_back.accepted(Skip("ice")) == "Ice: skipped; it does not count."
    assert taken_back.times(activity="packs") == ["Mon 07:10"]


def test_a_session_that_is_on_is_begun_though_its_phase_has_ended() -> None:
    life = Life(small(ICE, phase="min: 5min", more=[phase_text("next", ICE)])).go("Mon 07:10")
    life.do(Begin("ice"))
    (on,) = life.episode.ledger
    assert (on.phase, on.is_assumed, on.began_at) == ("only", False, life.at("Mon 07:10"))


def test_what_is_begun_after_its_phase_is_its_own_session_not_a_namesake() -> None:
    first = PACKS.replace("per_day: 1..3", "every: 2h")
    namesake = ICE.replace("id: ice", "id: packs")
    life = Life(small(first, phase="min: 95min", more=[phase_text("next", namesake)])).go("Mon 08:36")
    assert life.refused(Snooze("packs")).reason.startswith("Packs is on from an earlier phase")
    assert life.accepted(Begin("packs")).startswith("Warm on.")
    life.go("Mon 08:58")
    assert life.cues("end") == [("Mon 07:20", "Packs, cold: stop"), ("Mon 08:56", "Packs, warm: stop")]


def test_what_binds_in_the_phase_of_a_session_binds_it_in_the_next_one_too() -> None:
    limit = "{id: early, of: cold, in: only, not_after: injury+30min}"
    bounded = ICE.replace("}", ", until: injury+30min}")
    for ice, limits, reason in (
        (ICE, [limit], "no cold later than 30 min after the injury"),
        (bounded, [], "only until 30 min after the injury"),
    ):
        life = Life(small(ice, phase="min: 5min", limits=limits, more=[phase_text("next", ASK)]))
        assert life.go("Mon 07:11").refused(Begin("ice")).reason == reason
        assert life.go("Mon 08:00").cues("end") == [("Mon 07:20", "Ice: stop")]


def test_taking_back_an_older_session_does_not_change_what_comes_next() -> None:
    life = Life(small(PACKS)).go("Mon 07:20").sleep("Mon 09:30")
    assert life.of("missed"), "the warm pack"
    life.accepted(Skip("packs"))
    assert life.episode.ledger == ()
    assert life.episode.track("packs").step == 0


# Done, skip, snooze ---------------------------------------------------------------------------------


def test_done_ends_a_session_or_confirms_it() -> None:
    life = Life(small(ICE)).go("Mon 07:15")
    assert life.accepted(MarkDone("ice")) == "Ice: done."
    assert life.episode.ledger[0].ended_at == life.at("Mon 07:15")
    later = Life(small(ICE)).go("Mon 07:50")
    later.accepted(MarkDone("ice"))
    assert later.episode.ledger[0].ended_at == later.at("Mon 07:20")
    assert later.episode.ledger[0].is_confirmed
    assert later.refused(MarkDone("ice")).reason == "Ice: nothing is waiting to be done"


def test_done_closes_a_reminder_and_a_hold_once() -> None:
    life = Life(small(RAISE, BAND))
    assert life.accepted(MarkDone("raise")) == "Raise: done."
    assert life.accepted(MarkDone("compression")) == "Band: done."
    assert life.refused(MarkDone("raise")).reason == "Raise: nothing is waiting to be done"
    assert (
        life.refused(MarkDone("ask")).reason
        == "no activity 'ask' of that kind in phase only; there are: raise, band"
    )


def test_skipping_an_assumed_session_frees_the_ledger() -> None:
    life = Life(small(ICE, limits=[GAP])).go("Mon 07:10")
    assert life.accepted(Skip("ice")) == "Ice: skipped; it does not count."
    assert life.episode.ledger == ()
    life.accepted(Begin("ice"))


def test_what_was_begun_cannot_be_skipped_any_more() -> None:
    life = Life(small(ICE, limits=[GAP]))
    life.accepted(Begin("ice"))
    assert life.refused(Skip("ice")).reason == "Ice is on; recovery end ice ends it"
    assert life.refused(Snooze("ice")).reason == "Ice is on; recovery end ice ends it"
    life.go("Mon 07:30").accepted(Skip("ice"))
    assert len(life.episode.ledger) == 1, "it skips the one to come"
    life.refused(Begin("ice"))


def test_skipping_with_nothing_open_skips_the_next_one() -> None:
    life = Life(small(RAISE)).go("Mon 08:00")
    life.accepted(MarkDone("raise"))
    assert life.accepted(Skip("raise")) == "Raise, 10:00: skipped."
    assert life.go("Mon 14:00").times() == ["Mon 07:00", "Mon 13:00"]


def test_no_two_occurrences_have_one_name_when_tomorrows_was_skipped_today() -> None:
    life = Life(small(DAILY, limits=["{id: two, of: exercise, most_per_day: 2}"])).go("Mon 18:00")
    life.accepted(End("train"))
    life.accepted(Skip("train"))
    life.accepted(Begin("train"))
    names = [fact.data["occurrence"] for fact in life.of("offered") + life.of("skipped")]
    assert len(names) == len(set(names)) == 3
    assert len(life.episode.ledger) == 2
    assert life.go("Mon 19:00").refused(Begin("train")).reason.startswith("exercise at most 2 times a day")


def test_skipping_once_more_than_there_is_says_so() -> None:
    life = Life(small("{id: once, kind: reminder, of: rest, once: phase+1d, say: Rest}"))
    life.accepted(Skip("once"))
    assert life.refused(Skip("once")).reason == "Once: nothing to skip"


def test_snooze_puts_off_what_is_open() -> None:
    life = Life(small(ICE, RAISE, ASK)).go("Mon 07:05")
    assert life.accepted(Snooze("ice")) == "Ice: again 07:15."
    assert life.accepted(Snooze("raise", length=parse_duration("25min"))) == "Raise: again 07:30."
    assert life.accepted(Snooze("ask", length=parse_duration("1h"))) == "Ask: again 08:05."
    assert life.episode.ledger == ()
    life.go("Mon 09:00")
    assert life.times(activity="ice") == ["Mon 07:00", "Mon 07:15"]
    assert life.times(activity="raise") == ["Mon 07:00", "Mon 07:30"]
    assert life.times(activity="ask") == ["Mon 07:00", "Mon 08:05"]
    assert len({fact.data["occurrence"] for fact in life.of("offered", "ice")}) == 1


def test_a_snoozed_session_can_be_begun_before_its_time() -> None:
    life = Life(small(ICE, limits=[GAP])).go("Mon 07:05")
    life.accepted(Snooze("ice", length=parse_duration("30min")))
    life.go("Mon 07:10").accepted(Begin("ice"))
    life.go("Mon 09:00")
    assert life.times(activity="ice") == ["Mon 07:00", "Mon 07:10"]
    assert life.cues("end") == [("Mon 07:30", "Ice: stop")]


@pytest.mark.parametrize(
    ("activity", "length", "reason"),
    [
        (
            "ice",
            "16h",
            "it cannot be put off until 23:00: it would not end within the waking hours (07:00 to 23:00)",
        ),
        ("ice", "47h50min", "it cannot be put off until Wed 25 Nov 06:50: only until 48 h after the injury"),
        ("raise", "17h", "tomorrow 00:00 is outside the waking hours"),
    ],
)
def test_nothing_can_be_put_off_past_a_limit(activity: str, length: str, reason: str) -> None:
    life = Life(small(ICE.replace("}", ", until: injury+48h}"), RAISE))
    assert life.refused(Snooze(activity, length=parse_duration(length))).reason == reason


def test_snooze_needs_something_that_waits() -> None:
    life = Life(small(ICE, RAISE)).go("Mon 07:30")
    assert life.refused(Snooze("ice")).reason == "Ice: nothing is waiting that could be put off"
    life.accepted(MarkDone("raise"))
    assert life.refused(Snooze("raise")).reason == "Raise: nothing is waiting that could be put off"
    assert life.refused(Snooze("raise", length=Duration())).reason.startswith("Raise: nothing is waiting")
    refused = Life(small(RAISE)).refused(Snooze("raise", length=Duration()))
    assert refused.reason == "that is not later than now"


def test_what_was_put_off_is_over_when_its_phase_is() -> None:
    life = Life(
        small(ICE, phase="min: 1h", more=[phase_text("next", RAISE, body="min: 1h"), phase_text("last", ICE)])
    )
    life.accepted(Snooze("ice", length=parse_duration("90min")))
    life.go("Mon 12:00")
    assert life.times(activity="ice") == ["Mon 07:00", "Mon 09:00", "Mon 11:20"]


# Pause, resume, stop ----------------------------------------------------------------------------


COUNTS = "Healing, gaps and limits go on counting; no phase ends and nothing is caught up."


def test_a_pause_is_silent_and_leaves_no_debt() -> None:
    life = Life(small(RAISE, ASK)).go("Mon 09:00")
    assert life.accepted(Pause()) == f"Paused until recovery resume. {COUNTS}"
    life.go("Tue 12:00")
    assert life.refused(Begin()).reason == "phase only has nothing of that kind"
    assert life.accepted(Resume()) == "Reminders are on again."
    life.go("Tue 17:00")
    assert life.times(activity="raise") == ["Mon 07:00", "Tue 13:00", "Tue 16:00"]
    assert life.of("missed") == []


def test_a_pause_ends_at_its_time_of_day_across_a_change_of_summer_time() -> None:
    onset = local("2027-03-27 07:00")
    life = Life(small(RAISE), onset).go("2027-03-27 20:00")
    assert life.accepted(Pause(length=parse_duration("1d"))) == f"Paused until tomorrow 20:00. {COUNTS}"
    life.go("2027-03-29 00:00")
    assert life.times() == ["Sat 07:00", "Sat 10:00", "Sat 13:00", "Sat 16:00", "Sat 19:00", "Sun 22:00"]
    assert [title for _, title in life.cues("phase")] == ["Reminders are on again"]


def test_in_a_pause_sessions_do_not_begin_and_phases_do_not_change() -> None:
    life = Life(small(ICE, phase="min: 1d", more=[phase_text("next", ASK)])).go("Mon 12:00")
    life.accepted(Pause())
    for act in (Begin(), Advance(), StepBack()):
        assert life.refused(act).reason == "the episode is paused; recovery resume ends the pause"
    life.go("Wed 12:00")
    assert life.episode.phase.id == "only"
    life.accepted(Resume())
    assert life.episode.phase.id == "next"


def test_a_pause_has_to_end_later_than_now() -> None:
    life = Life(small(ICE))
    assert life.refused(Pause(until=life.now)).reason == "that is not later than now"
    assert life.refused(Resume()).reason == "small-1 is not paused"


def test_a_pause_may_be_as_long_as_a_length_can_be() -> None:
    assert (
        Life(small(ICE))
        .accepted(Pause(length=parse_duration("1200mo")))
        .startswith("Paused until Sat 23 Nov 2126")
    )


def test_stop_ends_everything_but_the_session_that_is_on() -> None:
    life = Life(small(ICE, RAISE)).go("Mon 07:05")
    assert "The end of the session under way is still told." in life.accepted(Stop(because="well"))
    life.go("Mon 12:00")
    assert life.cues("end") == [("Mon 07:20", "Ice: stop")]
    assert life.times() == ["Mon 07:00", "Mon 07:00"]
    for verb in ACTS:
        assert life.refused(an_act(verb, flag="numb", zone="UTC")).reason == "small-1 is stopped"


# Phases -----------------------------------------------------------------------------------------


def gated() -> Life:
    return Life(small(ICE, ASK, phase=GATED, more=[phase_text("next", ASK), phase_text("last", ASK)]))


def test_advance_against_a_shut_gate_needs_a_reason_which_is_recorded() -> None:
    life = gated().go("Tue 12:00")
    life.answer(pain=5)
    assert life.refused(Advance()).reason == (
        'it is too early: not yet: pain at most 3. To go on all the same: --because "your reason"'
    )
    assert life.accepted(Advance(because="my physio says so")) == "Now in: Next. The limits still hold."
    left = [fact for fact in life.of("phase") if fact.data["state"] == "left"]
    assert left[-1].data["reasons"] == ["not yet: pain at most 3", "the person: my physio says so"]
    assert left[-1].by == "person"


@pytest.mark.parametrize("words", [Advance(because="x"), Advance(by="Dr. Meyer")])
def test_no_word_passes_a_least_time(words: Advance) -> None:
    life = gated().go("Mon 12:00")
    life.answer(pain=5)
    for _ in range(6):
        refused = life.refused(words)
        assert refused.reason == (
            "it is too early: not yet: 1 day since the phase began; not yet: pain at most 3. No word passes that"
        )
        assert refused.earliest == life.at("Tue 07:00")


def test_a_torn_muscle_is_not_waved_through_the_phases() -> None:
    life = Life(shipped("strain"), ONSET, grade="III").go("Mon 08:00")
    life.answer(pain=2, swelling=0)
    for _ in range(6):
        life.refused(Advance(because="x"))
    assert life.episode.phase.id == "rice"


@pytest.mark.parametrize(
    ("who", "because", "by", "reason"),
    [
        ("reason", "", "", "--because"),
        ("reason", "x", "", ""),
        ("reason", "", "Dr. Meyer", ""),
        ("reason", "", "x", "is not a name"),
        ("professional", "", "me", "is not a name"),
        ("professional", "x", "", "A professional may pass it"),
        ("professional", "", "Dr. Meyer", ""),
        ("nobody", "x", "Dr. Meyer", "lets nobody pass it"),
    ],
)
def test_who_may_pass_a_condition_is_said_by_the_protocol(
    who: str, because: str, by: str, reason: str
) -> None:
    protocol = small(ASK, phase=f"{GATED}\nmay_pass: {who}", more=[phase_text("next", ASK)])
    life = Life(protocol).go("Tue 12:00")
    life.answer(pain=5)
    if reason:
        assert reason in life.refused(Advance(because=because, by=by)).reason
    else:
        life.accepted(Advance(because=because, by=by))
        assert life.episode.phase.id == "next"


def test_a_professionals_word_has_a_name_and_a_day_and_can_be_taken_back() -> None:
    protocol = small(ASK, phase=f"{GATED}\nmay_pass: professional", more=[phase_text("next", ASK)])
    life = Life(protocol).go("Tue 12:00")
    day = life.now.date()
    assert "needs a name" in life.refused(Advance(on=day)).reason
    for wrong in (day + timedelta(days=1), day - timedelta(days=2)):
        assert "between the injury and today" in life.refused(Advance(by="Dr. Meyer", on=wrong)).reason
    life.accepted(Advance(by="Dr. Meyer", on=day))
    assert life.episode.phase_stay.word == Word(by="Dr. Meyer", on=day)
    assert life.of("phase")[-1].data["reasons"][-1] == f"on the word of Dr. Meyer, {day.isoformat()}"
    life.undo(*[fact.seq for fact in life.of("phase") if fact.by == "person"])
    assert (life.episode.phase.id, life.episode.phase_stay.word) == ("only", None)


def test_advance_never_goes_on_what_is_not_known() -> None:
    life = gated().go("Wed 12:00")
    refused = life.refused(Advance(because="I feel fine")).reason
    assert refused == "it is too early: not known: pain at most 3. Answer first: recovery checkin"
    assert life.refused(Advance(by="Dr. Meyer")).reason == refused
    life.answer(pain=9)
    life.accepted(Advance(because="I feel fine"))


def test_advance_confirms_an_open_gate() -> None:
    life = Life(small(ASK, phase="min: 1h\nconfirm: true", more=[phase_text("next", ASK)])).go("Mon 09:00")
    assert life.episode.phase.id == "only"
    assert life.cues("offer") == [("Mon 08:00", "You can move on to: Next")]
    life.accepted(Advance())
    assert life.of("phase")[-1].data["reasons"] == ["1 h since the phase began", "confirmed by the person"]


def test_a_person_who_confirms_every_change_is_asked_once() -> None:
    life = Life(small(ASK, phase="min: 1h", more=[phase_text("next", ASK)]), confirms=True).go("Tue 09:00")
    assert life.cues("offer") == [("Mon 08:00", "You can move on to: Next")]
    assert life.episode.phase.id == "only"


def test_advance_does_not_finish_early_whatever_the_reason() -> None:
    life = Life(small(ASK, phase="min: 1h", healing=True), grade="I").go("Mon 12:00")
    refused = life.refused(Advance(because="in a hurry"))
    assert refused.reason.startswith(
        "it is too early to finish: not yet: the earliest usual healing time of grade I"
    )


def test_advance_does_not_finish_over_a_session_that_is_on() -> None:
    life = Life(small(ICE, phase="min: 10min\nconfirm: true")).go("Mon 07:15")
    assert life.refused(Advance()) == Refused("a session is on; it has to end first", life.at("Mon 07:20"))
    life.go("Mon 07:20").accepted(Advance())
    assert life.episode.state == "completed"


def test_a_phase_completes_only_when_its_last_session_is_over() -> None:
    life = Life(small(ICE, phase="min: 10min")).go("Mon 08:00")
    assert [fact.at for fact in life.of("completed")] == [life.at("Mon 07:20")]
    assert life.cues("end") == [("Mon 07:20", "Ice: stop")]


def test_step_back_and_advance_again() -> None:
    life = gated().go("Tue 12:00")
    life.answer(pain=2)
    assert life.episode.phase.id == "next"
    life.go("Tue 12:01")
    assert life.accepted(StepBack(because="worse")) == "Back in: Only. The limits still hold."
    assert life.refused(Advance(because="better")).earliest == life.at("Wed 12:01")
    life.go("Wed 12:02")
    assert "not known: pain at most 3. Answer first" in life.refused(Advance(because="better")).reason
    life.answer(pain=7)
    life.accepted(Advance(because="better all the same"))
    assert life.episode.phase.id == "next"
    assert not life.episode.phase_stay.asks_anew


def test_there_is_no_step_back_from_the_first_phase() -> None:
    assert gated().refused(StepBack()).reason == "this is the first phase"


def test_limits_survive_every_change_of_phase() -> None:
    life = Life(shipped("strain"), ONSET).go("Mon 07:00")
    life.answer(pain=6, swelling=3)
    life.go("Tue 08:59").answer(pain=2, swelling=1)
    early = Turn(life.go("Tue 10:40").episode, life.now)
    leave(early, ("as a journal from before may hold it",), "person")
    life.keep(early.facts)
    life.turn()
    assert life.refused(Begin("packs")).earliest == life.at("Tue 11:55"), "ice is on since 10:35"
    assert life.go("Tue 11:55").times(activity="packs") == ["Tue 11:55"]


# Undo -------------------------------------------------------------------------------------------


def by_person(life: Life) -> list[int]:
    """What the last command of the person wrote down."""
    last = [fact for fact in life.facts if fact.by == "person" and not isinstance(fact.what, f.TakenBack)][-1]
    return [fact.seq for fact in life.facts if fact.by == "person" and fact.at == last.at]


def test_an_advance_that_is_taken_back_leaves_its_sessions_in_the_ledger() -> None:
    cold = PACKS.replace("id: packs", "id: more")
    gate = GATED.replace("1d", "0h")
    life = Life(small(ICE, ASK, phase=gate, limits=[GAP], more=[phase_text("next", cold)])).go("Mon 08:20")
    life.answer(pain=5)
    life.accepted(Advance(because="to see"))
    assert life.times(activity="more") == ["Mon 08:20"]
    life.go("Mon 08:30").undo(*by_person(life))
    assert life.episode.phase.id == "only"
    assert [t.activity for t in life.episode.ledger] == ["ice", "more"]
    life.go("Mon 12:00")
    assert life.cues("end")[:2] == [("Mon 07:20", "Ice: stop"), ("Mon 08:40", "More, cold: stop")]
    assert life.times(activity="ice") == ["Mon 07:00", "Mon 09:40", "Mon 12:00"]


def test_a_begin_that_is_taken_back_leaves_an_assumed_session() -> None:
    life = Life(small(ICE)).go("Mon 07:10")
    life.accepted(Begin("ice"))
    life.go("Mon 07:15").undo(*by_person(life))
    assert life.go("Mon 08:00").cues("end") == [("Mon 07:20", "Ice: stop")]


def test_an_early_begin_that_is_taken_back_stays_as_assumed() -> None:
    life = Life(small(DAILY)).go("Mon 12:00")
    life.accepted(Begin("train"))
    life.go("Mon 12:05").undo(*by_person(life))
    on = life.episode.under_way
    assert on is not None
    assert on.is_assumed
    assert life.go("Mon 12:30").cues("end") == [("Mon 12:20", "Train: stop")]


@pytest.mark.parametrize("undone_at", ["Mon 07:10", "Mon 07:19", "Mon 07:25", "Mon 07:59"])
def test_taking_back_words_takes_nothing_off_the_skin(undone_at: str) -> None:
    life = Life(small(ICE, limits=[GAP]))
    life.accepted(Begin("ice"))
    life.go(undone_at).undo(life.of("begun")[0].seq)
    for act in (
        Begin("ice"),
        Snooze("ice"),
        Skip("ice"),
    ):  # of one that has ended the next one may be skipped
        life.do(act)
    life.go("Mon 08:19").refused(Begin("ice"))
    life.go("Mon 08:20").accepted(Begin("ice"))


def test_an_end_that_is_taken_back_is_not_told_for_an_earlier_time() -> None:
    life = Life(small(ICE, limits=[GAP]))
    life.accepted(Begin("ice"))
    life.go("Mon 07:50").accepted(End("ice"))
    ended = life.facts[-1].seq
    life.go("Mon 08:00").undo(ended)
    life.accepted(End("ice", at=life.at("Mon 07:25")))
    assert life.refused(Begin("ice")).earliest == life.at("Mon 08:50")


def test_an_end_told_for_an_earlier_time_shortens_no_gap() -> None:
    life = Life(small(ICE, limits=[GAP]))
    life.accepted(Begin("ice"))
    life.go("Mon 07:50").accepted(End("ice", at=life.at("Mon 07:01")))
    assert life.refused(Begin("ice")).earliest == life.at("Mon 08:20")


def test_a_pack_that_nobody_said_to_be_on_costs_no_other_after_stop() -> None:
    first = Life(small(ICE, limits=[GAP])).go("Mon 07:05")
    first.accepted(Stop())
    again = Life(small(ICE, limits=[GAP]), number=2, start=first.now, others=(first.episode,))
    assert again.times() == ["Mon 07:05"]
    assert first.go("Mon 08:00").cues("end") == [("Mon 07:20", "Ice: stop")], "all the same"


def test_a_pack_that_was_said_to_be_on_binds_after_stop() -> None:
    first = Life(small(ICE, limits=[GAP])).go("Mon 07:05")
    first.accepted(Begin("ice"))
    first.accepted(Stop())
    again = Life(small(ICE, limits=[GAP]), number=2, start=first.now, others=(first.episode,))
    assert again.times() == []
    assert "is on until" in again.refused(Begin("ice")).reason


def test_a_check_in_of_now_is_never_before_the_injury() -> None:
    life = Life(small(ASK)).go("Mon 12:00")
    life.accepted(Setback())
    life.now = life.at("Mon 11:59")

    life.accepted(AnswerCheckIn({"pain": "3"}))
    assert life.refused(AnswerCheckIn({"pain": "3"}, at=life.at("Mon 11:00"))).reason.startswith(
        "that is before"
    )
