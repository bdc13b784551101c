"""A person's record: their episodes as the journal tells them, brought up to a moment and written back.

All that the command line and the daemon do to the journal goes through here, so that both follow the same
order: what is due first, then what the person does, then what follows from it. A `Context` holds it at a moment, for a
look or for a change.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from recovery import clock
from recovery.engine import facts as f
from recovery.engine.decide import end_sessions, turn
from recovery.engine.episode import LEDGER_MEMORY, Episode
from recovery.engine.facts import Fact
from recovery.engine.fold import apply, recorded
from recovery.engine.questions import left_open
from recovery.engine.telling import told_later
from recovery.engine.turn import Accepted, Refused, Turn, Turned, Verdict
from recovery.engine.witness import DOUBTED, NO_STEADY, Steady, Testimony, heard
from recovery.engine.zone_change import change_zone
from recovery.errors import NotThere, RecoveryError, StoreError, UsageError
from recovery.language import _
from recovery.store.episodes import UnreadableEpisode, load_one, remains, sessions_of, unreadable
from recovery.store.failures import NONSENSE, Damaged, Nonsense
from recovery.store.journal import Journal
from recovery.store.pinned import protocol_of
from recovery.values import Value, field, replace
from recovery.words.reasons import sentence, worded
from recovery.words.terms import doubt_words

if TYPE_CHECKING:
    from recovery.engine.acts import Act


_T = TypeVar("_T")


def nothing_active() -> NotThere:
    """The error for a command that needs an active episode."""
    return NotThere(
        _("no episode is active"),
        _("recovery start strain asks what it has to know, and begins one"),
    )


class Record(Value):
    """The open episodes of one person at a moment, in the order in which they were started."""

    episodes: tuple[Episode, ...]
    ended: tuple[Episode, ...] = ()
    """Those that have been over for less than `LEDGER_MEMORY`: the end of a session that was under way is still
    told, and the limits count their sessions. And those that bind others past their end (`Episode.binds_until`)."""
    unreadable: Mapping[str, UnreadableEpisode] = field(default_factory=dict)
    """Open episodes that cannot be told, by id. They keep nobody from the others."""
    remains: tuple[Episode, ...] = ()
    """Their sessions as far as they can be read: the limits of the others count them."""
    testimony: Testimony | None = None
    """The clock, held against all of them; None: it is believed."""
    look_again_at: datetime | None = None
    """The next instant at which something may be due in any of them, as the last turn of all has it."""

    @property
    def all(self) -> tuple[Episode, ...]:
        return (*self.episodes, *self.ended)

    def of(self, id_: str) -> Episode:
        """The episode of that id, as it stands now. Raises `KeyError`, `UnreadableEpisode`."""
        for episode in self.all:
            if episode.id == id_:
                return episode
        raise self.unreadable.get(id_) or KeyError(id_)

    def meant(self, wanted: str | None) -> Episode:
        """The episode meant. Raises `NotThere` where there is none, `UsageError` where there are several.

        And `UnreadableEpisode` for one that cannot be told, which without a name is meant only where there is no other.
        """
        active = {episode.id: episode for episode in self.episodes}
        if wanted is not None:
            if wanted in active:
                return active[wanted]
            if wanted in self.unreadable:
                raise self.unreadable[wanted]
            raise NotThere(
                _("no active episode {episode!r}", episode=wanted),
                _("active: {names}", names=", ".join(active) or _("none")),
            )
        if not active:
            raise self.nothing()
        if len(active) > 1:
            raise self.ambiguous()
        return self.episodes[0]

    def ambiguous(self) -> UsageError:
        """The error where several episodes could be meant."""
        return UsageError(
            _("several episodes are active: {names}", names=", ".join(each.id for each in self.episodes)),
            _("say which: --episode ID"),
        )

    def nothing(self) -> RecoveryError:
        """The error where no episode can be told: nothing is active, or the first of what is cannot be read."""
        return next(iter(self.unreadable.values()), None) or nothing_active()

    def others(self, episode: Episode) -> tuple[Episode, ...]:
        """The person's other episodes, for the limits."""
        return tuple(other for other in (*self.all, *self.remains) if other.id != episode.id)

    def with_(self, episode: Episode) -> "Record":
        """The record with the newer state of one episode."""

        def newer(episodes: tuple[Episode, ...]) -> tuple[Episode, ...]:
            return tuple(episode if e.id == episode.id else e for e in episodes)

        return replace(self, episodes=newer(self.episodes), ended=newer(self.ended))

    def without(self, id_: str, error: UnreadableEpisode, now: datetime) -> "Record":
        """The record once one of its episodes has turned out to make no sense."""
        left = [sessions_of(e, now) for e in self.all if e.id == id_]
        return replace(
            self,
            episodes=tuple(e for e in self.episodes if e.id != id_),
            ended=tuple(e for e in self.ended if e.id != id_),
            unreadable={**self.unreadable, id_: error},
            remains=(*self.remains, *(e for e in left if e is not None)),
        )

    def hearing(self, says: datetime, steady: Steady = NO_STEADY) -> "Record":
        """The record with what to make of a clock that says so."""
        return replace(self, testimony=heard(self.all, says, steady))

    def moment(self, now: datetime) -> datetime:
        """Return the moment for all that is decided or written: what the clock says (`now`), unless that is doubted."""
        return self.testimony.now if self.is_clock_doubted and self.testimony else now

    @property
    def is_clock_doubted(self) -> bool:
        return self.testimony is not None and self.testimony.is_doubted

    @property
    def doubt(self) -> str:
        """Say that the clock looks wrong; "" where it is believed, and where nothing waits for it."""
        if self.testimony is None or not self.testimony.is_doubted:
            return ""
        return doubt_words(self.all[0].place, self.testimony.says, self.testimony.now)


