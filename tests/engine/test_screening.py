"""Screening: what a yes forbids, what an open question withholds, and what becomes of it later."""

from datetime import timedelta

import pytest

from recovery.engine import facts as f
from recovery.engine.acts_reports import AnswerScreening
from recovery.engine.acts_sessions import Begin, End
from recovery.engine.episode import ENDED_EARLY
from recovery.engine.fold import fold
from recovery.engine.gates import Truth, truth
from recovery.protocol.model import RecoveryProtocol
from tests.engine.examples import ASK, ICE, Life, condition, small

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
WRAP = "{id: wrap, kind: hold, of: compression, on: 'On', off: 'Off'}"
REST = "{id: rest, kind: reminder, of: rest, every: 3h, say: Rest}"
WARM_ALONE = """
id: alone
kind: session
of: warm
duration: 20min
at: "12:00"
start: W
end: W
only_if: cold-hives == yes
"""
PAIR = """
id: packs
kind: alternation
at: ["15:00"]
steps:
  - {of: cold, duration: 20min, start: C, end: C}
  - wait: 1h
  - {of: warm, duration: 20min, start: W, end: W}
"""
SCREEN = """
screen:
  - {id: cold-hives, ask: "Hives from cold?", forbid: cold, say: No cold.}
  - {id: vessels, ask: "Poor circulation?", forbid: [cold, compression], say: No packs.}
"""
FRESH = """
screen:
  - {id: torn, ask: "Torn lately?", refuse: true, say: Use rice.}
"""


def screened(*activities: str, top: str = SCREEN, **answers: bool) -> Life:
    protocol = protocol_of(*activities, top=top)
    return Life(protocol, screen={name.replace("_", "-"): yes for name, yes in answers.items()})


def protocol_of(*activities: str, top: str = SCREEN) -> RecoveryProtocol:
    return small(*(activities or (ICE, WRAP, REST, PAIR, WARM_ALONE, ASK)), top=top)


def told(life: Life) -> set[str]:
    return {fact.data["activity"] for fact in life.of(f.Offered)}


def test_all_no_forbids_nothing() -> None:
    life = screened(cold_hives=False, vessels=False).go("Mon 22:00")
    assert told(life) == {"ice", "wrap", "rest", "packs", "ask"}


def test_a_yes_takes_out_what_it_forbids_and_alternations_as_a_whole() -> None:
    life = screened(cold_hives=True, vessels=False).go("Mon 22:00")
    assert told(life) == {"wrap", "rest", "alone", "ask"}
    assert [a.id for a in life.episode.pinned.phases[0].activities][:4] == ["ice", "wrap", "rest", "packs"]
    assert life.refused(Begin("ice")).reason.startswith("Ice is left out, because of cold-hives: No cold.")
    assert life.of(f.Withheld) == []


def test_an_open_question_withholds_what_it_may_forbid_and_says_so() -> None:
    life = screened(cold_hives=False).go("Mon 14:00")
    assert told(life) == {"rest", "ask"}
    (withheld,) = life.of(f.Withheld, "ice")
    assert withheld.data["reason"] == "a question is open: Poor circulation? recovery screen answers it"
    assert "a question is open" in life.refused(Begin("ice")).reason


def test_an_open_question_that_may_refuse_withholds_everything() -> None:
    life = screened(ICE, WRAP, REST, top=FRESH).go("Mon 20:00")
    assert told(life) == set()
    assert {fact.data["activity"] for fact in life.of(f.Withheld)} == {"ice", "rest"}
    life.accepted(AnswerScreening({"torn": "no"}))
    assert told(life) == {"ice", "wrap"}
    life.go("Mon 22:30")
    assert life.times(f.Offered, "rest") == ["Mon 22:00"], "on its grid again, and nothing is caught up"


def test_a_yes_that_refuses_stops_the_episode_and_says_why() -> None:
    life = screened(ICE, WRAP, top=FRESH, torn=False).go("Mon 07:10")
    assert life.accepted(AnswerScreening({"torn": "yes"})) == "small-1 is stopped: Use rice."
    assert life.episode.state == ENDED_EARLY
    life.go("Mon 08:00")
    assert life.times(f.Ended) == ["Mon 07:20"]
    assert life.cues("off") == [("Mon 07:10", "Wrap")]


def test_a_later_no_frees_what_was_withheld() -> None:
    life = screened(cold_hives=False).go("Mon 14:05")
    assert life.accepted(AnswerScreening({"vessels": "no"})) == "Noted: vessels no."
    assert life.times(f.Offered, "ice") == ["Mon 14:05"]
    assert life.times(f.Offered, "wrap") == ["Mon 14:05"]
    assert [fact.data["occurrence"] for fact in life.of(f.Missed, "ice")] == []


