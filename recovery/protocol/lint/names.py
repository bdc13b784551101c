"""Lint rules of names and numbers: everything named is there, and every number says where it comes from."""

import re
from collections.abc import Iterator, Mapping

from recovery.language import N_, _
from recovery.protocol.lint.contradictions import is_always_true
from recovery.protocol.lint.persons import texts as texts_of
from recovery.protocol.lint.walk import Finding, Path, activities, compared, gates, subjects
from recovery.protocol.model import (
    Advice,
    AnyActivity,
    CheckIn,
    Checklist,
    Healing,
    Hold,
    Observation,
    RecoveryProtocol,
    Reminder,
    Treatment,
)
from recovery.protocol.problems import Places, did_you_mean, name_list
from recovery.protocol.terms import (
    ORIGINS,
    Cites,
    Comparison,
    TableRef,
)

OWN = "own"

_NAMES_SIDE = N_("the text names the {side}")

_PHASE = ("min", "max", "enter_when", "leave_when", "climb_when", "step_back_when")
_LIMIT = ("longest", "gap", "not_before", "not_after", "most_per_day", "never", "needs")
_ACTIVITY = ("duration", "every", "per_day", "at", "per_week", "once", "after", "begins", "until", "only_if")


def _listed(names: object) -> str:
    words = sorted(str(name) for name in names) if isinstance(names, set | dict | tuple | list) else []
    return _("one of {names}", names=name_list(words)) if words else _("none is defined")


# Sources ------------------------------------------------------------------------------------------


def _cited(protocol: RecoveryProtocol) -> Iterator[tuple[Path, Cites, tuple[str, ...], dict[str, str]]]:
    """Every item with its path, its sources, the fields of it that are numbers or claims, and its texts."""
    for asked in protocol.observations.values():
        yield ("observe", asked.id), asked.cites, ("scale", "fresh"), {}
    for limit in protocol.limits:
        yield ("limits", limit.id), limit.cites, _LIMIT, {"say": limit.say}
    for table in protocol.tables.values():
        yield ("tables", table.id), table.cites, tuple(table.rows), {}
    if protocol.healing is not None:
        late = {"late": protocol.healing.late.say}
        yield ("healing",), protocol.healing.cites, ("table",), late
    for flag in protocol.red_flags:
        yield ("red_flags", flag.id), flag.cites, ("when", "ask", "suspend"), {"say": flag.say}
    for question in protocol.screen:
        yield ("screen", question.id), question.cites, ("ask", "forbid", "refuse"), {"say": question.say}
    for option in protocol.options.values():
        yield ("options", option.id), option.cites, (), {"ask": option.ask}
    for each in protocol.excludes:
        yield ("excludes", each.id), each.cites, (), {"say": each.say}
    if protocol.assessment is not None:
        yield ("assess",), protocol.assessment.cites, ("otherwise", "unsure"), {}
        for one in protocol.assessment.questions:
            yield ("assess", "questions", one.id), one.cites, ("ask",), {}
    for phase in protocol.phases:
        path: Path = ("phases", phase.id)
        at_max = phase.at_most.say if phase.at_most else ""
        yield path, phase.cites, _PHASE, {"at_max": at_max, "goal": phase.goal}
        if phase.back_to is not None:
            yield (*path, "back_to"), phase.back_to.cites, ("when",), {"say": phase.back_to.say}
        for rung in phase.ladder:
            yield (*path, "steps", rung.id), rung.cites, ("min",), {}
    for path, _phase, activity in activities(protocol):
        yield path, activity.cites, _ACTIVITY, _texts(activity)


def _texts(activity: AnyActivity) -> dict[str, str]:
    match activity:
        case Treatment(steps=(step,)):
            return {"start": step.start, "end": step.end, "stop_if": step.stop_if}
        case Treatment(steps=steps):
            return {"steps": " ".join(f"{step.start} {step.end} {step.stop_if}" for step in steps)}
        case Reminder(say=say) | Advice(say=say) | Checklist(say=say):
            return {"say": say}
        case Hold(on=on, off=off):
            return {"on": on, "off": off}
    return {}


