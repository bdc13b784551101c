"""What happens at a moment: what comes first, what comes once, what does not come at all."""

from datetime import datetime, timedelta

import pytest

from recovery.engine import facts as f
from recovery.engine.acts import Begin, Pause, Resume, Skip, Snooze, StepBack
from recovery.engine.decide import turn
from recovery.engine.facts import LOOKBACK, SHORT_LIVED
from recovery.engine.fold import fold
from recovery.engine.written import to_ms
from recovery.protocol.model import RecoveryProtocol
from recovery.protocol.terms import parse_duration
from tests.engine.examples import ASK, GAP, ICE, ONSET, PACKS, Life, local, phase_text, place, shipped, small

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
RAISE = "{id: raise, kind: reminder, of: elevation, every: 3h, say: Legs up}"
BAND = '{id: band, kind: hold, of: compression, on: Bandage on, "off": Bandage off}'
DAILY = '{id: train, kind: session, of: exercise, duration: 20min, at: "17:00", start: Go, end: Enough}'
CAREFUL = DAILY.replace("}", ", only_if: pain <= 3}")


# The end of a session comes first -----------------------------------------------------------------


def test_the_end_cue_comes_at_the_real_start_plus_the_length() -> None:
    life = Life(small(ICE)).go("Mon 07:04")
    life.accepted(Begin("ice"))
    life.go("Mon 09:00")
    assert life.cues("end") == [("Mon 07:24", "Ice: stop")]
    assert life.of("ended")[0].data["overrun"] == 0


def test_without_a_reaction_a_session_is_assumed_begun_when_it_was_offered() -> None:
    life = Life(small(ICE)).go("Mon 08:00")
    (session,) = life.episode.ledger
    assert (session.began_at, session.ended_at) == (ONSET, ONSET + 20 * MINUTE)
    assert session.is_assumed
    assert not session.is_confirmed


def test_the_overslept_end_comes_first_and_tells_by_how_much() -> None:
    life = Life(small(RAISE, ICE, ASK, flags=["{id: late, when: injury >= 1h, level: urgent, say: Late}"]))
    before = len(life.facts)
    life.sleep("Mon 10:00")
    first = life.facts[before]
    assert isinstance(first.what, f.Ended)
    assert first.data["overrun"] == 160 * 60
    assert "take it off: it should have been off since 07:20" in first.data["cue"]["body"]
    assert first.data["cue"]["critical"]


def test_a_pause_does_not_hide_the_end_of_a_session() -> None:
    life = Life(small(ICE)).go("Mon 07:05")
    assert "end of the session under way is still told" in life.accepted(Pause())
    life.go("Mon 12:00")
    assert life.cues("end") == [("Mon 07:20", "Ice: stop")]
    assert life.times(activity="ice") == ["Mon 07:00"]


def test_a_session_that_outlives_its_phase_still_ends() -> None:
    first = PACKS.replace("per_day: 1..3", "every: 2h").replace("  - wait: 1h\n", "")
    protocol = small(
        first,
        phase="min: 30min",
        more=[
            phase_text("next", ICE.replace("id: ice", "id: packs").replace("every: 2h..3h", 'at: "20:00"'))
        ],
    )
    life = Life(protocol).go("Mon 12:00")
    assert [title for _, title in life.cues("end")] == ["Packs, cold: stop", "Packs, warm: stop"]
    assert life.episode.phase.id == "next"


# Missed is missed -----------------------------------------------------------------------------


def test_after_sleep_there_is_one_offer_and_the_rest_is_missed_visibly() -> None:
    life = Life(small(RAISE)).sleep("Mon 16:05")
    assert life.times() == ["Mon 07:00", "Mon 16:05"]
    assert [fact.data["reason"] for fact in life.of("missed")] == ["the machine was off or asleep"] * 2
    assert life.of("offered")[-1].data["cue"]["body"] == "Legs up (Due 16:00.)"


def test_after_sleep_nothing_is_offered_that_is_nearer_to_the_next_time() -> None:
    life = Life(small(RAISE)).sleep("Mon 17:30")
    assert life.times() == ["Mon 07:00"]
    assert life.of("missed")[-1].data["reason"] == "too late to be right: the next one is nearer"
    assert life.go("Mon 19:00").times() == ["Mon 07:00", "Mon 19:00"]


def test_a_long_outage_is_no_storm() -> None:
    life = Life(shipped("strain")).sleep("2027-02-01 12:00")
    cues = [fact for fact in life.facts if "cue" in fact.data and fact.at == life.now]
    offers = [fact.data["activity"] for fact in cues if isinstance(fact.what, f.Offered)]
    assert len(offers) == len(set(offers))
    assert len(cues) < 12


