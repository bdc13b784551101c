"""Values as tables and pages, for looking at leisure. Loads rich, so the short commands keep away from it.

Texts of protocol files go in as plain text, never as markup.
"""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from recovery.cli.output import harmless, is_plain
from recovery.cli.render_advice import card_lines
from recovery.cli.render_text import activity_words, cue_title
from recovery.engine import facts as f
from recovery.engine.episode import PAUSED, Episode
from recovery.engine.facts import Fact
from recovery.engine.outlook import UpcomingCue
from recovery.engine.times import Place
from recovery.language import N_, _, current, n_
from recovery.protocol.model import (
    Checklist,
    Limit,
    Observation,
    Phase,
    RecoveryProtocol,
    RedFlag,
    Reminder,
    Topic,
    Treatment,
)
from recovery.protocol.model import Table as GradeTable
from recovery.protocol.terms import (
    MAY_PASS,
    Anchor,
    Cites,
    Duration,
    Length,
    TableRef,
)
from recovery.words.about import about_words
from recovery.words.terms import (
    FACTS,
    LEVEL_WORDS,
    MODALITY_WORDS,
    anchor_words,
    condition_words,
    duration_words,
    filled,
    responsible_words,
    spell,
    spell_date,
)

if TYPE_CHECKING:  # these load pydantic and YAML
    from recovery.protocol.shelf import Listed

NARROWEST, WIDEST = 20, 200
"""Columns. Some terminals say 0 or thousands, and `COLUMNS` says anything."""

_OWN_MARK = " *"
"""The mark of a number that is the project's own."""


def console() -> Console:
    """Standard output for tables: as wide as the terminal, where that can be; in a pipe 100 columns."""
    has_styles = bool(os.environ.get("FORCE_COLOR")) or not is_plain()
    screen = Console(highlight=False, emoji=False, color_system="auto" if has_styles else None)
    # A pipe has no width; a fixed one keeps its output the same everywhere.
    screen.width = max(NARROWEST, min(screen.width, WIDEST)) if screen.is_terminal else 100
    return screen


def print_agenda(episode: Episode, cues: Sequence[UpcomingCue], now: datetime) -> None:
    """Cues as a table under a heading a day."""
    screen, place = console(), episode.place
    screen.print(Text(f"{episode.phase.title}  ({episode.id})", style="bold cyan"))
    if episode.state == PAUSED and episode.paused_until is None:
        screen.print(Text(_("Paused until {when}.", when="recovery resume"), style="yellow"))
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column()
    today = None
    for cue in cues:
        local = place.local(cue.at)
        if local.date() != today:
            today = local.date()
            name = _("today") if today == place.local(now).date() else _("tomorrow")
            table.add_row(Text(spell_date(local, place.language), style="bold"), Text(name, style="dim"), "")
        length = _("to {clock}", clock=f"{place.local(cue.at + cue.length):%H:%M}") if cue.length else ""
        table.add_row(
            Text(f"  {local:%H:%M}"), Text(length, style="dim"), Text(cue_title(cue, place.language))
        )
    screen.print(table if cues else Text(_("Nothing is planned: an answer or a command goes on.")))


# Protocols ---------------------------------------------------------------------------------------


def print_library(listed: Sequence["Listed"]) -> None:
    """The protocols that can be started; a file with errors is named, too."""
    screen = console()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in (_("id"), _("version"), ""):
        table.add_column(name, no_wrap=name != "")
    for each in listed:
        if each.is_usable:
            words = Text(_in_our_language(each.title), style="bold")
            words.append(f"\n{_in_our_language(each.summary)}", style="not bold dim")
        else:
            words = Text(_why_not(each), style="red")
        table.add_row(Text(each.id, style="bold cyan"), each.version, words)
    screen.print(table)
    screen.print(Text(_("recovery protocols show ID shows one of them as a page."), style="dim"))


def _in_our_language(text: str) -> str:
    """A text of a file, which may have it in several languages, in that of the process."""
    others: Mapping[str, str] = getattr(text, "others", {})
    return others.get(current(), text)


def _why_not(listed: "Listed") -> str:
    if listed.path.suffix != ".yaml":
        return listed.problems[0].message
    return _("cannot be used; recovery validate {path}", path=listed.path)


