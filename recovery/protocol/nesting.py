"""Brackets that the parser of YAML has read, but of which it has given no event yet.

A bracket may open a key, so the parser looks for its colon on the same line before it tells of the bracket, up
to 1,024 characters on. Whatever it dislikes there, such as more brackets than its own limit, comes as an error
of its own. Reading that stretch here lets the limit of the language answer first, with every parser.
"""

import re

_BEFORE = re.compile(r"(?:[\s,:?-]+|#[^\r\n]*|[&!][^\s\[\]{},]*)*")
_IN_BRACKETS = re.compile(
    r"""
    (?P<open>[\[{]) | (?P<close>[\]}])
    | "(?:\\. | [^"\\])*+"? | '[^']*+'?  # quoted texts
    | (?<=\s)\#[^\r\n]*
    | [^\s\[\]{},"'][^\[\]{},]*+  # other texts, which may have quotes inside
    """,
    re.VERBOSE | re.DOTALL,
)


def too_deep(text: str, start: int, end: int, *, levels: int, is_in_brackets: bool) -> int | None:
    """The first bracket of `text[start:end]` that opens more than `levels`; None where none does.

    `is_in_brackets` tells whether an unclosed bracket stands before `start`: without, a text may hold brackets.
    """
    depth = 0
    before = None if is_in_brackets else _BEFORE.match(text, start, end)
    at = before.end() if before else start
    for part in _IN_BRACKETS.finditer(text, at, end):
        if part["open"]:
            depth += 1
            if depth > levels:
                return part.start()
        elif part["close"]:
            depth -= 1
        if depth == 0 and not is_in_brackets:
            return None  # a text, or the end of what the bracket began
    return None
