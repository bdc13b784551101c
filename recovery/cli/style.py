"""Bold, dim and coloured text on a terminal; plain text in pipes and where `NO_COLOR` is set.

Nothing else that a terminal would obey gets there, wherever it came from: see `Guarded`.
"""

import codecs
import io
import os
import re
import sys
from typing import BinaryIO

from recovery.errors import RecoveryError
from recovery.language import _

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


def styled(text: str, *styles: str) -> str:
    """The text in the styles named (bold, dim, red, ...), where standard output shows them."""
    if not is_styling():
        return text
    codes = ";".join(_CODES[style] for style in styles)
    return f"\x1b[{codes}m{text}\x1b[0m"


def is_styling() -> bool:
    """Tell if standard output is a terminal that shows styles, and the person wants them."""
    return sys.stdout.isatty() and not is_plain()


def is_plain() -> bool:
    """Tell if the person wants no styles, or the terminal shows none; of one that nobody names nothing is known."""
    term = os.environ.get("TERM", "" if os.name == "posix" else "windows")
    return bool(os.environ.get("NO_COLOR")) or term in ("", "dumb", "unknown")


def tell(text: str) -> None:
    """A line on standard error, without styles."""
    print(harmless(text), file=sys.stderr)


def say(error: RecoveryError) -> None:
    """Tell an error on standard error: what is wrong, then what to do."""
    tell(_("Error: {message}", message=error.message))
    if error.hint:
        tell(f"  {error.hint}")


def harmless(text: str) -> str:
    """`text` with all that a terminal would obey as its code, such as `\\u001b`; line ends and tabs stay."""
    if text.replace("\n", "").isprintable():
        return text
    from recovery.notify.wording import harmless as coded  # only where there may be something to find

    return coded(text)


_STYLE = r"(\x1b\[(?:(?:[0-49]|2[1-4]|3[0-79]|9[0-7])(?:;(?=\d)|(?=m)))*m)"
"""What switches a style on or off, as this program, click and rich write it: no cursor, no title, nothing hidden."""


class Guarded(io.TextIOWrapper):
    """Standard output or standard error: shows what it is given, and lets nobody command the terminal.

    The last wall: names of files, words that were typed, texts from a journal that somebody else has written. Styles
    pass where styles are shown.
    """

    def __init__(
        self, buffer: BinaryIO, encoding: str, errors: str = "replace", *, line_buffering: bool = False
    ) -> None:
        """`buffer` is written to in `encoding`; a terminal without these characters gets question marks."""
        self._is_ascii = codecs.lookup(encoding).name == "ascii"
        # click goes round a stream that calls itself ASCII, and writes to its buffer in UTF-8.
        wider = "latin-1" if self._is_ascii else encoding
        super().__init__(buffer, encoding=wider, errors=errors, line_buffering=line_buffering)

    def speak_utf8(self) -> None:
        """For a document that is UTF-8 wherever it goes."""
        self._is_ascii = False
        self.reconfigure(encoding="utf-8", newline="\n")

    def write(self, text: str) -> int:
        if self._is_ascii:
            text = text.encode("ascii", "replace").decode("ascii")
        if not text.replace("\n", "").isprintable():
            if "\x1b" in text and (self.isatty() or os.environ.get("FORCE_COLOR")):
                pieces = re.split(_STYLE, text)
                pieces[::2] = map(harmless, pieces[::2])
                text = "".join(pieces)
            else:
                text = harmless(text)
        return super().write(text)
