"""The floor of the language as limits, so that it binds what a file does not say, and every command.

The ordinary limits of a compiled protocol are those of its file. Those made here join them wherever the file has
none that is as strict at all times. Where a professional answers for the file, its own word holds instead of each
number that it is less strict than; what it leaves unsaid binds there, too.
"""

from collections.abc import Iterator
from typing import Any

from recovery.protocol import floor
from recovery.protocol.floor import Bound
from recovery.protocol.lint.floor import check_floor, is_looked_at, is_short, sessions
from recovery.protocol.lint.walk import modalities
from recovery.protocol.model import Limit, RecoveryProtocol
from recovery.protocol.terms import Anchor, Duration
from recovery.values import replace


def with_floor(protocol: RecoveryProtocol) -> RecoveryProtocol:
    """A protocol that is bound by the floor. `lint` looks at it before: what a file says itself is its own."""
    return replace(protocol, floor=tuple(_limits(protocol)))


def _limits(protocol: RecoveryProtocol) -> Iterator[Limit]:
    answered = _answered_for(protocol)
    done = sessions(protocol)
    for bound, limit in _bounds(protocol):
        if bound.of in done and not (_key(bound) in answered or _is_said(protocol, limit)):
            yield limit


def _key(bound: Bound) -> tuple[str, str, tuple[str, ...]]:
    return bound.of, bound.what, bound.to


def _answered_for(protocol: RecoveryProtocol) -> set[tuple[str, str, tuple[str, ...]]]:
    """The numbers that the file is less strict than on a professional's word."""
    if protocol.responsible is None:
        return set()
    return {_key(finding.bound) for finding in check_floor(protocol, {}) if finding.bound is not None}


def _bounds(protocol: RecoveryProtocol) -> Iterator[tuple[Bound, Limit]]:
    """Every number of the floor with the limit that says it."""
    for bound in floor.LONGEST.values():
        yield bound, _limit(bound, "longest", longest=_length(bound))
    comes_back_soon = is_short(protocol)
    for whole in floor.WAITS:
        for other in whole.to:
            bound = replace(whole, to=(other,))
            if comes_back_soon and (bound.of, other) == ("cold", "cold"):
                bound = replace(floor.SHORT_WAIT, to=(other,))
            yield bound, _limit(bound, f"to-{other}", gap=_length(bound), to=(other,))
    for bound in floor.A_DAY.values():
        together = floor.HOUR if comes_back_soon and bound.of == floor.IN_A_ROUND.of else None
        yield bound, _limit(bound, "a-day", most_per_day=int(bound.amount), together=together)
    if comes_back_soon:
        bound = floor.IN_A_ROUND
        yield bound, _limit(bound, "round", longest=_length(bound), together=floor.HOUR)
    if "onset" in protocol.inputs:
        for bound in floor.EARLIEST.values():
            yield bound, _limit(bound, "not-before", not_before=Anchor("injury", _length(bound)))
        yield from _latest(protocol)


def _latest(protocol: RecoveryProtocol) -> Iterator[tuple[Bound, Limit]]:
    """Cold ends in the phases that have it and do not look at the state first, where the file does not say so."""
    bound = floor.LATEST
    limit = _limit(bound, "not-after", not_after=Anchor("injury", _length(bound)))
    open_ = [
        phase.id
        for phase in protocol.phases
        if bound.of in modalities(phase)
        and not is_looked_at(protocol, phase)
        and not any(phase.id in own.during and _is_as_strict(own, limit) for own in protocol.limits)
    ]
    if open_:
        yield bound, replace(limit, during=tuple(open_))


def _length(bound: Bound) -> Duration:
    assert isinstance(bound.number, Duration)
    return bound.number


def _limit(bound: Bound, name: str, **says: Any) -> Limit:
    return Limit(id=f"floor-{bound.of}-{name}", of=(bound.of,), floor=bound.source, **says)


# What a file says itself ------------------------------------------------------------------------


def _is_said(protocol: RecoveryProtocol, limit: Limit) -> bool:
    """Tell if a limit of the file that always binds is as strict."""
    return any(not own.during and _is_as_strict(own, limit) for own in protocol.limits)


def _is_as_strict(own: Limit, limit: Limit) -> bool:
    if not {*limit.of} <= {*own.of}:
        return False
    if limit.gap is not None:
        return {*limit.to} <= {*own.to} and _is_as_long(own.gap, limit.gap)
    if limit.longest is not None and limit.together is None:
        return own.longest is not None and _is_as_long(limit.longest, own.longest)
    if limit.most_per_day is not None:
        return own.most_per_day is not None and own.most_per_day <= limit.most_per_day
    if limit.not_before is not None:
        return _is_as_late(own.not_before, limit.not_before)
    if limit.not_after is not None:
        return _is_as_late(limit.not_after, own.not_after)
    return False


def _is_as_long(one: Duration | None, other: Duration) -> bool:
    return one is not None and one.about_seconds >= other.about_seconds


def _is_as_late(one: Anchor | None, other: Anchor | None) -> bool:
    """Tell if an instant after the injury is not before another."""
    if one is None or other is None or not one.origin == other.origin == "injury":
        return False
    return _is_as_long(one.offset, other.offset)
