"""Values are what frozen dataclasses are, to whoever uses them."""

import copy
import pickle
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.values import Value, field, replace


class Point(Value):
    x: int
    y: int = 0
    KIND: ClassVar[str] = "point"

    @property
    def sum(self) -> int:
        return self.x + self.y


class Named(Point, kw_only=True):
    name: str = ""
    tags: dict[str, int] = field(default_factory=dict)


class Other(Value):
    x: int
    y: int = 0


@dataclass(frozen=True)
class Twin:
    x: int
    y: int = 0


@dataclass(frozen=True)
class NamedTwin(Twin):
    name: str = ""
    tags: dict[str, int] = dataclass_field(default_factory=dict)


def test_fields_are_given_by_place_or_by_name() -> None:
    assert (Point(1, 2).x, Point(1, 2).y) == (1, 2)
    assert Point(1, y=2) == Point(x=1, y=2) == Point(y=2, x=1) == Point(1, 2)
    assert Point(1) == Point(1, 0)
    assert Point(1, 2).sum == 3


def test_a_default_that_is_made_is_made_for_each() -> None:
    first, other = Named(1), Named(1)
    first.tags["a"] = 1
    assert other.tags == {}


def test_a_subclass_has_the_fields_of_its_base_first() -> None:
    assert Named(1, 2, name="a") == Named(x=1, y=2, name="a")
    assert repr(Named(1)) == "Named(x=1, y=0, name='', tags={})"


@pytest.mark.parametrize(
    ("given_", "named", "words"),
    [
        ((), {}, "Point needs x"),
        ((), {"y": 1}, "Point needs x"),
        ((1, 2, 3), {}, "takes 2 values, not 3"),
        ((1,), {"z": 1}, r"Point has no \['z'\]"),
        ((1,), {"x": 1}, r"\['x'\] given twice"),
        ((1,), {"KIND": "b"}, r"Point has no \['KIND'\]"),
    ],
)
def test_what_does_not_fit_is_refused(given_: tuple[int, ...], named: dict[str, int], words: str) -> None:
    with pytest.raises(TypeError, match=words):
        Point(*given_, **named)  # type: ignore[arg-type]


def test_a_value_never_changes() -> None:
    point = Point(1)
    with pytest.raises(AttributeError, match=r"Point\.x: a value never changes"):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(AttributeError, match="never changes"):
        point.z = 2  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="never changes"):
        del point.x
    assert point == Point(1)


def test_values_of_two_classes_are_never_equal() -> None:
    assert Point(1) != Other(1)
    assert Point(1) != Named(1)
    assert Point(1) != (1, 0)
    assert len({Point(1), Other(1), Point(1)}) == 2


def test_a_value_with_what_cannot_be_hashed_cannot_be_either() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(Named(1))


def test_replace_makes_another_value() -> None:
    point = Point(1, 2)
    assert replace(point, y=3) == Point(1, 3)
    assert point == Point(1, 2)
    assert replace(point) == point
    assert replace(point) is not point
    with pytest.raises(TypeError, match=r"Point has no \['z'\]"):
        replace(point, z=1)


def test_values_are_matched_by_their_fields() -> None:
    match Named(1, 2, name="n"):
        case Named(x, y, name):
            assert (x, y, name) == (1, 2, "n")
        case _:
            pytest.fail("not matched")
    match Point(1, 2):
        case Point(x=1, y=other):
            assert other == 2
        case _:
            pytest.fail("not matched")


def test_values_are_copied_and_pickled() -> None:
    named = Named(1, 2, name="a", tags={"b": 1})
    for twin in (copy.copy(named), copy.deepcopy(named), pickle.loads(pickle.dumps(named))):
        assert twin == named
        assert type(twin) is Named


@given(st.integers(), st.integers(), st.text(), st.integers(), st.integers())
def test_values_behave_as_frozen_dataclasses_do(
    x: int, y: int, name: str, other_x: int, other_y: int
) -> None:
    value, twin = Named(x, y, name=name), NamedTwin(x, y, name)
    assert repr(value) == repr(twin).replace("NamedTwin", "Named")
    assert (Point(x, y) == Point(other_x, other_y)) == (Twin(x, y) == Twin(other_x, other_y))
    assert hash(Point(x, y)) == hash(Point(x, y))
    assert Point.__match_args__ == Twin.__match_args__  # type: ignore[attr-defined]
