"""Another text of its protocol for a running episode: whether it can have it, and giving it."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from recovery.care.record import Context, bring_up, load
from recovery.engine import facts as f
from recovery.engine.episode import ACTIVE, Episode
from recovery.engine.facts import Fact
from recovery.errors import NotThere, RecoveryError
from recovery.language import _, tr
from recovery.protocol import compiled
from recovery.protocol.model import RecoveryProtocol
from recovery.store.journal import Journal, Pinned
from recovery.store.pinned import protocol_of
from recovery.values import Value, replace
from recovery.words.reasons import timeless

if TYPE_CHECKING:
    from recovery.protocol.differences import Difference
    from recovery.protocol.reading import Reading


def pinned_from(reading: "Reading") -> Pinned:
    """Return the parts of a protocol that an episode keeps."""
    protocol = reading.protocol
    form = compiled.to_json(protocol), compiled.FORMAT
    return Pinned(reading.content_hash, protocol.id, protocol.version, reading.texts, *form)


class InstalledText(Value):
    """The text of its protocol that is installed now, for a running episode."""

    episode: Episode
    pinned: Pinned
    """The text that it runs."""
    reading: "Reading"
    differences: "tuple[Difference, ...]" = ()
    refusal: str = ""
    """The reason why the episode cannot go on with the text now; "" where it can."""

    @property
    def is_the_same(self) -> bool:
        return self.reading.content_hash == self.pinned.hash


def installed_text(context: Context, wanted: str | None) -> InstalledText:
    """Find the text that is installed for an episode, and compare it. Raises `RecoveryError`."""
    episode = context.record.meant(wanted)
    pinned = context.journal.pinned(episode.id)
    reading = _installed(pinned.protocol_id, episode.id)
    text = InstalledText(episode, pinned, reading)
    if text.is_the_same:
        return text
    from recovery.protocol.differences import differences

    changed = differences(protocol_of(context.journal, episode.id, ""), reading.protocol)
    return replace(text, differences=changed, refusal=refusal(episode, reading.protocol))


def _installed(protocol_id: str, episode: str) -> "Reading":
    """The text that is installed now. Raises `NotThere`, `ProtocolError`."""
    from recovery.protocol.library import NoSuchProtocol, default_library
    from recovery.protocol.reading import read_protocol

    library = default_library()
    try:
        return read_protocol(library.find_id(protocol_id), library)
    except NoSuchProtocol:
        raise NotThere(
            _("{episode} runs {protocol}, which is not installed", episode=episode, protocol=protocol_id),
            _("recovery protocols add FILE installs a text of it"),
        ) from None


def outdated(folder: Path, now: datetime) -> Iterator[tuple[str, Pinned]]:
    """The running episodes for which another text is installed, with the text of each.

    A record that cannot be read has none.
    """
    with suppress(RecoveryError):
        journal = Journal.open_to_look(folder, now=now)
        if journal is None:
            return
        with journal:
            for id_ in journal.open_episodes():
                pinned = journal.pinned(id_)
                with suppress(RecoveryError):
                    if _installed(pinned.protocol_id, id_).content_hash != pinned.hash:
                        yield id_, pinned


def refused(reason: str) -> RecoveryError:
    return RecoveryError(_("not now: {reason}", reason=reason), _("the episode keeps its text"))


def refusal(episode: Episode, protocol: RecoveryProtocol) -> str:
    """Say why an episode cannot go on with `protocol` now; empty where it can."""
    inputs = {"grade": episode.grade, "side": episode.side}
    missing = [name for name in protocol.inputs if name in inputs and inputs[name] is None]
    missing += [name for name in protocol.options if name not in episode.options]
    if missing:
        return _("it asks for {inputs}, which this episode was started without", inputs=", ".join(missing))
    on = episode.under_way
    if on is not None:
        return _(
            "{title} is on; an upgrade waits until it has ended",
            title=timeless(episode.title_of(on), episode.place.language),
        )
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


def go_on_with(context: Context, text: InstalledText) -> Episode:
    """Give an episode its other text, brought up to now before. Return it as it is then. Needs a transaction.

    Raises `RecoveryError` where meanwhile it cannot have it.
    """
    record = bring_up(context.journal, context.record, context.says)
    if record.is_clock_doubted:
        raise refused(_("nothing is begun or moved on by this clock"))
    episode = record.of(text.episode.id)
    if reason := refusal(episode, text.reading.protocol):
        raise refused(reason)
    journal, now = context.journal, context.now
    pinned = pinned_from(text.reading)
    before = journal.pinned(episode.id)
    upgraded = f.Upgraded(
        protocol=pinned.protocol_id,
        version=pinned.version,
        hash=pinned.hash,
        from_version=before.version,
        from_hash=before.hash,
    )
    journal.pin(pinned)
    gone = _alerts_gone(episode, text.reading.protocol, now)
    facts = [Fact(episode.id, now, upgraded, "person"), *gone, *counting_anew(episode, now)]
    journal.append(facts, now=now)
    return bring_up(journal, load(journal, *context.clocks), now).of(episode.id)


def counting_anew(episode: Episode, now: datetime) -> list[Fact]:
    """So that what is new in a text counts from now: nothing of it was missed before it was there.

    A pause that ends does the same, and one that is on will do so when it ends.
    """
    if episode.state != ACTIVE:
        return []
    because = tr(episode.place.language, "another text of the protocol")
    return [Fact(episode.id, now, f.Resumed(because=because))]


def _alerts_gone(episode: Episode, protocol: RecoveryProtocol, now: datetime) -> list[Fact]:
    """Alerts of red flags that are not there any more, but for those that suspend something: a person lifts these."""
    still_there = {f"flag/{flag.id}" for flag in protocol.red_flags}
    return [
        Fact(episode.id, now, f.Alerted(id=alert.id, cleared=True))
        for alert in episode.alerts.values()
        if alert.id.startswith("flag/") and alert.id not in still_there and not alert.suspends
    ]
