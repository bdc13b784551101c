"""Read what a start takes besides: the options of a protocol, and what it leaves to the person."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import click

from recovery.care.start import Start, rounds_to_ask
from recovery.engine import facts as f
from recovery.engine.choices import Choosable, ChosenValue, choosables, fitting, written
from recovery.errors import UsageError
from recovery.language import _, current
from recovery.protocol.model import Option, RecoveryProtocol
from recovery.words.reasons import timeless
from recovery.words.typed import NONE, refuse_unknown


def options(protocol: RecoveryProtocol, words: Sequence[str], *, ask: bool) -> dict[str, str]:
    """The protocol's further inputs, by name. Raises `UsageError`."""
    given: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        refuse_unknown([name], protocol.options, "--set")
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


def options_of_made_up(
    protocols: Sequence[RecoveryProtocol], words: Sequence[str]
) -> dict[str, dict[str, str]]:
    """The options of somebody made up that were typed, by protocol. Raises `UsageError`."""
    typed = those_that_ask(words, {each.id: [*each.options] for each in protocols}, "--set")
    return {each.id: options(each, typed[each.id], ask=False) if typed[each.id] else {} for each in protocols}


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


def choices_of(protocol: RecoveryProtocol, words: Sequence[str]) -> tuple[f.Choice, ...]:
    """Read what is chosen of the activities of a protocol, such as `press=4`. Raises `UsageError`."""
    offered, made = [*choosables(protocol)], []
    for word in words:
        name, _equals, value = word.partition("=")
        refuse_unknown([name], [each.activity.id for each in offered], "--choose")
        of_it = [each for each in offered if each.activity.id == name]
        fits = fitting(of_it, value)
        if fits is None:
            ranges = ", ".join(timeless(each.said_range, current()) for each in of_it)
            raise UsageError(
                _("--choose: {word!r} is not within what you may choose", word=word),
                _("{name} is {expected}", name=name, expected=ranges),
            )
        choosable, chosen = fits
        made.append(f.Choice(activity=name, key=choosable.of, value=written(chosen)))
    return tuple(made)


def rounds(beginning: Start, *, ask: bool) -> tuple[f.Choice, ...]:
    """Ask how often a day suits the person, where the first phase leaves that to them; their choices with those made.

    Enter takes the fewest times.
    """
    made = [*beginning.answers.choices]
    for each in rounds_to_ask(beginning) if ask else ():
        words = _(
            "{title}: how many times a day suit you, up to {most} (recovery choose changes it later)",
            title=each.activity.title,
            most=each.most,
        )
        chosen = click.prompt(words, default=written(each.usual), value_proc=partial(_rounds, each))
        if chosen != each.usual:
            made.append(f.Choice(activity=each.activity.id, key=each.of, value=written(chosen)))
    return tuple(made)


def _rounds(choosable: Choosable, typed: str) -> ChosenValue:
    fits = fitting([choosable], typed)
    if fits is None:
        raise click.UsageError(timeless(choosable.said_range, current()))
    return fits[1]


def choices_of_made_up(
    protocols: Sequence[RecoveryProtocol], words: Sequence[str]
) -> dict[str, tuple[f.Choice, ...]]:
    """Read what somebody made up has chosen, by protocol. Raises `UsageError`."""
    names = {each.id: [choosable.activity.id for choosable in choosables(each)] for each in protocols}
    typed = those_that_ask(words, names, "--choose")
    return {each.id: choices_of(each, typed[each.id]) for each in protocols}


def those_that_ask(
    words: Sequence[str], names: Mapping[str, Sequence[str]], option: str
) -> dict[str, list[str]]:
    """Words such as NAME=VALUE, by the protocols that have the name. Raises `UsageError` where none has it."""
    if len(names) > 1:
        every = dict.fromkeys(name for each in names.values() for name in each)
        refuse_unknown((word.partition("=")[0] for word in words if word != NONE), every, option)
        return {id_: [word for word in words if word.partition("=")[0] in own] for id_, own in names.items()}
    return {id_: [*words] for id_ in names}
