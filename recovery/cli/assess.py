"""`recovery assess`: find the grade by the questions of a protocol. Nothing is kept."""

import sys

import click

from recovery.cli import asking
from recovery.cli.output import styled
from recovery.cli.params import json_option
from recovery.cli.render_json import print_json
from recovery.errors import RecoveryError
from recovery.language import _, current
from recovery.protocol import compiled
from recovery.protocol.library import default_library
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
    from recovery.protocol.reading import read_protocol

    library = default_library()
    known = compiled.in_language(read_protocol(library.find(protocol), library).protocol, current())
    if known.assessment is None:
        raise RecoveryError(_("{protocol} has no questions for a grade", protocol=known.id))
    ask = not as_json and sys.stdin.isatty()
    given, found = asking.grading(
        known.assessment, answers, ask=ask, fill=lambda text: asking.fill_in(text, None)
    )
    flags = [flag for flag in known.red_flags if flag.id in found.raises]
    if as_json:
        told = {"grade": found.grade, "reasons": found.reasons, "answers": given, "flags": found.raises}
        print_json({"protocol": known.id, **told})
        return 0
    click.echo(asking.grade_words(found))
    for flag in flags:
        words = f"{level_words(flag.level, current())}: {asking.fill_in(flag.say, None)}"
        click.echo(styled(words, "bold"))
    # Without the signs: `start` asks for all of them, and these questions were about a few.
    click.echo(f"recovery start {known.id} --grade {found.grade}")
    return 0
