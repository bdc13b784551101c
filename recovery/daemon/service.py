"""What the daemon does each time it wakes: bring the record up to now, tell what is untold, note what became of it.

It holds no rules and no timer. The clock comes in as arguments, so that a test can run it on a virtual one.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from recovery.daemon.buttons import buttons, said_by
from recovery.engine.acts import Act, Refused
from recovery.engine.decide import LATE_WORDS, end_sessions, turn
from recovery.engine.episode import Episode
from recovery.engine.facts import END_KEY, ENDED, Cue
from recovery.engine.fold import read_cue
from recovery.engine.times import spell
from recovery.errors import RecoveryError, StoreError
from recovery.language import current, tr
from recovery.notify.port import HandedOver, Note, Notifier, Outcome, Pressed, Shown, Undelivered
from recovery.store.backups import back_up_daily
from recovery.store.journal import NAME, Journal
from recovery.store.record import (
    Record,
    bring_up,
    do,
    is_latest_unanswered,
    load,
    not_told,
    seen_at,
    told,
    untold,
    write,
)

RETRIES = tuple(timedelta(seconds=s) for s in (5, 15, 60, 300, 900))
"""The waits between attempts to show a cue; after the last one it is tried whenever something else is due."""

TROUBLE_WAIT = timedelta(seconds=10)
"""When to try again after the journal could not be read or written."""

PATIENCE = 1.0
"""Seconds that another program may keep the journal locked before the end of a session is told without it."""

BACKUP_WAIT = timedelta(hours=1)
"""When to try again to copy the journal after that failed."""


@dataclass
class Attempt:
    """An untold cue's way to the screen."""

    episode: str
    language: str
    cue: Cue
    count: int = 0
    again_at: datetime | None = None
    """When to try once more; None while an attempt is under way."""
    unwritten: tuple[Shown | HandedOver, datetime] | None = None
    """How and when it was shown, while the journal cannot take that: it is not to be shown again."""


