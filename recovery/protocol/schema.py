"""The shape of a protocol file: strict pydantic models, made of the declarations of `model`, and the JSON Schema.

Every scalar arrives as text (`scalars` reads it). What one key cannot tell alone is noted in a `Trace` besides, so that
it hides no other error.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, reduce
from operator import or_
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeAlias, Union, get_args, get_origin

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    create_model,
    model_validator,
)
from typing_extensions import TypeAliasType

from recovery.language import _
from recovery.protocol import model as m
from recovery.protocol import scalars as s
from recovery.protocol.declared import Declared, is_nothing, keys
from recovery.protocol.terms import TO_CHOOSE, Comparison, Condition
from recovery.values import Value

FILE_FORMAT = "1"
_RANGES = {"per_day": "1..3", "every": "2h..3h", "duration": "1min..2min"}
CADENCES = ("every", "per_day", "at", "per_week", "once", "after")


# Rules between the keys of one mapping ----------------------------------------------------------------


class KeyConflict(Value):
    """Something wrong between the keys of a mapping; `key` is the one to point at, empty: the mapping."""

    message: str
    expected: str
    found: str
    key: str = ""


RawMapping = Mapping[str, Any]
"""A mapping of the file as it is written."""
_Rule = Callable[[RawMapping, type[Value]], Iterator[KeyConflict]]
_RULES: dict[type[Value], _Rule] = {}


def conflicts(form: type[Value], data: RawMapping) -> Iterator[KeyConflict]:
    """Find the conflicts between the keys of a form, those of its base first."""
    for kind in reversed(form.__mro__):
        if kind in _RULES:
            yield from _RULES[kind](data, form)


def exactly_one(data: RawMapping, names: tuple[str, ...], what: str) -> Iterator[KeyConflict]:
    """A conflict unless one of the keys is there, and no other."""
    given = [key for key in names if key in data]
    wanted = _("exactly one of {names}", names=", ".join(names))
    if not given:
        yield KeyConflict(_("{what} is missing", what=what), wanted, _("none of them"))
    for key in given[1:]:
        yield KeyConflict(_("{what} is given twice", what=what), wanted, _(" and ").join(given), key)


def _step_or_wait(value: Any) -> str:
    """The tag of a step of an alternation."""
    return "<wait>" if isinstance(value, dict) and "wait" in value and "of" not in value else "<step>"


def _together(data: RawMapping, key: str, other: str) -> Iterator[KeyConflict]:
    """A conflict where a key stands without the other."""
    if key in data and other not in data:
        message = _("{key!r} needs {other!r} beside it", key=key, other=other)
        yield KeyConflict(message, other, _("only {key}", key=key), key)


def _says_nothing(data: RawMapping, key: str, message: str) -> Iterator[KeyConflict]:
    """A conflict where a key that can only say yes says no."""
    if data.get(key) == "false":
        yield KeyConflict(message, _("true, or no such key"), "'false'", key)


def _of(form: type[Value]) -> Callable[[_Rule], _Rule]:
    def registered(rule: _Rule) -> _Rule:
        _RULES[form] = rule
        return rule

    return registered


@_of(m.Phase)
def _phase(data: RawMapping, _form: type[Value]) -> Iterator[KeyConflict]:
    yield from _together(data, "climb_when", "steps")
    yield from _together(data, "step_back_when", "steps")
    yield from _together(data, "steps", "climb_when")
    if "ends" in data:
        for key in ("min", "max", "leave_when", "at_max"):
            if key in data:
                message = _("a phase that never ends has no {key!r}", key=key)
                yield KeyConflict(message, _("one of the two"), _("both"), key)


@_of(m.Observation)
def _observation(data: RawMapping, _form: type[Value]) -> Iterator[KeyConflict]:
    yield from exactly_one(data, ("scale", "choices", "test"), _("what can be answered"))
    if "test" in data and "better" in data:
        message = _("more is better in every test")
        yield KeyConflict(message, _("no 'better' beside a test"), _("both"), "better")
    yield from _together(data, "labels", "scale")
    if "choices" in data and "better" in data:
        message = _("choices go from worst to best")
        yield KeyConflict(message, _("no 'better' beside choices"), _("both"), "better")


@_of(m.GuidedTest)
def _guided_test(data: RawMapping, _form: type[Value]) -> Iterator[KeyConflict]:
    yield from exactly_one(data, ("held", "repetitions"), _("what is measured"))


@_of(m.Limit)
def _limit(data: RawMapping, form: type[Value]) -> Iterator[KeyConflict]:
    kinds = [each.key for each in keys(form) if each.key not in ("id", "of", "in", "to", "say", "source")]
    if not any(key in data for key in kinds):
        expected = _("at least one of {names}", names=", ".join(kinds))
        yield KeyConflict(_("the limit limits nothing"), expected, _("none of them"))
    yield from _together(data, "gap", "to")
    yield from _together(data, "to", "gap")
    yield from _says_nothing(data, "never", _("'never: false' says nothing"))


@_of(m.Healing)
def _healing(data: RawMapping, _form: type[Value]) -> Iterator[KeyConflict]:
    if data.get("from") == "phase":
        message = _("healing is not counted from a phase")
        yield KeyConflict(message, _("injury or start"), "'phase'", "from")


@_of(m.Silence)
def _silence(data: RawMapping, _form: type[Value]) -> Iterator[KeyConflict]:
    yield from _together(data, "after", "ask")
    yield from _together(data, "ask", "after")


@_of(m.RedFlag)
def _red_flag(data: RawMapping, _form: type[Value]) -> Iterator[KeyConflict]:
    yield from exactly_one(data, ("when", "ask"), _("how it is noticed"))
    yield from _together(data, "harm", "ask")
    yield from _together(data, "begins", "ask")
    if str(data.get("begins", "")).startswith("phase"):
        message = _("a sign is not asked from a phase on")
        yield KeyConflict(message, _("injury or start"), "'phase'", "begins")
    if "begins" in data and data.get("level") == "emergency":
        message = _("a sign of an emergency is asked from the start on")
        yield KeyConflict(message, _("one of the two"), _("both"), "begins")


@_of(m.ScreenQuestion)
def _screen(data: RawMapping, _form: type[Value]) -> Iterator[KeyConflict]:
    if data.get("level") == "care":
        for key in ("forbid", "refuse"):
            if key in data:
                message = _("what needs care only is not forbidden")
                yield KeyConflict(message, _("one of the two"), _("both"), key)
    else:
        yield from exactly_one(data, ("forbid", "refuse"), _("what a yes means"))
    yield from _says_nothing(data, "refuse", _("'refuse: false' says nothing"))


@_of(m.Timed)
def _timed(data: RawMapping, form: type[Value]) -> Iterator[KeyConflict]:
    names = CADENCES if "per_week" not in data else tuple(key for key in CADENCES if key != "at")
    yield from exactly_one(data, names, _("how often it comes"))
    yield from _together(data, "per_week", "at")
    if "per_week" in data and isinstance(data.get("at"), list | tuple) and len(data["at"]) != 1:
        message = _("'per_week' takes one time of day")
        yield KeyConflict(message, _('one time, such as "10:00"'), _("a list"), "at")
    if data.get("per_week") in ("8", "9") or len(str(data.get("per_week", ""))) == 2:
        expected = _("a number from 1 to 7")
        yield KeyConflict(_("a week has seven days"), expected, repr(data["per_week"]), "per_week")
    if "choose" in data:
        yield from _choose(data, form)
    is_chain = "every" in data and issubclass(form, m.Treatment)
    if data.get("follows") == "place" and (is_chain or "once" in data or "after" in data):
        message = _("what counts elapsed time follows the body, wherever that is")
        yield KeyConflict(message, _("body, or no 'follows'"), "place", "follows")


def _choose(data: RawMapping, form: type[Value]) -> Iterator[KeyConflict]:
    """A conflict where there is nothing to choose, or where nobody could tell what was chosen."""
    names = data["choose"] if isinstance(data["choose"], list | tuple) else (data["choose"],)
    if not issubclass(form, m.Treatment | m.Reminder):
        message = _("when something is asked is not the person's choice")
        yield KeyConflict(message, _("no 'choose'"), repr(data["kind"]), "choose")
    for name in names:
        if name in TO_CHOOSE and name not in data:
            message = _("{key!r} needs {other!r} beside it", key="choose", other=name)
            yield KeyConflict(message, name, _("no such key"), "choose")
        elif name in _RANGES and isinstance(data.get(name), str) and ".." not in data[name]:
            message = _("without a range there is nothing to choose")
            yield KeyConflict(message, _("a range, such as {range}", range=_RANGES[name]), data[name], name)
    if "every" in names and "duration" in names:
        message = _("a length that is chosen would be either of two")
        yield KeyConflict(message, _("every or duration"), _("both"), "choose")


@_of(m.Treatment)
def _treatment(data: RawMapping, _form: type[Value]) -> Iterator[KeyConflict]:
    alone = next((key for key in ("once", "after") if key in data), None)
    if data.get("if_missed") == "offer" and alone is not None:
        message = _("with {alone!r} there is nothing to make up for", alone=alone)
        expected = _("'every', 'per_day', 'at' or 'per_week'")
        yield KeyConflict(message, expected, repr(alone), "if_missed")


@_of(m.Alternation)
def _alternation(data: RawMapping, _form: type[Value]) -> Iterator[KeyConflict]:
    steps = data.get("steps")
    if not isinstance(steps, list | tuple):
        return
    kinds = [_step_or_wait(step) for step in steps]
    treatments = kinds.count("<step>")
    if treatments < 2:
        message = _("an alternation has at least two treatments")
        yield KeyConflict(message, _("two or more"), str(treatments), "steps")
    if any(a == b == "<wait>" for a, b in zip(["<wait>", *kinds], kinds, strict=False)):
        message, expected = _("a wait comes after a treatment"), _("a treatment, then its wait")
        yield KeyConflict(message, expected, _("a wait before it"), "steps")


@_of(m.Reminder)
def _reminder(data: RawMapping, _form: type[Value]) -> Iterator[KeyConflict]:
    if data.get("during") == "work" and data.get("follows") == "body":
        message = _("working hours are those of the place")
        yield KeyConflict(message, _("place, or no 'follows'"), "body", "follows")


@_of(m.Item)
def _item(data: RawMapping, _form: type[Value]) -> Iterator[KeyConflict]:
    yield from _together(data, "set", "start")


# Entries ------------------------------------------------------------------------------------------


@dataclass
class Trace:
    """The notes of a validation: the model of each mapping, by the mapping's identity, and its conflicts."""

    models: dict[int, type["Entry"]] = field(default_factory=dict)
    conflicts: list[tuple[int, KeyConflict]] = field(default_factory=list)


