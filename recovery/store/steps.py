"""Follow an episode from fact to fact: where it stands, and which fact cannot come next.

Only what the program itself keeps to is asked for, whatever the clocks did. After something was taken back it is not
known where the episode stands, and nothing is asked of that until a later fact tells.
"""

from datetime import datetime, timedelta

from recovery.engine import facts as f
from recovery.engine.facts import Fact, Occurrence
from recovery.engine.written import to_ms
from recovery.language import _
from recovery.protocol.model import RecoveryProtocol
from recovery.values import Value, replace

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


class SessionSoFar(Value):
    """A session as far as its facts tell."""

    modality: str
    length: timedelta
    state: type[f.What] | None = f.Offered
    """The kind of the last fact that changed it; None where that was taken back."""
    is_confirmed: bool = False
    """True if the person said how it ended."""


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
        if state != "entered":
            is_here = phase == (here or phases[0]) and not self._is_left
            return "" if is_here else _("phase: it is not in {phase} then", phase=phase)
        if here is None:
            furthest = 0
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
            if what.length not in (None, session.length):
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
        if fact.by == "person" and isinstance(what, f.Ended | f.Done):
            session = replace(session, is_confirmed=True)
        self._sessions[name] = session
