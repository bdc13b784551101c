"""The effect of each kind of fact on an episode: one rule a kind. It decides nothing and reads no clock."""

from bisect import insort
from collections.abc import Callable, Mapping, MutableMapping
from datetime import date, datetime
from typing import Any

from recovery.engine import facts as f
from recovery.engine.choices import tailor, with_choices
from recovery.engine.episode import (
    ACTIVE,
    COMPLETED,
    ENDED_EARLY,
    LEDGER_MEMORY,
    MOMENT,
    PAUSED,
    Alert,
    Answer,
    Cue,
    Episode,
    Session,
    ShownCue,
    Stay,
    Track,
    on_rung,
)
from recovery.engine.facts import Fact, Occurrence, day_of
from recovery.engine.questions import decides_something
from recovery.engine.zone_change import zone_changed
from recovery.protocol.model import (
    CheckIn,
    Checklist,
    Timed,
    Treatment,
)
from recovery.protocol.terms import At, Every, PerWeek
from recovery.values import replace
from recovery.zones import Elsewhere, as_utc


def after(episode: Episode, fact: Fact, elsewhere: Elsewhere = as_utc) -> Episode:
    """All that a fact changes but for the cue that it carries.

    `elsewhere` stands in for a zone whose name is not known here.
    """
    what = fact.what
    rule = _RULES.get(type(what))
    if rule is not None:
        episode = rule(episode, fact, what)
    elif isinstance(what, f.ZoneChanged):
        episode = zone_changed(episode, fact.at, what, elsewhere)
    return name_taken(episode, what.occurrence, fact.at) if isinstance(what, f.OfOccurrence) else episode


def _retailored(episode: Episode) -> Episode:
    """The episode after something about the person has changed: the current phase is told anew as well."""
    episode = replace(episode, tailored=tailor(episode))
    stay = episode.phase_stay
    if stay.phase is None:
        return episode
    phase = episode.tailored.phases[stay.index]
    rung = min(stay.rung, max(0, len(phase.ladder) - 1))
    return replace(episode, phase_stay=replace(stay, phase=on_rung(phase, rung), rung=rung))


# Sessions and their names ------------------------------------------------------------------------


def session_of(episode: Episode, occurrence: Occurrence) -> Session | None:
    """The session in the ledger that an occurrence had."""
    for session in reversed(episode.ledger):  # nearly always the last
        if session.occurrence == occurrence:
            return session
    return None


def in_ledger(episode: Episode, session: Session) -> Episode:
    """The ledger with one of its entries as it is now."""
    wanted = session.occurrence
    ledger = [session if t.occurrence == wanted else t for t in episode.ledger]
    return replace(episode, ledger=tuple(ledger))


def off_at(fact: Fact, ended: f.Ended, session: Session) -> datetime:
    """Compute when a session is off by all that the person has said: an earlier time said later changes nothing."""
    counts_from = ended.counts_from or fact.at
    return counts_from if session.off_at is None else max(counts_from, session.off_at)


def _settled_with(shown: int, keys: Mapping[int, str]) -> set[int]:
    """The cues that need no telling any more once one is shown: itself, and the older ones that it replaces."""
    return {seq for seq, key in keys.items() if seq <= shown and key == keys.get(shown)}


def name_taken(episode: Episode, occurrence: Occurrence, at: datetime) -> Episode:
    """With the name of an occurrence taken, and without those of days that have long passed."""
    series, ordinal = occurrence.series, occurrence.ordinal
    if ordinal <= episode.names.get(series, 0):
        return episode
    if series in episode.names:
        return replace(episode, names={**episode.names, series: ordinal})
    oldest = (at - LEDGER_MEMORY).date().isoformat()
    kept = {name: taken for name, taken in episode.names.items() if day_of(name) >= oldest}
    return replace(episode, names={**kept, series: ordinal})


# One rule a kind of fact -----------------------------------------------------------------------

