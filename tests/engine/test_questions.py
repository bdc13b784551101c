"""What a person is asked: at check-ins, which say what is left open, and at the screening, with what follows of it."""

from datetime import date, timedelta

import pytest

from recovery.engine import facts as f
from recovery.engine.acts import AnswerCheckIn, AnswerScreening, Begin, End, Pause
from recovery.engine.episode import ENDED_EARLY
from recovery.engine.fold import fold
from recovery.engine.gates import Truth, truth
from recovery.engine.outlook import outlook
from recovery.engine.questions import Question
from recovery.engine.reasons import TodaysExercises
from recovery.engine.turn import Accepted
from recovery.protocol.model import RecoveryProtocol
from recovery.values import replace
from tests.engine.examples import ASK, ICE, Life, condition, phase_text, small
from tests.engine.test_ladder import ladder, mornings

MORNING = 'morning: {ask: "Pain on getting up?", scale: 0..10, fresh: 24h}'
MORNINGS = "{id: look, kind: check-in, ask: [pain, morning], at: wake+30min}"
EXERCISE = (
    "{id: bridge, kind: session, of: exercise, duration: 10min, at: wake+3h, only_if: morning <= 3,"
    " start: Go, end: Stop}"
)
NEEDED = "Still needed for today's exercises: Pain on getting up? Type: recovery checkin morning=…"


def exercises(*more: str) -> Life:
    """An exercise that the morning decides; both questions are asked at 07:30."""
    return Life(small(MORNINGS, EXERCISE, *more, observe=MORNING)).go("Tue 07:30")


def reply(life: Life, **values: object) -> str:
    """All that is told of a check-in."""
    verdict = life.do(AnswerCheckIn({name: str(value) for name, value in values.items()}))
    assert isinstance(verdict, Accepted), verdict
    return " ".join([life.words(verdict.message), *map(life.words, verdict.needed)])


def open_ones(life: Life) -> list[str]:
    return [question.observation for question in outlook(life.episode, life.now).questions]


def test_an_answer_that_leaves_a_question_open_says_what_waits_for_it() -> None:
    life = exercises()

    assert reply(life, pain=2) == f"Noted: pain 2. {NEEDED}"
    assert life.episode.track("look").is_open
    assert outlook(life.episode, life.now).questions == (
        Question("morning", "look", "Pain on getting up?", (TodaysExercises(),)),
    )

    assert reply(life, morning=2) == "Noted: morning 2."
    assert not life.episode.track("look").is_open
    assert open_ones(life) == []
    assert life.go("Tue 10:00").of(f.Offered, "bridge")


def test_a_question_that_nothing_waits_for_may_be_left_unanswered() -> None:
    life = exercises()

    assert reply(life, morning=2) == "Noted: morning 2."  # no condition asks for the pain
    assert not life.episode.track("look").is_open


def test_an_open_question_is_asked_again_only_when_its_cadence_says_so() -> None:
    life = exercises()
    life.answer(pain=2)

    life.go("Thu 12:00")

    assert life.times(f.Offered, "look")[-3:] == ["Tue 07:30", "Wed 07:30", "Thu 07:30"]
    assert open_ones(life) == ["morning"]


def test_what_was_true_yesterday_leaves_the_question_of_today_open() -> None:
    life = exercises()

    assert life.answer(pain=4, at=life.at("Mon 20:00")) == "Noted: pain 4, yesterday 20:00."
    life.answer(morning=4, at=life.at("Mon 20:00"))

    assert life.episode.track("look").is_open


def test_an_answer_that_still_counts_keeps_nothing_waiting() -> None:
    life = exercises()
    life.answer(pain=1, morning=1)
    life.now = life.at("Tue 20:00")
    life.answer(morning=1)
    life.go("Wed 07:30")

    assert reply(life, pain=1) == "Noted: pain 1."


