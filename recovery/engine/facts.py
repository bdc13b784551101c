"""The facts of the journal: what happened, never what should happen.

A fact is append-only and says when it happened (`at`, UTC) and when it was written down (`recorded_at`).
Its `data` holds JSON values only; instants in it are whole milliseconds since 1970 (UTC).
A fact that tells the person something carries the cue under `data["cue"]`.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from recovery.engine.occurrences import NONE, CueKey, Occurrence, Offer
from recovery.engine.reasons import Text
from recovery.values import Value

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)

STARTED = "started"
ANSWERED = "answered"
PHASE = "phase"
OFFERED = "offered"
BEGUN = "begun"
ENDED = "ended"
DONE = "done"
SKIPPED = "skipped"
SNOOZED = "snoozed"
MISSED = "missed"
WITHHELD = "withheld"
PAUSED = "paused"
RESUMED = "resumed"
ALERTED = "alerted"
COMPLETED = "completed"
STOPPED = "stopped"
SCREENED = "screened"
SETBACK = "setback"
CORRECTED = "corrected"
STEPPED = "stepped"
TICKED = "ticked"
UNDONE = "undone"
UPGRADED = "upgraded"
MOVED = "moved"
RIGHTED = "righted"
CLOCK = "clock"
DELIVERED = "delivered"
UNDELIVERED = "undelivered"

SHORT_LIVED = frozenset(
    {OFFERED, BEGUN, ENDED, DONE, SKIPPED, SNOOZED, MISSED, WITHHELD, DELIVERED, UNDELIVERED}
)
"""Facts that decisions need for `LOOKBACK` only; the others count for ever."""

LOOKBACK = timedelta(days=10)
"""The reach of the fleeting facts into decisions: further than the times of any cadence are apart."""


class Fact(Value):
    """One thing that happened in one episode."""

    episode: str
    at: datetime
    kind: str
    data: Mapping[str, Any]
    by: str = "engine"
    """`person`, `engine` or `daemon`."""
    recorded_at: datetime | None = None
    seq: int = 0
    """Its place in the journal, from 1; 0 while it is not stored."""

    @property
    def occurrence(self) -> Occurrence:
        """The occurrence that it is about; empty: none."""
        return Occurrence(self.data.get("occurrence", NONE))


class Cue(Value):
    """A message to the person at a moment."""

    key: CueKey
    kind: str
    """`start`, `suggestion`, `end`, `reminder`, `check-in`, `on`, `off`, `phase`, `offer`, `way-back` or `alert`."""
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
    about: Occurrence | Offer = NONE
    """The one that it is about, as a button tells it: no later one has its name. Empty: nothing that recurs."""


def to_ms(instant: datetime) -> int:
    """Whole milliseconds since 1970 (UTC), rounded down."""
    return (instant - EPOCH) // _MS


def from_ms(milliseconds: int) -> datetime:
    """The instant of `to_ms`. Raises `OverflowError` beyond year 9999."""
    return EPOCH + milliseconds * _MS
