"""Tell a person's episodes apart: by the part of the body, by the side, by what was chosen."""

from collections.abc import Iterable, Sequence

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


def telling_apart(episode: Episode, others: Sequence[Episode]) -> tuple[str, ...]:
    """The words that tell an episode from the person's others that run; none where it is the only one.

    Of those of the same protocol the side tells it, or what else was chosen; of others its title.
    """
    running = [other for other in others if not (other.is_over or other.is_unreadable)]
    alike = [other for other in running if other.pinned.id == episode.pinned.id]
    given = {"side": episode.side or "", **episode.options}
    words = [
        word
        for name, word in given.items()
        if word and any({"side": other.side, **other.options}.get(name) != word for other in alike)
    ]
    return tuple(words) if words or not running else (episode.tailored.title,)
