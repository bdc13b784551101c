"""Making the best of a file with errors, so that its other mistakes are told at the same time.

What is too much is cut off. What is broken is left out until the rest has a good shape. The rest can be compiled and
linted, as long as no finding is believed that may only be there because something was left out: see `lint.rules.Gaps`.
"""

import copy
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import ValidationError

from recovery.language import _
from recovery.protocol.explaining import broken
from recovery.protocol.problems import KeyPath, Location
from recovery.protocol.schema import Entry, ProtocolFile, Trace
from recovery.protocol.syntax import Document, TreePath, in_words, item_id

_MOST_ITEMS = 200
"""Of one list or mapping: more than anybody can follow, little enough to be checked at once."""
_MOST = {"phases": 50, "limits": 50, "steps": 50, "items": 50}
_MOST_TEXTS = 2000
"""Of one language, in `translations`."""
_BY_ID = ("sources", "observe", "tables", "options", "says", "set", "source", "translations")
"""The keys whose mappings have names of the file's own."""
_MOST_ROUNDS = 10
_ITEMS = ("phases", "do", "limits", "red_flags", "screen", "excludes", "questions", "items")
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
        trace, tree = Trace(), Document(document.file, rest)
        entry, error = None, None
        try:
            entry = ProtocolFile.model_validate(rest, context=trace)
        except ValidationError as caught:
            error = caught
        cuts = {_cut(path) for path in broken(error, trace, tree)}
        if not cuts:
            return entry, frozenset(left_out)
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
