"""What is asked after exercises, and what a ladder makes of the answers."""

from recovery.engine import facts as f
from recovery.engine.acts import Begin, End, MarkDone
from recovery.engine.gates import Truth, step_needs
from recovery.engine.questions import asked_about_session, asked_now
from tests.engine.examples import Life, phase_text, small

OBSERVE = """
hurt: {ask: "Pain in it?", scale: 0..10, fresh: 4d}
effort: {ask: "How hard?", scale: 0..10, fresh: 4d}
"""
LOOK = "{id: look, kind: check-in, ask: [pain], at: wake+30min}"
AFTER = "{id: how, kind: check-in, ask: [hurt, effort], after: [one, two, three]}"
MOVE = "{id: ID, kind: session, of: exercise, duration: 10min, at: wake+2h, start: Go, end: Stop}"
LADDER = """
leave_when: pain <= 1
climb_when: [pain <= 3, hurt <= 3, effort <= 6]
step_back_when: hurt > 5
steps:
""" + "".join(
    f"  - {{id: {name}, title: {name.capitalize()}, do: [{MOVE.replace('ID', name)}]}}\n"
    for name in ("one", "two", "three")
)


def loading() -> Life:
    return Life(small(LOOK, AFTER, phase=LADDER, more=[phase_text("last", LOOK)], observe=OBSERVE))


def exercised(life: Life, day: str, activity: str, **answers: int) -> Life:
    """Live through the exercises of a day, from 09:00 to 09:10, and answer what is asked after them."""
    life.go(f"{day} 09:00").accepted(Begin(activity))
    life.go(f"{day} 09:10")
    if answers:
        life.answer(**answers)
    return life


def steps(life: Life) -> list[str]:
    return [
        f"{when} {fact.data['step']}"
        for when, fact in zip(life.times(f.Stepped), life.of(f.Stepped), strict=True)
    ]


# What is asked ------------------------------------------------------------------------------------


def test_the_questions_come_with_the_end_of_the_exercises() -> None:
    life = exercised(loading(), "Mon", "one")
    assert life.times(f.Ended, "one") == life.times(f.Offered, "how") == ["Mon 09:10"]
    assert asked_about_session(life.episode) == ("hurt", "effort")
    life.answer(hurt=2)
    assert asked_about_session(life.episode) == ("effort",)
    life.answer(effort=4)
    assert asked_about_session(life.episode) == ()


def test_they_come_at_once_when_the_exercises_end_early() -> None:
    life = loading().go("Mon 09:00")
    life.accepted(Begin("one"))
    life.go("Mon 09:04").accepted(End("one"))
    assert life.times(f.Offered, "how") == ["Mon 09:04"]


def test_they_are_asked_for_the_rest_of_the_day_once_somebody_says_that_it_was_done() -> None:
    life = loading().go("Mon 15:00")
    assert asked_about_session(life.episode) == (), "nobody knows whether it took place"
    life.accepted(MarkDone("one"))
    assert asked_about_session(life.episode) == ("hurt", "effort")


def test_a_check_in_asks_them_only_while_they_are_open() -> None:
    life = loading().go("Mon 08:00")
    assert asked_now(life.episode) == ("pain",)
    assert asked_now(exercised(life, "Mon", "one").episode) == ("pain", "hurt", "effort")


# What the ladder makes of them --------------------------------------------------------------------


def test_the_next_step_waits_for_the_answers_about_the_last_exercises() -> None:
    life = exercised(loading(), "Mon", "one")
    life.go("Tue 07:30").answer(pain=1)
    assert steps(life) == [], "what is not known leads nowhere"
    unknown = [
        str(need.condition) for need in step_needs(life.episode, life.now) if need.state is Truth.UNKNOWN
    ]
    assert unknown == ["hurt <= 3", "effort <= 6"]
    life.answer(hurt=2, effort=5)
    assert steps(life) == ["Tue 07:30 two"]


def test_yesterday_s_answers_about_exercises_count_with_the_morning_s() -> None:
    life = exercised(loading(), "Mon", "one", hurt=2, effort=5)
    assert steps(life.go("Tue 07:29")) == []
    life.answer(pain=1)
    assert steps(life) == ["Tue 07:29 two"]


def test_exercises_that_hurt_or_are_hard_are_repeated() -> None:
    for hurt, effort in ((4, 3), (2, 7)):
        life = exercised(loading(), "Mon", "one", hurt=hurt, effort=effort)
        life.go("Tue 07:30").answer(pain=1)
        assert steps(life) == []
        exercised(life, "Tue", "one", hurt=2, effort=4)
        assert steps(life) == ["Tue 09:10 two"]


def test_an_answer_about_exercises_before_the_last_ones_says_nothing_of_these() -> None:
    life = exercised(loading(), "Mon", "one", hurt=2, effort=7)
    exercised(life, "Tue", "one")
    life.go("Wed 07:30").answer(pain=1, effort=5)
    assert steps(life) == [], "the pain was told of the exercises of Monday"
    life.answer(hurt=1)
    assert steps(life) == ["Wed 07:30 two"]


def test_pain_above_the_bound_leads_a_step_back_at_once() -> None:
    life = exercised(loading(), "Mon", "one", hurt=1, effort=2)
    life.go("Tue 07:30").answer(pain=1)
    exercised(life, "Wed", "two", hurt=6, effort=5)
    assert steps(life) == ["Tue 07:30 two", "Wed 09:10 one"]