def print_protocol(protocol: RecoveryProtocol) -> None:
    """A protocol as a page that a patient can read. Numbers of the project's own carry a mark."""
    screen = console()
    screen.print(
        Text(f"{protocol.title}", style="bold cyan"),
        Text(_("{protocol}, version {version}", protocol=protocol.id, version=protocol.version), style="dim"),
    )
    screen.print(Text(protocol.summary))
    if protocol.responsible is not None:
        screen.print(Text(responsible_words(protocol.responsible, current()), style="yellow"))
    for phase in protocol.phases:
        screen.print()
        for part in _phase(protocol, phase):
            screen.print(part)
    for title, parts in (
        (_("Before a start"), _before(protocol)),
        (_("Always"), [_limit(limit) for limit in protocol.limits]),
        (_("Healing"), _healing(protocol)),
        (_("See a professional"), [_red_flag(flag) for flag in protocol.red_flags]),
        (_("What a check-in asks"), [_asked(observation) for observation in protocol.observations.values()]),
        (_("Good to know"), [_topic(topic) for topic in protocol.about]),
        (_("Notes"), [Text(note) for note in protocol.notes]),
        (
            _("Sources"),
            [
                Text(f"{s.id}: {s.title}{f', {s.where}' if s.where else ''}")
                for s in protocol.sources.values()
            ],
        ),
    ):
        if parts:
            screen.print()
            screen.print(Rule(title, align="left", style="dim"))
            for part in parts:
                screen.print(_item(part))
    screen.print()
    screen.print(Text(_("* The project's own default; no source gives this number."), style="dim"))
    screen.print(Text(_("Not medical advice."), style="dim"))


def _topic(topic: Topic) -> Text:
    return Text(f"{topic.title}: ", style="bold") + Text(topic.say, style="not bold") + _refs(topic.cites)


def _before(protocol: RecoveryProtocol) -> list[Text]:
    """List the questions before a start with what follows from the answers, and the protocols that it excludes."""
    parts = [
        Text(_("{question} ({words})", question=_spoken(o.ask), words=", ".join(o.choices)) + _refs(o.cites))
        for o in protocol.options.values()
    ]
    if protocol.assessment is not None:
        parts += [
            Text(
                _("{question} Yes: grade {grade} at least", question=_spoken(q.ask), grade=q.grade)
                + _refs(q.cites)
            )
            for q in protocol.assessment.questions
        ]
        counts = {"grade": protocol.assessment.unsure, "other": protocol.assessment.otherwise}
        unsure = _("Unsure counts as grade {grade}, no to all as {other}", **counts)
        if not protocol.assessment.otherwise:
            unsure = _("Unsure counts as grade {grade}, no to all as none", **counts)
        parts.append(Text(unsure + _refs(protocol.assessment.cites)))
    for question in protocol.screen:
        forbidden = _(" and ").join(
            _(MODALITY_WORDS.get(modality, modality)) for modality in question.forbids
        )
        follows = _("not this protocol") if question.refuses else _("no {of}", of=forbidden)
        words = _(
            "{question} Yes: {follows}. {text}",
            question=_spoken(question.ask),
            follows=follows,
            text=_spoken(question.say),
        )
        parts.append(Text(words + _refs(question.cites)))
    parts += [
        Text(_("not beside {protocol}: {text}", protocol=each.id, text=each.say) + _refs(each.cites))
        for each in protocol.excludes
    ]
    return parts


