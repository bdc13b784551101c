"""The daemon as a process of its own, among other processes."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from recovery.daemon import control, logs, presence
from tests.desktop import LIMIT_SECONDS, PROMPT_SECONDS, until
from tests.profile import COMMAND, ICE, Profile, is_alive, protocol

HOURLY = ICE.format(length="20min")
SECONDS = ICE.format(length="1s")


@contextmanager
def foreground(profile: Profile, *options: str) -> Iterator[subprocess.Popen[str]]:
    """`recovery daemon run`, ended afterwards."""
    process = subprocess.Popen(
        [*COMMAND, "daemon", "run", *options], env=profile.environ, stderr=subprocess.PIPE, text=True
    )
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def end(profile: Profile, pid: int, how: signal.Signals) -> None:
    os.kill(pid, how)
    until(lambda: not is_alive(pid), f"{how.name} ends the daemon")
    assert not presence.is_running(profile.home)


def test_start_and_stop_and_what_they_say(profile: Profile) -> None:
    assert profile.run("daemon", "status", status=3).err.startswith("Error: no daemon is running\n")
    assert profile.run("daemon", "stop", status=3).err.startswith("Error: no daemon is running\n")
    said = profile.run("daemon", "start").out
    pid = profile.pid()
    assert said.startswith(f"Started: process {pid}.\n")
    assert profile.run("daemon", "start").out.startswith(f"Running already: process {pid}.\n")
    assert profile.run("daemon", "status").out.startswith(f"Running: process {pid}, since ")
    assert profile.run("daemon", "stop").out.startswith("Stopped.")
    until(lambda: not is_alive(pid), "the process is gone", 1)


def test_the_json_of_its_status(profile: Profile) -> None:
    nobody = {"running": False, "pid": None, "since": None, "notifier": None, "problem": None}
    assert profile.json("daemon", "status", status=3) == {"v": 1, **nobody, "next_wakeup": None}

    profile.run("daemon", "start", "--notifier", "text")
    said = profile.json("daemon", "status")
    assert said.pop("since").endswith("+00:00")
    assert said == {
        "v": 1,
        "running": True,
        "pid": profile.pid(),
        "notifier": "text",
        "problem": "no desktop notifications here; shown by the next command",
        "next_wakeup": None,
    }


def test_a_second_one_refuses(profile: Profile) -> None:
    profile.run("daemon", "start")
    refused = profile.run("daemon", "run", status=1)

    assert refused.err == (
        f"Error: a daemon is running already, process {profile.pid()}\n  recovery daemon stop ends it\n"
    )


def test_two_started_at_once_are_one(profile: Profile) -> None:
    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(lambda _: profile.run("daemon", "start").out, range(4)))

    pid = profile.pid()
    assert all(f"process {pid}." in words for words in said), said
    assert all("Notifications do not reach a desktop: there is no" in words for words in said), said


def test_two_episodes_started_at_once_are_one(profile: Profile) -> None:
    path = profile.file(protocol(HOURLY))
    with ThreadPoolExecutor(2) as pool:
        starts = pool.map(lambda _: profile.run("start", path, "--onset", "1h ago", status=None), range(2))
    first, second = sorted(starts, key=lambda ran: ran.status)

    assert (first.status, second.status) == (0, 1)
    assert second.err.startswith("Error: quick-1 is active already\n")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_at_once(profile: Profile, how: signal.Signals) -> None:
    profile.run("daemon", "start")
    pid = profile.pid()
    began = time.monotonic()
    end(profile, pid, how)

    assert time.monotonic() - began < PROMPT_SECONDS
    assert not (profile.home / presence.SIGN).exists()
    assert f"daemon {pid} ends" in profile.log()


def test_a_signal_on_its_way_up_ends_it_too(profile: Profile) -> None:
    profile.start(protocol(HOURLY), "--no-daemon")
    with foreground(profile) as daemon:
        assert daemon.stderr is not None
        assert "begins" in daemon.stderr.readline()
        daemon.terminate()
        assert daemon.wait(1) == 0


def test_killed_it_leaves_no_obstacle_and_the_end_cue_is_told_by_the_next(profile: Profile) -> None:
    profile.start(protocol(SECONDS))
    pid = profile.pid()
    end(profile, pid, signal.SIGKILL)
    assert (profile.home / presence.SIGN).exists()
    assert (profile.home / "daemon.sock").exists()
    assert profile.json("status")["daemon"]["running"] is False
    assert profile.run("daemon", "status", status=3)

    profile.run("daemon", "start")
    assert profile.pid() != pid
    profile.wait_for("ended")
    until(lambda: "not shown end" in profile.log(), "the end cue has been tried")
    assert "Ice: stop" in profile.run("next").err


def test_a_stale_sign_names_nobody(profile: Profile) -> None:
    """The process number of a killed daemon may be another's by now: a starting one erases it first."""
    profile.home.mkdir()
    presence.announce(profile.home, presence.Presence(pid=os.getpid(), since=1))
    profile.run("daemon", "start")

    assert profile.pid() != os.getpid()


