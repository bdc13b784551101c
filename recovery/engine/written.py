"""Facts as they are written down: JSON objects that are read and written by typed fields.

A field says its kind once: what it holds in JSON, what that means, and within which bounds it is believed. Reading
converts only what is asked for, and a text or a number not at all: a journal has a hundred thousand facts.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar, Self, dataclass_transform

from recovery.protocol.terms import LONGEST_LENGTH

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_SECOND = timedelta(seconds=1)

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(2262, 4, 11, tzinfo=UTC)
"""Between these something may have happened. Linux keeps no later time: its clock counts nanoseconds in 63 bits."""

LONGEST_PLANNED = timedelta(seconds=LONGEST_LENGTH.about_seconds) + timedelta(days=366)
"""How far ahead of what happened something may be planned: no length of the language is longer."""

LAST_PLACE = 2**53
"""The last place of a journal: whatever reads JSON counts so far, and nobody writes so many facts."""

_AGES = (LATEST - EARLIEST) // _SECOND
"""Seconds: by how much a clock can be set at the most, and how late something can come."""

_LONGEST = LONGEST_PLANNED // _SECOND


def to_ms(instant: datetime) -> int:
    """Whole milliseconds since 1970 (UTC), rounded down."""
    return (instant - EPOCH) // _MS


def from_ms(milliseconds: int) -> datetime:
    """The instant of `to_ms`. Raises `OverflowError` beyond year 9999."""
    return EPOCH + milliseconds * _MS


class Kind:
    """A kind of value in JSON: `name` and `bounds` say what may stand there, `read` and `write` what it means."""

    __slots__ = ("bounds", "name", "read", "write")

    def __init__(
        self,
        name: str,
        *bounds: Any,
        read: Callable[[Any], Any] | None = None,
        write: Callable[[Any], Any] | None = None,
    ) -> None:
        """None for `read` or `write`: the value is what stands in JSON."""
        self.name, self.bounds, self.read, self.write = name, bounds, read, write


def count(least: int, most: int = 1_000_000) -> Kind:
    return Kind("count", least, most)


def one_of(*choices: str) -> Kind:
    return Kind("one of", choices)


def _seconds(least: int, most: int, write: Callable[[float], int] = int) -> Kind:
    """A length in whole seconds, cut by `write`."""
    return Kind(
        "count", least, most, read=lambda n: timedelta(seconds=n), write=lambda span: write(span / _SECOND)
    )


def perhaps(kind: Kind) -> Kind:
    """Null, or what the kind has."""
    read, write = kind.read, kind.write
    return Kind(
        "perhaps",
        kind,
        read=read and (lambda value: None if value is None else read(value)),
        write=write and (lambda value: None if value is None else write(value)),
    )


def each(kind: Kind, most: int = 1000) -> Kind:
    """A list of what the kind has."""
    read, write = kind.read, kind.write
    return Kind(
        "each",
        kind,
        most,
        read=read and (lambda values: tuple(read(value) for value in values)),
        write=(lambda values: [write(value) for value in values]) if write else list,
    )


def pair(kind: Kind) -> Kind:
    """A list of two."""
    both = each(kind)
    return Kind("pair", kind, read=both.read, write=both.write)


def by_name(kind: Kind, names: str = "") -> Kind:
    """An object whose keys are names: the questions or the items of the protocol, where `names` says so."""
    read, write = kind.read, kind.write
    return Kind(
        "by name",
        kind,
        names,
        read=read and (lambda values: {name: read(value) for name, value in values.items()}),
        write=write and (lambda values: {name: write(value) for name, value in values.items()}),
    )


def part(shape: "type[Written]") -> Kind:
    """An object that has fields of its own."""
    return Kind("part", shape, read=shape.of, write=lambda written: written.json)


TEXT, NAME, FLAG, ZONE = Kind("text"), Kind("name"), Kind("flag"), Kind("zone")
LANGUAGE = Kind("language")
INSTANT = Kind("instant", read=from_ms, write=to_ms)
DATE = Kind("day", read=date.fromisoformat, write=date.isoformat)
CLOCK = Kind("clock", read=time.fromisoformat, write=lambda clock: f"{clock:%H:%M}")
LENGTH = _seconds(0, _LONGEST)
OVERRUN = _seconds(0, _AGES)
SET_BY = _seconds(-_AGES, _AGES, round)
STEADY = count(0, 1000 * (_AGES + _LONGEST))
LATENESS = Kind(
    "count",
    -1000 * (_AGES + _LONGEST),  # a clock that was set back makes it negative
    1000 * (_AGES + _LONGEST),
    read=lambda n: n * _MS,
    write=lambda span: round(span / _MS),
)
PLACE = count(1, LAST_PLACE)
ANSWERS, OPTIONS, OBSERVATION = Kind("answers"), Kind("options"), Kind("observation")
PHASE, ACTIVITY, RUNG, PINNED = Kind("phase"), Kind("activity"), Kind("rung"), Kind("pinned")

_MISSING: Any = object()


class Field:
    """One field of a JSON object."""

    __slots__ = ("default", "is_always_written", "key", "kind")

    def __init__(self, kind: Kind, key: str, default: Any, *, is_always_written: bool) -> None:
        self.kind, self.key, self.default = kind, key, default
        self.is_always_written = is_always_written

    @property
    def is_required(self) -> bool:
        return self.default is _MISSING

    def put(self, data: dict[str, Any], value: Any) -> None:
        """Write it into an object."""
        write = self.kind.write
        data[self.key] = value if write is None else write(value)

    def getter(self) -> Any:
        """A property that reads it."""
        key, default, read = self.key, self.default, self.kind.read or (lambda value: value)
        if default is _MISSING:
            return property(lambda view: read(view.__dict__[key]))
        return property(lambda view: read(view.__dict__[key]) if key in view.__dict__ else default)


def field(kind: Kind, key: str = "", *, default: Any = _MISSING, always: bool = False) -> Any:
    """A field under a key of JSON, by default that of its name.

    One with a default may be missing, and is left out where it is that, unless it is `always` written.
    """
    return Field(kind, key, default, is_always_written=always)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
class Written:
    """A JSON object with typed fields. It is a view: what it was read from is kept as it is, and never changes.

    Fields stand in the order in which they are written. Raises `KeyError` or `AttributeError` where one is read
    that is not there, and whatever a damaged value raises.
    """

    fields: ClassVar[Mapping[str, Field]] = {}

    def __init_subclass__(cls) -> None:
        fields = {**cls.fields}
        for name in cls.__annotations__ if "__annotations__" in cls.__dict__ else ():
            own = cls.__dict__.get(name)
            if not isinstance(own, Field):
                continue
            fields.pop(name, None)  # one that is said again stands where it is said again
            fields[name] = own
            is_plain = own.kind.read is None and own.key in ("", name)
            own.key = own.key or name
            if not is_plain:
                setattr(cls, name, own.getter())
            elif own.is_required:
                delattr(cls, name)  # the view itself has it
            else:
                setattr(cls, name, own.default)
        cls.fields = fields

    def __init__(self, **given: Any) -> None:
        """Written down at once, as JSON."""
        if unknown := given.keys() - self.fields.keys():
            raise TypeError(f"{type(self).__name__} has no {sorted(unknown)}")
        for name, part_of_it in self.fields.items():
            value = given.get(name, part_of_it.default)
            if value is _MISSING:
                raise TypeError(f"{type(self).__name__} needs {name}")
            if part_of_it.is_always_written or value is not part_of_it.default:
                part_of_it.put(self.__dict__, value)

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """Read what stands in the journal."""
        made = cls.__new__(cls)
        object.__setattr__(made, "__dict__", data)
        return made

    @property
    def json(self) -> dict[str, Any]:
        """The object itself, as it stands in the journal."""
        return self.__dict__

    def changed(self, **changes: Any) -> Self:
        """The same with some fields changed."""
        data = {**self.__dict__}
        for name, value in changes.items():
            self.fields[name].put(data, value)
        return self.of(data)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__}.{name}: what is written down never changes")

    def __eq__(self, other: object) -> bool:
        return self.__dict__ == other.__dict__ if type(other) is type(self) else NotImplemented

    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # JSON may hold lists

    def __repr__(self) -> str:
        parts = ", ".join(f"{key}={value!r}" for key, value in self.__dict__.items())
        return f"{type(self).__name__}({parts})"
