"""Alerts: red flags, a phase that is over its time, healing that takes too long."""

from collections.abc import Sequence
from datetime import timedelta

from recovery.engine import facts as f
from recovery.engine.episode import PAUSED, Alert
from recovery.engine.facts import CueKey
from recovery.engine.gates import Held, Truth, deadline, healing_range
from recovery.engine.reasons import Remark, Sentences, Text
from recovery.engine.turn import Turn
from recovery.protocol.model import RedFlag
from recovery.protocol.terms import Cites

_ALERTS = {
    "routine": Remark("routine"),
    "urgent": Remark("urgent"),
    "emergency": Remark("emergency"),
}
"""The titles of alerts, by their level."""

_TIME_TO_ANSWER = timedelta(hours=24)
"""The time a person has to answer, after entering a phase, before its deadline counts unanswered questions."""


def raise_alerts(turn: Turn) -> None:
    """Raise the red flags whose condition has become true, and what is over its time; in a pause only what presses.

    A routine one is over when its condition is false; the others stand until the person has answered them.
    """
    episode = turn.episode
    for flag in episode.tailored.red_flags:
        if flag.when is None or (episode.state == PAUSED and flag.level == "routine"):
            continue
        raised = f"flag/{flag.id}"
        state = turn.truth(flag.when, episode)
        stands = episode.alerts.get(raised)
        # One from before a setback is of another injury: of this one it is told anew.
        is_known = raised in episode.answered or (stands is not None and stands.at >= episode.started_at)
        if state is Truth.YES and not is_known:
            raise_flag(turn, flag)
        elif state is Truth.NO and (
            raised in episode.answered or (raised in episode.alerts and flag.level == "routine")
        ):
            turn.add(f.Alerted(id=raised, cleared=True))
    healing = episode.tailored.healing
    if healing is None or episode.state == PAUSED:
        return
    if "healing/late" in episode.alerts or "healing/late" in episode.answered:
        return
    latest = healing_range(episode)[1]
    turn.look_at(latest)
    if latest <= turn.now:
        _alert(turn, "healing/late", healing.late.level, episode.text(healing.late.say), healing.cites)


def raise_flag(turn: Turn, flag: RedFlag, by: str = "engine") -> None:
    """Raise a red flag: it stands from now on."""
    says = turn.episode.text(flag.say)
    _alert(turn, f"flag/{flag.id}", flag.level, says, flag.cites, flag.suspends, by)


def _alert(
    turn: Turn,
    id_: str,
    level: str,
    reason: Text,
    cites: Cites,
    suspends: Sequence[str] = (),
    by: str = "engine",
) -> None:
    refs = ", ".join(dict.fromkeys(ref for cited in cites.values() for ref in cited))
    title, body = _ALERTS[level], Sentences((reason, *turn.take_off(suspends)))
    cue = turn.cue(
        CueKey.about(turn.episode.id, id_), "alert", title, body, turn.now, critical=level != "routine"
    )
    alerted = f.Alerted(
        id=id_, level=level, reason=reason, source=refs or "own", suspends=tuple(suspends), cue=cue
    )
    turn.add(alerted, by)


def raise_deadline_alert(turn: Turn, held: Held) -> None:
    """Raise the alert of a phase that is over its time; unanswered questions get `_TIME_TO_ANSWER` first."""
    phase, late = turn.episode.phase_stay.phase, deadline(turn.episode)
    turn.look_at(late)
    if phase is None or phase.at_most is None or late is None or late > turn.now:
        return
    id_ = f"phase/{phase.id}"
    stands: Alert | None = turn.episode.alerts.get(id_)
    if id_ in turn.episode.answered or (
        stands is not None and stands.at >= turn.episode.phase_stay.entered_at
    ):
        return
    unanswered_until = turn.episode.phase_stay.entered_at + _TIME_TO_ANSWER
    turn.look_at(unanswered_until)
    if held.is_decided or unanswered_until <= turn.now:
        _alert(turn, id_, phase.at_most.level, turn.episode.text(phase.at_most.say), phase.cites)


def clear_deadline(turn: Turn) -> None:
    """Clear the alert of a phase that was over its time, as the phase is left."""
    id_ = f"phase/{turn.episode.phase.id}"
    if id_ in turn.episode.alerts or id_ in turn.episode.answered:
        turn.add(f.Alerted(id=id_, cleared=True))
