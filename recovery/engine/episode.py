"""An episode: one injury of one person under one pinned protocol, as a fold of its facts.

`fold` turns facts into an `Episode`, `apply` adds one more. Neither decides anything and neither reads a
clock: what should happen next is the business of `recovery.engine.decide`.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from recovery.engine import facts as f
from recovery.engine.facts import Cue, Fact, from_ms
from recovery.engine.times import Place
from recovery.protocol.model import Anchor, AnyActivity, CheckIn, Phase, RecoveryProtocol, Session
from recovery.values import Value, field, replace

ACTIVE, PAUSED, COMPLETED, ENDED_EARLY, TAKEN_BACK = "active", "paused", "completed", "stopped", "taken back"

LEDGER_MEMORY = timedelta(days=3)
"""How long sessions stay in the ledger: longer than any gap or daily count looks back."""


class Answer(Value):
    at: datetime
    value: int | str


class Treatment(Value):
    """One session as it really went, or as it is assumed to have gone: an entry of the ledger."""

    occurrence: str
    activity: str
    phase: str
    step: int
    modality: str
    planned: timedelta
    began_at: datetime
    is_assumed: bool = True
    """Nobody said that it was begun; it counts from when it was offered."""
    ended_at: datetime | None = None
    is_confirmed: bool = False
    """Whether the person said how it ended."""

    @property
    def ends_at(self) -> datetime:
        """When its end cue is due."""
        return self.began_at + self.planned


class Track(Value):
    """How far one activity of the current phase has come."""

    last_due: datetime | None = None
    """Occurrences up to this instant have their fate."""
    counts_from: datetime | None = None
    """What the next session of a chain counts from: the real end of the last one, or a skip."""
    occurrence: str = ""
    """The latest occurrence."""
    is_open: bool = False
    """Whether the latest occurrence still waits for a reaction."""
    step: int = 0
    """Which step of an alternation comes next."""
    day: date | None = None
    count: int = 0
    """How many occurrences the waking day `day` has had."""
    snoozed_until: datetime | None = None
    withheld: str = ""
    withheld_until: datetime | None = None
    is_on: bool = False
    """For a hold."""


class Stay(Value):
    """The time spent in a phase. `phase` None before the first one is entered."""

    phase: Phase | None
    index: int
    entered_at: datetime
    held: str = ""
    """The reasons last recorded for not leaving it."""
    offered: bool = False
    """Whether its end waits for the person's word."""
    asks_anew: bool = False
    """After a step back only answers given since then count: the old ones opened the gate once already."""


class Alert(Value):
    id: str
    level: str
    reason: str
    source: str
    at: datetime


class Episode(Value):
    """All that decisions need to know about one episode."""

    id: str
    protocol: RecoveryProtocol
    place: Place
    onset: datetime
    started_at: datetime
    grade: str | None = None
    side: str | None = None
    confirms: bool = False
    """Whether the person confirms every change of phase (their setting)."""
    state: str = ACTIVE
    paused_until: datetime | None = None
    resumed_at: datetime | None = None
    stay: Stay = field(kw_only=True)
    answers: Mapping[str, tuple[Answer, ...]] = field(default_factory=dict)
    """By observation, in order of when they were true."""
    tracks: Mapping[str, Track] = field(default_factory=dict)
    """By activity id, of the current phase."""
    ledger: tuple[Treatment, ...] = ()
    alerts: Mapping[str, Alert] = field(default_factory=dict)
    pending: Mapping[int, Cue] = field(default_factory=dict)
    """Cues that nothing is known to have shown, by the fact that carries them."""
    troubles: Mapping[int, str] = field(default_factory=dict)
    """Why a pending cue could not be shown."""

    @property
    def is_over(self) -> bool:
        return self.state in (COMPLETED, ENDED_EARLY, TAKEN_BACK)

    @property
    def phase(self) -> Phase:
        """The current phase, or the first one while that may not be entered yet."""
        return self.stay.phase or self.protocol.phases[0]

    @property
    def next_phase(self) -> Phase | None:
        """The phase that comes after the current one."""
        following = self.stay.index + 1
        return self.protocol.phases[following] if following < len(self.protocol.phases) else None

    @property
    def under_way(self) -> Treatment | None:
        """The session that is on now."""
        for treatment in reversed(self.ledger):
            if treatment.ended_at is None:
                return treatment
        return None

    def track(self, activity: str) -> Track:
        return self.tracks.get(activity, _NEW)

    def origin(self, name: str) -> datetime:
        """The instant of an anchor's origin: injury, start or phase."""
        return {"injury": self.onset, "start": self.started_at, "phase": self.stay.entered_at}[name]

    def instant(self, anchor: Anchor) -> datetime:
        """The instant that an anchor of the protocol means in this episode."""
        return self.place.after(self.origin(anchor.origin), anchor.offset)

    def activity(self, activity_id: str) -> AnyActivity | None:
        """The activity of that id in the current phase, or in any phase."""
        for phase in (self.phase, *self.protocol.phases):
            for activity in phase.activities:
                if activity.id == activity_id:
                    return activity
        return None

    def text(self, text: str) -> str:
        """A protocol's text with its two placeholders filled in; nothing else is ever formatted."""
        other = {"left": "right", "right": "left"}.get(self.side or "", "other")
        return text.replace("{other side}", other).replace("{side}", self.side or "injured")


