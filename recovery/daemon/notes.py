"""Notes: which cues share one, its text, its buttons and its sound; and the notes that stand on the screen."""

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from recovery import files
from recovery.care.record import Record
from recovery.engine.acts import SNOOZE, Advance, Begin, End, MarkDone, ReportHarm, Skip, Snooze, StepBack
from recovery.engine.episode import Cue, Episode
from recovery.engine.facts import LONGEST_ON, Occurrence, Offer
from recovery.engine.fold import read_cue
from recovery.engine.telling import Repeat, gives_way, is_answered, pending_cues, repeats
from recovery.engine.turn import LATE_WORDS
from recovery.language import N_, tr
from recovery.notify.port import HandedOver, Note, Notifier, Shown
from recovery.store.failures import NONSENSE, Nonsense
from recovery.store.journal import Journal
from recovery.words.reasons import timeless
from recovery.words.terms import spell, under


@dataclass
class CueDelivery:
    """A cue's way to the screen."""

    episode: str
    language: str
    cue: Cue
    is_discreet: bool = False
    can_harm: bool = False
    """True if its treatment may do harm that the person can report."""
    repeat: Repeat | None = None
    """Set for a cue that has been shown before and is told again."""
    shown_at: datetime | None = None
    held_by: str = ""
    """The reason why the desktop is not to show it now; "" where it may, as far as is known."""
    has_nowhere: bool = False
    """True when there was no desktop to show it on at the last try."""
    count: int = 0
    again_at: datetime | None = None
    """The instant of the next try; None while an attempt is under way."""
    unwritten: tuple[Shown | HandedOver, datetime] | None = None
    """The way and the moment it was shown, while the journal cannot take that. It is not to be shown again."""

    @property
    def number(self) -> int:
        """The number of this repeat of its cue; 0: the first time."""
        return self.repeat.number if self.repeat else 0


HELD_WAIT = timedelta(minutes=1)
"""The wait before a desktop is asked anew that holds a cue back: few of them say when a full screen ends."""

MOST_LOSSES = 3
"""The most times within `HELD_WAIT` that a note which went with its server is shown again at once."""


class Losses:
    """The notes that went with their server within the last `HELD_WAIT`."""

    def __init__(self) -> None:
        self._lost: list[tuple[datetime, str]] = []
        """Each with when, by its key."""

    def add(self, key: str, now: datetime) -> None:
        """Note that a note is lost at `now`."""
        self._lost = [*((at, lost) for at, lost in self._lost if now < at + HELD_WAIT), (now, key)]

    @property
    def are_too_many(self) -> bool:
        """True when one note has lately gone with its server too often: then the server is given rest."""
        keys = [key for _at, key in self._lost]
        return any(keys.count(key) > MOST_LOSSES for key in keys)


def deliveries(
    episodes: Iterable[Episode], now: datetime, end_repeats: int, start_repeats: int
) -> dict[int, CueDelivery]:
    """Find the cues to tell now, by the fact that carries them: new ones, and those that are told again."""
    wanted: dict[int, CueDelivery] = {}
    everyone = tuple(episodes)
    for episode in everyone:
        about = (episode.id, episode.place.language)
        for cue in pending_cues(episode, now):
            can_harm = _can_harm(episode, cue)
            wanted[cue.seq] = CueDelivery(*about, cue, episode.is_discreet, can_harm, again_at=now)
        for repeat in repeats(episode, now, end_repeats, start_repeats):
            can_harm = _can_harm(episode, repeat.cue)
            again = CueDelivery(*about, repeat.cue, episode.is_discreet, can_harm, repeat, again_at=now)
            wanted.setdefault(repeat.cue.seq, again)
    return {seq: each for seq, each in wanted.items() if not gives_way(each.cue, everyone)}


def episode_of(record: Record, attempt: CueDelivery) -> Episode | None:
    """The episode of a cue; None where it is gone."""
    return next((episode for episode in record.all if episode.id == attempt.episode), None)


def need_not_stand(record: Record, attempt: CueDelivery) -> bool:
    """Tell if a cue that was shown need not stand on the screen any more: answered, or an emergency stands."""
    return is_answered(episode_of(record, attempt), attempt.cue) or gives_way(attempt.cue, record.all)


def _can_harm(episode: Episode, cue: Cue) -> bool:
    """Tell if a cue is about a treatment whose harm the protocol asks for, that is on or was."""
    occurrence = cue.key.occurrence
    on = episode.modalities_of(occurrence) if occurrence.count("/") == 3 else set()  # an alert is of none
    return any(on.intersection(flag.harm) for flag in episode.pinned.red_flags)


_ALONE = ("start", "end", "offer", "way-back")


