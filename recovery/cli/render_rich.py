"""Values as tables and pages, for looking at leisure. Loads rich, so the short commands keep away from it.

Texts of protocol files go in as plain text, never as markup.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from recovery.cli.render_text import activity_words
from recovery.engine.episode import Episode
from recovery.engine.outlook import Coming, duration_words
from recovery.engine.times import spell_date
from recovery.protocol.durations import Duration
from recovery.protocol.library import Listed
from recovery.protocol.model import (
    Cites,
    Length,
    Limit,
    Phase,
    RecoveryProtocol,
    Session,
)
from recovery.protocol.model import Table as GradeTable

OWN = " *"
"""The mark of a number that is the project's own."""


def console() -> Console:
    """Standard output for tables: as wide as the terminal, in a pipe 100 columns."""
    screen = Console(highlight=False, emoji=False)
    if not screen.is_terminal:
        screen.width = 100  # a pipe has no width; a fixed one keeps its output the same everywhere
    return screen


def agenda(episode: Episode, cues: Sequence[Coming], now: datetime) -> None:
    """Cues as a table under a heading a day."""
    screen, place = console(), episode.place
    screen.print(Text(f"{episode.phase.title}  ({episode.id})", style="bold cyan"))
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column()
    today = None
    for cue in cues:
        local = place.local(cue.at)
        if local.date() != today:
            today = local.date()
            name = "today" if today == place.local(now).date() else "tomorrow"
            table.add_row(Text(f"{spell_date(local)}", style="bold"), Text(name, style="dim"), "")
        length = f"to {place.local(cue.at + cue.length):%H:%M}" if cue.length else ""
        table.add_row(
            Text(f"  {local:%H:%M}"), Text(length, style="dim"), Text(f"{_kind(cue.kind)}{cue.title}")
        )
    screen.print(table if cues else Text("Nothing is planned: an answer or a command goes on."))


def _kind(kind: str) -> str:
    return {"check-in": "Check-in: ", "alert": "Alert: "}.get(kind, "")


# Protocols ---------------------------------------------------------------------------------------


def library(listed: Sequence[Listed]) -> None:
    """The protocols that can be started; a file with errors is named, too."""
    screen = console()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("id", "version", ""):
        table.add_column(name, no_wrap=name != "")
    for one in listed:
        if one.is_usable:
            words = Text(one.title, style="bold")
            words.append(f"\n{one.summary}", style="not bold dim")
        else:
            words = Text(f"cannot be used; recovery validate {one.path}", style="red")
        table.add_row(Text(one.id, style="bold cyan"), one.version, words)
    screen.print(table)
    screen.print(Text("recovery protocols show ID shows one of them as a page.", style="dim"))


def protocol(known: RecoveryProtocol) -> None:
    """A protocol as a page that a patient can read. Numbers of the project's own carry a mark."""
    screen = console()
    screen.print(
        Text(f"{known.title}", style="bold cyan"), Text(f"{known.id}, version {known.version}", style="dim")
    )
    screen.print(Text(known.summary))
    for phase in known.phases:
        screen.print()
        for part in _phase(known, phase):
            screen.print(part)
    for title, parts in (
        ("Always", [_limit(limit) for limit in known.limits]),
        ("Healing", _healing(known)),
        ("See a professional", [Text(f"{r.level}: {r.say}{_refs(r.cites)}") for r in known.red_flags]),
        (
            "What a check-in asks",
            [Text(f"{o.id}: {o.ask}{_refs(o.cites)}") for o in known.observations.values()],
        ),
        ("Notes", [Text(note) for note in known.notes]),
        (
            "Sources",
            [Text(f"{s.id}: {s.title}{f', {s.where}' if s.where else ''}") for s in known.sources.values()],
        ),
    ):
        if parts:
            screen.print()
            screen.print(Rule(title, align="left", style="dim"))
            for part in parts:
                screen.print(_item(part))
    screen.print()
    screen.print(Text("* The project's own default; no source gives this number.", style="dim"))
    screen.print(Text("Not medical advice.", style="dim"))


