"""Shipped protocol files with one thing broken: a number, a reference, a gate, a limit, a source.

Each mutant knows whether it is stricter than what it was made of: a tighter limit, a later begin, a shorter session,
a gate that opens later, a sign that is told sooner. Texts for people are left alone; they are wording.
"""

import copy
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import yaml

Tree = dict[str, Any]
TreePath = tuple[str | int, ...]
_GONE = object()

_TIMES = (
    "duration",
    "every",
    "wait",
    "begins",
    "until",
    "once",
    "min",
    "max",
    "fresh",
    "longest",
    "gap",
    "not_before",
)
_NUMBERS = {*_TIMES, "not_after", "per_day", "per_week", "at", "scale", "most_per_day", "I", "II", "III"}
_LIMIT = {"longest", "gap", "not_before", "not_after", "most_per_day"}
_LESS_IS_STRICT = {
    "longest",
    "not_after",
    "most_per_day",
    "duration",
    "until",
    "per_day",
    "per_week",
    "max",
    "fresh",
}
_MORE_IS_STRICT = {"gap", "not_before", "every", "wait", "begins", "min"}
_LETS_ON = {"enter_when", "leave_when", "climb_when", "only_if", "needs"}
_STOPS = {"when", "step_back_when"}
_FLIPPED = {"<=": ">=", ">=": "<=", "<": ">", ">": "<", "==": "!=", "!=": "=="}
_TREND = {"falling": "rising", "rising": "falling", "drop": "rise", "rise": "drop"}
_NOT_OBSERVED = ("injury", "start", "phase", "grade", "side")
_PART = re.compile(r"(\d+)(s|min|mo|h|d|w)")
_HALF = {"min": (30, "s"), "h": (30, "min"), "d": (12, "h"), "w": (3, "d"), "mo": (15, "d")}
_COMPARED = re.compile(r"([a-z][a-z0-9-]*)\s*(<=|>=|==|!=|<|>|falling|rising|drop|rise)\s*(.*)")
_NOWHERE = "nowhere"


@dataclass(frozen=True)
class Mutant:
    file: str
    kind: str
    """`number`, `reference`, `gate`, `limit` or `source`."""
    path: TreePath
    what: str
    value: Any
    """What stands there now; `_GONE`: nothing."""
    refs: tuple[str, ...] = ()
    """The sources of what was changed."""
    is_stricter: bool = False

    def __str__(self) -> str:
        return f"{self.file}: {'.'.join(map(str, self.path))}: {self.what}"

    def applied(self, tree: Tree) -> str:
        """The text of the file with the change."""
        changed = copy.deepcopy(tree)
        parent: Any = changed
        for step in self.path[:-1]:
            parent = parent[step]
        if self.value is _GONE:
            del parent[self.path[-1]]
        else:
            parent[self.path[-1]] = self.value
        return yaml.dump(changed, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True)


def read(path: Path) -> Tree:
    """A file as texts with their structure."""
    tree = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CBaseLoader)  # makes texts only
    assert isinstance(tree, dict)
    return tree


def mutants(name: str, tree: Tree) -> Iterator[Mutant]:
    """All mutants of a file, each once."""
    seen: set[tuple[TreePath, str]] = set()
    for each in _Maker(name, tree).all():
        key = (each.path, "gone" if each.value is _GONE else repr(each.value))
        if key not in seen:
            seen.add(key)
            yield each


def mixed_up(text: str, dice: Random) -> str:
    """A text with a few of its lines swapped, repeated or left out."""
    lines = text.splitlines()
    for _ in range(dice.randint(1, 6)):
        this, other = dice.randrange(len(lines)), dice.randrange(len(lines))
        match dice.randrange(3):
            case 0:
                lines[this], lines[other] = lines[other], lines[this]
            case 1:
                lines[this] = lines[other]
            case _:
                del lines[this]
    return "\n".join(lines)