_FREE: dict[str, Any] = {
    "snoozed_until": None,
    "withheld": "",
    "withheld_at": None,
    "withheld_until": None,
}
"""What a track is where its activity is neither put off nor withheld."""


def _tracked(episode: Episode, activity: str, track: Track) -> Episode:
    return replace(episode, tracks={**episode.tracks, activity: track})


def _is_current(episode: Episode, phase: str) -> bool:
    """Tell if a fact is about the phase that the person is in: tracks are of one phase only."""
    return phase == episode.phase.id


def _answered(episode: Episode, fact: Fact, what: f.Answered) -> Episode:
    given = {name: [*episode.answers.get(name, ())] for name in what.values}
    take_answers(given, fact, what)
    return no_longer_asked(replace(episode, answers={**episode.answers, **in_order(given)}), fact, what)


def take_answers(given: MutableMapping[str, list[Answer]], fact: Fact, what: f.Answered) -> None:
    """Put the answers of a fact among those given, by when they were true; of one instant the later told is later."""
    said_at = fact.recorded_at if fact.recorded_at is not None and fact.recorded_at < fact.at else None
    for name, value in what.values.items():
        insort(given.setdefault(name, []), Answer(fact.at, value, said_at), key=lambda answer: answer.at)


def in_order(given: Mapping[str, list[Answer]]) -> dict[str, tuple[Answer, ...]]:
    return {name: tuple(answers) for name, answers in given.items()}


def no_longer_asked(episode: Episode, fact: Fact, what: f.Answered) -> Episode:
    """The episode without the questions that a fact answers; what was true on a day before answers none of today.

    A check-in is open until nothing that it asks decides anything more.
    """
    names, tracks = what.values.keys(), {}
    for activity in episode.phase.activities:
        track = episode.tracks.get(activity.id)
        if track is None or not track.is_open or not isinstance(activity, CheckIn):
            continue
        left = tuple(name for name in track.unanswered if name not in names)
        if len(left) == len(track.unanswered) or _is_of_an_earlier_day(episode, track, fact.at):
            continue
        is_open = any(decides_something(episode, name) for name in left)
        tracks[activity.id] = replace(track, unanswered=left, is_open=is_open)
    return replace(episode, tracks={**episode.tracks, **tracks}) if tracks else episode


def _is_of_an_earlier_day(episode: Episode, track: Track, at: datetime) -> bool:
    return track.day is not None and episode.place.waking_day(at) < track.day


def _phase(episode: Episode, fact: Fact, what: f.PhaseChanged) -> Episode:
    state, stay = what.state, episode.phase_stay
    ids = [phase.id for phase in episode.tailored.phases]
    if what.phase not in ids and state != LEFT:
        raise ValueError(f"no phase {what.phase}")  # passed over, all of the phase would be told anew
    if state == "entered":
        index = ids.index(what.phase)
        phase = on_rung(episode.tailored.phases[index], 0)
        entered = Stay(phase, index, episode.in_order(fact.at), asks_anew=what.anew, word=what.word)
        return replace(episode, phase_stay=entered, tracks={})
    if state == "held":
        held = what.unmet if what.keys is None else what.keys
        return replace(episode, phase_stay=replace(stay, held=held, offered_at=None))
    if state == "offered":
        # The reasons for holding it are over: should they come back, they are told again.
        return replace(episode, phase_stay=replace(stay, held=None, offered_at=fact.at))
    if state in ("way back", "no way back"):
        return replace(
            episode, phase_stay=replace(stay, way_back_at=fact.at if state == "way back" else None)
        )
    return episode


