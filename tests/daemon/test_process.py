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


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Profile]:
    with Profile(tmp_path) as profile:
        yield profile


@contextmanager
def foreground(person: Profile, *options: str) -> Iterator[subprocess.Popen[str]]:
    """`recovery daemon run`, ended afterwards."""
    process = subprocess.Popen(
        [*COMMAND, "daemon", "run", *options], env=person.environ, stderr=subprocess.PIPE, text=True
    )
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def pid_of(person: Profile) -> int:
    return person.wait_for_sign(lambda there: True, "the daemon says who it is").pid


def end(person: Profile, pid: int, how: signal.Signals) -> None:
    os.kill(pid, how)
    until(lambda: not is_alive(pid), f"{how.name} ends the daemon")
    assert not presence.is_running(person.home)


def test_start_and_stop_and_what_they_say(person: Profile) -> None:
    assert person.run("daemon", "status", status=3).err.startswith("Error: no daemon is running\n")
    assert person.run("daemon", "stop", status=3).err.startswith("Error: no daemon is running\n")
    said = person.run("daemon", "start").out
    pid = pid_of(person)
    assert said.startswith(f"Started: process {pid}.\n")
    assert person.run("daemon", "start").out.startswith(f"Running already: process {pid}.\n")
    assert person.run("daemon", "status").out.startswith(f"Running: process {pid}, since ")
    assert person.run("daemon", "stop").out.startswith("Stopped.")
    until(lambda: not is_alive(pid), "the process is gone", 1)


def test_the_json_of_its_status(person: Profile) -> None:
    nobody = {"running": False, "pid": None, "since": None, "notifier": None, "problem": None}
    assert person.json("daemon", "status", status=3) == {"v": 1, **nobody, "next_wakeup": None}

    person.run("daemon", "start", "--notifier", "text")
    said = person.json("daemon", "status")
    assert said.pop("since").endswith("+00:00")
    assert said == {
        "v": 1,
        "running": True,
        "pid": pid_of(person),
        "notifier": "text",
        "problem": "no desktop notifications here; shown by the next command",
        "next_wakeup": None,
    }


def test_a_second_one_refuses(person: Profile) -> None:
    person.run("daemon", "start")
    refused = person.run("daemon", "run", status=1)

    assert refused.err == (
        f"Error: a daemon is running already, process {pid_of(person)}\n  recovery daemon stop ends it\n"
    )


def test_two_started_at_once_are_one(person: Profile) -> None:
    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(lambda _: person.run("daemon", "start").out, range(4)))

    pid = pid_of(person)
    assert all(f"process {pid}." in words for words in said), said
    assert all("Notifications do not reach a desktop: there is no" in words for words in said), said


def test_two_episodes_started_at_once_are_one(person: Profile) -> None:
    path = person.file(protocol(HOURLY))
    with ThreadPoolExecutor(2) as pool:
        starts = pool.map(lambda _: person.run("start", path, "--onset", "1h ago", status=None), range(2))
    first, second = sorted(starts, key=lambda ran: ran.status)

    assert (first.status, second.status) == (0, 1)
    assert second.err.startswith("Error: quick-1 is active already\n")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_at_once(person: Profile, how: signal.Signals) -> None:
    person.run("daemon", "start")
    pid = pid_of(person)
    began = time.monotonic()
    end(person, pid, how)

    assert time.monotonic() - began < PROMPT_SECONDS
    assert not (person.home / presence.SIGN).exists()
    assert f"daemon {pid} ends" in person.log()


def test_a_signal_on_its_way_up_ends_it_too(person: Profile) -> None:
    person.start(protocol(HOURLY), "--no-daemon")
    with foreground(person) as daemon:
        assert daemon.stderr is not None
        assert "begins" in daemon.stderr.readline()
        daemon.terminate()
        assert daemon.wait(1) == 0


def test_killed_it_leaves_no_obstacle_and_the_end_cue_is_told_by_the_next(person: Profile) -> None:
    person.start(protocol(SECONDS))
    pid = pid_of(person)
    end(person, pid, signal.SIGKILL)
    assert (person.home / presence.SIGN).exists()
    assert (person.home / "daemon.sock").exists()
    assert person.json("status")["daemon"]["running"] is False
    assert person.run("daemon", "status", status=3)

    person.run("daemon", "start")
    assert pid_of(person) != pid
    person.wait_for("ended")
    until(lambda: "not shown end" in person.log(), "the end cue has been tried")
    assert "Ice: stop" in person.run("next").err


