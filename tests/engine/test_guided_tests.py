"""Tests of what each side can do: their results, what they decide, and when they are asked."""

import pytest

from recovery.engine import facts as f
from recovery.engine.acts import AnswerCheckIn, RaiseFlag
from recovery.engine.questions import asked_now, in_percent, still_needed
from recovery.protocol.model import GuidedTest
from recovery.protocol.terms import parse_duration
from tests.engine.examples import Life, phase_text, small

STANCE = """
stance: {ask: "How long on one leg?", fresh: 8d, test: {how: Stand on one leg, held: 30s}}
lifts: {ask: "How many lifts?", fresh: 8d, test: {how: Lift the leg, repetitions: 20}}
"""
LOOK = "{id: look, kind: check-in, ask: [pain], at: wake+30min}"
TESTS = "{id: tests, kind: check-in, ask: [stance], per_week: 1, at: wake+3h}"
STOP = "{id: stop, ask: Stop?, level: urgent, say: See somebody, suspend: exercise}"


def tried(**more: object) -> Life:
    return Life(
        small(
            LOOK,
            TESTS,
            phase="leave_when: stance >= 90",
            more=[phase_text("last", LOOK)],
            observe=STANCE,
            **more,  # type: ignore[arg-type]  # what `small` takes
        )
    )


HELD = GuidedTest("Stand", held=parse_duration("30s"))


@pytest.mark.parametrize(
    ("left", "right", "side", "percent"),
    [
        (27, 30, "left", 90),
        (26, 30, "left", 86),
        (30, 15, "right", 50),
        (40, 60, "left", 100),
        (30, 20, "left", 100),
        (15, 20, "both", 50),
        (15, 20, None, 50),
        (5, 0, "left", None),
    ],
)
def test_the_injured_side_counts_in_percent_of_the_other_one_and_both_of_the_end(
    left: int, right: int, side: str | None, percent: int | None
) -> None:
    assert in_percent(HELD, left, right, side) == percent


def test_a_result_is_kept_with_what_was_measured_and_opens_a_gate() -> None:
    life = tried().go("Mon 10:00")
    side = life.episode.side
    injured, good = ("29", "30") if side != "right" else ("30", "29")
    life.accepted(AnswerCheckIn({"stance": f"{injured}/{good}"}))
    (answered,) = life.of(f.Answered)
    assert answered.data["measured"] == {"stance": [int(injured), int(good)]}
    assert answered.data["values"]["stance"] >= 90
    assert life.episode.phase.id == "last"


def test_what_is_measured_is_asked_apart_from_what_is_answered() -> None:
    life = tried().go("Mon 10:00")
    assert asked_now(life.episode) == ("pain",)
    assert asked_now(life.episode, tests=True) == ("stance",)
    commands = {each.observation: each.is_test for each in still_needed(life.episode, life.now)}
    assert commands["stance"]
    assert life.of(f.Offered, "tests")[0].data["cue"]["body"]


def test_no_test_is_asked_while_exercise_is_stopped() -> None:
    life = tried(flags=[STOP]).go("Mon 09:00")
    life.accepted(RaiseFlag("stop"))
    life.go("Mon 10:00")
    assert life.of(f.Offered, "tests") == []
    assert life.of(f.Withheld, "tests")
