"""The questions to a person before a start: options, grade, screening questions, red flags.

On a terminal they are asked; otherwise they come as words of the command line, and what is left open is an error
that lists it.
"""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from functools import partial
from pathlib import Path
from typing import Any

import click

from recovery import clock
from recovery.care import start
from recovery.cli import params
from recovery.cli.choosing import (
    choices_of,
    choices_of_made_up,
    options,
    options_of_made_up,
    rounds,
    those_that_ask,
)
from recovery.cli.late_start import course_so_far
from recovery.cli.quick import TypedTime
from recovery.engine.episode import Episode, signs_asked
from recovery.engine.questions import (
    GRADING_ANSWERS,
    UNSURE,
    Graded,
    Recognised,
    graded,
    graded_unsure,
    recognised,
    wrong_screening,
)
from recovery.engine.times import Place
from recovery.errors import RecoveryError, UsageError
from recovery.language import _, current
from recovery.protocol.model import (
    FrontDoor,
    GradeQuestion,
    RecoveryProtocol,
    RedFlag,
    ScreenQuestion,
)
from recovery.settings import read_settings
from recovery.values import Value, replace
from recovery.words.reasons import timeless
from recovery.words.terms import filled, level_words
from recovery.words.typed import (
    LATER,
    NONE,
    canonical,
    read_pairs,
    read_screening,
    refuse_unknown,
    split_words,
)

_UNSURE_COUNTS_AS = "II"
"""The grade of somebody unsure where the protocol has no questions for one: the middle one."""

_AGREED_AS = '--screen diabetes=agreed --by "Dr. Meyer" --on 2026-12-01'

_EXAMPLES = {"onset": '--onset "yesterday 18:00"', "grade": "--grade 2 (or unsure)", "side": "--side left"}


class StartWords(Value):
    """The words of the command line about the person."""

    onset: str | None = None
    grade: str | None = None
    side: str | None = None
    screen: tuple[str, ...] = ()
    screen_later: bool = False
    by: str = ""
    on: date | None = None
    signs: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    worst: tuple[str, ...] = ()
    now: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    no_signs: tuple[str, ...] = ()
    """Signs of an emergency that were asked about already: there is none of these."""
    grading: tuple[str, ...] = ()
    """Answers to the questions for a grade that were given already, each as ID=ANSWER."""


class PlaceWords(Value):
    """The words of the command line about where a person is, and when; None for what the settings say."""

    timezone: str | None
    wake: time | None
    bedtime: time | None
    work: tuple[time, time] | None
    workdays: tuple[int, ...] | None
    quiet: tuple[tuple[time, time], ...] | None
    up_until: time | None = None


class YesNoQuestion(Value):
    """A thing that may apply to a person."""

    id: str
    ask: str


def terms(folder: Path, words: PlaceWords, *, is_discreet: bool) -> start.Terms:
    """Build the terms of an episode from what was typed and the settings in a folder. Raises `RecoveryError`."""
    usual = read_settings(folder)
    there = params.place(
        words.timezone or usual.timezone,
        words.wake or usual.wake,
        words.bedtime or usual.bedtime,
        words.work or usual.work,
        words.workdays or usual.workdays,
        usual.quiet if words.quiet is None else words.quiet,
    )
    travels = not (words.timezone or usual.timezone) and there.zone.key == clock.machine_zone()
    confirms, up_until = not usual.auto_advance, words.up_until
    return start.Terms(there, travels, confirms, is_discreet, up_until)


def at_last(beginning: start.Start, *, ask: bool) -> start.Start:
    """Ask what follows from all other answers: how often a day, and how long the person is up."""
    answers = replace(beginning.answers, choices=rounds(beginning, ask=ask))
    return _tonight(replace(beginning, answers=answers), ask=ask)


def _tonight(beginning: start.Start, *, ask: bool) -> start.Start:
    """Ask how long the person is up, where what is due now would not end before bedtime."""
    if not ask or beginning.terms.up_until is not None or not start.is_late(beginning):
        return beginning
    bedtime = f"{beginning.terms.place.bedtime:%H:%M}"
    words = _(
        "Your bedtime is {bedtime}. Until when are you up tonight (HH:MM; Enter: no longer)", bedtime=bedtime
    )
    until = click.prompt(words, default="", show_default=False, type=params.TIME_OR_NONE)
    return replace(beginning, terms=replace(beginning.terms, up_until=until))


