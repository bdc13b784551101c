"""From pydantic's errors to problems with a place, in words of the language; and the rest of a file, without them.

The rest is compiled and linted, so that its other mistakes are told at the same time. No finding is believed that may
only be there because something was left out: see `lint.rules.Gaps`.
"""

import copy
from collections.abc import Collection, Iterable, Iterator
from heapq import nsmallest
from itertools import islice
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from recovery.language import N_, _
from recovery.protocol.model import KINDS
from recovery.protocol.problems import (
    MOST_PROBLEMS,
    KeyPath,
    Location,
    Problem,
    TreePath,
    did_you_mean,
    in_short,
    in_words,
    item_id,
    nearest,
)
from recovery.protocol.schema import Entry, KeyConflict, ProtocolFile, Trace
from recovery.protocol.syntax import Document, Spot

_TOP = Spot(1, 1, 1, 1)
_MOST_MISSPELT = 20
_MOST_ERRORS = 10_000
"""More errors are counted, but not looked at: a file with so many is no protocol."""


class Shape:
    """A document held against the shape of a protocol file, or another one."""

    def __init__(self, document: Document, form: type[Entry] = ProtocolFile) -> None:
        self.entry: Entry | None = None
        """What was read; None where anything is wrong that pydantic sees."""
        self._document, self._trace = document, Trace()
        self._errors: list[ErrorDetails] = []
        try:
            self.entry = form.model_validate(document.value, context=self._trace)
        except ValidationError as error:
            self._errors = error.errors(include_url=False)

    def explain(self) -> tuple[list[Problem], int]:
        """The problems, the first of the file, and how many there are besides.

        They are those that pydantic found and those noted in the trace.
        """
        suggestions = _Suggestions(self._trace)
        details = [each for each in self._details() if not each.is_follow_up(suggestions)]
        mistakes: list[_Conflict | _Details] = [*self._conflicts(), *details]
        first = nsmallest(MOST_PROBLEMS, mistakes, key=lambda each: each.spot)
        unseen = len(self._errors[_MOST_ERRORS:])
        return [each.problem() for each in first], len(mistakes) - len(first) + unseen

    def broken(self) -> Iterator[TreePath]:
        """The paths of all that is wrong: what to leave out to mend it."""
        yield from (each.path for each in self._conflicts())
        suggestions = _Suggestions(self._trace)
        for each in self._details():
            if each.details["type"] != "too_short" or not each.is_follow_up(suggestions):
                yield each.path

    def _conflicts(self) -> Iterator["_Conflict"]:
        conflicts = self._trace.conflicts
        paths = {id(value): path for path, value in _mappings(self._document.value, ())} if conflicts else {}
        for identity, conflict in conflicts:
            yield _Conflict(conflict, paths.get(identity, ()), self._document)

    def _details(self) -> Iterator["_Details"]:
        return (_Details(each, self._trace, self._document) for each in self._errors[:_MOST_ERRORS])


