"""The shape of a protocol file: strict pydantic models, made of the declarations of `model`, and the JSON Schema.

Every scalar arrives as text (`scalars` reads it). What one key cannot tell alone is noted in a `Trace` besides, so that
it hides no other error.
"""

from collections.abc import Mapping
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
from recovery.protocol.conflicts import KeyConflict, conflicts, exactly_one
from recovery.protocol.declared import Declared, keys
from recovery.protocol.terms import Comparison, Condition
from recovery.protocol.weaker import is_nothing
from recovery.values import Value

FORMAT = "1"


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
