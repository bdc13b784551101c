"""The rule on protocols that must not run side by side: one acute protocol an injury."""

from collections.abc import Mapping, Sequence

from recovery.engine.episode import Episode
from recovery.engine.limits import is_same_place
from recovery.protocol.model import RecoveryProtocol
from recovery.values import Value


class Excluded(Value):
    """The episode that keeps a protocol from beginning, and the reason."""

    by: Episode
    reason: str
    """In the words of a protocol file; empty where the two have a part in common."""


def excluded(
    protocol: RecoveryProtocol, side: str | None, options: Mapping[str, str], running: Sequence[Episode]
) -> Excluded | None:
    """Find what is in the way of beginning a protocol beside the episodes that run; None: nothing."""
    mine = {protocol.id, *protocol.uses}
    for episode in running:
        known = episode.whole
        theirs = {known.id, *known.uses}
        if episode.is_over or not is_same_place(protocol.region, side, episode):
            continue
        if known.id == protocol.id and _places(protocol, options) != _places(protocol, episode.options):
            continue  # another muscle, for instance
        reasons = [each.say for each in protocol.excludes if each.id in theirs]
        reasons += [each.say for each in known.excludes if each.id in mine]
        if mine & theirs or reasons:
            return Excluded(episode, next(iter(reasons), ""))
    return None


def _places(protocol: RecoveryProtocol, options: Mapping[str, str]) -> dict[str, str]:
    """The options that tell a place from another one; what is yes or no tells of the person."""
    plain = {option.id for option in protocol.options.values() if {*option.choices} == {"yes", "no"}}
    return {name: word for name, word in options.items() if name not in plain}
