"""Each rule with an example that breaks it and one that keeps it."""

from collections.abc import Callable

import pytest

from recovery.protocol.lint.rules import RULES
from recovery.protocol.problems import Problem

Check = Callable[..., tuple[Problem, ...]]
Whole = Callable[..., str]

REMIND = "- {{id: r, kind: reminder, of: rest, say: a, source: own, {}}}"
ICE = "- {{id: ice, kind: session, of: cold, start: On, end: Off, source: own, {}}}"
HOLD = "- {{id: h, kind: hold, of: {}, on: On, off: Off, source: own}}"
LADDER = """- id: up
  min: 1d
  climb_when: pain <= 3
  source: own
  do:
    - {{id: look, kind: check-in, ask: [pain], every: 12h, source: own}}
  steps:
    - id: one
      do:
        {}"""
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
SESSION = """- {{id: move, kind: session, of: {}, duration: 10min, at: "09:00", start: a, end: b, source: own,
   exercises: [{{id: x, how: a, sets: 3, source: own}}]}}"""
GAP = "limits:\n  - {id: gap, of: [cold, warm], gap: 1h, to: [cold, warm], source: nhs}"


def _limit(text: str) -> str:
    shared = "limits:\n  - {id: cold-session, of: cold, longest: 20min, source: nhs}"
    return f"{shared}\n  - {{id: x, {text}, source: own}}"


# rule, what breaks it, where it is told, what keeps it
SECTION_FLAG = "red_flags:\n  - {id: a, when: grade == III, level: urgent, say: Go, source: own}"
Case = tuple[str, dict[str, str], str, dict[str, str]]

