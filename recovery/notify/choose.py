"""Picking the way of reaching a person, by name or by what there is."""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TextIO

from recovery.errors import UsageError
from recovery.language import _
from recovery.notify.port import (
    WITHDRAWN_UNSEEN,
    Capabilities,
    Freed,
    Lack,
    Note,
    Notifier,
    Outcome,
    Readable,
    Undelivered,
)
from recovery.settings import NOTIFIERS

ANY_LACK: frozenset[Lack] = frozenset({"library", "transport", "bus", "server"})
PLYER_ON_LINUX: frozenset[Lack] = frozenset({"library", "transport"})
"""What plyer can make up for: not a missing bus or server, since it goes over the same ones."""


def choose(
    name: str | None,
    stream: TextIO | None = None,
    environ: Mapping[str, str] = os.environ,
    platform: str = sys.platform,
) -> Notifier:
    """The notifier called `name`; None is `auto`. `stream`: the terminal of a daemon in the foreground.

    Raises `UsageError` for an unknown name.
    """
    match name or "auto":
        case "auto":
            return _automatic(stream, environ, platform)
        case "dbus":
            return _dbus(environ)
        case "plyer":
            return _plyer(environ)
        case "text":
            return _text(stream)
    raise UsageError(
        _("{name}: no such notifier", name=name), _("choose one of: {names}", names=", ".join(NOTIFIERS))
    )


def _automatic(stream: TextIO | None, environ: Mapping[str, str], platform: str) -> Notifier:
    text = Substitute(lambda: _text(stream), ANY_LACK)
    if platform in ("win32", "darwin"):
        return FallbackNotifier(_plyer(environ), (text,))
    return FallbackNotifier(_dbus(environ), (Substitute(lambda: _plyer(environ), PLYER_ON_LINUX), text))


# Imported when chosen: each of them costs memory that the daemon need not spend on the others (PLC0415).
def _dbus(environ: Mapping[str, str]) -> Notifier:
    from recovery.notify.dbus_adapter import DBusNotifier

    return DBusNotifier(environ)


def _plyer(environ: Mapping[str, str]) -> Notifier:
    from recovery.notify.plyer_adapter import PlyerNotifier

    return PlyerNotifier(environ)


def _text(stream: TextIO | None) -> Notifier:
    from recovery.notify.text import TextNotifier

    return TextNotifier(stream)


class Substitute:
    """A notifier that is made when it is first needed, and the lacks that it makes up for."""

    def __init__(self, make: Callable[[], Notifier], makes_up_for: frozenset[Lack]) -> None:
        self._make = make
        self.makes_up_for = makes_up_for
        self.notifier: Notifier | None = None

    def made(self) -> Notifier:
        if self.notifier is None:
            self.notifier = self._make()
        return self.notifier


class FallbackNotifier:
    """Tries `first`; where something is missing altogether, the substitutes that can make up for it, in turn.

    Each note begins with `first` again, so that a server started later is used at once. A failure of another
    kind (a server that does not answer) is an outcome like any other: shown elsewhere, the note could appear
    twice.
    """

    def __init__(self, first: Notifier, substitutes: tuple[Substitute, ...]) -> None:
        self._first = first
        self._substitutes = substitutes
        self._in_use = first
        self._notes: dict[int, tuple[Note, Undelivered | None]] = {}
        """By tag, the notes under way, and what became of them at the first that could not show them."""

    @property
    def name(self) -> str:
        """The name of the notifier that was last used for a note, or that the next note goes to."""
        return self._current().name

    def capabilities(self) -> Capabilities | None:
        return self._current().capabilities()

    def problem(self) -> str:
        """Empty when notes reach a desktop; text on a terminal is better than nothing, but no desktop."""
        current = self._current()
        return self._first.problem() if current.name == "text" else current.problem()

    def bus(self) -> str | None:
        return self._first.bus()

    def probe(self) -> None:
        self._first.probe()

    def show(self, note: Note) -> None:
        self._notes[note.tag] = note, None
        self._first.show(note)

    def withdraw(self, key: str) -> None:
        for notifier in self._made():
            notifier.withdraw(key)

    def adopt(self, note: Note, token: str) -> None:
        self._first.adopt(note, token)

    def sources(self) -> tuple[Readable, ...]:
        return tuple(source for notifier in self._made() for source in notifier.sources())

    def deadline(self) -> float | None:
        limits = [limit for notifier in self._made() if (limit := notifier.deadline()) is not None]
        return min(limits, default=None)

    def collect(self, monotonic: float) -> list[Outcome]:
        outcomes: list[Outcome] = []
        outcomes += self._sift(self._first, self._first.collect(monotonic), self._substitutes)
        for position, substitute in enumerate(self._substitutes):
            if notifier := substitute.notifier:
                rest = self._substitutes[position + 1 :]
                outcomes += self._sift(notifier, notifier.collect(monotonic), rest)
        # What has failed meanwhile in all ways is to be tried again, too.
        return sorted(outcomes, key=lambda outcome: isinstance(outcome, Freed))

    def close(self) -> None:
        for notifier in self._made():
            notifier.close()

    def _current(self) -> Notifier:
        """A first that has recovered is in use again before it has shown anything."""
        return self._in_use if self._first.problem() else self._first

    def _made(self) -> list[Notifier]:
        return [self._first, *(each.notifier for each in self._substitutes if each.notifier)]

    def _sift(self, source: Notifier, outcomes: list[Outcome], rest: tuple[Substitute, ...]) -> list[Outcome]:
        """The outcomes that are final; the notes of the others go to the next that may help."""
        final: list[Outcome] = []
        for outcome in outcomes:
            tag = getattr(outcome, "tag", None)
            if tag is None or tag not in self._notes:
                final.append(outcome)
                continue
            note, before = self._notes[tag]
            self._in_use = source
            if isinstance(outcome, Undelivered):
                substitute = next((each for each in rest if outcome.lack in each.makes_up_for), None)
                if substitute:
                    self._notes[tag] = note, before or outcome
                    substitute.made().show(note)
                    continue
                final.append(_with_first_reason(outcome, before))
            else:
                final.append(outcome)
            del self._notes[tag]
        return final


def _with_first_reason(outcome: Undelivered, before: Undelivered | None) -> Undelivered:
    """The first notifier's reason matters more to a person than that of the last resort."""
    if before is None or outcome.reason == _(WITHDRAWN_UNSEEN):
        return outcome
    return replace(outcome, reason=f"{before.reason}; {outcome.reason}", first_lack=before.lack)