def test_after_a_chain_was_missed_it_goes_on_from_now() -> None:
    life = Life(small(ICE)).go("Mon 07:20").sleep("Mon 15:00")
    assert life.times(activity="ice") == ["Mon 07:00", "Mon 15:00"]
    assert [fact.data["occurrence"][-1] for fact in life.of("missed")] == ["2", "3"]
    assert life.go("Mon 18:00").times(activity="ice")[-1] == "Mon 17:20"


def test_a_missed_step_gives_up_its_round_and_the_next_comes_if_due() -> None:
    life = Life(small(PACKS)).go("Mon 07:20").sleep("Mon 12:30")
    sessions = [
        (at, fact.data["modality"]) for at, fact in zip(life.times(), life.of("offered"), strict=True)
    ]
    assert sessions == [("Mon 07:00", "cold"), ("Mon 12:30", "cold")]
    assert len(life.of("missed")) == 1


def test_a_step_is_offered_up_to_an_hour_late() -> None:
    in_time = Life(small(PACKS)).go("Mon 07:20").sleep("Mon 09:19")
    assert in_time.of("offered")[-1].data["modality"] == "warm"


def test_nothing_is_told_in_the_night_when_the_machine_wakes_then() -> None:
    life = Life(small(RAISE, ICE, ASK, PACKS, BAND)).go("Mon 20:00").sleep("Tue 03:00")
    assert [fact.kind for fact in life.facts if fact.at == life.now and "cue" in fact.data] == []


def test_a_reminder_that_was_put_off_is_not_told_in_the_night_either() -> None:
    life = Life(small(RAISE)).go("Mon 22:05")
    life.accepted(Snooze("raise", length=parse_duration("30min")))
    life.sleep("Tue 02:00")
    assert life.times() == ["Mon 07:00", "Mon 10:00", "Mon 13:00", "Mon 16:00", "Mon 19:00", "Mon 22:00"]
    assert life.go("Tue 08:00").times()[6:] == ["Tue 07:00"]


# Holds --------------------------------------------------------------------------------------------


def test_a_hold_is_on_from_waking_to_bedtime() -> None:
    life = Life(small(BAND)).go("Wed 06:00")
    assert life.cues("on") == [("Mon 07:00", "Band"), ("Tue 07:00", "Band")]
    assert life.cues("off") == [("Mon 23:00", "Band"), ("Tue 23:00", "Band")]


def test_a_hold_is_not_put_on_for_the_last_minutes() -> None:
    assert Life(small(BAND), ONSET + 15 * HOUR + 55 * MINUTE).go("Tue 06:00").cues("on") == []
    assert Life(small(BAND), ONSET + 15 * HOUR + 54 * MINUTE).go("Tue 06:00").cues("on") == [
        ("Mon 22:54", "Band")
    ]


def test_a_hold_comes_off_at_bedtime_in_a_pause_as_well() -> None:
    life = Life(small(BAND)).go("Mon 12:00")
    life.accepted(Pause())
    life.go("Wed 12:00")
    assert life.cues("off") == [("Mon 23:00", "Band")]
    assert life.cues("on") == [("Mon 07:00", "Band")]


def test_a_hold_that_was_slept_over_is_not_told_to_come_off_in_the_morning() -> None:
    life = Life(small(BAND)).go("Mon 12:00").sleep("Tue 08:00")
    assert life.cues("off") == []
    assert len(life.of("missed")) == 1
    assert life.cues("on") == [("Mon 07:00", "Band"), ("Tue 08:00", "Band")]


def test_a_hold_ends_with_its_phase_and_is_put_on_again_after_a_step_back() -> None:
    life = Life(small(BAND, phase="min: 2h", more=[phase_text("next", RAISE)])).go("Mon 10:00")
    assert life.cues("off") == [("Mon 09:00", "Band")]
    life.accepted(StepBack())
    assert life.cues("on") == [("Mon 07:00", "Band"), ("Mon 10:00", "Band")]
    names = [fact.data["occurrence"] for fact in life.of("offered", "band") if fact.data["on"]]
    assert len(set(names)) == 2


def test_a_hold_follows_its_bounds_and_its_condition() -> None:
    careful = BAND.replace("}", ", begins: injury+1h, until: injury+30h, only_if: pain >= 3}")
    life = Life(small(careful))
    life.answer(pain=5)
    life.go("Mon 12:00").answer(pain=2)
    assert life.cues("on") == [("Mon 08:00", "Band")]
    assert life.cues("off") == [("Mon 12:00", "Band")]
    life.go("Mon 20:00").answer(pain=5)
    assert len(life.cues("on")) == 1, "once a day"
    life.go("Tue 20:00")
    assert life.cues("on")[1:] == [("Tue 07:00", "Band")]
    assert life.cues("off")[1:] == [("Tue 13:00", "Band")]


# Check-ins --------------------------------------------------------------------------------------


