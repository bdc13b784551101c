"""Tests of a change: does the new value let more through than the old one?

Each takes the old value and the new one. Nothing (None, an empty text) is no bound at all.
"""

from collections.abc import Iterator
from typing import Any

from recovery.protocol.terms import LEVELS, MAY_PASS, Anchor, Duration, Range


def is_nothing(value: Any) -> bool:
    """Tell if a value says nothing: it is left out, false or empty."""
    return value is None or value is False or value in ("", (), Duration()) or value == {}


def if_gone(old: Any, new: Any) -> bool:
    return not is_nothing(old) and is_nothing(new)


def if_new(old: Any, new: Any) -> bool:
    return is_nothing(old) and not is_nothing(new)


def if_more(old: Any, new: Any) -> bool:
    """Longer, later or more often; or no longer bounded at all."""
    if is_nothing(new) or is_nothing(old):
        return not is_nothing(old)
    return any(a is not None and b is not None and b > a for a, b in _sizes(old, new))


def if_less(old: Any, new: Any) -> bool:
    """Shorter or earlier; or no longer asked for at all."""
    if is_nothing(new) or is_nothing(old):
        return not is_nothing(old)
    return any(a is not None and b is not None and b < a for a, b in _sizes(old, new))


def if_fewer(old: Any, new: Any) -> bool:
    return not {*old} <= {*new}


def if_narrower(old: Any, new: Any) -> bool:
    """Fewer places to hold in, where naming none means everywhere."""
    return bool(new) and (not old or not {*old} <= {*new})


def if_lower(old: Any, new: Any) -> bool:
    return old in LEVELS and new in LEVELS and LEVELS.index(new) < LEVELS.index(old)


def if_in_more_hands(old: Any, new: Any) -> bool:
    return old in MAY_PASS and new in MAY_PASS and MAY_PASS.index(new) > MAY_PASS.index(old)


def if_sooner(old: Any, new: Any) -> bool:
    """A range that begins sooner."""
    return isinstance(old, Range) and isinstance(new, Range) and if_less(old.least, new.least)


def _sizes(old: Any, new: Any) -> Iterator[tuple[float | None, float | None]]:
    """Two values as numbers to compare; None where they cannot be compared."""
    if isinstance(old, Range) and isinstance(new, Range):
        yield old.least.about_seconds, new.least.about_seconds
        yield old.most.about_seconds, new.most.about_seconds
    elif isinstance(old, Anchor) and isinstance(new, Anchor):
        if old.origin == new.origin:
            yield old.offset.about_seconds, new.offset.about_seconds
    else:
        yield _size(old), _size(new)


def _size(value: Any) -> float | None:
    match value:
        case Duration():
            return value.about_seconds
        case int():
            return value
    return None
