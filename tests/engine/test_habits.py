"""Working hours, phases without an end, checklists, and texts with what a person has chosen."""

from datetime import timedelta
from itertools import pairwise

import pytest

from recovery.engine import facts as f
from recovery.engine.acts import Advance, Choose, MarkDone, Skip, Snooze, Stop, TickItems
from recovery.engine.episode import ACTIVE
from recovery.engine.fold import fold
from recovery.engine.outlook import coming, explain_each, outlook
from recovery.protocol.terms import parse_duration
from tests.engine.examples import ASK, Life, local, phase_text, place, shipped, small

DAY = timedelta(days=1)
STAND = "{id: stand, kind: reminder, of: posture, every: 2h, during: work, say: Stand up}"
OPTIONS = """
options:
  muscle: {ask: Which?, choices: [gluteus-medius, piriformis], default: gluteus-medius}
  grip: {ask: How?, choices: [ball, cane]}
"""


def working(*activities: str, start: str = "2026-11-23 07:00", **lives: object) -> Life:
    at = local(start, str(lives.pop("zone", "Europe/Berlin")))
    return Life(small(*(activities or (STAND,))), at, **lives)


# Working hours --------------------------------------------------------------------------------------


def test_only_in_working_hours_and_not_at_once_when_work_begins() -> None:
    life = working().go("Tue 23:00")
    assert life.times() == [
        f"{day} {clock}" for day in ("Mon", "Tue") for clock in ("11:00", "13:00", "15:00")
    ]


def test_days_off_are_silent() -> None:
    life = working().go("2026-11-30 12:00")
    assert {when[:3] for when in life.times()} == {"Mon", "Tue", "Wed", "Thu", "Fri"}
    weekend = working(workdays=[5, 6]).go("2026-11-30 12:00")
    assert {when[:3] for when in weekend.times()} == {"Sat", "Sun"}


@pytest.mark.parametrize(
    "lives", [{"workdays": []}, {"work": ("23:00", "06:30")}, {"work": ("09:00", "10:00")}]
)
def test_who_never_works_while_awake_or_not_for_long_is_not_reminded(lives: dict[str, object]) -> None:
    never = working(STAND, ASK, **lives).go("2026-11-24 12:00")
    assert never.times(f.Offered, "stand") == []
    assert len(never.times(f.Offered, "ask")) == 3
    assert [each.at for each in explain_each(never.episode, never.now) if each.activity == "stand"] == [None]


def test_other_hours() -> None:
    life = working(work=("06:00", "12:30")).go("Tue 00:00")
    assert life.times() == ["Mon 09:00", "Mon 11:00"], "not before waking"


def test_night_work_belongs_to_the_day_on_which_it_begins() -> None:
    owl = place(wake="16:00", bedtime="09:00")
    life = Life(small(STAND), local("2026-11-27 15:00"), lives=owl, work=("22:00", "06:00")).go(
        "2026-11-30 12:00"
    )
    assert life.times() == ["Sat 00:00", "Sat 02:00", "Sat 04:00"], "Friday's shift, and none at the weekend"


def test_who_begins_at_noon_is_reminded_from_then_on() -> None:
    life = working(start="2026-11-23 12:10").go("Mon 20:00")
    assert life.times() == ["Mon 14:10", "Mon 16:10"]


def test_work_at_fixed_times() -> None:
    fixed = STAND.replace("every: 2h", 'at: ["08:00", "10:00", "12:00"]')
    assert len({*working(fixed).go("Tue 00:00").times()}) == 3