class Entry(BaseModel):
    """A mapping of the file."""

    # Not `strict`: that would refuse the lists of YAML for tuples. Nothing else can be coerced: every scalar
    # is read from its text by a validator of its own.
    model_config = ConfigDict(frozen=True, extra="forbid")
    form: ClassVar[type[Value]] = Value
    """The construct whose declaration it follows."""

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    @model_validator(mode="before")
    @classmethod
    def _trace(cls, data: Any, info: ValidationInfo) -> Any:
        if isinstance(data, dict) and isinstance(info.context, Trace):
            info.context.models[id(data)] = cls
            # Something unknown is most likely what would be missed: one mistake, one error.
            has_unknown = not set(data) <= set(cls.keys())
            wrong = (each for each in cls.conflicts(data) if each.key or not has_unknown)
            info.context.conflicts.extend((id(data), each) for each in wrong)
        return data

    @classmethod
    def conflicts(cls, data: Mapping[str, Any]) -> list[KeyConflict]:
        """Find the conflicts between the keys."""
        return list(conflicts(cls.form, data))

    @classmethod
    def keys(cls) -> dict[str, str]:
        """The keys of the file that it knows, with what they mean."""
        return {info.alias or name: info.description or "" for name, info in cls.model_fields.items()}


class Group(Entry):
    """Several conditions as one: exactly one of the three keys."""

    all: tuple["ConditionEntry", ...] | None = Field(
        None, description="All of these have to be true.", min_length=1
    )
    any: tuple["ConditionEntry", ...] | None = Field(None, description="At least one is true.", min_length=1)
    not_: Union["ConditionEntry", None] = Field(
        None, alias="not", description="This must be known to be false."
    )

    @classmethod
    def conflicts(cls, data: Mapping[str, Any]) -> list[KeyConflict]:
        return list(exactly_one(data, ("all", "any", "not"), _("what to make of the conditions")))


