"""Opening: what is made, who may read it, and schemas old, new and foreign."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from recovery.errors import StoreError
from recovery.store import migrations
from recovery.store.journal import Journal
from recovery.store.migrations import MIGRATIONS, Migration
from tests.store.material import NOW, PINNED, add, begin, file_of, raw, sessions

SAMPLES = Path(__file__).with_name("samples")
NEWEST = MIGRATIONS[-1].number
NEXT = Migration(
    NEWEST + 1, "a colour", ("ALTER TABLE episode ADD COLUMN colour TEXT NOT NULL DEFAULT 'blue'",)
)


def make_sample() -> None:
    """Write the sample of the present schema, once, before a release. Never again for a released schema.

    `python -c "from tests.store.test_database import make_sample; make_sample()"` from the top folder.
    """
    newest = MIGRATIONS[-1].number
    folder = SAMPLES / "making"
    with Journal.open(folder, now=NOW) as journal:
        first = begin(journal)
        add(journal, *sessions(first, 3))
        begin(journal)
    file_of(folder).replace(SAMPLES / f"journal-{newest}.db")
    folder.rmdir()


@pytest.fixture
def wide_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def mode(file: Path) -> int:
    return file.stat().st_mode & 0o777


@pytest.mark.skipif(os.name != "posix", reason="no POSIX permissions here")
@pytest.mark.usefixtures("wide_umask")
def test_only_the_owner_can_read_the_folder_and_its_files(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    with Journal.open(folder, now=NOW) as journal:
        begin(journal)
        assert mode(folder) == 0o700
        assert {file.name: mode(file) for file in folder.iterdir()} == {
            "journal.db": 0o600,
            "journal.db-wal": 0o600,
            "journal.db-shm": 0o600,
        }


@pytest.mark.skipif(os.name != "posix", reason="no POSIX permissions here")
@pytest.mark.usefixtures("wide_umask")
def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    with Journal.open(tmp_path, now=NOW):
        pass
    file_of(tmp_path).chmod(0o666)
    with Journal.open(tmp_path, now=NOW) as journal:
        begin(journal)
        assert {mode(file) for file in tmp_path.iterdir()} == {0o600}


def test_looking_at_a_fresh_machine_makes_nothing(tmp_path: Path) -> None:
    assert Journal.open_existing(tmp_path / "home") is None
    assert Journal.open_existing(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_another_process_is_just_making_holds_nothing_yet(tmp_path: Path) -> None:
    file_of(tmp_path).touch()
    assert Journal.open_existing(tmp_path) is None
    with Journal.open(tmp_path, now=NOW) as journal:
        assert begin(journal) == "strain-1"


def test_an_existing_journal_opens_with_what_it_holds(tmp_path: Path) -> None:
    with Journal.open(tmp_path, now=NOW) as journal:
        begin(journal)
    reopened = Journal.open_existing(tmp_path)
    assert reopened is not None
    with reopened:
        assert reopened.open_episodes() == ("strain-1",)


def test_writing_is_durable_and_checked(tmp_path: Path) -> None:
    with Journal.open(tmp_path, now=NOW) as journal:
        settings = [raw(journal, f"PRAGMA {name}")[0][0]
                    for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")]  # fmt: skip
    assert settings == ["wal", 2, 1, 5000]


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    for _ in range(3):
        with Journal.open(tmp_path, now=NOW) as journal:
            assert raw(journal, "SELECT number FROM migration") == [(n + 1,) for n in range(NEWEST)]
    assert [file.name for file in tmp_path.iterdir()] == ["journal.db"]


def test_migrations_count_from_one_without_gaps() -> None:
    assert [step.number for step in MIGRATIONS] == list(range(1, len(MIGRATIONS) + 1))


@pytest.mark.parametrize("number", range(1, MIGRATIONS[-1].number + 1))
def test_a_sample_of_every_schema_opens(tmp_path: Path, number: int) -> None:
    shutil.copyfile(SAMPLES / f"journal-{number}.db", file_of(tmp_path))
    with Journal.open(tmp_path, now=NOW) as journal:
        assert journal.open_episodes() == ("strain-1", "strain-2")
        assert journal.facts("strain-1")[1:] == [
            fact for fact in journal.all_facts("strain-1") if fact.kind != "started"
        ]
        kept = journal.facts("strain-1")[1:]
        assert [(f.at, f.kind, f.data, f.by) for f in kept] == [
            (f.at, f.kind, f.data, f.by) for f in sessions("strain-1", 3)
        ]
        assert journal.pinned("strain-1") == PINNED
        assert begin(journal) == "strain-3"


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a journal of the newest schema, opened by a recovery that knows the next one."""
    shutil.copyfile(SAMPLES / f"journal-{NEWEST}.db", file_of(tmp_path))
    monkeypatch.setattr(migrations, "MIGRATIONS", (*MIGRATIONS, NEXT))
    return tmp_path


