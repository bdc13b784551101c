"""Conditions in three values, and gates: may a phase be left, and why not.

What is not known, or was known too long ago, is *unknown*; unknown never opens a gate and is never the same
as false.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from enum import Enum

from recovery.engine.episode import (
    MOMENT,
    Alert,
    Answer,
    Episode,
    emergency_among,
    naming_option,
    open_signs,
    took_place,
)
from recovery.engine.reasons import (
    Answers,
    AnswerTo,
    DayOnLastStep,
    DayOnStep,
    FlagStands,
    FlagToClear,
    GoesOnUntilStopped,
    LastStep,
    LastTold,
    Measured,
    Met,
    NoFlagStands,
    NotKnown,
    NotToldYet,
    NotYet,
    OnStep,
    SignToAnswer,
    SomebodyStops,
    Statement,
    Text,
    TimeLeft,
    TimeOnLastStep,
    TimeOnStep,
    TimeSince,
    ToldOnce,
    UsuallyHealed,
    WaitsForRelease,
)
from recovery.protocol.model import CheckIn, Observation, Phase, RedFlag, Rung
from recovery.protocol.terms import (
    GRADES,
    LONGEST_LENGTH,
    ORIGINS,
    TESTS,
    After,
    All,
    AnyOf,
    Comparison,
    Condition,
    Duration,
    Not,
    comparisons,
    parts_of,
)
from recovery.values import Value, replace


class Truth(Enum):
    YES = "met"
    NO = "not met"
    UNKNOWN = "unknown"

    def __invert__(self) -> "Truth":
        if self is Truth.UNKNOWN:
            return self
        return Truth.NO if self is Truth.YES else Truth.YES


class Need(Value):
    """One thing that a gate asks for, what is known of it, and whether it is met."""

    condition: Text
    state: Truth
    value: Text = ""
    """What is known of it; "" where there is nothing more to say."""
    is_passable: bool = False
    """Somebody's word may stand in for it, where the file lets it: never for time, nor for a red flag."""
    met_at: datetime | None = None
    """The instant at which time alone meets it."""


class Passed(Value):
    """The gate is open."""

    needs: tuple[Need, ...]

    @property
    def reasons(self) -> tuple[Text, ...]:
        return open_reasons(self.needs)


class Held(Value):
    """The gate is shut, by those of its needs that are not met."""

    needs: tuple[Need, ...]

    @property
    def unmet(self) -> tuple[Need, ...]:
        return tuple(need for need in self.needs if need.state is not Truth.YES)

    @property
    def reasons(self) -> tuple[Statement, ...]:
        return tuple(unmet_reason(need) for need in self.unmet)

    @property
    def is_decided(self) -> bool:
        """True if everything it asks for is known."""
        return all(need.state is not Truth.UNKNOWN for need in self.unmet)


def latest(episode: Episode, observation: str, now: datetime) -> Answer | None:
    """The last answer given for `now`, if it is still fresh."""
    asked = episode.tailored.observations.get(observation)
    given = episode.answers.get(observation, ())
    index = _index_of_latest(given, now)
    if index < 0 or asked is None or episode.place.after(given[index].seen_at(now), asked.fresh) <= now:
        return None
    if given[index].at < episode.onset:
        return None  # of an earlier injury
    stay = episode.phase_stay
    if stay.asks_anew and given[index].at < stay.sessions_since.get(observation, stay.entered_at):
        return None
    return given[index]


def _index_of_latest(given: tuple[Answer, ...], now: datetime) -> int:
    """Find the index of the last answer for `now` among all of them; -1: there is none."""
    index = len(given) - 1
    while index >= 0 and given[index].seen_at(now) > now:
        index -= 1
    return index


def truth(condition: Condition, episode: Episode, now: datetime) -> Truth:
    """Tell if a condition is true of an episode at an instant."""
    return together(condition, lambda each: _compare(each, episode, now))


def together(condition: Condition, single: Callable[[Comparison], Truth]) -> Truth:
    """Put the truths of single comparisons together to that of a condition."""
    match condition:
        case Comparison():
            return single(condition)
        case All(parts) | AnyOf(parts):
            decisive = Truth.NO if isinstance(condition, All) else Truth.YES
            state = ~decisive
            for part in parts:  # a part that decides leaves nothing to ask
                match together(part, single):
                    case Truth.UNKNOWN:
                        state = Truth.UNKNOWN
                    case other if other is decisive:
                        return decisive
            return state
        case Not(part):
            return ~together(part, single)


