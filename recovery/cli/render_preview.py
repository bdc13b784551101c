"""A simulation as text: event by event, or its days on paper, one short block a day, the same days together."""

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from recovery.cli.output import harmless, styled
from recovery.cli.render_json import picked
from recovery.cli.render_text import LEVEL_STYLES, WIDTH
from recovery.language import _, current
from recovery.protocol.model import AnyActivity, Hold, RecoveryProtocol
from recovery.values import Value
from recovery.words.terms import level_words, modality_words, spell, spell_date

_Event = Mapping[str, Any]

_TIMED = ("session_start", "reminder", "check_in", "checklist")
"""The events that stand in a day's times."""


class DayRow(Value):
    """One activity of a day and its times: `Ice 20 min: 09:20 11:40`."""

    activity: str
    title: str
    modality: str
    seconds: int
    times: tuple[str, ...]

    def __str__(self) -> str:
        length = f" {spell(timedelta(seconds=self.seconds))}" if self.seconds else ""
        return f"{self.title}{length}: {' '.join(self.times)}"


class PreviewDay(Value):
    """The look of a day."""

    on: date
    number: int
    """Day 1 is that of the injury."""
    phases: tuple[str, ...]
    """The titles of the phases that the person is in on this day, in order."""
    rows: tuple[DayRow, ...]
    notes: tuple[str, ...]
    """Changes of phase with their reasons, alerts, what was withheld or missed, completion."""

    def looks_like(self, other: "PreviewDay") -> bool:
        """Tell if its times are those of another day, and nothing else happens on it."""
        return not self.notes and (self.phases, self.rows) == (other.phases, other.rows)


def days(
    events: Iterable[_Event], protocol: RecoveryProtocol, injured_on: date, until: date
) -> Iterator[PreviewDay]:
    """The days of a simulation, from its first event to its completion or to `until`, without gaps."""
    page = _Page(protocol, injured_on)
    for event in events:
        on = date.fromisoformat(event["at"][:10])
        while page.on is not None and page.on < on:
            yield page.turned()
        page.on = on
        page.write(event)
    is_completed = page.is_completed
    while page.on is not None and page.on <= until:
        yield page.turned()
        if is_completed:
            return


