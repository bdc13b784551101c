"""Rules of the front door: its questions are few, can be answered, and decide something; what they lead to is there."""

from collections.abc import Callable, Collection, Iterator, Mapping

from recovery.language import _
from recovery.protocol.problems import KeyPath, Places, Problem, did_you_mean, name_list, place_at
from recovery.protocol.screening import MOST_QUESTIONS, FrontDoor
from recovery.protocol.terms import Comparison, comparisons, may_apply

_ANSWERS = ("yes", "no")
_Tell = Callable[..., Problem]


def problems_of_door(
    door: FrontDoor, wanted: str, protocols: Collection[str], places: Places
) -> Iterator[Problem]:
    """Find what is wrong with a front door that can be read.

    `wanted` is the name that the file has, empty for any; `protocols` are the ids of those that can be started.
    """

    def wrong(path: KeyPath, message: str, expected: str = "", found: str = "") -> Problem:
        return place_at(places, *path).problem(message, expected=expected, found=found)

    if wanted and door.id != wanted:
        yield wrong(("door",), _("the id is not the file's name"), repr(wanted), repr(door.id))
    if len(door.questions) > MOST_QUESTIONS:
        most = _("at most {count}", count=MOST_QUESTIONS)
        yield wrong(("questions",), _("too many of them"), most, str(len(door.questions)))
    asked = [each.id for each in door.questions]
    for sign in door.signs:
        path = ("signs", sign.id)
        if sign.id in asked:
            message = _("two of the same kind have the id {name!r}", name=sign.id)
            yield wrong(path, message, _("another id"))
        if not sign.ask or sign.level != "emergency":
            yield wrong(path, _("the door asks for signs of an emergency only"), "ask, level: emergency")
    yield from _of_sources(door, wrong)
    yield from _of_outcomes(door, asked, protocols, wrong)


def _of_sources(door: FrontDoor, wrong: _Tell) -> Iterator[Problem]:
    names = {*door.sources, "own"}
    for section in ("signs", "questions", "outcomes"):
        for item in getattr(door, section):
            refs = [ref for cited in item.cites.values() for ref in cited]
            if not refs:
                yield wrong((section, item.id), _("{key!r} is missing", key="source"), _("a source, or own"))
            for name in (ref.partition(":")[0] for ref in refs):
                if name not in names:
                    message = _("there is no source {name!r}", name=name) + did_you_mean(name, names)
                    expected = _("one of {names}", names=name_list(sorted(names)))
                    yield wrong((section, item.id, "source"), message, expected)


def _of_outcomes(
    door: FrontDoor, asked: Collection[str], protocols: Collection[str], wrong: _Tell
) -> Iterator[Problem]:
    deciding: set[str] = set()
    example = f"{next(iter(asked))} == yes"
    nothing: Mapping[str, str] = dict.fromkeys(asked, "no")
    for outcome in door.outcomes:
        path = ("outcomes", outcome.id)
        for comparison in comparisons(outcome.when):
            deciding.add(comparison.subject)
            if message := _not_answered(comparison, asked):
                yield wrong((*path, "when"), message, _("such as {example}", example=example))
        if may_apply(outcome.when, nothing):
            message = _("it fits somebody who answers no to everything")
            yield wrong((*path, "when"), message, _("at least one yes"))
        if outcome.start not in protocols:
            message = _("there is no protocol {wanted!r}", wanted=outcome.start)
            message += did_you_mean(outcome.start, protocols)
            yield wrong((*path, "start"), message, _("one of {names}", names=name_list(sorted(protocols))))
    for name in asked:
        if name not in deciding:
            yield wrong(("questions", name), _("nothing depends on {name!r}", name=name))


def _not_answered(comparison: Comparison, asked: Collection[str]) -> str:
    """Say why no answer can decide a comparison; empty where one can."""
    name, value = comparison.subject, comparison.value
    if name not in asked:
        return _("there is no question {name!r}", name=name) + did_you_mean(name, asked)
    if comparison.test not in ("==", "!="):
        return _("{name!r} is a choice of words, not a scale", name=name)
    return "" if value in _ANSWERS else _("{name!r} is never {value}", name=name, value=repr(value))
