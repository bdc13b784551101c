"""Standard output and standard error: where they lead, and what becomes of a command when they fail.

A command goes on to its end whoever listens: what it was told to do is done whole, and its exit status is its own.
What could not be written is told once, at the end, with what was done all the same.
"""

import errno
import io
import sys
from typing import Any, TextIO, cast

from recovery.cli.style import Guarded, tell
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
