"""`start`: ask for what was not typed, show the plan with dates, have the daemon remind."""

import sys
from typing import Any, NoReturn

import click

from recovery import paths
from recovery.care import start as care
from recovery.care.protocols import in_own_words, read_wanted
from recovery.cli import asking, params, render_text
from recovery.cli.context import clocks, show_what_no_desktop_showed, tell_doubted
from recovery.cli.daemon import how_it_reminds, see_that_it_runs
from recovery.cli.output import did, harmless
from recovery.cli.params import json_option, notifier_option
from recovery.cli.render_json import print_json, responsible_json
from recovery.errors import UsageError
from recovery.language import _, current, n_


@click.command()
@click.argument("protocol", required=False)
@click.option(
    "--onset", metavar="TIME", help='When it happened: "yesterday 18:00", "2h ago", 2026-11-23T18:00.'
)
@click.option(
    "--worst",
    metavar="ID=ANSWER",
    multiple=True,
    help="When you start later: how it was at its worst so far, such as pain=7,swelling=2.",
)
@click.option("--now", metavar="ID=ANSWER", multiple=True, help="How it is now, such as pain=3,swelling=0.")
@click.option("--grade", type=params.GRADE, help="I, II or III, also 1, 2, 3; or unsure.")
@click.option("--side", type=params.SIDE, help="Which side is injured.")
@click.option(
    "--screen",
    metavar="ID=yes|no|agreed",
    multiple=True,
    help="The answer to a screening question; none: none of the others applies.",
)
@click.option(
    "--by", metavar="NAME", default="", help="The professional who agreed, where an answer says so."
)
@click.option("--on", type=params.CALENDAR_DAY, help="The day of that word. [default: today]")
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
@click.option(
    "--choose",
    "choices",
    metavar="ACTIVITY=VALUE",
    multiple=True,
    help="What the protocol leaves to you, such as packs=2: see recovery choose.",
)
@click.option("--wake", type=params.TIME_OF_DAY, help="When you get up. [default: the setting, or 07:00]")
@click.option(
    "--bedtime", type=params.TIME_OF_DAY, help="When you go to bed. [default: the setting, or 23:00]"
)
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
@click.option(
    "--up-until", type=params.TIME_OF_DAY, help="Until when you are up this evening, past your bedtime."
)
@click.option("--discreet", is_flag=True, help="Notes on the screen say nothing of what it is about.")
@click.option("--no-daemon", is_flag=True, help="Only keep the episode; nothing reminds.")
@notifier_option
@json_option
def start(
    protocol: str | None,
    discreet: bool,
    no_daemon: bool,
    notifier: str | None,
    as_json: bool,
    **words: Any,
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
    protocol = protocol or _not_named()
    folder, moment = paths.make_home(), clocks()
    hours = asking.PlaceWords(**{name: words.pop(name) for name in asking.PlaceWords._fields})
    terms = asking.terms(folder, hours, is_discreet=discreet)
    reading = read_wanted(protocol, moment[0])
    own = in_own_words(reading.protocol)
    _tell_who_answers([] if as_json else render_text.responsible_lines(own))
    running = care.running(folder, moment)
    tell_doubted(running)
    care.refuse_by_clock(running)
    of_person = asking.StartWords(**{**words, "by": harmless(words["by"])})
    ask = not as_json and sys.stdin.isatty()
    answers = asking.start_answers(own, of_person, moment[0], terms.place, running.episodes, ask=ask)
    beginning = asking.at_last(care.Start(reading, answers, terms), ask=ask)
    if not as_json:
        _tell_first(beginning)
    started = care.start_episode(folder, beginning, clocks())
    did(_("{episode} is begun, and in the journal.", episode=started.episode.id))
    there = see_that_it_runs(folder, notifier, is_wanted=not no_daemon, settles=not as_json)
    if as_json:
        about = responsible_json(started.episode.tailored)
        print_json({"episode": started.episode.id, "daemon": there is not None, **about})
    else:
        click.echo(render_text.started(started.outlook, how_it_reminds(there)))
        _tell_draft(care.gaps_in_the_floor(reading), protocol)
        if there is not None:
            show_what_no_desktop_showed()
    return 0 if no_daemon or there is not None else 1  # nobody reminds, though that was wanted


def _not_named() -> NoReturn:
    raise UsageError(
        _("which protocol?"),
        _("recovery assess asks a few questions and names it; recovery protocols lists them all"),
    )


def _tell_who_answers(lines: list[str]) -> None:
    """Before anything is asked: whose word the protocol goes by where it is less strict than the floor."""
    for line in lines:
        click.echo(line)
    if lines:
        click.echo()


def _tell_draft(gaps: int, typed: str) -> None:
    """Count the parts of the floor that a first draft leaves out."""
    if gaps:
        words = n_(
            "A first draft without sources: it leaves out {count} thing of the floor. "
            "recovery validate {file} names it.",
            "A first draft without sources: it leaves out {count} things of the floor. "
            "recovery validate {file} names them.",
            gaps,
            file=typed,
        )
        click.echo(words)


def _tell_first(beginning: care.Start) -> None:
    """Print what has to be said before anything is scheduled: how the grade was found, and the alerts."""
    by_questions, alerts = beginning.answers.graded, care.alerts(beginning)
    if by_questions is not None:
        click.echo(asking.grade_words(by_questions))
    for alert in alerts:
        click.echo(render_text.alert_line(alert, current()))
    if any(alert.waits_for_release for alert in alerts):
        click.echo(
            _(
                "The plan below does not take the place of that. "
                'recovery release ID --by "a name" --on DATE says that a professional has released it.'
            )
        )
    elif any(alert.level != "routine" for alert in alerts):
        click.echo(
            _(
                "The plan below does not take the place of that. recovery flag clear says that it is dealt with."
            )
        )
    if alerts or by_questions is not None:
        click.echo()