def grouped(ready: Sequence[CueDelivery]) -> list[list[CueDelivery]]:
    """Group the cues that go on the screen together, in order: one note a moment, but for what must stand alone.

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


def as_note(group: Sequence[CueDelivery], now: datetime, *, is_discreet: bool, has_sound: bool) -> Note:
    """One note for several cues, with its buttons; a discreet one says nothing of what it is about."""
    first, *others = group
    note = _together(group, now)
    harming = [attempt for attempt in group if attempt.can_harm]
    if first.cue.kind == "start" or not others:
        note = replace(note, actions=buttons(first), about=first.cue.about)
    elif len(harming) == 1:
        # What several cues share has no other buttons: nobody could tell whose they are.
        note = replace(note, actions=_labelled(harming[0], (ReportHarm,)), about=harming[0].cue.about)
    if is_discreet:
        title, body = _neutral(first)
        label = tr(first.language, "Stop")
        actions = tuple((verb, label if verb == ReportHarm.verb else own) for verb, own in note.actions)
        note = replace(note, title=title, body=body, actions=actions)
    return replace(note, sound=_sound(first.cue)) if has_sound else note


def _together(group: Sequence[CueDelivery], now: datetime) -> Note:
    """The first cue leads, the others stand below it."""
    first, *others = (attempt.cue for attempt in group)
    bodies = {attempt.cue.seq: _body(attempt, now) for attempt in group}
    titles = {attempt.cue.seq: timeless(attempt.cue.title, attempt.language) for attempt in group}
    if not others:
        return Note(first.key, titles[first.seq], bodies[first.seq], first.critical, tag=first.seq)
    title = titles[first.seq] if first.kind == "start" else " · ".join(dict.fromkeys(titles.values()))
    lines = [bodies[first.seq]] if first.kind == "start" else []
    if lines and len(others) > 1:
        # GNOME shows six lines: each thing has its name in them, if not its words.
        also = " · ".join(dict.fromkeys(titles[cue.seq] for cue in others))
        lines.append(tr(group[0].language, "Also: {titles}", titles=also))
    lines += [
        f"• {under(titles[cue.seq], bodies[cue.seq])}" for cue in (others if lines else (first, *others))
    ]
    return Note(first.key, title, "\n".join(lines), first.critical, tag=first.seq)


def _neutral(attempt: CueDelivery) -> tuple[str, str]:
    """The title and the body of a note that others may read."""
    language = attempt.language
    if attempt.cue.kind == "alert" and attempt.cue.critical:
        return tr(language, "Please look: recovery status"), ""
    return tr(language, "Time for your next step"), tr(language, "Type: recovery next")


def _sound(cue: Cue) -> str:
    """A name of the freedesktop sound naming specification."""
    if cue.kind == "alert":
        return "dialog-warning"
    return "alarm-clock-elapsed" if cue.kind == "end" else "message-new-instant"


def _body(attempt: CueDelivery, now: datetime) -> str:
    """A cue's text, in the language of its episode; one that comes later than it was decided says by how much."""
    cue, text = attempt.cue, timeless(attempt.cue.body, attempt.language)
    late = (attempt.shown_at or now) - cue.decided_at
    if cue.kind in ("end", "start") and LATE_WORDS <= late <= LONGEST_ON and attempt.repeat is None:
        language, length = attempt.language, spell(late)
        return tr(language, "{text} (This comes {length} late.)", text=text, length=length).strip()
    return text


Press = Begin | Snooze | Skip | End | MarkDone | Advance | StepBack | ReportHarm
"""An act that a button may carry out."""

MOST_BUTTONS = 3
"""The most buttons of a note: servers leave out the last of more."""

_BUTTONS: dict[str, tuple[type[Press], ...]] = {
    "start": (Begin, Snooze, Skip),
    "suggestion": (Begin, Skip),
    "end": (End,),
    "reminder": (MarkDone, Snooze),
    "offer": (Advance,),
    "way-back": (StepBack,),
}
"""The acts of a cue's buttons, in order, by the cue's kind."""

_LABELS: dict[type[Press], str] = {
    Begin: N_("Start"),
    Snooze: N_("Snooze {length}"),
    Skip: N_("Skip"),
    End: N_("Done"),
    MarkDone: N_("Done"),
    Advance: N_("Go on"),
    StepBack: N_("Step back"),
    ReportHarm: N_("Stop: skin"),
}
_TOO_TIGHT = N_("Stop: too tight")
"""The label of a report of harm by what is worn."""


def buttons(attempt: CueDelivery) -> tuple[tuple[str, str], ...]:
    """(verb, label) of each button of a cue, the most important first, at most `MOST_BUTTONS`."""
    own = _BUTTONS.get(attempt.cue.kind, ())
    kinds = (*own[:1], ReportHarm, *own[1:]) if attempt.can_harm else own
    return _labelled(attempt, kinds[:MOST_BUTTONS])


def _labelled(attempt: CueDelivery, kinds: Iterable[type[Press]]) -> tuple[tuple[str, str], ...]:
    return tuple((kind.verb, _label(attempt, kind)) for kind in kinds)


def _label(attempt: CueDelivery, kind: type[Press]) -> str:
    if kind is ReportHarm and attempt.cue.kind == "on":
        return tr(attempt.language, _TOO_TIGHT)
    snooze = spell(timedelta(seconds=SNOOZE.seconds))
    return tr(attempt.language, _LABELS[kind], length=snooze)


