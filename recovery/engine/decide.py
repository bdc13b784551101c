"""The decisions at a moment: `turn` brings an episode up to `now`, and says when to look again.

A turn is a function of (episode, now) and of the person's other episodes, whose sessions the limits count.
`turn` may be called at any time and as often as one likes: what has its fact does not happen again.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from recovery.engine import facts as f
from recovery.engine.alerts import raise_alerts
from recovery.engine.episode import ACTIVE, PAUSED, Episode, Session, emergency_among
from recovery.engine.facts import RESTS, CueKey
from recovery.engine.limits import overrun, overrun_remarks
from recovery.engine.offers import end_holds_of_the_day, offer_what_is_due, suggested_with_end
from recovery.engine.phases import change_phase, change_step, offer_way_back
from recovery.engine.reasons import Remark, Sentences
from recovery.engine.silence import mind_silence
from recovery.engine.turn import Turn, Turned

_ASTRAY = timedelta(seconds=2)
"""Two processes may write down their moments in the wrong order by this much, though no clock was set."""

_MOST_PASSES = 8
"""The most passes over the rules in one turn. One that changes the episode is followed by another, mostly the last."""


def turn(
    episode: Episode, now: datetime, others: Sequence[Episode] = (), *, is_clock_doubted: bool = False
) -> Turned:
    """Decide everything that has become due by `now`: as facts, with the episode after them.

    The end of a session under way comes first, whatever else is the matter. By a clock that is doubted nothing opens,
    moves or is offered; what presses is told all the same.
    """
    turn = Turn(episode, now, others)
    for _ in range(_MOST_PASSES):
        made = len(turn.facts)
        turn.look_again_at = None
        _pass(turn, is_clock_doubted=is_clock_doubted)
        if len(turn.facts) == made:  # what a rule waits for counts where nothing changed after it had spoken
            break
    return turn.turned


def _pass(turn: Turn, *, is_clock_doubted: bool) -> None:
    _end_sessions(turn)
    if turn.episode.is_over:
        return
    if is_clock_doubted:
        raise_alerts(turn)
        return
    end_holds_of_the_day(turn)
    if not _is_emergency(turn):
        _end_pause(turn)
    if turn.episode.state == ACTIVE and not _is_emergency(turn):
        mind_silence(turn)
    raise_alerts(turn)
    if turn.episode.state == ACTIVE and turn.episode.silence == RESTS:
        return
    if turn.episode.state == ACTIVE and not _is_emergency(turn):
        change_phase(turn)
    if turn.episode.state == ACTIVE and not _is_emergency(turn):
        offer_way_back(turn)
        change_step(turn)
    if turn.episode.state == ACTIVE:
        offer_what_is_due(turn)  # what an emergency stops is withheld, so that nothing of it is caught up


def _is_emergency(turn: Turn) -> bool:
    """Tell if an emergency stands in any of the person's episodes: nothing moves on meanwhile."""
    return emergency_among((turn.episode, *turn.others)) is not None


def _end_pause(turn: Turn) -> None:
    ends = turn.episode.paused_until
    if turn.episode.state != PAUSED or ends is None:
        return
    turn.look_at(ends)
    if ends <= turn.now:
        title, body = Remark("pause-over"), Remark("why-reminders")
        turn.add(f.Resumed(cue=turn.cue(CueKey("resumed"), "phase", title, body, turn.now)))


def end_sessions(episode: Episode, now: datetime, others: Sequence[Episode] = ()) -> Turned:
    """Take the first part of a turn. Of several episodes all take this part first.

    The limits of each count the sessions of the others, from their real end.
    """
    turn = Turn(episode, now, others)
    _end_sessions(turn)
    return turn.turned


def is_end_due(session: Session, now: datetime) -> bool:
    """Tell if a session is on, and its end has to be told."""
    # One that began later than now was begun under a clock that was set back: how long it has been on nobody knows.
    return session.ended_at is None and (session.ends_at <= now or session.began_at > now + _ASTRAY)


def _end_sessions(turn: Turn) -> None:
    """End every session whose time is up; say how late."""
    for session in turn.episode.ledger:
        if session.ended_at is None and not is_end_due(session, turn.now):
            turn.look_at(session.ends_at)
        elif session.ended_at is None:
            late = overrun(session, turn.now)
            activity = turn.episode.treatment_of(session)
            title = turn.episode.title_of(session)
            end = turn.episode.text(activity.steps[session.step].end)
            cue = turn.cue(
                CueKey.end_of(session.occurrence),
                "end",
                Remark("stop", title=title),
                Sentences((end, *overrun_remarks(session, late), *suggested_with_end(turn, session))),
                min(turn.now, session.began_at + session.planned),
                critical=True,
            )
            turn.add(f.Ended(**session.as_fields, overrun=late, cue=cue))
