"""Bold, dim and coloured text on a terminal; plain text in pipes and where `NO_COLOR` is set."""

import os
import sys

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


def styled(text: str, *styles: str) -> str:
    """The text in the styles named (bold, dim, red, ...), where standard output shows them."""
    if not is_styling():
        return text
    codes = ";".join(_CODES[style] for style in styles)
    return f"\x1b[{codes}m{text}\x1b[0m"


def is_styling() -> bool:
    """Whether standard output is a terminal that shows styles, and the person wants them."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def tell(text: str) -> None:
    """A line on standard error."""
    print(text, file=sys.stderr)
