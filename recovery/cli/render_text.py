"""Values as plain styled text, for the commands where speed counts. Tables are in `render_rich`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from recovery.cli.style import styled
from recovery.daemon.presence import Presence
from recovery.engine.episode import ACTIVE, PAUSED, Alert, Episode
from recovery.engine.gates import Need, Truth, healing_range
from recovery.engine.outlook import (
    Explained,
    HealingOutlook,
    Outlook,
    cadence_words,
    duration_words,
    phase_ranges,
)
from recovery.engine.times import Place, spell, spell_date, spell_when
from recovery.protocol.durations import Range
from recovery.protocol.model import Advice, AnyActivity, CheckIn, Hold, Phase, Reminder, Session

_MARKS = {Truth.YES: ("✓", "green"), Truth.NO: ("✗", "yellow"), Truth.UNKNOWN: ("?", "yellow")}
_LEVELS = {"emergency": "red", "urgent": "red", "routine": "yellow"}
_BAR = 32


def status(look: Outlook) -> str:
    """A page of some ten lines."""
    lines = [_heading(look.episode, look.day), *_alerts(look)]
    if look.episode.is_over:
        return "\n".join(lines)
    if look.episode.state == ACTIVE:
        lines += _gate(look)
    if look.episode.state == PAUSED:
        until = look.episode.paused_until
        when = spell_when(look.episode.place, until, look.now) if until else "recovery resume"
        lines.append(_row("Paused", f"until {when}; no reminders come"))
    lines.append(_under_way(look))
    lines += _coming(look)
    if look.healing is not None:
        lines += _healing(look.healing, look.episode, look.now)
    return "\n".join(lines)


def plan(episode: Episode, now: datetime) -> str:
    """The plan with dates: phases as ranges, until when activities last, the usual healing time."""
    place = episode.place
    injured = spell_when(place, episode.onset, now)
    lines = [
        styled(f"{episode.protocol.title}", "bold")
        + styled(f"  ({episode.id}, injury {injured}, times of {place.zone.key})", "dim")
    ]
    for number, span in enumerate(phase_ranges(episode), 1):
        begins = (
            "now"
            if span.begins_earliest <= now
            else f"{spell_when(place, span.begins_earliest, now)} or later"
        )
        usually = f", usually by {spell_when(place, span.ends_usually, now)}" if span.ends_usually else ""
        ends = spell_when(place, span.ends_earliest, now)
        lines.append(f"  {number}. {span.phase.title}: from {begins}; ends {ends} at the earliest{usually}")
        if number == 1:
            lines += _first_phase(episode, span.phase, now)
    if episode.protocol.healing is not None:
        first, last = healing_range(episode)
        words = f"between {_day_of(place, first)} and {_day_of(place, last)}"
        lines.append(f"  Usual healing, grade {episode.grade}: {words}; symptoms decide, not the date")
    return "\n".join(lines)


def _first_phase(episode: Episode, phase: Phase, now: datetime) -> list[str]:
    lines = []
    for activity in phase.activities:
        words = episode.text(activity_words(activity))
        if activity.until is not None and episode.stay.phase is not None:
            until = episode.instant(activity.until)
            over = "over already: " if until <= now else ""
            words += f", {over}until {spell_when(episode.place, until, now)}"
        lines.append(f"    {activity.title}: {words}")
    return lines


def activity_words(activity: AnyActivity) -> str:
    """What an activity is and how often it comes, in one line."""
    match activity:
        case Session():
            parts = [f"{step.modality} {_range_words(step.duration)}" for step in activity.steps]
            return f"{', then '.join(parts)}, {cadence_words(activity.cadence, is_session=True)}"
        case Reminder():
            return f"reminder {cadence_words(activity.cadence)}"
        case Hold():
            return "on from waking to bedtime"
        case CheckIn():
            return f"{', '.join(activity.asks)}: {cadence_words(activity.cadence)}"
        case Advice():
            return activity.say


def _range_words(length: Range) -> str:
    least, most = duration_words(length.least), duration_words(length.most)
    return least if least == most else f"{least} to {most}"


def _day_of(place: Place, instant: datetime) -> str:
    local = place.local(instant)
    return f"{spell_date(local)} {local.year}"


def first(look: Outlook) -> str:
    """What a start ends with: what is urgent, what is on, what comes next."""
    return "\n".join([*_alerts(look), _under_way(look), *_coming(look)])


def _row(label: str, words: str) -> str:
    return styled(f"{label:<9}", "bold") + words if label else " " * 9 + words


def _heading(episode: Episode, day: int) -> str:
    about = [episode.id, f"grade {episode.grade}" if episode.grade else "", episode.side or ""]
    known = ", ".join(part for part in about if part)
    is_waiting = episode.stay.phase is None
    where = f"waiting for: {episode.phase.title}" if is_waiting else f"{episode.phase.title}, day {day}"
    if episode.is_over:
        where = f"{episode.protocol.title}: {episode.state}"
    return styled(where, "bold", "cyan") + styled(f"  ({known})", "dim")


def _alerts(look: Outlook) -> list[str]:
    return [alert_line(alert) for alert in look.alerts]


def alert_line(alert: Alert) -> str:
    """A red flag, with its level and where it comes from."""
    words = styled(f"{alert.level.upper()}: {alert.reason}", _LEVELS[alert.level], "bold")
    return words + styled(f"  [{alert.source}]", "dim")


def _gate(look: Outlook) -> list[str]:
    if look.episode.stay.offered:
        head = "open; recovery advance confirms it"
    elif all(need.state is Truth.YES for need in look.needs):
        head = "open"
    else:
        head = "shut; it opens when all of these are met:"
    following = look.episode.next_phase
    if look.episode.stay.phase is None:
        label = "Before it begins"
    else:
        label = f"The way on to {following.title}" if following else "The way to completion"
    return [_row("Gate", f"{label}: {head}"), *(_row("", _need(need)) for need in look.needs)]


def _need(need: Need) -> str:
    mark, colour = _MARKS[need.state]
    return styled(mark, colour) + f" {need.condition}" + (f" ({need.value})" if need.value else "")


def _under_way(look: Outlook) -> str:
    on = look.under_way
    if on is None:
        return _row("Now", "nothing under way")
    place = look.episode.place
    title = look.episode.title_of(on)
    left = spell(on.ends_at - look.now)
    until = spell_when(place, on.ends_at, look.now)
    how = f" (assumed on since {spell_when(place, on.began_at, look.now)}: recovery begin, or skip)"
    return _row("Now", f"{title}: {left} left, until {until}{how if on.is_assumed else ''}")


def _coming(look: Outlook) -> list[str]:
    if not look.coming:
        return [_row("Next", "nothing; an answer or a command goes on: recovery explain")]
    place = look.episode.place
    lines = []
    for cue in look.coming:
        length = f", {spell(cue.length)}" if cue.length else ""
        lines.append(f"{spell_when(place, cue.at, look.now)}  {_kind(cue.kind)}{cue.title}{length}")
    return [_row("Next" if place_ == 0 else "", line) for place_, line in enumerate(lines)]


def _kind(kind: str) -> str:
    return {"check-in": "Check-in: ", "phase": "", "alert": "Alert: ", "off": "", "on": ""}.get(kind, "")


def _healing(healing: HealingOutlook, episode: Episode, now: datetime) -> list[str]:
    """The usual healing time as the range that it is: a bar with the range marked, and where today is."""
    place = episode.place
    zero = episode.origin(episode.protocol.healing.zero) if episode.protocol.healing else episode.onset
    whole = max(healing.latest, now) - zero
    spots = ["·"] * _BAR

    def spot(instant: datetime) -> int:
        return min(_BAR - 1, int((instant - zero) / whole * _BAR))

    for n in range(spot(healing.earliest), spot(healing.latest) + 1):
        spots[n] = "░"
    for n in range(spot(now) + 1):
        spots[n] = "█"
    first, last = (spell_date(place.local(instant)) for instant in (healing.earliest, healing.latest))
    years = {place.local(healing.earliest).year, place.local(healing.latest).year, place.local(now).year}
    if len(years) > 1:
        first, last = (
            f"{first} {place.local(healing.earliest).year}",
            f"{last} {place.local(healing.latest).year}",
        )
    words = f"day {healing.day}; usually healed between {first} and {last}"
    return [_row("Healing", f"{''.join(spots)}  {words}")]


def coming(look: Outlook) -> str:
    """The next cues alone."""
    return "\n".join(_coming(look))


def daemon(there: Presence | None, place: Place, now: datetime) -> str:
    """Whether reminders really arrive."""
    if there is None:
        return _row("Daemon", styled("not running, so no reminders come: recovery daemon start", "yellow"))
    if there.problem:
        trouble = f"running, but notifications do not arrive: {there.problem}"
        return _row("Daemon", styled(trouble, "yellow"))
    waking = ""
    if there.next_wakeup is not None:
        from recovery.engine.facts import from_ms

        waking = f"; wakes {spell_when(place, from_ms(there.next_wakeup), now)}"
    return _row("Daemon", f"running, notifications by {there.notifier}{waking}")


def explained(look: Outlook, told: Sequence[Explained], *, with_gate: bool) -> str:
    """When each activity is next, and why."""
    lines = []
    for each in told:
        when = "not now" if each.at is None else spell_when(look.episode.place, each.at, look.now)
        lines.append(styled(f"{each.title}: {when}", "bold"))
        lines += [f"  {reason}" for reason in each.reasons]
        if each.sources:
            lines.append(styled(f"  sources: {', '.join(each.sources)}", "dim"))
    if with_gate and look.episode.state == ACTIVE:
        lines += _gate(look)
    return "\n".join(lines)


# A simulation, day by day ------------------------------------------------------------------------


def days(events: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The events of a simulation as lines, under a heading a day, and at the end what it came to."""
    today, on, counts = "", "", dict.fromkeys(("session_start", "missed", "alert", "completed"), 0)
    for event in events:
        local = datetime.fromisoformat(event["at"])
        if event["event"] in counts and event.get("occurrence") != on:
            counts[event["event"]] += 1
        words = _event(event)
        # Begun when it was on already by assumption: the answer tells that.
        if words is None or (event["event"] == "session_start" and event["occurrence"] == on):
            continue
        on = event["occurrence"] if event["event"] == "session_start" else on
        if event["at"][:10] != today:
            today = event["at"][:10]
            yield styled(f"{spell_date(local)} {local.year}", "bold")
        yield f"  {local:%H:%M}  {words}"
    yield (
        f"{'Completed' if counts['completed'] else 'Not completed by then'}: {counts['session_start']} sessions, "
        f"{counts['missed']} missed, {counts['alert']} alerts."
    )


