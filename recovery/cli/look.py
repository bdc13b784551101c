"""Looking: `status`, `next`, `agenda`, `explain`. They write down nothing but which cues they have shown."""

from collections.abc import Mapping

from recovery.care import looking as care
from recovery.care.looking import Look, Seen, Sight
from recovery.care.record import Context
from recovery.cli import render_text as text
from recovery.cli.context import (
    clocks,
    daemon_here,
    looking,
    restart_if_died,
    show_untold,
    show_waiting,
    tell_unreadable,
    unreadable_lines,
)
from recovery.cli.output import tell
from recovery.cli.quick import ACTIVITY, EPISODE, JSON, command, option, read_count
from recovery.cli.render_json import advice_json, cue_json, explanation_json, print_json, status_json
from recovery.daemon import presence
from recovery.errors import NotThere
from recovery.language import _
from recovery.store.episodes import UnreadableEpisode


def _look_at(context: Context, wanted: str | None, look: Look[Seen], *, as_json: bool) -> Sight[Seen]:
    """Look as `care.look_at` does. Where nothing is active, tell what the last episode had to tell at its end."""
    if wanted is None and not context.record.episodes and not as_json:
        show_waiting(context)
        show_untold(context, is_daemon_running=presence.is_running(context.folder))
    return care.look_at(context, wanted, look)


@command("status", EPISODE, JSON)
def show_status(episode: str | None, as_json: bool) -> int:
    """Show where you are: the phase and why, what is under way, what comes next, how far healing has come.

    \b
    recovery status
    recovery status --json
    """
    there = daemon_here()
    unreadable: Mapping[str, UnreadableEpisode] = {}
    try:
        with looking() as context:
            if there is None and not as_json and context.record.episodes and restart_if_died(context.folder):
                there = presence.read(context.folder)
            unreadable = context.record.unreadable
            left, seen = _look_at(context, episode, care.outlook_now, as_json=as_json)
            looks, unreadable = [look for _episode, look in seen], left.record.unreadable
            if as_json:
                print_json(status_json(looks, there, context.now, unreadable, context.kept.testimony))
                return 0
            for each in looks:
                print(text.status_page(each))
            for line in unreadable_lines(left.record):
                print(line)
            print(text.daemon_row(there, looks[0].episode.place, context.now))
            for line in text.damage_rows(there):
                print(line)
            show_untold(context, is_daemon_running=there is not None)
    except (NotThere, UnreadableEpisode) as error:
        if as_json and episode is None:
            if isinstance(error, UnreadableEpisode):
                unreadable = {**unreadable, error.episode: error}
            print_json(status_json([], there, clocks()[0], unreadable))
            return error.exit_status
        raise
    return 0


@command(
    "next",
    option("-n", key="count", metavar="COUNT", read=read_count, default=3, help="How many."),
    EPISODE,
    JSON,
)
def show_next(count: int, episode: str | None, as_json: bool) -> int:
    """The next cues, if nothing is answered meanwhile.

    \b
    recovery next
    recovery next -n 10
    """
    with looking() as context:
        left, seen = _look_at(context, episode, care.next_cues(count), as_json=as_json)
        for each, look in seen:
            if as_json:
                print_json({"episode": each.id, "next": [cue_json(cue) for cue in look.coming]}, each.place)
            else:
                print(text.next_lines(look, is_named=len(context.record.episodes) > 1))
        if not as_json:
            _say_what_is_missing(left)
    return 0


@command("agenda", EPISODE, JSON)
def show_agenda(episode: str | None, as_json: bool) -> int:
    """Today and tomorrow on one page, if nothing is answered meanwhile.

    \b
    recovery agenda
    """
    with looking() as context:
        left, seen = _look_at(context, episode, care.agenda, as_json=as_json)
        for each, cues in seen:
            if as_json:
                print_json({"episode": each.id, "agenda": [cue_json(cue) for cue in cues]}, each.place)
            else:
                from recovery.cli import render_tables

                render_tables.print_agenda(each, cues, context.now)
        if not as_json:
            _say_what_is_missing(left)
    return 0


def _say_what_is_missing(context: Context) -> None:
    """Tell of unreadable episodes, of cues that no desktop has shown, and of a daemon that does not run."""
    tell_unreadable(context.record)
    there = presence.read(context.folder)
    is_running = there is not None or restart_if_died(context.folder)
    show_untold(context, is_daemon_running=is_running)
    if not is_running:
        tell(_("No daemon is running, so no reminders come: recovery daemon start"))


@command("explain", ACTIVITY, EPISODE, JSON)
def show_explanation(activity: str | None, episode: str | None, as_json: bool) -> int:
    """Explain why each next cue comes when it comes, and why something is withheld.

    \b
    recovery explain
    recovery explain ice
    """
    with looking() as context:
        left, seen = _look_at(context, episode, care.explanations, as_json=as_json)
        if not as_json:
            tell_unreadable(left.record)
        for each, reasons in seen:
            wanted = reasons if activity is None else care.about(reasons, each, activity)
            look = care.next_cues(0)(context, each)
            if as_json:
                listed = [explanation_json(reason, each, context.now) for reason in wanted]
                advice = {"advice": advice_json(look)} if activity is None else {}
                print_json({"episode": each.id, "explained": listed, **advice}, each.place)
            else:
                print(text.explanation_page(look, wanted, with_gate=activity is None))
    return 0
