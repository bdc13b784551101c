"""Values as plain styled text, for the commands where speed counts. Tables are in `render_tables`."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from recovery.cli.context import EMERGENCY
from recovery.cli.output import styled
from recovery.cli.render_advice import advice_lines, cards, tip
from recovery.cli.render_waiting import may_harm, what_waits
from recovery.daemon.presence import Presence
from recovery.engine.episode import ACTIVE, PAUSED, Alert, Episode, signs_of
from recovery.engine.gates import Need, Truth, clearing, healing_range, releasing, sign_to_answer
from recovery.engine.outlook import Explained, HealingOutlook, Outlook, UpcomingCue, phase_ranges
from recovery.engine.questions import (
    by_what_waits,
    guarded,
    open_questions,
    screenings,
    screenings_now,
    with_care,
)
from recovery.engine.reasons import Text
from recovery.engine.times import Place
from recovery.language import _, current, tr
from recovery.protocol.model import (
    Advice,
    AnyActivity,
    CheckIn,
    Checklist,
    Hold,
    Phase,
    RecoveryProtocol,
    Reminder,
    ScreenQuestion,
    Timed,
    Treatment,
    modalities,
)
from recovery.protocol.terms import called
from recovery.words.reasons import file_text, sentence, timeless
from recovery.words.terms import (
    SCREENING_WORDS,
    level_words,
    modality_words,
    range_words,
    responsible_words,
    side_words,
    spell,
    spell_date,
    spell_when,
    timing_words,
    under,
    word_words,
)

if TYPE_CHECKING:
    from recovery.protocol.differences import Difference
    from recovery.protocol.problems import Problem

_MARKS = {Truth.YES: ("✓", "green"), Truth.NO: ("✗", "yellow"), Truth.UNKNOWN: ("?", "yellow")}
LEVEL_STYLES = {"emergency": "red", "urgent": "red", "routine": "yellow"}
"""The levels of red flags, the gravest first, each in its colour."""
_BAR = 32
_NO_BREAK = "\N{NO-BREAK SPACE}"
WIDTH = 100
"""Columns of what is wrapped, wherever it is read: it stays the same in a pipe."""


def status_page(look: Outlook) -> str:
    """A page of some ten lines."""
    lines = [_heading(look.episode, look.day), *_alerts(look), *responsible_lines(look.episode.tailored)]
    if is_draft(look.episode.tailored):
        lines.append(
            styled(_("A first draft without sources: the floor of the language binds it."), "yellow")
        )
    if look.episode.is_over:
        return "\n".join(lines)
    lines += [*_open_questions(look.episode, look.which), *_still_needed(look), *_screened_now(look)]
    if look.episode.state == ACTIVE:
        lines += _gate(look)
    lines += _paused(look)
    lines.append(_under_way(look))
    if look.under_way is not None:
        lines += [_row("", line) for line in cards(look.episode.treatment_of(look.under_way), look)]
    lines += [*_rows(may_harm(look)), *_coming(look), *_rows(what_waits(look))]
    lines += [_row(_("Tip"), words) for words in tip(look)]
    if look.healing is not None:
        lines += _healing(look.healing, look.episode, look.now)
    return "\n".join(lines)


def is_draft(protocol: RecoveryProtocol) -> bool:
    """Tell if a protocol names no source for what it does to a person, and leaves out what the floor says."""
    return not protocol.sources and bool(protocol.floor)


def responsible_lines(protocol: RecoveryProtocol | None) -> list[str]:
    """Name the professional who answers for a protocol below the floor; nothing where nobody does."""
    if protocol is None or protocol.responsible is None:
        return []
    return [styled(responsible_words(protocol.responsible, current()), "yellow")]


def plan(episode: Episode, now: datetime) -> str:
    """The plan with dates: phases as ranges, until when activities last, the usual healing time."""
    place = episode.place
    onset = spell_when(place, episode.onset, now)
    is_asked = "onset" in episode.tailored.inputs
    injured = _("injury {when}", when=onset) if is_asked else _("since {when}", when=onset)
    zone = _("times of {zone}", zone=place.zone.key)
    lines = [
        styled(f"{episode.tailored.title}", "bold") + styled(f"  ({episode.id}, {injured}, {zone})", "dim")
    ]
    for number, span in enumerate(phase_ranges(episode), 1):
        begins = (
            _("now")
            if span.begins_earliest <= now
            else _("{when} or later", when=spell_when(place, span.begins_earliest, now))
        )
        if span.phase.is_endless:
            words = _("{phase}: from {begins}, until you stop it", phase=span.phase.title, begins=begins)
        elif span.ends_earliest <= now:
            words = _(
                "{phase}: from {begins}; ends when its conditions are met",
                phase=span.phase.title,
                begins=begins,
            )
        else:
            words = _(
                "{phase}: from {begins}; ends {ends} at the earliest",
                phase=span.phase.title,
                begins=begins,
                ends=spell_when(place, span.ends_earliest, now),
            )
        if span.ends_usually and span.ends_usually > now:
            words += _(", usually by {when}", when=spell_when(place, span.ends_usually, now))
        lines.append(f"  {number}. {words}")
        if number == 1:
            lines += _first_phase(episode, span.phase, now)
    lines += [*_left_out(episode), *_open_questions(episode)]
    if episode.tailored.healing is not None:
        first, last = healing_range(episode)
        words = _(
            "Usual healing, grade {grade}: between {first} and {last}; symptoms decide, not the date",
            grade=episode.grade,
            first=_day_of(place, first),
            last=_day_of(place, last),
        )
        lines.append(f"  {words}")
    return "\n".join(lines)


def _first_phase(episode: Episode, phase: Phase, now: datetime) -> list[str]:
    lines = []
    for activity in phase.activities:
        words = file_text(activity_words(activity, episode.place.language), episode)
        if activity.until is not None and episode.phase_stay.phase is not None:
            until = episode.instant(activity.until)
            when = spell_when(episode.place, until, now)
            words += ", " + (
                _("over already: until {when}", when=when) if until <= now else _("until {when}", when=when)
            )
        lines.append(f"    {under(activity.title, words)}")
    return lines


def activity_words(activity: AnyActivity, language: str) -> str:
    """Say what an activity is and how often it comes, in one line, in a language."""
    match activity:
        case Treatment():
            parts = (
                f"{modality_words(step.modality, language)} {range_words(step.duration, language)}"
                for step in activity.steps
            )
            words = f"{tr(language, ', then ').join(parts)}, {timing_words(activity, language)}"
            return words + (tr(language, ", if you like") if activity.is_optional else "")
        case Reminder():
            words = tr(language, "reminder {how_often}", how_often=timing_words(activity, language))
            return words + (tr(language, ", at work") if activity.at_work else "")
        case Hold():
            return tr(language, "on from waking to bedtime")
        case Checklist():
            items = ", ".join(item.title for item in activity.items)
            return f"{items}: {timing_words(activity, language)}"
        case CheckIn():
            return f"{', '.join(map(called, activity.asks))}: {timing_words(activity, language)}"
        case Advice():
            return activity.say


def _day_of(place: Place, instant: datetime) -> str:
    local = place.local(instant)
    return f"{spell_date(local, place.language)} {local.year}"


def started(look: Outlook, reminding: str) -> str:
    """Show what a start ends with: the plan, what is on, what comes next; `reminding` says who tells it."""
    after = _("recovery checkin tells how it is; recovery status shows where you are.")
    advice = _("Not medical advice. recovery flag lists the signs to look out for.")
    first = "\n".join([_under_way(look), *_rows(may_harm(look)), *_coming(look), *_rows(what_waits(look))])
    yours = [_("recovery choose shows what is up to you: how often, how long, at what time.")]
    theirs = (each for phase in look.episode.tailored.phases for each in phase.everything())
    own = yours if any(isinstance(each, Timed) and each.choose for each in theirs) else []
    last = "\n".join([reminding, after, *own, styled(f"{advice}\n{_(EMERGENCY)}", "dim")])
    return "\n\n".join([plan(look.episode, look.now), first, last])


def _row(label: str, words: str) -> str:
    return styled(f"{label:<9}", "bold") + words if label else " " * 9 + words


def _rows(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Pairs of a label and words, each label once."""
    labels = [label for label, _words in pairs]
    return [
        _row(label if labels.index(label) == number else "", words)
        for number, (label, words) in enumerate(pairs)
    ]


