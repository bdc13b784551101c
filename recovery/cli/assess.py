"""`assess`: what it may be, which protocol fits, and the grade, by a few questions."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

from recovery.care.assess import Assessed, protocol_with_grades
from recovery.care.protocols import front_door, in_own_words, read_wanted
from recovery.cli import asking, render_text
from recovery.cli.params import json_option
from recovery.cli.render_json import print_json
from recovery.errors import UsageError
from recovery.language import _
from recovery.protocol.model import FrontDoor, RecoveryProtocol, RedFlag


@click.command()
@click.argument("answers", nargs=-1, metavar="[ID=yes|no|unsure]...")
@click.option(
    "--signs", metavar="ID", multiple=True, help="A sign of an emergency; none: there is none of them."
)
@click.option("--region", default="hip", show_default=True, help="The part of the body.")
@click.option("--protocol", help="Ask for the grade alone, by the questions of this protocol.")
@json_option
def assess(
    answers: tuple[str, ...],
    signs: tuple[str, ...],
    region: str,
    protocol: str | None,
    as_json: bool,
) -> int:
    """Find out what it may be, and which protocol fits: signs of an emergency first, then at most eight questions.

    Of a strain it then asks for the grade. Unsure is an answer. On a terminal it asks, and starts what fits if you
    like; otherwise give the answers, those for the grade with them or alone, and nothing is kept. With a sign of an
    emergency the status is 1.

    \b
    recovery assess
    recovery assess --signs none place=yes sudden=yes crept-up=no moving=yes loss=no swollen=yes point=no staying=no
    recovery assess --protocol strain complete-loss=no some-loss=unsure
    """
    ask = not as_json and sys.stdin.isatty()
    if protocol is not None:
        if signs:
            raise UsageError(
                _("--protocol asks for the grade alone, and knows no --signs"), _("leave one of them out")
            )
        return _grade(in_own_words(read_wanted(protocol).protocol), answers, ask=ask, as_json=as_json)
    door = front_door(region)
    grading = protocol_with_grades(door)
    of_grade = [each.id for each in asking.grade_questions(grading)] if grading is not None else []
    of_door = [*(each.id for each in door.signs), *(each.id for each in door.questions)]
    given = asking.answers_to(answers, [*of_door, *of_grade])
    if grading is not None and given and not signs and not {*given} & {*of_door}:
        return _grade(grading, answers, ask=ask, as_json=as_json)
    emergencies = asking.emergencies(door, given, signs, ask=ask)
    if emergencies:
        return _call_for_help(emergencies, as_json=as_json)
    for question in (each for each in door.questions if each.id not in given):
        given[question.id] = asking.ask_for(question.ask)
    words = [f"{name}={given.pop(name)}" for name in of_grade if name in given]
    came = asking.recognised_in_words(door, given)
    graded = None
    if grading is not None and came.outcome and came.outcome.start == grading.id and (ask or words):
        graded = asking.grading(grading, words, ask=ask)
    answered = {} if graded is None else graded[0]
    assessed = Assessed(door, came, graded and graded[1])
    status = _tell(assessed, given, grading, as_json=as_json)
    if ask and assessed.outcome is not None and click.confirm(_("Start it now?"), default=True):
        return _go_on(assessed.outcome.start, door, answered)
    return status


def _go_on(protocol: str, door: FrontDoor, grading: Mapping[str, str]) -> int:
    """Start what fits, with what was answered: the same question is asked once."""
    context = click.get_current_context()
    group = context.find_root().command
    assert isinstance(group, click.Group)
    start = group.get_command(context, "start")
    assert start is not None
    words = tuple(f"{name}={answer}" for name, answer in grading.items())
    status: int = context.invoke(
        start, protocol=protocol, no_signs=tuple(each.id for each in door.signs), grading=words
    )
    return status


def _call_for_help(emergencies: Sequence[RedFlag], *, as_json: bool) -> int:
    """Say what to do now. It is the end: nothing is asked after it, nothing begins."""
    if as_json:
        told = [each.say for each in emergencies]
        print_json({"emergency": [each.id for each in emergencies], "say": told})
        return 1
    for sign in emergencies:
        click.echo(render_text.flag_line(sign.level, sign.say))
    click.echo(_("Nothing else begins here until this has been looked at."))
    return 1


def _tell(
    assessed: Assessed, answers: dict[str, str], grading: RecoveryProtocol | None, *, as_json: bool
) -> int:
    """Tell what the answers speak for, and the command that starts what fits."""
    outcome, graded, otherwise = assessed.outcome, assessed.graded, assessed.door.otherwise
    if as_json:
        about: dict[str, Any] = {
            "region": assessed.door.id,
            "reasons": assessed.came.reasons,
            "answers": answers,
        }
        if outcome is None:
            about |= {"outcome": None, "start": None, "level": otherwise.level, "say": otherwise.say}
        else:
            about |= {"outcome": outcome.id, "start": outcome.start, "say": outcome.say}
        of_grade = {"grade": graded and graded.grade, "flags": graded.raises if graded else ()}
        print_json({**about, **of_grade, "command": assessed.command})
        return 0
    if outcome is not None:
        click.echo(f"{outcome.title}. {outcome.say}")
        for reason in assessed.came.reasons:
            click.echo(f"  {reason}")
    if graded is not None and grading is not None:
        _tell_grade(grading, asking.grade_words(graded), graded.raises)
    click.echo(assessed.command or render_text.flag_line(otherwise.level, otherwise.say))
    return 0


# The grade alone ----------------------------------------------------------------------------------


def _grade(protocol: RecoveryProtocol, words: Sequence[str], *, ask: bool, as_json: bool) -> int:
    """Ask for the grade, and tell it with its reasons."""
    given, graded = asking.grading(protocol, words, ask=ask)
    if as_json:
        about = {"grade": graded.grade, "reasons": graded.reasons, "answers": given, "flags": graded.raises}
        print_json({"protocol": protocol.id, **about})
        return 0
    _tell_grade(protocol, asking.grade_words(graded), graded.raises)
    if graded.grade is not None:
        # Without the signs: `start` asks for all of them, and these questions were about a few.
        click.echo(f"recovery start {protocol.id} --grade {graded.grade}")
    return 0


def _tell_grade(protocol: RecoveryProtocol, page: str, raised: Iterable[str]) -> None:
    """Show a page on the grade, and the red flags that the answers have raised."""
    click.echo(page)
    for flag in (each for each in protocol.red_flags if each.id in raised):
        click.echo(render_text.flag_line(flag.level, asking.fill_in(flag.say, None)))
