"""Another text of its protocol for a running episode: whether it can have it, and giving it."""

from datetime import datetime
from typing import TYPE_CHECKING

from recovery.care.record import Record, bring_up, load
from recovery.engine import facts as f
from recovery.engine.episode import ACTIVE, Episode
from recovery.engine.facts import Fact
from recovery.language import _
from recovery.protocol import compiled
from recovery.protocol.model import RecoveryProtocol
from recovery.store.journal import Journal, Pinned

if TYPE_CHECKING:
    from recovery.protocol.reading import Reading


def pinned_from(reading: "Reading") -> Pinned:
    """Return the parts of a protocol that an episode keeps."""
    known = reading.protocol
    form = compiled.to_json(known), compiled.FORMAT
    return Pinned(reading.content_hash, known.id, known.version, reading.texts, *form)


def refusal(episode: Episode, protocol: RecoveryProtocol) -> str:
    """Say why an episode cannot go on with `protocol` now; empty where it can."""
    given = {"grade": episode.grade, "side": episode.side}
    missing = [name for name in protocol.inputs if name in given and given[name] is None]
    missing += [name for name in protocol.options if name not in episode.options]
    if missing:
        return _("it asks for {inputs}, which this episode was started without", inputs=", ".join(missing))
    on = episode.under_way
    if on is not None:
        return _("{title} is on; an upgrade waits until it has ended", title=episode.title_of(on))
    if episode.stay.phase is None:
        return ""
    phase = next((phase for phase in protocol.phases if phase.id == episode.phase.id), None)
    if phase is None:
        return _("it has no phase {phase}, in which this episode is", phase=episode.phase.id)
    rung = episode.rung
    if rung is not None and not any(step.id == rung.id for step in phase.ladder):
        return _(
            "its phase {phase} has no step {step}, on which this episode is", phase=phase.id, step=rung.id
        )
    return ""


def upgrade(
    journal: Journal, episode: Episode, pinned: Pinned, protocol: RecoveryProtocol, now: datetime
) -> Record:
    """Go on with the text of `pinned`, of which `protocol` was read. Needs a transaction. Raises `StoreError`.

    `refusal` has to be asked first. The episode should be brought up to `now`.
    """
    before = journal.pinned(episode.id)
    data = {
        "protocol": pinned.protocol_id,
        "version": pinned.version,
        "hash": pinned.hash,
        "from_version": before.version,
        "from_hash": before.hash,
    }
    journal.pin(pinned)
    facts = [Fact(episode.id, now, f.UPGRADED, data, "person"), *_alerts_gone(episode, protocol, now)]
    journal.append([*facts, *counting_anew(episode, now)], now=now)
    return bring_up(journal, load(journal, now), now)


def counting_anew(episode: Episode, now: datetime) -> list[Fact]:
    """So that what is new in a text counts from now: nothing of it was missed before it was there.

    A pause that ends does the same, and one that is on will do so when it ends.
    """
    if episode.state != ACTIVE:
        return []
    return [Fact(episode.id, now, f.RESUMED, {"because": episode.say("another text of the protocol")})]


def _alerts_gone(episode: Episode, protocol: RecoveryProtocol, now: datetime) -> list[Fact]:
    """Alerts of red flags that are not there any more, but for those that suspend something: a person lifts these."""
    known = {f"flag/{flag.id}" for flag in protocol.red_flags}
    return [
        Fact(episode.id, now, f.ALERTED, {"id": alert.id, "cleared": True})
        for alert in episode.alerts.values()
        if alert.id.startswith("flag/") and alert.id not in known and not alert.suspends
    ]