def test_a_check_in_is_not_asked_when_it_was_just_answered() -> None:
    life = Life(small(ASK)).go("Mon 18:00")
    life.answer(pain=3, swelling=1)
    life.go("Tue 08:00")
    assert life.times(activity="ask") == ["Mon 07:00", "Tue 07:00"]
    assert [fact.data["occurrence"][-12:] for fact in life.of("done", "ask")] == ["2026-11-23.2"]


def test_a_check_in_is_asked_when_only_a_part_of_it_was_told() -> None:
    life = Life(small(ASK)).go("Mon 18:00")
    life.answer(pain=3)
    assert life.go("Mon 20:00").times(activity="ask") == ["Mon 07:00", "Mon 19:00"]


def test_a_check_in_is_asked_when_it_was_answered_long_before() -> None:
    life = Life(small(ASK)).go("Mon 12:00")
    life.answer(pain=3, swelling=1)
    assert life.go("Mon 20:00").times(activity="ask") == ["Mon 07:00", "Mon 19:00"]


# Withheld -----------------------------------------------------------------------------------------


def test_what_is_withheld_is_told_once_and_released_at_once() -> None:
    life = Life(small(PACKS, limits=["{id: calm, of: cold, needs: pain <= 3}"])).go("Mon 13:00")
    assert [fact.data["reason"] for fact in life.of("withheld")] == [
        "it is not known whether this is so: pain at most 3"
    ]
    assert life.times(activity="packs") == []
    life.answer(pain=2)
    assert life.times(activity="packs") == ["Mon 13:00"]
    assert len(life.of("withheld")) == 1
    assert life.of("missed") == []


def test_a_new_reason_is_told_anew() -> None:
    life = Life(small(PACKS, limits=["{id: calm, of: cold, needs: pain <= 3}"])).go("Mon 08:00")
    life.answer(pain=7)
    life.go("Mon 12:00")
    assert [fact.data["reason"] for fact in life.of("withheld")] == [
        "it is not known whether this is so: pain at most 3", "only when this is so: pain at most 3",
    ]  # fmt: skip


def test_what_a_gap_withholds_comes_when_the_gap_is_over() -> None:
    heat = '{id: heat, kind: session, of: warm, duration: 20min, at: "07:30", start: On, end: Off}'
    life = Life(small(ICE, heat, limits=[GAP])).go("Mon 09:00")
    assert life.times(activity="heat") == ["Mon 08:20"]
    (withheld,) = life.of("withheld")
    assert withheld.data["until"] == to_ms(life.at("Mon 08:20"))


def test_time_alone_releases_what_waits_for_it() -> None:
    life = Life(small(CAREFUL.replace("pain <= 3", "injury >= 30h"))).go("Tue 20:00")
    assert life.times() == ["Tue 13:00", "Tue 17:00"]


def test_a_skipped_session_that_was_withheld_does_not_hide_the_next_one() -> None:
    life = Life(small(ICE.replace("every: 2h..3h", "every: 80min"))).go("Mon 21:50").sleep("Mon 22:45")
    assert life.of("withheld")[-1].data["until"] == to_ms(life.at("Tue 07:00"))
    life.accepted(Skip("ice"))
    assert life.go("Tue 12:00").times(activity="ice")[-3:] == ["Tue 08:40", "Tue 10:20", "Tue 12:00"]


def test_a_session_that_was_put_off_into_a_gap_comes_when_the_gap_is_over() -> None:
    other = Life(small(DAILY.replace("17:00", "07:40"), id_="other"), number=2)
    life = Life(small(ICE), others=(other.episode,)).go("Mon 07:05")
    life.accepted(Snooze("ice", length=parse_duration("40min")))
    other.go("Mon 07:40")
    life.others = (other.episode,)
    life.go("Mon 07:59")
    assert life.of("withheld")[-1].data["until"] == to_ms(life.at("Mon 08:00"))
    life.others = (other.go("Mon 08:00").episode,)
    life.go("Mon 09:00")
    assert life.times(activity="ice") == ["Mon 07:00", "Mon 08:00"]


def test_a_step_that_is_withheld_all_day_is_given_up_with_its_round() -> None:
    life = Life(small(PACKS, limits=["{id: calm, of: warm, needs: pain <= 3}"])).go("Tue 12:00")
    sessions = [
        (at, fact.data["modality"]) for at, fact in zip(life.times(), life.of("offered"), strict=True)
    ]
    assert sessions == [("Mon 07:00", "cold"), ("Tue 07:00", "cold")]
    assert [fact.data["reason"] for fact in life.of("missed")] == ["the day of its round is over"]


# What was long ago --------------------------------------------------------------------------------

ROUNDS = small(PACKS, limits=["{id: calm, of: warm, needs: pain <= 3}"])
LONG = [
    small(CAREFUL, RAISE, ASK),
    small(ICE.replace("}", ", until: injury+48h}"), RAISE),
    ROUNDS,
    small("{id: once, kind: reminder, of: rest, once: phase+3d, say: Rest}", CAREFUL),
]


