"""The next command starts a daemon again that died; none is started that nobody wanted."""

import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from recovery.daemon import control, presence
from tests.desktop import until
from tests.profile import ICE, Profile, is_alive, protocol

HOURLY = ICE.format(length="20min")
ACTS = (["checkin", "pain=2"], ["skip", "ice"], ["skip", "ice", "--json"])
LOOKS = (["status"], ["next"], ["agenda"])
STARTED = "The daemon, process {}, had died: started again, process {}.\n"


@pytest.fixture
def dead(profile: Profile) -> int:
    """The number of a daemon that was killed."""
    profile.start(protocol(HOURLY))
    return killed(profile)


def killed(profile: Profile) -> int:
    pid = profile.pid()
    os.kill(pid, signal.SIGKILL)
    until(lambda: not is_alive(pid), "it is dead")
    return pid


@pytest.mark.parametrize("words", [*ACTS, *LOOKS], ids=" ".join)
def test_the_next_command_starts_it_again_and_says_so(profile: Profile, dead: int, words: list[str]) -> None:
    ran = profile.run(*words)

    assert STARTED.format(dead, profile.pid()) in ran.err
    assert "not running" not in ran.out
    assert "No daemon is running" not in ran.err
    assert "had died" not in profile.run("status").err, "it is told once"


def test_it_goes_on_with_what_was_planned(profile: Profile, dead: int) -> None:
    profile.run("checkin", "pain=2")

    profile.wait_for_sign(lambda there: there.next_wakeup, "the new one has planned")


@pytest.mark.parametrize(
    "words", [["status", "--json"], ["next", "--json"], ["agenda", "--json"], ["log"], ["explain"], ["--help"]],
    ids=" ".join,
)  # fmt: skip
def test_what_only_asks_for_data_starts_nothing(profile: Profile, dead: int, words: list[str]) -> None:
    profile.run(*words)
    profile.run("daemon", "status", status=3)

    assert not presence.is_running(profile.home)


def test_after_stop_nothing_is_started(profile: Profile) -> None:
    profile.start(protocol(HOURLY))
    profile.pid()
    profile.run("daemon", "stop")
    for words in (*ACTS[:1], *LOOKS):
        profile.run(*words)
    assert not presence.is_running(profile.home)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_daemon_that_was_sent_away_stays_away(profile: Profile, how: signal.Signals) -> None:
    profile.start(protocol(HOURLY))
    pid = profile.pid()
    os.kill(pid, how)
    until(lambda: not is_alive(pid), "it is gone")
    profile.run("checkin", "pain=2")

    assert not presence.is_running(profile.home)


def test_stop_of_a_dead_one_is_stop_as_well(profile: Profile, dead: int) -> None:
    profile.run("daemon", "stop", status=3)
    assert profile.run("checkin", "pain=2").err.endswith(
        "No daemon is running, so no reminders come: recovery daemon start\n"
    )
    assert not presence.is_running(profile.home)


def test_no_daemon_means_none(profile: Profile, dead: int) -> None:
    profile.run("stop", "--json")  # with no episode left there is nothing to remind of
    assert not presence.is_running(profile.home)
    profile.start(protocol(HOURLY, name="other"), "--no-daemon")
    profile.run("checkin", "pain=2")

    assert not presence.is_running(profile.home)


def test_where_none_ever_ran_none_is_started(profile: Profile) -> None:
    profile.start(protocol(HOURLY), "--no-daemon")
    for words in (*ACTS[:1], *LOOKS):
        profile.run(*words)
    assert not presence.is_running(profile.home)


def test_a_copy_of_the_folder_starts_nothing(profile: Profile, dead: int) -> None:
    """Made for a look, or put back from a backup: two daemons would tell everything twice."""
    copy = profile.folder / "copy"
    shutil.copytree(profile.home, copy, ignore=shutil.ignore_patterns("*.sock"))
    profile.run("checkin", "pain=2", RECOVERY_HOME=str(copy))

    assert not presence.is_running(copy)


BUG = """
import os
from datetime import timedelta
from pathlib import Path
from recovery.daemon.run import run_daemon
from recovery.daemon.service import Service

count = 0

def wake(self, now):
    global count
    count += 1
    assert count < 3, "a bug"
    return now + timedelta(hours=1)

Service.wake = wake
run_daemon(Path(os.environ["RECOVERY_HOME"]), notifier="text", foreground=False)
"""


def test_a_daemon_that_a_bug_ended_is_started_again(profile: Profile) -> None:
    profile.start(protocol(HOURLY), "--no-daemon")
    with subprocess.Popen(
        [sys.executable, "-c", BUG], env=profile.environ, stderr=subprocess.DEVNULL
    ) as buggy:
        pid = profile.pid()
        while buggy.poll() is None:
            control.call(profile.home, control.WAKE)
            time.sleep(0.01)
    assert "a bug ended the daemon" in profile.log()
    assert presence.left_behind(profile.home) is not None
    said = profile.run("status").err

    assert STARTED.format(pid, profile.pid()) in said


def test_one_that_cannot_start_is_told_and_not_tried_again(profile: Profile, dead: int) -> None:
    (profile.home / "settings.toml").write_text('notifier = "growl"\n')
    first, second = profile.run("checkin", "pain=2").err, profile.run("checkin", "pain=3").err

    assert (
        f"The daemon, process {dead}, has died and cannot start again: the daemon could not start: " in first
    )
    assert "No daemon is running, so no reminders come: recovery daemon start\n" in first
    assert "has died" not in second
