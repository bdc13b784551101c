"""What the program writes is whole; a value that it could not have written is told with its fact and its field."""

import copy
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from recovery.care.record import load, seen_at
from recovery.engine import facts as f
from recovery.engine.acts import Begin
from recovery.engine.decide import turn
from recovery.engine.episode import Episode
from recovery.engine.facts import Fact
from recovery.engine.fold import fold
from recovery.engine.written import to_ms
from recovery.protocol.model import RecoveryProtocol
from recovery.simulation.people import PERSONAS
from recovery.store.course import Course
from recovery.store.exchange import NotImported, import_, read_export
from recovery.store.journal import Journal
from recovery.store.shapes import Surroundings
from recovery.values import replace
from recovery.words.reasons import worded
from tests.daemon.conftest import NOON, Watch
from tests.engine.examples import ICE, ONSET, Life, local, small, started, texts
from tests.engine.test_fold import journal_of
from tests.store.damaging import leaves
from tests.store.real import first_day
from tests.store.test_exchange import document

SECOND = timedelta(seconds=1)
LONG_AGO = datetime(1900, 2, 1, tzinfo=UTC)


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


def test_a_session_that_was_begun_late_may_be_shorter_than_it_was_offered_and_not_longer() -> None:
    short = ICE.replace("duration: 20min", "duration: 20min, short: 10min")
    life = Life(small(short), local("2026-11-23 22:40")).go("Mon 22:48")
    life.accepted(Begin("ice"))
    life.go("Tue 06:00")
    assert faults_of(life.episode.pinned, life.facts) == []

    def of_length(minutes: int, kind: str) -> list[str]:
        other = [
            replace(fact, what=type(fact.what).of({**fact.data, "seconds": minutes * 60}))
            if fact.kind == kind
            else fact
            for fact in life.facts
        ]
        return faults_of(life.episode.pinned, other)

    assert of_length(20, "ended") == [], "as an end was once written"
    assert of_length(21, "begun") == ["4 begun: seconds: is not that of the offer: 1200"]
    assert "ended: seconds: is not that of the offer: 1200" in of_length(5, "ended")[0]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Any:
    home = tmp_path_factory.mktemp("exported")
    first_day(home)
    return json.loads(document(home))


