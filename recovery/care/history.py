"""The history of a record: its facts, and the places whose clocks they are told by."""

from collections.abc import Sequence
from datetime import datetime, time

from recovery import clock
from recovery.engine.episode import Episode
from recovery.engine.facts import Fact
from recovery.engine.times import Place
from recovery.errors import NotThere, RecoveryError
from recovery.language import _, current
from recovery.store.episodes import UnreadableEpisode, load_one
from recovery.store.failures import Nonsense
from recovery.store.journal import Journal
from recovery.values import Value
from recovery.zones import named


class History(Value):
    facts: Sequence[Fact]
    """In the order in which they were written down."""
    troubles: tuple[tuple[str, Nonsense], ...] = ()
    """The episodes of which a fact cannot be read: they are left out."""


class EpisodePlaces(Value):
    """The places of some episodes, by id. An unreadable episode has the place of this machine."""

    of: dict[str, Place]
    episodes: tuple[Episode, ...]
    troubles: tuple[RecoveryError, ...]


def history(journal: Journal, wanted: str | None, count: int | None) -> History:
    """The last facts of one episode or of all; all of them without a count.

    Raises `NotThere` for an episode that is not there, `Nonsense` where one of its facts cannot be read.
    """
    if wanted is not None and wanted not in journal.episodes():
        names = ", ".join(journal.episodes())
        raise NotThere(_("no episode {episode!r}", episode=wanted), _("known: {names}", names=names))
    try:
        return History(journal.all_facts(wanted, count))
    except Nonsense:
        if wanted is not None:
            raise
    facts: list[Fact] = []
    troubles: list[tuple[str, Nonsense]] = []
    for id_ in journal.episodes():
        try:
            facts += journal.all_facts(id_, count)
        except Nonsense as error:
            troubles.append((id_, error))
    facts.sort(key=lambda fact: fact.seq)
    return History(facts if count is None else facts[-count:], tuple(troubles))


def places(journal: Journal, facts: Sequence[Fact], now: datetime) -> EpisodePlaces:
    """Find the places of the episodes that facts are about."""
    episodes: list[Episode] = []
    troubles: list[RecoveryError] = []
    here: dict[str, Place] = {}
    for id_ in dict.fromkeys(fact.episode for fact in facts):
        try:
            episodes.append(load_one(journal, id_, now))
        except UnreadableEpisode as error:
            here[id_] = Place(named(clock.local_zone().name), time(7), time(23), language=current())
            troubles.append(error)
    return EpisodePlaces(here | {each.id: each.place for each in episodes}, tuple(episodes), tuple(troubles))
