"""Copies of the journal and the way back."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from recovery.engine.facts import Fact, read_fact
from recovery.errors import NotThere, StoreError
from recovery.store import failures
from recovery.store.backups import KEPT, back_up, back_up_daily, restore
from recovery.store.checking import check
from recovery.store.journal import Journal
from tests.daemon.conftest import MINUTE, NOON, start
from tests.profile import protocol
from tests.store.material import add, begin, sessions
from tests.store.real import WALK, first_day
from tests.store.test_failures import TOP, small_disk  # noqa: F401  # a fixture

DAY = timedelta(days=1)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return first_day(tmp_path / "home").parent


def facts(home: Path) -> list[Fact]:
    with Journal.open(home, now=NOON) as journal:
        return journal.all_facts()


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def test_a_copy_is_whole_private_and_named_by_its_time(home: Path) -> None:
    with Journal.open(home, now=NOON) as journal:
        add(
            journal, read_fact("quick-1", NOON, "answered", {"values": {"pain": 3}})
        )  # as yet in the -wal file only
        copy = back_up(home, NOON)
    again = back_up(home, NOON)

    local = NOON.astimezone()
    assert copy == home / "backups" / f"journal-{local:%Y-%m-%dT%H%M%S}.db"
    assert again.name == f"{copy.stem}-2.db", "two in one second"
    assert names(home / "backups") == [again.name, copy.name], "nothing is left beside them"
    assert {file.stat().st_mode & 0o777 for file in (copy, again)} == {0o600}
    assert (home / "backups").stat().st_mode & 0o777 == 0o700
    report = check(copy, now=NOON)
    assert (report.faults, report.facts) == ((), len(facts(home)))


def test_a_copy_goes_where_it_is_wanted_and_over_nothing(home: Path, tmp_path: Path) -> None:
    assert back_up(home, NOON, tmp_path / "mine.db") == tmp_path / "mine.db"
    assert back_up(home, NOON, tmp_path).parent == tmp_path
    (tmp_path / "mine.db").write_text("mine")
    with pytest.raises(StoreError, match=r"mine\.db: is there already"):
        back_up(home, NOON, tmp_path / "mine.db")
    with pytest.raises(StoreError, match="cannot be used: No such file"):
        back_up(home, NOON, tmp_path / "nowhere" / "mine.db")
    assert (tmp_path / "mine.db").read_text() == "mine"


def test_without_a_journal_there_is_nothing_to_copy(tmp_path: Path) -> None:
    with pytest.raises(NotThere, match="no journal yet"):
        back_up(tmp_path, NOON)
    assert back_up_daily(tmp_path, NOON) is None
    assert back_up_daily(tmp_path / "gone", NOON) is None
    assert names(tmp_path) == [], "and a folder that is gone is not made"


def test_of_a_damaged_journal_no_copy_is_made(home: Path) -> None:
    good = back_up_daily(home, NOON)
    assert good
    with (home / "journal.db").open("r+b") as file:
        file.seek(4096 * 2)
        file.write(b"\xff" * 8192)
    for copy in (back_up, back_up_daily):
        with pytest.raises(StoreError, match=r"journal\.db: is damaged") as caught:
            copy(home, NOON + DAY)
        assert f"recovery store restore {good}" in caught.value.hint
    assert names(home / "backups") == [good.name]


def test_one_copy_a_day_is_made_and_seven_are_kept(home: Path) -> None:
    folder = home / "backups"
    folder.mkdir()
    theirs = ["daily-notes.db", "daily-2026-01-01.db.txt", "journal-2020-01-01T000000.db", "mine.db"]
    for name in theirs:
        (folder / name).write_text("mine")
    (folder / ".daily-2026-11-22.db.abc.part").write_text("of a daemon that was killed")
    for number in range(12):
        first = back_up_daily(home, NOON + number * DAY)
        assert first
        written = first.stat().st_ino
        assert back_up_daily(home, NOON + number * DAY + MINUTE) == first
        assert first.stat().st_ino == written, "not made twice"

    days = [f"daily-{(NOON + number * DAY).date()}.db" for number in range(12)]
    assert names(folder) == sorted([*days[-KEPT:], *theirs])


def test_copies_of_days_to_come_go_first(home: Path) -> None:
    """The clock was wrong for a while: its copies do not push out those of today."""
    for number in range(KEPT):
        back_up_daily(home, NOON + 1000 * DAY + number * DAY)
    for number in range(3):
        back_up_daily(home, NOON + number * DAY)
    kept = names(home / "backups")
    assert kept[:3] == [f"daily-{(NOON + number * DAY).date()}.db" for number in range(3)]
    assert len(kept) == KEPT


def test_a_copy_is_put_back_and_what_was_there_is_kept(home: Path) -> None:
    then = facts(home)
    copy = back_up(home, NOON)
    start(home, protocol(WALK, name="others"))
    later = facts(home)
    kept = restore(home, copy, NOON + MINUTE)

    assert facts(home) == then
    assert kept is not None
    assert kept.name.startswith("before-restore-")
    restore(home, kept, NOON + 2 * MINUTE)
    assert facts(home) == later
    assert [name for name in names(home) if name.startswith(".restore")] == []
    with closing(sqlite3.connect(home / "journal.db")) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_somebody_who_has_the_journal_open_sees_it_restored(home: Path) -> None:
    copy = back_up(home, NOON)
    with Journal.open(home, now=NOON) as journal:
        episode = start(home, protocol(WALK, name="others"))
        assert episode in journal.episodes()
        restore(home, copy, NOON)
        assert episode not in journal.episodes()
        assert begin(journal) == "strain-1"


def test_a_restored_copy_becomes_a_journal_where_there_was_none(home: Path, tmp_path: Path) -> None:
    assert restore(tmp_path / "new", home / "journal.db", NOON) is None
    assert facts(tmp_path / "new") == facts(home)
    assert (tmp_path / "new" / "journal.db").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("where", [0, 4096, 3 * 4096])
def test_a_damaged_journal_is_kept_as_it_is_and_replaced(home: Path, where: int) -> None:
    then = facts(home)
    copy = back_up(home, NOON)
    with (home / "journal.db").open("r+b") as file:
        file.seek(where)
        file.write(os.urandom(4096))
    damaged = (home / "journal.db").read_bytes()
    kept = restore(home, copy, NOON)

    assert facts(home) == then
    assert check(home / "journal.db", now=NOON).faults == ()
    assert kept is not None
    assert kept.name.startswith("damaged-")
    assert kept.read_bytes() == damaged
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept.name not in failures.remedy(home / "journal.db")


def test_a_log_of_a_damaged_journal_is_not_applied_to_the_restored_one(home: Path) -> None:
    """SQLite would: it asks only whether the -wal file is whole in itself."""
    then = facts(home)
    copy = back_up(home, NOON)
    with closing(sqlite3.connect(home / "journal.db")) as other:
        other.execute("CREATE TABLE more (x)")
        other.commit()
        log = (home / "journal.db-wal").read_bytes()
    (home / "journal.db").write_bytes(os.urandom(40960))
    (home / "journal.db-wal").write_bytes(log)
    kept = restore(home, copy, NOON)

    assert check(home / "journal.db", now=NOON).faults == ()
    assert facts(home) == then
    assert kept is not None
    assert kept.with_name(f"{kept.name}-wal").read_bytes() == log


def test_a_copy_with_faults_is_refused_and_nothing_is_changed(home: Path, tmp_path: Path) -> None:
    before = facts(home)
    copy = back_up(home, NOON, tmp_path / "copy.db")
    with closing(sqlite3.connect(copy)) as other:
        other.execute("DROP TRIGGER fact_is_never_changed")
        other.execute("UPDATE fact SET by = 'nobody'")
        other.commit()
    with pytest.raises(StoreError, match=r"copy\.db: is not put in place, because it is not whole"):
        restore(home, copy, NOON)
    for bad in (b"", b"soup" * 1000):
        copy.write_bytes(bad)
        with pytest.raises(StoreError, match=r"copy\.db"):
            restore(home, copy, NOON)
    with pytest.raises(StoreError, match="is the present journal itself"):
        restore(home, home / "journal.db", NOON)
    assert facts(home) == before
    assert names(home) == ["journal.db", "started.yaml"]


def test_a_locked_journal_is_not_waited_for_for_ever(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's backup would."""
    monkeypatch.setattr(failures, "BUSY_SECONDS", 0.05)
    copy = back_up(home, NOON)
    with closing(sqlite3.connect(home / "journal.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"locked for more than 0\.05 seconds"):
            restore(home, copy, NOON)


def test_an_old_copy_is_brought_to_the_present_schema(home: Path, tmp_path: Path) -> None:
    copy = back_up(home, NOON, tmp_path / "old.db")
    with closing(sqlite3.connect(copy)) as other:
        other.execute("DROP INDEX fact_upgraded")
        other.execute("ALTER TABLE fact DROP COLUMN chain")
        other.execute("DELETE FROM migration WHERE number > 1")
        other.execute("PRAGMA user_version = 1")
        other.commit()
    restore(home, copy, NOON)
    report = check(home / "journal.db", now=NOON)
    assert (report.faults, report.schema) == ((), check(home / "journal.db", now=NOON).schema)
    with closing(sqlite3.connect(home / "journal.db")) as database:
        assert database.execute("PRAGMA user_version").fetchone()[0] > 1


def test_on_a_full_disk_no_copy_is_made_and_none_is_lost(small_disk: Path) -> None:  # noqa: F811
    home = small_disk / "home"
    first_day(home)
    good = back_up_daily(home, NOON)
    assert good
    with (small_disk / "filler").open("wb", buffering=0) as filler:
        while True:
            try:
                filler.write(bytes(1024))
            except OSError:
                break
    with pytest.raises(StoreError, match=r"disk is full|No space left"):
        back_up_daily(home, NOON + DAY)
    assert names(home / "backups") == [good.name]
    with pytest.raises(StoreError, match=r"disk is full|No space left"):
        restore(home, good, NOON)
    (small_disk / "filler").unlink()
    assert check(home / "journal.db", now=NOON).faults == ()
    assert back_up_daily(home, NOON + DAY)


LIMITED = """
import resource, sys
from pathlib import Path
from recovery.errors import StoreError
from recovery.store.backups import back_up
from tests.daemon.conftest import NOON
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    back_up(Path(sys.argv[1]), NOON)
except StoreError as error:
    print(error.message)
"""


@pytest.mark.skipif(os.name != "posix", reason="no limits on the size of files here")
def test_a_copy_that_may_not_grow_is_said_and_not_left_behind(home: Path) -> None:
    with Journal.open(home, now=NOON) as journal:
        add(journal, *sessions(begin(journal), 200))
    child = subprocess.run(
        [sys.executable, "-c", LIMITED, str(home)],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(TOP)},
    )  # fmt: skip
    assert "nothing was recorded" in child.stdout or "disk" in child.stdout, child
    assert names(home / "backups") == []


def test_a_copy_that_was_not_written_as_it_should_be_does_not_count(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from recovery.store import copying

    real = copying._copied

    def lossy(old: sqlite3.Connection, new: sqlite3.Connection, source: Path) -> None:
        real(old, new, source)
        new.execute("DROP TRIGGER fact_is_never_deleted")
        new.execute("DELETE FROM fact WHERE seq = 5")
        new.commit()

    monkeypatch.setattr(copying, "_copied", lossy)
    with pytest.raises(StoreError, match="was not written as it should be"):
        back_up(home, NOON)
    assert names(home / "backups") == []
