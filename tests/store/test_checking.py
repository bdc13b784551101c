"""What `check` finds: each kind of damage, made for real, and where."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from recovery.care.record import load
from recovery.errors import StoreError
from recovery.protocol import compiled
from recovery.store import checking, failures
from recovery.store.checking import check
from recovery.store.journal import Journal
from recovery.store.migrations import MIGRATIONS
from tests.daemon.conftest import NOON
from tests.store.material import add, begin, sessions
from tests.store.real import first_day


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return first_day(tmp_path / "home")


def changed(journal: Path, *statements: str) -> list[str]:
    """What is found after SQL that no trigger keeps from it; the schema is as it was."""
    with closing(sqlite3.connect(journal)) as other:
        triggers = other.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _sql in triggers:
            other.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            other.execute(statement)
        for _name, sql in triggers:
            other.execute(sql)
        other.commit()
    return faults(journal)


def faults(journal: Path) -> list[str]:
    return [str(fault) for fault in check(journal, now=NOON).faults]


def test_a_whole_journal_has_no_fault_and_is_left_as_it_is(journal: Path) -> None:
    before = journal.read_bytes()
    report = check(journal, now=NOON)

    assert report.faults == ()
    assert (report.schema, report.protocols, report.episodes) == (MIGRATIONS[-1].number, 2, 2)
    assert report.facts > 10
    assert report.last_at is not None
    assert journal.read_bytes() == before
    assert [file.name for file in journal.parent.glob("journal*")] == ["journal.db"]


def test_it_is_looked_at_while_others_write(journal: Path) -> None:
    with closing(sqlite3.connect(journal, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert faults(journal) == []


def test_a_journal_that_cannot_be_written_is_looked_at(journal: Path) -> None:
    journal.chmod(0o400)
    journal.parent.chmod(0o500)
    assert faults(journal) == []
    journal.parent.chmod(0o700)


def test_a_damaged_header_is_found(journal: Path) -> None:
    with journal.open("r+b") as file:
        file.write(os.urandom(100))
    assert faults(journal) == ["is damaged (file is not a database)"]


@pytest.mark.parametrize("page", [2, 3, 5, 8])
def test_a_damaged_page_is_found(journal: Path, page: int) -> None:
    with closing(sqlite3.connect(journal)) as other:
        (size,) = other.execute("PRAGMA page_size").fetchone()
    with journal.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    assert faults(journal)


def test_a_file_cut_short_is_found(journal: Path) -> None:
    os.truncate(journal, journal.stat().st_size // 2)
    assert faults(journal)


@pytest.mark.parametrize("content", [b"", b"recipe for soup\n" * 500])
def test_what_is_no_journal_is_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "soup.db").write_bytes(content)
    assert faults(tmp_path / "soup.db") in (["holds nothing"], ["is damaged (file is not a database)"])


def test_what_cannot_be_looked_at_raises(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no such file"):
        check(tmp_path / "nothing.db", now=NOON)
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE soup (recipe)")
    with pytest.raises(StoreError, match="not a journal of recovery"):
        check(tmp_path / "other.db", now=NOON)


def test_a_journal_of_a_newer_program_raises(journal: Path) -> None:
    with closing(sqlite3.connect(journal)) as other:
        other.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="newer recovery"):
        check(journal, now=NOON)


def test_a_locked_journal_is_waited_for_and_then_said(journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failures, "BUSY_SECONDS", 0.05)
    with closing(sqlite3.connect(journal, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError, match="another program has kept it locked"):
            check(journal, now=NOON)


def test_a_schema_that_was_changed_is_found(journal: Path) -> None:
    with closing(sqlite3.connect(journal)) as other:
        other.execute("DROP TRIGGER fact_is_never_changed")
        other.execute("CREATE TABLE more (x)")
    assert faults(journal) == [
        "table more: does not belong there",
        "trigger fact_is_never_changed: is missing",
    ]


def test_a_fact_of_nobody_is_found(journal: Path) -> None:
    faults = changed(journal, "UPDATE fact SET episode = 77 WHERE seq = 4")
    assert faults == ["fact 4: belongs to a row of episode that is not there"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("data = '{not json'", "what it says cannot be read"),
        ("data = '[]'", "what it says is not an object"),
        ("data = CAST(x'ff' AS TEXT)", "what it says cannot be read"),
        ("at = 'noon'", "its time is none: noon"),
        (f"recorded_at = {2**62}", "its time is none"),
        ("by = 'nobody'", "nobody called 'nobody' writes facts"),
        (
            'kind = \'delivered\', data = \'{"seq": 99, "via": "dbus", "late": 0}\'',
            "is about fact 99, which is none before it",
        ),
        ("kind = 'undone', data = '{}'", "fact 3: seq: is missing"),
        ("kind = 'upgraded', data = '{\"hash\": \"x\"}'", "fact 3: protocol: is missing"),
    ],
)
def test_a_fact_that_makes_no_sense_is_found(journal: Path, change: str, expected: str) -> None:
    faults = changed(journal, f"UPDATE fact SET {change} WHERE seq = 3")
    assert any(expected in fault for fault in faults), faults
    assert len(faults) == 1


def test_the_fact_with_which_an_episode_cannot_be_told_is_named(journal: Path) -> None:
    with Journal.open(journal.parent, now=NOON) as opened:
        offered = next(fact.seq for fact in opened.all_facts("quick-1") if fact.kind == "offered")
    change = f"UPDATE fact SET data = json_remove(data, '$.due') WHERE seq = {offered}"
    (fault,) = changed(journal, change)
    assert fault == f"fact {offered}: due: is missing"

    with Journal.open(journal.parent, now=NOON) as opened:
        error = load(opened, NOON).unreadable["quick-1"]
    assert "quick-1 cannot be told from its facts" in error.message
    assert "recovery store check" in error.hint


def test_an_episode_without_a_start_is_found(journal: Path) -> None:
    first = "UPDATE fact SET kind = 'answered' WHERE seq = 1"
    (fault,) = changed(journal, first)
    assert fault.startswith("fact 1: ")
    changed(journal, "UPDATE fact SET kind = 'started' WHERE seq = 1")
    with closing(sqlite3.connect(journal)) as other:
        other.execute("INSERT INTO episode (id, protocol_id, pinned) VALUES ('quick-2', 'quick', 1)")
        other.commit()
    assert faults(journal)[0].startswith("episode quick-2: quick-2 cannot be told from its facts")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            "texts = replace(texts, '20min', '30min')",
            "its text is not the one that was pinned: the hash differs",
        ),
        ("texts = '{'", "its text cannot be read"),
        ("texts = '[1]'", "its text cannot be read"),
        (
            "compiled = replace(compiled, 'towel', 'trowel') || ' '",
            "its compiled form is not what its text says",
        ),
        ("version = '7'", "its text is that of quick 1.0.0"),
    ],
)
def test_a_protocol_that_was_changed_is_found(journal: Path, change: str, expected: str) -> None:
    faults = changed(journal, f"UPDATE pinned SET {change} WHERE number = 1")
    assert any(expected in fault for fault in faults), faults


def test_a_form_of_an_older_program_is_made_anew_and_not_written(journal: Path) -> None:
    before = compiled.FORMAT - 1
    assert changed(journal, f"UPDATE pinned SET compiled_format = {before}, compiled = 'old'") == []
    with closing(sqlite3.connect(journal)) as other:
        assert other.execute("SELECT compiled FROM pinned").fetchall() == [("old",), ("old",)]


def test_an_older_schema_is_looked_at_without_being_changed(journal: Path) -> None:
    with closing(sqlite3.connect(journal)) as other:
        other.execute("DROP INDEX fact_upgraded")
        other.execute("ALTER TABLE fact DROP COLUMN chain")
        other.execute("DELETE FROM migration WHERE number > 1")
        other.execute("PRAGMA user_version = 1")
        other.commit()
    report = check(journal, now=NOON)
    assert (report.faults, report.schema) == ((), 1)
    assert not [*journal.parent.glob("journal-before-*")]


def test_a_large_journal_is_looked_over_in_seconds(tmp_path: Path) -> None:
    journal = first_day(tmp_path)
    shutil.copy(journal, tmp_path / "copy.db")
    with Journal.open(tmp_path, now=NOON) as opened:
        episode = begin(opened)
        add(opened, *sessions(episode, 1000))
    assert check(journal, now=NOON).facts > 5000
    assert checking.check(tmp_path / "copy.db", now=NOON).faults == ()