def _stepped(episode: Episode, fact: Fact, what: f.Stepped) -> Episode:
    if not _is_current(episode, what.phase) or episode.phase_stay.phase is None:
        return episode
    phase = episode.tailored.phases[episode.phase_stay.index]
    ids = [rung.id for rung in phase.ladder]
    if what.step not in ids:
        return episode
    # What was put off or withheld on the step is over with it; what has had its fate keeps it.
    left = {activity.id for activity in phase.ladder[episode.phase_stay.rung].activities}
    tracks = {
        name: replace(track, **_FREE) if name in left else track for name, track in episode.tracks.items()
    }
    rung = ids.index(what.step)
    stay = replace(
        episode.phase_stay,
        phase=on_rung(phase, rung),
        rung=rung,
        stepped_at=episode.in_order(fact.at),
        word=what.word,
    )
    return replace(episode, phase_stay=stay, tracks=tracks)


def _screened(episode: Episode, fact: Fact, what: f.Screened) -> Episode:
    agreed = {name: word for name, word in episode.agreed.items() if name not in what.answers}
    after = replace(
        episode, screened={**episode.screened, **what.answers}, agreed={**agreed, **(what.agreed or {})}
    )
    frees = any(
        after.screening(name) != "yes" and episode.screening(name) in (None, "yes") for name in what.answers
    )
    # What was forbidden or waited until now was not missed: it counts from here, as after a pause.
    since = fact.at if frees else episode.resumed_at
    return _retailored(replace(after, resumed_at=since))


def _setback(episode: Episode, fact: Fact, what: f.SetBack) -> Episode:
    """A new injury of the same place: all clocks begin anew. Answers and sessions stay as they were."""
    at = episode.in_order(fact.at)
    episode = replace(
        episode,
        onset=what.onset + (at - fact.at),
        started_at=at,
        grade=what.grade or episode.grade,
        state=ACTIVE,
        paused_until=None,
        resumed_at=None,
        answered=(),
        released={},
        phase_stay=Stay(None, -1, at),
        tracks={},
    )
    return _retailored(episode)


def _corrected(episode: Episode, fact: Fact, what: f.Corrected) -> Episode:
    """Something said at the start was wrong: it counts as if it had been said so."""
    onset = episode.onset
    if what.onset is not None:
        # Told as so long ago by a clock that is behind it would be earlier than it was.
        behind = episode.in_order(fact.at) - fact.at
        onset = max(what.onset, min(what.onset + behind, episode.started_at))
    episode = replace(
        episode,
        onset=onset,
        grade=what.grade or episode.grade,
        side=what.side or episode.side,
        options={**episode.options, **what.options},
    )
    return _retailored(episode)


def _chosen(episode: Episode, fact: Fact, what: f.Chosen) -> Episode:
    """Something was chosen: from here on. Another hour of what has come today holds from tomorrow on."""
    episode = _retailored(replace(episode, choices=with_choices(episode.choices, [what])))
    activity = next((each for each in episode.phase.activities if each.id == what.activity), None)
    if not isinstance(activity, Timed) or isinstance(activity.cadence, Every):
        return episode
    match activity.cadence:
        case PerWeek() | At(times=(_,)):
            is_once = True
        case _:
            is_once = False
    track, today = episode.track(activity.id), episode.place.waking_day(fact.at)
    passed = episode.place.window(today)[1] if is_once and track.day == today else fact.at
    track = replace(track, last_due=max(track.last_due or passed, passed))
    return _tracked(episode, activity.id, track)


def _ticked(episode: Episode, _fact: Fact, what: f.Ticked) -> Episode:
    name = what.activity
    ticked = {**episode.ticked.get(name, {}), **what.items}
    episode = replace(episode, ticked={**episode.ticked, name: ticked})
    activity = episode.activity(name)
    if (
        not _is_current(episode, what.phase)
        or not isinstance(activity, Checklist)
        or name not in episode.tracks
    ):
        return episode
    if all(item.id in ticked for item in activity.items):
        return _tracked(episode, name, replace(episode.track(name), is_open=False))
    return episode