if TYPE_CHECKING:
    ConditionEntry: TypeAlias = "Comparison | tuple[Any, ...] | Group"
else:
    ConditionEntry = TypeAliasType(
        "ConditionEntry",
        Annotated[
            Annotated[s.ComparisonText, Tag("<text>")]
            | Annotated[
                Annotated[
                    tuple["ConditionEntry", ...],
                    Field(min_length=1, description="All of these have to be true."),
                ],
                Tag("<list>"),
            ]
            | Annotated[Group, Tag("<mapping>")],
            Discriminator(s.shape),
        ],
    )


# Models of declarations ---------------------------------------------------------------------------


@cache
def entry_of(form: type[Any]) -> type[Entry]:
    """The pydantic model of a declared form."""
    kind = getattr(form, "kind", form.__name__) if issubclass(form, m.Activity) else form.__name__
    name = "".join(part[0].upper() + part[1:] for part in kind.split("-")) + "Entry"
    made = create_model(name, __base__=Entry, **{each.field: _field(each) for each in keys(form)})
    made.__doc__ = (form.__doc__ or "").partition("\n\n")[0]
    made.form = form
    return made


def _field(each: Declared) -> Any:
    written, default = _written(each.written), _default(each)
    says: dict[str, Any] = {"description": each.meaning or None, "min_length": each.least}
    if each.key != each.field:
        says["alias"] = each.key
    if default is None:
        written = written | None
    return written, Field(default, **{name: value for name, value in says.items() if value is not None})


