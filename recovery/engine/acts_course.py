"""The rules of the acts on the course of an episode: pauses, a change of place, steps and phases, the end."""

from collections.abc import Sequence
from datetime import datetime

from recovery.engine import facts as f
from recovery.engine.acts import Advance, Choose, Move, Pause, Resume, StayUp, StepBack, Stop
from recovery.engine.choices import ChosenValue, choosables_of, fitting, written
from recovery.engine.episode import ACTIVE, PAUSED, only_assumed
from recovery.engine.facts import Offer
from recovery.engine.gates import (
    Need,
    Truth,
    binds_until,
    flag_stands,
    gate_needs,
    open_reasons,
    pressing,
    releasing,
    standing,
    step_needs,
    unmet_reason,
)
from recovery.engine.phases import go_back, leave, take_step
from recovery.engine.reasons import Remark
from recovery.engine.turn import Refused, Turn, Verdict, accepted, or_none, overtaken, word_of
from recovery.zones import is_known, is_lost

# Pauses and places ------------------------------------------------------------------------------


def pause_reminders(turn: Turn, act: Pause) -> Verdict:
    until = act.until if act.length is None else turn.episode.place.after(turn.now, act.length)
    if until is not None and until <= turn.now:
        return Refused(Remark("not-later"))
    turn.add(f.Paused(until=until, because=act.because), "person")
    when = "recovery resume" if until is None else until
    return accepted(turn, Remark("paused-until", when=when), Remark("counting-goes-on"), *_still_told(turn))


def _still_told(turn: Turn) -> list[Remark]:
    """Say that the end cue of the session under way comes all the same."""
    on = turn.episode.under_way
    return [Remark("end-still-told")] if on else []


def resume_reminders(turn: Turn, _act: Resume) -> Verdict:
    if turn.episode.state != PAUSED and turn.episode.silence != f.RESTS:
        return Refused(Remark("not-paused", episode=turn.episode.id))
    turn.add(f.Resumed(), "person")
    return accepted(turn, Remark("resumed"))


def move_to_zone(turn: Turn, act: Move) -> Verdict:
    episode, before = turn.episode, turn.episode.place.zone
    if not is_known(act.zone):
        return Refused(Remark("no-such-zone", name=act.zone))
    if (act.zone, act.follows) == (before.key, episode.travels) and not is_lost(before):
        return Refused(Remark("in-zone-already", episode=episode.id, zone=act.zone))
    turn.add(f.ZoneChanged(zone=act.zone, before=before.key, follows=act.follows), "person")
    return accepted(turn, Remark("moved", episode=episode.id, zone=act.zone))


def stay_up(turn: Turn, act: StayUp) -> Verdict:
    place = turn.episode.place
    day = place.evening(turn.now)
    bedtime = place.window(day)[1]
    if place.late is not None and place.late[0] == day:
        return Refused(Remark("up-late-already", until=bedtime))
    until = None if act.until is None else place.put_off(day, act.until)
    if until is None or until <= turn.now:
        return Refused(Remark("not-this-evening", bedtime=bedtime, latest=place.latest_bedtime(day)))
    turn.add(f.StaysUp(day=day, until=until), "person")
    return accepted(turn, Remark("up-until", until=until))


def choose_within(turn: Turn, act: Choose) -> Verdict:
    """Within the range of the file alone, and a time of day while the person is awake. Limits are not moved by it."""
    offered, place = choosables_of(turn.episode), turn.episode.place
    of_it = [each for each in offered if each.activity.id == act.activity]
    if not of_it:
        names = tuple(dict.fromkeys(each.activity.id for each in offered))
        return Refused(Remark("nothing-to-choose", name=act.activity, known=or_none(names)))
    title = of_it[0].activity.title
    fits = fitting(of_it, act.value)
    if fits is None:
        ranges = tuple(each.said_range for each in of_it)
        return Refused(Remark("not-to-choose", title=title, value=act.value, reasons=ranges))
    choosable, chosen = fits
    today = place.waking_day(turn.now)
    for moment in chosen if isinstance(chosen, tuple) else ():
        if not place.is_awake(place.moment(today, moment)):
            return Refused(Remark("not-awake-then", when=str(moment)))
    turn.add(f.Chosen(activity=act.activity, key=choosable.of, value=written(chosen)), "person")
    return accepted(turn, _chosen(title, choosable.of, chosen))


def _chosen(title: str, of: str, chosen: ChosenValue) -> Remark:
    """Say what holds from now on."""
    value = written(chosen)
    match of, chosen:
        case _, tuple():
            return Remark("chosen-at", title=title, value=value)
        case "every", _:
            return Remark("chosen-every", title=title, value=value)
        case "duration", _:
            return Remark("chosen-duration", title=title, value=value)
    return Remark("chosen-per_day", title=title, value=value)


# On and back ------------------------------------------------------------------------------------


