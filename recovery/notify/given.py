"""The notes that a notification server was given, by its own numbers: which of its signals count, and for what.

Servers differ in the order of their signals and in when they use a number again. So a note is known past its end:
a press may come after the word that the note is closed, and one that has expired may live on in a list of notes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from recovery.notify.port import Closed, CloseReason, Note, Pressed

MOST_NOTES = 500
"""Notes remembered, the newest; far more than any screen or list holds."""

PRESSED_LATE_SECONDS = 2.0
"""The time after a dismissal in which a press still counts: some servers send the press last."""


@dataclass
class _Given:
    note: Note
    actions: Mapping[str, str]
    """The names of the buttons that the server was given, as it was given them."""
    has_expired: bool = False
    is_gone: bool = False
    counts_until: float | None = None
    """The monotonic time after which no press counts; None: there is no such time."""
    is_answered: bool = False


class Notes:
    """The notes of one server."""

    def __init__(self) -> None:
        self._given: dict[int, _Given] = {}
        self._numbers: dict[str, int] = {}
        """Of the notes that may be replaced or closed, by key."""

    def number(self, key: str) -> int:
        """Of the newest note with that key, unless it is gone; 0: there is none."""
        return self._numbers.get(key, 0)

    def __iter__(self) -> Iterator[str]:
        """The keys of the notes that may still be seen."""
        return iter([*self._numbers])

    def may_be_new(self, number: int) -> bool:
        """True when a signal with that number may be about a note whose number is yet to come."""
        given = self._given.get(number)
        return given is None or given.is_gone

    def put(self, number: int, note: Note, actions: Mapping[str, str]) -> tuple[list[Closed], int]:
        """The server has taken a note. The notes that went for it, and the number of one that it failed to replace."""
        replaced = self._numbers.pop(note.key, 0)
        gone: list[Closed] = []
        before = self._given.pop(number, None)
        if before is not None and self._numbers.get(before.note.key) == number:
            del self._numbers[before.note.key]
            gone.append(Closed(before.note.key, "unknown"))
        self._given[number] = _Given(note, actions)
        self._numbers[note.key] = number
        while len(self._given) > MOST_NOTES:
            oldest = next(iter(self._given))
            self._forget_number(oldest, self._given.pop(oldest).note.key)
        return gone, replaced if replaced != number else 0

    def pressed(self, number: int, action: str, monotonic: float) -> Pressed | str:
        """A press, or why it does not count; "" for a note of another program."""
        given = self._given.get(number)
        if given is None:
            return ""
        if action not in given.actions:
            return f"note {number} has no button {action[:40]!r}"
        if given.is_answered:
            return f"note {number} is answered already"
        if given.counts_until is not None and monotonic > given.counts_until:
            return f"note {number} was dismissed before its button was pressed"
        given.is_answered = True
        return Pressed(given.note.key, given.actions[action], given.note.about)

    def closed(self, number: int, reason: CloseReason, monotonic: float) -> Closed | None:
        """A note is closed; None where that says nothing new of a note of ours."""
        given = self._given.get(number)
        if given is None or given.is_gone or (given.has_expired and reason == "expired"):
            return None
        if reason == "expired":
            given.has_expired = True
        else:
            given.is_gone = True
            if reason == "dismissed":
                given.counts_until = monotonic + PRESSED_LATE_SECONDS
        if self._numbers.get(given.note.key) != number:
            return None
        if given.is_gone:
            del self._numbers[given.note.key]
        return Closed(given.note.key, reason)

    def forget(self) -> None:
        """The server is gone, and its numbers mean nothing to the next one."""
        self._given.clear()
        self._numbers.clear()

    def _forget_number(self, number: int, key: str) -> None:
        if self._numbers.get(key) == number:
            del self._numbers[key]
