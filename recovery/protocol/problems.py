"""Problems of a protocol file, said so that a person can find and mend them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from recovery.language import N_, _

_LONGEST_SHOWN = 60
_MOST_LISTED = 40
_MOST_COMPARED = 50
MOST_PROBLEMS = 200
"""Of one reading; of more only the count is told."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong in one place. Lines and columns count from 1; 0 means: the file as a whole."""

    file: str
    line: int
    column: int
    path: str
    """The place in words: `phase 'rice' > activity 'ice' > every`; empty for the file as a whole."""
    severity: str
    """`error` or `warning`."""
    message: str
    expected: str = ""
    found: str = ""
    rule: str = ""
    """The id of the lint rule that was broken, such as `gate-undecidable`; empty for what cannot be read."""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        words = f"{where}: {self.path}: {self.message}" if self.path else f"{where}: {self.message}"
        details = [_("expected {expected}", expected=self.expected)] if self.expected else []
        if self.found:
            details.append(_("found {found}", found=self.found))
        return f"{words} ({', '.join(details)})" if details else words

    @property
    def is_error(self) -> bool:
        return self.severity == "error"


@dataclass(frozen=True)
class Location:
    """A place in a file, and the words for it."""

    file: str
    line: int
    column: int
    words: str

    def problem(
        self, message: str, *, expected: str = "", found: str = "", severity: str = "error", rule: str = ""
    ) -> Problem:
        return Problem(
            self.file, self.line, self.column, self.words, severity, message, expected, found, rule
        )


def in_short(value: object) -> str:
    """Show a value of the file, short and on one line: texts quoted, the rest by its shape."""
    match value:
        case "":
            return _("nothing")
        case str():
            return repr(value if len(value) <= _LONGEST_SHOWN else value[:_LONGEST_SHOWN] + "...")
        case dict():
            return _("a mapping (key: value)")
        case list() | tuple():
            return _("a list")
    return type(value).__name__


def name_list(names: Iterable[str]) -> str:
    """Names with commas between, the first of them where they are many."""
    every = list(names)
    shown_names = ", ".join(every[:_MOST_LISTED])
    more = len(every) - _MOST_LISTED
    return _("{names} and {count} more", names=shown_names, count=more) if more > 0 else shown_names


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """`; did you mean 'every'?`, or an empty text where nothing is near."""
    near = nearest(word, names)
    return _("; did you mean {near!r}?", near=near) if near else ""


def nearest(word: str, names: Iterable[str]) -> str:
    """The name that a word most likely means; empty where none is near.

    Where the names are many, only those that begin alike are compared.
    """
    several = sorted(names)
    if len(several) > _MOST_COMPARED:
        several = [name for name in several if name[:1] == word[:1]][:_MOST_COMPARED]
    near = get_close_matches(word[:80], several, n=1, cutoff=0.6)
    return near[0] if near else ""


KeyPath = tuple[str, ...]
"""Keys of the file, with ids for list positions: `("phases", "rice", "do", "ice", "every")`."""
Places = Mapping[KeyPath, Location]
"""The places of what is written, by its path."""


def place_at(places: Places, *path: str) -> Location:
    """The place of a path or, where it is not written down, of the nearest thing around it."""
    for length in range(len(path), 0, -1):
        if place := places.get(path[:length]):
            return place
    return places.get((), Location("", 0, 0, ""))


# Places in words ------------------------------------------------------------------------------------

TreePath = tuple[str | int, ...]
"""The keys and positions that lead to a value."""

_SINGULAR = {
    "phases": N_("phase"),
    "do": N_("activity"),
    "limits": N_("limit"),
    "red_flags": N_("red flag"),
    "sources": N_("source"),
    "observe": N_("observation"),
    "tables": N_("table"),
    "steps": N_("step"),
    "notes": N_("note"),
    "about": N_("topic"),
    "ask": N_("question"),
    "options": N_("option"),
    "screen": N_("screening question"),
    "excludes": N_("exclusion"),
    "questions": N_("question"),
    "signs": N_("sign"),
    "outcomes": N_("outcome"),
    "items": N_("item"),
    "translations": N_("translation"),
}
_BY_ID = ("sources", "observe", "tables", "options", "translations")


def in_words(root: Any, path: TreePath) -> str:
    """A path as a person says it: `phase 'rice' > activity 'ice' > every`. Ids stand for list positions."""
    words: list[str] = []
    for value, step in zip(_along(root, path), path, strict=False):
        name = words[-1] if words else ""
        if isinstance(step, int):
            item = value[step] if isinstance(value, list) and step < len(value) else None
            identity = item_id(item)
            which = repr(identity[:40]) if identity else str(step + 1)
            words[-1:] = [f"{_(_SINGULAR[name]) if name in _SINGULAR else name} {which}".lstrip()]
        elif len(words) == 1 and name in _BY_ID:
            words = [f"{_(_SINGULAR[name])} {step[:40]!r}"]
        else:
            words.append(step if step.replace("_", "").isalnum() and len(step) <= 40 else repr(step[:40]))
    return " > ".join(words)


def _along(root: Any, path: TreePath) -> Iterator[Any]:
    """The containers on a way, from the root on; None where the way leaves the tree."""
    value = root
    for step in path:
        yield value
        value = inside(value, step)


def item_id(item: Any) -> str:
    """Name an item of a list: by its `id`, or by what it uses. Empty: it has neither."""
    if not isinstance(item, dict):
        return ""
    identity = item.get("id") or item.get("use")
    return identity if isinstance(identity, str) else ""


def inside(value: Any, step: str | int) -> Any:
    """Get a value out of a container by key or position; None where it was left out."""
    if isinstance(value, dict):
        return value.get(step)
    return value[step] if isinstance(value, list) and isinstance(step, int) and step < len(value) else None
