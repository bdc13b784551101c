"""Mistakes of YAML are told in the words of the language, whatever parser of YAML is installed."""

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from recovery.protocol import syntax
from recovery.protocol.problems import Problem

Check = Callable[[str], tuple[Problem, ...]]


class ShortSighted(yaml.BaseLoader):
    """A parser with a limit of its own on brackets, as libyaml has one from 0.2.6 on."""

    def fetch_flow_collection_start(self, TokenClass: Any) -> None:
        if self.flow_level >= 25:
            mark = self.get_mark()
            raise yaml.scanner.ScannerError("while opening", mark, "too much for me", mark)
        super().fetch_flow_collection_start(TokenClass)


PARSERS = {
    "the fastest": getattr(yaml, "CBaseLoader", yaml.BaseLoader),
    "Python": yaml.BaseLoader,
    "one with a limit": ShortSighted,
}


@pytest.fixture(params=PARSERS, autouse=True)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syntax, "_LOADER", PARSERS[request.param])


def only(problems: tuple[Problem, ...]) -> Problem:
    assert len(problems) == 1
    return problems[0]


MANY = 2000
DEEP = {
    "brackets": ("a: " + "[" * MANY, (1, 23), "a"),
    "brackets that close": ("a: " + "[" * MANY + "]" * MANY, (1, 23), "a"),
    "brackets alone": ("[" * MANY, (1, 21), ""),
    "braces": ("a: " + "{b: " * MANY, (1, 80), "a"),
    "after a text": ("a: [b, " + "[" * MANY, (1, 26), "a"),
    "after a text with an apostrophe": ("a: [it's, 'it''s', " + "[" * MANY, (1, 38), "a"),
    "after a text of brackets": ('a: ["[[[[[[\\"[[", ' + "[" * MANY, (1, 37), "a"),
    "after a comment": ("a: # [[[[\n  " + "[" * MANY, (2, 22), "a"),
    "after a comment inside": ("a: [ # [[[[\n  " + "[" * MANY, (2, 21), "a"),
    "inside a list": ("phases:\n  - id: x\n    do: " + "[" * MANY, (3, 26), "phase 'x' > do"),
    "a key given twice": ("a: b\na: " + "[" * MANY, (2, 23), ""),
    "on lines of their own": ("a: [\n" + " [\n" * MANY, (20, 2), "a"),
    "with a name": ("a: &b " + "[" * MANY, (1, 26), "a"),
    "a mistake further on": ("a: " + "[" * 22 + "@", (1, 23), "a"),
    "items": ("- " * MANY, (1, 41), "1 1 1 1"),
    "keys": ("\n".join(" " * level + "a:" for level in range(300)), (21, 21), "a > a > a > a"),
}


@pytest.mark.parametrize(("text", "place", "path"), DEEP.values(), ids=DEEP)
def test_too_deep(check: Check, text: str, place: tuple[int, int], path: str) -> None:
    problem = only(check(text))
    assert problem.message == "nested too deep; close brackets, or indent less"
    assert (problem.line, problem.column, problem.path) == (*place, path)
    assert problem.expected == "at most 20 levels"


MANY_BRACKETS = "[" * 24
NOT_DEEP = {
    "in a text": (f"a: x {MANY_BRACKETS}: y", "a colon and a space"),
    "in quotes": (f"a: ['{MANY_BRACKETS}', @b]", "cannot start with '@'"),
    "in double quotes": (f'a: ["\\"{MANY_BRACKETS}", @b]', "cannot start with '@'"),
    "in a comment": (f"a: [b, #{MANY_BRACKETS}\n @b]", "cannot start with '@'"),
    "one after the other": ("a: [" + "[], " * 30 + "@b]", "cannot start with '@'"),
    "closed before": ("a: [" + "[[[]]], " * 9 + "]\nb: @c", "cannot start with '@'"),
}


@pytest.mark.parametrize(("text", "message"), NOT_DEEP.values(), ids=NOT_DEEP)
def test_brackets_that_go_no_deeper(check: Check, text: str, message: str) -> None:
    assert message in only(check(text)).message


SIGNS = "a text that starts with *, &, !, | or > needs quotes"
MISTAKES = {
    "a: b\n%c: d": (2, 1, "a text cannot start with '%'"),
    "%FOO x\na: b": (1, 1, "a text cannot start with '%'"),
    "a: b\n...\nc: d": (2, 1, "three dots ends the file"),
    "a: 'b\n---\nc'": (1, 4, "a quote that is never closed"),
    'a: "b\n...\n': (1, 4, "a quote that is never closed"),
    'a: "b\\x1"': (1, 8, "a backslash in double quotes"),
    'a: "b\\uZZZZ"': (1, 8, "a backslash in double quotes"),
    "a: [*]": (1, 6, SIGNS),
    "a:\n  - *\n": (2, 6, SIGNS),
    "a:\n  - &\n": (2, 6, SIGNS),
    "a:\n  - |x\n": (2, 6, SIGNS),
    "a: !b!c d": (1, 4, SIGNS),
    "a: [b}": (1, 4, "never closed with ]"),
    "a: {b: [c}": (1, 8, "never closed with ]"),
    "a: [b]]": (1, 7, "] closes nothing here"),
    "a: }": (1, 4, "} closes nothing here"),
    "a: [b,, c]": (1, 7, "nothing stands before the comma"),
    "a: ,b": (1, 4, "a text cannot start with ','"),
    "a: {b c: d: e}": (1, 11, "a text with a colon or a comma needs quotes"),
    "- 'a'b": (1, 6, "something follows the closing quote"),
    "a" * 1100 + ": b": (1, 1101, "a key of more than 1024 characters"),
}


@pytest.mark.parametrize("text", MISTAKES)
def test_what_to_do_fits_the_mistake(check: Check, text: str) -> None:
    line, column, message = MISTAKES[text]
    problem = only(check(text))
    assert message in problem.message
    assert (problem.line, problem.column) == (line, column)
