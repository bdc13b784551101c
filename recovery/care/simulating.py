"""Simulations: what was typed of a made-up person, lived through on a virtual clock. Nothing is kept."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, NamedTuple

from recovery import files
from recovery.engine.episode import Episode
from recovery.engine.limits import excluded
from recovery.engine.rehearsal import PlannedAct, Rehearsal, Span
from recovery.engine.times import DAY, Place
from recovery.errors import RecoveryError, UsageError
from recovery.language import _
from recovery.protocol.terms import Duration
from recovery.simulation.events import simulate, usual_end
from recovery.simulation.people import Persona
from recovery.simulation.script import parse_answers
from recovery.words.moments import read_moment

LARGEST_SCRIPT = 16 * 1024 * 1024
"""The largest answers file that is read."""

MORNING = time(7)
"""When the made-up person is injured if nobody says: a whole first day."""


def refuse_both(answers: str | None, persona: str | None) -> None:
    """Raises `UsageError` where a person reacts by a script, and by themselves."""
    if answers is not None and persona is not None:
        raise UsageError(_("--answers and --persona do not go together"), _("give one of them"))


def injury_and_start(onset: str, began: str | None, now: datetime, place: Place) -> tuple[datetime, datetime]:
    """The instants of the injury and of the start, which may not be before it. Raises `UsageError`."""
    injury = read_moment("--onset", onset, now, place)
    start = read_moment("--start", began, now, place) if began is not None else injury
    if start < injury:
        raise UsageError(_("--start is before --onset"), _("a protocol starts at the injury or later"))
    return injury, start


def _refuse_together(episodes: Sequence[Episode]) -> None:
    """Raises `UsageError` for protocols that must not run side by side."""
    for number, episode in enumerate(episodes):
        in_the_way = excluded(episode.pinned, episode.side, episode.options, episodes[:number])
        if in_the_way is None:
            continue
        first, second, reason = in_the_way.by.pinned.id, episode.pinned.id, in_the_way.reason
        if first == second or not reason:
            reason = _("they are about the same injury")
        raise UsageError(
            _(
                "{first} and {second} do not run together: {reason}",
                first=first,
                second=second,
                reason=reason,
            ),
            _("simulate each by itself"),
        )


def simulation(
    episodes: Sequence[Episode],
    now: datetime,
    length: Duration | None,
    *,
    answers: str | None,
    persona: str | None,
    asleep: Sequence[str],
    confirms: bool,
) -> Iterator[dict[str, Any]]:
    """The events of the episodes of one person from their start on, one JSON object each, in order of time.

    `answers` names a file, `persona` a made-up person, `asleep` the spans in which the machine is suspended: typed
    words, and a time such as "2h ago" counts from `now`. Raises `RecoveryError`, before the first event.
    """
    _refuse_together(episodes)
    first, *rest = episodes
    start, place = first.started_at, first.place
    by_protocol = {episode.pinned.id: episode.id for episode in episodes}
    run = Rehearsal(
        first,
        start,
        end=place.after(start, length) if length is not None else usual_end(*episodes),
        beside=rest,
        answers=_scripted(answers, start, place, by_protocol),
        persona=Persona.named(persona) if persona is not None else None,
        asleep=tuple(sorted(_span(text, now, place) for text in asleep)),
        confirms=confirms,
    )
    return simulate(run)


def _scripted(
    name: str | None, start: datetime, place: Place, episodes: Mapping[str, str]
) -> tuple[PlannedAct, ...]:
    if name is None:
        return ()
    try:
        text = files.read_whole(Path(name), LARGEST_SCRIPT, pipes=True).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RecoveryError(
            _("{path}: not UTF-8 text", path=name), _("save the answers file as UTF-8")
        ) from None
    except files.TooLarge:
        most = LARGEST_SCRIPT // 1024 // 1024
        raise RecoveryError(_("{path}: larger than {most} MiB", path=name, most=most)) from None
    except OSError as error:
        raise RecoveryError(
            f"{name}: {error.strerror}", _("--answers takes the path of a file, or -")
        ) from None
    return parse_answers(text, _("standard input") if name == "-" else name, start, place, episodes)


def _span(text: str, now: datetime, place: Place) -> Span:
    begin_, dots, end = text.partition("..")
    if not dots:
        raise UsageError(
            _("--asleep: {text!r} is not a span", text=text),
            _("write two times: 2026-11-24T23:00..2026-11-25T07:00"),
        )
    span = read_moment("--asleep", begin_, now, place), read_moment("--asleep", end, now, place)
    if span[0] >= span[1]:
        raise UsageError(_("--asleep: {text!r} ends before it begins", text=text))
    return span


# The days on paper ---------------------------------------------------------------------------------


class WholeDays(NamedTuple):
    """Days that somebody lives through, the first one from the injury on."""

    injury: datetime
    first: date
    last: date
    end: datetime


def whole_days(onset: str | None, length: Duration, now: datetime, place: Place) -> WholeDays:
    """As many days as `length` has, from the injury or this morning on. Raises `UsageError`."""
    morning = place.resolve(place.local(now).date(), MORNING)
    injury = morning if onset is None else read_moment("--onset", onset, now, place)
    begins_on = place.local(injury).date()
    # Whole days, the first one as far as there is of it: ten days are ten blocks.
    ends_on = max(begins_on + DAY, place.local(place.after(injury, length)).date())
    return WholeDays(injury, begins_on, ends_on - DAY, place.resolve(ends_on, time(0)))


def lived_through(episode: Episode, days: WholeDays, persona: str) -> tuple[list[dict[str, Any]], bool]:
    """The events of those days, and True where the episode is over by then."""
    run = Rehearsal(episode, days.injury, days.end, persona=Persona.named(persona))
    return [*simulate(run)], run.is_over