def test_a_long_home_works(tmp_path: Path) -> None:
    home = tmp_path / ("deep" * 30) / ("er" * 40)
    with Profile(tmp_path, {"RECOVERY_HOME": str(home)}) as profile:
        profile.start(protocol(SECONDS))
        profile.wait_for("ended")
        profile.run("daemon", "stop")
        assert not presence.is_running(home)


def test_rubbish_on_its_socket_does_not_disturb_it(profile: Profile) -> None:
    profile.run("daemon", "start")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        for data in (b"", b"\0" * 3000, b"wake\n", b"STOP", os.urandom(100)):
            line.sendto(data, str(profile.home / "daemon.sock"))
    profile.start(protocol(SECONDS))
    profile.wait_for("ended")


def test_a_command_that_changes_the_next_wake_up_is_noticed_at_once(profile: Profile) -> None:
    profile.start(protocol(HOURLY))
    before = profile.wait_for_sign(lambda there: there.next_wakeup, "it has planned").next_wakeup
    profile.run("skip", "ice")
    ended_at = time.monotonic()
    profile.wait_for_sign(lambda there: there.next_wakeup != before, "it has planned anew")

    assert time.monotonic() - ended_at < PROMPT_SECONDS


def test_a_daemon_without_a_folder_ends(profile: Profile) -> None:
    """Its folder is made anew by the next command, with another daemon: two would tell everything twice."""
    profile.start(protocol(SECONDS))
    orphan = profile.pid()
    shutil.rmtree(profile.home)
    profile.start(protocol(SECONDS))

    until(lambda: not is_alive(orphan), "the first one has noticed")
    assert profile.pid() != orphan
    assert is_alive(profile.pid()), "and has left the second one alone"


def test_a_damaged_journal_does_not_end_it(profile: Profile) -> None:
    profile.start(protocol(HOURLY))
    pid = profile.pid()
    journal = profile.home / "journal.db"
    for file in profile.home.glob("journal.db-*"):
        file.unlink()
    journal.write_bytes(b"not a journal" * 1000)
    control.call(profile.home, control.WAKE)
    until(lambda: "is damaged" in profile.log(), "the trouble is in the log")
    control.call(profile.home, control.WAKE)
    failed = profile.run("status", status=1)

    assert "journal.db: is damaged" in failed.err
    assert is_alive(pid)
    assert profile.log().count("is damaged") == 1


def test_a_setting_that_is_wrong_is_told_by_whoever_starts_it(profile: Profile) -> None:
    profile.home.mkdir()
    (profile.home / "settings.toml").write_text('notifier = "growl"\n')
    failed = profile.run("daemon", "start", status=1)

    assert failed.err.startswith("Error: the daemon could not start: ")
    assert "growl" in failed.err
    assert str(profile.home / "daemon.log") in failed.err


def test_where_nothing_can_be_written_it_does_not_start(profile: Profile) -> None:
    profile.home.mkdir()
    (profile.home / presence.SIGN).mkdir()  # what takes even root's write away
    failed = profile.run("daemon", "start", status=1)

    assert failed.err.startswith(f"Error: the daemon could not start: {profile.home}: cannot be written: ")
    assert sorted(path.name for path in profile.home.glob(f"{presence.SIGN}*")) == [presence.SIGN]


def test_it_is_light(profile: Profile) -> None:
    profile.start(protocol(HOURLY))
    status = Path(f"/proc/{profile.pid()}/status").read_text()
    resident = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))

    assert resident < 30 * 1024


def test_in_the_foreground_it_logs_to_standard_error_as_well(profile: Profile) -> None:
    profile.start(protocol(SECONDS), "--no-daemon")
    with foreground(profile) as daemon:
        assert daemon.stderr is not None
        lines = [daemon.stderr.readline()]
        while "not shown end" not in lines[-1]:
            lines.append(daemon.stderr.readline())
        daemon.terminate()
        lines += daemon.stderr.readlines()
        assert daemon.wait(LIMIT_SECONDS) == 0
    (end_line,) = [line for line in lines if "not shown end" in line]

    assert "".join(lines) == profile.log()
    assert all(
        part in end_line for part in (" WARNING ", " due=", " now=", " late=", " via=text: there is no ")
    )


def test_its_log_is_private_and_turns_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_BYTES", 1000)
    log = logs.set_up(tmp_path, foreground=False)
    try:
        for number in range(200):
            log.info("line %d", number)
    finally:
        for handler in log.handlers[:]:
            handler.close()
            log.removeHandler(handler)
    kept = sorted(tmp_path.iterdir())

    assert [file.name for file in kept] == ["daemon.log", "daemon.log.1", "daemon.log.2", "daemon.log.3"]
    assert all(file.stat().st_size <= 1000 for file in kept)
    assert {file.stat().st_mode & 0o777 for file in kept} == {0o600}
    assert "line 199" in kept[0].read_text()