def _offered(episode: Episode, fact: Fact, what: f.Offered) -> Episode:
    occurrence = what.occurrence
    if _has_ended(episode, occurrence):
        return episode
    if what.length is not None:
        # Into the ledger whatever the phase: a change of phase that was taken back undoes no session.
        step, modality = what.step or 0, what.modality or ""
        begun = Session(occurrence, what.activity, what.phase, step, modality, what.length, fact.at)
        episode = _entered(episode, begun)
    if not _is_current(episode, what.phase):
        return episode
    track = episode.track(what.activity)
    is_on = track.is_on if what.is_on is None else what.is_on
    if what.tip is not None:
        episode = _tracked(episode, what.tip, replace(episode.track(what.tip), last_due=fact.at))
    track = _settled(track, occurrence, max(what.due_at, fact.at), what.day)
    track = replace(track, is_open=True, unanswered=tuple(what.asks or ()), is_on=is_on)
    return _tracked(episode, what.activity, track)


def _has_ended(episode: Episode, occurrence: Occurrence) -> bool:
    """Tell if an occurrence had a session that is over: nothing puts that off or on once more."""
    session = session_of(episode, occurrence)
    return session is not None and session.ended_at is not None


def _entered(episode: Episode, session: Session) -> Episode:
    """The ledger with one more entry, and without those that no limit can ask for any more."""
    old = session.began_at - LEDGER_MEMORY
    kept = [t for t in episode.ledger if t.occurrence != session.occurrence and t.began_at >= old]
    return replace(episode, ledger=(*kept, session))


def _begun(episode: Episode, fact: Fact, what: f.Begun) -> Episode:
    session = session_of(episode, what.occurrence)
    if session is None:
        return episode
    planned = session.planned if what.length is None else what.length  # begun late it may have to be shorter
    said = replace(session, began_at=fact.at, planned=planned, is_assumed=False, is_said=True)
    return _entered(episode, said)


def _ended(episode: Episode, fact: Fact, what: f.Ended) -> Episode:
    session = session_of(episode, what.occurrence)
    if session is None:
        return episode
    by_person, ended_at = fact.by == "person", fact.at
    if by_person:
        ended_at = off_at(fact, what, session)
        session = replace(session, is_confirmed=True, is_said=True, off_at=ended_at)
    if ended_at < session.began_at:
        ended_at = session.ends_at  # under a clock that was set back: it was on for at most that long
    episode = in_ledger(episode, replace(session, ended_at=ended_at))
    if session.phase != episode.phase.id:
        return episode
    track = episode.track(session.activity)
    if track.occurrence == session.occurrence:
        step = (session.step + 1) % len(episode.treatment_of(session).steps)
        # Of one that was only suggested nothing waits any more: it could not be put off or begun once more.
        is_open = not by_person and not episode.treatment_of(session).is_optional
        track = replace(track, counts_from=ended_at, step=step, is_open=is_open)
    else:
        # Told late, when another occurrence has had its fate already: that one decides what comes next.
        track = replace(track, counts_from=max(ended_at, track.counts_from or ended_at))
    return _tracked(episode, session.activity, track)


def _done(episode: Episode, _fact: Fact, what: f.Done) -> Episode:
    session = session_of(episode, what.occurrence)
    if session is not None:
        done = replace(session, is_confirmed=True, is_assumed=False, is_said=True)
        episode = in_ledger(episode, done)
    if not _is_current(episode, what.phase):
        return episode
    track = episode.track(what.activity)
    if track.occurrence == what.occurrence:
        track = replace(track, is_open=False)
    elif what.due_at is not None and what.day is not None:
        track = _settled(track, what.occurrence, what.due_at, what.day)
    return _tracked(episode, what.activity, track)


def _settled(track: Track, occurrence: Occurrence, due: datetime, day: date) -> Track:
    """The track after an occurrence got a fate of which nobody needs to be told."""
    return replace(
        track,
        last_due=max(due, track.last_due or due),
        occurrence=occurrence,
        is_open=False,
        day=day,
        **_FREE,
    )


