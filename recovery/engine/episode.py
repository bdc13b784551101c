"""An episode: one injury of one person under one pinned protocol, as far as decisions have to know it.

`recovery.engine.fold` makes it from facts; what should happen next is the business of `recovery.engine.decide`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from recovery.engine.facts import NO_OCCURRENCE, CueKey, Occurrence, Offer, Word
from recovery.engine.reasons import OfFile, SessionTitle, Text
from recovery.engine.times import Place
from recovery.protocol.model import (
    AnyActivity,
    Checklist,
    Hold,
    Phase,
    RecoveryProtocol,
    RedFlag,
    Rung,
    Step,
    Timed,
    Treatment,
)
from recovery.protocol.terms import (
    AGREED,
    BOTH,
    BY_RELEASE,
    CLEARED_BY,
    LONGEST_GAP,
    Anchor,
    Duration,
    placeholders,
)
from recovery.values import Value, field, replace

ACTIVE, PAUSED, COMPLETED, ENDED_EARLY, TAKEN_BACK = "active", "paused", "completed", "stopped", "taken back"
OVER = (COMPLETED, ENDED_EARLY, TAKEN_BACK)
"""The states in which it is over."""

LEDGER_MEMORY = timedelta(days=1, seconds=LONGEST_GAP.seconds)
"""The time that sessions stay in the ledger, from their begin: longer than any gap or daily count looks back."""


class Cue(Value):
    """A message to the person at a moment."""

    key: CueKey
    kind: str
    """One of those of `WrittenCue`."""
    title: Text
    body: Text
    due_at: datetime
    decided_at: datetime
    """The time of the decision to tell it; the text knows how late that was."""
    critical: bool = False
    """End cues and urgent alerts: never held back."""
    seq: int = 0
    """The fact that carries it."""
    expires_at: datetime | None = None
    """The time at which telling it stops making sense; None: never."""
    about: Occurrence | Offer = NO_OCCURRENCE
    """The one that it is about, as a button tells it: no later one has its name. Empty: nothing that recurs."""


class Answer(Value):
    at: datetime
    """The time at which it was true; told under a clock that was behind, right after all that was written before."""
    value: int | str
    said_at: datetime | None = None
    """The time by such a clock; None: it was not behind."""

    def seen_at(self, now: datetime) -> datetime:
        """Compute the time of the answer by a clock that may still be behind."""
        return self.at if self.at <= now or self.said_at is None else self.said_at


class Session(Value):
    """One session as it really went, or as it is assumed to have gone: an entry of the ledger."""

    occurrence: Occurrence
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
    """True if the person said how it ended."""
    is_said: bool = False
    """The person once said that it was on: taking the word back does not take it off the skin."""
    off_at: datetime | None = None
    """The latest time at which the person ever said that it was off."""
    is_disowned: bool = False
    """The episode was stopped before anybody said that it was on: its end is told, and no limit counts it."""
    set_by: timedelta = timedelta(0)
    """By how much the clock was set while it was on; `began_at` is moved with it."""
    is_lost: bool = False
    """Nobody knows for how long it was on: the machine was off, or its clock was wrong."""

    @property
    def ends_at(self) -> datetime:
        """The time at which its end cue is due: by the steady clock, or earlier by the clock that was set forward."""
        return self.began_at + self.planned - max(timedelta(0), self.set_by)

    @property
    def as_fields(self) -> dict[str, Any]:
        """As it stands in the facts that it was begun or ended."""
        names = ("phase", "activity", "modality", "occurrence")
        return {**{name: getattr(self, name) for name in names}, "length": self.planned}


class Track(Value):
    """The progress of an activity of the current phase."""

    last_due: datetime | None = None
    """Occurrences up to this instant have their fate."""
    counts_from: datetime | None = None
    """The start of the count to the next session of a chain: the real end of the last one, or a skip."""
    occurrence: Occurrence = NO_OCCURRENCE
    """The latest occurrence; empty: there was none yet."""
    is_open: bool = False
    """True if the latest occurrence still waits for a reaction."""
    unanswered: tuple[str, ...] = ()
    """The questions of the latest occurrence of a check-in that nobody has answered since."""
    step: int = 0
    """The step of an alternation that comes next."""
    day: date | None = None
    """The waking day of the latest occurrence."""
    snoozed_until: datetime | None = None
    withheld: Text = ""
    """The reason why it is withheld; "" where it is not."""
    withheld_key: str = ""
    """The reason's key, to tell whether it has changed; "" where an old fact has none."""
    withheld_at: datetime | None = None
    withheld_until: datetime | None = None
    is_on: bool = False
    """For a hold."""