def _compare(comparison: Comparison, episode: Episode, now: datetime) -> Truth:
    subject, value = comparison.subject, comparison.value
    if subject in ORIGINS:
        assert isinstance(value, Duration)
        return _truth(TESTS[comparison.test](now, _moment(comparison, value, episode)))
    if subject not in episode.tailored.observations:
        given = _given(episode, subject)
        return Truth.UNKNOWN if given is None else _truth(TESTS[comparison.test](given, value))
    answer = latest(episode, subject, now)
    if answer is None:
        return Truth.UNKNOWN
    observation = episode.tailored.observations[subject]
    if comparison.test in TESTS:
        return _truth(TESTS[comparison.test](answer.value, value))
    return _trend(comparison, observation, episode, now)


def _moment(comparison: Comparison, length: Duration, episode: Episode) -> datetime:
    """Compute when a comparison with a time changes: what waits for it waits by both clocks."""
    if comparison.test in (">=", ">"):
        return episode.reached(comparison.subject, length)
    return episode.place.after(episode.origin(comparison.subject), length)


def _given(episode: Episode, subject: str) -> str | None:
    """Look up a word given at the start: the grade, the side, an option, a screening answer."""
    if subject in ("grade", "side"):
        return episode.grade if subject == "grade" else episode.side
    if subject in episode.screened:
        return episode.screening(subject)
    return episode.options.get(subject)


def _truth(result: object) -> Truth:
    return Truth.YES if result else Truth.NO


def _trend(test: Comparison, observation: Observation, episode: Episode, now: datetime) -> Truth:
    """Compare the latest answer with the answer that it is measured against; unknown where there is no other."""
    given = _since_injury(episode, observation.id, now)
    reference = _reference(test.reference, given, observation, episode)
    if reference is None:
        return Truth.UNKNOWN
    before, last = rank(observation, reference.value), rank(observation, given[-1].value)
    if test.reference == "second-last":
        between = rank(observation, given[-2].value)
        goes_on = between > before if test.test in ("rising", "rise") else between < before
        if not goes_on:
            return Truth.NO
    match test.test, test.value:
        case "falling", _:
            return _truth(last < before)
        case "rising", _:
            return _truth(last > before)
        case "drop", float(least):
            return _truth(before - last >= least)
        case "rise", float(least):
            return _truth(last - before >= least)
    raise AssertionError(f"no such trend: {test}")


def _since_injury(episode: Episode, observation: str, now: datetime) -> tuple[Answer, ...]:
    """The answers given for a time from the injury to `now`: those before it are of an earlier one."""
    given = episode.answers.get(observation, ())
    first = bisect_left(given, episode.onset, key=lambda answer: answer.at)
    return given[first : _index_of_latest(given, now) + 1]


def _reference(
    name: str, given: tuple[Answer, ...], observation: Observation, episode: Episode
) -> Answer | None:
    """The answer that the latest one is measured against; None: there is none but itself."""
    earlier = given[:-1]
    if not earlier:
        return None
    if name == "first":
        return earlier[0]
    if name == "last":
        return earlier[-1]
    if name == "second-last":
        return earlier[-2] if len(earlier) > 1 else None
    if name == "worst":
        # Of equal ones the latest.
        worst = max if observation.better == "lower" else min
        return worst(reversed(earlier), key=lambda answer: rank(observation, answer.value))
    before = [answer for answer in earlier if answer.at <= episode.phase_stay.entered_at]
    return before[-1] if before else earlier[0]


def rank(observation: Observation, value: int | str) -> int:
    """An answer as a number: its index among the choices, or itself."""
    return value if isinstance(value, int) else observation.choices.index(value)


# Gates ------------------------------------------------------------------------------------------


def gate(episode: Episode, now: datetime) -> Passed | Held:
    """Tell if the current phase may be left for the next one (or, before the first phase, entered)."""
    needs = gate_needs(episode, now)
    return Passed(needs) if all(need.state is Truth.YES for need in needs) else Held(needs)


