"""The rules of the acts on sessions, and on whatever else a cue asks for."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import TypeVar

from recovery.engine import facts as f
from recovery.engine.acts import SNOOZE, Begin, End, MarkDone, OfActivity, Skip, Snooze
from recovery.engine.cadence import LONGEST_SPACING, dues
from recovery.engine.episode import (
    PAUSED,
    RECENT,
    Episode,
    Session,
    naming_option,
    only_assumed,
)
from recovery.engine.facts import LONGEST_ON, NO_OCCURRENCE, Fact, Occurrence
from recovery.engine.limits import (
    Block,
    assuming_planned_ends,
    blocked_by,
    earliest_allowed,
    longest,
)
from recovery.engine.offers import out_of_time, withheld_by
from recovery.engine.questions import screenings_now
from recovery.engine.reasons import Remark, Text
from recovery.engine.sides import is_same_place
from recovery.engine.turn import Refused, Turn, Verdict, accepted, ahead, or_none, over, overtaken
from recovery.protocol.model import (
    Activity,
    Checklist,
    Hold,
    Reminder,
    ScreenQuestion,
    Step,
    Timed,
    Treatment,
    modalities,
)
from recovery.protocol.terms import Every
from recovery.values import replace

A = TypeVar("A", bound=Activity)


# Beginning --------------------------------------------------------------------------------------


def begin_session(turn: Turn, act: Begin) -> Verdict:
    activity = _session_meant(turn, act)
    if isinstance(activity, Refused):
        return activity
    episode = turn.episode
    if episode.state == PAUSED:
        return Refused(Remark("paused"))
    if episode.phase_stay.phase is None:
        return Refused(Remark("phase-not-begun", phase=episode.phase.id))
    track = episode.track(activity.id)
    current = _session(turn, activity.id, is_over=False)
    occurrence = current.occurrence if current else _offered(turn, activity)
    if refused := overtaken(act.about, occurrence):
        return refused
    if current is not None and current.is_said:
        return Refused(Remark("on-already", title=activity.title, when=current.ends_at))
    if current is not None:
        activity = episode.treatment_of(current)  # its own, not a namesake in the phase that came after
    elif activity not in episode.phase.activities:
        return Refused(Remark("of-earlier-phase", title=activity.title))
    step = activity.steps[current.step if current else track.step]
    if act.activity not in (None, activity.id, step.modality):
        return Refused(
            Remark("other-step-next", title=activity.title, modality=step.modality, other=act.activity)
        )
    for question in episode.pinned.screen:  # of one that is assumed to be on as well
        if step.modality in question.forbids and episode.screening(question.id) == "yes":
            return _left_out(turn, activity.title, question)
    if current is not None and not _is_current(turn, current):
        blocked = _blocked_in_both(turn, activity, current, step)
    else:
        blocked = withheld_by(episode, activity, turn.now, turn.others, occurrence)
    if blocked is not None:
        earliest = None
        if blocked.until is not None:
            earliest = earliest_allowed(
                episode, step, turn.now, turn.others, occurrence, max(blocked.until, turn.now)
            )
        return _blocked(turn, activity, blocked.reason, earliest)
    if current is None:
        current = _offer_early(turn, activity, occurrence)
    else:  # begun later than it was offered, it may have to be shorter to be over by bedtime
        current = replace(current, planned=min(current.planned, episode.length_of(step, turn.now)))
    turn.add(f.Begun(**current.as_fields), "person")
    message = Remark(
        "begun", text=episode.text(step.start), length=current.planned, when=turn.now + current.planned
    )
    return accepted(turn, message)


def _offered(turn: Turn, activity: Treatment) -> Occurrence:
    """The occurrence that waits to be begun, put off or suggested; none where a session would be one of its own."""
    track = turn.episode.track(activity.id)
    has_been = any(session.occurrence == track.occurrence for session in turn.episode.ledger)
    is_suggested = activity.is_optional and track.is_open and not has_been
    return track.occurrence if track.snoozed_until or is_suggested else NO_OCCURRENCE


def _blocked_in_both(turn: Turn, activity: Treatment, current: Session, step: Step) -> Block | None:
    """Find what forbids a session of an earlier phase to begin now: the limits of both phases bind it."""
    episode = turn.episode
    earlier = replace(episode.phase_stay, phase=episode.tailored.phase(current.phase))
    in_both = (episode, replace(episode, phase_stay=earlier))
    blocks = (blocked_by(each, step, turn.now, turn.others, current.occurrence) for each in in_both)
    limited = longest(blocked for blocked in blocks if blocked is not None)
    if activity.until is not None and turn.now + current.planned > episode.instant(activity.until):
        return out_of_time(activity.until, limited)
    return limited


def _blocked(turn: Turn, activity: Treatment, reason: Text, earliest: datetime | None) -> Refused:
    """Refuse what is in the way of; say so where nothing is but a session that is only assumed."""
    own = _session(turn, activity.id, is_over=True)
    last = (turn.episode, own) if own is not None else _of_an_ended_episode(turn, activity)
    if last is not None and only_assumed(last[1]):

        def left(episode: Episode) -> Episode:
            return replace(episode, ledger=tuple(each for each in episode.ledger if each is not last[1]))

        others = [left(other) for other in turn.others]
        if withheld_by(left(turn.episode), activity, turn.now, others) is None:
            reason = Remark(
                "blocked-by-assumed",
                reason=reason,
                command=f"recovery skip {activity.id}{naming_option(turn.episode, turn.others)}",
            )
    return Refused(reason, earliest)


def _offer_early(turn: Turn, activity: Treatment, occurrence: Occurrence) -> Session:
    """Offer a session that the person begins before any cue: no cue is needed."""
    track = turn.episode.track(activity.id)
    step = activity.steps[track.step]
    day = turn.episode.place.waking_day(turn.now)
    offered = f.Offered(
        phase=turn.episode.phase.id,
        activity=activity.id,
        occurrence=occurrence or turn.episode.next_occurrence(activity.id, day),
        due_at=_due_of_early(turn, activity),
        day=day,
        modality=step.modality,
        length=turn.episode.length_of(step, turn.now),
        step=track.step,
    )
    turn.add(offered, "person")
    session = _session(turn, activity.id, is_over=False)
    assert session is not None
    return session


def _due_of_early(turn: Turn, activity: Treatment) -> datetime:
    """Compute the due time of a session that begins now: the next time if it is nearer than the last, else now."""
    track, entered_at = turn.episode.track(activity.id), turn.episode.phase_stay.entered_at
    if track.step > 0 or isinstance(activity.cadence, Every):
        return turn.now
    coming = _coming(turn, activity)
    last = max(track.last_due or entered_at, entered_at)
    return coming if coming is not None and coming - turn.now < turn.now - last else turn.now


# Ending -----------------------------------------------------------------------------------------


def end_session(turn: Turn, act: End) -> Verdict:
    if refused := ahead(turn, act.at):
        return refused
    at = act.at or turn.now
    activity = _session_meant(turn, act)
    if isinstance(activity, Refused):
        return activity
    current = _session(turn, activity.id, is_over=False) or _session(turn, activity.id, is_over=True)
    if refused := overtaken(act.about, current.occurrence if current else NO_OCCURRENCE):
        return refused
    if current is None:
        return Refused(Remark("not-on", title=activity.title))
    if current.is_confirmed:
        return Refused(Remark("ended-already", title=activity.title))
    is_length_known = at >= current.began_at
    if act.at is not None and not is_length_known:
        return Refused(Remark("began-later", when=current.began_at))
    took = max(timedelta(0), at - current.began_at)
    late = max(timedelta(0), took - current.planned)
    # Said to be on it may have been on as long as planned: no later word makes a gap begin earlier.
    counts_from = max(at, min(turn.now, current.ends_at)) if current.is_said else at
    later = None if counts_from == at else counts_from
    turn.add(f.Ended(**current.as_fields, overrun=late, counts_from=later), "person", at)
    is_length_known = is_length_known and not current.is_lost and late <= LONGEST_ON
    ended = _ended(activity.title, took if is_length_known else None, late)
    if counts_from - at < timedelta(minutes=1):
        return accepted(turn, ended)
    return accepted(turn, ended, Remark("counts-until", when=counts_from))


def _ended(title: str, took: timedelta | None, late: timedelta) -> Remark:
    """Say that a session ended, after how long (None: unknown), and by how much that was too long."""
    if took is None:
        return Remark("ended-unknown", title=title)
    if late < timedelta(minutes=1):
        return Remark("ended", title=title, length=took)
    return Remark("ended-late", title=title, length=took, over=late)


def mark_done(turn: Turn, act: MarkDone) -> Verdict:
    kinds = Treatment | Reminder | Hold | Checklist
    here = [each for each in turn.episode.phase.activities if isinstance(each, kinds)]
    activity = _meant(turn, act, here, _of_earlier_phases(turn))
    if isinstance(activity, Refused):
        return activity
    track = turn.episode.track(activity.id)
    current = _session(turn, activity.id, is_over=False)
    if current is not None:
        ended = end_session(turn, End(activity.id, act.about))
        if isinstance(ended, Refused):
            return ended
    else:
        current = _session(turn, activity.id, is_over=True)
    session = current if current is not None and not current.is_confirmed else None
    if refused := overtaken(act.about, (session or track).occurrence):
        return refused
    if session is None and not track.is_open:
        return Refused(Remark("nothing-to-do", title=activity.title))
    done = f.Done(
        phase=session.phase if session else turn.episode.phase.id,
        activity=activity.id,
        occurrence=(session or track).occurrence,
    )
    turn.add(done, "person")
    return accepted(turn, Remark("done", title=activity.title))


# Leaving out and putting off ----------------------------------------------------------------------


def skip_occurrence(turn: Turn, act: Skip) -> Verdict:
    activity = _meant(turn, act, _timed(turn), _of_earlier_phases(turn))
    if isinstance(activity, Refused):
        return activity
    episode = turn.episode
    track = episode.track(activity.id)
    current = _session(turn, activity.id, is_over=False) or _session(turn, activity.id, is_over=True)
    day = episode.place.waking_day(turn.now)
    took_place = current is not None and current.occurrence == track.occurrence
    meant = track.occurrence if track.is_open and not took_place else NO_OCCURRENCE
    if current is not None and (current.ended_at is None or not current.is_said):
        meant = current.occurrence
    if refused := overtaken(act.about, meant):
        return refused
    if current is not None and current.ended_at is None and current.is_said:
        return _is_on(activity)
    if current is not None and not current.is_said:
        turn.add(_skipped(current, day, act.because), "person")
        return accepted(turn, Remark("disowned", title=activity.title))
    elsewhere = None if track.is_open or act.about else _of_an_ended_episode(turn, activity)
    if elsewhere is not None:
        return _disown(turn, *elsewhere, act.because)
    if track.is_open and track.last_due is not None and not took_place:
        occurrence, due = track.occurrence, track.last_due
    else:
        coming = turn.now if track.withheld else _coming(turn, activity)
        if coming is None or activity not in episode.phase.activities:
            return Refused(Remark("nothing-to-skip", title=activity.title))
        due, day = coming, episode.place.waking_day(coming)
        occurrence = turn.episode.next_occurrence(activity.id, day)
    skipped = f.Skipped(
        phase=episode.phase.id,
        activity=activity.id,
        occurrence=occurrence,
        due_at=due,
        day=day,
        step=track.step,
        reason=act.because,
    )
    turn.add(skipped, "person")
    return accepted(turn, Remark("skipped", title=activity.title, when=due))


def _is_on(activity: Activity) -> Refused:
    return Refused(Remark("is-on", title=activity.title, activity=activity.id))


def _of_an_ended_episode(turn: Turn, activity: Activity) -> tuple[Episode, Session] | None:
    """Today's session that is only assumed, of an episode that is over, and that limits those of an activity.

    It is the last one of its modality that anybody knows of.
    """
    everyone, wanted = (turn.episode, *turn.others), modalities(activity)
    sessions = [
        (episode, session)
        for episode in everyone
        for session in episode.ledger
        if session.modality in wanted and not session.is_disowned
    ]
    if not sessions:
        return None
    owner, last = max(sessions, key=lambda owned: owned[1].began_at)
    is_near = owner.is_over and is_same_place(owner.tailored.region, owner.side, turn.episode)
    day = turn.episode.place.waking_day
    is_of_today = is_near and only_assumed(last) and day(last.began_at) == day(turn.now)
    return (owner, last) if is_of_today else None


def _skipped(session: Session, day: date, because: str) -> f.Skipped:
    return f.Skipped(
        phase=session.phase,
        activity=session.activity,
        occurrence=session.occurrence,
        due_at=session.began_at,
        day=day,
        step=session.step,
        reason=because,
    )


def _disown(turn: Turn, owner: Episode, session: Session, because: str) -> Verdict:
    """Skip a session of an episode that is over, which goes into the record of that."""
    skipped = _skipped(session, owner.place.waking_day(session.began_at), because)
    turn.facts.append(Fact(owner.id, turn.now, skipped, "person"))
    message = Remark(
        "disowned-elsewhere", title=owner.title_of(session), episode=owner.id, when=session.began_at
    )
    return accepted(turn, message)


def snooze_occurrence(turn: Turn, act: Snooze) -> Verdict:
    activity = _meant(turn, act, _timed(turn))
    if isinstance(activity, Refused):
        return activity
    episode = turn.episode
    track = episode.track(activity.id)
    current = _session(turn, activity.id, is_over=False)
    if refused := overtaken(act.about, track.occurrence):
        return refused
    if current is not None and current.is_said:
        return _is_on(activity)
    if current is not None and not _is_current(turn, current):
        return Refused(Remark("on-from-earlier-phase", title=activity.title, activity=activity.id))
    is_session = isinstance(activity, Treatment) and not activity.is_optional
    if not track.is_open or (is_session and current is None):
        return Refused(Remark("nothing-to-snooze", title=activity.title))
    until = episode.place.after(turn.now, act.length or SNOOZE)
    if until <= turn.now:
        return Refused(Remark("not-later"))
    if is_session and current is not None:
        if refused := _blocked_later(turn, activity, current.occurrence, until):
            return refused
    elif not episode.place.is_awake(until):
        return Refused(Remark("not-awake-then", when=until))
    snoozed = f.Snoozed(
        phase=episode.phase.id, activity=activity.id, occurrence=track.occurrence, until=until
    )
    turn.add(snoozed, "person")
    return accepted(turn, Remark("snoozed", title=activity.title, when=until))


def _blocked_later(turn: Turn, activity: Timed, occurrence: Occurrence, until: datetime) -> Refused | None:
    """Refuse to put off a session until a time at which it could not be; None where it could.

    Whatever is on now, in this episode or another one, is over by then if all goes as planned.
    """
    then, *others = (assuming_planned_ends(each, turn.now) for each in (turn.episode, *turn.others))
    blocked = withheld_by(then, activity, until, others, occurrence)
    if blocked is None:
        return None
    reason = Remark("blocked-then", when=until, reason=blocked.reason)
    return Refused(reason, blocked.until)


# The activity, and the session, that are meant ------------------------------------------------------


def _timed(turn: Turn) -> list[Timed]:
    return [activity for activity in turn.episode.phase.activities if isinstance(activity, Timed)]


def _session_meant(turn: Turn, act: Begin | End) -> Treatment | Refused:
    here = [activity for activity in turn.episode.phase.activities if isinstance(activity, Treatment)]
    return _meant(turn, act, here, _of_earlier_phases(turn))


def _meant(
    turn: Turn, act: OfActivity, here: list[A], earlier: Iterable[Treatment] = ()
) -> A | Treatment | Refused:
    """The activity that an act names by its id or a modality, or without a name the one that is open.

    `here` are those it may be about; a session that is on, or just was, may be one of `earlier` phases.
    """
    if act.about and act.activity and _is_gone(turn, act.activity):
        return over()
    both: list[A | Treatment] = [*here, *earlier]
    if act.activity is not None:
        ids = [activity for activity in both if activity.id == act.activity]
        of_kind = [activity for activity in both if act.activity in modalities(activity)]
        if named := [*ids, *of_kind]:  # an id may be the name of a modality too, of which others are
            return named[0]
        return _not_there(turn, act.activity, [activity.id for activity in here])
    under_way = turn.episode.under_way
    open_: Sequence[A | Treatment] = here
    if under_way is not None:
        open_ = [activity for activity in both if activity.id == under_way.activity] or here
    elif len(here) > 1:
        open_ = [activity for activity in here if turn.episode.track(activity.id).is_open] or here
    if len(open_) == 1:
        return open_[0]
    if not open_:
        return Refused(Remark("nothing-of-that-kind", phase=turn.episode.phase.id))
    return Refused(Remark("which-one", names=tuple(each.id for each in open_)))


def _is_gone(turn: Turn, name: str) -> bool:
    """True where no activity of that id is in force any more."""
    return all(each.id != name for each in (*turn.episode.phase.activities, *_of_earlier_phases(turn)))


def _not_there(turn: Turn, name: str, names: list[str]) -> Refused:
    """Refuse a name that the phase does not have, or that it leaves out for this person."""
    for gone in screenings_now(turn.episode, "yes"):
        for activity in gone.activities:
            if name == activity.id or name in modalities(activity):
                return _left_out(turn, activity.title, gone.question)
    return Refused(Remark("no-such-activity", name=name, phase=turn.episode.phase.id, known=or_none(names)))


def _left_out(turn: Turn, title: str, question: ScreenQuestion) -> Refused:
    """Refuse what a yes to a question keeps from this person."""
    reason = turn.episode.text(question.say)
    why, asked = question.because, question.id
    if question.level == "ask":
        return Refused(
            Remark("left-out-until-agreed", title=title, because=why, question=asked, reason=reason)
        )
    return Refused(Remark("left-out", title=title, because=why, question=asked, reason=reason))


def _of_earlier_phases(turn: Turn) -> list[Treatment]:
    """The activities of the sessions that are on, or whose end is not told yet, from other phases."""
    activities = [
        turn.episode.treatment_of(session)
        for session in reversed(turn.episode.ledger)
        if not _is_current(turn, session)
        and (session.ended_at is None or (not session.is_confirmed and turn.now - session.ended_at < RECENT))
    ]
    return list({activity.id: activity for activity in activities}.values())


def _is_current(turn: Turn, session: Session) -> bool:
    """Tell if a session is of an activity that is in force now: of this phase, on this step."""
    phase = turn.episode.phase
    return session.phase == phase.id and any(each.id == session.activity for each in phase.activities)


def _session(turn: Turn, activity: str, *, is_over: bool) -> Session | None:
    """The session of an activity that is on, or the one that was over a short time ago."""
    last = next((each for each in reversed(turn.episode.ledger) if each.activity == activity), None)
    if last is None or last.ended_at is None:
        return None if is_over else last
    return last if is_over and turn.now - last.ended_at < RECENT else None


def _coming(turn: Turn, activity: Timed) -> datetime | None:
    """The next time of an activity after now."""
    times = (due.at for due in dues(turn.episode, activity, turn.now - LONGEST_SPACING))
    return next((at for at in times if at > turn.now), None)
