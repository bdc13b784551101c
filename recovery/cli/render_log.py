"""The journal as a table: a line for each thing that happened, a cue together with its fate. Loads rich."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import timedelta

from rich.table import Table
from rich.text import Text

from recovery.cli.about import about_words
from recovery.cli.output import harmless
from recovery.cli.render_rich import console
from recovery.engine import facts as f
from recovery.engine.facts import Fact
from recovery.engine.times import Place
from recovery.language import N_, _
from recovery.words.terms import FACTS
from recovery.words.times import spell, spell_date

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
    what, about = _(_WORDS.get(fact.kind, fact.kind)), about_words(fact, places[fact.episode])
    if fact.kind == f.PHASE:
        what = _(_PHASES.get(fact.data["state"], f"phase {fact.data['state']}"))
    if fact.kind == f.UNDONE and fact.data["seq"] in by_seq:
        taken = by_seq[fact.data["seq"]]
        about = f"{_(_WORDS.get(taken.kind, taken.kind))} {about_words(taken, places[taken.episode])}".strip()
    return what, about


def _fates(facts: Iterable[Fact]) -> dict[int, str]:
    """Say what became of each cue, by the fact that carries it. The last word counts."""
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
    """Say what showed a cue, and how late (milliseconds), where that is worth telling."""
    if late < 2_000:
        return _("shown by {notifier}", notifier=via)
    length = spell(timedelta(milliseconds=late))
    if timedelta(milliseconds=late) > LONGEST_LATE:
        length = _("long")
    return _("shown by {notifier}, {length} after it was due", notifier=via, length=length)
