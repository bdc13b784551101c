"""The questions of a check-in: which are open, what cannot go on before they are answered, and answers as typed."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from recovery.engine.cadence import has_come_today
from recovery.engine.episode import ACTIVE, Episode, which
from recovery.engine.gates import Truth, latest, on_the_step, truth
from recovery.engine.reasons import EndOfPhase, NextStep, Sentences, StillNeeded, Text, TodaysExercises
from recovery.engine.screening import open_questions
from recovery.protocol.model import CheckIn, Observation, Treatment, modalities
from recovery.protocol.terms import Condition, comparisons
from recovery.values import Value


class Question(Value):
    """A question of a check-in that nobody has answered since it was asked, though something waits for it."""

    observation: str
    activity: str
    """The check-in that asks it."""
    ask: Text
    waits: tuple[Text, ...]
    """The things that wait for it."""


def still_needed(episode: Episode, now: datetime) -> tuple[Question, ...]:
    """The open questions that something waits for at `now`, each once, in the order in which they are asked.

    An earlier answer that still counts keeps nothing waiting.
    """
    if episode.state != ACTIVE:
        return ()
    if any(question.refuses for question in open_questions(episode)):
        return ()  # it is not known whether any of it is for this person
    asking = {
        name: activity.id
        for activity in episode.phase.activities
        if isinstance(activity, CheckIn)
        for name in _unanswered(episode, activity, now)
    }
    waits: dict[str, list[Text]] = {name: [] for name in asking}
    for waiting, condition, seen in _needing(episode, now) if asking else ():
        if truth(condition, seen, now) is Truth.UNKNOWN:
            for name in _observed(condition) & waits.keys():
                if latest(seen, name, now) is None and waiting not in waits[name]:
                    waits[name].append(waiting)
    known = episode.protocol.observations
    return tuple(
        Question(name, asking[name], episode.text(known[name].ask), tuple(told))
        for name, told in waits.items()
        if told
    )


def _unanswered(episode: Episode, activity: CheckIn, now: datetime) -> tuple[str, ...]:
    """The questions of a check-in that may be open: of one that waits for a reaction what is left of it.

    Of one whose time today has passed in another way all of them: before the phase began, or with the machine off.
    """
    track = episode.track(activity.id)
    if track.is_open:
        return track.unanswered
    return activity.asks if has_come_today(episode, activity, now) else ()


def left_open(
    episode: Episode, at: datetime, now: datetime, others: Sequence[Episode]
) -> tuple[StillNeeded, ...]:
    """Tell what a check-in at `now` leaves open; nothing if `at` is on an earlier day."""
    place = episode.place
    if place.waking_day(at) < place.waking_day(now):
        return ()
    return by_what_waits(still_needed(episode, now), which(episode, others))


def by_what_waits(questions: tuple[Question, ...], which: str = "") -> tuple[StillNeeded, ...]:
    """Put together the open questions for which the same things wait.

    `which` names the episode, where the person has several.
    """
    lots: dict[tuple[Text, ...], list[Question]] = {}
    for question in questions:
        lots.setdefault(question.waits, []).append(question)
    return tuple(
        StillNeeded(
            waiting,
            Sentences(tuple(question.ask for question in lot)),
            f"recovery checkin{which} " + " ".join(f"{question.observation}=…" for question in lot),
        )
        for waiting, lot in lots.items()
    )


def decides_something(episode: Episode, observation: str) -> bool:
    """Tell if an activity, a limit, a step or a gate of the current phase asks for an observation at all."""
    of_ladder = (episode.phase.climb_when, episode.phase.step_back_when) if episode.rung is not None else ()
    decided = [condition for _waiting, condition in _conditions(episode)] + [
        c for c in of_ladder if c is not None
    ]
    return any(observation in _observed(condition) for condition in decided)


def _observed(condition: Condition) -> set[str]:
    return {comparison.subject for comparison in comparisons(condition)}


def _needing(episode: Episode, now: datetime) -> Iterator[tuple[Text, Condition, Episode]]:
    """List what waits for conditions, with the episode as it is seen there: a step counts its own answers only."""
    for waiting, condition in _conditions(episode):
        yield waiting, condition, episode
    phase, step = episode.phase, NextStep()
    seen = on_the_step(episode, now)
    if seen is None:
        return
    here, today = seen
    if phase.step_back_when is not None and episode.stay.rung > 0:
        yield step, phase.step_back_when, here
    if phase.climb_when is not None and episode.stay.rung + 1 < len(phase.ladder):
        yield step, phase.climb_when, today


def _conditions(episode: Episode) -> Iterator[tuple[Text, Condition]]:
    """The conditions of the current phase, with what waits for each; without those of its ladder."""
    phase, following = episode.phase, episode.next_phase
    for activity in episode.phase.activities if episode.stay.phase is not None else ():
        is_exercise = modalities(activity) == {"exercise"}
        title = TodaysExercises() if is_exercise else activity.title
        if activity.only_if is not None:
            yield title, activity.only_if
        for limit in episode.protocol.limits if isinstance(activity, Treatment) else ():
            is_in_force = not limit.during or phase.id in limit.during
            if limit.needs is not None and is_in_force and modalities(activity) & {*limit.of}:
                yield title, limit.needs
    goal = EndOfPhase() if following is None else following.title
    if episode.stay.phase is not None and phase.leave_when is not None:
        yield goal, phase.leave_when
    if following is not None and following.enter_when is not None:
        yield goal, following.enter_when


# Answers as typed -------------------------------------------------------------------------------


def read_answer(typed: str, observation: Observation) -> int | str | None:
    """An answer as typed: a whole number of the scale, the name of one, or a choice. None: not an answer."""
    word = typed.strip().lower()
    if observation.choices:
        return word if word in observation.choices else None
    if word in observation.labels:
        return observation.least + observation.labels.index(word)
    if (
        word.isascii()
        and word.isdigit()
        and len(word) < 6
        and observation.least <= int(word) <= observation.most
    ):
        return int(word)
    return None