def _event(event: Mapping[str, Any]) -> str | None:
    match event["event"]:
        case "phase" if event["state"] == "entered":
            return styled(f"Phase {event['phase']} begins", "cyan", "bold")
        case "phase" if event["state"] == "held":
            return f"Phase {event['phase']} goes on: {'; '.join(event['reasons'])}"
        case "session_start":
            return f"{event['activity']} ({event['modality']}): on for {spell(_seconds(event['seconds']))}"
        case "session_end":
            late = event["overrun_seconds"]
            over = f", {spell(_seconds(late))} too late" if late else ""
            return f"{event['activity']} ({event['modality']}): off{over}"
        case "reminder":
            return f"{event['activity']}: {event['text']}"
        case "check_in":
            return f"{event['activity']}: asks for {', '.join(event['asks'])}"
        case "answer":
            told = " ".join(f"{k}={v}" for k, v in event.items() if k not in _NOT_TOLD)
            refused = f", refused: {event['reason']}" if event.get("refused") else ""
            return styled(f"you: {told}{refused}", "dim")
        case "withheld":
            return f"{event['activity']} withheld: {event['reason']}"
        case "missed":
            return f"{event['activity']} missed: {event['reason']}"
        case "alert":
            return styled(f"{event['level'].upper()}: {event['reason']}", _LEVELS[event["level"]], "bold")
        case "completed":
            return styled("Completed", "green", "bold")
    return None


_NOT_TOLD = ("v", "at", "event", "refused", "reason", "earliest")


def _seconds(count: int) -> timedelta:
    return timedelta(seconds=count)
