"""Frozen values: what a frozen dataclass is to its user and to the type checker, at a tenth of the start.

`import dataclasses` costs as much as starting Python, and each class of it a third of a millisecond, because it
writes and compiles code. `recovery status` needs some sixty such classes and may cost six times `python -c pass`
in all, so these do the same without code of their own: `tests/bench` measures it.
"""

from typing import Any, ClassVar, TypeVar, dataclass_transform

_MISSING: Any = object()


class Default:
    """A default made anew for each value."""

    def __init__(self, make: Any) -> None:
        self.make = make


def field(*, default_factory: Any = _MISSING, kw_only: bool = False) -> Any:  # noqa: ARG001  # for mypy
    """A field whose default is made by calling `default_factory`, or that has to be given by name."""
    return _MISSING if default_factory is _MISSING else Default(default_factory)


def _is_of_class(kind: Any) -> bool:
    return getattr(kind, "__origin__", None) is ClassVar


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Value:
    """The base of all values. Fields are the annotated names, with defaults as in a dataclass.

    Values are equal when they are of one class and their fields are; they are hashable when these are.
    """

    _fields: ClassVar[tuple[str, ...]] = ()
    _names: ClassVar[frozenset[str]] = frozenset()
    _defaults: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls, *, kw_only: bool = False) -> None:
        names, defaults = list(cls._fields), dict(cls._defaults)
        for name, kind in cls.__annotations__.items():
            if kind.startswith("ClassVar[") if type(kind) is str else _is_of_class(kind):
                continue
            if name not in names:
                names.append(name)
            default = cls.__dict__.get(name, _MISSING)
            if default is not _MISSING:
                defaults[name] = default
        cls._fields = tuple(names)
        cls._names = frozenset(names)
        # What positional patterns of `match` look at; mypy makes its own of the annotations.
        type.__setattr__(cls, "__match_args__", cls._fields)
        cls._defaults = defaults

    def __init__(self, *args: Any, **given: Any) -> None:
        names, state = self._fields, self.__dict__
        if len(args) > len(names):
            raise TypeError(f"{type(self).__name__} takes {len(names)} values, not {len(args)}")
        state.update(zip(names, args, strict=False))
        if given:
            _refuse_unknown(type(self), given)
            twice = state.keys() & given.keys()
            if twice:
                raise TypeError(f"{type(self).__name__}: {sorted(twice)} given twice")
            state.update(given)
        if len(state) < len(names):
            self._fill(state)

    def _fill(self, state: dict[str, Any]) -> None:
        for name in self._fields:
            if name not in state:
                default = self._defaults.get(name, _MISSING)
                if default is _MISSING:
                    raise TypeError(f"{type(self).__name__} needs {name}")
                state[name] = default.make() if isinstance(default, Default) else default

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__}.{name}: a value never changes")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__}.{name}: a value never changes")

    def __eq__(self, other: object) -> bool:
        return self.__dict__ == other.__dict__ if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash((type(self), *(self.__dict__[name] for name in self._fields)))

    def __repr__(self) -> str:
        parts = ", ".join(f"{name}={self.__dict__[name]!r}" for name in self._fields)
        return f"{type(self).__name__}({parts})"


def _refuse_unknown(kind: type[Value], given: dict[str, Any]) -> None:
    if not given.keys() <= kind._names:
        raise TypeError(f"{kind.__name__} has no {sorted(given.keys() - kind._names)}")


V = TypeVar("V", bound=Value)


def replace(value: V, **changes: Any) -> V:
    """The same value with some fields changed. Raises `TypeError` for a field that it does not have."""
    kind = type(value)
    if not changes.keys() <= kind._names:
        _refuse_unknown(kind, changes)
    other = kind.__new__(kind)
    object.__setattr__(other, "__dict__", value.__dict__ | changes)
    return other
