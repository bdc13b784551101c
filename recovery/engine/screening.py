"""The effect of screening answers on a plan: what a yes leaves out, and what waits for an answer."""

from collections.abc import Iterable

from recovery.engine.episode import Episode
from recovery.protocol.model import (
    AnyActivity,
    Phase,
    ScreenQuestion,
    modalities,
)
from recovery.protocol.terms import MODALITIES
from recovery.values import Value


class LeftOut(Value):
    """The activities that a yes to a question takes out."""

    question: ScreenQuestion
    activities: tuple[AnyActivity, ...]


def guarded(question: ScreenQuestion) -> tuple[str, ...]:
    """The modalities that wait for the answer to a question: all of them where a yes refuses the protocol."""
    return MODALITIES if question.refuses else question.forbids


def open_questions(episode: Episode) -> tuple[ScreenQuestion, ...]:
    """Those that are not answered yet."""
    return tuple(question for question in episode.whole.screen if question.id not in episode.screened)


def forbidden(episode: Episode) -> frozenset[str]:
    """The modalities that a yes forbids."""
    return frozenset(m for q in episode.whole.screen if episode.screened.get(q.id) for m in q.forbids)


def left_out(episode: Episode, phases: Iterable[Phase] | None = None) -> tuple[LeftOut, ...]:
    """List what each yes takes out of the plan as it is pinned; of some of its phases only where these are given."""
    found = []
    among = [a for phase in (episode.whole.phases if phases is None else phases) for a in phase.everything()]
    for question in episode.whole.screen:
        gone = tuple(a for a in among if modalities(a) & {*question.forbids})
        if gone and episode.screened.get(question.id):
            found.append(LeftOut(question, gone))
    return tuple(found)


def left_out_now(episode: Episode) -> tuple[LeftOut, ...]:
    """List what each yes takes out of the current phase."""
    return left_out(episode, [phase for phase in episode.whole.phases if phase.id == episode.phase.id])
