"""The questions that a person is asked: at check-ins, at the screening, and to grade the injury themselves."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime

from recovery.engine.cadence import has_come_today
from recovery.engine.episode import ACTIVE, Episode, emergency_among, naming_option
from recovery.engine.facts import Screened, Word
from recovery.engine.gates import Truth, latest, on_the_step, together, truth
from recovery.engine.reasons import (
    EndOfPhase,
    NextStep,
    QuestionAnswered,
    Remark,
    Sentences,
    StillNeeded,
    Text,
    TodaysExercises,
    Unsure,
)
from recovery.protocol.model import (
    AnyActivity,
    Assessment,
    CheckIn,
    DoorOutcome,
    FrontDoor,
    GuidedTest,
    Observation,
    Phase,
    ScreenQuestion,
    Treatment,
    modalities,
)
from recovery.protocol.terms import (
    AGREED,
    GRADES,
    MODALITIES,
    SCREENING_ANSWERS,
    TESTS,
    After,
    Comparison,
    Condition,
    comparisons,
    is_name,
)
from recovery.values import Value

# Check-ins --------------------------------------------------------------------------------------


class Question(Value):
    """A question of a check-in that nobody has answered since it was asked, though something waits for it."""

    observation: str
    activity: str
    """The check-in that asks it."""
    ask: Text
    waits: tuple[Text, ...]
    """The things that wait for it."""
    is_test: bool = False


def still_needed(episode: Episode, now: datetime, others: Sequence[Episode] = ()) -> tuple[Question, ...]:
    """The open questions that something waits for at `now`, each once, in the order in which they are asked.

    An earlier answer that still counts keeps nothing waiting. In an emergency nothing is asked.
    """
    if episode.state != ACTIVE or emergency_among((episode, *others)) is not None:
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
    observations = episode.tailored.observations
    return tuple(
        Question(
            name,
            asking[name],
            episode.text(observations[name].ask),
            tuple(things),
            observations[name].test is not None,
        )
        for name, things in waits.items()
        if things
    )


def _unanswered(episode: Episode, activity: CheckIn, now: datetime) -> tuple[str, ...]:
    """The questions of a check-in that may be open: of one that waits for a reaction what is left of it.

    Of one whose time today has passed in another way all of them: before the phase began, or with the machine off.
    """
    track = episode.track(activity.id)
    if track.is_open:
        return track.unanswered
    return activity.asks if has_come_today(episode, activity, now) else ()


def asked_now(episode: Episode, *, tests: bool = False) -> tuple[str, ...]:
    """List what the check-ins of the current phase ask for, each once; of a session only while that is open.

    With `tests` those that are measured, else those that are answered.
    """
    asked: dict[str, None] = {}
    for activity in episode.phase.activities:
        if isinstance(activity, CheckIn):
            about_session = isinstance(activity.cadence, After)
            asked |= dict.fromkeys(_open_about_session(episode, activity) if about_session else activity.asks)
    observations = episode.tailored.observations
    return tuple(name for name in asked if (observations[name].test is not None) is tests)


def asked_about_session(episode: Episode) -> tuple[str, ...]:
    """List the open questions about the last session."""
    follow_ups = (each for each in episode.phase.activities if isinstance(each, CheckIn))
    about = (each for each in follow_ups if isinstance(each.cadence, After))
    return tuple(dict.fromkeys(name for each in about for name in _open_about_session(episode, each)))


def _open_about_session(episode: Episode, activity: CheckIn) -> tuple[str, ...]:
    track = episode.track(activity.id)
    return track.unanswered if track.is_open else ()


def left_open(
    episode: Episode, at: datetime, now: datetime, others: Sequence[Episode]
) -> tuple[StillNeeded, ...]:
    """Tell what a check-in at `now` leaves open; nothing if `at` is on an earlier day."""
    place = episode.place
    if place.waking_day(at) < place.waking_day(now):
        return ()
    return by_what_waits(still_needed(episode, now, others), naming_option(episode, others))


def by_what_waits(questions: tuple[Question, ...], which: str = "") -> tuple[StillNeeded, ...]:
    """Put together the open questions for which the same things wait.

    `which` names the episode, where the person has several.
    """
    lots: dict[tuple[bool, tuple[Text, ...]], list[Question]] = {}
    for question in questions:
        lots.setdefault((question.is_test, question.waits), []).append(question)
    return tuple(
        StillNeeded(
            waiting,
            Sentences(tuple(question.ask for question in lot)),
            f"recovery test{which}"
            if is_test
            else f"recovery checkin{which} " + " ".join(f"{question.observation}=…" for question in lot),
        )
        for (is_test, waiting), lot in lots.items()
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
    if phase.step_back_when is not None and episode.phase_stay.rung > 0:
        yield step, phase.step_back_when, here
    if phase.climb_when is not None and episode.phase_stay.rung + 1 < len(phase.ladder):
        yield step, phase.climb_when, today


def _conditions(episode: Episode) -> Iterator[tuple[Text, Condition]]:
    """The conditions of the current phase, with what waits for each; without those of its ladder."""
    phase, following = episode.phase, episode.next_phase
    for activity in episode.phase.activities if episode.phase_stay.phase is not None else ():
        is_exercise = modalities(activity) == {"exercise"}
        title = TodaysExercises() if is_exercise else activity.title
        if activity.only_if is not None:
            yield title, activity.only_if
        for limit in episode.tailored.limits if isinstance(activity, Treatment) else ():
            is_in_force = not limit.during or phase.id in limit.during
            if limit.needs is not None and is_in_force and modalities(activity) & {*limit.of}:
                yield title, limit.needs
    goal = EndOfPhase() if following is None else following.title
    if episode.phase_stay.phase is not None and phase.leave_when is not None:
        yield goal, phase.leave_when
    if following is not None and following.enter_when is not None:
        yield goal, following.enter_when


def read_answer(typed: str, observation: Observation, side: str | None = None) -> int | str | None:
    """An answer as typed: a whole number of the scale, the name of one, or a choice. None: not an answer.

    A name or a choice is taken in the file's words and in the person's; of a test also what the left and the right side
    did, `25/30`, as a person of that injured `side` means it.
    """
    word = typed.strip().lower()
    if observation.test is not None and (sides := read_sides(word)) is not None:
        return in_percent(observation.test, *sides, side)
    for words in (observation.words, observation.labels or observation.choices):
        spelled = [each.lower() for each in words]
        if word in spelled:
            index = spelled.index(word)
            return observation.choices[index] if observation.choices else observation.least + index
    if (
        word.isascii()
        and word.isdigit()
        and len(word) < 6
        and observation.least <= int(word) <= observation.most
    ):
        return int(word)
    return None


def read_sides(typed: str) -> tuple[int, int] | None:
    """Read the seconds or repetitions of a test, left and right: `25/30`; None: not written so."""
    left, slash, right = typed.partition("/")
    if not slash or not all(each.isascii() and each.isdigit() and len(each) < 5 for each in (left, right)):
        return None
    return int(left), int(right)


def in_percent(test: GuidedTest, left: int, right: int, side: str | None) -> int | None:
    """Compute what the injured side did in percent of the other side, rounded down, 100 at the most.

    Where both are injured the weaker one, in percent of what ends the test. None: the other side did nothing.
    """
    left, right = min(left, test.most), min(right, test.most)
    if side in ("left", "right"):
        injured, whole = (left, right) if side == "left" else (right, left)
    else:
        injured, whole = min(left, right), test.most
    return min(100, 100 * injured // whole) if whole else None


# Screening --------------------------------------------------------------------------------------


class Screening(Value):
    """A question with the activities that a yes to it takes out, or that a professional's word leaves in."""

    question: ScreenQuestion
    activities: tuple[AnyActivity, ...]


