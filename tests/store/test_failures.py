"""What the disk and other programs can do to the journal: said in plain words, with nothing half written."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from recovery.engine.facts import read_fact
from recovery.errors import StoreError
from recovery.store import failures
from recovery.store.journal import Journal
from tests.store.material import NOW, add, begin, file_of, raw, sessions

TOP = Path(__file__).parents[2]
OPENINGS: list[Callable[[Path], Journal | None]] = [
    lambda folder: Journal.open(folder, now=NOW),
    Journal.open_existing,
]


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 512 KiB of its own."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root on Linux can mount a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    try:
        mount("-t", "tmpfs", "-o", "size=512k,mode=0700", "none", str(disk))
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"mount is not allowed here: {error}")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def fill(journal: Journal, episode: str) -> int:
    """Add sessions until that fails; how many were kept."""
    for kept in range(10_000):
        try:
            add(journal, *sessions(episode, 10))
        except StoreError:
            return kept
    raise AssertionError("the disk is never full")


def test_a_full_disk_is_said_and_leaves_whole_transactions(small_disk: Path) -> None:
    with suppress(StoreError), Journal.open(small_disk / "home", now=NOW) as journal:
        episode = begin(journal)
        kept = fill(journal, episode)
        with pytest.raises(StoreError, match="the disk is full; nothing was recorded") as caught:
            add(journal, *sessions(episode, 10))
        assert "make room" in caught.value.hint
        assert len(journal.facts(episode)) == 1 + kept * 50
    assert kept > 0
    mount("-o", "remount,size=4m", str(small_disk))
    with Journal.open(small_disk / "home", now=NOW) as journal:
        assert len(journal.facts(episode)) == 1 + kept * 50
        add(journal, read_fact(episode, NOW, "answered", {}))
        assert journal._connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_disk_full_from_the_start_is_said(small_disk: Path) -> None:
    with (small_disk / "filler").open("wb", buffering=0) as filler, suppress(OSError):
        while True:
            filler.write(bytes(1024))
    with pytest.raises(StoreError, match=r"disk is full|No space left"):
        Journal.open(small_disk, now=NOW)
    (small_disk / "filler").unlink()
    with Journal.open(small_disk, now=NOW) as journal:
        assert begin(journal) == "strain-1"


LIMITED = """
import resource, sys
from pathlib import Path
from recovery.errors import StoreError
from recovery.store.journal import Journal
from tests.store.material import NOW, add, sessions
with Journal.open(Path(sys.argv[1]), now=NOW) as journal:
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
    for kept in range(10_000):
        try:
            add(journal, *sessions("strain-1", 10))
        except StoreError as error:
            print(kept, error.message)
            break
