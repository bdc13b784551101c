"""The questions to a person before a start: options, grade, screening questions, red flags.

On a terminal they are asked; otherwise they come as words of the command line, and what is left open is an error
that lists it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import click

from recovery.cli.words import LATER, NONE, canonical, known_only, pairs, split
from recovery.engine.grading import ANSWERS, Graded, graded
from recovery.errors import UsageError
from recovery.language import _, current
from recovery.protocol.model import Assessment, Option, RecoveryProtocol, ScreenQuestion
from recovery.values import Value, replace
from recovery.words.terms import filled


class Question(Value):
    """One thing that may apply to a person."""

    id: str
    ask: str


def side_words(text: str, side: str | None, options: Mapping[str, str] | None = None) -> str:
    """A question with what is known filled in, before there is an episode."""
    return filled(text, current(), side, options or {})


# Screening --------------------------------------------------------------------------------------


def screening(
    questions: Sequence[ScreenQuestion],
    words: Sequence[str],
    *,
    is_later: bool,
    ask: bool,
    said: Callable[[str], str],
) -> dict[str, bool]:
    """The answers to screening questions, True for yes; those that are put off are left out. Raises `UsageError`."""
    said_words = split(words)
    is_none = NONE in said_words
    rest = [word for word in said_words if word != NONE]
    given = {name: value == "yes" for name, value in pairs(rest, "--screen", ("yes", "no")).items()}
    known_only(given, (question.id for question in questions), "--screen")
    if is_none:
        given = {question.id: given.get(question.id, False) for question in questions}
    still = [question for question in questions if question.id not in given]
    is_refused = any(question.refuses and given.get(question.id) for question in questions)
    if not still or is_later or is_refused:
        return given
    asked = [Question(question.id, said(question.ask)) for question in still]
    if not ask:
        raise UsageError(
            _("screening questions are open:\n{listed}", listed=_listed(asked)),
            _("--screen ID=yes for each that applies and --screen none for the rest; or --screen-later"),
        )
    click.echo(_("Does any of these apply to you? It decides what is left out."))
    applying = which(asked, later=True)
    if applying is None:
        return given
    return given | {question.id: question.id in applying for question in still}


def which(asked: Sequence[Question], *, later: bool) -> set[str] | None:
    """Ask a person at a terminal which questions apply. Return their ids; None: they will say so later."""
    for number, question in enumerate(asked, 1):
        click.echo(f"  {number:>2}  {question.ask}")

    def read(typed: str) -> set[str] | None:
        words = [canonical(word) for word in typed.replace(",", " ").split()]
        if words in ([NONE], ["no"]):
            return set()
        if later and words == [LATER]:
            return None
        found = set()
        for word in words:
            if not word.isascii() or not word.isdigit() or not 1 <= int(word) <= len(asked):
                raise click.UsageError(
                    _("{word!r} is not one of the numbers; type none if nothing applies", word=word)
                )
            found.add(asked[int(word) - 1].id)
        return found

    how = (
        _("Numbers of those that apply, none, or later")
        if later
        else _("Numbers of those that apply, or none")
    )
    answer: set[str] | None = click.prompt(how, value_proc=read)
    return answer


# Grade ------------------------------------------------------------------------------------------


def grading(
    assessment: Assessment, words: Sequence[str], *, ask: bool, said: Callable[[str], str]
) -> tuple[dict[str, str], Graded]:
    """The answers to the questions of a self-grading, and the grade that they come to. Raises `UsageError`."""
    given = pairs(words, "assess", ANSWERS)
    known_only(given, (question.id for question in assessment.questions), "assess")
    still = [question for question in assessment.questions if question.id not in given]
    if still and not ask:
        listed = "\n".join(f"  {question.id}: {said(question.ask)}" for question in still)
        raise UsageError(
            _("questions are open:\n{listed}", listed=listed),
            _("give each as ID=yes, ID=no or ID=unsure"),
        )
    for question in still:
        given[question.id] = click.prompt(_answered(said(question.ask)), value_proc=_read_answer)
    found = graded(assessment, given, current())
    return given, replace(found, reasons=tuple(map(said, found.reasons)))


def _answered(question: str) -> str:
    return f"{question} ({', '.join(_(answer) for answer in ANSWERS)})"


def _read_answer(typed: str) -> str:
    word = canonical(typed)
    if word not in ANSWERS:
        expected = ", ".join(_(answer) for answer in ANSWERS)
        raise click.UsageError(
            _("{typed!r} is no answer; it is one of {expected}", typed=typed, expected=expected)
        )
    return word


def grade_words(found: Graded) -> str:
    """A grade with its reasons, as a page."""
    if found.is_unsure:
        return _(
            "Grade {grade}: that is what unsure counts as. recovery assess asks a few questions.",
            grade=found.grade,
        )
    lines = [_("Grade {grade}, by your answers:", grade=found.grade)]
    lines += [f"  {reason}" for reason in found.reasons]
    return "\n".join(lines)


# Options ----------------------------------------------------------------------------------------


def options(protocol: RecoveryProtocol, words: Sequence[str], *, ask: bool) -> dict[str, str]:
    """The protocol's further inputs, by name. Raises `UsageError`."""
    given: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        known_only([name], protocol.options, "--set")
        if not equals or value not in protocol.options[name].choices:
            listed = ", ".join(protocol.options[name].choices)
            raise UsageError(
                _("--set: {word!r} is not one of the choices", word=word),
                _("{name} is one of {listed}", name=name, listed=listed),
            )
        if given.get(name, value) != value:
            raise UsageError(_("{option}: {name} is answered twice", option="--set", name=name))
        given[name] = value
    for option in protocol.options.values():
        if option.id not in given:
            given[option.id] = _option(protocol, option, ask=ask)
    return given


