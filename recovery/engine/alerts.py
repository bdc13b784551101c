"""Alerts: red flags, a phase that is over its time, healing that takes too long."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from recovery.engine import facts as f
from recovery.engine.episode import PAUSED, Episode, emergency_among, naming_option, open_signs
from recovery.engine.facts import CueKey
from recovery.engine.gates import Held, Truth, deadline, healing_range, releasing
from recovery.engine.reasons import Remark, Sentences, Statement, Text
from recovery.engine.sides import is_same_place
from recovery.engine.turn import Turn
from recovery.protocol.model import CheckIn, Escalation, RedFlag
from recovery.protocol.terms import BY_RELEASE, CLEARED_BY, MODALITIES, Cites, Condition, comparisons

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
    is_stopped = emergency_among((episode, *turn.others)) is not None
    is_quiet = episode.state == PAUSED or episode.silence == f.RESTS or is_stopped
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
    latest = healing_range(episode)[1]
    turn.look_at(latest)
    if latest <= turn.now:
        _escalate(turn, "healing/late", healing.late, healing.cites)


def _is_known(episode: Episode, flag: RedFlag) -> bool:
    """Tell if a flag stands for this injury, or was answered by whose word it takes.

    One from before a setback is of another injury, and one of another text of the protocol may have stopped less.
    """
    raised = f"flag/{flag.id}"
    stands = episode.alerts.get(raised)
    if stands is not None:
        return stands.at >= episode.started_at and stands.cleared_by == flag.cleared_by
    return raised in (episode.released if flag.waits_for_release else episode.answered)


def is_asked(turn: Turn, name: str) -> bool:
    """Tell if a red flag is a sign that has come to be asked, and that nobody has answered."""
    return any(each.id == name for each in open_signs(turn.episode, turn.now, turn.others))


def answer_alert(turn: Turn, id_: str, *, because: str = "", word: f.Word | None = None) -> None:
    """End an alert on the person's word, or on a professional's."""
    turn.add(f.Alerted(id=id_, cleared=True, because=because, word=word), "person")


def raise_flag(turn: Turn, flag: RedFlag, by: str = "engine") -> tuple[Statement, ...]:
    """Raise a red flag: it stands from now on. An emergency stops all.

    Returns the words on the sessions under way that have to end.
    """
    says = turn.episode.text(flag.say)
    suspends = MODALITIES if flag.level == "emergency" else flag.suspends
    return _alert(turn, f"flag/{flag.id}", flag.level, says, flag.cites, suspends, flag.cleared_by, by)


def _take_off(turn: Turn, level: str, suspends: Sequence[str]) -> tuple[Statement, ...]:
    """Say that what an alert stops has to end, in all episodes about the place; an emergency binds them wherever."""
    place = turn.episode.tailored.region, turn.episode.side
    running = [turn.episode, *(each for each in turn.others if not each.is_over)]
    bound = [each for each in running if level == "emergency" or is_same_place(*place, each)]
    return turn.end_now(each for each in bound if each.under_way and each.under_way.modality in suspends)


def _alert(
    turn: Turn,
    id_: str,
    level: str,
    reason: Text,
    cites: Cites,
    suspends: Sequence[str] = (),
    cleared_by: str = CLEARED_BY[-1],
    by: str = "engine",
) -> tuple[Statement, ...]:
    refs = ", ".join(dict.fromkeys(ref for cited in cites.values() for ref in cited))
    ending = _take_off(turn, level, suspends)
    title, body = _ALERTS[level], Sentences((reason, *ending))
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
    return ending


def raise_deadline_alert(turn: Turn, held: Held) -> None:
    """Raise the alert of a phase that is over its time, or of the first one that has waited too long to begin.

    Unanswered questions get `_TIME_TO_ANSWER` first; then it is told that they are open, and nothing of the body.
    """
    episode, stay = turn.episode, turn.episode.phase_stay
    phase, late = episode.phase, deadline(episode)
    told: Escalation | None = phase.at_most
    if stay.phase is None:
        told = phase.waits
        late = None if phase.waits is None else episode.place.after(stay.entered_at, phase.waits.after)
    turn.look_at(late)
    if told is None or late is None or late > turn.now:
        return
    kind = "wait" if stay.phase is None else "phase"
    if held.is_decided or not _unheard(turn, held):
        _clear(turn, f"unheard/{phase.id}")
        _escalate(turn, f"{kind}/{phase.id}", told, phase.cites, since=stay.entered_at)
        return
    if f"{kind}/{phase.id}" in (*episode.alerts, *episode.answered):
        return  # it was told by answers, and an answer that grows old takes nothing back
    unanswered_until = max(stay.entered_at + _TIME_TO_ANSWER, *_answered_until(turn, held))
    turn.look_at(unanswered_until)
    if unanswered_until <= turn.now:
        words = episode.text(told.unanswered) if told.unanswered else Remark("not-heard")
        _escalate(turn, f"unheard/{phase.id}", told, phase.cites, since=stay.entered_at, words=words)


def _unheard(turn: Turn, held: Held) -> set[str]:
    """Find what is not known of a way out and asked now: a test of a later step waits for no answer yet."""
    subjects = {
        comparison.subject
        for need in held.unmet
        if need.state is Truth.UNKNOWN and isinstance(need.condition, Condition)
        for comparison in comparisons(need.condition)
    }
    check_ins = (each for each in turn.episode.phase.activities if isinstance(each, CheckIn))
    return subjects & {name for each in check_ins for name in each.asks}


def _answered_until(turn: Turn, held: Held) -> Iterator[datetime]:
    """Until when the last answers to what holds it are as good as known: somebody answers a little later some day."""
    yield turn.episode.phase_stay.entered_at
    given = [turn.episode.answers.get(subject, ()) for subject in _unheard(turn, held)]
    if given and all(given):
        yield min(answers[-1].at for answers in given) + 2 * _TIME_TO_ANSWER


def _escalate(
    turn: Turn,
    id_: str,
    told: Escalation,
    cites: Cites,
    *,
    since: datetime | None = None,
    words: Text = "",
) -> None:
    """Tell that something is over its time, once, or again and again until the person has answered it.

    One from before `since` is of another stay. `words` are told where nobody has answered: that never rises, as nothing
    is known to be worse.
    """
    stands = turn.episode.alerts.get(id_)
    if id_ in turn.episode.answered:
        return
    level = told.level
    if stands is not None and (since is None or stands.at >= since):
        if told.again is None:
            return
        again = turn.episode.place.after(stands.at, told.again)
        turn.look_at(again)
        if again > turn.now:
            return
        level = level if words else told.rises or level
    _alert(turn, id_, level, words or turn.episode.text(told.say), cites)


def clear_deadline(turn: Turn) -> None:
    """Clear the alerts of a phase that was over its time, as the phase is left, or begins at last."""
    for kind in ("phase", "unheard", "wait"):
        _clear(turn, f"{kind}/{turn.episode.phase.id}")


def _clear(turn: Turn, id_: str) -> None:
    if id_ in turn.episode.alerts or id_ in turn.episode.answered:
        turn.add(f.Alerted(id=id_, cleared=True))
