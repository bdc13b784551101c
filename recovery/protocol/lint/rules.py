"""Semantic checks: what a well-formed protocol may still get wrong. Each rule has an id, see `RULES`."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from recovery.protocol.lint.floor import check_floor
from recovery.protocol.lint.gates import check_gates, check_phases
from recovery.protocol.lint.names import check_inputs, check_names, check_sources
from recovery.protocol.lint.numbers import check_numbers
from recovery.protocol.lint.persons import check_persons
from recovery.protocol.lint.safety import check_safety
from recovery.protocol.lint.sessions import check_cadences, check_limits
from recovery.protocol.lint.walk import Finding, Path, activities
from recovery.protocol.model import RecoveryProtocol
from recovery.protocol.problems import Places, Problem, place_at
from recovery.protocol.sizes import check_sizes

RULES = {
    "always-true": "every comparison can become false",
    "at-max-without-max": "what happens at the longest time is told only for a phase that has one",
    "begins-before-limit": "a phase is not entered before its limits let its sessions begin",
    "below-floor": "cold, warmth, TENS and massage are as strict as the floor, or a professional answers for it",
    "cadence-does-not-fit": "what is planned for a day fits into 16 waking hours, gaps included",
    "duplicate-id": "everything of one kind has an id of its own",
    "endless-not-last": "only the last phase goes on without an end",
    "every-too-short": "a session does not come again sooner than its limits allow",
    "fresh-injury-open": "a phase that counts from the injury says of cold, warm, massage and exercise if they may be",
    "fresh-without-limit": "cold and massage have a limit on when after the injury they may be",
    "gate-contradictory": "every condition can become true",
    "gate-undecidable": "what a condition needs is asked there, at least as often as the answers stay fresh",
    "gate-without-limit": "a time since the injury that a phase waits for is a limit, too: no command gets round that",
    "gate-wrong-way": "what lets on gets true as answers get better, what stops as they get worse",
    "ladder-too-long": "the steps of a ladder fit into its phase, for every grade",
    "max-without-at-max": "a phase with a longest time says what happens then",
    "min-over-max": "no phase has a shortest time that is longer than its longest, for any grade",
    "missing-input": "a start asks for all that the protocol needs: onset, grade, side",
    "missing-question": "the start asks what speaks against cold, warmth and TENS, as the floor says",
    "missing-sign": "the signs of the floor that refer to a professional are asked, as urgent as they are",
    "never-in-time": "an activity has some time between its begin and its end, limits included",
    "number-not-in-source": "a number is one that its sources give, where these say which they give",
    "number-without-source": "every number names a source, or `own`",
    "only-as-session": "what goes on the skin, or has a limit that only a session can keep, is a session",
    "outside-waking-hours": "times of day lie between 07:00 and 23:00, sessions with their whole length",
    "phase-ends-at-once": "a phase has a shortest time or a condition for its end",
    "phase-is-empty": "a phase has something to do",
    "reserved-id": "no observation, option or screening question is named like another, an input or an instant",
    "session-forbidden": "nothing of what a limit forbids in that phase, of whatever kind",
    "session-too-long": "no session is longer than its limits allow",
    "session-without-gap": "packs and massage have a limit on the wait between them, packs on that to what follows",
    "session-without-limit": "what is put on the skin has a limit on how long",
    "step-undecidable": "a step is left out only by what is known from the start: grade, side, options",
    "text-says-otherwise": "what a limit, a sign or a longest time tells a person is the number that holds",
    "times-overlap": "times of one activity on a day do not overlap",
    "too-many": "there is no more of each thing than can be followed, and checked at once",
    "too-many-a-day": "no more sessions a day than the limits allow",
    "unknown-activity": "what follows an activity names a session of its phase",
    "unknown-flag": "a grading question reports a red flag that is asked",
    "unknown-observation": "check-ins and conditions name observations that are there",
    "unknown-option": "texts name only the side and options that are there, and so does a checklist",
    "unknown-phase": "limits and ways back name phases that are there",
    "unknown-protocol": "other protocols that are named are there",
    "unknown-source": "sources that are named are there",
    "unknown-table": "tables that are named are there",
    "unknown-translation": "translations are of texts that are there, with the same braces",
    "until-without-limit": "a session that has to be over so long after the injury has a limit that says so",
    "untranslated": "a language that a file has, it has for all its texts",
    "unused": "nothing is defined for nothing",
    "value-not-possible": "conditions compare with values that an answer can have",
    "wait-too-short": "the waits of an alternation are as long as the limits ask",
    "warmth-without-limit": "warmth has limits on how often a day, and after an injury on from when and in what state",
}
"""What each rule asks for, by its id."""

ERRORS_ONCE_SOURCED = (
    "begins-before-limit",
    "fresh-injury-open",
    "gate-without-limit",
    "text-says-otherwise",
    "until-without-limit",
)
"""Errors in a protocol whose sources say which numbers they give, warnings in others: those may be first drafts."""

BELOW = "below-floor"
"""The rule about what a file says that is less strict than the floor."""

OF_THE_FLOOR = (
    "fresh-without-limit",
    "missing-question",
    "missing-sign",
    "session-without-gap",
    "session-without-limit",
    "warmth-without-limit",
)
"""Rules about what a file leaves out of the floor: errors in a protocol that names a source, warnings in a first draft.

