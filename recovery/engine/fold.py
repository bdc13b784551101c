"""From facts to an episode: `fold` reads a whole journal, `apply` adds one more fact.

Neither decides anything and neither reads a clock: a fact says what happened, a rule here says what that changes.
"""

from bisect import insort
from collections.abc import Container, Iterable, Mapping, MutableMapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from recovery.engine import facts as f
from recovery.engine.episode import (
    ACTIVE,
    COMPLETED,
    ENDED_EARLY,
    LEDGER_MEMORY,
    MOMENT,
    PAUSED,
    TAKEN_BACK,
    Alert,
    Answer,
    Episode,
    Session,
    Stay,
    Told,
    Track,
    on_rung,
)
from recovery.engine.facts import Cue, Fact, from_ms
from recovery.engine.occurrences import NONE, CueKey, Occurrence, Offer, day_of
from recovery.engine.questions import decides_something
from recovery.engine.screening import forbidden
from recovery.engine.times import Place
from recovery.engine.zone_change import zone_changed
from recovery.protocol.model import (
    AnyActivity,
    CheckIn,
    Checklist,
    RecoveryProtocol,
    Treatment,
    modalities,
)
from recovery.protocol.terms import may_apply
from recovery.values import replace
from recovery.zones import Elsewhere, as_utc, named_or


def begin(protocol: RecoveryProtocol, started: Fact, elsewhere: Elsewhere = as_utc) -> Episode:
    """The episode that a `started` fact opens; `elsewhere` stands in for a zone whose name is not known here.

    Raises `KeyError` or `ValueError` on a damaged fact.
    """
    data = started.data
    work = data.get("work", ("09:00", "17:00"))
    place = Place(
        named_or(data["zone"], elsewhere),
        time.fromisoformat(data["wake"]),
        time.fromisoformat(data["bedtime"]),
        work=(time.fromisoformat(work[0]), time.fromisoformat(work[1])),
        workdays=tuple(data.get("workdays", range(5))),
        language=data.get("language", "en"),
        quiet=tuple((time.fromisoformat(a), time.fromisoformat(b)) for a, b in data.get("quiet", ())),
    )
    episode = Episode(
        started.episode,
        protocol,
        protocol,
        place,
        onset=from_ms(data["onset"]),
        started_at=started.at,
        grade=data.get("grade"),
        side=data.get("side"),
        options=data.get("options", {}),
        screened=data.get("screen", {}),
        travels=bool(data.get("travels")),
        confirms=bool(data.get("confirms")),
        is_discreet=bool(data.get("discreet")),
        stay=Stay(None, -1, started.at),
    )
    return replace(episode, protocol=tailored(episode))


def tailored(episode: Episode) -> RecoveryProtocol:
    """The protocol without what is not for this person.

    That is what is for another grade, side, option or screening answer, and what a yes in the screening forbids.
    """
    whole = episode.whole
    given: dict[str, str | None] = {"grade": episode.grade, "side": episode.side, **episode.options}
    given |= {name: "yes" if is_yes else "no" for name, is_yes in episode.screened.items()}
    gone = forbidden(episode)

    def fitting(activities: Iterable[AnyActivity]) -> tuple[AnyActivity, ...]:
        return tuple(a for a in activities if may_apply(a.only_if, given) and not gone & modalities(a))

    phases = tuple(
        replace(
            phase,
            activities=fitting(phase.activities),
            ladder=tuple(
                replace(rung, activities=fitting(rung.activities))
                for rung in phase.ladder
                if may_apply(rung.only_if, given)
            ),
        )
        for phase in whole.phases
    )
    return whole if phases == whole.phases else replace(whole, phases=phases)


def _retailored(episode: Episode) -> Episode:
    """The episode after something about the person has changed: the current phase is told anew as well."""
    episode = replace(episode, protocol=tailored(episode))
    stay = episode.stay
    if stay.phase is None:
        return episode
    phase = episode.protocol.phases[stay.index]
    rung = min(stay.rung, max(0, len(phase.ladder) - 1))
    return replace(episode, stay=replace(stay, phase=on_rung(phase, rung), rung=rung))


