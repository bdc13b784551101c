"""Making the best of a file with errors, so that its other mistakes are told at the same time.

What is broken is left out until the rest has a good shape. The rest can be compiled and linted, as long as
no finding is believed that may only be there because something was left out.
"""

import copy
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import ValidationError

from recovery.protocol.explaining import broken
from recovery.protocol.lint.rules import ERRORS_ONCE_SOURCED
from recovery.protocol.lint.walk import Finding, Path
from recovery.protocol.schema import Entry, ProtocolFile, Trace
from recovery.protocol.syntax import Document, Path_, item_id

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

# Rules about a key that is not there: it may only have been left out.
_OF_ABSENCE = {
    "max-without-at-max": ("at_max",),
    "at-max-without-max": ("max",),
    "phase-ends-at-once": ("min", "leave_when"),
    "number-without-source": ("source",),
}
_NEVER = frozenset(
    {
        "gate-undecidable",
        "unused",
        "phase-is-empty",
        "unknown-activity",
        "ladder-too-long",
        *ERRORS_ONCE_SOURCED,
    }
)
_SECTION_OF = {
    "unknown-source": "sources",
    "unknown-observation": "observe",
    "value-not-possible": "observe",
    "always-true": "observe",
    "unknown-table": "tables",
    "unknown-phase": "phases",
    "unknown-flag": "red_flags",
    "unknown-option": "options",
}


def without_errors(document: Document) -> tuple[Entry | None, frozenset[Path]]:
    """Cut the errors out of a file. Give the rest (None if errors remain), and the paths left out."""
    rest = {**_STAND_INS, **copy.deepcopy(document.value)}
    left_out: set[Path] = set()
    for _ in range(_MOST_ROUNDS):
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


def _cut(path: Path_) -> Path_:
    """The whole thing to leave out: a condition and a list of plain values as one, never a part of them."""
    for index, step in enumerate(path):
        if step in _CONDITIONS:
            return path[: index + 1]
        if isinstance(step, int) and path[index - 1] not in _ITEMS:
            return path[:index]
    return path


def _named(root: Any, path: Path_) -> Path:
    """A path with ids for list positions."""
    named, value = [], root
    for step in path:
        value = value[step]
        named.append(step if isinstance(step, str) else item_id(value) or str(step))
    return tuple(named)


def _remove(root: Any, cuts: Iterable[Path_]) -> None:
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


def trusted(findings: Iterable[Finding], left_out: frozenset[Path], *, is_whole: bool) -> Iterator[Finding]:
    """The findings that are there whatever the errors. `is_whole`: all used protocols are there."""
    touched = {path[0] for path in left_out if len(path) == 1}
    names = {path[:2] for path in left_out}
    for finding in findings:
        section = _SECTION_OF.get(finding.rule)
        if finding.rule in _NEVER or (section and not is_whole):
            continue
        if section and (section in touched or (section, finding.about) in names):
            continue
        if any(_is_of(finding, path) for path in left_out):
            continue
        yield finding


def _is_of(finding: Finding, left_out: Path) -> bool:
    """Tell if a finding is about what was left out, or misses just that."""
    if finding.path[: len(left_out)] == left_out:
        return True
    for key in _OF_ABSENCE.get(finding.rule, ()):
        if key in left_out:
            item = left_out[: left_out.index(key)]
            return finding.path[: len(item)] == item
    return False
