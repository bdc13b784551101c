"""The port between the daemon and whatever puts a note before a person.

The daemon is one thread around `selectors`, so nothing here waits. A note is started with `show`; what became
of it comes out of `collect`, which the daemon calls when one of `sources()` is readable or `deadline()` has
come. Every `show` is answered by exactly one of `Shown`, `HandedOver` and `Undelivered`; `Pressed` and
`Closed` may follow, and `Freed` after one that was held.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from selectors import EVENT_READ, BaseSelector
from typing import Literal, Protocol

from recovery.language import N_

CloseReason = Literal["expired", "dismissed", "withdrawn", "lost", "unknown"]
"""`expired`: off the screen, but perhaps in a list of notes, where its buttons go on working; `lost`: its server went
away, and with it a note that stood."""

Lack = Literal["", "library", "transport", "bus", "server"]
"""What is missing altogether, so that another way may be worth trying; "" is a failure of another kind."""

WITHDRAWN_UNSEEN = N_("withdrawn before it was shown")


@dataclass(frozen=True)
class Capabilities:
    """The abilities of a way of showing."""

    buttons: bool = False
    replace: bool = False
    close: bool = False
    urgency: bool = False
    markup: bool = False
    """The body is read as markup there. Adapters escape on their own; a `Note` always holds plain text."""
    persistence: bool = False
    """Notes are kept until somebody acts on them."""
    sound: bool = False
    """It plays the sound that a note names."""


@dataclass(frozen=True)
class Note:
    """A note to show, in plain text. A newer note with the same `key` takes the place of the older."""

    key: str
    title: str
    body: str
    critical: bool = False
    actions: tuple[tuple[str, str], ...] = ()
    """(name, label) of each button, in order; left out where there are no buttons."""
    tag: int = 0
    """Comes back in the outcome. Give notes that are under way at the same time different tags."""
    can_wait: bool = False
    """It is not shown while the person does not want to be disturbed, where the desktop can tell."""
    sound: str = ""
    """A name of the freedesktop sound naming specification; "" none."""
    about: str = ""
    """The occurrence that its buttons speak of; comes back when one is pressed."""


@dataclass(frozen=True)
class Shown:
    """The notification server took it (`via`: the notifier's name). It is no proof that anybody looked."""

    tag: int
    via: str
    token: str = field(default="", compare=False)
    """With it another process may `adopt` the note; "" where that cannot be."""


@dataclass(frozen=True)
class HandedOver:
    """Given to something that reports neither success nor failure."""

    tag: int
    via: str


@dataclass(frozen=True)
class Undelivered:
    """Nobody can have seen it, for a reason in plain words."""

    tag: int
    via: str
    reason: str
    lack: Lack = ""
    is_held: bool = False
    """Nothing is wrong: the person does not want to be disturbed now. `Freed` follows where the desktop says so."""
    first_lack: Lack = field(default="", compare=False)
    """The fault of the first way, where another was tried in its place."""

    @property
    def has_nowhere(self) -> bool:
        """True when there was no desktop to show it on: nothing is gained by trying again before one comes."""
        return bool({self.lack, self.first_lack} & {"bus", "server"})


@dataclass(frozen=True)
class Freed:
    """Notes that failed may be shown now: the desktop says so, or another server has come."""


@dataclass(frozen=True)
class Moved:
    """Notes go to another desktop now: whatever could not be shown may be shown there."""


@dataclass(frozen=True)
class Pressed:
    """A person pressed a button: the one sure sign of being seen. The note is taken off the screen.

    It is said by the server that shows the note, of a button that the note has, and once a note.
    """

    key: str
    action: str
    about: str = ""
    """As in the note that has the button: what stands under the key may be about something else by now."""


@dataclass(frozen=True)
class Closed:
    """The note is gone from the screen. `unknown`: the server did not say why."""

    key: str
    reason: CloseReason


@dataclass(frozen=True)
class Ignored:
    """Something that came over the bus and does not count, in plain words for the log."""

    why: str


Outcome = Shown | HandedOver | Undelivered | Pressed | Closed | Freed | Moved | Ignored


class Readable(Protocol):
    """Something to watch for reading."""

    def fileno(self) -> int: ...


class Notifier(Protocol):
    """One way of reaching a person. No method waits, whatever state the other side is in."""

    @property
    def name(self) -> str:
        """The name in settings and in `via`."""
        ...

    def capabilities(self) -> Capabilities | None:
        """Its abilities; None while they are unknown."""
        ...

    def problem(self) -> str:
        """The reason why notes cannot be shown now, in plain words; "" when nothing seems wrong."""
        ...

    def bus(self) -> str | None:
        """The address of the session bus that it speaks to, "" while there is none; None: it speaks to none ever."""
        ...

    def probe(self) -> None:
        """Start to find out whether it works, without showing anything: `problem` knows after `collect`."""
        ...

    def show(self, note: Note) -> None:
        """Start to show `note`."""
        ...

    def withdraw(self, key: str) -> None:
        """Take the note with `key` off the screen, or out of the queue; nothing happens if there is none."""
        ...

    def adopt(self, note: Note, token: str) -> None:
        """Take over a note that another process has shown. `Closed` follows where it does not stand any more."""
        ...

    def sources(self) -> tuple[Readable, ...]:
        """The objects to watch. They change with every call to this port: `watching.Watch` follows them."""
        ...

    def deadline(self) -> float | None:
        """The latest monotonic time for the next `collect`; past when outcomes are ready, None: no limit."""
        ...

    def collect(self, monotonic: float) -> list[Outcome]:
        """Collect the outcomes since the last call. `monotonic` is the present; a call too many does no harm."""
        ...

    def close(self) -> None:
        """Let go of connections and children. Notes on the screen stay; unfinished ones are forgotten."""
        ...


class Watch:
    """Keeps a selector in step with the changing `sources()` of a notifier.

    Told apart by identity, not by number: a closed descriptor's number is used again at once, and the
    selector would go on watching a descriptor that is no more.
    """

    def __init__(self, selector: BaseSelector, data: object = None) -> None:
        self._selector = selector
        self._data = data
        self._watched: list[Readable] = []

    def follow(self, sources: Iterable[Readable]) -> None:
        """Watch exactly `sources` from now on, with the `data` given at the start."""
        wanted = list(sources)
        gone = [old for old in self._watched if not any(old is new for new in wanted)]
        for source in gone:
            # A source closed meanwhile is looked up by identity; one already dropped raises KeyError.
            with suppress(KeyError, ValueError):
                self._selector.unregister(source)
        for source in wanted:
            if not any(source is old for old in self._watched):
                self._selector.register(source, EVENT_READ, self._data)
        self._watched = wanted