def test_a_stale_sign_names_nobody(person: Profile) -> None:
    """The process number of a killed daemon may be another's by now: a starting one erases it first."""
    person.home.mkdir()
    presence.announce(person.home, presence.Presence(pid=os.getpid(), since=1))
    person.run("daemon", "start")

    assert pid_of(person) != os.getpid()


def test_a_long_home_works(tmp_path: Path) -> None:
    home = tmp_path / ("deep" * 30) / ("er" * 40)
    with Profile(tmp_path, {"RECOVERY_HOME": str(home)}) as person:
        person.start(protocol(SECONDS))
        person.wait_for("ended")
        person.run("daemon", "stop")
        assert not presence.is_running(home)


def test_rubbish_on_its_socket_does_not_disturb_it(person: Profile) -> None:
    person.run("daemon", "start")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        for data in (b"", b"\0" * 3000, b"wake\n", b"STOP", os.urandom(100)):
            line.sendto(data, str(person.home / "daemon.sock"))
    person.start(protocol(SECONDS))
    person.wait_for("ended")


def test_a_command_that_changes_the_next_wake_up_is_noticed_at_once(person: Profile) -> None:
    person.start(protocol(HOURLY))
    before = person.wait_for_sign(lambda there: there.next_wakeup, "it has planned").next_wakeup
    person.run("skip", "ice")
    ended_at = time.monotonic()
    person.wait_for_sign(lambda there: there.next_wakeup != before, "it has planned anew")

    assert time.monotonic() - ended_at < PROMPT_SECONDS


def test_a_daemon_without_a_folder_ends(person: Profile) -> None:
    """Its folder is made anew by the next command, with another daemon: two would tell everything twice."""
    person.start(protocol(SECONDS))
    orphan = pid_of(person)
    shutil.rmtree(person.home)
    person.start(protocol(SECONDS))

    until(lambda: not is_alive(orphan), "the first one has noticed")
    assert pid_of(person) != orphan
    assert is_alive(pid_of(person)), "and has left the second one alone"


def test_a_damaged_journal_does_not_end_it(person: Profile) -> None:
    person.start(protocol(HOURLY))
    pid = pid_of(person)
    journal = person.home / "journal.db"
    for file in person.home.glob("journal.db-*"):
        file.unlink()
    journal.write_bytes(b"not a journal" * 1000)
    control.call(person.home, control.WAKE)
    until(lambda: "is damaged" in person.log(), "the trouble is in the log")
    control.call(person.home, control.WAKE)
    failed = person.run("status", status=1)

    assert "journal.db: is damaged" in failed.err
    assert is_alive(pid)
    assert person.log().count("is damaged") == 1


def test_a_setting_that_is_wrong_is_told_by_whoever_starts_it(person: Profile) -> None:
    person.home.mkdir()
    (person.home / "settings.toml").write_text('notifier = "growl"\n')
    failed = person.run("daemon", "start", status=1)

    assert failed.err.startswith("Error: the daemon could not start: ")
    assert "growl" in failed.err
    assert str(person.home / "daemon.log") in failed.err


def test_where_nothing_can_be_written_it_does_not_start(person: Profile) -> None:
    person.home.mkdir()
    (person.home / presence.SIGN).mkdir()  # what takes even root's write away
    failed = person.run("daemon", "start", status=1)

    assert failed.err.startswith(f"Error: the daemon could not start: {person.home}: cannot be written: ")
    assert sorted(path.name for path in person.home.glob(f"{presence.SIGN}*")) == [presence.SIGN]


def test_it_is_light(person: Profile) -> None:
    person.start(protocol(HOURLY))
    status = Path(f"/proc/{pid_of(person)}/status").read_text()
    resident = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))

    assert resident < 30 * 1024


def test_in_the_foreground_it_logs_to_standard_error_as_well(person: Profile) -> None:
    person.start(protocol(SECONDS), "--no-daemon")
    with foreground(person) as daemon:
        assert daemon.stderr is not None
        lines = [daemon.stderr.readline()]
        while "not shown end" not in lines[-1]:
            lines.append(daemon.stderr.readline())
        daemon.terminate()
        lines += daemon.stderr.readlines()
        assert daemon.wait(LIMIT_SECONDS) == 0
    (end_line,) = [line for line in lines if "not shown end" in line]

    assert "".join(lines) == person.log()
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