def load(
    journal: Journal, now: datetime, steady: Steady = NO_STEADY, over_since: datetime | None = None
) -> Record:
    """The episodes as they stand in the journal; nothing is decided. `now` is what the clock says.

    `over_since` is from when on those that are over count; None: for `LEDGER_MEMORY`. Raises `StoreError`.
    """
    readable: list[Episode] = []
    unreadable: dict[str, UnreadableEpisode] = {}
    left: list[Episode | None] = []
    lately = min(now, _by(steady) or now) - LEDGER_MEMORY
    for id_ in journal.open_episodes(shut_since=over_since or lately):
        try:
            readable.append(load_one(journal, id_, now))
        except UnreadableEpisode as error:
            unreadable[id_] = error
            left.append(_left_of(journal, id_, now))
    over = tuple(e for e in readable if e.is_over)
    record = Record(
        tuple(e for e in readable if not e.is_over), over, unreadable, tuple(e for e in left if e is not None)
    )
    return record.hearing(now, steady)


def _by(steady: Steady) -> datetime | None:
    """The moment by the steady clock, where the daemon watches it: one far ahead would hide what is just over."""
    if steady.watched is None:
        return None
    at, ms = steady.watched
    return at + timedelta(milliseconds=max(0, steady.ms - ms))


def _left_of(journal: Journal, id_: str, now: datetime) -> Episode | None:
    try:
        return remains(journal, id_, protocol_of(journal, id_), now)
    except (StoreError, *NONSENSE):  # its protocol is damaged
        return None


def bring_up(journal: Journal, record: Record, now: datetime) -> Record:
    """Write down everything that has become due. `now` is what the clock says.

    Needs a transaction. Raises `StoreError`.
    """
    if record.testimony is None or record.testimony.says != now:
        record = record.hearing(now)
    record, now = _heed(journal, record), record.moment(now)

    def kept(record: Record, turned: Turned) -> Record:
        return keep(journal, record, turned, now)

    rest = _doubting if record.is_clock_doubted else turn
    return _turned(record, now, (end_sessions, _moved, rest), kept, lambda id_: unreadable(journal, id_, now))


def seen_at(record: Record, now: datetime, path: Path) -> Record:
    """Do as `bring_up` does with the record of the journal at `path`, with nothing written: for looking at it."""
    return decided_at(record, now, path)[0]


def decided_at(record: Record, now: datetime, path: Path) -> tuple[Record, list[Fact]]:
    """Do as `seen_at`, and give the facts that `bring_up` would write."""
    record, now = clock_heeded(record), record.moment(now)
    decided: list[Fact] = []

    def kept(record: Record, turned: Turned) -> Record:
        decided.extend(turned.facts)
        return record.with_(turned.episode)

    rest = _doubting if record.is_clock_doubted else turn
    record = _turned(record, now, (end_sessions, rest), kept, lambda id_: UnreadableEpisode(path, id_))
    return record, decided


