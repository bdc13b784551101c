"""The problems of protocol files, as text and as JSON."""

from typing import Any

from recovery.cli.render_json import VERSION
from recovery.language import _
from recovery.protocol.problems import Problem


def line(problem: Problem) -> str:
    """A problem with its place, on one line; a warning says that it is one."""
    return f"{problem}" if problem.is_error else f"{problem} [{_('warning')}]"


def as_json(problem: Problem) -> dict[str, Any]:
    """A problem as an object."""
    return {
        "v": VERSION,
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "path": problem.path,
        "severity": problem.severity,
        "message": problem.message,
        "expected": problem.expected,
        "found": problem.found,
        "rule": problem.rule,
    }
