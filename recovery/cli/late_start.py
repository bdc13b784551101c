"""The course so far of somebody who starts late: how it was at its worst, and how it is now."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import click

from recovery.engine.questions import read_answer
from recovery.errors import UsageError
from recovery.language import _
from recovery.protocol.model import CheckIn, Observation, RecoveryProtocol
from recovery.words.typed import refuse_unknown, split_words

_LATE = timedelta(hours=12)
"""Who starts later than this after the injury is asked how it was at its worst, and is now."""


def course_so_far(
    protocol: RecoveryProtocol,
    worst_words: Sequence[str],
    now_words: Sequence[str],
    since: timedelta,
    *,
    ask: bool,
    fill: Callable[[str], str],
) -> tuple[dict[str, str], dict[str, str]]:
    """Read or ask how it was at its worst, and is now, so long `since` the injury. Raises `UsageError`."""
    worst = _observed(protocol, worst_words, "--worst")
    now = _observed(protocol, now_words, "--now")
    if not ask or since <= _LATE or worst or now:
        return worst, now
    click.echo(_("How has it been since then? At its worst so far, and now."))
    checks = [each for each in protocol.phases[0].activities if isinstance(each, CheckIn)]
    for name in dict.fromkeys(name for check in checks for name in check.asks):
        observation = protocol.observations[name]

        def read(typed: str, asked: Observation = observation) -> str:
            answer = read_answer(typed, asked)
            if answer is None:
                raise click.UsageError(_("{typed!r} is no answer", typed=typed))
            return str(answer)

        question = fill(observation.ask)
        worst[name] = click.prompt(_("At its worst: {question}", question=question), value_proc=read)
        now[name] = click.prompt(_("Now: {question}", question=question), value_proc=read)
    return worst, now


def _observed(protocol: RecoveryProtocol, words: Sequence[str], option: str) -> dict[str, str]:
    """Answers such as `pain=7,swelling=2`, by observation. Raises `UsageError`."""
    given: dict[str, str] = {}
    for word in split_words(words):
        name, equals, typed = word.partition("=")
        refuse_unknown([name], protocol.observations, option)
        answer = read_answer(typed, protocol.observations[name])
        if not equals or answer is None:
            raise UsageError(
                _("{option}: {word!r} tells no answer", option=option, word=word),
                _("write for instance: {words}", words="--worst pain=7,swelling=2 --now pain=3,swelling=0"),
            )
        given[name] = str(answer)
    return given