class Stay(Value):
    """The time spent in a phase. `phase` None before the first one is entered."""

    phase: Phase | None
    index: int
    entered_at: datetime
    held: Sequence[str] | None = None
    """The conditions that were not met when it was last recorded that it goes on; None: not recorded yet."""
    offered_at: datetime | None = None
    """Since when its end waits for the person's word; None: it does not."""
    asks_anew: bool = False
    """After a step back only answers given since then count: the old ones opened the gate once already."""
    sessions_since: Mapping[str, datetime] = field(default_factory=dict)
    """Of what is asked about sessions: where answers count anew, those given since that instant do."""
    rung: int = 0
    """The current step of the phase's ladder, from 0."""
    stepped_at: datetime | None = None
    """Since when it is that step; None: since the phase's entry."""
    way_back_at: datetime | None = None
    """Since when an earlier phase is offered; None: none is."""
    word: Word | None = None
    """The professional's word on which the phase or its step was entered."""

    @property
    def offered(self) -> bool:
        """True while its end waits for the person's word."""
        return self.offered_at is not None

    @property
    def way_back(self) -> bool:
        """True while an earlier phase is offered."""
        return self.way_back_at is not None


class ShownCue(Value):
    """A cue of a session that was shown, and may be told again while nobody answers."""

    cue: Cue
    at: datetime
    """The time at which it was first shown."""
    count: int = 0
    """The number of its last repeat; 0: none."""


class Alert(Value):
    id: str
    level: str
    reason: Text
    source: str
    at: datetime
    suspends: tuple[str, ...] = ()
    """The modalities that stop while it stands."""
    is_said: bool = False
    """The person raised it."""
    cleared_by: str = CLEARED_BY[-1]
    """Whose word ends it; one of `CLEARED_BY`."""

    @property
    def waits_for_release(self) -> bool:
        """True if a professional's word alone ends it."""
        return self.cleared_by == BY_RELEASE

    @property
    def name(self) -> str:
        """The name by which it is cleared; a red flag's is that of the file."""
        return self.id.rpartition("/")[2]


class ClockSeen(Value):
    """The last reading of the two clocks that was written down."""

    boot: str
    """The start of the machine from which the steady clock counts; "" where there is no such clock."""
    steady: int
    """Milliseconds since then."""
    at: datetime
    """The time of the reading, as far as decisions go."""
    set_by: timedelta = timedelta(0)
    """By how much the clock was set then."""
    ahead: timedelta = timedelta(0)
    """By how much the clock was set forward in all since that start."""
    jumps: tuple[tuple[datetime, timedelta], ...] = ()
    """The times at which it was set forward since that start, and how far ahead it was then."""
    behind: datetime | None = None
    """Up to when the record went that it was behind, by less than is doubted, while nobody saw it being set."""
    behind_since: datetime | None = None
    doubted_since: datetime | None = None
    is_ahead: bool = False
    """It is doubted for being far ahead, not behind."""
    is_off: bool = False
    """The machine was off before it was doubted: for how long, nobody knows."""
    seq: int = 0
    """The fact that says so."""


