"""An evening's bedtime that the person puts off, once."""

from datetime import time

import pytest

from recovery.engine import facts as f
from recovery.engine.acts import Begin, StayUp
from recovery.engine.fold import fold
from tests.engine.examples import Life, local, small

ICE = "{id: ice, kind: session, of: cold, duration: 20min, every: 2h, start: On, end: Off}"
PRESS = "{id: press, kind: session, of: massage, duration: 2min, per_day: 3, start: P, end: P}"
LATE = StayUp(time(0, 30))


def evening(*activities: str, start: str = "2026-11-23 22:50") -> Life:
    return Life(small(*(activities or (ICE,))), local(start))


def test_a_pack_that_would_not_end_before_bedtime_comes_at_once_to_who_stays_up() -> None:
    life = evening()
    assert life.of(f.Offered) == []
    assert life.accepted(LATE).startswith("You are up until tomorrow 00:30")
    life.turn()
    assert life.go("Tue 12:00").times()[:3] == ["Mon 22:50", "Tue 07:00", "Tue 09:20"]
    assert life.times(f.Ended)[0] == "Mon 23:10"


def test_nothing_ends_after_the_later_bedtime_and_the_next_one_is_the_usual() -> None:
    life = evening()
    life.accepted(LATE)
    life.turn()
    life.go("Tue 00:15")
    assert "waking hours (07:00 to 00:30)" in life.refused(Begin("ice")).reason
    life.go("Tue 22:50")
    assert "waking hours (07:00 to 23:00)" in life.refused(Begin("ice")).reason


def test_who_is_still_up_after_bedtime_may_say_so() -> None:
    life = evening(start="2026-11-23 23:40")
    life.accepted(LATE)
    life.turn()
    assert life.times() == ["Mon 23:40"]


def test_once_an_evening_until_it_is_taken_back() -> None:
    life = evening()
    life.accepted(LATE)
    assert "put off already" in life.refused(StayUp(time(1))).reason
    life.undo(life.of(f.StaysUp)[0].seq)
    assert life.refused(Begin("ice"))
    life.accepted(StayUp(time(1)))


@pytest.mark.parametrize("until", [time(22), time(22, 45), time(23), time(3, 1), time(12)])
def test_no_other_time_is_a_bedtime_of_this_evening(until: time) -> None:
    assert "23:00" in evening().refused(StayUp(until)).reason


def test_it_moves_no_time_of_the_day() -> None:
    life = evening(PRESS, start="2026-11-23 07:00").go("Mon 22:50")
    times = life.times()
    life.accepted(LATE)
    life.turn()
    assert life.go("Tue 06:00").times() == times


# A short session -------------------------------------------------------------------------------------

SHORT = ICE.replace("duration: 20min", "duration: 20min, short: 10min")


def test_where_the_whole_does_not_fit_before_bedtime_a_short_one_comes() -> None:
    life = evening(SHORT)
    assert life.times() == ["Mon 22:50"]
    assert life.go("Tue 06:00").times(f.Ended) == ["Mon 23:00"]
    assert life.go("Tue 10:00").times()[1:] == ["Tue 07:00", "Tue 09:20"]


def test_nothing_is_shorter_than_the_short_one() -> None:
    life = evening(SHORT, start="2026-11-23 22:51")
    assert life.of(f.Offered) == []
    assert life.refused(Begin("ice")).earliest == life.at("Tue 07:00")


def test_who_begins_late_by_themselves_begins_a_short_one() -> None:
    life = evening(SHORT, start="2026-11-23 20:30").go("Mon 20:50")
    life.go("Mon 22:45")
    assert life.accepted(Begin("ice")) if life.episode.under_way is None else True
    assert life.episode.under_way is not None
    assert life.episode.under_way.ends_at <= life.at("Mon 23:00")


def test_one_that_was_begun_late_ends_as_early_as_it_was_told_to() -> None:
    life = evening(SHORT, start="2026-11-23 22:40").go("Mon 22:48")
    assert life.accepted(Begin("ice")).endswith("10 min, until 22:58.")
    assert life.episode.under_way is not None
    assert life.episode.under_way.ends_at == life.at("Mon 22:58")
    assert life.go("Tue 06:00").cues("end") == [("Mon 22:58", "Ice: stop")]
    assert life.of(f.Ended)[0].data["seconds"] == 600
    assert fold(life.episode.pinned, life.facts) == life.episode


def test_the_whole_comes_where_it_fits() -> None:
    life = evening(SHORT, start="2026-11-23 22:40")
    assert life.go("Tue 06:00").times(f.Ended) == ["Mon 23:00"]


def test_a_fresh_injury_is_wrapped_late_in_the_evening_too() -> None:
    wrap = '{id: wrap, kind: hold, of: compression, with: ice, on: "On", off: "Off"}'
    for start, sessions in (("2026-11-23 22:50", 1), ("2026-11-23 22:52", 0)):
        life = evening(SHORT, wrap, start=start)
        assert len(life.of(f.Offered, "ice")) == sessions
        assert life.of(f.Offered, "wrap"), start
