"""The few answers of long ago that decisions still need, found without reading the others.

A decision asks for the latest answer, for the two before it, and for the one that it is measured against: the first
since the injury, the worst, the one at the beginning of the phase. The table `answer` of the journal finds them. It is
made of the facts, and what it tells is held against them.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from recovery.engine.episode import MOMENT, Answer, Episode
from recovery.engine.facts import Answered
from recovery.engine.written import from_ms, to_ms
from recovery.protocol.model import Observation

NEWEST = 100
"""So many of the newest facts of answers are always read as they are."""

ASKED = timedelta(hours=50)
"""The waking day on which something was due began less than this before it, wherever the person has been since."""

AnswerRow = tuple[int, int, Any]
"""An answer: when it was true, in milliseconds; the place of its fact; what was told."""

_OF = "SELECT at, seq, value FROM answer WHERE episode = ? AND seq < ? AND name = ?"
_BACK = f"{_OF} AND at <= ? ORDER BY at DESC, seq DESC"
_ON = f"{_OF} AND at >= ? ORDER BY at, seq"
_BACK_OF_VALUE = f"{_OF} AND value = ? AND at BETWEEN ? AND ? ORDER BY at DESC, seq DESC"
_NEXT_HIGHER = "SELECT min(value) FROM answer WHERE episode = ? AND name = ? AND value > ?"
_NEXT_LOWER = "SELECT max(value) FROM answer WHERE episode = ? AND name = ? AND value < ?"
_AS_TOLD = f"""
    SELECT 1 FROM fact WHERE episode = ? AND seq = ? AND kind = '{Answered.kind}' AND at = ?
    AND json_extract(data, '$.values."' || ? || '"') = ?"""  # noqa: S608 - constants only

_FARTHEST = 2**62


class Misfit(Exception):
    """The table tells an answer that no fact tells."""


class Older:
    """The answers of an episode that stand before a place of the journal, which `ask` asks for rows."""

    def __init__(
        self,
        ask: Callable[..., Iterator[Any]],
        number: int,
        before: int,
        counts: Callable[[str, AnswerRow], bool],
    ) -> None:
        self._ask = ask
        self._number = number
        self._before = before
        self._counts = counts

    def needed(self, episode: Episode, now: datetime) -> dict[str, tuple[Answer, ...]]:
        """By observation, those that decisions from `now` on may ask for, in order of when they were true.

        `episode` is told from all facts but these. Raises `Misfit`.
        """
        place, day = episode.place, episode.place.waking_day(now)
        # What is measured against the beginning of something asks for the last answer before it.
        begins = (
            episode.phase_stay.entered_at,
            episode.stepped_at + MOMENT,
            place.window(day - timedelta(days=1))[1],
            place.window(day)[1],
        )
        answers = {}
        for name, observation in episode.tailored.observations.items():
            rows = {*self._around(name, to_ms(now)), *self._worst(observation, episode.onset, now)}
            rows |= {*islice(self._on(name, episode.onset), 1)}
            for begin in begins:
                rows |= {*islice(self._back(name, to_ms(begin)), 1)}
            answers[name] = tuple(self._as_told(name, row) for row in sorted(rows, key=lambda row: row[:2]))
        return answers

    def _around(self, name: str, now: int) -> Iterator[AnswerRow]:
        """The last three until `now`, and all that a clock which was ahead has put after it."""
        yield from islice(self._back(name, now), 3)
        yield from self._rows(name, _ON, now + 1)

    def _worst(self, observation: Observation, since: datetime, now: datetime) -> Iterator[AnswerRow]:
        """The worst two; of equal ones the latest."""
        left = 2
        for value in self._worst_first(observation):
            for row in islice(
                self._rows(observation.id, _BACK_OF_VALUE, value, to_ms(since), to_ms(now)), left
            ):
                left -= 1
                yield row
            if not left:
                return

    def _worst_first(self, observation: Observation) -> Iterator[Any]:
        """The values that were told, or may have been."""
        is_high_worse = observation.better == "lower"
        if observation.choices:
            yield from reversed(observation.choices) if is_high_worse else observation.choices
            return
        statement, value = (_NEXT_LOWER, _FARTHEST) if is_high_worse else (_NEXT_HIGHER, -_FARTHEST)
        while True:
            ((value,),) = self._ask(statement, self._number, observation.id, value)
            if not isinstance(value, int):
                return
            yield value

    def _back(self, name: str, until: int) -> Iterator[AnswerRow]:
        return self._rows(name, _BACK, until)

    def _on(self, name: str, since: datetime) -> Iterator[AnswerRow]:
        return self._rows(name, _ON, to_ms(since))

    def _rows(self, name: str, statement: str, *values: Any) -> Iterator[AnswerRow]:
        for row in self._ask(statement, self._number, self._before, name, *values):
            if self._counts(name, row):
                yield row

    def _as_told(self, name: str, row: AnswerRow) -> Answer:
        at, seq, value = row
        if not [*self._ask(_AS_TOLD, self._number, seq, at, name, value)]:
            raise Misfit(f"fact {seq} does not tell {name} {value!r}")
        return Answer(from_ms(at), value)
