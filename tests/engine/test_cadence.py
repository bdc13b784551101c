"""When activities are due: in local time, on every kind of day."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.engine.acts import Begin, End
from recovery.engine.cadence import dues
from recovery.engine.episode import Episode
from recovery.engine.times import Place
from recovery.protocol.model import Reminder, Treatment
from tests.engine.examples import ASK, ICE, ONSET, PACKS, Life, instants, local, place, small, started

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def reminder(cadence: str, **more: str) -> str:
    extra = "".join(f", {key}: {value}" for key, value in more.items())
    return f"{{id: stand, kind: reminder, of: posture, say: Stand up, {cadence}{extra}}}"


def times(cadence: str, until: str, onset: str = "2026-11-23 07:00", **options: object) -> list[str]:
    """The local times at which a reminder with this cadence comes."""
    lives = options.pop("lives", None) or place()
    assert isinstance(lives, Place)
    begins = {"begins": str(options["begins"])} if "begins" in options else {}
    life = Life(
        small(reminder(cadence, **begins), phase="min: 90d"), local(onset, lives.zone.key), lives=lives
    )
    life.go(until)
    return life.times(activity="stand")


def test_every_so_often_starts_each_day_at_waking() -> None:
    assert times("every: 5h", "Tue 23:00") == [
        "Mon 07:00", "Mon 12:00", "Mon 17:00", "Mon 22:00",
        "Tue 07:00", "Tue 12:00", "Tue 17:00", "Tue 22:00",
    ]  # fmt: skip


def test_on_the_first_day_it_starts_at_the_entry() -> None:
    assert times("every: 5h", "Tue 07:30", "2026-11-23 09:17") == [
        "Mon 09:17", "Mon 14:17", "Mon 19:17", "Tue 07:00",
    ]  # fmt: skip


def test_who_starts_in_the_night_is_left_alone_until_waking() -> None:
    assert times("every: 12h", "Tue 08:00", "2026-11-23 02:00") == ["Mon 07:00", "Mon 19:00", "Tue 07:00"]


def test_so_many_times_a_day_are_spread_over_the_waking_hours() -> None:
    assert times("per_day: 4", "Mon 23:00") == ["Mon 07:00", "Mon 11:00", "Mon 15:00", "Mon 19:00"]


def test_on_a_short_first_day_only_as_many_as_fit() -> None:
    assert times("per_day: 4", "Tue 08:00", "2026-11-23 16:00") == ["Mon 16:00", "Mon 20:00", "Tue 07:00"]


def test_fixed_times_are_those_of_the_place() -> None:
    assert times('at: ["20:00", wake+30min, bedtime-1h]', "Mon 23:00") == [
        "Mon 07:30",
        "Mon 20:00",
        "Mon 22:00",
    ]


def test_a_fixed_time_outside_the_waking_hours_moves_into_them() -> None:
    owl = place(wake="11:00", bedtime="03:00")
    assert times('at: ["08:00", "21:00", "02:00"]', "Tue 10:00", "2026-11-23 11:00", lives=owl) == [
        "Mon 11:00", "Mon 21:00", "Tue 02:00",
    ]  # fmt: skip


def test_two_times_moved_to_the_same_instant_are_one() -> None:
    early = place(bedtime="20:00")
    life = Life(small(reminder('at: ["21:00", "22:00"]')), lives=early).go("Tue 06:00")
    assert life.times() == ["Mon 19:30"]
    assert life.of("missed") == []


@pytest.mark.parametrize(
    ("count", "days"),
    [
        (1, ["Mon", "Mon"]),
        (2, ["Mon", "Thu", "Mon", "Thu"]),
        (3, ["Mon", "Wed", "Fri", "Mon", "Wed", "Fri"]),
        (7, ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] * 2),
    ],
)
def test_so_many_times_a_week_from_the_first_day_of_the_phase(count: int, days: list[str]) -> None:
    offers = times(f'per_week: {count}, at: "17:00"', "2026-12-06 23:00")
    assert offers == [f"{day} 17:00" for day in days]


def test_the_week_counts_from_the_first_day_not_from_monday() -> None:
    offers = times('per_week: 3, at: "17:00"', "2026-12-01 23:00", "2026-11-25 18:00")
    assert offers == ["Fri 17:00", "Sun 17:00"], "Wednesday's time had passed at the entry"


def test_once_is_once() -> None:
    assert times("once: phase+3d", "2026-12-20 23:00") == ["Thu 07:00"]
    assert times("once: injury+60h", "2026-12-20 23:00") == ["Wed 19:00"]
    assert times("once: injury+64h", "2026-12-20 23:00") == ["Thu 07:00"], "not at bedtime"


def test_once_is_not_told_again_when_its_fact_is_long_past() -> None:
    from recovery.engine.decide import turn
    from recovery.engine.facts import LOOKBACK, SHORT_LIVED
    from recovery.engine.fold import fold

    life = Life(small(reminder("once: phase+3d"), phase="min: 90d")).go("2027-01-10 12:00")
    read = [
        fact
        for fact in life.facts
        if not isinstance(fact.what, SHORT_LIVED) or fact.at >= life.now - LOOKBACK
    ]
    assert len(read) < len(life.facts)
    assert turn(fold(life.episode.tailored, read), life.now).facts == ()


def test_once_that_came_in_the_night_waits_for_the_morning() -> None:
    life = Life(small(reminder("once: injury+10h"))).go("Mon 16:30").sleep("Tue 02:00")
    assert life.times() == []
    assert life.go("Tue 12:00").times() == ["Tue 07:00"]


def test_begins_counts_from_where_it_says() -> None:
    assert times("every: 12h", "Wed 23:00", begins="injury+30h") == ["Tue 19:00", "Wed 07:00", "Wed 19:00"]


def test_a_chain_counts_from_the_real_end_of_the_last_session() -> None:
    life = Life(small(ICE)).go("Mon 07:05")
    life.accepted(Begin("ice"))
    life.go("Mon 07:31").accepted(End("ice"))
    life.go("Mon 12:00")
    assert life.times(activity="ice") == ["Mon 07:00", "Mon 09:31", "Mon 11:51"]


def test_a_chain_does_not_start_what_would_end_after_bedtime() -> None:
    life = Life(small(ICE)).go("Tue 12:00")
    assert life.times(activity="ice") == [
        "Mon 07:00", "Mon 09:20", "Mon 11:40", "Mon 14:00", "Mon 16:20", "Mon 18:40", "Mon 21:00",
        "Tue 07:00", "Tue 09:20", "Tue 11:40",
    ]  # fmt: skip


def test_an_alternation_waits_from_the_real_end_of_the_step_before() -> None:
    life = Life(small(PACKS)).go("Mon 07:00")
    life.accepted(Begin("packs"))
    life.go("Mon 07:30").accepted(End("packs"))
    life.go("Mon 22:59")
    sessions = [
        (at, fact.data["modality"]) for at, fact in zip(life.times(), life.of("offered"), strict=True)
    ]
    assert sessions == [
        ("Mon 07:00", "cold"), ("Mon 08:30", "warm"),
        ("Mon 12:20", "cold"), ("Mon 13:40", "warm"),
        ("Mon 17:40", "cold"), ("Mon 19:00", "warm"),
    ]  # fmt: skip


# The grid has no drift ------------------------------------------------------------------------


def test_the_nth_time_of_a_day_is_an_exact_multiple_from_its_first() -> None:
    life = Life(small(reminder("every: 100min")))
    for hour in range(8, 23):
        life.sleep(f"Mon {hour:02}:07")
    due = [fact.data["due"] for fact in life.of("offered") + life.of("missed")]
    assert sorted(due) == [due[0] + n * 100 * 60_000 for n in range(len(due))]


# Minute by minute -----------------------------------------------------------------------------

CHANGES = {
    "Europe/Berlin": (date(2027, 3, 28), date(2026, 10, 25)),
    "America/New_York": (date(2027, 3, 14), date(2026, 11, 1)),
    "Australia/Lord_Howe": (date(2026, 10, 4), date(2027, 4, 4)),
    "America/Santiago": (date(2026, 9, 6), date(2027, 4, 4)),
    "Pacific/Apia": (date(2011, 12, 30),),
    "Asia/Kathmandu": (date(2026, 11, 23),),
}
CLOCKS = ("00:15", "01:45", "02:00", "02:15", "02:30", "02:45", "03:00", "03:30", "12:00", "23:15")
WINDOWS = (("00:00", "23:59"), ("12:00", "11:30"))
"""Two people who are nearly always awake, so that the hours of the change count."""


def reference(lives: Place, clock: str, begin: datetime, end: datetime) -> list[datetime]:
    """When a wall clock shows a time first on each of its dates, found by looking at it every minute.

    Where a date leaves the time out, the first instant at which the clock, moved back by the gap, shows it.
    """
    first: dict[date, datetime] = {}
    dates: set[date] = set()
    minute = begin
    while minute < end:
        shown = minute.astimezone(lives.zone)
        dates.add(shown.date())
        if f"{shown:%H:%M}" == clock:
            first.setdefault(shown.date(), minute)
        before = (minute - 24 * HOUR).astimezone(lives.zone).utcoffset()
        gap = (shown.utcoffset() or timedelta(0)) - (before or timedelta(0))
        as_before = minute + (before or timedelta(0))
        if timedelta(0) < gap < DAY and f"{as_before:%H:%M}" == clock and shown.date() not in first:
            back = (minute - gap).astimezone(lives.zone)
            if back.utcoffset() != shown.utcoffset():  # the clock has just jumped over it
                first.setdefault(shown.date(), minute)
        minute += MINUTE
    return [first[day] for day in sorted(first)]


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize(
    ("zone", "change"), [(zone, day) for zone, changes in CHANGES.items() for day in changes]
)
def test_a_daily_time_comes_once_a_day_when_the_wall_clock_shows_it(
    zone: str, change: date, clock: str, window: tuple[str, str]
) -> None:
    lives = place(zone, *window)
    begin = local(f"{change - 2 * DAY} 00:00", zone)
    end = begin + 4 * DAY
    life = Life(small(reminder(f'at: ["{clock}"]')), begin, lives=lives).go(end)
    offers = [fact.at for fact in life.of("offered")]
    expected = reference(lives, clock, begin, end)
    asleep = [at for at in expected if not lives.is_awake(at)]
    if not asleep:
        assert offers == expected
    days = [lives.waking_day(at) for at in offers]
    assert len(days) == len(set(days)), "no day twice"
    assert days == [day for day in days if lives.exists(day)]
    assert life.of("missed") == []
    assert len(offers) >= 3


@pytest.mark.parametrize("cadence", ["every: 45min", "per_day: 7"])
@pytest.mark.parametrize(
    ("zone", "change"), [(zone, day) for zone, changes in CHANGES.items() for day in changes]
)
def test_a_grid_has_neither_gaps_nor_doubles_on_the_day_of_a_change(
    zone: str, change: date, cadence: str
) -> None:
    lives = place(zone, "00:30", "23:30")
    begin = local(f"{change - 2 * DAY} 00:30", zone)
    life = Life(small(reminder(cadence)), begin, lives=lives).go(begin + 4 * DAY)
    offers = [fact.at for fact in life.of("offered")]
    assert offers == sorted(set(offers))
    for day in {lives.waking_day(at) for at in offers}:
        first, bedtime = lives.window(day)
        of_day = [at for at in offers if lives.waking_day(at) == day]
        if bedtime >= begin + 4 * DAY:
            continue
        if "every" in cadence:
            expected = [first + n * 45 * MINUTE for n in range(-((first - bedtime) // (45 * MINUTE)))]
        else:
            expected = [first + n * (bedtime - first) // 7 // MINUTE * MINUTE for n in range(7)]
        assert of_day == expected


@given(
    st.sampled_from(
        ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu"]
    ),
    instants(2011, 2028),
    st.sampled_from(
        ["every: 50min", "per_day: 5", 'at: ["02:30", wake+30min, bedtime-1h]', 'per_week: 3, at: "17:00"']
    ),
    st.sampled_from([("07:00", "23:00"), ("20:00", "11:00"), ("02:15", "21:00")]),
)
def test_times_only_go_forward_and_lie_within_the_waking_hours(
    zone: str, onset: datetime, cadence: str, window: tuple[str, str]
) -> None:
    lives = place(zone, *window)
    episode, _ = started(small(reminder(cadence), phase="min: 90d"), onset, lives=lives)
    episode = entered(episode)
    (activity,) = episode.phase.activities
    assert isinstance(activity, Reminder)
    previous = onset - MINUTE
    for _, due in zip(range(40), dues(episode, activity), strict=False):
        assert previous < due.at < due.expires_at
        assert due.at >= onset
        assert lives.is_awake(due.at)
        assert lives.waking_day(due.at) == lives.waking_day(due.expires_at - MINUTE / 60)
        previous = due.at


def entered(episode: Episode) -> Episode:
    from recovery.engine.decide import turn

    return turn(episode, episode.started_at).episode


def test_what_is_due_ends_before_the_next_begins_to_be_nearer() -> None:
    episode = entered(started(small(reminder("every: 4h"), phase="min: 90d"))[0])
    (activity,) = episode.phase.activities
    assert isinstance(activity, Reminder | Treatment)
    next_dues = [due for _, due in zip(range(5), dues(episode, activity), strict=False)]
    # 07:00 has been told already.
    clock = episode.place.local
    assert [f"{clock(due.at):%H:%M} {clock(due.expires_at):%H:%M}" for due in next_dues] == [
        "11:00 13:00", "15:00 17:00", "19:00 23:00", "07:00 09:00", "11:00 13:00",
    ]  # fmt: skip


def test_nothing_is_due_while_its_session_is_on() -> None:
    life = Life(small(ICE, ASK))
    (ice, _) = life.episode.phase.activities
    assert isinstance(ice, Treatment)
    assert [*dues(life.episode, ice)] == []
    life.go(ONSET + 20 * MINUTE)
    assert next(dues(life.episode, ice)).at == ONSET + 20 * MINUTE + 2 * HOUR