def check_sources(protocol: RecoveryProtocol, places: Places) -> Iterator[Finding]:
    used: set[str] = set()
    for path, cites, fields, texts in _cited(protocol):
        for field, refs in cites.items():
            for ref in refs:
                source = ref.partition(":")[0]
                used.add(source)
                if source != OWN and source not in protocol.sources:
                    known = {*protocol.sources, OWN}
                    message = _("there is no source {name!r}", name=source) + did_you_mean(source, known)
                    yield Finding(
                        "unknown-source",
                        (*path, "source", field or "other"),
                        message,
                        _listed(known),
                        about=source,
                    )
        if "" in cites:
            continue
        for where, field in _unsourced(path, cites, fields, texts, places):
            message = _("{field!r} does not say where its number comes from", field=field)
            expected = _("source: ..., or {own} for the project's own", own=OWN)
            yield Finding("number-without-source", where, message, expected)
    for name in protocol.sources:
        if name == OWN:
            message = _("the source {name!r} is built in", name=OWN)
            yield Finding("unknown-source", ("sources", OWN), message, _("another id"))
        elif name not in used:
            message = _("the source {name!r} is never used", name=name)
            yield Finding("unused", ("sources", name), message, severity="warning")


def _unsourced(
    path: Path, cites: Cites, fields: tuple[str, ...], texts: dict[str, str], places: Places
) -> Iterator[tuple[Path, str]]:
    for field in fields:
        if (*path, field) in places and field not in cites:
            yield (*path, field), field
    for field, text in texts.items():
        if re.search(r"\d", text) and field not in cites:
            yield (*path, field), field
    index = 0
    while (*path, "steps", str(index)) in places:
        for field in ("duration", "wait"):
            if (*path, "steps", str(index), field) in places and field not in cites:
                yield (*path, "steps", str(index), field), field
        index += 1


# Names --------------------------------------------------------------------------------------------


def check_names(protocol: RecoveryProtocol, places: Places) -> Iterator[Finding]:
    asked: set[str] = set()
    phases = {phase.id for phase in protocol.phases}
    for path, _phase, activity in activities(protocol):
        if isinstance(activity, CheckIn):
            asked.update(activity.asks)
            for index, name in enumerate(activity.asks):
                yield from _observation(protocol.observations, name, (*path, "ask", str(index)))
    for limit in protocol.limits:
        for index, name in enumerate(limit.during):
            if name not in phases:
                message = _("there is no phase {name!r}", name=name) + did_you_mean(name, phases)
                yield Finding(
                    "unknown-phase", ("limits", limit.id, "in", str(index)), message, _listed(phases)
                )
    known = subjects(protocol)
    for gate in gates(protocol):
        for comparison, path in compared(gate.condition, gate.path, places):
            if comparison.subject not in (*ORIGINS, "grade", "side"):
                yield from _observation(known, comparison.subject, path)
                yield from _value(known, comparison, path)
    for name in protocol.observations:
        if name in (*ORIGINS, "grade", "side"):
            message = _("{name!r} means something else in a condition", name=name)
            yield Finding("reserved-id", ("observe", name), message, _("another id"))
        elif name not in asked:
            message = _("no check-in asks for {name!r}", name=name)
            yield Finding("unused", ("observe", name), message, severity="warning")
    yield from _tables(protocol)


def _observation(known: Mapping[str, Observation], name: str, path: Path) -> Iterator[Finding]:
    if name not in known:
        message = _("there is no observation {name!r}", name=name) + did_you_mean(name, known)
        yield Finding("unknown-observation", path, message, _listed(dict(known)), about=name)


def _value(known: Mapping[str, Observation], comparison: Comparison, path: Path) -> Iterator[Finding]:
    """The value is one that an answer can have, and the test one that the observation allows."""
    asked = known.get(comparison.subject)
    if asked is None:
        return
    value, test = comparison.value, comparison.test
    if asked.choices:
        if test not in ("==", "!="):
            yield Finding(
                "value-not-possible",
                path,
                _("{name!r} is a choice of words, not a scale", name=asked.id),
                _("== or !="),
                str(comparison),
                about=asked.id,
            )
        elif value not in asked.choices:
            message = _("{name!r} is never {value}", name=asked.id, value=_shown(value))
            message += did_you_mean(str(value), asked.choices)
            yield Finding("value-not-possible", path, message, _listed(asked.choices), about=asked.id)
        return
    if isinstance(value, str):
        message = _("{name!r} has no label {value!r}", name=asked.id, value=value)
        message += did_you_mean(value, asked.labels)
        yield Finding("value-not-possible", path, message, _words(asked), about=asked.id)
    elif isinstance(value, float) and not _is_possible(asked, test, value):
        yield Finding(
            "value-not-possible",
            path,
            _("{name!r} never gets there", name=asked.id),
            _words(asked),
            str(comparison),
            about=asked.id,
        )
    elif is_always_true(comparison, known):
        yield Finding(
            "always-true",
            path,
            _("every answer to {name!r} makes this true", name=asked.id),
            _("a comparison that some of {answers} makes false", answers=_words(asked)),
            str(comparison),
            severity="warning",
            about=asked.id,
        )


