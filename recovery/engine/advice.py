"""Decide what of the advice of a phase holds, and which is the tip of a day.

A tip has no moment of its own. It is told with the last reminder or question of a day, where no session is on then.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from recovery.engine.cadence import dues
from recovery.engine.episode import Episode
from recovery.engine.facts import LOOKBACK
from recovery.engine.gates import Truth, truth
from recovery.engine.reasons import Remark
from recovery.protocol.model import Advice, Timed


def advice_now(episode: Episode, now: datetime) -> tuple[Advice, ...]:
    """List the advice of the current phase that holds at `now`, the tip of the day first, then in turn."""
    if episode.is_over or episode.phase_stay.phase is None:
        return ()
    advice, last = _in_order(episode), _last_told(episode, now)
    at = last[1] if _is_today(episode, last[0], now) else last[1] + 1
    return tuple(each for each in (*advice[at:], *advice[:at]) if _holds(episode, each, now))


def tip_with(
    episode: Episode, activity: Timed, now: datetime, others: Sequence[Episode] = ()
) -> Advice | None:
    """Find the tip to tell with a reminder or a question that is told at `now`; None: none is.

    One a waking day for a person: they take turns, so that each is told before one comes again, and so do the episodes.
    A new phase begins with the first, in its note or in the plan of the start.
    """
    if any(each.under_way is not None or _has_the_day(each, episode, now) for each in others):
        return None
    if episode.under_way is not None:
        return None
    place = episode.place
    following = next((due.at for due in dues(episode, activity) if due.at > now), None)
    if following is not None and place.waking_day(following) <= place.waking_day(now):
        return None
    if _is_today(episode, _last_told(episode, now)[0], now):
        return None
    return next(iter(advice_now(episode, now)), None)


def tip_words(episode: Episode, advice: Advice) -> Remark:
    """Say a tip."""
    return Remark("tip", text=episode.text(advice.say))


def _in_order(episode: Episode) -> list[Advice]:
    return [each for each in episode.phase.activities if isinstance(each, Advice)]


def _last_told(episode: Episode, now: datetime) -> tuple[datetime, int]:
    """Find when a tip was last told, and its place among the advice; of more than `LOOKBACK` ago nothing is known."""
    tips = (
        (track.last_due, place)
        for place, each in enumerate(_in_order(episode))
        if (track := episode.track(each.id)).last_due is not None and track.last_due > now - LOOKBACK
    )
    return max(tips, default=(episode.phase_stay.entered_at, 0))


def _has_the_day(other: Episode, episode: Episode, now: datetime) -> bool:
    """Tell if the tip of today is another episode's: it has told one, or has its turn after yesterday's of this one."""
    if not advice_now(other, now):
        return False
    there, here = _last_told(other, now)[0], _last_told(episode, now)[0]
    return _is_today(other, there, now) or (
        there < here and _is_today(episode, here, now - timedelta(days=1))
    )


def _is_today(episode: Episode, at: datetime, now: datetime) -> bool:
    return episode.place.waking_day(at) >= episode.place.waking_day(now)


def _holds(episode: Episode, advice: Advice, now: datetime) -> bool:
    return (
        (advice.begins is None or episode.opens(advice.begins) <= now)
        and (advice.until is None or episode.instant(advice.until) > now)
        and (advice.only_if is None or truth(advice.only_if, episode, now) is Truth.YES)
    )