def fold(protocol: RecoveryProtocol, facts: Iterable[Fact], elsewhere: Elsewhere = as_utc) -> Episode:
    """The episode that its facts tell of, in the order in which they were written down.

    `elsewhere` stands in for zones whose names are not known here: lengths and limits need none.
    Of facts taken back by an `undone` fact counts only what was on the skin. The first one that counts must be
    `started`; raises `ValueError` where there is none.
    """
    journal = list(facts)
    undone = {fact.data["seq"] for fact in journal if fact.kind == f.UNDONE}
    started = next((fact for fact in journal if fact.kind == f.STARTED), None)
    if started is None:
        raise ValueError("an episode without a start")
    episode = begin(protocol, started, elsewhere)
    if started.seq in undone:
        return replace(episode, state=TAKEN_BACK)
    carriers: dict[int, Fact] = {}
    troubles: dict[int, str] = {}
    given: dict[str, list[Answer]] = {}
    told: dict[str, tuple[Fact, datetime, int]] = {}
    """The newest start or end shown of each activity: its carrier, when it was shown, and how often again."""
    newest = started.at
    # As `apply` does it, but nearly all cues are told by now: those are not even read.
    for fact in journal:
        if fact.kind == f.CLOCK:
            episode = replace(episode, written_at=newest)
        elif fact.at < newest and fact.kind in _IN_ORDER:
            episode = replace(episode, written_at=newest, answers=_in_order(given))
        if fact.recorded_at is not None and (fact.recorded_at > newest or fact.kind == f.RIGHTED):
            newest = fact.recorded_at
        if fact is started:
            continue
        if fact.seq in undone:
            episode = _taken_back(episode, fact)
        elif fact.kind == f.DELIVERED:
            shown = carriers.get(fact.data["seq"])
            if shown is not None and shown.data["cue"]["kind"] in _REPEATED:
                told[CueKey(shown.data["cue"]["key"]).occurrence.owner] = shown, fact.at, 0
            elif "repeat" in fact.data:
                for name, (carrier, at, count) in told.items():
                    if carrier.seq == fact.data["seq"]:
                        told[name] = carrier, at, max(count, fact.data["repeat"])
            keys = {seq: carrier.data["cue"]["key"] for seq, carrier in carriers.items()}
            for seq in _settled_with(fact.data["seq"], keys):
                del carriers[seq]
                troubles.pop(seq, None)
        elif fact.kind == f.UNDELIVERED:
            troubles[fact.data["seq"]] = fact.data["reason"]
        elif fact.kind == f.ANSWERED:
            # Into lists, which become tuples once: a tuple anew for each of n answers costs n squared.
            _take(given, fact)
            episode = _no_longer_asked(episode, fact)
        else:
            if fact.kind in ABOUT_ANSWERS:
                episode = replace(episode, answers=_in_order(given))
            episode = _after(episode, fact, elsewhere)
            if fact.kind in ABOUT_ANSWERS:
                given = {name: [*answers] for name, answers in episode.answers.items()}
            if fact.data.get("cue"):
                carriers[fact.seq] = fact
    pending = {seq: read_cue(carrier) for seq, carrier in carriers.items()}
    shown_last = {name: Told(read_cue(carrier), at, count) for name, (carrier, at, count) in told.items()}
    return replace(
        episode,
        answers=_in_order(given),
        pending=pending,
        troubles=troubles,
        told=shown_last,
        written_at=_written_at(journal, undone),
    )


_IN_ORDER = frozenset({f.PHASE, f.STEPPED, f.SETBACK, f.CORRECTED, f.ALERTED})
"""The kinds, but for the answers, that count from when they are written, and never before what stood there already."""

_LATELY = 64
"""So many of the newest facts may have been written under a clock that was set back by less than is doubted."""


def _written_at(journal: Sequence[Fact], undone: Container[int]) -> datetime | None:
    """Find the latest time at which a fact was written down, since the clock was last put right."""
    newest: datetime | None = None
    for fact in reversed(journal[-_LATELY:]):
        if fact.recorded_at is not None:
            newest = fact.recorded_at if newest is None else max(newest, fact.recorded_at)
        if fact.kind == f.RIGHTED and fact.seq not in undone:
            break
    return newest


