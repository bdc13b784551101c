"""The clock is a witness, not a judge: what it says is held against the steady clock and against the record.

The steady clock counts from the start of the machine, and nobody can set it. While the daemon keeps an eye on both, a
fact of the kind `clock` says by how much the one on the wall was set. Time on the steady clock has passed for certain;
more may have, where a virtual machine was stopped and went on later. So a session ends when either clock says so, and a
gap is over when both do. A clock that is far behind the record is doubted, and one that went far ahead while the steady
one did not: until it is right again time goes on from the record.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from recovery.engine.episode import MOMENT, ClockSeen, Episode
from recovery.engine.facts import ClockRead
from recovery.values import Value, replace

JUMP = timedelta(seconds=2)
"""By how much the two clocks may differ without that the one on the wall was set."""

DOUBTED = timedelta(days=1)
"""A clock further behind the record than this is wrong, or what was written last was.

So is one that was set forward by more than this, as the steady one tells."""

FAR = timedelta(days=730)
"""A clock further ahead of the record than this is wrong, even if nobody saw it being set: no course is as long."""


class Steady(Value):
    """A reading of the clock that nobody can set."""

    boot: str
    """The start of the machine from which it counts; "" where the system has no such clock."""
    ms: int
    """Milliseconds since then, the time asleep included."""
    watched: tuple[datetime, int] | None = None
    """Since when the daemon that lives has watched both clocks: what they said then; None where none does."""


NO_STEADY = Steady("", 0)
_NOTHING = timedelta(0)


class Testimony(Value):
    """The time by the clock, held against the steady one and the record."""

    now: datetime
    """The current time, for all that is decided and written."""
    says: datetime
    """The time by the clock."""
    is_doubted: bool = False
    news: ClockRead | None = None
    """The fact to write down of it."""
    set_by: timedelta = timedelta(0)
    """By how much it was set since that was last written down, where the steady clock tells."""
    believed_at: datetime | None = None
    """The time, by `now`, at which a doubted clock is no longer far behind; None: time alone ends no doubt."""


def heard(episodes: Sequence[Episode], says: datetime, steady: Steady) -> Testimony:
    """Judge the clock beside the record of one person."""
    seen = [e.clock for e in episodes if e.clock is not None]
    last = max(seen, key=lambda clock: clock.seq, default=None)
    written_at = max((e.written_at for e in episodes if e.written_at is not None), default=says)
    reading = _sure_reading(last, steady)
    by_steady = None if reading is None else reading.at + timedelta(milliseconds=steady.ms - reading.steady)
    set_by = timedelta(0) if by_steady is None or abs(says - by_steady) < JUMP else says - by_steady
    stands: dict[str, Any] = {"boot": steady.boot, "steady": steady.ms}

    # From where it was seen to go ahead, and no further than that.
    comes_back = reading is not None and set_by < timedelta(0) and reading.ahead + set_by > -JUMP
    is_ahead = _is_ahead(last, reading, set_by, steady) or (
        says > written_at + FAR and (by_steady is None or set_by > DOUBTED)
    )
    if is_ahead or (says < written_at - DOUBTED and not comes_back):
        goes_on = by_steady is not None and by_steady >= written_at - DOUBTED
        now = by_steady if by_steady is not None and goes_on else written_at + MOMENT
        is_told = (
            last is not None
            and last.doubted_since is not None
            and (last.boot, last.is_ahead) == (steady.boot, is_ahead)
        )
        doubted = ClockRead(**stands, set_by=_NOTHING, says=says, is_off=not goes_on)
        news = None if is_told else doubted
        believed_at = None if is_ahead else now + (written_at - DOUBTED - says)
        return Testimony(now, says, is_doubted=True, news=news, set_by=set_by, believed_at=believed_at)
    news = None
    if last is not None and _is_of_one_frame(last) and set_by:
        # What was written meanwhile is on the steady clock as all before: all of it moves together.
        news = ClockRead(**stands, set_by=set_by)
    elif last is not None and last.doubted_since is not None and not comes_back:
        # What was written meanwhile was written by the steady clock, or at some time from then until now.
        since_then = by_steady if by_steady is not None and set_by >= timedelta(0) else written_at
        late = max(timedelta(0), says - since_then)
        news = ClockRead(**stands, set_by=late, since=last.doubted_since)
    elif _is_put_right(last, steady, says, written_at) and last is not None and last.behind_since is not None:
        # Over a start of the machine nobody knows when it was: what was written since then may be of just now.
        late = says - last.behind_since
        news = ClockRead(**stands, set_by=late, since=last.behind_since)
    elif set_by < timedelta(0) or (set_by and (steady.watched is not None or _is_behind(last))):
        news = ClockRead(**stands, set_by=set_by)
    elif says < written_at - JUMP and steady.boot and (last is None or last.boot != steady.boot):
        news = ClockRead(**stands, set_by=_NOTHING, behind=written_at)
    return Testimony(says, says, news=news, set_by=set_by)


def _is_ahead(last: ClockSeen | None, reading: ClockSeen | None, set_by: timedelta, steady: Steady) -> bool:
    """Tell if the clock was set far forward, while the steady one tells what has really passed."""
    if reading is None or last is None or last.doubted_since is None:
        is_seen = reading is not None and steady.watched is not None
    else:
        is_seen = not last.is_off
    return is_seen and reading is not None and reading.ahead + set_by > DOUBTED and set_by > JUMP


def _is_behind(last: ClockSeen | None) -> bool:
    return last is not None and last.behind is not None


def _is_put_right(last: ClockSeen | None, steady: Steady, says: datetime, written_at: datetime) -> bool:
    """Tell if the clock was behind at an earlier start of the machine, and is not any more."""
    if last is None or last.behind is None or last.boot == steady.boot:
        return False
    return written_at <= last.behind <= says


def _is_of_one_frame(last: ClockSeen) -> bool:
    return last.doubted_since is not None and last.is_ahead and not last.is_off


def _sure_reading(last: ClockSeen | None, steady: Steady) -> ClockSeen | None:
    """Find the last reading of the clocks that is sure for this start of the machine.

    What went on while no daemon lived counts by the clock on the wall: a steady clock may have stood still.
    """
    if last is not None and (last.boot != steady.boot or not last.boot or last.steady > steady.ms):
        return _watched(steady) if last.doubted_since is None else None
    watched = _watched(steady)
    if last is None or watched is None or last.doubted_since is not None or last.steady >= watched.steady:
        return last if last is not None else watched
    between = watched.at - last.at - timedelta(milliseconds=watched.steady - last.steady)
    return replace(watched, ahead=last.ahead) if abs(between) < JUMP else watched


def _watched(steady: Steady) -> ClockSeen | None:
    if steady.watched is None or not steady.boot or steady.watched[1] > steady.ms:
        return None
    return ClockSeen(steady.boot, steady.watched[1], steady.watched[0])
