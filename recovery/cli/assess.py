"""`recovery assess`: find the grade by the questions of a protocol. Nothing is kept."""

import sys

import click

from recovery.care.protocols import in_own_words, read_wanted
from recovery.cli import asking
from recovery.cli.output import styled
from recovery.cli.params import json_option
from recovery.cli.render_json import print_json
from recovery.errors import RecoveryError
from recovery.language import _, current
from recovery.words.terms import level_words


@click.command()
@click.argument("answers", nargs=-1, metavar="[ID=yes|no|unsure]...")
@click.option("--protocol", default="strain", show_default=True, help="Whose questions.")
@json_option
def assess(answers: tuple[str, ...], protocol: str, as_json: bool) -> int:
    """Find the grade of a strain by a few questions, and why. Unsure is an answer.

    On a terminal it asks; otherwise give the answers. `recovery start` asks the same where no grade is given.

    \b
    recovery assess
    recovery assess complete-loss=no some-loss=unsure
    """
    own = in_own_words(read_wanted(protocol).protocol)
    if own.assessment is None:
        raise RecoveryError(_("{protocol} has no questions for a grade", protocol=own.id))
    ask = not as_json and sys.stdin.isatty()
    given, graded = asking.grading(
        own.assessment, answers, ask=ask, fill=lambda text: asking.fill_in(text, None)
    )
    if as_json:
        about = {"grade": graded.grade, "reasons": graded.reasons, "answers": given, "flags": graded.raises}
        print_json({"protocol": own.id, **about})
        return 0
    click.echo(asking.grade_words(graded))
    for flag in (each for each in own.red_flags if each.id in graded.raises):
        words = f"{level_words(flag.level, current())}: {asking.fill_in(flag.say, None)}"
        click.echo(styled(words, "bold"))
    # Without the signs: `start` asks for all of them, and these questions were about a few.
    click.echo(f"recovery start {own.id} --grade {graded.grade}")
    return 0
