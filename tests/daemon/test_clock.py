"""The real daemon when the clock is set or its process stands still for a while.

libfaketime changes the clock of one process: what it says, and for what instant its timer is armed. It does not cancel
that timer, as the kernel does when the machine's clock is set, and it must not be the machine's clock that a test sets:
so a call to wake stands for the kernel's word here. That the alarm clock takes that word is in `test_alarm`, and in
`tests/vm` it is the kernel's own, in a virtual machine that sleeps.
"""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from recovery.daemon import control
from recovery.engine.facts import Fact
from tests.desktop import LIMIT_SECONDS, PROMPT_SECONDS, end, until
from tests.profile import ICE, Profile, protocol
from tests.system_bus import MockLogind, system_bus

WALK = """\
      - {id: walk, kind: reminder, of: rest, title: Walk, every: 1h, say: A short walk., source: own}
"""
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
YEAR = 365 * DAY
SOON = PROMPT_SECONDS
"""Seconds within which the due cues have to come: a heartbeat of 30 s would be too late."""

PLACES = ("/usr/lib", "/usr/lib64", "/usr/local/lib")


def faketime() -> str:
    """The path of libfaketime; skips where it is missing."""
    for place in PLACES:
        for library in sorted(Path(place).glob("**/faketime/libfaketime.so.1")):
            return str(library)
    pytest.skip("libfaketime is missing. Type: apt-get install -y faketime")


def is_waiting(pid: int) -> bool:
    """Whether a process waits until something happens, and not for the disk."""
    return "epoll" in Path(f"/proc/{pid}/wchan").read_text()


class Daemon:
    """The daemon of a person as a child of ours, with a clock of its own if it is given a library for that."""

    def __init__(self, profile: Profile, library: str = "", **environ: str) -> None:
        self._person = profile
        self._stamp = profile.folder / "clock"
        self._environ = {**profile.environ, **environ}
        self._pid = 0
        if library:
            self.set(timedelta(0))
            self._environ |= {
                "LD_PRELOAD": library,
                "FAKETIME_TIMESTAMP_FILE": str(self._stamp),
                "FAKETIME_NO_CACHE": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            }

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        command = [sys.executable, "-m", "recovery.daemon", "-", "text"]
        already = self._person.log().count(" begins")
        process = subprocess.Popen(command, env=self._environ, stderr=subprocess.DEVNULL)
        try:
            until(lambda: self._person.log().count(" begins") > already, "the daemon has begun")
            until(lambda: is_waiting(process.pid), "and waits")
            self._pid = process.pid
            yield process
        finally:
            process.send_signal(signal.SIGCONT)
            end(process)

    def set(self, ahead: timedelta) -> None:
        """The clock of the daemon shows the real time and so much more."""
        draft = self._stamp.with_suffix(".new")
        draft.write_text(f"{ahead.total_seconds():+.0f}\n")
        draft.replace(self._stamp)

    def change(self, ahead: timedelta) -> None:
        """Set its clock, and wake it as the kernel would."""
        jumps = self._person.log().count("against the steady one")
        until(lambda: is_waiting(self._pid), "the daemon waits")
        self.set(ahead)
        assert control.call(self._person.home, control.WAKE)
        until(
            lambda: self._person.log().count("against the steady one") > jumps,
            "the change is noticed",
            SOON,
        )
        until(lambda: is_waiting(self._pid), "all is done", SOON)


def cues(profile: Profile) -> list[Fact]:
    """What a person was to be told, in order."""
    return [fact for fact in profile.facts() if fact.data.get("cue")]


def told_of(profile: Profile, activity: str, kind: str) -> list[Fact]:
    return [fact for fact in profile.facts(kind) if fact.data.get("activity") == activity]


def assert_nothing_twice(profile: Profile) -> None:
    keys = Counter((fact.kind, fact.data["cue"]["key"], fact.data["cue"]["due"]) for fact in cues(profile))
    assert {key: count for key, count in keys.items() if count > 1} == {}
    ends = Counter(fact.data["occurrence"] for fact in profile.facts("ended"))
    assert set(ends.values()) <= {1}


