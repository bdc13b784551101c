"""From facts to an episode: `fold` reads a whole journal, `apply` adds one more fact.

Neither decides anything and neither reads a clock: a fact says what happened, `effects` says what that changes.
"""

from collections.abc import Container, Iterable, Sequence
from datetime import datetime

from recovery.engine import facts as f
from recovery.engine.choices import tailor, with_choices
from recovery.engine.effects import (
    ABOUT_ANSWERS,
    REPEATED,
    after,
    in_ledger,
    in_order,
    name_taken,
    no_longer_asked,
    off_at,
    session_of,
    take_answers,
)
from recovery.engine.episode import TAKEN_BACK, Answer, Cue, Episode, ShownCue, Stay
from recovery.engine.facts import NO_OCCURRENCE, UNWRITTEN, Fact, Occurrence, Offer
from recovery.engine.times import Place
from recovery.protocol.model import RecoveryProtocol
from recovery.values import replace
from recovery.zones import Elsewhere, as_utc, named_or


def begin(protocol: RecoveryProtocol, opening: Fact, elsewhere: Elsewhere = as_utc) -> Episode:
    """The episode that a `started` fact opens; `elsewhere` stands in for a zone whose name is not known here.

    Raises `KeyError` or `ValueError` on a damaged fact.
    """
    started = opening.what
    if not isinstance(started, f.Started):
        raise ValueError("an episode without a start")
    place = Place(
        named_or(started.zone, elsewhere),
        started.wake,
        started.bedtime,
        work=started.work,
        workdays=tuple(started.workdays),
        language=started.language,
        quiet=started.quiet,
    )
    episode = Episode(
        opening.episode,
        protocol,
        protocol,
        place,
        onset=started.onset,
        started_at=opening.at,
        grade=started.grade,
        side=started.side,
        options={**_unsaid(protocol), **started.options},
        screened=started.screened,
        agreed=started.agreed or {},
        choices=with_choices({}, started.choices),
        travels=started.travels,
        confirms=started.confirms,
        is_discreet=started.is_discreet,
        phase_stay=Stay(None, -1, opening.at),
    )
    return replace(episode, tailored=tailor(episode))


def _unsaid(protocol: RecoveryProtocol) -> dict[str, str]:
    """List what options are where nothing was said: also for whoever began under a text that did not ask."""
    return {name: option.default for name, option in protocol.options.items() if option.default}


def fold(protocol: RecoveryProtocol, facts: Iterable[Fact], elsewhere: Elsewhere = as_utc) -> Episode:
    """The episode that its facts tell of, in the order in which they were written down.

    `elsewhere` stands in for zones whose names are not known here: lengths and limits need none.
    Of facts taken back by an `undone` fact counts only what was on the skin. The first one that counts must be
    `started`; raises `ValueError` where there is none.
    """
    journal = list(facts)
    undone = {fact.what.seq for fact in journal if isinstance(fact.what, f.TakenBack)}
    opening = next((fact for fact in journal if isinstance(fact.what, f.Started)), None)
    if opening is None:
        raise ValueError("an episode without a start")
    episode = begin(protocol, opening, elsewhere)
    if opening.seq in undone:
        return replace(episode, state=TAKEN_BACK)
    folding = _Folding(episode, opening.at, elsewhere)
    for fact in journal:
        folding.clock(fact)
        if fact is opening:
            continue
        if fact.seq in undone:
            folding.take_back(fact)
        else:
            folding.take(fact)
    return replace(folding.done(), written_at=_written_at(journal, undone))


