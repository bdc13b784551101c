"""Several processes at one journal, and one that dies in the middle."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from recovery.engine.facts import read_fact
from recovery.store.journal import Journal
from recovery.store.migrations import MIGRATIONS
from tests.store.material import NOW, add, begin, file_of, raw

SPAWN = multiprocessing.get_context("spawn")
WRITERS, EACH = 4, 200


def write(folder: Path, writer: int, start: Barrier) -> None:
    with Journal.open(folder, now=NOW) as journal:
        start.wait()
        for number in range(EACH):
            add(
                journal,
                read_fact("strain-1", NOW, "answered", {"writer": writer, "number": number}, by="person"),
            )


def start_an_episode(folder: Path, _: int, start: Barrier) -> None:
    start.wait()
    with Journal.open(folder, now=NOW) as journal:
        begin(journal)


def together(work: Callable[[Path, int, Barrier], None], folder: Path, count: int) -> None:
    start = SPAWN.Barrier(count)
    processes = [SPAWN.Process(target=work, args=(folder, number, start)) for number in range(count)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * count


def test_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    with Journal.open(tmp_path, now=NOW) as journal:
        episode = begin(journal)
        together(write, tmp_path, WRITERS)
        facts = journal.facts(episode)[1:]
    assert [fact.seq for fact in facts] == list(range(2, 2 + WRITERS * EACH))
    for writer in range(WRITERS):
        assert [f.data["number"] for f in facts if f.data["writer"] == writer] == list(range(EACH))


@pytest.mark.parametrize("attempt", range(5))
def test_processes_that_make_a_fresh_journal_at_once_all_succeed(tmp_path: Path, attempt: int) -> None:
    folder = tmp_path / str(attempt)
    together(start_an_episode, folder, 4)
    with Journal.open(folder, now=NOW) as journal:
        assert journal.open_episodes() == ("strain-1", "strain-2", "strain-3", "strain-4")
        made = raw(journal, "SELECT number FROM migration")
        assert made == [(step.number,) for step in MIGRATIONS]


def stop_in_the_middle(folder: Path, ready: Connection) -> None:
    journal = Journal.open(folder, now=NOW)
    # A cache of one page makes SQLite write to the file long before the end of the transaction.
    raw(journal, "PRAGMA cache_size = 1")
    with journal.transaction():
        text = "x" * 1000
        journal.append([read_fact("strain-1", NOW, "answered", {"text": text}) for _ in range(1000)])
        ready.send((folder / "journal.db-wal").stat().st_size)
        ready.recv()  # for ever


@pytest.mark.skipif(os.name != "posix", reason="no SIGKILL here")
def test_a_writer_killed_in_a_transaction_leaves_a_whole_journal(tmp_path: Path) -> None:
    with Journal.open(tmp_path, now=NOW) as journal:
        episode = begin(journal)
    here, there = SPAWN.Pipe()
    writer = SPAWN.Process(target=stop_in_the_middle, args=(tmp_path, there))
    writer.start()
    assert here.poll(60)
    assert here.recv() > 1_000_000, "the unfinished transaction had reached the disk"
    assert writer.pid is not None
    os.kill(writer.pid, signal.SIGKILL)
    writer.join(60)
    assert writer.exitcode == -signal.SIGKILL
    assert file_of(tmp_path).exists()
    with Journal.open(tmp_path, now=NOW) as journal:
        assert len(journal.facts(episode)) == 1
        (fact,) = add(journal, read_fact(episode, NOW, "answered", {}))
        assert fact.seq == 2
        assert raw(journal, "PRAGMA integrity_check") == [("ok",)]
