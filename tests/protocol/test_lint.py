"""Each rule with an example that breaks it and one that keeps it."""

from collections.abc import Callable

import pytest

from recovery.protocol.lint import RULES
from recovery.protocol.problems import Problem

Check = Callable[..., tuple[Problem, ...]]
Whole = Callable[..., str]

REMIND = "- {{id: r, kind: reminder, of: rest, say: a, source: own, {}}}"
ICE = "- {{id: ice, kind: session, of: cold, start: On, end: Off, source: own, {}}}"
ASK = "- {{id: more, kind: check-in, ask: [pain], source: own, {}}}"
NEXT = """- id: second
  min: 1d
  source: own
  {}
  do:
    - {{id: x, kind: advice, say: a}}"""
PACKS = """- id: packs
  kind: alternation
  {}
  steps:
    - {{of: cold, duration: 20min, start: On, end: Off}}
    - wait: {}
    - {{of: warm, duration: 20min, start: On, end: Off}}
    - wait: 1h
  source: own"""
GAP = "limits:\n  - {id: gap, of: [cold, warm], gap: 1h, to: [cold, warm], source: nhs}"


def _limit(text: str) -> str:
    shared = "limits:\n  - {id: cold-session, of: cold, longest: 20min, source: nhs}"
    return f"{shared}\n  - {{id: x, {text}, source: own}}"


# rule, what breaks it, where it is told, what keeps it
SECTION_FLAG = "red_flags:\n  - {id: a, when: grade == III, level: urgent, say: Go, source: own}"
Case = tuple[str, dict[str, str], str, dict[str, str]]

