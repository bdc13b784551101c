"""Fakes at the ports."""

from recovery.notify.do_not_disturb import HELD
from recovery.notify.port import (
    WITHDRAWN_UNSEEN,
    Capabilities,
    Closed,
    CloseReason,
    Freed,
    Lack,
    Moved,
    Note,
    Outcome,
    Pressed,
    Readable,
    Shown,
    Undelivered,
)


class FakeNotifier:
    """Keeps what it is shown; a test presses, closes and breaks it.

    `answers = False` makes it hang: notes wait for `answer()` or for `give_up()`.
    """

    def __init__(self, name: str = "fake", capabilities: Capabilities | None = None) -> None:
        self._name = name
        self._capabilities = capabilities or Capabilities(
            buttons=True, replace=True, close=True, urgency=True
        )
        self.shown: list[Note] = []
        self.on_screen: dict[str, Note] = {}
        self.adopted: dict[str, str] = {}
        self.probes = 0
        self.is_closed = False
        self.answers = True
        self.may_disturb = True
        self._broken: tuple[str, Lack] = ("", "")
        self._waiting: list[Note] = []
        self._ready: list[Outcome] = []

    @property
    def name(self) -> str:
        return self._name

    def capabilities(self) -> Capabilities | None:
        return self._capabilities

    def problem(self) -> str:
        return self._broken[0]

    def bus(self) -> str | None:
        return None

    def probe(self) -> None:
        self.probes += 1

    def show(self, note: Note) -> None:
        self._waiting.append(note)
        if self.answers:
            self.answer()

    def withdraw(self, key: str) -> None:
        for note in [each for each in self._waiting if each.key == key]:
            self._waiting.remove(note)
            self._ready.append(Undelivered(note.tag, self.name, WITHDRAWN_UNSEEN))
        self.close_note(key, "withdrawn")

    def adopt(self, note: Note, token: str) -> None:
        """As a server does that still runs: `on_screen` is its screen."""
        self.adopted[note.key] = token
        if note.key not in self.on_screen:
            self._ready.append(Closed(note.key, "unknown"))

    def sources(self) -> tuple[Readable, ...]:
        return ()

    def deadline(self) -> float | None:
        return 0.0 if self._ready else None

    def collect(self, monotonic: float) -> list[Outcome]:  # the port gives it
        outcomes, self._ready = self._ready, []
        return outcomes

    def close(self) -> None:
        self.is_closed = True

    def break_down(self, reason: str, lack: Lack = "") -> None:
        """Let every note from now on be undelivered."""
        self._broken = (reason, lack)

    def mend(self) -> None:
        self._broken = ("", "")

    def free(self) -> None:
        """The person may be disturbed again, and the desktop says so."""
        self.may_disturb = True
        self._ready.append(Freed())

    def move(self) -> None:
        """Notes go to another desktop from now on."""
        self._ready.append(Moved())

    def answer(self) -> None:
        """Give the waiting notes their outcome."""
        reason, lack = self._broken
        for note in self._waiting:
            if note.can_wait and not self.may_disturb:
                self._ready.append(Undelivered(note.tag, self.name, HELD, is_held=True))
            elif reason:
                self._ready.append(Undelivered(note.tag, self.name, reason, lack))
            else:
                self.shown.append(note)
                self.on_screen[note.key] = note
                self._ready.append(Shown(note.tag, self.name, f"token of {note.key}"))
        self._waiting.clear()

    def give_up(self, reason: str = "the notification server does not answer") -> None:
        """Let the waiting notes run into their time limit."""
        self._ready += [Undelivered(note.tag, self.name, reason) for note in self._waiting]
        self._waiting.clear()

    def press(self, key: str, action: str) -> None:
        """A person presses a button; the note goes."""
        assert key in self.on_screen, f"no note {key!r} on the screen"
        self._ready.append(Pressed(key, action, self.on_screen[key].about))
        self.close_note(key, "withdrawn")

    def close_note(self, key: str, reason: CloseReason) -> None:
        """The note goes for any other reason."""
        if self.on_screen.pop(key, None):
            self._ready.append(Closed(key, reason))