@pytest.mark.parametrize("ahead", [30 * MINUTE, 5 * HOUR, DAY, YEAR], ids=["30min", "5h", "1d", "1y"])
def test_a_clock_set_forward_brings_the_end_and_one_catch_up(profile: Profile, ahead: timedelta) -> None:
    daemon = Daemon(profile, faketime())
    profile.start(protocol(ICE.format(length="20min"), WALK), "--no-daemon")
    (start,) = told_of(profile, "ice", "offered")
    with daemon.running():
        before = len(told_of(profile, "walk", "offered"))
        changed_at = time.monotonic()
        daemon.change(ahead)
        (ended,) = profile.wait_for("ended", 1, SOON)
        assert time.monotonic() - changed_at < SOON
        daemon.change(ahead + MINUTE)

    assert ended.data["overrun"] == 0, "nobody has had it on for longer"
    set_by = [fact.data["seconds"] for fact in profile.facts("clock") if fact.data["seconds"]]
    doubts = [fact.data["says"] / 1000 for fact in profile.facts("clock") if "says" in fact.data]
    if ahead < DAY:
        assert set_by == pytest.approx([ahead.total_seconds(), 60], abs=2), (
            "the record says what the clock did"
        )
        assert doubts == []
    else:
        assert len(doubts) == 1, "more than a day ahead of the steady clock it is doubted"
        assert doubts[0] - time.time() == pytest.approx(ahead.total_seconds(), abs=90)
    assert ended.data["occurrence"] == start.data["occurrence"]
    assert len(told_of(profile, "walk", "offered")) - before <= 1, "one catch-up at the most"
    assert_nothing_twice(profile)
    if ahead == 5 * HOUR:
        assert len(told_of(profile, "walk", "offered")) - before == 1
        assert len(told_of(profile, "walk", "missed")) == 4


@pytest.mark.parametrize(
    "back",
    [
        pytest.param(HOUR, id="1h"),
        *(
            pytest.param(back, id=id_, marks=pytest.mark.slow)
            for id_, back in (("1min", MINUTE), ("1d", DAY), ("2w", 14 * DAY), ("1y", YEAR))
        ),
    ],
)
def test_a_clock_set_back_makes_no_session_longer(profile: Profile, back: timedelta) -> None:
    daemon = Daemon(profile, faketime())
    profile.start(protocol(ICE.format(length="12s")), "--no-daemon")
    began_at = time.monotonic()
    with daemon.running():
        daemon.change(-back)
        assert profile.facts("ended") == []
        (ended,) = profile.wait_for("ended", 1)
    assert time.monotonic() - began_at >= 11

    assert ended.data["overrun"] <= LIMIT_SECONDS, "no pack lay for hours"
    assert profile.facts("clock")[-1].data["seconds"] or "says" in profile.facts("clock")[-1].data
    assert_nothing_twice(profile)


@pytest.mark.parametrize("back", [10 * MINUTE, 5 * HOUR, DAY, YEAR], ids=["10min", "5h", "1d", "1y"])
def test_a_clock_set_back_repeats_nothing(profile: Profile, back: timedelta) -> None:
    daemon = Daemon(profile, faketime())
    profile.start(protocol(ICE.format(length="1s"), WALK), "--no-daemon")
    with daemon.running():
        profile.wait_for("ended")
        before = [fact.seq for fact in cues(profile)]
        daemon.change(-back)
        daemon.change(-back + MINUTE)
        assert [fact.seq for fact in cues(profile)] == before
        daemon.change(timedelta(0))
        assert [fact.seq for fact in cues(profile)] == before, "nor when it is right again"

    assert_nothing_twice(profile)


@pytest.mark.parametrize("back", [10 * MINUTE, DAY], ids=["10min", "1d"])
def test_a_session_under_way_ends_once_whatever_the_clock_does(profile: Profile, back: timedelta) -> None:
    daemon = Daemon(profile, faketime())
    profile.start(protocol(ICE.format(length="20min")), "--no-daemon")
    with daemon.running():
        daemon.change(-back)
        assert profile.facts("ended") == []
        daemon.change(21 * MINUTE)
        (ended,) = profile.wait_for("ended", 1, SOON)
        daemon.change(10 * MINUTE)
        daemon.change(30 * MINUTE)

    assert 0 <= ended.data["overrun"] <= 90
    assert_nothing_twice(profile)


def test_a_wrong_clock_put_right_does_not_silence_the_days_after(profile: Profile) -> None:
    """What was told an hour ahead is not told again, and what is due after that comes."""
    daemon = Daemon(profile, faketime())
    profile.start(protocol(WALK), "--no-daemon")
    with daemon.running():
        daemon.change(HOUR + MINUTE)
        until(lambda: len(told_of(profile, "walk", "offered")) == 2, "the walk of that hour", SOON)
        daemon.change(timedelta(0))
        daemon.change(HOUR + 2 * MINUTE)
        assert len(told_of(profile, "walk", "offered")) == 2
        daemon.change(2 * HOUR + MINUTE)
        until(lambda: len(told_of(profile, "walk", "offered")) == 3, "the walk of the next", SOON)

    assert_nothing_twice(profile)


