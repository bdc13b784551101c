"""Telling a service manager how the daemon is: with a real socket in its place, and a real daemon."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from recovery.daemon import control
from recovery.daemon.supervisor import MOST_STATUS, Supervisor
from tests.desktop import LIMIT_SECONDS, until
from tests.profile import ICE, Profile, protocol


class Ear:
    """The manager's end of the line."""

    def __init__(self, address: str) -> None:
        self.name = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + address[1:] if address.startswith("@") else address)
        self._socket.settimeout(LIMIT_SECONDS)

    def hear(self) -> str:
        return self._socket.recv(4096).decode()

    def heard(self) -> list[str]:
        """What has come in until now."""
        self._socket.setblocking(False)
        lines = []
        try:
            while True:
                lines.append(self._socket.recv(4096).decode())
        except BlockingIOError:
            return lines
        finally:
            self._socket.settimeout(LIMIT_SECONDS)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(params=["path", "abstract"])
def ear(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ear]:
    made = Ear(str(tmp_path / "notify") if request.param == "path" else f"@recovery-test-{os.getpid()}")
    yield made
    made.close()


def supervisor(ear: Ear, **more: str) -> Supervisor:
    return Supervisor({"NOTIFY_SOCKET": ear.name, **more}, 7, 100.0)


def test_each_word_is_a_datagram(ear: Ear) -> None:
    manager = supervisor(ear)
    manager.ready()
    manager.status("two\nlines are one")
    manager.status("two\nlines are one")
    manager.status("x" * 1000)
    manager.stopping()

    assert ear.heard() == ["READY=1", "STATUS=two lines are one", f"STATUS={'x' * MOST_STATUS}", "STOPPING=1"]


def test_signs_of_life_come_at_half_the_interval_and_not_in_between(ear: Ear) -> None:
    manager = supervisor(ear, WATCHDOG_USEC="10000000", WATCHDOG_PID="7")
    assert (manager.interval, manager.deadline()) == (5.0, 100.0)
    for at in (100.0, 101.0, 104.9, 105.0, 105.1, 200.0):
        manager.live(at)

    assert ear.heard() == ["WATCHDOG=1"] * 3
    assert manager.deadline() == 205.0


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"WATCHDOG_USEC": "0"},
        {"WATCHDOG_USEC": "-5"},
        {"WATCHDOG_USEC": "soon"},
        {"WATCHDOG_USEC": "5000000", "WATCHDOG_PID": "8"},
    ],
)
def test_nobody_watches_us(ear: Ear, environ: dict[str, str]) -> None:
    manager = supervisor(ear, **environ)
    manager.live(1000.0)

    assert manager.deadline() is None
    assert ear.heard() == []


def test_without_a_manager_nothing_is_said_and_nothing_is_due() -> None:
    manager = Supervisor({"WATCHDOG_USEC": "5000000"}, 7, 100.0)
    manager.ready()

    assert manager.deadline() is None


@pytest.mark.parametrize("address", ["/nowhere/at/all", "@" + "x" * 200, "@", "relative", "/" + "y" * 300])
def test_a_manager_that_is_not_there_does_not_matter(address: str) -> None:
    manager = Supervisor({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "5000000"}, 7, 0.0)
    manager.ready()
    manager.live(1.0)


def test_a_manager_that_reads_nothing_does_not_hold_us_up(ear: Ear) -> None:
    manager = supervisor(ear)
    for number in range(5000):
        manager.status(f"line {number}")


def test_what_it_was_told_is_not_handed_down() -> None:
    """A program that the daemon starts must not be taken for it."""
    environ = {"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "1", "WATCHDOG_PID": "2", "HOME": "/h"}
    Supervisor(environ, 2, 0.0)

    assert environ == {"HOME": "/h"}


# A real daemon -----------------------------------------------------------------------------------


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Profile]:
    with Profile(tmp_path) as profile:
        profile.start(protocol(ICE.format(length="20min")), "--no-daemon")
        yield profile


@contextmanager
def daemon(person: Profile, **environ: str) -> Iterator["subprocess.Popen[bytes]"]:
    """The daemon as systemd starts it."""
    command = [sys.executable, "-P", "-m", "recovery.daemon", "-", ""]
    with subprocess.Popen(command, env={**person.environ, **environ}, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.wait(LIMIT_SECONDS)


def wake_ups(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("voluntary_ctxt"))


def test_the_daemon_says_when_it_is_ready_how_it_is_and_when_it_goes(person: Profile, ear: Ear) -> None:
    with daemon(person, NOTIFY_SOCKET=ear.name):
        first = [ear.hear(), ear.hear()]
        assert sorted(line.partition("=")[0] for line in first) == ["READY", "STATUS"]
        assert any("there is no desktop session" in line for line in first)
        assert person.json("daemon", "status")["running"]
    assert ear.hear() == "STOPPING=1"


def test_the_daemon_gives_signs_of_life_only_where_somebody_watches(person: Profile, ear: Ear) -> None:
    with daemon(person, NOTIFY_SOCKET=ear.name, WATCHDOG_USEC="400000") as process:
        until(lambda: "READY=1" in ear.hear(), "it is up")
        at = []
        while len(at) < 6:
            if ear.hear() == "WATCHDOG=1":
                at.append(time.monotonic())
        lengths = [after - before for before, after in pairwise(at)]
        assert process.poll() is None
    assert all(0.1 < length < 0.4 for length in lengths), lengths


def test_the_daemon_without_a_watchdog_does_not_wake_up(person: Profile, ear: Ear) -> None:
    with daemon(person, NOTIFY_SOCKET=ear.name) as process:
        until(lambda: "READY=1" in ear.hear(), "it is up")
        control.call(person.home, control.WAKE)
        person.wait_for_sign(lambda there: there.next_wakeup, "it has planned")
        time.sleep(0.5)  # whatever the start still had to do
        before = wake_ups(process.pid)
        time.sleep(2)
        assert wake_ups(process.pid) == before


def test_a_daemon_that_hangs_says_nothing(person: Profile, ear: Ear) -> None:
    with daemon(person, NOTIFY_SOCKET=ear.name, WATCHDOG_USEC="200000") as process:
        until(lambda: ear.hear() == "WATCHDOG=1", "it lives")
        process.send_signal(19)  # SIGSTOP
        time.sleep(0.2)
        ear.heard()
        time.sleep(0.5)
        assert ear.heard() == []
        process.send_signal(18)  # SIGCONT
        until(lambda: ear.hear() == "WATCHDOG=1", "it lives again")