def _withdrawn(episode: Episode, occurrence: Occurrence) -> Episode:
    """Without a session that did not take place after all; one that was said to be on stays."""
    ledger = tuple(t for t in episode.ledger if t.occurrence != occurrence or t.is_said)
    return replace(episode, ledger=ledger)


def _skipped(episode: Episode, fact: Fact, what: f.Skipped) -> Episode:
    occurrence, due = what.occurrence, what.due_at
    episode = _withdrawn(episode, occurrence)
    if not _is_current(episode, what.phase):
        return episode
    activity, track = episode.activity(what.activity), episode.track(what.activity)
    if occurrence != track.occurrence and due <= (track.last_due or due - MOMENT):
        return episode  # an older one, of which nothing follows any more
    steps = len(activity.steps) if isinstance(activity, Treatment) else 1
    track = _settled(track, occurrence, due, what.day)
    track = replace(track, counts_from=max(due, fact.at), step=(what.step + 1) % steps)
    return _tracked(episode, what.activity, track)


def _snoozed(episode: Episode, _fact: Fact, what: f.Snoozed) -> Episode:
    if _has_ended(episode, what.occurrence):
        return episode
    episode = _withdrawn(episode, what.occurrence)
    if not _is_current(episode, what.phase):
        return episode
    track = replace(episode.track(what.activity), snoozed_until=what.until, is_open=True)
    return _tracked(episode, what.activity, track)


def _missed(episode: Episode, _fact: Fact, what: f.Missed) -> Episode:
    if not _is_current(episode, what.phase):
        return episode
    track = _settled(episode.track(what.activity), what.occurrence, what.due_at, what.day)
    track = replace(track, step=0, is_on=False)
    if what.counts_from is not None:
        track = replace(track, counts_from=what.counts_from)
    return _tracked(episode, what.activity, track)


def _withheld(episode: Episode, fact: Fact, what: f.Withheld) -> Episode:
    if not _is_current(episode, what.phase):
        return episode
    track = replace(
        episode.track(what.activity),
        withheld=what.reason,
        withheld_key=what.key,
        withheld_at=fact.at,
        withheld_until=what.until,
    )
    return _tracked(episode, what.activity, track)


def _paused(episode: Episode, _fact: Fact, what: f.Paused) -> Episode:
    return replace(episode, state=PAUSED, paused_until=what.until)


def _stays_up(episode: Episode, _fact: Fact, what: f.StaysUp) -> Episode:
    return replace(episode, place=replace(episode.place, late=(what.day, what.until)))


def _resumed(episode: Episode, fact: Fact, _what: f.Resumed) -> Episode:
    # A pause leaves no debt: what was put off or withheld before it is looked at anew.
    tracks = {name: replace(track, **_FREE) for name, track in episode.tracks.items()}
    return replace(episode, state=ACTIVE, paused_until=None, resumed_at=fact.at, tracks=tracks)


def _unheard(episode: Episode, fact: Fact, what: f.Unheard) -> Episode:
    if episode.silence == f.RESTS:  # it is over as a pause is, and leaves no debt
        tracks = {name: replace(track, **_FREE) for name, track in episode.tracks.items()}
        episode = replace(episode, resumed_at=fact.at, tracks=tracks)
    return replace(episode, silence="" if what.state == "over" else what.state)


def _alerted(episode: Episode, fact: Fact, what: f.Alerted) -> Episode:
    id_ = what.id
    if what.cleared:
        # Answered by the person it is not raised again while its cause lasts; when that is over, it may be.
        answered = tuple(name for name in episode.answered if name != id_)
        answered += (id_,) if fact.by == "person" else ()
        alerts = {name: alert for name, alert in episode.alerts.items() if name != id_}
        released = {name: word for name, word in episode.released.items() if name != id_}
        released |= {id_: what.word} if what.word else {}
        return replace(episode, alerts=alerts, answered=answered, released=released)
    at, suspends, is_said = episode.in_order(fact.at), tuple(what.suspends), fact.by == "person"
    alert = Alert(id_, what.level, what.reason, what.source, at, suspends, is_said, what.cleared_by)
    return replace(episode, alerts={**episode.alerts, alert.id: alert})


