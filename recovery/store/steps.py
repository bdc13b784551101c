"""Follow an episode from fact to fact: where it stands, and which fact cannot come next.

Only what the program itself keeps to is asked for, whatever the clocks did. After something was taken back it is not
known where the episode stands, and nothing is asked of that until a later fact tells.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from recovery.engine import facts as f
from recovery.engine.facts import Fact, from_ms, to_ms
from recovery.engine.occurrences import Occurrence
from recovery.language import _
from recovery.protocol.model import RecoveryProtocol
from recovery.values import Value, replace

ASIDE = frozenset(
    {f.ENDED, f.DONE, f.SKIPPED, f.MOVED, f.CLOCK, f.RIGHTED, f.UNDONE, f.DELIVERED, f.UNDELIVERED}
)
"""The kinds that may still come when an episode is over: what was on ends, and clocks and zones go on."""

NEAR = timedelta(days=366)
"""How far the day of an occurrence may be from when it is offered."""

_LEAVES_ITS_PHASE = frozenset({f.PHASE, f.STEPPED, f.SETBACK, f.UPGRADED, f.COMPLETED, f.STOPPED})
_ENDS = (f.COMPLETED, f.STOPPED)


class Begun(Value):
    """A session as far as its facts tell."""

    modality: str
    seconds: int
    state: str = f.OFFERED
    """The kind of the last fact that changed it; "" where that was taken back."""
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
        self._sessions: dict[str, Begun] = {}
        self._occurrences: dict[int, str] = {}
        self._turns: set[int] = set()
        self._count = 0

    def wrong(self, fact: Fact, protocol: RecoveryProtocol) -> str:
        """Say what keeps the fact from being the next one; "" where nothing does."""
        if self._over_at is not None and fact.kind not in ASIDE:
            return _("comes after the end of the episode")
        return (
            self._too_early(fact)
            or self._wrong_phase(fact, protocol)
            or self._wrong_session(fact)
            or self._unnamed(fact.data)
        )

    def take(self, fact: Fact) -> None:
        """Go on by a fact in which nothing is wrong."""
        data = fact.data
        self._count += 1
        if "onset" in data:
            onset = from_ms(data["onset"])
            self._onset = min(onset, self._onset or onset)
        if fact.kind == f.RIGHTED and self._onset is not None:
            self._onset = min(fact.at, self._onset)
        if fact.kind in _LEAVES_ITS_PHASE:
            self._turns.add(fact.seq)
            self._turn(fact)
        elif fact.kind == f.UNDONE:
            self._take_back(data["seq"])
        elif "occurrence" in data:
            self._go_on(fact)

    # Instants and names ------------------------------------------------------------------------------

    def _too_early(self, fact: Fact) -> str:
        """Say what is too early in a fact: a time before the injury, or one that counts from before its end."""
        assert fact.recorded_at is not None
        is_told_later = fact.at < fact.recorded_at - timedelta(seconds=1)
        is_told_of = fact.kind == f.ANSWERED or (fact.kind == f.ENDED and is_told_later)
        if is_told_of and self._onset is not None and fact.at < self._onset:
            return _("is about a time before the injury")
        if fact.kind == f.ENDED and fact.data.get("counts_from", to_ms(fact.at)) < to_ms(fact.at):
            return _("counts_from: is earlier than the end")
        if fact.kind == f.OFFERED and fact.data.get("on") is not False:
            day = date.fromisoformat(fact.data["day"])
            if abs(day - fact.at.date()) > NEAR:
                return _("day: is far from when it was offered")
        return ""

    def _unnamed(self, data: Mapping[str, Any]) -> str:
        """Every occurrence has a fact, so none has a number greater than the facts before it."""
        if Occurrence(data.get("occurrence", "")).ordinal > self._count:
            return _("occurrence: there were not so many before it")
        if any(number > self._count for number in data.get("names", {}).values()):
            return _("names: there were not so many before it")
        return ""

    # Phases ------------------------------------------------------------------------------------------

    def _wrong_phase(self, fact: Fact, protocol: RecoveryProtocol) -> str:
        if not self._is_sure:
            return ""
        phases = [phase.id for phase in protocol.phases]
        here = self._phase
        if fact.kind == f.COMPLETED:
            is_last = here == phases[-1] and self._is_left
            return "" if is_last else _("comes before the last phase was left")
        if fact.kind == f.STEPPED and fact.data["phase"] != here:
            return _("phase: it is not in {phase} then", phase=fact.data["phase"])
        if fact.kind != f.PHASE:
            return ""
        phase, state = fact.data["phase"], fact.data["state"]
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
        data = fact.data
        if fact.kind in _ENDS:
            self._over_at = fact.seq
        elif fact.kind == f.SETBACK:
            self._phase, self._is_left, self._is_sure = None, False, True
        elif fact.kind == f.PHASE and data["state"] == "entered":
            self._phase, self._is_left, self._is_sure = data["phase"], False, True
        elif fact.kind == f.PHASE and data["state"] == "left":
            self._is_left = True

    def _take_back(self, seq: int) -> None:
        if seq in self._turns:
            self._is_sure = False
        if seq == self._over_at:
            self._over_at = None
        name = self._occurrences.get(seq)
        if name in self._sessions:
            self._sessions[name] = replace(self._sessions[name], state="", is_confirmed=False)

    # Sessions ----------------------------------------------------------------------------------------

    def _wrong_session(self, fact: Fact) -> str:
        data = fact.data
        name = data.get("occurrence", "")
        session = self._sessions.get(name)
        if fact.kind in (f.BEGUN, f.ENDED) and session is None:
            return _("occurrence: {occurrence} was never offered", occurrence=name)
        if session is None:
            return ""
        for key, wanted in (("modality", session.modality), ("seconds", session.seconds)):
            if fact.kind in (f.BEGUN, f.ENDED) and data.get(key, wanted) != wanted:
                return _("{key}: is not that of the offer: {wanted}", key=key, wanted=wanted)
        if session.state == f.ENDED and fact.kind in (f.OFFERED, f.BEGUN, f.SNOOZED):
            return _("occurrence: {occurrence} has ended already", occurrence=name)
        if session.state in (f.OFFERED, f.BEGUN) and fact.kind == f.OFFERED:
            return _("occurrence: {occurrence} was offered already", occurrence=name)
        if session.state == f.BEGUN and fact.kind in (f.BEGUN, f.SNOOZED):
            return _("occurrence: {occurrence} was begun already", occurrence=name)
        if (
            session.state == f.ENDED
            and fact.kind == f.ENDED
            and (fact.by != "person" or session.is_confirmed)
        ):
            return _("occurrence: {occurrence} has ended already", occurrence=name)
        return ""

    def _go_on(self, fact: Fact) -> None:
        data, name = fact.data, fact.data["occurrence"]
        if fact.kind == f.OFFERED and "seconds" in data:
            self._sessions[name] = Begun(data.get("modality", ""), data["seconds"])
        session = self._sessions.get(name)
        if session is None:
            return
        self._occurrences[fact.seq] = name
        if fact.kind in (f.BEGUN, f.ENDED, f.SNOOZED, f.SKIPPED):
            session = replace(session, state=fact.kind)
        if fact.by == "person" and fact.kind in (f.ENDED, f.DONE):
            session = replace(session, is_confirmed=True)
        self._sessions[name] = session
