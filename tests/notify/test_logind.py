"""The word of sleep, from a logind on a private bus."""

import selectors
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from recovery.notify import logind as module
from recovery.notify.logind import Logind, system_bus_address
from recovery.notify.port import Watch
from tests.desktop import LIMIT_SECONDS, until
from tests.system_bus import GrantedLock, MockLogind, system_bus


class Sleeper:
    """A `Logind` in a daemon's loop in small, and what it called."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.called: list[str] = []
        self.lock: GrantedLock | None = None
        self.was_held: list[bool] = []
        self.logind = Logind(self._before, lambda: self.called.append("after"), "for a test", environ)

    def _before(self) -> None:
        self.called.append("before")
        if self.lock is not None:
            self.was_held.append(not self.lock.is_released())

    def drive(self, is_enough: Callable[[], object]) -> None:
        with selectors.DefaultSelector() as selector:
            watch = Watch(selector)
            give_up_at = time.monotonic() + LIMIT_SECONDS
            while not is_enough():
                assert time.monotonic() < give_up_at, self.called
                watch.follow(self.logind.sources())
                deadline = self.logind.deadline()
                wait = 0.02 if deadline is None else min(0.02, max(0.0, deadline - time.monotonic()))
                selector.select(wait)
                self.logind.advance(time.monotonic())

    def is_settled(self) -> bool:
        return self.logind.deadline() is None


@pytest.fixture
def address() -> Iterator[str]:
    with system_bus() as bus:
        yield bus


@pytest.fixture
def sleeper(address: str) -> Iterator[Sleeper]:
    asleep = Sleeper({"DBUS_SYSTEM_BUS_ADDRESS": address})
    yield asleep
    asleep.logind.close()


def given_a_lock(sleeper: Sleeper, logind: MockLogind) -> GrantedLock:
    sleeper.drive(sleeper.is_settled)
    lock = logind.grant()
    sleeper.drive(lambda: sleeper.logind.has_lock)
    sleeper.lock = lock
    return lock


def test_sleep_waits_until_all_is_written_and_no_longer(address: str) -> None:
    with MockLogind(address) as logind:
        sleeper = Sleeper({"DBUS_SYSTEM_BUS_ADDRESS": address})
        lock = given_a_lock(sleeper, logind)
        assert lock.words == ("sleep", "recovery", "for a test", "delay")

        logind.prepare_for_sleep(True)
        sleeper.drive(lambda: sleeper.called)
        assert (sleeper.called, sleeper.was_held) == (["before"], [True])
        assert lock.is_released()

        logind.prepare_for_sleep(False)
        sleeper.drive(lambda: len(sleeper.called) == 2)
        assert sleeper.called == ["before", "after"]
        again = given_a_lock(sleeper, logind)
        assert not again.is_released()

        sleeper.logind.close()
        until(again.is_released, "the lock is given back")  # the bus may hold its own copy a moment longer


def test_a_lock_that_comes_after_the_word_of_sleep_is_given_back(address: str) -> None:
    with MockLogind(address) as logind:
        sleeper = Sleeper({"DBUS_SYSTEM_BUS_ADDRESS": address})
        sleeper.drive(sleeper.is_settled)
        logind.prepare_for_sleep(True)
        sleeper.drive(lambda: sleeper.called)
        lock = logind.grant()
        sleeper.drive(lock.is_released)
        assert not sleeper.logind.has_lock
        sleeper.logind.close()


def test_a_lock_is_given_back_where_writing_fails(address: str) -> None:
    with MockLogind(address) as logind:
        sleeper = Sleeper({"DBUS_SYSTEM_BUS_ADDRESS": address})
        lock = given_a_lock(sleeper, logind)
        sleeper.logind._before = lambda: Path("/no/such/file").unlink()
        logind.prepare_for_sleep(True)
        with pytest.raises(FileNotFoundError):
            sleeper.drive(lambda: False)
        assert lock.is_released()
        sleeper.logind.close()


def test_a_logind_begun_anew_is_asked_for_a_lock_anew(address: str, sleeper: Sleeper) -> None:
    with MockLogind(address) as first:
        given_a_lock(sleeper, first)
    sleeper.drive(lambda: not sleeper.logind.has_lock)
    with MockLogind(address) as second:
        # The bus tells of the new owner; only then does it ask.
        sleeper.drive(lambda: sleeper.logind._asked is not None and sleeper.is_settled())
        lock = second.grant()
        sleeper.drive(lambda: sleeper.logind.has_lock)
        assert not lock.is_released()


def test_a_bus_without_logind_costs_nothing_and_says_nothing(sleeper: Sleeper) -> None:
    sleeper.drive(sleeper.is_settled)
    assert sleeper.called == []
    assert sleeper.logind.sources()
    assert sleeper.logind.deadline() is None, "no wake-up"


def test_a_bus_that_goes_away_is_heard_no_more() -> None:
    with system_bus() as address, MockLogind(address) as logind:
        sleeper = Sleeper({"DBUS_SYSTEM_BUS_ADDRESS": address})
        lock = given_a_lock(sleeper, logind)
    sleeper.drive(lambda: not sleeper.logind.sources())
    assert lock
    assert not sleeper.logind.has_lock
    assert sleeper.logind.deadline() is None


def test_descriptors_that_strangers_send_along_are_closed(address: str, sleeper: Sleeper) -> None:
    with MockLogind(address) as logind:
        given_a_lock(sleeper, logind)
        before = len([*Path("/proc/self/fd").iterdir()])
        sent = [logind.send_a_file_along() for _ in range(5)]
        sleeper.drive(lambda: all(each.is_released() for each in sent))
        assert len([*Path("/proc/self/fd").iterdir()]) == before + len(sent), "our ends only"
        assert sleeper.called == []


@pytest.mark.parametrize("address", ["unix:path=/no/such/bus", "nonsense", "tcp:host=localhost,port=1"])
def test_where_there_is_no_bus_nothing_is_heard(address: str) -> None:
    sleeper = Sleeper({"DBUS_SYSTEM_BUS_ADDRESS": address})
    sleeper.logind.advance(time.monotonic())
    assert sleeper.logind.sources() == ()
    assert sleeper.logind.deadline() is None


def test_the_usual_socket_counts_where_it_is_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "USUAL_SOCKET", str(tmp_path / "none"))
    assert system_bus_address({}) == ""
    assert Logind(lambda: None, lambda: None, "", {}).sources() == ()
    assert system_bus_address({"DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/x"}) == "unix:path=/x"