_NEW = Track()


def begin(protocol: RecoveryProtocol, started: Fact) -> Episode:
    """The episode that a `started` fact opens. Raises `KeyError` or `ValueError` on a damaged fact."""
    data = started.data
    place = Place(
        ZoneInfo(data["zone"]), time.fromisoformat(data["wake"]), time.fromisoformat(data["bedtime"])
    )
    return Episode(
        started.episode,
        protocol,
        place,
        onset=from_ms(data["onset"]),
        started_at=started.at,
        grade=data.get("grade"),
        side=data.get("side"),
        confirms=bool(data.get("confirms")),
        stay=Stay(None, -1, started.at),
    )


def fold(protocol: RecoveryProtocol, facts: Iterable[Fact]) -> Episode:
    """The episode that its facts tell of, in the order in which they were written down.

    Facts taken back by an `undone` fact do not count. The first one that counts must be `started`;
    raises `ValueError` where there is none.
    """
    journal = list(facts)
    undone = {fact.data["seq"] for fact in journal if fact.kind == f.UNDONE}
    started = next((fact for fact in journal if fact.kind == f.STARTED), None)
    if started is None:
        raise ValueError("an episode without a start")
    episode = begin(protocol, started)
    if started.seq in undone:
        return replace(episode, state=TAKEN_BACK)
    for fact in journal:
        if fact is not started and fact.seq not in undone:
            episode = apply(episode, fact)
    return episode


def apply(episode: Episode, fact: Fact) -> Episode:
    """The episode after one more fact. Facts about what is no longer known are passed over."""
    rule = _RULES.get(fact.kind)
    if rule is not None:
        episode = rule(episode, fact)
    cue = fact.data.get("cue")
    if cue:
        pending = {**episode.pending, fact.seq: read_cue(cue, fact.seq)}
        episode = replace(episode, pending=pending)
    return episode


def read_cue(cue: Mapping[str, object], seq: int) -> Cue:
    """The cue that a fact carries."""
    expires = cue.get("expires")
    return Cue(
        key=str(cue["key"]),
        kind=str(cue["kind"]),
        title=str(cue["title"]),
        body=str(cue["body"]),
        due_at=from_ms(int(str(cue["due"]))),
        critical=bool(cue.get("critical")),
        seq=seq,
        expires_at=None if expires is None else from_ms(int(str(expires))),
    )


# One rule a kind of fact -----------------------------------------------------------------------


def _tracked(episode: Episode, activity: str, track: Track) -> Episode:
    return replace(episode, tracks={**episode.tracks, activity: track})


def _is_current(episode: Episode, fact: Fact) -> bool:
    """Whether the fact is about the phase that the person is in: tracks are of one phase only."""
    return fact.data.get("phase") == episode.phase.id


def _answered(episode: Episode, fact: Fact) -> Episode:
    answers = dict(episode.answers)
    for name, value in fact.data["values"].items():
        given = [*answers.get(name, ()), Answer(fact.at, value)]
        given.sort(key=lambda answer: answer.at)
        answers[name] = tuple(given)
    tracks = dict(episode.tracks)
    for activity in episode.phase.activities:
        if (
            isinstance(activity, CheckIn)
            and activity.id in tracks
            and fact.data["values"].keys() & {*activity.asks}
        ):
            tracks[activity.id] = replace(tracks[activity.id], is_open=False)
    return replace(episode, answers=answers, tracks=tracks)


def _phase(episode: Episode, fact: Fact) -> Episode:
    state, stay = fact.data["state"], episode.stay
    if state == "entered":
        ids = [phase.id for phase in episode.protocol.phases]
        if fact.data["phase"] not in ids:
            return episode
        index = ids.index(fact.data["phase"])
        entered = Stay(episode.protocol.phases[index], index, fact.at, asks_anew=bool(fact.data.get("anew")))
        return replace(episode, stay=entered, tracks={})
    if state == "held":
        return replace(episode, stay=replace(stay, held="; ".join(fact.data["reasons"]), offered=False))
    if state == "offered":
        return replace(episode, stay=replace(stay, offered=True))
    return episode


def _offered(episode: Episode, fact: Fact) -> Episode:
    if not _is_current(episode, fact):
        return episode
    data = fact.data
    track = episode.track(data["activity"])
    day = date.fromisoformat(data["day"])
    again = data["occurrence"] == track.occurrence
    count = track.count if again else (track.count + 1 if track.day == day else 1)
    covered = max(from_ms(data["due"]), fact.at)
    track = replace(
        track,
        last_due=max(covered, track.last_due or covered),
        occurrence=data["occurrence"],
        is_open=True,
        day=day,
        count=count,
        snoozed_until=None,
        withheld="",
        withheld_until=None,
        is_on=data.get("on", track.is_on),
    )
    if "seconds" in data:
        begun = Treatment(
            data["occurrence"],
            data["activity"],
            data["phase"],
            data.get("step", 0),
            data["modality"],
            timedelta(seconds=data["seconds"]),
            fact.at,
        )
        episode = _entered(episode, begun)
    return _tracked(episode, data["activity"], track)


