"""The look of cues on the screen: which of them share a note, its text, its buttons and its sound."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from recovery.daemon.buttons import buttons
from recovery.engine.decide import LATE_WORDS
from recovery.engine.facts import Cue
from recovery.engine.limits import LONGEST_ON
from recovery.engine.telling import Repeat
from recovery.language import tr
from recovery.notify.port import HandedOver, Note, Shown
from recovery.words.times import spell


@dataclass
class CueDelivery:
    """A cue's way to the screen."""

    episode: str
    language: str
    cue: Cue
    is_discreet: bool = False
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


def worded(group: Sequence[CueDelivery], now: datetime, *, is_discreet: bool, has_sound: bool) -> Note:
    """One note for several cues, with its buttons; a discreet one says nothing of what it is about."""
    first, *others = group
    note = _together(group, now)
    if first.cue.kind == "start" or not others:
        # What several cues share has no buttons: nobody could tell whose they are.
        note = replace(note, actions=buttons(first.cue, first.language), about=first.cue.occurrence)
    if is_discreet:
        title, body = _neutral(first)
        note = replace(note, title=title, body=body)
    return replace(note, sound=_sound(first.cue)) if has_sound else note


def _together(group: Sequence[CueDelivery], now: datetime) -> Note:
    """The first cue leads, the others stand below it."""
    first, *others = (attempt.cue for attempt in group)
    bodies = {attempt.cue.seq: _body(attempt, now) for attempt in group}
    if not others:
        return Note(first.key, first.title, bodies[first.seq], first.critical, tag=first.seq)
    title = first.title if first.kind == "start" else " · ".join(cue.title for cue in (first, *others))
    told = [bodies[first.seq]] if first.kind == "start" else []
    if told and len(others) > 1:
        # GNOME shows six lines: each thing has its name in them, if not its words.
        titles = " · ".join(cue.title for cue in others)
        told.append(tr(group[0].language, "Also: {titles}", titles=titles))
    told += [f"• {cue.title}: {bodies[cue.seq]}" for cue in (others if told else (first, *others))]
    return Note(first.key, title, "\n".join(told), first.critical, tag=first.seq)


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
    cue = attempt.cue
    late = (attempt.shown_at or now) - cue.decided_at
    if cue.kind in ("end", "start") and LATE_WORDS <= late <= LONGEST_ON and attempt.repeat is None:
        language, length = attempt.language, spell(late)
        return tr(language, "{text} (This comes {length} late.)", text=cue.body, length=length).strip()
    return cue.body
