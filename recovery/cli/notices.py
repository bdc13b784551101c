"""Notices that any command may give beside its answer: of an emergency, of time zones, of a daemon that has died."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from recovery.cli.output import tell
from recovery.daemon import presence
from recovery.engine.episode import Episode
from recovery.errors import RecoveryError
from recovery.language import N_, _
from recovery.zones import is_lost

if TYPE_CHECKING:
    from recovery.zone_search import Whereabouts

EMERGENCY = N_(
    "Get help now for numbness between the legs, loss of bladder or bowel control, weakness in both\n"
    "legs, chest pain or breathlessness with a swollen leg, or pain out of proportion that keeps rising."
)
"""The signs that nobody waits with; those of each protocol stand in its file."""


# Time zones ----------------------------------------------------------------------------------------


def tell_doubt(here: "Whereabouts") -> None:
    """Say why the zone that this process goes by may be the wrong one, where that is so."""
    if here.doubt:
        tell(_("Note: {message}", message=here.doubt))
        tell(f"  {here.advice}")


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
