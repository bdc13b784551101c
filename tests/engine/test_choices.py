"""What a protocol leaves to the person: ranges and times of day, chosen within what stands in the file."""

import pytest

from recovery.engine import facts as f
from recovery.engine.acts import Begin, Choose, End
from recovery.engine.choices import written
from recovery.protocol.model import Treatment
from recovery.protocol.terms import At, PerWeek
from tests.engine.examples import Life, local, phase_text, shipped, small

PRESS = (
    "{id: press, kind: session, of: exercise, duration: 1min..2min, per_day: 2..4, choose: [per_day, duration],"
    " start: On, end: Off}"
)
ICE = "{id: ice, kind: session, of: exercise, duration: 20min, every: 2h..3h, choose: every, start: On, end: Off}"
WALK = "{id: walk, kind: reminder, of: posture, at: '17:00', choose: at, say: Walk}"
LIFT = (
    "{id: lift, kind: session, of: exercise, duration: 5min, per_week: 7, at: '17:00', choose: at,"
    " start: On, end: Off}"
)
STAND = "{id: stand, kind: reminder, of: posture, every: 30min..1h, choose: every, say: Up}"
AWAKE = "Mon 22:00"


def clocks(life: Life, activity: str) -> list[str]:
    """The local times at which an activity was told."""
    return [f"{life.episode.place.local(fact.at):%H:%M}" for fact in life.of(f.Offered, activity)]


def test_without_a_choice_it_is_as_little_as_the_range_lets_it() -> None:
    assert len(clocks(Life(small(PRESS)).go(AWAKE), "press")) == 2
    assert clocks(Life(small(STAND)).go(AWAKE), "stand")[:3] == ["07:00", "08:00", "09:00"]
    assert clocks(Life(small(ICE)).go(AWAKE), "ice")[:3] == ["07:00", "10:20", "13:40"]


def test_a_choice_holds_from_then_on_and_undo_ends_it() -> None:
    life = Life(small(PRESS))
    life.accepted(Choose("press", "4"))
    life.accepted(Choose("press", "90s"))
    life.go(AWAKE)
    assert clocks(life, "press") == ["07:00", "11:00", "15:00", "19:00"]
    lengths = [fact.what.length.total_seconds() for fact in life.of(f.Offered, "press")]
    assert lengths == [60, 90, 90, 90], "the first one was told before"
    life.undo(*(fact.seq for fact in life.of(f.Chosen)))
    assert clocks(life.go("Tue 22:00"), "press")[4:] == ["07:00", "15:00"]


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("5", "5 is not within what you may choose: 2 to 4 times a day"),
        ("1", "1 is not within"),
        ("3min", "1 min to 2 min"),
        ("", "is not within"),
        ("often", "often is not within"),
        ("08:00", "08:00 is not within"),
        ("08:00 08:00", "08:00 08:00 is not within"),
        ("03:00 08:00", "03:00 is outside the waking hours"),
    ],
)
def test_what_is_outside_the_range_is_refused_with_it(typed: str, says: str) -> None:
    life = Life(small(PRESS))
    assert says in life.refused(Choose("press", typed)).reason
    assert life.episode.choices == {}


def test_what_nobody_may_choose_is_refused_with_what_there_is() -> None:
    life = Life(small(PRESS, "{id: look-at, kind: reminder, of: posture, every: 2h, say: Look}"))
    assert "you may choose of press" in life.refused(Choose("look-at", "1h")).reason


def test_times_of_day_may_stand_for_how_often_a_day() -> None:
    life = Life(small(PRESS))
    life.accepted(Choose("press", "08:00, 12:30 bedtime-2h"))
    assert clocks(life.go(AWAKE), "press") == ["07:00", "08:00", "12:30", "21:00"]
    assert clocks(life.go("Tue 22:00"), "press")[4:] == ["08:00", "12:30", "21:00"]


def test_a_fixed_time_can_be_another_one() -> None:
    life = Life(small(WALK, LIFT))
    life.accepted(Choose("walk", "08:30"))
    life.accepted(Choose("lift", "wake+3h"))
    life.go(AWAKE)
    assert (clocks(life, "walk"), clocks(life, "lift")) == (["08:30"], ["10:00"])