def is_held_by_time(episode: Episode, now: datetime) -> bool:
    """Tell if the least time of the current phase alone holds it, well before its most: `gate` need not be asked.

    A plan of the days to come asks at each of its moments, and most of what a gate costs is to say why.
    """
    phase, opens, late = episode.phase_stay.phase, opens_at(episode), deadline(episode)
    if phase is None or opens is None or (late is not None and late <= now):
        return False
    return opens > now and opens > episode.origin(phase.zero)


def need_moments(needs: Iterable[Need], episode: Episode) -> Iterator[datetime]:
    """The instants at which time alone may change what is known of needs."""
    for need in needs:
        if need.met_at is not None:
            yield need.met_at
        elif isinstance(need.condition, Condition):
            yield from condition_moments(need.condition, episode)


def open_reasons(needs: Iterable[Need]) -> tuple[Text, ...]:
    """List the needs of an open gate, as reasons for the record."""
    return tuple(Met(need.condition, need.value) if need.value else need.condition for need in needs)


def unmet_reason(need: Need) -> Statement:
    """Give the reason that a need is not met, or that it is not known whether it is."""
    return NotKnown(need.condition) if need.state is Truth.UNKNOWN else NotYet(need.condition)


def gate_needs(episode: Episode, now: datetime, others: Sequence[Episode] = ()) -> tuple[Need, ...]:
    """List the needs of the way out of the current phase, in the order of the file, nothing twice.

    With `others`, the person's other episodes, commands in it say which one is meant.
    """
    return tuple({need.condition: need for need in _gate_needs(episode, now, others)}.values())


def clearing(episode: Episode, alert: Alert, others: Sequence[Episode]) -> str:
    """The command that says what became of a red flag."""
    which = naming_option(episode, others)
    if alert.waits_for_release:
        return releasing(alert.name, which)
    return f'recovery flag clear {alert.name} --because "…"{which}'


def releasing(name: str, which: str = "") -> str:
    """The command that records a professional's release; `which` is the option that names the episode."""
    return f'recovery release {name} --by "…" --on DATE{which}'


def signs_to_answer(
    episode: Episode, now: datetime, others: Sequence[Episode] = ()
) -> tuple[SignToAnswer, ...]:
    """Ask about each sign that has come to be asked since the start, and that nobody has answered."""
    which = naming_option(episode, others)
    return tuple(sign_to_answer(episode, flag, which) for flag in open_signs(episode, now, others))


def sign_to_answer(episode: Episode, flag: RedFlag, which: str = "") -> SignToAnswer:
    """Ask about a sign; `which` is the option that names the episode."""
    if_so = f"recovery flag {flag.id}{which}"
    if_not = f'recovery flag clear {flag.id} --because "…"{which}'
    return SignToAnswer(episode.text(flag.ask), if_so, if_not)


def flag_stands(
    episode: Episode, alert: Alert, others: Sequence[Episode] = ()
) -> FlagStands | WaitsForRelease:
    """Give the reason that a red flag of an episode is in the way, and what ends it."""
    reason = WaitsForRelease if alert.waits_for_release else FlagStands
    return reason(alert.reason, clearing(episode, alert, others))


def emergency_stands(episode: Episode, others: Sequence[Episode]) -> Statement | None:
    """Give the reason that an emergency is in the way, in whichever of a person's episodes; None: none stands."""
    emergency = emergency_among((episode, *others))
    if emergency is None:
        return None
    owner, alert = emergency
    return flag_stands(owner, alert, [each for each in (episode, *others) if each is not owner])


def _gate_needs(episode: Episode, now: datetime, others: Sequence[Episode]) -> Iterator[Need]:
    phase, following = episode.phase_stay.phase, episode.next_phase
    for alert in standing(episode) if phase is not None or episode.following > 0 else ():
        command = clearing(episode, alert, others)
        yield Need(NoFlagStands(), Truth.NO, FlagToClear(alert.reason, command))
    if phase is not None and phase.is_endless:
        yield Need(SomebodyStops(), Truth.NO, GoesOnUntilStopped())
        return
    if phase is not None:
        if phase.ladder:
            yield from _rung_needs(episode, phase, now)
        opens = opens_at(episode)
        assert opens is not None
        if opens > episode.origin(phase.zero):
            length = episode.tailored.length(phase.least, episode.grade)
            yield _time_need(TimeSince(phase.zero, length), opens, now)
        if phase.leave_when is not None:
            yield from _condition_needs(phase.leave_when, episode, now)
    if following is not None and following.enter_when is not None:
        yield from _condition_needs(following.enter_when, episode, now)
    healing = episode.tailored.healing
    if following is None and healing is not None and phase is not None:
        earliest, _ = healing_range(episode)
        yield _time_need(UsuallyHealed(episode.grade), earliest, now)


