"""The ground of a command: both clocks, the journal, the person's open episodes; and what any command may tell beside
its answer: of an emergency, the record, time zones, a daemon that has died."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from recovery import clock, paths
from recovery.care import record as care
from recovery.care.cues import Untold, note_told, untold
from recovery.care.record import ClockReadings, Context, Record, load, nothing_active
from recovery.cli.output import failure_to_the_end, tell
from recovery.daemon import handing, presence
from recovery.daemon.presence import Presence
from recovery.engine.episode import Episode
from recovery.engine.gates import releasing
from recovery.errors import RecoveryError
from recovery.language import N_, _
from recovery.store.journal import Journal
from recovery.words.reasons import sentence
from recovery.zones import is_lost

EMERGENCY = N_(
    "Get help now for numbness between the legs, loss of bladder or bowel control, weakness in both\n"
    "legs, chest pain or breathlessness, pain out of proportion that keeps rising, or a leg that is out of\n"
    "shape or cannot be stood on or lifted after a fall: do not move it."
)
"""The signs that nobody waits with; those of each protocol stand in its file."""


def tell_emergency() -> None:
    """Say what nobody waits with, on standard error."""
    tell(_(EMERGENCY))


def clocks() -> ClockReadings:
    """Read the clock, and the one that nobody can set, as the daemon has watched it."""
    return clock.now(), handing.read_steady(paths.home())


def daemon_here() -> Presence | None:
    """Read the daemon's report on itself; None where none runs."""
    return presence.read(paths.home())


@contextmanager
def open_journal(*, looks: bool = False) -> Iterator[tuple[Journal, ClockReadings]]:
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


# The record ----------------------------------------------------------------------------------------


def tell_doubted(record: Record) -> None:
    """Say on standard error where the clock looks wrong."""
    if record.is_clock_doubted:
        tell(f"{record.doubt[:1].upper()}{record.doubt[1:]}")


def tell_clock(journal: Journal, moment: ClockReadings) -> None:
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


def show_waiting(context: Context) -> None:
    """Tell what waits for a professional's release of episodes that were stopped, on standard error."""
    for episode in context.record.ended:
        for alert in episode.waiting:
            reason = sentence(alert.reason, episode.place, context.now)
            tell(
                _(
                    "{episode} is stopped, but waits for a professional: {reason}",
                    episode=episode.id,
                    reason=reason,
                )
            )
            tell(f"  {releasing(alert.name, f' -e {episode.id}')}")


def note_as_told(context: Context, cues: Untold) -> None:
    """Write down that cues were told as text."""
    note_told(context, cues, clocks)


def show_what_no_desktop_showed() -> None:
    """Show, as text, the first cues of an episode that could not be shown."""
    with looking() as context:
        show_untold(context, is_daemon_running=presence.is_running(context.folder))


# Time zones ----------------------------------------------------------------------------------------


def zone_here() -> tuple[str, bool]:
    """Name the zone that this process goes by, and tell if it is the machine's. Says why it may be the wrong one."""
    here = clock.local_zone()
    if here.doubt:
        tell(_("Note: {message}", message=here.doubt))
        tell(f"  {here.advice}")
    return here.name, here.name == clock.machine_zone()


def tell_lost(episodes: Iterable[Episode]) -> None:
    """Say which episodes are in a zone that this machine does not know, and what to do."""
    lost = lost_zones(episodes)
    for words in lost:
        tell(_("Note: {message}", message=words))
    if lost:
        tell(f"  {zone_remedy()}")


def lost_zones(episodes: Iterable[Episode]) -> list[str]:
    """Name each episode whose zone is unknown here, and the zone that stands in."""
    zones = ((episode.id, episode.place.zone) for episode in episodes)
    return [
        f"{id_}: "
        + _(
            "this machine does not know the time zone {zone!r}; times are those of {other} meanwhile",
            zone=zone.key,
            other=zone.stand_in(),
        )
        for id_, zone in zones
        if is_lost(zone)
    ]


def zone_remedy() -> str:
    """Say how to bring a lost zone back, or to replace it."""
    return _(
        "install the package tzdata-legacy (or Python's: pip install tzdata),"
        " or say where you are: recovery move --timezone NAME"
    )


# The daemon ----------------------------------------------------------------------------------------


def wake_daemon(folder: Path) -> bool:
    """Have the daemon look at what was written, which must be done by now. False where none runs."""
    return handing.wake(folder) is not None


def restart_if_died(folder: Path) -> bool:
    """Tell if a daemon runs again in that folder because the last one had died. Tells it on standard error.

    One that was told to end has taken its sign away, so nothing is started after `recovery daemon stop`, nor where
    none ever ran. A start that fails is not tried again by the next command.
    """
    dead = presence.left_behind(folder)
    if dead is None:
        return False
    from recovery.daemon.launch import ensure_running

    try:
        there = ensure_running(folder)
    except RecoveryError as error:
        presence.forget(folder)
        tell(
            _(
                "The daemon, process {pid}, has died and cannot start again: {reason}",
                pid=dead.pid,
                reason=error.message,
            )
        )
        return False
    tell(
        _("The daemon, process {dead}, had died: started again, process {pid}.", dead=dead.pid, pid=there.pid)
    )
    return True
