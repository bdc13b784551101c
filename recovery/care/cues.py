"""The fate of cues, into the journal: told on a desktop or not, told as text by a command."""

from collections.abc import Callable, Sequence
from datetime import datetime

from recovery.care.record import ClockReadings, Context, Record, bring_up, load, write, written_if_free
from recovery.engine.episode import Cue, Episode
from recovery.engine.facts import UNWRITTEN
from recovery.engine.telling import Repeat, not_shown, pending_cues, shown, shown_again
from recovery.store.journal import Journal
from recovery.values import Value

# By a desktop -----------------------------------------------------------------------------------


class Fate(Value):
    """The fate of a cue that was sent to a desktop."""

    episode: str
    cue: Cue
    via: str
    trouble: str | None = None
    """The reason why it could not be shown; None: it was."""
    repeat: Repeat | None = None
    """The time that was meant, of a cue that is shown once more."""


def keep_fate(journal: Journal, fate: Fate, at: datetime) -> None:
    """Write down the fate of a cue; a trouble is written down once, however often it is met.

    Needs a transaction. Raises `StoreError`.
    """
    record = load(journal, at)
    episode = next((each for each in record.all if each.id == fate.episode), None)
    if episode is None:
        return
    if fate.repeat is not None:
        if fate.trouble is None:
            write(journal, record, [shown_again(episode, fate.repeat, fate.via, at)], at)
        return
    if fate.cue.seq not in episode.pending:
        return
    if fate.trouble is None:
        write(journal, record, [shown(episode, fate.cue, fate.via, at)], at)
    elif episode.troubles.get(fate.cue.seq) != fate.trouble:
        write(journal, record, [not_shown(episode, fate.cue, fate.via, fate.trouble, at)], at)


# By a command -----------------------------------------------------------------------------------

Untold = Sequence[tuple[Episode, Cue]]


def untold(context: Context, read_clocks: Callable[[], ClockReadings], *, is_daemon_running: bool) -> Untold:
    """The cues that are for this command to tell: the last resort of every cue.

    With a daemon running only those that it failed to show: the others are on their way. Without one this is what
    writes down that they were due. What cannot be written now is among them all the same. Raises `StoreError`.
    """
    kept = context.kept
    if not is_daemon_running and any(UNWRITTEN in episode.pending for episode in context.record.all):

        def brought_up() -> Record:
            clocks = read_clocks()
            return bring_up(context.journal, load(context.journal, *clocks), clocks[0])

        kept = written_if_free(context.journal, brought_up)
    return [
        (episode, cue)
        for episode in kept.all
        for cue in pending_cues(episode, context.now)
        if cue.seq in episode.troubles or not is_daemon_running
    ]


def note_told(context: Context, cues: Untold, read_clocks: Callable[[], ClockReadings]) -> None:
    """Write down that cues were told as text; what cannot be written now is told once more next time."""

    def note() -> None:
        record = load(context.journal, *read_clocks())
        pending = {seq for episode in record.all for seq in episode.pending}
        facts = [shown(episode, cue, "text", context.now) for episode, cue in cues if cue.seq in pending]
        write(context.journal, record, facts, context.now)

    written_if_free(context.journal, note)
