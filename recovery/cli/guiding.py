"""Tests of what each side can do: `recovery test` guides through them, one side after the other."""

import sys

from recovery.cli.context import looking
from recovery.cli.entering import enter
from recovery.cli.quick import EPISODE, JSON, argument, command, option
from recovery.cli.side_by_side import guided, read_result
from recovery.engine.acts import AnswerCheckIn
from recovery.engine.episode import Episode
from recovery.engine.limits import blocked_test
from recovery.engine.questions import asked_now
from recovery.errors import RecoveryError, UsageError
from recovery.language import _
from recovery.words.reasons import file_text, sentence
from recovery.words.typed import observation_id


@command(
    "test",
    argument("name", "[ID]"),
    option("--left", metavar="RESULT", read=read_result, help="What the left side did: 25s, or 12 times."),
    option("--right", metavar="RESULT", read=read_result, help="What the right side did."),
    EPISODE,
    JSON,
)
def test_command(
    name: str | None, left: int | None, right: int | None, episode: str | None, as_json: bool
) -> int:
    """Test what each side can do; the program works out the injured side in percent of the other one.

    On a terminal it guides through the tests that the phase asks for, one side after the other; otherwise give the
    results of one.

    \b
    recovery test
    recovery test stance --left 25s --right 30s
    recovery test abduction --left 22 --right 30
    """
    is_done = left is not None and right is not None and name is not None
    meant, names = _meant(name, episode, is_done=is_done)
    if left is not None and right is not None and name is not None:
        results = {names[0]: f"{left}/{right}"}
    elif left is not None or right is not None or as_json or not sys.stdin.isatty():
        raise UsageError(
            _("a test has a result for each side"),
            _("write for instance: recovery test {name} --left 25 --right 30", name=names[0]),
        )
    else:
        results = {each: _guided(meant, each) for each in names}
    return enter(meant.id, as_json, AnswerCheckIn(results))


def _guided(episode: Episode, name: str) -> str:
    observation = episode.tailored.observations[name]
    assert observation.test is not None
    return guided(observation, file_text(observation.test.how, episode), episode.side)


def _meant(name: str | None, wanted: str | None, *, is_done: bool) -> tuple[Episode, tuple[str, ...]]:
    """The episode, and the tests that are meant.

    Raises `RecoveryError` where there are none, or none may be now; what `is_done` may be told at any time.
    """
    with looking() as context:
        record, now = context.record, context.now
        testing = [each for each in record.episodes if wanted is None and asked_now(each, tests=True)]
        meant = testing[0] if len(testing) == 1 else record.meant(wanted)
        others = [each for each in record.episodes if each is not meant]
    tests = {id_: each for id_, each in meant.tailored.observations.items() if each.test is not None}
    if not tests:
        raise RecoveryError(_("{protocol} has no tests", protocol=meant.tailored.id))
    named = asked_now(meant, tests=True) if name is None else (observation_id(name, tests),)
    listed = ", ".join(tests)
    if not named:
        raise UsageError(_("the phase asks for no test now"), _("name one: {names}", names=listed))
    if named[0] not in tests:
        raise UsageError(_("there is no test {name!r}", name=named[0]), _("one of {names}", names=listed))
    blocked = blocked_test(meant, now, others)
    if blocked is not None and not is_done:
        reason = sentence(blocked.reason, meant.place, now)
        raise RecoveryError(_("no test now: {reason}", reason=reason))
    return meant, named
