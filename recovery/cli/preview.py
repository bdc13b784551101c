"""`recovery protocols preview`: the days of a protocol on paper, before anybody lives them."""

from datetime import time

import click

from recovery import clock
from recovery.cli import params, render_preview, render_problems
from recovery.cli.params import json_option
from recovery.cli.render_json import print_json
from recovery.cli.simulate import imagined
from recovery.engine.rehearsal import Rehearsal
from recovery.engine.times import DAY
from recovery.language import _, current
from recovery.protocol import compiled
from recovery.protocol.library import default_library
from recovery.protocol.terms import SIDES, Duration
from recovery.simulation.events import simulate as simulated
from recovery.simulation.people import PERSONAS, Persona

MORNING = time(7)
"""When the made-up person is injured if nobody says: a whole first day."""


@click.command()
@click.argument("file")
@click.option("--grade", type=params.GRADE, help="I, II or III. [default: II where the protocol asks]")
@click.option("--side", type=click.Choice(SIDES), help="Which side. [default: left where the protocol asks]")
@click.option("--for", "length", type=params.DURATION, default="10d", show_default=True, help="How long.")
@click.option(
    "--persona", type=click.Choice(PERSONAS), default="steady", show_default=True, help="The made-up person."
)
@click.option("--onset", metavar="TIME", help="When the injury happened. [default: this morning 07:00]")
@click.option("--timezone", metavar="NAME", help="Where, such as Europe/Berlin. [default: the machine's]")
@click.option("--wake", type=params.CLOCK, default="07:00", show_default=True, help="When they get up.")
@click.option("--bedtime", type=params.CLOCK, default="23:00", show_default=True, help="When they go to bed.")
@json_option
def preview(
    file: str,
    grade: str | None,
    side: str | None,
    length: Duration,
    persona: str,
    onset: str | None,
    timezone: str | None,
    wake: time,
    bedtime: time,
    as_json: bool,
) -> int:
    """The days of a protocol on paper: what comes when, changes of phase and why, alerts. Nothing is kept.

    FILE is a path or an id. A made-up person lives through it; days that look the same are told once. With
    --json one object a day.

    \b
    recovery protocols preview my-hip.yaml
    recovery protocols preview strain --grade 1 --for 6w --persona slow
    """
    now, place = clock.now(), params.place(timezone, wake, bedtime)
    from recovery.protocol.reading import check_file

    library = default_library()
    known, problems = check_file(library.find(file), library)
    for problem in problems:
        if as_json and known is None:
            print_json(render_problems.as_json(problem))
        elif not as_json:
            click.echo(render_problems.line(problem))
    if known is None:
        return 1
    known = compiled.in_language(known, current())
    morning = place.resolve(place.local(now).date(), MORNING)
    injury = morning if onset is None else params.moment(onset, "--onset", now, place)
    begins_on = place.local(injury).date()
    # Whole days, the first one as far as there is of it: ten days are ten blocks.
    ends_on = max(begins_on + DAY, place.local(place.after(injury, length)).date())
    end = place.resolve(ends_on, time(0))
    episode = imagined(known, injury, injury, place, grade, side, confirms=False)
    run = Rehearsal(episode, injury, end, persona=Persona.named(persona))
    days = [*render_preview.days(simulated(run), known, begins_on, ends_on - DAY)]
    if as_json:
        for day in days:
            print_json(render_preview.as_json(day))
        return 0
    for line in render_preview.lines(days):
        click.echo(line)
    if not run.episode.is_over:
        click.echo(_("Not completed within {length}; --for 8w shows more.", length=length))
    click.echo(_("As the persona {name} lives it; recovery simulate tells each event.", name=persona))
    return 0
