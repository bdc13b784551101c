"""Carry out an act of a person, with what is due before and after it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from recovery.care.record import Context, Record, believe, do, seen_at
from recovery.engine.acts import Act, AnswerCheckIn, Release
from recovery.engine.episode import COMPLETED, Alert, Cue, Episode
from recovery.engine.sides import is_same_place
from recovery.engine.turn import Refused, Verdict
from recovery.errors import RecoveryError, UsageError
from recovery.language import _
from recovery.values import Value, replace

Wanted = Act | Callable[[Episode, datetime], Act]
"""An act of the person; where it depends on the episode (its place, its questions), a function of that."""

Scrutiny = Callable[[Any, Episode], None]
"""A look at an act with the episode that it is for. Raises for what that cannot take of it."""


class Acted(Value):
    """An act as it came out."""

    context: Context
    """The record after it."""
    before: Episode
    act: Act
    verdict: Verdict

    @property
    def after(self) -> Episode:
        return self.context.record.of(self.before.id)

    @property
    def is_stopped_by_clock(self) -> bool:
        """True where the act needs a clock that is right, and the clock is doubted."""
        return self.act.needs_right_clock and self.context.record.is_clock_doubted

    @property
    def new_alerts(self) -> list[Alert]:
        return [alert for alert in self.after.alerts.values() if alert.id not in self.before.alerts]

    @property
    def opened_phase(self) -> bool:
        """True where the answers of a check-in have led to another phase."""
        after = self.after
        is_further = after.phase_stay.index > self.before.phase_stay.index and not after.is_over
        return isinstance(self.act, AnswerCheckIn) and is_further

    @property
    def last_cue(self) -> Cue | None:
        """The cue that tells that this act has completed the episode, and what usually follows."""
        if self.after.state != COMPLETED:
            return None
        return next((cue for cue in reversed([*self.after.pending.values()]) if cue.kind == "phase"), None)


def perform(
    context: Context, wanted: str | None, act: Wanted, check: Scrutiny | None = None
) -> tuple[Acted, ...]:
    """Carry out an act on the episode named, or without a name on those that it is for. Needs a transaction.

    Where `check` raises for one of them nothing is done. Raises `NotThere`, `UsageError`
    where the act is for one, and several would take it; `UnreadableEpisode`, `StoreError`.
    """
    record, meant = context.record, _meant(context, wanted, act)
    verdicts: list[Verdict] = []
    if check is not None:
        for id_, part in meant:
            check(part, record.of(id_))
    for id_, part in meant:
        record, verdict = do(context.journal, record, id_, part, context.says)
        verdicts.append(verdict)
    after = replace(context, kept=record, record=record)
    return tuple(
        Acted(after, context.record.of(id_), part, verdict)
        for (id_, part), verdict in zip(meant, verdicts, strict=True)
    )


def _meant(context: Context, wanted: str | None, act: Wanted) -> tuple[tuple[str, Act], ...]:
    """Find the episode that is named, or else those that the act is for, each with its part of it."""
    if isinstance(act, Release) and (stopped := _stopped_waiting(context.record, act)):
        return _released(context, wanted, act, stopped)
    return _of_running(context, wanted, act)


def _stopped_waiting(record: Record, act: Release) -> dict[str, Episode]:
    """The stopped episodes that wait for a release still, by their ids."""
    return {each.id: each for each in record.ended if _waits_for(each, act)}


def _waits_for(episode: Episode, act: Release) -> bool:
    return act.what in [alert.name for alert in episode.waiting]


def _released(
    context: Context, wanted: str | None, act: Release, stopped: dict[str, Episode]
) -> tuple[tuple[str, Act], ...]:
    """Find those that a word releases where some were stopped: what is about the same place goes together.

    Raises `UsageError` where several places could be meant.
    """
    running = [each for each in context.record.episodes if _waits_for(each, act)]
    meant: tuple[tuple[str, Act], ...]
    if wanted in stopped or (wanted is None and not running):
        named = [each for id_, each in stopped.items() if wanted in (None, id_)]
        if len({(each.tailored.region, each.side) for each in named}) > 1:
            names = ", ".join(each.id for each in named)
            raise UsageError(
                _("several plans wait for that: {names}", names=names), _("say which: --episode ID")
            )
        meant = ((named[0].id, act),)
    else:
        meant = _of_running(context, wanted, act)
    ids = [id_ for id_, _part in meant]
    about = [each for each in (*running, *stopped.values()) if each.id in ids]
    together = [
        each.id
        for each in (*running, *stopped.values())
        if any(is_same_place(e.tailored.region, e.side, each) for e in about)
    ]
    return (*meant, *((id_, act) for id_ in together if id_ not in ids))


def _of_running(context: Context, wanted: str | None, act: Wanted) -> tuple[tuple[str, Act], ...]:
    """Find those that run."""
    record = context.record
    if wanted is not None or len(record.episodes) < 2:
        episode = record.meant(wanted)
        return ((episode.id, _as_of(episode, act, context.now)),)
    from recovery.engine.addressing import addressed  # hardly anybody has several

    seen = seen_at(record, context.says, context.journal.path)
    offered: list[tuple[Episode, Act]] = []
    errors: list[RecoveryError] = []
    for episode in seen.episodes:
        try:
            offered.append((episode, _as_of(episode, act, context.now)))
        except RecoveryError as error:
            errors.append(error)
    if not offered:
        raise next(iter(errors), seen.nothing())
    meant = addressed(tuple(offered), context.now, (*seen.ended, *seen.remains))
    if isinstance(meant, Refused):
        raise record.ambiguous()
    return tuple((episode.id, part) for episode, part in meant)


def _as_of(episode: Episode, act: Wanted, now: datetime) -> Act:
    return act if isinstance(act, Act) else act(episode, now)


def trust_clock(context: Context) -> None:
    """Take the person's word that the clock is right. Needs a transaction.

    Raises `RecoveryError` where that is not doubted.
    """
    if not context.record.is_clock_doubted:
        raise RecoveryError(_("the clock is not doubted"))
    believe(context.journal, context.record, *context.clocks)
