"""One act of the person, from what was typed to the daemon's ear, and what became of it."""

import sys
from collections.abc import Sequence

from recovery.care import acts as care
from recovery.care.acts import Acted, Scrutiny, Wanted
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


def enter(id_: str | None, as_json: bool, wanted: Wanted, check: Scrutiny | None = None) -> int:
    """One act, from the words to the daemon's ear; the exit status."""
    with open_journal() as (journal, moment):
        with changing(journal, moment) as context:
            tell_doubted(context.record)
            acts = care.perform(context, id_, wanted, check)
        record = acts[0].context.record
        for acted in acts:
            if isinstance(acted.verdict, Accepted):
                message = sentence(acted.verdict.message, acted.before.place, context.now)
                did(_("{verb} is recorded. {message}", verb=acted.act.verb, message=message))
        tell_lost(record.all)
        # Only now: the daemon must find the facts when it looks.
        is_running = wake_daemon(context.folder)
        if not is_running and any(not episode.is_over for episode in record.episodes):
            is_running = restart_if_died(context.folder)
        if as_json:
            for acted in acts:
                print_json(verdict_json(acted.verdict, acted.before, context.now), acted.before.place)
            return 0 if all(isinstance(acted.verdict, Accepted) for acted in acts) else 1
        return _tell(acts, is_named=id_ is not None, is_running=is_running)


def _tell(acts: Sequence[Acted], *, is_named: bool, is_running: bool) -> int:
    """Print the verdicts of an act, and the untold cues where nothing reminds. Return the exit status.

    Where several episodes run each begins with the id of its own. Raises `RecoveryError` for what was refused.
    """
    context = acts[0].context
    is_of_several = len(context.record.episodes) > 1 or len(acts) > 1
    errors: list[RecoveryError] = []
    accepted: list[Acted] = []
    printed: set[str] = set()
    for acted in acts:
        id_ = f"{acted.before.id}: " if is_of_several else ""
        match acted.verdict:
            case Refused() as refused:
                errors.append(_error(acted, refused, "" if is_named else id_))
            case Accepted() as verdict:
                print(f"{id_}{sentence(verdict.message, acted.before.place, context.now)}")
                _tell_outcome(acted, verdict, printed, is_running=is_running)
                accepted.append(acted)
    if accepted:
        tell_unreadable(context.record)
    if not is_running and any(not acted.after.is_over for acted in accepted):
        show_untold(context, is_daemon_running=False)
        tell(_("No daemon is running, so no reminders come: recovery daemon start"))
    if errors:
        raise errors[0]
    return 0


def _error(acted: Acted, refused: Refused, id_: str) -> RecoveryError:
    """The error for a refused act; `id_` is put before its words."""
    if acted.is_stopped_by_clock:
        # That is told already, and how to end it.
        return RecoveryError(_("nothing is begun or moved on by this clock"))
    place, now = acted.before.place, acted.context.now
    why = sentence(refused.reason, place, now)
    if refused.earliest is None:
        return RecoveryError(f"{id_}{why}")
    when = spell_when(place, refused.earliest, now)
    return RecoveryError(f"{id_}{_('not now: {reason}', reason=why)}", _("earliest {when}", when=when))


def _tell_outcome(acted: Acted, verdict: Accepted, printed: set[str], *, is_running: bool) -> None:
    """Print what followed from an act. An alert that another episode raised in the same words is `printed` once."""
    after = acted.after
    for alert in acted.new_alerts:
        line = alert_line(alert, after.place.language)
        if line not in printed:
            print(line)
        printed.add(line)
    if acted.opened_phase:
        print(_("You are now in: {phase}.", phase=after.phase.title))
    for line in needed_lines(verdict.needed, after.place):
        print(line)
    _tell_completion(acted, is_running=is_running)


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
