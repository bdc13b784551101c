"""Exact time and wall-clock time, at each hazard of the calendar."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.engine.times import Place
from recovery.protocol.terms import Duration, LocalMoment
from tests.engine.examples import instants, local, place

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "America/Santiago",
    "UTC",
)


def wall(lives: Place, instant: datetime) -> str:
    return f"{lives.local(instant):%Y-%m-%d %H:%M}"


def test_a_time_in_the_gap_moves_forward_by_the_gap() -> None:
    berlin = place()
    assert wall(berlin, berlin.resolve(date(2027, 3, 28), time(2, 30))) == "2027-03-28 03:30"


def test_a_gap_of_half_an_hour_moves_a_time_by_half_an_hour() -> None:
    lord_howe = place("Australia/Lord_Howe")
    assert wall(lord_howe, lord_howe.resolve(date(2026, 10, 4), time(2, 15))) == "2026-10-04 02:45"


def test_a_repeated_time_is_the_first_of_the_two() -> None:
    berlin = place()
    first = berlin.resolve(date(2026, 10, 25), time(2, 30))
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert berlin.resolve(date(2026, 10, 25), time(2, 30, fold=1)) == first


def test_the_day_that_samoa_left_out_does_not_exist() -> None:
    apia = place("Pacific/Apia")
    assert [apia.exists(date(2011, 12, day)) for day in (29, 30, 31)] == [True, False, True]
    days = apia.days_from(date(2011, 12, 29))
    assert [next(days) for _ in range(2)] == [date(2011, 12, 29), date(2011, 12, 31)]


def test_the_evening_before_a_day_left_out_is_followed_by_the_next_morning() -> None:
    apia = place("Pacific/Apia")
    late = local("2011-12-29 23:30", "Pacific/Apia")
    assert apia.waking_day(late) == date(2011, 12, 31)
    assert wall(apia, apia.fit(late, MINUTE)) == "2011-12-31 07:00"
    assert apia.fit(late, MINUTE) - late == 7 * HOUR + 30 * MINUTE


def test_a_waking_day_into_the_day_left_out_ends_at_bedtime_of_the_next() -> None:
    apia = place("Pacific/Apia", "20:00", "01:00")
    begin, end = apia.window(date(2011, 12, 29))
    assert wall(apia, end) == "2011-12-31 01:00"
    assert end - begin == 5 * HOUR


@pytest.mark.parametrize(
    ("start", "length", "end"),
    [
        ("2028-02-29 10:00", Duration(months=12), "2029-02-28 10:00"),
        ("2027-02-28 10:00", Duration(months=12), "2028-02-28 10:00"),
        ("2026-01-31 10:00", Duration(months=1), "2026-02-28 10:00"),
        ("2028-01-31 10:00", Duration(months=1), "2028-02-29 10:00"),
        ("2026-08-31 10:00", Duration(months=3), "2026-11-30 10:00"),
        ("2026-11-30 10:00", Duration(months=3), "2027-02-28 10:00"),
        ("2026-12-31 10:00", Duration(months=2, days=1), "2027-03-01 10:00"),
        ("2027-03-27 10:00", Duration(days=1), "2027-03-28 10:00"),
        ("2027-03-27 10:00", Duration(seconds=86400), "2027-03-28 11:00"),
        ("2026-10-24 10:00", Duration(days=7), "2026-10-31 10:00"),
        ("2026-10-24 10:00", Duration(seconds=48 * 3600), "2026-10-26 09:00"),
        ("2027-03-27 02:30", Duration(days=1), "2027-03-28 03:30"),
    ],
)
def test_days_weeks_and_months_go_by_the_calendar_hours_by_the_clock(
    start: str, length: Duration, end: str
) -> None:
    assert wall(place(), place().after(local(start), length)) == end


def test_a_length_of_nothing_changes_nothing_even_in_a_repeated_hour() -> None:
    second = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert place().after(second, Duration()) == second


def test_waking_hours_on_days_of_change_are_as_long_as_the_clock_says() -> None:
    early = place(wake="01:00", bedtime="21:00")
    lengths = [end - begin for begin, end in map(early.window, (date(2027, 3, 28), date(2026, 10, 25)))]
    assert lengths == [19 * HOUR, 21 * HOUR]
    howe = place("Australia/Lord_Howe", "01:00", "21:00")
    assert [end - begin for begin, end in map(howe.window, (date(2026, 10, 4), date(2026, 4, 5)))] == [
        19 * HOUR + 30 * MINUTE,
        20 * HOUR + 30 * MINUTE,
    ]


def test_the_waking_day_of_a_night_shift_reaches_into_the_next_date() -> None:
    night = place(wake="18:00", bedtime="09:00")
    monday = date(2026, 11, 23)
    assert night.waking_day(local("2026-11-23 18:00")) == monday
    assert night.waking_day(local("2026-11-24 08:59")) == monday
    assert night.waking_day(local("2026-11-24 09:00")) == monday + DAY
    assert night.is_awake(local("2026-11-24 02:00"))
    assert not night.is_awake(local("2026-11-24 12:00"))


def test_a_clock_time_after_midnight_belongs_to_the_waking_day_before() -> None:
    night = place(wake="10:00", bedtime="02:00")
    monday = date(2026, 11, 23)
    assert wall(night, night.moment(monday, LocalMoment(at=time(1)))) == "2026-11-24 01:00"
    assert wall(night, night.moment(monday, LocalMoment(at=time(11)))) == "2026-11-23 11:00"
    assert wall(night, night.moment(monday, LocalMoment("bedtime", minutes=-60))) == "2026-11-24 01:00"
    assert wall(night, night.moment(monday, LocalMoment("wake", minutes=30))) == "2026-11-23 10:30"


@pytest.mark.parametrize(
    ("at", "minutes", "fits"),
    [
        ("10:00", 20, "2026-11-23 10:00"),
        ("06:00", 20, "2026-11-23 07:00"),
        ("22:40", 20, "2026-11-23 22:40"),
        ("22:41", 20, "2026-11-24 07:00"),
        ("23:00", 0, "2026-11-24 07:00"),
        ("22:59", 0, "2026-11-23 22:59"),
        ("10:00", 17 * 60, "2026-11-24 07:00"),
    ],
)
def test_something_fits_into_the_waking_hours_whole_or_waits(at: str, minutes: int, fits: str) -> None:
    assert wall(place(), place().fit(local(f"2026-11-23 {at}"), minutes * MINUTE)) == fits


@given(
    st.sampled_from(ZONES),
    instants(2011, 2030),
    st.times(),
    st.times(),
    st.integers(0, 180),
)
def test_what_fits_lies_within_one_waking_day(
    zone: str, instant: datetime, wake: time, bedtime: time, minutes: int
) -> None:
    wake, bedtime = wake.replace(second=0, microsecond=0), bedtime.replace(second=0, microsecond=0)
    if wake == bedtime:
        return
    lives = place(zone, f"{wake:%H:%M}", f"{bedtime:%H:%M}")
    begins = lives.fit(instant, minutes * MINUTE)
    begin, end = lives.window(lives.waking_day(begins))
    assert begins >= instant
    assert begin <= begins < end
    assert begins + minutes * MINUTE <= end or begins == begin
    assert lives.is_awake(begins)


@given(st.sampled_from(ZONES), instants(2011, 2030))
def test_the_waking_day_of_an_instant_is_over_only_after_it(zone: str, instant: datetime) -> None:
    for lives in (place(zone), place(zone, "20:00", "11:00"), place(zone, "02:30", "22:00")):
        day = lives.waking_day(instant)
        assert instant < lives.window(day)[1]
        before = next(d for d in (day - DAY, day - 2 * DAY) if lives.exists(d))
        assert lives.window(before)[1] <= instant
