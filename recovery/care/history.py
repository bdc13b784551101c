"""The history of a record: its facts, the places whose clocks they are told by, and how the last one is taken back."""

from collections.abc import Sequence
from datetime import datetime, time
from itertools import takewhile

from recovery import clock
from recovery.care.record import Context, Record, bring_up, load
from recovery.engine import facts as f
from recovery.engine.episode import RECENT, Episode
from recovery.engine.facts import Fact
from recovery.engine.phases import count_anew
from recovery.engine.times import Place
from recovery.errors import NotThere, RecoveryError
from recovery.language import _, current
from recovery.store.episodes import UnreadableEpisode, load_one
from recovery.store.failures import Nonsense
from recovery.store.journal import Journal
from recovery.values import Value
from recovery.words.reasons import timeless, worded
from recovery.words.terms import spell
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


# Taking back ------------------------------------------------------------------------------------

MOST_TOGETHER = 20
"""More facts than any command writes."""

_ON_THE_SKIN = (f.Begun, f.Ended, f.Done)
"""With these a person says that a session was on."""


class Undone(Value):
    """An entry that was taken back, and the episode after that."""

    entry: Fact
    episode: Episode

    @property
    def is_start(self) -> bool:
        return isinstance(self.entry.what, f.Started)

    @property
    def was_on_the_skin(self) -> bool:
        return isinstance(self.entry.what, _ON_THE_SKIN)


def take_back(context: Context, wanted: str | None) -> tuple[Undone, ...]:
    """Take back the last entry of a person, in an episode or in all that it was for; straight after a start, the start.

    Needs a transaction. Raises `RecoveryError`.
    """
    journal, now = context.journal, context.now
    last = journal.last_by_person(wanted)
    if last is None:
        raise RecoveryError(_("there is nothing to take back"))
    start = _start_that_wrote(journal, last)
    if start is not None:
        _refuse_standing_start(journal, start, now)
        last = start
    entries = [last] if wanted is not None or start is not None else _of_each_episode(context, last)
    facts = [
        Fact(entry.episode, now, f.TakenBack(seq=seq), "person")
        for entry in entries
        for seq in (*entered_with(journal, entry), *concluded_from(journal, entry))
    ]
    if isinstance(last.what, f.Upgraded):
        facts += _taking_back_an_upgrade(context, last.episode)
    journal.append(facts, now=now)
    return tuple(Undone(entry, _now(context, entry.episode)[1]) for entry in entries)


def _of_each_episode(context: Context, last: Fact) -> list[Fact]:
    """The last entry of a command in each episode that it was for and where it still stands, in their order."""
    journal, undone = context.journal, context.journal.undone()
    most = MOST_TOGETHER * len(context.record.all)
    before = reversed(journal.between(last.seq - most, last.seq - 1))
    entries = {last.episode: last}
    for fact in takewhile(lambda fact: fact.recorded_at == last.recorded_at, before):
        if isinstance(fact.what, f.Started):
            break
        if _is_entered(fact) and fact.seq not in undone:
            entries.setdefault(fact.episode, fact)
    return [*entries.values()][::-1]


def _now(context: Context, id_: str) -> tuple[Record, Episode]:
    """Bring the record up to now, and find an episode in it, over or not. Raises `StoreError`."""
    journal = context.journal
    record = bring_up(journal, load(journal, *context.clocks), context.says)
    if id_ in record.unreadable:
        raise record.unreadable[id_]
    episode = next((e for e in record.all if e.id == id_), None)
    return record, episode or load_one(journal, id_, record.moment(context.says))


def entered_with(journal: Journal, last: Fact) -> list[int]:
    """The facts of the same command: what a person entered with one word is taken back with one.

    They were written down together, one after the other. When they happened tells nothing: a person may tell
    of one moment twice. With a start go the signs that it reported.
    """
    if isinstance(last.what, f.Started):
        following = journal.between(last.seq + 1, last.seq + MOST_TOGETHER)
        signs = takewhile(
            lambda fact: isinstance(fact.what, f.Alerted) and _is_of_the_same_command(fact, last), following
        )
        return [last.seq, *(fact.seq for fact in signs)]
    together = [last.seq]
    for fact in reversed(journal.between(last.seq - MOST_TOGETHER, last.seq - 1)):
        if not _is_of_the_same_command(fact, last):
            break
        together.append(fact.seq)
    return together[::-1]


def concluded_from(journal: Journal, last: Fact) -> list[int]:
    """List the facts that the engine concluded from an entry in the same breath: phase, step, alert, completion."""
    concluded: list[int] = []
    if isinstance(last.what, f.Started):
        return concluded  # nothing of it counts any more
    for fact in journal.between(last.seq + 1, last.seq + MOST_TOGETHER):
        if fact.recorded_at != last.recorded_at:
            break
        if fact.episode == last.episode and isinstance(
            fact.what, f.PhaseChanged | f.Stepped | f.Alerted | f.Completed
        ):
            concluded.append(fact.seq)
    return concluded


def _start_that_wrote(journal: Journal, last: Fact) -> Fact | None:
    """The start that wrote an entry down, itself or with the signs that were reported then; None: another command."""
    for fact in reversed(journal.between(last.seq - MOST_TOGETHER, last.seq)):
        if fact.episode != last.episode or fact.recorded_at != last.recorded_at:
            return None
        if isinstance(fact.what, f.Started):
            return fact
        if not isinstance(fact.what, f.Alerted) or fact.by != "person":
            return None
    return None


def _refuse_standing_start(journal: Journal, start: Fact, now: datetime) -> None:
    """Raises `RecoveryError` for a start that cannot be taken back: its sessions would be forgotten with it.

    So it is with one whose sessions the person said to be on, also where that word was taken back, and with one
    of longer ago than `RECENT`.
    """
    said = (fact for fact in journal.facts(start.episode) if fact.by == "person")
    if any(isinstance(fact.what, _ON_THE_SKIN) for fact in said):
        message = _(
            "only the start of {episode} is left, and what was on the skin counts for the limits",
            episode=start.episode,
        )
    elif now - start.at > RECENT:
        message = _(
            "only the start of {episode} is left, which can be taken back for {length} only",
            episode=start.episode,
            length=spell(RECENT),
        )
    else:
        return
    raise RecoveryError(
        message,
        _(
            "recovery correct puts right what was said then; recovery stop --episode {episode} ends it",
            episode=start.episode,
        ),
    )


def _taking_back_an_upgrade(context: Context, id_: str) -> list[Fact]:
    """Take back what goes with an upgrade.

    Raises `RecoveryError` while a session is on: the old text may not know it.
    """
    record, episode = _now(context, id_)
    if episode.under_way is not None:
        title = timeless(episode.title_of(episode.under_way), episode.place.language)
        raise RecoveryError(
            _("{title} is on; the upgrade can be taken back when it has ended", title=title),
            _("wait for its end, then recovery undo"),
        )
    now = record.moment(context.says)
    return [worded(fact, episode.place, now) for fact in count_anew(episode, now)]


def _is_of_the_same_command(fact: Fact, last: Fact) -> bool:
    return _is_entered(fact) and fact.recorded_at == last.recorded_at and fact.episode == last.episode


def _is_entered(fact: Fact) -> bool:
    return fact.by == "person" and not isinstance(fact.what, f.TakenBack | f.Started)
