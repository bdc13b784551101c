"""The lint rule that holds numbers against their sources: a number is one that its sources give.

It speaks only where all sources of a field say which numbers they give. A default of the project's own (`own`) may
be any number, and so may one from a source of which nobody has written down what it says.
"""

import re
from collections.abc import Iterator, Mapping

from recovery.language import _
from recovery.protocol.conditions import parse_condition_text
from recovery.protocol.durations import parse_duration
from recovery.protocol.lint.walk import Finding, Path, activities, gates
from recovery.protocol.model import (
    AnyActivity,
    Every,
    Limit,
    Once,
    PerDay,
    PerWeek,
    Phase,
    RecoveryProtocol,
    Source,
    Timed,
    Treatment,
)
from recovery.protocol.problems import Places, name_list
from recovery.protocol.terms import (
    Anchor,
    Cites,
    Condition,
    Duration,
    Range,
    TableRef,
    comparisons,
    number_and_use,
)

_EVERYWHERE = "all"
Number = float | Duration
Numbers = Mapping[str, tuple[Number, ...]]
"""The numbers of an item, by the field that they stand in."""
Claims = Mapping[str, tuple[Number | str, ...]]
"""The same with comparisons of words, as they are written: `grade == III`."""


def check_numbers(protocol: RecoveryProtocol, places: Places) -> Iterator[Finding]:
    for path, cites, claims in _claimed(protocol):
        for field, values in claims.items():
            if not values or ((*path, field) not in places and field not in ("duration", "wait")):
                continue
            refs = cites.get(field, cites.get("", ()))
            said = _said(refs, protocol.sources)
            if said is None:
                continue
            where = (*path, field)
            wrong = [value for value in values if not any(_gives(one, field, value) for one in said)]
            for value in wrong:
                message = (
                    _("none of the sources of {field!r} gives this comparison", field=field)
                    if isinstance(value, str)
                    else _("none of the sources of {field!r} gives this number", field=field)
                )
                expected = (
                    _("one of {names}", names=name_list(said))
                    if said
                    else _("a source that gives it, or own")
                )
                yield Finding("number-not-in-source", where, message, expected, _shown(value))
            for ref in () if wrong else refs:
                gives = _said((ref,), protocol.sources) or []
                if not any(_gives(one, field, value) for one in gives for value in values):
                    message = _(
                        "the source {ref!r} gives nothing that stands in {field!r}", ref=ref, field=field
                    )
                    expected = (
                        _("one of {names}", names=name_list(gives)) if gives else _("another source or place")
                    )
                    yield Finding("number-not-in-source", where, message, expected)
    yield from _tables(protocol)


def _said(refs: tuple[str, ...], sources: Mapping[str, Source]) -> list[str] | None:
    """The numbers that sources give at the places referred to; None where anything may be in one of them."""
    found: list[str] = []
    for ref in refs:
        name, _colon, place = ref.partition(":")
        source = sources.get(name)
        if source is None or not source.says:
            return None
        places = (place, _EVERYWHERE) if place else tuple(source.says)
        for one in places:
            found += source.says.get(one, ())
    return found if refs else None


def _gives(said: str, field: str, value: Number | str) -> bool:
    """Tell if what a source says is this number, or this comparison, for such a field."""
    if re.match("[a-z]", said):
        return value == str(parse_condition_text(said))
    number, fields = number_and_use(said)
    if isinstance(value, str) or (fields and field not in fields):
        return False
    return _is_within(value, *_ends(number))


def _tables(protocol: RecoveryProtocol) -> Iterator[Finding]:
    """Check that a number from a table cites only sources of that table. Skip this if no source says its numbers."""
    if not any(source.says for source in protocol.sources.values()):
        return
    for path, cites, field, name in _refs(protocol):
        table = protocol.tables.get(name)
        if table is None or not table.cites:
            continue
        known = {ref for refs in table.cites.values() for ref in refs}
        for ref in cites.get(field, cites.get("", ())):
            if ref not in known:
                message = _("the table {name!r} does not have the source {ref!r}", name=name, ref=ref)
                expected = _("of {names}", names=name_list(sorted(known)))
                yield Finding("number-not-in-source", (*path, field), message, expected)


def _refs(protocol: RecoveryProtocol) -> Iterator[tuple[Path, Cites, str, str]]:
    if protocol.healing is not None:
        yield ("healing",), protocol.healing.cites, "table", protocol.healing.table
    for phase in protocol.phases:
        path: Path = ("phases", phase.id)
        for field, length in (("min", phase.least), ("max", phase.most)):
            if isinstance(length, TableRef):
                yield path, phase.cites, field, length.table
        for rung in phase.ladder:
            if isinstance(rung.least, TableRef):
                yield (*path, "steps", rung.id), rung.cites, "min", rung.least.table


def _ends(said: str) -> tuple[Number, Number]:
    """The least and the most of what a source gives."""
    least, _dots, most = said.partition("..")
    return _number(least.strip()), _number((most or least).strip())


def _number(text: str) -> Number:
    return float(text) if text.replace(".", "", 1).isdigit() else parse_duration(text)