class Service:
    """The daemon's work on one folder."""

    def __init__(self, folder: Path, notifier: Notifier, log: logging.Logger) -> None:
        self._folder = folder
        self.notifier = notifier
        self._log = log
        self._attempts: dict[int, Attempt] = {}
        """By the fact that carries the cue."""
        self._together: dict[int, tuple[int, ...]] = {}
        """Which cues share a note that is under way, by the one whose tag it has."""
        self._trouble = ""
        self._standing: dict[str, str] = {}
        """The episodes of the critical notes that may still stand on the screen, by key."""
        self._known = Record(())
        """The record as it was last seen, for when the journal cannot be used."""
        self._on: set[str] = set()
        """The sessions that were under way then. Of others nobody was told the start."""
        self._copied_on: date | None = None
        """The local day of the newest daily copy."""
        self._copy_again_at: datetime | None = None
        self._copy_trouble = ""
        self._owners: dict[str, str] = {}
        """The episodes of the notes that were shown, by key."""
        self._untracked = 0

    def wake(self, now: datetime) -> datetime | None:
        """Do all that is due; the next instant at which something will be, None for never.

        A journal that cannot be used now is a trouble told in the log; it is tried again soon.
        """
        patience = PATIENCE if self._is_an_end_due(now) else None
        try:
            self._catch_up(patience)
            record = self._brought_up(now, patience)
        except RecoveryError as error:
            self._log_trouble(error)
            return self._tell_from_memory(now)
        self._trouble, self._known = "", record
        self._on = {e.under_way.occurrence for e in record.all if e.under_way is not None}
        self._tell(record, now)
        # After the last of them a cue waits for whatever wakes the daemon next: where there is no desktop, none
        # comes by being asked.
        waiting = (a for a in self._attempts.values() if a.count <= len(RETRIES))
        retries = [attempt.again_at for attempt in waiting if attempt.again_at is not None]
        waking = record.next_wakeup(now)
        return min([*retries, *([waking] if waking else [])], default=None)

    def _tell_from_memory(self, now: datetime) -> datetime:
        """Tell the ends of sessions, which must not wait for a journal that cannot be used now; when to wake next.

        They are told once more when it can be used: it then knows nothing of this time.
        """
        for episode in self._known.all:
            for fact in turn(episode, now, self._known.others(episode))[1]:
                if fact.kind == ENDED and fact.data["occurrence"] in self._on:
                    cue = read_cue(fact, self._reply())
                    self._log.warning("told from memory %s %s", cue.kind, cue.key)
                    self.notifier.withdraw(cue.key.removesuffix(END_KEY))
                    body = _body(cue, now, episode.place.language)
                    self.notifier.show(Note(cue.key, cue.title, body, cue.critical, tag=cue.seq))
        self._known = seen_at(self._known, now)
        return min(now + TROUBLE_WAIT, self._known.next_wakeup(now) or now + TROUBLE_WAIT)

    def _catch_up(self, patience: float | None) -> None:
        """Write down what was shown while the journal could not be written. Raises `RecoveryError`."""
        for seq, attempt in [*self._attempts.items()]:
            if attempt.unwritten is not None:
                self._keep(attempt, *attempt.unwritten, patience)
                del self._attempts[seq]

    def _brought_up(self, now: datetime, patience: float | None) -> Record:
        journal = self._journal(now, patience)
        if journal is None:
            return Record(())
        with journal, journal.transaction():
            return bring_up(journal, load(journal, now), now)

    def _journal(self, now: datetime, patience: float | None = None) -> Journal | None:
        """The journal, or None where there has been none yet. Raises `RecoveryError`, also where it is gone."""
        journal = Journal.open_existing(self._folder, now=now, patience=patience)
        if journal is None and self._known.all:
            raise StoreError(f"{self._folder / NAME}: is not there any more")  # for the log only
        return journal

    def _is_an_end_due(self, now: datetime) -> bool:
        return any(fact.kind == ENDED for e in self._known.all for fact in end_sessions(e, now)[1])

    def back_up(self, now: datetime) -> None:
        """Keep a copy of the journal, at most once a local day. Whatever goes wrong with it is told in the log."""
        today = now.astimezone().date()
        if today == self._copied_on or (self._copy_again_at is not None and now < self._copy_again_at):
            return
        try:
            if back_up_daily(self._folder, now) is None:
                return
        except Exception as error:  # a copy is never worth a reminder
            self._copy_again_at = now + BACKUP_WAIT
            if str(error) != self._copy_trouble:
                self._log.error("no copy of the journal: %s", error)
            self._copy_trouble = str(error)
            return
        self._copied_on, self._copy_again_at, self._copy_trouble = today, None, ""

    def _log_trouble(self, error: RecoveryError) -> None:
        if error.message != self._trouble:
            self._log.error("%s", error.message)
        self._trouble = error.message

    def _tell(self, record: Record, now: datetime) -> None:
        """Start to show every cue that is untold; forget those that need no telling any more."""
        self._clear_up(record)
        wanted = {cue.seq: (episode, cue) for episode in record.all for cue in untold(episode, now)}
        for seq, attempt in [*self._attempts.items()]:
            if seq not in wanted and attempt.again_at is not None:  # one under way will yet have its fate
                del self._attempts[seq]
        ready: list[Attempt] = []
        for seq, (episode, cue) in wanted.items():
            attempt = self._attempts.setdefault(
                seq, Attempt(episode.id, episode.place.language, cue, again_at=now)
            )
            if attempt.again_at is not None and attempt.again_at <= now:
                ready.append(attempt)
        for group in _grouped(ready):
            first, *others = group
            for attempt in group:
                attempt.again_at = None
                attempt.count += 1
            if first.cue.kind == "end":
                # The start is over, so it leaves the screen; as a note of its own it stays in the
                # desktop's history, which a replaced one would not.
                self.notifier.withdraw(first.cue.key.removesuffix(END_KEY))
            self._together[first.cue.seq] = tuple(attempt.cue.seq for attempt in others)
            note = _note(group, now)
            if first.cue.kind == "start" or not others:
                # What several cues share has no buttons: nobody could tell whose they are.
                note = replace(note, actions=buttons(first.cue, first.language))
            self.notifier.show(note)
            self._owners[note.key] = first.episode

    def _clear_up(self, record: Record) -> None:
        """Take critical notes off the screen once they are dealt with: by themselves they would stay for ever."""
        for key, id_ in [*self._standing.items()]:
            if _is_dealt_with(key, next((e for e in record.all if e.id == id_), None)):
                self.notifier.withdraw(key)
                del self._standing[key]

    def collect(self, monotonic: float, now: datetime) -> bool:
        """Note what became of cues under way. True if something has to be planned anew."""
        outcomes = self.notifier.collect(monotonic)
        return sum(self._note(outcome, now) for outcome in outcomes) > 0

    def _note(self, outcome: Outcome, now: datetime) -> bool:
        if isinstance(outcome, Pressed):
            return self._press(outcome, now)
        if not isinstance(outcome, Shown | HandedOver | Undelivered):
            return False
        tags = (outcome.tag, *self._together.pop(outcome.tag, ()))
        return sum(self._note_of(replace(outcome, tag=tag), now) for tag in tags) > 0

    def _press(self, pressed: Pressed, now: datetime) -> bool:
        """A person pressed a button: the same as the command of that name. What is refused is told on the screen."""
        id_ = self._owners.get(pressed.key, "")
        language = next((e.place.language for e in self._known.all if e.id == id_), current())
        try:
            outcome = self._done(id_, said_by(pressed.key, pressed.action), now, language)
        except RecoveryError as error:
            self._log_trouble(error)
            title = tr(language, "Not noted")
            self.notifier.show(Note(pressed.key, title, error.message, tag=self._reply()))
            return True
        said = f"refused, {outcome.reason}" if isinstance(outcome, Refused) else "noted"
        self._log.info("pressed %s %s: %s", pressed.action, pressed.key, said)
        if isinstance(outcome, Refused):
            earliest = outcome.earliest
            when = ""
            if earliest is not None:
                when = tr(language, "Earliest: {clock}.", clock=f"{earliest.astimezone():%H:%M}")
            text = f"{outcome.reason[:1].upper()}{outcome.reason[1:]}. {when}".strip()
            self.notifier.show(Note(pressed.key, tr(language, "Not now"), text, tag=self._reply()))
        return True

    def _done(self, id_: str, wish: Act, now: datetime, language: str) -> Refused | None:
        """An act of the person into the journal; why not, where it is refused. Raises `RecoveryError`."""
        journal = Journal.open_existing(self._folder, now=now)
        if journal is None:
            return Refused(tr(language, "that episode is not there"))
        with journal, journal.transaction():
            record = load(journal, now)
            if all(episode.id != id_ for episode in record.episodes):
                return Refused(tr(language, "that episode is over"))
            _record, outcome = do(journal, record, id_, wish, now)
        return outcome if isinstance(outcome, Refused) else None

    def _reply(self) -> int:
        """A tag for a note that no fact carries."""
        self._untracked += 1
        return -self._untracked

    def _note_of(self, outcome: Shown | HandedOver | Undelivered, now: datetime) -> bool:
        """What became of one cue."""
        attempt = self._attempts.get(outcome.tag)
        if attempt is None:
            return False
        cue = attempt.cue
        late = (now - cue.due_at) / timedelta(milliseconds=1)
        times = f"due={cue.due_at:%H:%M:%S.%f}Z now={now:%H:%M:%S.%f}Z late={late:.0f}ms via={outcome.via}"
        if isinstance(outcome, Undelivered):
            self._log.warning("not shown %s %s %s: %s", cue.kind, cue.key, times, outcome.reason)
            attempt.again_at = now + RETRIES[min(attempt.count, len(RETRIES)) - 1]
        else:
            how = "shown" if isinstance(outcome, Shown) else "handed over"
            self._log.info("%s %s %s %s", how, cue.kind, cue.key, times)
            attempt.unwritten = outcome, now
            if cue.critical:
                self._standing[cue.key] = attempt.episode
        try:
            self._keep(attempt, outcome, now)
        except RecoveryError as error:
            self._log_trouble(error)
            return True  # `wake` tries again
        if attempt.unwritten is not None:
            del self._attempts[outcome.tag]
        return isinstance(outcome, Undelivered)

    def _keep(
        self,
        attempt: Attempt,
        outcome: Shown | HandedOver | Undelivered,
        at: datetime,
        patience: float | None = None,
    ) -> None:
        """The fate of a cue into the journal; a reason is written down once, however often it is met.

        Raises `RecoveryError`.
        """
        journal = self._journal(at, patience)
        if journal is None:
            return
        with journal, journal.transaction():
            record = load(journal, at)
            episode = next((e for e in record.all if e.id == attempt.episode), None)
            if episode is None or attempt.cue.seq not in episode.pending:
                return
            if isinstance(outcome, Undelivered):
                if episode.troubles.get(attempt.cue.seq) == outcome.reason:
                    return
                fact = not_told(episode, attempt.cue, outcome.via, outcome.reason, at)
            else:
                fact = told(episode, attempt.cue, outcome.via, at)
            write(journal, record, [fact], at)


