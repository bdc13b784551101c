"""Mistakes of YAML syntax in plain words. A physiotherapist has never heard of a flow mapping."""

import re
from dataclasses import dataclass

from recovery.language import N_, _
from recovery.protocol.problems import in_short

QUOTES = N_('put quotes round the text: "..."')
TOO_DEEP = N_("nested too deep; close brackets, or indent less")
_SIGNS = N_("a text that starts with *, &, !, | or > needs quotes")
_NAMES_A_SIGN = re.compile(r"\b(anchor|alias|tag|block scalar)\b")
_NEAR = 200
_LONGEST_KEY = 1024
"""In characters: the parser looks no further for the colon of a key."""


@dataclass(frozen=True)
class Hint:
    message: str
    found: str = ""
    place: tuple[int, int] | None = None
    """Where to point at, if not at where the reader gave up: where a quote or bracket opens."""


def hint(
    problem: str, context: str, lines: list[str], here: tuple[int, int], opened: tuple[int, int]
) -> Hint:
    """Say what a syntax error most likely means.

    `here` is where the parser gave up, `opened` where the part began: line and column, from 1. Of a long line
    only what is near is looked at.
    """
    line, column = here
    whole = lines[line - 1] if line <= len(lines) else ""
    at, written = whole[column - 1 : column], whole[max(0, column - _NEAR) : column + _NEAR]
    found = in_short(written.strip())
    opening = in_short(lines[opened[0] - 1][:_NEAR].strip()) if opened[0] <= len(lines) else ""
    if "\t" in whole[: len(whole) - len(whole.lstrip())]:
        return Hint(_("a tab at the start of a line; indent with spaces"), found)
    if at == "\t":
        return Hint(_("a tab where only spaces may stand"), found)
    if "nesting" in problem:
        return Hint(_(TOO_DEEP), found)
    if "quoted scalar" in context and ("end of stream" in problem or "document" in problem):
        return Hint(_("a quote that is never closed"), opening, opened)
    if (directive := _directive(problem, context, lines, line)) is not None:
        return directive
    if _NAMES_A_SIGN.search(context) or "tag handle" in problem:
        return Hint(_quoted(_(_SIGNS)), found)
    if "escape" in problem or ("quoted scalar" in context and "hex" in problem):
        return Hint(
            _("a backslash in double quotes means something else; use single quotes, or write it twice"),
            found,
        )
    if at == ":" and column > _LONGEST_KEY:
        return Hint(_("a key of more than {count} characters", count=_LONGEST_KEY), found)
    if "could not find expected ':'" in problem:
        return Hint(_("a colon is missing, here or on the line before; write key: value"), found)
    if "mapping values are not allowed" in problem:
        return _second_colon(written, found)
    if "block sequence entries" in problem or "sequence entries are not allowed" in problem:
        message = _("a list starts on a line of its own, and a text that starts with - needs quotes")
        return Hint(_quoted(message), found)
    if (at and at in "@`%") or "cannot start any token" in problem or (at == "," and "flow" not in context):
        return Hint(_quoted(_("a text cannot start with {sign!r}", sign=at)), found)
    if (quote := _open_quote(lines, line)) is not None:
        return Hint(_("a quote that is not closed on its line"), in_short(lines[quote[0] - 1].strip()), quote)
    unquoted = _unquoted(at, problem, written)
    if unquoted:
        return Hint(_quoted(unquoted), found)
    if re.search(r"""(?:[:\[{,-]|^)\s*(["']).*\1\s*[^\s#:,}\]]""", written):
        message = _("something follows the closing quote; put the whole text in one pair of quotes")
        return Hint(message, found)
    if "flow" in context:
        return _in_brackets(context, at, written, found, opening, here, opened)
    if at and at in "]}":
        return Hint(_("{sign} closes nothing here; take it away, or put it in quotes", sign=at), found)
    return Hint(_("the line does not fit: check its indentation, its colon, and quotes round texts"), found)


def _directive(problem: str, context: str, lines: list[str], line: int) -> Hint | None:
    """Explain an error in the lines that YAML has round a document: `%...` before it, `...` after it."""
    if "directive" not in context + problem and "document start" not in problem:
        return None
    for number, written in enumerate(lines[:line], 1):
        if written.startswith("%"):
            return Hint(
                _quoted(_("a text cannot start with {sign!r}", sign="%")), in_short(written), (number, 1)
            )
        if written.startswith("..."):
            return Hint(_("a line of three dots ends the file; take it away"), in_short(written), (number, 1))
    return None


def _in_brackets(
    context: str,
    at: str,
    written: str,
    found: str,
    opening: str,
    here: tuple[int, int],
    opened: tuple[int, int],
) -> Hint:
    closing = "}" if "mapping" in context else "]"
    if not at or here[0] > opened[0] or (at in "]}" and at != closing and "node" not in context):
        return Hint(_("what opens here is never closed with {sign}", sign=closing), opening, opened)
    if at == ",":
        return Hint(_("nothing stands before the comma; take it away, or put it in quotes"), found)
    if ": " in written:
        return Hint(_quoted(_("inside {...} a text with a colon or a comma needs quotes")), found)
    return Hint(_("the line does not fit: check its indentation, its colon, and quotes round texts"), found)


def _quoted(message: str) -> str:
    return f"{message}; {_(QUOTES)}"


def _unquoted(at: str, problem: str, written: str) -> str:
    """Say what kind of text in a line needs quotes; empty where none does."""
    if "mapping keys are not allowed" in problem or at == "?" or re.search(r"[:\[{,]\s*\?", written):
        return _("a text that starts with ? needs quotes")
    if re.search(r"[{\[].*\?\s*[,}\]]", written):
        return _("a question inside {...} needs quotes")
    if re.search(r"\{(other )?side\}", written) or re.search(r":\s*[{\[].*[}\]]\s*[^\s,}\]#]", written):
        return _("a text that contains { or [ needs quotes")
    if re.search(r":\s*[*&!|>]", written):
        return _(_SIGNS)
    return ""


def _open_quote(lines: list[str], line: int) -> tuple[int, int] | None:
    """Find where a text opens a quote that its line does not close. The next quote of the file ended it."""
    written = lines[line - 1] if line <= len(lines) else ""
    for number in range(min(line, len(lines)), max(0, line - 40), -1):
        opens = re.search(r""":\s+("[^"]*|'[^']*)$""", lines[number - 1])
        if opens and opens[1][0] in written:
            return number, opens.start(1) + 1
    return None


def _second_colon(written: str, found: str) -> Hint:
    if re.search(r":\s+\S.*:(\s|$)", written):
        return Hint(_quoted(_("a text that contains a colon and a space needs quotes")), found)
    return Hint(
        _(
            "the line is indented further than the text above it allows; check the indentation, "
            "and whether a colon is missing, here or on the line before"
        ),
        found,
    )