@pytest.mark.parametrize(
    ("kind", "path", "value", "expected"),
    [
        ("answered", ("values", "pain"), "6", "values: {'pain': '6'} is not a whole number from 0 to 10"),
        ("answered", ("values", "pain"), 11, "values: {'pain': 11} is not a whole number from 0 to 10"),
        ("answered", ("values", "pain"), True, "values: {'pain': True} is not"),
        ("offered", ("seconds",), 9200, "seconds: is not that of the protocol: 20min"),
        ("offered", ("seconds",), 10**30, "seconds: 1000000000000000000000000000000 is not"),
        ("offered", ("due",), 253_402_300_000_000, "due: 253402300000000 is not an instant"),
        ("offered", ("step",), 1, "is no session of ice"),
        ("offered", ("tip",), "ice", "ice is no advice"),
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
    whole: Any, kind: str, path: tuple[str, ...], value: object, expected: str
) -> None:
    wrong = copy.deepcopy(whole)
    fact = next(fact for fact in wrong["facts"] if fact["kind"] == kind)
    place = fact["data"]
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(NotImported) as caught:
        read_export(json.dumps(wrong), "x.json", now=NOON)
    assert str(caught.value.faults[0]).startswith(f"fact {fact['seq']}: {expected}"), caught.value.faults


@pytest.mark.parametrize("instant", ["9999-12-31T23:00:00.000+00:00", "0001-01-02T00:00:00.000+00:00"])
def test_an_instant_at_which_no_clock_stands_is_refused(whole: Any, instant: str) -> None:
    wrong = copy.deepcopy(whole)
    wrong["facts"][3]["at"] = wrong["facts"][3]["recorded_at"] = instant
    with pytest.raises(NotImported) as caught:
        read_export(json.dumps(wrong), "x.json", now=NOON)
    assert "is no time at which a clock can stand" in str(caught.value.faults[0])


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
        for step, path in enumerate(leaves(whole["facts"][number]["data"], ("data",))):
            value = OTHERS[(step + number) % len(OTHERS)]
            other = copy.deepcopy(whole)
            place = other["facts"][number]
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = value
            try:
                document, _report = read_export(json.dumps(other), "x.json", now=NOON)
            except NotImported:
                continue
            home = tmp_path / f"{kind}-{step}"
            import_(home, document, NOON)
            with Journal.open(home, now=NOON) as journal:
                assert not seen_at(load(journal, NOON), NOON, journal.path).unreadable
            watch = Watch(home)
            watch.wake()
            assert (watch.service._trouble, watch.service._unread) == ("", {}), (kind, path, value)


# Facts that no program has written one after the other are damage, and take no limit away -------


@pytest.fixture(scope="module")
def lived() -> tuple[Episode, list[Fact]]:
    """An episode up to the first pack whose end the person confirmed."""
    live, facts = journal_of("strain", "steady", 4)
    end = next(n for n, fact in enumerate(facts) if isinstance(fact.what, f.Ended) and fact.by == "person")
    written = [worded(fact, live.place, fact.at) for fact in facts[: end + 1]]
    return live, [replace(fact, seq=n) for n, fact in enumerate(written, 1)]


def later(facts: list[Fact], kind: type[f.What], by: str = "engine", **data: Any) -> Fact:
    """One more fact, a second after the last one."""
    last = facts[-1]
    return Fact(last.episode, last.at + SECOND, kind.of(data), by, seq=last.seq + 1)


def offer_of(facts: list[Fact]) -> Fact:
    """The offer of the session that ended last."""
    name = facts[-1].data["occurrence"]
    return next(
        fact for fact in facts if isinstance(fact.what, f.Offered) and fact.data["occurrence"] == name
    )


def about(facts: list[Fact]) -> dict[str, Any]:
    return {key: facts[-1].data[key] for key in ("phase", "activity", "occurrence")}


def one_more(facts: list[Fact], case: str) -> list[Fact]:
    """Facts that cannot follow, by what is wrong with them."""
    end, session = facts[-1], about(facts)
    until = to_ms(end.at + timedelta(hours=1))
    offer = {key: value for key, value in offer_of(facts).data.items() if key != "cue"}
    ended = {key: value for key, value in end.data.items() if key != "cue"}
    match case:
        case "has ended already: put off":
            return [later(facts, f.Snoozed, "person", **session, until=until)]
        case "has ended already: offered":
            return [later(facts, f.Offered, **offer)]
        case "has ended already: begun":
            return [later(facts, f.Begun, "person", **session)]
        case "has ended already: ended":
            return [later(facts, f.Ended, "person", **ended)]
        case "is entered before rice was left":
            return [later(facts, f.PhaseChanged, phase="contrast", state="entered", reasons=[])]
        case "does not come next":
            left = later(facts, f.PhaseChanged, phase="rice", state="left", reasons=[])
            return [left, later([left], f.PhaseChanged, phase="return", state="entered", reasons=[])]
        case "it is not in loading then":
            return [later(facts, f.Stepped, phase="loading", step="dynamic", direction="up", reasons=[])]
        case "it is not in contrast then":
            return [later(facts, f.PhaseChanged, phase="contrast", state="held", reasons=[], unmet=[])]
        case "comes before the last phase was left":
            return [later(facts, f.Completed, reasons=[])]
        case "comes after the end of the episode":
            stop = later(facts, f.Stopped, "person")
            return [stop, later([stop], f.Answered, "person", values={"pain": 1})]
        case "is about a time before the injury: answer":
            answer = later(facts, f.Answered, "person", values={"pain": 10})
            return [replace(answer, at=LONG_AGO, recorded_at=LONG_AGO)]
        case "counts_from: is earlier than the end":
            facts[-1] = replace(end, what=end.what.changed(counts_from=end.at - SECOND))
            return []
        case "is about a time before the injury: end":
            facts[-1] = replace(end, at=LONG_AGO, recorded_at=end.at)
            return []
        case "day: is far from":
            return [later(facts, f.Offered, **{**offer, "day": "2399-12-31"})]
        case "there were not so many before it":
            name = f"{session['occurrence'].rpartition('.')[0]}.999999"
            data = {**session, "occurrence": name, "due": until, "day": "2026-11-23"}
            return [later(facts, f.Skipped, "person", **data)]
        case "names: there were not so many":
            return [later(facts, f.ClockRighted, seconds=0, names={"strain-1/rice/ice/2026-11-23": 999_999})]
        case "the protocol has no alert":
            return [later(facts, f.Alerted, id="flag/made-up", cleared=True)]
    raise AssertionError(case)


@pytest.mark.parametrize(
    "case",
    [
        *("has ended already: put off", "has ended already: offered", "has ended already: begun"),
        *("has ended already: ended", "is entered before rice was left", "does not come next"),
        *("it is not in loading then", "it is not in contrast then", "comes before the last phase was left"),
        *("comes after the end of the episode", "is about a time before the injury: answer"),
        *("is about a time before the injury: end", "counts_from: is earlier than the end"),
        *("day: is far from", "there were not so many before it", "names: there were not so many"),
        "the protocol has no alert",
    ],
)
def test_a_fact_that_cannot_come_next_is_damage(lived: tuple[Episode, list[Fact]], case: str) -> None:
    live, before = lived
    assert faults_of(live.pinned, before) == []
    facts = [*before]
    more = one_more(facts, case)
    faults = faults_of(live.pinned, [*facts, *more])
    assert len(faults) == 1, faults
    assert case.partition(": ")[0] in faults[0] or case in faults[0]
    assert faults[0].startswith(f"{(more or facts)[-1].seq} " if more else f"{len(facts)} ")


def test_after_an_undoing_it_is_not_asked_where_the_episode_stood(
    lived: tuple[Episode, list[Fact]],
) -> None:
    live, facts = lived
    stop = later(facts, f.Stopped, "person")
    undone = later([stop], f.TakenBack, "person", seq=stop.seq)
    answer = later([undone], f.Answered, "person", values={"pain": 1})
    end_undone = later([answer], f.TakenBack, "person", seq=facts[-1].seq)
    again = later([end_undone], f.Ended, "person", **facts[-1].data)
    assert faults_of(live.pinned, [*facts, stop, undone, answer, end_undone, again]) == []


@pytest.mark.parametrize("kind", [f.Snoozed, f.Offered])
def test_nothing_puts_an_ended_session_off_or_on_once_more(
    lived: tuple[Episode, list[Fact]], kind: str
) -> None:
    """Also where such facts are in a journal all the same: a limit counts what was on the skin."""
    live, facts = lived
    before = fold(live.pinned, facts)
    name = facts[-1].data["occurrence"]
    data = {**offer_of(facts).data} if kind == f.Offered else about(facts)
    data.pop("cue", None)
    more = later(facts, kind, "person", **data, **({"until": 0} if kind == f.Snoozed else {}))
    offered = later([more], f.Offered, **{k: v for k, v in offer_of(facts).data.items() if k != "cue"})
    after = fold(live.pinned, [*facts, more, offered])
    assert after.ledger == before.ledger
    assert next(t for t in after.ledger if t.occurrence == name).is_confirmed
    assert after.tracks == before.tracks


@pytest.mark.parametrize("years", [1, 99, 150, 230])
def test_an_end_however_late_is_no_damage(years: int) -> None:
    """The clock was wrong at the offer, or is now: by how much the pack was overslept is written down all the same."""
    whole = small(ICE)
    episode, opening = started(whole)
    facts = [replace(opening, seq=1)]
    for now in (ONSET, ONSET + timedelta(days=365 * years)):
        turned = turn(episode, now)
        episode = turned.episode
        facts += [worded(fact, episode.place, now) for fact in turned.facts]
    ends = (fact for fact in facts if isinstance(fact.what, f.Ended))
    (end,) = (fact for fact in ends if fact.data["overrun"] > 365 * 86_000 * years)
    assert end.at == ONSET + timedelta(days=365 * years)
    until_the_end = facts[: facts.index(end) + 1]
    assert faults_of(whole, until_the_end) == []


def test_the_alerts_of_a_protocol_are_those_that_it_raises(lived: tuple[Episode, list[Fact]]) -> None:
    live, _facts = lived
    assert {"flag/no-weight", "healing/late"} <= Surroundings(live.id, live.pinned).alerts