def overslept(profile: Profile, process: subprocess.Popen[bytes]) -> timedelta:
    """Stop the process until a session is over, and let it go on: how long after that its end is written down."""
    (start,) = told_of(profile, "ice", "offered")
    due = start.at + timedelta(seconds=start.data["seconds"])
    process.send_signal(signal.SIGSTOP)
    until(lambda: datetime.now(UTC) > due + timedelta(milliseconds=300), "it is overdue")
    assert profile.facts("ended") == []
    went_on_at = datetime.now(UTC)
    process.send_signal(signal.SIGCONT)
    (ended,) = profile.wait_for("ended", 1, SOON)
    return ended.at - went_on_at


def test_a_process_stopped_over_a_due_time_tells_it_at_once(profile: Profile) -> None:
    profile.start(protocol(ICE.format(length="4s")), "--no-daemon")
    with Daemon(profile).running() as process:
        late = overslept(profile, process)
        until(lambda: "not shown end" in profile.log(), "the end is told", SOON)
    (ended,) = profile.facts("ended")

    assert late < timedelta(seconds=SOON)
    assert ended.data["cue"]["key"].endswith("/end")
    assert_nothing_twice(profile)


def test_stopped_and_continued_with_nothing_due_it_says_nothing(profile: Profile) -> None:
    profile.start(protocol(ICE.format(length="20min")), "--no-daemon")
    with Daemon(profile).running() as process:
        before = [fact.seq for fact in cues(profile)]
        for _ in range(3):
            os.kill(process.pid, signal.SIGSTOP)
            os.kill(process.pid, signal.SIGCONT)
        assert control.call(profile.home, control.WAKE)
        profile.run("status")
        assert process.poll() is None

    assert [fact.seq for fact in cues(profile)] == before


def test_the_clock_is_set_while_the_process_stands_still(profile: Profile) -> None:
    """As after a suspend: the time is another one, and the steady clock has not moved."""
    daemon = Daemon(profile, faketime())
    profile.start(protocol(ICE.format(length="20min"), WALK), "--no-daemon")
    with daemon.running() as process:
        process.send_signal(signal.SIGSTOP)
        daemon.set(3 * HOUR)
        assert control.call(profile.home, control.WAKE)
        went_on_at = time.monotonic()
        process.send_signal(signal.SIGCONT)
        profile.wait_for("ended", 1, SOON)
        assert time.monotonic() - went_on_at < SOON
        until(lambda: len(told_of(profile, "walk", "offered")) == 2, "one walk", LIMIT_SECONDS)

    assert len(told_of(profile, "walk", "missed")) == 2
    assert_nothing_twice(profile)


def test_sleep_settles_the_journal_and_waking_tells_what_is_due(
    profile: Profile,
) -> None:
    profile.start(protocol(ICE.format(length="20min"), WALK), "--no-daemon")
    with system_bus() as address, MockLogind(address) as logind:
        daemon = Daemon(profile, faketime(), DBUS_SYSTEM_BUS_ADDRESS=address)
        with daemon.running() as process:
            lock = logind.grant()
            assert lock.words[1:] == ("recovery", "to bring its journal to the disk", "delay")
            until(lambda: is_waiting(process.pid), "the daemon waits")
            logind.prepare_for_sleep(True)
            until(lock.is_released, "the machine may sleep", SOON)
            log = profile.log()
            assert "the machine goes to sleep" in log
            assert "the journal is on the disk" in log
            rest = profile.home / "journal.db-wal"
            assert not rest.exists() or rest.stat().st_size == 0

            until(lambda: is_waiting(process.pid), "the daemon waits")
            daemon.set(3 * HOUR)
            awake_at = time.monotonic()
            logind.prepare_for_sleep(False)
            profile.wait_for("ended", 1, SOON)
            assert time.monotonic() - awake_at < SOON
            assert not logind.grant().is_released()
            assert "the machine is awake again" in profile.log()

    assert_nothing_twice(profile)


def test_with_a_bus_to_hear_it_idles_without_a_wake_up(profile: Profile) -> None:
    profile.start(protocol(ICE.format(length="20min")), "--no-daemon")
    with system_bus() as address, MockLogind(address) as logind:
        environ = {"DBUS_SYSTEM_BUS_ADDRESS": address}
        with Daemon(profile, **environ).running() as process:
            assert not logind.grant().is_released()
            until(lambda: is_waiting(process.pid), "the daemon waits")
            before = switches(process.pid)
            until(lambda: logind.is_quiet_for(1.0), "nothing is asked of logind")
            assert switches(process.pid) - before <= 3, "the lock came, and nothing else"


def switches(pid: int) -> int:
    """How often a process has gone to sleep of its own will."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("voluntary_ctxt_switches"))
