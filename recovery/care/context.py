"""The record of a person as who wants something of it finds it: for a look, or for a change."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from recovery.care.record import Record, load, seen_at
from recovery.engine.witness import Steady
from recovery.store.episodes import unreadable
from recovery.store.journal import Journal
from recovery.values import Value, replace

Clocks = tuple[datetime, Steady]
"""The readings of both clocks at one moment: of the one that people set, and of the one that nobody can."""


class Context(Value):
    """A person's record at a moment."""

    clocks: Clocks
    journal: Journal
    kept: Record
    """As it stands in the journal."""
    record: Record
    """As it is now: with what has become due since, which may not be written down yet."""

    @property
    def says(self) -> datetime:
        """The time by the clock."""
        return self.clocks[0]

    @property
    def now(self) -> datetime:
        """The moment for all that is decided or written: by the clock, unless that is doubted."""
        return self.kept.moment(self.says)

    @property
    def folder(self) -> Path:
        return self.journal.path.parent

    def without(self, id_: str) -> "Context":
        """The context once one of its episodes has turned out to make no sense."""
        error = unreadable(self.journal, id_, self.now)
        return replace(self, record=self.record.without(id_, error, self.now))


def seen(journal: Journal, clocks: Clocks) -> Context:
    """Look at the record, with nothing written. Raises `StoreError`."""
    kept = load(journal, *clocks)
    return Context(clocks, journal, kept, seen_at(kept, clocks[0], journal.path))


@contextmanager
def changing(journal: Journal, clocks: Clocks) -> Iterator[Context]:
    """The record while nobody else writes, as it stands in the journal: what is written inside is kept together.

    Raises `StoreError`.
    """
    with journal.transaction():
        record = load(journal, *clocks)
        yield Context(clocks, journal, record, record)