CASES: list[Case] = [
    (
        "always-true",
        {"gate": "leave_when: pain >= 0"},
        "phase 'first' > leave_when",
        {"gate": "leave_when: pain >= 1"},
    ),
    (
        "always-true",
        {"gate": "leave_when: [rom == full, swelling <= marked]"},
        "phase 'first' > leave_when 2",
        {"gate": "leave_when: [rom == full, swelling <= moderate]"},
    ),
    (
        "unknown-protocol",
        {"red_flags": SECTION_FLAG + "\nthen: contrst"},
        "then",
        {"red_flags": SECTION_FLAG + "\nthen: contrast"},
    ),
    (
        "gate-undecidable",
        {"phases": NEXT.format("leave_when: pain <= 3")},
        "phase 'second' > leave_when",
        {"phases": NEXT.format("enter_when: pain <= 3")},
    ),
    (
        "gate-undecidable",
        {
            "phases": NEXT.format("leave_when: pain <= 3")
            + "\n    - {id: c, kind: check-in, ask: [pain], every: 12h,"
            " until: phase+1d, source: own}"
        },
        "phase 'second' > leave_when",
        {
            "phases": NEXT.format("leave_when: pain <= 3")
            + "\n    - {id: c, kind: check-in, ask: [pain], at: wake,"
            " source: own}"
        },
    ),
    (
        "gate-undecidable",
        {
            "phases": NEXT.format("leave_when: pain <= 3")
            + "\n    - {id: c, kind: check-in, ask: [pain], per_week: 3,"
            " at: wake, source: own}"
        },
        "phase 'second' > leave_when",
        {
            "phases": NEXT.format("leave_when: pain <= 3")
            + "\n    - {id: c, kind: check-in, ask: [pain], per_day: 1,"
            " source: own}"
        },
    ),
    (
        "gate-undecidable",
        {
            "phases": NEXT.format("leave_when: [phase >= 1d, pain <= 3]")
            + "\n    - {id: c, kind: check-in, ask: [pain],"
            " once: phase+1d, source: own}"
        },
        "phase 'second' > leave_when 2",
        {"phases": NEXT.format("leave_when: [phase >= 1d]")},
    ),
    (
        "gate-undecidable",
        {
            "activities": ICE.format("duration: 20min, every: 2h"),
            "limits": _limit("of: cold, needs: pain <= 3"),
            "phases": NEXT.format("")
            + "\n    - {id: i2, kind: session, of: cold, duration: 5min, every: 2h, start: a,"
            " end: b, source: own}",
        },
        "limit 'x' > needs",
        {
            "activities": ICE.format("duration: 20min, every: 2h"),
            "limits": _limit("of: cold, needs: pain <= 3"),
        },
    ),
    (
        "gate-contradictory",
        {"gate": "leave_when: [pain <= 1, pain >= 5]"},
        "phase 'first' > leave_when",
        {"gate": "leave_when: [pain <= 5, pain >= 1]"},
    ),
    (
        "gate-contradictory",
        {"gate": "leave_when: {all: [not: {any: [pain <= 3, swelling falling]}, pain < 2]}"},
        "phase 'first' > leave_when",
        {"gate": "leave_when: {any: [{all: [pain < 1, pain > 1]}, pain == 2]}"},
    ),
    (
        "gate-contradictory",
        {"gate": "leave_when: [rom == full, rom == limited]"},
        "phase 'first' > leave_when",
        {"gate": "leave_when: [rom == full, rom != limited]"},
    ),
    (
        "gate-contradictory",
        {"gate": "leave_when: [injury >= 3d, injury < 2d]"},
        "phase 'first' > leave_when",
        {"gate": "leave_when: [injury >= 2d, injury <= 2d]"},
    ),
    (
        "gate-contradictory",
        {"phases": NEXT.format("enter_when: pain >= 5")},
        "phase 'second' > enter_when",
        {"phases": NEXT.format("enter_when: pain >= 3")},
    ),
    (
        "max-without-at-max",
        {"phases": NEXT.format("max: 2d")},
        "phase 'second' > max",
        {"phases": NEXT.format("max: 2d\n  at_max: {level: routine, say: a}")},
    ),
    (
        "at-max-without-max",
        {"phases": NEXT.format("at_max: {level: routine, say: a}")},
        "phase 'second' > at_max",
        {"phases": NEXT.format("goal: Rest")},
    ),
    (
        "min-over-max",
        {"phases": NEXT.format("max: 12h\n  at_max: {level: routine, say: a}")},
        "phase 'second' > max",
        {"phases": NEXT.format("max: heal.min\n  at_max: {level: routine, say: a}")},
    ),
    (
        "min-over-max",
        {
            "phases": NEXT.format("max: heal.max\n  at_max: {level: routine, say: a}").replace(
                "min: 1d", "min: 5w"
            )
        },
        "phase 'second' > max",
        {
            "phases": NEXT.format("max: heal.max\n  at_max: {level: routine, say: a}").replace(
                "1d", "heal.min"
            )
        },
    ),
    (
        "phase-ends-at-once",
        {"phases": NEXT.format("").replace("  min: 1d\n", "")},
        "phase 'second'",
        {"phases": NEXT.format("")},
    ),
    (
        "phase-is-empty",
        {"phases": "- {id: second, min: 1d, source: own}"},
        "phase 'second'",
        {"phases": NEXT.format("")},
    ),
    (
        "session-too-long",
        {"activities": ICE.format("duration: 10min..30min, every: 2h")},
        "phase 'first' > activity 'ice' > duration",
        {"activities": ICE.format("duration: 10min..20min, every: 2h")},
    ),
    (
        "session-forbidden",
        {
            "activities": ICE.format("duration: 20min, every: 2h"),
            "limits": _limit("of: cold, in: first, never: true"),
        },
        "phase 'first' > activity 'ice' > of",
        {
            "activities": ICE.format("duration: 20min, every: 2h"),
            "limits": _limit("of: warm, in: first, never: true"),
        },
    ),
    (
        "wait-too-short",
        {"activities": PACKS.format("per_day: 2", "30min"), "limits": GAP},
        "phase 'first' > activity 'packs' > step 2 > wait",
        {"activities": PACKS.format("per_day: 2", "1h"), "limits": GAP},
    ),
    (
        "every-too-short",
        {"activities": ICE.format("duration: 20min, every: 50min..2h"), "limits": GAP},
        "phase 'first' > activity 'ice' > every",
        {"activities": ICE.format("duration: 20min, every: 1h..2h"), "limits": GAP},
    ),
    (
        "too-many-a-day",
        {"activities": PACKS.format("per_day: 1..4", "1h"), "limits": _limit("of: warm, most_per_day: 3")},
        "phase 'first' > activity 'packs' > per_day",
        {"activities": PACKS.format("per_day: 1..3", "1h"), "limits": _limit("of: warm, most_per_day: 3")},
    ),
    (
        "cadence-does-not-fit",
        {"activities": PACKS.format("per_day: 1..7", "1h")},
        "phase 'first' > activity 'packs' > per_day",
        {"activities": PACKS.format("per_day: 1..6", "1h")},
    ),
    (
        "cadence-does-not-fit",
        {"activities": REMIND.format("every: 48h")},
        "phase 'first' > activity 'r' > every",
        {"activities": REMIND.format("every: 24h")},
    ),
    (
        "cadence-does-not-fit",
        {"activities": ICE.format("duration: 20min, per_day: 15"), "limits": GAP},
        "phase 'first' > activity 'ice' > per_day",
        {"activities": ICE.format("duration: 20min, per_day: 12"), "limits": GAP},
    ),
    (
        "outside-waking-hours",
        {"activities": REMIND.format('at: "05:00"')},
        "phase 'first' > activity 'r' > at",
        {"activities": REMIND.format('at: "07:00"')},
    ),
    (
        "outside-waking-hours",
        {"activities": ICE.format("duration: 20min, at: bedtime-10min")},
        "phase 'first' > activity 'ice' > at",
        {"activities": ICE.format("duration: 20min, at: bedtime-20min")},
    ),
    (
        "times-overlap",
        {"activities": ICE.format('duration: 20min, at: ["08:00", "08:10"]')},
        "phase 'first' > activity 'ice' > at",
        {"activities": ICE.format('duration: 20min, at: ["08:00", "08:20"]')},
    ),
    (
        "never-in-time",
        {"activities": ICE.format("duration: 20min, every: 2h, begins: phase+2d, until: phase+1d")},
        "phase 'first' > activity 'ice' > until",
        {"activities": ICE.format("duration: 20min, every: 2h, begins: phase+1d, until: phase+2d")},
    ),
    (
        "never-in-time",
        {
            "limits": _limit("of: cold, not_after: injury+20h"),
            "phases": NEXT.format("")
            + "\n    - {id: i, kind: session, of: cold, duration: 5min, every: 2h, start: a,"
            " end: b, source: own}",
        },
        "phase 'second' > activity 'i'",
        {
            "limits": _limit("of: cold, not_after: injury+30h"),
            "phases": NEXT.format("")
            + "\n    - {id: i, kind: session, of: cold, duration: 5min, every: 2h, start: a,"
            " end: b, source: own}",
        },
    ),
    (
        "number-without-source",
        {
            "activities": ICE.format("duration: 20min, every: 2h").replace(
                "source: own", "source: {every: own}"
            )
        },
        "phase 'first' > activity 'ice' > duration",
        {
            "activities": ICE.format("duration: 20min, every: 2h").replace(
                "source: own", "source: {every: own, other: nhs}"
            )
        },
    ),
    (
        "number-without-source",
        {"activities": "- {id: a, kind: advice, say: Walk for 30 minutes}"},
        "phase 'first' > activity 'a' > say",
        {"activities": "- {id: a, kind: advice, say: Walk a little}"},
    ),
    (
        "number-without-source",
        {
            "activities": PACKS.format("per_day: 2", "1h").replace(
                "source: own", "source: {per_day: own, wait: own}"
            )
        },
        "phase 'first' > activity 'packs' > step 1 > duration",
        {"activities": PACKS.format("per_day: 2", "1h")},
    ),
    (
        "unknown-source",
        {"activities": REMIND.format("every: 3h").replace("own", "nsh:12")},
        "phase 'first' > activity 'r' > source",
        {"activities": REMIND.format("every: 3h").replace("own", "nhs:12")},
    ),
    (
        "unknown-source",
        {"sources": "sources:\n  nhs: {title: A}\n  own: {title: B}"},
        "source 'own'",
        {"sources": "sources:\n  nhs: {title: A}"},
    ),
    (
        "unknown-observation",
        {"gate": "leave_when: [pain <= 3, sweling falling]"},
        "phase 'first' > leave_when 2",
        {"gate": "leave_when: [pain <= 3, swelling falling]"},
    ),
    (
        "unknown-observation",
        {"activities": ASK.format("every: 3h").replace("[pain]", "[pain, pian]")},
        "phase 'first' > activity 'more' > question 2",
        {"activities": ASK.format("every: 3h")},
    ),
    (
        "unknown-phase",
        {"limits": _limit("of: warm, in: [first, secnd], never: true")},
        "limit 'x' > in 2",
        {"limits": _limit("of: warm, in: [first], never: true")},
    ),
    (
        "unknown-table",
        {"phases": NEXT.format("max: heel.max\n  at_max: {level: routine, say: a}")},
        "phase 'second' > max",
        {"phases": NEXT.format("max: heal.max\n  at_max: {level: routine, say: a}")},
    ),
    (
        "value-not-possible",
        {"gate": "leave_when: pain <= 11"},
        "phase 'first' > leave_when",
        {"gate": "leave_when: pain <= 10"},
    ),
    (
        "value-not-possible",
        {"gate": "leave_when: rom == ful"},
        "phase 'first' > leave_when",
        {"gate": "leave_when: rom == full"},
    ),
    (
        "value-not-possible",
        {"gate": "leave_when: rom falling"},
        "phase 'first' > leave_when",
        {"gate": "leave_when: pain falling"},
    ),
    (
        "value-not-possible",
        {"gate": "leave_when: {any: [pain <= 3, swelling <= sligt]}"},
        "phase 'first' > leave_when > any 2",
        {"gate": "leave_when: {any: [pain <= 3, swelling <= slight]}"},
    ),
    (
        "value-not-possible",
        {"gate": "leave_when: {not: pain drop >= 11}"},
        "phase 'first' > leave_when > not",
        {"gate": "leave_when: {not: pain drop >= 10}"},
    ),
    (
        "missing-input",
        {
            "inputs": "inputs: [onset, grade]",
            "activities": "- {id: a, kind: advice, say: 'On your {other side}'}",
        },
        "phase 'first' > activity 'a' > say",
        {"activities": "- {id: a, kind: advice, say: 'On your {other side}'}"},
    ),
    (
        "missing-input",
        {
            "inputs": "inputs: [onset, side]",
            "healing": "",
            "tables": "",
            "red_flags": "red_flags:\n  - {id: g, when: grade == III, level: urgent, say: a, source: own}",
        },
        "red flag 'g' > when",
        {"inputs": "inputs: [onset, side]", "healing": "", "tables": "", "red_flags": ""},
    ),
    (
        "reserved-id",
        {
            "observe": 'observe:\n  grade: {ask: "G?", scale: 1..3, source: own}\n'
            '  pain: {ask: "Pain?", scale: 0..10, source: own}\n'
            '  swelling: {ask: "S?", scale: 0..3, source: own}\n'
            '  rom: {ask: "Movement?", choices: [limited, full], source: own}'
        },
        "observation 'grade'",
        {},
    ),
    ("unused", {"sources": "sources:\n  nhs: {title: A}\n  seed: {title: B}"}, "source 'seed'", {}),
    (
        "unused",
        {
            "tables": "tables:\n  heal: {I: 2w, II: 4w, III: 3mo, source: own}\n"
            "  t: {I: 2w, II: 4w, III: 3mo, source: own}"
        },
        "table 't'",
        {},
    ),
    (
        "duplicate-id",
        {"activities": REMIND.format("every: 3h") + "\n" + REMIND.format("every: 4h")},
        "phase 'first' > activity 'r'",
        {"activities": REMIND.format("every: 3h")},
    ),
    (
        "duplicate-id",
        {"phases": NEXT.format("").replace("second", "first")},
        "phase 'first'",
        {"phases": NEXT.format("")},
    ),
    (
        "duplicate-id",
        {"limits": _limit("of: cold, never: true").replace("id: x", "id: cold-session")},
        "limit 'cold-session'",
        {"limits": _limit("of: warm, never: true")},
    ),
]


