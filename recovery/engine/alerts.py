"""Alerts: red flags, a phase that is over its time, healing that takes too long."""

from collections.abc import Sequence
from datetime import timedelta

from recovery.engine import facts as f
from recovery.engine.episode import PAUSED, Alert, Episode, emergency_among, naming_option
from recovery.engine.facts import CueKey
from recovery.engine.gates import Held, Truth, deadline, healing_range, releasing
from recovery.engine.reasons import Remark, Sentences, Text
from recovery.engine.turn import Turn
from recovery.protocol.model import RedFlag
from recovery.protocol.terms import BY_RELEASE, CLEARED_BY, MODALITIES, Cites

_ALERTS = {
    "routine": Remark("routine"),
    "urgent": Remark("urgent"),
    "emergency": Remark("emergency"),
}
"""The titles of alerts, by their level."""

_TIME_TO_ANSWER = timedelta(hours=24)
"""The time a person has to answer, after entering a phase, before its deadline counts unanswered questions."""


def raise_alerts(turn: Turn) -> None:
    """Raise the red flags whose condition has become true, and what is over its time.

    In a pause, and while an emergency stands, only what presses. A routine one is over when its condition is false; the
    others stand until they are answered.
    """
    episode = turn.episode
    is_quiet = episode.state == PAUSED or emergency_among((episode, *turn.others)) is not None
    for flag in episode.tailored.red_flags:
        if flag.when is None or (is_quiet and flag.level == "routine"):
            continue
        raised = f"flag/{flag.id}"
        state = turn.truth(flag.when, episode)
        is_over_by_itself = flag.level == "routine" and not flag.waits_for_release
        if state is Truth.YES and not _is_known(episode, flag):
            raise_flag(turn, flag)
        elif state is Truth.NO and (
            raised in (*episode.answered, *episode.released)
            or (raised in episode.alerts and is_over_by_itself)
        ):
            turn.add(f.Alerted(id=raised, cleared=True))
    healing = episode.tailored.healing
    if healing is None or is_quiet:
        return
    if "healing/late" in episode.alerts or "healing/late" in episode.answered:
        return
    latest = healing_range(episode)[1]
    turn.look_at(latest)
    if latest <= turn.now:
        _alert(turn, "healing/late", healing.late.level, episode.text(healing.late.say), healing.cites)


def _is_known(episode: Episode, flag: RedFlag) -> bool:
    """Tell if a flag stands for this injury, or was answered by whose word it takes.

    One from before a setback is of another injury, and one of another text of the protocol may have stopped less.
    """
    raised = f"flag/{flag.id}"
    stands = episode.alerts.get(raised)
    if stands is not None:
        return stands.at >= episode.started_at and stands.cleared_by == flag.cleared_by
    return raised in (episode.released if flag.waits_for_release else episode.answered)


def raise_flag(turn: Turn, flag: RedFlag, by: str = "engine") -> None:
    """Raise a red flag: it stands from now on. An emergency stops all."""
    says = turn.episode.text(flag.say)
    suspends = MODALITIES if flag.level == "emergency" else flag.suspends
    _alert(turn, f"flag/{flag.id}", flag.level, says, flag.cites, suspends, flag.cleared_by, by)


def _alert(
    turn: Turn,
    id_: str,
    level: str,
    reason: Text,
    cites: Cites,
    suspends: Sequence[str] = (),
    cleared_by: str = CLEARED_BY[-1],
    by: str = "engine",
) -> None:
    refs = ", ".join(dict.fromkeys(ref for cited in cites.values() for ref in cited))
    title, body = _ALERTS[level], Sentences((reason, *turn.take_off(suspends)))
    if cleared_by == BY_RELEASE:
        which = naming_option(turn.episode, turn.others)
        command = releasing(id_.rpartition("/")[2], which)
        body = Sentences((*body.texts, Remark("release-it", command=command)))
    cue = turn.cue(
        CueKey.about(turn.episode.id, id_), "alert", title, body, turn.now, critical=level != "routine"
    )
    alerted = f.Alerted(
        id=id_,
        level=level,
        reason=reason,
        source=refs or "own",
        suspends=tuple(suspends),
        cleared_by=cleared_by,
        cue=cue,
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
