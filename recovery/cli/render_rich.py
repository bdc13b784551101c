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
    All,
    Anchor,
    AnyOf,
    Cites,
    Comparison,
    Condition,
    Length,
    Limit,
    Not,
    Observation,
    Phase,
    RecoveryProtocol,
    RedFlag,
    Session,
    TableRef,
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
            words = Text(_why_not(one), style="red")
        table.add_row(Text(one.id, style="bold cyan"), one.version, words)
    screen.print(table)
    screen.print(Text("recovery protocols show ID shows one of them as a page.", style="dim"))


def _why_not(one: Listed) -> str:
    if one.path.suffix != ".yaml":
        return one.problems[0].message
    return f"cannot be used; recovery validate {one.path}"


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
        ("See a professional", [_red_flag(flag) for flag in known.red_flags]),
        ("What a check-in asks", [_asked(observation) for observation in known.observations.values()]),
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
    rows = [("Lasts", Text(_spoken(lasts) + _table_refs(known, phase) + _refs(phase.cites)))]
    if phase.enter_when is not None:
        rows.append(("Begins when", Text(_condition(phase.enter_when))))
    if phase.leave_when is not None:
        rows.append(("Ends when", Text(_condition(phase.leave_when))))
    if phase.confirm:
        rows.append(("Ends only", Text("once you have confirmed it: recovery advance")))
    rows += [(activity.title, _activity(activity)) for activity in phase.activities]
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", width=22)
    table.add_column()
    for name, words in rows:
        table.add_row(Text(_spoken(name)), words)
    yield Padding(table, (0, 0, 0, 2))


def _activity(activity: object) -> Text:
    words = Text(_spoken(activity_words(activity)))  # type: ignore[arg-type]  # activities are what phases hold
    begins, until = getattr(activity, "begins", None), getattr(activity, "until", None)
    only_if = getattr(activity, "only_if", None)
    if begins is not None:
        words.append(f", from {_instant(begins)}")
    if until is not None:
        words.append(f", until {_instant(until)}")
    if only_if is not None:
        words.append(f", only if {_condition(only_if)}")
    for part in _said(activity):
        words.append(f"\n{_spoken(part)}", style="italic")
    words.append(_refs(getattr(activity, "cites", {})), style="dim")
    return words


def _said(activity: object) -> Iterable[str]:
    """The texts that the person is told."""
    if isinstance(activity, Session):
        for step in activity.steps:
            yield f"{step.start} … {step.end}"
            if step.stop_if:
                yield step.stop_if
            if step.wait.seconds:
                yield f"Then wait {duration_words(step.wait)}."
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
        rules.append(f"no {of} earlier than {_instant(limit.not_before)}")
    if limit.not_after is not None:
        rules.append(f"no {of} later than {_instant(limit.not_after)}")
    if limit.most_per_day is not None:
        rules.append(f"{of} at most {limit.most_per_day} times a day")
    if limit.never:
        rules.append(f"no {of}")
    if limit.needs is not None:
        rules.append(f"{of} only if {_condition(limit.needs)}")
    where = f" (phase {', '.join(limit.during)})" if limit.during else ""
    why = f". {limit.say}" if limit.say else ""
    return Text("; ".join(rules) + where + _spoken(why) + _refs(limit.cites))


def _red_flag(flag: RedFlag) -> Text:
    return Text(f"{flag.level}, if {_condition(flag.when)}: {_spoken(flag.say)}{_refs(flag.cites)}")


def _asked(asked: Observation) -> Text:
    counts = f" (an answer counts for {duration_words(asked.fresh)})"
    return Text(f"{asked.id}: {_spoken(asked.ask)}{counts}{_refs(asked.cites)}")


def _table_refs(known: RecoveryProtocol, phase: Phase) -> str:
    """Where the tables come from that say how long a phase lasts."""
    named = [length.table for length in (phase.least, phase.most) if isinstance(length, TableRef)]
    return "".join(_refs(_of_table(known.tables[table])) for table in dict.fromkeys(named))


def _of_table(table: GradeTable) -> Cites:
    return {f"{table.id} {field}".strip(): refs for field, refs in table.cites.items()}


def _spoken(words: str) -> str:
    """A text of nobody in particular: its side is not known."""
    for braces, which in (("{other side}", "other"), ("{side}", "injured")):
        words = words.replace(f"your {braces}", f"the {which} side").replace(braces, which)
    return words


def _instant(anchor: Anchor) -> str:
    """`48 h after the injury`, `the start`."""
    origin = {"injury": "the injury", "start": "the start", "phase": "the phase began"}[anchor.origin]
    if anchor.offset == Duration():
        return {"phase": "the phase's beginning"}.get(anchor.origin, origin)
    return f"{duration_words(anchor.offset)} after {origin}"


_TESTS = {
    "<=": "at most",
    "<": "below",
    ">=": "at least",
    ">": "above",
    "==": "is",
    "!=": "is not",
    "falling": "lower than at first",
    "rising": "higher than last time",
}


def _condition(condition: Condition) -> str:
    match condition:
        case All(parts):
            return " and ".join(_part(part, AnyOf) for part in parts)
        case AnyOf(parts):
            return " or ".join(_part(part, All) for part in parts)
        case Not(Comparison(subject, "==" | "!=" as test, value)):
            return _comparison(Comparison(subject, {"==": "!=", "!=": "=="}[test], value))
        case Not(Comparison() as part):
            return _comparison(part, " not")
        case Not(part):
            return f"not ({_condition(part)})"
        case Comparison():
            return _comparison(condition)


def _part(part: Condition, in_brackets: type) -> str:
    words = _condition(part)
    return f"({words})" if isinstance(part, in_brackets) else words


def _comparison(one: Comparison, negated: str = "") -> str:
    """`pain at most 3`, `swelling lower than at first`, `at least 48 h since the injury`."""
    if isinstance(one.value, Duration):
        since = {"injury": "the injury", "start": "the start", "phase": "the phase began"}[one.subject]
        return f"{negated.lstrip()} {_TESTS[one.test]} {duration_words(one.value)} since {since}".lstrip()
    value = f"{one.value:g}" if isinstance(one.value, float) else one.value or ""
    if one.test == "drop":
        return f"{one.subject}{negated} at least {value} lower than at first"
    return " ".join(f"{one.subject}{negated} {_TESTS[one.test]} {value}".split())


def _row_refs(table: GradeTable, grade: str) -> str:
    return _refs({"": table.cites.get(grade) or table.cites.get("", ())})


def _healing(known: RecoveryProtocol) -> list[Text]:
    if known.healing is None:
        return []
    table: GradeTable = known.tables[known.healing.table]
    rows = [
        Text(
            f"grade {grade}: {duration_words(row.least)} to {duration_words(row.most)}{_row_refs(table, grade)}"
        )
        for grade, row in table.rows.items()
    ]
    return [*rows, Text(f"past the latest: {_spoken(known.healing.late.say)}{_refs(known.healing.cites)}")]