class _Page:
    """The day that is being written."""

    def __init__(self, protocol: RecoveryProtocol, injured_on: date) -> None:
        self.on: date | None = None
        self.is_completed = False
        self._injured_on = injured_on
        self._titles = {phase.id: phase.title for phase in protocol.phases}
        self._steps = {(phase.id, rung.id): rung.title for phase in protocol.phases for rung in phase.ladder}
        self._activities: dict[tuple[str, str], AnyActivity] = {
            (phase.id, activity.id): activity for phase in protocol.phases for activity in phase.everything()
        }
        self._phase = ""
        self._phases: list[str] = []
        self._timed: dict[str, _Event] = {}
        """The events that are due on the day. A later event of the same name takes the place of an earlier."""
        self._notes: list[str] = []
        self._withheld: dict[str, str] = {}
        """The reason why an activity has not taken place, since it last did."""

    def turned(self) -> PreviewDay:
        """The day as it is written; the next one begins."""
        assert self.on is not None
        number = (self.on - self._injured_on).days + 1
        day = PreviewDay(self.on, number, tuple(self._phases), tuple(self._rows()), tuple(self._notes))
        self.on += timedelta(days=1)
        self._phases, self._timed, self._notes = [self._titles.get(self._phase, "")], {}, []
        return day

    def write(self, event: _Event) -> None:
        match event["event"]:
            case "phase":
                self._change(event)
            case "step":
                self._step(event)
            case name if name in _TIMED:
                self._timed[_name(event)] = event
                self._withheld.pop(event["activity"], None)
            case "answer" if event["do"] in ("skip", "snooze") and not event.get("refused"):
                self._take_back(event.get("activity"))
            case "withheld" if event["until"] is None and self._is_news(event):
                self._note(
                    event, _("{title} withheld: {reason}", title=self._title(event), reason=event["reason"])
                )
            case "missed":
                self._note(
                    event, _("{title} missed: {reason}", title=self._title(event), reason=event["reason"])
                )
            case "alert":
                self._note(event, f"{level_words(event['level'], current())}: {event['reason']}")
            case "completed":
                self.is_completed = True
                self._note(event, _("Completed: {reasons}", reasons="; ".join(event["reasons"])))

    def _step(self, event: _Event) -> None:
        """A step of the phase's ladder, up or down."""
        title = self._steps.get((event["phase"], event["step"]), event["step"])
        reasons = "; ".join(event["reasons"])
        if event["direction"] == "up":
            self._note(event, _("One step up, to {step}: {reasons}", step=title, reasons=reasons))
        else:
            self._note(event, _("One step down, to {step}: {reasons}", step=title, reasons=reasons))

    def _change(self, event: _Event) -> None:
        title = self._titles.get(event["phase"]) or str(event["phase"])
        reasons = "; ".join(event["reasons"])
        if event["state"] == "entered":
            is_first, self._phase = not self._phase, event["phase"]
            self._phases.append(title)
            if not is_first:
                self._note(event, _("{phase} begins: {reasons}", phase=title, reasons=reasons))

    def _take_back(self, activity: str | None) -> None:
        """Without the latest session of it: it was left out, or comes later."""
        for occurrence, event in reversed(self._timed.items()):
            if event["event"] == "session_start" and activity in (None, event["activity"], event["modality"]):
                del self._timed[occurrence]
                return

    def _is_news(self, event: _Event) -> bool:
        """Tell if an activity is not withheld for that reason already."""
        before, self._withheld[event["activity"]] = self._withheld.get(event["activity"]), event["reason"]
        return bool(before != event["reason"])

    def _note(self, event: _Event, words: str) -> None:
        if not any(note.endswith(f"  {words}") for note in self._notes):
            self._notes.append(f"{_clock(event)}  {words}")

    def _known(self, event: _Event) -> AnyActivity | None:
        return self._activities.get((event.get("phase", self._phase), event["activity"]))

    def _title(self, event: _Event) -> str:
        activity = self._known(event)
        return event["activity"] if activity is None else activity.title

    def _rows(self) -> Iterator[DayRow]:
        times: dict[tuple[str, str, str, int], list[str]] = {}
        for event in sorted(self._timed.values(), key=lambda event: str(event["at"])):
            planned, at = self._known(event), _clock(event)
            is_alternation = len(getattr(planned, "steps", ())) > 1
            title = self._title(event)
            if is_alternation:
                title = f"{title}, {modality_words(event['modality'], current())}"
            if "asks" in event:
                title = f"{title} ({', '.join(event['asks'])})"
            if isinstance(planned, Hold):
                at = _("on {time}", time=at) if planned.on in event["text"] else _("off {time}", time=at)
            modality = event.get("modality", "")
            key = (event["activity"], title, modality if is_alternation else "", event.get("seconds", 0))
            times.setdefault(key, []).append(at)
        for (activity, title, modality, seconds), listed in times.items():
            yield DayRow(activity, title, modality, seconds, tuple(listed))


def _name(event: _Event) -> str:
    """Name what an event is of: an occurrence, or one end of a hold. Each check-in has a name of its own."""
    return f"{event.get('occurrence') or event['activity'] + event['at']} {event.get('text', '')}"


def _clock(event: _Event) -> str:
    return f"{datetime.fromisoformat(event['at']):%H:%M}"


def preview_lines(days: Iterable[PreviewDay]) -> Iterator[str]:
    """A block a day; a run of days that look the same is told once, with its last day."""
    first: PreviewDay | None = None
    last: PreviewDay | None = None
    for day in days:
        if first is not None and day.looks_like(first):
            last = day
            continue
        yield from _end_of_run(last)
        first, last = day, None
        yield from _block(day)
    yield from _end_of_run(last)


def _block(day: PreviewDay) -> Iterator[str]:
    where = _(", then ").join(day.phases) or _("before the first phase")
    heading = _("{date}, day {number}: {phases}", date=_named(day.on), number=day.number, phases=where)
    yield styled(heading, "bold")
    for row in day.rows:
        yield textwrap.fill(str(row), WIDTH, initial_indent="  ", subsequent_indent=" " * 4)
    for note in day.notes:
        indented = textwrap.fill(note, WIDTH, initial_indent="  ", subsequent_indent=" " * 9)
        yield styled(indented, "cyan")
    if not day.rows and not day.notes:
        yield f"  {_('nothing')}"


