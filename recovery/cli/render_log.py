"""The journal as a table: a line for each thing that happened, a cue together with its fate. Loads rich."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from rich.table import Table
from rich.text import Text

from recovery.cli.render_rich import console
from recovery.cli.style import harmless
from recovery.engine import facts as f
from recovery.engine.facts import Fact, from_ms
from recovery.engine.limits import LONGEST_ON
from recovery.engine.times import Place, spell, spell_date, spell_when
from recovery.engine.words import FACTS, LEVELS, side_words
from recovery.language import N_, _, current

_WORDS = {**FACTS, f.OFFERED: N_("cue")}
_PHASES = {
    "entered": N_("phase entered"),
    "held": N_("phase held"),
    "left": N_("phase left"),
    "offered": N_("phase offered"),
    "way back": N_("a step back is offered"),
    "no way back": N_("no step back any more"),
}


LONGEST_LATE = timedelta(days=30)
"""By a clock that was set a cue may come years late; that number says nothing."""

_START = {
    "protocol": N_("protocol {value}"),
    "version": N_("version {value}"),
    "grade": N_("grade {value}"),
    "side": N_("side {value}"),
}


def log(facts: Iterable[Fact], places: Mapping[str, Place], undone: set[int]) -> None:
    """Facts as a table, oldest first; what was taken back is marked and struck through.

    `places` are those of the episodes, `undone` the places in the journal of what was taken back.
    """
    known = list(facts)
    fates = _fates(known)
    by_seq = {fact.seq: fact for fact in known}
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in (_("when"), _("episode"), _("what"), ""):
        table.add_column(name, no_wrap=name != "")
    for fact in known:
        if fact.kind in (f.DELIVERED, f.UNDELIVERED) and fact.data.get("seq") in by_seq:
            continue  # stands with its cue
        local = places[fact.episode].local(fact.at)
        try:
            what, about = _told(fact, by_seq, places)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            # No program of ours has written it so, or it is damaged within.
            what, about = str(fact.kind), _("makes no sense: recovery store check")
        if fact.seq in fates:
            about = f"{about}; {fates[fact.seq]}"
        style = "bold" if fact.by == "person" else ""
        if fact.seq in undone:
            style, what = "strike dim", _("{what} (taken back)", what=what)
        cells = (
            f"{spell_date(local, places[fact.episode].language)} {local:%H:%M:%S}",
            fact.episode,
            what,
            about,
        )
        table.add_row(*(Text(harmless(cell), style=style) for cell in cells))
    console().print(table)


def _told(fact: Fact, by_seq: Mapping[int, Fact], places: Mapping[str, Place]) -> tuple[str, str]:
    """Name a fact, and its subject."""
    what, about = _(_WORDS.get(fact.kind, fact.kind)), _about(fact, places[fact.episode])
    if fact.kind == f.PHASE:
        what = _(_PHASES.get(fact.data["state"], f"phase {fact.data['state']}"))
    if fact.kind == f.UNDONE and fact.data["seq"] in by_seq:
        taken = by_seq[fact.data["seq"]]
        about = f"{_(_WORDS.get(taken.kind, taken.kind))} {_about(taken, places[taken.episode])}".strip()
    return what, about


def _fates(facts: Iterable[Fact]) -> dict[int, str]:
    """What became of each cue, by the fact that carries it: the last word counts."""
    fates = {}
    for fact in facts:
        with suppress(
            ArithmeticError, KeyError, TypeError
        ):  # of one that makes no sense, which is told with it
            if fact.kind == f.DELIVERED:
                fates[fact.data["seq"]] = _shown(fact.data["via"], fact.data["late"])
            elif fact.kind == f.UNDELIVERED:
                fates[fact.data["seq"]] = _("not shown: {reason}", reason=fact.data["reason"])
    return fates


def _shown(via: str, late: int) -> str:
    """That a cue came, and how late (milliseconds), where that is worth telling."""
    if late < 2_000:
        return _("shown by {notifier}", notifier=via)
    length = spell(timedelta(milliseconds=late))
    if timedelta(milliseconds=late) > LONGEST_LATE:
        length = _("long")
    return _("shown by {notifier}, {length} after it was due", notifier=via, length=length)


def _about(fact: Fact, place: Place) -> str:
    data = fact.data
    match fact.kind:
        case f.ANSWERED:
            return ", ".join(f"{name} {value}" for name, value in data["values"].items())
        case f.PHASE | f.COMPLETED:
            parts = [data.get("phase", ""), "; ".join(data["reasons"])]
            return ": ".join(part for part in parts if part)
        case f.ALERTED:
            if data.get("cleared"):
                because = f": {data['because']}" if data.get("because") else ""
                return _("{alert} no longer", alert=data["id"]) + because
            return f"{_(LEVELS.get(data['level'], data['level']))}: {data['reason']}"
        case f.SCREENED:
            return _answers(data["answers"])
        case f.TICKED:
            return f"{data['activity']}: {_answers(data['items'])}"
        case f.STEPPED:
            return f"{data['step']}: {'; '.join(data['reasons'])}"
        case f.SETBACK:
            injured = _("injured {when}", when=spell_when(place, from_ms(data["onset"]), fact.at))
            grade = _("grade {value}", value=data["grade"]) if data.get("grade") else ""
            return ", ".join(part for part in (injured, grade, data.get("because", "")) if part)
        case f.CORRECTED:
            injured = (
                _("injured {when}", when=spell_when(place, from_ms(data["onset"]), fact.at))
                if "onset" in data
                else ""
            )
            given = {**data, "side": side_words(data.get("side"), current()) if "side" in data else None}
            parts = [_(words, value=given[key]) for key, words in _START.items() if given.get(key)]
            parts += [f"{name} {word}" for name, word in data.get("options", {}).items()]
            return ", ".join(part for part in (injured, *parts, data.get("because", "")) if part)
        case f.UNDONE | f.DELIVERED | f.UNDELIVERED:
            return _("number {number}", number=data["seq"])
        case f.CLOCK:
            return _clock(data, place, fact.at)
        case f.MOVED:
            return _("times are now those of {zone}", zone=data["zone"])
        case f.UPGRADED:
            before, after = data["from_version"], data["version"]
            return _(
                "{protocol} {before} becomes {after}", protocol=data["protocol"], before=before, after=after
            )
        case f.STARTED:
            known = {**data, "side": side_words(data.get("side"), current())}
            parts = [_(words, value=known[key]) for key, words in _START.items() if known.get(key)]
            return ", ".join(parts)
        case f.ENDED if 60 <= data["overrun"] <= LONGEST_ON.total_seconds():
            length = spell(timedelta(seconds=data["overrun"]))
            return _("{activity}, {length} too late", activity=data["activity"], length=length)
        case f.ENDED:
            return str(data["activity"])
        case f.OFFERED if "cue" in data:
            return str(data["cue"]["title"])
        case f.MISSED:
            return _(
                "{activity}, due {when}: {reason}",
                activity=data["activity"],
                when=spell_when(place, from_ms(data["due"]), fact.at),
                reason=data["reason"],
            )
        case f.SNOOZED | f.PAUSED | f.WITHHELD:
            return _with_until(fact, place)
        case _:
            return ": ".join(str(data[key]) for key in ("activity", "reason", "because") if data.get(key))


def _clock(data: Mapping[str, Any], place: Place, at: datetime) -> str:
    """Describe a change of the clock."""
    if "says" in data:
        return _("doubted: it says {when}", when=spell_when(place, from_ms(data["says"]), at))
    if "since" in data:
        return _("right again")
    length = spell(timedelta(seconds=abs(data["seconds"])))
    return (
        _("set back by {length}", length=length)
        if data["seconds"] < 0
        else _("set forward by {length}", length=length)
    )


def _answers(answers: Mapping[str, bool]) -> str:
    return ", ".join(f"{name} {_('yes') if is_yes else _('no')}" for name, is_yes in answers.items())


def _with_until(fact: Fact, place: Place) -> str:
    data = fact.data
    words = ": ".join(str(data[key]) for key in ("activity", "reason", "because") if data.get(key))
    until: datetime | None = None if data.get("until") is None else from_ms(data["until"])
    when = "" if until is None else _("until {when}", when=spell_when(place, until, fact.at))
    return ", ".join(part for part in (words.rstrip("."), when) if part)
