"""Acts of a person with several episodes, who names none of them: for whom each of them is."""

from datetime import timedelta

from recovery.engine.acts import (
    Act,
    Advance,
    AnswerCheckIn,
    AnswerScreening,
    Begin,
    ClearFlag,
    End,
    RaiseFlag,
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
    found = addressed(act, episodes or two(), ONSET + MINUTE)
    if isinstance(found, Refused):
        return str(getattr(found.reason, "name", ""))
    return [(episode.id, part) for episode, part in found]


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
