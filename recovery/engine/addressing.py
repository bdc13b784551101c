"""The episodes that an act is for, where several run and nobody names one."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from recovery.engine.acts import (
    Act,
    AnswerCheckIn,
    AnswerScreening,
    Choose,
    ClearFlag,
    OfActivity,
    OfQuestions,
    RaiseFlag,
    Release,
    ReportHarm,
    StayUp,
)
from recovery.engine.choices import choosables_of
from recovery.engine.episode import Episode
from recovery.engine.judging import judge
from recovery.engine.reasons import Remark
from recovery.engine.turn import Accepted, Refused
from recovery.protocol.model import AnyActivity, Checklist, modalities

Addressed = tuple[tuple[Episode, Act], ...]
"""Episodes, each with the act, or the part of it, that is for it."""

_OF_ALL = RaiseFlag | ClearFlag | Release | StayUp
"""Acts that are about the person: a sign, its end, an evening."""


def addressed(offered: Addressed, now: datetime, others: Sequence[Episode] = ()) -> Addressed | Refused:
    """Find the episodes that an act is for, which nobody has named, of those that it is `offered` to.

    They must have had their turn for `now`; `others` are the person's besides them. Answers go to those that ask for
    them, and a sign or an evening to all that take it: they are about the person. Harm is for the one whose session
    did it. All else is for the one that accepts it, and refused where two would. Where none does, the first says why.
    """
    running = tuple(each for each in offered if not each[0].is_over) or offered
    if isinstance(running[0][1], OfQuestions):
        return _those_that_ask(running)
    knowing = tuple(each for each in running if _knows(*each)) or running
    every = (*(episode for episode, _ in offered), *others)
    accepting = tuple(each for each in knowing if _would_accept(*each, every, now))
    if len(accepting) < 2 or isinstance(accepting[0][1], _OF_ALL):
        return accepting or knowing[:1]
    if isinstance(harm := accepting[0][1], ReportHarm):
        return (min(accepting, key=lambda each: _since_done(each[0], harm, now)),)
    return Refused(Remark("which-episode", names=tuple(episode.id for episode, _ in accepting)))


def _those_that_ask(running: Addressed) -> Addressed:
    """The episodes with the answers that they ask for; the first one with all where nobody asks for one of them."""
    parts = [
        (episode, act, act.to(_questions(episode, act)))
        for episode, act in running
        if isinstance(act, OfQuestions)
    ]
    asked_by_none = set.intersection(*({*act.answers} - {*part.answers} for _, act, part in parts))
    asked = tuple((episode, part) for episode, _, part in parts if part.answers)
    return running[:1] if asked_by_none or not asked else asked


def _questions(episode: Episode, act: OfQuestions) -> Iterable[str]:
    match act:
        case AnswerCheckIn():
            return episode.tailored.observations
        case AnswerScreening():
            return (question.id for question in episode.pinned.screen)
        case _:
            lists = (each for each in _activities(episode) if isinstance(each, Checklist))
            return (item.id for each in lists for item in each.items)


def _activities(episode: Episode) -> Iterator[AnyActivity]:
    return (activity for phase in episode.tailored.phases for activity in phase.everything())


def _knows(episode: Episode, act: Act) -> bool:
    """Tell if an episode has what an act names."""
    match act:
        case Choose(activity=name):
            return any(name == each.activity.id for each in choosables_of(episode))
        case OfActivity(activity=str(name)):
            return any(name == each.id or name in modalities(each) for each in _activities(episode))
        case RaiseFlag(flag=name):
            return any(name == flag.id for flag in episode.pinned.red_flags)
        case _:
            return True


def _would_accept(episode: Episode, act: Act, every: Sequence[Episode], now: datetime) -> bool:
    return isinstance(judge(episode, now, act, [each for each in every if each is not episode]), Accepted)


def _since_done(episode: Episode, act: ReportHarm, now: datetime) -> timedelta:
    """The time since a session of an episode that can do this harm was on."""
    flags = [flag for flag in episode.pinned.red_flags if act.what in ("", flag.id)]
    harming = {modality for flag in flags for modality in flag.harm}
    sessions = [each for each in episode.ledger if each.modality in harming]
    return min((now - (each.ended_at or now) for each in sessions), default=timedelta.max)