def _item(words: Text) -> RenderableType:
    """A list entry that wraps under its own text."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column()
    table.add_row("-", words)
    return Padding(table, (0, 0, 0, 2))


def _phase(protocol: RecoveryProtocol, phase: Phase) -> Iterable[RenderableType]:
    heading = _("Phase {phase}: {title}", phase=phase.id, title=phase.title)
    yield Rule(Text(heading, style="bold"), align="left", style="cyan")
    if phase.goal:
        yield Padding(Text(_spoken(phase.goal)), (0, 0, 0, 2))
    lasts = _(_AT_LEAST[phase.zero], length=_length(protocol, phase.least))
    if phase.most is not None:
        most, say = _length(protocol, phase.most), phase.at_most.say if phase.at_most else ""
        lasts += "; " + _("at the latest after {length}: {text}", length=most, text=say)
    if phase.is_endless:
        lasts = _("until you stop it: recovery stop")
    rows = [(_("Lasts"), Text(_spoken(lasts) + _table_refs(protocol, phase) + _refs(phase.cites)))]
    if phase.enter_when is not None:
        rows.append((_("Begins when"), Text(condition_words(phase.enter_when, current()))))
    if phase.leave_when is not None:
        rows.append((_("Ends when"), Text(condition_words(phase.leave_when, current()))))
    if phase.confirm:
        rows.append((_("Ends only"), Text(_("once you have confirmed it: recovery advance"))))
    if phase.may_pass != MAY_PASS[-1]:
        rows.append((_("May be passed"), Text(_(_PASSED_BY[phase.may_pass]))))
    if phase.back_to is not None:
        back = _(
            "to {phase}, if {condition}: {text}",
            phase=phase.back_to.phase,
            condition=condition_words(phase.back_to.when, current()),
            text=_spoken(phase.back_to.say),
        )
        rows.append((_("Back"), Text(back + _refs(phase.back_to.cites))))
    if phase.climb_when is not None:
        rows.append((_("Next step if"), Text(condition_words(phase.climb_when, current()))))
    if phase.step_back_when is not None:
        rows.append((_("One step back if"), Text(condition_words(phase.step_back_when, current()))))
    rows += [(activity.title, _activity(activity)) for activity in phase.activities]
    for number, rung in enumerate(phase.ladder, 1):
        stays = (
            "" if rung.least == Duration() else _("at least {length}", length=_length(protocol, rung.least))
        )
        if rung.only_if is not None:
            only = _("only if {condition}", condition=condition_words(rung.only_if, current()))
            stays = f"{stays}, {only}" if stays else only
        title = _("Step {number}: {title}", number=number, title=rung.title)
        rows.append((title, Text(stays + _refs(rung.cites), style="cyan")))
        rows += [(activity.title, _activity(activity)) for activity in rung.activities]
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", width=22)
    table.add_column()
    for name, words in rows:
        table.add_row(Text(_spoken(name)), words)
    yield Padding(table, (0, 0, 0, 2))


def _activity(activity: object) -> Text:
    said = _spoken(activity_words(activity, current()))  # type: ignore[arg-type]  # activities are what phases hold
    begins, until = getattr(activity, "begins", None), getattr(activity, "until", None)
    only_if = getattr(activity, "only_if", None)
    words = Text(said.rstrip(".") if begins or until or only_if else said)
    if begins is not None:
        words.append(", " + _("from {instant}", instant=_instant(begins)))
    if until is not None:
        words.append(", " + _("until {instant}", instant=_instant(until)))
    if only_if is not None:
        words.append(", " + _("only if {condition}", condition=condition_words(only_if, current())))
    for part in _said(activity):
        words.append(f"\n{_spoken(part)}", style="italic")
    words.append(_refs(getattr(activity, "cites", {})), style="dim")
    return words


def _said(activity: object) -> Iterable[str]:
    """The texts that the person is told."""
    if isinstance(activity, Treatment):
        for step in activity.steps:
            yield f"{step.start} … {step.end}"
            if step.stop_if:
                yield step.stop_if
            if step.wait.seconds:
                yield _("Then wait {length}.", length=_spelled(step.wait))
        yield from card_lines(activity.exercises, current(), str)
        return
    for name in ("on", "off"):
        if getattr(activity, name, ""):
            yield getattr(activity, name)
    if isinstance(activity, Reminder | Checklist):
        yield activity.say


def _refs(cites: Cites) -> str:
    """Cite where the numbers come from: `[seed:183; every: own *]`."""
    if not cites:
        return ""
    named = [
        f"{field}: {', '.join(refs)}" if field else ", ".join(refs)
        for field, refs in sorted(cites.items())
        if refs
    ]
    mark = _OWN_MARK if any("own" in refs for refs in cites.values()) else ""
    return f" [{'; '.join(named)}]{mark}" if named else ""


def _length(protocol: RecoveryProtocol, length: Length) -> str:
    if isinstance(length, Duration):
        return _spelled(length)
    rows = protocol.tables[length.table].rows
    ends = ((grade, row.least if length.end == "min" else row.most) for grade, row in rows.items())
    return ", ".join(_("{length} (grade {grade})", length=_spelled(end), grade=grade) for grade, end in ends)


def _limit(limit: Limit) -> Text:
    of, to = (
        _(" and ").join(_(MODALITY_WORDS.get(modality, modality)) for modality in part)
        for part in (limit.of, limit.to)
    )
    rules = []
    if limit.longest is not None:
        rules.append(_("{of}: at most {length} a session", of=of, length=_spelled(limit.longest)))
    if limit.gap is not None:
        gap = _spelled(limit.gap)
        rules.append(
            _("at least {length} from the end of {of} to the start of {to}", length=gap, of=of, to=to)
        )
    if limit.not_before is not None:
        rules.append(_("no {of} earlier than {instant}", of=of, instant=_instant(limit.not_before)))
    if limit.not_after is not None:
        rules.append(_("no {of} later than {instant}", of=of, instant=_instant(limit.not_after)))
    if limit.most_per_day is not None:
        rules.append(_("{of} at most {count} times a day", of=of, count=limit.most_per_day))
    if limit.yields_to:
        beside = _(" and ").join(_(MODALITY_WORDS.get(each, each)) for each in limit.yields_to)
        rules.append(_("no {of} while another protocol tells of {beside}", of=of, beside=beside))
    if limit.never:
        rules.append(_("no {of}", of=of))
    if limit.needs is not None:
        rules.append(_("{of} only if {condition}", of=of, condition=condition_words(limit.needs, current())))
    where = f" ({_('phase {phase}', phase=', '.join(limit.during))})" if limit.during else ""
    why = f". {limit.say}" if limit.say else ""
    return Text("; ".join(rules) + where + _spoken(why) + _refs(limit.cites))


def _red_flag(flag: RedFlag) -> Text:
    level = _(LEVEL_WORDS.get(flag.level, flag.level))
    words = _(
        "{level}, if {condition}: {text}",
        level=level,
        condition=_asked_yes(flag.ask) if flag.when is None else condition_words(flag.when, current()),
        text=_spoken(flag.say),
    )
    return Text(f"{words}{_refs(flag.cites)}")


def _asked_yes(question: str) -> str:
    return _("the answer to “{question}” is yes", question=_spoken(question))


def _asked(asked: Observation) -> Text:
    counts = _("an answer counts for {length}", length=_spelled(asked.fresh))
    how = f" {_spoken(asked.test.how)}" if asked.test is not None else ""
    return Text(f"{asked.id}: {_spoken(asked.ask)}{how} ({counts}){_refs(asked.cites)}")


def _table_refs(protocol: RecoveryProtocol, phase: Phase) -> str:
    """Cite where the tables come from that say how long a phase lasts."""
    named = [length.table for length in (phase.least, phase.most) if isinstance(length, TableRef)]
    return "".join(_refs(_of_table(protocol.tables[table])) for table in dict.fromkeys(named))


def _of_table(table: GradeTable) -> Cites:
    return {f"{table.id} {field}".strip(): refs for field, refs in table.cites.items()}


def _spoken(words: str) -> str:
    """A text of nobody in particular: its side is not known."""
    for braces, which in (("{other side}", _("other")), ("{side}", _("injured"))):
        words = words.replace(f"your {braces}", f"the {which} side")
    words = filled(words, current(), None, {})
    return re.sub(r"\{([A-Za-z0-9-]+)\}", lambda option: option[1].replace("-", " "), words)


def _spelled(duration: Duration) -> str:
    return duration_words(duration, current())


def _instant(anchor: Anchor) -> str:
    return anchor_words(anchor, current())


# By what a length counts from.
_PASSED_BY = {
    "professional": N_("on a professional's word only"),
    "nobody": N_("on nobody's word"),
}
_AT_LEAST = {
    "injury": N_("at least {length} since the injury"),
    "start": N_("at least {length} since the start"),
    "phase": N_("at least {length} since it began"),
}


def _row_refs(table: GradeTable, grade: str) -> str:
    return _refs({"": table.cites.get(grade) or table.cites.get("", ())})


def _healing(protocol: RecoveryProtocol) -> list[Text]:
    if protocol.healing is None:
        return []
    table: GradeTable = protocol.tables[protocol.healing.table]
    rows = [
        Text(
            _(
                "grade {grade}: {least} to {most}",
                grade=grade,
                least=_spelled(row.least),
                most=_spelled(row.most),
            )
            + _row_refs(table, grade)
        )
        for grade, row in table.rows.items()
    ]
    late = _("past the latest: {text}", text=_spoken(protocol.healing.late.say))
    return [*rows, Text(f"{late}{_refs(protocol.healing.cites)}")]


def print_numbers(protocol: RecoveryProtocol) -> None:
    """Every number with its source; those of the project's own are marked."""
    from recovery.protocol.lint.numbers import cited_numbers

    screen = console()
    screen.print(Text(f"{protocol.title}, {protocol.id} {protocol.version}", style="bold cyan"))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in (_("where"), _("what"), _("number"), _("source")):
        table.add_column(heading)
    before = ""
    cited = [*cited_numbers(protocol)]
    for number in cited:
        mark = " *" if number.is_own else ""
        where = number.where if number.where != before else ""
        before = number.where
        refs = Text(", ".join(number.sources) + mark, style="yellow" if mark else "dim")
        table.add_row(Text(where), Text(number.field), Text(number.value, style="bold"), refs)
    screen.print(table)
    screen.print()
    for source in protocol.sources.values():
        where = f", {source.where}" if source.where else ""
        screen.print(Text(f"{source.id}: {source.title}{where}", style="dim"))
    own = sum(number.is_own for number in cited)
    words = n_(
        "* {count} number is the project's own default, in whole or in part.",
        "* {count} numbers are the project's own defaults, in whole or in part.",
        own,
    )
    screen.print(Text(words, style="yellow"))