def _heading(episode: Episode, day: int) -> str:
    about = [episode.id, _("grade {value}", value=episode.grade) if episode.grade else ""]
    about.append(side_words(episode.side, episode.place.language))
    about += [word.replace("-", " ") for word in episode.options.values() if word not in ("yes", "no")]
    details = ", ".join(part for part in about if part)
    is_waiting = episode.phase_stay.phase is None
    where = (
        _("waiting for: {phase}", phase=episode.phase.title)
        if is_waiting
        else _("{phase}, day {day}", phase=episode.phase.title, day=day)
    )
    if episode.rung is not None:
        at, steps = episode.phase_stay.rung + 1, len(episode.phase.ladder)
        where += _(", step {step} of {steps}: {title}", step=at, steps=steps, title=episode.rung.title)
    if episode.is_over:
        where = f"{episode.tailored.title}: {_(episode.state)}"
    return styled(where, "bold", "cyan") + styled(f"  ({details})", "dim")


def _open_questions(episode: Episode, which: str = "") -> list[str]:
    """The screening questions that are not answered yet, and what waits for them."""
    still = open_questions(episode)
    if not still:
        return []
    names = ", ".join(question.because for question in still)
    waiting = {modality for question in still for modality in guarded(question)}
    titles = [a.title for a in episode.phase.activities if modalities(a) & waiting]
    waits = _("; until then wait: {titles}", titles=", ".join(titles)) if titles else ""
    words = _("questions {names}: {command}", names=names, command=f"recovery screen{which}")
    return [_row(_("Open"), styled(words + waits, "yellow"))]


