"""The daemon's work on a virtual clock."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from recovery.care.record import Record, bring_up, do, load
from recovery.care.upgrade import pinned_from
from recovery.daemon.service import Service
from recovery.engine.acts import Act
from recovery.engine.facts import Fact, Started, What
from recovery.engine.fold import begin
from recovery.engine.written import to_ms
from recovery.protocol.library import Library
from recovery.protocol.reading import read_protocol
from recovery.store.journal import Journal
from tests.fakes import FakeNotifier
from tests.profile import ICE, protocol

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def start(folder: Path, text: str, now: datetime = NOON, **more: object) -> str:
    """An episode in the journal, as `recovery start` leaves it, with `more` in the fact that opens it; its id."""
    path = folder / "started.yaml"
    path.write_text(text, "utf-8")
    reading = read_protocol(path, Library(()))
    compiled = reading.protocol
    data = {"onset": to_ms(now - timedelta(hours=1)), "zone": "UTC", "wake": "07:00", "bedtime": "23:00"}
    data |= more
    with Journal.open(folder, now=now) as journal, journal.transaction():
        journal.pin(pinned_from(reading))
        id_ = journal.create_episode(compiled.id, reading.content_hash)
        (started,) = journal.append([Fact(id_, now, Started.of(data), "person")], now=now)
        bring_up(journal, Record((begin(compiled, started),)), now)
    return id_


class Watch:
    """A service with a clock of its own, driven as the daemon drives it."""

    def __init__(
        self,
        folder: Path,
        now: datetime = NOON,
        *,
        notifier: FakeNotifier | None = None,
        steady: Callable[[], tuple[str, int]] | None = None,
    ) -> None:
        self.folder = folder
        self.notifier = notifier or FakeNotifier()
        log = logging.getLogger("test of the daemon")
        self.service = Service(folder, self.notifier, log, steady or self._steady)
        self._lived: timedelta | None = None
        self.now = now
        self.next: datetime | None = None

    def wake(self, now: datetime | None = None, *, lived: timedelta | None = None) -> None:
        """Ring at that instant, and go on until nothing more is to be done at it.

        `lived` is how long the machine has been running, where it knows that.
        """
        self.now = now or self.now
        self._lived = lived
        self.next = self.service.wake(self.now)
        while self.notifier.deadline() is not None:
            self.hear()

    def hear(self, monotonic: float = 0.0) -> None:
        """Take what the desktop has said, and what follows from it."""
        if self.service.collect(monotonic, self.now):
            self.next = self.service.wake(self.now)

    def press(self, key: str, action: str) -> None:
        """Somebody presses a button, and the daemon does what it does then."""
        self.notifier.press(key, action)
        self.service.collect(0.0, self.now)
        self.wake()

    def act(self, wish: Act) -> None:
        """What a command does to the journal, of which the daemon does not hear."""
        with Journal.open(self.folder, now=self.now) as journal, journal.transaction():
            record = load(journal, self.now)
            do(journal, record, record.episodes[0].id, wish, self.now)

    def _steady(self) -> tuple[str, int]:
        lived = self._lived
        return ("", 0) if lived is None else ("this start", round(lived.total_seconds() * 1000))

    def wake_when_due(self) -> None:
        assert self.next is not None
        assert self.next > self.now
        self.wake(self.next)

    def titles(self) -> list[str]:
        return [note.title for note in self.notifier.shown]

    def facts(self, kind: type[What] | str) -> list[Fact]:
        name = kind if isinstance(kind, str) else kind.kind
        with Journal.open(self.folder, now=self.now) as journal:
            return [fact for fact in journal.all_facts() if fact.kind == name]


@pytest.fixture
def watch(tmp_path: Path) -> Callable[..., Watch]:
    """A daemon's work on a protocol that was started just now."""

    def made(*activities: str) -> Watch:
        start(tmp_path, protocol(*(activities or (ICE.format(length="20min"),))))
        return Watch(tmp_path)

    return made
