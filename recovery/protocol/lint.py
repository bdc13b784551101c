"""Semantic checks: what a well-formed protocol may still get wrong. Each rule has an id, see `RULES`."""

from collections.abc import Iterable, Iterator

from recovery.protocol.findings import Finding
from recovery.protocol.lint_gates import check_gates, check_phases
from recovery.protocol.lint_references import check_inputs, check_names, check_sources
from recovery.protocol.lint_sessions import check_cadences, check_limits
from recovery.protocol.model import RecoveryProtocol
from recovery.protocol.problems import Places, Problem, place_at

RULES = {
    "always-true": "every comparison can become false",
    "at-max-without-max": "what happens at the longest time is told only for a phase that has one",
    "cadence-does-not-fit": "what is planned for a day fits into 16 waking hours, gaps included",
    "duplicate-id": "everything of one kind has an id of its own",
    "every-too-short": "a session does not come again sooner than its limits allow",
    "gate-contradictory": "every condition can become true",
    "gate-undecidable": "what a condition needs is asked there, at least as often as the answers stay fresh",
    "max-without-at-max": "a phase with a longest time says what happens then",
    "min-over-max": "no phase has a shortest time that is longer than its longest, for any grade",
    "missing-input": "a start asks for all that the protocol needs: onset, grade, side",
    "never-in-time": "an activity has some time between its begin and its end, limits included",
    "number-without-source": "every number names a source, or `own`",
    "outside-waking-hours": "times of day lie between 07:00 and 23:00, sessions with their whole length",
    "phase-ends-at-once": "a phase has a shortest time or a condition for its end",
    "phase-is-empty": "a phase has something to do",
    "reserved-id": "an observation is not named like an input or an instant",
    "session-forbidden": "no session of what a limit forbids in that phase",
    "session-too-long": "no session is longer than its limits allow",
    "times-overlap": "times of one activity on a day do not overlap",
    "too-many-a-day": "no more sessions a day than the limits allow",
    "unknown-observation": "check-ins and conditions name observations that are there",
    "unknown-phase": "limits name phases that are there",
    "unknown-protocol": "the protocol that follows is there",
    "unknown-source": "sources that are named are there",
    "unknown-table": "tables that are named are there",
    "unused": "nothing is defined for nothing",
    "value-not-possible": "conditions compare with values that an answer can have",
    "wait-too-short": "the waits of an alternation are as long as the limits ask",
}
"""What each rule asks for, by its id."""

_CHECKS = (check_sources, check_names, check_inputs, check_gates, check_phases, check_limits, check_cadences)


def check(protocol: RecoveryProtocol, places: Places) -> tuple[Problem, ...]:
    """All findings, as problems with places, by line. `places` says where things stand."""
    return as_problems(findings(protocol, places), places)


def findings(protocol: RecoveryProtocol, places: Places) -> Iterator[Finding]:
    """All findings, in no order. `places` says what is written in the files, and what is only a default."""
    for one in _CHECKS:
        yield from one(protocol, places)


def as_problems(found: Iterable[Finding], places: Places) -> tuple[Problem, ...]:
    """Findings as problems with places, by line."""
    problems = [_problem(finding, places) for finding in found]
    return tuple(sorted(problems, key=lambda p: (p.file, p.line, p.column, p.message)))


def _problem(finding: Finding, places: Places) -> Problem:
    return place_at(places, *finding.path).problem(
        finding.message,
        expected=finding.expected,
        found=finding.found,
        severity=finding.severity,
        rule=finding.rule,
    )
