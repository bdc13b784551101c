"""What the daemon does each time it wakes: bring the record up to now, tell what is untold, note what became of it.

It holds no rules and no timer. The clock comes in as arguments, so that a test can run it on a virtual one.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from recovery.engine.decide import LATE_WORDS, turn
from recovery.engine.episode import Episode
from recovery.engine.facts import END_KEY, ENDED, Cue
from recovery.engine.fold import read_cue
from recovery.engine.times import spell
from recovery.errors import RecoveryError
from recovery.notify.port import HandedOver, Note, Notifier, Outcome, Shown, Undelivered
from recovery.store.journal import Journal
from recovery.store.record import (
    Record,
    bring_up,
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

TROUBLE_WAIT = timedelta(seconds=30)
"""When to try again after the journal could not be read or written."""


@dataclass
class Attempt:
    """An untold cue's way to the screen."""

    episode: str
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
        self._trouble = ""
        self._standing: dict[str, str] = {}
        """The episodes of the critical notes that may still stand on the screen, by key."""
        self._known = Record(())
        """The record as it was last seen, for when the journal cannot be used."""
        self._told_from_memory = 0

    def wake(self, now: datetime) -> datetime | None:
        """Do all that is due; the next instant at which something will be, None for never.

        A journal that cannot be used now is a trouble told in the log; it is tried again soon.
        """
        try:
            self._catch_up()
            record = self._brought_up(now)
        except RecoveryError as error:
            self._log_trouble(error)
            return self._tell_from_memory(now)
        self._trouble, self._known = "", record
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
                if fact.kind == ENDED:
                    self._told_from_memory += 1
                    cue = read_cue(fact, -self._told_from_memory)
                    self._log.warning("told from memory %s %s", cue.kind, cue.key)
                    self.notifier.withdraw(cue.key.removesuffix(END_KEY))
                    self.notifier.show(Note(cue.key, cue.title, _body(cue, now), cue.critical, tag=cue.seq))
        self._known = seen_at(self._known, now)
        return min(now + TROUBLE_WAIT, self._known.next_wakeup(now) or now + TROUBLE_WAIT)

    def _catch_up(self) -> None:
        """Write down what was shown while the journal could not be written. Raises `RecoveryError`."""
        for seq, attempt in [*self._attempts.items()]:
            if attempt.unwritten is not None:
                self._keep(attempt, *attempt.unwritten)
                del self._attempts[seq]

    def _brought_up(self, now: datetime) -> Record:
        journal = Journal.open_existing(self._folder, now=now)
        if journal is None:
            return Record(())
        with journal, journal.transaction():
            return bring_up(journal, load(journal, now), now)

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
        # What must not be late goes first: after an outage the end of a session comes before all else.
        for seq, (episode, cue) in sorted(
            wanted.items(), key=lambda item: (not item[1][1].critical, item[0])
        ):
            attempt = self._attempts.setdefault(seq, Attempt(episode.id, cue, again_at=now))
            if attempt.again_at is not None and attempt.again_at <= now:
                attempt.again_at = None
                attempt.count += 1
                if cue.kind == "end":
                    # The start is over, so it leaves the screen; as a note of its own it stays in the
                    # desktop's history, which a replaced one would not.
                    self.notifier.withdraw(cue.key.removesuffix(END_KEY))
                self.notifier.show(Note(cue.key, cue.title, _body(cue, now), cue.critical, tag=seq))

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
        if not isinstance(outcome, Shown | HandedOver | Undelivered):
            return False
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

    def _keep(self, attempt: Attempt, outcome: Shown | HandedOver | Undelivered, at: datetime) -> None:
        """The fate of a cue into the journal; a reason is written down once, however often it is met.

        Raises `RecoveryError`.
        """
        journal = Journal.open_existing(self._folder, now=at)
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


def _is_dealt_with(key: str, episode: Episode | None) -> bool:
    """Whether the person has answered a critical note, or something newer has taken its place."""
    if episode is None:
        return True
    if not key.endswith(END_KEY):
        return episode.is_over or key.removeprefix(f"{episode.id}/") not in episode.alerts
    return not is_latest_unanswered(episode, key.removesuffix(END_KEY))


def _body(cue: Cue, now: datetime) -> str:
    """A cue's text; one that comes later than it was decided says by how much."""
    late = now - cue.decided_at
    if cue.kind in ("end", "start") and late >= LATE_WORDS:
        return f"{cue.body} (This comes {spell(late)} late.)".strip()
    return cue.body
