"""Read a JSON document that may be any rubbish, and say of it in plain words where it is none of ours."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any, NoReturn

from recovery.language import N_, _

NESTED_TOO_DEEP = N_("is no JSON: its brackets are nested too deeply")

LONGEST_NUMBER = 100
"""Digits of a whole number that is read; no number of a journal has more than twenty."""


class NotJson(Exception):
    """A text that is no document; `faults` are the places and what is wrong there."""

    def __init__(self, *faults: tuple[str, str]) -> None:
        super().__init__()
        self.faults = faults


class _Endless(str):
    """A number as it is written that is larger than any that can be meant."""


def parsed(text: str, most_faults: int) -> Any:
    """The document that a text holds. Raises `NotJson`, with at most so many faults."""
    endless: list[_Endless] = []

    def whole(digits: str) -> int | _Endless:
        return int(digits) if len(digits) <= LONGEST_NUMBER else beyond(digits)

    def decimal(digits: str) -> float | _Endless:
        number = float(digits)
        return number if number - number == 0 else beyond(digits)

    def beyond(digits: str) -> _Endless:
        endless.append(_Endless(digits))
        return endless[-1]

    try:
        document = json.loads(
            text, parse_constant=_refuse, parse_int=whole, parse_float=decimal, object_pairs_hook=_unique
        )
        if endless:
            raise NotJson(*islice(_places_of_endless(document, ""), most_faults))
        return document
    except json.JSONDecodeError as error:
        place = _("line {line}, column {column}", line=error.lineno, column=error.colno)
        raise NotJson((place, _("is no JSON: {reason}", reason=error.msg))) from None
    except RecursionError:
        raise NotJson(("", _(NESTED_TOO_DEEP))) from None
    except ValueError as error:
        raise NotJson(("", _("is no JSON: {reason}", reason=error))) from None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(_("{word} is no number in JSON", word=constant))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for key, value in pairs:
        if key in read:
            raise ValueError(_("the key {key!r} stands twice in an object", key=key))
        read[key] = value
    return read


def _places_of_endless(tree: Any, place: str) -> Iterator[tuple[str, str]]:
    """Find the numbers that are too large, such as `facts[14].data.values.pain`."""
    if isinstance(tree, _Endless):
        shown = tree if len(tree) <= 20 else f"{tree[:20]}…"
        what = _("{word} is too large for a number", word=shown)
        yield place, what if place else _("is no JSON: {reason}", reason=what)
    elif isinstance(tree, dict):
        for key, value in tree.items():
            yield from _places_of_endless(value, f"{place}.{key[:60]}".removeprefix("."))
    elif isinstance(tree, list):
        for number, value in enumerate(tree):
            yield from _places_of_endless(value, f"{place}[{number}]")