def pressed_act(about: str, verb: str) -> Press | None:
    """Turn the press of a button into an act on what the note is about (`Cue.about`); None for no such button."""
    kind = next((kind for kind in _LABELS if kind.verb == verb), None)
    if kind is None or not about:
        return None
    if issubclass(kind, (Advance, StepBack)):
        return kind(about=Offer(about))
    occurrence = Occurrence(about)
    if issubclass(kind, ReportHarm):
        return kind(about=occurrence)
    return kind(occurrence.activity, occurrence)


STANDING_FILE = "notes.json"


class Screen:
    """The cues of the notes that may still stand on the screen, by the key of the note, which the first cue gives.

    What another process could take over is kept in the folder; the note's words are not: they are in the journal.
    What is taken over is not shown anew: nobody can ask a server whether it still stands, or was dismissed meanwhile.
    """

    def __init__(self, folder: Path, log: logging.Logger) -> None:
        self._path = folder / STANDING_FILE
        self._log = log
        self._groups: dict[str, tuple[CueDelivery, ...]] = {}
        self._tokens: dict[str, str] = {}
        self._expired: set[str] = set()
        """The notes that are off the screen, but perhaps in a list of notes, with buttons that work."""
        self._kept: Mapping[str, Any] | None = None
        """The content of the file; None: not known."""
        self._is_taken_over = False
        self._trouble = ""

    def __contains__(self, key: str) -> bool:
        return key in self._groups

    def __iter__(self) -> Iterator[tuple[str, tuple[CueDelivery, ...]]]:
        return iter([*self._groups.items()])

    def of(self, key: str) -> tuple[CueDelivery, ...]:
        """The cues of a note; none where it does not stand."""
        return self._groups.get(key, ())

    def put(self, key: str, group: tuple[CueDelivery, ...], token: str) -> None:
        """A note stands there now, in the place of the one with the same key."""
        self._groups[key], self._tokens[key] = group, token
        self._expired.discard(key)

    def expire(self, key: str) -> None:
        """A note is off the screen, and perhaps nowhere else."""
        if key in self._groups:
            self._expired.add(key)

    def is_up(self, key: str) -> bool:
        """True while a note stands on the screen, as far as its server has said."""
        return key in self._groups and key not in self._expired

    def pop(self, key: str) -> tuple[CueDelivery, ...]:
        """A note is gone; its cues."""
        self._tokens.pop(key, None)
        self._expired.discard(key)
        return self._groups.pop(key, ())

    def take_over(
        self,
        journal: Journal,
        record: Record,
        notifier: Notifier,
        as_note: Callable[[tuple[CueDelivery, ...]], Note],
    ) -> None:
        """Once: the notes that another daemon left standing, as they are worded. Raises `StoreError`."""
        if self._is_taken_over:
            return
        for key, (token, listed) in _read(self._path).items():
            group = [_attempt(journal, record, *cue) for cue in listed]
            if group and all(group) and key not in self._groups:
                cues = tuple(each for each in group if each)
                self.put(key, cues, token)
                notifier.adopt(replace(as_note(cues), key=key), token)
        self._is_taken_over = True

    def keep(self) -> None:
        """Write down what has changed. A trouble is told in the log, once: the notes of a dead daemon stay, then."""
        wanted = {
            key: [self._tokens[key], [[each.episode, each.cue.seq] for each in group]]
            for key, group in self._groups.items()
            if self._tokens[key] and all(each.cue.seq > 0 for each in group)
        }
        if not self._is_taken_over or wanted == self._kept:
            return
        try:
            files.write_whole(self._path, [json.dumps(wanted)])
        except OSError as error:
            if str(error) != self._trouble:
                self._log.warning("what stands on the screen is not written down: %s", error)
            self._trouble = str(error)
            return
        self._kept, self._trouble = wanted, ""


def _attempt(journal: Journal, record: Record, episode: str, seq: int) -> CueDelivery | None:
    """The cue that a fact carries; None where there is none, as after an older copy was put back, or it is damaged."""
    owner = next((each for each in record.all if each.id == episode), None)
    if owner is None:
        return None
    try:
        facts = journal.between(seq, seq)
        if not facts or facts[0].episode != episode or facts[0].cue is None:
            return None
        cue = read_cue(facts[0])
        return CueDelivery(episode, owner.place.language, cue, owner.is_discreet, _can_harm(owner, cue))
    except (*NONSENSE, Nonsense):
        return None


def _read(path: Path) -> dict[str, tuple[str, list[tuple[str, int]]]]:
    """The notes of the file; none where it is not there, or nothing that a daemon has written."""
    try:
        standing: Any = json.loads(path.read_text("utf-8"))
        return {
            str(key): (str(token), [(str(episode), int(seq)) for episode, seq in cues])
            for key, (token, cues) in standing.items()
            if all(0 < int(seq) < 2**63 for _episode, seq in cues)
        }
    except (OSError, ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        return {}
