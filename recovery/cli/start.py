"""`recovery start`: check what is given, show the plan with dates, keep the episode, start the daemon."""

import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from recovery import clock, paths, settings
from recovery.care.record import bring_up, write
from recovery.care.upgrade import pinned_from
from recovery.cli import asking, params, render_text
from recovery.cli.daemon import how_it_reminds, notifier_option
from recovery.cli.first_cues import once_settled, show_what_no_desktop_showed
from recovery.cli.notices import EMERGENCY
from recovery.cli.output import did, styled
from recovery.cli.params import json_option
from recovery.cli.person import loaded, recorded
from recovery.cli.render_json import print_json, responsible_json
from recovery.daemon import control, presence
from recovery.daemon.handing import hand_over_and_wait
from recovery.daemon.presence import Presence
from recovery.engine import facts as f
from recovery.engine.acts import Accepted, Act
from recovery.engine.decide import turn
from recovery.engine.episode import Episode
from recovery.engine.exclusion import excluded
from recovery.engine.facts import Fact, to_ms
from recovery.engine.fold import begin
from recovery.engine.grading import UNSURE, Graded, graded_unsure
from recovery.engine.outlook import outlook
from recovery.engine.times import Place
from recovery.engine.verbs import act
from recovery.errors import RecoveryError, UsageError
from recovery.language import _, current, n_
from recovery.protocol import compiled
from recovery.protocol.library import default_library
from recovery.protocol.model import RecoveryProtocol
from recovery.store.journal import Journal
from recovery.values import Value, field, replace

if TYPE_CHECKING:
    from recovery.protocol.reading import Reading

_UNSURE_COUNTS_AS = "II"
"""Where the protocol has no questions for a grade: the middle one."""

_EXAMPLES = {"onset": '--onset "yesterday 18:00"', "grade": "--grade 2 (or unsure)", "side": "--side left"}


class Given(Value):
    """The words of the command line about the person."""

    onset: str | None = None
    grade: str | None = None
    side: str | None = None
    screen: tuple[str, ...] = ()
    screen_later: bool = False
    signs: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


class Opening(Value):
    """The beginning of an episode."""

    at: datetime
    """The instant of the last answer: the plan counts from then."""
    data: Mapping[str, Any]
    """Of the fact that opens it."""
    flags: tuple[str, ...] = ()
    """The red flags that the person reports."""
    words: tuple[str, ...] = field(default_factory=tuple)
    """The sentences about it: how the grade was found."""


