"""A test at a terminal: one side after the other, with a timer for what is held."""

import select
import sys

from recovery import clock
from recovery.language import _
from recovery.protocol.model import GuidedTest, Observation
from recovery.protocol.terms import SIDES, parse_duration


def read_result(text: str) -> int:
    """Read repetitions, or how long it was held, as seconds: 12, 25s. Raises `ValueError`."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else parse_duration(text).seconds


def guided(observation: Observation, how: str, injured: str | None) -> str:
    """Guide a person at a terminal through a test: the results of both sides, as an answer is typed."""
    test = observation.test
    assert test is not None
    print(f"{observation.title[:1].upper()}{observation.title[1:]}. {how}")
    # The good side goes first, and shows what is to be compared with.
    order = sorted(SIDES, key=lambda side: side == injured)
    results = {side: _one_side(side, test) for side in order if side in ("left", "right")}
    return f"{results['left']}/{results['right']}"


def _one_side(side: str, test: GuidedTest) -> int:
    """Take one side's result: repetitions as they are counted, or seconds until Enter or the end."""
    called = _("Left side") if side == "left" else _("Right side")
    if test.held is None:
        return _counted(_("{side}: how many, {most} at the most?", side=called, most=test.most))
    _typed(_("{side}: Enter begins, Enter again ends.", side=called))
    began = clock.monotonic()
    passed = 0
    while passed < test.most:
        print(f"\r{passed:>3} s", end="", flush=True)
        if select.select([sys.stdin], [], [], 1 - (clock.monotonic() - began) % 1)[0]:
            sys.stdin.readline()
            break
        passed = int(clock.monotonic() - began)
    passed = min(test.most, int(clock.monotonic() - began))
    print("\r" + _("{side}: {count} s", side=called, count=passed))
    return passed


def _counted(question: str) -> int:
    while True:
        try:
            return read_result(_typed(question))
        except ValueError as error:
            print(error)


def _typed(question: str) -> str:
    try:
        return input(f"{question} ").strip()
    except EOFError:
        raise KeyboardInterrupt from None  # whoever leaves has done no test