MANY_COMPARISONS = ", ".join("{any: [" + ", ".join(["pain <= 3"] * 170) + "]}" for _ in range(3))
CASES: list[Case] = [
    (
        "exercises-of-exercise",
        {"activities": SESSION.format("cold")},
        "phase 'first' > activity 'move' > exercises",
        {"activities": SESSION.format("exercise")},
    ),
    (
        "not-an-address",
        {"activities": SESSION.format("exercise").replace("how: a", "how: a, link: example.org")},
        "phase 'first' > activity 'move' > exercises 'x' > link",
        {"activities": SESSION.format("exercise").replace("how: a", "how: a, link: 'https://example.org/x'")},
    ),
    (
        "too-many",
        {"gate": f"leave_when: [{MANY_COMPARISONS}]"},
        "",
        {"gate": "leave_when: [pain <= 3, pain <= 3]"},
    ),
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
        "session-forbidden",
        {
            "activities": HOLD.format("compression"),
            "limits": _limit("of: compression, in: first, never: true"),
        },
        "phase 'first' > activity 'h' > of",
        {"activities": HOLD.format("compression"), "limits": _limit("of: elevation, in: first, never: true")},
    ),
    (
        "session-forbidden",
        {"activities": REMIND.format("every: 5min"), "limits": _limit("of: rest, never: true")},
        "phase 'first' > activity 'r' > of",
        {"activities": REMIND.format("every: 5min"), "limits": _limit("of: rest, needs: pain <= 3")},
    ),
    (
        "not-shorter",
        {"activities": ICE.format("duration: 20min, short: 20min, every: 2h")},
        "phase 'first' > activity 'ice' > short",
        {"activities": ICE.format("duration: 20min, short: 10min, every: 2h")},
    ),
    (
        "yields-to-itself",
        {"activities": REMIND.format("every: 5min"), "limits": _limit("of: rest, yields_to: rest")},
        "limit 'x' > yields_to",
        {"activities": REMIND.format("every: 5min"), "limits": _limit("of: rest, yields_to: elevation")},
    ),
    (
        "never-in-time",
        {
            "activities": REMIND.format("every: 5min, until: injury+48h"),
            "limits": _limit("of: rest, not_before: injury+72h"),
        },
        "phase 'first' > activity 'r' > until",
        {
            "activities": REMIND.format("every: 5min, until: injury+96h"),
            "limits": _limit("of: rest, not_before: injury+72h"),
        },
    ),
    (
        "below-floor",
        {
            "activities": ICE.format("duration: 20min, every: 2h"),
            "limits": _limit("of: cold, gap: 59min, to: cold"),
        },
        "limit 'x' > gap",
        {"activities": ICE.format("duration: 20min, every: 2h"), "limits": GAP},
    ),
    (
        "missing-sign",
        {"activities": ICE.format("duration: 20min, every: 2h")},
        "red_flags",
        {"activities": REMIND.format("every: 2h")},
    ),
    (
        "missing-question",
        {
            "activities": ICE.format("duration: 20min, every: 2h"),
            "red_flags": f'{SECTION_FLAG}\nscreen:\n  - {{id: skin, ask: "Numb?", forbid: warm, say: No, source: own}}',
        },
        "screening question 'skin'",
        {"activities": REMIND.format("every: 2h")},
    ),
    (
        "fresh-without-limit",
        {"activities": ICE.format("duration: 20min, every: 2h")},
        "phase 'first' > activity 'ice'",
        {
            "activities": ICE.format("duration: 20min, every: 2h"),
            "limits": _limit("of: cold, not_after: injury+48h"),
        },
    ),
    (
        "only-as-session",
        {"activities": HOLD.format("warm")},
        "phase 'first' > activity 'h' > kind",
        {"activities": HOLD.format("elevation")},
    ),
    (
        "only-as-session",
        {
            "phases": LADDER.format(
                "- {id: r, kind: reminder, of: massage, at: wake, say: Press, source: own}"
            )
        },
        "phase 'up' > step 'one' > activity 'r' > kind",
        {"phases": LADDER.format("- {id: r, kind: reminder, of: exercise, at: wake, say: Go, source: own}")},
    ),
    (
        "only-as-session",
        {"activities": REMIND.format("every: 1h"), "limits": _limit("of: rest, most_per_day: 3")},
        "phase 'first' > activity 'r' > kind",
        {"activities": REMIND.format("every: 1h"), "limits": _limit("of: rest, not_before: injury+1h")},
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
        "unknown-companion",
        {
            "activities": REMIND.format("every: 3h, with: ices")
            + "\n"
            + ICE.format("duration: 5min, every: 2h")
        },
        "phase 'first' > activity 'r' > with",
        {
            "activities": REMIND.format("every: 3h, with: ice")
            + "\n"
            + ICE.format("duration: 5min, every: 2h")
        },
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


# What came with screening, options, ladders and their like -------------------------------------------

SOURCES = "sources:\n  nhs: {{title: Advice, says: {{{}}}}}"
SAYS = SOURCES.format("all: [20min a session, 30min between, 2h..3h between, 5, 3 a day]")
TABLES = """tables:
  heal: {I: 2w..4w, II: 4w..8w, III: 3mo..12mo, source: own}
  up: {I: 2d..3d, II: 3d..4d, III: 2w..3w, source: own}"""
LADDER = """- id: loading
  max: 5w
  at_max: {level: routine, say: a}
  climb_when: [pain <= 3]
  source: own
  do:
    - {id: look, kind: check-in, ask: [pain], every: 12h, source: own}
  steps:
    - {id: one, MIN, source: own, do: [{id: a, kind: advice, say: a}]}
    - {id: two, source: own, do: [ACTIVITY]}"""
EXERCISE = "{id: x, kind: session, of: exercise, duration: 20min, start: a, end: b, source: own, AT}"
LOOK = "{id: y, kind: check-in, ask: [rom], every: 12h, source: own}"
WARM = (
    "- {id: w, kind: session, of: warm, duration: 20min, at: wake+1h, start: a, end: b, source: own,"
    " only_if: injury >= 1h}"
)
FRESH = (
    "- {id: fresh, zero: injury, min: 1d, max: 3d, at_max: {level: routine, say: a}, source: own,"
    " do: [{id: n, kind: advice, say: a}]}"
)
OPEN = "limits:\n  - {id: c, of: [cold, warm, massage, exercise], longest: 20min, source: own}\n"
CHECKLIST = """- id: list
  kind: checklist
  say: Press along each.
  once: phase+1d
  items: [{id: one, ITEM}]
  source: own"""
OPTIONS = """red_flags:
  - {id: a, ask: "Numb?", level: urgent, say: Go, source: own}
options:
  muscle: {ask: "Which?", choices: [one, two], source: own}"""


ASSESS = (
    "\nassess: {questions: [{id: q, ask: 'Q?', grade: II, raises: FLAG, source: own}],"
    " otherwise: I, unsure: II, source: own}"
)
SCREEN = '\nscreen:\n  - {id: heart, ask: "A?", forbid: WHAT, say: a, source: own}'


def _ladder(least: str = "min: 2d", activity: str = EXERCISE.replace("AT", 'at: "17:00"')) -> str:
    return LADDER.replace("MIN", least).replace("ACTIVITY", activity)


def _limits(*texts: str) -> str:
    return "limits:\n" + "\n".join(f"  - {{id: l{n}, {text}, source: own}}" for n, text in enumerate(texts))


def _flags(*texts: str) -> str:
    return "red_flags:\n" + "\n".join(f"  - {{level: urgent, {text}}}" for text in texts)


PACK = ("of: cold, longest: 20min, gap: 1h, to: [cold, warm]",)
PACKS_OF = ("of: [cold, warm], longest: 20min, gap: 1h, to: [cold, warm]", "of: warm, most_per_day: 3")
WARMTH = (*PACKS_OF, "of: warm, not_before: injury+24h", "of: warm, needs: pain <= 5")
AFTER = "after: PRESS, kind: reminder, of: rest, say: a, source: own"

CASES += [
    # A ladder: activities of steps are checked as all others are.
    (
        "session-too-long",
        {
            "phases": _ladder(
                activity=EXERCISE.replace("exercise", "cold")
                .replace("20min", "30min")
                .replace("AT", "every: 2h")
            )
        },
        "phase 'loading' > step 'two' > activity 'x' > duration",
        {"phases": _ladder(activity=EXERCISE.replace("exercise", "cold").replace("AT", "every: 2h"))},
    ),
    (
        "gate-undecidable",
        {"phases": _ladder(activity=EXERCISE.replace("AT", "at: wake+1h, only_if: rom == full"))},
        "phase 'loading' > step 'two' > activity 'x' > only_if",
        {
            "phases": _ladder(
                activity=f"{EXERCISE.replace('AT', 'at: wake+1h, only_if: rom == full')}, {LOOK}"
            )
        },
    ),
    (
        "gate-undecidable",
        {"phases": _ladder(activity=LOOK).replace("[pain <= 3]", "[pain <= 3, rom == full]")},
        "phase 'loading' > climb_when 2",
        {
            "phases": _ladder(activity=LOOK)
            .replace("do: [{id: a,", f"do: [{LOOK.replace('y,', 'z,')}, {{id: a,")
            .replace("[pain <= 3]", "[pain <= 3, rom == full]")
        },
    ),
    (
        "number-without-source",
        {"phases": _ladder().replace("min: 2d, source: own", "min: 2d")},
        "phase 'loading' > step 'one' > min",
        {"phases": _ladder()},
    ),
    (
        "never-in-time",
        {"phases": _ladder(activity=EXERCISE.replace("AT", "every: 5h, begins: phase+3d, until: phase+2d"))},
        "phase 'loading' > step 'two' > activity 'x' > until",
        {"phases": _ladder(activity=EXERCISE.replace("AT", "every: 5h, begins: phase+2d, until: phase+3d"))},
    ),
    (
        "times-overlap",
        {"phases": _ladder(activity=EXERCISE.replace("AT", 'at: ["08:00", "08:10"]'))},
        "phase 'loading' > step 'two' > activity 'x' > at",
        {"phases": _ladder(activity=EXERCISE.replace("AT", 'at: ["08:00", "08:20"]'))},
    ),
    (
        "unknown-table",
        {"tables": TABLES, "phases": _ladder("min: upp.min")},
        "phase 'loading' > step 'one' > min",
        {"tables": TABLES, "phases": _ladder("min: up.min")},
    ),
    (
        "ladder-too-long",
        {"phases": _ladder("min: 6w")},
        "phase 'loading' > steps",
        {"phases": _ladder("min: 5w")},
    ),
    (
        "ladder-too-long",
        {"tables": TABLES, "phases": _ladder("min: up.max").replace("max: 5w", "max: 10d")},
        "phase 'loading' > steps",
        {
            "tables": TABLES,
            "phases": _ladder("only_if: grade != III, min: up.max").replace("max: 5w", "max: 10d"),
        },
    ),
    (
        "step-undecidable",
        {"phases": _ladder("min: 2d, only_if: pain <= 3")},
        "phase 'loading' > step 'one' > only_if",
        {"phases": _ladder("min: 2d, only_if: grade != I")},
    ),
    (
        "endless-not-last",
        {
            "phases": "- {id: on, ends: never, source: own, do: [{id: n, kind: advice, say: a}]}\n"
            + NEXT.format("")
        },
        "phase 'on' > ends",
        {"phases": "- {id: on, ends: never, source: own, do: [{id: n, kind: advice, say: a}]}"},
    ),
    (
        "unknown-phase",
        {"limits": _limit("of: warm, in: loadin, never: true"), "phases": _ladder()},
        "limit 'x' > in",
        {"limits": _limit("of: warm, in: loading, never: true"), "phases": _ladder()},
    ),
    # What names something else.
    (
        "unknown-protocol",
        {"red_flags": SECTION_FLAG + "\nexcludes:\n  - {id: rise, say: a, source: own}"},
        "exclusion 'rise'",
        {"red_flags": SECTION_FLAG + "\nexcludes:\n  - {id: rice, say: a, source: own}"},
    ),
    (
        "unknown-protocol",
        {"phases": NEXT.format("back_to: {phase: frist, when: injury < 2d, say: a, source: own}")},
        "phase 'second' > back_to > phase",
        {"phases": NEXT.format("back_to: {phase: first, when: injury < 2d, say: a, source: own}")},
    ),
    (
        "unknown-protocol",
        {"activities": CHECKLIST.replace("ITEM", "start: triger-point")},
        "phase 'first' > activity 'list' > item 'one' > start",
        {"activities": CHECKLIST.replace("ITEM", "start: trigger-point")},
    ),
    (
        "unknown-option",
        {"activities": CHECKLIST.replace("ITEM", "start: trigger-point, set: {muscle: biceps}")},
        "phase 'first' > activity 'list' > item 'one' > set > muscle",
        {"activities": CHECKLIST.replace("ITEM", "start: trigger-point, set: {muscle: piriformis}")},
    ),
    (
        "unknown-option",
        {"red_flags": OPTIONS, "activities": "- {id: a, kind: advice, say: 'Press the {muscel}'}"},
        "phase 'first' > activity 'a' > say",
        {"red_flags": OPTIONS, "activities": "- {id: a, kind: advice, say: 'Press the {muscle}'}"},
    ),
    (
        "unknown-option",
        {"red_flags": OPTIONS, "activities": "- {id: a, kind: advice, say: 'Press the {muscle-}'}"},
        "phase 'first' > activity 'a' > say",
        {"red_flags": OPTIONS, "activities": "- {id: a, kind: advice, say: 'Press the {Muscle}'}"},
    ),
    (
        "no-other-side",
        {"activities": "- {id: a, kind: advice, say: 'Lie on your {other side}'}"},
        "phase 'first' > activity 'a' > say",
        {"activities": "- {id: a, kind: advice, say: 'Lie on your {{other side}|back}'}"},
    ),
    (
        "missing-input",
        {
            "inputs": "inputs: [onset, grade]",
            "activities": "- {id: a, kind: advice, say: 'Lie on {one side|your back}'}",
        },
        "phase 'first' > activity 'a' > say",
        {"activities": "- {id: a, kind: advice, say: 'Lie on {one side|your back}'}"},
    ),
    (
        "unknown-activity",
        {
            "activities": f"- {{id: r, {AFTER.replace('PRESS', 'pres')}}}\n"
            + ICE.format("duration: 5min, every: 2h")
        },
        "phase 'first' > activity 'r' > after",
        {
            "activities": f"- {{id: r, {AFTER.replace('PRESS', 'ice')}}}\n"
            + ICE.format("duration: 5min, every: 2h")
        },
    ),
    (
        "unknown-activity",
        {
            "activities": ICE.format("duration: 5min, after: more")
            + "\n"
            + ICE.format("duration: 5min, after: ice").replace("id: ice", "id: more")
        },
        "phase 'first' > activity 'ice' > after",
        {
            "activities": ICE.format("duration: 5min, every: 2h")
            + "\n"
            + ICE.format("duration: 5min, after: ice").replace("id: ice", "id: more")
        },
    ),
    (
        "too-many-a-day",
        {
            "limits": _limit("of: cold, most_per_day: 3"),
            "activities": REMIND.format("every: 3h")
            + "\n"
            + ICE.format("duration: 5min, per_day: 4").replace("cold", "tens").replace("id: ice", "id: t")
            + "\n"
            + ICE.format("duration: 5min, after: t"),
        },
        "phase 'first' > activity 'ice' > after",
        {
            "limits": _limit("of: cold, most_per_day: 3"),
            "activities": ICE.format("duration: 5min, per_day: 3")
            .replace("cold", "tens")
            .replace("id: ice", "id: t")
            + "\n"
            + ICE.format("duration: 5min, after: t"),
        },
    ),
    (
        "unknown-flag",
        {"red_flags": OPTIONS + ASSESS.replace("FLAG", "b")},
        "assess > question 'q' > raises",
        {"red_flags": OPTIONS + ASSESS.replace("FLAG", "a")},
    ),
    (
        "missing-input",
        {
            "inputs": "inputs: [onset, side]",
            "healing": "",
            "tables": "",
            "red_flags": _flags('id: a, ask: "Numb?", say: Go, source: own')
            + ASSESS.replace("raises: FLAG, ", ""),
        },
        "assess",
        {"red_flags": SECTION_FLAG + ASSESS.replace("raises: FLAG, ", "")},
    ),
    (
        "reserved-id",
        {
            "red_flags": SECTION_FLAG
            + '\nscreen:\n  - {id: pain, ask: "A?", refuse: true, say: a, source: own}'
        },
        "screening question 'pain'",
        {
            "red_flags": SECTION_FLAG
            + '\nscreen:\n  - {id: heart, ask: "A?", refuse: true, say: a, source: own}'
        },
    ),
    (
        "reserved-id",
        {"red_flags": OPTIONS.replace("muscle:", "side:")},
        "option 'side'",
        {"red_flags": OPTIONS},
    ),
    (
        "unused",
        {"red_flags": SECTION_FLAG + SCREEN.replace("WHAT", "warm")},
        "screening question 'heart'",
        {
            "red_flags": SECTION_FLAG + SCREEN.replace("WHAT", "[cold, warm]"),
            "activities": ICE.format("duration: 20min, every: 2h"),
        },
    ),
    (
        "number-without-source",
        {"red_flags": SECTION_FLAG + '\nscreen:\n  - {id: heart, ask: "A?", refuse: true, say: a}'},
        "screening question 'heart' > ask",
        {
            "red_flags": SECTION_FLAG
            + '\nscreen:\n  - {id: heart, ask: "A?", refuse: true, say: a, source: own}'
        },
    ),
    (
        "number-without-source",
        {"red_flags": _flags('id: a, ask: "Numb?", say: Go')},
        "red flag 'a' > ask",
        {"red_flags": _flags('id: a, ask: "Numb?", say: Go, source: nhs')},
    ),
    (
        "number-without-source",
        {"red_flags": _flags('id: a, ask: "Numb?", suspend: all, say: Go, source: {ask: nhs, level: own}')},
        "red flag 'a' > suspend",
        {"red_flags": _flags('id: a, ask: "Numb?", suspend: all, say: Go, source: {ask: nhs, other: own}')},
    ),
    (
        "unknown-translation",
        {"red_flags": SECTION_FLAG + "\ntranslations: {de: {titel: Klein}}"},
        "translation 'de' > titel",
        {"red_flags": SECTION_FLAG + "\ntranslations: {de: {title: Klein}}"},
    ),
    (
        "unknown-translation",
        {"red_flags": SECTION_FLAG + "\ntranslations: {de: {title: 'Am {side}'}}"},
        "translation 'de' > title",
        {"red_flags": SECTION_FLAG + "\ntranslations: {de: {title: Klein}}"},
    ),
    (
        "untranslated",
        {"red_flags": SECTION_FLAG + "\ntranslations: {de: {title: Klein}}"},
        "translation 'de'",
        {},
    ),
    # Numbers and their sources.
    (
        "number-not-in-source",
        {"sources": SAYS, "limits": _limit("of: cold, longest: 25min").replace("source: own", "source: nhs")},
        "limit 'x' > longest",
        {"sources": SAYS, "limits": _limit("of: cold, longest: 20min").replace("source: own", "source: nhs")},
    ),
    (  # of the two lengths it gives, one is for a session
        "number-not-in-source",
        {"sources": SAYS, "limits": _limit("of: cold, longest: 30min").replace("source: own", "source: nhs")},
        "limit 'x' > longest",
        {
            "sources": SAYS,
            "limits": _limit("of: cold, gap: 30min, to: cold").replace("source: own", "source: nhs"),
        },
    ),
    (  # a place that says nothing gives nothing
        "number-not-in-source",
        {
            "sources": SOURCES.format('"7": 20min, "8": 30min'),
            "limits": 'limits:\n  - {id: x, of: cold, longest: 20min, source: "nhs:8"}',
        },
        "limit 'x' > longest",
        {
            "sources": SOURCES.format('"7": 20min, "8": 30min'),
            "limits": 'limits:\n  - {id: x, of: cold, longest: 20min, source: "nhs:7"}',
        },
    ),
    (  # one of two sources gives none of the numbers
        "number-not-in-source",
        {
            "sources": SAYS + "\n  two: {title: Two, says: {all: 9}}",
            "red_flags": _flags("id: a, when: pain >= 5, say: Go, source: 'nhs, two'"),
        },
        "red flag 'a' > when",
        {
            "sources": SAYS + "\n  two: {title: Two, says: {all: 9}}",
            "red_flags": _flags("id: a, when: pain >= 5, say: Go, source: 'nhs, two, own'"),
        },
    ),
    (
        "number-not-in-source",
        {"sources": SAYS, "red_flags": _flags("id: a, when: grade == III, say: Go, source: nhs")},
        "red flag 'a' > when",
        {
            "sources": SAYS.replace("5,", "grade == III,"),
            "red_flags": _flags("id: a, when: grade == III, say: Go, source: nhs"),
        },
    ),
    (
        "number-not-in-source",
        {
            "sources": SAYS.replace("5,", "10,"),
            "observe": 'observe:\n  pain: {ask: "Pain?", scale: 0..11, source: {scale: nhs, other: own}}\n'
            '  swelling: {ask: "S?", scale: 0..3, source: own}\n'
            '  rom: {ask: "Movement?", choices: [limited, full], source: own}',
        },
        "observation 'pain' > scale",
        {
            "sources": SAYS.replace("5,", "10,"),
            "observe": 'observe:\n  pain: {ask: "Pain?", scale: 0..10, source: {scale: nhs, other: own}}\n'
            '  swelling: {ask: "S?", scale: 0..3, source: own}\n'
            '  rom: {ask: "Movement?", choices: [limited, full], source: own}',
        },
    ),
    (  # a table that has other sources than what refers to it
        "number-not-in-source",
        {
            "sources": SAYS,
            "healing": "healing: {from: injury, table: heal, late: {level: routine, say: Late}, source: nhs}",
        },
        "healing > table",
        {"sources": SAYS},
    ),
    (
        "unused",
        {"sources": SAYS, "tables": TABLES},
        "table 'up'",
        {"tables": TABLES, "phases": _ladder("min: up.min")},
    ),
    # Which way a condition goes.
    (
        "gate-wrong-way",
        {"gate": "leave_when: pain >= 3"},
        "phase 'first' > leave_when",
        {"gate": "leave_when: pain <= 3"},
    ),
    (
        "gate-wrong-way",
        {"gate": "leave_when: [pain <= 3, not: swelling falling]"},
        "phase 'first' > leave_when 2 > not",
        {"gate": "leave_when: [pain <= 3, not: swelling rising]"},
    ),
    (
        "gate-wrong-way",
        {"gate": "leave_when: swelling == slight"},
        "phase 'first' > leave_when",
        {"gate": "leave_when: {any: [swelling == none, rom == full]}"},
    ),
    (
        "gate-wrong-way",
        {"gate": "leave_when: rom != full"},
        "phase 'first' > leave_when",
        {"gate": "leave_when: rom != limited"},
    ),
    (
        "gate-wrong-way",
        {"gate": "leave_when: injury <= 2d"},
        "phase 'first' > leave_when",
        {"gate": "leave_when: injury >= 2d"},
    ),
    (
        "gate-wrong-way",
        {"red_flags": _flags("id: a, when: pain <= 8, say: Go, source: own")},
        "red flag 'a' > when",
        {"red_flags": _flags("id: a, when: pain >= 8, say: Go, source: own")},
    ),
    (
        "gate-wrong-way",
        {"red_flags": _flags("id: a, when: [injury <= 2w, not: pain drop >= 2], say: Go, source: own")},
        "red flag 'a' > when 1",
        {"red_flags": _flags("id: a, when: [injury >= 2w, not: pain drop >= 2], say: Go, source: own")},
    ),
    (
        "gate-wrong-way",
        {"red_flags": _flags("id: a, when: grade != III, say: Go, source: own")},
        "red flag 'a' > when",
        {"red_flags": _flags("id: a, when: grade != I, say: Go, source: own")},
    ),
    (
        "gate-wrong-way",
        {"limits": _limit("of: warm, needs: pain >= 3")},
        "limit 'x' > needs",
        {"limits": _limit("of: warm, needs: pain <= 3")},
    ),
    (
        "gate-wrong-way",
        {"phases": _ladder(activity=EXERCISE.replace("AT", "at: wake+1h, only_if: pain >= 3"))},
        "phase 'loading' > step 'two' > activity 'x' > only_if",
        {"phases": _ladder(), "activities": ICE.format("duration: 20min, every: 2h, only_if: pain >= 3")},
    ),
    (
        "gate-wrong-way",
        {
            "phases": _ladder().replace(
                "  source: own\n  do:", "  step_back_when: pain <= 5\n  source: own\n  do:"
            )
        },
        "phase 'loading' > step_back_when",
        {
            "phases": _ladder().replace(
                "  source: own\n  do:", "  step_back_when: pain > 5\n  source: own\n  do:"
            )
        },
    ),
    # Limits that are missing.
    (
        "session-without-limit",
        {
            "limits": _limits("of: cold, gap: 1h, to: [cold, warm]"),
            "activities": ICE.format("duration: 20min, every: 2h"),
        },
        "phase 'first' > activity 'ice'",
        {"limits": _limits(*PACK), "activities": ICE.format("duration: 20min, every: 2h")},
    ),
    (
        "session-without-gap",
        {
            "limits": _limits("of: cold, longest: 20min, gap: 1h, to: cold"),
            "activities": ICE.format("duration: 20min, every: 2h"),
        },
        "phase 'first' > activity 'ice'",
        {"limits": _limits(*PACK), "activities": ICE.format("duration: 20min, every: 2h")},
    ),
    (
        "session-without-gap",
        {
            "limits": _limits(*PACK),
            "activities": ICE.format("duration: 20min, every: 2h"),
            "phases": _ladder(),
        },
        "phase 'first' > activity 'ice'",
        {
            "limits": _limits(*PACK, "of: cold, gap: 30min, to: exercise"),
            "activities": ICE.format("duration: 20min, every: 2h"),
            "phases": _ladder(),
        },
    ),
    (
        "until-without-limit",
        {"limits": _limits(*PACK), "activities": ICE.format("duration: 20min, every: 2h, until: injury+48h")},
        "phase 'first' > activity 'ice' > until",
        {
            "limits": _limits(*PACK, "of: cold, not_after: injury+48h"),
            "activities": ICE.format("duration: 20min, every: 2h, until: injury+48h"),
        },
    ),
    (
        "fresh-injury-open",
        {"phases": FRESH},
        "phase 'fresh'",
        {"phases": FRESH, "limits": _limits("of: [cold, warm, massage, exercise], never: true")},
    ),
    (  # packs that are used nowhere are spoken about for all phases
        "fresh-injury-open",
        {"phases": FRESH, "limits": _limits("of: [cold, warm, massage, exercise], in: fresh, never: true")},
        "phase 'fresh'",
        {
            "phases": FRESH,
            "limits": _limits(
                "of: [massage, exercise], in: fresh, never: true", "of: [cold, warm], never: true"
            ),
        },
    ),
    (
        "warmth-without-limit",
        {"limits": _limits(*WARMTH[:-1]), "activities": WARM},
        "phase 'first' > activity 'w'",
        {"limits": _limits(*WARMTH), "activities": WARM},
    ),
    (
        "begins-before-limit",
        {"limits": _limits(*WARMTH), "activities": WARM},
        "phase 'first' > activity 'w'",
        {"limits": _limits(*WARMTH), "activities": WARM.replace("at: wake", "begins: injury+24h, at: wake")},
    ),
    (
        "begins-before-limit",
        {
            "limits": _limits("of: exercise, needs: pain <= 2"),
            "phases": _ladder().replace("  max: 5w", "  enter_when: pain <= 3\n  max: 5w"),
        },
        "phase 'loading' > enter_when",
        {
            "limits": _limits("of: exercise, needs: pain <= 3"),
            "phases": _ladder().replace("  max: 5w", "  enter_when: pain <= 2\n  max: 5w"),
        },
    ),
    (
        "gate-without-limit",
        {"phases": _ladder().replace("  max: 5w", "  enter_when: injury >= 3d\n  max: 5w")},
        "phase 'loading' > enter_when",
        {
            "phases": _ladder().replace("  max: 5w", "  enter_when: injury >= 3d\n  max: 5w"),
            "limits": _limits("of: exercise, not_before: injury+3d"),
        },
    ),
    (
        "gate-without-limit",
        {
            "phases": _ladder().replace("  max: 5w", "  enter_when: [pain <= 3, swelling == 0]\n  max: 5w"),
            "limits": _limits("of: exercise, needs: pain <= 3"),
        },
        "limit 'l0' > needs",
        {
            "phases": _ladder().replace("  max: 5w", "  enter_when: [pain <= 3]\n  max: 5w"),
            "limits": _limits("of: exercise, needs: pain <= 3"),
        },
    ),
    (
        "agreed-as-no",
        {
            "red_flags": _flags("id: a, when: heart == yes, say: Go, source: own")
            + SCREEN.replace("WHAT", "massage")
        },
        "red flag 'a' > when",
        {
            "red_flags": _flags("id: a, when: heart != no, say: Go, source: own")
            + SCREEN.replace("WHAT", "massage")
        },
    ),
    (
        "agreed-as-no",
        {
            "red_flags": _flags("id: a, when: {not: heart != yes}, say: Go, source: own")
            + SCREEN.replace("WHAT", "massage")
        },
        "red flag 'a' > when > not",
        {
            "red_flags": _flags("id: a, when: {any: [heart == yes, heart == agreed]}, say: Go, source: own")
            + SCREEN.replace("WHAT", "massage")
        },
    ),
    (
        "harm-goes-on",
        {
            "red_flags": "red_flags:\n"
            "  - {id: skin, ask: 'White?', level: urgent, say: Off, harm: [cold], source: own}\n"
        },
        "red flag 'skin' > harm",
        {
            "red_flags": "red_flags:\n  - {id: skin, ask: 'White?', level: urgent, say: Off, "
            "harm: [cold], suspend: [cold], source: own}\n"
        },
    ),
    (
        "released-without-reason",
        {
            "red_flags": "red_flags:\n"
            "  - {id: torn, ask: 'Torn?', level: urgent, say: Go, cleared_by: professional, source: own}\n"
        },
        "red flag 'torn' > cleared_by",
        {
            "red_flags": "red_flags:\n  - {id: torn, ask: 'Torn?', level: urgent, say: Go, "
            "suspend: [exercise], cleared_by: professional, source: own}\n"
        },
    ),
    (
        "text-says-otherwise",
        {"limits": _limits("of: cold, longest: 15min, say: For 20 minutes at most")},
        "limit 'l0' > say",
        {"limits": _limits("of: cold, longest: 15min, say: For 15 minutes at most")},
    ),
    (
        "text-says-otherwise",
        {"red_flags": _flags("id: a, when: injury >= 2w, say: Go after three weeks, source: own")},
        "red flag 'a' > say",
        {"red_flags": _flags("id: a, when: injury >= 2w, say: Go after two weeks, source: own")},
    ),
    (
        "text-says-otherwise",
        {"red_flags": _flags("id: a, when: pain >= 7, say: Pain of 8 or more, source: own")},
        "red flag 'a' > say",
        {"red_flags": _flags("id: a, when: pain >= 8, say: Pain of 8 or more, source: own")},
    ),
    # The working day.
    (
        "cadence-does-not-fit",
        {"activities": REMIND.format("every: 9h, during: work")},
        "phase 'first' > activity 'r' > every",
        {"activities": REMIND.format("every: 8h, during: work")},
    ),
    (
        "outside-waking-hours",
        {"activities": REMIND.format('at: "19:00", during: work')},
        "phase 'first' > activity 'r' > at",
        {"activities": REMIND.format('at: "16:00", during: work')},
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