def advance_course(turn: Turn, act: Advance) -> Verdict:
    """To the next phase or step: confirmed where its gate is open, on somebody's word where that may be.

    A word stands in for conditions only, and for those that the protocol lets it pass. Nobody's word
    stands in for a least time, nor while an urgent red flag stands.
    """
    episode, by = turn.episode, act.by.strip()
    if episode.state != ACTIVE:
        return Refused(Remark("paused"))
    if refused := overtaken(act.about, _offer_since(turn, episode.phase_stay.offered_at)):
        return refused
    flags = standing(episode)
    if flags:
        return Refused(flag_stands(episode, flags[0], turn.others))
    word = word_of(turn, by, act.on, episode.onset)
    if isinstance(word, Refused):
        return word
    is_step = episode.rung is not None and episode.phase_stay.rung + 1 < len(episode.phase.ladder)
    needs = step_needs(episode, turn.now) if is_step else gate_needs(episode, turn.now)
    unmet = [need for need in needs if need.state is not Truth.YES]
    if unmet and (refused := _not_passed(turn, unmet, by, act.because, is_step=is_step)):
        return refused
    why = _why(act.because, word)
    if is_step:
        up = episode.phase_stay.rung + 1
        take_step(turn, up, (why,), "person", word)
        return accepted(turn, Remark("now-on-step", step=up + 1, title=episode.phase.ladder[up].title))
    on = episode.under_way
    if episode.next_phase is None and on is not None:
        return Refused(Remark("session-on"), on.ends_at)
    reasons = [unmet_reason(need) for need in unmet] or open_reasons(needs)
    leave(turn, (*reasons, why), "person", word)
    if turn.episode.is_over:
        return accepted(turn, Remark("completed", title=turn.episode.tailored.title))
    return accepted(turn, Remark("now-in-phase", phase=turn.episode.phase.title))


def _why(because: str, word: f.Word | None) -> Remark:
    """The reason for going on: a professional's word, the person's own reason, or both."""
    own = Remark("own-reason", reason=because)
    if word is None:
        return own if because else Remark("confirmed")
    said = Remark("on-the-word", name=word.by, day=word.on.isoformat())
    return Remark("both", reasons=(said, own)) if because else said


def _not_passed(turn: Turn, unmet: Sequence[Need], by: str, because: str, *, is_step: bool) -> Refused | None:
    """Refuse where nothing that was said passes a shut gate; None where it does."""
    episode = turn.episode
    shut = tuple(unmet_reason(need) for need in unmet)
    binding = [need for need in unmet if not need.is_passable]
    if binding:
        times = [need.met_at for need in binding if need.met_at is not None]
        earliest = max(times) if len(times) == len(binding) else None
        if episode.next_phase is None and not is_step:
            return Refused(Remark("too-early-to-finish", reasons=shut), earliest)
        return Refused(Remark("gate-passed-by-no-word", reasons=shut), earliest)
    urgent, whose = pressing(episode), episode.phase.may_pass
    if urgent:
        return Refused(flag_stands(episode, urgent[0], turn.others))
    if whose == "nobody":
        return Refused(Remark("gate-passed-by-nobody", reasons=shut))
    if by and whose == "professional":
        return None
    if any(need.state is Truth.UNKNOWN for need in unmet):
        return Refused(Remark("gate-needs-answers", reasons=shut))
    if by:
        return None
    if whose == "professional":
        return Refused(Remark("gate-needs-professional", reasons=shut))
    if not because:
        return Refused(Remark("gate-needs-reason", reasons=shut))
    return None


def take_step_back(turn: Turn, act: StepBack) -> Verdict:
    episode = turn.episode
    if episode.state != ACTIVE:
        return Refused(Remark("paused"))
    if refused := overtaken(act.about, _offer_since(turn, episode.phase_stay.way_back_at)):
        return refused
    back = episode.phase.back_to
    why = Remark("own-reason", reason=act.because) if act.because else Remark("stepped-back")
    index = episode.phase_stay.index - 1
    if episode.phase_stay.way_back and back is not None:
        ids = [phase.id for phase in episode.tailored.phases]
        if back.phase not in ids:
            return Refused(Remark("protocol-of-its-own", protocol=back.phase))
        index = ids.index(back.phase)
    elif episode.rung is not None and episode.phase_stay.rung > 0:
        down = episode.phase_stay.rung - 1
        take_step(turn, down, (why,), "person")
        return accepted(turn, Remark("back-on-step", step=down + 1, title=episode.phase.ladder[down].title))
    if index < 0:
        return Refused(Remark("first-phase"))
    go_back(turn, index, why, "person", anew=True)
    return accepted(turn, Remark("back-in-phase", phase=turn.episode.phase.title))


def _offer_since(turn: Turn, at: datetime | None) -> Offer:
    return Offer() if at is None else Offer.of(turn.episode.id, turn.episode.phase.id, at)


# The end ----------------------------------------------------------------------------------------


def stop_episode(turn: Turn, act: Stop) -> Verdict:
    turn.add(f.Stopped(because=act.because, binds_until=binds_until(turn.episode)), "person")
    return accepted(
        turn,
        Remark("stopped", episode=turn.episode.id),
        *_still_binds(turn),
        *_still_counts(turn),
        *_still_told(turn),
    )


def _still_binds(turn: Turn) -> list[Remark]:
    """Say of each sign that waits for a release that it does so still, and with which command that is told."""
    return [
        Remark("still-binds", text=alert.reason, command=releasing(alert.name, f" -e {turn.episode.id}"))
        for alert in turn.episode.waiting
    ]


def _still_counts(turn: Turn) -> list[Remark]:
    """Say that the last session of today, which is only assumed, binds, and how the person takes that away."""
    episode, day = turn.episode, turn.episode.place.waking_day
    last = max(episode.ledger, key=lambda session: session.began_at, default=None)
    if last is None or not only_assumed(last) or day(last.began_at) != day(turn.now):
        return []
    warning = Remark(
        "assumed-counts",
        title=episode.title_of(last),
        when=last.began_at,
        command=f"recovery skip {last.activity}",
    )
    return [warning]
