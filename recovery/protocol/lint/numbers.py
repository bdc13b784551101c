"""Rules of numbers: each says where it comes from, and is one that its sources give. And a list of them, for people."""

import re
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import NamedTuple, get_args

from recovery.language import N_, _
from recovery.protocol.conditions import parse_condition_text
from recovery.protocol.lint.rules import Finding, Keyed, Part, Walk, is_first_draft, not_there, rule
from recovery.protocol.model import (
    Activity,
    Assessment,
    GradeQuestion,
    Healing,
    Limit,
    Observation,
    RecoveryProtocol,
    RedFlag,
    Rung,
    ScreenQuestion,
    Source,
)
from recovery.protocol.problems import KeyPath, name_list
from recovery.protocol.terms import (
    Anchor,
    At,
    Cadence,
    Condition,
    Duration,
    Every,
    LocalMoment,
    Once,
    PerDay,
    PerWeek,
    Range,
    TableRef,
    comparisons,
    number_and_use,
    parse_duration,
)

OWN = "own"
_EVERYWHERE = "all"

Number = float | Duration

_NUMBERS = (int, Duration, Range, Anchor, TableRef, LocalMoment, *get_args(Condition), *get_args(Cadence))
_CLAIMS: Mapping[type, tuple[str, ...]] = {
    Assessment: ("otherwise", "unsure"),
    GradeQuestion: ("ask",),
    Healing: ("table",),
    Limit: ("never",),
    RedFlag: ("ask", "suspend"),
    ScreenQuestion: ("ask", "forbid", "refuse"),
}
"""Keys that need a source besides numbers, by the kind of item."""


@rule("unknown-source", "sources that are named are there", needs="sources")
def unknown_source(walk: Walk) -> Iterator[Finding]:
    sources = walk.protocol.sources
    names = {*sources, OWN}
    for part in walk.parts:
        for key, refs in getattr(part.value, "cites", {}).items():
            for ref in refs:
                name = ref.partition(":")[0]
                if name not in names:
                    path = (*part.path, "source", key or "other")
                    yield not_there(path, N_("there is no source {name!r}"), name, names)
    if OWN in sources:
        message = _("the source {name!r} is built in", name=OWN)
        yield Finding(("sources", OWN), message, _("another id"))


@rule("number-without-source", "every number names a source, or `own`", misses=("source",))
def number_without_source(walk: Walk) -> Iterator[Finding]:
    for keyed in walk.values:
        if keyed.key in keyed.part.value.cites or "" in keyed.part.value.cites:
            continue
        is_in_text = _may_tell_numbers(keyed) and re.search(r"\d", keyed.value)
        if is_in_text or (_is_claim(keyed) and keyed.path in walk.places):
            message = _("{field!r} does not say where its number comes from", field=keyed.key)
            expected = _("source: ..., or {own} for the project's own", own=OWN)
            path = (*keyed.part.path, keyed.key) if is_in_text else keyed.path
            yield Finding(path, message, expected)


def _is_claim(keyed: Keyed) -> bool:
    """Tell if something needs a source: a number, a condition, or what `_CLAIMS` names."""
    if _says_for_whom(keyed):
        return False
    is_number = isinstance(keyed.value, _NUMBERS) and not isinstance(keyed.value, bool)
    return is_number or keyed.key in _CLAIMS.get(type(keyed.part.value), ())


def _may_tell_numbers(keyed: Keyed) -> bool:
    """Tell if it is a text that needs a source where it holds a number: no title, and no question with a scale."""
    if keyed.key == "title" or isinstance(keyed.part.value, Observation):
        return False
    return keyed.is_text


@rule("number-not-in-source", "a number is one that its sources give, where these say which they give")
def number_not_in_source(walk: Walk) -> Iterator[Finding]:
    """A source that does not say its numbers, or is the project's own, may give any."""
    for part, key, together in by_key(walk):
        path = (*part.path, key)
        values = [value for keyed in together for value in _claims(keyed)]
        if values and (path in walk.places or key in ("duration", "wait")):
            yield from _not_given(path, values, together[0].sources, walk.protocol.sources)
    yield from _not_of_table(walk)


