"""An episode that cannot be read, as far as its sessions can: the limits of the others go on counting them."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, time

from recovery.engine import facts as f
from recovery.engine.episode import LEDGER_MEMORY, Episode
from recovery.engine.facts import Fact
from recovery.engine.fold import apply, begin
from recovery.engine.limits import blocked_by
from recovery.errors import StoreError
from recovery.protocol.model import RecoveryProtocol, Treatment
from recovery.store.failures import NONSENSE
from recovery.store.journal import Journal
from recovery.store.pinned import under_new_protocol
from recovery.values import replace

_OF_SESSIONS = (f.Offered, f.Begun, f.Ended, f.Done, f.ClockRead)


def remains(journal: Journal, id_: str, protocol: RecoveryProtocol, now: datetime) -> Episode | None:
    """The sessions that an unreadable episode tells of, in an episode that is good for nothing else.

    Facts that make no sense are passed over, and so is that others were taken back: rather too many sessions count
    than too few. None where nothing can be made of it.
    """
    try:
        facts = journal.legible(id_, since=now - LEDGER_MEMORY)
        left = _begun(protocol, id_, facts, now)
    except (StoreError, *NONSENSE):
        return None
    with suppress(*NONSENSE):
        facts = under_new_protocol(protocol, facts)
    for fact in facts:
        if isinstance(fact.what, _OF_SESSIONS):
            with suppress(*NONSENSE):
                left = apply(left, fact)
    return sessions_of(left, now)


def sessions_of(episode: Episode, now: datetime) -> Episode | None:
    """An episode that makes no sense, for the limits of others; None where its sessions do not, either.

    Nothing ends them any more: they count until their planned end.
    """
    try:
        ledger = [replace(t, ended_at=t.ends_at) if t.ended_at is None else t for t in episode.ledger]
        ended = replace(episode, ledger=tuple(ledger))
        for phase in ended.protocol.phases:
            for activity in phase.everything():
                for step in activity.steps if isinstance(activity, Treatment) else ():
                    blocked_by(ended, step, now)
    except NONSENSE:
        return None
    return ended


def _begun(protocol: RecoveryProtocol, id_: str, facts: Sequence[Fact], now: datetime) -> Episode:
    started = next((fact for fact in facts if isinstance(fact.what, f.Started)), None)
    if started is not None:
        with suppress(*NONSENSE):
            return begin(protocol, started)
    at = facts[0].at if facts else now
    anywhere = f.Started(zone="UTC", wake=time(0), bedtime=time(23, 59), onset=at)
    return begin(protocol, Fact(id_, at, anywhere))