def _still_needed(look: Outlook) -> list[str]:
    """The questions of a check-in that are open, and what waits for them; and the signs that are asked by now."""
    signs = [sign_to_answer(look.episode, each, look.which) for each in look.signs]
    lines = needed_lines([*by_what_waits(look.questions, look.which), *signs], look.episode.place)
    return [_row(_("Open") if n == 0 else "", styled(line, "yellow")) for n, line in enumerate(lines)]


def needed_lines(needed: Iterable[Text], place: Place) -> list[str]:
    """The open questions of a check-in, with what waits for them."""
    return [timeless(each, place.language) for each in needed]


def _screened_now(look: Outlook) -> list[str]:
    """Show what the screening has taken out of the current phase, to what somebody agreed, and what needs care."""
    lines, episode = [], look.episode
    if gone := screenings_now(episode, "yes"):
        titles = ", ".join(dict.fromkeys(a.title for each in gone for a in each.activities))
        names = ", ".join(each.question.because for each in gone)
        command = f"recovery screen{look.which}"
        words = _("{titles}, because of {names}: {command}", titles=titles, names=names, command=command)
        lines.append(_row(_("Left out"), styled(words, "yellow")))
    if agreed := screenings_now(episode, "agreed"):
        lines.append(_row(_("Agreed"), "; ".join(_agreed_words(each.question, episode) for each in agreed)))
    return lines + [_row(_("With care"), file_text(q.say, episode)) for q in with_care(episode)]


def _agreed_words(question: ScreenQuestion, episode: Episode) -> str:
    word = episode.agreed[question.id]
    return _("{name}, {word}", name=question.because, word=word_words(word.by, word.on, current()))


