"""Disks that lack locks, shared memory or sockets: what can be done without is, the rest is told by its name.

`start` never ends well where nobody will remind.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from recovery.daemon import control, presence
from tests.desktop import until
from tests.disks import refusing
from tests.profile import ICE, Profile, is_alive, protocol

TWENTY = protocol(ICE.format(length="20min"))


def on_a_disk_that(profile: Profile, **lacks: str) -> Profile:
    profile.environ.update(refusing(**lacks))
    return profile


@pytest.mark.parametrize("lack", ["ENOTSUP", "ENOSYS", "ENOLCK", "EINVAL", "EIO"])
def test_without_flock_the_other_locks_do(profile: Profile, lack: str) -> None:
    on_a_disk_that(profile, flock=lack)
    assert profile.json("daemon", "status", status=3)["running"] is False, "nobody holds what cannot be held"
    profile.start(TWENTY)

    pid = profile.json("status")["daemon"]["pid"]
    assert is_alive(pid)
    assert f"process {pid}" in profile.run("daemon", "run", status=1).err, "there is one daemon"
    profile.run("daemon", "stop")
    until(lambda: not is_alive(pid), "the daemon ends")
    assert profile.json("status")["daemon"]["running"] is False


@pytest.mark.parametrize("lack", ["ENOLCK", "ENOTSUP", "ENOSYS", "EPERM", "EINVAL", "EIO", "EACCES"])
@pytest.mark.parametrize("both", [False, True], ids=["no fcntl locks", "no locks at all"])
def test_without_the_locks_of_sqlite_nothing_is_promised(profile: Profile, lack: str, both: bool) -> None:
    on_a_disk_that(profile, fcntl=lack, **({"flock": lack} if both else {}))
    ran = profile.run("start", profile.file(TWENTY), "--onset", "1h ago", status=1)
    assert "its disk has no file locks" in ran.err
    assert "set RECOVERY_HOME to a folder on a disk of this machine" in ran.err
    assert not presence.is_running(profile.home)


def test_a_daemon_without_any_lock_says_so(profile: Profile) -> None:
    on_a_disk_that(profile, flock="ENOTSUP", fcntl="ENOTSUP")
    for command in (("daemon", "start"), ("daemon", "run")):
        ran = profile.run(*command, status=1)
        assert "its disk has no file locks (Operation not supported)" in ran.err
        assert "set RECOVERY_HOME" in ran.err
    assert profile.json("daemon", "status", status=3)["running"] is False


@pytest.mark.parametrize("lack", ["ENODEV", "EPERM", "EINVAL"])
def test_a_journal_is_kept_without_shared_memory(profile: Profile, lack: str) -> None:
    on_a_disk_that(profile, mmap=lack)
    profile.start(TWENTY)
    profile.run("begin", "ice")
    assert profile.json("status")["episodes"][0]["now"]["activity"] == "ice"
    assert "whole" in profile.run("store", "check").out
    profile.run("store", "backup")
    assert "whole" in profile.run("doctor", status=None).out
    with closing(sqlite3.connect(profile.home / "journal.db")) as journal:
        assert journal.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert len(profile.wait_for("begun")) == 1


def test_a_journal_on_a_disk_without_shared_memory_keeps_all_of_it(profile: Profile) -> None:
    profile.run("start", profile.file(TWENTY), "--onset", "1h ago", "--no-daemon")
    with closing(sqlite3.connect(profile.home / "journal.db")) as journal:
        assert journal.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    before = profile.run("log", "--all", "--json").out

    on_a_disk_that(profile, mmap="ENODEV")
    assert profile.run("log", "--all", "--json").out == before
    profile.run("begin", "ice")
    assert "whole" in profile.run("store", "check").out


def test_without_sockets_of_its_own_the_disk_s_daemon_hears_all_the_same(profile: Profile) -> None:
    on_a_disk_that(profile, bind="EPERM")
    profile.start(TWENTY)
    before = profile.wait_for_sign(lambda there: there.next_wakeup, "it has planned").next_wakeup
    assert not (profile.home / "daemon.sock").exists()
    assert (profile.home / "daemon.address").stat().st_mode & 0o777 == 0o600

    profile.run("begin", "ice")
    profile.wait_for_sign(lambda there: there.next_wakeup != before, "it has heard of the session")
    assert profile.run("daemon", "stop").out.startswith("Stopped.")
    assert not (profile.home / "daemon.address").exists()


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


def test_start_does_not_end_well_where_no_daemon_can_hear(profile: Profile) -> None:
    on_a_disk_that(profile, bind="EPERM", loopback="EPERM")
    arguments = ("start", profile.file(TWENTY), "--onset", "1h ago")
    ran = profile.run(*arguments, status=1)
    assert "The episode is kept, but nothing reminds" in ran.err
    assert "no socket can be made, in which commands call the daemon: Operation not permitted" in ran.err
    assert "set RECOVERY_HOME" in ran.err
    assert "a bug" not in profile.log()
    assert profile.json("status")["daemon"]["running"] is False


def test_start_tells_programs_so_too(profile: Profile) -> None:
    on_a_disk_that(profile, bind="EPERM", loopback="EPERM")
    answer = profile.json("start", profile.file(TWENTY), "--onset", "1h ago", status=1)
    assert answer["daemon"] is False


def test_a_lock_that_nobody_answers_for_is_no_running_daemon(profile: Profile) -> None:
    """Somebody holds the lock and never says who: another program, or a daemon that hangs."""
    profile.home.mkdir(mode=0o700)
    lock = presence.Lock(profile.home)
    assert lock.take()
    ran = profile.run("start", profile.file(TWENTY), "--onset", "1h ago", status=1)
    assert "nothing reminds" in ran.err
    for command in (("daemon", "status"), ("daemon", "start"), ("daemon", "stop")):
        said = profile.run(*command, status=1)
        assert "its lock is held, but no daemon says that it lives there" in said.err
        assert said.out == ""
    assert profile.json("daemon", "status", status=1)["running"] is False
    said = profile.run("status")
    assert "1970" not in said.out
    assert "process 0" not in said.out
    assert "starting, or it cannot say anything of itself: recovery daemon status" in said.out
    lock.release()


def test_a_lock_that_is_refused_for_ever_is_no_daemon_that_starts(profile: Profile) -> None:
    on_a_disk_that(profile, flock="EACCES")
    for command in (("start", profile.file(TWENTY), "--onset", "1h ago"), ("daemon", "status")):
        said = profile.run(*command, status=1)
        assert "its lock is held, but no daemon says that it lives there" in said.err
