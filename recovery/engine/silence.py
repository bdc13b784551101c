"""Silence: what changes while a person neither answers nor acts, and that it is over with their first word."""

from datetime import datetime

from recovery.engine import facts as f
from recovery.engine.facts import ASKS, RESTS, CueKey
from recovery.engine.offers import end_holds
from recovery.engine.reasons import Remark, Sentences
from recovery.engine.turn import Turn


def mind_silence(turn: Turn) -> None:
    """Note that the person has been silent for so long that something changes; or that they are heard again.

    A word about any of their episodes counts for all. Nothing is claimed of the body.
    """
    episode = turn.episode
    if episode.tailored.silence is None:
        return
    heard_at = max(each.heard_at for each in (episode, *turn.others))
    state = _state(turn, heard_at)
    if state == episode.silence:
        return
    if not state:
        turn.add(f.Unheard(state="over", reason=Remark("heard-again")))
        return
    cue, reason = None, Remark("unheard-since", since=heard_at)
    if state == RESTS:
        end_holds(turn)
        body = Sentences((episode.text(episode.tailored.silence.say), Remark("to-wake")))
        key = CueKey.about(episode.id, "silence")
        cue = turn.cue(key, "phase", Remark("reminders-rest"), body, turn.now)
    turn.add(f.Unheard(state=state, reason=reason, cue=cue))


def _state(turn: Turn, heard_at: datetime) -> str:
    """Name the change that a silence since then has made by now, "" for none; look again when the next is due."""
    silence, episode = turn.episode.tailored.silence, turn.episode
    assert silence is not None
    for state, length in ((RESTS, silence.rests_after), (ASKS, silence.asks_after)):
        if length is not None:
            begins = episode.place.after(heard_at, length) + episode.not_passed(heard_at)
            if begins <= turn.now:
                return state
            turn.look_at(begins)
    return ""