@click.command()
@click.argument("protocol")
@click.option(
    "--onset", metavar="TIME", help='When it happened: "yesterday 18:00", "2h ago", 2026-11-23T18:00.'
)
@click.option("--grade", type=params.GRADE, help="I, II or III, also 1, 2, 3; or unsure.")
@click.option("--side", type=params.SIDE, help="Which side is injured.")
@click.option(
    "--screen",
    metavar="ID=yes|no",
    multiple=True,
    help="The answer to a screening question; none: none of the others applies.",
)
@click.option("--screen-later", is_flag=True, help="Leave screening questions open: what they guard waits.")
@click.option(
    "--signs",
    "--flag",
    "signs",
    metavar="ID",
    multiple=True,
    help="A sign that needs a professional: see recovery flag; none: there is none of them.",
)
@click.option("--set", "options", metavar="OPTION=WORD", multiple=True, help="An option of the protocol.")
@click.option("--wake", type=params.CLOCK, help="When you get up. [default: the setting, or 07:00]")
@click.option("--bedtime", type=params.CLOCK, help="When you go to bed. [default: the setting, or 23:00]")
@click.option("--work", type=params.WORK, help="Your working hours. [default: the setting, or 09:00-17:00]")
@click.option(
    "--workdays", type=params.WORKDAYS, help="Your working days. [default: the setting, or mon-fri]"
)
@click.option(
    "--timezone", metavar="NAME", help="Where you are, such as Europe/Berlin. [default: the machine's]"
)
@click.option(
    "--quiet",
    type=params.QUIET,
    help='When nothing but the end of a session is told: "12:30-13:15", several with commas. [default: the setting]',
)
@click.option("--discreet", is_flag=True, help="Notes on the screen say nothing of what it is about.")
@click.option("--no-daemon", is_flag=True, help="Only keep the episode; nothing reminds.")
@notifier_option
@json_option
def start(
    protocol: str,
    onset: str | None,
    grade: str | None,
    side: str | None,
    screen: tuple[str, ...],
    screen_later: bool,
    signs: tuple[str, ...],
    options: tuple[str, ...],
    wake: time | None,
    bedtime: time | None,
    work: tuple[time, time] | None,
    workdays: tuple[int, ...] | None,
    timezone: str | None,
    quiet: tuple[tuple[time, time], ...] | None,
    discreet: bool,
    no_daemon: bool,
    notifier: str | None,
    as_json: bool,
) -> int:
    """Start a protocol: asks what it has to know, shows the plan, keeps it, and reminds from now on.

    PROTOCOL is an id (see `recovery protocols`) or the path of a protocol file. What is not given is asked
    for on a terminal: without a grade a few questions find it, the screening questions find what has to be left
    out, and the signs who has to look first. The plan counts from the last answer.

    \b
    recovery start strain
    recovery start strain --grade 2 --onset "yesterday 18:00" --side left --screen none --signs none
    recovery start rice --onset "2h ago" --side right --screen raynaud=yes --screen none --signs none
    """
    folder, typed_at = paths.make_home(), clock.now()
    known = settings.load(folder)
    place = params.place(
        timezone or known.timezone,
        wake or known.wake,
        bedtime or known.bedtime,
        work or known.work,
        workdays or known.workdays,
        known.quiet if quiet is None else quiet,
    )
    from recovery.protocol.reading import read_protocol

    library = default_library()
    reading = read_protocol(library.find(protocol), library, today=clock.on_the_wall(clock.now()).date())
    given = Given(onset, grade, side, screen, screen_later, signs, options)
    ask = not as_json and sys.stdin.isatty()
    if not as_json:
        _tell_who_answers(reading.protocol)
    opening = _opening(reading, given, typed_at, place, running=_running(folder, typed_at), ask=ask)
    travels = not (timezone or known.timezone) and place.zone.key == clock.machine_zone()
    chosen = ({"discreet": True} if discreet else {}) | ({"travels": True} if travels else {})
    opening = replace(opening, data={**opening.data, "confirms": not known.auto_advance, **chosen})
    if not as_json:
        _tell_first(reading.protocol, opening)
    episode, others = keep(folder, reading, opening)
    did(_("{episode} is begun, and in the journal.", episode=episode.id))
    if no_daemon:
        presence.forget(folder)
    there = None if no_daemon else _see_that_it_runs(folder, notifier)
    status = 0 if no_daemon or there is not None else 1  # nobody reminds, though that was wanted
    if as_json:
        about = responsible_json(episode.protocol)
        print_json({"episode": episode.id, "daemon": there is not None, **about})
        return status
    there = there and once_settled(folder, there)
    _tell(episode, others, opening.at, there)
    _tell_draft(reading, protocol)
    if there is not None:
        show_what_no_desktop_showed(folder)
    return status


# What it begins with ----------------------------------------------------------------------------


def _running(folder: Path, now: datetime) -> tuple[Episode, ...]:
    """The person's episodes that run. Raises `StoreError`."""
    journal = Journal.open_existing(folder, now=now)
    if journal is None:
        return ()
    with journal:
        record = recorded(journal, now)
    if record.is_clock_doubted:
        raise RecoveryError(
            _("nothing is started by this clock"), _("set it right, then recovery start again")
        )
    return record.episodes


