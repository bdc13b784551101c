"""Making text fit to be sent: pure functions."""

import re

APP_NAME = "recovery"
"""The name under which notes are sent."""

_TURNING = "\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff"
"""Breaks, and changes of direction, which make a text look like another one."""

_UNSENDABLE = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff{_TURNING}]")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

TITLE_LIMIT = 500
BODY_LIMIT = 4_000
"""Characters. Beyond any screen, and small enough that a pipe or a socket takes a note whole."""


def clean(text: str, limit: int) -> str:
    """`text` with what no server can take replaced by U+FFFD, and cut to `limit` characters.

    Replaced are control characters except tab and newline (XML, which the servers' markup is, forbids them;
    NUL ends a C string), lone surrogates (they have no UTF-8), and changes of direction.
    """
    sendable = _UNSENDABLE.sub(_REPLACEMENT, text.replace("\r\n", "\n"))
    return cut(sendable, limit)


def cut(text: str, limit: int) -> str:
    """`text`, or its first characters and an ellipsis, `limit` characters together."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def cut_utf16(text: str, limit: int) -> str:
    """`text` cut to `limit` UTF-16 units, as Windows counts; no character is split."""
    if len(text.encode("utf-16-le")) // 2 <= limit:
        return text
    kept = text[:limit]
    while len(kept.encode("utf-16-le")) // 2 > limit - 1:
        kept = kept[:-1]
    return kept + "…"


def one_line(text: str) -> str:
    """`text` on one line, without anything a terminal would obey."""
    return cut(" ".join(_UNSENDABLE.sub("", " ".join(text.split())).split()), TITLE_LIMIT + BODY_LIMIT)


def in_codes(text: str) -> str:
    """`text` with all that a terminal would obey, or that would turn it round, as its code: `\\u001b`.

    Line ends and tabs stay. JSON stays JSON, and says the same.
    """
    return _UNSENDABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
