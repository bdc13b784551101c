"""Whether conditions hold, in three values, and whether a phase may be left, with reasons.

What is not known, or was known too long ago, is *unknown*; unknown never opens a gate and is never the same
as false.
"""

import operator
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from recovery.engine.episode import Answer, Episode
from recovery.engine.times import spell, spell_when
from recovery.protocol.durations import Duration
from recovery.protocol.model import (
    GRADES,
    ORIGINS,
    All,
    AnyOf,
    Comparison,
    Condition,
    Not,
    Observation,
    Phase,
    comparisons,
)
from recovery.values import Value


class Truth(Enum):
    YES = "met"
    NO = "not met"
    UNKNOWN = "unknown"

    def __invert__(self) -> "Truth":
        return {Truth.YES: Truth.NO, Truth.NO: Truth.YES, Truth.UNKNOWN: Truth.UNKNOWN}[self]


class Need(Value):
    """One thing that a gate asks for: the condition in words, what is known of it, and whether it is met."""

    condition: str
    value: str
    state: Truth


class Passed(Value):
    """The gate is open."""

    reasons: tuple[str, ...]


class Held(Value):
    """The gate is shut, and why."""

    reasons: tuple[str, ...]
    is_decided: bool
    """Whether everything it asks for is known."""

    @property
    def unmet(self) -> list[str]:
        """The reasons that are known to hold it; an answer that has grown old overnight is not among them."""
        return [reason for reason in self.reasons if reason.startswith(_NOT_YET)]


_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "<=": operator.le,
    "<": operator.lt,
    ">=": operator.ge,
    ">": operator.gt,
    "==": operator.eq,
    "!=": operator.ne,
}


def latest(episode: Episode, observation: str, now: datetime) -> Answer | None:
    """The last answer given for `now`, if it is still fresh."""
    asked = episode.protocol.observations.get(observation)
    given = episode.answers.get(observation, ())
    place = _place_of_latest(given, now)
    if place < 0 or asked is None or episode.place.after(given[place].at, asked.fresh) <= now:
        return None
    if episode.stay.asks_anew and given[place].at < episode.stay.entered_at:
        return None
    return given[place]


def _place_of_latest(given: tuple[Answer, ...], now: datetime) -> int:
    """Where the last answer for `now` stands among all of them; -1: there is none."""
    place = len(given) - 1
    while place >= 0 and given[place].at > now:
        place -= 1
    return place


def truth(condition: Condition, episode: Episode, now: datetime) -> Truth:
    """Whether a condition is true of an episode at an instant."""
    match condition:
        case Comparison():
            return _compare(condition, episode, now)
        case All(parts):
            known = {truth(part, episode, now) for part in parts}
            if Truth.NO in known:
                return Truth.NO
            return Truth.UNKNOWN if Truth.UNKNOWN in known else Truth.YES
        case AnyOf(parts):
            known = {truth(part, episode, now) for part in parts}
            if Truth.YES in known:
                return Truth.YES
            return Truth.UNKNOWN if Truth.UNKNOWN in known else Truth.NO
        case Not(part):
            return ~truth(part, episode, now)


def _compare(comparison: Comparison, episode: Episode, now: datetime) -> Truth:
    subject, value = comparison.subject, comparison.value
    if subject in ORIGINS:
        assert isinstance(value, Duration)
        return _truth(_TESTS[comparison.test](now, episode.place.after(episode.origin(subject), value)))
    if subject in ("grade", "side"):
        given = episode.grade if subject == "grade" else episode.side
        return Truth.UNKNOWN if given is None else _truth(_TESTS[comparison.test](given, value))
    answer = latest(episode, subject, now)
    if answer is None:
        return Truth.UNKNOWN
    observation = episode.protocol.observations[subject]
    if comparison.test in _TESTS:
        return _truth(_TESTS[comparison.test](answer.value, value))
    return _trend(comparison, observation, episode.answers[subject], now)


def _truth(result: object) -> Truth:
    return Truth.YES if result else Truth.NO


def _trend(test: Comparison, observation: Observation, given: tuple[Answer, ...], now: datetime) -> Truth:
    """`falling` and `drop` look at the first answer, `rising` at the one before the last."""
    place = _place_of_latest(given, now)
    if place == 0:
        return Truth.UNKNOWN
    first, before, last = (rank(observation, a.value) for a in (given[0], given[place - 1], given[place]))
    if test.test == "falling":
        return _truth(last < first)
    if test.test == "rising":
        return _truth(last > before)
    assert isinstance(test.value, float)
    return _truth(first - last >= test.value)


def rank(observation: Observation, value: int | str) -> int:
    """An answer as a number: its place among the choices, or itself."""
    return value if isinstance(value, int) else observation.choices.index(value)


# Gates ------------------------------------------------------------------------------------------


def gate(episode: Episode, now: datetime) -> Passed | Held:
    """Whether the current phase may be left for the next one (or, before the first phase, entered)."""
    needs = gate_needs(episode, now)
    unmet = [need for need in needs if need.state is not Truth.YES]
    if unmet:
        decided = all(need.state is not Truth.UNKNOWN for need in unmet)
        return Held(tuple(_reason(need) for need in unmet), decided)
    return Passed(
        tuple(f"{need.condition}: {need.value}" if need.value else need.condition for need in needs)
    )


_NOT_YET = "not yet: "


