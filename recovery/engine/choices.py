"""Let a person choose of an activity, within the ranges of its file: how often, how far apart, how long, when.

Without a choice it comes as seldom, and is as short, as the ranges let it. No choice goes beyond a limit.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from recovery.engine import facts as f
from recovery.engine.episode import Episode
from recovery.engine.questions import forbidden
from recovery.engine.reasons import Remark
from recovery.protocol.model import AnyActivity, RecoveryProtocol, Step, Timed, Treatment, modalities
from recovery.protocol.terms import (
    At,
    Duration,
    Every,
    LocalMoment,
    PerDay,
    PerWeek,
    Range,
    may_apply,
    parse_duration,
    parse_time_of_day,
)
from recovery.values import Value, replace

ChosenValue = int | Duration | tuple[LocalMoment, ...]
"""So many times a day, a length, or times of day."""
Choices = Mapping[str, Mapping[str, str]]
"""What was chosen, as it is written: by activity and by what of it, one of `TO_CHOOSE`."""


class Choosable(Value):
    """Something that a person may choose of an activity."""

    activity: Timed
    """As it stands in the file."""
    of: str
    """One of `TO_CHOOSE`."""

    @property
    def usual(self) -> ChosenValue:
        """Say what it is without a choice: the fewest times, the furthest apart, the shortest, the file's times."""
        match self.of, self.activity.cadence:
            case "per_day", PerDay(least=least):
                return least
            case "every", Every(interval):
                return interval.most
            case "at", At(times):
                return times
            case "at", PerWeek(at=moment):
                return (moment,)
        return self._step.duration.least

    @property
    def _step(self) -> Step:
        assert isinstance(self.activity, Treatment)
        return self.activity.steps[0]

    @property
    def bounds(self) -> tuple[int, int] | Range | int:
        """From how many to how many times, from which to which length, or how many times of day."""
        match self.of, self.activity.cadence:
            case "per_day", PerDay(least, most):
                return least, most
            case "every", Every(interval):
                return interval
            case "at", _:
                assert isinstance(self.usual, tuple)
                return len(self.usual)
        return self._step.duration

    @property
    def most(self) -> int:
        """Say how many times a day it may come at the most. Only for `per_day`."""
        assert isinstance(self.activity.cadence, PerDay)
        return self.activity.cadence.most

    @property
    def range(self) -> str:
        """The bounds as a file writes them: `3..6`, `1min..2min`, `2`."""
        match self.bounds:
            case (least, most):
                return f"{least}..{most}"
            case bounds:
                return str(bounds)

    @property
    def said_range(self) -> Remark:
        """Say within which range it may be chosen."""
        match self.bounds:
            case (least, most):
                return Remark("choose-per_day", least=least, most=most)
            case Range(least, most):
                return Remark("choose-lengths", least=least, most=most)
            case 1:
                return Remark("choose-time")
            case count:
                return Remark("choose-times", count=count)

    def takes(self, chosen: ChosenValue) -> bool:
        """Tell if something may be chosen here. Times of day also say how often a day."""
        match self.bounds, chosen:
            case (int(least), int(most)), int(count):
                return least <= count <= most
            case (int(least), int(most)), tuple(times):
                return least <= len({*times}) == len(times) <= most
            case int(count), tuple(times):
                return len({*times}) == len(times) == count
            case Range(least, most), Duration(seconds=seconds):
                return chosen.is_exact and least.seconds <= seconds <= most.seconds
        return False

    def chosen(self, activity: Timed, value: ChosenValue) -> Timed:
        """The activity as it is with that."""
        match self.of, value, activity.cadence:
            case "per_day", int(count), _:
                return replace(activity, cadence=PerDay(count, count))
            case "every", Duration(), _:
                return replace(activity, cadence=Every(Range(value, value)))
            case "at", tuple(times), PerWeek(count=count):
                return replace(activity, cadence=PerWeek(count, times[0]))
            case (("at" | "per_day"), tuple(times), _):
                return replace(activity, cadence=At(times))
            case "duration", Duration(), _:
                step = replace(self._step, duration=Range(value, value))
                return replace(activity, steps=(step,))
        raise ValueError(f"{self.of} of {activity.id} cannot be {value}")