@pytest.mark.parametrize(
    ("zone", "start", "count"),
    [
        ("Europe/Berlin", "2026-10-23 07:00", 9),
        ("Europe/Berlin", "2027-03-26 07:00", 9),
        ("America/New_York", "2027-03-12 07:00", 9),
        ("Australia/Lord_Howe", "2026-10-02 07:00", 9),
    ],
)
def test_a_change_of_the_clock_changes_no_working_day(zone: str, start: str, count: int) -> None:
    """From Friday to Wednesday morning there are three working days, whatever the night between."""
    life = Life(small(STAND), local(start, zone), lives=place(zone))
    life.go(life.now + 5 * DAY)
    assert [when[4:] for when in life.times()] == ["11:00", "13:00", "15:00"] * (count // 3)


@pytest.mark.parametrize(("day", "clocks"), [("2026-10-25", 4), ("2027-03-28", 3)])
def test_night_work_over_a_change_of_the_clock_counts_real_hours(day: str, clocks: int) -> None:
    owl = place(wake="16:00", bedtime="09:00")
    before = local(f"{day} 00:00") - DAY + timedelta(hours=15)
    hourly = STAND.replace("every: 2h", "every: 2h")
    life = Life(small(hourly), before, lives=owl, work=("22:00", "06:00"), workdays=[5])
    life.go(life.now + DAY)
    times = [fact.at for fact in life.of(f.Offered)]
    assert len(times) == clocks
    assert {b - a for a, b in pairwise(times)} == {timedelta(hours=2)}


def test_a_date_that_does_not_exist_has_no_work() -> None:
    life = Life(small(STAND), local("2011-12-29 07:00", "Pacific/Apia"), lives=place("Pacific/Apia"))
    life.go(life.now + 3 * DAY)
    assert {when[:3] for when in life.times()} == {"Thu"}, "there was no Friday"


def test_after_sleep_one_reminder_at_the_most() -> None:
    life = working().go("Mon 11:30").sleep("Mon 15:10")
    assert life.times() == ["Mon 11:00", "Mon 15:10"]
    assert len(life.of(f.Missed)) == 1
    late = working().go("Mon 11:30").sleep("Mon 19:00")
    assert late.times() == ["Mon 11:00"], "work is over"


# Without an end -------------------------------------------------------------------------------------


def test_a_phase_without_an_end_goes_on_until_it_is_stopped() -> None:
    endless = small(STAND, ASK, phase="ends: never")
    life = Life(endless).go("2027-11-23 07:00")
    assert life.episode.state == ACTIVE
    assert life.needs() == [("somebody stops it", "it goes on until recovery stop")]
    assert "recovery stop" in life.refused(Advance(because="enough")).reason
    assert outlook(life.episode, life.now).deadline is None
    assert len([fact for fact in life.of(f.PhaseChanged) if fact.data["state"] == "held"]) <= 1
    life.accepted(Stop())
    assert life.episode.is_over


def test_a_phase_without_an_end_comes_last() -> None:
    life = Life(small(ASK, phase="min: 1d", more=[phase_text("habit", STAND, body="ends: never")]))
    life.go("2026-12-23 12:00")
    assert life.episode.phase.id == "habit"
    assert next(coming(life.episode, life.now)).at > life.now


def test_sitting_reminds_all_year() -> None:
    life = Life(shipped("sitting"), side="left")
    life.accepted(Choose("stand", "30min"))
    life.go("2026-12-07 07:00")
    stand = life.times(f.Offered, "stand")
    assert len(stand) == 10 * 15
    assert {when[:3] for when in stand} == {"Mon", "Tue", "Wed", "Thu", "Fri"}
    assert (stand[0], stand[14]) == ("Mon 09:30", "Mon 16:30")


# Checklists -----------------------------------------------------------------------------------------

LIST = """
id: others
kind: checklist
say: Press along each.
once: phase+1d
items:
  - {id: one, title: The first}
  - {id: two, title: The second, start: trigger-point, set: {muscle: piriformis}}
"""


def test_a_checklist_is_asked_once_and_answered_item_by_item() -> None:
    life = Life(small(LIST, ASK)).go("Tue 12:00")
    assert life.times(f.Offered, "others") == ["Tue 07:00"]
    (cue,) = [fact.data["cue"] for fact in life.of(f.Offered, "others")]
    assert cue["body"] == "Press along each. The first, The second. Type: recovery checklist"
    assert life.accepted(TickItems({"one": "no"})) == "Noted: one no."
    assert life.episode.track("others").is_open
    life.accepted(TickItems({"two": "yes"}))
    assert not life.episode.track("others").is_open
    assert life.episode.ticked == {"others": {"one": False, "two": True}}
    life.go("2026-12-20 12:00")
    assert len(life.of(f.Offered, "others")) == 1


def test_a_checklist_can_be_put_off_skipped_or_done() -> None:
    life = Life(small(LIST)).go("Tue 07:05")
    life.accepted(Snooze("others", length=parse_duration("1h")))
    life.go("Tue 08:10")
    assert life.times(f.Offered, "others") == ["Tue 07:00", "Tue 08:05"]
    assert life.accepted(Skip("others")) == "Others, 08:05: skipped."
    done = Life(small(LIST)).go("Tue 07:05")
    assert done.accepted(MarkDone("others")) == "Others: done."


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"three": "yes"}, "nothing called 'three' on a checklist; there are: one, two"),
        ({"one": "perhaps"}, "one is yes or no, not 'perhaps'"),
        ({}, "nothing was told"),
    ],
)
def test_what_is_no_answer_to_a_checklist_is_refused(values: dict[str, str], words: str) -> None:
    assert Life(small(LIST)).refused(TickItems(values)).reason == words


def test_it_may_be_answered_before_it_is_asked() -> None:
    life = Life(small(LIST)).go("Mon 12:00")
    life.accepted(TickItems({"one": "yes", "two": "no"}))
    assert life.episode.ticked["others"] == {"one": True, "two": False}
    life.go("Wed 12:00")
    assert fold(life.episode.pinned, life.facts) == life.episode


# Options and placeholders ---------------------------------------------------------------------------


def test_texts_tell_what_was_chosen() -> None:
    words = "'The {muscle}, {side} not {other side}, {grip}, {none}'"
    say = "{id: say, kind: reminder, of: posture, every: 3h, say: WORDS}".replace("WORDS", words)
    life = Life(small(say, top=OPTIONS), options={"muscle": "gluteus-medius", "grip": "cane"}, side="right")
    assert life.of(f.Offered)[0].data["cue"]["body"] == "The gluteus medius, right not left, cane, {none}"


def test_options_choose_activities() -> None:
    by = [
        f"{{id: {id_}, kind: reminder, of: posture, every: 3h, say: X, only_if: grip {test} cane}}"
        for id_, test in (("is", "=="), ("not", "!="))
    ]
    for grip, expected in (("cane", "is"), ("ball", "not")):
        life = Life(small(*by, top=OPTIONS), options={"muscle": "piriformis", "grip": grip})
        assert [a.id for a in life.episode.phase.activities] == [expected]


def test_an_option_that_was_not_given_is_not_known() -> None:
    by = "{id: say, kind: reminder, of: posture, every: 3h, say: X, only_if: grip == cane}"
    life = Life(small(by, top=OPTIONS), options={})
    assert life.of(f.Withheld)[0].data["reason"] == "it is not known whether this is so: grip is cane"
