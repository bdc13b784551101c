"""The one cost that everybody feels, in every run of the tests; `test_cost.py` has the figures."""

from pathlib import Path

from tests.bench.measuring import MOST_TIMES, PASS, patient, round_robin
from tests.profile import COMMAND

TRIES = 3
"""A busy machine may spoil a run, not three."""


def test_short_commands_are_light(tmp_path: Path) -> None:
    cases = {"python": PASS, "status": [*COMMAND, "status"], "checkin": [*COMMAND, "checkin", "pain=4"]}
    with patient(tmp_path) as person:
        for _ in range(TRIES):
            costs = round_robin(cases, person.environ, rounds=7)
            times = {name: cost / costs["python"] for name, cost in costs.items()}
            if max(times.values()) <= MOST_TIMES:
                return
    raise AssertionError(f"more than {MOST_TIMES:g} times the CPU of starting Python: {times}")