# The journal ---------------------------------------------------------------------------------------


_WORDS = {**FACTS, f.Offered: N_("cue")}
_PHASES = {
    "entered": N_("phase entered"),
    "held": N_("phase held"),
    "left": N_("phase left"),
    "offered": N_("phase offered"),
    "way back": N_("going back is offered"),
    "no way back": N_("going back is no longer offered"),
}


LONGEST_LATE = timedelta(days=30)
"""By a clock that was set a cue may come years late; that number says nothing."""


def print_log(
    facts: Iterable[Fact],
    places: Mapping[str, Place],
    protocols: Mapping[str, RecoveryProtocol],
    undone: set[int],
) -> None:
    """Facts as a table, oldest first; what was taken back is marked and struck through.

    `places` and `protocols` are those of the episodes, `undone` the places in the journal of what was taken back.
    """
    listed = list(facts)
    fates = _fates(listed)
    by_seq = {fact.seq: fact for fact in listed}
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in (_("when"), _("episode"), _("what"), ""):
        table.add_column(name, no_wrap=name != "")
    for fact in listed:
        if isinstance(fact.what, f.Delivered | f.NotDelivered) and _subject(fact.what) in by_seq:
            continue  # stands with its cue
        local = places[fact.episode].local(fact.at)
        try:
            what, about = _told(fact, by_seq, places, protocols)
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


