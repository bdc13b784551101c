"""The values that the fields of facts may have, by what the classes of facts say of them.

A check gets a value and the fact it stands in, and returns the words for what should stand there, or "" where the value
is right. It relies on no other value of the fact: what belongs together is looked at in `recovery.store.course`.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from types import MappingProxyType
from typing import Any

from recovery.engine.facts import Fact, Occurrence
from recovery.engine.written import EARLIEST, LATEST, LONGEST_PLANNED, Kind, Written, to_ms
from recovery.language import LANGUAGES, _, current
from recovery.protocol.model import AnyActivity, Checklist, RecoveryProtocol
from recovery.words.terms import expected_answer

LONGEST_TEXT = 200_000
"""Characters: more than a command line of any system can hold."""

_DAY = re.compile(r"(19|2[0-3])\d\d-\d\d-\d\d", re.ASCII)
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
_ZONE = re.compile(r"[A-Za-z0-9_+\-]{1,40}(/[A-Za-z0-9_+\-]{1,40}){0,3}|UTC[+\-]\d\d:\d\d(:\d\d)?", re.ASCII)


class Surroundings:
    """Of a fact: the protocol that its episode is pinned to at that point, and what lies in the journal before it."""

    def __init__(
        self,
        episode: str,
        protocol: RecoveryProtocol,
        hashes: Mapping[str, tuple[str, str]] = MappingProxyType({}),
    ) -> None:
        """`hashes` are the protocols that are pinned: id and version by hash."""
        self.episode, self.protocol, self.hashes = episode, protocol, hashes

    @cached_property
    def activities(self) -> dict[tuple[str, str], AnyActivity]:
        """By phase and id."""
        return {(each.id, a.id): a for each in self.protocol.phases for a in each.everything()}

    @cached_property
    def alerts(self) -> frozenset[str]:
        """The ids of the alerts that an episode of the protocol can raise."""
        of_flags = (f"flag/{flag.id}" for flag in self.protocol.red_flags)
        of_phases = (
            f"{kind}/{each.id}"
            for each in self.protocol.phases
            for kind, is_told in (("phase", each.at_most), ("unheard", each.at_most), ("wait", each.waits))
            if is_told is not None
        )
        of_healing = () if self.protocol.healing is None else ("healing/late",)
        return frozenset((*of_flags, *of_phases, *of_healing))


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


# Values of any protocol --------------------------------------------------------------------------


def _text(value: Any, _around: Surroundings) -> str:
    return "" if isinstance(value, str) and len(value) <= LONGEST_TEXT else _("a text")


def _name(value: Any, _around: Surroundings) -> str:
    return "" if isinstance(value, str) and 0 < len(value) <= 300 else _("a name")


def _flag(value: Any, _around: Surroundings) -> str:
    return "" if isinstance(value, bool) else _("true or false")


def _instant(value: Any, _around: Surroundings) -> str:
    """Milliseconds since 1970, at which something was or will be."""
    if _is_whole(value) and to_ms(EARLIEST) <= value <= to_ms(LATEST + LONGEST_PLANNED):
        return ""
    return _("an instant in milliseconds since 1970")


def _day(value: Any, _around: Surroundings) -> str:
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            datetime.fromisoformat(value)
            return ""
    except ValueError:
        pass
    return _("a date such as 2026-11-23")


def _clock(value: Any, _around: Surroundings) -> str:
    return "" if isinstance(value, str) and _CLOCK.fullmatch(value) else _("a time of day such as 07:30")


def _zone(value: Any, _around: Surroundings) -> str:
    """The shape of a name alone: which zones there are depends on the machine."""
    return "" if isinstance(value, str) and _ZONE.fullmatch(value) else _("the name of a time zone")


def _occurrence(value: Any, around: Surroundings) -> str:
    try:
        if isinstance(value, str) and Occurrence.parse(value).episode == around.episode:
            return ""
    except ValueError:
        pass
    return _("the name of an occurrence of this episode")


def _count(value: Any, _around: Surroundings, least: int, most: int) -> str:
    if _is_whole(value) and least <= value <= most:
        return ""
    return _("a whole number from {least} to {most}", least=least, most=most)


def _choice(value: Any, _around: Surroundings, choices: Sequence[str]) -> str:
    return "" if isinstance(value, str) and value in choices else _listed(choices)


def _language(value: Any, around: Surroundings) -> str:
    return _choice(value, around, LANGUAGES)


def _listed(names: Iterable[str]) -> str:
    listed = ", ".join(repr(each) for each in names)
    return _("one of {names}", names=listed) if listed else _("there, as the protocol has none of it")


def _perhaps(value: Any, around: Surroundings, kind: Kind) -> str:
    return "" if value is None else wrong_value(kind, value, around)


def _each(value: Any, around: Surroundings, kind: Kind, most: int) -> str:
    if not isinstance(value, list) or len(value) > most:
        return _("a list")
    return next((wanted for item in value if (wanted := wrong_value(kind, item, around))), "")


def _pair(value: Any, around: Surroundings, kind: Kind) -> str:
    if not isinstance(value, list) or len(value) != 2:
        return _("a list of two")
    return _each(value, around, kind, 2)


def _by_name(value: Any, around: Surroundings, kind: Kind, names: str) -> str:
    if not isinstance(value, dict) or len(value) > 10_000:
        return _("an object")
    for key, item in value.items():
        if names and key not in _NAMES[names](around):
            return _listed(_NAMES[names](around))
        if wanted := wrong_value(kind, item, around):
            return wanted
    return ""


# Values that the protocol knows ------------------------------------------------------------------


def _answers(value: Any, around: Surroundings) -> str:
    """Answers by observation, each within its scale."""
    if not isinstance(value, dict) or not value:
        return _("an object")
    asked_for = around.protocol.observations
    for asked, given in value.items():
        if asked not in asked_for:
            return _listed(asked_for)
        observation = asked_for[asked]
        if observation.choices:
            if not isinstance(given, str) or given not in observation.choices:
                return expected_answer(observation, current())
        elif not _is_whole(given) or not observation.least <= given <= observation.most:
            return expected_answer(observation, current())
    return ""


def _options(value: Any, around: Surroundings) -> str:
    if not isinstance(value, dict):
        return _("an object")
    options = around.protocol.options
    for option, choice in value.items():
        if option not in options:
            return _listed(options)
        if not isinstance(choice, str) or choice not in options[option].choices:
            return _listed(options[option].choices)
    return ""


def _observation(value: Any, around: Surroundings) -> str:
    return _one_of(value, around.protocol.observations)


def _phase(value: Any, around: Surroundings) -> str:
    return _one_of(value, {each.id for each in around.protocol.phases})


def _activity(value: Any, around: Surroundings) -> str:
    return _one_of(value, {activity for _phase, activity in around.activities})


def _rung(value: Any, around: Surroundings) -> str:
    return _one_of(value, {step.id for each in around.protocol.phases for step in each.ladder})


def _pinned(value: Any, around: Surroundings) -> str:
    is_there = isinstance(value, str) and value in around.hashes
    return "" if is_there else _("the hash of a protocol that is there")


def _one_of(value: Any, names: Iterable[str]) -> str:
    return "" if isinstance(value, str) and value in names else _listed(sorted(names))


def _questions(around: Surroundings) -> list[str]:
    return [question.id for question in around.protocol.screen]


def _items(around: Surroundings) -> set[str]:
    lists = (a for a in around.activities.values() if isinstance(a, Checklist))
    return {item.id for each in lists for item in each.items}


_NAMES: Mapping[str, Callable[[Surroundings], Collection[str]]] = {"questions": _questions, "items": _items}


# What the classes of facts say -------------------------------------------------------------------


def wrong_fields(shape: type[Written], data: Mapping[str, Any], around: Surroundings) -> str:
    """Say the first thing that is wrong with the fields of an object, with its key; "" where nothing is."""
    by_key = {each.key: each for each in shape.fields.values()}
    for key, each in by_key.items():
        if each.is_required and key not in data:
            return f"{key}: {_('is missing')}"
    for key, value in data.items():
        if key not in by_key:
            return f"{str(key)[:60]}: {_('does not belong there')}"
        if wanted := wrong_value(by_key[key].kind, value, around):
            shown = repr(value)
            shown = shown if len(shown) <= 60 else f"{shown[:60]}…"
            return f"{key}: {_('{value} is not {wanted}', value=shown, wanted=wanted)}"
    return ""


def wrong_value(kind: Kind, value: Any, around: Surroundings) -> str:
    """Say what should stand there instead of a value; "" where it is right."""
    return _CHECKS[kind.name](value, around, *kind.bounds)


def _part(value: Any, around: Surroundings, shape: type[Written]) -> str:
    if not isinstance(value, dict):
        return _("an object")
    wrong = wrong_fields(shape, value, around)
    return f"{_('an object')} ({wrong})" if wrong else ""


_CHECKS: Mapping[str, Callable[..., str]] = {
    "text": _text,
    "name": _name,
    "flag": _flag,
    "instant": _instant,
    "day": _day,
    "clock": _clock,
    "zone": _zone,
    "language": _language,
    "occurrence": _occurrence,
    "count": _count,
    "one of": _choice,
    "perhaps": _perhaps,
    "each": _each,
    "pair": _pair,
    "by name": _by_name,
    "part": _part,
    "answers": _answers,
    "options": _options,
    "observation": _observation,
    "phase": _phase,
    "activity": _activity,
    "rung": _rung,
    "pinned": _pinned,
}


def wrong_instants(fact: Fact) -> str:
    """Say what is wrong with the instants of a fact; "" where nothing is."""
    assert fact.recorded_at is not None
    for moment in (fact.at, fact.recorded_at):
        if not EARLIEST <= moment <= LATEST:
            return _("{instant} is no time at which a clock can stand", instant=f"{moment:%Y-%m-%d %H:%M}")
    return ""
