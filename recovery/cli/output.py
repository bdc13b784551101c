"""Standard output and standard error: where they lead, and what becomes of a command when they fail.

A command goes on to its end whoever listens: what it was told to do is done whole, and its exit status is its own.
What could not be written is told once, at the end, with what was done all the same. Text is bold, dim or coloured on a
terminal, plain in pipes and where `NO_COLOR` is set; nothing else that a terminal would obey gets there: see `Guarded`.
"""

import codecs
import errno
import io
import os
import re
import sys
from typing import Any, BinaryIO, TextIO, cast

from recovery.errors import RecoveryError
from recovery.language import _

_NOBODY_READS = (errno.EPIPE, errno.ECONNRESET, errno.ESHUTDOWN)

_done: list[str] = []
"""The deeds of this command so far, in sentences."""


class Outlet(io.RawIOBase):
    """The way out of the process. After a failure it leads nowhere, and `failure` says why."""

    def __init__(self, raw: io.RawIOBase) -> None:
        self._raw = raw
        self.failure: OSError | None = None

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._raw.fileno()

    def isatty(self) -> bool:
        return self._raw.isatty()

    def write(self, data: Any) -> int:
        while self.failure is None:
            try:
                written = self._raw.write(data)
            except OSError as error:
                self.failure = error
                break
            if written is not None:
                return written
            self._wait()
        return len(data)

    def _wait(self) -> None:
        """Until it takes more. Another program that shares a terminal or a pipe may have set it not to wait."""
        import select

        select.select([], [self.fileno()], [])


def take_over() -> None:
    """Let all that this process writes go by an outlet, guarded."""
    sys.stdout, sys.stderr = _through_outlet(sys.stdout), _through_outlet(sys.stderr)


def _through_outlet(stream: TextIO) -> TextIO:
    """The stream by way of an outlet; it is not to be used itself any more. One that is no file is left as it is."""
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    encoding = stream.encoding
    is_by_line = stream.line_buffering or stream.write_through  # `python -u` says the second alone
    binary = stream.detach()
    raw = binary.detach() if isinstance(binary, io.BufferedWriter) else binary  # `python -u` has no buffer
    buffer = io.BufferedWriter(Outlet(cast(io.RawIOBase, raw)))
    return Guarded(buffer, encoding, line_buffering=is_by_line)


# Afterwards --------------------------------------------------------------------------------------


def did(sentence: str) -> None:
    """Keep what this command has just done, for the case that its output never arrives."""
    _done.append(sentence)


def failure_of(stream: TextIO) -> OSError | None:
    """Find why a stream takes no more; None while it does. What is still in its buffer has not been tried."""
    outlet = getattr(getattr(stream, "buffer", None), "raw", None)
    return outlet.failure if isinstance(outlet, Outlet) else None


def failure_to_the_end(stream: TextIO) -> OSError | None:
    """Flush a stream. Find the error for which it has not taken all that was written to it; None where it has."""
    try:
        stream.flush()
    except OSError as error:  # a stream without an outlet
        return error
    return failure_of(stream)


def settled(status: int) -> int:
    """The exit status of a command that has ended with `status`: 1 where that was 0 and its output was lost.

    Somebody who stops reading (`recovery log | head`) has read enough: nothing was lost.
    """
    done = [*_done]
    _done.clear()
    error = failure_to_the_end(sys.stdout)
    if error is None or error.errno in _NOBODY_READS:
        return status
    tell(_("Error: {message}", message=f"{_('standard output')}: {error.strerror}"))
    for sentence in done:
        tell(f"  {_('Done all the same: {what}', what=sentence)}")
    return status or RecoveryError.exit_status


# Styles, and what a terminal would obey ----------------------------------------------------------


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
    from recovery.notify.wording import in_codes  # only where there may be something to find

    return in_codes(text)


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