def test_a_gate_and_a_step_tell_what_they_wait_for() -> None:
    life = mornings(Life(ladder()), ("Tue", 2)).go("Wed 07:30")

    assert reply(life, pain=2) == (
        "Noted: pain 2. Still needed for the next step: Pain this morning? Type: recovery checkin morning=…"
    )
    gated = small(
        MORNINGS, phase="leave_when: morning <= 1", more=[phase_text("last", MORNINGS)], observe=MORNING
    )
    assert "Still needed for Last: Pain on getting up?" in reply(Life(gated).go("Tue 07:30"), pain=1)


def test_a_limit_tells_what_its_sessions_wait_for() -> None:
    limit = "{id: calm, of: cold, needs: morning <= 3}"
    ice = "{id: ice, kind: session, of: cold, duration: 10min, every: 3h, start: On, end: Off}"
    life = Life(small(MORNINGS, ice, observe=MORNING, limits=[limit])).go("Tue 07:30")

    assert "Still needed for Ice: Pain on getting up?" in reply(life, pain=1)


def test_a_fold_of_the_whole_journal_knows_the_same_open_questions() -> None:
    life = exercises()
    life.answer(pain=2)

    assert fold(life.episode.pinned, life.facts).tracks == life.episode.tracks


def test_nothing_is_needed_in_a_pause() -> None:
    life = exercises()
    life.do(Pause())

    assert open_ones(life) == []


def test_a_question_whose_time_passed_before_the_phase_began_is_open() -> None:
    protocol = small(
        ASK,
        phase="min: 26h\nleave_when: pain <= 3",
        more=[phase_text("last", MORNINGS, EXERCISE)],
        observe=MORNING,
    )
    life = Life(protocol).go("Tue 08:00")
    life.answer(pain=1)
    assert open_ones(life) == [], "it is not asked yet"
    life.go("Tue 09:30")

    assert life.episode.phase.id == "last"
    assert life.of(f.Offered, "look") == []
    assert open_ones(life) == ["morning"]
    assert reply(life, pain=1) == f"Noted: pain 1. {NEEDED}"
    assert reply(life, morning=1) == "Noted: morning 1."
    assert open_ones(life) == []


def test_a_question_that_the_machine_slept_through_is_open() -> None:
    life = Life(small(MORNINGS, EXERCISE, observe=MORNING)).sleep("Tue 21:00")

    assert life.of(f.Missed, "look")
    assert open_ones(life) == ["morning"]


def test_a_question_is_not_open_before_its_time_of_the_day() -> None:
    life = exercises()
    life.answer(pain=1, morning=1)
    life.go("Wed 07:20")
    life.now = life.at("Wed 07:29")

    assert open_ones(life) == []


def test_nobody_is_asked_before_it_is_known_whether_it_is_for_them() -> None:
    question = 'screen: [{id: bad, ask: "Bad?", refuse: true, say: No.}]'
    life = Life(small(MORNINGS, EXERCISE, observe=MORNING, top=question), screen={}).go("Tue 08:00")

    assert open_ones(life) == []


# Screening ---------------------------------------------------------------------------------------

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


def offered(life: Life) -> set[str]:
    return {fact.data["activity"] for fact in life.of(f.Offered)}


def test_all_no_forbids_nothing() -> None:
    life = screened(cold_hives=False, vessels=False).go("Mon 22:00")
    assert offered(life) == {"ice", "wrap", "rest", "packs", "ask"}


def test_a_yes_takes_out_what_it_forbids_and_alternations_as_a_whole() -> None:
    life = screened(cold_hives=True, vessels=False).go("Mon 22:00")
    assert offered(life) == {"wrap", "rest", "alone", "ask"}
    assert [a.id for a in life.episode.pinned.phases[0].activities][:4] == ["ice", "wrap", "rest", "packs"]
    assert life.refused(Begin("ice")).reason.startswith("Ice is left out, because of Cold hives: No cold.")
    assert life.of(f.Withheld) == []


def test_an_open_question_withholds_what_it_may_forbid_and_says_so() -> None:
    life = screened(cold_hives=False).go("Mon 14:00")
    assert offered(life) == {"rest", "ask"}
    (withheld,) = life.of(f.Withheld, "ice")
    assert withheld.data["reason"] == "a question is open: Poor circulation? recovery screen answers it"
    assert "a question is open" in life.refused(Begin("ice")).reason


