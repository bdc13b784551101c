"""Check that the facts of an episode fit one another and their protocol: values, order, references.

`Course` takes the facts of one episode one after the other, as they stand in the journal, and says of each what is
wrong with it. Journals that the program has written have nothing wrong, whatever the clocks did meanwhile: that times
go back is no fault. Only what the program itself keeps to is asked for. After something was taken back it is not known
where the episode stands, and nothing is asked of that until a later fact tells.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import takewhile

from recovery.engine import facts as f
from recovery.engine.facts import CueKey, Fact, Occurrence
from recovery.engine.written import to_ms
from recovery.language import _
from recovery.protocol.model import Advice, CheckIn, Checklist, Hold, RecoveryProtocol, Reminder, Treatment
from recovery.store.shapes import Surroundings, wrong_fields, wrong_instants
from recovery.values import Value, replace

SLACK = timedelta(seconds=1)
"""By so much a fact may be later than the newest moment at which one was written down."""

ASIDE = (
    f.Ended,
    f.Done,
    f.Skipped,
    f.ZoneChanged,
    f.ClockRead,
    f.ClockRighted,
    f.TakenBack,
    f.Delivered,
    f.NotDelivered,
)
"""The kinds that may still come when an episode is over: what was on ends, and clocks and zones go on."""

NEAR = timedelta(days=366)
"""How far the day of an occurrence may be from when it is offered."""

_LEAVES_ITS_PHASE = (f.PhaseChanged, f.Stepped, f.SetBack, f.Upgraded, f.Completed, f.Stopped)


class Course:
    """One episode, as far as its facts have been looked at. `texts` are the pinned protocols by hash."""

    def __init__(
        self,
        episode: str,
        pinned: str,
        texts: Mapping[str, RecoveryProtocol],
        names: Mapping[str, tuple[str, str]],
    ) -> None:
        self.episode = episode
        self._texts = texts
        self._names = names
        self._surroundings: dict[str, Surroundings] = {}
        self._pins = [(0, pinned)]
        self._kinds: dict[int, type[f.What]] = {}
        self._cues: set[int] = set()
        self._steps = Steps()
        self._ever = {pinned}
        self._latest: datetime | None = None
        self.is_spoilt = False
        """True if a fact was wrong: what later ones refer to is not asked any more, as it may be that one."""

    @property
    def _pinned(self) -> str:
        return self._pins[-1][1]

    def wrong(self, fact: Fact) -> str:
        """Say what is wrong with the next fact; "" where nothing is, or its protocol cannot be read."""
        around = self._around(self._pinned)
        if around is None:
            return ""
        if isinstance(fact.what, f.OfALaterVersion):
            return _("is a kind of fact that this program does not know: {kind!r}", kind=fact.kind)
        wrong = wrong_instants(fact) or wrong_fields(type(fact.what), fact.data, around)
        if not wrong and not self.is_spoilt:
            wrong = (
                self._out_of_order(fact)
                or self._misplaced(fact)
                or self._steps.wrong(fact, around.protocol)
                or self._unfit(fact, around)
            )
        if wrong:
            self.is_spoilt = True
        else:
            self._take(fact)
        return wrong

    def _around(self, pinned: str) -> Surroundings | None:
        """Of a fact under that protocol; None where its text cannot be read."""
        if pinned not in self._surroundings and pinned in self._texts:
            self._surroundings[pinned] = Surroundings(self.episode, self._texts[pinned], self._names)
        return self._surroundings.get(pinned)

    def _take(self, fact: Fact) -> None:
        assert fact.recorded_at is not None
        what = fact.what
        self._kinds[fact.seq] = type(what)
        self._latest = max(fact.recorded_at, self._latest or fact.recorded_at)
        if fact.cue is not None:
            self._cues.add(fact.seq)
        if not self.is_spoilt:
            self._steps.take(fact)
        if isinstance(what, f.Upgraded) and what.hash in self._names:
            self._pins.append((fact.seq, what.hash))
            self._ever.add(what.hash)
        elif isinstance(what, f.TakenBack):
            self._pins = [(seq, hash_) for seq, hash_ in self._pins if seq == 0 or seq != what.seq]

    def _out_of_order(self, fact: Fact) -> str:
        assert fact.recorded_at is not None
        newest = max(fact.recorded_at, self._latest or fact.recorded_at)
        if fact.at > newest + SLACK:
            return _("happened only after it was written down")
        is_first = not self._kinds
        if is_first and not isinstance(fact.what, f.Started):
            return _("comes before the start of {episode}", episode=self.episode)
        if not is_first and isinstance(fact.what, f.Started):
            return _("starts {episode} a second time", episode=self.episode)
        return ""

    def _misplaced(self, fact: Fact) -> str:
        """Say what is wrong with the fact that this one is about."""
        what = fact.what
        if isinstance(what, f.TakenBack | f.Delivered | f.NotDelivered):
            kind = self._kinds.get(what.seq)
            if kind is None:
                return _("is about fact {seq}, which is none before it in its episode", seq=what.seq)
            if isinstance(what, f.TakenBack) and kind in (f.TakenBack, f.Delivered, f.NotDelivered):
                return _("takes back fact {seq}, which cannot be taken back", seq=what.seq)
            if not isinstance(what, f.TakenBack) and what.seq not in self._cues:
                return _("is about fact {seq}, which tells the person nothing", seq=what.seq)
        if isinstance(what, f.Upgraded):
            return self._wrong_upgrade(what)
        if isinstance(what, f.Started) and what.hash not in ("", self._pinned):
            return _("is not the start of what is pinned")
        return ""

    def _wrong_upgrade(self, upgraded: f.Upgraded) -> str:
        before, after = self._names[self._pinned], self._names[upgraded.hash]
        if upgraded.from_hash != self._pinned:
            return _("does not begin with the protocol that is pinned there")
        if (
            after[0] != before[0]
            or (upgraded.protocol, upgraded.version) != after
            or upgraded.from_version != before[1]
        ):
            return _("does not lead to a text of the same protocol")
        return ""

    def _unfit(self, fact: Fact, around: Surroundings) -> str:
        """Say what does not fit together in a fact whose single values are right."""
        what = fact.what
        if isinstance(what, f.OfOccurrence | f.Ticked | f.Withheld):
            about = {"activity": what.activity, "phase": what.phase}
            owner = f"{self.episode}/{what.phase}/{what.activity}"
            if isinstance(what, f.OfOccurrence) and what.occurrence.owner != owner:
                return _("occurrence: is not of {activity} in phase {phase}", **about)
            if (what.phase, what.activity) not in around.activities:
                return _("there is no {activity} in phase {phase}", **about)
        match what:
            case f.Offered() as offered:
                return _wrong_offer(offered, around) or _wrong_cue(offered, CueKey(offered.occurrence))
            case f.Ended() as ended:
                return _wrong_cue(ended, CueKey.end_of(ended.occurrence))
            case f.Stepped() as stepped:
                if stepped.step not in [step.id for step in around.protocol.phase(stepped.phase).ladder]:
                    return _(
                        "there is no step {step} in phase {phase}", step=stepped.step, phase=stepped.phase
                    )
            case f.PhaseChanged(state="held", unmet=None):
                return f"unmet: {_('is missing')}"
            case f.SetBack(onset=onset) | f.Started(onset=onset) | f.Corrected(onset=onset):
                if onset is not None and to_ms(onset) > to_ms(fact.at):
                    return _("onset: is later than what it is told in")
            case f.Alerted() as alerted:
                return self._wrong_alert(alerted)
        return ""

    def _wrong_alert(self, alerted: f.Alerted) -> str:
        if not self._has_alert(alerted.id):
            return _("id: the protocol has no alert {name!r}", name=alerted.id[:60])
        if alerted.cleared:
            return ""
        missing = (key for key in ("level", "reason", "source") if key not in alerted.json)
        return next((f"{key}: {_('is missing')}" for key in missing), "")

    def _has_alert(self, name: str) -> bool:
        """Tell if a protocol that it was ever pinned to can raise an alert: one may stand longer than its text."""
        return any(name in around.alerts for around in map(self._around, self._ever) if around is not None)


def _wrong_cue(what: f.Offered | f.Ended, key: CueKey) -> str:
    if what.cue is not None and what.cue.key != key:
        return _("cue: is not that of {occurrence}", occurrence=what.occurrence)
    return ""


def _wrong_offer(offered: f.Offered, around: Surroundings) -> str:
    """Name what an offer has that an activity of that kind has not, or the other way round."""
    activity = around.activities[offered.phase, offered.activity]
    keys = offered.json.keys() & {"seconds", "step", "on", "asks"}
    modality = offered.modality or ""
    if offered.tip is not None and not isinstance(
        around.activities.get((offered.phase, offered.tip)), Advice
    ):
        return _("{activity} is no advice", activity=offered.tip)
    match activity:
        case Treatment():
            if not keys:  # a suggestion
                choices = {step.modality for step in activity.steps}
                return "" if activity.is_optional and modality in choices else f"seconds: {_('is missing')}"
            if keys != {"seconds", "step"} or (offered.step or 0) >= len(activity.steps):
                return _("is no session of {activity}", activity=activity.id)
            step = activity.steps[offered.step or 0]
            if modality != step.modality:
                return _("{key}: is not that of the protocol: {wanted}", key="modality", wanted=step.modality)
            most = timedelta(seconds=step.duration.most.seconds)
            if offered.length is None or not timedelta(0) < offered.length <= most:
                return _("{key}: is not that of the protocol: {wanted}", key="seconds", wanted=step.duration)
        case Hold():
            if keys != {"on"} or modality != activity.modality:
                return _("{activity} is put on or taken off", activity=activity.id)
        case CheckIn():
            if keys != {"asks"}:
                return _("{activity} asks something", activity=activity.id)
        case Reminder() | Checklist():
            if keys or modality != getattr(activity, "modality", ""):
                return _("{activity} only reminds", activity=activity.id)
        case _:
            return _("{activity} is never offered", activity=activity.id)
    return ""


class SessionSoFar(Value):
    """A session as far as its facts tell."""

    modality: str
    length: timedelta
    begun: timedelta | None = None
    """Its length as it was begun, late it may have to be shorter; None: as it was offered, or not begun."""
    state: type[f.What] | None = f.Offered
    """The kind of the last fact that changed it; None where that was taken back."""
    is_confirmed: bool = False
    """True if the person said how it ended."""


def _fits(what: f.Begun | f.Ended, session: SessionSoFar) -> bool:
    """Tell if the length of a session that was begun or ended is that of its offer, or as it was begun."""
    if isinstance(what, f.Begun):
        return what.length is None or timedelta(0) < what.length <= session.length
    return what.length in (None, session.length, session.begun)


class Steps:
    """The state of one episode after the facts that it was given."""

    def __init__(self) -> None:
        self._phase: str | None = None
        self._is_left = False
        self._is_sure = True
        """False while it is not known in which phase it is."""
        self._over_at: int | None = None
        self._onset: datetime | None = None
        """The earliest that was ever told."""
        self._sessions: dict[Occurrence, SessionSoFar] = {}
        self._occurrences: dict[int, Occurrence] = {}
        self._turns: set[int] = set()
        self._count = 0

    def wrong(self, fact: Fact, protocol: RecoveryProtocol) -> str:
        """Say what keeps the fact from being the next one; "" where nothing does."""
        if self._over_at is not None and not isinstance(fact.what, ASIDE):
            return _("comes after the end of the episode")
        return (
            self._too_early(fact)
            or self._wrong_phase(fact, protocol)
            or self._wrong_session(fact)
            or self._unnamed(fact.what)
        )

    def take(self, fact: Fact) -> None:
        """Go on by a fact in which nothing is wrong."""
        what = fact.what
        self._count += 1
        if isinstance(what, f.Started | f.SetBack | f.Corrected) and what.onset is not None:
            self._onset = min(what.onset, self._onset or what.onset)
        if isinstance(what, f.ClockRighted) and self._onset is not None:
            self._onset = min(fact.at, self._onset)
        if isinstance(what, _LEAVES_ITS_PHASE):
            self._turns.add(fact.seq)
            self._turn(fact)
        elif isinstance(what, f.TakenBack):
            self._take_back(what.seq)
        elif isinstance(what, f.OfOccurrence):
            self._go_on(fact, what)

    # Instants and names ------------------------------------------------------------------------------

    def _too_early(self, fact: Fact) -> str:
        """Say what is too early in a fact: a time before the injury, or one that counts from before its end."""
        assert fact.recorded_at is not None
        is_told_later = fact.at < fact.recorded_at - timedelta(seconds=1)
        is_told_of = isinstance(fact.what, f.Answered) or (isinstance(fact.what, f.Ended) and is_told_later)
        if is_told_of and self._onset is not None and fact.at < self._onset:
            return _("is about a time before the injury")
        match fact.what:
            case f.Ended(counts_from=datetime() as counts_from) if to_ms(counts_from) < to_ms(fact.at):
                return _("counts_from: is earlier than the end")
            case f.Offered(day=day) as offered if offered.is_on is not False:
                return _("day: is far from when it was offered") if abs(day - fact.at.date()) > NEAR else ""
        return ""

    def _unnamed(self, what: f.What) -> str:
        """Every occurrence has a fact, so none has a number greater than the facts before it."""
        if isinstance(what, f.OfOccurrence) and what.occurrence.ordinal > self._count:
            return _("occurrence: there were not so many before it")
        if isinstance(what, f.ClockRighted) and any(number > self._count for number in what.names.values()):
            return _("names: there were not so many before it")
        return ""

    # Phases ------------------------------------------------------------------------------------------

    def _wrong_phase(self, fact: Fact, protocol: RecoveryProtocol) -> str:
        if not self._is_sure:
            return ""
        phases = [phase.id for phase in protocol.phases]
        here = self._phase
        if isinstance(fact.what, f.Completed):
            is_last = here == phases[-1] and self._is_left
            return "" if is_last else _("comes before the last phase was left")
        if isinstance(fact.what, f.Stepped) and fact.what.phase != here:
            return _("phase: it is not in {phase} then", phase=fact.what.phase)
        if not isinstance(fact.what, f.PhaseChanged):
            return ""
        phase, state = fact.what.phase, fact.what.state
        # Somebody who starts late passes over the phases that count from the injury and may be over by then.
        firsts = [*takewhile(lambda each: each.zero == "injury" and each.most is not None, protocol.phases)]
        if state != "entered":
            may_be_here = phases[: len(firsts) + 1] if here is None else [here]
            is_here = phase in may_be_here and not self._is_left
            return "" if is_here else _("phase: it is not in {phase} then", phase=phase)
        if here is None:
            furthest = len(firsts)
        elif not self._is_left:
            return _("is entered before {phase} was left", phase=here)
        else:
            furthest = phases.index(here) + 1 if here in phases else len(phases)
        if phases.index(phase) > furthest:
            return _("phase: {phase} does not come next", phase=phase)
        return ""

    def _turn(self, fact: Fact) -> None:
        match fact.what:
            case f.Completed() | f.Stopped():
                self._over_at = fact.seq
            case f.SetBack():
                self._phase, self._is_left, self._is_sure = None, False, True
            case f.PhaseChanged(state="entered") as entered:
                self._phase, self._is_left, self._is_sure = entered.phase, False, True
            case f.PhaseChanged(state="left"):
                self._is_left = True

    def _take_back(self, seq: int) -> None:
        if seq in self._turns:
            self._is_sure = False
        if seq == self._over_at:
            self._over_at = None
        name = self._occurrences.get(seq)
        if name in self._sessions:
            self._sessions[name] = replace(self._sessions[name], state=None, is_confirmed=False)

    # Sessions ----------------------------------------------------------------------------------------

    def _wrong_session(self, fact: Fact) -> str:
        what = fact.what
        if not isinstance(what, f.OfOccurrence):
            return ""
        name = what.occurrence
        session = self._sessions.get(name)
        if isinstance(what, f.Begun | f.Ended) and session is None:
            return _("occurrence: {occurrence} was never offered", occurrence=name)
        if session is None:
            return ""
        if isinstance(what, f.Begun | f.Ended):
            if what.modality not in ("", session.modality):
                return _("{key}: is not that of the offer: {wanted}", key="modality", wanted=session.modality)
            if not _fits(what, session):
                seconds = int(session.length.total_seconds())
                return _("{key}: is not that of the offer: {wanted}", key="seconds", wanted=seconds)
        if session.state is f.Ended and isinstance(what, f.Offered | f.Begun | f.Snoozed):
            return _("occurrence: {occurrence} has ended already", occurrence=name)
        if session.state in (f.Offered, f.Begun) and isinstance(what, f.Offered):
            return _("occurrence: {occurrence} was offered already", occurrence=name)
        if session.state is f.Begun and isinstance(what, f.Begun | f.Snoozed):
            return _("occurrence: {occurrence} was begun already", occurrence=name)
        is_told_anew = fact.by == "person" and not session.is_confirmed
        if session.state is f.Ended and isinstance(what, f.Ended) and not is_told_anew:
            return _("occurrence: {occurrence} has ended already", occurrence=name)
        return ""

    def _go_on(self, fact: Fact, what: f.OfOccurrence) -> None:
        name = what.occurrence
        if isinstance(what, f.Offered) and what.length is not None:
            self._sessions[name] = SessionSoFar(what.modality or "", what.length)
        session = self._sessions.get(name)
        if session is None:
            return
        self._occurrences[fact.seq] = name
        if isinstance(what, f.Begun | f.Ended | f.Snoozed | f.Skipped):
            session = replace(session, state=type(what))
        if isinstance(what, f.Begun):
            session = replace(session, begun=what.length)
        if fact.by == "person" and isinstance(what, f.Ended | f.Done):
            session = replace(session, is_confirmed=True)
        self._sessions[name] = session