def _item(words: Text) -> RenderableType:
    """A list entry that wraps under its own text."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column()
    table.add_row("-", words)
    return Padding(table, (0, 0, 0, 2))


def _phase(known: RecoveryProtocol, phase: Phase) -> Iterable[RenderableType]:
    yield Rule(Text(f"Phase {phase.id}: {phase.title}", style="bold"), align="left", style="cyan")
    if phase.goal:
        yield Padding(Text(phase.goal), (0, 0, 0, 2))
    since = {"injury": "the injury", "start": "the start", "phase": "it began"}[phase.zero]
    lasts = f"at least {_length(known, phase.least)} since {since}"
    if phase.most is not None:
        say = phase.at_most.say if phase.at_most else ""
        lasts += f"; at the latest after {_length(known, phase.most)}: {say}"
    rows = [("Lasts", Text(lasts + _refs(phase.cites)))]
    if phase.enter_when is not None:
        rows.append(("Begins when", Text(str(phase.enter_when))))
    if phase.leave_when is not None:
        rows.append(("Ends when", Text(str(phase.leave_when))))
    rows += [(activity.title, _activity(activity)) for activity in phase.activities]
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", width=22)
    table.add_column()
    for name, words in rows:
        table.add_row(Text(name), words)
    yield Padding(table, (0, 0, 0, 2))


def _activity(activity: object) -> Text:
    words = Text(activity_words(activity))  # type: ignore[arg-type]  # activities are what phases hold
    begins, until = getattr(activity, "begins", None), getattr(activity, "until", None)
    only_if = getattr(activity, "only_if", None)
    if begins is not None:
        words.append(f", from {begins}")
    if until is not None:
        words.append(f", until {until}")
    if only_if is not None:
        words.append(f", only if {only_if}")
    for part in _said(activity):
        words.append(f"\n{part}", style="italic")
    words.append(_refs(getattr(activity, "cites", {})), style="dim")
    return words


def _said(activity: object) -> Iterable[str]:
    """The texts that the person is told."""
    if isinstance(activity, Session):
        for step in activity.steps:
            yield f"{step.start} … {step.end}"
            if step.stop_if:
                yield step.stop_if
        return
    for name in ("on", "off"):
        if getattr(activity, name, ""):
            yield getattr(activity, name)
    if hasattr(activity, "modality") and hasattr(activity, "say"):
        yield activity.say


def _refs(cites: Cites) -> str:
    """Where the numbers come from: `[seed:183; every: own *]`."""
    if not cites:
        return ""
    named = [
        f"{field}: {', '.join(refs)}" if field else ", ".join(refs)
        for field, refs in sorted(cites.items())
        if refs
    ]
    mark = OWN if any("own" in refs for refs in cites.values()) else ""
    return f" [{'; '.join(named)}]{mark}" if named else ""


def _length(known: RecoveryProtocol, length: Length) -> str:
    if isinstance(length, Duration):
        return duration_words(length)
    rows = known.tables[length.table].rows
    ends = ((grade, row.least if length.end == "min" else row.most) for grade, row in rows.items())
    return ", ".join(f"{duration_words(end)} (grade {grade})" for grade, end in ends)


def _limit(limit: Limit) -> Text:
    of, to = " and ".join(limit.of), " and ".join(limit.to)
    rules = []
    if limit.longest is not None:
        rules.append(f"{of}: at most {duration_words(limit.longest)} a session")
    if limit.gap is not None:
        rules.append(f"at least {duration_words(limit.gap)} from the end of {of} to the start of {to}")
    if limit.not_before is not None:
        rules.append(f"no {of} before {limit.not_before}")
    if limit.not_after is not None:
        rules.append(f"no {of} after {limit.not_after}")
    if limit.most_per_day is not None:
        rules.append(f"{of} at most {limit.most_per_day} times a day")
    if limit.never:
        rules.append(f"no {of}")
    if limit.needs is not None:
        rules.append(f"{of} only when {limit.needs}")
    where = f" (phase {', '.join(limit.during)})" if limit.during else ""
    why = f". {limit.say}" if limit.say else ""
    return Text("; ".join(rules) + where + why + _refs(limit.cites))


def _healing(known: RecoveryProtocol) -> list[Text]:
    if known.healing is None:
        return []
    table: GradeTable = known.tables[known.healing.table]
    rows = [
        Text(f"grade {grade}: {duration_words(row.least)} to {duration_words(row.most)}{_refs(table.cites)}")
        for grade, row in table.rows.items()
    ]
    return [*rows, Text(f"past the latest: {known.healing.late.say}{_refs(known.healing.cites)}")]