def _left_out(episode: Episode) -> list[str]:
    """List what the screening has taken out of the plan, and why; to what somebody agreed, and what needs care."""
    lines = []
    for each in screenings(episode, "yes"):
        what = ", ".join(dict.fromkeys(activity.title for activity in each.activities))
        refs = ", ".join(dict.fromkeys(ref for cited in each.question.cites.values() for ref in cited))
        words = _("Left out, because of {name}: {what}.", name=each.question.because, what=what)
        lines.append(
            f"  {styled(words, 'yellow')} {file_text(each.question.say, episode)}  [{refs or 'own'}]"
        )
        lines += [f"    {_if_agreed(each.question.id)}"] if each.question.level == "ask" else []
    lines += [
        "  " + _("Agreed: {words}.", words=_agreed_words(each.question, episode))
        for each in screenings(episode, "agreed")
    ]
    return lines + [
        "  " + _("With care, because of {name}: {reason}", name=q.because, reason=file_text(q.say, episode))
        for q in with_care(episode)
    ]


def _if_agreed(name: str) -> str:
    """The command that keeps a professional's word on a question."""
    command = f"recovery screen {name}=agreed --by NAME"
    return _("If a professional agrees: {command}", command=command)


def _alerts(look: Outlook) -> list[str]:
    """The red flags that stand, and what of them waits for a professional."""
    lines = []
    for alert in look.alerts:
        lines.append(alert_line(alert, look.episode.place.language))
        if alert.waits_for_release:
            names = ", ".join(modality_words(each, current()) for each in alert.suspends)
            about = {"names": names, "command": releasing(alert.name, look.which)}
            words = _("Until a professional has released it, there is no {names}: {command}", **about)
            lines.append("  " + styled(words, "yellow"))
    return lines


def flag_line(level: str, text: str) -> str:
    """A red flag that answers have raised, before there is an episode."""
    return styled(f"{level_words(level, current())}: {text}", "bold")


def alert_line(alert: Alert, language: str) -> str:
    """A red flag, with its level and where it comes from."""
    words = styled(
        f"{level_words(alert.level, current())}: {timeless(alert.reason, language)}",
        LEVEL_STYLES[alert.level],
        "bold",
    )
    return words + styled(f"  [{alert.source}]", "dim")


def _gate(look: Outlook) -> list[str]:
    following = look.episode.next_phase
    if look.episode.phase_stay.phase is None:
        what, waits = _("Beginning"), _("It begins when all of this is so:")
    elif following:
        about = {"phase": following.title}
        what, waits = _("Next phase {phase}", **about), _("Next phase {phase} begins when:", **about)
    else:
        what, waits = _("Completion"), _("It is completed when all of this is so:")
    head = waits
    if "advance" in look.advised:
        head = _("{what}: ready; {command} confirms it", what=what, command=f"recovery advance{look.which}")
    elif all(need.state is Truth.YES for need in look.needs):
        head = _("{what}: ready", what=what)
    word = look.episode.phase_stay.word
    entered = [_row(_("Entered"), word_words(word.by, word.on, look.episode.place.language))] if word else []
    return [
        *entered,
        _row(_("Then"), head),
        *(_row("", _need(need, look)) for need in look.needs),
    ]


def _need(need: Need, look: Outlook) -> str:
    mark, colour = _MARKS[need.state]
    condition, value = (sentence(text, look.episode.place, look.now) for text in (need.condition, need.value))
    return styled(mark, colour) + f" {condition}" + (f" ({value})" if value else "")


def _under_way(look: Outlook) -> str:
    on = look.under_way
    if on is None:
        return _row(_("Now"), _("nothing under way"))
    place = look.episode.place
    title = timeless(look.episode.title_of(on), place.language)
    words = _(
        "{title}: {length} left, until {when}",
        title=title,
        length=spell(on.ends_at - look.now),
        when=spell_when(place, on.ends_at, look.now),
    )
    if on.is_assumed:
        since = spell_when(place, on.began_at, look.now)
        words += (
            _(" (assumed on since {when}: {commands})", when=since, commands=_commands(look))
            if look.is_allowed
            else _(" (assumed on since {when}; not to be: {commands})", when=since, commands=_commands(look))
        )
    elif not look.is_allowed:
        words += _(" (not to be: {commands})", commands=_commands(look))
    return _row(_("Now"), words)


