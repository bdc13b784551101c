"""The ground of a command: both clocks, the journal, and the person's open episodes; and what every command tells."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from recovery import clock, paths
from recovery.care import record as care
from recovery.care.cues import Untold, note_told, untold
from recovery.care.record import Clocks, Context, Record, load, nothing_active
from recovery.cli.notices import tell_lost
from recovery.cli.output import failure_to_the_end, tell
from recovery.daemon import handing, presence
from recovery.daemon.presence import Presence
from recovery.language import _
from recovery.store.journal import Journal
from recovery.words.reasons import sentence


def clocks() -> Clocks:
    """Read the clock, and the one that nobody can set, as the daemon has watched it."""
    return clock.now(), handing.read_steady(paths.home())


def daemon_here() -> Presence | None:
    """Read the daemon's report on itself; None where none runs."""
    return presence.read(paths.home())


@contextmanager
def open_journal(*, looks: bool = False) -> Iterator[tuple[Journal, Clocks]]:
    """The journal, open, and the moment. Creates nothing. Raises `NotThere`, `StoreError`.

    Who `looks` waits for no writer, and may have a copy in memory.
    """
    moment = clocks()
    opening = Journal.open_to_look if looks else Journal.open_existing
    journal = opening(paths.home(), now=moment[0])
    if journal is None:
        raise nothing_active()
    with journal:
        yield journal, moment


@contextmanager
def looking() -> Iterator[Context]:
    """The person's record as it stands now, for reading. Creates nothing, and waits for no writer.

    Raises `NotThere`, `StoreError`.
    """
    with open_journal(looks=True) as (journal, moment):
        context = care.seen(journal, moment)
        tell_doubted(context.kept)
        tell_lost(context.kept.all)
        yield context


@contextmanager
def to_change() -> Iterator[Context]:
    """The person's record while nobody else writes. Tells where the clock looks wrong. Raises as `open_journal`."""
    with open_journal() as (journal, moment), care.changing(journal, moment) as context:
        tell_doubted(context.record)
        yield context


def tell_doubted(record: Record) -> None:
    """Say on standard error where the clock looks wrong."""
    if record.is_clock_doubted:
        tell(f"{record.doubt[:1].upper()}{record.doubt[1:]}")


def tell_clock(journal: Journal, moment: Clocks) -> None:
    """Say so for a command that does not look at the record itself. Raises `StoreError`."""
    tell_doubted(load(journal, *moment))


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


def show_untold(context: Context, *, is_daemon_running: bool) -> None:
    """Tell what the desktop could not, on standard error; it is noted as told, but where nobody can have seen it."""
    cues = untold(context, clocks, is_daemon_running=is_daemon_running)
    if not cues:
        return
    tell(_("Not shown on the desktop:"))
    for episode, cue in cues:
        when = episode.place.local(cue.due_at)
        title, body = (sentence(text, episode.place, context.now) for text in (cue.title, cue.body))
        tell(f"  {when:%H:%M}  {title}\n         {body}")
    if not failure_to_the_end(sys.stderr):  # else the next command tells them
        note_as_told(context, cues)


def note_as_told(context: Context, cues: Untold) -> None:
    """Write down that cues were told as text."""
    note_told(context, cues, clocks)


def show_what_no_desktop_showed() -> None:
    """Show, as text, the first cues of an episode that could not be shown."""
    with looking() as context:
        show_untold(context, is_daemon_running=presence.is_running(context.folder))