def _mappings(value: Any, path: TreePath) -> Iterator[tuple[TreePath, Any]]:
    """Every mapping of a tree (at most 20 deep) with its path."""
    if isinstance(value, dict):
        yield path, value
        for key, inner in value.items():
            yield from _mappings(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _mappings(inner, (*path, index))


def _spot(document: Document, path: TreePath) -> tuple[int, int]:
    """About where something stands, to tell what comes first."""
    spot = document.spots.get(path, _TOP)
    return spot.line, spot.column


class _Conflict:
    """One conflict, and the path of what it points at."""

    def __init__(self, conflict: KeyConflict, path: TreePath, document: Document) -> None:
        self.conflict = conflict
        self.path = (*path, conflict.key) if conflict.key else path
        self.document = document
        self.spot = _spot(document, self.path)

    def problem(self) -> Problem:
        conflict = self.conflict
        place = _place(self.document, self.path, at_key=bool(conflict.key))
        return place.problem(conflict.message, expected=conflict.expected, found=conflict.found)


class _Suggestions:
    """The keys that unknown keys of a mapping look like."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.of: dict[int, set[str]] = {}

    def has(self, value: Any, key: str) -> bool:
        """Tell if the mapping has an unknown key that looks like a misspelt `key`.

        Only the first unknown keys are looked at: a mapping with many of them is not just misspelt.
        """
        if id(value) not in self.of:
            entry = self.trace.models.get(id(value))
            keys = entry.keys() if entry is not None else {}
            unknown = islice((each for each in value if each not in keys), _MOST_MISSPELT)
            self.of[id(value)] = {_nearest(each, keys) for each in unknown}
        return key in self.of[id(value)]


def _place(document: Document, path: TreePath, *, at_key: bool = False) -> Location:
    spot = document.spots.get(path, _TOP)
    line, column = (spot.key_line, spot.key_column) if at_key else (spot.line, spot.column)
    return Location(document.file, line, column, in_words(document.value, path))


class _Details:
    """One error of pydantic, and where its location leads in the document."""

    def __init__(self, details: ErrorDetails, trace: Trace, document: Document) -> None:
        self.details = details
        self.trace = trace
        self.document = document
        self.path, self.value, self.rest = self._resolve(details["loc"])
        self.spot = _spot(document, self.path)

    def _resolve(self, location: tuple[int | str, ...]) -> tuple[TreePath, Any, tuple[int | str, ...]]:
        """The way into the document, what stands there, and the steps that lead nowhere (a missing key).

        The names of union members in a location are left out.
        """
        path: list[int | str] = []
        value: Any = self.document.value
        for index, step in enumerate(location):
            is_key = isinstance(value, dict) and step in value  # first: a file may have a key "<b>"
            if isinstance(step, str) and step.startswith("<") and step.endswith(">") and not is_key:
                continue
            if isinstance(value, dict) and step in KINDS and value.get("kind") == step:
                continue
            is_index = isinstance(value, list) and isinstance(step, int) and step < len(value)
            if not (is_key or is_index):
                return tuple(path), value, location[index:]
            value = value[step]
            path.append(step)
        return tuple(path), value, ()

    def is_follow_up(self, suggestions: _Suggestions) -> bool:
        """Tell if it only follows from another error: a misspelt key is not missing as well."""
        kind = self.details["type"]
        if kind == "too_short":
            return isinstance(self.value, list) and len(self.value) >= self.details["ctx"]["min_length"]
        if kind == "missing" and self.rest:
            return suggestions.has(self.value, str(self.rest[-1]))
        return False

    def problem(self) -> Problem:
        kind, context = self.details["type"], self.details.get("ctx", {})
        match kind:
            case "language":
                place = _place(self.document, self.path, at_key=self.rest == ("[key]",))
                return place.problem(context["message"], expected=context["expected"], found=context["found"])
            case "missing":
                return self._missing(str(self.rest[-1]) if self.rest else "")
            case "extra_forbidden":
                return self._unknown()
            case "union_tag_invalid" | "union_tag_not_found" if isinstance(self.value, dict):
                return self._kind()
        place = _place(self.document, self.path)
        message, expected = _SHAPES.get(kind, (N_("cannot be used"), self.details["msg"]))
        if kind == "literal_error":
            expected = str(context.get("expected", "")).replace(" or ", _(" or "))
        return place.problem(_(message), expected=_(expected), found=in_short(self.value))

    def _keys_of(self, value: Any) -> dict[str, str]:
        entry: type[Entry] | None = self.trace.models.get(id(value))
        return entry.keys() if entry is not None else {}

    def _missing(self, key: str) -> Problem:
        meaning = self._keys_of(self.value).get(key, "")
        expected = f"{key}: {_(meaning).rstrip('.')}" if meaning else key
        return _place(self.document, self.path).problem(_("{key!r} is missing", key=key), expected=expected)

    def _unknown(self) -> Problem:
        parent: Any = self.document.value
        for step in self.path[:-1]:
            parent = parent[step]
        key, keys = str(self.path[-1]), self._keys_of(parent)
        place = _place(self.document, self.path, at_key=True)
        if self._is_rest_of_text(key):
            message = _(
                "the comma before {key!r} ends the text; inside {{...}} a text with a comma needs quotes",
                key=key[:40],
            )
            expected = _('quotes round the whole text: "..."')
            return place.problem(message, expected=expected, found=in_short(key))
        message = _("unknown key {key!r}", key=key[:40]) + _suggested(key, keys)
        return place.problem(
            message, expected=_("one of {names}", names=", ".join(keys)), found=in_short(key)
        )

    def _is_rest_of_text(self, key: str) -> bool:
        """Tell if a key without a colon was the rest of a text that a comma inside {...} cut in two."""
        spot = self.document.spots.get(self.path)
        if spot is None or self.value != "" or spot.line != spot.key_line:
            return False
        return spot.column - spot.key_column <= len(key)

    def _kind(self) -> Problem:
        expected = _("one of {names}", names=", ".join(KINDS))
        kind = self.value.get("kind")
        if kind is None:
            place = _place(self.document, self.path)
            return place.problem(_("{key!r} is missing", key="kind"), expected=f"kind: {expected}")
        place = _place(self.document, (*self.path, "kind"))
        if not isinstance(kind, str):
            return place.problem(_("not a kind of activity"), expected=expected, found=in_short(kind))
        message = _("unknown kind") + did_you_mean(kind, KINDS)
        return place.problem(message, expected=expected, found=in_short(kind))


_GRADES = {"1": "I", "2": "II", "3": "III", "i": "I", "ii": "II", "iii": "III"}


def _nearest(key: str, keys: Collection[str]) -> str:
    grade = _GRADES.get(key, "")
    return grade if grade in keys else nearest(key, keys)


def _suggested(key: str, keys: Collection[str]) -> str:
    near = _nearest(key, keys)
    return _("; did you mean {near!r}?", near=near) if near else ""


_SHAPES = {
    "model_type": (N_("not a mapping"), N_("keys with values, such as id: ice")),
    "model_attributes_type": (N_("not a mapping"), N_("keys with values, such as id: ice")),
    "dict_type": (N_("not a mapping"), N_("keys with values, such as pain: ...")),
    "tuple_type": (N_("not a list"), N_("a list, such as [pain, swelling], or lines that start with -")),
    "too_short": (N_("the list is too short"), N_("at least one item")),
    "literal_error": (N_("not a possible value"), ""),
    "union_tag_invalid": (N_("not a possible value"), ""),
    "union_tag_not_found": (N_("not a mapping"), N_("keys with values, such as id: ice")),
}


# The rest of a file ------------------------------------------------------------------------------------

_MOST_ITEMS = 200
"""Of one list or mapping: more than anybody can follow, little enough to be checked at once."""
_MOST = {"phases": 50, "limits": 50, "steps": 50, "items": 50}
_MOST_TEXTS = 2000
"""Of one language, in `translations`."""
_BY_ID = ("sources", "observe", "tables", "options", "says", "set", "source", "translations")
"""The keys whose mappings have names of the file's own."""
_MOST_ROUNDS = 10
_ITEMS = (
    "phases",
    "do",
    "limits",
    "red_flags",
    "screen",
    "excludes",
    "questions",
    "items",
    "exercises",
    "about",
)
_CONDITIONS = ("enter_when", "leave_when", "climb_when", "step_back_when", "only_if", "needs", "when")
_STAND_INS: dict[str, Any] = {
    "format": "1",
    "id": "unnamed",
    "version": "0.0.0",
    "title": "unnamed",
    "summary": "unnamed",
    "region": "unnamed",
    "inputs": ["onset", "grade", "side"],
}


def cut_to_size(document: Document) -> None:
    """Note each list, and each mapping by id, that is too long, and leave out what is too much of it."""
    for path, value, most in list(_containers(document.value, ())):
        if len(value) <= most:
            continue
        spot = document.spots[path]
        place = Location(document.file, spot.line, spot.column, in_words(document.value, path))
        expected = _("at most {count}", count=most)
        document.note(place.problem(_("too many of them"), expected=expected, found=str(len(value))))
        document.is_cut = True
        if isinstance(value, list):
            del value[most:]
        else:
            for key in list(value)[most:]:
                del value[key]


def _containers(value: Any, path: TreePath) -> Iterator[tuple[TreePath, Any, int]]:
    """Every list and every mapping by id (at most 20 deep), with the most that it may have."""
    key = path[-1] if path else ""
    if isinstance(value, list):
        yield path, value, _MOST.get(str(key), _MOST_ITEMS)
        for index, inner in enumerate(value):
            if isinstance(inner, list | dict):
                yield from _containers(inner, (*path, index))
    elif isinstance(value, dict):
        if key in _BY_ID:
            yield path, value, _MOST_ITEMS
        elif len(path) == 2 and path[0] == "translations":
            yield path, value, _MOST_TEXTS
        for name, inner in value.items():
            if isinstance(inner, list | dict):
                yield from _containers(inner, (*path, name))


def without_errors(document: Document) -> tuple[Entry | None, frozenset[KeyPath]]:
    """Cut the errors out of a file. Give the rest (None if errors remain), and the paths left out."""
    rest = {**_STAND_INS, **copy.deepcopy(document.value)}
    left_out: set[KeyPath] = set()
    for _round in range(_MOST_ROUNDS):
        shape = Shape(Document(document.file, rest))
        cuts = {_cut(path) for path in shape.broken()}
        if not cuts:
            return shape.entry, frozenset(left_out)
        left_out.update(_named(rest, cut) for cut in cuts)
        _remove(rest, cuts)
        rest = {**_STAND_INS, **rest}
    return None, frozenset(left_out)


def _cut(path: TreePath) -> TreePath:
    """The whole thing to leave out: a condition and a list of plain values as one, never a part of them."""
    for index, step in enumerate(path):
        if step in _CONDITIONS:
            return path[: index + 1]
        if isinstance(step, int) and path[index - 1] not in _ITEMS:
            return path[:index]
    return path


def _named(root: Any, path: TreePath) -> KeyPath:
    """A path with ids for list positions."""
    named, value = [], root
    for step in path:
        value = value[step]
        named.append(step if isinstance(step, str) else item_id(value) or str(step))
    return tuple(named)


def _remove(root: Any, cuts: Iterable[TreePath]) -> None:
    """Take things out of a tree; list items from the back, so that positions stay true."""
    in_order = sorted(cuts, key=lambda path: [str(step).zfill(6) for step in path])
    for cut in reversed(in_order):
        if not cut:
            root.clear()
            continue
        parent = root
        try:
            for step in cut[:-1]:
                parent = parent[step]
            del parent[cut[-1]]
        except (KeyError, IndexError, TypeError):
            continue  # it went with something around it