def choosables(protocol: RecoveryProtocol) -> Iterator[Choosable]:
    """List all that may be chosen under a protocol, in the order of its phases."""
    for phase in protocol.phases:
        for activity in phase.everything():
            if isinstance(activity, Timed):
                yield from (Choosable(activity, of) for of in activity.choose)


def choosables_of(episode: Episode) -> tuple[Choosable, ...]:
    """List what the person of an episode may choose: nothing of what is not for them."""
    theirs = {activity.id for phase in episode.tailored.phases for activity in phase.everything()}
    return tuple(each for each in choosables(episode.pinned) if each.activity.id in theirs)


def rounds_left(episode: Episode) -> tuple[Choosable, ...]:
    """List what of the current phase may come more often a day, where the person has not said how often."""
    here = {activity.id for activity in episode.phase.activities}
    return tuple(
        each
        for each in choosables_of(episode)
        if each.of == "per_day" and each.activity.id in here and each.of not in _made(episode, each)
    )


def _made(episode: Episode, choosable: Choosable) -> Mapping[str, str]:
    return episode.choices.get(choosable.activity.id, {})


def with_choices(choices: Choices, more: Iterable[f.Choice]) -> Choices:
    """Put together what was chosen, and what was chosen after it."""
    made = {**choices}
    for each in more:
        made[each.activity] = {**made.get(each.activity, {}), each.key: each.value}
    return made


def as_chosen(activity: AnyActivity, choices: Choices) -> AnyActivity:
    """Give an activity as the person has it: as chosen, or as usual where nothing was chosen that fits."""
    if not isinstance(activity, Timed) or not activity.choose:
        return activity
    made: Timed = activity
    own = choices.get(activity.id, {})
    for of in activity.choose:
        made = Choosable(activity, of).chosen(made, chosen_now(Choosable(activity, of), own.get(of, "")))
    return cast(AnyActivity, made)


def tailor(episode: Episode) -> RecoveryProtocol:
    """The protocol without what is not for this person.

    That is what is for another grade, side, option or screening answer, and what a yes in the screening forbids. What
    they may choose is as they have chosen it.
    """
    pinned = episode.pinned
    given: dict[str, str | None] = {"grade": episode.grade, "side": episode.side, **episode.options}
    given |= {name: episode.screening(name) for name in episode.screened}
    gone = forbidden(episode)

    def fitting(activities: Iterable[AnyActivity]) -> tuple[AnyActivity, ...]:
        theirs = (a for a in activities if may_apply(a.only_if, given) and not gone & modalities(a))
        return tuple(as_chosen(activity, episode.choices) for activity in theirs)

    phases = tuple(
        replace(
            phase,
            activities=fitting(phase.activities),
            ladder=tuple(
                replace(rung, activities=fitting(rung.activities))
                for rung in phase.ladder
                if may_apply(rung.only_if, given)
            ),
        )
        for phase in pinned.phases
    )
    return pinned if phases == pinned.phases else replace(pinned, phases=phases)


def chosen_now(choosable: Choosable, written: str) -> ChosenValue:
    """Read what is chosen; what is usual where nothing is, or nothing that the file takes."""
    try:
        chosen = parse(written) if written else choosable.usual
    except ValueError:
        chosen = choosable.usual
    return chosen if choosable.takes(chosen) else choosable.usual


def chosen_text(episode: Episode, choosable: Choosable) -> str:
    """Write what holds for the person of an episode."""
    return written(chosen_now(choosable, _made(episode, choosable).get(choosable.of, "")))


def parse(typed: str) -> ChosenValue:
    """Read `4`, `90s`, or `08:00, wake+2h`. Raises `ValueError`."""
    text = typed.strip().lower()
    if text.isascii() and text.isdigit():
        return int(text[:4])
    if re.match(r"\d{1,2}:|wake|bedtime", text):
        return tuple(parse_time_of_day(part) for part in re.split(r"[\s,]+", text))
    return parse_duration(text)


def written(chosen: ChosenValue) -> str:
    """Write something chosen as a file, a command and the record have it."""
    return ", ".join(map(str, chosen)) if isinstance(chosen, tuple) else str(chosen)


def fitting(choices: Iterable[Choosable], typed: str) -> tuple[Choosable, ChosenValue] | None:
    """Find the first that something typed may be chosen for; None: none."""
    try:
        chosen = parse(typed)
    except ValueError:
        return None
    return next(((each, chosen) for each in choices if each.takes(chosen)), None)
