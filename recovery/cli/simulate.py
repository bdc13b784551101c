"""`recovery simulate`: a protocol on a virtual clock, as events or as a page a day."""

import sys
from datetime import datetime, time
from pathlib import Path
from typing import Any

import click

from recovery import clock, files
from recovery.care.protocols import check_wanted, in_own_words, read_wanted
from recovery.cli import asking, params, render_preview, render_text
from recovery.cli.output import failure_of
from recovery.cli.params import json_option
from recovery.cli.render_json import json_line, print_json
from recovery.engine.rehearsal import PlannedAct, Rehearsal, Span
from recovery.engine.times import DAY, Place
from recovery.errors import RecoveryError, UsageError
from recovery.language import _
from recovery.protocol.terms import SIDES, Duration
from recovery.simulation.events import simulate, usual_end
from recovery.simulation.people import PERSONAS, Persona, imagined
from recovery.simulation.script import parse_answers
from recovery.words.typed import NONE, read_moment

LARGEST_SCRIPT = 16 * 1024 * 1024
"""The largest answers file that is read."""


@click.command("simulate")
@click.argument("protocol")
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
@click.option("--screen", metavar="ID=yes", multiple=True, help="A screening question that is answered yes.")
@click.option("--set", "words", metavar="OPTION=WORD", multiple=True, help="An option of the protocol.")
@click.option("--no-confirm", is_flag=True, help="Changes of phase wait for an `advance` in the answers.")
@json_option
def simulate_command(
    protocol: str,
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
    no_confirm: bool,
    as_json: bool,
    **hours: Any,
) -> int:
    """Run a protocol on a virtual clock: what would be told, and when. Nothing is kept.

    Without answers and persona nobody reacts: sessions are assumed begun when offered, questions stay open.

    \b
    recovery simulate strain --grade 2 --onset "2026-11-23 18:00" --persona steady
    recovery simulate rice --onset 2026-11-23T18:00+01:00 --for 3d --json
    """
    if answers is not None and persona is not None:
        raise UsageError(_("--answers and --persona do not go together"), _("give one of them"))
    now, place = clock.now(), params.place(**hours)
    chosen = in_own_words(read_wanted(protocol).protocol)
    injury = read_moment("--onset", onset, now, place)
    start = read_moment("--start", began, now, place) if began is not None else injury
    if start < injury:
        raise UsageError(_("--start is before --onset"), _("a protocol starts at the injury or later"))
    answered = asking.screening(chosen.screen, [*screen, NONE], is_later=False, ask=False, fill=str)
    refused = next((each for each in chosen.screen if each.refuses and answered[each.id]), None)
    if refused is not None:
        raise RecoveryError(refused.say, _("{name} refuses this protocol", name=refused.id))
    options = asking.options(chosen, words, ask=False) if words else {}
    episode = imagined(
        chosen, start, injury, place, grade, side, confirms=no_confirm, screen=answered, options=options
    )
    run = Rehearsal(
        episode,
        start,
        end=place.after(start, length) if length is not None else usual_end(episode),
        answers=_scripted(answers, start, place),
        persona=Persona.named(persona) if persona is not None else None,
        asleep=tuple(sorted(_span(text, now, place) for text in asleep)),
        confirms=not no_confirm,
    )
    events = simulate(run)
    for line in map(json_line, events) if as_json else render_preview.simulation_lines(events):
        print(line)
        if failure_of(sys.stdout):
            break  # nobody reads the rest
    return 0


def _scripted(name: str | None, start: datetime, place: Place) -> tuple[PlannedAct, ...]:
    if name is None:
        return ()
    try:
        text = files.read_whole(Path(name), LARGEST_SCRIPT, pipes=True).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RecoveryError(
            _("{path}: not UTF-8 text", path=name), _("save the answers file as UTF-8")
        ) from None
    except files.TooLarge:
        most = LARGEST_SCRIPT // 1024 // 1024
        raise RecoveryError(_("{path}: larger than {most} MiB", path=name, most=most)) from None
    except OSError as error:
        raise RecoveryError(
            f"{name}: {error.strerror}", _("--answers takes the path of a file, or -")
        ) from None
    return parse_answers(text, _("standard input") if name == "-" else name, start, place)


def _span(text: str, now: datetime, place: Place) -> Span:
    begin_, dots, end = text.partition("..")
    if not dots:
        raise UsageError(
            _("--asleep: {text!r} is not a span", text=text),
            _("write two times: 2026-11-24T23:00..2026-11-25T07:00"),
        )
    span = read_moment("--asleep", begin_, now, place), read_moment("--asleep", end, now, place)
    if span[0] >= span[1]:
        raise UsageError(_("--asleep: {text!r} ends before it begins", text=text))
    return span


# The days on paper ---------------------------------------------------------------------------------


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
    morning = place.resolve(place.local(now).date(), MORNING)
    injury = morning if onset is None else read_moment("--onset", onset, now, place)
    begins_on = place.local(injury).date()
    # Whole days, the first one as far as there is of it: ten days are ten blocks.
    ends_on = max(begins_on + DAY, place.local(place.after(injury, length)).date())
    end = place.resolve(ends_on, time(0))
    episode = imagined(checked, injury, injury, place, grade, side, confirms=False)
    run = Rehearsal(episode, injury, end, persona=Persona.named(persona))
    days = [*render_preview.days(simulate(run), checked, begins_on, ends_on - DAY)]
    if as_json:
        for day in days:
            print_json(render_preview.day_json(day))
        return 0
    for line in render_preview.preview_lines(days):
        click.echo(line)
    if not run.episode.is_over:
        click.echo(_("Not completed within {length}; --for 8w shows more.", length=length))
    click.echo(_("As the persona {name} lives it; recovery simulate tells each event.", name=persona))
    return 0
