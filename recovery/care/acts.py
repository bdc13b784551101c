"""Carry out an act of a person, with what is due before and after it."""

from collections.abc import Callable, Sequence
from datetime import datetime

from recovery.care.record import Context, believe, do, seen_at, would_accept
from recovery.engine.acts import Act, AnswerCheckIn, StayUp
from recovery.engine.episode import COMPLETED, Alert, Episode
from recovery.engine.facts import Cue
from recovery.engine.turn import Accepted, Verdict
from recovery.errors import RecoveryError
from recovery.language import _
from recovery.values import Value, replace

Wanted = Act | Callable[[Episode, datetime], Act]
"""An act of the person; where it depends on the episode (its place, its questions), a function of that."""


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


def perform(context: Context, wanted: str | None, act: Wanted) -> Acted:
    """Carry out an act on the episode meant. Needs a transaction.

    Without a name it is the only one that takes the act. Raises `NotThere`, `UsageError` where several do;
    `UnreadableEpisode`, `StoreError`.
    """
    is_for_all = wanted is None and isinstance(act, StayUp)  # nobody goes to bed with one injury only
    before = (
        context.record.episodes[0] if is_for_all and context.record.episodes else _meant(context, wanted, act)
    )
    judged = act if isinstance(act, Act) else act(before, context.now)
    record, verdict = do(context.journal, context.record, before.id, judged, context.says)
    for other in record.episodes if is_for_all and isinstance(verdict, Accepted) else ():
        if other.id != before.id:
            record, _other = do(context.journal, record, other.id, judged, context.says)
    return Acted(replace(context, kept=record, record=record), before, judged, verdict)


def _meant(context: Context, wanted: str | None, act: Wanted) -> Episode:
    """Find the episode that is named, or else the only one that takes the act."""
    record = context.record
    if wanted is None and len(record.episodes) > 1:
        seen = seen_at(record, context.says, context.journal.path)
        taking = [each for each in seen.episodes if _takes(each, act, context.now, seen.others(each))]
        if len(taking) == 1:
            return record.of(taking[0].id)
    return record.meant(wanted)


def _takes(episode: Episode, act: Wanted, now: datetime, others: Sequence[Episode]) -> bool:
    try:
        judged = act if isinstance(act, Act) else act(episode, now)
    except RecoveryError:
        return False
    return would_accept(episode, judged, now, others)


def trust_clock(context: Context) -> None:
    """Take the person's word that the clock is right. Needs a transaction.

    Raises `RecoveryError` where that is not doubted.
    """
    if not context.record.is_clock_doubted:
        raise RecoveryError(_("the clock is not doubted"))
    believe(context.journal, context.record, *context.clocks)