def start_answers(
    protocol: RecoveryProtocol,
    words: StartWords,
    typed_at: datetime,
    place: Place,
    running: Sequence[Episode],
    *,
    ask: bool,
) -> start.StartAnswers:
    """Answer all that the protocol wants to know before a start. Raises `RecoveryError`; `UsageError` for what is open.

    What is in the way is told before anybody answers a dozen questions. A time such as "2h ago" counts from when it
    was typed: `typed_at` for one of the command line.
    """
    _refuse_in_emergency(protocol, split_words(words.signs), lambda text: fill_in(text, words.side))
    asked_first = _ask_for_emergencies(protocol, words) if ask else []
    onset, side, grade = _inputs(protocol, words, typed_at, place, ask=ask)
    at_start = onset or typed_at
    chosen, choices = options(protocol, words.options, ask=ask), choices_of(protocol, words.choices)
    start.refuse_beside(running, protocol, side, chosen)
    start.refuse_late(protocol, at_start, None if grade == UNSURE else grade, typed_at, place)
    fill = partial(fill_in, side=side, options=chosen)
    by_questions, to_questions = None, dict[str, str]()
    if "grade" in protocol.inputs and grade in (None, UNSURE):
        by_questions, to_questions = _graded(protocol, grade, fill, words.grading)
        grade = by_questions.grade
        if grade is None:
            raise RecoveryError(
                _("by your answers this is not what {protocol} is for", protocol=protocol.id),
                _(
                    "recovery assess asks what it may be; in doubt let a doctor or a physiotherapist look at it"
                ),
            )
    answered = screening(protocol.screen, words.screen, is_later=words.screen_later, ask=ask, fill=fill)
    _refuse_agreement(protocol, answered, words.by, words.on, place.local(typed_at).date())
    start.refuse_screened(protocol, answered, fill)
    ask_course = ask and start.begins_late(at_start, typed_at)
    course = course_so_far(protocol, words.worst, words.now, ask=ask_course)
    answered_by = [*asked_first, *_asked_by_grading(protocol, to_questions)]
    raised = by_questions.raises if by_questions is not None else ()
    asked = signs_asked(protocol.red_flags, at_start, typed_at, place, typed_at)
    signs = red_flags(protocol, words.signs, raised, asked, answered=answered_by, ask=ask, fill=fill)
    _refuse_in_emergency(protocol, signs, fill)
    at = clock.now()
    return start.StartAnswers(
        at,
        onset or at,
        grade,
        side,
        chosen,
        answered,
        signs,
        words.by,
        words.on,
        *course,
        graded=by_questions,
        graded_by=to_questions,
        choices=choices,
    )


def _ask_for_emergencies(protocol: RecoveryProtocol, words: StartWords) -> list[str]:
    """Ask for the signs of an emergency before anything else, at once. Return what was asked.

    Raises `RecoveryError` for one that is so.
    """
    signs = [each for each in protocol.red_flags if each.level == "emergency" and each.ask and not each.harm]
    if not signs or split_words(words.signs):
        return []

    def fill(text: str) -> str:
        return fill_in(text, words.side)

    questions = [YesNoQuestion(each.id, fill(each.ask)) for each in signs if each.id not in words.no_signs]
    if questions:
        _refuse_in_emergency(protocol, _emergencies_among(questions), fill)
    return [each.id for each in signs]


def _emergencies_among(questions: Sequence[YesNoQuestion]) -> set[str]:
    """Ask on one screen which signs of an emergency there are."""
    click.echo(_("First: is any of these so? Then call for help at once."))
    return those_that_apply(questions, later=False) or set()


def _refuse_in_emergency(
    protocol: RecoveryProtocol, signs: Container[str], fill: Callable[[str], str]
) -> None:
    """Raises `RecoveryError` where a sign is an emergency: that ends the dialogue, and nothing is started."""
    for flag in protocol.red_flags:
        if flag.level == "emergency" and flag.id in signs:
            raise RecoveryError(
                f"{level_words(flag.level, current())}: {fill(flag.say)}",
                _("nothing is started; when that is dealt with: recovery start again"),
            )


