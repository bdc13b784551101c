"""Looking: `status`, `next`, `agenda`, `explain`. They write down nothing but which cues they have shown."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from recovery import clock, paths
from recovery.care.context import Context
from recovery.cli import render_text as text
from recovery.cli.context import looking, show_untold, tell_unreadable, unreadable_lines
from recovery.cli.notices import restart_if_died
from recovery.cli.output import tell
from recovery.cli.quick import ACTIVITY, EPISODE, JSON, command, option, read_count
from recovery.cli.render_json import cue_json, fields, print_json, status_json
from recovery.daemon import presence
from recovery.engine.episode import Episode
from recovery.engine.outlook import Outlook, coming, outlook
from recovery.engine.outlook import explain as explained
from recovery.engine.screening import left_out_now
from recovery.engine.times import DAY
from recovery.errors import NotThere
from recovery.language import _
from recovery.store.episodes import UnreadableEpisode, load_one
from recovery.store.failures import NONSENSE
from recovery.words.reasons import sentence

S = TypeVar("S")


def _meant(context: Context, wanted: str | None, *, as_json: bool) -> tuple[Episode, ...]:
    """The episode asked for, or all of them. Raises `NotThere` where there is none, `UnreadableEpisode`."""
    if wanted is not None:
        if wanted in context.journal.episodes() and wanted not in [e.id for e in context.record.episodes]:
            return (load_one(context.journal, wanted, context.now),)  # over: it is still there to look at
        return (context.record.meant(wanted),)
    if not context.record.episodes:
        if not as_json:  # what the last one had to tell at its end
            show_untold(context, is_daemon_running=presence.is_running(context.folder))
        raise context.record.nothing()
    return context.record.episodes


def _looked_at(
    context: Context, wanted: str | None, look: Callable[[Episode], S], *, as_json: bool
) -> tuple[Context, list[tuple[Episode, S]]]:
    """Each episode that is meant with what `look` makes of it, and the context without those that make no sense.

    Raises `NotThere` where there is none, `UnreadableEpisode` where none can be told.
    """
    seen: list[tuple[Episode, S]] = []
    for episode in _meant(context, wanted, as_json=as_json):
        try:
            seen.append((episode, look(episode)))
        except NONSENSE:
            context = context.without(episode.id)
    if not seen:
        raise context.record.nothing()
    return context, seen


@command("status", EPISODE, JSON)
def show_status(episode: str | None, as_json: bool) -> int:
    """Where you are: the phase and why, what is under way, what comes next, how far healing has come.

    \b
    recovery status
    recovery status --json
    """
    there = presence.read(paths.home())
    unreadable: Mapping[str, UnreadableEpisode] = {}
    try:
        with looking() as context:
            if there is None and not as_json and context.record.episodes and restart_if_died(context.folder):
                there = presence.read(context.folder)
            unreadable = context.record.unreadable

            def look(current: Episode) -> Outlook:
                is_doubted = context.record.is_clock_doubted
                return outlook(
                    current, context.now, context.record.others(current), is_clock_doubted=is_doubted
                )

            left, seen = _looked_at(context, episode, look, as_json=as_json)
            looks, unreadable = [each for _one, each in seen], left.record.unreadable
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
            print_json(status_json([], there, clock.now(), unreadable))
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
        left, seen = _looked_at(
            context,
            episode,
            lambda current: outlook(current, context.now, context.record.others(current), count),
            as_json=as_json,
        )
        for current, look in seen:
            if as_json:
                print_json(
                    {"episode": current.id, "next": [cue_json(cue) for cue in look.coming]}, current.place
                )
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
        left, seen = _looked_at(
            context,
            episode,
            lambda current: [
                *coming(
                    current,
                    context.now,
                    context.record.others(current),
                    _end_of_tomorrow(current, context.now),
                )
            ],
            as_json=as_json,
        )
        for current, cues in seen:
            if as_json:
                print_json({"episode": current.id, "agenda": [cue_json(cue) for cue in cues]}, current.place)
            else:
                from recovery.cli import render_tables

                render_tables.print_agenda(current, cues, context.now)
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


def _end_of_tomorrow(episode: Episode, now: datetime) -> datetime:
    """Compute the end of the waking day after the present one."""
    place = episode.place
    day = place.waking_day(now)
    return place.window(next(place.days_from(day + DAY)))[1]


@command("explain", ACTIVITY, EPISODE, JSON)
def show_explanation(activity: str | None, episode: str | None, as_json: bool) -> int:
    """Why each next cue comes when it comes, and why something is withheld.

    \b
    recovery explain
    recovery explain ice
    """
    with looking() as context:
        left, seen = _looked_at(
            context,
            episode,
            lambda current: explained(current, context.now, context.record.others(current)),
            as_json=as_json,
        )
        if not as_json:
            tell_unreadable(left.record)
        for current, reasons in seen:
            asked = tuple(each for each in reasons if activity in (None, each.activity))
            if activity is not None and not asked:
                raise _nothing_timed(current, activity, [each.activity for each in reasons])
            if as_json:
                listed = [
                    {
                        **fields(each, "activity", "title", "at"),
                        "reasons": [sentence(reason, current.place, context.now) for reason in each.reasons],
                        **fields(each, "sources"),
                    }
                    for each in asked
                ]
                print_json({"episode": current.id, "explained": listed}, current.place)
            else:
                look = outlook(current, context.now, context.record.others(current), most=0)
                print(text.explanations(look, asked, with_gate=activity is None))
    return 0


def _nothing_timed(episode: Episode, activity: str, timed: Sequence[str]) -> NotThere:
    """The error for an activity that is not among the timed ones of the phase."""
    for gone in left_out_now(episode):
        if activity in [each.id for each in gone.activities]:
            why = episode.text(gone.question.say)
            return NotThere(
                _("{activity} is left out: {reason}", activity=activity, reason=why),
                _(
                    "because of {name}; if that is no longer so: recovery screen {name}=no",
                    name=gone.question.id,
                ),
            )
    return NotThere(
        _("no timed activity {activity!r} in phase {phase}", activity=activity, phase=episode.phase.id),
        _("there are: {listed}", listed=", ".join(timed) or _("none")),
    )