class _Maker:
    def __init__(self, name: str, tree: Tree) -> None:
        self.name = name
        self.tree = tree
        self.observed = list(tree.get("observe", {}))

    def all(self) -> Iterator[Mutant]:
        for path, value in _walk(self.tree, ()):
            key = path[-1] if path else ""
            if path[0] == "translations" or "source" in path[:-1]:
                continue
            if path[:1] == ("sources",):
                yield from self._source_entry(path, value)
            elif key == "source":
                yield from self._cited(path, value)
            elif key in _LETS_ON | _STOPS and path[0] in ("phases", "limits", "red_flags"):
                yield from self._gate(path, value)
            elif isinstance(value, str) and key in _NUMBERS and not self._is_option(path):
                yield from self._number(path, value)
            elif isinstance(value, list) and key == "at":
                for index, each in enumerate(value):
                    yield from self._number((*path, index), each)
            yield from self._references(path, value)
            if path[:1] == ("limits",) and len(path) == 2:
                yield self._made("limit", path, "dropped", _GONE)
            if path[:1] == ("limits",):
                yield from self._limit_field(path, value)

    def _is_option(self, path: TreePath) -> bool:
        return path[0] in ("options", "screen", "excludes")

    def _made(self, kind: str, path: TreePath, what: str, value: Any, *, is_stricter: bool = False) -> Mutant:
        return Mutant(self.name, kind, path, what, value, self._refs(path), is_stricter)

    def _refs(self, path: TreePath) -> tuple[str, ...]:
        """The sources of what stands at a path."""
        node: Any = self.tree
        referred: tuple[Any, TreePath] = (None, ())
        for index, step in enumerate(path):
            if isinstance(node, dict) and "source" in node:
                referred = (node["source"], path[index:])
            node = node.get(step) if isinstance(node, dict) else node[step]
        if isinstance(node, dict) and "source" in node:
            referred = (node["source"], ())
        source, rest = referred
        if isinstance(source, dict):
            key = rest[0] if rest else "other"
            if key == "steps" and rest:
                key = rest[-1]
            source = source.get(str(key), source.get("other", ""))
        return tuple(each.strip() for each in source.split(",")) if source else ()

    # Numbers -----------------------------------------------------------------------------------

    def _number(self, path: TreePath, text: str) -> Iterator[Mutant]:
        kind = "limit" if path[0] == "limits" else "number"
        key = str(path[-1] if isinstance(path[-1], str) else path[-2])
        for value, grows, is_least in _other_numbers(text):
            is_stricter = (key in _LESS_IS_STRICT and not grows) or (key in _MORE_IS_STRICT and grows)
            if key in ("I", "II", "III"):
                is_stricter = grows and is_least
            yield self._made(kind, path, f"{text} is now {value}", value, is_stricter=is_stricter)
        for value in self._said(path, text):
            yield self._made(kind, path, f"{text} is now {value}, which a source gives too", value)

    def _said(self, path: TreePath, text: str) -> Iterator[str]:
        """Other numbers that its sources give somewhere."""
        for ref in self._refs(path):
            name, _, place = ref.partition(":")
            says = self.tree.get("sources", {}).get(name, {}).get("says", {})
            for where, said in says.items():
                if place and where not in (place, "all"):
                    continue
                for spoken in [said] if isinstance(said, str) else said:
                    number = re.sub(r" (a session|between|a day|a week)$", "", spoken)
                    is_alike = bool(_PART.search(number)) is bool(_PART.search(text))
                    if is_alike and "==" not in spoken and "+" not in text and number != text:
                        yield number

    # Gates -------------------------------------------------------------------------------------

    def _gate(self, path: TreePath, value: Any) -> Iterator[Mutant]:
        is_stop = path[-1] in _STOPS
        if path[-1] == "needs":
            yield self._made("limit", path, "condition dropped", _GONE)
        else:
            yield self._made("gate", path, "condition dropped", _GONE, is_stricter=False)
        yield from self._condition(path, value, is_stop=is_stop)

    def _condition(self, path: TreePath, value: Any, *, is_stop: bool) -> Iterator[Mutant]:
        """`is_stop`: what makes it true more often is stricter."""
        if isinstance(value, str):
            yield from self._comparison(path, value, is_stop=is_stop)
        elif isinstance(value, list):
            yield from self._parts(path, value, is_stop=is_stop, is_all=True)
        elif isinstance(value, dict):
            for key, inner in value.items():
                if key == "not":
                    yield self._made("gate", path, "not dropped", inner)
                    yield from self._condition((*path, key), inner, is_stop=not is_stop)
                else:
                    yield from self._parts((*path, key), inner, is_stop=is_stop, is_all=key == "all")

    def _parts(self, path: TreePath, parts: list[Any], *, is_stop: bool, is_all: bool) -> Iterator[Mutant]:
        for index, part in enumerate(parts):
            rest = [*parts[:index], *parts[index + 1 :]]
            if rest:
                yield self._made(
                    "gate", path, f"part {index + 1} dropped", rest, is_stricter=is_all == is_stop
                )
            yield from self._condition((*path, index), part, is_stop=is_stop)

    def _comparison(self, path: TreePath, text: str, *, is_stop: bool) -> Iterator[Mutant]:
        matched = _COMPARED.fullmatch(text)
        assert matched is not None, text
        subject, test, rest = matched.groups()
        if test in _TREND:
            yield self._made("gate", path, f"{text} flipped", f"{subject} {_TREND[test]} {rest}".strip())
            if "since" in rest:
                yield self._made("gate", path, f"{text} without since", text.partition(" since")[0])
        else:
            yield self._made("gate", path, f"{text} flipped", f"{subject} {_FLIPPED[test]} {rest}")
        number = re.search(r"\d+(\.\d+)?(s|min|mo|h|d|w)?", rest)
        if number:
            for value, grows, _ in _other_numbers(number[0]):
                moved = f"{subject} {test} {rest.replace(number[0], value, 1)}"
                is_more_often = grows == (test in ("<=", "<"))
                is_known = test in ("<=", "<", ">=", ">", "drop", "rise")
                yield self._made(
                    "gate",
                    path,
                    f"{text} moved to {value}",
                    moved,
                    is_stricter=is_known and is_more_often is is_stop,
                )
        elif subject == "grade":
            for grade in ("I", "II", "III"):
                if grade != rest:
                    yield self._made("gate", path, f"{text} moved to {grade}", f"{subject} {test} {grade}")
        elif test in ("==", "!=") and rest:
            yield self._made("gate", path, f"{text} moved", f"{subject} {test} {_NOWHERE}")
            choices = self.tree.get("observe", {}).get(subject, {}).get("choices", ["yes", "no"])
            for choice in choices:
                if choice != rest:
                    yield self._made("gate", path, f"{text} moved to {choice}", f"{subject} {test} {choice}")
        if subject in self.observed or subject not in _NOT_OBSERVED:
            unknown = text.replace(subject, _NOWHERE, 1)
            yield self._made("reference", path, f"{text}: unknown observation", unknown)
            for other in self.observed:
                if other != subject:
                    yield self._made(
                        "reference", path, f"{text}: of {other}", text.replace(subject, other, 1)
                    )

    # Limits ------------------------------------------------------------------------------------

    def _limit_field(self, path: TreePath, value: Any) -> Iterator[Mutant]:
        key = path[-1]
        if key in _LIMIT or key == "never":
            yield self._made("limit", path, "bound dropped", _GONE)
        if key in ("of", "to"):
            listed = [value] if isinstance(value, str) else value
            for index, modality in enumerate(listed):
                rest = [*listed[:index], *listed[index + 1 :]]
                yield self._made("limit", path, f"{modality} dropped", rest)
                other = "rest" if modality != "rest" else "elevation"
                yield self._made("limit", path, f"{modality} is now {other}", [*rest, other])
        if key == "in":
            yield self._made("limit", path, "in dropped", _GONE, is_stricter=True)
            yield self._made("limit", path, "in of an unknown phase", _NOWHERE)
            for phase in self._phases():
                if [phase] != [value] and phase != value:
                    yield self._made("limit", path, f"in {phase}", phase)
        if len(path) == 2 and "in" not in value:
            for phase in self._phases():
                yield self._made("limit", (*path, "in"), f"in {phase} only", phase)

    def _phases(self) -> list[str]:
        return [phase["id"] for phase in self.tree["phases"] if "id" in phase]

    # References --------------------------------------------------------------------------------

    def _references(self, path: TreePath, value: Any) -> Iterator[Mutant]:
        key = path[-1] if path else ""
        if key == "ask" and isinstance(value, list):
            for index, name in enumerate(value):
                yield self._made("reference", (*path, index), f"{name}: unknown observation", _NOWHERE)
                for other in self.observed:
                    if other not in value:
                        yield self._made("reference", (*path, index), f"{name} is now {other}", other)
        if key in ("min", "max", "table") and isinstance(value, str) and not re.search(r"\d", value):
            table, dot, end = value.partition(".")
            yield self._made("reference", path, f"{value}: unknown table", _NOWHERE + dot + end)
            for other in self.tree.get("tables", {}):
                if other != table:
                    yield self._made("reference", path, f"{value}: table {other}", other + dot + end)
            if end:
                other_end = {"min": "max", "max": "min"}[end]
                yield self._made("reference", path, f"{value}: its {other_end}", f"{table}.{other_end}")
        is_name = (
            path == ("then",)
            or key in ("use", "after", "raises")
            or (path[:1] == ("excludes",) and key == "id")
            or (key == "phase" and "back_to" in path)
            or (key == "start" and "items" in path)
        )
        if is_name:
            yield self._made("reference", path, f"{value}: unknown", _NOWHERE)
        if path[:1] == ("excludes",) and key == "id":
            yield self._made("reference", path[:-1], f"{value}: dropped", _GONE)
        if key == "start" and "items" in path:
            yield self._made("reference", path, f"{value}: another protocol", "sitting")
        if key == "phase" and "back_to" in path:
            yield self._made("reference", path, f"{value}: itself", self._phases()[0])

    # Sources -----------------------------------------------------------------------------------

    def _source_entry(self, path: TreePath, value: Any) -> Iterator[Mutant]:
        if len(path) == 2:
            yield self._made("source", path, "dropped", _GONE)
        elif path[2:] == ("says",) and isinstance(value, dict):
            yield self._made("source", path, "says dropped", _GONE)
        elif path[2:3] == ("says",) and len(path) == 4:
            yield self._made("source", path, "place dropped", _GONE)
            listed = [value] if isinstance(value, str) else value
            for index, number in enumerate(listed):
                for other, _, _ in _other_numbers(number):
                    changed = [*listed[:index], other, *listed[index + 1 :]]
                    yield self._made("number", path, f"{number} is now {other}", changed)

    def _cited(self, path: TreePath, value: Any) -> Iterator[Mutant]:
        yield self._made("source", path, "dropped", _GONE)
        fields = value.items() if isinstance(value, dict) else [("", value)]
        for field, refs in fields:
            where = (*path, field) if field else path
            if field:
                yield self._made("source", where, f"of {field} dropped", _GONE)
            listed = [each.strip() for each in refs.split(",")]
            for index, ref in enumerate(listed):
                name, _, place = ref.partition(":")
                rest = [*listed[:index], *listed[index + 1 :]]
                if rest:
                    yield self._made("source", where, f"{ref} dropped", ", ".join(rest))
                unknown = [*listed[:index], _NOWHERE, *listed[index + 1 :]]
                yield self._made("reference", where, f"{ref}: unknown source", ", ".join(unknown))
                for moved in self._other_places(name, place):
                    there = [*listed[:index], f"{name}:{moved}", *listed[index + 1 :]]
                    yield self._made("source", where, f"{ref} is now at {moved}", ", ".join(there))

    def _other_places(self, name: str, place: str) -> Iterable[str]:
        if not place:
            return ()
        says = self.tree.get("sources", {}).get(name, {}).get("says", {})
        beside = [str(int(place) + 1)] if place.isdigit() else []
        return [*beside, *(other for other in list(says)[:3] if other != place)]