class Episode(Value):
    """All that decisions need to know about one episode."""

    id: str
    pinned: RecoveryProtocol
    """The protocol as it is pinned."""
    tailored: RecoveryProtocol
    """The same without what is not for this person: another grade's exercises, what their screening forbids."""
    place: Place
    onset: datetime
    started_at: datetime
    grade: str | None = None
    side: str | None = None
    is_other_side_hurt: bool = False
    """True if another plan of the person is for the other side, as `with_sides_of` saw last."""
    options: Mapping[str, str] = field(default_factory=dict)
    screened: Mapping[str, bool] = field(default_factory=dict)
    """The screening questions that are answered: True is yes."""
    agreed: Mapping[str, Word] = field(default_factory=dict)
    """The professional's word, by the question to which they agreed all the same."""
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What was chosen, as it is written: by activity and by what of it."""
    travels: bool = False
    """True if its place follows the machine's zone."""
    earlier_places: tuple[tuple[datetime, Place], ...] = ()
    """Each with when it was left."""
    confirms: bool = False
    """True if the person confirms every change of phase (their setting)."""
    state: str = ACTIVE
    paused_until: datetime | None = None
    resumed_at: datetime | None = None
    said_at: datetime | None = None
    """When the person last answered or acted; None: not since the start."""
    silence: str = ""
    """What their silence has changed, one of `SILENCES`; "" where nothing."""
    phase_stay: Stay = field(kw_only=True)
    answers: Mapping[str, tuple[Answer, ...]] = field(default_factory=dict)
    """By observation, in order of when they were true."""
    tracks: Mapping[str, Track] = field(default_factory=dict)
    """By activity id, of the current phase."""
    ledger: tuple[Session, ...] = ()
    names: Mapping[str, int] = field(default_factory=dict)
    """The highest ordinal given, by phase, activity and day, of the last days: no name is given twice."""
    alerts: Mapping[str, Alert] = field(default_factory=dict)
    """Those that stand."""
    binds_until: datetime | None = None
    """Of one that was stopped: until when its alerts that wait for a release stop the same beside others."""
    released: Mapping[str, Word] = field(default_factory=dict)
    """The professional's word on which one was ended, by the alert's id."""
    answered: tuple[str, ...] = ()
    """Those that the person has answered while their condition was true: not raised again until it was false."""
    ticked: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)
    """The yes or no to what is listed, by checklist and item."""
    pending: Mapping[int, Cue] = field(default_factory=dict)
    """Cues that nothing is known to have shown, by the fact that carries them."""
    troubles: Mapping[int, str] = field(default_factory=dict)
    """The reasons why pending cues could not be shown."""
    shown_cues: Mapping[str, ShownCue] = field(default_factory=dict)
    """The newest start or end that was shown, by phase and activity."""
    is_discreet: bool = False
    """True if its notes are to say nothing of it."""
    clock: ClockSeen | None = None
    written_at: datetime | None = None
    """The time at which the newest of its facts was written down, since the clock was last put right."""
    is_unreadable: bool = False
    """Only its sessions are known, for the limits of others: nothing is decided in it."""
    leaves_out_answers: bool = False
    """Answers of long ago that no decision asks for are not among `answers`; with another onset one may."""

    def screening(self, question: str) -> str | None:
        """The answer to a screening question, one of `SCREENING_ANSWERS`; None while it is open."""
        if question in self.agreed:
            return AGREED
        is_yes = self.screened.get(question)
        return None if is_yes is None else "yes" if is_yes else "no"

    @property
    def is_over(self) -> bool:
        return self.state in OVER

    @property
    def waiting(self) -> tuple[Alert, ...]:
        """The alerts that a professional's word alone ends, also past the end of the episode; else none of that."""
        if self.is_over and self.binds_until is None:
            return ()
        return tuple(alert for alert in self.alerts.values() if alert.waits_for_release)

    @property
    def heard_at(self) -> datetime:
        """The last time that the person was heard: at the start, with a word, or as a pause ended."""
        return max(at for at in (self.started_at, self.said_at, self.resumed_at) if at is not None)

    def in_order(self, at: datetime) -> datetime:
        """Put what is written at `at` in order: it never counts before what was written before it.

        A clock that is behind puts it there, and what it tells by itself would open gates when that is right again.
        """
        if self.written_at is None or at >= self.written_at:
            return at
        newest = (given[-1].at for given in self.answers.values() if given)
        return max(self.written_at, self.phase_stay.entered_at, self.stepped_at, *newest) + MOMENT

    def place_at(self, instant: datetime) -> Place:
        """Find the place of the person at an instant."""
        for left_at, place in self.earlier_places:
            if instant < left_at:
                return place
        return self.place

    def by_the_clock(self, instant: datetime) -> datetime:
        """Compute the instant at which clocks here show what they showed at `instant` where the person was then."""
        local = self.place_at(instant).local(instant)
        return self.place.resolve(local.date(), local.time())

    def place_of(self, activity: Timed) -> Place:
        """Whose hours the times of an activity are in: where the person is, or was when the phase began."""
        return self.place_at(self.phase_stay.entered_at) if activity.follows_body else self.place

    def fit_told(self, instant: datetime) -> datetime:
        """The earliest instant from `instant` on at which the person may be told something where they then were."""
        for left_at, place in self.earlier_places:
            if instant < left_at:
                fits_at = place.fit_told(instant, timedelta(0))
                if fits_at < left_at:
                    return fits_at
                instant = left_at
        return self.place.fit_told(instant, timedelta(0))

    @property
    def moved_at(self) -> datetime | None:
        """The time of the last change of place; None: there was none."""
        return self.earlier_places[-1][0] if self.earlier_places else None

    @property
    def phase(self) -> Phase:
        """The current phase, or the first one while that may not be entered yet."""
        return self.phase_stay.phase or self.tailored.phases[self.following]

    @property
    def rung(self) -> Rung | None:
        """The step of the current phase's ladder, if it has one."""
        ladder = self.phase.ladder
        return ladder[self.phase_stay.rung] if ladder and self.phase_stay.phase is not None else None

    @property
    def stepped_at(self) -> datetime:
        """Since when the current step lasts; without a ladder the phase."""
        return self.phase_stay.stepped_at or self.phase_stay.entered_at

    def since(self, activity_id: str) -> datetime:
        """Since when an activity of the current phase has been in force: with its step, or with the phase."""
        rung = self.rung
        is_of_rung = rung is not None and any(a.id == activity_id for a in rung.activities)
        return self.stepped_at if is_of_rung else self.phase_stay.entered_at

    @property
    def following(self) -> int:
        """The place of the phase that comes after the current one.

        Somebody who starts late does not begin with a phase that counts from the injury and is over its time.
        """
        following, phases = self.phase_stay.index + 1, self.tailored.phases
        while (
            self.phase_stay.phase is None
            and following + 1 < len(phases)
            and self.is_too_late_for(phases[following])
        ):
            following += 1
        return following

    def is_too_late_for(self, phase: Phase) -> bool:
        """Tell if a phase was over its time already when the way began."""
        if phase.zero != "injury" or phase.most is None:
            return False
        most = self.tailored.length(phase.most, self.grade)
        return self.place.after(self.onset, most) <= self.phase_stay.entered_at

    @property
    def next_phase(self) -> Phase | None:
        """The phase that comes after the current one."""
        following = self.following
        return self.tailored.phases[following] if following < len(self.tailored.phases) else None

    @property
    def checklists(self) -> list[Checklist]:
        """The checklists of all phases, those that screening leaves out apart."""
        every = (each for phase in self.tailored.phases for each in phase.everything())
        return [each for each in every if isinstance(each, Checklist)]

    @property
    def under_way(self) -> Session | None:
        """The session that is on now."""
        for session in reversed(self.ledger):
            if session.ended_at is None:
                return session
        return None

    def next_occurrence(self, activity: str, day: date) -> Occurrence:
        """Name the next occurrence of an activity of the current phase on a waking day: none has the name yet."""
        first = Occurrence.of(self.id, self.phase.id, activity, day, 1)
        return Occurrence.of(self.id, self.phase.id, activity, day, self.names.get(first.series, 0) + 1)

    def length_of(self, step: Step, now: datetime) -> timedelta:
        """The length of a session that begins at `now`: the short one where the whole would not end before bedtime."""
        whole = timedelta(seconds=step.duration.least.seconds)
        return whole if self.place.fit(now, whole) <= now else timedelta(seconds=step.shortest.seconds)

    def track(self, activity: str) -> Track:
        return self.tracks.get(activity, _NEW)

    def origin(self, name: str) -> datetime:
        """The instant of an anchor's origin: injury, start or phase."""
        return {"injury": self.onset, "start": self.started_at, "phase": self.phase_stay.entered_at}[name]

    def instant(self, anchor: Anchor) -> datetime:
        """The instant that an anchor of the protocol means in this episode."""
        return self.place.after(self.origin(anchor.origin), anchor.offset)

    def opens(self, anchor: Anchor) -> datetime:
        """The same for what must not be earlier: by the clock that nobody can set as well."""
        return self.reached(anchor.origin, anchor.offset)

    def reached(self, origin: str, length: Duration) -> datetime:
        """Compute the instant at which so long has passed since an origin, by both clocks."""
        began = self.origin(origin)
        return self.place.after(began, length) + self.not_passed(began)

    def not_passed(self, since: datetime) -> timedelta:
        """By how much less has passed since `since` than the clock tells, as it was set forward meanwhile."""
        if self.clock is None or not self.clock.jumps:
            return _NOTHING
        before = max((ahead for at, ahead in self.clock.jumps if at <= since), default=_NOTHING)
        return max(_NOTHING, self.clock.ahead - max(_NOTHING, before))

    def activity(self, activity_id: str) -> AnyActivity | None:
        """The activity of that id in the current phase, or in any phase."""
        for phase in (self.phase, *self.pinned.phases):
            for activity in phase.everything():
                if activity.id == activity_id:
                    return activity
        return None

    def at_the_start_of(self, phase: Phase, index: int, now: datetime) -> "Episode":
        """The episode as it would be if that phase, the one of that place, began now."""
        return replace(self, phase_stay=Stay(phase, index, now), tracks={})

    def modalities_of(self, occurrence: Occurrence) -> set[str]:
        """The modalities of an occurrence: of its sessions, or of what is worn; without one of the latest session.

        Where there was no session yet, of all that is worn in this phase.
        """
        if not occurrence:
            latest = {session.modality for session in self.ledger[-1:]}
            return latest or {each.modality for each in self.phase.activities if isinstance(each, Hold)}
        worn = self.activity(occurrence.activity)
        sessions = {session.modality for session in self.ledger if session.occurrence == occurrence}
        return sessions | ({worn.modality} if isinstance(worn, Hold) else set())

    def treatment_of(self, session: Session) -> Treatment:
        """The activity that a session was one of, whatever the phase is now."""
        for activity in self.pinned.phase(session.phase).everything():
            if activity.id == session.activity and isinstance(activity, Treatment):
                return activity
        raise KeyError(session.occurrence)

    def title_of(self, session: Session) -> Text:
        """The title of a session that is on or was."""
        return titled(self.treatment_of(session), session.modality)

    def text(self, text: str) -> Text:
        """A protocol's text, with what its placeholders are to be filled with.

        One that sends to the other side says what it says of both where that one is hurt as well.
        """
        if "{" not in text:
            return text
        is_of_both = self.is_other_side_hurt and "other side" in placeholders(text)
        return OfFile(text, BOTH if is_of_both else self.side, self.options)


