"""Bounds on the size of a protocol: more than anybody can follow, little enough to be checked at once.

The checks of `lint` compare limits with sessions, conditions with phases, and so on. These bounds keep them below
a second, whatever a file of the allowed size holds.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from recovery.language import N_, _
from recovery.protocol.lint.walk import Finding, activities, gates
from recovery.protocol.model import (
    Activity,
    Checklist,
    RecoveryProtocol,
    Treatment,
)
from recovery.protocol.problems import Location
from recovery.protocol.syntax import Document, Path_, in_words
from recovery.protocol.terms import comparisons

MOST_ITEMS = 200
_MOST = {"phases": 50, "limits": 50, "steps": 50, "items": 50}
_MOST_TEXTS = 2000
"""Of one language, in `translations`."""
_BY_ID = ("sources", "observe", "tables", "options", "says", "set", "source", "translations")
"""The keys whose mappings have names of the file's own."""

_IN_ALL = {
    "phases": (N_("phases"), 100),
    "limits": (N_("limits"), 100),
    "activities": (N_("activities"), 500),
    "steps": (N_("steps of sessions and items of checklists"), 500),
    "comparisons": (N_("comparisons in conditions"), 500),
    "numbers": (N_("numbers of sources"), 2000),
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


def _containers(value: Any, path: Path_) -> Iterator[tuple[Path_, Any, int]]:
    """Every list and every mapping by id (at most 20 deep), with the most that it may have."""
    key = path[-1] if path else ""
    if isinstance(value, list):
        yield path, value, _MOST.get(str(key), MOST_ITEMS)
        for index, inner in enumerate(value):
            if isinstance(inner, list | dict):
                yield from _containers(inner, (*path, index))
    elif isinstance(value, dict):
        if key in _BY_ID:
            yield path, value, MOST_ITEMS
        elif len(path) == 2 and path[0] == "translations":
            yield path, value, _MOST_TEXTS
        for name, inner in value.items():
            if isinstance(inner, list | dict):
                yield from _containers(inner, (*path, name))


def _parts(activity: Activity) -> tuple[Any, ...]:
    match activity:
        case Treatment(steps=parts) | Checklist(items=parts):
            return parts
    return ()


def check_sizes(protocol: RecoveryProtocol) -> Iterator[Finding]:
    """Report the first kind of item of which there are too many, with those of the used protocols."""
    things: dict[str, Iterable[Any]] = {
        "phases": protocol.phases,
        "limits": protocol.limits,
        "activities": activities(protocol),
        "steps": (part for _path, _phase, each in activities(protocol) for part in _parts(each)),
        "comparisons": (each for gate in gates(protocol) for each in comparisons(gate.condition)),
        "numbers": (n for source in protocol.sources.values() for said in source.says.values() for n in said),
    }
    for name, (what, most) in _IN_ALL.items():
        count = sum(1 for _each in things[name])
        if count > most:
            message = _("too many {what}, with those of the protocols that it uses", what=_(what))
            yield Finding("too-many", (), message, _("at most {count}", count=most), str(count))
            return  # finding the others may be what takes too long
