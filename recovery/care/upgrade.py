"""Another text of its protocol for a running episode: whether it can have it, and giving it."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from recovery.care.record import Context, bring_up, load
from recovery.engine import facts as f
from recovery.engine.episode import Episode
from recovery.engine.facts import Fact
from recovery.engine.phases import follow_upgrade, moved_by_upgrade, upgrade_refused
from recovery.errors import NotThere, RecoveryError
from recovery.language import _, current
from recovery.protocol import compiled
from recovery.store.journal import Journal, Pinned
from recovery.store.pinned import protocol_of
from recovery.values import Value, replace
from recovery.words.reasons import timeless, worded

if TYPE_CHECKING:
    from recovery.protocol.differences import Difference
    from recovery.protocol.outcome import Reading


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
    moves: str = ""
    """What is gone of the place where the episode is, and where it then goes on; "" where nothing is."""

    @property
    def near(self) -> "tuple[Difference, ...]":
        """Give what is otherwise from now on: in the phase of the episode, its version, and all that is less strict."""
        stay = self.episode.phase_stay.phase
        here = f"phase {stay.id}" if stay else ""
        return tuple(
            each
            for each in self.differences
            if each.is_weaker
            or (not each.is_aside and (each.section == "version" or each.where[:1] == (here,)))
        )

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
    reason = upgrade_refused(episode, reading.protocol)
    moved = moved_by_upgrade(episode, reading.protocol)
    refusal, moves = (timeless(each, current()) if each else "" for each in (reason, moved))
    return replace(text, differences=changed, refusal=refusal, moves=moves)


def _installed(protocol_id: str, episode: str) -> "Reading":
    """The text that is installed now. Raises `NotThere`, `ProtocolError`."""
    from recovery.protocol.library import NoSuchProtocol, default_library
    from recovery.protocol.shelf import reading_of

    library = default_library()
    try:
        return reading_of(library.find_id(protocol_id), library)
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


def go_on_with(context: Context, text: InstalledText) -> Episode:
    """Give an episode its other text, brought up to now before. Return it as it is then. Needs a transaction.

    Raises `RecoveryError` where meanwhile it cannot have it.
    """
    record = bring_up(context.journal, context.record, context.says)
    if record.is_clock_doubted:
        raise refused(_("nothing is begun or moved on by this clock"))
    episode = record.of(text.episode.id)
    if reason := upgrade_refused(episode, text.reading.protocol):
        raise refused(timeless(reason, current()))
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
    follow = follow_upgrade(episode, text.reading.protocol, now)
    facts = [Fact(episode.id, now, upgraded, "person"), *follow]
    journal.append([worded(fact, episode.place, now) for fact in facts], now=now)
    return bring_up(journal, load(journal, *context.clocks), now).of(episode.id)