def _reason(need: Need) -> str:
    if need.state is Truth.UNKNOWN:
        return f"not known: {need.condition}"
    return f"{_NOT_YET}{need.condition}"


def gate_needs(episode: Episode, now: datetime) -> tuple[Need, ...]:
    """What the way out of the current phase asks for, in the order of the file, nothing twice."""
    return tuple({need.condition: need for need in _gate_needs(episode, now)}.values())


def _gate_needs(episode: Episode, now: datetime) -> Iterator[Need]:
    phase, following = episode.stay.phase, episode.next_phase
    if phase is not None:
        opens = opens_at(episode)
        assert opens is not None
        if opens > episode.origin(phase.zero):
            length = episode.protocol.length(phase.least, episode.grade)
            yield _time_need(f"{length} since {_SINCE[phase.zero]}", opens, episode, now)
        if phase.leave_when is not None:
            yield from _condition_needs(phase.leave_when, episode, now)
    if following is not None and following.enter_when is not None:
        yield from _condition_needs(following.enter_when, episode, now)
    healing = episode.protocol.healing
    if following is None and healing is not None and phase is not None:
        earliest, _ = healing_range(episode)
        yield _time_need(f"the earliest usual healing time of grade {episode.grade}", earliest, episode, now)


_SINCE = {"injury": "the injury", "start": "the start", "phase": "the phase began"}


def _time_need(words: str, instant: datetime, episode: Episode, now: datetime) -> Need:
    if instant <= now:
        return Need(words, "", Truth.YES)
    return Need(words, f"in {spell(instant - now)}, {spell_when(episode.place, instant, now)}", Truth.NO)


def _condition_needs(condition: Condition, episode: Episode, now: datetime) -> Iterator[Need]:
    parts = condition.parts if isinstance(condition, All) else (condition,)
    for part in parts:
        if isinstance(part, All):
            yield from _condition_needs(part, episode, now)
            continue
        if isinstance(part, Comparison) and isinstance(part.value, Duration) and part.test in (">=", ">"):
            instant = episode.place.after(episode.origin(part.subject), part.value)
            yield _time_need(f"{part.value} since {_SINCE[part.subject]}", instant, episode, now)
            continue
        yield Need(str(part), _known(part, episode, now), truth(part, episode, now))


def _known(condition: Condition, episode: Episode, now: datetime) -> str:
    """What is known of the subjects of a condition: `pain 4 (first 6)`."""
    told = {}
    for comparison in comparisons(condition):
        name = comparison.subject
        if name not in episode.protocol.observations or name in told:
            continue
        told[name] = (
            f"{name} {_known_answer(episode, name, now, comparison.test in ('falling', 'drop', 'rising'))}"
        )
    return ", ".join(told.values())


def _known_answer(episode: Episode, name: str, now: datetime, is_trend: bool) -> str:
    answer, given = latest(episode, name, now), episode.answers.get(name, ())
    if answer is None:
        return f"last told {spell(now - given[-1].at)} ago" if given else "not told yet"
    if is_trend and given[0] is not answer:
        return f"{answer.value}, first {given[0].value}"
    return f"{answer.value}, told once" if is_trend else str(answer.value)


# Times that a gate knows -----------------------------------------------------------------------


def opens_at(episode: Episode) -> datetime | None:
    """The earliest time at which the current phase may be left; None before the first phase."""
    phase = episode.stay.phase
    if phase is None:
        return None
    length = episode.protocol.length(phase.least, episode.grade)
    return episode.place.after(episode.origin(phase.zero), length)


def deadline(episode: Episode) -> datetime | None:
    """When the current phase has lasted as long as it should; None where it has no most."""
    phase = episode.stay.phase
    if phase is None or phase.most is None:
        return None
    length = episode.protocol.length(phase.most, episode.grade)
    return episode.place.after(episode.origin(phase.zero), length)


def healing_range(episode: Episode) -> tuple[datetime, datetime]:
    """The usual healing time of the episode's grade, earliest and latest.

    Raises `ValueError` where the protocol has none.
    """
    healing = episode.protocol.healing
    if healing is None:
        raise ValueError(f"{episode.protocol.id} tells no healing time")
    row = episode.protocol.tables[healing.table].rows[episode.grade or GRADES[1]]
    zero = episode.origin(healing.zero)
    return episode.place.after(zero, row.least), episode.place.after(zero, row.most)


def condition_moments(condition: Condition | None, episode: Episode) -> Iterator[datetime]:
    """The instants at which a condition may change by the mere passing of time (freshness aside)."""
    for comparison in comparisons(condition):
        if comparison.subject in ORIGINS and isinstance(comparison.value, Duration):
            yield episode.place.after(episode.origin(comparison.subject), comparison.value)


def gate_moments(episode: Episode, phase: Phase | None) -> Iterator[datetime]:
    """The instants at which the way out of a phase may change by the mere passing of time."""
    for instant in (opens_at(episode), deadline(episode)):
        if instant is not None:
            yield instant
    if phase is not None:
        yield from condition_moments(phase.leave_when, episode)
        if phase.most is not None:
            yield episode.stay.entered_at + PATIENCE
    if episode.next_phase is not None:
        yield from condition_moments(episode.next_phase.enter_when, episode)
    elif episode.protocol.healing is not None:
        yield healing_range(episode)[0]


PATIENCE = timedelta(hours=24)
"""How long a person has to answer, after entering a phase, before its deadline counts unanswered questions."""