def guarded(question: ScreenQuestion) -> tuple[str, ...]:
    """The modalities that wait for the answer to a question: all of them where a yes refuses the protocol."""
    return MODALITIES if question.refuses else question.forbids


def open_questions(episode: Episode) -> tuple[ScreenQuestion, ...]:
    """Those that are not answered yet."""
    return tuple(question for question in episode.pinned.screen if question.id not in episode.screened)


def forbidden(episode: Episode) -> frozenset[str]:
    """The modalities that a yes forbids, to which no professional agreed."""
    return frozenset(m for q in episode.pinned.screen if episode.screening(q.id) == "yes" for m in q.forbids)


def screenings(episode: Episode, answer: str, phases: Iterable[Phase] | None = None) -> tuple[Screening, ...]:
    """List what hangs on each question with that answer in the plan as it is pinned.

    With yes it is left out, with agreed it stays. Of some of its phases only where these are given.
    """
    among = [a for phase in (episode.pinned.phases if phases is None else phases) for a in phase.everything()]
    guarding = (
        Screening(question, tuple(a for a in among if modalities(a) & {*question.forbids}))
        for question in episode.pinned.screen
        if episode.screening(question.id) == answer
    )
    return tuple(each for each in guarding if each.activities)


def screenings_now(episode: Episode, answer: str) -> tuple[Screening, ...]:
    """The same of the current phase alone."""
    return screenings(
        episode, answer, [each for each in episode.pinned.phases if each.id == episode.phase.id]
    )