def step_needs(episode: Episode, now: datetime) -> tuple[Need, ...]:
    """List the needs of the next step of the ladder: its time, and the conditions of the way up."""
    phase, rung = episode.phase, episode.rung
    assert rung is not None
    least = rung_length(episode, rung)
    time_on_step = DayOnStep() if least == Duration() else TimeOnStep(least)
    needs = [_time_need(time_on_step, climbs_at(episode), now)]
    seen = on_the_step(episode, now)
    if phase.climb_when is not None and seen is not None:
        _here, today = seen
        needs += _condition_needs(phase.climb_when, today, now)
    return tuple(needs)


def rung_length(episode: Episode, rung: Rung) -> Duration:
    """The least time on a step, for the person's grade."""
    return episode.tailored.length(rung.least, episode.grade)


def pressing(episode: Episode) -> tuple[Alert, ...]:
    """The red flags that stand and are urgent, whether or not they stop anything: meanwhile no word passes a gate."""
    return tuple(
        alert
        for alert in episode.alerts.values()
        if alert.id.startswith("flag/") and alert.level != "routine"
    )


def standing(episode: Episode) -> tuple[Alert, ...]:
    """The red flags that stop something and wait for somebody to look: meanwhile it goes no further."""
    return tuple(
        alert
        for alert in episode.alerts.values()
        if alert.suspends and (alert.level != "routine" or alert.waits_for_release)
    )


def _rung_needs(episode: Episode, phase: Phase, now: datetime) -> Iterator[Need]:
    """Ask for the last step of the ladder, and for its time: a day at least, as each step."""
    at, steps = episode.phase_stay.rung + 1, len(phase.ladder)
    last = phase.ladder[-1]
    where = OnStep(at, steps, phase.ladder[at - 1].title)
    yield Need(LastStep(last.title), _truth(at == steps), where)
    least = episode.tailored.length(last.least, episode.grade)
    if at == steps and (least != Duration() or episode.phase_stay.stepped_at is not None):
        time_on_step = DayOnLastStep() if least == Duration() else TimeOnLastStep(least)
        yield _time_need(time_on_step, climbs_at(episode), now)


def _time_need(condition: Statement, instant: datetime, now: datetime) -> Need:
    if instant <= now:
        return Need(condition, Truth.YES)
    return Need(condition, Truth.NO, TimeLeft(instant - now, instant), met_at=instant)


def _condition_needs(condition: Condition, episode: Episode, now: datetime) -> Iterator[Need]:
    for part in parts_of(condition):
        if isinstance(part, All):
            yield from _condition_needs(part, episode, now)
            continue
        if isinstance(part, Comparison) and (length := part.awaited) is not None:
            yield _time_need(TimeSince(part.subject, length), _moment(part, length, episode), now)
            continue
        looks_at_time = any(comparison.subject in ORIGINS for comparison in comparisons(part))
        answers = _answers(part, episode, now)
        yield Need(part, truth(part, episode, now), answers, is_passable=not looks_at_time)


def _answers(condition: Condition, episode: Episode, now: datetime) -> Text:
    """List the answers to the subjects of a condition: `pain 4, first 6`."""
    answers: dict[str, Statement] = {}
    for comparison in comparisons(condition):
        name = comparison.subject
        if name in episode.tailored.observations and name not in answers:
            asked = episode.tailored.observations[name]
            answers[name] = AnswerTo(asked.name, _answer(episode, comparison, now))
    return Answers(tuple(answers.values())) if answers else ""


def _answer(episode: Episode, comparison: Comparison, now: datetime) -> Text:
    name = comparison.subject
    answer, given = latest(episode, name, now), episode.answers.get(name, ())
    if answer is None:
        if not given:
            return NotToldYet()
        return LastTold(now - given[-1].seen_at(now))
    observation = episode.tailored.observations[name]
    if comparison.test in TESTS:
        return observation.answer(answer.value)
    # One way of measuring is shown, whatever others the condition has: the usual one.
    reference = comparison.reference
    compared = _reference(reference, _since_injury(episode, name, now), observation, episode)
    if compared is None:
        return ToldOnce(observation.answer(answer.value))
    return Measured(observation.answer(answer.value), reference, observation.answer(compared.value))