def apply(episode: Episode, fact: Fact) -> Episode:
    """The episode after one more fact. Facts about what is no longer known are passed over."""
    episode = _after(episode, fact)
    if fact.recorded_at is not None:
        before = episode.written_at if fact.kind != f.RIGHTED else None
        newest = fact.recorded_at if before is None else max(before, fact.recorded_at)
        episode = replace(episode, written_at=newest)
    if fact.data.get("cue"):
        pending = {**episode.pending, fact.seq: read_cue(fact)}
        episode = replace(episode, pending=pending)
    return episode


def _after(episode: Episode, fact: Fact, elsewhere: Elsewhere = as_utc) -> Episode:
    """All that a fact changes but for the cue that it carries."""
    rule = _RULES.get(fact.kind)
    if fact.kind == f.MOVED:
        episode = zone_changed(episode, fact, elsewhere)
    elif rule is not None:
        episode = rule(episode, fact)
    if "occurrence" in fact.data:
        episode = _named(episode, fact.occurrence, fact.at)
    return episode


def _taken_back(episode: Episode, fact: Fact) -> Episode:
    """Keep of a fact that was taken back only what was on the skin, as a session that is assumed."""
    if "occurrence" not in fact.data:
        return episode
    if fact.kind == f.OFFERED and "seconds" in fact.data:
        episode = _offered(episode, fact)
    session = _session_of(episode, fact)
    if session is not None and fact.kind in (f.OFFERED, f.BEGUN, f.ENDED, f.DONE):
        stays = replace(session, is_said=True)
        if fact.kind == f.ENDED:
            off_at = _off_at(fact, session)
            ended_at = session.ended_at and max(session.ended_at, off_at)
            stays = replace(stays, off_at=off_at, ended_at=ended_at)
        episode = _in_ledger(episode, stays)
    return _named(episode, fact.occurrence, fact.at)


def _session_of(episode: Episode, fact: Fact) -> Session | None:
    """The session in the ledger that a fact is about."""
    wanted = fact.data["occurrence"]
    return next(
        (t for t in reversed(episode.ledger) if t.occurrence == wanted), None
    )  # nearly always the last


def _in_ledger(episode: Episode, session: Session) -> Episode:
    """The ledger with one of its entries as it is now."""
    wanted = session.occurrence
    ledger = [session if t.occurrence == wanted else t for t in episode.ledger]
    return replace(episode, ledger=tuple(ledger))


def _off_at(fact: Fact, session: Session) -> datetime:
    """Compute when a session is off by all that the person has said: an earlier time said later changes nothing."""
    counts_from = from_ms(fact.data["counts_from"]) if "counts_from" in fact.data else fact.at
    return counts_from if session.off_at is None else max(counts_from, session.off_at)


def _settled_with(shown: int, keys: Mapping[int, str]) -> set[int]:
    """The cues that need no telling any more once one is shown: itself, and the older ones that it replaces."""
    return {seq for seq, key in keys.items() if seq <= shown and key == keys.get(shown)}


def _named(episode: Episode, occurrence: Occurrence, at: datetime) -> Episode:
    """With the name of an occurrence taken, and without those of days that have long passed."""
    series, ordinal = occurrence.series, occurrence.ordinal
    if ordinal <= episode.names.get(series, 0):
        return episode
    if series in episode.names:
        return replace(episode, names={**episode.names, series: ordinal})
    oldest = (at - LEDGER_MEMORY).date().isoformat()
    kept = {name: taken for name, taken in episode.names.items() if day_of(name) >= oldest}
    return replace(episode, names={**kept, series: ordinal})


def read_cue(fact: Fact, seq: int | None = None) -> Cue:
    """The cue that a fact carries; `seq` where it is not the fact's own."""
    cue = fact.data["cue"]
    expires = cue.get("expires")
    return Cue(
        key=CueKey(cue["key"]),
        kind=str(cue["kind"]),
        title=cue["title"],
        body=cue["body"],
        due_at=from_ms(cue["due"]),
        decided_at=fact.at,
        critical=bool(cue.get("critical")),
        seq=fact.seq if seq is None else seq,
        expires_at=None if expires is None else from_ms(expires),
        about=_subject(fact),
    )


