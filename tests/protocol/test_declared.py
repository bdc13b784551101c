"""One declaration of a construct is enough for all that follows from it."""

from typing import Annotated, ClassVar

import pytest
from pydantic import ValidationError

from recovery.protocol import scalars as s
from recovery.protocol.declared import AtLeast, Key, fields, if_more, keys
from recovery.protocol.differences import differences
from recovery.protocol.model import KINDS, Phase, RecoveryProtocol, SingleTreatment
from recovery.protocol.schema import entry_of
from recovery.protocol.terms import Duration
from recovery.values import Value


class Ration(Value):
    """So much of something. It is for a test."""

    noun = "ration"
    id: Annotated[str, s.Id, "A short name."]
    amount: Annotated[Duration, Key("each"), s.ExactDuration, if_more, "At most so long."]
    kinds: Annotated[tuple[str, ...], tuple[s.Label, ...], AtLeast(2), "What there is."] = ("a", "b")
    size: ClassVar[Annotated[None, s.Scale, "From and to."]] = None
    least: int = 0


class Rationed(RecoveryProtocol, kw_only=True):
    rations: Annotated[tuple[Ration, ...], "What there is so much of."] = ()


def test_a_field_with_a_meaning_is_a_key() -> None:
    assert [each.key for each in keys(Ration)] == ["id", "each", "kinds", "size"]
    assert "least" not in fields(Ration)


def test_what_is_written_is_read_by_its_scalar() -> None:
    read = entry_of(Ration).model_validate({"id": "water", "each": "2h", "size": "1..3"})
    assert (read.amount, read.kinds, read.size) == (Duration(seconds=7200), ("a", "b"), (1, 3))


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ({"id": "water"}, ("each",)),
        ({"id": "water", "each": "2d"}, ("each",)),
        ({"id": "water", "each": "2h", "kinds": ["a"]}, ("kinds",)),
        ({"id": "water", "each": "2h", "amount": "2h"}, ("amount",)),
    ],
)
def test_a_mistake_is_found_at_its_key(written: dict[str, object], place: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError) as wrong:
        entry_of(Ration).model_validate(written)
    assert [error["loc"] for error in wrong.value.errors()] == [place]


def test_the_schema_says_what_it_means() -> None:
    schema = entry_of(Ration).model_json_schema()
    assert schema["description"] == "So much of something. It is for a test."
    assert schema["required"] == ["id", "each"]
    assert schema["properties"]["each"]["description"] == "At most so long."
    assert schema["properties"]["kinds"]["minItems"] == 2


def test_a_comparison_knows_its_key_and_what_is_less_strict() -> None:
    def rationed(hours: int) -> Rationed:
        ration = Ration("water", Duration(seconds=hours * 3600))
        words = dict.fromkeys(("id", "version", "title", "summary", "region"), "x")
        return Rationed(**words, inputs=(), phases=(), rations=(ration,))

    (difference,) = differences(rationed(1), rationed(2))
    assert (difference.where, difference.field, difference.is_weaker) == (("ration water",), "each", True)
    assert not differences(rationed(2), rationed(1))[0].is_weaker


def test_the_keys_of_a_base_come_first_then_the_kind() -> None:
    names = [each.key for each in keys(SingleTreatment)]
    assert names[:3] == ["id", "title", "begins"]
    own = ["of", "duration", "start", "end", "stop_if", "short", "optional", "exercises"]
    assert names[names.index("kind") + 1 :] == own


@pytest.mark.parametrize("form", [*KINDS.values(), Phase, RecoveryProtocol], ids=lambda form: form.__name__)
def test_no_key_is_declared_twice(form: type[Value]) -> None:
    names = [each.key for each in keys(form)]
    assert len({*names}) == len(names)
