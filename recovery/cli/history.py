"""The history: `log`, and `undo` for what a person entered by mistake."""

import sys
from datetime import datetime

from recovery.care import history as care
from recovery.care.history import Undone, take_back
from recovery.cli.context import open_journal, tell_clock, tell_lost, to_change, wake_daemon
from recovery.cli.output import did, failure_of, tell
from recovery.cli.quick import EPISODE, JSON, command, option, read_count
from recovery.cli.render_json import fact_json, print_json
from recovery.engine.episode import PAUSED
from recovery.engine.facts import Alerted
from recovery.language import _
from recovery.words.about import entry_words
from recovery.words.terms import spell_when


@command(
    "log",
    option("-n", key="count", metavar="COUNT", read=read_count, default=40, help="How many of the newest."),
    option("--all", key="everything", help="All of it."),
    EPISODE,
    JSON,
)
def show_log(count: int, everything: bool, episode: str | None, as_json: bool) -> int:
    """List what happened, oldest first: cues and their fate, sessions, answers, phases, what was missed.

    \b
    recovery log
    recovery log --all --json
    """
    with open_journal(looks=True) as (journal, moment):
        history = care.history(journal, episode, None if everything else count)
        for id_, error in history.troubles:
            tell(f"{id_}: {error.message}\n  {error.hint}")
        tell_clock(journal, moment)
        if as_json:
            for fact in history.facts:
                print_json(fact_json(fact))
                if failure_of(sys.stdout):
                    break
            return 0
        from recovery.cli import render_tables

        places = care.places(journal, history.facts, moment[0])
        for trouble in places.troubles:
            tell(f"{trouble.message}\n  {trouble.hint}")
        tell_lost(places.episodes)
        render_tables.print_log(
            history.facts, places.of, {each.id: each.pinned for each in places.episodes}, journal.undone()
        )
    return 0


@command("undo", EPISODE, JSON)
def undo(episode: str | None, as_json: bool) -> int:
    """Take back the last thing you entered; straight after a start, the start itself.

    It stays in the log, marked as taken back.

    \b
    recovery undo
    """
    with to_change() as context:
        taken_back = take_back(context, episode)
    tell_lost(undone.episode for undone in taken_back)
    for undone in taken_back:
        did(_taken_back(undone, context.now))
    wake_daemon(context.folder)
    for undone in taken_back:
        if as_json:
            entry = undone.entry
            print_json({"episode": entry.episode, "undone": entry.seq, "kind": entry.kind})
            continue
        print(_taken_back(undone, context.now))
        if not undone.is_start:
            _tell_after(undone, context.now)
    return 0


def _taken_back(undone: Undone, now: datetime) -> str:
    """Say what was taken back."""
    entry, after = undone.entry, undone.episode
    when = spell_when(after.place, entry.at, now)
    if undone.is_start:
        return _(
            "Taken back: the start of {episode}, {when}. Nothing reminds of it any more.",
            episode=entry.episode,
            when=when,
        )
    what = entry_words(entry, after)
    return _("Taken back in {episode}: {what}, {when}.", episode=entry.episode, what=what, when=when)


def _tell_after(undone: Undone, now: datetime) -> None:
    """Say how the episode stands once an entry is taken back."""
    after = undone.episode
    if undone.was_on_the_skin:
        print(_("The session still counts for the limits: the word is taken back, not what was on the skin."))
    entry = undone.entry.what
    if isinstance(entry, Alerted) and entry.id in after.alerts:
        print(_("It stands again: {reason}", reason=after.alerts[entry.id].reason))
    if after.state == PAUSED:
        until = after.paused_until
        ends = spell_when(after.place, until, now) if until else "recovery resume"
        print(_("Paused until {when}.", when=ends))
    if not after.is_over:
        print(_("You are in: {phase}.", phase=after.phase.title))
