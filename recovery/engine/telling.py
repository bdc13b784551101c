"""Telling: which cues still wait to be shown, which no longer need to stand on the screen, and which are shown again.

The turn of an episode decides that something is to be told; here a cue is taken up, and nothing is decided anew.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from recovery.engine.episode import COMPLETED, Cue, Episode, ShownCue, emergency_among
from recovery.engine.facts import Delivered, Fact, NotDelivered, Occurrence
from recovery.engine.reasons import Remark
from recovery.values import Value, replace

AFTER_END = tuple(timedelta(minutes=m) for m in (2, 5, 10))
"""The delays after which an end is told again, counted from its first showing; after the last one every `END_EVERY`."""

END_EVERY = timedelta(minutes=10)
AFTER_START = timedelta(minutes=5)

WORTH = timedelta(minutes=15)
"""The longest delay of a repeat: after a suspended night nobody has the pack on."""


class Repeat(Value):
    """A cue to be shown once more."""

    cue: Cue
    """With the words of this time."""
    number: int
    """From 1."""
    at: datetime


# Cues that wait ----------------------------------------------------------------------------------


def pending_cues(episode: Episode, now: datetime) -> tuple[Cue, ...]:
    """The cues of an episode that nothing has shown and that are still worth telling, oldest first."""
    return tuple(cue for cue in episode.pending.values() if _is_worth_telling(episode, cue, now))


def waits_for_waking(episode: Episode, cue: Cue, now: datetime) -> bool:
    """Tell if a cue is kept: a new phase or a routine alert for the morning, and what need not be told at once.

    That is all but ends and urgent alerts, in a quiet time.
    """
    if cue.critical or cue.kind == "end":
        return False
    if episode.place.is_quiet(now):
        return True
    return cue.kind in ("phase", "offer", "way-back", "alert") and not episode.place.is_awake(now)


def told_later(episode: Episode, now: datetime) -> datetime | None:
    """The next instant at which a cue that is kept may be told; None: none is kept."""
    is_kept = any(waits_for_waking(episode, cue, now) for cue in episode.pending.values())
    return episode.place.fit_told(now, timedelta(0)) if is_kept else None


def _is_worth_telling(episode: Episode, cue: Cue, now: datetime) -> bool:
    if waits_for_waking(episode, cue, now):
        return False
    if cue.expires_at is not None and cue.expires_at <= now:
        return False
    if episode.is_over and cue.kind not in ("end", "alert", "phase" if episode.state == COMPLETED else ""):
        return False
    newest = max((other.seq for other in episode.pending.values() if other.key == cue.key), default=cue.seq)
    if cue.seq < newest:
        return False
    if cue.kind == "start":
        return _is_assumed_on(episode, cue.key.occurrence)
    if cue.kind == "end":
        occurrence = cue.key.occurrence
        return is_latest_unanswered(episode, occurrence) or _is_left_on(episode, occurrence)
    if cue.kind in ("check-in", "reminder", "suggestion"):
        return any(
            track.occurrence == cue.key.occurrence and track.is_open for track in episode.tracks.values()
        )
    return True


def is_answered(episode: Episode | None, cue: Cue) -> bool:
    """Tell if a cue that was shown need not stand on the screen any more: answered, put off, or overtaken."""
    if episode is None:
        return True
    match cue.kind:
        case "start":
            return not _is_assumed_on(episode, cue.key.occurrence)
        case "end":
            return not is_latest_unanswered(episode, cue.key.occurrence)
        case "alert":
            return episode.is_over or cue.key.subject not in episode.alerts
        case "reminder" | "check-in" | "suggestion":
            return episode.is_over or not any(
                track.occurrence == cue.key.occurrence and track.is_open and track.snoozed_until is None
                for track in episode.tracks.values()
            )
        case "offer":
            return episode.is_over or not episode.phase_stay.offered
        case "way-back":
            return episode.is_over or not episode.phase_stay.way_back
        case "on":
            return episode.is_over or all(
                track.occurrence != cue.key.occurrence or not track.is_on for track in episode.tracks.values()
            )
    return False


def gives_way(cue: Cue, episodes: Iterable[Episode]) -> bool:
    """Tell if an emergency in any of the person's episodes overtakes a cue: all but ends and alerts."""
    return cue.kind not in ("end", "off", "alert") and emergency_among(episodes) is not None


def _is_assumed_on(episode: Episode, occurrence: Occurrence) -> bool:
    on = episode.under_way
    return on is not None and on.occurrence == occurrence and on.is_assumed


def _is_left_on(episode: Episode, occurrence: Occurrence) -> bool:
    """Tell if only further steps of the same round have come after a session, and its own pack may still be on.

    They come without the person having heard of its end: the next step at the same instant, or while nothing could
    be shown. It may be on where its start was told, or where there was no time yet to tell more than that.
    """
    of_it = [t for t in episode.ledger if t.occurrence.owner == occurrence.owner]
    place = next((place for place, t in enumerate(of_it) if t.occurrence == occurrence), None)
    if place is None or of_it[place].is_confirmed:
        return False
    later = of_it[place + 1 :]
    is_same_round = all(t.step == of_it[place].step + number for number, t in enumerate(later, 1))
    is_start_told = all(
        cue.key.occurrence != occurrence or cue.kind != "start" for cue in episode.pending.values()
    )
    is_first_chance = len(later) == 1 and later[0].ended_at is None
    return is_same_round and (is_start_told or is_first_chance)


