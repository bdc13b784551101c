"""The course so far of somebody who starts late: how it was at its worst, and how it is now."""

from collections.abc import Mapping, Sequence

import click

from recovery.errors import UsageError
from recovery.language import _
from recovery.protocol.model import CheckIn, Observation, RecoveryProtocol
from recovery.words.typed import expected_instead, observation_id, refuse_unknown, split_words, wrong_answer


def course_so_far(
    protocol: RecoveryProtocol, worst_words: Sequence[str], now_words: Sequence[str], *, ask: bool
) -> tuple[dict[str, str], dict[str, str]]:
    """Read or ask how it was at its worst since the injury, and is now: answers as typed, by observation.

    Raises `UsageError`.
    """
    observations = protocol.observations
    if worst_words and "onset" not in protocol.inputs:
        raise UsageError(
            _("{protocol} knows no injury, so --worst has no time", protocol=protocol.id),
            _("tell how it is: --now"),
        )
    worst = _observed(observations, worst_words, "--worst")
    now = _observed(observations, now_words, "--now")
    if not ask or worst or now:
        return worst, now
    click.echo(_("How has it been since then? At its worst so far, and now."))
    checks = [each for each in protocol.phases[0].activities if isinstance(each, CheckIn)]
    for name in dict.fromkeys(name for check in checks for name in check.asks):
        about = observations[name]
        title, expected = about.title[:1].upper() + about.title[1:], expected_instead("", about)
        worst[name] = _asked(
            about, _("{title}, at its worst so far ({expected})", title=title, expected=expected)
        )
        now[name] = _asked(about, _("{title} now ({expected})", title=title, expected=expected))
    return worst, now


def _asked(observation: Observation, question: str) -> str:
    def read(typed: str) -> str:
        if wrong := wrong_answer(typed, observation):
            raise click.UsageError(wrong)
        return typed

    return str(click.prompt(question, value_proc=read))


def _observed(observations: Mapping[str, Observation], words: Sequence[str], option: str) -> dict[str, str]:
    """Answers such as `pain=7,swelling=2`, by observation."""
    given: dict[str, str] = {}
    for word in split_words(words):
        named, equals, typed = word.partition("=")
        name = observation_id(named, observations)
        refuse_unknown([name], observations, option)
        wrong = (
            wrong_answer(typed, observations[name]) if equals else _("{word!r} is not an answer", word=word)
        )
        if not wrong and name in given:
            wrong = _("{name} is answered twice", name=name)
        if wrong:
            raise UsageError(
                f"{option}: {wrong}",
                _("write for instance: {words}", words="--worst pain=7,swelling=2 --now pain=3,swelling=0"),
            )
        given[name] = typed
    return given