def _inputs(
    protocol: RecoveryProtocol, words: StartWords, typed_at: datetime, place: Place, *, ask: bool
) -> tuple[datetime | None, str | None, str | None]:
    """Onset, side and grade, as far as they are given or asked for. Raises `UsageError` where they are open."""
    onset = None if words.onset is None else _onset(words.onset, typed_at, place)
    wanted = {"onset": words.onset, "side": words.side, "grade": words.grade}
    missing = [name for name in protocol.inputs if wanted[name] is None]
    if missing and not ask:
        listed = " ".join(f"--{name}" for name in missing)
        raise UsageError(
            _("{protocol} needs {options}", protocol=protocol.id, options=listed),
            _("for instance: {examples}", examples=" ".join(_EXAMPLES[name] for name in missing)),
        )
    for name in missing:
        if name == "onset":
            onset = _ask_onset(place)
        elif name == "side":
            wanted[name] = click.prompt(_("Which side is injured"), type=params.SIDE)
        elif protocol.assessment is None:
            wanted[name] = click.prompt(_("Which grade (1 mild, 2 moderate, 3 severe)"), type=params.GRADE)
    return onset, wanted["side"], wanted["grade"]


def _ask_onset(place: Place) -> datetime:
    """The injury, as it is told at the prompt."""

    def read(text: str) -> datetime:
        try:
            return _onset(text, clock.now(), place)
        except UsageError as error:
            raise click.UsageError(error.message.removeprefix("--onset: ")) from None

    injury: datetime = click.prompt(
        _('When did it happen ("2 hours ago", "yesterday 18:00")'), value_proc=read
    )
    return injury


def _onset(text: str, now: datetime, place: Place) -> datetime:
    """The instant of the injury, typed at `now`. Raises `UsageError`."""
    injury = TypedTime("--onset", text).given(now, place)
    if injury is None or injury > now:
        hint = _('write for instance "yesterday 18:00"')
        raise UsageError(_("--onset: the injury cannot be in the future"), hint)
    return injury


def _graded(
    protocol: RecoveryProtocol, typed: str | None, fill: Callable[[str], str], words: Sequence[str]
) -> tuple[Graded, dict[str, str]]:
    """The grade of somebody who is unsure, or gave none and is asked; and what they answered."""
    if protocol.assessment is None:
        return Graded(_UNSURE_COUNTS_AS, (_(UNSURE),), is_unsure=True), {}
    if typed == UNSURE:
        return _in_words(graded_unsure(protocol.assessment), fill), {}
    given, grade = grading(protocol, words, ask=True, fill=fill)
    return grade, given


def _asked_by_grading(protocol: RecoveryProtocol, given: Mapping[str, str]) -> list[str]:
    """The red flags that the answered questions of the grading have asked about."""
    questions = protocol.assessment.questions if protocol.assessment else ()
    return [question.raises for question in questions if question.raises and question.id in given]


def fill_in(text: str, side: str | None, options: Mapping[str, str] | None = None) -> str:
    """A question with what is known filled in, before there is an episode."""
    return filled(text, current(), side, options or {})


# Screening --------------------------------------------------------------------------------------


def screening(
    questions: Sequence[ScreenQuestion],
    words: Sequence[str],
    *,
    is_later: bool,
    ask: bool,
    fill: Callable[[str], str],
) -> dict[str, str]:
    """The answers to screening questions; those that are put off are left out. Raises `UsageError`."""
    typed = split_words(words)
    is_none = NONE in typed
    rest = [word for word in typed if word != NONE]
    given = read_screening(rest, "--screen")
    refuse_unknown(given, (question.id for question in questions), "--screen")
    if is_none:
        given = {question.id: given.get(question.id, "no") for question in questions}
    still = [question for question in questions if question.id not in given]
    is_refused = any(question.refuses and given.get(question.id) == "yes" for question in questions)
    if not still or is_later or is_refused:
        return given
    asked = [YesNoQuestion(question.id, fill(question.ask)) for question in still]
    if not ask:
        raise UsageError(
            _("screening questions are open:\n{listed}", listed=_listed(asked)),
            _("--screen ID=yes for each that applies and --screen none for the rest; or --screen-later"),
        )
    click.echo(_("Does any of these apply to you? It decides what is left out."))
    applying = those_that_apply(asked, later=True)
    if applying is None:
        return given
    return given | {question.id: "yes" if question.id in applying else "no" for question in still}


def _refuse_agreement(
    protocol: RecoveryProtocol, answered: Mapping[str, str], by: str, on: date | None, today: date
) -> None:
    """Raises `UsageError` where nobody's word, or no right one, stands behind what is agreed."""
    wrong = wrong_screening(protocol.screen, answered, by, on, today)
    if wrong is not None:
        raise UsageError(timeless(wrong, current()), _("write for instance: {words}", words=_AGREED_AS))


