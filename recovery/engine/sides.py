"""Tell which part of the body an episode is about, and whether another one is about its other side."""

from collections.abc import Iterable

from recovery.engine.episode import Episode
from recovery.protocol.terms import BOTH
from recovery.values import replace


def is_same_place(region: str, side: str | None, episode: Episode) -> bool:
    """Tell if an episode is about that part of the body. An unknown side is every side, as both are."""
    sides = {side, episode.side}
    return region == episode.tailored.region and (len(sides) == 1 or bool(sides & {None, BOTH}))


def with_sides_of(others: Iterable[Episode], episode: Episode) -> Episode:
    """The episode, knowing whether one of the person's others that run is for the other side of the same region."""
    is_hurt = episode.side in ("left", "right") and any(
        other.side not in (None, episode.side) and other.tailored.region == episode.tailored.region
        for other in others
        if not (other.is_over or other.is_unreadable)
    )
    return episode if is_hurt == episode.is_other_side_hurt else replace(episode, is_other_side_hurt=is_hurt)
