"""Conditions that nothing can ever make true, such as `pain <= 1` and `pain >= 5` together."""

import operator
from collections.abc import Callable, Iterator, Mapping
from itertools import islice, product
from typing import Any

from recovery.protocol.model import Observation
from recovery.protocol.terms import (
    GRADES,
    ORIGINS,
    SIDES,
    All,
    AnyOf,
    Comparison,
    Condition,
    Duration,
    Not,
)

_MOST_WAYS = 256

_TESTS: dict[str, Callable[[Any, Any], Any]] = {
    "<=": operator.le,
    "<": operator.lt,
    ">=": operator.ge,
    ">": operator.gt,
    "==": operator.eq,
    "!=": operator.ne,
}
_OPPOSITE = {"<=": ">", "<": ">=", ">=": "<", ">": "<=", "==": "!=", "!=": "=="}

_Literal = tuple[Comparison, bool]
"""A comparison, and whether it has to be true."""


def is_contradictory(condition: Condition, observations: Mapping[str, Observation]) -> bool:
    """Tell if it can never be true. In doubt (a condition of very many ways) it is said to be possible."""
    ways = list(islice(_ways(condition, True), _MOST_WAYS + 1))
    return len(ways) <= _MOST_WAYS and not any(_is_possible(way, observations) for way in ways)


def is_always_true(comparison: Comparison, observations: Mapping[str, Observation]) -> bool:
    """Tell if every answer makes it true. Of trends that is never said."""
    return comparison.test in _TESTS and is_contradictory(Not(comparison), observations)


def _ways(condition: Condition, wanted: bool) -> Iterator[tuple[_Literal, ...]]:
    """The sets of comparisons that would make a condition true (or false), one after the other."""
    match condition:
        case Comparison():
            yield ((condition, wanted),)
        case Not(part):
            yield from _ways(part, not wanted)
        case All(parts) | AnyOf(parts):
            if isinstance(condition, All) == wanted:
                limited = [list(islice(_ways(part, wanted), _MOST_WAYS + 1)) for part in parts]
                for combination in product(*limited):
                    yield tuple(literal for way in combination for literal in way)
            else:
                for part in parts:
                    yield from _ways(part, wanted)


def _is_possible(way: tuple[_Literal, ...], observations: Mapping[str, Observation]) -> bool:
    by_subject: dict[str, list[_Literal]] = {}
    for literal in way:
        by_subject.setdefault(literal[0].subject, []).append(literal)
    return all(_can_hold(subject, literals, observations) for subject, literals in by_subject.items())


def _can_hold(subject: str, literals: list[_Literal], observations: Mapping[str, Observation]) -> bool:
    trends = {
        (literal.test, literal.value, literal.reference, wanted)
        for literal, wanted in literals
        if literal.test not in _TESTS
    }
    if any((*trend, not wanted) in trends for *trend, wanted in trends):
        return False
    tests = [(x.test if wanted else _OPPOSITE[x.test], x.value) for x, wanted in literals if x.test in _TESTS]
    if subject in ORIGINS:
        return _times_can_hold(tests)
    values = _values(subject, observations)
    return values is None or any(all(_holds(test, value, limit) for test, limit in tests) for value in values)


def _values(subject: str, observations: Mapping[str, Observation]) -> tuple[str, ...] | range | None:
    if subject == "grade":
        return GRADES
    if subject == "side":
        return SIDES
    asked = observations.get(subject)
    if asked is None:
        return None
    return asked.choices or range(asked.least, asked.most + 1)


def _holds(test: str, value: Any, limit: Any) -> bool:
    """Values that cannot be compared are another rule's business."""
    if isinstance(value, str) != isinstance(limit, str):
        return True
    return bool(_TESTS[test](value, limit))


def _times_can_hold(tests: list[tuple[str, Any]]) -> bool:
    seconds = [(test, value.about_seconds) for test, value in tests if isinstance(value, Duration)]
    least = max((value for test, value in seconds if test in (">=", ">")), default=0.0)
    most = min((value for test, value in seconds if test in ("<=", "<")), default=float("inf"))
    return least < most or (
        least == most and all(test in (">=", "<=") for test, value in seconds if value == least)
    )