def _default(each: Declared) -> Any:
    """Write down what a key says where it is left out; None where that cannot be written."""
    if each.may_be_unset:
        return None
    if words := s.words_of(each.written):
        return words.of(each.default)
    is_said = isinstance(each.default, bool) or not is_nothing(each.default)
    return each.default if is_said or get_origin(each.written) in (tuple, dict, Mapping) else None


def _written(written: Any) -> Any:
    """The type of an entry for what is written: declared forms are replaced by their models."""
    origin, parts = get_origin(written), get_args(written)
    if origin in (Union, UnionType):
        return _one_of([part for part in parts if part is not NoneType])
    if origin is tuple:
        inner = tuple(part if part is ... else _written(part) for part in parts)
        return tuple[inner]  # type: ignore[valid-type]  # made at run time
    if origin is Mapping:
        inner = _written(parts[1])
        return dict[s.Id, inner]  # type: ignore[valid-type]
    return entry_of(written) if _is_form(written) else written


def _one_of(parts: list[Any]) -> Any:
    """The type of an entry for a union: two forms, any activity, or a condition."""
    match parts:
        case [only]:
            return _written(only)
        case [main, other] if _is_form(main):
            return _either(main, other)
    if tuple(parts) == get_args(m.AnyActivity):
        forms: list[Any] = [*m.KINDS.values()]
        return Annotated[reduce(or_, map(entry_of, forms)), Field(discriminator="kind")]
    assert tuple(parts) == get_args(Condition)
    return ConditionEntry


def _either(main: Any, other: Any) -> Any:
    """Two forms of mappings, told apart by their first keys."""
    tags = {form: f"<{form.__name__.lower()}>" for form in (main, other)}
    firsts = {form: keys(form)[0].key for form in (main, other)}

    def tag(value: Any) -> str:
        is_other = isinstance(value, dict) and firsts[other] in value and firsts[main] not in value
        return tags[other if is_other else main]

    members = [Annotated[entry_of(form), Tag(tags[form])] for form in (main, other)]
    return Annotated[reduce(or_, members), Discriminator(tag)]


def _is_form(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Value)


ProtocolFile = entry_of(m.RecoveryProtocol)
UseEntry = entry_of(m.Use)


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a protocol file, for editors."""
    schema = ProtocolFile.model_json_schema(by_alias=True)
    schema["properties"]["format"] = {"description": "The format of the file: 1.", "enum": [1, "1"]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "Recovery protocol"}