_ALONE = ("start", "end", "offer", "way-back")


def _grouped(ready: Sequence[Attempt]) -> list[list[Attempt]]:
    """Which cues go on the screen together, in order: one note a moment, but for what must stand alone.

    What must not be late goes first and alone: after an outage the end of a session comes before all else. Each
    session's start has a note of its own, which is withdrawn at its end; the first one takes along the rest. So has
    what is offered, for its button.
    """
    in_order = sorted(ready, key=lambda attempt: (not attempt.cue.critical, attempt.cue.seq))
    alone = [[attempt] for attempt in in_order if attempt.cue.critical or attempt.cue.kind in _ALONE]
    rest = [attempt for attempt in in_order if [attempt] not in alone]
    starts = [group for group in alone if group[0].cue.kind == "start"]
    if starts:
        starts[0].extend(rest)
        return alone
    return [*alone, rest] if rest else alone


def _note(group: Sequence[Attempt], now: datetime) -> Note:
    """One note for several cues: the first one leads, the others stand below it."""
    first, *others = (attempt.cue for attempt in group)
    bodies = {attempt.cue.seq: _body(attempt.cue, now, attempt.language) for attempt in group}
    if not others:
        return Note(first.key, first.title, bodies[first.seq], first.critical, tag=first.seq)
    title = first.title if first.kind == "start" else " · ".join(cue.title for cue in (first, *others))
    told = [bodies[first.seq]] if first.kind == "start" else []
    told += [f"• {cue.title}: {bodies[cue.seq]}" for cue in (others if told else (first, *others))]
    return Note(first.key, title, "\n".join(told), first.critical, tag=first.seq)


def _is_dealt_with(key: str, episode: Episode | None) -> bool:
    """Whether the person has answered a critical note, or something newer has taken its place."""
    if episode is None:
        return True
    if not key.endswith(END_KEY):
        return episode.is_over or key.removeprefix(f"{episode.id}/") not in episode.alerts
    return not is_latest_unanswered(episode, key.removesuffix(END_KEY))


def _body(cue: Cue, now: datetime, language: str) -> str:
    """A cue's text, in the language of its episode; one that comes later than it was decided says by how much."""
    late = now - cue.decided_at
    if cue.kind in ("end", "start") and late >= LATE_WORDS:
        return tr(language, "{text} (This comes {length} late.)", text=cue.body, length=spell(late)).strip()
    return cue.body
