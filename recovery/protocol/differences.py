"""Differences between two protocols, as values that read well.

It walks the values of `model` whatever their fields are: what has an id is matched by its id, the rest by its
place. Names of fields are those of the protocol file. What lets more through is marked where that can be known.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from recovery.language import N_, _, tr
from recovery.protocol import model as m
from recovery.protocol import terms
from recovery.protocol.declared import Declared, fields, is_nothing
from recovery.protocol.model import RecoveryProtocol
from recovery.protocol.scalars import words_of
from recovery.protocol.terms import Titled, called
from recovery.values import Value

ADDED, REMOVED, CHANGED = "added", "removed", "changed"


class Difference(Value):
    """One thing that is new, gone or otherwise. `str()` says it in a sentence."""

    change: str
    """`added`, `removed` or `changed`."""
    section: str
    """The key at the top of the file, such as `limits`."""
    where: tuple[str, ...]
    """The place in words, from the outside in: `("phase rice", "activity ice")`."""
    field: str
    """The key in the file; empty where the whole item is new or gone, or no key fits both sides."""
    old: str
    new: str
    is_weaker: bool = False
    """True if it is known to be less strict: a longer session, a shorter gap, a limit that is gone."""
    language: str = ""
    """The language of the translation that is otherwise; "" for what stands in the file itself."""

    @property
    def is_aside(self) -> bool:
        """Tell if nothing is done or asked otherwise by it: sources, notes, what there is to know, translations."""
        return bool(self.language) or self.section in _ASIDE or self.field.startswith(_SOURCE)

    def __str__(self) -> str:
        where, field = ", ".join(map(called, self.where)), called(self.field)
        if self.change == CHANGED:
            words = _("{old} becomes {new}", old=f"{field} {self.old}".strip(), new=self.new)
            return f"{where}: {words}" if where else words
        value = self.new if self.change == ADDED else self.old
        what = f"{field} {value}".strip() if field else where
        words = _("{what} is new", what=what) if self.change == ADDED else _("{what} is gone", what=what)
        pieces = (where, words) if field else (words, value)
        return ": ".join(part for part in pieces if part)


def _name(message: str, **values: object) -> Titled:
    """The name of a field, of a message that `N_` marks."""
    return Titled(tr("en", message, **values), _(message, **values))


def _item(noun: str, name: object) -> Titled:
    """`activity ice`; the noun is a message."""
    return Titled(f"{noun} {name}", f"{_(noun)} {name}")


def differences(old: RecoveryProtocol, new: RecoveryProtocol) -> tuple[Difference, ...]:
    """All that makes `new` another protocol than `old`, in the order of the sections; empty where nothing does."""
    return tuple(_in_value(_Spot(), old, new))


class _Spot(Value):
    """The place that the walk has reached."""

    section: str = ""
    where: tuple[str, ...] = ()

    def within(self, name: str) -> "_Spot":
        return _Spot(self.section, (*self.where, name))

    def found(
        self, field: str, old: str, new: str, is_weaker: bool = False, *, language: str = ""
    ) -> Difference:
        """The difference of a field: new, gone or otherwise as its words are."""
        change = ADDED if not old else REMOVED if not new else CHANGED
        old, new = ("" if words == _TRUE else words for words in (old, new))
        return Difference(change, self.section, self.where, field, old, new, is_weaker, language)


# The walk ---------------------------------------------------------------------------------------


def _in_value(spot: _Spot, old: Value, new: Value) -> Iterator[Difference]:
    """The fields of two values that are one thing. Of two kinds only what both have is compared."""
    if type(old) is not type(new):
        yield spot.found("kind", _name_of(type(old)), _name_of(type(new)))
    before, after = _parts(old), _parts(new)
    for key in before:
        if key in after:
            at = spot if spot.section else _Spot(key)
            yield from _in_field(at, new, key, before[key], after[key])


def _in_field(spot: _Spot, owner: Value, key: str, old: Any, new: Any) -> Iterator[Difference]:
    """One field of `owner`, by the shape of what stands in it."""
    some = old if not is_nothing(old) else new
    if key == _CADENCE:
        yield from _in_cadence(spot, old, new)
    elif _holds_items(some):
        yield from _in_items(spot, key, _by_id(old), _by_id(new))
    elif isinstance(some, Mapping):
        yield from _in_mapping(spot, owner, key, old, new)
    elif isinstance(some, tuple) and some and isinstance(some[0], Value):
        yield from _in_sequence(spot, old, new)
    elif isinstance(some, tuple) and any(_is_prose(part) for part in (*old, *new)):
        yield from _in_prose(spot, key, old, new)
    elif isinstance(old, Value) and isinstance(new, Value) and not _is_spoken(old):
        yield from _in_value(spot.within(key), old, new)
    else:
        yield from _in_leaf(spot, owner, key, old, new)


def _in_leaf(spot: _Spot, owner: Value, key: str, old: Any, new: Any) -> Iterator[Difference]:
    if old != new:
        yield spot.found(key, _words(old), _words(new), _is_looser(owner, key, old, new))
    before, after = _others(old), _others(new)
    for language in sorted({*before, *after}):
        if before.get(language) != after.get(language):
            was, is_ = _words(before.get(language, "")), _words(after.get(language, ""))
            field = _name(N_("{key} in {language}"), key=key, language=language)
            yield spot.found(field, was, is_, language=language)


def _in_items(
    spot: _Spot, key: str, old: Mapping[str, Value], new: Mapping[str, Value]
) -> Iterator[Difference]:
    """Things with ids: those that are gone, those that stayed, those that are new, and their order."""
    for name, item in old.items():
        at = spot.within(_item(_noun(item), name))
        if name in new:
            yield from _in_value(at, item, new[name])
        else:
            is_weaker = spot.section in _PROTECTING
            yield Difference(REMOVED, at.section, at.where, "", _summary(item), "", is_weaker)
    for name, item in new.items():
        if name not in old:
            at = spot.within(_item(_noun(item), name))
            yield Difference(ADDED, at.section, at.where, "", "", _summary(item))
    before, after = [name for name in old if name in new], [name for name in new if name in old]
    if before != after and key in _ORDERED:
        yield spot.found(_name(N_("order of {key}"), key=key), ", ".join(before), ", ".join(after))


def _in_mapping(spot: _Spot, owner: Value, key: str, old: Any, new: Any) -> Iterator[Difference]:
    """Values by name: rows of a table, sources of fields."""
    for name in dict.fromkeys([*old, *new]):
        a, b = old.get(name), new.get(name)
        if a != b:
            field = _of_name(key, name)
            yield spot.found(field, _words(a), _words(b), _is_looser(owner, key, a, b))


def _in_sequence(spot: _Spot, old: Any, new: Any) -> Iterator[Difference]:
    """Values without ids, by their places; a single one on both sides needs no number."""
    if len(old) == len(new) == 1:
        yield from _in_value(spot, old[0], new[0])
        return
    for place in range(max(len(old), len(new))):
        at = spot.within(_item(_noun((*old, *new)[0]), place + 1))
        if place >= len(old):
            yield Difference(ADDED, at.section, at.where, "", "", _summary(new[place]))
        elif place >= len(new):
            yield Difference(REMOVED, at.section, at.where, "", _summary(old[place]), "")
        else:
            yield from _in_value(at, old[place], new[place])


def _in_prose(spot: _Spot, key: str, old: tuple[str, ...], new: tuple[str, ...]) -> Iterator[Difference]:
    """Whole texts in a list: those that are gone and those that are new."""
    noun = _name(key.removesuffix("s"))
    for text in old:
        if text not in new:
            yield spot.found(noun, _words(text), "")
    for text in new:
        if text not in old:
            yield spot.found(noun, "", _words(text))


def _in_cadence(spot: _Spot, old: Value, new: Value) -> Iterator[Difference]:
    if type(old) is type(new):
        if old != new:
            yield spot.found(_name_of(type(old)), _bare(old), _bare(new))
    else:
        yield spot.found("", f"{_name_of(type(old))} {_bare(old)}", f"{_name_of(type(new))} {_bare(new)}")


# Names and words --------------------------------------------------------------------------------

_TRUE = "true"
_CADENCE = "cadence"
_SOURCE = "source"
_PROTECTING = ("limits", "red_flags", "screen", "excludes")
"""Sections whose items keep somebody from harm: without one of them less is held to."""
_ASIDE = ("about", "notes", "sources")
_ORDERED = ("phases", "do", "steps")
"""Where the order says something."""

_NOUNS: Mapping[type[Value], str] = {m.Exclusion: N_("excluded protocol")}
"""A thing with an id, where it is not called as elsewhere."""


@cache
def _declared(kind: Any) -> Mapping[str, Declared]:
    """The declarations of the fields of a value; those of a treatment are in the forms of one."""
    forms = (*kind.__subclasses__(), kind)
    return {name: each for form in forms for name, each in fields(form).items() if each.is_kept}


def _key(kind: Any, field: str) -> str:
    """The name of a field in a comparison: its key, with the word for yes where there is one: `ends never`."""
    each = _declared(kind).get(field)
    if each is None:
        return field
    words = words_of(each.written)
    return each.key if words is None else f"{each.key} {words.of(True)}"


def _parts(value: Value) -> dict[str, Any]:
    """Map the keys of the file to the parts of a value. The id is left out: items are matched by it."""
    parts = {_key(type(value), name): getattr(value, name) for name in value._fields}
    if isinstance(value, RecoveryProtocol):
        parts.pop("floor")  # of the language, and no part of the file
    else:
        parts.pop("id", None)
    if isinstance(value, m.Observation):
        least, most = parts.pop("least"), parts.pop("most")
        parts["scale"] = "" if value.choices or value.test else f"{least}..{most}"
    return parts


def _name_of(kind: type) -> str:
    """`per_day` for `PerDay`, `check-in` for `CheckIn`: as the file calls it."""
    form = m.SingleTreatment if kind is m.Treatment else kind
    letters = (f"_{letter.lower()}" if letter.isupper() else letter for letter in kind.__name__)
    return getattr(form, "kind", "") or "".join(letters).removeprefix("_")


def _noun(item: Any) -> str:
    return _NOUNS.get(type(item), item.noun)


def _of_name(key: str, name: str) -> str:
    if key == _SOURCE:
        return _name(N_("source of {name}"), name=name) if name else _SOURCE
    return name if key == "rows" else f"{key} {name}"


def _words(value: Any) -> str:
    """A value in the words of the file; nothing is an empty text."""
    if is_nothing(value):
        return ""
    match value:
        case True:
            return _TRUE
        case str():
            return f"“{value.strip()}”" if _is_prose(value) else str(value)
        case float():
            return f"{value:g}"
        case Mapping():
            return ", ".join(f"{name} {_words(each)}" for name, each in value.items())
        case tuple():
            return ", ".join(_words(each) for each in value)
        case Value() if not _is_spoken(value):
            return str(getattr(value, "id", "")) or f"({_summary(value)})"
    return str(value)


def _summary(value: Value) -> str:
    """A whole item in one line: what it says beyond what it would say anyhow."""
    parts = [_name_of(type(value))] if isinstance(value, m.Activity) else []
    for key, part in _parts(value).items():
        if key == _SOURCE or is_nothing(part) or part == value._defaults.get(key):
            continue
        if key == _CADENCE:
            parts.append(f"{_name_of(type(part))} {_bare(part)}")
        elif key == "rows":
            parts.append(_words(part))
        elif isinstance(part, tuple) and len(part) == 1 and not _has_id(part[0]) and not _is_spoken(part[0]):
            parts.append(_summary(part[0]) if isinstance(part[0], Value) else f"{key} {_words(part)}")
        else:
            parts.append(key if part is True else f"{key} {_words(part)}")
    return "; ".join(parts)


def _bare(cadence: Value) -> str:
    """Write a cadence without its name: `2h..3h`, `1..3`, `3 at 17:00`."""
    match cadence:
        case terms.PerDay(least, most):
            return f"{most}" if least == most else f"{least}..{most}"
        case terms.PerWeek(count, at):
            return f"{count} at {at}"
    return ", ".join(_words(getattr(cadence, name)) for name in cadence._fields)


def _is_prose(value: Any) -> bool:
    return isinstance(value, str) and " " in value.strip()


def _is_spoken(value: Any) -> bool:
    """Tell if a value knows its own words, such as a length or a condition."""
    return not isinstance(value, Value) or type(value).__str__ is not object.__str__


def _has_id(value: Any) -> bool:
    return isinstance(value, Value) and "id" in value._fields


def _holds_items(value: Any) -> bool:
    inside = [*value.values()] if isinstance(value, Mapping) else value
    return isinstance(inside, list | tuple) and bool(inside) and all(_has_id(item) for item in inside)


def _by_id(items: Any) -> dict[str, Any]:
    if isinstance(items, Mapping):
        return dict(items)
    return {item.id: item for item in items or ()}


def _others(value: Any) -> Mapping[str, str]:
    """Map languages to translations of a text. Any other value has none."""
    others: Mapping[str, str] = getattr(value, "others", {})
    return others


def _is_looser(owner: Value, key: str, old: Any, new: Any) -> bool:
    """Tell if a change of a field is known to let more through."""
    kind: Any = type(owner)
    looser = next((each.looser for name, each in _declared(kind).items() if _key(kind, name) == key), None)
    return looser is not None and looser(old, new)