def _subject(fact: Fact) -> Occurrence | Offer:
    """Name what the cue of a fact is about."""
    if fact.data["cue"]["kind"] in _OFFERS:
        return Offer.of(fact.episode, fact.data["phase"], fact.at)
    return Occurrence(fact.data.get("occurrence", NONE))


# One rule a kind of fact -----------------------------------------------------------------------


def _tracked(episode: Episode, activity: str, track: Track) -> Episode:
    return replace(episode, tracks={**episode.tracks, activity: track})


def _is_current(episode: Episode, fact: Fact) -> bool:
    """Tell if the fact is about the phase that the person is in: tracks are of one phase only."""
    return fact.data.get("phase") == episode.phase.id


def _answered(episode: Episode, fact: Fact) -> Episode:
    given = {name: [*episode.answers.get(name, ())] for name in fact.data["values"]}
    _take(given, fact)
    return _no_longer_asked(replace(episode, answers={**episode.answers, **_in_order(given)}), fact)


def _take(given: MutableMapping[str, list[Answer]], fact: Fact) -> None:
    """Put the answers of a fact among those given, by when they were true; of one instant the later told is later."""
    said_at = fact.recorded_at if fact.recorded_at is not None and fact.recorded_at < fact.at else None
    for name, value in fact.data["values"].items():
        insort(given.setdefault(name, []), Answer(fact.at, value, said_at), key=lambda answer: answer.at)


def _in_order(given: Mapping[str, list[Answer]]) -> dict[str, tuple[Answer, ...]]:
    return {name: tuple(answers) for name, answers in given.items()}


def _no_longer_asked(episode: Episode, fact: Fact) -> Episode:
    """The episode without the questions that a fact answers; what was true on a day before answers none of today.

    A check-in is open until nothing that it asks decides anything more.
    """
    names, tracks = fact.data["values"].keys(), {}
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


def _phase(episode: Episode, fact: Fact) -> Episode:
    state, stay = fact.data["state"], episode.stay
    ids = [phase.id for phase in episode.protocol.phases]
    if fact.data["phase"] not in ids and state != LEFT:
        raise ValueError(f"no phase {fact.data['phase']}")  # passed over, all of the phase would be told anew
    if state == "entered":
        index = ids.index(fact.data["phase"])
        phase = on_rung(episode.protocol.phases[index], 0)
        entered = Stay(
            phase,
            index,
            episode.in_order(fact.at),
            asks_anew=bool(fact.data.get("anew")),
            word=fact.data.get("word"),
        )
        return replace(episode, stay=entered, tracks={})
    if state == "held":
        return replace(
            episode, stay=replace(stay, held=fact.data.get("keys", fact.data["unmet"]), offered_at=None)
        )
    if state == "offered":
        # The reasons for holding it are over: should they come back, they are told again.
        return replace(episode, stay=replace(stay, held=None, offered_at=fact.at))
    if state in ("way back", "no way back"):
        return replace(episode, stay=replace(stay, way_back_at=fact.at if state == "way back" else None))
    return episode


def _stepped(episode: Episode, fact: Fact) -> Episode:
    if not _is_current(episode, fact) or episode.stay.phase is None:
        return episode
    phase = episode.protocol.phases[episode.stay.index]
    ids = [rung.id for rung in phase.ladder]
    if fact.data["step"] not in ids:
        return episode
    # What was put off or withheld on the step is over with it; what has had its fate keeps it.
    left = {activity.id for activity in phase.ladder[episode.stay.rung].activities}
    tracks = {
        name: replace(track, snoozed_until=None, withheld="", withheld_at=None, withheld_until=None)
        if name in left
        else track
        for name, track in episode.tracks.items()
    }
    rung = ids.index(fact.data["step"])
    stay = replace(
        episode.stay,
        phase=on_rung(phase, rung),
        rung=rung,
        stepped_at=episode.in_order(fact.at),
        word=fact.data.get("word"),
    )
    return replace(episode, stay=stay, tracks=tracks)


