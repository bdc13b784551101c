"""Checking a file of the allowed size costs at most two seconds of the processor, whatever stands in it."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from recovery.protocol.library import Library, installed_folder
from recovery.protocol.problems import Problem
from recovery.protocol.reading import check_file
from recovery.protocol.syntax import LONGEST_FILE

MOST_SECONDS = 2.0
HEAD = "format: 1\nid: x\nversion: 1.0.0\ntitle: X\nsummary: X.\nregion: hip\ninputs: [onset, grade, side]\n"
DO = "phases:\n  - id: a\n    min: 1d\n    do:\n"
SESSION = "of: cold, every: 2h, duration: 20min, start: X., end: X."
STEPS = "phases:\n  - id: a\n    min: 1d\n    climb_when: pain < 3\n    steps:\n"
PAIN = "observe: {pain: {ask: A?, scale: 0..10}}\n"


def full(head: str, item: Callable[[int], str], tail: str = "", size: int = LONGEST_FILE) -> str:
    """A text of just the allowed size: `head`, as many items as fit, and `tail`."""
    parts, length = [head], len(head) + len(tail)
    while length + len(part := item(len(parts))) <= size:
        parts.append(part)
        length += len(part)
    return "".join([*parts, tail])


def half(head: str, item: Callable[[int], str]) -> str:
    return full(head, item, size=LONGEST_FILE // 2)


def limits(rule: str) -> str:
    return half(HEAD + "limits:\n", lambda n: f" - {{id: l{n}, of: cold, {rule}}}\n")


def flags(head: str) -> str:
    return half(head + "red_flags:\n", lambda n: f" - {{id: f{n}, when: pain > 3, level: urgent, say: X.}}\n")


def phases(head: str, activity: str) -> str:
    return full(head + "phases:\n", lambda n: f" - {{id: p{n}, min: 1d, do: [{{id: a, {activity}}}]}}\n")


def doing(activity: str, head: str = HEAD) -> str:
    """As many activities in one phase as fit; NN stands for their numbers."""
    return full(head + DO, lambda n: f"    - {{id: a{n}, {activity.replace('NN', str(n))}}}\n")


def listed(section: str, item: str) -> str:
    return full(f"{HEAD}{section}:\n", lambda n: f" - {item.replace('NN', str(n))}\n")


def in_brackets(head: str, item: str, tail: str) -> str:
    return full(HEAD + head, lambda n: item.replace("NN", str(n)) + ",", tail)


def alternations(head: str, step: str, steps: int) -> str:
    """A phase of as many alternations as fit, each of so many steps."""
    inner = ",".join([step] * steps)
    text = full(head + DO, lambda n: f"    - {{id: a{n}, kind: alternation, steps: [{inner}]}}\n")
    return text + "#" * (LONGEST_FILE - len(text))


TURN = "{of: cold, duration: 9min, start: X., end: X.}"


SHAPES = {
    "brackets": "a: " + "[" * (LONGEST_FILE - 3),
    "brackets alone": "[" * LONGEST_FILE,
    "braces": "a: " + "{" * (LONGEST_FILE - 3),
    "pairs of brackets": "a: " + "[]" * (LONGEST_FILE // 2 - 2),
    "a list of lists": full("a: [", lambda n: "[],", "]"),
    "brackets on lines": full("a: [", lambda n: "\n[", ""),
    "questions in brackets": "a: " + "[?" * (LONGEST_FILE // 2 - 2),
    "colons": "a: " * (LONGEST_FILE // 3),
    "quotes": "a: " + '"b" ' * (LONGEST_FILE // 4 - 1),
    "open quotes": full("", lambda n: f'k{n}: "x\n'),
    "spaces": "a:" + " " * (LONGEST_FILE - 3) + "]",
    "empty lines": "a: b\n" + "\n" * (LONGEST_FILE - 6) + "]",
    "one long text": "a: " + "x" * (LONGEST_FILE - 3),
    "one long key": "x" * (LONGEST_FILE - 3) + ": a",
    "anchors": full("a:\n", lambda n: " - &a x\n"),
    "aliases": full("a:\n", lambda n: " - *a\n"),
    "unknown keys": full(HEAD, lambda n: f"key{n}: x\n"),
    "unknown keys, short": full(HEAD, lambda n: f"{n}: \n"),
    "unknown keys, nearly right": full(HEAD, lambda n: f"phase{n}: x\n"),
    "unknown keys in braces": full("{", lambda n: f"k{n},", "}"),
    "unknown keys with something in them": full(HEAD, lambda n: f"u{n}: {{a: {{a: {{a: {{a: b}}}}}}}}\n"),
    "unknown keys in a phase": full(HEAD + "phases:\n  - id: a\n", lambda n: f"    k{n}: x\n"),
    "keys given twice": full(HEAD, lambda n: "a: \n"),
    "phases": listed("phases", "id: pNN"),
    "phases of nothing": listed("phases", "{}"),
    "phases of one name": listed("phases", "id: p"),
    "phases with a gate": listed(
        "phases", "{id: pNN, min: 1d, enter_when: pain <= 3, leave_when: pain <= 3}"
    ),
    "phases with ways back": listed("phases", "{id: pNN, back_to: {phase: qNN, when: pain > 3, say: X.}}"),
    "protocols that are used": listed("phases", "use: pNN"),
    "activities": doing("kind: advice, say: X."),
    "activities of no kind": doing("kind: sesion"),
    "sessions": doing(f"kind: session, {SESSION}"),
    "sessions one after the other": doing(
        "kind: session, of: cold, after: aNN, duration: 20min, start: X., end: X."
    ),
    "sessions after nothing": doing(
        "kind: session, of: cold, after: zzz, duration: 20min, start: X., end: X."
    ),
    "conditions of activities": doing("kind: advice, say: X., only_if: painNN <= 3"),
    "steps of an alternation": in_brackets(
        f"{DO}    - {{id: a, kind: alternation, every: 2h, steps: [", "{}", "]}\n"
    ),
    "alternations of nothing": alternations(HEAD, "{}", 200),
    "alternations of nothing, long": alternations(HEAD, "{}", 20_000),
    "alternations of unknown keys": alternations(HEAD, "{a,b,c,d}", 200),
    "alternations of nothing, short": alternations(HEAD, "{}", 40),
    "limits and alternations": alternations(limits("longest: 1min, gap: 2h, to: cold"), TURN, 40),
    "limits and alternations, short": alternations(limits("longest: 1min, gap: 2h, to: cold"), TURN, 10),
    "a checklist": in_brackets(
        f"{DO}    - {{id: a, kind: checklist, every: 2h, say: X., items: [",
        "{id: aNN, start: rice, set: {a: b}}",
        "]}\n",
    ),
    "a checklist with options": in_brackets(
        f"{DO}    - {{id: a, kind: checklist, every: 2h, say: X., items: [{{id: a, start: rice, set: {{",
        "kNN: b",
        "}}]}\n",
    ),
    "times of day": in_brackets(f"{DO}    - {{id: a, kind: session, at: [", "'08:00'", "]}\n"),
    "questions": in_brackets(f"{DO}    - {{id: a, kind: check-in, every: 1h, ask: [", "o", "]}\n"),
    "limits": listed("limits", "{id: lNN, of: cold, longest: 20min}"),
    "limits and sessions": doing(f"kind: session, {SESSION}", limits("longest: 10min")),
    "limits and phases": phases(limits("longest: 10min, gap: 1h, to: cold"), f"kind: session, {SESSION}"),
    "limits with conditions, and phases": phases(limits("needs: pain < 3"), f"kind: session, {SESSION}"),
    "signs and phases": phases(flags(HEAD + PAIN), "kind: check-in, every: 12h, ask: [pain]"),
    "notes of nothing": listed("notes", ""),
    "notes of the wrong kind": in_brackets("notes: [", "{}", "]"),
    "inputs": full(HEAD.replace("[onset, grade, side]\n", "["), lambda n: "onse,", "]\n"),
    "options and texts": doing(
        "kind: advice, say: '{xNN}'",
        half(HEAD + "options:\n", lambda n: f" o{n}: {{ask: A?, choices: [a, b]}}\n"),
    ),
    "numbers of sources": doing(
        f"kind: session, {SESSION}, source: a",
        half(HEAD + "sources:\n a:\n  title: A\n  says:\n   all: [", lambda n: f"{n % 900 + 1}min,") + "]\n",
    ),
    "a long condition": in_brackets("phases:\n  - id: a\n    leave_when: [", "pain < 3", "]\n"),
    "a long condition with mistakes": in_brackets("phases:\n  - id: a\n    leave_when: [", "pain", "]\n"),
    "all of any": in_brackets(
        PAIN + "phases:\n  - id: a\n    leave_when: {all: [", "{any: [grade == I, pain > 3]}", "]}\n"
    ),
    "steps of a ladder": full(
        HEAD + STEPS, lambda n: f"    - {{id: s{n}, min: 1d, do: [{{id: a{n}, kind: advice, say: X.}}]}}\n"
    ),
    "translations": full(HEAD + "translations:\n de:\n", lambda n: f"  a.b{n}: x\n"),
}

MEASURING = """
import json, sys, time
from pathlib import Path
from recovery.cli import render_text
from recovery.protocol.library import Library, installed_folder
from recovery.protocol.reading import check_file
begun = time.process_time()
_, problems = check_file(Path(sys.argv[1]), Library((installed_folder(),)))
lines = [render_text.problem_line(problem) for problem in problems]
print(json.dumps([time.process_time() - begun, len(lines), max(map(len, lines), default=0)]))
"""


EVERY_TIME = {
    *(
        "alternations of unknown keys",
        "alternations of nothing",
        "steps of an alternation",
        "a list of lists",
    ),
    *("questions", "notes of the wrong kind", "brackets", "colons"),
}
"""The dearest ones and a few plain ones; the others are a benchmark."""


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(text, id=name, marks=() if name in EVERY_TIME else pytest.mark.bench)
        for name, text in SHAPES.items()
    ],
)
def test_any_file_is_checked_quickly(text: str, tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(text)
    assert LONGEST_FILE - 300 < path.stat().st_size <= LONGEST_FILE
    done = subprocess.run(
        [sys.executable, "-c", MEASURING, str(path)], capture_output=True, text=True, check=True
    )
    seconds, count, longest = json.loads(done.stdout)
    assert seconds <= MOST_SECONDS
    assert 1 <= count <= 201
    assert longest < 2000


Check = Callable[[str], tuple[Problem, ...]]


def test_of_many_problems_the_first_are_listed_and_the_others_counted(check: Check, tmp_path: Path) -> None:
    *listed, last = check(
        HEAD + "phases: [{id: a, min: 1d, source: own}]\n" + "".join(f"k{n}: x\n" for n in range(1000))
    )
    assert len(listed) == 200
    assert [problem.line for problem in listed if "unknown key" in problem.message][:3] == [9, 10, 11]
    assert last.is_error
    assert last.message == "800 more problems are not listed; mend these first"


def test_errors_are_listed_before_warnings(check: Check) -> None:
    sources = "sources:\n" + "".join(f"  s{n}: {{title: A}}\n" for n in range(190))
    notes = "observe:\n" + "".join(f"  o{n}: {{ask: A?, scale: 0..10, source: own}}\n" for n in range(190))
    problems = check(HEAD + sources + notes + "phases: [{id: a, min: 1d, source: nowhere}]\n")
    assert any(problem.is_error and "nowhere" in str(problem) for problem in problems)
    assert "more problem" in problems[-1].message


def test_a_list_that_is_too_long_is_told(check: Check) -> None:
    text = HEAD + "limits:\n" + "".join(f"  - {{id: l{n}, of: cold, longest: 20min}}\n" for n in range(51))
    problem = next(each for each in check(text) if "too many" in each.message)
    assert (problem.line, problem.path, problem.expected, problem.found) == (9, "limits", "at most 50", "51")


def test_what_a_file_uses_counts_with_it(tmp_path: Path) -> None:
    rice = (installed_folder() / "rice.yaml").read_text(encoding="utf-8")
    (tmp_path / "rice.yaml").write_text(rice + "#" * (LONGEST_FILE - len(rice.encode()) - 10))
    main = tmp_path / "x.yaml"
    main.write_text(HEAD + "phases: [{use: rice}]\n" + "#" * 2000)
    _, problems = check_file(main, Library((installed_folder(),)))
    assert any("too big together" in problem.message for problem in problems)
