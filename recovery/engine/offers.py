"""Offers: treatments and other things that are due and allowed, withheld or missed, and what is worn for the day."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from recovery.engine import facts as f
from recovery.engine.advice import tip_with, tip_words
from recovery.engine.cadence import (
    FOLLOW_UP_GRACE,
    STEP_GRACE,
    Due,
    dues,
    floor,
    is_forgotten,
    looks_back_to,
)
from recovery.engine.episode import MOMENT, Episode, Session, titled
from recovery.engine.facts import LOOKBACK, CueKey, Occurrence
from recovery.engine.gates import Truth, signs_to_answer, truth
from recovery.engine.limits import (
    Block,
    block_without_end,
    blocked_by,
    blocked_test,
    longest,
    moments_of_limits,
    only_when,
    stopped_by,
)
from recovery.engine.reasons import (
    AskedToday,
    Cards,
    ClockSetForward,
    InQuietTime,
    MachineAsleep,
    OnlyUntil,
    OutsideWakingHours,
    QuestionFirst,
    Remark,
    RoundOver,
    Sentences,
    Statement,
    Text,
    TooLate,
    WaitNotOver,
    ZoneChange,
)
from recovery.engine.turn import Turn
from recovery.protocol.model import (
    Activity,
    CheckIn,
    Checklist,
    Hold,
    Reminder,
    Step,
    Timed,
    Treatment,
    modalities,
)
from recovery.protocol.terms import After, Anchor, Every

_HOLD_NOT_WORTH = timedelta(minutes=5)
"""A hold that could be on for less than this before bedtime is left out for the day."""

_HOLD_OFF_LATE = timedelta(hours=1)
"""An end of a hold that comes later than this after bedtime is not told any more."""


def offer_what_is_due(turn: Turn) -> None:
    """Offer each activity of the phase that is due and allowed; record what is missed or withheld.

    Before the first phase is entered only its check-ins are asked: they decide whether it may be.
    """
    # What is asked apart from the sessions is asked before them; a phase begins with all that is due.
    begins = turn.now == turn.episode.phase_stay.entered_at
    for activity in sorted(turn.episode.phase.activities, key=lambda each: begins or not _is_apart(each)):
        if turn.episode.phase_stay.phase is None and not isinstance(activity, CheckIn):
            continue
        match activity:
            case Treatment() | Reminder() | CheckIn() | Checklist():
                _offer(turn, activity)
            case Hold():
                _wear(turn, activity)


def end_holds_of_the_day(turn: Turn) -> None:
    """Take off at bedtime what was put on, in a pause as well; long after bedtime, record that as missed."""
    place = turn.episode.place
    day = place.waking_day(turn.now)
    for activity in turn.episode.phase.activities:
        track = turn.episode.track(activity.id)
        if isinstance(activity, Hold) and track.is_on and track.day is not None and track.day < day:
            bedtime = place.window(track.day)[1]
            if turn.now - bedtime < _HOLD_OFF_LATE:
                tell_hold(turn, activity, bedtime, on=False)
            else:
                why = _why_missed(turn, bedtime)
                missed = f.Missed(
                    **_names(turn, activity, track.occurrence), due_at=bedtime, day=track.day, reason=why
                )
                turn.add(missed)
        elif isinstance(activity, Hold) and track.is_on and track.day is not None:
            turn.look_at(place.window(track.day)[1])


def _is_apart(activity: Activity) -> bool:
    """Tell if no session begins while an activity has just been asked."""
    return isinstance(activity, CheckIn) and activity.apart is not None


def _wear(turn: Turn, activity: Hold) -> None:
    place, track = turn.episode.place, turn.episode.track(activity.id)
    day = place.waking_day(turn.now)
    begin, end = place.window(day)
    over = activity.until is not None and turn.episode.instant(activity.until) <= turn.now
    early = activity.begins is not None and turn.episode.opens(activity.begins) > turn.now
    blocked = block_without_end(turn.episode, activity, turn.now, turn.others)
    unfit = blocked is not None or (
        activity.only_if is not None and turn.truth(activity.only_if) is not Truth.YES
    )
    due = max(begin, turn.episode.since(activity.id))
    turn.look_at(
        None if activity.until is None else turn.episode.instant(activity.until),
        None if activity.begins is None else turn.episode.opens(activity.begins),
        None if blocked is None else blocked.until,
        *moments_of_limits(turn.episode, activity.modality, turn.others),
    )
    if track.is_on:
        if over or unfit:
            tell_hold(turn, activity, turn.now, on=False)
    elif (
        track.day != day
        and not (over or early or unfit)
        and due <= turn.now < end - _HOLD_NOT_WORTH
        and place.may_tell(turn.now)
        and not _waits_for_another(turn, activity)
    ):
        tell_hold(turn, activity, due, on=True)
    elif not (over or early or unfit):
        is_over = track.day == day or turn.now >= end - _HOLD_NOT_WORTH
        turn.look_at(
            place.next_waking(turn.now) if is_over else place.fit_told(max(due, turn.now), timedelta(0))
        )


def tell_hold(turn: Turn, activity: Hold, due: datetime, *, on: bool) -> None:
    track = turn.episode.track(activity.id)
    day = turn.episode.place.waking_day(turn.now) if on else track.day
    assert day is not None
    occurrence = turn.episode.next_occurrence(activity.id, day) if on else track.occurrence
    words = turn.episode.text(activity.on if on else activity.off)
    place = turn.episode.place
    may_tell_at = place.fit_told(turn.now, timedelta(0)) if place.is_quiet(turn.now) else turn.now
    expires = place.window(day)[1] if on else may_tell_at + _HOLD_OFF_LATE
    cue = turn.cue(CueKey(occurrence), "on" if on else "off", activity.title, words, due, expires=expires)
    names = _names(turn, activity, occurrence)
    turn.add(f.Offered(**names, due_at=due, day=day, modality=activity.modality, is_on=on, cue=cue))


def _names(turn: Turn, activity: Activity, occurrence: Occurrence) -> dict[str, Any]:
    return {"phase": turn.episode.phase.id, "activity": activity.id, "occurrence": occurrence}


def end_holds(turn: Turn) -> None:
    for activity in turn.episode.phase.activities:
        if isinstance(activity, Hold) and turn.episode.track(activity.id).is_on:
            tell_hold(turn, activity, turn.now, on=False)


def _offer(turn: Turn, activity: Timed) -> None:
    track = turn.episode.track(activity.id)
    begins = floor(turn.episode, activity)
    if begins > turn.now:
        if turn.look_again_at is None or turn.look_again_at > begins:
            coming = next((due.at for due in dues(turn.episode, activity) if due.at > turn.now), None)
            turn.look_at(coming and max(begins, coming))
        return
    if track.snoozed_until is not None:
        turn.look_at(track.snoozed_until)
        if track.snoozed_until <= turn.now:
            _offer_one(turn, activity, Due(track.snoozed_until, turn.now + timedelta(seconds=1)), again=True)
        return
    is_withheld = bool(track.withheld) or (
        is_forgotten(turn.episode, activity, turn.now)
        and withheld_by(turn.episode, activity, turn.now, turn.others) is not None
    )
    overdue: list[Due] = []
    for due in dues(turn.episode, activity, looks_back_to(turn.episode, activity, turn.now)):
        if due.at > turn.now:
            turn.look_at(due.at)
            break
        overdue.append(due)
        if is_withheld and isinstance(activity, Treatment) and isinstance(activity.cadence, Every):
            break
    if not overdue or (isinstance(activity, Reminder) and _waits_for_another(turn, activity)):
        return
    if isinstance(activity, Reminder) and activity.comes_with:
        overdue = overdue[-1:]  # the others waited in vain
        if _is_told_now(turn, activity.comes_with):
            overdue = [Due(turn.now, turn.now + STEP_GRACE)]
    if not is_withheld:
        for due in overdue[:-1]:
            _miss(turn, activity, due, _why_missed(turn, due.at))
    day = turn.episode.place.waking_day(overdue[-1].at)
    if track.step > 0 and track.withheld and day < turn.episode.place.waking_day(turn.now):
        # To the end of the day: the rounds that would have followed never became due.
        bedtime = turn.episode.place.window(day)[1]
        _miss(turn, activity, Due(bedtime - MOMENT, bedtime), RoundOver())
    else:
        if track.step > 0 and track.withheld:
            turn.look_at(turn.episode.place.next_waking(turn.now))  # there the day of its round is over
        _offer_one(turn, activity, overdue[-1])
    if track.step > 0 and turn.episode.track(activity.id).step == 0:
        _offer(turn, activity)  # the round was given up: perhaps the next one is due already


def _waits_for_another(turn: Turn, activity: Reminder | Hold) -> bool:
    """Tell if the activity that another is told together with is still to come; of a hold: for the first time today.

    It is told by itself where nothing but an act or an answer would bring that one.
    """
    beside = next((each for each in turn.episode.phase.activities if each.id == activity.comes_with), None)
    if not isinstance(beside, Timed) or _is_told_now(turn, beside.id):
        return False
    today = turn.episode.place.waking_day(turn.now)
    if isinstance(activity, Hold) and turn.episode.track(beside.id).day == today:
        return False
    blocked = withheld_by(turn.episode, beside, turn.now, turn.others)
    bedtime = turn.episode.place.window(today)[1]
    if blocked is not None and (
        blocked.until is None or (isinstance(activity, Hold) and blocked.until >= bedtime)
    ):
        return False
    if beside.until is not None:
        turn.look_at(turn.episode.instant(beside.until) - _least(turn.episode, beside) + MOMENT)
    if beside.only_if is not None:
        turn.truth(beside.only_if)
    turn.look_at(
        *(at for each in modalities(beside) for at in moments_of_limits(turn.episode, each, turn.others))
    )
    return True


def _is_told_now(turn: Turn, activity: str) -> bool:
    track = turn.episode.track(activity)
    return track.is_open and track.last_due == turn.now


def _why_missed(turn: Turn, due: datetime) -> Statement:
    """Give the reason why nothing came at a time that has passed."""
    moved_at, clock = turn.episode.moved_at, turn.episode.clock
    if moved_at is not None and due <= moved_at:
        return ZoneChange()
    if clock is not None and clock.at - clock.set_by <= due <= clock.at:
        return ClockSetForward()
    return MachineAsleep()


def _offer_one(turn: Turn, activity: Timed, due: Due, *, again: bool = False) -> None:
    track = turn.episode.track(activity.id)
    blocked = withheld_by(
        turn.episode, activity, turn.now, turn.others, ignoring=track.occurrence if again else ""
    )
    if blocked is None and isinstance(activity, Treatment):
        blocked = _asked_just_now(turn.episode, turn.now)
    if blocked is None and isinstance(activity, CheckIn):
        blocked = _asked_in_silence(turn.episode, turn.now)
    if blocked is not None:
        is_new = not track.withheld and not is_forgotten(turn.episode, activity, turn.now)
        if is_new and due.expires_at <= turn.now:
            # Nobody withheld it when it was right: what is too late for now is no debt for tomorrow either.
            _miss(turn, activity, due, TooLate())
            return
        _withhold(turn, activity, blocked)
        return
    asked_from = _asked_from(turn.episode, activity, turn.now)
    if asked_from is not None and asked_from > turn.now:
        turn.look_at(asked_from)
        return
    if asked_from is not None and asked_from > due.at:
        due = Due(asked_from, max(due.expires_at, asked_from + STEP_GRACE))
    if track.withheld and isinstance(activity, Treatment):
        due = Due(turn.now, turn.now + timedelta(seconds=1))
    if due.expires_at <= turn.now:
        _miss(turn, activity, due, TooLate())
        return
    place = turn.episode.place
    waking = place.fit_told(turn.now, _shortest(turn.episode, activity))
    if waking > turn.now:
        reason = InQuietTime() if place.is_awake(turn.now) else OutsideWakingHours()
        _withhold(turn, activity, Block(reason, waking))
        return
    if isinstance(activity, CheckIn) and _is_answered(turn, activity, due):
        day = turn.episode.place.waking_day(due.at)
        occurrence = turn.episode.next_occurrence(activity.id, day)
        turn.add(f.Done(**_names(turn, activity, occurrence), due_at=due.at, day=day))
        return
    _tell(turn, activity, due, again=again)


def withheld_by(
    episode: Episode, activity: Timed, now: datetime, others: Sequence[Episode], ignoring: str = ""
) -> Block | None:
    """Find what keeps an activity from being offered at `now`."""
    if isinstance(activity, Treatment):
        step = _step(episode, activity)
    if activity.until is not None and now + _least(episode, activity) > episode.instant(activity.until):
        is_treatment = isinstance(activity, Treatment)
        limited = blocked_by(episode, step, now, others, ignoring) if is_treatment else None
        return out_of_time(activity.until, limited)
    if activity.only_if is not None:
        state = truth(activity.only_if, episode, now)
        if state is not Truth.YES:
            return Block(only_when(activity.only_if, state), None)
    if isinstance(activity, Treatment):
        in_the_way = (
            _waiting(episode, activity, now, ignoring),
            blocked_by(episode, step, now, others, ignoring),
        )
        return longest(blocked for blocked in in_the_way if blocked is not None)
    if isinstance(activity, Reminder):
        return block_without_end(episode, activity, now, others)
    if isinstance(activity, CheckIn) and _tests(episode, activity):
        return blocked_test(episode, now, others)
    return stopped_by(episode, (), others)


def _tests(episode: Episode, activity: CheckIn) -> bool:
    """Tell if a check-in asks for tests: these are bound as exercises are."""
    return any(episode.tailored.observations[name].test is not None for name in activity.asks)


def _asked_from(episode: Episode, activity: Timed, now: datetime) -> datetime | None:
    """Find from when on a question may be asked that is apart from the sessions; None: from any time.

    What a phase begins with comes all at once.
    """
    if not isinstance(activity, CheckIn) or activity.apart is None or now == episode.phase_stay.entered_at:
        return None
    apart = timedelta(seconds=activity.apart.seconds)
    ends = (t.ended_at or t.ends_at for t in episode.ledger if not t.is_disowned)
    return max((ended_at + apart for ended_at in ends), default=None)


def _asked_just_now(episode: Episode, now: datetime) -> Block | None:
    """Find a question that waits for its answer, asked a short time ago; at the begin of a phase nothing waits."""
    for activity in episode.phase.activities:
        if isinstance(activity, CheckIn) and activity.apart is not None:
            track = episode.track(activity.id)
            asked_at = track.last_due
            if asked_at is None or not track.unanswered or asked_at <= episode.phase_stay.entered_at:
                continue
            opens = asked_at + timedelta(seconds=activity.apart.seconds)
            if opens > now:
                return Block(QuestionFirst(activity.title), opens)
    return None


def _asked_in_silence(episode: Episode, now: datetime) -> Block | None:
    """Find a question of today that nobody has answered, while they have been silent for days: one a day is enough."""
    today = episode.place.waking_day(now)
    asked = [episode.track(each.id) for each in episode.phase.activities if isinstance(each, CheckIn)]
    if episode.silence != f.ASKS or not any(track.is_open and track.day == today for track in asked):
        return None
    return Block(AskedToday(), episode.place.next_waking(now))


def out_of_time(until: Anchor, limited: Block | None) -> Block:
    """Build the block of what is over from an instant on; by the limit that forbids it for good, where one does."""
    if limited is not None and limited.limit and limited.until is None:
        return limited
    return Block(OnlyUntil(until), None)


def _waiting(episode: Episode, activity: Treatment, now: datetime, ignoring: str) -> Block | None:
    """Find the wait of an alternation after its last session that took place."""
    for session in reversed(episode.ledger):
        if session.ended_at is None or session.occurrence == ignoring:
            continue
        if (session.phase, session.activity) == (episode.phase.id, activity.id):
            wait = activity.steps[session.step].wait
            opens = session.ended_at + timedelta(seconds=wait.seconds)
            return Block(WaitNotOver(wait, session.ended_at), opens) if opens > now else None
    return None


def _step(episode: Episode, activity: Treatment) -> Step:
    return activity.steps[episode.track(activity.id).step]


def _shortest(episode: Episode, activity: Timed) -> timedelta:
    """Compute the least time before bedtime in which the session whose turn it is may still begin."""
    seconds = _step(episode, activity).shortest.seconds if isinstance(activity, Treatment) else 0
    return timedelta(seconds=seconds)


def _least(episode: Episode, activity: Timed) -> timedelta:
    """Compute the least length of the session whose turn it is; anything but a treatment takes no time."""
    seconds = _step(episode, activity).duration.least.seconds if isinstance(activity, Treatment) else 0
    return timedelta(seconds=seconds)


def _withhold(turn: Turn, activity: Timed, blocked: Block) -> None:
    track = turn.episode.track(activity.id)
    turn.look_at(blocked.until)
    if activity.only_if is not None:
        turn.truth(activity.only_if)
    for modality in modalities(activity):
        turn.look_at(*moments_of_limits(turn.episode, modality, turn.others))
    key = blocked.reason.key
    is_told = track.withheld_key in ("", key) and track.withheld_until == blocked.until
    # Before the fact that says so is forgotten, it is written down once more.
    if (
        is_told
        and track.withheld_at is not None
        and track.withheld_at > turn.now - LOOKBACK + timedelta(days=1)
    ):
        return
    subject = _step(turn.episode, activity) if isinstance(activity, Treatment) else activity
    withheld = f.Withheld(
        phase=turn.episode.phase.id,
        activity=activity.id,
        modality=subject.modality if isinstance(subject, Step | Reminder) else "",
        reason=blocked.reason,
        key=key,
        until=blocked.until,
    )
    turn.add(withheld)


def _is_answered(turn: Turn, activity: CheckIn, due: Due) -> bool:
    """Tell if everything it asks was answered so shortly before that asking again would be a nuisance."""
    is_about_session = isinstance(activity.cadence, After)
    recently = due.at - (FOLLOW_UP_GRACE if is_about_session else due.expires_at - due.at) / 2
    given = (turn.episode.answers.get(name, ()) for name in activity.asks)
    return all(
        any(recently <= answer.seen_at(turn.now) <= turn.now for answer in answers) for answers in given
    )


def _miss(turn: Turn, activity: Timed, due: Due, reason: Statement) -> None:
    day = turn.episode.place.waking_day(due.at)
    counts_from = None
    if isinstance(activity, Treatment) and isinstance(activity.cadence, Every):
        counts_from = due.at + timedelta(seconds=_step(turn.episode, activity).duration.least.seconds)
    names = _names(turn, activity, turn.episode.next_occurrence(activity.id, day))
    turn.add(f.Missed(**names, due_at=due.at, day=day, reason=reason, counts_from=counts_from))


def _tell(turn: Turn, activity: Timed, due: Due, *, again: bool) -> None:
    track = turn.episode.track(activity.id)
    day = turn.episode.place.waking_day(turn.now)
    occurrence = track.occurrence if again else turn.episode.next_occurrence(activity.id, day)
    modality, length, number, asks = None, None, None, None
    title: Text
    body: Text
    match activity:
        case Treatment(is_optional=True):
            step = _step(turn.episode, activity)
            modality = step.modality
            kind, expires = "suggestion", due.expires_at
            title = Remark("suggestion", title=activity.title)
            body = _asking(_start_of(turn, activity, step.start), f"recovery begin {activity.id}")
        case Treatment():
            step = _step(turn.episode, activity)
            modality, number = step.modality, track.step
            length = turn.episode.length_of(step, turn.now)
            ends = turn.now + length
            kind, expires = "start", ends
            title = Remark(
                "start",
                title=titled(activity, step.modality),
                length=length,
                clock=turn.episode.place.local(ends).time(),
            )
            body = _start_of(turn, activity, step.start, step.stop_if)
        case Reminder():
            modality = activity.modality
            kind, title, body = "reminder", activity.title, turn.episode.text(activity.say)
            expires = due.expires_at
        case Checklist():
            modality = ""
            items = ", ".join(item.title for item in activity.items)
            kind, title, expires = "reminder", activity.title, due.expires_at
            listed = Sentences((turn.episode.text(activity.say), f"{items}."))
            body = _asking(listed, "recovery checklist")
        case CheckIn():
            asks = activity.asks
            kind, title, expires = "check-in", Remark("ask"), due.expires_at
            body = _asked(turn, activity)
    is_told = not (kind == "suggestion" and _was_suggested_with_end(turn.episode, activity))
    tip = None
    if not isinstance(activity, Treatment):
        tip = tip_with(turn.episode, activity, turn.now, turn.others)
        body = body if tip is None else Sentences((body, tip_words(turn.episode, tip)))
    offered = f.Offered(
        **_names(turn, activity, occurrence),
        due_at=due.at,
        day=day,
        modality=modality,
        length=length,
        step=number,
        asks=asks,
        tip=None if tip is None else tip.id,
        cue=turn.cue(CueKey(occurrence), kind, title, body, due.at, expires=expires) if is_told else None,
    )
    turn.add(offered)


def _asked(turn: Turn, activity: CheckIn) -> Text:
    """Ask the questions of a check-in, and for signs whose time has come; after days of silence one thing alone."""
    silence = turn.episode.tailored.silence
    if silence is not None and turn.episode.silence == f.ASKS:
        return _asking(turn.episode.text(silence.ask), "recovery checkin")
    command = "recovery test" if _tests(turn.episode, activity) else "recovery checkin"
    signs = signs_to_answer(turn.episode, turn.now, turn.others)
    return Sentences((_asking(_questions(turn, activity), command), *signs))


def _start_of(turn: Turn, activity: Treatment, start: str, stop_if: str = "") -> Text:
    """Say what to do at the start of a session: of exercises each with its dose."""
    if not activity.exercises:
        return turn.episode.text(f"{start} {stop_if}".strip())
    cards = (turn.episode.text(start), Cards(activity.exercises))
    return Sentences((*cards, turn.episode.text(stop_if)) if stop_if else cards)


def suggested_with_end(turn: Turn, session: Session) -> tuple[Remark, ...]:
    """Say what may follow a session that ends now: its end cue tells it, and no cue of its own comes."""
    if session.phase != turn.episode.phase.id or turn.now - session.ends_at > FOLLOW_UP_GRACE:
        return ()
    follow_ups = [
        each for each in turn.episode.phase.activities if _is_suggested_after(each, session.activity)
    ]
    return tuple(
        _asking(turn.episode.text(each.steps[0].start), f"recovery begin {each.id}")
        for each in follow_ups
        if isinstance(each, Treatment)
        and withheld_by(turn.episode, each, turn.now, turn.others, session.occurrence) is None
    )


def _is_suggested_after(activity: Activity, name: str) -> bool:
    if not isinstance(activity, Treatment) or not isinstance(activity.cadence, After):
        return False
    return activity.is_optional and name in activity.cadence.activities


def _was_suggested_with_end(episode: Episode, activity: Timed) -> bool:
    """Tell if the end cue of the session that an activity follows told of it: that was on for its whole time."""
    if not isinstance(activity.cadence, After):
        return False
    names = activity.cadence.activities
    followed = next((t for t in reversed(episode.ledger) if t.activity in names), None)
    return followed is not None and followed.ended_at is not None and followed.ended_at >= followed.ends_at


def _asking(text: Text, command: str) -> Remark:
    """Say a text, and what to type."""
    return Remark("type", text=text, command=command)


def _questions(turn: Turn, activity: CheckIn) -> Sentences:
    asked = [turn.episode.tailored.observations[name].ask for name in activity.asks]
    return Sentences(tuple(turn.episode.text(question) for question in asked))