def _commands(look: Outlook) -> str:
    """Say what to type of the session: `recovery begin, or skip`. Its end comes of itself where it may be on."""
    verbs = [verb for verb in ("begin", "end", "skip") if verb in look.advised]
    if "begin" in verbs:
        verbs.remove("end")
    return "recovery " + _(", or ").join(f"{verb}{look.which}" for verb in verbs)


def _coming(look: Outlook) -> list[str]:
    if not look.coming:
        return [_row(_("Next"), _("nothing; an answer or a command goes on: recovery explain"))]
    place = look.episode.place
    lines = []
    for cue in look.coming:
        length = f", {spell(cue.length)}" if cue.length else ""
        lines.append(f"{spell_when(place, cue.at, look.now)}  {cue_title(cue, place.language)}{length}")
    return [_row(_("Next") if place_ == 0 else "", line) for place_, line in enumerate(lines)]


def cue_title(cue: UpcomingCue, language: str) -> str:
    """A cue to come, with what kind it is where its title does not tell."""
    title = timeless(cue.title, language)
    match cue.kind:
        case "check-in":
            return _("Check-in: {title}", title=title)
        case "alert":
            return _("Alert: {title}", title=title)
    return title


def _healing(healing: HealingOutlook, episode: Episode, now: datetime) -> list[str]:
    """The usual healing time as the range that it is: a bar with the range marked, and where today is."""
    place = episode.place
    zero = episode.origin(episode.tailored.healing.zero) if episode.tailored.healing else episode.onset
    whole = max(healing.latest, now) - zero
    spots = ["·"] * _BAR

    def spot(instant: datetime) -> int:
        return min(_BAR - 1, int((instant - zero) / whole * _BAR))

    for n in range(spot(healing.earliest), spot(healing.latest) + 1):
        spots[n] = "░"
    for n in range(spot(now) + 1):
        spots[n] = "█"
    first, last = (
        spell_date(place.local(instant), place.language) for instant in (healing.earliest, healing.latest)
    )
    years = {place.local(healing.earliest).year, place.local(healing.latest).year, place.local(now).year}
    if len(years) > 1:
        first, last = (
            f"{first} {place.local(healing.earliest).year}",
            f"{last} {place.local(healing.latest).year}",
        )
    words = _("day {day}; usually healed between {first} and {last}", day=healing.day, first=first, last=last)
    return [_row(_("Healing"), f"{''.join(spots)}  {words}")]


def next_lines(look: Outlook, *, is_named: bool = False) -> str:
    """The next cues alone; `is_named` where there are several episodes to tell apart."""
    named = [_heading(look.episode, look.day)] if is_named else []
    return "\n".join([*named, *_paused(look), *_coming(look)])


def _paused(look: Outlook) -> list[str]:
    if look.episode.state != PAUSED:
        return []
    until = look.episode.paused_until
    when = spell_when(look.episode.place, until, look.now) if until else f"recovery resume{look.which}"
    return [_row(_("Paused"), _("until {when}; no reminders come", when=when))]


def daemon_row(there: Presence | None, place: Place, now: datetime) -> str:
    """Tell if reminders really arrive."""
    if there is None:
        words = _("not running, so no reminders come: recovery daemon start")
        return _row(_("Daemon"), styled(words, "yellow"))
    if not there.pid:
        words = _("starting, or it cannot say anything of itself: recovery daemon status")
        return _row(_("Daemon"), styled(words, "yellow"))
    if there.problem:
        trouble = _("running, but notifications do not arrive: {reason}", reason=there.problem)
        return _row(_("Daemon"), styled(trouble, "yellow"))
    words = _("running, notifications by {notifier}", notifier=there.notifier)
    if there.wakes_at is not None:
        words += _("; wakes {when}", when=spell_when(place, there.wakes_at, now))
    return _row(_("Daemon"), words)


def damage_rows(there: Presence | None) -> list[str]:
    """Tell that the journal is damaged, where the daemon has found that."""
    if there is None or not there.damage:
        return []
    words = _("{reason}; recovery store check tells what is wrong", reason=there.damage)
    return [_row(_("Journal"), styled(words, "yellow"))]


