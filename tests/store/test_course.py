"""What the program writes is whole; a value that it could not have written is told with its fact and its field."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from recovery.care.record import load, seen_at
from recovery.engine.facts import Fact
from recovery.protocol.model import RecoveryProtocol
from recovery.simulation.people import PERSONAS
from recovery.store.course import Course
from recovery.store.exchange import NotImported, import_, read_export
from recovery.store.journal import Journal
from recovery.values import replace
from recovery.words.reasons import worded
from tests.daemon.conftest import NOON, Watch
from tests.engine.examples import texts
from tests.engine.test_fold import journal_of
from tests.store.real import first_day
from tests.store.test_exchange import document


def faults_of(protocol: RecoveryProtocol, facts: list[Fact]) -> list[str]:
    course = Course(
        facts[0].episode, "pinned", {"pinned": protocol}, {"pinned": (protocol.id, protocol.version)}
    )
    written = (
        replace(fact, seq=n, recorded_at=fact.recorded_at or fact.at) for n, fact in enumerate(facts, 1)
    )
    return [f"{fact.seq} {fact.kind}: {wrong}" for fact in written if (wrong := course.wrong(fact))]


@pytest.mark.parametrize("persona", PERSONAS)
@pytest.mark.parametrize("name", sorted(texts()))
def test_what_people_leave_behind_is_whole(name: str, persona: str) -> None:
    live, facts = journal_of(name, persona, 30)
    assert faults_of(live.pinned, [worded(fact, live.place, fact.at) for fact in facts]) == []


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Any:
    home = tmp_path_factory.mktemp("exported")
    first_day(home)
    return json.loads(document(home))


@pytest.mark.parametrize(
    ("kind", "path", "value", "found"),
    [
        ("answered", ("values", "pain"), "6", "values: {'pain': '6'} is not a whole number from 0 to 10"),
        ("answered", ("values", "pain"), 11, "values: {'pain': 11} is not a whole number from 0 to 10"),
        ("answered", ("values", "pain"), True, "values: {'pain': True} is not"),
        ("offered", ("seconds",), 9200, "seconds: is not that of the protocol: 20min"),
        ("offered", ("seconds",), 10**30, "seconds: 1000000000000000000000000000000 is not"),
        ("offered", ("due",), 253_402_300_000_000, "due: 253402300000000 is not an instant"),
        ("offered", ("step",), 1, "is no session of ice"),
        ("offered", ("activity",), "nap", "activity: 'nap' is not one of"),
        ("offered", ("occurrence",), "quick-1/only/ice/x", "occurrence: 'quick-1/only/ice/x' is not"),
        ("offered", ("cue", "due"), None, "cue: "),
        ("ended", ("seconds",), 60, "seconds: is not that of the offer: 1200"),
        (
            "ended",
            ("occurrence",),
            "quick-1/only/ice/2026-11-23.9",
            "occurrence: quick-1/only/ice/2026-11-23.9 was",
        ),
        ("started", ("zone",), "../../etc/passwd", "zone: '../../etc/passwd' is not the name of a time zone"),
        ("started", ("wake",), "25:00", "wake: '25:00' is not a time of day"),
        ("phase", ("phase",), "second", "phase: 'second' is not one of 'only'"),
        ("delivered", ("late",), [], "late: [] is not a whole number"),
        ("undone", ("seq",), 1.0, "seq: 1.0 is not a whole number"),
    ],
)
def test_a_value_that_no_program_wrote_is_refused(
    whole: Any, kind: str, path: tuple[str, ...], value: object, found: str
) -> None:
    wrong = copy.deepcopy(whole)
    fact = next(fact for fact in wrong["facts"] if fact["kind"] == kind)
    place = fact["data"]
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(NotImported) as caught:
        read_export(json.dumps(wrong), "x.json", now=NOON)
    assert str(caught.value.faults[0]).startswith(f"fact {fact['seq']}: {found}"), caught.value.faults


@pytest.mark.parametrize("instant", ["9999-12-31T23:00:00.000+00:00", "0001-01-02T00:00:00.000+00:00"])
def test_an_instant_at_which_no_clock_stands_is_refused(whole: Any, instant: str) -> None:
    wrong = copy.deepcopy(whole)
    wrong["facts"][3]["at"] = wrong["facts"][3]["recorded_at"] = instant
    with pytest.raises(NotImported) as caught:
        read_export(json.dumps(wrong), "x.json", now=NOON)
    assert "is no time at which a clock can stand" in str(caught.value.faults[0])


def leaves(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(tree, dict | list) and tree:
        for key in tree if isinstance(tree, dict) else range(len(tree)):
            yield from leaves(tree[key], (*path, key))
    yield path


OTHERS: tuple[Any, ...] = (
    None,
    True,
    -1,
    10**30,
    1.5,
    "",
    "6",
    "9999-12-31",
    [],
    {},
    [[]],
    {"a": {"b": [1]}},
)


def test_whatever_is_taken_over_can_be_lived_with(whole: Any, tmp_path: Path) -> None:
    """Every value of one fact of each kind, replaced by others: refused, or commands and daemon go on."""
    by_kind = {fact["kind"]: number for number, fact in enumerate(whole["facts"])}
    for kind, number in by_kind.items():
        for turn, path in enumerate(leaves(whole["facts"][number]["data"], ("data",))):
            value = OTHERS[(turn + number) % len(OTHERS)]
            other = copy.deepcopy(whole)
            place = other["facts"][number]
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = value
            try:
                document, _report = read_export(json.dumps(other), "x.json", now=NOON)
            except NotImported:
                continue
            home = tmp_path / f"{kind}-{turn}"
            import_(home, document, NOON)
            with Journal.open(home, now=NOON) as journal:
                assert not seen_at(load(journal, NOON), NOON, journal.path).unreadable
            watch = Watch(home)
            watch.wake()
            assert (watch.service._trouble, watch.service._unread) == ("", {}), (kind, path, value)
