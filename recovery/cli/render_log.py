"""The journal as a table: a line for each thing that happened, a cue together with its fate. Loads rich."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from rich.table import Table
from rich.text import Text

from recovery.cli.render_rich import console
from recovery.engine import facts as f
from recovery.engine.facts import Fact, from_ms
from recovery.engine.times import Place, spell, spell_date, spell_when

_WORDS = {
    f.OFFERED: "cue",
    f.ENDED: "ended",
    f.DONE: "done",
    f.MISSED: "missed",
    f.DELIVERED: "shown",
    f.UNDELIVERED: "not shown",
    f.ALERTED: "alert",
    f.UNDONE: "taken back",
}


def log(facts: Iterable[Fact], places: Mapping[str, Place], undone: set[int]) -> None:
    """Facts as a table, oldest first; what was taken back is marked and struck through.

    `places` are those of the episodes, `undone` the places in the journal of what was taken back.
    """
    known = list(facts)
    fates = _fates(known)
    shown = {fact.seq for fact in known}
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("when", "episode", "what", ""):
        table.add_column(name, no_wrap=name != "")
    for fact in known:
        if fact.kind in (f.DELIVERED, f.UNDELIVERED) and fact.data["seq"] in shown:
            continue  # stands with its cue
        local = places[fact.episode].local(fact.at)
        what, about = _WORDS.get(fact.kind, fact.kind), _about(fact, places[fact.episode])
        if fact.kind == f.PHASE:
            what = f"phase {fact.data['state']}"
        if fact.seq in fates:
            about = f"{about}; {fates[fact.seq]}"
        style = "bold" if fact.by == "person" else ""
        if fact.seq in undone:
            style, what = "strike dim", f"{what} (taken back)"
        cells = (f"{spell_date(local)} {local:%H:%M:%S}", fact.episode, what, about)
        table.add_row(*(Text(cell, style=style) for cell in cells))
    console().print(table)


def _fates(facts: Iterable[Fact]) -> dict[int, str]:
    """What became of each cue, by the fact that carries it: the last word counts."""
    fates = {}
    for fact in facts:
        if fact.kind == f.DELIVERED:
            fates[fact.data["seq"]] = f"shown by {fact.data['via']}{_late(fact.data['late'])}"
        elif fact.kind == f.UNDELIVERED:
            fates[fact.data["seq"]] = f"not shown: {fact.data['reason']}"
    return fates


def _late(milliseconds: int) -> str:
    """How late a cue came, where that is worth telling."""
    if milliseconds < 2_000:
        return ""
    return f", {spell(timedelta(milliseconds=milliseconds))} after it was due"


def _about(fact: Fact, place: Place) -> str:
    data = fact.data
    match fact.kind:
        case f.ANSWERED:
            return ", ".join(f"{name} {value}" for name, value in data["values"].items())
        case f.PHASE | f.COMPLETED:
            parts = [data.get("phase", ""), "; ".join(data["reasons"])]
            return ": ".join(part for part in parts if part)
        case f.ALERTED:
            return f"{data['id']} no longer" if data.get("cleared") else f"{data['level']}: {data['reason']}"
        case f.UNDONE | f.DELIVERED | f.UNDELIVERED:
            return f"number {data['seq']}"
        case f.STARTED:
            keys = ("protocol", "version", "grade", "side")
            return ", ".join(f"{key} {data[key]}" for key in keys if data.get(key))
        case f.ENDED:
            late = f", {spell(timedelta(seconds=data['overrun']))} too late" if data["overrun"] >= 60 else ""
            return f"{data['activity']}{late}"
        case f.OFFERED if "cue" in data:
            return str(data["cue"]["title"])
        case f.MISSED:
            return f"{data['activity']}, due {spell_when(place, from_ms(data['due']), fact.at)}: {data['reason']}"
        case f.SNOOZED | f.PAUSED | f.WITHHELD:
            return _with_until(fact, place)
        case _:
            return ": ".join(str(data[key]) for key in ("activity", "reason", "because") if data.get(key))


def _with_until(fact: Fact, place: Place) -> str:
    data = fact.data
    words = ": ".join(str(data[key]) for key in ("activity", "reason", "because") if data.get(key))
    until: datetime | None = None if data.get("until") is None else from_ms(data["until"])
    when = "" if until is None else f"until {spell_when(place, until, fact.at)}"
    return ", ".join(part for part in (words.rstrip("."), when) if part)