def with_care(episode: Episode) -> tuple[ScreenQuestion, ...]:
    """The questions with a yes that forbids nothing, and asks for care."""
    return tuple(q for q in episode.pinned.screen if q.level == "care" and episode.screening(q.id) == "yes")


def wrong_screening(
    questions: Iterable[ScreenQuestion], answers: Mapping[str, str], by: str, on: date | None, today: date
) -> Remark | None:
    """Find what is wrong with answers, or with the professional's word behind those that say agreed; None: nothing.

    The word is of the local day `on`, of today without it.
    """
    asked = {question.id: question for question in questions}
    for name, answer in answers.items():
        if name not in asked:
            return Remark("no-such-question", name=name, known=tuple(asked) or Remark("nothing"))
        if answer not in SCREENING_ANSWERS:
            return Remark("no-screening-answer", name=name, typed=answer)
        if answer == AGREED and asked[name].level != "ask":
            return Remark("nothing-to-agree-to", name=name)
    if AGREED not in answers.values():
        return Remark("name-without-agreed") if by or on else None
    if not by:
        return Remark("agreed-without-name")
    if not is_name(by):
        return Remark("no-name", typed=by)
    return Remark("word-of-the-future") if on is not None and on > today else None


def screened(answers: Mapping[str, str], by: str, on: date) -> Screened:
    """Compose what the fact of answers tells; behind those that are agreed stands a word, of a local day."""
    agreed = {name: Word(by=by, on=on) for name, answer in answers.items() if answer == AGREED}
    return Screened(answers={name: answer != "no" for name, answer in answers.items()}, agreed=agreed or None)


# The front door ---------------------------------------------------------------------------------


class Recognised(Value):
    """The outcome that a person's answers speak for, and why."""

    outcome: DoorOutcome | None
    """None: they speak for none of them."""
    reasons: tuple[Text, ...]
    """The answers that speak for it; without an outcome those that were yes."""


def recognised(door: FrontDoor, answers: Mapping[str, str]) -> Recognised:
    """Find the first outcome of which the answers, `yes`, `no` or `unsure`, say surely that it fits."""

    def told(comparison: Comparison) -> Truth:
        answer = answers.get(comparison.subject, UNSURE)
        if answer == UNSURE:
            return Truth.UNKNOWN
        return Truth.YES if TESTS[comparison.test](answer, comparison.value) else Truth.NO

    fits = (each for each in door.outcomes if together(each.when, told) is Truth.YES)
    outcome = next(fits, None)
    speaking = {each.subject for each in comparisons(outcome.when)} if outcome is not None else {*answers}
    given = ((each.ask, answers.get(each.id, UNSURE)) for each in door.questions if each.id in speaking)
    reasons = tuple(QuestionAnswered(answer, ask) for ask, answer in given if answer == "yes")
    return Recognised(outcome, reasons)


# Self-grading -----------------------------------------------------------------------------------

GRADING_ANSWERS = ("yes", "no", "unsure")
UNSURE = "unsure"
"""The grade of somebody who does not know; the protocol says what it counts as."""


class Graded(Value):
    """A grade that a person found, and why."""

    grade: str | None
    """None: nothing was answered that speaks for one."""
    reasons: tuple[Text, ...]
    raises: tuple[str, ...] = ()
    """The red flags that the answers report."""
    is_unsure: bool = False
    """True if no question was answered: the grade is what *unsure* counts as."""


def graded(assessment: Assessment, answers: Mapping[str, str]) -> Graded:
    """The highest grade that an answer speaks for, with reasons; none where all is no, and the file gives none for it.

    Every question has one of `GRADING_ANSWERS`; raises `KeyError`.
    """
    spoken: list[tuple[str, Text]] = []
    for question in assessment.questions:
        answer = answers[question.id]
        grade = {"yes": question.grade, "unsure": assessment.unsure}.get(answer)
        if grade is not None:
            spoken.append((grade, QuestionAnswered(answer, question.ask)))
    raises = tuple(q.raises for q in assessment.questions if q.raises and answers[q.id] == "yes")
    if not spoken:
        return Graded(
            assessment.otherwise or None,
            tuple(QuestionAnswered("no", q.ask) for q in assessment.questions),
            raises,
        )
    highest = max((grade for grade, _reason in spoken), key=GRADES.index)
    return Graded(highest, tuple(reason for grade, reason in spoken if grade == highest), raises)


def graded_unsure(assessment: Assessment) -> Graded:
    """The grade of somebody who does not know."""
    return Graded(assessment.unsure, (Unsure(),), is_unsure=True)