With `below-floor` they are warnings, too, where a professional answers for the protocol.
"""

_CHECKS = (
    check_sources,
    check_numbers,
    check_names,
    check_inputs,
    check_persons,
    check_gates,
    check_phases,
    check_limits,
    check_cadences,
    check_safety,
    check_floor,
)


def other_protocols(protocol: RecoveryProtocol) -> Iterator[tuple[Path, str]]:
    """The other protocols that it names, and where."""
    if protocol.then:
        yield ("then",), protocol.then
    for each in protocol.excludes:
        yield ("excludes", each.id), each.id
    phases = {phase.id for phase in protocol.phases}
    for phase in protocol.phases:
        if phase.back_to is not None and phase.back_to.phase not in phases:
            yield ("phases", phase.id, "back_to", "phase"), phase.back_to.phase
    for path, _, activity in activities(protocol):
        for item in getattr(activity, "items", ()):
            if item.start:
                yield (*path, "items", item.id, "start"), item.start


def options_set(protocol: RecoveryProtocol, path: Path) -> Mapping[str, str]:
    """The options with which an item of a checklist starts another protocol, by the path of its `start`."""
    for where, _, activity in activities(protocol):
        for item in getattr(activity, "items", ()):
            if (*where, "items", item.id, "start") == path:
                options: Mapping[str, str] = item.options
                return options
    return {}


def check(protocol: RecoveryProtocol, places: Places) -> tuple[Problem, ...]:
    """All findings, as problems with places, by line. `places` says where things stand."""
    return as_problems(findings(protocol, places), places)


def findings(protocol: RecoveryProtocol, places: Places) -> Iterator[Finding]:
    """All findings, in no order. `places` says what is written in the files, and what is only a default."""
    crowded = list(check_sizes(protocol))
    if crowded:
        yield from crowded
        return
    is_held = any(source.says for source in protocol.sources.values())
    is_unbound = protocol.responsible is not None or not protocol.sources
    for one in _CHECKS:
        for finding in one(protocol, places):
            is_mild = (
                (finding.rule in ERRORS_ONCE_SOURCED and not is_held)
                or (finding.rule in OF_THE_FLOOR and is_unbound)
                or (finding.rule == BELOW and protocol.responsible is not None)
            )
            yield replace(finding, severity="warning") if is_mild else finding


def as_problems(found: Iterable[Finding], places: Places) -> tuple[Problem, ...]:
    """Findings as problems with places, by line."""
    problems = [_problem(finding, places) for finding in found]
    return tuple(sorted(problems, key=lambda p: (p.file, p.line, p.column, str(p))))


def _problem(finding: Finding, places: Places) -> Problem:
    return place_at(places, *finding.path).problem(
        finding.message,
        expected=finding.expected,
        found=finding.found,
        severity=finding.severity,
        rule=finding.rule,
    )
