"""The journal keeps facts, episodes and pinned protocols, and gives them back as they were."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.engine.facts import SHORT_LIVED, Fact, read_fact
from recovery.errors import NotThere
from recovery.store import migrations
from recovery.store.journal import Journal
from recovery.store.queries import ANSWERS_FROM, BUT_ANSWERS, BY_PERSON, TURNS, UNDOINGS
from recovery.values import replace
from tests.store.material import NOW, PINNED, add, begin, file_of, raw, sessions

MINUTE = timedelta(minutes=1)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path / "home", now=NOW) as journal:
        yield journal


def test_facts_come_back_as_they_went_in(journal: Journal) -> None:
    episode = begin(journal)
    added = add(
        journal,
        read_fact(episode, NOW, "answered", {"values": {"pain": 4, "note": "Wade müde"}}, by="person"),
        read_fact(episode, NOW + MINUTE, "offered", {"occurrence": "a"}),
    )
    assert journal.facts(episode)[1:] == added
    assert [fact.seq for fact in added] == [2, 3]
    assert added[0].recorded_at == NOW


def test_a_fact_says_when_it_happened_and_when_it_was_written_down(journal: Journal) -> None:
    episode = begin(journal)
    yesterday = NOW - timedelta(days=1)
    (fact,) = add(journal, read_fact(episode, yesterday, "answered", {}, by="person"))
    assert (fact.at, fact.recorded_at) == (yesterday, NOW)


def test_a_fact_that_was_recorded_elsewhere_keeps_that_instant(journal: Journal) -> None:
    episode = begin(journal)
    (fact,) = add(journal, read_fact(episode, NOW, "answered", {}, recorded_at=NOW - MINUTE))
    assert fact.recorded_at == NOW - MINUTE


def test_without_now_the_clock_says_when_it_was_recorded(journal: Journal) -> None:
    episode = begin(journal)
    with journal.transaction():
        (fact,) = journal.append([read_fact(episode, NOW, "answered", {})])
    assert fact.recorded_at is not None
    assert abs(fact.recorded_at - datetime.now(UTC)) < timedelta(minutes=1)


def test_instants_are_kept_in_utc_and_whole_milliseconds(journal: Journal) -> None:
    episode = begin(journal)
    local = datetime(2026, 3, 29, 12, 0, 0, 123_999, tzinfo=timezone(timedelta(hours=2)))
    (fact,) = add(journal, read_fact(episode, local, "answered", {}))
    assert fact.at == datetime(2026, 3, 29, 10, 0, 0, 123_000, tzinfo=UTC)
    assert journal.facts(episode)[-1] == fact


@given(
    data=st.dictionaries(
        st.text(), st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text())
    ),
    at=st.datetimes(timezones=st.just(UTC)),
)
def test_any_json_and_any_instant_survive(
    tmp_path_factory: pytest.TempPathFactory, data: dict[str, object], at: datetime
) -> None:
    with Journal.open(tmp_path_factory.mktemp("any"), now=NOW) as journal:
        episode = begin(journal)
        added = add(journal, read_fact(episode, at, "answered", data))
        assert journal.facts(episode)[1:] == added
        assert added[0].data == data
        assert added[0].at == at.replace(microsecond=at.microsecond // 1000 * 1000)


@pytest.mark.parametrize(
    ("data", "error"),
    [({"x": float("nan")}, ValueError), ({"x": NOW}, TypeError), ({"x": "\ud800"}, ValueError)],
)
def test_data_that_is_not_json_is_refused_with_all_facts_beside_it(
    journal: Journal, data: dict[str, object], error: type[Exception]
) -> None:
    episode = begin(journal)
    with journal.transaction(), pytest.raises(error):
        journal.append([read_fact(episode, NOW, "answered", {}), read_fact(episode, NOW, "answered", data)])
    assert len(journal.facts(episode)) == 1


def begin_and_break_off(journal: Journal) -> None:
    with journal.transaction():
        journal.pin(PINNED)
        journal.append([read_fact(journal.create_episode("strain", PINNED.hash), NOW, "started", {})])
        raise KeyboardInterrupt


def test_a_transaction_that_fails_leaves_nothing(journal: Journal) -> None:
    with pytest.raises(KeyboardInterrupt):
        begin_and_break_off(journal)
    assert (journal.episodes(), journal.all_facts()) == ((), [])


def test_an_episode_that_was_rolled_back_is_unknown_again(journal: Journal) -> None:
    with pytest.raises(KeyboardInterrupt):
        begin_and_break_off(journal)
    with pytest.raises(NotThere):
        journal.facts("strain-1")


def test_a_transaction_inside_a_transaction_is_refused(journal: Journal) -> None:
    with journal.transaction():
        with pytest.raises(RuntimeError, match="open already"), journal.transaction():
            pass
        journal.pin(PINNED)
    assert len(raw(journal, "SELECT * FROM pinned")) == 1


def test_writing_facts_and_episodes_needs_a_transaction(journal: Journal) -> None:
    episode = begin(journal)
    with pytest.raises(RuntimeError, match="no transaction"):
        journal.append([read_fact(episode, NOW, "answered", {})])
    with pytest.raises(RuntimeError, match="no transaction"):
        journal.create_episode("strain", PINNED.hash)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE fact SET kind = 'x'",
        "DELETE FROM fact",
        "UPDATE episode SET id = 'x'",
        "DELETE FROM episode",
        "UPDATE pinned SET texts = '{}'",
        "DELETE FROM pinned",
    ],
)
def test_nobody_changes_what_was_written(journal: Journal, statement: str) -> None:
    begin(journal)
    with pytest.raises(sqlite3.IntegrityError, match=r"append-only|never"):
        raw(journal, statement)


def test_episodes_are_counted_for_each_protocol(journal: Journal) -> None:
    rice = replace(PINNED, hash="sha256:2", protocol_id="rice")
    with journal.transaction():
        journal.pin(PINNED)
        journal.pin(rice)
        made = [journal.create_episode(p.protocol_id, p.hash) for p in (PINNED, rice, PINNED, rice)]
    assert made == ["strain-1", "rice-1", "strain-2", "rice-2"]
    assert journal.episodes() == tuple(made)


def test_an_episode_needs_a_pinned_protocol(journal: Journal) -> None:
    with journal.transaction(), pytest.raises(NotThere, match="holds no protocol strain"):
        journal.create_episode("strain", "sha256:nothing")


def test_the_pinned_texts_stay_and_the_compiled_form_is_replaced(journal: Journal) -> None:
    episode = begin(journal)
    journal.recompile(PINNED.hash, "new", 2)
    assert journal.pinned(episode) == replace(PINNED, compiled="new", compiled_format=2)
    journal.pin(PINNED)
    assert journal.pinned(episode).compiled == "new"
    with pytest.raises(NotThere):
        journal.recompile("sha256:nothing", "new", 2)


def test_one_hash_cannot_stand_for_two_texts(journal: Journal) -> None:
    journal.pin(PINNED)
    with pytest.raises(ValueError, match="taken"):
        journal.pin(replace(PINNED, texts={"strain.yaml": "other"}))


def test_an_episode_nobody_knows_is_said_to_be_missing(journal: Journal) -> None:
    for ask in (journal.facts, journal.all_facts, journal.pinned, journal.last_by_person):
        with pytest.raises(NotThere, match="no episode strain-9"):
            ask("strain-9")
    with journal.transaction(), pytest.raises(NotThere):
        journal.append([read_fact("strain-9", NOW, "answered", {})])


def test_fleeting_facts_are_read_from_since_on_and_the_others_for_ever(journal: Journal) -> None:
    episode, other = begin(journal), begin(journal)
    old, new = NOW, NOW + timedelta(days=20)
    add(journal, read_fact(episode, old, "offered", {"n": 1}), read_fact(episode, old, "answered", {"n": 2}),
        read_fact(episode, new, "offered", {"n": 3}), read_fact(other, new, "offered", {"n": 4}),
        read_fact(episode, old, "kind of a later version", {"n": 5}))  # fmt: skip
    assert [fact.data.get("n") for fact in journal.facts(episode, since=new)[1:]] == [2, 3, 5]
    assert [fact.data.get("n") for fact in journal.facts(episode, since=new + MINUTE)[1:]] == [2, 5]
    assert [fact.data.get("n") for fact in journal.facts(episode)[1:]] == [1, 2, 3, 5]


def test_the_indexes_know_the_same_fleeting_kinds_as_the_engine() -> None:
    assert set(migrations.FLEETING_SQL.replace("'", "").split(", ")) == {kind.kind for kind in SHORT_LIVED}


def test_the_log_is_in_order_and_can_be_cut_to_the_latest(journal: Journal) -> None:
    first, second = begin(journal), begin(journal)
    add(journal, *(read_fact((first, second)[n % 2], NOW, "answered", {"n": n}) for n in range(6)))
    assert [fact.seq for fact in journal.all_facts()] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert [fact.data["n"] for fact in journal.all_facts(limit=3)] == [3, 4, 5]
    assert [fact.data["n"] for fact in journal.all_facts(second, limit=2)] == [3, 5]
    assert journal.all_facts(limit=0) == []
    with pytest.raises(ValueError, match="limit"):
        journal.all_facts(limit=-1)


def take_back(journal: Journal, fact: Fact) -> Fact:
    return add(journal, read_fact(fact.episode, NOW, "undone", {"seq": fact.seq}, by="person"))[0]


@pytest.mark.parametrize("kind", ["completed", "stopped"])
def test_an_ended_episode_is_not_open_until_its_end_is_taken_back(journal: Journal, kind: str) -> None:
    first, second = begin(journal), begin(journal)
    (end,) = add(journal, read_fact(first, NOW, kind, {}, by="person"))
    assert journal.open_episodes() == (second,)
    take_back(journal, end)
    assert journal.open_episodes() == (first, second)
    add(journal, read_fact(first, NOW, kind, {}, by="person"))
    assert journal.open_episodes() == (second,)


def test_an_episode_without_its_start_is_not_open_but_keeps_its_id(journal: Journal) -> None:
    first = begin(journal)
    take_back(journal, journal.facts(first)[0])
    assert journal.open_episodes() == ()
    assert journal.episodes() == (first,)
    assert begin(journal) == "strain-2"


def test_undo_takes_back_one_fact_of_the_person_after_another(journal: Journal) -> None:
    episode = begin(journal)
    answer, _, begun, _ = add(
        journal,
        read_fact(episode, NOW, "answered", {}, by="person"),
        read_fact(episode, NOW, "offered", {}),
        read_fact(episode, NOW, "begun", {}, by="person"),
        read_fact(episode, NOW, "delivered", {}, by="daemon"),
    )
    seen = []
    while (last := journal.last_by_person()) is not None:
        seen.append((last.seq, last.kind))
        take_back(journal, last)
    assert seen == [(begun.seq, "begun"), (answer.seq, "answered"), (1, "started")]


def test_undo_can_be_kept_to_one_episode(journal: Journal) -> None:
    first, second = begin(journal), begin(journal)
    last = journal.last_by_person(first)
    assert last is not None
    assert (last.episode, last.seq) == (first, 1)
    assert journal.last_by_person() == journal.facts(second)[0]


@pytest.mark.parametrize("statement", [BUT_ANSWERS, ANSWERS_FROM, TURNS, UNDOINGS, BY_PERSON])
def test_no_question_of_every_day_scans_all_facts(journal: Journal, statement: str) -> None:
    plan = [str(row[3]) for row in raw(journal, f"EXPLAIN QUERY PLAN {statement.replace('?', '1')}")]
    assert any("fact" in step for step in plan)
    assert all("USING" in step for step in plan if "fact" in step), plan


def test_reading_takes_work_by_what_is_read_not_by_what_there_is(tmp_path: Path) -> None:
    def steps(count: int) -> int:
        with Journal.open(tmp_path / str(count), now=NOW) as journal:
            episode = begin(journal)
            add(journal, *sessions(episode, count))
            since = NOW + timedelta(hours=2 * (count - 20))
            ticks = 0

            def tick() -> int:
                nonlocal ticks
                ticks += 1
                return 0

            journal._connection.set_progress_handler(tick, 100)
            assert len(journal.facts(episode, since=since)) == 101
            assert journal.open_episodes() == (episode,)
            assert journal.last_by_person() is not None
            return ticks

    assert steps(5_000) <= steps(50) * 1.2


def test_the_journal_adds_few_bytes_to_the_data_of_a_fact(tmp_path: Path) -> None:
    def size(count: int) -> tuple[int, int]:
        """Bytes of the file, and those of the data in it."""
        folder = tmp_path / str(count)
        with Journal.open(folder, now=NOW) as journal:
            add(journal, *sessions(begin(journal), count))
            ((data,),) = journal._connection.execute("SELECT sum(length(CAST(data AS BLOB))) FROM fact")
        return file_of(folder).stat().st_size, data

    few, many = size(1), size(2_001)
    assert (many[0] - few[0] - (many[1] - few[1])) / 10_000 <= 81