@pytest.mark.parametrize("protocol", LONG)
def test_what_is_withheld_for_months_makes_no_storm_when_forgotten(
    protocol: RecoveryProtocol,
) -> None:
    life = Life(protocol)
    for week in range(1, 9):
        life.go(ONSET + week * 7 * DAY + 5 * HOUR)
        read = [
            fact
            for fact in life.facts
            if not isinstance(fact.what, SHORT_LIVED) or fact.at >= life.now - LOOKBACK
        ]
        again = fold(life.episode.tailored, read)
        assert turn(again, life.now).facts == ()
        for hours in (2, 9, 13, 33):
            later = life.now + hours * HOUR
            assert turn(again, later).facts == turn(life.episode, later).facts
        assert turn(again, life.now).look_again_at == life.look_again_at
        life.episode = again
    assert len([fact for fact in life.of("missed") if "off or asleep" in fact.data["reason"]]) == 0
    assert len(life.of("withheld")) <= (8 if protocol is not ROUNDS else 8 * 7 + 1)


# Alerts -------------------------------------------------------------------------------------------


def test_a_red_flag_is_raised_once_cleared_when_over_and_raised_again() -> None:
    life = Life(small(ASK, flags=["{id: bad, when: pain >= 8, level: routine, say: Go}"]))
    for hour, pain in ((8, 8), (9, 9), (10, 3), (11, 8)):
        life.go(f"Mon {hour:02}:00").answer(pain=pain)
    assert life.cues("alert") == [
        ("Mon 08:00", "Worth a visit"),
        ("Mon 11:00", "Worth a visit"),
    ]
    assert [*life.episode.alerts] == ["flag/bad"]


def test_a_red_flag_is_not_raised_or_cleared_by_what_is_not_known() -> None:
    life = Life(small(ASK, flags=["{id: bad, when: pain >= 8, level: emergency, say: Go}"]))
    life.answer(pain=9)
    life.go("Wed 12:00")
    assert len(life.of("alerted")) == 1
    assert [*life.episode.alerts] == ["flag/bad"]
    assert life.cues("alert")[0][1] == "Emergency: get help now"


def test_a_pause_silences_reminders_but_not_what_presses() -> None:
    flags = [
        "{id: bad, when: pain >= 8, level: urgent, say: Go today}",
        "{id: dull, when: pain >= 5, level: routine, say: Some day}",
    ]
    life = Life(small(ASK, flags=flags))
    life.accepted(Pause())
    life.answer(pain=9)
    assert life.cues("alert") == [("Mon 07:00", "See somebody today")]
    life.accepted(Resume())
    assert [title for _, title in life.cues("alert")] == ["See somebody today", "Worth a visit"]


def test_an_alert_names_its_source() -> None:
    (alert,) = Life(shipped("strain"), grade="III").of("alerted")
    assert alert.data["source"] == "seed:197, seed:199"
    assert alert.data["level"] == "urgent"


def test_the_latest_healing_time_is_told_once_when_it_has_passed() -> None:
    life = Life(small(ASK, healing=True), grade="I").go("2026-12-31 12:00")
    assert [fact.at for fact in life.of("alerted")] == [life.at("2026-12-21 07:00")]


# A turn is a turn ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["rice", "contrast", "strain"])
def test_a_turn_leaves_nothing_to_do_whenever_it_comes(name: str) -> None:
    life = Life(shipped(name))
    for step in range(1, 90):
        if step % 7 == 1 and not life.episode.is_over:
            life.answer(pain=max(0, 7 - step // 8), swelling=max(0, 3 - step // 16))
        life.sleep(ONSET + step * 97 * MINUTE)
        assert turn(life.episode, life.now, life.others).facts == ()
        waking = life.look_again_at
        assert waking is None or waking > life.now


def test_a_clock_that_was_set_back_does_no_harm() -> None:
    life = Life(shipped("strain")).go("Mon 20:00")
    before = len(life.facts)
    for hours in (1, 5, 12, 14, 100):
        turned = turn(life.episode, life.now - hours * HOUR)
        assert [
            fact for fact in turned.facts if fact.data.get("cue", {}).get("kind") in ("start", "end")
        ] == []
        assert turned.look_again_at is not None
    assert len(life.facts) == before


def test_what_is_not_on_this_machines_calendar_is_still_told_once() -> None:
    apia = place("Pacific/Apia")
    life = Life(small(DAILY), local_apia(28), lives=apia).go(local_apia(31) + 20 * HOUR)
    assert len(life.of("offered")) == 3
    assert life.of("missed") == []


def local_apia(day: int) -> datetime:
    return local(f"2011-12-{day} 00:00", "Pacific/Apia")