"""


@pytest.mark.skipif(os.name != "posix", reason="no limits on the size of files here")
def test_a_file_that_may_not_grow_is_said_and_leaves_whole_transactions(tmp_path: Path) -> None:
    with Journal.open(tmp_path, now=NOW) as journal:
        episode = begin(journal)
    child = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path)],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(TOP)},
    )  # fmt: skip
    kept, _, message = child.stdout.partition(" ")
    assert "Traceback" not in child.stderr
    assert "nothing was recorded" in message
    assert int(kept) > 0
    with Journal.open(tmp_path, now=NOW) as journal:
        assert len(journal.facts(episode)) == 1 + int(kept) * 50


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """A folder that this process cannot write to, with a journal in it."""
    folder = tmp_path / "fixed"
    with Journal.open(folder, now=NOW) as journal:
        begin(journal)
    if os.name != "posix":
        pytest.skip("no read-only folders here")
    if os.geteuid() != 0:  # root writes wherever the disk lets it
        folder.chmod(0o500)
        file_of(folder).chmod(0o400)
        yield folder
        folder.chmod(0o700)
        return
    try:
        mount("--bind", str(folder), str(folder))
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"mount is not allowed here: {error}")
    mount("-o", "remount,ro,bind", str(folder))
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("opening", OPENINGS)
def test_a_read_only_folder_is_said(read_only: Path, opening: Callable[[Path], Journal | None]) -> None:
    with pytest.raises(StoreError, match=r"journal\.db: cannot be (written|opened)") as caught:
        opening(read_only)
    assert "RECOVERY_HOME" in caught.value.hint


def test_a_read_only_folder_without_a_journal_is_said(read_only: Path) -> None:
    with pytest.raises(StoreError, match=r"cannot be used: (Read-only file system|Permission denied)"):
        Journal.open(read_only / "home", now=NOW)


@pytest.mark.skipif(os.name != "posix", reason="no POSIX permissions here")
def test_a_folder_of_somebody_else_is_said(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "home", now=NOW):
        pass
    look = (
        "import os, sys; from pathlib import Path; from recovery.errors import StoreError;"
        "from recovery.store.journal import Journal\n"
        "if os.geteuid() == 0: os.setuid(65534)\n"
        "try: Journal.open_existing(Path(sys.argv[1]))\nexcept StoreError as error: print(error.message)"
    )
    (tmp_path / "home").chmod(0)
    child = subprocess.run(
        [sys.executable, "-c", look, str(tmp_path / "home")],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(TOP)},
    )  # fmt: skip
    (tmp_path / "home").chmod(0o700)
    assert child.stdout == f"{file_of(tmp_path / 'home')}: cannot be used: Permission denied\n", child.stderr


@pytest.mark.parametrize("opening", OPENINGS)
def test_a_folder_that_is_a_file_is_said(tmp_path: Path, opening: Callable[[Path], Journal | None]) -> None:
    home = tmp_path / "home"
    home.write_text("a file")
    with pytest.raises(StoreError, match=r"home: is a file, or lies in one, but must be a folder"):
        opening(home)
    assert home.read_text() == "a file"


@pytest.mark.parametrize("opening", OPENINGS)
def test_a_journal_that_is_a_folder_is_said(
    tmp_path: Path, opening: Callable[[Path], Journal | None]
) -> None:
    file_of(tmp_path).mkdir()
    with pytest.raises(StoreError, match=r"journal\.db: cannot be opened: no permission, or not a file"):
        opening(tmp_path)


@pytest.mark.parametrize("opening", OPENINGS)
def test_a_file_that_is_no_database_is_said_and_left_alone(
    tmp_path: Path, opening: Callable[[Path], Journal | None]
) -> None:
    file_of(tmp_path).write_bytes(b"recipe for soup\n" * 500)
    with pytest.raises(StoreError, match=r"is damaged \(file is not a database\)") as caught:
        opening(tmp_path)
    assert "move it" in caught.value.hint
    assert file_of(tmp_path).read_bytes() == b"recipe for soup\n" * 500


def test_the_hint_for_a_damaged_journal_names_the_backups(tmp_path: Path) -> None:
    file_of(tmp_path).write_bytes(b"recipe for soup\n" * 500)
    (tmp_path / "journal-before-2.db").touch()
    with pytest.raises(StoreError) as caught:
        Journal.open(tmp_path, now=NOW)
    assert "journal-before-2.db" in caught.value.hint


def test_a_file_damaged_in_the_middle_is_said_when_that_part_is_read(tmp_path: Path) -> None:
    with Journal.open(tmp_path, now=NOW) as journal:
        episode = begin(journal)
        add(journal, *sessions(episode, 500))
    with file_of(tmp_path).open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(size // 4)
        file.write(b"\xff" * (size // 2))
    with Journal.open(tmp_path, now=NOW) as journal, pytest.raises(StoreError, match="is damaged"):
        journal.all_facts()


@pytest.mark.parametrize(
    "values", ["'answered', 'person', '{not json'", "'answered', 'person', CAST(x'ff' AS TEXT)"]
)
def test_a_fact_that_makes_no_sense_is_said(tmp_path: Path, values: str) -> None:
    with Journal.open(tmp_path, now=NOW) as journal:
        episode = begin(journal)
        journal._connection.execute(f"INSERT INTO fact VALUES (2, 1, 0, 0, {values}, 0)")
        with pytest.raises(StoreError, match="is damaged"):
            journal.facts(episode)


def test_an_instant_beyond_all_calendars_is_said(tmp_path: Path) -> None:
    with Journal.open(tmp_path, now=NOW) as journal:
        episode = begin(journal)
        journal._connection.execute(
            f"INSERT INTO fact VALUES (2, 1, {2**62}, 0, 'answered', 'person', '{{}}', 0)"
        )
        with pytest.raises(StoreError, match="is damaged"):
            journal.facts(episode)


def test_a_journal_locked_for_too_long_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failures, "BUSY_SECONDS", 0.05)
    with Journal.open(tmp_path, now=NOW) as journal:
        begin(journal)
        with closing(sqlite3.connect(journal.path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreError, match=r"locked for more than 0\.05 seconds") as caught:
                begin(journal)
            assert "again" in caught.value.hint
            assert journal.open_episodes() == ("strain-1",), "reading goes on"
        assert begin(journal) == "strain-2"


def test_after_a_failure_inside_a_transaction_nothing_more_is_taken(tmp_path: Path) -> None:
    """Even where somebody swallows the error: what came before it is not kept alone."""
    with Journal.open(tmp_path, now=NOW) as journal:
        episode = begin(journal)

        def swallow() -> None:
            with journal.transaction():
                journal.append([read_fact(episode, NOW, "answered", {})])
                raw(journal, "CREATE TEMP TRIGGER jam BEFORE INSERT ON fact"
                             " BEGIN SELECT RAISE(ABORT, 'jammed'); END")  # fmt: skip
                with pytest.raises(StoreError, match="jammed"):
                    journal.append([read_fact(episode, NOW, "answered", {})])

        with pytest.raises(RuntimeError, match="undone by an error inside"):
            swallow()
        assert len(journal.facts(episode)) == 1


def test_a_journal_whose_folder_was_removed_can_be_begun_anew(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with Journal.open(home, now=NOW) as journal:
        begin(journal)
    shutil.rmtree(home)
    assert Journal.open_existing(home) is None
    with Journal.open(home, now=NOW) as journal:
        assert journal.episodes() == ()