class _Folding:
    """An episode in the making. It does as `apply`, but gathers what would cost n squared, and reads no told cue."""

    def __init__(self, episode: Episode, newest: datetime, elsewhere: Elsewhere) -> None:
        self._episode = episode
        self._newest = newest
        """The time at which the latest fact was written down."""
        self._elsewhere = elsewhere
        self._carriers: dict[int, tuple[Fact, f.WrittenCue]] = {}
        self._troubles: dict[int, str] = {}
        self._answers: dict[str, list[Answer]] = {}
        self._said_at: datetime | None = None
        self._shown: dict[str, tuple[Fact, datetime, int]] = {}
        """The newest start or end shown of each activity: its carrier, when it was shown, and how often again."""

    def clock(self, fact: Fact) -> None:
        """Go on to the time at which a fact was written down."""
        if isinstance(fact.what, f.ClockRead):
            self._episode = replace(self._episode, written_at=self._newest)
        elif fact.at < self._newest and isinstance(fact.what, _IN_ORDER):
            answers = in_order(self._answers)
            self._episode = replace(self._episode, written_at=self._newest, answers=answers)
        written_at = fact.recorded_at
        if written_at is not None and (written_at > self._newest or isinstance(fact.what, f.ClockRighted)):
            self._newest = written_at

    def take(self, fact: Fact) -> None:
        what = fact.what
        if fact.by == "person":
            self._said_at = _said_at(self._said_at, fact)
        if isinstance(what, f.Delivered):
            self._show(fact, what)
        elif isinstance(what, f.NotDelivered):
            self._troubles[what.seq] = what.reason
        elif isinstance(what, f.Answered):
            # Into lists, which become tuples once: a tuple anew for each of n answers costs n squared.
            take_answers(self._answers, fact, what)
            self._episode = no_longer_asked(self._episode, fact, what)
        else:
            if isinstance(what, ABOUT_ANSWERS):
                self._episode = replace(self._episode, answers=in_order(self._answers))
            self._episode = after(self._episode, fact, self._elsewhere)
            if isinstance(what, ABOUT_ANSWERS):
                self._answers = {name: [*answers] for name, answers in self._episode.answers.items()}
            cue = fact.cue
            if cue is not None:
                self._carriers[fact.seq] = fact, cue

    def _show(self, fact: Fact, delivered: f.Delivered) -> None:
        seq, repeat = delivered.seq, delivered.repeat
        if repeat is not None:
            for name, (shown, at, count) in self._shown.items():
                if shown.seq == seq:
                    self._shown[name] = shown, at, max(count, repeat)
        if seq not in self._carriers:
            return
        carrier, cue = self._carriers[seq]
        if cue.kind in REPEATED:
            self._shown[cue.key.occurrence.owner] = carrier, fact.at, 0
        # Once it is shown, the older ones that it replaces need no telling any more.
        for older in [each for each in self._carriers if each <= seq]:
            if older == seq or self._carriers[older][1].key == cue.key:
                del self._carriers[older]
                self._troubles.pop(older, None)

    def take_back(self, fact: Fact) -> None:
        """Keep of a fact that was taken back only what was on the skin, as a session that is assumed."""
        what, episode = fact.what, self._episode
        if not isinstance(what, f.OfOccurrence):
            return
        if isinstance(what, f.Offered) and what.length is not None:
            episode = after(episode, fact)
        session = session_of(episode, what.occurrence)
        if session is not None and isinstance(what, f.Offered | f.Begun | f.Ended | f.Done):
            stays = replace(session, is_said=True)
            if isinstance(what, f.Ended):
                off = off_at(fact, what, session)
                stays = replace(stays, off_at=off, ended_at=session.ended_at and max(session.ended_at, off))
            episode = in_ledger(episode, stays)
        self._episode = name_taken(episode, what.occurrence, fact.at)

    def done(self) -> Episode:
        """The episode with all that was gathered."""
        shown = self._shown.items()
        return replace(
            self._episode,
            said_at=self._said_at,
            answers=in_order(self._answers),
            pending={seq: read_cue(carrier) for seq, (carrier, _cue) in self._carriers.items()},
            troubles=self._troubles,
            shown_cues={name: ShownCue(read_cue(carrier), at, count) for name, (carrier, at, count) in shown},
        )


def _said_at(before: datetime | None, fact: Fact) -> datetime:
    """The latest time at which the person said something, after one more fact of theirs."""
    said_at = fact.recorded_at or fact.at
    return said_at if before is None else max(before, said_at)


_IN_ORDER = (f.PhaseChanged, f.Stepped, f.SetBack, f.Corrected, f.Alerted)
"""The kinds, but for the answers, that count from when they are written, and never before what stood there already."""

_LATELY = 64
"""So many of the newest facts may have been written under a clock that was set back by less than is doubted."""


def _written_at(journal: Sequence[Fact], undone: Container[int]) -> datetime | None:
    """Find the latest time at which a fact was written down, since the clock was last put right."""
    newest: datetime | None = None
    for fact in reversed(journal[-_LATELY:]):
        if fact.recorded_at is not None:
            newest = fact.recorded_at if newest is None else max(newest, fact.recorded_at)
        if isinstance(fact.what, f.ClockRighted) and fact.seq not in undone:
            break
    return newest


def apply(episode: Episode, fact: Fact) -> Episode:
    """The episode after one more fact. Facts about what is no longer known are passed over."""
    return _entered(after(episode, fact), fact)


def recorded(episode: Episode, facts: Iterable[Fact]) -> Episode:
    """An episode after a decision, once the facts of that are on record: the cues are those that stand there.

    All else that the facts change is in the episode already.
    """
    pending = {seq: cue for seq, cue in episode.pending.items() if seq != UNWRITTEN}
    episode = replace(episode, pending=pending)
    for fact in facts:
        episode = _entered(episode, fact)
    return episode


def _entered(episode: Episode, fact: Fact) -> Episode:
    """The episode with the cue that a fact carries, and with when that was written down."""
    if fact.recorded_at is not None:
        before = None if isinstance(fact.what, f.ClockRighted) else episode.written_at
        newest = fact.recorded_at if before is None else max(before, fact.recorded_at)
        episode = replace(episode, written_at=newest)
    if fact.by == "person":
        episode = replace(episode, said_at=_said_at(episode.said_at, fact))
    if fact.cue is not None:
        episode = replace(episode, pending={**episode.pending, fact.seq: read_cue(fact)})
    return episode


def read_cue(fact: Fact, seq: int | None = None) -> Cue:
    """The cue that a fact carries; `seq` where it is not the fact's own."""
    cue = fact.cue
    assert cue is not None
    return Cue(
        key=cue.key,
        kind=cue.kind,
        title=cue.title,
        body=cue.body,
        due_at=cue.due_at,
        decided_at=fact.at,
        critical=cue.critical,
        seq=fact.seq if seq is None else seq,
        expires_at=cue.expires_at,
        about=_subject(fact, cue.kind),
    )


def _subject(fact: Fact, kind: str) -> Occurrence | Offer:
    """Name what the cue of a fact is about."""
    what = fact.what
    if kind in ("offer", "way-back") and isinstance(what, f.PhaseChanged):
        return Offer.of(fact.episode, what.phase, fact.at)
    return what.occurrence if isinstance(what, f.OfOccurrence) else NO_OCCURRENCE
