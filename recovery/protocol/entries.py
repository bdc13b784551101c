"""Common parts of all mappings of a protocol file: pydantic models that are strict and leave a trace; conditions.

Every scalar arrives as text (`scalars` reads it). What one key cannot tell alone, such as "exactly one of
`every`, `per_day`, ...", is noted in a `Trace` besides, so that it hides no other error.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeAlias, TypeVar, Union

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationInfo, model_validator
from typing_extensions import TypeAliasType

from recovery.language import N_, _
from recovery.protocol import scalars as s
from recovery.protocol.terms import Comparison


@dataclass(frozen=True)
class KeyConflict:
    """Something wrong between the keys of a mapping; `key` is the one to point at, empty: the mapping."""

    message: str
    expected: str
    found: str
    key: str = ""


@dataclass
class Trace:
    """The notes of a validation: the model of each mapping, by the mapping's identity, and its slips."""

    models: dict[int, type["Entry"]] = field(default_factory=dict)
    slips: list[tuple[int, KeyConflict]] = field(default_factory=list)


class Entry(BaseModel):
    """A mapping of the file."""

    # Not `strict`: that would refuse the lists of YAML for tuples. Nothing else can be coerced: every scalar
    # is read from its text by a validator of its own.
    model_config = ConfigDict(frozen=True, extra="forbid")
    fields_of_parts: ClassVar[tuple[str, ...]] = ()
    """Fields of its parts that `source:` may name as well."""

    @model_validator(mode="before")
    @classmethod
    def _trace(cls, data: Any, info: ValidationInfo) -> Any:
        if isinstance(data, dict) and isinstance(info.context, Trace):
            info.context.models[id(data)] = cls
            # Something unknown is most likely what would be missed: one mistake, one error.
            has_unknown = not set(data) <= set(cls.keys())
            slips = [slip for slip in cls.slips(data) if slip.key or not has_unknown]
            info.context.slips.extend((id(data), slip) for slip in slips)
        return data

    @classmethod
    def slips(cls, data: Mapping[str, Any]) -> Iterator[KeyConflict]:
        """Find the conflicts between the keys."""
        del data  # of interest to the models that have something to say about it
        yield from ()

    @classmethod
    def keys(cls) -> dict[str, str]:
        """The keys of the file that it knows, with what they mean."""
        return {info.alias or name: info.description or "" for name, info in cls.model_fields.items()}


def exactly_one(data: Mapping[str, Any], keys: tuple[str, ...], what: str) -> Iterator[KeyConflict]:
    """A slip unless one of the keys is there, and no other."""
    given = [key for key in keys if key in data]
    wanted = _("exactly one of {names}", names=", ".join(keys))
    if not given:
        yield KeyConflict(_("{what} is missing", what=what), wanted, _("none of them"))
    for key in given[1:]:
        yield KeyConflict(_("{what} is given twice", what=what), wanted, _(" and ").join(given), key)


def together(data: Mapping[str, Any], key: str, other: str) -> Iterator[KeyConflict]:
    """A slip where a key stands without the other."""
    if key in data and other not in data:
        message = _("{key!r} needs {other!r} beside it", key=key, other=other)
        yield KeyConflict(message, other, _("only {key}", key=key), key)


# Conditions and sources ---------------------------------------------------------------------------


def shape(value: Any) -> str:
    """The tag of a value by how it is written: one value, a list or a mapping."""
    match value:
        case list() | tuple():
            return "<list>"
        case dict():
            return "<mapping>"
    return "<text>"


T = TypeVar("T")
OneOrMore = Annotated[
    Annotated[T, Tag("<text>")] | Annotated[tuple[T, ...], Field(min_length=1), Tag("<list>")],
    Discriminator(shape),
]
"""A value, or a list of at least one."""


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
    def slips(cls, data: Mapping[str, Any]) -> Iterator[KeyConflict]:
        yield from exactly_one(data, ("all", "any", "not"), _("what to make of the conditions"))


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
            Discriminator(shape),
        ],
    )

Sources = Annotated[
    Annotated[s.Refs, Tag("<text>")] | Annotated[dict[str, s.Refs], Tag("<mapping>")], Discriminator(shape)
]
SOURCE = Field(
    None, description="Where its numbers come from: for all of them, or field by field (other: the rest)."
)
TITLE = Field(None, description="A short title; without one the id is shown.")
SAY = Field(description=N_("What the person is told."))


class Escalation(Entry):
    """What to tell when something is over its time."""

    level: s.Level = Field(description=N_("How much it matters: routine, urgent or emergency."))
    say: s.Cue = SAY
