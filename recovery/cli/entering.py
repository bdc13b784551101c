"""One act of the person, from what was typed to the daemon's ear, and what became of it."""

import sys

from recovery.care import acts as care
from recovery.care.acts import Acted, Wanted
from recovery.care.record import changing
from recovery.cli.context import (
    note_as_told,
    open_journal,
    restart_if_died,
    show_untold,
    tell_doubted,
    tell_lost,
    tell_unreadable,
    wake_daemon,
)
from recovery.cli.output import did, failure_to_the_end, tell
from recovery.cli.render_json import print_json, verdict_json
from recovery.cli.render_text import alert_line, needed_lines
from recovery.engine.turn import Accepted, Refused
from recovery.errors import RecoveryError
from recovery.language import _
from recovery.words.reasons import sentence
from recovery.words.terms import spell_when


def enter(id_: str | None, as_json: bool, wanted: Wanted) -> int:
    """One act, from the words to the daemon's ear; the exit status."""
    with open_journal() as (journal, moment):
        with changing(journal, moment) as context:
            tell_doubted(context.record)
            acted = care.perform(context, id_, wanted)
        record, verdict, place = acted.context.record, acted.verdict, acted.before.place
        if isinstance(verdict, Accepted):
            message = sentence(verdict.message, place, context.now)
            did(_("{verb} is recorded. {message}", verb=acted.act.verb, message=message))
        tell_lost(record.all)
        # Only now: the daemon must find the facts when it looks.
        is_running = wake_daemon(context.folder)
        if not is_running and any(not episode.is_over for episode in record.episodes):
            is_running = restart_if_died(context.folder)
        if as_json:
            print_json(verdict_json(verdict, acted.before, context.now), place)
            return 0 if isinstance(verdict, Accepted) else 1
        return _tell(acted, is_running=is_running)


def _tell(acted: Acted, *, is_running: bool) -> int:
    """Print the verdict of an act, and the untold cues where nothing reminds. Return the exit status."""
    context, place = acted.context, acted.before.place
    match acted.verdict:
        case Refused(reason, earliest):
            if acted.is_stopped_by_clock:
                # That is told already, and how to end it.
                raise RecoveryError(_("nothing is begun or moved on by this clock"))
            why = sentence(reason, place, context.now)
            if earliest is None:
                raise RecoveryError(why)
            when = spell_when(place, earliest, context.now)
            raise RecoveryError(_("not now: {reason}", reason=why), _("earliest {when}", when=when))
        case Accepted(message=message, needed=needed):
            said = sentence(message, place, context.now)
            print(f"{acted.before.id}: {said}" if len(context.record.episodes) > 1 else said)
    tell_unreadable(context.record)
    after = acted.after
    for alert in acted.new_alerts:
        print(alert_line(alert, after.place.language))
    if acted.opened_phase:
        print(_("You are now in: {phase}.", phase=after.phase.title))
    for line in needed_lines(needed, place):
        print(line)
    _tell_completion(acted, is_running=is_running)
    if not is_running and not after.is_over:
        show_untold(context, is_daemon_running=False)
        tell(_("No daemon is running, so no reminders come: recovery daemon start"))
    return 0


def _tell_completion(acted: Acted, *, is_running: bool) -> None:
    """Say where this act completed the episode, and what usually follows.

    Where a daemon runs, its note comes as well.
    """
    cue = acted.last_cue
    if cue is None:
        return
    texts = (cue.title, cue.body)
    title, body = (sentence(text, acted.after.place, acted.context.now) for text in texts)
    print(body if acted.act.verb == "advance" else f"{title}. {body}")  # `advance` has said that it is
    if not is_running:
        if not failure_to_the_end(sys.stdout):
            note_as_told(acted.context, [(acted.after, cue)])
        show_untold(acted.context, is_daemon_running=False)


def enter_clock_is_right(as_json: bool) -> int:
    """The person's word that the clock is right, for all of the record. Raises `RecoveryError` where that is known."""
    with open_journal() as (journal, moment), changing(journal, moment) as context:
        care.trust_clock(context)
    wake_daemon(context.folder)
    message = _("The clock is taken to be right. Reminders go on.")
    if as_json:
        print_json({"accepted": True, "message": message})
    else:
        print(message)
    return 0