def signs_asked(
    flags: Iterable[RedFlag], onset: datetime, started_at: datetime, place: Place, now: datetime
) -> tuple[RedFlag, ...]:
    """The signs that a person is asked about at `now`: those that cannot be yet are left out."""
    origins = {"injury": onset, "start": started_at}
    return tuple(
        flag
        for flag in flags
        if flag.ask
        and (flag.begins is None or place.after(origins[flag.begins.origin], flag.begins.offset) <= now)
    )


def signs_of(episode: Episode, now: datetime) -> tuple[RedFlag, ...]:
    """The same of an episode."""
    flags = episode.tailored.red_flags
    return signs_asked(flags, episode.onset, episode.started_at, episode.place, now)


def open_signs(episode: Episode, now: datetime, others: Sequence[Episode] = ()) -> tuple[RedFlag, ...]:
    """The signs that have come to be asked since the start, and that nobody has answered."""
    if episode.state != ACTIVE or emergency_among((episode, *others)) is not None:
        return ()
    at_start = [flag.id for flag in signs_of(episode, episode.started_at)]
    is_answered = {*episode.alerts, *episode.answered, *episode.released}
    signs = (flag for flag in signs_of(episode, now) if flag.id not in at_start)
    return tuple(flag for flag in signs if f"flag/{flag.id}" not in is_answered)