def explanation_page(look: Outlook, reasons: Sequence[Explained], *, with_gate: bool) -> str:
    """Show when each activity is next, and why."""
    lines = []
    for each in reasons:
        when = _("not now") if each.at is None else spell_when(look.episode.place, each.at, look.now)
        lines.append(styled(under(each.title, when), "bold"))
        lines += [f"  {sentence(reason, look.episode.place, look.now)}" for reason in each.reasons]
        lines += [f"  {line}" for line in cards(look.episode.activity(each.activity), look)]
        if each.sources:
            lines.append(styled("  " + _("sources: {names}", names=", ".join(each.sources)), "dim"))
    if with_gate:
        lines += advice_lines(look)
    if with_gate and look.episode.state == ACTIVE:
        lines += _gate(look)
    return "\n".join(lines)


# Reports -----------------------------------------------------------------------------------------


def flags_page(episode: Episode, now: datetime) -> str:
    """The red flags that stand, and those that are asked at `now`, the gravest first."""
    lines = []
    for alert in episode.alerts.values():
        lines.append(alert_line(alert, episode.place.language))
        lines.append("  " + _("dealt with? {command}", command=clearing(episode, alert, ())))
    asked = [each for each in signs_of(episode, now) if f"flag/{each.id}" not in episode.alerts]
    if asked:
        lines.append(_("Is one of these so? Then: recovery flag ID"))
    width = max((len(each.id) for each in asked), default=0)
    for level in LEVEL_STYLES:
        signs = [each for each in asked if each.level == level]
        lines += [f"{level_words(level, current())}:"] if signs else []
        lines += [
            f"  {styled(f'{each.id:<{width}}', 'bold')}  {file_text(each.ask, episode)}" for each in signs
        ]
    return "\n".join(lines) or _("This protocol asks for no warning signs.")


def screening_page(episode: Episode) -> str:
    """The screening questions, each with its answer."""
    lines = []
    for question in episode.pinned.screen:
        answer = episode.screening(question.id)
        words = _(SCREENING_WORDS[answer])
        lines.append(f"{styled(f'{question.id:<16}', 'bold')} {words:<6} {file_text(question.ask, episode)}")
        if answer == "yes":
            lines.append(f"{'':<24}{file_text(question.say, episode)}")
        elif answer == "agreed":
            lines.append(f"{'':<24}" + _("Agreed: {words}.", words=_agreed_words(question, episode)))
    if any(
        question.level == "ask"
        for question in episode.pinned.screen
        if episode.screening(question.id) == "yes"
    ):
        lines.append(_if_agreed("ID"))
    return "\n".join(lines) or _("This protocol asks no screening questions.")


def checklists_page(episode: Episode) -> str:
    """The checklists, each thing with what was found of it."""
    lines = []
    for each in episode.checklists:
        lines.append(styled(each.title, "bold") + f": {file_text(each.say, episode)}")
        for item in each.items:
            is_yes = episode.ticked.get(each.id, {}).get(item.id)
            answer = _("open") if is_yes is None else _("yes") if is_yes else _("no")
            lines.append(f"  {item.id:<24} {answer:<5} {item.title}")
    return "\n".join(lines) or _("This protocol has no checklist.")


# Protocol files ----------------------------------------------------------------------------------


def problem_line(problem: "Problem") -> str:
    """A problem with its place, on one line; a warning says that it is one."""
    return f"{problem}" if problem.is_error else f"{problem} [{_('warning')}]"


def difference_lines(changes: "Iterable[Difference]") -> Iterator[str]:
    """A difference a line, wrapped under itself; what is less strict says so."""
    import textwrap

    for difference in changes:
        mark = f"  [{_('less strict')}]".replace(" ", _NO_BREAK) if difference.is_weaker else ""
        wrapped = textwrap.fill(
            f"- {difference}{mark}", WIDTH, subsequent_indent="  ", break_long_words=False
        )
        wrapped = wrapped.replace(_NO_BREAK, " ")
        yield styled(wrapped, "yellow") if mark else wrapped
