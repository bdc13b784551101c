"""A session that the machine slept through: left, or offered once when it is back."""

import pytest

from recovery.engine import facts as f
from recovery.engine.facts import Fact
from recovery.engine.written import from_ms
from recovery.protocol.compiled import from_json, to_json
from tests.engine.examples import Life, small

AT = "{{id: bath, kind: session, of: warm, duration: 20min, {cadence}, {missed}start: On, end: Off}}"
MORNING = "at: ['08:00', '16:00']"


def life(cadence: str = MORNING, missed: str = "if_missed: offer, ", **more: object) -> Life:
    return Life(small(AT.format(cadence=cadence, missed=missed), **more)).go("Mon 07:30")  # type: ignore[arg-type]


def offered(person: Life) -> list[Fact]:
    return [fact for fact in person.facts if isinstance(fact.what, f.Offered)]


def missed(person: Life) -> list[Fact]:
    return [fact for fact in person.facts if isinstance(fact.what, f.Missed)]


@pytest.mark.parametrize("words", ["", "if_missed: leave, "])
def test_it_is_left_once_the_next_one_is_nearer(words: str) -> None:
    person = life(missed=words).sleep("Mon 13:00")
    assert offered(person) == []
    assert [from_ms(each.data["due"]) for each in missed(person)] == [person.at("Mon 08:00")]


def test_or_it_is_offered_once_when_the_machine_is_back() -> None:
    person = life().sleep("Mon 13:00")
    (offer,) = offered(person)
    assert (offer.at, from_ms(offer.data["due"])) == (person.at("Mon 13:00"), person.at("Mon 08:00"))
    assert "(Due 08:00.)" in offer.data["cue"]["body"]
    person.go("Mon 15:00").turn()
    assert len(offered(person)) == 1
    assert missed(person) == []
    person.go("Mon 17:00")
    assert len(offered(person)) == 2, "and the next one comes at its time"


def test_several_are_one() -> None:
    person = life("at: ['08:00', '10:00', '12:00', '20:00']").sleep("Mon 18:00")
    assert [from_ms(each.data["due"]) for each in offered(person)] == [person.at("Mon 12:00")]
    assert len(missed(person)) == 2


def test_one_that_could_not_be_over_before_the_next_is_left() -> None:
    person = life().sleep("Mon 15:41")
    assert offered(person) == []
    assert len(missed(person)) == 1
    assert len(offered(life().sleep("Mon 15:40"))) == 1


def test_one_that_could_not_be_over_by_bedtime_is_left() -> None:
    assert len(offered(life("at: '08:00'").sleep("Mon 22:40"))) == 1
    late = life("at: '08:00'").sleep("Mon 22:41")
    assert offered(late) == []
    assert len(missed(late)) == 1


def test_of_another_day_it_is_left() -> None:
    person = life("at: '20:00'").sleep("Tue 07:30")
    assert offered(person) == []
    assert len(missed(person)) == 1


def test_limits_hold_for_it_as_for_all() -> None:
    person = life(limits=["{id: noon, of: warm, not_before: injury+7h, say: Not yet.}"]).sleep("Mon 13:00")
    assert offered(person) == []
    assert [each.data["until"] for each in person.facts if isinstance(each.what, f.Withheld)]
    person.go("Mon 15:00")
    assert [each.at for each in offered(person)] == [person.at("Mon 14:00")]


@pytest.mark.parametrize("cadence", ["every: 3h..4h", "per_day: 2", "per_week: 7, at: '09:00'"])
def test_with_every_cadence_the_last_one_of_the_day_is_made_up_for(cadence: str) -> None:
    person = life(cadence)
    before = len(offered(person))
    person.sleep("Mon 17:00")
    assert len(offered(person)) == before + 1


@pytest.mark.parametrize("cadence", ["every: 3h..4h", "per_day: 2", MORNING])
def test_what_is_on_time_is_the_same_either_way(cadence: str) -> None:
    offers = [
        [each.at for each in offered(life(cadence, words).go("Thu 12:00"))]
        for words in ("", "if_missed: offer, ")
    ]
    assert offers[0] == offers[1] != []


def test_the_store_keeps_it() -> None:
    protocol = life().episode.pinned
    (bath,) = from_json(to_json(protocol)).phases[0].activities
    assert bath.offers_missed is True  # type: ignore[union-attr]
