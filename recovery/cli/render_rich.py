"""Values as tables and pages, for looking at leisure. Loads rich, so the short commands keep away from it.

Texts of protocol files go in as plain text, never as markup.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from recovery.cli.render_text import activity_words
from recovery.engine import facts as f
from recovery.engine.episode import Episode
from recovery.engine.facts import Fact
from recovery.engine.outlook import Coming, duration_words
from recovery.engine.times import Place, spell, spell_date
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


def _console() -> Console:
    console = Console(highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = 100  # a pipe has no width; a fixed one keeps its output the same everywhere
    return console


def agenda(episode: Episode, cues: Sequence[Coming], now: datetime) -> None:
    """Cues as a table under a heading a day."""
    console, place = _console(), episode.place
    console.print(Text(f"{episode.phase.title}  ({episode.id})", style="bold cyan"))
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
    console.print(table if cues else Text("Nothing is planned: an answer or a command goes on."))


def _kind(kind: str) -> str:
    return {"check-in": "Check-in: ", "alert": "Alert: "}.get(kind, "")


# The log -----------------------------------------------------------------------------------------


def log(facts: Iterable[Fact], places: Mapping[str, Place], undone: set[int]) -> None:
    """Facts as a table, oldest first; what was taken back is struck through."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("when", "episode", "what", ""):
        table.add_column(name, no_wrap=name != "")
    for fact in facts:
        local = places[fact.episode].local(fact.at)
        style = "strike dim" if fact.seq in undone else ("bold" if fact.by == "person" else "")
        when = f"{spell_date(local)} {local:%H:%M:%S}"
        cells = (when, fact.episode, _what(fact), _about(fact))
        table.add_row(*(Text(cell, style=style) for cell in cells))
    _console().print(table)


def _what(fact: Fact) -> str:
    match fact.kind:
        case f.OFFERED:
            return {"start": "cue: start", "on": "cue: on", "off": "cue: off"}.get(
                fact.data.get("cue", {}).get("kind", ""), "cue"
            )
        case f.PHASE:
            return f"phase {fact.data['state']}"
        case f.ENDED:
            return "cue: end" if fact.by == "engine" else "ended"
        case f.DELIVERED:
            return "shown"
        case f.UNDELIVERED:
            return "not shown"
        case kind:
            return kind


def _about(fact: Fact) -> str:
    data = fact.data
    match fact.kind:
        case f.ANSWERED:
            return ", ".join(f"{name} {value}" for name, value in data["values"].items())
        case f.PHASE | f.COMPLETED:
            return ": ".join([*([data["phase"]] if "phase" in data else []), "; ".join(data["reasons"])])
        case f.DELIVERED:
            return f"of {data['seq']} by {data['via']}, {_late(data['late'])}"
        case f.UNDELIVERED:
            return f"of {data['seq']} by {data['via']}: {data['reason']}"
        case f.ALERTED:
            return "cleared" if data.get("cleared") else f"{data['level']}: {data['reason']}"
        case f.UNDONE:
            return f"of {data['seq']}"
        case f.STARTED:
            given = [
                f"{key} {data[key]}" for key in ("protocol", "version", "grade", "side") if data.get(key)
            ]
            return ", ".join(given)
        case f.ENDED if data["overrun"] >= 60:
            return f"{data['activity']}, {data['overrun'] // 60} min too late"
        case _:
            known = [str(data[key]) for key in ("activity", "reason", "because") if data.get(key)]
            return ": ".join(known)


def _late(milliseconds: int) -> str:
    if milliseconds < 60_000:
        return f"{milliseconds / 1000:.1f} s after it was due"
    return f"{spell(timedelta(milliseconds=milliseconds))} after it was due"


# Protocols ---------------------------------------------------------------------------------------


def library(listed: Sequence[Listed]) -> None:
    """The protocols that can be started; a file with errors is named, too."""
    console = _console()
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
    console.print(table)
    console.print(Text("recovery protocols show ID shows one of them as a page.", style="dim"))


def protocol(known: RecoveryProtocol) -> None:
    """A protocol as a page that a patient can read. Numbers of the project's own carry a mark."""
    console = _console()
    console.print(
        Text(f"{known.title}", style="bold cyan"), Text(f"{known.id}, version {known.version}", style="dim")
    )
    console.print(Text(known.summary))
    for phase in known.phases:
        console.print()
        for part in _phase(known, phase):
            console.print(part)
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
            console.print()
            console.print(Rule(title, align="left", style="dim"))
            for part in parts:
                console.print(_item(part))
    console.print()
    console.print(Text("* The project's own default; no source gives this number.", style="dim"))
    console.print(Text("Not medical advice.", style="dim"))


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