def _screened(episode: Episode, fact: Fact) -> Episode:
    answers: Mapping[str, bool] = fact.data["answers"]
    frees = any(not is_yes and episode.screened.get(name) is not False for name, is_yes in answers.items())
    # What was forbidden or waited until now was not missed: it counts from here, as after a pause.
    since = fact.at if frees else episode.resumed_at
    return _retailored(replace(episode, screened={**episode.screened, **answers}, resumed_at=since))


def _setback(episode: Episode, fact: Fact) -> Episode:
    """A new injury of the same place: all clocks begin anew. Answers and sessions stay as they were."""
    data, at = fact.data, episode.in_order(fact.at)
    episode = replace(
        episode,
        onset=from_ms(data["onset"]) + (at - fact.at),
        started_at=at,
        grade=data.get("grade") or episode.grade,
        state=ACTIVE,
        paused_until=None,
        resumed_at=None,
        answered=(),
        stay=Stay(None, -1, at),
        tracks={},
    )
    return _retailored(episode)


def _corrected(episode: Episode, fact: Fact) -> Episode:
    """Something said at the start was wrong: it counts as if it had been said so."""
    data, onset = fact.data, episode.onset
    if "onset" in data:
        onset = from_ms(data["onset"])
        # Told as so long ago by a clock that is behind it would be earlier than it was.
        behind = episode.in_order(fact.at) - fact.at
        onset = max(onset, min(onset + behind, episode.started_at))
    episode = replace(
        episode,
        onset=onset,
        grade=data.get("grade", episode.grade),
        side=data.get("side", episode.side),
        options={**episode.options, **data.get("options", {})},
    )
    return _retailored(episode)


def _ticked(episode: Episode, fact: Fact) -> Episode:
    name = fact.data["activity"]
    found = {**episode.ticked.get(name, {}), **fact.data["items"]}
    episode = replace(episode, ticked={**episode.ticked, name: found})
    activity = episode.activity(name)
    if not _is_current(episode, fact) or not isinstance(activity, Checklist) or name not in episode.tracks:
        return episode
    if all(item.id in found for item in activity.items):
        return _tracked(episode, name, replace(episode.track(name), is_open=False))
    return episode


def _offered(episode: Episode, fact: Fact) -> Episode:
    data = fact.data
    if _has_ended(episode, fact):
        return episode
    if "seconds" in data:
        # Into the ledger whatever the phase: a change of phase that was taken back undoes no session.
        begun = Session(
            fact.occurrence,
            data["activity"],
            data["phase"],
            data.get("step", 0),
            data["modality"],
            timedelta(seconds=data["seconds"]),
            fact.at,
        )
        episode = _entered(episode, begun)
    if not _is_current(episode, fact):
        return episode
    track = episode.track(data["activity"])
    covered = max(from_ms(data["due"]), fact.at)
    track = replace(
        track,
        last_due=max(covered, track.last_due or covered),
        occurrence=fact.occurrence,
        is_open=True,
        unanswered=tuple(data.get("asks", ())),
        day=date.fromisoformat(data["day"]),
        snoozed_until=None,
        withheld="",
        withheld_at=None,
        withheld_until=None,
        is_on=data.get("on", track.is_on),
    )
    return _tracked(episode, data["activity"], track)


def _has_ended(episode: Episode, fact: Fact) -> bool:
    """Tell if a fact is about a session that is over: nothing puts that off or on once more."""
    session = _session_of(episode, fact)
    return session is not None and session.ended_at is not None


def _entered(episode: Episode, session: Session) -> Episode:
    """The ledger with one more entry, and without those that no limit can ask for any more."""
    old = session.began_at - LEDGER_MEMORY
    kept = [t for t in episode.ledger if t.occurrence != session.occurrence and t.began_at >= old]
    return replace(episode, ledger=(*kept, session))


def _begun(episode: Episode, fact: Fact) -> Episode:
    session = _session_of(episode, fact)
    if session is None:
        return episode
    return _entered(episode, replace(session, began_at=fact.at, is_assumed=False, is_said=True))


