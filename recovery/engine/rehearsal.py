"""Episodes run on a virtual clock: the same turns and acts as in the daemon, and nothing else."""

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from recovery.engine.decide import end_sessions, turn
from recovery.engine.episode import Episode
from recovery.engine.facts import Fact
from recovery.engine.limits import assuming_planned_ends
from recovery.engine.reasons import Remark, Text
from recovery.engine.turn import Accepted, Refused, Turned
from recovery.values import Value, replace

if TYPE_CHECKING:
    from recovery.engine.acts import Act
    from recovery.engine.addressing import Addressed

Span = tuple[datetime, datetime]
"""A span of time, half-open."""


class PlannedAct(Value):
    """One act at its time."""

    at: datetime
    act: "Act"
    line: Mapping[str, Any] | None = None
    """The line of an answers file that says so; None: the act comes from no file."""
    episode: str = ""
    """The id of the episode that it is for; empty: of several whichever it fits."""


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
    message: Text = ""
    """What an accepted act was answered with."""


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
        beside: Iterable[Episode] = (),
        others: Iterable[Episode] = (),
        confirms: bool = True,
    ) -> None:
        """`beside` are episodes of the same person that run with it; in `others` nothing new begins meanwhile.

        `asleep` are spans in which the machine is suspended; `confirms` tells whether offered changes of phase are
        confirmed at once.
        """
        self._first = episode.id
        self._running = {each.id: each for each in (episode, *beside)}
        self.now = now
        self.end = end
        self.answers = answers
        self.persona = persona
        self.asleep = asleep
        self._others = tuple(assuming_planned_ends(other, now) for other in others)
        self.confirms = confirms
        self._acts: list[tuple[datetime, int, PlannedAct]] = []
        self._count = 0
        self._look_again_at: datetime | None = None

    @property
    def episode(self) -> Episode:
        """The first of the episodes that run, as it is now."""
        return self._running[self._first]

    @property
    def episodes(self) -> tuple[Episode, ...]:
        """All that run, as they are now."""
        return tuple(self._running.values())

    @property
    def is_over(self) -> bool:
        return all(episode.is_over for episode in self._running.values())

    def happenings(self) -> Iterator[Happening]:
        for scripted in self.answers:
            if scripted.at < self.now:
                refused = Refused(Remark("before-the-start"), self.now)
                yield self._refusal(scripted, refused)
            else:
                self._plan(scripted)
        self.now = self._awake(self.now)
        yield from self._turn()
        while not self.is_over or any(each.under_way is not None for each in self._running.values()):
            is_asleep = self._awake(self.now) > self.now
            waking = self.now if is_asleep else self._look_again_at
            instants = [self._awake(waking)] if waking is not None else []
            if self._acts and not self.is_over:
                instants.append(max(self._acts[0][0], self.now))
            if not instants or min(instants) >= self.end:
                break
            self.now = min(instants)
            is_awake = self._awake(self.now) == self.now
            if is_awake:
                yield from self._turn()
            while self._acts and self._acts[0][0] <= self.now and not self.is_over:
                yield from self._act(heapq.heappop(self._acts)[2])
                if is_awake:
                    yield from self._turn()

        if self.is_over and self.persona is None:
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

    def _beside(self, id_: str) -> tuple[Episode, ...]:
        """The person's other episodes, for the limits."""
        return (*(each for each in self._running.values() if each.id != id_), *self._others)

    def _turn(self) -> Iterator[Happening]:
        """Decide in every episode what is due by now: the ends in all first, for limits count the real ones."""
        if len(self._running) > 1:
            yield from self._decided(end_sessions)
        yield from self._decided(turn)
        is_confirmed = False
        for id_, episode in self._running.items() if self.confirms else ():
            if episode.phase_stay.offered and not episode.is_over:
                from recovery.engine.acts import Advance  # whoever only looks ahead does nothing

                yield from self._act(PlannedAct(self.now, Advance(), episode=id_))
                is_confirmed |= self._running[id_].phase_stay is not episode.phase_stay
        if is_confirmed:
            yield from self._turn()

    def _decided(
        self, decide: Callable[[Episode, datetime, Sequence[Episode]], Turned]
    ) -> Iterator[Happening]:
        looks: list[datetime] = []
        for id_ in [*self._running]:
            turned = decide(self._running[id_], self.now, self._beside(id_))
            self._running[id_] = turned.episode
            if turned.look_again_at is not None:
                looks.append(turned.look_again_at)
            for fact in turned.facts:
                yield Happening(self.now, turned.episode, fact)
                if self.persona is not None:
                    for at, act in self.persona.reactions(turned.episode, fact):
                        self._plan(PlannedAct(at, act, episode=id_))
        self._look_again_at = min(looks, default=None)

    def _act(self, scripted: PlannedAct) -> Iterator[Happening]:
        awake = self._awake(self.now)
        if awake > self.now:
            yield self._refusal(scripted, Refused(Remark("machine-asleep"), awake))
            return
        meant = self._meant(scripted)
        if isinstance(meant, Refused):
            yield self._refusal(scripted, meant)
            return
        for episode, act in meant:
            line = scripted.line if act is scripted.act else None
            yield from self._judged(replace(scripted, act=act, line=line, episode=episode.id))

    def _meant(self, scripted: PlannedAct) -> "Addressed | Refused":
        if scripted.episode or len(self._running) == 1:
            return ((self._running[scripted.episode or self._first], scripted.act),)
        from recovery.engine.addressing import addressed  # hardly anybody plays several

        offered = tuple((episode, scripted.act) for episode in self.episodes)
        return addressed(offered, self.now, self._others)

    def _judged(self, scripted: PlannedAct) -> Iterator[Happening]:
        from recovery.engine.judging import judge  # whoever only looks ahead does nothing

        id_ = scripted.episode
        match judge(self._running[id_], self.now, scripted.act, self._beside(id_)):
            case Refused() as refused:
                yield self._refusal(scripted, refused)
            case Accepted(episode, facts, message):
                self._running[id_] = episode
                yield Happening(self.now, episode, scripted=scripted, message=message)
                for fact in facts:
                    yield Happening(self.now, episode, fact)

    def _refusal(self, scripted: PlannedAct, refused: Refused) -> Happening:
        episode = self._running[scripted.episode or self._first]
        return Happening(self.now, episode, scripted=scripted, refused=refused)