def _end_of_run(last: PreviewDay | None) -> Iterator[str]:
    if last is not None:
        yield styled(
            "  " + _("… to {date}, day {number}, the same", date=_named(last.on), number=last.number), "dim"
        )


def _named(day: date) -> str:
    return spell_date(datetime(day.year, day.month, day.day), current())  # noqa: DTZ001  # a date, for its name


def day_json(day: PreviewDay) -> dict[str, Any]:
    """A day as an object."""
    return {
        "date": day.on,
        "day": day.number,
        "phases": day.phases,
        "times": [
            {**picked(row, "activity", "title"), "seconds": row.seconds or None, "at": row.times}
            for row in day.rows
        ],
        "notes": day.notes,
    }


# Every event ------------------------------------------------------------------------


def simulation_lines(events: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The events of a simulation as lines, under a heading a day, and at the end what it came to."""
    today, on, counts = "", "", dict.fromkeys(("session_start", "missed", "alert", "completed"), 0)
    played: set[str] = set()
    for event in events:
        local = datetime.fromisoformat(event["at"])
        if event["event"] == "phase":
            played.add(event.get("protocol", ""))
        if event["event"] in counts and event.get("occurrence") != on:
            counts[event["event"]] += 1
        words = _event(event)
        if words is not None and "protocol" in event:
            words = f"{event['protocol']}: {words}"
        # Begun when it was on already by assumption: the answer tells that.
        if words is None or (event["event"] == "session_start" and event["occurrence"] == on):
            continue
        on = event["occurrence"] if event["event"] == "session_start" else on
        if event["at"][:10] != today:
            today = event["at"][:10]
            yield styled(f"{spell_date(local, current())} {local.year}", "bold")
        yield f"  {local:%H:%M}  {words}"
    end = _("Completed") if counts["completed"] >= max(1, len(played)) else _("Not completed by then")
    yield _(
        "{end}: {sessions} sessions, {missed} missed, {alerts} alerts.",
        end=end,
        sessions=counts["session_start"],
        missed=counts["missed"],
        alerts=counts["alert"],
    )


def _event(event: Mapping[str, Any]) -> str | None:
    match event["event"]:
        case "phase" if event["state"] == "entered":
            return styled(_("Phase {phase} begins", phase=event["phase"]), "cyan", "bold")
        case "phase" if event["state"] == "held":
            reasons = "; ".join(event["reasons"])
            return _("Phase {phase} goes on: {reasons}", phase=event["phase"], reasons=reasons)
        case "step" if event["direction"] == "up":
            return styled(_("Next step: {title}", title=event["step"]), "cyan")
        case "step":
            return styled(_("One step back: {title}", title=event["step"]), "cyan")
        case "session_start":
            length = spell(_seconds(event["seconds"]))
            return _("{session}: on for {length}", session=_session(event), length=length)
        case "session_end" if event["overrun_seconds"]:
            late = spell(_seconds(event["overrun_seconds"]))
            return _("{session}: off, {length} too late", session=_session(event), length=late)
        case "session_end":
            return _("{session}: off", session=_session(event))
        case "reminder":
            return f"{event['activity']}: {event['text']}"
        case "check_in":
            asks = ", ".join(event["asks"])
            return _("{activity}: asks for {names}", activity=event["activity"], names=asks)
        case "answer":
            answers = harmless(" ".join(f"{k}={v}" for k, v in event.items() if k not in _NOT_TOLD))
            if not event.get("refused"):
                return styled(_("you: {answers}", answers=answers), "dim")
            refused = _("you: {answers}, refused: {reason}", answers=answers, reason=event["reason"])
            return styled(refused, "dim")
        case "withheld":
            return _("{title} withheld: {reason}", title=event["activity"], reason=event["reason"])
        case "missed":
            return _("{title} missed: {reason}", title=event["activity"], reason=event["reason"])
        case "alert":
            level = level_words(event["level"], current())
            return styled(f"{level}: {event['reason']}", LEVEL_STYLES[event["level"]], "bold")
        case "completed":
            return styled(_("Completed"), "green", "bold")
    return None


def _session(event: Mapping[str, Any]) -> str:
    return f"{event['activity']} ({modality_words(event['modality'], current())})"


_NOT_TOLD = ("v", "at", "protocol", "event", "refused", "reason", "earliest")


def _seconds(count: int) -> timedelta:
    return timedelta(seconds=count)