def _ended(episode: Episode, fact: Fact) -> Episode:
    session = _session_of(episode, fact)
    if session is None:
        return episode
    by_person, ended_at = fact.by == "person", fact.at
    if by_person:
        ended_at = _off_at(fact, session)
        session = replace(session, is_confirmed=True, is_said=True, off_at=ended_at)
    if ended_at < session.began_at:
        ended_at = session.ends_at  # under a clock that was set back: it was on for at most that long
    episode = _in_ledger(episode, replace(session, ended_at=ended_at))
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


def _done(episode: Episode, fact: Fact) -> Episode:
    data = fact.data
    session = _session_of(episode, fact)
    if session is not None:
        done = replace(session, is_confirmed=True, is_assumed=False, is_said=True)
        episode = _in_ledger(episode, done)
    if not _is_current(episode, fact):
        return episode
    track = episode.track(data["activity"])
    if track.occurrence == data["occurrence"]:
        track = replace(track, is_open=False)
    elif "due" in data:
        track = _settled(track, data)
    return _tracked(episode, data["activity"], track)


def _settled(track: Track, data: Mapping[str, Any]) -> Track:
    """The track after an occurrence got a fate of which nobody needs to be told."""
    due = from_ms(data["due"])
    return replace(
        track,
        last_due=max(due, track.last_due or due),
        occurrence=Occurrence(data["occurrence"]),
        is_open=False,
        day=date.fromisoformat(data["day"]),
        snoozed_until=None,
        withheld="",
        withheld_at=None,
        withheld_until=None,
    )


def _withdrawn(episode: Episode, occurrence: Occurrence) -> Episode:
    """Without a session that did not take place after all; one that was said to be on stays."""
    ledger = tuple(t for t in episode.ledger if t.occurrence != occurrence or t.is_said)
    return replace(episode, ledger=ledger)


def _skipped(episode: Episode, fact: Fact) -> Episode:
    data = fact.data
    episode = _withdrawn(episode, fact.occurrence)
    if not _is_current(episode, fact):
        return episode
    activity, track = episode.activity(data["activity"]), episode.track(data["activity"])
    due = from_ms(data["due"])
    if data["occurrence"] != track.occurrence and due <= (track.last_due or due - MOMENT):
        return episode  # an older one, of which nothing follows any more
    steps = len(activity.steps) if isinstance(activity, Treatment) else 1
    track = replace(
        _settled(track, data), counts_from=max(due, fact.at), step=(data.get("step", 0) + 1) % steps
    )
    return _tracked(episode, data["activity"], track)


def _snoozed(episode: Episode, fact: Fact) -> Episode:
    if _has_ended(episode, fact):
        return episode
    episode = _withdrawn(episode, fact.occurrence)
    if not _is_current(episode, fact):
        return episode
    track = episode.track(fact.data["activity"])
    until = from_ms(fact.data["until"])
    return _tracked(episode, fact.data["activity"], replace(track, snoozed_until=until, is_open=True))


def _missed(episode: Episode, fact: Fact) -> Episode:
    if not _is_current(episode, fact):
        return episode
    data = fact.data
    track = replace(_settled(episode.track(data["activity"]), data), step=0, is_on=False)
    if "counts_from" in data:
        track = replace(track, counts_from=from_ms(data["counts_from"]))
    return _tracked(episode, data["activity"], track)


def _withheld(episode: Episode, fact: Fact) -> Episode:
    if not _is_current(episode, fact):
        return episode
    until = fact.data.get("until")
    track = replace(
        episode.track(fact.data["activity"]),
        withheld=fact.data["reason"],
        withheld_key=fact.data.get("key", ""),
        withheld_at=fact.at,
        withheld_until=None if until is None else from_ms(until),
    )
    return _tracked(episode, fact.data["activity"], track)


def _paused(episode: Episode, fact: Fact) -> Episode:
    until = fact.data.get("until")
    return replace(episode, state=PAUSED, paused_until=None if until is None else from_ms(until))


def _resumed(episode: Episode, fact: Fact) -> Episode:
    # A pause leaves no debt: what was put off or withheld before it is looked at anew.
    tracks = {
        name: replace(track, snoozed_until=None, withheld="", withheld_at=None, withheld_until=None)
        for name, track in episode.tracks.items()
    }
    return replace(episode, state=ACTIVE, paused_until=None, resumed_at=fact.at, tracks=tracks)


