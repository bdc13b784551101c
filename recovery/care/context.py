"""The record of a person as a command looks at it, and the cues in it that no desktop has shown."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from recovery.care.record import Record, bring_up, load, seen_at, write, written_if_free
from recovery.engine.episode import Episode
from recovery.engine.facts import Cue
from recovery.engine.telling import pending_cues, shown
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


# Cues that no desktop has shown -----------------------------------------------------------------

_UNWRITTEN = 0
"""The place in the journal of a fact that `seen_at` foresees."""

Untold = Sequence[tuple[Episode, Cue]]


def untold(context: Context, read_clocks: Callable[[], Clocks], *, is_daemon_running: bool) -> Untold:
    """The cues that are for this command to tell: the last resort of every cue.

    With a daemon running only those that it failed to show: the others are on their way. Without one this is what
    writes down that they were due. What cannot be written now is among them all the same. Raises `StoreError`.
    """
    kept = context.kept
    if not is_daemon_running and any(_UNWRITTEN in episode.pending for episode in context.record.all):

        def brought_up() -> Record:
            clocks = read_clocks()
            return bring_up(context.journal, load(context.journal, *clocks), clocks[0])

        kept = written_if_free(context.journal, brought_up)
    return [
        (episode, cue)
        for episode in kept.all
        for cue in pending_cues(episode, context.now)
        if cue.seq in episode.troubles or not is_daemon_running
    ]


def note_as_told(context: Context, cues: Untold, read_clocks: Callable[[], Clocks]) -> None:
    """Write down that cues were told as text; what cannot be written now is told once more next time."""

    def note() -> None:
        record = load(context.journal, *read_clocks())
        pending = {seq for episode in record.all for seq in episode.pending}
        facts = [shown(episode, cue, "text", context.now) for episode, cue in cues if cue.seq in pending]
        write(context.journal, record, facts, context.now)

    written_if_free(context.journal, note)