def screening_of_made_up(
    protocols: Sequence[RecoveryProtocol], words: Sequence[str]
) -> dict[str, dict[str, str]]:
    """The answers of somebody made up, by protocol: no to all that is not named.

    Raises `RecoveryError` for one that refuses a protocol.
    """
    questions = {protocol.id: [each.id for each in protocol.screen] for protocol in protocols}
    typed = those_that_ask(split_words(words), questions, "--screen")
    answers: dict[str, dict[str, str]] = {}
    for protocol in protocols:
        theirs = [*typed[protocol.id], NONE]
        given = screening(protocol.screen, theirs, is_later=False, ask=False, fill=str)
        refused = next((each for each in protocol.screen if each.refuses and given[each.id] == "yes"), None)
        if refused is not None:
            raise RecoveryError(refused.say, _("{name} refuses this protocol", name=refused.id))
        if "agreed" in given.values():
            _refuse_agreement(protocol, given, "A. Professional", None, date.max)
        answers[protocol.id] = given
    return answers


def of_made_up(
    protocols: Sequence[RecoveryProtocol], screen: Sequence[str], words: Sequence[str], choices: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Read what was typed of somebody made up, by protocol, as `imagined` takes it. Raises `RecoveryError`."""
    answered = screening_of_made_up(protocols, screen)
    given, chosen = options_of_made_up(protocols, words), choices_of_made_up(protocols, choices)
    return {
        each.id: {"screen": answered[each.id], "options": given[each.id], "choices": chosen[each.id]}
        for each in protocols
    }


def those_that_apply(asked: Sequence[YesNoQuestion], *, later: bool) -> set[str] | None:
    """Ask a person at a terminal which questions apply. Return their ids; None: they will say so later."""
    for number, question in enumerate(asked, 1):
        click.echo(f"  {number:>2}  {question.ask}")

    def read(typed: str) -> set[str] | None:
        words = [canonical(word) for word in typed.replace(",", " ").split()]
        if words in ([NONE], ["no"]):
            return set()
        if later and words == [LATER]:
            return None
        applying = set()
        for word in words:
            if not word.isascii() or not word.isdigit() or not 1 <= int(word) <= len(asked):
                raise click.UsageError(
                    _("{word!r} is not one of the numbers; type none if nothing applies", word=word)
                )
            applying.add(asked[int(word) - 1].id)
        return applying

    how = (
        _("Numbers of those that apply, none, or later")
        if later
        else _("Numbers of those that apply, or none")
    )
    answer: set[str] | None = click.prompt(how, value_proc=read)
    return answer


# Grade ------------------------------------------------------------------------------------------


def grading(
    protocol: RecoveryProtocol, words: Sequence[str], *, ask: bool, fill: Callable[[str], str] | None = None
) -> tuple[dict[str, str], Graded]:
    """The answers to the questions of a self-grading, and the grade that they come to. Raises `RecoveryError`."""
    questions = grade_questions(protocol)
    assert protocol.assessment is not None
    fill = fill or (lambda text: fill_in(text, None))
    given = answers_to(words, [question.id for question in questions])
    still = [question for question in questions if question.id not in given]
    if still and not ask:
        listed = "\n".join(f"  {question.id}: {fill(question.ask)}" for question in still)
        raise UsageError(
            _("questions are open:\n{listed}", listed=listed),
            _("give each as ID=yes, ID=no or ID=unsure"),
        )
    for question in still:
        given[question.id] = ask_for(fill(question.ask))
    return given, _in_words(graded(protocol.assessment, given), fill)


def grade_questions(protocol: RecoveryProtocol) -> tuple[GradeQuestion, ...]:
    """The questions for a grade. Raises `RecoveryError` for a protocol without."""
    if protocol.assessment is None:
        raise RecoveryError(_("{protocol} has no questions for a grade", protocol=protocol.id))
    return protocol.assessment.questions


def answers_to(words: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    """The answers of `recovery assess` to the questions of these names. Raises `UsageError`."""
    given = read_pairs(words, "assess", GRADING_ANSWERS)
    refuse_unknown(given, names, "assess")
    return given


def _in_words(grade: Graded, fill: Callable[[str], str]) -> Graded:
    return replace(grade, reasons=tuple(fill(timeless(reason, current())) for reason in grade.reasons))


def ask_for(question: str) -> str:
    """Ask a person at a terminal a question. Return yes, no or unsure."""
    words = f"{question} ({', '.join(_(answer) for answer in GRADING_ANSWERS)})"
    return str(click.prompt(words, value_proc=_read_answer))


def _read_answer(typed: str) -> str:
    word = canonical(typed)
    if word not in GRADING_ANSWERS:
        expected = ", ".join(_(answer) for answer in GRADING_ANSWERS)
        raise click.UsageError(
            _("{typed!r} is no answer; it is one of {expected}", typed=typed, expected=expected)
        )
    return word


def grade_words(by_questions: Graded) -> str:
    """A grade with its reasons, as a page."""
    if by_questions.grade is None:
        return _(
            "No grade, by your answers: this does not look like it. recovery assess asks what it may be."
        )
    if by_questions.is_unsure:
        return _(
            "Grade {grade}: that is what unsure counts as. recovery assess asks a few questions.",
            grade=by_questions.grade,
        )
    lines = [_("Grade {grade}, by your answers:", grade=by_questions.grade)]
    lines += [f"  {reason}" for reason in by_questions.reasons]
    return "\n".join(lines)


# The front door ---------------------------------------------------------------------------------


def emergencies(
    door: FrontDoor, given: dict[str, str], signs: Sequence[str], *, ask: bool
) -> tuple[RedFlag, ...]:
    """The signs of an emergency that a person has, or is unsure of; their answers are taken out of those given.

    Raises `UsageError` for what is open where nobody can be asked.
    """
    names, typed = [sign.id for sign in door.signs], split_words(signs)
    named = [word for word in typed if word != NONE]
    refuse_unknown(named, names, "--signs")
    answers = dict.fromkeys(names, "no") if typed else {}
    answers |= {name: given.pop(name) for name in names if name in given}
    answers |= dict.fromkeys(named, "yes")
    still = [YesNoQuestion(sign.id, sign.ask) for sign in door.signs if sign.id not in answers]
    there = {name for name, answer in answers.items() if answer in ("yes", UNSURE)}
    if not there and not ask:
        _refuse_open([*still, *(YesNoQuestion(q.id, q.ask) for q in door.questions if q.id not in given)])
    elif not there and still:
        there = _emergencies_among(still)
    return tuple(sign for sign in door.signs if sign.id in there)


def _refuse_open(still: Sequence[YesNoQuestion]) -> None:
    if still:
        raise UsageError(
            _("questions are open:\n{listed}", listed=_listed(still)),
            _("give each as ID=yes, ID=no or ID=unsure; --signs none for all signs of an emergency"),
        )


def recognised_in_words(door: FrontDoor, answers: Mapping[str, str]) -> Recognised:
    """Find the outcome that the answers speak for, with the reasons as sentences."""
    came = recognised(door, answers)
    return replace(came, reasons=tuple(timeless(reason, current()) for reason in came.reasons))


# Red flags --------------------------------------------------------------------------------------


def red_flags(
    protocol: RecoveryProtocol,
    words: Sequence[str],
    raised: Iterable[str],
    asked: Iterable[RedFlag],
    *,
    answered: Iterable[str] = (),
    ask: bool,
    fill: Callable[[str], str],
) -> tuple[str, ...]:
    """The red flags that a person reports at the start, those that other answers have raised included.

    Those of `asked` are asked about, but for those of `answered`, which were already. Raises `UsageError` for words
    that name none, and where nothing is said of them and nobody can be asked.
    """
    signs = [flag for flag in protocol.red_flags if flag.ask and not flag.harm]
    typed = split_words(words)
    given = [word for word in typed if word != NONE]
    refuse_unknown(given, (flag.id for flag in signs), "--signs")
    if given and NONE in typed:
        raise UsageError(
            _("--signs: {name} and none contradict each other", name=given[0]),
            _("leave one of them out"),
        )
    given += raised
    open_ = [flag for flag in asked if flag in signs and flag.id not in {*given, *answered}]
    still = [YesNoQuestion(flag.id, fill(flag.ask)) for flag in open_]
    if still and not typed:
        if not ask:
            raise UsageError(
                _("nothing is said of the signs that need a professional:\n{listed}", listed=_listed(still)),
                _("--signs ID for each that is so, or --signs none"),
            )
        click.echo(_("Is any of these so? Then somebody has to look at it."))
        given += sorted(those_that_apply(still, later=False) or ())
    return tuple(dict.fromkeys(given))


def _listed(questions: Iterable[YesNoQuestion]) -> str:
    return "\n".join(f"  {question.id}: {question.ask}" for question in questions)
