"""An episode run on a virtual clock: the same `turn` and `act` as in the daemon, and nothing else."""

import heapq
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from recovery.engine.decide import turn
from recovery.engine.episode import Episode
from recovery.engine.facts import Fact
from recovery.engine.limits import assuming_planned_ends
from recovery.engine.reasons import Remark
from recovery.engine.turn import Accepted, Refused
from recovery.values import Value

if TYPE_CHECKING:
    from recovery.engine.acts import Act

Span = tuple[datetime, datetime]
"""A span of time, half-open."""


class PlannedAct(Value):
    """One act at its time."""

    at: datetime
    act: "Act"
    line: Mapping[str, Any] | None = None
    """The line of an answers file that says so; None: the act comes from no file."""


class Responder(Protocol):
    """Somebody who reacts to what they are told."""

    def reactions(self, episode: Episode, fact: Fact) -> Iterator[tuple[datetime, "Act"]]:
        """List their acts after a fact, each with its time."""


class Happening(Value):
    """A fact with what it led to, or a person's act with what came of it."""

    at: datetime
    episode: Episode
    """As it is afterwards."""
    fact: Fact | None = None
    scripted: PlannedAct | None = None
    refused: Refused | None = None


class Rehearsal:
    """One run on a virtual clock, from `now` to `end`. Iterate over `happenings()` once."""

    def __init__(
        self,
        episode: Episode,
        now: datetime,
        end: datetime,
        *,
        answers: Iterable[PlannedAct] = (),
        persona: Responder | None = None,
        asleep: tuple[Span, ...] = (),
        others: tuple[Episode, ...] = (),
        confirms: bool = True,
    ) -> None:
        """`others` are the person's other episodes, in which nothing new begins meanwhile.

        `asleep` are spans in which the machine is suspended; `confirms` tells whether offered changes of phase are
        confirmed at once.
        """
        self.episode = episode
        self.now = now
        self.end = end
        self.answers = answers
        self.persona = persona
        self.asleep = asleep
        self.others = tuple(assuming_planned_ends(other, now) for other in others)
        self.confirms = confirms
        self._acts: list[tuple[datetime, int, PlannedAct]] = []
        self._count = 0
        self._look_again_at: datetime | None = None

    def happenings(self) -> Iterator[Happening]:
        for scripted in self.answers:
            if scripted.at < self.now:
                refused = Refused(Remark("before-the-start"), self.now)
                yield Happening(self.now, self.episode, scripted=scripted, refused=refused)
            else:
                self._plan(scripted)
        self.now = self._awake(self.now)
        yield from self._turn()
        while not self.episode.is_over or self.episode.under_way is not None:
            is_asleep = self._awake(self.now) > self.now
            waking = self.now if is_asleep else self._look_again_at
            instants = [self._awake(waking)] if waking is not None else []
            if self._acts and not self.episode.is_over:
                instants.append(max(self._acts[0][0], self.now))
            if not instants or min(instants) >= self.end:
                break
            self.now = min(instants)
            is_awake = self._awake(self.now) == self.now
            if is_awake:
                yield from self._turn()
            while self._acts and self._acts[0][0] <= self.now and not self.episode.is_over:
                yield from self._act(heapq.heappop(self._acts)[2])
                if is_awake:
                    yield from self._turn()

        if self.episode.is_over and self.persona is None:
            yield from self._too_late()

    def _too_late(self) -> Iterator[Happening]:
        """Play the acts that come after the end: each is refused, none is passed over in silence."""
        while self._acts and self._acts[0][0] < self.end:
            self.now = max(self.now, self._acts[0][0])
            yield from self._act(heapq.heappop(self._acts)[2])

    def _awake(self, instant: datetime) -> datetime:
        """The first instant from there on at which the machine is not suspended."""
        for begin, end in self.asleep:
            if begin <= instant < end:
                instant = end
        return instant

    def _plan(self, scripted: PlannedAct) -> None:
        self._count += 1
        heapq.heappush(self._acts, (scripted.at, self._count, scripted))

    def _turn(self) -> Iterator[Happening]:
        turned = turn(self.episode, self.now, self.others)
        self.episode, self._look_again_at = turned.episode, turned.look_again_at
        for fact in turned.facts:
            yield Happening(self.now, self.episode, fact)
            if self.persona is not None:
                for at, act in self.persona.reactions(self.episode, fact):
                    self._plan(PlannedAct(at, act))
        if self.episode.phase_stay.offered and self.confirms and not self.episode.is_over:
            from recovery.engine.acts import Advance  # whoever only looks ahead does nothing

            stay = self.episode.phase_stay
            yield from self._act(PlannedAct(self.now, Advance()))
            if self.episode.phase_stay is not stay:
                yield from self._turn()

    def _act(self, scripted: PlannedAct) -> Iterator[Happening]:
        awake = self._awake(self.now)
        if awake > self.now:
            refused = Refused(Remark("machine-asleep"), awake)
            yield Happening(self.now, self.episode, scripted=scripted, refused=refused)
            return
        from recovery.engine.judging import judge  # whoever only looks ahead does nothing

        match judge(self.episode, self.now, scripted.act, self.others):
            case Refused() as refused:
                yield Happening(self.now, self.episode, scripted=scripted, refused=refused)
            case Accepted(episode, facts, _):
                self.episode = episode
                yield Happening(self.now, episode, scripted=scripted)
                for fact in facts:
                    yield Happening(self.now, episode, fact)