# Telling again -------------------------------------------------------------------------------------


def repeats(episode: Episode, now: datetime, ends: int, starts: int) -> Iterator[Repeat]:
    """Find the cues to repeat now: for each session at most the newest repeat that is due.

    `ends` and `starts` are how often ends and starts are told again.
    """
    for shown_cue, most in _unanswered(episode, ends, starts):
        number = max(
            (n for n in range(shown_cue.count + 1, most + 1) if _time(shown_cue, n) <= now), default=0
        )
        if not number:
            continue
        at = _time(shown_cue, number)
        if now < at + WORTH and _may_be_told(episode, shown_cue.cue, now):
            yield Repeat(_told_again(shown_cue, number, most, now), number, at)


def next_repeat(episode: Episode, now: datetime, ends: int, starts: int) -> datetime | None:
    """The next instant after `now` at which one may be due; None: there is none to come."""
    times = [
        _time(shown_cue, n)
        for shown_cue, most in _unanswered(episode, ends, starts)
        for n in range(shown_cue.count + 1, most + 1)
    ]
    return min((at for at in times if at > now and episode.place.is_awake(at)), default=None)


def is_latest_unanswered(episode: Episode, occurrence: Occurrence) -> bool:
    """Tell if a session is the latest of its activity, and nobody has said yet how it ended.

    Its end is told as long as that is so; what came after it, or days, make telling it pointless.
    """
    of_it = [t for t in episode.ledger if t.occurrence.owner == occurrence.owner]
    return bool(of_it) and of_it[-1].occurrence == occurrence and not of_it[-1].is_confirmed


def _unanswered(episode: Episode, ends: int, starts: int) -> Iterator[tuple[ShownCue, int]]:
    if episode.is_over:
        return  # nobody could answer any more
    for shown_cue in episode.shown_cues.values():
        if shown_cue.cue.kind == "end":
            occurrence = shown_cue.cue.key.occurrence
            if is_latest_unanswered(episode, occurrence) and not _was_start_lost(episode, occurrence):
                yield shown_cue, ends
        elif _is_assumed_on(episode, shown_cue.cue.key.occurrence):
            yield shown_cue, starts


def _was_start_lost(episode: Episode, occurrence: Occurrence) -> bool:
    """Tell if nobody was told of its start: then nobody is likely to have anything on."""
    return any(cue.kind == "start" and cue.key.occurrence == occurrence for cue in episode.pending.values())


def _time(shown_cue: ShownCue, number: int) -> datetime:
    if shown_cue.cue.kind != "end":
        return shown_cue.at + number * AFTER_START
    if number <= len(AFTER_END):
        return shown_cue.at + AFTER_END[number - 1]
    return shown_cue.at + AFTER_END[-1] + (number - len(AFTER_END)) * END_EVERY


def _may_be_told(episode: Episode, cue: Cue, now: datetime) -> bool:
    """A repeat wakes nobody; a start stays silent in quiet times and when its session is over."""
    if cue.kind == "end":
        return episode.place.is_awake(now)
    return episode.place.may_tell(now) and (cue.expires_at is None or now < cue.expires_at)


def _told_again(shown_cue: ShownCue, number: int, most: int, now: datetime) -> Cue:
    cue = shown_cue.cue
    if cue.kind != "end":
        return replace(cue, title=Remark("told-again", title=cue.title))
    is_last = number >= most
    title = Remark("last-reminder", title=cue.title) if is_last else Remark("still-on", title=cue.title)
    body = Remark("nobody-answered", text=cue.body, length=now - shown_cue.at, command="recovery end")
    return replace(cue, title=title, body=body)


# The facts of it -----------------------------------------------------------------------------------


def shown(episode: Episode, cue: Cue, via: str, now: datetime) -> Fact:
    """The fact that a cue was shown, with how late it came (milliseconds)."""
    late = max(timedelta(0), now - cue.due_at)
    return Fact(episode.id, now, Delivered(seq=cue.seq, via=via, late=late), "daemon")


def shown_again(episode: Episode, repeat: Repeat, via: str, now: datetime) -> Fact:
    """The fact that a cue was shown once more, with how late that came."""
    late = max(timedelta(0), now - repeat.at)
    delivered = Delivered(seq=repeat.cue.seq, via=via, late=late, repeat=repeat.number)
    return Fact(episode.id, now, delivered, "daemon")


def not_shown(episode: Episode, cue: Cue, via: str, reason: str, now: datetime) -> Fact:
    """The fact that a cue could not be shown, and why."""
    return Fact(episode.id, now, NotDelivered(seq=cue.seq, via=via, reason=reason), "daemon")
