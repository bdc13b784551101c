"""Acts of a person with several episodes, who names none of them: for whom each of them is."""

from datetime import date, time, timedelta

from recovery.engine.acts import (
    Act,
    Advance,
    AnswerCheckIn,
    AnswerScreening,
    Begin,
    ClearFlag,
    End,
    RaiseFlag,
    ReportHarm,
    StayUp,
    Stop,
    TickItems,
)
from recovery.engine.addressing import addressed
from recovery.engine.episode import Episode
from recovery.engine.turn import Refused
from tests.engine.examples import ASK, ICE, ONSET, Life, shipped, small

MINUTE = timedelta(minutes=1)
SIGN = "{id: hot, ask: Hot?, level: urgent, suspend: [cold], say: See somebody.}"
MOVE = "{id: move, kind: session, of: exercise, duration: 30min, every: 2h, start: Go, end: Stop}"
TENDER = 'tender: {ask: "Tender?", scale: 0..10, fresh: 24h}'


def two() -> tuple[Episode, Episode]:
    """One that asks for pain and cools, and one that asks how tender it is, and moves."""
    one = Life(small(ICE, ASK, flags=[SIGN], id_="one")).episode
    tender = "{id: ask, kind: check-in, ask: [tender], every: 12h}"
    other = Life(small(MOVE, tender, flags=[SIGN], id_="other", observe=TENDER), others=(one,)).episode
    return one, other


def meant(act: Act, episodes: tuple[Episode, ...] | None = None) -> list[tuple[str, Act]] | str:
    takers = addressed(tuple((each, act) for each in episodes or two()), ONSET + MINUTE)
    if isinstance(takers, Refused):
        return str(getattr(takers.reason, "name", ""))
    return [(episode.id, part) for episode, part in takers]


def test_answers_go_to_those_that_ask_for_them() -> None:
    assert meant(AnswerCheckIn({"tender": "3"})) == [("other-1", AnswerCheckIn({"tender": "3"}))]
    both = AnswerCheckIn({"pain": "4", "tender": "3"})
    assert meant(both) == [("one-1", AnswerCheckIn({"pain": "4"})), ("other-1", both)]


def test_answers_that_nobody_asks_for_are_refused_whole() -> None:
    act = AnswerCheckIn({"pain": "4", "mood": "3"})
    assert meant(act) == [("one-1", act)]
    assert meant(AnswerCheckIn({})) == [("one-1", AnswerCheckIn({}))]


def test_what_is_screened_and_ticked_goes_to_those_that_ask() -> None:
    strain, point = Life(shipped("strain")).episode, Life(shipped("trigger-point")).episode
    tick = TickItems({"gluteus-minimus": "yes"})
    assert meant(tick, (strain, point)) == [("trigger-point-1", tick)]
    screen = AnswerScreening({"raynaud": "yes"})
    assert meant(screen, (strain, point)) == [("strain-1", screen), ("trigger-point-1", screen)]


def test_a_professional_goes_with_what_they_agreed_to() -> None:
    act = AnswerScreening({"diabetes": "agreed", "fever": "no"}, by="Dr. Meyer", on=date(2026, 11, 23))
    assert act.to(["fever"]) == AnswerScreening({"fever": "no"})
    assert act.to(["diabetes"]) == AnswerScreening(
        {"diabetes": "agreed"}, by="Dr. Meyer", on=date(2026, 11, 23)
    )
    nothing_agreed = AnswerScreening({"diabetes": "yes", "fever": "no"}, by="Dr. Meyer")
    assert nothing_agreed.to(["fever"]).by == "Dr. Meyer", "which is refused"


def test_a_sign_goes_to_all_that_know_it() -> None:
    assert meant(RaiseFlag("hot")) == [("one-1", RaiseFlag("hot")), ("other-1", RaiseFlag("hot"))]
    assert meant(RaiseFlag("cold")) == [("one-1", RaiseFlag("cold"))]
    one, other = two()
    life = Life(one.pinned)
    life.do(RaiseFlag("hot"))
    clear = ClearFlag("hot", because="seen")
    assert meant(clear, (other, life.episode)) == [("one-1", clear)]


def test_an_activity_is_of_the_one_that_has_it() -> None:
    assert meant(Begin("move")) == [("other-1", Begin("move"))]
    assert meant(Begin("cold")) == [("one-1", Begin("cold"))]
    assert meant(End()) == [("one-1", End())], "the session that is on"


def test_an_evening_is_put_off_in_all_that_can_put_it_off() -> None:
    act = StayUp(time(23, 45))
    one, other = two()
    assert meant(act, (one, other)) == [("one-1", act), ("other-1", act)]
    late = Life(one.pinned)
    late.do(act)
    assert meant(act, (late.episode, other)) == [("other-1", act)]


def test_harm_is_of_the_one_whose_session_is_on_or_was_last() -> None:
    harm = "{id: skin, ask: White?, level: urgent, say: Do not rub., harm: [cold], suspend: [cold]}"
    done, on = (Life(small(ICE, flags=[harm], id_=id_)) for id_ in ("done", "on"))
    assert done.episode.under_way is not None
    assert on.episode.under_way is not None
    done.now = ONSET + MINUTE / 2
    done.accepted(End())
    never = Life(small(ASK, flags=[harm], id_="never")).episode
    for act in (ReportHarm(), ReportHarm("skin")):
        assert meant(act, (never, done.episode, on.episode)) == [("on-1", act)]
        assert meant(act, (never, done.episode)) == [("done-1", act)]


def test_what_two_would_accept_is_refused() -> None:
    assert meant(Stop()) == "which-episode"


def test_what_none_accepts_is_for_the_first() -> None:
    assert meant(Advance()) == [("one-1", Advance())]


def test_an_episode_that_is_over_is_not_meant() -> None:
    one, other = two()
    life = Life(one.pinned)
    life.do(Stop())
    assert meant(Stop(), (life.episode, other)) == [("other-1", Stop())]
    assert meant(Stop(), (life.episode,)) == [("one-1", Stop())]