def _not_given(
    path: KeyPath, values: list[Number | str], refs: tuple[str, ...], sources: Mapping[str, Source]
) -> Iterator[Finding]:
    key, given = path[-1], _given(refs, sources)
    if given is None:
        return
    wrong = [value for value in values if not any(_gives(each, key, value) for each in given)]
    for value in wrong:
        message = (
            _("none of the sources of {field!r} gives this comparison", field=key)
            if isinstance(value, str)
            else _("none of the sources of {field!r} gives this number", field=key)
        )
        expected = (
            _("one of {names}", names=name_list(given)) if given else _("a source that gives it, or own")
        )
        yield Finding(path, message, expected, _shown(value))
    for ref in () if wrong else refs:
        gives = _given((ref,), sources) or []
        if not any(_gives(each, key, value) for each in gives for value in values):
            message = _("the source {ref!r} gives nothing that stands in {field!r}", ref=ref, field=key)
            expected = _("one of {names}", names=name_list(gives)) if gives else _("another source or place")
            yield Finding(path, message, expected)


def _given(refs: tuple[str, ...], sources: Mapping[str, Source]) -> list[str] | None:
    """The numbers that sources give at the places referred to; None where anything may be in one of them."""
    numbers: list[str] = []
    for ref in refs:
        name, _colon, place = ref.partition(":")
        source = sources.get(name)
        if source is None or not source.says:
            return None
        for each in (place, _EVERYWHERE) if place else source.says:
            numbers += source.says.get(each, ())
    return numbers if refs else None


def _gives(said: str, key: str, value: Number | str) -> bool:
    """Tell if what a source says is this number, or this comparison, for such a key."""
    if re.match("[a-z]", said):
        return value == str(parse_condition_text(said))
    number, keys = number_and_use(said)
    if isinstance(value, str) or (keys and key not in keys):
        return False
    least, _dots, most = number.partition("..")
    return _is_within(value, _number(least.strip()), _number((most or least).strip()))


def _number(text: str) -> Number:
    return float(text) if text.replace(".", "", 1).isdigit() else parse_duration(text)


def _is_within(value: Number, least: Number, most: Number) -> bool:
    if isinstance(value, Duration) and isinstance(least, Duration) and isinstance(most, Duration):
        return least.about_seconds <= value.about_seconds <= most.about_seconds
    if isinstance(value, float) and isinstance(least, float) and isinstance(most, float):
        return least <= value <= most
    return False


def _shown(value: Number | str) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _not_of_table(walk: Walk) -> Iterator[Finding]:
    """A number from a table cites only sources of that table, where any source says its numbers."""
    if is_first_draft(walk.protocol):
        return
    for keyed, name in walk.tables:
        table = walk.protocol.tables.get(name)
        if table is None or not table.cites:
            continue
        refs = {ref for refs in table.cites.values() for ref in refs}
        for ref in keyed.sources:
            if ref not in refs:
                message = _("the table {name!r} does not have the source {ref!r}", name=name, ref=ref)
                expected = _("of {names}", names=name_list(sorted(refs)))
                yield Finding(keyed.path, message, expected)


# What stands where --------------------------------------------------------------------------------


def by_key(walk: Walk) -> Iterator[tuple[Part, str, list[Keyed]]]:
    """Group what is written by item and key; the steps of a session share their keys."""
    for _path, group in groupby(walk.values, key=lambda keyed: keyed.part.path):
        keys: dict[str, list[Keyed]] = {}
        for keyed in group:
            keys.setdefault(keyed.key, []).append(keyed)
        for key, together in keys.items():
            yield together[0].part, key, together


