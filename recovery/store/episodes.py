"""An episode as the journal tells of it: its facts, and those of its answers that still count.

Of one that cannot be read its sessions are left: the limits of the others go on counting them.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, time, timedelta
from pathlib import Path

from recovery import clock
from recovery.engine import facts as f
from recovery.engine.effects import ABOUT_ANSWERS
from recovery.engine.episode import LEDGER_MEMORY, Episode
from recovery.engine.facts import LOOKBACK, Fact
from recovery.engine.fold import apply, begin, fold
from recovery.engine.limits import blocked_by
from recovery.errors import StoreError
from recovery.language import _
from recovery.protocol.model import RecoveryProtocol, Treatment
from recovery.store.failures import NONSENSE, Nonsense
from recovery.store.journal import Journal
from recovery.store.older import ASKED, NEWEST, AnswerRow, Misfit
from recovery.store.pinned import is_possible, protocol_of, under_new_protocol
from recovery.values import replace

_OF_SESSIONS = (f.Offered, f.Begun, f.Ended, f.Done, f.ClockRead)


class UnreadableEpisode(StoreError):
    """An episode that cannot be told from what the journal has of it."""

    def __init__(self, path: Path, episode: str, reason: str = "", advice: str = "") -> None:
        self.episode = episode
        self.reason = reason or _("its facts do not fit one another")
        super().__init__(
            _(
                "{path}: {episode} cannot be told from its facts: {reason}",
                path=path,
                episode=episode,
                reason=self.reason,
            ),
            advice or _("recovery store check tells what is wrong"),
        )


def unreadable(journal: Journal, id_: str, now: datetime) -> UnreadableEpisode:
    """The error for an episode that cannot be told, with the fact that does not fit."""
    from recovery.store import checking  # heavy, and hardly ever needed

    return UnreadableEpisode(
        journal.path, id_, checking.why_unreadable(journal, id_), checking.what_to_type(journal, id_, now)
    )


def load_one(journal: Journal, id_: str, now: datetime) -> Episode:
    """One episode as it stands in the journal, open or not. Raises `StoreError`, `UnreadableEpisode`, `NotThere`."""
    try:
        facts = journal.but_answers(id_, since=now - LOOKBACK)
        protocol = protocol_of(journal, id_, _language(facts))
        reach = _reach(journal, id_, facts, now)
        if reach < now - LOOKBACK:
            facts = journal.but_answers(id_, since=reach - LOOKBACK)
        return _with_answers(journal, protocol, facts, now)
    except (*NONSENSE, Nonsense) as error:
        # No reason for the daemon to end, nor for a command to call it a bug.
        raise unreadable(journal, id_, now) from error


def _language(facts: Sequence[Fact]) -> str:
    """The language in which an episode was started."""
    return next((fact.what.language for fact in facts[:1] if isinstance(fact.what, f.Started)), "en")


_LATEST = 32
"""So many of the latest fleeting facts count, however long ago they were."""


def _reach(journal: Journal, id_: str, facts: Sequence[Fact], now: datetime) -> datetime:
    """From when on the fleeting facts of an episode are told of by those of the last days, or followed by few others.

    After a long outage, or a far jump of the clock, a session may be under way since before it, and its end is still to
    be told; or it has just ended, and a gap counts from there.
    """
    begun = {fact.what.occurrence for fact in facts if isinstance(fact.what, f.Offered)}
    reaches = [now]
    for fact in facts:
        match fact.what:
            case f.ClockRead(set_by=set_by) if set_by > timedelta(0) and fact.at > now - LOOKBACK:
                reaches.append(fact.at - set_by)
            case f.Ended() as ended if fact.at > now - LEDGER_MEMORY and ended.occurrence not in begun:
                # What ended longer ago is only at the edge of the memory.
                reaches.append(fact.at - (ended.length or timedelta(0)) - ended.overrun)
    latest = journal.fleeting_since(id_, _LATEST)
    return min(reaches if latest is None else [latest, *reaches])


def _with_answers(
    journal: Journal, protocol: RecoveryProtocol, facts: Sequence[Fact], now: datetime
) -> Episode:
    """The episode that facts tell of together with the answers: the new ones, and those of the old that count."""
    id_ = facts[0].episode if facts else ""

    def folded(answers: Sequence[Fact]) -> Episode:
        by_place = sorted((*facts, *answers), key=lambda fact: fact.seq)
        return fold(protocol, under_new_protocol(protocol, by_place), clock.stand_in)

    if not facts or any(isinstance(fact.what, ABOUT_ANSWERS) for fact in facts):
        return folded(journal.answers(id_) if facts else ())
    first = journal.nth_newest_answer(id_, NEWEST)
    if not first:
        return folded(journal.answers(id_))
    to_open = _to_open_questions(journal, facts, first)
    new = folded([*journal.answers(id_, first), *to_open])
    passed_over = {fact.what.seq for fact in facts if isinstance(fact.what, f.TakenBack)}
    passed_over |= {fact.seq for fact in to_open}
    is_upgraded = any(isinstance(fact.what, f.Upgraded) for fact in facts)

    def counts(name: str, row: AnswerRow) -> bool:
        _at, seq, value = row
        return seq not in passed_over and (not is_upgraded or is_possible(protocol, name, value))

    try:
        old = journal.older(id_, first, counts).needed(new, now)
    except Misfit:
        journal.remake_answers()
        return folded(journal.answers(id_))
    answers = {
        name: tuple(sorted((*old.get(name, ()), *new.answers.get(name, ())), key=lambda answer: answer.at))
        for name in {**old, **new.answers}
    }
    answers = {name: given for name, given in answers.items() if given}
    return replace(new, answers=answers, leaves_out_answers=True)


def _to_open_questions(journal: Journal, facts: Sequence[Fact], before: int) -> list[Fact]:
    """The answers before a place of the journal that may answer what the latest check-ins asked."""
    latest: dict[str, tuple[Fact, f.Offered]] = {}
    for fact in facts:
        if isinstance(fact.what, f.Offered) and fact.what.asks is not None:
            latest[fact.what.activity] = fact, fact.what
    seqs = {
        seq
        for fact, asked in latest.values()
        for name in asked.asks or ()
        for seq in journal.answers_since(fact.episode, name, asked.due_at - ASKED, fact.seq, before)
    }
    return journal.those(seqs)


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
        ended = replace(episode, ledger=tuple(ledger), is_unreadable=True)
        for phase in ended.tailored.phases:
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
