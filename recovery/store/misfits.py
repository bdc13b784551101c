"""The reason why an episode cannot be told from its facts: which fact does not fit, and which field of it."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime

from recovery.engine import facts as f
from recovery.engine.episode import RECENT
from recovery.errors import StoreError
from recovery.language import _
from recovery.protocol import compiled
from recovery.protocol.model import RecoveryProtocol
from recovery.store import checking
from recovery.store.course import Course
from recovery.store.failures import NONSENSE
from recovery.store.journal import Journal
from recovery.store.pinned import protocol_of


def why_unreadable(journal: Journal, id_: str) -> str:
    """The first fact that does not fit, in words; that the protocol or the whole does not, where none is."""
    with suppress(StoreError, sqlite3.Error, *NONSENSE):
        protocol = protocol_of(journal, id_)
        return next(_faults(journal, id_), "") or checking.stumbling_block(protocol, journal.facts(id_))
    return _("its protocol, or what belongs to it, cannot be read")


def what_to_type(journal: Journal, id_: str, now: datetime) -> str:
    """Say what to type about it."""
    words = _("recovery store check tells what is wrong")
    with suppress(StoreError, sqlite3.Error, *NONSENSE):
        start, *rest = journal.facts(id_)
        by_person = [fact for fact in rest if fact.by == "person"]
        if isinstance(start.what, f.Started) and now - start.at <= RECENT and not by_person:
            undo = _("recovery undo --episode {episode} takes back its start", episode=id_)
            return f"{words}; {undo}"
    return words


def _faults(journal: Journal, id_: str) -> Iterator[str]:
    texts, names = _pinned(journal)
    hashes = {name: pinned_hash for name, _protocol, pinned_hash in journal.each_episode()}
    course = Course(id_, hashes[id_], texts, names)
    for seq, *columns in journal.rows_of(id_):
        fact, wrong = checking.read_row(id_, seq, *columns)
        if wrong := wrong or course.wrong(fact):
            yield _("fact {seq}: {fault}", seq=seq, fault=wrong)


def _pinned(journal: Journal) -> tuple[Mapping[str, RecoveryProtocol], Mapping[str, tuple[str, str]]]:
    """The protocols by hash, and the names of all, also of those that an older program compiled."""
    pinned = [*journal.each_pinned()]
    current = (one for one in pinned if one.compiled_format == compiled.FORMAT)
    texts = {one.hash: compiled.from_json(one.compiled) for one in current}
    return texts, {one.hash: (one.protocol_id, one.version) for one in pinned}
