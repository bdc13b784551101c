"""What a command works on: the folder of state, the moment, and the person's open episodes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from recovery import clock, paths
from recovery.cli.style import tell
from recovery.engine.episode import Episode
from recovery.errors import NotThere, UsageError
from recovery.store.journal import Journal
from recovery.store.record import Record, load, seen_at, told, untold, write
from recovery.values import Value


class Person(Value):
    """One person's record at one moment."""

    folder: Path
    now: datetime
    journal: Journal
    record: Record

    def one(self, wanted: str | None) -> Episode:
        """The episode meant. Raises `NotThere` where there is none, `UsageError` where there are several."""
        known = [episode.id for episode in self.record.episodes]
        if wanted is not None:
            for episode in self.record.episodes:
                if episode.id == wanted:
                    return episode
            raise NotThere(f"no active episode {wanted!r}", f"active: {', '.join(known) or 'none'}")
        if not known:
            raise nothing_active()
        if len(known) > 1:
            raise UsageError(f"several episodes are active: {', '.join(known)}", "say which: --episode ID")
        return self.record.episodes[0]


def nothing_active() -> NotThere:
    """The error for a command that needs an active episode."""
    return NotThere(
        "no episode is active", 'recovery start strain --grade 2 --onset "2h ago" --side left begins one'
    )


@contextmanager
def opened() -> Iterator[Person]:
    """The person's record as it stands now, for reading. Creates nothing. Raises `NotThere`, `StoreError`."""
    folder, now = paths.home(), clock.now()
    journal = Journal.open_existing(folder, now=now)
    if journal is None:
        raise nothing_active()
    with journal:
        yield Person(folder, now, journal, seen_at(load(journal, now), now))


@contextmanager
def writing() -> Iterator[Person]:
    """The person's record within a transaction: what the command writes is kept together, or not at all."""
    folder, now = paths.home(), clock.now()
    journal = Journal.open_existing(folder, now=now)
    if journal is None:
        raise nothing_active()
    with journal, journal.transaction():
        yield Person(folder, now, journal, load(journal, now))


def show_untold(person: Person, *, is_daemon_running: bool) -> None:
    """Tell what the desktop could not: the last resort of every cue. On standard error; noted as told.

    With a daemon running only cues that it failed to show: the others are on their way.
    """
    due: list[tuple[Episode, Any]] = []
    for episode in load(person.journal, person.now).episodes:
        cues = untold(episode, person.now)
        due += [(episode, cue) for cue in cues if cue.seq in episode.troubles or not is_daemon_running]
    if not due:
        return
    tell("Not shown on the desktop:")
    for episode, cue in due:
        when = episode.place.local(cue.due_at)
        tell(f"  {when:%H:%M}  {cue.title}\n         {cue.body}")
    with person.journal.transaction():
        record = load(person.journal, person.now)
        facts = [
            told(episode, cue, "text", person.now) for episode, cue in due if cue.seq in _pending(record)
        ]
        write(person.journal, record, facts, person.now)


def _pending(record: Record) -> set[int]:
    return {seq for episode in record.episodes for seq in episode.pending}
