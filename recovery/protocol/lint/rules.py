"""The registry of lint rules: what each asks for, how grave it is, what it has to see of a file, and its check."""

from collections.abc import Callable, Iterator

from recovery.protocol.lint.rules import Walk
from recovery.protocol.model import RecoveryProtocol
from recovery.protocol.problems import KeyPath, Location, Problem, place_at
from recovery.values import Value

WHOLE = "whole"
"""The need of a rule that speaks only of a file without errors."""


class Finding(Value):
    """A place where a rule is broken."""

    path: KeyPath
    message: str
    expected: str = ""
    found: str = ""
    about: str = ""
    """The name of what the rule looked for: an observation, a source, a table, a phase."""
    severity: str = ""
    """Where it is not that of the rule."""


class Gaps(Value):
    """The parts of a file with errors that could not be used."""

    left_out: frozenset[KeyPath]
    is_whole: bool
    """True if all protocols that it uses are there."""


class Rule(Value):
    """One rule, by its id."""

    id: str
    meaning: str
    check: Callable[[Walk], Iterator[Finding]] | None = None
    """None of a rule that the compiler or the reader of files keeps."""
    severity: str = "error"
    """`error` or `warning`."""
    warns_where: Callable[[RecoveryProtocol], bool] | None = None
    """The protocols in which an error is a warning."""
    needs: str = ""
    """The section of the file in which it looks names up, or `WHOLE`: without that it says nothing."""
    misses: tuple[str, ...] = ()
    """The keys whose absence it tells."""

    def problems(self, walk: Walk, gaps: Gaps | None = None) -> Iterator[Problem]:
        """List the places where it is broken; with `gaps` only where it is broken whatever stood in them."""
        for finding in self.check(walk) if self.check is not None else ():
            if gaps is None or self._is_sure(finding, gaps):
                is_mild = self.warns_where is not None and self.warns_where(walk.protocol)
                yield self.problem(
                    place_at(walk.places, *finding.path),
                    finding.message,
                    expected=finding.expected,
                    found=finding.found,
                    severity="warning" if is_mild else finding.severity,
                )

    def problem(
        self, place: Location, message: str, *, expected: str = "", found: str = "", severity: str = ""
    ) -> Problem:
        """A breach of it at a place."""
        severity = severity or self.severity
        return place.problem(message, expected=expected, found=found, severity=severity, rule=self.id)

    def _is_sure(self, finding: Finding, gaps: Gaps) -> bool:
        needed = ((self.needs,), (self.needs, finding.about))
        if self.needs == WHOLE or (self.needs and not gaps.is_whole):
            return False
        if self.needs and any(path[:2] in needed for path in gaps.left_out):
            return False
        return not any(self._is_of(finding, path) for path in gaps.left_out)

    def _is_of(self, finding: Finding, left_out: KeyPath) -> bool:
        """Tell if a finding is about what was left out, or misses just that."""
        if finding.path[: len(left_out)] == left_out:
            return True
        key = next((key for key in self.misses if key in left_out), None)
        if key is None:
            return False
        item = left_out[: left_out.index(key)]
        return finding.path[: len(item)] == item


RULES: dict[str, Rule] = {}
"""Every rule by its id."""


def rule(
    id_: str,
    meaning: str,
    *,
    severity: str = "error",
    warns_where: Callable[[RecoveryProtocol], bool] | None = None,
    needs: str = "",
    misses: tuple[str, ...] = (),
) -> Callable[[Callable[[Walk], Iterator[Finding]]], Rule]:
    """Make a check a rule of the registry."""

    def registered(check: Callable[[Walk], Iterator[Finding]]) -> Rule:
        RULES[id_] = Rule(id_, meaning, check, severity, warns_where, needs, misses)
        return RULES[id_]

    return registered


def _kept_elsewhere(id_: str, meaning: str, severity: str = "error") -> Rule:
    RULES[id_] = Rule(id_, meaning, severity=severity)
    return RULES[id_]


DUPLICATE_ID = _kept_elsewhere("duplicate-id", "everything of one kind has an id of its own")
UNKNOWN_PROTOCOL = _kept_elsewhere("unknown-protocol", "other protocols that are named are there")
UNKNOWN_TRANSLATION = _kept_elsewhere(
    "unknown-translation", "translations are of texts that are there, with the same braces"
)
UNTRANSLATED = _kept_elsewhere(
    "untranslated", "a language that a file has, it has for all its texts", severity="warning"
)


# Where an error is a warning -------------------------------------------------------------------------


def is_first_draft(protocol: RecoveryProtocol) -> bool:
    """Tell if no source of it says which numbers it gives."""
    return not any(source.says for source in protocol.sources.values())


def is_answered_for(protocol: RecoveryProtocol) -> bool:
    """Tell if a professional answers for it."""
    return protocol.responsible is not None


def is_unbound(protocol: RecoveryProtocol) -> bool:
    """Tell if it may leave out parts of the floor: it names no source, or a professional answers for it."""
    return is_answered_for(protocol) or not protocol.sources