@pytest.mark.parametrize("case", CASES)
def test_a_rule_is_told_where_it_is_broken_and_only_there(check: Check, whole: Whole, case: Case) -> None:
    rule, broken, path, kept = case
    problems = check(whole(**broken))
    assert path in [p.path for p in problems if p.rule == rule], [str(p) for p in problems]
    assert rule not in {p.rule for p in check(whole(**kept))}
    assert all(p.line > 0 and p.column > 0 for p in problems)


def test_every_rule_has_an_example() -> None:
    assert {case[0] for case in CASES} == set(RULES)


def test_the_small_protocol_breaks_no_rule(check: Check, whole: Whole) -> None:
    assert check(whole()) == ()


def test_unused_things_and_odd_hours_are_warnings(check: Check, whole: Whole) -> None:
    problems = check(
        whole(
            sources="sources:\n  nhs: {title: A}\n  seed: {title: B}", activities=REMIND.format('at: "05:00"')
        )
    )
    assert [(p.rule, p.severity) for p in problems] == [
        ("unused", "warning"),
        ("outside-waking-hours", "warning"),
    ]


def test_what_is_always_true_is_a_warning(check: Check, whole: Whole) -> None:
    (problem,) = check(whole(gate="leave_when: pain <= 10"))
    assert (problem.rule, problem.severity, problem.found) == ("always-true", "warning", "pain <= 10")


def test_a_finding_points_at_the_value(check: Check, whole: Whole) -> None:
    text = whole(gate="leave_when: [pain <= 3, sweling falling]")
    problem = next(p for p in check(text) if p.rule == "unknown-observation")
    line = text.splitlines()[problem.line - 1]
    assert line[problem.column - 1 :].startswith("sweling")
    assert "did you mean 'swelling'?" in problem.message
