"""`recovery simulate`: a protocol on a virtual clock, as events or as a page a day."""

import sys
from typing import Any

import click

from recovery import clock
from recovery.care import simulating as care
from recovery.care.protocols import check_wanted, in_own_words, read_wanted
from recovery.cli import asking, params, render_preview, render_text
from recovery.cli.output import failure_of
from recovery.cli.params import json_option
from recovery.cli.render_json import json_line, print_json
from recovery.language import _
from recovery.protocol.terms import SIDES, Duration
from recovery.simulation.people import PERSONAS, imagined


@click.command("simulate")
@click.argument("protocols", metavar="PROTOCOL...", nargs=-1, required=True)
@click.option("--onset", metavar="TIME", required=True, help="When the injury happened.")
@click.option("--start", "began", metavar="TIME", help="When the protocol is started. [default: the onset]")
@click.option("--grade", type=params.GRADE, help="I, II or III. [default: II where the protocol asks]")
@click.option("--side", type=click.Choice(SIDES), help="Which side. [default: left where the protocol asks]")
@click.option(
    "--for", "length", type=params.DURATION, help="How long. [default: past the latest healing, or 30d]"
)
@click.option("--timezone", metavar="NAME", help="Where, such as Europe/Berlin. [default: the machine's]")
@click.option(
    "--wake", type=params.TIME_OF_DAY, default="07:00", show_default=True, help="When the person gets up."
)
@click.option(
    "--bedtime",
    type=params.TIME_OF_DAY,
    default="23:00",
    show_default=True,
    help="When the person goes to bed.",
)
@click.option("--work", type=params.WORK, default="09:00-17:00", show_default=True, help="Working hours.")
@click.option("--workdays", type=params.WORKDAYS, default="mon-fri", show_default=True, help="Working days.")
@click.option(
    "--quiet",
    type=params.QUIET,
    default="",
    help='When nothing but the end of a session is told: "12:30-13:15", several with commas.',
)
@click.option(
    "--answers", metavar="FILE", help="What the person does, one JSON object a line; - for standard input."
)
@click.option("--persona", type=click.Choice(PERSONAS), help="A made-up person who reacts.")
@click.option(
    "--asleep", metavar="TIME..TIME", multiple=True, help="The machine is suspended; may be repeated."
)
@click.option(
    "--screen", metavar="ID=yes|agreed", multiple=True, help="A screening question that is answered so."
)
@click.option("--set", "words", metavar="OPTION=WORD", multiple=True, help="An option of the protocol.")
@click.option(
    "--choose", "choices", metavar="ACTIVITY=VALUE", multiple=True, help="What is chosen, such as packs=2."
)
@click.option("--no-confirm", is_flag=True, help="Changes of phase wait for an `advance` in the answers.")
@json_option
def simulate_command(
    protocols: tuple[str, ...],
    onset: str,
    began: str | None,
    grade: str | None,
    side: str | None,
    length: Duration | None,
    answers: str | None,
    persona: str | None,
    asleep: tuple[str, ...],
    screen: tuple[str, ...],
    words: tuple[str, ...],
    choices: tuple[str, ...],
    no_confirm: bool,
    as_json: bool,
    **hours: Any,
) -> int:
    """Run protocols on a virtual clock: what would be told, and when. Nothing is kept.

    Several are played together, as one person lives with them; --grade, --side, --screen, --set, --choose and answers
    go to those that ask for them. Without answers and persona nobody reacts: sessions are assumed begun when offered,
    questions stay open.

    \b
    recovery simulate strain --grade 2 --onset "2026-11-23 18:00" --persona steady
    recovery simulate strain sitting --onset "2026-11-23 18:00" --for 5d
    recovery simulate rice --onset 2026-11-23T18:00+01:00 --for 3d --json
    """
    care.refuse_both(answers, persona)
    now, place = clock.now(), params.place(**hours)
    chosen = [in_own_words(read_wanted(protocol).protocol) for protocol in protocols]
    injury, start = care.injury_and_start(onset, began, now, place)
    typed = asking.of_made_up(chosen, screen, words, choices)
    episodes = [
        imagined(each, start, injury, place, grade, side, confirms=no_confirm, **typed[each.id])
        for each in chosen
    ]
    events = care.simulation(
        episodes, now, length, answers=answers, persona=persona, asleep=asleep, confirms=not no_confirm
    )
    for line in map(json_line, events) if as_json else render_preview.simulation_lines(events):
        print(line)
        if failure_of(sys.stdout):
            break  # nobody reads the rest
    return 0


# The days on paper ---------------------------------------------------------------------------------


@click.command()
@click.argument("file")
@click.option("--grade", type=params.GRADE, help="I, II or III. [default: II where the protocol asks]")
@click.option("--side", type=click.Choice(SIDES), help="Which side. [default: left where the protocol asks]")
@click.option("--for", "length", type=params.DURATION, default="10d", show_default=True, help="How long.")
@click.option(
    "--persona", type=click.Choice(PERSONAS), default="steady", show_default=True, help="The made-up person."
)
@click.option("--onset", metavar="TIME", help="When the injury happened. [default: this morning 07:00]")
@click.option(
    "--choose", "choices", metavar="ACTIVITY=VALUE", multiple=True, help="What is chosen, such as packs=2."
)
@click.option("--timezone", metavar="NAME", help="Where, such as Europe/Berlin. [default: the machine's]")
@click.option("--wake", type=params.TIME_OF_DAY, default="07:00", show_default=True, help="When they get up.")
@click.option(
    "--bedtime", type=params.TIME_OF_DAY, default="23:00", show_default=True, help="When they go to bed."
)
@json_option
def preview(
    file: str,
    grade: str | None,
    side: str | None,
    length: Duration,
    persona: str,
    onset: str | None,
    choices: tuple[str, ...],
    as_json: bool,
    **hours: Any,
) -> int:
    """The days of a protocol on paper: what comes when, changes of phase and why, alerts. Nothing is kept.

    FILE is a path or an id. A made-up person lives through it; days that look the same are told once. With
    --json one object a day.

    \b
    recovery protocols preview my-hip.yaml
    recovery protocols preview strain --grade 1 --for 6w --persona slow
    """
    now, place = clock.now(), params.place(**hours)
    checked, problems = check_wanted(file)
    for problem in problems:
        if as_json and checked is None:
            print_json(vars(problem))
        elif not as_json:
            click.echo(render_text.problem_line(problem))
    if checked is None:
        return 1
    checked = in_own_words(checked)
    days = care.whole_days(onset, length, now, place)
    typed = asking.of_made_up([checked], (), (), choices)[checked.id]
    episode = imagined(checked, days.injury, days.injury, place, grade, side, confirms=False, **typed)
    events, is_over = care.lived_through(episode, days, persona)
    pages = [*render_preview.days(events, checked, days.first, days.last)]
    if as_json:
        for day in pages:
            print_json(render_preview.day_json(day))
        return 0
    for line in render_preview.preview_lines(pages):
        click.echo(line)
    if not is_over:
        click.echo(_("Not completed within {length}; --for 8w shows more.", length=length))
    click.echo(_("As the persona {name} lives it; recovery simulate tells each event.", name=persona))
    return 0