def test_an_open_question_that_may_refuse_withholds_everything() -> None:
    life = screened(ICE, WRAP, REST, top=FRESH).go("Mon 20:00")
    assert offered(life) == set()
    assert {fact.data["activity"] for fact in life.of(f.Withheld)} == {"ice", "rest"}
    life.accepted(AnswerScreening({"torn": "no"}))
    assert offered(life) == {"ice", "wrap"}
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
    assert "packs" not in offered(life)


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
        ({"vessels": "maybe"}, "vessels is yes, no or agreed, not 'maybe'"),
        ({}, "nothing was answered"),
    ],
)
def test_what_is_no_answer_is_refused(values: dict[str, str], words: str) -> None:
    assert screened().refused(AnswerScreening(values)).reason == words


def test_without_questions_there_is_nothing_to_answer() -> None:
    assert "asks for nothing" in Life(small(ICE)).refused(AnswerScreening({"x": "no"})).reason


# With a professional's word ------------------------------------------------------------------------

AGREED = AnswerScreening({"cold-hives": "agreed"}, by="Dr. Meyer", on=date(2026, 11, 20))


def test_what_a_yes_forbids_comes_back_on_a_professionals_word() -> None:
    life = screened(cold_hives=True, vessels=False).go("Mon 14:00")
    assert life.accepted(AGREED) == "Noted: cold-hives agreed. Agreed with Dr. Meyer, 2026-11-20."

    assert life.times(f.Offered, "ice") == ["Mon 14:00"]
    assert "alone" not in [a.id for a in life.episode.phase.activities], "it is for a yes alone"
    assert life.episode.screening("cold-hives") == "agreed"
    (screened_,) = life.of(f.Screened)
    assert screened_.data == {
        "answers": {"cold-hives": True},
        "agreed": {"cold-hives": {"by": "Dr. Meyer", "on": "2026-11-20"}},
    }


def test_another_answer_takes_the_word_away() -> None:
    life = screened(cold_hives=True, vessels=False).go("Mon 14:00")
    life.accepted(AGREED)
    life.accepted(AnswerScreening({"cold-hives": "yes"}))
    assert life.refused(Begin("ice")).reason.startswith(
        "Ice is left out, because of Cold hives: No cold. If a"
    )
    assert life.episode.agreed == {}


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (AnswerScreening({"cold-hives": "agreed"}), "agreed needs the name of the professional: --by"),
        (replace(AGREED, by=" "), "' ' is not a name"),
        (replace(AGREED, on=date(2027, 1, 1)), "a word is given today or earlier"),
        (replace(AGREED, answers={"cold-hives": "no"}), "a name goes with an answer that is agreed"),
        (replace(AGREED, answers={"torn": "agreed"}), "torn is yes or no: nobody's word changes"),
        (replace(AGREED, answers={"pressure": "agreed"}), "pressure is yes or no: nobody's word changes"),
    ],
)
def test_a_word_has_a_name_a_day_and_something_to_be_said_of(act: AnswerScreening, words: str) -> None:
    top = f"""{SCREEN}
  - {{id: torn, ask: "Torn?", refuse: true, level: never, say: Use rice.}}
  - {{id: pressure, ask: "High blood pressure?", level: care, say: Begin with ten minutes.}}"""
    life = screened(ICE, top=top, cold_hives=True).go("Mon 08:00")
    assert life.refused(act).reason.startswith(words)


def test_what_needs_care_is_told_and_forbids_nothing() -> None:
    top = """screen:
  - {id: pressure, ask: "High blood pressure?", level: care, say: Begin with ten minutes.}"""
    life = screened(ICE, top=top).go("Mon 08:00")
    assert offered(life) == {"ice"}, "nothing waits for the answer"
    assert (
        life.accepted(AnswerScreening({"pressure": "yes"})) == "Noted: pressure yes. Begin with ten minutes."
    )
    life.go("Mon 12:00")
    assert len(life.times(f.Offered, "ice")) > 1


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
    waiting = screened()
    other = Life(small(ICE, id_="other"), others=(waiting.episode,)).go("Mon 08:00")
    assert offered(other) == {"ice"}
