"""The work of the daemon at each waking: bring the record up to now, tell what is untold, note what became of it.

It holds no rules and no timer. The clock comes in as arguments, so that a test can run it on a virtual one.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from recovery.care.cues import Fate, keep_fate
from recovery.care.record import Record, bring_up, changing, clock_heeded, decided_at, do, load, sound, write
from recovery.daemon.clocks import WatchedClocks
from recovery.daemon.notes import (
    HELD_WAIT,
    MOST_LOSSES,
    CueDelivery,
    Losses,
    Screen,
    as_note,
    deliveries,
    episode_of,
    grouped,
    need_not_stand,
    pressed_act,
)
from recovery.engine.acts import Act
from recovery.engine.decide import is_end_due
from recovery.engine.episode import LEDGER_MEMORY, Episode
from recovery.engine.facts import Ended, Fact
from recovery.engine.fold import read_cue
from recovery.engine.telling import is_answered, next_repeat, pending_cues, shown
from recovery.engine.turn import Refused
from recovery.engine.witness import JUMP
from recovery.errors import RecoveryError, StoreError
from recovery.language import current, tr
from recovery.notify.port import (
    Closed,
    Freed,
    HandedOver,
    Ignored,
    Moved,
    Note,
    Notifier,
    Outcome,
    Pressed,
    Shown,
    Undelivered,
)
from recovery.settings import LiveSettings, Settings
from recovery.store.backups import DailyCopy
from recovery.store.journal import JOURNAL_FILE, Journal
from recovery.words.reasons import sentence
from recovery.words.terms import spell_when
from recovery.zones import Named, is_lost

RETRIES = tuple(timedelta(seconds=s) for s in (5, 15, 60, 300, 900))
"""The waits between attempts to show a cue; after the last one it is tried whenever something else is due."""

TROUBLE_WAIT = timedelta(seconds=10)
"""When to try again after the journal could not be read or written."""

UNREADABLE_WAIT = timedelta(minutes=15)
"""When to look again whether an episode can be read that made no sense."""

PATIENCE = 1.0
"""Seconds that another program may keep the journal locked before the end of a session is told without it."""

DOUBT = "clock"
"""The key of the note that the clock looks wrong."""


class Service:
    """The daemon's work on one folder."""

    def __init__(
        self,
        folder: Path,
        notifier: Notifier,
        log: logging.Logger,
        steady: Callable[[], tuple[str, int]] = lambda: ("", 0),
    ) -> None:
        """`steady` reads the clock that nobody can set, as `clock.steady` does."""
        self._folder = folder
        self._clocks = WatchedClocks(steady)
        self._behind = timedelta(0)
        """By how much the clock is behind what decisions go by, while it is doubted."""
        self._is_in_doubt = False
        self._by_heart: dict[int, CueDelivery] = {}
        """The ends that were told from memory, by tag, until the journal has them."""
        self.notifier = notifier
        self._log = log
        self._attempts: dict[int, CueDelivery] = {}
        """By the fact that carries the cue."""
        self._sent: dict[int, tuple[str, tuple[CueDelivery, ...]]] = {}
        """The notes that are under way, by tag: the key and the cues that share it."""
        self._screen = Screen(folder, log)
        self._left: list[CueDelivery] = []
        """Cues whose note had to go for another's sake: they get one of their own."""
        self._left_until: datetime | None = None
        """Not before that instant, where the desktop would not have them."""
        self._losses = Losses()
        self._wishes = LiveSettings(folder, log)
        self._wished = Settings()
        self._trouble = ""
        self._lost_zones: set[tuple[str, Named]] = set()
        self._unread: dict[str, str] = {}
        """The reasons why episodes cannot be read, as far as the log has them."""
        self._remembered = Record(())
        """The record as it was last seen, for when the journal cannot be used."""
        self._on: set[str] = set()
        """The sessions that were under way then. Of others nobody was told the start."""
        self.daily_copy = DailyCopy(folder, log)
        self._untracked = 0

    def wake(self, now: datetime) -> datetime | None:
        """Do all that is due; the next instant at which something will be by the clock, None for never.

        `now` is what the clock says. A journal that cannot be used now is a trouble told in the log; it is tried
        again soon.
        """
        self._clocks.watch(now)
        patience = PATIENCE if self._is_an_end_due(now) else None
        self._wished = wished = self._wishes.now()
        try:
            self._catch_up(patience)
            record = self._brought_up(now, patience)
        except RecoveryError as error:
            self._log_trouble(error)
            remembered = self._remembered.hearing(now, self._clocks.steady())
            now = self._follow(remembered, now)
            self._remembered = self._told_from_memory(clock_heeded(remembered), now)
            soon = now + TROUBLE_WAIT
            return min(soon, self._remembered.look_again_at or soon) - self._behind
        self._trouble = ""
        now = self._follow(record, now)
        self._know(record, now)
        self._tell(record, now)
        self._screen.keep()
        # After the last of them a cue waits for whatever wakes the daemon next: where there is no desktop, none
        # comes by being asked.
        waiting = (a for a in self._attempts.values() if a.count <= len(RETRIES) or a.held_by)
        instants = [attempt.again_at for attempt in waiting]
        instants += [next_repeat(e, now, wished.end_repeats, wished.start_repeats) for e in record.all]
        places = [e.place for lone in self._left if (e := episode_of(record, lone)) is not None]
        instants += [place.fit_told(now, timedelta(0)) for place in places if place.is_quiet(now)]
        instants.append(self._left_until if self._left else None)
        instants.append(self._remembered.look_again_at)
        instants.append(now + UNREADABLE_WAIT if record.unreadable else None)
        at = min((instant for instant in instants if instant is not None), default=None)
        return None if at is None else at - self._behind

    def _hurry(self, now: datetime) -> None:
        """Let nothing wait longer to be shown because the clock was set back."""
        set_by = self._clocks.look(now)
        if set_by <= -JUMP:
            for attempt in self._attempts.values():
                attempt.again_at = attempt.again_at and attempt.again_at + set_by
            self._left_until = self._left_until and self._left_until + set_by

    def _follow(self, record: Record, says: datetime) -> datetime:
        """Say once that the clock looks wrong, in the log and on the screen; when it is for all that is decided."""
        now = record.moment(says)
        self._behind = now - says
        self._hurry(now)
        if record.is_clock_doubted and not self._is_in_doubt:
            self._log.warning("%s", record.doubt)
            title = tr(record.all[0].place.language, "The clock looks wrong")
            body = f"{record.doubt[:1].upper()}{record.doubt[1:]}"
            self.notifier.show(Note(DOUBT, title, body, tag=self._reply()))
        elif self._is_in_doubt and not record.is_clock_doubted:
            self._log.info("the clock is right again")
            self.notifier.withdraw(DOUBT)
        self._is_in_doubt = record.is_clock_doubted
        return now

    def _know(self, record: Record, now: datetime) -> None:
        """Keep a record for when the journal, or one episode of it, cannot be read."""
        unread = tuple(e for e in self._remembered.all if e.id in record.unreadable)
        lost = self._told_from_memory(Record((), unread), now)
        looks = [at for at in (record.look_again_at, lost.look_again_at) if at is not None]
        self._remembered = Record(
            record.episodes,
            (*record.ended, *lost.all),
            record.unreadable,
            look_again_at=min(looks, default=None),
        )
        self._on = {e.under_way.occurrence for e in self._remembered.all if e.under_way is not None}
        for id_, error in record.unreadable.items():
            if self._unread.get(id_) != error.message:
                self._log.error("%s", error.message)
        self._unread = {id_: error.message for id_, error in record.unreadable.items()}

    def _told_from_memory(self, remembered: Record, now: datetime) -> Record:
        """Tell the ends of sessions, which must not wait for a journal that cannot be used now; the record after that.

        What was shown is written down, as of then, when it can be used.
        """
        record, decided = decided_at(remembered, now, self._folder / JOURNAL_FILE)
        for fact in decided:
            if isinstance(fact.what, Ended) and fact.what.occurrence in self._on:
                episode, cue = remembered.of(fact.episode), read_cue(fact, self._reply())
                attempt = CueDelivery(episode.id, episode.place.language, cue, episode.is_discreet)
                self._log.warning("told from memory %s %s", cue.kind, self._name(attempt))
                self.notifier.withdraw(cue.key.occurrence)
                self._by_heart[cue.seq] = attempt
                self.notifier.show(replace(self._worded([attempt], now), tag=cue.seq))
        return record

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
            steady = self._clocks.steady()
            before = load(journal, now, steady, min(now, self._clocks.unset(steady) or now) - LEDGER_MEMORY)
            record = bring_up(journal, before, now)
            now = record.moment(now)
            record = sound(record, journal.path, lambda e: self._used(e, now), now)
            record = write(journal, record, [*self._shown_by_heart(record)], now)
            self._screen.take_over(journal, record, self.notifier, lambda group: self._worded(group, now))
        self._adopt(record)
        self._log_lost_zones(record)
        for episode in record.all:
            if episode.earlier_places != before.of(episode.id).earlier_places:
                self._log.info("%s: times are now those of %s", episode.id, episode.place.zone.key)
        return record

    def _log_lost_zones(self, record: Record) -> None:
        """Once for each name, until it is known again."""
        lost = {(e.id, e.place.zone) for e in record.all if is_lost(e.place.zone)}
        for id_, zone in sorted(lost - self._lost_zones, key=str):
            self._log.warning(
                "%s: this machine does not know the time zone %r; times are those of %s meanwhile:"
                " install the package tzdata-legacy, or recovery move --timezone NAME",
                id_,
                zone.key,
                zone.stand_in(),
            )
        self._lost_zones = lost

    def _used(self, episode: Episode, now: datetime) -> None:
        """Ask of an episode what will be asked of it, to see whether it makes sense."""
        pending_cues(episode, now)
        next_repeat(episode, now, self._wished.end_repeats, self._wished.start_repeats)

    def _shown_by_heart(self, record: Record) -> Iterator[Fact]:
        """Give the facts of the ends that were shown from memory, each at its own time."""
        for attempt in self._by_heart.values():
            episode = episode_of(record, attempt)
            for cue in episode.pending.values() if episode is not None else ():
                if attempt.unwritten is not None and cue.key == attempt.cue.key and episode is not None:
                    attempt.cue = cue  # so its note can be kept for a daemon to come
                    outcome, at = attempt.unwritten
                    yield shown(episode, cue, outcome.via, at)

    def _adopt(self, record: Record) -> None:
        """Let what is under way from memory have its fate as if the journal had told it."""
        for tag, attempt in [*self._by_heart.items()]:
            if attempt.episode in record.unreadable:
                continue
            if attempt.unwritten is not None:
                del self._by_heart[tag]
                continue
            episode = episode_of(record, attempt)
            for seq, cue in episode.pending.items() if episode is not None else ():
                if cue.key == attempt.cue.key:
                    attempt.cue = cue
                    self._attempts[seq] = attempt

    def _journal(self, now: datetime, patience: float | None = None) -> Journal | None:
        """The journal, or None where there has been none yet. Raises `RecoveryError`, also where it is gone."""
        journal = Journal.open_existing(self._folder, now=now, patience=patience)
        if journal is None and self._remembered.all:
            raise StoreError(f"{self._folder / JOURNAL_FILE}: is not there any more")  # for the log only
        return journal

    def _is_an_end_due(self, now: datetime) -> bool:
        remembered = self._remembered.hearing(now, self._clocks.steady())
        now = remembered.moment(now)
        return any(is_end_due(session, now) for e in clock_heeded(remembered).all for session in e.ledger)

    def settle(self, now: datetime) -> None:
        """Bring all that is known to the disk before the machine sleeps; a trouble is told in the log."""
        try:
            self._catch_up(PATIENCE)
            journal = self._journal(now, PATIENCE)
            if journal is not None:
                with journal:
                    journal.settle()
            self._log.info("the journal is on the disk")
        except RecoveryError as error:
            self._log_trouble(error)

    def _log_trouble(self, error: RecoveryError) -> None:
        if error.message != self._trouble:
            self._log.error("%s", error.message)
        self._trouble = error.message

    def _tell(self, record: Record, now: datetime) -> None:
        """Start to show every cue that is untold; forget those that need no telling any more."""
        self._clear_up(record, now)
        wanted = deliveries(record.all, now, self._wished.end_repeats, self._wished.start_repeats)
        for seq, attempt in [*self._attempts.items()]:
            if attempt.again_at is None:  # one under way will yet have its fate
                continue
            if seq not in wanted or wanted[seq].number != attempt.number:
                del self._attempts[seq]
        ready: list[CueDelivery] = []
        for seq, fresh in wanted.items():
            attempt = self._attempts.setdefault(seq, fresh)
            if attempt.again_at is not None and attempt.again_at <= now:
                ready.append(attempt)
        for group in grouped(ready):
            first = group[0]
            for attempt in group:
                attempt.again_at = None
                attempt.count += 1
            if first.cue.kind == "end" and first.repeat is None:
                # The start is over, so it leaves the screen; as a note of its own it stays in the
                # desktop's history, which a replaced one would not.
                self.notifier.withdraw(first.cue.key.occurrence)
            self._show([*group, *self._riders(record, group)], now, first.cue.seq)
        self._show_left(record, now)

    def _show(self, group: Sequence[CueDelivery], now: datetime, tag: int, *, can_wait: bool = True) -> None:
        """Put cues on the screen as one note, in the place of the one with the same key."""
        note = self._worded(group, now)
        can_wait = can_wait and self._wished.respect_dnd and not note.critical
        self._sent[tag] = note.key, tuple(group)
        self.notifier.show(replace(note, tag=tag, can_wait=can_wait))

    def _worded(self, group: Sequence[CueDelivery], now: datetime) -> Note:
        return as_note(group, now, is_discreet=self._is_discreet(*group), has_sound=self._wished.sound)

    def _is_discreet(self, *attempts: CueDelivery) -> bool:
        return self._wished.discreet or any(attempt.is_discreet for attempt in attempts)

    def _name(self, attempt: CueDelivery) -> str:
        """Name a cue for the log. A discreet cue gets its number, which hides what the person suffers from."""
        return f"#{attempt.cue.seq}" if self._is_discreet(attempt) else attempt.cue.key

    def _clear_up(self, record: Record, now: datetime) -> None:
        """Take off the screen what is answered; what shares the note with it stays, or gets a note of its own."""
        for key, group in self._screen:
            left = [attempt for attempt in group if not need_not_stand(record, attempt)]
            if len(left) == len(group):
                continue
            was_up = self._screen.is_up(key)
            self._screen.pop(key)
            if not was_up:
                self.notifier.withdraw(key)  # what shares it had its time on the screen
                continue
            if left and left[0] is group[0]:
                self._show(left, now, self._reply(), can_wait=False)
                continue
            self.notifier.withdraw(key)
            self._left += left

    def _riders(self, record: Record, group: Sequence[CueDelivery]) -> list[CueDelivery]:
        """List the cues of the replaced note that are neither in the new note nor answered yet."""
        keys = {attempt.cue.key for attempt in group}
        return [
            rider
            for rider in self._screen.of(group[0].cue.key)
            if rider.cue.key not in keys and not need_not_stand(record, rider)
        ]

    def _show_left(self, record: Record, now: datetime) -> None:
        """Show what lost its note, unless it is answered by now, in notes of their own; not in a quiet time."""
        if self._left_until is not None and now < self._left_until:
            return
        waiting: list[CueDelivery] = []
        ready: list[CueDelivery] = []
        for attempt in self._left:
            episode = episode_of(record, attempt)
            if episode is None or need_not_stand(record, attempt):
                continue
            (waiting if episode.place.is_quiet(now) and not attempt.cue.critical else ready).append(attempt)
        self._left, self._left_until = waiting, None
        for group in grouped(ready):
            self._show(group, now, self._reply())

    def collect(self, monotonic: float, now: datetime) -> bool:
        """Note what became of cues under way. True if something has to be planned anew."""
        outcomes = self.notifier.collect(monotonic)
        is_news = sum(self._note(outcome, now + self._behind) for outcome in outcomes) > 0
        self._screen.keep()
        return is_news

    def _note(self, outcome: Outcome, now: datetime) -> bool:
        match outcome:
            case Pressed():
                return self._press(outcome, now)
            case Closed(key=key, reason="expired"):
                self._screen.expire(key)
                return False
            case Closed(key=key, reason="lost"):
                return self._lose(key, now)
            case Closed(key=key):
                self._screen.pop(key)
                return False
            case Ignored(why=why):
                self._log.info("ignored: %s", why)
                return False
            case Freed():
                return self._try_again(now)
            case Moved():
                return self._try_again(now, is_elsewhere=True)
        if outcome.tag in self._by_heart:
            return self._note_by_heart(outcome, now)
        key, group = self._sent.pop(outcome.tag, ("", ()))
        if not isinstance(outcome, Undelivered):
            if group:
                self._screen.put(key, group, outcome.token if isinstance(outcome, Shown) else "")
        elif outcome.tag < 0:
            self._left += group  # no fact waits for it: it is shown again later
            # Of a desktop that comes the notifier tells: to ask for it would wake the daemon as long as nobody logs in.
            self._left_until = None if outcome.has_nowhere else now + HELD_WAIT
            return bool(group) and not outcome.has_nowhere
        again = [
            self._note_of(attempt, replace(outcome, tag=attempt.cue.seq), now)
            for attempt in group
            if self._attempts.get(attempt.cue.seq) is attempt
        ]
        return any(again) or (key in self._screen and self._is_overtaken(group))

    def _note_by_heart(self, outcome: Shown | HandedOver | Undelivered, now: datetime) -> bool:
        """Note the fate of an end that was told from memory."""
        attempt = self._by_heart[outcome.tag]
        if not isinstance(outcome, Undelivered):
            self._screen.put(attempt.cue.key, (attempt,), outcome.token if isinstance(outcome, Shown) else "")
        if self._attempts.get(attempt.cue.seq) is attempt:
            del self._by_heart[outcome.tag]
            return self._note_of(attempt, replace(outcome, tag=attempt.cue.seq), now)
        if isinstance(outcome, Undelivered):
            del self._by_heart[outcome.tag]  # it is told once more when the journal has it
        else:
            attempt.unwritten = outcome, now
        return False

    def _lose(self, key: str, now: datetime) -> bool:
        """A note that stood went with its server: it is shown by the next one. True if there is anything to show."""
        group = self._screen.pop(key) if self._screen.is_up(key) else ()
        self._screen.pop(key)
        self._left += group
        # A server that goes again and again, perhaps because of the note, is given rest.
        self._losses.add(key, now)
        if self._losses.are_too_many:
            self._left_until = now + HELD_WAIT
        return bool(group)

    def _try_again(self, now: datetime, *, is_elsewhere: bool = False) -> bool:
        """Let what could not be shown be shown now, `is_elsewhere`: on another desktop. True if there is any."""
        if not self._losses.are_too_many:
            self._left_until = None
        waiting = [attempt for attempt in self._attempts.values() if attempt.again_at is not None]
        for attempt in waiting:
            if is_elsewhere:
                attempt.count = 0
            if attempt.held_by or attempt.has_nowhere or attempt.count <= MOST_LOSSES:
                attempt.again_at = now
        return bool(waiting or self._left)

    def _is_overtaken(self, group: Sequence[CueDelivery]) -> bool:
        """Tell if something in a note was answered while it was on its way."""
        for attempt in group:
            episode = episode_of(self._remembered, attempt)
            if attempt.cue.kind == "end" and episode is not None:
                # An end that only further steps of its round have overtaken stays until the next wake.
                occurrence = attempt.cue.key.occurrence
                if all(t.is_confirmed for t in episode.ledger if t.occurrence == occurrence):
                    return True
            elif is_answered(episode, attempt.cue):
                return True
        return False

    def _press(self, pressed: Pressed, now: datetime) -> bool:
        """A person pressed a button: the same as the command of that name. What is refused is told on the screen."""
        act = pressed_act(pressed.about, pressed.action)
        if act is None:
            self._log.info("ignored: %r is no button of a note", pressed.action)
            return False
        group = self._screen.of(pressed.key)
        if group and group[0].cue.about == pressed.about:
            # What shared the note goes with it, and has to come again.
            self._left += group[1:]
            self._screen.pop(pressed.key)
        id_ = act.about.episode
        episode = next((e for e in self._remembered.all if e.id == id_), None)
        language = current() if episode is None else episode.place.language
        is_discreet = self._wished.discreet or (episode is not None and episode.is_discreet)
        look = tr(language, "Type: recovery status")
        try:
            refusal = self._refusal(id_, act, now, language)
        except RecoveryError as error:
            self._log_trouble(error)
            title, body = tr(language, "Not noted"), look if is_discreet else error.message
            self.notifier.show(Note(self._key_of_reply(pressed), title, body, tag=self._reply()))
            return True
        said = "noted" if refusal is None else "refused" if is_discreet else f"refused, {refusal[0]}"
        self._log.info("pressed %s %s: %s", pressed.action, "#" if is_discreet else pressed.key, said)
        if refusal is not None:
            reason, earliest = refusal
            text = look if is_discreet else f"{reason[:1].upper()}{reason[1:]}. {earliest}".strip()
            self.notifier.show(
                Note(self._key_of_reply(pressed), tr(language, "Not now"), text, tag=self._reply())
            )
        return True

    def _key_of_reply(self, pressed: Pressed) -> str:
        """The answer takes the place of the note that was pressed, but not of another one that stands there by now."""
        return f"{pressed.about}/reply" if pressed.key in self._screen else pressed.key

    def _refusal(self, id_: str, act: Act, now: datetime, language: str) -> tuple[str, str] | None:
        """Write a person's act into the journal. Where it is refused, say why, and from when on it would not be.

        Raises `RecoveryError`.
        """
        journal = Journal.open_existing(self._folder, now=now)
        if journal is None:
            return tr(language, "that episode is not there"), ""
        with journal, changing(journal, (now - self._behind, self._clocks.steady())) as context:
            record = context.record
            if all(episode.id != id_ for episode in record.episodes) and id_ not in record.unreadable:
                return tr(language, "that episode is over"), ""
            record, verdict = do(journal, record, id_, act, context.says)
        if not isinstance(verdict, Refused):
            return None
        place, earliest = record.of(id_).place, ""
        if verdict.earliest is not None:
            earliest = tr(language, "Earliest: {when}.", when=spell_when(place, verdict.earliest, now))
        return sentence(verdict.reason, place, context.now), earliest

    def _reply(self) -> int:
        """A tag for a note that no fact carries."""
        self._untracked += 1
        return -self._untracked

    def _note_of(
        self, attempt: CueDelivery, outcome: Shown | HandedOver | Undelivered, now: datetime
    ) -> bool:
        """Log and record what became of one cue. Tell if there may be more to do for it."""
        cue, name = attempt.cue, self._name(attempt)
        due = attempt.repeat.at if attempt.repeat else cue.due_at
        late = (now - due) / timedelta(milliseconds=1)
        times = f"due={due:%H:%M:%S.%f}Z now={now:%H:%M:%S.%f}Z late={late:.0f}ms via={outcome.via}"
        if isinstance(outcome, Undelivered):
            if not outcome.is_held or outcome.reason != attempt.held_by:  # that is asked every minute
                level = logging.INFO if outcome.is_held else logging.WARNING
                self._log.log(level, "not shown %s %s %s: %s", cue.kind, name, times, outcome.reason)
            attempt.held_by = outcome.reason if outcome.is_held else ""
            attempt.has_nowhere = outcome.has_nowhere
            wait = HELD_WAIT if outcome.is_held else RETRIES[min(attempt.count, len(RETRIES)) - 1]
            attempt.again_at = now + wait
        else:
            how = "shown" if isinstance(outcome, Shown) else "handed over"
            how = f"{how} again" if attempt.repeat else how
            self._log.info("%s %s %s %s", how, cue.kind, name, times)
            attempt.unwritten, attempt.shown_at = (outcome, now), now
        try:
            self._keep(attempt, outcome, now)
        except RecoveryError as error:
            self._log_trouble(error)
            return True  # `wake` tries again
        if attempt.unwritten is not None:
            del self._attempts[outcome.tag]
        # What was shown now may have to be told again: that has its time from here on.
        repeats = {"end": self._wished.end_repeats, "start": self._wished.start_repeats}
        return isinstance(outcome, Undelivered) or repeats.get(cue.kind, 0) > 0

    def _keep(
        self,
        attempt: CueDelivery,
        outcome: Shown | HandedOver | Undelivered,
        at: datetime,
        patience: float | None = None,
    ) -> None:
        """The fate of a cue into the journal. Raises `RecoveryError`."""
        journal = self._journal(at, patience)
        if journal is None:
            return
        trouble = outcome.reason if isinstance(outcome, Undelivered) else None
        with journal, journal.transaction():
            keep_fate(journal, Fate(attempt.episode, attempt.cue, outcome.via, trouble, attempt.repeat), at)