def _opening(
    reading: "Reading",
    given: Given,
    typed_at: datetime,
    place: Place,
    *,
    running: Sequence[Episode],
    ask: bool,
) -> Opening:
    """All that the protocol wants to know: asked for on a terminal, else an error that names what is missing.

    An episode that is in the way is told before anybody answers a dozen questions. A time such as "2h ago" counts
    from when it was typed: `typed_at` for one of the command line.
    """
    protocol = compiled.in_language(reading.protocol, current())
    onset = None if given.onset is None else _onset(given.onset, typed_at, place)
    wanted: dict[str, str | None] = {"onset": given.onset, "side": given.side, "grade": given.grade}
    missing = [name for name in protocol.inputs if wanted[name] is None]
    if missing and not ask:
        options = " ".join(f"--{name}" for name in missing)
        raise UsageError(
            _("{protocol} needs {options}", protocol=protocol.id, options=options),
            _("for instance: {examples}", examples=" ".join(_EXAMPLES[name] for name in missing)),
        )
    for name in missing:
        if name == "onset":
            onset = _ask_onset(place)
        elif name == "side":
            wanted[name] = click.prompt(_("Which side is injured"), type=params.SIDE)
        elif protocol.assessment is None:
            wanted[name] = click.prompt(_("Which grade (1 mild, 2 moderate, 3 severe)"), type=params.GRADE)
    chosen = asking.options(protocol, given.options, ask=ask)
    _refuse_beside(running, protocol, wanted["side"], chosen)

    def said(text: str) -> str:
        return asking.side_words(text, wanted["side"], chosen)

    found, answers = None, dict[str, str]()
    if "grade" in protocol.inputs and wanted["grade"] in (None, UNSURE):
        found, answers = _graded(protocol, wanted["grade"], said)
        wanted["grade"] = found.grade
    screened = asking.screening(
        protocol.screen, given.screen, is_later=given.screen_later, ask=ask, said=said
    )
    _refuse_screened(protocol, screened, said)
    asked = protocol.assessment.questions if protocol.assessment else ()
    told = [question.raises for question in asked if question.raises and question.id in answers]
    raised = found.raises if found is not None else ()
    flags = asking.red_flags(protocol, given.signs, raised, told=told, ask=ask, said=said)
    started_at = clock.now()
    data = {
        "protocol": protocol.id,
        "version": protocol.version,
        "hash": reading.content_hash,
        "onset": to_ms(started_at if onset is None else min(onset, started_at)),
        "grade": wanted["grade"] if "grade" in protocol.inputs else None,
        "side": wanted["side"],
        "options": chosen,
        "screen": screened,
        **place.as_data(),
    }
    if found is not None:
        data["assessment"] = {"answers": answers, "grade": found.grade, "reasons": [*found.reasons]}
    words = (asking.grade_words(found),) if found is not None else ()
    return Opening(started_at, data, flags, words)


def _graded(
    protocol: RecoveryProtocol, typed: str | None, said: Callable[[str], str]
) -> tuple[Graded, dict[str, str]]:
    """The grade of somebody who is unsure, or gave none and is asked; and what they answered."""
    if protocol.assessment is None:
        return Graded(_UNSURE_COUNTS_AS, (_(UNSURE),), is_unsure=True), {}
    if typed == UNSURE:
        return graded_unsure(protocol.assessment, current()), {}
    answers, found = asking.grading(protocol.assessment, (), ask=True, said=said)
    return found, answers


def _refuse_screened(
    protocol: RecoveryProtocol, screened: Mapping[str, bool], said: Callable[[str], str]
) -> None:
    """Raises `RecoveryError` where an answer says that the protocol is not for this person."""
    for question in protocol.screen:
        if question.refuses and screened.get(question.id):
            refs = ", ".join(dict.fromkeys(ref for cited in question.cites.values() for ref in cited))
            raise RecoveryError(
                _("{protocol} is not for you now: {reason}", protocol=protocol.id, reason=said(question.say)),
                _("because of {name} [{source}]", name=question.id, source=refs or "own"),
            )


def _ask_onset(place: Place) -> datetime:
    """The injury, as it is told at the prompt."""

    def read(text: str) -> datetime:
        try:
            return _onset(text, clock.now(), place)
        except UsageError as error:
            raise click.UsageError(error.message.removeprefix("--onset: ")) from None

    injury: datetime = click.prompt(_('When did it happen ("2h ago", "yesterday 18:00")'), value_proc=read)
    return injury


def _onset(text: str, now: datetime, place: Place) -> datetime:
    """The instant of the injury, typed at `now`. Raises `UsageError`."""
    injury = params.moment(text, "--onset", now, place)
    if injury > now:
        raise UsageError(
            _("--onset: the injury cannot be in the future"), _('write for instance "yesterday 18:00"')
        )
    return injury


# Keeping ----------------------------------------------------------------------------------------


def keep(folder: Path, reading: "Reading", opening: Opening) -> tuple[Episode, tuple[Episode, ...]]:
    """The episode in the journal, with what is due at once, and the person's others. Raises `RecoveryError`."""
    protocol, now = reading.protocol, opening.at
    with Journal.open(folder, now=now) as journal:
        with journal.transaction():
            record = loaded(journal, now)
            _refuse_beside(record.episodes, protocol, opening.data["side"], opening.data["options"])
            journal.pin(pinned_from(reading))
            id_ = journal.create_episode(protocol.id, reading.content_hash)
            opened = journal.append([Fact(id_, now, f.STARTED, opening.data, "person")], now=now)[0]
            episode = begin(compiled.in_language(protocol, current()), opened)
            record = replace(record, episodes=(*record.episodes, episode))
            for name in opening.flags:
                outcome = act(record.of(id_), now, Act("flag", name))
                if isinstance(outcome, Accepted):
                    record = write(journal, record, outcome.facts, now)
            record = bring_up(journal, record, now)
        return record.of(id_), record.others(record.of(id_))