def _completed(episode: Episode, _fact: Fact, _what: f.Completed) -> Episode:
    return replace(episode, state=COMPLETED)


def _stopped(episode: Episode, _fact: Fact, what: f.Stopped) -> Episode:
    ledger = tuple(
        replace(t, is_disowned=True) if t.ended_at is None and not t.is_said else t for t in episode.ledger
    )
    return replace(episode, state=ENDED_EARLY, ledger=ledger, binds_until=what.binds_until)


def _righted(episode: Episode, fact: Fact, what: f.ClockRighted) -> Episode:
    from recovery.engine.clock_effects import corrected  # hardly ever needed

    return corrected(episode, fact, what)


def _clock_seen(episode: Episode, fact: Fact, what: f.ClockRead) -> Episode:
    from recovery.engine.clock_effects import clock_seen  # hardly ever needed

    return clock_seen(episode, fact, what)


def _delivered(episode: Episode, fact: Fact, what: f.Delivered) -> Episode:
    over = _settled_with(what.seq, {seq: cue.key for seq, cue in episode.pending.items()})
    shown = episode.pending.get(what.seq)
    if shown is not None and shown.kind in REPEATED:
        episode = _told(episode, shown, fact)
    elif what.repeat is not None:
        episode = _told_again(episode, what.seq, what.repeat)
    return replace(
        episode,
        pending={seq: cue for seq, cue in episode.pending.items() if seq not in over},
        troubles={seq: why for seq, why in episode.troubles.items() if seq not in over},
    )


LEFT = "left"
"""The state of a phase of which nothing more follows: what comes next is told by another fact."""

REPEATED = ("start", "end")

ABOUT_ANSWERS = (f.ClockRighted,)
"""The kinds, but for the answers themselves, whose rules read or change what was answered."""


def _told(episode: Episode, cue: Cue, fact: Fact) -> Episode:
    """A start or an end was shown: it takes the place of what was told of the activity before."""
    return replace(
        episode, shown_cues={**episode.shown_cues, cue.key.occurrence.owner: ShownCue(cue, fact.at)}
    )


def _told_again(episode: Episode, seq: int, number: int) -> Episode:
    for activity, shown in episode.shown_cues.items():
        if shown.cue.seq == seq:
            again = replace(shown, count=max(shown.count, number))
            return replace(episode, shown_cues={**episode.shown_cues, activity: again})
    return episode


def _undelivered(episode: Episode, _fact: Fact, what: f.NotDelivered) -> Episode:
    return replace(episode, troubles={**episode.troubles, what.seq: what.reason})


_RULES: dict[type[f.What], Callable[[Episode, Fact, Any], Episode]] = {
    f.Answered: _answered,
    f.PhaseChanged: _phase,
    f.Stepped: _stepped,
    f.Screened: _screened,
    f.SetBack: _setback,
    f.Corrected: _corrected,
    f.Chosen: _chosen,
    f.Ticked: _ticked,
    f.Offered: _offered,
    f.Begun: _begun,
    f.Ended: _ended,
    f.Done: _done,
    f.Skipped: _skipped,
    f.Snoozed: _snoozed,
    f.Missed: _missed,
    f.Withheld: _withheld,
    f.Paused: _paused,
    f.Resumed: _resumed,
    f.StaysUp: _stays_up,
    f.Unheard: _unheard,
    f.Alerted: _alerted,
    f.Completed: _completed,
    f.Stopped: _stopped,
    f.ClockRighted: _righted,
    f.ClockRead: _clock_seen,
    f.Delivered: _delivered,
    f.NotDelivered: _undelivered,
}