# Times that a gate knows -----------------------------------------------------------------------


def opens_at(episode: Episode) -> datetime | None:
    """The earliest time at which the current phase may be left; None before the first phase."""
    phase = episode.phase_stay.phase
    if phase is None:
        return None
    return episode.reached(phase.zero, episode.tailored.length(phase.least, episode.grade))


def climbs_at(episode: Episode) -> datetime:
    """Compute when the current step has had its time, and a day has passed: on one day there is one step."""
    rung, place = episode.rung, episode.place
    assert rung is not None
    had_time = place.after(episode.stepped_at, rung_length(episode, rung))
    morning = place.window(place.day_after(place.waking_day(episode.stepped_at)))[0]
    return max(had_time, morning) + episode.not_passed(episode.stepped_at)


def on_the_step(episode: Episode, now: datetime) -> tuple[Episode, Episode] | None:
    """The episode with only the answers given on its step, and with only today's of those.

    What is asked about sessions is today's as long as it is about the last of them.
    None without a ladder, and on the first day of a step: it decides nothing.
    """
    place, day = episode.place, episode.place.waking_day(now)
    if episode.rung is None or place.waking_day(episode.stepped_at) >= day:
        return None
    anew = replace(episode.phase_stay, entered_at=episode.stepped_at + MOMENT, asks_anew=True)
    since_bedtime = replace(
        anew,
        entered_at=place.window(day - timedelta(days=1))[1],
        sessions_since=_last_sessions(episode, anew.entered_at),
    )
    return replace(episode, phase_stay=anew), replace(episode, phase_stay=since_bedtime)


def _last_sessions(episode: Episode, since: datetime) -> dict[str, datetime]:
    """Find of each observation that is asked about sessions when the last of these began; `since` without one."""
    begins: dict[str, datetime] = {}
    for activity in episode.phase.activities:
        if isinstance(activity, CheckIn) and isinstance(activity.cadence, After):
            about = activity.cadence.activities
            began = (t.began_at for t in episode.ledger if t.activity in about and took_place(t))
            last = max([since, *began])
            begins |= {name: max(last, begins.get(name, since)) for name in activity.asks}
    return begins


def deadline(episode: Episode) -> datetime | None:
    """Compute when the current phase has lasted as long as it should; None where it has no most."""
    phase = episode.phase_stay.phase
    if phase is None or phase.most is None:
        return None
    return episode.reached(phase.zero, episode.tailored.length(phase.most, episode.grade))


def way_back_ends(episode: Episode, phase_id: str) -> datetime | None:
    """Compute when a phase that counts from the injury or the start is over its time: no way leads back to it then."""
    for phase in episode.tailored.phases:
        if phase.id == phase_id and phase.most is not None and phase.zero != "phase":
            most = episode.tailored.length(phase.most, episode.grade)
            return episode.place.after(episode.origin(phase.zero), most)
    return None


def healing_range(episode: Episode) -> tuple[datetime, datetime]:
    """The usual healing time of the episode's grade, earliest and latest.

    Raises `ValueError` where the protocol has none.
    """
    healing = episode.tailored.healing
    if healing is None:
        raise ValueError(f"{episode.tailored.id} tells no healing time")
    row = episode.tailored.tables[healing.table].rows[episode.grade or GRADES[1]]
    return episode.reached(healing.zero, row.least), episode.reached(healing.zero, row.most)


def binds_until(episode: Episode) -> datetime | None:
    """Until when what waits for a release binds past the end: the usual healing, else the longest length of a file."""
    if not episode.waiting:
        return None
    if episode.tailored.healing is None:
        return episode.place.after(episode.onset, LONGEST_LENGTH)
    return healing_range(episode)[1]


def condition_moments(condition: Condition | None, episode: Episode) -> Iterator[datetime]:
    """The instants at which a condition may change by the mere passing of time (freshness aside)."""
    if condition is None:
        return  # most limits have none, and a plan of days to come asks often
    for comparison in comparisons(condition):
        if comparison.subject in ORIGINS and isinstance(comparison.value, Duration):
            yield _moment(comparison, comparison.value, episode)
