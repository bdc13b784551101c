"""Mistakes of YAML syntax in plain words. A physiotherapist has never heard of a flow mapping."""

import re
from dataclasses import dataclass

from recovery.language import N_, _
from recovery.protocol.problems import shown

QUOTES = N_('put quotes round the text: "..."')


@dataclass(frozen=True)
class Hint:
    message: str
    found: str = ""
    place: tuple[int, int] | None = None
    """Where to point at, if not at where the reader gave up: where a quote or bracket opens."""


def hint(
    problem: str, context: str, lines: list[str], here: tuple[int, int], opened: tuple[int, int]
) -> Hint:
    """What a syntax error most likely means.

    `here` is where the parser gave up, `opened` where the part began: line and column, from 1.
    """
    line, column = here
    written = lines[line - 1] if line <= len(lines) else ""
    at, found = written[column - 1 : column], shown(written.strip())
    opening = shown(lines[opened[0] - 1].strip()) if opened[0] <= len(lines) else ""
    if at == "\t" or "\t" in written[: len(written) - len(written.lstrip())]:
        return Hint(_("a tab at the start of a line; indent with spaces"), found)
    if "quoted scalar" in context and "end of stream" in problem:
        return Hint(_("a quote that is never closed"), opening, opened)
    if "escape" in problem:
        return Hint(
            _("a backslash in double quotes means something else; use single quotes, or write it twice"),
            found,
        )
    if "could not find expected ':'" in problem:
        return Hint(_("a colon is missing, here or on the line before; write key: value"), found)
    if "mapping values are not allowed" in problem:
        return _second_colon(written, found)
    if "block sequence entries" in problem or "sequence entries are not allowed" in problem:
        message = _("a list starts on a line of its own, and a text that starts with - needs quotes")
        return Hint(_quoted(message), found)
    if (at and at in "@`%") or "cannot start any token" in problem:
        return Hint(_quoted(_("a text cannot start with {sign!r}", sign=at)), found)
    if (quote := _open_quote(lines, line)) is not None:
        return Hint(_("a quote that is not closed on its line"), shown(lines[quote[0] - 1].strip()), quote)
    unquoted = _unquoted(at, problem, written)
    if unquoted:
        return Hint(_quoted(unquoted), found)
    if re.search(r""":\s*(["']).*\1\s*[^\s#,}\]]""", written):
        message = _("something follows the closing quote; put the whole text in one pair of quotes")
        return Hint(message, found)
    if "flow" in context and (not at or line > opened[0]):
        closing = "}" if "mapping" in context else "]"
        return Hint(_("what opens here is never closed with {sign}", sign=closing), opening, opened)
    if "flow" in context and ": " in written:
        return Hint(_quoted(_("inside {...} a text with a colon or a comma needs quotes")), found)
    return Hint(_("the line does not fit: check its indentation, its colon, and quotes round texts"), found)


def _quoted(message: str) -> str:
    return f"{message}; {_(QUOTES)}"


def _unquoted(at: str, problem: str, written: str) -> str:
    """What in a line looks like a text that needs quotes; empty where nothing does."""
    if "mapping keys are not allowed" in problem or at == "?" or re.search(r"[:\[{,]\s*\?", written):
        return _("a text that starts with ? needs quotes")
    if re.search(r"[{\[].*\?\s*[,}\]]", written):
        return _("a question inside {...} needs quotes")
    if re.search(r"\{(other )?side\}", written) or re.search(r":\s*[{\[].*[}\]]\s*[^\s,}\]#]", written):
        return _("a text that contains { or [ needs quotes")
    if re.search(r":\s*[*&!|>]", written):
        return _("a text that starts with *, &, !, | or > needs quotes")
    return ""


def _open_quote(lines: list[str], line: int) -> tuple[int, int] | None:
    """Where a text opens a quote that its line does not close: the next quote of the file ended it."""
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