_Decision = Callable[[Episode, datetime, Sequence[Episode]], Turned]


def _turned(
    record: Record,
    now: datetime,
    decisions: Sequence[_Decision],
    kept: Callable[[Record, Turned], Record],
    unreadable_now: Callable[[str], UnreadableEpisode],
) -> Record:
    """Take decision by decision, each for all episodes, whose limits count the sessions of one another."""
    looks: list[datetime | None] = []
    for decide in decisions:
        looks = []
        for id_ in [episode.id for episode in record.all]:
            try:
                episode = record.of(id_)
                turned = decide(episode, now, record.others(episode))
                record = kept(record, turned)
                looks += [turned.look_again_at, told_later(record.of(id_), now)]
            except (*NONSENSE, Nonsense):
                record = record.without(id_, unreadable_now(id_), now)
    if record.testimony is not None:
        looks.append(record.testimony.believed_at)
    return replace(record, look_again_at=min((at for at in looks if at is not None), default=None))


def _heed(journal: Journal, record: Record) -> Record:
    """Write down what is new of the clock: where it stands, that it was set, that it is right again."""
    testimony = record.testimony
    if testimony is None:
        return record
    now = testimony.now
    record = write(journal, record, [*_news(record)], now)
    if not testimony.is_doubted:
        far = [e.id for e in record.all if e.written_at is not None and e.written_at > now + DOUBTED]
        record = _put_right(journal, record, far, now)
    return replace(record, testimony=replace(testimony, news=None))


def _news(record: Record) -> Iterator[Fact]:
    testimony = record.testimony
    if testimony is not None and testimony.news is not None:
        for episode in record.all:
            yield Fact(episode.id, testimony.now, testimony.news)


def _put_right(
    journal: Journal, record: Record, ids: Sequence[str], now: datetime, by: str = "engine"
) -> Record:
    """Write down of some episodes that the clock was ahead until now."""
    from recovery.engine.clock_effects import correct  # hardly ever needed

    for id_ in ids:
        try:
            recent = journal.facts(id_, since=now - LEDGER_MEMORY)
            record = write(journal, record, [correct(record.of(id_), now, recent, by)], now)
        except (*NONSENSE, Nonsense):
            record = record.without(id_, unreadable(journal, id_, now), now)
    return record


def _doubting(episode: Episode, now: datetime, others: Sequence[Episode]) -> Turned:
    return turn(episode, now, others, is_clock_doubted=True)


def _moved(episode: Episode, now: datetime, _others: Sequence[Episode]) -> Turned:
    """Note that the machine is in another time zone, where the episode follows it."""
    turn = Turn(episode, now)
    if episode.travels:
        for fact in change_zone(episode, clock.machine_zone(usual=episode.place.zone.key), now):
            turn.keep(fact)
    return turn.turned


def clock_heeded(record: Record) -> Record:
    """The record with what is new of the clock, with nothing written."""
    for fact in [*_news(record)]:
        record = record.with_(apply(record.of(fact.episode), fact))
    return replace(record, testimony=record.testimony and replace(record.testimony, news=None))


def sound(record: Record, path: Path, use: Callable[[Episode], object], now: datetime) -> Record:
    """The record without the episodes of which `use` makes no sense: they are then among the unreadable."""
    for episode in record.all:
        try:
            use(episode)
        except NONSENSE:
            record = record.without(episode.id, UnreadableEpisode(path, episode.id), now)
    return record


def written_if_free(journal: Journal, work: Callable[[], _T]) -> _T:
    """Do what appends facts to the journal; where that cannot be written at once, as if it had been.

    For what is only looked at: no writer is waited for, and a disk that takes nothing is no hindrance. Then `work`
    is done a second time. Raises `StoreError`.
    """
    try:
        with journal.transaction_if_free():
            return work()
    except Damaged:
        raise
    except StoreError:
        with journal.foreseen():
            return work()