def _alerted(episode: Episode, fact: Fact) -> Episode:
    data = fact.data
    id_ = data["id"]
    if data.get("cleared"):
        # Answered by the person it is not raised again while its cause lasts; when that is over, it may be.
        answered = tuple(name for name in episode.answered if name != id_)
        answered += (id_,) if fact.by == "person" else ()
        alerts = {name: alert for name, alert in episode.alerts.items() if name != id_}
        return replace(episode, alerts=alerts, answered=answered)
    suspends = tuple(data.get("suspends", ()))
    at = episode.in_order(fact.at)
    alert = Alert(id_, data["level"], data["reason"], data["source"], at, suspends, fact.by == "person")
    return replace(episode, alerts={**episode.alerts, alert.id: alert})


def _completed(episode: Episode, _: Fact) -> Episode:
    return replace(episode, state=COMPLETED)


def _stopped(episode: Episode, _: Fact) -> Episode:
    ledger = tuple(
        replace(t, is_disowned=True) if t.ended_at is None and not t.is_said else t for t in episode.ledger
    )
    return replace(episode, state=ENDED_EARLY, ledger=ledger)


def _righted(episode: Episode, fact: Fact) -> Episode:
    from recovery.engine.clock_correction import corrected  # hardly ever needed

    return corrected(episode, fact)


def _clock_seen(episode: Episode, fact: Fact) -> Episode:
    from recovery.engine.clock_set import clock_seen  # hardly ever needed

    return clock_seen(episode, fact)


def _delivered(episode: Episode, fact: Fact) -> Episode:
    over = _settled_with(fact.data["seq"], {seq: cue.key for seq, cue in episode.pending.items()})
    shown = episode.pending.get(fact.data["seq"])
    if shown is not None and shown.kind in _REPEATED:
        episode = _told(episode, shown, fact)
    elif "repeat" in fact.data:
        episode = _told_again(episode, fact)
    return replace(
        episode,
        pending={seq: cue for seq, cue in episode.pending.items() if seq not in over},
        troubles={seq: why for seq, why in episode.troubles.items() if seq not in over},
    )


LEFT = "left"
"""The state of a phase of which nothing more follows: what comes next is told by another fact."""

_REPEATED = ("start", "end")
_OFFERS = ("offer", "way-back")

ABOUT_ANSWERS = (f.RIGHTED,)
"""The kinds, but for the answers themselves, whose rules read or change what was answered."""


def _told(episode: Episode, cue: Cue, fact: Fact) -> Episode:
    """A start or an end was shown: it takes the place of what was told of the activity before."""
    return replace(episode, told={**episode.told, cue.key.occurrence.owner: Told(cue, fact.at)})


def _told_again(episode: Episode, fact: Fact) -> Episode:
    for activity, one in episode.told.items():
        if one.cue.seq == fact.data["seq"]:
            again = replace(one, count=max(one.count, fact.data["repeat"]))
            return replace(episode, told={**episode.told, activity: again})
    return episode


def _undelivered(episode: Episode, fact: Fact) -> Episode:
    return replace(episode, troubles={**episode.troubles, fact.data["seq"]: fact.data["reason"]})


_RULES = {
    f.ANSWERED: _answered,
    f.PHASE: _phase,
    f.STEPPED: _stepped,
    f.SCREENED: _screened,
    f.SETBACK: _setback,
    f.CORRECTED: _corrected,
    f.TICKED: _ticked,
    f.OFFERED: _offered,
    f.BEGUN: _begun,
    f.ENDED: _ended,
    f.DONE: _done,
    f.SKIPPED: _skipped,
    f.SNOOZED: _snoozed,
    f.MISSED: _missed,
    f.WITHHELD: _withheld,
    f.PAUSED: _paused,
    f.RESUMED: _resumed,
    f.ALERTED: _alerted,
    f.COMPLETED: _completed,
    f.STOPPED: _stopped,
    f.RIGHTED: _righted,
    f.CLOCK: _clock_seen,
    f.DELIVERED: _delivered,
    f.UNDELIVERED: _undelivered,
}
