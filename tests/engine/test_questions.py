"""A check-in that leaves a question of the day open says so, and keeps asking no more than its cadence says."""

from recovery.engine import facts as f
from recovery.engine.acts_course import Pause
from recovery.engine.acts_reports import AnswerCheckIn
from recovery.engine.fold import fold
from recovery.engine.outlook import outlook
from recovery.engine.questions import Question
from recovery.engine.reasons import TodaysExercises
from recovery.engine.turn import Accepted
from tests.engine.examples import ASK, Life, phase_text, small
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


def told(life: Life, **values: object) -> str:
    """All that is told of a check-in."""
    verdict = life.do(AnswerCheckIn({name: str(value) for name, value in values.items()}))
    assert isinstance(verdict, Accepted), verdict
    return " ".join([life.words(verdict.message), *map(life.words, verdict.needed)])


def open_ones(life: Life) -> list[str]:
    return [question.observation for question in outlook(life.episode, life.now).questions]


def test_an_answer_that_leaves_the_days_question_open_says_what_waits_for_it() -> None:
    life = exercises()

    assert told(life, pain=2) == f"Noted: pain 2. {NEEDED}"
    assert life.episode.track("look").is_open
    assert outlook(life.episode, life.now).questions == (
        Question("morning", "look", "Pain on getting up?", (TodaysExercises(),)),
    )

    assert told(life, morning=2) == "Noted: morning 2."
    assert not life.episode.track("look").is_open
    assert open_ones(life) == []
    assert life.go("Tue 10:00").of(f.Offered, "bridge")


def test_a_question_that_nothing_waits_for_may_be_left_unanswered() -> None:
    life = exercises()

    assert told(life, morning=2) == "Noted: morning 2."  # no condition asks for the pain
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

    assert told(life, pain=1) == "Noted: pain 1."


def test_a_gate_and_a_step_tell_what_they_wait_for() -> None:
    life = mornings(Life(ladder()), ("Tue", 2)).go("Wed 07:30")

    assert told(life, pain=2) == (
        "Noted: pain 2. Still needed for the next step: Pain this morning? Type: recovery checkin morning=…"
    )
    gated = small(
        MORNINGS, phase="leave_when: morning <= 1", more=[phase_text("last", MORNINGS)], observe=MORNING
    )
    assert "Still needed for Last: Pain on getting up?" in told(Life(gated).go("Tue 07:30"), pain=1)


def test_a_limit_tells_what_its_sessions_wait_for() -> None:
    limit = "{id: calm, of: cold, needs: morning <= 3}"
    ice = "{id: ice, kind: session, of: cold, duration: 10min, every: 3h, start: On, end: Off}"
    life = Life(small(MORNINGS, ice, observe=MORNING, limits=[limit])).go("Tue 07:30")

    assert "Still needed for Ice: Pain on getting up?" in told(life, pain=1)


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
    assert told(life, pain=1) == f"Noted: pain 1. {NEEDED}"
    assert told(life, morning=1) == "Noted: morning 1."
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