def do(journal: Journal, record: Record, id_: str, act: "Act", now: datetime) -> tuple[Record, Verdict]:
    """A person's act on one episode, with what is due before and after it. Needs a transaction.

    A refused act leaves no trace but what was due anyhow. Raises `UnreadableEpisode`, `StoreError`.
    """
    from recovery.engine.acts import AnswerCheckIn
    from recovery.engine.judging import judge  # whoever only looks says nothing

    record, says, now = bring_up(journal, record, now), now, record.moment(now)
    episode = record.of(id_)
    if record.is_clock_doubted and act.needs_right_clock:
        return record, Refused(record.doubt)
    verdict = judge(episode, now, act, record.others(episode))
    if isinstance(verdict, Accepted):
        record = bring_up(journal, keep(journal, record, verdict, now), says)
        if isinstance(act, AnswerCheckIn):
            # The answer may have opened another phase, which asks for more.
            after = record.of(id_)
            needed = left_open(after, act.at or now, now, record.others(after))
            verdict = replace(verdict, needed=needed)
    return record, verdict


def refusal(refused: Refused, episode: Episode, now: datetime) -> RecoveryError:
    """The error for an act that has to be accepted, with its reason in words."""
    return RecoveryError(sentence(refused.reason, episode.place, now))


def believe(journal: Journal, record: Record, now: datetime, steady: Steady = NO_STEADY) -> Record:
    """Take the person's word that the clock is right: what lies ahead of it was written by one that was not.

    From here on it is held against the steady one anew. Needs a transaction. Raises `StoreError`.
    """
    record = _put_right(journal, record, [e.id for e in record.all], now, "person")
    stands = f.ClockRead(boot=steady.boot, steady=steady.ms, set_by=timedelta(0), since=now)
    record = write(journal, record, [Fact(e.id, now, stands) for e in record.all], now)
    return bring_up(journal, record.hearing(now, steady), now)


def write(journal: Journal, record: Record, facts: Sequence[Fact], now: datetime) -> Record:
    """Write down facts that no decision has applied. Needs a transaction."""
    for fact in _appended(journal, record, facts, now):
        record = record.with_(apply(record.of(fact.episode), fact))
    return record


def keep(journal: Journal, record: Record, decided: Turned | Accepted, now: datetime) -> Record:
    """Write down a decision on one episode, which goes on as that has it. Needs a transaction."""
    episode = decided.episode
    facts = _appended(journal, record, decided.facts, now)
    if episode.leaves_out_answers and any(_is_of_the_onset(fact) for fact in facts):
        return record.with_(load_one(journal, episode.id, now))
    return record.with_(recorded(episode, facts)) if facts else record


def _appended(journal: Journal, record: Record, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    """Append facts in words, and give them as they were stored."""
    if not facts:
        return ()
    return journal.append([worded(fact, record.of(fact.episode).place, now) for fact in facts], now=now)


def _is_of_the_onset(fact: Fact) -> bool:
    """Tell if a fact says when the injury was."""
    return isinstance(fact.what, f.SetBack) or (
        isinstance(fact.what, f.Corrected) and fact.what.onset is not None
    )


# For a look, or for a change --------------------------------------------------------------------

ClockReadings = tuple[datetime, Steady]
"""The readings of both clocks at one moment: of the one that people set, and of the one that nobody can."""


class Context(Value):
    """A person's record at a moment."""

    clocks: ClockReadings
    journal: Journal
    kept: Record
    """As it stands in the journal."""
    record: Record
    """As it is now: with what has become due since, which may not be written down yet."""

    @property
    def says(self) -> datetime:
        """The time by the clock."""
        return self.clocks[0]

    @property
    def now(self) -> datetime:
        """The moment for all that is decided or written: by the clock, unless that is doubted."""
        return self.kept.moment(self.says)

    @property
    def folder(self) -> Path:
        return self.journal.path.parent

    def without(self, id_: str) -> "Context":
        """The context once one of its episodes has turned out to make no sense."""
        error = unreadable(self.journal, id_, self.now)
        return replace(self, record=self.record.without(id_, error, self.now))


def seen(journal: Journal, clocks: ClockReadings) -> Context:
    """Look at the record, with nothing written. Raises `StoreError`."""
    kept = load(journal, *clocks)
    return Context(clocks, journal, kept, seen_at(kept, clocks[0], journal.path))


@contextmanager
def changing(journal: Journal, clocks: ClockReadings) -> Iterator[Context]:
    """The record while nobody else writes, as it stands in the journal: what is written inside is kept together.

    Raises `StoreError`.
    """
    with journal.transaction():
        record = load(journal, *clocks)
        yield Context(clocks, journal, record, record)
