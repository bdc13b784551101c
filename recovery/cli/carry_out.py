"""One act of the person, from what was typed to the daemon's ear, and what became of it."""

import sys
from collections.abc import Callable
from datetime import datetime

from recovery.care.context import Context, changing
from recovery.care.record import believe, do
from recovery.cli.context import (
    note_as_told,
    open_journal,
    show_untold,
    tell_doubted,
    tell_unreadable,
)
from recovery.cli.notices import restart_if_died, tell_lost
from recovery.cli.output import did, failure_to_the_end, tell
from recovery.cli.render_json import print_json, verdict_json
from recovery.cli.render_text import alert_line, needed_lines
from recovery.daemon import handing
from recovery.engine.acts import Act
from recovery.engine.acts_course import Advance
from recovery.engine.acts_reports import AnswerCheckIn
from recovery.engine.episode import COMPLETED, Episode
from recovery.engine.verdict import Accepted, Refused, Verdict
from recovery.errors import RecoveryError
from recovery.language import _
from recovery.values import replace
from recovery.words.reasons import sentence
from recovery.words.times import spell_when
from recovery.words.typed import read_moment

Wanted = Act | Callable[[Episode, datetime], Act]
"""An act of the person; where it depends on the episode (its place, its questions), a function of that."""


def carry_out(id_: str | None, as_json: bool, wanted: Wanted) -> int:
    """One act, from the words to the daemon's ear; the exit status."""
    with open_journal() as (journal, moment):
        with changing(journal, moment) as context:
            tell_doubted(context.record)
            before = context.record.meant(id_)
            act = wanted if isinstance(wanted, Act) else wanted(before, context.now)
            record, verdict = do(journal, context.record, before.id, act, context.says)
        if isinstance(verdict, Accepted):
            message = sentence(verdict.message, before.place, context.now)
            did(_("{verb} is recorded. {message}", verb=act.verb, message=message))
        tell_lost(record.all)
        # Only now: the daemon must find the facts when it looks.
        is_running = handing.wake(context.folder) is not None
        if not is_running and any(not episode.is_over for episode in record.episodes):
            is_running = restart_if_died(context.folder)
        if as_json:
            print_json(verdict_json(verdict, before, context.now), before.place)
            return 0 if isinstance(verdict, Accepted) else 1
        return _tell(replace(context, kept=record, record=record), before, act, verdict, is_running)


def _tell(context: Context, before: Episode, act: Act, verdict: Verdict, is_running: bool) -> int:
    """Print the verdict of an act, and the untold cues where nothing reminds. Return the exit status."""
    match verdict:
        case Refused(reason, earliest):
            if act.needs_right_clock and context.record.is_clock_doubted:
                # That is told already, and how to end it.
                raise RecoveryError(_("nothing is begun or moved on by this clock"))
            why = sentence(reason, before.place, context.now)
            if earliest is None:
                raise RecoveryError(why)
            when = spell_when(before.place, earliest, context.now)
            raise RecoveryError(_("not now: {reason}", reason=why), _("earliest {when}", when=when))
        case Accepted(message=message, needed=needed):
            print(sentence(message, before.place, context.now))
    tell_unreadable(context.record)
    after = next(episode for episode in context.record.all if episode.id == before.id)
    for alert in after.alerts.values():
        if alert.id not in before.alerts:
            print(alert_line(alert, after.place.language))
    if isinstance(act, AnswerCheckIn) and after.stay.index > before.stay.index and not after.is_over:
        print(_("You are now in: {phase}.", phase=after.phase.title))
    for line in needed_lines(needed, before.place):
        print(line)
    if after.state == COMPLETED:
        _tell_completion(context, after, act, is_running=is_running)
    if not is_running and not after.is_over:
        show_untold(context, is_daemon_running=False)
        tell(_("No daemon is running, so no reminders come: recovery daemon start"))
    return 0


def _tell_completion(context: Context, after: Episode, act: Act, *, is_running: bool) -> None:
    """Say that this act completed the episode, and what usually follows.

    Where a daemon runs, its note comes as well.
    """
    cue = next((cue for cue in reversed([*after.pending.values()]) if cue.kind == "phase"), None)
    if cue is None:
        return
    title, body = (sentence(text, after.place, context.now) for text in (cue.title, cue.body))
    print(body if isinstance(act, Advance) else f"{title}. {body}")  # `advance` has said that it is
    if not is_running:
        if not failure_to_the_end(sys.stdout):
            note_as_told(context, [(after, cue)])
        show_untold(context, is_daemon_running=False)


def believe_clock(as_json: bool) -> int:
    """The person's word that the clock is right, for all of the record. Raises `RecoveryError` where that is known."""
    with open_journal() as (journal, moment), changing(journal, moment) as context:
        if not context.record.is_clock_doubted:
            raise RecoveryError(_("the clock is not doubted"))
        believe(journal, context.record, *moment)
    handing.wake(context.folder)
    message = _("The clock is taken to be right. Reminders go on.")
    if as_json:
        print_json({"accepted": True, "message": message})
    else:
        print(message)
    return 0


def typed_moment(flag: str, text: str | None, episode: Episode, now: datetime) -> datetime | None:
    """The instant that an option means, in the episode's place; None where it is not given. Raises `UsageError`."""
    return None if text is None else read_moment(flag, text, now, episode.place)