def _walk(node: Any, path: TreePath) -> Iterator[tuple[TreePath, Any]]:
    if path:
        yield path, node
    if isinstance(node, dict):
        for key, inner in node.items():
            yield from _walk(inner, (*path, key))
    elif isinstance(node, list):
        for index, inner in enumerate(node):
            yield from _walk(inner, (*path, index))


def _other_numbers(text: str) -> Iterator[tuple[str, bool, bool]]:
    """A text with one number more and less, whether it grows, and whether it is the least of a range."""
    if clock := re.fullmatch(r"(\d\d):(\d\d)", text):
        yield f"{int(clock[1]) + 1:02}:{clock[2]}", True, True
        yield f"{int(clock[1]) - 1:02}:{clock[2]}", False, True
        return
    for matched in re.finditer(r"(\d+)(s|min|mo|h|d|w)?", text):
        number, unit = int(matched[1]), matched[2] or ""
        if number == 0 and not unit:
            smaller, larger = "", "1"
        elif unit in _HALF:
            times, smaller_unit = _HALF[unit]
            smaller, larger = f"{number * times}{smaller_unit}", f"{number * 2}{unit}"
        else:
            smaller, larger = (f"{number - 1}" if number else ""), f"{number + 1}"
        is_least = ".." not in text or matched.start() < text.index("..")
        for value, grows in ((larger, True), (smaller, False)):
            if value:
                yield text[: matched.start()] + value + text[matched.end() :], grows, is_least