def _refuse_beside(
    running: Sequence[Episode], protocol: RecoveryProtocol, side: str | None, options: Mapping[str, str]
) -> None:
    """Raises `RecoveryError` where an episode that runs is in the way."""
    found = excluded(protocol, side, options, running)
    if found is None:
        return
    known = found.by
    if known.whole.id == protocol.id:
        message = _("{episode} is active already", episode=known.id)
    elif found.reason:
        message = _("{episode} is active: {reason}", episode=known.id, reason=found.reason)
    else:
        message = _(
            "{episode} is active, and {one} and {other} are about the same injury",
            episode=known.id, one=known.whole.id, other=protocol.id,
        )  # fmt: skip
    hint = _("recovery status shows it; recovery stop --episode {episode} ends it", episode=known.id)
    if "onset" in known.whole.inputs:
        hint += _("; recovery setback tells of a new injury")
    raise RecoveryError(message, hint)


def _see_that_it_runs(folder: Path, notifier: str | None) -> Presence | None:
    from recovery.daemon.launch import ensure_running

    try:
        there = ensure_running(folder, notifier)
    except RecoveryError as error:
        message = _("The episode is kept, but nothing reminds: {reason}", reason=error.message)
        click.echo(message, err=True)
        click.echo(f"  {error.hint or _('recovery daemon run shows why')}", err=True)
        return None
    # Before it is woken: one that was started elsewhere would have nobody to show the first cues to.
    there, _is_handed = hand_over_and_wait(folder, there)
    control.call(folder, control.WAKE)
    return presence.read(folder) or there


# Telling ----------------------------------------------------------------------------------------


def _tell_who_answers(protocol: RecoveryProtocol) -> None:
    """Before anything is asked: whose word the protocol goes by where it is less strict than the floor."""
    if protocol.responsible is None:
        return
    for line in render_text.responsible_lines(compiled.in_language(protocol, current())):
        click.echo(line)
    click.echo()


def _tell_draft(reading: "Reading", typed: str) -> None:
    """Count the parts of the floor that a first draft leaves out, where nobody answers for it."""
    from recovery.protocol.lint.rules import OF_THE_FLOOR

    left_out = sum(problem.rule in OF_THE_FLOOR for problem in reading.warnings)
    if left_out and reading.protocol.responsible is None:
        words = n_(
            "A first draft without sources: it leaves out {count} thing of the floor. "
            "recovery validate {file} names it.",
            "A first draft without sources: it leaves out {count} things of the floor. "
            "recovery validate {file} names them.",
            left_out,
            file=typed,
        )
        click.echo(words)


def _tell_first(protocol: RecoveryProtocol, opening: Opening) -> None:
    """Print what has to be said before anything is scheduled: how the grade was found, and the alerts."""
    now = opening.at
    for words in opening.words:
        click.echo(words)
    trial = begin(
        compiled.in_language(protocol, current()), Fact(protocol.id, now, f.STARTED, opening.data, "person")
    )
    for name in opening.flags:
        outcome = act(trial, now, Act("flag", name))
        trial = outcome.episode if isinstance(outcome, Accepted) else trial
    trial, _facts = turn(trial, now)
    alerts = outlook(trial, now).alerts
    for alert in alerts:
        click.echo(render_text.alert_line(alert))
    if any(alert.level != "routine" for alert in alerts):
        click.echo(
            _(
                "The plan below does not take the place of that. recovery flag clear says that it is dealt with."
            )
        )
    if alerts or opening.words:
        click.echo()


def _tell(episode: Episode, others: tuple[Episode, ...], now: datetime, there: Presence | None) -> None:
    click.echo(render_text.plan(episode, now))
    click.echo()
    click.echo(render_text.first(outlook(episode, now, others)))
    click.echo()
    if there is None:
        click.echo(_("No daemon: no reminders come until recovery daemon start."))
    else:
        click.echo(how_it_reminds(there))
    click.echo(_("recovery checkin tells how it is; recovery status shows where you are."))
    advice = _("Not medical advice. recovery flag lists the signs to look out for.")
    click.echo(styled(f"{advice}\n{_(EMERGENCY)}", "dim"))