def test_a_later_yes_takes_out_what_was_in() -> None:
    life = screened(cold_hives=False, vessels=False).go("Mon 14:00")
    assert life.accepted(AnswerScreening({"cold-hives": "yes"})) == (
        "Noted: cold-hives yes. No cold. Ice is on: end it now, recovery end."
    )
    count = len(life.of(f.Offered, "ice"))
    life.go("Mon 22:00")
    assert len(life.of(f.Offered, "ice")) == count
    assert "packs" not in told(life)


def test_a_session_that_is_on_when_it_is_forbidden_still_ends() -> None:
    life = screened(cold_hives=False, vessels=False).go("Mon 07:05")
    life.accepted(AnswerScreening({"cold-hives": "yes"}))
    life.go("Mon 08:00")
    assert life.times(f.Ended, "ice") == ["Mon 07:20"]
    assert life.accepted(End("ice")).startswith("Ice ended")


def test_what_is_on_comes_off_when_it_is_forbidden() -> None:
    life = screened(cold_hives=False, vessels=False).go("Mon 12:00")
    life.accepted(AnswerScreening({"vessels": "yes"}))
    assert life.cues("off") == [("Mon 12:00", "Wrap")]
    assert life.cues("on") == [("Mon 07:00", "Wrap")]


def test_a_yes_that_becomes_a_no_brings_back_what_it_forbade() -> None:
    life = screened(cold_hives=True, vessels=False).go("Mon 14:00")
    life.accepted(AnswerScreening({"cold-hives": "no"}))
    assert life.times(f.Offered, "ice") == ["Mon 14:00"]
    assert "alone" not in [a.id for a in life.episode.phase.activities]


def test_gaps_reach_over_a_change_of_answers() -> None:
    protocol = small(ICE, WARM_ALONE, limits=["{id: gap, of: cold, gap: 6h, to: warm}"], top=SCREEN)
    life = Life(protocol).go("Mon 11:00")
    life.accepted(AnswerScreening({"cold-hives": "yes"}))
    life.go("Mon 20:00")
    assert life.times(f.Offered, "alone") == ["Mon 15:40"]


def test_several_answers_at_once() -> None:
    life = screened().go("Mon 08:00")
    assert life.accepted(AnswerScreening({"cold-hives": "yes", "vessels": "no"})) == (
        "Noted: cold-hives yes, vessels no. No cold."
    )
    assert life.episode.screened == {"cold-hives": True, "vessels": False}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"raynaud": "yes"}, "no screening question 'raynaud'; this protocol asks for cold-hives, vessels"),
        ({"vessels": "maybe"}, "vessels is yes or no, not 'maybe'"),
        ({}, "nothing was answered"),
    ],
)
def test_what_is_no_answer_is_refused(values: dict[str, str], words: str) -> None:
    assert screened().refused(AnswerScreening(values)).reason == words


def test_without_questions_there_is_nothing_to_answer() -> None:
    assert "asks for nothing" in Life(small(ICE)).refused(AnswerScreening({"x": "no"})).reason


def test_conditions_know_the_answers() -> None:
    protocol = small(
        ASK,
        "{id: say, kind: reminder, of: rest, at: '12:00', say: X, only_if: {any: [vessels == yes, pain >= 5]}}",
        top=SCREEN,
    )
    assert [a.id for a in Life(protocol).episode.phase.activities] == ["ask", "say"]
    life = Life(protocol, screen={}).go("Mon 12:30")
    assert life.of(f.Withheld, "say")[0].data["reason"].startswith("it is not known whether")
    life.accepted(AnswerScreening({"vessels": "yes"}))
    assert life.times(f.Offered, "say") == ["Mon 12:30"]
    assert truth(condition("pain <= 3"), life.episode, life.now) is Truth.UNKNOWN


def test_an_answer_can_be_taken_back() -> None:
    life = screened(cold_hives=False, vessels=False).go("Mon 08:00")
    life.accepted(AnswerScreening({"cold-hives": "yes"}))
    life.undo(life.of(f.Screened)[0].seq)
    assert life.episode.screened["cold-hives"] is False
    assert "ice" in [a.id for a in life.episode.phase.activities]


def test_folding_the_journal_gives_the_same_episode() -> None:
    life = screened(cold_hives=False).go("Mon 14:00")
    life.accepted(AnswerScreening({"vessels": "yes"}))
    life.go("Tue 09:00").accepted(AnswerScreening({"vessels": "no", "cold-hives": "yes"}))
    life.go("Wed 09:00")
    assert fold(life.episode.pinned, life.facts) == life.episode


def test_a_question_of_one_episode_does_not_stop_another() -> None:
    one = screened()
    other = Life(small(ICE, id_="other"), others=(one.episode,)).go("Mon 08:00")
    assert told(other) == {"ice"}
