"""Rules between the keys of one mapping, such as "exactly one of `every`, `per_day`, ..."."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from recovery.language import _
from recovery.protocol import model as m
from recovery.protocol.declared import keys
from recovery.values import Value

CADENCES = ("every", "per_day", "at", "per_week", "once", "after")


class KeyConflict(Value):
    """Something wrong between the keys of a mapping; `key` is the one to point at, empty: the mapping."""

    message: str
    expected: str
    found: str
    key: str = ""


Written = Mapping[str, Any]
"""A mapping of the file as it is written."""
_Rule = Callable[[Written, type[Value]], Iterator[KeyConflict]]
_RULES: dict[type[Value], _Rule] = {}


def conflicts(form: type[Value], data: Written) -> Iterator[KeyConflict]:
    """Find the conflicts between the keys of a form, those of its base first."""
    for kind in reversed(form.__mro__):
        if kind in _RULES:
            yield from _RULES[kind](data, form)


def exactly_one(data: Written, names: tuple[str, ...], what: str) -> Iterator[KeyConflict]:
    """A conflict unless one of the keys is there, and no other."""
    given = [key for key in names if key in data]
    wanted = _("exactly one of {names}", names=", ".join(names))
    if not given:
        yield KeyConflict(_("{what} is missing", what=what), wanted, _("none of them"))
    for key in given[1:]:
        yield KeyConflict(_("{what} is given twice", what=what), wanted, _(" and ").join(given), key)


def _step_or_wait(value: Any) -> str:
    """The tag of a step of an alternation."""
    return "<wait>" if isinstance(value, dict) and "wait" in value and "of" not in value else "<step>"


def _together(data: Written, key: str, other: str) -> Iterator[KeyConflict]:
    """A conflict where a key stands without the other."""
    if key in data and other not in data:
        message = _("{key!r} needs {other!r} beside it", key=key, other=other)
        yield KeyConflict(message, other, _("only {key}", key=key), key)


def _says_nothing(data: Written, key: str, message: str) -> Iterator[KeyConflict]:
    """A conflict where a key that can only say yes says no."""
    if data.get(key) == "false":
        yield KeyConflict(message, _("true, or no such key"), "'false'", key)


def _of(form: type[Value]) -> Callable[[_Rule], _Rule]:
    def registered(rule: _Rule) -> _Rule:
        _RULES[form] = rule
        return rule

    return registered


@_of(m.Phase)
def _phase(data: Written, _form: type[Value]) -> Iterator[KeyConflict]:
    yield from _together(data, "climb_when", "steps")
    yield from _together(data, "step_back_when", "steps")
    yield from _together(data, "steps", "climb_when")
    if "ends" in data:
        for key in ("min", "max", "leave_when", "at_max"):
            if key in data:
                message = _("a phase that never ends has no {key!r}", key=key)
                yield KeyConflict(message, _("one of the two"), _("both"), key)


@_of(m.Observation)
def _observation(data: Written, _form: type[Value]) -> Iterator[KeyConflict]:
    yield from exactly_one(data, ("scale", "choices"), _("what can be answered"))
    yield from _together(data, "labels", "scale")
    if "choices" in data and "better" in data:
        message = _("choices go from worst to best")
        yield KeyConflict(message, _("no 'better' beside choices"), _("both"), "better")


@_of(m.Limit)
def _limit(data: Written, form: type[Value]) -> Iterator[KeyConflict]:
    kinds = [each.key for each in keys(form) if each.key not in ("id", "of", "in", "to", "say", "source")]
    if not any(key in data for key in kinds):
        expected = _("at least one of {names}", names=", ".join(kinds))
        yield KeyConflict(_("the limit limits nothing"), expected, _("none of them"))
    yield from _together(data, "gap", "to")
    yield from _together(data, "to", "gap")
    yield from _says_nothing(data, "never", _("'never: false' says nothing"))


@_of(m.Healing)
def _healing(data: Written, _form: type[Value]) -> Iterator[KeyConflict]:
    if data.get("from") == "phase":
        message = _("healing is not counted from a phase")
        yield KeyConflict(message, _("injury or start"), "'phase'", "from")


@_of(m.RedFlag)
def _red_flag(data: Written, _form: type[Value]) -> Iterator[KeyConflict]:
    yield from exactly_one(data, ("when", "ask"), _("how it is noticed"))


@_of(m.ScreenQuestion)
def _screen(data: Written, _form: type[Value]) -> Iterator[KeyConflict]:
    yield from exactly_one(data, ("forbid", "refuse"), _("what a yes means"))
    yield from _says_nothing(data, "refuse", _("'refuse: false' says nothing"))


@_of(m.Timed)
def _timed(data: Written, form: type[Value]) -> Iterator[KeyConflict]:
    names = CADENCES if "per_week" not in data else tuple(key for key in CADENCES if key != "at")
    yield from exactly_one(data, names, _("how often it comes"))
    yield from _together(data, "per_week", "at")
    if "per_week" in data and isinstance(data.get("at"), list | tuple) and len(data["at"]) != 1:
        message = _("'per_week' takes one time of day")
        yield KeyConflict(message, _('one time, such as "10:00"'), _("a list"), "at")
    if data.get("per_week") in ("8", "9") or len(str(data.get("per_week", ""))) == 2:
        expected = _("a number from 1 to 7")
        yield KeyConflict(_("a week has seven days"), expected, repr(data["per_week"]), "per_week")
    is_chain = "every" in data and issubclass(form, m.Treatment)
    if data.get("follows") == "place" and (is_chain or "once" in data or "after" in data):
        message = _("what counts elapsed time follows the body, wherever that is")
        yield KeyConflict(message, _("body, or no 'follows'"), "place", "follows")


@_of(m.Treatment)
def _treatment(data: Written, _form: type[Value]) -> Iterator[KeyConflict]:
    alone = next((key for key in ("once", "after") if key in data), None)
    if data.get("if_missed") == "offer" and alone is not None:
        message = _("with {alone!r} there is nothing to make up for", alone=alone)
        expected = _("'every', 'per_day', 'at' or 'per_week'")
        yield KeyConflict(message, expected, repr(alone), "if_missed")


@_of(m.Alternation)
def _alternation(data: Written, _form: type[Value]) -> Iterator[KeyConflict]:
    steps = data.get("steps")
    if not isinstance(steps, list | tuple):
        return
    kinds = [_step_or_wait(step) for step in steps]
    treatments = kinds.count("<step>")
    if treatments < 2:
        message = _("an alternation has at least two treatments")
        yield KeyConflict(message, _("two or more"), str(treatments), "steps")
    if any(a == b == "<wait>" for a, b in zip(["<wait>", *kinds], kinds, strict=False)):
        message, expected = _("a wait comes after a treatment"), _("a treatment, then its wait")
        yield KeyConflict(message, expected, _("a wait before it"), "steps")


@_of(m.Reminder)
def _reminder(data: Written, _form: type[Value]) -> Iterator[KeyConflict]:
    if data.get("during") == "work" and data.get("follows") == "body":
        message = _("working hours are those of the place")
        yield KeyConflict(message, _("place, or no 'follows'"), "body", "follows")


@_of(m.Item)
def _item(data: Written, _form: type[Value]) -> Iterator[KeyConflict]:
    yield from _together(data, "set", "start")
