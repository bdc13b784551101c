"""Cues that belong together come together (`with`), and questions apart from the sessions (`apart`)."""

from recovery.engine import facts as f
from recovery.engine.acts import Begin, RaiseFlag, Skip
from recovery.engine.outlook import explain_each
from tests.engine.examples import Life, small

ICE = "{id: ice, kind: session, of: cold, duration: 20min, every: 2h, start: On, end: Off}"
LIE = "{id: lie, kind: reminder, of: elevation, every: 3h, with: ice, say: Lie down}"
WRAP = "{id: wrap, kind: hold, of: compression, with: ice, on: Wrap, off: Unwrap}"
EARLY_ICE = (
    "{id: ice, kind: session, of: cold, duration: 20min, every: 2h, until: injury+10h, start: On, end: Off}"
)
ASK = "{id: ask, kind: check-in, ask: [pain, swelling], at: [wake, '13:45'], apart: 15min}"
BLISTER = "{id: blister, ask: Blisters?, level: urgent, say: Have it seen, suspend: cold}"


def test_a_reminder_comes_with_the_first_session_from_when_it_is_due() -> None:
    life = Life(small(LIE, ICE)).go("Tue 10:00")
    assert life.times(f.Offered, "ice")[:4] == ["Mon 07:00", "Mon 09:20", "Mon 11:40", "Mon 14:00"]
    assert life.times(f.Offered, "lie")[:4] == ["Mon 07:00", "Mon 11:40", "Mon 14:00", "Mon 16:20"]
    assert set(life.times(f.Offered, "lie")) < set(life.times(f.Offered, "ice"))
    assert life.of(f.Missed) == []


def test_it_comes_by_itself_once_the_other_comes_no_more() -> None:
    life = Life(small(LIE, EARLY_ICE)).go("Tue 12:00")
    assert life.times(f.Offered, "ice")[-1] == "Mon 16:20"
    assert life.times(f.Offered, "lie")[-4:] == ["Mon 19:00", "Mon 22:00", "Tue 07:00", "Tue 10:00"]
    assert life.of(f.Missed) == []


def test_it_comes_by_itself_while_a_red_flag_stops_the_other() -> None:
    life = Life(small(LIE, ICE, flags=[BLISTER])).go("Mon 08:00")
    life.accepted(RaiseFlag("blister"))
    life.go("Mon 14:00")
    assert life.times(f.Offered, "lie") == ["Mon 07:00", "Mon 10:00", "Mon 13:00"]


def test_a_skipped_session_takes_nothing_along() -> None:
    life = Life(small(LIE, ICE)).go("Mon 09:20")
    life.accepted(Skip("ice"))
    life.go("Mon 12:00")
    assert life.times(f.Offered, "lie") == ["Mon 07:00", "Mon 11:20"]


def test_a_hold_comes_with_the_first_session_of_the_day_and_off_at_bedtime() -> None:
    life = Life(small(WRAP, ICE, ASK)).go("Wed 00:00")
    assert life.times(f.Offered, "ice")[7] == "Tue 07:15"
    assert life.times(f.Offered, "wrap") == ["Mon 07:00", "Mon 23:00", "Tue 07:15", "Tue 23:00"]


def test_a_question_comes_before_a_session_and_never_under_one() -> None:
    life = Life(small(ICE, ASK)).go("Tue 17:00")
    assert life.times(f.Offered, "ask") == ["Mon 07:00", "Mon 13:45", "Tue 07:00", "Tue 13:45"]
    assert life.times(f.Offered, "ice")[:2] == ["Mon 07:00", "Mon 09:20"], "at once when the phase begins"
    assert life.times(f.Offered, "ice")[3:] == [
        "Mon 14:00", "Mon 16:20", "Mon 18:40", "Mon 21:00", "Tue 07:15", "Tue 09:35", "Tue 11:55", "Tue 14:15",
        "Tue 16:35",
    ]  # fmt: skip


def test_an_answer_lets_the_session_begin_at_once() -> None:
    life = Life(small(ICE, ASK)).go("Tue 07:03")
    life.answer(pain=4, swelling=1)
    assert life.times(f.Offered, "ice")[-1] == "Tue 07:03"


def test_a_person_may_begin_before_they_answer() -> None:
    life = Life(small(ICE, ASK)).go("Tue 07:03")
    life.accepted(Begin("ice"))


def test_a_question_under_a_session_waits_until_some_time_after_it() -> None:
    ask = ASK.replace("13:45", "14:10")
    life = Life(small(ICE, ask)).go("Mon 15:00")
    assert life.times(f.Offered, "ask") == ["Mon 07:00", "Mon 14:35"]
    assert life.of(f.Withheld, "ask") == []


def test_why_a_session_waits_is_explained() -> None:
    life = Life(small(ICE, ASK)).go("Tue 07:03")
    (ice,) = [each for each in explain_each(life.episode, life.now) if each.activity == "ice"]
    assert ice.at == life.at("Tue 07:15")
    assert life.explained("ice")[-1] == "not now: a question comes first: Ask"