def emergency_among(episodes: Iterable[Episode]) -> tuple[Episode, Alert] | None:
    """Find an emergency that stands in any of a person's episodes that go on: while it does, nothing else does."""
    for episode in episodes:
        for alert in episode.alerts.values() if not episode.is_over else ():
            if alert.level == "emergency":
                return episode, alert
    return None


_NEW = Track()
_NOTHING = timedelta(0)


def on_rung(phase: Phase, rung: int) -> Phase:
    """A phase with the activities of one step of its ladder beside those of all steps."""
    if not phase.ladder:
        return phase
    return replace(phase, activities=(*phase.activities, *phase.ladder[rung].activities))


def titled(activity: Treatment, modality: str) -> Text:
    """A session's title; of an alternation with which of its steps it is."""
    return activity.title if len(activity.steps) == 1 else SessionTitle(activity.title, modality)


def took_place(session: Session) -> bool:
    """Tell if somebody said of a session that it took place, or takes place now."""
    return session.is_confirmed or not session.is_assumed


def only_assumed(session: Session) -> bool:
    """Tell if a session is over, counts for the limits, and was never said to have taken place."""
    return session.ended_at is not None and not (session.is_said or session.is_disowned)


def naming_option(episode: Episode, others: Sequence[Episode]) -> str:
    """The option that names an episode, with a space before it, where the person has several; "" where not."""
    return f" -e {episode.id}" if any(not other.is_over for other in others) else ""


MOMENT = timedelta(milliseconds=1)
"""The least by which two instants in the journal differ."""

RECENT = timedelta(hours=12)
"""The time after a session's end cue in which the person can still say how it really ended."""
