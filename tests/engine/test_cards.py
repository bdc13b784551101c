"""Exercise sessions: their cards, the questions after them, and the tests of strength."""

from recovery.engine import facts as f
from tests.engine.examples import Life, small

CARDS = """{id: move, kind: session, of: exercise, duration: 10min, at: "09:00", start: Warm up first.,
 end: Stop, stop_if: Stop if it hurts., exercises: [
  {id: bridge, title: Bridge, how: "Lift the {side} hip.", sets: 3, repetitions: 10..15, hold: 5s,
   load: your own weight},
  {id: walk, title: Walk, how: Walk., sets: 1}]}"""


def test_the_note_at_the_start_has_the_exercises_in_short() -> None:
    life = Life(small(CARDS)).go("Tue 09:00")
    said = life.of(f.Offered)[-1].cue.body
    assert said == (
        "Warm up first. Bridge (3 x 10 to 15, hold 5 s, your own weight); Walk (1 round). Stop if it hurts."
    )


def test_an_optional_session_suggests_them_too() -> None:
    life = Life(small(CARDS.replace("kind: session", "kind: session, optional: true"))).go("Tue 09:00")
    assert "Bridge (3 x 10 to 15" in life.of(f.Offered)[-1].cue.body
