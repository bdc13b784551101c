"""Telling again: the end of a session that nobody answers, and its start as often as the person likes.

What a session needs to be told at all is decided elsewhere; here a cue that was shown is shown once more.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from recovery.engine.episode import Episode, Told
from recovery.engine.facts import END_KEY, Cue
from recovery.engine.times import spell
from recovery.values import Value, replace

AFTER_END = tuple(timedelta(minutes=m) for m in (2, 5, 10))
"""When an end is told again, counted from when it was first shown; after the last one every `LATER`."""

LATER = timedelta(minutes=10)
AFTER_START = timedelta(minutes=5)

WORTH = timedelta(minutes=15)
"""How late a repeat may still come: after a suspended night nobody has the pack on."""


class Repeat(Value):
    """A cue to be shown once more."""

    cue: Cue
    """With the words of this time."""
    number: int
    """From 1."""
    at: datetime


def repeats(episode: Episode, now: datetime, ends: int, starts: int) -> Iterator[Repeat]:
    """What is to be told again now: of each session at most one, the newest that is due.

    `ends` and `starts` are how often ends and starts are told again.
    """
    for told, most in _unanswered(episode, ends, starts):
        number = max((n for n in range(told.count + 1, most + 1) if _time(told, n) <= now), default=0)
        if not number:
            continue
        at = _time(told, number)
        if now < at + WORTH and _may_be_told(episode, told.cue, now):
            yield Repeat(_worded(episode, told, number, most, now), number, at)


def next_repeat(episode: Episode, now: datetime, ends: int, starts: int) -> datetime | None:
    """The next instant after `now` at which one may be due; None: there is none to come."""
    times = [
        _time(told, n)
        for told, most in _unanswered(episode, ends, starts)
        for n in range(told.count + 1, most + 1)
    ]
    return min((at for at in times if at > now and episode.place.is_awake(at)), default=None)


def is_latest_unanswered(episode: Episode, occurrence: str) -> bool:
    """Tell if a session is the latest of its activity, and nobody has said yet how it ended.

    Its end is told as long as that is so; what came after it, or days, make telling it pointless.
    """
    activity = occurrence.rpartition("/")[0]
    of_it = [t for t in episode.ledger if t.occurrence.rpartition("/")[0] == activity]
    return bool(of_it) and of_it[-1].occurrence == occurrence and not of_it[-1].is_confirmed


def _unanswered(episode: Episode, ends: int, starts: int) -> Iterator[tuple[Told, int]]:
    if episode.is_over:
        return  # nobody could answer any more
    for told in episode.told.values():
        if told.cue.kind == "end":
            occurrence = told.cue.key.removesuffix(END_KEY)
            if is_latest_unanswered(episode, occurrence) and not _was_start_lost(episode, occurrence):
                yield told, ends
        else:
            on = episode.under_way
            if on is not None and on.occurrence == told.cue.key and on.is_assumed:
                yield told, starts


def _was_start_lost(episode: Episode, occurrence: str) -> bool:
    """Tell if nobody was told of its start: then nobody is likely to have anything on."""
    return any(cue.kind == "start" and cue.key == occurrence for cue in episode.pending.values())


def _time(told: Told, number: int) -> datetime:
    if told.cue.kind != "end":
        return told.at + number * AFTER_START
    if number <= len(AFTER_END):
        return told.at + AFTER_END[number - 1]
    return told.at + AFTER_END[-1] + (number - len(AFTER_END)) * LATER


def _may_be_told(episode: Episode, cue: Cue, now: datetime) -> bool:
    """A repeat wakes nobody; a start stays silent in quiet times and when its session is over."""
    if cue.kind == "end":
        return episode.place.is_awake(now)
    return episode.place.may_tell(now) and (cue.expires_at is None or now < cue.expires_at)


def _worded(episode: Episode, told: Told, number: int, most: int, now: datetime) -> Cue:
    cue = told.cue
    if cue.kind != "end":
        title = episode.say("{title} (told again)", title=cue.title)
        return replace(cue, title=title)
    length = spell(now - told.at)
    if number < most:
        title = episode.say("Still on? {title}", title=cue.title)
    else:
        title = episode.say("Last reminder. {title}!", title=cue.title)
    body = episode.say(
        "{text} Nobody has answered for {length}. Type: {command}",
        text=cue.body,
        length=length,
        command="recovery end",
    )
    return replace(cue, title=title, body=body)