def test_what_has_come_today_does_not_come_a_second_time_for_a_later_hour() -> None:
    life = Life(small(WALK.replace("17:00", "08:00"))).go("Mon 12:00")
    life.accepted(Choose("walk", "17:00"))
    assert clocks(life.go(AWAKE), "walk") == ["08:00"]
    assert clocks(life.go("Tue 22:00"), "walk") == ["08:00", "17:00"]


def test_an_hour_that_has_passed_is_for_tomorrow() -> None:
    life = Life(small(WALK)).go("Mon 12:00")
    life.accepted(Choose("walk", "08:00"))
    assert clocks(life.go(AWAKE), "walk") == []
    assert clocks(life.go("Tue 22:00"), "walk") == ["08:00"]


def test_no_choice_moves_a_limit() -> None:
    life = Life(small(PRESS, limits=["{id: most, of: exercise, most_per_day: 3}"]))
    life.accepted(Choose("press", "4"))
    for time in ("07:00", "11:00", "15:00"):
        life.go(f"Mon {time}").accepted(Begin("press"))
        life.accepted(End("press"))
    life.go("Mon 19:30").refused(Begin("press"))


def test_a_choice_that_a_new_text_does_not_take_counts_for_nothing() -> None:
    chosen = {"choices": [{"activity": "press", "key": "per_day", "value": "4"}]}
    assert len(clocks(Life(small(PRESS), **chosen).go(AWAKE), "press")) == 4
    narrower = small(PRESS.replace("2..4", "1..2"))
    assert len(clocks(Life(narrower, **chosen).go(AWAKE), "press")) == 1


def test_the_note_of_a_new_phase_says_what_may_come_more_often() -> None:
    rounds = PRESS.replace("{id", "{title: Press, id")
    life = Life(small(LIFT, phase="min: 1d", more=[phase_text("next", rounds)])).go("Tue 23:00")
    (note,) = (fact.data["cue"] for fact in life.of(f.PhaseChanged) if "cue" in fact.data)
    assert note["body"].endswith("Press: up to 4 times a day, if that suits you: recovery choose press 4")
    chosen = Life(small(LIFT, phase="min: 1d", more=[phase_text("next", rounds)]))
    chosen.accepted(Choose("press", "3"))
    (note,) = (fact.data["cue"] for fact in chosen.go("Tue 23:00").of(f.PhaseChanged) if "cue" in fact.data)
    assert "times a day" not in note["body"]


@pytest.mark.parametrize(
    ("name", "activity", "value"), [("contrast", "packs", "3"), ("trigger-point", "press", "6")]
)
def test_the_shipped_ranges_can_be_chosen_to_their_ends(name: str, activity: str, value: str) -> None:
    life = Life(shipped(name), local("2026-11-21 07:00"), local("2026-11-23 07:00"))
    life.accepted(Choose(activity, value))
    assert "is not within" in life.refused(Choose(activity, f"{int(value) + 1}")).reason


@pytest.mark.parametrize(
    ("name", "grade", "activity"), [("strain", "II", "motion"), ("overuse", None, "isometric")]
)
def test_the_hour_of_exercises_on_a_ladder_is_the_person_s(
    name: str, grade: str | None, activity: str
) -> None:
    life = Life(shipped(name), grade=grade, side="left")
    life.accepted(Choose(activity, "18:00"))
    all_of_it = {each.id: each for phase in life.episode.tailored.phases for each in phase.everything()}
    chosen = all_of_it[activity]
    assert isinstance(chosen, Treatment)
    assert isinstance(chosen.cadence, At)
    assert written(chosen.cadence.times) == "18:00"
    life.refused(Choose(activity, "08:00 18:00"))


@pytest.mark.parametrize("name", ["strain", "overuse", "peace-and-love"])
def test_all_exercises_at_an_hour_of_the_file_can_have_another(name: str) -> None:
    fixed = [
        activity
        for phase in shipped(name).phases
        for activity in phase.everything()
        if isinstance(activity, Treatment) and isinstance(activity.cadence, At | PerWeek)
    ]
    assert fixed
    assert [activity.id for activity in fixed if "at" not in activity.choose] == []