def _option(protocol: RecoveryProtocol, option: Option, *, ask: bool) -> str:
    if ask:
        answer: Any = click.prompt(
            option.ask, type=click.Choice(option.choices), default=option.default or None
        )
        return str(answer)
    if option.default:
        return option.default
    raise UsageError(
        _("{protocol} needs --set {name}=…", protocol=protocol.id, name=option.id),
        _("{name} is one of {listed}", name=option.id, listed=", ".join(option.choices)),
    )


# Red flags --------------------------------------------------------------------------------------


def red_flags(
    protocol: RecoveryProtocol,
    words: Sequence[str],
    raised: Iterable[str],
    *,
    told: Iterable[str] = (),
    ask: bool,
    said: Callable[[str], str],
) -> tuple[str, ...]:
    """The red flags that a person reports at the start, those that other answers have raised included.

    Those of `told` were asked already, by the grading. Raises `UsageError` for words that name none, and where
    nothing is said of them and nobody can be asked.
    """
    signs = [flag for flag in protocol.red_flags if flag.ask]
    typed = split(words)
    given = [word for word in typed if word != NONE]
    known_only(given, (flag.id for flag in signs), "--signs")
    if given and NONE in typed:
        raise UsageError(
            _("--signs: {name} and none contradict each other", name=given[0]),
            _("leave one of them out"),
        )
    given += raised
    still = [Question(flag.id, said(flag.ask)) for flag in signs if flag.id not in {*given, *told}]
    if still and not typed:
        if not ask:
            raise UsageError(
                _("nothing is said of the signs that need a professional:\n{listed}", listed=_listed(still)),
                _("--signs ID for each that is so, or --signs none"),
            )
        click.echo(_("Is any of these so? Then somebody has to look at it."))
        given += sorted(which(still, later=False) or ())
    return tuple(dict.fromkeys(given))


def _listed(questions: Iterable[Question]) -> str:
    return "\n".join(f"  {question.id}: {question.ask}" for question in questions)
