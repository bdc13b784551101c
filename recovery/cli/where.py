"""Sentences about time zones: the machine's is in doubt, or an episode's is unknown here."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from recovery.cli.style import tell
from recovery.engine.episode import Episode
from recovery.language import _
from recovery.zones import is_lost

if TYPE_CHECKING:
    from recovery.zone_search import Whereabouts


def tell_doubt(here: "Whereabouts") -> None:
    """Say why the zone that this process goes by may be the wrong one, where that is so."""
    if here.doubt:
        tell(_("Note: {message}", message=here.doubt))
        tell(f"  {here.advice}")


def tell_lost(episodes: Iterable[Episode]) -> None:
    """Say which episodes are in a zone that this machine does not know, and what to do."""
    lost = [episode for episode in episodes if is_lost(episode.place.zone)]
    for episode in lost:
        tell(_("Note: {message}", message=f"{episode.id}: {lost_zone(episode)}"))
    if lost:
        tell(f"  {remedy()}")


def lost_zone(episode: Episode) -> str:
    """Say that the zone of an episode is unknown here, and name the one that stands in."""
    zone = episode.place.zone
    assert is_lost(zone)
    return _(
        "this machine does not know the time zone {zone!r}; times are those of {other} meanwhile",
        zone=zone.key,
        other=zone.stand_in(),
    )


def remedy() -> str:
    """Say how to bring a lost zone back, or to replace it."""
    return _(
        "install the package tzdata-legacy (or Python's: pip install tzdata),"
        " or say where you are: recovery move --timezone NAME"
    )