def _entered(episode: Episode, treatment: Treatment) -> Episode:
    """The ledger with one more entry, and without those that no limit can ask for any more."""
    old = treatment.began_at - LEDGER_MEMORY
    kept = [t for t in episode.ledger if t.occurrence != treatment.occurrence and t.began_at >= old]
    return replace(episode, ledger=(*kept, treatment))


def _begun(episode: Episode, fact: Fact) -> Episode:
    for treatment in episode.ledger:
        if treatment.occurrence == fact.data["occurrence"]:
            begun = replace(treatment, began_at=fact.at, is_assumed=False)
            return _entered(episode, begun)
    return episode


def _ended(episode: Episode, fact: Fact) -> Episode:
    for treatment in episode.ledger:
        if treatment.occurrence == fact.data["occurrence"]:
            break
    else:
        return episode
    by_person = fact.by == "person"
    ended = replace(treatment, ended_at=fact.at, is_confirmed=by_person)
    ledger = tuple(ended if t is treatment else t for t in episode.ledger)
    episode = replace(episode, ledger=ledger)
    if treatment.phase != episode.phase.id:
        return episode
    track = episode.track(treatment.activity)
    activity = episode.activity(treatment.activity)
    steps = len(activity.steps) if isinstance(activity, Session) else 1
    track = replace(track, counts_from=fact.at, step=(treatment.step + 1) % steps, is_open=not by_person)
    return _tracked(episode, treatment.activity, track)


def _done(episode: Episode, fact: Fact) -> Episode:
    data = fact.data
    ledger = tuple(
        replace(t, is_confirmed=True, is_assumed=False) if t.occurrence == data["occurrence"] else t
        for t in episode.ledger
    )
    episode = replace(episode, ledger=ledger)
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
    due, day = from_ms(data["due"]), date.fromisoformat(data["day"])
    is_new = data["occurrence"] != track.occurrence
    return replace(
        track,
        last_due=max(due, track.last_due or due),
        occurrence=data["occurrence"],
        is_open=False,
        day=day,
        count=(track.count + 1 if track.day == day else 1) if is_new else track.count,
        snoozed_until=None,
    )


def _withdrawn(episode: Episode, occurrence: str) -> Episode:
    """Without a session that did not take place after all."""
    return replace(episode, ledger=tuple(t for t in episode.ledger if t.occurrence != occurrence))


def _skipped(episode: Episode, fact: Fact) -> Episode:
    data = fact.data
    episode = _withdrawn(episode, data["occurrence"])
    if not _is_current(episode, fact):
        return episode
    activity = episode.activity(data["activity"])
    steps = len(activity.steps) if isinstance(activity, Session) else 1
    track = replace(
        _settled(episode.track(data["activity"]), data),
        counts_from=max(from_ms(data["due"]), fact.at),
        step=(data.get("step", 0) + 1) % steps,
    )
    return _tracked(episode, data["activity"], track)


def _snoozed(episode: Episode, fact: Fact) -> Episode:
    episode = _withdrawn(episode, fact.data["occurrence"])
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
        withheld_until=None if until is None else from_ms(until),
    )
    return _tracked(episode, fact.data["activity"], track)


def _paused(episode: Episode, fact: Fact) -> Episode:
    until = fact.data.get("until")
    return replace(episode, state=PAUSED, paused_until=None if until is None else from_ms(until))


def _resumed(episode: Episode, fact: Fact) -> Episode:
    return replace(episode, state=ACTIVE, paused_until=None, resumed_at=fact.at)


def _alerted(episode: Episode, fact: Fact) -> Episode:
    data = fact.data
    if data.get("cleared"):
        return replace(episode, alerts={k: a for k, a in episode.alerts.items() if k != data["id"]})
    alert = Alert(data["id"], data["level"], data["reason"], data["source"], fact.at)
    return replace(episode, alerts={**episode.alerts, alert.id: alert})


def _completed(episode: Episode, fact: Fact) -> Episode:
    return replace(episode, state=COMPLETED)


def _stopped(episode: Episode, fact: Fact) -> Episode:
    return replace(episode, state=ENDED_EARLY)


def _delivered(episode: Episode, fact: Fact) -> Episode:
    seq = fact.data["seq"]
    return replace(
        episode,
        pending={key: cue for key, cue in episode.pending.items() if key != seq},
        troubles={key: why for key, why in episode.troubles.items() if key != seq},
    )


def _undelivered(episode: Episode, fact: Fact) -> Episode:
    return replace(episode, troubles={**episode.troubles, fact.data["seq"]: fact.data["reason"]})


_RULES = {
    f.ANSWERED: _answered,
    f.PHASE: _phase,
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
    f.DELIVERED: _delivered,
    f.UNDELIVERED: _undelivered,
}
