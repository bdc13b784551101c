"""The last resort: a line on the terminal of a foreground daemon, or the promise of the next command."""

import os
import select
from collections.abc import Callable
from datetime import datetime
from typing import TextIO

from recovery import clock
from recovery.language import N_, _
from recovery.notify.port import Capabilities, Note, Outcome, Readable, Shown, Undelivered
from recovery.notify.wording import BODY_LIMIT, cut, one_line

NO_DESKTOP_HERE = N_("no desktop notifications here; shown by the next command")
_LINE_LIMIT_BYTES = 4_000
"""Less than PIPE_BUF: what `select` calls writable takes this much without waiting."""


class TextNotifier:
    """Prints `HH:MM title - body` to `stream`; without one, every note is `Undelivered`.

    The time is the machine's local time. A stream that would block (a stopped terminal, a full pipe) counts
    as not there.
    """

    name = "text"

    def __init__(self, stream: TextIO | None = None, now: Callable[[], datetime] = clock.now) -> None:
        self._stream = stream
        self._now = now
        self._ready: list[Outcome] = []
        self._problem = "" if stream else _(NO_DESKTOP_HERE)

    def capabilities(self) -> Capabilities | None:
        return Capabilities()

    def problem(self) -> str:
        return self._problem

    def bus(self) -> str | None:
        return None

    def probe(self) -> None:
        """There is nothing to find out."""

    def show(self, note: Note) -> None:
        if self._stream:
            self._problem = self._print(self._stream, note)
        if self._problem:
            self._ready.append(Undelivered(note.tag, self.name, self._problem))
        else:
            self._ready.append(Shown(note.tag, self.name))

    def _print(self, stream: TextIO, note: Note) -> str:
        """Print it; return why that failed, "" when it did not."""
        text = f"{one_line(note.title)} - {one_line(note.body)}" if note.body else one_line(note.title)
        line = cut(f"{clock.on_the_wall(self._now()):%H:%M} {text}", BODY_LIMIT)
        encoding = stream.encoding or "utf-8"
        data = line.encode(encoding, "replace")[:_LINE_LIMIT_BYTES]
        try:
            if not _is_writable(stream):
                return _("the terminal takes no text at the moment")
            stream.write(data.decode(encoding, "ignore") + "\n")
            stream.flush()
        except (OSError, ValueError) as error:
            return _("the terminal cannot be written to ({reason})", reason=error)
        return ""

    def withdraw(self, key: str) -> None:
        """A printed line stays."""

    def adopt(self, note: Note, token: str) -> None:
        """No line is ever taken over: it has no token."""

    def sources(self) -> tuple[Readable, ...]:
        return ()

    def deadline(self) -> float | None:
        return 0.0 if self._ready else None

    def collect(self, monotonic: float) -> list[Outcome]:  # the port gives it
        outcomes, self._ready = self._ready, []
        return outcomes

    def close(self) -> None:
        """The stream belongs to whoever gave it."""


def _is_writable(stream: TextIO) -> bool:
    """Tell if a short line can be written without waiting. A stream without a descriptor is in memory."""
    if os.name != "posix":
        return True
    try:
        descriptor = stream.fileno()
    except (OSError, AttributeError):
        return True
    return bool(select.select([], [descriptor], [], 0)[1])
