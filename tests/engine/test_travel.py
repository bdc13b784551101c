"""A person takes their machine to another time zone: no time of a day is told twice, and none is lost."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recovery.engine import facts as f
from recovery.engine.facts import Fact
from recovery.engine.fold import fold
from recovery.engine.written import from_ms
from recovery.engine.zone_change import change_zone
from recovery.values import replace
from tests.engine.examples import BERLIN, MONDAY, PACKS, Life, local, place, small

HOUR = timedelta(hours=1)
PILL = "{id: pill, kind: reminder, of: rest, at: ['08:00', '12:00', '20:00'], say: Take it}"
WALK = "{id: walk, kind: reminder, of: rest, every: 2h, say: Walk}"
THRICE = "{id: drill, kind: reminder, of: rest, per_day: 3, say: Drill}"
SUNDAYS = "{id: swim, kind: reminder, of: rest, per_week: 2, at: '10:00', say: Swim}"
ICE = "{id: ice, kind: session, of: cold, duration: 20min, every: 2h..3h, start: On, end: Off}"
WRAP = "{id: wrap, kind: hold, of: compression, 'on': Wrap, 'off': Unwrap}"
TOKYO, ANGELES, NEW_YORK = "Asia/Tokyo", "America/Los_Angeles", "America/New_York"


class Journey(Life):
    """A life that moves."""

    def __init__(self, *activities: str, zone: str = BERLIN, **options: Any) -> None:
        start = local(f"{MONDAY}07:00", zone)
        super().__init__(small(*activities, **options), start, lives=place(zone), travels=True)

    def go(self, until: datetime | str) -> Self:
        super().go(until)
        return self

    def travel(self, zone: str) -> list[Fact]:
        """The machine is over there from now on, and takes its turn."""
        kept = self.keep(change_zone(self.episode, zone, self.now))
        return [*kept, *self.turn()]

    def told(self, activity: str, kind: type[f.What] = f.Offered) -> list[Fact]:
        return [
            each for each in self.facts if isinstance(each.what, kind) and each.data["activity"] == activity
        ]

    def clocks(self, activity: str, kind: type[f.What] = f.Offered) -> list[str]:
        """The local times at which it was due, where the person was then."""
        return [
            f"{self._where(each, from_ms(each.data['due'])):%d %H:%M}" for each in self.told(activity, kind)
        ]

    def _where(self, fact: Fact, instant: datetime) -> datetime:
        # As of the fact: what a journey left out was due by the new clock, before it.
        return self.episode.place_at(fact.at).local(instant)


def fates(journey: Journey, activity: str) -> Counter[str]:
    return Counter([*journey.clocks(activity), *journey.clocks(activity, f.Missed)])


def test_going_west_nothing_of_the_same_date_is_told_again() -> None:
    journey = Journey(PILL).go("Mon 13:00")
    journey.travel(NEW_YORK)  # 07:00 there
    assert journey.episode.place.zone == ZoneInfo(NEW_YORK)
    journey.go("Tue 13:00")

    assert journey.clocks("pill") == ["23 08:00", "23 12:00", "23 20:00", "24 08:00", "24 12:00"]
    assert journey.told("pill")[2].at == local(f"{MONDAY}20:00", NEW_YORK)


def test_going_east_what_is_left_out_is_told_once_or_missed_visibly() -> None:
    journey = Journey(PILL, zone=NEW_YORK).go("Mon 10:00")
    journey.travel(TOKYO)  # 00:00 of the next day there
    journey.go("Tue 21:00")

    assert fates(journey, "pill") == Counter(
        ["23 08:00", "23 12:00", "23 20:00", "24 08:00", "24 12:00", "24 20:00"]
    )
    missed = journey.told("pill", f.Missed)
    assert missed[0].data["reason"] == "the time zone changed"


def test_going_east_by_some_hours_the_time_left_out_comes_at_once() -> None:
    journey = Journey(PILL, zone=BERLIN).go("Mon 11:00")
    journey.travel("Asia/Kolkata")  # 15:30 there
    (late,) = [each for each in journey.told("pill") if each.at == journey.now]

    assert from_ms(late.data["due"]) == local(f"{MONDAY}12:00", "Asia/Kolkata")
    assert "(Due 12:00.)" in late.data["cue"]["body"]


@pytest.mark.parametrize(("zone", "to"), [(TOKYO, ANGELES), (ANGELES, TOKYO)])
def test_across_the_date_line_no_time_of_a_date_is_told_twice(zone: str, to: str) -> None:
    journey = Journey(PILL, THRICE, SUNDAYS, zone=zone).go("Tue 15:00")
    journey.travel(to)
    journey.go(journey.now + timedelta(days=12))

    for activity in ("pill", "drill", "swim"):
        assert set(fates(journey, activity).values()) == {1}, activity


def test_a_grid_starts_at_waking_over_there_and_goes_on() -> None:
    journey = Journey(WALK).go("Mon 13:30")
    journey.travel(NEW_YORK)  # 07:30
    journey.go("Mon 12:00")

    assert journey.clocks("walk")[-2:] == ["23 09:00", "23 11:00"]
    spaces = [b.at - a.at for a, b in zip(journey.told("walk"), journey.told("walk")[1:], strict=False)]
    assert min(spaces) >= HOUR


BODY = "{id: pill, kind: reminder, of: rest, at: ['08:00', '20:00'], follows: body, say: Take it}"


def test_what_follows_the_body_keeps_the_hours_of_home() -> None:
    journey = Journey(BODY).go("Mon 13:00")
    journey.travel(NEW_YORK)  # six hours less
    journey.go("Wed 09:00")

    # 20:00 is 14:00 there; 08:00 is 02:00, and waits for the morning.
    assert journey.clocks("pill") == ["23 08:00", "23 14:00", "24 07:00", "24 14:00", "25 07:00"]
    assert not journey.told("pill", f.Missed)


def test_spread_over_the_bodys_day_nothing_comes_in_the_places_night() -> None:
    body = [each.replace("kind", "follows: body, kind") for each in (WALK, THRICE, SUNDAYS)]
    journey = Journey(*body).go("Mon 15:30")
    journey.travel(TOKYO)
    journey.go(journey.now + timedelta(days=9))

    for activity in ("walk", "drill", "swim"):
        instants = [each.at for each in journey.told(activity)]
        assert len(set(instants)) == len(instants) > 2
        assert all(journey.episode.place_at(at).is_awake(at) for at in instants), activity


def test_what_follows_the_body_before_a_quiet_evening_is_told_once() -> None:
    pill = BODY.replace("'20:00'", "'22:00'")
    journey = Journey(pill)
    lives = replace(journey.episode.place, quiet=((time(21), time(23)),))
    journey.episode = replace(journey.episode, place=lives)
    journey.go("Mon 21:30")
    journey.travel("Europe/Paris")  # the same time there
    journey.go("Wed 12:00")
    assert journey.clocks("pill") == ["23 08:00", "23 20:30", "24 08:00", "24 20:30", "25 08:00"]


def test_a_phase_that_begins_on_the_journey_has_the_hours_of_the_place() -> None:
    journey = Journey(BODY).go("Mon 13:00")
    journey.travel(NEW_YORK)
    entered = replace(journey.episode.phase_stay, entered_at=journey.now)
    there = replace(journey.episode, phase_stay=entered)
    assert there.place_of(there.activity("pill")) == there.place  # type: ignore[arg-type]  # it is timed


def test_gaps_and_chains_count_elapsed_time() -> None:
    journey = Journey(ICE, limits=["{id: gap, of: cold, gap: 1h30min, to: cold}"]).go("Mon 11:25")
    last = journey.episode.ledger[-1]
    assert last.ended_at is not None
    journey.travel("Asia/Dubai")  # 14:25, by day there as well
    journey.go(journey.now + 3 * HOUR)
    begins = [each.began_at for each in journey.episode.ledger if each.began_at > last.began_at]
    assert begins[0] == last.ended_at + 2 * HOUR


def test_a_session_under_way_ends_when_its_time_is_up() -> None:
    journey = Journey(ICE).go("Mon 07:10")
    (on,) = [each for each in journey.episode.ledger if each.ended_at is None]
    journey.travel(TOKYO)
    journey.go(on.ends_at)

    (ended,) = [each for each in journey.facts if isinstance(each.what, f.Ended)]
    assert ended.at == on.ends_at
    assert ended.data["overrun"] == 0


def test_what_is_kept_on_comes_off_at_bedtime_over_there() -> None:
    journey = Journey(WRAP, zone=TOKYO).go("Mon 15:00")
    journey.travel(ANGELES)  # 22:00 on Sunday
    journey.go(journey.now + 2 * HOUR)
    assert [each.data["on"] for each in journey.told("wrap")] == [True, False]
    assert journey.told("wrap")[-1].at == local("2026-11-22 23:00", ANGELES)


def test_what_waits_for_waking_waits_for_waking_over_there() -> None:
    journey = Journey(ICE).go("Mon 23:30")
    journey.travel(TOKYO)  # 07:30 on Tuesday
    journey.go(journey.now + HOUR)

    assert [each for each in journey.told("ice") if each.at >= journey.now - HOUR], "it is morning here"


def test_at_night_over_there_nobody_is_told_anything() -> None:
    journey = Journey(PILL, WALK, ICE, PACKS, zone=BERLIN).go("Mon 15:00")
    journey.travel(TOKYO)  # 23:00
    before = len(journey.facts)
    journey.go("Tue 06:59")

    assert [each.kind for each in journey.facts[before:] if isinstance(each.what, f.Offered)] == []


def test_there_and_back_again() -> None:
    journey = Journey(PILL, THRICE).go("Mon 12:30")
    journey.travel(NEW_YORK)
    journey.travel(BERLIN)
    journey.go("Tue 12:30")

    assert journey.clocks("pill") == ["23 08:00", "23 12:00", "23 20:00", "24 08:00", "24 12:00"]
    assert set(fates(journey, "drill").values()) == {1}


def test_it_is_told_once_as_a_routine_note() -> None:
    journey = Journey(PILL).go("Mon 09:00")
    (fact, *_) = journey.travel("Europe/Lisbon")
    assert isinstance(fact.what, f.ZoneChanged)
    assert (fact.data["zone"], fact.data["from"]) == ("Europe/Lisbon", BERLIN)
    assert fact.data["cue"]["body"].startswith("Times are now those of Europe/Lisbon.")
    assert "critical" not in fact.data["cue"]
    assert journey.travel("Europe/Lisbon") == []


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd", BERLIN])
def test_where_there_is_no_other_zone_nobody_moves(zone: str) -> None:
    assert change_zone(Journey(PILL).episode, zone, local(f"{MONDAY}09:00")) == []


def test_who_named_their_zone_stays_in_it() -> None:
    life = Life(small(PILL), local(f"{MONDAY}07:00"))
    assert change_zone(life.episode, TOKYO, life.now) == []


def test_nothing_before_it_is_rewritten() -> None:
    journey = Journey(PILL, WALK, ICE).go("Mon 15:00")
    before = [*journey.facts]
    journey.travel(NEW_YORK)
    journey.go("Tue 15:00")

    assert journey.facts[: len(before)] == before
    assert fold(journey.episode.pinned, journey.facts) == journey.episode


@st.composite
def journeys(draw: st.DrawFn) -> list[tuple[int, str]]:
    zones = st.sampled_from([BERLIN, TOKYO, ANGELES, NEW_YORK, "Asia/Kathmandu", "Pacific/Apia"])
    hours = draw(st.lists(st.tuples(st.integers(3, 60), zones), min_size=1, max_size=4))
    return [*hours]


@given(journeys())
@settings(max_examples=60, deadline=None)
def test_wherever_one_goes_no_time_of_a_date_has_two_fates(legs: list[tuple[int, str]]) -> None:
    journey = Journey(PILL, THRICE)
    for hours, zone in legs:
        journey.go(journey.now + hours * HOUR + timedelta(minutes=1))
        journey.travel(zone)
    journey.go(journey.now + 30 * HOUR)

    for activity in ("pill", "drill"):
        twice = {clock: count for clock, count in fates(journey, activity).items() if count > 1}
        assert twice == {}, (activity, twice)
    assert list(unheard(journey)) == []


@given(journeys())
@settings(max_examples=40, deadline=None)
def test_what_follows_the_body_comes_at_its_hour_or_on_waking_anywhere(
    legs: list[tuple[int, str]],
) -> None:
    journey = Journey(BODY)
    for hours, zone in legs:
        journey.go(journey.now + hours * HOUR + timedelta(minutes=1))
        journey.travel(zone)
    journey.go(journey.now + 30 * HOUR)

    home, pills = ZoneInfo(BERLIN), journey.told("pill")
    dues = [from_ms(each.data["due"]) for each in (*pills, *journey.told("pill", f.Missed))]
    assert len({*dues}) == len(dues)
    for due in dues:
        where = journey.episode.place_at(due)
        is_waking = where.window(where.waking_day(due))[0] == due
        is_arrival = due in [left_at for left_at, _place in journey.episode.earlier_places]
        assert is_waking or is_arrival or f"{due.astimezone(home):%H:%M}" in ("08:00", "20:00")
        assert where.is_awake(due)


def unheard(journey: Journey) -> Iterator[str]:
    """The times of PILL on dates between the first and the last that have no fate at all."""
    clocks = [*fates(journey, "pill")]
    if not clocks:
        return
    days = sorted({clock[:2] for clock in clocks})
    for day in days[1:-1]:
        for clock in ("08:00", "12:00", "20:00"):
            if f"{day} {clock}" not in clocks:
                yield f"{day} {clock}"
