"""The episodes that an act is for, where several run and nobody names one."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from recovery.engine.acts import (
    Act,
    AnswerCheckIn,
    AnswerScreening,
    ClearFlag,
    OfActivity,
    RaiseFlag,
    Release,
    TickItems,
)
from recovery.engine.episode import Episode
from recovery.engine.judging import judge
from recovery.engine.reasons import Remark
from recovery.engine.turn import Accepted, Refused
from recovery.protocol.model import AnyActivity, Checklist, modalities

Addressed = tuple[tuple[Episode, Act], ...]
"""Episodes, each with the act, or the part of it, that is for it."""


def addressed(act: Act, episodes: Sequence[Episode], now: datetime) -> Addressed | Refused:
    """Find the episodes of a person that an act is for, which nobody has named.

    Answers go to those that ask for them, and a sign to all that know it: they are about the person. All else is for
    the one that accepts it, and refused where two would. Where none does, the first one says why.
    """
    running = [each for each in episodes if not each.is_over] or [*episodes]
    if isinstance(act, AnswerCheckIn | AnswerScreening | TickItems):
        return _those_that_ask(act, running)
    knowing = [each for each in running if _knows(each, act)] or running
    accepting = [each for each in knowing if _would_accept(each, act, episodes, now)]
    if len(accepting) > 1 and not isinstance(act, RaiseFlag | ClearFlag | Release):
        return Refused(Remark("which-episode", names=tuple(each.id for each in accepting)))
    return tuple((each, act) for each in accepting or knowing[:1])


def _those_that_ask(
    act: AnswerCheckIn | AnswerScreening | TickItems, running: Sequence[Episode]
) -> Addressed:
    """The episodes with the answers that they ask for; the first one with all where nobody asks for one of them."""
    parts = [(episode, act.to(_questions(episode, act))) for episode in running]
    heard = {name for _, part in parts for name in part.answers}
    if heard != {*act.answers}:
        return ((running[0], act),)
    return tuple((episode, part) for episode, part in parts if part.answers) or ((running[0], act),)


def _questions(episode: Episode, act: AnswerCheckIn | AnswerScreening | TickItems) -> Iterable[str]:
    match act:
        case AnswerCheckIn():
            return episode.tailored.observations
        case AnswerScreening():
            return (question.id for question in episode.pinned.screen)
        case TickItems():
            lists = (each for each in _activities(episode) if isinstance(each, Checklist))
            return (item.id for each in lists for item in each.items)


def _activities(episode: Episode) -> Iterator[AnyActivity]:
    return (activity for phase in episode.tailored.phases for activity in phase.everything())


def _knows(episode: Episode, act: Act) -> bool:
    """Tell if an episode has what an act names."""
    match act:
        case OfActivity(activity=str(name)):
            return any(name == each.id or name in modalities(each) for each in _activities(episode))
        case RaiseFlag(flag=name):
            return any(name == flag.id for flag in episode.pinned.red_flags)
        case _:
            return True


def _would_accept(episode: Episode, act: Act, episodes: Sequence[Episode], now: datetime) -> bool:
    others = [each for each in episodes if each is not episode]
    return isinstance(judge(episode, now, act, others), Accepted)