@pytest.mark.usefixtures("wide_umask")
def test_an_old_journal_is_backed_up_privately_before_it_is_migrated(old: Path) -> None:
    with Journal.open(old, now=NOW) as journal:
        assert raw(journal, "SELECT colour FROM episode") == [("blue",), ("blue",)]
        assert raw(journal, "SELECT number, name FROM migration")[NEWEST:] == [(NEXT.number, "a colour")]
        assert raw(journal, "PRAGMA user_version") == [(NEXT.number,)]
    backup = old / f"journal-before-{NEXT.number}.db"
    assert mode(backup) == 0o600
    assert sorted(file.name for file in old.iterdir()) == [backup.name, "journal.db"]
    with closing(sqlite3.connect(backup)) as saved:
        assert saved.execute("PRAGMA user_version").fetchone() == (NEWEST,)
        assert saved.execute("SELECT count(*) FROM fact").fetchone() == (17,)


def test_the_backup_holds_what_was_still_in_the_write_ahead_log(old: Path) -> None:
    with closing(sqlite3.connect(file_of(old), isolation_level=None)) as other:
        other.execute("INSERT INTO fact VALUES (18, 1, 0, 0, 'answered', 'person', '{}', 0)")
        assert (old / "journal.db-wal").stat().st_size > 0
        with Journal.open(old, now=NOW):
            pass
    with closing(sqlite3.connect(old / f"journal-before-{NEXT.number}.db")) as saved:
        assert saved.execute("SELECT count(*) FROM fact").fetchone() == (18,)


def test_looking_at_an_old_journal_migrates_it_too(old: Path) -> None:
    journal = Journal.open_existing(old)
    assert journal is not None
    with journal:
        assert raw(journal, "PRAGMA user_version") == [(NEXT.number,)]


def test_a_migration_that_fails_leaves_the_old_schema_whole(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Migration(NEXT.number, "broken", (*NEXT.statements, "INSERT INTO no_such_table VALUES (1)"))
    monkeypatch.setattr(migrations, "MIGRATIONS", (*MIGRATIONS, broken))
    with pytest.raises(StoreError, match="no such table"):
        Journal.open(old, now=NOW)
    monkeypatch.setattr(migrations, "MIGRATIONS", MIGRATIONS)
    with Journal.open(old, now=NOW) as journal:
        assert journal.open_episodes() == ("strain-1", "strain-2")
        assert "colour" not in str(raw(journal, "SELECT sql FROM sqlite_master"))


def test_a_newer_schema_is_refused_and_left_alone(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Journal.open(old, now=NOW):
        pass
    monkeypatch.setattr(migrations, "MIGRATIONS", MIGRATIONS)
    before = file_of(old).read_bytes()
    said = rf"newer recovery \(schema {NEXT.number}; this one knows up to {NEWEST}\)"
    with pytest.raises(StoreError, match=said) as caught:
        Journal.open(old, now=NOW)
    assert "update recovery" in caught.value.hint
    with pytest.raises(StoreError, match=said):
        Journal.open_existing(old)
    assert file_of(old).read_bytes() == before


@pytest.mark.parametrize("statement", ["CREATE TABLE x (y)", "PRAGMA user_version = 1"])
def test_a_database_of_another_program_is_refused_and_left_alone(tmp_path: Path, statement: str) -> None:
    with closing(sqlite3.connect(file_of(tmp_path))) as other:
        other.execute(statement)
        other.commit()
    before = file_of(tmp_path).read_bytes()
    with pytest.raises(StoreError, match="not a journal of recovery"):
        Journal.open(tmp_path, now=NOW)
    assert file_of(tmp_path).read_bytes() == before
