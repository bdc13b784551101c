"""Look at where a person is: their episodes, what comes, and why. Nothing is written."""

from collections.abc import Callable
from typing import TypeVar

from recovery.care.record import Context
from recovery.engine.episode import Episode
from recovery.engine.outlook import Explained, Outlook, UpcomingCue, coming, explain_each, outlook
from recovery.engine.questions import screenings_now
from recovery.errors import NotThere
from recovery.language import _
from recovery.store.episodes import load_one
from recovery.store.failures import NONSENSE
from recovery.words.reasons import file_text

Seen = TypeVar("Seen")

Look = Callable[[Context, Episode], Seen]
Sight = tuple[Context, list[tuple[Episode, Seen]]]
"""The context without the episodes that make no sense, and the others with what a look made of them."""


def look_at(context: Context, wanted: str | None, look: Look[Seen]) -> Sight[Seen]:
    """Look at the episode asked for, or at all of them.

    Raises `NotThere` where there is none, `UnreadableEpisode` where none can be told.
    """
    seen: list[tuple[Episode, Seen]] = []
    for episode in _meant(context, wanted):
        try:
            seen.append((episode, look(context, episode)))
        except NONSENSE:
            context = context.without(episode.id)
    if not seen:
        raise context.record.nothing()
    return context, seen


def _meant(context: Context, wanted: str | None) -> tuple[Episode, ...]:
    active = context.record.episodes
    if wanted is None:
        return active
    if wanted in context.journal.episodes() and wanted not in [episode.id for episode in active]:
        return (load_one(context.journal, wanted, context.now),)  # over: it is still there to look at
    return (context.record.meant(wanted),)


def outlook_now(context: Context, episode: Episode) -> Outlook:
    """The episode as it stands; while the clock is doubted nothing is advised that goes by it."""
    record = context.record
    others, is_doubted = record.others(episode), record.is_clock_doubted
    return outlook(episode, context.now, others, is_clock_doubted=is_doubted)


def next_cues(count: int) -> Look[Outlook]:
    """Look at an episode with up to `count` of its next cues."""
    return lambda context, episode: outlook(episode, context.now, context.record.others(episode), count)


def agenda(context: Context, episode: Episode) -> list[UpcomingCue]:
    """The cues until the end of the waking day after the present one."""
    place = episode.place
    tomorrow = place.day_after(place.waking_day(context.now))
    return [*coming(episode, context.now, context.record.others(episode), place.window(tomorrow)[1])]


def explanations(context: Context, episode: Episode) -> tuple[Explained, ...]:
    """The reasons of every timed activity of an episode."""
    return explain_each(episode, context.now, context.record.others(episode))


def about(explained: tuple[Explained, ...], episode: Episode, activity: str) -> tuple[Explained, ...]:
    """The reasons of one activity. Raises `NotThere` where it has no times, and says so where it is left out."""
    wanted = tuple(each for each in explained if each.activity == activity)
    if wanted:
        return wanted
    for gone in screenings_now(episode, "yes"):
        if activity in [each.id for each in gone.activities]:
            name = gone.question.id
            hint = _(
                "because of {because}; if that is no longer so: recovery screen {name}=no",
                because=gone.question.because,
                name=name,
            )
            if gone.question.level == "ask":
                hint += _("; if a professional agrees: recovery screen {name}=agreed --by NAME", name=name)
            raise NotThere(
                _(
                    "{activity} is left out: {reason}",
                    activity=activity,
                    reason=file_text(gone.question.say, episode),
                ),
                hint,
            )
    listed = ", ".join(each.activity for each in explained)
    raise NotThere(
        _("no timed activity {activity!r} in phase {phase}", activity=activity, phase=episode.phase.id),
        _("there are: {listed}", listed=listed or _("none")),
    )
