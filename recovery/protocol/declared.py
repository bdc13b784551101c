"""The declarations of `model`, read: the keys of each construct, in the order of a file.

A field with a meaning, `Annotated[type, how it is written, meaning]`, is a key. In `ClassVar[...]` it is a key that no
field keeps as it is: others are made of it. A field without a meaning is made of other keys.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache, cached_property
from inspect import get_annotations
from types import FunctionType
from typing import Annotated, Any, ClassVar, Literal, get_args, get_origin

from recovery.protocol.terms import CLEARED_BY, LEVELS, MAY_PASS, SCREENING_LEVELS, Anchor, Duration, Range
from recovery.values import Default, Value, replace


class Key(Value):
    """The name of a key, where the field is called otherwise."""

    name: str


class AtLeast(Value):
    """The least length of a list."""

    count: int


class _InPlace(Value):
    """The keys of a part stand among those of the whole."""


IN_PLACE = _InPlace()
Looser = Callable[[Any, Any], bool]


class Declared(Value):
    """One field of a construct, as it is declared."""

    field: str
    key: str
    meaning: str
    kind: Any
    """The type of the value."""
    written: Any
    """The type of what is written: that of a scalar, or a form."""
    least: int | None = None
    default: Any = ...
    """What the field is where the key is left out; `...`: it has to be there."""
    looser: Looser | None = None
    """Tells if a change from one value to another lets more through; None: no change is known to."""
    is_kept: bool = True
    """True if it is a field of the value."""

    @cached_property
    def item(self) -> Any:
        """The form of its items, where it is a list or a mapping of things with ids."""
        if get_origin(self.kind) not in (tuple, Mapping):
            return None
        inner = [part for part in get_args(self.kind) if part is not ...][-1]
        form = (*get_args(inner), inner)[0]
        return form if "id" in getattr(form, "_fields", ()) else None

    @cached_property
    def is_told(self) -> bool:
        """True if it is a text that may be translated, or a list of such."""
        return bool(_names()["s"].is_told(self.written))

    @property
    def may_be_unset(self) -> bool:
        """True if it is written that it may be left out, whatever the default of the field."""
        return type(None) in get_args(self.written)


@cache
def fields(form: type[Any]) -> Mapping[str, Declared]:
    """Read the declarations of a form, by field: those of its bases first."""
    own = get_annotations(form, locals=_names(), eval_str=True)
    read = {} if form is Value else {**fields(form.__base__)}
    if kind := form.__dict__.get("kind"):
        read["kind"] = Declared("kind", "kind", "", str, Literal[kind], is_kept=False)
    for name, says in own.items():
        is_kept = not _is(says, ClassVar)
        hint = says if is_kept else (*get_args(says), None)[0]
        if not _is(hint, Annotated):
            continue
        if IN_PLACE in hint.__metadata__:
            inner = fields(hint.__origin__).items()
            read |= {name: replace(each, is_kept=False) for name, each in inner}
        else:
            default = form._defaults.get(name, getattr(form, name, ...))
            read[name] = _declared(name, hint, default, is_kept=is_kept)
    return read


def keys(form: Any) -> tuple[Declared, ...]:
    """The keys of a form, in the order of a file."""
    return tuple(each for each in fields(form).values() if each.meaning or each.field == "kind")


def _is(hint: Any, origin: Any) -> bool:
    return bool(get_origin(hint) == origin)


def _declared(name: str, hint: Any, default: Any, *, is_kept: bool) -> Declared:
    key, meaning, least, looser, written = name, "", None, None, hint.__origin__
    for says in hint.__metadata__:
        match says:
            case Key():
                key = says.name
            case AtLeast():
                least = says.count
            case str():
                meaning = says
            case FunctionType():
                looser = says
            case _:
                written = says
    if isinstance(default, Default):
        default = default.make()
    return Declared(name, key, meaning, hint.__origin__, written, least, default, looser, is_kept)


@cache
def _names() -> dict[str, Any]:
    """Load the names in the declarations, which `model` itself does not."""
    from recovery.protocol import scalars

    return {**globals(), "s": scalars}


# Tests of a change ----------------------------------------------------------------------------------
#
# Does the new value let more through than the old one? Nothing (None, an empty text) is no bound at all.


def is_nothing(value: Any) -> bool:
    """Tell if a value says nothing: it is left out, false or empty."""
    return value is None or value is False or value in ("", (), Duration()) or value == {}


def if_gone(old: Any, new: Any) -> bool:
    return not is_nothing(old) and is_nothing(new)


def if_new(old: Any, new: Any) -> bool:
    return is_nothing(old) and not is_nothing(new)


def if_more(old: Any, new: Any) -> bool:
    """Longer, later or more often; or no longer bounded at all."""
    if is_nothing(new) or is_nothing(old):
        return not is_nothing(old)
    return any(a is not None and b is not None and b > a for a, b in _sizes(old, new))


def if_less(old: Any, new: Any) -> bool:
    """Shorter or earlier; or no longer asked for at all."""
    if is_nothing(new) or is_nothing(old):
        return not is_nothing(old)
    return any(a is not None and b is not None and b < a for a, b in _sizes(old, new))


def if_fewer(old: Any, new: Any) -> bool:
    return not {*old} <= {*new}


def if_narrower(old: Any, new: Any) -> bool:
    """Fewer places to hold in, where naming none means everywhere."""
    return bool(new) and (not old or not {*old} <= {*new})


def if_lower(old: Any, new: Any) -> bool:
    scale = LEVELS if old in LEVELS else SCREENING_LEVELS
    return old in scale and (new not in scale or scale.index(new) < scale.index(old))


def if_in_more_hands(old: Any, new: Any) -> bool:
    scales = (MAY_PASS, CLEARED_BY)
    return any(old in each and new in each and each.index(new) > each.index(old) for each in scales)


def if_sooner(old: Any, new: Any) -> bool:
    """A range that begins sooner."""
    return isinstance(old, Range) and isinstance(new, Range) and if_less(old.least, new.least)


def _sizes(old: Any, new: Any) -> Iterator[tuple[float | None, float | None]]:
    """Two values as numbers to compare; None where they cannot be compared."""
    if isinstance(old, Range) and isinstance(new, Range):
        yield old.least.about_seconds, new.least.about_seconds
        yield old.most.about_seconds, new.most.about_seconds
    elif isinstance(old, Anchor) and isinstance(new, Anchor):
        if old.origin == new.origin:
            yield old.offset.about_seconds, new.offset.about_seconds
    else:
        yield _size(old), _size(new)


def _size(value: Any) -> float | None:
    match value:
        case Duration():
            return value.about_seconds
        case int():
            return value
    return None