def _claims(keyed: Keyed) -> Iterator[Number | str]:
    """All that a source may be asked to give: numbers, scales, and comparisons of words, as they are written."""
    item, value = keyed.part.value, keyed.value
    for number in numbers_in(keyed):
        is_nothing = isinstance(number, float) or isinstance(item, Activity)
        if not is_nothing or number not in (0.0, Duration()):
            yield number
    if isinstance(value, Condition):
        yield from (str(each) for each in comparisons(value) if isinstance(each.value, str))
    if isinstance(item, GradeQuestion) and keyed.key == "grade":
        yield f"grade == {value}"


def numbers_in(keyed: Keyed) -> tuple[Number, ...]:
    """The numbers under a key. Of a condition all but zero: that something is gone needs no source."""
    match keyed.value:
        case bool():
            return ()
        case int(number) | PerWeek(count=number):
            return (float(number),)
        case PerDay(least, most):
            return (float(least), float(most))
        case Range(least, most) | Every(Range(least, most)):
            return (least, most)
        case Duration() as length:
            return (length,)
        case Anchor(offset=length) | Once(Anchor(offset=length)):
            return (length,)
        case value if isinstance(value, Condition) and not _says_for_whom(keyed):
            numbers = (each.value for each in comparisons(value))
            return tuple(number for number in numbers if isinstance(number, Number) and number)
    return ()


def _says_for_whom(keyed: Keyed) -> bool:
    """Tell if it is the condition of a step, which is about a kind of person."""
    return isinstance(keyed.part.value, Rung) and keyed.key == "only_if"


# All of them, for people ---------------------------------------------------------------------------

_SECTIONS = {
    "limits": N_("limit"),
    "tables": N_("table"),
    "red_flags": N_("red flag"),
    "observe": N_("question"),
}
_LEFT_OUT = ("phases", "do", "steps")


class CitedNumber(NamedTuple):
    """One number of a protocol, or a range of two."""

    where: str
    """`rice > ice`, `limit ice-48h`: in the language of the process."""
    field: str
    value: str
    sources: tuple[str, ...]

    @property
    def is_own(self) -> bool:
        """True if it is, at least in part, the project's own default."""
        return any(ref.partition(":")[0] == OWN for ref in self.sources)


def cited_numbers(protocol: RecoveryProtocol) -> Iterator[CitedNumber]:
    """Every number of a protocol that a person is held to: activities after all else, times of day last."""
    walk = Walk(protocol, {})
    for part, key, together in sorted(by_key(walk), key=lambda each: isinstance(each[0].value, Activity)):
        numbers = tuple(number for keyed in together for number in numbers_in(keyed))
        if numbers and numbers != (Duration(),):
            yield CitedNumber(_place(part.path), key, _range_shown(key, numbers), together[0].sources)
    for keyed in walk.values:
        if keyed.key == "at" and isinstance(keyed.value, At | LocalMoment):
            times = keyed.value.times if isinstance(keyed.value, At) else (keyed.value,)
            shown = ", ".join(map(str, times))
            yield CitedNumber(_place(keyed.part.path), "at", shown, keyed.sources)


def _place(path: KeyPath) -> str:
    section, *rest = path
    names = [name for name in rest if name not in _LEFT_OUT]
    if section in _SECTIONS:
        names = [f"{_(_SECTIONS[section])} {names[0]}", *names[1:]]
    return " > ".join(names)


def _range_shown(key: str, numbers: tuple[Number, ...]) -> str:
    """A range as it is written, several numbers of a condition with commas."""
    texts = [f"{number:g}" if isinstance(number, float) else str(number) for number in numbers]
    if key == "scale":
        return "..".join(texts)
    is_range = len(texts) == 2 and key not in ("wait", "only_if") and not key.endswith("_when")
    if is_range and all(isinstance(number, Duration) for number in numbers):
        return texts[0] if texts[0] == texts[1] else "..".join(texts)
    return ", ".join(dict.fromkeys(texts))
