"""The ground of a command: the folder of state, the moment, and the person's open episodes."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from recovery import clock, paths
from recovery.care.record import Record, bring_up, load, seen_at, write, written_if_free
from recovery.cli.notices import tell_lost
from recovery.cli.output import failure_to_the_end, tell
from recovery.daemon import handing, presence
from recovery.engine.episode import Episode
from recovery.engine.telling import pending_cues, shown
from recovery.engine.witness import Steady
from recovery.errors import NotThere, RecoveryError, UsageError
from recovery.language import _
from recovery.store.episodes import unreadable
from recovery.store.journal import Journal
from recovery.values import Value, replace


class Person(Value):
    """One person's record at one moment."""

    folder: Path
    now: datetime
    journal: Journal
    kept: Record
    """As it stands in the journal."""
    record: Record
    """As it is now: with what has become due since, which may not be written down yet."""

    def one(self, wanted: str | None) -> Episode:
        """The episode meant. Raises `NotThere` where there is none, `UsageError` where there are several.

        And `UnreadableEpisode` for one that cannot be told, which without a name is meant only where there is no other.
        """
        known = [episode.id for episode in self.record.episodes]
        if wanted is not None:
            for episode in self.record.episodes:
                if episode.id == wanted:
                    return episode
            if wanted in self.record.unreadable:
                raise self.record.unreadable[wanted]
            raise NotThere(
                _("no active episode {episode!r}", episode=wanted),
                _("active: {names}", names=", ".join(known) or _("none")),
            )
        if not known:
            raise self.nothing()
        if len(known) > 1:
            raise UsageError(
                _("several episodes are active: {names}", names=", ".join(known)),
                _("say which: --episode ID"),
            )
        return self.record.episodes[0]

    def nothing(self) -> RecoveryError:
        """The error where no episode can be told: nothing is active, or the first of what is cannot be read."""
        return next(iter(self.record.unreadable.values()), None) or nothing_active()

    def without(self, id_: str) -> "Person":
        """The person once one of their episodes has turned out to make no sense."""
        gone = unreadable(self.journal, id_, self.now)
        return replace(self, record=self.record.without(id_, gone, self.now))


def nothing_active() -> NotThere:
    """The error for a command that needs an active episode."""
    return NotThere(
        _("no episode is active"),
        _("recovery start strain asks what it has to know, and begins one"),
    )


@contextmanager
def opened() -> Iterator[Person]:
    """The person's record as it stands now, for reading. Creates nothing, and waits for no writer.

    Raises `NotThere`, `StoreError`.
    """
    with open_journal(looks=True) as (journal, now):
        kept = recorded(journal, now)
        tell_lost(kept.all)
        yield Person(paths.home(), kept.moment(now), journal, kept, seen_at(kept, now, journal.path))


def loaded(journal: Journal, now: datetime) -> Record:
    """The record as it stands in the journal at what the clock says. Raises `StoreError`."""
    return load(journal, now, steady_clock())


def steady_clock() -> Steady:
    """Read the clock that nobody can set, as the daemon has watched it."""
    return handing.read_steady(paths.home())


def recorded(journal: Journal, now: datetime) -> Record:
    """The same; tells where the clock looks wrong."""
    record = loaded(journal, now)
    tell_doubted(record)
    return record


def tell_doubted(record: Record) -> None:
    """Say on standard error where the clock looks wrong."""
    if record.is_clock_doubted:
        tell(f"{record.doubt[:1].upper()}{record.doubt[1:]}")


@contextmanager
def open_journal(*, looks: bool = False) -> Iterator[tuple[Journal, datetime]]:
    """The journal, open, and the moment. Creates nothing. Raises `NotThere`, `StoreError`.

    Who `looks` waits for no writer, and may have a copy in memory.
    """
    now = clock.now()
    opening = Journal.open_to_look if looks else Journal.open_existing
    journal = opening(paths.home(), now=now)
    if journal is None:
        raise nothing_active()
    with journal:
        yield journal, now


def tell_unreadable(record: Record) -> None:
    """Say on standard error which episodes cannot be told, and why: the command goes on with the others."""
    for line in unreadable_lines(record):
        tell(line)


def unreadable_lines(record: Record) -> Iterator[str]:
    """The same for a command that prints it itself."""
    for id_, error in record.unreadable.items():
        yield _(
            "{episode} cannot be read, so nothing reminds of it: {reason}",
            episode=id_,
            reason=error.reason,
        )
        yield f"  {error.hint}"


_UNWRITTEN = 0
"""The place in the journal of a fact that `seen_at` foresees."""


def show_untold(person: Person, *, is_daemon_running: bool) -> None:
    """Tell what the desktop could not: the last resort of every cue. On standard error; noted as told.

    With a daemon running only cues that it failed to show: the others are on their way. Without one this is
    what writes down that they were due. What cannot be written now is told all the same, and once more next time.
    """
    journal, now = person.journal, person.now
    kept = person.kept
    if not is_daemon_running and any(_UNWRITTEN in episode.pending for episode in person.record.all):
        kept = written_if_free(journal, lambda: _brought_up(journal))
    due: list[tuple[Episode, Any]] = []
    for episode in kept.all:
        cues = pending_cues(episode, now)
        due += [(episode, cue) for cue in cues if cue.seq in episode.troubles or not is_daemon_running]
    if not due:
        return
    tell(_("Not shown on the desktop:"))
    for episode, cue in due:
        when = episode.place.local(cue.due_at)
        tell(f"  {when:%H:%M}  {cue.title}\n         {cue.body}")
    if not failure_to_the_end(sys.stderr):  # else nobody has seen them: the next command tells them
        note_as_told(person, due)


def note_as_told(person: Person, due: Sequence[tuple[Episode, Any]]) -> None:
    """Write down that cues were told as text; what cannot be written now is told once more next time."""
    journal, now = person.journal, person.now

    def note() -> None:
        record = loaded(journal, clock.now())
        pending = _pending(record)
        facts = [shown(episode, cue, "text", now) for episode, cue in due if cue.seq in pending]
        write(journal, record, facts, now)

    written_if_free(journal, note)


def _brought_up(journal: Journal) -> Record:
    says = clock.now()
    return bring_up(journal, loaded(journal, says), says)


def _pending(record: Record) -> set[int]:
    return {seq for episode in record.all for seq in episode.pending}


def show_what_no_desktop_showed(folder: Path) -> None:
    """Show, as text, the first cues of an episode that could not be shown."""
    with opened() as person:
        show_untold(person, is_daemon_running=presence.is_running(folder))