def _told(
    fact: Fact,
    by_seq: Mapping[int, Fact],
    places: Mapping[str, Place],
    protocols: Mapping[str, RecoveryProtocol],
) -> tuple[str, str]:
    """Name a fact, and its subject."""
    words = _(_WORDS.get(type(fact.what), fact.kind))
    about = about_words(fact, places[fact.episode], protocols.get(fact.episode))
    if isinstance(fact.what, f.PhaseChanged):
        words = _(_PHASES.get(fact.what.state, f"phase {fact.what.state}"))
    if isinstance(fact.what, f.TakenBack) and fact.what.seq in by_seq:
        taken = by_seq[fact.what.seq]
        kind = _(_WORDS.get(type(taken.what), taken.kind))
        about = f"{kind} {about_words(taken, places[taken.episode], protocols.get(taken.episode))}".strip()
    return words, about


def _subject(what: f.Delivered | f.NotDelivered) -> int | None:
    """The fact that carries the cue; None where that is damaged."""
    return getattr(what, "seq", None)


def _fates(facts: Iterable[Fact]) -> dict[int, str]:
    """Say what became of each cue, by the fact that carries it. The last word counts."""
    fates = {}
    for fact in facts:
        # Of one that makes no sense, that is told with it.
        with suppress(ArithmeticError, AttributeError, KeyError, TypeError):
            if isinstance(fact.what, f.Delivered):
                fates[fact.what.seq] = _shown(fact.what.via, fact.what.late)
            elif isinstance(fact.what, f.NotDelivered):
                fates[fact.what.seq] = _("not shown: {reason}", reason=fact.what.reason)
    return fates


def _shown(via: str, late: timedelta) -> str:
    """Say what showed a cue, and how late, where that is worth telling."""
    if late < timedelta(seconds=2):
        return _("shown by {notifier}", notifier=via)
    length = spell(late)
    if late > LONGEST_LATE:
        length = _("long")
    return _("shown by {notifier}, {length} after it was due", notifier=via, length=length)
