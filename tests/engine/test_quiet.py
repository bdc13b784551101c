"""Quiet times: what may be told when, in zones whose clocks change too, and what becomes of what falls into them."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.engine import facts as f
from recovery.engine.fold import apply, begin, fold
from recovery.engine.outlook import explain_each
from recovery.engine.times import Place
from recovery.values import replace
from tests.engine.examples import ASK, ICE, ONSET, PACKS, Life, local, place, shipped, small

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu")
LUNCH = ((time(12, 30), time(13, 15)),)

spans = st.lists(st.tuples(st.times(), st.times()).filter(lambda span: span[0] != span[1]), max_size=3)
FIRST = datetime(2011, 12, 25, tzinfo=UTC)
instants = st.integers(0, 15 * 366 * 24 * 60).map(lambda minutes: FIRST + minutes * MINUTE)
lives = st.builds(
    Place,
    st.sampled_from(ZONES).map(ZoneInfo),
    st.sampled_from([time(7), time(20), time(0, 5)]),
    st.sampled_from([time(23), time(1, 30), time(11)]),
    quiet=spans.map(tuple),
)


def lunching(*spans: tuple[time, time]) -> Place:
    return replace(place(), quiet=spans or LUNCH)


def test_a_lunch_break_parts_the_day() -> None:
    day = date(2026, 11, 23)
    here = lunching()
    parts = [(here.local(a), here.local(b)) for a, b in here.open_times(day)]
    assert [f"{a:%H:%M}-{b:%H:%M}" for a, b in parts] == ["07:00-12:30", "13:15-23:00"]
    assert here.may_tell(local("2026-11-23 13:15"))
    assert not here.may_tell(local("2026-11-23 12:30"))
    assert here.is_quiet(local("2026-11-23 12:30"))
    assert not here.is_quiet(local("2026-11-23 23:30")), "that is the night"


def test_quiet_times_may_overlap_and_pass_midnight() -> None:
    here = lunching((time(12), time(13)), (time(12, 30), time(14)), (time(22), time(8)))
    parts = [(here.local(a), here.local(b)) for a, b in here.open_times(date(2026, 11, 23))]
    assert [f"{a:%H:%M}-{b:%H:%M}" for a, b in parts] == ["08:00-12:00", "14:00-22:00"]


@given(lives, instants, st.timedeltas(timedelta(0), 5 * HOUR))
def test_what_fits_begins_in_no_quiet_time_and_never_earlier(
    here: Place, instant: datetime, length: timedelta
) -> None:
    fits = here.fit_told(instant, length)
    assert fits >= instant
    assert fits >= here.fit(instant, length) or length > timedelta(0)
    assert here.may_tell(fits)
    assert here.fit_told(fits, timedelta(0)) == fits
    if here.may_tell(instant):
        assert here.fit_told(instant, timedelta(0)) == instant


@given(lives, instants)
def test_without_quiet_times_all_is_as_before(here: Place, instant: datetime) -> None:
    plain = replace(here, quiet=())
    assert plain.fit_told(instant, 20 * MINUTE) == plain.fit(instant, 20 * MINUTE)
    assert plain.may_tell(instant) == plain.is_awake(instant)
    assert not plain.is_quiet(instant)


def test_it_is_kept_with_the_episode() -> None:
    kept = f.Started(onset=ONSET, **lunching().as_fields()).json
    assert Life(small(), quiet=kept["quiet"]).episode.place.quiet == LUNCH
    assert "quiet" not in f.Started(onset=ONSET, **place().as_fields()).json, (
        "what is not there is not written"
    )


@pytest.mark.parametrize("name", ["rice", "contrast", "strain", "trigger-point"])
@pytest.mark.parametrize(
    "quiet", [[["12:30", "13:15"]], [["06:30", "09:00"], ["17:55", "18:05"], ["21:30", "02:00"]]]
)
def test_nothing_is_offered_in_a_quiet_time(name: str, quiet: list[list[str]]) -> None:
    life = Life(shipped(name), quiet=quiet)
    here = life.episode.place
    day = None
    while life.now < ONSET + 5 * DAY:
        waking = life.look_again_at
        assert waking is not None
        assert waking > life.now
        life.now = waking
        life.turn()
        if here.waking_day(life.now) != day:  # who is never heard is asked less
            day = here.waking_day(life.now)
            life.answer(**{next(iter(life.episode.tailored.observations)): 6})
    offered = [fact for fact in life.facts if isinstance(fact.what, f.Offered) and fact.data.get("cue")]
    assert len(offered) > 10
    for fact in offered:
        assert fact.data["cue"]["kind"] == "off" or here.may_tell(fact.at), fact


def test_looking_again_misses_nothing_because_of_quiet_times() -> None:
    """Whoever looks every minute finds nothing that whoever looks when told to does not."""
    protocols = (small(ICE, ASK), small(PACKS))
    for protocol in protocols:
        seldom = Life(protocol, quiet=[["12:30", "13:15"], ["16:00", "16:20"]])
        often = Life(protocol, quiet=[["12:30", "13:15"], ["16:00", "16:20"]])
        while seldom.now < ONSET + DAY:
            waking = seldom.look_again_at
            assert waking is not None
            seldom.now = waking
            seldom.turn()
        while often.now < seldom.now:
            often.now += MINUTE
            often.turn()
        assert [(fact.kind, fact.at) for fact in often.facts] == [
            (fact.kind, fact.at) for fact in seldom.facts if fact.at <= often.now
        ]


def test_what_was_told_is_the_same_however_the_facts_come() -> None:
    life = Life(small(ICE))
    life.go(ONSET + 30 * MINUTE)
    cues = [fact for fact in life.facts if fact.data.get("cue")]
    for number, fact in enumerate([*cues, cues[-1]]):
        data = {"seq": fact.seq, "via": "fake", "late": 0} | ({"repeat": 2} if number == len(cues) else {})
        life.facts.append(
            f.Fact(fact.episode, fact.at + MINUTE, f.Delivered.of(data), "daemon", seq=len(life.facts) + 1)
        )
    step_by_step = begin(life.episode.pinned, life.facts[0])
    for fact in life.facts[1:]:
        step_by_step = apply(step_by_step, fact)
    folded = fold(life.episode.pinned, life.facts)
    assert folded == step_by_step
    (repeated,) = folded.shown_cues.values()
    assert (repeated.cue.kind, repeated.count) == ("end", 2)


def test_why_names_the_quiet_time_and_its_end() -> None:
    protocol = small("{id: ice, kind: session, of: cold, duration: 20min, per_day: 3, start: On, end: Off}")
    noon, end = local("2026-11-23 12:00"), local("2026-11-23 13:15")

    for begins, reason in (
        ("12:10", "not now: it would be in a quiet time"),  # its due is before it, its end would be in it
        ("11:50", "outside your quiet times, 11:50-13:15"),
    ):
        life = Life(protocol, ONSET, noon, quiet=[[begins, "13:15"]])
        (why,) = explain_each(life.episode, life.now + MINUTE)
        assert (why.at, life.words(why.reasons[-1])) == (end, reason)
