"""Disks that lack locks, shared memory or sockets: what can be done without is, the rest is told by its name.

`start` never ends well where nobody will remind.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from recovery.daemon import control, presence
from tests.desktop import until
from tests.disks import refusing
from tests.profile import ICE, Profile, is_alive, protocol

TWENTY = protocol(ICE.format(length="20min"))


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Profile]:
    with Profile(tmp_path) as profile:
        yield profile


def on_a_disk_that(person: Profile, **lacks: str) -> Profile:
    person.environ.update(refusing(**lacks))
    return person


@pytest.mark.parametrize("lack", ["ENOTSUP", "ENOSYS", "ENOLCK", "EINVAL", "EIO"])
def test_without_flock_the_other_locks_do(person: Profile, lack: str) -> None:
    on_a_disk_that(person, flock=lack)
    assert person.json("daemon", "status", status=3)["running"] is False, "nobody holds what cannot be held"
    person.start(TWENTY)

    pid = person.json("status")["daemon"]["pid"]
    assert is_alive(pid)
    assert f"process {pid}" in person.run("daemon", "run", status=1).err, "there is one daemon"
    person.run("daemon", "stop")
    until(lambda: not is_alive(pid), "the daemon ends")
    assert person.json("status")["daemon"]["running"] is False


@pytest.mark.parametrize("lack", ["ENOLCK", "ENOTSUP", "ENOSYS", "EPERM", "EINVAL", "EIO", "EACCES"])
@pytest.mark.parametrize("both", [False, True], ids=["no fcntl locks", "no locks at all"])
def test_without_the_locks_of_sqlite_nothing_is_promised(person: Profile, lack: str, both: bool) -> None:
    on_a_disk_that(person, fcntl=lack, **({"flock": lack} if both else {}))
    ran = person.run("start", person.file(TWENTY), "--onset", "1h ago", status=1)
    assert "its disk has no file locks" in ran.err
    assert "set RECOVERY_HOME to a folder on a disk of this machine" in ran.err
    assert not presence.is_running(person.home)


def test_a_daemon_without_any_lock_says_so(person: Profile) -> None:
    on_a_disk_that(person, flock="ENOTSUP", fcntl="ENOTSUP")
    for command in (("daemon", "start"), ("daemon", "run")):
        ran = person.run(*command, status=1)
        assert "its disk has no file locks (Operation not supported)" in ran.err
        assert "set RECOVERY_HOME" in ran.err
    assert person.json("daemon", "status", status=3)["running"] is False


@pytest.mark.parametrize("lack", ["ENODEV", "EPERM", "EINVAL"])
def test_a_journal_is_kept_without_shared_memory(person: Profile, lack: str) -> None:
    on_a_disk_that(person, mmap=lack)
    person.start(TWENTY)
    person.run("begin", "ice")
    assert person.json("status")["episodes"][0]["now"]["activity"] == "ice"
    assert "whole" in person.run("store", "check").out
    person.run("store", "backup")
    assert "whole" in person.run("doctor", status=None).out
    with closing(sqlite3.connect(person.home / "journal.db")) as journal:
        assert journal.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert len(person.wait_for("begun")) == 1


def test_a_journal_on_a_disk_without_shared_memory_keeps_all_of_it(person: Profile) -> None:
    person.run("start", person.file(TWENTY), "--onset", "1h ago", "--no-daemon")
    with closing(sqlite3.connect(person.home / "journal.db")) as journal:
        assert journal.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    before = person.run("log", "--all", "--json").out

    on_a_disk_that(person, mmap="ENODEV")
    assert person.run("log", "--all", "--json").out == before
    person.run("begin", "ice")
    assert "whole" in person.run("store", "check").out


def test_without_sockets_of_its_own_the_disk_s_daemon_hears_all_the_same(person: Profile) -> None:
    on_a_disk_that(person, bind="EPERM")
    person.start(TWENTY)
    before = person.wait_for_sign(lambda there: there.next_wakeup, "it has planned").next_wakeup
    assert not (person.home / "daemon.sock").exists()
    assert (person.home / "daemon.address").stat().st_mode & 0o777 == 0o600

    person.run("begin", "ice")
    person.wait_for_sign(lambda there: there.next_wakeup != before, "it has heard of the session")
    assert person.run("daemon", "stop").out.startswith("Stopped.")
    assert not (person.home / "daemon.address").exists()


def test_a_call_to_a_loopback_socket_needs_its_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "_HAS_LOCAL", False)
    ear = control.ControlSocket(tmp_path)
    port, token = (tmp_path / "daemon.address").read_text().split()
    (tmp_path / "daemon.address").write_text(f"{port} {'0' * len(token)}")
    control.call(tmp_path, control.STOP)
    (tmp_path / "daemon.address").write_text(f"{port} {token}")
    control.call(tmp_path, control.WAKE)
    heard: list[bytes] = []
    until(lambda: bool(heard.extend(ear.hear()) or heard), "the right call is heard")
    ear.close()
    assert heard == [control.WAKE]


def test_start_does_not_end_well_where_no_daemon_can_hear(person: Profile) -> None:
    on_a_disk_that(person, bind="EPERM", loopback="EPERM")
    arguments = ("start", person.file(TWENTY), "--onset", "1h ago")
    ran = person.run(*arguments, status=1)
    assert "The episode is kept, but nothing reminds" in ran.err
    assert "no socket can be made, in which commands call the daemon: Operation not permitted" in ran.err
    assert "set RECOVERY_HOME" in ran.err
    assert "a bug" not in person.log()
    assert person.json("status")["daemon"]["running"] is False


def test_start_tells_programs_so_too(person: Profile) -> None:
    on_a_disk_that(person, bind="EPERM", loopback="EPERM")
    told = person.json("start", person.file(TWENTY), "--onset", "1h ago", status=1)
    assert told["daemon"] is False


def test_a_lock_that_nobody_answers_for_is_no_running_daemon(person: Profile) -> None:
    """Somebody holds the lock and never says who: another program, or a daemon that hangs."""
    person.home.mkdir(mode=0o700)
    lock = presence.Lock(person.home)
    assert lock.take()
    ran = person.run("start", person.file(TWENTY), "--onset", "1h ago", status=1)
    assert "nothing reminds" in ran.err
    for command in (("daemon", "status"), ("daemon", "start"), ("daemon", "stop")):
        said = person.run(*command, status=1)
        assert "its lock is held, but no daemon says that it lives there" in said.err
        assert said.out == ""
    assert person.json("daemon", "status", status=1)["running"] is False
    said = person.run("status")
    assert "1970" not in said.out
    assert "process 0" not in said.out
    assert "starting, or it cannot say anything of itself: recovery daemon status" in said.out
    lock.release()


def test_a_lock_that_is_refused_for_ever_is_no_daemon_that_starts(person: Profile) -> None:
    on_a_disk_that(person, flock="EACCES")
    for command in (("start", person.file(TWENTY), "--onset", "1h ago"), ("daemon", "status")):
        said = person.run(*command, status=1)
        assert "its lock is held, but no daemon says that it lives there" in said.err
