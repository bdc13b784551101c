"""The sign that a daemon runs: the lock counts, the file only says more."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from recovery.daemon import presence
from recovery.daemon.presence import LOCK, SIGN, Lock, Presence

HOLDER = (
    "import fcntl,sys; f=open(sys.argv[1],'a'); fcntl.flock(f,fcntl.LOCK_EX); print(1,flush=True); input()"
)


@pytest.fixture
def lock(tmp_path: Path) -> Lock:
    return Lock(tmp_path)


def test_nobody_runs_in_an_empty_folder_nor_in_none(tmp_path: Path) -> None:
    assert not presence.is_running(tmp_path)
    assert presence.read(tmp_path / "nowhere") is None
    assert list(tmp_path.iterdir()) == [], "looking leaves nothing behind"


def test_what_was_said_is_read_back_while_the_lock_is_held(tmp_path: Path, lock: Lock) -> None:
    said = Presence(pid=7, since=1, notifier="dbus", problem="", next_wakeup=5)
    assert lock.take()
    presence.announce(tmp_path, said)
    assert presence.read(tmp_path) == said

    lock.release()
    assert presence.read(tmp_path) is None, "a file left behind means nothing"


def test_the_lock_has_one_holder(tmp_path: Path, lock: Lock) -> None:
    assert lock.take()
    assert not Lock(tmp_path).take()
    lock.release()
    assert Lock(tmp_path).take()


@contextmanager
def lookers(folder: Path) -> Iterator[set[bool]]:
    """Three who look all the time whether a daemon runs, and what they saw."""
    seen: set[bool] = set()
    is_over = threading.Event()

    def look() -> None:
        while not is_over.is_set():
            seen.add(presence.is_running(folder))

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


def test_those_who_look_do_not_take_one_another_for_the_daemon(tmp_path: Path, lock: Lock) -> None:
    """Looking takes the lock for an instant: `status` beside `next` must not see a daemon in it."""
    lock.take()
    lock.release()
    with lookers(tmp_path) as seen:
        for _ in range(300):
            assert not presence.is_running(tmp_path)

    assert seen == {False}


def test_those_who_look_do_not_keep_the_daemon_from_its_lock(tmp_path: Path) -> None:
    with lookers(tmp_path):
        for _ in range(20):
            lock = Lock(tmp_path)
            assert lock.take()
            lock.release()


@pytest.mark.parametrize("content", ["", "{", "[]", "7", '{"pid": 7}', '{"pid": 1, "since": 2, "more": 3}'])
def test_a_sign_that_makes_no_sense_is_a_daemon_that_has_not_said_anything(
    tmp_path: Path, lock: Lock, content: str
) -> None:
    lock.take()
    (tmp_path / SIGN).write_text(content)

    assert presence.read(tmp_path) == Presence(pid=0, since=0)


def test_the_files_are_private(tmp_path: Path, lock: Lock) -> None:
    lock.take()
    presence.announce(tmp_path, Presence(pid=1, since=1))

    assert {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {
        LOCK: 0o600,
        SIGN: 0o600,
    }


def test_the_lock_dies_with_its_process(tmp_path: Path, lock: Lock) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path / LOCK)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"1\n"
        assert presence.is_running(tmp_path)
        holder.kill()
        holder.wait(10)

        assert not presence.is_running(tmp_path)
        assert lock.take()


def test_a_lock_knows_when_its_folder_is_not_its_own_any_more(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    lock = Lock(folder)
    lock.take()
    assert lock.is_in_place()
    (folder / LOCK).unlink()
    assert not lock.is_in_place()
    other = Lock(folder)
    assert other.take()
    assert not lock.is_in_place()
    assert other.is_in_place()
    lock.release()
    other.release()


@pytest.mark.parametrize(
    "wrong",
    [
        {"pid": -1},  # as a target of a signal that would be every process of the user
        {"pid": 0},
        {"pid": True},
        {"pid": "12"},
        {"pid": 2**31},
        {"since": None},
        {"since": 10**30},
        {"since": -1},
        {"next_wakeup": "soon"},
        {"next_wakeup": 10**30},
        {"notifier": None},
        {"problem": ["x"]},
        {"lock": 1.5},
        {"more": 1},
    ],
)
def test_a_sign_that_no_daemon_has_written_tells_nothing(tmp_path: Path, wrong: dict[str, object]) -> None:
    lock = presence.Lock(tmp_path)
    assert lock.take()
    good = vars(presence.Presence(pid=12, since=1, lock=lock.inode()))
    (tmp_path / presence.SIGN).write_text(json.dumps(good), "utf-8")
    assert presence.read(tmp_path) == presence.Presence(pid=12, since=1, lock=lock.inode())

    (tmp_path / presence.SIGN).write_text(json.dumps({**good, **wrong}), "utf-8")
    assert presence.read(tmp_path) == presence.Presence(pid=0, since=0)
    lock.release()
    assert presence.left_behind(tmp_path) is None


@pytest.mark.parametrize("text", ["[" * 100_000, "7", '"x"', "null", "", "\ufeff{}", "{}"])
def test_a_sign_that_is_no_object_tells_nothing(tmp_path: Path, text: str) -> None:
    lock = presence.Lock(tmp_path)
    assert lock.take()
    (tmp_path / presence.SIGN).write_text(text, "utf-8")

    assert presence.read(tmp_path) == presence.Presence(pid=0, since=0)
    lock.release()
    assert presence.left_behind(tmp_path) is None
