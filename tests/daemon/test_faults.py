"""Faults of the disk under a running daemon, each made for real: commands say it, the end of a session is told, and
all goes on by itself when the fault is over.
"""

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import pytest

from recovery import clock
from recovery.daemon import control, presence
from recovery.store.checking import check
from tests.desktop import LIMIT_SECONDS, Desktop, until
from tests.profile import ICE, Profile, is_alive, protocol

SECONDS = protocol(ICE.format(length="4s"))
Fault = Callable[[Path], AbstractContextManager[None]]


def mount(*arguments: str) -> None:
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root on Linux can mount")
    try:
        subprocess.run(["mount", *arguments], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"mount is not allowed here: {error}")


@contextmanager
def full_disk(home: Path) -> Iterator[None]:
    filler = home / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (4096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def read_only_disk(home: Path) -> Iterator[None]:
    # The same folder once more on top of itself: what is mounted cannot change while the daemon's log is open.
    mount("--bind", str(home), str(home))
    try:
        mount("-o", "remount,ro,bind", str(home))
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(home)], check=True)


@contextmanager
def locked(home: Path) -> Iterator[None]:
    with closing(sqlite3.connect(home / "journal.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def damaged_header(home: Path) -> Iterator[None]:
    with damaged(home, 0, 100):
        yield


@contextmanager
def damaged_pages(home: Path) -> Iterator[None]:
    with damaged(home, 4096, -1):
        yield


@contextmanager
def damaged(home: Path, start: int, length: int) -> Iterator[None]:
    file = home / "journal.db"
    whole = file.read_bytes()
    end = len(whole) if length < 0 else start + length
    with file.open("r+b") as opened:
        opened.seek(start)
        opened.write(b"\xa5" * (end - start))
    try:
        yield
    finally:
        for name in ("-wal", "-shm"):
            file.with_name(f"journal.db{name}").unlink(missing_ok=True)
        file.write_bytes(whole)


@contextmanager
def moved_away(home: Path) -> Iterator[None]:
    away = home.with_name("away")
    home.rename(away)
    try:
        yield
    finally:
        away.rename(home)


@contextmanager
def unmounted(home: Path) -> Iterator[None]:
    """The disk is pulled out: the folder is there, and empty."""
    subprocess.run(["umount", "--lazy", str(home)], check=True)
    try:
        yield
    finally:
        mount("--bind", str(home.with_name("disk")), str(home))


@contextmanager
def journal_removed(home: Path) -> Iterator[None]:
    away = home / "away.db"
    (home / "journal.db").rename(away)
    try:
        yield
    finally:
        away.rename(home / "journal.db")


FAULTS: dict[str, tuple[Fault, int, str]] = {
    "full": (full_disk, 1, "the disk is full; nothing was recorded"),
    "read-only": (read_only_disk, 1, "journal.db: cannot be"),
    "locked": (locked, 1, "another program has kept it locked for more than 5 seconds"),
    "header": (damaged_header, 1, "journal.db: is damaged"),
    "pages": (damaged_pages, 1, "journal.db: is damaged"),
    "moved": (moved_away, 3, "no episode is active"),
    "unmounted": (unmounted, 3, "no episode is active"),
    "removed": (journal_removed, 3, "no episode is active"),
}


@pytest.fixture
def home(desktop: Desktop, request: pytest.FixtureRequest) -> Iterator[Path]:
    """The person's folder, on a disk of its own where the fault needs one."""
    home = Path(desktop.environ["RECOVERY_HOME"])
    fault = request.node.callspec.params["fault"]
    mounted = fault in ("full", "unmounted")
    if fault == "full":
        mount("-t", "tmpfs", "-o", "size=1m,mode=0700", "none", str(home))
    elif mounted:
        (home.with_name("disk")).mkdir(mode=0o700)
        mount("--bind", str(home.with_name("disk")), str(home))
    yield home
    if mounted:
        subprocess.run(["umount", "--lazy", str(home)], check=False)


def fate(person: Profile) -> list[str]:
    return [fact.kind for fact in person.facts() if fact.kind not in ("phase", "undelivered")]


def live_through(fault: str, desktop: Desktop, person: Profile, *, waits: bool) -> None:
    make, status, words = FAULTS[fault]
    person.start(SECONDS)
    person.wait_for("delivered")
    pid = person.wait_for_sign(lambda there: True, "it runs").pid
    before = person.facts()
    desktop.received()
    with make(person.home):
        refused = person.run("checkin", "pain=4", status=status)
        assert words in refused.err, refused
        assert refused.err.count("\n") >= 2, "what is wrong, and what to do"
        until(lambda: desktop.displayed() == 1, "the end is told all the same")
        assert desktop.received()[-1].title == "Ice: stop"
        assert is_alive(pid)
    lifted = time.monotonic()
    if not waits:
        control.call(person.home, control.WAKE)
    until(
        lambda: fate(person) == ["started", "offered", "delivered", "ended", "delivered"],
        "all is recorded",
        30,
    )
    assert time.monotonic() - lifted < 20
    assert person.facts()[: len(before)] == before
    assert is_alive(pid)
    assert check(person.home / "journal.db", now=clock.now()).faults == ()
    assert person.json("status")["daemon"]["pid"] == pid
    person.run("checkin", "pain=4")
    assert "a bug" not in person.log()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_session_ends_in_time_whatever_becomes_of_the_disk(
    fault: str, desktop: Desktop, home: Path, tmp_path: Path
) -> None:
    with Profile(tmp_path, desktop.environ) as person:
        live_through(fault, desktop, person, waits=False)


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_it_recovers_without_being_told_that_the_fault_is_over(
    fault: str, desktop: Desktop, home: Path, tmp_path: Path
) -> None:
    with Profile(tmp_path, desktop.environ) as person:
        live_through(fault, desktop, person, waits=True)


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["locked"])
def test_a_lock_of_half_a_minute_delays_no_end(
    fault: str, desktop: Desktop, home: Path, tmp_path: Path
) -> None:
    with Profile(tmp_path, desktop.environ) as person:
        person.start(SECONDS)
        person.wait_for("delivered")
        (offered,) = person.facts("offered")
        due = offered.at.timestamp() + 4
        desktop.received()
        with locked(person.home):
            over = time.monotonic() + 30
            until(lambda: desktop.displayed() == 1, "the end is told meanwhile")
            assert time.time() - due < 2.5
            assert desktop.received()[-1].title == "Ice: stop"
            until(lambda: time.monotonic() > over, "", 40)
            assert person.facts("ended") == []
        person.wait_for("delivered", 2)
        assert len(person.facts("ended")) == 1


def test_a_folder_made_anew_by_hand_becomes_the_daemons(tmp_path: Path) -> None:
    """As a disk does that comes back as another: there is a lock, and nobody holds it."""
    with Profile(tmp_path) as person:
        person.start(protocol(ICE.format(length="20min")))
        pid = person.wait_for_sign(lambda there: True, "it runs").pid
        copy = tmp_path / "copy"
        away = tmp_path / "away"
        shutil.copytree(person.home, copy, ignore=shutil.ignore_patterns("*.sock"))
        person.home.rename(away)
        control.call(away, control.WAKE)
        until(lambda: "is gone" in (away / "daemon.log").read_text(), "it has noticed")
        copy.rename(person.home)
        until(lambda: presence.is_running(person.home), "it has taken the lock")
        until(lambda: person.wait_for_sign(lambda there: there.pid == pid, "its sign is there"), "")
        person.run("skip", "ice")
        assert person.json("status")["daemon"]["pid"] == pid
        person.run("daemon", "stop")
        until(lambda: not is_alive(pid), "it hears there", LIMIT_SECONDS)


def test_the_journal_is_copied_once_a_day_after_the_telling(tmp_path: Path) -> None:
    with Profile(tmp_path) as person:
        person.start(protocol(ICE.format(length="20min")))
        folder = person.home / "backups"
        until(lambda: folder.exists() and [*folder.glob("daily-*.db")], "a copy is there")
        (copy,) = folder.iterdir()
        assert check(copy, now=clock.now()).faults == ()
        person.run("skip", "ice")
        person.run("daemon", "stop")
        person.run("daemon", "start")
        assert [*folder.iterdir()] == [copy]