def _is_possible(asked: Observation, test: str, value: float) -> bool:
    if test in ("drop", "rise"):
        return 0 < value <= asked.most - asked.least
    return asked.least <= value <= asked.most


def _shown(value: object) -> str:
    return repr(int(value)) if isinstance(value, float) and value.is_integer() else repr(value)


def _words(asked: Observation) -> str:
    scale = f"{asked.least}..{asked.most}"
    return _(" or ").join((scale, ", ".join(asked.labels))) if asked.labels else scale


def _tables(protocol: RecoveryProtocol) -> Iterator[Finding]:
    named: set[str] = set()
    refs: list[tuple[Path, str]] = [
        (("phases", phase.id, key), length.table)
        for phase in protocol.phases
        for key, length in (("min", phase.least), ("max", phase.most))
        if isinstance(length, TableRef)
    ]
    refs += [
        (("phases", phase.id, "steps", rung.id, "min"), rung.least.table)
        for phase in protocol.phases
        for rung in phase.ladder
        if isinstance(rung.least, TableRef)
    ]
    if isinstance(protocol.healing, Healing):
        refs.append((("healing", "table"), protocol.healing.table))
    for path, table in refs:
        named.add(table)
        if table not in protocol.tables:
            message = _("there is no table {name!r}", name=table) + did_you_mean(table, protocol.tables)
            yield Finding("unknown-table", path, message, _listed(protocol.tables), about=table)
    for name in protocol.tables:
        if name not in named:
            message = _("the table {name!r} is never used: its numbers bind nothing", name=name)
            is_held = any(source.says for source in protocol.sources.values())
            yield Finding("unused", ("tables", name), message, severity="error" if is_held else "warning")


# Inputs -------------------------------------------------------------------------------------------


def check_inputs(protocol: RecoveryProtocol, places: Places) -> Iterator[Finding]:
    for path, needed, why in _needed(protocol, places):
        if needed not in protocol.inputs:
            message = _("{why}, but 'inputs' does not ask for {needed!r}", why=why, needed=needed)
            yield Finding("missing-input", path, message, _("{name} among the inputs", name=needed))


_INPUTS = {
    "injury": ("onset", N_("the condition is about the injury")),
    "grade": ("grade", N_("the condition is about the grade")),
    "side": ("side", N_("the condition is about the side")),
}
"""What a start asks for so that a condition can be decided, by what the condition is about."""


def _needed(protocol: RecoveryProtocol, places: Places) -> Iterator[tuple[Path, str, str]]:
    """List what a start has to ask for: the path that needs it, the input, the reason."""
    for gate in gates(protocol):
        for comparison, path in compared(gate.condition, gate.path, places):
            if comparison.subject in _INPUTS:
                needed, why = _INPUTS[comparison.subject]
                yield path, needed, _(why)
    for phase in protocol.phases:
        if phase.zero == "injury":
            yield ("phases", phase.id, "zero"), "onset", _("the phase counts from the injury")
        for key, length in (("min", phase.least), ("max", phase.most)):
            if isinstance(length, TableRef):
                yield ("phases", phase.id, key), "grade", _("the table has a row for each grade")
        for rung in phase.ladder:
            if isinstance(rung.least, TableRef):
                where = ("phases", phase.id, "steps", rung.id, "min")
                yield where, "grade", _("the table has a row for each grade")
    if protocol.healing is not None:
        yield ("healing", "table"), "grade", _("the table has a row for each grade")
        if protocol.healing.zero == "injury":
            yield ("healing", "from"), "onset", _("healing counts from the injury")
    for path, _phase, activity in activities(protocol):
        for key, anchor in (("begins", activity.begins), ("until", activity.until)):
            if anchor is not None and anchor.origin == "injury":
                yield (*path, key), "onset", _("{instant!r} counts from the injury", instant=str(anchor))
    for limit in protocol.limits:
        for key, anchor in (("not_before", limit.not_before), ("not_after", limit.not_after)):
            if anchor is not None and anchor.origin == "injury":
                why = _("{instant!r} counts from the injury", instant=str(anchor))
                yield ("limits", limit.id, key), "onset", why
    yield from _sided(protocol)


def _sided(protocol: RecoveryProtocol) -> Iterator[tuple[Path, str, str]]:
    for path, text in texts_of(protocol):
        if "{side}" in text or "{other side}" in text:
            yield path, "side", _(_NAMES_SIDE)