def _is_within(value: Number, least: Number, most: Number) -> bool:
    if isinstance(value, Duration) and isinstance(least, Duration) and isinstance(most, Duration):
        return least.about_seconds <= value.about_seconds <= most.about_seconds
    if isinstance(value, float) and isinstance(least, float) and isinstance(most, float):
        return least <= value <= most
    return False


def _shown(value: Number | str) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


# What stands where --------------------------------------------------------------------------------


def _claimed(protocol: RecoveryProtocol) -> Iterator[tuple[Path, Cites, Claims]]:
    """All that a source may be asked to give: numbers, scales, and what is told by a word."""
    words: dict[Path, dict[str, tuple[str, ...]]] = {}
    for gate in gates(protocol):
        told = tuple(str(one) for one in comparisons(gate.condition) if isinstance(one.value, str))
        words.setdefault(gate.path[:-1], {})[gate.path[-1]] = told
    for path, cites, numbers in numbered(protocol):
        told_here = words.get(path, {})
        fields = {**numbers, **told_here}
        yield path, cites, {field: (*numbers.get(field, ()), *told_here.get(field, ())) for field in fields}
    for asked in protocol.observations.values():
        scale = tuple(float(end) for end in (asked.least, asked.most) if end)
        yield ("observe", asked.id), asked.cites, {"scale": scale, "fresh": _length(asked.fresh)}
    for one in protocol.assessment.questions if protocol.assessment else ():
        yield ("assess", "questions", one.id), one.cites, {"grade": (f"grade == {one.grade}",)}


def numbered(protocol: RecoveryProtocol) -> Iterator[tuple[Path, Cites, Numbers]]:
    for limit in protocol.limits:
        yield ("limits", limit.id), limit.cites, _of_limit(limit)
    for table in protocol.tables.values():
        rows = {grade: _range(row) for grade, row in table.rows.items()}
        yield ("tables", table.id), table.cites, rows
    for flag in protocol.red_flags:
        yield ("red_flags", flag.id), flag.cites, {"when": _condition(flag.when)}
    for phase in protocol.phases:
        path: Path = ("phases", phase.id)
        yield path, phase.cites, _of_phase(phase)
        if phase.back_to is not None:
            numbers = {"when": _condition(phase.back_to.when)}
            yield (*path, "back_to"), phase.back_to.cites, numbers
        for rung in phase.ladder:
            yield (*path, "steps", rung.id), rung.cites, {"min": _stated(rung.least)}
    for path, _phase, activity in activities(protocol):
        yield path, activity.cites, _of_activity(activity)


def _of_limit(limit: Limit) -> Numbers:
    return {
        "longest": _stated(limit.longest),
        "gap": _stated(limit.gap),
        "not_before": _stated(limit.not_before),
        "not_after": _stated(limit.not_after),
        "most_per_day": () if limit.most_per_day is None else (float(limit.most_per_day),),
        "needs": _condition(limit.needs),
    }


def _of_phase(phase: Phase) -> Numbers:
    return {
        "min": _stated(phase.least),
        "max": _stated(phase.most),
        "enter_when": _condition(phase.enter_when),
        "leave_when": _condition(phase.leave_when),
        "climb_when": _condition(phase.climb_when),
        "step_back_when": _condition(phase.step_back_when),
    }


def _of_activity(activity: AnyActivity) -> Numbers:
    numbers: dict[str, tuple[Number, ...]] = {
        "begins": _anchor(activity.begins),
        "until": _anchor(activity.until),
        "only_if": _condition(activity.only_if),
    }
    if isinstance(activity, Treatment):
        numbers["duration"] = tuple(number for step in activity.steps for number in _range(step.duration))
        numbers["wait"] = tuple(step.wait for step in activity.steps if step.wait.seconds)
    if isinstance(activity, Timed):
        match activity.cadence:
            case Every(interval):
                numbers["every"] = _range(interval)
            case PerDay(least, most):
                numbers["per_day"] = (float(least), float(most))
            case PerWeek(count=count):
                numbers["per_week"] = (float(count),)
            case Once(after):
                numbers["once"] = _anchor(after)
    return numbers


def _range(row: Range) -> tuple[Number, ...]:
    return (row.least, row.most)


def _length(length: Duration | TableRef | None) -> tuple[Number, ...]:
    return (length,) if isinstance(length, Duration) and length != Duration() else ()


def _stated(length: Duration | TableRef | Anchor | None) -> tuple[Number, ...]:
    """The same with a length of nothing: where it is written it is a number like any other."""
    length = length.offset if isinstance(length, Anchor) else length
    return (length,) if isinstance(length, Duration) else ()


def _anchor(anchor: Anchor | None) -> tuple[Number, ...]:
    return () if anchor is None else _length(anchor.offset)


def _condition(condition: Condition | None) -> tuple[Number, ...]:
    """Its numbers but for zero: that something is gone needs no source."""
    return tuple(
        one.value for one in comparisons(condition) if isinstance(one.value, float | Duration) and one.value
    )
