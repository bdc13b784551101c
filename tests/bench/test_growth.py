"""How costs grow with what is in the journal, in every run of the tests: ratios of processor time."""

import time
from collections.abc import Callable
from datetime import timedelta

from recovery.engine.facts import Answered, Fact
from recovery.engine.fold import fold
from tests.engine.examples import ASK, ONSET, small, started

TRIES = 5


def least_cpu(work: Callable[[], object]) -> float:
    """Seconds of processor time of the cheapest of some tries: what others do on the machine only adds to it."""
    costs = []
    for _ in range(TRIES):
        began = time.process_time()
        work()
        costs.append(time.process_time() - began)
    return min(costs)


def test_the_cost_of_answers_is_linear() -> None:
    protocol = small(ASK)
    _, opening = started(protocol)

    def answers(count: int) -> list[Fact]:
        return [
            Fact(
                opening.episode,
                ONSET + number * timedelta(minutes=1),
                Answered.of({"values": {"pain": number % 10}}),
                "person",
                seq=number + 2,
            )
            for number in range(count)
        ]

    few, many = [opening, *answers(2_000)], [opening, *answers(16_000)]
    assert least_cpu(lambda: fold(protocol, many)) < 12 * least_cpu(lambda: fold(protocol, few))
